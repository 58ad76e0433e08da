//! Refusals of sites.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use crate::support::works::*;
use domain::proposal::{Address, MediaType, Point};
use domain::site::{self, Change, Command as Ask, Location, Milestone, Opening, PhotoStage, SpendingKind, Upkeep};
use domain::{Cents, Code, Command};

/// A site with one answer changed.
fn wrong(change: impl FnOnce(&mut Opening)) -> Command {
    let mut opening = opening("q-1", "ALL");
    change(&mut opening);
    Command::Site(id("s-20"), site::Command::Open(Box::new(opening)))
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let (agent, referent) = (coordinator(), referent());
    let proclaimed = Story::at(Phase::Result);
    let mut open = proclaimed.clone();
    open.act(&agent, open_site("s-1", "q-1", "ALL"));
    open.act(&referent, plan("s-1", Milestone::Works, "2027-03", None));
    open.act(&referent, reach("s-1", Milestone::Procedures, Some("2027-02-10")));
    let whole = Story::whole();

    // who
    for actor in [citizen("c-1"), polling(), returning()] {
        no.command(&proclaimed, &actor, open_site("s-1", "q-1", "ALL"), Code::RoleMissing, None);
        no.command(&open, &actor, reach("s-1", Milestone::Works, None), Code::RoleMissing, None);
        no.command(&open, &actor, abandon("s-1"), Code::RoleMissing, None);
    }

    // open
    no.command(&Story::default(), &agent, open_site("s-1", "q-1", "ALL"), Code::CampaignNotConfigured, None);
    no.command(&Story::at(Phase::PreResult), &agent, open_site("s-1", "q-1", "ALL"), Code::TooEarly, None);
    no.command(&open, &agent, open_site("s-1", "q-3", "ALL"), Code::AlreadyExists, "id");
    no.command(&proclaimed, &agent, wrong(|o| o.project = id("q-2")), Code::ProjectNotElected, "project");
    no.command(&proclaimed, &agent, wrong(|o| o.area = id("D9")), Code::UnknownArea, "area");
    let elsewhere = wrong(|o| o.department = Some(id("WATER")));
    no.command(&proclaimed, &agent, elsewhere, Code::UnknownDepartment, "department");
    no.command(&proclaimed, &agent, wrong(|o| o.title = hidden("")), Code::TextTooShort, "title");
    let below = Cents::new(-1).unwrap();
    no.command(&proclaimed, &agent, wrong(|o| o.budget_cents = below), Code::AmountOutOfRange, "budget");

    // stages
    no.command(&open, &referent, plan("s-9", Milestone::Works, "2027-04", None), Code::NotFound, "site");
    no.command(&open, &referent, reach("s-9", Milestone::Works, None), Code::NotFound, "site");
    no.command(&open, &referent, abandon("s-9"), Code::NotFound, "site");
    for reason in [None, Some(" ")] {
        let moved = plan("s-1", Milestone::Works, "2027-04", reason);
        no.command(&open, &referent, moved, Code::ReasonMissing, "reason");
    }
    let reached_already = plan("s-1", Milestone::Procedures, "2027-04", None);
    no.command(&open, &referent, reached_already, Code::MilestoneOrder, "milestone");
    for earlier in [Milestone::Studies, Milestone::Procedures] {
        let back = reach("s-1", earlier, Some("2027-08-01"));
        no.command(&open, &referent, back, Code::MilestoneOrder, "milestone");
    }
    let before = reach("s-1", Milestone::Works, Some("2027-02-09"));
    no.command(&open, &referent, before, Code::MilestoneOrder, "on");

    // the end
    for command in [plan("s-1", Milestone::Done, "2028-01", None), reach("s-1", Milestone::Done, None), abandon("s-1")]
    {
        no.command(&whole, &referent, command, Code::SiteFinished, None);
    }
    for command in [plan("s-2", Milestone::Done, "2028-01", None), reach("s-2", Milestone::Done, None), abandon("s-2")]
    {
        no.command(&whole, &referent, command, Code::SiteAbandoned, None);
    }
    let silent = Command::Site(id("s-1"), site::Command::Abandon { reason: String::new() });
    no.command(&open, &agent, silent, Code::TextTooShort, "reason");
    changes(&mut no, &open);
    ends(&mut no, &open);
    money_and_words(&mut no, &open);
    no
}

