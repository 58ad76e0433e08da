//! The ballot list (`liste des projets soumis au vote`): which projects stand on it, under which numbers.
//!
//! Owns what a campaign's events say of the list, and its checks. When it may be drawn up is the
//! campaign's to say. Look next at [`crate::campaign`].

use crate::campaign::{Campaign, Event};
use crate::configuration::Provenance;
use crate::phase::Phase;
use crate::project::{Admission, Decision, Project};
use crate::proposal::check_reason;
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, Hidden, ProjectId, Rejection, count};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most projects in one `CatalogueListed`, so that its leaf stays within 65,535 bytes whatever
/// letters the references are written in.
pub const CATALOGUE_PART: usize = 100;

/// The most exclusions that the entries of one `CatalogueListed` tell together, for the same reason.
const EXCLUSIONS_PART: usize = 100;

/// The most projects that one project excludes.
const MOST_EXCLUDED: usize = 50;

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
    /// Other projects on the list that can't be carried out beside it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<ProjectId>,
    /// Whether it lies in a priority neighbourhood; told where the rule has a floor for these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub priority: bool,
    /// The district in which its place lies; told on a list of the whole city where the rule has limits
    /// per district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<AreaId>,
}

impl Campaign {
    /// What stands on the list for an admitted project.
    fn entry(&self, number: u32, id: &ProjectId, admission: &Admission<'_>, context: &Context<'_>) -> Entry {
        let listed = |other: &&ProjectId| context.world.projects.get(*other).is_some_and(|p| p.admission().is_some());
        let sheet = context.world.projects.get(id).and_then(|project| project.sheet.as_deref());
        let around = self.configuration.as_deref().map(|configuration| &configuration.rules.tally.around);
        let floor = around.is_some_and(|around| around.earmark.is_some());
        let limits = around.is_some_and(|around| around.groups.is_some());
        Entry {
            number,
            project: id.clone(),
            reference: admission.reference.to_owned(),
            cost_cents: admission.cost_cents,
            withdrawn: admission.withdrawn,
            excludes: self.excluded_by(id).into_iter().filter(listed).cloned().collect(),
            priority: floor && sheet.is_some_and(|sheet| sheet.priority_neighbourhood),
            district: sheet.filter(|_| limits).and_then(|sheet| self.district_at(admission.area, sheet.point)),
        }
    }

    /// The projects that a project excludes.
    pub fn excluded_by(&self, id: &ProjectId) -> BTreeSet<&ProjectId> {
        let with_it = self.exclusions.iter().filter(|projects| projects.contains(id));
        with_it.flatten().filter(|other| *other != id).collect()
    }

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
        check_reason(reason, 2_000)?;
        let mut area = None;
        for id in projects {
            let excluded: BTreeSet<_> = self.excluded_by(id).into_iter().chain(projects).collect();
            let room = excluded.len() <= MOST_EXCLUDED.saturating_add(1);
            ensure(room, || Code::TooMany.on("projects").with(MOST_EXCLUDED))?;
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

    pub(crate) fn check_lifting(
        &self,
        projects: &BTreeSet<ProjectId>,
        reason: &Hidden<String>,
    ) -> Result<(), Rejection> {
        ensure(!self.catalogue_published, || Code::CataloguePublished.into())?;
        ensure(self.exclusions.contains(projects), || Code::NotDone.on("projects"))?;
        check_reason(reason, 2_000)
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
        let exclusions: usize = entries.iter().map(|entry| entry.excludes.len()).sum();
        ensure(exclusions <= EXCLUSIONS_PART, || Code::CatalogueMismatch.with("too many exclusions in one event"))?;
        // A project has one reference, so this also keeps one from standing in two parts of a list.
        count::distinct_references(self.ballot_list(area).iter().chain(entries))?;
        let mut next = u32::try_from(self.listed()).unwrap_or(u32::MAX);
        for entry in entries {
            next = next.saturating_add(1);
            ensure(entry.number == next, || Code::CatalogueMismatch.on("number").with(entry.number))?;
            let project = context.world.projects.get(&entry.project);
            let admission = project.and_then(Project::admission).filter(|admission| admission.area == area);
            let same = admission.is_some_and(|a| self.entry(entry.number, &entry.project, &a, context) == *entry);
            ensure(same, || Code::CatalogueMismatch.on("project").with(&entry.project))?;
        }
        Ok(())
    }

    /// The admitted projects, area by area in the order of the configuration, by id. Projects that the
    /// commission left undecided, that ended or that it refused don't stand on the list.
    pub(crate) fn publish(&self, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let mut events = Vec::new();
        let mut number = 0_u32;
        for area in &self.configured()?.areas {
            let mut parts: Vec<Vec<Entry>> = Vec::new();
            for (id, project) in &context.world.projects {
                let Some(admission) = project.admission().filter(|admission| *admission.area == area.id) else {
                    continue;
                };
                number = number.saturating_add(1);
                let entry = self.entry(number, id, &admission, context);
                match parts.last_mut().filter(|part| has_room(part, &entry)) {
                    Some(part) => part.push(entry),
                    None => parts.push(vec![entry]),
                }
            }
            let listed = |entries| Event::CatalogueListed { area: area.id.clone(), entries };
            events.extend(parts.into_iter().map(listed));
        }
        events.push(Event::CataloguePublished { projects: number });
        Ok(events)
    }
}

/// Whether an entry fits into a part of the list.
fn has_room(part: &[Entry], entry: &Entry) -> bool {
    let exclusions: usize = part.iter().chain([entry]).map(|entry| entry.excludes.len()).sum();
    part.len() < CATALOGUE_PART && exclusions <= EXCLUSIONS_PART
}
