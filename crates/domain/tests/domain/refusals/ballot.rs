//! Refusals of ballots.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::ballot::{self, Paper};
use domain::phase::Phase;
use domain::{Code, Event};

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let voter = citizen("v-1");
    let open = Story::at(Phase::Vote);
    let mut voted = open.clone();
    voted.live(Phase::Vote);
    let one = || cast("v-1", &[("ALL", paper(&[1]))]);

    // when
    no.command(&Story::default(), &voter, one(), Code::CampaignNotConfigured, None);
    no.command(&Story::at(Phase::PreVote), &voter, one(), Code::PhaseNotOpen, None);
    let counting = Story::at(Phase::PostVote);
    no.command(&counting, &voter, one(), Code::PhaseNotOpen, None);
    no.command(&counting, &voter, cancel("v-1", "ALL"), Code::PhaseNotOpen, None);
    let mut closed = counting;
    closed.act(&returning(), close_box());
    no.command(&closed, &voter, one(), Code::BallotBoxClosed, None);
    no.command(&closed, &voter, cancel("v-1", "ALL"), Code::BallotBoxClosed, None);

    // who
    let other = citizen("v-2");
    no.command(&open, &other, one(), Code::NotTheAuthor, "voter");
    no.command(&voted, &other, cancel("v-1", "ALL"), Code::NotTheAuthor, "voter");
    for actor in [coordinator(), returning(), referent()] {
        no.command(&open, &actor, one(), Code::RoleMissing, None);
        no.command(&voted, &actor, cancel("v-1", "ALL"), Code::RoleMissing, None);
    }
    no.command(&open, &voter, cast("v-1", &[("ALL", on_paper(&[1]))]), Code::RoleMissing, "channel");
    no.command(&voted, &voter, cast("v-1", &[("ALL", on_paper(&[1]))]), Code::RoleMissing, "channel");

    // which area
    no.command(&open, &voter, cast("v-1", &[]), Code::EmptyList, "papers");
    let twice = [("ALL", paper(&[1])), ("ALL", paper(&[2]))];
    no.command(&open, &voter, cast("v-1", &twice), Code::DuplicateEntry, "papers");
    no.command(&open, &voter, cast("v-1", &[("D9", paper(&[1]))]), Code::UnknownArea, "area");
    no.command(&voted, &voter, cast("v-1", &[("D2", paper(&[6]))]), Code::SecondDistrict, "area");
    let both = [("D1", paper(&[4])), ("D2", paper(&[6]))];
    no.command(&open, &voter, cast("v-1", &both), Code::SecondDistrict, "area");
    no.command(&open, &voter, cancel("v-1", "ALL"), Code::NoBallot, "area");
    no.command(&voted, &voter, cancel("v-1", "D2"), Code::NoBallot, "area");
    no.command(&voted, &citizen("v-6"), cancel("v-6", "ALL"), Code::NoBallot, "area");

    // what
    for paper in [
        paper(&[]),
        paper(&[1, 2, 3]),
        paper(&[1, 1]),
        Paper { points: Some(vec![3]), ..paper(&[1, 2]) },
        Paper { points: Some(vec![3, 2]), ..paper(&[1, 2]) },
    ] {
        let field = if paper.points.is_some() { "points" } else { "choices" };
        no.command(&open, &voter, cast("v-1", &[("ALL", paper)]), Code::BallotInvalid, field);
    }
    for number in [0, 4, 7, u32::MAX] {
        let other = cast("v-1", &[("ALL", paper(&[number]))]);
        no.command(&open, &voter, other, Code::ProjectNotOnBallot, "choices");
    }
    let unknown = Paper { unknown: vec!["Le tram".into()], ..paper(&[1]) };
    no.command(&open, &voter, cast("v-1", &[("ALL", unknown)]), Code::ProjectNotOnBallot, "unknown");

    // what a log can't say
    let again = Event::Ballot(ballot::Event::BallotCast { area: id("ALL"), paper: paper(&[2]) });
    no.log(&voted, &voter, ("v-1", again), Code::AlreadyExists, "area");
    let replaced = Event::Ballot(ballot::Event::BallotReplaced { area: id("ALL"), paper: paper(&[2]) });
    no.log(&open, &voter, ("v-1", replaced), Code::NoBallot, "area");

    // imported ballots are kept as cast, but not everything is a ballot
    let mut past = super::result::past();
    past.act(&system(), publish());
    past.act(&system(), crate::support::sample::open(Phase::Vote));
    let unlisted = cast("v-1", &[("ALL", paper(&[2]))]);
    no.command(&past, &system(), unlisted, Code::ProjectNotOnBallot, "choices");
    let unpaired = Paper { points: Some(vec![]), ..paper(&[1]) };
    no.command(&past, &system(), cast("v-1", &[("ALL", unpaired)]), Code::BallotInvalid, "points");
    no
}
