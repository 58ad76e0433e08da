//! Whether this node is alive, and whether requests should be sent to it.
//!
//! Alive: the process answers; nothing else is asked. Ready: the store answers within a second, the
//! signing key can be read, and every campaign is read to near its end. Must not mend anything. Who
//! asks: a proxy or an orchestrator (`docs/runbooks/operation.md`), and `metrics.rs`.

use crate::cosigning::WitnessHealth;
use crate::keys;
use crate::notary::Notary;
use crate::read_model::{Progress, ReadModel};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use event_store::Store;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// A node that is further behind than this many events isn't ready.
const MOST_LAG: u64 = 10_000;

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// When to look again, in seconds.
const LOOK_AGAIN: HeaderValue = HeaderValue::from_static("1");

/// What is known of this node, from its start to its end.
pub(crate) struct Health {
    store: Store,
    key: Option<PathBuf>,
    read_model: OnceLock<Arc<ReadModel>>,
    /// Events read and events there are, by campaign, while the logs are read first.
    first: Mutex<BTreeMap<String, (u64, u64)>>,
    draining: AtomicBool,
    /// Who signs checkpoints, once somebody does.
    notary: OnceLock<Notary>,
    /// One look at a time: where the store hangs, looks must not pile up.
    look: Arc<tokio::sync::Mutex<()>>,
}

/// A part that holds, or the code of its fault.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    ok: bool,
    code: Option<String>,
}

impl Part {
    fn new(fault: Option<String>) -> Self {
        Self { ok: fault.is_none(), code: fault }
    }
}

/// Events done, and events there are.
#[derive(Debug, Serialize)]
struct Rebuilding {
    done: u64,
    of: u64,
}

/// One campaign on this node.
#[derive(Debug, Serialize)]
pub(crate) struct CampaignHealth {
    pub(crate) code: String,
    /// Events that can be read here.
    pub(crate) position: u64,
    /// Events that its log has.
    size: u64,
    /// The difference.
    pub(crate) lag: u64,
    rebuilding: Option<Rebuilding>,
    broken: bool,
}

/// What `/health/ready` answers.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) ready: bool,
    starting: bool,
    draining: bool,
    store: Part,
    signer: Part,
    /// Who cosigns. A node is ready without them: appends never wait for a witness.
    pub(crate) witnesses: Vec<WitnessHealth>,
    pub(crate) campaigns: Vec<CampaignHealth>,
}

/// The sizes of the logs by campaign, and whether the key can be read.
struct Seen {
    sizes: Result<BTreeMap<String, u64>, String>,
    key_fault: Option<String>,
}

impl Health {
    /// Of a node that starts. Without a key, nothing is signed and none is looked for.
    pub(crate) fn new(store: Store, key: Option<PathBuf>) -> Self {
        Self {
            store,
            key,
            read_model: OnceLock::new(),
            first: Mutex::default(),
            draining: AtomicBool::new(false),
            notary: OnceLock::new(),
            look: Arc::default(),
        }
    }

    /// How far the first reading is.
    pub(crate) fn reads(&self, progress: Progress<'_>) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.insert(progress.campaign.to_owned(), (progress.done, progress.of));
    }

    /// The first reading is done.
    pub(crate) fn opened(&self, read_model: Arc<ReadModel>) {
        // Only the first one counts: there is one per process.
        let _ = self.read_model.set(read_model);
    }

    /// Somebody signs checkpoints from now on.
    pub(crate) fn signs(&self, notary: Notary) {
        // Only the first one counts: there is one per process.
        let _ = self.notary.set(notary);
    }

