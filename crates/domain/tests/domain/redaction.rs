//! When words are deleted, the log stays readable and lawful.

use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::{Record, World};

/// The sample campaign with a phase that an agent closed and said why.
fn story() -> Story {
    let mut story = Story::whole();
    story.act(&coordinator(), close_because(Phase::Result, "Tout est construit"));
    story
}

fn replay(records: &[Record]) -> World {
    let mut world = World::default();
    for record in records {
        let lawful = world.check(&record.id, &record.event, &record.actor, record.at);
        assert_eq!(lawful, Ok(()), "position {}: {:?}", record.position, record.event);
        world.evolve(&record.id, &record.event).unwrap();
    }
    world
}

#[test]
fn a_log_reads_back_as_it_was_written() {
    let story = story();
    for (line, record) in story.lines.iter().zip(story.records()) {
        assert_eq!((&record.event, &record.actor, record.at), (&line.event, &line.actor, line.at));
        assert_eq!((record.id.as_str(), record.redacted), (line.id.as_str(), 0));
    }
}

#[test]
fn a_log_without_any_of_its_words_is_lawful() {
    let story = story();
    let leaves = story.leaves();
    let mut deleted = 0;
    let bare: Vec<Record> = leaves.iter().map(|written| written.record(&[])).collect();
    for (written, record) in leaves.iter().zip(&bare) {
        assert_eq!(record.redacted, written.disclosed.len());
        deleted += record.redacted;
    }
    assert!(deleted > 90, "{deleted}");
    let (before, after) = (replay(&story.records()), replay(&bare));
    assert_eq!(before.ballots, after.ballots);
    assert_eq!(before.campaign.winners, after.campaign.winners);
    assert_eq!(before.campaign.catalogue, after.campaign.catalogue);
}

#[test]
fn what_people_said_may_go() {
    let story = Story::lively();
    let bare: Vec<Record> = story.leaves().iter().map(|written| written.record(&[])).collect();
    let (before, after) = (replay(&story.records()), replay(&bare));
    assert_eq!(before.workshops.keys().collect::<Vec<_>>(), after.workshops.keys().collect::<Vec<_>>());
    assert_eq!(before.comments, after.comments);
    assert_eq!(before.participants, after.participants);
    assert_eq!(before.campaign.catalogue, after.campaign.catalogue);
}

#[test]
fn any_single_word_may_go() {
    for story in [story(), Story::lively()] {
        any_word_may_go(&story);
    }
}

fn any_word_may_go(story: &Story) {
    let leaves = story.leaves();
    let mut world = World::default();
    for written in &leaves {
        for left_out in 0..written.disclosed.len() {
            let mut disclosed = written.disclosed.clone();
            disclosed.remove(left_out);
            let record = written.record(&disclosed);
            assert_eq!(record.redacted, 1);
            let lawful = world.check(&record.id, &record.event, &record.actor, record.at);
            assert_eq!(lawful, Ok(()), "without {}: {:?}", written.disclosed[left_out].path, record.event);
        }
        let record = written.record(&written.disclosed);
        world.evolve(&record.id, &record.event).unwrap();
    }
}
