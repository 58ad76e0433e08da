//! The store against its promises, on the embedded engine; `store_postgres` runs the same on the other.
//!
//! `place.rs` says where a store is, `sample.rs` makes events; each other file holds one promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod append;
mod copy;
mod cqrs;
mod files;
mod guards;
mod model;
mod place;
mod sample;
mod tree;
