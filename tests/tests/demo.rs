//! Owns the demo as a scenario: the same for the same seed, whole after a stop, the same however it
//! is folded, and still provable after personal texts were taken out.
//! Next: `api/src/demo.rs`; changes that must be refused are in `tamper.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use api::demo::{self, CODE, Size};
use api::failure::Failure;
use api::fold;
use commands::{Clock, Entropy};
use domain::redaction::{Ground, Target};
use event_store::Redaction;
use projections::Model;
use replay_tools::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use tests::office::Office;
use tests::tamper::Parts;

const SEED: u64 = 2018;

fn play(office: &Office, seed: u64, voters: u64) -> Result<(), Failure> {
    let _entered = office.runtime.enter();
    let steps = office.steps(CODE, demo::clock().unwrap(), Entropy::seeded(seed));
    demo::play(&steps, "demo.example/demo", seed, Size { voters, proposals: 400 })
}

fn played(seed: u64, voters: u64) -> Office {
    let office = Office::default();
    play(&office, seed, voters).unwrap();
    office
}

/// What is in the box, as text.
fn ballots(model: &Model) -> BTreeMap<String, String> {
    model.ballots.iter().map(|(voter, row)| (voter.to_string(), format!("{:?}", row.ballot))).collect()
}

fn digests(model: &Model) -> String {
    serde_json::to_string(&model.digests().unwrap()).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let (one, two) = (played(SEED, 300), played(SEED, 300));
    let (first, second) = (one.head(CODE), two.head(CODE));
    assert_eq!((first.size, first.root), (second.size, second.root));
    let all = |office: &Office| office.store().reader().read(office.head(CODE).log_id, 0, u64::MAX).unwrap();
    assert_eq!(all(&one), all(&two));
    assert_eq!(digests(&one.model(CODE)), digests(&two.model(CODE)));
    let other = played(SEED + 1, 300);
    assert_ne!(other.head(CODE).root, first.root);
    let (_, report) = one.audit(CODE);
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert!(report.checked.winners > 0 && report.checked.papers >= 300, "{report:#?}");
}

/// Asks the work to stop once the log has this many events, and goes on until it is done.
fn play_with_stops(office: &Office, stops: &[u64]) -> usize {
    let mut stopped = 0;
    for stop_at in stops {
        let (store, flag, at) = (office.store().clone(), office.stop.clone(), *stop_at);
        let watch = office.runtime.spawn(async move {
            let mut grown = store.subscribe();
            loop {
                let sizes: u64 = store.logs().await.unwrap().iter().map(|log| log.size).sum();
                if sizes >= at || grown.changed().await.is_err() {
                    break flag.store(true, Ordering::Relaxed);
                }
            }
        });
        match play(office, SEED, 1_300) {
            Err(failure) => {
                assert_eq!(failure.code, "INTERRUPTED", "{failure}");
                assert!(failure.message.contains("are kept"), "{failure}");
                stopped += 1;
            }
            // It was past the last place where it looks at the flag.
            Ok(()) => assert!(office.head(CODE).size >= at),
        }
        watch.abort();
        let _ = office.runtime.block_on(watch);
        office.stop.store(false, Ordering::Relaxed);
        let head = office.head(CODE);
        assert_eq!(office.store().reader().verify_integrity(head.log_id).unwrap().root, head.root);
    }
    play(office, SEED, 1_300).unwrap();
    stopped
}

#[test]
fn a_demo_that_was_stopped_goes_on_to_the_same_ballots() {
    let whole = played(SEED, 1_300);
    let size = whole.head(CODE).size;
    let office = Office::default();
    let stops = [1, size / 6, size / 3, size / 2, size - 900, size - 500];
    let stopped = play_with_stops(&office, &stops);
    assert!(stopped >= 3, "only {stopped} stops came in the middle");
    let (wanted, found) = (whole.model(CODE), office.model(CODE));
    assert_eq!(ballots(&found), ballots(&wanted));
    let winners = |model: &Model| projections::results::winners(&model.area_results).cloned().collect::<Vec<_>>();
    assert_eq!(winners(&found), winners(&wanted));
    assert_eq!(office.head(CODE).size, size);
    let (_, report) = office.audit(CODE);
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
}

