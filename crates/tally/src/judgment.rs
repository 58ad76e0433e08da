//! Majority judgment: the order of projects by the grades that ballots gave them.
//!
//! Owns the comparison of grades and nothing else: what a ranking leads to is for `greedy.rs`.
//! Source: Balinski and Laraki, "Majority Judgment", MIT Press 2011; the larger of the two groups
//! around the median decides first (Fabre, "Tie-breaking the highest median", 2021), in the reading
//! of MieuxVoter's libraries, which Paris used.

use crate::{Count, outcome::Judgment};

/// The place of each project by its grades, from 1; those graded exactly alike share a place, and the
/// next place after n of them is n lower.
///
/// `grades` holds for each project how many ballots gave it each grade, worst first. Every project
/// has as many grades and as many ballots as any other.
pub fn ranks(grades: &[Vec<u64>]) -> Vec<usize> {
    let merits: Vec<Vec<Round>> = grades.iter().map(|given| rounds(given)).collect();
    let mut order: Vec<&Vec<Round>> = merits.iter().collect();
    order.sort_unstable_by(|one, other| other.cmp(one));
    merits.iter().map(|merit| order.partition_point(|other| *other > merit) + 1).collect()
}

/// How a project was graded; none where ballots give no grades.
pub(crate) fn of(count: &Count, project: usize, rank: usize) -> Option<Judgment> {
    let given = count.grades.get(project)?;
    let Around { median, above, below } = around(given);
    Some(Judgment { rank, median, above, below, grades: given.clone() })
}

/// One round of the comparison: the median grade, then the larger group beside it: as many as gave
/// more, or less than zero as many as gave less.
type Round = (usize, i128);

/// The groups around the median grade.
struct Around {
    median: usize,
    above: u64,
    below: u64,
}

/// With an even number of ballots, the lower of the two in the middle is the median.
fn around(given: &[u64]) -> Around {
    let all: u128 = given.iter().map(|ballots| u128::from(*ballots)).sum();
    let mut below = 0u64;
    for (median, ballots) in given.iter().enumerate() {
        let up_to = below.saturating_add(*ballots);
        if all > 0 && u128::from(up_to) * 2 >= all {
            let above = u64::try_from(all - u128::from(up_to)).unwrap_or(u64::MAX);
            return Around { median, above, below };
        }
        below = up_to;
    }
    Around { median: 0, above: 0, below: 0 }
}

/// All rounds: after each, those who gave the median grade are counted with the larger group (the
/// lower one if both are equal), until one group is left.
fn rounds(given: &[u64]) -> Vec<Round> {
    let mut given = given.to_vec();
    let mut rounds = Vec::with_capacity(given.len());
    for _ in 0..given.len() {
        let Around { median, above, below } = around(&given);
        let next = if above > below {
            rounds.push((median, i128::from(above)));
            (median + 1..given.len()).find(|grade| given.get(*grade).is_some_and(|ballots| *ballots > 0))
        } else {
            rounds.push((median, -i128::from(below)));
            (0..median).rev().find(|grade| given.get(*grade).is_some_and(|ballots| *ballots > 0))
        };
        let Some(next) = next else { break };
        let moved = given.get_mut(median).map(std::mem::take).unwrap_or_default();
        if let Some(joined) = given.get_mut(next) {
            *joined = joined.saturating_add(moved);
        }
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_median_decides_then_the_larger_group_beside_it() {
        // Grades, worst first; four ballots each. Medians: 1, 0 (the lower of 0 and 1), 1.
        assert_eq!(ranks(&[vec![0, 3, 1], vec![2, 2, 0], vec![1, 3, 0]]), [1, 3, 2]);
        // Same median, one above against one below: whoever is graded higher by more is first.
        assert_eq!(ranks(&[vec![1, 3, 2], vec![2, 3, 1]]), [1, 2]);
        // As many above as below: the lower group counts, and both are alike in it.
        assert_eq!(ranks(&[vec![2, 1, 2], vec![2, 1, 2], vec![0, 5, 0]]), [2, 2, 1]);
    }

    #[test]
    fn no_ballots_and_no_projects_have_an_order_too() {
        assert_eq!(ranks(&[]), Vec::<usize>::new());
        assert_eq!(ranks(&[vec![0, 0], vec![0, 0]]), [1, 1]);
    }
}
