//! The store against its promises, on real files in temporary folders.
//!
//! `sample.rs` makes events; each other file holds one promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod append;
mod cqrs;
mod files;
mod guards;
mod model;
mod sample;
mod tree;
