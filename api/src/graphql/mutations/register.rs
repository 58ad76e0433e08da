//! The register as agents work with it: who signs for a paper, and entries that may be one voter.

use super::input::code;
use super::sealed::{CivilInput, no};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::request::{View, campaign, voting};
use crate::graphql::types::rejection::Rejection;
use crate::voting::kept_until;
use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::permission::Permission;
use domain::{AreaId, Rejection as No};
use std::collections::BTreeSet;

/// Somebody who signs for a paper.
#[derive(InputObject)]
pub struct CheckInPaperVoterInput {
    /// The code of the campaign.
    pub campaign: String,
    /// Who signs.
    pub civil: CivilInput,
    /// The codes of the areas that they get a paper for.
    pub areas: Vec<String>,
}

/// What an agent says of two entries of the register.
#[derive(InputObject, Debug)]
pub struct DecideMatchInput {
    /// The code of the campaign.
    pub campaign: String,
    /// The pair, from `viewer.registerMatches`.
    pub id: String,
    /// Whether they are one voter.
    pub same: bool,
}

/// What `checkInPaperVoter` came to.
#[derive(SimpleObject)]
pub struct CheckInPaperVoterPayload {
    /// Whether the voter may have a paper: the entry stands.
    pub signed: bool,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `decideMatch` came to.
#[derive(SimpleObject)]
pub struct DecideMatchPayload {
    /// Whether it is decided: another agent had said the same.
    pub decided: bool,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

fn ready(view: &View, areas: &BTreeSet<AreaId>) -> Result<(domain::configuration::SealedRules, domain::Timestamp), No> {
    let rules = view.model.campaign.sealed()?;
    let configuration = view.model.campaign.configured()?;
    areas.iter().try_for_each(|area| configuration.require_area(area).map(drop))?;
    Ok((rules, kept_until(view)?))
}

/// Mutations of agents on the register.
#[derive(Default)]
pub struct RegisterMutations;

#[Object]
impl RegisterMutations {
    /// Somebody signs for a paper (`émarger`), at a polling place or when its list is entered later: a sealed
    /// ballot of theirs no longer counts. Whether there was one isn’t told.
    async fn check_in_paper_voter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs, and for what.")] input: CheckInPaperVoterInput,
    ) -> Result<Option<CheckInPaperVoterPayload>, Fault> {
        let view = campaign(ctx, &input.campaign)?;
        acting::holds(ctx, &view, Permission::CheckIn)?;
        let areas = input.areas.iter().map(|text| code::<AreaId>("areas", text)).collect::<Result<BTreeSet<_>, _>>()?;
        let civil = input.civil.civil()?;
        let done = match ready(&view, &areas) {
            Ok((rules, until)) => {
                let vault = voting(ctx)?.vault();
                vault.check_in(&input.campaign, &civil, &areas, rules.paper_overrides, until).await?
            }
            Err(rejection) => Err(rejection),
        };
        Ok(Some(match done {
            Ok(_) => CheckInPaperVoterPayload { signed: true, rejections: Vec::new() },
            Err(rejection) => CheckInPaperVoterPayload { signed: false, rejections: no(ctx, rejection) },
        }))
    }

    /// Says whether two close entries are one voter (`rapprochement`). Two agents have to say the same; of one
    /// voter one vote counts, on paper if there is a paper.
    async fn decide_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What.")] input: DecideMatchInput,
    ) -> Result<Option<DecideMatchPayload>, Fault> {
        let view = campaign(ctx, &input.campaign)?;
        acting::holds(ctx, &view, Permission::DecideMatch)?;
        let agent = acting::session(ctx)?.agent_id.clone();
        let areas = view.model.campaign.configured().map(|c| c.areas.clone()).unwrap_or_default();
        let done = match ready(&view, &BTreeSet::new()) {
            Ok((_, until)) => {
                let vault = voting(ctx)?.vault();
                vault.decide_match(&input.campaign, &input.id, input.same, &agent, &areas, until).await?
            }
            Err(rejection) => Err(rejection),
        };
        Ok(Some(match done {
            Ok(decided) => DecideMatchPayload { decided, rejections: Vec::new() },
            Err(rejection) => DecideMatchPayload { decided: false, rejections: no(ctx, rejection) },
        }))
    }
}
