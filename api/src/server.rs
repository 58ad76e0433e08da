//! The server: routes, who asks, health, downloads, start and graceful end.
//!
//! Until people can sign in there is only development mode: whoever reaches the server may act as
//! anybody, by a header. So it listens on this machine alone, and says so. GraphQL itself: `graphql/`
//! behind the door of `http.rs`; the page at `/`: `landing.rs`.

use crate::error::Fault;
use crate::failure::Failure;
use crate::graphql::request::{Services, Snapshot, View, Viewer};
use crate::graphql::schema;
use crate::http::{Began, Door, Limits, Refusal};
use crate::landing;
use crate::read_model::ReadModel;
use async_graphql::{Data, futures_util};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use commands::Executor;
use domain::{Actor, Role};
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; a loopback address.
    pub listen: SocketAddr,
    /// The first part of a new log's origin: the city's host name.
    pub origin: String,
    /// The folder with the exported bundles, `<campaign>.parvis` and `<campaign>.parvis.policy`.
    pub downloads: PathBuf,
}

/// The header that says who acts in development mode, `ROLE:id`.
pub const ACTOR_HEADER: &str = "parvis-actor";

/// Who acts in development mode when the header doesn't say.
const DEVELOPER: (&str, Role) = ("development", Role::Coordinator);

/// Events between two lines about how far the first reading is.
const REPORT: u64 = 50_000;

/// Bytes of a download that are in memory at a time.
const CHUNK: usize = 64 * 1024;

/// Reads the logs, then serves until Ctrl-C or SIGTERM; requests under way are answered first.
///
/// # Errors
/// `LISTEN_NOT_LOCAL` (usage) for an address that others can reach, `LISTEN` when it can't be had, and
/// faults of the store.
pub async fn serve(executor: Executor, options: Options) -> Result<(), Failure> {
    if !options.listen.ip().is_loopback() {
        let message = format!(
            "nobody can sign in yet, so this server lets whoever reaches it act as anybody: it listens on this machine \
             only. Give a loopback address instead of {}, such as 127.0.0.1:{}",
            options.listen.ip(),
            options.listen.port()
        );
        return Err(Failure::usage("LISTEN_NOT_LOCAL", message));
    }
    let taken = |error: std::io::Error| {
        Failure::fault("LISTEN", format!("can't listen on {} ({error}): give another --listen", options.listen))
    };
    let listener = tokio::net::TcpListener::bind(options.listen).await.map_err(taken)?;
    let mut told = 0;
    let read_model = ReadModel::open(executor.store().clone(), |progress| {
        if progress.done >= told + REPORT || progress.done == progress.of {
            eprintln!("reading {}: {} of {} events", progress.campaign, progress.done, progress.of);
            told = if progress.done == progress.of { 0 } else { progress.done };
        }
    });
    let read_model = read_model.await.map_err(|error| Failure::fault(error.code(), error.to_string()))?;
    let follower = tokio::spawn(Arc::clone(&read_model).follow());
    let address = listener.local_addr().map_err(taken)?;
    eprintln!(
        "DEVELOPMENT MODE: nobody signs in. Whoever reaches {address} may act as anybody (header Parvis-Actor: ROLE:id)."
    );
    eprintln!("parvis serves http://{address}/ (pages) and http://{address}/graphql (API); stop it with Ctrl-C");
    let served = axum::serve(listener, router(read_model, Some(executor), &options));
    let ended = served.with_graceful_shutdown(stop()).await;
    follower.abort();
    eprintln!("parvis has stopped; everything it confirmed is in the store");
    ended.map_err(Failure::from)
}

/// Resolves when the process is asked to end.
async fn stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) read_model: Arc<ReadModel>,
    pub(crate) downloads: PathBuf,
}

/// All routes. Without an executor the server only reads.
pub fn router(read_model: Arc<ReadModel>, executor: Option<Executor>, options: &Options) -> Router {
    let services = Services::new(Arc::clone(&read_model), executor, &options.origin);
    let model = Arc::clone(&read_model);
    let door = Door::new(schema::build(services), Limits::default(), move |parts| begin(&model, parts));
    let site = Site { read_model, downloads: options.downloads.clone() };
    Router::new()
        .route("/", get(landing::show))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/open-data/{file}", get(download))
        .with_state(site)
        .merge(door.router())
}

/// Takes the one version that a request reads.
fn begin(read_model: &ReadModel, parts: &Parts) -> Result<Began, Refusal> {
    let actor = actor(&parts.headers).map_err(|fault| Refusal::Declined {
        status: StatusCode::BAD_REQUEST,
        code: fault.code(),
        message: fault.to_string(),
    })?;
    let version = read_model.current();
    let tag = version.tag.to_string();
    let snapshot = Arc::new(Snapshot::new(version));
    let mut data = Data::default();
    data.insert(Viewer { language: Viewer::language_of(text(&parts.headers, ACCEPT_LANGUAGE.as_str())), actor });
    data.insert(Arc::clone(&snapshot));
    Ok(Began { version: tag, data, report: Box::new(move || snapshot.extension()) })
}

