//! What a batch of appends becomes: an answer for each, and the rows that one statement writes.
//!
//! Decides on what is known of the log, without asking the database: `writer.rs` sees to it that what
//! is known still holds when the rows are written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use transparency::{Frontier, Hash, leaf_hash};

use super::sql::{Columns, big};
use crate::append::{Appended, Prepared, is_same_event, receipt};
use crate::proof::{TILE, fold};
use crate::tables::EventRow;
use crate::{Error, LogId, StreamId};

/// Sequences that are remembered before all are forgotten; some tens of megabytes.
const REMEMBERED: usize = 100_000;

/// What this node knows of a log, as it stood when its tree had this size and root.
pub(super) struct Known {
    pub(super) log: LogId,
    pub(super) origin: String,
    pub(super) frontier: Frontier,
    /// For each tile level, the hashes of the tile that is not complete yet.
    pub(super) edge: Vec<Vec<Hash>>,
    /// Where streams stand; not all of them.
    pub(super) sequences: BTreeMap<StreamId, u64>,
}

/// A command that is in the log.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) first: u64,
    /// Leaf and disclosed values of each of its events.
    pub(super) events: Vec<(String, Option<String>)>,
}

/// What was read from the database for a batch.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) commands: BTreeMap<String, Written>,
    pub(super) sequences: BTreeMap<StreamId, u64>,
}

/// The batch, planned.
pub(super) struct Plan<'a> {
    /// In the order of the batch. `None`: it has to wait for the next one.
    pub(super) answers: Vec<Option<Result<Appended, Error>>>,
    pub(super) columns: Columns<'a>,
    pub(super) frontier: Frontier,
    pub(super) edge: Vec<Vec<Hash>>,
    pub(super) moved: BTreeMap<StreamId, u64>,
}

/// The streams of a batch whose sequence has to be looked up before it is planned. Of a stream that is
/// begun, none does unless it must be `exact`: the index refuses a second beginning.
pub(super) fn unknown(known: &Known, batch: &[&Prepared], exact: bool) -> BTreeSet<StreamId> {
    let mut streams = BTreeSet::new();
    for append in batch {
        for expected in &append.expected {
            let begun = expected.sequence == 0 && append.events.iter().any(|event| event.stream == expected.stream);
            if !(begun && !exact || known.sequences.contains_key(&expected.stream)) {
                streams.insert(expected.stream.clone());
            }
        }
    }
    streams
}

impl<'a> Plan<'a> {
    fn empty(known: &Known) -> Self {
        Self {
            answers: Vec::new(),
            columns: Columns::default(),
            frontier: known.frontier.clone(),
            edge: known.edge.clone(),
            moved: BTreeMap::new(),
        }
    }

