//! The smallest change that would have elected a project that lost, whatever the rule.
//!
//! Owns what is changed, and the search for the least of it. Rules that walk a ranking have told most of
//! it in their decisions (`greedy.rs`); under the others the same ballots are counted again with one
//! number changed. Chooses no winners: each trial is a count by the rule itself.
//!
//! The measures are those of Boehmer, Faliszewski et al., "Evaluation of Project Performance in
//! Participatory Budgeting", IJCAI 2024: a lower cost, and further ballots that name the project alone.
//!
//! **When the answer is exact.** A project that loses under equal shares or Phragmén's rule changes
//! nothing for the others before it is bought. Cheaper, it is bought earlier or as early, and finds at
//! least as much money: what elects it keeps electing it at any lower cost, and a binary search is exact.
//! The same holds for further supporters under Phragmén's rule, where nobody's money depends on how many
//! others vote. It doesn't where shares are raised until the envelope is used up, nor where further
//! voters make everybody's share smaller: there a change is found that is enough while a little less
//! isn't, and it is said not to be exact.

use crate::election::Terms;
use crate::profile::Profile;
use crate::{
    BallotType, Cents, Count, Decision, Election, Error, LotSeed, MinScore, Outcome, Patience, Reason, Rule, TallyRule,
    Utility,
};
use serde::{Deserialize, Serialize};

/// More further ballots than any city has voters; the search ends there.
const MOST_BALLOTS: u64 = 1_000_000_000;

/// A change of one kind, all else unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Change<T> {
    /// The project is elected: it needs none.
    Elected,
    /// It was withdrawn: none would have elected it.
    Withdrawn,
    /// So much would have elected it, and the next smaller change wouldn't.
    Found {
        /// How much.
        value: T,
        /// Whether no smaller change at all would have; if not, a much smaller one might.
        exact: bool,
    },
    /// No change of this kind was found.
    None {
        /// Whether none would have elected it; if not, there may be one that wasn't tried.
        exact: bool,
    },
    /// There is no number for it under this rule: votes of both channels weigh differently, or what a
    /// project is worth falls with its cost.
    Undefined,
    /// Finding it takes more work than was allowed.
    TooLarge,
}

impl<T> Change<T> {
    /// The stable code of the state.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Elected => "ELECTED",
            Self::Withdrawn => "WITHDRAWN",
            Self::Found { .. } => "FOUND",
            Self::None { .. } => "NONE",
            Self::Undefined => "UNDEFINED",
            Self::TooLarge => "TOO_LARGE",
        }
    }

    fn exactly(value: Option<T>) -> Self {
        value.map_or(Self::None { exact: true }, |value| Self::Found { value, exact: true })
    }

    fn of(found: Result<Option<T>, Error>, exact: bool) -> Result<Self, Error> {
        match found {
            Ok(Some(value)) => Ok(Self::Found { value, exact }),
            Ok(None) => Ok(Self::None { exact }),
            Err(Error::TooMuchWork) => Ok(Self::TooLarge),
            Err(error) => Err(error),
        }
    }
}

/// What a number of further votes counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Gain {
    /// Counted ballots that would have named it too, whatever their most choices.
    Votes,
    /// Points that those who support it would have given it on top.
    Points,
    /// Further ballots that name it alone, each with the most that it may give one project.
    BallotsAlone,
    /// Counted ballots that would have given it the best grade instead of their own, worst first.
    BestGrades,
}

/// The smallest changes that would have elected a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// What `votes` counts.
    pub gain: Gain,
    /// The fewest further votes.
    pub votes: Change<u64>,
    /// The highest cost, below its own.
    pub cost: Change<Cents>,
}

impl Changes {
    /// What the decision itself tells; none where the ballots have to be counted again.
    pub fn told(rule: &TallyRule, ballots: &BallotType, decision: &Decision) -> Option<Self> {
        let gain = gain(rule, ballots);
        if decision.elected {
            return Some(Self { gain, votes: Change::Elected, cost: Change::Elected });
        }
        if decision.reason == Reason::Withdrawn {
            return Some(Self { gain, votes: Change::Withdrawn, cost: Change::Withdrawn });
        }
        match rule.rule {
            Rule::Greedy | Rule::GreedyStop | Rule::GreedyPerCost => {}
            Rule::EqualShares { .. } | Rule::Phragmen { .. } | Rule::MaxWelfare { .. } | Rule::MajorityJudgment => {
                return None;
            }
        }
        let weighted = rule.around.weights.is_some();
        let votes = if weighted { Change::Undefined } else { Change::exactly(decision.extra_score_needed) };
        // A lower cost makes a score below zero weigh more per cost: nothing was searched.
        let sinks = rule.rule == Rule::GreedyPerCost && decision.score < 0;
        let cost = if sinks { Change::Undefined } else { Change::exactly(decision.highest_cost_elected) };
        Some(Self { gain, votes, cost })
    }
}

