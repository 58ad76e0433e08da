//! Papers through the API: six places, two ways to read, entries of two agents, a school, one result.

use crate::town::{COORDINATOR, OFFICER, REFERENT, SECOND, Town, configuration};
use serde_json::{Value, json};

const ONE: &str = "POLLING_OFFICER:one";
const TWO: &str = "POLLING_OFFICER:two";
const THREE: &str = "POLLING_OFFICER:three";

#[tokio::test]
async fn papers_are_counted_by_two_and_with_the_ballots() {
    counted(Town::new().await).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let (town, _) = Town::on_postgres().await;
    counted(town).await;
}

/// A city with a school, up to the open vote: three projects for everybody and one for pupils.
async fn voting(town: Town) -> Town {
    let mut form = configuration();
    let ballot = json!({ "approval": { "min": 0, "max": 2 } });
    let school = json!({ "code": "ECOLE", "kind": "SCHOOL", "name": "École", "envelope": "100000", "ballot": ballot });
    form["areas"].as_array_mut().unwrap().push(school);
    town.done(COORDINATOR, "configureCampaign", form, "").await;
    for actor in [SECOND, REFERENT, OFFICER] {
        town.grant(actor).await;
    }
    for officer in [ONE, TWO, THREE] {
        for place in ["HALL", "MARKET", "LIBRARY", "POOL", "TOWER"] {
            let agent = town.known(officer).await.agent_id;
            let input = json!({ "campaign": "T26", "agent": agent, "role": "POLLING_OFFICER", "place": place });
            town.done(COORDINATOR, "grantRole", input, "").await;
        }
    }
    town.open("IDEATION").await;
    let mut proposals = Vec::new();
    for name in ["Fontaine", "Grands arbres", "Bancs", "Potager"] {
        proposals.push(town.deposit(&format!("author-{name}")[..8], name).await);
    }
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let plans = [("A", "CITY", "6000000"), ("B", "CITY", "5000000"), ("C", "CITY", "4000000"), ("S", "ECOLE", "1000")];
    for (proposal, (name, area, cents)) in proposals.iter().zip(plans) {
        let project = town.project(proposal, name, area, cents).await;
        town.done(COORDINATOR, "admitProject", json!({ "project": project }), "").await;
    }
    town.pass("CO_CONSTRUCTION", "PRE_SUBMIT").await;
    town.close("PRE_SUBMIT").await;
    town.done(COORDINATOR, "publishCatalogue", json!({ "campaign": "T26" }), "").await;
    town.open("VOTE").await;
    town
}

async fn place(town: &Town, key: &str, areas: &[&str], mode: &str) -> String {
    let input =
        json!({ "campaign": "T26", "key": key, "name": "Un lieu", "address": "1 rue", "areas": areas, "mode": mode });
    let payload = town.done(COORDINATOR, "openPollingPlace", input, "place { id key mode counted }").await;
    assert_eq!(payload["place"]["mode"], mode);
    payload["place"]["id"].as_str().unwrap().to_owned()
}

async fn signed(town: &Town, place: &str, area: &str, signatures: u32, papers: u32) {
    let input = json!({ "place": place, "area": area, "signatures": signatures, "papers": papers });
    town.done(ONE, "countSignatures", input, "").await;
}

/// Where the bundle stands after an entry.
async fn enter(town: &Town, who: &str, place: &str, area: &str, count: &Value, reason: Option<&str>) -> String {
    let input = json!({ "place": place, "area": area, "count": count, "reason": reason });
    let found = "place { papers { area { code } bundles { state count { valid } } } }";
    let payload = town.done(who, "enterPaperCount", input, found).await;
    let papers = payload["place"]["papers"].as_array().unwrap();
    let own = papers.iter().find(|one| one["area"]["code"] == area).unwrap();
    // Nobody is answered with what anybody entered.
    assert_eq!(own["bundles"][0]["count"], Value::Null);
    own["bundles"][0]["state"].as_str().unwrap().to_owned()
}

async fn agreed(town: &Town, place: &str, area: &str, count: &Value) {
    assert_eq!(enter(town, ONE, place, area, count, None).await, "ENTERED");
    assert_eq!(enter(town, TWO, place, area, count, None).await, "AGREED");
}

fn cards(cards: &[&[u32]], blank: u32) -> Value {
    let all: Vec<Value> = cards.iter().map(|choices| json!({ "choices": choices })).collect();
    json!({ "valid": cards.len(), "blank": blank, "cards": all })
}

fn totals(valid: u32, votes: &[(u32, i64)]) -> Value {
    let lines: Vec<Value> =
        votes.iter().map(|(project, votes)| json!({ "project": project, "votes": votes })).collect();
    json!({ "valid": valid, "blank": 0, "lines": lines, "void": [{ "reason": "MARKED", "papers": 1 }] })
}

