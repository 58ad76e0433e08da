//! Everything that happens around a request before anything else sees it, in one order.
//!
//! [`Inner::admit`] is that order, and `enter` puts its results on the answer. Each step lives in its own
//! file. Cheap and anonymous checks come first: what costs a look into the vault comes last.

use crate::addresses::{self, Client, Hosts};
use crate::body::{self, Slow};
use crate::cors::{Cors, Leave};
use crate::development::Development;
use crate::issuers::Party;
use crate::net::Net;
use crate::pages::{self, Language};
use crate::rates::{Allowance, Kind, Limits};
use crate::sessions::{Sessions, Shown};
use crate::sign_in::SignIn;
use crate::{Error, Refusal, Settings, cookies, csrf, development, headers, shield};
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use commands::{Clock, Entropy};
use std::net::SocketAddr;
use std::sync::Arc;
use url::Url;
use vault::{PersonId, Vault};

/// The doors of a site. Clones are the same doors.
#[derive(Clone)]
pub struct Doors(pub(crate) Arc<Inner>);

/// Names a request in logs and in its answer (`X-Request-Id`); in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) parties: Vec<Party>,
    pub(crate) sign_in: SignIn,
    pub(crate) sessions: Sessions,
    pub(crate) development: Option<Arc<Development>>,
    pub(crate) policy: HeaderValue,
    hosts: Hosts,
    cors: Cors,
    limits: Limits,
    site: shield::Site,
}

impl Doors {
    /// Hangs the doors. Reads client secrets, but asks nothing of any other server: issuers are read when
    /// somebody first wants to sign in.
    ///
    /// # Errors
    /// Settings that can't be right ([`Settings::check`]), a client secret that isn't there.
    pub fn new(settings: Settings, vault: Vault, clock: Clock, entropy: Entropy) -> Result<Self, Error> {
        settings.check()?;
        let mut parties = settings.issuers.iter().cloned().map(Party::new).collect::<Result<Vec<_>, _>>()?;
        let development = settings.development_issuer.then(|| {
            let issuer = Development::new(&settings.public_url, clock.clone(), entropy.clone());
            parties.extend(issuer.parties());
            Arc::new(issuer)
        });
        let issuers: Vec<String> = parties
            .iter()
            .filter_map(|party| Url::parse(&party.settings.url).ok())
            .map(|url| url.origin().ascii_serialization())
            .collect();
        let net = Net::new(&settings)?;
        let sessions = Sessions::new(vault.clone(), clock.clone());
        let limits = Limits::new(&settings.rates, &entropy);
        let public_url = settings.public_url.clone();
        let sign_in = SignIn { net, vault, clock, entropy, public_url, times: settings.session };
        Ok(Self(Arc::new(Inner {
            hosts: Hosts::new(&settings.public_url, settings.is_local()),
            cors: Cors::new(&settings),
            site: shield::Site {
                secure: settings.public_url.scheme() == "https",
                shared: !settings.cors_origins.is_empty(),
            },
            policy: pages::policy(&issuers),
            settings,
            parties,
            sign_in,
            sessions,
            development,
            limits,
        })))
    }

    /// Puts every check around these routes, and around what they answer.
    pub fn guard(&self, inner: Router) -> Router {
        inner.layer(axum::middleware::from_fn_with_state(Arc::clone(&self.0), enter))
    }

    /// Forgets what this node remembers of a person's sessions: after a token was revoked or a person
    /// erased. Other nodes believe what they looked up for ten seconds at most.
    pub fn forget(&self, person: &PersonId) {
        self.0.sessions.forget(person);
    }

    /// The address that people type, without a slash at its end.
    pub fn public_url(&self) -> &str {
        self.0.settings.public_url.as_str().trim_end_matches('/')
    }

    /// The Content-Security-Policy of a plain page of this site: its own style sheets and images, forms to
    /// the site and on to its issuers, no script.
    pub fn page_policy(&self) -> HeaderValue {
        self.0.policy.clone()
    }
}

/// What came of the checks.
enum Admitted {
    /// The request goes on.
    In { shown: Shown },
    /// It is answered already.
    Answered(Response),
}

