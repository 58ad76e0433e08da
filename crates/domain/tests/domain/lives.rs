//! Every yes: what each command writes.

use crate::support::given::given;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::ballot::{self, Paper};
use domain::campaign::{self, Basis, Cause, Entry};
use domain::configuration::Configuration;
use domain::phase::Phase;
use domain::project::{self, Opinion};
use domain::proposal::{self, MergeKind};
use domain::site::{self, Milestone};
use domain::{Command, Event, count};
use tally::{Rule, TallyRule};
use transparency::{Draft, Hash, MAX_LEAF_BYTES, Origin};

fn campaign(event: campaign::Event) -> Event {
    Event::Campaign(event)
}

#[test]
fn a_campaign_is_configured() {
    let configuration = Box::new(configuration());
    let expected = campaign(campaign::Event::CampaignConfigured { configuration: configuration.clone() });
    given(&Story::default()).when(configure(*configuration), &coordinator()).then(&[expected]);
}

#[test]
fn a_phase_opens_and_closes_by_the_clock_or_with_a_reason() {
    let phase = Phase::PreIdeation;
    let fresh = Story::configured(configuration());
    let opened = campaign::Event::PhaseOpened { phase, cause: Cause::Clock, reason: None };
    given(&fresh).when(open(phase), &system()).then(&[campaign(opened)]);
    let closed = campaign::Event::PhaseClosed { phase, cause: Cause::Agent, reason: Some(hidden("La fête")) };
    given(&Story::at(phase)).when(close_because(phase, "La fête"), &coordinator()).then(&[campaign(closed)]);
}

#[test]
fn opening_the_vote_freezes_rules_and_list() {
    let mut before = Story::at(Phase::PreVote);
    before.live(Phase::PreVote);
    before.act(&system(), close(Phase::PreVote));
    given(&before).when(open(Phase::Vote), &system()).then_types(&["PhaseOpened", "RulesFrozen"]);

    // The digests say what was frozen: another envelope or rule or list gives another one.
    let digests = |configuration: Configuration, out_of_print: &str| {
        let mut past = Story::configured(Configuration { provenance: imported().provenance, ..configuration });
        for project in ["q-1", "q-2"] {
            past.act(&system(), form(project, "ALL", &[]));
            past.act(&system(), admit_for(project, 1, project == out_of_print));
        }
        past.act(&system(), publish());
        match &past.try_act(&system(), open(Phase::Vote)).unwrap()[1] {
            Event::Campaign(campaign::Event::RulesFrozen { rules, catalogue }) => (*rules, *catalogue),
            other => panic!("{other:?}"),
        }
    };
    let (rules, catalogue) = digests(configuration(), "");
    assert_eq!(digests(configuration(), ""), (rules, catalogue));
    let mut richer = configuration();
    richer.areas[0].envelope_cents = euros(100_001);
    assert_ne!(digests(richer, "").0, rules);
    let mut other_rule = configuration();
    other_rule.rules.tally = TallyRule { rule: Rule::GreedyStop, ..other_rule.rules.tally };
    assert_ne!(digests(other_rule, "").0, rules);
    let (same_rules, other_list) = digests(configuration(), "q-2");
    assert_eq!(same_rules, rules);
    assert_ne!(other_list, catalogue);
    // Words aren't frozen: they can be redacted.
    let renamed = Configuration { title: hidden("Autre titre"), ..configuration() };
    assert_eq!(digests(renamed, "").0, rules);
}

#[test]
fn the_list_is_all_admitted_projects_area_by_area() {
    let entry = |number, project: &str, units| Entry {
        number,
        project: id(project),
        reference: format!("R-{project}"),
        cost_cents: euros(units),
        withdrawn: false,
        excludes: Vec::new(),
    };
    let listed = |area: &str, entries: &[Entry]| {
        campaign(campaign::Event::CatalogueListed { area: id(area), entries: entries.into() })
    };
    given(&Story::at(Phase::PreVote)).when(publish(), &coordinator()).then(&[
        listed("ALL", &[entry(1, "q-1", 60_000), entry(2, "q-2", 50_000), entry(3, "q-3", 40_000)]),
        listed("D1", &[entry(4, "q-4", 30_000), entry(5, "q-5", 30_000)]),
        listed("D2", &[entry(6, "q-6", 20_000)]),
        campaign(campaign::Event::CataloguePublished { projects: 6 }),
    ]);
}

