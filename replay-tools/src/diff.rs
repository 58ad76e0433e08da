//! Owns the comparison of two bundles, or of one bundle at two positions: events and rows that differ.
//! Must not: judge which of them is right (see `verify.rs`).
//! Next: `read.rs` for the leaves, `projections::columns` for the rows.

use crate::{
    error::Error,
    read::{at_path, open, replay},
    report::{Divergence, Stage},
};
use projections::{
    Model,
    columns::{TABLES, rows},
};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeMap, collections::VecDeque, fs::File, ops::ControlFlow, path::Path};
use transparency::{Bundle, Hash, Leaf, Line, Policy, leaf_hash};

/// Lines read at once.
const BATCH: usize = 1_024;

/// The most events, and rows of a table, that are named; all are counted.
const NAMED: usize = 200;

/// On which side something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    /// In the first alone.
    First,
    /// In the second alone.
    Second,
    /// In both, not the same.
    Both,
}

/// An event that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventDiff {
    /// Where it stands. In both means: the leaf is the same, what is disclosed beside it isn't.
    pub side: Side,
    /// Its position.
    pub position: u64,
    /// Its stream.
    pub stream: String,
    /// Its name.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowDiff {
    /// Where it stands.
    pub side: Side,
    /// What tells it from the other rows of its table.
    pub key: String,
    /// The members that aren't the same, for a row that is in both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

/// The rows of a table that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableDiff {
    /// The table.
    pub table: &'static str,
    /// How many rows differ.
    pub count: u64,
    /// The first of them.
    pub rows: Vec<RowDiff>,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Whether nothing does.
    pub same: bool,
    /// The logs, by origin.
    pub logs: [String; 2],
    /// How many events of each were compared.
    pub sizes: [u64; 2],
    /// The first position at which the leaves aren't the same; the length of the shorter log when one
    /// only goes on where the other ends.
    pub first: Option<u64>,
    /// Whether, from there on, both have leaves: then neither log is a part of the other.
    pub forked: bool,
    /// How many events differ.
    pub count: u64,
    /// The first of them.
    pub events: Vec<EventDiff>,
    /// The tables that differ.
    pub tables: Vec<TableDiff>,
    /// Why rows weren't compared: one of the logs can't be followed to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_unread: Option<String>,
}

/// Compares two bundles.
///
/// # Errors
/// [`Error::File`], [`Error::Broken`] when one of them can't be opened.
pub fn diff(paths: [&Path; 2], trusted: Option<&Policy>) -> Result<Difference, Error> {
    let [a, b] = paths;
    let (mut first, mut second) = (Lines::open(a, trusted)?, Lines::open(b, trusted)?);
    let mut found = Found { forked: first.origin != second.origin, ..Found::default() };
    let mut position = 0;
    loop {
        let (one, other) = (first.next()?, second.next()?);
        match (&one, &other) {
            (None, None) => break,
            (Some(one), Some(other)) if one.leaf() == other.leaf() => {
                if one.disclosed_text() != other.disclosed_text() {
                    found.note(Side::Both, one);
                }
            }
            (one, other) => {
                found.forked |= one.is_some() && other.is_some();
                found.first.get_or_insert(position);
                one.iter().for_each(|line| found.note(Side::First, line));
                other.iter().for_each(|line| found.note(Side::Second, line));
            }
        }
        position += 1;
    }
    let sizes = [&first, &second].map(|lines| lines.bundle.checkpoint().size);
    let logs = [first.origin, second.origin];
    match (followed(a, trusted, None), followed(b, trusted, None)) {
        (Ok((one, _)), Ok((other, _))) => found.with([&one, &other], logs),
        (Err(Error::Broken(why)), _) | (_, Err(Error::Broken(why))) => Ok(found.without_rows(sizes, logs, &why)),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Compares a bundle with itself: as it stood after `from` and after `to`, two positions of its log.
///
/// # Errors
/// As [`diff`]; [`Error::OutsideLog`].
pub fn diff_at(path: &Path, trusted: Option<&Policy>, from: u64, to: u64) -> Result<Difference, Error> {
    let (from, to) = (from.min(to), from.max(to));
    let mut lines = Lines::open(path, trusted)?;
    let size = lines.bundle.checkpoint().size;
    if to >= size {
        return Err(Error::OutsideLog { position: to, size });
    }
    let mut found = Found::default();
    while let Some(line) = lines.next()? {
        if line.index() > to {
            break;
        }
        if line.index() > from {
            found.first.get_or_insert(line.index());
            found.note(Side::Second, &line);
        }
    }
    let (one, then) = followed(path, trusted, Some([from, to]))?;
    found.with([&then.unwrap_or_default(), &one], [lines.origin.clone(), lines.origin])
}

/// The lines of a bundle, one by one.
struct Lines<'a> {
    path: &'a Path,
    bundle: Bundle<File>,
    origin: String,
    waiting: VecDeque<Line>,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path, trusted: Option<&Policy>) -> Result<Self, Error> {
        let bundle = open(path, trusted)?;
        Ok(Self { path, origin: bundle.checkpoint().origin.clone(), bundle, waiting: VecDeque::new() })
    }

    fn next(&mut self) -> Result<Option<Line>, Error> {
        if self.waiting.is_empty() {
            let mut batch = None;
            at_path(self.path, self.bundle.next_batch(BATCH).map(|lines| batch = lines))?;
            self.waiting.extend(batch.into_iter().flatten());
        }
        Ok(self.waiting.pop_front())
    }
}

