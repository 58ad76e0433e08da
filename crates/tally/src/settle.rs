//! From the winners of a rule that walks no ranking to a decision for every project.
//!
//! Owns the completion by score and what is told alike whatever the rule. Chooses nothing else:
//! look at `equal_shares.rs`, `phragmen.rs` and `max_welfare.rs`.

use crate::purse::Purse;
use crate::tie_break::Standing;
use crate::{Cents, Count, Decision, Election, Error, Outcome, Reason, TallyRule};

/// A rule's choice before its outcome.
pub(crate) struct Choice<'a> {
    purse: Purse<'a>,
    /// Per project, what became of it so far and the money left at the time.
    decided: Vec<Option<(Reason, Cents)>>,
}

impl<'a> Choice<'a> {
    /// Takes the winners in order.
    pub(crate) fn new(election: &'a Election, rule: &'a TallyRule, count: &'a Count, winners: &[usize]) -> Self {
        let decided = vec![None; election.candidates.len()];
        let mut choice = Self { purse: Purse::new(election, rule, count), decided };
        for winner in winners {
            choice.take(*winner, Reason::Elected);
        }
        choice
    }

    /// Spends what is left by score: each project that fits, in the order of the ranking.
    pub(crate) fn complete(&mut self, ranking: &[Standing<'_>]) {
        for standing in ranking {
            if self.is_open(standing.project) && self.purse.refuses(standing.project).is_none() {
                self.take(standing.project, Reason::ElectedInCompletion);
            }
        }
    }

    /// Why the project, open so far, isn't elected: what no money mends first, then what the rule says.
    pub(crate) fn refuse(&mut self, project: usize, otherwise: Reason) {
        let reason = self.purse.bars(project).unwrap_or(otherwise);
        self.decide(project, reason);
    }

    /// Whether nothing is decided about it yet.
    pub(crate) fn is_open(&self, project: usize) -> bool {
        self.decided.get(project).is_some_and(Option::is_none)
    }

    fn take(&mut self, project: usize, reason: Reason) {
        self.decide(project, reason);
        self.purse.take(project);
    }

    fn decide(&mut self, project: usize, reason: Reason) {
        let left = self.purse.left();
        if let Some(decided) = self.decided.get_mut(project) {
            *decided = Some((reason, left));
        }
    }

    /// What became of each project; one still open gets the reason `otherwise`, as by [`Choice::refuse`].
    ///
    /// # Errors
    /// `SPENT_TOO_LARGE`.
    pub(crate) fn outcome(
        mut self,
        election: &Election,
        rule: &TallyRule,
        count: &Count,
        ranking: &[Standing<'_>],
        otherwise: Reason,
    ) -> Result<Outcome, Error> {
        for project in 0..election.candidates.len() {
            if self.is_open(project) {
                self.refuse(project, otherwise);
            }
        }
        let mut outcome = Outcome::new(rule, election.budget, count.clone());
        outcome.winners = self.purse.taken().to_vec();
        outcome.spent = self.purse.spent()?;
        let mut decisions = Vec::with_capacity(ranking.len());
        let mut above: Option<&Standing<'_>> = None;
        for (place, standing) in ranking.iter().enumerate() {
            let (reason, left) =
                self.decided.get(standing.project).copied().flatten().unwrap_or((otherwise, Cents::ZERO));
            let tied_by = above.and_then(|above| above.compare(standing, &rule.tie_break).1);
            decisions.push((standing.project, Decision::new(place + 1, standing, count, reason, left, tied_by)));
            above = Some(standing);
        }
        decisions.sort_unstable_by_key(|(project, _)| *project);
        outcome.projects = decisions.into_iter().map(|(_, decision)| decision).collect();
        Ok(outcome)
    }
}
