//! How far apart two points are, in whole metres.
//!
//! Equirectangular on a sphere of 6,371,008 m (the mean radius of WGS 84): within a few kilometres and
//! below 85° of latitude the error stays under 1 %, most of it from the earth not being a sphere.

use crate::projects::{ProjectRow, ProjectState};
use crate::{Model, table::Table};
use domain::proposal::Point;
use domain::{AreaId, ProjectId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Metres in a degree of latitude, times ten: 2π · 6,371,008 / 360.
const DECIMETRES: i64 = 1_111_951;

/// Cosines of 0° to 90°, in millionths.
const COSINES: [i32; 91] = [
    1_000_000, 999_848, 999_391, 998_630, 997_564, 996_195, 994_522, 992_546, 990_268, 987_688, 984_808, 981_627,
    978_148, 974_370, 970_296, 965_926, 961_262, 956_305, 951_057, 945_519, 939_693, 933_580, 927_184, 920_505,
    913_545, 906_308, 898_794, 891_007, 882_948, 874_620, 866_025, 857_167, 848_048, 838_671, 829_038, 819_152,
    809_017, 798_636, 788_011, 777_146, 766_044, 754_710, 743_145, 731_354, 719_340, 707_107, 694_658, 681_998,
    669_131, 656_059, 642_788, 629_320, 615_661, 601_815, 587_785, 573_576, 559_193, 544_639, 529_919, 515_038,
    500_000, 484_810, 469_472, 453_990, 438_371, 422_618, 406_737, 390_731, 374_607, 358_368, 342_020, 325_568,
    309_017, 292_372, 275_637, 258_819, 241_922, 224_951, 207_912, 190_809, 173_648, 156_434, 139_173, 121_869,
    104_528, 87_156, 69_756, 52_336, 34_899, 17_452, 0,
];

/// The cosine of a latitude, in millionths; straight between whole degrees.
fn cosine(latitude_e6: i64) -> i64 {
    let latitude = latitude_e6.abs().min(90_000_000);
    let at = |degree: i64| {
        let place = usize::try_from(degree).unwrap_or(usize::MAX);
        COSINES.get(place).map_or(0, |cosine| i64::from(*cosine))
    };
    let (degree, rest) = (latitude / 1_000_000, latitude % 1_000_000);
    at(degree) + (at(degree + 1) - at(degree)) * rest / 1_000_000
}

/// The distance in metres, rounded down.
pub fn metres(one: Point, other: Point) -> u32 {
    let (a, b) = (i64::from(one.latitude_e6), i64::from(other.latitude_e6));
    let turn = i64::from(one.longitude_e6) - i64::from(other.longitude_e6);
    // The shorter way around the earth.
    let turn = turn.abs().min(360_000_000 - turn.abs());
    let north = (a - b) * DECIMETRES / 1_000_000;
    let east = turn * cosine((a + b) / 2) / 1_000_000 * DECIMETRES / 1_000_000;
    let decimetres = (north * north + east * east).isqrt();
    u32::try_from(decimetres / 10).unwrap_or(u32::MAX)
}

/// Two projects of one area that lie near each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// The two, the first by id first.
    pub projects: (ProjectId, ProjectId),
    /// How far apart, in metres.
    pub metres: u32,
}

/// Projects of one area that lie at most so many metres apart, the nearest first: candidates for an
/// exclusion, about which a person decides. Those that ended, were refused or already exclude each
/// other aren't named.
pub fn near(model: &Model, most: u32) -> Vec<Near> {
    let mut by_area: BTreeMap<&AreaId, Vec<(&Arc<ProjectRow>, Point)>> = BTreeMap::new();
    for row in living(&model.projects) {
        if let Some(point) = row.sheet.point {
            by_area.entry(&row.formation.area).or_default().push((row, point));
        }
    }
    let mut found = Vec::new();
    // A metre is more than eight millionths of a degree of latitude, and less than ten.
    let strip = most.saturating_mul(10);
    for rows in by_area.values_mut() {
        rows.sort_by_key(|(_, point)| point.latitude_e6);
        for (place, (one, from)) in rows.iter().enumerate() {
            let later = rows.iter().skip(place + 1);
            for (other, to) in later.take_while(|(_, to)| to.latitude_e6.abs_diff(from.latitude_e6) <= strip) {
                let metres = metres(*from, *to);
                let known = one.exclusions.iter().any(|row| row.projects.contains(&other.id));
                if metres <= most && !known {
                    let (first, second) = if one.id < other.id { (one, other) } else { (other, one) };
                    found.push(Near { projects: (first.id.clone(), second.id.clone()), metres });
                }
            }
        }
    }
    found.sort_by(|a, b| (a.metres, &a.projects).cmp(&(b.metres, &b.projects)));
    found
}

fn living(projects: &Table<ProjectId, ProjectRow>) -> impl Iterator<Item = &Arc<ProjectRow>> {
    projects.rows().filter(|row| ![ProjectState::Ended, ProjectState::Refused].contains(&row.state()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude_e6: i32, longitude_e6: i32) -> Point {
        Point { latitude_e6, longitude_e6 }
    }

    /// Distances on the WGS 84 ellipsoid (Vincenty's formulae), in metres.
    #[test]
    fn distances_are_right_to_one_percent() {
        for (one, other, expected) in [
            (point(48_856_613, 2_352_222), point(48_856_613, 2_352_222), 0),
            (point(48_856_613, 2_352_222), point(48_865_613, 2_352_222), 1_001),
            (point(48_856_613, 2_352_222), point(48_856_613, 2_365_872), 1_002),
            (point(0, 0), point(0, 9_000), 1_002),
            (point(60_000_000, 179_995_000), point(60_000_000, -179_995_000), 558),
            (point(-33_868_800, 151_209_300), point(-33_861_800, 151_215_300), 954),
        ] {
            let found = metres(one, other);
            assert!(found.abs_diff(expected) * 100 <= expected, "{found} for {expected}");
            assert_eq!(found, metres(other, one));
        }
    }

    #[test]
    fn the_ends_of_the_earth_are_in_range() {
        assert_eq!(metres(point(90_000_000, 0), point(90_000_000, 180_000_000)), 0);
        assert!(metres(point(-90_000_000, -180_000_000), point(90_000_000, 180_000_000)) > 20_000_000);
    }
}
