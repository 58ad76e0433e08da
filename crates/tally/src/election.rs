//! The input of a count, and the count: what each project received, by channel.
//!
//! Owns how a ballot becomes scores, and what happens to one that breaks its
//! rules: counted invalid with its reason, or, for a past election that was
//! settled otherwise, kept as cast. Chooses no winners: look next at `greedy.rs`.

use crate::equal_shares::{self, Shares};
use crate::profile::Profile;
use crate::{
    Ballot, BallotType, Cents, Channel, Choice, CountSheet, Error, Invalid, LotSeed, Outcome, Patience, Rule,
    TallyRule, greedy, max_welfare, phragmen, validate,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A project on the ballot paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Unique in the election; decides the lot, and last of all the tie.
    pub id: String,
    /// What it takes from the budget, at least zero.
    pub cost: Cents,
    /// Withdrawn after the ballot papers were made: its votes are counted and it can't be elected.
    pub withdrawn: bool,
    /// Indices of projects that can't be carried out beside it. It is enough that one of two says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<usize>,
    /// Whether it lies in a priority neighbourhood.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub priority: bool,
    /// Its group, where limits per group stand around the rule: its district on a list of the city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Candidate {
    /// A project that stands.
    pub fn new(id: impl Into<String>, cost: Cents) -> Self {
        Self { id: id.into(), cost, withdrawn: false, excludes: Vec::new(), priority: false, group: None }
    }
}

/// One area's election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Election {
    /// The envelope, at least zero.
    pub budget: Cents,
    /// The projects; their order doesn't matter to the outcome.
    pub candidates: Vec<Candidate>,
    /// What a ballot may hold.
    pub ballot_type: BallotType,
    /// The ballots; their order doesn't matter to the outcome.
    pub ballots: Vec<Ballot>,
    /// For past elections, whose organisers accepted what they accepted: a
    /// ballot that breaks its type is counted all the same. Unknown projects
    /// are passed over, a project named again counts at its first mention,
    /// and missing points are none.
    pub keep_as_cast: bool,
    /// Papers that were counted by hand, as totals without single ballots.
    pub sheets: Vec<CountSheet>,
}

/// What one project received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Points or votes online.
    pub digital: i64,
    /// Points or votes on paper.
    pub paper: i64,
    /// Both channels together.
    pub total: i64,
    /// Ballots that name it (with points above zero if there are points).
    pub supporters: u64,
}

/// The ballots, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Per candidate, in the election's order.
    pub scores: Vec<Score>,
    /// Ballots that count, blank ones included.
    pub valid: u64,
    /// Ballots that don't, by reason.
    pub invalid: BTreeMap<Invalid, u64>,
    /// Ballots among the valid that break a rule and were kept as cast, by reason.
    pub kept_as_cast: BTreeMap<Invalid, u64>,
    /// Papers on count sheets that don't count, by the code of their reason.
    pub void: BTreeMap<String, u64>,
    /// Where ballots give grades: per candidate, how many ballots gave it each grade, worst first.
    /// A ballot without a grade for it counts with the default one.
    pub grades: Vec<Vec<u64>>,
}

/// How the winners are chosen of ballots that are added up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) rule: &'a TallyRule,
    pub(crate) lot: Option<&'a LotSeed>,
    /// Whether losers are told what their supporters did with their money.
    pub(crate) tell: bool,
}

/// What one counted ballot says.
pub(crate) struct Counted<'a> {
    /// The choices to count; none when the ballot is invalid.
    pub(crate) choices: Option<Cow<'a, [Choice]>>,
    /// The rule that it breaks, if any.
    pub(crate) breaks: Option<Invalid>,
}

