//! Instruction: which departments, what they say, what follows from it, appeal, and change of scope.
//!
//! Owns the step from inputs to commands on a project. Who may do it and when stands in the domain; who
//! has what to do is read in `types/work.rs`.

use super::carry::{Carried, carry, carry_as, model, refused};
use super::input::{code, keys};
use super::payload::{
    ChangeScopePayload, ConsolidateInstructionPayload, GiveVerdictPayload, HandBackPayload, LodgeAppealPayload,
    NameInstructorPayload, RecordCommitmentPayload, ReopenInstructionPayload,
};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::View;
use crate::graphql::types::enums::{CostKind, Opinion};
use crate::graphql::types::project::Project;
use crate::graphql::types::receipt::Receipt;
use crate::graphql::types::rejection::Rejection;
use crate::graphql::types::scalars::{Amount, CommandId, Date, DateTime};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::project::{Answer, Assignment, Command as ProjectCommand, Commitment, CostLine, ScopeChange, Verdict};
use domain::{Cents, Code, Command, Hidden, ProjectId, Timestamp};
use projections::projects::ProjectState;

/// The most projects, and the most departments for each, in one mutation.
const PROJECTS: usize = 100;
const DEPARTMENTS: usize = 20;

/// Departments that instruct projects.
#[derive(InputObject, Debug)]
pub struct AssignDepartmentsInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The projects, 1 to 100 of one campaign.
    pub projects: Vec<ID>,
    /// The departments, 1 to 20; each instructs each project.
    pub assignments: Vec<AssignmentInput>,
}

/// On which terms a department instructs.
#[derive(InputObject, Debug)]
pub struct AssignmentInput {
    /// The code of the department.
    pub department: String,
    /// Whether its no is a no to the project; otherwise it is heard.
    #[graphql(default = true)]
    pub mandatory: bool,
    /// When its verdict is due; without it, after the days that the campaign gives.
    pub due: Option<DateTime>,
}

/// Who instructs a project in a department.
#[derive(InputObject, Debug)]
pub struct NameInstructorInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// The code of the department.
    pub department: String,
    /// The pseudonym of the agent, as in the grants of the campaign.
    pub agent: String,
}

/// A project that isn't for a department to instruct.
#[derive(InputObject, Debug)]
pub struct HandBackInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// The code of the department.
    pub department: String,
    /// Why; published.
    pub reason: String,
}

/// A department's verdict (`avis`).
#[derive(InputObject, Debug)]
pub struct GiveVerdictInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// The code of the department.
    pub department: String,
    /// What it thinks.
    pub opinion: Opinion,
    /// Why; published.
    pub reasons: String,
    /// Its answers to the criteria of the campaign: to each of them, where departments are assigned.
    #[graphql(default)]
    pub criteria: Vec<CriterionAnswerInput>,
    /// What has to hold; with FAVOURABLE_WITH_CONDITIONS. Published.
    pub conditions: Option<String>,
    /// What it costs once, line by line.
    #[graphql(default)]
    pub lines: Vec<CostLineInput>,
    /// What it costs every year afterwards (`fonctionnement`).
    pub yearly: Option<Amount>,
    /// Whether an association has to commit itself to the yearly costs before it can be admitted.
    #[graphql(default)]
    pub commitment_needed: bool,
}

/// An answer to a criterion (`critère de recevabilité`).
#[derive(InputObject, Debug)]
pub struct CriterionAnswerInput {
    /// The code of the criterion.
    pub criterion: String,
    /// Whether the project meets it.
    pub met: bool,
    /// What there is to say about it; published.
    pub remark: Option<String>,
}

/// A line of an estimate, incl. VAT.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct CostLineInput {
    /// What it pays for.
    pub kind: CostKind,
    /// How much.
    pub amount: Amount,
}

/// An association's word to bear yearly costs.
#[derive(InputObject, Debug)]
pub struct RecordCommitmentInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// Which association; published.
    pub association: String,
    /// What it bears every year.
    pub yearly: Amount,
    /// Until when; without it, it said no end.
    pub until: Option<Date>,
}

/// Putting the verdicts together.
#[derive(InputObject, Debug)]
pub struct ConsolidateInstructionInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
}

/// Letting departments give verdicts again.
#[derive(InputObject, Debug)]
pub struct ReopenInstructionInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// Why; published.
    pub reason: String,
}

/// An appeal against a no.
#[derive(InputObject, Debug)]
pub struct LodgeAppealInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// On which grounds; published.
    pub grounds: String,
}

/// What will be done instead, and what that costs.
#[derive(InputObject, Debug)]
pub struct ChangeScopeInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// What will be done; without it, only the cost changes.
    pub description: Option<String>,
    /// What it costs once, line by line, in place of the departments' lines.
    pub lines: Vec<CostLineInput>,
    /// Why; published.
    pub reason: String,
}

