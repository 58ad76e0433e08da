//! Whether a stored log holds together: everything recomputed from the leaves.
//!
//! It trusts no column, no head, no tile. It does not know which events are lawful: a replay does.
//! Used by `parvis doctor` and by tests.

use std::collections::BTreeMap;

use transparency::{Frontier, Hash, Leaf, leaf_hash, parse_disclosed};

use crate::proof::{TILE, TILE_LEVELS};
use crate::read::{Reader, in_pages};
use crate::tables::EventRow;
use crate::{Error, LogId, StreamId};

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

/// The check as it goes through the log.
struct Check {
    log: LogId,
    origin: String,
    frontier: Frontier,
    sequences: BTreeMap<StreamId, u64>,
    /// The command of the last event: its id, events so far, events in all.
    command: Option<(String, u64, u64)>,
    redacted: u64,
    /// Roots of complete tiles: (tile level, index) to root.
    tiles: Vec<(u8, u64, Hash)>,
}

impl Reader {
    /// Recomputes the root from the leaves and compares everything that is stored beside them: columns,
    /// hashes, positions, sequences, disclosed values, tiles, head. Reads the whole log as it stood at
    /// the call, while others go on writing; memory grows with the number of streams.
    ///
    /// # Errors
    /// [`Error::Integrity`] with the first position that doesn't hold; faults of the database.
    pub fn verify_integrity(&self, log: LogId) -> Result<Integrity, Error> {
        // What is stored is counted before the head is read: a log only grows, so a head that counts
        // less than what was there before it was read is wrong.
        let stored = self.tables.stored(log)?;
        let head = self.head(log)?;
        let mut check = Check {
            log,
            origin: head.origin,
            frontier: Frontier::new(),
            sequences: BTreeMap::new(),
            command: None,
            redacted: 0,
            tiles: Vec::new(),
        };
        if stored.end > head.size {
            let what = format!("its head counts {} events, {} are there", head.size, stored.end);
            return Err(check.broken(None, what));
        }
        let read = |from, limit| self.tables.rows(log, from, limit);
        in_pages(log, 0..head.size, read, |row: &EventRow| row.position, |row| check.event(&row))?;
        check.ends_with_its_command()?;
        if check.frontier.root() != head.root {
            return Err(check.broken(None, "the leaves don't give the root of its head".into()));
        }
        let complete = u64::try_from(check.tiles.len()).unwrap_or(u64::MAX);
        if stored.tiles > complete {
            let what = format!("{} tiles are stored, {complete} are complete", stored.tiles);
            return Err(check.broken(None, what));
        }
        for (level, index, root) in &check.tiles {
            let tile = self.tables.tile(log, *level, *index)?;
            let mut folded = Frontier::new();
            tile.iter().flat_map(|tile| &tile.hashes).for_each(|hash| folded.push(*hash));
            if tile.is_none_or(|tile| tile.root != *root) || folded.size() != TILE || folded.root() != *root {
                let what = format!("tile {index} of level {level} isn't what the leaves give");
                return Err(check.broken(None, what));
            }
        }
        Ok(Integrity {
            size: head.size,
            root: head.root,
            streams: u64::try_from(check.sequences.len()).unwrap_or(u64::MAX),
            redacted: check.redacted,
        })
    }
}

impl Check {
    fn event(&mut self, row: &EventRow) -> Result<(), Error> {
        let position = self.frontier.size();
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
            ("stream", leaf.stream == row.stream.to_string()),
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
        self.follow_command(row)?;
        self.redacted += u64::try_from(redacted).unwrap_or(u64::MAX);
        let tiles = &mut self.tiles;
        self.frontier.push_each(row.hash, |level, index, root| {
            if level > 0 && level.is_multiple_of(TILE_LEVELS) {
                tiles.push((level / TILE_LEVELS - 1, index, root));
            }
        });
        Ok(())
    }

    /// The events of a command stand side by side, each with its number and their count.
    fn follow_command(&mut self, row: &EventRow) -> Result<(), Error> {
        let goes_on = match &self.command {
            Some((id, done, of)) if done < of => row.command_id == *id && row.part == *done && row.parts == *of,
            _ => row.part == 0,
        };
        if !goes_on {
            let what = format!("part {} of {} of command {} is out of place", row.part, row.parts, row.command_id);
            return Err(self.broken(Some(row.position), what));
        }
        self.command = Some((row.command_id.clone(), row.part + 1, row.parts));
        Ok(())
    }

    fn ends_with_its_command(&self) -> Result<(), Error> {
        match &self.command {
            Some((id, done, of)) if done != of => {
                Err(self.broken(None, format!("it ends after {done} of {of} events of command {id}")))
            }
            _ => Ok(()),
        }
    }

    fn broken(&self, position: Option<u64>, what: String) -> Error {
        Error::Integrity { log: self.log, position, what }
    }
}
