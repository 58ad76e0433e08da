//! The past: each version of it says what was said then, except what may no longer be said; what changed
//! between two moments, the history of each object, and what the log tells of itself.

use crate::town::{COORDINATOR, OFFICER, SECOND, Town, json_of};
use crate::walk::{as_of, ask, blotted, everything};
use api::event_words;
use api::past::Limits;
use api::read_model::ReadModel;
use api::server::{Options, router};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::rejection::Language;
use domain::{Event, StreamKind};
use projections::Model;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use transparency::{Policy, Receipt};

const ADA: &str = "CITIZEN:ada";
const BOB: &str = "CITIZEN:bob";
const MOD: &str = "MODERATOR:moe";

/// The position of the last event.
async fn last(town: &Town) -> u64 {
    town.store.logs().await.unwrap()[0].size - 1
}

/// Another server on the same log, which keeps versions of the past a few events apart.
async fn closely(town: &Town, versions: usize, spacing: u64) -> Town {
    let limits = Limits { versions, spacing, mebibytes: 64 };
    let model = ReadModel::open_within(town.store.clone(), None, limits, |_| {}).await.unwrap();
    let options = Options::new("127.0.0.1:0".parse().unwrap(), "town.example/", town.folder.path());
    let routes = router(Arc::clone(&model), Some(town.executor.clone()), &options, town.people.as_ref()).unwrap();
    Town::reading(routes, town, model)
}

async fn comment(town: &Town, actor: &str, proposal: &str, text: &str) -> String {
    let input = json!({ "on": proposal, "text": text, "authorName": "Quelqu’un" });
    let payload = town.done(actor, "postComment", input, "comment { id }").await;
    payload["comment"]["id"].as_str().unwrap().to_owned()
}

/// What was said at a moment: the position of the last event then, and each answer to each question.
struct Said {
    position: u64,
    answers: Vec<(String, String)>,
}

async fn said(town: &Town, actor: &str) -> Said {
    Said { position: last(town).await, answers: everything(town, actor).await }
}

/// The body of an answer, without the places of its errors in the query.
fn body(answer: &str) -> Value {
    let mut body: Value = serde_json::from_str(answer.lines().last().unwrap()).unwrap();
    let errors = body["errors"].as_array_mut().into_iter().flatten();
    errors.filter_map(Value::as_object_mut).for_each(|error| drop(error.remove("locations")));
    body
}

#[tokio::test]
async fn each_version_of_the_past_says_what_was_said_then() {
    let town = Town::configured().await;
    let mut then = vec![said(&town, "").await];
    let (town, [a, b, _]) = town.vote_opens().await;
    then.push(said(&town, "").await);
    town.vote("eva", &[&a, &b]).await;
    town.vote("max", &[&b]).await;
    then.push(said(&town, "").await);
    town.proclaim().await;
    then.push(said(&town, "").await);
    let (mut same, mut costly) = (0, 0);
    for Said { position, answers } in &then {
        for (query, answer) in answers {
            let Some(query) = as_of(query, *position) else { continue };
            let now = blotted(&ask(&town, "", &query).await);
            if now.contains("QUERY_TOO_COSTLY") {
                costly += 1;
                continue;
            }
            assert_eq!(body(&now), body(answer), "{query}");
            same += 1;
        }
    }
    assert!(same > 400 && costly * 10 < same, "{same} answers, {costly} too costly to be asked of the past");
}

