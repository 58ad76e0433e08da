//! Nodes, tiles, roots and proofs against trees built from the leaves alone; integrity against damage.

use event_store::{Error, Reader};
use serde_json::json;
use transparency::{Frontier, Hash, leaf_hash, node_hash, verify_consistency, verify_inclusion};

use crate::place::{TILE_OF_ZEROES, ZEROES};
use crate::sample::{Sample, command_of, draft};

fn grown(events: u64) -> Sample {
    let s = Sample::new();
    let appends = (0..events).map(|n| {
        let (name, id) = (format!("ballot/{n}"), format!("c{n}"));
        command_of(s.log, &id, &[(&name, 0)], vec![draft(&name, &id, json!({"n": n}))])
    });
    assert!(s.store.append_all_blocking(appends).iter().all(Result::is_ok));
    s
}

fn leaves(s: &Sample) -> Vec<Hash> {
    let mut hashes = Vec::new();
    let collect = |event: event_store::StoredEvent| {
        hashes.push(leaf_hash(event.leaf.as_bytes()));
        Ok::<_, Error>(())
    };
    s.store.reader().for_each(s.log, 0, collect).unwrap();
    hashes
}

/// RFC 6962, 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => transparency::empty_root(),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn at(leaves: &[Hash], size: u64) -> &[Hash] {
    &leaves[..usize::try_from(size).unwrap()]
}

#[test]
fn roots_proofs_and_tiles_are_those_of_the_leaves() {
    let s = grown(1100);
    let leaves = leaves(&s);
    let reader = s.store.reader();
    assert_eq!(reader.head(s.log).unwrap().root, naive_root(&leaves));
    for size in [0, 1, 2, 3, 5, 255, 256, 257, 300, 511, 512, 513, 1000, 1024, 1099, 1100] {
        let root = naive_root(at(&leaves, size));
        assert_eq!(reader.root_at(s.log, size).unwrap(), root, "size {size}");
        for index in [0, 1, 100, 255, 256, 511, 900, 1099].into_iter().filter(|index| *index < size) {
            let proof = reader.inclusion_proof(s.log, index, size).unwrap();
            let leaf = at(&leaves, index + 1).last().unwrap();
            verify_inclusion(index, size, leaf, &proof, &root).unwrap();
        }
        for old in [1, 2, 7, 255, 256, 257, 600, 1100].into_iter().filter(|old| *old <= size) {
            let proof = reader.consistency_proof(s.log, old, size).unwrap();
            verify_consistency(old, size, &proof, &naive_root(at(&leaves, old)), &root).unwrap();
        }
    }
    for tile in 0..4_usize {
        let stored = reader.tile(s.log, 0, u64::try_from(tile).unwrap(), 1100).unwrap();
        assert_eq!(stored, leaves[tile * 256..(tile + 1) * 256]);
    }
    assert_eq!(reader.tile(s.log, 0, 4, 1100).unwrap(), leaves[1024..]);
    assert_eq!(reader.tile(s.log, 0, 1, 300).unwrap(), leaves[256..300]);
    let above: Vec<Hash> = leaves.chunks_exact(256).map(naive_root).collect();
    assert_eq!(reader.tile(s.log, 1, 0, 1100).unwrap(), above);
    assert_eq!(reader.node(s.log, 9, 1).unwrap(), naive_root(&leaves[512..1024]));
    assert_eq!(reader.node(s.log, 3, 2).unwrap(), naive_root(&leaves[16..24]));
}

#[test]
fn a_tile_of_the_second_level_is_written_when_complete() {
    let s = grown(65_537);
    let leaves = leaves(&s);
    let reader = s.store.reader();
    assert_eq!(s.place.value("SELECT count(*) FROM log_tiles WHERE level = 1"), "1");
    assert_eq!(reader.tile(s.log, 1, 0, 65_536).unwrap(), leaves.chunks_exact(256).map(naive_root).collect::<Vec<_>>());
    assert_eq!(reader.tile(s.log, 2, 0, 65_537).unwrap(), [naive_root(&leaves[..65_536])]);
    let (root, proof) = (naive_root(&leaves), reader.inclusion_proof(s.log, 65_536, 65_537).unwrap());
    assert_eq!(reader.root_at(s.log, 65_537).unwrap(), root);
    verify_inclusion(65_536, 65_537, &leaves[65_536], &proof, &root).unwrap();
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    assert_eq!(reader.verify_integrity(s.log).unwrap().root, frontier.root());
}

