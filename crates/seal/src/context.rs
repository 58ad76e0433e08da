//! Owns: what an envelope is bound to, so that it opens nowhere else.
//! Must not: look anything up; the caller says what the log says.
//! Next: `sealed.rs`.

use crate::{Error, KeyId};
use serde_json::json;
use transparency::{Hash, to_canonical};

/// What an envelope is bound to: the log, the area, the ballot list and the urn's key. One moved to
/// another area, another campaign or a swapped ballot list doesn't open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    text: String,
    key: KeyId,
}

impl Context {
    /// For the log of this origin, the area of this id, and the digest of the ballot list that is
    /// frozen with the rules.
    ///
    /// # Errors
    /// [`Error::Canonical`] when the origin or the area has no canonical form (RFC 8785, NFC).
    pub fn new(origin: &str, area: &str, catalogue: &Hash, key: &KeyId) -> Result<Self, Error> {
        let text = to_canonical(&json!({"area": area, "catalogue": catalogue, "key": key, "log": origin}))?;
        Ok(Self { text, key: key.clone() })
    }

    /// Its canonical text: `{"area":…,"catalogue":…,"key":…,"log":…}`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key that is sealed to.
    pub const fn key(&self) -> &KeyId {
        &self.key
    }

    /// The `info` of RFC 9180 §5.1: what is sealed, and its context.
    pub(crate) fn info(&self, kind: &str) -> String {
        format!("{kind}{}", self.text)
    }
}
