//! What attackers try first on a GraphQL server, against the whole guarded server.
//!
//! Owns the twelve checks that graphql-cop makes (alias overloading, batches, overloaded directives,
//! circular introspection, duplicated fields, suggestions, mutations and queries over GET, forms, consoles,
//! introspection, traces), two that it makes besides (circular fragments, unhandled errors), and the audit of
//! GraphQL over HTTP. What is open on purpose says why. Limits one by one: `api/src/http/tests`.

use crate::town::{HOST, Town, json_of};
use api::graphql::schema::sdl;
use axum::body::Body;
use axum::extract::Request as Incoming;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::middleware::map_request;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use tokio::net::TcpListener;

/// Status and body of what a body of this kind is answered.
async fn post(town: &Town, kind: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/graphql")
        .header("content-type", kind)
        .header("accept", "application/graphql-response+json")
        .header("x-apollo-tracing", "1");
    json_of(town.send(request.body(body.into()).unwrap()).await).await
}

/// The same for a document.
async fn ask(town: &Town, document: &str) -> (StatusCode, Value) {
    post(town, "application/json", json!({ "query": document }).to_string()).await
}

/// The code with which a document is refused before anything is executed.
async fn refused(town: &Town, document: &str) -> String {
    let (status, answer) = ask(town, document).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{document}: {answer}");
    assert_eq!(answer.get("data"), None, "{document}");
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{document}: {answer}")).to_owned()
}

#[tokio::test]
async fn overloaded_documents_are_refused_before_they_cost_anything() {
    let town = Town::new().await;
    let aliases: String = (0..=100).map(|number| format!("alias{number}: __typename ")).collect();
    assert_eq!(refused(&town, &format!("{{ {aliases} }}")).await, "ALIASES_TOO_MANY");
    let same = format!("{{ {} }}", "__typename ".repeat(500));
    assert_eq!(refused(&town, &same).await, "ROOT_FIELDS_TOO_MANY");
    let same = format!("{{ {} }}", "__typename ".repeat(3_000));
    assert_eq!(refused(&town, &same).await, "DOCUMENT_TOO_LONG");
    for directive in ["@aa", "@skip(if: false)"] {
        for document in [
            format!("{{ __typename {} }}", directive.repeat(10)),
            format!("{{ ... {} {{ __typename }} }}", directive.repeat(2)),
            format!("{{ ...A {} }} fragment A on Query {{ __typename }}", directive.repeat(2)),
            format!("{{ ...A }} fragment A on Query {directive} {{ __typename }}"),
            format!("query {directive} {{ __typename }}"),
        ] {
            assert_eq!(refused(&town, &document).await, "DIRECTIVE_MISPLACED", "{document}");
        }
        let code = refused(&town, &format!("{{ __typename {} }}", directive.repeat(1_001))).await;
        assert_eq!(code, "DOCUMENT_TOO_LONG", "{directive}");
    }
    let (status, answer) = ask(&town, "{ __typename a: __typename @skip(if: true) @include(if: true) }").await;
    assert_eq!(
        (status, &answer["data"]),
        (StatusCode::OK, &json!({ "__typename": "Query" })),
        "each once is what they are for"
    );
    let batch = Value::Array(vec![json!({ "query": "{ __typename }" }); 10]).to_string();
    let (status, answer) = post(&town, "application/json", batch).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (StatusCode::BAD_REQUEST, &json!("BATCH_REFUSED"))
    );
}

#[tokio::test]
async fn circles_are_refused() {
    let town = Town::new().await;
    let round =
        format!("{{ __schema {{ types {}name{} }} }}", "{ fields { type ".repeat(4) + "{ ", " } }".repeat(4) + " }");
    assert_eq!(refused(&town, &round).await, "INTROSPECTION_CIRCULAR");
    let spread = "{ __type(name: \"Query\") { ...A } } fragment A on __Type { fields { type { ...B } } }
                  fragment B on __Type { inputFields { name } }";
    assert_eq!(refused(&town, spread).await, "INTROSPECTION_CIRCULAR");
    let circle = "{ __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }";
    assert_eq!(refused(&town, circle).await, "DOCUMENT_INVALID");
}

