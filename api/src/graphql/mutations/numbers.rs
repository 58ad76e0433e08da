//! Public references in sequence: `P-000001`, `P-000002`, …
//!
//! A rule of the log can't keep references unique over streams without a stream that every deposit
//! waits for. So they are given here, and counted by the store, for all of its nodes together. A node
//! gives one at a time for each campaign and kind, so that a refused command can give its own back; a
//! node that dies with a number in hand leaves a gap.

use super::carry::Carried;
use crate::error::Fault;
use crate::graphql::request::{View, services};
use async_graphql::Context;
use event_store::{LogId, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The turns of this server, by campaign and kind.
#[derive(Clone, Default)]
pub(crate) struct Numbers(Arc<Mutex<BTreeMap<Series, Arc<AsyncMutex<()>>>>>);

/// A campaign and a kind.
type Series = (String, &'static str);

/// A number that nobody else gets.
pub(crate) struct Number {
    _turn: OwnedMutexGuard<()>,
    store: Store,
    log: LogId,
    kind: &'static str,
    number: u64,
}

impl Numbers {
    /// Waits for its turn and takes the next number. `taken` gives the highest of a version: imports
    /// and older programs have numbered without the store.
    pub(crate) async fn next(
        &self,
        ctx: &Context<'_>,
        campaign: &str,
        kind: &'static str,
        taken: impl FnOnce(&View) -> Option<u64>,
    ) -> Result<Option<Number>, Fault> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry((campaign.to_owned(), kind)).or_default())
        };
        let turn = lock.lock_owned().await;
        let read_model = &services(ctx)?.read_model;
        let version = read_model.current();
        // Without the campaign the command is refused anyway.
        let Some(view) = version.campaign(campaign) else { return Ok(None) };
        let (store, log) = (read_model.store().clone(), view.log);
        let number = store.next_number(log, kind, taken(view).unwrap_or(0)).await.map_err(Fault::Store)?;
        Ok(Some(Number { _turn: turn, store, log, kind, number }))
    }
}

impl Number {
    /// The number; 0 where there is no campaign to count in.
    pub(crate) fn get(number: Option<&Self>) -> u64 {
        number.map_or(0, |number| number.number)
    }

    /// A refused or repeated command gives its number back; after a fault it may have been written, so
    /// it is kept.
    pub(crate) async fn settle(number: Option<Self>, carried: &Result<Carried, Fault>) {
        let unused = match carried {
            Ok(Carried::Done(receipt)) => receipt.replayed,
            Ok(Carried::Refused(_)) => true,
            Err(_) => false,
        };
        if let Some(number) = number.filter(|_| unused)
            && let Err(error) = number.store.give_number_back(number.log, number.kind, number.number).await
        {
            tracing::warn!(code = error.code(), "a public reference stays unused: {error}");
        }
    }
}

/// The letter of a campaign's references: the first of its code.
pub(crate) fn letter(campaign: &str) -> char {
    campaign.chars().find(char::is_ascii_alphabetic).unwrap_or('P').to_ascii_uppercase()
}

/// The number in a reference such as `P-000123`.
pub(crate) fn number_in(reference: &str) -> Option<u64> {
    reference.rsplit_once('-')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_back() {
        assert_eq!(number_in("P-000123"), Some(123));
        assert_eq!(number_in("2018-P"), None);
        assert_eq!(number_in("123"), None);
        assert_eq!((letter("2018paris"), letter("é1")), ('P', 'P'));
        assert_eq!(letter("toulouse"), 'T');
    }
}
