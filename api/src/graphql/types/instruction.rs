//! The instruction of a project: which departments, what they said, what followed, who appealed, what the
//! commission decided.
//!
//! Reasons are public; which agent gave a verdict is shown to agents of the campaign alone. Lateness is
//! that of the server's clock when it answers. Who has what to do: `types/work.rs`.

use super::area::{Department, given, is_removed, removed};
use super::enums::{Opinion, Role};
use super::moderation::Reasoned;
use super::place::Moment;
use super::scalars::{Amount, Date, DateTime};
use super::verdict::{CostLine, Verdict, cost_lines, sum};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::request::View;
use async_graphql::{Context, Object, SimpleObject};
use domain::Timestamp;
use projections::instruction::{AppealRow, AssignmentRow, CommitmentRow, ConsolidationRow, DecisionRow, ScopeRow};
use projections::projects::ProjectRow;
use std::sync::Arc;

const DAY: i64 = 86_400;

/// What all departments say together, as it stands: consolidated, or where none was assigned, as the
/// verdicts say. None while one is awaited.
pub(crate) fn opinion(row: &ProjectRow) -> Option<domain::project::Opinion> {
    match row.consolidation() {
        Some(one) => Some(one.opinion),
        None if row.assignments.is_empty() => row.verdicts.iter().map(|one| one.verdict.opinion).max(),
        None => None,
    }
}

/// Whether this assignment still asks for a verdict, of a project that is neither ended nor decided.
pub(crate) fn is_owed(project: &ProjectRow, row: &AssignmentRow) -> bool {
    let open = project.decision.is_none() && project.ending.is_none();
    open && row.handed_back.is_none() && row.answered.is_none()
}

/// Whether a verdict is owed, and was due before this moment.
pub(crate) fn is_late(project: &ProjectRow, row: &AssignmentRow, now: Timestamp) -> bool {
    is_owed(project, row) && row.due < now
}

/// The instruction of a project.
pub struct Instruction {
    pub(crate) view: View,
    pub(crate) row: Arc<ProjectRow>,
}

impl Instruction {
    fn assignments_of<'a>(&self, rows: impl Iterator<Item = &'a AssignmentRow>) -> Vec<Assignment> {
        let (view, project) = (&self.view, &self.row);
        rows.map(|row| Assignment { view: View::clone(view), project: Arc::clone(project), row: row.clone() }).collect()
    }
}

/// The instruction of a project (`instruction`): what the city's departments have to say about it.
#[Object]
impl Instruction {
    /// The departments that instruct it (`directions saisies`).
    async fn assignments(&self) -> Vec<Assignment> {
        self.assignments_of(self.row.current_assignments())
    }

    /// The departments that handed it back, each with its reason (`réorientations`).
    async fn handed_back(&self) -> Vec<Assignment> {
        self.assignments_of(self.row.assignments.iter().filter(|row| row.handed_back.is_some()))
    }

    /// Whether a verdict is overdue, by the server's clock when it answers.
    async fn late(&self, ctx: &Context<'_>) -> Result<Option<bool>, Fault> {
        let now = acting::moment(ctx, &self.view)?;
        Ok(Some(self.row.assignments.iter().any(|row| is_late(&self.row, row, now))))
    }

    /// The latest verdict of each department (`avis des directions`), oldest first.
    async fn verdicts(&self) -> Vec<Verdict> {
        Verdict::all(&self.view, &self.row.verdicts)
    }

    /// Verdicts in whose place the same department gave another, oldest first.
    async fn former_verdicts(&self) -> Vec<Verdict> {
        Verdict::all(&self.view, &self.row.former_verdicts)
    }

    /// What associations committed themselves to (`engagements`), oldest first.
    async fn commitments(&self) -> Vec<Commitment> {
        self.row.commitments.iter().cloned().map(|row| Commitment { row }).collect()
    }

    /// What the departments said together (`consolidations`), each time, oldest first.
    async fn consolidations(&self) -> Vec<Consolidation> {
        self.row.consolidations.iter().map(Into::into).collect()
    }

    /// What all departments say together as it stands; null while a verdict is awaited, after an appeal,
    /// and after it was opened again.
    async fn opinion(&self) -> Option<Opinion> {
        opinion(&self.row).map(Into::into)
    }

