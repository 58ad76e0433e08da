//! Whether a request that changes something and carries a cookie is the person's own wish.
//!
//! A browser adds cookies to requests that a foreign page made it send. It also says where they came
//! from: `Sec-Fetch-Site` (Fetch Metadata), and `Origin` (RFC 6454) where it is older. A token is never
//! added by a browser, so requests with one need none of this.

use crate::cors::Cors;
use crate::headers::OURS;
use crate::{Refusal, cookies};
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use axum::http::request::Parts;

/// Where one click stops messages.
const ONE_CLICK: &str = "/messages/stop";

/// Refuses what a foreign page may have sent.
pub(crate) fn check(parts: &Parts, cors: &Cors) -> Result<(), Refusal> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    // Multipart is what a foreign form can send without asking; a header of our own it can't.
    let kind = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let multipart = kind.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"));
    // A mail program's one click may be multipart (RFC 8058, section 3.2); its secret is in the address.
    let multipart = multipart && parts.uri.path() != ONE_CLICK;
    if multipart && parts.headers.get(OURS).is_none_or(|value| value != "1") {
        return Err(Refusal::Csrf);
    }
    // A dead or forged cookie counts too: what it is worth is looked up only afterwards.
    let cookie = [cookies::SESSION, cookies::SIGN_IN]
        .iter()
        .any(|name| !matches!(cookies::read(&parts.headers, name), Ok(None)));
    if !cookie {
        return Ok(());
    }
    let origin = parts.headers.get(ORIGIN);
    let site = parts.headers.get("sec-fetch-site").map(|value| value.as_bytes());
    let own = match (site, origin) {
        (Some(b"same-origin" | b"none"), _) => true,
        (Some(b"same-site" | b"cross-site") | None, Some(origin)) => cors.trusts(origin),
        (Some(_), _) | (None, None) => false,
    };
    if own { Ok(()) } else { Err(Refusal::Csrf) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use axum::http::Request;

    fn refused(method: &str, lines: &[(&str, &str)]) -> bool {
        refused_at("/graphql", method, lines)
    }

    fn refused_at(path: &str, method: &str, lines: &[(&str, &str)]) -> bool {
        let settings = Settings {
            public_url: "https://budget.example".parse().unwrap(),
            cors_origins: vec!["https://front.example".to_owned(), "*".to_owned()],
            ..Settings::default()
        };
        let request = Request::builder().method(method).uri(path);
        let request = lines.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        check(&request.body(()).unwrap().into_parts().0, &Cors::new(&settings)).is_err()
    }

    const COOKIE: (&str, &str) = ("cookie", "__Host-parvis=x");

    #[test]
    fn a_cookie_changes_something_only_from_our_pages() {
        assert!(!refused("POST", &[COOKIE, ("sec-fetch-site", "same-origin")]));
        assert!(!refused("POST", &[COOKIE, ("sec-fetch-site", "none")]));
        assert!(!refused("POST", &[COOKIE, ("origin", "https://budget.example")]));
        assert!(!refused("POST", &[COOKIE, ("sec-fetch-site", "same-site"), ("origin", "https://front.example")]));
        for site in ["cross-site", "same-site", "", "same-origin, same-origin"] {
            assert!(refused("POST", &[COOKIE, ("sec-fetch-site", site)]), "{site}");
            assert!(refused("PUT", &[COOKIE, ("sec-fetch-site", site), ("origin", "https://evil.example")]), "{site}");
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://budget.example",
            "https://budget.example.evil.example",
            "https://budget.example:444",
        ] {
            assert!(refused("DELETE", &[COOKIE, ("origin", origin)]), "{origin}");
        }
        assert!(refused("POST", &[COOKIE]));
        assert!(refused("POST", &[("cookie", "__Host-parvis=x; __Host-parvis=y")]));
    }

    #[test]
    fn without_a_cookie_or_a_change_nothing_is_asked() {
        assert!(!refused("POST", &[("sec-fetch-site", "cross-site")]));
        assert!(!refused("POST", &[("authorization", "Bearer pvt_x"), ("origin", "https://evil.example")]));
        assert!(!refused("GET", &[COOKIE, ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn an_upload_says_that_it_is_ours() {
        let upload = ("content-type", "Multipart/form-data; boundary=x");
        assert!(refused("POST", &[upload]));
        assert!(refused("POST", &[COOKIE, upload, ("sec-fetch-site", "same-origin")]));
        assert!(refused("POST", &[upload, ("parvis-csrf", "0")]));
        assert!(!refused("POST", &[COOKIE, upload, ("sec-fetch-site", "same-origin"), ("parvis-csrf", "1")]));
    }

    #[test]
    fn a_mail_program_may_send_its_one_click_as_multipart_and_nothing_else() {
        let upload = ("content-type", "multipart/form-data; boundary=x");
        assert!(!refused_at("/messages/stop?token=t", "POST", &[upload]));
        for path in
            ["/me/messages", "/messages", "/messages/stop/", "/messages/stop/more", "/Messages/stop", "/graphql"]
        {
            assert!(refused_at(path, "POST", &[upload]), "{path}");
        }
        // In somebody's browser it is still a foreign page's request.
        assert!(refused_at("/messages/stop?token=t", "POST", &[COOKIE, upload, ("sec-fetch-site", "cross-site")]));
    }
}
