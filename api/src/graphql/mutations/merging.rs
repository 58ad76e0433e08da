//! What a project is made of, once formed: proposals added and taken out, splits, one project taken into
//! another, merges undone.
//!
//! A link stands on both sides, in the project and in the proposal. Each mutation here writes both, and
//! all streams it touches, in one request: the project's side first, since a proposal may only name a
//! project that names it, and be free only of one that doesn't. Whether that is lawful is said by the
//! domain. How links are read back: `types/lineage.rs`.

use super::carry::{carry, key_of, model};
use super::input::{code, keys};
use super::payload::{
    AbsorbProjectPayload, AddProposalToProjectPayload, SplitProjectPayload, TakeProposalOutPayload, UndoMergePayload,
};
use super::project::{ProposalLinkInput, has_priority, merges};
use crate::error::Fault;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::enums::MergeKind;
use crate::graphql::types::place::PointInput;
use crate::graphql::types::project::Project;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, ID, InputObject, Object};
use domain::project::{Command as ProjectCommand, Ending, Formation};
use domain::proposal::{Command as ProposalCommand, Link};
use domain::{Code, Command, Hidden, ProjectId, ProposalId, WorkshopId};
use projections::projects::ProjectRow;
use std::sync::Arc;

/// The most parts that a project is split into at once.
const PARTS: usize = 20;

/// A proposal that joins a project.
#[derive(InputObject, Debug)]
pub struct AddProposalToProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// The proposal.
    pub proposal: ID,
    /// How much of it goes in, in percent: 1 to 100, and no more than 100 over all its projects.
    pub share_percent: Option<u8>,
    /// Why; published.
    pub reason: Option<String>,
    /// The workshop in which it was agreed.
    pub workshop: Option<ID>,
}

/// A proposal that leaves a project.
#[derive(InputObject, Debug)]
pub struct TakeProposalOutInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// The proposal.
    pub proposal: ID,
    /// Why; published.
    pub reason: String,
}

/// A part of a project that is split.
#[derive(InputObject, Debug)]
pub struct PartInput {
    /// The proposals it is made of.
    pub proposals: Vec<ProposalLinkInput>,
    /// How they came together.
    pub kind: MergeKind,
    /// The workshops in which it was agreed.
    #[graphql(default)]
    pub workshops: Vec<ID>,
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
    /// Its public reference; without it, that of the project that is split with the part's number.
    pub reference: Option<String>,
}

/// Splitting a project.
#[derive(InputObject, Debug)]
pub struct SplitProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project.
    pub project: ID,
    /// Its parts, 2 to 20, all in its area.
    pub parts: Vec<PartInput>,
    /// Why; published.
    pub reason: String,
}

/// Taking a project into another.
#[derive(InputObject, Debug)]
pub struct AbsorbProjectInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project that ends.
    pub project: ID,
    /// The project that goes on with its proposals, of the same area.
    pub into: ID,
    /// Why; published.
    pub reason: String,
}

/// Undoing a merge.
#[derive(InputObject, Debug)]
pub struct UndoMergeInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The project that ends.
    pub project: ID,
    /// Why; published.
    pub reason: String,
}

/// Mutations on what projects are made of.
#[derive(Default)]
pub struct MergingMutations;

