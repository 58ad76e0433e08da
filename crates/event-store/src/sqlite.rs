//! The embedded engine: one SQLite file, one thread that writes, connections that read.
//!
//! Nothing outside this folder knows SQLite. Next: `sqlite/writer.rs` (group commit) →
//! `sqlite/commit.rs` (one append) → `migrations/sqlite` (the tables).

mod commit;
mod connection;
mod order;
mod read;
mod redaction;
mod schema;
mod writer;

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};

use crate::request::Request;
use crate::tables::Tables;
use crate::{Error, OpenMode};

/// Opens the store at `sqlite:PATH` and starts its writer.
pub(crate) fn open(
    url: &str,
    mode: OpenMode,
    queue: mpsc::Receiver<Request>,
    commits: watch::Sender<u64>,
) -> Result<(Arc<dyn Tables>, JoinHandle<()>), Error> {
    let path = connection::path_of(url)?;
    let conn = connection::open_writer(&path, mode)?;
    let thread_path = Arc::clone(&path);
    let thread = std::thread::Builder::new()
        .name("log-writer".into())
        .spawn(move || writer::run(conn, &thread_path, queue, &commits))
        .map_err(|e| Error::Io { path: Arc::clone(&path), detail: e.to_string() })?;
    Ok((Arc::new(connection::Readers::new(path)), thread))
}
