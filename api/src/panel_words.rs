//! The words of a site's panel and of a district's sheet, French or English.
//!
//! Owns what is said on paper: who decided, what it costs, where it stands, honestly where it is late or
//! given up. How it is laid out: the crate `panels`.

use crate::site_feed::title_of;
use crate::site_files::{Reading, Scope};
use crate::words;
use domain::campaign::Basis;
use domain::council::Ruling;
use domain::rejection::Language;
use domain::site::{Financing, Milestone};
use domain::{AreaId, CalendarDate};
use panels::{Fact, Panel, Progress, Row, Sheet, Step};
use projections::sites::{SiteRow, SiteState};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sites on one sheet, by title: the page of the campaign and the API have them all.
const MOST: usize = 1_000;

/// The panel of a site.
pub(crate) fn panel(reading: &Reading, row: &SiteRow) -> Panel {
    let overview = &reading.view.model.overview;
    let say = |french: &str, english: &str| reading.language.say(french, english);
    Panel {
        language: paper(reading.language),
        city: reading.words_of(&overview.territory),
        campaign: reading.words_of(&overview.title),
        title: reading.words_of(&row.opening.title),
        decided: decided(reading, row),
        notice: notice(reading, row),
        facts: facts(reading, row),
        steps: Milestone::ALL.into_iter().map(|milestone| step(reading, row, milestone)).collect(),
        address: reading.site(&row.id),
        caption: say("Suivez ce chantier : dates, dépenses, nouvelles", "Follow this site: dates, spending, news"),
        footer: say(
            "Chaque étape est inscrite dans un journal public que chacun peut vérifier.",
            "Every step stands in a public log that anybody can check.",
        ),
    }
}

fn paper(language: Language) -> panels::Language {
    match language {
        Language::French => panels::Language::French,
        Language::English => panels::Language::English,
    }
}

/// Who decided. How many voted is only known where ballots were counted here.
pub(crate) fn decided(reading: &Reading, row: &SiteRow) -> String {
    let model = &reading.view.model;
    let (language, year) = (reading.language, model.overview.year);
    if model.campaign.council.get(&row.opening.project) == Some(&Ruling::Added) {
        let french = format!("Ajouté par le conseil au budget participatif {year}");
        return language.say(&french, &format!("Added by the council to the participatory budget {year}"));
    }
    let project = model.projects.get(&row.opening.project);
    let result = project.and_then(|project| model.area_results.get(&project.formation.area));
    match result.filter(|result| result.basis != Basis::Recorded && result.counted > 0) {
        Some(result) => {
            let count = words::number(result.counted, language);
            let noun = if result.counted == 1 { ["votant", "voter"] } else { ["votants", "voters"] };
            let [french, english] = noun;
            language.say(
                &format!("Décidé par {count} {french} en {year}"),
                &format!("Decided by {count} {english} in {year}"),
            )
        }
        None => language.say(
            &format!("Lauréat du budget participatif {year}"),
            &format!("Winner of the participatory budget {year}"),
        ),
    }
}

/// What must not be missed: that it was given up, that it is late, that it went on elsewhere.
pub(crate) fn notice(reading: &Reading, row: &SiteRow) -> String {
    let language = reading.language;
    if let Some(abandoned) = &row.abandoned {
        let why = reading.words_of(&abandoned.reason);
        return language.say(&format!("Abandonné : {why}"), &format!("Given up: {why}"));
    }
    match row.state() {
        SiteState::Split => return language.say("Divisé en plusieurs chantiers.", "Split into several sites."),
        SiteState::Merged => return language.say("Réuni à un autre chantier.", "Merged into another site."),
        SiteState::Opened
        | SiteState::Studies
        | SiteState::Procedures
        | SiteState::Works
        | SiteState::Delivery
        | SiteState::Done
        | SiteState::Abandoned => {}
    }
    let Some(late) = row.late(reading.today) else { return String::new() };
    let (stage, due) = (words::milestone(late.milestone, language), words::date(late.due, language));
    let days =
        words::counted(usize::try_from(late.days).unwrap_or(usize::MAX), ["jour", "jours"], ["day", "days"], language);
    let line = language.say(
        &format!("En retard de {days} ({stage}, prévu pour {due})"),
        &format!("{days} late ({stage}, planned for {due})"),
    );
    match late.reason {
        Some(reason) => format!("{line} : {}", reading.words_of(reason)),
        None => format!("{line}."),
    }
}

