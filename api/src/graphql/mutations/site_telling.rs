//! What the city tells of a site: spending, news, photos, documents.
//!
//! Files are sent before to `/uploads`, which draws pictures anew and takes nothing that isn't one. What
//! may be told when is said by the domain. How it is read: `types/site_story.rs`.

use super::carry::{Carried, carry, refused};
use super::deposit::described;
use super::payload::{
    AddSiteDocumentPayload, AddSitePhotoPayload, CorrectSpendingPayload, PostSiteNewsPayload, RecordSpendingPayload,
    RemoveSiteDocumentPayload, RemoveSitePhotoPayload, WithdrawSiteNewsPayload,
};
use crate::attachments::OF_SITES;
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{services, vault};
use crate::graphql::types::scalars::{Amount, CommandId, Date};
use crate::graphql::types::site::Site;
use crate::graphql::types::site_story::{PhotoStage, SpendingKind};
use async_graphql::{Context, ID, InputObject, Object};
use domain::site::{Command as SiteCommand, File};
use domain::{Code, Command, Hidden, Rejection, SiteId};

/// A spending.
#[derive(InputObject, Debug)]
pub struct RecordSpendingInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The city's reference, unique in the site, at most 64 characters.
    pub line: String,
    /// Whether it is promised or paid.
    pub kind: SpendingKind,
    /// How much.
    pub amount: Amount,
    /// When.
    pub on: Date,
    /// For what; published.
    #[graphql(default)]
    pub label: String,
}

/// The right figures of a spending.
#[derive(InputObject, Debug)]
pub struct CorrectSpendingInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The city's reference.
    pub line: String,
    /// How much.
    pub amount: Amount,
    /// When.
    pub on: Date,
    /// Why it was wrong; published.
    pub reason: String,
}

/// A piece of news.
#[derive(InputObject, Debug)]
pub struct PostSiteNewsInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// In a line, at most 200 characters.
    pub title: String,
    /// In full, at most 10,000 characters.
    pub text: String,
}

/// A photo, sent before to `/uploads`.
#[derive(InputObject, Debug)]
pub struct AddSitePhotoInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The `digest` that `/uploads` answered.
    pub upload: String,
    /// When it was taken.
    pub stage: PhotoStage,
    /// What is to be seen, for those who don't see it; at most 1,000 characters.
    pub alternative: String,
    /// Who took it, if that is to be said.
    pub credit: Option<String>,
}

/// A document, sent before to `/uploads`.
#[derive(InputObject, Debug)]
pub struct AddSiteDocumentInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The `digest` that `/uploads` answered.
    pub upload: String,
    /// What it is, at most 200 characters.
    pub title: String,
}

/// Taking a piece of news back.
#[derive(InputObject, Debug)]
pub struct WithdrawSiteNewsInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The number of the news.
    pub number: u32,
    /// Why; published.
    pub reason: String,
}

/// Showing a photo no longer.
#[derive(InputObject, Debug)]
pub struct RemoveSitePhotoInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The number of the photo.
    pub number: u32,
    /// Why; published.
    pub reason: String,
}

/// Showing a document no longer.
#[derive(InputObject, Debug)]
pub struct RemoveSiteDocumentInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The site.
    pub site: ID,
    /// The number of the document.
    pub number: u32,
    /// Why; published.
    pub reason: String,
}

/// Mutations that tell of a site.
#[derive(Default)]
pub struct SiteTellingMutations;