#[test]
fn whatever_is_kept_and_however_far_apart_the_past_is_the_same() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let town = runtime.block_on(async {
        let (town, [a, b, c]) = Town::voting().await;
        for (voter, choices) in [("v1", vec![&a]), ("v2", vec![&b, &c]), ("v3", vec![&c])] {
            town.vote(voter, &choices).await;
        }
        town.proclaim().await;
        town
    });
    let size = runtime.block_on(last(&town)) + 1;
    let query = |position: u64| {
        format!(
            r#"{{ campaign(code: "T26", asOf: {{ position: {position} }}) {{ title currentPhase countsArePublic
            statistics {{ proposals projects projectsOnBallot voters winners }} grants {{ agent role }}
            phases {{ phase opened {{ moment {{ at }} }} closed {{ moment {{ at }} }} }} log {{ size root at events(last: 3) {{ nodes {{
            position type leafHash withheld }} }} }} turnout {{ byChannel {{ channel }} }}
            proposals(first: 5) {{ nodes {{ reference title state lineage {{ projects {{ title state }} }} }} }}
            projects(first: 5) {{ nodes {{ title state cost number elected }} }}
            results {{ areas {{ spent projects(first: 5) {{ nodes {{ rank score elected }} }} }} }} }} }}"#
        )
    };
    let plain = runtime.block_on(closely(&town, 0, 1));
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let strategy = (1_usize..12, 1_u64..9, proptest::collection::vec(0..size, 1..6));
    let tried = runner.run(&strategy, |(versions, spacing, positions)| {
        runtime.block_on(async {
            let other = closely(&town, versions, spacing).await;
            for position in positions {
                let expected = plain.answer("", &query(position), json!({})).await;
                prop_assert!(expected.get("errors").is_none(), "{expected}");
                prop_assert_eq!(&other.answer("", &query(position), json!({})).await, &expected);
                let root = other.store.read_with(move |reader| reader.root_at(event_store::LogId(1), position + 1));
                let log = &expected["data"]["campaign"]["log"];
                if !expected["data"]["campaign"].is_null() {
                    prop_assert_eq!(&log["root"], &json!(root.await.unwrap().to_string()));
                    prop_assert_eq!(&log["size"], &json!(position + 1));
                }
            }
            let held: usize = other.read_model.past_held().values().map(|(count, _)| count).sum();
            prop_assert!(held <= versions, "{held} are kept, {versions} may be");
            Ok(())
        })
    });
    tried.unwrap();
}

