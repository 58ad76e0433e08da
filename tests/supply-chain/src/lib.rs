//! What the programs are built from: the known faults in it, and its bill of materials.
//!
//! Owns nothing itself. Must not fetch anything: it reads the repository, and what cargo has already
//! downloaded, so that it says the same on a machine without a network. Start reading at
//! [`advisories`] for the faults and at [`bom`] for the bill; both read Cargo.lock through [`lock`].

pub mod advisories;
pub mod bom;
mod error;
pub mod lock;

pub use error::Error;

use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
