//! Work lists, what lies near, and what says something alike.

use crate::fold;
use crate::support::kept::moderator;
use crate::support::lively::*;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::phase::Phase;
use domain::project::{self, Opinion};
use domain::proposal::{Command as OfProposal, Point};
use domain::{Actor, Timestamp};
use projections::Model;
use projections::similar::{Query, similar};
use projections::work::{Desk, List, counts, tasks};

/// Three projects of one proposal each, in co-construction.
fn three() -> Story {
    let mut story = Story::careful_at(Phase::Ideation);
    for n in 1..=3 {
        story.act(&citizen(&format!("c-{n}")), deposit(&format!("p-{n}"), &format!("c-{n}")));
        story.act(&moderator(), approve(&format!("p-{n}")));
    }
    story.turn(Phase::PostIdeation);
    for n in 1..=3 {
        let (project, proposal) = (format!("q-{n}"), format!("p-{n}"));
        story.act(&coordinator(), form_as(&project, formation_here(&format!("R-{n}"), &[&proposal])));
        story.act(&coordinator(), merge(&proposal, &project));
    }
    story.turn(Phase::CoConstruction);
    story
}

fn assign_for(project: &str, department: &str, due: Timestamp) -> domain::Command {
    let assignment = project::Assignment { department: id(department), mandatory: true, due };
    about(project, project::Command::Assign(assignment))
}

fn name(project: &str, department: &str, agent: &Actor) -> domain::Command {
    let (department, agent) = (id(department), id(&agent.id));
    about(project, project::Command::NameInstructor { department, agent })
}

fn desk(departments: &[&str], now: Timestamp) -> Desk {
    let agent = Some(id(&referent().id));
    Desk { agent, departments: departments.iter().map(|one| id(one)).collect(), now }
}

fn on(model: &Model, desk: &Desk, list: List) -> Vec<String> {
    let found = tasks(model, desk, list);
    assert_eq!(counts(model, desk)[&list], found.len(), "{list:?}");
    found.iter().map(|task| task.project.id.to_string()).collect()
}

#[test]
fn a_project_waits_for_whom_it_waits() {
    let mut story = three();
    let (agent, referent) = (coordinator(), referent());
    let (early, late) = (month(4), month(6));
    let parks = desk(&["PARKS"], month(5));
    let all = desk(&[], month(5));
    let none = on(&fold(&story.records()), &parks, List::Department);
    assert!(none.is_empty());
    assert_eq!(on(&fold(&story.records()), &all, List::Unassigned), ["q-1", "q-2", "q-3"]);
    for (project, department, due) in
        [("q-1", "PARKS", late), ("q-2", "PARKS", early), ("q-2", "ROADS", late), ("q-3", "ROADS", late)]
    {
        story.act(&agent, assign_for(project, department, due));
    }
    story.act(&agent, name("q-1", "PARKS", &referent));
    let model = fold(&story.records());
    assert_eq!(on(&model, &parks, List::Mine), ["q-1"]);
    assert_eq!(on(&model, &parks, List::Department), ["q-2", "q-1"]);
    assert_eq!(on(&model, &parks, List::Late), ["q-2"]);
    assert_eq!(on(&model, &desk(&["PARKS"], early), List::Late), [""; 0]);
    assert_eq!(on(&model, &parks, List::Waiting), [""; 0]);
    assert_eq!(on(&model, &all, List::Waiting), ["q-2", "q-1", "q-3"]);
    assert_eq!(tasks(&model, &all, List::Waiting)[0].due, Some(early));
    assert_eq!(on(&model, &all, List::Unassigned), [""; 0]);

    story.act(&referent, verdict_as("q-2", full_verdict(Opinion::Favourable, 10)));
    let reason = "Pas de voirie".into();
    story.act(&referent, about("q-3", project::Command::HandBack { department: id("ROADS"), reason }));
    let model = fold(&story.records());
    assert_eq!(on(&model, &parks, List::Department), ["q-1"]);
    assert_eq!(on(&model, &parks, List::Waiting), ["q-2"]);
    assert_eq!(
        (on(&model, &all, List::HandedBack), on(&model, &all, List::Unassigned)),
        (vec!["q-3".into()], vec!["q-3".into()])
    );
    story.act(&agent, assign_for("q-3", "PARKS", late));
    assert_eq!(on(&fold(&story.records()), &all, List::HandedBack), [""; 0]);
}

