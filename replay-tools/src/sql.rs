//! Owns a bundle as an SQLite file, and questions put to it in SQL.
//!
//! Which tables and columns there are is said once, in `projections::columns`; the table of the events
//! is here. Must not: leave half a file behind, or let a question write. Next: `projections::columns`,
//! `timeline.rs` for the events.

use crate::{
    count::model,
    error::Error,
    timeline::{Entry, timeline},
};
use projections::{
    Model,
    columns::{Cell, Kind, ROW, TABLES, TableColumns, rows},
};
use rusqlite::{Batch, Connection, OpenFlags, ToSql, params, params_from_iter, types::ValueRef};
use serde::Serialize;
use serde_json::Value;
use std::{
    path::Path,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};
use tempfile::NamedTempFile;
use transparency::Policy;

/// The events as they stand in the log.
const EVENTS: &str = "CREATE TABLE \"events\" (
  \"position\" INTEGER PRIMARY KEY, \"at\" TEXT NOT NULL, \"stream\" TEXT NOT NULL, \"sequence\" INTEGER NOT NULL,
  \"type\" TEXT NOT NULL, \"version\" INTEGER NOT NULL, \"actor\" TEXT NOT NULL, \"role\" TEXT NOT NULL,
  \"command_id\" TEXT NOT NULL, \"leaf_hash\" TEXT NOT NULL, \"data\" TEXT NOT NULL, \"disclosed\" TEXT NOT NULL,
  \"removed\" TEXT NOT NULL
) STRICT";

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Each table with the number of its rows.
    pub tables: Vec<(&'static str, u64)>,
    /// What should be known besides.
    pub notes: Vec<&'static str>,
}

/// Writes events and tables of a bundle into a new SQLite file, which appears when it is complete.
///
/// # Errors
/// [`Error::File`], [`Error::Broken`]; [`Error::OutputExists`] when there is a file of this name.
pub fn project(
    bundle: &Path,
    trusted: Option<&Policy>,
    out: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Written, Error> {
    let unwritable = |source| Error::File { path: out.display().to_string(), source };
    if out.exists() {
        return Err(Error::OutputExists(out.display().to_string()));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder).map_err(unwritable)?;
    let written = write(bundle, trusted, file.path(), progress)?;
    file.persist_noclobber(out).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::OutputExists(out.display().to_string()),
        _ => unwritable(error.error),
    })?;
    Ok(written)
}

fn write(
    bundle: &Path,
    trusted: Option<&Policy>,
    out: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Written, Error> {
    let mut connection = Connection::open(out)?;
    // Half a file is thrown away, so nothing need be taken back.
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(EVENTS)?;
    let mut events = 0;
    {
        let mut insert =
            transaction.prepare("INSERT INTO \"events\" VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)")?;
        timeline(bundle, trusted, None, &mut |entry| {
            let Entry { at, stream, event_type, actor, command_id, leaf_hash, data, disclosed, redacted, .. } = entry;
            let beside = serde_json::to_string(disclosed).map_err(std::io::Error::from)?;
            let removed = serde_json::to_string(redacted).map_err(std::io::Error::from)?;
            insert.execute(params![
                integer(entry.position),
                at,
                stream,
                integer(entry.sequence),
                event_type,
                entry.version,
                actor.id,
                actor.role,
                command_id,
                leaf_hash.to_string(),
                data.to_string(),
                beside,
                removed
            ])?;
            events += 1;
            Ok(())
        })?;
    }
    let model = model(bundle, trusted, progress)?;
    let mut tables = vec![("events", events)];
    for table in &TABLES {
        tables.push((table.name, fill(&transaction, table, &model)?));
    }
    transaction.commit()?;
    let mut notes = Vec::new();
    if !model.counts_are_public() {
        notes.push("no result is proclaimed: the tables of ballots and polling places are empty until it is");
    }
    Ok(Written { tables, notes })
}

/// Positions and counts are below 2^53.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn fill(connection: &Connection, table: &TableColumns, model: &Model) -> Result<u64, Error> {
    connection.execute_batch(&create(table))?;
    let places = (1..=table.columns.len() + 1).map(|place| format!("?{place}")).collect::<Vec<_>>().join(",");
    let mut insert = connection.prepare(&format!("INSERT INTO \"{}\" VALUES ({places})", table.name))?;
    let mut count = 0;
    for row in rows(model, table) {
        let row = row.map_err(|source| Error::Given { path: table.name.to_owned(), source })?;
        let mut cells: Vec<Box<dyn ToSql>> = table.columns.iter().map(|column| cell(column.of(&row))).collect();
        cells.push(Box::new(row.to_string()));
        insert.execute(params_from_iter(cells))?;
        count += 1;
    }
    Ok(count)
}

