//! A project (`projet`): formed from proposals, instructed, settled by the commission.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Formed: ProjectFormed (merging)
//!   Formed --> Formed: ProposalAdded, ProposalTakenOut, ProjectEdited
//!   Formed --> Ended: ProjectEnded (split, absorbed, undone)
//!   Formed --> Instructed: DepartmentAssigned
//!   Instructed --> Instructed: VerdictGiven (one per department, in parallel)
//!   Instructed --> Consolidated: InstructionConsolidated
//!   Consolidated --> Instructed: InstructionReopened, AppealLodged
//!   Consolidated --> Admitted: ProjectAdmitted (on the ballot)
//!   Consolidated --> Refused: ProjectRefused (with a reason)
//!   Formed --> Admitted: without assignments, after a verdict
//!   Formed --> Refused
//! ```
//!
//! The forms of commands and events are in `project_event.rs`, the rules of merging and of the commission
//! in `project_rules.rs`, those of instruction in `instruction_rules.rs`.

use crate::decider::{check_version, differences};
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, Decider, Hidden, ProposalId, Rejection};
use serde::Serialize;
use std::collections::BTreeSet;

pub use crate::instruction::{
    Answer, Assignment, Commitment, Consolidation, CostKind, CostLine, Instruction, Opinion, Said, ScopeChange, Verdict,
};
pub use crate::project_event::{Command, Ending, Event, Formation, Sheet};

/// What the commission decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Decision {
    /// On the ballot, for this cost.
    Admitted {
        /// The cost in cents.
        cost_cents: Cents,
        /// Whether it was withdrawn after the papers were printed.
        withdrawn: bool,
    },
    /// Not on the ballot.
    Refused,
}

/// A project on its way to the ballot list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission<'a> {
    /// Its area.
    pub area: &'a AreaId,
    /// Its public reference.
    pub reference: &'a str,
    /// What it takes from the envelope, in cents.
    pub cost_cents: Cents,
    /// Whether it was withdrawn after the papers were printed.
    pub withdrawn: bool,
}

/// The state of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Project {
    /// As formed.
    pub formation: Option<Box<Formation>>,
    /// The proposals it is made of now.
    pub proposals: BTreeSet<ProposalId>,
    /// Those that were taken out of it and not added again.
    pub taken_out: BTreeSet<ProposalId>,
    /// Its sheet as it is now.
    pub sheet: Option<Box<Sheet>>,
    /// What each change of the sheet changed, by the names of its fields; the first is version 2.
    pub changes: Vec<Vec<String>>,
    /// How it ended before the ballot.
    pub ending: Option<Ending>,
    /// Where it stands in its instruction.
    pub instruction: Instruction,
    /// What the commission decided.
    pub decision: Option<Decision>,
}

