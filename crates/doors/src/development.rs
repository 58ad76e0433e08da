//! An issuer for development: whoever is on this machine is whoever they say.
//!
//! A real OpenID Connect provider under `/development/issuer/`, spoken to over HTTP by the same code as
//! any other, so that signing in works on a laptop without a contract with anybody. It plays two issuers,
//! one for citizens and one for agents. Who is ready to be chosen: `persons.rs`; codes, tokens and
//! signatures: `grants.rs`. Whether it may be switched on at all: `settings.rs`.

mod grants;
mod persons;

use crate::addresses::Client;
use crate::issuers::Party;
use crate::pages::{self, Language};
use crate::settings::{Assurance, ClaimMap, Issuer, Label};
use crate::sign_in::random;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use commands::{Clock, Entropy};
use grants::{Asked, Grants};
use persons::{Person, READY};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::{Url, form_urlencoded};

const CLIENT: &str = "parvis-development";
const LEVELS: [(&str, Assurance); 3] =
    [("eidas1", Assurance::Low), ("eidas2", Assurance::Substantial), ("eidas3", Assurance::High)];

/// The issuer.
pub(crate) struct Development {
    public_url: Url,
    secret: String,
    grants: Grants,
}

/// Which of the two it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Citizens,
    Agents,
}

impl Side {
    fn of(name: &str) -> Option<Self> {
        [Self::Citizens, Self::Agents].into_iter().find(|side| side.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Citizens => "citizens",
            Self::Agents => "agents",
        }
    }
}

/// Whether an address belongs to this issuer.
pub(crate) fn owns(path: &str) -> bool {
    path.starts_with("/development/issuer/")
}

impl Development {
    pub(crate) fn new(public_url: &Url, clock: Clock, entropy: Entropy) -> Self {
        let secret = random(&entropy);
        Self { public_url: public_url.clone(), secret, grants: Grants::new(clock, entropy) }
    }

    fn url(&self, side: Side) -> String {
        format!("{}development/issuer/{}", self.public_url, side.name())
    }

    /// The two issuers as the rest of the doors knows them.
    pub(crate) fn parties(&self) -> impl Iterator<Item = Party> {
        [Side::Citizens, Side::Agents]
            .into_iter()
            .map(|side| Party::with_secret(self.settings(side), self.secret.clone()))
    }

    fn settings(&self, side: Side) -> Issuer {
        let agents = side == Side::Agents;
        let (id, fr, en) = if agents {
            ("development-agents", "Agent de développement", "Development agent")
        } else {
            ("development", "Personne de développement", "Development person")
        };
        Issuer {
            id: id.to_owned(),
            label: Label { fr: fr.to_owned(), en: en.to_owned() },
            url: self.url(side),
            client_id: CLIENT.to_owned(),
            client_secret_file: None,
            client_secret_env: None,
            agents,
            scopes: ["profile", "email", "birthdate"].map(str::to_owned).to_vec(),
            acr_values: vec!["eidas1".to_owned()],
            claims: ClaimMap::default(),
            levels: LEVELS.iter().map(|(acr, level)| ((*acr).to_owned(), *level)).collect(),
            minimum: Assurance::Low,
            // One side of each kind, so that both ways are walked every day.
            signed_userinfo: !agents,
            trust_email: false,
            prompt: None,
        }
    }

    fn callback(&self, side: Side) -> String {
        format!("{}sign-in/{}/callback", self.public_url, self.settings(side).id)
    }
}

type Site = State<Arc<Development>>;

/// The routes, for this machine alone.
pub(crate) fn routes(issuer: &Arc<Development>) -> Router {
    Router::new()
        .route("/development/issuer/{side}/.well-known/openid-configuration", get(discovery))
        .route("/development/issuer/{side}/jwks", get(keys))
        .route("/development/issuer/{side}/authorize", get(ask).post(choose))
        .route("/development/issuer/{side}/token", post(token))
        .route("/development/issuer/{side}/userinfo", get(userinfo))
        .route("/development/issuer/{side}/end-session", get(end_session))
        .layer(axum::middleware::from_fn(this_machine))
        .with_state(Arc::clone(issuer))
}

async fn this_machine(client: Option<Extension<Client>>, request: Request, next: Next) -> Response {
    if client.is_some_and(|Extension(client)| client.ip.is_loopback()) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// What an OAuth 2.0 endpoint says no with (RFC 6749, section 5.2).
struct No(StatusCode, &'static str);

impl IntoResponse for No {
    fn into_response(self) -> Response {
        (self.0, [(CACHE_CONTROL, "no-store")], Json(json!({ "error": self.1 }))).into_response()
    }
}

fn side_of(name: &str) -> Result<Side, No> {
    Side::of(name).ok_or(No(StatusCode::NOT_FOUND, "unknown_issuer"))
}

async fn discovery(State(issuer): Site, Path(side): Path<String>) -> Result<Json<Value>, No> {
    let url = issuer.url(side_of(&side)?);
    Ok(Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/jwks"),
        "end_session_endpoint": format!("{url}/end-session"),
        "authorization_response_iss_parameter_supported": true,
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "userinfo_signing_alg_values_supported": ["EdDSA"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "acr_values_supported": LEVELS.map(|(acr, _)| acr),
    })))
}

async fn keys(State(issuer): Site, Path(side): Path<String>) -> Result<Json<Value>, No> {
    side_of(&side)?;
    Ok(Json(json!({ "keys": [issuer.grants.public_key()] })))
}

