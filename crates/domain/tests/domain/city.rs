//! Every yes of the city's side: the map, configurations, merging, instruction, the commission.

use crate::refusals::city::*;
use crate::support::given::given;
use crate::support::lively::*;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign::{self, Entry};
use domain::geography::Place;
use domain::phase::Phase;
use domain::project::{self, Assignment, Decision, Ending, Formation, Opinion, Sheet, Verdict};
use domain::proposal::Link;
use domain::proposal::MergeKind;
use domain::workshop::Mode;
use domain::{Actor, Cents, Code, Command, Event};
use proptest::prelude::*;

fn project(event: project::Event) -> Event {
    Event::Project(event)
}

#[test]
fn outlines_are_drawn_anew_until_the_vote() {
    let agent = coordinator();
    let place = Place::Area(id("D1"));
    let drawn = campaign::Event::OutlineDrawn { place: place.clone(), outline: square(7) };
    for phase in [Phase::PreIdeation, Phase::CoConstruction, Phase::PreVote] {
        let ask = draw_outline(place.clone(), square(7));
        given(&Story::careful_at(phase)).when(ask, &agent).then(&[Event::Campaign(drawn.clone())]);
    }
}

#[test]
fn a_configuration_in_use_may_grow_and_an_imported_one_may_shrink() {
    let mut more = Story::careful_at(Phase::Ideation).world.campaign.configured().unwrap().clone();
    more.themes.push(domain::configuration::Named { id: id("SPORT"), name: hidden("Sport") });
    more.areas[1].name = hidden("Autre nom");
    given(&Story::careful_at(Phase::Ideation))
        .when(configure(more), &coordinator())
        .then_types(&["CampaignConfigured"]);
    let mut less = configuration();
    less.themes.pop();
    let before = Story::at(Phase::PreIdeation);
    given(&before).when(configure(less), &coordinator()).then_types(&["CampaignConfigured"]);
}

#[test]
fn a_clone_is_the_same_city_in_another_year() {
    let before = careful();
    let clone = before.cloned("T2027".into(), 2027, 365).unwrap();
    assert_eq!((clone.code.as_str(), clone.year), ("T2027", 2027));
    for (one, two) in before.calendar.iter().zip(&clone.calendar) {
        assert_eq!((one.phase, two.start.unix() - one.start.unix()), (two.phase, 365 * 86_400));
        assert_eq!(two.end.unix() - one.end.unix(), 365 * 86_400);
    }
    let back = clone.cloned(before.code.clone(), before.year, -365).unwrap();
    assert_eq!(back, before);
    // Taken from published data, and run here.
    let native = imported().cloned("T2027".into(), 2027, 365).unwrap();
    assert_eq!((native.provenance, native.source), (configuration().provenance, None));
    let no = |code: &str, year, days| before.cloned(code.into(), year, days).unwrap_err();
    assert_eq!(no("T2027", 2027, i64::MAX).code, Code::OutOfRange);
    assert_eq!(no("T2027", 2027, 4_000_000).field.as_deref(), Some("days"));
    assert_eq!(no("Été", 2027, 1).field.as_deref(), Some("code"));
    assert_eq!(no("T2027", 1, 1).field.as_deref(), Some("year"));
}

#[test]
fn a_sheet_is_changed_version_by_version() {
    let mut story = merged();
    story.act(&coordinator(), announce("w-1", Mode::InPerson, &["p-1"]));
    let mut sheet = Box::new(Sheet::of(&formation_here("R-q-1", &["p-1"])));
    sheet.title = hidden("Une fontaine");
    let edited = project::Event::ProjectEdited { version: 2, sheet, workshop: Some(id("w-1")) };
    let ask = || edit_sheet(1, Some("w-1"), |s| s.title = hidden("Une fontaine"));
    given(&story).when(ask(), &coordinator()).then(&[project(edited)]);
    story.act(&coordinator(), ask());
    // Who was late gets to know what others changed.
    let late = story.try_act(&coordinator(), edit_sheet(1, None, |s| s.theme = Some(id("STREETS")))).unwrap_err();
    assert_eq!((late.code, late.limit.as_deref()), (Code::EditConflict, Some("title")));
    let both = edit_sheet(2, None, |s| {
        (s.title, s.theme, s.description) = (hidden("Une fontaine"), Some(id("STREETS")), None);
    });
    story.act(&coordinator(), both);
    let late = story.try_act(&coordinator(), edit_sheet(1, None, |s| s.title = hidden("Non"))).unwrap_err();
    assert_eq!(late.limit.as_deref(), Some("description, theme, title"));
}

