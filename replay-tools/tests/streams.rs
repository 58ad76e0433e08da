//! Owns the proof that every kind of stream is followed: proposals with their comments and supports,
//! workshops, projects with their instruction, polling places with their papers. Next: `verify.rs`, for what is found when one lies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code)]

#[path = "../../crates/domain/tests/support/mod.rs"]
mod city;
mod support;
#[path = "../../tests/src/tamper.rs"]
mod tamper;

use city::sealed::LOG;
use city::story::Story;
use domain::{Actor, Event, Hidden, Role, Timestamp, World, campaign, comment, count, polling_place, workshop};
use replay_tools::{Stage, StateAt, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Log, ORIGIN, key};
use tamper::Parts;
use tempfile::NamedTempFile;
use transparency::to_canonical;

/// A year with everything that people may do up to the ballot paper.
fn year() -> Log {
    let lines = Story::lively().lines;
    Log::retold(lines.into_iter().map(|line| (line.actor, line.at, line.id, line.event)))
}

/// An election with sealed ballots, from the ceremony to the result. Lot and result follow from the log as
/// it is told here; `lie` may change what is told.
fn sealed(lie: impl FnMut(&mut Event)) -> Log {
    sealed_in(LOG, lie)
}

/// The same, written to the log of this name.
fn sealed_in(origin: &str, mut lie: impl FnMut(&mut Event)) -> Log {
    let lines = Story::sealed_whole().lines;
    let is_closing = |event: &Event| matches!(event, Event::Campaign(campaign::Event::BallotBoxClosed { .. }));
    let closing = lines.iter().position(|line| is_closing(&line.event)).unwrap();
    let mut world = World::default();
    let mut told: Vec<(Actor, Timestamp, String, Event)> = Vec::new();
    for line in lines {
        let event = match line.event {
            Event::Campaign(campaign::Event::LotSeedDrawn { public_value, .. }) => {
                let (size, root) = Log::retold_in(origin, told[..=closing].iter().cloned()).head();
                Event::Campaign(campaign::Event::LotSeedDrawn { size, root, public_value })
            }
            Event::Campaign(campaign::Event::ResultProclaimed { basis, .. }) => {
                let (areas, outcome) = count::result(&(&world).into()).unwrap();
                Event::Campaign(campaign::Event::ResultProclaimed { basis, areas, outcome: Some(outcome) })
            }
            mut other => {
                lie(&mut other);
                other
            }
        };
        world.evolve(&line.id, &event).unwrap();
        told.push((line.actor, line.at, line.id, event));
    }
    Log::retold_in(origin, told)
}

#[test]
fn a_sealed_election_holds_and_is_counted_by_whoever_replays_it() {
    let log = sealed(|_| {});
    let report = verify(&log.bundle(&urn_key()));
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert_eq!((report.checked.papers, report.checked.winners), (7, 4));
    let bundle = file(&log.bundle(&urn_key()));
    let options = replay_tools::CountOptions::default();
    let counted = replay_tools::tally_bundle(bundle.path(), None, options, &mut |_, _| {}).unwrap();
    let invalid: Vec<u64> = counted.counts().iter().map(|count| count.outcome.invalid.values().sum()).collect();
    assert_eq!(invalid, [1, 1, 0]);
}

