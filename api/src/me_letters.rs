//! The page of one conversation: what the other wrote, and an answer to it.
//!
//! Owns `/me/messages/{conversation}`. Who may write to whom: `letters.rs`. No script; cross-site requests
//! are refused by `doors` before they come here.

use crate::error::Fault;
use crate::graphql::request::Viewer;
use crate::http::{Refusal, refuse};
use crate::letters::{LONGEST, Writer, about};
use crate::me_messages::{Desk, failed, html, person, tag};
use crate::notices::facts;
use crate::server::text;
use crate::words;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::rejection::Language;
use doors::Identity;
use serde::Deserialize;
use vault::Session;

#[derive(Template)]
#[template(path = "letters.html")]
struct Page {
    fr: bool,
    lang: &'static str,
    id: String,
    title: String,
    letters: Vec<Shown>,
    sent: usize,
    longest: usize,
    /// What was typed, when it couldn't be sent, and why.
    typed: String,
    refused: Option<String>,
}

struct Shown {
    at: String,
    lines: Vec<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct Answer {
    text: String,
}

/// Answers `GET /me/messages/{conversation}`.
pub(crate) async fn show(
    State(desk): State<Desk>,
    who: Option<axum::Extension<Identity>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(session) = person(who) else { return Redirect::to("/sign-in?return_to=/me/messages").into_response() };
    let language = Viewer::language_of(text(&headers, ACCEPT_LANGUAGE.as_str()));
    page(&desk, &session, id, language, None).await.unwrap_or_else(|fault| failed(&fault))
}

/// Answers `POST /me/messages/{conversation}`: a letter.
pub(crate) async fn answer(
    State(desk): State<Desk>,
    who: Option<axum::Extension<Identity>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Answer>, FormRejection>,
) -> Response {
    let Some(session) = person(who) else { return Redirect::to("/sign-in?return_to=/me/messages").into_response() };
    let Ok(Form(Answer { text: typed })) = form else { return StatusCode::BAD_REQUEST.into_response() };
    let language = Viewer::language_of(text(&headers, ACCEPT_LANGUAGE.as_str()));
    if session.level < desk.least_level {
        let low = Fault::LevelTooLow { needed: desk.least_level.code(), has: session.level.code() };
        let (code, message) = (low.code(), low.to_string());
        return refuse(&Refusal::Declined { status: StatusCode::FORBIDDEN, code, message });
    }
    let version = desk.read_model.current();
    let writer = Writer { vault: &desk.vault, session: &session };
    let view = |code: &str| version.campaign(code).map(AsRef::as_ref);
    match writer.answer(view, &id, &typed).await {
        Ok(Ok(_)) => Redirect::to(&format!("/me/messages/{id}")).into_response(),
        Ok(Err(rejection)) => {
            let refused = Some((typed, rejection.message(language)));
            page(&desk, &session, id, language, refused).await.unwrap_or_else(|fault| failed(&fault))
        }
        Err(fault) => failed(&fault),
    }
}

async fn page(
    desk: &Desk,
    session: &Session,
    id: String,
    language: Language,
    refused: Option<(String, String)>,
) -> Result<Response, Fault> {
    let kept = desk.vault.conversation(&session.person, &id).await?;
    let Some((kept, content)) = kept.and_then(|kept| about(&kept).map(|content| (kept, content))) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let version = desk.read_model.current();
    let view = version.campaign(&content.campaign);
    let title = view.and_then(|view| facts::facts(view, &content, Some(language))).map(|facts| facts.title);
    let letters = kept.received.iter().map(|letter| Shown {
        at: words::moment(letter.at, language),
        lines: letter.text.lines().map(str::to_owned).collect(),
    });
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (typed, refused) = refused.map_or((String::new(), None), |(typed, why)| (typed, Some(why)));
    let page = Page {
        fr: language == Language::French,
        lang: tag(language),
        id,
        title: title.unwrap_or_default(),
        letters: letters.collect(),
        sent: kept.sent.len(),
        longest: LONGEST,
        typed,
        refused,
    };
    Ok(html(&page, status, language))
}
