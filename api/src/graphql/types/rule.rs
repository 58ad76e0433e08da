//! Rules in answers and in inputs: what a ballot may hold, how winners follow, how ties end.

use super::around::{Around, AroundInput};
use super::enums::{AddOne, RuleKind, TieBreak, Utility};
use super::place::Moment;
use super::scalars::{Amount, Sha256};
use crate::error::Fault;
use crate::graphql::request::View;
use crate::words;
use async_graphql::{Enum, InputObject, Object, OneofObject, SimpleObject};
use domain::rejection::Language;
use std::collections::BTreeSet;

/// What a voter may write on the ballot of an area.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BallotKind {
    /// Between a fewest and a most number of projects, each worth one vote.
    Approval,
    /// Exactly one project.
    ChooseOne,
    /// Any projects whose costs together stay within a budget.
    Knapsack,
    /// Points to share out.
    Cumulative,
    /// An order of preference.
    Ordinal,
    /// A score for each project.
    Scoring,
    /// A grade for each project (`jugement majoritaire`).
    MajorityJudgment,
}

/// The ballot rules of an area.
pub struct BallotRules {
    pub(crate) ballot: tally::BallotType,
    pub(crate) currency: String,
    pub(crate) language: Language,
}

/// What a voter may write on the ballot of an area (`règles du bulletin`). Fields that the kind of
/// ballot doesn't have are null.
#[Object]
impl BallotRules {
    /// The kind of ballot.
    async fn kind(&self) -> BallotKind {
        match self.ballot {
            tally::BallotType::Approval { .. } => BallotKind::Approval,
            tally::BallotType::ChooseOne => BallotKind::ChooseOne,
            tally::BallotType::Knapsack { .. } => BallotKind::Knapsack,
            tally::BallotType::Cumulative { .. } => BallotKind::Cumulative,
            tally::BallotType::Ordinal { .. } => BallotKind::Ordinal,
            tally::BallotType::Scoring { .. } => BallotKind::Scoring,
            tally::BallotType::MajorityJudgment { .. } => BallotKind::MajorityJudgment,
        }
    }

    /// Fewest choices (approval), or fewest points (scoring).
    async fn min(&self) -> Option<i64> {
        if let tally::BallotType::Approval { min, .. } = self.ballot {
            return Some(min.into());
        }
        if let tally::BallotType::Scoring { min, .. } = self.ballot { Some(min) } else { None }
    }

    /// Most choices (approval, ordinal, choose one), or most points (scoring).
    async fn max(&self) -> Option<i64> {
        match self.ballot {
            tally::BallotType::Approval { max, .. } | tally::BallotType::Ordinal { max } => Some(max.into()),
            tally::BallotType::ChooseOne => Some(1),
            tally::BallotType::Scoring { max, .. } => Some(max),
            tally::BallotType::Knapsack { .. }
            | tally::BallotType::Cumulative { .. }
            | tally::BallotType::MajorityJudgment { .. } => None,
        }
    }

    /// What one voter may spend (knapsack).
    async fn budget(&self) -> Option<Amount> {
        if let tally::BallotType::Knapsack { budget_cents } = self.ballot { Some(Amount(budget_cents)) } else { None }
    }

    /// Most points on one ballot (cumulative).
    async fn points(&self) -> Option<u32> {
        if let tally::BallotType::Cumulative { points, .. } = self.ballot { Some(points) } else { None }
    }

    /// Most points for one project (cumulative).
    async fn max_per_project(&self) -> Option<u32> {
        if let tally::BallotType::Cumulative { max_per_project, .. } = self.ballot {
            Some(max_per_project)
        } else {
            None
        }
    }

    /// The grades, worst first (majority judgment).
    async fn grades(&self) -> Option<&[String]> {
        if let tally::BallotType::MajorityJudgment { grades, .. } = &self.ballot { Some(grades) } else { None }
    }

    /// In words, in the client's language.
    async fn in_words(&self) -> String {
        words::ballot(&self.ballot, &self.currency, self.language)
    }
}

/// The rule by which winners follow from ballots.
pub struct TallyRule {
    pub(crate) rule: tally::TallyRule,
    pub(crate) view: View,
    pub(crate) language: Language,
}

/// How winners follow from ballots (`règle de dépouillement`), as frozen when the vote opens.
#[Object]
impl TallyRule {
    /// The rule.
    async fn kind(&self) -> RuleKind {
        self.rule.rule.parts().0.into()
    }

    /// What a project is worth to those who support it (equal shares, greatest welfare).
    async fn utility(&self) -> Option<Utility> {
        self.rule.rule.parts().1.map(Into::into)
    }

    /// Whether and how shares are raised until the envelope is used up (equal shares).
    async fn add_one(&self) -> Option<AddOne> {
        self.rule.rule.parts().2.map(Into::into)
    }

