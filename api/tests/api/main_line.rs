//! A whole campaign through the API, from its configuration to a finished site.

use crate::town::{COORDINATOR, OFFICER, REFERENT, SECOND, Town};
use serde_json::{Value, json};
use transparency::{Hash, leaf_hash, verify_consistency, verify_inclusion};

fn hash(value: &Value) -> Hash {
    value.as_str().unwrap().parse().unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

#[tokio::test]
async fn a_campaign_from_configuration_to_its_last_site() {
    let (town, projects) = Town::voting().await;
    to_its_last_site(town, projects).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let (town, projects) = Town::on_postgres().await.0.configure().await.vote_opens().await;
    to_its_last_site(town, projects).await;
}

async fn to_its_last_site(town: Town, [a, b, c]: [String; 3]) {
    let data = town
        .ask(
            r#"{ campaign(code: "T26") { currentPhase frozen { rules catalogue }
        projects { totalCount nodes { number title cost { } } } } }"#
                .replace("cost { }", "cost")
                .as_str(),
        )
        .await;
    assert_eq!(data["campaign"]["currentPhase"], "VOTE");
    let listed = &data["campaign"]["projects"];
    assert_eq!(listed["totalCount"], 3);
    assert!(data["campaign"]["frozen"]["rules"].is_string());

    // A 2 votes, B 2 votes, C 1 vote, for an envelope of A + C: B is dearer than A? No, cheaper: B first.
    town.vote("v1", &[&a, &b]).await;
    town.vote("v2", &[&a]).await;
    town.vote("v3", &[&b, &c]).await;
    town.vote("v4", &[&c]).await;
    town.vote("v4", &[]).await;
    town.grant("POLLING_OFFICER:desk").await;
    let paper = json!({ "campaign": "T26", "voter": "paper-1", "papers": [
        { "area": "CITY", "channel": "PAPER", "choices": [{ "project": { "number": 1 } }] }] });
    let payload = town
        .done(
            "POLLING_OFFICER:desk",
            "castBallot",
            paper,
            "ballot { papers { channel choices { project { title } } } }",
        )
        .await;
    assert_eq!(payload["ballot"]["papers"][0]["channel"], "PAPER");
    let cancel = json!({ "campaign": "T26", "voter": "paper-1", "area": "CITY" });
    let payload = town.done("POLLING_OFFICER:desk", "cancelBallot", cancel, "ballot { papers { channel } }").await;
    assert_eq!(payload["ballot"]["papers"], json!([]));
    town.proclaim().await;

    let data = town
        .ask(
            r#"{ results(campaign: "T26") { analysis basis rule { kind inWords } proclaimed { position }
        areas { area { code } winners { title } spent counted invalid { ballots } projects { totalCount nodes {
          project { title number } elected selectedAs rank score digital paper supporters reason explanation cost left
          tiedBy extraScoreNeeded highestCostElected } } } } }"#,
        )
        .await;
    let city = &data["results"]["areas"][0];
    assert_eq!(city["area"]["code"], "CITY");
    assert_eq!(city["winners"], json!([{ "title": "B" }, { "title": "C" }]), "{city:#}");
    assert_eq!((&city["spent"], &city["counted"]), (&json!("9000000"), &json!(4)));
    let rows = city["projects"]["nodes"].as_array().unwrap();
    assert_eq!(rows[1]["project"]["title"], "A");
    assert_eq!((&rows[1]["elected"], &rows[1]["reason"]), (&json!(false), &json!("COST_EXCEEDS_WHAT_IS_LEFT")));
    assert_eq!((&rows[1]["tiedBy"], &rows[1]["left"]), (&json!("LOWER_COST"), &json!("5000000")));
    assert!(rows[1]["explanation"].as_str().unwrap().contains("only €50,000 was left"), "{}", rows[1]["explanation"]);

    what_losers_lacked(&town).await;
    the_council_decides_otherwise(&town, &a).await;

    let input =
        json!({ "project": c, "title": "Bancs du square", "area": "CITY", "department": "PARKS", "budget": "4000000" });
    let payload = town.done(COORDINATOR, "openSite", input, "site { id state }").await;
    let site = payload["site"]["id"].clone();
    let plan =
        |on: &str, reason: Option<&str>| json!({ "site": site, "milestone": "WORKS", "on": on, "reason": reason });
    town.done(REFERENT, "planMilestone", plan("2027-01", None), "").await;
    town.done(REFERENT, "planMilestone", plan("2027-03-15", Some("Frost.")), "").await;
    let reach = json!({ "site": site, "milestone": "WORKS", "on": "2027-03-20" });
    let payload = town
        .done(
            REFERENT,
            "reachMilestone",
            reach,
            "site { state milestones { kind name planned plans { on reason } reached reachedOn } }",
        )
        .await;
    assert_eq!(payload["site"]["state"], "WORKS");
    let works = &payload["site"]["milestones"][0];
    assert_eq!(
        works["plans"],
        json!([{ "on": "2027-01", "reason": null }, { "on": "2027-03-15", "reason": "Frost." }])
    );
    assert_eq!((&works["name"], &works["reachedOn"]), (&json!("Works"), &json!("2027-03-20")));
    let give_up = json!({ "site": site, "reason": "The ground gave way." });
    let payload = town.done(COORDINATOR, "abandonSite", give_up, "site { state abandoned { reason } }").await;
    assert_eq!(payload["site"]["abandoned"]["reason"], "The ground gave way.");

    for (phase, _) in [("POST_VOTE", 0), ("PRE_RESULT", 0)] {
        town.open(phase).await;
        town.close(phase).await;
    }
    town.open("RESULT").await;

    // Lineage both ways.
    let data = town
        .ask(
            r#"{ proposals(campaign: "T26", order: TITLE) { nodes { title elected
        merges { kind project { title elected sites { title state } proposals { reference } } } } } }"#,
        )
        .await;
    let bancs = &data["proposals"]["nodes"][0];
    assert_eq!((&bancs["title"], &bancs["elected"]), (&json!("Bancs"), &json!(true)));
    assert_eq!(bancs["merges"][0]["project"]["sites"][0]["state"], "ABANDONED");
    assert_eq!(bancs["merges"][0]["project"]["proposals"][0]["reference"], "T-000003");

    let took_part = town.rebuilt_is_live().await;
    // The others have tests of their own, and are rebuilt there.
    let elsewhere = ["comments", "supports", "reports", "workshops", "neighbourhoods", "urn", "polling_places"];
    let digests = town.read_model.current().campaign("T26").unwrap().model.digests().unwrap();
    let missing: Vec<_> = digests.iter().map(|table| table.name).filter(|name| !took_part.contains(name)).collect();
    assert_eq!(missing, elsewhere, "every other table took part");
    proofs_hold(&town).await;
}

