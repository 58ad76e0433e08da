//! Owns the campaigns that are measured: the whole demo, and the demo stopped while people vote.
//! Must not measure anything but how long a demo takes to play.

use super::measure::{Outcome, timed, told};
use api::demo::{self, Size};
use api::steps::{Steps, TOGETHER};
use api::{export, fold, keys};
use commands::{Entropy, Executor, Request};
use domain::ballot::{self, Paper};
use domain::configuration::AreaKind;
use domain::{Actor, AreaId, Command, Event, Role, VoterId};
use event_store::{Append, Expected, LogHead, LogId, OpenMode, Reader, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tally::Channel;
use tempfile::TempDir;
use transparency::{Checkpoint, Draft, Origin, Policy};

const ORIGIN: &str = "bench.example/demo";
const SEED: u64 = 7;

/// As many proposals as the demo of the command line has.
pub(super) const PROPOSALS: u64 = 2_054;

/// More voters than come before the demo is stopped.
const CROWD: u64 = 1_000_000;

/// How often it is looked whether the vote has begun.
const LOOK: Duration = Duration::from_millis(2);

pub(super) fn open(file: &Path, mode: OpenMode) -> Outcome<Store> {
    Ok(Store::open(&format!("sqlite:{}", file.display()), mode)?)
}

fn steps(store: Store, seed: u64, stop: Arc<AtomicBool>) -> Outcome<Steps> {
    let executor = Executor::new(store, demo::clock().map_err(told)?, Entropy::seeded(seed));
    Ok(Steps { executor, campaign: demo::CODE.to_owned(), stop, quiet: true })
}

/// Plays the whole demo into a new store, and says how long that took.
pub(super) fn play(file: &Path, voters: u64) -> Outcome<(Duration, Store)> {
    play_with(file, SEED, voters, PROPOSALS)
}

/// The same with another seed, and so many proposals.
pub(super) fn play_with(file: &Path, seed: u64, voters: u64, proposals: u64) -> Outcome<(Duration, Store)> {
    let store = open(file, OpenMode::Create)?;
    let steps = steps(store.clone(), seed, Arc::default())?;
    let size = Size { voters, proposals };
    let (elapsed, ()) = timed(|| demo::play(&steps, ORIGIN, seed, size).map_err(told))?;
    Ok((elapsed, store))
}

/// The log of the demo.
pub(super) fn log(reader: &Reader) -> Outcome<LogHead> {
    fold::log(reader, demo::CODE).map_err(told)
}

/// The leaves of a log from this position on.
pub(super) fn leaves(reader: &Reader, from: u64) -> Outcome<Vec<String>> {
    let mut leaves = Vec::new();
    reader.for_each(log(reader)?.log_id, from, |event| {
        leaves.push(event.leaf);
        Ok::<(), event_store::Error>(())
    })?;
    Ok(leaves)
}

/// The checkpoint that the demo's key would have signed at this size.
pub(super) fn checkpoint_at(demo: &Demo, reader: &Reader, size: u64) -> Outcome<String> {
    let signer = keys::signer(&demo.folder.path().join("demo.key"), ORIGIN, &Entropy::seeded(SEED)).map_err(told)?;
    let root = reader.root_at(log(reader)?.log_id, size)?;
    Ok(Checkpoint { origin: ORIGIN.to_owned(), size, root }.sign(&signer)?)
}

/// A campaign from its first day to its last site, in a store and as a bundle.
pub(super) struct Demo {
    /// Where everything is; goes when it is dropped.
    pub(super) folder: TempDir,
    pub(super) store: Store,
    /// The store's file.
    pub(super) file: PathBuf,
    pub(super) bundle: PathBuf,
    pub(super) policy: Policy,
    /// How long the play took.
    pub(super) played: Duration,
}

impl Demo {
    pub(super) fn build(voters: u64) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("demo.db");
        let (played, store) = play(&file, voters)?;
        let key = folder.path().join("demo.key");
        let out = folder.path().join("demo.parvis");
        let exported = export::bundle(&store, &key, &Entropy::seeded(SEED), demo::CODE, &out).map_err(told)?;
        let policy = Policy::parse(&std::fs::read_to_string(exported.policy)?)?;
        Ok(Self { folder, store, file, bundle: exported.file, policy, played })
    }
}

/// The demo while its vote is open: the station of its school, which takes open ballots.
pub(super) struct Vote {
    pub(super) executor: Executor,
    area: AreaId,
    /// The numbers on the ballot of the area.
    numbers: Vec<u32>,
}

