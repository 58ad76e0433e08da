//! Our trees, proofs, tiles and checkpoints against three libraries of others: `ct-merkle`,
//! `sigstore-merkle` and `tlog_tiles`, for every size up to 257 and every pair of sizes.

#![allow(clippy::unwrap_used, clippy::panic)]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::{Digest, Sha256};
use sigstore_crypto::{CryptoProvider, HashContext, SigningScheme};
use sigstore_merkle::{verify_consistency_proof, verify_inclusion_proof};
use sigstore_types::HashAlgorithm;
use std::collections::BTreeSet;
use tlog_tiles::tlog::{self, HashReader};
use transparency::{Checkpoint, Error, Frontier, Hash, Tile, consistency_proof, inclusion_proof, leaf_hash, node_hash};

const LARGEST: usize = 257;

fn leaves() -> Vec<Vec<u8>> {
    (0..LARGEST).map(|n| format!("leaf {n}").into_bytes()).collect()
}

/// All complete subtrees over some leaves, by level.
struct Nodes(Vec<Vec<Hash>>);

impl Nodes {
    fn of(leaves: &[Vec<u8>]) -> Self {
        let mut levels = vec![leaves.iter().map(|leaf| leaf_hash(leaf)).collect::<Vec<_>>()];
        while levels[levels.len() - 1].len() > 1 {
            let row = levels[levels.len() - 1].chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
            levels.push(row);
        }
        Self(levels)
    }

    fn node(&self, level: u8, index: u64) -> Result<Hash, Error> {
        Ok(self.0[usize::from(level)][usize::try_from(index).unwrap()])
    }
}

impl HashReader for Nodes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let read = |index: &u64| {
            let (level, number) = tlog::split_stored_hash_index(*index);
            tlog::Hash(self.node(level, number).unwrap().0)
        };
        Ok(indexes.iter().map(read).collect())
    }
}

/// What `sigstore-merkle` hashes with: our SHA-256, and nothing that signs.
#[derive(Debug)]
struct Hashing;

struct Context(Sha256);

impl HashContext for Context {
    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.0, data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl CryptoProvider for Hashing {
    fn hash(&self, algorithm: HashAlgorithm) -> sigstore_crypto::Result<Box<dyn HashContext>> {
        assert_eq!(algorithm, HashAlgorithm::Sha2256);
        Ok(Box::new(Context(Sha256::new())))
    }

    fn verify_raw(&self, _: SigningScheme, _: &[u8], _: &[u8], _: &[u8]) -> sigstore_crypto::Result<()> {
        panic!("nothing is signed in a tree")
    }

    fn verify_prehashed(&self, _: SigningScheme, _: &[u8], _: &[u8], _: &[u8]) -> sigstore_crypto::Result<()> {
        panic!("nothing is signed in a tree")
    }
}

fn size(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

fn joined(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

fn theirs(hashes: &[Hash]) -> Vec<tlog::Hash> {
    hashes.iter().map(|hash| tlog::Hash(hash.0)).collect()
}

#[test]
fn every_root_and_every_proof_is_theirs() {
    sigstore_crypto::install_default_provider(&Hashing).unwrap();
    let leaves = leaves();
    let nodes = Nodes::of(&leaves);
    let node = |level, index| nodes.node(level, index);
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut frontier = Frontier::new();
    let mut roots = vec![frontier.root()];
    for (number, leaf) in leaves.iter().enumerate() {
        tree.push(leaf.clone());
        frontier.push(leaf_hash(leaf));
        let (new, root) = (size(number) + 1, frontier.root());
        roots.push(root);
        assert_eq!(tree.root().as_bytes()[..], root.0, "root of {new}");
        assert_eq!(tlog::tree_hash(new, &nodes).unwrap().0, root.0, "root of {new}");
        for (index, leaf) in leaves.iter().enumerate().take(number + 1) {
            let (at, hash) = (size(index), leaf_hash(leaf));
            let proof = inclusion_proof(at, new, node).unwrap();
            assert_eq!(tree.prove_inclusion(index).as_bytes(), joined(&proof), "{index} of {new}");
            assert_eq!(tlog::prove_record(new, at, &nodes).unwrap(), theirs(&proof), "{index} of {new}");
            let path: Vec<_> = proof.iter().map(|hash| hash.0.into()).collect();
            verify_inclusion_proof(&hash.0.into(), at, new, &path, &root.0.into()).unwrap();
        }
        for (old, before) in roots.iter().enumerate().skip(1) {
            let first = size(old);
            let proof = consistency_proof(first, new, node).unwrap();
            let added = number + 1 - old;
            assert_eq!(tree.prove_consistency(added).as_bytes(), joined(&proof), "{old} to {new}");
            assert_eq!(tlog::prove_tree(new, first, &nodes).unwrap(), theirs(&proof), "{old} to {new}");
            let path: Vec<_> = proof.iter().map(|hash| hash.0.into()).collect();
            verify_consistency_proof(first, new, &path, &before.0.into(), &root.0.into()).unwrap();
        }
    }
}

#[test]
fn every_tile_and_every_checkpoint_is_theirs() {
    for leaves in (0..=LARGEST).chain([65_535, 65_536, 65_537, 70_000]) {
        let leaves = size(leaves);
        let ours: BTreeSet<String> =
            Tile::all(leaves).map(|tile| tile.to_string()).filter(|path| !path.starts_with("tile/entries/")).collect();
        let tiles = tlog_tiles::tile::Tile::new_tiles(8, 0, leaves);
        // Their paths name the height first, as in the logs that came before the specification.
        let others: BTreeSet<String> = tiles.iter().map(|tile| tile.path().replacen("tile/8/", "tile/", 1)).collect();
        assert_eq!(ours, others, "tiles of {leaves} leaves");
    }
    let root = Hash::of(&[b"root"]);
    let checkpoint = Checkpoint { origin: "ville.example/2026".to_owned(), size: 70_000, root };
    let read = tlog_tiles::Checkpoint::from_bytes(checkpoint.to_text().as_bytes()).unwrap();
    assert_eq!((read.origin(), read.size(), read.hash().0), ("ville.example/2026", 70_000, root.0));
    assert_eq!(read.to_bytes(), checkpoint.to_text().as_bytes());
}
