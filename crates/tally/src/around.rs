//! What stands around a rule, as cities really do it: a number of winners, a floor for priority
//! neighbourhoods, limits per district, weights, the next project funded too.
//!
//! Owns what can be configured and which of it fits together. How it bears on the choice is in
//! `purse.rs` and `walk.rs`; what areas leave each other is the caller's to carry out.

use crate::{Candidate, Cents, Count, Error, Rule, TallyRule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All of a share, in hundredths of a percent.
const WHOLE: u32 = 10_000;

/// The greatest weight of a channel; beyond it scores of a few million ballots lose nothing but sense.
const MOST_WEIGHT: u32 = 100;

/// What stands around a rule. Each is absent unless a city decides otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Around {
    /// At most so many winners in an area (Paris 2021 and 2022 had a fixed number per district).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winners: Option<u32>,
    /// At most so many winners in single areas, by the area's id, where that isn't `winners`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub winners_in: BTreeMap<String, u32>,
    /// The number of winners stands instead of the envelope: what projects cost doesn't matter.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub any_cost: bool,
    /// The first project in turn that doesn't fit in what is left is funded too when what is left is at
    /// least this share of its cost, in hundredths of a percent; the envelope is then exceeded by what
    /// lacks, and nothing is left. Poznań's rule with 8,000 (comment in its Pabulib files).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fund_next_at_basis_points: Option<u32>,
    /// What a vote or a point of each channel weighs in the score (Amsterdam).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// A floor for projects in priority neighbourhoods: before all others, these are taken in the order
    /// of the ranking, each that fits, until their costs together reach the floor or none is left that
    /// fits. Then the choice goes on among all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earmark: Option<Floor>,
    /// Limits for the projects of one group (a district, on a list of the whole city).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupLimits>,
    /// Where the money goes that areas leave.
    #[serde(skip_serializing_if = "Leftovers::is_nowhere")]
    pub leftovers: Leftovers,
}

/// What a vote of each channel weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// A vote online, 0 to 100.
    pub digital: u32,
    /// A vote on paper, 0 to 100.
    pub paper: u32,
}

/// The least that priority projects receive while there are some that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Floor {
    /// So many cents.
    Cents(Cents),
    /// So many hundredths of a percent of the envelope, rounded up to a whole cent.
    BasisPoints(u32),
}

impl Floor {
    /// The floor in cents under this envelope.
    pub(crate) fn of(self, envelope: Cents) -> i128 {
        match self {
            Self::Cents(cents) => i128::from(cents.get()),
            Self::BasisPoints(share) => {
                (i128::from(envelope.get()) * i128::from(share)).div_euclid(i128::from(WHOLE))
                    + i128::from((i128::from(envelope.get()) * i128::from(share)) % i128::from(WHOLE) != 0)
            }
        }
    }
}

/// Limits for each group of projects. Projects without a group have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupLimits {
    /// At most so many winners of one group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// The winners of one group cost at most so much together, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most_cents: Option<Cents>,
    /// At least so many winners of each group while there are some that fit: before all others, projects
    /// are taken in the order of the ranking whose group has fewer so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
}

/// Where the money goes that the districts' winners leave of their envelopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Leftovers {
    /// It stays unspent.
    #[default]
    Nowhere,
    /// To the list of the whole city, which is counted after the districts.
    City,
    /// To the district where the most ballots per inhabitant were cast, which is counted anew with it.
    HighestTurnout,
}

impl Leftovers {
    /// Whether it stays where it is.
    pub const fn is_nowhere(&self) -> bool {
        matches!(self, Self::Nowhere)
    }
}

impl Around {
    /// Whether nothing stands around the rule.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What stands around the rule in one area: its own number of winners in place of all areas'.
    #[must_use]
    pub fn within(&self, area: &str) -> Self {
        let winners = self.winners_in.get(area).copied().or(self.winners);
        Self { winners, winners_in: BTreeMap::new(), ..self.clone() }
    }

    /// Sums both channels anew by their weights.
    pub(crate) fn weigh(&self, candidates: &[Candidate], count: &mut Count) -> Result<(), Error> {
        let Some(weights) = self.weights else { return Ok(()) };
        for (candidate, score) in candidates.iter().zip(&mut count.scores) {
            let digital = score.digital.checked_mul(i64::from(weights.digital));
            let paper = score.paper.checked_mul(i64::from(weights.paper));
            let total = digital.zip(paper).and_then(|(one, other)| crate::election::sum(one, other));
            score.total = total.ok_or_else(|| Error::ScoreTooLarge { id: candidate.id.clone() })?;
        }
        Ok(())
    }
}

