//! The ground of the demo's city: outlines of districts and priority neighbourhoods, points in them.
//!
//! A lattice of five by four cells whose lines bend a little, always the same way; neighbours share
//! their borders to the microdegree. Must not look at anybody's map: the city is invented.

use commands::Entropy;
use domain::geography::Outline;
use domain::proposal::Point;

/// South-west corner of the city, and the sides of a cell, in microdegrees of latitude and longitude.
const CORNER: (i32, i32) = (47_160_000, 4_950_000);
const CELL: (i32, i32) = (20_000, 25_000);
/// Cells from south to north.
const ROWS: i32 = 5;
/// How far a line of the lattice bends to either side.
const BEND: i32 = 2_500;

/// A point of the lattice, in half cells: where lines cross, or the middle between two crossings.
fn knot(row_halves: i32, column_halves: i32) -> [i32; 2] {
    let bend = |salt: i32| (row_halves * 7_919 + column_halves * 104_729 + salt) % (2 * BEND + 1) - BEND;
    let (latitude, longitude) = (CORNER.0 + row_halves * CELL.0 / 2, CORNER.1 + column_halves * CELL.1 / 2);
    [longitude + bend(1_299_709), latitude + bend(15_485_863)]
}

/// South-west corner of a district's cell; districts count from 0.
fn cell(district: i32) -> (i32, i32) {
    (CORNER.0 + district % ROWS * CELL.0, CORNER.1 + district / ROWS * CELL.1)
}

/// The outline of a district, counted from 0.
pub(crate) fn district(district: i32) -> Outline {
    let (row, column) = (district % ROWS * 2, district / ROWS * 2);
    let round = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0)];
    Outline { polygons: vec![vec![round.map(|(up, right)| knot(row + up, column + right)).to_vec()]] }
}

/// The outline of the priority neighbourhood in the middle of a district: a hexagon.
pub(crate) fn neighbourhood(district: i32) -> Outline {
    let (south, west) = cell(district);
    let (latitude, longitude) = (south + CELL.0 / 2, west + CELL.1 / 2);
    let round = [(-4_500, -2_750), (-4_500, 2_750), (0, 5_500), (4_500, 2_750), (4_500, -2_750), (0, -5_500)];
    let mut ring: Vec<[i32; 2]> = round.map(|(up, right)| [longitude + right, latitude + up]).to_vec();
    ring.extend(ring.first().copied());
    Outline { polygons: vec![vec![ring]] }
}

/// A point in a district; in its middle where the priority neighbourhood is, when `central`.
pub(crate) fn point(entropy: &Entropy, district: i32, central: bool) -> Point {
    let (south, west) = cell(district);
    // So far from the lines of the lattice no bend reaches.
    let (from_south, from_west) = if central { (7_500, 10_000) } else { (3_000, 3_000) };
    let within = |side: i32, margin: i32| {
        let room = u64::try_from(side - 2 * margin).unwrap_or(0);
        margin + i32::try_from(entropy.below(room)).unwrap_or(0)
    };
    Point { latitude_e6: south + within(CELL.0, from_south), longitude_e6: west + within(CELL.1, from_west) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_point_of_a_district_lies_in_its_outline_and_in_no_other() {
        let entropy = Entropy::seeded(3);
        for of in 0..20 {
            for central in [false, true] {
                for _ in 0..200 {
                    let point = point(&entropy, of, central);
                    let holding: Vec<i32> = (0..20).filter(|one| district(*one).contains(point)).collect();
                    assert_eq!(holding, [of]);
                    assert!(!central || neighbourhood(of).contains(point));
                }
            }
        }
    }

    #[test]
    fn neighbours_share_their_border() {
        let (one, north, east) = (district(6), district(7), district(11));
        let ring = |outline: &Outline| outline.polygons[0][0].clone();
        let shared = |other: &Outline| ring(&one).iter().skip(1).filter(|knot| ring(other).contains(knot)).count();
        assert_eq!((shared(&north), shared(&east)), (3, 3));
    }
}
