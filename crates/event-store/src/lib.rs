//! Where it is written: append, read and subscribe to the log of a campaign.
//!
//! A store holds any number of logs, in one SQLite file or in a Postgres database. A log is one gap-free
//! order of events, hashed into a Merkle tree. A node has one writer, which commits together what waits
//! ([`Store::append`]); nodes that share a Postgres store take turns by a lock on the log's head. Reads
//! never wait for it. An append names every stream that it writes or relies on with the sequence it
//! saw ([`Expected`]); if one has moved, nothing is written.
//!
//! This crate knows no event by name, no clock and no chance. The bytes of a leaf and the tree are
//! `transparency`'s; what may happen is `domain`'s; who may ask is `commands`'.
//!
//! Look next: `store.rs` (the calls) → `sqlite.rs` and `postgres.rs` (the engines) → `migrations` (the
//! tables).

mod append;
mod copy;
pub mod cqrs;
mod error;
mod integrity;
mod postgres;
mod proof;
mod read;
mod request;
mod schema;
mod sqlite;
mod store;
mod stream_id;
mod tables;

pub use append::{Append, Appended, Expected};
pub use copy::{Copied, copy};
pub use error::Error;
pub use integrity::Integrity;
pub use postgres::without_password;
pub use read::{LogHead, Reader, StoredEvent};
pub use request::Redaction;
pub use store::{OpenMode, Store};
pub use stream_id::{LogId, StreamId};
