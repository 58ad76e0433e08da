//! What both engines answer to reads: rows as they stand in the tables, nothing computed from them.
//!
//! Proofs, checks and paging over these are the same for every engine and stand in `read.rs`,
//! `proof.rs` and `integrity.rs`. Next: `sqlite/read.rs`, `postgres/read.rs`.

use std::fmt;
use std::ops::Range;

use transparency::Hash;

use crate::read::{LogHead, StoredEvent};
use crate::{Error, LogId, StreamId};

/// Reads of one engine. Every call blocks its thread, and is complete or fails.
pub(crate) trait Tables: fmt::Debug + Send + Sync {
    /// All logs, in the order of their creation.
    fn logs(&self) -> Result<Vec<LogHead>, Error>;

    /// One log.
    fn head(&self, log: LogId) -> Result<Option<LogHead>, Error>;

    /// Up to `limit` events from position `from` on, in order.
    fn page(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<StoredEvent>, Error>;

    /// The events of a stream after a sequence, in order.
    fn stream(&self, log: LogId, stream: &StreamId, after: u64) -> Result<Vec<StoredEvent>, Error>;

    /// The ids of the streams of one kind, ascending.
    fn streams(&self, log: LogId, kind: &str) -> Result<Vec<String>, Error>;

    /// First position and number of events of a command.
    fn command(&self, log: LogId, command_id: &str) -> Result<Option<(u64, u64)>, Error>;

    /// A complete tile.
    fn tile(&self, log: LogId, level: u8, index: u64) -> Result<Option<Tile>, Error>;

    /// Nodes of level `8 * level`, from what lies below: leaf hashes, or roots of the tiles one level down.
    fn hashes(&self, log: LogId, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, Error>;

    /// Up to `limit` whole rows from position `from` on, in order.
    fn rows(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<EventRow>, Error>;

    /// What is stored, whatever the head says.
    fn stored(&self, log: LogId) -> Result<Stored, Error>;

    /// The last checkpoint that was kept: its size and the signed note.
    fn checkpoint(&self, log: LogId) -> Result<Option<(u64, String)>, Error>;

    /// Witness and signature line of every cosignature of a size, by witness.
    fn cosignatures(&self, log: LogId, size: u64) -> Result<Vec<(String, String)>, Error>;

    /// Up to `limit` checkpoints that `least` witnesses or more have cosigned, the largest first.
    fn cosigned(&self, log: LogId, least: u64, limit: u64) -> Result<Vec<(u64, String)>, Error>;
}

/// 256 nodes of one level and the node above them.
#[derive(Debug)]
pub(crate) struct Tile {
    pub(crate) root: Hash,
    pub(crate) hashes: Vec<Hash>,
}

/// One row of `log_events`, with every column that repeats something of its leaf.
#[derive(Debug, Clone)]
pub(crate) struct EventRow {
    pub(crate) position: u64,
    pub(crate) stream: StreamId,
    pub(crate) sequence: u64,
    pub(crate) event_type: String,
    pub(crate) version: u32,
    pub(crate) command_id: String,
    pub(crate) part: u64,
    pub(crate) parts: u64,
    pub(crate) at: String,
    pub(crate) hash: Hash,
    pub(crate) leaf: String,
    pub(crate) disclosed: Option<String>,
}

/// How much of a log is in the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored {
    /// The position after the last event.
    pub(crate) end: u64,
    /// Complete tiles of all levels.
    pub(crate) tiles: u64,
}

/// The hashes in the bytes of a tile.
pub(crate) fn hashes_of(bytes: &[u8]) -> Vec<Hash> {
    bytes.as_chunks::<32>().0.iter().copied().map(Hash).collect()
}

/// Databases count in signed numbers; beyond their end there is no event.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
