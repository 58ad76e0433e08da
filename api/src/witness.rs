//! Witnesses: who they are, what is asked of one, and which checkpoint they have made public.
//!
//! Owns the settings, a request of C2SP `tlog-witness` and the meaning of its answer. What a witness
//! answers is checked before it is believed. When they are asked: `cosigning.rs`. Must not sign
//! anything (`notary.rs`).

use crate::failure::Failure;
use event_store::{LogId, Reader, Store};
use reqwest::{Client, NoProxy, Proxy, StatusCode, Url, redirect};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use transparency::{Hash, Policy, Verifier, line_by};

/// What the operator says of witnesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How many witnesses must have cosigned a checkpoint before it is served; more than half of them when
    /// not set. With 0 none is waited for, and cosignatures are added as they come.
    pub quorum: Option<usize>,
    /// Seconds that a witness may take to answer (1 to 60).
    pub timeout_s: u64,
    /// Who they are.
    pub witness: Vec<WitnessSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { quorum: None, timeout_s: 5, witness: Vec::new() }
    }
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessSettings {
    /// Its public key as it publishes it: `name+id+key`, of type 0x04.
    pub key: String,
    /// Its submission prefix: requests go to `<url>/add-checkpoint`.
    pub url: Url,
}

/// The witnesses of a store's logs; of none where none are set.
#[derive(Debug, Default)]
pub struct Witnesses {
    quorum: usize,
    pub(crate) all: Vec<Arc<Witness>>,
}

/// One witness, as this node knows it.
#[derive(Debug)]
pub(crate) struct Witness {
    pub(crate) key: Verifier,
    address: Url,
    client: Client,
    /// The size that it cosigned last, by log.
    latest: Mutex<BTreeMap<LogId, u64>>,
}

/// What came of asking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Its signature line, checked, with its newline.
    Cosigned(String),
    /// It has cosigned a larger checkpoint of the log already, which another node asked it for.
    Later,
}

/// Where no usable settings are.
fn unusable(what: impl std::fmt::Display) -> Failure {
    Failure::usage("WITNESSES", format!("[witnesses] in the settings: {what}"))
}

/// The largest answer that is read, in bytes: a witness sends a line or some.
const LARGEST: usize = 64 * 1024;

impl Witnesses {
    /// Takes the settings apart; asks nobody yet. `proxy` is the way to other servers, if there is one.
    ///
    /// # Errors
    /// `WITNESSES` with what can't be.
    pub fn new(settings: &Settings, proxy: Option<&Url>) -> Result<Self, Failure> {
        if !(1..=60).contains(&settings.timeout_s) {
            return Err(unusable("timeout_s is from 1 to 60"));
        }
        let client = client(Duration::from_secs(settings.timeout_s), proxy)?;
        let mut all = Vec::new();
        for one in &settings.witness {
            let key = Verifier::parse(&one.key).map_err(|error| unusable(format!("`{}`: {error}", one.key)))?;
            if !matches!(one.url.scheme(), "http" | "https") || one.url.query().is_some() {
                return Err(unusable(format!(
                    "`{}`: give an address with https:// and nothing behind its path",
                    one.url
                )));
            }
            let address = format!("{}/add-checkpoint", one.url.as_str().trim_end_matches('/'));
            let address = address.parse().map_err(|_| unusable(format!("`{}` is no address", one.url)))?;
            all.push(Arc::new(Witness { key, address, client: client.clone(), latest: Mutex::default() }));
        }
        let majority = if all.is_empty() { 0 } else { all.len() / 2 + 1 };
        let witnesses = Self { quorum: settings.quorum.unwrap_or(majority), all };
        // A policy that can't be written, for whatever log, is one that nobody could check.
        let log = Verifier::parse(SOME_LOG).map_err(|error| unusable(error.to_string()))?;
        witnesses.policy(&log).map_err(|error| unusable(error.message))?;
        Ok(witnesses)
    }

    /// How many must have cosigned what is served.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The policy by which auditors check checkpoints of a log (C2SP tlog-policy).
    ///
    /// # Errors
    /// `BAD_POLICY` when these witnesses make none.
    pub fn policy(&self, log: &Verifier) -> Result<String, Failure> {
        let keys: Vec<Verifier> = self.all.iter().map(|witness| witness.key.clone()).collect();
        Ok(Policy::write(log, &keys, self.quorum)?)
    }

    /// The last checkpoint that may be served, with the cosignatures of these witnesses: its size and
    /// the note. None before one has been signed, and cosigned by as many as must.
    ///
    /// # Errors
    /// Faults of the store.
    pub fn published(&self, reader: &Reader, log: LogId) -> Result<Option<(u64, String)>, event_store::Error> {
        if self.quorum == 0 {
            let Some((size, note)) = reader.checkpoint(log)? else { return Ok(None) };
            let lines = self.lines(reader, log, size)?;
            return Ok(Some((size, note + &lines.concat())));
        }
        // Cosignatures of witnesses that have left count for nothing, so the first may not do.
        for (size, note) in reader.cosigned(log, u64::try_from(self.quorum).unwrap_or(u64::MAX), CANDIDATES)? {
            let lines = self.lines(reader, log, size)?;
            if lines.len() >= self.quorum {
                return Ok(Some((size, note + &lines.concat())));
            }
        }
        Ok(None)
    }

