//! What becomes of a winner: sites that are changed, split, merged, delayed, paid for and told of.

use super::lively::square;
use super::sample::*;
use super::story::Story;
use domain::phase::Phase;
use domain::proposal::{Address, MediaType, Point};
use domain::site::{
    Change, Command as Ask, Contractor, File, Financing, Location, Milestone, Opening, PhotoStage, SpendingKind, Upkeep,
};
use domain::{CalendarDate, Command};

/// Of a site.
pub(crate) fn at(site: &str, ask: Ask) -> Command {
    Command::Site(id(site), ask)
}

pub(crate) fn day(text: &str) -> CalendarDate {
    text.parse().unwrap()
}

/// In the middle of the city.
pub(crate) fn place() -> Location {
    let point = Some(Point { latitude_e6: 48_856_613, longitude_e6: 2_352_222 });
    let address = Some(Address { text: hidden("1, place de la Fontaine"), postcode: "75004".into() });
    Location { point, address, shape: Some(square(500)) }
}

pub(crate) fn contractors(names: &[&str]) -> Vec<Contractor> {
    names.iter().map(|name| Contractor { name: hidden(name) }).collect()
}

/// Everything that can be known of a site when it is opened.
pub(crate) fn rich(project: &str, area: &str) -> Opening {
    Opening {
        place: Some(place()),
        financing: Some(Financing::Contract),
        contractors: contractors(&["Bâtir & Fils", "Verdure"]),
        ..opening(project, area)
    }
}

pub(crate) fn part(whole: &str, units: i64) -> Opening {
    Opening { split_from: Some(id(whole)), budget_cents: euros(units), ..opening("q-1", "ALL") }
}

pub(crate) fn open_as(site: &str, opening: Opening) -> Command {
    at(site, Ask::Open(Box::new(opening)))
}

pub(crate) fn change(site: &str, change: Change) -> Command {
    at(site, Ask::Change { change: Box::new(change), reason: "Le relevé est fait".into() })
}

pub(crate) fn split(site: &str, parts: &[&str]) -> Command {
    at(site, Ask::Split { parts: parts.iter().map(|part| id(part)).collect(), reason: "Deux rues".into() })
}

pub(crate) fn merge_site(site: &str, into: &str) -> Command {
    at(site, Ask::Merge { into: id(into), reason: "Un seul marché".into() })
}

pub(crate) fn absorb(site: &str, from: &str) -> Command {
    at(site, Ask::Absorb { from: id(from), reason: "Un seul marché".into() })
}

pub(crate) fn correct(site: &str, milestone: Milestone, on: Option<&str>) -> Command {
    at(site, Ask::Correct { milestone, on: on.map(day), reason: "Le procès-verbal dit autre chose".into() })
}

pub(crate) fn reopen(site: &str) -> Command {
    at(site, Ask::Reopen { reason: "Le sol est dépollué".into() })
}

pub(crate) fn spend(site: &str, line: &str, kind: SpendingKind, units: i64, on: &str) -> Command {
    let (line, cents, on) = (line.into(), euros(units), day(on));
    at(site, Ask::RecordSpending { line, kind, cents, on, label: "Pavés".into() })
}

pub(crate) fn correct_spending(site: &str, line: &str, units: i64) -> Command {
    let (line, cents, on) = (line.into(), euros(units), day("2025-12-12"));
    at(site, Ask::CorrectSpending { line, cents, on, reason: "Avoir".into() })
}

pub(crate) fn news(site: &str) -> Command {
    at(site, Ask::PostNews { title: "Les arbres arrivent".into(), text: "Quarante arbres sont livrés.".into() })
}

pub(crate) fn file(digit: char, media_type: MediaType) -> Box<File> {
    Box::new(File { digest: hidden(&digit.to_string().repeat(64)), media_type, bytes: 12_345 })
}

