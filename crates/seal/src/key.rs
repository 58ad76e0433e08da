//! Owns: the urn's public key, its id, and its secret (X25519, as RFC 9180 §7.1 writes them).
//! Must not: draw a key; the seed of a new one is handed in.
//! Next: `sealed.rs` (what is sealed to a key), `shares.rs` (how a secret is split).

use crate::Error;
use base64::{Engine, engine::general_purpose::STANDARD};
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, Serializable};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt, str::FromStr};
use transparency::Hash;
use zeroize::Zeroizing;

/// The mechanism that keys are made for (RFC 9180 §7.1, KEM 0x0020).
pub(crate) type Mechanism = X25519HkdfSha256;

/// Which urn something is sealed to: `urn-` and the first 16 hexadecimal digits of
/// SHA-256(`parvis.urn-key/v1\n` || public key).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix("urn-").unwrap_or_default();
        let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if digits.len() == 16 && digits.bytes().all(lower) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::BadText { what: "the id of an urn key" })
        }
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The public key of an urn: everything is sealed to it. Written as base64 (44 characters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UrnKey([u8; 32]);

impl UrnKey {
    /// A key from its 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        let digits: String = Hash::of(&[b"parvis.urn-key/v1\n", &self.0]).to_string().chars().take(16).collect();
        KeyId(format!("urn-{digits}"))
    }

    pub(crate) fn to_hpke(self) -> Result<<Mechanism as Kem>::PublicKey, Error> {
        Deserializable::from_bytes(&self.0).map_err(|_| Error::BadUrnKey)
    }
}

impl fmt::Display for UrnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl FromStr for UrnKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        bytes_from_base64(text).map(|bytes| Self(*bytes)).ok_or(Error::BadText { what: "the urn key" })
    }
}

impl Serialize for UrnKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UrnKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The secret of an urn. Until the opening it exists in shares only; the event that opens the urn
/// makes it public, and is why it can be written at all. Overwritten in memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct UrnSecret(Zeroizing<[u8; 32]>);

impl UrnSecret {
    /// The secret that a seed of 32 random bytes gives: `DeriveKeyPair(seed)` of RFC 9180 §7.1.3.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let (secret, _) = Mechanism::derive_keypair(seed);
        Self(Zeroizing::new(secret.to_bytes().into()))
    }

    /// A secret from its 32 bytes, as `SerializePrivateKey` of RFC 9180 §7.1.2 writes them.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key that belongs to it.
    ///
    /// # Errors
    /// [`Error::BadUrnKey`] when the bytes are no private key.
    pub fn public(&self) -> Result<UrnKey, Error> {
        Ok(UrnKey(Mechanism::sk_to_pk(&self.to_hpke()?).to_bytes().into()))
    }

    /// As text, to be published at the opening: base64 (44 characters).
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.0))
    }

    pub(crate) fn to_hpke(&self) -> Result<<Mechanism as Kem>::PrivateKey, Error> {
        Deserializable::from_bytes(self.0.as_slice()).map_err(|_| Error::BadUrnKey)
    }
}

impl fmt::Debug for UrnSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrnSecret(not shown)")
    }
}

impl FromStr for UrnSecret {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        bytes_from_base64(text).map(Self).ok_or(Error::BadText { what: "the secret of the urn" })
    }
}

impl Serialize for UrnSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for UrnSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// 32 bytes in standard base64 with padding; `None` for any other spelling.
fn bytes_from_base64(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}
