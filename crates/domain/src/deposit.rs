//! What a depositor fills in (`formulaire de dépôt`), field by field, and the checks of each.
//!
//! Owns the form. When one may deposit and edit, and who: [`crate::proposal`]. Where a point lies:
//! [`crate::geography`].

use crate::campaign::Campaign;
use crate::configuration::Participation;
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Hidden, NeighbourhoodId, Rejection, ThemeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The highest cost that a form accepts: 1 billion units.
pub const MAX_COST_CENTS: i64 = 100_000_000_000;

/// The largest attachment in bytes.
pub const MAX_ATTACHMENT_BYTES: u32 = 2_000_000;

/// Who deposits (`type de déposant`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DepositorKind {
    /// One person (`particulier`).
    Individual,
    /// An association.
    Association,
    /// A neighbourhood council (`conseil de quartier`).
    NeighbourhoodCouncil,
    /// A collective.
    Collective,
}

impl DepositorKind {
    /// The kind's code, as it stands in the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Individual => "INDIVIDUAL",
            Self::Association => "ASSOCIATION",
            Self::NeighbourhoodCouncil => "NEIGHBOURHOOD_COUNCIL",
            Self::Collective => "COLLECTIVE",
        }
    }
}

/// A point on the ground in microdegrees (WGS 84): 48.856613° is 48,856,613.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Point {
    /// Latitude, ±90,000,000.
    pub latitude_e6: i32,
    /// Longitude, ±180,000,000.
    pub longitude_e6: i32,
}

impl Point {
    pub(crate) fn check(self) -> Result<(), Rejection> {
        let on_earth = self.latitude_e6.unsigned_abs() <= 90_000_000 && self.longitude_e6.unsigned_abs() <= 180_000_000;
        ensure(on_earth, || Code::UnknownPlace.on("point"))
    }
}

/// An address in the city. Its district must be the area's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// As it was typed.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub text: Hidden<String>,
    /// Its postcode, by which the area is recognised.
    pub postcode: String,
}

/// What a file is, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaType {
    /// A picture, `image/jpeg`.
    Jpeg,
    /// A picture, `image/png`.
    Png,
    /// A document, `application/pdf`.
    Pdf,
}

/// A file that belongs to a deposit. Its bytes are kept outside the log, under their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name or what it shows.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub name: Hidden<String>,
    /// SHA-256 of its bytes, in hexadecimal. With its removal the file goes.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub digest: Hidden<String>,
    /// What it is.
    pub media_type: MediaType,
    /// Its size, at most [`MAX_ATTACHMENT_BYTES`].
    pub bytes: u32,
}

/// What a depositor agrees to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consents {
    /// The city may show the pictures.
    #[serde(default)]
    pub images: bool,
    /// Other depositors may write to me, through the platform (`mise en relation`).
    #[serde(default)]
    pub contact: bool,
}

impl Consents {
    fn none(&self) -> bool {
        *self == Self::default()
    }
}

/// What a depositor fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// Its public reference, `P-000123`.
    pub reference: String,
    /// The author's pseudonym. An agent may deposit for somebody (`dépôt papier`).
    pub author: String,
    /// Its title, within the campaign's form limits.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// What it is about, within the campaign's form limits.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub description: Hidden<String>,
    /// The depositor's public display name.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub author_name: Hidden<String>,
    /// Who deposits.
    pub depositor: DepositorKind,
    /// Which association, council or collective; needed where the campaign asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complement: Option<Hidden<String>>,
    /// Its theme.
    pub theme: ThemeId,
    /// Its area.
    pub area: AreaId,
    /// Where, if it has a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// The address of that place, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The priority neighbourhood that the point lies in, looked up when it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbourhood: Option<NeighbourhoodId>,
    /// Whether people with disabilities are thought of (`handicap`).
    pub accessible: bool,
    /// How; needed when `accessible`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessibility: Option<Hidden<String>>,
    /// What the depositor thinks it costs, in cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_cents: Option<Cents>,
    /// What the depositor thinks it costs every year afterwards, in cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_cents: Option<Cents>,
    /// In which earlier campaign it was proposed, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Hidden<String>>,
    /// Its files, as many as the campaign allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What the depositor agrees to.
    #[serde(default, skip_serializing_if = "Consents::none")]
    pub consents: Consents,
}

/// Refuses a text outside its limits, in characters; a redacted one can't be checked any more.
pub(crate) fn check_text(field: &str, text: &Hidden<String>, min: u32, max: u32) -> Result<(), Rejection> {
    let Some(text) = text.get() else { return Ok(()) };
    let length = u32::try_from(text.trim().chars().count()).unwrap_or(u32::MAX);
    ensure(length >= min, || Code::TextTooShort.on(field).with(min))?;
    ensure(length <= max, || Code::TextTooLong.on(field).with(max))
}