#[test]
fn a_log_folds_to_the_same_in_one_go_and_in_batches() {
    let office = played(SEED, 300);
    let head = office.head(CODE);
    let reader = office.store().reader();
    let whole = office.model(CODE);
    assert_eq!((whole.size(), whole.tree.root()), (head.size, head.root));
    for batch in [1, 7, 1_000] {
        let mut model = Model::default();
        while model.size() < head.size {
            // A version that readers hold stays as it is while the next one is made from it.
            let before = model.size();
            let held = before.is_multiple_of(350).then(|| (model.clone(), digests(&model)));
            for stored in reader.read(head.log_id, before, batch).unwrap() {
                model.apply(&fold::record(&stored).unwrap()).unwrap();
            }
            assert!(model.size() > before);
            if let Some((held, was)) = held {
                assert_eq!(digests(&held), was);
            }
        }
        assert_eq!(digests(&model), digests(&whole), "in batches of {batch}");
        assert_eq!(model.tree.root(), head.root);
    }
}

#[test]
fn a_log_still_holds_after_texts_were_taken_out() {
    let office = played(SEED, 300);
    let (before, _) = office.audit(CODE);
    let said = Parts::read(&std::fs::read(&before.file).unwrap());
    let head = office.head(CODE);
    let events = office.store().reader().read(head.log_id, 0, head.size).unwrap();
    // One value each of the first events of every type that has any, with what stood there.
    let mut types = BTreeSet::new();
    let disclosed = events.iter().filter(|event| !event.disclosed.is_empty() && types.insert(&event.event_type));
    let targets: Vec<(Redaction, String)> = disclosed
        .map(|event| {
            let value = event.disclosed.last().unwrap();
            (Redaction { position: event.position, path: value.path.clone() }, value.value.to_string())
        })
        .collect();
    assert!(targets.len() >= 3, "{targets:?}");
    // Deleted without a word, they are missed.
    let asked: Vec<Redaction> = targets.iter().map(|(target, _)| target.clone()).collect();
    let taken = office.runtime.block_on(office.store().redact(head.log_id, asked)).unwrap();
    assert_eq!(taken, u64::try_from(targets.len()).unwrap());
    let (_, report) = office.audit(CODE);
    assert_eq!((report.verdict, report.code), (Verdict::Broken, Some("VALUE_MISSING")), "{report:#?}");
    assert_eq!(report.position, Some(targets[0].0.position));

    // With an event that names them, the log holds.
    remove(&office, &targets.iter().map(|(target, _)| target.clone()).collect::<Vec<_>>());
    let (after, report) = office.audit(CODE);
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert_eq!(after.size, before.size + 3);
    let found: Vec<(u64, &str)> =
        report.checked.redacted.iter().map(|gone| (gone.position, gone.path.as_str())).collect();
    let wanted: Vec<(u64, &str)> = targets.iter().map(|(target, _)| (target.position, target.path.as_str())).collect();
    assert_eq!(found, wanted);
    assert!(report.checked.redacted.iter().all(|gone| gone.ground == Some(Ground::Moderation) && gone.at.is_some()));
    let says = Parts::read(&std::fs::read(&after.file).unwrap());
    // Of the claims only size and root are others.
    let tables = |parts: &Parts| serde_json::from_str::<serde_json::Value>(&parts.claims).unwrap()["tables"].clone();
    assert_eq!(tables(&says), tables(&said));
    for (target, _) in &targets {
        let line = usize::try_from(target.position).unwrap();
        assert!(says.lines[line].len() < said.lines[line].len(), "position {line} still says all");
    }
}

/// A moderator proposes the removal, a coordinator confirms it.
fn remove(office: &Office, targets: &[Redaction]) {
    let target = |target: &Redaction| Target { position: target.position, path: target.path.clone() };
    let redact =
        domain::campaign::Command::Redact { targets: targets.iter().map(target).collect(), ground: Ground::Moderation };
    // The demo has closed the box and proclaimed the result by acts 1 and 2.
    let confirm = domain::campaign::Command::ConfirmAct { number: 3 };
    let steps = office.steps(CODE, Clock::System, Entropy::system().unwrap());
    for (id, role, command) in [
        ("agent-moderator-1", domain::Role::Moderator, redact),
        ("agent-coordinator-2", domain::Role::Coordinator, confirm),
    ] {
        let request = commands::Request {
            command_id: steps.executor.entropy().uuid(),
            actor: domain::Actor::new(id, role),
            commands: vec![domain::Command::Campaign(command)],
        };
        office.runtime.block_on(steps.executor.execute(CODE, request)).unwrap();
    }
}
