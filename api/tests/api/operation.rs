//! A node as its operator sees it: figures, lines, traces, too much at once, and its end.

use crate::node::{Collector, Node};
use crate::town::configuration;
use event_store::{OpenMode, Store};
use serde_json::{Value, json};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn configure() -> Value {
    let mut input = configuration();
    input["commandId"] = json!("00000000-0000-0000-0000-0000000000c1");
    let query = "mutation Anything($input: ConfigureCampaignInput!) {
        configureCampaign(input: $input) { receipt { position } rejections { code } } }";
    json!({ "query": query, "variables": { "input": input } })
}

fn query() -> Value {
    json!({ "query": "query Where { campaign(code: \"T26\") { currentPhase } }" })
}

/// The size of the only log.
fn size(node: &Node) -> u64 {
    let url = format!("sqlite:{}", node.folder.path().join("node.db").display());
    let store = Store::open(&url, OpenMode::Existing).unwrap();
    store.reader().logs().unwrap().first().map_or(0, |head| head.size)
}

fn traceparent() -> String {
    format!("traceparent: 00-{TRACE}-{SPAN}-01\r\n")
}

#[test]
fn figures_and_lines_tell_what_was_asked_and_nothing_that_was_typed() {
    let node = Node::start(&["--log-format", "json"], &[]);
    let done = node.post(&traceparent(), &configure());
    assert_eq!(done.json()["data"]["configureCampaign"]["receipt"]["position"], 0, "{done:?}");
    assert_eq!(done.header("x-trace-id"), TRACE);
    let asked = node.post("", &query());
    assert_eq!(asked.status, 200);
    let drawn = asked.header("x-trace-id").to_owned();
    assert!(drawn.len() == 32 && drawn != TRACE && drawn != "0".repeat(32), "{drawn}");
    let typed = json!({ "query": "query Where { campaign(code: \"Jean Dupont\") { currentPhase } }" });
    assert_eq!(node.post("", &typed).status, 200);
    node.post("", &json!({ "query": "query JeanDupont { no }" }));
    assert_eq!(node.get("/open-data/Jean%20Dupont?for=Jean").status, 404);
    assert_eq!(node.get("/Jean-Dupont").status, 404);

    let got = node.get("/metrics");
    assert_eq!((got.status, got.header("cache-control")), (200, "no-store"));
    assert!(got.header("content-type").starts_with("text/plain; version=0.0.4"), "{got:?}");
    let figures: Vec<&str> = got.body.lines().collect();
    let has = |line: &str| assert!(figures.contains(&line), "{line}\n{}", got.body);
    has("parvis_ready 1");
    has("parvis_read_model_position{campaign=\"T26\"} 2");
    has("parvis_read_model_lag_events{campaign=\"T26\"} 0");
    has("parvis_http_in_flight 0");
    has("parvis_http_requests_total{method=\"GET\",status=\"404\"} 2");
    has("parvis_graphql_operations_total{document=\"other\",kind=\"query\",outcome=\"refused\"} 1");
    has(&format!("parvis_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")));
    has("# TYPE parvis_http_request_seconds histogram");
    let counted = |name: &str, rest: &str| {
        let begins = format!("parvis_graphql_operations_total{{document=\"{name}-");
        assert!(figures.iter().any(|line| line.starts_with(&begins) && line.ends_with(rest)), "{name}\n{}", got.body);
    };
    // The two queries differ in a value alone; a mutation goes by its field.
    counted("Where", "kind=\"query\",outcome=\"ok\"} 2");
    counted("configureCampaign", "kind=\"mutation\",outcome=\"ok\"} 1");
    for (name, kind, _, help) in api::metrics::FIGURES {
        if got.body.contains(&format!("\n{name} ")) || got.body.contains(&format!("\n{name}{{")) {
            has(&format!("# HELP {name} {help}"));
            has(&format!("# TYPE {name} {}", format!("{kind:?}").to_lowercase()));
        }
    }

    node.until("the last line", |node| node.said("\"path\":\"(none)\""));
    node.terminate();
    let lines = node.ended();
    for text in [&lines.join("\n"), &got.body] {
        assert!(!text.contains("Jean") && !text.contains("Dupont") && !text.contains("Budget participatif"), "{text}");
    }
    let json_of = |line: &String| serde_json::from_str::<Value>(line).ok();
    let told: Vec<Value> =
        lines.iter().filter_map(json_of).filter(|line| line["target"] == "parvis::requests").collect();
    assert_eq!(told.len(), 6, "health and metrics are quiet: {lines:?}");
    let first = &told[0];
    assert_eq!(
        (&first["trace_id"], &first["method"], &first["path"]),
        (&json!(TRACE), &json!("POST"), &json!("/graphql"))
    );
    assert!(first["status"] == 200 && first["ms"].as_f64().unwrap() > 0.0 && first["level"] == "INFO", "{first}");
    assert!(first["operation"].as_str().unwrap().starts_with("configureCampaign-"), "{first}");
    assert_eq!(told[1]["trace_id"], json!(drawn));
    assert_eq!(told[4]["path"], "/open-data/{file}");
}

