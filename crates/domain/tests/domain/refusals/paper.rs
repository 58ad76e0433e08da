//! What polling places refuse.

use super::Refusals;
use crate::support::papers::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::paper_count::PaperMode::{CardByCard, CountSheet};
use domain::phase::Phase;
use domain::polling_place::{Command as Asked, Event, Venue};
use domain::{Code, Command};
use tally::BallotType;
use transparency::Hash;

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let (agent, one, two) = (coordinator(), officer(1), officer(2));
    let before = Story::kept_at(Phase::PreVote);
    let open = Story::places();

    // opening
    no.command(&before, &polling(), open_place("HALL", &["ALL"], CardByCard), Code::RoleMissing, None);
    no.command(&before, &agent, open_place("HALL", &[], CardByCard), Code::EmptyList, "areas");
    no.command(&before, &agent, open_place("HALL", &["D9"], CardByCard), Code::UnknownArea, "area");
    let named = |change: &dyn Fn(&mut Venue)| {
        let mut venue = venue(&["ALL"], CardByCard);
        change(&mut venue);
        at("HALL", Asked::Open(venue))
    };
    no.command(&before, &agent, named(&|v| v.name = hidden(" ")), Code::TextTooShort, "name");
    no.command(&before, &agent, named(&|v| v.address = hidden(&"é".repeat(501))), Code::TextTooLong, "address");
    no.command(&open, &agent, open_place("HALL", &["ALL"], CardByCard), Code::AlreadyExists, "id");
    let mut knapsack = configuration();
    knapsack.areas[1].ballot = BallotType::Knapsack { budget_cents: euros(10) };
    let sack = Story::configured(knapsack);
    no.command(&sack, &agent, open_place("HALL", &["ALL", "D1"], CountSheet), Code::PaperModeDoesntFit, "mode");
    let changed = |version| at("HALL", Asked::Change { version, venue: venue(&["D2"], CardByCard) });
    no.command(&open, &agent, changed(2), Code::TooLate, None);
    no.command(&open, &agent, changed(1), Code::EditConflict, "version");
    no.command(&before, &agent, changed(1), Code::NotFound, "place");
    let same = at("HALL", Asked::Change { version: 2, venue: venue(&["ALL", "D1"], CardByCard) });
    no.command(&open, &agent, same, Code::AlreadyDone, "venue");
    let shut = |place: &str, reason: &str| at(place, Asked::Close { reason: reason.into() });
    no.command(&open, &agent, shut("HALL", ""), Code::TextTooShort, "reason");
    no.command(&open, &agent, shut("CLOSED", "Encore"), Code::PollingPlaceClosed, "place");
    no.command(&Story::boxes_open(), &agent, shut("HALL", "Fini"), Code::TooLate, None);
    let mut over = Story::on_paper();
    over.live(Phase::PostVote);
    no.command(&over, &agent, open_place("LATE", &["ALL"], CardByCard), Code::BallotBoxClosed, None);

    // The rule may have changed since the place was opened: it isn't frozen then.
    let mut early = Story::configured(configuration());
    early.act(&agent, open_place("HALL", &["D1"], CountSheet));
    let mut other = configuration();
    other.areas[1].ballot = BallotType::Ordinal { max: 2 };
    early.act(&agent, configure(other));
    for phase in Phase::ALL.into_iter().take_while(|phase| *phase < Phase::Vote) {
        early.act(&system(), super::open(phase));
        early.live(phase);
        early.act(&system(), close(phase));
    }
    no.command(&early, &system(), super::open(Phase::Vote), Code::PaperModeDoesntFit, "mode");

    // boxes
    no.command(&open, &polling(), seal_box("MARKET", 2, &["C-1"]), Code::OtherPlace, "place");
    no.command(&open, &one, seal_box("HALL", 1, &["C-1"]), Code::AlreadyExists, "number");
    no.command(&open, &one, seal_box("HALL", 0, &["C-1"]), Code::OutOfRange, "number");
    no.command(&open, &one, seal_box("HALL", 2, &[]), Code::EmptyList, "seals");
    let many: Vec<String> = (0..21).map(|n| format!("C-{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    no.command(&open, &one, seal_box("HALL", 2, &many), Code::OutOfRange, "seals");
    no.command(&open, &one, pass_box("HALL", 2), Code::NotFound, "number");
    let to = |from: &str, to: &str| at("HALL", Asked::PassCustody { number: 1, from: from.into(), to: to.into() });
    no.command(&open, &one, to("", "Camille"), Code::TextTooShort, "from");
    no.command(&open, &one, to("Camille", &"é".repeat(201)), Code::TextTooLong, "to");
    no.command(&open, &one, open_box("HALL", 1, &["A-17"], None), Code::SealsDiffer, "reason");
    no.command(&open, &one, open_box("HALL", 1, &[], Some(" ")), Code::TextTooShort, "reason");
    no.command(&open, &one, open_box("HALL", 1, &many, Some("Trop")), Code::OutOfRange, "seals");
    let opened = Story::boxes_open();
    no.command(&opened, &one, open_box("HALL", 1, &["A-17", "A-18"], None), Code::AlreadyDone, "number");
    no.command(&opened, &one, seal_box("HALL", 2, &["C-1"]), Code::TooLate, None);

    // signatures
    no.command(&open, &one, signatures("HALL", "ALL", (1, 1), None), Code::TooEarly, "area");
    no.command(&opened, &one, signatures("HALL", "D2", (1, 1), None), Code::UnknownArea, "area");
    no.command(&opened, &one, signatures("HALL", "ALL", (1_000_001, 1), None), Code::OutOfRange, "signatures");
    no.command(&opened, &one, signatures("HALL", "ALL", (3, 4), None), Code::MorePapersThanSignatures, "reason");
    no.command(&opened, &one, signatures("HALL", "ALL", (3, 3), None), Code::ReasonMissing, "reason");
    let done = Story::on_paper();
    no.command(&done, &one, signatures("HALL", "ALL", (3, 2), Some("Recompté")), Code::PapersDontAddUp, "papers");

    // entries
    let read = cards(&[&[1], &[2]], 1);
    no.command(&open, &one, enter("HALL", "ALL", 1, &read, None), Code::TooEarly, "area");
    no.command(&opened, &one, enter("HALL", "D2", 1, &read, None), Code::UnknownArea, "area");
    no.command(&opened, &one, enter("HALL", "ALL", 2, &read, None), Code::EditConflict, "round");
    let zero = Asked::Enter { area: id("ALL"), bundle: 0, round: 1, commitment: Hash::of(&[]), reason: None };
    no.command(&opened, &one, at("HALL", zero), Code::OutOfRange, "bundle");
    let mut entered = opened.clone();
    entered.act(&one, enter("HALL", "ALL", 1, &read, None));
    no.command(&entered, &one, enter("HALL", "ALL", 2, &read, None), Code::SameAgent, "by");
    no.command(&entered, &two, disagree("HALL", "ALL", &[1]), Code::TooEarly, "bundle");
    let by = |by: &str| {
        let (area, commitment) = (id("ALL"), Hash::of(&[]));
        let event = Event::EntryMade { area, bundle: 1, round: 2, by: id(by), commitment, reason: None };
        ("HALL", domain::Event::PollingPlace(event))
    };
    no.log(&entered, &two, by("agent-61"), Code::NotTheAuthor, "by");
    entered.act(&two, enter("HALL", "ALL", 2, &cards(&[&[1], &[3]], 1), None));
    no.command(&entered, &officer(3), enter("HALL", "ALL", 3, &read, None), Code::ReasonMissing, "reason");
    let why = Some("Un doute");
    no.command(&done, &one, enter("HALL", "ALL", 1, &read, None), Code::ReasonMissing, "reason");
    // More papers than the boxes held.
    let mut full = opened.clone();
    let crowd = cards(&[&[1], &[2], &[3], &[1]], 0);
    full.act(&one, enter("HALL", "ALL", 1, &crowd, None));
    full.act(&two, enter("HALL", "ALL", 2, &crowd, None));
    no.command(&full, &two, agree("HALL", "ALL", &crowd), Code::PapersDontAddUp, "papers");

    // What is said to be agreed isn't what was entered.
    let mut matched = opened.clone();
    matched.act(&one, enter("HALL", "ALL", 1, &read, None));
    matched.act(&two, enter("HALL", "ALL", 2, &read, None));
    no.command(&matched, &two, agree("HALL", "ALL", &cards(&[&[1], &[3]], 1)), Code::PaperCountInvalid, "sheet");
    no.command(&matched, &officer(3), enter("HALL", "ALL", 3, &read, why), Code::ActInterrupted, None);

    // recounts
    no.command(&opened, &returning(), recount("HALL", "ALL", &read, why), Code::TooEarly, "bundle");
    no.command(&done, &one, recount("HALL", "ALL", &read, why), Code::RoleMissing, None);
    no.command(&done, &returning(), recount("HALL", "ALL", &read, None), Code::ReasonMissing, "reason");

    let mut missing = opened;
    missing.live(Phase::PostVote);
    missing.on_time(Phase::PreResult);
    no.command(&missing, &returning(), proclaim(), Code::CountsMissing, "places");
    // A school keeps ballots and no boxes.
    let mut school = configuration();
    school.areas[2].kind = domain::configuration::AreaKind::School;
    let school = Story::configured(school);
    no.command(&school, &agent, open_place("HALL", &["D2"], CountSheet), Code::SchoolStation, "areas");
    let nowhere: Command = open_place("HALL", &["ALL"], CountSheet);
    no.command(&Story::configured(imported()), &agent, nowhere, Code::NotInImports, None);
    no
}
