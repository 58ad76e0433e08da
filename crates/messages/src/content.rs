//! What a message of the outbox is about: a kind of text and the ids of what it tells of.
//!
//! No text that somebody typed is kept here: it is read when the message is written, so that what was
//! removed meanwhile isn't sent. Next: `words.rs` (the texts of each kind).

use crate::Topic;
use domain::project::Opinion;
use serde::{Deserialize, Serialize};

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Content {
    /// Why somebody gets it, and what stops it.
    pub topic: Topic,
    /// The code of the campaign.
    pub campaign: String,
    /// What is told.
    pub kind: Kind,
    /// The stream it is about, such as `proposal/4fa…`; empty for the campaign.
    pub object: String,
    /// A second stream that belongs to it, such as the project a proposal became part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// The position in the campaign's log of the event that is told; none for what no event told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// Of a letter: the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Of a letter: its number in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<usize>,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A proposal became part of a project.
    ProposalMerged,
    /// A department gave its verdict on a project.
    VerdictGiven(Opinion),
    /// A project stands on the ballot list.
    ProjectAdmitted,
    /// A project doesn't stand on it.
    ProjectRefused,
    /// A project won.
    ProjectElected,
    /// A project didn't.
    ProjectNotElected,
    /// A site was opened.
    SiteOpened,
    /// A stage of a site is planned anew.
    SiteMoved,
    /// A stage of a site was reached.
    SiteAdvanced,
    /// A site was given up.
    SiteAbandoned,
    /// Ideas can be deposited.
    DepositsOpen,
    /// One can vote.
    VoteOpen,
    /// The result is there.
    ResultProclaimed,
    /// Somebody wrote a letter.
    Letter,
}
