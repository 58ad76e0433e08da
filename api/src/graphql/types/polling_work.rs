//! What waits in the polling places that an agent keeps.
//!
//! Tells what is to be done, and never a number of votes. The places: `polling_place.rs`.

use super::polling_place::{BundleProgress, PollingPlace, progress};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::request::View;
use async_graphql::{Context, Enum, SimpleObject};
use domain::permission::{Permission, Scope};
use domain::polling_place::{AreaPapers, BundleState};
use domain::{AreaId, PlaceId};

/// What is to be done in a polling place.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollingTask {
    /// Open the boxes, now that the vote is over.
    OpenBoxes,
    /// Count signatures and papers.
    CountSignatures,
    /// Enter papers that no agent entered yet.
    Enter,
    /// Enter a bundle that another agent entered.
    EnterAgain,
    /// Decide between entries that differ, with a reason.
    Decide,
}

/// Something that waits in a polling place.
#[derive(SimpleObject)]
pub struct PollingWork {
    /// The place.
    pub place: PollingPlace,
    /// What is to be done.
    pub task: PollingTask,
    /// The code of the area, where it is about one.
    pub area: Option<String>,
    /// The bundle, where it is about one.
    pub bundle: Option<u32>,
}

impl PollingWork {
    /// What waits for the person who asks, place by place.
    pub(crate) fn of(ctx: &Context<'_>, view: &View) -> Result<Vec<Self>, Fault> {
        let session = acting::session(ctx)?;
        let at = acting::now(ctx)?;
        let campaign = &view.model.campaign;
        let keeps = |place: Option<&PlaceId>| {
            let scope = Scope { department: None, place };
            session.agent && campaign.roles.role_for(&session.agent_id, Permission::KeepBoxes, scope, at).is_some()
        };
        acting::holds(ctx, view, Permission::KeepBoxes)?;
        let over = campaign.progress.has_ended(domain::phase::Phase::Vote);
        let mut work = Vec::new();
        for row in view.model.polling_places.rows().filter(|row| keeps(Some(&row.id)) && !row.place.closed) {
            let Some(venue) = row.place.venue.as_deref() else { continue };
            let mut add = |task, area: Option<&AreaId>, bundle| {
                let (place, area) = (PollingPlace::new(view, row), area.map(ToString::to_string));
                work.push(Self { place, task, area, bundle });
            };
            if row.place.boxes.values().any(|known| known.found.is_none()) {
                if over {
                    add(PollingTask::OpenBoxes, None, None);
                }
                continue;
            }
            for area in venue.areas.iter().filter(|_| !row.place.boxes.is_empty()) {
                match row.place.areas.get(area) {
                    None => add(PollingTask::CountSignatures, Some(area), None),
                    Some(papers) => {
                        for (bundle, task) in tasks(papers, &session.agent_id) {
                            add(task, Some(area), bundle);
                        }
                    }
                }
            }
        }
        Ok(work)
    }
}

/// What this agent can do about the papers of an area.
fn tasks(papers: &AreaPapers, agent: &str) -> Vec<(Option<u32>, PollingTask)> {
    let mut tasks = Vec::new();
    for (number, state) in papers.bundles.iter().filter(|(_, state)| state.is_open()) {
        if state.entries.iter().all(|entry| entry.by.as_str() != agent) {
            let decide = progress(state) != BundleProgress::Entered && state.entries.len() > 1;
            let task = if decide { PollingTask::Decide } else { PollingTask::EnterAgain };
            tasks.push((Some(*number), task));
        }
    }
    let open = papers.bundles.values().any(BundleState::is_open);
    if !open && papers.agreed_papers() < u64::from(papers.papers) {
        tasks.push((None, PollingTask::Enter));
    }
    tasks
}
