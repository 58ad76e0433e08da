//! The table of permissions, walked: every role and permission, own and other scope, against `permissions.txt`.
//!
//! The file says once more, by hand and for people, what the table in the code says. Where a
//! permission is a command, the command itself is given to the world.

use crate::support::kept::*;
use crate::support::lively::{about, assign, draw_outline, square};
use crate::support::papers::{cards, open_place, recount, seal_box};
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::sealed::{declare_key, open_urn, reconcile, shred, urn};
use crate::support::story::Story;
use crate::support::works::{change, news, spend};
use domain::geography::Place;
use domain::paper_count::PaperMode;
use domain::participant::Content;
use domain::permission::{Bound, Second};
use domain::phase::Phase;
use domain::project::{self, Commitment, Opinion, ScopeChange};
use domain::redaction::Ground;
use domain::roles::Office;
use domain::site::Milestone;
use domain::workshop::{Mode, Standing};
use domain::{Actor, Code, Command, Permission, Role, Scope, VoterId, World, urn};
use std::collections::BTreeMap;

/// The rows of the file: a letter for each role, and how many agents it takes.
fn expected() -> BTreeMap<&'static str, (Vec<&'static str>, &'static str)> {
    let text = include_str!("permissions.txt");
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split_whitespace();
        let code = words.next().unwrap();
        let mut cells: Vec<&str> = words.collect();
        let agents = cells.pop().unwrap();
        assert_eq!(cells.len(), Role::ALL.len(), "{line}");
        (code, (cells, agents))
    });
    rows.collect()
}

/// Somebody in this role who holds it (as a referent: of PARKS alone; at a place: HALL).
fn somebody(role: Role) -> (Actor, Option<Office>) {
    let who = actor(&format!("holder-{}", role.code().to_lowercase().replace('_', "-")), role);
    let office = match role {
        Role::Citizen | Role::System => None,
        Role::DepartmentReferent => Some(Office { department: Some(id("PARKS")), ..Office::of(role) }),
        Role::PollingOfficer => Some(Office { place: Some(id("HALL")), ..Office::of(role) }),
        _ => Some(Office::of(role)),
    };
    (who, office)
}

/// A campaign in which everybody holds their role, with objects of the citizen and of others.
fn peopled(phase: Phase) -> Story {
    let mut story = Story::kept_at(phase);
    for role in Role::ALL {
        if let (who, Some(office)) = somebody(role) {
            story.act(&coordinator(), grant(&who, office));
        }
    }
    story
}

