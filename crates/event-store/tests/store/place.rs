//! Where the stores of these tests are: SQLite files in temporary folders.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

/// A folder with the file of one store.
pub(crate) struct Place(pub(crate) TempDir);

/// As an SQL expression: a hash that no leaf has.
pub(crate) const ZEROES: &str = "zeroblob(32)";
/// The same for a tile.
pub(crate) const TILE_OF_ZEROES: &str = "zeroblob(8192)";

/// Where readers of cqrs-es find its columns.
pub(crate) const EVENTS: &str = "log_events";

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("parvis.db")
    }

    pub(crate) fn url(&self) -> String {
        url(&self.path())
    }

    /// Straight to the tables.
    pub(crate) fn sql(&self) -> rusqlite::Connection {
        let conn = rusqlite::Connection::open(self.path()).unwrap();
        conn.busy_timeout(Duration::from_secs(5)).unwrap();
        conn
    }

    /// Changes the tables behind the store's back.
    pub(crate) fn change(&self, statement: &str) -> Result<(), String> {
        self.sql().execute_batch(statement).map_err(|error| error.to_string())
    }

    /// The one value that a query gives, as text.
    pub(crate) fn value(&self, query: &str) -> String {
        self.sql().query_row(&format!("SELECT CAST(({query}) AS TEXT)"), [], |row| row.get(0)).unwrap()
    }

    /// Takes away what keeps the tables from being changed.
    pub(crate) fn drop_guards(&self) {
        let triggers = ["events_are_kept", "events_are_immutable", "events_disclose_once", "tiles_are_kept"];
        for trigger in triggers.iter().chain(&["tiles_are_immutable", "heads_only_grow"]) {
            self.change(&format!("DROP TRIGGER log_{trigger}")).unwrap();
        }
    }

    /// Whether anything of a text is left where the store keeps its rows.
    pub(crate) fn keeps(&self, text: &str) -> bool {
        ["", "-wal"].iter().any(|suffix| {
            let mut path = self.path().into_os_string();
            path.push(suffix);
            let bytes = std::fs::read(path).unwrap_or_default();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }
}

pub(crate) fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}