pub(crate) fn photo(site: &str, alternative: &str) -> Command {
    let (file, stage) = (file('a', MediaType::Jpeg), PhotoStage::During);
    let credit = Some("Ville de T.".into());
    at(site, Ask::AddPhoto { file, stage, alternative: alternative.into(), credit })
}

pub(crate) fn document(site: &str) -> Command {
    at(site, Ask::AddDocument { file: file('b', MediaType::Pdf), title: "Le plan".into() })
}

pub(crate) fn upkeep(site: &str) -> Command {
    let upkeep = Upkeep {
        running_cents_per_year: Some(euros(1_200)),
        association: Some(hidden("Les Amis de la fontaine")),
        commitment: Some(hidden("Arroser deux fois par semaine")),
        until: Some(day("2031-12-31")),
    };
    at(site, Ask::AgreeUpkeep(Box::new(upkeep)))
}

impl Story {
    /// The sample campaign with sites under way.
    pub(crate) fn building() -> Self {
        let mut story = Self::at(Phase::Result);
        let (agent, referent) = (coordinator(), referent());
        let mut act = |command| story.act(&agent, command);
        let why = || "Le sol est pollué".to_owned();

        // One goes its way, is given up, goes on, is done, and goes on once more.
        act(open_as("w-1", rich("q-1", "ALL")));
        act(plan("w-1", Milestone::Works, "2027-03", None));
        act(plan("w-1", Milestone::Works, "2027-09-30", Some("La crue")));
        act(reach("w-1", Milestone::Works, Some("2027-09-01")));
        act(correct("w-1", Milestone::Works, Some("2027-09-12")));
        act(abandon("w-1"));
        act(reopen("w-1"));
        let plans = [(Milestone::Delivery, day("2028-02")), (Milestone::Done, day("2028-06"))].into();
        act(at("w-1", Ask::PlanAll { plans, reason: None }));
        act(reach("w-1", Milestone::Delivery, Some("2028-02")));
        act(reach("w-1", Milestone::Done, None));
        act(reopen("w-1"));
        act(reach("w-1", Milestone::Done, Some("2028-07-01")));
        act(upkeep("w-1"));
        let everything = Change {
            title: Some(hidden("La fontaine et son jardin")),
            area: Some(id("D1")),
            department: Some(id("ROADS")),
            budget_cents: Some(euros(21_000)),
            place: Some(Location { shape: None, ..place() }),
            financing: Some(Financing::OwnStaff),
            contractors: Some(contractors(&["Fontaines de France"])),
            absorbed: None,
        };
        act(change("w-1", everything));

        // Money, news, files.
        act(spend("w-1", "EJ-1", SpendingKind::Committed, 15_000, "2025-12-01"));
        act(spend("w-1", "MD-1", SpendingKind::Paid, 5_000, "2025-12-10"));
        act(correct_spending("w-1", "MD-1", 4_000));
        act(news("w-1"));
        act(news("w-1"));
        act(at("w-1", Ask::WithdrawNews { number: 1, reason: "Une erreur".into() }));
        act(photo("w-1", "Des pavés en tas devant la fontaine"));
        act(photo("w-1", "La fontaine"));
        act(at("w-1", Ask::RemovePhoto { number: 1, reason: "On y reconnaît quelqu’un".into() }));
        act(document("w-1"));
        act(at("w-1", Ask::RemoveDocument { number: 1, reason: "Remplacé".into() }));

        // One is split in two, of which one takes in a third.
        act(open_as("w-2", rich("q-1", "ALL")));
        act(split("w-2", &["w-3", "w-4"]));
        act(open_as("w-3", part("w-2", 12_000)));
        act(open_as("w-4", part("w-2", 8_000)));
        act(open_as("w-5", rich("q-1", "ALL")));
        act(merge_site("w-5", "w-4"));
        act(absorb("w-4", "w-5"));
        act(at("w-3", Ask::Abandon { reason: why() }));
        story.act(&referent, news("w-4"));
        story
    }
}
