//! Reading the log: heads, events by position or by stream, receipts of commands.
//!
//! [`Reader`] blocks its thread and is for importers, exporters and verifiers; [`crate::Store`] has the
//! same reads for async callers. Nothing here writes. Next: `proof.rs` (the tree), `integrity.rs`.

use std::ops::Range;
use std::sync::{Arc, mpsc};

use transparency::{Hash, HiddenValue};

use crate::append::{Appended, receipt};
use crate::tables::Tables;
use crate::{Error, LogId, StreamId};

/// One log of a store and how far it has grown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// Its number in this store.
    pub log_id: LogId,
    /// Its name in checkpoints and in every leaf.
    pub origin: String,
    /// The code of its campaign.
    pub campaign: String,
    /// Events it has: positions 0 to `size - 1`.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Hash,
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Place in the log, from 0.
    pub position: u64,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Place in the stream, from 1.
    pub sequence: u64,
    /// The type's name, for example `ProposalDeposited`.
    pub event_type: String,
    /// The bytes that were hashed; [`transparency::Leaf::parse`] reads them.
    pub leaf: String,
    /// Hidden values that are still disclosed, ascending by path.
    pub disclosed: Vec<HiddenValue>,
}

/// Blocking reads of a store. Cheap to clone; reads of several clones run side by side.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) tables: Arc<dyn Tables>,
}

/// Events read at a time by [`Reader::for_each`]. Not one long read: an open one would keep SQLite
/// from ever emptying its write-ahead log, and Postgres from removing what is dead.
const PAGE: u64 = 1024;

/// Pages that are read ahead of the one that is visited.
const AHEAD: usize = 2;

impl Reader {
    /// All logs, in the order of their creation.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn logs(&self) -> Result<Vec<LogHead>, Error> {
        self.tables.logs()
    }

    /// One log.
    ///
    /// # Errors
    /// [`Error::LogUnknown`]; faults of the database.
    pub fn head(&self, log: LogId) -> Result<LogHead, Error> {
        self.tables.head(log)?.ok_or(Error::LogUnknown { log })
    }

    /// Up to `limit` events from position `from` on, in order; none when the log ends before.
    ///
    /// # Errors
    /// [`Error::LogUnknown`]; faults of the database.
    pub fn read(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<StoredEvent>, Error> {
        let events = self.tables.page(log, from, limit)?;
        if events.is_empty() {
            self.head(log)?;
        }
        Ok(events)
    }

    /// The events of a stream after a sequence (0: all), in order; none for a stream without events.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn read_stream(&self, log: LogId, stream: &StreamId, after: u64) -> Result<Vec<StoredEvent>, Error> {
        self.tables.stream(log, stream, after)
    }

    /// The streams of one kind, ordered by id.
    ///
    /// # Errors
    /// [`Error::StreamInvalid`] for a kind that can't be one; faults of the database.
    pub fn streams(&self, log: LogId, kind: &str) -> Result<Vec<StreamId>, Error> {
        self.tables.streams(log, kind)?.into_iter().map(|id| StreamId::new(kind, id)).collect()
    }

    /// The first receipt of a command, if it has written events.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn command(&self, log: LogId, command_id: &str) -> Result<Option<Appended>, Error> {
        Ok(self.tables.command(log, command_id)?.map(|(first, parts)| receipt(first, parts, true)))
    }

    /// The last checkpoint that was kept by [`crate::Store::keep_checkpoint`]: its size and the signed note.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn checkpoint(&self, log: LogId) -> Result<Option<(u64, String)>, Error> {
        self.tables.checkpoint(log)
    }

    /// What was kept by [`crate::Store::keep_cosignature`] below the checkpoint of a size: each witness
    /// with its signature line, by witness.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn cosignatures(&self, log: LogId, size: u64) -> Result<Vec<(String, String)>, Error> {
        self.tables.cosignatures(log, size)
    }

    /// Up to `limit` checkpoints that `least` witnesses or more have cosigned, the largest first: size and
    /// signed note, without the cosignatures.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn cosigned(&self, log: LogId, least: u64, limit: u64) -> Result<Vec<(u64, String)>, Error> {
        self.tables.cosigned(log, least, limit)
    }

    /// Hands over every event from position `from` to the end the log had at the call, in order.
    /// Memory doesn't grow with the log. The first error of `visit` ends it.
    ///
    /// # Errors
    /// [`Error::LogUnknown`]; faults of the database; those of `visit`.
    pub fn for_each<E: From<Error>>(
        &self,
        log: LogId,
        from: u64,
        visit: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        self.for_each_in(log, from..self.head(log)?.size, visit)
    }

    /// The same for the events of these positions, which the log must have.
    ///
    /// # Errors
    /// [`Error::Integrity`] when it hasn't; faults of the database; those of `visit`.
    pub fn for_each_in<E: From<Error>>(
        &self,
        log: LogId,
        whole: Range<u64>,
        visit: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        let read = |from, limit| self.tables.page(log, from, limit);
        in_pages(log, whole, read, |event: &StoredEvent| event.position, visit)
    }
}

/// Reads a range in pages, on a thread of its own so that reading and visiting go on side by side, and
/// hands over what stands in them, in order and without a gap.
pub(crate) fn in_pages<T: Send, E: From<Error>>(
    log: LogId,
    whole: Range<u64>,
    read: impl Fn(u64, u64) -> Result<Vec<T>, Error> + Sync,
    position: impl Fn(&T) -> u64,
    mut visit: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let missing = |next, what: &str| Error::Integrity { log, position: Some(next), what: what.to_owned() };
    let mut next = whole.start;
    let mut visit_page = |page: Vec<T>| {
        if page.is_empty() {
            return Err(E::from(missing(next, "the events up to the head are missing")));
        }
        for item in page {
            let found = position(&item);
            if found != next {
                return Err(missing(next, &format!("the next event has position {found}")).into());
            }
            next += 1;
            visit(item)?;
        }
        Ok(())
    };
    if whole.end.saturating_sub(whole.start) <= PAGE {
        return if whole.is_empty() { Ok(()) } else { visit_page(read(whole.start, whole.end - whole.start)?) };
    }
    std::thread::scope(|scope| {
        let (sender, pages) = mpsc::sync_channel(AHEAD);
        let (read, whole) = (&read, &whole);
        scope.spawn(move || {
            for start in whole.clone().step_by(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
                let page = read(start, PAGE.min(whole.end - start));
                let failed = page.is_err();
                // Nobody takes it: the visit has ended with an error of its own.
                if sender.send(page).is_err() || failed {
                    return;
                }
            }
        });
        for page in pages {
            visit_page(page?)?;
        }
        Ok(())
    })
}
