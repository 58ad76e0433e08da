//! The store that callers hold: open, create logs, append, read, follow.
//!
//! Owns the writer's thread and its queue. What an append does is in `commit.rs`; what reads answer is
//! in `read.rs` and `proof.rs`, and the async reads here only move them off the async threads.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, params};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use transparency::{Frontier, Hash};

use crate::append::{Append, Appended};
use crate::connection::{OpenMode, fault, open_writer, path_of};
use crate::read::{LogHead, Reader, StoredEvent};
use crate::redaction::{Redaction, redact};
use crate::stream_id::StreamId;
use crate::writer::{self, QUEUE, Request};
use crate::{Error, LogId};

/// An open store. Cheap to clone; when the last clone is dropped, what was accepted is written and the
/// file is closed.
///
/// Methods ending in `_blocking`, and all of [`Reader`]'s, are not for async tasks: use their async
/// sisters, or `spawn_blocking`.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    reader: Reader,
    queue: Mutex<Option<mpsc::Sender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    commits: watch::Receiver<u64>,
    reads: Semaphore,
}

/// Async reads that run at once; SQLite has nothing to gain from more.
const READS: usize = 8;

impl Store {
    /// Opens the store at `sqlite:PATH` and brings its schema up to date. Blocks; meant for start-up.
    ///
    /// # Errors
    /// One code for each thing that can be wrong with the place, the file or its schema: see [`Error`].
    pub fn open(url: &str, mode: OpenMode) -> Result<Self, Error> {
        let path = path_of(url)?;
        let conn = open_writer(&path, mode)?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (committed, commits) = watch::channel(0);
        let thread_path = Arc::clone(&path);
        let thread = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || writer::run(conn, &thread_path, receiver, &committed))
            .map_err(|e| Error::Io { path: Arc::clone(&path), detail: e.to_string() })?;
        let inner = Inner {
            reader: Reader::new(path),
            queue: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(thread)),
            commits,
            reads: Semaphore::new(READS),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Writes what was accepted, closes the file and answers [`Error::Closed`] to everything later
    /// that would write. Reads go on.
    pub async fn close(&self) {
        let inner = Arc::clone(&self.inner);
        // The task only waits for the writer; when the runtime shuts down, dropping does it.
        let _ = tokio::task::spawn_blocking(move || inner.finish()).await;
    }

