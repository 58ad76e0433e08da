//! Proofs over the tree of a log (RFC 6962): that an event is in it, and that it only ever grew.
//!
//! Under any two sizes; a receipt to keep is made of them in `checkpoint.rs`.

use super::scalars::{Position, Sha256};
use crate::error::Fault;
use crate::graphql::request::{View, services};
use async_graphql::{Context, SimpleObject};

/// The proof that an event is in the tree (`preuve d’inclusion`), as RFC 6962 §2.1.1 has it.
#[derive(SimpleObject)]
pub struct InclusionProof {
    /// The event's position.
    pub position: Position,
    /// The size of the tree.
    pub size: Position,
    /// The hash of the event's leaf.
    pub leaf_hash: Sha256,
    /// The root of the tree at this size.
    pub root: Sha256,
    /// The audit path, from the leaf's sibling to the root's child.
    pub hashes: Vec<Sha256>,
}

impl InclusionProof {
    pub(crate) async fn of(ctx: &Context<'_>, view: &View, position: u64, size: Option<u64>) -> Result<Self, Fault> {
        let seen = view.model.size();
        let size = size.unwrap_or(seen);
        if size > seen || position >= size {
            return Err(Fault::BeyondLog { size: seen.min(size), asked: size.max(position.saturating_add(1)) });
        }
        let log = view.log;
        let read = services(ctx)?.read_model.store().read_with(move |reader| {
            let leaf = reader.node(log, 0, position)?;
            Ok((leaf, reader.root_at(log, size)?, reader.inclusion_proof(log, position, size)?))
        });
        let (leaf_hash, root, hashes) = read.await?;
        Ok(Self {
            position: Position(position),
            size: Position(size),
            leaf_hash: Sha256(leaf_hash),
            root: Sha256(root),
            hashes: hashes.into_iter().map(Sha256).collect(),
        })
    }
}

/// The proof that a tree is the beginning of a larger one (`preuve de cohérence`), as RFC 6962 §2.1.2
/// has it: nothing was changed, removed or inserted.
#[derive(SimpleObject)]
pub struct ConsistencyProof {
    /// The size of the smaller tree.
    pub from: Position,
    /// The size of the larger tree.
    pub to: Position,
    /// The root of the smaller tree.
    pub from_root: Sha256,
    /// The root of the larger tree.
    pub to_root: Sha256,
    /// The proof.
    pub hashes: Vec<Sha256>,
}

impl ConsistencyProof {
    pub(crate) async fn of(ctx: &Context<'_>, view: &View, from: u64, to: Option<u64>) -> Result<Self, Fault> {
        let size = view.model.size();
        let to = to.unwrap_or(size);
        let asked = from.max(to);
        if asked > size || from > to {
            return Err(Fault::BeyondLog { size: size.min(to), asked });
        }
        let log = view.log;
        let read = services(ctx)?.read_model.store().read_with(move |reader| {
            Ok((reader.root_at(log, from)?, reader.root_at(log, to)?, reader.consistency_proof(log, from, to)?))
        });
        let (from_root, to_root, hashes) = read.await?;
        Ok(Self {
            from: Position(from),
            to: Position(to),
            from_root: Sha256(from_root),
            to_root: Sha256(to_root),
            hashes: hashes.into_iter().map(Sha256).collect(),
        })
    }
}
