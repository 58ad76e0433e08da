//! The lineage (`lignée`) of proposals and projects as dated steps, both ways.
//!
//! Owns the step from the walks of `projections::lineage` to one list in the order of the log. What a
//! project is made of without its ancestors: `types/merging.rs`.

use super::enums::{MergeKind, Role};
use super::place::Moment;
use super::project::Project;
use super::proposal::Proposal;
use super::site::Site;
use super::verdict::Verdict;
use super::workshop::Workshop;
use crate::graphql::request::View;
use async_graphql::{Enum, Object};
use domain::project::Ending;
use domain::{Hidden, ProjectId, ProposalId};
use projections::instruction::VerdictRow;
use projections::lineage::{Back, Forward, Source};
use projections::projects::ProjectRow;
use projections::proposals::{Merge, ProposalRow};
use projections::sites::SiteRow;
use std::sync::Arc;

/// What happened at a step.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A proposal was deposited (`dépôt`).
    Deposited,
    /// A project was formed (`projet formé`).
    Formed,
    /// A proposal became part of a project (`regroupement`).
    Merged,
    /// A proposal is no longer part of a project.
    Unmerged,
    /// A project was split into others (`scission`).
    Split,
    /// A project became part of another (`fusion`).
    Absorbed,
    /// The merge of a project was undone.
    Undone,
    /// A department gave its verdict (`avis`).
    Verdict,
    /// The verdicts were put together (`consolidation`).
    Consolidated,
    /// An author appealed (`recours`).
    Appealed,
    /// The commission put a project on the ballot (`admission au vote`).
    Admitted,
    /// The commission refused a project (`non retenu`).
    Refused,
    /// A site that carries a project out was opened (`chantier`).
    SiteOpened,
}

/// A step of a lineage.
#[derive(Clone)]
pub struct Step {
    view: View,
    kind: StepKind,
    moment: projections::overview::Moment,
    by: Option<domain::Role>,
    proposal: Option<ProposalId>,
    project: Option<ProjectId>,
    into: Vec<ProjectId>,
    merge: Option<Merge>,
    reason: Option<Hidden<String>>,
    verdict: Option<VerdictRow>,
    site: Option<Arc<SiteRow>>,
}

/// A step of a lineage: what happened to which proposal and project, when, and in which role.
#[Object(name = "LineageStep")]
impl Step {
    /// What happened.
    async fn kind(&self) -> StepKind {
        self.kind
    }

    /// When.
    async fn at(&self) -> Moment {
        self.moment.into()
    }

    /// The role of who did it; null where it isn't recorded.
    async fn by(&self) -> Option<Role> {
        self.by.map(Into::into)
    }

    /// The proposal.
    async fn proposal(&self) -> Option<Proposal> {
        Proposal::of(&self.view, self.proposal.as_ref()?)
    }

    /// The project.
    async fn project(&self) -> Option<Project> {
        Project::of(&self.view, self.project.as_ref()?)
    }

    /// The projects in which it goes on, of a SPLIT or ABSORBED one.
    async fn into(&self) -> Vec<Project> {
        self.into.iter().filter_map(|id| Project::of(&self.view, id)).collect()
    }

    /// How a proposal and others came together, of a step MERGED.
    async fn merge_kind(&self) -> Option<MergeKind> {
        self.merge.as_ref().map(|merge| merge.kind.into())
    }

    /// How much of the proposal went in, in percent, where that was said.
    async fn share_percent(&self) -> Option<u8> {
        self.merge.as_ref()?.share_percent
    }

    /// The workshop in which it was agreed, of a step MERGED.
    async fn workshop(&self) -> Option<Workshop> {
        Workshop::of(&self.view, self.merge.as_ref()?.workshop.as_ref()?)
    }

    /// Why; null when not said or removed.
    async fn reason(&self) -> Option<&str> {
        super::area::given(self.reason.as_ref())
    }

