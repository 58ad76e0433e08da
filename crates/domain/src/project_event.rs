//! What can be asked of a project, and what happened to it.
//!
//! Owns the forms alone. When each may happen: [`crate::project`] and the files that it names.

use crate::instruction::{Assignment, Commitment, Opinion, ScopeChange, Verdict};
use crate::proposal::{MergeKind, Point};
use crate::{ActorId, AreaId, Cents, DepartmentId, Hidden, ProjectId, ProposalId, ThemeId, Timestamp, WorkshopId};
use serde::{Deserialize, Serialize};

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
    /// The project that was split, when it is a part of one: it ended first, and named this one.
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
    /// It was split into others, which are formed next.
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
    /// The commission changed what will be done or what it costs. It holds until departments are heard
    /// again: a reopening, an appeal or another verdict takes it back.
    ScopeChanged {
        /// How.
        change: Box<ScopeChange>,
    },
    /// A department gave its verdict; a later one of the same department replaces it. It takes a change
    /// of scope back.
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
