//! The rules most cities use: projects by score, funded while money lasts.
//!
//! Owns GREEDY, GREEDY_STOP, GREEDY_PER_COST and what follows from the ranking of MAJORITY_JUDGMENT, and for each loser the smallest change that would have elected it. The
//! order of projects comes from `tie_break.rs`, the scores from `election.rs`, the walk from `walk.rs`.
//! Source of the semantics: Faliszewski et al., "Participatory Budgeting: Data,
//! Tools, and Analysis", IJCAI 2023 (rules `greedy` and `greedy-no-skip`).

use crate::change::least;
use crate::purse::{Asked, Purse};
use crate::tie_break::{Merit, Standing, rank};
use crate::walk::Walk;
use crate::{Cents, Count, Decision, Election, Error, LotSeed, MinScore, Outcome, Reason, Rule, TallyRule};

/// Chooses the winners of a counted election.
///
/// # Errors
/// `LOT_SEED_MISSING` when the chain of tie-breaks has a lot and `lot` is `None`; `SPENT_TOO_LARGE`.
pub(crate) fn choose(
    election: &Election,
    count: Count,
    rule: &TallyRule,
    lot: Option<&LotSeed>,
) -> Result<Outcome, Error> {
    let ranking = rank(&election.candidates, &count, rule, lot)?;
    let places: Vec<usize> = ranking.iter().map(|standing| standing.project).collect();
    let purse = Purse::new(election, rule, &count);
    let walk = Walk::down(election, rule, purse, &places, rule.rule == Rule::GreedyStop);
    let changes = Changes::new(election, rule, count.valid, &ranking, &walk);

    let mut decisions: Vec<(usize, Decision)> = Vec::with_capacity(ranking.len());
    let mut above: Option<&Standing<'_>> = None;
    for (place, (standing, step)) in ranking.iter().zip(&walk.steps).enumerate() {
        let tied_by = above.and_then(|a| a.compare(standing, &rule.tie_break).1);
        let told = Decision::new(place + 1, standing, &count, step.reason, step.left, tied_by);
        let (extra_score_needed, highest_cost_elected) = changes.smallest(place, standing)?;
        decisions.push((standing.project, Decision { extra_score_needed, highest_cost_elected, ..told }));
        above = Some(standing);
    }
    decisions.sort_unstable_by_key(|&(project, _)| project);
    let (winners, spent) = (walk.purse.taken().to_vec(), walk.purse.spent()?);
    drop(walk);

    let mut outcome = Outcome::new(rule, election.budget, count);
    outcome.winners = winners;
    outcome.spent = spent;
    outcome.projects = decisions.into_iter().map(|(_, d)| d).collect();
    Ok(outcome)
}

/// The smallest changes that would have elected the losers of a walk.
struct Changes<'a> {
    ranking: &'a [Standing<'a>],
    walk: &'a Walk<'a>,
    rule: &'a TallyRule,
    valid_ballots: u64,
    /// One vote per project and ballot, so that votes and supporters grow together.
    one_vote_each: bool,
}

impl<'a> Changes<'a> {
    fn new(
        election: &Election,
        rule: &'a TallyRule,
        valid_ballots: u64,
        ranking: &'a [Standing<'a>],
        walk: &'a Walk<'a>,
    ) -> Self {
        Self { ranking, walk, rule, valid_ballots, one_vote_each: election.ballot_type.gives_one_vote_each() }
    }

    /// Least extra score and highest cost that would have elected the loser at `place`.
    ///
    /// Being elected is monotone in score and cost ([`Walk::would_take`]): a binary search is exact.
    fn smallest(&self, place: usize, loser: &Standing<'_>) -> Result<(Option<u64>, Option<Cents>), Error> {
        let reason = self.walk.steps.get(place).map(|step| step.reason);
        if reason.is_none_or(|reason| reason.is_elected() || reason == Reason::Withdrawn) {
            return Ok((None, None));
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
        let elects =
            |changed: Option<Standing<'_>>| Ok(changed.is_some_and(|standing| self.would_elect(place, &standing)));
        // A vote weighs more or less by its channel: no number of votes says it.
        let most_extra = if self.rule.around.weights.is_some() { 0 } else { self.most_extra(loser) };
        let extra = least(most_extra, |extra| elects(higher(extra)))?;
        // A lower cost makes a score below zero weigh more per cost: the search wouldn't be exact.
        let sinks = loser.merit == Merit::ScorePerCost && loser.score < 0;
        let cheaper_by = if sinks { None } else { least(loser.cost.get(), |by| elects(cheaper(by)))? };
        let cost = cheaper_by.and_then(cheaper).map(|standing| standing.cost);
        Ok((extra.and_then(|extra| u64::try_from(extra).ok()), cost))
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
        let best = match loser.merit {
            // Grades don't add up: no number of points says it.
            Merit::Graded(_) => return 0,
            Merit::Score => self.ranking.first().map_or(loser.score, |s| s.score),
            Merit::ScorePerCost => {
                self.ranking.iter().map(|other| equal_per_cost(loser.cost, other)).max().unwrap_or(0)
            }
        };
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
        self.walk.would_take(new_place, &Asked::from(changed))
    }
}

/// The least score at which a project of this cost has at least the other's score per cost, where there is one.
fn equal_per_cost(cost: Cents, other: &Standing<'_>) -> i64 {
    if cost == Cents::ZERO || other.cost == Cents::ZERO {
        return other.score;
    }
    let score = i128::from(other.score) * i128::from(cost.get()) / i128::from(other.cost.get());
    i64::try_from(score + 1).unwrap_or(i64::MAX)
}