#[test]
fn a_collector_gets_the_trace_of_a_mutation_under_its_caller() {
    let collector = Collector::start();
    let node = Node::start(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url), ("OTEL_SERVICE_NAME", "town-hall")]);
    assert_eq!(node.post(&traceparent(), &configure()).status, 200);
    node.terminate();
    node.ended();
    let posted = collector.posted();
    assert!(!posted.is_empty(), "spans are sent at the end at the latest");
    assert!(posted.iter().all(|(line, _)| line == "POST /v1/traces HTTP/1.1"), "{posted:?}");
    let bytes: Vec<u8> = posted.into_iter().flat_map(|(_, body)| body).collect();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    for text in ["town-hall", "request", "command", "visible", "configureCampaign-"] {
        assert!(holds(text.as_bytes()), "{text}");
    }
    // Protocol buffers of a span: field 1 is the trace in 16 bytes, field 4 the parent in 8.
    assert!(holds(&[&[0x0a, 16][..], &hex::decode(TRACE).unwrap()].concat()), "the caller's trace");
    assert!(holds(&[&[0x22, 8][..], &hex::decode(SPAN).unwrap()].concat()), "the caller's span as parent");
    assert!(!holds("Budget participatif".as_bytes()), "nothing that was typed");
}

#[test]
fn a_collector_that_is_away_costs_one_warning() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (endpoint, often) = (format!("http://{nobody}"), ("OTEL_BSP_SCHEDULE_DELAY", "50"));
    let node = Node::start(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint), often]);
    assert_eq!(node.post("", &configure()).status, 200);
    node.until("the warning", |node| node.said("traces don't reach the collector"));
    for _ in 0..20 {
        assert_eq!(node.post("", &query()).status, 200);
    }
    node.terminate();
    let lines = node.ended();
    let warned = lines.iter().filter(|line| line.contains("traces don't reach the collector")).count();
    assert_eq!(warned, 1, "{lines:?}");
    let node = Node::start(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example")]);
    assert!(node.said("no traces are sent: `https://collector.example` isn't http://"));
    assert_eq!(node.post("", &configure()).status, 200);
}

#[test]
fn one_request_too_many_is_told_to_come_again() {
    let node = Node::start(&["--max-in-flight", "1"], &[]);
    let begun = node.begin(&configure());
    let refused = node.post("Accept: application/graphql-response+json\r\n", &query());
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"), "{refused:?}");
    assert_eq!(refused.header("cache-control"), "no-store");
    let error = &refused.json()["errors"][0];
    assert_eq!(error["extensions"], json!({ "code": "BUSY", "retryAfterMs": 1000 }), "{error}");
    assert_eq!(node.get("/").status, 503);
    assert_eq!(node.get("/health/live").status, 200);
    assert_eq!(node.get("/health/ready").status, 200);
    let figures = node.get("/metrics").body;
    assert!(
        figures.contains("\nparvis_http_in_flight 1\n") && figures.contains("\nparvis_http_busy_total 2\n"),
        "{figures}"
    );
    assert_eq!(begun.finish().json()["data"]["configureCampaign"]["receipt"]["position"], 0);
    node.until("room again", |node| node.post("", &query()).status == 200);
}

#[test]
fn a_mutation_under_way_at_sigterm_is_answered_and_written() {
    let node = Node::start(&[], &[]);
    let begun = node.begin(&configure());
    node.terminate();
    node.until("no new connections", |node| !node.listens());
    assert_eq!(size(&node), 0);
    let done = begun.finish();
    assert_eq!(done.json()["data"]["configureCampaign"]["receipt"]["position"], 0, "{done:?}");
    node.until("the log holds it", |node| size(node) == 2);
    let lines = node.ended();
    assert!(lines.iter().any(|line| line.contains("everything it confirmed is in the store")), "{lines:?}");
}

#[test]
fn a_node_that_drains_says_so_and_still_answers() {
    let node = Node::start(&["--drain-seconds", "3600"], &[]);
    assert_eq!(node.post("", &configure()).status, 200);
    assert_eq!(node.get("/health/ready").json()["draining"], false);
    node.terminate();
    node.until("draining", |node| node.get("/health/ready").json()["draining"] == true);
    let ready = node.get("/health/ready");
    assert_eq!((ready.status, ready.header("retry-after")), (503, "1"));
    assert_eq!(ready.json()["ready"], false);
    assert_eq!(node.get("/health/live").status, 200);
    assert!(node.get("/metrics").body.contains("\nparvis_ready 0\n"));
    assert_eq!(node.post("", &query()).json()["data"]["campaign"]["currentPhase"], Value::Null);
    // A second signal: nobody waits for the proxy any more.
    node.terminate();
    node.ended();
}
