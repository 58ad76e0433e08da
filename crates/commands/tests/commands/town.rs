//! A store with the sample campaign, and the ways to ask it and to read its log.

use crate::support::sample::*;
use crate::support::story::Story;
use commands::{Clock, Entropy, Error, Executor, Receipt, Request};
use domain::phase::Phase;
use domain::{Actor, Command, Event, Record, World};
use event_store::{OpenMode, Store};
use tempfile::TempDir;
use throwaway_postgres::{Database, Server};
use transparency::Leaf;
use uuid::Uuid;

/// A store in a place that goes with it.
pub(crate) struct Town {
    pub(crate) executor: Executor,
    url: String,
    _place: Place,
}

/// Where a store is.
enum Place {
    File { _folder: TempDir },
    Postgres { _database: Database },
}

impl Town {
    /// An empty store.
    pub(crate) fn new(seed: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("parvis.db").display());
        Self::created(url, seed, Place::File { _folder: folder })
    }

    /// The same in a database.
    pub(crate) async fn on_postgres(seed: u64) -> Self {
        let database = tokio::task::spawn_blocking(|| Server::shared().database()).await.unwrap();
        Self::created(database.url().to_owned(), seed, Place::Postgres { _database: database })
    }

    /// The sample campaign with this phase just opened, on each engine.
    pub(crate) async fn both_at(phase: Phase) -> [Self; 2] {
        let towns = [Self::new(1), Self::on_postgres(1).await];
        for town in &towns {
            town.live(&Story::at(phase)).await;
        }
        towns
    }

    fn created(url: String, seed: u64, place: Place) -> Self {
        let executor = executor(Store::open(&url, OpenMode::Create).unwrap(), seed);
        Self { executor, url, _place: place }
    }

    /// Another programme on the same store, at the same time of day.
    pub(crate) fn again(&self, seed: u64) -> Executor {
        let other = executor(Store::open(&self.url, OpenMode::Existing).unwrap(), seed);
        other.clock().set(self.executor.clock().now().unwrap());
        other
    }

    /// The sample campaign with this phase just opened.
    pub(crate) async fn at(phase: Phase) -> Self {
        let town = Self::new(1);
        town.live(&Story::at(phase)).await;
        town
    }

    /// Opens the story's campaign and asks for everything that the story tells.
    pub(crate) async fn live(&self, story: &Story) {
        let opening = request(self.executor.entropy().uuid(), &coordinator(), vec![]);
        let (_, first) = &story.asked[0];
        let Command::Campaign(domain::campaign::Command::Configure(settings)) = first else {
            panic!("a story begins with the configuration")
        };
        self.executor.open_campaign(ORIGIN, (**settings).clone(), opening).await.unwrap();
        for (actor, command) in story.asked.iter().skip(1) {
            self.executor.clock().set(story.now());
            self.ask(actor, command.clone()).await.unwrap();
        }
    }

    pub(crate) async fn ask(&self, actor: &Actor, command: Command) -> Result<Receipt, Error> {
        ask(&self.executor, actor, command).await
    }

    /// The log, checked from its first event to its last: gap-free and every event lawful.
    pub(crate) async fn log(&self) -> (World, Vec<Record>) {
        let store = self.executor.store();
        let log = self.executor.log(CODE).await.unwrap();
        let mut world = World::default();
        let mut records = Vec::new();
        let mut sequences = std::collections::BTreeMap::new();
        for stored in store.read(log, 0, u64::MAX).await.unwrap() {
            let leaf = Leaf::parse(&stored.leaf).unwrap();
            let record = Record::read(&leaf, &stored.leaf, &stored.disclosed).unwrap();
            assert_eq!(record.position, u64::try_from(records.len()).unwrap());
            let sequence = sequences.entry(stored.stream.clone()).or_insert(0);
            *sequence += 1;
            assert_eq!(record.sequence, *sequence);
            let lawful = world.check(&record.id, &record.event, &record.actor, record.at);
            assert_eq!(lawful, Ok(()), "position {}: {:?}", record.position, record.event);
            world.evolve(&record.id, &record.event).unwrap();
            world.note(&record);
            records.push(record);
        }
        (world, records)
    }
}

/// The name of the sample campaign's log.
pub(crate) const ORIGIN: &str = "log.example/t2026";

fn executor(store: Store, seed: u64) -> Executor {
    Executor::new(store, Clock::simulated("2026-08-15T10:20:30Z".parse().unwrap()), Entropy::seeded(seed))
}

pub(crate) fn request(command_id: Uuid, actor: &Actor, commands: Vec<Command>) -> Request {
    Request { command_id, actor: actor.clone(), commands }
}

pub(crate) async fn ask(executor: &Executor, actor: &Actor, command: Command) -> Result<Receipt, Error> {
    executor.execute(CODE, request(executor.entropy().uuid(), actor, vec![command])).await
}

/// The type of a record's event.
pub(crate) fn name(event: &Event) -> String {
    event.encode().unwrap().0
}
