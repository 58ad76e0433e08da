//! Ballots as they are counted, and what makes one invalid.
//!
//! Owns the ballot types and [`validate`], which serves both the voter's page
//! when a ballot is cast and the count when the box is opened. Knows neither
//! voters nor seals. Look next at [`crate::election`], which adds ballots up.

use crate::Cents;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What a voter may write on the ballot of an area (`BallotType` of a frozen rule).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BallotType {
    /// Between `min` and `max` projects, each worth one vote (Paris 2018–19: 4).
    Approval {
        /// Fewest choices.
        min: u32,
        /// Most choices.
        max: u32,
    },
    /// Exactly one project.
    ChooseOne,
    /// Any projects whose costs together stay within `budget_cents`.
    Knapsack {
        /// What one voter may spend, in cents.
        budget_cents: Cents,
    },
    /// Points given out freely: at most `points` in all, `max_per_project` each.
    Cumulative {
        /// Most points on one ballot.
        points: u32,
        /// Most points for one project.
        max_per_project: u32,
    },
    /// An order of preference: a ballot of length k gives k points to its first, 1 to its last.
    Ordinal {
        /// Most projects on one ballot.
        max: u32,
    },
    /// Points from `min` to `max` for each project named.
    Scoring {
        /// Fewest points.
        min: i64,
        /// Most points.
        max: i64,
    },
    /// A grade for each project (Paris since 2021).
    MajorityJudgment {
        /// Codes of the grades, worst first.
        grades: Vec<String>,
        /// The index in `grades` that a project without a grade gets.
        default: u32,
    },
}

impl BallotType {
    /// Where ballots give grades: how many there are, and which one counts when none is given.
    pub fn grades(&self) -> Option<(usize, usize)> {
        if let Self::MajorityJudgment { grades, default } = self {
            return Some((grades.len(), usize::try_from(*default).unwrap_or(usize::MAX)));
        }
        None
    }

    /// Whether a ballot gives each project that it names one vote.
    pub(crate) const fn gives_one_vote_each(&self) -> bool {
        match self {
            Self::Approval { .. } | Self::ChooseOne | Self::Knapsack { .. } => true,
            Self::Cumulative { .. } | Self::Ordinal { .. } | Self::Scoring { .. } | Self::MajorityJudgment { .. } => {
                false
            }
        }
    }

    /// The most points that a ballot gives a project which it names alone; none for grades.
    pub(crate) fn most_for_one_alone(&self) -> u64 {
        match self {
            Self::Approval { .. } | Self::ChooseOne | Self::Knapsack { .. } | Self::Ordinal { .. } => 1,
            Self::Cumulative { points, max_per_project } => u64::from(*points.min(max_per_project)),
            Self::Scoring { max, .. } => u64::try_from(*max).unwrap_or(0),
            Self::MajorityJudgment { .. } => 0,
        }
    }
}

/// How a ballot came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    /// Online.
    Digital,
    /// On paper, entered card by card.
    Paper,
}

/// One project named on a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Index of the project in the election's list.
    pub project: usize,
    /// Points given; `None` where the ballot type has none (approval, ordinal: the place in the
    /// list counts). For majority judgment the index of the grade.
    pub points: Option<i64>,
}

/// One voter's ballot for one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// How it came in.
    pub channel: Channel,
    /// The projects named, in the order written.
    pub choices: Vec<Choice>,
}

/// Why a ballot doesn't follow its [`BallotType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Invalid {
    /// Fewer choices than the minimum.
    TooFewChoices,
    /// More choices than the maximum.
    TooManyChoices,
    /// The same project twice.
    DuplicateChoice,
    /// A project that isn't in the catalogue of the area.
    UnknownProject,
    /// The costs together exceed the knapsack.
    OverBudget,
    /// More points than allowed, for one project or in all.
    TooManyPoints,
    /// Points missing, below the minimum, or where there are none.
    BadPoints,
    /// Sealed for another urn, altered, or no ballot at all: it can't be read.
    Unreadable,
}

