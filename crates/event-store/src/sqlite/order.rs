//! Orders to the writer: everything that writes but an append, each in a transaction of its own.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};
use transparency::Frontier;

use super::commit::{Failure, Transaction};
use super::connection::fault;
use super::redaction::redact;
use crate::request::{Order, answer};
use crate::tables::EventRow;
use crate::{Error, LogId};

/// Does what is ordered and answers.
pub(super) fn carry_out(conn: &mut Connection, path: &Arc<Path>, order: Order) {
    match order {
        Order::CreateLog { origin, campaign, reply } => answer(reply, create_log(conn, path, origin, campaign)),
        Order::Redact { log, targets, reply } => answer(reply, redact(conn, path, log, &targets)),
        Order::Copy { log, rows, reply } => answer(reply, copy(conn, path, log, &rows)),
        Order::Number { log, series, above, reply } => answer(reply, number(conn, path, log, &series, above)),
        Order::NumberBack { log, series, number, reply } => {
            answer(reply, number_back(conn, path, log, &series, number));
        }
        Order::Checkpoint { log, size, note, reply } => answer(reply, checkpoint(conn, path, log, size, &note)),
        Order::Cosignature { log, size, witness, line, reply } => {
            answer(reply, cosignature(conn, path, log, size, &witness, &line));
        }
    }
}

fn create_log(conn: &Connection, path: &Arc<Path>, origin: String, campaign: String) -> Result<LogId, Error> {
    let empty = Frontier::new();
    let inserted = conn.execute(
        "INSERT INTO log_heads (origin, campaign, size, root, frontier) VALUES (?, ?, 0, ?, ?)",
        params![origin, campaign, empty.root().0, empty.to_bytes()],
    );
    match inserted {
        Ok(_) => Ok(LogId(conn.last_insert_rowid())),
        Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(Error::LogExists { origin, campaign })
        }
        Err(e) => Err(fault(path, e)),
    }
}

fn copy(conn: &mut Connection, path: &Arc<Path>, log: LogId, rows: &[EventRow]) -> Result<u64, Error> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| fault(path, e))?;
    let mut state = Transaction::new(&tx, path);
    let size = state.copy(log, rows).map_err(|failure| match failure {
        Failure::Refused(error) | Failure::Broken(error) => error,
    })?;
    state.finish()?;
    tx.commit().map_err(|e| fault(path, e))?;
    Ok(size)
}

fn number(conn: &Connection, path: &Arc<Path>, log: LogId, series: &str, above: u64) -> Result<u64, Error> {
    conn.prepare_cached(
        "INSERT INTO log_numbers (log_id, series, last) VALUES (?1, ?2, ?3 + 1)
         ON CONFLICT (log_id, series) DO UPDATE SET last = max(last, ?3) + 1 RETURNING last",
    )
    .and_then(|mut insert| insert.query_row(params![log.0, series, above], |row| row.get(0)))
    .map_err(|e| fault(path, e))
}

fn number_back(conn: &Connection, path: &Arc<Path>, log: LogId, series: &str, number: u64) -> Result<(), Error> {
    conn.execute(
        "UPDATE log_numbers SET last = last - 1 WHERE log_id = ? AND series = ? AND last = ?",
        params![log.0, series, number],
    )
    .map(|_| ())
    .map_err(|e| fault(path, e))
}

fn checkpoint(conn: &Connection, path: &Arc<Path>, log: LogId, size: u64, note: &str) -> Result<(), Error> {
    conn.execute(
        "INSERT INTO log_checkpoints (log_id, size, note) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        params![log.0, size, note],
    )
    .map(|_| ())
    .map_err(|e| fault(path, e))
}

fn cosignature(
    conn: &Connection,
    path: &Arc<Path>,
    log: LogId,
    size: u64,
    witness: &str,
    line: &str,
) -> Result<(), Error> {
    conn.execute(
        "INSERT INTO log_cosignatures (log_id, size, witness, line) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        params![log.0, size, witness, line],
    )
    .map(|_| ())
    .map_err(|e| fault(path, e))
}
