//! Where the vaults of these tests are: SQLite files in temporary folders.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

/// A folder with the file of one vault.
pub(crate) struct Place(TempDir);

/// As an SQL expression: a wrapped key in hexadecimal.
pub(crate) const IN_HEX: &str = "hex(wrapped)";

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("parvis.vault.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.0.path().join("parvis.db").display())
    }

    fn sql(&self) -> rusqlite::Connection {
        let conn = rusqlite::Connection::open(self.path()).unwrap();
        conn.busy_timeout(Duration::from_secs(5)).unwrap();
        conn
    }

    /// Changes the tables behind the vault's back.
    pub(crate) fn change(&self, statement: &str) -> Result<(), String> {
        self.sql().execute_batch(statement).map_err(|error| error.to_string())
    }

    /// The one value that a query gives, as text.
    pub(crate) fn value(&self, query: &str) -> String {
        self.sql().query_row(&format!("SELECT CAST(({query}) AS TEXT)"), [], |row| row.get(0)).unwrap()
    }

    /// Takes away what keeps the readings from being changed.
    pub(crate) fn drop_guards(&self) {
        self.change("DROP TRIGGER readings_are_kept; DROP TRIGGER readings_stay_as_they_are").unwrap();
    }

    /// Every byte there is: the file, its write-ahead log and its shared memory, as they are now.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let read = |suffix: &str| {
            let mut path = self.path().into_os_string();
            path.push(suffix);
            std::fs::read(path).unwrap_or_default()
        };
        ["", "-wal", "-shm"].into_iter().flat_map(read).collect()
    }

    /// A copy of the vault as it is now; nobody must have it open.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        for suffix in ["", "-wal"] {
            let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
            if with(&self.path()).exists() {
                std::fs::copy(with(&self.path()), with(&copy.path())).unwrap();
            }
        }
        copy
    }
}
