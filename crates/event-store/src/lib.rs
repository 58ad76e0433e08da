//! Where it is written: append, read and subscribe to the log of a campaign.
//!
//! A store is one SQLite file with any number of logs. A log is one gap-free order of events, hashed
//! into a Merkle tree. One thread writes, and commits together what waits ([`Store::append`]); reads
//! never wait for it. An append names every stream that it writes or relies on with the sequence it
//! saw ([`Expected`]); if one has moved, nothing is written.
//!
//! This crate knows no event by name, no clock and no chance. The bytes of a leaf and the tree are
//! `transparency`'s; what may happen is `domain`'s; who may ask is `commands`'.
//!
//! Look next: `store.rs` (the calls) → `writer.rs` (group commit) → `commit.rs` (one append) →
//! `migrations/sqlite/0001_log.sql` (the tables).

mod append;
mod commit;
mod connection;
pub mod cqrs;
mod error;
mod integrity;
mod proof;
mod read;
mod redaction;
mod schema;
mod store;
mod stream_id;
mod writer;

pub use append::{Append, Appended, Expected};
pub use connection::OpenMode;
pub use error::Error;
pub use integrity::Integrity;
pub use read::{LogHead, Reader, StoredEvent};
pub use redaction::Redaction;
pub use store::Store;
pub use stream_id::{LogId, StreamId};
