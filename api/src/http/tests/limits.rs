//! Size, length, nesting and time.

use super::super::documents::weigh;
use super::*;

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let sample = Sample::with(Limits { body_bytes: 200, ..Limits::default() });
    let fits = format!("{{\"query\":\"{{ position }}\"{}}}", " ".repeat(200 - 24));
    assert_eq!(fits.len(), 200);
    assert_eq!(sample.post_text(GRAPHQL, fits.clone()).await.status, 200);
    let over = sample.post_text(GRAPHQL, fits + " ").await;
    assert_eq!(over.refused(), (413, "BODY_TOO_LARGE".to_owned()));
    let url = sample.get(&format!("query=%7Bposition%7D&pad={}", "x".repeat(200))).await;
    assert_eq!(url.refused(), (414, "URL_TOO_LONG".to_owned()));
}

#[tokio::test]
async fn a_store_without_room_says_when_to_come_again() {
    let sample = Sample::new();
    for (media, status) in [(GRAPHQL, 294), (JSON, 200)] {
        let answer = sample.post(media, &json!({ "query": "mutation { crowd }" })).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, "BUSY"));
        assert_eq!(answer.json()["errors"][0]["extensions"]["retryAfterMs"], 1_200);
        assert_eq!((answer.header("retry-after"), answer.header("cache-control")), ("2", "no-store"));
    }
    let answer = sample.post(GRAPHQL, &json!({ "query": "{ maybe }" })).await;
    assert_eq!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn a_document_over_the_limit_is_refused_before_it_is_parsed() {
    let sample = Sample::new();
    let long = json!({ "query": format!("{{ {} }}", "a ".repeat(1_999)) });
    assert_eq!(sample.post(GRAPHQL, &long).await.refused(), (400, "DOCUMENT_TOO_LONG".to_owned()));
    assert_eq!(sample.post(JSON, &long).await.refused(), (200, "DOCUMENT_TOO_LONG".to_owned()));
    for opening in ["{a", "[", "{a(b:["] {
        let deep = json!({ "query": opening.repeat(900) });
        assert_eq!(sample.post(GRAPHQL, &deep).await.refused(), (400, "DOCUMENT_TOO_DEEP".to_owned()), "{opening}");
    }
}

#[test]
fn tokens_are_counted_as_the_specification_cuts_them() {
    let cases = [
        ("", 0),
        (" ,\t\n# a comment { } \" \n", 0),
        ("{ a }", 3),
        ("query Q($id: [ID!]! = [\"é \\\" }\"]) @d { ...F ... on T { x: y } }", 30),
        ("\"\"\"block \\\"\"\" \" {\n} \"\"\" a", 2),
        ("\"\" a", 2),
        ("-1.5e-10 0 1E5 12", 4),
        ("1-1", 2),
        ("[1e5e5e5]", 4),
        ("\"cut by the end of the line\n a", 2),
    ];
    for (document, expected) in cases {
        let counts = |tokens| weigh(document, &Limits { tokens, ..Limits::default() }).is_ok();
        assert!(counts(expected), "{document} has more than {expected}");
        assert!(expected == 0 || !counts(expected - 1), "{document} has fewer than {expected}");
    }
}

/// The largest documents the limits let through are parsed on a test thread's
/// stack, which is as large as a server thread's.
#[tokio::test]
async fn the_deepest_documents_let_through_do_not_exhaust_the_stack() {
    let sample = Sample::with(Limits { time_ms: 3_000, ..Limits::default() });
    let nested =
        |open: &str, close: &str, times: usize| format!("{}position{}", open.repeat(times), close.repeat(times));
    for document in [
        nested("{me", "}", 63).replacen("position", "{position}", 1),
        format!("{{echo(text:{}1{})}}", "[".repeat(62), "]".repeat(62)),
        format!("query($a:{}Int{}){{position}}", "[".repeat(63), "]".repeat(63)),
    ] {
        let answer = sample.post(GRAPHQL, &json!({ "query": document })).await;
        assert_eq!(answer.status, 400, "{document}");
        assert_ne!(answer.code(), "DOCUMENT_TOO_DEEP");
    }
}

