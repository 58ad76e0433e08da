//! Who may read how the server runs: programmes of this machine and of named networks.
//!
//! Figures tell an attacker when a server is weak, and a proxy must not pass them on by accident: a
//! request that came through one is refused. Everybody else is told that there is nothing.

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;

/// Networks whose programmes may watch, beside this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Watchers(pub Vec<IpNet>);

impl Watchers {
    /// Whether a programme at this address may.
    fn has(&self, address: SocketAddr) -> bool {
        // An IPv4 peer of a socket that listens on both has a mapped address.
        let ip = address.ip().to_canonical();
        ip.is_loopback() || self.0.iter().any(|network| network.contains(&ip))
    }
}

/// Lets watchers through; 404 for everybody else.
pub(crate) async fn only_watchers(State(watchers): State<Arc<Watchers>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
    let passed_on = ["forwarded", "x-forwarded-for", "via"].iter().any(|name| request.headers().contains_key(*name));
    // Without a connection the request was made in this process.
    if !passed_on && peer.is_none_or(|peer| watchers.has(peer)) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_named_networks_watch() {
        let watchers = Watchers(vec!["10.1.0.0/16".parse().unwrap()]);
        for address in ["127.0.0.1:1", "[::1]:1", "10.1.2.3:1", "[::ffff:10.1.2.3]:1"] {
            assert!(watchers.has(address.parse().unwrap()), "{address}");
        }
        for address in ["10.2.0.1:1", "192.0.2.1:1", "[2001:db8::1]:1", "[::ffff:10.2.0.1]:1"] {
            assert!(!watchers.has(address.parse().unwrap()), "{address}");
        }
    }
}
