//! Owns: addresses and content of C2SP tlog-tiles (<https://c2sp.org/tlog-tiles>), tiles 8 levels high.
//! Must not: store or fetch tiles.
//! Next: `merkle.rs` (which nodes a proof asks for), docs/formats/log.md §5.

use crate::{error::Error, hash::Hash, leaf::MAX_LEAF_BYTES, merkle::node_hash};
use std::{fmt, str::FromStr};

/// Levels of the tree in one tile.
pub const TILE_HEIGHT: u8 = 8;

/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of the tree at 8 × this tile level (0 to 63).
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

impl TileKind {
    /// How many hashes or entries of this kind a tree of `size` leaves has.
    fn count(self, size: u64) -> u64 {
        match self {
            Self::Hashes(level) => size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0),
            Self::Entries => size,
        }
    }
}

/// The address of a tile: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its number within the level, from 0.
    pub index: u64,
    /// How many hashes or entries it holds, 1 to 256; 256 is a full tile.
    pub width: u16,
}

impl Tile {
    /// The tile that holds hash number `index` of tile level `level` in a tree of `size` leaves,
    /// and the place of the hash in it; `None` when the tree has no such hash.
    pub fn holding(level: u8, index: u64, size: u64) -> Option<(Self, usize)> {
        let hashes = TileKind::Hashes(level).count(size);
        if index >= hashes {
            return None;
        }
        let number = index >> TILE_HEIGHT;
        let width = u16::try_from((hashes - (number << TILE_HEIGHT)).min(u64::from(TILE_WIDTH))).ok()?;
        let place = usize::try_from(index & 0xff).ok()?;
        Some((Self { kind: TileKind::Hashes(level), index: number, width }, place))
    }

    /// Whether a tree of `size` leaves has all that this tile holds. What it holds never changes.
    pub fn is_in(&self, size: u64) -> bool {
        let end = self.index.checked_mul(u64::from(TILE_WIDTH)).and_then(|start| start.checked_add(self.width.into()));
        self.width > 0 && end.is_some_and(|end| end <= self.kind.count(size))
    }

    /// All tiles of a tree of `size` leaves: for each level the full ones and, where hashes are left, one
    /// that is narrower; entries first, then hashes from the lowest level up.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let levels = (0..8).map(TileKind::Hashes).filter(move |kind| kind.count(size) > 0);
        let kinds = (size > 0).then_some(TileKind::Entries).into_iter().chain(levels);
        kinds.flat_map(move |kind| Self::row(kind, size))
    }

    /// The tiles of one kind, in their order.
    fn row(kind: TileKind, size: u64) -> impl Iterator<Item = Self> {
        let count = kind.count(size);
        let full = (0..count / u64::from(TILE_WIDTH)).map(move |index| Self { kind, index, width: TILE_WIDTH });
        let rest = u16::try_from(count % u64::from(TILE_WIDTH)).unwrap_or(0);
        let last = (rest > 0).then_some(Self { kind, index: count / u64::from(TILE_WIDTH), width: rest });
        full.chain(last)
    }
}

/// Splits a node's level of the tree into the tile level and the level inside the tile (0 to 7).
pub const fn tile_level(level: u8) -> (u8, u8) {
    (level / TILE_HEIGHT, level % TILE_HEIGHT)
}

/// The node `index` (within this tile) at `level_in_tile` levels above the tile's hashes, 0 to 8.
///
/// # Errors
/// [`Error::BadTile`] when the tile is too narrow to hold the whole subtree.
pub fn node_from_tile(tile_hashes: &[Hash], level_in_tile: u8, index: u64) -> Result<Hash, Error> {
    let outside = || Error::BadTile {
        text: format!("node {index} at level {level_in_tile} of a tile of {} hashes", tile_hashes.len()),
        why: "the tile does not hold that node",
    };
    if level_in_tile > TILE_HEIGHT {
        return Err(outside());
    }
    let width = 1_usize << level_in_tile;
    let start = usize::try_from(index).ok().and_then(|index| index.checked_mul(width)).ok_or_else(outside)?;
    let end = start.checked_add(width).ok_or_else(outside)?;
    let mut row = tile_hashes.get(start..end).ok_or_else(outside)?.to_vec();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().ok_or_else(outside)
}