/// The phase in which a command is possible, and the command on what is the actor's own, or another's.
fn asked(
    worlds: &BTreeMap<Phase, (World, domain::Timestamp)>,
    permission: Permission,
    who: &Actor,
    own: bool,
) -> Option<(Phase, Command)> {
    let mine = if own { who.id.clone() } else { "c-1".to_owned() };
    let department = if own { "PARKS" } else { "ROADS" };
    Some(match permission {
        Permission::Configure => (Phase::Ideation, configure(configuration())),
        Permission::OpenPhase => (Phase::Ideation, open(Phase::PostIdeation)),
        Permission::ClosePhase => (Phase::Ideation, close(Phase::Ideation)),
        Permission::PublishCatalogue => (Phase::PreVote, publish()),
        Permission::CloseBallotBox => (Phase::PostVote, close_box()),
        Permission::DrawLot => (Phase::PostVote, draw("7")),
        Permission::ProclaimResult => (Phase::PreResult, proclaim()),
        Permission::EnterCouncilDecision => (Phase::Result, ruled("q-2", domain::council::Ruling::Added)),
        Permission::RecordResult => {
            (Phase::Ideation, Command::Campaign(domain::campaign::Command::RecordResult { areas: vec![] }))
        }
        Permission::GrantRole => (Phase::Ideation, grant(&actor("new", Role::Analyst), Office::of(Role::Analyst))),
        Permission::RevokeRole => (Phase::Ideation, revoke(&analyst(), Office::of(Role::Analyst))),
        Permission::ConfirmAct => (Phase::Ideation, confirm(7)),
        Permission::DropAct => (Phase::Ideation, drop_act(7)),
        Permission::Redact => (Phase::Ideation, removal(&worlds[&Phase::Ideation].0, who, own)),
        Permission::AnchorReadings => (Phase::Ideation, anchor(1, "one")),
        Permission::Deposit => (Phase::Ideation, deposit("p-50", &mine)),
        Permission::Withdraw => (Phase::Ideation, withdraw(if own { "p-own" } else { "p-9" })),
        Permission::Merge => (Phase::PostIdeation, merge("p-9", "q-9")),
        Permission::FormProject => (Phase::PostIdeation, form("q-50", "D1", &["p-9"])),
        Permission::GiveVerdict => (Phase::CoConstruction, verdict("q-9", department, &[10])),
        Permission::AdmitProject => (Phase::CoConstruction, admit_for("q-8", 7_000, false)),
        Permission::RefuseProject => (Phase::CoConstruction, refuse("q-9")),
        Permission::CastBallot => (Phase::Vote, cast(if own { &who.id } else { "v-1" }, &[("ALL", paper(&[1]))])),
        Permission::CancelBallot => (Phase::Vote, cancel(if own { &who.id } else { "v-1" }, "ALL")),
        Permission::OpenPollingPlace => (Phase::Vote, open_place("NEW", &["ALL"], PaperMode::CardByCard)),
        Permission::KeepBoxes => (Phase::Vote, seal_box(if own { "HALL" } else { "MARKET" }, 5, &["Z-9"])),
        Permission::RecountPapers => (Phase::Vote, recount("HALL", "ALL", &cards(&[], 1), None)),
        Permission::OpenSite => {
            let mut opening = opening("q-1", "ALL");
            opening.department = Some(id(department));
            (Phase::Result, Command::Site(id("s-50"), domain::site::Command::Open(Box::new(opening))))
        }
        Permission::PlanMilestone => (Phase::Result, plan(site(own), Milestone::Delivery, "2028-01", None)),
        Permission::ReachMilestone => (Phase::Result, reach(site(own), Milestone::Studies, Some("2027-02"))),
        Permission::AbandonSite => (Phase::Result, abandon(site(own))),
        Permission::ChangeSite => {
            let financing = Some(domain::site::Financing::OwnStaff);
            (Phase::Result, change(site(own), domain::site::Change { financing, ..Default::default() }))
        }
        Permission::RecordSpending => {
            (Phase::Result, spend(site(own), "EJ-1", domain::site::SpendingKind::Paid, 10, "2025-12-01"))
        }
        Permission::TellOfSite => (Phase::Result, news(site(own))),
        Permission::EditProposal
        | Permission::InviteCoAuthor
        | Permission::JoinProposal
        | Permission::Moderate
        | Permission::Support
        | Permission::Report
        | Permission::Comment
        | Permission::AnswerOfficially
        | Permission::PinComment => (Phase::Ideation, in_public(permission, &mine, own)),
        Permission::HoldWorkshop => (Phase::PostIdeation, announce("w-50", Mode::InPerson, &["p-9"])),
        Permission::AttendWorkshop => (Phase::PostIdeation, register("w-1", Standing::Follower)),
        Permission::DrawOutline => (Phase::Ideation, draw_outline(Place::Area(id("D1")), square(50_000))),
        Permission::DeclareExclusion => {
            let (projects, reason) = (["q-1", "q-2"].map(id).into(), "La même place".into());
            let declare = domain::campaign::Command::DeclareExclusion { projects, reason };
            (Phase::CoConstruction, Command::Campaign(declare))
        }
        Permission::EditProject
        | Permission::Assign
        | Permission::NameInstructor
        | Permission::HandBack
        | Permission::RecordCommitment
        | Permission::Consolidate
        | Permission::ReopenInstruction
        | Permission::Appeal
        | Permission::ChangeScope => (Phase::CoConstruction, instructing(permission, department, own)),
        Permission::DeclareUrnKey => (Phase::PreVote, declare_key()),
        Permission::PublishBallots => (Phase::Vote, urn(urn::Command::Publish { area: id("ALL"), ballots: vec![] })),
        Permission::ReconcileRegister => (Phase::PostVote, reconcile(&[], &[])),
        Permission::ShredLink => (Phase::PostVote, shred()),
        Permission::LodgeObjection => (Phase::PostVote, urn(urn::Command::Object { text: "Non".into() })),
        Permission::AnswerObjection => (Phase::PostVote, urn(urn::Command::Answer { number: 1, answer: "Si".into() })),
        Permission::OpenUrn => (Phase::PostVote, open_urn()),
        Permission::CheckIn
        | Permission::DecideMatch
        | Permission::ReadRegister
        | Permission::ReadContact
        | Permission::ReadDrafts
        | Permission::ReadReadings
        | Permission::ExportPersonalData
        | Permission::ErasePerson
        | Permission::ReadUnpublished
        | Permission::OperateServer
        | Permission::ReadOperations => return None,
    })
}

