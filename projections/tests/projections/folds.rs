//! What is true of every fold: batches don't matter, old versions stay, redactions change no digest.

use crate::support::sample::*;
use crate::support::story::Story;
use crate::{digests, fold};
use domain::phase::Phase;
use domain::{Code, Event, Record, campaign};
use projections::Model;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use transparency::Hash;

static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| Story::whole().records());

static LIVELY: LazyLock<Vec<Record>> = LazyLock::new(|| Story::lively().records());

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    /// A rebuild that stops and goes on at any places, from copies, says the same; and the copies
    /// that were left behind still say what they said.
    #[test]
    fn batches_of_any_size_give_the_same_tables(
        lively in any::<bool>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let records = if lively { &*LIVELY } else { &*RECORDS };
        let mut cuts: BTreeSet<usize> = cuts.into_iter().map(|cut| cut.index(records.len())).collect();
        cuts.insert(records.len());
        let mut model = Model::default();
        let mut left_behind = Vec::new();
        let mut from = 0;
        for cut in cuts {
            let mut next = model.clone();
            for record in &records[from..cut] {
                next.apply(record).unwrap();
            }
            left_behind.push((from, model));
            (model, from) = (next, cut);
        }
        prop_assert_eq!(digests(&model), digests(&fold(records)));
        prop_assert_eq!(model.tree.root(), fold(records).tree.root());
        for (size, old) in left_behind {
            prop_assert_eq!(old.size(), u64::try_from(size).unwrap());
            prop_assert_eq!(digests(&old), digests(&fold(&records[..size])));
        }
    }
}

#[test]
fn each_event_shows_in_some_table() {
    for records in [&*RECORDS, &*LIVELY] {
        let mut before = digests(&Model::default());
        let mut model = Model::default();
        for record in records {
            model.apply(record).unwrap();
            let after = digests(&model);
            // An invitation to be an author shows when somebody joins by it.
            let shows = record.event.encode().unwrap().0 != "CoAuthorInvited";
            assert_eq!(after != before, shows, "position {}: {:?}", record.position, record.event);
            before = after;
            let applied = model.applied.unwrap();
            assert_eq!((applied.position, applied.at), (record.position, record.at));
        }
        assert_eq!(model.size(), u64::try_from(records.len()).unwrap());
    }
}

#[test]
fn a_redaction_changes_no_digest() {
    let mut story = Story::whole();
    story.act(&coordinator(), close_because(Phase::Result, "Tout est construit"));
    changes_no_digest(&story);
    changes_no_digest(&Story::lively());
}

fn changes_no_digest(story: &Story) {
    let leaves = story.leaves();
    let whole = fold(&story.records());
    let bare: Vec<Record> = leaves.iter().map(|written| written.record(&[])).collect();
    let bare = fold(&bare);
    assert_eq!(digests(&bare), digests(&whole));
    assert_eq!(bare.tree.root(), whole.tree.root());
    // The words are gone all the same.
    assert!(bare.projects.rows().all(|row| row.formation.title.is_redacted()));
    assert!(whole.projects.rows().all(|row| !row.formation.title.is_redacted()));
    // Any single one as well.
    for (position, written) in leaves.iter().enumerate().filter(|(_, written)| !written.disclosed.is_empty()) {
        let mut records = story.records();
        records[position] = written.record(&written.disclosed[1..]);
        assert_eq!(digests(&fold(&records)), digests(&whole), "position {position}");
    }
}

/// The sample campaign until before the proclamation, and the record that proclaims.
fn before_and_proclaimed() -> (Model, Record) {
    let proclaims = |record: &Record| matches!(record.event, Event::Campaign(campaign::Event::ResultProclaimed { .. }));
    let at = RECORDS.iter().position(proclaims).unwrap();
    (fold(&RECORDS[..at]), RECORDS[at].clone())
}

#[test]
fn a_result_that_does_not_follow_from_the_ballots_is_not_shown() {
    let (before, proclaimed) = before_and_proclaimed();
    before.clone().apply(&proclaimed).unwrap();
    let Event::Campaign(campaign::Event::ResultProclaimed { basis, areas, outcome }) = proclaimed.event.clone() else {
        panic!("it proclaims")
    };
    let mut swapped = areas.clone();
    swapped[0].winners.reverse();
    let mut spent = areas.clone();
    spent[1].spent_cents = euros(1);
    for (areas, outcome) in [
        (swapped, outcome),
        (spent, outcome),
        (areas[1..].to_vec(), outcome),
        (areas.clone(), None),
        (areas, Some(Hash::of(&[b"another"]))),
    ] {
        let event = Event::Campaign(campaign::Event::ResultProclaimed { basis, areas, outcome });
        let mut model = before.clone();
        let refused = model.apply(&Record { event, ..proclaimed.clone() }).unwrap_err();
        assert_eq!(refused.code, Code::ResultMismatch);
        assert!(model.results.is_empty() && model.area_results.is_empty());
    }
}

#[test]
fn another_rule_can_be_tried_without_touching_the_result() {
    let model = fold(&RECORDS);
    let rule = tally::TallyRule {
        rule: tally::Rule::GreedyStop,
        min_score: Some(tally::MinScore::Score(3)),
        tie_break: vec![tally::TieBreak::Id],
        around: tally::Around::default(),
    };
    let counts = projections::results::tally(&model, Some(&rule)).unwrap();
    let winners: Vec<Vec<_>> = counts.iter().map(|count| count.winners().cloned().collect()).collect();
    assert_eq!(winners, [vec![id("q-1"), id("q-3")], vec![], vec![]]);
    assert_eq!(digests(&model), digests(&fold(&RECORDS)));
}
