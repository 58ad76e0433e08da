//! The urn as mutations: its key, and the steps from the end of the vote to its opening.

use super::carry::{carry, carry_as, refused};
use super::payload::{
    AnswerObjectionPayload, DeclareUrnKeyPayload, LodgeObjectionPayload, OpenUrnPayload, ReconcileRegisterPayload,
    ShredLinkPayload,
};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::mutations::campaign::CampaignStepInput;
use crate::graphql::request::{View, campaign, voting};
use crate::graphql::types::campaign::Campaign;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, InputObject, Object};
use domain::campaign::Command as CampaignCommand;
use domain::permission::{Permission, Scope as Bounds};
use domain::urn::Command as UrnCommand;
use domain::{Command, urn};
use seal::{Ceremony, UrnSecret};
use std::collections::BTreeSet;
use std::str::FromStr;
use transparency::Hash;

/// What a key ceremony publishes.
#[derive(InputObject, Debug)]
pub struct DeclareUrnKeyInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The public key, base64.
    pub key: String,
    /// How many shares open the urn.
    pub threshold: u8,
    /// The check of each share, in the order of their numbers.
    pub shares: Vec<String>,
}

/// An objection to how the vote went.
#[derive(InputObject, Debug)]
pub struct LodgeObjectionInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// What is objected; published. 1 to 5000 characters.
    pub text: String,
}

/// An answer to an objection.
#[derive(InputObject, Debug)]
pub struct AnswerObjectionInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The number of the objection.
    pub number: u32,
    /// The answer; published. 1 to 5000 characters.
    pub answer: String,
}

/// The secret of the urn, put together from shares.
#[derive(InputObject)]
pub struct OpenUrnInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The secret, base64: it is published.
    pub secret: String,
}

fn shown(view: &View) -> Option<Campaign> {
    Some(Campaign::of(view))
}

pub(super) fn read<T: FromStr<Err: ToString>>(field: &'static str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|error: T::Err| Fault::Input { field, message: error.to_string() })
}

/// Mutations on the urn.
#[derive(Default)]
pub struct UrnMutations;

#[Object]
impl UrnMutations {
    /// Declares the key of the urn (`cérémonie des clés`), before the vote opens and freezes it.
    async fn declare_urn_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the ceremony publishes.")] input: DeclareUrnKeyInput,
    ) -> Result<Option<DeclareUrnKeyPayload>, Fault> {
        let log = campaign(ctx, &input.campaign)?.origin.clone();
        let shares = input.shares.iter().map(|check| read::<Hash>("shares", check)).collect::<Result<_, _>>()?;
        let ceremony = Ceremony { key: read("key", &input.key)?, shares, threshold: input.threshold };
        let command = Command::Urn(UrnCommand::DeclareKey { log, ceremony });
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(DeclareUrnKeyPayload::of(carried, shown))
    }

    /// Compares the register with the ballots, once the box is closed (`rapprochement de l’émargement`), and
    /// lists the ballots that don’t count.
    async fn reconcile_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<ReconcileRegisterPayload>, Fault> {
        let view = campaign(ctx, &input.campaign)?;
        let actor = acting::in_role(ctx, &view, Permission::ReconcileRegister, Bounds::default())?;
        // Who may not do it isn't told what the register says.
        acting::holds(ctx, &view, Permission::ReconcileRegister)?;
        let configured = view.model.campaign.configured();
        let areas = configured.map(|c| c.areas.clone()).map_err(|_| Fault::UnknownCampaign(view.code.clone()))?;
        let found = match voting(ctx)?.vault().reconcile(&input.campaign, &areas).await? {
            Ok(found) => found,
            Err(no) => return Ok(ReconcileRegisterPayload::of(refused(ctx, no), shown)),
        };
        let set_aside: BTreeSet<Hash> = found.set_aside.into_iter().map(Hash).collect();
        let command = Command::Urn(urn::Command::Reconcile { set_aside, areas: found.areas });
        let carried = carry_as(ctx, &input.campaign, input.command_id, actor, vec![command]).await?;
        Ok(ReconcileRegisterPayload::of(carried, shown))
    }

    /// Destroys the link between voters and ballots (`destruction du lien`): nobody can tell any more whose a
    /// ballot is. Needs a second agent (`pendingActs`); objections can be lodged from then on.
    async fn shred_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<ShredLinkPayload>, Fault> {
        let command = Command::Campaign(CampaignCommand::ShredLink);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(ShredLinkPayload::of(carried, shown))
    }

    /// Objects to how the vote went (`réclamation`), as a participant, until the window ends.
    async fn lodge_objection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The objection.")] input: LodgeObjectionInput,
    ) -> Result<Option<LodgeObjectionPayload>, Fault> {
        let actor = acting::participant(ctx, &input.campaign)?;
        let command = Command::Urn(UrnCommand::Object { text: input.text });
        let carried = carry_as(ctx, &input.campaign, input.command_id, actor, vec![command]).await?;
        Ok(LodgeObjectionPayload::of(carried, shown))
    }

    /// Answers an objection (`réponse à une réclamation`); the urn opens once each is answered.
    async fn answer_objection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: AnswerObjectionInput,
    ) -> Result<Option<AnswerObjectionPayload>, Fault> {
        let command = Command::Urn(UrnCommand::Answer { number: input.number, answer: input.answer });
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(AnswerObjectionPayload::of(carried, shown))
    }

    /// Opens the urn with its secret (`ouverture de l’urne`), once nobody can object any more: the secret is
    /// published, and everybody can open the ballots.
    async fn open_urn(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret.")] input: OpenUrnInput,
    ) -> Result<Option<OpenUrnPayload>, Fault> {
        let secret: UrnSecret = read("secret", &input.secret)?;
        let command = Command::Urn(UrnCommand::Open { secret });
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(OpenUrnPayload::of(carried, shown))
    }
}