async fn tasks(town: &Town, who: &str) -> Vec<String> {
    let query = r#"{ viewer { pollingWork(campaign: "T26") { task place { key } } } }"#;
    let answer = town.answer(who, query, json!({})).await;
    let work = answer["data"]["viewer"]["pollingWork"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    work.iter()
        .map(|one| format!("{} {}", one["place"]["key"].as_str().unwrap(), one["task"].as_str().unwrap()))
        .collect()
}

async fn counted(town: Town) {
    let town = voting(town).await;
    let hall = place(&town, "HALL", &["CITY"], "CARD_BY_CARD").await;
    let market = place(&town, "MARKET", &["CITY"], "COUNT_SHEET").await;
    let library = place(&town, "LIBRARY", &["CITY", "NORTH"], "CARD_BY_CARD").await;
    let pool = place(&town, "POOL", &["CITY"], "COUNT_SHEET").await;
    let tower = place(&town, "TOWER", &["CITY"], "COUNT_SHEET").await;
    let shut = place(&town, "SHUT", &["NORTH"], "COUNT_SHEET").await;
    let school = json!({ "campaign": "T26", "key": "SCHOOL", "name": "École", "address": "2 rue", "areas": ["ECOLE"], "mode": "COUNT_SHEET" });
    assert_eq!(town.refused(COORDINATOR, "openPollingPlace", school).await["code"], "SCHOOL_STATION");
    for place in [&hall, &market, &library, &pool, &tower] {
        town.done(ONE, "sealBox", json!({ "place": place, "number": 1, "seals": ["A-1", "A-2"] }), "").await;
    }
    let passing = json!({ "place": hall, "number": 1, "from": "Camille", "to": "Dominique" });
    town.done(TWO, "passBox", passing, "place { boxes { passed } }").await;
    town.done(COORDINATOR, "closePollingPlace", json!({ "place": shut, "reason": "Une fuite." }), "").await;

    // Online, and at the school's station.
    let ballot = |area: &str, number: u32, voter: Option<&str>| {
        json!({ "campaign": "T26", "voter": voter,
            "papers": [{ "area": area, "choices": [{ "project": { "number": number } }] }] })
    };
    town.done("CITIZEN:ada", "castBallot", ballot("CITY", 1, None), "").await;
    assert_eq!(town.refused("CITIZEN:bob", "castBallot", ballot("ECOLE", 4, None)).await["code"], "SCHOOL_STATION");
    town.done(ONE, "castBallot", ballot("ECOLE", 4, Some("pupil-1")), "").await;

    let close = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
    town.agreed(COORDINATOR, "closePhase", close, "").await;
    assert_eq!(
        tasks(&town, ONE).await,
        ["HALL", "LIBRARY", "MARKET", "POOL", "TOWER"].map(|key| format!("{key} OPEN_BOXES"))
    );
    for place in [&hall, &market, &library, &pool] {
        let seals = json!({ "place": place, "number": 1, "seals": ["A-2", "A-1"] });
        town.done(ONE, "openBox", seals, "place { boxes { intact } }").await;
    }
    let broken = json!({ "place": tower, "number": 1, "seals": ["A-1"] });
    assert_eq!(town.refused(ONE, "openBox", broken.clone()).await["code"], "SEALS_DIFFER");
    let mut explained = broken;
    explained["reason"] = json!("Un scellé arraché au transport.");
    let opened =
        town.done(ONE, "openBox", explained, "place { boxes { intact found } steps { type reason by } }").await;
    assert_eq!(opened["place"]["boxes"], json!([{ "intact": false, "found": ["A-1"] }]));
    for (place, area, signatures, papers) in [
        (&hall, "CITY", 4, 4),
        (&market, "CITY", 11, 11),
        (&library, "CITY", 2, 2),
        (&library, "NORTH", 0, 0),
        (&pool, "CITY", 2, 2),
    ] {
        signed(&town, place, area, signatures, papers).await;
    }
    let over = json!({ "place": tower, "area": "CITY", "signatures": 1, "papers": 2 });
    assert_eq!(town.refused(ONE, "countSignatures", over.clone()).await["code"], "MORE_PAPERS_THAN_SIGNATURES");
    let mut over = over;
    over["reason"] = json!("Une signature oubliée.");
    town.done(ONE, "countSignatures", over, "").await;

    // Two agents disagree, and a third decides.
    let read = cards(&[&[1, 2], &[1], &[3]], 1);
    assert_eq!(enter(&town, ONE, &hall, "CITY", &read, None).await, "ENTERED");
    let twice = json!({ "place": hall, "area": "CITY", "count": read, "reason": null });
    assert_eq!(town.refused(ONE, "enterPaperCount", twice).await["code"], "SAME_AGENT");
    assert_eq!(enter(&town, TWO, &hall, "CITY", &cards(&[&[1, 2], &[2], &[3]], 1), None).await, "DISAGREE");
    assert!(tasks(&town, THREE).await.contains(&"HALL DECIDE".to_owned()));
    assert!(!tasks(&town, TWO).await.contains(&"HALL DECIDE".to_owned()));
    let silent = json!({ "place": hall, "area": "CITY", "count": read });
    assert_eq!(town.refused(THREE, "enterPaperCount", silent).await["code"], "REASON_MISSING");
    // The same papers, read in another order.
    let again = cards(&[&[3], &[1], &[1, 2]], 1);
    assert_eq!(enter(&town, THREE, &hall, "CITY", &again, Some("Deux lectures.")).await, "AGREED");
    let impossible = json!({ "place": market, "area": "CITY", "count": totals(10, &[(1, 11)]) });
    assert_eq!(town.refused(ONE, "enterPaperCount", impossible).await["code"], "PAPER_COUNT_INVALID");
    agreed(&town, &market, "CITY", &totals(10, &[(1, 4), (2, 8)])).await;
    agreed(&town, &library, "CITY", &cards(&[&[2], &[2, 3]], 0)).await;
    agreed(&town, &pool, "CITY", &totals(1, &[(3, 1)])).await;

    // A recount finds something else: another agent confirms it.
    let right = totals(10, &[(1, 5), (2, 8)]);
    let input = json!({ "place": market, "area": "CITY", "count": right, "reason": "Un bulletin collé." });
    town.done(OFFICER, "recountPapers", input, "place { papers { bundles { state } } }").await;
    assert_eq!(enter(&town, THREE, &market, "CITY", &right, Some("Un bulletin collé.")).await, "AGREED");
    let same = json!({ "place": hall, "area": "CITY", "count": read });
    town.done(OFFICER, "recountPapers", same, "").await;

    // Nothing tells a number before the proclamation.
    let public =
        r#"{ campaign(code: "T26") { pollingPlaces { key counted papers { bundles { papers count { valid } } } } } }"#;
    let places = town.ask(public).await["campaign"]["pollingPlaces"].clone();
    let bundles = |places: &Value| -> Vec<Value> {
        let papers = places.as_array().unwrap().iter().flat_map(|place| place["papers"].as_array().unwrap().clone());
        papers.flat_map(|papers| papers["bundles"].as_array().unwrap().clone()).collect()
    };
    assert_eq!(bundles(&places).len(), 4);
    assert!(bundles(&places).iter().all(|bundle| bundle["count"].is_null()));
    let log = r#"{ campaign(code: "T26") { log { agreed: events(type: "CountAgreed", first: 100) { nodes { withheld data leaf } } corrected: events(type: "CountCorrected", first: 100) { nodes { withheld data leaf } } } } }"#;
    let shown = town.answer(COORDINATOR, log, json!({})).await;
    let of = |name: &str| {
        shown["data"]["campaign"]["log"][name]["nodes"].as_array().unwrap_or_else(|| panic!("{shown}")).clone()
    };
    let nodes = [of("agreed"), of("corrected")].concat();
    assert_eq!(nodes.len(), 5);
    assert!(nodes.iter().all(|node| node["withheld"] == true && node["data"].is_null() && node["leaf"].is_null()));

    let step = json!({ "campaign": "T26" });
    town.agreed(OFFICER, "closeBallotBox", step.clone(), "").await;
    town.done(OFFICER, "drawLot", json!({ "campaign": "T26", "publicValue": "42" }), "").await;
    let audit = r#"{ campaign(code: "T26") { auditedPlaces(size: 9) { key papers { bundles { recounts } } } } }"#;
    let drawn = town.ask(audit).await["campaign"]["auditedPlaces"].clone();
    let mut keys: Vec<&str> = drawn.as_array().unwrap().iter().map(|place| place["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["HALL", "LIBRARY", "MARKET", "POOL", "TOWER"]);
    let missing = town.refused(OFFICER, "proclaimResult", step.clone()).await;
    assert_eq!((&missing["code"], &missing["limit"]), (&json!("COUNTS_MISSING"), &json!("TOWER")));
    agreed(&town, &tower, "CITY", &json!({ "valid": 1, "blank": 1, "lines": [{ "project": 2, "votes": 1 }] })).await;
    town.done(ONE, "attachMinutes", json!({ "place": tower, "digest": "0a".repeat(32) }), "place { minutes }").await;
    town.agreed(OFFICER, "proclaimResult", step, "campaign { countsArePublic }").await;

    let places = town.ask(public).await["campaign"]["pollingPlaces"].clone();
    assert!(bundles(&places).iter().all(|bundle| bundle["count"]["valid"].is_u64()));
    assert!(places.as_array().unwrap().iter().all(|place| place["counted"] == true));
    let current = town.read_model.current();
    let model = &current.campaign("T26").unwrap().model;
    let result = |number: u32| {
        let row = model.projects.rows().find(|row| row.number == Some(number)).unwrap();
        let decision = model.results.get(&row.id).unwrap().decision.clone().unwrap();
        (decision.digital, decision.paper, decision.score)
    };
    // HALL 2, MARKET 5 and one ballot; HALL 1, MARKET 8, LIBRARY 2, TOWER 1; HALL 1, LIBRARY 1, POOL 1.
    assert_eq!([result(1), result(2), result(3)], [(1, 7, 8), (0, 12, 12), (0, 3, 3)]);
    assert_eq!(result(4), (1, 0, 1));
    let city = model.area_results.get(&"CITY".parse().unwrap()).unwrap();
    // 1 online; 4, 10, 2, 1 and 2 on paper.
    assert_eq!(city.counted, 20);
    assert!(town.rebuilt_is_live().await.contains("polling_places"));
}