#[test]
fn whoever_tampers_with_an_urn_is_found() {
    use domain::urn::Event as Urn;
    type Lie = fn(&mut Urn);
    let lies: [(&str, Lie); 5] = [
        // A ballot that was published is published again.
        ("BALLOT_KNOWN", |event| {
            if let Urn::BallotsPublished { number: 2, ballots, .. } = event {
                ballots[0] = ballots[1].clone();
            }
        }),
        ("FOREIGN_CATALOGUE", |event| {
            if let Urn::BallotsPublished { number: 3, catalogue, .. } = event {
                *catalogue = transparency::Hash::of(&[b"another list"]);
            }
        }),
        // A ballot is left out of the list of those that don't count.
        ("REGISTER_MISMATCH", |event| {
            if let Urn::BallotsSetAside { ballots } = event {
                ballots.pop();
            }
        }),
        // As if a row had been deleted from the register.
        ("REGISTER_MISMATCH", |event| {
            if let Urn::RegisterReconciled { areas } = event {
                areas[0].digital -= 1;
            }
        }),
        ("WRONG_URN_SECRET", |event| {
            if let Urn::UrnOpened { secret } = event {
                *secret = seal::UrnSecret::from_seed(&[8; 32]);
            }
        }),
    ];
    for (code, lie) in lies {
        let log = sealed(|event| {
            if let Event::Urn(event) = event {
                lie(event);
            }
        });
        let report = verify(&log.bundle(&urn_key()));
        assert_eq!((report.verdict, report.code), (Verdict::Broken, Some(code)), "{report:#?}");
    }
}

/// The key of the log for which the story's ballots are sealed.
fn urn_key() -> transparency::Signer {
    transparency::Signer::from_seed(LOG, [7; 32]).unwrap()
}

#[test]
fn ballots_that_are_sealed_for_another_log_are_found() {
    let log = sealed_in(ORIGIN, |_| {});
    let report = verify(&log.bundle(&key()));
    assert_eq!((report.stage, report.code), (Some(Stage::Law), Some("URN_OF_OTHER_LOG")), "{report:#?}");
    assert_eq!(report.position, u64::try_from(log.position_of("UrnKeyDeclared")).ok());
    assert!(report.message.unwrap().contains(LOG));
}

fn file(bundle: &[u8]) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bundle).unwrap();
    file
}

fn verify(bundle: &[u8]) -> replay_tools::Report {
    replay_tools::verify(file(bundle).path(), None, &mut |_, _| {}).unwrap()
}

#[test]
fn every_kind_of_stream_is_followed() {
    let log = year();
    let report = verify(&log.bundle(&key()));
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert_eq!(report.checked.events, log.size());
    let kinds: Vec<&str> = report.checked.by_kind.keys().copied().collect();
    assert_eq!(kinds, ["campaign", "comment", "participant", "project", "proposal", "workshop"]);
    assert_eq!(report.checked.by_kind.values().sum::<u64>(), log.size());
}

fn retold(story: Story) -> Log {
    Log::retold(story.lines.into_iter().map(|line| (line.actor, line.at, line.id, line.event)))
}

#[test]
fn papers_are_followed_and_a_count_that_nobody_entered_is_named() {
    let log = retold(Story::on_paper());
    let report = verify(&log.bundle(&key()));
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert!(report.checked.by_kind["polling_place"] > 20);
    let bundle = file(&log.bundle(&key()));
    let state: StateAt = replay_tools::state(bundle.path(), None, "polling_place/HALL", None).unwrap();
    assert_eq!(state.state, json!(log.world.polling_places[&"HALL".parse().unwrap()]));

    // Whoever holds the key of the log writes another count than the one that two agents entered.
    let mut story = Story::on_paper();
    let agreed = story.lines.iter().position(|line| line.event.encode().unwrap().0 == "CountAgreed").unwrap();
    let actor = story.lines[agreed].actor.clone();
    story.lines.truncate(agreed);
    let mut forged = retold(story);
    let other = city::papers::cards(&[&[3], &[3]], 1);
    let event = polling_place::Event::CountAgreed {
        area: "ALL".parse().unwrap(),
        bundle: 1,
        papers: 3,
        sheet: polling_place::Sheet::Open { count: Box::new(other), salt: city::papers::salt() },
    };
    forged.forge(&actor, "HALL", &Event::PollingPlace(event));
    let report = verify(&forged.bundle(&key()));
    assert_eq!(report.verdict, Verdict::Broken, "{report:#?}");
    let last = forged.size() - 1;
    assert_eq!((report.stage, report.position), (Some(Stage::Law), Some(last)), "{report:#?}");
    assert_eq!(report.code, Some("PAPER_COUNT_INVALID"));
}

