//! Work lists of agents: which projects wait for whom, and when they are due.
//!
//! Owns who may ask for whose list. On which list a project stands is said by `projections::work`. What
//! waits for moderators: `types/moderation.rs`.

use super::project::Project;
use super::scalars::DateTime;
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::mutations::input::code;
use crate::graphql::page::{self, Args, List, Rank};
use crate::graphql::request::View;
use async_graphql::{Context, Enum, SimpleObject};
use domain::permission::Permission;
use domain::{DepartmentId, ProjectId, Role, Timestamp};
use projections::projects::ProjectRow;
use projections::work::{self, Desk};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A list of projects that wait for something; a project may stand on several.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "projections::work::List")]
pub enum WorkList {
    /// I instruct it and owe the verdict (`mes dossiers`).
    Mine,
    /// A department of mine owes its verdict (`ma direction`).
    Department,
    /// A department of mine owes its verdict, and it was due before now (`en retard`).
    Late,
    /// My departments have given their verdicts, others owe theirs (`en attente d’une autre direction`).
    Waiting,
    /// No department instructs it (`à affecter`).
    Unassigned,
    /// A department handed it back, and none was assigned since (`à réorienter`).
    HandedBack,
    /// All departments have given their verdicts; nobody put them together yet (`à consolider`).
    ToConsolidate,
    /// An author appealed, and the departments haven't answered together yet (`recours`).
    Appeals,
    /// The departments have answered together; the commission hasn't decided (`à soumettre à la commission`).
    Undecided,
}

/// A project on a work list.
#[derive(SimpleObject)]
pub struct WorkItem {
    /// When the first thing that is waited for is due; null where that has no date.
    pub due: Option<DateTime>,
    /// The project.
    pub project: Project,
}

/// How many projects stand on each work list.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct WorkCounts {
    /// On MINE.
    pub mine: u32,
    /// On DEPARTMENT.
    pub department: u32,
    /// On LATE.
    pub late: u32,
    /// On WAITING.
    pub waiting: u32,
    /// On UNASSIGNED.
    pub unassigned: u32,
    /// On HANDED_BACK.
    pub handed_back: u32,
    /// On TO_CONSOLIDATE.
    pub to_consolidate: u32,
    /// On APPEALS.
    pub appeals: u32,
    /// On UNDECIDED.
    pub undecided: u32,
}

/// The desk of whoever asks: their departments as referent, or all for a coordinator; of these, one when
/// it is named.
pub(super) fn desk(
    ctx: &Context<'_>,
    view: &View,
    permission: Permission,
    department: Option<&str>,
) -> Result<Desk, Fault> {
    acting::holds(ctx, view, permission)?;
    let (agent, now) = (&acting::session(ctx)?.agent_id, acting::now(ctx)?);
    let mut departments = BTreeSet::new();
    let mut coordinates = false;
    for grant in view.model.campaign.roles.held(agent, now) {
        coordinates |= grant.office.role == Role::Coordinator;
        departments.extend(grant.office.department.iter().cloned());
    }
    if coordinates {
        departments.clear();
    }
    if let Some(one) = department {
        let one: DepartmentId = code("department", one)?;
        if !coordinates && !departments.contains(&one) {
            return Err(Fault::PermissionMissing(permission.code()));
        }
        departments = BTreeSet::from([one]);
    }
    Ok(Desk { agent: agent.parse().ok(), departments, now })
}

/// A page of a work list, first due first.
pub(crate) fn list(
    ctx: &Context<'_>,
    view: &View,
    list: WorkList,
    department: Option<&str>,
    args: &Args,
) -> Result<Option<List<WorkItem>>, Fault> {
    let tasks = work::tasks(&view.model, &desk(ctx, view, Permission::GiveVerdict, department)?, list.into());
    let due: BTreeMap<ProjectId, Option<Timestamp>> =
        tasks.iter().map(|task| (task.project.id.clone(), task.due)).collect();
    let due_of = |id: &ProjectId| due.get(id).copied().flatten();
    // What has no date stands at the end.
    let rank = |row: &ProjectRow| Rank::Number(due_of(&row.id).map_or(i64::MAX, Timestamp::unix));
    // A page that began behind a project that has left the list has to begin anew.
    let find = |key: &str| {
        let id = key.parse::<ProjectId>().ok().filter(|id| due.contains_key(id))?;
        view.model.projects.get(&id).cloned()
    };
    let item = |row: Arc<ProjectRow>| WorkItem {
        due: due_of(&row.id).map(DateTime),
        project: Project { view: View::clone(view), row },
    };
    page::of_rows(view.model.size(), args, tasks.iter().map(|task| Arc::clone(&task.project)), rank, find, item)
}

/// How long each list is.
pub(crate) fn counts(ctx: &Context<'_>, view: &View, department: Option<&str>) -> Result<WorkCounts, Fault> {
    let counts = work::counts(&view.model, &desk(ctx, view, Permission::GiveVerdict, department)?);
    let count = |list: WorkList| {
        let counted = counts.get(&list.into()).copied().unwrap_or_default();
        u32::try_from(counted).unwrap_or(u32::MAX)
    };
    Ok(WorkCounts {
        mine: count(WorkList::Mine),
        department: count(WorkList::Department),
        late: count(WorkList::Late),
        waiting: count(WorkList::Waiting),
        unassigned: count(WorkList::Unassigned),
        handed_back: count(WorkList::HandedBack),
        to_consolidate: count(WorkList::ToConsolidate),
        appeals: count(WorkList::Appeals),
        undecided: count(WorkList::Undecided),
    })
}
