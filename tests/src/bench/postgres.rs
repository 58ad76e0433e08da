//! Owns the suite `postgres`: the engine on PostgreSQL, on a server of its own that waits for its disk.
//!
//! The server has its default settings but for the number of connections, and shares the machine with
//! whoever asks it. Next: `postgres/writing.rs` (commands and their latency), `postgres/lag.rs` (from one
//! node to the readers of another), `postgres/growth.rs` (reading, starting, disk and memory as a log
//! grows).

mod growth;
mod inserts;
mod lag;
mod place;
mod starting;
mod stock;
mod wire;
mod writing;

use super::Scale;
use super::measure::{Outcome, Report};
use clap::ValueEnum;
use place::Place;
use tokio::runtime::Runtime;

pub(super) use growth::memory;
pub(super) use starting::start;

const SUITE: &str = "postgres";

/// A part of the suite that can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    /// Commands a second and their latency.
    Writing,
    /// From a commit of one node to the readers of another.
    Lag,
    /// Reading, starting, disk and memory as a log grows, on SQLite too.
    Growth,
}

pub(super) fn run(
    runtime: &Runtime,
    report: &mut Report,
    scale: Scale,
    part: Option<Part>,
    large: bool,
) -> Outcome<()> {
    let wants = |this| part.is_none_or(|part| part == this);
    let place = Place::start()?;
    if wants(Part::Writing) {
        writing::run(runtime, &place, report, scale)?;
    }
    if wants(Part::Lag) {
        lag::run(runtime, &place, report, scale)?;
    }
    if wants(Part::Growth) {
        growth::run(runtime, &place, report, scale, large)?;
    }
    Ok(())
}
