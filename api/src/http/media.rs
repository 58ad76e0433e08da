//! Which media type a client wants, and whether a body is in one we read.
//!
//! Content negotiation is RFC 9110, sections 12.4.2 and 12.5.1; the defaults are
//! those of the audit suite of `graphql-http`.

use std::cmp::Reverse;

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use super::Refusal;

/// What an answer is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`, also for `*/*` and when nothing is said: clients that
    /// do not choose are those that do not know the other one.
    Json,
    /// `application/graphql-response+json`, whose statuses can be relied on.
    GraphQlResponse,
    /// `text/html`: a browser, which gets the explorer.
    Html,
}

impl Media {
    /// The media type itself, without parameters.
    pub(super) fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphQlResponse => "application/graphql-response+json",
            Self::Html => "text/html",
        }
    }

    /// Chooses by weight, then by the order the client gave, then by ours.
    pub(super) fn wanted(parts: &Parts) -> Result<Self, Refusal> {
        let ranges: Vec<Range> =
            parts.headers.get_all(ACCEPT).iter().flat_map(|line| Range::list(line.to_str().unwrap_or(""))).collect();
        if ranges.is_empty() {
            return Ok(Self::Json);
        }
        let spoken: &[Self] = match parts.method {
            Method::GET | Method::HEAD => &[Self::Json, Self::GraphQlResponse, Self::Html],
            _ => &[Self::Json, Self::GraphQlResponse],
        };
        let weighed = spoken.iter().enumerate().filter_map(|(rank, &media)| {
            let nearest = |(place, range): &(usize, &Range)| (range.precision(media), Reverse(*place));
            let (place, range) = ranges.iter().enumerate().max_by_key(nearest)?;
            let heard = range.precision(media) > 0 && range.weight > 0;
            heard.then_some((range.weight, Reverse(place), Reverse(rank), media))
        });
        weighed
            .max_by_key(|&(weight, place, rank, _)| (weight, place, rank))
            .map(|(.., media)| media)
            .ok_or(Refusal::NotAcceptable)
    }
}

/// One element of `Accept`.
struct Range {
    essence: String,
    /// In thousandths, 0 to 1,000.
    weight: u16,
}

impl Range {
    fn list(line: &str) -> impl Iterator<Item = Self> {
        line.split(',').filter(|range| !range.trim().is_empty()).map(|range| {
            let mut pieces = range.split(';').map(|piece| piece.trim().to_ascii_lowercase());
            let essence = pieces.next().unwrap_or_default();
            let weight = pieces.find_map(|piece| piece.strip_prefix("q=").map(thousandths)).unwrap_or(1_000);
            Self { essence, weight }
        })
    }

    /// How exactly this range speaks of a media type: 0 for not at all.
    fn precision(&self, media: Media) -> u8 {
        let family = media.essence().split('/').next().unwrap_or_default();
        match self.essence.as_str() {
            essence if essence == media.essence() => 3,
            essence if essence.strip_suffix("/*") == Some(family) => 2,
            "*/*" => 1,
            _ => 0,
        }
    }
}

/// Reads a weight such as `0.8`; one that cannot be read weighs nothing.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" if fraction.bytes().all(|byte| byte == b'0') => 1_000,
        "0" if digits => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

/// Refuses a body that does not say it is JSON in UTF-8. The check also stops
/// other sites from posting through a browser's form, which cannot say so.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let line = headers.get(CONTENT_TYPE).and_then(|line| line.to_str().ok()).unwrap_or("");
    let mut pieces = line.split(';').map(|piece| piece.trim().to_ascii_lowercase());
    let json = pieces.next().is_some_and(|essence| essence == Media::Json.essence());
    let utf8 = pieces
        .filter_map(|piece| piece.strip_prefix("charset=").map(|charset| charset.trim_matches('"').to_owned()))
        .all(|charset| charset == "utf-8" || charset == "utf8");
    if json && utf8 { Ok(()) } else { Err(Refusal::UnsupportedMediaType) }
}
