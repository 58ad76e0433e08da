//! The server: routes, start and graceful end.
//!
//! GraphQL itself: `graphql/` behind the door of `http.rs`; who may come in: `people.rs` and the crate
//! `doors`; the page at `/`: `landing.rs`; who watches: `watch.rs`, `health.rs`, `metrics.rs`.

use crate::calendar::Calendars;
pub(crate) use crate::downloads::{BUNDLE, POLICY, may_be_given_out};
use crate::failure::Failure;
use crate::graphql::request::{Services, Snapshot, Viewer};
use crate::graphql::schema;
use crate::health::{self, Health};
use crate::http::{Began, Door, Gate, Limits, Observer, Refusal, observe};
use crate::metrics::{self, Sources};
use crate::notary::Notary;
use crate::notices::Notices;
use crate::people::People;
use crate::read_model::ReadModel;
use crate::retention::Keeper;
use crate::site_files::{self, SiteFiles};
use crate::site_update::{self, Updating};
use crate::snapshot::Snapshots;
use crate::voting::Voting;
use crate::watch::{self, Watchers};
use crate::witness::Witnesses;
use crate::{downloads, keys, landing, log_files, receipts};
use async_graphql::Data;
use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::routing::get;
use commands::{Clock, Entropy, Executor};
use doors::Identity;
use event_store::Store;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use vault::Level;

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The first part of a new log's origin: the city's host name.
    pub origin: String,
    /// The folder with the exported bundles, `<campaign>.parvis` and `<campaign>.parvis.policy`.
    pub downloads: PathBuf,
    /// The file with the signing key, which a ready node can read; none where nothing is signed.
    pub key: Option<PathBuf>,
    /// The folder for snapshots of the read model; none when none are kept.
    pub snapshots: Option<PathBuf>,
    /// How much of the past stays in memory.
    pub past: crate::past::Limits,
    /// Requests that may be under way at once; one more is told to come again.
    pub max_in_flight: u32,
    /// How long the node goes on answering after it said that it isn't ready any more.
    pub drain: Duration,
    /// Who may read how the server runs.
    pub watchers: Watchers,
    /// Who cosigns checkpoints.
    pub witnesses: Arc<Witnesses>,
}

/// Requests under way at once when nothing is said.
pub const DEFAULT_IN_FLIGHT: u32 = 1_024;

impl Options {
    /// With everything else as it is when nothing is said.
    pub fn new(listen: SocketAddr, origin: impl Into<String>, downloads: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            origin: origin.into(),
            downloads: downloads.into(),
            key: None,
            snapshots: None,
            past: crate::past::Limits::default(),
            max_in_flight: DEFAULT_IN_FLIGHT,
            drain: Duration::ZERO,
            watchers: Watchers::default(),
            witnesses: Arc::default(),
        }
    }
}

/// Events between two lines about how far the first reading is.
const REPORT: u64 = 50_000;

/// How long requests under way may take once the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(30);

/// Reads the logs, then serves until Ctrl-C or SIGTERM. Then: not ready any more, for `drain`; no new
/// connections; requests under way are answered, for thirty seconds at most; the store is closed. A
/// second signal cuts the first two short.
///
/// # Errors
/// `LISTEN` when the address can't be had, and faults of the store and of the signing key.
pub async fn serve(executor: Executor, options: Options, people: People) -> Result<(), Failure> {
    let taken = |error: std::io::Error| {
        Failure::fault("LISTEN", format!("can't listen on {} ({error}): give another --listen", options.listen))
    };
    let listener = std::net::TcpListener::bind(options.listen).map_err(taken)?;
    listener.set_nonblocking(true).map_err(taken)?;
    if let Some(key) = &options.key {
        // Drawn now rather than at the first need, so that a key that can't be read is seen at once.
        keys::signer(key, &options.origin, executor.entropy())?;
    }
    metrics::install()?;
    let upkeep = tokio::spawn(metrics::upkeep());
    let store = executor.store().clone();
    let node = Node::new(store.clone(), &options)?;
    let address = listener.local_addr().map_err(taken)?;
    let early = TcpListener::from_std(listener.try_clone().map_err(taken)?).map_err(taken)?;
    let mut stop = Box::pin(stopped());
    let read_model = tokio::select! {
        read_model = first_reading(&node, &options, early) => read_model?,
        () = &mut stop => return Ok(()),
    };
    let follower = tokio::spawn(Arc::clone(&read_model).follow());
    let signing = options.key.clone().map(|key| {
        let notary = Notary::new(store.clone(), key, executor.entropy().clone(), Arc::clone(&options.witnesses));
        node.health.signs(notary.clone());
        tokio::spawn(notary.run())
    });
    if people.development {
        eprintln!(
            "DEVELOPMENT: whoever reaches {address} may sign in as anybody, at http://{address}/sign-in. Never do this \
             where others can reach it."
        );
    }
    let keeper = Keeper {
        executor: executor.clone(),
        vault: people.vault.clone(),
        files: Some(people.files.clone()),
        read_model: Arc::clone(&read_model),
        retention: people.retention.clone(),
    };
    let keeping = tokio::spawn(keeper.run());
    let turning = tokio::spawn(Calendars::new(executor.clone(), Arc::clone(&read_model)).run());
    let (vault, clock, post) = (people.vault.clone(), executor.clock().clone(), people.post.clone());
    let notices = Notices::new(Arc::clone(&read_model), vault, clock, post, people.per_minute);
    let telling = tokio::spawn(notices.run());
    let voting = options.key.clone().map(|key| {
        tokio::spawn(Voting::new(executor.clone(), people.vault.clone(), Arc::clone(&read_model), key).run())
    });
    eprintln!("parvis serves http://{address}/ (pages) and http://{address}/graphql (API); stop it with Ctrl-C");
    let (close, closing) = oneshot::channel::<()>();
    let routes = node.routes(Arc::clone(&read_model), Some(executor), &options, Some(&people));
    let listener = TcpListener::from_std(listener).map_err(taken)?;
    let mut served =
        Box::pin(doors::serve(listener, routes, async { drop(closing.await) }, people.connections.clone()));
    let drained = async {
        stop.await;
        node.health.drain();
        eprintln!("parvis stops: requests under way are answered first");
        if !options.drain.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(options.drain) => {}
                () = stopped() => {}
            }
        }
    };
    tokio::select! {
        () = &mut served => return Ok(()),
        () = drained => drop(close),
    }
    let answered = async {
        served.await;
        // Commands whose client left, or was told to ask again, are carried out to their end.
        node.observer.gate.emptied().await;
    };
    match tokio::time::timeout(LAST_ANSWERS, answered).await {
        Ok(()) => {}
        Err(_) => tracing::warn!("requests that took longer than {} s got no answer", LAST_ANSWERS.as_secs()),
    }
    follower.abort();
    keeping.abort();
    turning.abort();
    telling.abort();
    if let Some(voting) = voting {
        voting.abort();
    }
    if let Some(signing) = signing {
        signing.abort();
    }
    upkeep.abort();
    people.vault.close().await;
    store.close().await;
    read_model.save().await;
    eprintln!("parvis has stopped; everything it confirmed is in the store");
    Ok(())
}

