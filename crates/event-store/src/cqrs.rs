//! The seam to the `cqrs-es` framework: its `EventStore` on our log, and our deciders as its aggregates.
//!
//! Nothing else in Parvis depends on `cqrs-es`. A stock framework guards only the stream that it
//! writes, and dispatches its queries after the commit; commands of the platform go through
//! [`crate::Store::append`], which does neither. Next: `domain/src/decider.rs`.

#![expect(
    clippy::disallowed_types,
    reason = "cqrs-es hands metadata over in hash maps; none of them is iterated in order"
)]

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateContext, AggregateError, DomainEvent, EventEnvelope, EventStore};
use domain::{Actor, Context, Decider, Rejection, Timestamp, World, decider};
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use transparency::{Draft, Leaf, Origin};

use crate::{Append, Error, Expected, LogId, Store, StoredEvent, StreamId};

/// The metadata that has a place in a leaf; `commit` refuses any other.
const METADATA: [&str; 4] = ["actor_id", "actor_role", "at", "command_id"];

/// One log of a store, as the event store of any `cqrs_es` aggregate whose events are an enum.
///
/// Metadata `actor_id`, `actor_role`, `at` (RFC 3339, UTC) and `command_id` go into the leaf; those
/// that are missing are taken from here.
#[derive(Clone)]
pub struct CqrsLog {
    /// The store.
    pub store: Store,
    /// The log in it.
    pub log: LogId,
    /// Who acts when the metadata doesn't say: pseudonym and role.
    pub actor: (String, String),
    /// Says the time, in RFC 3339 and UTC: this crate has no clock.
    pub now: Arc<dyn Fn() -> String + Send + Sync>,
    /// Draws 32 random bytes: this crate has no chance either.
    pub nonce: Arc<dyn Fn() -> [u8; 32] + Send + Sync>,
}

/// An aggregate as it was loaded, with the sequence that a commit will expect.
#[derive(Debug)]
pub struct CqrsContext<A> {
    stream: StreamId,
    sequence: u64,
    aggregate: A,
}

impl<A: Aggregate> AggregateContext<A> for CqrsContext<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.aggregate
    }
}

impl<A: Aggregate> EventStore<A> for CqrsLog {
    type AC = CqrsContext<A>;

    async fn load_events(&self, aggregate_id: &str) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let stream = StreamId::new(A::TYPE, aggregate_id).map_err(technical)?;
        let events = self.store.read_stream(self.log, &stream, 0).await.map_err(technical)?;
        events.iter().map(envelope).collect()
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<CqrsContext<A>, AggregateError<A::Error>> {
        let stream = StreamId::new(A::TYPE, aggregate_id).map_err(technical)?;
        let events: Vec<EventEnvelope<A>> = self.load_events(aggregate_id).await?;
        let sequence = u64::try_from(events.len()).map_err(unexpected)?;
        let mut aggregate = A::default();
        events.into_iter().for_each(|event| aggregate.apply(event.payload));
        Ok(CqrsContext { stream, sequence, aggregate })
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: CqrsContext<A>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let append = self.to_append(&events, context.stream, context.sequence, metadata)?;
        let receipt = self.store.append(append).await.map_err(technical)?;
        // Read back, because a repeated command is answered with what its first sending wrote.
        let (Some(first), Some(last)) = (receipt.first, receipt.last) else {
            return Ok(Vec::new());
        };
        let stored = self.store.read(self.log, first, last - first + 1).await.map_err(technical)?;
        stored.iter().map(envelope).collect()
    }
}

impl CqrsLog {
    fn to_append<E: DomainEvent, F: StdError>(
        &self,
        events: &[E],
        stream: StreamId,
        sequence: u64,
        mut metadata: HashMap<String, String>,
    ) -> Result<Append, AggregateError<F>> {
        if let Some(name) = metadata.keys().find(|name| !METADATA.contains(&name.as_str())) {
            let message = format!("metadata `{name}` has no place in a leaf: use {}", METADATA.join(", "));
            return Err(unexpected(message));
        }
        let mut take = |name: &str| metadata.remove(name);
        let actor_id = take("actor_id").unwrap_or_else(|| self.actor.0.clone());
        let actor_role = take("actor_role").unwrap_or_else(|| self.actor.1.clone());
        let at = take("at").unwrap_or_else(|| (self.now)());
        let command_id = take("command_id").unwrap_or_else(|| hex::encode((self.nonce)()));
        let origin = Origin { actor_id: &actor_id, actor_role: &actor_role, at: &at, command_id: &command_id };
        let name = stream.to_string();
        let draft = |event: &E| {
            let (event_type, data) = untag(event).map_err(unexpected)?;
            let version = event.event_version().parse().map_err(unexpected)?;
            Draft::new(origin, &name, &event_type, version, data, &mut || (self.nonce)()).map_err(unexpected)
        };
        let events = events.iter().map(draft).collect::<Result<_, _>>()?;
        let expected = vec![Expected { stream, sequence }];
        Ok(Append { log: self.log, command_id, expected, events })
    }
}

