//! Requests to other servers: issuers, and nobody else.
//!
//! Owns their limits: no redirect is followed, an answer has a size and a time. Must not log what it
//! sends or gets: both hold secrets and people.

use crate::{Error, Settings};
use openidconnect::http::Response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use reqwest::{Client, NoProxy, Proxy, Request};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Largest answer, in bytes. Discovery documents and key sets have some kilobytes.
const LARGEST: usize = 512 * 1024;

/// The way out.
#[derive(Clone, Debug)]
pub(crate) struct Net(Client);

/// No usable answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("no connection")]
    Connection,
    #[error("no answer in time")]
    Time,
    #[error("an answer that is too large")]
    Size,
    #[error("an answer that breaks off")]
    Broken,
}

impl Net {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        // One that is there already serves as well: every TLS connection of the process may share it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(settings.timeouts.issuer_s))
            .user_agent("Parvis")
            .no_proxy();
        if let Some(proxy) = &settings.outgoing_proxy {
            let direct = NoProxy::from_string("localhost,127.0.0.1,::1");
            let proxy = Proxy::all(proxy.clone()).map_err(|_| Error::Outgoing("outgoing_proxy".to_owned()))?;
            client = client.proxy(proxy.no_proxy(direct));
        }
        client.build().map(Self).map_err(|error| Error::Outgoing(error.to_string()))
    }

    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let request = Request::try_from(request).map_err(|_| NoAnswer::Connection)?;
        let mut answer = self.0.execute(request).await.map_err(reason)?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(reason)? {
            if body.len() + piece.len() > LARGEST {
                return Err(NoAnswer::Size);
            }
            body.extend_from_slice(&piece);
        }
        let mut whole = Response::new(body);
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(whole)
    }

    /// The body of a successful GET.
    pub(crate) async fn get(&self, url: &str) -> Result<Vec<u8>, NoAnswer> {
        let request = openidconnect::http::Request::get(url).header("accept", "application/json").body(Vec::new());
        let answer = self.send(request.map_err(|_| NoAnswer::Connection)?).await?;
        if answer.status().is_success() { Ok(answer.into_body()) } else { Err(NoAnswer::Broken) }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn reason(error: reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        NoAnswer::Time
    } else if error.is_connect() {
        NoAnswer::Connection
    } else {
        NoAnswer::Broken
    }
}

impl<'c> AsyncHttpClient<'c> for Net {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
