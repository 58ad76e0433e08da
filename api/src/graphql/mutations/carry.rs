//! The way of a mutation: the executor, the wait for the read model. Who acts: `graphql/acting.rs`.

use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::request::{View, services, snapshot};
use crate::graphql::types::receipt::Receipt;
use crate::graphql::types::rejection::Rejection;
use crate::graphql::types::scalars::CommandId;
use async_graphql::Context;
use commands::{Executor, Request};
use domain::{Actor, Code, Command};
use tracing::Instrument;
use transparency::Hash;

/// What a command came to.
pub(crate) enum Carried {
    /// It was carried out.
    Done(Receipt),
    /// A rule said no.
    Refused(Rejection),
}

/// The executor; a fault on a server that only reads.
pub(crate) fn executor<'a>(ctx: &'a Context<'_>) -> Result<&'a Executor, Fault> {
    services(ctx)?.executor.as_ref().ok_or(Fault::SignInNeeded)
}

/// The campaign in the newest version: what a command is made of may have changed since the request began.
pub(crate) fn model(ctx: &Context<'_>, campaign: &str) -> Result<Option<View>, Fault> {
    Ok(services(ctx)?.read_model.current().campaign(campaign).map(View::clone))
}

/// Carries commands out in the role in which somebody may give the first of them.
pub(crate) async fn carry(
    ctx: &Context<'_>,
    campaign: &str,
    id: CommandId,
    commands: Vec<Command>,
) -> Result<Carried, Fault> {
    let first = commands.first().ok_or(Fault::Internal("a request without commands"))?;
    let actor = acting::agent(ctx, campaign, first)?;
    carry_as(ctx, campaign, id, actor, commands).await
}

/// Carries commands out as this actor, and waits until they can be read.
pub(crate) async fn carry_as(
    ctx: &Context<'_>,
    campaign: &str,
    id: CommandId,
    actor: Actor,
    commands: Vec<Command>,
) -> Result<Carried, Fault> {
    let request = Request { command_id: id.0, actor, commands };
    let command = tracing::info_span!("command", campaign);
    settle(ctx, executor(ctx)?.execute(campaign, request).instrument(command).await).await
}

/// Does what is due of a vote with sealed ballots: publishes what waits, shreds what was decided. Nothing in
/// other campaigns.
pub(crate) async fn drain(ctx: &Context<'_>, campaign: &str) -> Result<(), Fault> {
    match &services(ctx)?.voting {
        Some(voting) => Ok(voting.step(campaign).await?),
        None => Ok(()),
    }
}

/// Turns the executor's answer into a receipt whose events can be read, or into a no.
pub(crate) async fn settle(
    ctx: &Context<'_>,
    answer: Result<commands::Receipt, commands::Error>,
) -> Result<Carried, Fault> {
    let receipt = match answer {
        Ok(receipt) => receipt,
        Err(commands::Error::Rejected(rejection)) => return Ok(refused(ctx, rejection)),
        Err(commands::Error::UnknownCampaign(code)) => {
            return Ok(refused(ctx, Code::NotFound.on("campaign").with(code)));
        }
        Err(other) => return Err(other.into()),
    };
    let (Some(first), Some(last)) = (receipt.first, receipt.last) else {
        return Err(Fault::Internal("a command wrote nothing"));
    };
    let visible = tracing::info_span!("visible", campaign = receipt.campaign, position = last);
    let view = services(ctx)?.read_model.wait_for(&receipt.campaign, last).instrument(visible).await?;
    snapshot(ctx)?.note(&view);
    Ok(Carried::Done(Receipt { view, first, last, replayed: receipt.replayed }))
}

/// A no, in the client's language.
pub(crate) fn refused(ctx: &Context<'_>, rejection: domain::Rejection) -> Carried {
    Carried::Refused(Rejection { rejection, language: crate::graphql::request::language(ctx) })
}

/// The key of what a command creates: the same when the command comes again, so that it is recognised,
/// and not to be guessed from anything but the command's own random id.
pub(crate) fn key_of<Key: TryFrom<String>>(kind: &str, campaign: &str, id: CommandId) -> Result<Key, Fault> {
    let parts = [b"parvis.key/v1\n", kind.as_bytes(), b"\n", campaign.as_bytes(), b"\n", id.0.as_bytes()];
    let hash = Hash::of(&parts).to_string();
    let key = hash.get(..32).unwrap_or_default().to_owned();
    Key::try_from(key).map_err(|_| Fault::Internal("a hash is no key"))
}
