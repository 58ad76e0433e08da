//! The tree against its recursive definition and published vectors.

use super::*;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// MTH of RFC 6962 §2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

/// PATH of RFC 6962 §2.1.1.
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut path, sibling) = if m < k {
        (naive_path(m, &leaves[..k]), naive_root(&leaves[k..]))
    } else {
        (naive_path(m - k, &leaves[k..]), naive_root(&leaves[..k]))
    };
    path.push(sibling);
    path
}

/// SUBPROOF of RFC 6962 §2.1.2.
fn naive_subproof(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut proof, sibling) = if m <= k {
        (naive_subproof(m, &leaves[..k], known), naive_root(&leaves[k..]))
    } else {
        (naive_subproof(m - k, &leaves[k..], false), naive_root(&leaves[..k]))
    };
    proof.push(sibling);
    proof
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(n.to_string().as_bytes())).collect()
}

/// All complete subtrees, by level.
fn nodes(leaves: &[Hash]) -> Vec<Vec<Hash>> {
    let mut levels = vec![leaves.to_vec()];
    while levels[levels.len() - 1].len() > 1 {
        let row = levels[levels.len() - 1].chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        levels.push(row);
    }
    levels
}

fn look_up(levels: &[Vec<Hash>]) -> impl FnMut(u8, u64) -> Result<Hash, Error> + '_ {
    |level, index| Ok(levels[usize::from(level)][usize::try_from(index).unwrap()])
}

#[test]
fn every_size_to_257_equals_the_definition() {
    let all = leaves(257);
    let mut frontier = Frontier::new();
    for size in 0..=257usize {
        let (size_64, tree) = (u64::try_from(size).unwrap(), &all[..size]);
        let root = naive_root(tree);
        assert_eq!((frontier.size(), frontier.root()), (size_64, root), "size {size}");
        assert_eq!(Frontier::from_bytes(size_64, &frontier.to_bytes()).unwrap(), frontier);
        let levels = nodes(tree);
        for index in 0..size {
            let index_64 = u64::try_from(index).unwrap();
            let proof = inclusion_proof(index_64, size_64, look_up(&levels)).unwrap();
            assert_eq!(proof, naive_path(index, tree), "{index} of {size}");
            verify_inclusion(index_64, size_64, &tree[index], &proof, &root).unwrap();
        }
        for older in 0..=size {
            let older_64 = u64::try_from(older).unwrap();
            let proof = consistency_proof(older_64, size_64, look_up(&levels)).unwrap();
            if older > 0 {
                assert_eq!(proof, naive_subproof(older, tree, true), "{older} of {size}");
            }
            let verified = verify_consistency(older_64, size_64, &proof, &naive_root(&tree[..older]), &root);
            assert_eq!(verified.is_ok(), older > 0 || size == 0, "{older} of {size}");
        }
        frontier.push(all[size % 257]);
    }
}

#[test]
fn nodes_are_told_when_complete() {
    let all = leaves(100);
    let levels = nodes(&all);
    let mut told = std::collections::BTreeMap::new();
    let mut frontier = Frontier::new();
    for leaf in &all {
        frontier.push_each(*leaf, |level, index, hash| assert!(told.insert((level, index), hash).is_none()));
    }
    assert_eq!(told.len(), levels.iter().map(Vec::len).sum::<usize>());
    for ((level, index), hash) in told {
        assert_eq!(hash, levels[usize::from(level)][usize::try_from(index).unwrap()]);
    }
}

#[test]
fn changed_proofs_are_refused() {
    let all = leaves(21);
    let levels = nodes(&all);
    let root = naive_root(&all);
    let proof = inclusion_proof(9, 21, look_up(&levels)).unwrap();
    assert!(verify_inclusion(9, 21, &all[8], &proof, &root).is_err());
    assert!(verify_inclusion(8, 21, &all[9], &proof, &root).is_err());
    assert!(verify_inclusion(21, 21, &all[9], &proof, &root).is_err());
    assert!(verify_inclusion(9, 21, &all[9], &proof[1..], &root).is_err());
    assert!(verify_inclusion(9, 21, &all[9], &[proof.clone(), vec![root]].concat(), &root).is_err());
    for at in 0..proof.len() {
        let mut changed = proof.clone();
        changed[at].0[31] ^= 1;
        assert!(verify_inclusion(9, 21, &all[9], &changed, &root).is_err());
    }
    let proof = consistency_proof(9, 21, look_up(&levels)).unwrap();
    let older = naive_root(&all[..9]);
    assert!(verify_consistency(9, 21, &proof, &root, &older).is_err());
    assert!(verify_consistency(22, 21, &proof, &older, &root).is_err());
    assert!(verify_consistency(0, 21, &[], &older, &root).is_err());
    assert!(verify_consistency(21, 21, &[], &older, &root).is_err());
    assert!(inclusion_proof(21, 21, look_up(&levels)).is_err());
    assert!(consistency_proof(22, 21, look_up(&levels)).is_err());
}

