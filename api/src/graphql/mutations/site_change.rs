//! Changing what a site is: its sheet, splits, merges, corrected dates, reopening, upkeep.
//!
//! A split writes the whole and all its parts in one request, a merge both sites: half of it is never
//! there. What is lawful is said by the domain. Opening, planning and reaching: `mutations/site.rs`.

use super::carry::{carry, key_of, model, refused};
use super::deposit::AddressInput;
use super::input::code;
use super::payload::{
    AgreeUpkeepPayload, ChangeSitePayload, CorrectMilestonePayload, MergeSitePayload, ReopenSitePayload,
    SplitSitePayload,
};
use crate::error::Fault;
use crate::geojson;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::enums::Milestone;
use crate::graphql::types::place::PointInput;
use crate::graphql::types::scalars::{Amount, CommandId, Date, GeoJson};
use crate::graphql::types::site::Site;
use crate::graphql::types::site_story::Financing;
use async_graphql::{Context, ID, InputObject, Object};
use domain::proposal::Address;
use domain::site::{Change, Command as SiteCommand, Contractor, Location, Opening, Upkeep};
use domain::{Code, Command, Hidden, Rejection, SiteId};

/// The most parts that a site is split into at once.
const PARTS: usize = 20;

/// Where a site lies: at least one of these.
#[derive(InputObject, Debug)]
pub struct LocationInput {
    /// The point that stands for it on a map.
    pub point: Option<PointInput>,
    /// Its address.
    pub address: Option<AddressInput>,
    /// Its shape on the ground, at most 1,000 points.
    pub shape: Option<GeoJson>,
}

impl LocationInput {
    /// The place as the domain has it.
    pub(super) fn location(self) -> Result<Location, Rejection> {
        let shape = self.shape.map(|shape| geojson::outline(&shape.0).map_err(|no| no.on("shape"))).transpose()?;
        let address = |given: AddressInput| Address { text: Hidden::Disclosed(given.text), postcode: given.postcode };
        Ok(Location { point: self.point.map(Into::into), address: self.address.map(address), shape })
    }
}

/// Names as the domain has them.
pub(super) fn contractors(names: Vec<String>) -> Vec<Contractor> {
    names.into_iter().map(|name| Contractor { name: Hidden::Disclosed(name) }).collect()
}

/// What changes about a site; what isn't given stays.
#[derive(InputObject, Debug)]
pub struct ChangeSiteInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// What is done there.
    pub title: Option<String>,
    /// The code of the area it lies in.
    pub area: Option<String>,
    /// The code of the department that leads it.
    pub department: Option<String>,
    /// Its share of the project's budget.
    pub budget: Option<Amount>,
    /// Where it lies.
    pub place: Option<LocationInput>,
    /// Who carries it out.
    pub financing: Option<Financing>,
    /// Who works on it under a contract: all of them.
    pub contractors: Option<Vec<String>>,
    /// Why; published.
    pub reason: String,
}

/// A part of a site that is split. What isn't given is as in the whole.
#[derive(InputObject, Debug)]
pub struct SitePartInput {
    /// What is done there.
    pub title: String,
    /// Its share of the whole's budget; the parts add up to it.
    pub budget: Amount,
    /// The code of the area it lies in.
    pub area: Option<String>,
    /// The code of the department that leads it.
    pub department: Option<String>,
    /// Where it lies; a part without one has none.
    pub place: Option<LocationInput>,
}

/// Splitting a site.
#[derive(InputObject, Debug)]
pub struct SplitSiteInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// Its parts, 2 to 20.
    pub parts: Vec<SitePartInput>,
    /// Why; published.
    pub reason: String,
}

/// Merging a site into another of the same project.
#[derive(InputObject, Debug)]
pub struct MergeSiteInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site that ends.
    pub site: ID,
    /// The site that goes on, with the budget of both.
    pub into: ID,
    /// Why; published.
    pub reason: String,
}

/// Correcting when a stage was reached.
#[derive(InputObject, Debug)]
pub struct CorrectMilestoneInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The stage.
    pub milestone: Milestone,
    /// When it was reached, if that is known.
    pub on: Option<Date>,
    /// Why the date was wrong; published.
    pub reason: String,
}

/// Letting a site go on.
#[derive(InputObject, Debug)]
pub struct ReopenSiteInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// Why; published.
    pub reason: String,
}

/// What keeping the place up costs, and who promised to help: at least one of these.
#[derive(InputObject, Debug)]
pub struct AgreeUpkeepInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// What it costs every year (`coût de fonctionnement`).
    pub running_per_year: Option<Amount>,
    /// The association that committed itself.
    pub association: Option<String>,
    /// To what.
    pub commitment: Option<String>,
    /// Until when.
    pub until: Option<Date>,
}

/// Mutations that change what a site is.
#[derive(Default)]
pub struct SiteChangeMutations;