fn facts(reading: &Reading, row: &SiteRow) -> Vec<Fact> {
    let (language, overview) = (reading.language, &reading.view.model.overview);
    let money = |cents| words::amount(cents, &overview.currency, language);
    let mut facts = Vec::new();
    let mut fact = |french: &str, english: &str, value: String| {
        facts.push(Fact { name: language.say(french, english), value });
    };
    fact("Budget", "Budget", money(row.opening.budget_cents));
    fact("Où en est le chantier", "Where it stands", words::site_state(row.state(), language));
    if let Some((on, opened)) = row.delivery() {
        let [french, english] =
            if opened { ["Livré", "Delivered"] } else { ["Livraison prévue", "Delivery planned"] };
        fact(french, english, words::date(on, language));
    }
    if let Some(name) = department(reading, row) {
        fact("Direction pilote", "Led by", name);
    }
    let contractors: Vec<String> = row.opening.contractors.iter().map(|one| reading.words_of(&one.name)).collect();
    match row.opening.financing {
        _ if !contractors.is_empty() => fact("Réalisé par", "Carried out by", contractors.join(", ")),
        Some(Financing::OwnStaff) => fact(
            "Réalisé par",
            "Carried out by",
            language.say("les équipes de la collectivité", "the city’s own staff"),
        ),
        Some(Financing::Contract) | None => {}
    }
    if let Some(over) = row.money().over() {
        fact("Dépassement du budget", "Over budget by", money(over));
    }
    facts
}

/// The name of the department that leads the site.
pub(crate) fn department(reading: &Reading, row: &SiteRow) -> Option<String> {
    let id = row.opening.department.as_ref()?;
    let named = reading.view.model.overview.departments.iter().find(|one| one.id == *id)?;
    Some(reading.words_of(&named.name))
}

/// A date in a sentence: `le 3 mars 2032`, `en mars 2032`.
fn on(date: CalendarDate, language: Language) -> String {
    let said = words::date(date, language);
    match date.is_month() {
        true => language.say(&format!("en {said}"), &format!("in {said}")),
        false => language.say(&format!("le {said}"), &format!("on {said}")),
    }
}

fn step(reading: &Reading, row: &SiteRow, milestone: Milestone) -> Step {
    let language = reading.language;
    let say = |french: &str, english: &str| language.say(french, english);
    let known = row.milestones.iter().find(|one| one.milestone == milestone);
    let latest = row.milestones.iter().filter(|one| one.reached.is_some()).map(|one| one.milestone).max();
    let reached = known.and_then(|one| one.reached);
    // Studies, procedures and works go on; a delivery and the end are moments.
    let lasts = milestone < Milestone::Delivery && row.is_under_way();
    let (progress, note) = match reached {
        Some((date, _)) if lasts && latest == Some(milestone) => {
            let since = date.map(|date| words::date(date, language));
            let note = since.map(|since| say(&format!("depuis {since}"), &format!("since {since}")));
            (Progress::Present, note.unwrap_or_else(|| say("en cours", "under way")))
        }
        Some((Some(date), _)) => {
            let on = on(date, language);
            (Progress::Done, say(&format!("fait {on}"), &format!("done {on}")))
        }
        Some((None, _)) => (Progress::Done, say("fait", "done")),
        None if latest.is_some_and(|latest| latest > milestone) => {
            (Progress::Done, say("date non communiquée", "no date told"))
        }
        None if !row.is_under_way() => (Progress::Ahead, say("sans suite", "won’t happen")),
        None => match known.and_then(|one| one.plans.last()) {
            Some(plan) => {
                let planned = words::date(plan.on, language);
                (Progress::Ahead, say(&format!("prévu : {planned}"), &format!("planned: {planned}")))
            }
            None => (Progress::Ahead, say("à venir", "to come")),
        },
    };
    Step { name: words::milestone(milestone, language), note, progress }
}