#[tokio::test]
async fn foreign_pages_can_make_a_browser_change_and_read_nothing() {
    let town = Town::new().await;
    let get = |query: &str| Request::get(format!("/graphql?query={query}")).header("origin", "https://evil.example");
    let answer = town.send(get("mutation%7B__typename%7D").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(json_of(answer).await.1["errors"][0]["extensions"]["code"], "MUTATION_OVER_GET");
    // Queries over GET are answered on purpose: caches can keep them. They change nothing, and the page
    // that sent one can't read what comes.
    let answer = town.send(get("%7B__typename%7D").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers().get("access-control-allow-origin"), None);
    // What a form can send without asking the server first (Fetch standard, simple requests).
    for kind in ["application/x-www-form-urlencoded", "text/plain"] {
        for body in ["query=%7B__typename%7D", "{\"query\":\"{__typename}\"}"] {
            let (status, answer) = post(&town, kind, body).await;
            assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNSUPPORTED_MEDIA_TYPE", "{kind}");
        }
    }
}

/// Every name that introspection tells of a type of ours: the type's, its members', its values'.
async fn introspected(town: &Town) -> BTreeSet<String> {
    let query = "{ __schema { types { name fields(includeDeprecated: true) { name args { name } }
        inputFields { name } enumValues(includeDeprecated: true) { name } } } }";
    let (status, mut answer) = ask(town, query).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let mut left = answer["data"]["__schema"]["types"].as_array_mut().map(std::mem::take).unwrap();
    // The specification defines the types of introspection (section 4) and the number that nothing uses here.
    left.retain(|ty| !ty["name"].as_str().unwrap().starts_with("__") && ty["name"] != "Float");
    let mut names = BTreeSet::new();
    while let Some(value) = left.pop() {
        match value {
            Value::Object(object) => {
                names.extend(object.get("name").and_then(Value::as_str).map(str::to_owned));
                left.extend(object.into_iter().map(|(_, value)| value));
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    names
}

#[tokio::test]
async fn the_schema_is_public_and_nothing_else_is_told() {
    let town = Town::new().await;
    // Introspection is open on purpose: the schema is published with the source (`schema.graphql`), and
    // roles, not ignorance, guard what it names.
    let names = introspected(&town).await;
    let text = sdl();
    let written: BTreeSet<&str> = text.split(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric()).collect();
    let hidden: Vec<&String> = names.iter().filter(|name| !written.contains(name.as_str())).collect();
    assert!(hidden.is_empty(), "introspected, and not in schema.graphql: {hidden:?}");
    assert!(names.len() > 500, "{}", names.len());
    // Suggestions name public fields only, so that guessing tells no more than introspection does.
    for (wrong, right) in
        [("campain(code: \"x\")", "campaign"), ("viewr", "viewer"), ("reading(campaign: \"x\")", "readings")]
    {
        let (_, answer) = ask(&town, &format!("{{ {wrong} {{ __typename }} }}")).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("\"{right}\"")), "{message}");
        let quoted = message.split('"').skip(1).step_by(2).skip(2);
        for suggested in quoted {
            assert!(names.contains(suggested), "{suggested} is suggested, and not introspected: {message}");
        }
    }
}

#[tokio::test]
async fn there_is_no_console_but_our_own_page_and_no_trace() {
    let town = Town::new().await;
    for path in ["/graphiql", "/playground", "/console", "/graphql-explorer", "/altair", "/v1/graphql"] {
        let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
        assert_eq!(town.send(request).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    // The page for browsers at /graphql is there on purpose: the interface is for everybody. It runs
    // nothing from elsewhere and nobody can put it in a frame.
    let request = Request::get("/graphql").header("accept", "text/html").body(Body::empty()).unwrap();
    let page = town.send(request).await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    for document in ["{ __typename }", "qwerty cop { abc }", "{ campaign }", "{ node(id: \"x\") { id } }"] {
        let (status, answer) = ask(&town, document).await;
        assert!(!status.is_server_error(), "{document}: {answer}");
        let said = answer.to_string().to_lowercase();
        for word in ["tracing", "exception", "stacktrace", "backtrace", "panicked", ".rs:", "/src/"] {
            assert!(!said.contains(word), "{document} tells {word}: {answer}");
        }
        for error in answer["errors"].as_array().into_iter().flatten() {
            assert!(error["extensions"]["code"].is_string(), "{document}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_of_graphql_over_http_holds_behind_the_doors() {
    let town = Town::new().await;
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    // The port is drawn, and the doors answer to one name only.
    let named = map_request(|mut request: Incoming| async move {
        request.headers_mut().insert(header::HOST, HeaderValue::from_static(HOST));
        request
    });
    let routes = town.router.clone().layer(named);
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let audit = move || Command::new("node").arg(conformance.join("audit.mjs")).arg(url).output();
    let output = tokio::task::spawn_blocking(audit).await.unwrap().unwrap();
    server.abort();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("61 audits: 61 ok"), "{said}");
}

/// Names that servers hide, or think they do.
const GUESSES: [&str; 28] = [
    "_service",
    "_entities",
    "admin",
    "allUsers",
    "auth",
    "backup",
    "ballot",
    "config",
    "debug",
    "deleteUser",
    "dump",
    "email",
    "emails",
    "env",
    "exec",
    "flag",
    "health",
    "internal",
    "login",
    "me",
    "metrics",
    "password",
    "persons",
    "secret",
    "system",
    "token",
    "users",
    "voters",
];

#[tokio::test]
async fn no_field_hides_from_introspection() {
    let town = Town::new().await;
    let text = sdl();
    let mut words: BTreeSet<&str> =
        text.split(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric()).collect();
    words.extend(GUESSES);
    words.retain(|word| word.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic()));
    words.remove("__typename"); // every type has it
    words.remove("on"); // fine as a name; the reader of documents may take it for a condition
    assert!(words.len() > 1_000, "{}", words.len());
    let (_, answer) = ask(&town, "{ __schema { types { name fields(includeDeprecated: true) { name } } } }").await;
    for (kind, operation) in [("Query", "query"), ("Mutation", "mutation")] {
        let types = answer["data"]["__schema"]["types"].as_array().unwrap();
        let ty = types.iter().find(|ty| ty["name"] == kind).unwrap();
        let told: BTreeSet<&str> =
            ty["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        let unknown: Vec<&str> = words.iter().copied().filter(|word| !told.contains(word)).collect();
        // As many as an operation may have; each that isn't told has to be said to be unknown.
        for some in unknown.chunks(10) {
            let (_, answer) = ask(&town, &format!("{operation} {{ {} }}", some.join(" "))).await;
            let said: Vec<&str> =
                answer["errors"].as_array().unwrap().iter().map(|error| error["message"].as_str().unwrap()).collect();
            for word in some {
                let no = format!("Unknown field \"{word}\" on type \"{kind}\".");
                assert!(said.iter().any(|message| message.starts_with(&no)), "{kind}.{word}: {said:?}");
            }
        }
    }
}
