//! Owns what a city claims of a log (`claims.json` in a bundle): winners, counts, table digests.
//!
//! One function for both sides: whoever publishes writes it, whoever replays computes it again and
//! compares. Must not: say anything that doesn't follow from the log. Next: [`crate::results`],
//! and docs/formats/bundle.md for the file.

use crate::Model;
use crate::results::ResultRow;
use serde_json::{Value, json};
use transparency::Error;

/// The format of the claims.
pub const FORMAT: u32 = 4;

/// How many tables the claims of a format name: later ones came at the end.
pub(crate) const fn tables(format: u32) -> usize {
    match format {
        0 | 1 => 9,
        2 => 10,
        3 => 15,
        _ => 17,
    }
}

/// The members that rows of a table have since a later format than this one.
pub(crate) fn later_members(table: &str, format: u32) -> &'static [&'static str] {
    let since_3: &[(&str, &[&str])] = &[
        ("campaign", &["participation", "instruction", "proclaimed_by"]),
        ("areas", &["postcodes", "outline"]),
        ("proposals", &PROPOSALS_SINCE_3),
        ("projects", &PROJECTS_SINCE_3),
    ];
    let since_4: &[(&str, &[&str])] = &[("campaign", &["proclaimed_by"])];
    let later = match format {
        0..3 => since_3,
        3 => since_4,
        _ => &[],
    };
    later.iter().find(|(name, _)| *name == table).map_or(&[], |(_, members)| members)
}

const PROPOSALS_SINCE_3: [&str; 14] = [
    "deposited_by",
    "changes",
    "co_authors",
    "awaits_approval",
    "approved",
    "removed",
    "restored",
    "supports",
    "comments",
    "reports",
    "merges.share_percent",
    "merges.workshop",
    "merges.by",
    "merges.undone",
];

const PROJECTS_SINCE_3: [&str; 15] = [
    "sheet",
    "changes",
    "proposals",
    "absorbed",
    "ending",
    "assignments",
    "former_verdicts",
    "commitments",
    "consolidations",
    "appeal",
    "scope",
    "exclusions",
    "verdicts.agent",
    "verdicts.round",
    "decision.by",
];

/// The claims that follow from a version of the read model.
///
/// `{"format":4,"campaign":code,"log":{"size","root"},"areas":[…],"projects":[…],"tables":[…]}`:
/// amounts in cents, areas and projects by id, and none of them before the proclamation. Where a
/// result was recorded without ballots, `score`, `digital`, `paper`, `supporters`, `rank` and
/// `reason` are null. The canonical JSON text of this value is the bundle's `claims.json`.
///
/// # Errors
/// As [`Model::digests`].
pub fn claims(model: &Model) -> Result<Value, Error> {
    claims_in(model, FORMAT)
}

/// The claims in this format or an older one, as bundles of that time have them: whatever can't be
/// told is told in the newest.
///
/// # Errors
/// As [`Model::digests`].
pub fn claims_in(model: &Model, format: u32) -> Result<Value, Error> {
    let format = format.clamp(1, FORMAT);
    let digests = model.digests_in(format)?;
    let areas = model.area_results.rows().map(|row| {
        let budget = model.areas.get(&row.area).map(|area| area.envelope_cents);
        json!({
            "area": row.area,
            "basis": row.basis,
            "budget_cents": budget,
            "counted": row.counted,
            "invalid": row.invalid.values().sum::<u64>(),
            "spent_cents": row.spent_cents,
            "winners": row.winners,
        })
    });
    Ok(json!({
        "format": format,
        "campaign": model.overview.code,
        "log": { "size": model.tree.size(), "root": model.tree.root() },
        "areas": areas.collect::<Vec<_>>(),
        "projects": model.results.rows().map(|row| project(model, row)).collect::<Vec<_>>(),
        "tables": digests,
    }))
}

fn project(model: &Model, row: &ResultRow) -> Value {
    let reference = model.projects.get(&row.project).map(|project| project.formation.reference.as_str());
    let decision = row.decision.as_ref();
    json!({
        "digital": decision.map(|decision| decision.digital),
        "elected": row.elected,
        "id": row.project,
        "paper": decision.map(|decision| decision.paper),
        "rank": decision.map(|decision| decision.rank),
        "reason": decision.map(|decision| decision.reason),
        "reference": reference,
        "score": decision.map(|decision| decision.score),
        "supporters": decision.map(|decision| decision.supporters),
    })
}
