//! Versions of the past: the read model of a campaign as it stood at an earlier size of its log.
//!
//! Owns which older versions stay in memory, how the others are replayed from the nearest one, and how
//! many replays run at a time. Versions share what did not change between them, so one costs what was
//! changed since the one before. Must not decide what of the past may be shown: `projections::veil`
//! takes out what was removed since. Filled by the follower (`read_model.rs`) and by replays; read by
//! `graphql/as_of.rs`. Why so: decision 0015.

use crate::campaign_version::{BATCH, CampaignVersion};
use crate::read_model::ReadModel;
use domain::Timestamp;
use event_store::{LogId, Reader};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use transparency::Leaf;

/// Replays at a time: each needs a core, which the requests of everybody else need too.
const AT_A_TIME: usize = 2;

/// Replays that may wait for their turn, those under way included.
const ASKED: usize = 64;

/// Versions that were asked for last, kept besides: a page asks for the same one several times.
const RECENT: usize = 8;

/// The most events that a request replays, where no two kept versions are farther apart.
const REACH: u64 = 50_000;

/// What an event changes in the tables weighs about so much in memory, in bytes, by an estimate: a row anew,
/// and the way to it in the persistent maps, which its neighbours share.
const CHANGE_BYTES: u64 = 2_048;

/// A persistent map weighs about so much for each event that was ever folded, in bytes, beside the rows, by
/// an estimate: no version weighs more than all its maps anew.
const MAP_BYTES: u64 = 160;

/// How much of the past is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The most versions of the past, over all campaigns; 0 keeps none, and replays what is asked for from
    /// the beginning.
    pub versions: usize,
    /// The least events between two of them; more where the limits want it.
    pub spacing: u64,
    /// The most memory that they may take, in MiB, as it is estimated.
    pub mebibytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { versions: 128, spacing: 1_000, mebibytes: 512 }
    }
}

/// Why a version of the past can't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// As many replays as may be asked for at a time.
    #[error("more of the past is asked for than this server replays at a time: ask again in a while")]
    Busy,
    /// After a start the past is read in the background.
    #[error("the past of `{campaign}` around position {position} is still being read: ask again in a moment")]
    NotRead {
        /// The campaign.
        campaign: String,
        /// The position that was asked for.
        position: u64,
    },
    /// The events don't lead to what the log says of itself.
    #[error("the log of `{campaign}` can't be replayed up to position {position}: run `parvis doctor`")]
    Broken {
        /// The campaign.
        campaign: String,
        /// The position that was asked for.
        position: u64,
    },
    /// The store has a fault.
    #[error(transparent)]
    Store(#[from] event_store::Error),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy => "BUSY",
            Self::NotRead { .. } => "PAST_NOT_READ",
            Self::Broken { .. } => "LOG_BROKEN",
            Self::Store(error) => error.code(),
        }
    }
}

/// The kept versions of one campaign, by size.
#[derive(Debug)]
struct Line {
    spacing: u64,
    versions: BTreeMap<u64, Arc<CampaignVersion>>,
    /// The version with the latest removal: what it removed is taken out of each version that comes.
    cleaned: Option<Arc<CampaignVersion>>,
}

impl Line {
    fn new(limits: Limits) -> Self {
        Self { spacing: limits.spacing.max(1), versions: BTreeMap::new(), cleaned: None }
    }

    /// Whether a version of this size is as far from those that are there as it has to be.
    fn lacks(&self, size: u64) -> bool {
        let before = self.versions.range(..=size).next_back().map_or(0, |(known, _)| *known);
        let after = self.versions.range(size..).next().map(|(known, _)| *known);
        size.saturating_sub(before) >= self.spacing
            && after.is_none_or(|after| after.saturating_sub(size) >= self.spacing)
    }

    /// What the versions weigh, in bytes, as it is estimated.
    fn bytes(&self) -> u64 {
        let mut before = 0;
        let mut sum = 0_u64;
        for size in self.versions.keys() {
            let changed = size.saturating_sub(before).saturating_mul(CHANGE_BYTES);
            sum = sum.saturating_add(changed.min(size.saturating_mul(MAP_BYTES)));
            before = *size;
        }
        sum
    }

