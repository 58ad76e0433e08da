//! Refusals of the ballot list: too early, too late, not complete, not true.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign::{self, CATALOGUE_PART, Entry};
use domain::phase::Phase;
use domain::{Code, Event};

pub(super) fn entry(number: u32, project: &str, units: i64) -> Entry {
    let reference = format!("R-{project}");
    let excludes = Vec::new();
    Entry {
        number,
        project: id(project),
        reference,
        cost_cents: euros(units),
        withdrawn: false,
        excludes,
        priority: false,
        district: None,
    }
}

pub(super) fn listed(area: &str, entries: &[Entry]) -> Event {
    Event::Campaign(campaign::Event::CatalogueListed { area: id(area), entries: entries.into() })
}

pub(super) fn published(projects: u32) -> Event {
    Event::Campaign(campaign::Event::CataloguePublished { projects })
}

/// The whole city's list, as it is true in the sample campaign.
pub(super) fn whole() -> Vec<Entry> {
    vec![entry(1, "q-1", 60_000), entry(2, "q-2", 50_000), entry(3, "q-3", 40_000)]
}

/// The story with an event that a log might hold.
pub(super) fn with(story: &Story, event: Event) -> Story {
    let mut story = story.clone();
    story.world.evolve(CODE, &event).unwrap();
    let (actor, at) = (coordinator(), story.now());
    story.lines.push(crate::support::story::Line { id: CODE.into(), event, actor, at });
    story
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let agent = coordinator();
    let before = Story::at(Phase::PreVote);
    let says = |area: &'static str, entries: &[Entry]| (CODE, listed(area, entries));

    // when
    no.command(&Story::at(Phase::CoConstruction), &agent, publish(), Code::EmptyList, "projects");
    let mut admitted = Story::at(Phase::CoConstruction);
    admitted.live(Phase::CoConstruction);
    no.command(&admitted, &agent, publish(), Code::TooEarly, None);
    admitted.act(&system(), close(Phase::CoConstruction));
    admitted.act(&system(), open(Phase::PreSubmit));
    no.command(&admitted, &agent, publish(), Code::TooEarly, None);
    let mut done = before.clone();
    done.live(Phase::PreVote);
    no.command(&done, &agent, publish(), Code::CataloguePublished, None);
    no.log(&done, &agent, (CODE, published(6)), Code::CataloguePublished, None);
    no.command(&Story::at(Phase::Vote), &agent, publish(), Code::TooLate, None);
    no.command(&Story::default(), &agent, publish(), Code::CampaignNotConfigured, None);

    // what
    no.log(&before, &agent, says("ALL", &[]), Code::EmptyList, "entries");
    no.log(&before, &agent, says("NOWHERE", &whole()), Code::UnknownArea, "area");
    no.log(&before, &agent, says("ALL", &[entry(2, "q-1", 60_000)]), Code::CatalogueMismatch, "number");
    no.log(&before, &agent, says("ALL", &[entry(1, "q-1", 59_999)]), Code::CatalogueMismatch, "project");
    no.log(&before, &agent, says("D1", &[entry(1, "q-1", 60_000)]), Code::CatalogueMismatch, "project");
    no.log(&before, &agent, says("D1", &[entry(1, "q-8", 7_000)]), Code::CatalogueMismatch, "project");
    no.log(&before, &agent, says("D2", &[entry(1, "q-7", 0)]), Code::CatalogueMismatch, "project");
    no.log(&before, &agent, says("D2", &[entry(1, "q-99", 0)]), Code::CatalogueMismatch, "project");
    let out_of_print = Entry { withdrawn: true, ..entry(1, "q-1", 60_000) };
    no.log(&before, &agent, says("ALL", &[out_of_print]), Code::CatalogueMismatch, "project");
    let too_many: Vec<_> = (1..=u32::try_from(CATALOGUE_PART).unwrap() + 1).map(|n| entry(n, "q-1", 60_000)).collect();
    no.log(&before, &agent, says("ALL", &too_many), Code::CatalogueMismatch, None);

    // one project twice would take the place of one that is missing
    let twice = [entry(1, "q-1", 60_000), entry(2, "q-1", 60_000)];
    no.log(&before, &agent, says("ALL", &twice), Code::DuplicateEntry, "reference");
    let part = with(&before, listed("ALL", &twice[..1]));
    no.log(&part, &agent, says("ALL", &twice[1..]), Code::DuplicateEntry, "reference");
    let mut same_reference = Story::at(Phase::CoConstruction);
    for project in ["q-21", "q-22"] {
        same_reference.act(&agent, form_as(project, formation("R-same", "ALL", &["p-9"])));
        same_reference.act(&referent(), verdict(project, "PARKS", &[1]));
        same_reference.act(&agent, admit(project));
    }
    for phase in [Phase::CoConstruction, Phase::PreSubmit] {
        if phase == Phase::PreSubmit {
            same_reference.act(&system(), open(phase));
        }
        same_reference.act(&system(), close(phase));
    }
    no.command(&same_reference, &agent, publish(), Code::DuplicateEntry, "reference");

    // complete
    let only_whole = with(&before, listed("ALL", &whole()));
    no.log(&only_whole, &agent, (CODE, published(3)), Code::CatalogueMismatch, "projects");
    no.log(&only_whole, &agent, (CODE, published(6)), Code::CatalogueMismatch, "projects");
    no.log(&before, &agent, (CODE, published(0)), Code::EmptyList, "projects");
    no
}
