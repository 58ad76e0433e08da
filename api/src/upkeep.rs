//! What goes on beside following the logs: snapshots are written, tables of an older version of the
//! folds are folded anew, and the past of a log that was taken up from a snapshot is read.
//!
//! Owns when that is due, and how far it is. Nobody waits for it: snapshots are written from versions
//! that never change, and a rebuild is handed to the follower when it has caught up. Must not publish
//! anything. Next: `read_model.rs`, which does; `snapshot.rs`, which writes.

use crate::campaign_version::CampaignVersion;
use crate::read_model::{REST, ReadModel};
use projections::VERSION;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Events after which a new snapshot is due.
const SNAPSHOT_EVENTS: u64 = 20_000;

/// How old a snapshot gets while events come in.
const SNAPSHOT_AGE: Duration = Duration::from_secs(3_600);

/// After a snapshot was written, none is for that many times as long: however fast events come in,
/// writing takes a tenth of a core at most.
const SNAPSHOT_REST: u32 = 9;

/// How long after a snapshot failed none is tried.
const SNAPSHOT_RETRY: Duration = Duration::from_secs(60);

/// What goes on beside a campaign's tables.
#[derive(Debug)]
pub(crate) struct Place {
    /// Events that its log had when it was last looked at.
    pub(crate) size: u64,
    /// Events that the snapshot used at start held.
    pub(crate) snapshot: Option<u64>,
    /// Events that the newest snapshot of this version of the folds holds.
    pub(crate) saved: u64,
    saved_at: Instant,
    /// No snapshot is written before.
    rest_until: Instant,
    saving: bool,
    /// Events folded anew, and events there are.
    pub(crate) rebuilding: Option<(u64, u64)>,
    /// Folded anew, and not served yet.
    pub(crate) rebuilt: Option<Arc<CampaignVersion>>,
    /// What is served wasn't folded here from the beginning: no version of the past is kept yet.
    pub(crate) past_unread: bool,
}

impl Default for Place {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            size: 0,
            snapshot: None,
            saved: 0,
            saved_at: now,
            rest_until: now,
            saving: false,
            rebuilding: None,
            rebuilt: None,
            past_unread: false,
        }
    }
}

impl Place {
    /// Whether a version of this size has to be kept now.
    fn is_due(&self, size: u64) -> bool {
        let new = size.saturating_sub(self.saved);
        let now = Instant::now();
        let due = new >= SNAPSHOT_EVENTS || (new > 0 && now.duration_since(self.saved_at) >= SNAPSHOT_AGE);
        due && !self.saving && now >= self.rest_until
    }
}

/// A broken log is read anew at each start, and tables of an older version have their snapshot.
fn can_be_kept(campaign: &CampaignVersion) -> bool {
    campaign.broken.is_none() && campaign.folds == VERSION
}

impl ReadModel {
    /// Changes or reads what goes on beside a campaign.
    pub(crate) fn place<T>(&self, code: &str, change: impl FnOnce(&mut Place) -> T) -> T {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get_mut(code) {
            return change(place);
        }
        change(places.entry(code.to_owned()).or_default())
    }

    /// Begins what is due.
    pub(crate) fn tend(self: &Arc<Self>, beside: &mut JoinSet<()>) {
        while beside.try_join_next().is_some() {}
        for campaign in self.current.load().campaigns.values() {
            if campaign.broken.is_none() && campaign.folds != VERSION {
                let begins = self.place(&campaign.code, |place| {
                    let begins = place.rebuilding.is_none();
                    place.rebuilding.get_or_insert((0, campaign.size()));
                    begins
                });
                if begins {
                    beside.spawn(Arc::clone(self).rebuild(CampaignVersion::new(
                        campaign.log,
                        &campaign.origin,
                        &campaign.code,
                    )));
                }
            } else if self.snapshots.is_some() && can_be_kept(campaign) {
                let due = self.place(&campaign.code, |place| {
                    let due = place.is_due(campaign.size());
                    place.saving |= due;
                    due
                });
                if due {
                    let (this, campaign) = (Arc::clone(self), Arc::clone(campaign));
                    beside.spawn(async move { this.write(campaign).await });
                }
            }
            if can_be_kept(campaign) && self.place(&campaign.code, |place| std::mem::take(&mut place.past_unread)) {
                beside.spawn(Arc::clone(self).retrace(Arc::clone(campaign)));
            }
        }
    }

