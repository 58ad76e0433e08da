//! A comment (`commentaire`) on a proposal or in a workshop; an official answer is one by an agent.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Posted: CommentPosted
//!   Posted --> Posted: CommentApproved, CommentPinned, CommentUnpinned
//!   Posted --> Withdrawn: CommentWithdrawn (by its author)
//!   Posted --> Removed: CommentRemoved (by a moderator, with a published reason)
//!   Removed --> Posted: CommentRestored
//! ```

use crate::{CommentId, Context, Decider, Hidden, ProposalId, Rejection, WorkshopId};
use serde::{Deserialize, Serialize};

/// What one writes about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Subject {
    /// A proposal, during IDEATION; official answers until the end of PRE_SUBMIT.
    Proposal(ProposalId),
    /// An online workshop, during its first step.
    Workshop(WorkshopId),
}

/// What happened to a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was written.
    CommentPosted {
        /// On what.
        on: Subject,
        /// The comment that it answers, on the same subject.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<CommentId>,
        /// Whether the city speaks: an agent's answer in the city's name.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        official: bool,
        /// Who wrote it, by pseudonym.
        author: String,
        /// The public name of who wrote it; of the office, for an official answer.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        author_name: Hidden<String>,
        /// What it says.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        text: Hidden<String>,
        /// Whether a moderator has to approve it before it is shown.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaits_approval: bool,
    },
    /// A moderator let it be shown, where moderation comes before publication.
    CommentApproved {},
    /// An agent put it first.
    CommentPinned {},
    /// It stands in its place again.
    CommentUnpinned {},
    /// Its author took it back.
    CommentWithdrawn {},
    /// A moderator took it out of public view.
    CommentRemoved {
        /// Why; published.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// It is back in public view.
    CommentRestored {
        /// Why; published.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
}

/// What can be asked of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Write it.
    Post {
        /// On what.
        on: Subject,
        /// The comment that it answers.
        answers: Option<CommentId>,
        /// In the city's name.
        official: bool,
        /// The public name of who writes.
        author_name: String,
        /// What it says.
        text: String,
    },
    /// Let it be shown.
    Approve,
    /// Put it first.
    Pin,
    /// Put it back to its place.
    Unpin,
    /// Take it back.
    Withdraw,
    /// Take it out of public view.
    Remove {
        /// Why; published.
        reason: String,
    },
    /// Put it back into public view.
    Restore {
        /// Why; published.
        reason: String,
    },
}

/// The state of a comment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comment {
    /// What it is on, once posted.
    pub on: Option<Subject>,
    /// Who wrote it, by pseudonym.
    pub author: Option<String>,
    /// Whether the city speaks.
    pub official: bool,
    /// Whether it answers another one; answers aren't answered in turn.
    pub is_answer: bool,
    /// Whether a moderator has to approve it before it is shown.
    pub awaits_approval: bool,
    /// Whether it stands first.
    pub pinned: bool,
    /// Whether its author took it back.
    pub withdrawn: bool,
    /// Whether a moderator took it out of public view.
    pub removed: bool,
}

impl Decider for Comment {
    const KIND: &'static str = "comment";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(vec![match command {
            Command::Post { on, answers, official, author_name, text } => {
                let (author_name, text) = (Hidden::Disclosed(author_name), Hidden::Disclosed(text));
                let awaits_approval = context.world.campaign.moderates_first(context.actor.role);
                let author = context.actor.id.clone();
                Event::CommentPosted { on, answers, official, author, author_name, text, awaits_approval }
            }
            Command::Approve => Event::CommentApproved {},
            Command::Pin => Event::CommentPinned {},
            Command::Unpin => Event::CommentUnpinned {},
            Command::Withdraw => Event::CommentWithdrawn {},
            Command::Remove { reason } => Event::CommentRemoved { reason: Hidden::Disclosed(reason) },
            Command::Restore { reason } => Event::CommentRestored { reason: Hidden::Disclosed(reason) },
        }])
    }

    fn check(&self, _event: &Event, _context: &Context<'_>) -> Result<(), Rejection> {
        Ok(())
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::CommentPosted { on, answers, official, author, awaits_approval, .. } => {
                self.author = Some(author.clone());
                self.awaits_approval = *awaits_approval;
                self.on = Some(on.clone());
                self.is_answer = answers.is_some();
                self.official = *official;
            }
            Event::CommentApproved {} => self.awaits_approval = false,
            Event::CommentPinned {} => self.pinned = true,
            Event::CommentUnpinned {} => self.pinned = false,
            Event::CommentWithdrawn {} => self.withdrawn = true,
            Event::CommentRemoved { .. } => self.removed = true,
            Event::CommentRestored { .. } => self.removed = false,
        }
    }
}
