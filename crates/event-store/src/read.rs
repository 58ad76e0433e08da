//! Reading the log: heads, events by position or by stream, receipts of commands.
//!
//! [`Reader`] blocks its thread and is for importers, exporters and verifiers; [`crate::Store`] has the
//! same reads for async callers. Nothing here writes. Next: `proof.rs` (the tree), `integrity.rs`.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use transparency::{Hash, HiddenValue, parse_disclosed};

use crate::append::Appended;
use crate::commit::{find_command, receipt};
use crate::connection::{Readers, fault};
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
    readers: Arc<Readers>,
}

/// Events read at a time by [`Reader::for_each`]. Not one long read: an open one would keep SQLite
/// from ever emptying its write-ahead log.
const PAGE: u64 = 1024;

const HEAD: &str = "SELECT log_id, origin, campaign, size, root FROM log_heads";

impl Reader {
    pub(crate) fn new(path: Arc<Path>) -> Self {
        Self { readers: Arc::new(Readers::new(path)) }
    }

    pub(crate) fn path(&self) -> &Arc<Path> {
        self.readers.path()
    }

    pub(crate) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.readers.with(read)
    }

    /// All logs, in the order of their creation.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn logs(&self) -> Result<Vec<LogHead>, Error> {
        self.sql(|conn| conn.prepare_cached(&format!("{HEAD} ORDER BY log_id"))?.query_map([], head_from)?.collect())
    }

    /// One log.
    ///
    /// # Errors
    /// [`Error::LogUnknown`]; faults of the database.
    pub fn head(&self, log: LogId) -> Result<LogHead, Error> {
        self.sql(|conn| {
            conn.prepare_cached(&format!("{HEAD} WHERE log_id = ?"))?.query_row([log.0], head_from).optional()
        })?
        .ok_or(Error::LogUnknown { log })
    }

    /// Up to `limit` events from position `from` on, in order; none when the log ends before.
    ///
    /// # Errors
    /// [`Error::LogUnknown`]; faults of the database.
    pub fn read(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<StoredEvent>, Error> {
        let events = self.page(log, from, limit)?;
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
        let rows = self.sql(|conn| {
            conn.prepare_cached(
                "SELECT position, aggregate_type, aggregate_id, sequence, event_type, leaf, disclosed
                 FROM log_events
                 WHERE log_id = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence > ?
                 ORDER BY sequence",
            )?
            .query_map(params![log.0, stream.kind(), stream.id(), signed(after)], EventRow::from_row)?
            .collect::<Result<Vec<_>, _>>()
        })?;
        rows.into_iter().map(EventRow::event).collect()
    }

    /// The streams of one kind, ordered by id.
    ///
    /// # Errors
    /// [`Error::StreamInvalid`] for a kind that can't be one; faults of the database.
    pub fn streams(&self, log: LogId, kind: &str) -> Result<Vec<StreamId>, Error> {
        let ids: Vec<String> = self.sql(|conn| {
            conn.prepare_cached(
                "SELECT aggregate_id FROM log_events
                 WHERE log_id = ? AND aggregate_type = ? AND sequence = 1 ORDER BY aggregate_id",
            )?
            .query_map(params![log.0, kind], |row| row.get(0))?
            .collect()
        })?;
        ids.into_iter().map(|id| StreamId::new(kind, id)).collect()
    }

    /// The first receipt of a command, if it has written events.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn command(&self, log: LogId, command_id: &str) -> Result<Option<Appended>, Error> {
        let found = self.sql(|conn| find_command(conn, log, command_id))?;
        Ok(found.map(|(first, parts)| receipt(first, parts, true)))
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
        mut visit: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        let size = self.head(log)?.size;
        let mut next = from;
        while next < size {
            let page = self.page(log, next, PAGE.min(size - next))?;
            if page.is_empty() {
                let what = "the events up to the head are missing".into();
                return Err(Error::Integrity { log, position: Some(next), what }.into());
            }
            for event in page {
                next = event.position + 1;
                visit(event)?;
            }
        }
        Ok(())
    }

    fn page(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<StoredEvent>, Error> {
        let rows = self.sql(|conn| {
            conn.prepare_cached(
                "SELECT position, aggregate_type, aggregate_id, sequence, event_type, leaf, disclosed
                 FROM log_events WHERE log_id = ? AND position >= ? ORDER BY position LIMIT ?",
            )?
            .query_map(params![log.0, signed(from), signed(limit)], EventRow::from_row)?
            .collect::<Result<Vec<_>, _>>()
        })?;
        rows.into_iter().map(EventRow::event).collect()
    }

    fn sql<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        self.with(|conn| read(conn).map_err(|e| fault(self.path(), e)))
    }
}

/// SQLite counts in signed numbers; beyond their end there is no event.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn head_from(row: &Row<'_>) -> rusqlite::Result<LogHead> {
    Ok(LogHead {
        log_id: LogId(row.get(0)?),
        origin: row.get(1)?,
        campaign: row.get(2)?,
        size: row.get(3)?,
        root: Hash(row.get(4)?),
    })
}

struct EventRow {
    position: u64,
    kind: String,
    id: String,
    sequence: u64,
    event_type: String,
    leaf: String,
    disclosed: Option<String>,
}

impl EventRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            position: row.get(0)?,
            kind: row.get(1)?,
            id: row.get(2)?,
            sequence: row.get(3)?,
            event_type: row.get(4)?,
            leaf: row.get(5)?,
            disclosed: row.get(6)?,
        })
    }

    fn event(self) -> Result<StoredEvent, Error> {
        Ok(StoredEvent {
            position: self.position,
            stream: StreamId::new(self.kind, self.id)?,
            sequence: self.sequence,
            event_type: self.event_type,
            leaf: self.leaf,
            disclosed: parse_disclosed(self.disclosed.as_deref().unwrap_or_default())?,
        })
    }
}
