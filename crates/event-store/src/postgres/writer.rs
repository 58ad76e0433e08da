//! The one task of a node that writes: takes what waits in its queue and commits it together.
//!
//! Most batches are one statement: it moves the head from where this node knows it to be, and inserts
//! only if it still was there. Where another node was faster, or a command is repeated, the batch is
//! planned anew under the lock of the log, with everything looked up. When the server goes away, the
//! batch is tried again on the next one: command ids see to it that nothing is written twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use tokio::sync::{Notify, mpsc, watch};
use transparency::{Frontier, Hash};

use super::connection::{Address, is_duplicate};
use super::plan::{Known, Looked, Plan, Written, unknown};
use super::sql::{self, about, big, count, get, hash};
use super::{order, read};
use crate::append::{Appended, Prepared};
use crate::proof::{TILE, TILE_LEVELS};
use crate::request::{self, Order, Request, SHARED, Waiting};
use crate::{Error, LogId, StreamId};

/// How long a batch is tried again when its server went away or doesn't answer, before its callers are
/// told; a synchronous standby that is away makes commits wait for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the writer rests between two attempts.
const REST: Duration = Duration::from_millis(250);

/// Batches that are planned under the lock after one that wasn't and failed, at most.
const CAREFUL: usize = 32;

/// The label of this engine in metrics.
const ENGINE: &str = "postgres";

/// The answers to a batch, as [`Plan::answers`].
type Answers = Vec<Option<Result<Appended, Error>>>;

pub(super) struct Writer {
    address: Arc<Address>,
    commits: watch::Sender<u64>,
    announce: Arc<Notify>,
    conn: Option<PgConnection>,
    known: BTreeMap<LogId, Known>,
    careful: usize,
}

impl Writer {
    pub(super) fn new(address: Arc<Address>, commits: watch::Sender<u64>, announce: Arc<Notify>) -> Self {
        Self { address, commits, announce, conn: None, known: BTreeMap::new(), careful: 0 }
    }

