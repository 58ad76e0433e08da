//! The reads of the Postgres engine, on a few connections that are kept open.
//!
//! Reads go to the server that is written to: a standby may lag behind what was acknowledged. When it
//! goes away, a read waits a while for the next one. What the rows mean: `migrations/postgres`.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use tokio::runtime::{Handle, Runtime};
use transparency::{Hash, parse_disclosed};

use super::connection::Address;
use super::sql::{self, about, big, count, get, hash, small};
use crate::read::{LogHead, StoredEvent};
use crate::store::READS;
use crate::tables::{EventRow, Stored, Tables, Tile, hashes_of};
use crate::{Error, LogId, StreamId};

/// How often a read is tried again when its server went away, and how long it rests before.
const TRIES: u32 = 20;
const REST: Duration = Duration::from_millis(250);

/// Connections that read, and the runtime that drives them.
pub(super) struct Reads {
    address: Arc<Address>,
    idle: Mutex<Vec<PgConnection>>,
    /// Taken out when the last reader goes.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Reads {
    pub(super) fn new(address: Arc<Address>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("log-reads")
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        Ok(Self { address, idle: Mutex::default(), runtime: Some(runtime), handle })
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.handle
    }

    /// Lends a connection to `read` and takes it back, unless it failed.
    fn with<T>(&self, read: impl AsyncFn(&mut PgConnection) -> sqlx::Result<T>) -> Result<T, Error> {
        self.handle.block_on(async {
            let mut tries = 0;
            loop {
                match self.once(&read).await {
                    Err(Error::Unavailable { .. }) if tries < TRIES => tries += 1,
                    answer => return answer,
                }
                tokio::time::sleep(REST).await;
            }
        })
    }

    async fn once<T>(&self, read: &impl AsyncFn(&mut PgConnection) -> sqlx::Result<T>) -> Result<T, Error> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match kept {
            Some(conn) => conn,
            None => self.address.connect().await?,
        };
        let answer = read(&mut conn).await.map_err(|e| self.address.fault(e))?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READS {
            idle.push(conn);
        }
        Ok(answer)
    }
}

impl Tables for Reads {
    fn logs(&self) -> Result<Vec<LogHead>, Error> {
        self.with(async |conn| {
            let rows = sqlx::query(sql::HEADS).fetch_all(conn).await?;
            rows.iter().map(head_from).collect()
        })
    }

    fn head(&self, log: LogId) -> Result<Option<LogHead>, Error> {
        self.with(async |conn| about(sql::HEAD, log).fetch_optional(conn).await?.as_ref().map(head_from).transpose())
    }

