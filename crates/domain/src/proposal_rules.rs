//! What may happen to a proposal, and when.
//!
//! Owns the rules of the stream whose events and state stand in [`crate::proposal`]; the checks of a
//! form's fields are in [`crate::deposit`].

use crate::decider::check_version;
use crate::phase::Phase;
use crate::proposal::{Deposit, Event, Proposal, check_reason, check_text};
use crate::rejection::ensure;
use crate::{Code, Context, Hidden, ProjectId, Rejection, Role, WorkshopId};

/// How many authors a proposal has at most.
const MAX_AUTHORS: usize = 10;

/// How many invitations may be open: some are lost on their way.
const MAX_INVITATIONS: usize = 50;

impl Proposal {
    fn exists(&self, id: &str) -> Result<(), Rejection> {
        ensure(self.author.is_some(), || Code::NotFound.on("proposal").with(id))
    }

    fn require(&self, id: &str) -> Result<(), Rejection> {
        self.exists(id)?;
        ensure(!self.withdrawn, || Code::ProposalWithdrawn.on("proposal").with(id))
    }

    fn unmoderated(&self, id: &str) -> Result<(), Rejection> {
        self.require(id)?;
        ensure(!self.removed, || Code::ProposalRemoved.on("proposal").with(id))
    }

    /// Refuses a proposal that isn't there for everybody: unknown, withdrawn, removed or not approved yet.
    pub(crate) fn require_public(&self, id: &str) -> Result<(), Rejection> {
        self.unmoderated(id)?;
        ensure(!self.awaits_approval, || Code::AwaitsApproval.on("proposal").with(id))
    }

    fn check_deposit(&self, deposit: &Deposit, awaits: bool, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        campaign.during(Phase::Ideation)?;
        ensure(self.author.is_none(), || Code::AlreadyExists.on("id"))?;
        let own = deposit.author == context.actor.id || context.actor.role == Role::Coordinator;
        ensure(own, || Code::NotTheAuthor.on("author"))?;
        campaign.check_moderation(awaits, context.actor.role)?;
        deposit.check(campaign)
    }

    fn check_edit(
        &self,
        version: u64,
        deposit: &Deposit,
        awaits: bool,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        self.unmoderated(context.id)?;
        if context.actor.role == Role::Coordinator {
            campaign.between(Phase::Ideation, Phase::CoConstruction)?;
        } else {
            campaign.during(Phase::Ideation)?;
            ensure(self.is_by(&context.actor.id), || Code::NotTheAuthor.into())?;
        }
        check_version(version.saturating_sub(1), &self.changes)?;
        let same = |of: fn(&Deposit) -> &str| self.deposit.as_deref().is_some_and(|now| of(now) == of(deposit));
        ensure(same(|d| &d.reference), || Code::AlreadyExists.on("reference"))?;
        ensure(same(|d| &d.author), || Code::NotTheAuthor.on("author"))?;
        campaign.check_moderation(awaits, context.actor.role)?;
        deposit.check(campaign)
    }

    fn check_room(&self) -> Result<(), Rejection> {
        let room = self.co_authors.len().saturating_add(1) < MAX_AUTHORS;
        ensure(room, || Code::TooMany.on("coAuthors").with(MAX_AUTHORS))
    }

    fn check_merge(
        &self,
        project: &ProjectId,
        share: Option<u8>,
        reason: Option<&Hidden<String>>,
        workshop: Option<&WorkshopId>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        self.require_public(context.id)?;
        let world = context.world;
        world.campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
        ensure(!self.projects.contains(project), || Code::ProposalMerged.on("proposal").with(project))?;
        ensure(self.is_named_by(project, context), || Code::NotFound.on("project").with(project))?;
        if let Some(share) = share {
            let others: u32 = self.shares.values().copied().map(u32::from).sum();
            let fits = share >= 1 && others.saturating_add(share.into()) <= 100;
            ensure(fits, || {
                Code::OutOfRange.on("sharePercent").with(format!("1 – {}", 100_u32.saturating_sub(others)))
            })?;
        }
        reason.map_or(Ok(()), |reason| check_text("reason", reason, 0, 2_000))?;
        let Some(id) = workshop else { return Ok(()) };
        let unknown = || Code::NotFound.on("workshop").with(id);
        let workshop = world.workshops.get(id).ok_or_else(unknown)?;
        let announcement = workshop.announcement.as_ref().ok_or_else(unknown)?;
        ensure(!workshop.cancelled, || Code::WorkshopCancelled.on("workshop"))?;
        ensure(announcement.proposals.iter().any(|one| one.as_str() == context.id), unknown)
    }

