//! What a message names, read when it is written: a text that was removed meanwhile is never sent.
//!
//! Owns which words of the read model belong to which kind. The sentences around them: crate `messages`.

use crate::read_model::CampaignVersion;
use crate::words;
use domain::configuration::Tongue;
use domain::project::Ending;
use domain::rejection::Language;
use domain::site::Event;
use domain::{CommentId, DepartmentId, Hidden, ProjectId, ProposalId, SiteId, Timestamp, WorkshopId};
use messages::{Content, Facts, Kind, Topic, Words};
use projections::Model;
use projections::comments::CommentRow;
use projections::projects::ProjectRow;
use projections::proposals::ProposalRow;
use projections::sites::SiteRow;
use projections::workshops::WorkshopRow;

/// The longest part of somebody's text that a message quotes, in characters; all of it is on the site.
const QUOTED: usize = 2_000;

/// What stands in a message, beside its language and campaign.
#[derive(Default)]
struct Named {
    title: String,
    project: Option<String>,
    detail: Option<String>,
    text: Option<String>,
}

/// What a message names in this language, or else in the campaign's; none when it can't be found any more.
pub(crate) fn facts(view: &CampaignVersion, content: &Content, wanted: Option<Language>) -> Option<Facts> {
    let model = &view.model;
    let language = wanted.unwrap_or_else(|| language_of(model));
    let campaign = told(&model.overview.title, &view.code);
    let (kind, key) = content.object();
    let named = match kind {
        "proposal" => proposal(model, content, language, model.proposals.get(&key.parse::<ProposalId>().ok()?)?)?,
        "project" => project(model, content, language, model.projects.get(&key.parse::<ProjectId>().ok()?)?),
        "workshop" => workshop(model, content, language, model.workshops.get(&key.parse::<WorkshopId>().ok()?)?)?,
        "site" => {
            let row = model.sites.get(&key.parse::<SiteId>().ok()?)?;
            let title = told(&row.opening.title, &view.code);
            let (detail, text) = site(row, content, language);
            Named { title, project: None, detail: Some(detail), text }
        }
        _ => Named { title: campaign.clone(), ..Named::default() },
    };
    let Named { title, project, detail, text } = named;
    Some(Facts { language, campaign, title, project, detail, text })
}

/// What a message about a site names: what happened then, and what the city said to it.
fn site(row: &SiteRow, content: &Content, language: Language) -> (String, Option<String>) {
    let history = row.history();
    let event = history.iter().find(|one| Some(one.moment.position) == content.position).map(|one| &*one.event);
    let state = || words::site_state(row.state(), language);
    match event {
        Some(Event::MilestonePlanned { milestone, on, .. }) => {
            (format!("{}, {}", words::milestone(*milestone, language), words::date(*on, language)), None)
        }
        Some(Event::MilestoneReached { milestone, .. }) => (words::milestone(*milestone, language), None),
        Some(Event::NewsPosted { title, text, .. }) => {
            let both = said(title).into_iter().chain(said(text)).collect::<Vec<_>>();
            (state(), (!both.is_empty()).then(|| both.join("\n\n")))
        }
        Some(
            Event::SiteAbandoned { reason }
            | Event::SiteReopened { reason }
            | Event::SiteSplit { reason, .. }
            | Event::SiteMerged { reason, .. },
        ) => (state(), said(reason)),
        Some(_) | None => (state(), None),
    }
}

/// The subject line of a message in this language; none when what it tells of can't be found any more.
pub(crate) fn subject(view: &CampaignVersion, content: &Content, language: Language) -> Option<String> {
    let facts = facts(view, content, Some(language))?;
    Some(Words::of(content, &facts).subject)
}

/// The language of a campaign.
fn language_of(model: &Model) -> Language {
    match model.campaign.configuration.as_ref().map(|configuration| configuration.participation.language) {
        Some(Tongue::En) => Language::English,
        Some(Tongue::Fr) | None => Language::French,
    }
}