fn gain(rule: &TallyRule, ballots: &BallotType) -> Gain {
    match rule.rule {
        Rule::MajorityJudgment => Gain::BestGrades,
        Rule::EqualShares { .. } | Rule::Phragmen { .. } => Gain::BallotsAlone,
        Rule::Greedy | Rule::GreedyStop | Rule::GreedyPerCost | Rule::MaxWelfare { .. } => {
            if ballots.gives_one_vote_each() { Gain::Votes } else { Gain::Points }
        }
    }
}

/// A counted election in which one number at a time can be changed.
#[derive(Debug)]
pub struct WhatIf<'a> {
    /// Without its ballots: they are added up.
    election: Election,
    count: Count,
    profile: Option<Profile>,
    outcome: &'a Outcome,
    lot: Option<&'a LotSeed>,
}

impl<'a> WhatIf<'a> {
    /// The election that gave this outcome, with the lot that it was counted with.
    ///
    /// # Errors
    /// As [`Election::tally`].
    pub fn new(election: &Election, outcome: &'a Outcome, lot: Option<&'a LotSeed>) -> Result<Self, Error> {
        let (count, profile) = election.added_up(&outcome.rule)?;
        let election = Election {
            budget: election.budget,
            candidates: election.candidates.clone(),
            ballot_type: election.ballot_type.clone(),
            ballots: Vec::new(),
            keep_as_cast: election.keep_as_cast,
            sheets: Vec::new(),
        };
        Ok(Self { election, count, profile, outcome, lot })
    }

    /// The smallest changes that would have elected the project with this index; `None` when there is no
    /// such project.
    ///
    /// # Errors
    /// As [`Election::tally`]. With too little patience a change is [`Change::TooLarge`] instead.
    pub fn changes(&mut self, project: usize, patience: &mut Patience) -> Result<Option<Changes>, Error> {
        let Some(decision) = self.outcome.projects.get(project) else { return Ok(None) };
        let rule = &self.outcome.rule;
        if let Some(told) = Changes::told(rule, &self.election.ballot_type, decision) {
            return Ok(Some(told));
        }
        let gain = gain(rule, &self.election.ballot_type);
        let votes = if rule.around.weights.is_some() {
            Change::Undefined
        } else {
            Change::of(self.votes(project, gain, patience), self.votes_are_exact(rule))?
        };
        let cost = match rule.rule {
            Rule::MaxWelfare { utility: Utility::Cost } => Change::Undefined,
            Rule::MajorityJudgment => Change::exactly(decision.highest_cost_elected),
            Rule::EqualShares { add_one, .. } => {
                Change::of(self.cost(project, decision.cost, patience), add_one.is_none())?
            }
            Rule::Phragmen { .. } | Rule::MaxWelfare { .. } | Rule::Greedy | Rule::GreedyStop | Rule::GreedyPerCost => {
                Change::of(self.cost(project, decision.cost, patience), true)?
            }
        };
        Ok(Some(Changes { gain, votes, cost }))
    }

    /// Whether what elects a project keeps electing it with still more votes. Further ballots also raise
    /// a threshold that is a share of them, and so can bar others.
    fn votes_are_exact(&self, rule: &TallyRule) -> bool {
        match rule.rule {
            Rule::EqualShares { .. } => false,
            Rule::Phragmen { .. } => !matches!(rule.min_score, Some(MinScore::ShareOfBallots(_))),
            Rule::MaxWelfare { .. }
            | Rule::MajorityJudgment
            | Rule::Greedy
            | Rule::GreedyStop
            | Rule::GreedyPerCost => true,
        }
    }

    fn cost(&mut self, project: usize, cost: Cents, patience: &mut Patience) -> Result<Option<Cents>, Error> {
        let cheaper = |by: i64| Cents::new(by).and_then(|by| cost.checked_sub(by));
        let by = least(cost.get(), |by| match cheaper(by) {
            Some(lower) => self.elects_at(project, lower, patience),
            None => Ok(false),
        });
        self.set_cost(project, cost);
        Ok(by?.and_then(cheaper))
    }

    fn elects_at(&mut self, project: usize, cost: Cents, patience: &mut Patience) -> Result<bool, Error> {
        self.set_cost(project, cost);
        self.elects(project, self.count.clone(), patience)
    }

    fn set_cost(&mut self, project: usize, cost: Cents) {
        if let Some(candidate) = self.election.candidates.get_mut(project) {
            candidate.cost = cost;
        }
    }

