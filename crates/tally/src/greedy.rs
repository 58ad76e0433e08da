//! The rules most cities use: projects by score, funded while money lasts.
//!
//! Owns GREEDY and GREEDY_STOP with their threshold, and for each loser the
//! smallest change that would have elected it. The order of projects comes from
//! `tie_break.rs`, the scores from `election.rs`.
//! Source of the semantics: Faliszewski et al., "Participatory Budgeting: Data,
//! Tools, and Analysis", IJCAI 2023 (rules `greedy` and `greedy-no-skip`).

use crate::tie_break::{Standing, rank};
use crate::{BallotType, Cents, Count, Decision, Election, Error, LotSeed, MinScore, Outcome, Reason, Rule, TallyRule};

/// Chooses the winners of a counted election.
///
/// # Errors
/// `LOT_SEED_MISSING` when the chain of tie-breaks has a lot and `lot` is `None`.
pub(crate) fn choose(
    election: &Election,
    count: Count,
    rule: &TallyRule,
    lot: Option<&LotSeed>,
) -> Result<Outcome, Error> {
    let ranking = rank(&election.candidates, &count, &rule.tie_break, lot)?;
    let walk = Walk::down(election, ranking, rule, count.valid);

    let mut decisions: Vec<(usize, Decision)> = Vec::with_capacity(walk.steps.len());
    let mut above: Option<&Standing<'_>> = None;
    for (place, (standing, step)) in walk.ranking.iter().zip(&walk.steps).enumerate() {
        let score = count.scores.get(standing.project).copied().unwrap_or_default();
        let (extra_score_needed, highest_cost_elected) = walk.smallest_changes(place, standing);
        decisions.push((
            standing.project,
            Decision {
                rank: place + 1,
                score: score.total,
                digital: score.digital,
                paper: score.paper,
                supporters: score.supporters,
                elected: step.reason == Reason::Elected,
                reason: step.reason,
                cost: standing.cost,
                left: step.left,
                tied_by: above.and_then(|a| a.compare(standing, &rule.tie_break).1),
                extra_score_needed,
                highest_cost_elected,
            },
        ));
        above = Some(standing);
    }
    let elected = decisions.iter().filter(|(_, d)| d.elected);
    let winners = elected.map(|&(project, _)| project).collect();
    // In range: what is left never grows and never goes below zero.
    let spent = election.budget.checked_sub(walk.left_at_end).unwrap_or_default();
    decisions.sort_unstable_by_key(|&(project, _)| project);

    let mut outcome = Outcome::new(rule, election.budget, count);
    outcome.winners = winners;
    outcome.spent = spent;
    outcome.projects = decisions.into_iter().map(|(_, d)| d).collect();
    Ok(outcome)
}

/// What happened at one place of the ranking.
struct Step {
    reason: Reason,
    /// Money left before it.
    left: Cents,
    /// Whether a project that didn't fit had ended the count before it.
    stopped: bool,
}

/// One walk down the ranking, kept so that "what if" needs no second one.
struct Walk<'a> {
    ranking: Vec<Standing<'a>>,
    steps: Vec<Step>,
    left_at_end: Cents,
    rule: &'a TallyRule,
    valid_ballots: u64,
    /// One vote per project and ballot, so that votes and supporters grow together.
    one_vote_each: bool,
}

impl<'a> Walk<'a> {
    fn down(election: &Election, ranking: Vec<Standing<'a>>, rule: &'a TallyRule, valid_ballots: u64) -> Self {
        let mut walk = Self {
            steps: Vec::with_capacity(ranking.len()),
            ranking: Vec::new(),
            left_at_end: election.budget,
            rule,
            valid_ballots,
            one_vote_each: match election.ballot_type {
                BallotType::Approval { .. } | BallotType::ChooseOne | BallotType::Knapsack { .. } => true,
                BallotType::Cumulative { .. }
                | BallotType::Ordinal { .. }
                | BallotType::Scoring { .. }
                | BallotType::MajorityJudgment { .. } => false,
            },
        };
        let mut left = election.budget;
        let mut stopped = false;
        for standing in &ranking {
            let step = |reason| Step { reason, left, stopped };
            let withdrawn = election.candidates.get(standing.project).is_some_and(|c| c.withdrawn);
            let rest = left.checked_sub(standing.cost).filter(|r| *r >= Cents::ZERO);
            match rest {
                _ if withdrawn => walk.steps.push(step(Reason::Withdrawn)),
                _ if !walk.reaches_min_score(standing) => {
                    walk.steps.push(step(Reason::BelowMinScore));
                }
                _ if stopped => walk.steps.push(step(Reason::StoppedBefore)),
                Some(rest) => {
                    walk.steps.push(step(Reason::Elected));
                    left = rest;
                }
                None => {
                    walk.steps.push(step(Reason::CostExceedsWhatIsLeft));
                    stopped = rule.rule == Rule::GreedyStop;
                }
            }
        }
        walk.ranking = ranking;
        walk.left_at_end = left;
        walk
    }

