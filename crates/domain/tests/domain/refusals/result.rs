//! Refusals from the close of the box to the proclamation.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign::{self, AreaResult, Basis};
use domain::phase::Phase;
use domain::{Code, Command, Event, count};
use tally::BallotType;
use transparency::Hash;

fn says(basis: Basis, areas: Vec<AreaResult>, outcome: Option<Hash>) -> (&'static str, Event) {
    (CODE, Event::Campaign(campaign::Event::ResultProclaimed { basis, areas, outcome }))
}

pub(crate) fn recorded(area: &str, winners: &[&str]) -> AreaResult {
    let winners = winners.iter().map(|w| id(w)).collect();
    AreaResult { area: id(area), winners, spent_cents: euros(1), counted: 0, invalid: 0 }
}

fn record(area: &str, winners: &[&str]) -> Command {
    Command::Campaign(campaign::Command::RecordResult { areas: vec![recorded(area, winners)] })
}

/// An imported campaign with one admitted project, `q-1`, and another that isn't, `q-2`.
pub(crate) fn past() -> Story {
    past_of(imported())
}

/// The same with another configuration.
pub(crate) fn past_of(configuration: domain::configuration::Configuration) -> Story {
    let mut story = Story::configured(configuration);
    story.act(&system(), form("q-1", "ALL", &[]));
    story.act(&system(), form("q-2", "D1", &[]));
    story.act(&system(), admit_for("q-1", 1_000, false));
    story
}

/// An imported vote in which points were written that no sum can hold.
fn overflowing() -> Story {
    let mut configuration = imported();
    configuration.areas[0].ballot = BallotType::Scoring { min: 0, max: 10 };
    let mut story = past_of(configuration);
    story.act(&system(), publish());
    story.act(&system(), open(Phase::Vote));
    for voter in ["v-1", "v-2"] {
        let mut paper = paper(&[1]);
        paper.points = Some(vec![(1 << 53) - 1]);
        story.act(&system(), cast(voter, &[("ALL", paper)]));
    }
    story.act(&system(), close(Phase::Vote));
    story.act(&system(), close_box());
    story.act(&system(), draw("7"));
    story
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let chair = returning();
    let mut voting = Story::at(Phase::Vote);
    voting.live(Phase::Vote);
    let counting = Story::at(Phase::PostVote);
    let mut closed = counting.clone();
    closed.act(&chair, close_box());
    let drawn = Story::at(Phase::PreResult);
    let mut proclaimed = drawn.clone();
    proclaimed.act(&chair, proclaim());

    // the box
    no.command(&voting, &chair, close_box(), Code::TooEarly, None);
    no.command(&closed, &chair, close_box(), Code::BallotBoxClosed, None);
    let wrong = Event::Campaign(campaign::Event::BallotBoxClosed { papers: 10 });
    no.log(&counting, &chair, (CODE, wrong), Code::ResultMismatch, "papers");

    // the lot
    no.command(&counting, &chair, draw("1"), Code::BallotBoxOpen, None);
    no.command(&drawn, &chair, draw("1"), Code::LotAlreadyDrawn, None);
    no.command(&closed, &chair, draw(""), Code::TextTooShort, "public_value");
    no.command(&closed, &chair, draw(&"7".repeat(201)), Code::TextTooLong, "public_value");

    // the proclamation
    no.command(&Story::default(), &chair, proclaim(), Code::BallotBoxOpen, None);
    no.command(&counting, &chair, proclaim(), Code::BallotBoxOpen, None);
    no.command(&closed, &chair, proclaim(), Code::LotMissing, None);
    no.command(&proclaimed, &chair, proclaim(), Code::ResultProclaimed, None);
    no.command(&overflowing(), &chair, proclaim(), Code::TallyRefused, "ALL");

    // a result that doesn't follow from the ballots
    let (areas, digest) = count::result(&(&drawn.world).into()).unwrap();
    no.log(&counting, &chair, says(Basis::Counted, areas.clone(), Some(digest)), Code::BallotBoxOpen, None);
    no.log(&closed, &chair, says(Basis::Counted, areas.clone(), Some(digest)), Code::LotMissing, None);
    let mut swapped = areas.clone();
    let loser = if swapped[1].winners == [id("q-4")] { "q-5" } else { "q-4" };
    swapped[1].winners = vec![id(loser)];
    let mut order = areas.clone();
    order[0].winners.reverse();
    let mut spent = areas.clone();
    spent[2].spent_cents = euros(20_001);
    let mut counted = areas.clone();
    counted[0].counted += 1;
    for forged in [swapped, order, spent, counted] {
        assert_ne!(forged, areas);
        no.log(&drawn, &chair, says(Basis::Counted, forged, Some(digest)), Code::ResultMismatch, "areas");
    }
    no.log(&drawn, &chair, says(Basis::Counted, areas[..2].into(), Some(digest)), Code::ResultMismatch, "areas");
    let longer = [areas.clone(), areas[2..].to_vec()].concat();
    no.log(&drawn, &chair, says(Basis::Counted, longer, Some(digest)), Code::ResultMismatch, "areas");
    for outcome in [None, Some(Hash::of(&[b"another"]))] {
        no.log(&drawn, &chair, says(Basis::Counted, areas.clone(), outcome), Code::ResultMismatch, "outcome");
    }
    no.log(&drawn, &chair, says(Basis::Recorded, areas, None), Code::ResultMismatch, None);

    // results of past elections
    let past = past();
    no.command(&drawn, &chair, record("ALL", &["q-1"]), Code::ResultMismatch, None);
    no.command(&Story::default(), &chair, record("ALL", &["q-1"]), Code::CampaignNotConfigured, None);
    no.command(&past, &chair, record("NOWHERE", &["q-1"]), Code::UnknownArea, "area");
    no.command(&past, &chair, record("D1", &["q-2"]), Code::ProjectNotAdmitted, "winners");
    no.command(&past, &chair, record("D1", &["q-99"]), Code::ProjectNotAdmitted, "winners");
    let with_digest = says(Basis::Recorded, vec![recorded("ALL", &["q-1"])], Some(digest));
    no.log(&past, &chair, with_digest, Code::ResultMismatch, None);
    let mut listed = past;
    listed.act(&system(), publish());
    no.command(&listed, &chair, record("ALL", &["q-1"]), Code::ResultMismatch, None);
    no
}
