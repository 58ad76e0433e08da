//! The store against its promises, on Postgres: the tests of `store`, and what only Postgres has.
//!
//! `place.rs` says where a store is: a database of its own in a server that these tests start.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../store/append.rs"]
mod append;
#[path = "../store/copy.rs"]
mod copy;
#[path = "../store/cqrs.rs"]
mod cqrs;
mod databases;
#[path = "../store/guards.rs"]
mod guards;
#[path = "../store/model.rs"]
mod model;
mod nodes;
mod place;
mod roles;
#[path = "../store/sample.rs"]
mod sample;
mod stock;
#[path = "../store/tree.rs"]
mod tree;
