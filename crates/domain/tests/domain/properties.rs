//! What always holds, whatever people ask for and in whatever order.

use crate::support::sample::*;
use crate::support::story::Story;
use domain::configuration::AreaKind;
use domain::phase::Phase;
use domain::project::Opinion;
use domain::site::Milestone;
use domain::{AreaId, Cents, Command, World};
use proptest::prelude::*;
use std::collections::BTreeSet;
use tally::{BallotType, Rule};

/// Somebody asks for something; the numbers name who and what, among few.
#[derive(Clone, Debug)]
struct Act {
    what: u8,
    who: u8,
    which: u8,
    numbers: Vec<u32>,
    units: i64,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = (0..100_u8, 0..4_u8, 0..5_u8, prop::collection::vec(0..7_u32, 0..4), -1..70_000_i64)
        .prop_map(|(what, who, which, numbers, units)| Act { what, who, which, numbers, units });
    prop::collection::vec(act, 0..260)
}

/// What is asked; a fifth of it moves the campaign on, so that late phases are reached.
fn command(act: &Act, story: &Story) -> (domain::Actor, Command) {
    let Act { what, who, which, numbers, units } = act;
    let area = ["ALL", "D1", "D2", "D9"][usize::from(*which).min(3)];
    let (proposal, project) = (format!("p-{which}"), format!("q-{which}"));
    let (author, voter) = (format!("c-{who}"), format!("v-{who}"));
    let agent = if *who == 3 { referent() } else { coordinator() };
    let progress = story.world.campaign.progress;
    let next =
        progress.latest.map_or(Some(Phase::PreIdeation), |phase| Phase::ALL.into_iter().find(|next| *next > phase));
    let opinion = if *which == 4 { Opinion::Unfavourable } else { Opinion::Favourable };
    let proposals: Vec<String> = numbers.iter().map(|n| format!("p-{n}")).collect();
    let proposals: Vec<&str> = proposals.iter().map(String::as_str).collect();
    match what {
        0..20 => match (progress.open, progress.latest, next) {
            (true, Some(phase), _) => (system(), close(phase)),
            (_, _, Some(next)) => (system(), open(next)),
            (_, _, None) => (system(), open(Phase::Result)),
        },
        20..34 => (citizen(&author), deposit(&proposal, &author)),
        34..36 => (citizen(&author), withdraw(&proposal)),
        36..44 => (agent, form(&project, area, &proposals)),
        44..48 => (agent, merge(&proposal, &project)),
        48..56 => (referent(), verdict_as(&project, verdict_of("PARKS", opinion, &[*units]))),
        56..64 => (agent, admit(&project)),
        64..66 => (agent, refuse(&project)),
        66..72 => (agent, publish()),
        72..84 => (citizen(&voter), cast(&voter, &[(area, paper(numbers))])),
        84..86 => (polling(), cast(&voter, &[(area, on_paper(numbers))])),
        86..88 => (citizen(&voter), cancel(&voter, area)),
        88..91 => (returning(), close_box()),
        91..94 => (returning(), draw("7")),
        94..97 => (returning(), proclaim()),
        97 => (agent, open_site(&format!("s-{who}"), &project, area)),
        98 => (agent, reach(&format!("s-{who}"), Milestone::ALL[usize::from(*which)], None)),
        _ => (agent, configure(configuration())),
    }
}

fn admitted(world: &World) -> BTreeSet<&domain::ProjectId> {
    world.projects.iter().filter(|(_, project)| project.admission().is_some()).map(|(id, _)| id).collect()
}

