//! Who holds which role, and which acts wait for a second agent.

use super::enums::{Phase, Role};
use super::scalars::DateTime;
use crate::graphql::request::View;
use async_graphql::SimpleObject;
use domain::Timestamp;
use domain::acts::{Act, Proposed};

/// A role that somebody holds (`habilitation`). Grants are events of the campaign, so they are public.
#[derive(SimpleObject, Clone, Debug)]
pub struct Grant {
    /// The pseudonym of the agent.
    pub agent: String,
    /// The role.
    pub role: Role,
    /// The code of the department, for a referent.
    pub department: Option<String>,
    /// The polling place, for a polling officer.
    pub place: Option<String>,
    /// The moment from which it is no longer in force; null while it lasts.
    pub until: Option<DateTime>,
}

impl Grant {
    fn of(agent: &str, grant: &domain::roles::Grant) -> Self {
        let office = &grant.office;
        Self {
            agent: agent.to_owned(),
            role: office.role.into(),
            department: office.department.as_ref().map(ToString::to_string),
            place: office.place.as_ref().map(ToString::to_string),
            until: grant.until.map(DateTime),
        }
    }

    /// All grants of a campaign that weren't revoked.
    pub(crate) fn all(view: &View) -> Vec<Self> {
        let grants = view.model.campaign.roles.grants();
        grants.map(|(agent, grant)| Self::of(agent.as_str(), grant)).collect()
    }

    /// What an agent holds then.
    pub(crate) fn held(view: &View, agent: &str, at: Timestamp) -> Vec<Self> {
        view.model.campaign.roles.held(agent, at).map(|grant| Self::of(agent, grant)).collect()
    }
}

/// An act that one agent proposed and that waits for another (`quatre yeux`).
#[derive(SimpleObject, Clone, Debug)]
pub struct PendingAct {
    /// Its number: what `confirmAct` and `dropAct` name it by.
    pub number: i32,
    /// The code of the permission it needs, such as `OPEN_PHASE`.
    pub act: &'static str,
    /// The phase that would be opened or closed.
    pub phase: Option<Phase>,
    /// Why, as the proposer said.
    pub reason: Option<String>,
    /// Why texts would be removed.
    pub ground: Option<&'static str>,
    /// The texts that would be removed: position in the log and place in the event.
    pub texts: Vec<String>,
    /// The pseudonym of the agent who proposed it.
    pub proposer: String,
    /// The moment from which it can't be confirmed any more.
    pub lapses: DateTime,
}

impl PendingAct {
    /// The acts that wait then, by number.
    pub(crate) fn all(view: &View, at: Timestamp) -> Vec<Self> {
        view.model.campaign.acts.pending(at).map(|(number, proposed)| Self::of(number, proposed)).collect()
    }

    fn of(number: u64, proposed: &Proposed) -> Self {
        let Proposed { act, proposer, lapses } = proposed;
        let (phase, reason) = match act {
            Act::OpenPhase { phase, reason } | Act::ClosePhase { phase, reason } => (Some(*phase), reason.as_ref()),
            Act::Configure { .. } | Act::CloseBallotBox | Act::ShredLink | Act::ProclaimResult | Act::Redact { .. } => {
                (None, None)
            }
        };
        let (ground, texts) = match act {
            Act::Redact { targets, ground } => {
                let text = |target: &domain::redaction::Target| format!("{} {}", target.position, target.path);
                (Some(ground.code()), targets.iter().map(text).collect())
            }
            _ => (None, Vec::new()),
        };
        Self {
            number: i32::try_from(number).unwrap_or(i32::MAX),
            act: act.permission().code(),
            phase: phase.map(Into::into),
            reason: reason.and_then(|reason| reason.get().cloned()),
            ground,
            texts,
            proposer: proposer.to_string(),
            lapses: DateTime(*lapses),
        }
    }
}
