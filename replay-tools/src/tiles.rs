//! Owns the check of a log that is published as tiles in a folder (C2SP tlog-tiles): that entries, hashes
//! of every level and the signed checkpoint fit together, and which file doesn't.
//!
//! The root is computed twice, from the entries and from the hashes of level 0. Whichever gives the signed
//! root is right, so that the other's file can be named. Must not: judge events (see `verify.rs`) or fetch
//! anything. Next: `transparency::tile`, docs/formats/log.md §5.

use crate::error::Error;
use serde::Serialize;
use std::{fs, io, path::Path};
use transparency::{
    Frontier, Hash, Leaf, MAX_LEAF_BYTES, Policy, Tile, TileKind, leaf_hash, node_from_tile,
    tile::{TILE_HEIGHT, TILE_WIDTH, hashes_from_bytes},
};

/// The longest checkpoint, in bytes.
const LONGEST_CHECKPOINT: u64 = 1 << 16;

/// Which file of the folder is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TileFault {
    /// Its path in the folder.
    pub file: String,
    /// The number of the entry or hash in it, from 0, where one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<u64>,
    /// A stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// What the check of a folder says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TilesReport {
    /// Whether everything fits together.
    pub holds: bool,
    /// What doesn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<TileFault>,
    /// Origin of the log.
    pub log: Option<String>,
    /// Leaves of the signed tree.
    pub size: Option<u64>,
    /// Its root.
    pub root: Option<Hash>,
    /// Names of the keys that have signed.
    pub signed_by: Vec<String>,
    /// Files that were read.
    pub files: u64,
}

/// Checks the folder that holds `checkpoint` and `tile/…`.
///
/// # Errors
/// [`Error::File`] when a file is there and can't be read. What is missing or wrong is no error: the
/// report says so.
pub fn check_tiles(folder: &Path, policy: &Policy) -> Result<TilesReport, Error> {
    let mut report = TilesReport::default();
    match follow(folder, policy, &mut report) {
        Ok(()) => report.holds = true,
        Err(Stop::Fault(fault)) => report.fault = Some(fault),
        Err(Stop::Error(error)) => return Err(error),
    }
    Ok(report)
}

enum Stop {
    Fault(TileFault),
    Error(Error),
}

fn fault(file: impl ToString, place: Option<u64>, code: &'static str, message: impl Into<String>) -> Stop {
    Stop::Fault(TileFault { file: file.to_string(), place, code, message: message.into() })
}

fn of_format(file: impl ToString, error: &transparency::Error) -> Stop {
    fault(file, None, error.code(), error.to_string())
}

/// The bytes of a file of the folder, at most so many.
fn read(folder: &Path, name: &str, longest: u64, report: &mut TilesReport) -> Result<Vec<u8>, Stop> {
    let path = folder.join(name);
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => fault(name, None, "FILE_MISSING", "the file is missing"),
        _ => Stop::Error(Error::File { path: path.display().to_string(), source }),
    };
    let length = fs::metadata(&path).map_err(unreadable)?.len();
    if length > longest {
        let message = format!("the file has {length} bytes, at most {longest} are possible");
        return Err(fault(name, None, "BAD_TILE", message));
    }
    report.files += 1;
    fs::read(&path).map_err(unreadable)
}

fn follow(folder: &Path, policy: &Policy, report: &mut TilesReport) -> Result<(), Stop> {
    let note = read(folder, "checkpoint", LONGEST_CHECKPOINT, report)?;
    let note = String::from_utf8(note).map_err(|_| fault("checkpoint", None, "NOT_UTF8", "it isn't UTF-8"))?;
    let (head, opened) = policy.check(&note).map_err(|error| of_format("checkpoint", &error))?;
    report.signed_by = opened.signed_by.into_iter().map(|by| by.name).collect();
    (report.log, report.size, report.root) = (Some(head.origin.clone()), Some(head.size), Some(head.root));
    let width = u64::from(TILE_WIDTH);
    let (mut by_entries, mut by_hashes) = (Frontier::new(), Frontier::new());
    let mut levels = Levels::default();
    // The first entry whose hash isn't the one of level 0.
    let mut apart: Option<(Tile, Tile, u64)> = None;
    for index in 0..head.size.div_ceil(width) {
        let count = (head.size - index * width).min(width);
        let tile = |kind| Tile { kind, index, width: u16::try_from(count).unwrap_or(TILE_WIDTH) };
        let (entries, hashes) = (tile(TileKind::Entries), tile(TileKind::Hashes(0)));
        let leaves = entry_hashes(folder, &entries, &head.origin, report)?;
        let listed = listed(folder, &hashes, report)?;
        if let Some(place) = leaves.iter().zip(&listed).position(|(leaf, hash)| leaf != hash) {
            apart = apart.or(Some((entries, hashes, u64::try_from(place).unwrap_or(u64::MAX))));
        }
        leaves.into_iter().for_each(|leaf| by_entries.push(leaf));
        listed.iter().for_each(|hash| by_hashes.push(*hash));
        levels.above(0, &listed, folder, report)?;
    }
    if by_hashes.root() == head.root {
        levels.finish(folder, report)?;
        return match apart {
            Some((entries, _, place)) => {
                let message = "the entry isn't the one whose hash the signed tree holds; it was changed";
                Err(fault(entries, Some(place), "LEAF_CHANGED", message))
            }
            None => levels.fault.take().map_or(Ok(()), |found| Err(Stop::Fault(found))),
        };
    }
    match apart.filter(|_| by_entries.root() == head.root) {
        Some((_, hashes, place)) => {
            Err(fault(hashes, Some(place), "HASH_CHANGED", "the hash isn't the one of its entry; it was changed"))
        }
        None => {
            let message = format!(
                "the signed checkpoint has root {}, the entries give {}: it is of another log or another time, or \
                 entries were changed together with their hashes",
                head.root,
                by_entries.root()
            );
            Err(fault("checkpoint", None, "ROOT_MISMATCH", message))
        }
    }
}

