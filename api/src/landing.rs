//! The page at `/`: a campaign as everybody may see it, in French or English, without script.
//!
//! Puts the read model into words for `templates/landing.html`, and nothing else. It reads one version,
//! like any request of the API, and shows no count before the proclamation.

use crate::graphql::request::{View, Viewer};
use crate::graphql::types::statistics::Statistics;
use crate::http::already_held;
use crate::read_model::Version;
use crate::server::{BUNDLE, POLICY, Site, may_be_given_out, text};
use crate::words;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::campaign::Basis;
use domain::council::{CouncilDecision, Ruling};
use domain::rejection::Language;
use domain::{Hidden, configuration::Provenance};
use projections::areas::AreaRow;
use projections::overview::{PhaseRow, Turn};
use projections::projects::ProjectRow;
use projections::sites::SiteRow;
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// Sites on the page; the API has them all.
const SITES: usize = 60;

/// What the address may say.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Address {
    lang: Option<String>,
    campaign: Option<String>,
}

#[derive(Template)]
#[template(path = "landing.html")]
struct Page<'a> {
    fr: bool,
    lang: &'a str,
    campaigns: Vec<Link>,
    campaign: Option<Shown>,
}

struct Link {
    code: String,
    title: String,
    here: bool,
}

/// A campaign in words.
struct Shown {
    code: String,
    title: String,
    territory: String,
    imported: bool,
    source: String,
    phase: String,
    figures: Vec<Figure>,
    phases: Vec<Phase>,
    rule: String,
    proclaimed: String,
    recorded: bool,
    public: bool,
    published: bool,
    areas: Vec<Area>,
    sites: Vec<Building>,
    more_sites: usize,
    origin: String,
    size: String,
    root: String,
    broken: bool,
    bundle: Option<String>,
    policy: Option<String>,
}

struct Figure {
    value: String,
    name: String,
}

struct Phase {
    name: String,
    planned: String,
    real: Vec<String>,
    open: bool,
    done: bool,
}

struct Area {
    name: String,
    envelope: String,
    ballot: String,
    summary: String,
    projects: Vec<Entry>,
}

struct Entry {
    number: String,
    title: String,
    elected: bool,
    votes: String,
    channels: String,
    cost: String,
    reason: String,
    council: Vec<String>,
}

struct Building {
    key: String,
    title: String,
    state: String,
    steps: Vec<String>,
    given_up: String,
}

/// Answers `GET /style.css`.
pub(crate) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("../templates/landing.css")).into_response()
}

