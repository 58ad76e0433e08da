//! How long a committed event takes until it can be read.
//!
//! `cargo test --release -p api --test api -- --ignored --nocapture lag`: a figure, and a limit.

use crate::town::Town;
use commands::{Clock, Entropy, Executor};
use domain::proposal::{Command, Deposit, DepositorKind};
use domain::{Actor, Hidden, Role};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

const PER_SECOND: u32 = 1_000;
const SECONDS: u32 = 10;

fn deposit(n: u32) -> commands::Request {
    let author = format!("author-{n}");
    let deposit = Deposit {
        reference: format!("L-{n:06}"),
        author: author.clone(),
        title: Hidden::Disclosed(format!("Banc {n}")),
        description: Hidden::Disclosed("De l’ombre et de l’eau.".to_owned()),
        author_name: Hidden::Disclosed("Camille".to_owned()),
        depositor: DepositorKind::Individual,
        theme: "GREEN".parse().unwrap(),
        area: "CITY".parse().unwrap(),
        point: None,
        accessible: false,
        accessibility: None,
        estimate_cents: None,
    };
    let proposal = format!("lag-{n}").parse().unwrap();
    commands::Request {
        command_id: uuid::Uuid::from_u128(u128::from(n) + 1_000_000),
        actor: Actor::new(author, Role::Citizen),
        commands: vec![domain::Command::Proposal(proposal, Command::Deposit(Box::new(deposit)))],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures for ten seconds"]
async fn lag_from_commit_to_visible() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let clock = Clock::simulated("2026-03-03T00:00:00Z".parse().unwrap());
    let executor = Arc::new(Executor::new(town.store.clone(), clock, Entropy::seeded(3)));
    // The snapshot that falls due on the way is part of what is measured elsewhere; here it's the follower.
    let mut ticks = interval(Duration::from_secs(1) / PER_SECOND);
    let mut asked = JoinSet::new();
    for n in 0..PER_SECOND * SECONDS {
        ticks.tick().await;
        let (executor, model) = (Arc::clone(&executor), Arc::clone(&town.read_model));
        asked.spawn(async move {
            let receipt = executor.execute("T26", deposit(n)).await.unwrap();
            let committed = Instant::now();
            model.wait_for("T26", receipt.last.unwrap()).await.unwrap();
            committed.elapsed()
        });
    }
    let mut lags = asked.join_all().await;
    lags.sort_unstable();
    let at = |percent: usize| lags[(lags.len() - 1) * percent / 100];
    println!("lag: p50 {:?}, p99 {:?}, most {:?}", at(50), at(99), at(100));
    assert!(at(99) < Duration::from_millis(20), "p99 is {:?}", at(99));
}
