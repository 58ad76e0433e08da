//! Owns: the commitment that ties a hidden value to its event.
//! Must not: store values or nonces.
//! Next: `leaf.rs` and docs/formats/log.md §3.

use crate::{
    canonical::{canonical_string, to_canonical},
    error::Error,
    hash::Hash,
};
use serde_json::Value;

/// Separates these hashes from any other use of SHA-256 in the platform.
const DOMAIN: &[u8] = b"parvis.commit/v1\n";

/// `SHA-256("parvis.commit/v1\n" || nonce || JCS({"path":…,"position":…,"value":…}))`.
///
/// Path and position are inside so that a value cannot be moved to another field or event; the
/// 32 random bytes make it impossible to find a deleted value by trying likely ones.
///
/// # Errors
/// [`Error::NoCanonicalForm`] when the value, the path or the position has no canonical form.
pub fn commit(path: &str, position: u64, value: &Value, nonce: &[u8; 32]) -> Result<Hash, Error> {
    let path = canonical_string(path)?;
    let position = to_canonical(&position)?;
    let value = match value {
        // Nearly every hidden value is a text, and this runs under the lock of the log.
        Value::String(text) => canonical_string(text)?,
        value => to_canonical(value)?,
    };
    let text = format!(r#"{{"path":{path},"position":{position},"value":{value}}}"#);
    Ok(Hash::of(&[DOMAIN, nonce, text.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn is_the_hash_of_the_canonical_object() {
        let nonce = [7; 32];
        let object = json!({"value": {"b": 1, "a": "é"}, "path": "/data/x", "position": 12});
        let text = serde_json_canonicalizer::to_string(&object).unwrap();
        let expected = Hash::of(&[b"parvis.commit/v1\n", &nonce, text.as_bytes()]);
        assert_eq!(commit("/data/x", 12, &object["value"], &nonce).unwrap(), expected);
    }

    #[test]
    fn depends_on_each_part() {
        let base = commit("/data/a", 1, &json!("x"), &[0; 32]).unwrap();
        assert_ne!(base, commit("/data/b", 1, &json!("x"), &[0; 32]).unwrap());
        assert_ne!(base, commit("/data/a", 2, &json!("x"), &[0; 32]).unwrap());
        assert_ne!(base, commit("/data/a", 1, &json!("y"), &[0; 32]).unwrap());
        assert_ne!(base, commit("/data/a", 1, &json!("x"), &[1; 32]).unwrap());
        assert!(commit("/data/a", 1, &json!(0.5), &[0; 32]).is_err());
        assert!(commit("/data/a", 1 << 53, &json!(1), &[0; 32]).is_err());
    }
}
