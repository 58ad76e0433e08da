//! Refusals of the city's side: the map, the configuration in use, merging, instruction, exclusions.

use super::Refusals;
use super::catalogue::{entry, listed};
use crate::support::kept::moderator;
use crate::support::lively::*;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign;
use domain::configuration::Configuration;
use domain::geography::{Outline, Place};
use domain::phase::Phase;
use domain::project::{
    self, Assignment, Commitment, CostLine, Ending, Event, Formation, Opinion, ScopeChange, Sheet, Verdict,
};
use domain::proposal::{self, Address, Deposit, MAX_COST_CENTS, Point};
use domain::workshop::{self, Mode};
use domain::{Actor, Cents, Code, Command};
use std::collections::BTreeSet;

/// The careful city with four approved deposits, deposits just closed.
pub(crate) fn deposited() -> Story {
    let mut story = Story::careful_at(Phase::Ideation);
    for n in 1..=4 {
        let author = format!("c-{n}");
        story.act(&citizen(&author), deposit(&format!("p-{n}"), &author));
        story.act(&moderator(), approve(&format!("p-{n}")));
    }
    story.turn(Phase::PostIdeation);
    story
}

/// With two projects in D1: one of a proposal, one of two; both sides of each merge told.
pub(crate) fn merged() -> Story {
    let mut story = deposited();
    for (project, proposals) in [("q-1", &["p-1"][..]), ("q-2", &["p-2", "p-3"])] {
        story.act(&coordinator(), form_as(project, formation_here(&format!("R-{project}"), proposals)));
        for proposal in proposals {
            story.act(&coordinator(), merge(proposal, project));
        }
    }
    story
}

/// With q-1 assigned to PARKS, which is mandatory, and to ROADS, which is heard.
pub(crate) fn assigned() -> Story {
    let mut story = merged();
    story.act(&coordinator(), assign("q-1", "PARKS", true));
    story.act(&coordinator(), assign("q-1", "ROADS", false));
    story
}

/// A verdict of any department that answers everything and needs nobody's commitment.
pub(crate) fn plain_verdict(department: &str, opinion: Opinion, units: i64) -> Verdict {
    Verdict { department: id(department), commitment_needed: false, ..full_verdict(opinion, units) }
}

/// With the verdicts of both departments, put together.
pub(crate) fn consolidated(parks: Opinion) -> Story {
    let mut story = assigned();
    story.act(&referent(), verdict_as("q-1", plain_verdict("PARKS", parks, 300)));
    story.act(&referent(), verdict_as("q-1", plain_verdict("ROADS", Opinion::Favourable, 20)));
    story.act(&coordinator(), consolidate("q-1"));
    story
}

/// An author of q-1 has appealed against its no.
pub(crate) fn appealed() -> Story {
    let mut story = consolidated(Opinion::Unfavourable);
    story.act(&citizen("c-1"), appeal("q-1"));
    story
}

pub(crate) fn consolidate(project: &str) -> Command {
    about(project, project::Command::Consolidate)
}

pub(crate) fn reopen(project: &str) -> Command {
    about(project, project::Command::Reopen { reason: "Un chiffre manque".into() })
}

pub(crate) fn appeal(project: &str) -> Command {
    about(project, project::Command::Appeal { grounds: "Le terrain est à la ville.".into() })
}

pub(crate) fn hand_back(project: &str, department: &str, reason: &str) -> Command {
    about(project, project::Command::HandBack { department: id(department), reason: reason.into() })
}

pub(crate) fn name_instructor(project: &str, department: &str, agent: &str) -> Command {
    about(project, project::Command::NameInstructor { department: id(department), agent: id(agent) })
}

pub(crate) fn take_out(project: &str, proposal: &str, reason: &str) -> Command {
    about(project, project::Command::TakeOut { proposal: id(proposal), reason: reason.into() })
}

pub(crate) fn add(project: &str, proposal: &str) -> Command {
    about(project, project::Command::AddProposal(id(proposal)))
}

/// A change of this version of q-1's sheet.
pub(crate) fn edit_sheet(version: u64, workshop: Option<&str>, change: impl FnOnce(&mut Sheet)) -> Command {
    let mut sheet = Box::new(Sheet::of(&formation_here("R-q-1", &["p-1"])));
    change(&mut sheet);
    about("q-1", project::Command::Edit { version, sheet, workshop: workshop.map(id) })
}

pub(crate) fn scope(project: &str, units: &[i64]) -> Command {
    let lines = verdict_of("PARKS", Opinion::Favourable, units).lines;
    change_scope(project, ScopeChange { description: Some(hidden("Moins")), lines, reason: hidden("L’enveloppe") })
}

fn change_scope(project: &str, change: ScopeChange) -> Command {
    about(project, project::Command::ChangeScope(Box::new(change)))
}

pub(crate) fn commit(project: &str, units: i64) -> Command {
    let (association, until) = (hidden("Les Amis de l’eau"), Some("2029-12-31".parse().unwrap()));
    let commitment = Commitment { association, yearly_cents: euros(units), until };
    about(project, project::Command::RecordCommitment(commitment))
}

