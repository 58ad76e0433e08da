//! What has been taken, what is left, and why a project can't be taken now.
//!
//! Every rule asks the purse before it takes a project, so that what stands around a rule
//! (`around.rs`) works the same for each. It also answers for any earlier moment of the choice, which
//! is how the smallest change that would have elected a project is found. Chooses nothing itself.

use crate::tie_break::Standing;
use crate::{Cents, Count, Election, Error, MinScore, Reason, TallyRule};
use std::collections::BTreeMap;

/// The choice so far.
#[derive(Debug)]
pub(crate) struct Purse<'a> {
    election: &'a Election,
    rule: &'a TallyRule,
    count: &'a Count,
    /// In order of selection.
    taken: Vec<usize>,
    /// Money left before the first was taken, and after each.
    left: Vec<Cents>,
    /// Per project, its place in `taken`.
    taken_as: Vec<Option<usize>>,
    /// Per project, those that can't be carried out beside it, whichever of both says so.
    excluded: Vec<Vec<usize>>,
    /// Per project, the number of its group; none where groups have no limits.
    group: Vec<Option<usize>>,
}

impl<'a> Purse<'a> {
    /// Nothing taken yet, all of the envelope left.
    pub(crate) fn new(election: &'a Election, rule: &'a TallyRule, count: &'a Count) -> Self {
        let projects = election.candidates.len();
        let mut excluded = vec![Vec::new(); projects];
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut group = vec![None; projects];
        for (project, candidate) in election.candidates.iter().enumerate() {
            for &other in candidate.excludes.iter().filter(|other| **other != project && **other < projects) {
                for (one, two) in [(project, other), (other, project)] {
                    if let Some(by) = excluded.get_mut(one) {
                        by.push(two);
                    }
                }
            }
            if let (Some(name), Some(place), Some(_)) = (&candidate.group, group.get_mut(project), rule.around.groups) {
                let next = names.len();
                *place = Some(*names.entry(name).or_insert(next));
            }
        }
        let left = vec![election.budget];
        Self { election, rule, count, taken: Vec::new(), left, taken_as: vec![None; projects], excluded, group }
    }

    /// What is left of the envelope; nothing where it was exceeded.
    pub(crate) fn left(&self) -> Cents {
        self.left_then(self.taken.len())
    }

    /// The projects taken, in order.
    pub(crate) fn taken(&self) -> &[usize] {
        &self.taken
    }

    /// What they cost together.
    ///
    /// # Errors
    /// `SPENT_TOO_LARGE`, possible only where costs don't matter.
    pub(crate) fn spent(&self) -> Result<Cents, Error> {
        let costs = self.taken.iter().map(|project| self.asked(*project).cost);
        Cents::sum(costs).ok_or(Error::SpentTooLarge)
    }

    /// Why the project can't be taken now; `None` when it can.
    pub(crate) fn refuses(&self, project: usize) -> Option<Reason> {
        let asked = self.asked(project);
        let misfit = !self.affords_then(asked.cost, self.taken.len());
        self.bars_then(&asked, self.taken.len()).or_else(|| misfit.then_some(Reason::CostExceedsWhatIsLeft))
    }

    /// As [`Purse::refuses`], but blind to what is left: reasons that no money mends.
    pub(crate) fn bars(&self, project: usize) -> Option<Reason> {
        self.bars_then(&self.asked(project), self.taken.len())
    }

    /// The project as it is.
    pub(crate) fn asked(&self, project: usize) -> Asked {
        let cost = self.election.candidates.get(project).map_or(Cents::ZERO, |candidate| candidate.cost);
        let score = self.count.scores.get(project).copied().unwrap_or_default();
        Asked { project, cost, score: score.total, supporters: score.supporters }
    }

