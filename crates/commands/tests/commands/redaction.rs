//! Words are deleted from the store, and the campaign goes on.

use crate::support::kept::*;
use crate::support::sample::*;
use crate::support::story::Story;
use crate::town::Town;
use domain::phase::Phase;
use domain::redaction::Ground;
use domain::roles::Office;
use domain::{Record, Role};
use event_store::Redaction;

#[tokio::test]
async fn a_campaign_goes_on_after_all_its_words_are_deleted() {
    let town = Town::at(Phase::Vote).await;
    town.ask(&coordinator(), close_because(Phase::Vote, "La neige")).await.unwrap();
    let store = town.executor.store();
    let log = town.executor.log(CODE).await.unwrap();
    let head = store.head(log).await.unwrap();
    let stored = store.read(log, 0, u64::MAX).await.unwrap();
    let targets = stored.iter().flat_map(|event| {
        let target = |path: &String| Redaction { position: event.position, path: path.clone() };
        event.disclosed.iter().map(|value| target(&value.path)).collect::<Vec<_>>()
    });
    let targets: Vec<_> = targets.collect();
    let words = u64::try_from(targets.len()).unwrap();
    assert_eq!(store.redact(log, targets).await.unwrap(), words);
    assert!(words > 50, "{words}");

    // `log` checks that every event is still lawful; the root is the same.
    let (_, records) = town.log().await;
    assert_eq!(records.iter().map(|record| record.redacted).sum::<usize>(), usize::try_from(words).unwrap());
    assert_eq!(store.head(log).await.unwrap(), head);
    let story = Story::at(Phase::Vote);
    assert_eq!(records.len(), story.lines.len() + 1);
    // Another programme loads the redacted streams and decides on them.
    let other = town.again(2);
    for (actor, command) in [(system(), open(Phase::PostVote)), (returning(), close_box()), (returning(), draw("7"))] {
        crate::town::ask(&other, &actor, command).await.unwrap();
    }
    crate::town::ask(&other, &returning(), proclaim()).await.unwrap();
    town.log().await;
}

#[tokio::test]
async fn what_an_event_removes_is_deleted_and_an_interrupted_deletion_is_made_up_for() {
    let town = Town::new(3);
    town.live(&Story::kept_whole()).await;
    let (world, records) = town.log().await;
    assert_eq!(world.campaign.redacted.values().map(std::collections::BTreeSet::len).sum::<usize>(), 3);
    let left = |records: &[Record]| {
        let there = |record: &Record| record.hidden.len() - record.gone.len();
        let named = records.iter().filter(|record| world.campaign.redacted.contains_key(&record.position));
        named.map(there).sum::<usize>()
    };
    // Of the first proposal only what nobody removed is still there.
    assert_eq!(left(&records), 1);
    assert_eq!(town.executor.carry_out_redactions(CODE).await.unwrap(), 0);

    // A removal whose deletion never came.
    let first = world.texts.iter().find(|(_, text)| text.actor == "c-2").map(|(position, _)| *position).unwrap();
    let (executor, id) = (town.executor.clone(), town.executor.entropy().uuid());
    let remove = redact(&[(first, "/data/deposit/title")], Ground::Retention);
    let asked = [crate::town::request(id, &system(), vec![remove])];
    let written = tokio::task::spawn_blocking(move || executor.execute_all_blocking(CODE, &asked)).await.unwrap();
    assert!(written.unwrap()[0].is_ok());
    let gone = |records: &[Record]| records[usize::try_from(first).unwrap()].gone.len();
    assert_eq!(gone(&town.log().await.1), 0);
    assert_eq!(town.again(4).carry_out_redactions(CODE).await.unwrap(), 1);
    assert_eq!(gone(&town.log().await.1), 1);
    assert_eq!(town.executor.carry_out_redactions(CODE).await.unwrap(), 0);
}

#[tokio::test]
async fn a_revocation_is_seen_by_the_next_command() {
    let town = Town::new(5);
    town.live(&Story::founded()).await;
    let other = town.again(6);
    // Both programmes know the campaign as it was.
    crate::town::ask(&other, &second_coordinator(), open(Phase::PreIdeation)).await.unwrap();
    town.ask(&coordinator(), revoke(&second_coordinator(), Office::of(Role::Coordinator))).await.unwrap();
    let asked = grant(&actor("agent-50", Role::Analyst), Office::of(Role::Analyst));
    let no = crate::town::ask(&other, &second_coordinator(), asked).await.unwrap_err();
    assert_eq!(no.code(), "ROLE_NOT_HELD");
}
