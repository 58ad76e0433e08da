//! Owns what writers are told when the disk under their store fails while they run, and what is left when
//! it is well again: everything acknowledged, a code that says what is wrong, and a store that goes on.
//! Must not: test imports: `disk.rs` does. Next: `tests/faults/fault.c`, `tests/src/node.rs`.
//!
//! Each fault comes once, in the long form (`PARVIS_FAULT_TESTS=long`) 20 times.

#![allow(clippy::unwrap_used, clippy::panic)]

use commands::Entropy;
use domain::phase::Phase;
use event_store::{LogId, OpenMode, Store};
use std::time::Duration;
use tests::effort::{chances, either, moment, now};
use tests::node::{Ledger, Node};
use tests::town;
use tests::witness::Witness;
use throwaway_postgres::{Call, Fails, Fault, Options, Server};

const MOMENT: Duration = Duration::from_millis(10);
const SOON: Duration = Duration::from_secs(30);

fn settled(url: &str) -> LogId {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Store::open(url, OpenMode::Create).unwrap();
    let executor = town::executor(store, Entropy::seeded(1));
    runtime.block_on(town::settle(&executor, Phase::Vote));
    runtime.block_on(executor.log(town::CODE)).unwrap()
}

fn start(url: &str, ledger: &Ledger, env: &[(String, String)]) -> Node {
    Node::start(env!("CARGO_BIN_EXE_fault-node"), url, 0, ledger, env)
}

/// Listens until so many more commands are acknowledged, for some seconds at most; says whether they were.
fn goes_on(node: &mut Node, ledger: &mut Ledger, more: usize, seconds: u64) -> bool {
    let (before, began) = (ledger.acknowledged(), now());
    while ledger.acknowledged() < before + more {
        if began.elapsed() > Duration::from_secs(seconds) {
            return false;
        }
        node.listen(ledger, MOMENT);
    }
    true
}

fn check(url: &str, witness: &mut Witness, ledger: &Ledger) {
    let store = Store::open(url, OpenMode::Existing).unwrap();
    witness.look_at_everything(&store.reader());
    ledger.check(witness);
}

/// Switches the fault on under the writers, waits until they are told of it, and then until nothing is
/// acknowledged any more: what was on its way, or still fits into a page that the server has, may be.
fn under_fault(node: &mut Node, ledger: &mut Ledger, fault: &Fault) {
    let (hits, errors) = (fault.hits(), ledger.failed());
    fault.on();
    let began = now();
    while ledger.failed() == errors {
        assert!(began.elapsed() < SOON, "nobody was told of the fault");
        node.listen(ledger, MOMENT);
    }
    assert!(fault.hits() > hits, "an error without a fault: {:?}", ledger.errors);
    let began = now();
    while goes_on(node, ledger, 1, 1) {
        assert!(began.elapsed() < SOON, "acknowledged while nothing can be written");
    }
}

fn sqlite_meets(call: Call, fails: Fails, code: &str) {
    let chances = chances("faults, SQLite");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("parvis.db").display());
    let mut witness = Witness::new(settled(&url));
    let mut ledger = Ledger::default();
    let fault = Fault::compile("parvis.db", &[call], fails);
    let mut resumed = 0;
    let rounds = either(1, 20);
    for _ in 0..rounds {
        let mut node = start(&url, &ledger, &fault.env());
        assert!(goes_on(&mut node, &mut ledger, 100, 30));
        std::thread::sleep(moment(&chances, 200));
        under_fault(&mut node, &mut ledger, &fault);
        // What was written before can still be read.
        check(&url, &mut witness, &ledger);
        fault.off();
        // The node was not started again.
        resumed += u64::from(goes_on(&mut node, &mut ledger, 20, 10));
        node.kill_9(&mut ledger);
        check(&url, &mut witness, &ledger);
    }
    let mut node = start(&url, &ledger, &[]);
    assert!(goes_on(&mut node, &mut ledger, 20, 30), "the store doesn't go on once the disk is well");
    node.kill_9(&mut ledger);
    check(&url, &mut witness, &ledger);
    ledger.only_failed_with(&[code, "CONFLICT", "BUSY"]);
    assert!(ledger.errors.contains_key(code), "{:?}", ledger.errors);
    assert_eq!(resumed, rounds, "a store that goes on by itself once the disk is well");
    eprintln!("faults: SQLite, {call:?} {fails:?}: {:?}, resumed by itself", ledger.errors);
}

#[test]
fn sqlite_that_can_not_be_synced() {
    sqlite_meets(Call::Sync, Fails::Broken, "STORE_IO");
}

#[test]
fn sqlite_that_can_not_be_written() {
    sqlite_meets(Call::Write, Fails::Broken, "STORE_IO");
}

#[test]
fn sqlite_on_a_full_disk() {
    sqlite_meets(Call::Write, Fails::Full, "STORE_DISK_FULL");
}

/// Whether the server lives through the fault.
#[derive(PartialEq)]
enum Survives {
    /// It goes on by itself.
    Yes,
    /// It stops rather than promise what it can't keep: it has to be started again.
    No,
}

fn postgres_meets(path: &str, calls: &[Call], fails: Fails, survives: &Survives, code: &str) {
    let chances = chances("faults, Postgres");
    let fault = Fault::compile(path, calls, fails);
    let mut server = Server::start(Options { fsync: true, env: fault.env(), ..Options::default() });
    let database = server.database();
    let url = database.url();
    let mut witness = Witness::new(settled(url));
    let mut ledger = Ledger::default();
    let mut node = start(url, &ledger, &[]);
    for _ in 0..either(1, 20) {
        assert!(goes_on(&mut node, &mut ledger, 100, 60));
        std::thread::sleep(moment(&chances, 200));
        under_fault(&mut node, &mut ledger, &fault);
        fault.off();
        if *survives == Survives::No {
            server.kill_9();
            server.restart();
        }
        assert!(goes_on(&mut node, &mut ledger, 20, 60), "the node doesn't go on by itself once the disk is well");
        check(url, &mut witness, &ledger);
    }
    node.kill_9(&mut ledger);
    server.kill_9();
    server.restart();
    check(url, &mut witness, &ledger);
    // Of the writers that shared the server, those whose connection it closed know no more than that.
    ledger.only_failed_with(&[code, "STORE_UNAVAILABLE", "CONFLICT", "BUSY"]);
    assert!(ledger.errors.contains_key(code) || ledger.errors.contains_key("STORE_UNAVAILABLE"), "{:?}", ledger.errors);
    eprintln!("faults: Postgres, {path} {calls:?} {fails:?}: {:?}", ledger.errors);
}

#[test]
fn postgres_whose_log_can_not_be_synced() {
    postgres_meets("/pg_wal/", &[Call::Sync], Fails::Broken, &Survives::No, "STORE_IO");
}

#[test]
fn postgres_whose_log_can_not_be_written() {
    postgres_meets("/pg_wal/", &[Call::Write], Fails::Broken, &Survives::No, "STORE_IO");
}

#[test]
fn postgres_whose_log_is_on_a_full_disk() {
    postgres_meets("/pg_wal/", &[Call::Write, Call::Allocate], Fails::Full, &Survives::No, "STORE_DISK_FULL");
}

#[test]
fn postgres_whose_tables_are_on_a_full_disk() {
    postgres_meets("/base/", &[Call::Write, Call::Allocate], Fails::Full, &Survives::Yes, "STORE_DISK_FULL");
}
