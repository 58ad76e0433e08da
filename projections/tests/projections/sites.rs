//! What rows of sites come to: history, money, what is shown, how late they are, and what waits.

use crate::fold;
use crate::support::sample::*;
use crate::support::story::Story;
use crate::support::works::*;
use domain::phase::Phase;
use domain::site::{Event as Happened, Milestone, SpendingKind};
use domain::{CalendarDate, Event, SiteId};
use projections::site_work::{self, SiteList};
use projections::sites::SiteState;
use projections::work::Desk;
use projections::{Model, site_money, site_progress};
use std::collections::{BTreeMap, BTreeSet};

fn built() -> Model {
    fold(&Story::building().records())
}

#[test]
fn the_history_of_a_site_is_its_stream() {
    let story = Story::building();
    let model = fold(&story.records());
    let mut streams: BTreeMap<SiteId, Vec<(u64, Happened)>> = BTreeMap::new();
    for (position, line) in (0..).zip(&story.lines) {
        if let Event::Site(event) = &line.event {
            streams.entry(id(&line.id)).or_default().push((position, event.clone()));
        }
    }
    assert_eq!(model.sites.len(), streams.len());
    for (id, events) in streams {
        let history = model.sites.get(&id).unwrap().history();
        let told: Vec<_> = history.iter().map(|one| (one.moment.position, Happened::clone(&one.event))).collect();
        assert_eq!(told, events, "{id}");
    }
}

#[test]
fn what_was_taken_back_is_shown_no_longer_and_the_latest_stands() {
    let model = built();
    let row = model.sites.get(&id("w-1")).unwrap();
    assert_eq!(row.opening.title, hidden("La fontaine et son jardin"));
    assert_eq!(row.news().iter().map(|news| news.number).collect::<Vec<_>>(), [2]);
    assert_eq!(row.photos().iter().map(|photo| photo.number).collect::<Vec<_>>(), [2]);
    assert!(row.documents().is_empty());
    assert_eq!(row.upkeep().unwrap().1.running_cents_per_year, Some(euros(1_200)));
    // It moved to another area, and is found there alone.
    let there: Vec<_> = model.sites_in(&id("D1")).map(|row| row.id.as_str()).collect();
    assert_eq!(there, ["w-1"]);
    let whole: Vec<_> = model.sites_in(&id("ALL")).map(|row| row.id.as_str()).collect();
    assert_eq!(whole, ["w-2", "w-3", "w-4", "w-5"]);
}

#[test]
fn money_is_summed_and_more_than_the_budget_is_told() {
    let model = built();
    let row = |key: &str| model.sites.get(&id(key)).unwrap();
    let money = row("w-1").money();
    assert_eq!((money.budget, money.committed, money.paid), (euros(21_000), euros(15_000), euros(4_000)));
    assert_eq!((money.spent(), money.left(), money.over()), (euros(15_000), Some(euros(6_000)), None));
    assert_eq!(row("w-2").money().budget, euros(0));
    // 21,000 and the parts' 40,000, which is 1,000 more than the project was voted for with.
    let project = site_money::of_project(&model, &id("q-1"));
    assert_eq!((project.envelope, project.sites.budget), (Some(euros(60_000)), euros(61_000)));
    assert_eq!(project.over(), Some(euros(1_000)));

    let mut story = Story::building();
    story.act(&coordinator(), spend("w-4", "MD-9", SpendingKind::Paid, 28_001, "2025-12-01"));
    let model = fold(&story.records());
    let money = model.sites.get(&id("w-4")).unwrap().money();
    assert_eq!((money.over(), money.left()), (Some(euros(1)), None));
}

#[test]
fn states_say_what_went_on_elsewhere_and_the_project_follows_from_its_sites() {
    let model = built();
    let state = |key: &str| model.sites.get(&id(key)).unwrap().state();
    let states = ["w-1", "w-2", "w-3", "w-4", "w-5"].map(state);
    use SiteState::{Abandoned, Done, Merged, Opened, Split};
    assert_eq!(states, [Done, Split, Abandoned, Opened, Merged]);
    // One is done and another hasn't begun.
    assert_eq!(site_progress::state(&model, &id("q-1")), Some(SiteState::Works));
    assert_eq!(site_progress::state(&model, &id("q-6")), None);
    let mut story = Story::building();
    story.act(&coordinator(), reach("w-4", Milestone::Delivery, None));
    assert_eq!(site_progress::state(&fold(&story.records()), &id("q-1")), Some(SiteState::Delivery));
    story.act(&coordinator(), abandon("w-4"));
    assert_eq!(site_progress::state(&fold(&story.records()), &id("q-1")), Some(Done));
}

