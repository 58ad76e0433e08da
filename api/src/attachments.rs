//! Files of proposals, given out to those who may see them: `GET /attachments/<digest>`.
//!
//! Owns whose file it is that a proposal names, and which files are named at all. Who may see one:
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
use doors::Identity;
use projections::proposals::ProposalRow;
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

/// The digests of all files that some proposal names as it stands now, in any campaign.
pub(crate) fn named(version: &Version) -> BTreeSet<String> {
    let rows = version.campaigns.values().flat_map(|view| view.model.proposals.rows());
    let files = rows.flat_map(|row| &row.deposit.attachments);
    files.filter_map(|file| file.digest.get().cloned()).collect()
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
        let Some((view, row, file)) = self.find(&version, session, digest) else { return Err(unknown()) };
        let (media, disposition) = match file.media_type {
            MediaType::Jpeg => ("image/jpeg", "inline"),
            MediaType::Png => ("image/png", "inline"),
            MediaType::Pdf => ("application/pdf", "attachment"),
        };
        for person in self.senders(view, row, digest).await? {
            let (files, name) = (self.files.clone(), digest.to_owned());
            let read = tokio::task::spawn_blocking(move || files.read(person.as_str(), &name));
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
    fn find<'a>(
        &self,
        version: &'a Version,
        session: Option<&Session>,
        digest: &str,
    ) -> Option<(&'a View, &'a ProposalRow, &'a Attachment)> {
        let now = self.clock.now();
        version.campaigns.values().find_map(|view| {
            view.model.proposals.rows().find_map(|row| {
                let is = |file: &&Attachment| file.digest.get().is_some_and(|one| one == digest);
                let file = row.deposit.attachments.iter().find(is)?;
                is_shown(view, row, file, session, now).then_some((view, &**row, file))
            })
        })
    }

    /// Who sent the file: whoever wrote a version that names it, the first one first.
    async fn senders(&self, view: &View, row: &ProposalRow, digest: &str) -> Result<Vec<PersonId>, Refusal> {
        let names = |file: &Attachment| file.digest.get().is_some_and(|one| one == digest);
        let mut people = Vec::new();
        for version in row.versions().iter().filter(|version| version.content.attachments.iter().any(names)) {
            let read = self.read_model.store().read(view.log, version.moment.position, 1).await;
            let events = read.map_err(|error| failed(error.code(), &error))?;
            for event in events {
                let leaf = Leaf::parse(&event.leaf).map_err(|error| failed(error.code(), &error))?;
                let person = match version.by {
                    Role::Citizen => self.vault.person_of_pseudonym(&view.code, &leaf.actor.id).await,
                    _ => self.vault.person_of_agent(&leaf.actor.id).await,
                };
                people.extend(person.map_err(|error| vault_refused(&error))?);
            }
        }
        people.dedup();
        Ok(people)
    }
}

fn failed(code: &str, error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(code, "the event that names a file can't be read: {error}");
    Refusal::Internal
}

fn unknown() -> Refusal {
    let message = "no proposal that you may see has such a file: its `attachments` give the addresses".to_owned();
    Refusal::Declined { status: StatusCode::NOT_FOUND, code: "ATTACHMENT_UNKNOWN", message }
}
