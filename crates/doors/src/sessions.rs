//! Who a request comes from: the session behind a cookie, or the token a program shows.
//!
//! Owns the two ways to show it and a small memory of answers, so that most requests don't ask the
//! vault. What was looked up is believed for ten seconds: somebody who signs out is gone from this node
//! at once, from others within that time. Secrets are remembered as their SHA-256 alone.

use crate::{Refusal, cookies};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use commands::Clock;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use vault::{PersonId, Session, Vault};

/// How long a session is believed without looking again.
const BELIEVED: Duration = Duration::from_secs(10);

/// Sessions remembered at once.
const REMEMBERED: usize = 8_192;

/// Longest secret that is looked up; those of the vault have 47 characters.
const LONGEST: usize = 128;

/// How the secret of a token begins; that of a session begins otherwise.
const TOKEN: &str = "pvt_";

/// Whoever a valid session or token says it is, in the request's extensions.
#[derive(Clone, Debug)]
pub struct Identity(pub Arc<Session>);

/// What a request showed.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Nothing.
    Nobody,
    /// The cookie of a session, or a token, that holds.
    Somebody(Identity),
    /// The cookie of a session that has ended.
    Ended,
}

/// The sessions as this node knows them.
pub(crate) struct Sessions {
    vault: Vault,
    clock: Clock,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    found: BTreeMap<[u8; 32], (Arc<Session>, Instant)>,
    /// Grows with every sign-out, so that what was looked up before one isn't remembered after it.
    sign_outs: u64,
}

impl Sessions {
    pub(crate) fn new(vault: Vault, clock: Clock) -> Self {
        Self { vault, clock, memory: Mutex::default() }
    }

    /// Finds out who asks.
    ///
    /// # Errors
    /// `CREDENTIALS_TWICE`, `CREDENTIAL_INVALID` for a token that doesn't hold, `SESSIONS_UNAVAILABLE`.
    pub(crate) async fn identify(&self, headers: &HeaderMap) -> Result<Shown, Refusal> {
        let cookie = cookies::read(headers, cookies::SESSION)?;
        let token = match headers.get(AUTHORIZATION) {
            None => None,
            Some(_) if cookie.is_some() => return Err(Refusal::CredentialsTwice),
            Some(value) => Some(bearer(value.as_bytes()).ok_or(Refusal::Credential)?),
        };
        if let Some(token) = token {
            let session = self.find(token).await?.filter(|session| session.scopes.is_some());
            return session.map(|session| Shown::Somebody(Identity(session))).ok_or(Refusal::Credential);
        }
        let Some(cookie) = cookie else { return Ok(Shown::Nobody) };
        if cookie.starts_with(TOKEN) || !is_secret(&cookie) {
            return Ok(Shown::Ended);
        }
        let session = self.find(&cookie).await?.filter(|session| session.scopes.is_none());
        Ok(session.map_or(Shown::Ended, |session| Shown::Somebody(Identity(session))))
    }

    async fn find(&self, secret: &str) -> Result<Option<Arc<Session>>, Refusal> {
        let key: [u8; 32] = Sha256::digest(secret).into();
        let now = self.clock.now().ok_or(Refusal::Unavailable)?;
        let sign_outs = {
            let mut memory = self.memory();
            match memory.found.get(&key) {
                Some((session, at)) if at.elapsed() < BELIEVED => {
                    return Ok(Some(Arc::clone(session)).filter(|session| session.expires > now));
                }
                Some(_) => drop(memory.found.remove(&key)),
                None => {}
            }
            memory.sign_outs
        };
        let found = self.vault.session(secret).await.map_err(|error| {
            tracing::error!(code = error.code(), "a session can't be looked up");
            Refusal::Unavailable
        })?;
        let Some(session) = found.map(Arc::new) else { return Ok(None) };
        let mut memory = self.memory();
        if memory.sign_outs == sign_outs {
            if memory.found.len() >= REMEMBERED {
                memory.found.retain(|_, (_, at)| at.elapsed() < BELIEVED);
            }
            if memory.found.len() < REMEMBERED {
                memory.found.insert(key, (Arc::clone(&session), Instant::now()));
            }
        }
        Ok(Some(session))
    }

    /// Ends a session, and forgets it here at once.
    pub(crate) async fn end(&self, secret: &str) -> Result<(), Refusal> {
        let ended = self.vault.close_session(secret).await;
        let key: [u8; 32] = Sha256::digest(secret).into();
        let mut memory = self.memory();
        memory.sign_outs += 1;
        memory.found.remove(&key);
        ended.map_err(unavailable)
    }

    /// Ends every session and token of a person.
    pub(crate) async fn end_all(&self, person: &PersonId) -> Result<u64, Refusal> {
        let ended = self.vault.close_all(person).await;
        self.forget(person);
        ended.map_err(unavailable)
    }

    /// Forgets what this node remembers of a person.
    pub(crate) fn forget(&self, person: &PersonId) {
        let mut memory = self.memory();
        memory.sign_outs += 1;
        memory.found.retain(|_, (session, _)| session.person != *person);
    }

    // Each change is one call that leaves it whole.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: vault::Error) -> Refusal {
    tracing::error!(code = error.code(), "the vault can't be used");
    Refusal::Unavailable
}

/// The secret of a token in an `Authorization` line (RFC 6750, section 2.1), when it can be one of ours.
fn bearer(line: &[u8]) -> Option<&str> {
    let (scheme, rest) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let secret = rest.trim_matches(' ');
    let ours = secret.strip_prefix(TOKEN).is_some_and(|rest| !rest.is_empty());
    (scheme.eq_ignore_ascii_case("bearer") && ours && is_secret(secret)).then_some(secret)
}

fn is_secret(text: &str) -> bool {
    text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_read_as_rfc_6750_writes_it() {
        assert_eq!(bearer(b"Bearer pvt_abc-_1"), Some("pvt_abc-_1"));
        assert_eq!(bearer(b"bearer  pvt_a "), Some("pvt_a"));
        for line in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer pvt_",
            "Bearer pvs_a",
            "Basic cHZ0Xw==",
            "Bearer pvt_a b",
            "Bearer pvt_\u{e9}",
            "Bearer\tpvt_a",
        ] {
            assert_eq!(bearer(line.as_bytes()), None, "{line}");
        }
        assert_eq!(bearer(format!("Bearer pvt_{}", "a".repeat(LONGEST)).as_bytes()), None);
    }

    proptest! {
        #[test]
        fn any_line_is_judged(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(secret) = bearer(&line) {
                prop_assert!(secret.starts_with(TOKEN) && secret.len() <= LONGEST);
            }
        }
    }
}
