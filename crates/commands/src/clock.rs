//! The one seam through which time comes in.

use domain::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Seconds since 1970 that somebody sets: simulations and tests.
    Simulated(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at this moment until it is set.
    pub fn simulated(at: Timestamp) -> Self {
        Self::Simulated(Arc::new(AtomicI64::new(at.unix())))
    }

    /// Sets a simulated clock; the machine's clock stays as it is.
    pub fn set(&self, at: Timestamp) {
        if let Self::Simulated(seconds) = self {
            seconds.store(at.unix(), Ordering::Relaxed);
        }
    }

    /// Now, to the second. `None` on a machine whose clock stands outside the years 0 to 9999.
    pub fn now(&self) -> Option<Timestamp> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the seam")]
            Self::System => Timestamp::from_unix(time::OffsetDateTime::now_utc().unix_timestamp()),
            Self::Simulated(seconds) => Timestamp::from_unix(seconds.load(Ordering::Relaxed)),
        }
    }
}
