//! Where a site stands, in sentences: honest about what is late, was moved or was given up.
//!
//! For the API and for pages. What is late: `projections::site_progress`. Decides nothing.

use crate::words::{counted, date, milestone, site_state};
use domain::rejection::Language;
use domain::site::{Event, Milestone};
use domain::{CalendarDate, Cents, Hidden};
use projections::site_progress::{Delay, Slip};
use projections::sites::{SiteRow, SiteState, Told};
use tally::words::amount;

/// Where the site stands on this day, in one to three sentences.
pub fn standing(row: &SiteRow, today: CalendarDate, language: Language) -> String {
    let mut sentences = vec![now(row, language)];
    if let Some(delay) = row.late(today) {
        sentences.push(late(&delay, language));
    } else if row.is_under_way() {
        // What lies behind is in the history.
        let ahead = row.slips().into_iter().rfind(|slip| !slip.reached && slip.days > 0);
        sentences.extend(ahead.map(|slip| moved(&slip, language)));
    }
    sentences.join(" ")
}

fn now(row: &SiteRow, language: Language) -> String {
    if let Some(abandoned) = &row.abandoned {
        let day = date(abandoned.moment.at.day(), language);
        let why = because(&abandoned.reason, language);
        return language.say(&format!("Abandonné le {day}{why}."), &format!("Given up on {day}{why}."));
    }
    if let Some((moment, event)) = row.ending() {
        let day = date(moment.at.day(), language);
        return match event {
            Event::SiteSplit { parts, reason } => {
                let (count, why) = (parts.len(), because(reason, language));
                let french = format!("Divisé en {count} chantiers le {day}{why}.");
                language.say(&french, &format!("Split into {count} sites on {day}{why}."))
            }
            Event::SiteMerged { reason, .. } => {
                let why = because(reason, language);
                let french = format!("Fusionné avec un autre chantier le {day}{why}.");
                language.say(&french, &format!("Merged into another site on {day}{why}."))
            }
            _ => format!("{}.", site_state(row.state(), language)),
        };
    }
    let (on, moment) = row.stage_since();
    let since = on.map(|on| date(on, language));
    let state = row.state();
    if state == SiteState::Opened {
        let day = date(moment.at.day(), language);
        let french = format!("Ouvert le {day} ; aucune étape n’est encore franchie.");
        return language.say(&french, &format!("Opened on {day}; no stage is reached yet."));
    }
    let name = site_state(state, language);
    match since {
        Some(day) => language.say(&format!("{name} : étape franchie, {day}."), &format!("{name}: reached, {day}.")),
        None => language.say(&format!("{name} : étape franchie."), &format!("{name}: reached.")),
    }
}

/// How late it is, since when and why.
fn late(delay: &Delay<'_>, language: Language) -> String {
    let days = usize::try_from(delay.days).unwrap_or(usize::MAX);
    let days = counted(days, ["jour", "jours"], ["day", "days"], language);
    let (stage, due) = (milestone(delay.milestone, language), date(delay.due, language));
    match (delay.reason.and_then(Hidden::get), language) {
        (Some(why), Language::French) => {
            format!("En retard de {days} : « {stage} » était prévu pour {due}. {}", reason(why, language))
        }
        (Some(why), Language::English) => {
            format!("{days} late: “{stage}” was planned for {due}. {}", reason(why, language))
        }
        (None, Language::French) => {
            format!("En retard de {days} : « {stage} » était prévu pour {due}. La ville n’a pas dit pourquoi.")
        }
        (None, Language::English) => {
            format!("{days} late: “{stage}” was planned for {due}. The city hasn’t said why.")
        }
    }
}

/// What was promised first, and what is said now.
fn moved(slip: &Slip<'_>, language: Language) -> String {
    let days = usize::try_from(slip.days.unsigned_abs()).unwrap_or(usize::MAX);
    let days = counted(days, ["jour", "jours"], ["day", "days"], language);
    let stage = milestone(slip.milestone, language);
    let (promised, now) = (date(slip.promised, language), date(slip.now, language));
    let why = slip.reason.and_then(Hidden::get).map(|why| format!(" {}", reason(why, language))).unwrap_or_default();
    match language {
        Language::French => {
            format!("« {stage} », promis d’abord pour {promised}, est reporté de {days}, à {now}.{why}")
        }
        Language::English => format!("“{stage}”, promised for {promised} at first, moved by {days} to {now}.{why}"),
    }
}

fn reason(why: &str, language: Language) -> String {
    let why = why.trim().trim_end_matches('.');
    language.say(&format!("Raison donnée : {why}."), &format!("The reason given: {why}."))
}

/// A text behind a colon; nothing when it was removed.
fn because(why: &Hidden<String>, language: Language) -> String {
    let why = why.get().map(|why| why.trim().trim_end_matches('.')).filter(|why| !why.is_empty());
    why.map(|why| language.say(&format!(" : {why}"), &format!(": {why}"))).unwrap_or_default()
}

/// A step of a site's history in a sentence.
pub fn step(told: &Told, currency: &str, language: Language) -> String {
    happened(&told.event, currency, language)
}

