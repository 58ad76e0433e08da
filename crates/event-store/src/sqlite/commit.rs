//! One append inside the writer's transaction: known command? expectations hold? then seal, hash, insert.
//!
//! Knows nothing of threads and queues (`writer.rs`). Every decision reads the database inside the
//! transaction, because another process may have written since. Next: `proof.rs` reads the tiles.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use transparency::{Frontier, Hash, leaf_hash};

use super::connection::fault;
use super::read::{find_command, level_hashes};
use crate::append::{Appended, Prepared, PreparedEvent, is_same_event, receipt};
use crate::proof::{TILE, TILE_LEVELS};
use crate::tables::EventRow;
use crate::{Error, LogId, StreamId};

/// Why an append was not written.
pub(crate) enum Failure {
    /// The append is refused; the others in its transaction are not concerned.
    Refused(Error),
    /// The database failed; the transaction cannot go on.
    Broken(Error),
}

/// The logs that the transaction has touched, as they will stand at its commit.
pub(crate) struct Transaction<'c> {
    conn: &'c Connection,
    path: &'c Arc<Path>,
    logs: BTreeMap<LogId, Head>,
}

struct Head {
    origin: String,
    frontier: Frontier,
    grown: bool,
}

const LAST_SEQUENCE: &str = "SELECT max(sequence) FROM log_events
    WHERE log_id = ? AND aggregate_type = ? AND aggregate_id = ?";
const INSERT_EVENT: &str = "INSERT INTO log_events (log_id, position, leaf_hash, aggregate_type,
    aggregate_id, sequence, event_type, event_version, command_id, command_part, command_parts, at,
    leaf, disclosed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

impl<'c> Transaction<'c> {
    pub(crate) fn new(conn: &'c Connection, path: &'c Arc<Path>) -> Self {
        Self { conn, path, logs: BTreeMap::new() }
    }

    /// Writes one append, or refuses it without having written any part of it.
    pub(crate) fn append(&mut self, append: &Prepared) -> Result<Appended, Failure> {
        if !self.logs.contains_key(&append.log) {
            let head = self.load(append.log)?;
            self.logs.insert(append.log, head);
        }
        if let Some(receipt) = self.receipt(append)? {
            return Ok(receipt);
        }
        for expected in &append.expected {
            let actual = self.last_sequence(append.log, &expected.stream)?;
            if actual != expected.sequence {
                return Err(Failure::Refused(Error::Conflict {
                    stream: expected.stream.clone(),
                    expected: expected.sequence,
                    actual,
                }));
            }
        }
        self.write(append)
    }

    /// Stores the heads of the logs that have grown; to be called once, before the commit.
    pub(crate) fn finish(self) -> Result<(), Error> {
        for (log, head) in self.logs.iter().filter(|(_, head)| head.grown) {
            self.conn
                .prepare_cached("UPDATE log_heads SET size = ?, root = ?, frontier = ? WHERE log_id = ?")
                .and_then(|mut update| {
                    let (size, root) = (head.frontier.size(), head.frontier.root());
                    update.execute(params![size, root.0, head.frontier.to_bytes(), log.0])
                })
                .map_err(|e| fault(self.path, e))?;
        }
        Ok(())
    }