impl TallyRule {
    /// The rule as it is in one area ([`Around::within`]).
    #[must_use]
    pub fn within(&self, area: &str) -> Self {
        Self { around: self.around.within(area), ..self.clone() }
    }

    /// Refuses what doesn't fit together, with what to do.
    ///
    /// # Errors
    /// `RULE_DOES_NOT_FIT`.
    pub fn check(&self) -> Result<(), Error> {
        let around = &self.around;
        let refuse = |holds: bool, why: &'static str| if holds { Err(Error::RuleDoesNotFit { why }) } else { Ok(()) };
        let numbered = around.winners.is_some() || !around.winners_in.is_empty();
        let none = around.winners == Some(0) || around.winners_in.values().any(|winners| *winners == 0);
        refuse(none, "no winners at all: set a number from 1, or none")?;
        refuse(
            around.any_cost && !numbered,
            "without the envelope something else must end the choice: set a number of winners",
        )?;
        refuse(
            around.any_cost && (around.fund_next_at_basis_points.is_some() || around.earmark.is_some()),
            "where costs don't matter, neither does what is left: keep the envelope, or drop the share for the next project and the floor",
        )?;
        refuse(
            around.any_cost && !around.leftovers.is_nowhere(),
            "where costs don't matter, nothing is left over: keep the envelope, or let leftovers go nowhere",
        )?;
        refuse(
            around.fund_next_at_basis_points.is_some_and(|share| share == 0 || share > WHOLE),
            "the share at which the next project is funded is 1 to 10,000 hundredths of a percent",
        )?;
        let floor = match around.earmark {
            Some(Floor::Cents(cents)) => cents <= Cents::ZERO,
            Some(Floor::BasisPoints(share)) => share == 0 || share > WHOLE,
            None => false,
        };
        refuse(floor, "the floor is above zero, and as a share 1 to 10,000 hundredths of a percent")?;
        if let Some(weights) = around.weights {
            let fits = weights.digital.max(weights.paper);
            refuse(fits == 0 || fits > MOST_WEIGHT, "weights are 0 to 100, and not both 0")?;
        }
        if let Some(groups) = around.groups {
            let none = groups == GroupLimits::default();
            refuse(none, "limits for groups without a limit: set one, or leave them out")?;
            let empty = groups.at_most == Some(0)
                || groups.at_least == Some(0)
                || groups.at_most_cents.is_some_and(|cents| cents <= Cents::ZERO);
            refuse(empty, "a limit for groups is above zero")?;
            let crossed = groups.at_least.zip(groups.at_most).is_some_and(|(least, most)| least > most);
            refuse(crossed, "a group can't need more winners than it may have: lower the least number")?;
        }
        let walks = self.rule.walks_a_ranking();
        refuse(
            !walks && (around.any_cost || around.fund_next_at_basis_points.is_some()),
            "this rule spends the envelope: take a rule by ranking, or keep to the envelope",
        )?;
        refuse(
            !walks && (around.earmark.is_some() || around.groups.is_some_and(|groups| groups.at_least.is_some())),
            "a floor or a least number per group needs a rule by ranking: take one, or give these projects an envelope of their own",
        )?;
        refuse(
            matches!(self.rule, Rule::MaxWelfare { .. }) && (numbered || around.groups.is_some()),
            "the best set knows the envelope alone: take another rule, or leave numbers of winners and groups out",
        )?;
        refuse(
            around.weights.is_some() && !self.rule.adds_up_scores(),
            "weights need a rule that adds up scores: take one, or leave them out",
        )
    }
}

impl Rule {
    /// Whether it goes down a ranking and takes what fits.
    pub(crate) const fn walks_a_ranking(self) -> bool {
        match self {
            Self::Greedy | Self::GreedyStop | Self::GreedyPerCost | Self::MajorityJudgment => true,
            Self::EqualShares { .. } | Self::Phragmen { .. } | Self::MaxWelfare { .. } => false,
        }
    }

    /// Whether each voter has money of its own, so that single ballots are needed.
    pub(crate) const fn follows_money(self) -> bool {
        match self {
            Self::EqualShares { .. } | Self::Phragmen { .. } => true,
            Self::Greedy
            | Self::GreedyStop
            | Self::GreedyPerCost
            | Self::MaxWelfare { .. }
            | Self::MajorityJudgment => false,
        }
    }

    /// Whether nothing but sums of votes or points decides.
    pub(crate) const fn adds_up_scores(self) -> bool {
        match self {
            Self::Greedy | Self::GreedyStop | Self::GreedyPerCost | Self::MaxWelfare { .. } => true,
            Self::EqualShares { .. } | Self::Phragmen { .. } | Self::MajorityJudgment => false,
        }
    }
}
