//! What a person keeps in the vault: drafts, ways to be reached, what they follow.
//!
//! None of it enters a log. Each is encrypted under the person's own key and goes with it.

use super::deposit::{AddressInput, AttachmentInput, ConsentsInput};
use crate::error::Fault;
use crate::graphql::acting::person;
use crate::graphql::node::{GlobalId, Kind as NodeKind};
use crate::graphql::request::{campaign, language, vault};
use crate::graphql::types::draft::Draft;
use crate::graphql::types::enums::DepositorKind;
use crate::graphql::types::place::PointInput;
use crate::graphql::types::rejection::Rejection;
use crate::graphql::types::scalars::Amount;
use crate::graphql::types::viewer::{Contact, Subscription};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{Code, VoterId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vault::Kind;

/// The most drafts of one person.
const DRAFTS: usize = 20;
/// The most things that one person follows.
const SUBSCRIPTIONS: usize = 500;
/// The longest text of a draft, in characters; a campaign's own form may allow less.
const TEXT: usize = 10_000;
/// The longest address, postcode or name of a file in a draft, in characters.
const PIECE: usize = 500;
/// The most files of a draft; a campaign may allow fewer.
const FILES: usize = 20;

/// A proposal that is being written (`brouillon`): everything may be missing still.
#[derive(InputObject, Debug)]
pub struct SaveDraftInput {
    /// The draft's own name, chosen by the client: 1 to 64 of `A-Z a-z 0-9 . _ -`. The same name, the
    /// same draft.
    pub draft: String,
    /// The code of the campaign.
    pub campaign: String,
    /// The title so far.
    pub title: Option<String>,
    /// The description so far.
    pub description: Option<String>,
    /// The public name.
    pub author_name: Option<String>,
    /// Who deposits (`type de déposant`).
    pub depositor: Option<DepositorKind>,
    /// The code of the theme.
    pub theme: Option<String>,
    /// The code of the area.
    pub area: Option<String>,
    /// Where.
    pub point: Option<PointInput>,
    /// Whether people with disabilities are thought of.
    pub accessible: Option<bool>,
    /// How.
    pub accessibility: Option<String>,
    /// What it may cost.
    pub estimate: Option<Amount>,
    /// Which association, council or collective.
    pub complement: Option<String>,
    /// The address of the place.
    pub address: Option<AddressInput>,
    /// What it may cost every year afterwards.
    pub running: Option<Amount>,
    /// In which earlier campaign it was proposed.
    pub earlier: Option<String>,
    /// Its files so far. One that no proposal names goes a day after it was sent.
    pub attachments: Option<Vec<AttachmentInput>>,
    /// What the author agrees to.
    pub consents: Option<ConsentsInput>,
}

/// How somebody wants to be reached (`coordonnées`); what is left out is forgotten.
#[derive(InputObject, Debug, Serialize, Deserialize)]
pub struct KeepContactInput {
    /// An e-mail address, if not the one of the sign-in.
    pub email: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// A postal address.
    pub address: Option<String>,
}

macro_rules! kept {
    ($(#[doc = $about:literal] $name:ident { $field:ident: $type:ty = $object:literal })*) => {$(
        #[doc = $about]
        #[derive(SimpleObject)]
        pub struct $name {
            #[doc = $object]
            pub $field: Option<$type>,
            /// Why it was refused; empty when carried out.
            pub rejections: Vec<Rejection>,
        }

        impl $name {
            fn done($field: $type) -> Option<Self> {
                Some(Self { $field: Some($field), rejections: Vec::new() })
            }

            fn refused(ctx: &Context<'_>, rejection: domain::Rejection) -> Option<Self> {
                Some(Self { $field: None, rejections: vec![Rejection { rejection, language: language(ctx) }] })
            }
        }
    )*};
}

kept! {
    /// What `saveDraft` came to.
    SaveDraftPayload { draft: Draft = "The draft as it is kept." }
    /// What `keepContact` came to.
    KeepContactPayload { contact: Contact = "As it is kept." }
    /// What `follow` came to.
    FollowPayload { subscription: Subscription = "As it is kept." }
}

/// What `discardDraft` came to.
#[derive(SimpleObject)]
pub struct DiscardDraftPayload {
    /// Whether there was one.
    pub discarded: bool,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `unfollow` came to.
#[derive(SimpleObject)]
pub struct UnfollowPayload {
    /// Whether it was followed.
    pub unfollowed: bool,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// Mutations on what a person keeps.
#[derive(Default)]
pub struct DraftMutations;

#[Object]
impl DraftMutations {
    /// Keeps a draft (`enregistrer un brouillon`); nobody else can read it.
    async fn save_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft.")] input: SaveDraftInput,
    ) -> Result<Option<SaveDraftPayload>, Fault> {
        let person = person(ctx)?;
        let vault = vault(ctx)?;
        if let Some(no) = unfit(&input) {
            return Ok(SaveDraftPayload::refused(ctx, no));
        }
        campaign(ctx, &input.campaign)?;
        let kept = vault.list(person, Kind::Draft).await?;
        if kept.len() >= DRAFTS && kept.iter().all(|entry| entry.id != input.draft) {
            return Ok(SaveDraftPayload::refused(ctx, Code::TooMany.on("draft").with(DRAFTS)));
        }
        let point =
            input.point.map(|point| json!({ "latitude_e6": point.latitude.0, "longitude_e6": point.longitude.0 }));
        let address = input.address.map(|address| json!({ "text": address.text, "postcode": address.postcode }));
        let file = |file: AttachmentInput| json!({ "name": file.name, "upload": file.upload });
        let attachments = input.attachments.map(|files| files.into_iter().map(file).collect::<Vec<_>>());
        let consents = input.consents.map(|given| json!({ "images": given.images, "contact": given.contact }));
        let value = json!({
            "campaign": input.campaign, "title": input.title, "description": input.description,
            "author_name": input.author_name, "depositor": input.depositor.map(domain::proposal::DepositorKind::from),
            "theme": input.theme, "area": input.area, "point": point, "accessible": input.accessible,
            "accessibility": input.accessibility, "estimate_cents": input.estimate.map(|estimate| estimate.0.get()),
            "complement": input.complement, "address": address, "earlier": input.earlier,
            "running_cents": input.running.map(|running| running.0.get()), "attachments": attachments,
            "consents": consents,
        });
        vault.put(person, Kind::Draft, &input.draft, &value).await?;
        let entry = vault.get(person, Kind::Draft, &input.draft).await?;
        let entry = entry.ok_or(Fault::Internal("a draft that was kept isn't there"))?;
        Ok(SaveDraftPayload::done(Draft { entry }))
    }

    /// Forgets a draft (`supprimer un brouillon`).
    async fn discard_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft's name.")] draft: String,
    ) -> Result<Option<DiscardDraftPayload>, Fault> {
        let discarded = vault(ctx)?.remove(person(ctx)?, Kind::Draft, &draft).await?;
        Ok(Some(DiscardDraftPayload { discarded, rejections: Vec::new() }))
    }

    /// Keeps how one wants to be reached (`mes coordonnées`). Agents read it for a stated purpose only,
    /// and each reading is recorded.
    async fn keep_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "All of it.")] input: KeepContactInput,
    ) -> Result<Option<KeepContactPayload>, Fault> {
        let person = person(ctx)?;
        let fields = [("email", &input.email, 254), ("phone", &input.phone, 30), ("address", &input.address, 500)];
        for (field, text, most) in fields {
            if text.as_ref().is_some_and(|text| text.chars().count() > most) {
                return Ok(KeepContactPayload::refused(ctx, Code::TextTooLong.on(field).with(most)));
            }
        }
        let value = serde_json::to_value(&input).map_err(|_| Fault::Internal("contact is no JSON"))?;
        vault(ctx)?.put(person, Kind::Contact, "contact", &value).await?;
        Ok(KeepContactPayload::done(Contact { email: input.email, phone: input.phone, address: input.address }))
    }

    /// Follows a proposal, project or site (`suivre`).
    async fn follow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object.")] object: ID,
    ) -> Result<Option<FollowPayload>, Fault> {
        let person = person(ctx)?;
        let vault = vault(ctx)?;
        let GlobalId { kind, campaign: code, .. } = GlobalId::read(&object)?;
        if !matches!(kind, NodeKind::Proposal | NodeKind::Project | NodeKind::Site) {
            return Err(Fault::Id { given: object.0, kind: "Proposal, Project or Site" });
        }
        let view = campaign(ctx, &code)?;
        if vault.list(person, Kind::Subscription).await?.len() >= SUBSCRIPTIONS {
            return Ok(FollowPayload::refused(ctx, Code::TooMany.on("object").with(SUBSCRIPTIONS)));
        }
        let subscription = Subscription { object };
        if subscription.find(&view).is_none() {
            return Ok(FollowPayload::refused(ctx, Code::NotFound.on("object").with(subscription.object.as_str())));
        }
        let value = json!({ "object": subscription.object.as_str() });
        let about = subscription.object.as_str();
        vault.put_listening(person, Kind::Subscription, &subscription.key(), &value, about).await?;
        Ok(FollowPayload::done(subscription))
    }

    /// Follows it no longer (`ne plus suivre`).
    async fn unfollow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object.")] object: ID,
    ) -> Result<Option<UnfollowPayload>, Fault> {
        let key = Subscription { object }.key();
        let unfollowed = vault(ctx)?.remove(person(ctx)?, Kind::Subscription, &key).await?;
        Ok(Some(UnfollowPayload { unfollowed, rejections: Vec::new() }))
    }
}

