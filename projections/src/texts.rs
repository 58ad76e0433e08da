//! What people typed, by the event that says it: where it stands, and what was removed of it.
//!
//! Owns the index of hidden values and their removal from the other tables. Never holds the values
//! themselves. An index and no table: it has no digest, and a removal changes none.

use crate::overview::{Moment, Reasoned};
use crate::projects::ProjectRow;
use crate::versions::said_at;
use crate::{Disclosed, Model, Table, polling_places, projects, urn};
use domain::campaign::{Campaign, Event as CampaignEvent};
use domain::redaction::{Ground, Target, Text, take_out};
use domain::{CommentId, Event, Hidden, ProjectId, ProposalId, Record, SiteId, StreamKind, WorkshopId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// That a value was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// On which ground.
    pub ground: Ground,
    /// When, by which event.
    pub moment: Moment,
}

/// The hidden values of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRow {
    /// Its stream, who wrote it, and where its values stand.
    pub text: Text,
    /// The number of the act, when the event proposes one.
    pub act: Option<u64>,
    /// Values that are gone without an event that says so.
    pub gone: BTreeSet<String>,
    /// Values that were removed, by path.
    pub redacted: BTreeMap<String, Removal>,
}

impl TextRow {
    /// The paths of the values that are still disclosed.
    pub fn disclosed(&self) -> impl Iterator<Item = &str> {
        let there = |path: &&String| !self.gone.contains(*path) && !self.redacted.contains_key(*path);
        self.text.paths.iter().filter(there).map(String::as_str)
    }
}

impl Disclosed {
    /// The values that the index says are there: what a fold of the log as it is now adds up to.
    pub fn of(texts: &Table<u64, TextRow>) -> Self {
        let mut disclosed = Self::default();
        for (position, row) in texts.iter() {
            disclosed.add(*position, row.disclosed());
        }
        disclosed
    }
}

/// Enters an event with hidden values.
pub(crate) fn note(texts: &mut Table<u64, TextRow>, record: &Record) {
    if record.hidden.is_empty() {
        return;
    }
    let act = match &record.event {
        Event::Campaign(CampaignEvent::ActProposed { number, .. }) => Some(*number),
        Event::Campaign(_)
        | Event::Proposal(_)
        | Event::Project(_)
        | Event::Ballot(_)
        | Event::Site(_)
        | Event::Comment(_)
        | Event::Participant(_)
        | Event::Workshop(_)
        | Event::Urn(_)
        | Event::PollingPlace(_) => None,
    };
    let (text, gone) = (Text::of(record), record.gone.iter().cloned().collect());
    texts.put(record.position, TextRow { text, act, gone, redacted: BTreeMap::new() });
}

/// Takes the values that an event removes out of every table.
pub(crate) fn redact(model: &mut Model, record: &Record, targets: &[Target], ground: Ground) {
    let removal = Removal { ground, moment: Moment::from(record) };
    for target in targets {
        take(model, target, removal);
    }
}

/// Takes one value out of every table.
pub(crate) fn take(model: &mut Model, Target { position, path }: &Target, removal: Removal) {
    model.texts.change(position, |row| {
        row.gone.remove(path);
        row.redacted.insert(path.clone(), removal);
    });
    let Some(row) = model.texts.get(position).cloned() else { return };
    match row.text.kind {
        StreamKind::Campaign => from_campaign(model, *position, row.act, path),
        StreamKind::Proposal => from_proposal(model, &row.text, *position, path),
        StreamKind::Project => from_project(model, &row.text, *position, path),
        StreamKind::Site => from_site(model, &row.text, *position, path),
        StreamKind::Comment => from_comment(model, &row.text, *position, path),
        StreamKind::Participant => model.reports.change(position, |row| clear(&mut row.reason)),
        StreamKind::Workshop => from_workshop(model, &row.text, *position, path),
        StreamKind::Urn => urn::redact(&mut model.urn_steps, *position),
        StreamKind::PollingPlace => polling_places::redact(model, &row.text.id, *position, path),
        // A ballot has no text.
        StreamKind::Ballot => {}
    }
}

/// The only text of an event that has one beside its structure.
const REASON: &str = "/data/reason";

fn clear(reason: &mut Hidden<String>) {
    *reason = Hidden::Redacted;
}

/// Takes a value out of what a row shares with older versions.
fn cut<T: Clone + Serialize + serde::de::DeserializeOwned>(shared: &mut Arc<T>, path: Option<&str>) {
    if let Some(without) = path.and_then(|path| take_out(&**shared, path)) {
        *shared = Arc::new(without);
    }
}

