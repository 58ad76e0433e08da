//! The few pages of the doors: French first, English beside, no script, one style sheet.
//!
//! Puts words to things and nothing else. Which page when: `routes.rs`. What pages of a site like this
//! may load is said once, in [`policy`].

use crate::Refusal;
use askama::Template;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// Where the style sheet is.
pub(crate) const STYLE: &str = "/sign-in/style.css";

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    French,
    English,
}

impl Language {
    /// What the address says, or else the first of ours that the browser prefers; French in doubt.
    pub(crate) fn of(said: Option<&str>, headers: &HeaderMap) -> Self {
        match said {
            Some("fr") => return Self::French,
            Some("en") => return Self::English,
            Some(_) | None => {}
        }
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (Self::French, 0_u16);
        for entry in wanted.split(',') {
            let (tag, quality) = entry.split_once(';').unwrap_or((entry, "q=1"));
            let language = match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
                Some("fr") => Self::French,
                Some("en") => Self::English,
                _ => continue,
            };
            let weight = thousandths(quality.trim().trim_start_matches("q="));
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }
}

/// A quality value (RFC 9110, section 12.4.2) in thousandths; 0 for what isn't one.
fn thousandths(text: &str) -> u16 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u16>()) {
        ("1", _) => 1_000,
        ("0", Ok(thousandths)) => thousandths,
        _ => 0,
    }
}

/// The page on which people choose how to sign in.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct Choice {
    pub(crate) fr: bool,
    pub(crate) development: bool,
    pub(crate) signed_in: bool,
    pub(crate) ways: Vec<Way>,
}

/// One way to sign in.
pub(crate) struct Way {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) agents: bool,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub(crate) fr: bool,
    pub(crate) development: bool,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) code: Option<&'static str>,
    pub(crate) again: bool,
}

/// Writes a page.
pub(crate) fn show(page: &impl Template, status: StatusCode, language: Language, policy: &HeaderValue) -> Response {
    let Ok(html) = page.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(VARY, HeaderValue::from_static("Accept-Language"));
    response
}

/// Writes a refusal for people.
pub(crate) fn refuse(refusal: &Refusal, language: Language, policy: &HeaderValue) -> Response {
    let fr = language == Language::French;
    let page = Message {
        fr,
        development: false,
        title: if fr { "Pas cette fois" } else { "Not this time" }.to_owned(),
        text: if fr { refusal.french() } else { refusal.english() },
        code: Some(refusal.code()),
        again: true,
    };
    let mut response = show(&page, refusal.status(), language, policy);
    refusal.put_headers(&mut response);
    response
}

/// What a page of this site may load: its own style sheets and images, and no script. A form goes to the
/// site, or on to one of `issuers` by a redirect, which browsers hold to the same rule.
pub(crate) fn policy(issuers: &[String]) -> HeaderValue {
    let text = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'{}; base-uri 'none'; \
         frame-ancestors 'none'",
        issuers.iter().map(|origin| format!(" {origin}")).collect::<String>()
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
}

/// The style sheet.
pub(crate) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("../templates/style.css")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_is_wanted_most() {
        let of = |wanted: &str| {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, wanted.parse().unwrap())]);
            Language::of(None, &headers)
        };
        for wanted in ["", "de", "fr", "fr-FR,en;q=0.8", "en;q=0.3, fr;q=0.9", "en;q=0", "*", "en;q=x", "é"] {
            assert_eq!(of(wanted), Language::French, "{wanted}");
        }
        for wanted in ["en", "en-GB,fr;q=0.8", "de, en;q=0.5", "fr;q=0.2,en;q=0.25", "EN"] {
            assert_eq!(of(wanted), Language::English, "{wanted}");
        }
        assert_eq!(Language::of(Some("en"), &HeaderMap::new()), Language::English);
    }
}
