//! How a command line ends when it doesn't end well: a code, a sentence, an exit status.

use std::fmt;

/// A fault: something doesn't work.
pub const FAULT: u8 = 1;
/// The command line itself is wrong.
pub const USAGE: u8 = 2;
/// A rule says no, or a verification failed.
pub const REFUSED: u8 = 3;

/// Why a command ended early, for a person to read.
#[derive(Debug)]
pub struct Failure {
    /// The exit status: [`FAULT`], [`USAGE`] or [`REFUSED`].
    pub status: u8,
    /// A stable code.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Failure {
    /// A fault with this code.
    pub fn fault(code: &str, message: impl Into<String>) -> Self {
        Self { status: FAULT, code: code.to_owned(), message: message.into() }
    }

    /// A wrong command line.
    pub fn usage(code: &str, message: impl Into<String>) -> Self {
        Self { status: USAGE, code: code.to_owned(), message: message.into() }
    }

    /// A no.
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        Self { status: REFUSED, code: code.to_owned(), message: message.into() }
    }

    /// The same, with words before the message: which file, which step.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for Failure {}

impl From<commands::Error> for Failure {
    fn from(error: commands::Error) -> Self {
        let status = if matches!(error, commands::Error::Rejected(_)) { REFUSED } else { FAULT };
        Self { status, code: error.code().to_owned(), message: error.to_string() }
    }
}

impl From<event_store::Error> for Failure {
    fn from(error: event_store::Error) -> Self {
        // An address that is none stands on the command line or in the settings.
        let status = if matches!(error, event_store::Error::StoreUrl { .. }) { USAGE } else { FAULT };
        Self { status, code: error.code().to_owned(), message: error.to_string() }
    }
}

impl From<seal::Error> for Failure {
    fn from(error: seal::Error) -> Self {
        Self::refused(error.code(), error.to_string())
    }
}

impl From<transparency::Error> for Failure {
    fn from(error: transparency::Error) -> Self {
        Self::fault(error.code(), error.to_string())
    }
}

impl From<domain::RecordError> for Failure {
    fn from(error: domain::RecordError) -> Self {
        Self::fault(error.code(), error.to_string())
    }
}

impl From<domain::Rejection> for Failure {
    fn from(rejection: domain::Rejection) -> Self {
        Self::refused(rejection.code.as_str(), rejection.message(domain::rejection::Language::English))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::fault("IO", error.to_string())
    }
}

impl From<vault::Error> for Failure {
    fn from(error: vault::Error) -> Self {
        Self::fault(error.code(), error.to_string())
    }
}

impl From<messages::Error> for Failure {
    fn from(error: messages::Error) -> Self {
        let status = if matches!(error, messages::Error::Settings(_)) { USAGE } else { FAULT };
        Self { status, code: error.code().to_owned(), message: error.to_string() }
    }
}

impl From<doors::Error> for Failure {
    fn from(error: doors::Error) -> Self {
        Self::usage(error.code(), error.to_string())
    }
}

impl From<uploads::Error> for Failure {
    fn from(error: uploads::Error) -> Self {
        Self::fault(error.code(), error.to_string())
    }
}
