//! How auditors replay: a published bundle is verified, counted again and read, offline.
//!
//! Owns the checks of a whole campaign and the command line `parvis-replay`. Must not: open a
//! connection, or share code with the server beyond the pure crates, so that a city's mistake
//! can't hide in the tool that looks for it. Next: [`mod@verify`] for the checks in their order,
//! [`audit`] for what is followed event by event, [`cli`] for the commands.

pub mod audit;
pub mod ballot;
pub mod cli;
pub mod count;
pub mod error;
pub mod read;
pub mod report;
pub mod run;
pub mod state;
pub mod timeline;
pub mod verify;

pub use ballot::{BallotReport, Standing, ballot_paper, check_ballot};
pub use count::{BundleTally, CountOptions, tally_bundle, tally_pabulib};
pub use error::Error;
pub use report::{Divergence, Report, Stage, Verdict};
pub use state::{At, StateAt, state};
pub use timeline::{Entry, timeline};
pub use verify::verify;
