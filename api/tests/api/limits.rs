//! What the API refuses to answer, always with a code; and what a cache may keep.

use crate::town::{COORDINATOR, SETTLED, Town, json_of, proposal};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn bad_documents_and_variables_have_a_code_and_do_nothing() {
    let town = Town::configured().await;
    let deep =
        format!("{{ campaign(code: \"T26\") {}{{ code }}{} }}", "{ areas { campaign ".repeat(6), "} }".repeat(6));
    for query in ["{", "{ nothing }", "{ campaign }", "query($x: Nothing) { __typename }", &deep] {
        let answer = town.answer(COORDINATOR, query, json!({})).await;
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{query}: {answer}");
        assert_eq!(answer.get("data"), None, "{query}");
    }
    let costly = r#"{ campaigns(first: 100) { nodes { proposals(first: 100) { nodes { title } } } } }"#;
    assert_eq!(town.fault(costly).await, "QUERY_TOO_COSTLY");
    let mutation = "mutation($input: DepositProposalInput!) { depositProposal(input: $input) { rejections { code } } }";
    let mut bad = proposal("Une mare");
    bad["commandId"] = json!("not a uuid");
    let mut money = proposal("Une mare");
    money["commandId"] = json!(town.command_id());
    money["estimate"] = json!("12.50");
    let mut place = proposal("Une mare");
    place["commandId"] = json!(town.command_id());
    place["point"]["latitude"] = json!("48");
    let mut area = proposal("Une mare");
    area["commandId"] = json!(town.command_id());
    area["area"] = json!("not an id!");
    for (variables, what) in [
        (json!({}), "missing"),
        (json!({ "input": null }), "null"),
        (json!({ "input": { "campaign": "T26" } }), "fields missing"),
        (json!({ "input": bad }), "command id"),
        (json!({ "input": money }), "money"),
        (json!({ "input": place }), "place"),
        (json!({ "input": area }), "area"),
    ] {
        let answer = town.answer(COORDINATOR, mutation, variables).await;
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{what}: {answer}");
        assert!(answer["data"]["depositProposal"].is_null(), "{what}: {answer}");
    }
    assert_eq!(town.ask(r#"{ log(campaign: "T26") { size } }"#).await["log"]["size"], SETTLED, "nothing was written");
}

#[tokio::test]
async fn a_cache_asks_again_and_is_told_that_nothing_changed() {
    let town = Town::configured().await;
    let get = async |held: Option<&str>| {
        let mut request = Request::get("/graphql?query=%7Bcampaign(code%3A%22T26%22)%7BcurrentPhase%7D%7D")
            .header("accept", "application/json");
        if let Some(held) = held {
            request = request.header("if-none-match", held);
        }
        town.send(request.body(Body::empty()).unwrap()).await
    };
    let first = get(None).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["cache-control"], "public, max-age=0, must-revalidate");
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(get(Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
    town.open("IDEATION").await;
    let changed = get(Some(&tag)).await;
    assert_eq!(changed.status(), StatusCode::OK);
    let (_, body) = json_of(changed).await;
    assert_eq!(body["data"]["campaign"]["currentPhase"], "IDEATION");
}

#[tokio::test]
async fn a_command_never_travels_by_get() {
    let town = Town::configured().await;
    let query = "mutation%7BclosePhase(input%3A%7BcommandId%3A%2200000000-0000-0000-0000-000000000009%22%2Ccampaign%3A%22T26%22%2Cphase%3AVOTE%7D)%7Brejections%7Bcode%7D%7D%7D";
    let request = Request::get(format!("/graphql?query={query}")).header("accept", "application/json");
    let answer = town.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let foreign = Request::post("/graphql").header("content-type", "application/json").header("host", "evil.example");
    let body = json!({ "query": "mutation { closePhase(input: { commandId: \"00000000-0000-0000-0000-000000000009\", campaign: \"T26\", phase: VOTE }) { receipt { position } } }" });
    let (_, answer) = json_of(town.send(foreign.body(Body::from(body.to_string())).unwrap()).await).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "HOST_UNKNOWN");
    let answer = town.answer("", body["query"].as_str().unwrap(), json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "SIGN_IN_NEEDED");
    assert_eq!(answer["data"]["closePhase"], Value::Null);
}