    fn is_named_by(&self, project: &ProjectId, context: &Context<'_>) -> bool {
        let known = context.world.projects.get(project).filter(|known| known.ending.is_none());
        known.is_some_and(|known| known.proposals.iter().any(|one| one.as_str() == context.id))
    }

    pub(crate) fn check_event(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let (campaign, id, actor) = (&context.world.campaign, context.id, &context.actor.id);
        match event {
            Event::ProposalDeposited { deposit, awaits_approval } => {
                self.check_deposit(deposit, *awaits_approval, context)
            }
            Event::ProposalEdited { version, deposit, awaits_approval } => {
                self.check_edit(*version, deposit, *awaits_approval, context)
            }
            Event::CoAuthorInvited { invitation } => {
                self.unmoderated(id)?;
                campaign.during(Phase::Ideation)?;
                ensure(self.is_by(actor), || Code::NotTheAuthor.into())?;
                ensure(!self.invitations.contains(invitation), || Code::AlreadyDone.on("invitation"))?;
                let few = self.invitations.len() < MAX_INVITATIONS;
                ensure(few, || Code::TooMany.on("invitations").with(MAX_INVITATIONS))?;
                self.check_room()
            }
            Event::CoAuthorJoined { author, name, invitation } => {
                self.unmoderated(id)?;
                campaign.during(Phase::Ideation)?;
                ensure(author == actor, || Code::NotTheAuthor.on("author"))?;
                ensure(!self.is_by(author), || Code::AlreadyAuthor.into())?;
                ensure(self.invitations.contains(invitation), || Code::InvitationUnknown.on("invitation"))?;
                check_text("name", name, 1, 100)?;
                self.check_room()
            }
            Event::CoAuthorLeft { author } => {
                self.require(id)?;
                campaign.configured()?;
                let own = author == actor && self.co_authors.contains(author);
                ensure(own, || Code::NotTheAuthor.on("author"))
            }
            Event::ProposalApproved {} => {
                self.unmoderated(id)?;
                campaign.before_vote()?;
                ensure(self.awaits_approval, || Code::NotAwaitingApproval.on("proposal"))
            }
            Event::ProposalRemoved { reason } => {
                self.exists(id)?;
                campaign.before_vote()?;
                ensure(!self.removed, || Code::AlreadyDone.on("proposal"))?;
                check_reason(reason, 2_000)
            }
            Event::ProposalRestored { reason } => {
                self.exists(id)?;
                campaign.before_vote()?;
                ensure(self.removed, || Code::NotDone.on("proposal"))?;
                check_reason(reason, 2_000)
            }
            Event::ProposalWithdrawn { reason } => {
                self.require(id)?;
                campaign.during(Phase::Ideation)?;
                ensure(self.author.as_ref() == Some(actor), || Code::NotTheAuthor.into())?;
                if let Some(project) = self.projects.first() {
                    return Err(Code::ProposalMerged.on("proposal").with(project));
                }
                reason.as_ref().map_or(Ok(()), |reason| check_text("reason", reason, 0, 2_000))
            }
            Event::ProposalMerged { project, share_percent, reason, workshop, .. } => {
                self.check_merge(project, *share_percent, reason.as_ref(), workshop.as_ref(), context)
            }
            Event::MergeUndone { project, reason } => {
                self.exists(id)?;
                campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                ensure(self.projects.contains(project), || Code::NotDone.on("project"))?;
                check_reason(reason, 2_000)?;
                let named = self.is_named_by(project, context);
                ensure(!named, || Code::ProposalStillLinked.on("project").with(project))
            }
        }
    }
}
