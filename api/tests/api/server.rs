//! Health, downloads, the addresses the server may listen on, and logs that break.

use crate::town::{COORDINATOR, SETTLED, Town, json_of};
use api::read_model::ReadModel;
use api::server::{Options, router, serve};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use commands::{Clock, Entropy, Executor};
use event_store::{Append, Expected, StreamId};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
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
    let campaigns =
        json!([{ "code": "T26", "position": SETTLED, "size": SETTLED, "lag": 0, "rebuilding": null, "broken": false }]);
    let holds = json!({ "ok": true, "code": null });
    assert_eq!(
        (status, body),
        (
            StatusCode::OK,
            json!({ "ready": true, "starting": false, "draining": false, "store": holds, "signer": holds, "witnesses": [],
                    "campaigns": campaigns })
        )
    );
}

#[tokio::test]
async fn a_node_without_its_key_or_its_store_is_not_ready() {
    let town = Town::configured().await;
    let key = town.folder.path().join("town.key");
    let mut options = Options::new("127.0.0.1:0".parse().unwrap(), "x", town.folder.path());
    options.key = Some(key.clone());
    let routes = router(Arc::clone(&town.read_model), None, &options, None).unwrap();
    let ready = async || json_of(routes.clone().oneshot(get("/health/ready")).await.unwrap()).await;
    let (status, body) = ready().await;
    assert_eq!((status, &body["signer"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("KEY_UNREADABLE")));
    std::fs::write(&key, "not a key").unwrap();
    assert_eq!(ready().await.1["signer"]["code"], "KEY_MALFORMED");
    std::fs::write(&key, "ab".repeat(32)).unwrap();
    let (status, body) = ready().await;
    assert_eq!((status, &body["ready"]), (StatusCode::OK, &json!(true)), "{body}");
    // Reads that don't come back take every place there is for reads.
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let stuck: Vec<_> = (0..64)
        .map(|_| {
            let (store, wait) = (town.store.clone(), Arc::clone(&wait));
            tokio::spawn(async move { store.read_with(move |_| Ok(wait.lock().unwrap().recv().is_err())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    for _ in 0..2 {
        let (status, body) = ready().await;
        let slow = json!({ "ok": false, "code": "STORE_SLOW" });
        assert_eq!((status, &body["store"]), (StatusCode::SERVICE_UNAVAILABLE, &slow));
    }
    drop(go_on);
    for read in stuck {
        assert!(read.await.unwrap().unwrap());
    }
    assert_eq!(ready().await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_node_far_behind_is_not_ready() {
    let town = Town::configured().await;
    let still = ReadModel::open(town.store.clone(), |_| {}).await.unwrap(); // nobody follows for this one
    let options = Options::new("127.0.0.1:0".parse().unwrap(), "x", town.folder.path());
    let routes = router(still, None, &options, None).unwrap();
    let ready = async || json_of(routes.clone().oneshot(get("/health/ready")).await.unwrap()).await;
    let log = town.store.logs().await.unwrap()[0].log_id;
    let mut written = SETTLED;
    for (count, is_ready) in [(9_999, true), (1, false)] {
        let command_id = format!("many-{count}");
        let origin =
            Origin { actor_id: "x", actor_role: "SYSTEM", at: "2026-03-01T10:00:00Z", command_id: &command_id };
        let draft = || Draft::new(origin, "campaign/T26", "Something", 1, json!({}), &mut || [0; 32]).unwrap();
        let events = (0..count).map(|_| draft()).collect();
        let expected = vec![Expected { stream: "campaign/T26".parse::<StreamId>().unwrap(), sequence: written }];
        town.store.append(Append { log, command_id: command_id.clone(), expected, events }).await.unwrap();
        written += count;
        let (status, body) = ready().await;
        assert_eq!(body["campaigns"][0]["lag"], written - SETTLED);
        assert_eq!((status == StatusCode::OK, &body["ready"]), (is_ready, &json!(is_ready)), "{body}");
    }
}

#[tokio::test]
async fn a_log_that_makes_no_sense_is_served_up_to_there_and_said_loudly() {
    let town = Town::configured().await;
    let log = town.store.logs().await.unwrap()[0].log_id;
    let origin = Origin { actor_id: "x", actor_role: "SYSTEM", at: "2026-03-01T10:00:00Z", command_id: "odd" };
    let draft = Draft::new(origin, "campaign/T26", "SomethingNewer", 9, json!({}), &mut || [0; 32]).unwrap();
    let expected = vec![Expected { stream: "campaign/T26".parse::<StreamId>().unwrap(), sequence: SETTLED }];
    town.store.append(Append { log, command_id: "odd".into(), expected, events: vec![draft] }).await.unwrap();
    let waited = town.read_model.wait_for("T26", SETTLED).await.unwrap_err();
    assert_eq!(waited.code(), "LOG_BROKEN", "{waited}");
    let (status, body) = json_of(town.send(get("/health/ready")).await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let broken = &body["campaigns"][0];
    assert_eq!(
        (&broken["position"], &broken["size"], &broken["broken"]),
        (&json!(SETTLED), &json!(SETTLED + 1), &json!(true))
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
    let reason = Some("Elsewhere.".to_owned());
    let open = domain::campaign::Command::OpenPhase { phase: domain::phase::Phase::Ideation, reason };
    let request = commands::Request {
        command_id: uuid::Uuid::from_u128(77),
        actor: domain::Actor::new(town.known(COORDINATOR).await.agent_id, domain::Role::Coordinator),
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
async fn it_serves_until_it_is_stopped_and_says_when_an_address_is_taken() {
    let town = Town::new().await;
    let executor = || Executor::new(town.store.clone(), Clock::System, Entropy::seeded(1));
    let options = |listen: &str| Options::new(listen.parse().unwrap(), "x", town.folder.path());
    let people = || town.people.clone().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = serve(executor(), options(&address), people()).await.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (1, "LISTEN"));
    let served = serve(executor(), options("127.0.0.1:0"), people());
    assert!(tokio::time::timeout(Duration::from_millis(300), served).await.is_err(), "it serves until it is stopped");
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
    assert_eq!(told, [("T26".to_owned(), SETTLED, SETTLED)]);
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