    /// What the project costs as it stands: as the commission set it, or else as consolidated; null
    /// before.
    async fn cost(&self) -> Option<Amount> {
        let set = self.row.scope.as_ref().and_then(|row| sum(&row.change.lines));
        set.or_else(|| self.row.consolidation().map(|one| one.cost_cents)).map(Amount)
    }

    /// The moment up to which an author may appeal against the no that stands; null where nobody can.
    async fn appeal_until(&self) -> Option<DateTime> {
        let no = self.row.consolidation().filter(|one| one.opinion == domain::project::Opinion::Unfavourable)?;
        let open = self.row.appeal.is_none() && self.row.decision.is_none() && self.row.ending.is_none();
        open.then_some(DateTime(no.appeal_until))
    }

    /// The appeal of one of its authors (`recours`).
    async fn appeal(&self) -> Option<Appeal> {
        self.row.appeal.clone().map(|row| Appeal { row })
    }

    /// What the commission changed (`modification du périmètre`), as it stands.
    async fn scope_change(&self) -> Option<ScopeChange> {
        self.row.scope.clone().map(|row| ScopeChange { row })
    }

    /// Whole days from the first assignment to the last consolidation; null before there is one.
    async fn days(&self) -> Option<i64> {
        let first = self.row.assignments.iter().map(|row| row.assigned.at).min()?;
        self.row.consolidations.last().map(|one| days(first, one.moment.at))
    }
}

fn days(from: Timestamp, to: Timestamp) -> i64 {
    to.unix().saturating_sub(from.unix()).max(0) / DAY
}

/// That a department instructs a project.
pub struct Assignment {
    view: View,
    project: Arc<ProjectRow>,
    row: AssignmentRow,
}

/// That a department instructs or instructed a project (`saisine d’une direction`).
#[Object]
impl Assignment {
    /// The department.
    async fn department(&self) -> Department {
        Department::of(&self.view, &self.row.department)
    }

    /// Whether its no is a no to the project; otherwise it is heard.
    async fn mandatory(&self) -> bool {
        self.row.mandatory
    }

    /// When its verdict is due.
    async fn due(&self) -> DateTime {
        DateTime(self.row.due)
    }

    /// Since when.
    async fn assigned(&self) -> Moment {
        self.row.assigned.into()
    }

    /// The role of the agent who assigned it.
    async fn assigned_by(&self) -> Role {
        self.row.by.into()
    }

    /// The pseudonym of the agent who instructs it there; null for whoever isn't an agent of the campaign.
    async fn instructor(&self, ctx: &Context<'_>) -> Option<&str> {
        let (agent, _) = self.row.instructor.as_ref()?;
        acting::serves(ctx, &self.view).then(|| agent.as_str())
    }

    /// When that agent was named.
    async fn instructor_named(&self) -> Option<Moment> {
        self.row.instructor.as_ref().map(|(_, moment)| (*moment).into())
    }

    /// That the department handed it back, and why.
    async fn handed_back(&self) -> Option<Reasoned> {
        self.row.handed_back.as_ref().map(Into::into)
    }

    /// When it gave its verdict; null while it owes one, also a second one after an appeal.
    async fn answered(&self) -> Option<Moment> {
        self.row.answered.map(Into::into)
    }

    /// Whether its verdict is overdue, by the server's clock when it answers.
    async fn late(&self, ctx: &Context<'_>) -> Result<Option<bool>, Fault> {
        Ok(Some(is_late(&self.project, &self.row, acting::moment(ctx, &self.view)?)))
    }

    /// Whole days from the assignment to the verdict; null while it owes one.
    async fn days(&self) -> Option<i64> {
        self.row.answered.map(|answered| days(self.row.assigned.at, answered.at))
    }
}

/// An association's word to bear yearly costs.
pub struct Commitment {
    row: CommitmentRow,
}

/// An association's word to bear yearly costs (`engagement d’une association`).
#[Object]
impl Commitment {
    /// Which association; null when removed.
    async fn association(&self) -> Option<&str> {
        given(Some(&self.row.commitment.association))
    }

