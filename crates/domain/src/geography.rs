//! Where areas and priority neighbourhoods lie, and what lies at a point.
//!
//! Owns outlines and the lookup of points in them, exact in whole microdegrees. Which areas and
//! neighbourhoods there are: [`crate::configuration`].

use crate::campaign::Campaign;
use crate::configuration::{Area, AreaKind, Configuration};
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

/// An outline with its bounding box, which lets most lookups pass it by. The box follows from the
/// outline: it is never written, and worked out again when an outline is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Arc<Outline>", into = "Arc<Outline>")]
pub struct Drawn {
    outline: Arc<Outline>,
    frame: Frame,
}

/// West, south, east and north of everything, in microdegrees; of nothing, nothing is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    low: [i32; 2],
    high: [i32; 2],
}

impl Frame {
    fn of(outline: &Outline) -> Self {
        let nothing = Self { low: [i32::MAX; 2], high: [i32::MIN; 2] };
        outline.polygons.iter().flatten().flatten().fold(nothing, |frame, [x, y]| Self {
            low: [frame.low[0].min(*x), frame.low[1].min(*y)],
            high: [frame.high[0].max(*x), frame.high[1].max(*y)],
        })
    }

    fn contains(&self, point: Point) -> bool {
        (self.low[0]..=self.high[0]).contains(&point.longitude_e6)
            && (self.low[1]..=self.high[1]).contains(&point.latitude_e6)
    }
}

impl From<Arc<Outline>> for Drawn {
    fn from(outline: Arc<Outline>) -> Self {
        Self { frame: Frame::of(&outline), outline }
    }
}

impl From<Drawn> for Arc<Outline> {
    fn from(drawn: Drawn) -> Self {
        drawn.outline
    }
}

impl Drawn {
    /// Whether the point lies in the outline; one on a border does.
    pub fn contains(&self, point: Point) -> bool {
        self.frame.contains(point) && self.outline.contains(point)
    }
}

impl std::ops::Deref for Drawn {
    type Target = Outline;
    fn deref(&self) -> &Outline {
        &self.outline
    }
}

/// The outlines of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geography {
    /// Those of areas.
    pub areas: BTreeMap<AreaId, Drawn>,
    /// Those of priority neighbourhoods.
    pub neighbourhoods: BTreeMap<NeighbourhoodId, Drawn>,
}

impl Geography {
    /// Every outline with its place, areas first.
    pub fn outlines(&self) -> impl Iterator<Item = (Place, &Outline)> {
        let areas = self.areas.iter().map(|(id, drawn)| (Place::Area(id.clone()), &**drawn));
        let neighbourhoods = self.neighbourhoods.iter();
        areas.chain(neighbourhoods.map(|(id, drawn)| (Place::Neighbourhood(id.clone()), &**drawn)))
    }

    pub(crate) fn draw(&mut self, place: &Place, outline: &Outline) {
        let drawn = Drawn::from(Arc::new(outline.clone()));
        match place {
            Place::Area(area) => drop(self.areas.insert(area.clone(), drawn)),
            Place::Neighbourhood(one) => drop(self.neighbourhoods.insert(one.clone(), drawn)),
        }
    }

    /// Forgets the outlines of places that are configured no more.
    pub(crate) fn keep(&mut self, configuration: &Configuration) {
        self.areas.retain(|id, _| configuration.area(id).is_some());
        let known = &configuration.participation.neighbourhoods;
        self.neighbourhoods.retain(|id, _| known.iter().any(|one| one.id == *id));
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

    pub(crate) fn check(&self) -> Result<(), Rejection> {
        let invalid = |why: &str| Code::OutlineInvalid.on("outline").with(why);
        ensure((1..=POLYGONS).contains(&self.polygons.len()), || invalid("polygons: 1 – 200"))?;
        let points: usize = self.polygons.iter().flatten().map(Vec::len).sum();
        ensure(points <= POINTS, || invalid("points: 0 – 2500"))?;
        ensure(self.polygons.iter().all(|rings| !rings.is_empty()), || invalid("rings: 1 –"))?;
        for ring in self.polygons.iter().flatten() {
            ensure(ring.len() >= 4, || invalid("points / ring: 4 –"))?;
            ensure(ring.first() == ring.last(), || invalid("ring: 1 ≠ n"))?;
            for [longitude_e6, latitude_e6] in ring.iter().copied() {
                Point { latitude_e6, longitude_e6 }.check()?;
            }
            let sides = ring.iter().zip(ring.iter().skip(1));
            let area: i128 = sides.map(|(a, b)| cross(a[0], b[1]) - cross(b[0], a[1])).sum();
            ensure(area != 0, || invalid("ring: 0 m²"))?;
        }
        let outer = self.polygons.iter().filter_map(|rings| rings.first());
        outer.map(|ring| crossing(ring)).try_for_each(|place| match place {
            Some([x, y]) => Err(invalid(&format!("× {}°E {}°N", degrees(x), degrees(y)))),
            None => Ok(()),
        })
    }
}

/// Microdegrees as degrees.
fn degrees(e6: i32) -> String {
    let sign = if e6 < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", e6.unsigned_abs() / 1_000_000, e6.unsigned_abs() % 1_000_000)
}

/// Where a side begins that crosses another one of its ring, if one does. Sides that only touch are let
/// be: rounding to microdegrees makes them.
fn crossing(ring: &[[i32; 2]]) -> Option<[i32; 2]> {
    let mut sides: Vec<_> = ring.iter().zip(ring.iter().skip(1)).collect();
    sides.sort_by_key(|(a, b)| a[0].min(b[0]));
    let apart = |one: &[i32; 2], two: &[i32; 2], (a, b): (&[i32; 2], &[i32; 2])| {
        turn(*one, *two, *a).signum() * turn(*one, *two, *b).signum() < 0
    };
    for (n, (a, b)) in sides.iter().copied().enumerate() {
        let east = a[0].max(b[0]);
        let near = sides.iter().copied().skip(n + 1).take_while(|(c, d)| c[0].min(d[0]) <= east);
        for (c, d) in near {
            if apart(a, b, (c, d)) && apart(c, d, (a, b)) {
                return Some(*a);
            }
        }
    }
    None
}

/// Above zero when `point` lies left of the way from `a` to `b`, zero when it lies on their line.
fn turn(a: [i32; 2], b: [i32; 2], point: [i32; 2]) -> i128 {
    let [ax, ay, bx, by, x, y] = [a[0], a[1], b[0], b[1], point[0], point[1]].map(i128::from);
    (bx - ax) * (y - ay) - (by - ay) * (x - ax)
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
    let (x, y) = (point.longitude_e6, point.latitude_e6);
    let mut inside = false;
    for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
        let turn = turn(*a, *b, [x, y]);
        let [ax, ay, bx, by] = [a[0], a[1], b[0], b[1]];
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

    /// The district at the place of a project of the whole city: the first in the configuration where
    /// several meet. None for a project that has no such place, or is a district's own.
    pub(crate) fn district_at(&self, area: &AreaId, point: Option<Point>) -> Option<AreaId> {
        let configuration = self.configuration.as_deref()?;
        configuration.area(area).filter(|area| area.kind == AreaKind::WholeCity)?;
        let point = point?;
        let lies = |area: &&Area| self.geography.areas.get(&area.id).is_some_and(|drawn| drawn.contains(point));
        let mut districts = configuration.areas.iter().filter(|area| area.kind == AreaKind::District);
        districts.find(lies).map(|area| area.id.clone())
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
            ensure((1..=16).contains(&address.postcode.len()), || Code::OutOfRange.on("postcode").with("1 – 16"))?;
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
