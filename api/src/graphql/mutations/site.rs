//! Opening sites, planning and reaching their milestones, giving them up.

use super::carry::{carry, key_of};
use super::input::code;
use super::payload::{AbandonSitePayload, OpenSitePayload, PlanMilestonePayload, ReachMilestonePayload};
use crate::error::Fault;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::enums::Milestone;
use crate::graphql::types::scalars::{Amount, CommandId, Date};
use crate::graphql::types::site::Site;
use async_graphql::{Context, ID, InputObject, Object};
use domain::site::{Command as SiteCommand, Opening};
use domain::{Command, Hidden, ProjectId, SiteId};

/// A site under a winning project (`chantier`).
#[derive(InputObject, Debug)]
pub struct OpenSiteInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The winning project.
    pub project: ID,
    /// What is done there.
    pub title: String,
    /// The code of the area it lies in.
    pub area: String,
    /// The code of the department that leads it (`direction pilote`).
    pub department: Option<String>,
    /// Its share of the project's budget.
    pub budget: Amount,
}

/// Planning a stage, for the first time or anew.
#[derive(InputObject, Debug)]
pub struct PlanMilestoneInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The stage.
    pub milestone: Milestone,
    /// For when.
    pub on: Date,
    /// Why it moves; needed when it was planned before, and published.
    pub reason: Option<String>,
}

/// Reaching a stage.
#[derive(InputObject, Debug)]
pub struct ReachMilestoneInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The stage.
    pub milestone: Milestone,
    /// When it was reached, if known.
    pub on: Option<Date>,
}

/// Giving a site up.
#[derive(InputObject, Debug)]
pub struct AbandonSiteInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// Why; published.
    pub reason: String,
}

/// Mutations on sites.
#[derive(Default)]
pub struct SiteMutations;

#[Object]
impl SiteMutations {
    /// Opens a site under a winning project (`ouvrir un chantier`), after the proclamation.
    async fn open_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is opened.")] input: OpenSiteInput,
    ) -> Result<Option<OpenSitePayload>, Fault> {
        let (campaign, project): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let key: SiteId = key_of("site", &campaign, input.command_id)?;
        let opening = Opening {
            project,
            title: Hidden::Disclosed(input.title),
            area: code("area", &input.area)?,
            department: input.department.map(|department| code("department", &department)).transpose()?,
            budget_cents: input.budget.0,
            place: None,
            financing: None,
            contractors: Vec::new(),
            split_from: None,
        };
        let command = Command::Site(key.clone(), SiteCommand::Open(Box::new(opening)));
        let carried = carry(ctx, &campaign, input.command_id, vec![command]).await?;
        Ok(OpenSitePayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Plans a stage of a site, or moves it with a reason (`planifier une étape`). The date promised
    /// before stays readable.
    async fn plan_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan.")] input: PlanMilestoneInput,
    ) -> Result<Option<PlanMilestonePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let plan = SiteCommand::Plan { milestone: input.milestone.into(), on: input.on.0, reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), plan)]).await?;
        Ok(PlanMilestonePayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Says that a stage of a site is reached (`étape franchie`).
    async fn reach_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is reached.")] input: ReachMilestoneInput,
    ) -> Result<Option<ReachMilestonePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let reach = SiteCommand::Reach { milestone: input.milestone.into(), on: input.on.map(|on| on.0) };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), reach)]).await?;
        Ok(ReachMilestonePayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Gives a site up (`abandonner`), with the reason.
    async fn abandon_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is given up.")] input: AbandonSiteInput,
    ) -> Result<Option<AbandonSitePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let abandon = SiteCommand::Abandon { reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), abandon)]).await?;
        Ok(AbandonSitePayload::of(carried, |view| Site::of(view, &key)))
    }
}
