//! Owns: the file that a voter keeps: what was chosen, and what proves it after the opening.
//! Must not: find the ballot in a log; `parvis-replay ballot check` does.
//! Next: `ballot.rs`.

use crate::{Context, Error, PlainBallot, Sealed, UrnKey, seal};
use serde::{Deserialize, Serialize};
use transparency::Hash;

/// What a voter keeps of one sealed ballot. It says how the person voted: nobody else should have
/// it before the voter wants to prove something.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoterFile {
    /// The area voted in.
    pub area: String,
    /// What is inside the envelope.
    pub ballot: PlainBallot,
    /// Digest of the ballot list.
    pub catalogue: Hash,
    /// Bytes inside every envelope of the area.
    pub length: usize,
    /// Origin of the log.
    pub log: String,
    /// The signed receipt, a note, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// The envelope that was sent.
    pub sealed: Sealed,
    /// What it was sealed with: whoever has it can seal the same again.
    #[serde(with = "hex::serde")]
    pub seed: [u8; 32],
    /// The urn's key.
    pub urn: UrnKey,
    /// Version of this format, 1.
    pub v: u8,
}

impl VoterFile {
    /// What the envelope is bound to.
    ///
    /// # Errors
    /// [`Error::Canonical`] when the log or the area has no canonical form.
    pub fn context(&self) -> Result<Context, Error> {
        Context::new(&self.log, &self.area, &self.catalogue, &self.urn.id())
    }

    /// Seals the ballot again with the seed. When it is the envelope that was sent, this ballot and no
    /// other is inside it.
    ///
    /// # Errors
    /// Those of [`seal`].
    pub fn seal_again(&self) -> Result<Sealed, Error> {
        seal(&self.urn, &self.context()?, &self.ballot, self.length, &self.seed)
    }
}