#[test]
fn the_state_and_the_history_of_every_stream_can_be_read() {
    let log = year();
    let bundle = file(&log.bundle(&key()));
    let state = |stream: &str| -> StateAt { replay_tools::state(bundle.path(), None, stream, None).unwrap() };
    let world = &log.world;
    let of = |stream: &str| match stream.split_once('/').unwrap() {
        ("comment", id) => json!(world.comments.get(&id.parse().unwrap()).unwrap()),
        ("participant", id) => json!(world.participants.get(&id.parse().unwrap()).unwrap()),
        ("workshop", id) => json!(world.workshops.get(&id.parse().unwrap()).unwrap()),
        ("project", id) => json!(world.projects.get(&id.parse().unwrap()).unwrap()),
        (_, id) => json!(world.proposals.get(&id.parse().unwrap()).unwrap()),
    };
    for stream in ["comment/k-3", "participant/c-2", "workshop/w-1", "project/q-1", "proposal/p-1"] {
        let found = state(stream);
        assert_eq!(found.state, of(stream), "{stream}");
        let mut told = Vec::new();
        let mut each = |entry: &replay_tools::Entry| {
            told.push(entry.position);
            Ok(())
        };
        replay_tools::timeline(bundle.path(), None, Some(stream), &mut each).unwrap();
        assert_eq!((u64::try_from(told.len()).unwrap(), told.last()), (found.sequence, Some(&found.position)));
    }
    let mut types = BTreeSet::new();
    let mut each = |entry: &replay_tools::Entry| {
        types.insert(entry.event_type.clone());
        Ok(())
    };
    replay_tools::timeline(bundle.path(), None, None, &mut each).unwrap();
    for one in ["CommentPinned", "ContentReported", "AlternativeChosen", "AppealLodged", "ExclusionLifted"] {
        assert!(types.contains(one), "{one}");
    }
}

#[test]
fn what_no_rule_lets_through_is_found_in_every_stream() {
    let citizen = |id: &str| Actor::new(id, Role::Citizen);
    let reason = || Hidden::Disclosed("Sans droit".to_owned());
    for (actor, id, event, code) in [
        (citizen("c-9"), "k-1", Event::Comment(comment::Event::CommentWithdrawn {}), "NOT_THE_AUTHOR"),
        (
            citizen("c-9"),
            "c-2",
            Event::Participant(domain::participant::Event::SupportWithdrawn { proposal: "p-1".parse().unwrap() }),
            "NOT_THE_AUTHOR",
        ),
        (
            Actor::new("agent-1", Role::Coordinator),
            "w-1",
            Event::Workshop(workshop::Event::WorkshopCancelled { reason: reason() }),
            "TOO_LATE",
        ),
        (
            Actor::new("agent-1", Role::Coordinator),
            "q-3",
            Event::Project(domain::project::Event::ProjectRefused { reason: reason() }),
            "TOO_LATE",
        ),
    ] {
        let mut log = year();
        let position = log.size();
        log.forge(&actor, id, &event);
        let report = verify(&log.bundle(&key()));
        assert_eq!((report.stage, report.position), (Some(Stage::Law), Some(position)), "{id}: {report:#?}");
        assert_eq!(report.code, Some(code), "{id}");
    }
}

#[test]
fn claims_of_an_older_format_hold_also_where_the_log_says_more_than_they_can_tell() {
    let log = year();
    let mut parts = Parts::read(&log.bundle(&key()));
    for (format, tables) in [(1, 9), (2, 10), (3, 15), (4, 17)] {
        let mut claims = projections::claims_in(&log.model, format).unwrap();
        assert_eq!((claims["format"].clone(), claims["tables"].as_array().unwrap().len()), (json!(format), tables));
        parts.claims = to_canonical(&claims).unwrap();
        assert_eq!(verify(&parts.signed(&key())).verdict, Verdict::Holds, "format {format}");
        let last = tables - 1;
        claims["tables"][last]["digest"] = Value::from("00".repeat(32));
        parts.claims = to_canonical(&claims).unwrap();
        assert_eq!(verify(&parts.signed(&key())).stage, Some(Stage::Claims), "format {format}");
    }
}
