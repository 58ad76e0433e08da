//! Owns: the text of a C2SP tlog-checkpoint (<https://c2sp.org/tlog-checkpoint>) and of a tlog-proof.
//! Must not: sign (see `note.rs`) or decide whom to trust (see `policy.rs`).
//! Next: `merkle.rs` for roots and proofs, docs/formats/log.md §6 and §7.

use crate::{
    error::Error,
    hash::Hash,
    merkle::verify_inclusion,
    note::{Opened, Signer, sign_note},
    policy::Policy,
};

/// A tree head: which log, how many leaves, which root.
///
/// Parvis writes no extension lines and refuses them, because nobody could audit what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, also the name of its key: one line without spaces.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree of these leaves.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Reads the text of a checkpoint.
    ///
    /// # Errors
    /// [`Error::BadCheckpoint`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = |line, why| Error::BadCheckpoint { line, why };
        let lines: Vec<&str> =
            text.strip_suffix('\n').ok_or_else(|| bad(1, "the text must end in a newline"))?.split('\n').collect();
        let [origin, size, root] = lines[..] else {
            return Err(bad(lines.len(), "it has exactly three lines: origin, size, root"));
        };
        if origin.is_empty() {
            return Err(bad(1, "the origin is empty"));
        }
        let size = parse_decimal(size).ok_or_else(|| bad(2, "the size is a decimal without leading zeros"))?;
        let root = Hash::from_base64(root).ok_or_else(|| bad(3, "the root is the base64 of 32 bytes"))?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The checkpoint as a note signed by the log.
    ///
    /// # Errors
    /// [`Error::BadCheckpoint`] when the origin is not the signer's name, or cannot be one line.
    pub fn sign(&self, signer: &Signer) -> Result<String, Error> {
        if self.origin != signer.verifier().name() {
            return Err(Error::BadCheckpoint { line: 1, why: "the origin must be the name of the signing key" });
        }
        sign_note(&self.to_text(), signer)
    }
}

/// The decimal spelling of a number, without sign or leading zeros.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A C2SP tlog-proof (<https://c2sp.org/tlog-proof>): the receipt that one leaf is in the log.
///
/// Parvis writes no `extra` line and refuses it, because it is not authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The position of the leaf, from 0.
    pub index: u64,
    /// The audit path, from the leaf's sibling to the root's child.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, as published.
    pub checkpoint: String,
}

impl Receipt {
    /// The text of a `.tlog-proof` file.
    pub fn to_text(&self) -> String {
        let mut text = format!("{PROOF_HEADER}\nindex {}\n", self.index);
        for hash in &self.proof {
            text.push_str(&hash.to_base64());
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a `.tlog-proof` file.
    ///
    /// # Errors
    /// [`Error::BadProofText`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = |line, why| Error::BadProofText { line, why };
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or_else(|| bad(1, "a blank line comes before the checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(PROOF_HEADER) {
            return Err(bad(1, "the first line is c2sp.org/tlog-proof@v1"));
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(parse_decimal);
        let index = index.ok_or_else(|| bad(2, "the second line is `index` and a number; `extra` is not accepted"))?;
        let mut proof = Vec::new();
        for (line, text) in lines.enumerate() {
            // A tree of 2^64 leaves has paths of 64 hashes.
            let hash = Hash::from_base64(text).filter(|_| line < 64);
            proof.push(hash.ok_or_else(|| bad(line + 3, "each line is the base64 of one hash, at most 64"))?);
        }
        Ok(Self { index, proof, checkpoint: checkpoint.to_owned() })
    }

    /// Checks signatures, quorum and audit path; returns the checkpoint that the leaf is proven in.
    ///
    /// # Errors
    /// Those of [`Policy::check`] and [`verify_inclusion`].
    pub fn check(&self, leaf_hash: &Hash, policy: &Policy) -> Result<(Checkpoint, Opened), Error> {
        let (checkpoint, opened) = policy.check(&self.checkpoint)?;
        verify_inclusion(self.index, checkpoint.size, leaf_hash, &self.proof, &checkpoint.root)?;
        Ok((checkpoint, opened))
    }
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