#[Object]
impl SiteChangeMutations {
    /// Changes or corrects what a site is (`modifier un chantier`). What it was stays readable in its history.
    async fn change_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: ChangeSiteInput,
    ) -> Result<Option<ChangeSitePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let place = match input.place.map(LocationInput::location).transpose() {
            Ok(place) => place,
            Err(no) => return Ok(ChangeSitePayload::of(refused(ctx, no), |_| None)),
        };
        let change = Change {
            title: input.title.map(Hidden::Disclosed),
            area: input.area.map(|area| code("area", &area)).transpose()?,
            department: input.department.map(|department| code("department", &department)).transpose()?,
            budget_cents: input.budget.map(|budget| budget.0),
            place,
            financing: input.financing.map(Into::into),
            contractors: input.contractors.map(contractors),
            absorbed: None,
        };
        let change = SiteCommand::Change { change: Box::new(change), reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), change)]).await?;
        Ok(ChangeSitePayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Splits a site (`diviser un chantier`): it ends, and its parts are opened with its budget.
    async fn split_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Into which parts.")] input: SplitSiteInput,
    ) -> Result<Option<SplitSitePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let no = |code: Rejection| Ok(SplitSitePayload::of(refused(ctx, code), |_| None));
        if input.parts.len() > PARTS {
            return no(Code::TooMany.on("parts").with(PARTS));
        }
        let view = model(ctx, &campaign)?;
        let Some(row) = view.as_ref().and_then(|view| view.model.sites.get(&key)) else {
            return no(Code::NotFound.on("site").with(&key));
        };
        let (mut parts, mut openings) = (Vec::new(), Vec::new());
        for (nth, part) in input.parts.into_iter().enumerate() {
            let place = match part.place.map(LocationInput::location).transpose() {
                Ok(place) => place,
                Err(rejection) => return no(rejection.on(format!("parts.{nth}.shape"))),
            };
            let site: SiteId = key_of(&format!("site/{nth}"), &campaign, input.command_id)?;
            let opening = Opening {
                title: Hidden::Disclosed(part.title),
                area: part.area.map_or_else(|| Ok(row.opening.area.clone()), |area| code("area", &area))?,
                department: match part.department {
                    Some(department) => Some(code("department", &department)?),
                    None => row.opening.department.clone(),
                },
                budget_cents: part.budget.0,
                place,
                split_from: Some(key.clone()),
                ..Opening::clone(&row.opening)
            };
            openings.push(Command::Site(site.clone(), SiteCommand::Open(Box::new(opening))));
            parts.push(site);
        }
        let mut commands = vec![Command::Site(key.clone(), SiteCommand::Split { parts, reason: input.reason })];
        commands.extend(openings);
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(SplitSitePayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Merges a site into another of the same project (`fusionner`), which goes on with the budget of both.
    async fn merge_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Into which.")] input: MergeSiteInput,
    ) -> Result<Option<MergeSitePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let into: SiteId = GlobalId::within(&input.into, Kind::Site, &campaign)?;
        let (from, reason) = (key.clone(), input.reason);
        let commands = vec![
            Command::Site(key, SiteCommand::Merge { into: into.clone(), reason: reason.clone() }),
            Command::Site(into.clone(), SiteCommand::Absorb { from, reason }),
        ];
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(MergeSitePayload::of(carried, |view| Site::of(view, &into)))
    }

    /// Corrects when a stage was reached (`corriger une date`). The date that was wrong stays readable.
    async fn correct_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was wrong.")] input: CorrectMilestoneInput,
    ) -> Result<Option<CorrectMilestonePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let (milestone, on) = (input.milestone.into(), input.on.map(|on| on.0));
        let correct = SiteCommand::Correct { milestone, on, reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), correct)]).await?;
        Ok(CorrectMilestonePayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Lets a site go on (`rouvrir un chantier`) that was given up or done.
    async fn reopen_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What goes on.")] input: ReopenSiteInput,
    ) -> Result<Option<ReopenSitePayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let reopen = SiteCommand::Reopen { reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), reopen)]).await?;
        Ok(ReopenSitePayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Says how the place is kept up after its delivery (`entretien`): what it costs, who promised to help.
    async fn agree_upkeep(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was agreed.")] input: AgreeUpkeepInput,
    ) -> Result<Option<AgreeUpkeepPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let upkeep = Upkeep {
            running_cents_per_year: input.running_per_year.map(|amount| amount.0),
            association: input.association.map(Hidden::Disclosed),
            commitment: input.commitment.map(Hidden::Disclosed),
            until: input.until.map(|until| until.0),
        };
        let agree = SiteCommand::AgreeUpkeep(Box::new(upkeep));
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), agree)]).await?;
        Ok(AgreeUpkeepPayload::of(carried, |view| Site::of(view, &key)))
    }
}
