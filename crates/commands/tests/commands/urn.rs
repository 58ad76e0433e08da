//! An urn is remembered between batches, and never older than the log.

use crate::support::sample::*;
use crate::support::sealed::publish_ballots;
use crate::support::story::Story;
use crate::town::{Town, ask};
use domain::phase::Phase;

#[tokio::test]
async fn what_another_node_put_into_the_urn_is_seen_before_the_next_batch() {
    let story = Story::sealed_at(Phase::Vote);
    let batch = |of: u8| vec![story.seal("ALL", &[1], of), story.seal("ALL", &[2], of + 1)];
    for town in [Town::new(1), Town::on_postgres(1).await] {
        town.live(&story).await;
        let other = town.again(2);
        town.ask(&system(), publish_ballots("ALL", batch(10))).await.unwrap();
        ask(&other, &system(), publish_ballots("ALL", batch(20))).await.unwrap();
        ask(&other, &system(), publish_ballots("D1", vec![story.seal("D1", &[4], 30), story.seal("D1", &[5], 31)]))
            .await
            .unwrap();
        // The number of the next batch and the ballots that are known are those of the log.
        let again = town.ask(&system(), publish_ballots("ALL", batch(20))).await.unwrap_err();
        assert_eq!(again.code(), "BALLOT_KNOWN");
        town.ask(&system(), publish_ballots("ALL", batch(40))).await.unwrap();
        let (world, _) = town.log().await;
        assert_eq!((world.urn.batches, world.urn.published()), (4, 8));
    }
}

#[tokio::test]
async fn many_batches_at_once_from_two_nodes_are_numbered_without_gaps() {
    let story = Story::sealed_at(Phase::Vote);
    let town = Town::new(1);
    town.live(&story).await;
    let nodes = [town.executor.clone(), town.again(2)];
    let mut writing = tokio::task::JoinSet::new();
    for (n, node) in (0_u8..24).zip(nodes.iter().cycle()) {
        let ballots = vec![story.seal("ALL", &[1], 100 + 2 * n), story.seal("ALL", &[2], 101 + 2 * n)];
        let node = node.clone();
        writing.spawn(async move {
            // As the server does: who loses too many races comes again.
            while let Err(error) = ask(&node, &system(), publish_ballots("ALL", ballots.clone())).await {
                assert_eq!(error.code(), "CONFLICT");
            }
        });
    }
    while let Some(done) = writing.join_next().await {
        done.unwrap();
    }
    let (world, _) = town.log().await;
    assert_eq!((world.urn.batches, world.urn.published()), (24, 48));
}