fn changes(no: &mut Refusals, open: &Story) {
    let referent = referent();
    let mut refused = |change: Change, code: Code, field: &'static str| {
        no.command(open, &referent, crate::support::works::change("s-1", change), code, field);
    };
    let nothing = Change::default;
    refused(nothing(), Code::AlreadyDone, "change");
    refused(Change { title: Some(hidden("Fontaine de la place")), ..nothing() }, Code::AlreadyDone, "change");
    refused(Change { title: Some(hidden("")), ..nothing() }, Code::TextTooShort, "title");
    refused(Change { area: Some(id("D9")), ..nothing() }, Code::UnknownArea, "area");
    refused(Change { department: Some(id("WATER")), ..nothing() }, Code::UnknownDepartment, "department");
    refused(Change { budget_cents: Cents::new(-1), ..nothing() }, Code::AmountOutOfRange, "budget");
    refused(Change { place: Some(Location::default()), ..nothing() }, Code::EmptyList, "place");
    let pole = Location { point: Some(Point { latitude_e6: 91_000_000, longitude_e6: 0 }), ..Location::default() };
    refused(Change { place: Some(pole), ..nothing() }, Code::UnknownPlace, "point");
    let nowhere = Address { text: hidden(""), postcode: "75004".into() };
    let nowhere = Location { address: Some(nowhere), ..Location::default() };
    refused(Change { place: Some(nowhere), ..nothing() }, Code::TextTooShort, "address");
    let mut line = place();
    line.shape.iter_mut().flat_map(|shape| &mut shape.polygons).flatten().for_each(|ring| ring.truncate(2));
    refused(Change { place: Some(line), ..nothing() }, Code::OutlineInvalid, "shape");
    let twice = Some(contractors(&["Verdure", "Verdure"]));
    refused(Change { contractors: twice, ..nothing() }, Code::DuplicateEntry, "contractors");
    refused(Change { contractors: Some(contractors(&[""])), ..nothing() }, Code::TextTooShort, "contractors");
    let many: Vec<String> = (0..21).map(|n| format!("Entreprise {n}")).collect();
    let many = contractors(&many.iter().map(String::as_str).collect::<Vec<_>>());
    refused(Change { contractors: Some(many), ..nothing() }, Code::TooMany, "contractors");
    let area = Some(id("D1"));
    let silent = Ask::Change { change: Box::new(Change { area, ..nothing() }), reason: " ".into() };
    no.command(open, &referent, at("s-1", silent), Code::ReasonMissing, "reason");
    let empty = site::Event::SiteChanged { change: Box::default(), reason: hidden("Rien") };
    no.log(open, &referent, ("s-1", domain::Event::Site(empty)), Code::EmptyList, "change");

    // dates that were wrong
    let late = correct("s-1", Milestone::Studies, Some("2027-01-01"));
    no.command(open, &referent, late, Code::NotDone, "milestone");
    let same = correct("s-1", Milestone::Procedures, Some("2027-02-10"));
    no.command(open, &referent, same, Code::AlreadyDone, "on");
    let mut further = open.clone();
    further.act(&referent, reach("s-1", Milestone::Works, Some("2027-04-01")));
    let after = correct("s-1", Milestone::Procedures, Some("2027-04-02"));
    no.command(&further, &referent, after, Code::MilestoneOrder, "on");
    let before = correct("s-1", Milestone::Works, Some("2027-02-09"));
    no.command(&further, &referent, before, Code::MilestoneOrder, "on");
    let silent = Ask::Correct { milestone: Milestone::Works, on: None, reason: String::new() };
    no.command(&further, &referent, at("s-1", silent), Code::ReasonMissing, "reason");
    let none = Ask::PlanAll { plans: Default::default(), reason: None };
    no.command(open, &referent, at("s-1", none), Code::EmptyList, "milestones");
    let reached_later = plan("s-1", Milestone::Delivery, "2027-01", None);
    no.command(open, &referent, reached_later, Code::MilestoneOrder, "on");
}