/// What `assignDepartments` came to.
#[derive(SimpleObject)]
pub struct AssignDepartmentsPayload {
    /// The projects as assigned.
    pub projects: Option<Vec<Project>>,
    /// When refused: those of the projects that nothing can be assigned for any more, because they are
    /// decided, ended or consolidated. Leave them out and send the others under a new `commandId`.
    pub blocked: Vec<Project>,
    /// That it was carried out; null when refused.
    pub receipt: Option<Receipt>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

impl AssignDepartmentsPayload {
    fn of(carried: Carried, newest: Option<View>, projects: &[ProjectId]) -> Self {
        let of = |view: &View| projects.iter().filter_map(|key| Project::of(view, key)).collect::<Vec<_>>();
        match carried {
            Carried::Done(receipt) => {
                let projects = Some(of(&receipt.view));
                Self { projects, blocked: Vec::new(), receipt: Some(receipt), rejections: Vec::new() }
            }
            Carried::Refused(no) => {
                let all = newest.as_ref().map(of).unwrap_or_default();
                let blocked = all.into_iter().filter(|project| project.row.state() != ProjectState::UnderInstruction);
                Self { projects: None, blocked: blocked.collect(), receipt: None, rejections: vec![no] }
            }
        }
    }
}

/// Mutations on the instruction of projects.
#[derive(Default)]
pub struct InstructionMutations;

#[Object]
impl InstructionMutations {
    /// Has departments instruct projects (`affecter aux directions`), from the end of IDEATION to the end
    /// of PRE_SUBMIT. Again, to change the terms. For all projects or for none: when one of them can't be
    /// assigned, nothing is written, and `blocked` says which.
    async fn assign_departments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which projects, to which departments.")] input: AssignDepartmentsInput,
    ) -> Result<Option<AssignDepartmentsPayload>, Fault> {
        let refused = |no| Ok(Some(AssignDepartmentsPayload::of(refused(ctx, no), None, &[])));
        let Some(first) = input.projects.first() else { return refused(Code::EmptyList.on("projects")) };
        if input.assignments.is_empty() {
            return refused(Code::EmptyList.on("assignments"));
        }
        for (field, given, most) in
            [("projects", input.projects.len(), PROJECTS), ("assignments", input.assignments.len(), DEPARTMENTS)]
        {
            if given > most {
                return refused(Code::OutOfRange.on(field).with(format!("1 – {most}")));
            }
        }
        let (campaign, _): (String, ProjectId) = GlobalId::of(first, Kind::Project)?;
        let projects: Vec<ProjectId> = keys(&input.projects, Kind::Project, &campaign)?;
        let due = usual_due(ctx, &campaign)?;
        let assignment = |one: AssignmentInput| {
            let due = one.due.map_or(due, |due| due.0);
            Ok::<_, Fault>(Assignment {
                department: code("department", &one.department)?,
                mandatory: one.mandatory,
                due,
            })
        };
        let assignments = input.assignments.into_iter().map(assignment).collect::<Result<Vec<_>, _>>()?;
        let each = |key: &ProjectId| {
            let key = key.clone();
            let assign = move |one: &Assignment| Command::Project(key.clone(), ProjectCommand::Assign(one.clone()));
            assignments.iter().map(assign).collect::<Vec<_>>()
        };
        let commands = projects.iter().flat_map(each).collect();
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(Some(AssignDepartmentsPayload::of(carried, model(ctx, &campaign)?, &projects)))
    }

