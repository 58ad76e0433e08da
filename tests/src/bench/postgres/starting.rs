//! Owns how long a node takes from nothing to serving a large campaign, in a process of its own.
//! Must not play a campaign: `growth.rs` has one.

use super::SUITE;
use super::place::open;
use crate::bench::Scale;
use crate::bench::measure::{Outcome, Report, Samples, mebibytes, now, of_process};
use api::demo::CODE;
use api::read_model::ReadModel;
use api::snapshot::Snapshots;
use event_store::{OpenMode, Store};
use std::path::Path;
use tokio::runtime::Runtime;

const LIMIT: &str = "the same start without a snapshot: the whole log is folded";

/// Starts on a store as it is, from a snapshot and without one.
pub(super) fn run(
    runtime: &Runtime,
    report: &mut Report,
    scale: Scale,
    name: &str,
    url: &str,
    store: &Store,
) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let snapshots = Snapshots::open(folder.path())?;
    let model = runtime.block_on(ReadModel::open(store.clone(), |_| {}))?;
    let version = model.current();
    let campaign = version.campaign(CODE).ok_or("there is no campaign to start with")?;
    let (events, mut bytes) = (campaign.size(), Samples::default());
    bytes.push(mebibytes(snapshots.save(campaign)?)?);
    drop((version, model));
    let (mut warm, mut cold) = (Samples::default(), Samples::default());
    for _ in 0..scale.runs {
        warm.push(seconds("start", url, folder.path().to_str())?);
        cold.push(seconds("start", url, None)?);
    }
    let metric = |what: &str| format!("{name}_{what}_of_{events}_events");
    report.add(SUITE, &metric("snapshot"), "MiB", &bytes, None);
    report.add(SUITE, &metric("start_without_snapshot"), "s", &cold, None);
    report.add(SUITE, &metric("start_from_snapshot"), "s", &warm, Some((LIMIT, &cold)));
    Ok(())
}

fn seconds(suite: &str, url: &str, folder: Option<&str>) -> Outcome<f64> {
    let places: Vec<&str> = std::iter::once(url).chain(folder).collect();
    Ok(f64::from(u32::try_from(of_process(suite, &places)?)?) / 1_000_000.0)
}

/// Opens a store and its read model, then prints how many microseconds that took.
pub(in crate::bench) fn start(runtime: &Runtime, url: &str, folder: Option<&Path>) -> Outcome<()> {
    let began = now();
    let store = open(url, OpenMode::Existing)?;
    let snapshots = folder.map(Snapshots::open).transpose()?;
    let asked = snapshots.is_some();
    let model = runtime.block_on(ReadModel::open_with(store, snapshots, |_| {}))?;
    let served = model.current().campaign(CODE).map(|campaign| campaign.size());
    let elapsed = began.elapsed();
    let size = model.store().reader().logs()?.first().map(|head| head.size);
    if served != size || model.status().iter().any(|status| status.snapshot.is_some() != asked) {
        return Err(format!("{served:?} of {size:?} events are served, or not from where they should be").into());
    }
    println!("{}", elapsed.as_micros());
    Ok(())
}
