//! Forming projects, verdicts of the departments, decisions of the commission.

use super::carry::{carry, key_of};
use super::input::{code, keys};
use super::numbers::{Number, letter, number_in};
use super::payload::{AdmitProjectPayload, FormProjectPayload, GiveVerdictPayload, RefuseProjectPayload};
use crate::error::Fault;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{View, services};
use crate::graphql::types::enums::{CostKind, MergeKind, Opinion};
use crate::graphql::types::place::PointInput;
use crate::graphql::types::project::Project;
use crate::graphql::types::scalars::{Amount, CommandId};
use async_graphql::{Context, ID, InputObject, Object};
use domain::project::{Command as ProjectCommand, CostLine, Formation, Verdict};
use domain::proposal::{Command as ProposalCommand, Link};
use domain::{Command, Hidden, ProjectId, ProposalId};

/// A project formed from proposals (`regroupement`).
#[derive(InputObject, Debug)]
pub struct FormProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The proposals it is made of; each becomes part of it in the same step.
    pub proposals: Vec<ID>,
    /// How they came together.
    pub kind: MergeKind,
    /// Its title.
    pub title: String,
    /// What will be done.
    pub description: Option<String>,
    /// The code of its area.
    pub area: String,
    /// The code of its theme.
    pub theme: Option<String>,
    /// Where, if it has one place.
    pub point: Option<PointInput>,
    /// Whether it lies in a priority neighbourhood (`quartier populaire`).
    #[graphql(default)]
    pub priority_neighbourhood: bool,
    /// Its public reference; without it, the next of the campaign.
    pub reference: Option<String>,
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
    /// What it costs once, line by line.
    #[graphql(default)]
    pub lines: Vec<CostLineInput>,
    /// What it costs every year afterwards (`fonctionnement`).
    pub yearly: Option<Amount>,
}

/// A line of an estimate, incl. VAT.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct CostLineInput {
    /// What it pays for.
    pub kind: CostKind,
    /// How much.
    pub amount: Amount,
}

/// Putting a project on the ballot.
#[derive(InputObject, Debug)]
pub struct AdmitProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// What it takes from the envelope; without it, the sum of the verdicts' lines.
    pub cost: Option<Amount>,
    /// Why, if one wants to say; published.
    pub reason: Option<String>,
}

/// Refusing a project.
#[derive(InputObject, Debug)]
pub struct RefuseProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// Why; published.
    pub reason: String,
}

/// Mutations on projects.
#[derive(Default)]
pub struct ProjectMutations;

#[Object]
impl ProjectMutations {
    /// Forms a project from proposals (`former un projet`), from the end of IDEATION to the end of
    /// CO_CONSTRUCTION. The project and the merge of each proposal are written together or not at all.
    async fn form_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is formed.")] input: FormProjectInput,
    ) -> Result<Option<FormProjectPayload>, Fault> {
        let (campaign, id) = (input.campaign.clone(), input.command_id);
        let key: ProjectId = key_of("project", &campaign, id)?;
        let proposals: Vec<ProposalId> = keys(&input.proposals, Kind::Proposal, &campaign)?;
        let kind: domain::proposal::MergeKind = input.kind.into();
        let taken =
            |view: &View| view.model.projects.rows().filter_map(|row| number_in(&row.formation.reference)).max();
        let number = services(ctx)?.numbers.next(ctx, &campaign, "project", taken).await?;
        let reference =
            input.reference.unwrap_or_else(|| format!("{}P-{:06}", letter(&campaign), Number::get(number.as_ref())));
        let formation = Formation {
            reference,
            title: Hidden::Disclosed(input.title),
            description: input.description.map(Hidden::Disclosed),
            area: code("area", &input.area)?,
            theme: input.theme.map(|theme| code("theme", &theme)).transpose()?,
            point: input.point.map(Into::into),
            priority_neighbourhood: input.priority_neighbourhood,
            kind,
            proposals: proposals.clone(),
            selected: None,
            workshops: Vec::new(),
            part_of: None,
        };
        let mut commands = vec![Command::Project(key.clone(), ProjectCommand::Form(Box::new(formation)))];
        let merge = |proposal| Command::Proposal(proposal, ProposalCommand::Merge(Link::plain(key.clone(), kind)));
        commands.extend(proposals.into_iter().map(merge));
        let carried = carry(ctx, &campaign, id, commands).await;
        Number::settle(number, &carried).await;
        Ok(FormProjectPayload::of(carried?, |view| Project::of(view, &key)))
    }

    /// Gives a department's verdict (`rendre un avis`), from the end of IDEATION to the end of
    /// PRE_SUBMIT. A later one of the same department takes its place.
    async fn give_verdict(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The verdict.")] input: GiveVerdictInput,
    ) -> Result<Option<GiveVerdictPayload>, Fault> {
        let line = |line: CostLineInput| CostLine { kind: line.kind.into(), cents: line.amount.0 };
        let verdict = Verdict {
            department: code("department", &input.department)?,
            opinion: input.opinion.into(),
            reasons: Hidden::Disclosed(input.reasons),
            lines: input.lines.into_iter().map(line).collect(),
            yearly_cents: input.yearly.map_or(domain::Cents::ZERO, |yearly| yearly.0),
            criteria: Vec::new(),
            conditions: None,
            commitment_needed: false,
        };
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let command = Command::Project(key.clone(), ProjectCommand::GiveVerdict(Box::new(verdict)));
        let carried = carry(ctx, &campaign, input.command_id, vec![command]).await?;
        Ok(GiveVerdictPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Puts a project on the ballot (`admettre au vote`): the commission's yes.
    async fn admit_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is admitted.")] input: AdmitProjectInput,
    ) -> Result<Option<AdmitProjectPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let cost_cents = input.cost.map(|cost| cost.0);
        let admit = ProjectCommand::Admit { cost_cents, withdrawn: false, reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Project(key.clone(), admit)]).await?;
        Ok(AdmitProjectPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Refuses a project (`ne pas retenir`): the commission's no, with its reason.
    async fn refuse_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is refused.")] input: RefuseProjectInput,
    ) -> Result<Option<RefuseProjectPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let refuse = ProjectCommand::Refuse { reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Project(key.clone(), refuse)]).await?;
        Ok(RefuseProjectPayload::of(carried, |view| Project::of(view, &key)))
    }
}
