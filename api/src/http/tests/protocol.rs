//! Methods, media types, parameters and statuses.

use super::*;

#[tokio::test]
async fn an_answer_reads_one_version_and_says_which() {
    let sample = Sample::new();
    let answer = sample.post(GRAPHQL, &json!({ "query": "{ position }" })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert_eq!(answer.json(), json!({ "data": { "position": 1 }, "extensions": { "parvis": { "position": 1 } } }));
}

#[tokio::test]
async fn a_mutation_reports_the_position_it_was_written_at() {
    let sample = Sample::new();
    let answer = sample.post(JSON, &json!({ "query": "mutation { advance }" })).await;
    assert_eq!(answer.json(), json!({ "data": { "advance": 2 }, "extensions": { "parvis": { "position": 2 } } }));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("etag"), "");
}

#[tokio::test]
async fn get_never_executes_a_mutation() {
    let sample = Sample::new();
    for query in
        ["query=mutation%7Badvance%7D", "operationName=B&query=query%20A%7Bposition%7Dmutation%20B%7Badvance%7D"]
    {
        let answer = sample.get(query).await;
        assert_eq!(answer.refused(), (405, "MUTATION_OVER_GET".to_owned()));
        assert_eq!(answer.header("allow"), "POST");
    }
    assert_eq!(sample.position.load(Ordering::SeqCst), 1);
    let chosen = sample.get("operationName=A&query=query%20A%7Bposition%7Dmutation%20B%7Badvance%7D").await;
    assert_eq!(chosen.status, 200);
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let sample = Sample::new();
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/graphql").body(Body::empty()).unwrap();
        let answer = sample.send(request).await;
        assert_eq!(answer.refused(), (405, "METHOD_NOT_ALLOWED".to_owned()));
        assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    }
    let head = Request::head("/graphql?query=%7Bposition%7D").body(Body::empty()).unwrap();
    assert_eq!(sample.send(head).await.status, 200);
}

#[tokio::test]
async fn the_client_chooses_the_media_type() {
    let sample = Sample::new();
    let cases = [
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        (GRAPHQL, GRAPHQL),
        ("application/graphql-response+json, application/json", GRAPHQL),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.9, application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json;q=0.25, application/json;q=0.5", JSON),
        ("application/json;q=0, */*", GRAPHQL),
        ("text/plain, */*;q=0.1", JSON),
        ("APPLICATION/JSON; charset=utf-8", JSON),
    ];
    for (accept, expected) in cases {
        let answer = sample.post(accept, &json!({ "query": "{ position }" })).await;
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(answer.header("content-type"), format!("{expected}; charset=utf-8"), "{accept}");
    }
    for accept in ["text/plain", "application/json;q=0", "text/html"] {
        let answer = sample.post(accept, &json!({ "query": "{ position }" })).await;
        assert_eq!(answer.refused(), (406, "NOT_ACCEPTABLE".to_owned()), "{accept}");
    }
}

