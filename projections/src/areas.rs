//! Areas (`secteurs`, `arrondissements`) with their envelopes and ballots.

use crate::Table;
use domain::campaign::Event;
use domain::configuration::AreaKind;
use domain::{AreaId, Cents, Hidden};
use serde::{Deserialize, Serialize};
use tally::BallotType;

/// An area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaRow {
    /// Its id.
    pub id: AreaId,
    /// Its place in the city's own order, from 0.
    pub place: usize,
    /// Its extent.
    pub kind: AreaKind,
    /// Its name.
    pub name: Hidden<String>,
    /// What its winners may cost together, in cents.
    pub envelope_cents: Cents,
    /// Inhabitants.
    pub population: Option<u32>,
    /// What a voter may write on its ballot.
    pub ballot: BallotType,
}

pub(crate) fn apply(areas: &mut Table<AreaId, AreaRow>, event: &Event) {
    match event {
        Event::CampaignConfigured { configuration } => {
            *areas = Table::default();
            for (place, area) in configuration.areas.iter().enumerate() {
                let row = AreaRow {
                    id: area.id.clone(),
                    place,
                    kind: area.kind,
                    name: area.name.clone(),
                    envelope_cents: area.envelope_cents,
                    population: area.population,
                    ballot: area.ballot.clone(),
                };
                areas.put(area.id.clone(), row);
            }
        }
        Event::PhaseOpened { .. }
        | Event::PhaseClosed { .. }
        | Event::RulesFrozen { .. }
        | Event::CatalogueListed { .. }
        | Event::CataloguePublished { .. }
        | Event::BallotBoxClosed { .. }
        | Event::LotSeedDrawn { .. }
        | Event::ResultProclaimed { .. }
        | Event::RoleGranted { .. }
        | Event::RoleRevoked { .. }
        | Event::ActProposed { .. }
        | Event::ActConfirmed { .. }
        | Event::ActDropped { .. }
        | Event::ValuesRedacted { .. }
        | Event::OutlineDrawn { .. }
        | Event::ExclusionDeclared { .. }
        | Event::ExclusionLifted { .. }
        | Event::ReadingsAnchored { .. } => {}
    }
}
