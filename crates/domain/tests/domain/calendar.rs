//! What the calendar brings by itself, and when.

use crate::support::sample::{configuration, month};
use domain::calendar::Turn;
use domain::campaign::{Campaign, Cause, Event};
use domain::configuration::Provenance;
use domain::phase::Phase;
use domain::{Decider, Timestamp};

/// The sample's campaign, whose phases take a month each, with these turns taken.
fn after(turns: &[Turn]) -> Campaign {
    let mut campaign = Campaign::default();
    campaign.evolve(&Event::CampaignConfigured { configuration: Box::new(configuration()) });
    for turn in turns {
        campaign.evolve(&match *turn {
            Turn::Open(phase) => Event::PhaseOpened { phase, cause: Cause::Clock, reason: None },
            Turn::Close(phase) => Event::PhaseClosed { phase, cause: Cause::Clock, reason: None },
        });
    }
    campaign
}

fn second(moment: Timestamp, later: i64) -> Timestamp {
    Timestamp::from_unix(moment.unix() + later).unwrap()
}

#[test]
fn each_phase_opens_at_its_first_moment_and_closes_at_its_end() {
    let mut taken = Vec::new();
    for (n, phase) in Phase::ALL.into_iter().enumerate() {
        assert_eq!(after(&taken).due(second(month(n), -1)), None, "before {phase:?}");
        assert_eq!(after(&taken).due(month(n)), Some(Turn::Open(phase)));
        taken.push(Turn::Open(phase));
        assert_eq!(after(&taken).due(second(month(n + 1), -1)), None, "during {phase:?}");
        let end = after(&taken).due(month(n + 1));
        // What is carried out after the result has no end.
        assert_eq!(end, (phase != Phase::Result).then_some(Turn::Close(phase)));
        taken.push(Turn::Close(phase));
    }
    assert_eq!(after(&taken).due(month(12)), None);
}

#[test]
fn a_phase_that_went_by_is_skipped_and_an_open_one_closes_first() {
    let ideation = Phase::ALL.iter().position(|phase| *phase == Phase::Ideation).unwrap();
    assert_eq!(after(&[]).due(month(ideation + 1)), Some(Turn::Open(Phase::PostIdeation)));
    let open = after(&[Turn::Open(Phase::Ideation)]);
    assert_eq!(open.due(month(ideation + 3)), Some(Turn::Close(Phase::Ideation)));
    // Closed early by an agent: not opened again.
    let closed = after(&[Turn::Open(Phase::Ideation), Turn::Close(Phase::Ideation)]);
    assert_eq!(closed.due(second(month(ideation), 60)), None);
}

#[test]
fn nothing_is_due_without_a_calendar_or_in_an_import() {
    assert_eq!(Campaign::default().due(month(1)), None);
    let mut imported = configuration();
    imported.provenance = Provenance::Imported;
    let mut campaign = Campaign::default();
    campaign.evolve(&Event::CampaignConfigured { configuration: Box::new(imported) });
    assert_eq!(campaign.due(month(0)), None);
}
