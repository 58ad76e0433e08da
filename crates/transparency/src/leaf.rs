//! Owns: the leaf, the exact text of one event in the log, and the draft it is sealed from.
//! Must not: know any event type, assign positions, or draw nonces itself.
//! Next: `hidden.rs` (what stands beside it), `merkle.rs` (how it is hashed), docs/formats/log.md §2.

use crate::{
    canonical::{check_canonical, to_canonical},
    commitment::commit,
    disclosed::{HiddenValue, disclosed_text},
    error::Error,
    hash::Hash,
    hidden::{has_marker, join, join_redacted, split},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// The longest leaf, in bytes: C2SP tlog-tiles entry bundles have a 16-bit length for each entry.
pub const MAX_LEAF_BYTES: usize = 65_535;

/// An event before it has a position: what the store seals into a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Who acted: an opaque id, never a name.
    pub actor_id: String,
    /// In which role.
    pub actor_role: String,
    /// When, in RFC 3339 UTC with `Z`, such as `2026-03-01T09:30:00Z`.
    pub at: String,
    /// The command that caused it.
    pub command_id: String,
    /// Canonical JSON of the data without its hidden values.
    pub data: String,
    /// The hidden values, ascending by path.
    pub hidden: Vec<HiddenValue>,
    /// The stream it belongs to, such as `proposal/…`.
    pub stream: String,
    /// The event's name, such as `ProposalDeposited`.
    pub event_type: String,
    /// The version of the event's form, from 1.
    pub version: u32,
}

/// Who acted, and the words that go with every event of one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Who acted: an opaque id, never a name.
    pub actor_id: &'a str,
    /// In which role.
    pub actor_role: &'a str,
    /// When, in RFC 3339 UTC with `Z`.
    pub at: &'a str,
    /// The command that caused it.
    pub command_id: &'a str,
}

impl Draft {
    /// Splits `data` (a serialised event, hidden values marked) and draws one nonce for each hidden
    /// value, ascending by path.
    ///
    /// # Errors
    /// [`Error::HiddenMisplaced`], [`Error::NoCanonicalForm`], [`Error::DisclosedTooLong`].
    pub fn new(
        origin: Origin<'_>,
        stream: &str,
        event_type: &str,
        version: u32,
        data: Value,
        nonce: &mut dyn FnMut() -> [u8; 32],
    ) -> Result<Self, Error> {
        let (data, taken) = split(data)?;
        let hidden: Vec<HiddenValue> =
            taken.into_iter().map(|(path, value)| HiddenValue { nonce: nonce(), path, value }).collect();
        disclosed_text(&hidden)?;
        Ok(Self {
            actor_id: origin.actor_id.to_owned(),
            actor_role: origin.actor_role.to_owned(),
            at: origin.at.to_owned(),
            command_id: origin.command_id.to_owned(),
            data: to_canonical(&data)?,
            hidden,
            stream: stream.to_owned(),
            event_type: event_type.to_owned(),
            version,
        })
    }