#[tokio::test]
async fn what_was_removed_since_is_in_no_version_of_the_past() {
    let secrets = ["Zanzibar", "Quelqu’une", "Ouagadougou", "Vladivostok"];
    let [title, name, hidden, talk] = secrets;
    let town = Town::configured().await;
    town.grant(MOD).await;
    town.open("IDEATION").await;
    let by_court = town.deposit("ada", title).await;
    let out_of_view = town.deposit("bob", hidden).await;
    let said_there = comment(&town, BOB, &by_court, talk).await;
    let commented = town.done(
        ADA,
        "postComment",
        json!({ "on": out_of_view, "text": "Oui.", "authorName": name }),
        "comment { id }",
    );
    let named = commented.await["comment"]["id"].as_str().unwrap().to_owned();
    let before = last(&town).await;
    let town = closely(&town, 50, 1).await;
    let questions: Vec<String> =
        everything(&town, "").await.iter().filter_map(|(query, _)| as_of(query, before)).collect();
    // The versions are in memory, with all that was typed.
    let list = format!(
        r#"{{ proposals(campaign: "T26", first: 5, asOf: {{ position: {before} }}) {{ totalCount nodes {{ title comments(first: 3) {{ totalCount nodes {{ text authorName }} }}
        removals {{ ground }} }} }} }}"#
    );
    let shown = town.ask(&list).await.to_string();
    let held = format!("{:?}", town.read_model);
    assert!(secrets.iter().all(|secret| shown.contains(secret) && held.contains(secret)), "{shown}");

    let redact = json!({ "object": by_court, "fields": ["title"], "ground": "COURT_ORDER" });
    town.agreed(MOD, "redactTexts", redact, "campaign { code }").await;
    let redact = json!({ "object": named, "fields": ["authorName"], "ground": "PERSONAL_DATA" });
    town.agreed(COORDINATOR, "redactTexts", redact, "campaign { code }").await;
    let remove = |object: &str| json!({ "content": object, "reason": "Hors sujet." });
    town.done(MOD, "removeContent", remove(&out_of_view), "").await;
    town.done(MOD, "removeContent", remove(&said_there), "").await;
    let now = last(&town).await;
    town.read_model.wait_for("T26", now).await.unwrap();

    let held = format!("{:?}", town.read_model);
    assert!(!held.contains(title) && !held.contains(name), "removed texts are in no version that is kept");
    for question in &questions {
        let told = ask(&town, "", question).await;
        let found: Vec<_> = secrets.iter().filter(|secret| told.contains(**secret)).collect();
        assert!(found.is_empty(), "{found:?} in {question}: {told}");
    }
    let shown = town.answer("", &list, json!({})).await["data"]["proposals"].take();
    assert_eq!(shown["totalCount"], 1, "{shown}");
    assert_eq!(shown["nodes"][0]["title"], Value::Null);
    assert_eq!(shown["nodes"][0]["removals"], json!([{ "ground": "COURT_ORDER" }]));
    assert_eq!(shown["nodes"][0]["comments"], json!({ "totalCount": 0, "nodes": [] }));
    // Who moderates now sees what is out of view, as it stood; nobody sees what was removed.
    let shown = town.answer(MOD, &list, json!({})).await["data"]["proposals"].take().to_string();
    assert!(
        shown.contains(hidden) && shown.contains(talk) && !shown.contains(title) && !shown.contains(name),
        "{shown}"
    );

    // The list of removals is public, the proofs still hold.
    let log = town
        .answer(
            "",
            r#"{ log(campaign: "T26") { size root removals(first: 10) { totalCount nodes { ground groundInWords texts { position path }
            event { position at actorRole inWords { french english } proof { root size } } } } } }"#,
            json!({}),
        )
        .await["data"]["log"]
        .take();
    let nodes = log["removals"]["nodes"].as_array().unwrap();
    let grounds: Vec<_> = nodes.iter().map(|node| node["ground"].as_str().unwrap()).collect();
    assert_eq!(grounds, ["COURT_ORDER", "PERSONAL_DATA"]);
    assert_eq!(nodes[0]["texts"][0]["path"], "/data/deposit/title");
    assert_eq!(nodes[0]["groundInWords"], "court order");
    assert_eq!(nodes[0]["event"]["inWords"]["french"], "Textes retirés : 1 (décision de justice).");
    assert_eq!(nodes[0]["event"]["proof"]["root"], log["root"]);
    assert_eq!(log["root"].as_str().unwrap().len(), 64);
    town.rebuilt_is_live().await;
}

#[tokio::test]
async fn rights_are_those_of_now_whatever_moment_is_asked_about() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let proposal = town.deposit("ada", "Caché").await;
    town.done(COORDINATOR, "removeContent", json!({ "content": proposal, "reason": "Hors sujet." }), "").await;
    let without = last(&town).await;
    town.grant(MOD).await;
    let with = last(&town).await;
    let look = |position: u64| {
        format!(
            r#"{{ campaign(code: "T26", asOf: {{ position: {position} }}) {{ moderation {{ reports(first: 1) {{ totalCount }} }} }} }}"#
        )
    };
    let may = async |position| town.answer(MOD, &look(position), json!({})).await.get("errors").is_none();
    assert!(may(without).await, "a moderator of now reads what came before");
    let revoke = json!({ "campaign": "T26", "agent": town.known(MOD).await.agent_id, "role": "MODERATOR" });
    town.done(COORDINATOR, "revokeRole", revoke, "").await;
    assert!(!may(with).await, "nobody reads with a role of the past");
    let refused = town.answer(MOD, &look(with), json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "PERMISSION_MISSING");
}

