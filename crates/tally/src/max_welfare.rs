//! The set of projects with the greatest sum of utilities within the envelope: an exact knapsack.
//!
//! Owns MAX_WELFARE, for analysis. Goes through the projects one by one and keeps every sum that is
//! neither dearer nor worth less than another (Nemhauser and Ullmann, "Discrete Dynamic Programming
//! and Capital Allocation", 1969), and of these only the ones that can still become the best.

use crate::election::Terms;
use crate::purse::Purse;
use crate::settle::Choice;
use crate::tie_break::{by_chain, rank};
use crate::{Count, Election, Error, Outcome, Patience, Reason, Utility};
use std::cmp::Ordering;

/// Beyond so many sums kept at once the search is given up.
const MOST_SUMS: usize = 2_000_000;

/// Chooses the winners of a counted election: of the best sets the one that comes first by the chain
/// of tie-breaks (it has the first project in which it differs from another).
///
/// # Errors
/// `TOO_MANY_SETS`, `TOO_MUCH_WORK`, `LOT_SEED_MISSING`, `SPENT_TOO_LARGE`; `RULE_DOES_NOT_FIT` when projects exclude each other.
pub(crate) fn choose(
    election: &Election,
    count: Count,
    terms: &Terms<'_>,
    utility: Utility,
    patience: &mut Patience,
) -> Result<Outcome, Error> {
    let Terms { rule, lot, .. } = *terms;
    if election.candidates.iter().any(|candidate| !candidate.excludes.is_empty()) {
        let why =
            "the best set knows no projects that exclude each other: take another rule, or let them stand together";
        return Err(Error::RuleDoesNotFit { why });
    }
    let ranking = rank(&election.candidates, &count, rule, lot)?;
    let purse = Purse::new(election, rule, &count);
    let mut items: Vec<Item> = Vec::with_capacity(ranking.len());
    for (place, standing) in by_chain(&ranking, &rule.tie_break).into_iter().enumerate() {
        let cost = u64::try_from(standing.cost.get()).unwrap_or_default();
        let score = u128::try_from(standing.score).unwrap_or_default();
        if score > 0 && purse.refuses(standing.project).is_none() {
            let (per_point, divisor) = match utility {
                Utility::Cost => (cost, 1),
                Utility::Cardinality => (1, cost),
            };
            let value = score * u128::from(per_point);
            items.push(Item { project: standing.project, place, cost, value, density: (score, divisor) });
        }
    }
    drop(purse);
    let envelope = u64::try_from(election.budget.get()).unwrap_or_default();
    let best = best_set(items, envelope, ranking.len(), patience)?;
    let winners = ranking.iter().map(|standing| standing.project).filter(|project| best.contains(project));
    let choice = Choice::new(election, rule, &count, &winners.collect::<Vec<_>>());
    choice.outcome(election, rule, &count, &ranking, Reason::NotInBestSet)
}

/// A project that could be in the set.
#[derive(Clone, Copy, Debug)]
struct Item {
    project: usize,
    /// Its place by the chain of tie-breaks.
    place: usize,
    cost: u64,
    value: u128,
    /// Its value per cost, as a fraction of small numbers.
    density: (u128, u64),
}

/// Some of the projects looked at so far.
#[derive(Clone, Debug)]
struct Sum {
    cost: u64,
    value: u128,
    /// One bit per project, by place, the first one highest.
    members: Vec<u64>,
}

impl Sum {
    fn with(&self, item: &Item) -> Self {
        let mut members = self.members.clone();
        if let Some(word) = members.get_mut(item.place / 64) {
            *word |= 1 << (63 - item.place % 64);
        }
        Self { cost: self.cost.saturating_add(item.cost), value: self.value + item.value, members }
    }

    /// The better sum is worth more, or as much and comes first by the chain. What is added to both
    /// later doesn't change that.
    fn compare(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value).then_with(|| self.members.cmp(&other.members))
    }

    fn has(&self, item: &Item) -> bool {
        self.members.get(item.place / 64).is_some_and(|word| word >> (63 - item.place % 64) & 1 == 1)
    }
}

