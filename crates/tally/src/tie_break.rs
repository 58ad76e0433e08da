//! The order of projects: by what the rule goes by, then by the frozen chain of tie-breaks.
//!
//! Owns the comparison of two projects. The silent last link is the id, and
//! ids are distinct, so the order is total and doesn't depend on the order in
//! which projects are given. Look next at `greedy.rs`, which walks it.

use crate::{Candidate, Cents, Count, Error, LotSeed, Rule, TallyRule, TieBreak, judgment};
use std::cmp::Ordering;

/// A project as ties see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    /// Its index in the election.
    pub(crate) project: usize,
    pub(crate) id: &'a str,
    pub(crate) cost: Cents,
    pub(crate) score: i64,
    /// What counts before ties.
    pub(crate) merit: Merit,
    pub(crate) supporters: u64,
    /// Its place in the lot; all alike when the chain has no lot.
    pub(crate) lot: [u8; 32],
}

/// By what a rule ranks projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merit {
    /// Their scores.
    Score,
    /// Their scores per cost.
    ScorePerCost,
    /// Their grades: a place from 1, shared by those graded alike.
    Graded(usize),
}

impl Standing<'_> {
    /// `Less` when `self` comes first, and the link that told them apart when their merits are equal.
    pub(crate) fn compare(&self, other: &Self, chain: &[TieBreak]) -> (Ordering, Option<TieBreak>) {
        let by_merit = match (self.merit, other.merit) {
            (Merit::Graded(one), Merit::Graded(other)) => one.cmp(&other),
            (Merit::ScorePerCost, Merit::ScorePerCost) => other.per_cost(self),
            (Merit::Score | Merit::ScorePerCost | Merit::Graded(_), _) => other.score.cmp(&self.score),
        };
        if by_merit != Ordering::Equal {
            return (by_merit, None);
        }
        let (order, link) = self.compare_ties(other, chain);
        (order, Some(link))
    }

    /// Compares scores per cost. A free project with a score has more than any that costs something
    /// (less, when its score is below zero); among free ones scores decide.
    fn per_cost(&self, other: &Self) -> Ordering {
        let free = |standing: &Self| if standing.cost == Cents::ZERO { standing.score.signum() } else { 0 };
        let by_sums = || {
            let (cost, others) = (i128::from(self.cost.get().max(1)), i128::from(other.cost.get().max(1)));
            (i128::from(self.score) * others).cmp(&(i128::from(other.score) * cost))
        };
        free(self).cmp(&free(other)).then_with(by_sums)
    }

    /// As [`Standing::compare`], by the chain alone, and the link that told them apart.
    fn compare_ties(&self, other: &Self, chain: &[TieBreak]) -> (Ordering, TieBreak) {
        for &link in chain {
            let order = match link {
                TieBreak::LowerCost => self.cost.cmp(&other.cost),
                TieBreak::MoreSupporters => other.supporters.cmp(&self.supporters),
                TieBreak::Lot => self.lot.cmp(&other.lot),
                TieBreak::Id => self.id.cmp(other.id),
            };
            if order != Ordering::Equal {
                return (order, link);
            }
        }
        // Rust compares `str` by UTF-8 bytes, which is the order of code points.
        (self.id.cmp(other.id), TieBreak::Id)
    }
}

/// Projects in the order of the chain alone, whatever their merits.
pub(crate) fn by_chain<'a, 'b>(ranking: &'a [Standing<'b>], chain: &[TieBreak]) -> Vec<&'a Standing<'b>> {
    let mut order: Vec<_> = ranking.iter().collect();
    order.sort_unstable_by(|one, other| one.compare_ties(other, chain).0);
    order
}

/// All projects, first to last.
pub(crate) fn rank<'a>(
    candidates: &'a [Candidate],
    count: &Count,
    rule: &TallyRule,
    lot: Option<&LotSeed>,
) -> Result<Vec<Standing<'a>>, Error> {
    let chain = rule.tie_break.as_slice();
    let lot = match (chain.contains(&TieBreak::Lot), lot) {
        (true, None) => return Err(Error::LotSeedMissing),
        (true, Some(seed)) => Some(seed),
        (false, _) => None,
    };
    let graded = judgment::ranks(&count.grades);
    let mut standings = Vec::with_capacity(candidates.len());
    for (project, (candidate, score)) in candidates.iter().zip(&count.scores).enumerate() {
        standings.push(Standing {
            project,
            id: &candidate.id,
            cost: candidate.cost,
            score: score.total,
            merit: match rule.rule {
                Rule::GreedyPerCost => Merit::ScorePerCost,
                Rule::MajorityJudgment => Merit::Graded(graded.get(project).copied().unwrap_or(usize::MAX)),
                Rule::Greedy
                | Rule::GreedyStop
                | Rule::EqualShares { .. }
                | Rule::Phragmen { .. }
                | Rule::MaxWelfare { .. } => Merit::Score,
            },
            supporters: score.supporters,
            lot: lot.map_or([0; 32], |seed| seed.place(&candidate.id)),
        });
    }
    standings.sort_unstable_by(|a, b| a.compare(b, chain).0);
    Ok(standings)
}