    /// Plans a batch.
    pub(super) fn of(known: &Known, looked: &Looked, batch: &[&'a Prepared]) -> Self {
        let mut plan = Self::empty(known);
        let mut commands = BTreeSet::new();
        for append in batch {
            // The same command once more: it has to see what its first sending wrote, and so has
            // everything behind it.
            if !commands.insert(append.command_id.as_str()) {
                break;
            }
            let answer = plan.append(known, looked, append);
            plan.answers.push(Some(answer));
        }
        plan.answers.resize_with(batch.len(), || None);
        plan
    }

    /// The ids of the commands that are refused.
    pub(super) fn refused<'b>(&self, batch: &[&'b Prepared]) -> Vec<&'b str> {
        let answers = batch.iter().zip(&self.answers);
        let refused = answers.filter(|(_, answer)| matches!(answer, Some(Err(_))));
        refused.map(|(append, _)| append.command_id.as_str()).collect()
    }

    /// Plans rows of another store, which must go on where the log ends.
    pub(super) fn copy(known: &Known, rows: &'a [EventRow]) -> Result<Self, Error> {
        let mut plan = Self::empty(known);
        for row in rows {
            let size = plan.frontier.size();
            if row.position != size {
                let what = format!("the copy brings position {}", row.position);
                return Err(Error::OutOfRange { log: known.log, size, what });
            }
            let columns = &mut plan.columns;
            columns.sequences.push(big(row.sequence));
            columns.versions.push(small(row.version));
            columns.parts.push(small(row.part));
            columns.parts_of.push(small(row.parts));
            columns.kinds.push(row.stream.kind());
            columns.ids.push(row.stream.id());
            columns.types.push(&row.event_type);
            columns.commands.push(&row.command_id);
            columns.ats.push(&row.at);
            columns.disclosed.push(row.disclosed.as_deref());
            plan.leaf(Cow::Borrowed(&row.leaf));
        }
        Ok(plan)
    }

    fn append(&mut self, known: &Known, looked: &Looked, append: &'a Prepared) -> Result<Appended, Error> {
        if let Some(written) = looked.commands.get(&append.command_id) {
            return repeated(append, written);
        }
        for expected in &append.expected {
            let stream = &expected.stream;
            let found = self.moved.get(stream).or_else(|| known.sequences.get(stream));
            let actual = found.or_else(|| looked.sequences.get(stream)).copied().unwrap_or(0);
            if actual != expected.sequence {
                return Err(Error::Conflict { stream: stream.clone(), expected: expected.sequence, actual });
            }
        }
        // All leaves are sealed before the first is taken: one that is too long refuses the whole
        // append and leaves nothing behind.
        let first = self.frontier.size();
        let mut sequences: BTreeMap<&StreamId, u64> = append.expected.iter().map(|e| (&e.stream, e.sequence)).collect();
        let mut sealed = Vec::with_capacity(append.events.len());
        for (position, event) in (first..).zip(&append.events) {
            let sequence = sequences.entry(&event.stream).or_default();
            *sequence += 1;
            sealed.push((*sequence, event.draft.seal(&known.origin, position, *sequence)?));
        }
        let parts = sealed.len();
        for (part, (event, (sequence, leaf))) in append.events.iter().zip(sealed).enumerate() {
            let columns = &mut self.columns;
            columns.sequences.push(big(sequence));
            columns.versions.push(small(event.draft.version));
            columns.parts.push(small(part));
            columns.parts_of.push(small(parts));
            columns.kinds.push(event.stream.kind());
            columns.ids.push(event.stream.id());
            columns.types.push(&event.draft.event_type);
            columns.commands.push(&append.command_id);
            columns.ats.push(&event.draft.at);
            columns.disclosed.push(event.disclosed.as_deref());
            self.leaf(Cow::Owned(leaf));
        }
        let written = sequences.into_iter().map(|(stream, sequence)| (stream.clone(), sequence));
        self.moved.extend(written);
        Ok(receipt(first, u64::try_from(parts).unwrap_or(u64::MAX), false))
    }

    /// Takes the next leaf into the tree; a tile is written as soon as it is complete: 256 hashes and
    /// the node above them. Each level is made of the roots of the tiles one level below (C2SP
    /// tlog-tiles).
    fn leaf(&mut self, leaf: Cow<'a, str>) {
        let mut hash = leaf_hash(leaf.as_bytes());
        self.columns.hashes.push(hash.0);
        self.columns.leaves.push(leaf);
        self.frontier.push(hash);
        for level in 0.. {
            if self.edge.len() <= level {
                self.edge.push(Vec::new());
            }
            let tile = &mut self.edge[level];
            tile.push(hash);
            if u64::try_from(tile.len()) != Ok(TILE) {
                break;
            }
            let complete = std::mem::take(tile);
            let Some(root) = fold(&complete) else { break };
            let index = (self.frontier.size() >> (8 * (level + 1))) - 1;
            self.columns.tile_levels.push(i16::try_from(level).unwrap_or(i16::MAX));
            self.columns.tile_indices.push(big(index));
            self.columns.tile_roots.push(root.0);
            self.columns.tile_hashes.push(complete.iter().flat_map(|hash| hash.0).collect());
            hash = root;
        }
    }

    /// What is known once the plan is written.
    pub(super) fn adopt(self, known: &mut Known, looked: Looked) -> Vec<Option<Result<Appended, Error>>> {
        known.frontier = self.frontier;
        known.edge = self.edge;
        if known.sequences.len() + self.moved.len() > REMEMBERED {
            known.sequences.clear();
        }
        known.sequences.extend(looked.sequences);
        known.sequences.extend(self.moved);
        self.answers
    }
}

/// The receipt of a command that is in the log already, if it is the same one.
fn repeated(append: &Prepared, written: &Written) -> Result<Appended, Error> {
    let reused = || Error::CommandIdReused { command_id: append.command_id.clone() };
    if append.events.len() != written.events.len() {
        return Err(reused());
    }
    for (event, (leaf, disclosed)) in append.events.iter().zip(&written.events) {
        if !is_same_event(event, leaf, disclosed.as_deref())? {
            return Err(reused());
        }
    }
    Ok(receipt(written.first, u64::try_from(written.events.len()).unwrap_or(u64::MAX), true))
}

/// A number as an `integer`; none of them comes near its end.
fn small(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
