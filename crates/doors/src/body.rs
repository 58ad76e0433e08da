//! Bodies that come in time: a client that sends a byte now and then holds its place for ever otherwise.
//!
//! A body has its time from the start, plus what the slowest allowed rate gives for the bytes that came.

use crate::Timeouts;
use axum::Error;
use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Whether a body was given up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slow(Arc<AtomicBool>);

impl Slow {
    pub(crate) fn seen(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

struct Timed {
    body: Body,
    began: Instant,
    bytes: u64,
    limits: Timeouts,
    deadline: Pin<Box<Sleep>>,
    slow: Slow,
}

/// The body came too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
struct TooSlow;

/// The same body, given up when it comes too slowly.
pub(crate) fn timed(body: Body, limits: Timeouts, slow: Slow) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let began = Instant::now();
    let deadline = Box::pin(tokio::time::sleep_until(began + Duration::from_secs(limits.body_s)));
    Body::new(Timed { body, began, bytes: 0, limits, deadline, slow })
}

impl http_body::Body for Timed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let frame = Pin::new(&mut this.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            let came = frame.data_ref().map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
            this.bytes = this.bytes.saturating_add(came);
            let earned = this.bytes / u64::from(this.limits.body_bytes_per_s.get());
            let allowed = Duration::from_secs(this.limits.body_s.saturating_add(earned));
            if let Some(deadline) = this.began.checked_add(allowed) {
                this.deadline.as_mut().reset(deadline);
            }
        }
        // Also when something came: many small pieces must not put the end off.
        let more = !matches!(frame, Poll::Ready(None | Some(Err(_))));
        if more && this.deadline.as_mut().poll(context).is_ready() {
            this.slow.0.store(true, Ordering::Release);
            return Poll::Ready(Some(Err(Error::new(TooSlow))));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
