//! A project (`projet`): formed from proposals, instructed, settled by the commission.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Formed: ProjectFormed (merging)
//!   Formed --> Formed: VerdictGiven (one per department, in parallel)
//!   Formed --> Admitted: ProjectAdmitted (on the ballot)
//!   Formed --> Refused: ProjectRefused (with a reason)
//! ```

use crate::decider::{check_version, differences};
use crate::phase::Phase;
use crate::project_rules::{check_site, check_source};
use crate::proposal::{MergeKind, Point, check_amount, check_text, is_said};
use crate::rejection::ensure;
use crate::{
    ActorId, AreaId, Cents, Code, Context, Decider, DepartmentId, Hidden, ProjectId, ProposalId, Rejection, ThemeId,
    Timestamp, WorkshopId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub use crate::instruction::{
    Answer, Assignment, Commitment, Consolidation, CostKind, CostLine, Instruction, Opinion, Said, ScopeChange, Verdict,
};

/// A project as it is formed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formation {
    /// Its public reference: unique and shown to everybody. Imported elections keep their own id,
    /// which the analysts' tie-break by id looks at.
    pub reference: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// What will be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Hidden<String>>,
    /// Its area.
    pub area: AreaId,
    /// Its theme, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<ThemeId>,
    /// Where, if it has one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// Whether it lies in a priority neighbourhood (`quartier populaire`).
    #[serde(default)]
    pub priority_neighbourhood: bool,
    /// How its proposals came together.
    pub kind: MergeKind,
    /// The proposals it is made of; empty only in imported campaigns.
    pub proposals: Vec<ProposalId>,
    /// The workshops in which it was agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workshops: Vec<WorkshopId>,
    /// The project that was split, when it is a part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<ProjectId>,
    /// What the published data of a past election says: 0 not selected, 1 selected, 2 and 3
    /// selected by a special rule (Pabulib).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<u8>,
}

/// What a project's sheet says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Its title.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// What will be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Hidden<String>>,
    /// Its theme, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<ThemeId>,
    /// Where, if it has one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// Whether it lies in a priority neighbourhood.
    pub priority_neighbourhood: bool,
}

/// How a project ended before the ballot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ending {
    /// It was split into others.
    Split(Vec<ProjectId>),
    /// It became part of another.
    Absorbed(ProjectId),
    /// Its merge was undone: its proposals stand alone again.
    Undone,
}

