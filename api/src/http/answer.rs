//! Writes answers: body, status, entity tag and what caches may do.
//!
//! Must not decide whether a request is answered (`http.rs`). Statuses: GraphQL
//! over HTTP (September 2025), "Status Codes"; conditional requests: RFC 9110,
//! section 13.1.2; caching: RFC 9111.

use async_graphql::{ErrorExtensionValues, Name, PathSegment, ServerError};
use axum::http::header::{
    ACCEPT_LANGUAGE, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, RETRY_AFTER, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Refusal;
use super::media::Media;
use super::request::Asked;
use crate::telemetry::trace;

/// What an error says that a client may come back from, in milliseconds (`error.rs`).
pub(crate) const RETRY_AFTER_MS: &str = "retryAfterMs";

/// Data together with errors: the status the specification recommends, which
/// lets monitoring see failed fields without reading bodies.
const PARTIAL_SUCCESS: u16 = 294;

/// The tag of the answer to a GET: everything that the answer depends on.
pub(super) fn entity_tag(document: &str, asked: &Asked, media: Media, version: &str, headers: &HeaderMap) -> String {
    let language = headers.get(ACCEPT_LANGUAGE).map_or(&b""[..], HeaderValue::as_bytes);
    let operation = asked.operation_name.as_deref().unwrap_or("");
    let variables = Value::from(asked.variables.clone()).to_string();
    let mut hash = Sha256::new();
    let parts = [document.as_bytes(), operation.as_bytes(), variables.as_bytes(), language, version.as_bytes()];
    for part in parts.into_iter().chain([media.essence().as_bytes()]) {
        hash.update(format!("{}:", part.len())); // so that no two lists of parts give the same bytes
        hash.update(part);
    }
    // Weak: a compressing proxy may change the bytes, not the meaning.
    format!("W/\"{}\"", hex::encode(hash.finalize().iter().take(16).copied().collect::<Vec<u8>>()))
}

/// Whether the client already holds the answer with this tag.
pub(crate) fn already_held(tag: &str, headers: &HeaderMap) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|held| held.trim() == "*" || opaque(held) == opaque(tag))
}

/// 304, for a client that holds the answer.
pub(super) fn not_modified(tag: &str, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    let cacheable = cacheable(headers);
    put_cache_headers(&mut response, Some(tag), cacheable);
    response
}

/// Whether the request was refused before execution: then there is no data at
/// all, and some error has no path (an error of a field always has one).
pub(super) fn never_ran(response: &async_graphql::Response) -> bool {
    response.data == async_graphql::Value::Null && response.errors.iter().any(|error| error.path.is_empty())
}

