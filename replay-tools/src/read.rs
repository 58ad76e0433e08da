//! Owns reading a bundle's leaves: each is checked on its own, many at a time, and handed on in order.
//! Must not: look at two leaves together (see `audit.rs`).
//! Next: `audit.rs`, and `transparency::bundle` for the file.

use crate::{
    error::Error,
    report::{Divergence, Stage},
};
use domain::{Record, RecordError};
use rayon::prelude::*;
use serde_json::Value;
use std::{
    fs::File,
    io::{Read, Seek},
    ops::ControlFlow,
    path::Path,
    sync::mpsc::sync_channel,
    thread,
};
use transparency::{Bundle, Hash, HiddenValue, Leaf, Line, Policy, leaf_hash, split, to_canonical};

/// Lines read and checked at once: enough to keep the cores busy, few enough to stay in the caches.
const BATCH: usize = 4_096;

/// Batches that may wait for whoever follows the events.
const WAITING: usize = 2;

/// A leaf that was checked on its own.
#[derive(Debug)]
pub struct CheckedLeaf {
    /// RFC 6962 hash of the leaf.
    pub hash: Hash,
    /// The event, or what is wrong with it.
    pub event: Result<ReadEvent, Divergence>,
}

/// An event that was read.
#[derive(Debug)]
pub struct ReadEvent {
    /// The event with its place, time and actor.
    pub record: Record,
    /// How many hidden values are there.
    pub disclosed: usize,
    /// JSON pointers of the hidden values that are no longer there.
    pub redacted: Vec<String>,
}

/// How much of a leaf is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Everything that can be checked of a leaf alone.
    Whole,
    /// The leaf was verified before, and the tree will show that it is the same: it is only read, and
    /// what is disclosed beside it, which no tree covers, compared with its commitments.
    Known,
}

/// Opens a bundle file; container, manifest and signatures are then checked.
///
/// # Errors
/// [`Error::File`] when it can't be read, [`Error::Broken`] when it isn't a bundle that holds
/// together.
pub fn open(path: &Path, trusted: Option<&Policy>) -> Result<Bundle<File>, Error> {
    let unreadable = |source| Error::File { path: path.display().to_string(), source };
    let file = File::open(path).map_err(unreadable)?;
    Bundle::open(file, trusted).map_err(|error| match Divergence::of_format(error) {
        Ok(divergence) => Error::Broken(divergence),
        Err(source) => unreadable(source),
    })
}

/// Reads all leaves and hands them to `follow` in order, until it breaks off.
///
/// Reading and decompressing go on while `follow` works; the checks of single leaves are spread
/// over the cores.
///
/// # Errors
/// Those of [`Bundle::next_batch`].
pub fn replay<R>(
    bundle: &mut Bundle<R>,
    follow: impl FnMut(CheckedLeaf) -> ControlFlow<()>,
) -> Result<(), transparency::Error>
where
    R: Read + Seek + Send,
{
    replay_since(bundle, 0, follow)
}

