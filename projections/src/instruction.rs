//! What is said of a project on its way to the ballot: assignments, verdicts, consolidation, appeal,
//! the commission's decisions.
//!
//! Owns these parts of a project's row. The row itself: [`crate::projects`]. Who has what to do:
//! [`crate::work`].

use crate::overview::{Moment, Reasoned};
use crate::projects::ProjectRow;
use domain::project::{Assignment, Commitment, Event, Opinion, ScopeChange, Verdict};
use domain::{ActorId, Cents, DepartmentId, Hidden, Record, Role, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// That a department instructs or instructed a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentRow {
    /// The department.
    pub department: DepartmentId,
    /// Whether its no is a no to the project.
    pub mandatory: bool,
    /// When its verdict is due.
    pub due: Timestamp,
    /// Since when.
    pub assigned: Moment,
    /// The role in which it was assigned.
    pub by: Role,
    /// Who instructs it there, and since when.
    pub instructor: Option<(ActorId, Moment)>,
    /// That the department handed it back.
    pub handed_back: Option<Reasoned>,
    /// When it gave its verdict; none while it owes one, also a second one after an appeal.
    pub answered: Option<Moment>,
}

/// A department's verdict and when it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRow {
    /// The verdict.
    pub verdict: Arc<Verdict>,
    /// When.
    pub moment: Moment,
    /// The role of the agent who gave it.
    pub by: Role,
    /// The agent who gave it, by pseudonym, where that is said.
    pub agent: Option<String>,
    /// 1, or 2 after an appeal.
    pub round: u8,
}

/// An association's word to bear yearly costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitmentRow {
    /// What it committed itself to.
    pub commitment: Arc<Commitment>,
    /// When that was recorded.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
}

/// What all departments said together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsolidationRow {
    /// Unfavourable if any mandatory department was.
    pub opinion: Opinion,
    /// The sum of all lines, in cents.
    pub cost_cents: Cents,
    /// When.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
    /// The moment up to which an author may appeal against a no.
    pub appeal_until: Timestamp,
    /// That it was opened again.
    pub reopened: Option<Reasoned>,
}

/// An author's appeal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealRow {
    /// The author's pseudonym.
    pub author: String,
    /// On which grounds.
    pub grounds: Hidden<String>,
    /// When.
    pub moment: Moment,
}

/// A change of scope by the commission. It stands until departments are heard again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeRow {
    /// What changed.
    pub change: Arc<ScopeChange>,
    /// When.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
}

/// What the commission decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// When.
    pub moment: Moment,
    /// The role of the agent who said it.
    pub by: Role,
    /// The cost on the ballot, in cents; none when refused.
    pub cost_cents: Option<Cents>,
    /// Withdrawn after the papers were printed.
    pub withdrawn: bool,
    /// Why, if said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hidden<String>>,
}

impl ProjectRow {
    /// The departments that instruct it.
    pub fn current_assignments(&self) -> impl Iterator<Item = &AssignmentRow> {
        self.assignments.iter().filter(|row| row.handed_back.is_none())
    }

    /// What the departments say together, when that stands: nobody reopened it or appealed against it.
    pub fn consolidation(&self) -> Option<&ConsolidationRow> {
        let last = self.consolidations.last().filter(|one| one.reopened.is_none())?;
        let appealed = |appeal: &AppealRow| appeal.moment.position > last.moment.position;
        (!self.appeal.as_ref().is_some_and(appealed)).then_some(last)
    }

    fn assignment(&mut self, department: &DepartmentId) -> Option<&mut AssignmentRow> {
        self.assignments.iter_mut().find(|row| row.handed_back.is_none() && row.department == *department)
    }

    fn assign(&mut self, assignment: &Assignment, moment: Moment, by: Role) {
        let Assignment { department, mandatory, due } = assignment;
        if self.assignments.is_empty() {
            // What was said before anybody was asked no longer counts.
            self.former_verdicts.append(&mut self.verdicts);
        }
        if let Some(row) = self.assignment(department) {
            (row.mandatory, row.due) = (*mandatory, *due);
            return;
        }
        let answered = self.verdicts.iter().find(|row| row.verdict.department == *department).map(|row| row.moment);
        let row = AssignmentRow {
            department: department.clone(),
            mandatory: *mandatory,
            due: *due,
            assigned: moment,
            by,
            instructor: None,
            handed_back: None,
            answered,
        };
        let current = self.current_assignments().count();
        self.assignments.insert(current, row);
    }

