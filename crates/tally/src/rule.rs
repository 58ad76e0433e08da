//! What a city freezes before the vote: the rule, its threshold, its tie-breaks.
//!
//! Owns their names on a command line. Decides nothing: look next at
//! `greedy.rs` and `tie_break.rs`.

use crate::{Around, Error};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How winners are chosen; [`RuleName`] gives the names that command lines use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rule {
    /// By score descending; a project that doesn't fit in what is left is skipped.
    Greedy,
    /// By score descending; stops at the first project that doesn't fit.
    GreedyStop,
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

/// A rule as a command line names it: `greedy`, `greedy-stop`,
/// `greedy-threshold`, `greedy-stop-threshold`. What the threshold is comes
/// from elsewhere (the campaign, the file).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleName {
    /// The rule.
    pub rule: Rule,
    /// Whether only projects that reach the threshold are considered.
    pub threshold: bool,
}

impl RuleName {
    /// Every name there is.
    pub const ALL: [Self; 4] = [
        Self::of(Rule::Greedy, false),
        Self::of(Rule::GreedyStop, false),
        Self::of(Rule::Greedy, true),
        Self::of(Rule::GreedyStop, true),
    ];

    const fn of(rule: Rule, threshold: bool) -> Self {
        Self { rule, threshold }
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match (self.rule, self.threshold) {
            (Rule::Greedy, false) => "greedy",
            (Rule::GreedyStop, false) => "greedy-stop",
            (Rule::Greedy, true) => "greedy-threshold",
            (Rule::GreedyStop, true) => "greedy-stop-threshold",
        }
    }

    /// The rule with its surroundings; `min_score` is left out where the name has no threshold.
    ///
    /// # Errors
    /// `THRESHOLD_MISSING` when the name has a threshold and `min_score` is `None`.
    pub fn with(self, min_score: Option<MinScore>, tie_break: Vec<TieBreak>) -> Result<TallyRule, Error> {
        if self.threshold && min_score.is_none() {
            return Err(Error::ThresholdMissing { name: self.as_str() });
        }
        let min_score = min_score.filter(|_| self.threshold);
        Ok(TallyRule { rule: self.rule, min_score, tie_break, around: Around::default() })
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RuleName {
    type Err = Error;

    /// # Errors
    /// `RULE_UNKNOWN`, with the names there are.
    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|rule| rule.as_str() == name);
        found.ok_or_else(|| Error::RuleUnknown { name: name.to_owned(), known: Self::ALL.map(Self::as_str).join(", ") })
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
    fn names_round_trip() {
        for name in RuleName::ALL {
            assert_eq!(name.as_str().parse::<RuleName>().unwrap(), name);
        }
        let unknown = "phragmen".parse::<RuleName>().unwrap_err();
        assert_eq!(unknown.code(), "RULE_UNKNOWN");
        assert!(unknown.to_string().contains("greedy-stop-threshold"));
    }

    #[test]
    fn a_threshold_needs_a_value_and_only_then_takes_it() {
        let name: RuleName = "greedy-threshold".parse().unwrap();
        assert_eq!(name.with(None, vec![]).unwrap_err().code(), "THRESHOLD_MISSING");
        let rule = name.with(Some(MinScore::Score(30)), vec![]).unwrap();
        assert_eq!(rule.min_score, Some(MinScore::Score(30)));
        assert_eq!(rule.name(), name);
        let plain: RuleName = "greedy".parse().unwrap();
        let rule = plain.with(Some(MinScore::Score(30)), vec![]).unwrap();
        assert_eq!(rule.min_score, None);
    }

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
