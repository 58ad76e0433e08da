//! Files for others: the bundles that were exported, and their policies, at `/open-data/…`.
//!
//! Gives out the files of campaigns and nothing else of their folder, and none while it would tell a
//! partial result. Who makes them: `parvis export bundle`. Look next at `server.rs`.

use crate::graphql::request::View;
use crate::http::Place;
use crate::server::Site;
use async_graphql::futures_util;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;
use std::fs::File;
use std::io::Read;

/// Bytes of a download that are in memory at a time.
const CHUNK: usize = 64 * 1024;

/// The ending of a bundle's file name, and of the file with its public key.
pub(crate) const BUNDLE: &str = ".parvis";
pub(crate) const POLICY: &str = ".parvis.policy";

/// A campaign's bundle, or its policy, as a stream.
pub(crate) async fn download(
    State(site): State<Site>,
    place: Option<Extension<Place>>,
    Path(name): Path<String>,
) -> Response {
    let (code, media) = match (name.strip_suffix(POLICY), name.strip_suffix(BUNDLE)) {
        (Some(code), _) => (code, "text/plain; charset=utf-8"),
        (None, Some(code)) => (code, "application/zip"),
        (None, None) => return missing(&name),
    };
    // Only names that a campaign has: nothing else of the folder can be reached.
    let version = site.read_model.current();
    let Some(view) = version.campaign(code) else { return missing(&name) };
    if !may_be_given_out(view) {
        let message = "the vote is under way: a bundle made now would tell a partial result";
        return (StatusCode::FORBIDDEN, Json(json!({ "error": { "code": "NOT_PUBLIC_YET", "message": message } })))
            .into_response();
    }
    let path = site.downloads.join(&name);
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok::<_, std::io::Error>((file, bytes))
    });
    let Ok(Ok((file, bytes))) = opened.await else { return missing(&name) };
    // The place goes with the stream: a slow reader is under way until it has everything.
    let stream = futures_util::stream::unfold(Some((file, place)), |reading| async {
        let (mut file, place) = reading?;
        let read = tokio::task::spawn_blocking(move || {
            let mut chunk = vec![0; CHUNK];
            let count = file.read(&mut chunk)?;
            chunk.truncate(count);
            Ok::<_, std::io::Error>((Bytes::from(chunk), file))
        });
        match read.await.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok((chunk, _)) if chunk.is_empty() => None,
            Ok((chunk, file)) => Some((Ok(chunk), Some((file, place)))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let headers = [
        (CONTENT_TYPE, media.to_owned()),
        (CONTENT_LENGTH, bytes.to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

/// A bundle holds the ballots: between the freeze and the proclamation it isn't given out.
pub(crate) fn may_be_given_out(view: &View) -> bool {
    view.model.overview.frozen.is_none() || view.model.counts_are_public()
}

fn missing(name: &str) -> Response {
    let name: String = name.chars().take(80).collect();
    let message = format!("there is no {name} here: `parvis export bundle CAMPAIGN` makes one");
    (StatusCode::NOT_FOUND, Json(json!({ "error": { "code": "NOT_EXPORTED", "message": message } }))).into_response()
}
