//! Words are deleted from the store, and the campaign goes on.

use crate::support::sample::*;
use crate::support::story::Story;
use crate::town::Town;
use domain::phase::Phase;
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
