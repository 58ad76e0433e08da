//! Granting and revoking roles, and the second agent's word on what needs two.

use super::carry::{carry, drain};
use super::input::code;
use super::payload::{ConfirmActPayload, DropActPayload, GrantRolePayload, RevokeRolePayload};
use crate::error::Fault;
use crate::graphql::request::View;
use crate::graphql::types::campaign::Campaign;
use crate::graphql::types::enums::Role;
use crate::graphql::types::scalars::{CommandId, DateTime};
use async_graphql::{Context, InputObject, Object};
use domain::campaign::Command as CampaignCommand;
use domain::roles::Office;
use domain::{ActorId, Command};

/// A role for somebody.
#[derive(InputObject, Debug)]
pub struct GrantRoleInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The agent's pseudonym (`viewer.agentId` of theirs).
    pub agent: String,
    /// The role.
    pub role: Role,
    /// The code of the department; for a DEPARTMENT_REFERENT, and for nobody else.
    pub department: Option<String>,
    /// The polling place; for a POLLING_OFFICER, and for nobody else.
    pub place: Option<String>,
    /// The moment from which it is no longer in force; none while it lasts.
    pub until: Option<DateTime>,
}

/// A role taken back.
#[derive(InputObject, Debug)]
pub struct RevokeRoleInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The agent's pseudonym.
    pub agent: String,
    /// The role.
    pub role: Role,
    /// The department it was granted for.
    pub department: Option<String>,
    /// The polling place it was granted for.
    pub place: Option<String>,
    /// Why; published.
    pub reason: Option<String>,
}

/// The second agent's word on a proposed act.
#[derive(InputObject, Debug)]
pub struct ConfirmActInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The number of the act, from `pendingActs`.
    pub number: u32,
}

/// A proposed act, given up.
#[derive(InputObject, Debug)]
pub struct DropActInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The number of the act, from `pendingActs`.
    pub number: u32,
    /// Why; published.
    pub reason: String,
}

fn office(role: Role, department: Option<&str>, place: Option<&str>) -> Result<Office, Fault> {
    let department = department.map(|text| code("department", text)).transpose()?;
    let place = place.map(|text| code("place", text)).transpose()?;
    Ok(Office { role: role.into(), department, place })
}

fn campaign(view: &View) -> Option<Campaign> {
    Some(Campaign::of(view))
}

/// Mutations on roles.
#[derive(Default)]
pub struct RoleMutations;

#[Object]
impl RoleMutations {
    /// Grants a role (`donner un rôle`); by a coordinator, never to oneself.
    async fn grant_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: GrantRoleInput,
    ) -> Result<Option<GrantRolePayload>, Fault> {
        let grantee: ActorId = code("agent", &input.agent)?;
        let office = office(input.role, input.department.as_deref(), input.place.as_deref())?;
        let command = CampaignCommand::GrantRole { grantee, office, until: input.until.map(|until| until.0) };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(GrantRolePayload::of(carried, campaign))
    }

    /// Takes a role back (`retirer un rôle`), at once: a command that is under way in it is refused.
    async fn revoke_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: RevokeRoleInput,
    ) -> Result<Option<RevokeRolePayload>, Fault> {
        let grantee: ActorId = code("agent", &input.agent)?;
        let office = office(input.role, input.department.as_deref(), input.place.as_deref())?;
        let command = CampaignCommand::RevokeRole { grantee, office, reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(RevokeRolePayload::of(carried, campaign))
    }

    /// Confirms what another agent proposed (`confirmer`), within seven days; it is then carried out.
    async fn confirm_act(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The act.")] input: ConfirmActInput,
    ) -> Result<Option<ConfirmActPayload>, Fault> {
        // The closing of a box counts what was published: what waits goes first.
        drain(ctx, &input.campaign).await?;
        let command = CampaignCommand::ConfirmAct { number: u64::from(input.number) };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        // The shredding of a link is in the log: now it is done.
        drain(ctx, &input.campaign).await?;
        Ok(ConfirmActPayload::of(carried, campaign))
    }

    /// Gives up what was proposed (`abandonner`).
    async fn drop_act(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The act.")] input: DropActInput,
    ) -> Result<Option<DropActPayload>, Fault> {
        let command = CampaignCommand::DropAct { number: u64::from(input.number), reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(DropActPayload::of(carried, campaign))
    }
}
