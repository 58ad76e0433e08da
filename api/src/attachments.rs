//! Files of proposals and sites, given out to those who may see them: `GET /attachments/<digest>`.
//!
//! Owns whose file it is that one of them names, and which files are named at all. Who may see one:
//! `graphql/types/deposit.rs`. How files come in: `sending.rs`; when they go: `retention.rs`.

use crate::graphql::request::View;
use crate::graphql::types::deposit::is_shown;
use crate::http::{Refusal, refuse};
use crate::read_model::{ReadModel, Version};
use crate::sending::{tame, uploads_refused, vault_refused};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use commands::Clock;
use domain::Role;
use domain::proposal::{Attachment, MediaType};
use domain::site::File;
use doors::Identity;
use projections::sites::SiteRow;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use transparency::Leaf;
use uploads::Uploads;
use vault::{PersonId, Session, Vault};

/// What the route needs.
#[derive(Clone)]
pub(crate) struct Attachments {
    pub(crate) vault: Vault,
    pub(crate) files: Uploads,
    pub(crate) read_model: Arc<ReadModel>,
    pub(crate) clock: Clock,
}

/// Who keeps the files that sites show: the city, also when the agent who sent one is erased. No person has
/// such an id.
pub(crate) const OF_SITES: &str = "sites";

/// The digests of all files that some proposal or site names as it stands now, in any campaign.
pub(crate) fn named(version: &Version) -> BTreeSet<String> {
    let views = || version.campaigns.values();
    let rows = views().flat_map(|view| view.model.proposals.rows());
    let files = rows.flat_map(|row| &row.deposit.attachments).map(|file| &file.digest);
    let sites = views().flat_map(|view| view.model.sites.rows());
    let of_sites = sites.flat_map(|row| of_site(row).map(|(_, file)| &file.digest).collect::<Vec<_>>());
    files.chain(of_sites).filter_map(|digest| digest.get().cloned()).collect()
}

/// The files that a site shows, with the positions of the events that name them.
fn of_site(row: &SiteRow) -> impl Iterator<Item = (u64, &File)> {
    let photos = row.photos().into_iter().map(|photo| (photo.moment.position, photo.file));
    photos.chain(row.documents().into_iter().map(|document| (document.moment.position, document.file)))
}

/// A file that may be shown: what it is, and the events that name it with the roles of their authors.
struct Found<'a> {
    view: &'a View,
    media_type: MediaType,
    said: Vec<(u64, Role)>,
    of_city: bool,
}

/// Whether a proposal that is being written names this file; its form: `graphql/mutations/draft.rs`.
pub(crate) fn in_draft(draft: &Value, upload: &str) -> bool {
    let files = draft.get("attachments").and_then(Value::as_array).into_iter().flatten();
    files.filter_map(|file| file.get("upload")).any(|one| one.as_str() == Some(upload))
}

/// A file of a proposal. A picture may be shown in a page; a document is to be saved.
pub(crate) async fn show(
    State(state): State<Attachments>,
    identity: Option<Extension<Identity>>,
    Path(digest): Path<String>,
) -> Response {
    let session = identity.map(|Extension(Identity(session))| session);
    match state.given_out(session.as_deref(), &digest).await {
        Ok(answer) => answer,
        Err(refusal) => refuse(&refusal),
    }
}

impl Attachments {
    async fn given_out(&self, session: Option<&Session>, digest: &str) -> Result<Response, Refusal> {
        let version = self.read_model.current();
        let found = self.in_proposal(&version, session, digest).or_else(|| in_site(&version, digest));
        let Some(found) = found else { return Err(unknown()) };
        let (media, disposition) = match found.media_type {
            MediaType::Jpeg => ("image/jpeg", "inline"),
            MediaType::Png => ("image/png", "inline"),
            MediaType::Pdf => ("application/pdf", "attachment"),
        };
        let senders = self.senders(&found).await?;
        let keepers = senders.iter().map(|person| person.as_str().to_owned());
        for keeper in keepers.chain(found.of_city.then(|| OF_SITES.to_owned())) {
            let (files, name) = (self.files.clone(), digest.to_owned());
            let read = tokio::task::spawn_blocking(move || files.read(&keeper, &name));
            match read.await.map_err(|_| Refusal::Internal)? {
                // It may be taken out of view at any time, so whoever keeps it asks again.
                Ok(bytes) => {
                    return Ok((tame(media, disposition), [(CACHE_CONTROL, "no-cache")], bytes).into_response());
                }
                Err(uploads::Error::Unknown) => {}
                Err(error) => return Err(uploads_refused(&error)),
            }
        }
        Err(unknown())
    }

    /// A proposal that names this file and shows it to whoever asks.
    fn in_proposal<'a>(&self, version: &'a Version, session: Option<&Session>, digest: &str) -> Option<Found<'a>> {
        let now = self.clock.now();
        let is = |file: &&Attachment| file.digest.get().is_some_and(|one| one == digest);
        version.campaigns.values().find_map(|view| {
            view.model.proposals.rows().find_map(|row| {
                let file = row.deposit.attachments.iter().find(is)?;
                let shown = is_shown(view, row, file, session, now);
                // Who sent it wrote a version that names it: the first one first.
                let versions =
                    || row.versions().into_iter().filter(|one| one.content.attachments.iter().any(|one| is(&one)));
                let said = || versions().map(|one| (one.moment.position, one.by)).collect();
                shown.then(|| Found { view, media_type: file.media_type, said: said(), of_city: false })
            })
        })
    }

    async fn senders(&self, found: &Found<'_>) -> Result<Vec<PersonId>, Refusal> {
        let mut people = Vec::new();
        for (position, by) in &found.said {
            let read = self.read_model.store().read(found.view.log, *position, 1).await;
            let events = read.map_err(|error| failed(error.code(), &error))?;
            for event in events {
                let leaf = Leaf::parse(&event.leaf).map_err(|error| failed(error.code(), &error))?;
                let person = match by {
                    Role::Citizen => self.vault.person_of_pseudonym(&found.view.code, &leaf.actor.id).await,
                    _ => self.vault.person_of_agent(&leaf.actor.id).await,
                };
                people.extend(person.map_err(|error| vault_refused(&error))?);
            }
        }
        people.dedup();
        Ok(people)
    }
}

/// A site that shows this file: to everybody.
fn in_site<'a>(version: &'a Version, digest: &str) -> Option<Found<'a>> {
    version.campaigns.values().find_map(|view| {
        view.model.sites.rows().find_map(|row| {
            let (position, file) = of_site(row).find(|(_, file)| file.digest.get().is_some_and(|one| one == digest))?;
            let said = vec![(position, Role::Coordinator)];
            Some(Found { view, media_type: file.media_type, said, of_city: true })
        })
    })
}

fn failed(code: &str, error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(code, "the event that names a file can't be read: {error}");
    Refusal::Internal
}

fn unknown() -> Refusal {
    let message =
        "no proposal or site that you may see has such a file: its `attachments` or `photos` give the addresses"
            .to_owned();
    Refusal::Declined { status: StatusCode::NOT_FOUND, code: "ATTACHMENT_UNKNOWN", message }
}