#[Object]
impl MergingMutations {
    /// Adds a proposal to a project (`ajouter une proposition`), from the end of IDEATION to the end of
    /// CO_CONSTRUCTION.
    async fn add_proposal_to_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: AddProposalToProjectInput,
    ) -> Result<Option<AddProposalToProjectPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let proposal: ProposalId = GlobalId::within(&input.proposal, Kind::Proposal, &campaign)?;
        let workshop = input.workshop.map(|id| GlobalId::within(&id, Kind::Workshop, &campaign)).transpose()?;
        let AddProposalToProjectInput { share_percent, reason, .. } = input;
        let link = Link { project: key.clone(), kind: kind_of(ctx, &campaign, &key)?, share_percent, reason, workshop };
        let mut commands = vec![Command::Project(key.clone(), ProjectCommand::AddProposal(proposal.clone()))];
        commands.extend(merges(vec![(proposal, link)]));
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(AddProposalToProjectPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Takes a proposal out of a project (`retirer une proposition d’un projet`), from the end of IDEATION
    /// to the end of CO_CONSTRUCTION. The last one stays: then `undoMerge` ends the project.
    async fn take_proposal_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TakeProposalOutInput,
    ) -> Result<Option<TakeProposalOutPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let proposal: ProposalId = GlobalId::within(&input.proposal, Kind::Proposal, &campaign)?;
        let take_out = ProjectCommand::TakeOut { proposal: proposal.clone(), reason: input.reason.clone() };
        let commands = vec![Command::Project(key.clone(), take_out), unmerge(proposal, &key, &input.reason)];
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(TakeProposalOutPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Splits a project into new ones (`scinder un projet`), from the end of IDEATION to the end of
    /// CO_CONSTRUCTION. It ends; each part takes the proposals that it names, and the others stand alone
    /// again. All of it is written together or not at all.
    async fn split_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Into which parts.")] input: SplitProjectInput,
    ) -> Result<Option<SplitProjectPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        if input.parts.len() > PARTS {
            let no = Code::OutOfRange.on("parts").with(format!("2 – {PARTS}"));
            return Ok(SplitProjectPayload::of(super::carry::refused(ctx, no), |_| None));
        }
        let whole = seen(ctx, &campaign, &key)?;
        let mut parts = Vec::with_capacity(input.parts.len());
        let mut formed = Vec::new();
        for (number, part) in (1_u8..).zip(input.parts) {
            let part_key: ProjectId = key_of(&format!("project/{number}"), &campaign, input.command_id)?;
            let kind: domain::proposal::MergeKind = part.kind.into();
            let workshops: Vec<WorkshopId> = keys(&part.workshops, Kind::Workshop, &campaign)?;
            let workshop = workshops.first().filter(|_| workshops.len() == 1);
            let links = ProposalLinkInput::links(part.proposals, &campaign, &part_key, kind, workshop)?;
            let point = part.point.map(Into::into);
            let theme = part.theme.map(|theme| code("theme", &theme)).transpose()?;
            let priority_neighbourhood = has_priority(ctx, &campaign, point, part.priority_neighbourhood)?;
            parts.push(part_key.clone());
            // Without the whole, ending it is refused before any part is formed.
            let Some(whole) = &whole else { continue };
            let formation = Formation {
                reference: part.reference.unwrap_or_else(|| format!("{}-{number}", whole.formation.reference)),
                title: Hidden::Disclosed(part.title),
                description: part.description.map(Hidden::Disclosed),
                area: whole.formation.area.clone(),
                theme,
                point,
                priority_neighbourhood,
                kind,
                proposals: links.iter().map(|(proposal, _)| proposal.clone()).collect(),
                selected: None,
                workshops,
                part_of: Some(key.clone()),
            };
            formed.push(Command::Project(part_key, ProjectCommand::Form(Box::new(formation))));
            formed.extend(merges(links));
        }
        let mut commands = end(whole.as_deref(), &key, Ending::Split(parts), &input.reason);
        commands.extend(formed);
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(SplitProjectPayload::of(carried, |view| Project::of(view, &key)))
    }

    /// Takes a project into another (`fondre un projet dans un autre`), from the end of IDEATION to the
    /// end of CO_CONSTRUCTION. It ends, and its proposals are part of the other from then on.
    async fn absorb_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and into which.")] input: AbsorbProjectInput,
    ) -> Result<Option<AbsorbProjectPayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let into: ProjectId = GlobalId::within(&input.into, Kind::Project, &campaign)?;
        let (whole, other) = (seen(ctx, &campaign, &key)?, seen(ctx, &campaign, &into)?);
        let mut commands = end(whole.as_deref(), &key, Ending::Absorbed(into.clone()), &input.reason);
        let there = proposals(other.as_deref());
        let kind = kind_of(ctx, &campaign, &into)?;
        for proposal in proposals(whole.as_deref()).into_iter().filter(|proposal| !there.contains(proposal)) {
            commands.push(Command::Project(into.clone(), ProjectCommand::AddProposal(proposal.clone())));
            let share_percent = share(ctx, &campaign, &proposal, &key)?;
            let reason = Some(input.reason.clone());
            let link = Link { share_percent, reason, ..Link::plain(into.clone(), kind) };
            commands.extend(merges(vec![(proposal, link)]));
        }
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(AbsorbProjectPayload::of(carried, |view| Project::of(view, &into)))
    }

    /// Undoes a merge (`défaire un regroupement`), from the end of IDEATION to the end of CO_CONSTRUCTION.
    /// The project ends and its proposals stand alone again.
    async fn undo_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: UndoMergeInput,
    ) -> Result<Option<UndoMergePayload>, Fault> {
        let (campaign, key): (String, ProjectId) = GlobalId::of(&input.project, Kind::Project)?;
        let whole = seen(ctx, &campaign, &key)?;
        let commands = end(whole.as_deref(), &key, Ending::Undone, &input.reason);
        let carried = carry(ctx, &campaign, input.command_id, commands).await?;
        Ok(UndoMergePayload::of(carried, |view| Project::of(view, &key)))
    }
}

/// The project in the newest version: what it is made of is part of the commands.
fn seen(ctx: &Context<'_>, campaign: &str, key: &ProjectId) -> Result<Option<Arc<ProjectRow>>, Fault> {
    Ok(model(ctx, campaign)?.and_then(|view| view.model.projects.get(key).cloned()))
}

fn kind_of(ctx: &Context<'_>, campaign: &str, key: &ProjectId) -> Result<domain::proposal::MergeKind, Fault> {
    let known = seen(ctx, campaign, key)?;
    // Of an unknown project, the project's own command is refused.
    Ok(known.map_or(domain::proposal::MergeKind::Grouping, |row| row.formation.kind))
}

fn proposals(row: Option<&ProjectRow>) -> Vec<ProposalId> {
    row.into_iter().flat_map(ProjectRow::current_proposals).map(|link| link.proposal.clone()).collect()
}

/// How much of a proposal went into a project, where that was said.
fn share(ctx: &Context<'_>, campaign: &str, proposal: &ProposalId, project: &ProjectId) -> Result<Option<u8>, Fault> {
    let known = model(ctx, campaign)?.and_then(|view| view.model.proposals.get(proposal).cloned());
    Ok(known.and_then(|row| row.current_merges().find(|merge| merge.project == *project)?.share_percent))
}

/// Ends a project and frees its proposals from it.
fn end(row: Option<&ProjectRow>, key: &ProjectId, ending: Ending, reason: &str) -> Vec<Command> {
    let ended = Command::Project(key.clone(), ProjectCommand::End { ending, reason: reason.to_owned() });
    let freed = proposals(row).into_iter().map(|proposal| unmerge(proposal, key, reason));
    std::iter::once(ended).chain(freed).collect()
}

fn unmerge(proposal: ProposalId, project: &ProjectId, reason: &str) -> Command {
    let (project, reason) = (project.clone(), reason.to_owned());
    Command::Proposal(proposal, ProposalCommand::Unmerge { project, reason })
}