/// Takes out the reasons that an event gave.
fn clear_reasons<'a>(all: impl IntoIterator<Item = &'a mut Reasoned>, position: u64, path: &str) {
    let said = all.into_iter().filter(|one| one.moment.position == position && path == REASON);
    said.for_each(|one| clear(&mut one.reason));
}

fn from_proposal(model: &mut Model, text: &Text, position: u64, path: &str) {
    let Ok(id) = text.id.parse::<ProposalId>() else { return };
    model.proposals.change(&id, |row| {
        if let Some(deposit) = said_at(position, row.deposited, &mut row.changes, &mut row.deposit) {
            cut(deposit, path.strip_prefix("/data/deposit"));
            row.index();
        }
        let joined = row.co_authors.iter_mut().filter(|one| one.joined.position == position);
        joined.for_each(|one| clear(&mut one.name));
        if let Some((moment, Some(withdrawal))) = &mut row.withdrawn
            && moment.position == position
            && path == REASON
        {
            clear(&mut withdrawal.reason);
        }
        clear_reasons(row.removed.iter_mut().chain(&mut row.restored), position, path);
        for merge in &mut row.merges {
            if merge.moment.position == position && path == REASON {
                merge.reason.iter_mut().for_each(clear);
            }
            clear_reasons(&mut merge.undone, position, path);
        }
    });
}

fn from_project(model: &mut Model, text: &Text, position: u64, path: &str) {
    let Ok(id) = text.id.parse::<ProjectId>() else { return };
    model.projects.change(&id, |row| {
        if row.formed.position == position {
            cut(&mut row.formation, path.strip_prefix("/data/formation"));
        }
        if let Some(sheet) = said_at(position, row.formed, &mut row.changes, &mut row.sheet) {
            // A sheet begins as what the formation says.
            cut(sheet, path.strip_prefix("/data/sheet").or_else(|| path.strip_prefix("/data/formation")));
            row.searchable = projects::searchable(&row.formation.reference, &row.sheet);
        }
        clear_reasons(row.proposals.iter_mut().filter_map(|link| link.taken_out.as_mut()), position, path);
        if let Some(ending) = row.ending.as_mut().filter(|ending| ending.moment.position == position) {
            clear(&mut ending.reason);
        }
        from_instruction(row, position, path);
    });
}

fn from_instruction(row: &mut ProjectRow, position: u64, path: &str) {
    clear_reasons(row.assignments.iter_mut().filter_map(|one| one.handed_back.as_mut()), position, path);
    let verdicts = row.verdicts.iter_mut().chain(&mut row.former_verdicts);
    for one in verdicts.filter(|one| one.moment.position == position) {
        cut(&mut one.verdict, path.strip_prefix("/data/verdict"));
    }
    for one in row.commitments.iter_mut().filter(|one| one.moment.position == position) {
        cut(&mut one.commitment, path.strip_prefix("/data/commitment"));
    }
    clear_reasons(row.consolidations.iter_mut().filter_map(|one| one.reopened.as_mut()), position, path);
    if let Some(appeal) = row.appeal.as_mut().filter(|appeal| appeal.moment.position == position) {
        clear(&mut appeal.grounds);
    }
    if let Some(scope) = row.scope.as_mut().filter(|scope| scope.moment.position == position) {
        cut(&mut scope.change, path.strip_prefix("/data/change"));
    }
    if let Some(decision) = &mut row.decision
        && decision.moment.position == position
        && path == REASON
    {
        decision.reason.iter_mut().for_each(clear);
    }
}

fn from_comment(model: &mut Model, text: &Text, position: u64, path: &str) {
    let Ok(id) = text.id.parse::<CommentId>() else { return };
    model.comments.change(&id, |row| {
        if row.posted.position == position {
            match path {
                "/data/author_name" => clear(&mut row.author_name),
                "/data/text" => clear(&mut row.text),
                _ => {}
            }
        }
        clear_reasons(row.removed.iter_mut().chain(&mut row.restored), position, path);
    });
}

