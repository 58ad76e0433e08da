//! The one thread that writes: takes what waits in its queue and commits it together.
//!
//! A commit costs a sync of the disk, whatever it holds; sharing it among the appends that wait is
//! what makes many small appends fast. What an append does is in `commit.rs`.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, watch};

use super::commit::{Failure, Transaction};
use super::connection::fault;
use super::order;
use crate::Error;
use crate::append::Appended;
use crate::request::{self, Request, SHARED, Waiting};

/// The label of this engine in metrics.
const ENGINE: &str = "sqlite";

/// Serves the queue until the last sender is gone and everything accepted is answered.
pub(super) fn run(
    mut conn: Connection,
    path: &Arc<Path>,
    mut queue: mpsc::Receiver<Request>,
    commits: &watch::Sender<u64>,
) {
    let mut waiting: Vec<Waiting> = Vec::with_capacity(SHARED);
    let mut last = 0;
    while let Some(request) = queue.blocking_recv() {
        let order = request::gather(&mut queue, request, last, &mut waiting);
        last = waiting.len();
        if !waiting.is_empty() {
            request::observe(ENGINE, waiting.len(), queue.len());
            commit(&mut conn, path, &mut waiting, commits);
        }
        if let Some(order) = order {
            order::carry_out(&mut conn, path, order);
            commits.send_modify(|count| *count += 1);
        }
    }
    // So that the one file is the whole store, as whoever copies it expects. Readers that are still
    // open keep SQLite from doing this by itself; if it can't be done now, the next start does.
    if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::warn!("the write-ahead log of {} stays beside it: {error}", path.display());
    }
}

fn commit(conn: &mut Connection, path: &Arc<Path>, waiting: &mut Vec<Waiting>, commits: &watch::Sender<u64>) {
    match write(conn, path, waiting) {
        Ok(answers) => {
            commits.send_modify(|count| *count += 1);
            for (waiting, answer) in waiting.drain(..).zip(answers) {
                waiting.answer(ENGINE, answer);
            }
        }
        Err(error) => request::fail_all(ENGINE, std::mem::take(waiting), &error),
    }
}

/// Writes all that waits in one transaction; each append has its own answer.
fn write(conn: &mut Connection, path: &Arc<Path>, waiting: &[Waiting]) -> Result<Vec<Result<Appended, Error>>, Error> {
    // IMMEDIATE: the lock is taken before the first read, so nothing read here can be stale.
    // Dropped without a commit (any `?`), the transaction is rolled back.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| fault(path, e))?;
    let mut state = Transaction::new(&tx, path);
    let mut answers = Vec::with_capacity(waiting.len());
    for waiting in waiting {
        answers.push(match state.append(&waiting.append) {
            Ok(appended) => Ok(appended),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Broken(error)) => return Err(error),
        });
    }
    state.finish()?;
    tx.commit().map_err(|e| fault(path, e))?;
    Ok(answers)
}
