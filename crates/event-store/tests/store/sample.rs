//! Small events and a store in a temporary folder.

use std::path::PathBuf;

use event_store::{Append, Expected, LogId, OpenMode, Store, StreamId};
use serde_json::{Value, json};
use tempfile::TempDir;
use transparency::{Draft, Origin};

/// A store with one log; the folder goes with it.
pub(crate) struct Sample {
    pub(crate) store: Store,
    pub(crate) log: LogId,
    pub(crate) folder: TempDir,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&url(&folder.path().join("parvis.db")), OpenMode::Create).unwrap();
        // On a thread of its own, so that async tests can start with a sample as well.
        let create = || store.create_log_blocking("log.example/p2018", "P2018").unwrap();
        let log = std::thread::scope(|scope| scope.spawn(create).join().unwrap());
        Self { store, log, folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("parvis.db")
    }

    /// The same file once more, as another process would open it.
    pub(crate) fn again(&self) -> Store {
        Store::open(&url(&self.path()), OpenMode::Existing).unwrap()
    }

    /// Straight to the tables.
    pub(crate) fn sql(&self) -> rusqlite::Connection {
        let conn = rusqlite::Connection::open(self.path()).unwrap();
        conn.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        conn
    }

    /// One event on a stream without events.
    pub(crate) fn first(&self, stream: &str, command: &str) -> Append {
        command_of(self.log, command, &[(stream, 0)], vec![draft(stream, command, json!({"n": 1}))])
    }
}

pub(crate) fn url(path: &std::path::Path) -> String {
    format!("sqlite:{}", path.display())
}

pub(crate) fn stream(name: &str) -> StreamId {
    name.parse().unwrap()
}

pub(crate) fn draft(stream: &str, command: &str, data: Value) -> Draft {
    let origin = Origin { actor_id: "p-1", actor_role: "CITIZEN", at: "2018-09-07T10:00:00Z", command_id: command };
    let mut nonce = [7_u8; 32];
    Draft::new(origin, stream, "Happened", 1, data, &mut || {
        nonce[0] = nonce[0].wrapping_add(1);
        nonce
    })
    .unwrap()
}

pub(crate) fn command_of(log: LogId, id: &str, expected: &[(&str, u64)], events: Vec<Draft>) -> Append {
    let expected = expected.iter().map(|(name, sequence)| Expected { stream: stream(name), sequence: *sequence });
    Append { log, command_id: id.into(), expected: expected.collect(), events }
}
