//! What the vault can't do, each with a stable code and what to do about it.
//!
//! No message holds a personal datum, a secret or a password of a database. Next: `vault.rs`.

use std::path::PathBuf;

use crate::PersonId;

/// Why the vault refused or failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No file of keys, or the ring lacks the key under which something is sealed.
    #[error("the vault's key is missing: {0}. Give this node the key file that belongs to the vault")]
    KeyMissing(String),
    /// The ring has a key of that name, but it opens nothing.
    #[error("the vault's key doesn't fit: {0}. Give this node the key file that belongs to the vault")]
    KeyWrong(String),
    /// The file of keys can't be read, written or trusted.
    #[error("the key file {path} can't be used: {detail}")]
    KeyFile {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        detail: String,
    },
    /// The address names no store.
    #[error("`{0}` is no address of a store: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Url(String),
    /// A newer program migrated the vault.
    #[error("the vault has schema {found} and this program knows {known}: use the newer program")]
    SchemaNewer {
        /// The vault's.
        found: u32,
        /// The newest this program knows.
        known: u32,
    },
    /// A migration reads differently from the one that was applied.
    #[error("migration {0} of the vault isn't the one that was applied: use an unchanged program")]
    SchemaChanged(u32),
    /// The tables aren't there, or old, and this user may not create them.
    #[error("the vault's tables can't be brought up to date: {0}. Let the owner of the database run `parvis migrate`")]
    SchemaOld(String),
    /// The file is a database of another program.
    #[error("{0} holds other tables than a vault's: name another place")]
    NotAVault(String),
    /// The database doesn't answer, is locked or full.
    #[error("the vault's database can't be used now: {0}. Nothing was changed; try again")]
    Unavailable(String),
    /// A row isn't what was written.
    #[error("the vault is damaged: {0}. Stop writing, and compare with a backup")]
    Damaged(String),
    /// The machine's clock stands outside the years 0 to 9999.
    #[error("the machine's clock can't be read: set it")]
    Clock,
    /// Nobody has that id.
    #[error("there is no person {0}")]
    PersonUnknown(PersonId),
    /// The person was erased.
    #[error("person {0} was erased: nothing of it is left")]
    PersonErased(PersonId),
    /// The text isn't an id of a person.
    #[error("that isn't the id of a person: 32 hexadecimal digits")]
    PersonIdInvalid,
    /// The name of a token is empty or too long.
    #[error("the name of a token has 1 to 60 characters")]
    TokenName,
    /// The days of a token are out of range.
    #[error("a token lasts 1 to 366 days")]
    TokenDays,
    /// A person has as many tokens as allowed.
    #[error("there are {0} tokens already: revoke one first")]
    TokensFull(u32),
    /// An issuer, subject or e-mail is empty or too long.
    #[error("{0} has 1 to 500 characters")]
    Identity(&'static str),
    /// The id of a record is empty or too long.
    #[error("the id of a record has 1 to 200 characters")]
    RecordId,
    /// A value is too large.
    #[error("a value has at most {limit} bytes, this one has {bytes}: keep less of it")]
    RecordTooLarge {
        /// Of the value as JSON.
        bytes: usize,
        /// The most there may be.
        limit: usize,
    },
    /// An entry of a register doesn't say how long it is needed.
    #[error("an entry of a register needs `until`: the moment (RFC 3339) up to which it is needed")]
    RecordUntil,
    /// Why somebody reads isn't said.
    #[error("the note of a reading has 3 to 200 characters: say why this person's data is read")]
    ReadingNote,
    /// What somebody reads isn't said.
    #[error("a reading names at least one kind")]
    ReadingKinds,
    /// Who reads, as what, or for which campaign isn't said.
    #[error("{0} of a reading has 1 to 64 characters")]
    ReadingWho(&'static str),
}

impl Error {
    /// A name for programs, which stays the same.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeyMissing(_) => "VAULT_KEY_MISSING",
            Self::KeyWrong(_) => "VAULT_KEY_WRONG",
            Self::KeyFile { .. } => "VAULT_KEY_FILE",
            Self::Url(_) => "VAULT_URL",
            Self::SchemaNewer { .. } => "VAULT_SCHEMA_NEWER",
            Self::SchemaChanged(_) => "VAULT_SCHEMA_CHANGED",
            Self::SchemaOld(_) => "VAULT_SCHEMA_OLD",
            Self::NotAVault(_) => "VAULT_OF_ANOTHER_PROGRAM",
            Self::Unavailable(_) => "VAULT_UNAVAILABLE",
            Self::Damaged(_) => "VAULT_DAMAGED",
            Self::Clock => "CLOCK_UNREADABLE",
            Self::PersonUnknown(_) => "PERSON_UNKNOWN",
            Self::PersonErased(_) => "PERSON_ERASED",
            Self::PersonIdInvalid => "PERSON_ID",
            Self::TokenName => "TOKEN_NAME",
            Self::TokenDays => "TOKEN_DAYS",
            Self::TokensFull(_) => "TOKENS_FULL",
            Self::Identity(_) => "IDENTITY",
            Self::RecordId => "RECORD_ID",
            Self::RecordTooLarge { .. } => "RECORD_TOO_LARGE",
            Self::RecordUntil => "RECORD_UNTIL",
            Self::ReadingNote => "READING_NOTE",
            Self::ReadingKinds => "READING_KINDS",
            Self::ReadingWho(_) => "READING_WHO",
        }
    }
}