    /// Whether what is left at the end is then spent by score (equal shares, Phragmén).
    async fn then_greedy(&self) -> bool {
        self.rule.rule.parts().3
    }

    /// Its name on the command line of an auditor.
    async fn name(&self) -> String {
        self.rule.name().to_string()
    }

    /// The fewest points or votes that a project needs, if there is such a threshold.
    async fn min_score(&self) -> Option<u64> {
        if let Some(tally::MinScore::Score(score)) = self.rule.min_score { Some(score) } else { None }
    }

    /// The share of the valid ballots that must support a project, in hundredths of a percent.
    async fn min_share_of_ballots(&self) -> Option<u32> {
        if let Some(tally::MinScore::ShareOfBallots(share)) = self.rule.min_score { Some(share) } else { None }
    }

    /// How equal scores are told apart, first to last. The reference is always the silent last link.
    async fn tie_break(&self) -> Vec<TieBreak> {
        self.rule.tie_break.iter().map(|link| TieBreak::from(*link)).collect()
    }

    /// In words, in the client's language: what is shown to voters before they vote.
    async fn in_words(&self) -> String {
        words::rule(&self.view.model, &self.rule, self.language)
    }

    /// What stands around it: a number of winners, a floor, limits, weights, leftovers.
    async fn around(&self) -> Around {
        (&self.rule.around).into()
    }
}

/// That rules and ballot list no longer change (`gel des règles`).
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Frozen {
    /// When.
    pub moment: Moment,
    /// SHA-256 of the rules, with the areas, envelopes and ballots.
    pub rules: Sha256,
    /// SHA-256 of the ballot list.
    pub catalogue: Sha256,
    /// How many polling places are read once more, drawn by the lot; null where the city isn't bound to any.
    pub audited_places: Option<u16>,
}

/// A tally rule (`règle de dépouillement`).
#[derive(InputObject, Clone, Debug)]
pub struct TallyRuleInput {
    /// The rule.
    pub kind: RuleKind,
    /// What a project is worth to those who support it; for equal shares and greatest welfare, which need it.
    pub utility: Option<Utility>,
    /// How shares are raised until the envelope is used up; for equal shares.
    pub add_one: Option<AddOne>,
    /// Whether what is left at the end is then spent by score; for equal shares and Phragmén.
    #[graphql(default)]
    pub then_greedy: bool,
    /// The threshold, if any.
    pub min_score: Option<MinScoreInput>,
    /// How equal scores are told apart, first to last.
    pub tie_break: Vec<TieBreak>,
    /// What stands around it; null for nothing or, in an analysis, for what stands around the frozen rule.
    /// `{}` is nothing.
    pub around: Option<AroundInput>,
}

/// A threshold that a project must reach to be considered at all.
#[derive(OneofObject, Clone, Debug)]
pub enum MinScoreInput {
    /// At least so many points or votes.
    Score(u32),
    /// Supported by at least this share of the valid ballots, in hundredths of a percent (0 to 10,000).
    ShareOfBallots(u32),
}

impl TallyRuleInput {
    /// The rule for an analysis: in the surroundings of the frozen one unless it says its own.
    pub(crate) fn beside(self, frozen: &tally::TallyRule) -> Result<tally::TallyRule, Fault> {
        let around = if self.around.is_none() { Some(frozen.around.clone()) } else { None };
        let rule = self.rule()?;
        Ok(tally::TallyRule { around: around.unwrap_or_else(|| rule.around.clone()), ..rule })
    }

    pub(crate) fn rule(self) -> Result<tally::TallyRule, Fault> {
        let min_score = match self.min_score {
            None => None,
            Some(MinScoreInput::Score(score)) => Some(tally::MinScore::Score(score.into())),
            Some(MinScoreInput::ShareOfBallots(share)) if share <= 10_000 => {
                Some(tally::MinScore::ShareOfBallots(share))
            }
            Some(MinScoreInput::ShareOfBallots(_)) => {
                let message = "at most 10000 hundredths of a percent".to_owned();
                return Err(Fault::Input { field: "shareOfBallots", message });
            }
        };
        let named = self.around.as_ref().map(|around| around.winners_in.as_slice()).unwrap_or_default();
        let areas: BTreeSet<&str> = named.iter().map(|own| own.area.as_str()).collect();
        if areas.len() < named.len() {
            let message = "an area is named twice: give it one number of winners".to_owned();
            return Err(Fault::Input { field: "winnersIn", message });
        }
        let tie_break = self.tie_break.into_iter().map(Into::into).collect();
        let around = self.around.map(Into::into).unwrap_or_default();
        let parts = (self.utility.map(Into::into), self.add_one.map(Into::into), self.then_greedy);
        let rule = tally::RuleKind::from(self.kind).with(parts.0, parts.1, parts.2);
        let rule = rule.map_err(|error| Fault::Input { field: "kind", message: error.to_string() })?;
        Ok(tally::TallyRule { rule, min_score, tie_break, around })
    }
}

