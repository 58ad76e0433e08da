//! The order of projects: by score, then by the frozen chain of tie-breaks.
//!
//! Owns the comparison of two projects. The silent last link is the id, and
//! ids are distinct, so the order is total and doesn't depend on the order in
//! which projects are given. Look next at `greedy.rs`, which walks it.

use crate::{Candidate, Cents, Count, Error, LotSeed, TieBreak};
use std::cmp::Ordering;

/// A project as ties see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    /// Its index in the election.
    pub(crate) project: usize,
    pub(crate) id: &'a str,
    pub(crate) cost: Cents,
    pub(crate) score: i64,
    pub(crate) supporters: u64,
    /// Its place in the lot; all alike when the chain has no lot.
    pub(crate) lot: [u8; 32],
}

impl Standing<'_> {
    /// `Less` when `self` comes first, and the link that told them apart when their scores are equal.
    pub(crate) fn compare(&self, other: &Self, chain: &[TieBreak]) -> (Ordering, Option<TieBreak>) {
        let by_score = other.score.cmp(&self.score);
        if by_score != Ordering::Equal {
            return (by_score, None);
        }
        for &link in chain {
            let order = match link {
                TieBreak::LowerCost => self.cost.cmp(&other.cost),
                TieBreak::MoreSupporters => other.supporters.cmp(&self.supporters),
                TieBreak::Lot => self.lot.cmp(&other.lot),
                TieBreak::Id => self.id.cmp(other.id),
            };
            if order != Ordering::Equal {
                return (order, Some(link));
            }
        }
        // Rust compares `str` by UTF-8 bytes, which is the order of code points.
        (self.id.cmp(other.id), Some(TieBreak::Id))
    }
}

/// All projects, first to last.
pub(crate) fn rank<'a>(
    candidates: &'a [Candidate],
    count: &Count,
    chain: &[TieBreak],
    lot: Option<&LotSeed>,
) -> Result<Vec<Standing<'a>>, Error> {
    let lot = match (chain.contains(&TieBreak::Lot), lot) {
        (true, None) => return Err(Error::LotSeedMissing),
        (true, Some(seed)) => Some(seed),
        (false, _) => None,
    };
    let mut standings = Vec::with_capacity(candidates.len());
    for (project, (candidate, score)) in candidates.iter().zip(&count.scores).enumerate() {
        standings.push(Standing {
            project,
            id: &candidate.id,
            cost: candidate.cost,
            score: score.total,
            supporters: score.supporters,
            lot: lot.map_or([0; 32], |seed| seed.place(&candidate.id)),
        });
    }
    standings.sort_unstable_by(|a, b| a.compare(b, chain).0);
    Ok(standings)
}
