//! Which pages of other origins may read answers (Fetch Standard, section 3.2).
//!
//! Owns the decision and its headers. Whether such a page may also change something: `csrf.rs`.

use crate::{Refusal, Settings};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    ORIGIN, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// The origins that may call.
#[derive(Clone, Debug)]
pub(crate) struct Cors {
    own: String,
    named: Vec<String>,
    everybody: bool,
}

/// What the answer to one request says to the browser of another origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leave {
    origin: Option<HeaderValue>,
    credentials: bool,
}

impl Cors {
    pub(crate) fn new(settings: &Settings) -> Self {
        let named = settings.cors_origins.iter().filter(|origin| *origin != "*").cloned().collect();
        let everybody = settings.cors_origins.iter().any(|origin| origin == "*");
        Self { own: settings.public_url.origin().ascii_serialization(), named, everybody }
    }

    /// Whether pages of this origin act with their visitors' cookies.
    pub(crate) fn trusts(&self, origin: &HeaderValue) -> bool {
        let origin = origin.as_bytes();
        origin == self.own.as_bytes() || self.named.iter().any(|named| named.as_bytes() == origin)
    }

    /// What this request's origin is granted; nothing for one that isn't configured.
    pub(crate) fn leave(&self, headers: &HeaderMap) -> Leave {
        match headers.get(ORIGIN) {
            Some(origin) if self.trusts(origin) => Leave { origin: Some(origin.clone()), credentials: true },
            Some(_) if self.everybody => Leave { origin: Some(HeaderValue::from_static("*")), credentials: false },
            Some(_) | None => Leave::default(),
        }
    }

    /// The answer to a preflight, when the request is one.
    pub(crate) fn preflight(&self, parts: &Parts) -> Option<Result<Response, Refusal>> {
        let asks = parts.headers.contains_key(ORIGIN) && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if parts.method != Method::OPTIONS || !asks {
            return None;
        }
        if self.leave(&parts.headers).origin.is_none() {
            return Some(Err(Refusal::Cors));
        }
        let headers = [
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "accept, accept-language, authorization, content-type, parvis-csrf"),
            (ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        Some(Ok((StatusCode::NO_CONTENT, headers).into_response()))
    }
}

impl Leave {
    pub(crate) fn put(&self, headers: &mut HeaderMap) {
        // Only this layer grants anything, whatever a page set.
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        headers.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = &self.origin else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let shown = HeaderValue::from_static("etag, parvis-session, retry-after, x-request-id");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, shown);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}