    /// The kept signature lines of these witnesses below the checkpoint of a size.
    fn lines(&self, reader: &Reader, log: LogId, size: u64) -> Result<Vec<String>, event_store::Error> {
        let kept = reader.cosignatures(log, size)?;
        let known = |name: &str| self.all.iter().any(|witness| witness.key.short() == name);
        Ok(kept.into_iter().filter(|(name, _)| known(name)).map(|(_, line)| line).collect())
    }
}

/// Checkpoints that are looked at for one that enough of today's witnesses have cosigned.
const CANDIDATES: u64 = 64;

/// A log's key to try a policy with: the example of C2SP signed-note.
const SOME_LOG: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

fn client(timeout: Duration, proxy: Option<&Url>) -> Result<Client, Failure> {
    // One that is there already serves as well: every TLS connection of the process may share it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().redirect(redirect::Policy::none()).timeout(timeout).user_agent("Parvis").no_proxy();
    let client = match proxy {
        Some(proxy) => {
            let direct = NoProxy::from_string("localhost,127.0.0.1,::1");
            let proxy = Proxy::all(proxy.clone()).map_err(|error| unusable(format!("the outgoing proxy: {error}")))?;
            client.proxy(proxy.no_proxy(direct))
        }
        None => client,
    };
    client.build().map_err(|error| unusable(format!("no way out: {error}")))
}

/// A request of C2SP tlog-witness: the size that the witness cosigned last, the proof that the checkpoint
/// goes on from there, the checkpoint.
fn request(old: u64, proof: &[Hash], note: &str) -> String {
    let mut body = format!("old {old}\n");
    for hash in proof {
        body.push_str(&hash.to_base64());
        body.push('\n');
    }
    body.push('\n');
    body.push_str(note);
    body
}

