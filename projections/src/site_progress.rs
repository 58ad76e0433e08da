//! Where a site stands on a given day: how late it is, what was moved and why, and what becomes of the
//! whole project.
//!
//! Knows no clock: whoever asks says which day it is.

use crate::Model;
use crate::overview::Moment;
use crate::sites::{MilestoneRow, SiteRow, SiteState};
use domain::site::Milestone;
use domain::{CalendarDate, Hidden, ProjectId};

/// A stage that should have been reached by now.
#[derive(Clone, Copy, Debug)]
pub struct Delay<'a> {
    /// Which.
    pub milestone: Milestone,
    /// For when it is planned.
    pub due: CalendarDate,
    /// Days since then, at least 1.
    pub days: u32,
    /// Why, as the city said when it moved the stage last.
    pub reason: Option<&'a Hidden<String>>,
}

/// A stage that was moved away from what was promised first.
#[derive(Clone, Copy, Debug)]
pub struct Slip<'a> {
    /// Which.
    pub milestone: Milestone,
    /// What was promised first.
    pub promised: CalendarDate,
    /// When it was reached, or for when it is planned now.
    pub now: CalendarDate,
    /// Whether it was reached.
    pub reached: bool,
    /// Days between the two; below zero when it came earlier.
    pub days: i64,
    /// Why, as the city said when it moved the stage last.
    pub reason: Option<&'a Hidden<String>>,
}

/// From the end of one date to the end of another, in days.
fn days_between(from: CalendarDate, to: CalendarDate) -> i64 {
    (to.last_day() - from.last_day()).whole_days()
}

impl MilestoneRow {
    fn reason(&self) -> Option<&Hidden<String>> {
        self.plans.iter().rev().find_map(|plan| plan.reason.as_ref())
    }

    /// How it moved; none when it didn't, or wasn't planned.
    fn slip(&self) -> Option<Slip<'_>> {
        let (promised, planned) = (self.plans.first()?.on, self.plans.last()?.on);
        let reached = self.reached.and_then(|(on, _)| on);
        let now = reached.unwrap_or(planned);
        let days = days_between(promised, now);
        let slip =
            Slip { milestone: self.milestone, promised, now, reached: reached.is_some(), days, reason: self.reason() };
        (days != 0).then_some(slip)
    }
}

impl SiteRow {
    /// Whether something is still to come: it isn't done, given up, split or merged.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.state(), SiteState::Done | SiteState::Abandoned | SiteState::Split | SiteState::Merged)
    }

    /// The stage that waits longest on this day, if one does. A stage counts as passed when a later one was
    /// reached: cities skip some.
    pub fn late(&self, today: CalendarDate) -> Option<Delay<'_>> {
        if !self.is_under_way() {
            return None;
        }
        let latest = self.milestones.iter().filter(|row| row.reached.is_some()).map(|row| row.milestone).max();
        let waiting = self.milestones.iter().filter(|row| latest.is_none_or(|latest| row.milestone > latest));
        let late = waiting.filter_map(|row| {
            let due = row.plans.last()?.on;
            let days = u32::try_from(days_between(due, today)).ok().filter(|days| *days > 0)?;
            Some(Delay { milestone: row.milestone, due, days, reason: row.reason() })
        });
        late.max_by_key(|delay| (delay.days, std::cmp::Reverse(delay.milestone)))
    }

    /// The stages that moved away from what was promised first, in order.
    pub fn slips(&self) -> Vec<Slip<'_>> {
        self.milestones.iter().filter_map(MilestoneRow::slip).collect()
    }

    /// When it came to the stage where it stands; its opening when it has come to none.
    pub fn stage_since(&self) -> (Option<CalendarDate>, Moment) {
        let latest = self.milestones.iter().rev().find_map(|row| row.reached);
        latest.unwrap_or((None, self.opened))
    }

    /// The day on which people may use it: when it was delivered, or for when that is planned.
    pub fn delivery(&self) -> Option<(CalendarDate, bool)> {
        let row = self.milestones.iter().find(|row| row.milestone == Milestone::Delivery)?;
        match row.reached {
            Some((on, _)) => on.map(|on| (on, true)),
            None => row.plans.last().map(|plan| (plan.on, false)),
        }
    }
}

/// Where a project stands by its sites; none while it has none. Sites that went on in others don't count,
/// given up ones only when nothing else is left. While one of several is delivered and another isn't, the
/// project is in works.
pub fn state(model: &Model, project: &ProjectId) -> Option<SiteState> {
    let states: Vec<SiteState> = model.sites_of(project).map(|row| row.state()).collect();
    let abandoned = states.contains(&SiteState::Abandoned);
    let gone = [SiteState::Abandoned, SiteState::Split, SiteState::Merged];
    let living: Vec<SiteState> = states.into_iter().filter(|state| !gone.contains(state)).collect();
    let (least, most) = (living.iter().min().copied(), living.iter().max().copied());
    match (least, most) {
        (Some(least), Some(most)) if least < SiteState::Delivery => Some(most.min(SiteState::Works)),
        (least, _) => least.or(abandoned.then_some(SiteState::Abandoned)),
    }
}