impl Project {
    /// The number of the version of its sheet: 1 as formed.
    pub fn version(&self) -> u64 {
        u64::try_from(self.changes.len()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// What goes on the ballot list, when it is admitted.
    pub fn admission(&self) -> Option<Admission<'_>> {
        let Some(Decision::Admitted { cost_cents, withdrawn }) = self.decision else { return None };
        let formation = self.formation.as_ref()?;
        Some(Admission { area: &formation.area, reference: &formation.reference, cost_cents, withdrawn })
    }

    /// The sum of the verdicts' cost lines; `None` when there is no verdict.
    pub fn estimate(&self) -> Option<Cents> {
        let verdicts = &self.instruction.verdicts;
        if verdicts.is_empty() {
            return None;
        }
        Cents::sum(verdicts.values().map(|said| said.cents))
    }
}

impl Decider for Project {
    const KIND: &'static str = "project";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let said = Hidden::<String>::Disclosed;
        Ok(vec![match command {
            Command::Form(formation) => Event::ProjectFormed { formation },
            Command::AddProposal(proposal) => Event::ProposalAdded { proposal },
            Command::TakeOut { proposal, reason } => Event::ProposalTakenOut { proposal, reason: said(reason) },
            Command::Edit { version, sheet, workshop } => {
                check_version(version, &self.changes)?;
                // Not asked of a log: where texts were removed, two versions may look the same.
                ensure(self.sheet.as_ref() != Some(&sheet), || Code::AlreadyDone.on("sheet"))?;
                Event::ProjectEdited { version: version.saturating_add(1), sheet, workshop }
            }
            Command::End { ending, reason } => Event::ProjectEnded { ending, reason: said(reason) },
            Command::Assign(assignment) => Event::DepartmentAssigned { assignment },
            Command::NameInstructor { department, agent } => Event::InstructorNamed { department, agent },
            Command::HandBack { department, reason } => {
                Event::AssignmentHandedBack { department, reason: said(reason) }
            }
            Command::RecordCommitment(commitment) => Event::CommitmentRecorded { commitment },
            Command::Consolidate => {
                self.check_undecided(context)?;
                self.check_complete(context)?;
                self.consolidated(context)?
            }
            Command::Reopen { reason } => Event::InstructionReopened { reason: said(reason) },
            Command::Appeal { grounds } => {
                Event::AppealLodged { author: context.actor.id.clone(), grounds: said(grounds) }
            }
            Command::ChangeScope(change) => Event::ScopeChanged { change },
            Command::GiveVerdict(verdict) => Event::VerdictGiven { verdict, agent: Some(context.actor.id.clone()) },
            Command::Admit { cost_cents, withdrawn, reason } => {
                let cost_cents = match cost_cents {
                    Some(cents) => cents,
                    None => self
                        .instruction
                        .scope_cents
                        .or_else(|| self.estimate())
                        .ok_or_else(|| Code::VerdictMissing.with(context.id))?,
                };
                Event::ProjectAdmitted { cost_cents, withdrawn, reason: reason.map(said) }
            }
            Command::Refuse { reason } => Event::ProjectRefused { reason: said(reason) },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        self.check_event(event, context)
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ProjectFormed { formation } => {
                self.proposals = formation.proposals.iter().cloned().collect();
                self.sheet = Some(Box::new(Sheet::of(formation)));
                self.formation = Some(formation.clone());
            }
            Event::ProposalAdded { proposal } => {
                self.taken_out.remove(proposal);
                self.proposals.insert(proposal.clone());
            }
            Event::ProposalTakenOut { proposal, .. } => {
                self.proposals.remove(proposal);
                self.taken_out.insert(proposal.clone());
            }
            Event::ProjectEdited { sheet, .. } => {
                let before = self.sheet.as_ref();
                self.changes.push(before.map_or_else(Vec::new, |before| differences(before, sheet)));
                self.sheet = Some(sheet.clone());
            }
            Event::ProjectEnded { ending, .. } => self.ending = Some(ending.clone()),
            Event::DepartmentAssigned { assignment } => self.instruction.assign(assignment),
            Event::InstructorNamed { department, agent } => {
                self.instruction.instructors.insert(department.clone(), agent.clone());
            }
            Event::AssignmentHandedBack { department, .. } => self.instruction.hand_back(department),
            Event::VerdictGiven { verdict, agent } => self.instruction.say(verdict, agent.as_deref()),
            Event::CommitmentRecorded { commitment } => self.instruction.commit(commitment),
            Event::InstructionConsolidated { opinion, cost_cents, appeal_until } => {
                let (opinion, cents, appeal_until) = (*opinion, *cost_cents, *appeal_until);
                self.instruction.consolidation = Some(Consolidation { opinion, cents, appeal_until });
            }
            Event::InstructionReopened { .. } => self.instruction.reopen(),
            Event::AppealLodged { .. } => self.instruction.appeal(),
            Event::ScopeChanged { change } => {
                self.instruction.scope_cents = CostLine::sum(&change.lines);
            }
            Event::ProjectAdmitted { cost_cents, withdrawn, .. } => {
                self.decision = Some(Decision::Admitted { cost_cents: *cost_cents, withdrawn: *withdrawn });
            }
            Event::ProjectRefused { .. } => self.decision = Some(Decision::Refused),
        }
    }
}
