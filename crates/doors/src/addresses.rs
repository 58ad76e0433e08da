//! Who asks, and whom they asked for: the address of a client behind proxies, and the host of a request.
//!
//! Must not look anything up: names are compared, never resolved.

use crate::Refusal;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use url::Url;

/// The address from which a request came, in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// After the proxies that are trusted; `0.0.0.0` when the server doesn't know its peers.
    pub ip: IpAddr,
}

/// The address that a request came from: the last one that no trusted proxy has.
///
/// Each proxy adds at the end of `X-Forwarded-For` the address it was called from, so only what trusted
/// ones wrote can be believed: read from the right, up to the first address that isn't one of theirs.
pub(crate) fn client(peer: Option<SocketAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Client {
    let Some(peer) = peer else { return Client { ip: Ipv4Addr::UNSPECIFIED.into() } };
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let mut ip = peer.ip().to_canonical();
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while is_trusted(ip) {
        let Some(before) = hops.next().and_then(hop) else { break };
        ip = before;
    }
    Client { ip }
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let ip = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>());
    ip.ok().map(|ip| ip.to_canonical())
}

/// The network that a limit counts as one asker: an IPv4 address, or the /64 that one customer of an
/// IPv6 network gets (RFC 6177).
pub(crate) fn network(ip: IpAddr) -> [u8; 9] {
    let mut key = [0; 9];
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            key[0] = 4;
            key[1..5].copy_from_slice(&v4.octets());
        }
        IpAddr::V6(v6) => {
            key[0] = 6;
            for (to, from) in key.iter_mut().skip(1).zip(v6.octets()) {
                *to = from;
            }
        }
    }
    key
}

/// The hosts under which the site may be asked for.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    host: String,
    port: u16,
    local: bool,
}

impl Hosts {
    pub(crate) fn new(public_url: &Url, local: bool) -> Self {
        let host = public_url.host_str().unwrap_or_default().to_ascii_lowercase();
        Self { host, port: public_url.port_or_known_default().unwrap_or(443), local }
    }

