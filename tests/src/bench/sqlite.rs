//! Owns the limit of everything that writes: the same leaves in a bare SQLite table.
//!
//! One table, one column, nothing checked or hashed, and as durable as the event store: write-ahead
//! log, `synchronous = FULL` (<https://sqlite.org/pragma.html#pragma_synchronous>). Must not go
//! through the event store.

use super::measure::{Outcome, timed};
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Duration;

/// Rows of one transaction where they are batched: as many as tasks at most write at once.
pub(super) const BATCH: usize = 256;

/// The name of the limit with a transaction for each row.
pub(super) const SINGLE: &str = "SQLite: same leaves, one durable transaction each";

/// The name of the limit with a transaction for [`BATCH`] rows.
pub(super) const BATCHED: &str = "SQLite: same leaves, 256 per durable transaction";

/// Rows of 1,000 characters that fill the write-ahead log once.
const WARM_ROWS: usize = 50_000;

/// The bare table.
pub(super) struct Plain(Connection);

impl Plain {
    pub(super) fn create(path: &Path) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        // The settings of the event store, so that both write the same way.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 10000;
             CREATE TABLE leaves (position INTEGER PRIMARY KEY, leaf TEXT NOT NULL) STRICT;",
        )?;
        let mut plain = Self(connection);
        // A write-ahead log that still grows makes every flush dearer: it is brought to its length first.
        let warm: Vec<String> = (0..WARM_ROWS).map(|row| format!("{row:0>1000}")).collect();
        plain.insert(&warm, BATCH)?;
        plain.0.execute_batch("PRAGMA wal_checkpoint(RESTART);")?;
        Ok(plain)
    }

    /// Writes the leaves, so many to a transaction.
    pub(super) fn insert(&mut self, leaves: &[String], together: usize) -> Outcome<Duration> {
        let (elapsed, ()) = timed(|| {
            for part in leaves.chunks(together) {
                let transaction = self.0.transaction()?;
                let mut insert = transaction.prepare_cached("INSERT INTO leaves (leaf) VALUES (?)")?;
                for leaf in part {
                    insert.execute(params![leaf])?;
                }
                drop(insert);
                transaction.commit()?;
            }
            Ok(())
        })?;
        Ok(elapsed)
    }
}
