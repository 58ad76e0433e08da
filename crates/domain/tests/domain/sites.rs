//! Every yes of sites, and what is left of one after its life. Every no: `refusals/site.rs`.

use crate::support::given::given;
use crate::support::sample::*;
use crate::support::story::Story;
use crate::support::works::*;
use domain::phase::Phase;
use domain::site::{
    Change, Command as Ask, Ending, Event as Happened, Financing, Milestone, Opening, PhotoStage, SpendingKind, Spent,
};
use domain::{Code, Event};

fn change_of(asked: Change) -> domain::Command {
    change("w-1", asked)
}

/// A site that is opened and nothing else.
fn opened() -> Story {
    let mut story = Story::at(Phase::Result);
    story.act(&coordinator(), open_as("w-1", rich("q-1", "ALL")));
    story
}

#[test]
fn a_change_says_only_what_is_new() {
    let asked = Change {
        title: Some(hidden("Fontaine de la place")),
        budget_cents: Some(euros(25_000)),
        financing: Some(Financing::Contract),
        ..Change::default()
    };
    let written = Change { budget_cents: Some(euros(25_000)), ..Change::default() };
    let (change, reason) = (Box::new(written), hidden("Le relevé est fait"));
    let event = Event::Site(Happened::SiteChanged { change, reason });
    given(&opened()).when(change_of(asked), &referent()).then(&[event]);
}

#[test]
fn several_stages_are_planned_at_once_and_only_together_follow_their_order() {
    let mut story = opened();
    story.act(&referent(), plan("w-1", Milestone::Works, "2027-03", None));
    story.act(&referent(), plan("w-1", Milestone::Delivery, "2027-06", None));
    let later = |works: &str, delivery: &str| {
        let plans = [(Milestone::Works, day(works)), (Milestone::Delivery, day(delivery))].into();
        at("w-1", Ask::PlanAll { plans, reason: Some("La crue".into()) })
    };
    given(&story).when(later("2028-03", "2028-06"), &referent()).then_types(&["MilestonePlanned", "MilestonePlanned"]);
    given(&story).when(later("2028-06", "2028-03"), &referent()).then_rejected(Code::MilestoneOrder, "on");
    // A month goes on to its last day.
    given(&story).when(later("2028-03-31", "2028-03"), &referent()).then_types(&["MilestonePlanned"; 2]);
    let alone = plan("w-1", Milestone::Works, "2028-03", Some("La crue"));
    given(&story).when(alone, &referent()).then_rejected(Code::MilestoneOrder, "on");
}

#[test]
fn a_stage_may_be_reached_in_the_month_of_the_one_before() {
    let mut story = opened();
    story.act(&referent(), reach("w-1", Milestone::Works, Some("2027-03-15")));
    given(&story).when(reach("w-1", Milestone::Delivery, Some("2027-03")), &referent()).then_types(&[
        "MilestoneReached",
    ]);
    given(&story)
        .when(reach("w-1", Milestone::Delivery, Some("2027-02")), &referent())
        .then_rejected(Code::MilestoneOrder, "on");
}

#[test]
fn news_photos_and_documents_are_numbered() {
    let story = opened();
    let posted = Happened::NewsPosted {
        number: 1,
        title: hidden("Les arbres arrivent"),
        text: hidden("Quarante arbres sont livrés."),
    };
    given(&story).when(news("w-1"), &referent()).then(&[Event::Site(posted)]);
    let added = Happened::PhotoAdded {
        number: 1,
        file: file('a', domain::proposal::MediaType::Jpeg),
        stage: PhotoStage::During,
        alternative: hidden("Des pavés"),
        credit: Some(hidden("Ville de T.")),
    };
    given(&story).when(photo("w-1", "Des pavés"), &referent()).then(&[Event::Site(added)]);
    let mut told = story;
    told.act(&referent(), news("w-1"));
    let second = told.try_act(&referent(), news("w-1")).unwrap();
    assert!(matches!(&second[0], Event::Site(Happened::NewsPosted { number: 2, .. })), "{second:?}");
}

#[test]
fn money_may_be_spent_on_what_is_done_or_given_up() {
    let mut story = opened();
    story.act(&coordinator(), abandon("w-1"));
    let paid = spend("w-1", "MD-9", SpendingKind::Paid, 99_000, "2025-12-01");
    given(&story).when(paid, &referent()).then_types(&["SpendingRecorded"]);
    given(&story).when(news("w-1"), &referent()).then_types(&["NewsPosted"]);
    given(&story).when(reopen("w-1"), &referent()).then_types(&["SiteReopened"]);
}

#[test]
fn sites_live_through_everything() {
    let story = Story::building();
    let site = |key: &str| &story.world.sites[&id(key)];
    let first = site("w-1");
    let opening = first.opening.as_ref().unwrap();
    assert_eq!((&opening.area, opening.budget_cents), (&id("D1"), euros(21_000)));
    assert_eq!(opening.title, hidden("La fontaine et son jardin"));
    assert_eq!(opening.contractors, contractors(&["Fontaines de France"]));
    assert_eq!(first.planned[&Milestone::Works], day("2027-09-30"));
    assert_eq!(first.reached[&Milestone::Works], Some(day("2027-09-12")));
    assert_eq!(first.reached[&Milestone::Done], Some(day("2028-07-01")));
    let spent = |kind, units, on| Spent { kind, cents: euros(units), on: day(on) };
    assert_eq!(first.spending["EJ-1"], spent(SpendingKind::Committed, 15_000, "2025-12-01"));
    assert_eq!(first.spending["MD-1"], spent(SpendingKind::Paid, 4_000, "2025-12-12"));
    assert_eq!((first.news.shown(), first.photos.shown(), first.documents.shown()), (1, 1, 0));
    assert_eq!(site("w-2").ending, Some(Ending::Split(vec![id("w-3"), id("w-4")])));
    assert_eq!(site("w-5").ending, Some(Ending::Merged(id("w-4"))));
    // What came with the third: 8,000 and 20,000.
    assert_eq!(site("w-4").opening.as_ref().unwrap().budget_cents, euros(28_000));
    for whole in ["w-2", "w-5"] {
        story.world.carried_on(&id(whole)).unwrap();
    }
    // The log says the same, event by event.
    let mut again = domain::World::default();
    for line in &story.lines {
        again.check(&line.id, &line.event, &line.actor, line.at).unwrap();
        again.evolve(&line.id, &line.event).unwrap();
    }
    assert_eq!(again.sites, story.world.sites);
}

#[test]
fn what_went_on_in_others_has_to_go_on_there() {
    let mut story = opened();
    story.act(&coordinator(), split("w-1", &["w-2", "w-3"]));
    story.act(&coordinator(), open_as("w-2", part("w-1", 5_000)));
    let rejection = story.world.carried_on(&id("w-1")).unwrap_err();
    assert_eq!((rejection.code, rejection.limit.as_deref()), (Code::NotFound, Some("w-3")));
    let rest = Opening { budget_cents: euros(15_000), ..part("w-1", 0) };
    story.act(&coordinator(), open_as("w-3", rest));
    story.world.carried_on(&id("w-1")).unwrap();

    story.act(&coordinator(), merge_site("w-2", "w-3"));
    let rejection = story.world.carried_on(&id("w-2")).unwrap_err();
    assert_eq!((rejection.code, rejection.limit.as_deref()), (Code::BudgetMismatch, Some("5000.00")));
    story.act(&coordinator(), absorb("w-3", "w-2"));
    story.world.carried_on(&id("w-2")).unwrap();
}
