//! The page of one's messages, and the click that stops some of them.
//!
//! Owns `/me/messages` (signed in: what was sent or waits, and the nine topics) and `/messages/stop`
//! (RFC 8058: `POST` stops at once, without signing in; `GET` shows one button and changes nothing).
//! No script. Cross-site requests are refused by `doors` before they come here.

use crate::error::Fault;
use crate::graphql::request::Viewer;
use crate::notices::facts;
use crate::read_model::{ReadModel, Version};
use crate::server::text;
use crate::words;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::rejection::Language;
use doors::Identity;
use messages::{Content, Topic, set_wish, wishes};
use serde::Deserialize;
use std::sync::Arc;
use vault::{Level, MessageState, PersonId, Scope, Session, Vault};

/// Messages on the page.
const SHOWN: u32 = 100;

/// What these pages read.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) vault: Vault,
    pub(crate) read_model: Arc<ReadModel>,
    /// The least level of identity with which somebody writes to others.
    pub(crate) least_level: Level,
}

#[derive(Template)]
#[template(path = "messages.html")]
struct Page {
    fr: bool,
    lang: &'static str,
    topics: Vec<Choice>,
    messages: Vec<Line>,
}

struct Choice {
    code: &'static str,
    name: &'static str,
    about: &'static str,
    on: bool,
}

struct Line {
    at: String,
    topic: &'static str,
    /// The subject line, or nothing when what it told of is gone.
    subject: String,
    /// Of a letter: the conversation.
    conversation: Option<String>,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "messages_stop.html")]
struct Stop {
    fr: bool,
    lang: &'static str,
    /// What the button sends; none once it is done, or for a link that leads nowhere.
    token: Option<String>,
    topic: Option<&'static str>,
}

/// What the click carries.
#[derive(Deserialize)]
pub(crate) struct Click {
    #[serde(default)]
    token: String,
}

/// What a button of the page sends.
#[derive(Deserialize)]
pub(crate) struct Change {
    topic: String,
    on: String,
}

/// Answers `GET /me/messages`.
pub(crate) async fn show(
    State(desk): State<Desk>,
    who: Option<axum::Extension<Identity>>,
    headers: HeaderMap,
) -> Response {
    let language = Viewer::language_of(text(&headers, ACCEPT_LANGUAGE.as_str()));
    let Some(session) = person(who) else { return Redirect::to("/sign-in?return_to=/me/messages").into_response() };
    match page(&desk.vault, &desk.read_model.current(), &session.person, language).await {
        Ok(page) => html(&page, StatusCode::OK, language),
        Err(error) => failed(&error.into()),
    }
}

/// Answers `POST /me/messages`: a topic that is stopped, or wanted again.
pub(crate) async fn change(
    State(desk): State<Desk>,
    who: Option<axum::Extension<Identity>>,
    Query(change): Query<Change>,
) -> Response {
    let Some(session) = person(who) else { return Redirect::to("/sign-in?return_to=/me/messages").into_response() };
    let Some(topic) = Topic::from_code(&change.topic) else { return StatusCode::BAD_REQUEST.into_response() };
    match set_wish(&desk.vault, &session.person, topic, change.on == "true").await {
        Ok(()) => Redirect::to("/me/messages").into_response(),
        Err(error) => failed(&error.into()),
    }
}

/// Answers `GET /messages/stop`: one button.
pub(crate) async fn ask(State(desk): State<Desk>, Query(click): Query<Click>, headers: HeaderMap) -> Response {
    stop_page(&desk.vault, &click.token, false, &headers).await
}

/// Answers `POST /messages/stop`: stops at once.
pub(crate) async fn stop(State(desk): State<Desk>, Query(click): Query<Click>, headers: HeaderMap) -> Response {
    stop_page(&desk.vault, &click.token, true, &headers).await
}

async fn stop_page(vault: &Vault, token: &str, stops: bool, headers: &HeaderMap) -> Response {
    let language = Viewer::language_of(text(headers, ACCEPT_LANGUAGE.as_str()));
    let found = match vault.whose_stop(token).await {
        Ok(found) => found.and_then(|(person, code)| Some((person, Topic::from_code(&code)?))),
        Err(error) => return failed(&error.into()),
    };
    let topic = found.as_ref().map(|(_, topic)| topic.name(language));
    if stops
        && let Some((person, topic)) = &found
        && let Err(error) = set_wish(vault, person, *topic, false).await
    {
        return failed(&error.into());
    }
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let token = found.filter(|_| !stops).map(|_| token.to_owned());
    html(&Stop { fr: language == Language::French, lang: tag(language), token, topic }, status, language)
}