    fn hand_back(&mut self, department: &DepartmentId, said: Reasoned) {
        let mut rows = self.assignments.iter();
        let place = rows.position(|row| row.handed_back.is_none() && row.department == *department);
        if let Some(place) = place {
            let mut row = self.assignments.remove(place);
            row.handed_back = Some(said);
            self.assignments.push(row);
        }
        self.retire(department);
    }

    /// A department's verdict is no longer the latest.
    fn retire(&mut self, department: &DepartmentId) {
        let before = self.verdicts.extract_if(.., |row| row.verdict.department == *department);
        self.former_verdicts.extend(before);
    }

    fn appeal(&mut self, appeal: AppealRow) {
        let against = self.verdicts.iter().filter(|row| row.verdict.opinion == Opinion::Unfavourable);
        let against: Vec<DepartmentId> = against.map(|row| row.verdict.department.clone()).collect();
        for department in &against {
            if let Some(row) = self.assignment(department) {
                row.answered = None;
            }
        }
        self.scope = None;
        self.appeal = Some(appeal);
    }
}

pub(crate) fn change(row: &mut ProjectRow, record: &Record, event: &Event) {
    let (moment, by) = (Moment::from(record), record.actor.role);
    match event {
        Event::DepartmentAssigned { assignment } => row.assign(assignment, moment, by),
        Event::InstructorNamed { department, agent } => {
            if let Some(assignment) = row.assignment(department) {
                assignment.instructor = Some((agent.clone(), moment));
            }
        }
        Event::AssignmentHandedBack { department, reason } => row.hand_back(department, Reasoned::new(record, reason)),
        Event::VerdictGiven { verdict, agent } => {
            let round = if row.appeal.is_some() { 2 } else { 1 };
            row.retire(&verdict.department);
            if let Some(assignment) = row.assignment(&verdict.department) {
                assignment.answered = Some(moment);
            }
            row.scope = None;
            let verdict = Arc::new(Verdict::clone(verdict));
            row.verdicts.push(VerdictRow { verdict, moment, by, agent: agent.clone(), round });
        }
        Event::CommitmentRecorded { commitment } => {
            row.commitments.push(CommitmentRow { commitment: Arc::new(commitment.clone()), moment, by });
        }
        Event::InstructionConsolidated { opinion, cost_cents, appeal_until } => {
            let (opinion, cost_cents, appeal_until) = (*opinion, *cost_cents, *appeal_until);
            let one = ConsolidationRow { opinion, cost_cents, moment, by, appeal_until, reopened: None };
            row.consolidations.push(one);
        }
        Event::InstructionReopened { reason } => {
            row.scope = None;
            if let Some(last) = row.consolidations.last_mut() {
                last.reopened = Some(Reasoned::new(record, reason));
            }
        }
        Event::AppealLodged { author, grounds } => {
            row.appeal(AppealRow { author: author.clone(), grounds: grounds.clone(), moment });
        }
        Event::ScopeChanged { change } => {
            row.scope = Some(ScopeRow { change: Arc::new(ScopeChange::clone(change)), moment, by });
        }
        Event::ProjectAdmitted { cost_cents, withdrawn, reason } => {
            let (cost_cents, reason) = (Some(*cost_cents), reason.clone());
            row.decision = Some(DecisionRow { moment, by, cost_cents, withdrawn: *withdrawn, reason });
        }
        Event::ProjectRefused { reason } => {
            let reason = Some(reason.clone());
            row.decision = Some(DecisionRow { moment, by, cost_cents: None, withdrawn: false, reason });
        }
        Event::ProjectFormed { .. }
        | Event::ProposalAdded { .. }
        | Event::ProposalTakenOut { .. }
        | Event::ProjectEdited { .. }
        | Event::ProjectEnded { .. } => {}
    }
}