impl Invalid {
    /// The stable code, as in the JSON of an outcome.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooFewChoices => "TOO_FEW_CHOICES",
            Self::TooManyChoices => "TOO_MANY_CHOICES",
            Self::DuplicateChoice => "DUPLICATE_CHOICE",
            Self::UnknownProject => "UNKNOWN_PROJECT",
            Self::OverBudget => "OVER_BUDGET",
            Self::TooManyPoints => "TOO_MANY_POINTS",
            Self::BadPoints => "BAD_POINTS",
            Self::Unreadable => "UNREADABLE",
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooFewChoices => "too few projects are named: add some",
            Self::TooManyChoices => "too many projects are named: take some off",
            Self::DuplicateChoice => "a project is named twice: name it once",
            Self::UnknownProject => "a project isn't on this ballot paper: take it off",
            Self::OverBudget => "the projects together cost more than the budget: take some off",
            Self::TooManyPoints => "too many points are given: lower some",
            Self::BadPoints => "points are missing, too low, or given where there are none",
            Self::Unreadable => "it can't be read: it was sealed for another urn, or altered",
        })
    }
}

impl std::error::Error for Invalid {}

/// Whether a ballot follows its type; `costs` holds the cost of each project of
/// the area, so its length is the number of projects.
///
/// A ballot that names nothing is blank and valid, unless its type has a
/// minimum. A project given no points at all is left off the ballot: zero is
/// valid only where a scoring scale includes it.
///
/// # Errors
/// The first fault, looked for in this order: unknown project, the same project
/// twice, number of choices, points, cost.
pub fn validate(ballot: &Ballot, ballot_type: &BallotType, costs: &[Cents]) -> Result<(), Invalid> {
    let choices = &ballot.choices;
    if choices.iter().any(|c| c.project >= costs.len()) {
        return Err(Invalid::UnknownProject);
    }
    if names_one_twice(choices) {
        return Err(Invalid::DuplicateChoice);
    }
    let no_points = |choices: &[Choice]| match choices.iter().all(|c| c.points.is_none()) {
        true => Ok(()),
        false => Err(Invalid::BadPoints),
    };
    match ballot_type {
        BallotType::Approval { min, max } => {
            count_between(choices.len(), *min, *max)?;
            no_points(choices)
        }
        BallotType::ChooseOne => {
            count_between(choices.len(), 1, 1)?;
            no_points(choices)
        }
        BallotType::Knapsack { budget_cents } => {
            no_points(choices)?;
            // `get` can't miss: the projects are known by now.
            match Cents::sum(choices.iter().filter_map(|c| costs.get(c.project).copied())) {
                Some(cost) if cost <= *budget_cents => Ok(()),
                Some(_) | None => Err(Invalid::OverBudget),
            }
        }
        BallotType::Cumulative { points, max_per_project } => {
            points_between(choices, 1, i64::from(*max_per_project))?;
            let sum: i128 = choices.iter().filter_map(|c| c.points).map(i128::from).sum();
            if sum > i128::from(*points) {
                return Err(Invalid::TooManyPoints);
            }
            Ok(())
        }
        BallotType::Ordinal { max } => {
            count_between(choices.len(), 0, *max)?;
            no_points(choices)
        }
        BallotType::Scoring { min, max } => points_between(choices, *min, *max),
        BallotType::MajorityJudgment { grades, .. } => {
            let best = i64::try_from(grades.len()).unwrap_or(i64::MAX) - 1;
            points_between(choices, 0, best)
        }
    }
}

fn count_between(count: usize, min: u32, max: u32) -> Result<(), Invalid> {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    if count < u64::from(min) {
        Err(Invalid::TooFewChoices)
    } else if count > u64::from(max) {
        Err(Invalid::TooManyChoices)
    } else {
        Ok(())
    }
}

fn points_between(choices: &[Choice], min: i64, max: i64) -> Result<(), Invalid> {
    choices.iter().try_for_each(|choice| match choice.points {
        Some(points) if points > max => Err(Invalid::TooManyPoints),
        Some(points) if points >= min => Ok(()),
        Some(_) | None => Err(Invalid::BadPoints),
    })
}