fn ends(no: &mut Refusals, open: &Story) {
    let agent = coordinator();
    let mut more = open.clone();
    more.act(&agent, open_site("s-2", "q-1", "ALL"));
    more.act(&agent, open_site("s-6", "q-6", "D2"));

    // split
    no.command(&more, &agent, split("s-1", &["s-8"]), Code::OutOfRange, "parts");
    no.command(&more, &agent, split("s-1", &["s-8", "s-8"]), Code::DuplicateEntry, "parts");
    no.command(&more, &agent, split("s-1", &["s-8", "s-2"]), Code::AlreadyExists, "parts");
    no.command(&more, &agent, split("s-1", &["s-1", "s-8"]), Code::AlreadyExists, "parts");
    let many: Vec<String> = (0..21).map(|n| format!("part-{n}")).collect();
    let many = split("s-1", &many.iter().map(String::as_str).collect::<Vec<_>>());
    no.command(&more, &agent, many, Code::TooMany, "parts");
    let silent = Ask::Split { parts: vec![id("s-8"), id("s-9")], reason: String::new() };
    no.command(&more, &agent, at("s-1", silent), Code::ReasonMissing, "reason");
    no.command(&more, &agent, open_as("s-8", part("s-1", 1)), Code::NotFound, "splitFrom");
    let mut whole = more.clone();
    whole.act(&agent, split("s-1", &["s-8", "s-9"]));
    no.command(&whole, &agent, open_as("s-7", part("s-1", 1)), Code::NotFound, "splitFrom");
    no.command(&whole, &agent, open_as("s-8", part("s-1", 20_001)), Code::BudgetMismatch, "budget");
    let other = Opening { project: id("q-6"), area: id("D2"), ..part("s-1", 1) };
    no.command(&whole, &agent, open_as("s-8", other), Code::OtherProject, "splitFrom");
    let mut half = whole.clone();
    half.act(&agent, open_as("s-8", part("s-1", 12_000)));
    no.command(&half, &agent, open_as("s-9", part("s-1", 7_999)), Code::BudgetMismatch, "budget");
    let after: [Command; 6] = [
        news("s-1"),
        abandon("s-1"),
        plan("s-1", Milestone::Works, "2028-01", Some("La crue")),
        reach("s-1", Milestone::Works, None),
        reopen("s-1"),
        spend("s-1", "EJ-1", SpendingKind::Paid, 1, "2025-12-01"),
    ];
    for command in after {
        no.command(&whole, &agent, command, Code::SiteEnded, None);
    }

    // merge
    no.command(&more, &agent, merge_site("s-1", "s-1"), Code::DuplicateEntry, "into");
    no.command(&more, &agent, merge_site("s-1", "s-7"), Code::NotFound, "into");
    no.command(&more, &agent, merge_site("s-1", "s-6"), Code::OtherProject, "into");
    let silent = Ask::Merge { into: id("s-2"), reason: String::new() };
    no.command(&more, &agent, at("s-1", silent), Code::ReasonMissing, "reason");
    no.command(&more, &agent, absorb("s-2", "s-1"), Code::NotFound, "from");
    let mut given_up = more.clone();
    given_up.act(&agent, abandon("s-2"));
    no.command(&given_up, &agent, merge_site("s-1", "s-2"), Code::SiteAbandoned, None);
    no.command(&given_up, &agent, split("s-2", &["s-8", "s-9"]), Code::SiteAbandoned, None);
    let works = correct("s-2", Milestone::Works, None);
    no.command(&given_up, &agent, works, Code::SiteAbandoned, None);
    no.command(&given_up, &agent, upkeep("s-2"), Code::SiteAbandoned, None);
    let mut merged = more.clone();
    merged.act(&agent, merge_site("s-1", "s-2"));
    no.command(&merged, &agent, merge_site("s-2", "s-1"), Code::SiteEnded, None);
    no.command(&merged, &agent, reach("s-1", Milestone::Works, None), Code::SiteEnded, None);
    let cheap = Change { absorbed: Some(id("s-1")), budget_cents: Some(euros(39_999)), ..Change::default() };
    let cheap = site::Event::SiteChanged { change: Box::new(cheap), reason: hidden("Un seul marché") };
    no.log(&merged, &agent, ("s-2", domain::Event::Site(cheap)), Code::BudgetMismatch, "budget");
    merged.act(&agent, absorb("s-2", "s-1"));
    no.command(&merged, &agent, absorb("s-2", "s-1"), Code::AlreadyDone, "from");

    // on again
    no.command(open, &agent, reopen("s-1"), Code::NotDone, None);
    let silent = at("s-2", Ask::Reopen { reason: String::new() });
    no.command(&given_up, &agent, silent, Code::ReasonMissing, "reason");
}

