//! Logs that lie: what `decide` would never write, `check` refuses.

use crate::support::sample::*;
use crate::support::story::{Story, text};
use crate::vocabulary::event_types;
use domain::phase::Phase;
use domain::{Code, Event, World, campaign};
use std::collections::BTreeSet;

fn name(event: &Event) -> String {
    event.encode().unwrap().0
}

/// Checks and takes every line, as an auditor does.
fn replay(story: &Story) -> World {
    let mut world = World::default();
    for (position, line) in (0..).zip(&story.lines) {
        let lawful = world.check(&line.id, &line.event, &line.actor, line.at);
        assert_eq!(lawful, Ok(()), "position {position}: {:?}", line.event);
        world.evolve(&line.id, &line.event).unwrap();
        world.texts.extend(text(line).map(|text| (position, text)));
    }
    world
}

#[test]
fn a_true_log_is_lawful_and_leads_to_the_same_states() {
    let story = Story::whole();
    let world = replay(&story);
    assert_eq!(world.campaign, story.world.campaign);
    assert_eq!(world.proposals, story.world.proposals);
    assert_eq!(world.projects, story.world.projects);
    assert_eq!(world.ballots, story.world.ballots);
    assert_eq!(world.sites, story.world.sites);
    let kept = Story::kept_whole();
    assert_eq!(replay(&kept).campaign, kept.world.campaign);
    assert_eq!(replay(&Story::kept_at(Phase::Result)).ballots, story.world.ballots);
    let lively = Story::lively();
    let world = replay(&lively);
    assert_eq!((&world.campaign, &world.proposals), (&lively.world.campaign, &lively.world.proposals));
    assert_eq!((&world.projects, &world.workshops), (&lively.world.projects, &lively.world.workshops));
    assert_eq!((&world.comments, &world.participants), (&lively.world.comments, &lively.world.participants));
    let sealed = Story::sealed_whole();
    let world = replay(&sealed);
    assert_eq!((&world.campaign, &world.urn), (&sealed.world.campaign, &sealed.world.urn));
    let papers = Story::on_paper();
    assert_eq!(replay(&papers).polling_places, papers.world.polling_places);
    let ruled = Story::ruled();
    assert_eq!(replay(&ruled).campaign, ruled.world.campaign);
    let building = Story::building();
    assert_eq!(replay(&building).sites, building.world.sites);
    let stories = [&story, &kept, &lively, &sealed, &papers, &ruled, &building];
    let lines = stories.into_iter().flat_map(|story| &story.lines);
    let told: BTreeSet<String> = lines.map(|line| name(&line.event)).collect();
    let known: BTreeSet<String> = event_types().into_iter().map(|(_, name)| name.to_owned()).collect();
    assert_eq!(told, known, "the sample campaigns tell of every event type");
}

#[test]
fn nothing_comes_before_the_configuration() {
    for line in Story::whole().lines.iter().chain(&Story::lively().lines) {
        let alone = World::default().check(&line.id, &line.event, &line.actor, line.at);
        let first = matches!(line.event, Event::Campaign(campaign::Event::CampaignConfigured { .. }));
        assert_eq!(alone.is_ok(), first, "{:?}", line.event);
    }
}

#[test]
fn what_happens_once_is_not_told_twice() {
    // These replace what stood before: telling them again is idle and changes nothing.
    let again = [
        ["CampaignConfigured", "VerdictGiven", "BallotReplaced", "OutlineDrawn", "DepartmentAssigned"],
        ["InstructorNamed", "CommitmentRecorded", "ScopeChanged", "AttendanceRecorded", "AlternativeChosen"],
        ["MinutesPublished", "AlternativesProposed", "", "", ""],
    ];
    for story in [Story::whole(), Story::lively()] {
        let mut world = World::default();
        for line in story.lines {
            world.evolve(&line.id, &line.event).unwrap();
            let twice = world.check(&line.id, &line.event, &line.actor, line.at);
            let moved =
                matches!(&line.event, Event::Site(domain::site::Event::MilestonePlanned { reason: Some(_), .. }));
            let may = again.as_flattened().contains(&name(&line.event).as_str()) || moved;
            assert_eq!(twice.is_ok(), may, "{:?}: {twice:?}", line.event);
        }
    }
}

#[test]
fn a_stranger_can_do_none_of_it() {
    let stranger = citizen("stranger");
    for story in [Story::whole(), Story::lively()] {
        let mut world = World::default();
        for line in story.lines {
            let tried = world.check(&line.id, &line.event, &stranger, line.at);
            let code = tried.expect_err("a stranger may do nothing in the name of others").code;
            assert!([Code::RoleMissing, Code::NotTheAuthor].contains(&code), "{code:?} for {:?}", line.event);
            world.evolve(&line.id, &line.event).unwrap();
        }
    }
}

#[test]
fn no_event_may_be_left_out_unnoticed_when_another_rests_on_it() {
    // Leaving one of these out makes a later event unlawful; positions would tell as well.
    let story = Story::whole();
    let rests = ["CampaignConfigured", "PhaseOpened", "RulesFrozen", "CatalogueListed", "CataloguePublished"];
    let rests = [&rests[..], &["BallotCast", "BallotBoxClosed", "LotSeedDrawn", "ResultProclaimed"]].concat();
    for (left_out, line) in
        story.lines.iter().enumerate().filter(|(_, line)| rests.contains(&name(&line.event).as_str()))
    {
        // The phases in which the sample does nothing, and those that only separate others.
        if let Event::Campaign(campaign::Event::PhaseOpened { phase, .. }) = &line.event
            && !matches!(phase, Phase::Ideation | Phase::Vote)
        {
            continue;
        }
        let mut world = World::default();
        let mut found = false;
        for (position, line) in story.lines.iter().enumerate().filter(|(position, _)| *position != left_out) {
            found |= position > left_out && world.check(&line.id, &line.event, &line.actor, line.at).is_err();
            world.evolve(&line.id, &line.event).unwrap();
        }
        assert!(found, "{left_out}: {:?}", line.event);
    }
}