impl Inner {
    pub(crate) fn party(&self, id: &str) -> Option<&Party> {
        self.parties.iter().find(|party| party.settings.id == id)
    }

    /// The order of the checks.
    async fn admit(&self, parts: &mut Parts, client: Client) -> Result<Admitted, Refusal> {
        self.hosts.check(parts)?;
        headers::check(parts, self.settings.timeouts.header_bytes)?;
        let (kind, network) = (Kind::of(&parts.method, parts.uri.path()), addresses::network(client.ip));
        self.limits.address(network, kind)?;
        if let Some(preflight) = self.cors.preflight(parts) {
            return preflight.map(Admitted::Answered);
        }
        csrf::check(parts, &self.cors)?;
        headers::strip(&mut parts.headers);
        let shown = self.identify(parts).await?;
        let mut person = None;
        if let Shown::Somebody(identity) = &shown {
            self.limits.account(identity.0.person.as_str(), kind)?;
            person = Some(identity.0.person.as_str().to_owned());
            parts.extensions.insert(identity.clone());
        }
        parts.extensions.insert(Allowance { limits: self.limits.clone(), network, person });
        Ok(Admitted::In { shown })
    }

    async fn identify(&self, parts: &Parts) -> Result<Shown, Refusal> {
        // The development issuer is another site that happens to live here: what is shown to it is its own.
        if development::owns(parts.uri.path()) {
            return Ok(Shown::Nobody);
        }
        self.sessions.identify(&parts.headers).await
    }

    /// Says no in the form that whoever asked can read.
    fn refuse(&self, refusal: &Refusal, parts: &Parts) -> Response {
        tracing::debug!(code = refusal.code(), "a request was refused");
        let path = parts.uri.path();
        if ["/sign-", "/signed-out"].iter().any(|start| path.starts_with(start)) {
            pages::refuse(refusal, Language::of(None, &parts.headers), &self.policy)
        } else {
            refusal.answer()
        }
    }
}

async fn enter(State(doors): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let id = doors.sign_in.entropy.uuid().simple().to_string();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let client = addresses::client(peer, &parts.headers, &doors.settings.trusted_proxies);
    let leave = doors.cors.leave(&parts.headers);
    parts.extensions.insert(RequestId(id.clone()));
    parts.extensions.insert(client);
    match doors.admit(&mut parts, client).await {
        Err(refusal) => {
            // Whatever a token was worth, the answer is about it.
            let response = doors.refuse(&refusal, &parts);
            finish(&doors, response, &id, &leave, true)
        }
        Ok(Admitted::Answered(response)) => finish(&doors, response, &id, &leave, false),
        Ok(Admitted::In { shown }) => {
            let slow = Slow::default();
            let request_line = parts.clone();
            let body = body::timed(body, doors.settings.timeouts, slow.clone());
            let mut response = next.run(Request::from_parts(parts, body)).await;
            if slow.seen() {
                response = doors.refuse(&Refusal::BodyTooSlow, &request_line);
            }
            if matches!(shown, Shown::Ended) {
                end_cookie(&mut response);
            }
            finish(&doors, response, &id, &leave, !matches!(shown, Shown::Nobody))
        }
    }
}

/// Takes a dead cookie off the browser, unless the answer brings a new one.
fn end_cookie(response: &mut Response) {
    let prefix = format!("{}=", cookies::SESSION);
    let set =
        response.headers().get_all(SET_COOKIE).iter().any(|cookie| cookie.as_bytes().starts_with(prefix.as_bytes()));
    if let Some(cookie) = cookies::delete(cookies::SESSION).filter(|_| !set) {
        response.headers_mut().append(SET_COOKIE, cookie);
        response.headers_mut().insert("parvis-session", HeaderValue::from_static("ended"));
    }
}

fn finish(doors: &Inner, mut response: Response, id: &str, leave: &Leave, personal: bool) -> Response {
    let status = response.status();
    let headers = response.headers_mut();
    leave.put(headers);
    shield::put(status, headers, personal, doors.site);
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    response
}
