//! Owns what a cluster promises: whatever was acknowledged is there after each fail-over.
//! Must not: say what Parvis does meanwhile: its own tests do. Next: `src/cluster.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use throwaway_postgres::{Cluster, Database, Options};

const FAIL_OVERS: u64 = 3;
const WRITERS: usize = 3;

fn waits_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("after a minute: not {what}");
}

/// Runs a statement that has to wait for the standby, and answers once it does wait.
fn waits_for_standby(cluster: &Cluster, database: &Database, sql: &str) -> JoinHandle<Result<String, String>> {
    let (asked, sql) = (database.clone(), sql.to_owned());
    let asks = std::thread::spawn(move || asked.try_psql(&sql));
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    waits_until("waiting for the standby", || cluster.primary().psql("postgres", waiting) == "1");
    assert!(!asks.is_finished());
    asks
}

#[test]
fn a_primary_without_its_standby_acknowledges_nothing() {
    let mut cluster = Cluster::start(Options::default());
    let database = cluster.database();
    database.psql("CREATE TABLE t (n int)");
    cluster.standby_mut().kill_9();

    let write = waits_for_standby(&cluster, &database, "INSERT INTO t VALUES (1)");
    assert_eq!(database.psql("SELECT count(*) FROM t"), "0", "seen before it is safe");
    cluster.standby_mut().restart();
    assert_eq!(write.join().unwrap(), Ok(String::new()));
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1");
}

/// Why whoever connects has to commit something before it believes what it reads
/// (`docs/runbooks/high-availability.md`).
#[test]
fn a_primary_that_crashed_shows_what_its_standby_lacks_until_something_is_committed() {
    let mut cluster = Cluster::start(Options::default());
    let database = cluster.database();
    database.psql("CREATE TABLE t (n int)");
    cluster.standby_mut().kill_9();
    let write = waits_for_standby(&cluster, &database, "INSERT INTO t VALUES (1)");
    cluster.primary_mut().kill_9();
    assert!(write.join().unwrap().is_err(), "nobody was told that it is there");

    cluster.primary_mut().restart();
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1", "and yet it can be read");
    let barrier = waits_for_standby(&cluster, &database, "SELECT pg_logical_emit_message(true, 'barrier', '')");
    cluster.standby_mut().restart();
    assert!(barrier.join().unwrap().is_ok());
    cluster.fail_over();
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1");
}

/// What the writers share.
#[derive(Default)]
struct Work {
    next: AtomicU64,
    acknowledged: AtomicU64,
    failed: AtomicU64,
    done: AtomicBool,
}

/// Writes number after number; answers those that were acknowledged.
fn write(database: &Database, work: &Work) -> BTreeSet<u64> {
    let mut wrote = BTreeSet::new();
    while !work.done.load(Ordering::SeqCst) {
        let number = work.next.fetch_add(1, Ordering::SeqCst);
        if database.try_psql(&format!("INSERT INTO t VALUES ({number})")).is_ok() {
            wrote.insert(number);
            work.acknowledged.fetch_add(1, Ordering::SeqCst);
        } else {
            work.failed.fetch_add(1, Ordering::SeqCst);
        }
    }
    wrote
}

#[test]
fn three_fail_overs_lose_nothing_that_was_acknowledged() {
    let mut cluster = Cluster::start(Options { fsync: true, ..Options::default() });
    let database = cluster.database();
    database.psql("CREATE TABLE t (n bigint PRIMARY KEY)");
    let url = cluster.url(database.name());
    let work = Arc::new(Work::default());
    let writers = (0..WRITERS).map(|_| {
        let (database, work) = (database.clone(), Arc::clone(&work));
        std::thread::spawn(move || write(&database, &work))
    });
    let writers: Vec<_> = writers.collect();
    let go_on = || {
        let wanted = work.acknowledged.load(Ordering::SeqCst) + 30;
        waits_until("30 more rows acknowledged", || work.acknowledged.load(Ordering::SeqCst) >= wanted);
    };
    for _ in 0..FAIL_OVERS {
        go_on();
        let led = cluster.primary().port();
        cluster.fail_over();
        assert_eq!(cluster.standby().port(), led);
        assert_eq!(cluster.url(database.name()), url);
    }
    go_on();
    work.done.store(true, Ordering::SeqCst);

    let wrote: BTreeSet<u64> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    let there = database.psql("SELECT n FROM t");
    let there: BTreeSet<u64> = there.lines().map(|line| line.parse().unwrap()).collect();
    let lost: Vec<_> = wrote.difference(&there).collect();
    assert!(lost.is_empty(), "of {} acknowledged rows these are lost: {lost:?}", wrote.len());
    let failed = work.failed.load(Ordering::SeqCst);
    assert!(failed > 0, "nobody noticed {FAIL_OVERS} fail-overs");
    eprintln!("{} rows acknowledged, {failed} writes failed, {} rows there", wrote.len(), there.len());
}