/// Writes what the schema answered; `tag` is given for a GET.
pub(super) fn write(
    mut response: async_graphql::Response,
    media: Media,
    tag: Option<String>,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let refused = never_ran(&response);
    response.errors.iter_mut().for_each(|error| add_code(error, refused));
    response.errors.iter().for_each(|error| put_null(&mut response.data, &error.path));
    let schema_headers = std::mem::take(&mut response.http_headers);
    let retry_after = response.errors.iter().filter_map(retry_after).max();
    let status = match media {
        Media::Json => StatusCode::OK,
        Media::GraphQlResponse | Media::Html if refused => StatusCode::BAD_REQUEST,
        Media::GraphQlResponse | Media::Html if response.errors.is_empty() => StatusCode::OK,
        Media::GraphQlResponse | Media::Html => StatusCode::from_u16(PARTIAL_SUCCESS).map_err(|_| Refusal::Internal)?,
    };
    // A request refused before execution has no data entry, not even null
    // (GraphQL specification, section 7.1); async-graphql always writes one.
    let body = if refused {
        serde_json::to_vec(&json!({ "errors": response.errors, "extensions": response.extensions }))
    } else {
        serde_json::to_vec(&response)
    };
    let mut written = with_body(status, media, body.map_err(|_| Refusal::Internal)?);
    written.headers_mut().extend(schema_headers);
    if let Some(seconds) = retry_after {
        written.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let tag = tag.filter(|_| response.errors.is_empty());
    put_cache_headers(&mut written, tag.as_deref(), cacheable(headers));
    Ok(written)
}

/// Whether the store had no room for a command.
pub(super) fn is_busy(error: &ServerError) -> bool {
    error.extensions.as_ref().and_then(|extensions| extensions.get("code")) == Some(&"BUSY".into())
}

/// When to come again, in seconds rounded up, if the error says so.
fn retry_after(error: &ServerError) -> Option<u64> {
    match error.extensions.as_ref()?.get(RETRY_AFTER_MS)? {
        async_graphql::Value::Number(ms) => ms.as_u64().map(|ms| ms.div_ceil(1_000)),
        _ => None,
    }
}

/// Writes a refusal of the door itself.
pub(super) fn refuse(refusal: &Refusal, media: Media) -> Response {
    let mut extensions = json!({ "code": refusal.code() });
    if let Some(trace) = trace::current().filter(|_| refusal.is_fault()) {
        extensions["traceId"] = trace.to_string().into();
    }
    if let Refusal::Busy { retry_after_ms } = refusal {
        extensions[RETRY_AFTER_MS] = (*retry_after_ms).into();
    }
    let error = json!({ "message": refusal.to_string(), "extensions": extensions });
    let body = json!({ "errors": [error] }).to_string().into_bytes();
    let mut response = with_body(refusal.status(media), media, body);
    if let Some(allow) = refusal.allow() {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    }
    if let Some(seconds) = refusal.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    put_cache_headers(&mut response, None, Cacheable::Nowhere);
    response
}

fn with_body(status: StatusCode, media: Media, body: Vec<u8>) -> Response {
    let content_type = match media {
        Media::Json | Media::Html => "application/json; charset=utf-8",
        Media::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
    };
    (status, [(CONTENT_TYPE, content_type)], body).into_response()
}

#[derive(Clone, Copy)]
enum Cacheable {
    /// By anyone: the answer is the same for all who ask.
    Anywhere,
    /// By the client alone: it showed who it is.
    AtTheClient,
    Nowhere,
}

fn cacheable(headers: &HeaderMap) -> Cacheable {
    if headers.contains_key(AUTHORIZATION) || headers.contains_key(COOKIE) {
        Cacheable::AtTheClient
    } else {
        Cacheable::Anywhere
    }
}

// Only an answer with a tag may be kept: the others hold errors, or changed something.
fn put_cache_headers(response: &mut Response, tag: Option<&str>, cacheable: Cacheable) {
    let tag = tag.and_then(|tag| HeaderValue::from_str(tag).ok());
    let control = match (&tag, cacheable) {
        (Some(_), Cacheable::Anywhere) => "public, max-age=0, must-revalidate",
        (Some(_), Cacheable::AtTheClient) => "private, max-age=0, must-revalidate",
        (None, _) | (Some(_), Cacheable::Nowhere) => "no-store",
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(control));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language, Authorization, Cookie"));
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
}

/// Puts null where a field failed (GraphQL specification, section 6.4.4):
/// async-graphql leaves the field out of its object. It also never passes the
/// null on to a parent, so fields that can fail must be nullable in the schema.
fn put_null(data: &mut async_graphql::Value, path: &[PathSegment]) {
    use async_graphql::Value::{List, Null, Object};
    match (data, path) {
        (Object(fields), [PathSegment::Field(name)]) => drop(fields.entry(Name::new(name)).or_insert(Null)),
        (Object(fields), [PathSegment::Field(name), below @ ..]) => {
            if let Some(field) = fields.get_mut(name.as_str()) {
                put_null(field, below);
            }
        }
        (List(items), [PathSegment::Index(index), below @ ..]) => {
            if let Some(item) = items.get_mut(*index) {
                put_null(item, below);
            }
        }
        _ => {} // a parent is null already
    }
}

/// Gives a code to an error that came without: async-graphql sets none on what
/// it finds itself.
fn add_code(error: &mut ServerError, refused: bool) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_some() {
        return;
    }
    // These are told apart by the library's texts: it has nothing else.
    let code = match error.message.as_str() {
        "Query is too complex." => "QUERY_TOO_COSTLY",
        "Query is nested too deep." => "QUERY_TOO_DEEP",
        _ if refused => "DOCUMENT_INVALID",
        // A value of the right kind that its type refuses, such as a number out of range.
        text if text.starts_with("Failed to parse \"") => "INPUT_INVALID",
        _ => "FIELD_FAILED",
    };
    extensions.set("code", code);
}
