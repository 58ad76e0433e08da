//! The lot: one public order over all projects, and the sample that is counted again by hand, drawn
//! once and recomputable.
//!
//! Owns how a seed becomes an order and a sample. Takes the seed as it is: that nobody could
//! choose it rests on its two halves, the root of the checkpoint that closes
//! the ballot box and a value entered in public after that.
//! Look next at `tie_break.rs`, where the lot is one link of the chain.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Keeps the draw of a sample apart from the lot of the same seed: neither tells of the other.
const SAMPLE: &str = "parvis.audit-sample/v1\n";

/// The seed of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotSeed([u8; 32]);

impl LotSeed {
    /// SHA-256 of the checkpoint's root followed by the public value's UTF-8 bytes.
    pub fn draw(root: &[u8; 32], public_value: &str) -> Self {
        Self(Sha256::new().chain_update(root).chain_update(public_value).finalize().into())
    }

    /// A seed that was published as such.
    pub const fn from_bytes(seed: [u8; 32]) -> Self {
        Self(seed)
    }

    /// The seed's bytes, to publish.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A project's place in the lot, lowest first: SHA-256(seed || project id).
    pub fn place(&self, project_id: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.0).chain_update(project_id).finalize().into()
    }
}

/// Draws `size` of the ids, in the order drawn; all of them when there are no more.
///
/// An id's place is SHA-256(`parvis.audit-sample/v1` and a line feed || seed || id), the lowest are drawn. So the
/// draw doesn't depend on the order of the ids, a greater sample begins with a smaller one, and every
/// id has the same chance. An id that is given twice counts once.
pub fn sample<'a>(seed: &LotSeed, ids: impl IntoIterator<Item = &'a str>, size: usize) -> Vec<&'a str> {
    let place = |id: &str| Sha256::new().chain_update(SAMPLE).chain_update(seed.0).chain_update(id).finalize();
    let drawn: BTreeMap<[u8; 32], &str> = ids.into_iter().map(|id| (place(id).into(), id)).collect();
    drawn.into_values().take(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_draw_can_be_done_with_any_sha256() {
        // printf '%032d' 0 gives 32 ASCII zeros; with `42` after it, sha256sum says:
        let seed = LotSeed::draw(b"00000000000000000000000000000000", "42");
        assert_eq!(hex(seed.as_bytes()), SEED);
        assert_eq!(hex(&seed.place("A1")), PLACE);
    }

    #[test]
    fn a_sample_can_be_drawn_with_any_sha256() {
        // (printf 'parvis.audit-sample/v1\n'; printf '%032d' 0; printf A1) | sha256sum
        let seed = LotSeed::from_bytes(*b"00000000000000000000000000000000");
        let ids = ["A1", "A2", "A3", "A4", "A5", "A2"];
        assert_eq!(sample(&seed, ids, 5), DRAWN);
        assert_eq!(sample(&seed, ids.into_iter().rev(), 2), DRAWN[..2]);
        assert_eq!(sample(&seed, ids, 100), DRAWN);
        assert!(sample(&seed, ids, 0).is_empty());
    }

    #[test]
    fn every_place_is_drawn_about_as_often() {
        let ids: Vec<String> = (0..20).map(|i| format!("place-{i}")).collect();
        let mut drawn: BTreeMap<&str, u32> = BTreeMap::new();
        for value in 0..2_000 {
            let seed = LotSeed::draw(&[3; 32], &value.to_string());
            for id in sample(&seed, ids.iter().map(String::as_str), 5) {
                *drawn.entry(id).or_default() += 1;
            }
        }
        // 500 expected, standard deviation below 20.
        assert_eq!(drawn.len(), 20);
        assert!(drawn.values().all(|times| (400..600).contains(times)), "{drawn:?}");
    }

    const DRAWN: [&str; 5] = ["A2", "A4", "A1", "A5", "A3"];
    const SEED: &str = "b8cfa20d7212e8e9758657ad8a768766936191378f0e35b9eb113179e3e0e3d8";
    const PLACE: &str = "611c949f720783f8af77fc3652bc9108b257d0f1b08997cc97ba6a9131aa7143";
}
