//! What stands around a rule: small elections worked out on paper, and what holds for all.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tally::{
    Around, Ballot, BallotType, Candidate, Cents, Channel, Choice, Election, Floor, GroupLimits, Leftovers, Outcome,
    Reason, Rule, TallyRule, TieBreak, Weights,
};

fn cents(amount: i64) -> Cents {
    Cents::new(amount).unwrap()
}

/// `votes[i]` ballots name project i alone.
fn election(budget: i64, projects: &[(&str, i64, usize)]) -> Election {
    let ballot = |project| Ballot { channel: Channel::Digital, choices: vec![Choice { project, points: None }] };
    let votes = projects.iter().enumerate().flat_map(|(project, (_, _, votes))| vec![ballot(project); *votes]);
    Election {
        budget: cents(budget),
        candidates: projects.iter().map(|&(id, cost, _)| Candidate::new(id, cents(cost))).collect(),
        ballot_type: BallotType::Approval { min: 1, max: 9 },
        ballots: votes.collect(),
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

fn under(rule: Rule, around: Around) -> TallyRule {
    TallyRule { rule, min_score: None, tie_break: vec![TieBreak::Id], around }
}

/// Ids of the winners in order, and the code of each project's reason.
fn told(election: &Election, rule: &TallyRule) -> (Vec<String>, Vec<&'static str>, Outcome) {
    let outcome = election.tally(rule, None).unwrap();
    let winners = outcome.winners.iter().map(|&winner| election.candidates[winner].id.clone()).collect();
    (winners, outcome.projects.iter().map(|project| project.reason.code()).collect(), outcome)
}

#[test]
fn a_number_of_winners_ends_the_choice_within_the_envelope_or_instead_of_it() {
    let election = election(100, &[("a", 60, 9), ("b", 90, 8), ("c", 30, 7), ("d", 10, 6)]);
    let within = under(Rule::Greedy, Around { winners: Some(2), ..Around::default() });
    let (winners, reasons, outcome) = told(&election, &within);
    assert_eq!(winners, ["a", "c"]);
    assert_eq!(reasons, ["ELECTED", "COST_EXCEEDS_WHAT_IS_LEFT", "ELECTED", "ENOUGH_WINNERS"]);
    // With two votes more it stands above c.
    assert_eq!(outcome.projects[3].extra_score_needed, Some(2));
    assert_eq!(outcome.projects[3].highest_cost_elected, None);

    let instead = under(Rule::Greedy, Around { winners: Some(2), any_cost: true, ..Around::default() });
    let (winners, reasons, outcome) = told(&election, &instead);
    assert_eq!(winners, ["a", "b"]);
    assert_eq!(reasons, ["ELECTED", "ELECTED", "ENOUGH_WINNERS", "ENOUGH_WINNERS"]);
    assert_eq!(outcome.spent, cents(150));
    assert_eq!(outcome.projects[2].extra_score_needed, Some(2));
}

#[test]
fn of_two_that_exclude_each_other_the_first_in_turn_wins() {
    let mut election = election(100, &[("a", 20, 9), ("b", 20, 8), ("c", 20, 7), ("d", 20, 6)]);
    // One says so; b would exclude d, and isn't elected.
    election.candidates[1].excludes = vec![0, 3];
    let (winners, reasons, outcome) = told(&election, &under(Rule::GreedyStop, Around::default()));
    assert_eq!(winners, ["a", "c", "d"]);
    assert_eq!(reasons[1], "EXCLUDED_BY_WINNER");
    // Level with a, the id puts it below: two more votes are needed.
    assert_eq!(outcome.projects[1].extra_score_needed, Some(2));
    assert_eq!(outcome.projects[1].highest_cost_elected, None);
}

#[test]
fn the_next_project_is_funded_when_enough_of_its_cost_is_left() {
    let poznan = |rule| under(rule, Around { fund_next_at_basis_points: Some(8_000), ..Around::default() });
    // 40 left, 50 asked: exactly 80 %.
    let exact = election(100, &[("a", 60, 9), ("b", 50, 8), ("c", 1, 7), ("d", 0, 6)]);
    for rule in [Rule::Greedy, Rule::GreedyStop] {
        let (winners, reasons, outcome) = told(&exact, &poznan(rule));
        assert_eq!(outcome.spent, cents(110));
        assert_eq!(reasons[1], "ELECTED_BEYOND_ENVELOPE");
        // Nothing is left; a project that costs nothing still fits, unless the rule stops.
        let free = if rule == Rule::Greedy { vec!["a", "b", "d"] } else { vec!["a", "b"] };
        assert_eq!(winners, free);
        assert_eq!(outcome.projects[2].left, Cents::ZERO);
    }
    // 51 asked: too little is left, and the chance isn't handed on to the next.
    let short = election(100, &[("a", 60, 9), ("b", 51, 8), ("c", 45, 7), ("d", 40, 6)]);
    let (winners, reasons, outcome) = told(&short, &poznan(Rule::Greedy));
    assert_eq!(winners, ["a", "d"]);
    assert_eq!(reasons[1..3], ["COST_EXCEEDS_WHAT_IS_LEFT", "COST_EXCEEDS_WHAT_IS_LEFT"]);
    assert_eq!(outcome.projects[1].highest_cost_elected, Some(cents(50)));
    // In b's place, c would have been the first that doesn't fit: 40 of 45 is enough.
    assert_eq!(outcome.projects[2].extra_score_needed, Some(2));
    assert_eq!(outcome.projects[2].highest_cost_elected, Some(cents(40)));
}

#[test]
fn a_vote_on_paper_can_weigh_more() {
    let mut election = election(50, &[("a", 50, 5), ("b", 50, 0)]);
    for _ in 0..3 {
        election.ballots.push(Ballot { channel: Channel::Paper, choices: vec![Choice { project: 1, points: None }] });
    }
    let weights = Some(Weights { digital: 1, paper: 2 });
    let (winners, _, outcome) = told(&election, &under(Rule::Greedy, Around { weights, ..Around::default() }));
    assert_eq!(winners, ["b"]);
    let [a, b] = &outcome.projects[..] else { unreachable!() };
    assert_eq!((b.score, b.digital, b.paper, b.supporters), (6, 0, 3, 3));
    // How many votes would do depends on their channel.
    assert_eq!((a.score, a.extra_score_needed), (5, None));
}

#[test]
fn priority_projects_come_first_until_they_reach_the_floor() {
    let projects = [("a", 50, 9), ("b", 30, 8), ("p", 25, 3), ("q", 20, 2), ("r", 10, 1)];
    let mut election = election(100, &projects);
    for project in 2..5 {
        election.candidates[project].priority = true;
    }
    let floor = |earmark| under(Rule::Greedy, Around { earmark: Some(earmark), ..Around::default() });
    // 30 % of 100: p alone has 25, so q is taken too; then a fits in 55, and nothing in the 5 left.
    let (winners, reasons, outcome) = told(&election, &floor(Floor::BasisPoints(3_000)));
    assert_eq!(winners, ["p", "q", "a"]);
    assert_eq!(
        reasons,
        [
            "ELECTED",
            "COST_EXCEEDS_WHAT_IS_LEFT",
            "ELECTED_BY_EARMARK",
            "ELECTED_BY_EARMARK",
            "COST_EXCEEDS_WHAT_IS_LEFT"
        ]
    );
    assert_eq!(outcome.projects.iter().map(|p| p.rank).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    // Above q, r is taken first: 35 reach the floor without q.
    assert_eq!(outcome.projects[4].extra_score_needed, Some(2));
    assert_eq!(outcome.projects[4].highest_cost_elected, Some(cents(5)));
    // The same floor as an amount; one that is reached by p alone leaves q to its turn.
    assert_eq!(told(&election, &floor(Floor::Cents(cents(30)))).0, ["p", "q", "a"]);
    assert_eq!(told(&election, &floor(Floor::Cents(cents(25)))).0, ["p", "a", "q"]);
    // Where none is left that fits, the choice goes on among all.
    assert_eq!(told(&election, &floor(Floor::Cents(cents(100)))).0, ["p", "q", "r", "b"]);
}

#[test]
fn groups_have_a_least_and_a_most() {
    let projects = [("a", 20, 9), ("b", 20, 8), ("c", 20, 7), ("d", 20, 6), ("e", 30, 1)];
    let mut election = election(100, &projects);
    for (project, group) in [(0, "NORTH"), (1, "NORTH"), (2, "NORTH"), (4, "SOUTH")] {
        election.candidates[project].group = Some(group.to_owned());
    }
    let limits = |groups| under(Rule::Greedy, Around { groups: Some(groups), ..Around::default() });
    let most = limits(GroupLimits { at_most: Some(2), ..GroupLimits::default() });
    let (winners, reasons, outcome) = told(&election, &most);
    assert_eq!(winners, ["a", "b", "d", "e"]);
    assert_eq!(reasons[2], "GROUP_CAP_REACHED");
    assert_eq!(outcome.projects[2].extra_score_needed, Some(2));

    let spend = limits(GroupLimits { at_most_cents: Some(cents(50)), ..GroupLimits::default() });
    let (winners, _, outcome) = told(&election, &spend);
    assert_eq!(winners, ["a", "b", "d", "e"]);
    assert_eq!(outcome.projects[2].highest_cost_elected, Some(cents(10)));

    let least = limits(GroupLimits { at_least: Some(1), ..GroupLimits::default() });
    let (winners, reasons, _) = told(&election, &least);
    assert_eq!(winners, ["a", "e", "b", "c"]);
    assert_eq!(reasons[0], "ELECTED_FOR_ITS_GROUP");
    assert_eq!(reasons[4], "ELECTED_FOR_ITS_GROUP");
    assert_eq!(reasons[3], "COST_EXCEEDS_WHAT_IS_LEFT");
}

#[test]
fn what_does_not_fit_together_is_refused_with_what_to_do() {
    let default = Around::default;
    let unfit = [
        Around { winners: Some(0), ..default() },
        Around { any_cost: true, ..default() },
        Around { any_cost: true, winners: Some(3), earmark: Some(Floor::BasisPoints(100)), ..default() },
        Around { any_cost: true, winners: Some(3), leftovers: Leftovers::City, ..default() },
        Around { fund_next_at_basis_points: Some(0), ..default() },
        Around { fund_next_at_basis_points: Some(10_001), ..default() },
        Around { earmark: Some(Floor::Cents(Cents::ZERO)), ..default() },
        Around { weights: Some(Weights { digital: 0, paper: 0 }), ..default() },
        Around { weights: Some(Weights { digital: 1, paper: 101 }), ..default() },
        Around { groups: Some(GroupLimits::default()), ..default() },
        Around { groups: Some(GroupLimits { at_most: Some(0), ..GroupLimits::default() }), ..default() },
        Around {
            groups: Some(GroupLimits { at_least: Some(3), at_most: Some(2), ..GroupLimits::default() }),
            ..default()
        },
    ];
    for around in unfit {
        let refused = under(Rule::Greedy, around.clone()).check().unwrap_err();
        assert_eq!(refused.code(), "RULE_DOES_NOT_FIT", "{around:?}");
        assert!(refused.to_string().contains(':'), "{refused}");
        let counted = election(10, &[]).tally(&under(Rule::Greedy, around), None).unwrap_err();
        assert_eq!(counted, refused);
    }
}

#[test]
fn costs_beyond_all_amounts_are_refused() {
    let most = tally::money::MAX_CENTS;
    let election = election(1, &[("a", most, 2), ("b", most, 1)]);
    let any = under(Rule::Greedy, Around { winners: Some(2), any_cost: true, ..Around::default() });
    assert_eq!(election.tally(&any, None).unwrap_err().code(), "SPENT_TOO_LARGE");
}

#[test]
fn what_stands_around_reads_as_it_is_frozen() {
    let around = Around {
        winners: Some(8),
        fund_next_at_basis_points: Some(8_000),
        weights: Some(Weights { digital: 1, paper: 2 }),
        earmark: Some(Floor::BasisPoints(2_500)),
        groups: Some(GroupLimits { at_most: Some(3), at_least: Some(1), at_most_cents: None }),
        leftovers: Leftovers::HighestTurnout,
        ..Around::default()
    };
    let rule = under(Rule::Greedy, around);
    let json = serde_json::to_string(&rule).unwrap();
    assert_eq!(
        json,
        r#"{"rule":"GREEDY","tie_break":["ID"],"around":{"winners":8,"fund_next_at_basis_points":8000,"weights":{"digital":1,"paper":2},"earmark":{"BASIS_POINTS":2500},"groups":{"at_most":3,"at_least":1},"leftovers":"HIGHEST_TURNOUT"}}"#
    );
    assert_eq!(serde_json::from_str::<TallyRule>(&json).unwrap(), rule);
    let plain = serde_json::to_string(&under(Rule::Greedy, Around::default())).unwrap();
    assert_eq!(plain, r#"{"rule":"GREEDY","tie_break":["ID"]}"#);
}

/// A project: cost, excluded projects, priority, group.
type Project = (i64, Vec<usize>, bool, Option<u8>);

fn drawn() -> impl Strategy<Value = (Election, TallyRule)> {
    let project = (0i64..60, prop::collection::vec(0usize..7, 0..2), any::<bool>(), prop::option::of(0u8..3));
    let election = (1usize..8).prop_flat_map(move |projects| {
        (
            0i64..150,
            prop::collection::vec(project.clone(), projects),
            prop::collection::vec(prop::collection::vec(any::<bool>(), projects), 0..12),
        )
    });
    let groups = (prop::option::of(1u32..3), prop::option::of(1i64..80), prop::option::of(1u32..2)).prop_map(
        |(at_most, at_most_cents, at_least)| GroupLimits { at_most, at_most_cents: at_most_cents.map(cents), at_least },
    );
    let around = (
        prop::option::of(1u32..4),
        prop::option::of(1u32..=10_000),
        prop::option::of(prop_oneof![
            (1i64..100).prop_map(|floor| Floor::Cents(cents(floor))),
            (1u32..=10_000).prop_map(Floor::BasisPoints)
        ]),
        prop::option::of(groups.prop_filter("a limit", |groups| *groups != GroupLimits::default())),
    );
    let rule = prop_oneof![Just(Rule::Greedy), Just(Rule::GreedyStop)];
    (election, around, rule).prop_map(|((budget, projects, ballots), around, rule)| {
        let (winners, fund_next_at_basis_points, earmark, groups) = around;
        let around = Around { winners, fund_next_at_basis_points, earmark, groups, ..Around::default() };
        (drawn_election(budget, &projects, &ballots), under(rule, around))
    })
}

fn drawn_election(budget: i64, projects: &[Project], ballots: &[Vec<bool>]) -> Election {
    let candidate = |(place, (cost, excludes, priority, group)): (usize, &Project)| Candidate {
        excludes: excludes.iter().copied().filter(|other| *other < projects.len()).collect(),
        priority: *priority,
        group: group.map(|group| format!("G{group}")),
        ..Candidate::new(format!("P{place}"), cents(*cost))
    };
    let choices = |named: &Vec<bool>| {
        let named = named.iter().enumerate().filter(|(_, named)| **named);
        named.map(|(project, _)| Choice { project, points: None }).collect()
    };
    Election {
        budget: cents(budget),
        candidates: projects.iter().enumerate().map(candidate).collect(),
        ballot_type: BallotType::Approval { min: 0, max: 100 },
        ballots: ballots.iter().map(|named| Ballot { channel: Channel::Paper, choices: choices(named) }).collect(),
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

/// The rule as one would do it at a table: three piles, and for each project everything is looked up.
fn by_hand(election: &Election, rule: &TallyRule) -> Vec<usize> {
    let scores = election.count().unwrap().scores;
    let mut order: Vec<usize> = (0..election.candidates.len()).collect();
    order.sort_by_key(|&p| (-scores[p].total, election.candidates[p].id.clone()));
    let cost = |p: usize| election.candidates[p].cost.get();
    let (around, mut winners) = (&rule.around, Vec::<usize>::new());
    let (mut left, mut beyond) = (election.budget.get(), false);
    let groups = around.groups.unwrap_or_default();
    let floor = match around.earmark {
        Some(Floor::Cents(floor)) => floor.get(),
        Some(Floor::BasisPoints(share)) => (election.budget.get() * i64::from(share) + 9_999) / 10_000,
        None => 0,
    };
    for pass in 0..3 {
        for &p in &order {
            let me = &election.candidates[p];
            let mates: Vec<usize> = winners
                .iter()
                .copied()
                .filter(|&w| me.group.is_some() && election.candidates[w].group == me.group)
                .collect();
            let needed = usize::try_from(groups.at_least.unwrap_or(0)).unwrap();
            let priority: i64 = winners.iter().filter(|&&w| election.candidates[w].priority).map(|&w| cost(w)).sum();
            let considered = match pass {
                0 => me.group.is_some() && mates.len() < needed,
                1 => me.priority && priority < floor,
                _ => true,
            };
            let barred = winners.contains(&p)
                || winners.iter().any(|&w| election.candidates[w].excludes.contains(&p) || me.excludes.contains(&w))
                || around.winners.is_some_and(|most| winners.len() >= usize::try_from(most).unwrap())
                || groups
                    .at_most
                    .is_some_and(|most| me.group.is_some() && mates.len() >= usize::try_from(most).unwrap())
                || groups.at_most_cents.is_some_and(|most| {
                    me.group.is_some() && mates.iter().map(|&w| cost(w)).sum::<i64>() + cost(p) > most.get()
                });
            if !considered || barred {
                continue;
            }
            if cost(p) <= left {
                left -= cost(p);
                winners.push(p);
            } else if pass == 2 {
                let share = around.fund_next_at_basis_points.map(i64::from);
                if !beyond && share.is_some_and(|share| left * 10_000 >= share * cost(p)) {
                    winners.push(p);
                    left = 0;
                }
                beyond = true;
                if rule.rule == Rule::GreedyStop {
                    return winners;
                }
            }
        }
    }
    winners
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_winners_are_those_found_by_hand((election, rule) in drawn()) {
        prop_assert_eq!(told(&election, &rule).2.winners, by_hand(&election, &rule));
    }

    #[test]
    fn all_that_is_said_holds((election, rule) in drawn()) {
        let outcome = told(&election, &rule).2;
        let around = &rule.around;
        let winners: Vec<&Candidate> = outcome.winners.iter().map(|&winner| &election.candidates[winner]).collect();
        prop_assert!(around.winners.is_none_or(|most| winners.len() <= usize::try_from(most).unwrap()));
        for (place, winner) in outcome.winners.iter().enumerate() {
            let excluded = |other: &usize| election.candidates[*winner].excludes.contains(other) && other != winner;
            prop_assert!(!outcome.winners.iter().enumerate().any(|(at, other)| at != place && excluded(other)));
        }
        // The envelope holds, but for the one project funded beyond it.
        let beyond = outcome.projects.iter().filter(|p| p.reason == Reason::ElectedBeyondEnvelope);
        let lacks: i64 = beyond.clone().map(|p| p.cost.get() - p.left.get()).sum();
        prop_assert!(beyond.count() <= 1);
        prop_assert!(outcome.spent.get() - lacks <= outcome.budget.get());
        for decision in &outcome.projects {
            prop_assert_eq!(decision.elected, decision.reason.is_elected());
        }
    }

    #[test]
    fn the_votes_said_to_be_missing_are_exactly_those((before, rule) in drawn()) {
        let outcome = told(&before, &rule).2;
        for (project, decision) in outcome.projects.iter().enumerate() {
            let with_votes = |extra: u64| {
                let mut after = before.clone();
                let others = after.ballots.iter_mut().filter(|b| b.choices.iter().all(|c| c.project != project));
                for ballot in others.take(usize::try_from(extra).unwrap()) {
                    ballot.choices.push(Choice { project, points: None });
                }
                told(&after, &rule).2.projects[project].elected
            };
            match decision.extra_score_needed {
                Some(extra) => {
                    prop_assert!(!decision.elected && with_votes(extra));
                    prop_assert!(!with_votes(extra - 1));
                }
                None => prop_assert!(decision.elected || !with_votes(outcome.counted)),
            }
        }
    }

    #[test]
    fn the_cost_said_to_be_low_enough_is_exactly_that((before, rule) in drawn()) {
        let outcome = told(&before, &rule).2;
        for (project, decision) in outcome.projects.iter().enumerate() {
            let at_cost = |cost: i64| {
                let mut after = before.clone();
                after.candidates[project].cost = cents(cost);
                told(&after, &rule).2.projects[project].elected
            };
            match decision.highest_cost_elected {
                Some(cost) => {
                    prop_assert!(cost < decision.cost && at_cost(cost.get()));
                    prop_assert!(!at_cost(cost.get() + 1));
                }
                None => prop_assert!(decision.elected || decision.cost == Cents::ZERO || !at_cost(0)),
            }
        }
    }

    #[test]
    fn the_order_of_projects_does_not_matter(
        ((election, rule), order) in drawn().prop_flat_map(|(election, rule)| {
            let places: Vec<usize> = (0..election.candidates.len()).collect();
            (Just((election, rule)), Just(places).prop_shuffle())
        }),
    ) {
        let place = |project: usize| order.iter().position(|&other| other == project).unwrap();
        let mut other = election.clone();
        other.candidates = order.iter().map(|&project| election.candidates[project].clone()).collect();
        for candidate in &mut other.candidates {
            candidate.excludes = candidate.excludes.iter().map(|&project| place(project)).collect();
        }
        for choice in other.ballots.iter_mut().flat_map(|ballot| &mut ballot.choices) {
            choice.project = place(choice.project);
        }
        let report = |election: &Election| {
            serde_json::to_value(told(election, &rule).2.report(&election.candidates)).unwrap()
        };
        prop_assert_eq!(report(&other), report(&election));
    }
}

/// Poznań's own decisions, under the rule as its files tell it.
#[test]
fn poznan_is_counted_under_its_own_rule() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/pabulib");
    let Ok(files) = std::fs::read_dir(folder) else {
        eprintln!("SKIPPED: the files of past elections are not there");
        return;
    };
    let paths = files.map(|file| file.unwrap().path());
    let paths: Vec<_> = paths.filter(|path| path.to_string_lossy().contains("Poland_Poznan")).collect();
    assert!(!paths.is_empty());
    for path in paths {
        let file = tally::PabulibFile::parse(&std::fs::read(path).unwrap()).unwrap();
        let rule = under(Rule::GreedyStop, Around { fund_next_at_basis_points: Some(8_000), ..Around::default() });
        let outcome = file.to_election().tally(&rule, None).unwrap();
        for (project, decision) in file.projects.iter().zip(&outcome.projects) {
            assert_eq!(decision.elected, project.selected.is_some_and(|selected| selected > 0), "{}", project.id);
            assert_eq!(decision.reason == Reason::ElectedBeyondEnvelope, project.selected == Some(2), "{}", project.id);
        }
    }
}
