//! What one can read: pure folds of a campaign's events into tables.
//!
//! Owns the read model as a value: a [`Model`] is one version, cheap to clone,
//! never changed once published. Sees events, never commands; does no I/O.
//! The API, the auditor and the analysts run the same folds. Look next at
//! [`model`], which lists all tables.

// A new event is an error here until every fold says what it does with it.
#![deny(clippy::wildcard_enum_match_arm)]
// Money, scores and hashes are exact.
#![deny(clippy::float_arithmetic)]

pub mod areas;
pub mod ballots;
pub mod claims;
pub mod columns;
pub mod comments;
pub mod disclosed;
pub mod distance;
pub mod equity;
pub mod grants;
pub mod instruction;
pub mod lineage;
pub mod model;
pub mod origin;
pub mod overview;
pub mod participants;
pub mod polling_places;
pub mod projects;
pub mod proposals;
pub mod report;
pub mod results;
pub mod search;
pub mod similar;
pub mod site_history;
pub mod site_index;
pub mod site_money;
pub mod site_posts;
pub mod site_progress;
pub mod site_statistics;
pub mod site_work;
pub mod sites;
pub mod snapshot;
pub mod table;
pub mod texts;
pub mod urn;
pub mod veil;
pub mod versions;
pub mod work;
pub mod workshops;

pub use claims::{claims, claims_in};
pub use disclosed::Disclosed;
pub use model::{Applied, Model};
pub use snapshot::{Positions, SHAPE, Snapshot, VERSION};
pub use table::{Table, TableDigest};
