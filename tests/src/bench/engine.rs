//! Owns the suite `engine`: commands and appends a second, on the disk when they are answered.
//!
//! Every command is a ballot of one paper by a new voter: one event, one leaf. Must not count
//! anything that isn't durable. Limits: `sqlite.rs`.

use super::Scale;
use super::city::{self, PROPOSALS, Vote};
use super::measure::{Outcome, Report, Samples, per_second};
use super::sqlite::{BATCH, BATCHED, Plain, SINGLE};
use super::tasks::at_once;
use api::demo::CODE;
use api::steps::TOGETHER;
use event_store::{LogId, OpenMode, Store};
use tokio::runtime::Runtime;

const SUITE: &str = "engine";

/// How many tasks write at once, and how many commands they share in a run, in full and quick.
const LOADS: [(usize, usize, usize); 3] = [(1, 600, 100), (32, 6_000, 640), (256, 12_000, 2_560)];

/// Commands of a run that is handed over in parts of [`TOGETHER`].
const IMPORTED: (usize, usize) = (16 * TOGETHER, 4 * TOGETHER);

pub(super) fn run(runtime: &Runtime, report: &mut Report, scale: Scale) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let vote = Vote::open(city::open(&folder.path().join("vote.db"), OpenMode::Create)?, PROPOSALS)?;
    let bare = city::open(&folder.path().join("bare.db"), OpenMode::Create)?;
    let bare_log = bare.create_log_blocking("bench.example/bare", "bare")?;
    let mut plain = Plain::create(&folder.path().join("plain.db"))?;
    let (mut single, mut batched, mut imported) = (Samples::default(), Samples::default(), Samples::default());
    let mut loads = LOADS.map(|(tasks, full, quick)| Load {
        tasks,
        count: if scale.quick { quick } else { full },
        commands: Samples::default(),
        appends: Samples::default(),
    });
    for _ in 0..scale.runs {
        for load in &mut loads {
            load.commands.push(commands(runtime, &vote, load)?);
            load.appends.push(appends(runtime, &vote, &bare, bare_log, load)?);
            let leaves = vote.last_leaves(load.count)?;
            let few = leaves.get(..leaves.len().min(loads_single(scale))).unwrap_or_default();
            single.push(per_second(few.len(), plain.insert(few, 1)?)?);
            batched.push(per_second(leaves.len(), plain.insert(&leaves, BATCH)?)?);
        }
        let count = if scale.quick { IMPORTED.1 } else { IMPORTED.0 };
        imported.push(per_second(count, vote.import(count)?)?);
    }
    report.add(SUITE, "sqlite_single_inserts", "rows/s", &single, None);
    report.add(SUITE, "sqlite_batched_inserts", "rows/s", &batched, None);
    for load in &loads {
        for (name, unit, samples) in
            [("commands", "commands/s", &load.commands), ("store_appends", "appends/s", &load.appends)]
        {
            let metric = format!("durable_{name}_by_{}_tasks", load.tasks);
            report.add(SUITE, &metric, unit, samples, Some((SINGLE, &single)));
            report.add(SUITE, &metric, unit, samples, Some((BATCHED, &batched)));
        }
    }
    report.add(SUITE, "durable_commands_in_parts_of_512", "commands/s", &imported, Some((BATCHED, &batched)));
    Ok(())
}

struct Load {
    tasks: usize,
    count: usize,
    commands: Samples,
    appends: Samples,
}

/// Rows of a run with a transaction for each.
const fn loads_single(scale: Scale) -> usize {
    if scale.quick { 100 } else { 600 }
}

fn commands(runtime: &Runtime, vote: &Vote, load: &Load) -> Outcome<f64> {
    let executor = vote.executor.clone();
    let (elapsed, done) = at_once(runtime, load.tasks, vote.requests(load.count)?, move |request| {
        let executor = executor.clone();
        async move { Ok(executor.execute(CODE, request).await?) }
    })?;
    per_second(done.len(), elapsed)
}

fn appends(runtime: &Runtime, vote: &Vote, store: &Store, log: LogId, load: &Load) -> Outcome<f64> {
    appended(runtime, vote, (store, log), load.tasks, load.count)
}

/// Appends of one event each a second, by so many tasks at a time.
pub(super) fn appended(
    runtime: &Runtime,
    vote: &Vote,
    (store, log): (&Store, LogId),
    tasks: usize,
    count: usize,
) -> Outcome<f64> {
    let appends = (0..count).map(|nth| vote.append(log, nth)).collect::<Outcome<Vec<_>>>()?;
    let store = store.clone();
    let (elapsed, done) = at_once(runtime, tasks, appends, move |append| {
        let store = store.clone();
        async move { Ok(store.append(append).await?) }
    })?;
    per_second(done.len(), elapsed)
}
