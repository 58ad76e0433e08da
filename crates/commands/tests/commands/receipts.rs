//! A command id that comes again gets its first receipt, and only its own.

use crate::support::sample::*;
use crate::town::{Town, request};
use domain::phase::Phase;
use uuid::Uuid;

const ONE: Uuid = Uuid::from_u128(1);

#[tokio::test]
async fn the_same_command_is_carried_out_once() {
    let town = Town::at(Phase::Vote).await;
    let asked = || request(ONE, &citizen("v-1"), vec![cast("v-1", &[("ALL", paper(&[1])), ("D1", paper(&[4]))])]);
    let first = town.executor.execute(CODE, asked()).await.unwrap();
    assert!(!first.replayed);
    let size = town.log().await.1.len();
    for executor in [town.executor.clone(), town.again(2)] {
        let again = executor.execute(CODE, asked()).await.unwrap();
        assert_eq!((again.first, again.last, again.replayed), (first.first, first.last, true));
    }
    assert_eq!(town.log().await.1.len(), size);
    // Also after the vote is over: it was carried out.
    town.ask(&system(), close(Phase::Vote)).await.unwrap();
    assert!(town.executor.execute(CODE, asked()).await.unwrap().replayed);
}

#[tokio::test]
async fn twice_at_once_is_carried_out_once() {
    let town = Town::at(Phase::Vote).await;
    let size = town.log().await.1.len();
    let other = town.again(2);
    let tasks = (0..16).map(|n| {
        let executor = if n % 2 == 0 { town.executor.clone() } else { other.clone() };
        let asked = request(ONE, &citizen("v-1"), vec![cast("v-1", &[("ALL", paper(&[1]))])]);
        tokio::spawn(async move { executor.execute(CODE, asked).await.unwrap() })
    });
    let mut receipts = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        receipts.push(task.await.unwrap());
    }
    assert_eq!(receipts.iter().filter(|receipt| !receipt.replayed).count(), 1);
    assert!(receipts.iter().all(|receipt| receipt.first == receipts[0].first));
    assert_eq!(town.log().await.1.len(), size + 1);
}

#[tokio::test]
async fn another_command_under_the_same_id_is_refused() {
    let town = Town::at(Phase::Vote).await;
    let of = |voter: &str, officer: bool| {
        let actor = if officer { polling() } else { citizen(voter) };
        request(ONE, &actor, vec![cast(voter, &[("ALL", paper(&[1]))])])
    };
    town.executor.execute(CODE, of("v-1", false)).await.unwrap();
    let size = town.log().await.1.len();
    for asked in [of("v-1", true), of("v-2", false), request(ONE, &citizen("v-1"), vec![])] {
        let error = town.executor.execute(CODE, asked).await.unwrap_err();
        assert_eq!(error.code(), "COMMAND_ID_REUSED");
    }
    assert_eq!(town.log().await.1.len(), size);
}

#[tokio::test]
async fn a_refused_command_may_be_asked_again_under_its_id() {
    let town = Town::at(Phase::PreVote).await;
    let asked = || request(ONE, &citizen("v-1"), vec![cast("v-1", &[("ALL", paper(&[1]))])]);
    assert_eq!(town.executor.execute(CODE, asked()).await.unwrap_err().code(), "PHASE_NOT_OPEN");
    town.ask(&coordinator(), publish()).await.unwrap();
    town.ask(&system(), close(Phase::PreVote)).await.unwrap();
    town.ask(&system(), open(Phase::Vote)).await.unwrap();
    assert!(!town.executor.execute(CODE, asked()).await.unwrap().replayed);
}

#[tokio::test]
async fn acts_of_citizens_are_dated_to_the_minute() {
    let town = Town::at(Phase::Vote).await;
    town.executor.clock().set("2026-08-15T10:20:59Z".parse().unwrap());
    town.ask(&citizen("v-1"), cast("v-1", &[("ALL", paper(&[1]))])).await.unwrap();
    town.ask(&polling(), cast("v-2", &[("ALL", on_paper(&[1]))])).await.unwrap();
    let (_, records) = town.log().await;
    let dates: Vec<String> = records.iter().rev().take(2).map(|record| record.at.to_string()).collect();
    assert_eq!(dates, ["2026-08-15T10:20:59Z", "2026-08-15T10:20:00Z"]);
}
