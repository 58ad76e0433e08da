//! Sites brought up to date by a city's works software: `POST /sites/<campaign>/update`, a table as its body.
//!
//! Owns who may send one, and the answer in JSON. With `?dry-run` nothing is written and everything is
//! told; otherwise all of it is carried out, or nothing. What a table changes: `site_bulk.rs`.

use crate::error::Fault;
use crate::http::{Refusal, refuse};
use crate::read_model::ReadModel;
use crate::site_bulk::{self, Asker, Changed};
use crate::site_csv::{self, MOST_BYTES};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use commands::{Executor, Request};
use domain::permission::{Permission, Scope as Bounds};
use domain::rejection::Language;
use domain::{Actor, Role};
use doors::Identity;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use transparency::Hash;
use uuid::{Builder, Uuid};
use vault::{Scope, Session};

/// What the route needs.
#[derive(Clone)]
pub(crate) struct Updating {
    pub(crate) executor: Executor,
    pub(crate) read_model: Arc<ReadModel>,
}

/// The route. A table of one byte too many is still read, and refused with its own code.
pub(crate) fn routes(updating: Updating) -> Router {
    let most = DefaultBodyLimit::max(MOST_BYTES.saturating_add(1));
    Router::new().route("/sites/{campaign}/update", post(update)).layer(most).with_state(updating)
}

/// What stands behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// `?dry-run`, with any value but `false`.
    #[serde(default, rename = "dry-run")]
    dry_run: Option<String>,
    /// `?lang=fr` or `?lang=en`.
    #[serde(default)]
    lang: Option<String>,
}

/// What a table came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    dry_run: bool,
    written: bool,
    changes: Vec<Changed>,
    errors: Vec<site_csv::Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Written>,
}

/// Where it stands in the log.
#[derive(Debug, Serialize)]
struct Written {
    first: Option<u64>,
    last: Option<u64>,
}

/// `POST /sites/<campaign>/update`.
async fn update(
    State(state): State<Updating>,
    identity: Option<Extension<Identity>>,
    Path(campaign): Path<String>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let session = identity.map(|Extension(Identity(session))| session);
    match state.taken(session.as_deref(), &campaign, &wish, &headers, &body).await {
        Ok(answer) => answer,
        Err(refusal) => refuse(&refusal),
    }
}

fn declined(status: StatusCode, fault: &Fault) -> Refusal {
    Refusal::Declined { status, code: fault.code(), message: fault.to_string() }
}

impl Updating {
    async fn taken(
        &self,
        session: Option<&Session>,
        campaign: &str,
        wish: &Wish,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Response, Refusal> {
        let session = session.ok_or_else(|| declined(StatusCode::UNAUTHORIZED, &Fault::SignInNeeded))?;
        if !session.agent || session.scopes.as_ref().is_some_and(|scopes| !scopes.contains(&Scope::Agent)) {
            return Err(declined(StatusCode::FORBIDDEN, &Fault::ScopeMissing(Scope::Agent.code())));
        }
        let version = self.read_model.current();
        let view = version.campaign(campaign).map(Arc::clone).ok_or_else(|| Refusal::Declined {
            status: StatusCode::NOT_FOUND,
            code: "UNKNOWN_CAMPAIGN",
            message: "there is no such campaign here".to_owned(),
        })?;
        let at = self.executor.clock().now().ok_or(Refusal::Internal)?;
        let roles = &view.model.campaign.roles;
        let role = roles.role_for(&session.agent_id, Permission::PlanMilestone, Bounds::default(), at);
        let missing = || Fault::PermissionMissing(Permission::PlanMilestone.code());
        let role: Role = role.ok_or_else(|| declined(StatusCode::FORBIDDEN, &missing()))?;
        let actor = Actor::new(session.agent_id.clone(), role);
        let dry_run = wish.dry_run.as_deref().is_some_and(|said| said != "false");
        let language = if wish.lang.as_deref() == Some("en") { Language::English } else { Language::French };
        let key = headers.get("idempotency-key").map(|key| key.as_bytes());
        let command_id = key.map_or_else(|| self.executor.entropy().uuid(), |key| named(campaign, session, key));

        let (table, asking) = (body.clone(), actor.clone());
        let read = tokio::task::spawn_blocking(move || {
            let asker = Asker { actor: &asking, at, language };
            let outcome = site_bulk::outcome(&view.code, &view.model, &table, &asker);
            drop(view);
            outcome
        });
        let outcome = read.await.map_err(|_| Refusal::Internal)?;
        let (changes, mut errors) = (outcome.changes, outcome.faults);
        let mut receipt = None;
        if errors.is_empty() && !dry_run && !outcome.commands.is_empty() {
            let request = Request { command_id, actor, commands: outcome.commands };
            match self.executor.execute(campaign, request).await {
                // The key names a table that was carried out, and this one would still change something.
                Ok(done) if done.replayed => {
                    return Err(failed(&commands::Error::CommandIdReused(command_id.to_string())));
                }
                Ok(done) => {
                    if let Some(last) = done.last {
                        // Whoever looks next sees it.
                        self.read_model.wait_for(campaign, last).await.map_err(|_| Refusal::Internal)?;
                    }
                    receipt = Some(Written { first: done.first, last: done.last });
                }
                // Somebody changed a site since it was read: the table is looked at anew when it comes again.
                Err(commands::Error::Rejected(no)) => errors.push(site_csv::Fault {
                    line: 0,
                    field: no.field.clone().unwrap_or_default(),
                    code: no.code.as_str().to_owned(),
                    message: no.message(language),
                }),
                Err(error) => return Err(failed(&error)),
            }
        }
        let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let answer = Answer { dry_run, written: receipt.is_some(), changes, errors, receipt };
        Ok((status, Json(answer)).into_response())
    }
}

/// The id of the command that a client names by a key of its own: two agents never share one.
fn named(campaign: &str, session: &Session, key: &[u8]) -> Uuid {
    let parts = [b"parvis.sites/v1\n", campaign.as_bytes(), b"\n", session.agent_id.as_bytes(), b"\n", key];
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = Hash::of(&parts).0;
    Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid()
}

fn failed(error: &commands::Error) -> Refusal {
    let conflict = |code, message: String| Refusal::Declined { status: StatusCode::CONFLICT, code, message };
    match error {
        commands::Error::Conflict { .. } | commands::Error::CommandIdReused(_) => {
            conflict(error.code(), error.to_string())
        }
        other => {
            tracing::error!(code = other.code(), "a table of sites could not be carried out: {other}");
            Refusal::Internal
        }
    }
}
