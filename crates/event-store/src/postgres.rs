//! The engine for production: a Postgres database that several nodes share.
//!
//! Each node has one writer, on a thread of its own; nodes take turns by a lock on the row of the log's
//! head, held to the commit, so that positions become visible in their order and without a gap. Nothing
//! outside this folder knows sqlx. Next: `postgres/writer.rs` (group commit, what happens when the
//! server goes away) → `postgres/commit.rs` (one transaction) → `migrations/postgres` (the tables).

mod connection;
mod notify;
mod order;
mod plan;
mod read;
mod schema;
mod sql;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};

pub use connection::without_password;

use crate::request::Request;
use crate::tables::Tables;
use crate::{Error, OpenMode};

/// The address without its password, the reads, the thread that writes.
pub(crate) type Opened = (String, Arc<dyn Tables>, JoinHandle<()>);

/// Opens the store in the database of this address and starts its writer and its announcements.
pub(crate) fn open(
    url: &str,
    mode: OpenMode,
    queue: mpsc::Receiver<Request>,
    commits: watch::Sender<u64>,
) -> Result<Opened, Error> {
    let address = Arc::new(connection::Address::parse(url)?);
    let place: Arc<Path> = Arc::clone(&address.place);
    let io = |e: std::io::Error| Error::Io { path: Arc::clone(&place), detail: e.to_string() };
    // The writer drives its own connection on its own thread: a commit wakes nobody else.
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
    let opening = {
        let address = Arc::clone(&address);
        move || {
            own.block_on(async { schema::migrate(&mut address.connect().await?, &address, mode).await }).map(|()| own)
        }
    };
    // On a thread without a runtime, so that a store can be opened from async code as well.
    let own = std::thread::scope(|scope| scope.spawn(opening).join()).map_err(|_| Error::Closed)??;
    let reads = Arc::new(read::Reads::new(Arc::clone(&address)).map_err(io)?);
    let announce = notify::start(reads.runtime(), Arc::clone(&address), commits.clone());
    let writer = writer::Writer::new(address, commits, announce);
    let thread = std::thread::Builder::new()
        .name("log-writer".into())
        .spawn(move || own.block_on(writer.run(queue)))
        .map_err(io)?;
    Ok((place.display().to_string(), reads, thread))
}
