//! Sites and their milestones: planned, moved, reached; which sites there are where.
//!
//! What is told of a site besides: `types/site_story.rs`.

use super::area::{Area, Department, given, is_removed, removed};
use super::enums::{Milestone, SiteState};
use super::history;
use super::log;
use super::place::{BoundingBoxInput, Moment, Point};
use super::project::Project;
use super::proposal::one_of;
use super::removal::Removal;
use super::scalars::{Amount, Date, GeoJson};
use super::site_story::{
    Financing, SiteDelay, SiteDocument, SiteMoney, SiteNews, SitePhoto, SiteSlip, SiteSpending, SiteStep, SiteUpkeep,
};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind, global};
use crate::graphql::page::{self, Args, List, Rank};
use crate::graphql::request::{View, language};
use crate::{geojson, site_words, words};
use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::site::Event;
use domain::{AreaId, CalendarDate, Cents, ProjectId, SiteId, StreamKind};
use projections::search;
use projections::sites::{Abandonment, MilestoneRow, Plan, SiteRow};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A site of a campaign.
pub struct Site {
    pub(crate) view: View,
    pub(crate) row: Arc<SiteRow>,
}

impl Site {
    /// The site with this key.
    pub(crate) fn of(view: &View, id: &SiteId) -> Option<Self> {
        let row = view.model.sites.get(id)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// A page of sites.
    pub(crate) fn list(
        view: &View,
        filter: Option<SiteFilter>,
        order: SiteOrder,
        today: CalendarDate,
        args: &Args,
    ) -> Result<Option<List<Self>>, Fault> {
        let filter = filter.unwrap_or_default();
        let text = filter.text.as_deref().map(search::fold);
        let project = filter.project.as_ref();
        let project: Option<ProjectId> =
            project.map(|id| GlobalId::within(id, Kind::Project, &view.code)).transpose()?;
        let holds = |row: &Arc<SiteRow>| filter.holds(row, text.as_deref(), today);
        let rank = |row: &SiteRow| match order {
            SiteOrder::Newest => page::newest(row.opened.at),
            SiteOrder::Title => page::titled(row.opening.title.get()),
            SiteOrder::HighestBudget => Rank::Number(Cents::get(row.opening.budget_cents).saturating_neg()),
        };
        let find = |key: &str| view.model.sites.get(&key.parse::<SiteId>().ok()?).cloned();
        let rows = filter.candidates(view, project.as_ref()).into_iter().filter(holds);
        page::of_rows(view.model.size(), args, rows, rank, find, |row| Self { view: Arc::clone(view), row })
    }
}

/// Where a winning project is carried out (`chantier`).
#[Object]
impl Site {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Site, &self.view.code, self.row.id.as_str())
    }

    /// What happened to it (`historique`), oldest first, each event with a sentence in both languages.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Option<List<log::Event>>, Fault> {
        history::of(ctx, &self.view, StreamKind::Site, self.row.id.as_str(), BTreeSet::new(), (first, after)).await
    }

    /// Its key in the log: the stream `site/<key>`.
    async fn key(&self) -> &str {
        self.row.id.as_str()
    }

    /// The winning project.
    async fn project(&self) -> Option<Project> {
        Project::of(&self.view, &self.row.opening.project)
    }

    /// What is done there; null when removed.
    async fn title(&self) -> Option<&str> {
        given(Some(&self.row.opening.title))
    }

    /// The area it lies in.
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.row.opening.area)
    }

    /// The department that leads it (`direction pilote`), if known.
    async fn department(&self) -> Option<Department> {
        self.row.opening.department.as_ref().map(|id| Department::of(&self.view, id))
    }

    /// Its share of the project's budget.
    async fn budget(&self) -> Amount {
        Amount(self.row.opening.budget_cents)
    }

    /// When it was opened.
    async fn opened(&self) -> Moment {
        self.row.opened.into()
    }

    /// Where it stands (`avancement`).
    async fn state(&self) -> SiteState {
        self.row.state().into()
    }

    /// Its stages that are planned or reached, in order.
    async fn milestones(&self) -> Vec<SiteMilestone> {
        self.row.milestones.iter().map(|row| SiteMilestone { row: row.clone() }).collect()
    }

    /// Where it stands, in sentences: honest about what is late, was moved or was given up.
    async fn standing(&self, ctx: &Context<'_>) -> Result<String, Fault> {
        Ok(site_words::standing(&self.row, acting::moment(ctx, &self.view)?.day(), language(ctx)))
    }

    /// The stage that waits longest today, when one does (`retard`).
    async fn delay(&self, ctx: &Context<'_>) -> Result<Option<SiteDelay>, Fault> {
        Ok(self.row.late(acting::moment(ctx, &self.view)?.day()).map(Into::into))
    }

    /// The stages that moved away from what was promised first, in order (`glissements`).
    async fn slips(&self) -> Vec<SiteSlip> {
        self.row.slips().into_iter().map(Into::into).collect()
    }

    /// Everything that happened to it, oldest first (`historique`).
    async fn history(&self) -> Vec<SiteStep> {
        let step = |told| SiteStep { view: Arc::clone(&self.view), told };
        self.row.history().into_iter().map(step).collect()
    }

    /// Where it lies, for a map; null when not known.
    async fn point(&self) -> Option<Point> {
        self.row.opening.place.as_ref()?.point.map(Into::into)
    }

    /// Its address; null when not known, or removed.
    async fn address(&self) -> Option<&str> {
        let address = self.row.opening.place.as_ref()?.address.as_ref()?;
        given(Some(&address.text))
    }

    /// Its shape on the ground; null when not known.
    async fn shape(&self) -> Option<GeoJson> {
        let shape = self.row.opening.place.as_ref()?.shape.as_ref()?;
        Some(GeoJson(geojson::text(shape)))
    }

    /// Who carries it out, if known.
    async fn financing(&self) -> Option<Financing> {
        self.row.opening.financing.map(Into::into)
    }

    /// Who works on it under a contract; without names that were removed.
    async fn contractors(&self) -> Vec<&str> {
        self.row.opening.contractors.iter().filter_map(|one| given(Some(&one.name))).collect()
    }

    /// What was spent against its budget.
    async fn money(&self) -> SiteMoney {
        self.row.money().into()
    }

    /// What was spent, by the city's reference.
    async fn spending(&self) -> Vec<SiteSpending> {
        self.row.spending().into_iter().map(Into::into).collect()
    }

    /// Its news, the latest first.
    async fn news(&self) -> Vec<SiteNews> {
        self.row.news().into_iter().map(Into::into).collect()
    }

    /// Its photos.
    async fn photos(&self) -> Vec<SitePhoto> {
        self.row.photos().into_iter().map(Into::into).collect()
    }

    /// Its documents.
    async fn documents(&self) -> Vec<SiteDocument> {
        self.row.documents().into_iter().map(Into::into).collect()
    }

    /// How its place is kept up, as agreed last; null before.
    async fn upkeep(&self) -> Option<SiteUpkeep> {
        self.row.upkeep().map(|(agreed, upkeep)| SiteUpkeep { agreed, upkeep: upkeep.clone() })
    }

    /// The site that was split into this one and others.
    async fn split_from(&self) -> Option<Self> {
        Self::of(&self.view, self.row.opening.split_from.as_ref()?)
    }

    /// The sites in which it went on, when it was split or merged.
    async fn goes_on_in(&self) -> Vec<Self> {
        let of = |id: &SiteId| Self::of(&self.view, id);
        match self.row.ending() {
            Some((_, Event::SiteSplit { parts, .. })) => parts.iter().filter_map(of).collect(),
            Some((_, Event::SiteMerged { into, .. })) => of(into).into_iter().collect(),
            Some(_) | None => Vec::new(),
        }
    }

    /// That the city gave it up, if it did.
    async fn abandoned(&self) -> Option<SiteAbandonment> {
        self.row.abandoned.clone().map(|row| SiteAbandonment { row })
    }

    /// The texts of it that were removed, each with its ground and date.
    async fn removals(&self) -> Vec<Removal> {
        Removal::of(&self.view, StreamKind::Site, self.row.id.as_str())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("title", self.row.opening.title.is_redacted())])
    }
}

