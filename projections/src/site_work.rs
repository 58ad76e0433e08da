//! Which sites wait for their department: late, silent, or without photos.
//!
//! Owns on which list a site stands. Projects that wait for verdicts: [`crate::work`].

use crate::sites::{SiteRow, SiteState};
use crate::work::Desk;
use domain::site::{Event, PhotoStage};
use domain::{CalendarDate, Timestamp};

/// After so many days without news, followers are owed some.
pub const SILENT_DAYS: u16 = 90;

/// A list of sites that wait for something. A site may stand on several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SiteList {
    /// A stage of it is late.
    Late,
    /// It is under way, and nothing was told of it for [`SILENT_DAYS`]: no news, no stage, no new date.
    Silent,
    /// It is in works without a photo of before or during them, or delivered without one of after.
    WithoutPhotos,
}

impl SiteList {
    /// All lists.
    pub const ALL: [Self; 3] = [Self::Late, Self::Silent, Self::WithoutPhotos];
}

/// Since when the site stands on the list; none when it doesn't. A desk without departments has all sites.
pub fn since(row: &SiteRow, list: SiteList, desk: &Desk) -> Option<CalendarDate> {
    let own = row.opening.department.as_ref().is_some_and(|department| desk.departments.contains(department));
    if !own && !desk.departments.is_empty() {
        return None;
    }
    match list {
        SiteList::Late => row.late(desk.now.day()).map(|delay| delay.due),
        SiteList::Silent => {
            let last = last_told(row);
            let silent = row.is_under_way() && last.plus_days(SILENT_DAYS).is_some_and(|due| due <= desk.now);
            silent.then_some(last.day())
        }
        SiteList::WithoutPhotos => {
            let shows = |stages: &[PhotoStage]| row.photos().iter().any(|photo| stages.contains(&photo.stage));
            let missing = match row.state() {
                SiteState::Works => !shows(&[PhotoStage::Before, PhotoStage::During]),
                SiteState::Delivery | SiteState::Done => !shows(&[PhotoStage::After]),
                SiteState::Opened
                | SiteState::Studies
                | SiteState::Procedures
                | SiteState::Abandoned
                | SiteState::Split
                | SiteState::Merged => false,
            };
            let (on, moment) = row.stage_since();
            missing.then(|| on.unwrap_or_else(|| moment.at.day()))
        }
    }
}

/// When people heard of it last.
fn last_told(row: &SiteRow) -> Timestamp {
    let news = row.news().first().map(|news| news.moment.at);
    let plans = row.milestones.iter().filter_map(|stage| stage.plans.last()).map(|plan| plan.said.at);
    let reached = row.milestones.iter().filter_map(|stage| stage.reached).map(|(_, moment)| moment.at);
    let on_again = row.told.iter().rev().find(|told| matches!(*told.event, Event::SiteReopened { .. }));
    let told = news.into_iter().chain(plans).chain(reached).chain(on_again.map(|told| told.moment.at));
    told.max().map_or(row.opened.at, |last| last.max(row.opened.at))
}
