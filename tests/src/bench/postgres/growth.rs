//! Owns what a log costs as it grows, on both engines: writing, reading, memory, disk, starting.
//!
//! Every event beyond the first few thousand is a ballot of one paper by a new voter. The log is grown
//! in five parts, each of them a sample of how fast; all else is measured when it has its size.

use super::SUITE;
use super::place::{Place, open};
use super::{starting, stock, wire};
use crate::bench::Scale;
use crate::bench::city::{self, Vote};
use crate::bench::measure::{Outcome, Report, Samples, of_process, own_memory, per_second, timed, told};
use api::fold;
use event_store::OpenMode;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use throwaway_postgres::Database;
use tokio::runtime::Runtime;

/// Events at which a log is measured, in full and quick; the last one on demand.
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
const QUICK: [u64; 2] = [10_000, 20_000];
const LARGE: u64 = 10_000_000;

/// Fewer proposals than the demo has, so that the smallest log has ballots.
const PROPOSALS: u64 = 300;

/// Samples of each growth.
const PARTS: u64 = 5;

/// Streams that stock postgres-es reads one after the other.
const STREAMS: usize = 5_000;

const LEAF: &str = "the leaf of a ballot";

enum Disk {
    Sqlite(PathBuf),
    Postgres(Database),
}

/// A log that grows.
struct Log<'a> {
    name: &'static str,
    url: String,
    disk: Disk,
    vote: Vote,
    place: &'a Place,
    folder: &'a TempDir,
    /// Events and bytes before the ballots that are counted.
    begun: (u64, u64),
}

pub(super) fn run(runtime: &Runtime, place: &Place, report: &mut Report, scale: Scale, large: bool) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let (file, database) = (folder.path().join("log.db"), place.database());
    let sqlite = format!("sqlite:{}", file.display());
    let mut logs = [
        Log::begin("sqlite", sqlite, Disk::Sqlite(file), place, &folder)?,
        Log::begin("postgres", database.url().to_owned(), Disk::Postgres(database), place, &folder)?,
    ];
    let mut sizes = if scale.quick { QUICK.to_vec() } else { SIZES.to_vec() };
    if large {
        sizes.push(LARGE);
    }
    let start_at = sizes.iter().copied().filter(|size| *size < LARGE).max();
    let stock_at = sizes.get(1).copied();
    for size in sizes {
        // Beyond a million, once has to be enough.
        let runs = if size >= LARGE { 1 } else { scale.runs };
        for log in &mut logs {
            log.grow(report, size)?;
            log.read(report, size, runs)?;
            log.disk(report, size)?;
        }
        if let [_, Log { disk: Disk::Postgres(database), .. }] = &logs
            && stock_at == Some(size)
        {
            stock_reads(runtime, report, database, size, runs)?;
        }
        if start_at == Some(size) {
            for log in &logs {
                starting::run(runtime, report, scale, log.name, &log.url, log.vote.executor.store())?;
            }
        }
    }
    Ok(())
}

impl<'a> Log<'a> {
    fn begin(name: &'static str, url: String, disk: Disk, place: &'a Place, folder: &'a TempDir) -> Outcome<Self> {
        let vote = Vote::open(open(&url, OpenMode::Create)?, PROPOSALS)?;
        let mut log = Self { name, url, disk, vote, place, folder, begun: (0, 0) };
        log.begun = (log.size()?, log.bytes()?);
        eprintln!("parvis-bench: {name} begins with {} events", log.begun.0);
        Ok(log)
    }

    fn size(&self) -> Outcome<u64> {
        Ok(city::log(&self.vote.executor.store().reader())?.size)
    }

    fn metric(&self, what: &str, size: u64) -> String {
        format!("{}_{what}_at_{size}_events", self.name)
    }

    fn grow(&mut self, report: &mut Report, size: u64) -> Outcome<()> {
        let missing = size.checked_sub(self.size()?).ok_or("the log is larger than it should become")?;
        let mut rate = Samples::default();
        for part in 0..PARTS {
            let count = usize::try_from(missing * (part + 1) / PARTS - missing * part / PARTS)?;
            rate.push(per_second(count, self.vote.import(count)?)?);
        }
        report.add(SUITE, &self.metric("import", size), "commands/s", &rate, None);
        Ok(())
    }

