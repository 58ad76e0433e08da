//! Many at once: no vote is lost, none is written twice, and a close is a barrier.

use crate::support::sample::*;
use crate::town::{Town, ask, name};
use domain::phase::Phase;
use domain::{Actor, Command, Event, campaign, count};

/// Asks all at once and answers with the code of each.
async fn at_once(town: &Town, asked: Vec<(Actor, Command)>) -> Vec<&'static str> {
    let spawn = |(actor, command)| {
        let executor = town.executor.clone();
        tokio::spawn(async move { ask(&executor, &actor, command).await.map_or_else(|error| error.code(), |_| "OK") })
    };
    let mut codes = Vec::new();
    for task in asked.into_iter().map(spawn).collect::<Vec<_>>() {
        codes.push(task.await.unwrap());
    }
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voter_who_votes_many_times_at_once_votes_once() {
    let town = Town::at(Phase::Vote).await;
    let before = town.log().await.1.len();
    let vote = |n: u32| (citizen("v-1"), cast("v-1", &[("ALL", paper(&[n % 3 + 1]))]));
    let codes = at_once(&town, (0..64).map(vote).collect()).await;
    let (world, records) = town.log().await;
    let types: Vec<String> = records[before..].iter().map(|record| name(&record.event)).collect();
    assert!(codes.iter().all(|code| *code == "OK"), "{codes:?}");
    assert_eq!(types[0], "BallotCast");
    assert_eq!(types[1..], vec!["BallotReplaced"; 63]);
    assert_eq!(world.ballots[&id("v-1")].papers.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn different_voters_do_not_stand_in_each_others_way() {
    let town = Town::at(Phase::Vote).await;
    let vote = |n: u32| {
        let voter = format!("w-{n}");
        (citizen(&voter), cast(&voter, &[("ALL", paper(&[n % 3 + 1]))]))
    };
    let codes = at_once(&town, (0..64).map(vote).collect()).await;
    assert!(codes.iter().all(|code| *code == "OK"), "{codes:?}");
    assert_eq!(count::papers(&town.log().await.0), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_vote_is_a_barrier() {
    let town = Town::at(Phase::Vote).await;
    let vote = |n: u32| {
        let voter = format!("w-{n}");
        (citizen(&voter), cast(&voter, &[("ALL", paper(&[n % 3 + 1])), ("D1", paper(&[4]))]))
    };
    let mut asked: Vec<_> = (0..200).map(vote).collect();
    asked.insert(60, (system(), close(Phase::Vote)));
    let codes = at_once(&town, asked).await;
    assert_eq!(codes[60], "OK");
    assert!(codes.iter().all(|code| ["OK", "PHASE_NOT_OPEN"].contains(code)), "{codes:?}");
    town.ask(&returning(), close_box()).await.unwrap();

    let (world, records) = town.log().await;
    let position = |wanted: &str| records.iter().rposition(|record| name(&record.event) == wanted).unwrap();
    let cast = records.iter().filter(|record| matches!(record.event, Event::Ballot(_))).count();
    assert!(position("BallotCast") < position("PhaseClosed"), "a ballot stands behind the close");
    assert_eq!(cast, 2 * (codes.iter().filter(|code| **code == "OK").count() - 1));
    let Event::Campaign(campaign::Event::BallotBoxClosed { papers }) = &records[records.len() - 1].event else {
        panic!("the box is closed last")
    };
    assert_eq!(*papers, count::papers(&world));
    assert_eq!(*papers, u64::try_from(cast).unwrap());
}

#[tokio::test]
async fn a_campaign_kept_in_memory_never_gives_a_wrong_answer() {
    let town = Town::at(Phase::Vote).await;
    let vote = |voter: &str| (citizen(voter), cast(voter, &[("ALL", paper(&[1]))]));
    let other = town.again(2);
    // Both remember the open vote.
    for (executor, voter) in [(&town.executor, "w-1"), (&other, "w-2")] {
        let (actor, command) = vote(voter);
        ask(executor, &actor, command).await.unwrap();
    }
    // No wrong yes: the other programme closes, this one still remembers it open.
    ask(&other, &system(), close(Phase::Vote)).await.unwrap();
    let (actor, command) = vote("w-3");
    assert_eq!(ask(&town.executor, &actor, command).await.unwrap_err().code(), "PHASE_NOT_OPEN");
    // No wrong no: this one remembers POST_VOTE not yet open, the other opens it.
    let refused = ask(&town.executor, &returning(), close(Phase::PostVote)).await.unwrap_err();
    assert_eq!(refused.code(), "PHASE_NOT_OPEN");
    ask(&other, &system(), open(Phase::PostVote)).await.unwrap();
    ask(&town.executor, &returning(), close(Phase::PostVote)).await.unwrap();
    town.log().await;
}

#[tokio::test]
async fn a_no_from_memory_is_looked_up_again() {
    let town = Town::at(Phase::PreVote).await;
    let other = town.again(2);
    let (actor, command) = (citizen("w-1"), cast("w-1", &[("ALL", paper(&[1]))]));
    // Remembers PRE_VOTE.
    town.ask(&referent(), verdict("q-1", "PARKS", &[1])).await.unwrap_err();
    assert_eq!(town.ask(&actor, command.clone()).await.unwrap_err().code(), "PHASE_NOT_OPEN");
    for command in [publish(), close(Phase::PreVote), open(Phase::Vote)] {
        ask(&other, &coordinator(), command).await.unwrap();
    }
    town.ask(&actor, command).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_races_end_in_a_conflict_that_is_reported() {
    // Several programmes change one project without rest; none waits for ever, none overwrites.
    let town = Town::at(Phase::CoConstruction).await;
    let before = town.log().await.1.len();
    let mut tasks = Vec::new();
    for seed in 2..6 {
        let executor = town.again(seed);
        tasks.push(tokio::spawn(async move {
            let mut codes = Vec::new();
            for units in 1..=25 {
                let asked = ask(&executor, &referent(), verdict("q-1", "PARKS", &[units])).await;
                codes.push(asked.map_or_else(|error| error.code(), |_| "OK"));
            }
            codes
        }));
    }
    let mut codes = Vec::new();
    for task in tasks {
        codes.extend(task.await.unwrap());
    }
    assert!(codes.iter().all(|code| ["OK", "CONFLICT"].contains(code)), "{codes:?}");
    let written = town.log().await.1.len() - before;
    assert_eq!(written, codes.iter().filter(|code| **code == "OK").count());
}
