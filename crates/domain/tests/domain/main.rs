//! The deciders against their promises: given these events, when this is asked, then that.
//!
//! `permissions.rs` walks roles and permissions, `refusals/` holds every no of every stream, `gates.rs` what may happen in which phase,
//! `lives.rs`, `people.rs`, `papers.rs` and `city.rs` every yes, `map.rs` points in outlines, `forged.rs` logs that lie,
//! `properties.rs` what always holds, `golden.rs`
//! the events as they stand in logs for ever, `redaction.rs` what is left when words are deleted, `sealed.rs` the
//! vote with sealed ballots.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod around;
mod calendar;
mod city;
mod configuration;
mod council;
mod forged;
mod gates;
mod golden;
mod lives;
mod map;
mod papers;
mod people;
mod permissions;
mod properties;
mod redaction;
mod refusals;
mod sealed;
mod sites;
mod vocabulary;
