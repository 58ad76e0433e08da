//! Telling other nodes that a log has grown, and hearing it from them (LISTEN and NOTIFY).
//!
//! Announced after the commit, on a connection of its own: inside the append's transaction a NOTIFY
//! takes a lock that serialises every commit of the database. Announcements that come while one is
//! under way are told by the next; a lost one costs a follower its polling interval, nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgListener, PgPoolOptions};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::connection::Address;
use super::sql;
use crate::Error;

/// The least time between two announcements, and before a lost connection is opened again.
const PACE: Duration = Duration::from_millis(2);
const REST: Duration = Duration::from_millis(500);

const CHANNEL: &str = "parvis_log";

/// Starts both ends; they end with the runtime. The answer is for whoever commits.
pub(super) fn start(runtime: &Handle, address: Arc<Address>, commits: watch::Sender<u64>) -> Arc<Notify> {
    let announce = Arc::new(Notify::new());
    let own = Arc::new(AtomicU32::new(0));
    runtime.spawn(tell(Arc::clone(&address), Arc::clone(&announce), Arc::clone(&own)));
    runtime.spawn(hear(address, commits, own));
    announce
}

/// Announces what was committed, at most every [`PACE`].
async fn tell(address: Arc<Address>, announce: Arc<Notify>, own: Arc<AtomicU32>) {
    let mut kept: Option<PgConnection> = None;
    loop {
        announce.notified().await;
        let told = async {
            let mut conn = match kept.take() {
                Some(conn) => conn,
                None => speaker(&address, &own).await?,
            };
            sqlx::query(sql::NOTIFY).execute(&mut conn).await.map_err(|e| address.fault(e))?;
            Ok::<_, Error>(conn)
        };
        match told.await {
            Ok(conn) => {
                kept = Some(conn);
                tokio::time::sleep(PACE).await;
            }
            Err(error) => {
                tracing::debug!(code = error.code(), "other nodes hear of new events by polling: {error}");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn speaker(address: &Address, own: &AtomicU32) -> Result<PgConnection, Error> {
    let sql = |e| address.fault(e);
    let mut conn = address.connect().await?;
    // An announcement writes nothing that has to be on the disk.
    sqlx::query("SET synchronous_commit = off").execute(&mut conn).await.map_err(sql)?;
    let row = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut conn).await.map_err(sql)?;
    let backend: i32 = row.try_get(0).map_err(sql)?;
    own.store(backend.unsigned_abs(), Ordering::Relaxed);
    Ok(conn)
}

/// Wakes this node's followers when another node has committed.
async fn hear(address: Arc<Address>, commits: watch::Sender<u64>, own: Arc<AtomicU32>) {
    loop {
        if let Err(error) = listen(&address, &commits, &own).await {
            tracing::debug!(code = error.code(), "new events of other nodes are found by polling: {error}");
        }
        // What was announced meanwhile was not heard.
        commits.send_modify(|count| *count += 1);
        tokio::time::sleep(REST).await;
    }
}

async fn listen(address: &Address, commits: &watch::Sender<u64>, own: &AtomicU32) -> Result<(), Error> {
    let sql = |e| address.fault(e);
    let (_, server) = address.primary().await?;
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(server);
    let mut listener = PgListener::connect_with(&pool).await.map_err(sql)?;
    listener.listen(CHANNEL).await.map_err(sql)?;
    // `None` is a lost connection: the next one may have to go to another server.
    while let Some(heard) = listener.try_recv().await.map_err(sql)? {
        if heard.process_id() != own.load(Ordering::Relaxed) {
            commits.send_modify(|count| *count += 1);
        }
    }
    Ok(())
}