#[test]
fn proposals_come_and_go_and_projects_end_with_both_sides_told() {
    let agent = coordinator();
    let mut story = merged();
    given(&story)
        .when(add("q-1", "p-4"), &agent)
        .then(&[project(project::Event::ProposalAdded { proposal: id("p-4") })]);
    let reason = || hidden("Un autre lieu");
    let gone = project::Event::ProposalTakenOut { proposal: id("p-2"), reason: reason() };
    given(&story).when(take_out("q-2", "p-2", "Un autre lieu"), &agent).then(&[project(gone)]);
    for ending in [Ending::Undone, Ending::Absorbed(id("q-1")), Ending::Split(vec![id("q-3"), id("q-4")])] {
        let ended = project::Event::ProjectEnded { ending: ending.clone(), reason: hidden("Deux lieux") };
        given(&story).when(end("q-2", ending), &agent).then(&[project(ended)]);
    }
    // What is taken out and added again is part of it, with both sides told once more.
    story.act(&agent, take_out("q-2", "p-2", "Un autre lieu"));
    story.act(&agent, unmerge("p-2", "q-2"));
    given(&story).when(assign("q-2", "PARKS", true), &agent).then_types(&["DepartmentAssigned"]);
    story.act(&agent, add("q-2", "p-2"));
    story.act(&agent, link("p-2", Link::plain(id("q-2"), MergeKind::Grouping)));
    given(&story).when(assign("q-2", "PARKS", true), &agent).then_types(&["DepartmentAssigned"]);
    // The parts of a split.
    story.act(&agent, end("q-2", Ending::Split(vec![id("q-3"), id("q-4")])));
    let part = Formation { part_of: Some(id("q-2")), ..formation_here("R-3", &["p-2"]) };
    given(&story).when(form_as("q-3", part), &agent).then_types(&["ProjectFormed"]);
    // An undone merge leaves its proposals to others.
    story.act(&agent, unmerge("p-3", "q-2"));
    given(&story).when(form_as("q-9", formation_here("R-9", &["p-3"])), &agent).then_types(&["ProjectFormed"]);
}

#[test]
fn departments_are_assigned_named_and_hand_back() {
    let (agent, referent) = (coordinator(), referent());
    let story = merged();
    let assignment = Assignment { department: id("PARKS"), mandatory: true, due: month(5) };
    let event = project::Event::DepartmentAssigned { assignment };
    given(&story).when(assign("q-1", "PARKS", true), &agent).then(&[project(event)]);
    let mut story = assigned();
    let named = project::Event::InstructorNamed { department: id("PARKS"), agent: id("agent-2") };
    given(&story).when(name_instructor("q-1", "PARKS", "agent-2"), &agent).then(&[project(named)]);
    let back = project::Event::AssignmentHandedBack { department: id("ROADS"), reason: hidden("Pas de voirie") };
    given(&story).when(hand_back("q-1", "ROADS", "Pas de voirie"), &referent).then(&[project(back)]);
    // Other terms, and another round: who spoke in the last one may still hand back.
    story.act(&agent, assign("q-1", "ROADS", true));
    let mut again = consolidated(Opinion::Favourable);
    again.act(&agent, reopen("q-1"));
    again.act(&referent, hand_back("q-1", "ROADS", "Pas de voirie"));
    again.act(&agent, consolidate("q-1"));
    assert_eq!(again.world.projects[&id("q-1")].instruction.consolidation.unwrap().cents, euros(300));
    // Where roles are kept, a referent of the department.
    let mut kept = Story::kept_at(Phase::PostIdeation);
    kept.live(Phase::PostIdeation);
    kept.act(&agent, assign("q-1", "PARKS", true));
    given(&kept).when(name_instructor("q-1", "PARKS", "agent-2"), &agent).then_types(&["InstructorNamed"]);
    given(&kept).when(name_instructor("q-1", "PARKS", "agent-2"), &referent).then_types(&["InstructorNamed"]);
}

#[test]
fn what_was_said_before_departments_were_assigned_counts_no_more() {
    let mut story = merged();
    story.act(&referent(), verdict_as("q-1", verdict_of("ROADS", Opinion::Unfavourable, &[7_000])));
    story.act(&coordinator(), assign("q-1", "PARKS", true));
    story.act(&referent(), verdict_as("q-1", plain_verdict("PARKS", Opinion::Favourable, 300)));
    story.act(&coordinator(), consolidate("q-1"));
    given(&story).when(admit("q-1"), &coordinator()).then_types(&["ProjectAdmitted"]);
    assert_eq!(story.world.projects[&id("q-1")].estimate(), Some(euros(300)));
}

