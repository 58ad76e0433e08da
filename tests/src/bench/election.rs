//! Owns the suite `election`: a whole election with sealed ballots on each engine, and how long each step took.
//!
//! 125,000 voters, a third of them online, 300 polling places. Every count is compared with what was meant, and
//! store and vault are searched for links afterwards: where anything differs, the suite fails. No limit stands
//! beside a step; what is asked of the count is that it takes less than two minutes. Next:
//! `sealed_election.rs`, which holds it.

use super::Scale as Runs;
use super::measure::{Outcome, Report, Samples};
use crate::sealed_election::{Told, hold};
use crate::sealed_links::Place;
use crate::sealed_voters::Scale;
use std::time::Duration;
use tokio::runtime::Runtime;

const SUITE: &str = "election";

const FULL: Scale = Scale { voters: 125_000, places: 300, city: 40, district: 12 };
const QUICK: Scale = Scale { voters: 5_000, places: 15, city: 12, district: 8 };

pub(super) fn run(runtime: &Runtime, report: &mut Report, scale: Runs) -> Outcome<()> {
    let size = if scale.quick { QUICK } else { FULL };
    for (engine, place) in [("sqlite", Place::file as fn() -> Place), ("postgres", Place::database)] {
        eprintln!("parvis-bench: an election with {} voters on {engine}", size.voters);
        let told = runtime.block_on(hold(&place(), size));
        eprintln!("parvis-bench: every count on {engine} is exact, and no link is left");
        tell(report, engine, &told)?;
    }
    Ok(())
}

fn tell(report: &mut Report, engine: &str, told: &Told) -> Outcome<()> {
    let mut add = |metric: &str, unit, value| {
        let mut samples = Samples::default();
        samples.push(value);
        report.add(SUITE, &format!("{engine}: {metric}"), unit, &samples, None);
    };
    for (metric, count) in
        [("voters", told.voters), ("sealed ballots", told.ballots), ("papers", told.papers), ("events", told.events)]
    {
        add(metric, "-", f64::from(u32::try_from(count)?));
    }
    let seconds = |took: &Duration| took.as_secs_f64();
    for (step, took) in &told.steps {
        add(step, "s", seconds(took));
    }
    add("from the close of the vote to the proclaimed result", "s", seconds(&told.counting()));
    Ok(())
}
