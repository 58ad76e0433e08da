//! What a person keeps here, by kind.
//!
//! Types only. Next: `records.rs` (how they are kept).

use std::fmt;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// The kinds of personal records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// What the issuer says of the person: written by every arrival.
    Profile,
    /// How to reach somebody about a proposal.
    Contact,
    /// What isn't deposited yet.
    Draft,
    /// What somebody wants to hear of.
    Subscription,
    /// The entry in a register of voters. Its value has `until`, the moment (RFC 3339) up to which the
    /// entry is needed; [`crate::Retention::register_days`] count from there.
    Register,
    /// A file that somebody handed in: its description, not its bytes.
    Upload,
    /// Which messages somebody wants.
    Choice,
    /// Letters that somebody got through the platform ([`crate::Conversation`]).
    Conversation,
    /// What an agent read on papers, until two of them agree and for some time after: no log has it before.
    PaperCount,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Profile,
        Self::Contact,
        Self::Draft,
        Self::Subscription,
        Self::Register,
        Self::Upload,
        Self::Choice,
        Self::Conversation,
        Self::PaperCount,
    ];

    /// Its name in capitals, such as `PROFILE`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Profile => "PROFILE",
            Self::Contact => "CONTACT",
            Self::Draft => "DRAFT",
            Self::Subscription => "SUBSCRIPTION",
            Self::Register => "REGISTER",
            Self::Upload => "UPLOAD",
            Self::Choice => "CHOICE",
            Self::Conversation => "CONVERSATION",
            Self::PaperCount => "PAPER_COUNT",
        }
    }

    /// The kind of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One record of a person.
#[derive(Clone, PartialEq, Serialize)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its name among those of its kind.
    pub id: String,
    /// What was put.
    pub value: serde_json::Value,
    /// When it was last put.
    pub changed: Timestamp,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("kind", &self.kind).field("changed", &self.changed).finish_non_exhaustive()
    }
}
