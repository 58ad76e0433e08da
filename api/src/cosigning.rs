//! When witnesses are asked: after each checkpoint, all at once, without anybody waiting for a slow one.
//!
//! Owns the rounds of a node. One round asks every witness that is free about the last checkpoint of a
//! log, so that they sign the same one; the next round begins when enough have signed, and whoever is
//! slower is left to answer by itself. Appends never wait for any of this. What one request means:
//! `witness.rs`; who signs the checkpoints: `notary.rs`.

use crate::failure::Failure;
use crate::witness::{Asked, Witness, Witnesses};
use event_store::{LogHead, LogId, Store};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Logs whose witnesses are asked at a time.
const ROUNDS: usize = 8;

/// The longest rest after faults of a witness, in seconds.
const LONGEST_REST: u64 = 60;

/// The rounds of a node. Clones are the same rounds.
#[derive(Clone)]
pub(crate) struct Cosigning {
    witnesses: Arc<Witnesses>,
    store: Store,
    places: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Logs whose round is under way.
    rounds: BTreeSet<LogId>,
    /// The size that every witness has cosigned, by log.
    complete: BTreeMap<LogId, u64>,
    /// Where each witness stands with each log: by its place in the list.
    turns: BTreeMap<(usize, LogId), Turn>,
}

#[derive(Default)]
struct Turn {
    asked: bool,
    failures: u32,
    not_before: Option<Instant>,
    fault: Option<String>,
}

/// A witness, for whoever watches this node.
#[derive(Debug, Serialize)]
pub(crate) struct WitnessHealth {
    pub(crate) name: String,
    pub(crate) ok: bool,
    code: Option<String>,
}