/// Whoever is signed in and may read what is their own.
pub(crate) fn person(who: Option<axum::Extension<Identity>>) -> Option<Arc<Session>> {
    let axum::Extension(Identity(session)) = who?;
    let may = session.scopes.as_ref().is_none_or(|scopes| scopes.contains(&Scope::ReadOwn));
    may.then_some(session)
}

async fn page(
    vault: &Vault,
    version: &Version,
    person: &PersonId,
    language: Language,
) -> Result<Page, messages::Error> {
    let choice = |(topic, on): (Topic, bool)| Choice {
        code: topic.code(),
        name: topic.name(language),
        about: topic.about(language),
        on,
    };
    let topics = wishes(vault, person).await?.into_iter().map(choice).collect();
    let line = |message: vault::Message| {
        let content = serde_json::from_value::<Content>(message.content).ok();
        let view = |content: &Content| version.campaign(&content.campaign).cloned();
        let subject = content.as_ref().and_then(|content| facts::subject(&*view(content)?, content, language));
        Line {
            at: words::moment(message.created, language),
            topic: content.as_ref().map_or("", |content| content.topic.name(language)),
            subject: subject.unwrap_or_default(),
            conversation: content.and_then(|content| content.conversation),
            state: state(message.state, language),
        }
    };
    let messages = vault.messages_of(person, SHOWN).await?.into_iter().map(line).collect();
    Ok(Page { fr: language == Language::French, lang: tag(language), topics, messages })
}

fn state(state: MessageState, language: Language) -> &'static str {
    let (french, english) = match state {
        MessageState::Waiting => ("en attente", "waiting"),
        MessageState::Sending => ("en cours d’envoi", "being sent"),
        MessageState::Sent => ("envoyé", "sent"),
        MessageState::GivenUp => ("non distribué", "not delivered"),
        MessageState::Dropped => ("arrêté avant l’envoi", "stopped before it was sent"),
    };
    if language == Language::French { french } else { english }
}

pub(crate) fn tag(language: Language) -> &'static str {
    if language == Language::French { "fr" } else { "en" }
}

pub(crate) fn failed(fault: &Fault) -> Response {
    tracing::error!(code = fault.code(), "messages can't be shown or changed: {fault}");
    crate::http::refuse(&crate::http::Refusal::Internal)
}

pub(crate) fn html(page: &impl Template, status: StatusCode, language: Language) -> Response {
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, tag(language)),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, html).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use commands::{Clock, Entropy};
    use event_store::{OpenMode, Store};
    use messages::wants;
    use tower::ServiceExt;
    use vault::{Arrival, KeyRing, Level, Profile};

    #[tokio::test]
    async fn one_click_stops_without_a_session_and_a_look_at_the_page_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let (clock, entropy) = (Clock::simulated("2026-09-01T08:00:00Z".parse().unwrap()), Entropy::seeded(1));
        let vault = Vault::open(&url, KeyRing::draw(&entropy), clock, entropy).await.unwrap();
        let (issuer, subject) = ("i".to_owned(), "s".to_owned());
        let arrival = Arrival { issuer, subject, agent: false, level: Level::Low, profile: Profile::default() };
        let person = vault.arrive(arrival).await.unwrap().id;
        let token = vault.stop_token(&person, Topic::Results.code()).await.unwrap();
        let store = Store::open(&url, OpenMode::Create).unwrap();
        let read_model = ReadModel::open(store, |_| {}).await.unwrap();
        let desk = Desk { vault: vault.clone(), read_model, least_level: Level::Low };
        let routes = axum::Router::new().route("/messages/stop", get(ask).post(stop)).with_state(desk);
        let send = async |method: &str, token: &str| {
            let request = Request::builder().method(method).uri(format!("/messages/stop?token={token}"));
            routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
        };
        let on = async |topic| wants(&vault, &person, topic).await.unwrap();
        assert_eq!((send("GET", &token).await, on(Topic::Results).await), (200, true));
        assert_eq!((send("POST", "forged").await, on(Topic::Results).await), (404, true));
        assert_eq!((send("POST", &token).await, on(Topic::Results).await), (200, false));
        assert!(on(Topic::Sites).await, "each alone");
        vault.erase(&person).await.unwrap();
        assert_eq!(send("POST", &token).await, 404);
    }
}
