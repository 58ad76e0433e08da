//! A log as files that anybody may fetch and keep: `/log/<campaign>/checkpoint` and `/log/<campaign>/tile/…`,
//! as C2SP `tlog-tiles` has them.
//!
//! Owns their addresses, their caching, and how far they go: up to the published checkpoint, and no
//! entry that would tell a partial result. The same files for other web servers: `tile_export.rs`; what
//! is published: `witness.rs`; what a tile is: `transparency::tile`, `docs/formats/log.md` §5 and §6.

use crate::failure::Failure;
use crate::http::already_held;
use crate::read_model::ReadModel;
use crate::witness::Witnesses;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::configuration::BallotBox;
use event_store::{LogId, Reader};
use flate2::Compression;
use flate2::write::GzEncoder;
use projections::Model;
use projections::urn::UrnStep;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use transparency::tile::{TILE_WIDTH, push_entry};
use transparency::{Tile, TileKind};

/// What the routes need. Clones share it.
#[derive(Clone)]
pub(crate) struct LogFiles {
    read_model: Arc<ReadModel>,
    witnesses: Arc<Witnesses>,
    /// The largest published size that was seen, by log: it only grows, so most tiles need no second look.
    reach: Arc<Mutex<BTreeMap<LogId, u64>>>,
}

/// What never changes may be kept for ever (RFC 8246).
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The checkpoint changes every second.
const BRIEFLY: &str = "public, max-age=1";

/// The routes, on a read model that somebody else keeps up to date.
pub(crate) fn routes(read_model: Arc<ReadModel>, witnesses: Arc<Witnesses>) -> Router {
    Router::new()
        .route("/log/{campaign}/checkpoint", get(checkpoint))
        .route("/log/{campaign}/tile/{*tile}", get(tile))
        .with_state(LogFiles { read_model, witnesses, reach: Arc::default() })
}

/// How many entries of a log may be read: all, but for what would tell a partial result. Between the freeze
/// and the proclamation an open box keeps what comes after the freeze; a sealed one hides what was
/// chosen until the urn is opened, so it keeps what comes from there on.
pub(crate) fn readable_entries(model: &Model) -> u64 {
    let overview = &model.overview;
    match (&overview.frozen, overview.ballot_box) {
        (None, _) => u64::MAX,
        (Some(_), _) if model.counts_are_public() => u64::MAX,
        (Some(_), Some(BallotBox::Sealed)) => {
            let opened = model.urn_steps.rows().find(|row| matches!(row.step, UrnStep::Opened {}));
            opened.map_or(u64::MAX, |row| row.moment.position)
        }
        (Some(frozen), Some(BallotBox::Open) | None) => frozen.moment.position,
    }
}

/// How many entries a tile reaches up to, where it holds entries.
pub(crate) fn entries_up_to(tile: Tile) -> Option<u64> {
    match tile.kind {
        TileKind::Entries => Some(tile.index.saturating_mul(TILE_WIDTH.into()).saturating_add(tile.width.into())),
        TileKind::Hashes(_) => None,
    }
}

/// The bytes of a tile that a tree of `size` leaves has.
///
/// # Errors
/// Faults of the store.
pub(crate) fn content(reader: &Reader, log: LogId, tile: Tile, size: u64) -> Result<Vec<u8>, Failure> {
    match tile.kind {
        TileKind::Hashes(level) => {
            let hashes = reader.tile(log, level, tile.index, size)?;
            Ok(hashes.iter().take(tile.width.into()).flat_map(|hash| hash.0).collect())
        }
        TileKind::Entries => {
            let mut bundle = Vec::new();
            for event in reader.read(log, tile.index.saturating_mul(TILE_WIDTH.into()), tile.width.into())? {
                push_entry(&mut bundle, &event.leaf)?;
            }
            Ok(bundle)
        }
    }
}

/// A refusal, in words.
fn refuse(status: StatusCode, message: &str) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (status, headers, format!("{message}\n")).into_response()
}

fn missing(message: &str) -> Response {
    refuse(StatusCode::NOT_FOUND, message)
}

fn fault(failure: &Failure) -> Response {
    refuse(StatusCode::SERVICE_UNAVAILABLE, &failure.to_string())
}

