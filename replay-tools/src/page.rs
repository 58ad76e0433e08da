//! Owns the report as a page for people: one file without script or address, French first, English second.
//!
//! Puts a report and the read model into words and plots for `templates/report.html`, and nothing else.
//! Everything that anyone typed is escaped by the template; only the plots of `plots.rs` aren't, and
//! these hold numbers. Must not: check anything, or show a count before the proclamation. Next:
//! `page_words.rs`, `plots.rs`, `limits.rs`.

use crate::{
    page_words as say,
    plots::{Part, columns, strip},
    report::{Ending, Redaction, Report, Verdict},
};
use askama::Template;
use domain::{Cents, Timestamp};
use projections::{Model, areas::AreaRow, overview::PhaseRow, results::ResultRow, urn::UrnStep};
use std::{collections::BTreeMap, sync::Arc};
use tally::{
    Channel, Language,
    words::{self, Unit},
};

/// The most removed texts that are listed; all are counted.
const REMOVED: usize = 500;

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    version: &'static str,
    sides: [Side; 2],
}

/// The page in one language.
struct Side {
    fr: bool,
    lang: &'static str,
    title: String,
    subtitle: String,
    holds: bool,
    verdict: String,
    summary: String,
    found: Option<Found>,
    facts: Vec<Fact>,
    checks: Vec<Check>,
    limits: Vec<String>,
    notes: Vec<String>,
    phases: Vec<Phase>,
    first_kind: String,
    two_kinds: bool,
    days_plot: String,
    days: Vec<Day>,
    first_day: String,
    last_day: String,
    rule: String,
    areas: Vec<Area>,
    removed_sentence: String,
    removed: Vec<Removed>,
}

struct Found {
    place: String,
    code: &'static str,
    message: String,
}

struct Fact {
    name: String,
    value: String,
}

struct Check {
    what: String,
    code: &'static str,
    ending: String,
    class: &'static str,
}

struct Phase {
    name: String,
    planned: String,
    real: String,
    plan_bar: String,
    real_bar: String,
}

struct Day {
    day: String,
    digital: String,
    paper: String,
}

struct Area {
    name: String,
    facts: String,
    bar: String,
    projects: Vec<Project>,
}

struct Project {
    rank: String,
    title: String,
    won: bool,
    bar: String,
    score: String,
    cost: String,
    why: String,
}

struct Removed {
    position: u64,
    path: String,
    ground: String,
}

/// The page of a report; `model` is what the log says as far as it was followed.
///
/// # Errors
/// When the template can't be filled: never, by construction.
pub fn html(report: &Report, model: &Model) -> Result<String, askama::Error> {
    let sides = [Language::French, Language::English].map(|language| Teller { report, model, language }.side());
    let title = model.overview.title.get().cloned();
    let title = title.or_else(|| report.checked.log.clone()).unwrap_or_else(|| "parvis-replay".to_owned());
    Page { title, version: env!("CARGO_PKG_VERSION"), sides }.render()
}

/// Tells a report in one language.
struct Teller<'a> {
    report: &'a Report,
    model: &'a Model,
    language: Language,
}