/// What would have elected a loser, under the frozen rule and under others, and how voters fared.
async fn what_losers_lacked(town: &Town) {
    let asked = async |rule: &str| {
        let query = format!(
            r#"{{ results(campaign: "T26"{rule}) {{ areas {{ voters {{ channel state ballots }} projects(first: 4) {{ nodes {{
              elected cost extraScoreNeeded highestCostElected
              smallestChanges {{ votes {{ state gain value exact }} cost {{ state value exact }} inWords }} }} }} }} }} }}"#
        );
        town.ask(&query).await["results"]["areas"][0].take()
    };
    let frozen = asked("").await;
    // Four ballots are too few to tell how their voters fared.
    assert_eq!(frozen["voters"][0], json!({ "channel": null, "state": "TOO_FEW", "ballots": null }));
    for rule in ["", "EQUAL_SHARES, utility: COST", "PHRAGMEN"] {
        let asked = match rule {
            "" => frozen.clone(),
            rule => asked(&format!(", rule: {{ kind: {rule}, tieBreak: [ID] }}")).await,
        };
        let rows = asked["projects"]["nodes"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["elected"] == false), "{rule}: {asked:#}");
        for row in rows {
            let (votes, cost) = (&row["smallestChanges"]["votes"], &row["smallestChanges"]["cost"]);
            if row["elected"] == true {
                assert_eq!((&votes["state"], &cost["state"]), (&json!("ELECTED"), &json!("ELECTED")));
                assert_eq!(row["smallestChanges"]["inWords"], "It is elected.");
                continue;
            }
            let states = ["FOUND", "NONE"];
            assert!(states.iter().any(|state| votes["state"] == *state), "{rule}: {row:#}");
            // A free project that somebody supports wins under each of these rules.
            assert_eq!(cost["state"], "FOUND", "{rule}: {row:#}");
            let cents = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
            assert!(cents(&cost["value"]) < cents(&row["cost"]));
            assert_eq!(cost["exact"], true);
            if rule.is_empty() {
                assert_eq!((&votes["value"], &cost["value"]), (&row["extraScoreNeeded"], &row["highestCostElected"]));
            } else {
                assert_eq!(votes["gain"], "BALLOTS_ALONE");
            }
        }
    }
}

