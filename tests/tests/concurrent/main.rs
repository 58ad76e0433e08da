//! Owns the random crowd: eight clients ask two nodes of one store at once for anything between the deposit
//! and the ballot paper, and whatever comes of it keeps the promises of `promises.rs`, and those of `fold.rs` to readers.
//! Must not: know what makes a log lawful (`crates/domain` does), nor what a sensible request is: `asked.rs`.
//!
//! Short: 2 crowds for each engine. Long (`PARVIS_FAULT_TESTS=long`): 40.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../crates/domain/tests/support/mod.rs"]
mod support;

mod asked;
mod fold;
mod lies;
mod promises;

use asked::{Asked, Client};
use commands::{Clock, Entropy, Error, Executor, Request};
use domain::campaign::Command::{ClosePhase, OpenPhase};
use domain::phase::Phase;
use domain::{Command, Record};
use event_store::{OpenMode, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use support::people::hour;
use support::sample::{CODE, configuration, coordinator, month, publish, system};
use tests::effort::{chances, either};
use throwaway_postgres::Server;
use transparency::Leaf;

const CLIENTS: usize = 8;

/// Requests between two turns of the calendar or the clock.
const EACH: u64 = 220;

/// A turn: the phase that follows, or the hour that it strikes.
enum Turn {
    To(Phase),
    At(&'static str),
}

/// In their order, between the opening of IDEATION and the closing of PRE_SUBMIT.
const TURNS: [Turn; 7] = [
    Turn::To(Phase::PostIdeation),
    Turn::At("04-10T18:30"),
    Turn::At("04-14T12:00"),
    Turn::At("04-20T12:00"),
    Turn::To(Phase::CoConstruction),
    Turn::To(Phase::PreSubmit),
    // Whoever could still appeal no longer can.
    Turn::At("05-20T12:00"),
];

/// Two nodes of one store, and what they answered.
struct Crowd {
    nodes: [Executor; 2],
    clock: Clock,
    asked: AtomicU64,
    answers: Mutex<Vec<Answered>>,
}

/// A request with its answer: first and last position, or the code of a no.
struct Answered {
    command: String,
    answer: Result<(u64, u64), &'static str>,
}

impl Crowd {
    async fn gather(url: &str) -> Arc<Self> {
        let clock = Clock::simulated(month(1));
        let node = |mode| Executor::new(Store::open(url, mode).unwrap(), clock.clone(), Entropy::system().unwrap());
        let nodes = [node(OpenMode::Create), node(OpenMode::Existing)];
        let opening = Request { command_id: nodes[0].entropy().uuid(), actor: coordinator(), commands: vec![] };
        nodes[0].open_campaign("log.example/t2026", configuration(), opening).await.unwrap();
        let crowd = Self { nodes, clock, asked: AtomicU64::new(0), answers: Mutex::default() };
        crowd.must(vec![open(Phase::PreIdeation)]).await;
        crowd.must(vec![close(Phase::PreIdeation), open(Phase::Ideation)]).await;
        Arc::new(crowd)
    }

    /// Asks for what has to be done, until no race is lost any more.
    async fn must(&self, commands: Vec<Command>) {
        let actor = if commands == [publish()] { coordinator() } else { system() };
        while let Err(code) = self.ask(0, Asked { actor: actor.clone(), commands: commands.clone() }).await {
            assert!(["CONFLICT", "BUSY"].contains(&code), "{code} to {commands:?}");
        }
    }

    /// Asks one of the nodes and writes down the answer.
    async fn ask(&self, node: usize, asked: Asked) -> Result<(u64, u64), &'static str> {
        let Asked { actor, commands } = asked;
        let request = Request { command_id: self.nodes[node].entropy().uuid(), actor, commands };
        let command = request.command_id.to_string();
        let answer = match self.nodes[node].execute(CODE, request).await {
            Ok(receipt) => Ok((receipt.first.unwrap(), receipt.last.unwrap())),
            Err(Error::Rejected(no)) => Err(no.code.as_str()),
            Err(error) => {
                assert!(["CONFLICT", "BUSY"].contains(&error.code()), "{error}");
                Err(error.code())
            }
        };
        self.answers.lock().unwrap().push(Answered { command, answer });
        answer
    }

    async fn turn(&self, turn: &Turn, latest: Option<Phase>) {
        match turn {
            Turn::At(text) => self.clock.set(hour(text)),
            Turn::To(phase) => self.must(vec![close(latest.unwrap()), open(*phase)]).await,
        }
    }

    /// Asks for anything, and turns the page when it is at the turn.
    async fn work(self: Arc<Self>, mut client: Client) {
        loop {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            let turns = usize::try_from(number / EACH).unwrap();
            if turns > TURNS.len() {
                return;
            }
            client.look(&self.nodes[1]).await;
            if turns > 0 && number.is_multiple_of(EACH) {
                // The one before may still be on its way.
                let latest = TURNS[..turns - 1].iter().rev().find_map(|turn| match turn {
                    Turn::To(phase) => Some(*phase),
                    Turn::At(_) => None,
                });
                self.turn(&TURNS[turns - 1], latest.or(Some(Phase::Ideation))).await;
            }
            let asked = client.anything(self.clock.now().unwrap());
            let halves = asked.leaves_half();
            let answer = self.ask(client.node(), asked).await;
            assert!(!halves || answer.is_err(), "half of a merge was taken: {answer:?}");
        }
    }

    /// The log, every event of which was lawful when it was written.
    async fn log(&self) -> Vec<Record> {
        let (store, log) = (self.nodes[1].store(), self.nodes[1].log(CODE).await.unwrap());
        assert!(store.read_with(move |reader| reader.verify_integrity(log)).await.is_ok());
        let mut world = domain::World::default();
        let mut records = Vec::new();
        for stored in store.read(log, 0, u64::MAX).await.unwrap() {
            let record = Record::read(&Leaf::parse(&stored.leaf).unwrap(), &stored.leaf, &stored.disclosed).unwrap();
            let lawful = world.check(&record.id, &record.event, &record.actor, record.at);
            assert_eq!(lawful, Ok(()), "position {}: {:?}", record.position, record.event);
            world.evolve(&record.id, &record.event).unwrap();
            records.push(record);
        }
        records
    }
}

fn open(phase: Phase) -> Command {
    Command::Campaign(OpenPhase { phase, reason: None })
}

fn close(phase: Phase) -> Command {
    Command::Campaign(ClosePhase { phase, reason: None })
}

/// Every receipt names the place of all its events, and whoever was refused has left nothing.
fn check_receipts(answers: &[Answered], log: &[Record], begun: usize) {
    let mut places: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for record in &log[begun..] {
        places.entry(&record.command_id).or_default().insert(record.position);
    }
    let mut written = 0;
    for Answered { command, answer } in answers {
        let there = places.get(command.as_str());
        match answer {
            Ok((first, last)) => {
                assert_eq!(there, Some(&(*first..=*last).collect()), "{command}");
                written += there.map_or(0, BTreeSet::len);
            }
            Err(code) => assert_eq!(there, None, "{command} was refused ({code}) and has left something"),
        }
    }
    assert_eq!(written + begun, log.len(), "somebody wrote who wasn't asked");
}

/// What a crowd did: how often each event was written, and each no was given.
#[derive(Default)]
struct Counted {
    events: BTreeMap<String, usize>,
    refused: BTreeMap<&'static str, usize>,
}

async fn live(url: &str, chances: &Entropy, counted: &mut Counted) -> Vec<Record> {
    let crowd = Crowd::gather(url).await;
    let begun = crowd.log().await.len();
    crowd.answers.lock().unwrap().clear();
    let client = |number| Client::new(number, Entropy::seeded(chances.below(u64::MAX)));
    let tasks: Vec<_> = (0..CLIENTS).map(|number| tokio::spawn(Arc::clone(&crowd).work(client(number)))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    crowd.must(vec![close(Phase::PreSubmit), open(Phase::Submit)]).await;
    let log = crowd.log().await;
    if log.iter().any(promises::admits) {
        crowd.must(vec![publish()]).await;
    }
    let log = crowd.log().await;
    check_receipts(&crowd.answers.lock().unwrap(), &log, begun);
    for record in &log[begun..] {
        *counted.events.entry(record.event.encode().unwrap().0).or_default() += 1;
    }
    for Answered { answer, .. } in crowd.answers.lock().unwrap().iter() {
        if let Err(code) = answer {
            *counted.refused.entry(code).or_default() += 1;
        }
    }
    log
}

async fn crowds(engine: &str, mut place: impl FnMut() -> String) {
    let chances = chances(&format!("concurrent, {engine}"));
    let mut counted = Counted::default();
    let rounds = either(2, 40);
    for round in 0..rounds {
        let log = live(&place(), &chances, &mut counted).await;
        let kept = promises::check(&log).and_then(|()| fold::check(&log));
        kept.unwrap_or_else(|why| panic!("{engine}, crowd {round}: {why}"));
    }
    eprintln!("concurrent: {engine}, {rounds} crowds: {:?}\n{:?}", counted.events, counted.refused);
    // So that the promises aren't kept by never getting anywhere.
    for event in ["ProposalMerged", "MergeUndone", "ProjectEnded", "VerdictGiven", "InstructionConsolidated"] {
        assert!(counted.events.get(event).is_some_and(|times| *times > 0), "{event}: {:?}", counted.events);
    }
    let refused: usize = counted.refused.values().sum();
    assert!(refused > 100 && counted.refused.len() > 20, "{:?}", counted.refused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_sqlite_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 0;
    let place = || {
        number += 1;
        format!("sqlite:{}", folder.path().join(format!("{number}.db")).display())
    };
    crowds("SQLite", place).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_postgres_keeps_every_promise() {
    crowds("Postgres", || Server::shared().database().url().to_owned()).await;
}