    /// Serves the queue until the last sender is gone and everything accepted is answered.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut waiting: Vec<Waiting> = Vec::with_capacity(SHARED);
        let mut last = 0;
        while let Some(request) = queue.recv().await {
            let order = request::gather(&mut queue, request, last, &mut waiting);
            last = waiting.len();
            while !waiting.is_empty() {
                request::observe(ENGINE, waiting.len(), queue.len());
                self.commit(&mut waiting).await;
            }
            if let Some(order) = order {
                self.carry_out(order).await;
            }
        }
        if let Some(conn) = self.conn.take() {
            // Everything was answered; the server notices a lost connection by itself.
            let _ = conn.close().await;
        }
    }

    /// Writes what waits for the first log in the queue, and answers it; leaves what has to wait.
    async fn commit(&mut self, waiting: &mut Vec<Waiting>) {
        let Some(log) = waiting.first().map(|first| first.append.log) else { return };
        let (batch, others): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|one| one.append.log == log);
        let appends: Vec<&Prepared> = batch.iter().map(|one| &one.append).collect();
        match self.persist(log, &appends).await {
            Ok(answers) => {
                self.committed();
                for (one, answer) in batch.into_iter().zip(answers) {
                    match answer {
                        Some(answer) => one.answer(ENGINE, answer),
                        None => waiting.push(one),
                    }
                }
            }
            Err(error) => request::fail_all(ENGINE, batch, &error),
        }
        waiting.extend(others);
    }

    fn committed(&self) {
        self.commits.send_modify(|count| *count += 1);
        self.announce.notify_one();
    }

    async fn carry_out(&mut self, order: Order) {
        let is_read_by_followers = matches!(order, Order::CreateLog { .. } | Order::Redact { .. } | Order::Copy { .. });
        let moves_a_head = matches!(order, Order::Copy { .. });
        let conn = match self.conn.take() {
            Some(conn) => Ok(conn),
            None => self.address.connect().await,
        };
        match conn {
            Err(error) => order.fail(error),
            Ok(mut conn) => {
                if order::carry_out(&mut conn, &self.address, order).await {
                    self.conn = Some(conn);
                }
                if moves_a_head {
                    self.known.clear();
                }
                if is_read_by_followers {
                    self.committed();
                }
            }
        }
    }

    /// Writes one batch, on whichever server is there.
    async fn persist(&mut self, log: LogId, batch: &[&Prepared]) -> Result<Answers, Error> {
        let written = match tokio::time::timeout(PATIENCE, self.until_written(log, batch)).await {
            Ok(written) => written,
            Err(_) => Err(self.address.unavailable(format!("no answer within {} s", PATIENCE.as_secs()))),
        };
        if written.is_err() {
            // The connection went with the attempt; what was known may not have been written.
            self.known.clear();
        }
        written
    }

    async fn until_written(&mut self, log: LogId, batch: &[&Prepared]) -> Result<Answers, Error> {
        loop {
            match self.attempt(log, batch).await {
                Err(error @ Error::Unavailable { .. }) => {
                    tracing::warn!(code = error.code(), appends = batch.len(), "trying again: {error}");
                    self.known.clear();
                    tokio::time::sleep(REST).await;
                }
                ended => return ended,
            }
        }
    }

    async fn attempt(&mut self, log: LogId, batch: &[&Prepared]) -> Result<Answers, Error> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.address.connect().await?,
        };
        let mut answers = None;
        if self.careful == 0 {
            answers = self.at_once(&mut conn, log, batch).await?;
            if answers.is_none() {
                self.careful = batch.len().min(CAREFUL);
            }
        } else {
            self.careful -= 1;
        }
        let answers = match answers {
            Some(answers) => answers,
            None => self.under_lock(&mut conn, log, batch).await?,
        };
        self.conn = Some(conn);
        Ok(answers)
    }

    /// Writes a batch by one statement, trusting what is known of the log. `None`: nothing was written,
    /// the batch has to be planned under the lock.
    async fn at_once(
        &mut self,
        conn: &mut PgConnection,
        log: LogId,
        batch: &[&Prepared],
    ) -> Result<Option<Answers>, Error> {
        if !self.known.contains_key(&log) {
            let known = load(conn, &self.address, log, sql::READ_HEAD).await?;
            self.known.insert(log, known);
        }
        let Some(known) = self.known.get_mut(&log) else { return Ok(None) };
        let mut looked = Looked::default();
        let streams = unknown(known, batch, false);
        looked.sequences = sequences(conn, log, streams).await.map_err(|e| self.address.fault(e))?;
        let mut plan = Plan::of(known, &looked, batch);
        let refused = plan.refused(batch);
        if !refused.is_empty() {
            // A command that comes again finds its streams moved by itself.
            looked.commands = commands(conn, log, &refused).await.map_err(|e| self.address.fault(e))?;
            plan = Plan::of(known, &looked, batch);
        }
        // That the head moves says that all this is exact. Where nothing moves it, or an append has no
        // row that an index would refuse, somebody has to look.
        if plan.columns.is_empty() || batch.iter().any(|append| append.events.is_empty()) {
            return Ok(None);
        }
        match write(conn, known, &plan).await {
            Ok(true) => Ok(Some(plan.adopt(known, looked))),
            Ok(false) => {
                self.known.remove(&log);
                Ok(None)
            }
            Err(error) if is_duplicate(&error) => Ok(None),
            Err(error) => Err(self.address.fault(error)),
        }
    }

    /// Writes a batch while no other node can, with every command and stream looked up.
    async fn under_lock(&mut self, conn: &mut PgConnection, log: LogId, batch: &[&Prepared]) -> Result<Answers, Error> {
        let fault = |e| self.address.fault(e);
        let mut tx = conn.begin().await.map_err(fault)?;
        let row = about(sql::LOCK_HEAD, log).fetch_optional(&mut *tx).await.map_err(fault)?;
        let Some(row) = row else { return Err(Error::LogUnknown { log }) };
        let (size, root) = (count(&row, 1).map_err(fault)?, hash(&row, 2).map_err(fault)?);
        let known = match self.known.remove(&log) {
            Some(known) if known.frontier.size() == size && known.frontier.root() == root => known,
            _ => load(&mut tx, &self.address, log, sql::READ_HEAD).await?,
        };
        let known = self.known.entry(log).or_insert(known);
        let ids: Vec<&str> = batch.iter().map(|append| append.command_id.as_str()).collect();
        let mut looked = Looked {
            commands: commands(&mut tx, log, &ids).await.map_err(fault)?,
            sequences: sequences(&mut tx, log, unknown(known, batch, true)).await.map_err(fault)?,
        };
        let plan = Plan::of(known, &looked, batch);
        if plan.columns.is_empty() {
            // Committed, though nothing was written: with standbys, this waits until they have what the
            // answers rest on.
            tx.commit().await.map_err(fault)?;
            return Ok(plan.answers);
        }
        if !write(&mut tx, known, &plan).await.map_err(fault)? {
            let what = "its head moved under the lock".to_owned();
            return Err(Error::Integrity { log, position: None, what });
        }
        tx.commit().await.map_err(fault)?;
        looked.commands.clear();
        Ok(plan.adopt(known, looked))
    }
}

