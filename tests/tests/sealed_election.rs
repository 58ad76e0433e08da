//! A simulated election, from the key ceremony to the proclaimed result, on both engines: every count is as
//! everybody meant it, and nobody can be linked to a ballot afterwards.
//!
//! The same at full size, 125,000 voters and 300 polling places: `parvis-bench election`.

#![allow(clippy::expect_used)]

use tests::sealed_election::hold;
use tests::sealed_links::Place;
use tests::sealed_voters::Scale;

const SMALL: Scale = Scale { voters: 2_500, places: 15, city: 8, district: 6 };

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_election_is_counted_exactly_and_leaves_no_link() {
    let told = hold(&Place::file(), SMALL).await;
    assert!(told.ballots > 1_000 && told.papers > 3_000, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_election_on_postgres() {
    let place = tokio::task::spawn_blocking(Place::database).await;
    let told = hold(&place.expect("a database server starts"), SMALL).await;
    assert!(told.ballots > 1_000 && told.papers > 3_000, "{told:?}");
}
