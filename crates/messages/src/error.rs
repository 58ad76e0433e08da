//! What sending can't do, each with a stable code and what to do about it.
//!
//! No message holds an address or a secret. Next: `post.rs`.

/// Why nothing could be sent.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings can't be used.
    #[error("[messages] in the settings: {0}")]
    Settings(String),
    /// The folder for messages can't be written to.
    #[error("the folder for messages can't be written to ({0}): check its owner, rights and space")]
    Folder(String),
    /// A message could not be put together.
    #[error("a message could not be put together: {0}")]
    Letter(String),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] vault::Error),
}

impl Error {
    /// A name for programs, which stays the same.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) => "MESSAGES_SETTINGS",
            Self::Folder(_) => "MESSAGES_FOLDER",
            Self::Letter(_) => "MESSAGE_UNWRITABLE",
            Self::Vault(error) => error.code(),
        }
    }
}