/// An answer that a client may hold already.
fn give(head: &HeaderMap, headers: Vec<(HeaderName, HeaderValue)>, encoding: &str, body: Vec<u8>) -> Response {
    let digest = Sha256::digest(&body);
    let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // Other bytes travel under another name (RFC 9110, 8.8.3.3).
    let tag = format!("\"{name}{encoding}\"");
    let held = already_held(&tag, head);
    let mut response = if held { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    for (name, value) in headers.into_iter().filter(|(name, _)| !held || *name != CONTENT_ENCODING) {
        response.headers_mut().insert(name, value);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// `/log/<campaign>/checkpoint`: the last one that is published.
async fn checkpoint(State(files): State<LogFiles>, Path(code): Path<String>, head: HeaderMap) -> Response {
    let version = files.read_model.current();
    let Some(view) = version.campaign(&code) else { return missing("there is no such campaign here") };
    match files.published(view.log).await {
        Ok(Some((_, note))) => {
            let headers = vec![
                (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
                (CACHE_CONTROL, HeaderValue::from_static(BRIEFLY)),
            ];
            give(&head, headers, "", note.into_bytes())
        }
        Ok(None) => missing("no checkpoint is published yet"),
        Err(failure) => fault(&failure),
    }
}

/// `/log/<campaign>/tile/…`: a tile of hashes, or a bundle of entries.
async fn tile(State(files): State<LogFiles>, Path((code, path)): Path<(String, String)>, head: HeaderMap) -> Response {
    let version = files.read_model.current();
    let Some(view) = version.campaign(&code) else { return missing("there is no such campaign here") };
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else {
        return missing(
            "no tile has this address: write tile/<level>/<number>, tile/entries/<number>, or either with .p/<width>",
        );
    };
    let (log, readable) = (view.log, readable_entries(&view.model));
    let size = match files.size_for(log, tile).await {
        Ok(Some(size)) => size,
        Ok(None) => return missing("no tree of a published checkpoint has this tile"),
        Err(failure) => return fault(&failure),
    };
    if entries_up_to(tile).is_some_and(|end| end > readable) {
        return missing("these entries would tell a partial result: they can be read when the result is proclaimed");
    }
    let store = files.read_model.store();
    let read = store.read_with(move |reader| Ok(content(reader, log, tile, size))).await;
    let body = match read.map_err(Failure::from) {
        Ok(Ok(body)) => body,
        Ok(Err(failure)) | Err(failure) => return fault(&failure),
    };
    let mut headers = vec![
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)),
    ];
    if tile.kind != TileKind::Entries {
        return give(&head, headers, "", body);
    }
    headers.push((VARY, HeaderValue::from_static("accept-encoding")));
    if !takes_gzip(&head) {
        return give(&head, headers, "", body);
    }
    let packed = tokio::task::spawn_blocking(move || gzip(&body)).await;
    match packed.map_err(std::io::Error::other).and_then(|packed| packed) {
        Ok(packed) => {
            headers.push((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            give(&head, headers, "-gzip", packed)
        }
        Err(error) => fault(&Failure::from(error)),
    }
}

impl LogFiles {
    async fn published(&self, log: LogId) -> Result<Option<(u64, String)>, Failure> {
        let witnesses = Arc::clone(&self.witnesses);
        let published = self.read_model.store().read_with(move |reader| witnesses.published(reader, log)).await?;
        if let Some((size, _)) = &published {
            let mut reach = self.reach.lock().unwrap_or_else(PoisonError::into_inner);
            let known = reach.entry(log).or_default();
            *known = (*known).max(*size);
        }
        Ok(published)
    }

    /// A published size whose tree has this tile, if there is one.
    async fn size_for(&self, log: LogId, tile: Tile) -> Result<Option<u64>, Failure> {
        let seen = self.reach.lock().unwrap_or_else(PoisonError::into_inner).get(&log).copied();
        if let Some(size) = seen.filter(|size| tile.is_in(*size)) {
            return Ok(Some(size));
        }
        let published = self.published(log).await?;
        Ok(published.map(|(size, _)| size).filter(|size| tile.is_in(*size)))
    }
}

/// Whether the client takes gzip (RFC 9110, 12.5.3): named, and not with a weight of zero.
fn takes_gzip(head: &HeaderMap) -> bool {
    let values = head.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let zero = |part: &str| part.strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        named && !parts.any(zero)
    })
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_who_ask_for_it() {
        for (value, takes) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip, identity", true),
            ("", false),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("x-gzip", false),
            ("*", false),
        ] {
            let mut head = HeaderMap::new();
            head.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(takes_gzip(&head), takes, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
