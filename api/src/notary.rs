//! Signed checkpoints of the logs: signed once a second where a log has grown, kept in the store, given
//! out at `/log/<campaign>/checkpoint`.
//!
//! Owns the one promise that a signature makes: of one log, no two signed heads contradict each other.
//! Every new head is checked against the last one that is kept in the store, and against the last one
//! that this node signed, which stands in a file beside its key: a database that went back to an older
//! state takes its checkpoints with it, the file stays. Notes: C2SP `tlog-checkpoint`. Look next at
//! `keys.rs`, `health.rs`.

use crate::failure::Failure;
use crate::keys;
use crate::server::Site;
use axum::Json;
use axum::extract::{Path as Name, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use commands::Entropy;
use event_store::{LogHead, Store};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use transparency::{Checkpoint, Signer, open_note, verify_consistency};

/// How often logs are looked at: a checkpoint is at most that much older than its last event.
const PACE: Duration = Duration::from_secs(1);

/// How long the notary rests after a fault.
const REST: Duration = Duration::from_secs(10);

/// Whoever signs what the logs of a store have grown to.
#[derive(Clone)]
pub(crate) struct Notary {
    store: Store,
    key: PathBuf,
    entropy: Entropy,
    fault: Arc<Mutex<Option<String>>>,
}

impl Notary {
    pub(crate) fn new(store: Store, key: PathBuf, entropy: Entropy) -> Self {
        Self { store, key, entropy, fault: Arc::default() }
    }

    /// The code of the fault that keeps it from signing, if any.
    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs what has grown until the task is dropped.
    pub(crate) async fn run(self) {
        let mut signed: BTreeMap<String, u64> = BTreeMap::new();
        loop {
            let done = self.round(&mut signed).await;
            let code = done.as_ref().err().map(|failure| failure.code.clone());
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = code;
            match done {
                Ok(()) => tokio::time::sleep(PACE).await,
                Err(failure) => {
                    tracing::error!(code = failure.code, "no checkpoint is signed: {}", failure.message);
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn round(&self, signed: &mut BTreeMap<String, u64>) -> Result<(), Failure> {
        for head in self.store.logs().await? {
            let last = signed.get(&head.campaign).copied();
            if head.size == 0 || last == Some(head.size) {
                continue;
            }
            let (notary, campaign, size) = (self.clone(), head.campaign.clone(), head.size);
            let signing = tokio::task::spawn_blocking(move || {
                sign(&notary.store, &notary.key, &head, &notary.entropy).map(|_| ())
            });
            signing.await.map_err(|error| Failure::fault("PANIC", error.to_string()))??;
            signed.insert(campaign, size);
        }
        Ok(())
    }
}

/// Signs the head of a log, keeps the note in the store and answers it. Blocks.
///
/// # Errors
/// `LOG_FORKED` when the head doesn't go on from one that was signed before, `KEY_DIFFERS` when that
/// one was signed with another key; faults of the key, the disk and the store. Nothing is signed then.
pub fn sign(store: &Store, key: &Path, head: &LogHead, entropy: &Entropy) -> Result<String, Failure> {
    let signer = keys::signer(key, &head.origin, entropy)?;
    let memory = memory(key, &head.campaign);
    let remembered = match fs::read_to_string(&memory) {
        Ok(note) => Some(note),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::from(error).at(memory.display())),
    };
    let kept = store.reader().checkpoint(head.log_id)?.map(|(_, note)| note);
    for note in kept.iter().chain(&remembered) {
        goes_on(store, head, &signer, note)?;
    }
    let checkpoint = Checkpoint { origin: head.origin.clone(), size: head.size, root: head.root };
    let note = checkpoint.sign(&signer)?;
    // In the store first: once that is durable, the events below it are.
    store.keep_checkpoint_blocking(head.log_id, head.size, &note)?;
    if remembered.as_ref() != Some(&note) {
        remember(&memory, &note).map_err(|error| Failure::from(error).at(memory.display()))?;
    }
    Ok(note)
}

/// Whether the log, as it stands, contains all that an earlier note has signed.
fn goes_on(store: &Store, head: &LogHead, signer: &Signer, note: &str) -> Result<(), Failure> {
    let campaign = &head.campaign;
    let opened = open_note(note, std::slice::from_ref(signer.verifier())).map_err(|_| {
        let message = format!(
            "the checkpoints of `{campaign}` are signed with another key: give every node of this store the same \
             --key, or restore it from your backup"
        );
        Failure::fault("KEY_DIFFERS", message)
    })?;
    let earlier = Checkpoint::parse(&opened.text)?;
    let holds = earlier.origin == head.origin
        && earlier.size <= head.size
        && (earlier.size == 0 || {
            let proof = store.reader().consistency_proof(head.log_id, earlier.size, head.size)?;
            verify_consistency(earlier.size, head.size, &proof, &earlier.root, &head.root).is_ok()
        });
    if holds {
        return Ok(());
    }
    let message = format!(
        "the log of `{campaign}` has {} events and doesn't go on from the checkpoint of {} events that was signed: an \
         older state of the database was put in its place, or somebody changed it. Follow \
         docs/runbooks/backup-and-restore.md before anything else is written",
        head.size, earlier.size
    );
    Err(Failure::fault("LOG_FORKED", message))
}

/// The file with the last note that was signed with this key for a campaign.
fn memory(key: &Path, campaign: &str) -> PathBuf {
    key.with_extension(format!("{campaign}.checkpoint"))
}

fn remember(file: &Path, note: &str) -> std::io::Result<()> {
    let part = file.with_extension("part");
    let mut writing = fs::File::create(&part)?;
    writing.write_all(note.as_bytes())?;
    writing.sync_all()?;
    fs::rename(part, file)
}

/// `/log/<campaign>/checkpoint`: the last one that is kept.
pub(crate) async fn show(State(site): State<Site>, Name(code): Name<String>) -> Response {
    let refuse = |status: StatusCode, code: &str, message: String| {
        let body = Json(json!({ "error": { "code": code, "message": message } }));
        (status, [(CACHE_CONTROL, "no-store")], body).into_response()
    };
    let version = site.read_model.current();
    let Some(view) = version.campaign(&code) else {
        return refuse(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no campaign `{code}`"));
    };
    let log = view.log;
    match site.read_model.store().read_with(move |reader| reader.checkpoint(log)).await {
        Ok(Some((_, note))) => {
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "public, max-age=1")];
            (headers, note).into_response()
        }
        Ok(None) => refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "no checkpoint has been signed yet".into()),
        Err(error) => refuse(StatusCode::SERVICE_UNAVAILABLE, error.code(), error.to_string()),
    }
}
