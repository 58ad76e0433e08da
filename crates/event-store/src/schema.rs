//! Migrations of a store's tables: what is known of them, and whether a store fits this program.
//!
//! Forward only: a migration that was released is never edited, a mistake is mended by the next one.
//! Each says the oldest schema whose programs go on working beside it, so that old and new nodes can
//! run side by side during an upgrade: expand first, contract when the old ones are gone. The texts
//! are in `migrations`; each engine applies them in its `schema.rs`.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::Error;

/// One step of a schema.
pub(crate) struct Migration {
    pub(crate) version: u32,
    pub(crate) name: &'static str,
    /// Programs that know the schema of this version or a later one work on a store with this step.
    pub(crate) serves: u32,
    pub(crate) text: &'static str,
}

/// A step as a store remembers it.
pub(crate) struct Applied {
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) serves: u32,
    pub(crate) checksum: String,
}

impl Migration {
    /// SHA-256 in hexadecimal, as `sha256sum` prints it; line ends don't count.
    pub(crate) fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.text.replace("\r\n", "\n")))
    }
}

/// The newest schema of these.
pub(crate) fn newest(migrations: &[Migration]) -> u32 {
    migrations.last().map_or(0, |m| m.version)
}

/// The last step of a store, after comparing each with the one this program has.
pub(crate) fn last(path: &Arc<Path>, migrations: &[Migration], applied: &[Applied]) -> Result<u32, Error> {
    let known = newest(migrations);
    for step in applied {
        if step.serves > known {
            return Err(Error::SchemaTooNew { path: Arc::clone(path), found: step.version, known });
        }
        let ours = migrations.iter().find(|m| m.version == step.version);
        let differs = ours.is_some_and(|m| m.name != step.name || m.checksum() != step.checksum);
        if differs || (ours.is_none() && step.version <= known) {
            let (version, name) = (step.version, step.name.clone());
            return Err(Error::SchemaChanged { path: Arc::clone(path), version, name });
        }
    }
    Ok(applied.iter().map(|step| step.version).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: [Migration; 2] = [
        Migration { version: 1, name: "log", serves: 1, text: "a" },
        Migration { version: 2, name: "more", serves: 1, text: "b" },
    ];

    fn step(version: u32, name: &str, serves: u32, text: &'static str) -> Applied {
        let checksum = Migration { version, name: "", serves, text }.checksum();
        Applied { version, name: name.into(), serves, checksum }
    }

    fn seen(applied: &[Applied]) -> Result<u32, &'static str> {
        last(&Path::new("x").into(), &OURS, applied).map_err(|error| error.code())
    }

    #[test]
    fn a_program_works_on_a_schema_that_was_expanded_beyond_its_own() {
        assert_eq!(seen(&[]), Ok(0));
        assert_eq!(seen(&[step(1, "log", 1, "a")]), Ok(1));
        let mut applied = vec![step(1, "log", 1, "a"), step(2, "more", 1, "b"), step(3, "wider", 2, "c")];
        assert_eq!(seen(&applied), Ok(3));
        // A step that takes away what this program needs says so.
        applied.push(step(4, "contract", 3, "d"));
        assert_eq!(seen(&applied), Err("SCHEMA_TOO_NEW"));
    }

    #[test]
    fn a_step_that_reads_differently_is_refused() {
        assert_eq!(seen(&[step(1, "log", 1, "other")]), Err("SCHEMA_CHANGED"));
        assert_eq!(seen(&[step(1, "other", 1, "a")]), Err("SCHEMA_CHANGED"));
    }
}
