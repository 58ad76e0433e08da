//! Random sequences of appends against a model in memory that fits on one screen.

use std::collections::BTreeMap;

use event_store::{Append, Appended, Error, Expected};
use proptest::prelude::*;
use serde_json::json;

use crate::sample::{Sample, draft, stream};

/// One append: its command, what it expects of which stream (as an offset to the truth), its events.
#[derive(Debug, Clone)]
struct Step {
    command: u8,
    guards: Vec<(u8, i8)>,
    events: Vec<(u8, u8)>,
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly right expectations, so that logs grow.
    let offset = prop_oneof![8 => Just(0_i8), 1 => Just(1), 1 => Just(-1)];
    let guards = prop::collection::vec((0..4_u8, offset), 0..3);
    let events = prop::collection::vec((0..4_u8, 0..3_u8), 0..4);
    (0..30_u8, guards, events).prop_map(|(command, guards, events)| Step { command, guards, events })
}

#[derive(Default)]
struct Model {
    events: Vec<(u8, u64, u8)>,
    commands: BTreeMap<u8, (u64, Vec<(u8, u8)>)>,
}

impl Model {
    fn sequence(&self, stream: u8) -> u64 {
        u64::try_from(self.events.iter().filter(|event| event.0 == stream).count()).unwrap()
    }

    fn append(&mut self, step: &Step, expected: &[(u8, u64)]) -> Result<Appended, &'static str> {
        if let Some((first, events)) = self.commands.get(&step.command) {
            let last = first + u64::try_from(events.len()).unwrap() - 1;
            let same = *events == step.events;
            return if same {
                Ok(Appended { first: Some(*first), last: Some(last), replayed: true })
            } else {
                Err("COMMAND_ID_REUSED")
            };
        }
        if expected.iter().any(|(stream, sequence)| self.sequence(*stream) != *sequence) {
            return Err("CONFLICT");
        }
        let first = u64::try_from(self.events.len()).unwrap();
        for (stream, value) in &step.events {
            self.events.push((*stream, self.sequence(*stream) + 1, *value));
        }
        let last = u64::try_from(self.events.len()).unwrap().checked_sub(1).filter(|last| *last >= first);
        if last.is_some() {
            self.commands.insert(step.command, (first, step.events.clone()));
        }
        Ok(Appended { first: last.map(|_| first), last, replayed: false })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_the_model_does(groups in prop::collection::vec(prop::collection::vec(step(), 1..12), 1..5)) {
        let s = Sample::new();
        let mut model = Model::default();
        let mut store = s.store.clone();
        for group in groups {
            // A group goes to the store at once and mostly shares a commit.
            let mut appends = Vec::new();
            let mut answers = Vec::new();
            for step in &group {
                let id = format!("c{}", step.command);
                let mut offsets: BTreeMap<u8, i8> = step.events.iter().map(|(stream, _)| (*stream, 0)).collect();
                offsets.extend(step.guards.iter().copied());
                let expected: Vec<(u8, u64)> = offsets
                    .into_iter()
                    .map(|(stream, offset)| (stream, model.sequence(stream).saturating_add_signed(offset.into())))
                    .collect();
                answers.push(model.append(step, &expected));
                let events = step.events.iter().map(|(stream, value)| draft(&format!("s/{stream}"), &id, json!({"v": value})));
                appends.push(Append {
                    log: s.log,
                    command_id: id.clone(),
                    events: events.collect(),
                    expected: expected.iter().map(|(stream_id, sequence)| Expected { stream: stream(&format!("s/{stream_id}")), sequence: *sequence }).collect(),
                });
            }
            let given = store.append_all_blocking(appends);
            let given: Vec<_> = given.into_iter().map(|answer| answer.map_err(|error: Error| error.code())).collect();
            prop_assert_eq!(given, answers);
            // Every other group is written after reopening.
            store = s.again();
        }
        let read = store.reader().read(s.log, 0, 1000).unwrap();
        let read: Vec<_> = read.iter().map(|event| (event.stream.to_string(), event.sequence, event.leaf.contains("\"v\":"))).collect();
        let wanted: Vec<_> = model.events.iter().map(|(stream, sequence, _)| (format!("s/{stream}"), *sequence, true)).collect();
        prop_assert_eq!(read, wanted);
        let verified = store.reader().verify_integrity(s.log).unwrap();
        prop_assert_eq!(verified.size, u64::try_from(model.events.len()).unwrap());
    }
}
