//! What headers of a request are let in: not too many, none twice that may come once, none of our own.
//!
//! What hyper refuses itself (bad syntax, two lengths that differ) never comes here; see `tests/sockets.rs`.

use crate::Refusal;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, ORIGIN, REFERER, TRANSFER_ENCODING};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Version};

/// Headers of which two say that somebody wants two readers to see different things.
const ONCE: [HeaderName; 6] = [AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ORIGIN, REFERER, TRANSFER_ENCODING];

/// The header by which a page of ours says that it sent an upload itself; read before it is taken off.
pub(crate) const OURS: HeaderName = HeaderName::from_static("parvis-csrf");

/// Refuses what is too much or ambiguous.
pub(crate) fn check(parts: &Parts, limit: usize) -> Result<(), Refusal> {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let size = parts.headers.iter().fold(target, |size, (name, value)| size + name.as_str().len() + value.len() + 4);
    if size > limit {
        return Err(Refusal::HeadersTooLarge);
    }
    if ONCE.iter().any(|name| parts.headers.get_all(name).iter().nth(1).is_some()) {
        return Err(Refusal::Headers { what: "a header twice that may come once" });
    }
    // RFC 9112, section 6.1: both together are how one request is smuggled inside another.
    let both = parts.headers.contains_key(CONTENT_LENGTH) && parts.headers.contains_key(TRANSFER_ENCODING);
    if both {
        return Err(Refusal::Headers { what: "both Content-Length and Transfer-Encoding" });
    }
    if parts.version < Version::HTTP_11 && parts.headers.contains_key(TRANSFER_ENCODING) {
        return Err(Refusal::Headers { what: "Transfer-Encoding in an old version of HTTP" });
    }
    Ok(())
}

/// Takes off every header that only the server itself may set: what follows can believe them.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let ours: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("parvis-")).cloned().collect();
    for name in ours {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn parts(lines: &[(&str, &str)]) -> Parts {
        let request = lines.iter().fold(Request::get("/x?y=z"), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn what_two_readers_would_read_differently_is_refused() {
        let code = |lines: &[(&str, &str)]| check(&parts(lines), 1_000).err().map(|refusal| refusal.code());
        assert_eq!(code(&[("content-length", "3"), ("content-length", "4")]), Some("HEADERS_INVALID"));
        assert_eq!(code(&[("content-length", "3"), ("transfer-encoding", "chunked")]), Some("HEADERS_INVALID"));
        assert_eq!(code(&[("authorization", "a"), ("authorization", "b")]), Some("HEADERS_INVALID"));
        assert_eq!(code(&[("origin", "https://a.example"), ("origin", "https://b.example")]), Some("HEADERS_INVALID"));
        assert_eq!(code(&[("accept", "a"), ("accept", "b"), ("cookie", "a=b"), ("cookie", "c=d")]), None);
        assert_eq!(code(&[("x-long", &"x".repeat(1_000))]), Some("HEADERS_TOO_LARGE"));
    }

    #[test]
    fn nobody_sets_our_headers_but_we() {
        let mut headers = parts(&[("Parvis-Actor", "COORDINATOR:x"), ("parvis-session", "y"), ("accept", "z")]).headers;
        strip(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }
}
