//! Many requests in one go: in their order, each with its answer, and the same log every time.

use crate::support::sample::*;
use crate::support::story::Story;
use crate::town::{ORIGIN, Town, request};
use commands::{Executor, Request};
use domain::phase::Phase;
use transparency::Hash;
use uuid::Uuid;

/// Off the async threads, as importers are.
async fn all(executor: &Executor, requests: Vec<Request>) -> Vec<Result<commands::Receipt, commands::Error>> {
    let executor = executor.clone();
    tokio::task::spawn_blocking(move || executor.execute_all_blocking(CODE, &requests).unwrap()).await.unwrap()
}

fn votes(voters: std::ops::Range<u32>) -> Vec<Request> {
    let vote = |n: u32| {
        let voter = format!("w-{n}");
        let command = cast(&voter, &[("ALL", paper(&[n % 3 + 1]))]);
        request(Uuid::from_u128(u128::from(n) + 1), &citizen(&voter), vec![command])
    };
    voters.map(vote).collect()
}

#[tokio::test]
async fn the_order_is_kept_and_each_has_its_answer() {
    let town = Town::at(Phase::Vote).await;
    let mut requests = votes(0..300);
    requests[7].commands = vec![cast("w-7", &[("ALL", paper(&[9]))])];
    requests[9].actor = citizen("somebody");
    requests[11] = request(Uuid::from_u128(11), &citizen("w-10"), requests[10].commands.clone());
    let answers = all(&town.executor, requests.clone()).await;
    let code = |n: usize| answers[n].as_ref().map_or_else(|error| error.code(), |_| "OK");
    assert_eq!([code(7), code(9)], ["PROJECT_NOT_ON_BALLOT", "NOT_THE_AUTHOR"]);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 298);
    let positions: Vec<u64> =
        answers.iter().flatten().filter(|receipt| !receipt.replayed).filter_map(|r| r.first).collect();
    assert!(positions.is_sorted(), "{positions:?}");
    // The whole batch again: nothing new, the same receipts, the same refusals.
    let size = town.log().await.1.len();
    for (first, again) in answers.iter().zip(all(&town.executor, requests).await) {
        match (first, again) {
            (Ok(first), Ok(again)) => {
                assert_eq!((first.first, first.last, true), (again.first, again.last, again.replayed))
            }
            (Err(first), Err(again)) => assert_eq!(first.code(), again.code()),
            (first, again) => panic!("{first:?} and then {again:?}"),
        }
    }
    assert_eq!(town.log().await.1.len(), size);
}

#[tokio::test]
async fn a_batch_that_names_a_stream_twice_is_decided_in_order() {
    let town = Town::at(Phase::Vote).await;
    let vote =
        |n: u32| request(Uuid::from_u128(u128::from(n)), &citizen("w-1"), vec![cast("w-1", &[("ALL", paper(&[n]))])]);
    let answers = all(&town.executor, vec![vote(1), vote(2), vote(3)]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let (world, _) = town.log().await;
    assert_eq!(world.ballots[&id("w-1")].papers, [(id("ALL"), paper(&[3]))]);
}

#[tokio::test]
async fn a_batch_on_a_campaign_that_moved_on_is_decided_on_what_is_there() {
    let town = Town::at(Phase::Vote).await;
    let other = town.again(2);
    all(&town.executor, votes(0..3)).await;
    crate::town::ask(&other, &system(), close(Phase::Vote)).await.unwrap();
    for answer in all(&town.executor, votes(3..6)).await {
        assert_eq!(answer.unwrap_err().code(), "PHASE_NOT_OPEN");
    }
    town.log().await;
}

#[tokio::test]
async fn an_unknown_campaign_refuses_the_whole_batch() {
    let town = Town::new(1);
    let executor = town.executor.clone();
    let asked = move || executor.execute_all_blocking(CODE, &votes(0..2)).unwrap_err().code();
    assert_eq!(tokio::task::spawn_blocking(asked).await.unwrap(), "UNKNOWN_CAMPAIGN");
}

/// The root of a log that is lived with this seed.
async fn root(seed: u64) -> Hash {
    let town = Town::new(seed);
    let story = Story::at(Phase::Vote);
    town.live(&story).await;
    all(&town.executor, votes(0..50)).await;
    let log = town.executor.log(CODE).await.unwrap();
    let head = town.executor.store().head(log).await.unwrap();
    assert_eq!((head.origin.as_str(), head.size), (ORIGIN, u64::try_from(story.lines.len()).unwrap() + 50));
    head.root
}

#[tokio::test]
async fn the_same_seed_and_clock_give_the_same_log() {
    assert_eq!(root(7).await, root(7).await);
    assert_ne!(root(7).await, root(8).await);
}
