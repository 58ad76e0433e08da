//! The API as a client meets it: through the router, on a store of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod landing;
mod limits;
mod main_line;
mod reading;
mod refusals;
mod schema;
mod server;
mod town;
