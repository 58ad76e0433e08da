//! What holds for every election: equal treatment, the budget, and explanations that are true.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tally::{
    Ballot, BallotType, Candidate, Cents, Channel, Choice, Election, LotSeed, MinScore, Outcome, Reason, Rule,
    TallyRule, TieBreak,
};

/// Budget, then per project (cost, withdrawn), then per ballot (on paper, points per project).
type Drawn = (i64, Vec<(i64, bool)>, Vec<(bool, Vec<i64>)>);

fn drawn() -> impl Strategy<Value = Drawn> {
    (1usize..8).prop_flat_map(|projects| {
        let points = prop_oneof![3 => Just(0i64), 2 => 1i64..5];
        (
            0i64..120,
            prop::collection::vec((0i64..60, prop::bool::weighted(0.1)), projects),
            prop::collection::vec((any::<bool>(), prop::collection::vec(points, projects)), 0..14),
        )
    })
}

fn rule() -> impl Strategy<Value = TallyRule> {
    let min_score = prop_oneof![
        2 => Just(None),
        1 => (0u64..8).prop_map(|n| Some(MinScore::Score(n))),
        1 => (0u32..10_000).prop_map(|n| Some(MinScore::ShareOfBallots(n))),
    ];
    let chain = prop::sample::subsequence(TieBreak::ALL.to_vec(), 0..=4).prop_shuffle();
    let rule = prop_oneof![Just(Rule::Greedy), Just(Rule::GreedyStop)];
    (rule, min_score, chain).prop_map(|(rule, min_score, tie_break)| TallyRule {
        rule,
        min_score,
        tie_break,
        around: tally::Around::default(),
    })
}

fn cents(amount: i64) -> Cents {
    Cents::new(amount).unwrap()
}

