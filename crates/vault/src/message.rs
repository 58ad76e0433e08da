//! A message that somebody is to get: what it is, and where it stands.
//!
//! Types only; none of them shows a personal datum when it is printed for debugging.
//! Next: `outbox.rs` (how they are kept).

use std::fmt;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PersonId;

/// A message about to be kept.
#[derive(Clone, PartialEq)]
pub struct MessageDraft {
    /// Who gets it.
    pub person: PersonId,
    /// What makes it one: put again for the same person it is the same message, and nothing happens.
    pub key: String,
    /// What it says, as its reader understands it (at most 64 KiB of JSON).
    pub content: serde_json::Value,
}

impl fmt::Debug for MessageDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageDraft").finish_non_exhaustive()
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageState {
    /// It waits for its turn, or for another try.
    Waiting,
    /// Somebody sends it now, or stopped while doing so.
    Sending,
    /// A mail server has taken it.
    Sent,
    /// It can't be delivered.
    GivenUp,
    /// It didn't have to be sent any more.
    Dropped,
}

impl MessageState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Sending, Self::Sent, Self::GivenUp, Self::Dropped];

    /// `WAITING`, `SENDING`, `SENT`, `GIVEN_UP` or `DROPPED`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Sending => "SENDING",
            Self::Sent => "SENT",
            Self::GivenUp => "GIVEN_UP",
            Self::Dropped => "DROPPED",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A message of the outbox.
#[derive(Clone, PartialEq, Serialize)]
pub struct Message {
    /// 64 hexadecimal digits that follow from the person's key and the draft's: the same for ever, and
    /// meaningless to whoever lacks that key.
    pub id: String,
    /// Who gets it.
    #[serde(skip)]
    pub person: PersonId,
    /// Where it stands.
    pub state: MessageState,
    /// When it is tried next; while it is being sent, until when nobody else tries.
    pub due: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it was put.
    pub created: Timestamp,
    /// When its state changed last.
    pub changed: Timestamp,
    /// The code of what kept it from being sent, if anything did.
    pub fault: Option<String>,
    /// What the mail server said then.
    pub said: Option<String>,
    /// What it says.
    pub content: serde_json::Value,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("tries", &self.tries)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// What sending came to.
#[derive(Clone, PartialEq, Eq)]
pub enum Settled {
    /// A mail server has taken it.
    Sent,
    /// It is tried again.
    Later {
        /// When.
        due: Timestamp,
        /// The code of what kept it (at most 40 letters, no personal datum).
        fault: String,
        /// What the mail server said.
        said: Option<String>,
    },
    /// It is never tried again.
    GivenUp {
        /// The code of what kept it (at most 40 letters, no personal datum).
        fault: String,
        /// What the mail server said.
        said: Option<String>,
    },
    /// Nobody needs it any more.
    Dropped {
        /// The code of why (at most 40 letters, no personal datum).
        fault: String,
    },
}

impl fmt::Debug for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sent => "Sent",
            Self::Later { .. } => "Later",
            Self::GivenUp { .. } => "GivenUp",
            Self::Dropped { .. } => "Dropped",
        })
    }
}
