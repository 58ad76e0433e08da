//! Projects: forming them, their sheets, and what the commission decides.
//!
//! What a project is made of afterwards: `merging.rs`. What departments say: `instruction.rs`. Owns the
//! step from an input to a formation or a sheet; must not decide whether it is lawful: the domain does.

use super::carry::{carry, key_of, model};
use super::input::{code, keys};
use super::numbers::{Number, letter, number_in};
use super::payload::{AdmitProjectPayload, EditProjectPayload, FormProjectPayload, RefuseProjectPayload};
use crate::error::Fault;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{View, services};
use crate::graphql::types::enums::MergeKind;
use crate::graphql::types::place::PointInput;
use crate::graphql::types::project::Project;
use crate::graphql::types::scalars::{Amount, CommandId};
use async_graphql::{Context, ID, InputObject, Object};
use domain::project::{Command as ProjectCommand, Formation, Sheet};
use domain::proposal::{Command as ProposalCommand, Link, Point};
use domain::{Command, Hidden, ProjectId, ProposalId, WorkshopId};

/// That a proposal becomes part of a project.
#[derive(InputObject, Clone, Debug)]
pub struct ProposalLinkInput {
    /// The proposal.
    pub proposal: ID,
    /// How much of it goes in, in percent: 1 to 100, and no more than 100 over all its projects.
    pub share_percent: Option<u8>,
    /// Why; published.
    pub reason: Option<String>,
}

impl ProposalLinkInput {
    /// The link of each proposal to a project, in their order.
    pub(crate) fn links(
        given: Vec<Self>,
        campaign: &str,
        project: &ProjectId,
        kind: domain::proposal::MergeKind,
        workshop: Option<&WorkshopId>,
    ) -> Result<Vec<(ProposalId, Link)>, Fault> {
        let link = |one: Self| {
            let proposal = GlobalId::within(&one.proposal, Kind::Proposal, campaign)?;
            let Self { share_percent, reason, .. } = one;
            let (project, workshop) = (project.clone(), workshop.cloned());
            Ok((proposal, Link { project, kind, share_percent, reason, workshop }))
        };
        given.into_iter().map(link).collect()
    }
}

/// A project formed from proposals (`regroupement`).
#[derive(InputObject, Debug)]
pub struct FormProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The proposals it is made of; each becomes part of it in the same step.
    #[graphql(default)]
    pub proposals: Vec<ID>,
    /// Further proposals, where there is more to say than that they are part of it.
    #[graphql(default)]
    pub links: Vec<ProposalLinkInput>,
    /// How they came together.
    pub kind: MergeKind,
    /// The workshops in which it was agreed.
    #[graphql(default)]
    pub workshops: Vec<ID>,
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
    /// Whether it lies in a priority neighbourhood (`quartier populaire`). Where the campaign has
    /// outlines of neighbourhoods, the point decides and this is left aside.
    #[graphql(default)]
    pub priority_neighbourhood: bool,
    /// Its public reference; without it, the next of the campaign.
    pub reference: Option<String>,
}

/// A change of a project's sheet (`fiche projet`).
#[derive(InputObject, Debug)]
pub struct EditProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// The number of the version that was changed: `version` of the project as it was read. When another
    /// one stands by now, EDIT_CONFLICT names the fields that others changed.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// What will be done.
    pub description: Option<String>,
    /// The code of its theme.
    pub theme: Option<String>,
    /// Where, if it has one place.
    pub point: Option<PointInput>,
    /// Whether it lies in a priority neighbourhood (`quartier populaire`). Where the campaign has
    /// outlines of neighbourhoods, the point decides and this is left aside.
    #[graphql(default)]
    pub priority_neighbourhood: bool,
    /// The workshop in which the change was agreed.
    pub workshop: Option<ID>,
}

/// Putting a project on the ballot.
#[derive(InputObject, Debug)]
pub struct AdmitProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// What it takes from the envelope; without it, the sum of the verdicts' lines, or of those that the
    /// commission put in their place.
    pub cost: Option<Amount>,
    /// Why; published. It must be said where departments were assigned.
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

