//! Several servers on one Postgres store, as a city runs them behind a proxy.

use crate::town::{SETTLED, Town, proposal};
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
    becomes(&two, r#"{ campaign(code: "T26") { log { size } } }"#, "/campaign/log/size", SETTLED + 1).await;
    // The second node has not heard of the campaign by a command of its own, and writes at once.
    two.deposit("ada", "Un banc").await;
    becomes(&one, COUNT, "/proposals/totalCount", 1).await;
    // The phase closes on one node: the other one, which still knows it as open, must not write.
    one.close("IDEATION").await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_went_back_is_read_anew_and_not_mixed_with_what_was() {
    let (one, url) = Town::on_postgres().await;
    let one = one.configure().await;
    one.open("IDEATION").await;
    one.deposit("ada", "Un banc").await;
    let psql = |statements: &'static str| {
        let (server, name) = (throwaway_postgres::Server::shared(), url.rsplit('/').next().unwrap().to_owned());
        tokio::task::spawn_blocking(move || server.psql(&name, statements))
    };
    psql("CREATE TABLE earlier AS SELECT * FROM log_heads").await.unwrap();
    one.deposit("bob", "Une fontaine").await;
    one.deposit("eve", "Un arbre").await;
    becomes(&one, COUNT, "/proposals/totalCount", 3).await;
    // As a fail-over to a server that lacked the last two events would leave it.
    psql(
        "ALTER TABLE log_heads DISABLE TRIGGER USER; ALTER TABLE log_events DISABLE TRIGGER USER;
         DELETE FROM log_events WHERE position >= (SELECT size FROM earlier);
         UPDATE log_heads h SET size = e.size, root = e.root, frontier = e.frontier FROM earlier e;
         ALTER TABLE log_heads ENABLE TRIGGER USER; ALTER TABLE log_events ENABLE TRIGGER USER;",
    )
    .await
    .unwrap();
    becomes(&one, COUNT, "/proposals/totalCount", 1).await;
    // What was read of the other log is gone, and the log goes on.
    one.deposit("kim", "Des fleurs").await;
    let two = Town::at(&url, tempfile::tempdir().unwrap(), 1_000).await;
    let titles = r#"{ proposals(campaign: "T26", order: REFERENCE) { nodes { title } } }"#;
    let (first, second) = (one.ask(titles).await, two.ask(titles).await);
    assert_eq!(first, second);
    let shown: Vec<_> = first["proposals"]["nodes"].as_array().unwrap().iter().map(|node| &node["title"]).collect();
    assert_eq!(shown, ["Un banc", "Des fleurs"]);
}
