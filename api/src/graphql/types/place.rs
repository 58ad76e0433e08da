//! Places and moments: points on the ground, bounding boxes, when something was written.

use super::scalars::{DateTime, Position};
use async_graphql::{
    Description, InputObject, InputValueError, InputValueResult, Number, Scalar, ScalarType, SimpleObject, Value,
};

/// Decimal degrees (WGS 84), kept to six decimals, about 11 centimetres: `48.856613`.
#[derive(Description, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Degrees(pub i32);

#[Scalar(use_type_description)]
impl ScalarType for Degrees {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else { return Err(InputValueError::expected_type(value)) };
        microdegrees(&number.to_string())
            .map(Self)
            .ok_or_else(|| InputValueError::custom("degrees are written 48.856613"))
    }
    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }
    fn to_value(&self) -> Value {
        Number::from_f64(f64::from(self.0) / 1e6).map_or(Value::Null, Value::Number)
    }
}

/// Millionths of a degree from a JSON number, further decimals cut off. From its digits, because a
/// binary fraction would move the point.
fn microdegrees(text: &str) -> Option<i32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    if !whole.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: i32 = whole.parse().ok().filter(|whole| *whole <= 360)?;
    let decimals = decimals.get(..6).unwrap_or(decimals);
    let decimals: i32 = format!("{decimals:0<6}").parse().ok()?;
    Some(sign * (whole * 1_000_000 + decimals))
}

/// A point on the ground (WGS 84).
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Point {
    /// Degrees north of the equator.
    pub latitude: Degrees,
    /// Degrees east of Greenwich.
    pub longitude: Degrees,
}

impl From<domain::proposal::Point> for Point {
    fn from(point: domain::proposal::Point) -> Self {
        Self { latitude: Degrees(point.latitude_e6), longitude: Degrees(point.longitude_e6) }
    }
}

/// A point on the ground (WGS 84).
#[derive(InputObject, Clone, Copy, Debug)]
pub struct PointInput {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: Degrees,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: Degrees,
}

impl From<PointInput> for domain::proposal::Point {
    fn from(point: PointInput) -> Self {
        Self { latitude_e6: point.latitude.0, longitude_e6: point.longitude.0 }
    }
}

/// A rectangle on the map (WGS 84); its edges belong to it.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct BoundingBoxInput {
    /// Its southern edge, in degrees.
    pub south: Degrees,
    /// Its western edge, in degrees.
    pub west: Degrees,
    /// Its northern edge, in degrees.
    pub north: Degrees,
    /// Its eastern edge, in degrees.
    pub east: Degrees,
}

impl BoundingBoxInput {
    /// Whether the point lies in it. A box whose west is east of its east spans the antimeridian.
    pub(crate) fn holds(&self, point: Option<domain::proposal::Point>) -> bool {
        let Some(point) = point else { return false };
        let (longitude, west, east) = (point.longitude_e6, self.west.0, self.east.0);
        let in_width =
            if west <= east { (west..=east).contains(&longitude) } else { longitude >= west || longitude <= east };
        in_width && (self.south.0..=self.north.0).contains(&point.latitude_e6)
    }
}

/// When something was written, and where in the log.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Moment {
    /// When.
    pub at: DateTime,
    /// The position of its event in the log.
    pub position: Position,
}

impl From<projections::overview::Moment> for Moment {
    fn from(moment: projections::overview::Moment) -> Self {
        Self { at: DateTime(moment.at), position: Position(moment.position) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_from_their_digits() {
        let read = |text: &str| microdegrees(text);
        assert_eq!(read("48.856613"), Some(48_856_613));
        assert_eq!(read("-0.1"), Some(-100_000));
        assert_eq!(read("2.35222190001"), Some(2_352_221));
        assert_eq!(read("7"), Some(7_000_000));
        for bad in ["1e2", "400", "x", "", "1.2.3", "48.8.", "--1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_box_may_span_the_antimeridian() {
        let around = |west: i32, east: i32| BoundingBoxInput {
            south: Degrees(-1_000_000),
            west: Degrees(west),
            north: Degrees(1_000_000),
            east: Degrees(east),
        };
        let at = |longitude_e6| Some(domain::proposal::Point { latitude_e6: 0, longitude_e6 });
        assert!(around(-5, 5).holds(at(5)) && !around(-5, 5).holds(at(6)) && !around(-5, 5).holds(None));
        assert!(around(179_000_000, -179_000_000).holds(at(180_000_000)));
        assert!(!around(179_000_000, -179_000_000).holds(at(0)));
    }
}
