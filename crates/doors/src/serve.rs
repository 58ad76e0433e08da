//! The sockets: who gets a connection, and how long one may say nothing on it.
//!
//! Like `axum::serve`, with limits: hyper's own on headers, and a count of connections overall and by
//! address. What a request is, once its headers are there, is `guard.rs`' business.

use crate::{Settings, Timeouts, addresses};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::Service;

/// How connections are taken.
#[derive(Clone, Debug)]
pub struct Connections {
    timeouts: Timeouts,
    trusted_proxies: Vec<IpNet>,
}

impl Settings {
    /// How connections are taken under these settings.
    pub fn connections(&self) -> Connections {
        Connections { timeouts: self.timeouts, trusted_proxies: self.trusted_proxies.clone() }
    }
}

/// Room for a request line and headers where a connection is read; the doors' own limit is below it, and
/// answers with a code.
const SPARE: usize = 16 * 1024;

/// Headers in one request.
const HEADERS: usize = 100;

/// Serves until `stop` resolves: then no more connections are taken, idle ones are closed, and requests
/// under way are answered. Handlers find the peer's address as [`ConnectInfo`].
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>, how: Connections) {
    let places = Arc::new(Semaphore::new(size(how.timeouts.connections.get())));
    let peers = Peers::default();
    let (closing, closed) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            // Fails only for a closed semaphore, and nothing closes this one.
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let (place, stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => match accepted {
                Some((place, Ok((stream, peer)))) => (place, stream, peer),
                Some((_, Err(error))) => {
                    rest(&error).await;
                    continue;
                }
                None => break,
            },
        };
        // A trusted proxy brings everybody's requests: it is one address with many people behind.
        let proxy = how.trusted_proxies.iter().any(|net| net.contains(&peer.ip().to_canonical()));
        let most = if proxy { u32::MAX } else { how.timeouts.connections_per_ip.get() };
        let Some(counted) = peers.enter(addresses::network(peer.ip()), most) else {
            tracing::debug!("an address has too many connections");
            continue;
        };
        tokio::spawn(connection(stream, peer, router.clone(), how.timeouts, closed.clone(), (place, counted)));
    }
    drop(listener);
    drop(closed);
    // Resolves for every connection at once, and is gone when the last of them is.
    let _ = closing.send(());
    closing.closed().await;
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    timeouts: Timeouts,
    mut closed: watch::Receiver<()>,
    _held: (OwnedSemaphorePermit, Counted),
) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // hyper takes off a Content-Length beside it, so that both were there can't be seen; whatever
        // else was sent with it must not be read as a request then (RFC 9112, section 6.1).
        let last = request.headers().contains_key(TRANSFER_ENCODING);
        let answer = router.clone().call(request);
        async move {
            let mut response = answer.await?;
            if last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(timeouts.headers_s))
        .max_headers(HEADERS)
        .max_buf_size(timeouts.header_bytes.saturating_add(SPARE));
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    tokio::select! {
        ended = served.as_mut() => {
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection broke off");
            }
            return;
        }
        _ = closed.changed() => served.as_mut().graceful_shutdown(),
    }
    if let Err(error) = served.await {
        tracing::trace!(%error, "a connection broke off");
    }
}

/// Connections by address.
#[derive(Clone, Debug, Default)]
struct Peers(Arc<Mutex<BTreeMap<[u8; 9], u32>>>);

/// One connection, until it is dropped.
struct Counted {
    peers: Peers,
    network: [u8; 9],
}

impl Peers {
    fn enter(&self, network: [u8; 9], most: u32) -> Option<Counted> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Counted { peers: self.clone(), network })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.remove(&self.network)),
        }
    }
}

/// A connection that broke before it was taken is nothing; anything else (no file handles left) needs a
/// moment to pass.
async fn rest(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be taken");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)
}
