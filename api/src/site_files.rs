//! What everybody can take along of building sites: pages, panels to print, feeds, calendars, tables, all
//! under `/c/<campaign>/`.
//!
//! Owns the addresses, what is asked of them, caching and refusals. Each reads one version, like a request
//! of the API, and shows no text that was removed. The words of a feed: `site_feed.rs`; of a calendar:
//! `site_agenda.rs`; of paper: `panel_words.rs`; the page: `site_page.rs`; the table: `site_table.rs`.

use crate::graphql::request::{View, Viewer};
use crate::http::already_held;
use crate::read_model::ReadModel;
use crate::server::text;
use crate::{panel_words, site_agenda, site_feed, site_page, site_table};
use axum::extract::{Path, Query, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    VARY,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use commands::Clock;
use domain::rejection::Language;
use domain::{AreaId, CalendarDate, ProjectId, SiteId};
use panels::Format;
use projections::sites::SiteRow;
use serde::Deserialize;
use serde_json::json;
use std::str::FromStr;
use std::sync::Arc;
use transparency::Hash;

/// What the routes need.
#[derive(Clone)]
pub(crate) struct SiteFiles {
    pub(crate) read_model: Arc<ReadModel>,
    pub(crate) clock: Clock,
    /// The address that people type, without a slash at its end.
    pub(crate) base: Arc<str>,
}

/// What an address may say.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Address {
    lang: Option<String>,
    format: Option<String>,
}

/// Which sites a feed, a calendar or a sheet is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Campaign,
    Area(AreaId),
    Project(ProjectId),
    Site(SiteId),
}

/// One request: the version it reads, in which language, on which day.
pub(crate) struct Reading {
    pub(crate) view: View,
    pub(crate) language: Language,
    pub(crate) today: CalendarDate,
    /// The address that people type, without a slash at its end.
    pub(crate) base: Arc<str>,
    /// Names all that is read, for those who keep an answer.
    pub(crate) version: String,
}

impl Reading {
    /// The address of a page or file of the campaign, in the language of this one.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}/c/{}/{path}?lang={}", self.base, self.view.code, self.lang())
    }

    /// The address of a site's page: what stands on panels, so the shorter the better.
    pub(crate) fn site(&self, id: &SiteId) -> String {
        format!("{}/c/{}/sites/{id}", self.base, self.view.code)
    }

    /// The language as addresses and headers name it.
    pub(crate) fn lang(&self) -> String {
        self.language.say("fr", "en")
    }

    /// The sites of a scope that are there: none where the scope itself isn't.
    pub(crate) fn rows(&self, scope: &Scope) -> Option<Vec<&Arc<SiteRow>>> {
        let model = &self.view.model;
        match scope {
            Scope::Campaign => Some(model.sites.rows().collect()),
            Scope::Area(area) => model.areas.get(area).map(|_| model.sites_in(area).collect()),
            Scope::Project(project) => model.projects.get(project).map(|_| model.sites_of(project).collect()),
            Scope::Site(site) => model.sites.get(site).map(|row| vec![row]),
        }
    }
}

/// Why nothing is given out.
pub(crate) struct Refused {
    status: StatusCode,
    code: String,
    message: String,
}

impl Refused {
    fn unknown(what: &str, name: &str) -> Self {
        let name: String = name.chars().take(80).collect();
        Self {
            status: StatusCode::NOT_FOUND,
            code: "NOT_FOUND".to_owned(),
            message: format!("there is no {what} `{name}` here"),
        }
    }

    fn value(name: &str, given: &str, takes: &str) -> Self {
        let given: String = given.chars().take(40).collect();
        let message = format!("`{given}` in `{name}`: give {takes}");
        Self { status: StatusCode::BAD_REQUEST, code: "UNKNOWN_VALUE".to_owned(), message }
    }

    pub(crate) fn fault(code: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(code, "a file of building sites can't be written: {error}");
        let message = "it can't be written: ask the operator, whose log says why".to_owned();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code: code.to_owned(), message }
    }
}

