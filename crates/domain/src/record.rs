//! An event as it stands in the log: with its place, its time and who caused it.

use crate::{Actor, DecodeError, Event, InvalidId, Role, StreamKind, Timestamp};
use serde_json::Value;
use transparency::{Hash, HiddenValue, Leaf, leaf_hash};

/// A leaf of the log, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log, from 0 without gaps.
    pub position: u64,
    /// Its place in its stream, from 1 without gaps.
    pub sequence: u64,
    /// The kind of its stream.
    pub kind: StreamKind,
    /// The id of its stream.
    pub id: String,
    /// When it was written; to the minute for the acts of citizens.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The command that caused it.
    pub command_id: String,
    /// RFC 6962 hash of the leaf.
    pub leaf_hash: Hash,
    /// Where its hidden values stand, whether they are still there or not.
    pub hidden: Vec<String>,
    /// Those of them that are no longer there.
    pub gone: Vec<String>,
    /// How many of its hidden values are no longer there.
    pub redacted: usize,
    /// What happened.
    pub event: Event,
}

/// A leaf isn't an event of Parvis.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Its form is wrong.
    #[error(transparent)]
    Leaf(#[from] transparency::Error),
    /// Its data is wrong.
    #[error("position {position}: {error}")]
    Event {
        /// Where.
        position: u64,
        /// What is wrong.
        error: DecodeError,
    },
    /// Its stream, time or actor is wrong.
    #[error("position {position}: {why}")]
    Envelope {
        /// Where.
        position: u64,
        /// What is wrong.
        why: String,
    },
}

impl RecordError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Leaf(error) => error.code(),
            Self::Event { error, .. } => error.code(),
            Self::Envelope { .. } => "LEAF_MALFORMED",
        }
    }
}

impl Record {
    /// Reads a leaf with the values disclosed beside it. Doesn't check commitments: that is for
    /// whoever got the values from somebody else (`Leaf::check_disclosed`).
    ///
    /// # Errors
    /// [`RecordError`] when the text isn't an event of this programme's streams.
    pub fn read(leaf: &Leaf<'_>, text: &str, disclosed: &[HiddenValue]) -> Result<Self, RecordError> {
        let position = leaf.position;
        let envelope = |why: String| RecordError::Envelope { position, why };
        let (kind, id) = leaf.stream.split_once('/').ok_or_else(|| envelope(format!("no stream: {}", leaf.stream)))?;
        let kind: StreamKind = kind.parse().map_err(|error: crate::world::UnknownKind| envelope(error.to_string()))?;
        let event = if leaf.hidden.is_empty() {
            Event::decode(kind, &leaf.event_type, leaf.version, leaf.data)
        } else {
            let data: Value = leaf.data_with(disclosed)?;
            Event::decode(kind, &leaf.event_type, leaf.version, data)
        };
        let role = Role::from_code(&leaf.actor.role);
        Ok(Self {
            position,
            sequence: leaf.sequence,
            kind,
            id: crate::ProposalId::try_from(id.to_owned()).map_err(|e: InvalidId| envelope(e.to_string()))?.into(),
            at: leaf.at.parse().map_err(|error: crate::moment::InvalidMoment| envelope(error.to_string()))?,
            actor: Actor {
                id: leaf.actor.id.to_string(),
                role: role.ok_or_else(|| envelope(format!("no such role: {}", leaf.actor.role)))?,
            },
            command_id: leaf.command_id.to_string(),
            leaf_hash: leaf_hash(text.as_bytes()),
            gone: match leaf.hidden.len() == disclosed.len() {
                true => Vec::new(),
                false => leaf
                    .hidden
                    .keys()
                    .filter(|path| !disclosed.iter().any(|value| value.path == ***path))
                    .map(ToString::to_string)
                    .collect(),
            },
            hidden: leaf.hidden.keys().map(ToString::to_string).collect(),
            redacted: leaf.hidden.len().saturating_sub(disclosed.len()),
            event: event.map_err(|error| RecordError::Event { position, error })?,
        })
    }
}