    fn read(&self, report: &mut Report, size: u64, runs: u32) -> Outcome<()> {
        self.place.rest()?;
        let (reader, events) = (self.vote.executor.store().reader(), usize::try_from(size)?);
        let head = city::log(&reader)?;
        let (mut folded, mut bare, mut memory) = (Samples::default(), Samples::default(), Samples::default());
        let mut limit = "";
        for _ in 0..runs {
            let (elapsed, model) = timed(|| fold::model(&reader, &head, |_| Ok(())).map_err(told))?;
            folded.push(per_second(events, elapsed)?);
            drop(model);
            let read;
            (limit, read) = match &self.disk {
                Disk::Sqlite(file) => (wire::ROWS, wire::rows(file, events)?),
                Disk::Postgres(database) => (wire::COPY, wire::copy(self.place, database.url(), events)?),
            };
            bare.push(read);
            memory.push(per_event(of_process("memory-of-fold", &[&self.url])?, size)?);
        }
        report.add(SUITE, &self.metric("bare_read", size), "events/s", &bare, None);
        report.add(SUITE, &self.metric("fold", size), "events/s", &folded, Some((limit, &bare)));
        let mut leaf = Samples::default();
        leaf.push(self.leaf()?);
        let most = self.metric("fold_peak_memory", size);
        report.add(SUITE, &most, "bytes/event", &memory, Some((LEAF, &leaf)));
        Ok(())
    }

    fn disk(&self, report: &mut Report, size: u64) -> Outcome<()> {
        let (events, bytes) = self.begun;
        let (mut each, mut leaf, mut packed) = (Samples::default(), Samples::default(), Samples::default());
        each.push(per_event(self.bytes()?.saturating_sub(bytes), size - events)?);
        leaf.push(self.leaf()?);
        report.add(SUITE, &self.metric("disk", size), "bytes/ballot", &each, Some((LEAF, &leaf)));
        if let Disk::Sqlite(file) = &self.disk {
            let copy = self.folder.path().join("packed.db");
            Connection::open(file)?.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
            packed.push(per_event(std::fs::metadata(&copy)?.len().saturating_sub(bytes), size - events)?);
            std::fs::remove_file(&copy)?;
            let metric = self.metric("disk_after_vacuum", size);
            report.add(SUITE, &metric, "bytes/ballot", &packed, Some((LEAF, &leaf)));
        }
        Ok(())
    }

    /// Bytes of the last leaf, which is a ballot's.
    fn leaf(&self) -> Outcome<f64> {
        let leaf = self.vote.last_leaves(1)?.pop().ok_or("the log has no leaf")?;
        Ok(f64::from(u32::try_from(leaf.len())?))
    }

    /// Bytes of tables and indices; no log of the database that is yet to be taken up in them.
    fn bytes(&self) -> Outcome<u64> {
        match &self.disk {
            Disk::Sqlite(file) => sqlite_bytes(file),
            Disk::Postgres(database) => {
                database.try_psql("VACUUM log_events; VACUUM log_heads; VACUUM log_tiles; CHECKPOINT")?;
                let tables = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class
                              WHERE relkind = 'r' AND relname LIKE 'log\\_%'";
                Ok(database.try_psql(tables)?.parse()?)
            }
        }
    }
}

fn sqlite_bytes(file: &Path) -> Outcome<u64> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(std::fs::metadata(file)?.len()) } else { Err("the store is busy".into()) }
}

fn per_event(bytes: u64, events: u64) -> Outcome<f64> {
    // Tenths, so that a number of any size is exact enough.
    Ok(f64::from(u32::try_from(bytes * 10 / events.max(1))?) / 10.0)
}

fn stock_reads(runtime: &Runtime, report: &mut Report, database: &Database, size: u64, runs: u32) -> Outcome<()> {
    let copied = stock::Copied::create(runtime, database, STREAMS)?;
    let (mut all, mut single) = (Samples::default(), Samples::default());
    for _ in 0..runs {
        all.push(copied.all(runtime)?);
        single.push(copied.one_by_one(runtime)?);
    }
    report.add(SUITE, &format!("stock_postgres_es_all_events_at_{size}_events"), "events/s", &all, None);
    report.add(SUITE, &format!("stock_postgres_es_stream_by_stream_at_{size}_events"), "events/s", &single, None);
    database.try_psql("DROP TABLE stock_events, stock_snapshots")?;
    Ok(())
}

/// Folds a log, then prints the most memory that this process ever had resident, in bytes.
pub(in crate::bench) fn memory(url: &str) -> Outcome<()> {
    let reader = open(url, OpenMode::Existing)?.reader();
    let model = fold::model(&reader, &city::log(&reader)?, |_| Ok(())).map_err(told)?;
    println!("{}", own_memory("VmHWM")?);
    drop(model);
    Ok(())
}
