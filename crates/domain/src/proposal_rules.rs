//! What may happen to a proposal, and when.
//!
//! Owns the rules of the stream whose events and state stand in [`crate::proposal`].

use crate::phase::Phase;
use crate::proposal::{Deposit, Event, Proposal, check_amount, check_text};
use crate::rejection::ensure;
use crate::{Code, Context, Rejection, Role};

impl Proposal {
    fn require(&self, id: &str) -> Result<(), Rejection> {
        ensure(self.author.is_some(), || Code::NotFound.on("proposal").with(id))?;
        ensure(!self.withdrawn, || Code::ProposalWithdrawn.on("proposal").with(id))
    }

    /// Refuses a change of another version than the one that stands: the author of the change gets to
    /// know what others changed in the meantime.
    pub(crate) fn check_version(&self, version: u64) -> Result<(), Rejection> {
        ensure(version == self.version(), || {
            let seen = usize::try_from(version.saturating_sub(1)).unwrap_or(usize::MAX);
            let since: std::collections::BTreeSet<_> = self.changes.iter().skip(seen).flatten().cloned().collect();
            Code::EditConflict.on("version").with(since.into_iter().collect::<Vec<_>>().join(", "))
        })
    }

    fn check_deposit(&self, deposit: &Deposit, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let configuration = campaign.configured()?;
        campaign.during(Phase::Ideation)?;
        ensure(self.author.is_none(), || Code::AlreadyExists.on("id"))?;
        let own = deposit.author == context.actor.id || context.actor.role == Role::Coordinator;
        ensure(own, || Code::NotTheAuthor.on("author"))?;
        configuration.require_area(&deposit.area)?;
        configuration.require_theme(&deposit.theme)?;
        let form = configuration.form;
        check_text("title", &deposit.title, form.title_min, form.title_max)?;
        check_text("description", &deposit.description, form.description_min, form.description_max)?;
        check_text("authorName", &deposit.author_name, 1, 100)?;
        ensure(!deposit.reference.is_empty(), || Code::TextTooShort.on("reference").with(1))?;
        ensure(deposit.reference.len() <= 32, || Code::TextTooLong.on("reference").with(32))?;
        if let Some(point) = deposit.point {
            point.check()?;
        }
        match &deposit.accessibility {
            None => ensure(!deposit.accessible, || Code::AccessibilityUnanswered.on("accessibility"))?,
            Some(text) => check_text("accessibility", text, 1, 1_000)?,
        }
        match deposit.estimate_cents {
            Some(cents) => check_amount("estimate", cents),
            None => Ok(()),
        }
    }

    pub(crate) fn check_event(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        match event {
            Event::ProposalDeposited { deposit, .. } => self.check_deposit(deposit, context),
            Event::ProposalWithdrawn { .. } => {
                self.require(context.id)?;
                context.world.campaign.during(Phase::Ideation)?;
                ensure(self.is_by(&context.actor.id), || Code::NotTheAuthor.into())
            }
            Event::ProposalMerged { project, .. } => {
                self.require(context.id)?;
                context.world.campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                ensure(!self.projects.contains(project), || Code::ProposalMerged.on("proposal").with(project))?;
                let known = context.world.projects.get(project);
                let named = known.is_some_and(|p| p.proposals.iter().any(|p| p.as_str() == context.id));
                ensure(named, || Code::NotFound.on("project").with(project))
            }
            Event::ProposalEdited { .. }
            | Event::CoAuthorInvited { .. }
            | Event::CoAuthorJoined { .. }
            | Event::CoAuthorLeft { .. }
            | Event::ProposalApproved {}
            | Event::ProposalRemoved { .. }
            | Event::ProposalRestored { .. }
            | Event::MergeUndone { .. } => self.require(context.id),
        }
    }
}