/// A stage of a site.
pub struct SiteMilestone {
    row: MilestoneRow,
}

/// A stage of a site (`étape`).
#[Object(name = "Milestone")]
impl SiteMilestone {
    /// Which.
    async fn kind(&self) -> Milestone {
        self.row.milestone.into()
    }

    /// Its name in the client's language.
    async fn name(&self, ctx: &Context<'_>) -> String {
        words::milestone(self.row.milestone, language(ctx))
    }

    /// What it is planned for now.
    async fn planned(&self) -> Option<Date> {
        self.row.plans.last().map(|plan| Date(plan.on))
    }

    /// All its plans, oldest first: a slip keeps the date that was promised before (`glissement`).
    async fn plans(&self) -> Vec<MilestonePlan> {
        self.row.plans.iter().map(|row| MilestonePlan { row: row.clone() }).collect()
    }

    /// Whether it was reached.
    async fn reached(&self) -> bool {
        self.row.reached.is_some()
    }

    /// When it was reached, where that is known.
    async fn reached_on(&self) -> Option<Date> {
        self.row.reached.and_then(|(on, _)| on).map(Date)
    }

    /// When it was said to be reached.
    async fn recorded(&self) -> Option<Moment> {
        self.row.reached.map(|(_, moment)| moment.into())
    }
}

