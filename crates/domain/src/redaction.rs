//! Removing what people typed: which values, on which ground, and who may.
//!
//! Owns the event's rules. A removal changes no leaf: the value and its nonce are deleted from the
//! store after the event is written, and everybody who keeps a copy is told by it what to delete.
//! Values, paths and commitments are those of `docs/formats/log.md`, section 3.

use crate::campaign::Campaign;
use crate::rejection::ensure;
use crate::{Code, Context, Record, Rejection, Role, StreamKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most that the targets of one event weigh, so that its leaf stays within 65,535 bytes: each
/// weighs its path and what stands around it.
pub const MOST_BYTES: usize = 48_000;

/// What stands around a path in the leaf, at most.
const AROUND: usize = 48;

/// Why a value is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ground {
    /// It breaks the rules of the site (`modération`).
    Moderation,
    /// It tells of somebody what mustn't be public.
    PersonalData,
    /// A court ordered it.
    CourtOrder,
    /// Whoever wrote it asks for it (GDPR, article 17).
    ErasureRequest,
    /// Its time is over (GDPR, article 5(1)(e)).
    Retention,
}

impl Ground {
    /// All grounds.
    pub const ALL: [Self; 5] =
        [Self::Moderation, Self::PersonalData, Self::CourtOrder, Self::ErasureRequest, Self::Retention];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Moderation => "MODERATION",
            Self::PersonalData => "PERSONAL_DATA",
            Self::CourtOrder => "COURT_ORDER",
            Self::ErasureRequest => "ERASURE_REQUEST",
            Self::Retention => "RETENTION",
        }
    }
}

/// A hidden value of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The event's position.
    pub position: u64,
    /// The value's JSON pointer below the leaf, such as `/data/title`.
    pub path: String,
}

/// The hidden values of an event, as far as a removal has to know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The kind of the event's stream.
    pub kind: StreamKind,
    /// The id of its stream.
    pub id: String,
    /// Who wrote it.
    pub actor: String,
    /// Where its hidden values stand.
    pub paths: BTreeSet<String>,
}

impl Text {
    /// The hidden values of a record.
    pub fn of(record: &Record) -> Self {
        let Record { kind, id, actor, hidden, .. } = record;
        Self { kind: *kind, id: id.clone(), actor: actor.id.clone(), paths: hidden.iter().cloned().collect() }
    }
}

/// The same without one of its hidden values; `None` when it isn't there. `path` is the value's JSON
/// pointer below `value`.
pub fn take_out<T: Serialize + DeserializeOwned>(value: &T, path: &str) -> Option<T> {
    let mut json = serde_json::to_value(value).ok()?;
    let place = json.pointer_mut(path)?;
    // A disclosed value is alone in its object, under its mark.
    let marked = place.as_object().is_some_and(|members| members.len() == 1 && members.contains_key("$hidden"));
    if !marked {
        return None;
    }
    *place = serde_json::Value::Object(serde_json::Map::new());
    serde_json::from_value(json).ok()
}

fn weight(target: &Target) -> usize {
    target.path.len().saturating_add(AROUND)
}

/// The targets in parts that fit into a leaf each.
pub(crate) fn parts(mut targets: &[Target]) -> impl Iterator<Item = &[Target]> {
    std::iter::from_fn(move || {
        let mut left = MOST_BYTES;
        let fitting = targets.iter().take_while(|target| match left.checked_sub(weight(target)) {
            Some(less) => {
                left = less;
                true
            }
            None => false,
        });
        // One that is too large for any leaf goes alone, and is refused there.
        let count = fitting.count().max(1).min(targets.len());
        let (part, rest) = targets.split_at(count);
        targets = rest;
        (!part.is_empty()).then_some(part)
    })
}

impl Campaign {
    pub(crate) fn check_redaction(
        &self,
        targets: &[Target],
        ground: Ground,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        self.configured()?;
        let role = context.actor.role;
        let allowed = match ground {
            Ground::Moderation | Ground::PersonalData | Ground::CourtOrder => role.is_agents(),
            Ground::ErasureRequest => matches!(role, Role::Citizen | Role::System),
            Ground::Retention => role == Role::System,
        };
        ensure(allowed, || Code::GroundNotAllowed.on("ground").with(ground.code()))?;
        ensure(!targets.is_empty(), || Code::EmptyList.on("targets"))?;
        let bytes = targets.iter().map(weight).sum::<usize>();
        ensure(bytes <= MOST_BYTES, || Code::TextTooLong.on("targets").with(MOST_BYTES))?;
        let mut seen = BTreeSet::new();
        for target in targets {
            let Target { position, path } = target;
            let place = || format!("{position} {path}");
            ensure(seen.insert(target), || Code::DuplicateEntry.on("targets").with(place()))?;
            let text = context.world.texts.get(position).filter(|text| text.paths.contains(path));
            let text = text.ok_or_else(|| Code::NotFound.on("targets").with(place()))?;
            let own = role != Role::Citizen || text.actor == context.actor.id;
            ensure(own, || Code::NotTheAuthor.on("targets"))?;
            ensure(!self.is_redacted(*position, path), || Code::AlreadyRedacted.on("targets").with(place()))?;
        }
        Ok(())
    }

    /// Whether an event says that this value was removed.
    pub fn is_redacted(&self, position: u64, path: &str) -> bool {
        self.redacted.get(&position).is_some_and(|paths| paths.contains(path))
    }
}

/// The removed values: the paths by position.
pub type Redacted = BTreeMap<u64, BTreeSet<String>>;
