//! The shape of every stream: decide, check, evolve.

use crate::rejection::ensure;
use crate::{Actor, Code, Rejection, Timestamp, World};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// What surrounds a decision: who acts, when, on which stream, and the states it may look at.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The states of the streams that were gathered for this decision. In a replay: of all.
    pub world: &'a World,
    /// The id of the stream that is decided on.
    pub id: &'a str,
    /// Who acts.
    pub actor: &'a Actor,
    /// When, as it will stand in the log.
    pub at: Timestamp,
}

/// A stream's state with its rules.
///
/// The rules live in [`check`](Decider::check), on events: [`decide`](Decider::decide) only turns a
/// command into the events it asks for. So what may be written and what a replay accepts is one
/// function, and an event that a faulty program wrote is found by anyone who replays the log.
pub trait Decider: Default + Clone + Send + Sync {
    /// The first part of the stream's name, `proposal` in `proposal/17`.
    const KIND: &'static str;
    /// What can be asked.
    type Command;
    /// What happened.
    type Event: Serialize + DeserializeOwned + Clone + PartialEq + Debug + Send + Sync;

    /// The events that the command asks for; they still have to pass [`check`](Decider::check).
    ///
    /// # Errors
    /// A [`Rejection`] when nothing can follow from the command.
    fn decide(&self, command: Self::Command, context: &Context<'_>) -> Result<Vec<Self::Event>, Rejection>;

    /// Whether the event may happen now.
    ///
    /// # Errors
    /// The [`Rejection`] of the first rule that it breaks.
    fn check(&self, event: &Self::Event, context: &Context<'_>) -> Result<(), Rejection>;

    /// The state after the event.
    fn evolve(&mut self, event: &Self::Event);
}

/// Decides and checks: the events of a command, each lawful after the one before.
///
/// # Errors
/// The [`Rejection`] of the decision or of the first event that breaks a rule.
pub fn execute<D: Decider>(state: &D, command: D::Command, context: &Context<'_>) -> Result<Vec<D::Event>, Rejection> {
    let events = state.decide(command, context)?;
    let mut state = state.clone();
    for event in &events {
        state.check(event, context)?;
        state.evolve(event);
    }
    Ok(events)
}

/// Refuses a change of another version than the one that stands: its author gets to know which fields
/// others changed in the meantime. The first of `changes` led to version 2.
pub(crate) fn check_version(seen: u64, changes: &[Vec<String>]) -> Result<(), Rejection> {
    let before = usize::try_from(seen.saturating_sub(1)).unwrap_or(usize::MAX);
    ensure(seen >= 1 && before == changes.len(), || {
        let since: std::collections::BTreeSet<_> = changes.iter().skip(before).flatten().cloned().collect();
        let fields = since.into_iter().collect::<Vec<_>>().join(", ");
        // A version that never was: no field tells the two apart.
        let now = changes.len().saturating_add(1);
        let changed = if fields.is_empty() { format!("version {now}") } else { fields };
        Code::EditConflict.on("version").with(changed)
    })
}

/// The names of the fields in which two values of a form differ, in alphabetical order.
pub fn differences<T: Serialize>(one: &T, two: &T) -> Vec<String> {
    use serde_json::Value::Object;
    let (Ok(Object(one)), Ok(Object(two))) = (serde_json::to_value(one), serde_json::to_value(two)) else {
        return Vec::new();
    };
    let names: std::collections::BTreeSet<_> = one.keys().chain(two.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != two.get(*name)).cloned().collect()
}
