//! What may happen to a workshop, and when.
//!
//! Owns the rules of the stream whose events and state stand in [`crate::workshop`]. A workshop is
//! announced, held and concluded from the end of IDEATION to the end of CO_CONSTRUCTION; its minutes
//! may follow until the end of PRE_SUBMIT.

use crate::decider::check_version;
use crate::phase::Phase;
use crate::proposal::{check_reason, check_text};
use crate::rejection::ensure;
use crate::workshop::{Alternative, Announcement, Event, Mode, Span, Standing, Steps, Workshop};
use crate::{Code, Context, Hidden, Rejection, Timestamp};
use std::collections::BTreeSet;
use transparency::Hash;

const MAX_CAPACITY: u32 = 10_000;
const MAX_PROPOSALS: usize = 200;

/// How many are named as present, so that the event's leaf stays within 65,535 bytes.
const MAX_PRESENT: usize = 500;

impl Span {
    fn holds(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

impl Announcement {
    fn check(&self, context: &Context<'_>) -> Result<(), Rejection> {
        check_text("title", &self.title, 3, 200)?;
        check_text("agenda", &self.agenda, 1, 5_000)?;
        let (room, online) = (self.mode != Mode::Online, self.mode != Mode::InPerson);
        ensure(self.place.is_some() || !room, || Code::TextTooShort.on("place").with(1))?;
        self.place.as_ref().map_or(Ok(()), |place| check_text("place", place, 1, 500))?;
        ensure(self.link.is_some() || !online, || Code::TextTooShort.on("link").with(1))?;
        if let Some(link) = &self.link {
            check_text("link", link, 1, 500)?;
            let secure = link.get().is_none_or(|link| link.starts_with("https://"));
            ensure(secure, || Code::OutOfRange.on("link").with("https://"))?;
        }
        ensure(self.starts < self.ends, || Code::OutOfRange.on("ends").with(self.ends))?;
        ensure(self.starts > context.at, || Code::OutOfRange.on("starts").with(self.starts))?;
        let fits = (1..=MAX_CAPACITY).contains(&self.capacity);
        ensure(fits, || Code::OutOfRange.on("capacity").with(format!("1 – {MAX_CAPACITY}")))?;
        ensure(self.steps.is_some() == online, || Code::OutOfRange.on("steps").with("ONLINE, HYBRID"))?;
        self.steps.map_or(Ok(()), |steps| self.check_steps(steps))?;
        self.check_proposals(context)
    }

    /// Steps follow each other within the workshop; the final text may come from the end of the choice on.
    fn check_steps(&self, Steps { comment, choice, finish }: Steps) -> Result<(), Rejection> {
        let ordered = self.starts <= comment.start
            && comment.start < comment.end
            && comment.end <= choice.start
            && choice.start < choice.end
            && choice.end <= finish
            && finish <= self.ends;
        ensure(ordered, || Code::OutOfRange.on("steps").with(format!("{} – {}", self.starts, self.ends)))
    }

    fn check_proposals(&self, context: &Context<'_>) -> Result<(), Rejection> {
        ensure(!self.proposals.is_empty(), || Code::EmptyList.on("proposals"))?;
        let few = self.proposals.len() <= MAX_PROPOSALS;
        ensure(few, || Code::OutOfRange.on("proposals").with(format!("1 – {MAX_PROPOSALS}")))?;
        let mut seen = BTreeSet::new();
        for id in &self.proposals {
            ensure(seen.insert(id), || Code::DuplicateEntry.on("proposals").with(id))?;
            let known = context.world.proposals.get(id).ok_or_else(|| Code::NotFound.on("proposals").with(id))?;
            known.require_public(id.as_str()).map_err(|no| no.on("proposals"))?;
        }
        Ok(())
    }

    /// Until when one may register: until it begins in a room, until the choice ends online.
    fn registration_ends(&self) -> Timestamp {
        self.steps.filter(|_| self.mode == Mode::Online).map_or(self.starts, |steps| steps.choice.end)
    }
}

impl Workshop {
    fn announced(&self, context: &Context<'_>) -> Result<&Announcement, Rejection> {
        let unknown = || Code::NotFound.on("workshop").with(context.id);
        let announcement = self.announcement.as_deref().ok_or_else(unknown)?;
        ensure(!self.cancelled, || Code::WorkshopCancelled.on("workshop"))?;
        Ok(announcement)
    }

    fn steps(&self, context: &Context<'_>) -> Result<Steps, Rejection> {
        self.announced(context)?.steps.ok_or_else(|| Code::WorkshopStep.on("steps").with("ONLINE, HYBRID"))
    }

    fn check_registration(
        &self,
        participant: &str,
        standing: Standing,
        invitation: Option<&Hash>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let announcement = self.announced(context)?;
        let ends = announcement.registration_ends();
        ensure(context.at < ends, || Code::TooLate.with(ends))?;
        ensure(participant == context.actor.id, || Code::NotTheAuthor.on("participant"))?;
        ensure(!self.registered.contains_key(participant), || Code::AlreadyDone.on("participant"))?;
        let used = (standing == Standing::Invited) == invitation.is_some();
        ensure(used, || Code::NotInvited.on("invitation"))?;
        match standing {
            Standing::Depositor => {
                let mut linked = announcement.proposals.iter().filter_map(|id| context.world.proposals.get(id));
                ensure(linked.any(|one| one.is_by(participant)), || Code::NotInvited.on("standing"))?;
            }
            Standing::Invited => {
                let open = invitation.is_some_and(|one| self.invitations.contains(one));
                ensure(open, || Code::InvitationUnknown.on("invitation"))?;
            }
            // What somebody follows stands in no log.
            Standing::Follower => {}
        }
        let taken = u32::try_from(self.registered.len()).unwrap_or(u32::MAX);
        ensure(taken < announcement.capacity, || Code::WorkshopFull.with(announcement.capacity))
    }

    fn check_alternatives(&self, alternatives: &[Alternative], context: &Context<'_>) -> Result<(), Rejection> {
        let steps = self.steps(context)?;
        let before = context.at < steps.choice.start;
        ensure(before, || Code::WorkshopStep.on("alternatives").with(steps.choice.start))?;
        let fits = (1..=3).contains(&alternatives.len());
        ensure(fits, || Code::OutOfRange.on("alternatives").with("1 – 3"))?;
        alternatives.iter().try_for_each(|Alternative { title, text }| {
            check_text("title", title, 1, 200)?;
            check_text("text", text, 1, 50_000)
        })
    }

    /// Said again, attendance corrects what was said before.
    fn check_attendance(&self, present: &[String], others: u32, context: &Context<'_>) -> Result<(), Rejection> {
        let announcement = self.announced(context)?;
        ensure(announcement.mode != Mode::Online, || Code::WorkshopStep.on("present").with("IN_PERSON, HYBRID"))?;
        ensure(context.at >= announcement.starts, || Code::TooEarly.with(announcement.starts))?;
        let few = present.len() <= MAX_PRESENT;
        ensure(few, || Code::OutOfRange.on("present").with(format!("0 – {MAX_PRESENT}")))?;
        ensure(others <= MAX_CAPACITY, || Code::OutOfRange.on("others").with(format!("0 – {MAX_CAPACITY}")))?;
        let mut seen = BTreeSet::new();
        present.iter().try_for_each(|one| {
            ensure(seen.insert(one), || Code::DuplicateEntry.on("present").with(one))?;
            ensure(self.registered.contains_key(one), || Code::NotRegistered.on("present"))
        })
    }

    pub(crate) fn check_event(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let (campaign, at, actor) = (&context.world.campaign, context.at, &context.actor.id);
        campaign.require_native()?;
        let minutes = matches!(event, Event::MinutesPublished { .. });
        let last = if minutes { Phase::PreSubmit } else { Phase::CoConstruction };
        campaign.between_ends(Phase::Ideation, last)?;
        let text = |field: &str, text: &Hidden<String>, max| check_text(field, text, 1, max);
        match event {
            Event::WorkshopAnnounced { announcement } => {
                ensure(self.announcement.is_none(), || Code::AlreadyExists.on("id"))?;
                announcement.check(context)
            }
            Event::WorkshopChanged { version, announcement } => {
                let now = self.announced(context)?;
                ensure(at < now.starts, || Code::TooLate.with(now.starts))?;
                check_version(version.saturating_sub(1), &self.changes)?;
                let registered = u32::try_from(self.registered.len()).unwrap_or(u32::MAX);
                let room = announcement.capacity >= registered;
                ensure(room, || Code::OutOfRange.on("capacity").with(format!("{registered} – {MAX_CAPACITY}")))?;
                announcement.check(context)
            }
            Event::WorkshopCancelled { reason } => {
                self.announced(context)?;
                ensure(!self.held && !self.concluded, || Code::AlreadyDone.on("workshop"))?;
                check_reason(reason, 2_000)
            }
            Event::ParticipantInvited { invitation } => {
                let ends = self.announced(context)?.registration_ends();
                ensure(at < ends, || Code::TooLate.with(ends))?;
                ensure(!self.invitations.contains(invitation), || Code::AlreadyDone.on("invitation"))
            }
            Event::ParticipantRegistered { participant, standing, invitation } => {
                self.check_registration(participant, *standing, invitation.as_ref(), context)
            }
            Event::RegistrationCancelled { participant } => {
                let ends = self.announced(context)?.registration_ends();
                ensure(participant == actor, || Code::NotTheAuthor.on("participant"))?;
                ensure(self.registered.contains_key(participant), || Code::NotRegistered.on("participant"))?;
                // Who takes part is settled, and with it who chose.
                ensure(at < ends, || Code::TooLate.with(ends))
            }
            Event::AttendanceRecorded { present, others } => self.check_attendance(present, *others, context),
            // Published again, they correct what was published before.
            Event::MinutesPublished { minutes, conclusions } => {
                self.announced(context)?;
                ensure(self.held || self.concluded, || Code::TooEarly.with("AttendanceRecorded, FinalTextPublished"))?;
                text("minutes", minutes, 50_000)?;
                text("conclusions", conclusions, 10_000)
            }
            Event::AlternativesProposed { alternatives } => self.check_alternatives(alternatives, context),
            Event::AlternativeChosen { participant, alternative } => {
                let choice = self.steps(context)?.choice;
                ensure(participant == actor, || Code::NotTheAuthor.on("participant"))?;
                ensure(self.registered.contains_key(participant), || Code::NotRegistered.on("participant"))?;
                let when = || Code::WorkshopStep.on("alternative").with(format!("{} – {}", choice.start, choice.end));
                ensure(choice.holds(at), when)?;
                let known = (1..=self.alternatives).contains(alternative);
                ensure(known, || Code::OutOfRange.on("alternative").with(format!("1 – {}", self.alternatives)))
            }
            Event::FinalTextPublished { text: last } => {
                let finish = self.steps(context)?.finish;
                ensure(at >= finish, || Code::WorkshopStep.on("text").with(finish))?;
                ensure(!self.concluded, || Code::AlreadyDone.on("text"))?;
                text("text", last, 50_000)
            }
        }
    }
}
