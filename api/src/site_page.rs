//! The page of one site, at `/c/<campaign>/sites/<site>`: what the code on its panel leads to. French or
//! English, without script.
//!
//! Puts the row into words for `templates/site.html`, and nothing else. Honest about late and abandoned
//! sites: what was promised stays on the page beside what came of it.

use crate::panel_words::{decided, department, notice};
use crate::site_feed::words_for;
use crate::site_files::Reading;
use crate::words;
use askama::Template;
use domain::CalendarDate;
use domain::site::{Event, File, Milestone, PhotoStage};
use projections::sites::SiteRow;
use std::collections::BTreeMap;

/// What a browser may load for a page: our own style, and nothing from elsewhere.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "site.html")]
struct Page {
    fr: bool,
    lang: String,
    city: String,
    campaign: String,
    code: String,
    key: String,
    area: String,
    project: String,
    title: String,
    decided: String,
    state: String,
    notice: String,
    budget: String,
    committed: String,
    paid: String,
    over: String,
    opening: String,
    department: String,
    news: Vec<News>,
    photos: Vec<Shown>,
    documents: Vec<Shown>,
    steps: Vec<Step>,
    size: String,
    root: String,
}

struct News {
    on: String,
    title: String,
    text: String,
}

/// A photo or a document: its address, what it shows, and what is said beside it.
struct Shown {
    address: String,
    words: String,
    beside: String,
}

struct Step {
    said: String,
    what: String,
    why: String,
}

/// The page of this site.
pub(crate) fn html(reading: &Reading, row: &SiteRow) -> Result<String, askama::Error> {
    let (language, model) = (reading.language, &reading.view.model);
    let money = |cents| words::amount(cents, &model.overview.currency, language);
    let spent = row.money();
    let opening = row.delivery().map(|(on, opened)| {
        let on = words::date(on, language);
        if opened { on } else { language.say("prévue : ", "planned: ") + &on }
    });
    let news = row.news();
    let news = news.iter().map(|news| News {
        on: words::moment(news.moment.at, language),
        title: reading.words_of(news.title),
        text: reading.words_of(news.text),
    });
    Page {
        fr: language == domain::rejection::Language::French,
        lang: reading.lang(),
        city: reading.words_of(&model.overview.territory),
        campaign: reading.words_of(&model.overview.title),
        code: reading.view.code.clone(),
        key: row.id.to_string(),
        area: row.opening.area.to_string(),
        project: row.opening.project.to_string(),
        title: reading.words_of(&row.opening.title),
        decided: decided(reading, row),
        state: words::site_state(row.state(), language),
        notice: notice(reading, row),
        budget: money(row.opening.budget_cents),
        committed: money(spent.committed),
        paid: money(spent.paid),
        over: spent.over().map(money).unwrap_or_default(),
        opening: opening.unwrap_or_default(),
        department: department(reading, row).unwrap_or_default(),
        news: news.collect(),
        photos: photos(reading, row),
        documents: documents(reading, row),
        steps: steps(reading, row),
        size: words::number(model.size(), language),
        root: model.tree.root().to_string(),
    }
    .render()
}

/// Where a file is fetched; none when it was removed.
fn address(file: &File) -> Option<String> {
    file.digest.get().map(|digest| format!("/attachments/{digest}"))
}

fn photos(reading: &Reading, row: &SiteRow) -> Vec<Shown> {
    let shown = row.photos().into_iter().filter_map(|photo| {
        let stage = match photo.stage {
            PhotoStage::Before => reading.language.say("Avant", "Before"),
            PhotoStage::During => reading.language.say("Pendant", "During"),
            PhotoStage::After => reading.language.say("Après", "After"),
        };
        let credit = photo.credit.map(|credit| format!(" · © {}", reading.words_of(credit))).unwrap_or_default();
        let beside = format!("{stage}, {}{credit}", words::moment(photo.moment.at, reading.language));
        Some(Shown { address: address(photo.file)?, words: reading.words_of(photo.alternative), beside })
    });
    shown.collect()
}

fn documents(reading: &Reading, row: &SiteRow) -> Vec<Shown> {
    let shown = row.documents().into_iter().filter_map(|document| {
        let beside = words::moment(document.moment.at, reading.language);
        Some(Shown { address: address(document.file)?, words: reading.words_of(document.title), beside })
    });
    shown.collect()
}

/// What happened, the latest first; news stand apart.
fn steps(reading: &Reading, row: &SiteRow) -> Vec<Step> {
    let mut planned: BTreeMap<Milestone, CalendarDate> = BTreeMap::new();
    let mut steps = Vec::new();
    for told in row.history() {
        let before = match &*told.event {
            Event::MilestonePlanned { milestone, on, .. } => planned.insert(*milestone, *on),
            _ => None,
        };
        if let Some((what, why)) = words_for(reading, &told.event, before, &[]) {
            steps.push(Step { said: words::moment(told.moment.at, reading.language), what, why });
        }
    }
    steps.reverse();
    steps
}
