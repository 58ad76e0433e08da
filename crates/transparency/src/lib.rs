//! How anyone checks: canonical bytes, commitments, the Merkle tree, checkpoints, the bundle; pure.
//!
//! Nothing here opens a file or a connection, reads a clock or draws a random number: callers hand
//! in bytes, times and nonces. The formats are specified for other implementations in
//! `docs/formats/log.md` and `docs/formats/bundle.md`.
//!
//! From the inside out: [`canonical`] → [`hidden`] and [`commitment`] → [`leaf`] → [`merkle`] and
//! [`tile`] → [`note`], [`checkpoint`], [`policy`] → [`bundle`].

// Money, scores and hashes are exact.
#![deny(clippy::float_arithmetic)]

pub mod bundle;
mod bundle_container;
mod bundle_read;
mod bundle_shift;
mod bundle_write;
pub mod canonical;
pub mod checkpoint;
pub mod commitment;
pub mod disclosed;
pub mod error;
pub mod hash;
pub mod hidden;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod tile;

pub use bundle::{Line, Manifest, ManifestEntry};
pub use bundle_read::Bundle;
pub use bundle_write::BundleWriter;
pub use canonical::{check_canonical, to_canonical};
pub use checkpoint::{Checkpoint, Receipt};
pub use commitment::commit;
pub use disclosed::{HiddenValue, MAX_DISCLOSED_BYTES, disclosed_text, parse_disclosed};
pub use error::Error;
pub use hash::Hash;
pub use hidden::{Hidden, join, split};
pub use leaf::{Actor, Draft, Leaf, MAX_LEAF_BYTES, Origin};
pub use merkle::{
    Frontier, consistency_proof, empty_root, inclusion_proof, leaf_hash, node_hash, verify_consistency,
    verify_inclusion,
};
pub use note::{Opened, SignedBy, Signer, Verifier, line_by, open_note, sign_note};
pub use policy::Policy;
pub use tile::{Tile, TileKind, node_from_tile};
