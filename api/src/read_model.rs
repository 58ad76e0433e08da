//! The read model of every campaign of the store, kept up to date and published as one value.
//!
//! Owns the follower: it tails the logs by position, folds what is new and publishes the next
//! [`Version`] at once. A request loads one version and reads nothing else, so each answer is one
//! consistent cut. Must not decide anything, nor write. What a fold does: the `projections` crate.
//! Look next at `graphql/`, which serves it.

use arc_swap::ArcSwap;
use domain::Record;
use event_store::{LogId, Reader, Store, StoredEvent};
use projections::Model;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use transparency::{Hash, Leaf};

/// Events folded between two publications.
const BATCH: u64 = 2_000;

/// How often the follower looks for what other processes wrote.
const POLL: Duration = Duration::from_millis(250);

/// How long a command's answer waits for its own events; below the time limit of a request.
const WAIT: Duration = Duration::from_millis(2_000);

/// How long the follower rests after a fault of the store.
const REST: Duration = Duration::from_secs(1);

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

/// Where a log stops making sense, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The first position that can't be folded.
    pub position: u64,
    /// The stable code of the fault.
    pub code: &'static str,
    /// The fault in words.
    pub message: String,
}

/// One campaign at one position.
#[derive(Clone, Debug)]
pub struct CampaignVersion {
    /// Its log in this store.
    pub log: LogId,
    /// The log's name in checkpoints and leaves.
    pub origin: String,
    /// Its code.
    pub code: String,
    /// All its tables.
    pub model: Model,
    /// The positions of each type of event, ascending.
    pub positions: imbl::OrdMap<String, imbl::Vector<u64>>,
    /// Set when its log can't be folded any further.
    pub broken: Option<Broken>,
}

impl CampaignVersion {
    fn apply(&mut self, event: &StoredEvent) -> Result<(), Broken> {
        let broken = |code, message| Broken { position: event.position, code, message };
        let leaf = Leaf::parse(&event.leaf).map_err(|error| broken(error.code(), error.to_string()))?;
        let record = Record::read(&leaf, &event.leaf, &event.disclosed);
        let record = record.map_err(|error| broken(error.code(), error.to_string()))?;
        if record.position != self.model.size() {
            let message = format!("position {} was expected", self.model.size());
            return Err(broken("POSITION_GAP", message));
        }
        // Only the campaign's own events can be refused; the version before stays whole.
        let before = matches!(record.event, domain::Event::Campaign(_)).then(|| self.model.clone());
        if let Err(rejection) = self.model.apply(&record) {
            if let Some(before) = before {
                self.model = before;
            }
            return Err(broken(rejection.code.as_str(), rejection.to_string()));
        }
        self.positions.entry(event.event_type.clone()).or_default().push_back(event.position);
        Ok(())
    }

    fn breaks(&mut self, broken: Broken) {
        let Broken { position, code, message } = &broken;
        let campaign = &self.code;
        tracing::error!(campaign, position, code, "the log can't be read any further: {message}; run `parvis doctor`");
        self.broken = Some(broken);
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
    /// each log, and whether it can be read to its end.
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
            let CampaignVersion { code, model, broken, .. } = &**campaign;
            format!("{code} {} {} {}\n", model.size(), model.tree.root(), broken.is_some())
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

/// The published read model.
#[derive(Debug)]
pub struct ReadModel {
    store: Store,
    current: ArcSwap<Version>,
    published: watch::Sender<u64>,
    fault: Mutex<Option<&'static str>>,
}

impl ReadModel {
    /// Reads every log of the store from its beginning, and tells how far it is.
    ///
    /// # Errors
    /// Faults of the store. A log that can't be folded isn't one: see [`CampaignVersion::broken`].
    pub async fn open(store: Store, mut progress: impl FnMut(Progress<'_>)) -> Result<Arc<Self>, Error> {
        let model = Arc::new(Self {
            store,
            current: ArcSwap::default(),
            published: watch::Sender::new(0),
            fault: Mutex::default(),
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
    /// by itself for those of others.
    pub async fn follow(self: Arc<Self>) {
        let mut commits = self.store.subscribe();
        loop {
            let read = self.advance(&mut |_| {}).await;
            let code = read.as_ref().err().map(Error::code);
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = code;
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
            let known = self.current.load().campaigns.get(&head.campaign).cloned();
            let mut version = known.unwrap_or_else(|| {
                Arc::new(CampaignVersion {
                    log: head.log_id,
                    origin: head.origin.clone(),
                    code: head.campaign.clone(),
                    model: Model::default(),
                    positions: imbl::OrdMap::new(),
                    broken: None,
                })
            });
            while version.broken.is_none() && version.model.size() < head.size {
                let from = Arc::clone(&version);
                let mut next = self.store.read_with(move |reader| fold(reader, &from)).await?;
                let differs = next.model.size() == head.size && next.model.tree.root() != head.root;
                if differs && next.broken.is_none() {
                    let position = head.size.saturating_sub(1);
                    let message = "the events don't hash to the root of the log".to_owned();
                    next.breaks(Broken { position, code: "LOG_BROKEN", message });
                }
                version = Arc::new(next);
                progress(Progress { campaign: &head.campaign, done: version.model.size(), of: head.size });
                self.publish(&version);
            }
        }
        Ok(())
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

fn fold(reader: &Reader, from: &CampaignVersion) -> Result<CampaignVersion, event_store::Error> {
    let mut next = from.clone();
    let events = reader.read(next.log, next.model.size(), BATCH)?;
    if events.is_empty() {
        let position = next.model.size();
        let message = "the log says it has more events than it holds".to_owned();
        next.breaks(Broken { position, code: "POSITION_GAP", message });
    }
    for event in &events {
        if let Err(broken) = next.apply(event) {
            next.breaks(broken);
            break;
        }
    }
    Ok(next)
}