    /// Keeps about every second version.
    fn thin(&mut self) {
        self.spacing = self.spacing.saturating_mul(2);
        let (spacing, mut before) = (self.spacing, 0);
        self.versions.retain(|size, _| {
            let keeps = size.saturating_sub(before) >= spacing;
            before = if keeps { *size } else { before };
            keeps
        });
    }
}

#[derive(Debug, Default)]
struct Kept {
    lines: BTreeMap<String, Line>,
    recent: VecDeque<Arc<CampaignVersion>>,
}

/// The versions of the past that are in memory, and the way to the others.
#[derive(Debug)]
pub struct Past {
    limits: Limits,
    kept: Mutex<Kept>,
    turns: Arc<Semaphore>,
    asked: Arc<Semaphore>,
}

impl Past {
    /// With nothing kept yet.
    pub fn new(limits: Limits) -> Self {
        let turns = Arc::new(Semaphore::new(AT_A_TIME));
        Self { limits, kept: Mutex::default(), turns, asked: Arc::new(Semaphore::new(ASKED)) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many versions are kept of each campaign, with the events between two of them.
    pub fn held(&self) -> BTreeMap<String, (usize, u64)> {
        let kept = self.kept();
        kept.lines.iter().map(|(code, line)| (code.clone(), (line.versions.len(), line.spacing))).collect()
    }

    /// Keeps a version that was folded from the log, where the line of its campaign lacks one.
    pub(crate) fn keep(&self, version: &Arc<CampaignVersion>) {
        if version.broken.is_some() || version.folds != projections::VERSION || self.limits.versions == 0 {
            return;
        }
        let mut kept = self.kept();
        let line = kept.lines.entry(version.code.clone()).or_insert_with(|| Line::new(self.limits));
        if !line.lacks(version.size()) {
            return;
        }
        let version = without_removed(version, line.cleaned.as_deref());
        line.versions.insert(version.size(), version);
        self.thin(&mut kept.lines);
    }

    /// Keeps within the limits: where most is kept, every second version goes.
    fn thin(&self, lines: &mut BTreeMap<String, Line>) {
        let most = self.limits.mebibytes.saturating_mul(1024 * 1024);
        loop {
            let count: usize = lines.values().map(|line| line.versions.len()).sum();
            let bytes = lines.values().map(Line::bytes).fold(0_u64, u64::saturating_add);
            if count == 0 || (count <= self.limits.versions && bytes <= most) {
                return;
            }
            if let Some(line) = lines.values_mut().max_by_key(|line| line.versions.len()) {
                line.thin();
            }
        }
    }

    /// Takes what was removed from the log up to `now` out of all that is kept.
    pub(crate) fn clean(&self, now: &Arc<CampaignVersion>) {
        let mut kept = self.kept();
        let own = kept.recent.iter_mut().filter(|version| version.code == now.code);
        own.for_each(|version| *version = without_removed(version, Some(now)));
        let line = kept.lines.entry(now.code.clone()).or_insert_with(|| Line::new(self.limits));
        line.cleaned = Some(Arc::clone(now));
        line.versions.values_mut().for_each(|version| *version = without_removed(version, Some(now)));
    }

    /// Forgets a campaign: its log is another one, or its tables are folded otherwise now.
    pub(crate) fn forget(&self, code: &str) {
        let mut kept = self.kept();
        kept.lines.remove(code);
        kept.recent.retain(|version| version.code != code);
    }

    /// The largest kept version that holds no more than this, and how far apart versions are.
    fn nearest(&self, code: &str, size: u64) -> (Option<Arc<CampaignVersion>>, u64) {
        let kept = self.kept();
        let line = kept.lines.get(code);
        let recent = kept.recent.iter().filter(|version| version.code == code && version.size() <= size);
        let spaced = line.and_then(|line| line.versions.range(..=size).next_back()).map(|(_, version)| version);
        let found = recent.chain(spaced).max_by_key(|version| version.size()).cloned();
        (found, line.map_or(self.limits.spacing, |line| line.spacing))
    }

    fn remember(&self, version: &Arc<CampaignVersion>) {
        let mut kept = self.kept();
        let cleaned = kept.lines.get(&version.code).and_then(|line| line.cleaned.as_deref());
        let version = without_removed(version, cleaned);
        let same = |known: &Arc<CampaignVersion>| known.code == version.code && known.size() == version.size();
        kept.recent.retain(|known| !same(known));
        kept.recent.push_back(version);
        if kept.recent.len() > RECENT {
            kept.recent.pop_front();
        }
    }

    /// Folds the log from a version on up to a size, and keeps what lacks on the way.
    fn replay(
        &self,
        reader: &Reader,
        from: CampaignVersion,
        size: u64,
    ) -> Result<Option<Arc<CampaignVersion>>, event_store::Error> {
        let mut next = from;
        while next.size() < size {
            let spacing = self.kept().lines.get(&next.code).map_or(self.limits.spacing, |line| line.spacing);
            let stop = size.min(next.size().saturating_add(spacing.clamp(1, BATCH)));
            next.fold(reader, stop.saturating_sub(next.size()))?;
            if next.broken.is_some() {
                return Ok(None);
            }
            if next.size() < size {
                self.keep(&Arc::new(next.clone()));
            }
        }
        // Whatever it was replayed from: it is this log's past, or it isn't served.
        let sound = reader.root_at(next.log, size)? == next.model.tree.root();
        Ok(sound.then(|| Arc::new(next)))
    }
}

fn without_removed(version: &Arc<CampaignVersion>, now: Option<&CampaignVersion>) -> Arc<CampaignVersion> {
    let Some(now) = now.filter(|now| now.removals() > version.removals()) else { return Arc::clone(version) };
    let mut version = CampaignVersion::clone(version);
    version.model.forget_removed(&now.model);
    Arc::new(version)
}

/// How many events of a log were written up to the end of the minute of a moment. What citizens do is
/// written to the minute, so that is how finely a moment divides a log. Events are in the order of their
/// minutes: a log is read by halves.
fn size_at(reader: &Reader, log: LogId, size: u64, moment: Timestamp) -> Result<u64, event_store::Error> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low.midpoint(high);
        let event = reader.read(log, middle, 1)?;
        let at = event.first().map(|event| Leaf::parse(&event.leaf)).transpose()?;
        let at = at.and_then(|leaf| leaf.at.parse::<Timestamp>().ok());
        if at.is_some_and(|at| at.to_minute() <= moment.to_minute()) {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}

impl ReadModel {
    /// How many versions of the past are kept of each campaign, with the events between two of them.
    pub fn past_held(&self) -> BTreeMap<String, (usize, u64)> {
        self.past.held()
    }

    /// How many events a campaign had at the end of the minute of a moment, as far as `now` goes.
    ///
    /// # Errors
    /// Faults of the store.
    pub(crate) async fn size_at(&self, now: &CampaignVersion, moment: Timestamp) -> Result<u64, Error> {
        let (log, size) = (now.log, now.size());
        if now.model.applied.is_some_and(|last| last.at.to_minute() <= moment.to_minute()) {
            return Ok(size);
        }
        Ok(self.store().read_with(move |reader| size_at(reader, log, size, moment)).await?)
    }

    /// A campaign as it stood when its log had this many events (`now.size()` at most), without what was
    /// removed since.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) async fn past(
        self: &Arc<Self>,
        now: &Arc<CampaignVersion>,
        size: u64,
    ) -> Result<CampaignVersion, Error> {
        let found = match self.past.nearest(&now.code, size) {
            (Some(found), _) if found.size() == size => found,
            _ => self.replayed(now, size).await?,
        };
        let mut version = CampaignVersion::clone(&found);
        version.model.veil(&now.model);
        Ok(version)
    }

    async fn replayed(self: &Arc<Self>, now: &Arc<CampaignVersion>, size: u64) -> Result<Arc<CampaignVersion>, Error> {
        let asked = Arc::clone(&self.past.asked).try_acquire_owned().map_err(|_| Error::Busy)?;
        let turn = Arc::clone(&self.past.turns).acquire_owned().await.map_err(|_| Error::Busy)?;
        let position = size.saturating_sub(1);
        // Whoever had the turn before may have come by.
        let (nearest, spacing) = self.past.nearest(&now.code, size);
        let from = match nearest {
            Some(from) if from.size() == size => return Ok(from),
            Some(from) => CampaignVersion::clone(&from),
            None => CampaignVersion::new(now.log, &now.origin, &now.code),
        };
        let reach = REACH.max(spacing.saturating_mul(2));
        if self.past.limits.versions > 0 && size.saturating_sub(from.size()) > reach {
            return Err(Error::NotRead { campaign: now.code.clone(), position });
        }
        let this = Arc::clone(self);
        // Runs to its end though the request may not wait for it: who asks again finds it.
        let replayed = self.store().read_with(move |reader| {
            let replayed = this.past.replay(reader, from, size)?;
            if let Some(version) = &replayed {
                this.past.remember(version);
            }
            drop((asked, turn));
            Ok(replayed)
        });
        replayed.await?.ok_or_else(|| Error::Broken { campaign: now.code.clone(), position })
    }

    /// Reads the past of a campaign that was taken up from a snapshot, so that each version of it can be
    /// had soon: up to the first version that the follower kept itself.
    pub(crate) async fn retrace(self: Arc<Self>, now: Arc<CampaignVersion>) {
        let mut next = CampaignVersion::new(now.log, &now.origin, &now.code);
        while next.broken.is_none() && next.size() < now.size() {
            let this = Arc::clone(&self);
            let before = next.clone();
            let most = BATCH.min(now.size().saturating_sub(next.size()));
            let read = self.store().read_with(move |reader| {
                let mut next = before;
                next.fold(reader, most)?;
                this.past.keep(&Arc::new(next.clone()));
                Ok(next)
            });
            match read.await {
                Ok(folded) => next = folded,
                Err(error) => {
                    let (campaign, code) = (&now.code, error.code());
                    tracing::warn!(campaign, code, "the past isn't read further for now: {error}");
                    return;
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sizes: impl IntoIterator<Item = u64>, spacing: u64) -> Line {
        let version = || Arc::new(CampaignVersion::new(LogId(1), "x/y", "y"));
        Line { spacing, versions: sizes.into_iter().map(|size| (size, version())).collect(), cleaned: None }
    }

    #[test]
    fn versions_are_kept_apart_and_thinned_evenly() {
        let mut line = line([1_000, 2_000, 3_000, 4_500], 1_000);
        assert!(!line.lacks(1_999) && !line.lacks(999) && !line.lacks(4_500) && !line.lacks(3_999));
        assert!(line.lacks(5_500));
        line.thin();
        assert_eq!((line.spacing, line.versions.keys().copied().collect::<Vec<_>>()), (2_000, vec![2_000, 4_500]));
        assert!(!line.lacks(3_000) && line.lacks(6_500));
    }

    #[test]
    fn however_much_is_folded_no_more_is_kept_than_the_limits_say() {
        let past = Past::new(Limits { versions: 10, mebibytes: 20, ..Limits::default() });
        let mut lines = BTreeMap::from([
            ("a".to_owned(), line((1..=40).map(|n| n * 1_000), 1_000)),
            ("b".to_owned(), line((1..=4).map(|n| n * 1_000), 1_000)),
        ]);
        past.thin(&mut lines);
        let count = |code: &str| lines[code].versions.len();
        assert!(count("a") + count("b") <= 10 && count("b") >= 2 && count("a") >= 2, "{} {}", count("a"), count("b"));
        assert!(lines.values().map(Line::bytes).sum::<u64>() <= 20 << 20);
        let none = Past::new(Limits { versions: 0, ..Limits::default() });
        none.thin(&mut lines);
        assert_eq!(lines.values().map(|line| line.versions.len()).sum::<usize>(), 0);
    }
}
