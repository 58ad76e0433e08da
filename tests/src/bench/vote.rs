//! Owns the suite `vote`: how fast ballots are sealed, taken and opened, and an urn's secret is joined.
//!
//! The limit of what is computed is one scalar multiplication on the same curve: sealing and opening each need
//! two, and no implementation does with fewer; all of that on one thread. The limit of taking ballots, which
//! are in the vault with their receipts and links when the answer is given, is what the event store appends on
//! the same engine in the same run. Must not reuse a seed, which no voter does.

use super::Scale;
use super::city::{self, PROPOSALS, Vote};
use super::engine;
use super::measure::{Outcome, Report, Samples, per_second, timed};
use super::tasks::at_once;
use crate::sealed_city::City;
use crate::sealed_links::Place;
use event_store::{OpenMode, Store};
use seal::{Context, Nonce, PlainBallot, Sealed, UrnKey, UrnSecret, join, open, padded_length, seal, split};
use std::hint::black_box;
use std::sync::Arc;
use tally::BallotType;
use tokio::runtime::Runtime;
use transparency::Hash;

const SUITE: &str = "vote";
const LIMIT: &str = "one scalar multiplication on Curve25519";

/// How many voters cast at once.
const TASKS: usize = 32;

pub(super) fn run(runtime: &Runtime, report: &mut Report, scale: Scale) -> Outcome<()> {
    for (engine, place) in [("sqlite", Place::file as fn() -> Place), ("postgres", Place::database)] {
        taking(runtime, report, scale, (engine, &place()))?;
    }
    computing(report, scale)
}

/// Ballots that are taken a second, and appends to a bare store on the same engine.
fn taking(runtime: &Runtime, report: &mut Report, scale: Scale, (engine, place): (&str, &Place)) -> Outcome<()> {
    let count: usize = if scale.quick { 200 } else { 2_000 };
    let size = crate::sealed_voters::Scale { voters: 0, places: 0, city: 40, district: 4 };
    let city = Arc::new(runtime.block_on(City::at(&place.url, place.folder.path(), size)));
    let vote = Vote::open(city::open(&place.folder.path().join("demo.db"), OpenMode::Create)?, PROPOSALS)?;
    let beside = match engine {
        "sqlite" => Place::file(),
        _ => Place::database(),
    };
    let bare = Store::open(&beside.url, OpenMode::Create)?;
    let log = bare.create_log_blocking("bench.example/bare", "bare")?;
    let (mut taken, mut appended) = (Samples::default(), Samples::default());
    for run in 0..usize::try_from(scale.runs)? {
        let own = Arc::clone(&city);
        let everybody: Vec<usize> = (run * count..(run + 1) * count).collect();
        let (_, ready) = at_once(runtime, TASKS, everybody, move |n| {
            let city = Arc::clone(&own);
            async move { Ok(city.ready(n).await) }
        })?;
        let own = Arc::clone(&city);
        let (elapsed, done) = at_once(runtime, TASKS, ready, move |ready| {
            let city = Arc::clone(&own);
            async move {
                city.take(ready).await;
                Ok(())
            }
        })?;
        taken.push(per_second(done.len(), elapsed)?);
        appended.push(engine::appended(runtime, &vote, (&bare, log), TASKS, count)?);
    }
    let limit = format!("{engine}: appends by {TASKS} tasks");
    report.add(SUITE, &format!("{engine}_store_appends"), "appends/s", &appended, None);
    report.add(SUITE, &format!("{engine}_sealed_casts"), "ballots/s", &taken, Some((&limit, &appended)));
    Ok(())
}

fn computing(report: &mut Report, scale: Scale) -> Outcome<()> {
    let ballots: u32 = if scale.quick { 2_000 } else { 20_000 };
    let count = usize::try_from(ballots)?;
    let urn = Urn::new()?;
    let (mut multiplied, mut sealing, mut opening, mut joining) =
        (Samples::default(), Samples::default(), Samples::default(), Samples::default());
    let (ceremony, shares) = split(&urn.secret, 3, 5, &mut || [7; 32])?;
    let three = shares.get(1..4).ok_or("three of five shares")?;
    for run in 0..scale.runs {
        let (elapsed, ()) = timed(|| multiply(ballots))?;
        multiplied.push(per_second(count, elapsed)?);
        let (elapsed, sealed) = timed(|| urn.seal_all(run, ballots))?;
        sealing.push(per_second(count, elapsed)?);
        let (elapsed, ()) = timed(|| urn.open_all(&sealed))?;
        opening.push(per_second(count, elapsed)?);
        let (elapsed, ()) = timed(|| {
            for _ in 0..1_000 {
                black_box(join(three, &ceremony)?);
            }
            Ok(())
        })?;
        joining.push(per_second(1_000, elapsed)?);
    }
    report.add(SUITE, "x25519", "multiplications/s", &multiplied, None);
    report.add(SUITE, "seal_ballot", "ballots/s", &sealing, Some((LIMIT, &multiplied)));
    report.add(SUITE, "open_ballot", "ballots/s", &opening, Some((LIMIT, &multiplied)));
    report.add(SUITE, "join_3_of_5", "secrets/s", &joining, Some((LIMIT, &multiplied)));
    Ok(())
}

fn multiply(times: u32) -> Outcome<()> {
    let mut point = x25519_dalek::X25519_BASEPOINT_BYTES;
    for _ in 0..times {
        point = x25519_dalek::x25519([9; 32], black_box(point));
    }
    black_box(point);
    Ok(())
}

/// An urn for the approval ballots of an area with 200 projects, four of which may be chosen.
struct Urn {
    secret: UrnSecret,
    key: UrnKey,
    context: Context,
    length: usize,
}

impl Urn {
    fn new() -> Outcome<Self> {
        let secret = UrnSecret::from_seed(&[1; 32]);
        let key = secret.public()?;
        let context = Context::new("bench.example/vote", "north", &Hash::of(&[b"list"]), &key.id())?;
        let numbers: Vec<u32> = (1..=200).collect();
        let length = padded_length(&BallotType::Approval { min: 0, max: 4 }, &numbers);
        Ok(Self { secret, key, context, length })
    }

    fn seal_all(&self, run: u32, ballots: u32) -> Outcome<Vec<Sealed>> {
        let one = |number: u32| {
            let Hash(seed) = Hash::of(&[&run.to_be_bytes(), &number.to_be_bytes()]);
            let choices = (1..=4).map(|step| 1 + (number * step) % 200).collect();
            let ballot = PlainBallot { choices, nonce: Nonce([7; 16]), points: None };
            Ok(seal(&self.key, &self.context, &ballot, self.length, &seed)?)
        };
        (0..ballots).map(one).collect()
    }

    fn open_all(&self, sealed: &[Sealed]) -> Outcome<()> {
        for one in sealed {
            let ballot = open(&self.secret, &self.context, one)?;
            if ballot.choices.len() != 4 {
                return Err("a ballot came out otherwise than it went in".into());
            }
        }
        Ok(())
    }
}
