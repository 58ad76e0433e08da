//! Areas (`secteurs`, `arrondissements`) with their envelopes and ballots, and priority neighbourhoods.

use crate::{Model, Table};
use domain::campaign::Event;
use domain::configuration::{AreaKind, Configuration};
use domain::geography::Outline;
use domain::{AreaId, Cents, Hidden, NeighbourhoodId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
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
    /// The postcodes that it serves.
    pub postcodes: Vec<String>,
    /// Where it lies, once drawn.
    pub outline: Option<Arc<Outline>>,
}

/// A priority neighbourhood (`quartier populaire`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighbourhoodRow {
    /// Its id.
    pub id: NeighbourhoodId,
    /// Its place in the city's own order, from 0.
    pub place: usize,
    /// Its name.
    pub name: Hidden<String>,
    /// Where it lies, once drawn.
    pub outline: Option<Arc<Outline>>,
}

pub(crate) fn apply(model: &mut Model, event: &Event) {
    match event {
        Event::CampaignConfigured { configuration } => configure(model, configuration),
        Event::OutlineDrawn { place, .. } => {
            let geography = &model.campaign.geography;
            match place {
                domain::geography::Place::Area(area) => {
                    let outline = geography.areas.get(area).cloned().map(Arc::from);
                    model.areas.change(area, |row| row.outline = outline);
                }
                domain::geography::Place::Neighbourhood(one) => {
                    let outline = geography.neighbourhoods.get(one).cloned().map(Arc::from);
                    model.neighbourhoods.change(one, |row| row.outline = outline);
                }
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
        | Event::ExclusionDeclared { .. }
        | Event::ExclusionLifted { .. }
        | Event::LinkShredded { .. }
        | Event::ReadingsAnchored { .. } => {}
    }
}

/// Outlines outlive a new configuration.
fn configure(model: &mut Model, configuration: &Configuration) {
    let geography = &model.campaign.geography;
    model.areas = Table::default();
    for (place, area) in configuration.areas.iter().enumerate() {
        let row = AreaRow {
            id: area.id.clone(),
            place,
            kind: area.kind,
            name: area.name.clone(),
            envelope_cents: area.envelope_cents,
            population: area.population,
            ballot: area.ballot.clone(),
            postcodes: area.postcodes.clone(),
            outline: geography.areas.get(&area.id).cloned().map(Arc::from),
        };
        model.areas.put(area.id.clone(), row);
    }
    model.neighbourhoods = Table::default();
    for (place, one) in configuration.participation.neighbourhoods.iter().enumerate() {
        let outline = geography.neighbourhoods.get(&one.id).cloned().map(Arc::from);
        let row = NeighbourhoodRow { id: one.id.clone(), place, name: one.name.clone(), outline };
        model.neighbourhoods.put(one.id.clone(), row);
    }
}
