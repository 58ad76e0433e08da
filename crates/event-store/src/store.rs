//! The store that callers hold: open, create logs, append, read, follow.
//!
//! Owns the queue of the writer. What an append does is in `sqlite/commit.rs` and `postgres/commit.rs`;
//! what reads answer is in `read.rs` and `proof.rs`, and the async reads here only move them off the
//! async threads.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use transparency::Hash;

use crate::append::{Append, Appended};
use crate::read::{LogHead, Reader, StoredEvent};
use crate::request::{Order, QUEUE, Redaction, Reply, Request};
use crate::stream_id::StreamId;
use crate::{Error, LogId, postgres, sqlite};

/// What to do when the store isn't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Create it: the file and its folder, or the tables in an empty database.
    Create,
    /// Answer [`Error::NotFound`].
    Existing,
}

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
    /// Its address, without password.
    place: String,
    reader: Reader,
    queue: Mutex<Option<mpsc::Sender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    commits: watch::Receiver<u64>,
    reads: Semaphore,
}

/// Async reads that run at once; as many as a Postgres store has connections for.
pub(crate) const READS: usize = 8;

/// How long an append waits for a place in the queue before its caller is told to come back.
const PATIENCE: Duration = Duration::from_millis(500);

impl Store {
    /// Opens the store at `sqlite:PATH` or `postgres://…` and brings its schema up to date. Blocks;
    /// meant for start-up.
    ///
    /// A Postgres address may name several hosts (`postgres://user@a:5432,b:5432/parvis`): the one
    /// that isn't a standby is written to, also after a fail-over.
    ///
    /// # Errors
    /// One code for each thing that can be wrong with the place, the store or its schema: see [`Error`].
    pub fn open(url: &str, mode: OpenMode) -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (committed, commits) = watch::channel(0);
        let (place, tables, thread) = if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            postgres::open(url, mode, receiver, committed)?
        } else {
            let (tables, thread) = sqlite::open(url, mode, receiver, committed)?;
            (url.to_owned(), tables, thread)
        };
        let inner = Inner {
            place,
            reader: Reader { tables },
            queue: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(thread)),
            commits,
            reads: Semaphore::new(READS),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Its address, without password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.inner.place
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
        let (origin, campaign) = log_names(origin, campaign)?;
        self.order(|reply| Order::CreateLog { origin, campaign, reply }).await
    }

    /// [`Store::create_log`] for threads that may block.
    ///
    /// # Errors
    /// The same.
    ///
    /// # Panics
    /// Inside an async task.
    pub fn create_log_blocking(&self, origin: &str, campaign: &str) -> Result<LogId, Error> {
        let (origin, campaign) = log_names(origin, campaign)?;
        self.order_blocking(|reply| Order::CreateLog { origin, campaign, reply })
    }

    /// Appends the events of one command, if everything it relied on still holds. Returns when they are
    /// on the disk. Dropping the future does not take the append back.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue stays full, and then nothing was accepted; [`Error::Conflict`], [`Error::CommandIdReused`] and the other refusals concern this append only;
    /// faults of the database concern every append of the same transaction, and none was written.
    #[tracing::instrument(name = "append", skip_all, fields(log = append.log.0, events = append.events.len()))]
    pub async fn append(&self, append: Append) -> Result<Appended, Error> {
        let append = append.prepare()?;
        let place = self.place_in_queue().await?;
        let (request, answer) = Request::append(append);
        place.send(request);
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
                let (request, answer) = Request::append(append.prepare()?);
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
        self.order(|reply| Order::Redact { log, targets, reply }).await
    }

    /// The next number of a series of a log: larger than `above` and than every number given before, by
    /// whatever node. One that is not used and not given back stays a gap.
    ///
    /// # Errors
    /// [`Error::LogUnknown`]; faults of the database.
    pub async fn next_number(&self, log: LogId, series: &str, above: u64) -> Result<u64, Error> {
        let series = series.to_owned();
        self.order(|reply| Order::Number { log, series, above, reply }).await
    }

    /// Keeps a signed checkpoint of a size; the first one of a size stays. It may be published once
    /// this has returned: then it is as durable as the events below it.
    ///
    /// # Errors
    /// [`Error::LogUnknown`]; faults of the database.
    pub async fn keep_checkpoint(&self, log: LogId, size: u64, note: &str) -> Result<(), Error> {
        let note = note.to_owned();
        self.order(|reply| Order::Checkpoint { log, size, note, reply }).await
    }

    /// [`Store::keep_checkpoint`] for threads that may block.
    ///
    /// # Errors
    /// The same.
    ///
    /// # Panics
    /// Inside an async task.
    pub fn keep_checkpoint_blocking(&self, log: LogId, size: u64, note: &str) -> Result<(), Error> {
        let note = note.to_owned();
        self.order_blocking(|reply| Order::Checkpoint { log, size, note, reply })
    }

    /// Keeps what a witness signed below a kept checkpoint: the line as it stands in a note, with its
    /// newline. The first line of a witness for a size stays. `witness` names its key as `name+id`.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn keep_cosignature(&self, log: LogId, size: u64, witness: &str, line: &str) -> Result<(), Error> {
        let (witness, line) = (witness.to_owned(), line.to_owned());
        self.order(|reply| Order::Cosignature { log, size, witness, line, reply }).await
    }

    /// Gives a number back that was not used after all, unless a later one of its series is out.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn give_number_back(&self, log: LogId, series: &str, number: u64) -> Result<(), Error> {
        let series = series.to_owned();
        self.order(|reply| Order::NumberBack { log, series, number, reply }).await
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

    pub(crate) fn order_blocking<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.queue()?.blocking_send(Request::Order(order(reply))).map_err(|_| Error::Closed)?;
        answer.blocking_recv().map_err(|_| Error::Closed)?
    }

    async fn order<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, Error> {
        let place = self.place_in_queue().await?;
        let (reply, answer) = oneshot::channel();
        place.send(Request::Order(order(reply)));
        answer.await.map_err(|_| Error::Closed)?
    }

    fn queue(&self) -> Result<mpsc::Sender<Request>, Error> {
        let queue = self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.clone().ok_or(Error::Closed)
    }

    /// A place in the queue, at once or within [`PATIENCE`].
    async fn place_in_queue(&self) -> Result<mpsc::OwnedPermit<Request>, Error> {
        let queue = match self.queue()?.try_reserve_owned() {
            Ok(place) => return Ok(place),
            Err(TrySendError::Full(queue)) => queue,
            Err(TrySendError::Closed(_)) => return Err(Error::Closed),
        };
        match tokio::time::timeout(PATIENCE, queue.reserve_owned()).await {
            Ok(place) => place.map_err(|_| Error::Closed),
            Err(_) => {
                metrics::counter!("parvis_append_busy_total").increment(1);
                Err(Error::Busy { retry_after_ms: 1_000 })
            }
        }
    }
}

fn log_names(origin: &str, campaign: &str) -> Result<(String, String), Error> {
    for name in [origin, campaign] {
        // A key name in a signed note has neither spaces nor plus signs (C2SP signed-note).
        let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.chars().count() > 200 || name.contains(refused) {
            return Err(Error::LogName { name: name.to_owned() });
        }
    }
    Ok((origin.to_owned(), campaign.to_owned()))
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
        f.debug_struct("Store").field("place", &self.inner.place).finish_non_exhaustive()
    }
}