/// The hashes of a tile from its bytes.
///
/// # Errors
/// [`Error::BadTile`] when the length is not 32 bytes for each of 1 to 256 hashes.
pub fn hashes_from_bytes(bytes: &[u8]) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if hashes.is_empty() || hashes.len() > usize::from(TILE_WIDTH) || !rest.is_empty() {
        let why = "a tile has 32 bytes for each of 1 to 256 hashes";
        return Err(Error::BadTile { text: format!("a tile of {} bytes", bytes.len()), why });
    }
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// Writes an entry of an entry bundle: its length in two bytes, big-endian, and the leaf.
///
/// # Errors
/// [`Error::LeafTooLong`].
pub fn push_entry(bundle: &mut Vec<u8>, leaf: &str) -> Result<(), Error> {
    let length = u16::try_from(leaf.len()).map_err(|_| Error::LeafTooLong { bytes: leaf.len() })?;
    debug_assert!(usize::from(length) <= MAX_LEAF_BYTES);
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf.as_bytes());
    Ok(())
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (left, group) in groups.iter().enumerate().rev() {
            if left == 0 { write!(f, "{group:03}")? } else { write!(f, "x{group:03}/")? }
        }
        if self.width < TILE_WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for Tile {
    type Err = Error;

    /// Reads the only spelling that [`Tile`] is written in, with or without a leading `/`.
    fn from_str(path: &str) -> Result<Self, Error> {
        let text = path.strip_prefix('/').unwrap_or(path);
        let bad = |why| Error::BadTile { text: path.chars().take(100).collect(), why };
        let (level, number) = text
            .strip_prefix("tile/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| bad("write tile/<level>/<number>"))?;
        let kind = match level {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes(
                level.parse().ok().filter(|level| *level <= 63).ok_or_else(|| bad("the level is 0 to 63"))?,
            ),
        };
        let (number, width) = match number.split_once(".p/") {
            None => (number, TILE_WIDTH),
            Some((number, width)) => {
                let width = width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width));
                (number, width.ok_or_else(|| bad("a partial tile is 1 to 255 wide"))?)
            }
        };
        let mut index: u64 = 0;
        for group in number.split('/') {
            let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().map_err(|_| bad("not a number"))?;
            index = index
                .checked_mul(1000)
                .and_then(|index| index.checked_add(digits))
                .ok_or_else(|| bad("the number is too large"))?;
        }
        // Writing it again is the shortest way to refuse missing or additional x, zeros and groups.
        let tile = Self { kind, index, width };
        if tile.to_string() == text {
            Ok(tile)
        } else {
            Err(bad("the number is written in groups such as x001/x234/067"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Frontier, leaf_hash};

    #[test]
    fn paths_go_both_ways() {
        for (kind, index, width, path) in [
            (TileKind::Hashes(0), 0, 256, "tile/0/000"),
            (TileKind::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
            (TileKind::Hashes(63), 999, 1, "tile/63/999.p/1"),
            (TileKind::Entries, 1000, 255, "tile/entries/x001/000.p/255"),
            (TileKind::Hashes(1), u64::MAX, 256, "tile/1/x018/x446/x744/x073/x709/x551/615"),
        ] {
            let tile = Tile { kind, index, width };
            assert_eq!(tile.to_string(), path);
            assert_eq!(path.parse::<Tile>().unwrap(), tile);
            assert_eq!(format!("/{path}").parse::<Tile>().unwrap(), tile);
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/0",
            "tile/0/00",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/00/001",
            "tile/64/001",
            "tile/+1/001",
            "tile/0/x001",
            "tile/0/1000",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/01",
            "tile/0/001.p/",
            "tile/0/001/",
            "tile/data/001",
            "tile/1/x018/x446/x744/x073/x709/x551/616",
            "tile/0/+01",
            "tile/0/-01",
            "//tile/0/001",
            "tile/0/x\u{661}01/001",
        ] {
            assert_eq!(path.parse::<Tile>().unwrap_err().code(), "BAD_TILE", "{path}");
        }
    }

    #[test]
    fn nodes_of_a_tile_are_those_of_the_tree() {
        let hashes: Vec<Hash> = (0..256u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        for level in 0..=8 {
            let width = 1usize << level;
            for index in [0, (256 / width) - 1] {
                let mut frontier = Frontier::new();
                hashes[index * width..(index + 1) * width].iter().for_each(|hash| frontier.push(*hash));
                let node = node_from_tile(&hashes, level, u64::try_from(index).unwrap()).unwrap();
                assert_eq!(node, frontier.root(), "level {level}, index {index}");
            }
        }
        assert!(node_from_tile(&hashes, 9, 0).is_err());
        assert!(node_from_tile(&hashes, 0, 256).is_err());
        assert!(node_from_tile(&hashes[..200], 3, 25).is_err());
        assert!(node_from_tile(&hashes, 8, u64::MAX).is_err());
    }

    #[test]
    fn widths_follow_the_size() {
        // The example of the specification: a tree of 70,000 leaves.
        let last = |level, index| Tile::holding(level, index, 70_000).unwrap();
        assert_eq!(last(0, 69_999), (Tile { kind: TileKind::Hashes(0), index: 273, width: 112 }, 111));
        assert_eq!(last(0, 0).0.width, 256);
        assert_eq!(last(1, 272), (Tile { kind: TileKind::Hashes(1), index: 1, width: 17 }, 16));
        assert_eq!(last(2, 0), (Tile { kind: TileKind::Hashes(2), index: 0, width: 1 }, 0));
        assert_eq!(Tile::holding(2, 1, 70_000), None);
        assert_eq!(Tile::holding(8, 0, u64::MAX), None);
        assert_eq!(tile_level(19), (2, 3));
    }

    #[test]
    fn a_tree_has_its_tiles_and_no_others() {
        // The example of the specification again, and its tree of 256 leaves.
        let paths = |size| Tile::all(size).map(|tile| tile.to_string()).collect::<Vec<_>>();
        let tree = paths(70_000);
        assert_eq!(tree.len(), 274 + 274 + 2 + 1);
        for path in ["tile/entries/273.p/112", "tile/0/272", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"] {
            assert!(tree.iter().any(|tile| tile == path), "{path}");
        }
        assert_eq!(paths(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(paths(0), [""; 0]);
        for size in [1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
            for tile in Tile::all(size) {
                assert!(tile.is_in(size) && tile.is_in(size + 1), "{tile} in {size}");
                let wider = Tile { width: tile.width + 1, ..tile };
                assert!(tile.width == 256 || !wider.is_in(size), "{wider} in {size}");
                assert!(!Tile { index: tile.index + 274, ..tile }.is_in(size), "{tile} further on in {size}");
            }
        }
        assert!(!Tile { kind: TileKind::Hashes(63), index: 0, width: 1 }.is_in(u64::MAX));
        assert!(!Tile { kind: TileKind::Entries, index: u64::MAX, width: 1 }.is_in(u64::MAX));
        assert!(!Tile { kind: TileKind::Entries, index: 0, width: 0 }.is_in(9));
    }

    #[test]
    fn bytes_of_tiles_and_entries() {
        let hash = leaf_hash(b"x");
        assert_eq!(hashes_from_bytes(&hash.0).unwrap(), [hash]);
        for length in [0, 31, 33, 257 * 32] {
            assert!(hashes_from_bytes(&vec![0; length]).is_err(), "{length}");
        }
        let mut bundle = Vec::new();
        push_entry(&mut bundle, "{}").unwrap();
        assert_eq!(bundle, [0, 2, b'{', b'}']);
        assert!(push_entry(&mut bundle, &"x".repeat(65_536)).is_err());
    }
}
