//! Owns commands a second and their latency, by how many are under way at once.
//!
//! A command is loaded, decided, appended and answered with its receipt; what is counted is on the
//! disk. `begin`: a ballot of a new voter. `replace` and `cancel`: the same voter once more, which has to
//! load the ballot. `append`: the append of the first alone. Must not count a command that was refused.

use super::SUITE;
use super::inserts::{COPIED, Inserts, SINGLE};
use super::place::{Place, open};
use super::stock::{STOCK, Stock};
use crate::bench::Scale;
use crate::bench::city::{PROPOSALS, Vote};
use crate::bench::measure::{Outcome, Report, Samples};
use crate::bench::tasks::Paced;
use api::demo::CODE;
use commands::Request;
use event_store::{LogId, OpenMode, Store};
use tokio::runtime::Runtime;

/// How many tasks write at once, and how many commands they share in a run, in full and quick.
const LOADS: [(usize, usize, usize); 4] = [(1, 1_000, 100), (8, 6_000, 480), (32, 12_000, 960), (256, 24_000, 2_560)];

/// Of how many ballots one is replaced: each is decided twice, and takes as much longer.
const REPLACED: usize = 4;

struct Load {
    tasks: usize,
    count: usize,
    begin: Paced,
    replace: Paced,
    cancel: Paced,
    append: Paced,
    inserts: Samples,
    stock: Paced,
    stock_later: Paced,
}

pub(super) fn run(runtime: &Runtime, place: &Place, report: &mut Report, scale: Scale) -> Outcome<()> {
    let (voting, bare) = (place.database(), place.database());
    let vote = Vote::open(open(voting.url(), OpenMode::Create)?, PROPOSALS)?;
    let store = open(bare.url(), OpenMode::Create)?;
    let log = store.create_log_blocking("bench.example/bare", "bare")?;
    runtime.block_on(vote.executor.execute(CODE, vote.requests(1)?.remove(0)))?;
    let leaf = vote.last_leaves(1)?.pop().ok_or("the log has no leaf")?;
    let inserts = Inserts::create(place, &voting, &leaf)?;
    let mut stock = Stock::create(runtime, place.database(), &leaf, 256)?;
    let mut copied = Samples::default();
    let mut loads = LOADS.map(|(tasks, full, quick)| Load {
        tasks,
        count: if scale.quick { quick } else { full },
        begin: Paced::default(),
        replace: Paced::default(),
        cancel: Paced::default(),
        append: Paced::default(),
        inserts: Samples::default(),
        stock: Paced::default(),
        stock_later: Paced::default(),
    });
    for _ in 0..scale.runs {
        for load in &mut loads {
            place.rest()?;
            let begun = vote.requests(load.count)?;
            let (mut replaced, cancelled) = (vote.later(&begun, false), vote.later(&begun, true));
            replaced.truncate(load.count / REPLACED);
            commands(runtime, &vote, load.tasks, begun, &mut load.begin)?;
            place.rest()?;
            load.inserts.push(inserts.singly(load.tasks, load.count)?);
            place.rest()?;
            stock.execute(runtime, load.tasks, load.count, &mut load.stock, &mut load.stock_later)?;
            stock.empty()?;
            place.rest()?;
            commands(runtime, &vote, load.tasks, replaced, &mut load.replace)?;
            commands(runtime, &vote, load.tasks, cancelled, &mut load.cancel)?;
            place.rest()?;
            appends(runtime, &vote, &store, log, load)?;
        }
        copied.push(inserts.copied(runtime, if scale.quick { 5_000 } else { 50_000 })?);
    }
    report.add(SUITE, "copy", "rows/s", &copied, None);
    for load in &loads {
        tell(report, load, &copied);
    }
    Ok(())
}

fn commands(runtime: &Runtime, vote: &Vote, tasks: usize, requests: Vec<Request>, paced: &mut Paced) -> Outcome<()> {
    let executor = vote.executor.clone();
    paced.take(runtime, tasks, requests, move |request| {
        let executor = executor.clone();
        async move {
            let receipt = executor.execute(CODE, request).await?;
            if receipt.first.is_some() && !receipt.replayed { Ok(()) } else { Err("a command wrote nothing".into()) }
        }
    })?;
    Ok(())
}

fn appends(runtime: &Runtime, vote: &Vote, store: &Store, log: LogId, load: &mut Load) -> Outcome<()> {
    let appends = (0..load.count).map(|nth| vote.append(log, nth)).collect::<Outcome<Vec<_>>>()?;
    let store = store.clone();
    load.append.take(runtime, load.tasks, appends, move |append| {
        let store = store.clone();
        async move { Ok(store.append(append).await?) }
    })?;
    Ok(())
}

fn tell(report: &mut Report, load: &Load, copied: &Samples) {
    let metric = |name: &str| format!("{name}_by_{}_tasks", load.tasks);
    report.add(SUITE, &metric("pgbench_inserts"), "rows/s", &load.inserts, None);
    for (name, paced, stock) in [
        ("begin", &load.begin, &load.stock),
        ("replace", &load.replace, &load.stock_later),
        ("cancel", &load.cancel, &load.stock_later),
        ("append", &load.append, &load.stock),
    ] {
        let rate = metric(&format!("durable_{name}"));
        report.add(SUITE, &rate, "commands/s", &paced.rate, Some((SINGLE, &load.inserts)));
        report.add(SUITE, &rate, "commands/s", &paced.rate, Some((STOCK, &stock.rate)));
        report.add(SUITE, &rate, "commands/s", &paced.rate, Some((COPIED, copied)));
        report.add(SUITE, &metric(&format!("{name}_p50")), "ms", &paced.p50, Some((STOCK, &stock.p50)));
        report.add(SUITE, &metric(&format!("{name}_p99")), "ms", &paced.p99, Some((STOCK, &stock.p99)));
    }
}
