//! How long what is kept, and what an expiry or an erasure took away.
//!
//! Types only. Next: `expiry.rs`.

use serde::{Deserialize, Serialize};

use crate::PersonId;

/// Days after which personal data goes. Storage limitation: Regulation (EU) 2016/679, article 5(1)(e).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Drafts, since they were last changed. Default 365.
    pub draft_days: u16,
    /// Subscriptions, since they were last changed. Default 1,096.
    pub subscription_days: u16,
    /// People who didn't sign in, and used no session or token. Default 1,096: three years after the last
    /// contact, which the CNIL takes as its reference for people who became inactive (délibération
    /// SAN-2020-008). For mere online accounts it finds two years (731) proportionate, with a notice
    /// before.
    pub inactive_person_days: u16,
    /// Sessions and tokens, after their end. Default 7.
    pub session_grace_days: u16,
    /// Entries of a register, after the `until` that each carries, and what agents read on papers. Default 90.
    pub register_days: u16,
    /// Uploads that no proposal names, and no draft of who sent them, since they were sent or named last. Default 1.
    pub upload_days: u16,
    /// Messages, after they were sent or given up. Default 365.
    pub message_days: u16,
    /// Letters between people, since the last one of their conversation. Default 365.
    pub conversation_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            draft_days: 365,
            subscription_days: 1_096,
            inactive_person_days: 1_096,
            session_grace_days: 7,
            register_days: 90,
            upload_days: 1,
            message_days: 365,
            conversation_days: 365,
        }
    }
}

/// What an erasure took away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Records of every kind.
    pub records: u64,
    /// Sessions of browsers.
    pub sessions: u64,
    /// Bearer tokens.
    pub tokens: u64,
    /// Ways to sign in, and invitations.
    pub identities: u64,
    /// Messages, sent or not.
    pub messages: u64,
    /// Ids of the records of kind `UPLOAD` that went: what is left of them outside of the vault has to
    /// be removed by the caller.
    pub uploads: Vec<String>,
}

/// What an expiry took away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expired {
    /// Drafts.
    pub drafts: u64,
    /// What agents read on papers.
    pub counts: u64,
    /// Subscriptions.
    pub subscriptions: u64,
    /// Entries of registers.
    pub registers: u64,
    /// The uploads of people who were erased: the descriptions went, and the files have to be removed by
    /// the caller.
    pub uploads: Vec<(PersonId, String)>,
    /// Sessions and tokens.
    pub sessions: u64,
    /// Sign-ins that nobody finished.
    pub sign_ins: u64,
    /// Messages that were sent or given up.
    pub messages: u64,
    /// Sides of conversations.
    pub conversations: u64,
    /// People who were erased: what they published has to be redacted by the caller.
    pub people: Vec<PersonId>,
}