/// A project that didn't win is carried out all the same: shown beside the count, which stays as it was.
async fn the_council_decides_otherwise(town: &Town, project: &str) {
    let query = r#"{ results(campaign: "T26") { proclaimedBy areas { winners { title } spent projects { nodes {
        project { title } elected reason carriedOut councilDecisions { decision session reason enteredBy redacted } } } } } }"#;
    let before = town.ask(query).await["results"].take();
    let by = [town.known(OFFICER).await.agent_id.clone(), town.known(SECOND).await.agent_id.clone()];
    assert_eq!(before["proclaimedBy"], json!(by));
    let row = |results: &Value| {
        let rows = results["areas"][0]["projects"]["nodes"].as_array().unwrap();
        rows.iter().find(|row| row["project"]["title"] == "A").unwrap().clone()
    };
    assert_eq!((&row(&before)["carriedOut"], &row(&before)["councilDecisions"]), (&json!(false), &json!([])));
    let site =
        json!({ "project": project, "title": "Fontaine", "area": "CITY", "department": "PARKS", "budget": "6000000" });
    assert_eq!(town.refused(COORDINATOR, "openSite", site.clone()).await["code"], "PROJECT_NOT_ELECTED");

    let decided = |decision: &str, session: &str, reason: &str| json!({ "project": project, "decision": decision, "session": session, "reason": reason });
    let none = town.refused(OFFICER, "enterCouncilDecision", decided("ADDED", "2026-01-12", " ")).await;
    assert_eq!((&none["code"], &none["field"]), (&json!("REASON_MISSING"), &json!("reason")));
    let later = town.refused(OFFICER, "enterCouncilDecision", decided("ADDED", "2099-01-12", "Money came.")).await;
    assert_eq!((&later["code"], &later["field"]), (&json!("OUT_OF_RANGE"), &json!("session")));
    let added = decided("ADDED", "2026-01-12", "The region pays for it.");
    town.agreed(OFFICER, "enterCouncilDecision", added.clone(), "campaign { code }").await;
    assert_eq!(town.refused(OFFICER, "enterCouncilDecision", added).await["code"], "ALREADY_DONE");

    let after = town.ask(query).await["results"].take();
    assert_eq!(
        (&after["areas"][0]["winners"], &after["areas"][0]["spent"]),
        (&before["areas"][0]["winners"], &before["areas"][0]["spent"])
    );
    let row = row(&after);
    assert_eq!((&row["elected"], &row["reason"]), (&json!(false), &json!("COST_EXCEEDS_WHAT_IS_LEFT")));
    assert_eq!(row["carriedOut"], true);
    let told = json!([{ "decision": "ADDED", "session": "2026-01-12", "reason": "The region pays for it.",
        "enteredBy": "COORDINATOR", "redacted": [] }]);
    assert_eq!(row["councilDecisions"], told);
    town.done(COORDINATOR, "openSite", site, "site { id }").await;
}

