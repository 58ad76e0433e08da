//! The reads of the embedded engine.
//!
//! What the rows mean: `migrations/sqlite`. What is computed from them: `proof.rs`, `integrity.rs`.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, params};
use transparency::{Hash, parse_disclosed};

use super::connection::{Readers, fault};
use crate::read::{LogHead, StoredEvent};
use crate::tables::{EventRow, Stored, Tables, Tile, hashes_of, signed};
use crate::{Error, LogId, StreamId};

const HEAD: &str = "SELECT log_id, origin, campaign, size, root FROM log_heads";
const FIND_COMMAND: &str = "SELECT position, command_parts FROM log_events
    WHERE log_id = ? AND command_id = ? AND command_part = 0";

impl Readers {
    fn sql<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        self.with(|conn| read(conn).map_err(|e| fault(self.path(), e)))
    }
}

impl Tables for Readers {
    fn logs(&self) -> Result<Vec<LogHead>, Error> {
        self.sql(|conn| conn.prepare_cached(&format!("{HEAD} ORDER BY log_id"))?.query_map([], head_from)?.collect())
    }

    fn head(&self, log: LogId) -> Result<Option<LogHead>, Error> {
        self.sql(|conn| {
            conn.prepare_cached(&format!("{HEAD} WHERE log_id = ?"))?.query_row([log.0], head_from).optional()
        })
    }

