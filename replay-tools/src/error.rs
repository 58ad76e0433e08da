//! Owns why a command of the auditor can't be done, with stable codes and exit codes.
//! Must not: hold the verdict on a bundle that was read (see `report.rs`).
//! Next: `run.rs`, which prints them.

use crate::report::Divergence;
use std::io;

/// Why a command ended without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file can't be read.
    #[error("{path}: {source}; check the path and that the file may be read")]
    File {
        /// Its path.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// A policy or another text given by the auditor isn't well formed.
    #[error("{path}: {source}")]
    Given {
        /// Its path.
        path: String,
        /// What is wrong.
        source: transparency::Error,
    },
    /// The bundle can't be followed: what it says is wrong at this place.
    #[error("{0}")]
    Broken(Divergence),
    /// A rule's name or a Pabulib file that can't be used.
    #[error(transparent)]
    Tally(#[from] tally::Error),
    /// What a voter keeps can't be used with this bundle.
    #[error("{path} can't be used: {why}")]
    BallotFile {
        /// Its path.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// The campaign can't be counted.
    #[error("{0}")]
    Rejected(domain::Rejection),
    /// No such project in the count.
    #[error("no project `{0}` stands on a ballot list; give its id or its reference, as `tally` lists them")]
    UnknownProject(String),
    /// No such stream, at this position.
    #[error("the stream `{0}` has no event up to there; `timeline` lists the streams")]
    UnknownStream(String),
    /// A position beyond the log.
    #[error("the log ends before position {position}: it has {size} events, the first at position 0")]
    OutsideLog {
        /// What was asked.
        position: u64,
        /// Events in the log.
        size: u64,
    },
    /// A receipt was to be checked, and nothing says whose signature it must have.
    #[error("no policy says which keys to trust; give --policy with the city's key, or --bundle")]
    NoPolicy,
    /// What an address leads to can't be fetched.
    #[error("{url}: {why}")]
    Download {
        /// The address.
        url: String,
        /// A stable code.
        code: &'static str,
        /// What is wrong.
        why: String,
    },
    /// There is a file where one was to be written.
    #[error("{0} exists already; give another name, or delete it")]
    OutputExists(String),
    /// The tables can't be written or read.
    #[error("the tables can't be written or read: {0}; look at the folder, its rights and the space left")]
    Sql(#[from] rusqlite::Error),
    /// A question in SQL can't be answered.
    #[error("the query can't be answered: {why}")]
    Query {
        /// A stable code.
        code: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The page can't be made.
    #[error("the page can't be made: {0}")]
    Page(#[from] askama::Error),
    /// The result can't be written.
    #[error("writing the result failed: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "FILE_UNREADABLE",
            Self::Given { source, .. } => source.code(),
            Self::Broken(divergence) => divergence.code,
            Self::Tally(error) => error.code(),
            Self::BallotFile { .. } => "BALLOT_FILE",
            Self::Rejected(rejection) => rejection.code.as_str(),
            Self::UnknownProject(_) => "PROJECT_UNKNOWN",
            Self::UnknownStream(_) => "STREAM_UNKNOWN",
            Self::OutsideLog { .. } => "OUTSIDE_LOG",
            Self::NoPolicy => "POLICY_NEEDED",
            Self::Download { code, .. } | Self::Query { code, .. } => code,
            Self::OutputExists(_) => "OUTPUT_EXISTS",
            Self::Sql(_) => "SQL",
            Self::Page(_) => "PAGE",
            Self::Output(_) => "OUTPUT",
        }
    }

    /// The exit code: 3 when the bundle doesn't hold or a rule refuses it, 2 when something was left out
    /// that is needed, otherwise 1.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Broken(_) | Self::Rejected(_) => 3,
            Self::NoPolicy => 2,
            Self::File { .. }
            | Self::Download { .. }
            | Self::OutputExists(_)
            | Self::Sql(_)
            | Self::Query { .. }
            | Self::Page(_)
            | Self::Given { .. }
            | Self::Tally(_)
            | Self::BallotFile { .. }
            | Self::UnknownProject(_)
            | Self::UnknownStream(_)
            | Self::OutsideLog { .. }
            | Self::Output(_) => 1,
        }
    }
}

impl From<Divergence> for Error {
    fn from(divergence: Divergence) -> Self {
        Self::Broken(divergence)
    }
}

impl From<domain::Rejection> for Error {
    fn from(rejection: domain::Rejection) -> Self {
        Self::Rejected(rejection)
    }
}