fn from_workshop(model: &mut Model, text: &Text, position: u64, path: &str) {
    let Ok(id) = text.id.parse::<WorkshopId>() else { return };
    model.workshops.change(&id, |row| {
        if let Some(announcement) = said_at(position, row.announced, &mut row.changes, &mut row.announcement) {
            cut(announcement, path.strip_prefix("/data/announcement"));
        }
        clear_reasons(&mut row.cancelled, position, path);
        if let Some(published) = row.minutes.as_mut().filter(|one| one.moment.position == position) {
            match path {
                "/data/minutes" => clear(&mut published.minutes),
                "/data/conclusions" => clear(&mut published.conclusions),
                _ => {}
            }
        }
        for (place, one) in row.alternatives.iter_mut().enumerate().filter(|(_, one)| one.proposed.position == position)
        {
            match path.strip_prefix(&format!("/data/alternatives/{place}")) {
                Some("/title") => clear(&mut one.title),
                Some("/text") => clear(&mut one.text),
                _ => {}
            }
        }
        if let Some(last) = row.final_text.as_mut().filter(|last| last.moment.position == position) {
            clear(&mut last.text);
        }
    });
}

fn from_site(model: &mut Model, text: &Text, position: u64, path: &str) {
    let Ok(id) = text.id.parse::<SiteId>() else { return };
    model.sites.change(&id, |row| {
        if row.opened.position == position {
            cut(&mut row.opening, path.strip_prefix("/data/opening"));
        }
        if let Some(told) = row.told.iter_mut().find(|told| told.moment.position == position) {
            told.take_out(path);
            row.reopen();
        }
        if path != REASON {
            return;
        }
        let plans = row.milestones.iter_mut().flat_map(|milestone| &mut milestone.plans);
        plans.filter(|plan| plan.said.position == position).for_each(|plan| plan.reason.iter_mut().for_each(clear));
        if let Some(abandoned) = row.abandoned.as_mut().filter(|abandoned| abandoned.moment.position == position) {
            clear(&mut abandoned.reason);
        }
    });
}

fn from_campaign(model: &mut Model, position: u64, act: Option<u64>, path: &str) {
    if let Some(number) = act {
        let below = path.strip_prefix("/data/act").unwrap_or(path);
        Arc::make_mut(&mut model.campaign).acts.take_out(number, below);
    }
    let overview = Arc::make_mut(&mut model.overview);
    let turns = overview.phases.iter_mut().flat_map(|row| row.opened.iter_mut().chain(&mut row.closed));
    for turn in turns.filter(|turn| turn.moment.position == position && path == REASON) {
        turn.reason.iter_mut().for_each(clear);
    }
    let exclude = |row: &&Arc<ProjectRow>| row.exclusions.iter().any(|one| one.moment.position == position);
    let excluding: Vec<ProjectId> = model.projects.rows().filter(exclude).map(|row| row.id.clone()).collect();
    for id in excluding {
        model.projects.change(&id, |row| {
            let said = row.exclusions.iter_mut().filter(|one| one.moment.position == position);
            said.for_each(|one| clear(&mut one.reason));
        });
    }
    let decided = |row: &&Arc<ProjectRow>| row.council.iter().any(|one| one.moment.position == position);
    let decided: Vec<ProjectId> = model.projects.rows().filter(decided).map(|row| row.id.clone()).collect();
    for id in decided {
        model.projects.change(&id, |row| {
            let said = row.council.iter_mut().filter(|one| one.moment.position == position && path == REASON);
            said.for_each(|one| clear(&mut one.decided.reason));
        });
    }
    if let Some(below) = path.strip_prefix("/data/configuration") {
        let of_configurations = model.texts.iter().filter(|(_, row)| {
            row.text.kind == StreamKind::Campaign
                && row.text.paths.iter().any(|path| path.starts_with("/data/configuration/"))
        });
        // What an earlier configuration said was replaced by the latest one.
        if of_configurations.last().is_some_and(|(latest, _)| *latest == position) {
            from_configuration(model, below);
        }
    }
}

fn from_configuration(model: &mut Model, path: &str) {
    let campaign: &mut Campaign = Arc::make_mut(&mut model.campaign);
    let Some(configuration) = &mut campaign.configuration else { return };
    if let Some(without) = take_out(&**configuration, path) {
        **configuration = without;
    }
    let overview = Arc::make_mut(&mut model.overview);
    overview.title.clone_from(&configuration.title);
    overview.territory.clone_from(&configuration.territory);
    overview.source.clone_from(&configuration.source);
    overview.themes.clone_from(&configuration.themes);
    overview.departments.clone_from(&configuration.departments);
    overview.participation.clone_from(&configuration.participation);
    overview.instruction.clone_from(&configuration.instruction);
    for one in &configuration.participation.neighbourhoods {
        model.neighbourhoods.change(&one.id, |row| row.name.clone_from(&one.name));
    }
    for area in &configuration.areas {
        model.areas.change(&area.id, |row| row.name.clone_from(&area.name));
    }
}
