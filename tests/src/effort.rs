//! Owns how long the fault tests run, and the seed that they take their chances from.
//!
//! `PARVIS_FAULT_TESTS=long` asks for the long form, `PARVIS_FAULT_SEED=N` for the chances of an earlier
//! run. Must not: decide what is done with either. Next: `docs/runbooks/fault-tests.md`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test support: what can't be read fails the test"
)]

use commands::Entropy;
use std::time::{Duration, Instant};

/// Whether the long form was asked for.
pub fn is_long() -> bool {
    match std::env::var("PARVIS_FAULT_TESTS") {
        Ok(asked) => match asked.as_str() {
            "long" => true,
            "short" => false,
            other => panic!("PARVIS_FAULT_TESTS is `{other}`: it can be `short` or `long`"),
        },
        Err(_) => false,
    }
}

/// One of two, as the form says.
pub fn either<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

/// The source of this test's chances. Says its seed, with which a run can be repeated as far as the
/// machine's own timing allows.
pub fn chances(test: &str) -> Entropy {
    let seed = std::env::var("PARVIS_FAULT_SEED").map_or_else(
        |_| Entropy::system().unwrap().below(1 << 32),
        |given| given.parse().unwrap_or_else(|_| panic!("PARVIS_FAULT_SEED is `{given}`: it has to be a number")),
    );
    eprintln!("{test}: PARVIS_FAULT_SEED={seed}");
    Entropy::seeded(seed)
}

/// A chance between nothing and this many milliseconds.
pub fn moment(chances: &Entropy, below_ms: u64) -> Duration {
    Duration::from_millis(chances.below(below_ms))
}

/// The moment to measure from.
#[expect(clippy::disallowed_methods, reason = "how long a fault lasts is measured")]
pub fn now() -> Instant {
    Instant::now()
}
