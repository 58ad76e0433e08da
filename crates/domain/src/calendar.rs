//! How a campaign goes through its phases: what may be opened and closed, by whom and when.
//!
//! Owns the checks of the calendar. The phases themselves and their order are in [`crate::phase`].

use crate::campaign::{Campaign, Cause, Command, Event};
use crate::phase::{Phase, Progress};
use crate::proposal::is_said;
use crate::rejection::ensure;
use crate::{Code, Context, Hidden, Rejection, Role, Timestamp};

/// A turn of the calendar that its planned time brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The phase opens.
    Open(Phase),
    /// The phase ends.
    Close(Phase),
}

impl Turn {
    /// How the clock asks for it.
    pub const fn command(self) -> Command {
        match self {
            Self::Open(phase) => Command::OpenPhase { phase, reason: None },
            Self::Close(phase) => Command::ClosePhase { phase, reason: None },
        }
    }
}

impl Campaign {
    /// Refuses what is only possible while `phase` is open.
    pub(crate) fn during(&self, phase: Phase) -> Result<(), Rejection> {
        self.configured()?;
        ensure(self.progress.is_open(phase), || Code::PhaseNotOpen.with(phase.code()))
    }

    /// Refuses what is only possible from the end of `first` to the end of `last`. An imported
    /// campaign skips the steps that its data doesn't tell: only the freeze bounds it.
    pub(crate) fn between_ends(&self, first: Phase, last: Phase) -> Result<(), Rejection> {
        self.configured()?;
        if self.is_imported() {
            let before_vote = !self.frozen && !self.catalogue_published;
            return ensure(before_vote, || Code::TooLate.with(Phase::Vote.code()));
        }
        ensure(self.progress.has_ended(first), || Code::TooEarly.with(first.code()))?;
        ensure(!self.progress.has_ended(last), || Code::TooLate.with(last.code()))
    }

    /// Refuses what people do only on Parvis itself: published data of a past election tells nothing of it.
    pub(crate) fn require_native(&self) -> Result<(), Rejection> {
        self.configured()?;
        ensure(!self.is_imported(), || Code::NotInImports.into())
    }

    /// Refuses what is only possible from the begin of `first` to the end of `last`.
    pub(crate) fn between(&self, first: Phase, last: Phase) -> Result<(), Rejection> {
        self.require_native()?;
        ensure(self.progress.has_begun(first), || Code::TooEarly.with(first.code()))?;
        ensure(!self.progress.has_ended(last), || Code::TooLate.with(last.code()))
    }

    /// Refuses moderation once the vote has begun: voters see what the papers were printed from.
    pub(crate) fn before_vote(&self) -> Result<(), Rejection> {
        self.configured()?;
        ensure(!self.progress.has_begun(Phase::Vote), || Code::TooLate.with(Phase::Vote.code()))
    }

    /// Refuses a text that says of itself otherwise than the campaign whether moderators look first.
    pub(crate) fn check_moderation(&self, awaits_approval: bool, role: Role) -> Result<(), Rejection> {
        let first = self.moderates_first(role);
        ensure(awaits_approval || !first, || Code::AwaitsApproval.on("awaitsApproval"))?;
        ensure(first || !awaits_approval, || Code::NotAwaitingApproval.on("awaitsApproval"))
    }

    /// What the calendar says should have been done by now: the open phase closed at its planned end, or
    /// the phase opened whose planned time it is. A phase that went by unopened stays skipped, and RESULT
    /// isn't closed by the clock: what is carried out has no end. Nothing is due in an imported campaign.
    /// Whether the rules allow it is another question: the vote doesn't open without a ballot list.
    pub fn due(&self, at: Timestamp) -> Option<Turn> {
        let configuration = self.configuration.as_deref().filter(|_| !self.is_imported())?;
        let Progress { latest, open } = self.progress;
        if let Some(phase) = latest.filter(|_| open) {
            let over = configuration.period(phase).is_some_and(|period| period.end <= at);
            return (over && phase != Phase::Result).then_some(Turn::Close(phase));
        }
        let mut now = configuration.calendar.iter().filter(|period| period.start <= at && at < period.end);
        let period = now.find(|period| latest.is_none_or(|latest| latest < period.phase))?;
        Some(Turn::Open(period.phase))
    }

    /// The opening of a phase; that of VOTE freezes the rules.
    pub(crate) fn opening(
        &self,
        phase: Phase,
        cause: Cause,
        reason: Option<Hidden<String>>,
    ) -> Result<Vec<Event>, Rejection> {
        let opened = Event::PhaseOpened { phase, cause, reason };
        if phase != Phase::Vote {
            return Ok(vec![opened]);
        }
        let (rules, catalogue) = self.digests()?;
        Ok(vec![opened, Event::RulesFrozen { rules, catalogue }])
    }

    /// Where roles are kept, the clock opens and closes only what is due.
    pub(crate) fn check_clock(
        &self,
        cause: Cause,
        planned: Option<Timestamp>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        if self.is_imported() || !self.roles.are_kept() {
            return Ok(());
        }
        if cause == Cause::Agent {
            let agent = context.actor.role.is_agents();
            return ensure(agent, || Code::RoleMissing.with(Role::Coordinator.code()));
        }
        match planned.filter(|planned| context.at < *planned) {
            Some(planned) => Err(Code::TooEarly.on("phase").with(planned)),
            None => Ok(()),
        }
    }

    pub(crate) fn check_opening(&self, phase: Phase) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        ensure(configuration.period(phase).is_some(), || Code::PhaseNotInCalendar.on("phase").with(phase.code()))?;
        let latest = self.progress.latest;
        let in_order = !self.progress.open && latest.is_none_or(|latest| latest < phase);
        ensure(in_order, || Code::PhaseOrder.on("phase").with(latest.map_or("-", Phase::code)))?;
        if phase == Phase::Vote {
            ensure(self.catalogue_published, || Code::CatalogueMissing.on("phase"))?;
        }
        if phase > Phase::Vote && configuration.period(Phase::Vote).is_some() {
            ensure(self.progress.has_begun(Phase::Vote), || Code::TooEarly.with(Phase::Vote.code()))?;
        }
        // Opening RESULT makes counts public, so the result comes first.
        let public = phase != Phase::Result || self.winners.is_some();
        ensure(public, || Code::TooEarly.on("phase").with("the proclamation of the result"))
    }
}

/// Refuses a turn of the clock with a reason, and one of an agent without.
pub(crate) fn check_cause(cause: Cause, reason: Option<&Hidden<String>>) -> Result<(), Rejection> {
    let told = match cause {
        Cause::Clock => reason.is_none(),
        Cause::Agent => is_said(reason),
    };
    ensure(told, || Code::ReasonMissing.on("reason"))
}

/// Who turns the page: an agent gives a reason, the clock none.
pub(crate) fn cause(reason: Option<String>) -> (Cause, Option<Hidden<String>>) {
    let cause = if reason.is_some() { Cause::Agent } else { Cause::Clock };
    (cause, reason.map(Hidden::Disclosed))
}