    /// What the department said, of a step VERDICT.
    async fn verdict(&self) -> Option<Verdict> {
        let rows = std::slice::from_ref(self.verdict.as_ref()?);
        Verdict::all(&self.view, rows).into_iter().next()
    }

    /// The site, of a step SITE_OPENED.
    async fn site(&self) -> Option<Site> {
        let row = Arc::clone(self.site.as_ref()?);
        Some(Site { view: View::clone(&self.view), row })
    }
}

/// Collects steps of one version.
struct Steps<'a> {
    view: &'a View,
    steps: Vec<Step>,
}

impl Steps<'_> {
    /// A step of which nothing more is said yet.
    fn plain(
        &self,
        kind: StepKind,
        moment: projections::overview::Moment,
        by: impl Into<Option<domain::Role>>,
    ) -> Step {
        Step {
            view: View::clone(self.view),
            kind,
            moment,
            by: by.into(),
            proposal: None,
            project: None,
            into: Vec::new(),
            merge: None,
            reason: None,
            verdict: None,
            site: None,
        }
    }

    fn deposit(&mut self, row: &ProposalRow) {
        let step = self.plain(StepKind::Deposited, row.deposited, row.deposited_by);
        self.steps.push(Step { proposal: Some(row.id.clone()), ..step });
    }

    /// A proposal's way into a project, and out of it where that was undone.
    fn merge(&mut self, proposal: &ProposalId, merge: &Merge) {
        let ends = || (Some(proposal.clone()), Some(merge.project.clone()));
        let step = self.plain(StepKind::Merged, merge.moment, merge.by);
        let ((proposal, project), reason) = (ends(), merge.reason.clone());
        self.steps.push(Step { proposal, project, reason, merge: Some(merge.clone()), ..step });
        if let Some(undone) = &merge.undone {
            let step = self.plain(StepKind::Unmerged, undone.moment, undone.by);
            let (proposal, project) = ends();
            self.steps.push(Step { proposal, project, reason: Some(undone.reason.clone()), ..step });
        }
    }

    /// What happened to a project: how it was formed, what was said of it, how it ended.
    fn project(&mut self, row: &ProjectRow) {
        let id = || Some(row.id.clone());
        let mut steps = vec![self.plain(StepKind::Formed, row.formed, row.formed_by)];
        for said in row.former_verdicts.iter().chain(&row.verdicts) {
            let step = self.plain(StepKind::Verdict, said.moment, said.by);
            steps.push(Step { verdict: Some(said.clone()), ..step });
        }
        steps.extend(row.consolidations.iter().map(|one| self.plain(StepKind::Consolidated, one.moment, one.by)));
        if let Some(appeal) = &row.appeal {
            let step = self.plain(StepKind::Appealed, appeal.moment, domain::Role::Citizen);
            steps.push(Step { reason: Some(appeal.grounds.clone()), ..step });
        }
        if let Some(decision) = &row.decision {
            let kind = if decision.cost_cents.is_some() { StepKind::Admitted } else { StepKind::Refused };
            let step = self.plain(kind, decision.moment, decision.by);
            steps.push(Step { reason: decision.reason.clone(), ..step });
        }
        if let Some(ending) = &row.ending {
            let (kind, into) = match &ending.ending {
                Ending::Split(parts) => (StepKind::Split, parts.clone()),
                Ending::Absorbed(into) => (StepKind::Absorbed, vec![into.clone()]),
                Ending::Undone => (StepKind::Undone, Vec::new()),
            };
            let step = self.plain(kind, ending.moment, ending.by);
            steps.push(Step { into, reason: Some(ending.reason.clone()), ..step });
        }
        for site in self.view.model.sites_of(&row.id) {
            let step = self.plain(StepKind::SiteOpened, site.opened, None);
            steps.push(Step { site: Some(Arc::clone(site)), ..step });
        }
        self.steps.extend(steps.into_iter().map(|step| Step { project: id(), ..step }));
    }

    fn in_order(mut self) -> Vec<Step> {
        self.steps.sort_by_key(|step| step.moment.position);
        self.steps
    }
}

