//! The history of a site: every event of its stream as it was written, with its moment.
//!
//! Owns the way back from a row to its events. How they are told to people is for whoever shows them.

use crate::sites::{SiteRow, Told};
use domain::site::{Event, Opening};
use std::sync::Arc;

impl SiteRow {
    /// Everything that happened to it, in order: a slip keeps the date that was promised before, a
    /// correction the date that was wrong, a change what was so before.
    pub fn history(&self) -> Vec<Told> {
        let mut history = self.told.clone();
        let known = |position| self.told.binary_search_by_key(&position, |told| told.moment.position).is_ok();
        let mut tell = |moment: crate::overview::Moment, event: Event| {
            if !known(moment.position) {
                history.push(Told { moment, event: Arc::new(event) });
            }
        };
        tell(self.opened, Event::SiteOpened { opening: Box::new(Opening::clone(&self.opening)) });
        for row in &self.milestones {
            let milestone = row.milestone;
            for plan in &row.plans {
                tell(plan.said, Event::MilestonePlanned { milestone, on: plan.on, reason: plan.reason.clone() });
            }
            if let Some((on, moment)) = row.reached {
                tell(moment, Event::MilestoneReached { milestone, on });
            }
        }
        if let Some(abandoned) = &self.abandoned {
            tell(abandoned.moment, Event::SiteAbandoned { reason: abandoned.reason.clone() });
        }
        history.sort_by_key(|told| told.moment.position);
        history
    }
}
