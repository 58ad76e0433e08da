//! The Merkle tree over a log, read back: nodes, tiles, roots and proofs (RFC 6962, C2SP tlog-tiles).
//!
//! Complete tiles are stored; the edge of the tree is folded from leaf hashes when asked. What a
//! proof means and how to check it: `transparency`. The writers of the engines store the tiles.

use std::ops::Range;

use transparency::{Hash, empty_root, node_hash};

use crate::read::Reader;
use crate::{Error, LogId};

/// Hashes in a complete tile.
pub(crate) const TILE: u64 = 256;

/// Levels of the tree that one tile spans.
pub(crate) const TILE_LEVELS: u8 = 8;

impl Reader {
    /// The node that covers the leaves from `index << level` up to `(index + 1) << level`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the log doesn't have all of these leaves.
    pub fn node(&self, log: LogId, level: u8, index: u64) -> Result<Hash, Error> {
        let size = self.head(log)?.size;
        let end = index.checked_add(1).and_then(|next| next.checked_mul(1_u64.checked_shl(u32::from(level))?));
        if end.is_none_or(|end| end > size) {
            let what = format!("node {index} of level {level}");
            return Err(Error::OutOfRange { log, size, what });
        }
        self.node_in(log, level, index)
    }

    /// The hashes of tile `index` of tile level `level` in a tree of `size` leaves: 256 of them,
    /// fewer at the edge.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the log is smaller, or the tree has no such tile.
    pub fn tile(&self, log: LogId, level: u8, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.check_size(log, size)?;
        let nodes = size.checked_shr(u32::from(level) * u32::from(TILE_LEVELS)).unwrap_or(0);
        let start = index.checked_mul(TILE).filter(|start| *start < nodes).ok_or_else(|| Error::OutOfRange {
            log,
            size,
            what: format!("tile {index} of level {level}"),
        })?;
        let end = nodes.min(start + TILE);
        self.hashes_in(log, level, start..end)
    }

    /// The root of the tree over the first `size` events.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the log is smaller.
    pub fn root_at(&self, log: LogId, size: u64) -> Result<Hash, Error> {
        self.check_size(log, size)?;
        // The complete subtrees from the left, one for each bit of the size (RFC 6962, 2.1).
        let mut root = None;
        for level in (0..u8::try_from(u64::BITS).unwrap_or(64)).filter(|level| size >> level & 1 == 1) {
            let left = self.node_in(log, level, (size >> level) - 1)?;
            root = Some(root.map_or(left, |right| node_hash(&left, &right)));
        }
        Ok(root.unwrap_or_else(empty_root))
    }

    /// The proof that the event at position `index` is in the tree of `size` events.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the log is smaller or the event comes later.
    pub fn inclusion_proof(&self, log: LogId, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.check_size(log, size)?;
        if index >= size {
            let what = format!("a proof for position {index} in a tree of {size}");
            return Err(Error::OutOfRange { log, size, what });
        }
        transparency::inclusion_proof(index, size, |level, node| self.node_in(log, level, node))
    }

    /// The proof that the tree of `old` events is the beginning of the tree of `new` events.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the log is smaller, or `old` is larger than `new`.
    pub fn consistency_proof(&self, log: LogId, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        self.check_size(log, new)?;
        if old > new {
            let what = format!("a proof from size {old} to size {new}");
            return Err(Error::OutOfRange { log, size: new, what });
        }
        transparency::consistency_proof(old, new, |level, node| self.node_in(log, level, node))
    }

    fn check_size(&self, log: LogId, asked: u64) -> Result<(), Error> {
        let size = self.head(log)?.size;
        if asked <= size {
            return Ok(());
        }
        Err(Error::OutOfRange { log, size, what: format!("a tree of {asked}") })
    }

    fn node_in(&self, log: LogId, level: u8, index: u64) -> Result<Hash, Error> {
        let (tile_level, above) = (level / TILE_LEVELS, level % TILE_LEVELS);
        let hashes = self.hashes_in(log, tile_level, index << above..(index + 1) << above)?;
        fold(&hashes).ok_or_else(|| Error::Integrity {
            log,
            position: None,
            what: format!("node {index} of level {level} has nothing below it"),
        })
    }

    /// Nodes of level `8 * level`, all of one tile.
    fn hashes_in(&self, log: LogId, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, Error> {
        let wanted = usize::try_from(nodes.end - nodes.start).unwrap_or(usize::MAX);
        let hashes: Vec<Hash> = match self.tables.tile(log, level, nodes.start / TILE)? {
            Some(tile) => {
                let skip = usize::try_from(nodes.start % TILE).unwrap_or(usize::MAX);
                tile.hashes.into_iter().skip(skip).take(wanted).collect()
            }
            None => self.tables.hashes(log, level, nodes.clone())?,
        };
        if hashes.len() == wanted {
            return Ok(hashes);
        }
        let what = format!("nodes {} to {} of level {} are missing", nodes.start, nodes.end, level * TILE_LEVELS);
        Err(Error::Integrity { log, position: None, what })
    }
}

/// The node above a power of two of nodes; `None` above nothing.
pub(crate) fn fold(nodes: &[Hash]) -> Option<Hash> {
    match nodes {
        [] => None,
        [one] => Some(*one),
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            Some(node_hash(&fold(left)?, &fold(right)?))
        }
    }
}
