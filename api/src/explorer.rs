//! The page a browser gets at `/graphql`: GraphiQL when its files were installed
//! before the build, a small page of our own otherwise.
//!
//! Owns the page, its files under `/explorer/` and the rule that none of them
//! asks anything of another host. The files themselves: `web/explorer/`; how they
//! get into the program: `api/build.rs`.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::http::already_held;

/// A file served under `/explorer/`.
struct Asset {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
}

// `GRAPHIQL: &[Asset]`, empty when GraphiQL was not installed.
include!(concat!(env!("OUT_DIR"), "/graphiql.rs"));

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static OURS: [Asset; 3] = [
    Asset { name: "start.js", media: JAVASCRIPT, bytes: include_bytes!("../../web/explorer/start.js") },
    Asset { name: "plain.js", media: JAVASCRIPT, bytes: include_bytes!("../../web/explorer/plain.js") },
    Asset {
        name: "explorer.css",
        media: "text/css; charset=utf-8",
        bytes: include_bytes!("../../web/explorer/explorer.css"),
    },
];

/// The entity tag of each file, in the order of [`assets`].
static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let tag = |asset: &Asset| format!("\"{}\"", hex::encode(Sha256::digest(asset.bytes)));
    assets().map(tag).collect()
});

fn assets() -> impl Iterator<Item = &'static Asset> {
    OURS.iter().chain(GRAPHIQL)
}

/// The routes of the files of the page.
pub fn router() -> Router {
    Router::new().route("/explorer/{name}", get(file))
}

/// The page itself; `?query=` and `&variables=` in its address fill it in.
pub fn page() -> Response {
    let html = if GRAPHIQL.is_empty() {
        include_str!("../../web/explorer/plain.html")
    } else {
        include_str!("../../web/explorer/graphiql.html")
    };
    // GraphiQL puts style attributes on its elements and images in its style sheet.
    let policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                  img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "Accept"), // the same address gives JSON to programs
    ];
    (headers, html).into_response()
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some((asset, tag)) = assets().zip(TAGS.iter()).find(|(asset, _)| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let caching = [(CACHE_CONTROL, "no-cache"), (ETAG, tag.as_str())];
    if already_held(tag, &headers) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, asset.media), (X_CONTENT_TYPE_OPTIONS, "nosniff")], asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::http::header::IF_NONE_MATCH;
    use tower::ServiceExt;

    use super::*;

    async fn ask(name: &str, held: &str) -> Response {
        let request = Request::get(format!("/explorer/{name}")).header(IF_NONE_MATCH, held).body(Body::empty());
        router().oneshot(request.unwrap()).await.unwrap()
    }

    /// Every address in the pages is a file that is served, so none is another host's.
    #[tokio::test]
    async fn pages_ask_only_for_files_that_are_served() {
        let plain = include_str!("../../web/explorer/plain.html");
        let graphiql = include_str!("../../web/explorer/graphiql.html");
        let pages = if GRAPHIQL.is_empty() { vec![plain] } else { vec![plain, graphiql] };
        for page in pages {
            let addresses: Vec<&str> = ["src=\"", "href=\""]
                .iter()
                .flat_map(|opening| page.split(opening).skip(1))
                .filter_map(|tail| tail.split('"').next())
                .filter(|address| *address != "data:,") // an empty icon, so that none is asked for
                .collect();
            assert!(addresses.len() >= 2, "{addresses:?}");
            for address in addresses {
                let name = address.strip_prefix("/explorer/").unwrap();
                assert_eq!(ask(name, "").await.status(), StatusCode::OK, "{name}");
            }
        }
    }

    #[tokio::test]
    async fn a_file_held_by_the_browser_is_not_sent_again() {
        let first = ask("explorer.css", "").await;
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        assert!(!to_bytes(first.into_body(), 1 << 20).await.unwrap().is_empty());
        let second = ask("explorer.css", &tag).await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(ask("absent.js", "").await.status(), StatusCode::NOT_FOUND);
    }
}