impl Election {
    /// Adds the ballots up, in one pass, and the count sheets.
    ///
    /// Approval, choose-one and knapsack ballots give one vote to each project;
    /// cumulative and scoring ballots their points; an ordinal ballot of length
    /// k gives k points to its first project and 1 to its last. A ballot with
    /// grades supports a project that it grades higher than the default grade.
    ///
    /// # Errors
    /// `DUPLICATE_CANDIDATE`, `NEGATIVE_AMOUNT`, `SCORE_TOO_LARGE`; for count sheets
    /// `RULE_NEEDS_BALLOTS` and `SHEET_DOES_NOT_FIT`.
    pub fn count(&self) -> Result<Count, Error> {
        self.check()?;
        let costs: Vec<Cents> = self.candidates.iter().map(|c| c.cost).collect();
        let grades = self.ballot_type.grades();
        let mut count = Count {
            scores: vec![Score::default(); costs.len()],
            grades: grades.map(|(grades, _)| vec![vec![0; grades]; costs.len()]).unwrap_or_default(),
            ..Count::default()
        };
        for ballot in &self.ballots {
            let Counted { choices, breaks } = self.counted(ballot, &costs);
            if let Some(reason) = breaks {
                let of = if choices.is_some() { &mut count.kept_as_cast } else { &mut count.invalid };
                *of.entry(reason).or_default() += 1;
            }
            if let Some(choices) = choices {
                self.add(&mut count, ballot.channel, &choices)?;
            }
        }
        if let Some((_, default)) = grades {
            for given in &mut count.grades {
                let ungraded = count.valid - given.iter().sum::<u64>();
                if let Some(by_default) = given.get_mut(default) {
                    *by_default += ungraded;
                }
            }
        }
        for sheet in &self.sheets {
            sheet.add_to(self, &mut count)?;
        }
        Ok(count)
    }