/// Whether a reason is there; a redacted one was.
pub(crate) fn is_said(reason: Option<&Hidden<String>>) -> bool {
    reason.is_some_and(|reason| reason.get().is_none_or(|text| !text.trim().is_empty()))
}

/// Refuses a reason that says nothing, or more than `max` characters.
pub(crate) fn check_reason(reason: &Hidden<String>, max: u32) -> Result<(), Rejection> {
    ensure(is_said(Some(reason)), || Code::ReasonMissing.on("reason"))?;
    check_text("reason", reason, 0, max)
}

impl Deposit {
    /// Checks each field against the campaign's form.
    pub(crate) fn check(&self, campaign: &Campaign) -> Result<(), Rejection> {
        let configuration = campaign.configured()?;
        configuration.require_area(&self.area)?;
        configuration.require_theme(&self.theme)?;
        let form = configuration.form;
        check_text("title", &self.title, form.title_min, form.title_max)?;
        check_text("description", &self.description, form.description_min, form.description_max)?;
        check_text("authorName", &self.author_name, 1, 100)?;
        ensure(!self.reference.is_empty(), || Code::TextTooShort.on("reference").with(1))?;
        ensure(self.reference.len() <= 32, || Code::TextTooLong.on("reference").with(32))?;
        self.check_depositor(&configuration.participation)?;
        if let Some(point) = self.point {
            point.check()?;
        }
        campaign.check_place(&self.area, self.point, self.address.as_ref(), self.neighbourhood.as_ref())?;
        match &self.accessibility {
            None => ensure(!self.accessible, || Code::AccessibilityUnanswered.on("accessibility"))?,
            Some(text) => check_text("accessibility", text, 1, 1_000)?,
        }
        for (field, amount) in [("estimate", self.estimate_cents), ("running", self.running_cents)] {
            amount.map_or(Ok(()), |cents| check_amount(field, cents))?;
        }
        if let Some(earlier) = &self.earlier {
            check_text("earlier", earlier, 0, 200)?;
        }
        self.check_attachments(configuration.participation.attachments_max)
    }

    fn check_depositor(&self, participation: &Participation) -> Result<(), Rejection> {
        let rules = &participation.depositors;
        let rule = rules.iter().find(|rule| rule.kind == self.depositor);
        let accepted = rules.is_empty() || rule.is_some();
        ensure(accepted, || Code::DepositorNotAccepted.on("depositor").with(self.depositor.code()))?;
        let said = self.complement.is_some() || !rule.is_some_and(|rule| rule.complement_needed);
        ensure(said, || Code::ComplementMissing.on("complement"))?;
        self.complement.as_ref().map_or(Ok(()), |text| check_text("complement", text, 1, 200))
    }

    fn check_attachments(&self, most: u8) -> Result<(), Rejection> {
        let refused = |why: String| Code::AttachmentRefused.on("attachments").with(why);
        ensure(self.attachments.len() <= usize::from(most), || refused(format!("{most} max")))?;
        let mut seen = BTreeSet::new();
        for Attachment { name, digest, bytes, .. } in &self.attachments {
            check_text("attachments", name, 0, 200)?;
            check_file("attachments", digest, *bytes)?;
            let Some(digest) = digest.get() else { continue };
            ensure(seen.insert(digest), || Code::DuplicateEntry.on("attachments").with(digest))?;
        }
        Ok(())
    }
}

/// Refuses a file whose size or digest can't be one's.
pub(crate) fn check_file(field: &str, digest: &Hidden<String>, bytes: u32) -> Result<(), Rejection> {
    let refused = |why: String| Code::AttachmentRefused.on(field).with(why);
    let fits = (1..=MAX_ATTACHMENT_BYTES).contains(&bytes);
    ensure(fits, || refused(format!("1 – {MAX_ATTACHMENT_BYTES} bytes")))?;
    // A removed digest can't be checked any more.
    let hexadecimal = digest.get().is_none_or(|digest| {
        digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    });
    ensure(hexadecimal, || refused("SHA-256".into()))
}

/// Refuses an amount below zero or above [`MAX_COST_CENTS`].
pub(crate) fn check_amount(field: &str, cents: Cents) -> Result<(), Rejection> {
    let fits = (0..=MAX_COST_CENTS).contains(&cents.get());
    ensure(fits, || Code::AmountOutOfRange.on(field).with("1 000 000 000.00"))
}