#[test]
fn an_appeal_puts_a_project_back_on_the_lists() {
    let mut story = three();
    let (agent, referent) = (coordinator(), referent());
    let all = desk(&[], month(5));
    story.act(&agent, assign_for("q-1", "PARKS", month(6)));
    story.act(&referent, verdict_as("q-1", full_verdict(Opinion::Unfavourable, 10)));
    assert_eq!(on(&fold(&story.records()), &all, List::ToConsolidate), ["q-1"]);
    story.act(&agent, about("q-1", project::Command::Consolidate));
    let model = fold(&story.records());
    assert_eq!(
        (on(&model, &all, List::ToConsolidate), on(&model, &all, List::Undecided)),
        (vec![], vec!["q-1".into()])
    );
    let until = model.projects.get(&id("q-1")).unwrap().consolidation().unwrap().appeal_until;
    assert_eq!(tasks(&model, &all, List::Undecided)[0].due, Some(until));
    let grounds = "Le terrain est à la ville.".into();
    story.act(&citizen("c-1"), about("q-1", project::Command::Appeal { grounds }));
    let model = fold(&story.records());
    assert_eq!(
        (on(&model, &all, List::Appeals), on(&model, &all, List::Department)),
        (vec!["q-1".into()], vec!["q-1".into()])
    );
    assert_eq!(on(&model, &all, List::Undecided), [""; 0]);
    story.act(&other_referent(), verdict_as("q-1", full_verdict(Opinion::Unfavourable, 10)));
    assert_eq!(on(&fold(&story.records()), &all, List::ToConsolidate), ["q-1"]);
    story.act(&agent, about("q-1", project::Command::Consolidate));
    let model = fold(&story.records());
    assert_eq!((on(&model, &all, List::Appeals), tasks(&model, &all, List::Undecided)[0].due), (vec![], None));
    story.act(&agent, refuse("q-1"));
    let model = fold(&story.records());
    assert!(List::ALL.iter().all(|list| !on(&model, &all, *list).contains(&"q-1".to_owned())));
}

#[test]
fn projects_near_each_other_may_exclude_each_other() {
    let model = fold(&Story::lively().records());
    // The two on the same spot exclude each other already.
    let near = projections::distance::near(&model, 10);
    let pairs: Vec<_> = near.iter().map(|one| (one.projects.0.as_str(), one.projects.1.as_str(), one.metres)).collect();
    assert_eq!(pairs, [("q-1", "q-3", 0), ("q-1", "q-4", 0)]);
}

#[test]
fn what_says_something_alike_is_found_by_words_and_place() {
    let mut story = Story::at(Phase::Ideation);
    let point = |metres_north: i32| Some(Point { latitude_e6: 48_856_613 + metres_north * 9, longitude_e6: 2_352_222 });
    let texts = [
        ("Une fontaine à l’école", "De l’eau fraîche pour les enfants.", 0),
        ("Fontaines dans les écoles", "Des points d’eau pour que les enfants boivent.", 300),
        ("Un mur d’escalade", "Grimper dans le parc avec les enfants du quartier.", 0),
        ("Des pistes cyclables", "Rouler sans danger sur les boulevards.", 5_000),
        ("Un kiosque à musique", "Des concerts dans le square, le dimanche.", 5_000),
    ];
    for (n, (title, description, north)) in texts.iter().enumerate() {
        let author = format!("c-{n}");
        let mut one = deposit_of(&author);
        (one.title, one.description, one.point) = (hidden(title), hidden(description), point(*north));
        story.act(&citizen(&author), of(&format!("p-{n}"), OfProposal::Deposit(Box::new(one))));
    }
    let model = fold(&story.records());
    let query = Query { title: "Une FONTAINE pour l’école", description: "de l’eau", point: None, exclude: None };
    let ids =
        |query: &Query<'_>| similar(&[&model], query).iter().map(|one| one.proposal.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&query), ["p-0", "p-1"]);
    assert_eq!(ids(&Query { exclude: Some(&id("p-0")), ..query }), ["p-1"]);
    // A word counts once, however often it is said; what shares less than a quarter isn't told.
    let often = "enfants ".repeat(500);
    assert_eq!(ids(&Query { description: &often, ..query }), ["p-0", "p-1"]);
    let much: String = (0..500).map(|n| format!("mot{n} ")).collect();
    assert!(ids(&Query { description: &much, ..query }).is_empty());
    // A place tells two that say the same apart, and alone says nothing.
    let near = Query { point: point(300), ..query };
    assert_eq!(ids(&near), ["p-1", "p-0"]);
    let found = similar(&[&model], &near);
    assert!((298..=302).contains(&found[1].metres.unwrap()), "{:?}", found[1].metres);
    assert!(ids(&Query { title: "Trampoline", description: "", point: point(0), exclude: None }).is_empty());
    assert!(ids(&Query { title: "les pour dans", description: "", point: None, exclude: None }).is_empty());
    // Another campaign's are found as well, and told apart: here all four say all of it.
    let both: Vec<_> = similar(&[&model, &model], &query).iter().map(|one| (one.score, one.campaign)).collect();
    assert_eq!(both, [(1_000, 0), (1_000, 0), (1_000, 1), (1_000, 1)]);
    // What was taken back or out isn't.
    story.act(&citizen("c-0"), withdraw("p-0"));
    story.act(&moderator(), remove("p-1"));
    assert!(similar(&[&fold(&story.records())], &query).is_empty());
}
