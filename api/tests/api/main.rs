//! The API as a client meets it: through the router, on a store of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod attachments;
mod calendar;
mod comments;
mod configuration;
mod cop;
mod deposits;
mod fuzz;
mod instruction;
mod landing;
mod letters;
mod limits;
mod log_files;
mod mailbox;
mod main_line;
mod merging;
mod node;
mod nodes;
mod notary;
mod notices;
mod operation;
mod papers;
mod people;
mod permissions;
mod reading;
mod refusals;
mod scenario;
mod schema;
mod sealed;
mod sealed_races;
mod server;
mod silence;
mod site_files;
mod sites;
mod sites_table;
mod snapshots;
mod time_travel;
mod town;
mod unlinkable;
mod walk;
mod work;
mod workshops;
