//! Events as they stand in logs for ever: a folder for each version, one file per event type that has
//! it, and every file loads.
//!
//! A file holds the canonical data of a leaf and the values disclosed beside it. `UPDATE_GOLDEN=1`
//! writes files that are missing; one that exists is a promise and never overwritten.

use crate::support::sample::*;
use crate::support::story::{Line, Story};
use crate::vocabulary::event_types;
use domain::ballot::Paper;
use domain::phase::Phase;
use domain::{DecodeError, Event, StreamKind, event};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use transparency::{join, split, to_canonical};

fn file(name: &str, version: u32) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/events");
    folder.join(format!("v{version}")).join(format!("{name}.json"))
}

/// The document of an event: `{"data": …, "disclosed": {path: value}}`, canonical.
fn document(event: &Event) -> (String, String) {
    let (name, data) = event.encode().unwrap();
    let (data, hidden) = split(data).unwrap();
    let disclosed: Map<String, Value> = hidden.into_iter().collect();
    (name, to_canonical(&json!({"data": data, "disclosed": disclosed})).unwrap() + "\n")
}

/// The event of a document of this version.
fn event(kind: StreamKind, name: &str, version: u32, text: &str) -> Event {
    let mut document: Value = serde_json::from_str(text).unwrap();
    let mut data = document["data"].take();
    for (path, value) in document["disclosed"].as_object().unwrap() {
        join(&mut data, path, value.clone()).unwrap();
    }
    Event::decode(kind, name, version, data).unwrap_or_else(|error| panic!("{error}"))
}

/// A past election, for the members that only imports write.
fn past() -> Story {
    let mut configuration = imported();
    configuration.rules.tally.tie_break.clear();
    let mut past = Story::configured(configuration);
    past.act(&system(), form_as("q-1", domain::project::Formation { selected: Some(1), ..formation("1", "ALL", &[]) }));
    past.act(&system(), admit_for("q-1", 1_000, true));
    past.act(&system(), publish());
    past.act(&system(), open(Phase::Vote));
    let odd = Paper { points: Some(vec![3, 2]), unknown: vec!["17b".into()], ..paper(&[1, 1]) };
    past.act(&system(), cast("v-1", &[("ALL", odd.clone())]));
    past.act(&system(), cast("v-1", &[("ALL", odd)]));
    let reason = Some("La pluie".into());
    let close = domain::campaign::Command::ClosePhase { phase: Phase::Vote, reason: reason.clone() };
    past.act(&coordinator(), domain::Command::Campaign(close));
    let open = domain::campaign::Command::OpenPhase { phase: Phase::PostVote, reason };
    past.act(&coordinator(), domain::Command::Campaign(open));
    past
}

fn lines() -> Vec<Line> {
    let kept = [Story::kept_whole(), Story::ruled(), Story::lively(), Story::sealed_whole(), Story::on_paper(), Story::building()];
    [Story::whole(), past()].into_iter().chain(kept).flat_map(|story| story.lines).collect()
}

/// The richest event of each type.
fn richest() -> BTreeMap<String, String> {
    let mut richest: BTreeMap<String, String> = BTreeMap::new();
    for line in lines() {
        let (name, text) = document(&line.event);
        let best = richest.entry(name).or_default();
        if text.len() > best.len() {
            *best = text;
        }
    }
    richest
}

#[test]
fn every_version_of_every_event_type_has_a_file_and_every_file_a_type() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        for (name, text) in richest() {
            let file = file(&name, event::version_of(&name));
            if !file.exists() {
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            }
        }
    }
    let versions =
        event_types().into_iter().flat_map(|(_, name)| (1..=event::version_of(name)).map(move |v| file(name, v)));
    let wanted: BTreeSet<PathBuf> = versions.collect();
    let folders = std::fs::read_dir(file("", 1).parent().unwrap().parent().unwrap()).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    let found: BTreeSet<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    let names = |paths: &BTreeSet<PathBuf>| {
        paths.iter().map(|p| p.iter().rev().take(2).collect()).collect::<BTreeSet<PathBuf>>()
    };
    assert_eq!(names(&found), names(&wanted), "run the test with UPDATE_GOLDEN=1 to write what is missing");
}

#[test]
fn every_file_loads_and_the_current_ones_are_written_back_as_they_stand() {
    for (kind, name) in event_types() {
        let current = event::version_of(name);
        let read = |version| std::fs::read_to_string(file(name, version)).unwrap();
        let text = read(current);
        assert_eq!(document(&event(kind, name, current, &text)), (name.to_owned(), text), "{name}");
        for version in 1..current {
            // An old file is the current one as it was told then: nothing of it is lost.
            let lifted = document(&event(kind, name, version, &read(version))).1;
            assert_eq!(lifted, read(current), "{name} of version {version}");
        }
    }
}

#[test]
fn every_event_of_the_sample_survives_the_way_through_the_log() {
    for line in lines() {
        let (name, text) = document(&line.event);
        let version = event::version_of(&name);
        assert_eq!(event(line.event.kind(), &name, version, &text), line.event);
    }
}

#[test]
fn a_newer_version_and_another_shape_are_refused() {
    let decode = |name: &str, version: u32, data: Value| Event::decode(StreamKind::Ballot, name, version, data);
    let area = json!({"area": "ALL"});
    assert!(decode("BallotCancelled", 1, area.clone()).is_ok());
    assert_eq!(decode("BallotCancelled", 0, area.clone()).unwrap_err().code(), "EVENT_MALFORMED");
    let newer = decode("BallotCancelled", 2, area.clone()).unwrap_err();
    assert!(matches!(newer, DecodeError::Newer { version: 2, .. }), "{newer}");
    assert_eq!(newer.code(), "EVENT_TOO_NEW");
    for (name, data) in [
        ("BallotCancelled", json!({})),
        ("BallotCancelled", json!({"area": "no area"})),
        ("BallotCancelled", json!([])),
        ("BallotCancelled", json!(null)),
        ("BallotTorn", area),
        ("SiteAbandoned", json!({})),
    ] {
        assert_eq!(decode(name, 1, data.clone()).unwrap_err().code(), "EVENT_MALFORMED", "{name} {data}");
    }
}
