//! Owns: what a bundle is made of: names, limits, the manifest and its signed text.
//! Must not: read or write files itself.
//! Next: `bundle_write.rs`, `bundle_read.rs`, `bundle_container.rs`, docs/formats/bundle.md.

use crate::{
    canonical::{check_canonical, to_canonical},
    disclosed::{HiddenValue, MAX_DISCLOSED_BYTES, parse_disclosed},
    error::Error,
    hash::Hash,
    leaf::MAX_LEAF_BYTES,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The format that this code writes and reads.
pub const FORMAT: &str = "parvis-bundle/1";

/// The most lines in one entry of events. Every entry but the last is full, see [`chunk_is_full`].
pub const MAX_LINES: u64 = 65_536;

/// An entry of events is also full when its text has reached this length, in bytes.
pub const MAX_TEXT_BYTES: u64 = 128 << 20;

/// The longest line without its newline, in bytes: leaf, tab, disclosed values.
pub const MAX_LINE_BYTES: usize = MAX_LEAF_BYTES + 1 + MAX_DISCLOSED_BYTES;

/// The largest window of a zstd frame, as a power of two: 8 MiB (RFC 8878 §3.1.1.1.2).
pub(crate) const WINDOW_LOG: u32 = 23;

/// Entries after the events, in their order, with the longest each may be in bytes.
pub(crate) const CLOSING: [(&str, u64); 5] =
    [(CHECKPOINT, 1 << 16), (POLICY, 1 << 16), (CLAIMS, 64 << 20), (MANIFEST, 16 << 20), (SIGNATURE, 1 << 16)];

pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const POLICY: &str = "policy";
pub(crate) const CLAIMS: &str = "claims.json";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";

/// The name of the entry of events number `chunk`, from 0.
pub(crate) fn events_name(chunk: usize) -> String {
    format!("events/{chunk:06}.jsonl.zst")
}

/// Whether an entry of events ends after so many lines and bytes of text. The rule is part of the
/// format, so that the same log has the same entries whoever writes it.
pub const fn chunk_is_full(lines: u64, text_bytes: u64) -> bool {
    lines >= MAX_LINES || text_bytes >= MAX_TEXT_BYTES
}

/// What the manifest says of another entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Bytes as they stand in the file (compressed for events).
    pub length: u64,
    /// Its name.
    pub name: String,
    /// SHA-256 of these bytes.
    pub sha256: Hash,
}

/// `manifest.json`: what the log's key signs for the whole bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Every entry before the manifest, in the order of the file.
    pub entries: Vec<ManifestEntry>,
    /// Always [`FORMAT`].
    pub format: String,
    /// Origin of the log.
    pub log: String,
    /// What the publisher says of it: title, licence, …; not used in any check.
    pub metadata: Map<String, Value>,
    /// Number of events, the size of the checkpoint.
    pub size: u64,
}

impl Manifest {
    pub(crate) fn to_text(&self) -> Result<String, Error> {
        to_canonical(self)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let bad = |why: String| Error::BadEntry { entry: MANIFEST.to_owned(), why };
        check_canonical(text.as_bytes()).map_err(|error| bad(error.to_string()))?;
        let manifest: Self = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(bad(format!("its format is {:?}; this program reads {FORMAT:?}", manifest.format)));
        }
        Ok(manifest)
    }
}

/// The text that `manifest.sig` signs.
pub(crate) fn manifest_note(log: &str, manifest: &str) -> String {
    format!("parvis bundle manifest v1\n{log}\n{}\n", Hash::of(&[manifest.as_bytes()]).to_base64())
}

/// One event of a bundle: the leaf and what is disclosed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    index: u64,
    text: String,
    leaf_bytes: usize,
}

impl Line {
    /// Splits a line at its first tab: canonical JSON has none, so the split cannot be misled.
    pub(crate) fn new(index: u64, text: String) -> Result<Self, &'static str> {
        let leaf_bytes = text.find('\t').unwrap_or(text.len());
        if leaf_bytes == 0 {
            return Err("a line starts with a leaf");
        }
        if leaf_bytes + 1 == text.len() {
            return Err("a tab is followed by disclosed values");
        }
        if leaf_bytes > MAX_LEAF_BYTES || text.len() - leaf_bytes > MAX_DISCLOSED_BYTES + 1 {
            return Err("the leaf is longer than 65535 bytes or the disclosed values than 1048576");
        }
        Ok(Self { index, text, leaf_bytes })
    }

    /// The place of the leaf in the tree, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The leaf, to be read with [`crate::Leaf::parse`] and hashed with [`crate::leaf_hash`].
    pub fn leaf(&self) -> &str {
        &self.text[..self.leaf_bytes]
    }

    /// The canonical array of disclosed values, empty when there is none.
    pub fn disclosed_text(&self) -> &str {
        self.text.get(self.leaf_bytes + 1..).unwrap_or_default()
    }

    /// The disclosed values.
    ///
    /// # Errors
    /// Those of [`parse_disclosed`].
    pub fn disclosed(&self) -> Result<Vec<HiddenValue>, Error> {
        parse_disclosed(self.disclosed_text())
    }
}