    fn reaches_min_score(&self, standing: &Standing<'_>) -> bool {
        match self.rule.min_score {
            None => true,
            Some(MinScore::Score(least)) => i128::from(standing.score) >= i128::from(least),
            Some(MinScore::ShareOfBallots(share)) => {
                u128::from(standing.supporters) * 10_000 >= u128::from(share) * u128::from(self.valid_ballots)
            }
        }
    }

    /// Least extra score and highest cost that would have elected the loser at `place`.
    ///
    /// A loser takes no money and, ranked higher, changes nothing above it. So
    /// the walk tells what it would have found at any higher place, and being
    /// elected is monotone in score and cost: a binary search is exact.
    fn smallest_changes(&self, place: usize, loser: &Standing<'_>) -> (Option<u64>, Option<Cents>) {
        match self.steps.get(place).map(|s| s.reason) {
            None | Some(Reason::Elected | Reason::Withdrawn) => return (None, None),
            Some(Reason::CostExceedsWhatIsLeft | Reason::StoppedBefore | Reason::BelowMinScore) => {}
        }
        let higher = |extra: i64| {
            let votes = u64::try_from(extra).unwrap_or(0);
            Some(Standing {
                score: loser.score.checked_add(extra)?,
                supporters: loser.supporters + if self.one_vote_each { votes } else { 0 },
                ..*loser
            })
        };
        let cheaper = |by: i64| {
            let cost = Cents::new(by).and_then(|by| loser.cost.checked_sub(by))?;
            Some(Standing { cost, ..*loser })
        };
        let elects = |changed: Option<Standing<'_>>| changed.is_some_and(|standing| self.would_elect(place, &standing));
        let extra = least(self.most_extra(loser), |extra| elects(higher(extra)));
        let cheaper_by = least(loser.cost.get(), |by| elects(cheaper(by)));
        (extra.and_then(|extra| u64::try_from(extra).ok()), cheaper_by.and_then(cheaper).map(|standing| standing.cost))
    }

    /// The most that a project could gain: each counted ballot once, or enough
    /// points to pass everything. No supporters, nobody to give more points.
    fn most_extra(&self, loser: &Standing<'_>) -> i64 {
        if self.one_vote_each {
            let others = self.valid_ballots.saturating_sub(loser.supporters);
            return i64::try_from(others).unwrap_or(i64::MAX);
        }
        if loser.supporters == 0 {
            return 0;
        }
        let best = self.ranking.first().map_or(loser.score, |s| s.score);
        let least = match self.rule.min_score {
            Some(MinScore::Score(least)) => i64::try_from(least).unwrap_or(i64::MAX),
            Some(MinScore::ShareOfBallots(_)) | None => best,
        };
        let target = best.saturating_add(1).max(least);
        target.saturating_sub(loser.score)
    }

    fn would_elect(&self, place: usize, changed: &Standing<'_>) -> bool {
        let chain = &self.rule.tie_break;
        let ahead = self.ranking.get(..place).unwrap_or_default();
        let new_place = ahead.partition_point(|other| other.compare(changed, chain).0.is_lt());
        self.reaches_min_score(changed)
            && self.steps.get(new_place).is_some_and(|step| !step.stopped && changed.cost <= step.left)
    }
}

/// The least number from 1 to `most` that holds, if what holds keeps holding above it.
fn least(most: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    if most < 1 || !holds(most) {
        return None;
    }
    let (mut fails, mut held) = (0, most);
    while held - fails > 1 {
        let middle = fails + (held - fails) / 2;
        if holds(middle) {
            held = middle;
        } else {
            fails = middle;
        }
    }
    Some(held)
}
