//! Owns: the Merkle tree of RFC 6962 §2.1 / RFC 9162 §2.1: hashes, the frontier that grows it, proofs.
//! Must not: store nodes (the caller hands them in) or know what a leaf says.
//! Next: `tile.rs` (where nodes are stored), `checkpoint.rs` (what is signed), docs/formats/log.md §4.

use crate::{error::Error, hash::Hash};

/// `SHA-256(0x00 || leaf)`.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash::of(&[&[0], leaf])
}

/// `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

/// The root of the tree without leaves: `SHA-256("")`.
pub fn empty_root() -> Hash {
    Hash::of(&[])
}

/// The complete subtrees that cover a tree, largest first: all that is needed to append to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_each(leaf, |_, _, _| {});
    }

    /// Appends a leaf by its hash and tells each node that it completes: level (0 for the leaf
    /// itself), index in that level, hash. Low levels come first.
    pub fn push_each(&mut self, leaf: Hash, mut completed: impl FnMut(u8, u64, Hash)) {
        let mut hash = leaf;
        let mut index = self.size;
        let mut level = 0;
        completed(level, index, hash);
        // Each trailing one bit of the size is a peak as large as the node at hand.
        while index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            completed(level, index, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Leaves in the tree.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut smaller_first = self.peaks.iter().rev();
        let Some(last) = smaller_first.next() else { return empty_root() };
        smaller_first.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The peaks one after the other, largest first: 32 bytes for each one bit of the size.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|peak| peak.0).collect()
    }

    /// Reads what [`Frontier::to_bytes`] wrote for a tree of `size` leaves.
    ///
    /// # Errors
    /// [`Error::BadFrontier`] when the length does not fit the size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, Error> {
        let (peaks, rest) = bytes.as_chunks::<32>();
        let expected = size.count_ones();
        if !rest.is_empty() || u32::try_from(peaks.len()) != Ok(expected) {
            let expected = usize::try_from(expected).unwrap_or(usize::MAX).saturating_mul(32);
            return Err(Error::BadFrontier { size, expected, got: bytes.len() });
        }
        Ok(Self { size, peaks: peaks.iter().map(|peak| Hash(*peak)).collect() })
    }
}

/// The root of the leaves `start..end`, which must be a node of the tree that ends at `end` or later.
fn subtree<E>(start: u64, end: u64, node: &mut impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    let width = end - start;
    if width.is_power_of_two() {
        let level = width.trailing_zeros();
        // At most 63, so the conversion always holds.
        return node(u8::try_from(level).unwrap_or(u8::MAX), start >> level);
    }
    let middle = start + largest_power_below(width);
    let left = subtree(start, middle, node)?;
    Ok(node_hash(&left, &subtree(middle, end, node)?))
}

/// The largest power of two smaller than `width`, which must be 2 or more.
fn largest_power_below(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// The audit path of leaf `index` in the tree of `size` leaves (RFC 9162 §2.1.3.1).
///
/// `node(level, i)` gives the hash of the complete subtree over the leaves `i·2^level…(i+1)·2^level`;
/// it is never asked beyond `size`.
///
/// # Errors
/// [`Error::OutsideTree`] when `index` is not below `size`; whatever `node` returns.
pub fn inclusion_proof<E: From<Error>>(
    index: u64,
    size: u64,
    mut node: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if index >= size {
        return Err(Error::OutsideTree { index, size }.into());
    }
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + largest_power_below(end - start);
        if index < middle {
            proof.push(subtree(middle, end, &mut node)?);
            end = middle;
        } else {
            proof.push(subtree(start, middle, &mut node)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the first `size1` leaves of the tree of `size2` leaves are the older tree
/// (RFC 9162 §2.1.4.1). Empty when the sizes are equal; also when the older tree has no leaf, as
/// C2SP tlog-witness sends it, though [`verify_consistency`] accepts no such proof.
///
/// # Errors
/// [`Error::OutsideTree`] when `size1` is beyond `size2`; whatever `node` returns.
pub fn consistency_proof<E: From<Error>>(
    size1: u64,
    size2: u64,
    mut node: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if size1 > size2 {
        return Err(Error::OutsideTree { index: size1, size: size2 }.into());
    }
    if size1 == 0 || size1 == size2 {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, size2);
    let mut proof = Vec::new();
    while size1 != end {
        let middle = start + largest_power_below(end - start);
        if size1 <= middle {
            proof.push(subtree(middle, end, &mut node)?);
            end = middle;
        } else {
            proof.push(subtree(start, middle, &mut node)?);
            start = middle;
        }
    }
    // The verifier knows the older root; it needs this node only when it isn't that root.
    if start > 0 {
        proof.push(subtree(start, end, &mut node)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks an audit path (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`Error::OutsideTree`] or [`Error::ProofInvalid`].
pub fn verify_inclusion(index: u64, size: u64, leaf_hash: &Hash, proof: &[Hash], root: &Hash) -> Result<(), Error> {
    if index >= size {
        return Err(Error::OutsideTree { index, size });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf_hash;
    for sibling in proof {
        if last == 0 {
            return Err(Error::ProofInvalid("it is longer than the path to the root"));
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(Error::ProofInvalid("it is shorter than the path to the root"));
    }
    if hash != *root {
        return Err(Error::ProofInvalid("the leaf and the path do not lead to the root"));
    }
    Ok(())
}

/// Checks a consistency proof (RFC 9162 §2.1.4.2); the older tree must have a leaf unless both
/// have none.
///
/// # Errors
/// [`Error::OutsideTree`] or [`Error::ProofInvalid`].
pub fn verify_consistency(size1: u64, size2: u64, proof: &[Hash], root1: &Hash, root2: &Hash) -> Result<(), Error> {
    if size1 > size2 {
        return Err(Error::OutsideTree { index: size1, size: size2 });
    }
    if size1 == 0 && size2 > 0 {
        return Err(Error::ProofInvalid("every tree extends the empty one; there is nothing to prove"));
    }
    if size1 == size2 {
        if !proof.is_empty() {
            return Err(Error::ProofInvalid("equal sizes need no proof"));
        }
        let same = root1 == root2 && (size1 > 0 || *root1 == empty_root());
        return if same { Ok(()) } else { Err(Error::ProofInvalid("equal sizes have equal roots")) };
    }
    let mut path = proof.iter();
    let (mut node, mut last) = (size1 - 1, size2 - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let short = || Error::ProofInvalid("it is shorter than the path to the root");
    // RFC 9162 step 1: when the older tree is one complete subtree its root starts the path.
    let first = if size1.is_power_of_two() { root1 } else { path.next().ok_or_else(short)? };
    let (mut older, mut newer) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return Err(Error::ProofInvalid("it is longer than the path to the root"));
        }
        if node & 1 == 1 || node == last {
            older = node_hash(sibling, &older);
            newer = node_hash(sibling, &newer);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            newer = node_hash(&newer, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(short());
    }
    if older != *root1 {
        return Err(Error::ProofInvalid("the path does not lead to the older root"));
    }
    if newer != *root2 {
        return Err(Error::ProofInvalid("the path does not lead to the newer root"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "merkle_tests.rs"]
mod tests;
