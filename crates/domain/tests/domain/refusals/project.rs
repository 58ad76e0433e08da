//! Refusals of projects: forming, instruction, the commission.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::project::{self, Formation, Opinion, Verdict};
use domain::proposal::{MAX_COST_CENTS, Point};
use domain::{Cents, Code, Command};

/// A formation with one answer changed.
fn wrong(change: impl FnOnce(&mut Formation)) -> Command {
    let mut formation = formation("R-20", "D1", &["p-1", "p-9"]);
    change(&mut formation);
    form_as("q-20", formation)
}

/// A verdict on the undecided project with one answer changed.
fn odd(change: impl FnOnce(&mut Verdict)) -> Command {
    let mut verdict = verdict_of("PARKS", Opinion::FavourableWithConditions, &[1, 2]);
    change(&mut verdict);
    verdict_as("q-8", verdict)
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let (agent, referent) = (coordinator(), referent());
    let forming = Story::at(Phase::PostIdeation);
    let mut deposited = Story::at(Phase::Ideation);
    deposited.live(Phase::Ideation);
    let instructing = Story::at(Phase::CoConstruction);
    let settled = Story::at(Phase::PreSubmit);

    // form
    no.command(&Story::default(), &agent, form("q-20", "D1", &["p-1"]), Code::CampaignNotConfigured, None);
    no.command(&deposited, &agent, form("q-20", "D1", &["p-1"]), Code::TooEarly, None);
    no.command(&settled, &agent, form("q-20", "D1", &["p-1"]), Code::TooLate, None);
    for actor in [citizen("c-1"), referent.clone(), polling(), returning()] {
        no.command(&forming, &actor, form("q-20", "D1", &["p-1"]), Code::RoleMissing, None);
    }
    no.command(&instructing, &agent, form("q-1", "D1", &["p-1"]), Code::AlreadyExists, "id");
    no.command(&forming, &agent, wrong(|f| f.area = id("D9")), Code::UnknownArea, "area");
    no.command(&forming, &agent, wrong(|f| f.theme = Some(id("SPORT"))), Code::UnknownTheme, "theme");
    let point = Some(Point { latitude_e6: 0, longitude_e6: i32::MAX });
    no.command(&forming, &agent, wrong(|f| f.point = point), Code::UnknownPlace, "point");
    no.command(&forming, &agent, wrong(|f| f.title = hidden("")), Code::TextTooShort, "title");
    no.command(&forming, &agent, wrong(|f| f.title = hidden(&"t".repeat(201))), Code::TextTooLong, "title");
    let long = Some(hidden(&"t".repeat(50_001)));
    no.command(&forming, &agent, wrong(|f| f.description = long), Code::TextTooLong, "description");
    no.command(&forming, &agent, wrong(|f| f.reference.clear()), Code::TextTooShort, "reference");
    no.command(&forming, &agent, wrong(|f| f.reference = "é".repeat(65)), Code::TextTooLong, "reference");
    no.command(&forming, &agent, wrong(|f| f.proposals.clear()), Code::EmptyList, "proposals");
    no.command(&forming, &agent, wrong(|f| f.proposals.push(id("p-1"))), Code::DuplicateEntry, "proposals");
    no.command(&forming, &agent, wrong(|f| f.proposals.push(id("p-99"))), Code::NotFound, "proposals");
    no.command(&forming, &agent, wrong(|f| f.proposals.push(id("p-8"))), Code::ProposalWithdrawn, "proposals");

    // verdicts
    no.command(&instructing, &referent, verdict("q-99", "PARKS", &[1]), Code::NotFound, "project");
    let mut decided = instructing.clone();
    decided.live(Phase::CoConstruction);
    no.command(&decided, &referent, verdict("q-1", "PARKS", &[1]), Code::ProjectDecided, None);
    no.command(&decided, &referent, verdict("q-7", "PARKS", &[1]), Code::ProjectDecided, None);
    no.command(&Story::at(Phase::Submit), &referent, verdict("q-8", "PARKS", &[1]), Code::TooLate, None);
    for actor in [citizen("c-1"), polling(), returning()] {
        no.command(&instructing, &actor, verdict("q-8", "PARKS", &[1]), Code::RoleMissing, None);
    }
    no.command(&instructing, &referent, verdict("q-8", "WATER", &[1]), Code::UnknownDepartment, "department");
    no.command(&instructing, &referent, odd(|v| v.reasons = hidden("")), Code::TextTooShort, "reasons");
    no.command(&instructing, &referent, odd(|v| v.reasons = hidden(&"r".repeat(5_001))), Code::TextTooLong, "reasons");
    let below = Cents::new(-1).unwrap();
    no.command(&instructing, &referent, odd(|v| v.yearly_cents = below), Code::AmountOutOfRange, "yearly");
    no.command(&instructing, &referent, odd(|v| v.lines[1].cents = below), Code::AmountOutOfRange, "lines");
    no.command(&instructing, &referent, verdict("q-8", "PARKS", &[1; 201]), Code::TextTooLong, "lines");

    // the commission
    no.command(&instructing, &agent, admit("q-9"), Code::VerdictMissing, None);
    no.command(&instructing, &agent, admit_for("q-9", 1, false), Code::VerdictMissing, None);
    no.command(&instructing, &agent, admit("q-99"), Code::VerdictMissing, None);
    no.command(&instructing, &agent, admit_for("q-99", 1, false), Code::NotFound, "project");
    let mut against = instructing.clone();
    against.act(&referent, odd(|v| v.opinion = Opinion::Unfavourable));
    no.command(&against, &agent, admit("q-8"), Code::VerdictUnfavourable, None);
    no.command(&decided, &agent, admit_for("q-8", 6_999, false), Code::CostMismatch, "cost");
    no.command(&decided, &agent, admit_for("q-8", 7_000, true), Code::ProjectDecided, "withdrawn");
    no.command(&decided, &agent, admit("q-1"), Code::ProjectDecided, None);
    no.command(&decided, &agent, refuse("q-1"), Code::ProjectDecided, None);
    for actor in [citizen("c-1"), referent, polling(), returning()] {
        no.command(&decided, &actor, admit("q-8"), Code::RoleMissing, None);
        no.command(&decided, &actor, refuse("q-8"), Code::RoleMissing, None);
    }
    let silent = Command::Project(id("q-8"), project::Command::Refuse { reason: " ".into() });
    no.command(&decided, &agent, silent, Code::TextTooShort, "reason");
    no.command(&Story::at(Phase::Submit), &agent, admit("q-8"), Code::TooLate, None);
    let past = super::result::past();
    let dear = project::Command::Admit { cost_cents: Cents::new(MAX_COST_CENTS + 1), withdrawn: false, reason: None };
    no.command(&past, &system(), Command::Project(id("q-2"), dear), Code::AmountOutOfRange, "cost");
    let mut listed = past;
    listed.act(&system(), publish());
    no.command(&listed, &system(), admit_for("q-2", 1, false), Code::TooLate, None);
    no
}
