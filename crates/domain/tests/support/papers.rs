//! The same city's polling places: a hall that reads card by card, a market that reads totals.

use super::kept::{second_returning, *};
use super::sample::*;
use super::story::Story;
use domain::paper_count::{Bundle, Card, PaperCount, PaperMode, SheetLine};
use domain::phase::Phase;
use domain::polling_place::{Command as Asked, Sheet, Venue};
use domain::roles::Office;
use domain::{Actor, Command, Role};
use transparency::Hash;

/// Officers of both places.
pub(crate) fn officer(n: u32) -> Actor {
    actor(&format!("agent-6{n}"), Role::PollingOfficer)
}

pub(crate) fn at(place: &str, asked: Asked) -> Command {
    Command::PollingPlace(id(place), asked)
}

pub(crate) fn venue(areas: &[&str], mode: PaperMode) -> Box<Venue> {
    let areas = areas.iter().map(|area| id(area)).collect();
    Box::new(Venue { name: hidden("Salle des fêtes"), address: hidden("1 place du Marché"), areas, mode })
}

pub(crate) fn open_place(place: &str, areas: &[&str], mode: PaperMode) -> Command {
    at(place, Asked::Open(venue(areas, mode)))
}

pub(crate) fn seal_box(place: &str, number: u32, seals: &[&str]) -> Command {
    at(place, Asked::SealBox { number, seals: seals.iter().map(|seal| id(seal)).collect() })
}

pub(crate) fn pass_box(place: &str, number: u32) -> Command {
    at(place, Asked::PassCustody { number, from: "Camille".into(), to: "Dominique".into() })
}

pub(crate) fn open_box(place: &str, number: u32, seals: &[&str], reason: Option<&str>) -> Command {
    let seals = seals.iter().map(|seal| id(seal)).collect();
    at(place, Asked::OpenBox { number, seals, reason: reason.map(str::to_owned) })
}

pub(crate) fn signatures(place: &str, area: &str, (signatures, papers): (u32, u32), reason: Option<&str>) -> Command {
    at(place, Asked::CountSignatures { area: id(area), signatures, papers, reason: reason.map(str::to_owned) })
}

pub(crate) fn salt() -> Hash {
    Hash::of(&[b"salt"])
}

pub(crate) fn bound(place: &str, area: &str, number: u32, count: &PaperCount) -> Hash {
    let (place, area) = (id(place), id(area));
    count.commitment(Bundle { place: &place, area: &area, number }, &salt()).unwrap()
}

pub(crate) fn enter(place: &str, area: &str, round: u32, count: &PaperCount, reason: Option<&str>) -> Command {
    let (commitment, reason) = (bound(place, area, 1, count), reason.map(str::to_owned));
    at(place, Asked::Enter { area: id(area), bundle: 1, round, commitment, reason })
}

pub(crate) fn agree(place: &str, area: &str, count: &PaperCount) -> Command {
    let papers = u32::try_from(count.papers()).unwrap();
    let sheet = Sheet::Open { count: Box::new(count.clone()), salt: salt() };
    at(place, Asked::Agree { area: id(area), bundle: 1, papers, sheet })
}

pub(crate) fn disagree(place: &str, area: &str, projects: &[u32]) -> Command {
    at(place, Asked::Disagree { area: id(area), bundle: 1, projects: projects.to_vec() })
}

pub(crate) fn recount(place: &str, area: &str, count: &PaperCount, reason: Option<&str>) -> Command {
    let (commitment, reason) = (bound(place, area, 1, count), reason.map(str::to_owned));
    at(place, Asked::Recount { area: id(area), bundle: 1, commitment, reason })
}

/// Papers that name these numbers, read card by card.
pub(crate) fn cards(all: &[&[u32]], blank: u32) -> PaperCount {
    let mut cards: Vec<Card> = all.iter().map(|numbers| Card { choices: numbers.to_vec(), points: None }).collect();
    cards.sort();
    PaperCount { valid: u32::try_from(cards.len()).unwrap(), blank, cards, ..PaperCount::default() }
}

