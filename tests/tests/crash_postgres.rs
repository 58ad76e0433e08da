//! Owns what is left when nodes and their database are killed (SIGKILL) at random moments under load:
//! everything acknowledged, at its position, once; no gap; one tree that only grows.
//! Must not: stand in for a power failure, which only a machine without power can show.
//! Next: `tests/src/node.rs` (what the nodes do), `docs/runbooks/fault-tests.md` (the long form).
//!
//! Short: 6 kills, 20,000 events to start on. Long (`PARVIS_FAULT_TESTS=long`): 200 and 1,000,000.

#![allow(clippy::unwrap_used, clippy::panic)]

use commands::Entropy;
use domain::phase::Phase;
use event_store::{Append, Expected, LogId, OpenMode, Store};
use std::time::Duration;
use tests::effort::{chances, either, moment, now};
use tests::node::{Ledger, Node, WRITERS};
use tests::town;
use tests::witness::Witness;
use throwaway_postgres::{Database, Options, Server};
use transparency::{Draft, Origin};

/// What a client is told when the database is away, or when others were faster.
const EXPECTED: [&str; 3] = ["STORE_UNAVAILABLE", "BUSY", "CONFLICT"];

const SHORT_WAIT: Duration = Duration::from_millis(5);

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_fault-node")
}

/// The sample campaign in a new database, ready to vote.
fn settled(database: &Database) -> LogId {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Store::open(database.url(), OpenMode::Create).unwrap();
    let executor = town::executor(store, Entropy::seeded(1));
    runtime.block_on(town::settle(&executor, Phase::Vote));
    runtime.block_on(executor.log(town::CODE)).unwrap()
}

fn listen(nodes: &mut [Option<Node>], ledger: &mut Ledger) {
    for node in nodes.iter_mut().flatten() {
        node.listen(ledger, SHORT_WAIT);
    }
}

#[test]
fn nodes_and_databases_that_are_killed_lose_nothing_and_double_nothing() {
    let chances = chances("crash_postgres");
    let cycles = either(6_u64, 200);
    let mut server = Server::start(Options { fsync: true, ..Options::default() });
    let database = server.database();
    let mut witness = Witness::new(settled(&database));
    let mut ledger = Ledger::default();
    let mut nodes: Vec<Option<Node>> =
        [0, WRITERS].map(|first| Some(Node::start(program(), database.url(), first, &ledger, &[]))).into();
    let (mut node_kills, mut server_kills) = (0, 0);
    for cycle in 0..cycles {
        // Work has to go on after each kill, and by itself.
        let (before, began) = (ledger.acknowledged(), now());
        while ledger.acknowledged() < before + 50 {
            listen(&mut nodes, &mut ledger);
            assert!(began.elapsed() < Duration::from_secs(60), "kill {cycle}: nothing is written any more");
        }
        std::thread::sleep(moment(&chances, 400));
        let what = if cycle < 3 { cycle } else { chances.below(4) };
        let killed = (what != 2).then(|| usize::try_from(chances.below(2)).unwrap());
        if what >= 2 {
            server.kill_9();
            server_kills += 1;
        }
        if let Some(node) = killed {
            nodes[node].take().unwrap().kill_9(&mut ledger);
            node_kills += 1;
        }
        if what >= 2 {
            // Whoever writes meanwhile meets a database that is away.
            std::thread::sleep(moment(&chances, 300));
            server.restart();
        }
        listen(&mut nodes, &mut ledger);
        let store = Store::open(database.url(), OpenMode::Existing).unwrap();
        witness.look(&store.reader());
        ledger.check(&witness);
        if cycles < 20 || cycle % 20 == 0 {
            witness.look_at_everything(&store.reader());
        }
        if let Some(node) = killed {
            nodes[node] = Some(Node::start(program(), database.url(), node * WRITERS, &ledger, &[]));
        }
    }
    // The end: everything at once, and nobody comes back.
    server.kill_9();
    for node in nodes.into_iter().flatten() {
        node.kill_9(&mut ledger);
    }
    server.restart();
    let store = Store::open(database.url(), OpenMode::Existing).unwrap();
    let size = witness.look_at_everything(&store.reader());
    ledger.check(&witness);
    ledger.only_failed_with(&EXPECTED);
    assert!(ledger.repeated > 0, "no command was sent again");
    eprintln!(
        "crash_postgres: {node_kills} kills of a node and {server_kills} of the database; {} commands acknowledged, \
         {} of them again with the same receipt; {size} events; errors told: {:?}",
        ledger.acknowledged(),
        ledger.repeated,
        ledger.errors
    );
}

/// One event on a stream of its own.
fn one(log: LogId, number: u64) -> Append {
    let (stream, command_id) = (format!("ballot/b-{number}"), format!("command-{number}"));
    let origin = Origin { actor_id: "p-1", actor_role: "CITIZEN", at: "2026-08-15T10:20:00Z", command_id: &command_id };
    let data = serde_json::json!({"papers": number, "note": "as long as a ballot of one paper in a usual campaign"});
    let draft = Draft::new(origin, &stream, "Happened", 1, data, &mut || [7; 32]).unwrap();
    let expected = vec![Expected { stream: stream.parse().unwrap(), sequence: 0 }];
    Append { log, command_id, expected, events: vec![draft] }
}

#[test]
fn a_node_goes_on_where_a_long_log_ends() {
    let events = either(20_000_u64, 1_000_000);
    let mut server = Server::start(Options { fsync: true, ..Options::default() });
    let database = server.database();
    let store = Store::open(database.url(), OpenMode::Create).unwrap();
    let log = store.create_log_blocking("log.example/long", "LONG").unwrap();
    for begin in (0..events).step_by(10_000) {
        let written = store.append_all_blocking((begin..(begin + 10_000).min(events)).map(|number| one(log, number)));
        assert!(written.iter().all(Result::is_ok));
    }
    drop(store);
    for name in ["the node alone", "the node after its database was killed"] {
        let began = now();
        if name != "the node alone" {
            server.kill_9();
            server.restart();
        }
        let recovered = began.elapsed();
        let began = now();
        let store = Store::open(database.url(), OpenMode::Existing).unwrap();
        let size = store.reader().head(log).unwrap().size;
        let appended = store.append_blocking(one(log, size)).unwrap();
        let back = began.elapsed();
        assert_eq!(appended.first, Some(size));
        assert!(size >= events);
        eprintln!(
            "crash_postgres: restart of {name}, {size} events: {back:?} to the first append (database: {recovered:?})"
        );
    }
}
