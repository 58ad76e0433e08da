//! A stock `cqrs_es` framework on the log: an aggregate made for cqrs-es, and one of our deciders.

#![allow(clippy::disallowed_types)]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateContext, AggregateError, CqrsFramework, DomainEvent, EventEnvelope, EventStore};
use domain::{Actor, Code, Context, Decider, Hidden, Rejection, Role, World};
use event_store::cqrs::{Asked, CqrsLog, Decided, Recorded};
use serde::{Deserialize, Serialize};

use crate::place::EVENTS;
use crate::sample::Sample;

/// Made for cqrs-es, knowing nothing of Parvis.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Fountain {
    open: bool,
    litres: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum FountainEvent {
    Opened,
    Drawn { litres: u64 },
}

impl DomainEvent for FountainEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Opened => "Opened".into(),
            Self::Drawn { .. } => "Drawn".into(),
        }
    }
    fn event_version(&self) -> String {
        "1".into()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Dry(&'static str);

impl Aggregate for Fountain {
    const TYPE: &'static str = "fountain";
    type Command = Option<u64>;
    type Event = FountainEvent;
    type Error = Dry;
    type Services = ();

    async fn handle(&mut self, command: Option<u64>, (): &(), sink: &EventSink<Self>) -> Result<(), Dry> {
        match command {
            None => sink.write(FountainEvent::Opened, self).await,
            Some(litres) if self.open => {
                sink.write(FountainEvent::Drawn { litres }, self).await;
                sink.write(FountainEvent::Drawn { litres: 1 }, self).await;
            }
            Some(_) => return Err(Dry("the fountain is closed")),
        }
        Ok(())
    }

    fn apply(&mut self, event: FountainEvent) {
        match event {
            FountainEvent::Opened => self.open = true,
            FountainEvent::Drawn { litres } => self.litres += litres,
        }
    }
}

fn log_of(s: &Sample) -> CqrsLog {
    let drawn = AtomicU8::new(0);
    CqrsLog {
        store: s.store.clone(),
        log: s.log,
        actor: ("service".into(), "SYSTEM".into()),
        now: Arc::new(|| "2018-09-07T10:00:00Z".into()),
        nonce: Arc::new(move || [drawn.fetch_add(1, Ordering::Relaxed); 32]),
    }
}

async fn load<A: Aggregate>(log: &CqrsLog, id: &str) -> A {
    let mut context = EventStore::<A>::load_aggregate(log, id).await.unwrap();
    std::mem::take(context.aggregate())
}

#[tokio::test]
async fn a_stock_framework_runs_on_the_log() {
    let s = Sample::new();
    let log = log_of(&s);
    let framework = CqrsFramework::<Fountain, _>::new(log.clone(), vec![], ());
    assert!(matches!(framework.execute("wallace-1", Some(3)).await, Err(AggregateError::UserError(Dry(_)))));
    framework.execute("wallace-1", None).await.unwrap();
    framework.execute("wallace-1", Some(3)).await.unwrap();
    framework.execute("wallace-2", None).await.unwrap();
    let fountain: Fountain = load(&log, "wallace-1").await;
    assert_eq!((fountain.open, fountain.litres), (true, 4));

    let events: Vec<EventEnvelope<Fountain>> = log.load_events("wallace-1").await.unwrap();
    assert_eq!(events.iter().map(|e| e.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(events[2].payload, FountainEvent::Drawn { litres: 1 });
    assert_eq!(events[2].metadata["position"], "2");
    assert_eq!(events[2].metadata["actor_role"], "SYSTEM");
    assert_eq!(events[1].metadata["command_id"], events[2].metadata["command_id"]);
    let whole = s.store.clone();
    assert_eq!(whole.read_with(move |reader| reader.verify_integrity(s.log)).await.unwrap().size, 4);

    // The columns of postgres-es, which loads an event with serde from `payload`.
    let column = |name: &str, sequence| {
        s.place.value(&format!(
            "SELECT {name} FROM {EVENTS} WHERE aggregate_type = 'fountain' AND aggregate_id = 'wallace-1' AND sequence = {sequence}"
        ))
    };
    assert_eq!(column("event_type", 2), "Drawn");
    assert_eq!(
        serde_json::from_str::<FountainEvent>(&column("payload", 2)).unwrap(),
        FountainEvent::Drawn { litres: 3 }
    );
    let metadata: BTreeMap<String, String> = serde_json::from_str(&column("metadata", 2)).unwrap();
    assert_eq!(metadata["actor_id"], "service");
    assert_eq!(serde_json::from_str::<FountainEvent>(&column("payload", 1)).unwrap(), FountainEvent::Opened);
}

#[tokio::test]
async fn a_stale_aggregate_conflicts() {
    let s = Sample::new();
    let log = log_of(&s);
    let first = EventStore::<Fountain>::load_aggregate(&log, "w").await.unwrap();
    let second = EventStore::<Fountain>::load_aggregate(&log, "w").await.unwrap();
    let commit = |context| EventStore::<Fountain>::commit(&log, vec![FountainEvent::Opened], context, HashMap::new());
    assert_eq!(commit(first).await.unwrap().len(), 1);
    assert!(matches!(commit(second).await, Err(AggregateError::AggregateConflict)));
}

#[tokio::test]
async fn metadata_goes_into_the_leaf_or_is_refused() {
    let s = Sample::new();
    let log = log_of(&s);
    let framework = CqrsFramework::<Fountain, _>::new(log.clone(), vec![], ());
    let with = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<HashMap<String, String>>()
    };
    let known =
        with(&[("actor_id", "p-9"), ("actor_role", "CITIZEN"), ("at", "2018-09-08T00:00:00Z"), ("command_id", "c-9")]);
    framework.execute_with_metadata("w", None, known.clone()).await.unwrap();
    let events: Vec<EventEnvelope<Fountain>> = log.load_events("w").await.unwrap();
    for (name, value) in &known {
        assert_eq!(&events[0].metadata[name], value);
    }
    let refused = framework.execute_with_metadata("w", None, with(&[("colour", "blue")])).await.unwrap_err();
    assert!(refused.to_string().contains("colour"), "{refused}");
    // The command id is known: answered with the first receipt, nothing new is written.
    framework.execute_with_metadata("w", None, known).await.unwrap();
    assert_eq!(s.store.head(s.log).await.unwrap().size, 1);
}

/// A stream of the domain, as small as can be.
#[derive(Debug, Default, Clone, PartialEq)]
struct Bench {
    words: Option<Hidden<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum BenchEvent {
    Engraved {
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        words: Hidden<String>,
    },
}

impl Decider for Bench {
    const KIND: &'static str = "bench";
    type Command = &'static str;
    type Event = BenchEvent;

    fn decide(&self, command: &'static str, _: &Context<'_>) -> Result<Vec<BenchEvent>, Rejection> {
        Ok(vec![BenchEvent::Engraved { words: Hidden::Disclosed(command.into()) }])
    }

    fn check(&self, _: &BenchEvent, context: &Context<'_>) -> Result<(), Rejection> {
        if context.actor.role == Role::Citizen && self.words.is_none() { Ok(()) } else { Err(Code::RoleMissing.into()) }
    }

    fn evolve(&mut self, event: &BenchEvent) {
        let BenchEvent::Engraved { words } = event;
        self.words = Some(words.clone());
    }
}

#[tokio::test]
async fn a_decider_runs_in_a_stock_framework() {
    let s = Sample::new();
    let log = log_of(&s);
    let framework = CqrsFramework::<Decided<Bench>, _>::new(log.clone(), vec![], ());
    let ask = |role| Asked {
        world: Arc::new(World::default()),
        id: "b-1".into(),
        actor: Actor::new("p-1", role),
        at: "2018-09-07T10:00:00Z".parse().unwrap(),
        command: "À Simone",
    };
    let refused = framework.execute("b-1", ask(Role::System)).await;
    assert!(matches!(refused, Err(AggregateError::UserError(Rejection { .. }))));
    framework.execute("b-1", ask(Role::Citizen)).await.unwrap();
    let bench: Decided<Bench> = load(&log, "b-1").await;
    assert_eq!(bench.0.words, Some(Hidden::Disclosed("À Simone".into())));
    let twice = framework.execute("b-1", ask(Role::Citizen)).await;
    assert!(matches!(twice, Err(AggregateError::UserError(_))));

    let stored = s.store.read(s.log, 0, 9).await.unwrap();
    assert_eq!((stored.len(), stored[0].event_type.as_str()), (1, "Engraved"));
    assert!(!stored[0].leaf.contains("Simone"));
    let recorded = Recorded(BenchEvent::Engraved { words: Hidden::Disclosed("x".into()) });
    assert_eq!((recorded.event_type().as_str(), recorded.event_version().as_str()), ("Engraved", "1"));
    assert!(serde_json::to_string(&bench).is_err(), "no snapshots");
}
