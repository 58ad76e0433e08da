//! An expected no is data: a code, the field, the limit, and what to do in the client's language.

use crate::town::{COORDINATOR, REFERENT, Town, configuration, json_of, proposal};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

#[tokio::test]
async fn each_no_has_its_code_and_its_field() {
    let town = Town::new().await;
    let no = town.refused("CITIZEN:ada", "configureCampaign", configuration()).await;
    assert_eq!(no["code"], "ROLE_MISSING");
    assert!(town.store.logs().await.unwrap().is_empty(), "no log was made");
    let mut wrong = configuration();
    wrong["calendar"][1]["start"] = json!("2026-01-15T00:00:00Z");
    let no = town.refused(COORDINATOR, "configureCampaign", wrong).await;
    assert_eq!((&no["code"], &no["field"]), (&json!("CONFIGURATION_INVALID"), &json!("calendar")));
    town.done(COORDINATOR, "configureCampaign", configuration(), "").await;

    let deposit = async |change: Value| {
        let mut input = proposal("Une mare");
        for (name, value) in change.as_object().unwrap() {
            input[name.as_str()] = value.clone();
        }
        town.refused("CITIZEN:ada", "depositProposal", input).await
    };
    assert_eq!(deposit(json!({})).await["code"], "PHASE_NOT_OPEN");
    town.open("IDEATION").await;
    let no = deposit(json!({ "title": "ab" })).await;
    assert_eq!((&no["code"], &no["field"], &no["limit"]), (&json!("TEXT_TOO_SHORT"), &json!("title"), &json!("3")));
    assert_eq!(no["message"], "Text too short: at least 3 characters.");
    assert_eq!(deposit(json!({ "description": "x".repeat(501) })).await["code"], "TEXT_TOO_LONG");
    assert_eq!(deposit(json!({ "theme": "WAR" })).await["code"], "UNKNOWN_THEME");
    assert_eq!(deposit(json!({ "area": "MOON" })).await["code"], "UNKNOWN_AREA");
    assert_eq!(deposit(json!({ "author": "somebody-else" })).await["code"], "NOT_THE_AUTHOR");
    assert_eq!(deposit(json!({ "accessible": true })).await["code"], "ACCESSIBILITY_UNANSWERED");
    assert_eq!(deposit(json!({ "point": { "latitude": 91, "longitude": 0 } })).await["code"], "UNKNOWN_PLACE");
    assert_eq!(deposit(json!({ "campaign": "T99" })).await["field"], "campaign");

    let id = town.deposit("ada", "Une mare").await;
    let withdraw = json!({ "proposal": id });
    assert_eq!(town.refused("CITIZEN:bob", "withdrawProposal", withdraw.clone()).await["code"], "NOT_THE_AUTHOR");
    let gone =
        town.done("CITIZEN:ada", "withdrawProposal", withdraw, "proposal { state withdrawn { position } }").await;
    assert_eq!(gone["proposal"]["state"], "WITHDRAWN");
    let step = json!({ "campaign": "T26" });
    assert_eq!(
        town.refused(COORDINATOR, "drawLot", json!({ "campaign": "T26", "publicValue": "1" })).await["code"],
        "BALLOT_BOX_OPEN"
    );
    assert_eq!(
        town.refused(COORDINATOR, "drawLot", json!({ "campaign": "T9", "publicValue": "1" })).await["code"],
        "NOT_FOUND"
    );
    assert_eq!(town.refused(COORDINATOR, "closeBallotBox", step.clone()).await["code"], "TOO_EARLY");
    assert_eq!(town.refused(COORDINATOR, "publishCatalogue", step).await["code"], "EMPTY_LIST");
    assert_eq!(
        town.refused(COORDINATOR, "openPhase", json!({ "campaign": "T26", "phase": "VOTE" })).await["code"],
        "PHASE_ORDER"
    );
}