impl Cosigning {
    pub(crate) fn new(witnesses: Arc<Witnesses>, store: Store) -> Self {
        Self { witnesses, store, places: Arc::new(Semaphore::new(ROUNDS)), state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every witness and the code of its last fault, if it has one with any log.
    pub(crate) fn health(&self) -> Vec<WitnessHealth> {
        let state = self.state();
        let of = |(number, witness): (usize, &Arc<Witness>)| {
            let turns = state.turns.range((number, LogId(i64::MIN))..=(number, LogId(i64::MAX)));
            let code = turns.filter_map(|(_, turn)| turn.fault.clone()).next();
            WitnessHealth { name: witness.key.name().to_owned(), ok: code.is_none(), code }
        };
        self.witnesses.all.iter().enumerate().map(of).collect()
    }

    /// Begins a round for each log that has grown since its witnesses signed, unless one is under way.
    pub(crate) fn begin(&self, heads: &[LogHead]) {
        if self.witnesses.is_empty() {
            return;
        }
        for head in heads.iter().filter(|head| head.size > 0) {
            let log = head.log_id;
            {
                let mut state = self.state();
                if state.complete.get(&log) == Some(&head.size) || !state.rounds.insert(log) {
                    continue;
                }
            }
            let rounds = self.clone();
            tokio::spawn(async move {
                // Fails only for a closed semaphore, and nothing closes this one.
                let _place = rounds.places.acquire().await;
                if let Err(failure) = rounds.round(log).await {
                    tracing::error!(code = failure.code, "witnesses are not asked: {}", failure.message);
                }
                rounds.state().rounds.remove(&log);
            });
        }
    }

    /// Asks who hasn't signed the last checkpoint of a log, until enough have.
    async fn round(&self, log: LogId) -> Result<(), Failure> {
        let kept = self.store.read_with(move |reader| {
            let Some((size, note)) = reader.checkpoint(log)? else { return Ok(None) };
            Ok(Some((size, note, reader.cosignatures(log, size)?)))
        });
        let Some((size, note, lines)) = kept.await? else { return Ok(()) };
        let note: Arc<str> = note.into();
        let mut asked = JoinSet::new();
        let mut cosigned = 0;
        for (number, witness) in self.witnesses.all.iter().enumerate() {
            if lines.iter().any(|(name, _)| *name == witness.key.short()) {
                cosigned += 1;
            } else if self.takes_turn(number, log) {
                let (rounds, witness, note) = (self.clone(), Arc::clone(witness), Arc::clone(&note));
                asked.spawn(async move { rounds.turn(number, &witness, log, size, &note).await });
            }
        }
        let all = self.witnesses.all.len();
        let enough = if self.witnesses.quorum() == 0 { all } else { self.witnesses.quorum() };
        while cosigned < enough {
            match asked.join_next().await {
                Some(signed) => cosigned += usize::from(matches!(signed, Ok(true))),
                None => break,
            }
        }
        if asked.is_empty() && cosigned == all {
            self.state().complete.insert(log, size);
        }
        asked.detach_all();
        Ok(())
    }

    /// Whether the witness may be asked about the log now; if so, it is taken.
    fn takes_turn(&self, number: usize, log: LogId) -> bool {
        let mut state = self.state();
        let turn = state.turns.entry((number, log)).or_default();
        let free = !turn.asked && turn.not_before.is_none_or(|time| time <= Instant::now());
        turn.asked |= free;
        free
    }

    /// Asks one witness, keeps what it signed, and remembers how that went. Answers whether it signed.
    async fn turn(&self, number: usize, witness: &Witness, log: LogId, size: u64, note: &str) -> bool {
        let asked = match witness.ask(&self.store, log, size, note).await {
            Ok(Asked::Cosigned(line)) => {
                let kept = self.store.keep_cosignature(log, size, &witness.key.short(), &line).await;
                kept.map(|()| true).map_err(Failure::from)
            }
            Ok(Asked::Later) => Ok(false),
            Err(failure) => Err(failure),
        };
        let mut state = self.state();
        let turn = state.turns.entry((number, log)).or_default();
        turn.asked = false;
        match asked {
            Ok(signed) => {
                (turn.failures, turn.not_before, turn.fault) = (0, None, None);
                signed
            }
            Err(failure) => {
                turn.failures = turn.failures.saturating_add(1);
                let rest = 2_u64.saturating_pow(turn.failures).min(LONGEST_REST);
                turn.not_before = Some(Instant::now() + Duration::from_secs(rest));
                if turn.fault.as_ref() != Some(&failure.code) {
                    tracing::warn!(code = failure.code, "no cosignature: {}", failure.message);
                }
                turn.fault = Some(failure.code);
                false
            }
        }
    }
}

/// What witnesses answered a command.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// What was wrong with those who didn't sign.
    pub(crate) faults: Vec<Failure>,
    /// Whether one has cosigned a larger checkpoint already.
    pub(crate) later: bool,
}

/// Asks all witnesses about a kept checkpoint and waits for every answer: for commands that end. What
/// they signed is kept.
///
/// # Errors
/// Faults of the store.
pub(crate) async fn gather(
    witnesses: &Witnesses,
    store: &Store,
    log: LogId,
    size: u64,
    note: &str,
) -> Result<Gathered, Failure> {
    let kept = store.read_with(move |reader| reader.cosignatures(log, size)).await?;
    let missing = |witness: &&Arc<Witness>| !kept.iter().any(|(name, _)| *name == witness.key.short());
    let mut asked = JoinSet::new();
    for witness in witnesses.all.iter().filter(missing) {
        let (witness, store, note) = (Arc::clone(witness), store.clone(), note.to_owned());
        asked.spawn(async move {
            match witness.ask(&store, log, size, &note).await? {
                Asked::Cosigned(line) => store.keep_cosignature(log, size, &witness.key.short(), &line).await?,
                Asked::Later => return Ok(true),
            }
            Ok::<bool, Failure>(false)
        });
    }
    let mut gathered = Gathered::default();
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok(Ok(later)) => gathered.later |= later,
            Ok(Err(failure)) => gathered.faults.push(failure),
            Err(error) => gathered.faults.push(Failure::fault("PANIC", error.to_string())),
        }
    }
    Ok(gathered)
}
