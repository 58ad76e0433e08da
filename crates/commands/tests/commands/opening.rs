//! Opening campaigns, and what is refused before anything is written.

use crate::support::sample::*;
use crate::support::story::Story;
use crate::town::{ORIGIN, Town, request};
use commands::Clock;
use domain::campaign::{self, AreaResult};
use domain::configuration::Configuration;
use domain::phase::Phase;
use domain::{Code, Command};

#[tokio::test]
async fn a_campaign_is_opened_once_and_configured_again() {
    let town = Town::new(1);
    let id = || town.executor.entropy().uuid();
    let open =
        |configuration| town.executor.open_campaign(ORIGIN, configuration, request(id(), &coordinator(), vec![]));
    let first = open(configuration()).await.unwrap();
    assert_eq!((first.campaign.as_str(), first.first, first.last, first.replayed), (CODE, Some(0), Some(0), false));
    let mut richer = configuration();
    richer.areas[0].envelope_cents = euros(200_000);
    assert_eq!(open(richer).await.unwrap().first, Some(1));
    assert_eq!(town.executor.store().logs().await.unwrap().len(), 1);
    let (world, _) = town.log().await;
    assert_eq!(world.campaign.configured().unwrap().areas[0].envelope_cents, euros(200_000));
}

#[tokio::test]
async fn a_campaign_that_cannot_be_run_leaves_no_log() {
    let town = Town::new(1);
    let broken = Configuration { areas: vec![], ..configuration() };
    let asked = request(town.executor.entropy().uuid(), &coordinator(), vec![]);
    let error = town.executor.open_campaign(ORIGIN, broken, asked).await.unwrap_err();
    assert_eq!(error.code(), "CONFIGURATION_INVALID");
    assert!(town.executor.store().logs().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_campaign_and_a_strange_clock_are_named() {
    let town = Town::new(1);
    let error = town.ask(&coordinator(), publish()).await.unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_CAMPAIGN");
    assert!(error.to_string().contains(CODE), "{error}");

    let town = Town::at(Phase::Ideation).await;
    let Clock::Simulated(seconds) = town.executor.clock() else { panic!("the test sets the clock") };
    seconds.store(i64::MAX, std::sync::atomic::Ordering::Relaxed);
    let error = town.ask(&citizen("c-1"), deposit("p-1", "c-1")).await.unwrap_err();
    assert_eq!(error.code(), "CLOCK_OUT_OF_RANGE");
}

#[tokio::test]
async fn the_whole_sample_campaign_is_lived_on_a_store() {
    let town = Town::new(1);
    let story = Story::whole();
    town.live(&story).await;
    let (world, records) = town.log().await;
    let told: Vec<_> = story.lines.iter().map(|line| &line.event).collect();
    let written: Vec<_> = records.iter().map(|record| &record.event).collect();
    assert_eq!(written, told);
    assert_eq!(world.campaign, story.world.campaign);
    assert_eq!(world.ballots, story.world.ballots);
}

#[tokio::test]
async fn a_request_is_done_whole_or_not_at_all() {
    let town = Town::at(Phase::PostIdeation).await;
    let before = town.log().await.1.len();
    let id = || town.executor.entropy().uuid();
    let both = |last| vec![form("q-1", "ALL", &["p-1", "p-2"]), merge("p-1", "q-1"), merge(last, "q-1")];
    let refused = town.executor.execute(CODE, request(id(), &coordinator(), both("p-3"))).await.unwrap_err();
    assert_eq!(refused.code(), "NOT_FOUND");
    assert_eq!(town.log().await.1.len(), before);
    let receipt = town.executor.execute(CODE, request(id(), &coordinator(), both("p-2"))).await.unwrap();
    assert_eq!(receipt.last.unwrap() - receipt.first.unwrap(), 2);
    // A merge that comes later, alone, finds its project.
    town.ask(&coordinator(), form("q-2", "ALL", &["p-3"])).await.unwrap();
    town.ask(&coordinator(), merge("p-3", "q-2")).await.unwrap();
    assert_eq!(town.log().await.0.proposals[&crate::support::sample::id("p-3")].projects.len(), 1);
}

#[tokio::test]
async fn a_past_result_is_recorded_on_the_projects_of_the_log() {
    let town = Town::new(1);
    let mut past = imported();
    past.calendar.retain(|period| period.phase == Phase::Result);
    let asked = request(town.executor.entropy().uuid(), &system(), vec![]);
    town.executor.open_campaign(ORIGIN, past, asked).await.unwrap();
    town.ask(&system(), form("q-1", "ALL", &[])).await.unwrap();
    let result = |winner: &str| {
        let winners = vec![id(winner)];
        let areas = vec![AreaResult {
            area: id("ALL"),
            winners,
            spent_cents: euros(1),
            counted: 0,
            invalid: 0,
            received: Vec::new(),
        }];
        Command::Campaign(campaign::Command::RecordResult { areas })
    };
    let refused = town.ask(&system(), result("q-1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::ProjectNotAdmitted.as_str());
    town.ask(&system(), admit_for("q-1", 1, false)).await.unwrap();
    town.ask(&system(), result("q-1")).await.unwrap();
    town.ask(&system(), open(Phase::Result)).await.unwrap();
    town.ask(&system(), open_site("s-1", "q-1", "ALL")).await.unwrap();
    town.log().await;
}

#[tokio::test]
async fn the_lot_is_drawn_from_the_log_as_the_box_was_closed() {
    let town = Town::at(Phase::PostVote).await;
    assert_eq!(town.executor.head_at_close(CODE).await.unwrap(), None);
    let closed = town.ask(&returning(), close_box()).await.unwrap();
    town.ask(&system(), close(Phase::PostVote)).await.unwrap();
    let (size, root) = town.executor.head_at_close(CODE).await.unwrap().unwrap();
    assert_eq!(size, closed.last.unwrap() + 1);
    let leaves: Vec<_> = town.log().await.1.iter().map(|record| record.leaf_hash).collect();
    let mut tree = transparency::Frontier::new();
    leaves[..usize::try_from(size).unwrap()].iter().for_each(|leaf| tree.push(*leaf));
    assert_eq!(root, tree.root());
}
