//! The door: GraphQL over HTTP at `/graphql`, as the September 2025
//! specification wants it.
//!
//! Owns the order of the checks, the time limit and what a cache may keep. It
//! must not know the schema nor the read model: `begin` hands it one version of
//! the model per request. Reading requests: `http/request.rs`; writing answers:
//! `http/answer.rs`; refusals and their codes: `http/refusal.rs`; the documents
//! clients sent once and name afterwards: `http/documents.rs`.

mod answer;
mod documents;
mod gate;
mod labels;
mod media;
mod observe;
mod refusal;
mod request;
mod spread;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::typed::{nfc, nfc_in};
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Value, Variables};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;

use crate::telemetry::trace;
use crate::{explorer, metrics};
pub(crate) use answer::{RETRY_AFTER_MS, already_held};
use documents::Documents;
use doors::{Allowance, TooMany};
pub(crate) use gate::{Gate, Place};
use labels::Labels;
use media::Media;
pub(crate) use observe::{Observer, observe};
pub use refusal::Refusal;
use request::{Asked, Operation};
use tokio::time::Instant;

/// What one request may cost before the schema's own limit (cost) applies.
/// The schema must not limit depth below 20 itself: async-graphql counts
/// introspection too, and tools could no longer read the schema.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest body, and largest query string of a GET, in bytes.
    pub body_bytes: usize,
    /// Most lexical tokens (GraphQL specification, section 2.1.6) in a document.
    pub tokens: usize,
    /// Most brackets of any kind open at once; the parser recurses on them.
    pub nesting: usize,
    /// Most selections in a document once its fragments are spread.
    pub selections: usize,
    /// Deepest nesting of fields, introspection aside.
    pub depth: usize,
    /// Most fields at the root of an operation.
    pub root_fields: usize,
    /// Most aliases at one level of a selection.
    pub aliases: usize,
    /// Longest execution, in milliseconds.
    pub time_ms: u64,
    /// Room for documents named by their SHA-256, in bytes; the oldest leave first.
    pub documents_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            tokens: 2_000,
            nesting: 64,
            selections: 2_000,
            depth: 10,
            root_fields: 10,
            aliases: 15,
            time_ms: 3_000,
            documents_bytes: 4 * 1024 * 1024,
        }
    }
}

/// What a request is answered from, taken once when the request begins.
pub struct Began {
    /// Names everything outside the request that the answer depends on: the
    /// version of the read model. Part of the entity tag. None for whoever signed
    /// in: their answers may hold what no version names, and are never cached.
    pub version: Option<String>,
    /// What resolvers find through `Context::data`.
    pub data: Data,
    /// Gives `extensions.parvis`; called once the operation has been executed,
    /// so that a mutation can report the position it was written at.
    pub report: Box<dyn FnOnce() -> Value + Send>,
}

/// Takes the version a request reads, or declines the request
/// ([`Refusal::Declined`]: unknown token, too many requests, not ready yet).
pub type Begin = dyn Fn(&Parts) -> Result<Began, Refusal> + Send + Sync;

/// A schema behind `/graphql`.
pub struct Door<E> {
    schema: E,
    begin: Box<Begin>,
    limits: Limits,
    documents: Mutex<Documents>,
    labels: Mutex<Labels>,
}

/// What ran, told to the layers around the door with the answer.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// The label of the document.
    pub(crate) label: String,
}

impl<E: Executor> Door<E> {
    /// Puts `schema` behind a door with the given limits.
    pub fn new(
        schema: E,
        limits: Limits,
        begin: impl Fn(&Parts) -> Result<Began, Refusal> + Send + Sync + 'static,
    ) -> Self {
        let documents = Mutex::new(Documents::new(limits.documents_bytes));
        Self { schema, begin: Box::new(begin), limits, documents, labels: Mutex::default() }
    }

    /// The routes: `/graphql`, and `/explorer/…` for the page a browser gets there.
    pub fn router(self) -> Router {
        let body_bytes = self.limits.body_bytes;
        Router::new()
            .route("/graphql", axum::routing::any(enter::<E>))
            .layer(DefaultBodyLimit::max(body_bytes))
            .with_state(Arc::new(self))
            .merge(explorer::router())
    }

