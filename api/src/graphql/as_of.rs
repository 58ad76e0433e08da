//! `asOf`: a root field answered from a version of the past.
//!
//! Owns the step from what a client asks (a position, or a moment) to the version it reads. Rights are
//! those of whoever asks now (`acting.rs`); what was removed or put out of view since is not in the past
//! either (`projections::veil`). Which versions there are, and the way to the others: `past.rs`.

use super::request::{View, services, snapshot};
use super::types::scalars::{DateTime, Position};
use crate::error::Fault;
use async_graphql::{Context, OneofObject};
use std::sync::Arc;

/// What a version of the past costs, beside what is asked of it: up to ten of them fit into a request.
const COST: usize = 50;

/// Which moment of the past a field is answered for (`à la date de`).
#[derive(OneofObject, Clone, Copy, Debug)]
pub enum AsOf {
    /// As it stood right after the event at this position of its log.
    Position(Position),
    /// As it stood at the end of this minute: what citizens do is written to the minute.
    At(DateTime),
}

/// The cost of a root field for the limit on a request.
pub(crate) fn cost(as_of: Option<&AsOf>, own: usize) -> usize {
    if as_of.is_some() { own.saturating_add(COST) } else { own }
}

/// Refuses a field that tells what is kept about people: it has no past.
pub(crate) fn none(as_of: Option<AsOf>, field: &'static str) -> Result<(), Fault> {
    if as_of.is_some() { Err(Fault::NoPast(field)) } else { Ok(()) }
}

/// The campaign with this code, which must be there now; none where it didn't exist then.
pub(crate) async fn campaign(ctx: &Context<'_>, code: &str, as_of: Option<AsOf>) -> Result<Option<View>, Fault> {
    if snapshot(ctx)?.now(code).is_none() {
        return Err(Fault::UnknownCampaign(code.chars().take(80).collect()));
    }
    found(ctx, code, as_of).await
}

/// The campaign with this code, if there is or was one.
pub(crate) async fn found(ctx: &Context<'_>, code: &str, as_of: Option<AsOf>) -> Result<Option<View>, Fault> {
    let snapshot = snapshot(ctx)?;
    let Some(as_of) = as_of else { return Ok(snapshot.campaign(code)) };
    let Some(now) = snapshot.now(code).cloned() else { return Ok(None) };
    let read_model = &services(ctx)?.read_model;
    let (size, moment) = match as_of {
        AsOf::Position(Position(position)) if position < now.size() => (position.saturating_add(1), None),
        AsOf::Position(Position(asked)) => return Err(Fault::BeyondLog { size: now.size(), asked }),
        AsOf::At(DateTime(moment)) => (read_model.size_at(&now, moment).await?, Some(moment)),
    };
    let _one_at_a_time = snapshot.seeking.lock().await;
    if let Some(read) = snapshot.read_before(code, size, moment) {
        return Ok(Some(read));
    }
    let mut version = if size == now.size() { (*now).clone() } else { read_model.past(&now, size).await? };
    let Some(last) = version.model.applied else { return Ok(None) };
    version.moment = Some(moment.unwrap_or(last.at));
    if version.model.overview.created.is_none() {
        return Ok(None);
    }
    let version = Arc::new(version);
    snapshot.note(&version);
    Ok(Some(version))
}

/// All campaigns as they stood then, by code. A position is a place in one log only.
pub(crate) async fn campaigns(ctx: &Context<'_>, as_of: Option<AsOf>) -> Result<Vec<View>, Fault> {
    let snapshot = snapshot(ctx)?;
    match as_of {
        None => Ok(snapshot.campaigns()),
        Some(AsOf::Position(_)) => {
            let message = "a position is a place in the log of one campaign: ask for all of them with `at`".to_owned();
            Err(Fault::Input { field: "asOf", message })
        }
        Some(AsOf::At(_)) => {
            let codes: Vec<&str> = snapshot.codes().collect();
            let mut views = Vec::with_capacity(codes.len());
            for code in codes {
                views.extend(found(ctx, code, as_of).await?);
            }
            Ok(views)
        }
    }
}