fn cell(cell: Cell) -> Box<dyn ToSql> {
    match cell {
        Cell::Empty => Box::new(None::<i64>),
        Cell::Text(text) => Box::new(text),
        Cell::Integer(number) => Box::new(number),
        Cell::Boolean(answer) => Box::new(answer),
    }
}

/// The statement that makes a table. Names come from the list, never from a bundle.
fn create(table: &TableColumns) -> String {
    let kind = |kind| match kind {
        Kind::Text => "TEXT",
        Kind::Integer | Kind::Boolean => "INTEGER",
    };
    let columns = table.columns.iter().map(|column| format!("\"{}\" {}, ", column.name, kind(column.kind)));
    let key: Vec<String> = table.columns.iter().take(table.key).map(|column| format!("\"{}\"", column.name)).collect();
    let columns: String = columns.collect();
    format!(
        "CREATE TABLE \"{}\" ({columns}\"{ROW}\" TEXT NOT NULL, PRIMARY KEY ({})) STRICT",
        table.name,
        key.join(", ")
    )
}

/// How much a question may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Rows that are handed out.
    pub rows: usize,
    /// Time to answer in.
    pub time: Duration,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Names of the columns, as the question gives them.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more rows than were asked for.
    pub more: bool,
}

/// Puts a question to a bundle's tables, which are made for it and thrown away.
///
/// # Errors
/// Those of [`project`]; [`Error::Query`] when SQLite refuses the question, when it isn't one, or when
/// it takes longer than it may.
pub fn query(bundle: &Path, trusted: Option<&Policy>, sql: &str, bounds: Bounds) -> Result<Answer, Error> {
    let file = NamedTempFile::new()
        .map_err(|source| Error::File { path: std::env::temp_dir().display().to_string(), source })?;
    write(bundle, trusted, file.path(), &mut |_, _| {})?;
    // What can only be read isn't changed by any statement, and a file attached to it can't be either.
    let connection = Connection::open_with_flags(file.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let handle = connection.get_interrupt_handle();
    thread::scope(|scope| {
        let (done, ends) = channel::<()>();
        scope.spawn(move || {
            if ends.recv_timeout(bounds.time) == Err(RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        let answer = ask(&connection, sql, bounds.rows);
        drop(done);
        answer.map_err(|error| match error {
            rusqlite::Error::SqliteFailure(cause, _) if cause.code == rusqlite::ErrorCode::OperationInterrupted => {
                let seconds = bounds.time.as_secs();
                Error::Query { code: "QUERY_TOO_LONG", why: format!("it took more than {seconds} s; see --seconds") }
            }
            other => Error::Query {
                code: "QUERY_REFUSED",
                why: format!("{other}; `SELECT name, sql FROM sqlite_schema` lists tables and columns"),
            },
        })?
    })
}

fn ask(connection: &Connection, sql: &str, limit: usize) -> Result<Result<Answer, Error>, rusqlite::Error> {
    let one =
        || Ok(Err(Error::Query { code: "QUERY_REFUSED", why: "give one SELECT, and no other statement".to_owned() }));
    let mut batch = Batch::new(connection, sql);
    let Some(mut statement) = batch.next()? else { return one() };
    if batch.next()?.is_some() || !statement.readonly() || statement.column_count() == 0 {
        return one();
    }
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let (mut found, mut more) = (Vec::new(), false);
    let mut answers = statement.query([])?;
    while let Some(row) = answers.next()? {
        if found.len() == limit {
            more = true;
            break;
        }
        let cells = (0..columns.len()).map(|place| row.get_ref(place).map(value));
        found.push(cells.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Ok(Answer { columns, rows: found, more }))
}

fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
    }
}