#[test]
fn a_long_list_comes_in_parts_that_fit_their_leaves() {
    let mut past = Story::configured(imported());
    for n in 0..230 {
        // The longest ids and references there can be; a backslash takes two bytes in JSON.
        let reference = format!("{n:03}{}", "\\".repeat(61));
        let project = format!("{n:03}{}", "x".repeat(61));
        past.act(&system(), form_as(&project, formation(&reference, "ALL", &[])));
        past.act(&system(), admit_for(&project, 999_999_999, true));
    }
    let events = past.try_act(&system(), publish()).unwrap();
    assert_eq!(events.len(), 4);
    let mut numbers = Vec::new();
    for event in &events {
        let (name, data) = event.encode().unwrap();
        let at = past.now().to_string();
        let origin = Origin { actor_id: "parvis", actor_role: "SYSTEM", at: &at, command_id: "c" };
        let draft = Draft::new(origin, "campaign/T2026", &name, 1, data, &mut || [0; 32]).unwrap();
        assert!(draft.seal("log", 1, 1).unwrap().len() < MAX_LEAF_BYTES);
        if let Event::Campaign(campaign::Event::CatalogueListed { entries, .. }) = event {
            numbers.extend(entries.iter().map(|entry| entry.number));
        }
    }
    assert_eq!(numbers, (1..=230).collect::<Vec<_>>());
}

#[test]
fn a_proposal_is_deposited_withdrawn_merged() {
    let deposited = proposal::Event::ProposalDeposited { deposit: Box::new(deposit_of("c-1")), awaits_approval: false };
    let ideation = Story::at(Phase::Ideation);
    given(&ideation).when(deposit("p-1", "c-1"), &citizen("c-1")).then(&[Event::Proposal(deposited.clone())]);
    // On paper, for somebody who can't come online.
    given(&ideation).when(deposit("p-1", "c-1"), &coordinator()).then(&[Event::Proposal(deposited)]);

    let mut with_deposits = ideation;
    with_deposits.live(Phase::Ideation);
    let withdrawn = proposal::Event::ProposalWithdrawn { reason: Some(hidden("Une meilleure idée")) };
    given(&with_deposits).when(withdraw("p-1"), &citizen("c-1")).then(&[Event::Proposal(withdrawn)]);

    let mut formed = Story::at(Phase::CoConstruction);
    formed.act(&coordinator(), form("q-20", "ALL", &["p-1", "p-9"]));
    let (project, kind) = (id("q-20"), MergeKind::CoConstruction);
    let merged = proposal::Event::ProposalMerged { project, kind, share_percent: None, reason: None, workshop: None };
    given(&formed).when(merge("p-1", "q-20"), &coordinator()).then(&[Event::Proposal(merged)]);
}

#[test]
fn a_project_is_formed_instructed_settled() {
    let forming = Story::at(Phase::PostIdeation);
    let formation = Box::new(formation("R-q-20", "D1", &["p-1"]));
    let formed = Event::Project(project::Event::ProjectFormed { formation });
    given(&forming).when(form("q-20", "D1", &["p-1"]), &coordinator()).then(&[formed]);

    let instructing = Story::at(Phase::CoConstruction);
    let against = verdict_of("PARKS", Opinion::Unfavourable, &[1]);
    let given_verdict =
        Event::Project(project::Event::VerdictGiven { verdict: Box::new(against.clone()), agent: Some(referent().id) });
    given(&instructing).when(verdict_as("q-1", against.clone()), &referent()).then(&[given_verdict]);

    // The last verdict of each department counts, and the cost is the sum of all lines.
    let mut instructed = instructing;
    instructed.act(&referent(), verdict_as("q-1", against));
    instructed.act(&referent(), verdict("q-1", "PARKS", &[300, 20]));
    instructed.act(&referent(), verdict("q-1", "ROADS", &[1]));
    let reason = Some(hidden("Avis favorable de la commission"));
    let admitted = project::Event::ProjectAdmitted { cost_cents: euros(321), withdrawn: false, reason };
    given(&instructed).when(admit("q-1"), &coordinator()).then(&[Event::Project(admitted)]);
    let said = project::Event::ProjectAdmitted { cost_cents: euros(321), withdrawn: false, reason: None };
    given(&instructed).when(admit_for("q-1", 321, false), &coordinator()).then(&[Event::Project(said)]);
    let refused = project::Event::ProjectRefused { reason: hidden("Hors compétence") };
    given(&instructed).when(refuse("q-1"), &coordinator()).then(&[Event::Project(refused)]);
}