/// The read model at the end or after the second position, and what it was after the first.
fn followed(path: &Path, trusted: Option<&Policy>, at: Option<[u64; 2]>) -> Result<(Model, Option<Model>), Error> {
    let mut bundle = open(path, trusted)?;
    let (mut model, mut then, mut divergence) = (Model::default(), None, None);
    let read = replay(&mut bundle, |leaf| {
        let applied = leaf.event.and_then(|event| {
            let record = event.record;
            let refuse = |rejection| Divergence::of_rejection(Stage::Tally, record.position, &rejection);
            model.apply(&record).map_err(refuse).map(|()| record.position)
        });
        match (applied, at) {
            (Err(found), _) => {
                divergence = Some(found);
                return ControlFlow::Break(());
            }
            (Ok(position), Some([from, to])) => {
                if position == from {
                    then = Some(model.clone());
                }
                if position == to {
                    return ControlFlow::Break(());
                }
            }
            (Ok(_), None) => {}
        }
        ControlFlow::Continue(())
    });
    at_path(path, read)?;
    divergence.map_or(Ok((model, then)), |found| Err(found.into()))
}

#[derive(Default)]
struct Found {
    first: Option<u64>,
    forked: bool,
    count: u64,
    events: Vec<EventDiff>,
}

impl Found {
    fn note(&mut self, side: Side, line: &Line) {
        self.count += 1;
        if self.events.len() < NAMED {
            let position = line.index();
            // What is no leaf differs all the same.
            let (stream, event_type, at) = match Leaf::parse(line.leaf()) {
                Ok(leaf) => (leaf.stream.into_owned(), leaf.event_type.into_owned(), leaf.at.into_owned()),
                Err(error) => (String::new(), error.code().to_owned(), String::new()),
            };
            self.events.push(EventDiff { side, position, stream, event_type, at });
        }
    }

    fn with(self, models: [&Model; 2], logs: [String; 2]) -> Result<Difference, Error> {
        let Self { first, forked, count, events } = self;
        let tables = tables(models)?;
        let sizes = models.map(Model::size);
        let same = count == 0 && !forked && tables.is_empty();
        Ok(Difference { same, logs, sizes, first, forked, count, events, tables, rows_unread: None })
    }

    fn without_rows(self, sizes: [u64; 2], logs: [String; 2], why: &Divergence) -> Difference {
        let Self { first, forked, count, events } = self;
        let same = count == 0 && !forked;
        let rows_unread = Some(why.to_string());
        Difference { same, logs, sizes, first, forked, count, events, tables: Vec::new(), rows_unread }
    }
}

fn tables(models: [&Model; 2]) -> Result<Vec<TableDiff>, Error> {
    let mut differing = Vec::new();
    for table in &TABLES {
        let of = |model| {
            rows(model, table).map(|row| row.map_err(|source| Error::Given { path: table.name.to_owned(), source }))
        };
        let [one, other] = models;
        // Digests first: most rows are the same, and both tables as JSON would be too much at once.
        let mut before = BTreeMap::new();
        for row in of(one) {
            let row = row?;
            before.insert(table.key_of(&row), digest(&row));
        }
        let (mut count, mut named, mut changed) = (0_u64, Vec::new(), BTreeMap::new());
        let mut note = |side, key: String| {
            count += 1;
            if named.len() < NAMED {
                named.push(RowDiff { side, key, members: Vec::new() });
            }
        };
        for row in of(other) {
            let row = row?;
            let key = table.key_of(&row);
            match before.remove(&key) {
                Some(was) if was == digest(&row) => {}
                Some(_) => {
                    note(Side::Both, key.clone());
                    if changed.len() < NAMED {
                        changed.insert(key, row);
                    }
                }
                None => note(Side::Second, key),
            }
        }
        before.into_keys().for_each(|key| note(Side::First, key));
        if !changed.is_empty() {
            for row in of(one) {
                let row = row?;
                let key = table.key_of(&row);
                if let (Some(after), Some(named)) = (changed.get(&key), named.iter_mut().find(|named| named.key == key))
                {
                    named.members = members(&row, after);
                }
            }
        }
        if count > 0 {
            differing.push(TableDiff { table: table.name, count, rows: named });
        }
    }
    Ok(differing)
}

fn digest(row: &Value) -> Hash {
    leaf_hash(row.to_string().as_bytes())
}

/// The names of the members that aren't the same.
fn members(before: &Value, after: &Value) -> Vec<String> {
    let (Some(one), Some(other)) = (before.as_object(), after.as_object()) else { return Vec::new() };
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}
