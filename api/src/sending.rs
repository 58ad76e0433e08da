//! Uploads that people send: taken in by what they are, never by what they are called.
//!
//! Owns the routes `/uploads`. What is accepted and how it is cleaned: crate `uploads`. A file belongs to
//! the person who sent it, is destroyed with the person, and is nobody else's until a proposal names it:
//! `attachments.rs`.

use crate::attachments::named;
use crate::error::Fault;
use crate::http::{Refusal, refuse};
use crate::read_model::ReadModel;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use doors::Identity;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Semaphore;
use uploads::Uploads;
use uploads::{Limits, MediaType};
use vault::{Kind, Scope, Session, Vault};

/// The most files that one person keeps which nothing names yet.
const MOST_FILES: usize = 20;
/// Pictures that are drawn anew at once; the next one is told to come again.
const AT_ONCE: usize = 2;
/// What stands around a file in a body: boundaries and headers.
const AROUND: usize = 8 * 1_024;

/// What the routes need.
#[derive(Clone)]
pub(crate) struct Sending {
    pub(crate) vault: Vault,
    pub(crate) files: Uploads,
    /// Which files are named.
    pub(crate) read_model: Arc<ReadModel>,
    /// Pictures that are drawn anew at once: each may take a second and 400 MB.
    pub(crate) drawing: Arc<Semaphore>,
}

impl Sending {
    pub(crate) fn new(vault: Vault, files: Uploads, read_model: Arc<ReadModel>) -> Self {
        Self { vault, files, read_model, drawing: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// The most bytes that a body may have.
pub(crate) fn most() -> DefaultBodyLimit {
    DefaultBodyLimit::max(Limits::default().bytes.saturating_add(AROUND))
}

/// `POST /uploads`: one file, as `multipart/form-data` in the field `file`.
pub(crate) async fn receive(
    State(state): State<Sending>,
    identity: Option<Extension<Identity>>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    match taken_in(&state, identity, form).await {
        Ok(answer) => answer,
        Err(refusal) => refuse(&refusal),
    }
}

async fn taken_in(
    state: &Sending,
    identity: Option<Extension<Identity>>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Refusal> {
    let session = sender(identity)?;
    let mut form = form.map_err(|_| malformed("send one file as multipart/form-data, in a field named file"))?;
    let field = form.next_field().await.map_err(|error| broken(&error))?;
    let field = field.filter(|field| field.name() == Some("file"));
    let Some(field) = field else { return Err(malformed("send one file, in a field named file")) };
    let name = field.file_name().unwrap_or_default().chars().take(200).collect::<String>();
    let bytes = field.bytes().await.map_err(|error| broken(&error))?;
    if form.next_field().await.map_err(|error| broken(&error))?.is_some() {
        return Err(malformed("send one file at a time"));
    }
    let kept = state.vault.list(&session.person, Kind::Upload).await.map_err(|error| vault_refused(&error))?;
    let named = named(&state.read_model.current());
    if kept.iter().filter(|entry| !named.contains(&entry.id)).count() >= MOST_FILES {
        let message = format!("{MOST_FILES} files wait to be named by a proposal: name them, or come again tomorrow");
        return Err(Refusal::Declined { status: StatusCode::CONFLICT, code: "UPLOADS_TOO_MANY", message });
    }
    let place = Arc::clone(&state.drawing).try_acquire_owned();
    let place = place.map_err(|_| Refusal::Busy { retry_after_ms: 1_000 })?;
    let (files, person) = (state.files.clone(), session.person.clone());
    let checked = tokio::task::spawn_blocking(move || {
        let _place = place;
        files.check_and_keep(person.as_str(), &bytes)
    });
    let kept = checked.await.map_err(|_| Refusal::Internal)?.map_err(|error| uploads_refused(&error))?;
    let value = json!({ "name": name, "media_type": kept.media_type.code(), "bytes": kept.bytes });
    let put = state.vault.put(&session.person, Kind::Upload, &kept.sha256, &value).await;
    put.map_err(|error| vault_refused(&error))?;
    let answer = json!({
        "digest": kept.sha256, "mediaType": kept.media_type.code(), "bytes": kept.bytes,
        "width": kept.width, "height": kept.height,
    });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// `GET /uploads/<digest>`: one's own file, to be saved, never run.
pub(crate) async fn show(
    State(state): State<Sending>,
    identity: Option<Extension<Identity>>,
    Path(digest): Path<String>,
) -> Response {
    match given_out(&state, identity, &digest).await {
        Ok(answer) => answer,
        Err(refusal) => refuse(&refusal),
    }
}

async fn given_out(state: &Sending, identity: Option<Extension<Identity>>, digest: &str) -> Result<Response, Refusal> {
    let session = sender(identity)?;
    let entry = state.vault.get(&session.person, Kind::Upload, digest).await.map_err(|error| vault_refused(&error))?;
    let missing = || Refusal::Declined {
        status: StatusCode::NOT_FOUND,
        code: "UPLOAD_UNKNOWN",
        message: "there is no such file among yours: the answer to its upload gives the digest".to_owned(),
    };
    let entry = entry.ok_or_else(missing)?;
    let media = entry
        .value
        .get("media_type")
        .and_then(|media| media.as_str())
        .and_then(|code| MediaType::ALL.into_iter().find(|media| media.code() == code));
    let media = media.ok_or_else(missing)?;
    let (files, person, name) = (state.files.clone(), session.person.clone(), digest.to_owned());
    let read = tokio::task::spawn_blocking(move || files.read(person.as_str(), &name));
    let bytes = read.await.map_err(|_| Refusal::Internal)?.map_err(|error| uploads_refused(&error))?;
    Ok((tame(media.code(), "attachment"), bytes).into_response())
}

/// Headers under which a file that somebody sent can't act.
pub(crate) fn tame(media: &'static str, disposition: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (CONTENT_TYPE, media),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
}

fn sender(identity: Option<Extension<Identity>>) -> Result<Arc<Session>, Refusal> {
    let declined = |status, fault: Fault| Refusal::Declined { status, code: fault.code(), message: fault.to_string() };
    let Some(Extension(Identity(session))) = identity else {
        return Err(declined(StatusCode::UNAUTHORIZED, Fault::SignInNeeded));
    };
    if session.scopes.as_ref().is_some_and(|scopes| !scopes.contains(&Scope::Participate)) {
        return Err(declined(StatusCode::FORBIDDEN, Fault::ScopeMissing(Scope::Participate.code())));
    }
    Ok(session)
}

fn malformed(message: &str) -> Refusal {
    Refusal::Declined { status: StatusCode::BAD_REQUEST, code: "UPLOAD_FORM", message: message.to_owned() }
}

fn broken(error: &MultipartError) -> Refusal {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("a file has at most {} bytes", Limits::default().bytes);
        return Refusal::Declined { status: error.status(), code: "UPLOAD_TOO_LARGE", message };
    }
    malformed("the form ends before its end: send it again")
}

pub(crate) fn uploads_refused(error: &uploads::Error) -> Refusal {
    match error {
        uploads::Error::Store { .. } => {
            tracing::error!(code = error.code(), "an upload could not be kept: {error}");
            Refusal::Internal
        }
        _ => Refusal::Declined {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: error.code(),
            message: error.to_string(),
        },
    }
}

pub(crate) fn vault_refused(error: &vault::Error) -> Refusal {
    tracing::error!(code = error.code(), "the vault failed: {error}");
    Refusal::Internal
}
