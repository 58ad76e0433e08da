//! What always holds, whatever people ask for and in whatever order.

use crate::support::kept::moderator;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::comment;
use domain::configuration::AreaKind;
use domain::participant::Content;
use domain::phase::Phase;
use domain::project::Opinion;
use domain::site::Milestone;
use domain::workshop::{self, Mode, Standing};
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
    let act = (0..140_u8, 0..4_u8, 0..5_u8, prop::collection::vec(0..7_u32, 0..4), -1..70_000_i64)
        .prop_map(|(what, who, which, numbers, units)| Act { what, who, which, numbers, units });
    prop::collection::vec(act, 0..340)
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
        99 => (agent, configure(configuration())),
        100..120 => (citizen(&author), in_public(act, &author, &proposal)),
        120..124 => (moderator(), moderated(act, &proposal)),
        124..128 => (agent, answer(&format!("k-{who}"), &proposal, Some(&format!("k-{which}")))),
        128..130 => (agent, announce(&format!("w-{which}"), Mode::Hybrid, &proposals)),
        130..132 => (agent, at(&format!("w-{which}"), workshop::Command::Invite { invitation: secret("one") })),
        132 => (agent, unmerge(&proposal, &project)),
        _ => (citizen(&author), in_workshop(act, &format!("w-{which}"))),
    }
}

/// What people do in public with a proposal.
fn in_public(act: &Act, author: &str, proposal: &str) -> Command {
    let Act { what, who, which, units, .. } = act;
    let comment = format!("k-{}", (who + which) % 5);
    match what {
        100..104 => edit(proposal, author, u64::from(*which % 3), |new| new.estimate_cents = Cents::new(*units)),
        104 => invite(proposal, "one"),
        105..107 => join(proposal, "one"),
        107 => leave(proposal),
        108..111 => post(&comment, proposal),
        111 => on(&comment, comment::Command::Withdraw),
        112..116 => support(author, proposal),
        116 => support_no_more(author, proposal),
        _ => report(author, Content::Proposal(id(proposal))),
    }
}

/// What a moderator does with it, or with a comment on it.
fn moderated(act: &Act, proposal: &str) -> Command {
    match act.who {
        0 => remove(proposal),
        1 => restore(proposal),
        2 => on("k-1", comment::Command::Pin),
        _ => on("k-1", comment::Command::Remove { reason: "Injures".into() }),
    }
}

/// What people do in a workshop.
fn in_workshop(act: &Act, workshop: &str) -> Command {
    match act.what {
        133 => register(workshop, Standing::Depositor),
        134 => register_with(workshop, "one"),
        135..138 => register(workshop, Standing::Follower),
        _ => at(workshop, workshop::Command::CancelRegistration),
    }
}

fn check_people(world: &World) {
    for (id, proposal) in &world.proposals {
        let shares: u32 = proposal.shares.values().copied().map(u32::from).sum();
        assert!(shares <= 100, "{id}");
        assert!(proposal.shares.keys().all(|project| proposal.projects.contains(project)), "{id}");
        assert!(proposal.projects.is_empty() || !proposal.withdrawn, "{id} is merged and was taken back");
        let author = proposal.author.as_ref().unwrap();
        assert!(!proposal.co_authors.contains(author) && proposal.co_authors.len() < 10, "{id}");
    }
    for (who, participant) in &world.participants {
        // Whoever joined after supporting may go on.
        let own = |one| world.proposals[one].author.as_deref() == Some(who.as_str());
        assert!(!participant.supports.iter().any(own), "{who} supports their own");
    }
    for (id, comment) in &world.comments {
        assert!(!comment.pinned || comment.official, "{id}");
    }
    for (id, workshop) in &world.workshops {
        let announcement = workshop.announcement.as_ref().unwrap();
        assert!(workshop.registered.len() <= usize::try_from(announcement.capacity).unwrap(), "{id}");
        assert!(workshop.choices.keys().all(|who| workshop.registered.contains_key(who)), "{id}");
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
    assert_eq!((&world.proposals, &world.comments), (&story.world.proposals, &story.world.comments));
    assert_eq!((&world.workshops, &world.participants), (&story.world.workshops, &story.world.participants));
    check_people(&world);

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
    let by = |what: u8, who: u8, which: u8| Act { what, who, which, ..moves.clone() };
    let said = [by(20, 0, 0), by(104, 0, 0), by(105, 1, 0), by(112, 2, 0), by(108, 0, 0), by(124, 3, 0), by(117, 2, 0)];
    let deposited = run(Story::at(Phase::Ideation), &said);
    assert_eq!((deposited.world.comments.len(), deposited.world.participants.len()), (2, 1));
    check_invariants(&deposited);
    let met = [act(128, &[1, 2]), by(130, 0, 0), by(134, 1, 0), by(135, 2, 0), by(138, 2, 0)];
    let held = run(Story::at(Phase::PostIdeation), &met);
    assert_eq!(held.world.workshops[&id("w-0")].registered.len(), 1);
    check_invariants(&held);
    let acts = [act(72, &[1, 2]), act(0, &[]), act(88, &[]), act(91, &[]), act(94, &[])];
    story = run(story, &acts);
    assert!(story.world.campaign.winners.is_some());
    check_invariants(&story);
}