#[test]
fn a_ballot_is_cast_replaced_cancelled() {
    let cast_in = |area: &str, paper| Event::Ballot(ballot::Event::BallotCast { area: id(area), paper });
    let replaced = |area: &str, paper| Event::Ballot(ballot::Event::BallotReplaced { area: id(area), paper });
    let cancelled = |area: &str| Event::Ballot(ballot::Event::BallotCancelled { area: id(area) });
    let voter = citizen("v-1");
    let mut story = Story::at(Phase::Vote);
    let ask = cast("v-1", &[("D1", paper(&[5])), ("ALL", paper(&[2, 1]))]);
    given(&story).when(ask.clone(), &voter).then(&[cast_in("D1", paper(&[5])), cast_in("ALL", paper(&[2, 1]))]);
    story.act(&voter, ask);
    let other = cast("v-1", &[("ALL", paper(&[3]))]);
    given(&story).when(other, &voter).then(&[replaced("ALL", paper(&[3]))]);
    given(&story).when(cancel("v-1", "D1"), &voter).then(&[cancelled("D1")]);
    // An officer enters a paper in place of a digital one.
    let by_officer = cast("v-1", &[("D1", on_paper(&[4]))]);
    given(&story).when(by_officer, &polling()).then(&[replaced("D1", on_paper(&[4]))]);
    // After a cancellation the other district is free again.
    story.act(&voter, cancel("v-1", "D1"));
    let elsewhere = cast("v-1", &[("D2", paper(&[6]))]);
    given(&story).when(elsewhere, &voter).then(&[cast_in("D2", paper(&[6]))]);
    assert_eq!(story.world.ballots[&id("v-1")].papers.len(), 1);
}

#[test]
fn the_box_is_closed_counted_and_the_result_proclaimed() {
    let story = Story::at(Phase::PostVote);
    // v-1: 2, v-2: 2, v-3: 2, v-4: 1, v-5: 2, v-6: none.
    let closed = campaign(campaign::Event::BallotBoxClosed { papers: 9 });
    given(&story).when(close_box(), &returning()).then(&[closed]);

    let drawn = Story::at(Phase::PreResult);
    let (areas, outcome) = count::result(&(&drawn.world).into()).unwrap();
    let [whole, first, second] = &areas[..] else { panic!("{areas:?}") };
    // Both have three supporters, so the lot says who is selected first; both fit exactly.
    assert_eq!(whole.winners.iter().collect::<std::collections::BTreeSet<_>>(), [&id("q-1"), &id("q-3")].into());
    assert_eq!((whole.spent_cents, whole.counted, whole.invalid), (euros(100_000), 5, 0));
    // One supporter each and money for one: the lot decides.
    assert_eq!((first.winners.len(), first.spent_cents, first.counted), (1, euros(30_000), 2));
    assert_eq!((second.winners.as_slice(), second.spent_cents), (&[id("q-6")][..], euros(20_000)));
    let event = campaign::Event::ResultProclaimed { basis: Basis::Counted, areas, outcome: Some(outcome) };
    given(&drawn).when(proclaim(), &returning()).then(&[campaign(event)]);
}

#[test]
fn another_lot_may_choose_another_winner() {
    let mut closed = Story::at(Phase::PostVote);
    closed.act(&returning(), close_box());
    let winners = (0..20).map(|value| {
        let mut story = closed.clone();
        story.act(&returning(), draw(&value.to_string()));
        count::result(&(&story.world).into()).unwrap().0[1].winners.clone()
    });
    let winners: std::collections::BTreeSet<_> = winners.collect();
    assert_eq!(winners, [vec![id("q-4")], vec![id("q-5")]].into());
    let root = Hash::of(&[b"root"]);
    let drawn = campaign::Event::LotSeedDrawn { size: 60, root, public_value: "7".into() };
    given(&closed).when(draw("7"), &returning()).then(&[campaign(drawn)]);
}

#[test]
fn a_rule_without_lot_needs_none() {
    let mut configuration = configuration();
    configuration.rules.tally.tie_break.clear();
    let mut past = Story::configured(configuration);
    for phase in Phase::ALL.into_iter().take_while(|phase| *phase < Phase::PostVote) {
        past.act(&system(), open(phase));
        past.live(phase);
        past.act(&system(), close(phase));
    }
    past.act(&returning(), close_box());
    given(&past).when(proclaim(), &returning()).then_types(&["ResultProclaimed"]);
}