/// What a voter may write on a ballot: exactly one kind.
#[derive(OneofObject, Clone, Debug)]
pub enum BallotInput {
    /// A number of projects, each worth one vote.
    Approval(RangeInput),
    /// Exactly one project, with the value `true`.
    ChooseOne(bool),
    /// Any projects whose costs together stay within this budget.
    Knapsack(Amount),
    /// Points to share out.
    Cumulative(CumulativeInput),
    /// An order of preference over at most this many projects.
    Ordinal(u32),
    /// A score for each project.
    Scoring(RangeInput),
    /// A grade for each project (`jugement majoritaire`).
    MajorityJudgment(JudgmentInput),
}

/// A fewest and a most.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct RangeInput {
    /// The fewest.
    pub min: i32,
    /// The most.
    pub max: i32,
}

/// Points to share out.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct CumulativeInput {
    /// Most points on one ballot.
    pub points: u32,
    /// Most points for one project.
    pub max_per_project: u32,
}

/// Grades of a majority judgment.
#[derive(InputObject, Clone, Debug)]
pub struct JudgmentInput {
    /// Codes of the grades, worst first.
    pub grades: Vec<String>,
    /// The place in `grades`, from 0, of the grade that a project gets when none is given.
    pub default: u32,
}

impl BallotInput {
    pub(crate) fn ballot(self) -> Result<tally::BallotType, Fault> {
        let whole = |number: i32| {
            let message = "a whole number from 0".to_owned();
            u32::try_from(number).map_err(|_| Fault::Input { field: "approval", message })
        };
        Ok(match self {
            Self::Approval(RangeInput { min, max }) => {
                tally::BallotType::Approval { min: whole(min)?, max: whole(max)? }
            }
            Self::ChooseOne(true) => tally::BallotType::ChooseOne,
            Self::ChooseOne(false) => {
                let message = "write `chooseOne: true`, or another kind of ballot".to_owned();
                return Err(Fault::Input { field: "chooseOne", message });
            }
            Self::Knapsack(budget) => tally::BallotType::Knapsack { budget_cents: budget.0 },
            Self::Cumulative(CumulativeInput { points, max_per_project }) => {
                tally::BallotType::Cumulative { points, max_per_project }
            }
            Self::Ordinal(max) => tally::BallotType::Ordinal { max },
            Self::Scoring(RangeInput { min, max }) => tally::BallotType::Scoring { min: min.into(), max: max.into() },
            Self::MajorityJudgment(JudgmentInput { grades, default }) => {
                tally::BallotType::MajorityJudgment { grades, default }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::types::around::AreaWinners;

    fn input(around: Option<AroundInput>) -> TallyRuleInput {
        let (utility, add_one, min_score) = (None, None, None);
        let (kind, tie_break) = (RuleKind::GreedyStop, vec![TieBreak::Id]);
        TallyRuleInput { kind, utility, add_one, then_greedy: false, min_score, tie_break, around }
    }

    fn around(winners_in: Vec<AreaWinners>) -> AroundInput {
        AroundInput {
            winners: None,
            winners_in,
            any_cost: false,
            fund_next_at_basis_points: None,
            weights: None,
            earmark: None,
            groups: None,
            leftovers: None,
        }
    }

    #[test]
    fn an_analysis_keeps_what_stands_around_the_frozen_rule_unless_it_says_its_own() {
        let frozen = tally::TallyRule {
            rule: tally::Rule::Greedy,
            min_score: None,
            tie_break: Vec::new(),
            around: tally::Around { winners: Some(3), ..tally::Around::default() },
        };
        let under = |given| input(given).beside(&frozen).map(|rule| (rule.rule, rule.around)).ok();
        assert_eq!(under(None), Some((tally::Rule::GreedyStop, frozen.around.clone())));
        assert_eq!(under(Some(around(Vec::new()))), Some((tally::Rule::GreedyStop, tally::Around::default())));
    }

    #[test]
    fn an_area_has_one_number_of_winners() {
        let own = |winners| AreaWinners { area: "d01".to_owned(), winners };
        let twice = input(Some(around(vec![own(1), own(2)]))).rule().map_err(|fault| fault.to_string());
        let message = "winnersIn: an area is named twice: give it one number of winners".to_owned();
        assert_eq!(twice, Err(message));
        let once = input(Some(around(vec![own(2)]))).rule().map(|rule| rule.around.winners_in);
        assert_eq!(once.ok(), Some([("d01".to_owned(), 2)].into()));
    }
}
