//! Outlines as GeoJSON (RFC 7946): read from its text, written with its digits.
//!
//! Owns the step between the decimal degrees of a text and the whole microdegrees of the domain. What
//! an outline may be beyond its form, closed rings on earth with an area, is the domain's to say:
//! `domain/src/geography.rs`. Used by configuration files (`campaign_file.rs`) and by the API.

use domain::geography::Outline;
use domain::{Code, Rejection};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt::Write;

/// Only what an outline needs: other members are foreign ones that a reader passes over (§6.1).
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    coordinates: Option<&'a RawValue>,
    #[serde(borrow)]
    geometry: Option<&'a RawValue>,
    #[serde(borrow)]
    features: Option<Vec<&'a RawValue>>,
}

type Position<'a> = Vec<&'a RawValue>;
type Ring<'a> = Vec<Position<'a>>;

/// Objects within objects: a collection, its feature, its geometry.
const DEPTH: u8 = 3;

/// Reads an outline: a Polygon or a MultiPolygon, alone or as the one feature of its file. Degrees are
/// read from their digits and rounded to the nearest microdegree (11 centimetres), halves away from
/// zero; heights are passed over (§3.1.1).
///
/// # Errors
/// [`Code::OutlineInvalid`] with what is wrong and what to do.
pub fn outline(text: &str) -> Result<Outline, Rejection> {
    object(text, DEPTH)
}

fn refused(why: impl std::fmt::Display) -> Rejection {
    Code::OutlineInvalid.on("outline").with(why)
}

fn object(text: &str, depth: u8) -> Result<Outline, Rejection> {
    let json = |error: serde_json::Error| {
        refused(format_args!("no GeoJSON ({error}): give the text of a Polygon or a MultiPolygon (RFC 7946)"))
    };
    let object: Object<'_> = serde_json::from_str(text).map_err(json)?;
    let inner = match depth.checked_sub(1) {
        Some(inner) => inner,
        None => return Err(refused("features within features: give a Polygon or a MultiPolygon")),
    };
    let missing = |member: &str| refused(format_args!("a {} without `{member}`: add it", object.kind));
    match object.kind.as_str() {
        "Polygon" | "MultiPolygon" => {
            let raw = object.coordinates.ok_or_else(|| missing("coordinates"))?.get();
            let form = |_| {
                let form = if object.kind == "Polygon" { "rings of positions" } else { "polygons of rings" };
                refused(format_args!("the coordinates of a {} are {form}, each [longitude, latitude]", object.kind))
            };
            let polygons: Vec<Vec<Ring<'_>>> = match object.kind.as_str() {
                "Polygon" => vec![serde_json::from_str(raw).map_err(form)?],
                _ => serde_json::from_str(raw).map_err(form)?,
            };
            let polygons = polygons.iter().map(|rings| rings.iter().map(ring).collect()).collect::<Result<_, _>>()?;
            Ok(Outline { polygons })
        }
        "Feature" => self::object(object.geometry.ok_or_else(|| missing("geometry"))?.get(), inner),
        "FeatureCollection" => match object.features.as_deref() {
            None => Err(missing("features")),
            Some([one]) => self::object(one.get(), inner),
            Some(all) => Err(refused(format_args!("{} features: give one, as a MultiPolygon", all.len()))),
        },
        other => {
            let shown: String = other.chars().take(40).collect();
            Err(refused(format_args!("`{shown}` has no inside: give a Polygon or a MultiPolygon")))
        }
    }
}

fn ring(positions: &Ring<'_>) -> Result<Vec<[i32; 2]>, Rejection> {
    positions.iter().map(position).collect()
}

fn position(numbers: &Position<'_>) -> Result<[i32; 2], Rejection> {
    let [longitude, latitude, ..] = numbers.as_slice() else {
        return Err(refused("a position without two numbers: write [longitude, latitude]"));
    };
    Ok([degrees(longitude.get(), 180)?, degrees(latitude.get(), 90)?])
}

