//! What the tables say.

use crate::fold;
use crate::support::kept::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::ProjectId;
use domain::Role;
use domain::campaign::Basis;
use domain::council::Ruling;
use domain::phase::Phase;
use domain::redaction::Ground;
use domain::site::Milestone;
use projections::projects::ProjectState;
use projections::proposals::ProposalState;
use projections::results;
use projections::sites::SiteState;
use tally::{Channel, Reason};

#[test]
fn proposals_know_where_they_went_and_projects_where_they_come_from() {
    let model = fold(&Story::whole().records());
    let proposal = |n: &str| model.proposals.get(&id(n)).unwrap();
    let project = |n: &str| model.projects.get(&id(n)).unwrap();
    let into = |n: &str| proposal(n).merges.iter().map(|merge| merge.project.clone()).collect::<Vec<_>>();
    assert_eq!(into("p-1"), [id("q-1")]);
    assert_eq!(into("p-7"), [id("q-6"), id("q-7")]);
    assert_eq!(project("q-1").formation.proposals, [id("p-1"), id("p-2")]);
    // Both directions tell the same.
    for row in model.proposals.rows() {
        for merge in &row.merges {
            assert!(model.projects.get(&merge.project).unwrap().formation.proposals.contains(&row.id));
        }
    }
    assert_eq!(proposal("p-1").state(), ProposalState::Merged);
    assert_eq!(proposal("p-8").state(), ProposalState::Withdrawn);
    assert_eq!(proposal("p-9").state(), ProposalState::Deposited);
    assert_eq!(model.proposals.len(), 9);
}

#[test]
fn a_project_shows_its_instruction_and_its_number_on_the_ballot() {
    let model = fold(&Story::whole().records());
    let project = |n: &str| model.projects.get(&id(n)).unwrap();
    let q_1 = project("q-1");
    // The department's second verdict took the place of its first.
    let costs = |row: &projections::instruction::VerdictRow| {
        row.verdict.lines.iter().map(|line| line.cents).collect::<Vec<_>>()
    };
    assert_eq!(
        q_1.verdicts.iter().map(costs).collect::<Vec<_>>(),
        [vec![euros(50_000)], vec![euros(9_000), euros(1_000)]]
    );
    assert_eq!((q_1.state(), q_1.cost_cents(), q_1.number), (ProjectState::Admitted, Some(euros(60_000)), Some(1)));
    let q_7 = project("q-7");
    assert_eq!((q_7.state(), q_7.cost_cents(), q_7.number), (ProjectState::Refused, None, None));
    assert_eq!(q_7.decision.as_ref().unwrap().reason, Some(hidden("Hors compétence")));
    assert_eq!(project("q-8").state(), ProjectState::UnderInstruction);
}

#[test]
fn turnout_counts_papers_by_day_area_and_channel() {
    let mut story = Story::at(Phase::Vote);
    story.live(Phase::Vote);
    let model = fold(&story.records());
    let told = |area: &str, channel| {
        let rows = model.turnout.iter().filter(|(key, _)| key.area == id(area) && key.channel == channel);
        rows.map(|(_, row)| (row.cast, row.replaced, row.cancelled)).collect::<Vec<_>>()
    };
    assert_eq!(told("ALL", Channel::Digital), [(5, 1, 1)]);
    assert_eq!(told("ALL", Channel::Paper), [(1, 0, 0)]);
    assert_eq!(told("D1", Channel::Digital), [(3, 0, 1)]);
    assert_eq!(told("D2", Channel::Digital), [(2, 0, 0)]);
    assert_eq!(model.turnout.len(), 4);
    // Who has no paper left has no row left.
    let voters: Vec<_> = model.ballots.iter().map(|(voter, _)| voter.as_str()).collect();
    assert_eq!(voters, ["v-1", "v-2", "v-3", "v-4", "v-5"]);
    let papers: usize = model.ballots.rows().map(|row| row.ballot.papers.len()).sum();
    assert_eq!(papers, 9);
}

#[test]
fn no_count_is_there_before_the_proclamation() {
    let records = Story::whole().records();
    let mut model = projections::Model::default();
    let mut proclaimed = false;
    for record in &records {
        model.apply(record).unwrap();
        proclaimed |= record.event.encode().unwrap().0 == "ResultProclaimed";
        assert_eq!(model.counts_are_public(), proclaimed, "position {}", record.position);
        assert_eq!(model.results.is_empty(), !proclaimed, "position {}", record.position);
        assert_eq!(model.area_results.is_empty(), !proclaimed, "position {}", record.position);
        assert_eq!(results::proclaimed(&model).is_some(), proclaimed);
    }
    assert!(proclaimed);
}

