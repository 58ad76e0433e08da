//! Equity: how long people wait and how often they are heard, by district, theme, kind of depositor and
//! neighbourhood, and how long departments take.
//!
//! Counts and delays follow from the tables alone and are exact; nothing here judges.

use crate::Model;
use crate::projects::{ProjectRow, ProjectState};
use crate::proposals::ProposalRow;
use domain::{DepartmentId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// By what proposals and projects are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Area, by id.
    Area,
    /// Theme, by id; a project without one stands under `-`.
    Theme,
    /// Kind of depositor, by code. A project stands under each kind that its proposals have.
    Depositor,
    /// `PRIORITY` in a priority neighbourhood, else `OTHER`.
    Neighbourhood,
}

/// The middle and the end of a list of delays, here in tenths of a day, rounded down: values of the list
/// itself (nearest rank, Hyndman and Fan 1996, definition 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// How many there are.
    pub count: usize,
    /// Half of them are at most this.
    pub median: u64,
    /// Nine tenths of them are at most this.
    pub ninetieth: u64,
}

/// What happened to the proposals and projects of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EquityRow {
    /// The group: an id or a code.
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
    pub to_verdict: Option<Delays>,
    /// From the deposit of a proposal to the commission's first decision about one of its projects.
    pub to_decision: Option<Delays>,
    /// Admitted projects out of 1,000 that were decided, rounded down.
    pub acceptance_per_mille: Option<u32>,
}

/// How long a department takes from its assignment to its first verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentRow {
    /// The department.
    pub department: DepartmentId,
    /// Assignments, also those that it handed back.
    pub assigned: u32,
    /// Those that it handed back.
    pub handed_back: u32,
    /// Those whose verdict came after it was due.
    pub late: u32,
    /// How long it took.
    pub delays: Option<Delays>,
}

#[derive(Default)]
struct Group {
    row: EquityRow,
    to_verdict: Vec<u64>,
    to_decision: Vec<u64>,
}

/// Each group of a dimension that has a proposal or a project, in order.
pub fn equity(model: &Model, dimension: Dimension) -> Vec<EquityRow> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for row in model.proposals.rows() {
        take_proposal(model, row, groups.entry(group_of_proposal(row, dimension)).or_default());
    }
    for row in model.projects.rows() {
        for group in groups_of_project(model, row, dimension) {
            take_project(row, &mut groups.entry(group).or_default().row);
        }
    }
    let finished = groups.into_iter().map(|(name, Group { row, to_verdict, to_decision })| {
        let decided = row.admitted.saturating_add(row.refused);
        EquityRow {
            group: name,
            to_verdict: Delays::of(to_verdict),
            to_decision: Delays::of(to_decision),
            acceptance_per_mille: row.admitted.saturating_mul(1_000).checked_div(decided),
            ..row
        }
    });
    finished.collect()
}

fn group_of_proposal(row: &ProposalRow, dimension: Dimension) -> String {
    let deposit = &row.deposit;
    match dimension {
        Dimension::Area => deposit.area.to_string(),
        Dimension::Theme => deposit.theme.to_string(),
        Dimension::Depositor => deposit.depositor.code().to_owned(),
        Dimension::Neighbourhood => neighbourhood(deposit.neighbourhood.is_some()),
    }
}

fn groups_of_project(model: &Model, row: &ProjectRow, dimension: Dimension) -> BTreeSet<String> {
    let one = match dimension {
        Dimension::Area => row.formation.area.to_string(),
        Dimension::Theme => row.sheet.theme.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        Dimension::Depositor => {
            let proposals = row.current_proposals().filter_map(|link| model.proposals.get(&link.proposal));
            return proposals.map(|proposal| group_of_proposal(proposal, dimension)).collect();
        }
        Dimension::Neighbourhood => neighbourhood(row.sheet.priority_neighbourhood),
    };
    BTreeSet::from([one])
}

fn neighbourhood(priority: bool) -> String {
    if priority { "PRIORITY" } else { "OTHER" }.to_owned()
}

fn add(count: &mut u32, happened: bool) {
    *count = count.saturating_add(u32::from(happened));
}

fn take_proposal(model: &Model, proposal: &ProposalRow, group: &mut Group) {
    let row = &mut group.row;
    add(&mut row.deposited, true);
    add(&mut row.withdrawn, proposal.withdrawn.is_some());
    add(&mut row.removed, proposal.removed.is_some());
    add(&mut row.merged, proposal.current_merges().next().is_some());
    let projects = || proposal.merges.iter().filter_map(|merge| model.projects.get(&merge.project));
    let verdicts = projects().flat_map(|project| project.former_verdicts.iter().chain(&project.verdicts));
    let from = proposal.deposited.at;
    group.to_verdict.extend(verdicts.map(|one| one.moment.at).min().map(|at| tenths(from, at)));
    let decisions = projects().filter_map(|project| project.decision.as_ref());
    group.to_decision.extend(decisions.map(|one| one.moment.at).min().map(|at| tenths(from, at)));
}

fn take_project(project: &ProjectRow, row: &mut EquityRow) {
    let state = project.state();
    add(&mut row.projects, true);
    add(&mut row.admitted, state == ProjectState::Admitted);
    add(&mut row.refused, state == ProjectState::Refused);
    add(&mut row.appeals, project.appeal.is_some());
}

/// How long each department takes, by id; those alone that were assigned something.
pub fn departments(model: &Model) -> Vec<DepartmentRow> {
    let mut found: BTreeMap<&DepartmentId, (DepartmentRow, Vec<u64>)> = BTreeMap::new();
    for project in model.projects.rows() {
        for one in &project.assignments {
            let new = || {
                let department = one.department.clone();
                (DepartmentRow { department, assigned: 0, handed_back: 0, late: 0, delays: None }, Vec::new())
            };
            let (row, days) = found.entry(&one.department).or_insert_with(new);
            add(&mut row.assigned, true);
            add(&mut row.handed_back, one.handed_back.is_some());
            let verdicts = project.former_verdicts.iter().chain(&project.verdicts);
            let own = verdicts.filter(|verdict| {
                verdict.verdict.department == one.department && verdict.moment.position > one.assigned.position
            });
            if let Some(at) = own.map(|verdict| verdict.moment.at).min().filter(|_| one.handed_back.is_none()) {
                add(&mut row.late, at > one.due);
                days.push(tenths(one.assigned.at, at));
            }
        }
    }
    found.into_values().map(|(row, days)| DepartmentRow { delays: Delays::of(days), ..row }).collect()
}

/// Whole tenths of a day between two moments.
fn tenths(from: Timestamp, to: Timestamp) -> u64 {
    let seconds = to.unix().saturating_sub(from.unix());
    u64::try_from(seconds).unwrap_or(0) / 8_640
}

impl Delays {
    /// Those of a list, in its own unit; none of an empty one.
    pub(crate) fn of(mut all: Vec<u64>) -> Option<Self> {
        all.sort_unstable();
        let count = all.len();
        let rank = |tenths: usize| all.get((count * tenths).div_ceil(10).saturating_sub(1)).copied();
        Some(Self { count, median: rank(5)?, ninetieth: rank(9)? })
    }
}