/// What is wrong with a draft whatever the campaign's form says.
fn unfit(input: &SaveDraftInput) -> Option<domain::Rejection> {
    if input.draft.parse::<VoterId>().is_err() {
        return Some(Code::TextTooLong.on("draft").with(64));
    }
    let texts = [
        ("title", &input.title),
        ("description", &input.description),
        ("authorName", &input.author_name),
        ("accessibility", &input.accessibility),
        ("theme", &input.theme),
        ("area", &input.area),
        ("complement", &input.complement),
        ("earlier", &input.earlier),
    ];
    let address = input.address.iter().flat_map(|address| [&address.text, &address.postcode]);
    let files = input.attachments.iter().flatten().flat_map(|file| [&file.name, &file.upload]);
    let pieces = address.map(|text| ("address", text)).chain(files.map(|text| ("attachments", text)));
    if let Some((field, _)) = pieces.into_iter().find(|(_, text)| text.chars().count() > PIECE) {
        return Some(Code::TextTooLong.on(field).with(PIECE));
    }
    if input.attachments.as_ref().is_some_and(|files| files.len() > FILES) {
        return Some(Code::TooMany.on("attachments").with(FILES));
    }
    let long = texts.into_iter().find(|(_, text)| text.as_ref().is_some_and(|text| text.chars().count() > TEXT));
    long.map(|(field, _)| Code::TextTooLong.on(field).with(TEXT))
}