#[test]
fn what_the_tree_does_not_have_is_refused() {
    let s = grown(300);
    let reader = s.store.reader();
    let refused = |error: Result<(), Error>| assert_eq!(error.unwrap_err().code(), "POSITION_OUT_OF_RANGE");
    refused(reader.root_at(s.log, 301).map(drop));
    refused(reader.inclusion_proof(s.log, 300, 300).map(drop));
    refused(reader.inclusion_proof(s.log, 0, 301).map(drop));
    refused(reader.consistency_proof(s.log, 10, 9).map(drop));
    refused(reader.consistency_proof(s.log, 10, 301).map(drop));
    refused(reader.node(s.log, 8, 1).map(drop));
    refused(reader.node(s.log, 200, 0).map(drop));
    refused(reader.node(s.log, 0, u64::MAX).map(drop));
    refused(reader.tile(s.log, 0, 2, 300).map(drop));
    refused(reader.tile(s.log, 40, 0, 300).map(drop));
    refused(reader.tile(s.log, 0, u64::MAX, 300).map(drop));
}

/// Changes the file behind the store's back, without the triggers that would object.
fn tampered(change: &str) -> Result<Reader, Error> {
    let s = grown(600);
    s.place.drop_guards();
    assert!(s.store.reader().verify_integrity(s.log).is_ok());
    s.place.change(change).unwrap();
    s.store.reader().verify_integrity(s.log).map(|_| s.store.reader())
}

#[test]
fn verification_finds_every_kind_of_tampering_and_where() {
    let set = |what: &str, value: &str| format!("UPDATE {what} = {value}");
    let hash = set("log_events SET leaf_hash", ZEROES) + " WHERE position = 9";
    let root = set("log_heads SET root", ZEROES);
    let tile = set("log_tiles SET hashes", TILE_OF_ZEROES) + " WHERE idx = 1";
    let above = set("log_tiles SET root", ZEROES) + " WHERE idx = 1";
    let cases = [
        (hash.as_str(), Some(9)),
        (root.as_str(), None),
        (tile.as_str(), None),
        (above.as_str(), None),
        ("UPDATE log_events SET command_part = 1, command_parts = 2 WHERE position = 18", Some(18)),
        ("UPDATE log_events SET command_parts = 2 WHERE position = 599", None),
        ("UPDATE log_events SET leaf = replace(leaf, '\"n\":7}', '\"n\":8}') WHERE position = 7", Some(7)),
        ("UPDATE log_events SET leaf = leaf || ' ' WHERE position = 8", Some(8)),
        ("UPDATE log_events SET sequence = 2 WHERE position = 10", Some(10)),
        ("UPDATE log_events SET aggregate_id = 'x' WHERE position = 11", Some(11)),
        ("UPDATE log_events SET event_type = 'x' WHERE position = 12", Some(12)),
        ("UPDATE log_events SET event_version = 2 WHERE position = 13", Some(13)),
        ("UPDATE log_events SET command_id = 'x' WHERE position = 14", Some(14)),
        ("UPDATE log_events SET at = 'x' WHERE position = 15", Some(15)),
        ("UPDATE log_events SET disclosed = '[{\"nonce\":\"00\"}]' WHERE position = 16", Some(16)),
        ("DELETE FROM log_events WHERE position = 17", Some(17)),
        ("DELETE FROM log_events WHERE position = 599", None),
        ("UPDATE log_heads SET size = 599", None),
        ("DELETE FROM log_tiles WHERE idx = 1", None),
    ];
    for (change, expected) in cases {
        match tampered(change).unwrap_err() {
            Error::Integrity { position, .. } => assert_eq!(position, expected, "{change}"),
            other => panic!("{change}: {other}"),
        }
    }
}

#[test]
fn nothing_is_appended_to_a_head_that_was_changed() {
    let s = grown(5);
    s.place.change(&format!("UPDATE log_heads SET root = {ZEROES}")).unwrap();
    assert_eq!(s.again().append_blocking(s.first("ballot/x", "x")).unwrap_err().code(), "LOG_BROKEN");
}
