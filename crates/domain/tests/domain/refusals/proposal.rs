//! Refusals of proposals.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::proposal::{self, Deposit, Point};
use domain::{Cents, Code, Command};

/// A deposit with one answer changed.
fn wrong(change: impl FnOnce(&mut Deposit)) -> Command {
    let mut deposit = deposit_of("c-1");
    change(&mut deposit);
    Command::Proposal(id("p-20"), proposal::Command::Deposit(Box::new(deposit)))
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let (author, agent) = (citizen("c-1"), coordinator());
    let open = Story::at(Phase::Ideation);
    let mut deposited = open.clone();
    deposited.live(Phase::Ideation);
    let merging = Story::at(Phase::PostIdeation);
    let mut merged = merging.clone();
    merged.live(Phase::PostIdeation);

    // deposit
    no.command(&Story::default(), &author, deposit("p-20", "c-1"), Code::CampaignNotConfigured, None);
    no.command(&Story::at(Phase::PreIdeation), &author, deposit("p-20", "c-1"), Code::PhaseNotOpen, None);
    no.command(&deposited, &author, deposit("p-1", "c-1"), Code::AlreadyExists, "id");
    no.command(&open, &author, deposit("p-20", "c-2"), Code::NotTheAuthor, "author");
    no.command(&open, &author, wrong(|d| d.area = id("D9")), Code::UnknownArea, "area");
    no.command(&open, &author, wrong(|d| d.theme = id("SPORT")), Code::UnknownTheme, "theme");
    no.command(&open, &author, wrong(|d| d.title = hidden("  ab  ")), Code::TextTooShort, "title");
    no.command(&open, &author, wrong(|d| d.title = hidden(&"é".repeat(61))), Code::TextTooLong, "title");
    no.command(&open, &author, wrong(|d| d.description = hidden("")), Code::TextTooShort, "description");
    no.command(&open, &author, wrong(|d| d.description = hidden(&"é".repeat(201))), Code::TextTooLong, "description");
    no.command(&open, &author, wrong(|d| d.author_name = hidden(" ")), Code::TextTooShort, "authorName");
    no.command(&open, &author, wrong(|d| d.author_name = hidden(&"a".repeat(101))), Code::TextTooLong, "authorName");
    no.command(&open, &author, wrong(|d| d.reference.clear()), Code::TextTooShort, "reference");
    no.command(&open, &author, wrong(|d| d.reference = "R".repeat(33)), Code::TextTooLong, "reference");
    for (latitude_e6, longitude_e6) in [(90_000_001, 0), (0, -180_000_001), (i32::MIN, 0)] {
        let point = Some(Point { latitude_e6, longitude_e6 });
        no.command(&open, &author, wrong(|d| d.point = point), Code::UnknownPlace, "point");
    }
    no.command(&open, &author, wrong(|d| d.accessibility = None), Code::AccessibilityUnanswered, "accessibility");
    no.command(&open, &author, wrong(|d| d.accessibility = Some(hidden(""))), Code::TextTooShort, "accessibility");
    for cents in [Cents::new(-1), Cents::new(proposal::MAX_COST_CENTS + 1)] {
        no.command(&open, &author, wrong(|d| d.estimate_cents = cents), Code::AmountOutOfRange, "estimate");
    }

    // withdraw
    no.command(&deposited, &author, withdraw("p-99"), Code::NotFound, "proposal");
    no.command(&deposited, &citizen("c-8"), withdraw("p-8"), Code::ProposalWithdrawn, "proposal");
    no.command(&deposited, &citizen("c-2"), withdraw("p-1"), Code::NotTheAuthor, None);
    no.command(&deposited, &agent, withdraw("p-1"), Code::NotTheAuthor, None);
    no.command(&merging, &author, withdraw("p-1"), Code::PhaseNotOpen, None);

    // merge
    no.command(&deposited, &agent, merge("p-1", "q-1"), Code::TooEarly, None);
    no.command(&merged, &agent, merge("p-1", "q-1"), Code::ProposalMerged, "proposal");
    no.command(&merged, &agent, merge("p-1", "q-2"), Code::NotFound, "project");
    no.command(&merged, &agent, merge("p-1", "q-99"), Code::NotFound, "project");
    no.command(&merged, &agent, merge("p-99", "q-1"), Code::NotFound, "proposal");
    no.command(&merged, &agent, merge("p-8", "q-1"), Code::ProposalWithdrawn, "proposal");
    no.command(&merged, &author, merge("p-1", "q-2"), Code::RoleMissing, None);
    no.command(&Story::at(Phase::PreSubmit), &agent, merge("p-1", "q-2"), Code::TooLate, None);
    no
}