    /// What is counted of a ballot; `costs` as for [`validate`].
    pub(crate) fn counted<'a>(&self, ballot: &'a Ballot, costs: &[Cents]) -> Counted<'a> {
        match validate(ballot, &self.ballot_type, costs) {
            Ok(()) => Counted { choices: Some(Cow::Borrowed(&ballot.choices)), breaks: None },
            Err(reason) if self.keep_as_cast => {
                let choices = first_mentions(&ballot.choices, costs.len());
                Counted { choices: Some(Cow::Owned(choices)), breaks: Some(reason) }
            }
            Err(reason) => Counted { choices: None, breaks: Some(reason) },
        }
    }

    /// Counts and chooses the winners; `lot` is needed when the chain of tie-breaks has a lot.
    ///
    /// # Errors
    /// Those of [`Election::count`] and [`TallyRule::check`], `LOT_SEED_MISSING`, `SPENT_TOO_LARGE`;
    /// `RULE_NEEDS_SCORES`, `RULE_NEEDS_GRADES` and `RULE_NEEDS_BALLOTS` where rule and ballots don't
    /// fit together; `TOO_MANY_SETS`.
    pub fn tally(&self, rule: &TallyRule, lot: Option<&LotSeed>) -> Result<Outcome, Error> {
        self.tally_within(rule, lot, &mut Patience::endless())
    }

    /// As [`Election::tally`], with no more work than there is patience for.
    ///
    /// # Errors
    /// Also `TOO_MUCH_WORK`.
    pub fn tally_within(
        &self,
        rule: &TallyRule,
        lot: Option<&LotSeed>,
        patience: &mut Patience,
    ) -> Result<Outcome, Error> {
        let (count, profile) = self.added_up(rule)?;
        self.choose(count, profile.as_ref(), &Terms { rule, lot, tell: true }, patience)
    }

    /// The ballots added up as the rule weighs them, and who supports what where it follows each voter's money.
    ///
    /// # Errors
    /// As [`Election::tally`].
    pub(crate) fn added_up(&self, rule: &TallyRule) -> Result<(Count, Option<Profile>), Error> {
        rule.check()?;
        rule.rule.fits(&self.ballot_type)?;
        let mut count = self.count()?;
        rule.around.weigh(&self.candidates, &mut count)?;
        let profile = rule.rule.follows_money().then(|| Profile::of(self)).transpose()?;
        Ok((count, profile))
    }

    /// Chooses the winners of ballots that are added up.
    ///
    /// # Errors
    /// `RULE_NEEDS_BALLOTS` without the profile that the rule needs, `LOT_SEED_MISSING`,
    /// `SPENT_TOO_LARGE`, `TOO_MANY_SETS`, `TOO_MUCH_WORK`.
    pub(crate) fn choose(
        &self,
        count: Count,
        profile: Option<&Profile>,
        terms: &Terms<'_>,
        patience: &mut Patience,
    ) -> Result<Outcome, Error> {
        let Terms { rule, lot, .. } = *terms;
        match rule.rule {
            Rule::Greedy | Rule::GreedyStop | Rule::GreedyPerCost | Rule::MajorityJudgment => {
                greedy::choose(self, count, rule, lot)
            }
            Rule::EqualShares { utility, add_one, greedy } => {
                let profile = profile.ok_or(Error::RuleNeedsBallots)?;
                equal_shares::choose(self, count, profile, terms, Shares { utility, add_one, greedy }, patience)
            }
            Rule::Phragmen { greedy } => {
                let profile = profile.ok_or(Error::RuleNeedsBallots)?;
                phragmen::choose(self, count, profile, terms, greedy, patience)
            }
            Rule::MaxWelfare { utility } => max_welfare::choose(self, count, terms, utility, patience),
        }
    }

    fn check(&self) -> Result<(), Error> {
        if self.budget < Cents::ZERO {
            let what = "the budget".to_owned();
            return Err(Error::NegativeAmount { what });
        }
        let mut ids = BTreeSet::new();
        for candidate in &self.candidates {
            let id = &candidate.id;
            if !ids.insert(id) {
                return Err(Error::DuplicateCandidate { id: id.clone() });
            }
            if candidate.cost < Cents::ZERO {
                let what = format!("the cost of project `{id}`");
                return Err(Error::NegativeAmount { what });
            }
        }
        Ok(())
    }

    fn add(&self, count: &mut Count, channel: Channel, choices: &[Choice]) -> Result<(), Error> {
        count.valid += 1;
        for (place, choice) in choices.iter().enumerate() {
            let points = points(&self.ballot_type, choice, choices.len() - place);
            let grade = choice.points.and_then(|grade| usize::try_from(grade).ok());
            if let Some(given) = grade.and_then(|grade| count.grades.get_mut(choice.project)?.get_mut(grade)) {
                *given += 1;
            }
            // Both are there: the choices are valid, or cleaned of what isn't.
            let (Some(score), Some(candidate)) =
                (count.scores.get_mut(choice.project), self.candidates.get(choice.project))
            else {
                continue;
            };
            score.supporters += u64::from(points > 0);
            let of_channel = match channel {
                Channel::Digital => &mut score.digital,
                Channel::Paper => &mut score.paper,
            };
            match (sum(*of_channel, points), sum(score.total, points)) {
                (Some(in_channel), Some(total)) => {
                    *of_channel = in_channel;
                    score.total = total;
                }
                (None, _) | (_, None) => return Err(Error::ScoreTooLarge { id: candidate.id.clone() }),
            }
        }
        Ok(())
    }
}

/// Beyond ±(2^53 - 1) a JSON reader may round a score (RFC 8785 §3.2.2.3).
pub(crate) fn sum(score: i64, points: i64) -> Option<i64> {
    const MOST: u64 = (1 << 53) - 1;
    score.checked_add(points).filter(|sum| sum.unsigned_abs() <= MOST)
}

/// `from_last` is 1 for the last choice on the ballot, 2 for the one before it, and so on.
pub(crate) fn points(ballot_type: &BallotType, choice: &Choice, from_last: usize) -> i64 {
    match ballot_type {
        BallotType::Approval { .. } | BallotType::ChooseOne | BallotType::Knapsack { .. } => 1,
        BallotType::Cumulative { .. } | BallotType::Scoring { .. } => choice.points.unwrap_or(0),
        BallotType::Ordinal { .. } => i64::try_from(from_last).unwrap_or(i64::MAX),
        BallotType::MajorityJudgment { default, .. } => {
            i64::from(choice.points.is_some_and(|grade| grade > i64::from(*default)))
        }
    }
}

fn first_mentions(choices: &[Choice], projects: usize) -> Vec<Choice> {
    let mut seen = BTreeSet::new();
    let counted = |c: &&Choice| c.project < projects && seen.insert(c.project);
    choices.iter().filter(counted).copied().collect()
}
