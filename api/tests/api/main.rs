//! The API as a client meets it: through the router, on a store of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod attachments;
mod comments;
mod configuration;
mod cop;
mod deposits;
mod fuzz;
mod landing;
mod limits;
mod main_line;
mod node;
mod nodes;
mod notary;
mod notices;
mod operation;
mod people;
mod permissions;
mod reading;
mod refusals;
mod schema;
mod server;
mod snapshots;
mod town;
mod workshops;
