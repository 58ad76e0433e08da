//! Everything that can go wrong in the store: one enum, each case with a stable code and a way out.
//!
//! Not here: rejections by a rule of the campaign (those are `domain`'s). How the engines' own
//! errors become these: `sqlite/connection.rs`, `postgres/connection.rs`. A `path` is the file, or the
//! address of the database without its password.

use std::path::Path;
use std::sync::Arc;

use crate::{LogId, StreamId};

/// A fault of the store, or an append that it refuses.
///
/// It is `Clone` because one failed transaction answers every append that shared it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address isn't one this store understands.
    #[error(
        "`{url}` is not a store: write sqlite:PATH, for example sqlite:./parvis-data/parvis.db, or postgres://USER@HOST/DATABASE"
    )]
    StoreUrl {
        /// The address as given.
        url: String,
    },
    /// There is no file at the path and creating one was not asked for.
    #[error("there is no store at {}: check the path, or create one with `parvis migrate`", path.display())]
    NotFound {
        /// The file.
        path: Arc<Path>,
    },
    /// The path, or a part of it, is of the wrong kind (folder where a file should be, or the reverse).
    #[error("{} cannot be a store: {detail}; give the path of a file in a folder", path.display())]
    WrongKind {
        /// The file.
        path: Arc<Path>,
        /// What is there instead.
        detail: String,
    },
    /// The operating system refuses to read or write the file or its folder.
    #[error("no permission to read and write {} and its folder ({detail}): give this user both rights", path.display())]
    NoPermission {
        /// The file.
        path: Arc<Path>,
        /// The system's own words.
        detail: String,
    },
    /// Another program holds the file for longer than the store waits.
    #[error("{} stays locked by another program: close it (a database browser, a backup?) and try again", path.display())]
    Locked {
        /// The file.
        path: Arc<Path>,
    },
    /// The file is something else than an SQLite database.
    #[error("{} is not an SQLite database: give another path, or restore the store from a backup", path.display())]
    NotADatabase {
        /// The file.
        path: Arc<Path>,
    },
    /// The file is a database, but of another program.
    #[error("{} is a database of another program: give Parvis a file of its own", path.display())]
    NotAStore {
        /// The file.
        path: Arc<Path>,
    },
    /// The file is damaged.
    #[error("{} is damaged ({detail}): stop writing to it, run `parvis doctor`, restore a backup and compare its last checkpoint", path.display())]
    Corrupt {
        /// The file.
        path: Arc<Path>,
        /// What was found.
        detail: String,
    },
    /// No space is left on the disk.
    #[error("no space left to write {}: free some, then send the same command again, with the same id", path.display())]
    DiskFull {
        /// The file.
        path: Arc<Path>,
    },
    /// Reading or writing failed below the database.
    #[error("reading or writing {} failed ({detail}): check the disk, then send the same command again, with the same id", path.display())]
    Io {
        /// The file.
        path: Arc<Path>,
        /// The system's own words.
        detail: String,
    },
    /// A statement failed in a way that isn't one of the others.
    #[error("the database {} answered: {detail}; run `parvis doctor`", path.display())]
    Sql {
        /// The file.
        path: Arc<Path>,
        /// SQLite's own words.
        detail: String,
    },
    /// A newer Parvis has already migrated the store.
    #[error("{} has schema {found}, this program knows up to {known}: install the newer Parvis", path.display())]
    SchemaTooNew {
        /// The file.
        path: Arc<Path>,
        /// The version in the file.
        found: u32,
        /// The newest version this program can write.
        known: u32,
    },
    /// A migration that was applied to the store reads differently today.
    #[error("{}: migration {version} ({name}) is not the one this program has: use the program that made the store", path.display())]
    SchemaChanged {
        /// The file.
        path: Arc<Path>,
        /// Number of the migration.
        version: u32,
        /// Its name in the file.
        name: String,
    },
    /// The database was created by an older program, and this user may not change its tables.
    #[error("{} has schema {found}, this program needs {known}: run `parvis migrate` as the owner of its tables", path.display())]
    SchemaOld {
        /// The database.
        path: Arc<Path>,
        /// The version in the database.
        found: u32,
        /// The version this program needs.
        known: u32,
    },
    /// The database server can't be reached, or went away.
    #[error("{} can't be reached ({detail}): nothing was acknowledged; send the same command again, with the same id", path.display())]
    Unavailable {
        /// The address.
        path: Arc<Path>,
        /// What the last attempt gave.
        detail: String,
    },
    /// More is asked than is written; nothing of this was accepted.
    #[error("too much is being written at the moment: send the same command again in {retry_after_ms} ms")]
    Busy {
        /// When to come back, in milliseconds.
        retry_after_ms: u64,
    },
    /// The store was closed.
    #[error("the store is closed: open it again")]
    Closed,
    /// A log has this origin or belongs to this campaign already.
    #[error("a log with origin `{origin}` or of campaign `{campaign}` exists already: choose others")]
    LogExists {
        /// The origin asked for.
        origin: String,
        /// The campaign asked for.
        campaign: String,
    },
    /// An origin or a campaign code that can't be one.
    #[error("`{name}` cannot name a log or a campaign: 1 to 200 characters, no spaces, no control characters, no `+`")]
    LogName {
        /// The name as given.
        name: String,
    },
    /// No log has this number.
    #[error("this store has no log {log}: list them with `Store::logs`")]
    LogUnknown {
        /// The number.
        log: LogId,
    },
    /// A text that isn't the name of a stream.
    #[error(
        "`{text}` is not a stream: write kind/id, kind of a-z and _, id of 1 to 100 letters, digits, `.`, `_` or `-`"
    )]
    StreamInvalid {
        /// The text.
        text: String,
    },
    /// A text that isn't a command id.
    #[error("`{text}` is not a command id: 1 to 100 letters, digits, `.`, `_` or `-`, for example a UUID")]
    CommandIdInvalid {
        /// The text.
        text: String,
    },
    /// An event carries another command id than the append that brings it.
    #[error("an event says command `{found}`, its append `{command_id}`: one append is one command")]
    CommandIdMismatch {
        /// The id of the append.
        command_id: String,
        /// The id in the event.
        found: String,
    },
    /// The command id has been used for something else.
    #[error("command id `{command_id}` was used for other events: send a new command with a new id")]
    CommandIdReused {
        /// The id.
        command_id: String,
    },
    /// A stream is written without saying which of its states was seen.
    #[error("the append writes {stream} without an expectation: name the sequence it was decided on")]
    ExpectationMissing {
        /// The stream.
        stream: StreamId,
    },
    /// A stream has moved since the command was decided.
    #[error("{stream} is at {actual}, the command was decided at {expected}: load it again and decide again")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The sequence that the command saw.
        expected: u64,
        /// The sequence that the stream has.
        actual: u64,
    },
    /// An event that can't become a leaf, or a stored leaf that isn't one.
    #[error("{message}")]
    Leaf {
        /// The code that `transparency` gave.
        code: &'static str,
        /// Its message.
        message: String,
    },
    /// A position, size or node that the log doesn't have (yet).
    #[error("log {log} has {size} events, {what} was asked for: ask for less")]
    OutOfRange {
        /// The log.
        log: LogId,
        /// Its size.
        size: u64,
        /// What was asked.
        what: String,
    },
    /// The stored log contradicts itself.
    #[error("log {log} is broken{}: {what}; keep the file, restore a backup and compare its checkpoint", position.map(|p| format!(" at position {p}")).unwrap_or_default())]
    Integrity {
        /// The log.
        log: LogId,
        /// The first position concerned, when there is one.
        position: Option<u64>,
        /// What doesn't hold.
        what: String,
    },
}