    async fn answer(
        &self,
        media: Media,
        parts: &Parts,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Response, Refusal> {
        let safe = parts.method != Method::POST;
        let asked = match parts.method {
            Method::GET | Method::HEAD => Asked::from_url(&parts.uri, &self.limits)?,
            Method::POST => Asked::from_body(&parts.headers, body, &self.limits)?,
            _ => return Err(Refusal::MethodNotAllowed),
        };
        let document = self.documents().find(&asked)?;
        documents::weigh(&document, &self.limits)?;
        let began = (self.begin)(parts)?;

        // Before parsing: only an answer without error ever carried this tag.
        let version = began.version.as_deref().filter(|_| safe);
        let tag = version.map(|version| answer::entity_tag(&document, &asked, media, version, &parts.headers));
        if let Some(tag) = tag.as_deref().filter(|tag| answer::already_held(tag, &parts.headers)) {
            return Ok(answer::not_modified(tag, &parts.headers));
        }

        let mut asked = asked;
        asked.variables.values_mut().for_each(nfc_in);
        let mut request = Request::new(nfc(document.to_string()));
        let operation = request::check_operation(&mut request, &asked, &self.limits)?;
        let kind = operation.as_ref().map(|operation| operation.kind);
        match kind {
            Some(OperationType::Mutation) if safe => return Err(Refusal::MutationOverGet),
            Some(OperationType::Subscription) => return Err(Refusal::Subscription),
            // The path alone doesn't tell the doors that this writes.
            Some(OperationType::Mutation) => {
                if let Some(allowance) = parts.extensions.get::<Allowance>() {
                    allowance.write().map_err(|TooMany { after_s }| Refusal::RateLimited { after_s })?;
                }
            }
            Some(OperationType::Query) | None => {}
        }
        request.operation_name = asked.operation_name;
        request.variables = Variables::from_json(asked.variables.into());
        request.data = began.data;
        let started = Instant::now();
        let place = parts.extensions.get::<Place>().cloned();
        let executed = self.execute(request, kind == Some(OperationType::Mutation), place).await;
        let ran = self.count(operation, &executed, started.elapsed());
        let mut response = executed?;
        response.extensions.insert("parvis".to_owned(), (began.report)());
        if let Some(name) = asked.document_name
            && !answer::never_ran(&response)
        {
            self.documents().keep(name, document);
        }
        let mut written = answer::write(response, media, tag, &parts.headers)?;
        written.extensions_mut().insert(ran);
        Ok(written)
    }

    /// Counts an operation that was handed to the schema, under its label.
    fn count(
        &self,
        operation: Option<Operation>,
        executed: &Result<async_graphql::Response, Refusal>,
        took: Duration,
    ) -> Ran {
        let (kind, label) = match operation {
            Some(Operation { kind: OperationType::Mutation, label }) => ("mutation", label),
            Some(Operation { label, .. }) => ("query", label),
            None => ("invalid", String::new()),
        };
        let ran = executed.as_ref().is_ok_and(|response| !answer::never_ran(response));
        let label = self.labels.lock().unwrap_or_else(PoisonError::into_inner).of(label, ran);
        let outcome = match executed {
            Ok(response) if response.errors.is_empty() => "ok",
            Ok(_) if !ran => "refused",
            Ok(response) if response.errors.iter().any(answer::is_busy) => "busy",
            Ok(_) => "errors",
            Err(refusal) if *refusal == Refusal::Internal => "fault",
            Err(_) => "timeout",
        };
        metrics::operation(&label, kind, outcome, took);
        Ran { label }
    }

    /// Runs in a task of its own, so that the limit holds for resolvers that
    /// never yield and a client that hangs up does not cut a command in two. It
    /// keeps its place until it is done, whoever still listens.
    async fn execute(
        &self,
        request: Request,
        mutation: bool,
        place: Option<Place>,
    ) -> Result<async_graphql::Response, Refusal> {
        let schema = self.schema.clone();
        let mut task = tokio::spawn(trace::carried(async move {
            let response = schema.execute(request).await;
            drop(place);
            response
        }));
        match tokio::time::timeout(Duration::from_millis(self.limits.time_ms), &mut task).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(failure)) => {
                tracing::error!(%failure, "a resolver stopped");
                Err(Refusal::Internal)
            }
            Err(_) if mutation => Err(Refusal::MutationTimeout { time_ms: self.limits.time_ms }),
            Err(_) => {
                task.abort();
                Err(Refusal::Timeout { time_ms: self.limits.time_ms })
            }
        }
    }

    // Each change to the documents is one call that leaves them whole.
    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn enter<E: Executor>(
    State(door): State<Arc<Door<E>>>,
    parts: Parts,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (refusal, media) = match Media::wanted(&parts) {
        Err(refusal) => (refusal, Media::Json),
        Ok(Media::Html) => return explorer::page(),
        Ok(media) => match door.answer(media, &parts, body).await {
            Ok(response) => return response,
            Err(refusal) => (refusal, media),
        },
    };
    metrics::refusal(refusal.code());
    answer::refuse(&refusal, media)
}

/// The answer to a request that another route than the door's refuses, in the same form.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    metrics::refusal(refusal.code());
    // The status tells, whatever the client says it accepts.
    answer::refuse(refusal, Media::GraphQlResponse)
}

/// The answer to everything while the logs are still being read.
pub(crate) async fn starting() -> Response {
    answer::refuse(&Refusal::Starting, Media::Json)
}
