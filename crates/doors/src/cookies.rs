//! The two cookies of the site, read and written.
//!
//! Both have the prefix `__Host-` (RFC 6265bis, section 4.1.3.2): a browser takes them over a secure way
//! only, for this very host, so no neighbour under the same domain can plant one.

use crate::Refusal;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The cookie of a session.
pub const SESSION: &str = "__Host-parvis";
/// The cookie that ties a sign-in to the browser in which it began.
pub(crate) const SIGN_IN: &str = "__Host-parvis-sign-in";

/// How long a sign-in may take, in seconds; the vault forgets it then.
const SIGN_IN_S: u32 = 600;

/// The value of a cookie, when the request has it.
///
/// # Errors
/// `CREDENTIALS_TWICE` when it comes twice with different values: which one is the person's can't be known.
pub(crate) fn read(headers: &HeaderMap, name: &str) -> Result<Option<String>, Refusal> {
    let mut found: Option<&str> = None;
    // A proxy from HTTP/2 may leave several lines (RFC 9113, section 8.2.3).
    for line in headers.get_all(COOKIE) {
        let Ok(line) = line.to_str() else { continue };
        for pair in line.split(';') {
            let Some((key, value)) = pair.split_once('=') else { continue };
            if key.trim() != name {
                continue;
            }
            let value = value.trim().trim_matches('"');
            match found {
                Some(before) if before != value => return Err(Refusal::CredentialsTwice),
                _ => found = Some(value),
            }
        }
    }
    Ok(found.filter(|value| !value.is_empty()).map(str::to_owned))
}

/// Sets the cookie of a session; it lasts as long as the session does.
pub(crate) fn session(value: &str, seconds: u32) -> Option<HeaderValue> {
    set(SESSION, value, seconds)
}

/// Sets the cookie of a sign-in.
pub(crate) fn sign_in(value: &str) -> Option<HeaderValue> {
    set(SIGN_IN, value, SIGN_IN_S)
}

/// Deletes a cookie.
pub(crate) fn delete(name: &str) -> Option<HeaderValue> {
    set(name, "", 0)
}

// Lax, not Strict: whoever follows a link to the site, or comes back from an issuer, is still signed in.
// Nothing changes on GET, and csrf.rs looks at everything else.
fn set(name: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().fold(HeaderMap::new(), |mut map, line| {
            map.append(COOKIE, line.parse().unwrap());
            map
        })
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let find = |lines: &[&str]| read(&headers(lines), SESSION);
        assert_eq!(find(&["a=1; __Host-parvis=x; b=2"]), Ok(Some("x".into())));
        assert_eq!(find(&["a=1", "__Host-parvis=\"x\""]), Ok(Some("x".into())));
        assert_eq!(find(&["__Host-parvis=x; __Host-parvis=x"]), Ok(Some("x".into())));
        assert_eq!(find(&["__Host-parvis=x; __Host-parvis=y"]), Err(Refusal::CredentialsTwice));
        assert_eq!(find(&["__Host-parvis=x", "__Host-parvis=y"]), Err(Refusal::CredentialsTwice));
        assert_eq!(find(&["__Host-parvis-sign-in=x; parvis=y; __Host-parvis="]), Ok(None));
    }

    #[test]
    fn cookies_are_as_closed_as_they_can_be() {
        let set = session("abc", 60).unwrap();
        assert_eq!(set.to_str().unwrap(), "__Host-parvis=abc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
        assert!(set.is_sensitive());
        assert!(delete(SIGN_IN).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in "[ -~]{0,120}", more in "[=;_a-zA-Z-]{0,40}") {
            let _ = read(&headers(&[&line, &more, &format!("__Host-parvis={more}")]), SESSION);
        }
    }
}
