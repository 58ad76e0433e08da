//! The ballots as rules see them that follow each voter's money: who supports what.
//!
//! Owns the grouping of ballots that are alike, so that a voter's share is followed once for all
//! who voted the same. Knows no money: look next at `equal_shares.rs` and `phragmen.rs`.

use crate::{Cents, Choice, Election, Error};
use std::collections::BTreeMap;

/// Voters who cast the same ballot.
#[derive(Debug)]
pub(crate) struct Group {
    /// The projects that they support, each with its points (1 where the ballot has none).
    pub(crate) supports: Vec<(usize, u64)>,
}

/// A group among the supporters of a project.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Supporter {
    /// Its place among the groups.
    pub(crate) group: usize,
    /// How many voters it has.
    pub(crate) voters: u64,
    /// Points of each for the project, above zero.
    pub(crate) points: u64,
}

/// Who supports what.
#[derive(Debug)]
pub(crate) struct Profile {
    /// Ballots that count, blank ones included.
    pub(crate) voters: u64,
    pub(crate) groups: Vec<Group>,
    /// Per project; its supporters.
    pub(crate) supporters: Vec<Vec<Supporter>>,
    /// Per project, the points of all.
    pub(crate) points: Vec<u64>,
    /// Those who are only supposed to have voted, the last group: for which project, and how many.
    newcomers: Option<(usize, Supporter)>,
}

impl Profile {
    /// Reads the ballots that count.
    ///
    /// # Errors
    /// `RULE_NEEDS_BALLOTS` where papers were counted on sheets, without single ballots.
    pub(crate) fn of(election: &Election) -> Result<Self, Error> {
        if !election.sheets.is_empty() {
            return Err(Error::RuleNeedsBallots);
        }
        let costs: Vec<Cents> = election.candidates.iter().map(|c| c.cost).collect();
        let mut alike: BTreeMap<Vec<(usize, u64)>, u64> = BTreeMap::new();
        let mut voters = 0;
        for ballot in &election.ballots {
            let Some(choices) = election.counted(ballot, &costs).choices else { continue };
            voters += 1;
            let supported = |(place, choice): (usize, &Choice)| {
                let points = crate::election::points(&election.ballot_type, choice, choices.len() - place);
                u64::try_from(points).ok().filter(|points| *points > 0).map(|points| (choice.project, points))
            };
            let mut supports: Vec<_> = choices.iter().enumerate().filter_map(supported).collect();
            supports.sort_unstable();
            *alike.entry(supports).or_default() += 1;
        }
        let mut profile = Self {
            voters,
            groups: Vec::with_capacity(alike.len()),
            supporters: vec![Vec::new(); costs.len()],
            points: vec![0; costs.len()],
            newcomers: None,
        };
        for (supports, voters) in alike {
            let group = profile.groups.len();
            for &(project, points) in &supports {
                if let (Some(of), Some(sum)) = (profile.supporters.get_mut(project), profile.points.get_mut(project)) {
                    of.push(Supporter { group, voters, points });
                    // In range: the count refuses scores beyond 2^53.
                    *sum = sum.saturating_add(voters.saturating_mul(points));
                }
            }
            profile.groups.push(Group { supports });
        }
        Ok(profile)
    }

    /// The work of one count, in steps: how many groups there are to look at, over all projects, and what
    /// a project and a count cost whatever they hold.
    pub(crate) fn entries(&self) -> u64 {
        let entries: usize = self.supporters.iter().map(|of| of.len() + 16).sum();
        u64::try_from(entries + 100).unwrap_or(u64::MAX)
    }

    /// As if so many further voters had come who support this project alone, each with so many points.
    /// What was supposed before is forgotten.
    pub(crate) fn suppose(&mut self, newcomers: Option<(usize, u64, u64)>) {
        self.forget();
        let Some((project, voters, points)) = newcomers else { return };
        let supporter = Supporter { group: self.groups.len(), voters, points };
        let (Some(of), Some(sum)) = (self.supporters.get_mut(project), self.points.get_mut(project)) else { return };
        of.push(supporter);
        *sum = sum.saturating_add(voters.saturating_mul(points));
        self.voters = self.voters.saturating_add(voters);
        self.groups.push(Group { supports: vec![(project, points)] });
        self.newcomers = Some((project, supporter));
    }

    fn forget(&mut self) {
        let Some((project, Supporter { voters, points, .. })) = self.newcomers.take() else { return };
        self.groups.pop();
        self.voters = self.voters.saturating_sub(voters);
        if let (Some(of), Some(sum)) = (self.supporters.get_mut(project), self.points.get_mut(project)) {
            of.pop();
            *sum = sum.saturating_sub(voters.saturating_mul(points));
        }
    }

    /// The supporters of a project.
    pub(crate) fn supporters(&self, project: usize) -> &[Supporter] {
        self.supporters.get(project).map_or(&[], Vec::as_slice)
    }

    /// The points of all for a project.
    pub(crate) fn points(&self, project: usize) -> u64 {
        self.points.get(project).copied().unwrap_or_default()
    }
}
