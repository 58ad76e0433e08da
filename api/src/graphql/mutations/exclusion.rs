//! Which projects can't all be carried out: a person says so, with a reason.

use super::campaign::campaign;
use super::carry::carry;
use super::input::keys;
use super::payload::{DeclareExclusionPayload, LiftExclusionPayload};
use crate::error::Fault;
use crate::graphql::node::Kind;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, ID, InputObject, Object};
use domain::campaign::Command as CampaignCommand;
use domain::{Command, ProjectId};
use std::collections::BTreeSet;

/// Projects that exclude each other.
#[derive(InputObject, Debug)]
pub struct ExclusionInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// Two or more of one area.
    pub projects: Vec<ID>,
    /// Why; it is published.
    pub reason: String,
}

impl ExclusionInput {
    fn projects(&self) -> Result<BTreeSet<ProjectId>, Fault> {
        Ok(keys(&self.projects, Kind::Project, &self.campaign)?.into_iter().collect())
    }
}

/// Mutations on projects that exclude each other.
#[derive(Default)]
pub struct ExclusionMutations;

#[Object]
impl ExclusionMutations {
    /// Says that projects exclude each other (`projets exclusifs`), such as two on the same ground.
    /// The ballot list shows it. `Campaign.suggestedExclusions` names those that lie near each other.
    async fn declare_exclusion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which projects, and why.")] input: ExclusionInput,
    ) -> Result<Option<DeclareExclusionPayload>, Fault> {
        let command = CampaignCommand::DeclareExclusion { projects: input.projects()?, reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(DeclareExclusionPayload::of(carried, campaign))
    }

    /// Says that they no longer do (`lever l’exclusion`): the same projects as declared.
    async fn lift_exclusion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which projects, and why.")] input: ExclusionInput,
    ) -> Result<Option<LiftExclusionPayload>, Fault> {
        let command = CampaignCommand::LiftExclusion { projects: input.projects()?, reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(LiftExclusionPayload::of(carried, campaign))
    }
}
