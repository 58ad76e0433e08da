//! How rules are named on a command line, and written in forms.
//!
//! Owns the names and the flat form. What a rule does is told in `rule.rs`.

use crate::{AddOne, Around, Error, MinScore, Rule, TallyRule, TieBreak, Utility};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A rule in a form, where what goes with it stands in fields beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleKind {
    /// [`Rule::Greedy`].
    Greedy,
    /// [`Rule::GreedyStop`].
    GreedyStop,
    /// [`Rule::GreedyPerCost`].
    GreedyPerCost,
    /// [`Rule::EqualShares`], with a utility, if wanted an `add_one`, if wanted then by score.
    EqualShares,
    /// [`Rule::Phragmen`], if wanted then by score.
    Phragmen,
    /// [`Rule::MaxWelfare`], with a utility.
    MaxWelfare,
    /// [`Rule::MajorityJudgment`].
    MajorityJudgment,
}

impl RuleKind {
    /// The rule of this kind with what goes with it.
    ///
    /// # Errors
    /// `RULE_DOES_NOT_FIT` when something is missing, or given where the rule has none.
    pub fn with(self, utility: Option<Utility>, add_one: Option<AddOne>, greedy: bool) -> Result<Rule, Error> {
        let bare = |rule: Rule| match (utility, add_one, greedy) {
            (None, None, false) => Ok(rule),
            (_, _, _) => Err(Error::RuleDoesNotFit {
                why: "a utility, a completion or both are given to a rule that has none: leave them out",
            }),
        };
        let utility_missing =
            Error::RuleDoesNotFit { why: "say what projects are worth to voters: COST or CARDINALITY" };
        match self {
            Self::Greedy => bare(Rule::Greedy),
            Self::GreedyStop => bare(Rule::GreedyStop),
            Self::GreedyPerCost => bare(Rule::GreedyPerCost),
            Self::MajorityJudgment => bare(Rule::MajorityJudgment),
            Self::EqualShares => Ok(Rule::EqualShares { utility: utility.ok_or(utility_missing)?, add_one, greedy }),
            Self::Phragmen if utility.is_none() && add_one.is_none() => Ok(Rule::Phragmen { greedy }),
            Self::Phragmen => bare(Rule::Phragmen { greedy }),
            Self::MaxWelfare if add_one.is_none() && !greedy => {
                Ok(Rule::MaxWelfare { utility: utility.ok_or(utility_missing)? })
            }
            Self::MaxWelfare => Err(Error::RuleDoesNotFit { why: "the best set needs no completion: leave it out" }),
        }
    }
}

impl Rule {
    /// The rule as a form has it: its kind, its utility, how shares are raised, whether the rest is spent by score.
    pub const fn parts(self) -> (RuleKind, Option<Utility>, Option<AddOne>, bool) {
        match self {
            Self::Greedy => (RuleKind::Greedy, None, None, false),
            Self::GreedyStop => (RuleKind::GreedyStop, None, None, false),
            Self::GreedyPerCost => (RuleKind::GreedyPerCost, None, None, false),
            Self::EqualShares { utility, add_one, greedy } => (RuleKind::EqualShares, Some(utility), add_one, greedy),
            Self::Phragmen { greedy } => (RuleKind::Phragmen, None, None, greedy),
            Self::MaxWelfare { utility } => (RuleKind::MaxWelfare, Some(utility), None, false),
            Self::MajorityJudgment => (RuleKind::MajorityJudgment, None, None, false),
        }
    }

    /// Every rule there is, in every variant.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Greedy, Self::GreedyStop, Self::GreedyPerCost];
        for utility in Utility::ALL {
            for add_one in [None, Some(AddOne::Pabutools), Some(AddOne::Official), Some(AddOne::Exhaustive)] {
                all.extend([false, true].map(|greedy| Self::EqualShares { utility, add_one, greedy }));
            }
        }
        all.extend([false, true].map(|greedy| Self::Phragmen { greedy }));
        all.extend(Utility::ALL.map(|utility| Self::MaxWelfare { utility }));
        all.push(Self::MajorityJudgment);
        all
    }
}

/// A rule as a command line names it, such as `greedy-stop`, `phragmen+greedy` or
/// `equal-shares-cost+add1-official+greedy`. Where only projects that reach a threshold are
/// considered, `-threshold` ends a greedy rule's name and `+threshold` any other's; what the
/// threshold is comes from elsewhere (the campaign, the file).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleName {
    /// The rule.
    pub rule: Rule,
    /// Whether only projects that reach the threshold are considered.
    pub threshold: bool,
}

impl RuleName {
    /// Every name there is, those without a threshold first.
    pub fn all() -> impl Iterator<Item = Self> {
        let named = |threshold| Rule::all().into_iter().map(move |rule| Self { rule, threshold });
        named(false).chain(named(true))
    }

