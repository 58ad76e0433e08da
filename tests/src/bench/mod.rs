//! `parvis-bench`: how fast the parts are, each beside a limit measured in the same run.
//!
//! Owns the command line and the order of the suites. Must not assert a time: a number is told and
//! people judge it. Look next at [`measure`] for what a line says, then at a suite: `engine.rs`,
//! `replay.rs`, `campaign.rs`, `graphql.rs`, `tiles.rs`, `load.rs`, `tally.rs`, `postgres.rs`, `vote.rs`, `election.rs`,
//! `sites.rs`.

mod campaign;
mod city;
mod election;
mod engine;
mod graphql;
mod load;
pub mod measure;
mod postgres;
mod replay;
mod sites;
mod sqlite;
mod tally;
mod tasks;
mod tiles;
mod vote;

use city::Demo;
use clap::{Parser, ValueEnum};
use measure::{Outcome, Report};
use std::path::Path;
use std::process::ExitCode;

/// Measures the parts of Parvis; every measure stands beside a limit taken in the same run.
#[derive(Debug, Parser)]
#[command(name = "parvis-bench")]
struct Cli {
    /// What to measure.
    suite: Suite,
    /// Fewer runs on a smaller campaign: says whether it works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// One JSON object per line in place of the table.
    #[arg(long)]
    json: bool,
    /// Of the suite `postgres`, this part alone.
    #[arg(long)]
    part: Option<postgres::Part>,
    /// Lets the logs of the suite `postgres` grow to 10,000,000 events too: hours, and some 30 GB of disk.
    #[arg(long)]
    large: bool,
    /// What a process of its own is started for, to see its memory or its time alone.
    #[arg(hide = true)]
    places: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// Commands and appends that are on the disk when they are answered.
    Engine,
    /// Verification and folds of a whole campaign.
    Replay,
    /// The steps of a campaign up to the ballot list, and what agents ask during it.
    Campaign,
    /// Queries through all routes of the server.
    Graphql,
    /// A log as files, from our server and from nginx.
    Tiles,
    /// Readers and writers on a server, and somebody who wants it to fail.
    Load,
    /// Each rule of the count, on real elections and a large one that is drawn.
    Tally,
    /// The engine on PostgreSQL, and both engines as a log grows.
    Postgres,
    /// Sealing, taking and opening ballots.
    Vote,
    /// A whole election with sealed ballots, from the key ceremony to the proclaimed result, on both engines.
    Election,
    /// Sites brought up to date from a table, and asked for on the map.
    Sites,
    /// All of them.
    All,
    #[value(hide = true)]
    MemoryOfVerify,
    #[value(hide = true)]
    MemoryOfModel,
    #[value(hide = true)]
    MemoryOfDemo,
    #[value(hide = true)]
    MemoryOfFold,
    #[value(hide = true)]
    Start,
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Scale {
    quick: bool,
    /// Runs of each measure; what is compared takes turns.
    runs: u32,
    /// Voters of the demo campaign.
    voters: u64,
}

impl Scale {
    fn of(quick: bool) -> Self {
        if quick { Self { quick, runs: 3, voters: 5_000 } } else { Self { quick, runs: 5, voters: 125_000 } }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parvis-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // The blocking ways of the store and of the demo find the runtime through this.
    let _entered = runtime.enter();
    let place = || cli.places.first().ok_or("this measure needs a place");
    match cli.suite {
        Suite::MemoryOfVerify => return replay::memory(Path::new(place()?)),
        Suite::MemoryOfModel => return graphql::memory(&runtime, Path::new(place()?)),
        Suite::MemoryOfDemo => {
            let voters = cli.places.get(1).ok_or("this measure needs a number of voters")?;
            return campaign::memory(Path::new(place()?), voters);
        }
        Suite::MemoryOfFold => return postgres::memory(place()?),
        Suite::Start => return postgres::start(&runtime, place()?, cli.places.get(1).map(Path::new)),
        Suite::Engine
        | Suite::Replay
        | Suite::Campaign
        | Suite::Graphql
        | Suite::Tiles
        | Suite::Load
        | Suite::Tally
        | Suite::Postgres
        | Suite::Vote
        | Suite::Election
        | Suite::Sites
        | Suite::All => {}
    }
    if cfg!(debug_assertions) {
        eprintln!("parvis-bench: this build isn't optimised; measure with `cargo run --release`");
    }
    let wants = |suite| cli.suite == suite || cli.suite == Suite::All;
    let scale = Scale::of(cli.quick);
    let mut report = Report::new(cli.json);
    if wants(Suite::Engine) {
        engine::run(&runtime, &mut report, scale)?;
    }
    if wants(Suite::Replay) || wants(Suite::Campaign) || wants(Suite::Graphql) || wants(Suite::Tiles) {
        eprintln!("parvis-bench: playing the demo with {} voters", scale.voters);
        let demo = Demo::build(scale.voters)?;
        if wants(Suite::Replay) {
            replay::run(&demo, &mut report, scale)?;
        }
        if wants(Suite::Campaign) {
            campaign::run(&demo, &mut report, scale)?;
        }
        if wants(Suite::Graphql) {
            graphql::run(&runtime, &demo, &mut report, scale)?;
        }
        if wants(Suite::Tiles) {
            tiles::run(&runtime, &demo, &mut report, scale)?;
        }
    }
    if wants(Suite::Vote) {
        vote::run(&runtime, &mut report, scale)?;
    }
    if wants(Suite::Election) {
        election::run(&runtime, &mut report, scale)?;
    }
    if wants(Suite::Sites) {
        sites::run(&runtime, &mut report, scale)?;
    }
    if wants(Suite::Load) {
        load::run(&runtime, &mut report, scale)?;
    }
    if wants(Suite::Tally) {
        tally::run(&mut report, scale)?;
    }
    if wants(Suite::Postgres) {
        postgres::run(&runtime, &mut report, scale, cli.part, cli.large)?;
    }
    report.finish();
    Ok(())
}
