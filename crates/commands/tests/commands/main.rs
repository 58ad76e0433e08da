//! The way of a command on real stores in temporary folders: receipts, races, barriers, repetition.
//!
//! `town.rs` opens a store with a campaign that is ready to vote; each other file holds one promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../domain/tests/support/mod.rs"]
mod support;

mod batch;
mod meetings;
mod opening;
mod projects;
mod races;
mod receipts;
mod redaction;
mod town;
mod urn;
