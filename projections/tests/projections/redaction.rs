//! Removed values leave every table at once, as if they had never been disclosed.

use crate::support::kept::*;
use crate::support::sample::*;
use crate::support::story::{Story, Written};
use crate::{digests, fold};
use domain::phase::Phase;
use domain::redaction::{Ground, Target};
use domain::{Record, StreamKind, campaign};
use projections::{Disclosed, Model};
use std::collections::BTreeSet;

/// A campaign with every kind of text, also in an act that waits, and its removal piece by piece.
fn story() -> Story {
    let mut story = Story::kept_at(Phase::Result);
    story.live(Phase::Result);
    story.clock = None;
    story.act(&coordinator(), close_because(Phase::Result, "Tout est construit"));
    let texts: Vec<(u64, String)> = story
        .world
        .texts
        .iter()
        .flat_map(|(position, text)| text.paths.iter().map(move |path| (*position, path.clone())))
        .collect();
    assert!(texts.len() > 90, "{}", texts.len());
    for part in texts.chunks(40) {
        let targets: Vec<(u64, &str)> = part.iter().map(|(position, path)| (*position, path.as_str())).collect();
        story.by_two(&moderator(), &data_protection(), redact(&targets, Ground::PersonalData));
    }
    story
}

/// The year with everything that people may do, and the removal of all that they wrote, piece by piece.
fn lively() -> Story {
    let mut story = Story::lively();
    let texts: Vec<(u64, String)> = story
        .world
        .texts
        .iter()
        .flat_map(|(position, text)| text.paths.iter().map(move |path| (*position, path.clone())))
        .collect();
    assert!(texts.len() > 100, "{}", texts.len());
    for part in texts.chunks(7) {
        let targets: Vec<(u64, &str)> = part.iter().map(|(position, path)| (*position, path.as_str())).collect();
        story.act(&moderator(), redact(&targets, Ground::PersonalData));
    }
    story
}

/// Polling places, and the removal of all that was written there.
fn papers() -> Story {
    let mut story = Story::on_paper();
    let there = story.world.texts.iter().filter(|(_, text)| text.kind == StreamKind::PollingPlace);
    let paths = there.flat_map(|(position, text)| text.paths.iter().map(move |path| (*position, path.clone())));
    let texts: Vec<(u64, String)> = paths.collect();
    assert!(texts.len() > 15, "{}", texts.len());
    for part in texts.chunks(5) {
        let targets: Vec<(u64, &str)> = part.iter().map(|(position, path)| (*position, path.as_str())).collect();
        story.by_two(&moderator(), &data_protection(), redact(&targets, Ground::PersonalData));
    }
    story
}

/// Sites that live through everything, and the removal of all that was written of them.
fn building() -> Story {
    let mut story = Story::building();
    let there = story.world.texts.iter().filter(|(_, text)| text.kind == StreamKind::Site);
    let paths = there.flat_map(|(position, text)| text.paths.iter().map(move |path| (*position, path.clone())));
    let texts: Vec<(u64, String)> = paths.collect();
    assert!(texts.len() > 40, "{}", texts.len());
    for part in texts.chunks(5) {
        let targets: Vec<(u64, &str)> = part.iter().map(|(position, path)| (*position, path.as_str())).collect();
        story.act(&coordinator(), redact(&targets, Ground::PersonalData));
    }
    story
}

/// The records of a log from whose store what it removed was deleted.
fn deleted(story: &Story) -> Vec<Record> {
    let redacted = &story.world.campaign.redacted;
    let left = |(position, written): (u64, &Written)| {
        let gone = |path: &String| redacted.get(&position).is_some_and(|paths| paths.contains(path));
        let there: Vec<_> = written.disclosed.iter().filter(|value| !gone(&value.path)).cloned().collect();
        written.record(&there)
    };
    (0..).zip(&story.leaves()).map(left).collect()
}

fn disclosed(records: &[Record]) -> Disclosed {
    let mut disclosed = Disclosed::default();
    for record in records {
        let there = record.hidden.iter().filter(|path| !record.gone.contains(path));
        disclosed.add(record.position, there.map(String::as_str));
    }
    disclosed
}

/// Every value there is, hidden and private ones too.
fn everything(model: &Model) -> String {
    format!("{model:#?}")
}

#[test]
fn what_is_folded_live_is_what_a_rebuild_gives() {
    let story = story();
    let removed: BTreeSet<&Target> = story
        .lines
        .iter()
        .filter_map(|line| match &line.event {
            domain::Event::Campaign(campaign::Event::ValuesRedacted { targets, .. }) => Some(targets),
            _ => None,
        })
        .flatten()
        .collect();
    assert!(removed.len() > 90, "{}", removed.len());
    let (live, rebuilt) = (fold(&story.records()), fold(&deleted(&story)));
    assert_eq!(everything(&live), everything(&rebuilt));
    assert_eq!(digests(&live), digests(&rebuilt));
    assert_eq!(Disclosed::of(&live.texts), disclosed(&deleted(&story)));
    assert!(live.proposals.rows().all(|row| row.deposit.title.is_redacted() && !row.searchable.contains("fontaine")));
    assert!(!everything(&live).contains("fontaine"), "a removed text stands somewhere");
}

