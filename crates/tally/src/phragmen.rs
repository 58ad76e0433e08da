//! Phragmén's sequential rule for budgets: the voters' money grows at an equal pace.
//!
//! Owns PHRAGMEN. Followed backwards, as loads: a project's cost is a load on its supporters, spread
//! so that all of them bear the same afterwards, and the project that leads to the least load is next.
//! Source: Los, Christoff, Grossi, "Proportional Budget Allocations: Towards a Systematization", IJCAI 2022.

use crate::election::Terms;
use crate::profile::Profile;
use crate::purse::Purse;
use crate::settle::Choice;
use crate::tie_break::{Standing, by_chain, rank};
use crate::{Count, Election, Error, Outcome, Patience, Reason, TallyRule};
use num_bigint::BigUint;
use num_integer::Integer;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Chooses the winners of a counted election.
///
/// # Errors
/// `LOT_SEED_MISSING`, `SPENT_TOO_LARGE`, `TOO_MUCH_WORK`.
pub(crate) fn choose(
    election: &Election,
    count: Count,
    profile: &Profile,
    terms: &Terms<'_>,
    greedy: bool,
    patience: &mut Patience,
) -> Result<Outcome, Error> {
    let Terms { rule, lot, .. } = *terms;
    let ranking = rank(&election.candidates, &count, rule, lot)?;
    patience.take(profile.entries())?;
    let (winners, ended_by) = sequence(election, rule, &count, profile, &ranking);
    let mut choice = Choice::new(election, rule, &count, &winners);
    let mut otherwise = Reason::StoppedBefore;
    if greedy {
        choice.complete(&ranking);
        otherwise = Reason::CostExceedsWhatIsLeft;
    }
    for standing in &ranking {
        let never_fits = standing.cost > election.budget || ended_by.contains(&standing.project);
        if choice.is_open(standing.project) && never_fits {
            choice.refuse(standing.project, Reason::CostExceedsWhatIsLeft);
        }
    }
    choice.outcome(election, rule, &count, &ranking, otherwise)
}

/// The loads of the voters, all over one denominator.
struct Loads {
    denominator: BigUint,
    /// The load that each purchase left its supporters with; the first is none at all.
    levels: Vec<BigUint>,
    /// Per group, the purchase whose load it bears.
    level_of: Vec<usize>,
    /// Per project, the loads of its supporters together.
    sums: Vec<BigUint>,
}

impl Loads {
    fn new(profile: &Profile) -> Self {
        Self {
            denominator: BigUint::from(1u8),
            levels: vec![BigUint::default()],
            level_of: vec![0; profile.groups.len()],
            sums: vec![BigUint::default(); profile.supporters.len()],
        }
    }

    /// The loads of a project's supporters with its cost, together.
    fn with(&self, project: usize, cost: u64) -> BigUint {
        self.sums.get(project).map_or_else(BigUint::default, |sum| sum + &self.denominator * cost)
    }

    /// All supporters bear the same from now on.
    fn spread(&mut self, profile: &Profile, project: usize, total: &BigUint, voters: u64) {
        let voters = BigUint::from(voters);
        let common = total.gcd(&voters);
        let (level, by) = (total / &common, voters / common);
        self.denominator *= &by;
        for number in self.levels.iter_mut().chain(&mut self.sums) {
            *number *= &by;
        }
        let new = self.levels.len();
        // Per project and level, how many of its supporters rise from there.
        let mut rising: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for supporter in profile.supporters(project) {
            let Some(bears) = self.level_of.get_mut(supporter.group) else { continue };
            for (other, _) in profile.groups.get(supporter.group).into_iter().flat_map(|group| &group.supports) {
                *rising.entry((*other, *bears)).or_default() += supporter.voters;
            }
            *bears = new;
        }
        for ((other, from), voters) in rising {
            if let (Some(sum), Some(from)) = (self.sums.get_mut(other), self.levels.get(from)) {
                *sum += (&level - from) * voters;
            }
        }
        self.levels.push(level);
    }
}

/// The winners in order, and the projects that ended it: those next in turn of which one didn't fit.
fn sequence(
    election: &Election,
    rule: &TallyRule,
    count: &Count,
    profile: &Profile,
    ranking: &[Standing<'_>],
) -> (Vec<usize>, Vec<usize>) {
    let mut purse = Purse::new(election, rule, count);
    let mut loads = Loads::new(profile);
    let voters = |project: usize| profile.supporters(project).iter().map(|supporter| supporter.voters).sum::<u64>();
    // Those equal by load are taken in the order of the chain.
    let mut waiting: Vec<(&Standing<'_>, u64)> = by_chain(ranking, &rule.tie_break)
        .into_iter()
        .filter(|standing| standing.cost <= election.budget)
        .map(|standing| (standing, voters(standing.project)))
        .filter(|(_, voters)| *voters > 0)
        .collect();
    loop {
        waiting.retain(|(standing, _)| purse.bars(standing.project).is_none());
        let mut least: Option<(BigUint, u64)> = None;
        let mut tied: Vec<&Standing<'_>> = Vec::new();
        for (standing, voters) in &waiting {
            let cost = u64::try_from(standing.cost.get()).unwrap_or_default();
            let total = loads.with(standing.project, cost);
            let order = least.as_ref().map(|(best, of)| (&total * *of).cmp(&(best * *voters)));
            if order.is_none_or(Ordering::is_lt) {
                tied.clear();
                least = Some((total, *voters));
            }
            if order.is_none_or(Ordering::is_le) {
                tied.push(standing);
            }
        }
        let left = purse.left();
        let (Some(first), Some((total, voters))) = (tied.first(), least) else { break };
        if tied.iter().any(|standing| standing.cost > left) {
            let misfits = tied.iter().filter(|standing| standing.cost > left);
            return (purse.taken().to_vec(), misfits.map(|standing| standing.project).collect());
        }
        let project = first.project;
        loads.spread(profile, project, &total, voters);
        purse.take(project);
        waiting.retain(|(standing, _)| standing.project != project);
    }
    (purse.taken().to_vec(), Vec::new())
}
