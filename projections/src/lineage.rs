//! Where a proposal went, and where a project comes from (`lignée`): the same graph walked both ways.
//!
//! Its nodes are proposals and projects; its edges are links of a proposal to a project, and passages
//! of a project into others: split or absorbed. Nothing that was undone is left out; each edge has its
//! date, the role of whoever drew it and, where there was one, its workshop.

use crate::Model;
use crate::overview::Moment;
use crate::projects::{EndingRow, LinkRow, ProjectRow};
use crate::proposals::{Merge, ProposalRow};
use crate::results::ResultRow;
use crate::sites::SiteRow;
use crate::workshops::WorkshopRow;
use domain::project::Ending;
use domain::{Hidden, ProjectId, ProposalId, Role, WorkshopId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How a project went on in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassageKind {
    /// It was split; the other is one of its parts.
    Split,
    /// It became part of the other.
    Absorbed,
}

/// That a project went on in another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The project that ended.
    pub from: ProjectId,
    /// The one in which it goes on.
    pub into: ProjectId,
    /// How.
    pub kind: PassageKind,
    /// When.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
    /// Why.
    pub reason: Hidden<String>,
}

/// A project that a proposal came to, with what became of it.
#[derive(Clone, Debug)]
pub struct Station {
    /// The project: its verdicts, its decision, its number on the ballot.
    pub project: Arc<ProjectRow>,
    /// Its result, once proclaimed.
    pub result: Option<Arc<ResultRow>>,
    /// The sites that carry it out.
    pub sites: Vec<Arc<SiteRow>>,
}

/// Where a proposal went.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The proposal.
    pub proposal: Arc<ProposalRow>,
    /// Its own links, oldest first; also those that were undone.
    pub merges: Vec<Merge>,
    /// How these projects went on in others, from the proposal away.
    pub passages: Vec<Passage>,
    /// All these projects, each once, from the proposal away.
    pub stations: Vec<Station>,
    /// The workshops in which this was agreed.
    pub workshops: Vec<Arc<WorkshopRow>>,
}

/// A proposal that a project comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The proposal.
    pub proposal: Arc<ProposalRow>,
    /// The project that it was linked to: the one that was asked for, or one that went on in it.
    pub project: ProjectId,
    /// The link, as the project says it.
    pub link: LinkRow,
    /// The link, as the proposal says it: kind, share, reason, workshop.
    pub merge: Option<Merge>,
}

/// Where a project comes from.
#[derive(Clone, Debug)]
pub struct Back {
    /// The project.
    pub project: Arc<ProjectRow>,
    /// How other projects went on in it, from the project away.
    pub passages: Vec<Passage>,
    /// These other projects, each once, from the project away.
    pub ancestors: Vec<Arc<ProjectRow>>,
    /// The proposals of all of them; also those that were taken out.
    pub sources: Vec<Source>,
    /// The workshops in which this was agreed.
    pub workshops: Vec<Arc<WorkshopRow>>,
}

/// Where a proposal went; none when there is no such proposal.
pub fn forward(model: &Model, id: &ProposalId) -> Option<Forward> {
    let proposal = Arc::clone(model.proposals.get(id)?);
    let merges = proposal.merges.clone();
    let mut queue: Vec<ProjectId> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut meet = |queue: &mut Vec<ProjectId>, id: &ProjectId| {
        if seen.insert(id.clone()) {
            queue.push(id.clone());
        }
    };
    merges.iter().for_each(|merge| meet(&mut queue, &merge.project));
    let (mut passages, mut rows) = (Vec::new(), Vec::new());
    // The queue grows while it is walked; each project enters it once.
    let mut next = 0;
    while let Some(id) = queue.get(next).cloned() {
        next += 1;
        let Some(row) = model.projects.get(&id) else { continue };
        for passage in onward(row) {
            meet(&mut queue, &passage.into);
            passages.push(passage);
        }
        rows.push(Arc::clone(row));
    }
    let own = merges.iter().filter_map(|merge| merge.workshop.as_ref());
    let workshops = workshops(model, own.chain(rows.iter().flat_map(|row| agreed_in(row))));
    let stations = rows.into_iter().map(|project| station(model, project)).collect();
    Some(Forward { proposal, merges, passages, stations, workshops })
}

/// Where a project comes from; none when there is no such project.
pub fn back(model: &Model, id: &ProjectId) -> Option<Back> {
    let project = Arc::clone(model.projects.get(id)?);
    let mut queue = vec![Arc::clone(&project)];
    let mut seen = BTreeSet::from([id.clone()]);
    let (mut passages, mut sources) = (Vec::new(), Vec::new());
    let mut next = 0;
    while let Some(row) = queue.get(next).cloned() {
        next += 1;
        for from in row.formation.part_of.iter().chain(&row.absorbed) {
            let Some(before) = model.projects.get(from) else { continue };
            passages.extend(onward(before).into_iter().filter(|passage| passage.into == row.id));
            if seen.insert(from.clone()) {
                queue.push(Arc::clone(before));
            }
        }
        sources.extend(sources_of(model, &row));
    }
    let own = sources.iter().filter_map(|source| source.merge.as_ref()?.workshop.as_ref());
    let workshops = workshops(model, own.chain(queue.iter().flat_map(|row| agreed_in(row))));
    Some(Back { project, passages, ancestors: queue.split_off(1), sources, workshops })
}

/// How a project went on.
fn onward(row: &ProjectRow) -> Vec<Passage> {
    let Some(EndingRow { ending, moment, by, reason }) = &row.ending else { return Vec::new() };
    let passage = |into: &ProjectId, kind| Passage {
        from: row.id.clone(),
        into: into.clone(),
        kind,
        moment: *moment,
        by: *by,
        reason: reason.clone(),
    };
    match ending {
        Ending::Split(parts) => parts.iter().map(|part| passage(part, PassageKind::Split)).collect(),
        Ending::Absorbed(other) => vec![passage(other, PassageKind::Absorbed)],
        Ending::Undone => Vec::new(),
    }
}

/// The links of a project; the n-th one to a proposal is the n-th that the proposal has to the project.
fn sources_of<'a>(model: &'a Model, row: &'a ProjectRow) -> impl Iterator<Item = Source> + 'a {
    row.proposals.iter().enumerate().filter_map(|(place, link)| {
        let proposal = Arc::clone(model.proposals.get(&link.proposal)?);
        let before = row.proposals.iter().take(place).filter(|other| other.proposal == link.proposal).count();
        let merge = proposal.merges.iter().filter(|merge| merge.project == row.id).nth(before).cloned();
        Some(Source { proposal, project: row.id.clone(), link: link.clone(), merge })
    })
}

fn station(model: &Model, project: Arc<ProjectRow>) -> Station {
    let sites = model.sites_of(&project.id).cloned().collect();
    Station { result: model.results.get(&project.id).cloned(), sites, project }
}

/// The workshops that a project refers to.
fn agreed_in(row: &ProjectRow) -> impl Iterator<Item = &WorkshopId> {
    row.formation.workshops.iter().chain(row.changes.iter().filter_map(|change| change.workshop.as_ref()))
}

/// Each once, in the order of their announcements.
fn workshops<'a>(model: &Model, ids: impl Iterator<Item = &'a WorkshopId>) -> Vec<Arc<WorkshopRow>> {
    let ids: BTreeSet<&WorkshopId> = ids.collect();
    let mut rows: Vec<_> = ids.into_iter().filter_map(|id| model.workshops.get(id)).cloned().collect();
    rows.sort_unstable_by_key(|row| row.announced.position);
    rows
}