async fn proofs_hold(town: &Town) {
    let data = town
        .ask(
            r#"{ log(campaign: "T26") { origin size root
        events(first: 100) { totalCount nodes { position leaf leafHash proof { hashes } } }
        early: inclusionProof(position: 3, size: 9) { size root leafHash hashes }
        consistencyProof(from: 9) { from to fromRoot toRoot hashes } } }"#,
        )
        .await;
    let log = &data["log"];
    assert_eq!(log["origin"], "town.example/T26");
    let (size, root) = (log["size"].as_u64().unwrap(), hash(&log["root"]));
    assert_eq!(log["events"]["totalCount"].as_u64().unwrap(), size);
    for (position, event) in (0_u64..).zip(log["events"]["nodes"].as_array().unwrap()) {
        let leaf = leaf_hash(event["leaf"].as_str().unwrap().as_bytes());
        assert_eq!((event["position"].as_u64(), hash(&event["leafHash"])), (Some(position), leaf));
        verify_inclusion(position, size, &leaf, &hashes(&event["proof"]["hashes"]), &root).unwrap();
    }
    let early = &log["early"];
    verify_inclusion(3, 9, &hash(&early["leafHash"]), &hashes(&early["hashes"]), &hash(&early["root"])).unwrap();
    let proof = &log["consistencyProof"];
    assert_eq!(proof["fromRoot"], early["root"]);
    verify_consistency(9, size, &hashes(&proof["hashes"]), &hash(&early["root"]), &root).unwrap();
}

