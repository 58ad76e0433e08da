//! Copying a store into another one, of whatever engine: bytes as they are, checked by the tree head.
//!
//! Used by `parvis store copy`, to move a city from SQLite to Postgres or a log to an auditor's file.

use crate::request::Order;
use crate::{Error, LogHead, Store};

/// Rows that share a transaction.
const PAGE: u64 = 1024;

/// A log that was copied, or was there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The log as it stands in the target, checked against the source.
    pub head: LogHead,
    /// Events that this call wrote.
    pub written: u64,
}

/// Copies one log into another store, with the disclosed values and the last checkpoint as it is
/// cosigned. A copy that
/// was cut off goes on where it stopped. `progress` is told the size reached, and
/// ends the copy by an error of its own; what was copied stays. Blocks.
///
/// # Errors
/// [`Error::Integrity`] when the target holds another log under the same names, or doesn't verify in
/// the end; [`Error::LogExists`] when the origin or the campaign is taken by different logs; faults of
/// both databases.
///
/// # Panics
/// Inside an async task.
pub fn copy<E: From<Error>>(
    from: &Store,
    head: &LogHead,
    to: &Store,
    mut progress: impl FnMut(u64) -> Result<(), E>,
) -> Result<Copied, E> {
    let (source, target) = (from.reader(), to.reader());
    let same = |other: &LogHead| other.origin == head.origin && other.campaign == head.campaign;
    let log = match target.logs()?.into_iter().find(same) {
        Some(found) => found.log_id,
        None => to.create_log_blocking(&head.origin, &head.campaign)?,
    };
    let differs = |what: &str| E::from(Error::Integrity { log, position: None, what: what.to_owned() });
    let begun = target.head(log)?;
    if begun.size > head.size || source.root_at(head.log_id, begun.size)? != begun.root {
        return Err(differs("the target holds a different log of this name"));
    }
    let mut size = begun.size;
    while size < head.size {
        let rows = source.tables.rows(head.log_id, size, PAGE.min(head.size - size))?;
        if rows.is_empty() {
            return Err(differs("the source lacks events up to its head"));
        }
        size = to.order_blocking(|reply| Order::Copy { log, rows, reply })?;
        progress(size)?;
    }
    if let Some((signed, note)) = source.checkpoint(head.log_id)? {
        to.order_blocking(|reply| Order::Checkpoint { log, size: signed, note, reply })?;
        for (witness, line) in source.cosignatures(head.log_id, signed)? {
            to.order_blocking(|reply| Order::Cosignature { log, size: signed, witness, line, reply })?;
        }
    }
    let verified = target.verify_integrity(log)?;
    if (verified.size, verified.root) != (head.size, head.root) {
        return Err(differs("the copy doesn't have the tree head of the source"));
    }
    Ok(Copied { head: target.head(log)?, written: size - begun.size })
}