    fn load(&self, log: LogId) -> Result<Head, Failure> {
        let row = self
            .conn
            .prepare_cached("SELECT origin, size, root, frontier FROM log_heads WHERE log_id = ?")
            .and_then(|mut select| {
                select
                    .query_row([log.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Vec<u8>>(3)?)))
                    .optional()
            })
            .map_err(|e| self.broken(e))?;
        let (origin, size, root, frontier): (String, u64, [u8; 32], _) =
            row.ok_or(Failure::Refused(Error::LogUnknown { log }))?;
        let integrity = |what: String| Failure::Refused(Error::Integrity { log, position: None, what });
        let frontier = Frontier::from_bytes(size, &frontier).map_err(|e| integrity(e.to_string()))?;
        // Refuse to build on a head that was tampered with: whoever kept a checkpoint would see it,
        // but only after more had been written.
        if frontier.root() != Hash(root) {
            return Err(integrity("the stored frontier does not give the stored root".into()));
        }
        Ok(Head { origin, frontier, grown: false })
    }

    fn last_sequence(&self, log: LogId, stream: &StreamId) -> Result<u64, Failure> {
        self.conn
            .prepare_cached(LAST_SEQUENCE)
            .and_then(|mut select| select.query_row(params![log.0, stream.kind(), stream.id()], |row| row.get(0)))
            .map(|last: Option<u64>| last.unwrap_or(0))
            .map_err(|e| self.broken(e))
    }

    /// The receipt of a command that is in the log already.
    fn receipt(&self, append: &Prepared) -> Result<Option<Appended>, Failure> {
        let found = find_command(self.conn, append.log, &append.command_id);
        let Some((first, parts)) = found.map_err(|e| self.broken(e))? else {
            return Ok(None);
        };
        let reused = || Error::CommandIdReused { command_id: append.command_id.clone() };
        if u64::try_from(append.events.len()) != Ok(parts) {
            return Err(Failure::Refused(reused()));
        }
        for (position, event) in (first..).zip(&append.events) {
            let (leaf, disclosed): (String, Option<String>) = self
                .conn
                .prepare_cached("SELECT leaf, disclosed FROM log_events WHERE log_id = ? AND position = ?")
                .and_then(|mut select| {
                    select.query_row(params![append.log.0, position], |row| Ok((row.get(0)?, row.get(1)?)))
                })
                .map_err(|e| self.broken(e))?;
            if !is_same_event(event, &leaf, disclosed.as_deref()).map_err(Failure::Refused)? {
                return Err(Failure::Refused(reused()));
            }
        }
        Ok(Some(receipt(first, parts, true)))
    }

    fn write(&mut self, append: &Prepared) -> Result<Appended, Failure> {
        let Some(head) = self.logs.get(&append.log) else {
            return Err(Failure::Refused(Error::LogUnknown { log: append.log }));
        };
        let first = head.frontier.size();
        // All leaves are sealed before the first is inserted: one that is too long refuses the
        // whole append and leaves nothing behind.
        let mut sequences: BTreeMap<&StreamId, u64> = append.expected.iter().map(|e| (&e.stream, e.sequence)).collect();
        let mut sealed = Vec::with_capacity(append.events.len());
        for (position, event) in (first..).zip(&append.events) {
            let sequence = sequences.entry(&event.stream).or_default();
            *sequence += 1;
            let leaf = event.draft.seal(&head.origin, position, *sequence).map_err(|e| Failure::Refused(e.into()))?;
            sealed.push((event, *sequence, leaf));
        }
        let parts = u64::try_from(sealed.len()).unwrap_or(u64::MAX);
        for ((part, position), (event, sequence, leaf)) in (0..parts).zip(first..).zip(sealed) {
            let PreparedEvent { stream, draft, disclosed } = event;
            self.insert(
                append.log,
                &EventRow {
                    position,
                    stream: stream.clone(),
                    sequence,
                    event_type: draft.event_type.clone(),
                    version: draft.version,
                    command_id: append.command_id.clone(),
                    part,
                    parts,
                    at: draft.at.clone(),
                    hash: leaf_hash(leaf.as_bytes()),
                    leaf,
                    disclosed: disclosed.clone(),
                },
            )?;
        }
        Ok(receipt(first, parts, false))
    }

    /// Writes rows of another store, which must go on where the log ends; answers its size after them.
    pub(super) fn copy(&mut self, log: LogId, rows: &[EventRow]) -> Result<u64, Failure> {
        let head = self.load(log)?;
        let mut next = head.frontier.size();
        self.logs.insert(log, head);
        for row in rows {
            if row.position != next {
                let what = format!("the copy brings position {}", row.position);
                return Err(Failure::Refused(Error::OutOfRange { log, size: next, what }));
            }
            // The hash is computed from the bytes that are kept, whatever the other store says.
            self.insert(log, &EventRow { hash: leaf_hash(row.leaf.as_bytes()), ..row.clone() })?;
            next += 1;
        }
        Ok(next)
    }

    fn insert(&mut self, log: LogId, row: &EventRow) -> Result<(), Failure> {
        self.conn
            .prepare_cached(INSERT_EVENT)
            .and_then(|mut insert| {
                insert.execute(params![
                    log.0,
                    row.position,
                    row.hash.0,
                    row.stream.kind(),
                    row.stream.id(),
                    row.sequence,
                    row.event_type,
                    row.version,
                    row.command_id,
                    row.part,
                    row.parts,
                    row.at,
                    row.leaf,
                    row.disclosed,
                ])
            })
            .map_err(|e| self.broken(e))?;
        self.grow(log, row.hash).map_err(Failure::Broken)
    }

    fn grow(&mut self, log: LogId, hash: Hash) -> Result<(), Error> {
        let Some(head) = self.logs.get_mut(&log) else {
            return Err(Error::LogUnknown { log });
        };
        head.grown = true;
        let mut complete = Vec::new();
        head.frontier.push_each(hash, |level, index, root| {
            if level > 0 && level.is_multiple_of(TILE_LEVELS) {
                complete.push((level / TILE_LEVELS - 1, index, root));
            }
        });
        complete.into_iter().try_for_each(|(level, tile, root)| self.write_tile(log, level, tile, root))
    }

    /// Writes a tile as soon as it is complete: 256 hashes and the node above them. Each level is
    /// made of the roots of the tiles one level below (C2SP tlog-tiles).
    fn write_tile(&self, log: LogId, level: u8, tile: u64, root: Hash) -> Result<(), Error> {
        let hashes =
            level_hashes(self.conn, log, level, tile * TILE..(tile + 1) * TILE).map_err(|e| fault(self.path, e))?;
        if u64::try_from(hashes.len()) != Ok(TILE) {
            let what = format!("tile {tile} of level {level} misses hashes below it");
            return Err(Error::Integrity { log, position: None, what });
        }
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        self.conn
            .prepare_cached("INSERT INTO log_tiles (log_id, level, idx, root, hashes) VALUES (?, ?, ?, ?, ?)")
            .and_then(|mut insert| insert.execute(params![log.0, level, tile, root.0, bytes]))
            .map_err(|e| fault(self.path, e))?;
        Ok(())
    }

    fn broken(&self, error: rusqlite::Error) -> Failure {
        Failure::Broken(fault(self.path, error))
    }
}