/// Reads every log, and meanwhile answers those who ask how far that is.
async fn first_reading(node: &Node, options: &Options, listener: TcpListener) -> Result<Arc<ReadModel>, Failure> {
    let (opened, open) = oneshot::channel::<()>();
    let early = axum::serve(listener, node.starting()).with_graceful_shutdown(async { drop(open.await) });
    let mut told = 0;
    // Without them a start only takes longer.
    let snapshots = options.snapshots.as_deref().and_then(|folder| {
        Snapshots::open(folder).inspect_err(|error| tracing::warn!(code = error.code(), "no snapshots: {error}")).ok()
    });
    let read_model = ReadModel::open_within(node.store.clone(), snapshots, options.past, |progress| {
        node.health.reads(progress);
        if progress.done >= told + REPORT || progress.done == progress.of {
            eprintln!("reading {}: {} of {} events", progress.campaign, progress.done, progress.of);
            told = if progress.done == progress.of { 0 } else { progress.done };
        }
    });
    let read_model = tokio::select! {
        read_model = read_model => read_model.map_err(|error| Failure::fault(error.code(), error.to_string())),
        ended = early.into_future() => Err(ended.err().map_or_else(|| Failure::fault("LISTEN", "nobody listens"), Failure::from)),
    };
    // Connections of this first server are told to end; new ones wait for the second one to begin.
    drop(opened);
    read_model
}

/// Resolves when the process is asked to end.
async fn stopped() {
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

/// What the pages share.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) read_model: Arc<ReadModel>,
    pub(crate) witnesses: Arc<Witnesses>,
    pub(crate) downloads: PathBuf,
}

/// What this process is, whether its logs are read or not.
struct Node {
    store: Store,
    health: Arc<Health>,
    observer: Observer,
    watchers: Arc<Watchers>,
}

impl Node {
    fn new(store: Store, options: &Options) -> Result<Self, Failure> {
        let entropy = Entropy::system().map_err(|error| Failure::fault("NO_ENTROPY", error.to_string()))?;
        let health = Arc::new(Health::new(store.clone(), options.key.clone()));
        let observer = Observer { gate: Gate::new(options.max_in_flight), entropy };
        Ok(Self { store, health, observer, watchers: Arc::new(options.watchers.clone()) })
    }