fn money_and_words(no: &mut Refusals, open: &Story) {
    let agent = coordinator();
    let mut told = open.clone();
    told.act(&agent, spend("s-1", "EJ-1", SpendingKind::Committed, 10, "2025-12-01"));
    told.act(&agent, news("s-1"));
    let mut refused = |command: Command, code: Code, field: &'static str| {
        no.command(&told, &agent, command, code, field);
    };
    let paid = |line: &str, units, on| spend("s-1", line, SpendingKind::Paid, units, on);
    refused(paid("EJ-1", 1, "2025-12-01"), Code::DuplicateEntry, "line");
    refused(paid("", 1, "2025-12-01"), Code::TextTooShort, "line");
    refused(paid(&"x".repeat(65), 1, "2025-12-01"), Code::TextTooLong, "line");
    refused(paid(" EJ-2", 1, "2025-12-01"), Code::OutOfRange, "line");
    refused(paid("EJ-2", -1, "2025-12-01"), Code::AmountOutOfRange, "amount");
    refused(paid("EJ-2", 1, "2062-12-01"), Code::OutOfRange, "on");
    refused(correct_spending("s-1", "EJ-2", 1), Code::NotFound, "line");
    refused(correct_spending("s-1", "EJ-1", -1), Code::AmountOutOfRange, "amount");
    let (line, cents, on) = ("EJ-1".to_owned(), euros(1), day("2025-12-01"));
    refused(at("s-1", Ask::CorrectSpending { line, cents, on, reason: " ".into() }), Code::ReasonMissing, "reason");

    refused(at("s-1", Ask::PostNews { title: "Du nouveau".into(), text: String::new() }), Code::TextTooShort, "text");
    refused(at("s-1", Ask::PostNews { title: String::new(), text: "Oui".into() }), Code::TextTooShort, "title");
    let withdraw = |number, reason: &str| at("s-1", Ask::WithdrawNews { number, reason: reason.into() });
    refused(withdraw(2, "Une erreur"), Code::NotFound, "number");
    refused(withdraw(1, ""), Code::ReasonMissing, "reason");
    refused(photo("s-1", " "), Code::AlternativeMissing, "alternative");
    let drawn = |file| {
        let (stage, alternative) = (PhotoStage::After, "La fontaine".into());
        at("s-1", Ask::AddPhoto { file, stage, alternative, credit: None })
    };
    refused(drawn(file('a', MediaType::Pdf)), Code::AttachmentRefused, "photo");
    refused(drawn(file('z', MediaType::Png)), Code::AttachmentRefused, "photo");
    let mut empty = file('a', MediaType::Png);
    empty.bytes = 0;
    refused(drawn(empty), Code::AttachmentRefused, "photo");
    let nameless = Ask::AddDocument { file: file('b', MediaType::Pdf), title: String::new() };
    refused(at("s-1", nameless), Code::TextTooShort, "title");
    refused(at("s-1", Ask::RemovePhoto { number: 1, reason: "Floue".into() }), Code::NotFound, "number");
    refused(at("s-1", Ask::RemoveDocument { number: 1, reason: "Vieux".into() }), Code::NotFound, "number");

    let mut gone = told.clone();
    gone.act(&agent, withdraw(1, "Une erreur"));
    no.command(&gone, &agent, withdraw(1, "Une erreur"), Code::AlreadyDone, "number");
    let skipped = site::Event::NewsPosted { number: 3, title: hidden("Du nouveau"), text: hidden("Oui") };
    no.log(&told, &agent, ("s-1", domain::Event::Site(skipped)), Code::OutOfRange, "number");

    no.command(&told, &agent, upkeep("s-1"), Code::TooEarly, None);
    let mut delivered = told.clone();
    delivered.act(&agent, reach("s-1", Milestone::Delivery, Some("2027-06-01")));
    let agreed = |upkeep| at("s-1", Ask::AgreeUpkeep(Box::new(upkeep)));
    no.command(&delivered, &agent, agreed(Upkeep::default()), Code::EmptyList, "upkeep");
    let below = Upkeep { running_cents_per_year: Cents::new(-1), ..Upkeep::default() };
    no.command(&delivered, &agent, agreed(below), Code::AmountOutOfRange, "runningPerYear");
    let silent = Upkeep { association: Some(hidden("")), ..Upkeep::default() };
    no.command(&delivered, &agent, agreed(silent), Code::TextTooShort, "association");
}