    /// What it bears every year.
    async fn yearly(&self) -> Amount {
        Amount(self.row.commitment.yearly_cents)
    }

    /// Until when; null when it said no end.
    async fn until(&self) -> Option<Date> {
        self.row.commitment.until.map(Date)
    }

    /// When it was recorded.
    async fn recorded(&self) -> Moment {
        self.row.moment.into()
    }

    /// The role of the agent who recorded it.
    async fn recorded_by(&self) -> Role {
        self.row.by.into()
    }
}

/// What all departments said together (`consolidation`): unfavourable if any mandatory one was, and the
/// sum of all lines.
#[derive(SimpleObject, Clone, Debug)]
pub struct Consolidation {
    /// What they think.
    pub opinion: Opinion,
    /// The sum of all their lines.
    pub cost: Amount,
    /// When it was put together.
    pub consolidated: Moment,
    /// The role of the agent who did it.
    pub consolidated_by: Role,
    /// The moment up to which an author may appeal against a no.
    pub appeal_until: DateTime,
    /// That the instruction was opened again after it, and why.
    pub reopened: Option<Reasoned>,
}

impl From<&ConsolidationRow> for Consolidation {
    fn from(row: &ConsolidationRow) -> Self {
        Self {
            opinion: row.opinion.into(),
            cost: Amount(row.cost_cents),
            consolidated: row.moment.into(),
            consolidated_by: row.by.into(),
            appeal_until: DateTime(row.appeal_until),
            reopened: row.reopened.as_ref().map(Into::into),
        }
    }
}

/// An author's appeal.
pub struct Appeal {
    row: AppealRow,
}

/// An author's appeal against the departments' no (`recours`): those that were against decide again, by
/// another agent.
#[Object]
impl Appeal {
    /// The pseudonym of the author.
    async fn author(&self) -> &str {
        &self.row.author
    }

    /// On which grounds; null when removed.
    async fn grounds(&self) -> Option<&str> {
        given(Some(&self.row.grounds))
    }

    /// When.
    async fn lodged(&self) -> Moment {
        self.row.moment.into()
    }
}

/// A change of scope.
pub struct ScopeChange {
    row: ScopeRow,
}

/// What the commission changed of a project (`modification du périmètre`).
#[Object]
impl ScopeChange {
    /// What will be done; null when only the cost changed, and when removed.
    async fn description(&self) -> Option<&str> {
        given(self.row.change.description.as_ref())
    }

    /// What it costs once, line by line, in place of the departments' lines.
    async fn lines(&self) -> Vec<CostLine> {
        cost_lines(&self.row.change.lines)
    }

    /// The sum of its lines; null when it is out of range.
    async fn total(&self) -> Option<Amount> {
        sum(&self.row.change.lines).map(Amount)
    }

    /// Why; null when removed.
    async fn reason(&self) -> Option<&str> {
        given(Some(&self.row.change.reason))
    }

    /// When.
    async fn changed(&self) -> Moment {
        self.row.moment.into()
    }

    /// The role of the agent who recorded it.
    async fn changed_by(&self) -> Role {
        self.row.by.into()
    }
}

/// What the commission decided.
pub struct CommissionDecision {
    pub(crate) row: DecisionRow,
}

/// What the commission decided about a project (`décision de la commission`).
#[Object]
impl CommissionDecision {
    /// When.
    async fn decided(&self) -> Moment {
        self.row.moment.into()
    }

    /// The role of the agent who recorded it.
    async fn decided_by(&self) -> Role {
        self.row.by.into()
    }

    /// Whether it goes on the ballot.
    async fn admitted(&self) -> bool {
        self.row.cost_cents.is_some()
    }

    /// What it takes from the envelope; null when refused.
    async fn cost(&self) -> Option<Amount> {
        self.row.cost_cents.map(Amount)
    }

    /// Withdrawn after the ballots were printed: on the list, but it can't win.
    async fn withdrawn(&self) -> bool {
        self.row.withdrawn
    }

    /// Why; null when not said or removed.
    async fn reason(&self) -> Option<&str> {
        given(self.row.reason.as_ref())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", is_removed(self.row.reason.as_ref()))])
    }
}
