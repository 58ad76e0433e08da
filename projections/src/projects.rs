//! Projects (`projets`): what they are made of, what their sheets say, their place on the ballot.
//!
//! What departments and the commission say of them stands in [`crate::instruction`].

use crate::instruction::{
    AppealRow, AssignmentRow, CommitmentRow, ConsolidationRow, DecisionRow, ScopeRow, VerdictRow,
};
use crate::overview::{Moment, Reasoned};
use crate::proposals::text;
use crate::versions::{ChangeRow, VersionRow, versions};
use crate::{Model, instruction, search, workshops};
use domain::project::{Ending, Event, Formation, Opinion, Sheet};
use domain::{Cents, Hidden, ProjectId, ProposalId, Record, Role, campaign};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// That a project is or was made of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// The proposal.
    pub proposal: ProposalId,
    /// Since when.
    pub added: Moment,
    /// The role in which it was added.
    pub by: Role,
    /// That it was taken out again.
    pub taken_out: Option<Reasoned>,
}

/// How a project ended before the ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndingRow {
    /// How.
    pub ending: Ending,
    /// When.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
    /// Why.
    pub reason: Hidden<String>,
}

/// Projects that can't all be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExclusionRow {
    /// The projects, this one among them.
    pub projects: BTreeSet<ProjectId>,
    /// Why.
    pub reason: Hidden<String>,
    /// When it was said.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
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
    /// All departments have spoken, none that has to be heard is against.
    ConsolidatedFavourable,
    /// All departments have spoken, one that has to be heard is against.
    ConsolidatedUnfavourable,
    /// It goes on in others, or not at all.
    Ended,
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
    /// What its sheet says now.
    pub sheet: Arc<Sheet>,
    /// The changes of its sheet, oldest first.
    pub changes: Vec<ChangeRow<Sheet>>,
    /// The proposals it is and was made of, in the order in which they came.
    pub proposals: Vec<LinkRow>,
    /// The projects that became part of it, oldest first.
    pub absorbed: Vec<ProjectId>,
    /// How it ended before the ballot.
    pub ending: Option<EndingRow>,
    /// The departments that instruct it, and after them those that handed it back.
    pub assignments: Vec<AssignmentRow>,
    /// The latest verdict of each department, oldest first.
    pub verdicts: Vec<VerdictRow>,
    /// Verdicts in place of which the same department gave others, oldest first.
    pub former_verdicts: Vec<VerdictRow>,
    /// What associations committed themselves to.
    pub commitments: Vec<CommitmentRow>,
    /// What the departments said together, each time; the last one stands unless it was reopened.
    pub consolidations: Vec<ConsolidationRow>,
    /// The appeal of one of its authors.
    pub appeal: Option<AppealRow>,
    /// The latest change of scope by the commission, while it stands.
    pub scope: Option<ScopeRow>,
    /// What the commission decided.
    pub decision: Option<DecisionRow>,
    /// Its number on the ballot.
    pub number: Option<u32>,
    /// The projects with which it can't be carried out.
    pub exclusions: Vec<ExclusionRow>,
    /// Its texts as people search them.
    #[serde(skip)]
    pub searchable: Arc<str>,
}

impl ProjectRow {
    /// Where it stands.
    pub fn state(&self) -> ProjectState {
        if let Some(decision) = &self.decision {
            return if decision.cost_cents.is_some() { ProjectState::Admitted } else { ProjectState::Refused };
        }
        if self.ending.is_some() {
            return ProjectState::Ended;
        }
        match self.consolidation().map(|one| one.opinion) {
            None => ProjectState::UnderInstruction,
            Some(Opinion::Unfavourable) => ProjectState::ConsolidatedUnfavourable,
            Some(Opinion::Favourable | Opinion::FavourableWithConditions) => ProjectState::ConsolidatedFavourable,
        }
    }

    /// What it takes from the envelope, when admitted.
    pub fn cost_cents(&self) -> Option<Cents> {
        self.decision.as_ref().and_then(|decision| decision.cost_cents)
    }

    /// The proposals it is made of, in the order in which they came.
    pub fn current_proposals(&self) -> impl Iterator<Item = &LinkRow> {
        self.proposals.iter().filter(|link| link.taken_out.is_none())
    }

    /// The number of the version of its sheet: 1 as formed.
    pub fn version(&self) -> u64 {
        self.changes.last().map_or(1, |change| change.number)
    }

    /// All versions of its sheet, oldest first; the last one stands.
    pub fn versions(&self) -> Vec<VersionRow<Sheet>> {
        versions(self.formed, self.formed_by, &self.changes, &self.sheet)
    }

    /// Whether departments look at it or have, and nothing is decided.
    pub fn is_instructed(&self) -> bool {
        let open = self.decision.is_none() && self.ending.is_none();
        open && (self.current_assignments().next().is_some() || !self.verdicts.is_empty())
    }
}

pub(crate) fn apply(model: &mut Model, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<ProjectId>() else { return };
    match event {
        Event::ProjectFormed { formation } => form(model, &id, record, formation),
        Event::ProjectEdited { workshop: Some(workshop), .. } => workshops::refer(model, &id, [workshop]),
        Event::ProjectEnded { ending: Ending::Absorbed(other), .. } => {
            model.projects.change(other, |row| row.absorbed.push(id.clone()));
        }
        Event::ProjectEdited { workshop: None, .. }
        | Event::ProjectEnded { ending: Ending::Split(_) | Ending::Undone, .. }
        | Event::ProposalAdded { .. }
        | Event::ProposalTakenOut { .. }
        | Event::DepartmentAssigned { .. }
        | Event::InstructorNamed { .. }
        | Event::AssignmentHandedBack { .. }
        | Event::CommitmentRecorded { .. }
        | Event::InstructionConsolidated { .. }
        | Event::InstructionReopened { .. }
        | Event::AppealLodged { .. }
        | Event::ScopeChanged { .. }
        | Event::VerdictGiven { .. }
        | Event::ProjectAdmitted { .. }
        | Event::ProjectRefused { .. } => {}
    }
    model.projects.change(&id, |row| change(row, record, event));
}

