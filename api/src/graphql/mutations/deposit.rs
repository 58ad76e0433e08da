//! The deposit form as an input, for depositing and for changing what was deposited.
//!
//! Owns the step from what was typed to the domain's [`Deposit`], and that a file is named only by who
//! sent it. What fits into a campaign's form: `domain::deposit`. Who asks: `proposal.rs`.

use super::input::code;
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::request::vault;
use crate::graphql::types::enums::DepositorKind;
use crate::graphql::types::place::PointInput;
use crate::graphql::types::scalars::Amount;
use async_graphql::{Context, InputObject};
use domain::proposal::{Address, Attachment, Consents, Deposit, MediaType};
use domain::{Code, Hidden, Rejection};
use vault::Kind;

/// A place as people write it.
#[derive(InputObject, Debug)]
pub struct AddressInput {
    /// Street and number.
    pub text: String,
    /// The postcode; where the campaign knows them, it must be one of the area.
    pub postcode: String,
}

/// A file of a deposit, sent before to `/uploads`.
#[derive(InputObject, Debug)]
pub struct AttachmentInput {
    /// Its name or what it shows, at most 200 characters.
    pub name: String,
    /// The `digest` that `/uploads` answered.
    pub upload: String,
}

/// What a depositor agrees to; what isn't said is no.
#[derive(InputObject, Clone, Copy, Debug, Default)]
pub struct ConsentsInput {
    /// The city may show the pictures.
    #[graphql(default)]
    pub images: bool,
    /// Other depositors may write to me, through the platform (`mise en relation`).
    #[graphql(default)]
    pub contact: bool,
}

/// What a depositor fills in (`formulaire de dépôt`).
#[derive(InputObject, Debug)]
pub struct DepositInput {
    /// The author's public name.
    pub author_name: String,
    /// The title, within the limits of the campaign's form.
    pub title: String,
    /// What it is about, within the limits of the campaign's form.
    pub description: String,
    /// Who deposits (`type de déposant`).
    pub depositor: DepositorKind,
    /// Which association, council or collective; needed where the campaign asks for it.
    pub complement: Option<String>,
    /// The code of the theme.
    pub theme: String,
    /// The code of the area.
    pub area: String,
    /// Where, if it has a place.
    pub point: Option<PointInput>,
    /// The address of that place, if it has one.
    pub address: Option<AddressInput>,
    /// Whether people with disabilities are thought of (`accessibilité`).
    pub accessible: bool,
    /// How; needed when `accessible`.
    pub accessibility: Option<String>,
    /// What the author thinks it costs.
    pub estimate: Option<Amount>,
    /// What the author thinks it costs every year afterwards (`coût de fonctionnement`).
    pub running: Option<Amount>,
    /// In which earlier campaign it was proposed, when it was.
    pub earlier: Option<String>,
    /// Its files (`pièces jointes`), as many as the campaign allows.
    pub attachments: Option<Vec<AttachmentInput>>,
    /// What the author agrees to (`consentements`).
    pub consents: Option<ConsentsInput>,
}

impl DepositInput {
    /// The deposit that was filled in. `kept` are the files that it has already, whoever sent them.
    pub(super) async fn deposit(
        self,
        ctx: &Context<'_>,
        author: String,
        kept: &[Attachment],
    ) -> Result<Result<Deposit, Rejection>, Fault> {
        let attachments = match attached(ctx, self.attachments.unwrap_or_default(), kept).await? {
            Ok(attachments) => attachments,
            Err(no) => return Ok(Err(no)),
        };
        let address = |given: AddressInput| Address { text: Hidden::Disclosed(given.text), postcode: given.postcode };
        let consents = self.consents.unwrap_or_default();
        Ok(Ok(Deposit {
            reference: String::new(),
            author,
            title: Hidden::Disclosed(self.title),
            description: Hidden::Disclosed(self.description),
            author_name: Hidden::Disclosed(self.author_name),
            depositor: self.depositor.into(),
            complement: self.complement.map(Hidden::Disclosed),
            theme: code("theme", &self.theme)?,
            area: code("area", &self.area)?,
            point: self.point.map(Into::into),
            address: self.address.map(address),
            neighbourhood: None, // the domain looks it up
            accessible: self.accessible,
            accessibility: self.accessibility.map(Hidden::Disclosed),
            estimate_cents: self.estimate.map(|amount| amount.0),
            running_cents: self.running.map(|amount| amount.0),
            earlier: self.earlier.map(Hidden::Disclosed),
            attachments,
            consents: Consents { images: consents.images, contact: consents.contact },
        }))
    }
}

/// The files behind what was named: those that stand in the deposit already, and one's own uploads.
async fn attached(
    ctx: &Context<'_>,
    inputs: Vec<AttachmentInput>,
    kept: &[Attachment],
) -> Result<Result<Vec<Attachment>, Rejection>, Fault> {
    let person = &acting::session(ctx)?.person;
    let mut attachments = Vec::with_capacity(inputs.len());
    for AttachmentInput { name, upload } in inputs {
        let name = Hidden::Disclosed(name);
        if let Some(there) = kept.iter().find(|there| there.digest.get() == Some(&upload)) {
            attachments.push(Attachment { name, ..there.clone() });
            continue;
        }
        let shown: String = upload.chars().take(80).collect();
        let unknown = || Code::AttachmentRefused.on("attachments").with(shown);
        let entry = match upload.len() {
            64 => vault(ctx)?.get(person, Kind::Upload, &upload).await?,
            _ => None,
        };
        let described = entry.as_ref().and_then(|entry| described(&entry.value));
        let (Some(entry), Some((media_type, bytes))) = (entry, described) else { return Ok(Err(unknown())) };
        // Written again, it is young again: what tidies up leaves it until the deposit names it.
        vault(ctx)?.put(person, Kind::Upload, &upload, &entry.value).await?;
        attachments.push(Attachment { name, digest: Hidden::Disclosed(upload), media_type, bytes });
    }
    Ok(Ok(attachments))
}

/// What the vault knows of an upload.
pub(super) fn described(value: &serde_json::Value) -> Option<(MediaType, u32)> {
    let media_type = match value.get("media_type")?.as_str()? {
        "image/jpeg" => MediaType::Jpeg,
        "image/png" => MediaType::Png,
        "application/pdf" => MediaType::Pdf,
        _ => return None,
    };
    Some((media_type, u32::try_from(value.get("bytes")?.as_u64()?).ok()?))
}
