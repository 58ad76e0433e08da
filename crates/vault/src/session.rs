//! Sessions of browsers, bearer tokens, and the pseudonyms that come with them.
//!
//! Types only; none of them shows a secret or a personal datum when it is printed for debugging.
//! Next: `sessions.rs` (how they are kept).

use std::collections::BTreeSet;
use std::fmt;

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::seal::mac;
use crate::{Level, PersonId};

/// A session about to be opened.
#[derive(Clone)]
pub struct SessionDraft {
    /// Who vouches for the person, as the settings name it.
    pub issuer: String,
    /// Whether that issuer is one for agents of the city.
    pub agent: bool,
    /// How sure the issuer is.
    pub level: Level,
    /// Seconds after which it ends whatever happens.
    pub lifetime_s: u32,
    /// Seconds without use after which it ends; 0 means as long as its lifetime.
    pub idle_s: u32,
    /// The ID token, which the issuer wants back at the sign-out (kept sealed).
    pub hint: Option<String>,
}

impl fmt::Debug for SessionDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDraft")
            .field("issuer", &self.issuer)
            .field("agent", &self.agent)
            .field("level", &self.level)
            .field("lifetime_s", &self.lifetime_s)
            .field("idle_s", &self.idle_s)
            .finish_non_exhaustive()
    }
}

/// A bearer token about to be issued.
#[derive(Clone)]
pub struct TokenDraft {
    /// What its owner calls it (1–60 characters).
    pub name: String,
    /// What it is good for.
    pub scopes: BTreeSet<Scope>,
    /// Days until it ends (1–366).
    pub days: u16,
    /// Whether whoever issues it was signed in as an agent.
    pub agent: bool,
    /// How sure the issuer was of who issues it.
    pub level: Level,
}

impl fmt::Debug for TokenDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenDraft")
            .field("scopes", &self.scopes)
            .field("days", &self.days)
            .field("agent", &self.agent)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// A bearer token as its owner sees it in a list.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TokenInfo {
    /// Names it for [`crate::Vault::revoke_token`]; opens nothing.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it is good for.
    pub scopes: BTreeSet<Scope>,
    /// When it was issued.
    pub created: Timestamp,
    /// When it was last used, to the minute; when it was issued if never.
    pub last_seen: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

impl fmt::Debug for TokenInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenInfo")
            .field("id", &self.id)
            .field("scopes", &self.scopes)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// What a bearer token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Read what is one's own.
    ReadOwn,
    /// Deposit, withdraw, subscribe.
    Participate,
    /// Vote.
    Vote,
    /// Act in the roles that one holds.
    Agent,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ReadOwn, Self::Participate, Self::Vote, Self::Agent];

    /// `READ_OWN`, `PARTICIPATE`, `VOTE` or `AGENT`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ReadOwn => "READ_OWN",
            Self::Participate => "PARTICIPATE",
            Self::Vote => "VOTE",
            Self::Agent => "AGENT",
        }
    }

    /// The scope of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// Somebody who is signed in, or a program that acts for them.
#[derive(Clone)]
pub struct Session {
    /// A public id; opens nothing.
    pub id: String,
    /// Who it is.
    pub person: PersonId,
    /// The public pseudonym when acting in a role.
    pub agent_id: String,
    /// Whether the issuer is one for agents of the city.
    pub agent: bool,
    /// How sure the issuer is.
    pub level: Level,
    /// Who vouches for the person; empty for a bearer token.
    pub issuer: String,
    /// What it is good for; `None` is the session of a browser, good for everything.
    pub scopes: Option<BTreeSet<Scope>>,
    /// When it ends whatever happens.
    pub expires: Timestamp,
    /// The ID token, which the issuer wants back at the sign-out.
    pub hint: Option<String>,
    pub(crate) names: PseudonymKey,
}

impl Session {
    /// The person's public name in a campaign: see [`PseudonymKey::pseudonym`].
    #[must_use]
    pub fn pseudonym(&self, campaign: &str, hat: Hat) -> String {
        self.names.pseudonym(campaign, hat)
    }

    /// A secret that only this person's key gives, the same each time for the same purpose: see
    /// [`PseudonymKey::secret`].
    #[must_use]
    pub fn secret(&self, purpose: &str) -> String {
        self.names.secret(purpose)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("agent", &self.agent)
            .field("level", &self.level)
            .field("scopes", &self.scopes)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// As what somebody takes part. The two names of a person can't be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hat {
    /// Deposits and comments.
    Participant,
    /// Votes.
    Voter,
}

/// From it follow a person's pseudonyms. It follows itself from the person's key, and is gone with it.
#[derive(Clone)]
pub struct PseudonymKey(pub(crate) Zeroizing<[u8; 32]>);

impl PseudonymKey {
    /// 32 hexadecimal digits: HMAC-SHA-256 of campaign and hat, its first 16 bytes. Another campaign
    /// or hat gives a name that nobody without the key can link to it.
    #[must_use]
    pub fn pseudonym(&self, campaign: &str, hat: Hat) -> String {
        let hat = match hat {
            Hat::Participant => "participant",
            Hat::Voter => "voter",
        };
        let name = mac(&self.0, &["parvis.pseudonym/v1\n", hat, "\n", campaign]);
        hex::encode(name.get(..16).unwrap_or_default())
    }

    /// 32 hexadecimal digits: HMAC-SHA-256 of a purpose, its first 16 bytes. What is made from it can be
    /// given again, and nobody without the key can guess it, even who knows the purpose.
    #[must_use]
    pub fn secret(&self, purpose: &str) -> String {
        let secret = mac(&self.0, &["parvis.secret/v1\n", purpose]);
        hex::encode(secret.get(..16).unwrap_or_default())
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}