    /// Names who instructs a project in a department (`désigner l’instructeur·rice`).
    async fn name_instructor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and where.")] input: NameInstructorInput,
    ) -> Result<Option<NameInstructorPayload>, Fault> {
        let department = code("department", &input.department)?;
        let command = ProjectCommand::NameInstructor { department, agent: code("agent", &input.agent)? };
        let (key, carried) = carry_one(ctx, &input.project, input.command_id, command).await?;
        Ok(NameInstructorPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Hands a project back to the coordination (`réorienter`): it isn't for this department to instruct.
    async fn hand_back(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is handed back.")] input: HandBackInput,
    ) -> Result<Option<HandBackPayload>, Fault> {
        let command =
            ProjectCommand::HandBack { department: code("department", &input.department)?, reason: input.reason };
        let (key, carried) = carry_one(ctx, &input.project, input.command_id, command).await?;
        Ok(HandBackPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Gives a department's verdict (`rendre un avis`), from the end of IDEATION to the end of
    /// PRE_SUBMIT. A later one of the same department takes its place; after a consolidation,
    /// `reopenInstruction` or an appeal comes first, and an appeal is decided by another agent.
    async fn give_verdict(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The verdict.")] input: GiveVerdictInput,
    ) -> Result<Option<GiveVerdictPayload>, Fault> {
        let answer = |one: CriterionAnswerInput| {
            let (met, remark) = (one.met, one.remark.map(Hidden::Disclosed));
            Ok(Answer { criterion: code("criteria", &one.criterion)?, met, remark })
        };
        let verdict = Verdict {
            department: code("department", &input.department)?,
            opinion: input.opinion.into(),
            reasons: Hidden::Disclosed(input.reasons),
            criteria: input.criteria.into_iter().map(answer).collect::<Result<_, Fault>>()?,
            conditions: input.conditions.map(Hidden::Disclosed),
            lines: lines(&input.lines),
            yearly_cents: input.yearly.map_or(Cents::ZERO, |yearly| yearly.0),
            commitment_needed: input.commitment_needed,
        };
        let command = ProjectCommand::GiveVerdict(Box::new(verdict));
        let (key, carried) = carry_one(ctx, &input.project, input.command_id, command).await?;
        Ok(GiveVerdictPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Records that an association bears yearly costs (`engagement d’une association`).
    async fn record_commitment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and how much.")] input: RecordCommitmentInput,
    ) -> Result<Option<RecordCommitmentPayload>, Fault> {
        let association = Hidden::Disclosed(input.association);
        let until = input.until.map(|until| until.0);
        let command = ProjectCommand::RecordCommitment(Commitment { association, yearly_cents: input.yearly.0, until });
        let (key, carried) = carry_one(ctx, &input.project, input.command_id, command).await?;
        Ok(RecordCommitmentPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Puts the verdicts together (`consolider l’instruction`): unfavourable if any mandatory department
    /// is, and the cost is the sum of all lines. Every assigned department has to have answered.
    async fn consolidate_instruction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which project.")] input: ConsolidateInstructionInput,
    ) -> Result<Option<ConsolidateInstructionPayload>, Fault> {
        let (key, carried) = carry_one(ctx, &input.project, input.command_id, ProjectCommand::Consolidate).await?;
        Ok(ConsolidateInstructionPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Lets departments give verdicts again after a consolidation (`rouvrir l’instruction`).
    async fn reopen_instruction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which project, and why.")] input: ReopenInstructionInput,
    ) -> Result<Option<ReopenInstructionPayload>, Fault> {
        let command = ProjectCommand::Reopen { reason: input.reason };
        let (key, carried) = carry_one(ctx, &input.project, input.command_id, command).await?;
        Ok(ReopenInstructionPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Appeals against the departments' no (`former un recours`), once, by an author of one of the
    /// project's proposals, in the days that the campaign gives for it. The departments that were against
    /// decide again, by another agent.
    async fn lodge_appeal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Against which, and why.")] input: LodgeAppealInput,
    ) -> Result<Option<LodgeAppealPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let actor = acting::participant(ctx, &campaign)?;
        let command = Command::Project(key.clone(), ProjectCommand::Appeal { grounds: input.grounds });
        let carried = carry_as(ctx, &campaign, input.command_id, actor, vec![command]).await?;
        Ok(LodgeAppealPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Changes what will be done or what it costs (`modifier le périmètre`): by the commission, once the
    /// departments have spoken and before it decides.
    async fn change_scope(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: ChangeScopeInput,
    ) -> Result<Option<ChangeScopePayload>, Fault> {
        let change = ScopeChange {
            description: input.description.map(Hidden::Disclosed),
            lines: lines(&input.lines),
            reason: Hidden::Disclosed(input.reason),
        };
        let command = ProjectCommand::ChangeScope(Box::new(change));
        let (key, carried) = carry_one(ctx, &input.project, input.command_id, command).await?;
        Ok(ChangeScopePayload::of(carried, |view| Project::of(view, &key)))
    }
}

/// One command of an agent on one project.
async fn carry_one(
    ctx: &Context<'_>,
    project: &ID,
    id: CommandId,
    command: ProjectCommand,
) -> Result<(ProjectId, Carried), Fault> {
    let (campaign, key): (String, ProjectId) = GlobalId::of(project, Kind::Project)?;
    let carried = carry(ctx, &campaign, id, vec![Command::Project(key.clone(), command)]).await?;
    Ok((key, carried))
}

fn lines(given: &[CostLineInput]) -> Vec<CostLine> {
    given.iter().map(|line| CostLine { kind: line.kind.into(), cents: line.amount.0 }).collect()
}

/// When a verdict is due that is asked for now: after the days that the campaign gives.
fn usual_due(ctx: &Context<'_>, campaign: &str) -> Result<Timestamp, Fault> {
    let now = acting::now(ctx)?;
    let view = model(ctx, campaign)?;
    let configuration = view.as_ref().and_then(|view| view.model.campaign.configured().ok());
    // Without a campaign the command is refused anyway.
    let days = configuration.map_or(0, |configuration| configuration.instruction.verdict_days);
    now.plus_days(days).ok_or(Fault::Internal("no such day in the calendar"))
}
