//! What happens around every request: a trace, a place, one line in the log, one count.
//!
//! Owns the order of these. The path is told as the route that matched, never as it was typed, and of
//! a query string nothing at all: both may hold what a person wrote. Look next at `gate.rs` and
//! `crate::telemetry::trace`.

use super::answer;
use super::gate::Gate;
use super::media::Media;
use super::{Ran, Refusal};
use crate::metrics;
use crate::telemetry::{REQUESTS, trace};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use commands::Entropy;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::{Empty, display};

/// What the requests of a server share.
#[derive(Clone)]
pub(crate) struct Observer {
    pub(crate) gate: Gate,
    pub(crate) entropy: Entropy,
}

/// The routes that answer also when nothing else has room: those who watch must see.
fn is_watched(route: &str) -> bool {
    route.starts_with("/health/") || route == "/metrics"
}

/// One request, until it is answered or its client hangs up.
struct Line {
    span: Span,
    method: &'static str,
    began: Instant,
    quiet: bool,
    status: Option<StatusCode>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        metrics::request(self.method, self.status, took);
        let end = if self.status.is_some() { "answered" } else { "the client hung up" };
        self.span.record("status", self.status.map(|status| status.as_u16()));
        self.span.record("ms", (took.as_secs_f64() * 1e6).round() / 1e3);
        if self.status.is_some_and(|status| status.is_server_error()) {
            self.span.record("otel.status_code", "ERROR");
        }
        let _entered = self.span.enter();
        if self.quiet {
            tracing::debug!(target: REQUESTS, "{end}");
        } else {
            tracing::info!(target: REQUESTS, "{end}");
        }
    }
}

/// The outermost layer of all routes.
pub(crate) async fn observe(State(observer): State<Observer>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let method = metrics::method(request.method());
    let watched = is_watched(&route);
    // At the level of errors, so that no filter takes its trace from the lines inside it.
    let span = tracing::error_span!(
        "request",
        trace_id = Empty,
        method,
        path = route,
        operation = Empty,
        status = Empty,
        ms = Empty,
        otel.kind = "server",
        otel.status_code = Empty
    );
    let id = trace::begin(&span, trace::Caller::of(request.headers()), &observer.entropy);
    span.record("trace_id", display(id));
    let mut line = Line { span: span.clone(), method, began: Instant::now(), quiet: watched, status: None };
    let answer = async {
        if !watched {
            let Some(place) = observer.gate.enter() else {
                metrics::busy();
                let (parts, _) = request.into_parts();
                let media = Media::wanted(&parts).unwrap_or(Media::Json);
                return answer::refuse(&Refusal::Busy { retry_after_ms: 1_000 }, media);
            };
            request.extensions_mut().insert(place);
        }
        next.run(request).await
    };
    let mut response = trace::within(id, span.clone(), answer).await;
    if let Some(Ran { label }) = response.extensions().get() {
        span.record("operation", label.as_str());
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(trace::HEADER, value);
    }
    line.status = Some(response.status());
    response
}