#[tokio::test]
async fn counts_that_were_not_public_then_are_not_public_in_the_past() {
    let (town, [a, b, _]) = Town::voting().await;
    town.vote("eva", &[&a]).await;
    town.vote("max", &[&a, &b]).await;
    let voted = last(&town).await;
    town.proclaim().await;
    let query = |of: &str| {
        format!(
            r#"{{ campaign(code: "T26"{of}) {{ countsArePublic statistics {{ voters winners }} results {{ areas {{ spent }} }}
            log {{ attestedTables {{ name digest }} events(type: "BallotCast") {{ nodes {{ withheld data leaf }} }} }} }} }}"#
        )
    };
    let now = town.ask(&query("")).await["campaign"].take();
    assert_eq!((&now["countsArePublic"], &now["statistics"]["voters"]), (&json!(true), &json!(2)));
    assert!(now["log"]["events"]["nodes"][0]["data"].is_object(), "{now}");
    assert!(now["log"]["attestedTables"].as_array().unwrap().len() >= 17);
    let then = town.ask(&query(&format!(", asOf: {{ position: {voted} }}"))).await["campaign"].take();
    let silent =
        json!({ "countsArePublic": false, "statistics": { "voters": null, "winners": null }, "results": null });
    for (name, value) in silent.as_object().unwrap() {
        assert_eq!(&then[name], value, "{name}");
    }
    assert_eq!(then["log"]["events"]["nodes"][0], json!({ "withheld": true, "data": null, "leaf": null }));
    assert_eq!(then["log"]["attestedTables"], Value::Null);
}