    /// Folds a log anew from its beginning, until it holds as much as what is served.
    async fn rebuild(self: Arc<Self>, empty: CampaignVersion) {
        let code = empty.code.clone();
        tracing::info!(
            campaign = code,
            "its tables are folded anew in the background; those of its snapshot are served"
        );
        let mut next = Arc::new(empty);
        loop {
            let served = self.current.load().campaigns.get(&code).map_or(0, |campaign| campaign.size());
            self.place(&code, |place| place.rebuilding = Some((next.size(), served)));
            if next.broken.is_some() || next.size() >= served {
                break;
            }
            let from = Arc::clone(&next);
            match self.store.read_with(move |reader| from.next(reader)).await {
                Ok(folded) => next = Arc::new(folded),
                Err(error) => {
                    tracing::error!(campaign = code, code = error.code(), "folding anew waits for the store: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
            tokio::task::yield_now().await;
        }
        self.place(&code, |place| place.rebuilt = Some(next));
    }

    /// Writes a snapshot of each campaign that has events since its last one: at a graceful end, once
    /// the follower has stopped. A snapshot that fails is told in the log of the server.
    pub async fn save(&self) {
        let campaigns: Vec<_> = self.current.load().campaigns.values().cloned().collect();
        for campaign in campaigns {
            let new = self.place(&campaign.code, |place| campaign.size() > place.saved);
            if new && can_be_kept(&campaign) {
                self.write(campaign).await;
            }
        }
    }

    /// Destroys the snapshots of a campaign: values that they hold were removed from its log.
    pub(crate) async fn forget_snapshots(&self, code: &str) {
        let Some(snapshots) = self.snapshots.clone() else { return };
        let of = code.to_owned();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || snapshots.forget(&of)).await {
            tracing::error!(campaign = code, code = error.code(), "a snapshot holds removed values still: {error}");
        }
        self.place(code, |place| place.saved = 0);
    }

    async fn write(&self, campaign: Arc<CampaignVersion>) {
        let Some(snapshots) = self.snapshots.clone() else { return };
        let (code, size, removals) = (campaign.code.clone(), campaign.size(), campaign.removals());
        let began = Instant::now();
        let written = tokio::task::spawn_blocking(move || snapshots.save(&campaign)).await;
        let took = began.elapsed();
        let kept = match written {
            Ok(Ok(bytes)) => {
                tracing::info!(campaign = code, size, bytes, millis = took.as_millis(), "a snapshot was written");
                true
            }
            Ok(Err(error)) => {
                tracing::warn!(campaign = code, code = error.code(), "no snapshot was written: {error}");
                false
            }
            Err(_) => false,
        };
        self.place(&code, |place| {
            let now = Instant::now();
            place.saving = false;
            place.saved_at = now;
            place.rest_until = now + if kept { took * SNAPSHOT_REST } else { SNAPSHOT_RETRY };
            if kept {
                place.saved = place.saved.max(size);
            }
        });
        // Something was removed while it was being written.
        if self.current.load().campaigns.get(&code).is_some_and(|now| now.removals() > removals) {
            self.forget_snapshots(&code).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_due_after_many_events_or_a_long_time() {
        let place = |saved_ago: Duration| Place {
            saved: 100,
            saved_at: Instant::now().checked_sub(saved_ago).unwrap(),
            ..Place::default()
        };
        let fresh = place(Duration::ZERO);
        assert!(!fresh.is_due(100 + SNAPSHOT_EVENTS - 1));
        assert!(fresh.is_due(100 + SNAPSHOT_EVENTS));
        let old = place(SNAPSHOT_AGE);
        assert!(old.is_due(101));
        assert!(!old.is_due(100), "nothing came in");
        assert!(!Place { saving: true, ..place(SNAPSHOT_AGE) }.is_due(101));
        let resting = Place { rest_until: Instant::now() + Duration::from_secs(60), ..place(SNAPSHOT_AGE) };
        assert!(!resting.is_due(1_000_000));
    }
}