/// What is known of a log before anything was written.
pub(super) async fn load(
    conn: &mut PgConnection,
    address: &Address,
    log: LogId,
    head: &'static str,
) -> Result<Known, Error> {
    let fault = |e| address.fault(e);
    let integrity = |what: String| Error::Integrity { log, position: None, what };
    let row = about(head, log).fetch_optional(&mut *conn).await.map_err(fault)?;
    let row = row.ok_or(Error::LogUnknown { log })?;
    let (size, root) = (count(&row, 1).map_err(fault)?, hash(&row, 2).map_err(fault)?);
    let bytes: &[u8] = get(&row, 3).map_err(fault)?;
    let frontier = Frontier::from_bytes(size, bytes).map_err(|e| integrity(e.to_string()))?;
    // Refuse to build on a head that was tampered with: whoever kept a checkpoint would see it, but
    // only after more had been written.
    if frontier.root() != root {
        return Err(integrity("the stored frontier does not give the stored root".into()));
    }
    let mut edge = Vec::new();
    let levels = u8::try_from(u64::BITS).unwrap_or(u8::MAX) / TILE_LEVELS;
    for level in (0..levels).take_while(|level| size >> (level * TILE_LEVELS) > 0) {
        let end = size >> (level * TILE_LEVELS);
        let begin = end - end % TILE;
        let hashes: Vec<Hash> = read::hashes(conn, log, level, begin..end).await.map_err(fault)?;
        if u64::try_from(hashes.len()) != Ok(end - begin) {
            return Err(integrity(format!("nodes {begin} to {end} of level {} are missing", level * TILE_LEVELS)));
        }
        edge.push(hashes);
    }
    Ok(Known { log, origin: get(&row, 0).map_err(fault)?, frontier, edge, sequences: BTreeMap::new() })
}

/// Writes a plan; says whether the head still was where it was known to be.
pub(super) async fn write(conn: &mut PgConnection, known: &Known, plan: &Plan<'_>) -> sqlx::Result<bool> {
    let (size, root, frontier) = (big(plan.frontier.size()), plan.frontier.root(), plan.frontier.to_bytes());
    let (seen_size, seen_root) = (big(known.frontier.size()), known.frontier.root());
    let head = about(sql::APPEND, known.log)
        .bind(size)
        .bind(root.0.as_slice())
        .bind(frontier.as_slice())
        .bind(seen_size)
        .bind(seen_root.0.as_slice());
    let moved: i64 = plan.columns.bind(head).fetch_one(conn).await?.try_get(0)?;
    Ok(moved == 1)
}

async fn sequences(
    conn: &mut PgConnection,
    log: LogId,
    streams: BTreeSet<StreamId>,
) -> sqlx::Result<BTreeMap<StreamId, u64>> {
    if streams.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (kinds, ids): (Vec<&str>, Vec<&str>) = streams.iter().map(|s| (s.kind(), s.id())).unzip();
    let rows = about(sql::SEQUENCES, log).bind(&kinds).bind(&ids).fetch_all(conn).await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        let stream = StreamId::new(get::<String>(row, 0)?, get::<String>(row, 1)?);
        found.insert(stream.map_err(|e| sqlx::Error::Decode(e.into()))?, count(row, 2)?);
    }
    Ok(found)
}

async fn commands(conn: &mut PgConnection, log: LogId, ids: &[&str]) -> sqlx::Result<BTreeMap<String, Written>> {
    // Each once: a batch may bring one command several times.
    let ids: Vec<&str> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let rows = about(sql::COMMANDS, log).bind(ids).fetch_all(conn).await?;
    let mut found: BTreeMap<String, Written> = BTreeMap::new();
    for row in &rows {
        let first = count(row, 1)?;
        let written = found.entry(get(row, 0)?).or_insert(Written { first, events: Vec::new() });
        written.events.push((get(row, 3)?, get(row, 4)?));
    }
    Ok(found)
}
