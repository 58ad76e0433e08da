//! Refusals of roles, of acts that take two agents, and of removals.

use super::Refusals;
use crate::support::kept::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign;
use domain::phase::Phase;
use domain::project::Opinion;
use domain::redaction::Ground;
use domain::roles::Office;
use domain::{Code, Event, Role};

fn referent_of(department: &str) -> Office {
    Office { department: Some(id(department)), ..Office::of(Role::DepartmentReferent) }
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    roles(&mut no);
    acts(&mut no);
    removals(&mut no);
    no
}

fn roles(no: &mut Refusals) {
    let (one, newcomer) = (coordinator(), actor("agent-30", Role::Coordinator));
    let fresh = Story::configured(configuration());
    let founded = Story::founded();
    // Without roles the first grant is of a coordinator.
    no.command(&fresh, &one, grant(&it_lead(), Office::of(Role::ItLead)), Code::LastCoordinator, "role");
    no.command(&fresh, &system(), grant(&it_lead(), Office::of(Role::ItLead)), Code::LastCoordinator, "role");
    no.command(&fresh, &returning(), grant(&one, Office::of(Role::Coordinator)), Code::RoleMissing, None);
    no.command(&Story::default(), &one, grant(&one, Office::of(Role::Coordinator)), Code::CampaignNotConfigured, None);

    for role in [Role::Citizen, Role::System] {
        no.command(&founded, &one, grant(&newcomer, Office::of(role)), Code::RoleNotGrantable, "role");
    }
    let nowhere = Office::of(Role::DepartmentReferent);
    no.command(&founded, &one, grant(&newcomer, nowhere), Code::ScopeInvalid, "department");
    no.command(&founded, &one, grant(&newcomer, Office::of(Role::PollingOfficer)), Code::ScopeInvalid, "place");
    let too_much = Office { department: Some(id("PARKS")), ..Office::of(Role::Moderator) };
    no.command(&founded, &one, grant(&newcomer, too_much), Code::ScopeInvalid, "department");
    no.command(&founded, &one, grant(&newcomer, referent_of("SEWERS")), Code::UnknownDepartment, "department");
    let past = grant_until(&newcomer, Office::of(Role::Analyst), Some(month(0)));
    no.command(&founded, &one, past, Code::TooEarly, "until");

    // nobody for oneself, and only coordinators for others
    no.command(&founded, &one, grant(&one, Office::of(Role::Moderator)), Code::OwnRole, "grantee");
    no.command(&founded, &one, revoke(&one, Office::of(Role::Coordinator)), Code::OwnRole, "grantee");
    for other in [returning(), moderator(), it_lead(), citizen("c-1")] {
        no.command(&founded, &other, grant(&newcomer, Office::of(Role::Analyst)), Code::RoleMissing, None);
        no.command(&founded, &other, revoke(&analyst(), Office::of(Role::Analyst)), Code::RoleMissing, None);
    }
    // the programme founds and recovers, and nothing else
    no.command(&founded, &system(), grant(&newcomer, Office::of(Role::Coordinator)), Code::RoleMissing, None);
    no.command(&founded, &system(), revoke(&one, Office::of(Role::Coordinator)), Code::RoleMissing, None);
    let mut past = Story::configured(imported());
    past.act(&one, grant(&one, Office::of(Role::Coordinator)));
    no.command(&past, &system(), revoke(&one, Office::of(Role::Coordinator)), Code::LastCoordinator, "grantee");

    // who runs or audits doesn't decide, whichever role came first
    for watching in [it_lead(), auditor()] {
        for role in [Role::Coordinator, Role::ReturningOfficer, Role::KeyHolder] {
            no.command(&founded, &one, grant(&watching, Office::of(role)), Code::RolesIncompatible, "role");
        }
        no.command(&founded, &one, grant(&watching, referent_of("PARKS")), Code::RolesIncompatible, "role");
        for deciding in [second_coordinator(), referent(), polling(), returning(), key_holder()] {
            let office = Office::of(watching.role);
            no.command(&founded, &one, grant(&deciding, office), Code::RolesIncompatible, "role");
        }
    }

    // a role one doesn't hold, held no longer, or holds elsewhere
    no.command(&founded, &newcomer, anchor_as_agent(), Code::RoleMissing, None);
    no.command(&founded, &newcomer, publish(), Code::RoleNotHeld, None);
    no.command(&founded, &actor("no id!", Role::Coordinator), publish(), Code::RoleNotHeld, None);
    no.command(&founded, &one, revoke(&newcomer, Office::of(Role::Coordinator)), Code::NotFound, "role");
    let mut ending = founded.clone();
    ending.act(&one, grant_until(&newcomer, Office::of(Role::Coordinator), Some(month(1))));
    ending.clock = Some(month(1));
    no.command(&ending, &newcomer, publish(), Code::RoleEnded, None);
    let mut one_department = Story::kept_at(Phase::CoConstruction);
    one_department.act(&one, revoke(&referent(), referent_of("ROADS")));
    let roads = verdict_as("q-1", verdict_of("ROADS", Opinion::Favourable, &[1]));
    no.command(&one_department, &referent(), roads, Code::OtherDepartment, "department");
    let mut sites = Story::kept_at(Phase::Result);
    sites.act(&one, revoke(&referent(), referent_of("PARKS")));
    no.command(&sites, &referent(), open_site("s-1", "q-1", "ALL"), Code::OtherDepartment, "department");
    sites.act(&one, open_site("s-1", "q-1", "ALL"));
    no.command(&sites, &referent(), abandon("s-1"), Code::OtherDepartment, "department");
}

