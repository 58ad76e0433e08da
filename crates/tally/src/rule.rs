//! What a city freezes before the vote: the rule, its threshold, its tie-breaks.
//!
//! Owns which ballots a rule can count. Decides nothing: look next at `rule_name.rs` for how rules are
//! named and written in forms, `tie_break.rs` for how ties end.

use crate::{Around, BallotType, Error, RuleName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How winners are chosen; [`RuleName`] gives the names that command lines use, [`crate::RuleKind`] the form's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rule {
    /// By score descending; a project that doesn't fit in what is left is skipped.
    Greedy,
    /// By score descending; stops at the first project that doesn't fit.
    GreedyStop,
    /// By score per cost descending, free projects first; one that doesn't fit is skipped.
    GreedyPerCost,
    /// Each voter gets an equal share of the envelope; supporters of a project pay for it together
    /// (Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive Utilities",
    /// NeurIPS 2021; the completions: <https://equalshares.net>).
    EqualShares {
        /// What a project is worth to those who support it.
        utility: Utility,
        /// Whether and how the shares are raised until the envelope is used up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        add_one: Option<AddOne>,
        /// Whether what is left is then spent by score.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        greedy: bool,
    },
    /// Voters earn money at an equal pace and buy together what they support, as soon as they can;
    /// ends when a project that could be bought doesn't fit (Phragmén's sequential rule for budgets:
    /// Los, Christoff, Grossi, "Proportional Budget Allocations: Towards a Systematization", IJCAI 2022).
    Phragmen {
        /// Whether what is left is then spent by score.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        greedy: bool,
    },
    /// The set of projects within the envelope with the greatest sum of utilities (for analysis).
    MaxWelfare {
        /// What a project is worth to those who support it.
        utility: Utility,
    },
    /// By median grade, then by how many graded it higher or lower; a project that doesn't fit is
    /// skipped (Balinski and Laraki, "Majority Judgment", 2011).
    MajorityJudgment,
}

/// What a project is worth to a voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Utility {
    /// Its cost times the points that the voter gave it.
    Cost,
    /// The points that the voter gave it: a vote counts one, whatever the cost.
    Cardinality,
}

/// How equal shares are raised, one unit of the currency per voter at a time, until the envelope is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AddOne {
    /// From the exact share; ends when nothing that has supporters fits any more, or before the envelope
    /// would be exceeded.
    Pabutools,
    /// From the share rounded down to a whole unit; ends only before the envelope would be exceeded
    /// (Wieliczka 2023).
    Official,
    /// From the share rounded down to a whole unit; ends as well when nothing fits any more.
    Exhaustive,
}

/// A threshold that a project must reach to be considered at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MinScore {
    /// A score of at least this many points or votes.
    Score(u64),
    /// Supported by at least this many hundredths of a percent (1/10,000) of the valid ballots.
    ShareOfBallots(u32),
}

/// How equal scores are told apart, first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TieBreak {
    /// The cheaper project first.
    LowerCost,
    /// The project supported by more ballots first (named, with points above zero if there are points).
    MoreSupporters,
    /// The order of the lot, drawn once over all projects.
    Lot,
    /// By id, in code-point order (analysis only: a name must not decide).
    Id,
}

/// A rule with everything around it, as frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyRule {
    /// The rule.
    pub rule: Rule,
    /// The threshold, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_score: Option<MinScore>,
    /// The chain of tie-breaks. `Id` is always its silent last link, so that an outcome exists.
    pub tie_break: Vec<TieBreak>,
    /// What stands around it.
    #[serde(default, skip_serializing_if = "Around::is_default")]
    pub around: Around,
}

impl TallyRule {
    /// The name that command lines and reports use for it.
    pub const fn name(&self) -> RuleName {
        RuleName { rule: self.rule, threshold: self.min_score.is_some() }
    }
}