#[tokio::test]
async fn a_moment_is_a_position_or_a_minute_and_each_field_gets_its_own() {
    let town = Town::configured().await;
    let configured = last(&town).await;
    let at = |text: &str| town.executor.clock().set(text.parse().unwrap());
    at("2026-03-02T10:00:30Z");
    town.open("IDEATION").await;
    at("2026-03-03T10:00:30Z");
    town.deposit("ada", "Un banc").await;
    at("2026-03-04T10:00:30Z");
    town.deposit("bob", "Une mare").await;
    let end = last(&town).await;
    let of = |moment: &str| format!(r#"proposals(campaign: "T26", asOf: {{ {moment} }}) {{ nodes {{ title }} }}"#);
    let query = format!(
        r#"{{ a: {} b: {} c: {} d: proposals(campaign: "T26") {{ totalCount }} e: {} f: {} }}"#,
        of(&format!("position: {configured}")),
        of(r#"at: "2026-03-03T10:00:00Z""#),
        of(r#"at: "2026-03-03T09:59:59Z""#),
        of(r#"at: "2030-01-01T00:00:00Z""#),
        of(r#"at: "2020-01-01T00:00:00Z""#),
    );
    let answer = town.answer("", &query, json!({})).await;
    let titles = |field: &str| {
        let nodes = answer["data"][field]["nodes"].as_array();
        nodes.map(|nodes| nodes.iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(titles("a"), Some(vec![]), "{answer}");
    assert_eq!(titles("b"), Some(vec!["Un banc".to_owned()]));
    assert_eq!(titles("c"), Some(vec![]));
    assert_eq!(answer["data"]["d"]["totalCount"], 2);
    assert_eq!(titles("e").map(|titles| titles.len()), Some(2));
    assert_eq!(answer["data"]["f"], Value::Null, "there was no campaign yet");
    let logs = answer["extensions"]["parvis"]["logs"].as_array().unwrap();
    let positions: Vec<u64> = logs.iter().map(|log| log["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, [configured, configured + 1, configured + 2, end, end], "{logs:?}");

    assert_eq!(town.fault(&format!("{{ {} }}", of(&format!("position: {}", end + 1)))).await, "POSITION_OUT_OF_RANGE");
    assert_eq!(town.fault(r#"{ campaigns(asOf: { position: 1 }) { totalCount } }"#).await, "INPUT_INVALID");
    assert_eq!(town.fault(r#"{ viewer(asOf: { position: 1 }) { agentId } }"#).await, "NO_PAST");
    let readings = r#"{ readings(campaign: "T26", asOf: { at: "2026-03-03T10:00:00Z" }) { number } }"#;
    assert_eq!(town.fault(readings).await, "NO_PAST");
    let all = r#"{ campaigns(asOf: { at: "2026-03-02T00:00:00Z" }) { nodes { code currentPhase } } }"#;
    assert_eq!(town.ask(all).await["campaigns"]["nodes"], json!([{ "code": "T26", "currentPhase": null }]));
    let never = r#"{ campaign(code: "NEVER", asOf: { position: 0 }) { code } }"#;
    assert_eq!(town.ask(never).await["campaign"], Value::Null);
    let both = format!("{{ {} }}", of(r#"position: 1, at: "2026-03-02T00:00:00Z""#));
    assert!(town.answer("", &both, json!({})).await.get("errors").is_some(), "one of the two");
    let ten: Vec<String> = (0..11).map(|n| format!("p{n}: {}", of(&format!("position: {n}")))).collect();
    assert!(town.answer("", &format!("{{ {} }}", ten.join(" ")), json!({})).await.get("errors").is_some());
}

#[tokio::test]
async fn what_changed_between_two_moments_is_told_object_by_object() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let bench = town.deposit("ada", "Un banc").await;
    let from = last(&town).await;
    let pond = town.deposit("bob", "Une mare").await;
    comment(&town, BOB, &bench, "Ici ?").await;
    town.done(ADA, "withdrawProposal", json!({ "proposal": bench, "reason": "Fait ailleurs." }), "").await;
    let to = last(&town).await;
    town.close("IDEATION").await;
    let fields = "totalCount pageInfo { endCursor hasNextPage } nodes { kind reference count object { id } events(first: 2) { type position at actorRole inWords { french english } } }";
    let ask = async |given: &str| {
        town.ask(&format!(r#"{{ changes(campaign: "T26", {given}) {{ {fields} }} }}"#)).await["changes"].take()
    };
    let told = ask(&format!("from: {{ position: {from} }}, to: {{ position: {to} }}, first: 10")).await;
    let nodes = told["nodes"].as_array().unwrap();
    let brief: Vec<_> =
        nodes.iter().map(|node| (node["kind"].as_str().unwrap(), node["count"].as_u64().unwrap())).collect();
    assert_eq!(brief, [("PROPOSAL", 1), ("COMMENT", 1), ("PROPOSAL", 1)], "{told}");
    assert_eq!((&nodes[0]["object"]["id"], &nodes[2]["object"]["id"]), (&json!(pond), &json!(bench)));
    let event = &nodes[2]["events"][0];
    assert_eq!((event["type"].as_str(), event["actorRole"].as_str()), (Some("ProposalWithdrawn"), Some("CITIZEN")));
    assert_eq!(event["inWords"]["english"], "Withdrawn by whoever deposited it.");
    let first = ask(&format!("from: {{ position: {from} }}, first: 2")).await;
    assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)));
    let after = first["pageInfo"]["endCursor"].as_str().unwrap();
    let rest = ask(&format!(r#"from: {{ position: {from} }}, first: 10, after: "{after}""#)).await;
    let kinds: Vec<_> = rest["nodes"].as_array().unwrap().iter().map(|node| node["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["PROPOSAL", "CAMPAIGN"]);
    let turned = format!(
        r#"{{ changes(campaign: "T26", from: {{ position: {to} }}, to: {{ position: {from} }}) {{ totalCount }} }}"#
    );
    assert_eq!(town.fault(&turned).await, "INPUT_INVALID");

    // The history of one of them, page by page.
    let history = async |first: u32, after: &str| {
        let query = format!(
            r#"{{ node(id: "{bench}") {{ ... on Proposal {{ history(first: {first}, after: {after}) {{ totalCount
            pageInfo {{ endCursor }} nodes {{ type position inWords {{ french }} }} }} }} }} }}"#
        );
        town.ask(&query).await["node"]["history"].take()
    };
    let one = history(1, "null").await;
    assert_eq!((&one["totalCount"], &one["nodes"][0]["position"]), (&json!(2), &json!(from)));
    assert_eq!(one["nodes"][0]["inWords"]["french"], "Dépôt de la proposition.");
    let two = history(5, &one["pageInfo"]["endCursor"].to_string()).await;
    assert_eq!(two["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(two["nodes"][0]["type"], "ProposalWithdrawn");
    let campaign = town.ask(r#"{ campaign(code: "T26") { history(first: 100) { totalCount nodes { type } } } }"#).await;
    let types: Vec<_> =
        campaign["campaign"]["history"]["nodes"].as_array().unwrap().iter().map(|node| node["type"].clone()).collect();
    assert_eq!((&types[0], types.last().unwrap()), (&json!("CampaignConfigured"), &json!("PhaseClosed")));
}

#[tokio::test]
async fn a_receipt_can_be_downloaded_and_is_checked_without_the_server() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let input = crate::town::proposal("Un banc");
    let receipt = town.done(ADA, "depositProposal", input, "receipt { url }").await["receipt"].take();
    let (position, url) = (receipt["position"].as_u64().unwrap(), receipt["url"].as_str().unwrap());
    assert_eq!(url, format!("/c/T26/receipts/{position}.tlog-proof"));
    let get = async |path: &str| town.send(Request::get(path).body(Body::empty()).unwrap()).await;
    let (status, body) = json_of(get(url).await).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::NOT_FOUND, &json!("NOT_PUBLISHED_YET")));

    let head = town.store.logs().await.unwrap().remove(0);
    let key = town.folder.path().join("notary.key");
    let (store, entropy) = (town.store.clone(), commands::Entropy::seeded(7));
    let (signing, of) = (key.clone(), head.clone());
    let signed = tokio::task::spawn_blocking(move || api::notary::sign(&store, &signing, &of, &entropy));
    let note = signed.await.unwrap().unwrap();
    let response = get(url).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-disposition"].to_str().unwrap().contains("T26-"));
    let text = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    let kept = Receipt::parse(&text).unwrap();
    assert_eq!((kept.index, &kept.checkpoint), (position, &note));
    let signer = api::keys::signer(&key, &head.origin, &commands::Entropy::seeded(7)).unwrap();
    let policy = Policy::of_log(signer.verifier().clone());
    let leaf: transparency::Hash = receipt["leafHash"].as_str().unwrap().parse().unwrap();
    assert_eq!(kept.check(&leaf, &policy).unwrap().0.size, head.size);
    assert!(kept.check(&transparency::Hash::of(&[b"another"]), &policy).is_err());

    let query = format!(
        r#"{{ log(campaign: "T26") {{ size checkpoint {{ size root note signatures {{ name key cosigned }} }}
        proof(position: {position}) {{ position size text url }} event(position: {position}) {{ receipt {{ text }} }}
        minute: events(since: "2026-03-01T09:30:00Z", until: "2026-03-01T09:30:00Z") {{ totalCount }}
        later: events(since: "2026-03-01T09:31:00Z") {{ totalCount }} before: events(until: "2026-03-01T09:29:00Z") {{ totalCount }} }} }}"#
    );
    let log = town.ask(&query).await["log"].take();
    assert_eq!((&log["checkpoint"]["size"], &log["checkpoint"]["note"]), (&json!(head.size), &json!(note)));
    assert_eq!(log["checkpoint"]["root"], json!(head.root.to_string()));
    let signatures = log["checkpoint"]["signatures"].as_array().unwrap();
    assert_eq!((signatures.len(), &signatures[0]["name"]), (1, &json!(head.origin)));
    assert_eq!((&log["proof"]["text"], &log["event"]["receipt"]["text"]), (&json!(text), &json!(text)));
    let whole = log["size"].as_u64().unwrap();
    let counts = ["before", "minute", "later"].map(|name| log[name]["totalCount"].as_u64().unwrap());
    assert_eq!(counts.iter().sum::<u64>(), whole, "{counts:?}");
    assert!(counts[1] > 0, "{counts:?}");
    for (path, code) in [
        ("/c/T26/receipts/999999.tlog-proof", "NOT_FOUND"),
        ("/c/T26/receipts/01.tlog-proof", "NOT_FOUND"),
        ("/c/T26/receipts/1", "NOT_FOUND"),
        ("/c/NEVER/receipts/1.tlog-proof", "NOT_FOUND"),
    ] {
        let (status, body) = json_of(get(path).await).await;
        assert_eq!((status, &body["error"]["code"]), (StatusCode::NOT_FOUND, &json!(code)), "{path}");
    }
    assert_eq!(
        town.fault(r#"{ log(campaign: "T26") { proof(position: 99999) { text } } }"#).await,
        "POSITION_OUT_OF_RANGE"
    );
}

/// The events of the golden files, each with the texts that people typed in it.
fn golden() -> Vec<(String, Event, Vec<String>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events");
    let mut events = Vec::new();
    for version in [1_u32, 2] {
        for entry in std::fs::read_dir(folder.join(format!("v{version}"))).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let mut document: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let mut data = document["data"].take();
            let hidden = document["disclosed"].as_object().unwrap().clone();
            hidden.iter().for_each(|(path, value)| transparency::join(&mut data, path, value.clone()).unwrap());
            let read = |kind| Event::decode(kind, &name, version, data.clone()).ok();
            let event = StreamKind::ALL.into_iter().find_map(read).unwrap_or_else(|| panic!("{name} isn't read"));
            let typed = hidden.values().filter_map(|value| value.as_str().map(str::to_owned)).collect();
            events.push((name, event, typed));
        }
    }
    events
}

#[test]
fn every_event_has_a_sentence_that_repeats_nothing_that_was_typed() {
    let model = Model::default();
    let mut types = BTreeSet::new();
    for language in [Language::French, Language::English] {
        let mut said = BTreeSet::new();
        for (name, event, typed) in golden() {
            let sentence = event_words::sentence(&event, &model, language);
            assert!(sentence.ends_with('.') && sentence.chars().count() > 8, "{name}: {sentence}");
            // The title of news and of documents is what a site's page tells, and is gone when it is removed.
            let titled = ["NewsPosted", "DocumentAdded"].contains(&name.as_str());
            for text in typed.iter().filter(|text| text.chars().count() > 3 && !titled) {
                assert!(!sentence.contains(text.as_str()), "{name} repeats {text}: {sentence}");
            }
            assert!(
                said.insert(sentence.clone()) || !types.insert(name.clone()) || name == "LotSeedDrawn",
                "{name} says what another says: {sentence}"
            );
        }
    }
    assert!(types.is_empty() || types.len() < 4, "{types:?}");
}

#[tokio::test]
async fn an_urn_of_a_past_version_is_as_silent_as_it_was() {
    let (town, [a, _, _]) = Town::voting().await;
    town.vote("eva", &[&a]).await;
    let then = last(&town).await;
    let step = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
    town.agreed(COORDINATOR, "closePhase", step, "").await;
    for actor in ["", OFFICER, SECOND] {
        let query = format!(
            r#"{{ campaign(code: "T26", asOf: {{ position: {then} }}) {{ papersInBox currentPhase countsArePublic }} }}"#
        );
        let answer = town.answer(actor, &query, json!({})).await["data"]["campaign"].take();
        assert_eq!((&answer["currentPhase"], &answer["countsArePublic"]), (&json!("VOTE"), &json!(false)), "{answer}");
    }
}
