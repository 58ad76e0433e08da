//! What may happen in which phase: every action against every phase.

use crate::support::given::given;
use crate::support::kept::moderator;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::participant::Content;
use domain::phase::Phase;
use domain::workshop::Mode;
use domain::{Actor, Code, Command};

/// An action, the first and last phase in which it may happen, and the no before and after.
struct Gate {
    action: &'static str,
    actor: Actor,
    command: Command,
    first: Phase,
    last: Phase,
    before: &'static [Code],
    after: &'static [Code],
}

fn gates() -> Vec<Gate> {
    let gate = |action, actor, command, (first, last), before, after| Gate {
        action,
        actor,
        command,
        first,
        last,
        before,
        after,
    };
    let during = |phase| (phase, phase);
    let (c_9, v_1, agent, officer) = (citizen("c-9"), citizen("v-1"), coordinator(), returning());
    let merging = (Phase::PostIdeation, Phase::CoConstruction);
    let instruction = (Phase::PostIdeation, Phase::PreSubmit);
    let not_yet: &[Code] = &[Code::TooEarly, Code::NotFound];
    let closed: &[Code] = &[Code::PhaseNotOpen, Code::BallotBoxClosed];
    vec![
        gate(
            "configure",
            agent.clone(),
            configure(configuration()),
            (Phase::PreIdeation, Phase::PreVote),
            &[],
            &[Code::RulesFrozen],
        ),
        gate(
            "deposit",
            citizen("c-20"),
            deposit("p-20", "c-20"),
            during(Phase::Ideation),
            &[Code::PhaseNotOpen],
            &[Code::PhaseNotOpen],
        ),
        gate(
            "withdraw",
            c_9.clone(),
            withdraw("p-9"),
            during(Phase::Ideation),
            &[Code::NotFound],
            &[Code::PhaseNotOpen],
        ),
        gate(
            "comment",
            citizen("c-20"),
            post("k-20", "p-9"),
            during(Phase::Ideation),
            &[Code::NotFound],
            &[Code::PhaseNotOpen],
        ),
        gate(
            "answer in the city's name",
            moderator(),
            answer("k-20", "p-9", None),
            (Phase::Ideation, Phase::PreSubmit),
            &[Code::NotFound],
            &[Code::TooLate],
        ),
        gate(
            "support",
            citizen("c-20"),
            support("c-20", "p-9"),
            (Phase::Ideation, Phase::CoConstruction),
            &[Code::TooEarly],
            &[Code::TooLate],
        ),
        gate(
            "report",
            citizen("c-20"),
            report("c-20", Content::Proposal(id("p-9"))),
            (Phase::Ideation, Phase::Result),
            &[Code::NotFound],
            &[],
        ),
        gate(
            "edit",
            c_9.clone(),
            edit("p-9", "c-9", 1, |new| new.point = None),
            during(Phase::Ideation),
            &[Code::NotFound],
            &[Code::PhaseNotOpen],
        ),
        gate(
            "correct",
            agent.clone(),
            edit("p-9", "c-9", 1, |new| new.point = None),
            (Phase::Ideation, Phase::CoConstruction),
            &[Code::NotFound],
            &[Code::TooLate],
        ),
        gate("invite", c_9, invite("p-9", "one"), during(Phase::Ideation), &[Code::NotFound], &[Code::PhaseNotOpen]),
        gate(
            "remove",
            moderator(),
            remove("p-9"),
            (Phase::Ideation, Phase::PreVote),
            &[Code::NotFound],
            &[Code::TooLate],
        ),
        gate(
            "announce",
            agent.clone(),
            announce("w-20", Mode::InPerson, &["p-9"]),
            merging,
            &[Code::TooEarly],
            &[Code::TooLate],
        ),
        gate("form", agent.clone(), form("q-20", "D1", &["p-9"]), merging, &[Code::TooEarly], &[Code::TooLate]),
        gate("merge", agent.clone(), merge("p-9", "q-9"), merging, not_yet, &[Code::TooLate]),
        gate("give a verdict", referent(), verdict("q-8", "PARKS", &[1]), instruction, not_yet, &[Code::TooLate]),
        gate("admit", agent.clone(), admit_for("q-8", 7_000, false), instruction, not_yet, &[Code::TooLate]),
        gate("refuse", agent.clone(), refuse("q-8"), instruction, not_yet, &[Code::TooLate]),
        gate(
            "publish the list",
            agent.clone(),
            publish(),
            (Phase::Submit, Phase::PreVote),
            // Nothing is admitted yet in the first phases, so there is nothing to list either.
            &[Code::TooEarly, Code::EmptyList],
            &[Code::TooLate],
        ),
        gate(
            "cast",
            v_1.clone(),
            cast("v-1", &[("ALL", paper(&[1]))]),
            during(Phase::Vote),
            &[Code::PhaseNotOpen],
            closed,
        ),
        gate(
            "cast on paper",
            polling(),
            cast("v-9", &[("ALL", on_paper(&[1]))]),
            during(Phase::Vote),
            &[Code::PhaseNotOpen],
            closed,
        ),
        gate("cancel", v_1, cancel("v-1", "ALL"), during(Phase::Vote), &[Code::PhaseNotOpen], closed),
        gate(
            "close the box",
            officer.clone(),
            close_box(),
            during(Phase::PostVote),
            &[Code::TooEarly],
            &[Code::BallotBoxClosed],
        ),
        gate(
            "draw the lot",
            officer.clone(),
            draw("7"),
            // In the sample the box is closed and the lot drawn before POST_VOTE ends.
            during(Phase::PostVote),
            &[Code::BallotBoxOpen],
            &[Code::LotAlreadyDrawn],
        ),
        gate(
            "proclaim",
            officer,
            proclaim(),
            during(Phase::PreResult),
            &[Code::BallotBoxOpen, Code::LotMissing],
            &[Code::ResultProclaimed],
        ),
        gate("open a site", agent, open_site("s-20", "q-1", "ALL"), during(Phase::Result), &[Code::TooEarly], &[]),
    ]
}

