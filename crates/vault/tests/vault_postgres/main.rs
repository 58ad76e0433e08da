//! The vault against its promises, on Postgres: the tests of `vault`, and what only Postgres has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../vault/damage.rs"]
mod damage;
#[path = "../vault/erasure.rs"]
mod erasure;
mod fail_over;
#[path = "../vault/keys.rs"]
mod keys;
#[path = "../vault/messages.rs"]
mod messages;
#[path = "../vault/people.rs"]
mod people;
mod place;
#[path = "../vault/readings.rs"]
mod readings;
#[path = "../vault/records.rs"]
mod records;
mod roles;
#[path = "../vault/sample.rs"]
mod sample;
#[path = "../vault/sessions.rs"]
mod sessions;
#[path = "../vault/together.rs"]
mod together;
#[path = "../vault/urn.rs"]
mod urn;