/// What people do in public, on their own or on another's.
fn in_public(permission: Permission, mine: &str, own: bool) -> Command {
    let (proposal, comment) = if own { ("p-own", "k-own") } else { ("p-9", "k-1") };
    match permission {
        Permission::EditProposal => edit(proposal, mine, 1, |new| new.title = hidden("Un banc")),
        Permission::InviteCoAuthor => invite(proposal, "one"),
        Permission::JoinProposal => leave(if own { "p-1" } else { "p-9" }),
        Permission::Moderate => remove("p-9"),
        Permission::Support => support(mine, "p-9"),
        Permission::Report => report(mine, Content::Proposal(id("p-9"))),
        Permission::Comment => on(comment, domain::comment::Command::Withdraw),
        Permission::AnswerOfficially => answer("k-50", "p-9", None),
        _ => on("k-city", domain::comment::Command::Pin),
    }
}

/// What is asked of a project in instruction.
fn instructing(permission: Permission, department: &str, own: bool) -> Command {
    let (department, reason) = (id(department), String::from("La place"));
    match permission {
        Permission::EditProject => about("q-1", project::Command::TakeOut { proposal: id("p-2"), reason }),
        Permission::Assign => assign("q-8", "PARKS", true),
        Permission::NameInstructor => {
            about("q-no", project::Command::NameInstructor { department, agent: id("agent-2") })
        }
        Permission::HandBack => about("q-no", project::Command::HandBack { department, reason }),
        Permission::RecordCommitment => {
            let commitment = Commitment { association: hidden("Les Amis"), yearly_cents: euros(10), until: None };
            about("q-8", project::Command::RecordCommitment(commitment))
        }
        Permission::Consolidate => about("q-no", project::Command::Consolidate),
        Permission::ReopenInstruction => about("q-no", project::Command::Reopen { reason }),
        // Of a citizen's own projects none was refused, and of another's one was.
        Permission::Appeal => about(if own { "q-9" } else { "q-no" }, project::Command::Appeal { grounds: reason }),
        _ => {
            let lines = verdict_of("PARKS", Opinion::Favourable, &[1]).lines;
            let change = ScopeChange { description: None, lines, reason: hidden(&reason) };
            about("q-no", project::Command::ChangeScope(Box::new(change)))
        }
    }
}

/// The removal of a text that they wrote themselves, or of another's.
fn removal(world: &World, who: &Actor, own: bool) -> Command {
    let ground = match who.role {
        Role::Citizen => Ground::ErasureRequest,
        Role::System => Ground::Retention,
        _ => Ground::Moderation,
    };
    let by = |author: &str| world.texts.iter().find(|(_, text)| text.actor == author).map(|(position, _)| *position);
    let position = by(&who.id).filter(|_| own).or(by("c-1")).unwrap();
    redact(&[(position, "/data/deposit/title")], ground)
}

fn site(own: bool) -> &'static str {
    if own { "s-parks" } else { "s-roads" }
}

