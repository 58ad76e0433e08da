//! Depositing a proposal, changing it, writing it with others, and taking it back.

use super::carry::{Carried, carry_as, key_of, refused};
use super::deposit::DepositInput;
use super::numbers::{Number, letter, number_in};
use super::payload::{
    DepositProposalPayload, EditProposalPayload, InviteCoAuthorPayload, JoinProposalPayload, LeaveProposalPayload,
    WithdrawProposalPayload,
};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{View, campaign, services};
use crate::graphql::types::proposal::Proposal;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, ID, InputObject, Object};
use domain::permission::{Permission, Scope as Bounds};
use domain::proposal::Command as ProposalCommand;
use domain::{Command, ProposalId};
use transparency::Hash;

/// What a depositor fills in (`formulaire de dépôt`).
#[derive(InputObject, Debug)]
pub struct DepositProposalInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The pseudonym of the author; only an agent deposits for somebody else (`dépôt papier`).
    pub author: Option<String>,
    /// The form.
    #[graphql(flatten)]
    pub form: DepositInput,
}

/// A proposal as it shall be, all of it.
#[derive(InputObject, Debug)]
pub struct EditProposalInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal.
    pub proposal: ID,
    /// The version that was changed, as `proposal.version` gave it. Where it isn't the latest any more,
    /// the rejection EDIT_CONFLICT names the fields that others changed.
    pub version: u32,
    /// The form.
    #[graphql(flatten)]
    pub form: DepositInput,
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

/// A proposal, and nothing more.
#[derive(InputObject, Debug)]
pub struct InviteCoAuthorInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal.
    pub proposal: ID,
}

/// Becoming an author of a proposal.
#[derive(InputObject, Debug)]
pub struct JoinProposalInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal.
    pub proposal: ID,
    /// The secret of the invitation.
    pub invitation: String,
    /// One's public name.
    pub author_name: String,
}

/// Being an author of a proposal no longer.
#[derive(InputObject, Debug)]
pub struct LeaveProposalInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal.
    pub proposal: ID,
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
                acting::remember(ctx, &campaign, &author).await?;
                (actor, author)
            }
            Some(author) => (
                acting::in_role(ctx, &self::campaign(ctx, &campaign)?, Permission::Deposit, Bounds::default())?,
                author,
            ),
        };
        let mut deposit = match input.form.deposit(ctx, author, &[]).await? {
            Ok(deposit) => deposit,
            Err(no) => return Ok(DepositProposalPayload::of(refused(ctx, no), |_| None)),
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

    /// Changes a proposal (`modifier`), by one of its authors during IDEATION; a coordinator may correct
    /// it until the end of CO_CONSTRUCTION. Former versions stay readable in `proposal.versions`.
    async fn edit_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it shall be.")] input: EditProposalInput,
    ) -> Result<Option<EditProposalPayload>, Fault> {
        let (campaign, key): (String, ProposalId) = GlobalId::of(&input.proposal, Kind::Proposal)?;
        let view = self::campaign(ctx, &campaign)?;
        let participant = acting::participant(ctx, &campaign);
        let row = view.model.proposals.get(&key).cloned();
        let actor = match (participant, &row) {
            // An agent may have written it as a citizen.
            (Ok(actor), Some(row)) if row.is_by(&actor.id) => actor,
            _ => acting::in_role(ctx, &view, Permission::EditProposal, Bounds::default())?,
        };
        let (author, kept) = row.as_ref().map_or((actor.id.clone(), &[][..]), |row| {
            (row.deposit.author.clone(), row.deposit.attachments.as_slice())
        });
        let deposit = match input.form.deposit(ctx, author, kept).await? {
            Ok(deposit) => Box::new(deposit),
            Err(no) => return Ok(EditProposalPayload::of(refused(ctx, no), |_| None)),
        };
        let command = ProposalCommand::Edit { version: input.version.into(), deposit };
        let command = Command::Proposal(key.clone(), command);
        let carried = carry_as(ctx, &campaign, input.command_id, actor, vec![command]).await?;
        Ok(EditProposalPayload::of(carried, |view| Proposal::of(view, &key)))
    }

    /// Invites somebody to be an author too (`co-auteur·rice`), by an author during IDEATION. The answer
    /// holds a secret, to be handed on in private; it serves once. Only its SHA-256 stands in the log.
    async fn invite_co_author(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To which proposal.")] input: InviteCoAuthorInput,
    ) -> Result<Option<InviteCoAuthorPayload>, Fault> {
        let secret = acting::invitation(ctx, input.command_id)?;
        let command = ProposalCommand::Invite { invitation: Hash::of(&[secret.as_bytes()]) };
        let (carried, _) = own(ctx, &input.proposal, input.command_id, command).await?;
        Ok(InviteCoAuthorPayload::of(carried, |_| Some(secret)))
    }

    /// Becomes an author of a proposal by an invitation (`rejoindre`), during IDEATION.
    async fn join_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which proposal, and the invitation.")] input: JoinProposalInput,
    ) -> Result<Option<JoinProposalPayload>, Fault> {
        let invitation = Hash::of(&[input.invitation.trim().as_bytes()]);
        let command = ProposalCommand::Join { invitation, name: input.author_name };
        let (campaign, _): (String, ProposalId) = GlobalId::of(&input.proposal, Kind::Proposal)?;
        acting::remember(ctx, &campaign, &acting::participant(ctx, &campaign)?.id).await?;
        let (carried, key) = own(ctx, &input.proposal, input.command_id, command).await?;
        Ok(JoinProposalPayload::of(carried, |view| Proposal::of(view, &key)))
    }

    /// Stops being a co-author (`quitter`).
    async fn leave_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which proposal.")] input: LeaveProposalInput,
    ) -> Result<Option<LeaveProposalPayload>, Fault> {
        let (carried, key) = own(ctx, &input.proposal, input.command_id, ProposalCommand::Leave).await?;
        Ok(LeaveProposalPayload::of(carried, |view| Proposal::of(view, &key)))
    }

    /// Takes a proposal back (`retirer`), by its author, during IDEATION.
    async fn withdraw_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is taken back.")] input: WithdrawProposalInput,
    ) -> Result<Option<WithdrawProposalPayload>, Fault> {
        let command = ProposalCommand::Withdraw { reason: input.reason };
        let (carried, key) = own(ctx, &input.proposal, input.command_id, command).await?;
        Ok(WithdrawProposalPayload::of(carried, |view| Proposal::of(view, &key)))
    }
}

/// Carries out what only its authors, or those who become one, may ask of a proposal.
async fn own(
    ctx: &Context<'_>,
    proposal: &ID,
    id: CommandId,
    command: ProposalCommand,
) -> Result<(Carried, ProposalId), Fault> {
    let (campaign, key): (String, ProposalId) = GlobalId::of(proposal, Kind::Proposal)?;
    let actor = acting::participant(ctx, &campaign)?;
    let carried = carry_as(ctx, &campaign, id, actor, vec![Command::Proposal(key.clone(), command)]).await?;
    Ok((carried, key))
}
