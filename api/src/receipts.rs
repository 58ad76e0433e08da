//! Receipts to download: the proof that an event stands in a log, at
//! `/c/<campaign>/receipts/<position>.tlog-proof`.
//!
//! Owns the file that a depositor, an agent or a voter keeps, and which `parvis-replay receipt` or a browser
//! checks without this server: a C2SP tlog-proof (<https://c2sp.org/tlog-proof>) under the last published
//! checkpoint, with its witnesses' cosignatures. It holds hashes and signatures only, so it can be given out
//! at once for every event. Who signs checkpoints: `notary.rs`. Its text: `docs/formats/log.md`, section 7.

use crate::server::Site;
use crate::witness::Witnesses;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use event_store::{LogId, Reader};
use serde_json::json;
use std::sync::Arc;
use transparency::Receipt;

/// The ending of the file's name.
const ENDING: &str = ".tlog-proof";

/// The proof of the event at a position under the last published checkpoint, with the checkpoint's size; none when no checkpoint
/// holds it yet.
///
/// # Errors
/// Faults of the store.
pub(crate) fn of(
    reader: &Reader,
    witnesses: &Witnesses,
    log: LogId,
    position: u64,
) -> Result<Option<(u64, Receipt)>, event_store::Error> {
    let Some((size, checkpoint)) = witnesses.published(reader, log)?.filter(|(size, _)| position < *size) else {
        return Ok(None);
    };
    let proof = reader.inclusion_proof(log, position, size)?;
    Ok(Some((size, Receipt { index: position, proof, checkpoint })))
}

/// Where the receipt of an event is given out.
pub(crate) fn place(campaign: &str, position: u64) -> String {
    format!("/c/{campaign}/receipts/{position}{ENDING}")
}

/// Gives out a receipt.
pub(crate) async fn show(State(site): State<Site>, Path((code, file)): Path<(String, String)>) -> Response {
    let refuse = |status: StatusCode, code: &str, message: String| {
        let body = Json(json!({ "error": { "code": code, "message": message } }));
        (status, [(CACHE_CONTROL, "no-store")], body).into_response()
    };
    let missing = |message: String| refuse(StatusCode::NOT_FOUND, "NOT_FOUND", message);
    let version = site.read_model.current();
    let Some(view) = version.campaign(&code) else {
        let code: String = code.chars().take(80).collect();
        return missing(format!("there is no campaign `{code}`"));
    };
    let position = file
        .strip_suffix(ENDING)
        .and_then(|digits| digits.parse::<u64>().ok().filter(|position| position.to_string() == digits));
    let Some(position) = position else {
        return missing(format!("write the position of an event and its ending, such as 17{ENDING}"));
    };
    let (log, size, witnesses) = (view.log, view.size(), Arc::clone(&site.witnesses));
    if position >= size {
        return missing(format!("the log of `{code}` has {size} events: ask for a position below"));
    }
    match site.read_model.store().read_with(move |reader| of(reader, &witnesses, log, position)).await {
        Ok(Some((_, receipt))) => {
            let headers = [
                (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{code}-{position}{ENDING}\"")),
                // A later checkpoint proves it as well, but this one does for ever.
                (CACHE_CONTROL, "public, max-age=3600".to_owned()),
            ];
            (headers, receipt.to_text()).into_response()
        }
        Ok(None) => {
            let message = format!("no published checkpoint holds position {position} yet: ask again in a moment");
            refuse(StatusCode::NOT_FOUND, "NOT_PUBLISHED_YET", message)
        }
        Err(error) => refuse(StatusCode::SERVICE_UNAVAILABLE, error.code(), error.to_string()),
    }
}
