//! Owns the history of a bundle, event by event, as it stands in the log.
//! Must not: interpret events (see `audit.rs` and `state.rs`).
//! Next: `read.rs`, docs/formats/log.md for the leaf.

use crate::{
    error::Error,
    read::{Care, at_path, open, placed},
};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};
use transparency::{Hash, Line, Policy, leaf_hash};

/// Lines read at once.
const BATCH: usize = 1_024;

/// One event of the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its place in the log, from 0.
    pub position: u64,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Its stream.
    pub stream: String,
    /// Its place in its stream, from 1.
    pub sequence: u64,
    /// The event's name.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version of its form.
    pub version: u32,
    /// Who caused it: a pseudonym and a role.
    pub actor: Actor,
    /// The command that caused it.
    pub command_id: String,
    /// RFC 6962 hash of the leaf.
    pub leaf_hash: Hash,
    /// Its data without hidden values.
    pub data: Value,
    /// The hidden values that are there, by JSON pointer.
    pub disclosed: BTreeMap<String, Value>,
    /// The hidden values that are no longer there.
    pub redacted: Vec<String>,
}

/// Who caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// A pseudonym.
    pub id: String,
    /// The role's code.
    pub role: String,
}

/// Hands each event of the bundle to `each`, in order; of one stream only when one is named.
///
/// # Errors
/// [`Error::File`], [`Error::Broken`], [`Error::UnknownStream`]; whatever `each` returns.
pub fn timeline(
    path: &Path,
    trusted: Option<&Policy>,
    stream: Option<&str>,
    each: &mut dyn FnMut(&Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut bundle = open(path, trusted)?;
    let origin = bundle.checkpoint().origin.clone();
    let mut found = false;
    loop {
        let mut lines = Vec::new();
        at_path(path, bundle.next_batch(BATCH).map(|batch| lines = batch.unwrap_or_default()))?;
        if lines.is_empty() {
            break;
        }
        for line in &lines {
            let entry = entry(line, &origin)?;
            if stream.is_none_or(|wanted| wanted == entry.stream) {
                found = true;
                each(&entry)?;
            }
        }
    }
    match stream {
        Some(stream) if !found => Err(Error::UnknownStream(stream.to_owned())),
        _ => Ok(()),
    }
}

fn entry(line: &Line, origin: &str) -> Result<Entry, Error> {
    let placed = placed(line, origin, Care::Whole)?;
    let leaf = placed.leaf;
    Ok(Entry {
        position: leaf.position,
        at: leaf.at.into_owned(),
        stream: leaf.stream.into_owned(),
        sequence: leaf.sequence,
        event_type: leaf.event_type.into_owned(),
        version: leaf.version,
        actor: Actor { id: leaf.actor.id.into_owned(), role: leaf.actor.role.into_owned() },
        command_id: leaf.command_id.into_owned(),
        leaf_hash: leaf_hash(line.leaf().as_bytes()),
        data: serde_json::from_str(leaf.data.get()).unwrap_or_default(),
        disclosed: placed.disclosed.into_iter().map(|value| (value.path, value.value)).collect(),
        redacted: placed.redacted,
    })
}
