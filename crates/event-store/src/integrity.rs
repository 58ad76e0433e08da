//! Whether a stored log holds together: everything recomputed from the leaves.
//!
//! It trusts no column, no head, no tile. It does not know which events are lawful: a replay does.
//! Used by `parvis doctor` and by tests.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use transparency::{Frontier, Hash, Leaf, leaf_hash, parse_disclosed};

use crate::connection::fault;
use crate::proof::{TILE, TILE_LEVELS};
use crate::read::Reader;
use crate::{Error, LogId};

/// What [`Reader::verify_integrity`] has found to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    /// Events in the log.
    pub size: u64,
    /// Root recomputed from their leaves; the head has the same.
    pub root: Hash,
    /// Streams, each without gap.
    pub streams: u64,
    /// Hidden values that were redacted.
    pub redacted: u64,
}

/// One event with every column that repeats something of its leaf.
struct Row {
    position: u64,
    stream: String,
    sequence: u64,
    event_type: String,
    version: u32,
    command_id: String,
    at: String,
    hash: Hash,
    leaf: String,
    disclosed: Option<String>,
}

/// The check as it goes through the log.
struct Check {
    log: LogId,
    origin: String,
    frontier: Frontier,
    sequences: BTreeMap<String, u64>,
    redacted: u64,
    /// Roots of complete tiles: (tile level, index) to root.
    tiles: Vec<(u8, u64, Hash)>,
}

impl Reader {
    /// Recomputes the root from the leaves and compares everything that is stored beside them: columns,
    /// hashes, positions, sequences, disclosed values, tiles, head. Reads the whole log, in one
    /// snapshot; memory grows with the number of streams.
    ///
    /// # Errors
    /// [`Error::Integrity`] with the first position that doesn't hold; faults of the database.
    pub fn verify_integrity(&self, log: LogId) -> Result<Integrity, Error> {
        self.with(|conn| {
            // One snapshot for head, events and tiles, while others go on writing.
            let tx = conn.unchecked_transaction().map_err(|e| fault(self.path(), e))?;
            let verified = self.verify(&tx, log);
            // A read transaction: ending it changes nothing.
            tx.rollback().map_err(|e| fault(self.path(), e))?;
            verified
        })
    }

    fn verify(&self, conn: &Connection, log: LogId) -> Result<Integrity, Error> {
        let sql = |e| fault(self.path(), e);
        let head: Option<(String, u64, [u8; 32])> = conn
            .prepare_cached("SELECT origin, size, root FROM log_heads WHERE log_id = ?")
            .and_then(|mut select| {
                let mut rows = select.query([log.0])?;
                rows.next()?.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose()
            })
            .map_err(sql)?;
        let (origin, size, root) = head.ok_or(Error::LogUnknown { log })?;
        let mut check = Check {
            log,
            origin,
            frontier: Frontier::new(),
            sequences: BTreeMap::new(),
            redacted: 0,
            tiles: Vec::new(),
        };
        let mut select = conn
            .prepare(
                "SELECT position, aggregate_type || '/' || aggregate_id, sequence, event_type,
                        event_version, command_id, at, leaf_hash, leaf, disclosed
                 FROM log_events WHERE log_id = ? ORDER BY position",
            )
            .map_err(sql)?;
        let mut rows = select.query([log.0]).map_err(sql)?;
        while let Some(row) = rows.next().map_err(sql)? {
            check.event(&Row::from_row(row).map_err(sql)?)?;
        }
        if check.frontier.size() != size {
            let what = format!("its head counts {size} events, {} are there", check.frontier.size());
            return Err(check.broken(None, what));
        }
        if check.frontier.root() != Hash(root) {
            return Err(check.broken(None, "the leaves don't give the root of its head".into()));
        }
        self.verify_tiles(conn, &check)?;
        Ok(Integrity {
            size,
            root: Hash(root),
            streams: u64::try_from(check.sequences.len()).unwrap_or(u64::MAX),
            redacted: check.redacted,
        })
    }