/// The projects of the best set.
fn best_set(mut items: Vec<Item>, envelope: u64, places: usize, patience: &mut Patience) -> Result<Vec<usize>, Error> {
    items.sort_by(|one, other| by_density(one, other).then(one.place.cmp(&other.place)));
    let fill = Fill::of(&items);
    let mut sums = vec![Sum { cost: 0, value: 0, members: vec![0; places.div_ceil(64)] }];
    let mut reached = 0;
    for (place, item) in items.iter().enumerate() {
        patience.take(u64::try_from(sums.len()).unwrap_or(u64::MAX))?;
        let with: Vec<Sum> = sums
            .iter()
            .filter(|sum| sum.cost.checked_add(item.cost).is_some_and(|cost| cost <= envelope))
            .map(|sum| sum.with(item))
            .collect();
        let mut kept: Vec<Sum> = Vec::with_capacity(sums.len() + with.len());
        for sum in merged(sums, with) {
            let room = envelope.saturating_sub(sum.cost);
            let (sure, possible) = fill.from(&items, place + 1, room);
            reached = reached.max(sum.value + sure);
            let beaten = kept.last().is_some_and(|last| last.compare(&sum).is_ge());
            if !beaten && sum.value.saturating_add(possible) >= reached {
                // Same cost and worth more: it replaces the one before.
                if kept.last().is_some_and(|last| last.cost == sum.cost) {
                    kept.pop();
                }
                kept.push(sum);
            }
        }
        if kept.len() > MOST_SUMS {
            return Err(Error::TooManySets);
        }
        sums = kept;
    }
    let best = sums.iter().max_by(|one, other| one.compare(other));
    let members = items.iter().filter(|item| best.is_some_and(|best| best.has(item)));
    Ok(members.map(|item| item.project).collect())
}

/// Both lists in order of cost; each is in that order already.
fn merged(one: Vec<Sum>, other: Vec<Sum>) -> impl Iterator<Item = Sum> {
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(a), Some(b)) if a.cost <= b.cost => one.next(),
        (_, Some(_)) => other.next(),
        (_, None) => one.next(),
    })
}

/// More value per cost first; what is free comes before everything.
fn by_density(one: &Item, other: &Item) -> Ordering {
    // In range: scores and costs are below 2^53.
    let product = |(value, _): (u128, u64), (_, divisor): (u128, u64)| value * u128::from(divisor);
    let by_density = || product(other.density, one.density).cmp(&product(one.density, other.density));
    (one.cost > 0).cmp(&(other.cost > 0)).then_with(by_density)
}

/// What can be added from some place on: sums over all items up to each.
struct Fill {
    costs: Vec<u128>,
    values: Vec<u128>,
}

impl Fill {
    fn of(items: &[Item]) -> Self {
        let (mut costs, mut values) = (vec![0], vec![0]);
        let (mut cost, mut value) = (0u128, 0u128);
        for item in items {
            cost += u128::from(item.cost);
            value += item.value;
            costs.push(cost);
            values.push(value);
        }
        Self { costs, values }
    }

    /// With so much room: a value that can surely be added from `place` on, and one that surely can't be exceeded.
    fn from(&self, items: &[Item], place: usize, room: u64) -> (u128, u128) {
        let at = |sums: &[u128], index: usize| sums.get(index).copied().unwrap_or_default();
        let until = at(&self.costs, place) + u128::from(room);
        let end = self.costs.partition_point(|cost| *cost <= until).saturating_sub(1).max(place);
        let sure = at(&self.values, end).saturating_sub(at(&self.values, place));
        let rest = until.saturating_sub(at(&self.costs, end));
        let part = items.get(end).map_or(0, |item| match item.value.checked_mul(rest) {
            Some(product) => product / u128::from(item.cost.max(1)),
            None => item.value,
        });
        (sure, sure + part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(project: usize, cost: u64, value: u128) -> Item {
        Item { project, place: project, cost, value, density: (value, cost) }
    }

    #[test]
    fn the_best_set_is_that_of_trying_all() {
        let mut seed = 7u64;
        let mut next = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % most
        };
        for _ in 0..300 {
            let items: Vec<Item> = (0..9).map(|project| item(project, next(9), u128::from(next(7)) + 1)).collect();
            let envelope = next(30);
            let mut best = (0u128, 0u32);
            for set in 0..1u32 << items.len() {
                let has = |item: &&Item| set >> (8 - item.place) & 1 == 1;
                let cost: u64 = items.iter().filter(has).map(|item| item.cost).sum();
                let value: u128 = items.iter().filter(has).map(|item| item.value).sum();
                if cost <= envelope {
                    best = best.max((value, set));
                }
            }
            let mut found = best_set(items.clone(), envelope, items.len(), &mut Patience::endless()).unwrap();
            found.sort_unstable();
            let expected: Vec<usize> = (0..9).filter(|place| best.1 >> (8 - place) & 1 == 1).collect();
            assert_eq!(found, expected, "{items:?} {envelope}");
        }
    }
}
