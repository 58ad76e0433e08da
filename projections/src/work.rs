//! Work lists: what waits for whom, by due date.
//!
//! Owns the question on which list a project stands. What was said of it: [`crate::instruction`].

use crate::Model;
use crate::instruction::AssignmentRow;
use crate::overview::Moment;
use crate::projects::ProjectRow;
use domain::participant::Content;
use domain::project::Opinion;
use domain::{ActorId, DepartmentId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A list of projects that wait for something. A project may stand on several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// I instruct it and owe the verdict.
    Mine,
    /// A department of mine owes its verdict.
    Department,
    /// A department of mine owes its verdict, and it was due before now.
    Late,
    /// My departments have given their verdicts, others owe theirs.
    Waiting,
    /// No department instructs it.
    Unassigned,
    /// A department handed it back, and none was assigned since.
    HandedBack,
    /// All departments have given their verdicts; nobody put them together yet.
    ToConsolidate,
    /// An author appealed, and the departments haven't answered together yet.
    Appeals,
    /// The departments have answered together; the commission hasn't decided.
    Undecided,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 9] = [
        Self::Mine,
        Self::Department,
        Self::Late,
        Self::Waiting,
        Self::Unassigned,
        Self::HandedBack,
        Self::ToConsolidate,
        Self::Appeals,
        Self::Undecided,
    ];
}

/// Who asks, and when.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The agent; none where [`List::Mine`] is nobody's.
    pub agent: Option<ActorId>,
    /// The departments that are theirs; empty for whoever looks after all of them.
    pub departments: BTreeSet<DepartmentId>,
    /// The moment before which something is late.
    pub now: Timestamp,
}

/// A project on a list.
#[derive(Clone, Debug)]
pub struct Task {
    /// When the first thing that is waited for is due, where that has a date.
    pub due: Option<Timestamp>,
    /// The project.
    pub project: Arc<ProjectRow>,
}

impl Desk {
    fn has(&self, department: &DepartmentId) -> bool {
        self.departments.is_empty() || self.departments.contains(department)
    }

    /// When the project is due on the list; none when it doesn't stand on it.
    #[expect(clippy::option_option, reason = "it may stand on a list without a date")]
    fn place(&self, row: &ProjectRow, list: List) -> Option<Option<Timestamp>> {
        if row.decision.is_some() || row.ending.is_some() {
            return None;
        }
        let first = |owing: &dyn Fn(&AssignmentRow) -> bool| {
            let due = row.current_assignments().filter(|one| one.answered.is_none() && owing(one));
            due.map(|one| one.due).min()
        };
        let assigned = || row.current_assignments().next().is_some();
        let whole = row.consolidation();
        match list {
            List::Mine => {
                let agent = self.agent.as_ref()?;
                let mine = |one: &AssignmentRow| one.instructor.as_ref().is_some_and(|(who, _)| who == agent);
                first(&mine).map(Some)
            }
            List::Department => first(&|one| self.has(&one.department)).map(Some),
            List::Late => first(&|one| self.has(&one.department) && one.due < self.now).map(Some),
            List::Waiting => {
                let mut own = row.current_assignments().filter(|one| self.has(&one.department)).peekable();
                let done =
                    self.departments.is_empty() || (own.peek().is_some() && own.all(|one| one.answered.is_some()));
                if done { first(&|_| true).map(Some) } else { None }
            }
            List::Unassigned => (!assigned()).then_some(None),
            List::HandedBack => {
                let back = row.assignments.iter().filter_map(|one| one.handed_back.as_ref());
                let last = back.map(|said| said.moment.position).max()?;
                let since = row.current_assignments().any(|one| one.assigned.position > last);
                (!since).then_some(None)
            }
            List::ToConsolidate => {
                let ready =
                    whole.is_none() && assigned() && row.current_assignments().all(|one| one.answered.is_some());
                ready.then_some(None)
            }
            List::Appeals => (row.appeal.is_some() && whole.is_none()).then(|| first(&|_| true)),
            List::Undecided => {
                let whole = whole?;
                // Until then an author may appeal, and the commission can't refuse.
                let open = whole.opinion == Opinion::Unfavourable && row.appeal.is_none();
                Some(open.then_some(whole.appeal_until))
            }
        }
    }
}

/// The projects on a list: first those that are due first, then those without a date; by id where
/// that is the same.
pub fn tasks(model: &Model, desk: &Desk, list: List) -> Vec<Task> {
    let rows = model.projects.rows();
    let on_it = rows.filter_map(|row| Some(Task { due: desk.place(row, list)?, project: Arc::clone(row) }));
    let mut tasks: Vec<Task> = on_it.collect();
    // Stable: rows come by id.
    tasks.sort_by_key(|task| (task.due.is_none(), task.due));
    tasks
}

/// How many projects stand on each list, in one walk.
pub fn counts(model: &Model, desk: &Desk) -> BTreeMap<List, usize> {
    let mut counts: BTreeMap<List, usize> = List::ALL.into_iter().map(|list| (list, 0)).collect();
    for row in model.projects.rows() {
        for (list, count) in &mut counts {
            *count += usize::from(desk.place(row, *list).is_some());
        }
    }
    counts
}

/// What isn't shown before a moderator approves it, with the moment since when, oldest first.
pub fn awaiting_approval(model: &Model) -> Vec<(Moment, Content)> {
    let proposals = model.proposals.rows().filter(|row| row.awaits_approval && row.removed.is_none());
    let proposals = proposals.filter(|row| row.withdrawn.is_none()).map(|row| {
        let since = row.changes.last().map_or(row.deposited, |change| change.moment);
        (since, Content::Proposal(row.id.clone()))
    });
    let comments = model.comments.rows().filter(|row| row.awaits_approval && row.removed.is_none());
    let comments = comments.filter(|row| row.withdrawn.is_none());
    let mut all: Vec<_> = proposals.chain(comments.map(|row| (row.posted, Content::Comment(row.id.clone())))).collect();
    all.sort_unstable_by_key(|(moment, _)| moment.position);
    all
}