    /// The rule with its surroundings; `min_score` is left out where the name has no threshold.
    ///
    /// # Errors
    /// `THRESHOLD_MISSING` when the name has a threshold and `min_score` is `None`.
    pub fn with(self, min_score: Option<MinScore>, tie_break: Vec<TieBreak>) -> Result<TallyRule, Error> {
        if self.threshold && min_score.is_none() {
            return Err(Error::ThresholdMissing { name: self.to_string() });
        }
        let min_score = min_score.filter(|_| self.threshold);
        Ok(TallyRule { rule: self.rule, min_score, tie_break, around: Around::default() })
    }
}

impl fmt::Display for Rule {
    /// As on a command line, without its threshold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let then_greedy = |greedy: bool| if greedy { "+greedy" } else { "" };
        match *self {
            Self::Greedy => f.write_str("greedy"),
            Self::GreedyStop => f.write_str("greedy-stop"),
            Self::GreedyPerCost => f.write_str("greedy-per-cost"),
            Self::EqualShares { utility, add_one, greedy } => {
                let raised = match add_one {
                    None => "",
                    Some(AddOne::Pabutools) => "+add1-pabutools",
                    Some(AddOne::Official) => "+add1-official",
                    Some(AddOne::Exhaustive) => "+add1-exhaustive",
                };
                write!(f, "equal-shares-{}{raised}{}", utility.as_str(), then_greedy(greedy))
            }
            Self::Phragmen { greedy } => write!(f, "phragmen{}", then_greedy(greedy)),
            Self::MaxWelfare { utility } => write!(f, "max-welfare-{}", utility.as_str()),
            Self::MajorityJudgment => f.write_str("majority-judgment"),
        }
    }
}

impl Utility {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Cost, Self::Cardinality];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Cardinality => "cardinality",
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threshold = match (self.threshold, self.rule) {
            (false, _) => "",
            (true, Rule::Greedy | Rule::GreedyStop | Rule::GreedyPerCost) => "-threshold",
            (
                true,
                Rule::EqualShares { .. } | Rule::Phragmen { .. } | Rule::MaxWelfare { .. } | Rule::MajorityJudgment,
            ) => "+threshold",
        };
        write!(f, "{}{threshold}", self.rule)
    }
}

impl FromStr for RuleName {
    type Err = Error;

    /// # Errors
    /// `RULE_UNKNOWN`, with the names there are.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::all().find(|rule| rule.to_string() == name).ok_or_else(|| {
            let known: Vec<String> = Rule::all().iter().map(Rule::to_string).collect();
            Error::RuleUnknown { name: name.to_owned(), known: known.join(", ") }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in RuleName::all() {
            assert_eq!(name.to_string().parse::<RuleName>().unwrap(), name);
        }
        assert_eq!(RuleName::all().count(), 48);
        let unknown = "dictator".parse::<RuleName>().unwrap_err();
        assert_eq!(unknown.code(), "RULE_UNKNOWN");
        assert!(unknown.to_string().contains("equal-shares-cost+add1-official+greedy"));
        let json = r#"{"EQUAL_SHARES":{"utility":"COST","add_one":"OFFICIAL","greedy":true}}"#;
        let rule: Rule = serde_json::from_str(json).unwrap();
        assert_eq!(rule.to_string(), "equal-shares-cost+add1-official+greedy");
        assert_eq!(serde_json::to_string(&rule).unwrap(), json);
        let plain = Rule::Phragmen { greedy: false };
        assert_eq!(serde_json::from_str::<Rule>(r#"{"PHRAGMEN":{}}"#).unwrap(), plain);
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
    fn forms_give_the_rule_back_and_refuse_what_it_has_not() {
        for rule in Rule::all() {
            let (kind, utility, add_one, greedy) = rule.parts();
            assert_eq!(kind.with(utility, add_one, greedy).unwrap(), rule);
        }
        let refused = |rule: Result<Rule, Error>| rule.unwrap_err().code();
        assert_eq!(refused(RuleKind::EqualShares.with(None, None, true)), "RULE_DOES_NOT_FIT");
        assert_eq!(refused(RuleKind::MaxWelfare.with(Some(Utility::Cost), None, true)), "RULE_DOES_NOT_FIT");
        assert_eq!(refused(RuleKind::MaxWelfare.with(None, None, false)), "RULE_DOES_NOT_FIT");
        assert_eq!(refused(RuleKind::Greedy.with(None, None, true)), "RULE_DOES_NOT_FIT");
        assert_eq!(refused(RuleKind::Phragmen.with(Some(Utility::Cost), None, true)), "RULE_DOES_NOT_FIT");
    }
}
