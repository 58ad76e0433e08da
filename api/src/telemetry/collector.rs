//! Traces to an OpenTelemetry collector: OTLP over HTTP, as the standard `OTEL_…` variables say.
//!
//! Owns the few lines of client that send them. Nothing waits for it: spans go through a bounded
//! queue of the SDK, and are dropped where it is full. There is no TLS here, on purpose: a collector
//! on the same machine or in the same private network takes spans over plain HTTP and sends them on.
//! Variables: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::HOST;
use axum::http::{HeaderValue, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// How long one sending may take.
const LIMIT: Duration = Duration::from_secs(3);

/// More than a collector ever answers.
const ANSWER_BYTES: usize = 64 * 1024;

/// The provider of spans; none when no collector is named.
///
/// # Errors
/// Why the collector that is named can't be used, in words.
pub(super) fn provider() -> Result<Option<SdkTracerProvider>, String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let off = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || set("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
    let named = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| set("OTEL_EXPORTER_OTLP_ENDPOINT"));
    let Some(endpoint) = named.filter(|_| !off) else { return Ok(None) };
    let plain = endpoint.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http"));
    if !plain {
        return Err(format!(
            "`{endpoint}` isn't http://HOST:PORT, which is all that is spoken: name a collector nearby"
        ));
    }
    let client = Client { runtime: Handle::current(), down: AtomicBool::new(false) };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_retry_policy(RetryPolicy::recommended().with_max_retries(1))
        .build()
        .map_err(|error| error.to_string())?;
    let mut resource = Resource::builder();
    let named = set("OTEL_SERVICE_NAME").is_some()
        || set("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|attributes| attributes.contains("service.name="));
    if !named {
        resource = resource.with_service_name("parvis");
    }
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build()))
}

/// Sends from the exporter's own thread, which has no runtime, on the server's.
#[derive(Debug)]
struct Client {
    runtime: Handle,
    down: AtomicBool,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let to = request.uri().clone();
        let sent = self.runtime.spawn(async { tokio::time::timeout(LIMIT, send(request)).await }).await;
        let answer = match sent {
            Ok(Ok(answer)) => answer,
            Ok(Err(late)) => Err(late.into()),
            Err(stopped) => Err(stopped.into()),
        };
        let fault = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        // Said once, and once more when it is over: a collector that is away must not fill the log.
        match fault {
            Some(fault) if !self.down.swap(true, Ordering::Relaxed) => {
                tracing::warn!("traces don't reach the collector at {to} ({fault}); they are dropped until they do");
            }
            None if self.down.swap(false, Ordering::Relaxed) => tracing::warn!("traces reach {to} again"),
            Some(_) | None => {}
        }
        answer
    }
}

/// One request on a connection of its own: a few per minute.
async fn send(mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let uri = std::mem::take(request.uri_mut());
    let authority = uri.authority().ok_or("the address names no host")?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the answer, or when the sender is dropped.
    tokio::spawn(connection);
    *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    request.headers_mut().insert(HOST, HeaderValue::from_str(authority.as_str())?);
    let (parts, body) = sender.send_request(request.map(Body::from)).await?.into_parts();
    Ok(Response::from_parts(parts, to_bytes(Body::new(body), ANSWER_BYTES).await?))
}
