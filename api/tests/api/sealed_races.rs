//! Casts that race the end of the vote, from several nodes on one store; and publications that race each other.

use crate::sealed::{Page, cast, register, say, sealed_town, voting};
use crate::town::{COORDINATOR, OFFICER, Town};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use transparency::Hash;

/// The digest that a receipt names.
fn promised(note: &str) -> Hash {
    let receipt: Value = serde_json::from_str(note.lines().next().unwrap()).unwrap();
    receipt["ballot"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gets_a_receipt_is_in_the_log_however_the_vote_ends() {
    let (one, url) = Town::on_postgres().await;
    let one = sealed_town(one).await;
    let mut nodes = vec![Arc::new(one)];
    for node in 1..8 {
        nodes.push(Arc::new(Town::at(&url, tempfile::tempdir().unwrap(), node * 100_000).await));
    }
    let page = Arc::new(Page::of(&nodes[0]).await);
    for n in 0..40_u16 {
        register(&nodes[0], n).await;
    }
    let casting = (0..40_u16).map(|n| {
        let (node, page) = (Arc::clone(&nodes[usize::from(n) % nodes.len()]), Arc::clone(&page));
        tokio::spawn(async move {
            let mut given = Vec::new();
            for again in 0..6_u16 {
                let ballot = page.seal("CITY", &[1], n * 10 + again);
                let input = page.input(&[("CITY", ballot)]);
                let answer = say(&node, &format!("CITIZEN:v{n}"), "castSealedBallots", input, "receipts").await;
                match answer["receipts"].as_array() {
                    Some(receipts) => given.extend(receipts.iter().map(|note| promised(note.as_str().unwrap()))),
                    None => {
                        let code = answer["rejections"][0]["code"].as_str().unwrap().to_owned();
                        assert!(["PHASE_NOT_OPEN", "BALLOT_BOX_CLOSED"].contains(&code.as_str()), "{answer}");
                    }
                }
            }
            given
        })
    });
    let casting: Vec<_> = casting.collect();
    // Every node publishes at once, and one ends the vote meanwhile.
    let publishing = nodes.iter().map(|node| {
        let node = Arc::clone(node);
        tokio::spawn(async move {
            for _ in 0..3 {
                voting(&node).step("T26").await.unwrap();
            }
        })
    });
    let publishing: Vec<_> = publishing.collect();
    let end = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
    nodes[0].agreed(COORDINATOR, "closePhase", end, "").await;
    nodes[0].agreed(OFFICER, "closeBallotBox", json!({ "campaign": "T26" }), "campaign { papersInBox }").await;
    let mut promises = BTreeSet::new();
    for task in casting {
        for digest in task.await.unwrap() {
            assert!(promises.insert(digest), "a ballot has one receipt");
        }
    }
    for task in publishing {
        task.await.unwrap();
    }
    let view = Arc::clone(nodes[0].read_model.current().campaign("T26").unwrap());
    let urn = &view.model.urn;
    let there: BTreeSet<Hash> = urn.ballots.values().flat_map(|area| area.keys().copied()).collect();
    assert_eq!(promises, there, "what was promised, and nothing else");
    // Who comes now is too late on every node, also on one that hasn't heard of the end.
    for (n, node) in (0..).zip(&nodes) {
        let input = page.input(&[("CITY", page.seal("CITY", &[2], 9_000 + n))]);
        let late = say(node, &format!("CITIZEN:v{n}"), "castSealedBallots", input, "receipts").await;
        assert_eq!(late["receipts"], Value::Null, "{late}");
    }
    let step = json!({ "campaign": "T26" });
    nodes[0].done(OFFICER, "reconcileRegister", step, "").await;
}

#[tokio::test]
async fn a_row_deleted_from_the_register_shows_when_it_is_compared() {
    let town = sealed_town(Town::new().await).await;
    let page = Page::of(&town).await;
    for n in 0..6_u16 {
        register(&town, n).await;
        cast(&town, &page, n, &[("CITY", page.seal("CITY", &[1], n))]).await;
    }
    let end = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
    town.agreed(COORDINATOR, "closePhase", end, "").await;
    let step = json!({ "campaign": "T26" });
    town.agreed(OFFICER, "closeBallotBox", step.clone(), "").await;
    // The register's rows go at the end of their time: too early for whoever compares so late.
    let vault = &town.people.as_ref().unwrap().vault;
    town.executor.clock().set("2027-03-01T00:00:00Z".parse().unwrap());
    let gone = vault.expire(&vault::Retention::default()).await.unwrap();
    assert_eq!(gone.registers, 6);
    let no = town.refused(OFFICER, "reconcileRegister", step).await;
    assert_eq!((&no["code"], &no["field"]), (&json!("REGISTER_MISMATCH"), &json!("digital")), "{no}");
}
