//! Documents: finds the one a request means, keeps those that clients name by
//! their SHA-256, and weighs one before it is parsed.
//!
//! Must not parse: the weighing is what makes parsing safe. Who calls it and
//! when a document is worth keeping: `http.rs`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::request::Asked;
use super::{Limits, Refusal};

/// Documents that ran once, by the SHA-256 of their text, within a bound: the
/// oldest leave first, and a client whose document left sends it again.
pub(super) struct Documents {
    room_bytes: usize,
    used_bytes: usize,
    by_name: BTreeMap<String, Arc<str>>,
    oldest_first: VecDeque<String>,
}

impl Documents {
    pub(super) fn new(room_bytes: usize) -> Self {
        Self { room_bytes, used_bytes: 0, by_name: BTreeMap::new(), oldest_first: VecDeque::new() }
    }

    /// The document a request means; a name sent along with a text must be its own.
    pub(super) fn find(&self, asked: &Asked) -> Result<Arc<str>, Refusal> {
        match (&asked.document, &asked.document_name) {
            (Some(document), Some(name)) if *name != name_of(document) => Err(Refusal::PersistedQueryMismatch),
            (Some(document), _) => Ok(document.as_str().into()),
            (None, Some(name)) => self.by_name.get(name).cloned().ok_or(Refusal::PersistedQueryNotFound),
            (None, None) => Err(Refusal::DocumentMissing),
        }
    }

    /// Keeps a document under its name, which the caller has checked.
    pub(super) fn keep(&mut self, name: String, document: Arc<str>) {
        if document.len() > self.room_bytes || self.by_name.contains_key(&name) {
            return;
        }
        while self.used_bytes + document.len() > self.room_bytes {
            let Some(oldest) = self.oldest_first.pop_front() else { break };
            self.used_bytes -= self.by_name.remove(&oldest).map_or(0, |left| left.len());
        }
        self.used_bytes += document.len();
        self.oldest_first.push_back(name.clone());
        self.by_name.insert(name, document);
    }
}

/// The SHA-256 of a document's text, in lower-case hexadecimal.
pub(super) fn name_of(document: &str) -> String {
    hex::encode(Sha256::digest(document.as_bytes()))
}

/// Refuses a document with too many tokens, or with brackets nested so deep that
/// a recursive parser could exhaust its stack. Tokens are those of the GraphQL
/// specification, section 2.1; malformed text is left to the parser, and may be
/// counted as more tokens here, never as fewer.
pub(super) fn weigh(document: &str, limits: &Limits) -> Result<(), Refusal> {
    let mut rest = document.as_bytes();
    let (mut tokens, mut nesting) = (0_usize, 0_usize);
    while let Some(&first) = rest.first() {
        let length = match first {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            b'#' => {
                let line = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
                rest = rest.get(line..).unwrap_or_default();
                continue;
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => run(rest, |byte| byte == b'_' || byte.is_ascii_alphanumeric()),
            b'-' | b'0'..=b'9' => number(rest),
            b'"' => string(rest),
            b'.' => run(rest, |byte| byte == b'.').min(3),
            _ => 1,
        };
        match first {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        tokens += 1;
        if tokens > limits.tokens {
            return Err(Refusal::DocumentTooLong { limit: limits.tokens });
        }
        if nesting > limits.nesting {
            return Err(Refusal::DocumentTooDeep { limit: limits.nesting });
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}

fn run(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|&byte| !belongs(byte)).unwrap_or(text.len())
}

fn number(text: &[u8]) -> usize {
    let digits = 1 + run(text.get(1..).unwrap_or_default(), |byte| byte == b'.' || byte.is_ascii_digit());
    match text.get(digits..) {
        Some([b'e' | b'E', b'+' | b'-' | b'0'..=b'9', tail @ ..]) => digits + 2 + run(tail, |b| b.is_ascii_digit()),
        _ => digits,
    }
}

fn string(text: &[u8]) -> usize {
    let block = text.starts_with(b"\"\"\"");
    let mut at = if block { 3 } else { 1 };
    loop {
        match text.get(at..) {
            Some([b'\\', b'"', b'"', b'"', ..]) if block => at += 4,
            Some([b'"', b'"', b'"', ..]) if block => return at + 3,
            Some([b'"' | b'\n' | b'\r', ..]) if !block => return at + 1,
            Some([b'\\', _, ..]) if !block => at += 2,
            Some([_, ..]) => at += 1,
            Some([]) | None => return text.len(),
        }
    }
}