impl Teller<'_> {
    fn say(&self, french: &str, english: &str) -> String {
        self.language.say(french, english)
    }

    fn number(&self, number: u64) -> String {
        words::number(number, self.language)
    }

    fn amount(&self, cents: Cents) -> String {
        words::amount(cents, &self.model.overview.currency, self.language)
    }

    fn side(&self) -> Side {
        let Self { report, model, language } = self;
        let fr = *language == Language::French;
        let overview = &model.overview;
        let title = overview.title.get().cloned();
        let territory = overview.territory.get().cloned().unwrap_or_default();
        let (days, two_kinds) = self.days();
        let plot: Vec<_> =
            days.values().map(|[digital, paper]| vec![("digital", *digital), ("paper", *paper)]).collect();
        let told = |day: Option<&String>| day.map_or_else(String::new, |day| say::iso_day(day, *language));
        Side {
            fr,
            lang: if fr { "fr" } else { "en" },
            title: title.unwrap_or_else(|| self.say("Campagne illisible", "A campaign that can’t be read")),
            subtitle: format!("{territory} · {}", self.say("rapport de vérification", "report of a verification")),
            holds: report.verdict == Verdict::Holds,
            verdict: match report.verdict {
                Verdict::Holds => self.say("Tout se vérifie.", "Everything holds."),
                Verdict::Broken => self.say("Ce fichier ne se vérifie pas.", "This file doesn’t hold."),
            },
            summary: self.summary(),
            found: self.found(),
            facts: self.facts(),
            checks: report.checks.iter().map(|check| self.check(*check)).collect(),
            limits: report.unchecked.iter().map(|limit| limit.sentence(*language)).collect(),
            notes: report.notes.clone(),
            phases: self.phases(),
            first_kind: if model.turnout.is_empty() {
                self.say("bulletins scellés publiés", "sealed ballots published")
            } else {
                self.say("en ligne", "online")
            },
            two_kinds,
            days_plot: columns(&plot),
            first_day: told(days.keys().next()),
            last_day: told(days.keys().next_back()),
            days: days
                .iter()
                .map(|(day, [digital, paper])| Day {
                    day: say::iso_day(day, *language),
                    digital: self.number(*digital),
                    paper: self.number(*paper),
                })
                .collect(),
            rule: self.rule(),
            areas: self.areas(),
            removed_sentence: self.removed_sentence(),
            removed: report.checked.redacted.iter().take(REMOVED).map(|gone| self.removed(gone)).collect(),
        }
    }

    fn summary(&self) -> String {
        let checked = &self.report.checked;
        let events = self.number(checked.events);
        match (self.report.verdict, &checked.since) {
            (Verdict::Holds, None) => self.say(
                &format!("Les {events} événements du journal ont été relus un par un, et rien n’y contredit ce qui est annoncé."),
                &format!("All {events} events of the log were read again one by one, and nothing contradicts what is claimed."),
            ),
            (Verdict::Holds, Some(since)) => {
                let known = self.number(since.size);
                self.say(
                    &format!("Les {known} premiers événements sont ceux déjà vérifiés ; les suivants, jusqu’au {events}e, ont été jugés un par un."),
                    &format!("The first {known} events are those that were verified before; those after, up to event {events}, were judged one by one."),
                )
            }
            (Verdict::Broken, _) => self.say(
                &format!("La première divergence est nommée ci-dessous ; {events} événements avaient été suivis jusque-là."),
                &format!("The first divergence is named below; {events} events had been followed up to there."),
            ),
        }
    }

    fn found(&self) -> Option<Found> {
        let (stage, code) = (self.report.stage?, self.report.code?);
        let place = match self.report.position {
            Some(position) => {
                let position = self.number(position);
                self.say(&format!("À l’événement {position} : "), &format!("At event {position}: "))
            }
            None => String::new(),
        };
        let place = format!("{place}{}", say::stage(stage, self.language));
        Some(Found { place, code, message: self.report.message.clone().unwrap_or_default() })
    }

    fn facts(&self) -> Vec<Fact> {
        let checked = &self.report.checked;
        let Some((log, root)) = checked.log.as_ref().zip(checked.root) else { return Vec::new() };
        let fact = |french, english, value: String| Fact { name: self.say(french, english), value };
        let signed = if checked.key_checked {
            self.say("clé comparée avec celle de la ville", "key compared with the city’s")
        } else {
            self.say("clé NON comparée avec celle de la ville", "key NOT compared with the city’s")
        };
        vec![
            fact("Campagne", "Campaign", checked.campaign.clone().unwrap_or_default()),
            fact("Journal", "Log", log.clone()),
            fact("Racine", "Root", root.to_string()),
            fact("Événements", "Events", self.number(checked.leaves)),
            fact("Signé par", "Signed by", format!("{} ({signed})", checked.signed_by.join(", "))),
            fact("Bulletins qui comptent", "Ballots that count", self.number(checked.papers)),
            fact("Lauréats", "Winners", self.number(checked.winners)),
            fact("Textes publiés, d’origine", "Published texts, original", self.number(checked.disclosed)),
        ]
    }

    fn check(&self, check: crate::report::Check) -> Check {
        Check {
            what: say::stage(check.stage, self.language),
            code: check.stage.code(),
            ending: say::ending(check.ending, self.language),
            class: match check.ending {
                Ending::Held => "good",
                Ending::Failed => "bad",
                Ending::NotReached | Ending::NotAsked => "soft",
            },
        }
    }

    fn phases(&self) -> Vec<Phase> {
        let rows = &self.model.overview.phases;
        let now = self.model.applied.map(|applied| applied.at);
        let opened = |row: &PhaseRow| row.opened.as_ref().map(|turn| turn.moment.at);
        let closed = |row: &PhaseRow| row.closed.as_ref().map(|turn| turn.moment.at).or(now);
        let starts = rows.iter().flat_map(|row| [Some(row.start), opened(row)]).flatten().min();
        let ends = rows.iter().flat_map(|row| [Some(row.end), opened(row).and(closed(row))]).flatten().max();
        let (Some(first), Some(last)) = (starts, ends) else { return Vec::new() };
        let since = |at: Timestamp| u64::try_from(at.unix() - first.unix()).unwrap_or(0);
        let length = since(last);
        let bar = |class, from, to| strip(&[Part { class, from: since(from), to: since(to) }], length);
        let span = |from, to| {
            let (from, to) = (say::day(from, self.language), say::day(to, self.language));
            format!("{from} – {to}")
        };
        let told = |row: &PhaseRow| {
            let real = opened(row).zip(closed(row));
            let planned = span(row.start, row.end);
            Phase {
                name: say::phase(row.phase, self.language),
                planned: self.say(&format!("prévu : {planned}"), &format!("planned: {planned}")),
                real: match (real, row.closed.is_some()) {
                    (Some((from, to)), true) => span(from, to),
                    (Some((from, _)), false) => {
                        let from = say::day(from, self.language);
                        self.say(&format!("ouvert depuis le {from}"), &format!("open since {from}"))
                    }
                    (None, _) => self.say("pas ouvert", "not opened"),
                },
                plan_bar: bar("plan", row.start, row.end),
                real_bar: real.map_or_else(|| strip(&[], 1), |(from, to)| bar("real", from, to)),
            }
        };
        rows.iter().map(told).collect()
    }

    /// By day: online and on paper, or sealed ballots as they were published; and whether there are two
    /// channels.
    fn days(&self) -> (BTreeMap<String, [u64; 2]>, bool) {
        let mut days: BTreeMap<String, [u64; 2]> = BTreeMap::new();
        let mut on_paper = false;
        for row in self.model.turnout.rows() {
            let Some(key) = &row.key else { continue };
            let [digital, paper] = days.entry(key.day.to_string()).or_default();
            match key.channel {
                Channel::Digital => *digital += row.cast,
                Channel::Paper => {
                    *paper += row.cast;
                    on_paper = true;
                }
            }
        }
        for row in self.model.urn_steps.rows() {
            if let UrnStep::BallotsPublished { ballots, .. } = &row.step {
                let [sealed, _] = days.entry(row.moment.at.day().to_string()).or_default();
                *sealed += ballots;
            }
        }
        (days, on_paper)
    }

    fn rule(&self) -> String {
        let overview = &self.model.overview;
        let unit = Unit::of(self.model.areas.rows().map(|row| &row.ballot));
        let rule = overview.rule.as_ref();
        rule.map_or_else(String::new, |rule| words::rule(rule, unit, &overview.currency, self.language))
    }

    fn areas(&self) -> Vec<Area> {
        if !self.model.counts_are_public() {
            return Vec::new();
        }
        let mut rows: Vec<&Arc<AreaRow>> = self.model.areas.rows().collect();
        rows.sort_by_key(|row| row.place);
        rows.into_iter().filter_map(|row| self.area(row)).collect()
    }

    fn area(&self, row: &AreaRow) -> Option<Area> {
        let result = self.model.area_results.get(&row.id)?;
        let mut found: Vec<&Arc<ResultRow>> = self.model.results.rows().filter(|one| one.area == row.id).collect();
        found.sort_by_key(|one| (one.decision.as_ref().map(|decision| decision.rank), one.selected_as));
        let scores = found.iter().filter_map(|one| one.decision.as_ref()).map(|decision| decision.score);
        let highest = scores.max().and_then(|score| u64::try_from(score).ok()).unwrap_or(0);
        let (spent, envelope) = (self.amount(result.spent_cents), self.amount(row.envelope_cents));
        let (counted, winners) = (self.number(result.counted), result.winners.len());
        let cents = |cents: Cents| u64::try_from(cents.get()).unwrap_or(0);
        let spent_part = Part { class: "spent", from: 0, to: cents(result.spent_cents) };
        let whole = Part { class: "plan", from: 0, to: cents(row.envelope_cents) };
        Some(Area {
            name: row.name.get().cloned().unwrap_or_else(|| row.id.to_string()),
            facts: self.say(
                &format!("{counted} bulletins comptés · {winners} lauréats · {spent} attribués sur {envelope}"),
                &format!("{counted} ballots counted · {winners} winners · {spent} of {envelope} awarded"),
            ),
            bar: strip(&[whole, spent_part], cents(row.envelope_cents).max(cents(result.spent_cents))),
            projects: found.into_iter().map(|one| self.project(one, highest)).collect(),
        })
    }

    fn project(&self, row: &ResultRow, highest: u64) -> Project {
        let title = self.model.projects.get(&row.project).and_then(|project| project.sheet.title.get().cloned());
        let score = row.decision.as_ref().and_then(|decision| u64::try_from(decision.score).ok());
        let class = if row.elected { "won" } else { "lost" };
        Project {
            rank: row.decision.as_ref().map_or_else(String::new, |decision| decision.rank.to_string()),
            title: title.unwrap_or_else(|| row.project.to_string()),
            won: row.elected,
            bar: score.map_or_else(String::new, |score| strip(&[Part { class, from: 0, to: score }], highest)),
            score: row
                .decision
                .as_ref()
                .map_or_else(String::new, |decision| words::number(decision.score, self.language)),
            cost: row.decision.as_ref().map_or_else(String::new, |decision| self.amount(decision.cost)),
            why: match &row.decision {
                Some(decision) => say::reason(decision.reason, self.language),
                None if row.elected => self.say("lauréat annoncé par la ville", "announced by the city"),
                None => String::new(),
            },
        }
    }

    fn removed_sentence(&self) -> String {
        let all = self.report.checked.redacted.len();
        let count = words::number(all, self.language);
        let shown = if all > REMOVED {
            self.say(&format!(" Les {REMOVED} premiers sont listés."), &format!(" The first {REMOVED} are listed."))
        } else {
            String::new()
        };
        let sentence = self.say(
            &format!("{count} textes ne sont plus là. Le journal prouve qu’ils y étaient et dit pourquoi ils ont été retirés."),
            &format!("{count} texts are no longer there. The log proves that they were, and says why they were removed."),
        );
        format!("{sentence}{shown}")
    }

    fn removed(&self, gone: &Redaction) -> Removed {
        let unknown = || self.say("aucun événement ne le dit", "no event says why");
        let ground = gone.ground.map_or_else(unknown, |ground| say::ground(ground, self.language));
        let at = gone.at.map_or_else(String::new, |at| format!(", {}", say::day(at, self.language)));
        Removed { position: gone.position, path: gone.path.clone(), ground: format!("{ground}{at}") }
    }
}
