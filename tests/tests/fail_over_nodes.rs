//! Owns what is left of an acknowledgement when the database fails over under the load of two nodes: all
//! of it. Writes resume by themselves, no published checkpoint contradicts another, and nobody is told of
//! what only one of the two servers holds.
//! Must not: test the cluster: `throwaway-postgres` does; nor the import: `fail_over.rs` does.
//! Next: `tests/src/witness.rs`, `docs/runbooks/high-availability.md`.
//!
//! Short: 2 fail-overs. Long (`PARVIS_FAULT_TESTS=long`): 20.

#![allow(clippy::unwrap_used, clippy::panic)]

use commands::{Entropy, Executor};
use domain::phase::Phase;
use event_store::{LogHead, LogId, OpenMode, Store};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tests::effort::{chances, either, moment, now};
use tests::node::request;
use tests::town;
use tests::witness::Witness;
use throwaway_postgres::{Cluster, Options};
use tokio::runtime::Runtime;
use transparency::{Checkpoint, Hash, Signer};

const WRITERS: usize = 8;

/// What the outside was told.
#[derive(Default)]
struct Told {
    /// Place and moment of every acknowledgement, by command.
    acknowledged: Mutex<BTreeMap<String, (u64, u64)>>,
    moments: Mutex<Vec<Instant>>,
    /// Signed, kept, and only then published.
    published: Mutex<Vec<(u64, Hash)>>,
    errors: Mutex<BTreeMap<&'static str, u64>>,
    stop: AtomicBool,
}

impl Told {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    fn failed(&self, code: &'static str) {
        *self.errors.lock().unwrap().entry(code).or_default() += 1;
    }

    fn count(&self) -> usize {
        self.moments.lock().unwrap().len()
    }
}

/// Sends one command after the other, each with its id until it is acknowledged.
async fn write(executor: Executor, writer: usize, told: Arc<Told>) {
    for number in 0.. {
        let asked = request(writer, number);
        let id = asked.command_id.to_string();
        let receipt = loop {
            if !told.goes_on() {
                return;
            }
            match executor.execute(town::CODE, asked.clone()).await {
                Ok(receipt) => break receipt,
                Err(error) => told.failed(error.code()),
            }
        };
        let place = (receipt.first.unwrap(), receipt.last.unwrap());
        told.acknowledged.lock().unwrap().insert(id, place);
        told.moments.lock().unwrap().push(now());
    }
}

