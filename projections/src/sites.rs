//! Sites (`chantiers`) of winning projects: stages planned, moved and reached.

use crate::Table;
use crate::overview::Moment;
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
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRow {
    /// Its id.
    pub id: SiteId,
    /// As opened.
    pub opening: Arc<Opening>,
    /// When it was opened.
    pub opened: Moment,
    /// Its stages, those that are planned or reached, in order.
    pub milestones: Vec<MilestoneRow>,
    /// When and why it was given up.
    pub abandoned: Option<Abandonment>,
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

    fn milestone(&mut self, milestone: Milestone) -> Option<&mut MilestoneRow> {
        let place = self.milestones.partition_point(|row| row.milestone < milestone);
        if self.milestones.get(place).is_none_or(|row| row.milestone != milestone) {
            self.milestones.insert(place, MilestoneRow { milestone, plans: Vec::new(), reached: None });
        }
        self.milestones.get_mut(place)
    }
}

pub(crate) fn apply(sites: &mut Table<SiteId, SiteRow>, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<SiteId>() else { return };
    let moment = Moment::from(record);
    match event {
        Event::SiteOpened { opening } => {
            let opening = Arc::new(Opening::clone(opening));
            let row = SiteRow { id: id.clone(), opening, opened: moment, milestones: Vec::new(), abandoned: None };
            sites.put(id, row);
        }
        Event::MilestonePlanned { milestone, on, reason } => {
            let plan = Plan { on: *on, said: moment, reason: reason.clone() };
            sites.change(&id, |site| {
                if let Some(row) = site.milestone(*milestone) {
                    row.plans.push(plan);
                }
            });
        }
        Event::MilestoneReached { milestone, on } => sites.change(&id, |site| {
            if let Some(row) = site.milestone(*milestone) {
                row.reached = Some((*on, moment));
            }
        }),
        Event::SiteAbandoned { reason } => {
            let reason = reason.clone();
            sites.change(&id, |site| site.abandoned = Some(Abandonment { moment, reason }));
        }
    }
}
