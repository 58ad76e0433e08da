//! The trace that a request belongs to: read from `traceparent` or drawn, and carried into its tasks.
//!
//! The id is the same in the log, in the answer's `X-Trace-Id` and at the collector, and it exists
//! without a collector too. Format: W3C Trace Context, <https://www.w3.org/TR/trace-context/>.

use axum::http::{HeaderMap, HeaderName};
use commands::Entropy;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceState};
use std::fmt;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The header that tells the client its trace. The W3C's own `traceresponse` is still a draft whose
/// form may move, and a caller who sent `traceparent` knows the id anyway; this one is for people who
/// report a fault.
pub const HEADER: HeaderName = HeaderName::from_static("x-trace-id");

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// 16 bytes, never all zero; shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId([u8; 16]);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The caller's side of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    trace: [u8; 16],
    span: [u8; 8],
    sampled: bool,
}

impl Caller {
    /// Who calls, when the header is there once and valid (section 3.2); otherwise nobody does.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(TRACEPARENT).iter();
        let (line, None) = (lines.next()?.to_str().ok()?, lines.next()) else { return None };
        let mut parts = line.trim().split('-');
        let version: [u8; 1] = digits(parts.next()?)?;
        let caller = Self {
            trace: digits(parts.next()?)?,
            span: digits(parts.next()?)?,
            sampled: digits::<1>(parts.next()?)?[0] & 1 == 1,
        };
        // Later versions may add parts; version 255 is no version (section 3.2.2.1).
        let more = parts.next().is_some();
        let known = version != [0xff] && !(version == [0] && more);
        (known && caller.trace != [0; 16] && caller.span != [0; 8]).then_some(caller)
    }
}

/// Lower-case hexadecimal digits of exactly this many bytes.
fn digits<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

tokio::task_local! {
    static CURRENT: TraceId;
}

/// The trace of the request that this task works for.
pub fn current() -> Option<TraceId> {
    CURRENT.try_with(|trace| *trace).ok()
}

/// The trace of a request that begins: its caller's; else the one that the tracer drew for `span`;
/// else a new one.
pub(crate) fn begin(span: &Span, caller: Option<Caller>, entropy: &Entropy) -> TraceId {
    if let Some(Caller { trace, span: parent, sampled }) = caller {
        let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let (id, parent) = (opentelemetry::TraceId::from_bytes(trace), SpanId::from_bytes(parent));
        let remote = SpanContext::new(id, parent, flags, true, TraceState::default());
        // Without a collector nothing listens; the id is the caller's all the same.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote));
        return TraceId(trace);
    }
    let drawn = span.context().span().span_context().trace_id();
    if drawn != opentelemetry::TraceId::INVALID {
        return TraceId(drawn.to_bytes());
    }
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = entropy.bytes();
    TraceId(bytes)
}

/// Works for a request: in its trace and its span.
pub(crate) async fn within<T>(trace: TraceId, span: Span, work: impl Future<Output = T>) -> T {
    CURRENT.scope(trace, work.instrument(span)).await
}

/// The same work for a task of its own, still in the trace and the span of the one that starts it.
pub(crate) fn carried<T>(work: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
    let (trace, span) = (current(), Span::current());
    async move {
        match trace {
            Some(trace) => within(trace, span, work).await,
            None => work.instrument(span).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<Caller> {
        let headers = lines.iter().map(|line| (TRACEPARENT, line.parse().unwrap())).collect();
        Caller::of(&headers)
    }

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_example_of_the_specification_is_read() {
        let caller = read(&[GIVEN]).unwrap();
        assert_eq!(TraceId(caller.trace).to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((hex::encode(caller.span).as_str(), caller.sampled), ("00f067aa0ba902b7", true));
        assert!(!read(&[&GIVEN.replace("-01", "-00")]).unwrap().sampled);
        assert_eq!(read(&[&format!("cc{}-what-comes-later", &GIVEN[2..])]), Some(caller));
    }

    #[test]
    fn a_header_that_is_not_valid_counts_for_nothing() {
        for line in [
            "",
            "00",
            &GIVEN.to_uppercase(),
            &format!("{GIVEN}-more"),
            &format!("ff{}", &GIVEN[2..]),
            &GIVEN.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GIVEN.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GIVEN.replace("4bf92f", "4bf92"),
            &GIVEN.replace("4bf92f", "4bf92\"\\n"),
        ] {
            assert_eq!(read(&[line]), None, "{line}");
        }
        assert_eq!(read(&[GIVEN, GIVEN]), None, "given twice");
    }

    #[tokio::test]
    async fn a_task_keeps_the_trace_of_its_request() {
        let entropy = Entropy::seeded(1);
        let trace = begin(&Span::none(), None, &entropy);
        assert_ne!(trace, begin(&Span::none(), None, &entropy));
        let seen = within(trace, Span::none(), async { tokio::spawn(carried(async { current() })).await.unwrap() });
        assert_eq!(seen.await, Some(trace));
        assert_eq!(current(), None);
    }
}
