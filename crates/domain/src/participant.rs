//! What a participant (`participant·e`) says in public, beside depositing and writing: which proposals
//! they support, and what they report to the moderators.
//!
//! One stream per participant and campaign, so that many who support one proposal never wait for each
//! other. What somebody follows is private and stands in no log.

use crate::phase::Phase;
use crate::proposal::check_reason;
use crate::rejection::ensure;
use crate::{Code, CommentId, Context, Decider, Hidden, ProposalId, Rejection, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What can be reported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Content {
    /// A proposal.
    Proposal(ProposalId),
    /// A comment.
    Comment(CommentId),
}

/// What a participant did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// They support a proposal (`soutien`).
    ProposalSupported {
        /// Which.
        proposal: ProposalId,
    },
    /// They support it no longer.
    SupportWithdrawn {
        /// Which.
        proposal: ProposalId,
    },
    /// They reported something to the moderators (`signalement`).
    ContentReported {
        /// What.
        content: Content,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Support a proposal.
    Support {
        /// Which.
        proposal: ProposalId,
    },
    /// Support it no longer.
    WithdrawSupport {
        /// Which.
        proposal: ProposalId,
    },
    /// Report something to the moderators.
    Report {
        /// What.
        content: Content,
        /// Why.
        reason: String,
    },
}

/// The state of a participant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// The proposals they support.
    pub supports: BTreeSet<ProposalId>,
    /// What they reported.
    pub reports: BTreeSet<Content>,
}

fn check_others_proposal(id: &ProposalId, context: &Context<'_>) -> Result<(), Rejection> {
    let unknown = || Code::NotFound.on("proposal").with(id);
    let proposal = context.world.proposals.get(id).ok_or_else(unknown)?;
    proposal.require_public(id.as_str())?;
    ensure(!proposal.is_by(context.id), || Code::OwnContent.on("proposal"))
}

impl Decider for Participant {
    const KIND: &'static str = "participant";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, _: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(vec![match command {
            Command::Support { proposal } => Event::ProposalSupported { proposal },
            Command::WithdrawSupport { proposal } => Event::SupportWithdrawn { proposal },
            Command::Report { content, reason } => {
                Event::ContentReported { content, reason: Hidden::Disclosed(reason) }
            }
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let world = context.world;
        world.campaign.require_native()?;
        ensure(context.id == context.actor.id, || Code::NotTheAuthor.on("participant"))?;
        let person = context.actor.role == Role::Citizen;
        ensure(person, || Code::RoleMissing.with(Role::Citizen.code()))?;
        match event {
            Event::ProposalSupported { proposal } => {
                world.campaign.between(Phase::Ideation, Phase::CoConstruction)?;
                check_others_proposal(proposal, context)?;
                ensure(!self.supports.contains(proposal), || Code::AlreadyDone.on("proposal"))
            }
            Event::SupportWithdrawn { proposal } => {
                world.campaign.between(Phase::Ideation, Phase::CoConstruction)?;
                ensure(self.supports.contains(proposal), || Code::NotDone.on("proposal"))
            }
            Event::ContentReported { content, reason } => {
                match content {
                    Content::Proposal(id) => check_others_proposal(id, context)?,
                    Content::Comment(id) => {
                        let unknown = || Code::NotFound.on("comment").with(id);
                        let comment = world.comments.get(id).ok_or_else(unknown)?;
                        comment.require_public(id)?;
                        let own = comment.author.as_deref() == Some(context.id);
                        ensure(!own, || Code::OwnContent.on("comment"))?;
                    }
                }
                ensure(!self.reports.contains(content), || Code::AlreadyDone.on("content"))?;
                check_reason(reason, 1_000)
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ProposalSupported { proposal } => {
                self.supports.insert(proposal.clone());
            }
            Event::SupportWithdrawn { proposal } => {
                self.supports.remove(proposal);
            }
            Event::ContentReported { content, .. } => {
                self.reports.insert(content.clone());
            }
        }
    }
}
