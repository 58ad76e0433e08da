//! That the check of the promises finds each of them broken: logs that tell a campaign wrongly.

use crate::fold;
use crate::promises::{check, publishes};
use crate::support::sample::{euros, hidden, id};
use crate::support::story::Story;
use domain::project::{Ending, Event as Of};
use domain::{Event, Record, project, proposal, workshop};

/// A true log, told as one request.
fn told() -> Vec<Record> {
    let mut log = Story::lively().records();
    log.iter_mut().for_each(|record| record.command_id = "one".into());
    log
}

/// What the check says to a log that was changed in this way.
fn said(change: impl FnOnce(&mut Vec<Record>)) -> String {
    let mut log = told();
    change(&mut log);
    check(&log).expect_err("a lie that isn't found")
}

/// The place of the first event like this.
fn first(log: &[Record], is: impl Fn(&Event) -> bool) -> usize {
    log.iter().position(|record| is(&record.event)).unwrap()
}

/// The same record with another event.
fn with(log: &[Record], like: usize, event: Event) -> Record {
    Record { event, ..log[like].clone() }
}

fn is_verdict(event: &Event) -> bool {
    matches!(event, Event::Project(Of::VerdictGiven { .. }))
}

#[test]
fn a_true_log_keeps_every_promise() {
    assert_eq!(check(&told()), Ok(()));
    assert_eq!(fold::check(&told()), Ok(()));
}

#[test]
fn a_project_that_comes_from_where_nobody_went_is_found() {
    let mut log = told();
    let merged = |event: &Event| matches!(event, Event::Proposal(proposal::Event::ProposalMerged { .. }));
    log.remove(first(&log, merged));
    let why = fold::check(&log).expect_err("a lie that isn't found");
    assert!(why.contains("doesn't know that it was part of"), "{why}");
}

#[test]
fn a_merge_of_one_side_is_found() {
    for is in [
        |event: &Event| matches!(event, Event::Proposal(proposal::Event::ProposalMerged { .. })),
        |event: &Event| matches!(event, Event::Proposal(proposal::Event::MergeUndone { .. })),
        |event: &Event| matches!(event, Event::Project(Of::ProposalAdded { .. })),
    ] {
        let why = said(|log| {
            let at = log.iter().rposition(|record| is(&record.event)).unwrap();
            log.remove(at);
        });
        assert!(why.contains("and these name it"), "{why}");
    }
}

#[test]
fn a_proposal_given_away_twice_is_found() {
    let why = said(|log| {
        let shared = |event: &Event| {
            matches!(event, Event::Proposal(proposal::Event::ProposalMerged { share_percent: Some(_), .. }))
        };
        let at = first(log, shared);
        if let Event::Proposal(proposal::Event::ProposalMerged { share_percent, .. }) = &mut log[at].event {
            *share_percent = Some(101);
        }
    });
    assert!(why.contains("is shared out"), "{why}");
}

#[test]
fn a_euro_without_a_line_is_found() {
    let why = said(|log| {
        let at = first(log, |event| matches!(event, Event::Project(Of::ProjectAdmitted { .. })));
        if let Event::Project(Of::ProjectAdmitted { cost_cents, .. }) = &mut log[at].event {
            *cost_cents = euros(15_001);
        }
    });
    assert!(why.contains("its lines are"), "{why}");
    let why = said(|log| {
        let at = first(log, |event| matches!(event, Event::Project(Of::ScopeChanged { .. })));
        log.remove(at);
    });
    assert!(why.contains("its lines are"), "{why}");
}

#[test]
fn a_verdict_after_the_consolidation_is_found() {
    let why = said(|log| {
        let at = first(log, |event| matches!(event, Event::Project(Of::InstructionConsolidated { .. })));
        let verdict = log[first(log, is_verdict)].event.clone();
        let late = with(log, at, verdict);
        log.insert(at + 1, late);
    });
    assert!(why.contains("a verdict after the consolidation"), "{why}");
}

#[test]
fn what_happens_to_a_project_that_is_over_is_found() {
    let why = said(|log| {
        let at = first(log, |event| matches!(event, Event::Project(Of::ProjectEnded { .. })));
        let added = Event::Project(Of::ProposalAdded { proposal: id("p-4") });
        let late = with(log, at, added);
        log.insert(at + 1, late);
    });
    assert!(why.contains("is over goes on"), "{why}");
}

#[test]
fn a_project_that_becomes_a_part_of_itself_is_found() {
    let why = said(|log| {
        // q-5 went into q-4, which is said to have gone into q-5 in turn; nothing else of q-4 is told.
        let ended =
            |event: &Event| matches!(event, Event::Project(Of::ProjectEnded { ending: Ending::Absorbed(_), .. }));
        let at = first(log, ended);
        let ending = Ending::Absorbed(id("q-5"));
        let back = Event::Project(Of::ProjectEnded { ending, reason: hidden("Un cercle") });
        let mut back = with(log, at, back);
        back.id = "q-4".into();
        log.truncate(at + 1);
        log.push(back);
        log.retain(|record| !matches!(record.event, Event::Proposal(proposal::Event::ProposalMerged { .. })));
        log.retain(|record| !matches!(record.event, Event::Project(project::Event::ProposalAdded { .. })));
        unname(log);
    });
    assert!(why.contains("became a part of itself"), "{why}");
}

/// Projects that name no proposal.
fn unname(log: &mut [Record]) {
    for record in log {
        if let Event::Project(Of::ProjectFormed { formation }) = &mut record.event {
            formation.proposals.clear();
        }
    }
}

#[test]
fn a_room_too_small_and_a_list_too_short_are_found() {
    let why = said(|log| {
        for record in log {
            if let Event::Workshop(
                workshop::Event::WorkshopAnnounced { announcement }
                | workshop::Event::WorkshopChanged { announcement, .. },
            ) = &mut record.event
            {
                announcement.capacity = 1;
            }
        }
    });
    assert!(why.contains("1 places for 2"), "{why}");
    let why = said(|log| {
        let published = log.iter().position(publishes).unwrap();
        log.remove(published - 1);
    });
    assert!(why.contains("admitted are"), "{why}");
}
