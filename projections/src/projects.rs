//! Projects (`projets`): where they come from, what the departments say, their place on the ballot.

use crate::overview::Moment;
use crate::proposals::text;
use crate::{Table, search};
use domain::campaign;
use domain::project::{Event, Formation, Verdict};
use domain::{Cents, Hidden, ProjectId, Record, Role};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A department's verdict and when it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRow {
    /// The verdict.
    pub verdict: Arc<Verdict>,
    /// When.
    pub moment: Moment,
    /// The role of the agent who gave it.
    pub by: Role,
}

/// What the commission decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// When.
    pub moment: Moment,
    /// The cost on the ballot, in cents; none when refused.
    pub cost_cents: Option<Cents>,
    /// Withdrawn after the papers were printed.
    pub withdrawn: bool,
    /// Why, if said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hidden<String>>,
}

/// Where a project stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectState {
    /// Under instruction.
    UnderInstruction,
    /// On the ballot.
    Admitted,
    /// Refused by the commission.
    Refused,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRow {
    /// Its id.
    pub id: ProjectId,
    /// As formed.
    pub formation: Arc<Formation>,
    /// When it was formed.
    pub formed: Moment,
    /// The role of the agent who formed it.
    pub formed_by: Role,
    /// The latest verdict of each department, oldest first.
    pub verdicts: Vec<VerdictRow>,
    /// What the commission decided.
    pub decision: Option<DecisionRow>,
    /// Its number on the ballot.
    pub number: Option<u32>,
    /// Its texts as people search them.
    #[serde(skip)]
    pub searchable: Arc<str>,
}

impl ProjectRow {
    /// Where it stands.
    pub fn state(&self) -> ProjectState {
        match &self.decision {
            None => ProjectState::UnderInstruction,
            Some(DecisionRow { cost_cents: Some(_), .. }) => ProjectState::Admitted,
            Some(DecisionRow { cost_cents: None, .. }) => ProjectState::Refused,
        }
    }

    /// What it takes from the envelope, when admitted.
    pub fn cost_cents(&self) -> Option<Cents> {
        self.decision.as_ref().and_then(|decision| decision.cost_cents)
    }
}

pub(crate) fn apply(projects: &mut Table<ProjectId, ProjectRow>, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<ProjectId>() else { return };
    let moment = Moment::from(record);
    match event {
        Event::ProjectFormed { formation } => {
            let row = ProjectRow {
                id: id.clone(),
                searchable: searchable(formation),
                formation: Arc::new(Formation::clone(formation)),
                formed: moment,
                formed_by: record.actor.role,
                verdicts: Vec::new(),
                decision: None,
                number: None,
            };
            projects.put(id, row);
        }
        Event::VerdictGiven { verdict, .. } => {
            let row = VerdictRow { verdict: Arc::new(Verdict::clone(verdict)), moment, by: record.actor.role };
            projects.change(&id, |project| {
                project.verdicts.retain(|before| before.verdict.department != row.verdict.department);
                project.verdicts.push(row);
            });
        }
        Event::ProjectAdmitted { cost_cents, withdrawn, reason } => {
            let reason = reason.clone();
            let decision = DecisionRow { moment, cost_cents: Some(*cost_cents), withdrawn: *withdrawn, reason };
            projects.change(&id, |project| project.decision = Some(decision));
        }
        Event::ProposalAdded { .. }
        | Event::ProposalTakenOut { .. }
        | Event::ProjectEdited { .. }
        | Event::ProjectEnded { .. }
        | Event::DepartmentAssigned { .. }
        | Event::InstructorNamed { .. }
        | Event::AssignmentHandedBack { .. }
        | Event::CommitmentRecorded { .. }
        | Event::InstructionConsolidated { .. }
        | Event::InstructionReopened { .. }
        | Event::AppealLodged { .. }
        | Event::ScopeChanged { .. } => {}
        Event::ProjectRefused { reason } => {
            let decision = DecisionRow { moment, cost_cents: None, withdrawn: false, reason: Some(reason.clone()) };
            projects.change(&id, |project| project.decision = Some(decision));
        }
    }
}

/// The texts of a project as people search them.
pub(crate) fn searchable(formation: &Formation) -> Arc<str> {
    let description = formation.description.as_ref().map_or("", |description| text(description));
    search::fold(&[&formation.reference, text(&formation.title), description].join(" ")).into()
}

/// Numbers on the ballot come from the campaign's list.
pub(crate) fn apply_catalogue(projects: &mut Table<ProjectId, ProjectRow>, event: &campaign::Event) {
    if let campaign::Event::CatalogueListed { entries, .. } = event {
        for entry in entries {
            projects.change(&entry.project, |project| project.number = Some(entry.number));
        }
    }
}
