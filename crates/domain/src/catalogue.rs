//! The ballot list (`liste des projets soumis au vote`): which projects stand on it, under which numbers.
//!
//! Owns what a campaign's events say of the list, and its checks. When it may be drawn up is the
//! campaign's to say. Look next at [`crate::campaign`].

use crate::campaign::{Campaign, Event};
use crate::configuration::Provenance;
use crate::phase::Phase;
use crate::project::{Admission, Decision, Project};
use crate::proposal::is_said;
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, Hidden, ProjectId, Rejection, count};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most projects in one `CatalogueListed`, so that its leaf stays within 65,535 bytes whatever
/// letters the references are written in.
pub const CATALOGUE_PART: usize = 100;

/// A project on the ballot (`projet soumis au vote`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number on the ballot, from 1, unique in the campaign. Ballots name projects by it.
    pub number: u32,
    /// The project.
    pub project: ProjectId,
    /// The project's public reference, by which the lot and the tie-break by id know it.
    pub reference: String,
    /// What it takes from the envelope, in cents.
    pub cost_cents: Cents,
    /// Withdrawn after the papers were printed: it stays on the list and can't win.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

impl Entry {
    fn new(number: u32, project: ProjectId, admission: &Admission<'_>) -> Self {
        let reference = admission.reference.to_owned();
        Self { number, project, reference, cost_cents: admission.cost_cents, withdrawn: admission.withdrawn }
    }
}

impl Campaign {
    /// Refuses an exclusion that isn't between living projects of one area.
    pub(crate) fn check_exclusion(
        &self,
        projects: &BTreeSet<ProjectId>,
        reason: &Hidden<String>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        self.configured()?;
        ensure(!self.catalogue_published, || Code::CataloguePublished.into())?;
        ensure(projects.len() >= 2, || Code::TooFewProjects.on("projects").with(2))?;
        ensure(!self.exclusions.contains(projects), || Code::AlreadyDone.on("projects"))?;
        ensure(is_said(Some(reason)), || Code::ReasonMissing.on("reason"))?;
        let mut area = None;
        for id in projects {
            let project = context.world.projects.get(id);
            let known = project.and_then(|one| Some((one, one.formation.as_ref()?)));
            let (project, formation) = known.ok_or_else(|| Code::NotFound.on("projects").with(id))?;
            ensure(project.ending.is_none(), || Code::ProjectEnded.on("projects").with(id))?;
            let refused = project.decision == Some(Decision::Refused);
            ensure(!refused, || Code::ProjectDecided.on("projects").with(id))?;
            let same = area.replace(&formation.area).is_none_or(|before| *before == formation.area);
            ensure(same, || Code::OtherArea.on("projects").with(id))?;
        }
        Ok(())
    }

    pub(crate) fn check_listing(
        &self,
        area: &AreaId,
        entries: &[Entry],
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        configuration.require_area(area)?;
        self.between_ends(Phase::CoConstruction, Phase::PreVote)?;
        if configuration.provenance == Provenance::Native && configuration.period(Phase::PreSubmit).is_some() {
            // Admissions end with PRE_SUBMIT, so the list can't miss one that comes later.
            ensure(self.progress.has_ended(Phase::PreSubmit), || Code::TooEarly.with(Phase::PreSubmit.code()))?;
        }
        ensure(!self.catalogue_published, || Code::CataloguePublished.into())?;
        ensure(!entries.is_empty(), || Code::EmptyList.on("entries"))?;
        ensure(entries.len() <= CATALOGUE_PART, || Code::CatalogueMismatch.with("too many entries in one event"))?;
        // A project has one reference, so this also keeps one from standing in two parts of a list.
        count::distinct_references(self.ballot_list(area).iter().chain(entries))?;
        let mut next = u32::try_from(self.listed()).unwrap_or(u32::MAX);
        for entry in entries {
            next = next.saturating_add(1);
            ensure(entry.number == next, || Code::CatalogueMismatch.on("number").with(entry.number))?;
            let project = context.world.projects.get(&entry.project);
            let admission = project.and_then(Project::admission).filter(|admission| admission.area == area);
            let same = admission.is_some_and(|a| Entry::new(entry.number, entry.project.clone(), &a) == *entry);
            ensure(same, || Code::CatalogueMismatch.on("project").with(&entry.project))?;
        }
        Ok(())
    }

    /// The admitted projects, area by area in the order of the configuration, by id.
    pub(crate) fn publish(&self, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let mut events = Vec::new();
        let mut number = 0_u32;
        for area in &self.configured()?.areas {
            let mut entries = Vec::new();
            for (id, project) in &context.world.projects {
                if let Some(admission) = project.admission().filter(|admission| *admission.area == area.id) {
                    number = number.saturating_add(1);
                    entries.push(Entry::new(number, id.clone(), &admission));
                }
            }
            for part in entries.chunks(CATALOGUE_PART) {
                events.push(Event::CatalogueListed { area: area.id.clone(), entries: part.to_vec() });
            }
        }
        events.push(Event::CataloguePublished { projects: number });
        Ok(events)
    }
}
