//! Polling places (`lieux de vote`): where they stand, and every step of their boxes and papers.
//!
//! Owns the rows. A row holds what two agents read, as the log does: whoever shows it keeps that back
//! until the result is proclaimed.

use crate::Model;
use crate::overview::Moment;
use domain::ballot::Paper;
use domain::count::{self, Collected};
use domain::polling_place::{Event, PollingPlace};
use domain::redaction::take_out;
use domain::{AreaId, Decider, PlaceId, Record, Role};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A step of a polling place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// When.
    pub moment: Moment,
    /// Who, by pseudonym.
    pub by: String,
    /// In which role.
    pub role: Role,
    /// What.
    pub event: Event,
}

/// A polling place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollingPlaceRow {
    /// Its id.
    pub id: PlaceId,
    /// When it was opened.
    pub opened: Moment,
    /// Where it stands.
    pub place: PollingPlace,
    /// All that happened to it, oldest first; of counts only that they were agreed, for what was read is
    /// in its state.
    pub steps: Vec<StepRow>,
}

pub(crate) fn apply(model: &mut Model, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<PlaceId>() else { return };
    let moment = Moment::from(record);
    if let Event::PollingPlaceOpened { .. } = event {
        let (place, steps) = (PollingPlace::default(), Vec::new());
        model.polling_places.put(id.clone(), PollingPlaceRow { id: id.clone(), opened: moment, place, steps });
    }
    model.polling_places.change(&id, |row| {
        row.place.evolve(event);
        let (by, role) = (record.actor.id.clone(), record.actor.role);
        row.steps.push(StepRow { moment, by, role, event: event.clone() });
    });
}

/// Takes a text out of the step that said it, and out of what stands if it said that; `path` is the
/// value's JSON pointer below the leaf.
pub(crate) fn redact(model: &mut Model, id: &str, position: u64, path: &str) {
    let (Ok(id), Some(below)) = (id.parse::<PlaceId>(), path.strip_prefix("/data")) else { return };
    model.polling_places.change(&id, |row| {
        let venue =
            |event: &Event| matches!(event, Event::PollingPlaceOpened { .. } | Event::PollingPlaceChanged { .. });
        let standing = row.steps.iter().rfind(|step| venue(&step.event)).map(|step| step.moment.position);
        for step in row.steps.iter_mut().filter(|step| step.moment.position == position) {
            // An event is written as an object under its name.
            let named = domain::Event::PollingPlace(step.event.clone()).encode();
            let without = named.ok().and_then(|(name, _)| take_out(&step.event, &format!("/{name}{below}")));
            step.event = without.unwrap_or_else(|| step.event.clone());
        }
        if standing == Some(position)
            && let Some(venue) = &mut row.place.venue
            && let Some(without) = below.strip_prefix("/venue").and_then(|path| take_out(&**venue, path))
        {
            **venue = without;
        }
    });
}

/// The polling places that the public lot draws for a recount; none until it is drawn.
pub fn audited(model: &Model, size: usize) -> Option<Vec<PlaceId>> {
    let collected = collected(model, Vec::new());
    Some(count::audited(&collected, size)?.into_iter().filter_map(|id| id.parse().ok()).collect())
}

/// How many papers of an area were in the boxes of all places, as far as they were counted.
pub fn papers_in_boxes(model: &Model, area: &AreaId) -> u64 {
    let papers = |(_, place): (_, &PollingPlace)| place.areas.get(area).map_or(0, |counted| u64::from(counted.papers));
    all(model).into_iter().map(papers).sum()
}

/// What there is to count in a version.
pub(crate) fn collected<'a>(model: &'a Model, papers: Vec<(&'a AreaId, &'a Paper)>) -> Collected<'a> {
    Collected { campaign: &model.campaign, papers, urn: &model.urn, places: all(model) }
}

/// The polling places of a version, for the count.
fn all(model: &Model) -> Vec<(&PlaceId, &PollingPlace)> {
    model.polling_places.rows().map(|row: &Arc<PollingPlaceRow>| (&row.id, &row.place)).collect()
}
