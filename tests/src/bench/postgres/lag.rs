//! Owns the time from a commit of one node to the readers of another.
//!
//! Two nodes on one database: the first follows the log with a read model, the second writes ballots at
//! an even pace. Lag is from the receipt of a command on the second to the moment its event can be read
//! on the first; an event that can be read before its writer has the receipt counts as zero. The limit
//! hears the same notifications on a bare connection and asks for the size of the log, nothing else.

use super::SUITE;
use super::place::{Place, open};
use crate::bench::Scale;
use crate::bench::city::{PROPOSALS, Vote};
use crate::bench::measure::{Outcome, Report, Samples, now};
use api::demo::CODE;
use api::read_model::ReadModel;
use commands::{Entropy, Executor, Request};
use event_store::OpenMode;
use sqlx::postgres::{PgConnection, PgListener, PgPool};
use sqlx::{Connection, Row};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

const LIMIT: &str = "a bare connection that hears the notification and selects the size of the log";

/// Between two commands: 1,000 a second.
const PACE: Duration = Duration::from_millis(1);

/// How long an event may take to be seen at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Chance of the second node, which must not be that of the first.
const SEED: u64 = 8;

/// When a watcher saw the log at some size.
type Seen = Vec<(u64, Instant)>;

#[derive(Default)]
struct Lags {
    p50: Samples,
    p99: Samples,
}

impl Lags {
    /// One run: each receipt against the first moment at which its event was seen.
    fn push(&mut self, written: &[(u64, Instant)], seen: &Seen) -> Outcome<()> {
        let mut milliseconds = Samples::default();
        for (position, at) in written {
            let after = seen.partition_point(|(size, _)| size <= position);
            let (_, first) = seen.get(after).ok_or("an event was never seen")?;
            milliseconds.push(first.saturating_duration_since(*at).as_secs_f64() * 1_000.0);
        }
        self.p50.push(milliseconds.percentile(50));
        self.p99.push(milliseconds.percentile(99));
        Ok(())
    }
}

pub(super) fn run(runtime: &Runtime, place: &Place, report: &mut Report, scale: Scale) -> Outcome<()> {
    let database = place.database();
    let vote = Vote::open(open(database.url(), OpenMode::Create)?, PROPOSALS)?;
    let second = open(database.url(), OpenMode::Existing)?;
    let writer = Executor::new(second, vote.executor.clock().clone(), Entropy::seeded(SEED));
    let (mut follower, mut bare, mut rate) = (Lags::default(), Lags::default(), Samples::default());
    runtime.block_on(async {
        let model = ReadModel::open(vote.executor.store().clone(), |_| {}).await?;
        let following = tokio::spawn(Arc::clone(&model).follow());
        for _ in 0..scale.runs {
            let requests = vote.requests(if scale.quick { 1_000 } else { 8_000 })?;
            let begin = vote.executor.store().logs().await?.first().ok_or("there is no log")?.size;
            let end = begin + u64::try_from(requests.len())?;
            let by_model = tokio::spawn(watch(Arc::clone(&model), begin, end));
            let by_bare = tokio::spawn(hear(database.url().to_owned(), end));
            let began = now();
            let written = write(&writer, requests).await?;
            rate.push(crate::bench::measure::per_second(written.len(), began.elapsed())?);
            follower.push(&written, &timeout(PATIENCE, by_model).await???)?;
            bare.push(&written, &timeout(PATIENCE, by_bare).await???)?;
        }
        following.abort();
        Outcome::Ok(())
    })?;
    report.add(SUITE, "lag_written_by_other_node", "events/s", &rate, None);
    report.add(SUITE, "lag_bare_notification_p50", "ms", &bare.p50, None);
    report.add(SUITE, "lag_bare_notification_p99", "ms", &bare.p99, None);
    report.add(SUITE, "lag_to_visible_p50", "ms", &follower.p50, Some((LIMIT, &bare.p50)));
    report.add(SUITE, "lag_to_visible_p99", "ms", &follower.p99, Some((LIMIT, &bare.p99)));
    Ok(())
}

/// Carries the requests out at an even pace, and says when each had its receipt.
async fn write(writer: &Executor, requests: Vec<Request>) -> Outcome<Vec<(u64, Instant)>> {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running = JoinSet::new();
    for request in requests {
        ticks.tick().await;
        let writer = writer.clone();
        running.spawn(async move {
            let receipt = writer.execute(CODE, request).await?;
            Outcome::Ok((receipt.last.ok_or("a command wrote nothing")?, now()))
        });
    }
    let mut written = Vec::new();
    while let Some(one) = running.join_next().await {
        written.push(one??);
    }
    Ok(written)
}

/// When the read model showed more, up to a size.
async fn watch(model: Arc<ReadModel>, mut size: u64, end: u64) -> Outcome<Seen> {
    let mut seen = Vec::new();
    while size < end {
        if let Ok(version) = model.wait_for(CODE, size).await {
            size = version.size();
            seen.push((size, now()));
        }
    }
    Ok(seen)
}

/// The same without a read model.
async fn hear(url: String, end: u64) -> Outcome<Seen> {
    let pool = PgPool::connect(&url).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("parvis_log").await?;
    let mut connection = PgConnection::connect(&url).await?;
    let (mut size, mut seen) = (0, Vec::new());
    while size < end {
        let row = sqlx::query("SELECT size FROM log_heads ORDER BY log_id LIMIT 1").fetch_one(&mut connection).await?;
        size = u64::try_from(row.try_get::<i64, _>(0)?)?;
        seen.push((size, now()));
        if size < end {
            // One that was lost would have to be found by asking again.
            let _ = timeout(Duration::from_millis(250), listener.recv()).await;
        }
    }
    Ok(seen)
}
