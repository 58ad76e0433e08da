//! Owns: hidden values with their nonces, and the one text in which they stand beside a leaf.
//! Must not: check commitments (see `leaf.rs`).
//! Next: `hidden.rs`, `commitment.rs`, docs/formats/log.md §3.

use crate::{
    canonical::{check_canonical, to_canonical},
    error::Error,
    hash::bytes_from_hex,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use std::borrow::Cow;

/// The longest canonical array of one event's disclosed values, in bytes.
pub const MAX_DISCLOSED_BYTES: usize = 1 << 20;

/// A value beside the leaf with the nonce of its commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenValue {
    /// 32 random bytes, written as lower-case hex. Deleted together with the value.
    #[serde(serialize_with = "write_hex", deserialize_with = "read_hex")]
    pub nonce: [u8; 32],
    /// JSON pointer below the leaf, such as `/data/title`.
    pub path: String,
    /// The value itself.
    pub value: Value,
}

fn write_hex<S: Serializer>(nonce: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(nonce))
}

fn read_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    bytes_from_hex(&text).ok_or_else(|| de::Error::custom("a nonce is 64 lower-case hexadecimal digits"))
}

/// The canonical text of disclosed values: an array in the order of the leaf's `hidden` object,
/// or the empty text when there is none. Stored and exported beside the leaf.
///
/// # Errors
/// [`Error::NoCanonicalForm`] when a value has none, [`Error::DisclosedTooLong`].
pub fn disclosed_text(disclosed: &[HiddenValue]) -> Result<String, Error> {
    if disclosed.is_empty() {
        return Ok(String::new());
    }
    let mut sorted: Vec<&HiddenValue> = disclosed.iter().collect();
    sorted.sort_by(|a, b| a.path.encode_utf16().cmp(b.path.encode_utf16()));
    let text = to_canonical(&sorted)?;
    if text.len() > MAX_DISCLOSED_BYTES {
        return Err(Error::DisclosedTooLong { bytes: text.len() });
    }
    Ok(text)
}

/// Reads what [`disclosed_text`] wrote, and nothing else.
///
/// # Errors
/// [`Error::NotCanonical`] for another spelling or order, [`Error::LeafMalformed`] for another
/// kind of JSON, [`Error::DisclosedTooLong`].
pub fn parse_disclosed(text: &str) -> Result<Vec<HiddenValue>, Error> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.len() > MAX_DISCLOSED_BYTES {
        return Err(Error::DisclosedTooLong { bytes: text.len() });
    }
    check_canonical(text.as_bytes())?;
    let values: Vec<HiddenValue> =
        serde_json::from_str(text).map_err(|error| Error::LeafMalformed(format!("disclosed values: {error}")))?;
    let ascending = values.windows(2).all(|pair| pair[0].path.encode_utf16().lt(pair[1].path.encode_utf16()));
    if values.is_empty() || !ascending {
        return Err(Error::NotCanonical { offset: 0, why: "disclosed values must ascend by path, each once" });
    }
    Ok(values)
}
