//! Leading a campaign through its calendar, from the first phase to the result.
//!
//! How it comes to be: `configuration.rs`.

use super::carry::{carry, drain, executor, refused, settle};
use super::payload::{
    CloseBallotBoxPayload, ClosePhasePayload, DrawLotPayload, OpenPhasePayload, ProclaimResultPayload,
    PublishCataloguePayload,
};
use crate::error::Fault;
use crate::graphql::request::View;
use crate::graphql::types::campaign::Campaign;
use crate::graphql::types::enums::Phase;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, InputObject, Object};
use domain::campaign::Command as CampaignCommand;
use domain::{Code, Command};

/// Opening or closing a phase.
#[derive(InputObject, Debug)]
pub struct PhaseInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The phase.
    pub phase: Phase,
    /// Why, when an agent does it; none when its planned time came.
    pub reason: Option<String>,
}

/// A step of the campaign that needs nothing more.
#[derive(InputObject, Debug)]
pub struct CampaignStepInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
}

/// Drawing the public lot.
#[derive(InputObject, Debug)]
pub struct DrawLotInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// What the officers enter in public session, at most 200 bytes.
    pub public_value: String,
}

pub(super) fn campaign(view: &View) -> Option<Campaign> {
    Some(Campaign::of(view))
}

/// Mutations on campaigns.
#[derive(Default)]
pub struct CampaignMutations;

#[Object]
impl CampaignMutations {
    /// Opens a phase (`ouvrir une phase`). Opening VOTE freezes rules and ballot list, and needs a second
    /// agent: it is then proposed, and stands in `pendingActs` until somebody else confirms it.
    async fn open_phase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The phase.")] input: PhaseInput,
    ) -> Result<Option<OpenPhasePayload>, Fault> {
        let command = CampaignCommand::OpenPhase { phase: input.phase.into(), reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(OpenPhasePayload::of(carried, campaign))
    }

    /// Closes the open phase (`fermer une phase`). Closing VOTE needs a second agent (`pendingActs`).
    async fn close_phase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The phase.")] input: PhaseInput,
    ) -> Result<Option<ClosePhasePayload>, Fault> {
        let command = CampaignCommand::ClosePhase { phase: input.phase.into(), reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(ClosePhasePayload::of(carried, campaign))
    }

    /// Puts all admitted projects on the ballot and publishes the list (`publier la liste`).
    async fn publish_catalogue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<PublishCataloguePayload>, Fault> {
        let command = Command::Campaign(CampaignCommand::PublishCatalogue);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(PublishCataloguePayload::of(carried, campaign))
    }

    /// Closes the ballot box (`clore l’urne`), after VOTE: no ballot is accepted any more. Needs a second
    /// agent (`pendingActs`).
    async fn close_ballot_box(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<CloseBallotBoxPayload>, Fault> {
        drain(ctx, &input.campaign).await?;
        let command = Command::Campaign(CampaignCommand::CloseBallotBox);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(CloseBallotBoxPayload::of(carried, campaign))
    }

    /// Draws the public lot (`tirage au sort`): its seed is the root of the log when the box was closed,
    /// followed by a value that the officers enter in public session.
    async fn draw_lot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lot.")] input: DrawLotInput,
    ) -> Result<Option<DrawLotPayload>, Fault> {
        let closed = match executor(ctx)?.head_at_close(&input.campaign).await {
            Ok(Some(closed)) => closed,
            Ok(None) => return Ok(DrawLotPayload::of(refused(ctx, Code::BallotBoxOpen.into()), campaign)),
            Err(error) => return Ok(DrawLotPayload::of(settle(ctx, Err(error)).await?, campaign)),
        };
        let (size, root) = closed;
        let command = CampaignCommand::DrawLot { size, root, public_value: input.public_value };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(DrawLotPayload::of(carried, campaign))
    }

    /// Counts the ballots under the frozen rule and proclaims the result (`proclamer`). Needs a second
    /// agent (`pendingActs`).
    async fn proclaim_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<ProclaimResultPayload>, Fault> {
        let command = Command::Campaign(CampaignCommand::ProclaimResult);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(ProclaimResultPayload::of(carried, campaign))
    }
}