/// What happened to a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was formed from proposals.
    ProjectFormed {
        /// As formed.
        formation: Box<Formation>,
    },
    /// A proposal was added to it.
    ProposalAdded {
        /// Which.
        proposal: ProposalId,
    },
    /// A proposal was taken out of it.
    ProposalTakenOut {
        /// Which.
        proposal: ProposalId,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// Its sheet was changed (`fiche projet`).
    ProjectEdited {
        /// The number of this version: 2 after the first change.
        version: u64,
        /// As it is now.
        sheet: Box<Sheet>,
        /// The workshop in which it was agreed, if it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workshop: Option<WorkshopId>,
    },
    /// It goes on in others, or not at all.
    ProjectEnded {
        /// How.
        ending: Ending,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// A department is to instruct it; again to change the terms.
    DepartmentAssigned {
        /// On which terms.
        assignment: Assignment,
    },
    /// Somebody instructs it in a department.
    InstructorNamed {
        /// The department.
        department: DepartmentId,
        /// The agent.
        agent: ActorId,
    },
    /// A department handed it back: it isn't for it to instruct.
    AssignmentHandedBack {
        /// The department.
        department: DepartmentId,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// An association committed itself to the yearly costs.
    CommitmentRecorded {
        /// To what.
        commitment: Commitment,
    },
    /// The verdicts were put together.
    InstructionConsolidated {
        /// Unfavourable if any mandatory department is.
        opinion: Opinion,
        /// The sum of all lines, in cents.
        cost_cents: Cents,
        /// The moment up to which an author may appeal against a no.
        appeal_until: Timestamp,
    },
    /// Departments may give verdicts again.
    InstructionReopened {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// An author of one of its proposals appealed (`recours`): the departments that were against
    /// decide a second time, by another agent.
    AppealLodged {
        /// The author's pseudonym.
        author: String,
        /// On which grounds.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        grounds: Hidden<String>,
    },
    /// The commission changed what will be done or what it costs.
    ScopeChanged {
        /// How.
        change: Box<ScopeChange>,
    },
    /// A department gave its verdict; a later one of the same department replaces it.
    VerdictGiven {
        /// The verdict.
        verdict: Box<Verdict>,
        /// The agent who gave it, by pseudonym: an appeal is decided by another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
    },
    /// The commission put it on the ballot.
    ProjectAdmitted {
        /// What it takes from the envelope, in cents.
        cost_cents: Cents,
        /// Withdrawn after the papers were printed (imported elections only): it can't win.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        withdrawn: bool,
        /// Why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// The commission refused it.
    ProjectRefused {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
}

/// What can be asked of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Form it.
    Form(Box<Formation>),
    /// Add a proposal.
    AddProposal(ProposalId),
    /// Take a proposal out.
    TakeOut {
        /// Which.
        proposal: ProposalId,
        /// Why.
        reason: String,
    },
    /// Change its sheet.
    Edit {
        /// The version that was changed: 1 as formed. Another one by now is a conflict.
        version: u64,
        /// All of the sheet. Where neighbourhoods are outlined, the point decides about priority.
        sheet: Box<Sheet>,
        /// The workshop in which it was agreed.
        workshop: Option<WorkshopId>,
    },
    /// End it: split, absorbed, or undone.
    End {
        /// How.
        ending: Ending,
        /// Why.
        reason: String,
    },
    /// Have a department instruct it.
    Assign(Assignment),
    /// Name who instructs it in a department.
    NameInstructor {
        /// The department.
        department: DepartmentId,
        /// The agent.
        agent: ActorId,
    },
    /// Hand it back to the coordination.
    HandBack {
        /// The department.
        department: DepartmentId,
        /// Why.
        reason: String,
    },
    /// Record an association's commitment.
    RecordCommitment(Commitment),
    /// Put the verdicts together.
    Consolidate,
    /// Let departments give verdicts again.
    Reopen {
        /// Why.
        reason: String,
    },
    /// Appeal against a no.
    Appeal {
        /// On which grounds.
        grounds: String,
    },
    /// Change what will be done or what it costs.
    ChangeScope(Box<ScopeChange>),
    /// Give a department's verdict.
    GiveVerdict(Box<Verdict>),
    /// Put it on the ballot.
    Admit {
        /// The cost; none to take the sum of the verdicts' lines.
        cost_cents: Option<Cents>,
        /// Withdrawn after the papers were printed (imported elections only).
        withdrawn: bool,
        /// Why, if said.
        reason: Option<String>,
    },
    /// Refuse it.
    Refuse {
        /// Why.
        reason: String,
    },
}

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

impl Sheet {
    /// The sheet of a project as it was formed.
    pub fn of(formation: &Formation) -> Self {
        let Formation { title, description, theme, point, priority_neighbourhood, .. } = formation;
        Self {
            title: title.clone(),
            description: description.clone(),
            theme: theme.clone(),
            point: *point,
            priority_neighbourhood: *priority_neighbourhood,
        }
    }
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

    fn undecided(&self, context: &Context<'_>) -> Result<(), Rejection> {
        ensure(self.formation.is_some(), || Code::NotFound.on("project").with(context.id))?;
        context.world.campaign.between_ends(Phase::Ideation, Phase::PreSubmit)?;
        ensure(self.decision.is_none(), || Code::ProjectDecided.into())?;
        self.living(context)
    }

    fn check_formation(&self, formation: &Formation, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let configuration = campaign.configured()?;
        campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
        ensure(self.formation.is_none(), || Code::AlreadyExists.on("id"))?;
        configuration.require_area(&formation.area)?;
        if let Some(theme) = &formation.theme {
            configuration.require_theme(theme)?;
        }
        check_site(&formation.area, formation.point, formation.priority_neighbourhood, context)?;
        // A past election's data may lack a title, and its titles obey no form.
        let (min, max) = if campaign.is_imported() { (0, 10_000) } else { (1, 200) };
        check_text("title", &formation.title, min, max)?;
        if let Some(description) = &formation.description {
            check_text("description", description, 0, 50_000)?;
        }
        ensure(!formation.reference.is_empty(), || Code::TextTooShort.on("reference").with(1))?;
        ensure(formation.reference.chars().count() <= 64, || Code::TextTooLong.on("reference").with(64))?;
        ensure(campaign.is_imported() || !formation.proposals.is_empty(), || Code::EmptyList.on("proposals"))?;
        let mut seen = BTreeSet::new();
        for proposal in &formation.proposals {
            ensure(seen.insert(proposal), || Code::DuplicateEntry.on("proposals").with(proposal))?;
            check_source(proposal, context)?;
        }
        Ok(())
    }

    fn check_admission(&self, cost: Cents, context: &Context<'_>) -> Result<(), Rejection> {
        self.undecided(context)?;
        check_amount("cost", cost)?;
        if context.world.campaign.is_imported() {
            return Ok(());
        }
        if !self.instruction.assignments.is_empty() {
            return self.check_consolidated(cost);
        }
        let against = self.instruction.verdicts.iter().find(|(_, said)| said.opinion == Opinion::Unfavourable);
        if let Some((department, _)) = against {
            return Err(Code::VerdictUnfavourable.with(department));
        }
        let estimate = self.estimate().ok_or_else(|| Code::VerdictMissing.with(context.id))?;
        let estimate = self.instruction.scope_cents.unwrap_or(estimate);
        ensure(cost == estimate, || Code::CostMismatch.on("cost").with(estimate))
    }
}

impl Decider for Project {
    const KIND: &'static str = "project";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let said = Hidden::Disclosed;
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
                let cost_cents = self.estimate().ok_or_else(|| Code::VerdictMissing.with(context.id))?;
                let days = context.world.campaign.configured()?.instruction.appeal_days;
                let appeal_until =
                    context.at.plus_days(days).ok_or_else(|| Code::OutOfRange.on("appealDays").with(days))?;
                Event::InstructionConsolidated { opinion: self.instruction.opinion(), cost_cents, appeal_until }
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
                Event::ProjectAdmitted { cost_cents, withdrawn, reason: reason.map(Hidden::Disclosed) }
            }
            Command::Refuse { reason } => Event::ProjectRefused { reason: Hidden::Disclosed(reason) },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        match event {
            Event::ProjectFormed { formation } => self.check_formation(formation, context),
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
            | Event::ScopeChanged { .. } => {
                self.undecided(context)?;
                self.check_change(event, context)
            }
            Event::VerdictGiven { verdict, agent } => {
                self.undecided(context)?;
                self.check_round(verdict, agent.as_deref(), context)?;
                context.world.campaign.configured()?.require_department(&verdict.department)?;
                check_text("reasons", &verdict.reasons, 1, 5_000)?;
                check_amount("yearly", verdict.yearly_cents)?;
                ensure(verdict.lines.len() <= 200, || Code::TextTooLong.on("lines").with(200))?;
                verdict.lines.iter().try_for_each(|line| check_amount("lines", line.cents))
            }
            Event::ProjectAdmitted { cost_cents, withdrawn, reason } => {
                let silent = self.instruction.assignments.is_empty();
                ensure(silent || is_said(reason.as_ref()), || Code::ReasonMissing.on("reason"))?;
                ensure(!withdrawn || context.world.campaign.is_imported(), || Code::ProjectDecided.on("withdrawn"))?;
                self.check_admission(*cost_cents, context)
            }
            Event::ProjectRefused { reason } => {
                self.undecided(context)?;
                // An author may still appeal against the departments' no.
                let no = self.instruction.consolidation.filter(|one| one.opinion == Opinion::Unfavourable);
                let open = no.filter(|one| !self.instruction.has_appeal && context.at < one.appeal_until);
                open.map_or(Ok(()), |one| Err(Code::TooEarly.with(one.appeal_until)))?;
                check_text("reason", reason, 1, 5_000)
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ProjectFormed { formation } => {
                self.proposals = formation.proposals.iter().cloned().collect();
                self.sheet = Some(Box::new(Sheet::of(formation)));
                self.formation = Some(formation.clone());
            }
            Event::ProposalAdded { proposal } => {
                self.proposals.insert(proposal.clone());
            }
            Event::ProposalTakenOut { proposal, .. } => {
                self.proposals.remove(proposal);
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
                self.instruction.scope_cents = Cents::sum(change.lines.iter().map(|line| line.cents));
            }
            Event::ProjectAdmitted { cost_cents, withdrawn, .. } => {
                self.decision = Some(Decision::Admitted { cost_cents: *cost_cents, withdrawn: *withdrawn });
            }
            Event::ProjectRefused { .. } => self.decision = Some(Decision::Refused),
        }
    }
}
