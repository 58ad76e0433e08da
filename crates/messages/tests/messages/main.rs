//! Messages against a mail server that this project did not write (`smtp-server`, run by Node.js from
//! `tests/mail`), on SQLite; the last test has two nodes on Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod delivery;
mod server;
mod town;
