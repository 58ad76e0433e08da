//! The lot: one public order over all projects, drawn once and recomputable.
//!
//! Owns how a seed becomes an order. Takes the seed as it is: that nobody could
//! choose it rests on its two halves, the root of the checkpoint that closes
//! the ballot box and a value entered in public after that.
//! Look next at `tie_break.rs`, where the lot is one link of the chain.

use sha2::{Digest, Sha256};

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

    const SEED: &str = "b8cfa20d7212e8e9758657ad8a768766936191378f0e35b9eb113179e3e0e3d8";
    const PLACE: &str = "611c949f720783f8af77fc3652bc9108b257d0f1b08997cc97ba6a9131aa7143";
}
