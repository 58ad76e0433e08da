//! What tests of campaigns share: a small configured city, its story, and given/when/then.
//!
//! `sample.rs` configures, `story.rs` lives through a campaign and writes its leaves, `kept.rs` is
//! the same where roles are kept, `lively.rs` a year with everything that people may do, `people.rs` what they
//! ask for, `sealed.rs` the vote with sealed ballots, `given.rs` the harness. Other crates' tests include this folder by its path.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod given;
pub(crate) mod kept;
pub(crate) mod lively;
pub(crate) mod papers;
pub(crate) mod people;
pub(crate) mod sample;
pub(crate) mod sealed;
pub(crate) mod story;
pub(crate) mod works;