    /// Blocking reads of this store.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.inner.reader.clone()
    }

    /// Creates the log of a campaign. `origin` names it in checkpoints and in every leaf, for ever.
    ///
    /// # Errors
    /// [`Error::LogExists`], [`Error::LogName`]; faults of the database.
    pub async fn create_log(&self, origin: &str, campaign: &str) -> Result<LogId, Error> {
        let (request, reply) = self.log_request(origin, campaign)?;
        self.send(request).await?;
        reply.await.map_err(|_| Error::Closed)?
    }

    /// [`Store::create_log`] for threads that may block.
    ///
    /// # Errors
    /// The same.
    ///
    /// # Panics
    /// Inside an async task.
    pub fn create_log_blocking(&self, origin: &str, campaign: &str) -> Result<LogId, Error> {
        let (request, reply) = self.log_request(origin, campaign)?;
        self.queue()?.blocking_send(request).map_err(|_| Error::Closed)?;
        reply.blocking_recv().map_err(|_| Error::Closed)?
    }

    /// Appends the events of one command, if everything it relied on still holds. Returns when they are
    /// on the disk. Waits while the queue is full. Dropping the future does not take the append back.
    ///
    /// # Errors
    /// [`Error::Conflict`], [`Error::CommandIdReused`] and the other refusals concern this append only;
    /// faults of the database concern every append of the same transaction, and none was written.
    pub async fn append(&self, append: Append) -> Result<Appended, Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Append { append: append.prepare()?, reply }).await?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Appends many commands in their order, sharing commits, and answers each; for importers.
    ///
    /// # Errors
    /// Each answer has its own, as [`Store::append`] would give it.
    ///
    /// # Panics
    /// Inside an async task.
    pub fn append_all_blocking(&self, appends: impl IntoIterator<Item = Append>) -> Vec<Result<Appended, Error>> {
        // All are sent before the first answer is awaited: the queue bounds what is in flight, and
        // the writer finds company for each commit.
        let sent: Vec<_> = appends
            .into_iter()
            .map(|append| {
                let (reply, answer) = oneshot::channel();
                let request = Request::Append { append: append.prepare()?, reply };
                self.queue()?.blocking_send(request).map_err(|_| Error::Closed)?;
                Ok(answer)
            })
            .collect();
        sent.into_iter()
            .map(|answer: Result<oneshot::Receiver<_>, Error>| answer?.blocking_recv().map_err(|_| Error::Closed)?)
            .collect()
    }

    /// [`Store::append`] for threads that may block.
    ///
    /// # Errors
    /// The same.
    ///
    /// # Panics
    /// Inside an async task.
    pub fn append_blocking(&self, append: Append) -> Result<Appended, Error> {
        self.append_all_blocking([append]).pop().unwrap_or(Err(Error::Closed))
    }

    /// Deletes disclosed values and their nonces for good; the leaves, and with them every hash and
    /// proof, stay. Answers how many were there to delete: repeating it is harmless.
    ///
    /// The event that records the redaction is the caller's to append before.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a position without event (then nothing is deleted); faults of the
    /// database.
    pub async fn redact(&self, log: LogId, targets: Vec<Redaction>) -> Result<u64, Error> {
        let path = Arc::clone(self.inner.reader.path());
        let (request, answer) = job(move |conn| redact(conn, &path, log, &targets));
        self.send(request).await?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// A counter of this process's commits, to wait on. Whoever follows a log must also look again
    /// from time to time: other processes may write to the same file.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.inner.commits.clone()
    }

    /// [`Reader::logs`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn logs(&self) -> Result<Vec<LogHead>, Error> {
        self.read_with(Reader::logs).await
    }

    /// [`Reader::head`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn head(&self, log: LogId) -> Result<LogHead, Error> {
        self.read_with(move |reader| reader.head(log)).await
    }

    /// [`Reader::read`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn read(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<StoredEvent>, Error> {
        self.read_with(move |reader| reader.read(log, from, limit)).await
    }

    /// [`Reader::read_stream`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn read_stream(&self, log: LogId, stream: &StreamId, after: u64) -> Result<Vec<StoredEvent>, Error> {
        let stream = stream.clone();
        self.read_with(move |reader| reader.read_stream(log, &stream, after)).await
    }

    /// [`Reader::streams`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn streams(&self, log: LogId, kind: &str) -> Result<Vec<StreamId>, Error> {
        let kind = kind.to_owned();
        self.read_with(move |reader| reader.streams(log, &kind)).await
    }

    /// [`Reader::command`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn command(&self, log: LogId, command_id: &str) -> Result<Option<Appended>, Error> {
        let command_id = command_id.to_owned();
        self.read_with(move |reader| reader.command(log, &command_id)).await
    }

    /// [`Reader::root_at`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn root_at(&self, log: LogId, size: u64) -> Result<Hash, Error> {
        self.read_with(move |reader| reader.root_at(log, size)).await
    }

    /// [`Reader::tile`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn tile(&self, log: LogId, level: u8, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.read_with(move |reader| reader.tile(log, level, index, size)).await
    }

    /// [`Reader::inclusion_proof`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn inclusion_proof(&self, log: LogId, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.read_with(move |reader| reader.inclusion_proof(log, index, size)).await
    }

    /// [`Reader::consistency_proof`] for async callers.
    ///
    /// # Errors
    /// The same.
    pub async fn consistency_proof(&self, log: LogId, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        self.read_with(move |reader| reader.consistency_proof(log, old, new)).await
    }

    /// Runs blocking reads off the async threads, a few at a time.
    ///
    /// # Errors
    /// Those of `read`; [`Error::Closed`] while the runtime shuts down.
    pub async fn read_with<T, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T, Error> + Send + 'static,
    {
        let _permit = self.inner.reads.acquire().await.map_err(|_| Error::Closed)?;
        let reader = self.reader();
        tokio::task::spawn_blocking(move || read(&reader)).await.map_err(|_| Error::Closed)?
    }

    fn log_request(
        &self,
        origin: &str,
        campaign: &str,
    ) -> Result<(Request, oneshot::Receiver<Result<LogId, Error>>), Error> {
        for name in [origin, campaign] {
            // A key name in a signed note has neither spaces nor plus signs (C2SP signed-note).
            let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
            if name.is_empty() || name.chars().count() > 200 || name.contains(refused) {
                return Err(Error::LogName { name: name.to_owned() });
            }
        }
        let path = Arc::clone(self.inner.reader.path());
        let (origin, campaign) = (origin.to_owned(), campaign.to_owned());
        Ok(job(move |conn| {
            let empty = Frontier::new();
            let inserted = conn.execute(
                "INSERT INTO log_heads (origin, campaign, size, root, frontier) VALUES (?, ?, 0, ?, ?)",
                params![origin, campaign, empty.root().0, empty.to_bytes()],
            );
            match inserted {
                Ok(_) => Ok(LogId(conn.last_insert_rowid())),
                Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                    Err(Error::LogExists { origin, campaign })
                }
                Err(e) => Err(fault(&path, e)),
            }
        }))
    }

    fn queue(&self) -> Result<mpsc::Sender<Request>, Error> {
        let queue = self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.clone().ok_or(Error::Closed)
    }

    async fn send(&self, request: Request) -> Result<(), Error> {
        let queue = self.queue()?;
        queue.send(request).await.map_err(|_| Error::Closed)
    }
}

/// Work for the writer that answers by itself.
fn job<T: Send + 'static>(
    work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
) -> (Request, oneshot::Receiver<Result<T, Error>>) {
    let (reply, answer) = oneshot::channel();
    let request = Request::Job(Box::new(move |conn| {
        // Nobody listens any more: what was asked is done all the same.
        let _ = reply.send(work(conn));
    }));
    (request, answer)
}

impl Inner {
    /// Closes the queue and waits for the writer to have emptied it.
    fn finish(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer of the store ended in a panic; what it hadn't answered wasn't kept");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.finish();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", self.inner.reader.path()).finish_non_exhaustive()
    }
}
