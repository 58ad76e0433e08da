//! Several servers on one Postgres store, as a city runs them behind a proxy.

use crate::town::{COORDINATOR, Town, proposal};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// Asks until the answer is this one; a server that follows has it in a moment.
async fn becomes(town: &Town, query: &str, path: &str, wanted: u64) {
    for _ in 0..200 {
        if town.ask(query).await.pointer(path).and_then(serde_json::Value::as_u64) == Some(wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{query} never gave {wanted}");
}

const COUNT: &str = r#"{ proposals(campaign: "T26") { totalCount } }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_writes_the_others_show_and_build_on() {
    let (one, url) = Town::on_postgres().await;
    let one = one.configure().await;
    let two = Town::at(&url, tempfile::tempdir().unwrap(), 1_000).await;
    one.open("IDEATION").await;
    becomes(&two, r#"{ campaign(code: "T26") { log { size } } }"#, "/campaign/log/size", 2).await;
    // The second node has not heard of the campaign by a command of its own, and writes at once.
    two.deposit("ada", "Un banc").await;
    becomes(&one, COUNT, "/proposals/totalCount", 1).await;
    // The phase closes on one node: the other one, which still knows it as open, must not write.
    one.done(COORDINATOR, "closePhase", json!({ "campaign": "T26", "phase": "IDEATION" }), "").await;
    let late = two.carry("CITIZEN:bob", "depositProposal", proposal("Trop tard"), "proposal { reference }").await;
    assert_eq!(late["rejections"][0]["code"], "PHASE_NOT_OPEN", "{late}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_references_are_given_once_by_all_nodes_together() {
    let (one, url) = Town::on_postgres().await;
    let one = one.configure().await;
    one.open("IDEATION").await;
    let two = Town::at(&url, tempfile::tempdir().unwrap(), 1_000).await;
    let crowd = async |town: &Town, name: &str| {
        for person in 0..15 {
            town.deposit(&format!("{name}{person}"), "Une fontaine").await;
        }
    };
    tokio::join!(crowd(&one, "a"), crowd(&two, "b"));
    becomes(&one, COUNT, "/proposals/totalCount", 30).await;
    let data = one.ask(r#"{ proposals(campaign: "T26", first: 100, order: REFERENCE) { nodes { reference } } }"#).await;
    let given = data["proposals"]["nodes"].as_array().unwrap().iter();
    let given: BTreeSet<_> = given.map(|node| node["reference"].as_str().unwrap().to_owned()).collect();
    assert_eq!(given, (1..=30).map(|n| format!("T-{n:06}")).collect());
}
