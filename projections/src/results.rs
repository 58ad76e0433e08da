//! The outcome (`résultats`): who won, and for each project why or why not.
//!
//! Counted again here from the ballots: a proclaimed result that doesn't follow
//! from them is refused, not shown.

use crate::overview::Moment;
use crate::{Model, Table};
use domain::campaign::{AreaResult, Basis, Event};
use domain::leftovers::Flow;
use domain::{AreaId, Cents, Code, ProjectId, Rejection, count};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tally::{Decision, Invalid, Patience, TallyRule};

/// What became of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRow {
    /// The project.
    pub project: ProjectId,
    /// Its area.
    pub area: AreaId,
    /// Whether it won.
    pub elected: bool,
    /// Its place among the winners, from 1, in order of selection.
    pub selected_as: Option<usize>,
    /// The count's explanation; none when the result was recorded without ballots.
    pub decision: Option<Decision>,
}

/// The outcome of an area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaResultRow {
    /// The area.
    pub area: AreaId,
    /// What the result rests on.
    pub basis: Basis,
    /// The winners in order of selection.
    pub winners: Vec<ProjectId>,
    /// What they cost together, in cents.
    pub spent_cents: Cents,
    /// Valid ballots.
    pub counted: u64,
    /// Invalid ballots by reason.
    pub invalid: BTreeMap<Invalid, u64>,
    /// Ballots that break a rule and were kept as cast (imported elections), by reason.
    pub kept_as_cast: BTreeMap<Invalid, u64>,
    /// Papers that are no ballot to the rule, by the code of their reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub void: BTreeMap<String, u64>,
    /// The rule they were counted under.
    pub rule: Option<TallyRule>,
    /// What its envelope received of other areas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<Flow>,
}

pub(crate) fn apply(model: &mut Model, event: &Event) -> Result<(), Rejection> {
    match event {
        Event::ResultProclaimed { basis: Basis::Recorded, areas, .. } => {
            record(model, areas);
            Ok(())
        }
        Event::ResultProclaimed { basis: Basis::Counted, areas, outcome } => {
            let counts = tally(model, None)?;
            let (expected, digest) = count::proclaimed(&counts)?;
            if expected != *areas || *outcome != Some(digest) {
                return Err(Code::ResultMismatch.on("outcome").with(digest));
            }
            for count in counts {
                explain(model, &count);
            }
            Ok(())
        }
        Event::CampaignConfigured { .. }
        | Event::PhaseOpened { .. }
        | Event::PhaseClosed { .. }
        | Event::RulesFrozen { .. }
        | Event::CatalogueListed { .. }
        | Event::CataloguePublished { .. }
        | Event::BallotBoxClosed { .. }
        | Event::LotSeedDrawn { .. }
        | Event::RoleGranted { .. }
        | Event::RoleRevoked { .. }
        | Event::ActProposed { .. }
        | Event::ActConfirmed { .. }
        | Event::ActDropped { .. }
        | Event::ValuesRedacted { .. }
        | Event::OutlineDrawn { .. }
        | Event::ExclusionDeclared { .. }
        | Event::ExclusionLifted { .. }
        | Event::LinkShredded { .. }
        | Event::CouncilDecided { .. }
        | Event::ReadingsAnchored { .. } => Ok(()),
    }
}

/// Counts the ballots of a version, under the frozen rule or another one for analysis.
///
/// # Errors
/// A [`Rejection`] when rule and ballots don't fit together.
pub fn tally(model: &Model, rule: Option<&TallyRule>) -> Result<Vec<count::AreaCount>, Rejection> {
    tally_within(model, rule, &mut Patience::endless())
}

/// As [`tally()`], with no more work than there is patience for.
///
/// # Errors
/// As [`count::areas_within`].
pub fn tally_within(
    model: &Model,
    rule: Option<&TallyRule>,
    patience: &mut Patience,
) -> Result<Vec<count::AreaCount>, Rejection> {
    let papers = model.ballots.rows().flat_map(|row| &row.ballot.papers).map(|(area, paper)| (area, paper));
    let collected = crate::polling_places::collected(model, papers.collect());
    count::areas_within(&collected, rule, patience)
}

/// An area's result as everybody reads it.
pub fn area_row(count: &count::AreaCount) -> AreaResultRow {
    AreaResultRow {
        area: count.area.clone(),
        basis: Basis::Counted,
        winners: count.winners().cloned().collect(),
        spent_cents: count.outcome.spent,
        counted: count.outcome.counted,
        invalid: count.outcome.invalid.clone(),
        kept_as_cast: count.outcome.kept_as_cast.clone(),
        void: count.outcome.void.clone(),
        rule: Some(count.outcome.rule.clone()),
        received: count.received.clone(),
    }
}

fn explain(model: &mut Model, count: &count::AreaCount) {
    for (place, (entry, decision)) in count.entries.iter().zip(&count.outcome.projects).enumerate() {
        let selected_as = count.outcome.winners.iter().position(|winner| *winner == place).map(|order| order + 1);
        let row = ResultRow {
            project: entry.project.clone(),
            area: count.area.clone(),
            elected: decision.elected,
            selected_as,
            decision: Some(decision.clone()),
        };
        model.results.put(entry.project.clone(), row);
    }
    model.area_results.put(count.area.clone(), area_row(count));
}

fn record(model: &mut Model, areas: &[AreaResult]) {
    for area in areas {
        for (order, project) in area.winners.iter().enumerate() {
            let row = ResultRow {
                project: project.clone(),
                area: area.area.clone(),
                elected: true,
                selected_as: Some(order + 1),
                decision: None,
            };
            model.results.put(project.clone(), row);
        }
        let row = AreaResultRow {
            area: area.area.clone(),
            basis: Basis::Recorded,
            winners: area.winners.clone(),
            spent_cents: area.spent_cents,
            counted: area.counted,
            invalid: BTreeMap::new(),
            kept_as_cast: BTreeMap::new(),
            void: BTreeMap::new(),
            rule: None,
            received: Vec::new(),
        };
        model.area_results.put(area.area.clone(), row);
    }
}

/// The winners of all areas, in order of areas and selection, with their costs.
pub fn winners(table: &Table<AreaId, AreaResultRow>) -> impl Iterator<Item = &ProjectId> {
    table.rows().flat_map(|row| &row.winners)
}

/// When the result was proclaimed.
pub fn proclaimed(model: &Model) -> Option<Moment> {
    model.overview.proclaimed.map(|(moment, _)| moment)
}