/// Who acts: whoever the header names. Nobody when the request was addressed to another host: a page
/// of another site can make a browser send one here (DNS rebinding), but not under our name.
fn actor(headers: &HeaderMap) -> Result<Option<Actor>, Fault> {
    if !text(headers, HOST.as_str()).is_none_or(is_local) {
        return Ok(None);
    }
    match headers.get(ACTOR_HEADER) {
        None => Ok(Some(Actor::new(DEVELOPER.0, DEVELOPER.1))),
        Some(value) => {
            let unreadable = |_| Fault::Actor("(not readable as text)".to_owned());
            Viewer::actor_of(value.to_str().map_err(unreadable)?).map(Some)
        }
    }
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn live() -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(json!({ "status": "live" }))).into_response()
}

/// Ready while every log can be read to its end.
async fn ready(State(site): State<Site>) -> Response {
    let version = site.read_model.current();
    let log = |campaign: &Arc<crate::read_model::CampaignVersion>| {
        let broken = campaign.broken.as_ref().map(|broken| json!({ "position": broken.position, "code": broken.code }));
        json!({ "campaign": campaign.code, "size": campaign.model.size(), "broken": broken })
    };
    let logs: Vec<_> = version.campaigns.values().map(log).collect();
    let fault = site.read_model.fault();
    let holds = fault.is_none() && version.campaigns.values().all(|campaign| campaign.broken.is_none());
    let (code, status) = if holds { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    let body = json!({ "status": status, "fault": fault, "logs": logs });
    (code, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// The ending of a bundle's file name, and of the file with its public key.
pub(crate) const BUNDLE: &str = ".parvis";
pub(crate) const POLICY: &str = ".parvis.policy";

/// A campaign's bundle, or its policy, as a stream.
async fn download(State(site): State<Site>, Path(name): Path<String>) -> Response {
    let (code, media) = match (name.strip_suffix(POLICY), name.strip_suffix(BUNDLE)) {
        (Some(code), _) => (code, "text/plain; charset=utf-8"),
        (None, Some(code)) => (code, "application/zip"),
        (None, None) => return missing(&name),
    };
    // Only names that a campaign has: nothing else of the folder can be reached.
    let version = site.read_model.current();
    let Some(view) = version.campaign(code) else { return missing(&name) };
    if !may_be_given_out(view) {
        let message = "the vote is under way: a bundle made now would tell a partial result";
        return (StatusCode::FORBIDDEN, Json(json!({ "error": { "code": "NOT_PUBLIC_YET", "message": message } })))
            .into_response();
    }
    let path = site.downloads.join(&name);
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok::<_, std::io::Error>((file, bytes))
    });
    let Ok(Ok((file, bytes))) = opened.await else { return missing(&name) };
    let stream = futures_util::stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let read = tokio::task::spawn_blocking(move || {
            let mut chunk = vec![0; CHUNK];
            let count = file.read(&mut chunk)?;
            chunk.truncate(count);
            Ok::<_, std::io::Error>((Bytes::from(chunk), file))
        });
        match read.await.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok((chunk, _)) if chunk.is_empty() => None,
            Ok((chunk, file)) => Some((Ok(chunk), Some(file))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let headers = [
        (CONTENT_TYPE, media.to_owned()),
        (CONTENT_LENGTH, bytes.to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

/// A bundle holds the ballots: between the freeze and the proclamation it isn't given out.
pub(crate) fn may_be_given_out(view: &View) -> bool {
    view.model.overview.frozen.is_none() || view.model.counts_are_public()
}

fn missing(name: &str) -> Response {
    let name: String = name.chars().take(80).collect();
    let message = format!("there is no {name} here: `parvis export bundle CAMPAIGN` makes one");
    (StatusCode::NOT_FOUND, Json(json!({ "error": { "code": "NOT_EXPORTED", "message": message } }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_has_local_names() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "[::1]"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "10.0.0.1", "", ":80"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_foreign_page_is_nobody() {
        let headers = |pairs: &[(&'static str, &str)]| {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        let local = headers(&[("host", "127.0.0.1:8080"), ("parvis-actor", "CITIZEN:v1")]);
        assert_eq!(actor(&local).unwrap(), Some(Actor::new("v1", Role::Citizen)));
        let foreign = headers(&[("host", "evil.example"), ("parvis-actor", "COORDINATOR:x")]);
        assert_eq!(actor(&foreign).unwrap(), None);
        assert_eq!(actor(&headers(&[("parvis-actor", "KING:x")])).unwrap_err().code(), "ACTOR_INVALID");
    }
}
