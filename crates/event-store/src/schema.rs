//! Brings a database file to the schema this program knows, once, and recognises files that are not ours.
//!
//! Forward only: a migration that was released is never edited, a mistake is mended by the next one.
//! The texts are in `migrations/sqlite`. Next: `connection.rs` opens the file.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::connection::fault;

struct Migration {
    version: u32,
    name: &'static str,
    text: &'static str,
}

const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "log", text: include_str!("../../../migrations/sqlite/0001_log.sql") }];

/// "PRVS": marks the file as a store of Parvis (SQLite's `application_id`).
const APPLICATION_ID: i32 = 0x5052_5653;

/// Applies what is missing, in one transaction; does nothing to a file that is up to date.
pub(crate) fn migrate(conn: &mut Connection, path: &Arc<Path>) -> Result<(), Error> {
    let sql = |e| fault(path, e);
    if is_current(conn, path)? {
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
    for migration in MIGRATIONS.iter().filter(|m| m.version > done) {
        tx.execute_batch(migration.text).map_err(sql)?;
        tx.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)",
            params![migration.version, migration.name, checksum(migration.text)],
        )
        .map_err(sql)?;
    }
    tx.commit().map_err(sql)
}

fn is_current(conn: &Connection, path: &Arc<Path>) -> Result<bool, Error> {
    Ok(applied(conn, path)? == newest())
}

fn newest() -> u32 {
    MIGRATIONS.last().map_or(0, |m| m.version)
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
    let mut statement =
        conn.prepare("SELECT version, name, checksum FROM schema_migrations ORDER BY version").map_err(sql)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))
        .map_err(sql)?;
    let mut last = 0;
    for row in rows {
        let (version, name, sum): (u32, _, _) = row.map_err(sql)?;
        if version > newest() {
            return Err(Error::SchemaTooNew { path: Arc::clone(path), found: version, known: newest() });
        }
        let ours = MIGRATIONS.iter().find(|m| m.version == version);
        if ours.is_none_or(|m| m.name != name || checksum(m.text) != sum) {
            return Err(Error::SchemaChanged { path: Arc::clone(path), version, name });
        }
        last = version;
    }
    Ok(last)
}

/// SHA-256 in hexadecimal, as `sha256sum` prints it; line ends don't count.
fn checksum(text: &str) -> String {
    hex::encode(Sha256::digest(text.replace("\r\n", "\n")))
}