/// The hashes of the leaves in a tile of entries.
fn entry_hashes(folder: &Path, tile: &Tile, origin: &str, report: &mut TilesReport) -> Result<Vec<Hash>, Stop> {
    let longest = u64::from(tile.width) * u64::try_from(MAX_LEAF_BYTES + 2).unwrap_or(u64::MAX);
    let bytes = read(folder, &tile.to_string(), longest, report)?;
    let mut rest = bytes.as_slice();
    let mut hashes = Vec::with_capacity(usize::from(tile.width));
    for place in 0..u64::from(tile.width) {
        let cut = || fault(tile, Some(place), "BAD_TILE", "the file ends before this entry does");
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        let (text, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(cut)?;
        rest = after;
        hashes.push(leaf_hash(text));
        let wrong = |code, message: String| Err(fault(tile, Some(place), code, message));
        let Ok(text) = std::str::from_utf8(text) else { return wrong("NOT_UTF8", "it isn't UTF-8".to_owned()) };
        match Leaf::parse(text) {
            Err(error) => return wrong(error.code(), error.to_string()),
            Ok(leaf) if leaf.position != tile.index * u64::from(TILE_WIDTH) + place || leaf.log != origin => {
                let message = format!("it is leaf {} of the log {:?}; it was moved", leaf.position, leaf.log);
                return wrong("POSITION_GAP", message);
            }
            Ok(_) => {}
        }
    }
    if rest.is_empty() { Ok(hashes) } else { Err(fault(tile, None, "BAD_TILE", "more bytes follow the last entry")) }
}

/// The hashes in a tile.
fn listed(folder: &Path, tile: &Tile, report: &mut TilesReport) -> Result<Vec<Hash>, Stop> {
    let bytes = read(folder, &tile.to_string(), 32 * u64::from(TILE_WIDTH), report)?;
    let hashes = hashes_from_bytes(&bytes).map_err(|error| of_format(tile, &error))?;
    if hashes.len() == usize::from(tile.width) {
        return Ok(hashes);
    }
    let message = format!("it has {} hashes, and {} belong in it", hashes.len(), tile.width);
    Err(fault(tile, None, "BAD_TILE", message))
}

/// The hashes of the levels above, as they follow from level 0.
#[derive(Default)]
struct Levels {
    /// By level from 1: the number of its next tile, and what belongs in that so far.
    waiting: Vec<(u64, Vec<Hash>)>,
    /// The first tile that holds something else. Whether it is to blame is known at the end.
    fault: Option<TileFault>,
}

impl Levels {
    /// A full tile of this level is one hash of the next.
    fn above(&mut self, level: usize, hashes: &[Hash], folder: &Path, report: &mut TilesReport) -> Result<(), Stop> {
        if hashes.len() < usize::from(TILE_WIDTH) {
            return Ok(());
        }
        let parent = node_from_tile(hashes, TILE_HEIGHT, 0).map_err(|error| of_format("checkpoint", &error))?;
        if self.waiting.len() == level {
            self.waiting.push((0, Vec::new()));
        }
        let Some((index, row)) = self.waiting.get_mut(level) else { return Ok(()) };
        row.push(parent);
        if row.len() < usize::from(TILE_WIDTH) {
            return Ok(());
        }
        let (number, full) = (*index, std::mem::take(row));
        *index += 1;
        self.compare(level + 1, number, &full, folder, report)?;
        self.above(level + 1, &full, folder, report)
    }

    fn compare(
        &mut self,
        level: usize,
        index: u64,
        expected: &[Hash],
        folder: &Path,
        report: &mut TilesReport,
    ) -> Result<(), Stop> {
        let (Ok(level), Ok(width)) = (u8::try_from(level), u16::try_from(expected.len())) else { return Ok(()) };
        let tile = Tile { kind: TileKind::Hashes(level), index, width };
        let found = listed(folder, &tile, report)?;
        if let Some(place) = found.iter().zip(expected).position(|(one, other)| one != other) {
            let message = "the hash isn't the one of the tile below; it was changed".to_owned();
            let place = u64::try_from(place).ok();
            self.fault.get_or_insert(TileFault { file: tile.to_string(), place, code: "HASH_CHANGED", message });
        }
        Ok(())
    }

    /// The tiles that aren't full.
    fn finish(&mut self, folder: &Path, report: &mut TilesReport) -> Result<(), Stop> {
        for (level, (index, row)) in (1..).zip(std::mem::take(&mut self.waiting)) {
            if !row.is_empty() {
                self.compare(level, index, &row, folder, report)?;
            }
        }
        Ok(())
    }
}
