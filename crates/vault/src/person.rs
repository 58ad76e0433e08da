//! Who somebody is: ids, and what an issuer of identities says of them.
//!
//! Types only; none of them shows a personal datum when it is printed for debugging.
//! Next: `arrivals.rs` (how people come in).

use std::fmt;
use std::str::FromStr;

use commands::Entropy;
use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Names a person inside the vault: 32 hexadecimal digits, random, meaningless elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

impl PersonId {
    pub(crate) fn random(entropy: &Entropy) -> Self {
        Self(entropy.uuid().simple().to_string())
    }

    /// The 32 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for PersonId {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 32 && digits { Ok(Self(text)) } else { Err(Error::PersonIdInvalid) }
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> Self {
        id.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody the vault knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name inside the vault; never public.
    pub id: PersonId,
    /// `agent-` and 16 hexadecimal digits: the public pseudonym of somebody who acts in a role.
    pub agent_id: String,
    /// When the vault first heard of this person.
    pub created: Timestamp,
}

/// How sure the issuer is of who signed in (Implementing Regulation (EU) 2015/1502).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    /// Limited confidence (faible).
    Low,
    /// Substantial confidence (substantiel).
    Substantial,
    /// Higher than substantial (élevé).
    High,
}

impl Level {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Substantial => "SUBSTANTIAL",
            Self::High => "HIGH",
        }
    }
}

/// Somebody has signed in at an issuer.
#[derive(Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The issuer, as the settings name it (1–500 characters).
    pub issuer: String,
    /// Who it is there (`sub`, 1–500 characters).
    pub subject: String,
    /// Whether that issuer is one for agents of the city.
    pub agent: bool,
    /// How sure the issuer is.
    pub level: Level,
    /// What the issuer says of the person.
    pub profile: Profile,
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").field("agent", &self.agent).field("level", &self.level).finish_non_exhaustive()
    }
}

/// What an issuer says of a person. Kept as the record of kind `PROFILE` with the id [`Profile::ID`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// First names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Name of birth or of use, as the issuer has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The address for messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the issuer checked that the address is this person's.
    pub email_verified: bool,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// A language tag (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Profile {
    /// The id of the one record of kind `PROFILE` that a person has.
    pub const ID: &str = "profile";
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").finish_non_exhaustive()
    }
}