#[tokio::test]
async fn merging_is_all_or_nothing() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let (kept, gone) = (town.deposit("ada", "Une mare").await, town.deposit("bob", "Un étang").await);
    town.done("CITIZEN:bob", "withdrawProposal", json!({ "proposal": gone }), "").await;
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let input =
        json!({ "campaign": "T26", "proposals": [kept, gone], "kind": "GROUPING", "title": "Eau", "area": "CITY" });
    let no = town.refused(COORDINATOR, "formProject", input).await;
    assert_eq!(no["code"], "PROPOSAL_WITHDRAWN");
    let data = town
        .ask(r#"{ proposals(campaign: "T26") { nodes { state } } projects(campaign: "T26") { totalCount } }"#)
        .await;
    assert_eq!(data["projects"]["totalCount"], 0);
    assert!(data["proposals"]["nodes"].as_array().unwrap().iter().all(|p| p["state"] != "MERGED"));

    let project = town.project(&kept, "Eau", "CITY", "100").await;
    let verdict =
        json!({ "project": project, "department": "PARKS", "opinion": "UNFAVOURABLE", "reasons": "Too deep." });
    let payload = town
        .done(REFERENT, "giveVerdict", verdict, "project { verdicts { opinion reasons total department { name } } }")
        .await;
    assert_eq!(
        payload["project"]["verdicts"],
        json!([{ "opinion": "UNFAVOURABLE", "reasons": "Too deep.", "total": "0", "department": { "name": "Espaces verts" } }])
    );
    assert_eq!(
        town.refused(COORDINATOR, "admitProject", json!({ "project": project })).await["code"],
        "VERDICT_UNFAVOURABLE"
    );
    let refuse = json!({ "project": project, "reason": "Too deep." });
    let payload =
        town.done(COORDINATOR, "refuseProject", refuse, "project { state decision { admitted reason } }").await;
    assert_eq!(
        payload["project"],
        json!({ "state": "REFUSED", "decision": { "admitted": false, "reason": "Too deep." } })
    );
}

#[tokio::test]
async fn ballots_that_break_the_rules_are_refused() {
    let (town, [a, b, c]) = Town::voting().await;
    let paper = |choices: Value| json!({ "campaign": "T26", "papers": [{ "area": "CITY", "choices": choices }] });
    let by_id = |ids: &[&String]| Value::Array(ids.iter().map(|id| json!({ "project": { "id": id } })).collect());
    let no = town.refused("CITIZEN:v", "castBallot", paper(by_id(&[&a, &b, &c]))).await;
    assert_eq!((&no["code"], &no["field"]), (&json!("BALLOT_INVALID"), &json!("choices")));
    assert_eq!(town.refused("CITIZEN:v", "castBallot", paper(by_id(&[&a, &a]))).await["code"], "BALLOT_INVALID");
    let unlisted = json!([{ "project": { "number": 9 } }]);
    assert_eq!(town.refused("CITIZEN:v", "castBallot", paper(unlisted)).await["code"], "PROJECT_NOT_ON_BALLOT");
    let mut other = paper(by_id(&[&a]));
    other["voter"] = json!("somebody-else");
    assert_eq!(town.refused("CITIZEN:v", "castBallot", other).await["code"], "NOT_THE_AUTHOR");
    let no_points = json!([{ "project": { "id": a }, "points": 1 }, { "project": { "id": b } }]);
    assert_eq!(town.refused("CITIZEN:v", "castBallot", paper(no_points)).await["field"], "points");
    assert_eq!(
        town.refused("CITIZEN:v", "cancelBallot", json!({ "campaign": "T26", "area": "CITY" })).await["code"],
        "NO_BALLOT"
    );
}

#[tokio::test]
async fn a_no_speaks_the_clients_language() {
    let town = Town::configured().await;
    let variables =
        json!({ "input": { "commandId": town.command_id(), "campaign": "T26", "phase": "VOTE", "reason": "Now." } });
    let query = "mutation($input: PhaseInput!) { openPhase(input: $input) { rejections { code message } } }";
    for (accepted, begins) in
        [(None, "Publiez d’abord"), (Some("en-GB"), "Publish the list"), (Some("de, fr;q=0.5"), "Publiez d’abord")]
    {
        let bearer = format!("Bearer {}", town.known(COORDINATOR).await.token);
        let mut request =
            Request::post("/graphql").header("content-type", "application/json").header("authorization", bearer);
        if let Some(accepted) = accepted {
            request = request.header("accept-language", accepted);
        }
        let body = json!({ "query": query, "variables": variables }).to_string();
        let (_, answer) = json_of(town.send(request.body(Body::from(body)).unwrap()).await).await;
        let message = answer["data"]["openPhase"]["rejections"][0]["message"].as_str().unwrap();
        assert!(message.starts_with(begins), "{accepted:?}: {message}");
    }
}