#[test]
fn an_appeal_is_decided_by_another_agent_of_those_that_were_against() {
    let (agent, second) = (coordinator(), other_referent());
    let against = consolidated(Opinion::Unfavourable);
    let lodged = project::Event::AppealLodged { author: "c-1".into(), grounds: hidden("Le terrain est à la ville.") };
    given(&against).when(appeal("q-1"), &citizen("c-1")).then(&[project(lodged)]);
    // Co-authors too, up to the last second.
    let mut shared = Story::careful_at(Phase::Ideation);
    shared.act(&citizen("c-1"), deposit("p-1", "c-1"));
    shared.act(&crate::support::kept::moderator(), approve("p-1"));
    shared.act(&citizen("c-1"), invite("p-1", "one"));
    shared.act(&citizen("c-2"), join("p-1", "one"));
    shared.turn(Phase::PostIdeation);
    shared.act(&agent, form_as("q-1", formation_here("R-1", &["p-1"])));
    shared.act(&agent, merge("p-1", "q-1"));
    shared.act(&agent, assign("q-1", "PARKS", true));
    shared.act(&referent(), verdict_as("q-1", plain_verdict("PARKS", Opinion::Unfavourable, 1)));
    shared.act(&agent, consolidate("q-1"));
    let until = shared.world.projects[&id("q-1")].instruction.consolidation.unwrap().appeal_until;
    shared.clock = domain::Timestamp::from_unix(until.unix() - 1);
    given(&shared).when(appeal("q-1"), &citizen("c-2")).then_types(&["AppealLodged"]);
    // Nobody appealed: the commission may refuse then.
    shared.clock = Some(until);
    given(&shared).when(refuse("q-1"), &agent).then_types(&["ProjectRefused"]);

    // The second agent may correct the second verdict.
    let mut story = appealed();
    for units in [280, 290] {
        story.act(&second, verdict_as("q-1", plain_verdict("PARKS", Opinion::Favourable, units)));
    }
    story.act(&agent, consolidate("q-1"));
    let told = story.world.projects[&id("q-1")].instruction.consolidation.unwrap();
    assert_eq!((told.opinion, told.cents), (Opinion::Favourable, euros(310)));
    // After a reopening all are heard, and those who judged before the appeal still don't judge again.
    story.act(&agent, reopen("q-1"));
    let parks = verdict_as("q-1", plain_verdict("PARKS", Opinion::Favourable, 1));
    given(&story).when(parks, &referent()).then_rejected(Code::SameInstructor, "agent");
    let roads = verdict_as("q-1", plain_verdict("ROADS", Opinion::Favourable, 1));
    given(&story).when(roads, &referent()).then_types(&["VerdictGiven"]);
    // A second no is the last one.
    let mut refused = appealed();
    refused.act(&second, verdict_as("q-1", plain_verdict("PARKS", Opinion::Unfavourable, 300)));
    refused.act(&agent, consolidate("q-1"));
    given(&refused).when(refuse("q-1"), &agent).then_types(&["ProjectRefused"]);
}

#[test]
fn the_commission_admits_for_the_cost_that_lines_tell() {
    let agent = coordinator();
    let admitted = |story: &Story| {
        let mut story = story.clone();
        story.act(&agent, admit("q-1"));
        story.world.projects[&id("q-1")].decision
    };
    let cost = |units| Some(Decision::Admitted { cost_cents: euros(units), withdrawn: false });
    let mut story = consolidated(Opinion::FavourableWithConditions);
    assert_eq!(admitted(&story), cost(320));
    story.act(&agent, scope("q-1", &[100, 50]));
    assert_eq!(admitted(&story), cost(150));
    // Heard again, departments' lines count again.
    story.act(&agent, reopen("q-1"));
    story.act(&agent, consolidate("q-1"));
    assert_eq!(admitted(&story), cost(320));
    // Without assignments as well.
    let mut small = merged();
    small.act(&referent(), verdict("q-1", "PARKS", &[10]));
    small.act(&agent, scope("q-1", &[7]));
    assert_eq!(admitted(&small), cost(7));
    small.act(&referent(), verdict("q-1", "ROADS", &[5]));
    assert_eq!(admitted(&small), cost(15));
    // Several associations bear the yearly costs together.
    let mut borne = merged();
    borne.act(&agent, assign("q-1", "PARKS", true));
    borne.act(&referent(), verdict_as("q-1", full_verdict(Opinion::Favourable, 300)));
    borne.act(&agent, consolidate("q-1"));
    borne.act(&agent, commit("q-1", 40));
    borne.act(&agent, commit("q-1", 60));
    assert_eq!(admitted(&borne), cost(300));
}

