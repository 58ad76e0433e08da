//! What the writer of a store is asked, whatever its engine.
//!
//! Appends share commits; an order has a transaction of its own and comes after the appends before it
//! and before those behind it. Next: `sqlite/writer.rs`, `postgres/writer.rs`.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use transparency::{disclosed_text, parse_disclosed};

use crate::append::{Appended, Prepared};
use crate::tables::EventRow;
use crate::{Error, LogId};

/// One hidden value to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// Position of the event.
    pub position: u64,
    /// JSON pointer below its leaf, as in the leaf's `hidden`.
    pub path: String,
}

impl Redaction {
    /// What is left of an event's `disclosed` column without the value; `None` when it isn't there.
    pub(crate) fn take_from(&self, disclosed: Option<&str>) -> Result<Option<Option<String>>, Error> {
        let mut values = parse_disclosed(disclosed.unwrap_or_default())?;
        let before = values.len();
        values.retain(|value| value.path != self.path);
        if values.len() == before {
            return Ok(None);
        }
        let left = disclosed_text(&values)?;
        Ok(Some((!values.is_empty()).then_some(left)))
    }
}

/// Where an answer goes. When nobody listens any more, what was asked is done all the same.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// Appends that may wait in the queue; who comes later waits at its door.
pub(crate) const QUEUE: usize = 1024;

/// Appends that share one commit at most: beyond some hundreds the sync is paid for, and a longer
/// transaction only makes the first of them wait.
pub(crate) const SHARED: usize = 512;

/// An append on its way, and where its answer goes.
pub(crate) struct Waiting {
    pub(crate) append: Prepared,
    reply: Reply<Appended>,
    since: Instant,
}

/// Work for the writer.
pub(crate) enum Request {
    Append(Waiting),
    Order(Order),
}

impl Request {
    /// An append, and where its answer will come.
    #[expect(clippy::disallowed_methods, reason = "how long an append takes is a metric, not an input")]
    pub(crate) fn append(append: Prepared) -> (Self, oneshot::Receiver<Result<Appended, Error>>) {
        let (reply, answer) = oneshot::channel();
        (Self::Append(Waiting { append, reply, since: Instant::now() }), answer)
    }
}

impl Waiting {
    /// Answers, and counts what was answered.
    pub(crate) fn answer(self, engine: &'static str, answered: Result<Appended, Error>) {
        metrics::histogram!("parvis_append_seconds", "engine" => engine).record(self.since.elapsed());
        match &answered {
            Ok(_) => {}
            Err(Error::Conflict { .. }) => metrics::counter!("parvis_append_conflicts_total").increment(1),
            Err(error) => metrics::counter!("parvis_append_refused_total", "code" => error.code()).increment(1),
        }
        answer(self.reply, answered);
    }
}

/// How long the writer waits at a time for those who were just answered to come back.
const BREATH: Duration = Duration::from_micros(20);

/// Takes what waits in the queue behind its `first` request: the appends of the next commit, and the
/// order that ends them.
///
/// Whoever shared the last commit has only now been answered, and comes back at once if it has more to
/// write. A commit for the first of them alone would make all others wait for a second one, so the
/// writer waits while they come, for as many as there were (`last`). It blocks its thread, which has
/// nothing else to do.
pub(crate) fn gather(
    queue: &mut mpsc::Receiver<Request>,
    first: Request,
    last: usize,
    waiting: &mut Vec<Waiting>,
) -> Option<Order> {
    let mut next = Some(first);
    loop {
        let before = waiting.len();
        while let Some(request) = next.take() {
            match request {
                Request::Append(append) => waiting.push(append),
                Request::Order(order) => return Some(order),
            }
            if waiting.len() < SHARED {
                next = queue.try_recv().ok();
            }
        }
        if waiting.len() >= last.min(SHARED) || waiting.len() == before {
            return None;
        }
        std::thread::sleep(BREATH);
        next = queue.try_recv().ok();
    }
}

/// Counts the appends that share a commit, and those that wait behind them.
pub(crate) fn observe(engine: &'static str, shared: usize, behind: usize) {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    metrics::histogram!("parvis_commit_batch_size", "engine" => engine).record(number(shared));
    metrics::gauge!("parvis_append_queue").set(number(behind));
}

/// Answers all of a batch with the fault that kept it from being written.
pub(crate) fn fail_all(engine: &'static str, batch: Vec<Waiting>, error: &Error) {
    tracing::error!(code = error.code(), appends = batch.len(), "{error}");
    metrics::counter!("parvis_commit_faults_total", "code" => error.code()).increment(1);
    for waiting in batch {
        waiting.answer(engine, Err(error.clone()));
    }
}

/// Everything else that writes.
pub(crate) enum Order {
    CreateLog {
        origin: String,
        campaign: String,
        reply: Reply<LogId>,
    },
    Redact {
        log: LogId,
        targets: Vec<Redaction>,
        reply: Reply<u64>,
    },
    /// Rows of another store that follow the log's last event; answers the size after them.
    Copy {
        log: LogId,
        rows: Vec<EventRow>,
        reply: Reply<u64>,
    },
    /// The next number of a series, above one that is known to be taken.
    Number {
        log: LogId,
        series: String,
        above: u64,
        reply: Reply<u64>,
    },
    /// A number that was not used, if it is the last one of its series.
    NumberBack {
        log: LogId,
        series: String,
        number: u64,
        reply: Reply<()>,
    },
    /// A signed checkpoint of a size; the first one of a size stays.
    Checkpoint {
        log: LogId,
        size: u64,
        note: String,
        reply: Reply<()>,
    },
    /// What a witness signed below the checkpoint of a size; the first line of a witness stays.
    Cosignature {
        log: LogId,
        size: u64,
        witness: String,
        line: String,
        reply: Reply<()>,
    },
}

impl Order {
    /// Answers with a fault whatever was ordered.
    pub(crate) fn fail(self, error: Error) {
        match self {
            Self::CreateLog { reply, .. } => answer(reply, Err(error)),
            Self::Redact { reply, .. } | Self::Copy { reply, .. } | Self::Number { reply, .. } => {
                answer(reply, Err(error));
            }
            Self::Checkpoint { reply, .. } | Self::Cosignature { reply, .. } | Self::NumberBack { reply, .. } => {
                answer(reply, Err(error))
            }
        }
    }
}

/// Answers a request.
pub(crate) fn answer<T>(reply: Reply<T>, answered: Result<T, Error>) {
    // Nobody listens any more: what was asked is done all the same.
    let _ = reply.send(answered);
}
