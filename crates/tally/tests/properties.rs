//! What holds for every election: equal treatment, the budget, and explanations that are true.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tally::{
    Ballot, BallotType, Candidate, Cents, Channel, Choice, Election, LotSeed, MinScore, Outcome, Reason, Rule,
    TallyRule, TieBreak, Utility,
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
    around(prop_oneof![Just(Rule::Greedy), Just(Rule::GreedyStop)])
}

/// Every rule for ballots without grades.
fn any_rule() -> impl Strategy<Value = TallyRule> {
    let all: Vec<Rule> = Rule::all().into_iter().filter(|rule| *rule != Rule::MajorityJudgment).collect();
    around(prop::sample::select(all))
}

fn around(rule: impl Strategy<Value = Rule>) -> impl Strategy<Value = TallyRule> {
    let min_score = prop_oneof![
        2 => Just(None),
        1 => (0u64..8).prop_map(|n| Some(MinScore::Score(n))),
        1 => (0u32..10_000).prop_map(|n| Some(MinScore::ShareOfBallots(n))),
    ];
    let chain = prop::sample::subsequence(TieBreak::ALL.to_vec(), 0..=4).prop_shuffle();
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

/// A fraction, for elections so small that it never overflows.
#[derive(Clone, Copy, Debug)]
struct Fraction(i128, i128);

impl Fraction {
    fn new(num: i128, den: i128) -> Self {
        let (mut a, mut b) = (num.abs(), den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self(num / a.max(1), den / a.max(1))
    }
    fn minus(self, other: Self) -> Self {
        Self::new(self.0 * other.1 - other.0 * self.1, self.1 * other.1)
    }
    fn below(self, other: Self) -> bool {
        self.0 * other.1 < other.0 * self.1
    }
}

/// Ties go to the id, which is the order of the projects here.
fn shares_by_hand(election: &Election, by_cost: bool) -> Vec<usize> {
    let voters = i128::try_from(election.ballots.len()).unwrap();
    if voters == 0 {
        return Vec::new();
    }
    let mut money = vec![Fraction::new(i128::from(election.budget.get()), voters); election.ballots.len()];
    let mut winners: Vec<usize> = Vec::new();
    loop {
        let mut best: Option<(Fraction, usize, Fraction)> = None;
        for (project, candidate) in election.candidates.iter().enumerate() {
            if winners.contains(&project) || candidate.withdrawn {
                continue;
            }
            let given = |voter: &usize| {
                let of = election.ballots[*voter].choices.iter().find(|choice| choice.project == project);
                of.map(|choice| i128::from(choice.points.unwrap_or(1)))
            };
            // From the poorest per point to the richest: the first who could pay alike with all that follow.
            let mut supporters: Vec<(usize, i128)> =
                (0..money.len()).filter_map(|voter| given(&voter).map(|points| (voter, points))).collect();
            supporters.sort_by(|(one, p), (other, q)| {
                let (a, b) = (money[*one], money[*other]);
                (a.0 * b.1 * q).cmp(&(b.0 * a.1 * p))
            });
            let mut rest = Fraction::new(i128::from(candidate.cost.get()), 1);
            let mut points: i128 = supporters.iter().map(|(_, points)| points).sum();
            let mut price = None;
            for (voter, of_voter) in &supporters {
                let per_point = Fraction::new(rest.0, rest.1 * points);
                let asked = Fraction::new(per_point.0 * of_voter, per_point.1);
                if !money[*voter].below(asked) {
                    price = Some(per_point);
                    break;
                }
                rest = rest.minus(money[*voter]);
                points -= of_voter;
            }
            let Some(price) = price else { continue };
            let worth = if by_cost { i128::from(candidate.cost.get()).max(1) } else { 1 };
            let per_utility = Fraction::new(price.0, price.1 * worth);
            if best.is_none_or(|(least, _, _)| per_utility.below(least)) {
                best = Some((per_utility, project, price));
            }
        }
        let Some((_, project, price)) = best else { return winners };
        for (ballot, has) in election.ballots.iter().zip(&mut money) {
            if let Some(choice) = ballot.choices.iter().find(|choice| choice.project == project) {
                let asked = Fraction::new(price.0 * i128::from(choice.points.unwrap_or(1)), price.1);
                *has = if has.below(asked) { Fraction(0, 1) } else { has.minus(asked) };
            }
        }
        winners.push(project);
    }
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
        rule in any_rule(),
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
        rule in any_rule(),
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

    /// Ids decide nothing where neither the lot nor the id is a link and all costs and scores differ; so
    /// names are swapped here together with all that hangs on them.
    #[test]
    fn other_names_give_the_same_winners(drawn in drawn(), rule in any_rule(), points: bool) {
        let chain = vec![TieBreak::LowerCost, TieBreak::MoreSupporters];
        let rule = TallyRule { tie_break: chain, ..rule };
        let one = election(&drawn, points);
        let mut other = one.clone();
        // The order of ids stays, so that they break the last ties alike; the ids themselves don't.
        other.candidates.iter_mut().for_each(|candidate| candidate.id = format!("Q{}", candidate.id));
        prop_assert_eq!(tally(&other, &rule).winners, tally(&one, &rule).winners);
    }

    #[test]
    fn every_rule_keeps_to_the_envelope_and_tells_of_every_project(
        drawn in drawn(),
        rule in any_rule(),
        points: bool,
    ) {
        let election = election(&drawn, points);
        let outcome = tally(&election, &rule);
        let costs = outcome.winners.iter().map(|&w| election.candidates[w].cost);
        prop_assert_eq!(Cents::sum(costs), Some(outcome.spent));
        prop_assert!(outcome.spent <= outcome.budget);
        let left = outcome.budget.get() - outcome.spent.get();
        for (project, decision) in outcome.projects.iter().enumerate() {
            prop_assert_eq!(decision.elected, outcome.winners.contains(&project));
            prop_assert_eq!(decision.elected, decision.reason.is_elected());
            let candidate = &election.candidates[project];
            prop_assert_eq!(decision.reason == Reason::Withdrawn, candidate.withdrawn);
            if decision.reason == Reason::SupportersCannotPay {
                let joint = decision.supporters_left.unwrap();
                // What nobody supports isn't bought, even where it costs nothing.
                let unwanted = decision.supporters == 0;
                prop_assert!(unwanted || joint < candidate.cost, "{joint} was enough for {}", candidate.cost);
            }
            let completed = matches!(
                rule.rule,
                Rule::EqualShares { greedy: true, .. } | Rule::Phragmen { greedy: true }
            );
            if completed && decision.reason == Reason::CostExceedsWhatIsLeft {
                prop_assert!(candidate.cost.get() > left);
            }
        }
    }

    /// Equal shares followed in fractions, purchase by purchase, as one would by hand.
    #[test]
    fn equal_shares_buys_what_plain_fractions_buy(drawn in drawn(), points: bool, by_cost: bool) {
        let election = election(&drawn, points);
        let utility = if by_cost { Utility::Cost } else { Utility::Cardinality };
        let rule = Rule::EqualShares { utility, add_one: None, greedy: false };
        let rule = TallyRule { rule, min_score: None, tie_break: vec![], around: tally::Around::default() };
        prop_assert_eq!(tally(&election, &rule).winners, shares_by_hand(&election, by_cost));
    }

    /// No set of projects that fits has a greater sum of votes.
    #[test]
    fn no_set_is_worth_more_than_the_best(drawn in drawn(), points: bool) {
        let election = election(&drawn, points);
        let scores = election.count().unwrap().scores;
        let rule = Rule::MaxWelfare { utility: Utility::Cardinality };
        let rule = TallyRule { rule, min_score: None, tie_break: vec![], around: tally::Around::default() };
        let found: i64 = tally(&election, &rule).winners.iter().map(|&winner| scores[winner].total).sum();
        for set in 0u32..1 << election.candidates.len() {
            let members: Vec<usize> = (0..election.candidates.len()).filter(|p| set >> p & 1 == 1).collect();
            let cost: i64 = members.iter().map(|&p| election.candidates[p].cost.get()).sum();
            let stands = members.iter().all(|&p| !election.candidates[p].withdrawn);
            let worth: i64 = members.iter().map(|&p| scores[p].total).sum();
            prop_assert!(cost > election.budget.get() || !stands || worth <= found);
        }
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
