//! What the council decides of single projects after the count (`délibérations du conseil`).
//!
//! A human decision beside the result, which stays as it was counted: shown as what it is, with its
//! reason and the session in which it was taken. Owns its form and rules. Where two agents have to agree
//! is in [`crate::acts`].

use crate::campaign::Campaign;
use crate::deposit::check_reason;
use crate::rejection::ensure;
use crate::{CalendarDate, Code, Context, Hidden, ProjectId, Rejection};
use serde::{Deserialize, Serialize};

/// The longest reason, in characters.
const MOST_REASON: u32 = 2_000;

/// What the council decided of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ruling {
    /// It is carried out, although it didn't win, or was removed before.
    Added,
    /// It isn't carried out, although it won, or was added before.
    Removed,
}

/// A decision of the council.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouncilDecision {
    /// A project that stood on a ballot list.
    pub project: ProjectId,
    /// What of it.
    pub decision: Ruling,
    /// The day of the session.
    pub session: CalendarDate,
    /// Why; published.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub reason: Hidden<String>,
}

impl Campaign {
    /// Whether the project is carried out as things stand: what the council decided last of it, or else
    /// whether it won. `None` before the result.
    pub fn is_carried_out(&self, project: &ProjectId) -> Option<bool> {
        let won = self.winners.as_ref()?.contains(project);
        Some(self.council.get(project).map_or(won, |decision| *decision == Ruling::Added))
    }

    pub(crate) fn check_council(&self, decided: &CouncilDecision, context: &Context<'_>) -> Result<(), Rejection> {
        let project = &decided.project;
        let stands = self.is_carried_out(project).ok_or_else(|| Code::TooEarly.with("RESULT"))?;
        let listed = self.catalogue.values().flatten().any(|entry| entry.project == *project);
        let known = listed || self.winners.as_ref().is_some_and(|winners| winners.contains(project));
        ensure(known, || Code::ProjectNotOnBallot.on("project").with(project))?;
        check_reason(&decided.reason, MOST_REASON)?;
        ensure(decided.session <= context.at.day(), || Code::OutOfRange.on("session").with(context.at.day()))?;
        match decided.decision {
            Ruling::Added => ensure(!stands, || Code::AlreadyDone.on("project")),
            Ruling::Removed => ensure(stands, || Code::ProjectNotElected.on("project")),
        }
    }
}