    /// The canonical text of the leaf at `position` of `log`, as the `sequence`-th event of its stream.
    ///
    /// Written by joining texts, because this runs under the lock of the log.
    ///
    /// # Errors
    /// [`Error::NotCanonical`] when a field has no canonical form, [`Error::LeafTooLong`],
    /// [`Error::LeafMalformed`] when `at` is not a UTC time or a hidden path repeats.
    pub fn seal(&self, log: &str, position: u64, sequence: u64) -> Result<String, Error> {
        check_time(&self.at)?;
        let mut hidden: Vec<&HiddenValue> = self.hidden.iter().collect();
        hidden.sort_by(|a, b| a.path.encode_utf16().cmp(b.path.encode_utf16()));
        let mut leaf = String::with_capacity(320 + self.data.len() + 100 * hidden.len());
        leaf.push_str(r#"{"actor":{"id":"#);
        push_string(&mut leaf, &self.actor_id);
        leaf.push_str(r#","role":"#);
        push_string(&mut leaf, &self.actor_role);
        leaf.push_str(r#"},"at":"#);
        push_string(&mut leaf, &self.at);
        leaf.push_str(r#","command_id":"#);
        push_string(&mut leaf, &self.command_id);
        leaf.push_str(r#","data":"#);
        leaf.push_str(&self.data);
        leaf.push_str(r#","hidden":{"#);
        for (index, value) in hidden.iter().enumerate() {
            if index > 0 {
                leaf.push(',');
            }
            push_string(&mut leaf, &value.path);
            let commitment = commit(&value.path, position, &value.value, &value.nonce)?;
            push(&mut leaf, format_args!(":\"{commitment}\""));
        }
        leaf.push_str(r#"},"log":"#);
        push_string(&mut leaf, log);
        push(&mut leaf, format_args!(r#","position":{position},"sequence":{sequence},"stream":"#));
        push_string(&mut leaf, &self.stream);
        leaf.push_str(r#","type":"#);
        push_string(&mut leaf, &self.event_type);
        push(&mut leaf, format_args!(r#","version":{}}}"#, self.version));
        check_length(&leaf)?;
        check_canonical(leaf.as_bytes())?;
        Ok(leaf)
    }
}

fn push(leaf: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = leaf.write_fmt(text);
}

/// serde_json escapes strings as RFC 8785 §3.2.2.2 does; the scan in `seal` would notice otherwise.
fn push_string(leaf: &mut String, text: &str) {
    leaf.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn check_length(text: &str) -> Result<(), Error> {
    if text.len() > MAX_LEAF_BYTES { Err(Error::LeafTooLong { bytes: text.len() }) } else { Ok(()) }
}

/// `YYYY-MM-DDThh:mm:ss[.fraction]Z`: one spelling of RFC 3339, always UTC.
fn check_time(at: &str) -> Result<(), Error> {
    let two = |range: std::ops::Range<usize>| at.get(range).and_then(|digits| digits.parse::<u8>().ok());
    let shape = at.bytes().enumerate().all(|(index, byte)| match (index, byte) {
        (4 | 7, b'-') | (10, b'T') | (13 | 16, b':') => true,
        (4 | 7 | 10 | 13 | 16, _) => false,
        (19, b'.') => at.len() > 21,
        (19.., b'Z') => index + 1 == at.len(),
        (19, _) => false,
        (_, byte) => byte.is_ascii_digit(),
    });
    let real = matches!(
        (two(5..7), two(8..10), two(11..13), two(14..16), two(17..19)),
        (Some(1..=12), Some(1..=31), Some(0..=23), Some(0..=59), Some(0..=59))
    );
    if shape && real && at.ends_with('Z') && at.len() <= 30 {
        return Ok(());
    }
    Err(Error::LeafMalformed(format!("`at` is {at:?}; write a UTC time such as 2026-03-01T09:30:00Z")))
}

/// Who acted, as the leaf says it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor<'a> {
    /// An opaque id, never a name.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The role in which the actor acted.
    #[serde(borrow)]
    pub role: Cow<'a, str>,
}

/// One event as it stands in the log, borrowed from its text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf<'a> {
    /// Who acted.
    #[serde(borrow)]
    pub actor: Actor<'a>,
    /// When, RFC 3339 UTC.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
    /// The command that caused it.
    #[serde(borrow)]
    pub command_id: Cow<'a, str>,
    /// The data without its hidden values: an object in canonical JSON.
    #[serde(borrow)]
    pub data: &'a RawValue,
    /// Commitments by JSON pointer.
    pub hidden: BTreeMap<String, Hash>,
    /// Origin of the log.
    #[serde(borrow)]
    pub log: Cow<'a, str>,
    /// Place in the log, the index of the leaf in the tree, from 0.
    pub position: u64,
    /// Place in the stream, as the store counts.
    pub sequence: u64,
    /// The stream.
    #[serde(borrow)]
    pub stream: Cow<'a, str>,
    /// The event's name.
    #[serde(borrow, rename = "type")]
    pub event_type: Cow<'a, str>,
    /// The version of the event's form.
    pub version: u32,
}

impl<'a> Leaf<'a> {
    /// Reads a leaf and refuses every text that [`Draft::seal`] could not have written.
    ///
    /// # Errors
    /// [`Error::LeafTooLong`], [`Error::NotCanonical`], [`Error::LeafMalformed`].
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        check_length(text)?;
        check_canonical(text.as_bytes())?;
        let leaf: Self = serde_json::from_str(text).map_err(|error| Error::LeafMalformed(error.to_string()))?;
        check_time(&leaf.at)?;
        if let Some(path) = leaf.hidden.keys().find(|path| !path.starts_with("/data/")) {
            return Err(Error::LeafMalformed(format!("the hidden value {path:?} is not below /data/")));
        }
        // Cheap search first: only a text with these letters can hold the marker as a member name.
        if leaf.data.get().contains("\"$hidden\":") && has_marker(&leaf.data()?) {
            return Err(Error::LeafMalformed(
                "`data` holds a $hidden marker; its value must stand beside the leaf".into(),
            ));
        }
        Ok(leaf)
    }

    /// Checks each disclosed value against its commitment and counts the commitments that have none
    /// (redacted values).
    ///
    /// # Errors
    /// [`Error::CommitmentMismatch`], [`Error::NotCommitted`] for an unknown or repeated path.
    pub fn check_disclosed(&self, disclosed: &[HiddenValue]) -> Result<usize, Error> {
        let mut open = self.hidden.clone();
        for value in disclosed {
            let Some(commitment) = open.remove(&value.path) else {
                return Err(Error::NotCommitted { position: self.position, path: value.path.clone() });
            };
            if commit(&value.path, self.position, &value.value, &value.nonce)? != commitment {
                return Err(Error::CommitmentMismatch { position: self.position, path: value.path.clone() });
            }
        }
        Ok(open.len())
    }

    /// The data with the disclosed values and their markers back in place, for a typed event. A
    /// committed value that isn't disclosed comes back as `{}`: redacted, which is not the same as
    /// never given.
    ///
    /// # Errors
    /// [`Error::NotCommitted`] for a value without commitment, [`Error::HiddenMisplaced`] when the
    /// object that held it is missing. Commitments are checked by [`Leaf::check_disclosed`].
    pub fn data_with(&self, disclosed: &[HiddenValue]) -> Result<Value, Error> {
        let mut data = self.data()?;
        for value in disclosed {
            if !self.hidden.contains_key(&value.path) {
                return Err(Error::NotCommitted { position: self.position, path: value.path.clone() });
            }
            join(&mut data, &value.path, value.value.clone())?;
        }
        if disclosed.len() < self.hidden.len() {
            let there: BTreeSet<&str> = disclosed.iter().map(|value| value.path.as_str()).collect();
            for path in self.hidden.keys().filter(|path| !there.contains(path.as_str())) {
                join_redacted(&mut data, path)?;
            }
        }
        Ok(data)
    }

    fn data(&self) -> Result<Value, Error> {
        serde_json::from_str(self.data.get()).map_err(|error| Error::LeafMalformed(error.to_string()))
    }
}

#[cfg(test)]
#[path = "leaf_tests.rs"]
mod tests;
