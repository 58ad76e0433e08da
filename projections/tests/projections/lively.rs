//! What the tables say of the year with everything that people may do.

use crate::fold;
use crate::support::kept::moderator;
use crate::support::lively::*;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::comment::{self, Subject};
use domain::participant::Content;
use domain::phase::Phase;
use domain::project::{Command, Ending, Opinion, ScopeChange, Verdict};
use domain::workshop::Standing;
use domain::{ActorId, ProjectId, Role, WorkshopId};
use projections::Model;
use projections::equity::{self, Dimension};
use projections::projects::{ProjectRow, ProjectState};
use projections::proposals::{ProposalRow, ProposalState, proposal_state};
use std::sync::Arc;

fn year() -> Model {
    fold(&Story::lively().records())
}

fn proposal<'a>(model: &'a Model, n: &str) -> &'a Arc<ProposalRow> {
    model.proposals.get(&id(n)).unwrap()
}

fn project<'a>(model: &'a Model, n: &str) -> &'a Arc<ProjectRow> {
    model.projects.get(&id(n)).unwrap()
}

#[test]
fn a_proposal_keeps_every_version_and_its_authors() {
    let model = year();
    let row = proposal(&model, "p-1");
    let versions = row.versions();
    assert_eq!(versions.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(versions[1].changed, ["title"]);
    assert_eq!(versions[0].content.title, hidden("Une fontaine à l’école"));
    assert_eq!((row.version(), &row.deposit), (2, &versions[1].content));
    assert_eq!(row.deposit.title, hidden("Une fontaine et un banc"));
    assert!(row.searchable.contains("un banc"));
    let authors: Vec<&str> = row.co_authors.iter().map(|one| one.pseudonym.as_str()).collect();
    assert_eq!(authors, ["c-5"]);
    assert!(row.is_by("c-1") && row.is_by("c-5") && !row.is_by("c-6"));
    assert!(!row.awaits_approval && row.approved.unwrap().position > versions[1].moment.position);
    let restored = proposal(&model, "p-4");
    assert!(restored.removed.is_none() && restored.is_public());
    assert_eq!(restored.restored.as_ref().unwrap().by, Role::Moderator);
}

#[test]
fn where_a_proposal_stands_follows_from_its_projects() {
    let mut story = Story::careful_at(Phase::Ideation);
    story.act(&citizen("c-1"), deposit("p-1", "c-1"));
    let state = |story: &Story| {
        let model = fold(&story.records());
        proposal_state(&model, proposal(&model, "p-1"))
    };
    assert_eq!(state(&story), ProposalState::AwaitingApproval);
    story.act(&moderator(), approve("p-1"));
    assert_eq!(state(&story), ProposalState::Deposited);
    story.act(&moderator(), remove("p-1"));
    assert_eq!(state(&story), ProposalState::Removed);
    story.act(&moderator(), restore("p-1"));
    story.turn(Phase::PostIdeation);
    story.act(&coordinator(), form_as("q-1", formation_here("R-1", &["p-1"])));
    story.act(&coordinator(), merge("p-1", "q-1"));
    assert_eq!(state(&story), ProposalState::Merged);
    story.act(&coordinator(), assign("q-1", "PARKS", true));
    assert_eq!(state(&story), ProposalState::UnderInstruction);
    let mut other = story.clone();
    other.act(&coordinator(), refuse("q-1"));
    assert_eq!(state(&other), ProposalState::NotRetained);
    let model = year();
    assert_eq!(proposal_state(&model, proposal(&model, "p-1")), ProposalState::Retained);
    assert_eq!(proposal_state(&model, proposal(&model, "p-5")), ProposalState::Withdrawn);
}

#[test]
fn comments_stand_in_threads_with_the_pinned_first() {
    let model = year();
    let on = |subject: Subject| model.comments_on(&subject).map(|row| row.id.to_string()).collect::<Vec<_>>();
    assert_eq!(on(Subject::Proposal(id("p-1"))), ["k-2", "k-1", "k-3"]);
    assert_eq!(on(Subject::Workshop(id("w-1"))), ["k-4"]);
    assert!(on(Subject::Proposal(id("p-2"))).is_empty());
    let row = |n: &str| model.comments.get(&id(n)).unwrap();
    assert!(row("k-2").official && row("k-2").pinned && row("k-2").answers == Some(id("k-1")));
    // One was taken back by its author after a moderator had restored it.
    assert!(row("k-3").withdrawn.is_some() && row("k-3").removed.is_none() && row("k-3").reports == 1);
    assert_eq!(proposal(&model, "p-1").comments, 2);
}

#[test]
fn counts_of_comments_follow_what_everybody_may_read() {
    let mut story = Story::careful_at(Phase::Ideation);
    story.act(&citizen("c-1"), deposit("p-1", "c-1"));
    story.act(&moderator(), approve("p-1"));
    let steps = [
        (citizen("c-2"), post("k-1", "p-1"), 0),
        (moderator(), on("k-1", comment::Command::Approve), 1),
        (moderator(), on("k-1", comment::Command::Remove { reason: "Injures".into() }), 0),
        (moderator(), on("k-1", comment::Command::Restore { reason: "Citation".into() }), 1),
        (coordinator(), answer("k-2", "p-1", Some("k-1")), 2),
        (citizen("c-2"), on("k-1", comment::Command::Withdraw), 1),
        (moderator(), on("k-1", comment::Command::Remove { reason: "Injures".into() }), 1),
    ];
    for (actor, command, expected) in steps {
        story.act(&actor, command.clone());
        let model = fold(&story.records());
        assert_eq!(proposal(&model, "p-1").comments, expected, "{command:?}");
    }
}

#[test]
fn supports_are_one_look_away_and_reports_wait_until_a_moderator_acts() {
    let model = year();
    let supports = |who: &str| model.supports(&id::<ActorId>(who), &id("p-1"));
    assert!(supports("c-2") && !supports("c-3") && !supports("c-4"));
    assert_eq!(proposal(&model, "p-1").supports, 1);
    let open: Vec<_> = model.open_reports().map(|row| row.content.clone()).collect();
    assert_eq!(open, [Content::Proposal(id("p-2"))]);
    assert_eq!((model.reports.len(), proposal(&model, "p-2").reports), (2, 1));
    let mut story = Story::careful_at(Phase::Ideation);
    story.act(&citizen("c-1"), deposit("p-1", "c-1"));
    story.act(&citizen("c-2"), deposit("p-2", "c-2"));
    let waiting = projections::work::awaiting_approval(&fold(&story.records()));
    let waiting: Vec<_> = waiting.into_iter().map(|(_, content)| content).collect();
    assert_eq!(waiting, [Content::Proposal(id("p-1")), Content::Proposal(id("p-2"))]);
    story.act(&moderator(), approve("p-2"));
    story.act(&citizen("c-1"), report("c-1", Content::Proposal(id("p-2"))));
    let open = |story: &Story| fold(&story.records()).open_reports().count();
    assert_eq!(open(&story), 1);
    story.act(&moderator(), remove("p-2"));
    assert_eq!(open(&story), 0);
    story.act(&moderator(), restore("p-2"));
    assert_eq!(open(&story), 0);
    assert_eq!(projections::work::awaiting_approval(&fold(&story.records())).len(), 1);
}

#[test]
fn a_workshop_tells_its_whole_life() {
    let model = year();
    let row = model.workshops.get(&id::<WorkshopId>("w-1")).unwrap();
    assert_eq!((row.version(), row.versions()[1].changed.as_slice()), (2, &["capacity".to_owned()][..]));
    let registered: Vec<_> = row.registrations.iter().map(|one| (one.participant.as_str(), one.standing)).collect();
    assert_eq!(registered, [("c-1", Standing::Depositor), ("c-7", Standing::Invited)]);
    assert!(row.is_registered("c-7") && !row.is_registered("c-3"));
    assert_eq!((row.invited, row.attendance.as_ref().unwrap().others), (1, 4));
    let choices: Vec<u32> = row.alternatives.iter().map(|one| one.choices).collect();
    assert_eq!(choices, [0, 1]);
    assert!(row.minutes.is_some() && row.final_text.is_some() && row.cancelled.is_none());
    assert_eq!(row.projects, [id::<ProjectId>("q-1")]);
    assert!(model.workshops.get(&id::<WorkshopId>("w-2")).unwrap().cancelled.is_some());
}

#[test]
fn a_project_keeps_its_links_its_sheets_and_its_ending() {
    let model = year();
    let row = project(&model, "q-1");
    let links: Vec<_> = row.proposals.iter().map(|link| (link.proposal.as_str(), link.taken_out.is_some())).collect();
    assert_eq!(links, [("p-1", false), ("p-2", true)]);
    assert_eq!(row.current_proposals().count(), 1);
    let versions = row.versions();
    assert_eq!((versions.len(), row.version(), versions[1].changed.as_slice()), (2, 2, &["title".to_owned()][..]));
    assert_eq!((versions[1].workshop.clone(), &row.sheet), (Some(id("w-1")), &versions[1].content));
    assert!(row.searchable.contains("un banc") && !row.searchable.contains("pour tous"));
    let merges: Vec<_> =
        proposal(&model, "p-2").merges.iter().map(|m| (m.project.as_str(), m.undone.is_some())).collect();
    assert_eq!(merges, [("q-1", true), ("q-2", true), ("q-3", false)]);
    let merge = &proposal(&model, "p-1").merges[0];
    assert_eq!((merge.share_percent, merge.workshop.clone(), merge.by), (Some(60), Some(id("w-1")), Role::Coordinator));
    assert_eq!(project(&model, "q-2").ending.as_ref().unwrap().ending, Ending::Split(vec![id("q-3"), id("q-4")]));
    assert_eq!(
        (project(&model, "q-2").state(), project(&model, "q-5").state()),
        (ProjectState::Ended, ProjectState::Ended)
    );
    assert_eq!(project(&model, "q-4").absorbed, [id("q-5")]);
    assert_eq!(project(&model, "q-3").exclusions.len(), 1);
    assert_eq!(project(&model, "q-1").number, Some(1));
}

#[test]
fn a_project_shows_its_instruction_step_by_step() {
    let model = year();
    let row = project(&model, "q-1");
    let assignments: Vec<_> =
        row.assignments.iter().map(|one| (one.department.as_str(), one.handed_back.is_some())).collect();
    assert_eq!(assignments, [("PARKS", false), ("ROADS", true)]);
    assert_eq!(row.assignments[0].instructor.as_ref().unwrap().0, id("agent-2"));
    let said =
        |row: &projections::instruction::VerdictRow| (row.verdict.opinion, row.agent.clone().unwrap(), row.round);
    let conditional = Opinion::FavourableWithConditions;
    assert_eq!(row.verdicts.iter().map(said).collect::<Vec<_>>(), [(conditional, "agent-21".into(), 2)]);
    assert_eq!(
        row.former_verdicts.iter().map(said).collect::<Vec<_>>(),
        [(Opinion::Unfavourable, "agent-2".into(), 1), (conditional, "agent-21".into(), 2)]
    );
    let consolidations: Vec<_> = row.consolidations.iter().map(|one| (one.opinion, one.reopened.is_some())).collect();
    assert_eq!(consolidations, [(Opinion::Unfavourable, false), (conditional, true), (conditional, false)]);
    assert_eq!(row.consolidation().unwrap().cost_cents, euros(21_000));
    assert_eq!((row.appeal.as_ref().unwrap().author.as_str(), row.commitments.len()), ("c-5", 1));
    assert!(row.scope.is_some());
    assert_eq!((row.state(), row.cost_cents()), (ProjectState::Admitted, Some(euros(15_000))));
}

#[test]
fn what_departments_say_anew_takes_the_place_of_what_was_said_before() {
    let mut story = Story::careful_at(Phase::Ideation);
    story.act(&citizen("c-1"), deposit("p-1", "c-1"));
    story.act(&moderator(), approve("p-1"));
    story.turn(Phase::PostIdeation);
    story.act(&coordinator(), form_as("q-1", formation_here("R-1", &["p-1"])));
    story.act(&coordinator(), merge("p-1", "q-1"));
    story.act(&referent(), verdict("q-1", "ROADS", &[10_000]));
    let told = |story: &Story| {
        let model = fold(&story.records());
        let row = project(&model, "q-1");
        // The same departments speak in the stream.
        let verdicts = &story.world.projects[&id("q-1")].instruction.verdicts;
        let latest = row.verdicts.iter().map(|one| &one.verdict.department);
        assert!(latest.eq(verdicts.keys()));
        (
            row.verdicts.len(),
            row.former_verdicts.len(),
            row.scope.is_some(),
            row.assignments.first().map(|one| one.answered.is_some()),
        )
    };
    assert_eq!(told(&story), (1, 0, false, None));
    // Before anybody was asked.
    story.act(&coordinator(), assign("q-1", "ROADS", true));
    assert_eq!(told(&story), (0, 1, false, Some(false)));
    story.act(
        &referent(),
        verdict_as("q-1", Verdict { department: id("ROADS"), ..full_verdict(Opinion::Favourable, 20) }),
    );
    story.act(&coordinator(), about("q-1", Command::Consolidate));
    let lines = verdict_of("ROADS", Opinion::Favourable, &[15]).lines;
    let change = Box::new(ScopeChange { description: None, lines, reason: hidden("L’enveloppe") });
    story.act(&coordinator(), about("q-1", Command::ChangeScope(change)));
    assert_eq!(told(&story), (1, 1, true, Some(true)));
    story.act(&coordinator(), about("q-1", Command::Reopen { reason: "Un chiffre manque".into() }));
    assert_eq!(told(&story), (1, 1, false, Some(true)));
}

#[test]
fn the_map_is_in_the_rows_and_outlives_another_configuration() {
    let model = year();
    let area = |model: &Model, n: &str| model.areas.get(&id(n)).unwrap().clone();
    assert_eq!(area(&model, "D1").outline.as_deref(), Some(&square(50_000)));
    assert_eq!(
        (area(&model, "D1").postcodes.clone(), area(&model, "D2").outline.is_none()),
        (vec!["75001".into()], true)
    );
    let one = model.neighbourhoods.get(&id("N1")).unwrap();
    assert_eq!((one.outline.as_deref(), &one.name), (Some(&square(5_000)), &hidden("Les Berges")));
    assert!(proposal(&model, "p-1").deposit.neighbourhood.is_some());
    assert_eq!(model.overview.participation.comment_max, 500);
    let mut story = Story::careful_at(Phase::Ideation);
    let again = story.world.campaign.configuration.clone().unwrap();
    story.act(&coordinator(), configure(domain::configuration::Configuration { year: 2027, ..*again }));
    let model = fold(&story.records());
    assert_eq!((model.overview.year, area(&model, "D1").outline.is_some()), (2027, true));
}

#[test]
fn equity_counts_and_delays_are_those_of_the_year() {
    let model = year();
    let rows = equity::equity(&model, Dimension::Area);
    assert_eq!(rows.iter().map(|row| row.group.as_str()).collect::<Vec<_>>(), ["D1"]);
    let d1 = &rows[0];
    assert_eq!((d1.deposited, d1.withdrawn, d1.removed, d1.merged), (5, 1, 0, 4));
    assert_eq!((d1.projects, d1.admitted, d1.refused, d1.appeals), (5, 3, 0, 1));
    assert_eq!(d1.acceptance_per_mille, Some(1_000));
    // Deposits are of the first hour of the year; the first verdicts came after the workshop in April.
    let days = (hour("04-20T00:00").unix() - month(0).unix()) / 86_400;
    assert_eq!(d1.to_verdict.unwrap().count, 4);
    assert_eq!(d1.to_verdict.unwrap().median, u64::try_from(days * 10).unwrap() - 1);
    let kinds = equity::equity(&model, Dimension::Depositor);
    let told: Vec<_> = kinds.iter().map(|row| (row.group.as_str(), row.deposited, row.projects)).collect();
    assert_eq!(told, [("ASSOCIATION", 1, 1), ("INDIVIDUAL", 4, 4)]);
    let priority = equity::equity(&model, Dimension::Neighbourhood);
    assert_eq!(priority.iter().map(|row| row.group.as_str()).collect::<Vec<_>>(), ["PRIORITY"]);
    let departments = equity::departments(&model);
    let told: Vec<_> = departments.iter().map(|row| (row.department.as_str(), row.assigned, row.handed_back)).collect();
    assert_eq!(told, [("PARKS", 1, 0), ("ROADS", 1, 1)]);
    assert_eq!(departments[0].delays.unwrap().count, 1);
    assert_eq!((departments[0].late, departments[1].delays), (0, None));
}
