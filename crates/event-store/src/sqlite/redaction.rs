//! Taking disclosed values out of the database, so that nothing of them is left in its files.
//!
//! Who may order it, and the event that records it, belong to `commands` and `domain`.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::connection::fault;
use crate::{Error, LogId, Redaction};

/// Deletes what is still there of the targets and answers how many that were.
pub(crate) fn redact(conn: &mut Connection, path: &Arc<Path>, log: LogId, targets: &[Redaction]) -> Result<u64, Error> {
    let sql = |e| fault(path, e);
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    let mut deleted = 0;
    for target in targets {
        let found: Option<Option<String>> = tx
            .prepare_cached("SELECT disclosed FROM log_events WHERE log_id = ? AND position = ?")
            .and_then(|mut select| select.query_row(params![log.0, target.position], |row| row.get(0)).optional())
            .map_err(sql)?;
        let Some(found) = found else {
            let size: Option<u64> = tx
                .query_row("SELECT size FROM log_heads WHERE log_id = ?", [log.0], |row| row.get(0))
                .optional()
                .map_err(sql)?;
            let size = size.ok_or(Error::LogUnknown { log })?;
            let what = format!("a redaction at position {}", target.position);
            return Err(Error::OutOfRange { log, size, what });
        };
        let Some(left) = target.take_from(found.as_deref())? else { continue };
        deleted += 1;
        tx.prepare_cached("UPDATE log_events SET disclosed = ? WHERE log_id = ? AND position = ?")
            .and_then(|mut update| update.execute(params![left, log.0, target.position]))
            .map_err(sql)?;
    }
    tx.commit().map_err(sql)?;
    // The write-ahead log still holds the old pages; TRUNCATE empties it. Old pages in the file itself
    // are overwritten (secure_delete).
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(sql)?;
    if busy != 0 {
        tracing::warn!("redacted values stay in the write-ahead log until its readers are done");
    }
    Ok(deleted)
}
