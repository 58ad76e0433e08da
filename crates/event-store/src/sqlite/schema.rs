//! Brings a database file to the schema this program knows, once, and recognises files that are not ours.
//!
//! The texts are in `migrations/sqlite`; the rules in `crate::schema`.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::connection::fault;
use crate::Error;
use crate::schema::{Applied, Migration, last, newest};

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "log", serves: 1, text: include_str!("../../../../migrations/sqlite/0001_log.sql") },
    Migration {
        version: 2,
        name: "checkpoints",
        serves: 1,
        text: include_str!("../../../../migrations/sqlite/0002_checkpoints.sql"),
    },
    Migration {
        version: 3,
        name: "cosignatures",
        serves: 1,
        text: include_str!("../../../../migrations/sqlite/0003_cosignatures.sql"),
    },
];

/// "PRVS": marks the file as a store of Parvis (SQLite's `application_id`).
const APPLICATION_ID: i32 = 0x5052_5653;

/// Applies what is missing, in one transaction; does nothing to a file that is up to date.
pub(super) fn migrate(conn: &mut Connection, path: &Arc<Path>) -> Result<(), Error> {
    let sql = |e| fault(path, e);
    if applied(conn, path)? >= newest(MIGRATIONS) {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    // Another process may have migrated while this one waited for the lock.
    let done = applied(&tx, path)?;
    if done == 0 {
        tx.execute_batch(
            "CREATE TABLE IF NOT EXISTS schema_migrations (
               version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
               applied TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
             ) STRICT;",
        )
        .map_err(sql)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
    }
    if !says_whom_it_serves(&tx).map_err(sql)? {
        tx.execute_batch("ALTER TABLE schema_migrations ADD COLUMN serves INTEGER NOT NULL DEFAULT 1").map_err(sql)?;
    }
    for migration in MIGRATIONS.iter().filter(|m| m.version > done) {
        tx.execute_batch(migration.text).map_err(sql)?;
        tx.execute(
            "INSERT INTO schema_migrations (version, name, checksum, serves) VALUES (?, ?, ?, ?)",
            params![migration.version, migration.name, migration.checksum(), migration.serves],
        )
        .map_err(sql)?;
    }
    tx.commit().map_err(sql)
}

/// The last migration in the file, after comparing each with the text this program has.
fn applied(conn: &Connection, path: &Arc<Path>) -> Result<u32, Error> {
    let sql = |e| fault(path, e);
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(sql)?;
    if application != APPLICATION_ID {
        let holds_something =
            conn.query_row("SELECT 1 FROM sqlite_master LIMIT 1", [], |_| Ok(())).optional().map_err(sql)?.is_some();
        return if holds_something || application != 0 {
            Err(Error::NotAStore { path: Arc::clone(path) })
        } else {
            Ok(0)
        };
    }
    // A file of schema 1 doesn't say whom its steps serve: only programs that know them.
    let serves = if says_whom_it_serves(conn).map_err(sql)? { "serves" } else { "version" };
    let text = format!("SELECT version, name, {serves}, checksum FROM schema_migrations ORDER BY version");
    let steps = conn.prepare(&text).and_then(|mut select| {
        select
            .query_map([], |row| {
                Ok(Applied { version: row.get(0)?, name: row.get(1)?, serves: row.get(2)?, checksum: row.get(3)? })
            })?
            .collect::<Result<Vec<_>, _>>()
    });
    last(path, MIGRATIONS, &steps.map_err(sql)?)
}

fn says_whom_it_serves(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT count(*) FROM pragma_table_info('schema_migrations') WHERE name = 'serves'", [], |row| {
        row.get(0)
    })
}
