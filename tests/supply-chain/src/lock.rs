//! Owns the reading of Cargo.lock. Must not judge what stands in it: `advisories` and `bom` do.

use crate::Error;
use semver::Version;
use serde::Deserialize;

/// A package at the version that Cargo.lock holds it to.
#[derive(Clone, Debug, Deserialize)]
pub struct Locked {
    /// Its name, in the registry or in this workspace.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The registry it comes from; none for the crates of the house.
    pub source: Option<String>,
    /// The SHA-256 of its archive, in hex; none for the crates of the house.
    pub checksum: Option<String>,
}

#[derive(Deserialize)]
struct LockFile {
    package: Vec<Locked>,
}

/// The packages of a Cargo.lock.
///
/// # Errors
/// [`Error::Toml`] for what isn't a Cargo.lock.
pub fn read(text: &str) -> Result<Vec<Locked>, Error> {
    let file: LockFile =
        toml::from_str(text).map_err(|source| Error::Toml { what: "Cargo.lock", source: Box::new(source) })?;
    Ok(file.package)
}
