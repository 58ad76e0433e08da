//! Where areas and priority neighbourhoods lie, and what lies at a point.
//!
//! Owns outlines and the lookup of points in them, exact in whole microdegrees. Which areas and
//! neighbourhoods there are: [`crate::configuration`].

use crate::campaign::Campaign;
use crate::configuration::{Area, AreaKind};
use crate::proposal::{Address, Point, check_text};
use crate::rejection::ensure;
use crate::{AreaId, Code, NeighbourhoodId, Rejection};
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
    /// Every outline with its place, areas first.
    pub fn outlines(&self) -> impl Iterator<Item = (Place, &Arc<Outline>)> {
        let areas = self.areas.iter().map(|(id, outline)| (Place::Area(id.clone()), outline));
        let neighbourhoods = self.neighbourhoods.iter();
        areas.chain(neighbourhoods.map(|(id, outline)| (Place::Neighbourhood(id.clone()), outline)))
    }

    pub(crate) fn draw(&mut self, place: &Place, outline: &Outline) {
        let outline = Arc::new(outline.clone());
        match place {
            Place::Area(area) => drop(self.areas.insert(area.clone(), outline)),
            Place::Neighbourhood(one) => drop(self.neighbourhoods.insert(one.clone(), outline)),
        }
    }
}

/// The most polygons of an outline.
const POLYGONS: usize = 200;

/// The most points of an outline, so that its leaf stays within 65,535 bytes.
const POINTS: usize = 2_500;

impl Outline {
    /// Whether the point lies in it; one on a border does.
    pub fn contains(&self, point: Point) -> bool {
        self.polygons.iter().any(|rings| {
            let Some((outer, holes)) = rings.split_first() else { return false };
            side(outer, point) != Side::Outside && holes.iter().all(|hole| side(hole, point) != Side::Inside)
        })
    }

    fn check(&self) -> Result<(), Rejection> {
        let invalid = |why: &str| Code::OutlineInvalid.on("outline").with(why);
        ensure((1..=POLYGONS).contains(&self.polygons.len()), || invalid("1 to 200 polygons"))?;
        let points: usize = self.polygons.iter().flatten().map(Vec::len).sum();
        ensure(points <= POINTS, || invalid("at most 2500 points"))?;
        ensure(self.polygons.iter().all(|rings| !rings.is_empty()), || invalid("a polygon without a ring"))?;
        for ring in self.polygons.iter().flatten() {
            ensure(ring.len() >= 4, || invalid("a ring has at least 4 points"))?;
            ensure(ring.first() == ring.last(), || invalid("a ring ends where it begins"))?;
            for [longitude_e6, latitude_e6] in ring.iter().copied() {
                Point { latitude_e6, longitude_e6 }.check()?;
            }
            let sides = ring.iter().zip(ring.iter().skip(1));
            let area: i128 = sides.map(|(a, b)| cross(a[0], b[1]) - cross(b[0], a[1])).sum();
            ensure(area != 0, || invalid("a ring without an area"))?;
        }
        Ok(())
    }
}

fn cross(one: i32, other: i32) -> i128 {
    i128::from(one) * i128::from(other)
}

/// Where a point lies of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Inside,
    Border,
    Outside,
}

/// The crossing test (Shimrat, CACM 5(8), 1962, algorithm 112) in whole numbers: exact.
fn side(ring: &[[i32; 2]], point: Point) -> Side {
    let (x, y) = (i128::from(point.longitude_e6), i128::from(point.latitude_e6));
    let mut inside = false;
    for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
        let [ax, ay, bx, by] = [a[0], a[1], b[0], b[1]].map(i128::from);
        let turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
        let beside = (ax.min(bx)..=ax.max(bx)).contains(&x) && (ay.min(by)..=ay.max(by)).contains(&y);
        if turn == 0 && beside {
            return Side::Border;
        }
        if (ay > y) != (by > y) && (turn > 0) == (by > ay) {
            inside = !inside;
        }
    }
    if inside { Side::Inside } else { Side::Outside }
}

impl Campaign {
    /// The priority neighbourhood at a point: the first by id where several meet.
    pub fn neighbourhood_at(&self, point: Option<Point>) -> Option<NeighbourhoodId> {
        let point = point?;
        let mut all = self.geography.neighbourhoods.iter();
        all.find(|(_, outline)| outline.contains(point)).map(|(id, _)| id.clone())
    }

    /// Whether a place lies in its area. What the campaign has no outline or postcode for isn't looked at.
    pub(crate) fn check_place(
        &self,
        area: &AreaId,
        point: Option<Point>,
        address: Option<&Address>,
        neighbourhood: Option<&NeighbourhoodId>,
    ) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        let own = configuration.require_area(area)?;
        if let Some(point) = point {
            point.check()?;
            self.check_point(own, point)?;
        }
        if let Some(address) = address {
            check_text("address", &address.text, 1, 300)?;
            ensure((1..=16).contains(&address.postcode.len()), || Code::OutOfRange.on("postcode").with("1-16"))?;
            let serves = |one: &&Area| one.postcodes.contains(&address.postcode);
            let some = configuration.areas.iter().any(|one| !one.postcodes.is_empty());
            let found = configuration.areas.iter().find(serves);
            let fits = !some
                || serves(&own)
                || (own.kind == AreaKind::WholeCity && found.is_some())
                || (own.kind == AreaKind::District && own.postcodes.is_empty());
            ensure(fits, || match found {
                Some(other) => Code::AddressInOtherArea.on("address").with(&other.id),
                None => Code::PointOutsideCity.on("address"),
            })?;
        }
        let looked_up = self.neighbourhood_at(point);
        ensure(self.geography.neighbourhoods.is_empty() || looked_up.as_ref() == neighbourhood, || {
            Code::NeighbourhoodMismatch.on("neighbourhood").with(looked_up.map_or("-".to_owned(), String::from))
        })
    }

    fn check_point(&self, area: &Area, point: Point) -> Result<(), Rejection> {
        let outlines = &self.geography.areas;
        if outlines.get(&area.id).is_some_and(|outline| outline.contains(point)) {
            return Ok(());
        }
        let found = outlines.iter().find(|(_, outline)| outline.contains(point)).map(|(id, _)| id);
        if outlines.contains_key(&area.id) {
            return Err(match found {
                Some(other) => Code::PointInOtherArea.on("point").with(other),
                None => Code::PointOutsideCity.on("point"),
            });
        }
        let Ok(configuration) = self.configured() else { return Ok(()) };
        let mut districts = configuration.areas.iter().filter(|one| one.kind == AreaKind::District).peekable();
        let bounded = area.kind == AreaKind::WholeCity
            && districts.peek().is_some()
            && districts.all(|one| outlines.contains_key(&one.id));
        ensure(!bounded || found.is_some(), || Code::PointOutsideCity.on("point"))
    }

    pub(crate) fn check_outline(&self, place: &Place, outline: &Outline) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        ensure(!self.frozen, || Code::RulesFrozen.into())?;
        match place {
            Place::Area(area) => {
                configuration.require_area(area)?;
            }
            Place::Neighbourhood(id) => {
                let known = configuration.participation.neighbourhoods.iter().any(|one| one.id == *id);
                ensure(known, || Code::UnknownNeighbourhood.on("place").with(id))?;
            }
        }
        outline.check()
    }
}