fn anchor_as_agent() -> domain::Command {
    anchor(1, "one")
}

fn acts(no: &mut Refusals) {
    let (one, other) = (coordinator(), second_coordinator());
    let vote = Story::kept_at(Phase::Vote);
    let mut proposed = vote.clone();
    proposed.act(&one, close_because(Phase::Vote, "La crue"));
    // asked again, in whatever words it was asked
    no.command(&proposed, &other, close_because(Phase::Vote, "La crue"), Code::ActProposed, "number");
    no.command(&proposed, &one, confirm(1), Code::SameAgent, "number");
    no.command(&proposed, &other, confirm(2), Code::NotFound, "number");
    no.command(&proposed, &moderator(), confirm(1), Code::RoleMissing, None);
    no.command(&proposed, &moderator(), drop_act(1), Code::RoleMissing, None);
    let mut lapsed = proposed.clone();
    lapsed.clock = "2026-08-08T00:00:00Z".parse().ok();
    no.command(&lapsed, &other, confirm(1), Code::ActLapsed, "number");
    // the clock doesn't come before its time
    no.command(&vote, &system(), close(Phase::Vote), Code::TooEarly, "phase");
    no.command(&vote, &one, close(Phase::Vote), Code::TooEarly, "phase");
    no.command(&vote, &system(), close_because(Phase::Vote, "Je suis le programme"), Code::RoleMissing, None);
    // what can't be done isn't proposed either
    no.command(&vote, &returning(), close_box(), Code::TooEarly, None);
    // logs in which one agent did it alone
    let closed = |reason| campaign::Event::PhaseClosed {
        phase: Phase::Vote,
        cause: campaign::Cause::Agent,
        reason: Some(hidden(reason)),
    };
    no.log(&vote, &one, (CODE, Event::Campaign(closed("La crue"))), Code::SecondAgentNeeded, None);
    no.log(&proposed, &other, (CODE, Event::Campaign(closed("La crue"))), Code::SecondAgentNeeded, None);
    let confirmed = || Event::Campaign(campaign::Event::ActConfirmed { number: 1 });
    no.log(&proposed, &one, (CODE, confirmed()), Code::SameAgent, "number");
    let mut half = proposed.clone();
    half.act(&other, confirm(1));
    half.lines.pop();
    no.log(&half, &one, (CODE, Event::Campaign(closed("La crue"))), Code::SameAgent, None);
    // between the confirmation and its effect nothing else happens
    no.log(&half, &other, (CODE, confirmed()), Code::ActInterrupted, None);
    no.log(&half, &other, (CODE, Event::Campaign(closed("Autre chose"))), Code::ActInterrupted, None);
    no.command(&half, &one, grant(&one, Office::of(Role::Moderator)), Code::ActInterrupted, None);
    let cancelled = Event::Ballot(domain::ballot::Event::BallotCancelled { area: id("ALL") });
    no.log(&half, &citizen("v-1"), ("v-1", cancelled), Code::ActInterrupted, None);
    // proposals that lie
    let act = domain::acts::Act::OpenPhase { phase: Phase::Vote, reason: Some(hidden("La crue")) };
    let proposal = |number, proposer: &str, lapses: &str, act: &domain::acts::Act| {
        let (act, proposer, lapses) = (act.clone(), id(proposer), lapses.parse().unwrap());
        (CODE, Event::Campaign(campaign::Event::ActProposed { number, act, proposer, lapses }))
    };
    let week = "2026-08-08T00:00:00Z";
    no.log(&vote, &one, proposal(2, "agent-1", week, &act), Code::NotFound, "number");
    no.log(&vote, &one, proposal(1, "agent-5", week, &act), Code::NotTheAuthor, "proposer");
    no.log(&vote, &one, proposal(1, "agent-1", "2026-08-09T00:00:00Z", &act), Code::ActLapsed, "lapses");
    let alone = domain::acts::Act::OpenPhase { phase: Phase::PostVote, reason: Some(hidden("La crue")) };
    no.log(&vote, &one, proposal(1, "agent-1", week, &alone), Code::NotFound, "act");
    let silent = campaign::Event::ActDropped { number: 1, reason: hidden(" ") };
    no.log(&proposed, &one, (CODE, Event::Campaign(silent)), Code::ReasonMissing, "reason");
}