#[test]
fn frontiers_of_another_length_are_refused() {
    for (size, length) in [(0, 32), (1, 0), (3, 63), (3, 65), (3, 96), (4, 64), (u64::MAX, 32)] {
        assert_eq!(Frontier::from_bytes(size, &vec![0; length]).unwrap_err().code(), "BAD_FRONTIER");
    }
}

/// Published in the tests of certificate-transparency (RFC 6962) and transparency-dev/merkle.
#[test]
fn published_roots() {
    let hash = |text: &str| text.parse::<Hash>().unwrap();
    assert_eq!(empty_root(), hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    assert_eq!(leaf_hash(b""), hash("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"));
    assert_eq!(leaf_hash(b"L123456"), hash("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"));
    let node = Hash::of(&[&[1], b"N123", b"N456"]);
    assert_eq!(node, hash("aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"));
    let inputs: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    let mut frontier = Frontier::new();
    let mut roots = Vec::new();
    for input in inputs {
        frontier.push(leaf_hash(input));
        roots.push(frontier.root().to_string());
    }
    assert_eq!(
        roots,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: Option<String>,
    leaf_hash: Option<String>,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: Option<String>,
    root2: Option<String>,
    proof: Option<Vec<String>>,
    want_err: bool,
}

/// Some vectors hold "hashes" of another length: they stand for any hash that fits nothing else.
fn hash(text: Option<&String>) -> Hash {
    let text = text.map_or("missing", String::as_str);
    Hash::from_base64(text).unwrap_or_else(|| Hash::of(&[b"not a hash: ", text.as_bytes()]))
}

fn hashes(texts: Option<&Vec<String>>) -> Vec<Hash> {
    texts.into_iter().flatten().map(|text| hash(Some(text))).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn published_proofs_of_transparency_dev() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors/transparency-dev-merkle/testdata");
    if !folder.exists() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let (mut good, mut bad) = (0, 0);
    let mut judge = |accepted: bool, want_err: bool, path: &Path| {
        assert_eq!(accepted, !want_err, "{}", path.display());
        if want_err { bad += 1 } else { good += 1 }
    };
    for path in files(&folder.join("inclusion")) {
        let v: Inclusion = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (root, leaf, proof) = (hash(v.root.as_ref()), hash(v.leaf_hash.as_ref()), hashes(v.proof.as_ref()));
        let readable =
            [&v.root, &v.leaf_hash].iter().all(|text| text.as_deref().is_some_and(|t| Hash::from_base64(t).is_some()));
        let accepted = readable && verify_inclusion(v.leaf_idx, v.tree_size, &leaf, &proof, &root).is_ok();
        judge(accepted, v.want_err, &path);
    }
    for path in files(&folder.join("consistency")) {
        let v: Consistency = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (root1, root2, proof) = (hash(v.root1.as_ref()), hash(v.root2.as_ref()), hashes(v.proof.as_ref()));
        let accepted = verify_consistency(v.size1, v.size2, &proof, &root1, &root2).is_ok();
        judge(accepted, v.want_err, &path);
    }
    assert!(good >= 10 && bad >= 150, "{good} good and {bad} bad vectors");
}

/// A subtree whose first leaf is a multiple of its width, filled up to a power of two, is a tree of its
/// own: an audit path in it is checked like any other. Consistency of such subtrees is no part of our formats.
#[test]
fn published_paths_in_subtrees_of_transparency_dev() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Subtree {
        leaf_idx: u64,
        start: u64,
        end: u64,
        root: Option<String>,
        leaf_hash: Option<String>,
        proof: Option<Vec<String>>,
        want_err: bool,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/vectors/transparency-dev-merkle/testdata/subtreeinclusion");
    if !folder.exists() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let (mut good, mut bad) = (0, 0);
    for path in files(&folder) {
        let v: Subtree = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let readable =
            [&v.root, &v.leaf_hash].iter().all(|text| text.as_deref().is_some_and(|t| Hash::from_base64(t).is_some()));
        let tree = v.end.checked_sub(v.start).filter(|width| {
            *width > 0 && width.checked_next_power_of_two().is_some_and(|power| v.start.is_multiple_of(power))
        });
        let (root, leaf, proof) = (hash(v.root.as_ref()), hash(v.leaf_hash.as_ref()), hashes(v.proof.as_ref()));
        let accepted = readable
            && tree
                .zip(v.leaf_idx.checked_sub(v.start))
                .is_some_and(|(width, index)| verify_inclusion(index, width, &leaf, &proof, &root).is_ok());
        assert_eq!(accepted, !v.want_err, "{}", path.display());
        if v.want_err { bad += 1 } else { good += 1 }
    }
    assert!(good >= 5 && bad >= 50, "{good} good and {bad} bad vectors");
}
