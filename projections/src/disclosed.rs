//! Which hidden values went into a version of the tables.
//!
//! Owns the list of the events that had some, and one digest over their places, so that whoever keeps
//! tables for later can tell whether a value was taken out of the log since. Never holds the values.

use imbl::Vector;
use transparency::Hash;

/// The events of a log that had disclosed values when they were folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    pub(crate) positions: Vector<u64>,
    pub(crate) digest: Hash,
}

impl Default for Disclosed {
    fn default() -> Self {
        Self { positions: Vector::new(), digest: Hash::of(&[]) }
    }
}

impl Disclosed {
    /// Adds an event with the paths of its disclosed values, in order. Without any it changes nothing.
    pub fn add<'a>(&mut self, position: u64, paths: impl IntoIterator<Item = &'a str>) {
        let paths: Vec<&str> = paths.into_iter().collect();
        if !paths.is_empty() {
            // A path is a JSON pointer of names that events have: no line feed stands in one.
            let text = format!("{} {position} {}", self.digest, paths.join("\n"));
            self.digest = Hash::of(&[text.as_bytes()]);
            self.positions.push_back(position);
        }
    }

    /// The positions of these events, ascending.
    pub fn positions(&self) -> impl Iterator<Item = u64> {
        self.positions.iter().copied()
    }

    /// Ranges of positions, start and length, which together hold all these events: what lies less
    /// than `gap` apart is read at once.
    pub fn ranges(&self, gap: u64) -> Vec<(u64, u64)> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for position in self.positions() {
            match ranges.last_mut() {
                Some((start, length)) if position < start.saturating_add(*length).saturating_add(gap) => {
                    *length = position.saturating_sub(*start).saturating_add(1);
                }
                _ => ranges.push((position, 1)),
            }
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_gone_gives_another_digest() {
        let of = |events: &[(u64, &[&str])]| {
            let mut disclosed = Disclosed::default();
            for (position, paths) in events {
                disclosed.add(*position, paths.iter().copied());
            }
            disclosed
        };
        let whole = of(&[(1, &["/data/a", "/data/b"]), (2, &[]), (7, &["/data/a"])]);
        assert_eq!(whole, of(&[(1, &["/data/a", "/data/b"]), (7, &["/data/a"])]));
        assert_ne!(whole, of(&[(1, &["/data/a"]), (7, &["/data/a"])]));
        assert_ne!(whole, of(&[(1, &["/data/a", "/data/b"])]));
    }

    #[test]
    fn near_events_are_read_together() {
        let mut disclosed = Disclosed::default();
        for position in [3, 4, 6, 20, 21, 90] {
            disclosed.add(position, ["/data/a"]);
        }
        assert_eq!(disclosed.ranges(4), [(3, 4), (20, 2), (90, 1)]);
        assert_eq!(disclosed.ranges(1000), [(3, 88)]);
        assert!(Disclosed::default().ranges(4).is_empty());
    }
}
