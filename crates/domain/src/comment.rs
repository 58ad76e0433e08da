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
//!
//! The city's own answers aren't taken back in silence: a moderator removes them, with a reason.

use crate::phase::Phase;
use crate::proposal::{check_reason, check_text};
use crate::rejection::ensure;
use crate::workshop::Span;
use crate::{Code, CommentId, Context, Decider, Hidden, ProposalId, Rejection, Role, WorkshopId};
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

impl Comment {
    /// Refuses a comment that its author or a moderator took away.
    fn require_there(&self) -> Result<(), Rejection> {
        ensure(!self.withdrawn && !self.removed, || Code::CommentGone.on("comment"))
    }

    /// Refuses a comment that isn't there for everybody.
    pub(crate) fn require_public(&self, id: &CommentId) -> Result<(), Rejection> {
        ensure(self.author.is_some(), || Code::NotFound.on("comment").with(id))?;
        self.require_there()?;
        ensure(!self.awaits_approval, || Code::AwaitsApproval.on("comment"))
    }
}

/// Refuses a comment where, or when, nobody may write one.
fn check_open(on: &Subject, official: bool, context: &Context<'_>) -> Result<(), Rejection> {
    let world = context.world;
    match on {
        Subject::Proposal(id) => {
            let unknown = || Code::NotFound.on("proposal").with(id);
            world.proposals.get(id).ok_or_else(unknown)?.require_public(id.as_str())?;
            if official {
                return world.campaign.between(Phase::Ideation, Phase::PreSubmit);
            }
            world.campaign.during(Phase::Ideation)
        }
        Subject::Workshop(id) => {
            let unknown = || Code::NotFound.on("workshop").with(id);
            let workshop = world.workshops.get(id).ok_or_else(unknown)?;
            let announcement = workshop.announcement.as_ref().ok_or_else(unknown)?;
            ensure(!workshop.cancelled, || Code::WorkshopCancelled.on("workshop"))?;
            world.campaign.between_ends(Phase::Ideation, Phase::PreSubmit)?;
            if official {
                return Ok(());
            }
            ensure(workshop.registered.contains_key(&context.actor.id), || Code::NotRegistered.on("workshop"))?;
            let steps = announcement.steps.ok_or_else(|| Code::CommentClosed.on("workshop").with("-"))?;
            let Span { start, end } = steps.comment;
            let open = start <= context.at && context.at < end;
            ensure(open, || Code::CommentClosed.on("workshop").with(format!("{start} – {end}")))
        }
    }
}

/// Refuses an answer to what isn't there, stands elsewhere or is an answer itself: threads have two levels.
fn check_answer(on: &Subject, answers: Option<&CommentId>, context: &Context<'_>) -> Result<(), Rejection> {
    let Some(id) = answers else { return Ok(()) };
    let unknown = || Code::NotFound.on("answers").with(id);
    let first = context.world.comments.get(id).ok_or_else(unknown)?;
    ensure(first.on.as_ref() == Some(on), unknown)?;
    first.require_public(id).map_err(|no| no.on("answers"))?;
    ensure(!first.is_answer, || Code::AnswerToAnswer.on("answers"))
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

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let (campaign, actor) = (&context.world.campaign, context.actor);
        campaign.require_native()?;
        if !matches!(event, Event::CommentPosted { .. }) {
            ensure(self.author.is_some(), || Code::NotFound.on("comment").with(context.id))?;
        }
        match event {
            Event::CommentPosted { on, answers, official, author, author_name, text, awaits_approval } => {
                ensure(self.author.is_none(), || Code::AlreadyExists.on("id"))?;
                ensure(*author == actor.id, || Code::NotTheAuthor.on("author"))?;
                let speaks = if *official { actor.role.is_agents() } else { actor.role == Role::Citizen };
                let needed = if *official { Role::Coordinator } else { Role::Citizen };
                ensure(speaks, || Code::RoleMissing.on("official").with(needed.code()))?;
                campaign.check_moderation(*awaits_approval, actor.role)?;
                check_open(on, *official, context)?;
                check_answer(on, answers.as_ref(), context)?;
                check_text("authorName", author_name, 1, 100)?;
                check_text("text", text, 1, campaign.configured()?.participation.comment_max)
            }
            Event::CommentApproved {} => {
                campaign.before_vote()?;
                self.require_there()?;
                ensure(self.awaits_approval, || Code::NotAwaitingApproval.on("comment"))
            }
            Event::CommentPinned {} => {
                self.require_there()?;
                ensure(self.official, || Code::NotOfficial.on("comment"))?;
                ensure(!self.pinned, || Code::AlreadyDone.on("comment"))
            }
            Event::CommentUnpinned {} => ensure(self.pinned, || Code::NotDone.on("comment")),
            Event::CommentWithdrawn {} => {
                ensure(self.author.as_ref() == Some(&actor.id), || Code::NotTheAuthor.into())?;
                ensure(!self.withdrawn, || Code::AlreadyDone.on("comment"))
            }
            Event::CommentRemoved { reason } => {
                campaign.before_vote()?;
                ensure(!self.removed, || Code::AlreadyDone.on("comment"))?;
                check_reason(reason, 2_000)
            }
            Event::CommentRestored { reason } => {
                campaign.before_vote()?;
                ensure(self.removed, || Code::NotDone.on("comment"))?;
                check_reason(reason, 2_000)
            }
        }
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
