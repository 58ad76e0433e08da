//! What is kept about whoever asks, as one file (GDPR articles 15 and 20: access and portability).
//!
//! Owns the route `/me/data.json`: what the vault keeps, and every event of a public log that this person
//! wrote under a pseudonym. Must not be shown to anybody else, nor kept by a cache (`doors`).

use crate::error::Fault;
use crate::http::Refusal;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use doors::Identity;
use event_store::{LogId, Reader, Store};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use transparency::Leaf;
use vault::{Hat, Scope, Session, Vault};

/// What the route needs.
#[derive(Clone)]
pub(crate) struct Me {
    pub(crate) vault: Vault,
    pub(crate) store: Store,
}

/// The route.
pub(crate) async fn show(State(me): State<Me>, identity: Option<axum::Extension<Identity>>) -> Response {
    let Some(axum::Extension(Identity(session))) = identity else {
        return refused(StatusCode::UNAUTHORIZED, &Fault::SignInNeeded);
    };
    if session.scopes.as_ref().is_some_and(|scopes| !scopes.contains(&Scope::ReadOwn)) {
        return refused(StatusCode::FORBIDDEN, &Fault::ScopeMissing(Scope::ReadOwn.code()));
    }
    match everything(&me, &session).await {
        Ok(data) => {
            let headers =
                [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, "attachment; filename=\"parvis-me.json\"")];
            (headers, format!("{data:#}\n")).into_response()
        }
        Err(fault) => {
            tracing::error!(code = fault.code(), "personal data could not be put together: {fault}");
            crate::http::refuse(&Refusal::Internal)
        }
    }
}

fn refused(status: StatusCode, fault: &Fault) -> Response {
    crate::http::refuse(&Refusal::Declined { status, code: fault.code(), message: fault.to_string() })
}

async fn everything(me: &Me, session: &Session) -> Result<Value, Fault> {
    let mut campaigns = Vec::new();
    for head in me.store.logs().await? {
        let names = [
            session.pseudonym(&head.campaign, Hat::Participant),
            session.pseudonym(&head.campaign, Hat::Voter),
            session.agent_id.clone(),
        ];
        let (log, written) = (head.log_id, BTreeSet::from(names.clone()));
        let events = me.store.read_with(move |reader| Ok(written_by(reader, log, &written))).await??;
        let [participant, voter, _] = names;
        if !events.is_empty() {
            campaigns.push(
                json!({ "campaign": head.campaign, "participant": participant, "voter": voter, "events": events }),
            );
        }
    }
    let kept = me.vault.everything(&session.person).await?;
    Ok(json!({ "format": "parvis.me/v1", "vault": kept, "campaigns": campaigns }))
}

/// The events that somebody under one of these names wrote, with what was typed.
fn written_by(reader: &Reader, log: LogId, names: &BTreeSet<String>) -> Result<Vec<Value>, Fault> {
    let mut events = Vec::new();
    reader.for_each(log, 0, |stored| {
        let leaf = Leaf::parse(&stored.leaf).map_err(domain::RecordError::from)?;
        if names.contains(leaf.actor.id.as_ref()) {
            let event: Value = serde_json::from_str(&stored.leaf).map_err(|_| Fault::Internal("a leaf is no JSON"))?;
            let typed = stored.disclosed.iter().map(|value| json!({ "path": value.path, "value": value.value }));
            events.push(json!({ "event": event, "typed": typed.collect::<Vec<_>>() }));
        }
        Ok::<_, Fault>(())
    })?;
    Ok(events)
}