    /// The node is about to stop: from now on it isn't ready, for good.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Everything, as it is now.
    pub(crate) async fn report(&self) -> Report {
        let Seen { sizes, key_fault } = self.see().await;
        let read_model = self.read_model.get();
        let fault = read_model.and_then(|model| model.fault());
        let store_fault = sizes.as_ref().err().cloned().or_else(|| fault.map(str::to_owned));
        let sizes = sizes.unwrap_or_default();
        let campaigns = match read_model {
            Some(model) => Self::followed(model, sizes),
            None => self.first_reading(sizes),
        };
        let (starting, draining) = (read_model.is_none(), self.draining.load(Ordering::Relaxed));
        let signer_fault = key_fault.or_else(|| self.notary.get().and_then(Notary::fault));
        let (store, signer) = (Part::new(store_fault), Part::new(signer_fault));
        let near = campaigns.iter().all(|campaign| campaign.lag < MOST_LAG && !campaign.broken);
        let ready = !starting && !draining && store.ok && signer.ok && near;
        let witnesses = self.notary.get().map(Notary::witnesses).unwrap_or_default();
        Report { ready, starting, draining, store, signer, witnesses, campaigns }
    }

    fn followed(model: &ReadModel, mut sizes: BTreeMap<String, u64>) -> Vec<CampaignHealth> {
        let follow = |status: crate::read_model::CampaignStatus| {
            // What the store says now is newer than what the follower saw last.
            let size = status.size.max(sizes.remove(&status.code).unwrap_or(0));
            CampaignHealth {
                lag: size.saturating_sub(status.position),
                code: status.code,
                position: status.position,
                size,
                rebuilding: status.rebuilding.map(|(done, of)| Rebuilding { done, of }),
                broken: status.broken,
            }
        };
        let mut campaigns: Vec<_> = model.status().into_iter().map(follow).collect();
        campaigns.extend(sizes.into_iter().map(|(code, size)| CampaignHealth::unread(code, 0, size)));
        campaigns
    }

    fn first_reading(&self, mut sizes: BTreeMap<String, u64>) -> Vec<CampaignHealth> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (code, (_, of)) in &first {
            sizes.entry(code.clone()).or_insert(*of);
        }
        let done = |code: &str| first.get(code).map_or(0, |(done, _)| *done);
        sizes.into_iter().map(|(code, size)| CampaignHealth::unread(code.clone(), done(&code), size)).collect()
    }

    /// Asks the store and the key's file, for a second at most.
    async fn see(&self) -> Seen {
        let look = async {
            let turn = Arc::clone(&self.look).lock_owned().await;
            let (store, key) = (self.store.clone(), self.key.clone());
            // A task of its own: what hangs keeps its turn, also when nobody waits for it any more.
            let looking = tokio::spawn(async move {
                let _turn = turn;
                let heads = store.logs().await;
                let read = move || key.map_or(Ok(()), |key| keys::check(&key));
                let key = tokio::task::spawn_blocking(read).await;
                (heads, key)
            });
            looking.await
        };
        let late = |code: &str| Seen { sizes: Err(code.to_owned()), key_fault: None };
        match tokio::time::timeout(PATIENCE, look).await {
            Err(_) => late("STORE_SLOW"),
            Ok(Err(_)) => late("INTERNAL"),
            Ok(Ok((heads, key))) => Seen {
                sizes: heads
                    .map(|heads| heads.into_iter().map(|head| (head.campaign, head.size)).collect())
                    .map_err(|error| error.code().to_owned()),
                key_fault: key.map_or_else(|_| Some("INTERNAL".to_owned()), |read| read.err().map(|fault| fault.code)),
            },
        }
    }
}

impl CampaignHealth {
    fn unread(code: String, position: u64, size: u64) -> Self {
        Self { code, position, size, lag: size.saturating_sub(position), rebuilding: None, broken: false }
    }
}

/// `/health/live`.
pub(crate) async fn live() -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(json!({ "status": "live" }))).into_response()
}

/// `/health/ready`.
pub(crate) async fn ready(State(health): State<Arc<Health>>) -> Response {
    let report = health.report().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, [(CACHE_CONTROL, "no-store")], Json(&report)).into_response();
    if !report.ready {
        response.headers_mut().insert(RETRY_AFTER, LOOK_AGAIN);
    }
    response
}