pub(crate) fn declare(projects: &[&str]) -> Command {
    let projects = projects.iter().map(|one| id(one)).collect();
    Command::Campaign(campaign::Command::DeclareExclusion { projects, reason: "La même place".into() })
}

pub(crate) fn lift(projects: &[&str], reason: &str) -> Command {
    let projects = projects.iter().map(|one| id(one)).collect();
    Command::Campaign(campaign::Command::LiftExclusion { projects, reason: reason.into() })
}

/// A square around a point of the plane of degrees, in microdegrees.
pub(crate) fn box_at(x: i32, y: i32, half: i32) -> Outline {
    let corners = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]];
    Outline { polygons: vec![vec![corners.map(|[dx, dy]| [x + dx * half, y + dy * half]).into()]] }
}

fn log(event: Event) -> (&'static str, domain::Event) {
    ("q-1", domain::Event::Project(event))
}

pub(super) fn the_map() -> Refusals {
    let mut no = Refusals::default();
    let (agent, author) = (coordinator(), citizen("c-1"));
    let mut both = Story::careful_at(Phase::Ideation);
    let mut configuration = both.world.campaign.configured().unwrap().clone();
    configuration.areas[2].postcodes = vec!["75002".into()];
    both.act(&agent, configure(configuration));
    both.act(&agent, draw_outline(Place::Area(id("D2")), box_at(3_000_000, 49_000_000, 50_000)));
    let there = |change: &dyn Fn(&mut Deposit)| {
        let mut deposit = deposit_of("c-1");
        change(&mut deposit);
        of("p-1", proposal::Command::Deposit(Box::new(deposit)))
    };
    let at = |latitude_e6, longitude_e6| Some(Point { latitude_e6, longitude_e6 });
    let elsewhere = there(&|d| d.point = at(49_000_000, 3_000_000));
    no.command(&both, &author, elsewhere, Code::PointInOtherArea, "point");
    no.command(&both, &author, there(&|d| d.point = at(0, 0)), Code::PointOutsideCity, "point");
    // All districts are outlined, so these bound the whole city.
    let whole = there(&|d| (d.area, d.point) = (id("ALL"), at(0, 0)));
    no.command(&both, &author, whole, Code::PointOutsideCity, "point");
    let address = |postcode: &str| Some(Address { text: hidden("1 rue de l’École"), postcode: postcode.into() });
    no.command(&both, &author, there(&|d| d.address = address("75002")), Code::AddressInOtherArea, "address");
    no.command(&both, &author, there(&|d| d.address = address("13001")), Code::PointOutsideCity, "address");
    no.command(&both, &author, there(&|d| d.address = address("")), Code::OutOfRange, "postcode");
    let mute = |text: &str| Some(Address { text: hidden(text), postcode: "75001".into() });
    no.command(&both, &author, there(&|d| d.address = mute(" ")), Code::TextTooShort, "address");
    no.command(&both, &author, there(&|d| d.address = mute(&"é".repeat(301))), Code::TextTooLong, "address");
    // A log that says otherwise than the map.
    let deposited = proposal::Event::ProposalDeposited { deposit: Box::new(deposit_of("c-1")), awaits_approval: true };
    no.log(&both, &author, ("p-1", domain::Event::Proposal(deposited)), Code::NeighbourhoodMismatch, "neighbourhood");

    // outlines
    let draw = |place, outline| draw_outline(place, outline);
    let area = || Place::Area(id("D1"));
    let square = || square(1_000);
    no.command(&Story::default(), &agent, draw(area(), square()), Code::CampaignNotConfigured, None);
    no.command(&both, &author, draw(area(), square()), Code::RoleMissing, None);
    no.command(&both, &agent, draw(Place::Area(id("D9")), square()), Code::UnknownArea, "area");
    no.command(&both, &agent, draw(Place::Neighbourhood(id("N9")), square()), Code::UnknownNeighbourhood, "place");
    no.command(&Story::at(Phase::PostVote), &agent, draw(area(), square()), Code::RulesFrozen, None);
    let ring = |points: &[[i32; 2]]| Outline { polygons: vec![vec![points.into()]] };
    let fan: Vec<[i32; 2]> = (0..2_500).map(|n| [n, n * n]).chain([[0, 0]]).collect();
    for wrong in [
        Outline { polygons: vec![] },
        Outline { polygons: vec![square().polygons.remove(0); 201] },
        Outline { polygons: vec![vec![]] },
        ring(&fan),
        ring(&[[0, 0], [1, 0], [0, 0]]),
        ring(&[[0, 0], [1, 0], [1, 1], [0, 1]]),
        ring(&[[0, 0], [1, 1], [2, 2], [0, 0]]),
        // Two of its sides cross.
        ring(&[[0, 0], [40, 40], [40, 0], [0, 30], [0, 0]]),
    ] {
        no.command(&both, &agent, draw(area(), wrong), Code::OutlineInvalid, "outline");
    }
    let beyond = ring(&[[0, 0], [180_000_001, 0], [0, 1], [0, 0]]);
    no.command(&both, &agent, draw(area(), beyond), Code::UnknownPlace, "point");
    no
}

type Change = fn(&mut Configuration);

