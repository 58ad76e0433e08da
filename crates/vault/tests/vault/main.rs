//! The vault against its promises, on SQLite. `vault_postgres` runs the same on Postgres.
//!
//! `place.rs` says where a vault is, `sample.rs` who is in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod damage;
mod erasure;
mod files;
mod keys;
mod messages;
mod people;
mod place;
mod printed;
mod readings;
mod records;
mod sample;
mod sessions;
mod together;
mod urn;