#[tokio::test]
async fn fragments_spread_in_fragments_are_refused_before_they_are_spread() {
    let sample = Sample::new();
    // Spread, this is 2 to the power of 30 selections, and hours of work.
    let doubled = |n: usize| format!("fragment F{n} on Query {{ ...F{next} ...F{next} }} ", next = n + 1);
    let bomb: String = (0..30).map(doubled).collect();
    let query = format!("{{ ...F0 }} {bomb} fragment F30 on Query {{ position }}");
    let refused = sample.post(GRAPHQL, &json!({ "query": query })).await;
    assert_eq!(refused.refused(), (400, "ROOT_FIELDS_TOO_MANY".to_owned()));
    let nested = query.replacen("{ ...F0 }", "{ me { ...F0 } }", 1);
    let refused = sample.post(GRAPHQL, &json!({ "query": nested })).await;
    assert_eq!(refused.refused(), (400, "SELECTIONS_TOO_MANY".to_owned()));
    let circle = "{ ...A } fragment A on Query { position ...A }";
    let refused = sample.post(GRAPHQL, &json!({ "query": circle })).await;
    assert_eq!(refused.refused(), (400, "DOCUMENT_INVALID".to_owned()));
}

#[tokio::test]
async fn root_fields_and_aliases_are_counted_through_fragments() {
    let sample = Sample::with(Limits { root_fields: 2, aliases: 2, ..Limits::default() });
    let cases = [
        ("{ position ...F } fragment F on Query { certain }", None),
        ("{ position ...F } fragment F on Query { a: certain b: certain }", Some("ROOT_FIELDS_TOO_MANY")),
        ("{ me { a: position ... { b: position } } }", None),
        (
            "{ me { a: position ... { b: position } ...F } } fragment F on Query { c: position }",
            Some("ALIASES_TOO_MANY"),
        ),
    ];
    for (query, code) in cases {
        let answer = sample.post(GRAPHQL, &json!({ "query": query })).await;
        match code {
            None => assert!(answer.status < 300, "{query}: {}", answer.text),
            Some(code) => assert_eq!(answer.refused(), (400, code.to_owned()), "{query}"),
        }
    }
}

#[tokio::test]
async fn depth_is_bounded_but_tools_can_read_the_schema() {
    let nested = |depth: usize| format!("{}position{}", "{me ".repeat(depth - 1) + "{", "}".repeat(depth));
    let default = Sample::new();
    let cases = [(10, 200, ""), (11, 400, "QUERY_TOO_DEEP")];
    for (depth, status, code) in cases {
        let answer = default.post(GRAPHQL, &json!({ "query": nested(depth) })).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(code.is_empty() || answer.code() == code, "{}", answer.text);
    }
    let fragment = "{ me { ...F } } fragment F on Query { me { ...G } } fragment G on Query ".to_owned() + &nested(9);
    assert_eq!(default.post(GRAPHQL, &json!({ "query": fragment })).await.code(), "QUERY_TOO_DEEP");
    // The schema's own limit has the same code.
    let lenient = Sample::with(Limits { depth: 64, ..Limits::default() });
    assert_eq!(lenient.post(GRAPHQL, &json!({ "query": nested(25) })).await.code(), "QUERY_TOO_DEEP");
    // As graphql-js asks it: nine wrappers around a type.
    let wrappers = "ofType { kind name ".repeat(9) + &"}".repeat(9);
    let introspection = format!(
        "{{ __schema {{ types {{ ...T fields {{ args {{ type {{ ...T }} }} type {{ ...T }} }} }} }} }}
         fragment T on __Type {{ kind name {wrappers} }}"
    );
    assert_eq!(default.post(GRAPHQL, &json!({ "query": introspection })).await.status, 200);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_all_the_same() {
    let sample = Sample::new();
    for accept in [JSON, GRAPHQL] {
        let query = sample.post(accept, &json!({ "query": "{ forever }" })).await;
        assert_eq!(query.refused(), (503, "TIMEOUT".to_owned()));
        let mutation = sample.post(accept, &json!({ "query": "mutation { stall }" })).await;
        assert_eq!(mutation.refused(), (503, "TIMEOUT".to_owned()));
        assert!(mutation.text.contains("commandId"), "{}", mutation.text);
    }
}

#[tokio::test]
async fn a_resolver_that_panics_takes_only_its_request_down() {
    let sample = Sample::new();
    let answer = sample.post(GRAPHQL, &json!({ "query": "{ crash }" })).await;
    assert_eq!(answer.refused(), (500, "INTERNAL".to_owned()));
    assert_eq!(sample.get("query=%7Bposition%7D").await.status, 200);
}
