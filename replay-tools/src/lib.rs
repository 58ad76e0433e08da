//! How auditors replay: a published bundle is verified, counted again and read, offline.
//!
//! Owns the checks of a whole campaign and the command line `parvis-replay`. Must not: share code with
//! the server beyond the pure crates, so that a city's mistake can't hide in the tool that looks for
//! it; open a connection, save to fetch the bundle that was named by its address ([`fetch`]). Next: [`mod@verify`] for the checks in their order,
//! [`audit`] for what is followed event by event, [`cli`] for the commands.

mod answers;
pub mod audit;
pub mod ballot;
pub mod cli;
pub mod count;
pub mod diff;
pub mod error;
pub mod fetch;
pub mod limits;
pub mod page;
mod page_words;
mod plots;
pub mod read;
pub mod receipt;
pub mod report;
pub mod run;
pub mod sql;
pub mod state;
pub mod tiles;
pub mod timeline;
pub mod verify;

pub use ballot::{BallotReport, Standing, ballot_paper, check_ballot};
pub use count::{BundleTally, CountOptions, tally_bundle, tally_pabulib};
pub use diff::{Difference, diff, diff_at};
pub use error::Error;
pub use receipt::{Against, ReceiptReport, check_receipt};
pub use report::{Divergence, Report, Stage, Verdict};
pub use state::{At, StateAt, state};
pub use tiles::{TilesReport, check_tiles};
pub use timeline::{Entry, timeline};
pub use verify::{verified, verify};