    /// Refuses what was asked of another name: a foreign page whose name was made to point here (DNS
    /// rebinding) would read our answers as its own.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        let mut given = parts.headers.get_all(HOST).iter();
        let (first, second) = (given.next(), given.next());
        if second.is_some() {
            return Err(Refusal::Headers { what: "two Host lines" });
        }
        // RFC 9112, section 3.2: HTTP/1.1 must name its host, in the same way as an absolute target.
        let header = first.map(|value| value.to_str().ok().and_then(|text| text.parse::<Authority>().ok()));
        let asked = match (header, parts.uri.authority()) {
            (Some(None), _) => return Err(Refusal::Headers { what: "a Host that is no host" }),
            (Some(Some(host)), Some(target)) if host != *target => {
                return Err(Refusal::Headers { what: "a Host that differs from the request's target" });
            }
            (Some(Some(host)), _) => host,
            (None, Some(target)) => target.clone(),
            (None, None) => return Err(Refusal::Host),
        };
        if self.knows(&asked) { Ok(()) } else { Err(Refusal::Host) }
    }

    fn knows(&self, asked: &Authority) -> bool {
        if asked.as_str().contains('@') {
            return false;
        }
        let host = asked.host().to_ascii_lowercase();
        if host == self.host {
            let port = asked.as_str().get(asked.host().len()..).and_then(|rest| rest.strip_prefix(':'));
            return self.local || port.is_none_or(|port| port == self.port.to_string());
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        self.local && (host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use proptest::prelude::*;

    fn asked(headers: &[(&str, &str)]) -> HeaderMap {
        headers.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap());
            map
        })
    }

    fn ip(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let lines: Vec<_> = forwarded.iter().map(|line| ("x-forwarded-for", *line)).collect();
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client(Some(SocketAddr::new(peer.parse().unwrap(), 4)), &asked(&lines), &trusted).ip.to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(ip("198.51.100.7", &["1.2.3.4"], &[]), "198.51.100.7");
        assert_eq!(ip("198.51.100.7", &["1.2.3.4"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(ip("10.0.0.1", &["1.2.3.4"], &["10.0.0.0/8"]), "1.2.3.4");
        assert_eq!(ip("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"], &["10.0.0.0/8"]), "1.2.3.4");
        assert_eq!(ip("10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"], &["10.0.0.0/8"]), "1.2.3.4");
        assert_eq!(ip("::ffff:10.0.0.1", &["[2001:db8::1]:443"], &["10.0.0.0/8"]), "2001:db8::1");
        assert_eq!(ip("10.0.0.1", &["1.2.3.4:5678"], &["10.0.0.0/8"]), "1.2.3.4");
    }

    #[test]
    fn what_is_no_address_ends_the_search() {
        for line in ["unknown", "", ",,,", "1.2.3.4, evil", "1.2.3.4,"] {
            assert_eq!(ip("10.0.0.1", &[line], &["10.0.0.0/8"]), "10.0.0.1", "{line}");
        }
        assert_eq!(ip("10.0.0.1", &["10.0.0.3,10.0.0.2"], &["10.0.0.0/8"]), "10.0.0.3");
    }

    fn known(url: &str, host: &str) -> bool {
        let url: Url = url.parse().unwrap();
        let (parts, ()) = Request::get("/x").header("host", host).body(()).unwrap().into_parts();
        Hosts::new(&url, crate::settings::is_local(&url)).check(&parts).is_ok()
    }

    #[test]
    fn only_the_hosts_of_the_site_are_answered() {
        for host in ["budget.example", "BUDGET.example", "budget.example:443"] {
            assert!(known("https://budget.example", host), "{host}");
        }
        for host in [
            "evil.example",
            "budget.example:80",
            "budget.example.evil.example",
            "localhost",
            "127.0.0.1",
            "a@budget.example",
            "budget.example.",
        ] {
            assert!(!known("https://budget.example", host), "{host}");
        }
        for host in ["localhost:8080", "127.0.0.1:1", "[::1]:8080", "localhost"] {
            assert!(known("http://localhost:8080", host), "{host}");
        }
        assert!(!known("http://localhost:8080", "evil.example:8080"));
        assert!(!known("http://localhost:8080", "10.0.0.1:8080"));
    }

    #[test]
    fn a_host_is_named_once_and_as_in_the_target() {
        let hosts = Hosts::new(&"https://budget.example".parse().unwrap(), false);
        let parts = |request: axum::http::request::Builder| request.body(()).unwrap().into_parts().0;
        let twice = parts(Request::get("/").header("host", "budget.example").header("host", "budget.example"));
        assert_eq!(hosts.check(&twice).unwrap_err().code(), "HEADERS_INVALID");
        let other = parts(Request::get("https://evil.example/").header("host", "budget.example"));
        assert_eq!(hosts.check(&other).unwrap_err().code(), "HEADERS_INVALID");
        assert_eq!(hosts.check(&parts(Request::get("/"))).unwrap_err().code(), "HOST_UNKNOWN");
        assert!(hosts.check(&parts(Request::get("https://budget.example/"))).is_ok());
    }

    #[test]
    fn a_customer_of_an_ipv6_network_counts_once() {
        let key = |ip: &str| network(ip.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("1.2.3.4"), key("1.2.3.5"));
        assert_eq!(key("::ffff:1.2.3.4"), key("1.2.3.4"));
    }

    proptest! {
        #[test]
        fn any_forwarded_line_gives_an_address(line in "[ -~]{0,80}", more in "[0-9a-f:.,\\[\\] ]{0,60}") {
            let lines = asked(&[("x-forwarded-for", &line), ("x-forwarded-for", &more)]);
            client(Some(SocketAddr::from(([10, 0, 0, 1], 1))), &lines, &["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
        }

        #[test]
        fn any_host_is_judged(host in "[ -~]{0,60}") {
            known("https://budget.example", &host);
        }
    }
}
