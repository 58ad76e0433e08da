//! What a message of the outbox is about: a kind of text and the ids of what it tells of.
//!
//! No text that somebody typed is kept here: it is read when the message is written, so that what was
//! removed meanwhile isn't sent. Next: `sentences.rs` (what each kind says).

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
    /// What belongs to it: the project that a proposal became part of, a comment, a department.
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

impl Content {
    /// The kind of stream and the key of what it is about; both empty for the campaign.
    #[must_use]
    pub fn object(&self) -> (&str, &str) {
        self.object.split_once('/').unwrap_or_default()
    }
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// Another author changed a proposal.
    ProposalEdited,
    /// Another author invited a co-author.
    CoAuthorInvited,
    /// Somebody became a co-author.
    CoAuthorJoined,
    /// A co-author left.
    CoAuthorLeft,
    /// A moderator let a proposal be shown.
    ProposalApproved,
    /// A moderator took a proposal out of public view.
    ProposalRemoved,
    /// It is back.
    ProposalRestored,
    /// An author took a proposal back.
    ProposalWithdrawn,
    /// A proposal became part of a project.
    ProposalMerged,
    /// A proposal isn't part of a project any more.
    MergeUndone,
    /// Somebody commented a proposal.
    Commented,
    /// The city answered, on a proposal.
    OfficiallyAnswered,
    /// Somebody answered a comment.
    CommentAnswered,
    /// A moderator took a comment out of public view.
    CommentRemoved,
    /// A workshop is announced.
    WorkshopAnnounced,
    /// It was announced anew.
    WorkshopChanged,
    /// It won't be held.
    WorkshopCancelled,
    /// It begins within a day.
    WorkshopSoon,
    /// There are descriptions to choose from.
    WorkshopChoice,
    /// Its minutes and conclusions are published.
    WorkshopMinutes,
    /// Its final text is published.
    WorkshopConcluded,
    /// A department is to instruct a project.
    DepartmentAssigned,
    /// Somebody is to instruct it.
    InstructorNamed,
    /// A department handed it back.
    AssignmentHandedBack,
    /// A verdict is late.
    VerdictLate,
    /// Departments may give verdicts again.
    InstructionReopened,
    /// A department gave its verdict on a project.
    VerdictGiven(Opinion),
    /// The verdicts were put together.
    Consolidated(Opinion),
    /// They were, to a no, against which the reader may appeal.
    AppealPossible,
    /// An author appealed.
    AppealLodged,
    /// The sheet of a project was changed.
    ProjectEdited,
    /// A project goes on in several.
    ProjectSplit,
    /// A project goes on in another.
    ProjectAbsorbed,
    /// A project is undone: its proposals stand alone again.
    ProjectUndone,
    /// The commission changed what will be done or what it costs.
    ScopeChanged,
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
    /// A site goes on, after it was given up or done.
    SiteReopened,
    /// A site goes on as several, or as part of another.
    SiteContinued,
    /// The city told how a site goes.
    SiteNews,
    /// Ideas can be deposited.
    DepositsOpen,
    /// One can vote.
    VoteOpen,
    /// The result is there.
    ResultProclaimed,
    /// Somebody wrote a letter.
    Letter,
}
