//! Orders to the writer: everything that writes but an append, each in a transaction of its own.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use transparency::Frontier;

use super::connection::{Address, is_duplicate};
use super::plan::{Looked, Plan};
use super::sql::{self, about, big, count, get};
use super::writer::{load, write};
use crate::request::{Order, Redaction, answer};
use crate::tables::EventRow;
use crate::{Error, LogId};

/// Does what is ordered and answers; says whether the connection can be used again.
pub(super) async fn carry_out(conn: &mut PgConnection, address: &Address, order: Order) -> bool {
    match order {
        Order::CreateLog { origin, campaign, reply } => {
            answer_with(reply, create_log(conn, address, origin, campaign).await)
        }
        Order::Redact { log, targets, reply } => answer_with(reply, redact(conn, address, log, &targets).await),
        Order::Copy { log, rows, reply } => answer_with(reply, copy(conn, address, log, &rows).await),
        Order::Number { log, series, above, reply } => {
            answer_with(reply, number(conn, address, log, &series, above).await)
        }
        Order::NumberBack { log, series, number, reply } => {
            let back = about(sql::NUMBER_BACK, log).bind(series).bind(big(number)).execute(conn).await;
            answer_with(reply, back.map(|_| ()).map_err(|e| address.fault(e)))
        }
        Order::Checkpoint { log, size, note, reply } => {
            let kept = about(sql::KEEP_CHECKPOINT, log).bind(big(size)).bind(note).execute(conn).await;
            answer_with(reply, kept.map(|_| ()).map_err(|e| address.fault(e)))
        }
        Order::Cosignature { log, size, witness, line, reply } => {
            let insert = about(sql::KEEP_COSIGNATURE, log).bind(big(size)).bind(witness).bind(line);
            answer_with(reply, insert.execute(conn).await.map(|_| ()).map_err(|e| address.fault(e)))
        }
    }
}

fn answer_with<T>(reply: crate::request::Reply<T>, answered: Result<T, Error>) -> bool {
    let usable = !matches!(answered, Err(Error::Unavailable { .. }));
    answer(reply, answered);
    usable
}

async fn create_log(
    conn: &mut PgConnection,
    address: &Address,
    origin: String,
    campaign: String,
) -> Result<LogId, Error> {
    let empty = Frontier::new();
    let inserted = sqlx::query(sql::CREATE_LOG)
        .bind(&origin)
        .bind(&campaign)
        .bind(empty.root().0.as_slice())
        .bind(empty.to_bytes())
        .fetch_one(conn)
        .await;
    match inserted {
        Ok(row) => Ok(LogId(get(&row, 0).map_err(|e| address.fault(e))?)),
        Err(error) if is_duplicate(&error) => Err(Error::LogExists { origin, campaign }),
        Err(error) => Err(address.fault(error)),
    }
}

async fn copy(conn: &mut PgConnection, address: &Address, log: LogId, rows: &[EventRow]) -> Result<u64, Error> {
    let fault = |e| address.fault(e);
    let mut tx = conn.begin().await.map_err(fault)?;
    let mut known = load(&mut tx, address, log, sql::LOCK_HEAD).await?;
    let plan = Plan::copy(&known, rows)?;
    if !plan.columns.is_empty() && !write(&mut tx, &known, &plan).await.map_err(fault)? {
        let what = "its head moved under the lock".to_owned();
        return Err(Error::Integrity { log, position: None, what });
    }
    tx.commit().await.map_err(fault)?;
    plan.adopt(&mut known, Looked::default());
    Ok(known.frontier.size())
}

async fn number(
    conn: &mut PgConnection,
    address: &Address,
    log: LogId,
    series: &str,
    above: u64,
) -> Result<u64, Error> {
    let row = about(sql::NUMBER, log).bind(series).bind(big(above)).fetch_one(conn).await;
    row.and_then(|row| count(&row, 0)).map_err(|e| address.fault(e))
}

/// Deletes what is still there of the targets and answers how many that were.
async fn redact(conn: &mut PgConnection, address: &Address, log: LogId, targets: &[Redaction]) -> Result<u64, Error> {
    let fault = |e| address.fault(e);
    let mut tx = conn.begin().await.map_err(fault)?;
    let mut deleted = 0;
    for target in targets {
        let at = big(target.position);
        let found = about(sql::DISCLOSED, log).bind(at).fetch_optional(&mut *tx).await.map_err(fault)?;
        let Some(found) = found else {
            let head = about(sql::HEAD, log).fetch_optional(&mut *tx).await.map_err(fault)?;
            let size = count(&head.ok_or(Error::LogUnknown { log })?, 3).map_err(fault)?;
            let what = format!("a redaction at position {}", target.position);
            return Err(Error::OutOfRange { log, size, what });
        };
        let Some(left) = target.take_from(found.try_get(0).map_err(fault)?)? else { continue };
        deleted += 1;
        about(sql::REDACT, log).bind(at).bind(left).execute(&mut *tx).await.map_err(fault)?;
    }
    tx.commit().await.map_err(fault)?;
    // The old versions of the rows stay in the table's file until it is vacuumed. Only its owner may.
    if deleted > 0
        && let Err(error) = sqlx::query("VACUUM log_events").execute(conn).await
    {
        let place = Arc::clone(&address.place);
        tracing::warn!(
            "redacted values stay in the files of {} until log_events is vacuumed: {error}",
            place.display()
        );
    }
    Ok(deleted)
}