/// Beyond the domain's own check this says what is usually wrong: another order or another grid.
fn degrees(text: &str, most: i32) -> Result<i32, Rejection> {
    let within = |e6: &i32| e6.abs() <= most.saturating_mul(1_000_000);
    microdegrees(text).filter(within).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        refused(format_args!(
            "{shown} isn't within -{most} and {most}: write [longitude, latitude] in degrees (WGS 84)"
        ))
    })
}

/// A JSON number of degrees in whole microdegrees, to the nearest, halves away from zero. From its
/// digits, because a binary fraction would move the point. None for what isn't a number, and from a
/// thousand degrees on.
fn microdegrees(text: &str) -> Option<i32> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (decimal, exponent) = match text.split_once(['e', 'E']) {
        Some((decimal, exponent)) => (decimal, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if whole.is_empty() || !digits().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // How many of the digits stand before the point once the number is one of microdegrees.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(6)?;
    let Ok(point) = usize::try_from(point) else { return Some(0) };
    let mut rest = digits().skip_while(|byte| *byte == b'0').peekable();
    let leading = digits().count() - rest.clone().count();
    if rest.peek().is_none() {
        return Some(0);
    }
    let Some(places) = point.checked_sub(leading) else { return Some(0) };
    if places > 9 {
        return None;
    }
    let mut e6 = 0_i32;
    for _ in 0..places {
        e6 = e6.checked_mul(10)?.checked_add(i32::from(rest.next().unwrap_or(b'0') - b'0'))?;
    }
    if rest.next().is_some_and(|byte| byte >= b'5') {
        e6 = e6.checked_add(1)?;
    }
    Some(if negative { -e6 } else { e6 })
}

/// Writes an outline as a MultiPolygon, or as a Polygon when it has one: on one line, with no more
/// digits than it needs.
pub fn text(outline: &Outline) -> String {
    let polygon = |rings: &Vec<Vec<[i32; 2]>>| {
        list(rings, |ring| list(ring, |[x, y]| format!("[{},{}]", decimal(*x), decimal(*y))))
    };
    let (kind, coordinates) = match outline.polygons.as_slice() {
        [one] => ("Polygon", polygon(one)),
        all => ("MultiPolygon", list(all, polygon)),
    };
    format!("{{\"type\":\"{kind}\",\"coordinates\":{coordinates}}}")
}

fn list<T>(items: &[T], written: impl Fn(&T) -> String) -> String {
    let mut text = "[".to_owned();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&written(item));
    }
    text.push(']');
    text
}

