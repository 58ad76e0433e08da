//! Figures for Prometheus at `/metrics`: what there is, what it means, and how it is written.
//!
//! Every label has a bounded number of values, and none is a text that a client typed; no figure may
//! tell a choice of a ballot or a count of choices. The store writes its own figures through the same
//! facade; they are described here, so that each has its line of help. For the operator:
//! `docs/runbooks/operation.md`, which names every one of them.

use crate::failure::Failure;
use crate::health::Health;
use crate::http::Gate;
use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only ever grows, until the process starts anew.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How many were at most so much.
    Histogram,
}

/// Every figure: its name, kind, unit and line of help.
pub const FIGURES: [(&str, Kind, Unit, &str); 20] = {
    use Kind::{Counter, Gauge, Histogram};
    use Unit::{Count, Seconds};
    [
        ("parvis_build_info", Gauge, Count, "Always 1; the label is the version that runs."),
        ("parvis_ready", Gauge, Count, "1 while /health/ready answers 200, else 0."),
        (
            "parvis_http_requests_total",
            Counter,
            Count,
            "Requests answered, by method and status; `gone`: the client hung up.",
        ),
        ("parvis_http_request_seconds", Histogram, Seconds, "From the head of a request to the head of its answer."),
        ("parvis_http_in_flight", Gauge, Count, "Requests under way, health and metrics aside."),
        ("parvis_http_busy_total", Counter, Count, "Requests refused because too many were under way."),
        ("parvis_graphql_operations_total", Counter, Count, "Operations that ran, by document, kind and outcome."),
        ("parvis_graphql_operation_seconds", Histogram, Seconds, "Execution of an operation, by document."),
        ("parvis_graphql_refusals_total", Counter, Count, "Requests that the door refused before execution, by code."),
        ("parvis_read_model_position", Gauge, Count, "Events of a campaign that can be read here."),
        (
            "parvis_read_model_lag_events",
            Gauge,
            Count,
            "Events of a campaign that are written, but not readable here yet.",
        ),
        ("parvis_witness_ok", Gauge, Count, "1 while a witness cosigns what it is asked to, else 0."),
        ("parvis_append_seconds", Histogram, Seconds, "From asking for an append to its answer, by engine."),
        ("parvis_append_queue", Gauge, Count, "Appends that wait for the writer."),
        ("parvis_append_busy_total", Counter, Count, "Appends turned away because the queue was full."),
        (
            "parvis_append_conflicts_total",
            Counter,
            Count,
            "Appends that lost a race; most are decided anew and succeed.",
        ),
        ("parvis_append_refused_total", Counter, Count, "Appends refused for another reason, by code."),
        ("parvis_commit_batch_size", Histogram, Count, "Appends that shared one commit."),
        ("parvis_commit_faults_total", Counter, Count, "Commits that failed; nothing of them was written, by code."),
        ("parvis_follower_seconds", Histogram, Seconds, "From a commit being seen to its events being readable."),
    ]
};

/// Bounds of durations, in seconds: from a read in memory to the longest a request may take.
const SECONDS: [f64; 14] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Bounds of sizes of batches.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// How often what was measured is folded into its buckets, where nobody asks for it.
const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to record, once per process; again is harmless.
///
/// # Errors
/// `METRICS` when something else records already.
pub fn install() -> Result<(), Failure> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let failed = |error: String| Failure::fault("METRICS", error);
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES))
        .map_err(|error| failed(error.to_string()))?
        .build_recorder();
    let handle = recorder.handle();
    // Of two that try at once, one records, and both find its handle.
    if ::metrics::set_global_recorder(recorder).is_ok() {
        let _ = RECORDER.set(handle);
        for (name, kind, unit, help) in FIGURES {
            match kind {
                Kind::Counter => describe_counter!(name, unit, help),
                Kind::Gauge => describe_gauge!(name, unit, help),
                Kind::Histogram => describe_histogram!(name, unit, help),
            }
        }
        gauge!("parvis_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    }
    Ok(())
}

/// Keeps what is measured small while nobody asks for it; runs until it is dropped.
pub(crate) async fn upkeep() {
    loop {
        tokio::time::sleep(UPKEEP).await;
        if let Some(recorder) = RECORDER.get() {
            recorder.run_upkeep();
        }
    }
}

/// What `/metrics` asks when it is asked.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) health: Arc<Health>,
    pub(crate) gate: Gate,
}

/// All figures in the text format 0.0.4.
pub(crate) async fn show(State(sources): State<Sources>) -> Response {
    let Some(recorder) = RECORDER.get() else { return StatusCode::NOT_FOUND.into_response() };
    let report = sources.health.report().await;
    gauge!("parvis_ready").set(if report.ready { 1 } else { 0 });
    gauge!("parvis_http_in_flight").set(exact(sources.gate.in_flight()));
    for witness in report.witnesses {
        gauge!("parvis_witness_ok", "witness" => witness.name).set(if witness.ok { 1 } else { 0 });
    }
    for campaign in report.campaigns {
        gauge!("parvis_read_model_position", "campaign" => campaign.code.clone()).set(exact(campaign.position));
        gauge!("parvis_read_model_lag_events", "campaign" => campaign.code).set(exact(campaign.lag));
    }
    let headers = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (headers, recorder.render()).into_response()
}

/// A request was answered; none for a client that hung up.
pub(crate) fn request(method: &'static str, status: Option<StatusCode>, took: Duration) {
    let status = status.map_or_else(|| "gone".to_owned(), |status| status.as_str().to_owned());
    counter!("parvis_http_requests_total", "method" => method, "status" => status).increment(1);
    histogram!("parvis_http_request_seconds").record(took);
}

/// The door was full.
pub(crate) fn busy() {
    counter!("parvis_http_busy_total").increment(1);
}

/// An operation ran. `document` is one of the door's labels.
pub(crate) fn operation(document: &str, kind: &'static str, outcome: &'static str, took: Duration) {
    let document = document.to_owned();
    counter!("parvis_graphql_operations_total", "document" => document.clone(), "kind" => kind, "outcome" => outcome)
        .increment(1);
    histogram!("parvis_graphql_operation_seconds", "document" => document).record(took);
}

/// The door refused a request.
pub(crate) fn refusal(code: &'static str) {
    counter!("parvis_graphql_refusals_total", "code" => code).increment(1);
}

/// A method as a label: anybody can invent methods.
pub(crate) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// A whole number as a gauge has it: exact up to 2^53.
fn exact(number: u64) -> f64 {
    let half = |bits: u64| u32::try_from(bits & 0xffff_ffff).map_or(0.0, f64::from);
    half(number >> 32) * 4_294_967_296.0 + half(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_stay_exact() {
        assert_eq!(exact(0), 0.0);
        assert_eq!(exact(4_294_967_297), 4_294_967_297.0);
        assert_eq!(exact((1 << 53) - 1), 9_007_199_254_740_991.0);
    }

    #[test]
    fn the_runbook_names_every_figure() {
        let runbook = include_str!("../../docs/runbooks/operation.md");
        for (name, kind, unit, help) in FIGURES {
            assert!(runbook.contains(&format!("| `{name}`")), "docs/runbooks/operation.md lacks a row for {name}");
            assert_eq!(name.ends_with("_total"), kind == Kind::Counter, "{name}");
            assert_eq!(name.ends_with("_seconds"), unit == Unit::Seconds, "{name}");
            assert!(help.ends_with('.'), "{name}");
        }
    }
}
