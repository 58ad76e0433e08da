//! Owns the faults of this crate. A known fault of a library is none of them: see `advisories`.

use std::{io, path::PathBuf};

/// Why the list couldn't be checked or the bill couldn't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the repository can't be read, or the bill can't be written.
    #[error("{}: {source}. Check that it is there and may be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Cargo.lock or the list isn't what is expected of it.
    #[error("{what} can't be understood: {source}")]
    Toml {
        /// Which of them.
        what: &'static str,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// `cargo metadata` failed.
    #[error("cargo metadata failed: {0}")]
    Metadata(#[from] Box<cargo_metadata::Error>),
    /// What cargo says of the workspace doesn't fit what the bill needs of it.
    #[error("{0}")]
    Workspace(String),
    /// SOURCE_DATE_EPOCH isn't a moment.
    #[error("SOURCE_DATE_EPOCH is {0:?}; give whole seconds since 1970, or unset it")]
    SourceDate(String),
}

impl Error {
    /// A name for the fault that never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Error::File { .. } => "FILE",
            Error::Toml { .. } => "TOML",
            Error::Metadata(_) => "CARGO_METADATA",
            Error::Workspace(_) => "WORKSPACE",
            Error::SourceDate(_) => "SOURCE_DATE",
        }
    }
}
