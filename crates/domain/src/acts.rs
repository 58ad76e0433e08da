//! Acts that take two agents (`quatre yeux`): one proposes, another confirms.
//!
//! Owns which acts these are and where they stand. What follows from one is the campaign's to say
//! ([`crate::campaign`]). Where roles are kept, an effect is lawful only right after the confirmation
//! of its act, so a replay finds whatever one agent did alone.

use crate::campaign::{Basis, Campaign, Cause, Command, Event};
use crate::configuration::Configuration;
use crate::council::CouncilDecision;
use crate::permission::Permission;
use crate::phase::Phase;
use crate::redaction::{self, Ground, Target};
use crate::rejection::ensure;
use crate::{ActorId, Code, Context, Decider, Hidden, Rejection, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How long a proposed act can be confirmed, in seconds: 7 days.
pub const LAPSE_SECONDS: i64 = 7 * 86_400;

/// An act that takes two agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Act {
    /// Change the rules, once a phase has been opened.
    Configure {
        /// All of the configuration.
        configuration: Box<Configuration>,
    },
    /// Open the vote, and with it freeze the rules.
    OpenPhase {
        /// Always VOTE.
        phase: Phase,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// Close the vote.
    ClosePhase {
        /// Always VOTE.
        phase: Phase,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// Close the ballot box.
    CloseBallotBox,
    /// Destroy the link between voters and sealed ballots.
    ShredLink,
    /// Count and publish.
    ProclaimResult,
    /// Remove public text.
    Redact {
        /// What.
        targets: Vec<Target>,
        /// Why.
        ground: Ground,
    },
    /// Enter what the council decided of a project.
    EnterCouncilDecision {
        /// What.
        decided: CouncilDecision,
    },
}

impl Act {
    /// What one needs to do it, to propose and to confirm it.
    pub const fn permission(&self) -> Permission {
        match self {
            Self::Configure { .. } => Permission::Configure,
            Self::OpenPhase { .. } => Permission::OpenPhase,
            Self::ClosePhase { .. } => Permission::ClosePhase,
            Self::CloseBallotBox => Permission::CloseBallotBox,
            Self::ShredLink => Permission::ShredLink,
            Self::ProclaimResult => Permission::ProclaimResult,
            Self::Redact { .. } => Permission::Redact,
            Self::EnterCouncilDecision { .. } => Permission::EnterCouncilDecision,
        }
    }

    /// The acts that a command asks for; more than one when it has too much to remove for one event.
    fn asked(command: &Command) -> Vec<Self> {
        let hidden = |reason: &Option<String>| reason.clone().map(Hidden::Disclosed);
        match command {
            Command::Configure(configuration) => vec![Self::Configure { configuration: configuration.clone() }],
            Command::OpenPhase { phase, reason } => vec![Self::OpenPhase { phase: *phase, reason: hidden(reason) }],
            Command::ClosePhase { phase, reason } => vec![Self::ClosePhase { phase: *phase, reason: hidden(reason) }],
            Command::CloseBallotBox => vec![Self::CloseBallotBox],
            Command::ShredLink => vec![Self::ShredLink],
            Command::ProclaimResult => vec![Self::ProclaimResult],
            Command::EnterCouncilDecision(decided) => {
                vec![Self::EnterCouncilDecision { decided: decided.clone() }]
            }
            Command::Redact { targets, ground } => {
                let parts = redaction::parts(targets);
                parts.map(|part| Self::Redact { targets: part.to_vec(), ground: *ground }).collect()
            }
            Command::PublishCatalogue
            | Command::DrawLot { .. }
            | Command::RecordResult { .. }
            | Command::GrantRole { .. }
            | Command::RevokeRole { .. }
            | Command::ConfirmAct { .. }
            | Command::DropAct { .. }
            | Command::DrawOutline { .. }
            | Command::DeclareExclusion { .. }
            | Command::LiftExclusion { .. }
            | Command::AnchorReadings { .. } => Vec::new(),
        }
    }

    /// The act that an event is the effect of.
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::CampaignConfigured { configuration } => {
                Some(Self::Configure { configuration: configuration.clone() })
            }
            Event::PhaseOpened { phase, reason, .. } => Some(Self::OpenPhase { phase: *phase, reason: reason.clone() }),
            Event::PhaseClosed { phase, reason, .. } => {
                Some(Self::ClosePhase { phase: *phase, reason: reason.clone() })
            }
            Event::BallotBoxClosed { .. } => Some(Self::CloseBallotBox),
            Event::LinkShredded { .. } => Some(Self::ShredLink),
            Event::ResultProclaimed { basis: Basis::Counted, .. } => Some(Self::ProclaimResult),
            Event::ValuesRedacted { targets, ground } => {
                Some(Self::Redact { targets: targets.clone(), ground: *ground })
            }
            Event::CouncilDecided { decided } => Some(Self::EnterCouncilDecision { decided: decided.clone() }),
            Event::ResultProclaimed { basis: Basis::Recorded, .. }
            | Event::RulesFrozen { .. }
            | Event::CatalogueListed { .. }
            | Event::CataloguePublished { .. }
            | Event::LotSeedDrawn { .. }
            | Event::RoleGranted { .. }
            | Event::RoleRevoked { .. }
            | Event::ActProposed { .. }
            | Event::ActConfirmed { .. }
            | Event::ActDropped { .. }
            | Event::OutlineDrawn { .. }
            | Event::ExclusionDeclared { .. }
            | Event::ExclusionLifted { .. }
            | Event::ReadingsAnchored { .. } => None,
        }
    }

    /// Whether both say the same; of what was removed from one of them nothing can be said.
    fn is_same(&self, other: &Self) -> bool {
        let (Some((one, own)), Some((two, others))) = (told(self), told(other)) else { return false };
        let fits = |(path, value): &(String, Value)| others.iter().all(|(of, told)| of != path || told == value);
        one == two && own.iter().all(fits)
    }
}

