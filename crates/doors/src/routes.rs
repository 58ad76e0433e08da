//! The addresses of the doors: choosing an issuer, going there, coming back, leaving.
//!
//! Reads what a request says and writes answers; what a sign-in is stands in `sign_in.rs`. Nothing here
//! changes on GET but the sign-in that the person just chose.

use crate::guard::{Doors, Inner};
use crate::pages::{self, Choice, Language, Message, Way};
use crate::sessions::Identity;
use crate::sign_in::{Returned, SignedIn, browser, return_to};
use crate::{Refusal, cookies, development};
use axum::Router;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;
use url::form_urlencoded;

type Site = State<Arc<Inner>>;
type Somebody = Option<Extension<Identity>>;

impl Doors {
    /// `/sign-in`, `/sign-in/{issuer}` and its callback, `/sign-out`, `/sign-out/everywhere`,
    /// `/signed-out`; and the development issuer where it is switched on. They belong inside
    /// [`Doors::guard`], like every other route.
    pub fn routes(&self) -> Router {
        let routes = Router::new()
            .route("/sign-in", get(choose))
            .route(pages::STYLE, get(pages::style))
            .route("/sign-in/{issuer}", get(begin))
            .route("/sign-in/{issuer}/callback", get(finish))
            .route("/sign-out", post(sign_out))
            .route("/sign-out/everywhere", post(sign_out_everywhere))
            .route("/signed-out", get(signed_out))
            .with_state(Arc::clone(&self.0));
        match &self.0.development {
            Some(issuer) => routes.merge(development::routes(issuer)),
            None => routes,
        }
    }
}

/// The parameters of an address, each at most once.
fn parameters<const N: usize>(query: Option<&str>, names: [&str; N]) -> Result<[Option<String>; N], Refusal> {
    let mut found = [const { None }; N];
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(place) = names.iter().position(|known| *known == name).and_then(|at| found.get_mut(at)) else {
            continue;
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Refusal::Headers { what: "a parameter twice in its address" });
        }
    }
    Ok(found)
}

async fn choose(State(site): Site, RawQuery(query): RawQuery, who: Somebody, headers: HeaderMap) -> Response {
    let parameters = parameters(query.as_deref(), ["return_to", "lang"]);
    let language = Language::of(parameters.as_ref().ok().and_then(|[_, lang]| lang.as_deref()), &headers);
    let back = parameters.and_then(|[back, _]| return_to(back.as_deref(), &site.settings.public_url));
    let back = match back {
        Ok(back) => back,
        Err(refusal) => return pages::refuse(&refusal, language, &site.policy),
    };
    let fr = language == Language::French;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &back).finish();
    let ways = site.parties.iter().map(|party| {
        let issuer = &party.settings;
        let label = if fr { issuer.label.fr.clone() } else { issuer.label.en.clone() };
        Way { label, href: format!("/sign-in/{}?{query}", issuer.id), agents: issuer.agents }
    });
    let page = Choice { fr, development: site.development.is_some(), signed_in: who.is_some(), ways: ways.collect() };
    pages::show(&page, StatusCode::OK, language, &site.policy)
}

async fn begin(State(site): Site, Path(id): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = Language::of(None, &headers);
    let begun = async {
        let party = site.party(&id).ok_or(Refusal::IssuerUnknown)?;
        let [back] = parameters(query.as_deref(), ["return_to"])?;
        let back = return_to(back.as_deref(), &site.settings.public_url)?;
        let browser = browser(cookies::read(&headers, cookies::SIGN_IN)?, &site.sign_in.entropy);
        let url = site.sign_in.begin(party, back, &browser, language).await?;
        Ok((url, browser))
    };
    match begun.await {
        Ok((url, browser)) => go(url.as_str(), [cookies::sign_in(&browser)]),
        Err(refusal) => pages::refuse(&refusal, language, &site.policy),
    }
}

async fn finish(State(site): Site, Path(id): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let finished = async {
        let party = site.party(&id).ok_or(Refusal::IssuerUnknown)?;
        let [state, code, error, iss] = parameters(query.as_deref(), ["state", "code", "error", "iss"])?;
        let browser = cookies::read(&headers, cookies::SIGN_IN)?;
        let returned = Returned { state, code, error, iss };
        site.sign_in.finish(party, returned, browser.as_deref()).await
    };
    match finished.await {
        Ok(SignedIn { secret, return_to }) => {
            // The new session has a new secret, and whatever this browser had before has ended: nobody
            // who planted or saw the old one is signed in with it.
            if let Ok(Some(old)) = cookies::read(&headers, cookies::SESSION)
                && let Err(refusal) = site.sessions.end(&old).await
            {
                return pages::refuse(&refusal, Language::of(None, &headers), &site.policy);
            }
            let lasts = site.settings.session.lifetime_s;
            go(&return_to, [cookies::session(secret.expose(), lasts), cookies::delete(cookies::SIGN_IN)])
        }
        Err(refusal) => pages::refuse(&refusal, Language::of(None, &headers), &site.policy),
    }
}

async fn sign_out(State(site): Site, who: Somebody, headers: HeaderMap) -> Response {
    leave(&site, who, &headers, false).await
}

async fn sign_out_everywhere(State(site): Site, who: Somebody, headers: HeaderMap) -> Response {
    leave(&site, who, &headers, true).await
}

/// Ends the session of a browser; a token is revoked, not signed out.
async fn leave(site: &Inner, who: Somebody, headers: &HeaderMap, everywhere: bool) -> Response {
    let session = who.map(|Extension(Identity(session))| session).filter(|session| session.scopes.is_none());
    let ended = match (cookies::read(headers, cookies::SESSION), &session) {
        (Ok(Some(_)), Some(session)) if everywhere => site.sessions.end_all(&session.person).await.map(|_| ()),
        (Ok(Some(secret)), _) => site.sessions.end(&secret).await,
        (Ok(None), _) => Ok(()),
        (Err(refusal), _) => Err(refusal),
    };
    if let Err(refusal) = ended {
        return pages::refuse(&refusal, Language::of(None, headers), &site.policy);
    }
    let mut next = None;
    if let Some(session) = session
        && let (Some(party), Some(hint)) = (site.party(&session.issuer), session.hint.as_deref())
    {
        next = site.sign_in.sign_out(party, hint).await;
    }
    go(next.as_ref().map_or("/signed-out", |url| url.as_str()), [cookies::delete(cookies::SESSION)])
}

async fn signed_out(State(site): Site, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let [lang] = parameters(query.as_deref(), ["lang"]).unwrap_or_default();
    let language = Language::of(lang.as_deref(), &headers);
    let fr = language == Language::French;
    let page = Message {
        fr,
        development: site.development.is_some(),
        title: if fr { "Vous êtes déconnecté·e" } else { "You are signed out" }.to_owned(),
        text: if fr {
            "Sur un ordinateur partagé, fermez aussi la fenêtre du navigateur."
        } else {
            "On a shared computer, close the browser's window too."
        }
        .to_owned(),
        code: None,
        again: true,
    };
    pages::show(&page, StatusCode::OK, language, &site.policy)
}

/// Sends the browser on, with cookies.
fn go<const N: usize>(to: &str, cookies: [Option<HeaderValue>; N]) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