    /// Takes the project and pays for it.
    pub(crate) fn take(&mut self, project: usize) {
        let cost = self.asked(project).cost;
        let rest = self.left().checked_sub(cost).filter(|rest| *rest > Cents::ZERO).unwrap_or(Cents::ZERO);
        if let Some(place) = self.taken_as.get_mut(project) {
            *place = Some(self.taken.len());
        }
        self.taken.push(project);
        self.left.push(rest);
    }

    /// What was left once so many had been taken.
    pub(crate) fn left_then(&self, taken: usize) -> Cents {
        self.left.get(taken).copied().unwrap_or_default()
    }

    /// Whether there was the money for it once so many had been taken.
    pub(crate) fn affords_then(&self, cost: Cents, taken: usize) -> bool {
        self.rule.around.any_cost || cost <= self.left_then(taken)
    }

    /// As [`Purse::bars`], for a project as it might have been, once so many had been taken.
    pub(crate) fn bars_then(&self, asked: &Asked, taken: usize) -> Option<Reason> {
        let candidate = self.election.candidates.get(asked.project)?;
        if candidate.withdrawn {
            return Some(Reason::Withdrawn);
        }
        if !self.reaches_min_score(asked) {
            return Some(Reason::BelowMinScore);
        }
        let won = |other: &usize| self.taken_as.get(*other).copied().flatten().is_some_and(|place| place < taken);
        if self.excluded.get(asked.project).is_some_and(|others| others.iter().any(won)) {
            return Some(Reason::ExcludedByWinner);
        }
        let most = self.rule.around.winners.and_then(|most| usize::try_from(most).ok());
        if most.is_some_and(|most| taken >= most) {
            return Some(Reason::EnoughWinners);
        }
        self.caps(asked, taken).then_some(Reason::GroupCapReached)
    }

    /// How many of the project's group had been taken then; none when it has no group.
    pub(crate) fn of_its_group(&self, project: usize, taken: usize) -> Option<usize> {
        let group = self.group.get(project).copied().flatten()?;
        Some(self.members(group, taken).count())
    }

    /// What the priority projects that had been taken then cost together, in cents.
    pub(crate) fn spent_on_priority(&self, taken: usize) -> i128 {
        let taken = self.taken.iter().take(taken).filter_map(|project| self.election.candidates.get(*project));
        taken.filter(|candidate| candidate.priority).map(|candidate| i128::from(candidate.cost.get())).sum()
    }

    fn members(&self, group: usize, taken: usize) -> impl Iterator<Item = &usize> {
        let of_it = move |project: &&usize| self.group.get(**project).copied().flatten() == Some(group);
        self.taken.iter().take(taken).filter(of_it)
    }

    fn caps(&self, asked: &Asked, taken: usize) -> bool {
        let (Some(limits), Some(group)) = (self.rule.around.groups, self.group.get(asked.project).copied().flatten())
        else {
            return false;
        };
        let enough = limits.at_most.and_then(|most| usize::try_from(most).ok());
        if enough.is_some_and(|most| self.members(group, taken).count() >= most) {
            return true;
        }
        let cost = |project: &usize| i128::from(self.asked(*project).cost.get());
        let with_it = || self.members(group, taken).map(cost).sum::<i128>() + i128::from(asked.cost.get());
        limits.at_most_cents.is_some_and(|most| with_it() > i128::from(most.get()))
    }

    fn reaches_min_score(&self, asked: &Asked) -> bool {
        match self.rule.min_score {
            None => true,
            Some(MinScore::Score(least)) => i128::from(asked.score) >= i128::from(least),
            Some(MinScore::ShareOfBallots(share)) => {
                u128::from(asked.supporters) * 10_000 >= u128::from(share) * u128::from(self.count.valid)
            }
        }
    }
}

/// A project as it is, or as it might have been.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) project: usize,
    pub(crate) cost: Cents,
    pub(crate) score: i64,
    pub(crate) supporters: u64,
}

impl From<&Standing<'_>> for Asked {
    fn from(standing: &Standing<'_>) -> Self {
        let Standing { project, cost, score, supporters, .. } = *standing;
        Self { project, cost, score, supporters }
    }
}
