//! A proposal (`dépôt`, `proposition`): what somebody wishes for the city.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Deposited: ProposalDeposited (IDEATION)
//!   Deposited --> Deposited: ProposalEdited, CoAuthorInvited, CoAuthorJoined, CoAuthorLeft, ProposalApproved
//!   Deposited --> Withdrawn: ProposalWithdrawn (by an author)
//!   Deposited --> Removed: ProposalRemoved (by a moderator, with a published reason)
//!   Removed --> Deposited: ProposalRestored
//!   Deposited --> Merged: ProposalMerged (into one or more projects)
//!   Merged --> Deposited: MergeUndone (out of the last of them)
//! ```
//!
//! What is filled in stands in [`crate::deposit`].

use crate::decider::differences;
use crate::{Context, Decider, Hidden, ProjectId, Rejection, WorkshopId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use transparency::Hash;

pub use crate::deposit::{
    Address, Attachment, Consents, Deposit, DepositorKind, MAX_ATTACHMENT_BYTES, MAX_COST_CENTS, MediaType, Point,
};
pub(crate) use crate::deposit::{check_amount, check_text, is_said};

/// How proposals came together in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MergeKind {
    /// Taken over alone.
    Single,
    /// One common project (`co-construction`).
    CoConstruction,
    /// Gathered under one title (`regroupement`).
    Grouping,
}

/// What happened to a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was deposited.
    ProposalDeposited {
        /// What the depositor filled in.
        deposit: Box<Deposit>,
        /// Whether a moderator has to approve it before it is shown.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaits_approval: bool,
    },
    /// It was changed; reference and author stay.
    ProposalEdited {
        /// The number of this version: 2 after the first change.
        version: u64,
        /// All of it, as it is now.
        deposit: Box<Deposit>,
    },
    /// An author invited somebody to be an author too.
    CoAuthorInvited {
        /// SHA-256 of the secret that the invitation holds.
        invitation: Hash,
    },
    /// The invited person became an author.
    CoAuthorJoined {
        /// The new author's pseudonym.
        author: String,
        /// The new author's public name.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        name: Hidden<String>,
        /// The invitation that is used up by it.
        invitation: Hash,
    },
    /// A co-author left.
    CoAuthorLeft {
        /// The pseudonym.
        author: String,
    },
    /// A moderator let it be shown, where moderation comes before publication.
    ProposalApproved {},
    /// A moderator took it out of public view.
    ProposalRemoved {
        /// Why; published.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// It is back in public view.
    ProposalRestored {
        /// Why; published.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// An author took it back.
    ProposalWithdrawn {
        /// Why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// It became part of a project.
    ProposalMerged {
        /// The project.
        project: ProjectId,
        /// How.
        kind: MergeKind,
        /// How much of it went into the project, in percent (1 to 100); none when nobody said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        share_percent: Option<u8>,
        /// Why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
        /// The workshop in which it was agreed, if it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workshop: Option<WorkshopId>,
    },
    /// It is no longer part of a project.
    MergeUndone {
        /// The project.
        project: ProjectId,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
}

/// That a proposal becomes part of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The project.
    pub project: ProjectId,
    /// How.
    pub kind: MergeKind,
    /// How much of it goes in, in percent.
    pub share_percent: Option<u8>,
    /// Why, if said.
    pub reason: Option<String>,
    /// The workshop in which it was agreed.
    pub workshop: Option<WorkshopId>,
}

impl Link {
    /// A link of which nothing more is said.
    pub fn plain(project: ProjectId, kind: MergeKind) -> Self {
        Self { project, kind, share_percent: None, reason: None, workshop: None }
    }
}

/// What can be asked of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Deposit it. Its neighbourhood is looked up.
    Deposit(Box<Deposit>),
    /// Change it.
    Edit {
        /// The version that was changed: 1 as deposited. Another one by now is a conflict.
        version: u64,
        /// All of it. Reference and author stay, whatever is said here.
        deposit: Box<Deposit>,
    },
    /// Invite a co-author.
    Invite {
        /// SHA-256 of the invitation's secret.
        invitation: Hash,
    },
    /// Become an author by an invitation.
    Join {
        /// Its SHA-256.
        invitation: Hash,
        /// The public name.
        name: String,
    },
    /// Be an author no longer.
    Leave,
    /// Let it be shown.
    Approve,
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
    /// Take it back.
    Withdraw {
        /// Why, if said.
        reason: Option<String>,
    },
    /// Make it part of a project.
    Merge(Link),
    /// Take it out of a project again.
    Unmerge {
        /// The project.
        project: ProjectId,
        /// Why.
        reason: String,
    },
}

/// The state of a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Its author's pseudonym, once deposited.
    pub author: Option<String>,
    /// The pseudonyms of those who joined.
    pub co_authors: BTreeSet<String>,
    /// Open invitations to join.
    pub invitations: BTreeSet<Hash>,
    /// As it is now.
    pub deposit: Option<Box<Deposit>>,
    /// What each change changed, by the names of the form's fields; the first is version 2.
    pub changes: Vec<Vec<String>>,
    /// Whether a moderator has to approve it before it is shown.
    pub awaits_approval: bool,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// Whether a moderator took it out of public view.
    pub removed: bool,
    /// The projects it is part of.
    pub projects: BTreeSet<ProjectId>,
}

