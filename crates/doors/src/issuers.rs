//! What is known of an issuer: its discovery document and its keys.
//!
//! Both are fetched when somebody first wants to sign in there, kept for an hour and fetched again then;
//! an issuer that doesn't answer that moment is believed for a day more. Keys are fetched anew for a
//! signature by none of them, which is how issuers rotate theirs (`OpenID` Connect Core 1.0, section 10.1.1).

use crate::net::Net;
use crate::settings::is_local;
use crate::{Error, Issuer, Refusal};
use openidconnect::core::CoreJsonWebKeySet;
use openidconnect::{AuthUrl, ClientSecret, TokenUrl};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

/// How long what was fetched is good.
const GOOD: Duration = Duration::from_secs(3_600);
/// How long it is used beyond that while the issuer doesn't answer.
const BEARABLE: Duration = Duration::from_secs(24 * 3_600);
/// How long nothing is asked after a failure, nor keys after they were fetched anew: nobody can make
/// this server hammer an issuer.
const PAUSE: Duration = Duration::from_secs(10);

/// What an issuer says of itself (`OpenID` Connect Discovery 1.0, section 3).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    pub(crate) authorization_endpoint: AuthUrl,
    pub(crate) token_endpoint: TokenUrl,
    #[serde(default)]
    pub(crate) userinfo_endpoint: Option<Url>,
    jwks_uri: Url,
    /// RP-Initiated Logout 1.0.
    #[serde(default)]
    pub(crate) end_session_endpoint: Option<Url>,
    /// RFC 9207.
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// Whether the client secret goes into the body: only where the issuer says that it knows nothing
    /// better (the default is a header).
    pub(crate) fn secret_in_body(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let knows = |method: &str| methods.iter().any(|known| known == method);
        knows("client_secret_post") && !knows("client_secret_basic")
    }

    fn check(&self, issuer: &str) -> Result<(), &'static str> {
        if self.issuer != issuer {
            return Err("its discovery document is another issuer's");
        }
        let local = Url::parse(issuer).is_ok_and(|url| is_local(&url));
        let safe = |url: &Url| url.scheme() == "https" || (local && url.scheme() == "http" && is_local(url));
        let endpoints =
            [Some(self.authorization_endpoint.url()), Some(self.token_endpoint.url()), Some(&self.jwks_uri)];
        let optional = [self.userinfo_endpoint.as_ref(), self.end_session_endpoint.as_ref()];
        if endpoints.into_iter().chain(optional).flatten().all(safe) {
            Ok(())
        } else {
            Err("its discovery document has an endpoint without https")
        }
    }
}

/// Everything that was fetched.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) metadata: Metadata,
    pub(crate) keys: CoreJsonWebKeySet,
}

#[derive(Debug, Default)]
struct Memory {
    known: Option<(Arc<Known>, Instant)>,
    renewed_at: Option<Instant>,
    failed_at: Option<Instant>,
}

/// An issuer that people may sign in with.
pub(crate) struct Party {
    pub(crate) settings: Issuer,
    pub(crate) secret: Option<ClientSecret>,
    memory: Mutex<Memory>,
}

impl Party {
    pub(crate) fn new(settings: Issuer) -> Result<Self, Error> {
        let secret = settings.client_secret()?.map(ClientSecret::new);
        Ok(Self { settings, secret, memory: Mutex::default() })
    }

    pub(crate) fn with_secret(settings: Issuer, secret: String) -> Self {
        Self { settings, secret: Some(ClientSecret::new(secret)), memory: Mutex::default() }
    }

    /// What is known of it; fetched when need be, by one request for all who wait.
    pub(crate) async fn known(&self, net: &Net) -> Result<Arc<Known>, Refusal> {
        let mut memory = self.memory.lock().await;
        let paused = memory.failed_at.is_some_and(|at| at.elapsed() < PAUSE);
        match &memory.known {
            Some((known, at)) if at.elapsed() < GOOD || (paused && at.elapsed() < BEARABLE) => {
                return Ok(Arc::clone(known));
            }
            None if paused => return Err(Refusal::IssuerUnreachable),
            _ => {}
        }
        match self.fetch(net).await {
            Ok(known) => {
                let (known, now) = (Arc::new(known), Instant::now());
                *memory = Memory { known: Some((Arc::clone(&known), now)), failed_at: None, ..Memory::default() };
                Ok(known)
            }
            Err(why) => {
                tracing::warn!(issuer = self.settings.id, "an issuer can't be read: {why}");
                memory.failed_at = Some(Instant::now());
                let old = memory.known.as_ref().filter(|(_, at)| at.elapsed() < BEARABLE);
                old.map(|(known, _)| Arc::clone(known)).ok_or(Refusal::IssuerUnreachable)
            }
        }
    }

    /// The same with keys fetched anew, or as it is when they just were.
    pub(crate) async fn with_new_keys(&self, net: &Net) -> Result<Arc<Known>, Refusal> {
        let known = self.known(net).await?;
        let mut memory = self.memory.lock().await;
        if memory.renewed_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return Ok(memory.known.as_ref().map_or(known, |(known, _)| Arc::clone(known)));
        }
        memory.renewed_at = Some(Instant::now());
        let keys = self.fetch_keys(net, &known.metadata.jwks_uri).await.map_err(|why| {
            tracing::warn!(issuer = self.settings.id, "an issuer's keys can't be read: {why}");
            Refusal::IssuerUnreachable
        })?;
        let renewed = Arc::new(Known { metadata: known.metadata.clone(), keys });
        if let Some((known, _)) = &mut memory.known {
            *known = Arc::clone(&renewed);
        }
        Ok(renewed)
    }

    async fn fetch(&self, net: &Net) -> Result<Known, String> {
        let address = format!("{}/.well-known/openid-configuration", self.settings.url.trim_end_matches('/'));
        let document = net.get(&address).await.map_err(|why| format!("its discovery document: {why}"))?;
        // The message of a parser may quote the document, which is nobody's secret but can be long.
        let metadata: Metadata = serde_json::from_slice(&document)
            .map_err(|error| format!("its discovery document isn't one (line {})", error.line()))?;
        metadata.check(&self.settings.url)?;
        let keys = self.fetch_keys(net, &metadata.jwks_uri).await?;
        Ok(Known { metadata, keys })
    }

    async fn fetch_keys(&self, net: &Net, address: &Url) -> Result<CoreJsonWebKeySet, String> {
        let document = net.get(address.as_str()).await.map_err(|why| format!("its keys: {why}"))?;
        serde_json::from_slice(&document).map_err(|error| format!("its keys aren't a key set (line {})", error.line()))
    }
}
