//! Signed checkpoints of the logs: signed once a second where a log has grown, and kept in the store.
//!
//! Owns the one promise that a signature makes: of one log, no two signed heads contradict each other.
//! Every new head is checked against the last one that is kept in the store, and against the last one
//! that this node signed, which stands in a file beside its key: a database that went back to an older
//! state takes its checkpoints with it, the file stays. Notes: C2SP `tlog-checkpoint`. Look next at
//! `keys.rs`, `cosigning.rs` (witnesses sign below), `log_files.rs` (how they are given out), `health.rs`.

use crate::cosigning::{self, Cosigning, WitnessHealth};
use crate::failure::Failure;
use crate::witness::Witnesses;
use crate::{fold, keys};
use commands::Entropy;
use event_store::{LogHead, Store};
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
    cosigning: Cosigning,
}

impl Notary {
    pub(crate) fn new(store: Store, key: PathBuf, entropy: Entropy, witnesses: Arc<Witnesses>) -> Self {
        let cosigning = Cosigning::new(witnesses, store.clone());
        Self { store, key, entropy, fault: Arc::default(), cosigning }
    }

    /// How the witnesses do.
    pub(crate) fn witnesses(&self) -> Vec<WitnessHealth> {
        self.cosigning.health()
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
        let heads = self.store.logs().await?;
        let signed = self.sign_grown(&heads, signed).await;
        // Also where one of them can't be signed: the others go on.
        self.cosigning.begin(&heads);
        signed
    }

    async fn sign_grown(&self, heads: &[LogHead], signed: &mut BTreeMap<String, u64>) -> Result<(), Failure> {
        for head in heads {
            let last = signed.get(&head.campaign).copied();
            if head.size == 0 || last == Some(head.size) {
                continue;
            }
            let (notary, head, campaign, size) = (self.clone(), head.clone(), head.campaign.clone(), head.size);
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

/// A checkpoint that may be given out, and the head of the log that it is about.
#[derive(Clone, Debug)]
pub struct Published {
    /// The log as it was: its size and root are those of the checkpoint.
    pub head: LogHead,
    /// The note, with the cosignatures of witnesses.
    pub note: String,
}

/// How often a command asks for cosignatures, while a server beside it asks for those of larger ones.
const TRIES: usize = 3;

/// Signs the head of a campaign's log, has it cosigned by as many witnesses as must, and answers the
/// checkpoint that can be given out; it may be a larger one, which a server beside had cosigned
/// meanwhile. Blocks, and asks witnesses on the runtime that it is called from.
///
/// # Errors
/// Those of [`sign`]; `NO_QUORUM` with what each witness answered.
pub fn publish(
    store: &Store,
    key: &Path,
    entropy: &Entropy,
    witnesses: &Witnesses,
    campaign: &str,
) -> Result<Published, Failure> {
    let reader = store.reader();
    let mut told = String::new();
    for _ in 0..TRIES {
        let head = fold::log(&reader, campaign)?;
        let note = sign(store, key, &head, entropy)?;
        let mut later = false;
        if !witnesses.is_empty() {
            let asked = cosigning::gather(witnesses, store, head.log_id, head.size, &note);
            let gathered = tokio::runtime::Handle::current().block_on(asked)?;
            told = gathered.faults.iter().map(|fault| format!("; {fault}")).collect();
            later = gathered.later;
        }
        if let Some((size, note)) = witnesses.published(&reader, head.log_id)?.filter(|(size, _)| *size >= head.size) {
            let root = reader.root_at(head.log_id, size)?;
            return Ok(Published { head: LogHead { size, root, ..head }, note });
        }
        // Who doesn't sign won't when asked again, unless a server beside was faster.
        if !later {
            break;
        }
    }
    let message = format!(
        "{} witnesses must cosign what is given out, and they did not{told}. See docs/runbooks/witnesses.md",
        witnesses.quorum()
    );
    Err(Failure::fault("NO_QUORUM", message))
}
