//! The one seam through which chance comes in: nonces of hidden values, and ids.

use rand::rngs::{ChaCha20Rng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::{Builder, Uuid};

/// A source of unpredictable bytes.
#[derive(Clone, Debug)]
pub struct Entropy(Arc<Mutex<ChaCha20Rng>>);

/// The machine gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the machine gave no random bytes ({0}): without them nothing can be kept secret, so nothing is done")]
pub struct NoEntropy(String);

impl Entropy {
    /// Seeded once from the operating system.
    ///
    /// # Errors
    /// [`NoEntropy`] when it gives none.
    pub fn system() -> Result<Self, NoEntropy> {
        let mut seed = [0; 32];
        SysRng.try_fill_bytes(&mut seed).map_err(|error| NoEntropy(error.to_string()))?;
        Ok(Self(Arc::new(Mutex::new(ChaCha20Rng::from_seed(seed)))))
    }

    /// The same bytes for the same seed: simulations and tests, never a real campaign.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }

    /// A nonce of a hidden value, or the seed of a key.
    pub fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A random id (UUID version 4: no time inside).
    pub fn uuid(&self) -> Uuid {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = self.bytes();
        Builder::from_random_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid()
    }

    /// A number below `bound`, evenly distributed; 0 when `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Rejects the last incomplete round, so that no number is more likely than another.
        let rounds = u64::MAX.checked_div(bound).unwrap_or(0).saturating_mul(bound);
        loop {
            let drawn = rng.next_u64();
            if bound == 0 || drawn < rounds {
                return drawn.checked_rem(bound).unwrap_or(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        assert_eq!(Entropy::seeded(7).uuid(), Entropy::seeded(7).uuid());
        assert_ne!(Entropy::system().unwrap().bytes(), Entropy::system().unwrap().bytes());
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let entropy = Entropy::seeded(1);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[usize::try_from(entropy.below(6)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|n| (850..1_150).contains(n)), "{seen:?}");
        assert_eq!(entropy.below(0), 0);
    }
}
