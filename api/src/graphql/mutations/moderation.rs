//! What participants and moderators say about proposals and comments: support, reports, approval,
//! removal from public view and return.
//!
//! A removal here hides; it can be taken back. What has to be deleted for ever: `text.rs`.

use super::carry::{Carried, carry, carry_as};
use super::payload::{
    ApproveContentPayload, RemoveContentPayload, ReportContentPayload, RestoreContentPayload, SupportProposalPayload,
    WithdrawSupportPayload,
};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::moderation::Content;
use crate::graphql::types::proposal::Proposal;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, ID, InputObject, Object};
use domain::participant::{Command as ParticipantCommand, Content as Named};
use domain::{ActorId, Command, ProposalId, comment, proposal};

/// What a moderator approves.
#[derive(InputObject, Debug)]
pub struct ApproveContentInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal or comment.
    pub content: ID,
}

/// What is removed, restored or reported, and why.
#[derive(InputObject, Debug)]
pub struct ModerateContentInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal or comment.
    pub content: ID,
    /// Why. A moderator's reason is published; a report's is read by the moderators.
    pub reason: String,
}

/// A proposal that somebody supports, or supports no longer.
#[derive(InputObject, Debug)]
pub struct SupportInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal.
    pub proposal: ID,
}

/// Mutations of moderation and support.
#[derive(Default)]
pub struct ModerationMutations;

#[Object]
impl ModerationMutations {
    /// Lets something be shown that awaits approval (`approuver`), where the campaign moderates before
    /// publication.
    async fn approve_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What.")] input: ApproveContentInput,
    ) -> Result<Option<ApproveContentPayload>, Fault> {
        let (proposal, comment) = (proposal::Command::Approve, comment::Command::Approve);
        let (carried, named) = moderate(ctx, &input.content, input.command_id, proposal, comment).await?;
        Ok(ApproveContentPayload::of(carried, |view| Content::of(view, &named)))
    }

    /// Takes something out of public view (`retirer de l’affichage`), with a published reason.
    async fn remove_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and why.")] input: ModerateContentInput,
    ) -> Result<Option<RemoveContentPayload>, Fault> {
        let reason = input.reason.clone();
        let comment = comment::Command::Remove { reason: input.reason };
        let proposal = proposal::Command::Remove { reason };
        let (carried, named) = moderate(ctx, &input.content, input.command_id, proposal, comment).await?;
        Ok(RemoveContentPayload::of(carried, |view| Content::of(view, &named)))
    }

    /// Puts something back into public view (`rétablir`), with a published reason.
    async fn restore_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and why.")] input: ModerateContentInput,
    ) -> Result<Option<RestoreContentPayload>, Fault> {
        let reason = input.reason.clone();
        let comment = comment::Command::Restore { reason: input.reason };
        let proposal = proposal::Command::Restore { reason };
        let (carried, named) = moderate(ctx, &input.content, input.command_id, proposal, comment).await?;
        Ok(RestoreContentPayload::of(carried, |view| Content::of(view, &named)))
    }

    /// Reports something to the moderators (`signaler`), once.
    async fn report_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and why.")] input: ModerateContentInput,
    ) -> Result<Option<ReportContentPayload>, Fault> {
        let (campaign, named) = named(&input.content)?;
        let command = ParticipantCommand::Report { content: named.clone(), reason: input.reason };
        let carried = as_participant(ctx, &campaign, input.command_id, command).await?;
        Ok(ReportContentPayload::of(carried, |view| Content::of(view, &named)))
    }

    /// Supports a proposal (`soutenir`), from IDEATION to the end of CO_CONSTRUCTION. No vote: supports
    /// decide nothing.
    async fn support_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which proposal.")] input: SupportInput,
    ) -> Result<Option<SupportProposalPayload>, Fault> {
        let (campaign, key): (String, ProposalId) = GlobalId::of(&input.proposal, Kind::Proposal)?;
        let command = ParticipantCommand::Support { proposal: key.clone() };
        let carried = as_participant(ctx, &campaign, input.command_id, command).await?;
        Ok(SupportProposalPayload::of(carried, |view| Proposal::of(view, &key)))
    }

    /// Supports a proposal no longer (`retirer son soutien`).
    async fn withdraw_support(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which proposal.")] input: SupportInput,
    ) -> Result<Option<WithdrawSupportPayload>, Fault> {
        let (campaign, key): (String, ProposalId) = GlobalId::of(&input.proposal, Kind::Proposal)?;
        let command = ParticipantCommand::WithdrawSupport { proposal: key.clone() };
        let carried = as_participant(ctx, &campaign, input.command_id, command).await?;
        Ok(WithdrawSupportPayload::of(carried, |view| Proposal::of(view, &key)))
    }
}

/// The proposal or comment behind an id, and its campaign.
fn named(id: &ID) -> Result<(String, Named), Fault> {
    let GlobalId { kind, campaign, key } = GlobalId::read(id)?;
    let refused = || Fault::Id { given: id.chars().take(80).collect(), kind: "Proposal or Comment" };
    let content = match kind {
        Kind::Proposal => Named::Proposal(key.parse().map_err(|_| refused())?),
        Kind::Comment => Named::Comment(key.parse().map_err(|_| refused())?),
        Kind::Campaign
        | Kind::Area
        | Kind::Project
        | Kind::Site
        | Kind::Workshop
        | Kind::PollingPlace
        | Kind::Event => {
            return Err(refused());
        }
    };
    Ok((campaign, content))
}

async fn moderate(
    ctx: &Context<'_>,
    content: &ID,
    id: CommandId,
    proposal: proposal::Command,
    comment: comment::Command,
) -> Result<(Carried, Named), Fault> {
    let (campaign, named) = named(content)?;
    let command = match &named {
        Named::Proposal(key) => Command::Proposal(key.clone(), proposal),
        Named::Comment(key) => Command::Comment(key.clone(), comment),
    };
    Ok((carry(ctx, &campaign, id, vec![command]).await?, named))
}

/// Carries out what somebody says as a participant, in the stream of their own pseudonym.
async fn as_participant(
    ctx: &Context<'_>,
    campaign: &str,
    id: CommandId,
    command: ParticipantCommand,
) -> Result<Carried, Fault> {
    let actor = acting::participant(ctx, campaign)?;
    let key: ActorId = actor.id.parse().map_err(|_| Fault::Internal("a pseudonym is no key"))?;
    carry_as(ctx, campaign, id, actor, vec![Command::Participant(key, command)]).await
}