fn decimal(e6: i32) -> String {
    let absolute = e6.unsigned_abs();
    let mut text = if e6 < 0 { "-".to_owned() } else { String::new() };
    // Writing into a string can't fail.
    let _ = write!(text, "{}", absolute / 1_000_000);
    let fraction = format!("{:06}", absolute % 1_000_000);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: &str = "[[[2.3,48.8],[2.4,48.8],[2.4,48.9],[2.3,48.9],[2.3,48.8]]]";

    #[test]
    fn degrees_are_rounded_from_their_digits() {
        let table = [
            ("2.352222", 2_352_222),
            ("-0.1", -100_000),
            ("2.3522225", 2_352_223),
            ("2.35222249999999999999999999", 2_352_222),
            ("-2.3522225", -2_352_223),
            ("2.3522219999999997", 2_352_222),
            ("180", 180_000_000),
            ("0", 0),
            ("-0", 0),
            ("0.0000004", 0),
            ("0.0000005", 1),
            ("5e-7", 1),
            ("4E-7", 0),
            ("1e-30", 0),
            ("1.5E1", 15_000_000),
            ("48856613e-6", 48_856_613),
            ("0.99999996", 1_000_000),
            ("9.9999995", 10_000_000),
        ];
        for (text, e6) in table {
            assert_eq!(microdegrees(text), Some(e6), "{text}");
        }
        for bad in ["1000", "1e9", "", "-", "x", "\"2\"", "null", "1.2.3", "1e", "1e99999999999", "[1]"] {
            assert_eq!(microdegrees(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let ring = |x: i32| vec![[x, -1], [x + 7, 0], [x, 10_500_000], [x, -1]];
        for polygons in [vec![vec![ring(-180_000_000)]], vec![vec![ring(0), ring(1)], vec![ring(179_999_993)]]] {
            let drawn = Outline { polygons };
            assert_eq!(outline(&text(&drawn)), Ok(drawn));
        }
        let short = Outline { polygons: vec![vec![vec![[2_300_000, -48_000_001]]]] };
        assert_eq!(text(&short), r#"{"type":"Polygon","coordinates":[[[2.3,-48.000001]]]}"#);
    }

    #[test]
    fn a_polygon_may_come_as_the_feature_of_a_file() {
        let polygon = format!(r#"{{"type":"Polygon","coordinates":{SQUARE}}}"#);
        let feature = format!(r#"{{"type":"Feature","properties":{{"name":"x"}},"geometry":{polygon}}}"#);
        let file = format!(r#"{{"type":"FeatureCollection","bbox":[1,2,3,4],"features":[{feature}]}}"#);
        let high = polygon.replace("48.8]", "48.8,35.5]");
        let square = outline(&polygon).unwrap();
        assert_eq!(
            square.polygons,
            [[[
                [2_300_000, 48_800_000],
                [2_400_000, 48_800_000],
                [2_400_000, 48_900_000],
                [2_300_000, 48_900_000],
                [2_300_000, 48_800_000]
            ]]]
        );
        for same in [feature, file, high, format!(r#"{{"type":"MultiPolygon","coordinates":[{SQUARE}]}}"#)] {
            assert_eq!(outline(&same), Ok(square.clone()), "{same}");
        }
    }

    #[test]
    fn what_is_no_outline_says_what_to_do() {
        let feature = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[2,48]}}"#;
        let deep = r#"{"type":"Feature","geometry":{"type":"Feature","geometry":{"type":"Feature","geometry":{"type":"Polygon","coordinates":[]}}}}"#;
        let table = [
            ("", "no GeoJSON"),
            ("[]", "no GeoJSON"),
            ("{}", "missing field `type`"),
            (r#"{"type":"Polygon","coordinates":[[[2,48]"#, "no GeoJSON"),
            (r#"{"type":"Polygon"}"#, "a Polygon without `coordinates`"),
            (r#"{"type":"Feature","geometry":null}"#, "a Feature without `geometry`"),
            (r#"{"type":"FeatureCollection"}"#, "without `features`"),
            (r#"{"type":"FeatureCollection","features":[]}"#, "0 features"),
            (feature, "`Point` has no inside"),
            (deep, "features within features"),
            (r#"{"type":"MultiPolygon","coordinates":[[[2,48]]]}"#, "polygons of rings"),
            (r#"{"type":"Polygon","coordinates":[[2,48]]}"#, "rings of positions"),
            (r#"{"type":"Polygon","coordinates":[[[2]]]}"#, "a position without two numbers"),
            (r#"{"type":"Polygon","coordinates":[[["2",48]]]}"#, "write [longitude, latitude] in degrees"),
            (r#"{"type":"Polygon","coordinates":[[[652000.5,6862000.1]]]}"#, "652000.5 isn't within -180 and 180"),
            (r#"{"type":"Polygon","coordinates":[[[2,91]]]}"#, "91 isn't within -90 and 90"),
        ];
        for (text, why) in table {
            let no = outline(text).unwrap_err();
            assert_eq!((no.code, no.field.as_deref()), (Code::OutlineInvalid, Some("outline")), "{text}");
            assert!(no.limit.as_ref().is_some_and(|limit| limit.contains(why)), "{text}: {no}");
        }
    }
}
