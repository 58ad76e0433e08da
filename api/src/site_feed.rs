//! Feeds of building sites (Atom, RFC 4287): news, and every step as the city told it.
//!
//! Owns which events are told and in which words. An entry keeps its id for ever: it follows from the log's
//! name and the event's position. What was withdrawn isn't told any more, what was removed is said to be.

use crate::site_files::{Reading, Scope};
use crate::words;
use atom_syndication::{Content, Entry, Feed, FixedDateTime, Link, Person, Text};
use domain::site::{Event, Milestone};
use domain::{CalendarDate, Hidden, Timestamp};
use projections::overview::Moment;
use projections::sites::SiteRow;
use std::collections::BTreeMap;
use std::sync::Arc;
use transparency::Hash;
use uuid::Builder;

/// Entries of a feed: the latest.
const MOST: usize = 100;

/// Why a feed can't be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{0}")]
    Atom(#[from] atom_syndication::Error),
    #[error("the moment {0} is none of RFC 3339")]
    Moment(Timestamp),
}

/// What is told of a site at a moment.
struct Told<'a> {
    row: &'a SiteRow,
    moment: Moment,
    title: String,
    text: String,
}

/// A name for what stands in a log, the same in every process and every year (UUID version 8, from SHA-256).
pub(crate) fn urn(parts: &[&str]) -> String {
    let named = format!("parvis.site/v1\n{}", parts.join("\n"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(Hash::of(&[named.as_bytes()]).0).for_each(|(byte, of)| *byte = of);
    Builder::from_custom_bytes(bytes).into_uuid().urn().to_string()
}

/// The feed of a scope.
pub(crate) fn atom(reading: &Reading, scope: &Scope, rows: Vec<&Arc<SiteRow>>) -> Result<Vec<u8>, Fault> {
    let mut told: Vec<Told<'_>> = rows.into_iter().flat_map(|row| told(reading, row)).collect();
    told.sort_by_key(|one| std::cmp::Reverse(one.moment.position));
    told.truncate(MOST);
    let overview = &reading.view.model.overview;
    let begun = overview.created.map(|moment| moment.at);
    let updated = told.first().map(|one| one.moment.at).or(begun);
    let entries = told.iter().map(|one| entry(reading, one)).collect::<Result<Vec<Entry>, _>>()?;
    let (path, key) = match scope {
        Scope::Campaign => ("feed.atom".to_owned(), "campaign".to_owned()),
        Scope::Area(area) => (format!("areas/{area}/feed.atom"), format!("area {area}")),
        Scope::Project(project) => (format!("projects/{project}/feed.atom"), format!("project {project}")),
        Scope::Site(site) => (format!("sites/{site}/feed.atom"), format!("site {site}")),
    };
    let page = match scope {
        Scope::Site(site) => reading.site(site),
        Scope::Campaign | Scope::Area(_) | Scope::Project(_) => {
            format!("{}/?campaign={}&lang={}", reading.base, reading.view.code, reading.lang())
        }
    };
    let mut feed = Feed::default();
    feed.set_id(urn(&[&reading.view.origin, "feed", &key]));
    feed.set_title(Text::plain(title_of(reading, scope)));
    feed.set_lang(reading.lang());
    if let Some(updated) = updated {
        feed.set_updated(moment(updated)?);
    }
    feed.set_authors(vec![Person { name: reading.words_of(&overview.territory), ..Person::default() }]);
    feed.set_links(vec![link("self", reading.address(&path)), link("alternate", page)]);
    feed.set_entries(entries);
    let mut bytes = feed.write_to(Vec::new())?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What a feed, a calendar or a sheet is about.
pub(crate) fn title_of(reading: &Reading, scope: &Scope) -> String {
    let model = &reading.view.model;
    let campaign = reading.words_of(&model.overview.title);
    let of = match scope {
        Scope::Campaign => None,
        Scope::Area(area) => model.areas.get(area).map(|row| reading.words_of(&row.name)),
        Scope::Project(project) => model.projects.get(project).map(|row| reading.words_of(&row.sheet.title)),
        Scope::Site(site) => model.sites.get(site).map(|row| reading.words_of(&row.opening.title)),
    };
    let sites = reading.language.say("Chantiers", "Building sites");
    match of {
        Some(of) => format!("{of} – {campaign}"),
        None => format!("{sites} – {campaign}"),
    }
}

fn link(rel: &str, href: String) -> Link {
    Link { rel: rel.to_owned(), href, ..Link::default() }
}

fn moment(at: Timestamp) -> Result<FixedDateTime, Fault> {
    at.to_string().parse().map_err(|_| Fault::Moment(at))
}

fn entry(reading: &Reading, told: &Told<'_>) -> Result<Entry, Fault> {
    let position = told.moment.position.to_string();
    let mut entry = Entry::default();
    entry.set_id(urn(&[&reading.view.origin, "event", &position]));
    let site = reading.words_of(&told.row.opening.title);
    entry.set_title(Text::plain(format!("{site} – {}", told.title)));
    entry.set_updated(moment(told.moment.at)?);
    entry.set_published(moment(told.moment.at)?);
    entry.set_links(vec![link("alternate", reading.site(&told.row.id))]);
    if !told.text.is_empty() {
        let content =
            Content { value: Some(told.text.clone()), content_type: Some("text".to_owned()), ..Content::default() };
        entry.set_content(content);
    }
    Ok(entry)
}

/// What is told of a site, in the order of the log.
fn told<'a>(reading: &Reading, row: &'a Arc<SiteRow>) -> Vec<Told<'a>> {
    let shown: Vec<u32> = row.news().iter().map(|news| news.number).collect();
    let mut planned: BTreeMap<Milestone, CalendarDate> = BTreeMap::new();
    let mut all = Vec::new();
    for one in row.history() {
        let before = match &*one.event {
            Event::MilestonePlanned { milestone, on, .. } => planned.insert(*milestone, *on),
            _ => None,
        };
        if let Some((title, text)) = words_for(reading, &one.event, before, &shown) {
            all.push(Told { row, moment: one.moment, title, text });
        }
    }
    all
}

/// An event as a line, and why. None of what isn't news: money, files, corrections of the sheet.
pub(crate) fn words_for(
    reading: &Reading,
    event: &Event,
    before: Option<CalendarDate>,
    shown: &[u32],
) -> Option<(String, String)> {
    let language = reading.language;
    let say = |french: &str, english: &str| language.say(french, english);
    let stage = |milestone: &Milestone| words::milestone(*milestone, language);
    let date = |on: &CalendarDate| words::date(*on, language);
    let why = |reason: &Hidden<String>| reading.words_of(reason);
    Some(match event {
        Event::SiteOpened { .. } => (say("Chantier inscrit", "Site opened"), String::new()),
        Event::MilestonePlanned { milestone, on, reason } => {
            let (stage, on) = (stage(milestone), date(on));
            let line = match before.as_ref().map(date) {
                Some(was) => {
                    say(&format!("{stage} : reporté de {was} à {on}"), &format!("{stage}: moved from {was} to {on}"))
                }
                None => say(&format!("{stage} : prévu pour {on}"), &format!("{stage}: planned for {on}")),
            };
            (line, reason.as_ref().map(why).unwrap_or_default())
        }
        Event::MilestoneReached { milestone, on } => {
            let stage = stage(milestone);
            let line = match on.as_ref().map(date) {
                Some(on) => say(&format!("{stage} : atteint, {on}"), &format!("{stage}: reached, {on}")),
                None => say(&format!("{stage} : atteint"), &format!("{stage}: reached")),
            };
            (line, String::new())
        }
        Event::MilestoneCorrected { milestone, on, reason } => {
            let stage = stage(milestone);
            let line = match on.as_ref().map(date) {
                Some(on) => say(&format!("{stage} : date corrigée, {on}"), &format!("{stage}: date corrected, {on}")),
                None => say(&format!("{stage} : date inconnue"), &format!("{stage}: date unknown")),
            };
            (line, why(reason))
        }
        Event::SiteAbandoned { reason } => (say("abandonné", "given up"), why(reason)),
        Event::SiteReopened { reason } => (say("le chantier reprend", "the site goes on"), why(reason)),
        Event::SiteSplit { reason, .. } => {
            (say("divisé en plusieurs chantiers", "split into several sites"), why(reason))
        }
        Event::SiteMerged { reason, .. } => (say("réuni à un autre chantier", "merged into another site"), why(reason)),
        Event::NewsPosted { number, title, text } => {
            shown.contains(number).then(|| (reading.words_of(title), reading.words_of(text)))?
        }
        Event::SiteChanged { .. }
        | Event::SpendingRecorded { .. }
        | Event::SpendingCorrected { .. }
        | Event::NewsWithdrawn { .. }
        | Event::PhotoAdded { .. }
        | Event::PhotoRemoved { .. }
        | Event::DocumentAdded { .. }
        | Event::DocumentRemoved { .. }
        | Event::UpkeepAgreed { .. } => return None,
    })
}

impl Reading {
    /// A text, or that it was removed or never given. Letters that XML doesn't know are left out.
    pub(crate) fn words_of(&self, text: &Hidden<String>) -> String {
        match text.get().map(|text| text.trim()) {
            None => self.language.say("(texte retiré)", "(text removed)"),
            Some("") => self.language.say("(sans titre)", "(without title)"),
            Some(text) => text.chars().filter(|c| is_xml(*c)).collect(),
        }
    }
}

/// Whether XML 1.0 knows the character (2.2).
fn is_xml(c: char) -> bool {
    matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}
