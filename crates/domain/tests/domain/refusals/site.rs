//! Refusals of sites.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::site::{self, Milestone, Opening};
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
    no
}