#[tokio::test]
async fn a_browser_gets_the_explorer() {
    let sample = Sample::new();
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = sample.send(Request::get("/graphql").header("accept", accept).body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
    assert!(answer.text.contains("/explorer/explorer.css"), "{}", answer.text);
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let sample = Sample::new();
    let body = || Body::from(r#"{"query":"{ position }"}"#);
    for refused in ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = Request::post("/graphql").header("content-type", refused).body(body()).unwrap();
        assert_eq!(sample.send(request).await.refused(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{refused}");
    }
    let latin = Request::post("/graphql").header("content-type", "application/json; charset=latin1");
    assert_eq!(sample.send(latin.body(body()).unwrap()).await.status, 415);
    let utf8 = Request::post("/graphql").header("content-type", "Application/JSON; charset=\"UTF-8\"");
    assert_eq!(sample.send(utf8.body(body()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn malformed_requests_are_refused_with_400_whatever_the_media_type() {
    let sample = Sample::new();
    let cases = [
        ("", "MALFORMED_JSON"),
        ("{", "MALFORMED_JSON"),
        ("12", "MALFORMED_JSON"),
        (r#"[{"query":"{position}"}]"#, "BATCH_REFUSED"),
        ("{}", "DOCUMENT_MISSING"),
        (r#"{"query":null}"#, "DOCUMENT_MISSING"),
        (r#"{"query":7}"#, "INVALID_PARAMETER"),
        (r#"{"query":"{position}","variables":[]}"#, "INVALID_PARAMETER"),
        (r#"{"query":"{position}","variables":"{}"}"#, "INVALID_PARAMETER"),
        (r#"{"query":"{position}","operationName":1}"#, "INVALID_PARAMETER"),
        (r#"{"query":"{position}","extensions":true}"#, "INVALID_PARAMETER"),
    ];
    for accept in [JSON, GRAPHQL] {
        for (body, code) in cases {
            assert_eq!(sample.post_text(accept, body).await.refused(), (400, code.to_owned()), "{body}");
        }
        let not_utf8 = sample.post_text(accept, &b"{\"query\":\"\xff\"}"[..]).await;
        assert_eq!(not_utf8.refused(), (400, "MALFORMED_JSON".to_owned()));
    }
    for query in ["query=%7Bposition%7D&variables=%5B%5D", "query=%7Bposition%7D&variables=%7B", "query=a&query=b"] {
        assert_eq!(sample.get(query).await.refused(), (400, "INVALID_PARAMETER".to_owned()), "{query}");
    }
    assert_eq!(sample.get("").await.refused(), (400, "DOCUMENT_MISSING".to_owned()));
}

#[tokio::test]
async fn null_and_unknown_parameters_are_let_through() {
    let sample = Sample::new();
    let body = json!({
        "query": "{ position }", "variables": null, "operationName": null, "extensions": null, "future": 1
    });
    assert_eq!(sample.post(GRAPHQL, &body).await.status, 200);
    let url = "query=query(%24t%3AString!)%7Becho(text%3A%24t)%7D&variables=%7B%22t%22%3A%22%C3%A9t%C3%A9%22%7D&operationName=&utm=1";
    assert_eq!(sample.get(url).await.json()["data"], json!({ "echo": "été" }));
}

#[tokio::test]
async fn a_refused_document_is_200_in_json_and_400_in_the_graphql_type() {
    let sample = Sample::new();
    let cases = [
        (json!({ "query": "{" }), "DOCUMENT_INVALID"),
        (json!({ "query": "{ absent }" }), "DOCUMENT_INVALID"),
        (json!({ "query": "query A { position } query B { position }" }), "DOCUMENT_INVALID"),
        (json!({ "query": "query A { position }", "operationName": "B" }), "DOCUMENT_INVALID"),
        (json!({ "query": "query ($t: String!) { echo(text: $t) }" }), "VARIABLE_MISSING"),
        (json!({ "query": "query ($t: String!) { echo(text: $t) }", "variables": { "t": null } }), "VARIABLE_MISSING"),
        (
            json!({ "query": "query ($t: String! = \"\") { echo(text: $t) }", "variables": { "t": null } }),
            "VARIABLE_MISSING",
        ),
        (json!({ "query": "query ($t: String!) { echo(text: $t) }", "variables": { "t": 1 } }), "DOCUMENT_INVALID"),
        (json!({ "query": "subscription { position }" }), "SUBSCRIPTION_NEEDS_STREAM"),
        (json!({ "query": format!("{{ me {{ {} }} }}", "position ".repeat(1_001)) }), "QUERY_TOO_COSTLY"),
    ];
    for (body, code) in cases {
        assert_eq!(sample.post(JSON, &body).await.refused(), (200, code.to_owned()), "{body}");
        assert_eq!(sample.post(GRAPHQL, &body).await.refused(), (400, code.to_owned()), "{body}");
    }
    let default = json!({ "query": "query ($t: String! = \"x\") { echo(text: $t) }" });
    assert_eq!(sample.post(GRAPHQL, &default).await.json()["data"], json!({ "echo": "x" }));
}

#[tokio::test]
async fn failed_fields_leave_the_rest_and_show_in_the_status() {
    let sample = Sample::new();
    for (query, data) in [("{ maybe position }", json!({ "maybe": null, "position": 1 })), ("{ certain }", Json::Null)]
    {
        for (accept, status) in [(GRAPHQL, 294), (JSON, 200)] {
            let answer = sample.post(accept, &json!({ "query": query })).await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "FIELD_FAILED");
            assert_eq!(answer.json().get("data"), Some(&data));
        }
    }
}

#[tokio::test]
async fn a_request_can_be_declined_before_execution() {
    let sample = Sample::new();
    let request = get("query=%7Bposition%7D").header("authorization", "Bearer wrong").body(Body::empty()).unwrap();
    assert_eq!(sample.send(request).await.refused(), (401, "TOKEN_UNKNOWN".to_owned()));
}
