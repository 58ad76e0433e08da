//! Papers counted by hand: totals of a polling place, without single ballots.
//!
//! Owns what a sheet holds and whether it fits its election. Who counted, and that two did so
//! alike, is checked before. Look next at [`crate::election`], which adds sheets to ballots.

use crate::election::sum;
use crate::{BallotType, Channel, Count, Election, Error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The totals of some papers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountSheet {
    /// How the papers came in.
    pub channel: Channel,
    /// Per candidate, in the election's order, its votes or points; empty where ballots give grades.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<i64>,
    /// Where ballots give grades: per candidate, how many papers gave it each grade, worst first.
    /// Papers without a grade for it are left out; they count with the default one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<Vec<u64>>,
    /// Per candidate, how many papers support it (give it points above zero); empty where each paper
    /// that names it gives one vote, and where ballots give grades.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supporters: Vec<u64>,
    /// Papers that count, blank ones included.
    pub valid: u64,
    /// Papers among the valid that name nothing.
    pub blank: u64,
    /// Papers that don't count, by the code of their reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub void: BTreeMap<String, u64>,
}

impl CountSheet {
    /// Adds the totals to a count.
    ///
    /// # Errors
    /// `RULE_NEEDS_BALLOTS` for knapsack and ordinal ballots, which can't be checked without each one;
    /// `SHEET_DOES_NOT_FIT`, `SCORE_TOO_LARGE`.
    pub(crate) fn add_to(&self, election: &Election, count: &mut Count) -> Result<(), Error> {
        let refuse = |holds: bool, why: &'static str| if holds { Err(Error::SheetDoesNotFit { why }) } else { Ok(()) };
        let marked = match self.valid.checked_sub(self.blank) {
            Some(marked) => marked,
            None => return refuse(true, "it has more blank papers than valid ones: blank ones are among the valid"),
        };
        let projects = election.candidates.len();
        let (votes, supporters) = match &election.ballot_type {
            BallotType::Knapsack { .. } | BallotType::Ordinal { .. } => return Err(Error::RuleNeedsBallots),
            BallotType::Approval { .. } | BallotType::ChooseOne => {
                refuse(!self.supporters.is_empty(), "each paper gives one vote: leave the supporters out")?;
                let supporters: Result<Vec<u64>, _> = self.votes.iter().map(|votes| u64::try_from(*votes)).collect();
                match supporters {
                    Ok(supporters) => (self.votes.clone(), supporters),
                    Err(_) => return refuse(true, "a project has fewer than no votes: correct it"),
                }
            }
            BallotType::Cumulative { .. } | BallotType::Scoring { .. } => (self.votes.clone(), self.supporters.clone()),
            BallotType::MajorityJudgment { .. } => self.add_grades(election, count)?,
        };
        refuse(
            votes.len() != projects || supporters.len() != projects,
            "it needs one total for each project of the list: add what is missing, or take off what is too much",
        )?;
        refuse(
            supporters.iter().any(|supporters| *supporters > marked),
            "a project has more supporters than there are papers that name something: count again",
        )?;
        for (((score, candidate), votes), supporters) in
            count.scores.iter_mut().zip(&election.candidates).zip(votes).zip(supporters)
        {
            let of_channel = match self.channel {
                Channel::Digital => &mut score.digital,
                Channel::Paper => &mut score.paper,
            };
            let (Some(in_channel), Some(total)) = (sum(*of_channel, votes), sum(score.total, votes)) else {
                return Err(Error::ScoreTooLarge { id: candidate.id.clone() });
            };
            (*of_channel, score.total) = (in_channel, total);
            score.supporters = score.supporters.saturating_add(supporters);
        }
        count.valid = count.valid.saturating_add(self.valid);
        for (code, papers) in &self.void {
            let of_code = count.void.entry(code.clone()).or_default();
            *of_code = of_code.saturating_add(*papers);
        }
        Ok(())
    }

    /// Adds the grades, and answers with the supporters, once as votes.
    fn add_grades(&self, election: &Election, count: &mut Count) -> Result<(Vec<i64>, Vec<u64>), Error> {
        let refuse = |holds: bool, why: &'static str| if holds { Err(Error::SheetDoesNotFit { why }) } else { Ok(()) };
        let (grades, default) = election.ballot_type.grades().unwrap_or_default();
        refuse(
            !self.votes.is_empty() || !self.supporters.is_empty(),
            "ballots give grades: enter the papers per project and grade, and no votes",
        )?;
        refuse(
            self.grades.len() != count.grades.len() || self.grades.iter().any(|given| given.len() != grades),
            "it needs the number of papers for each project and each grade: add what is missing",
        )?;
        let mut supporters = Vec::with_capacity(self.grades.len());
        for (of_project, given) in count.grades.iter_mut().zip(&self.grades) {
            let named = given.iter().try_fold(0u64, |sum, papers| sum.checked_add(*papers));
            let Some(ungraded) = named.and_then(|named| self.valid.checked_sub(named)) else {
                return refuse(true, "a project has more grades than there are papers: count again")
                    .map(|()| (Vec::new(), Vec::new()));
            };
            for (grade, (sum, papers)) in of_project.iter_mut().zip(given).enumerate() {
                let by_default = if grade == default { ungraded } else { 0 };
                *sum = sum.saturating_add(*papers).saturating_add(by_default);
            }
            supporters.push(given.iter().skip(default.saturating_add(1)).sum());
        }
        let votes = supporters.iter().map(|supporters| i64::try_from(*supporters).unwrap_or(i64::MAX)).collect();
        Ok((votes, supporters))
    }
}