/// The sample campaign in this phase, with what an action needs to be possible at all.
fn in_phase(phase: Phase, action: &str) -> Story {
    let mut story = Story::at(phase);
    match phase {
        Phase::Ideation | Phase::PostIdeation | Phase::Vote => story.live(phase),
        Phase::PostVote if action == "draw the lot" => story.act(&returning(), close_box()),
        Phase::PreIdeation
        | Phase::CoConstruction
        | Phase::PreSubmit
        | Phase::Submit
        | Phase::PreVote
        | Phase::PostVote
        | Phase::PreResult
        | Phase::Result => {}
    }
    story
}

#[test]
fn every_action_has_its_phases() {
    for gate in gates() {
        for phase in Phase::ALL {
            let mut story = in_phase(phase, gate.action);
            let tried = story.try_act(&gate.actor, gate.command.clone());
            let place = format!("{} in {}: {tried:?}", gate.action, phase.code());
            let codes = match (phase < gate.first, phase > gate.last) {
                (true, _) => gate.before,
                (_, true) => gate.after,
                (false, false) => {
                    assert!(tried.is_ok(), "{place}");
                    continue;
                }
            };
            assert!(tried.is_err_and(|rejection| codes.contains(&rejection.code)), "{place}");
        }
    }
}

#[test]
fn nothing_happens_between_two_phases_but_what_lasts() {
    let mut story = Story::at(Phase::Ideation);
    story.live(Phase::Ideation);
    story.act(&system(), close(Phase::Ideation));
    given(&story).when(deposit("p-20", "c-20"), &citizen("c-20")).then_rejected(Code::PhaseNotOpen, None);
    given(&story).when(form("q-20", "D1", &["p-9"]), &coordinator()).then_types(&["ProjectFormed"]);
    let mut story = Story::at(Phase::Vote);
    story.act(&system(), close(Phase::Vote));
    given(&story).when(cast("v-1", &[("ALL", paper(&[1]))]), &citizen("v-1")).then_rejected(Code::PhaseNotOpen, None);
    given(&story).when(close_box(), &returning()).then_types(&["BallotBoxClosed"]);
}

#[test]
fn an_imported_campaign_skips_what_its_data_does_not_tell() {
    let mut past = Story::configured(imported());
    given(&past).when(form("q-1", "ALL", &[]), &system()).then_types(&["ProjectFormed"]);
    past.act(&system(), form("q-1", "ALL", &[]));
    given(&past).when(verdict("q-1", "PARKS", &[1]), &system()).then_types(&["VerdictGiven"]);
    // No verdict is needed, and a project may be out of the race before the vote.
    given(&past).when(admit_for("q-1", 1_000, true), &system()).then_types(&["ProjectAdmitted"]);
    past.act(&system(), admit_for("q-1", 1_000, false));
    given(&past).when(publish(), &system()).then_types(&["CatalogueListed", "CataloguePublished"]);
    past.act(&system(), publish());
    for late in [form("q-2", "ALL", &[]), verdict("q-1", "PARKS", &[1]), admit_for("q-2", 1, false)] {
        let rejection = past.clone().try_act(&system(), late).unwrap_err();
        assert!([Code::TooLate, Code::NotFound].contains(&rejection.code), "{rejection}");
    }
    // Ballots still need an open vote, and deposits an open IDEATION.
    let ballot = || cast("v-1", &[("ALL", paper(&[1, 1, 1]))]);
    given(&past).when(ballot(), &system()).then_rejected(Code::PhaseNotOpen, None);
    given(&past).when(deposit("p-1", "c-1"), &citizen("c-1")).then_rejected(Code::PhaseNotOpen, None);
    past.act(&system(), open(Phase::Vote));
    given(&past).when(ballot(), &system()).then_types(&["BallotCast"]);
}