#[derive(Template)]
#[template(path = "development.html")]
struct Page {
    fr: bool,
    development: bool,
    agents: bool,
    action: String,
    persons: Vec<Person>,
}

/// Reads a request for authorization, or says why it can't be one.
fn asked(issuer: &Development, side: Side, query: Option<&str>) -> Result<Asked, No> {
    let bad = |code| No(StatusCode::BAD_REQUEST, code);
    let mut said = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if said.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(bad("invalid_request"));
        }
    }
    let mut take = |name: &str| said.remove(name).unwrap_or_default();
    if take("client_id") != CLIENT {
        return Err(bad("unauthorized_client"));
    }
    let redirect = take("redirect_uri");
    if redirect != issuer.callback(side) {
        return Err(bad("invalid_redirect_uri"));
    }
    if take("response_type") != "code" {
        return Err(bad("unsupported_response_type"));
    }
    if !take("scope").split(' ').any(|scope| scope == "openid") {
        return Err(bad("invalid_scope"));
    }
    let (challenge, method) = (take("code_challenge"), take("code_challenge_method"));
    let (state, nonce) = (take("state"), take("nonce"));
    if challenge.is_empty() || method != "S256" || state.is_empty() || nonce.is_empty() {
        return Err(bad("invalid_request"));
    }
    Ok(Asked { side: side.name(), redirect, challenge, state, nonce, locale: take("ui_locales") })
}

async fn ask(
    State(issuer): Site,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, No> {
    let side = side_of(&name)?;
    let asked = asked(&issuer, side, query.as_deref())?;
    let language = Language::of(Some(asked.locale.as_str()), &headers);
    let page = Page {
        fr: language == Language::French,
        development: true,
        agents: side == Side::Agents,
        action: format!("/development/issuer/{}/authorize?{}", side.name(), query.unwrap_or_default()),
        persons: READY.iter().filter(|person| person.agent == (side == Side::Agents)).map(Person::of).collect(),
    };
    Ok(pages::show(&page, StatusCode::OK, language, &pages::policy(&[])))
}

async fn choose(
    State(issuer): Site,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, No> {
    let side = side_of(&name)?;
    let asked = asked(&issuer, side, query.as_deref())?;
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let (redirect, state) = (asked.redirect.clone(), asked.state.clone());
    let outcome = if form.contains_key("no") {
        ("error", "access_denied".to_owned())
    } else {
        let person =
            Person::chosen(&form, side == Side::Agents).ok_or(No(StatusCode::BAD_REQUEST, "invalid_person"))?;
        (
            "code",
            issuer.grants.code(asked, person).ok_or(No(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"))?,
        )
    };
    let mut back = Url::parse(&redirect).map_err(|_| No(StatusCode::BAD_REQUEST, "invalid_redirect_uri"))?;
    back.query_pairs_mut()
        .append_pair(outcome.0, &outcome.1)
        .append_pair("state", &state)
        .append_pair("iss", &issuer.url(side));
    Ok((StatusCode::SEE_OTHER, [(LOCATION, back.to_string()), (CACHE_CONTROL, "no-store".to_owned())]).into_response())
}

async fn token(State(issuer): Site, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, No> {
    let side = side_of(&name)?;
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if shown != grants::basic(CLIENT, &issuer.secret) {
        return Err(No(StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let said = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if said("grant_type") != "authorization_code" {
        return Err(No(StatusCode::BAD_REQUEST, "unsupported_grant_type"));
    }
    let (code, redirect, verifier) = (said("code"), said("redirect_uri"), said("code_verifier"));
    let answer = issuer
        .grants
        .redeem(code, redirect, verifier, side.name(), &issuer.url(side), CLIENT)
        .ok_or(No(StatusCode::BAD_REQUEST, "invalid_grant"))?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

async fn userinfo(State(issuer): Site, Path(name): Path<String>, headers: HeaderMap) -> Result<Response, No> {
    let side = side_of(&name)?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let access = text(AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    let mut claims = issuer.grants.claims(access, side.name()).ok_or(No(StatusCode::UNAUTHORIZED, "invalid_token"))?;
    let caching = [(CACHE_CONTROL, "no-store")];
    if !text(ACCEPT).contains("application/jwt") {
        return Ok((caching, Json(claims)).into_response());
    }
    claims["iss"] = issuer.url(side).into();
    claims["aud"] = CLIENT.into();
    let jwt = issuer.grants.sign(&claims);
    Ok((caching, [(CONTENT_TYPE, "application/jwt")], jwt).into_response())
}

async fn end_session(State(issuer): Site, Path(name): Path<String>, RawQuery(query): RawQuery) -> Result<Response, No> {
    side_of(&name)?;
    let said: BTreeMap<String, String> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let ours = format!("{}signed-out", issuer.public_url);
    let back = said.get("post_logout_redirect_uri").filter(|back| **back == ours);
    if back.is_none() || !said.contains_key("id_token_hint") {
        return Err(No(StatusCode::BAD_REQUEST, "invalid_request"));
    }
    let mut back = Url::parse(&ours).map_err(|_| No(StatusCode::BAD_REQUEST, "invalid_request"))?;
    if let Some(state) = said.get("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    Ok((StatusCode::SEE_OTHER, [(LOCATION, back.to_string())]).into_response())
}
