//! Migrations of the vault's tables: forward only, checksummed, numbered apart from the log's.
//!
//! The texts are in `migrations/{sqlite,postgres}/vault`; each engine applies them when it opens.

use sha2::{Digest, Sha256};

use crate::Error;

/// One step of the schema.
pub(crate) struct Migration {
    pub(crate) version: u32,
    pub(crate) name: &'static str,
    /// Programs that know the schema of this version or a later one work on a vault with this step.
    pub(crate) serves: u32,
    pub(crate) text: &'static str,
}

/// A step as a vault remembers it.
pub(crate) struct Applied {
    pub(crate) version: u32,
    pub(crate) serves: u32,
    pub(crate) checksum: String,
}

/// What a step looks like in both engines' table of steps.
pub(crate) const TABLE: &str = "CREATE TABLE vault_migrations (
  version bigint PRIMARY KEY, name text NOT NULL, serves bigint NOT NULL, checksum text NOT NULL)";

impl Migration {
    /// SHA-256 in hexadecimal; line ends don't count.
    pub(crate) fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.text.replace("\r\n", "\n")))
    }
}

/// The newest schema of these.
pub(crate) fn newest(migrations: &[Migration]) -> u32 {
    migrations.last().map_or(0, |m| m.version)
}

/// The last step of a vault, after comparing each with the one this program has.
pub(crate) fn last(migrations: &[Migration], applied: &[Applied]) -> Result<u32, Error> {
    let known = newest(migrations);
    for step in applied {
        if step.serves > known {
            return Err(Error::SchemaNewer { found: step.version, known });
        }
        let ours = migrations.iter().find(|m| m.version == step.version);
        if ours.is_some_and(|m| m.checksum() != step.checksum) || (ours.is_none() && step.version <= known) {
            return Err(Error::SchemaChanged(step.version));
        }
    }
    Ok(applied.iter().map(|step| step.version).max().unwrap_or(0))
}
