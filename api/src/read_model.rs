//! The read model of every campaign of the store, kept up to date and published as one value.
//!
//! Owns the follower: it tails the logs by position, folds what is new and publishes the next
//! [`Version`] at once. A request loads one version and reads nothing else, so each answer is one
//! consistent cut. Must not decide anything, nor write to the log. What a fold does: `campaign_version.rs`
//! and the `projections` crate. Look next at `upkeep.rs` for what goes on beside, at `graphql/` for
//! what serves it.
//!
//! A start takes up the newest snapshot of each log (`snapshot.rs`) and folds only what came after it.
//! Where the snapshot was folded by another version of the folds, its tables are served and followed at
//! once, and a second model is folded from position 0 beside them; when it has caught up it takes their
//! place, in one publication and never at a smaller position. A snapshot of another shape can't be read:
//! then the log is read from its beginning before anything is served, so where several nodes serve one
//! store, the old ones go on until the new one is ready.

use crate::past::{self, Past};
use crate::snapshot::Snapshots;
use crate::upkeep::Place;
use arc_swap::ArcSwap;
use event_store::{LogHead, Store};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use transparency::Hash;

pub use crate::campaign_version::{Broken, CampaignVersion};

/// How often the follower looks for what other processes wrote.
const POLL: Duration = Duration::from_millis(250);

/// How long a command's answer waits for its own events; below the time limit of a request.
const WAIT: Duration = Duration::from_millis(2_000);

/// How long the follower rests after a fault of the store.
pub(crate) const REST: Duration = Duration::from_secs(1);

/// Why a read model isn't where it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The store has a fault.
    #[error(transparent)]
    Store(#[from] event_store::Error),
    /// What was written isn't visible yet; it is written all the same.
    #[error("position {position} of `{campaign}` is written, but not readable yet: read again in a moment")]
    Behind {
        /// The campaign.
        campaign: String,
        /// The position waited for.
        position: u64,
    },
    /// The log holds something that can't be folded; the version before it is served.
    #[error("the log of `{campaign}` can't be read beyond position {}: {}", broken.position, broken.message)]
    Broken {
        /// The campaign.
        campaign: String,
        /// Where and why.
        broken: Broken,
    },
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Behind { .. } => "READ_MODEL_BEHIND",
            Self::Broken { .. } => "LOG_BROKEN",
        }
    }
}

/// All campaigns at one moment. Never changed once published.
#[derive(Clone, Debug)]
pub struct Version {
    /// Campaigns by code.
    pub campaigns: BTreeMap<String, Arc<CampaignVersion>>,
    /// Counts the versions of this process.
    pub number: u64,
    /// Names what this version holds, the same in every process: SHA-256 over code, size and root of
    /// each log, the version of the folds, and whether it can be read to its end.
    pub tag: Hash,
}

impl Default for Version {
    fn default() -> Self {
        Self { campaigns: BTreeMap::new(), number: 0, tag: Hash::of(&[]) }
    }
}

impl Version {
    fn tag_of(campaigns: &BTreeMap<String, Arc<CampaignVersion>>) -> Hash {
        let lines = campaigns.values().map(|campaign| {
            let CampaignVersion { code, folds, model, broken, .. } = &**campaign;
            format!("{code} {} {} {folds} {}\n", model.size(), model.tree.root(), broken.is_some())
        });
        Hash::of(&[lines.collect::<String>().as_bytes()])
    }

    /// The campaign with this code, once it is configured.
    pub fn campaign(&self, code: &str) -> Option<&Arc<CampaignVersion>> {
        self.campaigns.get(code).filter(|campaign| campaign.model.overview.created.is_some())
    }
}

/// How far the first reading of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The campaign.
    pub campaign: &'a str,
    /// Events folded.
    pub done: u64,
    /// Events there are.
    pub of: u64,
}

/// Where one campaign's read model stands; for the health page and the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignStatus {
    /// The campaign's code.
    pub code: String,
    /// Events folded and readable.
    pub position: u64,
    /// Events that its log had when it was last looked at.
    pub size: u64,
    /// While its tables are folded anew in the background: events done, and events there are.
    pub rebuilding: Option<(u64, u64)>,
    /// Events that the snapshot used at start held; none when the log was read from its beginning.
    pub snapshot: Option<u64>,
    /// Whether its log can't be folded any further.
    pub broken: bool,
}

/// The published read model.
#[derive(Debug)]
pub struct ReadModel {
    pub(crate) store: Store,
    pub(crate) snapshots: Option<Arc<Snapshots>>,
    pub(crate) current: ArcSwap<Version>,
    published: watch::Sender<u64>,
    fault: Mutex<Option<&'static str>>,
    pub(crate) places: Mutex<BTreeMap<String, Place>>,
    pub(crate) past: Past,
}

