//! Events of all streams, and how they stand in the log.
//!
//! In the log an event is a type name, a version and its `data`. Old versions are
//! lifted to the current shape by `UPCASTERS`, JSON to JSON, and load for ever.

use crate::{StreamKind, ballot, campaign, comment, participant, project, proposal, site, urn, workshop};
use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// What happened, in any stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// To the campaign.
    Campaign(campaign::Event),
    /// To a proposal.
    Proposal(proposal::Event),
    /// To a project.
    Project(project::Event),
    /// To a voter's ballot.
    Ballot(ballot::Event),
    /// To a site.
    Site(site::Event),
    /// To a comment.
    Comment(comment::Event),
    /// To a participant.
    Participant(participant::Event),
    /// To a workshop.
    Workshop(workshop::Event),
    /// To the urn.
    Urn(urn::Event),
}

/// The step from a version of an event type to the next one.
struct Upcaster {
    event_type: &'static str,
    from: u32,
    /// Changes the data, hidden values in their places, to the form of the next version.
    lift: fn(&mut Value),
}

/// Every form that an event has had before its current one. A step is never changed once events of its
/// version are in a log.
const UPCASTERS: [Upcaster; 1] = [
    // Version 2 says which head it is that the lot is drawn from: the one right after the box was closed.
    Upcaster {
        event_type: "LotSeedDrawn",
        from: 1,
        lift: |data| rename(data, &[("size", "closed_size"), ("root", "closed_root")]),
    },
];

/// The version that this programme writes of an event type.
pub fn version_of(event_type: &str) -> u32 {
    let steps = UPCASTERS.iter().filter(|step| step.event_type == event_type);
    steps.map(|step| step.from + 1).max().unwrap_or(1)
}

/// Gives members other names.
fn rename(data: &mut Value, names: &[(&str, &str)]) {
    for (from, to) in names {
        if let Some(members) = data.as_object_mut()
            && let Some(value) = members.remove(*from)
        {
            members.insert((*to).to_owned(), value);
        }
    }
}

/// An event in the log can't be understood.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer programme.
    #[error(
        "{event_type} is of version {version}, this programme knows up to {}: use a newer one",
        version_of(event_type)
    )]
    Newer {
        /// The type.
        event_type: String,
        /// Its version.
        version: u32,
    },
    /// Not of the shape that its type has.
    #[error("{event_type} can't be read: {why}")]
    Malformed {
        /// The type.
        event_type: String,
        /// What is wrong.
        why: String,
    },
}

impl DecodeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "EVENT_TOO_NEW",
            Self::Malformed { .. } => "EVENT_MALFORMED",
        }
    }
}

impl Event {
    /// The kind of stream it belongs to.
    pub fn kind(&self) -> StreamKind {
        match self {
            Self::Campaign(_) => StreamKind::Campaign,
            Self::Proposal(_) => StreamKind::Proposal,
            Self::Project(_) => StreamKind::Project,
            Self::Ballot(_) => StreamKind::Ballot,
            Self::Site(_) => StreamKind::Site,
            Self::Comment(_) => StreamKind::Comment,
            Self::Participant(_) => StreamKind::Participant,
            Self::Workshop(_) => StreamKind::Workshop,
            Self::Urn(_) => StreamKind::Urn,
        }
    }

    /// The type name and the data, hidden values marked.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] when the event isn't one JSON object under its name.
    pub fn encode(&self) -> Result<(String, Value), DecodeError> {
        let tagged = match self {
            Self::Campaign(event) => serde_json::to_value(event),
            Self::Proposal(event) => serde_json::to_value(event),
            Self::Project(event) => serde_json::to_value(event),
            Self::Ballot(event) => serde_json::to_value(event),
            Self::Site(event) => serde_json::to_value(event),
            Self::Comment(event) => serde_json::to_value(event),
            Self::Participant(event) => serde_json::to_value(event),
            Self::Workshop(event) => serde_json::to_value(event),
            Self::Urn(event) => serde_json::to_value(event),
        };
        let malformed = |why: String| DecodeError::Malformed { event_type: self.kind().to_string(), why };
        let Value::Object(named) = tagged.map_err(|error| malformed(error.to_string()))? else {
            return Err(malformed("an event is an object under its name".into()));
        };
        named.into_iter().next().ok_or_else(|| malformed("an event has a name".into()))
    }

    /// Reads an event back from its type name and data; `data` is any JSON deserializer.
    ///
    /// # Errors
    /// [`DecodeError`] for a newer version or another shape.
    pub fn decode<'de, D>(kind: StreamKind, event_type: &str, version: u32, data: D) -> Result<Self, DecodeError>
    where
        D: Deserializer<'de, Error = serde_json::Error>,
    {
        let malformed = |why: String| DecodeError::Malformed { event_type: event_type.to_owned(), why };
        let current = version_of(event_type);
        if version > current {
            return Err(DecodeError::Newer { event_type: event_type.to_owned(), version });
        }
        if version == current {
            return Self::of(kind, event_type, data).map_err(|error| malformed(error.to_string()));
        }
        let mut data = Value::deserialize(data).map_err(|error| malformed(error.to_string()))?;
        for from in version..current {
            let step = UPCASTERS.iter().find(|step| step.event_type == event_type && step.from == from);
            (step.ok_or_else(|| malformed(format!("there is no version {from} of it")))?.lift)(&mut data);
        }
        Self::of(kind, event_type, data).map_err(|error| malformed(error.to_string()))
    }

    /// Reads the current version of an event.
    fn of<'de, D>(kind: StreamKind, event_type: &str, data: D) -> Result<Self, serde_json::Error>
    where
        D: Deserializer<'de, Error = serde_json::Error>,
    {
        match kind {
            StreamKind::Campaign => tagged(event_type, data).map(Self::Campaign),
            StreamKind::Proposal => tagged(event_type, data).map(Self::Proposal),
            StreamKind::Project => tagged(event_type, data).map(Self::Project),
            StreamKind::Ballot => tagged(event_type, data).map(Self::Ballot),
            StreamKind::Site => tagged(event_type, data).map(Self::Site),
            StreamKind::Comment => tagged(event_type, data).map(Self::Comment),
            StreamKind::Participant => tagged(event_type, data).map(Self::Participant),
            StreamKind::Workshop => tagged(event_type, data).map(Self::Workshop),
            StreamKind::Urn => tagged(event_type, data).map(Self::Urn),
        }
    }
}

/// serde's external tagging, fed from a name and a value that are kept apart in the log.
fn tagged<'de, T, D>(name: &str, data: D) -> Result<T, serde_json::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de, Error = serde_json::Error>,
{
    struct Data<D>(D);
    impl<'de, D: Deserializer<'de, Error = serde_json::Error>> serde::de::IntoDeserializer<'de, serde_json::Error>
        for Data<D>
    {
        type Deserializer = D;
        fn into_deserializer(self) -> D {
            self.0
        }
    }
    let entries = std::iter::once((name, Data(data)));
    T::deserialize(MapAccessDeserializer::new(MapDeserializer::new(entries)))
}