/// An act without its hidden values, and these.
fn told(act: &Act) -> Option<(Value, Vec<(String, Value)>)> {
    let (mut bare, hidden) = transparency::split(serde_json::to_value(act).ok()?).ok()?;
    without_marks(&mut bare);
    Some((bare, hidden))
}

/// Takes out what is left of removed values.
fn without_marks(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(without_marks);
            members.retain(|_, member| member.as_object().is_none_or(|object| !object.is_empty()));
        }
        Value::Array(items) => items.iter_mut().for_each(without_marks),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An act that waits for a second agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// What.
    pub act: Act,
    /// Who proposed it.
    pub proposer: ActorId,
    /// The moment from which it can't be confirmed any more.
    pub lapses: Timestamp,
}

/// The acts of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acts {
    /// The number given last.
    last: u64,
    proposed: BTreeMap<u64, Proposed>,
    /// Confirmed, its effect not told yet.
    confirmed: Option<Proposed>,
}

impl Acts {
    /// The acts that wait for a second agent then, by number.
    pub fn pending(&self, at: Timestamp) -> impl Iterator<Item = (u64, &Proposed)> {
        let waiting = self.proposed.iter().filter(move |(_, proposed)| at < proposed.lapses);
        waiting.map(|(number, proposed)| (*number, proposed))
    }

    /// The act with this number that was proposed and neither confirmed nor dropped; perhaps lapsed.
    pub fn get(&self, number: u64) -> Option<&Proposed> {
        self.proposed.get(&number)
    }

    /// The act that was just confirmed and whose effect comes next.
    pub fn confirmed(&self) -> Option<&Proposed> {
        self.confirmed.as_ref()
    }

    /// Refuses whatever isn't the effect of an act that was just confirmed.
    pub(crate) fn undisturbed(&self) -> Result<(), Rejection> {
        match &self.confirmed {
            Some(confirmed) => Err(Code::ActInterrupted.with(confirmed.act.permission().code())),
            None => Ok(()),
        }
    }

    fn known(&self, number: u64, at: Timestamp) -> Result<&Proposed, Rejection> {
        let known = self.get(number).ok_or_else(|| Code::NotFound.on("number").with(number))?;
        ensure(at < known.lapses, || Code::ActLapsed.on("number").with(known.lapses)).map(|()| known)
    }

    pub(crate) fn propose(&mut self, number: u64, proposed: Proposed) {
        self.last = number;
        self.proposed.insert(number, proposed);
    }

    pub(crate) fn confirm(&mut self, number: u64) {
        self.confirmed = self.proposed.remove(&number);
    }

    pub(crate) fn drop(&mut self, number: u64) {
        self.proposed.remove(&number);
    }

    /// Takes a text out of an act that waits; `path` is its JSON pointer below the act.
    pub fn take_out(&mut self, number: u64, path: &str) {
        if let Some(proposed) = self.proposed.get_mut(&number)
            && let Some(without) = redaction::take_out(&proposed.act, path)
        {
            proposed.act = without;
        }
    }

    pub(crate) fn carried_out(&mut self) {
        self.confirmed = None;
    }
}

impl Campaign {
    /// Whether the act takes a second agent: where roles are kept, and an agent does it.
    pub(crate) fn takes_two(&self, act: &Act, context: &Context<'_>) -> bool {
        let watched = match act {
            Act::Configure { configuration } => {
                let changed =
                    || self.rules_of(configuration).ok() != self.configured().and_then(|c| self.rules_of(c)).ok();
                self.progress.latest.is_some() && changed()
            }
            // What the clock does at its planned time was agreed upon with the calendar.
            Act::OpenPhase { phase, reason } | Act::ClosePhase { phase, reason } => {
                *phase == Phase::Vote && reason.is_some()
            }
            Act::CloseBallotBox
            | Act::ShredLink
            | Act::ProclaimResult
            | Act::Redact { .. }
            | Act::EnterCouncilDecision { .. } => true,
        };
        watched && self.roles.are_kept() && context.actor.role.is_agents()
    }

