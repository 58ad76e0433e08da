//! Receipts of commands: where their events stand, and the proof that they do.

use super::log::Event;
use super::proof::InclusionProof;
use super::scalars::{Position, Sha256};
use crate::error::Fault;
use crate::graphql::request::View;
use crate::receipts;
use async_graphql::{Context, Object};
use std::sync::Arc;

/// That a command was carried out.
pub struct Receipt {
    pub(crate) view: View,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) replayed: bool,
}

/// That a command was carried out (`accusé de réception`): its events are on the disk and in the tree.
#[Object]
impl Receipt {
    /// The code of the campaign.
    async fn campaign(&self) -> &str {
        &self.view.code
    }

    /// The position of the first event it wrote.
    async fn position(&self) -> Position {
        Position(self.first)
    }

    /// The position of the last event it wrote.
    async fn last_position(&self) -> Position {
        Position(self.last)
    }

    /// True when the same command had been carried out before: this is its first receipt.
    async fn replayed(&self) -> bool {
        self.replayed
    }

    /// The hash of the leaf of the first event.
    async fn leaf_hash(&self, ctx: &Context<'_>) -> Result<Option<Sha256>, Fault> {
        Ok(Some(InclusionProof::of(ctx, &self.view, self.first, None).await?.leaf_hash))
    }

    /// The proof that the first event is in the tree.
    async fn proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The size of the tree; without it, the size this request sees.")] size: Option<Position>,
    ) -> Result<Option<InclusionProof>, Fault> {
        InclusionProof::of(ctx, &self.view, self.first, size.map(|size| size.0)).await.map(Some)
    }

    /// Where the receipt of the first event can be downloaded, to keep, once a published checkpoint holds it:
    /// within seconds (`.tlog-proof`, checked without this server).
    async fn url(&self) -> String {
        receipts::place(&self.view.code, self.first)
    }

    /// The events it wrote.
    async fn events(&self, ctx: &Context<'_>) -> Result<Option<Vec<Event>>, Fault> {
        let mut events = Vec::new();
        for position in self.first..=self.last.min(self.first.saturating_add(99)) {
            events.extend(Event::find(ctx, &Arc::clone(&self.view), position).await?);
        }
        Ok(Some(events))
    }
}
