//! The result of a campaign as it is proclaimed (`proclamation`).
//!
//! Owns what a result says and what it must follow from. The count itself is in [`crate::count`].

use crate::campaign::{Campaign, Event};
use crate::count::{self, Collected};
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, ProjectId, Rejection};
use serde::{Deserialize, Serialize};
use tally::TieBreak;
use transparency::Hash;

/// What a result rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Basis {
    /// The ballots in this log, counted under the frozen rule: anyone can count again.
    Counted,
    /// What was published of a past election whose ballots aren't known.
    Recorded,
}

/// The winners of an area, in order of selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaResult {
    /// The area.
    pub area: AreaId,
    /// The winning projects, first selected first.
    pub winners: Vec<ProjectId>,
    /// What they cost together, in cents.
    pub spent_cents: Cents,
    /// Valid ballots.
    pub counted: u64,
    /// Ballots counted invalid.
    pub invalid: u64,
}

impl Campaign {
    pub(crate) fn needs_lot(&self) -> bool {
        self.configuration.as_ref().is_some_and(|c| c.rules.tally.tie_break.contains(&TieBreak::Lot))
    }

    /// The result that follows from the ballots now.
    pub(crate) fn proclamation(&self, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        ensure(self.box_closed, || Code::BallotBoxOpen.into())?;
        ensure(self.lot.is_some() || !self.needs_lot(), || Code::LotMissing.into())?;
        self.check_urn_opened(&context.world.urn)?;
        let (areas, outcome) = count::result(&Collected { campaign: self, ..context.world.into() })?;
        Ok(vec![Event::ResultProclaimed { basis: Basis::Counted, areas, outcome: Some(outcome) }])
    }

    pub(crate) fn check_proclamation(
        &self,
        basis: Basis,
        areas: &[AreaResult],
        outcome: Option<Hash>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        ensure(self.winners.is_none(), || Code::ResultProclaimed.into())?;
        match basis {
            Basis::Recorded => {
                let possible = self.is_imported() && !self.catalogue_published && outcome.is_none();
                ensure(possible, || Code::ResultMismatch.with("ballots are in this log: count them"))?;
                for area in areas {
                    configuration.require_area(&area.area)?;
                    for winner in &area.winners {
                        let project = context.world.projects.get(winner);
                        let admitted = project.and_then(|p| p.admission()).is_some();
                        ensure(admitted, || Code::ProjectNotAdmitted.on("winners").with(winner))?;
                    }
                }
                Ok(())
            }
            Basis::Counted => {
                ensure(self.box_closed, || Code::BallotBoxOpen.into())?;
                ensure(self.lot.is_some() || !self.needs_lot(), || Code::LotMissing.into())?;
                self.check_urn_opened(&context.world.urn)?;
                let (expected, digest) = count::result(&Collected { campaign: self, ..context.world.into() })?;
                for (expected, given) in expected.iter().zip(areas) {
                    ensure(expected == given, || Code::ResultMismatch.on("areas").with(&expected.area))?;
                }
                ensure(expected.len() == areas.len(), || Code::ResultMismatch.on("areas").with(areas.len()))?;
                ensure(outcome == Some(digest), || Code::ResultMismatch.on("outcome").with(digest))
            }
        }
    }
}