#[test]
fn whatever_people_wrote_leaves_every_version_and_row() {
    let story = lively();
    let (live, rebuilt) = (fold(&story.records()), fold(&deleted(&story)));
    assert_eq!(everything(&live), everything(&rebuilt));
    assert_eq!(digests(&live), digests(&rebuilt));
    let text = everything(&live);
    let left: Vec<&str> = text.lines().filter(|line| line.contains("Disclosed(")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(live.proposals.rows().flat_map(|row| row.versions()).all(|one| one.content.title.is_redacted()));
    assert!(live.projects.rows().flat_map(|row| row.versions()).all(|one| one.content.title.is_redacted()));
    assert!(live.workshops.rows().flat_map(|row| row.versions()).all(|one| one.content.agenda.is_redacted()));
    assert!(live.comments.rows().all(|row| row.text.is_redacted() && row.author_name.is_redacted()));
}

#[test]
fn whatever_was_written_in_polling_places_leaves_every_step() {
    let story = papers();
    let (live, rebuilt) = (fold(&story.records()), fold(&deleted(&story)));
    assert_eq!(everything(&live), everything(&rebuilt));
    assert_eq!(digests(&live), digests(&rebuilt));
    let text = format!("{:#?}", live.polling_places);
    assert!(!text.contains("Disclosed("), "{text}");
}

#[test]
fn whatever_was_told_of_sites_leaves_every_step() {
    let story = building();
    let (live, rebuilt) = (fold(&story.records()), fold(&deleted(&story)));
    assert_eq!(everything(&live), everything(&rebuilt));
    assert_eq!(digests(&live), digests(&rebuilt));
    assert_eq!(digests(&live)[..5], digests(&fold(&Story::building().records()))[..5]);
    let text = format!("{:#?}", live.sites);
    assert!(!text.contains("Disclosed("), "{text}");
}

#[test]
fn each_removal_of_what_people_wrote_is_as_if_it_had_never_been_disclosed() {
    let story = lively();
    let first = usize::try_from(story.position("ValuesRedacted")).unwrap();
    let (records, leaves) = (story.records(), story.leaves());
    let before = fold(&records[..first]);
    for record in records[first..].iter() {
        let domain::Event::Campaign(campaign::Event::ValuesRedacted { targets, .. }) = &record.event else { panic!() };
        let mut live = before.clone();
        live.apply(&Record { position: u64::try_from(first).unwrap(), ..record.clone() }).unwrap();
        let mut without = Model::default();
        for (position, written) in (0..).zip(&leaves[..first]) {
            let gone = |path: &str| targets.iter().any(|one| one.position == position && one.path == path);
            let there: Vec<_> = written.disclosed.iter().filter(|value| !gone(&value.path)).cloned().collect();
            without.apply(&written.record(&there)).unwrap();
        }
        assert_eq!(digests(&live), digests(&before), "{targets:?}");
        // What isn't of the index of texts or of the campaign's own record of removals is the same.
        assert_eq!(rows(&live), rows(&without), "{targets:?}");
    }
}

/// The rows that people read, with everything hidden in them.
fn rows(model: &Model) -> String {
    let Model { overview, areas, proposals, projects, comments, reports, workshops, neighbourhoods, .. } = model;
    format!(
        "{overview:#?}{areas:#?}{proposals:#?}{projects:#?}{comments:#?}{reports:#?}{workshops:#?}{neighbourhoods:#?}"
    )
}

#[test]
fn no_removal_changes_a_digest_of_a_table_that_people_read() {
    let story = story();
    let first = story.position("ValuesRedacted");
    let records = story.records();
    let mut model = fold(&records[..usize::try_from(first).unwrap()]);
    let before = digests(&model);
    for record in &records[usize::try_from(first).unwrap()..] {
        model.apply(record).unwrap();
        assert_eq!(digests(&model), before, "position {}", record.position);
    }
}

#[test]
fn every_text_of_an_act_that_waits_can_go() {
    let mut story = Story::kept_at(Phase::Vote);
    story.act(&coordinator(), close_because(Phase::Vote, "La crue de la rivière"));
    let proposed = story.position("ActProposed");
    story.by_two(&moderator(), &data_protection(), redact(&[(proposed, "/data/act/reason")], Ground::CourtOrder));
    let live = fold(&story.records());
    assert_eq!(everything(&live), everything(&fold(&deleted(&story))));
    assert!(!everything(&live).contains("rivière"));
    // It can be confirmed all the same, without the words.
    assert_eq!(live.campaign.acts.pending(story.now()).count(), 1);
}

#[test]
fn the_index_knows_what_an_author_wrote_and_why_it_went() {
    let story = Story::kept_whole();
    let model = fold(&story.records());
    let own: Vec<_> = model.texts.rows().filter(|row| row.text.actor == "c-1").collect();
    assert_eq!(own.len(), 1);
    let grounds: Vec<Ground> = own[0].redacted.values().map(|removal| removal.ground).collect();
    assert_eq!(grounds, [Ground::ErasureRequest, Ground::Retention, Ground::Moderation]);
    assert_eq!(own[0].disclosed().collect::<Vec<_>>(), ["/data/deposit/accessibility"]);
    let grants: Vec<_> = model.grants.rows().filter(|row| row.revoked.is_some()).collect();
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].grantee.as_str(), analyst().id);
}