pub(super) fn in_use() -> Refusals {
    let mut no = Refusals::default();
    let agent = coordinator();
    let opened = Story::careful_at(Phase::Ideation);
    let changed = |change: Change| {
        let mut configuration = opened.world.campaign.configured().unwrap().clone();
        change(&mut configuration);
        configure(configuration)
    };
    let changes: [(&'static str, Change); 7] = [
        ("currency", |c| c.currency = "CHF".into()),
        ("areas", |c| drop(c.areas.pop())),
        ("areas", |c| c.areas[0].kind = c.areas[1].kind),
        ("themes", |c| drop(c.themes.pop())),
        ("departments", |c| drop(c.departments.pop())),
        ("neighbourhoods", |c| c.participation.neighbourhoods.clear()),
        ("criteria", |c| c.instruction.criteria.clear()),
    ];
    for (field, change) in changes {
        no.command(&opened, &agent, changed(change), Code::ConfigurationInvalid, field);
    }
    no
}

pub(super) fn merging() -> Refusals {
    let mut no = Refusals::default();
    let (agent, referent) = (coordinator(), referent());
    let story = merged();
    let mut split = story.clone();
    split.act(&agent, end("q-2", Ending::Split(vec![id("q-3"), id("q-4")])));
    let form = |change: &dyn Fn(&mut Formation)| {
        let mut formation = formation_here("R-3", &["p-4"]);
        change(&mut formation);
        form_as("q-3", formation)
    };

    // form
    let many = |f: &mut Formation| f.proposals = (0..501).map(|n| id(&format!("x-{n}"))).collect();
    no.command(&story, &agent, form(&many), Code::TooMany, "proposals");
    let mut removed = story.clone();
    removed.act(&moderator(), remove("p-4"));
    no.command(&removed, &agent, form(&|_| ()), Code::ProposalRemoved, "proposals");
    let mut waiting = Story::careful_at(Phase::Ideation);
    waiting.act(&citizen("c-4"), deposit("p-4", "c-4"));
    waiting.turn(Phase::PostIdeation);
    no.command(&waiting, &agent, form(&|_| ()), Code::AwaitsApproval, "proposals");
    let unknown = |f: &mut Formation| f.workshops = vec![id("w-9")];
    no.command(&story, &agent, form(&unknown), Code::NotFound, "workshops");
    let mut met = story.clone();
    met.act(&agent, announce("w-1", Mode::InPerson, &["p-1"]));
    let twice = |f: &mut Formation| f.workshops = vec![id("w-1"), id("w-1")];
    no.command(&met, &agent, form(&twice), Code::DuplicateEntry, "workshops");
    let crowd = |f: &mut Formation| f.workshops = (0..51).map(|n| id(&format!("w-{n}"))).collect();
    no.command(&met, &agent, form(&crowd), Code::TooMany, "workshops");
    met.act(&agent, at("w-1", workshop::Command::Cancel { reason: "Pas de salle".into() }));
    let cancelled = |f: &mut Formation| f.workshops = vec![id("w-1")];
    no.command(&met, &agent, form(&cancelled), Code::WorkshopCancelled, "workshops");
    let outside = |f: &mut Formation| f.point = Some(Point { latitude_e6: 0, longitude_e6: 0 });
    no.command(&story, &agent, form(&outside), Code::PointOutsideCity, "point");
    let poor = |f: &mut Formation| f.priority_neighbourhood = false;
    no.command(&story, &agent, form(&poor), Code::NeighbourhoodMismatch, "priorityNeighbourhood");
    let part = |of: &'static str| move |f: &mut Formation| f.part_of = Some(id(of));
    no.command(&story, &agent, form(&part("q-9")), Code::NotFound, "partOf");
    no.command(&story, &agent, form(&part("q-2")), Code::NotFound, "partOf");
    no.command(
        &split,
        &agent,
        form_as("q-5", Formation { part_of: Some(id("q-2")), ..formation_here("R-5", &["p-4"]) }),
        Code::NotFound,
        "partOf",
    );
    let other_area = |f: &mut Formation| (f.area, f.part_of) = (id("ALL"), Some(id("q-2")));
    no.command(&split, &agent, form(&other_area), Code::OtherArea, "partOf");

    // add and take out
    no.command(&story, &referent, add("q-1", "p-4"), Code::RoleMissing, None);
    no.command(&story, &agent, add("q-9", "p-4"), Code::NotFound, "project");
    no.command(&story, &agent, add("q-1", "p-1"), Code::DuplicateEntry, "proposal");
    no.command(&story, &agent, add("q-1", "p-9"), Code::NotFound, "proposals");
    no.command(&removed, &agent, add("q-1", "p-4"), Code::ProposalRemoved, "proposals");
    let mut full = deposited();
    let crowd: Vec<String> = (0..500).map(|n| format!("x-{n}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    full = told(full, "q-1", Event::ProjectFormed { formation: Box::new(formation_here("R-1", &crowd)) });
    no.command(&full, &agent, add("q-1", "p-4"), Code::TooMany, "proposal");
    no.command(&story, &agent, take_out("q-2", "p-1", "Non"), Code::NotFound, "proposal");
    no.command(&story, &agent, take_out("q-1", "p-1", "Non"), Code::EmptyList, "proposals");
    no.command(&story, &agent, take_out("q-2", "p-2", " "), Code::ReasonMissing, "reason");
    no.command(&story, &agent, take_out("q-2", "p-2", &"é".repeat(2_001)), Code::TextTooLong, "reason");

    // edit
    let retitled = |version| edit_sheet(version, None, |s| s.title = hidden("Une fontaine"));
    no.command(&story, &referent, retitled(1), Code::RoleMissing, None);
    no.command(&story, &agent, edit_sheet(1, None, |_| ()), Code::AlreadyDone, "sheet");
    no.command(&story, &agent, retitled(0), Code::EditConflict, "version");
    no.command(&story, &agent, retitled(2), Code::EditConflict, "version");
    let edited = |change: &dyn Fn(&mut Sheet)| edit_sheet(1, None, change);
    no.command(&story, &agent, edited(&|s| s.title = hidden("")), Code::TextTooShort, "title");
    no.command(&story, &agent, edited(&|s| s.theme = Some(id("SPORT"))), Code::UnknownTheme, "theme");
    let long = hidden(&"t".repeat(50_001));
    no.command(&story, &agent, edited(&|s| s.description = Some(long.clone())), Code::TextTooLong, "description");
    let nowhere = Some(Point { latitude_e6: 0, longitude_e6: 0 });
    no.command(&story, &agent, edited(&|s| s.point = nowhere), Code::PointOutsideCity, "point");
    let bare = edited(&|s| s.point = None);
    no.command(&story, &agent, bare, Code::NeighbourhoodMismatch, "priorityNeighbourhood");
    let agreed = |in_workshop| edit_sheet(1, Some(in_workshop), |s| s.title = hidden("Une fontaine"));
    no.command(&story, &agent, agreed("w-9"), Code::NotFound, "workshop");
    no.command(&met, &agent, agreed("w-1"), Code::WorkshopCancelled, "workshop");
    let mut later = story.clone();
    later.act(&agent, retitled(1));
    no.command(&later, &agent, retitled(1), Code::EditConflict, "version");

    // end
    let parts = |parts: &[&str]| Ending::Split(parts.iter().map(|one| id(one)).collect());
    let into = |other: &str| Ending::Absorbed(id(other));
    no.command(&story, &referent, end("q-1", Ending::Undone), Code::RoleMissing, None);
    no.command(&story, &agent, end("q-1", parts(&["q-3"])), Code::TooFewProjects, "projects");
    no.command(&story, &agent, end("q-1", parts(&["q-3", "q-3"])), Code::DuplicateEntry, "projects");
    no.command(&story, &agent, end("q-1", parts(&["q-3", "q-1"])), Code::MergeCycle, None);
    no.command(&story, &agent, end("q-1", parts(&["q-3", "q-2"])), Code::AlreadyExists, "projects");
    let crowd: Vec<String> = (0..51).map(|n| format!("x-{n}")).collect();
    let crowd = Ending::Split(crowd.iter().map(|one| id(one)).collect());
    no.command(&story, &agent, end("q-1", crowd), Code::TooMany, "projects");
    no.command(&story, &agent, end("q-1", into("q-1")), Code::MergeCycle, None);
    no.command(&story, &agent, end("q-1", into("q-9")), Code::NotFound, "project");
    no.command(&split, &agent, end("q-1", into("q-2")), Code::ProjectEnded, None);
    let mut elsewhere = story.clone();
    elsewhere.act(&agent, form_as("q-5", Formation { area: id("ALL"), ..formation_here("R-5", &["p-4"]) }));
    no.command(&elsewhere, &agent, end("q-1", into("q-5")), Code::OtherArea, None);
    let mut decided = story.clone();
    decided.act(&agent, refuse("q-2"));
    no.command(&decided, &agent, end("q-1", into("q-2")), Code::ProjectDecided, "project");
    let mut absorbed = story.clone();
    absorbed.act(&agent, end("q-2", into("q-1")));
    no.command(&absorbed, &agent, end("q-1", into("q-2")), Code::MergeCycle, None);
    let silent = project::Command::End { ending: Ending::Undone, reason: " ".into() };
    no.command(&story, &agent, about("q-1", silent), Code::ReasonMissing, "reason");
    // A chain: q-3 into q-2 into q-1, and then q-1 into q-3.
    let mut chain = story.clone();
    chain.act(&agent, form_as("q-3", formation_here("R-3", &["p-4"])));
    chain.act(&agent, end("q-3", into("q-2")));
    chain.act(&agent, end("q-2", into("q-1")));
    no.command(&chain, &agent, end("q-1", into("q-3")), Code::MergeCycle, None);

    // What ended stays as it is.
    for command in [
        add("q-2", "p-4"),
        take_out("q-2", "p-2", "Non"),
        end("q-2", Ending::Undone),
        assign("q-2", "PARKS", true),
        verdict("q-2", "PARKS", &[1]),
        commit("q-2", 1),
        consolidate("q-2"),
        scope("q-2", &[1]),
        admit_for("q-2", 1, false),
        refuse("q-2"),
    ] {
        no.command(&split, &agent, command, Code::ProjectEnded, None);
    }
    // Its proposals say still that they are part of it, or are part of it no more: both in one request.
    no.command(&story, &agent, unmerge("p-2", "q-2"), Code::ProposalStillLinked, "project");
    no
}

/// The story with an event that a log might hold.
pub(crate) fn told(mut story: Story, project: &str, event: Event) -> Story {
    let (event, actor, at) = (domain::Event::Project(event), coordinator(), story.now());
    story.world.evolve(project, &event).unwrap();
    story.lines.push(crate::support::story::Line { id: project.into(), event, actor, at });
    story
}

pub(super) fn instruction() -> Refusals {
    let mut no = Refusals::default();
    let (agent, referent, citizen_1) = (coordinator(), referent(), citizen("c-1"));
    let (merged, assigned) = (merged(), assigned());
    let favourable = consolidated(Opinion::Favourable);

    // assign
    no.command(&merged, &referent, assign("q-1", "PARKS", true), Code::RoleMissing, None);
    no.command(&merged, &agent, assign("q-9", "PARKS", true), Code::NotFound, "project");
    no.command(&merged, &agent, assign("q-1", "WATER", true), Code::UnknownDepartment, "department");
    let overdue = Assignment { department: id("PARKS"), mandatory: true, due: month(0) };
    no.command(&merged, &agent, about("q-1", project::Command::Assign(overdue)), Code::OutOfRange, "due");
    no.command(&favourable, &agent, assign("q-1", "PARKS", false), Code::InstructionClosed, None);
    let mut one_sided = deposited();
    one_sided.act(&agent, form_as("q-1", formation_here("R-1", &["p-1"])));
    no.command(&one_sided, &agent, assign("q-1", "PARKS", true), Code::ProposalNotLinked, "proposals");
    let mut left = merged.clone();
    left.act(&agent, take_out("q-2", "p-2", "Un autre lieu"));
    no.command(&left, &agent, assign("q-2", "PARKS", true), Code::ProposalStillLinked, "proposals");

    // instructors
    no.command(&merged, &agent, name_instructor("q-1", "PARKS", "agent-2"), Code::NotAssigned, "department");
    no.command(&favourable, &agent, name_instructor("q-1", "PARKS", "agent-2"), Code::InstructionClosed, None);
    let mut kept = Story::kept_at(Phase::PostIdeation);
    kept.live(Phase::PostIdeation);
    kept.act(
        &agent,
        about("q-1", project::Command::Assign(Assignment { department: id("PARKS"), mandatory: true, due: month(5) })),
    );
    no.command(&kept, &agent, name_instructor("q-1", "PARKS", "agent-5"), Code::RoleNotHeld, "agent");
    no.command(&kept, &agent, name_instructor("q-1", "PARKS", "agent-99"), Code::RoleNotHeld, "agent");
    no.command(&appealed(), &agent, name_instructor("q-1", "PARKS", "agent-2"), Code::SameInstructor, "agent");

    // hand back
    no.command(&assigned, &agent, hand_back("q-1", "PARKS", "Non"), Code::RoleMissing, None);
    no.command(&merged, &referent, hand_back("q-1", "PARKS", "Non"), Code::NotAssigned, "department");
    no.command(&assigned, &referent, hand_back("q-1", "PARKS", " "), Code::ReasonMissing, "reason");
    no.command(&favourable, &referent, hand_back("q-1", "PARKS", "Non"), Code::InstructionClosed, None);
    no.command(&appealed(), &referent, hand_back("q-1", "PARKS", "Non"), Code::AppealPending, None);
    let mut heard = assigned.clone();
    heard.act(&referent, verdict_as("q-1", plain_verdict("ROADS", Opinion::Favourable, 20)));
    no.command(&heard, &referent, hand_back("q-1", "ROADS", "Non"), Code::AlreadyDone, "department");

    // verdicts
    let said = |change: &dyn Fn(&mut Verdict)| {
        let mut verdict = plain_verdict("PARKS", Opinion::FavourableWithConditions, 300);
        change(&mut verdict);
        verdict_as("q-1", verdict)
    };
    let mut parks_alone = merged.clone();
    parks_alone.act(&agent, assign("q-1", "PARKS", true));
    no.command(&parks_alone, &referent, said(&|v| v.department = id("ROADS")), Code::NotAssigned, "department");
    no.command(&favourable, &referent, said(&|_| ()), Code::InstructionClosed, None);
    no.command(&assigned, &referent, said(&|v| v.criteria.clear()), Code::CriterionUnanswered, "criteria");
    let other = |v: &mut Verdict| v.criteria[0].criterion = id("FUN");
    no.command(&assigned, &referent, said(&other), Code::UnknownCriterion, "criteria");
    no.command(&merged, &referent, said(&other), Code::UnknownCriterion, "criteria");
    let twice = |v: &mut Verdict| v.criteria.push(v.criteria[0].clone());
    no.command(&assigned, &referent, said(&twice), Code::DuplicateEntry, "criteria");
    let long = || Some(hidden(&"é".repeat(2_001)));
    no.command(&assigned, &referent, said(&|v| v.criteria[0].remark = long()), Code::TextTooLong, "remark");
    no.command(&assigned, &referent, said(&|v| v.conditions = None), Code::ConditionsMissing, "conditions");
    no.command(
        &assigned,
        &referent,
        said(&|v| v.conditions = Some(hidden(" "))),
        Code::ConditionsMissing,
        "conditions",
    );
    no.command(&assigned, &referent, said(&|v| v.conditions = long()), Code::TextTooLong, "conditions");
    no.command(&assigned, &referent, said(&|v| v.opinion = Opinion::Favourable), Code::ConditionsMissing, "conditions");
    let most = |n: usize| move |v: &mut Verdict| v.lines = vec![line(MAX_COST_CENTS); n];
    no.command(&assigned, &referent, said(&most(2)), Code::AmountOutOfRange, "lines");
    let verdict = || Box::new(plain_verdict("PARKS", Opinion::Favourable, 1));
    let by = |agent: Option<&str>| log(Event::VerdictGiven { verdict: verdict(), agent: agent.map(str::to_owned) });
    no.log(&assigned, &referent, by(None), Code::NotTheAuthor, "agent");
    no.log(&assigned, &referent, by(Some("agent-3")), Code::NotTheAuthor, "agent");
    no.log(&merged, &referent, by(Some("agent-3")), Code::NotTheAuthor, "agent");
    // After an appeal: those that were against, by somebody else.
    let again = |department: &str| verdict_as("q-1", plain_verdict(department, Opinion::Favourable, 1));
    no.command(&appealed(), &referent, again("PARKS"), Code::SameInstructor, "agent");
    no.command(&appealed(), &other_referent(), again("ROADS"), Code::AppealPending, "department");
    let mut alone = parks_alone.clone();
    alone.act(&referent, verdict_as("q-1", plain_verdict("PARKS", Opinion::Unfavourable, 1)));
    alone.act(&agent, consolidate("q-1"));
    alone.act(&citizen_1, appeal("q-1"));
    no.command(&alone, &agent, assign("q-1", "ROADS", true), Code::AppealPending, "department");
    let mut second = appealed();
    second.act(&other_referent(), again("PARKS"));
    no.command(&second, &referent, again("PARKS"), Code::SameInstructor, "agent");
    no.command(&second, &other_referent(), again("ROADS"), Code::AppealPending, "department");

    // commitments
    let promise = |change: &dyn Fn(&mut Commitment)| {
        let mut one = Commitment { association: hidden("Amis"), yearly_cents: euros(1), until: None };
        change(&mut one);
        about("q-1", project::Command::RecordCommitment(one))
    };
    no.command(&assigned, &citizen_1, promise(&|_| ()), Code::RoleMissing, None);
    no.command(&assigned, &agent, promise(&|c| c.association = hidden("")), Code::TextTooShort, "association");
    let long_name = hidden(&"é".repeat(201));
    no.command(&assigned, &agent, promise(&|c| c.association = long_name.clone()), Code::TextTooLong, "association");
    no.command(&assigned, &agent, promise(&|c| c.yearly_cents = Cents::ZERO), Code::OutOfRange, "yearly");
    let below = Cents::new(-1).unwrap();
    no.command(&assigned, &agent, promise(&|c| c.yearly_cents = below), Code::AmountOutOfRange, "yearly");
    let past = Some("2025-12-31".parse().unwrap());
    no.command(&assigned, &agent, promise(&|c| c.until = past), Code::OutOfRange, "until");
    let mut rich = assigned.clone();
    rich.act(&agent, promise(&|c| c.yearly_cents = Cents::new(MAX_COST_CENTS).unwrap()));
    no.command(&rich, &agent, promise(&|_| ()), Code::AmountOutOfRange, "yearly");

    // consolidation
    no.command(&assigned, &referent, consolidate("q-1"), Code::RoleMissing, None);
    no.command(&merged, &agent, consolidate("q-1"), Code::NotAssigned, None);
    no.command(&heard, &agent, consolidate("q-1"), Code::VerdictMissing, None);
    no.command(&favourable, &agent, consolidate("q-1"), Code::InstructionClosed, None);
    no.command(&appealed(), &agent, consolidate("q-1"), Code::AppealPending, None);
    let mut ready = heard.clone();
    ready.act(&referent, again("PARKS"));
    let until = ready.now().plus_days(15).unwrap();
    let together =
        |opinion, cost_cents, appeal_until| log(Event::InstructionConsolidated { opinion, cost_cents, appeal_until });
    for wrong in [
        together(Opinion::Unfavourable, euros(21), until),
        together(Opinion::Favourable, euros(20), until),
        together(Opinion::Favourable, euros(21), until.plus_days(1).unwrap()),
    ] {
        no.log(&ready, &agent, wrong, Code::ConsolidationMismatch, None);
    }
    let lost = told(ready.clone(), "q-1", Event::ProposalAdded { proposal: id("p-4") });
    no.command(&lost, &agent, consolidate("q-1"), Code::ProposalNotLinked, "proposals");
    let dear = verdict_as("q-1", Verdict { lines: vec![line(MAX_COST_CENTS)], ..*verdict() });
    let mut too_dear = heard.clone();
    too_dear.act(&referent, dear);
    no.command(&too_dear, &agent, consolidate("q-1"), Code::AmountOutOfRange, "cost");

    // reopening
    no.command(&assigned, &agent, reopen("q-1"), Code::InstructionOpen, None);
    no.command(&favourable, &referent, reopen("q-1"), Code::RoleMissing, None);
    let silent = about("q-1", project::Command::Reopen { reason: String::new() });
    no.command(&favourable, &agent, silent, Code::ReasonMissing, "reason");

    // appeal
    let against = consolidated(Opinion::Unfavourable);
    no.command(&assigned, &citizen_1, appeal("q-1"), Code::AppealNotPossible, None);
    no.command(&favourable, &citizen_1, appeal("q-1"), Code::AppealNotPossible, None);
    no.command(&against, &citizen("c-2"), appeal("q-1"), Code::NotTheAuthor, "author");
    no.command(&against, &agent, appeal("q-1"), Code::RoleMissing, None);
    let for_another = Event::AppealLodged { author: "c-1".into(), grounds: hidden("Non") };
    no.log(&against, &citizen("c-2"), log(for_another), Code::NotTheAuthor, "author");
    let mute = about("q-1", project::Command::Appeal { grounds: " ".into() });
    no.command(&against, &citizen_1, mute, Code::TextTooShort, "grounds");
    let long = about("q-1", project::Command::Appeal { grounds: "é".repeat(5_001) });
    no.command(&against, &citizen_1, long, Code::TextTooLong, "grounds");
    let mut twice = appealed();
    twice.act(&other_referent(), verdict_as("q-1", plain_verdict("PARKS", Opinion::Unfavourable, 1)));
    twice.act(&agent, consolidate("q-1"));
    no.command(&twice, &citizen_1, appeal("q-1"), Code::AlreadyDone, "appeal");
    let mut late = against.clone();
    late.clock = late.world.projects[&id("q-1")].instruction.consolidation.map(|one| one.appeal_until);
    no.command(&late, &citizen_1, appeal("q-1"), Code::TooLate, None);

    // scope
    no.command(&assigned, &agent, scope("q-1", &[1]), Code::InstructionOpen, None);
    no.command(&merged, &agent, scope("q-1", &[1]), Code::InstructionOpen, None);
    no.command(&favourable, &referent, scope("q-1", &[1]), Code::RoleMissing, None);
    no.command(&favourable, &agent, scope("q-1", &[]), Code::EmptyList, "lines");
    no.command(&favourable, &agent, scope("q-1", &[1; 201]), Code::TextTooLong, "lines");
    no.command(&favourable, &agent, scope("q-1", &[1_000_000_000, 1]), Code::AmountOutOfRange, "lines");
    let lines = || vec![line(1)];
    let mute = ScopeChange { description: None, lines: lines(), reason: hidden(" ") };
    no.command(&favourable, &agent, change_scope("q-1", mute), Code::ReasonMissing, "reason");
    let empty = ScopeChange { description: Some(hidden("")), lines: lines(), reason: hidden("Non") };
    no.command(&favourable, &agent, change_scope("q-1", empty), Code::TextTooShort, "description");
    no
}

fn line(cents: i64) -> CostLine {
    CostLine { kind: project::CostKind::Investment, cents: Cents::new(cents).unwrap() }
}

pub(super) fn commission() -> Refusals {
    let mut no = Refusals::default();
    let (agent, referent) = (coordinator(), referent());
    let favourable = consolidated(Opinion::Favourable);
    let against = consolidated(Opinion::Unfavourable);
    let silent = about("q-1", project::Command::Admit { cost_cents: None, withdrawn: false, reason: None });
    no.command(&favourable, &agent, silent, Code::ReasonMissing, "reason");
    let long =
        about("q-1", project::Command::Admit { cost_cents: None, withdrawn: false, reason: Some("é".repeat(5_001)) });
    no.command(&favourable, &agent, long, Code::TextTooLong, "reason");
    let for_cost = |units| {
        let (cost_cents, reason) = (Some(euros(units)), Some("Oui".into()));
        about("q-1", project::Command::Admit { cost_cents, withdrawn: false, reason })
    };
    no.command(&favourable, &agent, for_cost(319), Code::CostMismatch, "cost");
    no.command(&against, &agent, for_cost(320), Code::VerdictUnfavourable, None);
    no.command(&appealed(), &agent, for_cost(320), Code::AppealPending, None);
    no.command(&appealed(), &agent, refuse("q-1"), Code::AppealPending, None);
    no.command(&against, &agent, refuse("q-1"), Code::TooEarly, None);
    let mut heard = assigned();
    heard.act(&referent, verdict_as("q-1", plain_verdict("PARKS", Opinion::Favourable, 300)));
    heard.act(&referent, verdict_as("q-1", plain_verdict("ROADS", Opinion::Favourable, 20)));
    no.command(&heard, &agent, for_cost(320), Code::InstructionOpen, None);
    // Handed back by all, it is still no project that nobody has to instruct.
    let mut alone = assigned();
    for department in ["PARKS", "ROADS"] {
        alone.act(&referent, hand_back("q-1", department, "Pas pour nous"));
    }
    no.command(&alone, &referent, verdict("q-1", "PARKS", &[1]), Code::NotAssigned, "department");
    no.command(&alone, &agent, for_cost(1), Code::InstructionOpen, None);
    // A change of scope is the cost, until departments are heard again.
    let mut smaller = favourable.clone();
    smaller.act(&agent, scope("q-1", &[100, 50]));
    no.command(&smaller, &agent, for_cost(320), Code::CostMismatch, "cost");
    smaller.act(&agent, reopen("q-1"));
    smaller.act(&agent, consolidate("q-1"));
    no.command(&smaller, &agent, for_cost(150), Code::CostMismatch, "cost");
    // 100 a year have to be borne.
    let mut needs = merged();
    needs.act(&agent, assign("q-1", "PARKS", true));
    needs.act(&referent, verdict_as("q-1", full_verdict(Opinion::Favourable, 300)));
    needs.act(&agent, consolidate("q-1"));
    no.command(&needs, &agent, admit("q-1"), Code::CommitmentMissing, None);
    needs.act(&agent, commit("q-1", 99));
    no.command(&needs, &agent, admit("q-1"), Code::CommitmentMissing, None);
    // Written by hand, it is admitted without the other side of its merge.
    let lost = told(favourable, "q-1", Event::ProposalAdded { proposal: id("p-4") });
    no.command(&lost, &agent, for_cost(320), Code::ProposalNotLinked, "proposals");
    no
}

pub(super) fn exclusions() -> Refusals {
    let mut no = Refusals::default();
    let agent: Actor = coordinator();
    let mut story = merged();
    story.act(&agent, form_as("q-5", Formation { area: id("ALL"), ..formation_here("R-5", &["p-4"]) }));
    story.act(&agent, form_as("q-6", formation_here("R-6", &["p-4"])));
    let mut declared = story.clone();
    declared.act(&agent, declare(&["q-1", "q-2"]));
    no.command(&story, &referent(), declare(&["q-1", "q-2"]), Code::RoleMissing, None);
    no.command(&story, &agent, declare(&["q-1"]), Code::TooFewProjects, "projects");
    no.command(&story, &agent, declare(&["q-1", "q-9"]), Code::NotFound, "projects");
    no.command(&story, &agent, declare(&["q-1", "q-5"]), Code::OtherArea, "projects");
    no.command(&declared, &agent, declare(&["q-2", "q-1"]), Code::AlreadyDone, "projects");
    let silent = campaign::Command::DeclareExclusion { projects: ["q-1", "q-2"].map(id).into(), reason: " ".into() };
    no.command(&story, &agent, Command::Campaign(silent), Code::ReasonMissing, "reason");
    let crowd: BTreeSet<_> = (0..52).map(|n| id(&format!("x-{n}"))).collect();
    let crowd = campaign::Command::DeclareExclusion { projects: crowd, reason: "La même place".into() };
    no.command(&story, &agent, Command::Campaign(crowd), Code::TooMany, "projects");
    let mut over = story.clone();
    over.act(&agent, end("q-2", Ending::Undone));
    no.command(&over, &agent, declare(&["q-1", "q-2"]), Code::ProjectEnded, "projects");
    let mut refused = story.clone();
    refused.act(&agent, refuse("q-2"));
    no.command(&refused, &agent, declare(&["q-1", "q-2"]), Code::ProjectDecided, "projects");
    no.command(&story, &agent, lift(&["q-1", "q-2"], "Deux places"), Code::NotDone, "projects");
    no.command(&declared, &agent, lift(&["q-1", "q-6"], "Deux places"), Code::NotDone, "projects");
    no.command(&declared, &agent, lift(&["q-1", "q-2"], " "), Code::ReasonMissing, "reason");
    no.command(&declared, &referent(), lift(&["q-1", "q-2"], "Deux places"), Code::RoleMissing, None);
    let mut done = Story::at(Phase::PreVote);
    done.act(&agent, declare(&["q-1", "q-2"]));
    done.act(&agent, publish());
    no.command(&done, &agent, declare(&["q-1", "q-3"]), Code::CataloguePublished, None);
    no.command(&done, &agent, lift(&["q-1", "q-2"], "Deux places"), Code::CataloguePublished, None);

    // the list
    let mut before = Story::at(Phase::PreVote);
    before.act(&agent, declare(&["q-1", "q-2"]));
    let says = |entries: &[campaign::Entry]| (CODE, listed("ALL", entries));
    no.log(&before, &agent, says(&[entry(1, "q-1", 60_000)]), Code::CatalogueMismatch, "project");
    let other = campaign::Entry { excludes: vec![id("q-3")], ..entry(1, "q-1", 60_000) };
    no.log(&before, &agent, says(&[other]), Code::CatalogueMismatch, "project");
    let crowd = (0..101).map(|n| id(&format!("x-{n}"))).collect();
    let crowd = campaign::Entry { excludes: crowd, ..entry(1, "q-1", 60_000) };
    no.log(&before, &agent, says(&[crowd]), Code::CatalogueMismatch, None);
    no
}
