//! Lists: pages that stay stable, filters, orders, ids, the log's own pages.

use crate::town::{COORDINATOR, SETTLED, Town, proposal};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A town with 25 proposals of three authors' kinds, themes and places.
async fn full() -> Town {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    for number in 0..25 {
        add(&town, number).await;
    }
    town
}

async fn add(town: &Town, number: i32) {
    let mut input = proposal(&format!("Idée numéro {number:02}"));
    input["theme"] = json!(if number % 2 == 0 { "GREEN" } else { "CULTURE" });
    input["area"] = json!(if number % 5 == 0 { "NORTH" } else { "CITY" });
    input["depositor"] = json!(["INDIVIDUAL", "ASSOCIATION", "COLLECTIVE"][usize::try_from(number % 3).unwrap()]);
    input["estimate"] = json!((number * 100_000).to_string());
    input["point"] = json!({ "latitude": 48.8 + f64::from(number) / 100.0, "longitude": 2.35 });
    if number == 7 {
        input["description"] = json!("Une FONTAINE à l’École Élémentaire.");
    }
    town.done("CITIZEN:ada", "depositProposal", input, "").await;
}

fn titles(list: &Value) -> Vec<String> {
    list["nodes"].as_array().unwrap().iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_are_stable_while_the_log_moves() {
    let town = full().await;
    for order in ["NEWEST", "TITLE", "REFERENCE", "RANDOM"] {
        let mut seen = Vec::new();
        let mut after = "null".to_owned();
        let mut pages = 0;
        loop {
            let data = town
                .ask(&format!(
                    r#"{{ proposals(campaign: "T26", order: {order}, seed: "s", first: 7, after: {after}) {{
                    totalCount nodes {{ title }} edges {{ cursor node {{ title }} }}
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"#
                ))
                .await;
            let list = &data["proposals"];
            assert_eq!(list["pageInfo"]["hasPreviousPage"], json!(pages > 0), "{order}");
            seen.extend(titles(list));
            assert_eq!(list["edges"].as_array().unwrap().last().unwrap()["cursor"], list["pageInfo"]["endCursor"]);
            // Somebody deposits between two pages; the total of this walk stays.
            if pages == 0 {
                assert_eq!(
                    list["totalCount"].as_i64().unwrap() % 25,
                    i64::try_from(list["totalCount"].as_u64().unwrap() - 25).unwrap()
                );
                add(&town, 26).await;
            }
            pages += 1;
            if list["pageInfo"]["hasNextPage"] == false {
                assert_eq!(list["totalCount"], json!(seen.len()), "{order}");
                break;
            }
            after = list["pageInfo"]["endCursor"].to_string();
        }
        let mut once = seen.clone();
        once.sort();
        assert_eq!(once.len(), seen.len());
        assert_eq!(
            BTreeSet::from_iter(&seen).len() + seen.iter().filter(|t| t.ends_with("26")).count().saturating_sub(1),
            seen.len(),
            "{order}"
        );
    }
}

#[tokio::test]
async fn pages_go_backwards_too() {
    let town = full().await;
    let page = |args: &str| {
        format!(
            r#"{{ proposals(campaign: "T26", order: REFERENCE, {args}) {{ nodes {{ title }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"#
        )
    };
    let end = town.ask(&page("last: 5")).await;
    assert_eq!(titles(&end["proposals"])[4], "Idée numéro 24");
    assert_eq!(end["proposals"]["pageInfo"]["hasPreviousPage"], true);
    let start = end["proposals"]["pageInfo"]["startCursor"].to_string();
    let before = town.ask(&page(&format!("last: 5, before: {start}"))).await;
    assert_eq!(titles(&before["proposals"]), (15..20).map(|n| format!("Idée numéro {n:02}")).collect::<Vec<_>>());
    let default = town.ask(&page("after: null")).await;
    assert_eq!(titles(&default["proposals"]).len(), 20);
    for (args, code) in [
        ("first: 101", "PAGE_INVALID"),
        ("first: -1", "PAGE_INVALID"),
        ("first: 1, last: 1", "PAGE_INVALID"),
        (r#"after: "!""#, "CURSOR_INVALID"),
        (r#"after: "OTk5OS9ub25l""#, "CURSOR_INVALID"),
    ] {
        assert_eq!(town.fault(&page(args)).await, code, "{args}");
    }
}

#[tokio::test]
async fn filters_hold_together_and_random_is_repeatable() {
    let town = full().await;
    let count = async |filter: &str| {
        let query = format!(r#"{{ proposals(campaign: "T26", filter: {{ {filter} }}, first: 0) {{ totalCount }} }}"#);
        town.ask(&query).await["proposals"]["totalCount"].as_i64().unwrap()
    };
    assert_eq!(count(r#"text: "ecole fontaine""#).await, 1);
    assert_eq!(count(r#"text: "numero 1""#).await, 15, "all words, anywhere");
    assert_eq!(count(r#"areas: ["NORTH"]"#).await, 5);
    assert_eq!(count(r#"areas: ["NORTH"], themes: ["GREEN"]"#).await, 3);
    assert_eq!(count("depositors: [ASSOCIATION, COLLECTIVE]").await, 16);
    assert_eq!(count("states: [DEPOSITED]").await, 25);
    assert_eq!(count("states: [WITHDRAWN, MERGED]").await, 0);
    assert_eq!(count(r#"estimate: { min: "500000", max: "700000" }"#).await, 3);
    assert_eq!(count("within: { south: 48.8, west: 2, north: 48.845, east: 3 }").await, 5);
    assert_eq!(count("accessible: true").await, 0);
    assert_eq!(count(r#"areas: ["NOWHERE"]"#).await, 0);

    let drawn = async |seed: &str| {
        let query = format!(
            r#"{{ proposals(campaign: "T26", order: RANDOM, seed: "{seed}", first: 25) {{ nodes {{ title }} }} }}"#
        );
        titles(&town.ask(&query).await["proposals"])
    };
    let (one, same, other) = (drawn("a").await, drawn("a").await, drawn("b").await);
    assert_eq!(one, same);
    assert_ne!(one, other);
    assert_eq!(BTreeSet::from_iter(one), BTreeSet::from_iter(other));
}

#[tokio::test]
async fn every_kind_of_object_is_found_again_by_its_id() {
    let (town, [a, b, c]) = Town::voting().await;
    town.vote("v1", &[&a, &b]).await;
    town.proclaim().await;
    let site = json!({ "project": c, "title": "Là", "area": "CITY", "budget": "1" });
    town.done(COORDINATOR, "openSite", site, "").await;
    let data = town
        .ask(
            r#"{ campaign(code: "T26") { id areas { id } proposals { nodes { id } } projects { nodes { id } }
        sites { nodes { id } } log { events(first: 2) { nodes { id } } } } }"#,
        )
        .await;
    let campaign = &data["campaign"];
    let ids = [
        ("Campaign", &campaign["id"]),
        ("Area", &campaign["areas"][1]["id"]),
        ("Proposal", &campaign["proposals"]["nodes"][0]["id"]),
        ("Project", &campaign["projects"]["nodes"][2]["id"]),
        ("Site", &campaign["sites"]["nodes"][0]["id"]),
        ("Event", &campaign["log"]["events"]["nodes"][1]["id"]),
    ];
    for (kind, id) in ids {
        let found = town.ask(&format!("{{ node(id: {id}) {{ __typename id }} }}")).await;
        assert_eq!(found["node"], json!({ "__typename": kind, "id": id }));
    }
    let site = town.ask(&format!("{{ site(id: {}) {{ title project {{ title }} }} }}", ids[4].1)).await;
    assert_eq!(site["site"], json!({ "title": "Là", "project": { "title": "C" } }));
    assert_eq!(town.fault(&format!("{{ site(id: {}) {{ title }} }}", ids[3].1)).await, "ID_INVALID");
    assert_eq!(town.fault(r#"{ node(id: "nonsense") { id } }"#).await, "ID_INVALID");
    // Well formed, but of nothing: `Project/T26/none`.
    assert_eq!(town.ask(r#"{ node(id: "UHJvamVjdC9UMjYvbm9uZQ") { id } }"#).await["node"], Value::Null);

    let ordered = async |order: &str| {
        let query = format!(r#"{{ projects(campaign: "T26", order: {order}) {{ nodes {{ title }} }} }}"#);
        titles(&town.ask(&query).await["projects"]).concat()
    };
    let mut orders = BTreeSet::new();
    for (order, expected) in
        [("NUMBER", None), ("TITLE", Some("ABC")), ("LOWEST_COST", Some("CBA")), ("HIGHEST_COST", Some("ABC"))]
    {
        let got = ordered(order).await;
        assert!(expected.is_none_or(|expected| got == expected), "{order}: {got}");
        orders.insert(got);
    }
    assert!(ordered("VOTES").await.ends_with('C'), "C has no vote");
    let some = |filter: &str| format!(r#"{{ projects(campaign: "T26", filter: {{ {filter} }}) {{ totalCount }} }}"#);
    for (filter, count) in [
        (r#"cost: { max: "5000000" }"#, 2),
        ("depositors: [INDIVIDUAL]", 3),
        ("depositors: [ASSOCIATION]", 0),
        ("priorityNeighbourhood: true", 0),
        ("states: [ADMITTED], elected: true", 2),
        (r#"text: "a""#, 1),
    ] {
        assert_eq!(town.ask(&some(filter)).await["projects"]["totalCount"], count, "{filter}");
    }
}

#[tokio::test]
async fn the_log_is_paged_and_filtered() {
    let town = full().await;
    let data = town.ask(r#"{ log(campaign: "T26") { size
        all: events(first: 3) { totalCount nodes { position type sequence stream actorRole } pageInfo { endCursor hasNextPage } }
        type: events(type: "ProposalDeposited", first: 2, from: 9) { totalCount nodes { position } pageInfo { endCursor } }
        none: events(type: "Nothing") { totalCount nodes { position } }
        stream: events(stream: "campaign/T26") { totalCount nodes { type data } }
        both: events(stream: "campaign/T26", type: "PhaseOpened") { totalCount }
        last: events(last: 1) { nodes { position } }
        event(position: 2) { type redacted disclosed { path } } beyond: event(position: 999) { type } } }"#).await;
    let log = &data["log"];
    assert_eq!(log["size"], 31);
    assert_eq!(log["all"]["totalCount"], 31);
    assert_eq!(
        log["all"]["nodes"][0],
        json!({ "position": 0, "type": "CampaignConfigured", "sequence": 1, "stream": "campaign/T26", "actorRole": "COORDINATOR" })
    );
    assert_eq!((&log["type"]["totalCount"], &log["type"]["nodes"][0]["position"]), (&json!(22), &json!(9)));
    assert_eq!(log["none"], json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!((&log["stream"]["totalCount"], &log["both"]["totalCount"]), (&json!(6), &json!(1)));
    assert_eq!(
        log["stream"]["nodes"][0]["data"]["configuration"]["title"], "Budget participatif",
        "disclosed in place"
    );
    assert_eq!(log["last"]["nodes"][0]["position"], 30);
    assert_eq!(log["event"]["redacted"], json!([]));
    assert_eq!(log["beyond"], Value::Null);
    let end = log["type"]["pageInfo"]["endCursor"].to_string();
    let next = town.ask(&format!(r#"{{ log(campaign: "T26") {{ events(type: "ProposalDeposited", from: 9, first: 2, after: {end}) {{ nodes {{ position }} }} }} }}"#)).await;
    assert_eq!(next["log"]["events"]["nodes"], json!([{ "position": 11 }, { "position": 12 }]));
    for (field, code) in [
        ("inclusionProof(position: 31) { size }", "POSITION_OUT_OF_RANGE"),
        ("inclusionProof(position: 3, size: 32) { size }", "POSITION_OUT_OF_RANGE"),
        ("inclusionProof(position: 3, size: 3) { size }", "POSITION_OUT_OF_RANGE"),
        ("consistencyProof(from: 5, to: 4) { to }", "POSITION_OUT_OF_RANGE"),
        (r#"events(stream: "nonsense") { totalCount }"#, "INPUT_INVALID"),
    ] {
        assert_eq!(town.fault(&format!(r#"{{ log(campaign: "T26") {{ {field} }} }}"#)).await, code, "{field}");
    }
}

#[tokio::test]
async fn every_answer_says_where_it_stands() {
    let town = Town::configured().await;
    let answer = town.answer(COORDINATOR, r#"{ campaign(code: "T26") { code } }"#, json!({})).await;
    let stand = json!({ "campaign": "T26", "position": 4, "size": 5, "at": "2026-03-01T09:30:30Z" });
    assert_eq!(answer["extensions"]["parvis"], stand);
    let mut second = crate::town::configuration();
    second["code"] = json!("T27");
    town.done(COORDINATOR, "configureCampaign", second, "").await;
    let answer = town.answer(COORDINATOR, "{ campaigns { nodes { code year } } }", json!({})).await;
    assert_eq!(answer["extensions"]["parvis"]["logs"][1]["campaign"], "T27");
    assert_eq!(answer["data"]["campaigns"]["nodes"].as_array().unwrap().len(), 2);
    let one = town.answer(COORDINATOR, r#"{ campaign(code: "T27") { code } }"#, json!({})).await;
    assert_eq!(one["extensions"]["parvis"]["campaign"], "T27");
    let none = town.ask(r#"{ campaign(code: "T99") { code } }"#).await;
    assert_eq!(none["campaign"], Value::Null);
    assert_eq!(town.fault(r#"{ proposals(campaign: "T99") { totalCount } }"#).await, "UNKNOWN_CAMPAIGN");
}

#[tokio::test]
async fn what_was_removed_is_null_and_named() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    town.deposit("ada", "À retirer").await;
    let log = town.store.logs().await.unwrap()[0].log_id;
    let targets = vec![event_store::Redaction { position: SETTLED + 1, path: "/data/deposit/title".to_owned() }];
    assert_eq!(town.store.redact(log, targets).await.unwrap(), 1);
    let reader = api::read_model::ReadModel::open(town.store.clone(), |_| {}).await.unwrap();
    let options = api::server::Options::new("127.0.0.1:0".parse().unwrap(), "x", town.folder.path());
    let router = api::server::router(reader.clone(), None, &options, None).unwrap();
    let fresh = Town::reading(router, &town, reader);
    let data = fresh
        .ask(
            r#"{ proposals(campaign: "T26") { nodes { title description redacted } }
        log(campaign: "T26") { event(position: 6) { redacted disclosed { path } data } } }"#,
        )
        .await;
    let shown = &data["proposals"]["nodes"][0];
    assert_eq!((&shown["title"], &shown["redacted"]), (&Value::Null, &json!(["title"])));
    assert!(shown["description"].is_string());
    assert_eq!(data["log"]["event"]["redacted"], json!(["/data/deposit/title"]));
    // A server without executor reads, and refuses every command.
    let input = json!({ "input": { "commandId": fresh.command_id(), "campaign": "T26", "phase": "IDEATION" } });
    let answer = fresh
        .answer(
            COORDINATOR,
            "mutation($input: PhaseInput!) { closePhase(input: $input) { receipt { position } } }",
            input,
        )
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "SIGN_IN_NEEDED");
}
