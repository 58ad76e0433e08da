//! Public references in sequence: `P-000001`, `P-000002`, …
//!
//! A rule of the log can't keep references unique over streams without a stream that every deposit
//! waits for. So they are given here: one at a time for each campaign and kind, the next after the
//! highest that is known. Two servers on one store can still give the same number at the same moment;
//! the key of the stream, which all links use, stays unique.

use super::carry::Carried;
use crate::error::Fault;
use crate::graphql::request::{View, services};
use async_graphql::Context;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The last number that this server gave, by campaign and kind.
#[derive(Clone, Default)]
pub(crate) struct Numbers(Arc<Mutex<BTreeMap<Series, Arc<AsyncMutex<u64>>>>>);

/// A campaign and a kind.
type Series = (String, &'static str);

/// A number that nobody else gets until it is dropped.
pub(crate) struct Number {
    last: OwnedMutexGuard<u64>,
    number: u64,
}

impl Numbers {
    /// Waits for its turn and takes the next number. `taken` gives the highest of a version.
    pub(crate) async fn next(
        &self,
        ctx: &Context<'_>,
        campaign: &str,
        kind: &'static str,
        taken: impl FnOnce(&View) -> Option<u64>,
    ) -> Result<Number, Fault> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry((campaign.to_owned(), kind)).or_default())
        };
        let last = lock.lock_owned().await;
        let version = services(ctx)?.read_model.current();
        let highest = version.campaign(campaign).and_then(taken).unwrap_or(0);
        let number = highest.max(*last).saturating_add(1);
        Ok(Number { last, number })
    }
}

impl Number {
    /// The number.
    pub(crate) fn get(&self) -> u64 {
        self.number
    }

    /// A refused command gives its number back; after a fault it may have been written, so it is kept.
    pub(crate) fn settle(&mut self, carried: &Result<Carried, Fault>) {
        match carried {
            Ok(Carried::Done(receipt)) if !receipt.replayed => *self.last = self.number,
            Ok(Carried::Done(_) | Carried::Refused(_)) => {}
            Err(_) => *self.last = self.number,
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
