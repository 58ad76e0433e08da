//! How often one may ask: reads, writes and sign-ins, each for itself, by address and by account.
//!
//! Askers are counted in a fixed number of slots, so that a flood of addresses can't fill the memory.
//! Which slot is drawn with a key of this process: nobody can aim at another's.

use crate::{Rates, Refusal};
use axum::http::Method;
use commands::Entropy;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Slots of one limit, a power of two; 24 bytes each at most.
const SLOTS: u32 = 1 << 18;

/// How often slots that are as good as new are given back, in seconds.
const SWEEP_S: u64 = 60;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    SignIn,
}

impl Kind {
    /// What a request asks for. GraphQL comes by POST whether it reads or writes, so it counts as a
    /// reading here; its mutations are counted through [`Allowance`].
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        if path.starts_with("/sign-in/") && path != crate::pages::STYLE {
            Self::SignIn
        } else if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || path == "/graphql" {
            Self::Read
        } else {
            Self::Write
        }
    }
}

/// The limits of a server. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Limits(Arc<All>);

#[derive(Debug)]
struct All {
    key: [u8; 32],
    reads_per_ip: Limit,
    writes_per_ip: Limit,
    reads_per_account: Limit,
    writes_per_account: Limit,
    sign_ins_per_ip: Limit,
}

impl Limits {
    pub(crate) fn new(rates: &Rates, entropy: &Entropy) -> Self {
        let clock = Steady(Instant::now());
        Self(Arc::new(All {
            key: entropy.bytes(),
            reads_per_ip: Limit::new(rates.reads_per_ip, clock),
            writes_per_ip: Limit::new(rates.writes_per_ip, clock),
            reads_per_account: Limit::new(rates.reads_per_account, clock),
            writes_per_account: Limit::new(rates.writes_per_account, clock),
            sign_ins_per_ip: Limit::new(rates.sign_ins_per_ip, clock),
        }))
    }

    /// Counts one request of an address.
    pub(crate) fn address(&self, network: [u8; 9], kind: Kind) -> Result<(), TooMany> {
        let limit = match kind {
            Kind::Read => &self.0.reads_per_ip,
            Kind::Write => &self.0.writes_per_ip,
            Kind::SignIn => &self.0.sign_ins_per_ip,
        };
        limit.count(self.slot(&network))
    }

    /// Counts one request of an account.
    pub(crate) fn account(&self, person: &str, kind: Kind) -> Result<(), TooMany> {
        let limit = match kind {
            Kind::Write => &self.0.writes_per_account,
            Kind::Read | Kind::SignIn => &self.0.reads_per_account,
        };
        limit.count(self.slot(person.as_bytes()))
    }

    fn slot(&self, asker: &[u8]) -> u32 {
        let digest: [u8; 32] = Sha256::new().chain_update(self.0.key).chain_update(asker).finalize().into();
        let [a, b, c, d, ..] = digest;
        u32::from_be_bytes([a, b, c, d]) % SLOTS
    }
}

/// What is left to one asker, in the request's extensions: whoever carries out a mutation of GraphQL
/// counts it here, because the path doesn't tell.
#[derive(Clone, Debug)]
pub struct Allowance {
    pub(crate) limits: Limits,
    pub(crate) network: [u8; 9],
    pub(crate) person: Option<String>,
}

impl Allowance {
    /// Counts one write.
    ///
    /// # Errors
    /// [`TooMany`] when there were too many; nothing must be carried out then.
    pub fn write(&self) -> Result<(), TooMany> {
        self.limits.address(self.network, Kind::Write)?;
        self.person.as_ref().map_or(Ok(()), |person| self.limits.account(person, Kind::Write))
    }
}

/// Too many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many requests: try again in {after_s} s.")]
pub struct TooMany {
    /// When to come again, in seconds.
    pub after_s: u64,
}

impl From<TooMany> for Refusal {
    fn from(TooMany { after_s }: TooMany) -> Self {
        Self::RateLimited { after_s }
    }
}

/// One limit for every slot.
#[derive(Debug)]
struct Limit {
    slots: RateLimiter<u32, HashMapStateStore<u32>, Steady, NoOpMiddleware<Duration>>,
    clock: Steady,
    swept_s: AtomicU64,
}

impl Limit {
    fn new(per_minute: NonZeroU32, clock: Steady) -> Self {
        let burst = NonZeroU32::new(per_minute.get().div_ceil(4)).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(per_minute).allow_burst(burst);
        Self { slots: RateLimiter::hashmap_with_clock(quota, clock), clock, swept_s: AtomicU64::new(0) }
    }

    fn count(&self, slot: u32) -> Result<(), TooMany> {
        let now = self.clock.now();
        let swept = self.swept_s.load(Ordering::Relaxed);
        let due = now.as_secs() >= swept + SWEEP_S;
        if due && self.swept_s.compare_exchange(swept, now.as_secs(), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.slots.retain_recent();
        }
        self.slots.check_key(&slot).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            TooMany { after_s: wait.as_secs().saturating_add(1) }
        })
    }
}

/// Time since the server began, as tokio tells it.
#[derive(Clone, Copy, Debug)]
struct Steady(Instant);

impl Clock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::network;

    fn limits() -> Limits {
        Limits::new(&Rates::default(), &Entropy::seeded(1))
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_too_often_waits_and_nobody_else() {
        let (limits, one, other) = (limits(), network([1, 2, 3, 4].into()), network([1, 2, 3, 5].into()));
        for _ in 0..30 {
            limits.address(one, Kind::SignIn).unwrap();
        }
        let TooMany { after_s } = limits.address(one, Kind::SignIn).unwrap_err();
        assert_eq!(after_s, 1);
        limits.address(other, Kind::SignIn).unwrap();
        limits.address(one, Kind::Read).unwrap();
        tokio::time::advance(Duration::from_secs(after_s)).await;
        limits.address(one, Kind::SignIn).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn writes_of_an_account_are_counted_wherever_it_is() {
        let limits = limits();
        let at = |last| Allowance {
            limits: limits.clone(),
            network: network([1, 2, 3, last].into()),
            person: Some("p".into()),
        };
        for last in 0..15 {
            at(last).write().unwrap();
        }
        assert!(at(99).write().is_err());
        assert!(Allowance { person: Some("q".into()), ..at(99) }.write().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_addresses_takes_bounded_room() {
        let limits = limits();
        for n in 0..600_000_u32 {
            let [a, b, c, d] = n.to_be_bytes();
            let _ = limits.address(network([a, b, c, d].into()), Kind::Read);
        }
        assert!(limits.0.reads_per_ip.slots.len() <= usize::try_from(SLOTS).unwrap());
        tokio::time::advance(Duration::from_secs(2 * SWEEP_S)).await;
        limits.address(network([9, 9, 9, 9].into()), Kind::Read).unwrap();
        assert!(limits.0.reads_per_ip.slots.len() < 10);
    }

    #[test]
    fn a_request_counts_as_what_it_does() {
        assert_eq!(Kind::of(&Method::GET, "/"), Kind::Read);
        assert_eq!(Kind::of(&Method::POST, "/graphql"), Kind::Read);
        assert_eq!(Kind::of(&Method::POST, "/sign-out"), Kind::Write);
        assert_eq!(Kind::of(&Method::GET, "/sign-in/franceconnect"), Kind::SignIn);
        assert_eq!(Kind::of(&Method::GET, "/sign-in/style.css"), Kind::Read);
        assert_eq!(Kind::of(&Method::GET, "/sign-in"), Kind::Read);
    }
}