impl Error {
    /// The stable code of this error, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::StoreUrl { .. } => "STORE_URL",
            Self::NotFound { .. } => "STORE_NOT_FOUND",
            Self::WrongKind { .. } => "STORE_WRONG_KIND",
            Self::NoPermission { .. } => "STORE_NO_PERMISSION",
            Self::Locked { .. } => "STORE_LOCKED",
            Self::NotADatabase { .. } => "STORE_NOT_A_DATABASE",
            Self::NotAStore { .. } => "STORE_OF_ANOTHER_PROGRAM",
            Self::Corrupt { .. } => "STORE_CORRUPT",
            Self::DiskFull { .. } => "STORE_DISK_FULL",
            Self::Io { .. } => "STORE_IO",
            Self::Sql { .. } => "STORE_SQL",
            Self::SchemaTooNew { .. } => "SCHEMA_TOO_NEW",
            Self::SchemaChanged { .. } => "SCHEMA_CHANGED",
            Self::SchemaOld { .. } => "SCHEMA_OLD",
            Self::Unavailable { .. } => "STORE_UNAVAILABLE",
            Self::Busy { .. } => "BUSY",
            Self::Closed => "STORE_CLOSED",
            Self::LogExists { .. } => "LOG_EXISTS",
            Self::LogName { .. } => "LOG_NAME_INVALID",
            Self::LogUnknown { .. } => "LOG_UNKNOWN",
            Self::StreamInvalid { .. } => "STREAM_INVALID",
            Self::CommandIdInvalid { .. } => "COMMAND_ID_INVALID",
            Self::CommandIdMismatch { .. } => "COMMAND_ID_MISMATCH",
            Self::CommandIdReused { .. } => "COMMAND_ID_REUSED",
            Self::ExpectationMissing { .. } => "EXPECTATION_MISSING",
            Self::Conflict { .. } => "CONFLICT",
            Self::Leaf { code, .. } => code,
            Self::OutOfRange { .. } => "POSITION_OUT_OF_RANGE",
            Self::Integrity { .. } => "LOG_BROKEN",
        }
    }
}

impl From<transparency::Error> for Error {
    fn from(error: transparency::Error) -> Self {
        Self::Leaf { code: error.code(), message: error.to_string() }
    }
}
