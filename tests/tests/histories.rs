//! Owns concurrent histories: citizens, agents and the clock ask two nodes of one store at once, and every
//! answer must be explained by one order, that of the log. And the proof that the check finds a lie.
//! Must not: know what makes a history lawful: `tests/src/history.rs` does.
//!
//! Short: 3 seeds for each engine. Long (`PARVIS_FAULT_TESTS=long`): 40.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use commands::{Entropy, Error, Executor, Request};
use domain::phase::Phase;
use domain::{Command, Event, Record, campaign};
use event_store::{OpenMode, Store};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tests::effort::{chances, either, moment};
use tests::history::{Answer, Checked, Operation, check};
use tests::town::{self, Asked};
use throwaway_postgres::Server;
use transparency::Leaf;

const WORKERS: usize = 8;

/// Commands of each worker after the vote is over.
const AFTERWARDS: u64 = 10;

/// Two nodes of one store, and the clock that only counts.
struct Nodes {
    executors: [Executor; 2],
    clock: AtomicU64,
    history: Mutex<Vec<Operation>>,
    over: AtomicBool,
}

impl Nodes {
    async fn open(url: &str) -> Arc<Self> {
        let open = |mode| town::executor(Store::open(url, mode).unwrap(), Entropy::system().unwrap());
        let executors = [open(OpenMode::Create), open(OpenMode::Existing)];
        town::settle(&executors[0], Phase::Ideation).await;
        Arc::new(Self { executors, clock: AtomicU64::new(1), history: Mutex::default(), over: AtomicBool::new(false) })
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Asks one of the nodes and writes down question and answer.
    async fn ask(&self, node: usize, request: Request) -> Answer {
        let asked = self.tick();
        let answer = self.executors[node].execute(town::CODE, request.clone()).await;
        let answered = self.tick();
        let answer = match answer {
            Ok(receipt) => match (receipt.first, receipt.last) {
                (Some(first), Some(last)) => Answer::Done(first, last),
                _ => Answer::Failed("NOTHING_TO_DO"),
            },
            Err(Error::Rejected(no)) => Answer::Refused(no.code.as_str()),
            Err(error) => {
                assert!(["CONFLICT", "BUSY"].contains(&error.code()), "{error}");
                Answer::Failed(error.code())
            }
        };
        self.history.lock().unwrap().push(Operation { asked, answered, request, answer: answer.clone() });
        answer
    }

    /// Asks for what the campaign's own people do, one after the other, until it is done.
    async fn live(self: Arc<Self>, story: Vec<Asked>, chances: Entropy) {
        for (number, asked) in story.into_iter().enumerate() {
            let phase = matches!(asked.1, Command::Campaign(_));
            tokio::time::sleep(moment(&chances, if phase { 60 } else { 6 })).await;
            loop {
                match self.ask(number % 2, town::request(&chances, asked.clone())).await {
                    Answer::Failed("CONFLICT" | "BUSY") => {}
                    Answer::Done(..) => break,
                    other => panic!("{other:?} to {asked:?}"),
                }
            }
        }
        self.over.store(true, Ordering::SeqCst);
    }

    /// Asks for anything, until some time after the vote is over.
    async fn work(self: Arc<Self>, chances: Entropy) {
        let mut left = AFTERWARDS;
        while left > 0 {
            let request = town::request(&chances, town::anything(&chances));
            let node = usize::try_from(chances.below(2)).unwrap();
            match chances.below(20) {
                // An impatient client: the same command on both nodes at once.
                0 => {
                    tokio::join!(self.ask(node, request.clone()), self.ask(1 - node, request));
                }
                // One that never got its answer.
                1 => {
                    self.ask(node, request.clone()).await;
                    self.ask(1 - node, request).await;
                }
                _ => {
                    self.ask(node, request).await;
                }
            }
            left -= u64::from(self.over.load(Ordering::SeqCst));
        }
    }

    async fn log(&self) -> Vec<Record> {
        let (store, log) = (self.executors[1].store(), self.executors[1].log(town::CODE).await.unwrap());
        assert!(store.read_with(move |reader| reader.verify_integrity(log)).await.is_ok());
        let events = store.read(log, 0, 1_000_000).await.unwrap();
        let record = |stored: &event_store::StoredEvent| {
            Record::read(&Leaf::parse(&stored.leaf).unwrap(), &stored.leaf, &stored.disclosed).unwrap()
        };
        events.iter().map(record).collect()
    }
}

/// A history and what it left.
struct Lived {
    history: Vec<Operation>,
    log: Vec<Record>,
    begun: u64,
}

impl Lived {
    fn check(&self) -> Result<Checked, String> {
        check(&self.history, &self.log, self.begun)
    }
}

async fn live(url: &str, chances: &Entropy) -> Lived {
    let nodes = Nodes::open(url).await;
    let begun = u64::try_from(nodes.log().await.len()).unwrap();
    let seeded = || Entropy::seeded(chances.below(u64::MAX));
    let mut tasks = vec![tokio::spawn(Arc::clone(&nodes).live(town::rest_of_the_story(Phase::Ideation), seeded()))];
    for _ in 0..WORKERS {
        tasks.push(tokio::spawn(Arc::clone(&nodes).work(seeded())));
    }
    for task in tasks {
        tokio::time::timeout(Duration::from_secs(120), task).await.unwrap().unwrap();
    }
    let log = nodes.log().await;
    let history = nodes.history.lock().unwrap().clone();
    Lived { history, log, begun }
}

async fn histories(engine: &str, mut place: impl FnMut() -> String) {
    let chances = chances(&format!("histories, {engine}"));
    let mut sum = Checked::default();
    let rounds = either(3, 40);
    for round in 0..rounds {
        let lived = live(&place(), &chances).await;
        let checked = lived.check().unwrap_or_else(|why| panic!("{engine}, history {round}: {why}"));
        assert!(checked.done > 100 && checked.refused > 50 && checked.too_late > 0, "{checked:?}");
        sum.done += checked.done;
        sum.refused += checked.refused;
        sum.failed += checked.failed;
        sum.too_late += checked.too_late;
    }
    eprintln!("histories: {engine}, {rounds} histories: {sum:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_on_postgres_answer_as_one() {
    histories("Postgres", || Server::shared().database().url().to_owned()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_handles_on_sqlite_answer_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 0;
    let place = || {
        number += 1;
        format!("sqlite:{}", folder.path().join(format!("{number}.db")).display())
    };
    histories("SQLite", place).await;
}

/// A client that lost its connection sends its command again, maybe to the other node and while the first
/// one is still under way: what it is told must not depend on that.
async fn sent_twice_at_once(url: &str) {
    let nodes = Nodes::open(url).await;
    let chances = Entropy::seeded(1);
    for number in 0..200 {
        let name = format!("twice-{number}");
        for command in [town::deposited(&name), town::withdrawn(&name)] {
            let request = town::request(&chances, command);
            let pause = Duration::from_micros(chances.below(4_000));
            let later = async {
                tokio::time::sleep(pause).await;
                nodes.ask(1, request.clone()).await
            };
            let (one, other) = tokio::join!(nodes.ask(0, request.clone()), later);
            assert!(matches!(one, Answer::Done(..)), "{name}: {one:?}, {other:?}");
            assert_eq!(one, other, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_command_sent_twice_at_once_has_one_answer_on_postgres() {
    sent_twice_at_once(Server::shared().database().url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_command_sent_twice_at_once_has_one_answer_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    sent_twice_at_once(&format!("sqlite:{}", folder.path().join("parvis.db").display())).await;
}

/// What the check says to a history that was changed in this way.
fn refused(lived: &Lived, change: impl FnOnce(&mut Lived)) -> String {
    let mut changed = Lived { history: lived.history.clone(), log: lived.log.clone(), begun: lived.begun };
    change(&mut changed);
    changed.check().expect_err("a lie that isn't found")
}

/// The n-th command that was carried out and sent once.
fn done(lived: &Lived, kind: impl Fn(&Command) -> bool, n: usize) -> usize {
    let once = |one: &&Operation| {
        lived.history.iter().filter(|other| other.request.command_id == one.request.command_id).count() == 1
    };
    let wanted = |(_, one): &(usize, &Operation)| {
        matches!(one.answer, Answer::Done(first, last) if first == last) && kind(&one.request.commands[0]) && once(one)
    };
    lived.history.iter().enumerate().filter(wanted).nth(n).unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_lies_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("parvis.db").display());
    let lived = live(&url, &chances("histories, lies")).await;
    lived.check().unwrap();
    let is_ballot = |command: &Command| matches!(command, Command::Ballot(..));
    let anything = |_: &Command| true;
    let (one, other) = (done(&lived, anything, 10), done(&lived, anything, 40));

    let why = refused(&lived, |lie| {
        let answer = lie.history[one].answer.clone();
        lie.history[one].answer = lie.history[other].answer.clone();
        lie.history[other].answer = answer;
    });
    assert!(why.contains("the receipt of"), "two receipts swapped: {why}");

    let why = refused(&lived, |lie| {
        let Answer::Done(first, _) = lie.history[one].answer else { panic!("not done") };
        lie.log.remove(usize::try_from(first).unwrap());
        for (position, record) in (0..).zip(&mut lie.log) {
            record.position = position;
        }
    });
    assert!(why.contains("the receipt of"), "an acknowledged event dropped: {why}");

    let why = refused(&lived, |lie| {
        let Answer::Done(first, _) = lie.history[one].answer else { panic!("not done") };
        let twice = lie.log[usize::try_from(first).unwrap()].clone();
        lie.log.push(twice);
        let last = lie.log.len() - 1;
        lie.log[last].position = u64::try_from(last).unwrap();
    });
    assert!(why.contains("and at"), "an event written twice: {why}");

    let why = refused(&lived, |lie| lie.history[one].answer = Answer::Refused("PHASE_NOT_OPEN"));
    assert!(why.contains("was refused and stands"), "a no to what was done: {why}");

    // Answered long before something that stands before it was asked for.
    let why = refused(&lived, |lie| {
        let later = lie.history[other].asked.max(lie.history[one].asked) + 1_000_000;
        let earlier = if lie.history[one].answer < lie.history[other].answer { one } else { other };
        lie.history[earlier].asked = later;
        lie.history[earlier].answered = later + 1;
    });
    assert!(why.contains("before it was asked for"), "an order against time: {why}");

    let why = refused(&lived, |lie| {
        let refused = lie.history.iter_mut().find(|one| matches!(one.answer, Answer::Refused(_))).unwrap();
        refused.answer = Answer::Refused("FUNDS_EXHAUSTED");
    });
    assert!(why.contains("no state"), "a no that nothing explains: {why}");

    let why = refused(&lived, |lie| {
        let ballot = done(lie, is_ballot, 0);
        let Answer::Done(first, _) = lie.history[ballot].answer else { panic!("not done") };
        let mut late = lie.log[usize::try_from(first).unwrap()].clone();
        late.position = u64::try_from(lie.log.len()).unwrap();
        late.command_id = "a command of nobody".into();
        lie.log.push(late);
    });
    assert!(why.contains("behind the close"), "a ballot after the close: {why}");

    let why = refused(&lived, |lie| {
        let closed = lie.log.iter_mut().rev().find_map(|record| match &mut record.event {
            Event::Campaign(campaign::Event::BallotBoxClosed { papers, .. }) => Some(papers),
            _ => None,
        });
        *closed.unwrap() += 1;
    });
    assert!(why.contains("papers were counted"), "a paper too many: {why}");
}
