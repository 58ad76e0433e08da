//! Health, downloads, the addresses the server may listen on, and logs that break.

use crate::town::{Town, json_of};
use api::read_model::ReadModel;
use api::server::{Options, serve};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use commands::{Clock, Entropy, Executor};
use event_store::{Append, Expected, StreamId};
use serde_json::json;
use std::time::Duration;
use transparency::{Draft, Origin};

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_server_tells_its_health() {
    let town = Town::configured().await;
    let (status, body) = json_of(town.send(get("/health/live")).await).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "status": "live" })));
    let (status, body) = json_of(town.send(get("/health/ready")).await).await;
    let logs = json!([{ "campaign": "T26", "size": 1, "broken": null }]);
    assert_eq!((status, body), (StatusCode::OK, json!({ "status": "ready", "fault": null, "logs": logs })));
}

#[tokio::test]
async fn a_log_that_makes_no_sense_is_served_up_to_there_and_said_loudly() {
    let town = Town::configured().await;
    let log = town.store.logs().await.unwrap()[0].log_id;
    let origin = Origin { actor_id: "x", actor_role: "SYSTEM", at: "2026-03-01T10:00:00Z", command_id: "odd" };
    let draft = Draft::new(origin, "campaign/T26", "SomethingNewer", 9, json!({}), &mut || [0; 32]).unwrap();
    let expected = vec![Expected { stream: "campaign/T26".parse::<StreamId>().unwrap(), sequence: 1 }];
    town.store.append(Append { log, command_id: "odd".into(), expected, events: vec![draft] }).await.unwrap();
    let waited = town.read_model.wait_for("T26", 1).await.unwrap_err();
    assert_eq!(waited.code(), "LOG_BROKEN", "{waited}");
    let (status, body) = json_of(town.send(get("/health/ready")).await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        body["logs"][0],
        json!({ "campaign": "T26", "size": 1, "broken": { "position": 1, "code": "EVENT_TOO_NEW" } })
    );
    assert_eq!(town.ask(r#"{ campaign(code: "T26") { code } }"#).await["campaign"]["code"], "T26");
}

#[tokio::test]
async fn what_is_written_elsewhere_is_seen() {
    let town = Town::configured().await;
    // Another process has its own handle: no wake-up comes from it.
    let url = format!("sqlite:{}", town.folder.path().join("town.db").display());
    let store = event_store::Store::open(&url, event_store::OpenMode::Existing).unwrap();
    let clock = Clock::simulated("2026-03-02T00:00:00Z".parse().unwrap());
    let executor = Executor::new(store, clock, Entropy::seeded(9));
    let open = domain::campaign::Command::OpenPhase { phase: domain::phase::Phase::Ideation, reason: None };
    let request = commands::Request {
        command_id: uuid::Uuid::from_u128(77),
        actor: domain::Actor::new("other", domain::Role::Coordinator),
        commands: vec![domain::Command::Campaign(open)],
    };
    let receipt = executor.execute("T26", request).await.unwrap();
    town.read_model.wait_for("T26", receipt.last.unwrap()).await.unwrap();
    assert_eq!(town.ask(r#"{ campaign(code: "T26") { currentPhase } }"#).await["campaign"]["currentPhase"], "IDEATION");
    let never = town.read_model.wait_for("T26", 999).await.unwrap_err();
    assert_eq!(never.code(), "READ_MODEL_BEHIND");
}

#[tokio::test]
async fn bundles_are_given_out_and_nothing_else() {
    let town = Town::configured().await;
    let whole = vec![7_u8; 200_000];
    std::fs::write(town.folder.path().join("T26.parvis"), &whole).unwrap();
    let answer = town.send(get("/open-data/T26.parvis")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-length"], "200000");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"T26.parvis\"");
    assert_eq!(to_bytes(answer.into_body(), 1 << 20).await.unwrap(), whole);
    for path in
        ["/open-data/town.db", "/open-data/T26.parvis.policy", "/open-data/..%2Ftown.parvis", "/open-data/T99.parvis"]
    {
        let (status, body) = json_of(town.send(get(path)).await).await;
        assert_eq!((status, &body["error"]["code"]), (StatusCode::NOT_FOUND, &json!("NOT_EXPORTED")), "{path}");
    }
}

#[tokio::test]
async fn it_listens_on_this_machine_only() {
    let town = Town::new().await;
    let executor = || Executor::new(town.store.clone(), Clock::System, Entropy::seeded(1));
    let options = |listen: &str| Options {
        listen: listen.parse().unwrap(),
        origin: "x".into(),
        downloads: town.folder.path().into(),
    };
    let refused = serve(executor(), options("0.0.0.0:0")).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (2, "LISTEN_NOT_LOCAL"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = serve(executor(), options(&taken.local_addr().unwrap().to_string())).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (1, "LISTEN"));
    let served = tokio::time::timeout(Duration::from_millis(300), serve(executor(), options("127.0.0.1:0"))).await;
    assert!(served.is_err(), "it serves until it is stopped");
}

#[tokio::test]
async fn the_first_reading_tells_how_far_it_is() {
    let town = Town::configured().await;
    let mut told = Vec::new();
    ReadModel::open(town.store.clone(), |progress| {
        told.push((progress.campaign.to_owned(), progress.done, progress.of))
    })
    .await
    .unwrap();
    assert_eq!(told, [("T26".to_owned(), 1, 1)]);
}

#[tokio::test]
async fn no_bundle_leaves_while_its_ballots_would_tell_a_partial_result() {
    let (town, [a, b, _]) = Town::voting().await;
    town.vote("v1", &[&a, &b]).await;
    std::fs::write(town.folder.path().join("T26.parvis"), b"x").unwrap();
    let (status, body) = json_of(town.send(get("/open-data/T26.parvis")).await).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::FORBIDDEN, &json!("NOT_PUBLIC_YET")));
    town.proclaim().await;
    assert_eq!(town.send(get("/open-data/T26.parvis")).await.status(), StatusCode::OK);
}
