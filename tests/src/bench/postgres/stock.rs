//! Owns what others have without Parvis: stock `postgres-es`, its framework, its tables.
//!
//! An aggregate for each voter, an event as long as our leaf. No hashes, no order over all events, no
//! receipts. Must not use our engine.

use crate::bench::measure::{Outcome, per_second, timed};
use crate::bench::tasks::Paced;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::PersistedEventRepository;
use cqrs_es::{Aggregate, DomainEvent};
use postgres_es::{PostgresCqrs, PostgresEventRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::postgres::{PgPool, PgPoolOptions};
use std::convert::Infallible;
use std::sync::Arc;
use throwaway_postgres::Database;
use tokio::runtime::Runtime;

/// The name of the limit.
pub(super) const STOCK: &str = "stock postgres-es, its tables, an event as long, as many tasks";

/// Pools that are tried; the best one is measured.
const POOLS: [u32; 3] = [16, 32, 100];

/// The tables of its own `db/init.sql`, under any name.
fn tables(events: &str, snapshots: &str) -> String {
    format!(
        "CREATE TABLE {events} (
           aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint CHECK (sequence >= 0) NOT NULL,
           event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
           PRIMARY KEY (aggregate_type, aggregate_id, sequence));
         CREATE TABLE {snapshots} (
           aggregate_type text NOT NULL, aggregate_id text NOT NULL,
           last_sequence bigint CHECK (last_sequence >= 0) NOT NULL,
           current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL, payload json NOT NULL,
           PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));"
    )
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Ballot {
    papers: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Event {
    Cast { paper: String },
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        "Cast".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Ballot {
    const TYPE: &'static str = "ballot";
    type Command = String;
    type Event = Event;
    type Error = Infallible;
    type Services = ();

    async fn handle(&mut self, paper: String, (): &(), sink: &EventSink<Self>) -> Result<(), Infallible> {
        sink.write(Event::Cast { paper }, self).await;
        Ok(())
    }

    fn apply(&mut self, Event::Cast { .. }: Event) {
        self.papers += 1;
    }
}

/// Its framework on a database of its own.
pub(super) struct Stock {
    database: Database,
    framework: Arc<PostgresCqrs<Ballot>>,
    pool: PgPool,
    paper: String,
    next: u64,
}

impl Stock {
    /// Makes the tables, and a pool with which `tasks` at once write most.
    pub(super) fn create(runtime: &Runtime, database: Database, leaf: &str, tasks: usize) -> Outcome<Self> {
        database.try_psql(&tables("events", "snapshots"))?;
        // As long inside a JSON string as the leaf is.
        let paper = leaf.replace('"', "'");
        let mut best = None;
        for connections in POOLS {
            let mut stock = Self::with(runtime, database.clone(), &paper, connections)?;
            let mut tried = Paced::default();
            stock.execute(runtime, tasks, tasks * 8, &mut tried, &mut Paced::default())?;
            let rate = tried.rate.median();
            eprintln!("parvis-bench: postgres-es with {connections} connections: {rate:.0} commands/s");
            if best.as_ref().is_none_or(|(most, _)| rate > *most) {
                best = Some((rate, stock));
            }
        }
        best.map(|(_, stock)| stock).ok_or_else(|| "no pool was tried".into())
    }

    fn with(runtime: &Runtime, database: Database, paper: &str, connections: u32) -> Outcome<Self> {
        let pool = runtime.block_on(pool(&database, connections))?;
        let framework = Arc::new(postgres_cqrs::<Ballot>(pool.clone(), Vec::new(), ()));
        Ok(Self { database, framework, pool, paper: paper.to_owned(), next: u64::from(connections) << 32 })
    }

    /// So many commands to new aggregates, then one more to each of them.
    pub(super) fn execute(
        &mut self,
        runtime: &Runtime,
        tasks: usize,
        count: usize,
        first: &mut Paced,
        later: &mut Paced,
    ) -> Outcome<()> {
        let begin = self.next;
        self.next += u64::try_from(count)?;
        let ids: Vec<String> = (begin..self.next).map(id).collect();
        for paced in [first, later] {
            let (framework, paper) = (Arc::clone(&self.framework), self.paper.clone());
            paced.take(runtime, tasks, ids.clone(), move |id| {
                let (framework, paper) = (Arc::clone(&framework), paper.clone());
                async move { framework.execute(&id, paper).await.map_err(|error| error.to_string().into()) }
            })?;
        }
        Ok(())
    }

    /// Gives the connections back and removes the rows.
    pub(super) fn empty(&self) -> Outcome<()> {
        self.database.try_psql("TRUNCATE events")?;
        Ok(())
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        // Otherwise the connections of a pool that isn't used stay open.
        drop(self.pool.close());
    }
}

async fn pool(database: &Database, connections: u32) -> Outcome<PgPool> {
    Ok(PgPoolOptions::new().max_connections(connections).connect(database.url()).await?)
}

/// 32 characters in no order (a multiplicative hash).
fn id(number: u64) -> String {
    format!("{:032x}", u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

/// The ballots of our log, as its repository reads them.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Logged;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum LoggedEvent {
    BallotCast { area: String, paper: Value },
    BallotReplaced { area: String, paper: Value },
    BallotCancelled { area: String },
}

impl DomainEvent for LoggedEvent {
    fn event_type(&self) -> String {
        String::new()
    }

    fn event_version(&self) -> String {
        String::new()
    }
}

impl Aggregate for Logged {
    const TYPE: &'static str = "ballot";
    type Command = ();
    type Event = LoggedEvent;
    type Error = Infallible;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Infallible> {
        Ok(())
    }

    fn apply(&mut self, _: LoggedEvent) {}
}

/// Its own table with the ballots of a log.
pub(super) struct Copied {
    repository: PostgresEventRepository,
    ids: Vec<String>,
    all: usize,
}

impl Copied {
    /// Copies the ballots out of the log's own view, and remembers the ids of some of them.
    pub(super) fn create(runtime: &Runtime, database: &Database, some: usize) -> Outcome<Self> {
        let pool = runtime.block_on(pool(database, 10))?;
        database.try_psql(&tables("stock_events", "stock_snapshots"))?;
        database.try_psql(
            "INSERT INTO stock_events SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
               metadata FROM events WHERE aggregate_type = 'ballot';
             VACUUM ANALYZE stock_events;",
        )?;
        let ids = database.try_psql(&format!("SELECT aggregate_id FROM stock_events LIMIT {some}"))?;
        let all = database.try_psql("SELECT count(*) FROM stock_events")?.parse()?;
        let repository = PostgresEventRepository::new(pool).with_tables("stock_events", "stock_snapshots");
        Ok(Self { repository, ids: ids.lines().map(str::to_owned).collect(), all })
    }

    /// Events a second of its stream of all events.
    pub(super) fn all(&self, runtime: &Runtime) -> Outcome<f64> {
        let (elapsed, read) = timed(|| {
            runtime.block_on(async {
                let mut stream = self.repository.stream_all_events::<Logged>().await?;
                let mut read = 0_usize;
                while let Some(event) = stream.next::<Logged>(&[]).await {
                    event?;
                    read += 1;
                }
                Ok(read)
            })
        })?;
        if read == self.all { per_second(read, elapsed) } else { Err(format!("{read} events were read").into()) }
    }

    /// Events a second where streams are read one after the other.
    pub(super) fn one_by_one(&self, runtime: &Runtime) -> Outcome<f64> {
        let (elapsed, read) = timed(|| {
            runtime.block_on(async {
                let mut read = 0_usize;
                for id in &self.ids {
                    let mut stream = self.repository.stream_events::<Logged>(id).await?;
                    while let Some(event) = stream.next::<Logged>(&[]).await {
                        event?;
                        read += 1;
                    }
                }
                Ok(read)
            })
        })?;
        per_second(read, elapsed)
    }
}
