//! What a participant (`participant·e`) says in public, beside depositing and writing: which proposals
//! they support, and what they report to the moderators.
//!
//! One stream per participant and campaign, so that many who support one proposal never wait for each
//! other. What somebody follows is private and stands in no log.

use crate::{CommentId, Context, Decider, Hidden, ProposalId, Rejection};
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

    fn check(&self, _event: &Event, _context: &Context<'_>) -> Result<(), Rejection> {
        Ok(())
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
