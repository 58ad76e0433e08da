//! Owns the order in which a log is seen: 16 writers on four nodes, three followers and three read models
//! on nodes of their own, and each sees every position once and in order.
//! Must not: kill anything: `crash_postgres.rs` and `fail_over_nodes.rs` do.
//! Next: `crates/event-store/src/postgres/notify.rs`, `api/src/read_model.rs`.
//!
//! Short: 20,000 events. Long (`PARVIS_FAULT_TESTS=long`): 1,000,000.

#![allow(clippy::unwrap_used, clippy::panic)]

use api::read_model::ReadModel;
use commands::{Entropy, Executor};
use domain::phase::Phase;
use event_store::{LogId, OpenMode, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tests::effort::{either, now};
use tests::town;
use throwaway_postgres::Server;
use transparency::{Frontier, leaf_hash};

const WRITERS: u64 = 16;

/// How long a follower waits for anything new.
const PATIENCE: Duration = Duration::from_secs(60);

/// Casts ballots of two events each until all are given out.
async fn write(executor: Executor, given_out: Arc<AtomicU64>, ballots: u64) {
    let chances = Entropy::system().unwrap();
    loop {
        let number = given_out.fetch_add(1, Ordering::SeqCst);
        if number >= ballots {
            return;
        }
        let request = town::request(&chances, town::vote_twice(&format!("w-{number}"), number));
        loop {
            match executor.execute(town::CODE, request.clone()).await {
                Ok(receipt) => break assert_eq!(receipt.last, receipt.first.map(|first| first + 1)),
                Err(error) => assert_eq!(error.code(), "BUSY", "{error}"),
            }
        }
    }
}

/// Tails the log as a follower does and folds its tree, until it holds so many events.
async fn follow(store: Store, log: LogId, until: u64) -> Frontier {
    let mut commits = store.subscribe();
    let mut seen = Frontier::new();
    let mut heard = now();
    while seen.size() < until {
        let page = store.read(log, seen.size(), 1_000).await.unwrap();
        assert!(!page.is_empty() || heard.elapsed() < PATIENCE, "nothing comes after {}", seen.size());
        for event in &page {
            assert_eq!(event.position, seen.size(), "out of order");
            seen.push(leaf_hash(event.leaf.as_bytes()));
            heard = now();
        }
        if page.is_empty() {
            let _ = tokio::time::timeout(Duration::from_millis(250), commits.changed()).await;
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_follower_sees_every_position_once_and_in_order() {
    let ballots = either(10_000_u64, 500_000);
    let database = Server::shared().database();
    let open = |mode| Store::open(database.url(), mode).unwrap();
    let first = open(OpenMode::Create);
    let node = |store: Store| town::executor(store, Entropy::system().unwrap());
    let nodes = [
        node(first.clone()),
        node(open(OpenMode::Existing)),
        node(open(OpenMode::Existing)),
        node(open(OpenMode::Existing)),
    ];
    town::settle(&nodes[0], Phase::Vote).await;
    let log = nodes[0].log(town::CODE).await.unwrap();
    let until = first.head(log).await.unwrap().size + 2 * ballots;

    let mut followers = Vec::new();
    let mut models = Vec::new();
    for _ in 0..3 {
        followers.push(tokio::spawn(follow(open(OpenMode::Existing), log, until)));
        let model = ReadModel::open(open(OpenMode::Existing), |_| {}).await.unwrap();
        tokio::spawn(Arc::clone(&model).follow());
        models.push(model);
    }
    let (began, given_out) = (now(), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| nodes[usize::try_from(writer % 4).unwrap()].clone())
        .map(|executor| tokio::spawn(write(executor, Arc::clone(&given_out), ballots)))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let written = began.elapsed();
    let head = first.head(log).await.unwrap();
    assert_eq!(head.size, until);
    for follower in followers {
        let seen = follower.await.unwrap();
        assert_eq!((seen.size(), seen.root()), (head.size, head.root));
    }
    let followed = began.elapsed();
    for model in models {
        let mut waited = now();
        let mut size = 0;
        loop {
            let folded = Arc::clone(&model.current().campaigns[town::CODE]);
            assert!(folded.broken.is_none(), "{:?}", folded.broken);
            if folded.size() == until {
                assert_eq!(folded.model.tree.root(), head.root);
                let at_most = usize::try_from(ballots).unwrap();
                assert!(folded.model.ballots.len() >= at_most, "{} ballots", folded.model.ballots.len());
                break;
            }
            if folded.size() > size {
                (size, waited) = (folded.size(), now());
            }
            assert!(waited.elapsed() < PATIENCE, "a read model stays at {size} of {until}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    eprintln!(
        "ordering: {until} events; written in {written:?}, seen by all followers after {followed:?}, folded by all \
         read models after {:?}",
        began.elapsed()
    );
}