/// Answers `GET /`.
pub(crate) async fn show(State(site): State<Site>, Query(address): Query<Address>, headers: HeaderMap) -> Response {
    let language = match address.lang.as_deref() {
        Some("fr") => Language::French,
        Some("en") => Language::English,
        Some(_) | None => Viewer::language_of(text(&headers, ACCEPT_LANGUAGE.as_str())),
    };
    let version = site.read_model.current();
    let lang = if language == Language::French { "fr" } else { "en" };
    let chosen = chosen(&version, address.campaign.as_deref());
    if address.campaign.is_some() && chosen.is_none() {
        let message = if language == Language::French {
            "Cette campagne n’existe pas ici."
        } else {
            "There is no such campaign here."
        };
        return (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], message).into_response();
    }
    let code = chosen.map(|view| view.code.as_str()).unwrap_or_default();
    let public = chosen.filter(|view| may_be_given_out(view));
    let exported = public.map(|view| downloads(&view.code, &site.downloads)).unwrap_or_default();
    let (bundle, policy) = (exported.0.is_some(), exported.1.is_some());
    let tag = format!("W/\"{}-{lang}-{code}-{bundle}-{policy}\"", version.tag);
    let policy = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let caching = [
        (ETAG, tag.clone()),
        (CACHE_CONTROL, "public, max-age=0, must-revalidate".to_owned()),
        (VARY, "Accept-Language".to_owned()),
    ];
    if already_held(&tag, &headers) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let page = Page {
        fr: language == Language::French,
        lang,
        campaigns: links(&version, code),
        campaign: chosen.map(|view| shown(view, exported, language)),
    };
    match page.render() {
        Ok(html) => {
            let kind = [
                (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (CONTENT_LANGUAGE, lang.to_owned()),
                (CONTENT_SECURITY_POLICY, policy.to_owned()),
            ];
            (caching, kind, html).into_response()
        }
        Err(error) => {
            tracing::error!("the page can't be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The campaign of the address; else the latest.
fn chosen<'a>(version: &'a Version, code: Option<&str>) -> Option<&'a View> {
    match code {
        Some(code) => version.campaign(code),
        None => configured(version).max_by_key(|view| view.model.overview.year),
    }
}

fn configured(version: &Version) -> impl Iterator<Item = &View> {
    version.campaigns.keys().filter_map(|code| version.campaign(code))
}

fn links(version: &Version, here: &str) -> Vec<Link> {
    let mut views: Vec<&View> = configured(version).collect();
    views.sort_by_key(|view| std::cmp::Reverse(view.model.overview.year));
    let link = |view: &View| Link {
        code: view.code.clone(),
        title: view.model.overview.title.get().filter(|title| !title.is_empty()).unwrap_or(&view.code).clone(),
        here: view.code == here,
    };
    views.into_iter().map(link).collect()
}

/// The names of the files that can be downloaded.
fn downloads(code: &str, folder: &Path) -> (Option<String>, Option<String>) {
    let file = |ending: &str| Some(format!("{code}{ending}")).filter(|name| folder.join(name).is_file());
    (file(BUNDLE), file(POLICY))
}

fn shown(view: &View, (bundle, policy): (Option<String>, Option<String>), language: Language) -> Shown {
    let overview = &view.model.overview;
    let french = language == Language::French;
    let phase = overview.current_phase().map(|phase| words::phase(phase, language));
    let no_phase = if french { "aucune phase ouverte" } else { "no phase open" };
    let mut areas: Vec<&Arc<AreaRow>> = view.model.areas.rows().collect();
    areas.sort_by_key(|row| row.place);
    let mut sites: Vec<&Arc<SiteRow>> = view.model.sites.rows().collect();
    sites.sort_by_key(|row| (std::cmp::Reverse(row.opened.position), row.id.clone()));
    Shown {
        code: view.code.clone(),
        title: words_of(&overview.title, language),
        territory: words_of(&overview.territory, language),
        imported: overview.provenance == Provenance::Imported,
        source: overview.source.as_ref().and_then(|source| source.get()).cloned().unwrap_or_default(),
        phase: phase.unwrap_or_else(|| no_phase.to_owned()),
        figures: figures(view, language),
        phases: overview.phases.iter().map(|row| phase_of(row, language)).collect(),
        rule: overview.rule.as_ref().map(|rule| words::rule(&view.model, rule, language)).unwrap_or_default(),
        proclaimed: overview.proclaimed.map(|(at, _)| words::moment(at.at, language)).unwrap_or_default(),
        recorded: overview.proclaimed.is_some_and(|(_, basis)| basis == Basis::Recorded),
        public: view.model.counts_are_public(),
        published: overview.catalogue_published.is_some(),
        areas: areas.into_iter().map(|row| area(view, row, language)).collect(),
        more_sites: sites.len().saturating_sub(SITES),
        sites: sites.into_iter().take(SITES).map(|row| building(row, language)).collect(),
        origin: view.origin.clone(),
        size: words::number(view.model.size(), language),
        root: view.model.tree.root().to_string(),
        broken: view.broken.is_some(),
        bundle,
        policy,
    }
}

/// A text, or that it was removed or never given.
fn words_of(text: &Hidden<String>, language: Language) -> String {
    match (text.get().map(|text| text.trim()), language) {
        (None, Language::French) => "(texte retiré)".to_owned(),
        (None, Language::English) => "(text removed)".to_owned(),
        (Some(""), Language::French) => "(sans titre)".to_owned(),
        (Some(""), Language::English) => "(without title)".to_owned(),
        (Some(text), _) => text.to_owned(),
    }
}

fn figures(view: &View, language: Language) -> Vec<Figure> {
    let counts = Statistics::of(view);
    let papers: u64 = view.model.turnout.rows().map(|row| row.cast.saturating_sub(row.cancelled)).sum();
    let named = |count: u64, french: &str, english: &str| Figure {
        value: words::number(count, language),
        name: if language == Language::French { french } else { english }.to_owned(),
    };
    let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut figures = vec![
        named(of(counts.proposals), "propositions déposées", "proposals"),
        named(of(counts.projects_on_ballot), "projets soumis au vote", "projects on the ballot"),
        named(papers, "bulletins reçus", "ballots received"),
    ];
    if let Some(winners) = counts.winners {
        figures.push(named(of(winners), "projets lauréats", "winning projects"));
        figures.push(named(of(counts.sites), "chantiers", "sites"));
    }
    figures.retain(|figure| figure.value != "0");
    figures
}

fn phase_of(row: &PhaseRow, language: Language) -> Phase {
    let french = language == Language::French;
    let (start, end) = (words::date(row.start.day(), language), words::date(row.end.day(), language));
    let planned = if french { format!("du {start} au {end}") } else { format!("{start} to {end}") };
    let turn = |turn: &Turn, french_word: &str, english_word: &str| {
        let word = if french { french_word } else { english_word };
        let reason = turn.reason.as_ref().map(|reason| format!(" ({})", words_of(reason, language)));
        format!("{word} {}{}", words::moment(turn.moment.at, language), reason.unwrap_or_default())
    };
    let opened = row.opened.as_ref().map(|opened| turn(opened, "ouverte le", "opened"));
    let closed = row.closed.as_ref().map(|closed| turn(closed, "fermée le", "closed"));
    Phase {
        name: words::phase(row.phase, language),
        planned,
        open: row.opened.is_some() && row.closed.is_none(),
        done: row.closed.is_some(),
        real: opened.into_iter().chain(closed).collect(),
    }
}

fn area(view: &View, row: &AreaRow, language: Language) -> Area {
    let french = language == Language::French;
    let currency = &view.model.overview.currency;
    let result = view.model.area_results.get(&row.id);
    let mut projects: Vec<&Arc<ProjectRow>> =
        view.model.projects.rows().filter(|project| project.formation.area == row.id).collect();
    projects.retain(|project| project.number.is_some() || view.model.results.get(&project.id).is_some());
    let rank = |project: &ProjectRow| {
        let result = view.model.results.get(&project.id);
        let place =
            result.and_then(|result| result.decision.as_ref().map(|decision| decision.rank).or(result.selected_as));
        (place.unwrap_or(usize::MAX), project.number.unwrap_or(u32::MAX), project.id.clone())
    };
    projects.sort_by_key(|project| rank(project));
    let projects_there = words::counted(projects.len(), ["projet", "projets"], ["project", "projects"], language);
    let summary = match result {
        Some(result) => {
            let spent = words::amount(result.spent_cents, currency, language);
            let winners = result.winners.len();
            let winners = words::counted(winners, ["lauréat", "lauréats"], ["winner", "winners"], language);
            if french {
                format!("{winners} sur {projects_there}, {spent} engagés")
            } else {
                format!("{winners} of {projects_there}, {spent} committed")
            }
        }
        None => projects_there,
    };
    let named = row.name.get().map_or_else(|| words::area_kind(row.kind, language), Clone::clone);
    Area {
        name: named,
        envelope: words::amount(row.envelope_cents, currency, language),
        ballot: words::ballot(&row.ballot, currency, language),
        summary,
        projects: projects.into_iter().map(|project| entry(view, project, language)).collect(),
    }
}

fn entry(view: &View, project: &ProjectRow, language: Language) -> Entry {
    let currency = &view.model.overview.currency;
    let result = view.model.results.get(&project.id);
    let decision = result.and_then(|result| result.decision.as_ref());
    let channels = |decision: &tally::Decision| {
        let (digital, paper) = (words::number(decision.digital, language), words::number(decision.paper, language));
        match language {
            Language::French => format!("{digital} en ligne, {paper} sur papier"),
            Language::English => format!("{digital} online, {paper} on paper"),
        }
    };
    Entry {
        number: project.number.map(|number| number.to_string()).unwrap_or_default(),
        title: words_of(&project.formation.title, language),
        elected: result.is_some_and(|result| result.elected),
        votes: decision.map(|decision| words::number(decision.score, language)).unwrap_or_default(),
        channels: decision.map(channels).unwrap_or_default(),
        cost: project.cost_cents().map(|cost| words::amount(cost, currency, language)).unwrap_or_default(),
        reason: decision.map(|decision| words::decision(decision, currency, language)).unwrap_or_default(),
        council: project.council.iter().map(|row| council(&row.decided, language)).collect(),
    }
}

/// A decision of the council, as what it is: beside the count, with its session and its reason.
fn council(decided: &CouncilDecision, language: Language) -> String {
    let (session, reason) = (words::date(decided.session, language), words_of(&decided.reason, language));
    match (decided.decision, language) {
        (Ruling::Added, Language::French) => {
            format!("Décision du conseil, séance du {session} : il est réalisé sans avoir été élu. {reason}")
        }
        (Ruling::Added, Language::English) => {
            format!("Decision of the council, session of {session}: it is carried out without having won. {reason}")
        }
        (Ruling::Removed, Language::French) => {
            format!("Décision du conseil, séance du {session} : il n’est pas réalisé. {reason}")
        }
        (Ruling::Removed, Language::English) => {
            format!("Decision of the council, session of {session}: it isn’t carried out. {reason}")
        }
    }
}

fn building(row: &SiteRow, language: Language) -> Building {
    let french = language == Language::French;
    let steps = row.milestones.iter().map(|stage| {
        let name = words::milestone(stage.milestone, language);
        let planned = stage.plans.last().map(|plan| words::date(plan.on, language));
        let reached = stage.reached.map(|(on, _)| on.map(|on| words::date(on, language)));
        match (reached, planned) {
            (Some(Some(on)), _) => format!("{name} ✓ {on}"),
            (Some(None), _) => format!("{name} ✓"),
            (None, Some(on)) if french => format!("{name} : prévu pour {on}"),
            (None, Some(on)) => format!("{name}: planned for {on}"),
            (None, None) => name,
        }
    });
    Building {
        key: row.id.to_string(),
        title: words_of(&row.opening.title, language),
        state: words::site_state(row.state(), language),
        steps: steps.collect(),
        given_up: row.abandoned.as_ref().map(|why| words_of(&why.reason, language)).unwrap_or_default(),
    }
}