    fn page(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<StoredEvent>, Error> {
        let rows =
            self.with(async |conn| about(sql::PAGE, log).bind(big(from)).bind(big(limit)).fetch_all(conn).await)?;
        self.events(&rows)
    }

    fn stream(&self, log: LogId, stream: &StreamId, after: u64) -> Result<Vec<StoredEvent>, Error> {
        let rows = self.with(async |conn| {
            about(sql::STREAM, log).bind(stream.kind()).bind(stream.id()).bind(big(after)).fetch_all(conn).await
        })?;
        self.events(&rows)
    }

    fn streams(&self, log: LogId, kind: &str) -> Result<Vec<String>, Error> {
        self.with(async |conn| {
            let rows = about(sql::STREAMS, log).bind(kind).fetch_all(conn).await?;
            rows.iter().map(|row| row.try_get(0)).collect()
        })
    }

    fn command(&self, log: LogId, command_id: &str) -> Result<Option<(u64, u64)>, Error> {
        self.with(async |conn| {
            let row = about(sql::COMMAND, log).bind(command_id).fetch_optional(&mut *conn).await?;
            if row.is_some() {
                // Whoever asks will tell that the command was carried out: no fail-over may undo that.
                sqlx::query(sql::WAIT_FOR_STANDBYS).fetch_one(conn).await?;
            }
            row.map(|row| Ok((count(&row, 0)?, small(&row, 1)?))).transpose()
        })
    }

    fn tile(&self, log: LogId, level: u8, index: u64) -> Result<Option<Tile>, Error> {
        self.with(async |conn| {
            let row = about(sql::TILE, log).bind(i16::from(level)).bind(big(index)).fetch_optional(conn).await?;
            row.map(|row| Ok(Tile { root: hash(&row, 0)?, hashes: hashes_of(get(&row, 1)?) })).transpose()
        })
    }

    fn hashes(&self, log: LogId, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, Error> {
        self.with(async |conn| hashes(conn, log, level, nodes.clone()).await)
    }

    fn rows(&self, log: LogId, from: u64, limit: u64) -> Result<Vec<EventRow>, Error> {
        let rows =
            self.with(async |conn| about(sql::ROWS, log).bind(big(from)).bind(big(limit)).fetch_all(conn).await)?;
        rows.iter().map(|row| row_from(row).map_err(|e| self.address.fault(e))?).collect()
    }

    fn stored(&self, log: LogId) -> Result<Stored, Error> {
        self.with(async |conn| {
            let row = about(sql::STORED, log).fetch_one(conn).await?;
            Ok(Stored { end: count(&row, 0)?, tiles: count(&row, 1)? })
        })
    }

    fn checkpoint(&self, log: LogId) -> Result<Option<(u64, String)>, Error> {
        self.with(async |conn| {
            let row = about(sql::CHECKPOINT, log).fetch_optional(conn).await?;
            row.map(|row| Ok((count(&row, 0)?, get(&row, 1)?))).transpose()
        })
    }

    fn cosignatures(&self, log: LogId, size: u64) -> Result<Vec<(String, String)>, Error> {
        self.with(async |conn| {
            let rows = about(sql::COSIGNATURES, log).bind(big(size)).fetch_all(conn).await?;
            rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
        })
    }

    fn cosigned(&self, log: LogId, least: u64, limit: u64) -> Result<Vec<(u64, String)>, Error> {
        self.with(async |conn| {
            let rows = about(sql::COSIGNED, log).bind(big(least)).bind(big(limit)).fetch_all(conn).await?;
            rows.iter().map(|row| Ok((count(row, 0)?, get(row, 1)?))).collect()
        })
    }
}

impl Reads {
    fn events(&self, rows: &[PgRow]) -> Result<Vec<StoredEvent>, Error> {
        rows.iter().map(|row| event_from(row).map_err(|e| self.address.fault(e))?).collect()
    }
}

/// [`Tables::hashes`] on any connection.
pub(super) async fn hashes(
    conn: &mut PgConnection,
    log: LogId,
    level: u8,
    nodes: Range<u64>,
) -> sqlx::Result<Vec<Hash>> {
    let text = if level == 0 { sql::LEAF_HASHES } else { sql::TILE_ROOTS };
    let mut query = about(text, log).bind(big(nodes.start)).bind(big(nodes.end));
    if let Some(below) = level.checked_sub(1) {
        query = query.bind(i16::from(below));
    }
    query.fetch_all(conn).await?.iter().map(|row| hash(row, 0)).collect()
}

fn head_from(row: &PgRow) -> sqlx::Result<LogHead> {
    Ok(LogHead {
        log_id: LogId(get(row, 0)?),
        origin: get(row, 1)?,
        campaign: get(row, 2)?,
        size: count(row, 3)?,
        root: hash(row, 4)?,
    })
}

fn event_from(row: &PgRow) -> sqlx::Result<Result<StoredEvent, Error>> {
    let disclosed: Option<&str> = get(row, 6)?;
    let stream = StreamId::new(get::<String>(row, 1)?, get::<String>(row, 2)?);
    let (position, sequence, event_type, leaf) = (count(row, 0)?, count(row, 3)?, get(row, 4)?, get(row, 5)?);
    let event = |stream| {
        let disclosed = parse_disclosed(disclosed.unwrap_or_default())?;
        Ok(StoredEvent { position, stream, sequence, event_type, leaf, disclosed })
    };
    Ok(stream.and_then(event))
}

fn row_from(row: &PgRow) -> sqlx::Result<Result<EventRow, Error>> {
    let stream = match StreamId::new(get::<String>(row, 1)?, get::<String>(row, 2)?) {
        Ok(stream) => stream,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(EventRow {
        position: count(row, 0)?,
        stream,
        sequence: count(row, 3)?,
        event_type: get(row, 4)?,
        version: small(row, 5)?,
        command_id: get(row, 6)?,
        part: small(row, 7)?,
        parts: small(row, 8)?,
        at: get(row, 9)?,
        hash: hash(row, 10)?,
        leaf: get(row, 11)?,
        disclosed: get(row, 12)?,
    }))
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads").field("place", &self.address.place).finish_non_exhaustive()
    }
}

impl Drop for Reads {
    fn drop(&mut self) {
        // Dropped in an async task, a runtime would panic where it waits for its threads.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
