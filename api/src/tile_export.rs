//! `parvis log export-tiles`: a log as files for any web server or content network, under the addresses of
//! C2SP `tlog-tiles`.
//!
//! Owns that a folder is never wrong: a file gets its name when it is whole, what is there already is
//! left alone, and the checkpoint comes last, after all that it promises. Interrupted, it goes on where
//! it stopped. The same files from this server: `log_files.rs`.

use crate::failure::Failure;
use crate::fold;
use crate::log_files::{content, entries_up_to, readable_entries};
use crate::notary::Published;
use event_store::Reader;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use transparency::tile::TILE_WIDTH;
use transparency::{Checkpoint, Tile};

/// What was exported.
#[derive(Debug, Serialize)]
pub(crate) struct Exported {
    /// The campaign.
    pub(crate) campaign: String,
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Events of the checkpoint.
    pub(crate) size: u64,
    /// Events whose entries could be written; fewer while a partial result would be told.
    pub(crate) entries: u64,
    /// Files that this run wrote, the checkpoint aside.
    pub(crate) written: u64,
    /// Files that were there.
    pub(crate) kept: u64,
}

/// Writes what a folder lacks of a log up to a published checkpoint, then the checkpoint. Blocks.
///
/// # Errors
/// `OTHER_LOG` when the folder holds another log, `LOG_FORKED` when it holds what this log contradicts;
/// faults of the disk and of the store.
pub(crate) fn tiles(reader: &Reader, published: &Published, folder: &Path) -> Result<Exported, Failure> {
    let (head, size) = (&published.head, published.head.size);
    goes_on(reader, published, folder)?;
    let readable = readable_entries(&fold::model_to(reader, head, |_| Ok(()))?);
    let (mut written, mut kept, mut replaced) = (0, 0, Vec::new());
    for tile in Tile::all(size) {
        if entries_up_to(tile).is_some_and(|end| end > readable) {
            // The beginning of it may be read already.
            let start = tile.index.saturating_mul(TILE_WIDTH.into());
            let Some(width) = readable.checked_sub(start).and_then(|left| u16::try_from(left).ok()) else { continue };
            let narrower = Tile { width, ..tile };
            if width > 0 {
                write_once(reader, published, narrower, folder, &mut written, &mut kept)?;
            }
            continue;
        }
        let new = write_once(reader, published, tile, folder, &mut written, &mut kept)?;
        if new && tile.width == TILE_WIDTH {
            replaced.push(tile);
        }
    }
    put(&folder.join("checkpoint"), published.note.as_bytes())?;
    // What a full tile holds, its narrower ones need not hold any more; the specification allows it.
    for tile in replaced {
        let narrower = folder.join(format!("{tile}.p"));
        match fs::remove_dir_all(&narrower) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Failure::from(error).at(narrower.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    let entries = size.min(readable);
    Ok(Exported { campaign: head.campaign.clone(), folder: folder.to_owned(), size, entries, written, kept })
}

/// Whether what the folder has is the beginning of this log.
fn goes_on(reader: &Reader, published: &Published, folder: &Path) -> Result<(), Failure> {
    let file = folder.join("checkpoint");
    let note = match fs::read_to_string(&file) {
        Ok(note) => note,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::from(error).at(file.display())),
    };
    let text = note.split_once("\n\n").map_or(note.as_str(), |(text, _)| text);
    let there = Checkpoint::parse(&format!("{text}\n")).map_err(|error| Failure::from(error).at(file.display()))?;
    let head = &published.head;
    if there.origin != head.origin {
        let message = format!(
            "{} holds the log `{}`, not `{}`: give another folder",
            folder.display(),
            there.origin,
            head.origin
        );
        return Err(Failure::refused("OTHER_LOG", message));
    }
    if there.size > head.size || reader.root_at(head.log_id, there.size)? != there.root {
        let message = format!(
            "{} holds a checkpoint of {} events that this log of {} doesn't go on from: follow \
             docs/runbooks/backup-and-restore.md",
            folder.display(),
            there.size,
            head.size
        );
        return Err(Failure::refused("LOG_FORKED", message));
    }
    Ok(())
}

/// Writes a tile unless it is there; answers whether it was written.
fn write_once(
    reader: &Reader,
    published: &Published,
    tile: Tile,
    folder: &Path,
    written: &mut u64,
    kept: &mut u64,
) -> Result<bool, Failure> {
    let file = folder.join(tile.to_string());
    if file.is_file() {
        *kept += 1;
        return Ok(false);
    }
    let head = &published.head;
    put(&file, &content(reader, head.log_id, tile, head.size)?)?;
    *written += 1;
    Ok(true)
}

/// Writes a file beside its name, and gives it the name once all of it is on the disk.
fn put(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let place = |error: std::io::Error| Failure::from(error).at(file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(place)?;
    }
    let mut part = file.as_os_str().to_owned();
    // Two that export at a time write the same bytes, but not into one file.
    part.push(format!(".{}.part", std::process::id()));
    let mut writing = File::create(&part).map_err(place)?;
    writing.write_all(bytes).and_then(|()| writing.sync_all()).map_err(place)?;
    fs::rename(&part, file).map_err(place)
}
