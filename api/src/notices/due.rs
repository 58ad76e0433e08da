//! What the clock brings, with no event that tells it: verdicts that are late, workshops that begin soon.
//!
//! A pure function of the read model and a span of time. Each notice has a key of its own, so that it is
//! told once, whoever looks how often.

use super::of::{Notice, Told};
use super::{of_project, of_workshop};
use domain::Timestamp;
use messages::Kind;
use projections::Model;

/// Seconds before a workshop at which whoever registered is reminded.
const BEFORE: i64 = 86_400;

/// What came due after the first moment, up to the second one, each with its key.
pub(crate) fn due(campaign: &str, model: &Model, after: Timestamp, until: Timestamp) -> Vec<(String, Notice)> {
    let told = Told { campaign, model, position: None };
    let came = |moment: i64| after.unix() < moment && moment <= until.unix();
    let mut all = Vec::new();
    for row in model.projects.rows() {
        if row.decision.is_some() || row.ending.is_some() || row.consolidation().is_some() {
            continue;
        }
        let owed = row.current_assignments().filter(|one| one.answered.is_none() && came(one.due.unix()));
        for one in owed {
            let department = &one.department;
            let to = vec![of_project::instructing(one)];
            let notice = of_project::agents(&told, row, Kind::VerdictLate, department, to);
            all.push((format!("late/{campaign}/{}/{department}/{}", row.id, one.due), notice));
        }
    }
    for row in model.workshops.rows().filter(|row| row.cancelled.is_none()) {
        let starts = row.announcement.starts;
        if came(starts.unix().saturating_sub(BEFORE)) && until < starts {
            let notice = of_workshop::notice(&told, row, Kind::WorkshopSoon, of_workshop::registered(row));
            all.push((format!("soon/{campaign}/{}/{starts}", row.id), notice));
        }
    }
    all
}