/// Signs what it reads and publishes it once it is kept, as a server does.
async fn sign(store: Store, log: LogId, told: Arc<Told>) {
    let signer = Signer::from_seed(town::ORIGIN, [7; 32]).unwrap();
    while told.goes_on() {
        let signed = async {
            let LogHead { origin, size, root, .. } = store.head(log).await?;
            let note = Checkpoint { origin, size, root }.sign(&signer)?;
            store.keep_checkpoint(log, size, &note).await?;
            Ok::<_, event_store::Error>((size, root))
        };
        match signed.await {
            Ok(head) => told.published.lock().unwrap().push(head),
            Err(error) => told.failed(error.code()),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The longest time without an acknowledgement from this one on.
fn longest_standstill(moments: &[Instant], from: usize) -> Duration {
    let gaps = moments[from.saturating_sub(1)..].windows(2).map(|pair| pair[1] - pair[0]);
    gaps.max().unwrap_or_default()
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let began = now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn fail_overs_lose_nothing_and_no_fork_is_ever_signed() {
    let chances = chances("fail_over_nodes");
    let fail_overs = either(2, 20);
    let mut cluster = Cluster::start(Options { fsync: true, ..Options::default() });
    let database = cluster.database();
    let runtime = Runtime::new().unwrap();
    let stores = [OpenMode::Create, OpenMode::Existing].map(|mode| Store::open(database.url(), mode).unwrap());
    let executors = stores.clone().map(|store| town::executor(store, Entropy::system().unwrap()));
    runtime.block_on(town::settle(&executors[0], Phase::Vote));
    let log = runtime.block_on(executors[0].log(town::CODE)).unwrap();
    let told = Arc::new(Told::default());
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        tasks.push(runtime.spawn(write(executors[writer % 2].clone(), writer, Arc::clone(&told))));
    }
    for store in stores.clone() {
        tasks.push(runtime.spawn(sign(store, log, Arc::clone(&told))));
    }

    let mut stood_still = Vec::new();
    let mut witness = Witness::new(log);
    for number in 0..fail_overs {
        let before = told.count();
        wait_for("nothing is written before the fail-over", || told.count() > before + 200);
        std::thread::sleep(moment(&chances, 300));
        let from = told.count();
        cluster.fail_over();
        let brought_over = told.count();
        wait_for("writes don't resume by themselves", || told.count() > brought_over + 50);
        stood_still.push(longest_standstill(&told.moments.lock().unwrap(), from));

        let acknowledged = told.acknowledged.lock().unwrap().clone();
        let published = told.published.lock().unwrap().clone();
        witness.look(&stores[0].reader());
        for (command, place) in &acknowledged {
            assert_eq!(witness.place_of(command), Some(*place), "fail-over {number} lost {command}");
        }
        for head in published.iter().rev().take(50) {
            witness.contains(&stores[1].reader(), *head, witness.last());
        }
    }
    told.stop.store(true, Ordering::SeqCst);
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    let reader = stores[0].reader();
    let size = witness.look_at_everything(&reader);
    let published = told.published.lock().unwrap();
    for head in published.iter() {
        witness.contains(&reader, *head, witness.last());
    }
    let (kept, _) = reader.checkpoint(log).unwrap().unwrap();
    assert!(published.iter().all(|(size, _)| *size <= kept), "a published checkpoint wasn't kept");
    for (command, place) in told.acknowledged.lock().unwrap().iter() {
        assert_eq!(witness.place_of(command), Some(*place), "{command} is lost");
    }
    let errors = told.errors.lock().unwrap();
    let expected = ["STORE_UNAVAILABLE", "BUSY", "CONFLICT"];
    assert!(errors.keys().all(|code| expected.contains(code)), "{errors:?}");
    eprintln!(
        "fail_over_nodes: {fail_overs} fail-overs; {} commands acknowledged, {} checkpoints published, {size} events; \
         errors told: {errors:?}; writes stood still {stood_still:?}",
        told.count(),
        published.len()
    );
}

/// A cluster that has lost its standby while a command waited for it: the primary alone holds it, and
/// shows it to whoever asks.
struct OnOneServer {
    cluster: Cluster,
    runtime: Runtime,
    log: LogId,
    /// Of the node that wrote it, and of one that is connected already.
    executors: [Executor; 2],
    /// What the primary shows.
    size: u64,
    told: Arc<Mutex<Vec<&'static str>>>,
}

/// What makes a commit that waits for a standby visible without it.
#[derive(PartialEq)]
enum Revealed {
    ByAKill,
    ByAnAdministrator,
}

impl OnOneServer {
    fn new(revealed: &Revealed) -> Self {
        let mut cluster = Cluster::start(Options { fsync: true, ..Options::default() });
        let database = cluster.database();
        let runtime = Runtime::new().unwrap();
        let stores = [OpenMode::Create, OpenMode::Existing].map(|mode| Store::open(database.url(), mode).unwrap());
        let executors = stores.map(|store| town::executor(store, Entropy::system().unwrap()));
        runtime.block_on(town::settle(&executors[0], Phase::Vote));
        let log = runtime.block_on(executors[1].log(town::CODE)).unwrap();
        // The other node has connections that write and connections that read.
        runtime.block_on(executors[1].execute(town::CODE, request(1, 1))).unwrap();
        let size = runtime.block_on(executors[1].store().head(log)).unwrap().size;
        cluster.standby_mut().kill_9();
        let mut one = Self { cluster, runtime, log, executors, size, told: Arc::default() };
        one.send(0, "who sent it");
        // Announcements wait as well.
        let waiting = "FROM pg_stat_activity
            WHERE wait_event = 'SyncRep' AND (query LIKE '%log_events%' OR query = 'COMMIT')";
        let ask = |cluster: &Cluster, what: &str| cluster.primary().psql(database.name(), &format!("SELECT {what}"));
        wait_for("the command waits for the standby", || ask(&one.cluster, &format!("count(*) {waiting}")) == "1");
        if *revealed == Revealed::ByAKill {
            one.cluster.primary_mut().kill_9();
            one.cluster.primary_mut().restart();
        } else {
            ask(&one.cluster, &format!("pg_terminate_backend(pid) {waiting}"));
        }
        wait_for("the primary shows the command", || {
            one.size = ask(&one.cluster, "size FROM log_heads").parse().unwrap();
            one.size > size
        });
        one
    }

    /// Sends the command through a node until it is acknowledged, and writes down who was told.
    fn send(&self, node: usize, who: &'static str) {
        let (executor, told) = (self.executors[node].clone(), Arc::clone(&self.told));
        self.runtime.spawn(async move {
            while executor.execute(town::CODE, request(0, 1)).await.is_err() {}
            told.lock().unwrap().push(who);
        });
    }

    /// Loses the primary for good and goes on with the standby.
    fn lose_the_primary(&mut self) {
        self.cluster.primary_mut().kill_9();
        self.cluster.standby_mut().restart();
        self.cluster.fail_over();
    }
}

/// How long somebody is listened to who must not say anything.
const SILENCE: Duration = Duration::from_secs(2);

fn is_not_acknowledged(revealed: &Revealed) {
    let mut one = OnOneServer::new(revealed);
    one.send(0, "who sent it again");
    one.send(1, "who sent it again to the other node");
    std::thread::sleep(SILENCE);
    let told = one.told.lock().unwrap().clone();
    one.lose_the_primary();
    wait_for("nobody gets an answer after the fail-over", || one.told.lock().unwrap().len() == 3);
    let mut witness = Witness::new(one.log);
    witness.look_at_everything(&one.executors[1].store().reader());
    assert!(witness.place_of(&request(0, 1).command_id.to_string()).is_some());
    assert!(told.is_empty(), "{told:?} got a receipt for what one server alone held");
}

#[test]
fn a_command_that_one_server_alone_holds_after_a_kill_is_not_acknowledged() {
    is_not_acknowledged(&Revealed::ByAKill);
}

#[test]
fn a_command_that_one_server_alone_holds_after_an_interruption_is_not_acknowledged() {
    is_not_acknowledged(&Revealed::ByAnAdministrator);
}

#[test]
fn a_checkpoint_of_what_one_server_alone_holds_is_not_published() {
    for revealed in [Revealed::ByAKill, Revealed::ByAnAdministrator] {
        let mut one = OnOneServer::new(&revealed);
        let published = Arc::new(AtomicBool::new(false));
        for node in 0..2 {
            let (store, log, size) = (one.executors[node].store().clone(), one.log, one.size);
            let published = Arc::clone(&published);
            one.runtime.spawn(async move {
                let kept = store.keep_checkpoint(log, size, "a signed note\n").await;
                published.fetch_or(kept.is_ok(), Ordering::SeqCst);
            });
        }
        std::thread::sleep(SILENCE);
        assert!(!published.load(Ordering::SeqCst), "published while the other server didn't have its events");
        one.lose_the_primary();
    }
}