/// Where a proposal went.
pub struct ProposalLineage {
    view: View,
    forward: Forward,
}

impl ProposalLineage {
    /// The lineage of a proposal; none when there is no such proposal.
    pub(crate) fn of(view: &View, id: &ProposalId) -> Option<Self> {
        let forward = projections::lineage::forward(&view.model, id)?;
        Some(Self { view: View::clone(view), forward })
    }
}

/// Where a proposal went (`lignée`): its projects, through splits and absorptions, and what became of
/// them. Nothing that was undone is left out.
#[Object]
impl ProposalLineage {
    /// What happened, in the order of the log.
    async fn steps(&self) -> Vec<Step> {
        let Forward { proposal, merges, stations, .. } = &self.forward;
        let mut steps = Steps { view: &self.view, steps: Vec::new() };
        steps.deposit(proposal);
        merges.iter().for_each(|merge| steps.merge(&proposal.id, merge));
        stations.iter().for_each(|station| steps.project(&station.project));
        steps.in_order()
    }

    /// All projects it came to, each once, from the proposal away; those that ended too.
    async fn projects(&self) -> Vec<Project> {
        self.forward.stations.iter().filter_map(|station| Project::of(&self.view, &station.project.id)).collect()
    }

    /// The workshops in which this was agreed (`ateliers`), in the order of their announcements.
    async fn workshops(&self) -> Vec<Workshop> {
        let all = self.forward.workshops.iter();
        all.map(|row| Workshop { view: View::clone(&self.view), row: Arc::clone(row) }).collect()
    }

    /// The sites that carry them out (`chantiers`).
    async fn sites(&self) -> Vec<Site> {
        let sites = self.forward.stations.iter().flat_map(|station| &station.sites);
        sites.map(|row| Site { view: View::clone(&self.view), row: Arc::clone(row) }).collect()
    }
}

/// Where a project comes from.
pub struct ProjectLineage {
    view: View,
    back: Back,
}

impl ProjectLineage {
    /// The lineage of a project; none when there is no such project.
    pub(crate) fn of(view: &View, id: &ProjectId) -> Option<Self> {
        let back = projections::lineage::back(&view.model, id)?;
        Some(Self { view: View::clone(view), back })
    }
}

/// Where a project comes from (`lignée`): its proposals, through splits and absorptions, and what was
/// said on the way. Nothing that was undone is left out.
#[Object]
impl ProjectLineage {
    /// What happened, in the order of the log.
    async fn steps(&self) -> Vec<Step> {
        let Back { project, ancestors, sources, .. } = &self.back;
        let mut steps = Steps { view: &self.view, steps: Vec::new() };
        let mut deposited = std::collections::BTreeSet::new();
        for Source { proposal, merge, .. } in sources {
            if deposited.insert(&proposal.id) {
                steps.deposit(proposal);
            }
            merge.iter().for_each(|merge| steps.merge(&proposal.id, merge));
        }
        ancestors.iter().chain([project]).for_each(|row| steps.project(row));
        steps.in_order()
    }

    /// All proposals it comes from, each once, oldest first; those that were taken out too.
    async fn proposals(&self) -> Vec<Proposal> {
        let mut rows: Vec<_> = self.back.sources.iter().map(|source| &source.proposal).collect();
        rows.sort_by_key(|row| row.deposited.position);
        rows.dedup_by_key(|row| &row.id);
        rows.into_iter().filter_map(|row| Proposal::of(&self.view, &row.id)).collect()
    }

    /// The projects that went on in it, each once, from the project away.
    async fn projects(&self) -> Vec<Project> {
        self.back.ancestors.iter().filter_map(|row| Project::of(&self.view, &row.id)).collect()
    }
    /// The workshops in which this was agreed (`ateliers`), in the order of their announcements.
    async fn workshops(&self) -> Vec<Workshop> {
        let all = self.back.workshops.iter();
        all.map(|row| Workshop { view: View::clone(&self.view), row: Arc::clone(row) }).collect()
    }
}