fn proposal(model: &Model, content: &Content, language: Language, row: &ProposalRow) -> Option<Named> {
    // What isn't public is named by its reference, except to its authors.
    let readable = row.is_public() || content.topic == Topic::MyProposals;
    let deposit = &row.deposit;
    let title = if readable { told(&deposit.title, &deposit.reference) } else { deposit.reference.clone() };
    if let Some(comment) = comment_of(model, content) {
        return commented(content, comment, title, language);
    }
    if let Some(project) = project_of(model, content)
        && !matches!(content.kind, Kind::ProposalMerged | Kind::MergeUndone)
    {
        let named = self::project(model, content, language, project);
        return Some(Named { project: Some(named.title.clone()), title, ..named });
    }
    let reasoned = |kept: &Option<projections::overview::Reasoned>| kept.as_ref().and_then(|kept| said(&kept.reason));
    let text = match content.kind {
        Kind::ProposalRemoved => reasoned(&row.removed),
        Kind::ProposalRestored => reasoned(&row.restored),
        Kind::MergeUndone => {
            let undone = row.merges.iter().filter_map(|merge| merge.undone.as_ref());
            undone.filter(|undone| Some(undone.moment.position) == content.position).find_map(|it| said(&it.reason))
        }
        _ => None,
    };
    let detail = match content.kind {
        Kind::CoAuthorJoined => {
            let joined = row.co_authors.iter().find(|one| Some(one.joined.position) == content.position);
            let somebody = somebody(language);
            Some(joined.map_or_else(|| somebody.to_owned(), |one| told(&one.name, somebody)))
        }
        _ => project_of(model, content).map(title_of),
    };
    Some(Named { title, project: None, detail, text })
}

/// What is told of a comment; none once not everybody may read it.
fn commented(content: &Content, comment: &CommentRow, title: String, language: Language) -> Option<Named> {
    let text = if content.kind == Kind::CommentRemoved {
        comment.removed.as_ref().and_then(|removed| said(&removed.reason))
    } else {
        Some(said(&comment.text).filter(|_| comment.is_public())?)
    };
    Some(Named { title, project: None, detail: Some(told(&comment.author_name, somebody(language))), text })
}

fn project(model: &Model, content: &Content, language: Language, row: &ProjectRow) -> Named {
    let then = |position: u64| Some(position) == content.position;
    let department = content.other.as_deref().and_then(|other| other.strip_prefix("department/")?.parse().ok());
    let assignment = || row.assignments.iter().find(|one| Some(&one.department) == department.as_ref());
    let verdict = || row.verdicts.iter().chain(&row.former_verdicts).find(|one| then(one.moment.position));
    let consolidation = || row.consolidations.iter().find(|one| then(one.moment.position));
    let reopened = || row.consolidations.iter().filter_map(|one| one.reopened.as_ref());
    let ended = || row.ending.as_ref().and_then(|ending| said(&ending.reason));
    let (detail, text) = match content.kind {
        Kind::DepartmentAssigned | Kind::InstructorNamed | Kind::VerdictLate => {
            (assignment().map(|one| expected(model, &one.department, one.due, language)), None)
        }
        Kind::AssignmentHandedBack => {
            let back = row.assignments.iter().filter_map(|one| one.handed_back.as_ref());
            let reason = back.filter(|back| then(back.moment.position)).find_map(|back| said(&back.reason));
            (department.as_ref().map(|id| name_of(model, id)), reason)
        }
        Kind::InstructionReopened => {
            (None, reopened().filter(|it| then(it.moment.position)).find_map(|it| said(&it.reason)))
        }
        Kind::VerdictGiven(_) => {
            let verdict = verdict().map(|one| &one.verdict);
            (verdict.map(|one| name_of(model, &one.department)), verdict.and_then(|one| said(&one.reasons)))
        }
        Kind::AppealPossible => (consolidation().map(|one| words::moment(one.appeal_until, language)), None),
        Kind::AppealLodged => (None, row.appeal.as_ref().and_then(|appeal| said(&appeal.grounds))),
        Kind::ProjectAbsorbed => {
            let into = row.ending.as_ref().and_then(|ending| match &ending.ending {
                Ending::Absorbed(id) => model.projects.get(id),
                Ending::Split(_) | Ending::Undone => None,
            });
            (into.map(|row| title_of(row)), ended())
        }
        Kind::ProjectSplit | Kind::ProjectUndone => (None, ended()),
        Kind::ScopeChanged => (None, row.scope.as_ref().and_then(|scope| said(&scope.change.reason))),
        Kind::ProjectRefused => (None, row.decision.as_ref().and_then(|it| said(it.reason.as_ref()?))),
        _ => (None, None),
    };
    Named { title: title_of(row), project: None, detail, text }
}