/// Totals of so many papers.
pub(crate) fn totals(valid: u32, votes: &[(u32, i64)]) -> PaperCount {
    let line = |(project, votes): &(u32, i64)| SheetLine {
        project: *project,
        votes: *votes,
        supporters: None,
        grades: Vec::new(),
    };
    PaperCount { valid, lines: votes.iter().map(line).collect(), ..PaperCount::default() }
}

impl Story {
    /// Closes the phase that is open and opens the next one, at the planned time.
    pub(crate) fn on_time(&mut self, to: Phase) {
        let n = Phase::ALL.iter().position(|phase| *phase == to).unwrap();
        self.clock = Some(month(n));
        self.turn(to);
    }

    /// Roles are kept, two places are open, and the vote as well.
    pub(crate) fn places() -> Self {
        let mut story = Self::kept_at(Phase::PreVote);
        for n in 1..=4 {
            for place in ["HALL", "MARKET"] {
                let office = Office { place: Some(id(place)), ..Office::of(Role::PollingOfficer) };
                story.act(&coordinator(), grant(&officer(n), office));
            }
        }
        story.act(&coordinator(), open_place("HALL", &["ALL"], PaperMode::CardByCard));
        let wider = Asked::Change { version: 1, venue: venue(&["ALL", "D1"], PaperMode::CardByCard) };
        story.act(&coordinator(), at("HALL", wider));
        story.act(&returning(), open_place("MARKET", &["ALL"], PaperMode::CountSheet));
        story.act(&returning(), open_place("CLOSED", &["D2"], PaperMode::CountSheet));
        story.live(Phase::PreVote);
        story.act(&officer(1), seal_box("HALL", 1, &["A-17", "A-18"]));
        story.act(&officer(1), pass_box("HALL", 1));
        story.act(&officer(2), seal_box("MARKET", 1, &["B-1"]));
        story.on_time(Phase::Vote);
        story.live(Phase::Vote);
        story.act(&returning(), at("CLOSED", Asked::Close { reason: "Une fuite d’eau".into() }));
        story
    }

    /// The boxes are open and their papers counted, none of them read.
    pub(crate) fn boxes_open() -> Self {
        let mut story = Self::places();
        story.on_time(Phase::PostVote);
        story.act(&officer(1), open_box("HALL", 1, &["A-17", "A-18"], None));
        story.act(&officer(2), open_box("MARKET", 1, &["B-2"], Some("Remplacé devant témoins")));
        story.act(&officer(1), signatures("HALL", "ALL", (4, 3), None));
        story.act(&officer(1), signatures("HALL", "D1", (0, 0), None));
        story.act(&officer(2), signatures("MARKET", "ALL", (9, 10), Some("Une signature oubliée")));
        story
    }

    /// Every paper is counted, after a disagreement, a correction and a recount.
    pub(crate) fn on_paper() -> Self {
        let mut story = Self::boxes_open();
        let hall = cards(&[&[1, 2], &[1]], 1);
        story.act(&officer(1), enter("HALL", "ALL", 1, &hall, None));
        story.act(&officer(2), enter("HALL", "ALL", 2, &cards(&[&[1, 3], &[1]], 1), None));
        story.act(&officer(2), disagree("HALL", "ALL", &[2, 3]));
        story.act(&officer(3), enter("HALL", "ALL", 3, &hall, Some("Deux lectures")));
        story.act(&officer(3), agree("HALL", "ALL", &hall));
        let market = totals(10, &[(1, 4), (2, 8)]);
        story.act(&officer(2), enter("MARKET", "ALL", 1, &market, None));
        story.act(&officer(1), enter("MARKET", "ALL", 2, &market, None));
        story.act(&officer(1), agree("MARKET", "ALL", &market));
        story.act(&second_returning(), recount("HALL", "ALL", &hall, None));
        let right = totals(10, &[(1, 5), (2, 8)]);
        story.act(&returning(), recount("MARKET", "ALL", &right, Some("Un bulletin collé")));
        story.act(&officer(4), enter("MARKET", "ALL", 2, &right, Some("Un bulletin collé")));
        story.act(&officer(4), agree("MARKET", "ALL", &right));
        story.act(&officer(1), at("HALL", Asked::AttachMinutes { digest: Hash::of(&[b"scan"]) }));
        story
    }
}
