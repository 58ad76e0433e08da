//! Owns what readers of such a log are promised: the read model tells the same links as the streams, and a
//! proposal that reaches a project is one of those from which that project comes.
//! Must not: know how a row is folded; `projections` does.

use domain::{ProjectId, ProposalId, Record, World};
use projections::{Model, lineage};
use std::collections::BTreeSet;

/// The first contradiction between the streams, the rows and the two ways of walking them, in words.
pub(crate) fn check(log: &[Record]) -> Result<(), String> {
    let (mut world, mut model) = (World::default(), Model::default());
    for record in log {
        world.evolve(&record.id, &record.event).map_err(|no| no.to_string())?;
        model.apply(record).map_err(|no| no.to_string())?;
    }
    if (world.proposals.len(), world.projects.len()) != (model.proposals.len(), model.projects.len()) {
        return Err("a proposal or a project has no row".into());
    }
    for (id, proposal) in &world.proposals {
        let way = lineage::forward(&model, id).ok_or_else(|| format!("{id} leads nowhere"))?;
        let open = way.merges.iter().filter(|merge| merge.undone.is_none()).map(|merge| merge.project.clone());
        let open: BTreeSet<ProjectId> = open.collect();
        if open != proposal.projects {
            return Err(format!("the row of {id} says {open:?}, its stream {:?}", proposal.projects));
        }
    }
    for (id, project) in &world.projects {
        let way = lineage::back(&model, id).ok_or_else(|| format!("{id} comes from nowhere"))?;
        let own = way.sources.iter().filter(|source| source.project == *id && source.link.taken_out.is_none());
        let own: BTreeSet<ProposalId> = own.map(|source| source.link.proposal.clone()).collect();
        if own != project.proposals {
            return Err(format!("the row of {id} says {own:?}, its stream {:?}", project.proposals));
        }
        if let Some(source) = way.sources.iter().find(|source| source.merge.is_none()) {
            return Err(format!("{} doesn't know that it was part of {}", source.proposal.id, source.project));
        }
    }
    both_ways(&world, &model)
}

/// Whoever walks from a proposal comes to the projects from which one comes back to it.
fn both_ways(world: &World, model: &Model) -> Result<(), String> {
    let mut there = BTreeSet::new();
    for id in world.proposals.keys() {
        let way = lineage::forward(model, id).into_iter().flat_map(|way| way.stations);
        there.extend(way.map(|station| (id.clone(), station.project.id.clone())));
    }
    let mut back = BTreeSet::new();
    for id in world.projects.keys() {
        let way = lineage::back(model, id).into_iter().flat_map(|way| way.sources);
        back.extend(way.map(|source| (source.proposal.id.clone(), id.clone())));
    }
    let only = there.symmetric_difference(&back).next();
    only.map_or(Ok(()), |(proposal, project)| Err(format!("{proposal} and {project} are joined one way only")))
}