fn workshop(model: &Model, content: &Content, language: Language, row: &WorkshopRow) -> Option<Named> {
    let announcement = &row.announcement;
    let title = told(&announcement.title, row.id.as_str());
    if let Some(comment) = comment_of(model, content) {
        return commented(content, comment, title, language);
    }
    let french = language == Language::French;
    let at = |moment| words::moment(moment, language);
    let detail = match (content.kind, announcement.steps.map(|steps| steps.choice)) {
        (Kind::WorkshopChoice, Some(choice)) if french => format!("du {} au {}", at(choice.start), at(choice.end)),
        (Kind::WorkshopChoice, Some(choice)) => format!("from {} to {}", at(choice.start), at(choice.end)),
        (_, _) => {
            let when = format!("{} {}", if french { "le" } else { "on" }, at(announcement.starts));
            let places = announcement.place.iter().chain(&announcement.link).filter_map(|place| place.get().cloned());
            [when].into_iter().chain(places).collect::<Vec<_>>().join(", ")
        }
    };
    let text = match content.kind {
        Kind::WorkshopCancelled => row.cancelled.as_ref().and_then(|cancelled| said(&cancelled.reason)),
        Kind::WorkshopMinutes => row.minutes.as_ref().and_then(|minutes| said(&minutes.conclusions)),
        Kind::WorkshopConcluded => row.final_text.as_ref().and_then(|final_text| said(&final_text.text)),
        _ => None,
    };
    Some(Named { title, project: None, detail: Some(detail), text })
}

fn comment_of<'a>(model: &'a Model, content: &Content) -> Option<&'a CommentRow> {
    let id: CommentId = content.other.as_deref()?.strip_prefix("comment/")?.parse().ok()?;
    model.comments.get(&id).map(AsRef::as_ref)
}

fn project_of<'a>(model: &'a Model, content: &Content) -> Option<&'a ProjectRow> {
    let id: ProjectId = content.other.as_deref()?.strip_prefix("project/")?.parse().ok()?;
    model.projects.get(&id).map(AsRef::as_ref)
}

fn title_of(row: &ProjectRow) -> String {
    told(&row.sheet.title, &row.formation.reference)
}

fn name_of(model: &Model, department: &DepartmentId) -> String {
    let departments = model.campaign.configuration.as_ref().map(|configuration| configuration.departments.as_slice());
    let named = departments.unwrap_or_default().iter().find(|one| one.id == *department);
    named.map_or_else(|| department.to_string(), |one| told(&one.name, department.as_str()))
}

/// A department and when its verdict is due.
fn expected(model: &Model, department: &DepartmentId, due: Timestamp, language: Language) -> String {
    let (name, due) = (name_of(model, department), words::moment(due, language));
    match language {
        Language::French => format!("{name}, avis attendu le {due}"),
        Language::English => format!("{name}, verdict due on {due}"),
    }
}

fn somebody(language: Language) -> &'static str {
    if language == Language::French { "quelqu’un" } else { "somebody" }
}

/// A text, or what stands for it where it was removed.
fn told(text: &Hidden<String>, instead: &str) -> String {
    text.get().filter(|text| !text.is_empty()).map_or_else(|| instead.to_owned(), String::clone)
}

/// What somebody wrote, unless it was removed; the beginning of what is long.
fn said(text: &Hidden<String>) -> Option<String> {
    let text = text.get().filter(|text| !text.trim().is_empty())?;
    let beginning: String = text.chars().take(QUOTED).collect();
    Some(if beginning.len() < text.len() { format!("{beginning}…") } else { beginning })
}
