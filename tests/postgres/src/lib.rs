//! PostgreSQL servers for tests: started in a moment, broken at will, and gone when the test is.
//!
//! Owns starting, killing, replicating and failing over servers of this machine's own PostgreSQL.
//! Must not: know anything of Parvis, or be part of a program that isn't a test.
//! Next: [`Server`] (`server.rs`), [`Cluster`] (`cluster.rs`), [`Fault`] (`fault.rs`).
//!
//! Whatever a server can't do is a panic that says what to install: a test that needs PostgreSQL
//! fails without it, and is never skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test support: what isn't there fails the test"
)]

mod cluster;
mod fault;
mod home;
mod installation;
mod port;
mod processes;
mod replication;
mod server;
mod template;

pub use cluster::Cluster;
pub use fault::{Call, Fails, Fault};
pub use server::{Database, Options, Server};