impl Vote {
    /// Plays the demo with so many proposals into an empty store, up to the first pupils.
    pub(super) fn open(store: Store, proposals: u64) -> Outcome<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let steps = steps(store.clone(), SEED, Arc::clone(&stop))?;
        let (first, reader, ended) = (steps.command_id("pupil 0").to_string(), store.reader(), Arc::clone(&stop));
        let watch = std::thread::spawn(move || {
            let begun = || {
                let heads = reader.logs().ok()?;
                reader.command(heads.first()?.log_id, &first).ok()?
            };
            while !ended.load(Ordering::Relaxed) {
                if begun().is_some() {
                    ended.store(true, Ordering::Relaxed);
                }
                std::thread::sleep(LOOK);
            }
        });
        let played = demo::play(&steps, ORIGIN, SEED, Size { voters: CROWD, proposals });
        stop.store(true, Ordering::Relaxed);
        if watch.join().is_err() {
            return Err("the thread that waits for the vote has stopped".into());
        }
        match played {
            Err(failure) if failure.code == "INTERRUPTED" => {}
            Err(failure) => return Err(told(failure)),
            Ok(()) => return Err("the demo ended before it could be stopped during the vote".into()),
        }
        let reader = store.reader();
        let model = fold::model(&reader, &log(&reader)?, |_| Ok(())).map_err(told)?;
        let places = api::demo_city::City::new().map_err(told)?.places;
        let school = places.into_iter().find(|area| area.kind == AreaKind::School).ok_or("the demo has no school")?;
        let on_ballot = model.projects.rows().filter(|project| project.formation.area == school.id);
        let numbers = on_ballot.filter_map(|project| project.number).collect();
        Ok(Self { executor: steps.executor, area: school.id, numbers })
    }

    /// The paper of the voter with this number: up to four projects.
    fn paper(&self, nth: usize) -> Paper {
        let first = nth % self.numbers.len().max(1);
        let choices = self.numbers.iter().cycle().skip(first).take(self.numbers.len().min(4)).copied().collect();
        Paper { channel: Channel::Paper, choices, points: None, unknown: Vec::new() }
    }

    fn area(&self) -> AreaId {
        self.area.clone()
    }

    fn voter(&self) -> Outcome<VoterId> {
        Ok(self.executor.entropy().uuid().simple().to_string().parse()?)
    }

    /// So many commands, each of a new voter who casts one paper: one event each.
    pub(super) fn requests(&self, count: usize) -> Outcome<Vec<Request>> {
        (0..count).map(|nth| Ok(self.request(self.voter()?, self.cast(nth)))).collect()
    }

    /// So many ballots in parts of [`TOGETHER`], as imports and the demo write; says how long that took
    /// when they were made.
    pub(super) fn import(&self, count: usize) -> Outcome<Duration> {
        let (mut left, mut took) = (count, Duration::ZERO);
        while left > 0 {
            let requests = self.requests(left.min(TOGETHER))?;
            left -= requests.len();
            let (elapsed, answers) = timed(|| Ok(self.executor.execute_all_blocking(demo::CODE, &requests)?))?;
            answers.into_iter().collect::<Result<Vec<_>, _>>()?;
            took += elapsed;
        }
        Ok(took)
    }

    /// Commands of the same voters, each of which has to look at what its voter did before: papers in
    /// place of theirs, or taking them back.
    pub(super) fn later(&self, before: &[Request], cancel: bool) -> Vec<Request> {
        let voters = before.iter().flat_map(|request| &request.commands).filter_map(|command| match command {
            Command::Ballot(voter, _) => Some(voter.clone()),
            _ => None,
        });
        let request = |(nth, voter)| {
            let command = if cancel { ballot::Command::Cancel { area: self.area() } } else { self.cast(nth + 1) };
            self.request(voter, command)
        };
        voters.enumerate().map(request).collect()
    }

    fn cast(&self, nth: usize) -> ballot::Command {
        ballot::Command::Cast(vec![(self.area(), self.paper(nth))])
    }

    fn request(&self, voter: VoterId, command: ballot::Command) -> Request {
        let commands = vec![Command::Ballot(voter, command)];
        Request { command_id: self.executor.entropy().uuid(), actor: officer(), commands }
    }

    /// The append that the command of a new voter would come to.
    pub(super) fn append(&self, log: LogId, nth: usize) -> Outcome<Append> {
        let (stream, command_id) = (format!("ballot/{}", self.voter()?), self.executor.entropy().uuid().to_string());
        let cast = ballot::Event::BallotCast { area: self.area(), paper: self.paper(nth) };
        let (event_type, data) = Event::Ballot(cast).encode()?;
        let (actor, at) = (officer(), self.executor.clock().now().ok_or("the clock stands")?.to_string());
        let origin = Origin { actor_id: &actor.id, actor_role: actor.role.code(), at: &at, command_id: &command_id };
        let mut nonce = || self.executor.entropy().bytes();
        let draft = Draft::new(origin, &stream, &event_type, domain::event::version_of(&event_type), data, &mut nonce)?;
        let expected = vec![Expected { stream: stream.parse()?, sequence: 0 }];
        Ok(Append { log, command_id, expected, events: vec![draft] })
    }

    /// The leaves of the last events.
    pub(super) fn last_leaves(&self, count: usize) -> Outcome<Vec<String>> {
        let reader = self.executor.store().reader();
        let size = log(&reader)?.size;
        leaves(&reader, size.saturating_sub(u64::try_from(count)?))
    }
}

/// Who enters paper ballots.
fn officer() -> Actor {
    Actor::new("agent-polling-1", Role::PollingOfficer)
}