#[test]
fn the_list_says_which_projects_exclude_each_other() {
    let mut story = Story::at(Phase::PreVote);
    let agent = coordinator();
    let declared = campaign::Event::ExclusionDeclared {
        projects: ["q-1", "q-2"].map(id).into(),
        reason: hidden("La même place"),
    };
    given(&story).when(declare(&["q-1", "q-2"]), &agent).then(&[Event::Campaign(declared)]);
    story.act(&agent, declare(&["q-1", "q-2"]));
    story.act(&agent, declare(&["q-1", "q-3"]));
    story.act(&agent, declare(&["q-2", "q-3"]));
    let lifted =
        campaign::Event::ExclusionLifted { projects: ["q-2", "q-3"].map(id).into(), reason: hidden("Deux places") };
    given(&story).when(lift(&["q-2", "q-3"], "Deux places"), &agent).then(&[Event::Campaign(lifted)]);
    story.act(&agent, lift(&["q-2", "q-3"], "Deux places"));
    // q-8 was left undecided: it isn't on the list.
    story.act(&agent, declare(&["q-4", "q-8"]));
    story.act(&agent, publish());
    let excludes = |number: u32| {
        let mut entries = story.world.campaign.catalogue.values().flatten();
        entries.find(|entry| entry.number == number).unwrap().excludes.clone()
    };
    assert_eq!(excludes(1), [id("q-2"), id("q-3")]);
    assert_eq!((excludes(2), excludes(3), excludes(4)), (vec![id("q-1")], vec![id("q-1")], vec![]));
    // The frozen list is another one with them.
    let frozen = |mut story: Story| {
        story.act(&system(), close(Phase::PreVote));
        let events = story.try_act(&system(), open(Phase::Vote)).unwrap();
        let Event::Campaign(campaign::Event::RulesFrozen { rules, catalogue }) = &events[1] else { panic!("frozen") };
        (*rules, *catalogue)
    };
    let mut plain = Story::at(Phase::PreVote);
    plain.act(&agent, publish());
    let ((rules, list), (same_rules, other_list)) = (frozen(plain), frozen(story));
    assert_eq!(rules, same_rules);
    assert_ne!(list, other_list);
}

#[test]
fn a_list_full_of_exclusions_comes_in_parts_that_fit_their_leaves() {
    let mut past = Story::configured(imported());
    let name = |n: i32| format!("{n:03}{}", "x".repeat(61));
    for n in 0..102 {
        past.act(&system(), form_as(&name(n), formation(&format!("{n:03}{}", "\\".repeat(61)), "ALL", &[])));
        past.act(&system(), admit_for(&name(n), 999_999_999, true));
    }
    for group in 0..2 {
        let projects: Vec<String> = (group * 51..group * 51 + 51).map(name).collect();
        let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
        past.act(&system(), declare(&projects));
    }
    let events = past.try_act(&system(), publish()).unwrap();
    let mut listed = 0;
    for event in &events {
        let Event::Campaign(campaign::Event::CatalogueListed { entries, .. }) = event else { continue };
        assert!(entries.iter().all(|entry: &Entry| entry.excludes.len() == 50));
        assert_eq!(entries.len(), 2);
        listed += entries.len();
    }
    assert_eq!(listed, 102);
}

/// Who asks for what of a project that is ready for it.
fn acts() -> Vec<(Actor, Command, Phase)> {
    let (agent, merging, settling) = (coordinator(), Phase::CoConstruction, Phase::PreSubmit);
    let mut commands = vec![
        (agent.clone(), form_as("q-3", formation_here("R-3", &["p-4"])), merging),
        (agent.clone(), add("q-2", "p-4"), merging),
        (agent.clone(), take_out("q-2", "p-2", "Un autre lieu"), merging),
        (agent.clone(), end("q-2", Ending::Undone), merging),
        (agent.clone(), edit_sheet(1, None, |s| s.title = hidden("Une fontaine")), settling),
        (agent.clone(), assign("q-2", "PARKS", true), settling),
        (agent.clone(), name_instructor("q-1", "PARKS", "agent-2"), settling),
        (referent(), hand_back("q-1", "ROADS", "Non"), settling),
        (referent(), verdict_as("q-1", plain_verdict("PARKS", Opinion::Favourable, 1)), settling),
        (agent.clone(), commit("q-1", 1), settling),
        (agent.clone(), refuse("q-2"), settling),
    ];
    commands.extend([reopen("q-7"), scope("q-7", &[1]), admit("q-7")].map(|one| (agent.clone(), one, settling)));
    commands.push((agent.clone(), consolidate("q-8"), settling));
    commands.push((citizen("c-4"), appeal("q-9"), settling));
    commands
}