impl ReadModel {
    /// Reads every log of the store from its beginning, and tells how far it is.
    ///
    /// # Errors
    /// Faults of the store. A log that can't be folded isn't one: see [`CampaignVersion::broken`].
    pub async fn open(store: Store, progress: impl FnMut(Progress<'_>)) -> Result<Arc<Self>, Error> {
        Self::open_with(store, None, progress).await
    }

    /// Reads every log of the store from its newest snapshot on, and tells how far it is. The follower
    /// then writes snapshots there.
    ///
    /// # Errors
    /// As [`ReadModel::open`]; no snapshot keeps a log from being read.
    pub async fn open_with(
        store: Store,
        snapshots: Option<Snapshots>,
        progress: impl FnMut(Progress<'_>),
    ) -> Result<Arc<Self>, Error> {
        Self::open_within(store, snapshots, past::Limits::default(), progress).await
    }

    /// As [`ReadModel::open_with`], keeping as much of the past in memory as it is told.
    ///
    /// # Errors
    /// As [`ReadModel::open`].
    pub async fn open_within(
        store: Store,
        snapshots: Option<Snapshots>,
        past: past::Limits,
        mut progress: impl FnMut(Progress<'_>),
    ) -> Result<Arc<Self>, Error> {
        let model = Arc::new(Self {
            store,
            snapshots: snapshots.map(Arc::new),
            current: ArcSwap::default(),
            published: watch::Sender::new(0),
            fault: Mutex::default(),
            places: Mutex::default(),
            past: Past::new(past),
        });
        model.advance(&mut progress).await?;
        Ok(model)
    }

    /// The version to read now.
    pub fn current(&self) -> Arc<Version> {
        self.current.load_full()
    }

    /// The store it reads.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The code of the fault that keeps the follower from reading, if any.
    pub fn fault(&self) -> Option<&'static str> {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where each campaign stands, by code.
    pub fn status(&self) -> Vec<CampaignStatus> {
        let version = self.current.load();
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let status = |campaign: &Arc<CampaignVersion>| {
            let place = places.get(&campaign.code);
            let position = campaign.size();
            CampaignStatus {
                code: campaign.code.clone(),
                position,
                // A batch may hold more than the log had when it was looked at.
                size: place.map_or(0, |place| place.size).max(position),
                rebuilding: place.and_then(|place| place.rebuilding),
                snapshot: place.and_then(|place| place.snapshot),
                broken: campaign.broken.is_some(),
            }
        };
        version.campaigns.values().map(status).collect()
    }

    /// The campaign once it holds the event at this position.
    ///
    /// # Errors
    /// [`Error::Behind`] after two seconds, [`Error::Broken`] when its log can't be folded so far.
    pub async fn wait_for(&self, campaign: &str, position: u64) -> Result<Arc<CampaignVersion>, Error> {
        let mut published = self.published.subscribe();
        let arrival = async {
            loop {
                if let Some(found) = self.current.load().campaigns.get(campaign) {
                    if found.model.size() > position {
                        return Ok(Arc::clone(found));
                    }
                    if let Some(broken) = found.broken.clone() {
                        return Err(Error::Broken { campaign: campaign.to_owned(), broken });
                    }
                }
                if published.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let behind = |_| Error::Behind { campaign: campaign.to_owned(), position };
        tokio::time::timeout(WAIT, arrival).await.map_err(behind)?
    }

    /// Follows the logs until the task is dropped: woken by each commit of this process, and looking
    /// by itself for those of others. What it has begun beside that ends with it.
    pub async fn follow(self: Arc<Self>) {
        let mut commits = self.store.subscribe();
        let mut beside = JoinSet::new();
        loop {
            let (seen, number) = (Instant::now(), self.current.load().number);
            let read = self.advance(&mut |_| {}).await;
            if self.current.load().number != number {
                metrics::histogram!("parvis_follower_seconds").record(seen.elapsed());
            }
            let code = read.as_ref().err().map(Error::code);
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = code;
            self.tend(&mut beside);
            match read {
                // Woken or not, there may be something to read; a closed store has nothing more.
                Ok(()) => {
                    if let Ok(Err(_)) = tokio::time::timeout(POLL, commits.changed()).await {
                        tokio::time::sleep(POLL).await;
                    }
                }
                Err(error) => {
                    tracing::error!(code, "the logs can't be read, trying again: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn advance(&self, progress: &mut impl FnMut(Progress<'_>)) -> Result<(), Error> {
        for head in self.store.logs().await? {
            self.place(&head.campaign, |place| place.size = head.size);
            let known = self.current.load().campaigns.get(&head.campaign).cloned();
            let mut version = match known {
                Some(known) => known,
                None => self.begin(&head, progress).await?,
            };
            if let Some(rebuilt) = self.place(&head.campaign, |place| place.rebuilt.clone()) {
                version = self.replace(version, rebuilt).await?;
            }
            // What is served stays until as much of the other log is read.
            let nothing = || Arc::new(CampaignVersion::new(head.log_id, &head.origin, &head.campaign));
            let mut hold = version.size() >= head.size && self.is_of_another_log(&version, &head).await?;
            if hold {
                self.past.forget(&head.campaign);
                version = nothing();
            }
            while version.broken.is_none() && version.size() < head.size {
                let from = Arc::clone(&version);
                let mut next = self.store.read_with(move |reader| from.next(reader)).await?;
                let differs = next.size() == head.size && next.model.tree.root() != head.root;
                if differs && next.broken.is_none() {
                    if self.is_of_another_log(&version, &head).await? {
                        self.past.forget(&head.campaign);
                        (version, hold) = (nothing(), true);
                        continue;
                    }
                    let position = head.size.saturating_sub(1);
                    let message = "the events don't hash to the root of the log".to_owned();
                    next.breaks(Broken { position, code: "LOG_BROKEN", message });
                }
                let removed = next.removals() > version.removals();
                version = Arc::new(next);
                progress(Progress { campaign: &head.campaign, done: version.size(), of: head.size });
                hold &= version.size() < head.size;
                if !hold {
                    self.publish(&version);
                }
                if removed {
                    self.past.clean(&version);
                    self.forget_snapshots(&version.code).await;
                }
                self.past.keep(&version);
            }
        }
        Ok(())
    }

    /// Whether what is served was read from a log that is no longer there: the database went back to an
    /// older state, by a restored backup or by a fail-over to a server that lacked events nobody had
    /// been promised.
    async fn is_of_another_log(&self, version: &CampaignVersion, head: &LogHead) -> Result<bool, Error> {
        let (log, size, root) = (version.log, version.size(), version.model.tree.root());
        let goes_on = match size.cmp(&head.size) {
            _ if size == 0 || version.broken.is_some() => true,
            Ordering::Greater => false,
            Ordering::Equal => root == head.root,
            Ordering::Less => self.store.read_with(move |reader| reader.root_at(log, size)).await? == root,
        };
        if !goes_on {
            let campaign = &head.campaign;
            tracing::error!(campaign, size, "the log went back to an older state: it is read from its beginning");
        }
        Ok(!goes_on)
    }

    /// A log that wasn't read yet: from its newest snapshot, which is published, or from nothing.
    async fn begin(
        &self,
        head: &LogHead,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<Arc<CampaignVersion>, Error> {
        let empty = CampaignVersion::new(head.log_id, &head.origin, &head.campaign);
        let Some(snapshots) = self.snapshots.clone() else { return Ok(Arc::new(empty)) };
        let of = head.clone();
        let Some(loaded) = self.store.read_with(move |reader| snapshots.load(reader, &of)).await? else {
            return Ok(Arc::new(empty));
        };
        let size = loaded.size();
        let loaded = Arc::new(loaded);
        self.place(&head.campaign, |place| {
            place.snapshot = Some(size);
            place.saved = if loaded.folds == projections::VERSION { size } else { 0 };
            place.past_unread = true;
        });
        self.past.keep(&loaded);
        progress(Progress { campaign: &head.campaign, done: size, of: head.size });
        self.publish(&loaded);
        Ok(loaded)
    }

    /// Puts the tables that were folded anew in the place of those served, once they hold as much.
    async fn replace(
        &self,
        served: Arc<CampaignVersion>,
        mut rebuilt: Arc<CampaignVersion>,
    ) -> Result<Arc<CampaignVersion>, Error> {
        while rebuilt.broken.is_none() && rebuilt.size() < served.size() {
            let from = Arc::clone(&rebuilt);
            rebuilt = Arc::new(self.store.read_with(move |reader| from.next(reader)).await?);
        }
        let next = match rebuilt.broken.clone() {
            None => rebuilt,
            // The new folds refuse the log: said as loudly as at a first reading, at the position reached.
            Some(broken) => {
                let mut stopped = CampaignVersion::clone(&served);
                stopped.breaks(broken);
                Arc::new(stopped)
            }
        };
        self.publish(&next);
        self.past.forget(&next.code);
        self.place(&next.code, |place| {
            (place.rebuilding, place.rebuilt, place.past_unread) = (None, None, true);
        });
        // Millions of rows are given back; no async thread has time for that.
        tokio::task::spawn_blocking(move || drop(served));
        Ok(next)
    }

    /// Only the follower publishes, so nothing is lost between load and store.
    fn publish(&self, campaign: &Arc<CampaignVersion>) {
        let mut next = Version::clone(&self.current.load());
        next.number += 1;
        let number = next.number;
        next.campaigns.insert(campaign.code.clone(), Arc::clone(campaign));
        next.tag = Version::tag_of(&next.campaigns);
        self.current.store(Arc::new(next));
        self.published.send_replace(number);
    }
}