#[test]
fn imported_ballots_are_kept_as_cast() {
    let mut past = Story::configured(imported());
    for (project, withdrawn) in [("q-1", false), ("q-2", true)] {
        past.act(&system(), form(project, "ALL", &[]));
        past.act(&system(), admit_for(project, 1_000, withdrawn));
    }
    past.act(&system(), publish());
    past.act(&system(), open(Phase::Vote));
    let odd = Paper { unknown: vec!["17b".into()], ..paper(&[2, 2, 1, 2]) };
    past.act(&system(), cast("v-1", &[("ALL", odd.clone())]));
    past.act(&system(), cast("v-2", &[("ALL", paper(&[2]))]));
    past.act(&system(), close(Phase::Vote));
    past.act(&system(), close_box());
    past.act(&system(), draw("7"));
    assert_eq!(past.world.ballots[&id("v-1")].paper(&id("ALL")), Some(&odd));
    let counts = count::areas(&(&past.world).into(), None).unwrap();
    assert!(!counts[0].outcome.kept_as_cast.is_empty(), "{:?}", counts[0].outcome);
    // Withdrawn after the papers were printed: the most votes, and no winner.
    let (areas, _) = count::result(&(&past.world).into()).unwrap();
    assert_eq!(areas[0].winners, [id("q-1")]);
}

#[test]
fn a_past_result_without_ballots_is_recorded() {
    let mut configuration = imported();
    configuration.calendar.retain(|period| period.phase == Phase::Result);
    let past = crate::refusals::past_of(configuration);
    let areas = vec![crate::refusals::recorded("ALL", &["q-1"])];
    let record = Command::Campaign(campaign::Command::RecordResult { areas: areas.clone() });
    let event = campaign::Event::ResultProclaimed { basis: Basis::Recorded, areas, outcome: None };
    given(&past).when(record.clone(), &system()).then(&[campaign(event)]);
    let mut recorded = past;
    recorded.act(&system(), record);
    given(&recorded).when(open(Phase::Result), &system()).then_types(&["PhaseOpened"]);
    // Published dates may run backwards, and titles be missing.
    let mut opening = opening("q-1", "ALL");
    opening.title = hidden("");
    recorded.act(&system(), Command::Site(id("s-1"), site::Command::Open(Box::new(opening))));
    recorded.act(&system(), reach("s-1", Milestone::Studies, Some("2027-06-01")));
    let earlier = reach("s-1", Milestone::Works, Some("2027-05-01"));
    given(&recorded).when(earlier, &system()).then_types(&["MilestoneReached"]);
}

#[test]
fn a_site_goes_its_way() {
    let result = Story::at(Phase::Result);
    let opened = site::Event::SiteOpened { opening: Box::new(opening("q-6", "D2")) };
    given(&result).when(open_site("s-1", "q-6", "D2"), &coordinator()).then(&[Event::Site(opened)]);
    let mut story = result;
    story.act(&coordinator(), open_site("s-1", "q-6", "D2"));
    let on = "2027-03".parse().unwrap();
    let planned = site::Event::MilestonePlanned { milestone: Milestone::Works, on, reason: None };
    let ask = plan("s-1", Milestone::Works, "2027-03", None);
    given(&story).when(ask.clone(), &referent()).then(&[Event::Site(planned)]);
    story.act(&referent(), ask);
    let moved = plan("s-1", Milestone::Works, "2027-04", Some("La crue"));
    given(&story).when(moved, &referent()).then_types(&["MilestonePlanned"]);
    // A month that began before the last date is not before it when it says so: stages may be skipped.
    story.act(&referent(), reach("s-1", Milestone::Studies, Some("2027-03-01")));
    let reached = site::Event::MilestoneReached { milestone: Milestone::Works, on: Some("2027-03".parse().unwrap()) };
    given(&story).when(reach("s-1", Milestone::Works, Some("2027-03")), &referent()).then(&[Event::Site(reached)]);
    let abandoned = site::Event::SiteAbandoned { reason: hidden("Le sol est pollué") };
    given(&story).when(abandon("s-1"), &coordinator()).then(&[Event::Site(abandoned)]);
}
