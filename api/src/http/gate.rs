//! How many requests may be under way at once: a place for each, and none that waits for one.
//!
//! A request that finds no place is told so at once (`refusal.rs`, `BUSY`): a queue without bound
//! would answer everybody late instead. Who takes places: `observe.rs`.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    free: Arc<Semaphore>,
    all: u32,
}

/// One request under way. Whoever works for it after its answer holds a clone.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Gate {
    /// A gate with so many places.
    pub(crate) fn new(places: u32) -> Self {
        Self { free: Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(Semaphore::MAX_PERMITS))), all: places }
    }

    /// A place, when one is free now.
    pub(crate) fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Place { _permit: Arc::new(permit) })
    }

    /// How many places are taken.
    pub(crate) fn in_flight(&self) -> u64 {
        u64::from(self.all).saturating_sub(u64::try_from(self.free.available_permits()).unwrap_or(u64::MAX))
    }

    /// Resolves once every place is free, also those of work whose client was answered or left.
    pub(crate) async fn emptied(&self) {
        // Fails only for a closed semaphore, and nothing closes this one.
        let _ = self.free.acquire_many(self.all).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_is_free_again_when_the_last_who_works_is_done() {
        let gate = Gate::new(2);
        let (first, second) = (gate.enter().unwrap(), gate.enter().unwrap());
        assert!(gate.enter().is_none());
        let task = first.clone();
        drop(first);
        assert_eq!(gate.in_flight(), 2);
        assert!(gate.enter().is_none());
        drop(task);
        assert_eq!(gate.in_flight(), 1);
        drop(second);
        gate.emptied().await;
        assert!(gate.enter().is_some());
    }
}