#[tokio::test]
async fn a_receipt_proves_itself_and_a_command_happens_once() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let mut input = crate::town::proposal("Un kiosque");
    input["commandId"] = json!(town.command_id());
    let object = "proposal { id reference deposited { at position } }";
    let first = town.done("CITIZEN:ada", "depositProposal", input.clone(), object).await;
    assert_eq!(first["proposal"]["reference"], "T-000001");
    assert_eq!(first["proposal"]["deposited"]["at"], "2026-03-01T09:30:00Z", "to the minute");
    let receipt = &first["receipt"];
    let proof = &receipt["proof"];
    assert_eq!(proof["leafHash"], receipt["leafHash"]);
    let (position, size) = (proof["position"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
    verify_inclusion(position, size, &hash(&proof["leafHash"]), &hashes(&proof["hashes"]), &hash(&proof["root"]))
        .unwrap();

    let again = town.done("CITIZEN:ada", "depositProposal", input.clone(), object).await;
    assert_eq!(again["proposal"], first["proposal"]);
    assert_eq!(again["receipt"]["position"], receipt["position"]);
    assert_eq!((&receipt["replayed"], &again["receipt"]["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(town.ask(r#"{ proposals(campaign: "T26") { totalCount } }"#).await["proposals"]["totalCount"], 1);

    // The same id for another command is a fault, not an answer.
    let other = json!({ "input": { "commandId": input["commandId"], "campaign": "T26", "phase": "IDEATION" } });
    let answer = town
        .answer(
            COORDINATOR,
            "mutation($input: PhaseInput!) { closePhase(input: $input) { receipt { position } } }",
            other,
        )
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "COMMAND_ID_REUSED", "{answer}");
    assert_eq!(answer["data"]["closePhase"], Value::Null);
    let next = town.done("CITIZEN:ada", "depositProposal", crate::town::proposal("Un autre"), object).await;
    assert_eq!(next["proposal"]["reference"], "T-000002");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_are_given_once_also_to_a_crowd() {
    let town = std::sync::Arc::new(Town::configured().await);
    town.open("IDEATION").await;
    let mut crowd = tokio::task::JoinSet::new();
    for person in 0..24 {
        let town = std::sync::Arc::clone(&town);
        crowd.spawn(async move { town.deposit(&format!("p{person}"), "Même idée").await });
    }
    crowd.join_all().await;
    let data =
        town.ask(r#"{ proposals(campaign: "T26", first: 100, order: REFERENCE) { nodes { reference } } }"#).await;
    let given: Vec<&str> =
        data["proposals"]["nodes"].as_array().unwrap().iter().map(|p| p["reference"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=24).map(|number| format!("T-{number:06}")).collect();
    assert_eq!(given, expected);
}

#[tokio::test]
async fn counts_are_hidden_until_they_are_proclaimed() {
    let (town, [a, b, _]) = Town::voting().await;
    town.vote("v1", &[&a, &b]).await;
    town.vote("v2", &[&a]).await;
    let look = r#"{ campaign(code: "T26") { countsArePublic statistics { voters winners }
          areas { result { counted } } projects(order: VOTES) { nodes { elected result { score } } }
          turnout { total { cast } byDay { day papers { cast } } byArea { area { code } papers { cast } } byChannel { channel papers { cast } }
            details { totalCount nodes { day channel papers { cast replaced } } } }
          log { events(type: "BallotCast") { totalCount nodes { type data leaf disclosed { path } leafHash withheld } } } }
        results(campaign: "T26") { areas { spent } }
        other: results(campaign: "T26", rule: { kind: GREEDY_STOP, tieBreak: [LOWER_COST] }) { areas { spent } }
        won: projects(campaign: "T26", filter: { elected: true }) { totalCount }
        lost: projects(campaign: "T26", filter: { elected: false }) { totalCount } }"#;
    let before = town.ask(look).await;
    let campaign = &before["campaign"];
    assert_eq!(campaign["countsArePublic"], false);
    assert_eq!(campaign["turnout"]["total"]["cast"], 2, "turnout is public");
    assert_eq!(campaign["turnout"]["byArea"][0]["papers"]["cast"], 2);
    assert_eq!(
        campaign["turnout"]["details"]["nodes"][0],
        json!({ "day": "2026-03-01", "channel": "DIGITAL", "papers": { "cast": 2, "replaced": 0 } })
    );
    assert_eq!(campaign["statistics"], json!({ "voters": null, "winners": null }));
    assert!(
        campaign["projects"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|p| p["result"].is_null() && p["elected"].is_null())
    );
    assert!(campaign["areas"].as_array().unwrap().iter().all(|area| area["result"].is_null()));
    assert_eq!((&before["results"], &before["other"]), (&Value::Null, &Value::Null));
    assert_eq!((&before["won"]["totalCount"], &before["lost"]["totalCount"]), (&json!(0), &json!(0)));
    for event in campaign["log"]["events"]["nodes"].as_array().unwrap() {
        assert_eq!((&event["data"], &event["leaf"], &event["disclosed"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!((&event["withheld"], event["leafHash"].is_string()), (&json!(true), true));
    }
    assert_eq!(campaign["log"]["events"]["totalCount"], 2);

    town.proclaim().await;
    let after = town.ask(look).await;
    assert_eq!(after["campaign"]["statistics"], json!({ "voters": 2, "winners": 2 }));
    assert_eq!(after["campaign"]["projects"]["nodes"][0]["result"]["score"], 2);
    assert_eq!((&after["won"]["totalCount"], &after["lost"]["totalCount"]), (&json!(2), &json!(1)));
    assert_eq!(after["campaign"]["log"]["events"]["nodes"][0]["data"]["paper"]["choices"].as_array().unwrap().len(), 2);
    // Another rule on the same ballots: it stops where the frozen one went on.
    assert_eq!(after["results"]["areas"][0]["spent"], "10000000");
    assert_eq!(after["other"]["areas"][0]["spent"], "6000000");
}