/// The event and its metadata as cqrs-es wants them.
fn envelope<A: Aggregate>(stored: &StoredEvent) -> Result<EventEnvelope<A>, AggregateError<A::Error>> {
    let leaf = Leaf::parse(&stored.leaf).map_err(damaged)?;
    let data = leaf.data_with(&stored.disclosed).map_err(damaged)?;
    let payload = Map::from_iter([(stored.event_type.clone(), data)]);
    let metadata = [
        ("actor_id", leaf.actor.id.into_owned()),
        ("actor_role", leaf.actor.role.into_owned()),
        ("at", leaf.at.into_owned()),
        ("command_id", leaf.command_id.into_owned()),
        ("position", stored.position.to_string()),
    ];
    Ok(EventEnvelope {
        aggregate_id: stored.stream.id().to_owned(),
        sequence: usize::try_from(stored.sequence).map_err(damaged)?,
        payload: serde_json::from_value(Value::Object(payload)).map_err(damaged)?,
        metadata: metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    })
}

/// serde's external tagging taken apart: the variant's name and its content (null for a variant
/// without fields).
fn untag<E: Serialize>(event: &E) -> Result<(String, Value), String> {
    match serde_json::to_value(event).map_err(|e| e.to_string())? {
        Value::String(name) => Ok((name, Value::Null)),
        Value::Object(map) if map.len() == 1 => map.into_iter().next().ok_or_else(String::new),
        other => Err(format!("an event is an enum with serde's external tagging, not {other}")),
    }
}

fn technical<E: StdError>(error: Error) -> AggregateError<E> {
    match error {
        Error::Conflict { .. } => AggregateError::AggregateConflict,
        other => AggregateError::DatabaseConnectionError(Box::new(other)),
    }
}

fn unexpected<E: StdError>(error: impl Into<Box<dyn StdError + Send + Sync>>) -> AggregateError<E> {
    AggregateError::UnexpectedError(error.into())
}

fn damaged<E: StdError>(error: impl Into<Box<dyn StdError + Send + Sync>>) -> AggregateError<E> {
    AggregateError::DeserializationError(error.into())
}

impl fmt::Debug for CqrsLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CqrsLog").field("store", &self.store).field("log", &self.log).finish_non_exhaustive()
    }
}

/// A command with all that surrounds its decision. cqrs-es tells an aggregate neither its id nor who
/// acts, so they come with the command.
#[derive(Debug, Clone)]
pub struct Asked<C> {
    /// The states that the decision may look at.
    pub world: Arc<World>,
    /// The id of the stream decided on.
    pub id: String,
    /// Who acts.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// What is asked.
    pub command: C,
}

/// A stream of the domain as an aggregate of cqrs-es.
///
/// It can't be written as a snapshot: streams are short, and the snapshot store of cqrs-es 0.5 applies
/// events twice. Serialising it is an error rather than a wrong state later.
#[derive(Debug, Clone, Default)]
pub struct Decided<D>(pub D);

/// An event of the domain as an event of cqrs-es; in JSON it is the event itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "E: DeserializeOwned"))]
pub struct Recorded<E>(pub E);

impl<E> DomainEvent for Recorded<E>
where
    E: Serialize + DeserializeOwned + Clone + PartialEq + fmt::Debug + Sync + Send,
{
    fn event_type(&self) -> String {
        untag(&self.0).map(|(name, _)| name).unwrap_or_default()
    }

    fn event_version(&self) -> String {
        domain::event::version_of(&self.event_type()).to_string()
    }
}

impl<D> Aggregate for Decided<D>
where
    D: Decider,
    D::Command: Send,
{
    const TYPE: &'static str = D::KIND;
    type Command = Asked<D::Command>;
    type Event = Recorded<D::Event>;
    type Error = Rejection;
    type Services = ();

    async fn handle(
        &mut self,
        asked: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Rejection> {
        let context = Context { world: &asked.world, id: &asked.id, actor: &asked.actor, at: asked.at };
        let events = decider::execute(&self.0, asked.command, &context)?;
        for event in events {
            sink.write(Recorded(event), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.0.evolve(&event.0);
    }
}

impl<D> Serialize for Decided<D> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("a decided stream has no snapshot: load its events"))
    }
}

impl<'de, D> Deserialize<'de> for Decided<D> {
    fn deserialize<S: Deserializer<'de>>(_: S) -> Result<Self, S::Error> {
        Err(S::Error::custom("a decided stream has no snapshot: load its events"))
    }
}