    /// The proposals that a command leads to, when it takes a second agent; else nothing.
    pub(crate) fn propose(&self, command: &Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let mut events = Vec::new();
        let mut number = self.acts.last;
        for act in Act::asked(command) {
            if !self.takes_two(&act, context) {
                return Ok(Vec::new());
            }
            // What can't be done now needn't be proposed.
            let mut trial = self.clone();
            let proposer = actor(context)?;
            let lapses = context.at.unix().checked_add(LAPSE_SECONDS).and_then(Timestamp::from_unix);
            let lapses = lapses.ok_or_else(|| Code::TooLate.with(context.at))?;
            // Tried as if somebody else had proposed it.
            trial.acts.confirmed = Some(Proposed { act: act.clone(), proposer: another(&proposer)?, lapses });
            for event in self.effect(&act, context)? {
                trial.check(&event, context)?;
                trial.evolve(&event);
            }
            number = number.saturating_add(1);
            events.push(Event::ActProposed { number, act, proposer, lapses });
        }
        Ok(events)
    }

    /// The confirmation of an act and what follows from it.
    pub(crate) fn confirm(&self, number: u64, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let proposed = self.acts.known(number, context.at)?;
        ensure(proposed.proposer.as_str() != context.actor.id, || Code::SameAgent.on("number"))?;
        let mut events = vec![Event::ActConfirmed { number }];
        events.extend(self.effect(&proposed.act, context)?);
        Ok(events)
    }

    pub(crate) fn check_proposal(
        &self,
        number: u64,
        act: &Act,
        proposer: &ActorId,
        lapses: Timestamp,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let again = self.acts.pending(context.at).find(|(_, proposed)| proposed.act.is_same(act));
        if let Some((number, _)) = again {
            return Err(Code::ActProposed.on("number").with(number));
        }
        ensure(Some(number) == self.acts.last.checked_add(1), || Code::NotFound.on("number").with(number))?;
        ensure(proposer.as_str() == context.actor.id, || Code::NotTheAuthor.on("proposer"))?;
        let in_time = context.at.unix().checked_add(LAPSE_SECONDS) == Some(lapses.unix());
        ensure(in_time, || Code::ActLapsed.on("lapses").with(lapses))?;
        ensure(self.takes_two(act, context), || Code::NotFound.on("act").with(act.permission().code()))
    }

    pub(crate) fn check_confirmation(&self, number: u64, context: &Context<'_>) -> Result<(), Rejection> {
        let proposed = self.acts.known(number, context.at)?;
        ensure(proposed.proposer.as_str() != context.actor.id, || Code::SameAgent.on("number"))
    }

    pub(crate) fn check_drop(&self, number: u64, context: &Context<'_>) -> Result<(), Rejection> {
        self.acts.known(number, context.at).map(|_| ())
    }

    /// Refuses an effect without its confirmation, and anything else between the two.
    pub(crate) fn check_second(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let act = Act::of(event);
        match (&self.acts.confirmed, act) {
            (Some(confirmed), Some(act)) if confirmed.act.is_same(&act) => {
                ensure(confirmed.proposer.as_str() != context.actor.id, || Code::SameAgent.into())
            }
            (None, Some(act)) if self.takes_two(&act, context) => {
                Err(Code::SecondAgentNeeded.with(act.permission().code()))
            }
            (None, _) => Ok(()),
            (Some(_), _) => self.acts.undisturbed(),
        }
    }

    /// What follows from an act.
    fn effect(&self, act: &Act, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        match act {
            Act::Configure { configuration } => {
                Ok(vec![Event::CampaignConfigured { configuration: configuration.clone() }])
            }
            Act::OpenPhase { phase, reason } => self.opening(*phase, Cause::Agent, reason.clone()),
            Act::ClosePhase { phase, reason } => {
                Ok(vec![Event::PhaseClosed { phase: *phase, cause: Cause::Agent, reason: reason.clone() }])
            }
            Act::CloseBallotBox => Ok(vec![self.closing_of_the_box(context)]),
            Act::ShredLink => Ok(vec![self.shredding(context)?]),
            Act::ProclaimResult => self.proclamation(context),
            Act::Redact { targets, ground } => {
                Ok(vec![Event::ValuesRedacted { targets: targets.clone(), ground: *ground }])
            }
            Act::EnterCouncilDecision { decided } => Ok(vec![Event::CouncilDecided { decided: decided.clone() }]),
        }
    }
}

/// The actor of this decision, as the log names it.
fn actor(context: &Context<'_>) -> Result<ActorId, Rejection> {
    context.actor.id.parse().map_err(|error: crate::InvalidId| Code::NotFound.on("actor").with(error.0))
}

fn another(than: &ActorId) -> Result<ActorId, Rejection> {
    let other = if than.as_str() == "a" { "b" } else { "a" };
    other.parse().map_err(|error: crate::InvalidId| Code::NotFound.on("actor").with(error.0))
}
