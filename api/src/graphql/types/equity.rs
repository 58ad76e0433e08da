//! Whether people are treated alike: counts and delays by area, theme, depositor and neighbourhood.

use super::area::{Area, Department, Theme};
use super::enums::DepositorKind;
use crate::graphql::request::View;
use async_graphql::{ComplexObject, Object, SimpleObject};
use domain::{AreaId, ThemeId, proposal};
use projections::equity::{self, Delays, Dimension};
use std::sync::Arc;

/// How long people wait and how often they are heard.
pub struct Equity {
    pub(crate) view: View,
}

impl Equity {
    fn groups(&self, dimension: Dimension) -> Vec<EquityGroup> {
        let rows = equity::equity(&self.view.model, dimension);
        rows.into_iter().map(|row| EquityGroup::of(&self.view, dimension, row)).collect()
    }
}

/// How long people wait and how often they are heard (`égalité de traitement`), by each of the ways in
/// which proposals and projects are told apart. Follows from the public log alone.
#[Object]
impl Equity {
    /// By area (`secteur`).
    async fn areas(&self) -> Vec<EquityGroup> {
        self.groups(Dimension::Area)
    }

    /// By theme (`thématique`).
    async fn themes(&self) -> Vec<EquityGroup> {
        self.groups(Dimension::Theme)
    }

    /// By kind of depositor (`type de déposant`). A project stands under each kind that its proposals have.
    async fn depositors(&self) -> Vec<EquityGroup> {
        self.groups(Dimension::Depositor)
    }

    /// In priority neighbourhoods (`quartiers populaires`), and elsewhere.
    async fn neighbourhoods(&self) -> Vec<EquityGroup> {
        self.groups(Dimension::Neighbourhood)
    }

    /// How long each department takes that was assigned something.
    async fn departments(&self) -> Vec<DepartmentDelays> {
        let rows = equity::departments(&self.view.model).into_iter();
        let row = |row: equity::DepartmentRow| DepartmentDelays {
            department: Department::of(&self.view, &row.department),
            assigned: row.assigned,
            handed_back: row.handed_back,
            late: row.late,
            to_verdict: row.delays.map(Into::into),
        };
        rows.map(row).collect()
    }
}

/// What happened to the proposals and projects of a group.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct EquityGroup {
    #[graphql(skip)]
    view: View,
    #[graphql(skip)]
    dimension: Dimension,
    /// The code of the area or theme, the kind of depositor, `PRIORITY` or `OTHER`; `-` without a theme.
    pub group: String,
    /// Proposals that were deposited.
    pub deposited: u32,
    /// Those of them that were taken back.
    pub withdrawn: u32,
    /// Those that a moderator took out of public view.
    pub removed: u32,
    /// Those that are part of a project.
    pub merged: u32,
    /// Projects that were formed.
    pub projects: u32,
    /// Those of them on the ballot.
    pub admitted: u32,
    /// Those that the commission refused.
    pub refused: u32,
    /// Those about which an author appealed.
    pub appeals: u32,
    /// From the deposit of a proposal to the first verdict about one of its projects.
    pub to_verdict: Option<DelayDistribution>,
    /// From the deposit of a proposal to the commission's first decision about one of its projects.
    pub to_decision: Option<DelayDistribution>,
    /// Admitted projects out of 1,000 that were decided, rounded down; null when none was.
    pub acceptance_per_mille: Option<u32>,
}

impl EquityGroup {
    fn of(view: &View, dimension: Dimension, row: equity::EquityRow) -> Self {
        Self {
            view: Arc::clone(view),
            dimension,
            group: row.group,
            deposited: row.deposited,
            withdrawn: row.withdrawn,
            removed: row.removed,
            merged: row.merged,
            projects: row.projects,
            admitted: row.admitted,
            refused: row.refused,
            appeals: row.appeals,
            to_verdict: row.to_verdict.map(Into::into),
            to_decision: row.to_decision.map(Into::into),
            acceptance_per_mille: row.acceptance_per_mille,
        }
    }
}

/// What the group is, where it is more than a code.
#[ComplexObject]
impl EquityGroup {
    /// The area, in a table by area.
    async fn area(&self) -> Option<Area> {
        let id: AreaId = self.group.parse().ok().filter(|_| self.dimension == Dimension::Area)?;
        Area::of(&self.view, &id)
    }

    /// The theme, in a table by theme; null for projects without one.
    async fn theme(&self) -> Option<Theme> {
        let id: ThemeId = self.group.parse().ok().filter(|_| self.dimension == Dimension::Theme)?;
        let known = self.view.model.overview.themes.iter().any(|theme| theme.id == id);
        known.then(|| Theme::of(&self.view, &id))
    }

    /// The kind of depositor, in a table by depositor.
    async fn depositor(&self) -> Option<DepositorKind> {
        let kinds = [DepositorKind::Individual, DepositorKind::Association, DepositorKind::NeighbourhoodCouncil];
        let mut kinds = kinds.into_iter().chain([DepositorKind::Collective]);
        let is_it = |kind: &DepositorKind| proposal::DepositorKind::from(*kind).code() == self.group;
        kinds.find(is_it).filter(|_| self.dimension == Dimension::Depositor)
    }
}

/// The middle and the end of a list of delays (`délais`), in tenths of a day, rounded down: values of the
/// list itself, by nearest rank.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct DelayDistribution {
    /// How many there are.
    pub count: usize,
    /// Half of them are at most this, in tenths of a day.
    pub median: u64,
    /// Nine tenths of them are at most this, in tenths of a day.
    pub ninetieth: u64,
}

impl From<Delays> for DelayDistribution {
    fn from(Delays { count, median, ninetieth }: Delays) -> Self {
        Self { count, median, ninetieth }
    }
}

/// How long a department takes from its assignment to its first verdict.
#[derive(SimpleObject, Clone, Debug)]
pub struct DepartmentDelays {
    /// The department.
    pub department: Department,
    /// Assignments, also those that it handed back.
    pub assigned: u32,
    /// Those that it handed back.
    pub handed_back: u32,
    /// Those whose verdict came after it was due.
    pub late: u32,
    /// How long it took.
    pub to_verdict: Option<DelayDistribution>,
}