fn removals(no: &mut Refusals) {
    let story = Story::kept_whole();
    let (first, second) = (story.position("ProposalDeposited"), story.position("ProposalDeposited") + 1);
    let title = |position| redact(&[(position, "/data/deposit/title")], Ground::Moderation);
    no.command(&story, &moderator(), title(first), Code::AlreadyRedacted, "targets");
    no.command(&story, &moderator(), title(1_000_000), Code::NotFound, "targets");
    let structure = redact(&[(second, "/data/deposit/theme")], Ground::Moderation);
    no.command(&story, &moderator(), structure, Code::NotFound, "targets");
    let twice = redact(&[(second, "/data/deposit/title"); 2], Ground::Moderation);
    no.command(&story, &moderator(), twice, Code::DuplicateEntry, "targets");
    no.command(&story, &system(), redact(&[], Ground::Retention), Code::EmptyList, "targets");
    let long = "x".repeat(50_000);
    let heavy = redact(&[(second, long.as_str())], Ground::Moderation);
    no.command(&story, &moderator(), heavy, Code::TextTooLong, "targets");
    for (who, ground) in [
        (moderator(), Ground::ErasureRequest),
        (coordinator(), Ground::Retention),
        (citizen("c-2"), Ground::Moderation),
        (citizen("c-2"), Ground::Retention),
        (system(), Ground::CourtOrder),
    ] {
        let asked = redact(&[(second, "/data/deposit/title")], ground);
        no.command(&story, &who, asked, Code::GroundNotAllowed, "ground");
    }
    let of_another = redact(&[(second, "/data/deposit/title")], Ground::ErasureRequest);
    no.command(&story, &citizen("c-3"), of_another, Code::NotTheAuthor, "targets");
    no.command(&story, &analyst(), title(second), Code::RoleMissing, None);
    no.command(&story, &system(), anchor(2, "two"), Code::ReadingsFell, "count");
    no.command(&story, &system(), anchor(3, "another three"), Code::ReadingsFell, "count");
    no.command(&story, &coordinator(), anchor(4, "four"), Code::RoleMissing, None);
}
