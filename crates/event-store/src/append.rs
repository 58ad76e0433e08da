//! What is asked of the writer: an append, what it relies on, and the receipt.
//!
//! Everything that can be checked without the database is checked here, on the caller's thread, so
//! that the one writer has little to do. Next: `writer.rs` (the thread), `commit.rs` (the transaction).

use transparency::{Draft, Leaf, disclosed_text, parse_disclosed};

use crate::stream_id::is_name;
use crate::{Error, LogId, StreamId};

/// The state in which a command saw a stream that it writes, or that it only relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The stream.
    pub stream: StreamId,
    /// The sequence of its last event; 0 when it has none yet.
    pub sequence: u64,
}

/// The events of one command: all of them are written, or none.
#[derive(Debug, Clone)]
pub struct Append {
    /// The log to write to.
    pub log: LogId,
    /// Names the command; sent again, it gives the first receipt again. 1 to 100 characters.
    pub command_id: String,
    /// One entry for each stream that is written or relied on.
    pub expected: Vec<Expected>,
    /// The events in their order; each names its stream. May be empty: then only the expectations
    /// are checked.
    pub events: Vec<Draft>,
}

/// The receipt of an append: it is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Position of the first event, `None` for an append without events.
    pub first: Option<u64>,
    /// Position of the last event; the events of a command stand side by side.
    pub last: Option<u64>,
    /// The command had been written before; this is its first receipt.
    pub replayed: bool,
}

/// An append whose parts are known to be well formed.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) log: LogId,
    pub(crate) command_id: String,
    pub(crate) expected: Vec<Expected>,
    pub(crate) events: Vec<PreparedEvent>,
}

#[derive(Debug)]
pub(crate) struct PreparedEvent {
    pub(crate) stream: StreamId,
    pub(crate) draft: Draft,
    /// The `disclosed` column.
    pub(crate) disclosed: Option<String>,
}

impl Append {
    pub(crate) fn prepare(self) -> Result<Prepared, Error> {
        let Self { log, command_id, expected, events } = self;
        if !is_name(&command_id) {
            return Err(Error::CommandIdInvalid { text: command_id });
        }
        let mut prepared = Vec::with_capacity(events.len());
        for draft in events {
            if draft.command_id != command_id {
                return Err(Error::CommandIdMismatch { command_id, found: draft.command_id });
            }
            let stream: StreamId = draft.stream.parse()?;
            if !expected.iter().any(|e| e.stream == stream) {
                return Err(Error::ExpectationMissing { stream });
            }
            check_hidden(&draft)?;
            let text = disclosed_text(&draft.hidden)?;
            let disclosed = (!draft.hidden.is_empty()).then_some(text);
            prepared.push(PreparedEvent { stream, draft, disclosed });
        }
        Ok(Prepared { log, command_id, expected, events: prepared })
    }
}

/// Sealing checks the bytes of a leaf; only reading it back checks where hidden values stand. A leaf
/// that nobody can read must not get into the log, so the rare suspect is read back here.
fn check_hidden(draft: &Draft) -> Result<(), Error> {
    let suspect = draft.data.contains("$hidden") || draft.hidden.iter().any(|value| !value.path.starts_with("/data/"));
    if suspect {
        Leaf::parse(&draft.seal("log", 0, 1)?)?;
    }
    Ok(())
}

pub(crate) fn receipt(first: u64, parts: u64, replayed: bool) -> Appended {
    match parts.checked_sub(1) {
        Some(more) => Appended { first: Some(first), last: Some(first + more), replayed },
        None => Appended { first: None, last: None, replayed },
    }
}

/// Whether a repeated event is the one in the log. Time, actor and nonces may differ between two
/// sendings of one command; hidden values that were redacted since can't be compared.
pub(crate) fn is_same_event(event: &PreparedEvent, leaf: &str, disclosed: Option<&str>) -> Result<bool, Error> {
    let leaf = Leaf::parse(leaf)?;
    let draft = &event.draft;
    let same_leaf = leaf.stream == draft.stream
        && leaf.event_type == draft.event_type
        && leaf.version == draft.version
        && leaf.data.get() == draft.data
        && leaf.hidden.len() == draft.hidden.len()
        && draft.hidden.iter().all(|h| leaf.hidden.keys().any(|path| *path == h.path));
    if !same_leaf {
        return Ok(false);
    }
    let disclosed = parse_disclosed(disclosed.unwrap_or_default())?;
    Ok(disclosed.iter().all(|was| draft.hidden.iter().all(|h| h.path != was.path || h.value == was.value)))
}
