//! Sites (`chantiers`) of winning projects: stages planned, moved and reached, and all that was told of them.
//!
//! Owns the rows and how they follow from events. What a row comes to: `site_history.rs` (its steps),
//! `site_money.rs`, `site_posts.rs` (news, photos, documents), `site_progress.rs` (where it stands, how
//! late). Where sites lie: `site_index.rs`.

use crate::Table;
use crate::overview::Moment;
use crate::site_index::SiteIndex;
use domain::redaction::take_out;
use domain::site::{Event, Milestone, Opening};
use domain::{CalendarDate, Hidden, Record, SiteId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A stage was planned, for the first time or anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// For when.
    pub on: CalendarDate,
    /// When it was said.
    pub said: Moment,
    /// Why it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hidden<String>>,
}

/// A stage of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MilestoneRow {
    /// Which.
    pub milestone: Milestone,
    /// All plans, oldest first: a slip keeps the date that was promised before.
    pub plans: Vec<Plan>,
    /// When it was reached, and when that was said.
    pub reached: Option<(Option<CalendarDate>, Moment)>,
}

/// Where a site stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SiteState {
    /// Opened, no stage reached yet.
    Opened,
    /// In studies.
    Studies,
    /// In procedures.
    Procedures,
    /// In works.
    Works,
    /// Delivered.
    Delivery,
    /// Done.
    Done,
    /// Given up.
    Abandoned,
    /// Split into others.
    Split,
    /// Merged into another.
    Merged,
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRow {
    /// Its id.
    pub id: SiteId,
    /// As opened, with all changes made since.
    pub opening: Arc<Opening>,
    /// When it was opened.
    pub opened: Moment,
    /// Its stages, those that are planned or reached, in order.
    pub milestones: Vec<MilestoneRow>,
    /// When and why it was given up.
    pub abandoned: Option<Abandonment>,
    /// What was told besides, and what the other members show no longer, in order of the positions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
}

/// What happened to a site, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub moment: Moment,
    /// What.
    pub event: Arc<Event>,
}

impl Told {
    /// Takes a hidden value out. An event stands in JSON under its name, in the log as `/data`.
    pub(crate) fn take_out(&mut self, path: &str) {
        let Ok((name, _)) = domain::Event::Site(Event::clone(&self.event)).encode() else { return };
        let below = path.strip_prefix("/data").map(|below| format!("/{name}{below}"));
        if let Some(without) = below.and_then(|path| take_out(&*self.event, &path)) {
            self.event = Arc::new(without);
        }
    }
}

/// That the city gave a site up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandonment {
    /// When.
    pub moment: Moment,
    /// Why.
    pub reason: Hidden<String>,
}

impl SiteRow {
    /// Where it stands: its latest stage.
    pub fn state(&self) -> SiteState {
        match self.ending() {
            Some((_, Event::SiteSplit { .. })) => return SiteState::Split,
            Some(_) => return SiteState::Merged,
            None => {}
        }
        if self.abandoned.is_some() {
            return SiteState::Abandoned;
        }
        let latest = self.milestones.iter().filter(|row| row.reached.is_some()).map(|row| row.milestone).max();
        match latest {
            None => SiteState::Opened,
            Some(Milestone::Studies) => SiteState::Studies,
            Some(Milestone::Procedures) => SiteState::Procedures,
            Some(Milestone::Works) => SiteState::Works,
            Some(Milestone::Delivery) => SiteState::Delivery,
            Some(Milestone::Done) => SiteState::Done,
        }
    }

    /// That it was split or merged, if it was.
    pub fn ending(&self) -> Option<(Moment, &Event)> {
        // Nothing happens to a site afterwards.
        let last = self.told.last()?;
        let ends = matches!(*last.event, Event::SiteSplit { .. } | Event::SiteMerged { .. });
        ends.then_some((last.moment, &*last.event))
    }

    fn milestone(&mut self, milestone: Milestone) -> Option<&mut MilestoneRow> {
        let place = self.milestones.partition_point(|row| row.milestone < milestone);
        if self.milestones.get(place).is_none_or(|row| row.milestone != milestone) {
            self.milestones.insert(place, MilestoneRow { milestone, plans: Vec::new(), reached: None });
        }
        self.milestones.get_mut(place)
    }