impl Witness {
    fn knows(&self, log: LogId, size: u64) {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).insert(log, size);
    }

    /// Asks it to cosign a checkpoint of a log. What it cosigned before is remembered, or learnt from its
    /// refusal.
    ///
    /// # Errors
    /// `WITNESS_UNREACHABLE`, `WITNESS_SLOW`; `WITNESS_KNOWS_NO_LOG` and `WITNESS_REFUSES_KEY` when its
    /// operator hasn't entered the log; `WITNESS_AHEAD` and `WITNESS_SEES_FORK` when it has cosigned
    /// what this log contradicts; `WITNESS_ANSWER` for anything else; faults of the store.
    pub(crate) async fn ask(&self, store: &Store, log: LogId, size: u64, note: &str) -> Result<Asked, Failure> {
        let name = self.key.name();
        let known = self.latest.lock().unwrap_or_else(PoisonError::into_inner).get(&log).copied();
        let mut old = known.unwrap_or(0).min(size);
        // Once more for what it has cosigned before, and once for a node that asked in between.
        for _ in 0..3 {
            let proof = store.read_with(move |reader| reader.consistency_proof(log, old, size)).await?;
            let (status, answer) = self.send(request(old, &proof, note)).await?;
            match status {
                StatusCode::OK => {
                    let line = line_by(note, &answer, &self.key).map_err(|error| {
                        Failure::fault("WITNESS_ANSWER", format!("{name} answers what it has not signed: {error}"))
                    })?;
                    self.knows(log, size);
                    return Ok(Asked::Cosigned(line));
                }
                StatusCode::CONFLICT => {
                    let latest =
                        answer.strip_suffix('\n').and_then(|size| size.parse::<u64>().ok()).ok_or_else(|| {
                            Failure::fault("WITNESS_ANSWER", format!("{name} doesn't say which size it cosigned last"))
                        })?;
                    if latest == old {
                        return Err(self.sees_a_fork(size));
                    }
                    self.knows(log, latest);
                    if latest > size {
                        let head = store.head(log).await?.size;
                        return if latest <= head { Ok(Asked::Later) } else { Err(self.is_ahead(latest, head)) };
                    }
                    old = latest;
                }
                StatusCode::NOT_FOUND => {
                    let message = format!(
                        "{name} doesn't know this log: give its operator the line that `parvis keys show` prints"
                    );
                    return Err(Failure::fault("WITNESS_KNOWS_NO_LOG", message));
                }
                StatusCode::FORBIDDEN => {
                    let message = format!(
                        "{name} knows this log by another key: give its operator the line that `parvis keys show` prints"
                    );
                    return Err(Failure::fault("WITNESS_REFUSES_KEY", message));
                }
                StatusCode::UNPROCESSABLE_ENTITY => return Err(self.sees_a_fork(size)),
                other => {
                    let message = format!("{name} answers {}: ask its operator why", other.as_u16());
                    return Err(Failure::fault("WITNESS_ANSWER", message));
                }
            }
        }
        Ok(Asked::Later)
    }

    fn is_ahead(&self, latest: u64, head: u64) -> Failure {
        let message = format!(
            "{} has cosigned a checkpoint of {latest} events, and the log has {head}: an older state of the database \
             was put in its place. Follow docs/runbooks/backup-and-restore.md before anything else is written",
            self.key.name()
        );
        Failure::fault("WITNESS_AHEAD", message)
    }

    fn sees_a_fork(&self, size: u64) -> Failure {
        let message = format!(
            "{} has cosigned a checkpoint that the one of {size} events contradicts: the log was changed, or its key \
             signs two logs. Follow docs/runbooks/witnesses.md before anything else is written",
            self.key.name()
        );
        Failure::fault("WITNESS_SEES_FORK", message)
    }

    async fn send(&self, body: String) -> Result<(StatusCode, String), Failure> {
        let name = self.key.name();
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                Failure::fault("WITNESS_SLOW", format!("{name} doesn't answer in time"))
            } else {
                Failure::fault("WITNESS_UNREACHABLE", format!("no answer from {name} at {}", self.address))
            }
        };
        let mut answer = self.client.post(self.address.clone()).body(body).send().await.map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(failed)? {
            if bytes.len() + piece.len() > LARGEST {
                return Err(Failure::fault("WITNESS_ANSWER", format!("{name} answers more than {LARGEST} bytes")));
            }
            bytes.extend_from_slice(&piece);
        }
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| Failure::fault("WITNESS_ANSWER", format!("{name} answers what is not text")))?;
        Ok((answer.status(), text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    /// The key of a witness.
    fn key(name: &str, seed: u8) -> String {
        let signer = transparency::Signer::from_seed(name, [seed; 32]).unwrap();
        let public = [&[4][..], &signer.verifier().key_bytes()].concat();
        let digest = Sha256::digest([name.as_bytes(), b"\n", &public].concat());
        format!("{name}+{}+{}", hex::encode(&digest[..4]), STANDARD.encode(public))
    }

    fn settings(head: &str, witnesses: &[(String, &str)]) -> Result<Witnesses, Failure> {
        let mut text = head.to_owned();
        for (key, url) in witnesses {
            text.push_str(&format!("\n[[witness]]\nkey = '{key}'\nurl = '{url}'"));
        }
        Witnesses::new(&toml::from_str(&text).unwrap(), None)
    }

    #[test]
    fn more_than_half_are_asked_for_unless_said() {
        let three = [1, 2, 3].map(|seed| (key(&format!("w{seed}"), seed), "https://w.example/x/"));
        assert_eq!(settings("", &[]).unwrap().quorum(), 0);
        assert_eq!(settings("", &three[..1]).unwrap().quorum(), 1);
        assert_eq!(settings("", &three).unwrap().quorum(), 2);
        assert_eq!(settings("quorum = 0", &three).unwrap().quorum(), 0);
        let witnesses = settings("quorum = 3", &three).unwrap();
        assert_eq!(witnesses.all[0].address.as_str(), "https://w.example/x/add-checkpoint");
        let log = transparency::Signer::from_seed("log.example/t26", [9; 32]).unwrap();
        let policy = Policy::parse(&witnesses.policy(log.verifier()).unwrap()).unwrap();
        assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 3));
    }

    #[test]
    fn settings_that_nobody_could_check_are_refused() {
        let (one, url) = (key("w1", 1), "https://w.example");
        let log = transparency::Signer::from_seed("w1", [1; 32]).unwrap().verifier().to_string();
        for (head, witnesses) in [
            ("quorum = 2", vec![(one.clone(), url)]),
            ("quorum = 1", vec![]),
            ("timeout_s = 0", vec![]),
            ("timeout_s = 61", vec![(one.clone(), url)]),
            ("", vec![(one.clone(), url), (one.clone(), url)]),
            ("", vec![(one.clone(), url), (key("w1", 2), url)]),
            ("", vec![(log, url)]),
            ("", vec![("w1+00000000+AAAA".to_owned(), url)]),
            ("", vec![(one.clone(), "file:///tmp")]),
            ("", vec![(one.clone(), "https://w.example/?x")]),
        ] {
            let failure = settings(head, &witnesses).unwrap_err();
            assert_eq!((failure.code.as_str(), failure.status), ("WITNESSES", 2), "{head} {witnesses:?}");
        }
    }

    #[test]
    fn a_request_is_the_old_size_the_proof_and_the_note() {
        let hash = Hash([0; 32]);
        let text = request(7, &[hash, hash], "o\n9\nr\n\n\u{2014} o s\n");
        let line = hash.to_base64();
        assert_eq!(text, format!("old 7\n{line}\n{line}\n\no\n9\nr\n\n\u{2014} o s\n"));
        assert_eq!(request(0, &[], "n\n"), "old 0\n\nn\n");
    }
}