    fn votes(&mut self, project: usize, gain: Gain, patience: &mut Patience) -> Result<Option<u64>, Error> {
        let found = self.fewest_votes(project, gain, patience);
        if let Some(profile) = &mut self.profile {
            profile.suppose(None);
        }
        found
    }

    fn fewest_votes(&mut self, project: usize, gain: Gain, patience: &mut Patience) -> Result<Option<u64>, Error> {
        let most = self.most_votes(project, gain);
        // Each try costs a count, and the answer is mostly far below the most: reach it by doubling.
        let mut reached = 1;
        while reached < most && !self.elects_with(project, gain, reached, patience)? {
            reached = reached.saturating_mul(2).min(most);
        }
        let reached = i64::try_from(reached.min(most)).unwrap_or(i64::MAX);
        let found =
            least(reached, |votes| self.elects_with(project, gain, u64::try_from(votes).unwrap_or(0), patience))?;
        Ok(found.and_then(|votes| u64::try_from(votes).ok()))
    }

    fn most_votes(&self, project: usize, gain: Gain) -> u64 {
        let supporters = self.count.scores.get(project).map_or(0, |score| score.supporters);
        match gain {
            Gain::Votes => self.count.valid.saturating_sub(supporters),
            // No supporters, nobody to give more points.
            Gain::Points if supporters == 0 => 0,
            Gain::Points => MOST_BALLOTS,
            Gain::BallotsAlone if self.election.ballot_type.most_for_one_alone() == 0 => 0,
            Gain::BallotsAlone => MOST_BALLOTS,
            Gain::BestGrades => {
                let given = self.count.grades.get(project).map(Vec::as_slice).unwrap_or_default();
                given.split_last().map_or(0, |(_, lower)| lower.iter().sum())
            }
        }
    }

    fn elects_with(&mut self, project: usize, gain: Gain, votes: u64, patience: &mut Patience) -> Result<bool, Error> {
        let mut count = self.count.clone();
        let Some(score) = count.scores.get_mut(project) else { return Ok(false) };
        let too_large = || Error::ScoreTooLarge { id: String::new() };
        let mut points = votes;
        match gain {
            Gain::Votes => score.supporters += votes,
            Gain::Points => {}
            Gain::BallotsAlone => {
                let each = self.election.ballot_type.most_for_one_alone();
                points = votes.checked_mul(each).ok_or_else(too_large)?;
                score.supporters += votes;
                count.valid += votes;
                if let Some(profile) = &mut self.profile {
                    profile.suppose(Some((project, votes, each)));
                }
            }
            Gain::BestGrades => {
                let default = self.election.ballot_type.grades().map_or(usize::MAX, |(_, default)| default);
                let given = count.grades.get_mut(project).map(Vec::as_mut_slice).unwrap_or_default();
                points = best_instead_of_worst(given, votes, default);
                score.supporters += points;
            }
        }
        let points = i64::try_from(points).ok();
        score.total = points.and_then(|points| crate::election::sum(score.total, points)).ok_or_else(too_large)?;
        self.elects(project, count, patience)
    }

    fn elects(&self, project: usize, count: Count, patience: &mut Patience) -> Result<bool, Error> {
        let terms = Terms { rule: &self.outcome.rule, lot: self.lot, tell: false };
        let outcome = self.election.choose(count, self.profile.as_ref(), &terms, patience)?;
        Ok(outcome.projects.get(project).is_some_and(|decision| decision.elected))
    }
}

/// Moves so many ballots from their grades, worst first, to the best one; says how many of them
/// supported the project only then.
fn best_instead_of_worst(given: &mut [u64], votes: u64, default: usize) -> u64 {
    let Some((best, lower)) = given.split_last_mut() else { return 0 };
    let (mut rest, mut new) = (votes, 0);
    let best_supports = lower.len() > default;
    for (grade, ballots) in lower.iter_mut().enumerate() {
        let moved = rest.min(*ballots);
        *ballots -= moved;
        *best += moved;
        rest -= moved;
        if best_supports && grade <= default {
            new += moved;
        }
    }
    new
}

/// The least number from 1 to `most` that holds, if what holds keeps holding above it; otherwise one
/// that holds while the one below doesn't. None where `most` doesn't hold.
///
/// # Errors
/// The first that `holds` gives.
pub(crate) fn least(most: i64, mut holds: impl FnMut(i64) -> Result<bool, Error>) -> Result<Option<i64>, Error> {
    if most < 1 || !holds(most)? {
        return Ok(None);
    }
    let (mut fails, mut held) = (0, most);
    while held - fails > 1 {
        let middle = fails + (held - fails) / 2;
        if holds(middle)? {
            held = middle;
        } else {
            fails = middle;
        }
    }
    Ok(Some(held))
}
