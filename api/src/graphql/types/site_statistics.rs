//! What became of the winners, in figures: by state, area, department and neighbourhood.
//!
//! Owns the form alone; what the figures are: `projections/src/site_statistics.rs`. The same as a table:
//! `GET /c/<campaign>/sites.csv`.

use super::area::{Area, Department};
use super::site_story::SiteMoney;
use crate::graphql::request::View;
use crate::graphql::types::enums::SiteState;
use crate::graphql::types::scalars::Date;
use async_graphql::{ComplexObject, Object, SimpleObject};
use domain::{AreaId, DepartmentId};
use projections::equity::Delays;
use projections::site_statistics::{self, SiteDimension};
use std::sync::Arc;

/// How the winners come to be built (`de lauréat à chantier`). Follows from the public log alone.
pub struct SiteStatistics {
    pub(crate) view: View,
}

impl SiteStatistics {
    fn groups(&self, dimension: SiteDimension) -> Vec<SiteGroup> {
        let rows = site_statistics::groups(&self.view.model, dimension);
        rows.into_iter().map(|row| SiteGroup::of(&self.view, dimension, row)).collect()
    }
}

/// How the winners come to be built, by each of the ways in which they are told apart. A project with sites
/// in several groups stands in each of them.
#[Object(name = "SiteStatistics")]
impl SiteStatistics {
    /// The last day of the vote, from which days are counted: when it was closed, else as planned; null
    /// without a vote and without a result in the calendar.
    async fn voted(&self) -> Option<Date> {
        site_statistics::voted(&self.view.model).map(Date)
    }

    /// All winners in one group; null while there are none.
    async fn all(&self) -> Option<SiteGroup> {
        self.groups(SiteDimension::All).into_iter().next()
    }

    /// By where the project stands.
    async fn states(&self) -> Vec<SiteGroup> {
        self.groups(SiteDimension::State)
    }

    /// By area of the site (`secteur`).
    async fn areas(&self) -> Vec<SiteGroup> {
        self.groups(SiteDimension::Area)
    }

    /// By the department that leads the site (`direction pilote`).
    async fn departments(&self) -> Vec<SiteGroup> {
        self.groups(SiteDimension::Department)
    }

    /// In priority neighbourhoods (`quartiers populaires`), and elsewhere.
    async fn neighbourhoods(&self) -> Vec<SiteGroup> {
        self.groups(SiteDimension::Neighbourhood)
    }
}

/// What became of the winners and sites of a group.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct SiteGroup {
    #[graphql(skip)]
    view: View,
    #[graphql(skip)]
    dimension: SiteDimension,
    /// The code of the state, area or department, `PRIORITY` or `OTHER`, `ALL`; `NONE` without a site, `-`
    /// without a department.
    pub group: String,
    /// Projects that are carried out.
    pub projects: u32,
    /// Their sites, without those that went on in others.
    pub sites: u32,
    /// Sites that were delivered.
    pub delivered: u32,
    /// Sites that the city gave up.
    pub abandoned: u32,
    /// Sites that cost more than their budget.
    pub over_budget: u32,
    /// What was spent against the budgets; what a site spent before it went on in others is among it.
    pub money: SiteMoney,
    /// From the end of the vote to the delivery, of sites whose delivery is dated; null where none is. A month
    /// counts from its first day.
    pub to_delivery: Option<DayDistribution>,
}

impl SiteGroup {
    fn of(view: &View, dimension: SiteDimension, row: site_statistics::SiteGroup) -> Self {
        Self {
            view: Arc::clone(view),
            dimension,
            group: row.group,
            projects: row.projects,
            sites: row.sites,
            delivered: row.delivered,
            abandoned: row.abandoned,
            over_budget: row.over_budget,
            money: row.money.into(),
            to_delivery: row.to_delivery.map(Into::into),
        }
    }
}

/// What the group is, where it is more than a code.
#[ComplexObject]
impl SiteGroup {
    /// The state, in a table by state; null for winners without a site.
    async fn state(&self) -> Option<SiteState> {
        let known = projections::sites::SiteState::ALL.into_iter().find(|state| state.code() == self.group);
        known.filter(|_| self.dimension == SiteDimension::State).map(Into::into)
    }

    /// The area, in a table by area.
    async fn area(&self) -> Option<Area> {
        let id: AreaId = self.group.parse().ok().filter(|_| self.dimension == SiteDimension::Area)?;
        Area::of(&self.view, &id)
    }

    /// The department, in a table by department; null for sites without one.
    async fn department(&self) -> Option<Department> {
        let id: DepartmentId = self.group.parse().ok().filter(|_| self.dimension == SiteDimension::Department)?;
        let known = self.view.model.overview.departments.iter().any(|department| department.id == id);
        known.then(|| Department::of(&self.view, &id))
    }
}

/// The middle and the end of a list of spans of time in whole days: values of the list itself, by nearest
/// rank.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct DayDistribution {
    /// How many there are.
    pub count: usize,
    /// Half of them are at most this, in days.
    pub median: u64,
    /// Nine tenths of them are at most this, in days.
    pub ninetieth: u64,
}

impl From<Delays> for DayDistribution {
    fn from(Delays { count, median, ninetieth }: Delays) -> Self {
        Self { count, median, ninetieth }
    }
}
