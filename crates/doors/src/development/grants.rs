//! Codes, access tokens and signatures of the development issuer. In memory: a restart forgets them.

use super::persons::Person;
use crate::sign_in::random;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use commands::{Clock, Entropy};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::form_urlencoded::byte_serialize;

/// How long a code and an access token hold, in seconds.
const HOLDS_S: i64 = 60;

/// Codes and tokens at once; more are refused.
const MOST: usize = 1_000;

/// What somebody was asked for at the authorization endpoint.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) side: &'static str,
    pub(super) redirect: String,
    pub(super) challenge: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) locale: String,
}

#[derive(Clone, Debug)]
struct Grant {
    asked: Asked,
    person: Person,
    until: i64,
}

/// What was granted.
pub(super) struct Grants {
    key: SigningKey,
    clock: Clock,
    entropy: Entropy,
    codes: Mutex<BTreeMap<String, Grant>>,
    tokens: Mutex<BTreeMap<String, Grant>>,
}

impl Grants {
    pub(super) fn new(clock: Clock, entropy: Entropy) -> Self {
        let key = SigningKey::from_bytes(&entropy.bytes());
        Self { key, clock, entropy, codes: Mutex::default(), tokens: Mutex::default() }
    }

    /// A code for somebody who was chosen.
    pub(super) fn code(&self, asked: Asked, person: Person) -> Option<String> {
        self.keep(&self.codes, Grant { asked, person, until: self.now()? + HOLDS_S })
    }

    /// Tokens for a code, once.
    pub(super) fn redeem(
        &self,
        code: &str,
        redirect: &str,
        verifier: &str,
        side: &str,
        issuer: &str,
        client: &str,
    ) -> Option<Value> {
        let now = self.now()?;
        let grant = open(&self.codes).remove(code).filter(|grant| grant.until > now)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        if grant.asked.side != side || grant.asked.redirect != redirect || grant.asked.challenge != challenge {
            return None;
        }
        let (nonce, person) = (grant.asked.nonce.clone(), grant.person.clone());
        let access = self.keep(&self.tokens, Grant { until: now + HOLDS_S, ..grant })?;
        // Half of the hash that goes with the algorithm: SHA-512 for Ed25519.
        let hash = Sha512::digest(&access);
        let id_token = self.sign(&json!({
            "iss": issuer,
            "sub": person.subject,
            "aud": client,
            "azp": client,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": nonce,
            "acr": person.acr,
            "at_hash": URL_SAFE_NO_PAD.encode(hash.get(..32)?),
        }));
        Some(json!({ "access_token": access, "token_type": "Bearer", "expires_in": HOLDS_S, "id_token": id_token }))
    }

    /// What userinfo says to whoever has this access token.
    pub(super) fn claims(&self, access: &str, side: &str) -> Option<Value> {
        let now = self.now()?;
        let tokens = open(&self.tokens);
        tokens
            .get(access)
            .filter(|grant| grant.until > now && grant.asked.side == side)
            .map(|grant| grant.person.claims())
    }

    /// Signs claims (RFC 7515, compact form; RFC 8037, Ed25519).
    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": self.key_id() }).to_string();
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}.{signature}")
    }

    /// The key with which signatures are checked (RFC 7517).
    pub(super) fn public_key(&self) -> Value {
        let point = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.key_id(), "x": point })
    }

    fn key_id(&self) -> String {
        hex::encode(Sha256::digest(self.key.verifying_key().as_bytes()).get(..8).unwrap_or_default())
    }

    fn now(&self) -> Option<i64> {
        self.clock.now().map(|now| now.unix())
    }

    fn keep(&self, place: &Mutex<BTreeMap<String, Grant>>, grant: Grant) -> Option<String> {
        let now = self.now()?;
        let mut kept = open(place);
        kept.retain(|_, grant| grant.until > now);
        if kept.len() >= MOST {
            return None;
        }
        let name = random(&self.entropy);
        kept.insert(name.clone(), grant);
        Some(name)
    }
}

fn open(place: &Mutex<BTreeMap<String, Grant>>) -> MutexGuard<'_, BTreeMap<String, Grant>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a client shows itself (RFC 6749, section 2.3.1: each part form-encoded first).
pub(super) fn basic(client: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(client), encoded(secret))))
}