/// The worlds in which the commands are given.
fn worlds() -> BTreeMap<Phase, (World, domain::Timestamp)> {
    let mut worlds = BTreeMap::new();
    for phase in Phase::ALL {
        let mut story = peopled(phase);
        let who = somebody(Role::Citizen).0;
        match phase {
            Phase::Ideation => {
                story.act(&who, deposit("p-own", &who.id));
                story.live(phase);
                story.act(&citizen("c-1"), invite("p-1", "own"));
                story.act(&who, join("p-1", "own"));
                story.act(&who, post("k-own", "p-9"));
                story.act(&citizen("c-1"), post("k-1", "p-9"));
                story.act(&coordinator(), answer("k-city", "p-9", None));
            }
            Phase::PostIdeation => {
                story.live(phase);
                story.act(&coordinator(), announce("w-1", Mode::InPerson, &["p-1"]));
            }
            Phase::CoConstruction => {
                story.act(&coordinator(), form("q-no", "D1", &["p-9"]));
                story.act(&coordinator(), merge("p-9", "q-no"));
                story.act(&coordinator(), assign("q-no", "PARKS", true));
                story.act(&referent(), verdict_as("q-no", verdict_of("PARKS", Opinion::Unfavourable, &[1])));
                story.act(&coordinator(), about("q-no", project::Command::Consolidate));
            }
            Phase::Vote => {
                for place in ["HALL", "MARKET"] {
                    story.act(&coordinator(), open_place(place, &["ALL"], PaperMode::CardByCard));
                }
                story.live(phase);
                story.act(&who, cast(&who.id, &[("ALL", paper(&[1]))]));
            }
            Phase::Result => {
                for (site, department) in [("s-parks", "PARKS"), ("s-roads", "ROADS")] {
                    let mut opening = opening("q-1", "ALL");
                    opening.department = Some(id(department));
                    let open = domain::site::Command::Open(Box::new(opening));
                    story.act(&coordinator(), Command::Site(id(site), open));
                }
            }
            _ => {}
        }
        worlds.insert(phase, (story.world.clone(), story.now()));
    }
    worlds
}

/// That somebody may not, in whatever state the campaign is.
const DENIED: [Code; 6] = [
    Code::RoleMissing,
    Code::RoleNotHeld,
    Code::OtherDepartment,
    Code::OtherPlace,
    Code::NotTheAuthor,
    Code::RoleEnded,
];

#[test]
fn the_table_is_the_one_on_file() {
    let expected = expected();
    assert_eq!(expected.len(), Permission::ALL.len());
    let worlds = worlds();
    let (idle, at) = &worlds[&Phase::Ideation];
    for permission in Permission::ALL.iter().copied() {
        let (cells, agents) = &expected[permission.code()];
        let rule = permission.rule();
        let takes = match rule.second {
            Second::Never => "1",
            Second::Sometimes => "1-2",
            Second::Always => "2",
        };
        assert_eq!(takes, *agents, "{}", permission.code());
        for (role, cell) in Role::ALL.into_iter().zip(cells) {
            let (who, _) = somebody(role);
            for own in [true, false] {
                // Nobody can so much as ask for somebody else.
                if permission == Permission::AttendWorkshop && !own {
                    continue;
                }
                let may = match *cell {
                    "A" | "M" => true,
                    "O" => own,
                    _ => false,
                };
                let place =
                    format!("{} by {} on {}", permission.code(), role.code(), if own { "own" } else { "other" });
                if let Some((phase, command)) = asked(&worlds, permission, &who, own) {
                    let (world, at) = &worlds[&phase];
                    let answer = world.clone().execute(CODE, command, &who, *at);
                    let denied = answer.as_ref().is_err_and(|no| DENIED.contains(&no.code));
                    // The programme grants only what founds or recovers, which the table can't know.
                    let narrower = role == Role::System && permission == Permission::GrantRole;
                    assert_eq!(denied, !may || narrower, "{place}: {answer:?}");
                    continue;
                }
                // The scope that such a look has, where a role is bound to one.
                let (parks, roads, hall, school) = (id("PARKS"), id("ROADS"), id("HALL"), id("SCHOOL"));
                let scope = Scope {
                    department: Some(if own { &parks } else { &roads }),
                    place: Some(if own { &hall } else { &school }),
                };
                let answer = permission.require(idle, scope, &who, *at);
                // Whether something is a citizen's own only who keeps it can tell.
                let may = may || (role == Role::Citizen && *cell == "O");
                assert_eq!(answer.is_ok(), may, "{place}: {answer:?}");
                if !may {
                    assert!(DENIED.contains(&answer.unwrap_err().code), "{place}");
                }
                let found = idle.campaign.roles.role_for(&who.id, permission, scope, *at);
                assert_eq!(found, Some(role).filter(|role| may && role.is_agents()), "{place}");
            }
        }
    }
}

