//! Whether what an issuer sent is the issuer's, ours, new, and about this sign-in.
//!
//! ID tokens: `OpenID` Connect Core 1.0, section 3.1.3.7, by `openidconnect`, with `azp` and `at_hash`
//! beside. Signed userinfo: section 5.3.2, here, because the library knows one algorithm only there.
//! Signatures are always by a key of the issuer: never none, never with a shared secret.

use crate::issuers::{Known, Party};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use commands::Clock;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKey, Nonce,
    SignatureVerificationError,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// How far clocks may be apart, in seconds.
const APART_S: i64 = 60;

/// What is believed once it is signed.
pub(crate) type Claims = Map<String, Value>;

/// Why something isn't believed. Holds nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// Signed with a key that isn't known, perhaps a new one, or a new one under an old name.
    KeyUnknown,
    /// Anything else, in words for the operator.
    Because(&'static str),
}

const ALGORITHMS: [(&str, CoreJwsSigningAlgorithm); 4] = [
    ("ES256", CoreJwsSigningAlgorithm::EcdsaP256Sha256),
    ("EdDSA", CoreJwsSigningAlgorithm::EdDsa),
    ("PS256", CoreJwsSigningAlgorithm::RsaSsaPssSha256),
    ("RS256", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
];

/// The claims of an ID token.
pub(crate) fn id_token(
    party: &Party,
    known: &Known,
    token: &CoreIdToken,
    access: &AccessToken,
    nonce: &Nonce,
    clock: &Clock,
) -> Result<Claims, Distrust> {
    let why = Distrust::Because;
    let now = now(clock)?;
    let issuer = IssuerUrl::new(party.settings.url.clone()).map_err(|_| why("the issuer's address"))?;
    let client = ClientId::new(party.settings.client_id.clone());
    let earlier = at(now - APART_S)?;
    let verifier = CoreIdTokenVerifier::new_public_client(client, issuer, known.keys.clone())
        .set_allowed_algs(ALGORITHMS.map(|(_, algorithm)| algorithm))
        .set_time_fn(move || earlier)
        .set_issue_time_verifier_fn(move |issued| {
            if issued.timestamp() <= now + APART_S { Ok(()) } else { Err("issued in the future".to_owned()) }
        });
    let claims = token.claims(&verifier, nonce).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        ) => Distrust::KeyUnknown,
        ClaimsVerificationError::Expired(_) => why("the ID token has expired"),
        ClaimsVerificationError::InvalidAudience(_) => why("the ID token is for somebody else"),
        ClaimsVerificationError::InvalidIssuer(_) => why("the ID token is another issuer's"),
        ClaimsVerificationError::InvalidNonce(_) => why("the ID token is of another sign-in"),
        ClaimsVerificationError::SignatureVerification(_) => why("the signature of the ID token"),
        _ => why("the form of the ID token"),
    })?;
    if claims.authorized_party().is_some_and(|azp| azp.as_str() != party.settings.client_id) {
        return Err(why("the ID token was issued to another client"));
    }
    if let Some(hash) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|_| why("the algorithm of the ID token"))?;
        let key = token.signing_key(&verifier).map_err(|_| why("the key of the ID token"))?;
        let ours = AccessTokenHash::from_token(access, algorithm, key).map_err(|_| why("at_hash"))?;
        if ours != *hash {
            return Err(why("the ID token came with another access token"));
        }
    }
    // Read again from the text that was just verified: the library's type leaves out what it doesn't know.
    let text = token.to_string();
    payload(&text).ok_or(why("the form of the ID token"))
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
    #[serde(default)]
    enc: Option<Value>,
}

/// The claims of a signed userinfo answer.
pub(crate) fn userinfo(party: &Party, known: &Known, text: &str, clock: &Clock) -> Result<Claims, Distrust> {
    let why = Distrust::Because;
    let claims = signed(&known.keys, text)?;
    if claims.get("iss").and_then(Value::as_str) != Some(party.settings.url.as_str()) {
        return Err(why("the userinfo is another issuer's"));
    }
    let ours = |aud: &Value| aud.as_str() == Some(party.settings.client_id.as_str());
    let addressed = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(ours),
        Some(one) => ours(one),
        None => false,
    };
    if !addressed {
        return Err(why("the userinfo is for somebody else"));
    }
    match claims.get("exp") {
        None => Ok(claims),
        Some(exp) if exp.as_i64().is_some_and(|exp| now(clock).is_ok_and(|now| exp > now - APART_S)) => Ok(claims),
        Some(_) => Err(why("the userinfo has expired")),
    }
}

/// Checks a signature in compact form (RFC 7515, section 5.2).
fn signed(keys: &CoreJsonWebKeySet, text: &str) -> Result<Claims, Distrust> {
    let why = Distrust::Because;
    let form = why("the form of the userinfo");
    let (message, signature) = text.rsplit_once('.').ok_or(form)?;
    let (header, _) = message.split_once('.').ok_or(form)?;
    let header: Header = serde_json::from_slice(&decode(header).ok_or(form)?).map_err(|_| form)?;
    let signature = decode(signature).ok_or(form)?;
    if header.crit.is_some() || header.enc.is_some() {
        return Err(why("the userinfo has a header that isn't understood"));
    }
    let (_, algorithm) =
        ALGORITHMS.into_iter().find(|(name, _)| *name == header.alg).ok_or(why("the algorithm of the userinfo"))?;
    let named = |key: &&openidconnect::core::CoreJsonWebKey| match (&header.kid, key.key_id()) {
        (Some(wanted), Some(id)) => wanted.as_str() == id.as_str(),
        (Some(_), None) | (None, _) => true,
    };
    let mut candidates = keys.keys().iter().filter(named);
    // Each key checks that it is of the algorithm's kind and meant for signatures.
    let good = candidates.any(|key| key.verify_signature(&algorithm, message.as_bytes(), &signature).is_ok());
    if good { payload(text).ok_or(form) } else { Err(Distrust::KeyUnknown) }
}

fn payload(text: &str) -> Option<Claims> {
    serde_json::from_slice(&decode(text.split('.').nth(1)?)?).ok()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn now(clock: &Clock) -> Result<i64, Distrust> {
    clock.now().map(|now| now.unix()).ok_or(Distrust::Because("this machine's clock"))
}

fn at(seconds: i64) -> Result<DateTime<Utc>, Distrust> {
    DateTime::from_timestamp(seconds, 0).ok_or(Distrust::Because("this machine's clock"))
}
