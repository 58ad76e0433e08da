//! The one thread that writes: takes what waits in its queue and commits it together.
//!
//! A commit costs a sync of the disk, whatever it holds; sharing it among the appends that wait is
//! what makes many small appends fast. What an append does is in `commit.rs`.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot, watch};

use crate::Error;
use crate::append::{Appended, Prepared};
use crate::commit::{Failure, Transaction};
use crate::connection::fault;

/// Appends that may wait in the queue; who comes later waits at its door.
pub(crate) const QUEUE: usize = 1024;

/// Appends that share one commit at most: beyond some hundreds the sync is paid for, and a longer
/// transaction only makes the first of them wait.
const SHARED: usize = 512;

/// Work for the writer.
pub(crate) enum Request {
    Append {
        append: Prepared,
        reply: oneshot::Sender<Result<Appended, Error>>,
    },
    /// Anything else that writes: does its own transaction and answers by itself.
    Job(Box<dyn FnOnce(&mut Connection) + Send>),
}

type Waiting = (Prepared, oneshot::Sender<Result<Appended, Error>>);

/// Serves the queue until the last sender is gone and everything accepted is answered.
pub(crate) fn run(
    mut conn: Connection,
    path: &Arc<Path>,
    mut queue: mpsc::Receiver<Request>,
    commits: &watch::Sender<u64>,
) {
    let mut waiting: Vec<Waiting> = Vec::with_capacity(SHARED);
    while let Some(request) = queue.blocking_recv() {
        let mut next = Some(request);
        let mut job = None;
        while let Some(request) = next.take() {
            match request {
                Request::Append { append, reply } => waiting.push((append, reply)),
                Request::Job(work) => job = Some(work),
            }
            // A job comes after the appends before it and before those behind it.
            if waiting.len() < SHARED && job.is_none() {
                next = queue.try_recv().ok();
            }
        }
        if !waiting.is_empty() {
            commit(&mut conn, path, &mut waiting, commits);
        }
        if let Some(work) = job {
            work(&mut conn);
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
            for ((_, reply), answer) in waiting.drain(..).zip(answers) {
                // Nobody listens any more: what was asked is done all the same.
                let _ = reply.send(answer);
            }
        }
        Err(error) => {
            tracing::error!(code = error.code(), appends = waiting.len(), "{error}");
            for (_, reply) in waiting.drain(..) {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// Writes all that waits in one transaction; each append has its own answer.
fn write(conn: &mut Connection, path: &Arc<Path>, waiting: &[Waiting]) -> Result<Vec<Result<Appended, Error>>, Error> {
    // IMMEDIATE: the lock is taken before the first read, so nothing read here can be stale.
    // Dropped without a commit (any `?`), the transaction is rolled back.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| fault(path, e))?;
    let mut state = Transaction::new(&tx, path);
    let mut answers = Vec::with_capacity(waiting.len());
    for (append, _) in waiting {
        answers.push(match state.append(append) {
            Ok(appended) => Ok(appended),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Broken(error)) => return Err(error),
        });
    }
    state.finish()?;
    tx.commit().map_err(|e| fault(path, e))?;
    Ok(answers)
}