/// What happened to a site, in a sentence.
pub fn happened(event: &Event, currency: &str, language: Language) -> String {
    let say = |french: &str, english: &str| language.say(french, english);
    let money = |cents: Cents| amount(cents, currency, language);
    let day = |on: &CalendarDate| date(*on, language);
    let stage = |one: &Milestone| milestone(*one, language);
    match event {
        Event::SiteOpened { opening } => {
            let budget = money(opening.budget_cents);
            say(&format!("Chantier ouvert, budget {budget}."), &format!("Site opened, budget {budget}."))
        }
        Event::SiteChanged { change, .. } if change.absorbed.is_some() => {
            let budget = change.budget_cents.map(money).unwrap_or_default();
            say(
                &format!("Un autre chantier le rejoint ; budget {budget}."),
                &format!("Another site joins it; budget {budget}."),
            )
        }
        Event::SiteChanged { .. } => say("Fiche du chantier modifiée.", "What the site is was changed."),
        Event::SiteSplit { parts, .. } => {
            let count = parts.len();
            say(&format!("Divisé en {count} chantiers."), &format!("Split into {count} sites."))
        }
        Event::SiteMerged { .. } => say("Fusionné avec un autre chantier.", "Merged into another site."),
        Event::MilestonePlanned { milestone, on, reason } => {
            let (stage, on) = (stage(milestone), day(on));
            if reason.is_some() {
                say(&format!("{stage} : reporté à {on}."), &format!("{stage}: moved to {on}."))
            } else {
                say(&format!("{stage} : prévu pour {on}."), &format!("{stage}: planned for {on}."))
            }
        }
        Event::MilestoneReached { milestone, on } => {
            let (stage, on) = (stage(milestone), on.as_ref().map(|on| format!(", {}", day(on))).unwrap_or_default());
            say(&format!("{stage} : étape franchie{on}."), &format!("{stage}: reached{on}."))
        }
        Event::MilestoneCorrected { milestone, on, .. } => {
            let stage = stage(milestone);
            let on = on.as_ref().map_or_else(|| say("date inconnue", "date unknown"), day);
            say(&format!("{stage} : date corrigée, {on}."), &format!("{stage}: date corrected, {on}."))
        }
        Event::SiteAbandoned { .. } => say("Chantier abandonné.", "Site given up."),
        Event::SiteReopened { .. } => say("Le chantier reprend.", "The site goes on."),
        Event::SpendingRecorded { line, cents, .. } => {
            let cents = money(*cents);
            say(&format!("Dépense {line} : {cents}."), &format!("Spending {line}: {cents}."))
        }
        Event::SpendingCorrected { line, cents, .. } => {
            let cents = money(*cents);
            say(&format!("Dépense {line} corrigée : {cents}."), &format!("Spending {line} corrected: {cents}."))
        }
        Event::NewsPosted { title, .. } => {
            let title = because(title, language);
            say(&format!("Des nouvelles{title}."), &format!("News{title}."))
        }
        Event::NewsWithdrawn { number, .. } => {
            say(&format!("Nouvelle n° {number} retirée."), &format!("News no. {number} taken back."))
        }
        Event::PhotoAdded { number, .. } => {
            say(&format!("Photo n° {number} ajoutée."), &format!("Photo no. {number} added."))
        }
        Event::PhotoRemoved { number, .. } => {
            say(&format!("Photo n° {number} retirée."), &format!("Photo no. {number} removed."))
        }
        Event::DocumentAdded { title, .. } => {
            let title = because(title, language);
            say(&format!("Document ajouté{title}."), &format!("Document added{title}."))
        }
        Event::DocumentRemoved { number, .. } => {
            say(&format!("Document n° {number} retiré."), &format!("Document no. {number} removed."))
        }
        Event::UpkeepAgreed { .. } => say("Entretien du lieu convenu.", "Upkeep of the place agreed."),
    }
}

/// What the city said to a step: its reason, or the text of its news; none when it said nothing, or it was
/// removed.
pub fn said(event: &Event) -> Option<&str> {
    let text = match event {
        Event::SiteChanged { reason, .. }
        | Event::SiteSplit { reason, .. }
        | Event::SiteMerged { reason, .. }
        | Event::MilestoneCorrected { reason, .. }
        | Event::SiteAbandoned { reason }
        | Event::SiteReopened { reason }
        | Event::SpendingCorrected { reason, .. }
        | Event::NewsWithdrawn { reason, .. }
        | Event::PhotoRemoved { reason, .. }
        | Event::DocumentRemoved { reason, .. } => Some(reason),
        Event::MilestonePlanned { reason, .. } => reason.as_ref(),
        Event::SpendingRecorded { label, .. } => Some(label),
        Event::NewsPosted { text, .. } => Some(text),
        Event::PhotoAdded { alternative, .. } => Some(alternative),
        Event::SiteOpened { .. }
        | Event::MilestoneReached { .. }
        | Event::DocumentAdded { .. }
        | Event::UpkeepAgreed { .. } => None,
    };
    text.and_then(Hidden::get).map(String::as_str).filter(|text| !text.trim().is_empty())
}