impl Proposal {
    /// The number of the version that stands: 1 as deposited.
    pub fn version(&self) -> u64 {
        u64::try_from(self.changes.len()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Whether this pseudonym is one of its authors.
    pub fn is_by(&self, pseudonym: &str) -> bool {
        self.author.as_deref() == Some(pseudonym) || self.co_authors.contains(pseudonym)
    }

    /// Whether everybody may see it.
    pub fn is_public(&self) -> bool {
        self.author.is_some() && !self.awaits_approval && !self.removed
    }
}

impl Decider for Proposal {
    const KIND: &'static str = "proposal";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(vec![match command {
            Command::Deposit(mut deposit) => {
                deposit.neighbourhood = context.world.campaign.neighbourhood_at(deposit.point);
                let awaits_approval = context.world.campaign.moderates_first(context.actor.role);
                Event::ProposalDeposited { deposit, awaits_approval }
            }
            Command::Edit { version, mut deposit } => {
                self.check_version(version)?;
                if let Some(now) = &self.deposit {
                    deposit.reference.clone_from(&now.reference);
                    deposit.author.clone_from(&now.author);
                }
                deposit.neighbourhood = context.world.campaign.neighbourhood_at(deposit.point);
                Event::ProposalEdited { version: version.saturating_add(1), deposit }
            }
            Command::Invite { invitation } => Event::CoAuthorInvited { invitation },
            Command::Join { invitation, name } => {
                let author = context.actor.id.clone();
                Event::CoAuthorJoined { author, name: Hidden::Disclosed(name), invitation }
            }
            Command::Leave => Event::CoAuthorLeft { author: context.actor.id.clone() },
            Command::Approve => Event::ProposalApproved {},
            Command::Remove { reason } => Event::ProposalRemoved { reason: Hidden::Disclosed(reason) },
            Command::Restore { reason } => Event::ProposalRestored { reason: Hidden::Disclosed(reason) },
            Command::Withdraw { reason } => Event::ProposalWithdrawn { reason: reason.map(Hidden::Disclosed) },
            Command::Merge(Link { project, kind, share_percent, reason, workshop }) => {
                let reason = reason.map(Hidden::Disclosed);
                Event::ProposalMerged { project, kind, share_percent, reason, workshop }
            }
            Command::Unmerge { project, reason } => Event::MergeUndone { project, reason: Hidden::Disclosed(reason) },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        self.check_event(event, context)
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ProposalDeposited { deposit, awaits_approval } => {
                self.awaits_approval = *awaits_approval;
                self.author = Some(deposit.author.clone());
                self.deposit = Some(deposit.clone());
            }
            Event::ProposalEdited { deposit, .. } => {
                self.changes.push(self.deposit.as_ref().map_or_else(Vec::new, |before| differences(before, deposit)));
                self.deposit = Some(deposit.clone());
            }
            Event::CoAuthorInvited { invitation } => {
                self.invitations.insert(*invitation);
            }
            Event::CoAuthorJoined { author, invitation, .. } => {
                self.invitations.remove(invitation);
                self.co_authors.insert(author.clone());
            }
            Event::CoAuthorLeft { author } => {
                self.co_authors.remove(author);
            }
            Event::ProposalApproved {} => self.awaits_approval = false,
            Event::ProposalRemoved { .. } => self.removed = true,
            Event::ProposalRestored { .. } => self.removed = false,
            Event::ProposalWithdrawn { .. } => self.withdrawn = true,
            Event::ProposalMerged { project, .. } => {
                self.projects.insert(project.clone());
            }
            Event::MergeUndone { project, .. } => {
                self.projects.remove(project);
            }
        }
    }
}