    fn tell(&mut self, moment: Moment, event: Event) {
        let place = self.told.partition_point(|told| told.moment.position < moment.position);
        self.told.insert(place, Told { moment, event: Arc::new(event) });
    }

    /// Keeps the date at which a stage was said to be reached, before it is replaced. A date that came with a
    /// correction is told already.
    fn keep_reached(&mut self, milestone: Milestone) {
        let reached = self.milestone(milestone).and_then(|row| row.reached.take());
        if let Some((on, moment)) = reached
            && self.told.iter().all(|told| told.moment != moment)
        {
            self.tell(moment, Event::MilestoneReached { milestone, on });
        }
    }

    /// Makes the opening anew from what was told, once it was changed.
    pub(crate) fn reopen(&mut self) {
        let mut opening: Option<Opening> = None;
        for told in &self.told {
            if let Event::SiteOpened { opening: first } = &*told.event {
                opening = Some(Opening::clone(first));
            } else if let (Event::SiteChanged { change, .. }, Some(opening)) = (&*told.event, &mut opening) {
                change.make(opening);
            }
        }
        if let Some(opening) = opening {
            self.opening = Arc::new(opening);
        }
    }
}

pub(crate) fn apply(sites: &mut Table<SiteId, SiteRow>, index: &mut SiteIndex, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<SiteId>() else { return };
    let moment = Moment::from(record);
    if let Event::SiteOpened { opening } = event {
        let opening = Arc::new(Opening::clone(opening));
        index.enter(&id, &opening);
        let (milestones, told) = (Vec::new(), Vec::new());
        let row = SiteRow { id: id.clone(), opening, opened: moment, milestones, abandoned: None, told };
        sites.put(id, row);
        return;
    }
    sites.change(&id, |site| match event {
        Event::SiteOpened { .. } => {}
        Event::SiteChanged { .. } => {
            index.leave(&id, &site.opening);
            if site.told.iter().all(|told| !matches!(*told.event, Event::SiteOpened { .. })) {
                let opening = Box::new(Opening::clone(&site.opening));
                site.tell(site.opened, Event::SiteOpened { opening });
            }
            site.tell(moment, event.clone());
            site.reopen();
            index.enter(&id, &site.opening);
        }
        Event::MilestonePlanned { milestone, on, reason } => {
            let plan = Plan { on: *on, said: moment, reason: reason.clone() };
            if let Some(row) = site.milestone(*milestone) {
                row.plans.push(plan);
            }
        }
        Event::MilestoneReached { milestone, on } => {
            if let Some(row) = site.milestone(*milestone) {
                row.reached = Some((*on, moment));
            }
        }
        Event::MilestoneCorrected { milestone, on, .. } => {
            site.keep_reached(*milestone);
            if let Some(row) = site.milestone(*milestone) {
                row.reached = Some((*on, moment));
            }
            site.tell(moment, event.clone());
        }
        Event::SiteAbandoned { reason } => {
            site.abandoned = Some(Abandonment { moment, reason: reason.clone() });
        }
        Event::SiteReopened { .. } => {
            if let Some(Abandonment { moment, reason }) = site.abandoned.take() {
                site.tell(moment, Event::SiteAbandoned { reason });
            }
            site.keep_reached(Milestone::Done);
            site.milestones.retain(|row| row.reached.is_some() || !row.plans.is_empty());
            site.tell(moment, event.clone());
        }
        Event::SiteSplit { .. }
        | Event::SiteMerged { .. }
        | Event::SpendingRecorded { .. }
        | Event::SpendingCorrected { .. }
        | Event::NewsPosted { .. }
        | Event::NewsWithdrawn { .. }
        | Event::PhotoAdded { .. }
        | Event::PhotoRemoved { .. }
        | Event::DocumentAdded { .. }
        | Event::DocumentRemoved { .. }
        | Event::UpkeepAgreed { .. } => site.tell(moment, event.clone()),
    });
}