fn election((budget, projects, ballots): &Drawn, with_points: bool) -> Election {
    let candidates = projects
        .iter()
        .enumerate()
        .map(|(i, &(cost, withdrawn))| Candidate { withdrawn, ..Candidate::new(format!("P{i}"), cents(cost)) });
    let ballots = ballots.iter().map(|(paper, points)| Ballot {
        channel: if *paper { Channel::Paper } else { Channel::Digital },
        choices: (0..)
            .zip(points)
            .filter(|(_, points)| **points > 0)
            .map(|(project, points)| Choice { project, points: with_points.then_some(*points) })
            .collect(),
    });
    let (min, max) = (0, 100);
    Election {
        budget: cents(*budget),
        candidates: candidates.collect(),
        ballot_type: match with_points {
            true => BallotType::Scoring { min: 0, max: 1_000 },
            false => BallotType::Approval { min, max },
        },
        ballots: ballots.collect(),
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

fn tally(election: &Election, rule: &TallyRule) -> Outcome {
    let lot = LotSeed::draw(&[7; 32], "drawn in session");
    election.tally(rule, Some(&lot)).unwrap()
}

fn report(election: &Election, rule: &TallyRule) -> serde_json::Value {
    serde_json::to_value(tally(election, rule).report(&election.candidates)).unwrap()
}

/// The rule as one would explain it at a table: take the best project left, look, go on.
fn by_hand(election: &Election, rule: &TallyRule) -> Vec<usize> {
    let count = election.count().unwrap();
    let lot = LotSeed::draw(&[7; 32], "drawn in session");
    let mut waiting: Vec<usize> = (0..election.candidates.len()).collect();
    let (mut left, mut winners) = (election.budget.get(), Vec::new());
    while !waiting.is_empty() {
        let best = waiting
            .iter()
            .copied()
            .min_by(|&a, &b| {
                let (x, y) = (&election.candidates[a], &election.candidates[b]);
                let (s, t) = (&count.scores[a], &count.scores[b]);
                let mut order = t.total.cmp(&s.total);
                for link in &rule.tie_break {
                    order = order.then(match link {
                        TieBreak::LowerCost => x.cost.cmp(&y.cost),
                        TieBreak::MoreSupporters => t.supporters.cmp(&s.supporters),
                        TieBreak::Lot => lot.place(&x.id).cmp(&lot.place(&y.id)),
                        TieBreak::Id => x.id.cmp(&y.id),
                    });
                }
                order.then(x.id.cmp(&y.id))
            })
            .unwrap();
        waiting.retain(|&p| p != best);
        let (project, score) = (&election.candidates[best], &count.scores[best]);
        let reaches = match rule.min_score {
            None => true,
            Some(MinScore::Score(n)) => score.total >= i64::try_from(n).unwrap(),
            Some(MinScore::ShareOfBallots(n)) => score.supporters * 10_000 >= u64::from(n) * count.valid,
        };
        if project.withdrawn || !reaches {
            continue;
        }
        if project.cost.get() <= left {
            left -= project.cost.get();
            winners.push(best);
        } else if rule.rule == Rule::GreedyStop {
            break;
        }
    }
    winners
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_winners_are_those_found_by_hand(drawn in drawn(), rule in rule(), points: bool) {
        let election = election(&drawn, points);
        prop_assert_eq!(tally(&election, &rule).winners, by_hand(&election, &rule));
    }

    #[test]
    fn the_order_of_ballots_does_not_matter(
        (mut drawn, ballots) in drawn().prop_flat_map(|d| (Just(d.clone()), Just(d.2).prop_shuffle())),
        rule in rule(),
        points: bool,
    ) {
        let before = report(&election(&drawn, points), &rule);
        drawn.2 = ballots;
        prop_assert_eq!(report(&election(&drawn, points), &rule), before);
    }

    #[test]
    fn the_order_of_projects_does_not_matter(
        (drawn, order) in drawn().prop_flat_map(|d| {
            let places: Vec<usize> = (0..d.1.len()).collect();
            (Just(d), Just(places).prop_shuffle())
        }),
        rule in rule(),
        points: bool,
    ) {
        let one = election(&drawn, points);
        let mut other = one.clone();
        other.candidates = order.iter().map(|&p| one.candidates[p].clone()).collect();
        for choice in other.ballots.iter_mut().flat_map(|b| &mut b.choices) {
            choice.project = order.iter().position(|&p| p == choice.project).unwrap();
        }
        prop_assert_eq!(report(&other, &rule), report(&one, &rule));
    }

    #[test]
    fn every_project_has_a_decision_and_the_budget_holds(
        drawn in drawn(),
        rule in rule(),
        points: bool,
    ) {
        let election = election(&drawn, points);
        let outcome = tally(&election, &rule);
        prop_assert_eq!(outcome.projects.len(), election.candidates.len());
        let costs = outcome.winners.iter().map(|&w| election.candidates[w].cost);
        prop_assert_eq!(Cents::sum(costs), Some(outcome.spent));
        prop_assert!(outcome.spent <= outcome.budget);
        let mut ranks: Vec<usize> = outcome.projects.iter().map(|d| d.rank).collect();
        ranks.sort_unstable();
        prop_assert!(ranks.into_iter().eq(1..=election.candidates.len()));
        let left = outcome.budget.get() - outcome.spent.get();
        for (i, decision) in outcome.projects.iter().enumerate() {
            prop_assert_eq!(decision.elected, outcome.winners.contains(&i));
            prop_assert_eq!(decision.elected, decision.reason == Reason::Elected);
            prop_assert_eq!(decision.digital + decision.paper, decision.score);
            match decision.reason {
                Reason::Elected => prop_assert!(decision.cost <= decision.left),
                // Skipping leaves no project behind that would still fit.
                Reason::CostExceedsWhatIsLeft => prop_assert!(
                    decision.cost > decision.left && decision.cost.get() > left
                ),
                Reason::StoppedBefore => prop_assert_eq!(rule.rule, Rule::GreedyStop),
                Reason::BelowMinScore => prop_assert!(rule.min_score.is_some()),
                Reason::Withdrawn => prop_assert!(election.candidates[i].withdrawn),
                other => prop_assert!(false, "nothing stands around the rule: {}", other.code()),
            }
        }
    }

    #[test]
    fn one_more_vote_never_makes_a_winner_lose(
        drawn in drawn(),
        rule in rule(),
        ballot: prop::sample::Index,
    ) {
        let before = election(&drawn, false);
        prop_assume!(!before.ballots.is_empty());
        for &winner in &tally(&before, &rule).winners {
            let mut after = before.clone();
            let ballot = &mut after.ballots[ballot.index(before.ballots.len())];
            if ballot.choices.iter().all(|c| c.project != winner) {
                ballot.choices.push(Choice { project: winner, points: None });
            }
            prop_assert!(tally(&after, &rule).winners.contains(&winner));
        }
    }

    #[test]
    fn the_votes_said_to_be_missing_are_exactly_those(drawn in drawn(), rule in rule()) {
        let before = election(&drawn, false);
        let outcome = tally(&before, &rule);
        for (project, decision) in outcome.projects.iter().enumerate() {
            let with_votes = |extra: u64| {
                let mut after = before.clone();
                let others = after.ballots.iter_mut()
                    .filter(|b| b.choices.iter().all(|c| c.project != project));
                for ballot in others.take(usize::try_from(extra).unwrap()) {
                    ballot.choices.push(Choice { project, points: None });
                }
                tally(&after, &rule).projects[project].elected
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
    fn the_points_said_to_be_missing_are_exactly_those(drawn in drawn(), rule in rule()) {
        let before = election(&drawn, true);
        let outcome = tally(&before, &rule);
        for (project, decision) in outcome.projects.iter().enumerate() {
            let with_points = |extra: i64| {
                let mut after = before.clone();
                let given = after.ballots.iter_mut().flat_map(|b| &mut b.choices)
                    .find(|c| c.project == project).unwrap();
                given.points = given.points.map(|p| p + extra);
                tally(&after, &rule).projects[project].elected
            };
            match decision.extra_score_needed.map(|extra| i64::try_from(extra).unwrap()) {
                Some(extra) => {
                    prop_assert!(!decision.elected && with_points(extra));
                    prop_assert!(!with_points(extra - 1));
                }
                None if decision.supporters == 0 => {}
                None => prop_assert!(decision.elected || !with_points(500)),
            }
        }
    }

    #[test]
    fn the_cost_said_to_be_low_enough_is_exactly_that(
        drawn in drawn(),
        rule in rule(),
        points: bool,
    ) {
        let before = election(&drawn, points);
        let outcome = tally(&before, &rule);
        for (project, decision) in outcome.projects.iter().enumerate() {
            let at_cost = |cost: i64| {
                let mut after = before.clone();
                after.candidates[project].cost = cents(cost);
                tally(&after, &rule).projects[project].elected
            };
            match decision.highest_cost_elected {
                Some(cost) => {
                    prop_assert!(cost < decision.cost && at_cost(cost.get()));
                    prop_assert!(!at_cost(cost.get() + 1));
                }
                None => prop_assert!(decision.elected || !at_cost(0)),
            }
        }
    }
}