/// The same where the first `known` leaves were verified before, see [`Care::Known`].
///
/// # Errors
/// Those of [`Bundle::next_batch`].
pub fn replay_since<R>(
    bundle: &mut Bundle<R>,
    known: u64,
    mut follow: impl FnMut(CheckedLeaf) -> ControlFlow<()>,
) -> Result<(), transparency::Error>
where
    R: Read + Seek + Send,
{
    let care = move |line: &Line| if line.index() < known { Care::Known } else { Care::Whole };
    let origin = bundle.checkpoint().origin.clone();
    thread::scope(|scope| {
        let (send, receive) = sync_channel::<Vec<CheckedLeaf>>(WAITING);
        let reader = scope.spawn(move || {
            while let Some(lines) = bundle.next_batch(BATCH)? {
                let checked = lines.into_par_iter().map(|line| check(&line, &origin, care(&line))).collect();
                // Nobody listens any more: the follower has broken off.
                if send.send(checked).is_err() {
                    break;
                }
            }
            Ok(())
        });
        for leaf in receive.iter().flatten() {
            if follow(leaf).is_break() {
                break;
            }
        }
        drop(receive);
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What [`replay`] said, as an error of the bundle at `path`.
pub(crate) fn at_path(path: &Path, result: Result<(), transparency::Error>) -> Result<(), Error> {
    result.map_err(|error| match Divergence::of_format(error) {
        Ok(divergence) => Error::Broken(divergence),
        Err(source) => Error::File { path: path.display().to_string(), source },
    })
}

/// Checks one leaf of the log `origin` on its own.
pub fn check(line: &Line, origin: &str, care: Care) -> CheckedLeaf {
    match read(line, origin, care) {
        Ok(event) => CheckedLeaf { hash: event.record.leaf_hash, event: Ok(event) },
        Err(divergence) => CheckedLeaf { hash: leaf_hash(line.leaf().as_bytes()), event: Err(divergence) },
    }
}

/// A leaf that parses, stands in its place and matches what is disclosed beside it.
#[derive(Debug)]
pub(crate) struct PlacedLeaf<'a> {
    pub(crate) leaf: Leaf<'a>,
    pub(crate) disclosed: Vec<HiddenValue>,
    pub(crate) redacted: Vec<String>,
}

/// Reads the leaf of a line without looking at what happened.
pub(crate) fn placed<'a>(line: &'a Line, origin: &str, care: Care) -> Result<PlacedLeaf<'a>, Divergence> {
    let position = line.index();
    let refuse = |stage, code, message| Err(Divergence::new(stage, Some(position), code, message));
    let leaf = match care {
        Care::Whole => Leaf::parse(line.leaf()),
        Care::Known => {
            serde_json::from_str(line.leaf()).map_err(|error| transparency::Error::LeafMalformed(error.to_string()))
        }
    };
    let leaf = leaf.map_err(|error| at(Stage::Canonical, position, &error))?;
    if leaf.position != position {
        let message = format!("the leaf says position {}; an event was removed, added or moved", leaf.position);
        return refuse(Stage::Sequence, "POSITION_GAP", message);
    }
    if leaf.log != origin {
        let message = format!("the leaf is of the log {:?} and the checkpoint of {origin:?}", leaf.log);
        return refuse(Stage::Sequence, "LOG_FOREIGN", message);
    }
    let disclosed = line.disclosed().map_err(|error| at(Stage::Commitments, position, &error))?;
    let open = leaf.check_disclosed(&disclosed).map_err(|error| at(Stage::Commitments, position, &error))?;
    let redacted = if open == 0 {
        Vec::new()
    } else {
        let gone = |path: &&String| !disclosed.iter().any(|value| value.path == **path);
        leaf.hidden.keys().filter(gone).cloned().collect()
    };
    Ok(PlacedLeaf { leaf, disclosed, redacted })
}

fn read(line: &Line, origin: &str, care: Care) -> Result<ReadEvent, Divergence> {
    let PlacedLeaf { leaf, disclosed, redacted } = placed(line, origin, care)?;
    let position = line.index();
    let record = Record::read(&leaf, line.leaf(), &disclosed).map_err(|error| match error {
        RecordError::Leaf(error) => at(Stage::Canonical, position, &error),
        other @ (RecordError::Event { .. } | RecordError::Envelope { .. }) => {
            Divergence::new(Stage::Law, Some(position), other.code(), other.to_string())
        }
    })?;
    if care == Care::Whole && !is_exact(&record, leaf.data.get(), disclosed.len(), &redacted) {
        let message = format!(
            "the leaf says more than a {} has, or says it otherwise; if a newer program wrote it, verify with a newer one",
            leaf.event_type
        );
        return Err(Divergence::new(Stage::Law, Some(position), "EVENT_NOT_EXACT", message));
    }
    Ok(ReadEvent { record, disclosed: disclosed.len(), redacted })
}

/// Whether the event, written again, gives the leaf's data: what a reader passes over, nobody checks.
fn is_exact(record: &Record, data: &str, disclosed: usize, redacted: &[String]) -> bool {
    let Ok((_, again)) = record.event.encode() else { return false };
    // Ballots are most of a log, hide nothing, and need no more than this.
    if disclosed == 0 && redacted.is_empty() && serde_json::to_string(&again).is_ok_and(|again| again == data) {
        return true;
    }
    let Ok((mut again, hidden)) = split(again) else { return false };
    for path in redacted {
        // A removed value is written as an empty object where its place must be kept.
        let place = path.strip_prefix("/data").and_then(|below| below.rsplit_once('/'));
        if let Some((holder, name)) = place
            && let Some(members) = again.pointer_mut(holder).and_then(Value::as_object_mut)
        {
            members.remove(name);
        }
    }
    hidden.len() == disclosed && to_canonical(&again).is_ok_and(|again| again == data)
}

fn at(stage: Stage, position: u64, error: &transparency::Error) -> Divergence {
    Divergence::new(stage, Some(position), error.code(), error.to_string())
}
