//! The record of who read whose personal data, and why.
//!
//! Types only. Next: `readings.rs` (how they are kept and chained).

use std::collections::BTreeSet;
use std::fmt;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Kind, PersonId};

/// Why an agent reads a person's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// To study a proposal.
    Instruction,
    /// To reach the person.
    Contact,
    /// To see whether the person may take part.
    Eligibility,
    /// To moderate what the person wrote.
    Moderation,
    /// A court or an authority asks, or the person uses a right.
    LegalRequest,
    /// The person asked for help.
    Support,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Instruction, Self::Contact, Self::Eligibility, Self::Moderation, Self::LegalRequest, Self::Support];

    /// `INSTRUCTION`, `CONTACT`, `ELIGIBILITY`, `MODERATION`, `LEGAL_REQUEST` or `SUPPORT`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Instruction => "INSTRUCTION",
            Self::Contact => "CONTACT",
            Self::Eligibility => "ELIGIBILITY",
            Self::Moderation => "MODERATION",
            Self::LegalRequest => "LEGAL_REQUEST",
            Self::Support => "SUPPORT",
        }
    }

    /// The purpose of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// An agent is about to read.
#[derive(Clone)]
pub struct Reading {
    /// Who reads (1–64 characters).
    pub agent_id: String,
    /// In which role (its code, 1–64 characters).
    pub role: String,
    /// For which campaign (1–64 characters).
    pub campaign: String,
    /// Why.
    pub purpose: Purpose,
    /// Why, in words (3–200 characters). The person will read it.
    pub note: String,
    /// What is read; at least one.
    pub kinds: BTreeSet<Kind>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("agent_id", &self.agent_id)
            .field("role", &self.role)
            .field("campaign", &self.campaign)
            .field("purpose", &self.purpose)
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}

/// A reading as it was recorded.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// 1, 2, 3 … without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Whose data; stays when the person is erased, and then leads nowhere.
    pub person: PersonId,
    /// Who read.
    pub agent_id: String,
    /// In which role.
    pub role: String,
    /// For which campaign.
    pub campaign: String,
    /// Why.
    pub purpose: Purpose,
    /// What was read.
    pub kinds: BTreeSet<Kind>,
    /// Why, in words; `None` when the person was erased.
    pub note: Option<String>,
    /// The digest of the chain up to this reading, in hexadecimal.
    pub digest: String,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("number", &self.number)
            .field("at", &self.at)
            .field("person", &self.person)
            .field("agent_id", &self.agent_id)
            .field("purpose", &self.purpose)
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}

/// What all readings come to: two vaults with the same digest have recorded the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadingsDigest {
    /// How many.
    pub count: u64,
    /// The digest of the last one, in hexadecimal; 64 zeroes when there is none.
    pub digest: String,
}
