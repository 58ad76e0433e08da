//! Owns: everything that can be wrong with bytes offered for checking, with the place where it is wrong.
//! Must not: describe how a user interface shows it.
//! Next: `lib.rs` for the list of the formats that produce these errors.

/// Why something was not accepted as canonical, committed, included, signed or bundled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text is not in the one canonical form; `offset` is the byte where the scan stopped.
    #[error("not canonical JSON at byte {offset}: {why}; write it with RFC 8785 and the Parvis restrictions")]
    NotCanonical {
        /// Byte offset from the start of the text, from 0.
        offset: usize,
        /// What stands there that canonical JSON cannot hold.
        why: &'static str,
    },
    /// A value has no canonical form: a float, an integer beyond 2^53 - 1, a string that is not NFC, too deep.
    #[error("the value at {path:?} has no canonical form: {why}")]
    NoCanonicalForm {
        /// JSON pointer to the value; empty for the root.
        path: String,
        /// What to change.
        why: String,
    },
    /// Not 64 lower-case hexadecimal digits.
    #[error("{0:?} is not a SHA-256 in 64 lower-case hexadecimal digits")]
    BadHash(String),
    /// A `$hidden` marker in a place where it cannot be taken out or put back.
    #[error("hidden value at {path:?}: {why}")]
    HiddenMisplaced {
        /// JSON pointer below the leaf.
        path: String,
        /// What is wrong with the place.
        why: &'static str,
    },
    /// A disclosed value and its nonce do not give the commitment in the leaf.
    #[error(
        "position {position}: the disclosed value at {path:?} does not match its commitment; it was changed after it was recorded"
    )]
    CommitmentMismatch {
        /// The event's position in the log.
        position: u64,
        /// JSON pointer below the leaf.
        path: String,
    },
    /// A disclosed value for which the leaf holds no commitment, or a second one for the same commitment.
    #[error("position {position}: a value is disclosed at {path:?} but the leaf has no commitment left for it")]
    NotCommitted {
        /// The event's position in the log.
        position: u64,
        /// JSON pointer below the leaf.
        path: String,
    },
    /// A leaf longer than [`crate::MAX_LEAF_BYTES`].
    #[error("the leaf has {bytes} bytes, at most 65535 are allowed; split the event or shorten its data")]
    LeafTooLong {
        /// Length of the canonical text.
        bytes: usize,
    },
    /// The disclosed values of one event are longer than [`crate::MAX_DISCLOSED_BYTES`].
    #[error("the hidden values of one event have {bytes} bytes, at most 1048576 are allowed; shorten the texts")]
    DisclosedTooLong {
        /// Length of the canonical array of disclosed values.
        bytes: usize,
    },
    /// Canonical JSON, but not a leaf: a field is missing, unknown or of another kind.
    #[error("not a leaf: {0}")]
    LeafMalformed(String),
    /// A proof, tree size or index that does not lead to the root.
    #[error("Merkle proof refused: {0}")]
    ProofInvalid(&'static str),
    /// Arguments outside the tree: an index or a smaller size beyond the size.
    #[error("{index} is outside a tree of {size} leaves")]
    OutsideTree {
        /// The index or smaller size asked for.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// Stored frontier bytes that do not fit the size.
    #[error("a frontier of {size} leaves needs {expected} bytes, got {got}")]
    BadFrontier {
        /// Leaves in the tree.
        size: u64,
        /// Bytes the frontier must have.
        expected: usize,
        /// Bytes given.
        got: usize,
    },
    /// Not a tile path, or a node that the tile does not hold.
    #[error("{text:?} is not a tile of tlog-tiles: {why}")]
    BadTile {
        /// The path or the address asked for.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A verifier key or key name that is not well formed.
    #[error("not a verifier key (name+id+base64): {0}")]
    BadKey(&'static str),
    /// A signed note that is not well formed; `line` counts from 1.
    #[error("not a signed note, line {line}: {why}")]
    BadNote {
        /// Line in the note, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// A signature by a known key that does not fit the text.
    #[error("the signature of {name:?} does not fit the text; the text or the signature was changed")]
    BadSignature {
        /// Name of the key.
        name: String,
    },
    /// None of the signatures is by a key that is trusted here.
    #[error("no signature by a trusted key; check that the verifier keys are those of this log")]
    NotSigned,
    /// Fewer witnesses have signed than the policy asks for.
    #[error("the policy's quorum is not met by the signatures of {signed_by:?}")]
    NoQuorum {
        /// Names of the keys that have signed.
        signed_by: Vec<String>,
    },
    /// A policy that is not well formed; `line` counts from 1.
    #[error("policy, line {line}: {why}")]
    BadPolicy {
        /// Line in the policy, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// The text of a checkpoint that is not well formed.
    #[error("not a checkpoint, line {line}: {why}")]
    BadCheckpoint {
        /// Line in the text, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// A tlog-proof that is not well formed.
    #[error("not a tlog-proof, line {line}: {why}")]
    BadProofText {
        /// Line in the text, from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// The container of a bundle differs from the only form it may have.
    #[error("bundle, byte {offset}: {why}")]
    BadContainer {
        /// Byte offset in the file, from 0.
        offset: u64,
        /// What is wrong.
        why: String,
    },
    /// An entry of a bundle has other content than its form or the manifest allows.
    #[error("bundle, entry {entry:?}: {why}")]
    BadEntry {
        /// Name of the entry.
        entry: String,
        /// What is wrong.
        why: String,
    },
    /// A line of events that is not well formed.
    #[error("bundle, entry {entry:?}, line {line} (leaf {leaf}): {why}")]
    BadLine {
        /// Name of the entry.
        entry: String,
        /// Line in the entry, from 1.
        line: u64,
        /// Leaf number in the log, from 0.
        leaf: u64,
        /// What is wrong.
        why: String,
    },
    /// Reading or writing the underlying stream failed.
    #[error("reading or writing {what} failed: {source}")]
    Io {
        /// What was being read or written.
        what: String,
        /// The cause.
        source: std::io::Error,
    },
}

impl Error {
    /// A code that stays the same across versions and languages.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotCanonical { .. } => "NOT_CANONICAL",
            Self::NoCanonicalForm { .. } => "NO_CANONICAL_FORM",
            Self::BadHash(_) => "BAD_HASH",
            Self::HiddenMisplaced { .. } => "HIDDEN_MISPLACED",
            Self::CommitmentMismatch { .. } => "COMMITMENT_MISMATCH",
            Self::NotCommitted { .. } => "NOT_COMMITTED",
            Self::LeafTooLong { .. } => "LEAF_TOO_LONG",
            Self::DisclosedTooLong { .. } => "DISCLOSED_TOO_LONG",
            Self::LeafMalformed(_) => "LEAF_MALFORMED",
            Self::ProofInvalid(_) => "PROOF_INVALID",
            Self::OutsideTree { .. } => "OUTSIDE_TREE",
            Self::BadFrontier { .. } => "BAD_FRONTIER",
            Self::BadTile { .. } => "BAD_TILE",
            Self::BadKey(_) => "BAD_KEY",
            Self::BadNote { .. } => "BAD_NOTE",
            Self::BadSignature { .. } => "BAD_SIGNATURE",
            Self::NotSigned => "NOT_SIGNED",
            Self::NoQuorum { .. } => "NO_QUORUM",
            Self::BadPolicy { .. } => "BAD_POLICY",
            Self::BadCheckpoint { .. } => "BAD_CHECKPOINT",
            Self::BadProofText { .. } => "BAD_PROOF_TEXT",
            Self::BadContainer { .. } => "BAD_CONTAINER",
            Self::BadEntry { .. } => "BAD_ENTRY",
            Self::BadLine { .. } => "BAD_LINE",
            Self::Io { .. } => "IO",
        }
    }
}
