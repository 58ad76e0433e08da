//! How the voters of an area fared: who has none of their projects among the winners, and how many
//! winners a ballot names.
//!
//! Owns the sums over single ballots, per channel; what papers were counted on sheets says nothing of
//! single ballots. Whether a group is large enough to be shown is for whoever shows it.

use crate::{Cents, Channel, Election, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How the voters of a group fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Satisfaction {
    /// Counted ballots that support at least one project.
    pub ballots: u64,
    /// Those of them that support no winner.
    pub without_winner: u64,
    /// Winners that they support, all ballots together.
    pub winners: u64,
}

impl Satisfaction {
    /// Those without a winner out of 1,000 ballots, rounded down; none without ballots.
    pub fn without_per_mille(&self) -> Option<u64> {
        per_mille(self.without_winner, self.ballots)
    }

    /// Winners that a ballot supports on average, in thousandths, rounded down; none without ballots.
    pub fn winners_per_mille(&self) -> Option<u64> {
        per_mille(self.winners, self.ballots)
    }

    /// Both groups together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            ballots: self.ballots.saturating_add(other.ballots),
            without_winner: self.without_winner.saturating_add(other.without_winner),
            winners: self.winners.saturating_add(other.winners),
        }
    }
}

fn per_mille(part: u64, of: u64) -> Option<u64> {
    let thousandths = (u128::from(part) * 1_000).checked_div(u128::from(of))?;
    u64::try_from(thousandths).ok()
}

impl Election {
    /// How the voters of each channel fared under this outcome, from their single ballots. A ballot
    /// supports what it gives a vote, points above zero, or a better grade than the default one.
    pub fn satisfaction(&self, outcome: &Outcome) -> BTreeMap<Channel, Satisfaction> {
        let winners: BTreeSet<usize> = outcome.winners.iter().copied().collect();
        let costs: Vec<Cents> = self.candidates.iter().map(|candidate| candidate.cost).collect();
        let mut groups: BTreeMap<Channel, Satisfaction> = BTreeMap::new();
        for ballot in &self.ballots {
            let Some(choices) = self.counted(ballot, &costs).choices else { continue };
            let supported = choices.iter().enumerate().filter(|(place, choice)| {
                crate::election::points(&self.ballot_type, choice, choices.len() - place) > 0
            });
            let (mut named, mut won) = (false, 0u64);
            for (_, choice) in supported {
                named = true;
                won += u64::from(winners.contains(&choice.project));
            }
            if named {
                let one = Satisfaction { ballots: 1, without_winner: u64::from(won == 0), winners: won };
                let group = groups.entry(ballot.channel).or_default();
                *group = group.and(one);
            }
        }
        groups
    }
}
