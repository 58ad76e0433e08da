//! What a depositor filled in, piece by piece: place, files, former versions.
//!
//! Owns who is given which file. The bytes themselves: `api/src/attachments.rs`.

use super::area::{Theme, given};
use super::enums::{DepositorKind, Role};
use super::place::{Moment, Point};
use super::scalars::{Amount, Position, Sha256};
use crate::graphql::request::View;
use async_graphql::{Enum, SimpleObject};
use domain::Timestamp;
use domain::permission::{Permission, Scope as Bounds};
use domain::proposal::{Attachment as Attached, Deposit, MediaType};
use projections::proposals::ProposalRow;
use projections::versions::VersionRow;
use vault::{Hat, Scope, Session};

/// The address of a place.
#[derive(SimpleObject, Clone, Debug)]
pub struct Address {
    /// Street and number; null when removed, and while the proposal isn't public.
    pub text: Option<String>,
    /// The postcode.
    pub postcode: String,
}

/// What a file is, by its content.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::proposal::MediaType", name = "AttachmentType")]
pub enum AttachmentType {
    /// A picture, `image/jpeg`.
    Jpeg,
    /// A picture, `image/png`.
    Png,
    /// A document, `application/pdf`.
    Pdf,
}

/// A file of a proposal (`pièce jointe`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Attachment {
    /// Its name or what it shows; null when removed.
    pub name: Option<String>,
    /// What it is.
    pub media_type: AttachmentType,
    /// Its size in bytes.
    pub bytes: u32,
    /// SHA-256 of its bytes.
    pub digest: Sha256,
    /// Where it is, on this server.
    pub url: String,
}

impl Attachment {
    /// None where the file was removed.
    pub(crate) fn of(attached: &Attached) -> Option<Self> {
        let digest = attached.digest.get()?;
        Some(Self {
            name: attached.name.get().cloned(),
            media_type: attached.media_type.into(),
            bytes: attached.bytes,
            digest: Sha256(digest.parse().ok()?),
            url: format!("/attachments/{digest}"),
        })
    }
}

/// Whether a file of a proposal is given to whoever asks: to everybody where the proposal is public and,
/// for a picture, its author agreed; else to its authors and to agents who read what isn't public. `view`
/// is the campaign as it stands now, by which rights are judged.
pub(crate) fn is_shown(
    view: &View,
    row: &ProposalRow,
    attached: &Attached,
    session: Option<&Session>,
    now: Option<Timestamp>,
) -> bool {
    let picture = matches!(attached.media_type, MediaType::Jpeg | MediaType::Png);
    if row.is_public() && (!picture || row.deposit.consents.images) {
        return true;
    }
    let Some(session) = session else { return false };
    let covers = |scope| session.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope));
    if covers(Scope::ReadOwn) && row.is_by(&session.pseudonym(&view.code, Hat::Participant)) {
        return true;
    }
    let permission = if row.is_public() { Permission::ReadUnpublished } else { Permission::Moderate };
    let role = |now| view.model.campaign.roles.role_for(&session.agent_id, permission, Bounds::default(), now);
    session.agent && covers(Scope::Agent) && now.and_then(role).is_some()
}

/// A version of a proposal (`version`).
#[derive(SimpleObject, Clone, Debug)]
pub struct ProposalVersion {
    /// Its number, from 1.
    pub number: Position,
    /// When it was written.
    pub moment: Moment,
    /// In which role.
    pub role: Role,
    /// The fields that are others than in the version before; none of the first.
    pub changed: Vec<String>,
    /// The title then; null when removed.
    pub title: Option<String>,
    /// What it was about then; null when removed.
    pub description: Option<String>,
    /// The author's public name then; null when removed.
    pub author_name: Option<String>,
    /// Who deposited then.
    pub depositor: DepositorKind,
    /// Which association, council or collective then; null when not said, and when removed.
    pub complement: Option<String>,
    /// The theme then.
    pub theme: Theme,
    /// The code of the area then.
    pub area: String,
    /// Where, then.
    pub point: Option<Point>,
    /// Whether people with disabilities were thought of.
    pub accessible: bool,
    /// How; null when not said, and when removed.
    pub accessibility: Option<String>,
    /// What its author thought it costs.
    pub estimate: Option<Amount>,
    /// What its author thought it costs every year.
    pub running: Option<Amount>,
}

impl ProposalVersion {
    pub(crate) fn of(view: &View, row: VersionRow<Deposit>) -> Self {
        let deposit = row.content;
        let text = |text| given(text).map(str::to_owned);
        Self {
            number: Position(row.number),
            moment: row.moment.into(),
            role: row.by.into(),
            changed: row.changed.iter().map(|name| field(name)).collect(),
            title: text(Some(&deposit.title)),
            description: text(Some(&deposit.description)),
            author_name: text(Some(&deposit.author_name)),
            depositor: deposit.depositor.into(),
            complement: text(deposit.complement.as_ref()),
            theme: Theme::of(view, &deposit.theme),
            area: deposit.area.to_string(),
            point: deposit.point.map(Into::into),
            accessible: deposit.accessible,
            accessibility: text(deposit.accessibility.as_ref()),
            estimate: deposit.estimate_cents.map(Amount),
            running: deposit.running_cents.map(Amount),
        }
    }
}

/// The name of a field as this API has it: `estimate_cents` is `estimate`, `author_name` is `authorName`.
fn field(name: &str) -> String {
    let mut words = name.strip_suffix("_cents").unwrap_or(name).split('_');
    let mut field = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        field.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        field.push_str(letters.as_str());
    }
    field
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_have_the_names_of_the_api() {
        let names = ["title", "author_name", "estimate_cents"].map(field);
        assert_eq!(names, ["title", "authorName", "estimate"]);
    }
}