fn names_one_twice(choices: &[Choice]) -> bool {
    // Nearly every ballot is short, and a quadratic look at it allocates nothing;
    // a long one must not be able to slow the count down.
    const SHORT: usize = 24;
    if choices.len() <= SHORT {
        let earlier = |i| choices.iter().take(i);
        return choices.iter().enumerate().any(|(i, c)| earlier(i).any(|e| e.project == c.project));
    }
    let mut seen = BTreeSet::new();
    !choices.iter().all(|c| seen.insert(c.project))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ballot(choices: &[(usize, Option<i64>)]) -> Ballot {
        Ballot {
            channel: Channel::Digital,
            choices: choices.iter().map(|&(project, points)| Choice { project, points }).collect(),
        }
    }

    fn costs() -> Vec<Cents> {
        [100, 200, 300, 400].map(|c| Cents::new(c).unwrap()).to_vec()
    }

    fn check(choices: &[(usize, Option<i64>)], ballot_type: &BallotType) -> Result<(), Invalid> {
        validate(&ballot(choices), ballot_type, &costs())
    }

    #[test]
    fn approval_has_a_minimum_and_a_maximum() {
        let two = BallotType::Approval { min: 1, max: 2 };
        assert_eq!(check(&[(0, None), (3, None)], &two), Ok(()));
        assert_eq!(check(&[], &two), Err(Invalid::TooFewChoices));
        assert_eq!(check(&[(0, None), (1, None), (2, None)], &two), Err(Invalid::TooManyChoices));
        assert_eq!(check(&[(0, Some(1))], &two), Err(Invalid::BadPoints));
        assert_eq!(check(&[(4, None)], &two), Err(Invalid::UnknownProject));
        assert_eq!(check(&[(1, None), (1, None)], &two), Err(Invalid::DuplicateChoice));
    }

    #[test]
    fn choose_one_is_exactly_one() {
        assert_eq!(check(&[(2, None)], &BallotType::ChooseOne), Ok(()));
        assert_eq!(check(&[], &BallotType::ChooseOne), Err(Invalid::TooFewChoices));
        assert_eq!(check(&[(2, None), (1, None)], &BallotType::ChooseOne), Err(Invalid::TooManyChoices));
    }

    #[test]
    fn a_knapsack_may_be_filled_to_the_cent() {
        let budget_cents = Cents::new(500).unwrap();
        let sack = BallotType::Knapsack { budget_cents };
        assert_eq!(check(&[(1, None), (2, None)], &sack), Ok(()));
        assert_eq!(check(&[(0, None), (1, None), (2, None)], &sack), Err(Invalid::OverBudget));
        assert_eq!(check(&[], &sack), Ok(()));
    }

    #[test]
    fn points_stay_within_their_limits() {
        let cumulative = BallotType::Cumulative { points: 7, max_per_project: 3 };
        assert_eq!(check(&[(0, Some(3)), (1, Some(3)), (2, Some(1))], &cumulative), Ok(()));
        assert_eq!(check(&[(0, Some(3)), (1, Some(3)), (2, Some(2))], &cumulative), Err(Invalid::TooManyPoints));
        assert_eq!(check(&[(0, Some(4))], &cumulative), Err(Invalid::TooManyPoints));
        assert_eq!(check(&[(0, Some(0))], &cumulative), Err(Invalid::BadPoints));
        assert_eq!(check(&[(0, None)], &cumulative), Err(Invalid::BadPoints));
        let scoring = BallotType::Scoring { min: -1, max: 1 };
        assert_eq!(check(&[(0, Some(-1)), (1, Some(0))], &scoring), Ok(()));
        assert_eq!(check(&[(0, Some(-2))], &scoring), Err(Invalid::BadPoints));
        assert_eq!(check(&[(0, Some(2))], &scoring), Err(Invalid::TooManyPoints));
    }

    #[test]
    fn a_grade_must_exist() {
        let grades = vec!["NO".into(), "YES".into()];
        let judgment = BallotType::MajorityJudgment { grades, default: 0 };
        assert_eq!(check(&[(0, Some(1)), (1, Some(0))], &judgment), Ok(()));
        assert_eq!(check(&[(0, Some(2))], &judgment), Err(Invalid::TooManyPoints));
        assert_eq!(check(&[(0, None)], &judgment), Err(Invalid::BadPoints));
    }

    #[test]
    fn a_long_ballot_with_a_repeat_is_seen() {
        let mut long: Vec<(usize, Option<i64>)> = (0..100).map(|p| (p, None)).collect();
        let costs = vec![Cents::ZERO; 100];
        let all = BallotType::Approval { min: 1, max: 1_000 };
        assert_eq!(validate(&ballot(&long), &all, &costs), Ok(()));
        long.push((0, None));
        assert_eq!(validate(&ballot(&long), &all, &costs), Err(Invalid::DuplicateChoice));
    }
}
