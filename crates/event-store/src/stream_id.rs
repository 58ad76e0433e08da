//! The names of things in the store: logs and streams.
//!
//! Not here: what a stream means (`domain`). Used by: everything else in this crate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The number of a log in one store file. It means nothing outside that file: the origin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(pub i64);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a stream inside its log, written `kind/id`, for example `proposal/0192…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId {
    kind: String,
    id: String,
}

/// The longest kind, id or command id in characters (all of them ASCII).
pub(crate) const MAX_NAME_CHARS: usize = 100;

impl StreamId {
    /// Names a stream.
    ///
    /// # Errors
    /// [`Error::StreamInvalid`] unless `kind` is 1 to 100 of `a-z`, `_` and `id` 1 to 100 of
    /// `A-Z a-z 0-9 . _ -`.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Result<Self, Error> {
        let (kind, id) = (kind.into(), id.into());
        let kind_holds =
            (1..=MAX_NAME_CHARS).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if kind_holds && is_name(&id) {
            Ok(Self { kind, id })
        } else {
            Err(Error::StreamInvalid { text: format!("{kind}/{id}") })
        }
    }

    /// What the stream tells of, for example `proposal`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Which one.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Whether a text can be the id of a stream or of a command.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

impl FromStr for StreamId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('/') {
            Some((kind, id)) => Self::new(kind, id),
            None => Err(Error::StreamInvalid { text: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for StreamId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<StreamId> for String {
    fn from(stream: StreamId) -> Self {
        stream.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_written_kind_slash_id() {
        let stream: StreamId = "paper_count/75.A-1_b".parse().unwrap();
        assert_eq!((stream.kind(), stream.id()), ("paper_count", "75.A-1_b"));
        assert_eq!(stream.to_string(), "paper_count/75.A-1_b");
    }

    #[test]
    fn other_texts_are_refused_with_a_code() {
        let long = format!("ballot/{}", "x".repeat(101));
        for text in ["", "ballot", "ballot/", "/1", "Ballot/1", "ballot/1/2", "ballot/a b", "ballot/é", &long] {
            assert_eq!(text.parse::<StreamId>().unwrap_err().code(), "STREAM_INVALID", "{text}");
        }
        assert!(format!("ballot/{}", "x".repeat(100)).parse::<StreamId>().is_ok());
    }
}