fn check_invariants(story: &Story) {
    // What was written is accepted by whoever replays it, and leads to the same states.
    let mut world = World::default();
    for line in &story.lines {
        assert_eq!(world.check(&line.id, &line.event, &line.actor, line.at), Ok(()), "{:?}", line.event);
        world.evolve(&line.id, &line.event).unwrap();
    }
    assert_eq!(world.campaign, story.world.campaign);
    assert_eq!(world.projects, story.world.projects);
    assert_eq!(world.ballots, story.world.ballots);

    let campaign = &world.campaign;
    let Some(configuration) = &campaign.configuration else { return };
    // The list is all admitted projects and no other, numbered from 1 without gaps.
    let listed: Vec<_> = configuration.areas.iter().flat_map(|area| campaign.ballot_list(&area.id)).collect();
    if campaign.catalogue_published {
        assert_eq!(listed.iter().map(|entry| &entry.project).collect::<BTreeSet<_>>(), admitted(&world));
        let numbers: Vec<u32> = listed.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (1..=u32::try_from(listed.len()).unwrap()).collect::<Vec<_>>());
    }
    // At most one paper per area and one district per voter; only listed projects of that area.
    for ballot in world.ballots.values() {
        let areas: BTreeSet<&AreaId> = ballot.papers.iter().map(|(area, _)| area).collect();
        assert_eq!(areas.len(), ballot.papers.len());
        let kind = |area: &AreaId| configuration.area(area).map(|area| area.kind);
        assert!(areas.iter().filter(|area| kind(area) == Some(AreaKind::District)).count() <= 1);
        for (area, paper) in &ballot.papers {
            let on_list = |n: &u32| campaign.ballot_list(area).iter().any(|entry| entry.number == *n);
            assert!(paper.choices.iter().all(on_list), "{paper:?}");
        }
    }
    // Winners are paid from their area's envelope.
    for area in &configuration.areas {
        let won = |project| campaign.winners.as_ref().is_some_and(|winners| winners.contains(project));
        let costs = campaign.ballot_list(&area.id).iter().filter(|entry| won(&entry.project)).map(|e| e.cost_cents);
        assert!(Cents::sum(costs).unwrap() <= area.envelope_cents);
    }
    for (id, site) in &world.sites {
        let project = &site.opening.as_ref().unwrap().project;
        assert!(campaign.winners.as_ref().unwrap().contains(project), "{id}");
    }
}

fn start(rule: Rule, ballot: BallotType) -> Story {
    let mut configuration = configuration();
    configuration.rules.tally.rule = rule;
    configuration.areas[0].ballot = ballot;
    Story::configured(configuration)
}

fn run(mut story: Story, acts: &[Act]) -> Story {
    for act in acts {
        let (actor, command) = command(act, &story);
        let before = story.lines.len();
        if story.try_act(&actor, command).is_err() {
            assert_eq!(story.lines.len(), before);
        }
    }
    story
}

fn rules() -> impl Strategy<Value = (Rule, BallotType)> {
    let ballot = prop_oneof![
        Just(BallotType::Approval { min: 1, max: 2 }),
        Just(BallotType::ChooseOne),
        Just(BallotType::Knapsack { budget_cents: euros(60_000) }),
        Just(BallotType::Ordinal { max: 3 }),
    ];
    (prop_oneof![Just(Rule::Greedy), Just(Rule::GreedyStop)], ballot)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn from_the_first_day(acts in acts(), (rule, ballot) in rules()) {
        check_invariants(&run(start(rule, ballot), &acts));
    }

    #[test]
    fn from_any_phase(phase in 0..Phase::ALL.len(), acts in acts()) {
        let story = Story::at(Phase::ALL[phase]);
        check_invariants(&run(story, &acts));
    }

    #[test]
    fn every_vote_can_be_counted(acts in acts(), (rule, ballot) in rules()) {
        // A short way to a result, with any ballots: what exists can be run to its end.
        let mut story = Story::configured(start(rule, ballot).world.campaign.configured().cloned().unwrap());
        for phase in Phase::ALL {
            story.act(&system(), open(phase));
            if phase == Phase::Vote {
                let votes = acts.iter().map(|act| Act { what: 72 + act.what % 16, ..act.clone() });
                story = run(story, &votes.collect::<Vec<_>>());
            } else if phase != Phase::Result {
                story.live(phase);
            }
            story.act(&system(), close(phase));
        }
        prop_assert!(story.world.campaign.winners.is_some());
        check_invariants(&story);
    }
}

#[test]
fn the_acts_reach_a_result() {
    // So that the properties above aren't kept by never getting anywhere.
    let mut story = Story::at(Phase::Vote);
    let moves = Act { what: 0, who: 0, which: 0, numbers: vec![], units: 0 };
    let act = |what: u8, numbers: &[u32]| Act { what, numbers: numbers.into(), ..moves.clone() };
    let acts = [act(72, &[1, 2]), act(0, &[]), act(88, &[]), act(91, &[]), act(94, &[])];
    story = run(story, &acts);
    assert!(story.world.campaign.winners.is_some());
    check_invariants(&story);
}
