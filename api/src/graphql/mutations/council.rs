//! What the council decided of single projects after the count: an agent enters it, another confirms.

use super::campaign::campaign;
use super::carry::carry;
use super::payload::EnterCouncilDecisionPayload;
use crate::error::Fault;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::enums::Ruling;
use crate::graphql::types::scalars::{CommandId, Date};
use async_graphql::{Context, ID, InputObject, Object};
use domain::campaign::Command as CampaignCommand;
use domain::council::CouncilDecision;
use domain::{Command, Hidden};

/// What the council decided of a project.
#[derive(InputObject, Debug)]
pub struct EnterCouncilDecisionInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// A project that stood on a ballot list.
    pub project: ID,
    /// What of it.
    pub decision: Ruling,
    /// The day of the session.
    pub session: Date,
    /// Why; it is published. At most 2,000 characters.
    pub reason: String,
}

/// Mutations on decisions of the council.
#[derive(Default)]
pub struct CouncilMutations;

#[Object]
impl CouncilMutations {
    /// Enters that the council added a project to those that are carried out, or removed one of them
    /// (`délibération du conseil`). The count stays as proclaimed; the decision is shown beside it.
    /// Needs a second agent (`pendingActs`).
    async fn enter_council_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: EnterCouncilDecisionInput,
    ) -> Result<Option<EnterCouncilDecisionPayload>, Fault> {
        let (of, project) = GlobalId::of(&input.project, Kind::Project)?;
        let (decision, session) = (input.decision.into(), input.session.0);
        let decided = CouncilDecision { project, decision, session, reason: Hidden::Disclosed(input.reason) };
        let command = Command::Campaign(CampaignCommand::EnterCouncilDecision(decided));
        let carried = carry(ctx, &of, input.command_id, vec![command]).await?;
        Ok(EnterCouncilDecisionPayload::of(carried, campaign))
    }
}
