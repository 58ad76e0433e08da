//! The calendar of a campaign (`calendrier`): its phases in their one order.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// A phase of the campaign. Their order here is their order in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Before deposits open.
    PreIdeation,
    /// Proposals are deposited (`dépôt des idées`).
    Ideation,
    /// Deposits are closed; instruction begins.
    PostIdeation,
    /// Workshops and merging (`co-construction`).
    CoConstruction,
    /// The commission settles the ballot list.
    PreSubmit,
    /// Project sheets are published (`projets soumis au vote`).
    Submit,
    /// The last days before the vote.
    PreVote,
    /// Ballots are cast (`vote`).
    Vote,
    /// Counting.
    PostVote,
    /// The result is prepared and proclaimed.
    PreResult,
    /// The result is public; sites begin (`résultats`).
    Result,
}

impl Phase {
    /// All phases in order.
    pub const ALL: [Self; 11] = [
        Self::PreIdeation,
        Self::Ideation,
        Self::PostIdeation,
        Self::CoConstruction,
        Self::PreSubmit,
        Self::Submit,
        Self::PreVote,
        Self::Vote,
        Self::PostVote,
        Self::PreResult,
        Self::Result,
    ];

    /// The phase's code, as it stands in the log and in configuration files.
    pub fn code(self) -> &'static str {
        match self {
            Self::PreIdeation => "PRE_IDEATION",
            Self::Ideation => "IDEATION",
            Self::PostIdeation => "POST_IDEATION",
            Self::CoConstruction => "CO_CONSTRUCTION",
            Self::PreSubmit => "PRE_SUBMIT",
            Self::Submit => "SUBMIT",
            Self::PreVote => "PRE_VOTE",
            Self::Vote => "VOTE",
            Self::PostVote => "POST_VOTE",
            Self::PreResult => "PRE_RESULT",
            Self::Result => "RESULT",
        }
    }
}

/// When a phase is planned. What counts is when it was opened and closed, by event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The phase.
    pub phase: Phase,
    /// Its first moment.
    pub start: Timestamp,
    /// The moment after its last.
    pub end: Timestamp,
}

/// Where a campaign stands in its calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The phase opened last.
    pub latest: Option<Phase>,
    /// Whether it is still open.
    pub open: bool,
}

impl Progress {
    /// Whether `phase` is open now.
    pub fn is_open(self, phase: Phase) -> bool {
        self.open && self.latest == Some(phase)
    }

    /// Whether `phase` has begun (and perhaps ended).
    pub fn has_begun(self, phase: Phase) -> bool {
        self.latest.is_some_and(|latest| latest >= phase)
    }

    /// Whether `phase` has ended; a phase that was skipped ends when a later one opens.
    pub fn has_ended(self, phase: Phase) -> bool {
        self.latest.is_some_and(|latest| latest > phase || (latest == phase && !self.open))
    }
}