#[test]
fn whoever_only_says_to_hold_a_role_may_nothing() {
    let worlds = worlds();
    for permission in Permission::ALL.iter().copied() {
        for role in Role::ALL.into_iter().filter(|role| role.is_agents()) {
            let stranger = actor("stranger", role);
            let no = match asked(&worlds, permission, &stranger, true) {
                Some((phase, command)) => {
                    let (world, at) = &worlds[&phase];
                    world.clone().execute(CODE, command, &stranger, *at).unwrap_err()
                }
                None => {
                    let (world, at) = &worlds[&Phase::Ideation];
                    permission.require(world, Scope::default(), &stranger, *at).unwrap_err()
                }
            };
            assert!([Code::RoleMissing, Code::RoleNotHeld].contains(&no.code), "{} {no}", permission.code());
        }
    }
}

#[test]
fn another_place_is_another_officers() {
    let (world, at) = &worlds()[&Phase::Ideation];
    let (who, _) = somebody(Role::PollingOfficer);
    let school = id("SCHOOL");
    let scope = Scope { department: None, place: Some(&school) };
    assert_eq!(Permission::ReadRegister.rule().bound, Bound::Place);
    let no = Permission::ReadRegister.require(world, scope, &who, *at).unwrap_err();
    assert_eq!((no.code, no.field.as_deref()), (Code::OtherPlace, Some("place")));
    assert!(!no.to_string().contains('?'), "{no}");
}

#[test]
fn a_revocation_and_an_end_are_found_by_a_replay() {
    let mut story = Story::kept_at(Phase::Ideation);
    let late = actor("agent-40", Role::Coordinator);
    story.act(&coordinator(), grant_until(&late, Office::of(Role::Coordinator), Some(month(2))));
    assert_eq!(story.world.campaign.roles.held(&late.id, month(1)).count(), 1);
    assert_eq!(story.world.campaign.roles.held(&late.id, month(2)).count(), 0);
    let event = domain::Event::Campaign(domain::campaign::Event::PhaseClosed {
        phase: Phase::Ideation,
        cause: domain::campaign::Cause::Clock,
        reason: None,
    });
    assert_eq!(story.world.check(CODE, &event, &late, month(2)).unwrap_err().code, Code::RoleEnded);
    // A day earlier it would have been held, and the clock was not there yet.
    let before = "2026-02-28T00:00:00Z".parse().unwrap();
    assert_eq!(story.world.check(CODE, &event, &late, before).unwrap_err().code, Code::TooEarly);
    story.act(&coordinator(), revoke(&late, Office::of(Role::Coordinator)));
    assert_eq!(story.world.check(CODE, &event, &late, before).unwrap_err().code, Code::RoleNotHeld);
}

#[test]
fn the_programme_founds_and_recovers() {
    let first = actor("agent-1", Role::Coordinator);
    let mut story = Story::configured(configuration());
    story.act(&system(), grant_until(&first, Office::of(Role::Coordinator), Some(month(1))));
    assert!(story.world.campaign.roles.are_kept());
    let again = grant(&actor("agent-2", Role::Coordinator), Office::of(Role::Coordinator));
    assert_eq!(story.try_act(&system(), again.clone()).unwrap_err().code, Code::RoleMissing);
    // Nobody is left: an operator at the command line helps.
    story.clock = Some(month(1));
    story.act(&system(), again);
    // A citizen needs no role.
    let mut vote = Story::kept_at(Phase::Vote);
    let voter: VoterId = id("v-90");
    vote.act(&citizen(voter.as_str()), cast(voter.as_str(), &[("ALL", paper(&[1]))]));
}