    fn verify_tiles(&self, conn: &Connection, check: &Check) -> Result<(), Error> {
        let sql = |e| fault(self.path(), e);
        let stored: u64 = conn
            .query_row("SELECT count(*) FROM log_tiles WHERE log_id = ?", [check.log.0], |row| row.get(0))
            .map_err(sql)?;
        if u64::try_from(check.tiles.len()) != Ok(stored) {
            let what = format!("{stored} tiles are stored, {} are complete", check.tiles.len());
            return Err(check.broken(None, what));
        }
        for (level, index, root) in &check.tiles {
            let (kept, bytes): ([u8; 32], Vec<u8>) = conn
                .prepare_cached("SELECT root, hashes FROM log_tiles WHERE log_id = ? AND level = ? AND idx = ?")
                .and_then(|mut select| {
                    select.query_row(params![check.log.0, level, index], |row| Ok((row.get(0)?, row.get(1)?)))
                })
                .map_err(sql)?;
            let mut folded = Frontier::new();
            bytes.as_chunks::<32>().0.iter().for_each(|hash| folded.push(Hash(*hash)));
            if Hash(kept) != *root || folded.size() != TILE || folded.root() != *root {
                let what = format!("tile {index} of level {level} isn't what the leaves give");
                return Err(check.broken(None, what));
            }
        }
        Ok(())
    }
}

impl Check {
    fn event(&mut self, row: &Row) -> Result<(), Error> {
        let position = self.frontier.size();
        if row.position != position {
            return Err(self.broken(Some(position), format!("the next event has position {}", row.position)));
        }
        let broken =
            |e: transparency::Error| Error::Integrity { log: self.log, position: Some(position), what: e.to_string() };
        let leaf = Leaf::parse(&row.leaf).map_err(broken)?;
        let disclosed = parse_disclosed(row.disclosed.as_deref().unwrap_or_default()).map_err(broken)?;
        let redacted = leaf.check_disclosed(&disclosed).map_err(broken)?;
        if leaf_hash(row.leaf.as_bytes()) != row.hash {
            return Err(self.broken(Some(position), "the leaf doesn't give its hash".into()));
        }
        let differing = [
            ("log", leaf.log == self.origin),
            ("position", leaf.position == position),
            ("stream", leaf.stream == row.stream),
            ("sequence", leaf.sequence == row.sequence),
            ("type", leaf.event_type == row.event_type),
            ("version", leaf.version == row.version),
            ("command_id", leaf.command_id == row.command_id),
            ("at", leaf.at == row.at),
        ];
        if let Some((name, _)) = differing.iter().find(|(_, same)| !same) {
            return Err(self.broken(Some(position), format!("leaf and table differ in `{name}`")));
        }
        let last = self.sequences.get(&row.stream).copied().unwrap_or(0);
        if row.sequence != last + 1 {
            let what = format!("{} goes from {last} to {}", row.stream, row.sequence);
            return Err(self.broken(Some(position), what));
        }
        self.sequences.insert(row.stream.clone(), row.sequence);
        self.redacted += u64::try_from(redacted).unwrap_or(u64::MAX);
        let tiles = &mut self.tiles;
        self.frontier.push_each(row.hash, |level, index, root| {
            if level > 0 && level.is_multiple_of(TILE_LEVELS) {
                tiles.push((level / TILE_LEVELS - 1, index, root));
            }
        });
        Ok(())
    }

    fn broken(&self, position: Option<u64>, what: String) -> Error {
        Error::Integrity { log: self.log, position, what }
    }
}

impl Row {
    fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            position: row.get(0)?,
            stream: row.get(1)?,
            sequence: row.get(2)?,
            event_type: row.get(3)?,
            version: row.get(4)?,
            command_id: row.get(5)?,
            at: row.get(6)?,
            hash: row.get(7).map(Hash)?,
            leaf: row.get(8)?,
            disclosed: row.get(9)?,
        })
    }
}