#[Object]
impl SiteTellingMutations {
    /// Records what was spent on a site (`enregistrer une dépense`). More than its budget is shown, and never
    /// refused.
    async fn record_spending(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The spending.")] input: RecordSpendingInput,
    ) -> Result<Option<RecordSpendingPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let (kind, cents, on) = (input.kind.into(), input.amount.0, input.on.0);
        let record = SiteCommand::RecordSpending { line: input.line, kind, cents, on, label: input.label };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), record)]).await?;
        Ok(RecordSpendingPayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Corrects what was spent (`corriger une dépense`). The figures that were wrong stay readable.
    async fn correct_spending(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The right figures.")] input: CorrectSpendingInput,
    ) -> Result<Option<CorrectSpendingPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let (line, cents, on) = (input.line, input.amount.0, input.on.0);
        let correct = SiteCommand::CorrectSpending { line, cents, on, reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), correct)]).await?;
        Ok(CorrectSpendingPayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Tells how a site goes (`donner des nouvelles`); whoever follows it hears of it.
    async fn post_site_news(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The news.")] input: PostSiteNewsInput,
    ) -> Result<Option<PostSiteNewsPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let post = SiteCommand::PostNews { title: input.title, text: input.text };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), post)]).await?;
        Ok(PostSiteNewsPayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Takes a piece of news back (`retirer une actualité`).
    async fn withdraw_site_news(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: WithdrawSiteNewsInput,
    ) -> Result<Option<WithdrawSiteNewsPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let withdraw = SiteCommand::WithdrawNews { number: input.number, reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), withdraw)]).await?;
        Ok(WithdrawSiteNewsPayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Adds a photo to a site (`ajouter une photo`), with a description for those who don't see it.
    async fn add_site_photo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The photo.")] input: AddSitePhotoInput,
    ) -> Result<Option<AddSitePhotoPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let upload = input.upload.clone();
        let file = match own(ctx, "photo", input.upload).await? {
            Ok(file) => Box::new(file),
            Err(no) => return Ok(AddSitePhotoPayload::of(refused(ctx, no), |_| None)),
        };
        let (stage, alternative, credit) = (input.stage.into(), input.alternative, input.credit);
        let add = SiteCommand::AddPhoto { file, stage, alternative, credit };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), add)]).await?;
        keep(ctx, &carried, upload).await?;
        Ok(AddSitePhotoPayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Shows a photo no longer (`retirer une photo`).
    async fn remove_site_photo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RemoveSitePhotoInput,
    ) -> Result<Option<RemoveSitePhotoPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let remove = SiteCommand::RemovePhoto { number: input.number, reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), remove)]).await?;
        Ok(RemoveSitePhotoPayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Adds a document to a site (`ajouter un document`).
    async fn add_site_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The document.")] input: AddSiteDocumentInput,
    ) -> Result<Option<AddSiteDocumentPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let upload = input.upload.clone();
        let file = match own(ctx, "document", input.upload).await? {
            Ok(file) => Box::new(file),
            Err(no) => return Ok(AddSiteDocumentPayload::of(refused(ctx, no), |_| None)),
        };
        let add = SiteCommand::AddDocument { file, title: input.title };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), add)]).await?;
        keep(ctx, &carried, upload).await?;
        Ok(AddSiteDocumentPayload::of(carried, |view| Site::of(view, &key)))
    }

    /// Shows a document no longer (`retirer un document`).
    async fn remove_site_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RemoveSiteDocumentInput,
    ) -> Result<Option<RemoveSiteDocumentPayload>, Fault> {
        let (campaign, key): (String, SiteId) = GlobalId::of(&input.site, Kind::Site)?;
        let remove = SiteCommand::RemoveDocument { number: input.number, reason: input.reason };
        let carried = carry(ctx, &campaign, input.command_id, vec![Command::Site(key.clone(), remove)]).await?;
        Ok(RemoveSiteDocumentPayload::of(carried, |view| Site::of(view, &key)))
    }
}

/// One's own upload.
async fn own(ctx: &Context<'_>, field: &'static str, upload: String) -> Result<Result<File, Rejection>, Fault> {
    let person = &acting::session(ctx)?.person;
    let shown: String = upload.chars().take(80).collect();
    let entry = match upload.len() {
        64 => vault(ctx)?.get(person, vault::Kind::Upload, &upload).await?,
        _ => None,
    };
    let known = entry.as_ref().and_then(|entry| described(&entry.value));
    let (Some(entry), Some((media_type, bytes))) = (entry, known) else {
        return Ok(Err(Code::AttachmentRefused.on(field).with(shown)));
    };
    // Written again, it is young again: what tidies up leaves it until the site names it.
    vault(ctx)?.put(person, vault::Kind::Upload, &upload, &entry.value).await?;
    Ok(Ok(File { digest: Hidden::Disclosed(upload), media_type, bytes }))
}

/// The city keeps what a site shows. Where this is cut off, the file is still among those of its sender.
async fn keep(ctx: &Context<'_>, carried: &Carried, upload: String) -> Result<(), Fault> {
    let (Carried::Done(_), Some(files)) = (carried, services(ctx)?.files.clone()) else { return Ok(()) };
    let person = acting::session(ctx)?.person.clone();
    let give = tokio::task::spawn_blocking(move || files.give(person.as_str(), &upload, OF_SITES));
    let given = give.await.map_err(|_| Fault::Internal("a file of a site could not be copied"))?;
    if let Err(error) = given {
        tracing::warn!(code = error.code(), "a file of a site stays with its sender alone: {error}");
    }
    Ok(())
}
