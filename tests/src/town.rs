//! Owns the sample campaign on any store: bringing it to a phase, and what people ask of it.
//! Must not: know which engine the store has, nor what may go wrong with it.
//! Next: `crates/domain/tests/support` (the campaign and its story), `node.rs`, `history.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "test support: what doesn't work fails the test"
)]

#[path = "../../crates/domain/tests/support/mod.rs"]
pub(crate) mod support;

use commands::{Clock, Entropy, Executor, Request};
use domain::ballot::Paper;
use domain::phase::Phase;
use domain::{Actor, Command, Timestamp};
use event_store::Store;
use support::sample::{
    cancel, cast, citizen, close_box, configuration, coordinator, deposit, form, merge, paper, referent, verdict,
    withdraw,
};
use support::story::Story;

/// The code of the sample campaign.
pub const CODE: &str = support::sample::CODE;

/// The name of its log.
pub const ORIGIN: &str = "log.example/t2026";

/// Who asks, and for what.
pub type Asked = (Actor, Command);

/// When everything happens: on a full minute, to which the acts of citizens are dated.
pub fn now() -> Timestamp {
    "2026-08-15T10:20:00Z".parse().unwrap()
}

/// An executor whose clock stands still.
pub fn executor(store: Store, entropy: Entropy) -> Executor {
    Executor::new(store, Clock::simulated(now()), entropy)
}

/// One command, with an id by chance.
pub fn request(chances: &Entropy, (actor, command): Asked) -> Request {
    Request { command_id: chances.uuid(), actor, commands: vec![command] }
}

/// Opens the sample campaign and lives through it until this phase is open.
pub async fn settle(executor: &Executor, phase: Phase) {
    let story = Story::at(phase);
    let opening = Request { command_id: executor.entropy().uuid(), actor: coordinator(), commands: vec![] };
    executor.open_campaign(ORIGIN, configuration(), opening).await.unwrap();
    for asked in story.asked.into_iter().skip(1) {
        executor.execute(CODE, request(executor.entropy(), asked)).await.unwrap();
    }
}

/// What the campaign's own people ask for after this phase was opened, up to the closing of the ballot box.
pub fn rest_of_the_story(opened: Phase) -> Vec<Asked> {
    let done = Story::at(opened).asked.len();
    let mut asked = Story::at(Phase::PreResult).asked;
    let last = asked.iter().rposition(|(_, command)| *command == close_box()).unwrap();
    asked.truncate(last + 1);
    asked.split_off(done)
}

/// A voter's paper for the whole city and, for every third, one for a district: two events.
pub fn vote(voter: &str, number: u64) -> Asked {
    let choice = |below: u64| u32::try_from(number % below).unwrap();
    let mut papers: Vec<(&str, Paper)> = vec![("ALL", paper(&[choice(3) + 1]))];
    if number.is_multiple_of(3) {
        papers.push(("D1", paper(&[choice(2) + 4])));
    }
    (citizen(voter), cast(voter, &papers))
}

/// A ballot of two papers: two events.
pub fn vote_twice(voter: &str, number: u64) -> Asked {
    let choice = |below: u64| u32::try_from(number % below).unwrap();
    (citizen(voter), cast(voter, &[("ALL", paper(&[choice(3) + 1])), ("D1", paper(&[choice(2) + 4]))]))
}

/// A proposal, deposited by somebody of the same name.
pub fn deposited(name: &str) -> Asked {
    (citizen(name), deposit(name, name))
}

/// The same proposal, taken back.
pub fn withdrawn(name: &str) -> Asked {
    (citizen(name), withdraw(name))
}

/// Anything that citizens and agents may ask for, sensible or not, on few streams so that they meet.
pub fn anything(chances: &Entropy) -> Asked {
    let one_of = |prefix: &str, below: u64| format!("{prefix}-{}", chances.below(below));
    let proposal = one_of("d", 40);
    let project = one_of("x", 8);
    match chances.below(20) {
        0..4 => deposited(&proposal),
        4..6 => withdrawn(&proposal),
        6..8 => (coordinator(), form(&project, "D1", &[&proposal])),
        8..11 => (coordinator(), merge(&proposal, &project)),
        11 => (referent(), verdict(&project, "PARKS", &[1_000])),
        12..18 => vote(&one_of("shared", 6), chances.below(1_000)),
        18 => vote(&one_of("w", 1_000_000), chances.below(1_000)),
        _ => {
            let voter = one_of("shared", 6);
            (citizen(&voter), cancel(&voter, "ALL"))
        }
    }
}