    /// For those who watch. Only that the process lives is told to everybody.
    fn watched(&self) -> Router {
        let sources = Sources { health: Arc::clone(&self.health), gate: self.observer.gate.clone() };
        let inside = Router::new()
            .route("/health/ready", get(health::ready).with_state(Arc::clone(&self.health)))
            .route("/metrics", get(metrics::show).with_state(sources))
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&self.watchers), watch::only_watchers));
        Router::new().route("/health/live", get(health::live)).merge(inside)
    }

    fn observed(&self, routes: Router) -> Router {
        routes.layer(axum::middleware::from_fn_with_state(self.observer.clone(), observe))
    }

    /// The routes while the logs are read.
    fn starting(&self) -> Router {
        self.observed(self.watched().fallback(crate::http::starting))
    }

    /// The routes of a node that has read them. Without people it only reads.
    fn routes(
        &self,
        read_model: Arc<ReadModel>,
        executor: Option<Executor>,
        options: &Options,
        people: Option<&People>,
    ) -> Router {
        self.health.opened(Arc::clone(&read_model));
        let voting = executor.as_ref().zip(people).zip(options.key.as_ref()).map(|((executor, people), key)| {
            Voting::new(executor.clone(), people.vault.clone(), Arc::clone(&read_model), key.clone())
        });
        let updating = executor.clone().filter(|_| people.is_some());
        let updating = updating.map(|executor| Updating { executor, read_model: Arc::clone(&read_model) });
        let services = Services {
            voting,
            vault: people.map(|people| people.vault.clone()),
            files: people.map(|people| people.files.clone()),
            doors: people.map(|people| people.doors.clone()),
            least_level: people.map_or(Level::Low, |people| people.least_level),
            witnesses: Arc::clone(&options.witnesses),
            ..Services::new(Arc::clone(&read_model), executor, &options.origin)
        };
        let clock = services.executor.as_ref().map_or(Clock::System, |executor| executor.clock().clone());
        let model = Arc::clone(&read_model);
        let door = Door::new(schema::build(services), Limits::default(), move |parts| begin(&model, parts));
        let base = match people {
            Some(people) => people.doors.public_url().to_owned(),
            None => format!("http://{}", options.listen),
        };
        let files = SiteFiles { read_model: Arc::clone(&read_model), clock: clock.clone(), base: base.into() };
        let witnesses = Arc::clone(&options.witnesses);
        let site = Site { read_model: Arc::clone(&read_model), witnesses, downloads: options.downloads.clone() };
        let pages = Router::new()
            .route("/", get(landing::show))
            .route("/style.css", get(landing::style))
            .route("/open-data/{file}", get(downloads::download))
            .route("/c/{campaign}/receipts/{file}", get(receipts::show))
            .with_state(site)
            .merge(log_files::routes(Arc::clone(&read_model), Arc::clone(&options.witnesses)))
            .merge(site_files::routes(files))
            .merge(door.router());
        let pages = match updating {
            Some(updating) => pages.merge(site_update::routes(updating)),
            None => pages,
        };
        let pages = match people {
            Some(people) => people.doors.guard(pages.merge(people.routes(&read_model, clock))),
            None => pages,
        };
        self.observed(self.watched().merge(pages))
    }
}

/// All routes, on a read model that somebody else keeps up to date. Without an executor, or without
/// people, the server only reads.
///
/// # Errors
/// `NO_ENTROPY` when the machine gives no random bytes.
pub fn router(
    read_model: Arc<ReadModel>,
    executor: Option<Executor>,
    options: &Options,
    people: Option<&People>,
) -> Result<Router, Failure> {
    Ok(Node::new(read_model.store().clone(), options)?.routes(read_model, executor, options, people))
}

/// Takes the one version that a request reads.
fn begin(read_model: &ReadModel, parts: &Parts) -> Result<Began, Refusal> {
    let version = read_model.current();
    let session = parts.extensions.get::<Identity>().map(|Identity(session)| Arc::clone(session));
    let tag = session.is_none().then(|| version.tag.to_string());
    let snapshot = Arc::new(Snapshot::new(version));
    let mut data = Data::default();
    data.insert(Viewer { language: Viewer::language_of(text(&parts.headers, ACCEPT_LANGUAGE.as_str())), session });
    data.insert(Arc::clone(&snapshot));
    Ok(Began { version: tag, data, report: Box::new(move || snapshot.extension()) })
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn while_the_logs_are_read_only_those_who_watch_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("x.db").display());
        let store = Store::open(&url, event_store::OpenMode::Create).unwrap();
        store.create_log("x/T26", "T26").await.unwrap();
        let options = Options::new(([127, 0, 0, 1], 0).into(), "x", folder.path());
        let node = Node::new(store, &options).unwrap();
        node.health.reads(crate::read_model::Progress { campaign: "T26", done: 3, of: 20 });
        let answer = async |path: &str| {
            let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(node.starting(), request).await.unwrap();
            let (status, wait) =
                (response.status().as_u16(), text(response.headers(), "retry-after").map(str::to_owned));
            let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
            (status, wait.unwrap_or_default(), serde_json::from_slice::<serde_json::Value>(&bytes).unwrap())
        };
        assert_eq!(answer("/health/live").await.0, 200);
        let (status, wait, body) = answer("/health/ready").await;
        assert_eq!((status, wait.as_str(), &body["starting"]), (503, "1", &serde_json::json!(true)));
        assert_eq!((&body["campaigns"][0]["code"], &body["campaigns"][0]["position"]), (&"T26".into(), &3.into()));
        for path in ["/", "/graphql?query=%7B__typename%7D", "/open-data/T26.parvis"] {
            let (status, wait, body) = answer(path).await;
            let code = &body["errors"][0]["extensions"]["code"];
            assert_eq!((status, wait.as_str(), code), (503, "5", &"STARTING".into()), "{path}");
        }
    }
}
