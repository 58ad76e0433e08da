//! The input of a count, and the count: what each project received, by channel.
//!
//! Owns how a ballot becomes scores, and what happens to one that breaks its
//! rules: counted invalid with its reason, or, for a past election that was
//! settled otherwise, kept as cast. Chooses no winners: look next at `greedy.rs`.

use crate::{
    Ballot, BallotType, Cents, Channel, Choice, Error, Invalid, LotSeed, Outcome, TallyRule, greedy, validate,
};
use serde::{Deserialize, Serialize};
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
}

impl Election {
    /// Adds the ballots up, in one pass.
    ///
    /// Approval, choose-one and knapsack ballots give one vote to each project;
    /// cumulative and scoring ballots their points; an ordinal ballot of length
    /// k gives k points to its first project and 1 to its last.
    ///
    /// # Errors
    /// `RULE_NEEDS_SCORES` for majority judgment, whose grades don't add up;
    /// `DUPLICATE_CANDIDATE`, `NEGATIVE_AMOUNT`, `SCORE_TOO_LARGE`.
    pub fn count(&self) -> Result<Count, Error> {
        self.check()?;
        if matches!(self.ballot_type, BallotType::MajorityJudgment { .. }) {
            return Err(Error::RuleNeedsScores);
        }
        let costs: Vec<Cents> = self.candidates.iter().map(|c| c.cost).collect();
        let mut count = Count { scores: vec![Score::default(); self.candidates.len()], ..Count::default() };
        for ballot in &self.ballots {
            match validate(ballot, &self.ballot_type, &costs) {
                Ok(()) => self.add(&mut count, ballot.channel, &ballot.choices)?,
                Err(reason) if self.keep_as_cast => {
                    *count.kept_as_cast.entry(reason).or_default() += 1;
                    let choices = first_mentions(&ballot.choices, costs.len());
                    self.add(&mut count, ballot.channel, &choices)?;
                }
                Err(reason) => *count.invalid.entry(reason).or_default() += 1,
            }
        }
        Ok(count)
    }

    /// Counts and chooses the winners; `lot` is needed when the chain of tie-breaks has a lot.
    ///
    /// # Errors
    /// Those of [`Election::count`] and [`TallyRule::check`], `LOT_SEED_MISSING`, `SPENT_TOO_LARGE`.
    pub fn tally(&self, rule: &TallyRule, lot: Option<&LotSeed>) -> Result<Outcome, Error> {
        rule.check()?;
        let mut count = self.count()?;
        rule.around.weigh(&self.candidates, &mut count)?;
        greedy::choose(self, count, rule, lot)
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
fn points(ballot_type: &BallotType, choice: &Choice, from_last: usize) -> i64 {
    match ballot_type {
        BallotType::Approval { .. } | BallotType::ChooseOne | BallotType::Knapsack { .. } => 1,
        BallotType::Cumulative { .. } | BallotType::Scoring { .. } => choice.points.unwrap_or(0),
        BallotType::Ordinal { .. } => i64::try_from(from_last).unwrap_or(i64::MAX),
        BallotType::MajorityJudgment { .. } => 0,
    }
}

fn first_mentions(choices: &[Choice], projects: usize) -> Vec<Choice> {
    let mut seen = BTreeSet::new();
    let counted = |c: &&Choice| c.project < projects && seen.insert(c.project);
    choices.iter().filter(counted).copied().collect()
}