impl Rule {
    /// Refuses ballots that the rule can't count.
    ///
    /// # Errors
    /// `RULE_NEEDS_SCORES` for grades under a rule that adds up, `RULE_NEEDS_GRADES` for anything else
    /// under majority judgment, `RULE_NEEDS_SUPPORT` for points below zero under a rule that spends the
    /// money of those who support a project.
    pub fn fits(self, ballots: &BallotType) -> Result<(), Error> {
        let graded = ballots.grades().is_some();
        match self {
            Self::MajorityJudgment if graded => Ok(()),
            Self::MajorityJudgment => Err(Error::RuleNeedsGrades),
            _ if graded => Err(Error::RuleNeedsScores),
            Self::EqualShares { .. } | Self::Phragmen { .. } if matches!(ballots, BallotType::Scoring { min, .. } if *min < 0) => {
                Err(Error::RuleNeedsSupport)
            }
            Self::Greedy
            | Self::GreedyStop
            | Self::GreedyPerCost
            | Self::EqualShares { .. }
            | Self::Phragmen { .. }
            | Self::MaxWelfare { .. } => Ok(()),
        }
    }
}

impl TieBreak {
    /// Every link there is.
    pub const ALL: [Self; 4] = [Self::LowerCost, Self::MoreSupporters, Self::Lot, Self::Id];

    /// The chain that the published reference outcomes call `cheap`.
    pub const CHEAP: [Self; 3] = [Self::LowerCost, Self::MoreSupporters, Self::Id];

    /// The name on a command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LowerCost => "lower-cost",
            Self::MoreSupporters => "more-supporters",
            Self::Lot => "lot",
            Self::Id => "id",
        }
    }

    /// Reads a chain such as `id`, `lower-cost,lot`, or `cheap`, short for
    /// `lower-cost,more-supporters,id`.
    ///
    /// # Errors
    /// `TIE_BREAK_UNKNOWN`, with the names there are.
    pub fn parse_chain(text: &str) -> Result<Vec<Self>, Error> {
        let mut chain = Vec::new();
        for name in text.split(',').map(str::trim) {
            if name == "cheap" {
                chain.extend(Self::CHEAP);
                continue;
            }
            let link = Self::ALL.into_iter().find(|link| link.as_str() == name);
            chain.push(link.ok_or_else(|| Error::TieBreakUnknown {
                name: name.to_owned(),
                known: Self::ALL.map(Self::as_str).join(", "),
            })?);
        }
        Ok(chain)
    }

    /// Writes a chain so that [`TieBreak::parse_chain`] reads it back, with the silent `id` last.
    pub fn chain_text(chain: &[Self]) -> String {
        let mut names: Vec<&str> = chain.iter().map(|link| link.as_str()).collect();
        if !chain.contains(&Self::Id) {
            names.push(Self::Id.as_str());
        }
        names.join(",")
    }
}

impl fmt::Display for TieBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_round_trip() {
        let cheap = TieBreak::parse_chain("cheap").unwrap();
        assert_eq!(cheap, TieBreak::CHEAP);
        let text = TieBreak::chain_text(&cheap);
        assert_eq!(text, "lower-cost,more-supporters,id");
        assert_eq!(TieBreak::parse_chain(&text).unwrap(), cheap);
        assert_eq!(TieBreak::chain_text(&[TieBreak::Lot]), "lot,id");
        let unknown = TieBreak::parse_chain("id,dice").unwrap_err();
        assert_eq!(unknown.code(), "TIE_BREAK_UNKNOWN");
    }

    #[test]
    fn a_rule_reads_as_it_is_frozen() {
        let rule = TallyRule {
            rule: Rule::GreedyStop,
            min_score: Some(MinScore::ShareOfBallots(500)),
            tie_break: vec![TieBreak::LowerCost, TieBreak::Lot],
            around: Around::default(),
        };
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(
            json,
            r#"{"rule":"GREEDY_STOP","min_score":{"SHARE_OF_BALLOTS":500},"tie_break":["LOWER_COST","LOT"]}"#
        );
        assert_eq!(serde_json::from_str::<TallyRule>(&json).unwrap(), rule);
    }
}
