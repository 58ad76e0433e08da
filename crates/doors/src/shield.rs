//! What every answer says to browsers, whoever wrote it.
//!
//! A page that needs more than nothing sets its own Content-Security-Policy, and keeps it; all others
//! get the empty one. Everything else is set here and nowhere else.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, SET_COOKIE, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};

/// For answers that are no page.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A year, in seconds.
const HSTS: &str = "max-age=31536000";

const ALWAYS: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Not no-referrer: forms of our own would then be sent with `Origin: null` (csrf.rs).
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // A proposal may be placed where one stands; nothing else of a device is ever asked for.
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(self), microphone=(), payment=(), usb=()",
    ),
];

/// What a site is, as far as its answers have to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    /// Served over https.
    pub(crate) secure: bool,
    /// Pages of other origins may show what it serves to everybody.
    pub(crate) shared: bool,
}

/// Puts the headers on an answer with this status; `personal` when it was given to somebody in particular.
pub(crate) fn put(status: StatusCode, headers: &mut HeaderMap, personal: bool, site: Site) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let embedded = if site.shared && !personal { "cross-origin" } else { "same-origin" };
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static(embedded));
    if site.secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    // "Not modified" brings no page: its headers would take the place of those that the page came with
    // (RFC 9111, section 4.3.4).
    if status != StatusCode::NOT_MODIFIED && !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING));
    }
    // On public answers too: a cache that got one for nobody must not give it to somebody.
    headers.append(VARY, HeaderValue::from_static("Cookie, Authorization"));
    if personal || headers.contains_key(SET_COOKIE) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