#[test]
fn a_site_is_late_from_the_day_after_its_date_until_it_is_reached() {
    let mut story = Story::at(Phase::Result);
    let agent = coordinator();
    story.act(&agent, open_site("s-1", "q-1", "ALL"));
    story.act(&agent, plan("s-1", Milestone::Works, "2027-03", None));
    story.act(&agent, plan("s-1", Milestone::Delivery, "2027-09-01", None));
    story.act(&agent, plan("s-1", Milestone::Delivery, "2027-09-11", Some("La crue")));
    let late = |story: &Story, today: &str| {
        let model = fold(&story.records());
        let row = model.sites.get(&id("s-1")).unwrap();
        let delay = row.late(today.parse().unwrap());
        delay.map(|delay| (delay.milestone, delay.days, delay.reason.and_then(|why| why.get().cloned())))
    };
    assert_eq!(late(&story, "2027-03-31"), None);
    assert_eq!(late(&story, "2027-04-01"), Some((Milestone::Works, 1, None)));
    // What waits longest is told.
    assert_eq!(late(&story, "2027-09-21"), Some((Milestone::Works, 174, None)));
    story.act(&agent, reach("s-1", Milestone::Works, None));
    assert_eq!(late(&story, "2027-09-11"), None);
    assert_eq!(late(&story, "2027-09-21"), Some((Milestone::Delivery, 10, Some("La crue".into()))));
    let model = fold(&story.records());
    let slips = model.sites.get(&id("s-1")).unwrap().slips();
    assert_eq!((slips.len(), slips[0].days, slips[0].reached), (1, 10, false));
    story.act(&agent, abandon("s-1"));
    assert_eq!(late(&story, "2027-09-21"), None);
}

#[test]
fn sites_wait_for_their_departments() {
    let mut story = Story::at(Phase::Result);
    let agent = coordinator();
    let opened = story.now();
    story.act(&agent, open_site("s-1", "q-1", "ALL"));
    story.act(&agent, open_site("s-2", "q-1", "ALL"));
    story.act(&agent, reach("s-2", Milestone::Delivery, Some("2026-01-02")));
    story.act(&agent, reach("s-2", Milestone::Done, Some("2026-01-03")));
    story.act(&agent, open_site("s-3", "q-1", "ALL"));
    story.clock = opened.plus_days(45);
    story.act(&agent, news("s-3"));
    story.act(&agent, plan("s-3", Milestone::Works, "2026-02", None));
    story.act(&agent, reach("s-3", Milestone::Works, None));
    story.act(&agent, photo("s-3", "Des pavés"));
    let model = fold(&story.records());
    let on = |list, days, departments: &[&str]| {
        let departments: BTreeSet<_> = departments.iter().map(|one| id(one)).collect();
        let desk = Desk { agent: None, departments, now: opened.plus_days(days).unwrap() };
        let all = model.sites.rows().filter_map(|row| Some((row.id.to_string(), site_work::since(row, list, &desk)?)));
        all.collect::<Vec<(String, CalendarDate)>>()
    };
    let since = |site: &str, day: &str| (site.to_owned(), day.parse::<CalendarDate>().unwrap());
    assert_eq!(on(SiteList::Silent, 89, &[]), []);
    assert_eq!(on(SiteList::Silent, 91, &[]), [since("s-1", "2026-01-01")]);
    assert_eq!(on(SiteList::Silent, 91, &["ROADS"]), []);
    assert_eq!(on(SiteList::Silent, 136, &["PARKS"]), [since("s-1", "2026-01-01"), since("s-3", "2026-02-15")]);
    // The one that is done has no photo of after; that of the works is there.
    assert_eq!(on(SiteList::WithoutPhotos, 60, &[]), [since("s-2", "2026-01-03")]);
    assert_eq!(on(SiteList::Late, 60, &[]), []);
}
