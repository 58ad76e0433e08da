//! Small events and a store with one log, in a place that is thrown away.

use event_store::{Append, Expected, LogId, OpenMode, Store, StreamId};
use serde_json::{Value, json};
use transparency::{Draft, Origin};

use crate::place::Place;

/// A store with one log; its place goes with it.
pub(crate) struct Sample {
    pub(crate) store: Store,
    pub(crate) log: LogId,
    pub(crate) place: Place,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        let store = Store::open(&place.url(), OpenMode::Create).unwrap();
        // On a thread of its own, so that async tests can start with a sample as well.
        let create = || store.create_log_blocking("log.example/p2018", "P2018").unwrap();
        let log = std::thread::scope(|scope| scope.spawn(create).join().unwrap());
        Self { store, log, place }
    }

    /// The same store once more, as another process would open it.
    pub(crate) fn again(&self) -> Store {
        Store::open(&self.place.url(), OpenMode::Existing).unwrap()
    }

    /// One event on a stream without events.
    pub(crate) fn first(&self, stream: &str, command: &str) -> Append {
        command_of(self.log, command, &[(stream, 0)], vec![draft(stream, command, json!({"n": 1}))])
    }
}

pub(crate) fn stream(name: &str) -> StreamId {
    name.parse().unwrap()
}

pub(crate) fn draft(stream: &str, command: &str, data: Value) -> Draft {
    let origin = Origin { actor_id: "p-1", actor_role: "CITIZEN", at: "2018-09-07T10:00:00Z", command_id: command };
    let mut nonce = [7_u8; 32];
    Draft::new(origin, stream, "Happened", 1, data, &mut || {
        nonce[0] = nonce[0].wrapping_add(1);
        nonce
    })
    .unwrap()
}

pub(crate) fn command_of(log: LogId, id: &str, expected: &[(&str, u64)], events: Vec<Draft>) -> Append {
    let expected = expected.iter().map(|(name, sequence)| Expected { stream: stream(name), sequence: *sequence });
    Append { log, command_id: id.into(), expected: expected.collect(), events }
}