/// Whether a place has priority: as its point says where neighbourhoods are outlined, else as said.
pub(crate) fn has_priority(ctx: &Context<'_>, campaign: &str, point: Option<Point>, said: bool) -> Result<bool, Fault> {
    let Some(view) = model(ctx, campaign)? else { return Ok(said) };
    let campaign = &view.model.campaign;
    let outlined = !campaign.geography.neighbourhoods.is_empty();
    Ok(if outlined { campaign.neighbourhood_at(point).is_some() } else { said })
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
        let kind: domain::proposal::MergeKind = input.kind.into();
        let plain = |proposal| ProposalLinkInput { proposal, share_percent: None, reason: None };
        let given = input.proposals.into_iter().map(plain).chain(input.links).collect();
        let workshops: Vec<WorkshopId> = keys(&input.workshops, Kind::Workshop, &campaign)?;
        // The one workshop in which it was agreed stands with each proposal; of several, nobody says which.
        let workshop = workshops.first().filter(|_| workshops.len() == 1);
        let links = ProposalLinkInput::links(given, &campaign, &key, kind, workshop)?;
        let point = input.point.map(Into::into);
        let mut formation = Formation {
            reference: String::new(), // given below
            title: Hidden::Disclosed(input.title),
            description: input.description.map(Hidden::Disclosed),
            area: code("area", &input.area)?,
            theme: input.theme.map(|theme| code("theme", &theme)).transpose()?,
            point,
            priority_neighbourhood: has_priority(ctx, &campaign, point, input.priority_neighbourhood)?,
            kind,
            proposals: links.iter().map(|(proposal, _)| proposal.clone()).collect(),
            selected: None,
            workshops,
            part_of: None,
        };
        let taken =
            |view: &View| view.model.projects.rows().filter_map(|row| number_in(&row.formation.reference)).max();
        let number = services(ctx)?.numbers.next(ctx, &campaign, "project", taken).await?;
        let next = || format!("{}P-{:06}", letter(&campaign), Number::get(number.as_ref()));
        formation.reference = input.reference.unwrap_or_else(next);
        let mut commands = vec![Command::Project(key.clone(), ProjectCommand::Form(Box::new(formation)))];
        commands.extend(merges(links));
        let carried = carry(ctx, &campaign, id, commands).await;
        Number::settle(number, &carried).await;
        Ok(FormProjectPayload::of(carried?, |view| Project::of(view, &key)))
    }

    /// Changes a project's sheet (`modifier la fiche projet`), from the end of IDEATION until the
    /// commission has decided. The whole sheet is given: what is left out is empty afterwards.
    async fn edit_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sheet as it shall be.")] input: EditProjectInput,
    ) -> Result<Option<EditProjectPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let point = input.point.map(Into::into);
        let sheet = Sheet {
            title: Hidden::Disclosed(input.title),
            description: input.description.map(Hidden::Disclosed),
            theme: input.theme.map(|theme| code("theme", &theme)).transpose()?,
            point,
            priority_neighbourhood: has_priority(ctx, &campaign, point, input.priority_neighbourhood)?,
        };
        let workshop = input.workshop.map(|id| GlobalId::within(&id, Kind::Workshop, &campaign)).transpose()?;
        let edit = ProjectCommand::Edit { version: input.version.into(), sheet: Box::new(sheet), workshop };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Project(key.clone(), edit)]).await?;
        Ok(EditProjectPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Puts a project on the ballot (`admettre au vote`): the commission's yes. Where departments were
    /// assigned, with its reason and for the cost that was consolidated, or that it set itself.
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

    /// Refuses a project (`ne pas retenir`): the commission's no, with its reason. Not while an author may
    /// still appeal.
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

/// The commands by which proposals name the projects that name them.
pub(crate) fn merges(links: Vec<(ProposalId, Link)>) -> impl Iterator<Item = Command> {
    links.into_iter().map(|(proposal, link)| Command::Proposal(proposal, ProposalCommand::Merge(link)))
}
