//! What the operator can follow: log lines on stderr, and traces sent to a collector.
//!
//! Owns the start of both and their end. Nothing here, nor in any span or line of this program, may
//! carry a choice of a ballot, a person's data or the variables of a request. Numbers: `metrics.rs`.
//! Look next at `telemetry/trace.rs` (ids), `lines.rs` (JSON) and `collector.rs` (OpenTelemetry).

mod collector;
mod lines;
pub mod trace;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal;
use std::time::Duration;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, field::MakeExt};

/// The target of the one line per request; `PARVIS_LOG` can name it.
pub const REQUESTS: &str = "parvis::requests";

/// What is written when `PARVIS_LOG` says nothing: what needs an eye, and one line per request.
const DEFAULT_FILTER: &str = "warn,parvis::requests=info";

/// How long the last spans may take to reach the collector when the program ends.
const FLUSH: Duration = Duration::from_secs(5);

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Logs and traces of this process, until they are flushed.
#[derive(Debug)]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts them, once per process. Inside the runtime on which traces are sent.
    pub fn start(format: LogFormat) -> Self {
        let asked = std::env::var("PARVIS_LOG").unwrap_or_else(|_| DEFAULT_FILTER.to_owned());
        let (filter, misread) = match EnvFilter::try_new(&asked) {
            Ok(filter) => (filter, None),
            Err(error) => (EnvFilter::new(DEFAULT_FILTER), Some(error)),
        };
        let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
            LogFormat::Text => {
                let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
                let fields = debug_fn(|writer, field, value| match field.name() {
                    "message" => write!(writer, "{value:?}"),
                    // What speaks to the tracer alone.
                    name if name.starts_with("otel.") => Ok(()),
                    name => write!(writer, "{name}={value:?}"),
                });
                let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
                lines.fmt_fields(fields.delimited(" ")).with_filter(filter).boxed()
            }
            LogFormat::Json => lines::JsonLines.with_filter(filter).boxed(),
        };
        let (provider, refused) = match collector::provider() {
            Ok(provider) => (provider, None),
            Err(reason) => (None, Some(reason)),
        };
        let traces = provider.as_ref().map(|provider| {
            // Our own spans only: those of the client that sends them would breed more of them.
            let ours = ["api", "commands", "event_store"].map(|name| (name, LevelFilter::INFO));
            let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("parvis"));
            let layer =
                layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false);
            layer.with_filter(Targets::new().with_targets(ours))
        });
        // A second start in the same process, in tests, leaves the first one in place.
        let _ = tracing_subscriber::registry().with(lines).with(traces).try_init();
        if let Some(error) = misread {
            tracing::warn!("PARVIS_LOG can't be read ({error}): using `{DEFAULT_FILTER}`");
        }
        if let Some(reason) = refused {
            tracing::warn!("no traces are sent: {reason}");
        }
        Self { provider }
    }

    /// Sends what the collector hasn't got yet; gives up after five seconds.
    pub async fn flush(self) {
        let Some(provider) = self.provider else { return };
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("the last traces may not have reached the collector");
        }
    }
}
