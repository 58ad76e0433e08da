//! How the winners of a campaign come to be built: how many stand where, how long it takes from the vote to
//! the opening, what is spent, how much of it lies in priority neighbourhoods.
//!
//! Owns the groups and their sums. All of it follows from the tables and is exact; nothing here judges.
//! Who is late today needs a clock: `site_progress.rs`.

use crate::Model;
use crate::equity::Delays;
use crate::site_money::Money;
use crate::site_progress;
use crate::sites::{SiteRow, SiteState};
use domain::phase::Phase;
use domain::project::Formation;
use domain::{CalendarDate, ProjectId};
use std::collections::{BTreeMap, BTreeSet};

/// By what winners and their sites are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SiteDimension {
    /// All of them: one group, `ALL`.
    All,
    /// Where the project stands, by the code of the state; `NONE` while it has no site.
    State,
    /// The area of the site, by id.
    Area,
    /// The department that leads the site, by id; `-` where none is known.
    Department,
    /// `PRIORITY` in a priority neighbourhood, else `OTHER`.
    Neighbourhood,
}

impl SiteDimension {
    /// All, in the order of a table.
    pub const ALL: [Self; 5] = [Self::All, Self::State, Self::Area, Self::Department, Self::Neighbourhood];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::State => "STATE",
            Self::Area => "AREA",
            Self::Department => "DEPARTMENT",
            Self::Neighbourhood => "NEIGHBOURHOOD",
        }
    }
}

/// What became of the winners and sites of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteGroup {
    /// The group: an id or a code.
    pub group: String,
    /// Projects that are carried out. One with sites in several groups stands in each of them.
    pub projects: u32,
    /// Their sites, without those that went on in others.
    pub sites: u32,
    /// Sites that were delivered.
    pub delivered: u32,
    /// Sites that the city gave up.
    pub abandoned: u32,
    /// Sites that cost more than their budget.
    pub over_budget: u32,
    /// Budget, promised and paid, over all sites; what a site spent before it went on in others is among it.
    pub money: Money,
    /// Days from the end of the vote to the delivery, of sites whose delivery is dated: nearest rank, like
    /// all [`Delays`], but whole days. A month counts from its first day; a delivery before the end of the
    /// vote counts as none.
    pub to_delivery: Option<Delays>,
}

#[derive(Default)]
struct Group<'a> {
    projects: BTreeSet<&'a ProjectId>,
    sites: u32,
    delivered: u32,
    abandoned: u32,
    over_budget: u32,
    money: Money,
    days: Vec<u64>,
}

/// The last day of the vote: when it was closed, else the end that the calendar gives. A past election
/// without a vote in its calendar was decided when its result was due.
pub fn voted(model: &Model) -> Option<CalendarDate> {
    let phase = |wanted: Phase| model.overview.phases.iter().find(move |row| row.phase == wanted);
    let vote = phase(Phase::Vote).map(|row| row.closed.as_ref().map_or(row.end, |turn| turn.moment.at));
    vote.or_else(|| phase(Phase::Result).map(|row| row.start)).map(|at| at.day())
}

/// Each group of a dimension that has a winner, in order.
pub fn groups(model: &Model, dimension: SiteDimension) -> Vec<SiteGroup> {
    let voted = voted(model);
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    let winners = model.projects.iter().filter(|(id, _)| model.campaign.is_carried_out(id) == Some(true));
    for (id, project) in winners {
        let state = site_progress::state(model, id).map_or("NONE", SiteState::code);
        let mut any = false;
        for row in model.sites_of(id) {
            any = true;
            let name = match dimension {
                SiteDimension::All => "ALL".to_owned(),
                SiteDimension::State => state.to_owned(),
                SiteDimension::Area => row.opening.area.to_string(),
                SiteDimension::Department => row.opening.department.as_ref().map_or("-", |one| one.as_str()).to_owned(),
                SiteDimension::Neighbourhood => neighbourhood(project.sheet.priority_neighbourhood),
            };
            let group = groups.entry(name).or_default();
            group.projects.insert(id);
            group.take(row, voted);
        }
        if !any {
            let name = group_without_site(dimension, &project.formation, project.sheet.priority_neighbourhood);
            groups.entry(name).or_default().projects.insert(id);
        }
    }
    groups.into_iter().map(|(group, found)| found.finished(group)).collect()
}

fn group_without_site(dimension: SiteDimension, formation: &Formation, priority: bool) -> String {
    match dimension {
        SiteDimension::All => "ALL".to_owned(),
        SiteDimension::State => "NONE".to_owned(),
        SiteDimension::Area => formation.area.to_string(),
        SiteDimension::Department => "-".to_owned(),
        SiteDimension::Neighbourhood => neighbourhood(priority),
    }
}

fn neighbourhood(priority: bool) -> String {
    if priority { "PRIORITY" } else { "OTHER" }.to_owned()
}

impl SiteState {
    /// All, in order.
    pub const ALL: [Self; 9] = [
        Self::Opened,
        Self::Studies,
        Self::Procedures,
        Self::Works,
        Self::Delivery,
        Self::Done,
        Self::Abandoned,
        Self::Split,
        Self::Merged,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opened => "OPENED",
            Self::Studies => "STUDIES",
            Self::Procedures => "PROCEDURES",
            Self::Works => "WORKS",
            Self::Delivery => "DELIVERY",
            Self::Done => "DONE",
            Self::Abandoned => "ABANDONED",
            Self::Split => "SPLIT",
            Self::Merged => "MERGED",
        }
    }
}

fn add(count: &mut u32, happened: bool) {
    *count = count.saturating_add(u32::from(happened));
}

impl Group<'_> {
    fn take(&mut self, row: &SiteRow, voted: Option<CalendarDate>) {
        let money = row.money();
        self.money.add(&money);
        let state = row.state();
        if matches!(state, SiteState::Split | SiteState::Merged) {
            return;
        }
        add(&mut self.sites, true);
        add(&mut self.abandoned, state == SiteState::Abandoned);
        add(&mut self.over_budget, money.over().is_some());
        let reached = matches!(state, SiteState::Delivery | SiteState::Done);
        add(&mut self.delivered, reached);
        if let (Some((on, true)), Some(voted), true) = (row.delivery(), voted, reached) {
            let days = (on.date() - voted.date()).whole_days();
            self.days.push(u64::try_from(days).unwrap_or(0));
        }
    }

    fn finished(self, group: String) -> SiteGroup {
        SiteGroup {
            group,
            projects: u32::try_from(self.projects.len()).unwrap_or(u32::MAX),
            sites: self.sites,
            delivered: self.delivered,
            abandoned: self.abandoned,
            over_budget: self.over_budget,
            money: self.money,
            to_delivery: Delays::of(self.days),
        }
    }
}