#[test]
fn every_project_on_the_ballot_has_its_reason() {
    let model = fold(&Story::whole().records());
    let row = |n: &str| model.results.get(&id::<ProjectId>(n)).unwrap();
    let decision = |n: &str| row(n).decision.clone().unwrap();
    assert_eq!(model.results.len(), 6);
    for (project, score, elected) in [("q-1", 3, true), ("q-2", 2, false), ("q-3", 3, true), ("q-6", 2, true)] {
        assert_eq!((decision(project).score, row(project).elected), (score, elected), "{project}");
    }
    // Two with three votes each took the whole envelope.
    assert_eq!(decision("q-2").reason, Reason::CostExceedsWhatIsLeft);
    assert_eq!(decision("q-2").left, domain::Cents::ZERO);
    assert_ne!(row("q-4").elected, row("q-5").elected);
    let whole = model.area_results.get(&id("ALL")).unwrap();
    assert_eq!((whole.basis, whole.spent_cents, whole.counted), (Basis::Counted, euros(100_000), 5));
    let order = |n: &str| row(n).selected_as.unwrap();
    assert_eq!(whole.winners, if order("q-1") == 1 { [id("q-1"), id("q-3")] } else { [id("q-3"), id("q-1")] });
    assert_eq!(results::winners(&model.area_results).count(), 4);
}

#[test]
fn sites_keep_the_dates_that_were_promised_before() {
    let model = fold(&Story::whole().records());
    let site = model.sites.get(&id("s-1")).unwrap();
    assert_eq!(site.state(), SiteState::Done);
    let stages: Vec<_> = site.milestones.iter().map(|row| row.milestone).collect();
    assert_eq!(stages, [Milestone::Studies, Milestone::Works, Milestone::Done]);
    let plans: Vec<String> = site.milestones[0].plans.iter().map(|plan| plan.on.to_string()).collect();
    assert_eq!(plans, ["2027-03", "2027-05-15"]);
    assert_eq!(site.milestones[0].plans[1].reason, Some(hidden("La crue")));
    let given_up = model.sites.get(&id("s-2")).unwrap();
    assert_eq!(given_up.state(), SiteState::Abandoned);
    assert_eq!(given_up.abandoned.as_ref().unwrap().reason, hidden("Le sol est pollué"));
}

#[test]
fn the_overview_tells_the_calendar_as_it_was_and_as_it_is() {
    let mut story = Story::whole();
    story.act(&coordinator(), close_because(Phase::Result, "Tout est construit"));
    let model = fold(&story.records());
    let overview = &model.overview;
    assert_eq!((overview.code.as_str(), overview.current_phase()), (CODE, None));
    assert_eq!(overview.phases.len(), 11);
    assert!(overview.phases.iter().all(|row| row.opened.is_some() && row.closed.is_some()));
    let last = overview.phases[10].closed.as_ref().unwrap();
    assert_eq!(last.reason, Some(hidden("Tout est construit")));
    assert_eq!(overview.box_closed.unwrap().1, 9);
    assert_eq!(overview.lot.as_ref().unwrap().public_value, "3 7 12 28 41");
    assert!(overview.frozen.is_some() && overview.catalogue_published.is_some());
    assert_eq!(overview.proclaimed.unwrap().1, Basis::Counted);
    let areas: Vec<_> = model.areas.rows().map(|row| (row.place, row.envelope_cents)).collect();
    assert_eq!(areas, [(0, euros(100_000)), (1, euros(50_000)), (2, euros(30_000))]);
    // Configuring anew keeps what really happened.
    let mut story = Story::at(Phase::Ideation);
    story.act(&coordinator(), configure(configuration()));
    let model = fold(&story.records());
    assert_eq!(model.overview.current_phase(), Some(Phase::Ideation));
    assert_eq!(model.overview.created.unwrap().position, 0);
}

#[test]
fn a_decision_of_the_council_stands_beside_the_count() {
    let mut story = Story::ruled();
    let model = fold(&story.records());
    assert_eq!(model.overview.proclaimed_by, [returning().id, second_returning().id]);
    let told = |model: &projections::Model| model.projects.get(&id("q-1")).unwrap().council.clone();
    let [row] = &told(&model)[..] else { panic!("one decision") };
    assert_eq!((&row.decided, row.by), (&decided("q-1", Ruling::Removed), Role::ReturningOfficer));
    let counted = model.results.get(&id("q-1")).unwrap();
    assert!(counted.elected && counted.decision.as_ref().unwrap().elected);
    assert_eq!(model.campaign.is_carried_out(&id("q-1")), Some(false));

    // Its reason can be removed like any text, and nothing else of it.
    let position = story.position("CouncilDecided");
    story.by_two(&moderator(), &coordinator(), redact(&[(position, "/data/reason")], Ground::Moderation));
    let model = fold(&story.records());
    let [row] = &told(&model)[..] else { panic!("one decision") };
    assert!(row.decided.reason.is_redacted());
    assert_eq!((row.decided.decision, row.moment.position), (Ruling::Removed, position));
}