/// The sheet of a district. Sites that went on in others aren't on it: the others are.
pub(crate) fn sheet(reading: &Reading, area: &AreaId, rows: Vec<&Arc<SiteRow>>) -> Sheet {
    let (language, overview) = (reading.language, &reading.view.model.overview);
    let say = |french: &str, english: &str| language.say(french, english);
    let mut sites: Vec<(String, &Arc<SiteRow>)> = rows
        .into_iter()
        .filter(|row| !matches!(row.state(), SiteState::Split | SiteState::Merged))
        .map(|row| (reading.words_of(&row.opening.title), row))
        .collect();
    sites.sort_by(|(one, first), (other, second)| (one, &first.id).cmp(&(other, &second.id)));
    let summary = summary(reading, &sites);
    let row = |(title, row): (String, &Arc<SiteRow>)| -> Row {
        let opening = match row.delivery() {
            Some((on, true)) => words::date(on, language),
            Some((on, false)) => say("prévue : ", "planned: ") + &words::date(on, language),
            None => String::new(),
        };
        let state = words::site_state(row.state(), language);
        let state = match row.late(reading.today) {
            Some(late) => {
                let days = usize::try_from(late.days).unwrap_or(usize::MAX);
                let days = words::counted(days, ["jour", "jours"], ["day", "days"], language);
                say(&format!("{state}, en retard de {days}"), &format!("{state}, {days} late"))
            }
            None => state,
        };
        [title, state, opening, words::amount(row.opening.budget_cents, &overview.currency, language)]
    };
    let lang = reading.lang();
    Sheet {
        language: paper(language),
        city: reading.words_of(&overview.territory),
        campaign: reading.words_of(&overview.title),
        heading: say("Chantiers : ", "Building sites: ") + &area_name(reading, area),
        summary,
        columns: [
            say("Chantier", "Site"),
            say("Où il en est", "Where it stands"),
            say("Ouverture", "Opening"),
            say("Budget", "Budget"),
        ],
        rows: sites.into_iter().take(MOST).map(row).collect(),
        address: format!("{}/?campaign={}&lang={lang}", reading.base, reading.view.code),
        caption: say("Tous les chantiers :", "All sites:"),
        page: [say("page", "page"), say("sur", "of")],
    }
}

fn area_name(reading: &Reading, area: &AreaId) -> String {
    let name = reading.view.model.areas.get(area).map(|row| reading.words_of(&row.name));
    name.unwrap_or_else(|| title_of(reading, &Scope::Campaign))
}

fn summary(reading: &Reading, sites: &[(String, &Arc<SiteRow>)]) -> String {
    let language = reading.language;
    let mut states: BTreeMap<SiteState, usize> = BTreeMap::new();
    for (_, row) in sites {
        *states.entry(row.state()).or_default() += 1;
    }
    let sum = words::counted(sites.len(), ["chantier", "chantiers"], ["site", "sites"], language);
    let parts: Vec<String> =
        states.into_iter().map(|(state, count)| format!("{} : {count}", words::site_state(state, language))).collect();
    let mut text = sum;
    if !parts.is_empty() {
        text = format!("{text}. {}.", parts.join(" ; "));
    }
    if sites.len() > MOST {
        let most = words::number(MOST, language);
        text += &language.say(
            &format!(" Les {most} premiers par titre sont sur cette feuille."),
            &format!(" The first {most} by title are on this sheet."),
        );
    }
    text
}