/// That a stage was planned, for the first time or anew.
pub struct MilestonePlan {
    row: Plan,
}

/// That a stage was planned, for the first time or anew (`date prévue`).
#[Object]
impl MilestonePlan {
    /// For when.
    async fn on(&self) -> Date {
        Date(self.row.on)
    }

    /// When it was said.
    async fn said(&self) -> Moment {
        self.row.said.into()
    }

    /// Why it moved; null for the first plan, and when removed.
    async fn reason(&self) -> Option<&str> {
        given(self.row.reason.as_ref())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", is_removed(self.row.reason.as_ref()))])
    }
}

/// That the city gave a site up.
pub struct SiteAbandonment {
    row: Abandonment,
}

/// That the city gave a site up (`abandon`).
#[Object]
impl SiteAbandonment {
    /// When.
    async fn decided(&self) -> Moment {
        self.row.moment.into()
    }

    /// Why; null when removed.
    async fn reason(&self) -> Option<&str> {
        given(Some(&self.row.reason))
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", self.row.reason.is_redacted())])
    }
}

/// Which sites; all that is given must hold. In a list, one of its values.
#[derive(InputObject, Clone, Debug, Default)]
pub struct SiteFilter {
    /// Words of the title, without case and accents; all must be there.
    pub text: Option<String>,
    /// Codes of areas.
    pub areas: Option<Vec<String>>,
    /// Codes of departments that lead.
    pub departments: Option<Vec<String>>,
    /// Where they stand.
    pub states: Option<Vec<SiteState>>,
    /// The global id of their project.
    pub project: Option<ID>,
    /// Where they lie on the map.
    pub within: Option<BoundingBoxInput>,
    /// Whether a stage of them is late today.
    pub late: Option<bool>,
}

impl SiteFilter {
    /// The sites in the named areas, or of the project, without a walk over all.
    fn candidates<'a>(&'a self, view: &'a View, project: Option<&'a ProjectId>) -> Vec<Arc<SiteRow>> {
        let model = &view.model;
        match (project, &self.areas) {
            (Some(project), _) => model.sites_of(project).cloned().collect(),
            (None, Some(areas)) => {
                let areas: BTreeSet<AreaId> = areas.iter().filter_map(|area| area.parse().ok()).collect();
                areas.iter().flat_map(|area| model.sites_in(area)).cloned().collect()
            }
            (None, None) => model.sites.rows().cloned().collect(),
        }
    }

    fn holds(&self, row: &SiteRow, text: Option<&str>, today: CalendarDate) -> bool {
        let point = || row.opening.place.as_ref().and_then(|place| place.point);
        let opening = &row.opening;
        let department = opening.department.as_ref().map_or("", |department| department.as_str());
        let title = || search::fold(given(Some(&opening.title)).unwrap_or_default());
        text.is_none_or(|text| search::matches(&title(), text))
            && one_of(self.areas.as_deref(), opening.area.as_str())
            && one_of(self.departments.as_deref(), department)
            && self.states.as_ref().is_none_or(|states| states.contains(&row.state().into()))
            && self.within.is_none_or(|within| within.holds(point()))
            && self.late.is_none_or(|late| row.late(today).is_some() == late)
    }
}

/// The order of sites; equal ones by key.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SiteOrder {
    /// Opened last first.
    #[default]
    Newest,
    /// By title, without case and accents.
    Title,
    /// Largest budget first.
    HighestBudget,
}
