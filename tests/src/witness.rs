//! Owns the memory of somebody outside who looks at a log again and again: every head seen, every
//! command found. What was seen once must still be there at the next look, unchanged.
//! Must not: write. Next: `crates/event-store/src/integrity.rs`, which checks the store's own columns.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test support: what doesn't hold fails the test"
)]

use event_store::{LogId, Reader};
use std::collections::BTreeMap;
use transparency::{Frontier, Hash, Leaf, leaf_hash, verify_consistency};

/// What somebody remembers of one log.
#[derive(Debug)]
pub struct Witness {
    log: LogId,
    frontier: Frontier,
    /// First and last position of each command.
    commands: BTreeMap<String, (u64, u64)>,
    /// Size and root at each look.
    heads: Vec<(u64, Hash)>,
}

impl Witness {
    /// Somebody who has seen nothing yet.
    pub fn new(log: LogId) -> Self {
        Self { log, frontier: Frontier::new(), commands: BTreeMap::new(), heads: Vec::new() }
    }

    /// Reads what is new: positions without a gap, each command in one piece and once, leaves that give
    /// the root of the head, and a tree in which the one of the look before is contained. Answers the size.
    pub fn look(&mut self, reader: &Reader) -> u64 {
        let head = reader.head(self.log).unwrap();
        let seen = self.frontier.size();
        assert!(head.size >= seen, "{} events are there, {seen} were seen before", head.size);
        while self.frontier.size() < head.size {
            let next = self.frontier.size();
            let page = reader.read(self.log, next, (head.size - next).min(1_024)).unwrap();
            assert!(!page.is_empty(), "position {next} of {} is missing", head.size);
            for stored in page {
                let position = self.frontier.size();
                assert_eq!(stored.position, position, "a gap, or a position given twice");
                self.found(&Leaf::parse(&stored.leaf).unwrap().command_id, position);
                self.frontier.push(leaf_hash(stored.leaf.as_bytes()));
            }
        }
        assert_eq!(self.frontier.root(), head.root, "the leaves don't give the root of the head of {}", head.size);
        if let Some(before) = self.heads.last() {
            self.contains(reader, *before, (head.size, head.root));
        }
        self.heads.push((head.size, head.root));
        head.size
    }

    fn found(&mut self, command: &str, position: u64) {
        let known = self.commands.entry(command.to_owned()).or_insert((position, position));
        let goes_on = known.1 == position || known.1 + 1 == position;
        assert!(goes_on, "command {command} stands at {known:?} and again at {position}");
        known.1 = position;
    }

    /// Looks once more, checks the store's own columns from end to end, and that the tree of every
    /// earlier look is contained in the last one.
    pub fn look_at_everything(&mut self, reader: &Reader) -> u64 {
        let size = self.look(reader);
        assert!(reader.verify_integrity(self.log).unwrap().size >= size);
        let last = *self.heads.last().unwrap();
        for earlier in &self.heads {
            self.contains(reader, *earlier, last);
        }
        size
    }

    /// The tree of this size and root is the beginning of the other.
    pub fn contains(&self, reader: &Reader, (old, old_root): (u64, Hash), (new, new_root): (u64, Hash)) {
        let proof = reader.consistency_proof(self.log, old, new).unwrap();
        verify_consistency(old, new, &proof, &old_root, &new_root)
            .unwrap_or_else(|error| panic!("a fork: size {old} isn't the beginning of size {new}: {error}"));
    }

    /// Where the last look found a command.
    pub fn place_of(&self, command: &str) -> Option<(u64, u64)> {
        self.commands.get(command).copied()
    }

    /// Size and root at the last look.
    pub fn last(&self) -> (u64, Hash) {
        *self.heads.last().unwrap()
    }
}