#[test]
fn every_act_on_a_project_has_its_phases() {
    // q-7 is consolidated, q-8 ready to be, and q-9 has a no.
    let mut story = assigned();
    for (project, opinion) in
        [("q-7", Opinion::Favourable), ("q-8", Opinion::Favourable), ("q-9", Opinion::Unfavourable)]
    {
        story.act(&coordinator(), form_as(project, formation_here(&format!("R-{project}"), &["p-4"])));
        story.act(&coordinator(), merge("p-4", project));
        story.act(&coordinator(), assign(project, "PARKS", true));
        story.act(&referent(), verdict_as(project, plain_verdict("PARKS", opinion, 1)));
        if project != "q-8" {
            story.act(&coordinator(), consolidate(project));
        }
    }
    for phase in [Phase::PostIdeation, Phase::CoConstruction, Phase::PreSubmit, Phase::Submit, Phase::PreVote] {
        if phase > Phase::PostIdeation {
            story.turn(phase);
        }
        for (actor, command, last) in acts() {
            let tried = story.clone().try_act(&actor, command.clone());
            let place = format!("{command:?} in {}: {tried:?}", phase.code());
            assert_eq!(tried.is_ok(), phase <= last, "{place}");
            assert!(tried.err().is_none_or(|no| no.code == Code::TooLate), "{place}");
        }
    }
    // In IDEATION there is no project, and none is formed.
    let early = Story::careful_at(Phase::Ideation);
    for (actor, command, _) in acts() {
        let no = early.clone().try_act(&actor, command.clone()).unwrap_err().code;
        let codes = [Code::TooEarly, Code::NotFound, Code::NotAssigned, Code::VerdictMissing, Code::EditConflict];
        assert!(codes.contains(&no), "{command:?}: {no:?}");
    }
}

fn opinions() -> impl Strategy<Value = Vec<(bool, Opinion, Vec<i64>)>> {
    let opinion =
        prop_oneof![Just(Opinion::Favourable), Just(Opinion::FavourableWithConditions), Just(Opinion::Unfavourable)];
    prop::collection::vec((any::<bool>(), opinion, prop::collection::vec(0..50_000_i64, 0..5)), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn opinion_and_cost_follow_from_the_verdicts(said in opinions()) {
        let mut story = merged();
        let mut wide = story.world.campaign.configured().unwrap().clone();
        wide.departments.push(domain::configuration::Named { id: id("WATER"), name: hidden("Eau") });
        story.act(&coordinator(), configure(wide));
        let departments = ["PARKS", "ROADS", "WATER"];
        for ((mandatory, opinion, units), department) in said.iter().zip(departments) {
            story.act(&coordinator(), assign("q-1", department, *mandatory));
            let lines = verdict_of(department, *opinion, units).lines;
            story.act(&referent(), verdict_as("q-1", Verdict { lines, ..plain_verdict(department, *opinion, 0) }));
        }
        story.act(&coordinator(), consolidate("q-1"));
        let told = story.world.projects[&id("q-1")].instruction.consolidation.unwrap();
        let heard = |wanted: Opinion| said.iter().any(|(mandatory, opinion, _)| *mandatory && *opinion == wanted);
        let expected = match (heard(Opinion::Unfavourable), heard(Opinion::FavourableWithConditions)) {
            (true, _) => Opinion::Unfavourable,
            (false, true) => Opinion::FavourableWithConditions,
            (false, false) => Opinion::Favourable,
        };
        let lines: i64 = said.iter().flat_map(|(_, _, units)| units).sum();
        prop_assert_eq!((told.opinion, told.cents), (expected, euros(lines)));
        let admitted = story.try_act(&coordinator(), admit("q-1"));
        prop_assert_eq!(admitted.is_ok(), expected != Opinion::Unfavourable);
        if admitted.is_ok() {
            prop_assert_eq!(story.world.projects[&id("q-1")].admission().map(|one| one.cost_cents), Cents::from_units(lines));
        }
    }
}