impl From<panels::Error> for Refused {
    fn from(error: panels::Error) -> Self {
        Self::fault(error.code(), &error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": { "code": self.code, "message": self.message } }));
        (self.status, [(CACHE_CONTROL, "no-store")], body).into_response()
    }
}

/// The routes.
pub(crate) fn routes(files: SiteFiles) -> Router {
    Router::new()
        .route("/c/{campaign}/feed.atom", get(campaign_feed))
        .route("/c/{campaign}/openings.ics", get(campaign_agenda))
        .route("/c/{campaign}/sites.csv", get(table))
        .route("/c/{campaign}/areas/{key}/feed.atom", get(area_feed))
        .route("/c/{campaign}/areas/{key}/openings.ics", get(area_agenda))
        .route("/c/{campaign}/areas/{key}/sites.pdf", get(sheet))
        .route("/c/{campaign}/projects/{key}/feed.atom", get(project_feed))
        .route("/c/{campaign}/sites/{key}", get(page))
        .route("/c/{campaign}/sites/{key}/feed.atom", get(site_feed))
        .route("/c/{campaign}/sites/{key}/panel.pdf", get(panel))
        .with_state(files)
}

type Keyed = Path<(String, String)>;
type Given = Result<Response, Refused>;

const ATOM: &str = "application/atom+xml; charset=utf-8";
const CALENDAR: &str = "text/calendar; charset=utf-8";
const TABLE: &str = "text/csv; charset=utf-8; header=present";
const HTML: &str = "text/html; charset=utf-8";
const PDF: &str = "application/pdf";

async fn campaign_feed(
    State(files): State<SiteFiles>,
    Path(campaign): Path<String>,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    files.feed(&campaign, &address, &headers, Scope::Campaign)
}

async fn area_feed(
    State(files): State<SiteFiles>,
    Path((campaign, key)): Keyed,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    files.feed(&campaign, &address, &headers, Scope::Area(named("area", &key)?))
}

async fn project_feed(
    State(files): State<SiteFiles>,
    Path((campaign, key)): Keyed,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    files.feed(&campaign, &address, &headers, Scope::Project(named("project", &key)?))
}

async fn site_feed(
    State(files): State<SiteFiles>,
    Path((campaign, key)): Keyed,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    files.feed(&campaign, &address, &headers, Scope::Site(named("site", &key)?))
}

async fn campaign_agenda(
    State(files): State<SiteFiles>,
    Path(campaign): Path<String>,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    files.agenda(&campaign, &address, &headers, Scope::Campaign)
}

async fn area_agenda(
    State(files): State<SiteFiles>,
    Path((campaign, key)): Keyed,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    files.agenda(&campaign, &address, &headers, Scope::Area(named("area", &key)?))
}

async fn table(
    State(files): State<SiteFiles>,
    Path(campaign): Path<String>,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    let reading = files.reading(&campaign, &address, &headers)?;
    let tag = reading.tag("table");
    reading.answer(&tag, TABLE, &headers, || {
        let written = site_table::table([(reading.view.code.as_str(), &reading.view.model)], reading.language);
        written.map_err(|error| Refused::fault("CSV", &error))
    })
}

async fn page(
    State(files): State<SiteFiles>,
    Path((campaign, key)): Keyed,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    let reading = files.reading(&campaign, &address, &headers)?;
    let row = reading.row(&key)?;
    let tag = reading.tag(&format!("page {key}"));
    reading.answer(&tag, HTML, &headers, || {
        let written = site_page::html(&reading, &row);
        written.map(String::into_bytes).map_err(|error| Refused::fault("PAGE", &error))
    })
}

async fn panel(
    State(files): State<SiteFiles>,
    Path((campaign, key)): Keyed,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    let format = address.format()?;
    let reading = files.reading(&campaign, &address, &headers)?;
    let row = reading.row(&key)?;
    let tag = reading.tag(&format!("panel {key} {format:?}"));
    if already_held(&tag, &headers) {
        return Ok(reading.not_modified(&tag));
    }
    let panel = panel_words::panel(&reading, &row);
    let bytes = drawn(move || panels::site_panel(&panel, format)).await?;
    Ok(reading.file(&tag, &format!("{campaign}-{key}.pdf"), bytes))
}

async fn sheet(
    State(files): State<SiteFiles>,
    Path((campaign, key)): Keyed,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Given {
    let format = address.format()?;
    let reading = files.reading(&campaign, &address, &headers)?;
    let area: AreaId = named("area", &key)?;
    let rows = reading.rows(&Scope::Area(area.clone())).ok_or_else(|| Refused::unknown("area", &key))?;
    let tag = reading.tag(&format!("sheet {key} {format:?}"));
    if already_held(&tag, &headers) {
        return Ok(reading.not_modified(&tag));
    }
    let sheet = panel_words::sheet(&reading, &area, rows);
    let bytes = drawn(move || panels::sites_sheet(&sheet, format)).await?;
    Ok(reading.file(&tag, &format!("{campaign}-{key}.pdf"), bytes))
}

/// Draws on a thread that may take its time.
async fn drawn(draw: impl FnOnce() -> Result<Vec<u8>, panels::Error> + Send + 'static) -> Result<Vec<u8>, Refused> {
    let drawn = tokio::task::spawn_blocking(draw).await;
    Ok(drawn.map_err(|error| Refused::fault("PANEL", &error))??)
}

fn named<T: FromStr>(what: &str, key: &str) -> Result<T, Refused> {
    key.parse().map_err(|_| Refused::unknown(what, key))
}

impl Address {
    fn format(&self) -> Result<Format, Refused> {
        match self.format.as_deref() {
            None | Some("a4") => Ok(Format::A4),
            Some("a3") => Ok(Format::A3),
            Some(other) => Err(Refused::value("format", other, "a3 or a4")),
        }
    }
}

impl SiteFiles {
    fn reading(&self, campaign: &str, address: &Address, headers: &HeaderMap) -> Result<Reading, Refused> {
        let language = match address.lang.as_deref() {
            Some("fr") => Language::French,
            Some("en") => Language::English,
            Some(other) => return Err(Refused::value("lang", other, "fr or en")),
            None => Viewer::language_of(text(headers, ACCEPT_LANGUAGE.as_str())),
        };
        let now = self.clock.now().ok_or_else(|| Refused::fault("CLOCK", &commands::Error::Clock))?;
        let version = self.read_model.current();
        let view = version.campaign(campaign).ok_or_else(|| Refused::unknown("campaign", campaign))?;
        Ok(Reading {
            view: Arc::clone(view),
            language,
            today: now.day(),
            base: Arc::clone(&self.base),
            version: version.tag.to_string(),
        })
    }

    fn feed(&self, campaign: &str, address: &Address, headers: &HeaderMap, scope: Scope) -> Given {
        let reading = self.reading(campaign, address, headers)?;
        let rows = reading.rows(&scope).ok_or_else(|| scope.unknown())?;
        let tag = reading.tag(&format!("feed {scope:?}"));
        reading.answer(&tag, ATOM, headers, || {
            site_feed::atom(&reading, &scope, rows).map_err(|error| Refused::fault("FEED", &error))
        })
    }

    fn agenda(&self, campaign: &str, address: &Address, headers: &HeaderMap, scope: Scope) -> Given {
        let reading = self.reading(campaign, address, headers)?;
        let rows = reading.rows(&scope).ok_or_else(|| scope.unknown())?;
        let tag = reading.tag(&format!("agenda {scope:?}"));
        reading.answer(&tag, CALENDAR, headers, || Ok(site_agenda::calendar(&reading, &scope, rows).into_bytes()))
    }
}

impl Scope {
    fn unknown(&self) -> Refused {
        match self {
            Self::Campaign => Refused::unknown("campaign", ""),
            Self::Area(key) => Refused::unknown("area", key.as_str()),
            Self::Project(key) => Refused::unknown("project", key.as_str()),
            Self::Site(key) => Refused::unknown("site", key.as_str()),
        }
    }
}

impl Reading {
    fn row(&self, key: &str) -> Result<Arc<SiteRow>, Refused> {
        let id: SiteId = named("site", key)?;
        self.view.model.sites.get(&id).cloned().ok_or_else(|| Refused::unknown("site", key))
    }

    /// Names what an answer holds. The day is part of it: how late a site is changes at midnight.
    fn tag(&self, what: &str) -> String {
        let named = format!("{}\n{}\n{}\n{}\n{what}", self.version, self.lang(), self.today, self.base);
        let digits: String = Hash::of(&[named.as_bytes()]).to_string().chars().take(32).collect();
        format!("W/\"{digits}\"")
    }

    fn caching(&self, tag: &str) -> [(HeaderName, String); 3] {
        [
            (ETAG, tag.to_owned()),
            (CACHE_CONTROL, "public, max-age=0, must-revalidate".to_owned()),
            (VARY, "Accept-Language".to_owned()),
        ]
    }

    fn not_modified(&self, tag: &str) -> Response {
        (StatusCode::NOT_MODIFIED, self.caching(tag)).into_response()
    }

    fn answer(
        &self,
        tag: &str,
        media: &str,
        headers: &HeaderMap,
        make: impl FnOnce() -> Result<Vec<u8>, Refused>,
    ) -> Given {
        if already_held(tag, headers) {
            return Ok(self.not_modified(tag));
        }
        let kind = [
            (CONTENT_TYPE, media.to_owned()),
            (CONTENT_LANGUAGE, self.lang()),
            (CONTENT_SECURITY_POLICY, site_page::POLICY.to_owned()),
        ];
        Ok((self.caching(tag), kind, make()?).into_response())
    }

    fn file(&self, tag: &str, name: &str, bytes: Vec<u8>) -> Response {
        let kind = [
            (CONTENT_TYPE, PDF.to_owned()),
            (CONTENT_LANGUAGE, self.lang()),
            (CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
        ];
        (self.caching(tag), kind, bytes).into_response()
    }
}