    fn page(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<StoredEvent>, Error> {
        let rows = self.sql(|conn| {
            conn.prepare_cached(
                "SELECT position, aggregate_type, aggregate_id, sequence, event_type, leaf, disclosed
                 FROM log_events WHERE log_id = ? AND position >= ? ORDER BY position LIMIT ?",
            )?
            .query_map(params![log.0, signed(from), signed(limit)], event_from)?
            .collect::<Result<Vec<_>, _>>()
        })?;
        rows.into_iter().map(event).collect()
    }

    fn stream(&self, log: LogId, stream: &StreamId, after: u64) -> Result<Vec<StoredEvent>, Error> {
        let rows = self.sql(|conn| {
            conn.prepare_cached(
                "SELECT position, aggregate_type, aggregate_id, sequence, event_type, leaf, disclosed
                 FROM log_events
                 WHERE log_id = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence > ?
                 ORDER BY sequence",
            )?
            .query_map(params![log.0, stream.kind(), stream.id(), signed(after)], event_from)?
            .collect::<Result<Vec<_>, _>>()
        })?;
        rows.into_iter().map(event).collect()
    }

    fn streams(&self, log: LogId, kind: &str) -> Result<Vec<String>, Error> {
        self.sql(|conn| {
            conn.prepare_cached(
                "SELECT aggregate_id FROM log_events
                 WHERE log_id = ? AND aggregate_type = ? AND sequence = 1 ORDER BY aggregate_id",
            )?
            .query_map(params![log.0, kind], |row| row.get(0))?
            .collect()
        })
    }

    fn command(&self, log: LogId, command_id: &str) -> Result<Option<(u64, u64)>, Error> {
        self.sql(|conn| find_command(conn, log, command_id))
    }

    fn tile(&self, log: LogId, level: u8, index: u64) -> Result<Option<Tile>, Error> {
        self.sql(|conn| {
            conn.prepare_cached("SELECT root, hashes FROM log_tiles WHERE log_id = ? AND level = ? AND idx = ?")?
                .query_row(params![log.0, level, index], |row| {
                    Ok(Tile { root: Hash(row.get(0)?), hashes: hashes_of(&row.get::<_, Vec<u8>>(1)?) })
                })
                .optional()
        })
    }

    fn hashes(&self, log: LogId, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, Error> {
        self.sql(|conn| level_hashes(conn, log, level, nodes))
    }

    fn rows(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<EventRow>, Error> {
        let rows = self.sql(|conn| {
            conn.prepare_cached(
                "SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version, command_id,
                        command_part, command_parts, at, leaf_hash, leaf, disclosed
                 FROM log_events WHERE log_id = ? AND position >= ? ORDER BY position LIMIT ?",
            )?
            .query_map(params![log.0, signed(from), signed(limit)], row_from)?
            .collect::<Result<Vec<_>, _>>()
        })?;
        rows.into_iter().collect()
    }

    fn stored(&self, log: LogId) -> Result<Stored, Error> {
        self.sql(|conn| {
            conn.prepare_cached(
                "SELECT (SELECT coalesce(max(position) + 1, 0) FROM log_events WHERE log_id = ?1),
                        (SELECT count(*) FROM log_tiles WHERE log_id = ?1)",
            )?
            .query_row([log.0], |row| Ok(Stored { end: row.get(0)?, tiles: row.get(1)? }))
        })
    }

    fn checkpoint(&self, log: LogId) -> Result<Option<(u64, String)>, Error> {
        self.sql(|conn| {
            conn.prepare_cached("SELECT size, note FROM log_checkpoints WHERE log_id = ? ORDER BY size DESC LIMIT 1")?
                .query_row([log.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
    }

    fn cosignatures(&self, log: LogId, size: u64) -> Result<Vec<(String, String)>, Error> {
        self.sql(|conn| {
            conn.prepare_cached(
                "SELECT witness, line FROM log_cosignatures WHERE log_id = ? AND size = ? ORDER BY witness",
            )?
            .query_map(params![log.0, signed(size)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
        })
    }

    fn cosigned(&self, log: LogId, least: u64, limit: u64) -> Result<Vec<(u64, String)>, Error> {
        self.sql(|conn| {
            conn.prepare_cached(
                "SELECT c.size, c.note FROM
                   (SELECT size FROM log_cosignatures WHERE log_id = ?1
                    GROUP BY size HAVING count(*) >= ?2 ORDER BY size DESC LIMIT ?3) AS enough
                 JOIN log_checkpoints c ON c.log_id = ?1 AND c.size = enough.size ORDER BY c.size DESC",
            )?
            .query_map(params![log.0, signed(least), signed(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
        })
    }
}

/// First position and number of events of a command, if it is in the log.
pub(super) fn find_command(conn: &Connection, log: LogId, command_id: &str) -> rusqlite::Result<Option<(u64, u64)>> {
    conn.prepare_cached(FIND_COMMAND)?
        .query_row(params![log.0, command_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// [`Tables::hashes`] on any connection.
pub(super) fn level_hashes(conn: &Connection, log: LogId, level: u8, nodes: Range<u64>) -> rusqlite::Result<Vec<Hash>> {
    let hash_from = |row: &Row<'_>| row.get(0).map(Hash);
    match level.checked_sub(1) {
        None => conn
            .prepare_cached(
                "SELECT leaf_hash FROM log_events
                 WHERE log_id = ? AND position >= ? AND position < ? ORDER BY position",
            )?
            .query_map(params![log.0, nodes.start, nodes.end], hash_from)?
            .collect(),
        Some(below) => conn
            .prepare_cached(
                "SELECT root FROM log_tiles
                 WHERE log_id = ? AND level = ? AND idx >= ? AND idx < ? ORDER BY idx",
            )?
            .query_map(params![log.0, below, nodes.start, nodes.end], hash_from)?
            .collect(),
    }
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

/// The columns of an event whose names and hidden values aren't read yet.
type Columns = (u64, String, String, u64, String, String, Option<String>);

fn event_from(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn event((position, kind, id, sequence, event_type, leaf, disclosed): Columns) -> Result<StoredEvent, Error> {
    let disclosed = parse_disclosed(disclosed.as_deref().unwrap_or_default())?;
    Ok(StoredEvent { position, stream: StreamId::new(kind, id)?, sequence, event_type, leaf, disclosed })
}

fn row_from(row: &Row<'_>) -> rusqlite::Result<Result<EventRow, Error>> {
    let (kind, id): (String, String) = (row.get(1)?, row.get(2)?);
    let stream = match StreamId::new(kind, id) {
        Ok(stream) => stream,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(EventRow {
        position: row.get(0)?,
        stream,
        sequence: row.get(3)?,
        event_type: row.get(4)?,
        version: row.get(5)?,
        command_id: row.get(6)?,
        part: row.get(7)?,
        parts: row.get(8)?,
        at: row.get(9)?,
        hash: Hash(row.get(10)?),
        leaf: row.get(11)?,
        disclosed: row.get(12)?,
    }))
}
