//! Personal data: who somebody is, how they are signed in, what they keep, and who read it.
//!
//! Owns the only tables that hold anything of a person. Everything of a person is sealed under a key
//! of that person alone, which erasure destroys. Must not: know a campaign's log, show a value in a
//! message, or give an agent a value before the reading is recorded.
//! Next: [`Vault`] (`vault.rs`), `seal.rs` (how a row is sealed), `engine.rs` (where rows are kept).
//! What an operator has to know stands in `docs/runbooks/personal-data.md`.

mod arrivals;
mod civil;
mod conversations;
mod engine;
mod error;
mod expiry;
mod keys;
mod link;
mod listeners;
mod message;
mod names;
mod outbox;
mod owner;
mod person;
mod postgres;
mod reading;
mod readings;
mod record;
mod records;
mod register;
mod retention;
mod rights;
mod rotation;
mod schema;
mod seal;
mod secret;
mod session;
mod sessions;
mod sign_ins;
mod sql;
mod sqlite;
mod urn;
mod vault;

pub use civil::Civil;
pub use conversations::{Conversation, Letter, LetterDraft};
pub use error::Error;
pub use keys::KeyRing;
pub use message::{Message, MessageDraft, MessageState, Settled};
pub use outbox::OutboxStep;
pub use person::{Arrival, Level, Person, PersonId, Profile};
pub use reading::{Purpose, Reading, ReadingsDigest, Recorded};
pub use record::{Entry, Kind};
pub use register::{Match, Registered};
pub use retention::{Erased, Expired, Retention};
pub use secret::Secret;
pub use session::{Hat, PseudonymKey, Scope, Session, SessionDraft, TokenDraft, TokenInfo};
pub use urn::{NewBallot, Reconciliation, Waiting};
pub use vault::Vault;
