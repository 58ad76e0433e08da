//! Depositing a proposal and taking it back.

use super::carry::{carry_as, key_of};
use super::input::code;
use super::numbers::{Number, letter, number_in};
use super::payload::{DepositProposalPayload, WithdrawProposalPayload};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{View, campaign, services, vault};
use crate::graphql::types::enums::DepositorKind;
use crate::graphql::types::place::PointInput;
use crate::graphql::types::proposal::Proposal;
use crate::graphql::types::scalars::{Amount, CommandId};
use async_graphql::{Context, ID, InputObject, Object};
use domain::permission::{Permission, Scope as Bounds};
use domain::proposal::{Command as ProposalCommand, Consents, Deposit};
use domain::{Command, Hidden, ProposalId};

/// What a depositor fills in (`formulaire de dépôt`).
#[derive(InputObject, Debug)]
pub struct DepositProposalInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The pseudonym of the author; only an agent deposits for somebody else (`dépôt papier`).
    pub author: Option<String>,
    /// The author's public name.
    pub author_name: String,
    /// The title, within the limits of the campaign's form.
    pub title: String,
    /// What it is about, within the limits of the campaign's form.
    pub description: String,
    /// Who deposits (`type de déposant`).
    pub depositor: DepositorKind,
    /// The code of the theme.
    pub theme: String,
    /// The code of the area.
    pub area: String,
    /// Where, if it has a place.
    pub point: Option<PointInput>,
    /// Whether people with disabilities are thought of (`accessibilité`).
    pub accessible: bool,
    /// How; needed when `accessible`.
    pub accessibility: Option<String>,
    /// What the author thinks it costs.
    pub estimate: Option<Amount>,
}

/// Taking a proposal back.
#[derive(InputObject, Debug)]
pub struct WithdrawProposalInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal.
    pub proposal: ID,
    /// Why, if one wants to say; published.
    pub reason: Option<String>,
}

/// Mutations on proposals.
#[derive(Default)]
pub struct ProposalMutations;

#[Object]
impl ProposalMutations {
    /// Deposits a proposal (`déposer une proposition`), during IDEATION. It gets the next reference of
    /// the campaign.
    async fn deposit_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is deposited.")] input: DepositProposalInput,
    ) -> Result<Option<DepositProposalPayload>, Fault> {
        let (campaign, id) = (input.campaign.clone(), input.command_id);
        let key: ProposalId = key_of("proposal", &campaign, id)?;
        // An agent types what somebody else deposits on paper; everybody else deposits for themselves.
        let (actor, author) = match input.author {
            None => {
                let actor = acting::participant(ctx, &campaign)?;
                let author = actor.id.clone();
                remember(ctx, &campaign, &author).await?;
                (actor, author)
            }
            Some(author) => (
                acting::in_role(ctx, &self::campaign(ctx, &campaign)?, Permission::Deposit, Bounds::default())?,
                author,
            ),
        };
        let mut deposit = Deposit {
            reference: String::new(), // given below
            author,
            title: Hidden::Disclosed(input.title),
            description: Hidden::Disclosed(input.description),
            author_name: Hidden::Disclosed(input.author_name),
            depositor: input.depositor.into(),
            theme: code("theme", &input.theme)?,
            area: code("area", &input.area)?,
            point: input.point.map(Into::into),
            accessible: input.accessible,
            accessibility: input.accessibility.map(Hidden::Disclosed),
            estimate_cents: input.estimate.map(|estimate| estimate.0),
            complement: None,
            address: None,
            neighbourhood: None,
            running_cents: None,
            earlier: None,
            attachments: Vec::new(),
            consents: Consents::default(),
        };
        let taken = |view: &View| view.model.proposals.rows().filter_map(|row| number_in(&row.deposit.reference)).max();
        let number = services(ctx)?.numbers.next(ctx, &campaign, "proposal", taken).await?;
        deposit.reference = format!("{}-{:06}", letter(&campaign), Number::get(number.as_ref()));
        let command = Command::Proposal(key.clone(), ProposalCommand::Deposit(Box::new(deposit)));
        let carried = carry_as(ctx, &campaign, id, actor, vec![command]).await;
        Number::settle(number, &carried).await;
        let carried = carried?;
        Ok(DepositProposalPayload::of(carried, |view| Proposal::of(view, &key)))
    }

    /// Takes a proposal back (`retirer`), by its author, during IDEATION.
    async fn withdraw_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is taken back.")] input: WithdrawProposalInput,
    ) -> Result<Option<WithdrawProposalPayload>, Fault> {
        let (campaign, key): (String, ProposalId) = GlobalId::of(&input.proposal, Kind::Proposal)?;
        let command = Command::Proposal(key.clone(), ProposalCommand::Withdraw { reason: input.reason });
        let actor = acting::participant(ctx, &campaign)?;
        let carried = carry_as(ctx, &campaign, input.command_id, actor, vec![command]).await?;
        Ok(WithdrawProposalPayload::of(carried, |view| Proposal::of(view, &key)))
    }
}

/// Keeps, in the vault, whose pseudonym this is: an agent may have to reach the author, for a stated
/// purpose and on record.
async fn remember(ctx: &Context<'_>, campaign: &str, pseudonym: &str) -> Result<(), Fault> {
    Ok(vault(ctx)?.remember_pseudonym(&acting::session(ctx)?.person, campaign, pseudonym).await?)
}