fn form(model: &mut Model, id: &ProjectId, record: &Record, formation: &Formation) {
    let (moment, by) = (Moment::from(record), record.actor.role);
    let link = |proposal: &ProposalId| LinkRow { proposal: proposal.clone(), added: moment, by, taken_out: None };
    let sheet = Sheet::of(formation);
    let row = ProjectRow {
        id: id.clone(),
        searchable: searchable(&formation.reference, &sheet),
        sheet: Arc::new(sheet),
        formation: Arc::new(formation.clone()),
        formed: moment,
        formed_by: by,
        changes: Vec::new(),
        proposals: formation.proposals.iter().map(link).collect(),
        absorbed: Vec::new(),
        ending: None,
        assignments: Vec::new(),
        verdicts: Vec::new(),
        former_verdicts: Vec::new(),
        commitments: Vec::new(),
        consolidations: Vec::new(),
        appeal: None,
        scope: None,
        decision: None,
        number: None,
        exclusions: Vec::new(),
    };
    model.projects.put(id.clone(), row);
    workshops::refer(model, id, &formation.workshops);
}

fn change(row: &mut ProjectRow, record: &Record, event: &Event) {
    let (moment, by) = (Moment::from(record), record.actor.role);
    match event {
        Event::ProjectFormed { .. } => {}
        Event::ProposalAdded { proposal } => {
            row.proposals.push(LinkRow { proposal: proposal.clone(), added: moment, by, taken_out: None });
        }
        Event::ProposalTakenOut { proposal, reason } => {
            let mut standing = row.proposals.iter_mut().filter(|link| link.taken_out.is_none());
            if let Some(link) = standing.find(|link| link.proposal == *proposal) {
                link.taken_out = Some(Reasoned::new(record, reason));
            }
        }
        Event::ProjectEdited { version, sheet, workshop } => {
            row.searchable = searchable(&row.formation.reference, sheet);
            let before = std::mem::replace(&mut row.sheet, Arc::new(Sheet::clone(sheet)));
            row.changes.push(ChangeRow { number: *version, moment, by, workshop: workshop.clone(), before });
        }
        Event::ProjectEnded { ending, reason } => {
            let (ending, reason) = (ending.clone(), reason.clone());
            row.ending = Some(EndingRow { ending, moment, by, reason });
        }
        Event::DepartmentAssigned { .. }
        | Event::InstructorNamed { .. }
        | Event::AssignmentHandedBack { .. }
        | Event::CommitmentRecorded { .. }
        | Event::InstructionConsolidated { .. }
        | Event::InstructionReopened { .. }
        | Event::AppealLodged { .. }
        | Event::ScopeChanged { .. }
        | Event::VerdictGiven { .. }
        | Event::ProjectAdmitted { .. }
        | Event::ProjectRefused { .. } => instruction::change(row, record, event),
    }
}

/// The texts of a project as people search them.
pub(crate) fn searchable(reference: &str, sheet: &Sheet) -> Arc<str> {
    let description = sheet.description.as_ref().map_or("", |description| text(description));
    search::fold(&[reference, text(&sheet.title), description].join(" ")).into()
}

/// What the campaign says of its projects: their numbers on the ballot, and which exclude each other.
pub(crate) fn apply_campaign(model: &mut Model, record: &Record, event: &campaign::Event) {
    match event {
        campaign::Event::CatalogueListed { entries, .. } => {
            for entry in entries {
                model.projects.change(&entry.project, |project| project.number = Some(entry.number));
            }
        }
        campaign::Event::ExclusionDeclared { projects, reason } => {
            let (moment, by) = (Moment::from(record), record.actor.role);
            let row = ExclusionRow { projects: projects.clone(), reason: reason.clone(), moment, by };
            for id in projects {
                model.projects.change(id, |project| project.exclusions.push(row.clone()));
            }
        }
        campaign::Event::ExclusionLifted { projects, .. } => {
            for id in projects {
                model.projects.change(id, |project| project.exclusions.retain(|row| row.projects != *projects));
            }
        }
        campaign::Event::CampaignConfigured { .. }
        | campaign::Event::PhaseOpened { .. }
        | campaign::Event::PhaseClosed { .. }
        | campaign::Event::RulesFrozen { .. }
        | campaign::Event::CataloguePublished { .. }
        | campaign::Event::BallotBoxClosed { .. }
        | campaign::Event::LotSeedDrawn { .. }
        | campaign::Event::ResultProclaimed { .. }
        | campaign::Event::RoleGranted { .. }
        | campaign::Event::RoleRevoked { .. }
        | campaign::Event::ActProposed { .. }
        | campaign::Event::ActConfirmed { .. }
        | campaign::Event::ActDropped { .. }
        | campaign::Event::ValuesRedacted { .. }
        | campaign::Event::OutlineDrawn { .. }
        | campaign::Event::LinkShredded { .. }
        | campaign::Event::ReadingsAnchored { .. } => {}
    }
}
