//! The doors from outside: people and programs that come in, and those that must not.
//!
//! One program, so that everything shares `support.rs`. Each file is one side: `sign_in.rs` (people),
//! `hostile.rs` (an issuer that lies), `requests.rs` (what is let in), `sockets.rs` (bytes on a wire),
//! `secrets.rs` (what is written down), `foreign.rs` (an issuer that others wrote).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod foreign;
mod hostile;
mod requests;
mod secrets;
mod sign_in;
mod sockets;
mod support;
