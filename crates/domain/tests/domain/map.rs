//! Points in outlines, against a naive definition; what an outline weighs, and what doesn't depend on its box.

use crate::refusals::city::box_at;
use crate::support::lively::{draw_outline, square};
use crate::support::people::careful;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::geography::{Drawn, Geography, Outline, Place};
use domain::proposal::Point;
use domain::{Event, campaign};
use proptest::prelude::*;
use std::sync::Arc;
use transparency::{Draft, MAX_LEAF_BYTES, Origin};

type Ring = Vec<[i32; 2]>;

fn at([longitude_e6, latitude_e6]: [i32; 2]) -> Point {
    Point { latitude_e6, longitude_e6 }
}

/// How often a ray from the point crosses the ring; none when the point lies on it. On a grid this small
/// a ray as flat as this one passes no corner, so that no case is special.
fn crossings(ring: &Ring, point: [i32; 2]) -> Option<usize> {
    const FLAT: i64 = 100_003;
    let of = |corner: [i32; 2]| [0, 1].map(|n| i64::from(corner[n]) - i64::from(point[n]));
    let mut count = 0;
    for side in ring.windows(2) {
        let (a, b) = (of(side[0]), of(side[1]));
        let cross = a[0] * b[1] - a[1] * b[0];
        if cross == 0 && a[0] * b[0] + a[1] * b[1] <= 0 {
            return None;
        }
        // The ray goes along (FLAT, 1); the corners lie on its two sides, and it meets the side ahead.
        let [left, right] = [a, b].map(|[x, y]| FLAT * y - x);
        if (left > 0) != (right > 0) && (cross > 0) == (right > left) {
            count += 1;
        }
    }
    Some(count)
}

fn naive(outline: &Outline, point: [i32; 2]) -> bool {
    let within = |ring: &Ring| crossings(ring, point).map(|count| count % 2 == 1);
    outline
        .polygons
        .iter()
        .any(|rings| within(&rings[0]) != Some(false) && rings[1..].iter().all(|hole| within(hole) != Some(true)))
}

fn outlines() -> impl Strategy<Value = Outline> {
    let corner = (0..12_i32, 0..12_i32).prop_map(|(x, y)| [x, y]);
    let ring = prop::collection::vec(corner, 3..9).prop_map(|mut ring: Ring| {
        ring.push(ring[0]);
        ring
    });
    let polygon = prop::collection::vec(ring, 1..4);
    prop::collection::vec(polygon, 1..4).prop_map(|polygons| Outline { polygons })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_point_lies_in_an_outline_as_a_naive_definition_says(outline in outlines()) {
        let drawn = Drawn::from(Arc::new(outline.clone()));
        for x in -1..13 {
            for y in -1..13 {
                let expected = naive(&outline, [x, y]);
                prop_assert_eq!(outline.contains(at([x, y])), expected, "{:?} {:?}", [x, y], outline);
                prop_assert_eq!(drawn.contains(at([x, y])), expected, "{:?} {:?}", [x, y], outline);
            }
        }
    }

    #[test]
    fn far_corners_are_told_apart_exactly(x in -1_000_i32..1_000, y in -1_000_i32..1_000) {
        // A triangle over half the earth: the border is one microdegree wide.
        let ring = vec![[-180_000_000, -90_000_000], [180_000_000, -90_000_000], [180_000_000, 90_000_000],
            [-180_000_000, -90_000_000]];
        let outline = Outline { polygons: vec![vec![ring]] };
        prop_assert_eq!(outline.contains(at([x, y])), i64::from(y) * 2 <= i64::from(x));
    }
}

#[test]
fn borders_belong_to_both_sides_and_holes_to_nobody() {
    let mut ring = square(10);
    let hole = square(4).polygons.remove(0).remove(0);
    ring.polygons[0].push(hole);
    let centre = [2_352_222, 48_856_613];
    let moved = |dx: i32, dy: i32| at([centre[0] + dx, centre[1] + dy]);
    for (point, inside) in [
        (moved(0, 0), false),
        (moved(4, 4), true),
        (moved(4, 0), true),
        (moved(7, 0), true),
        (moved(10, 10), true),
        (moved(11, 0), false),
    ] {
        assert_eq!(ring.contains(point), inside, "{point:?}");
    }
}

#[test]
fn the_first_neighbourhood_by_id_is_the_one_where_two_meet() {
    let mut configuration = careful();
    configuration
        .participation
        .neighbourhoods
        .push(domain::configuration::Named { id: id("N0"), name: hidden("Le Quai") });
    let mut story = Story::configured(configuration.clone());
    let (east, west) = (box_at(10, 0, 10), box_at(-10, 0, 10));
    story.act(&coordinator(), draw_outline(Place::Neighbourhood(id("N1")), west));
    story.act(&coordinator(), draw_outline(Place::Neighbourhood(id("N0")), east));
    let at = |x, y| story.world.campaign.neighbourhood_at(Some(at([x, y])));
    assert_eq!((at(0, 0), at(-1, 0), at(1, 0), at(0, 11)), (Some(id("N0")), Some(id("N1")), Some(id("N0")), None));
    assert_eq!(story.world.campaign.neighbourhood_at(None), None);
    // Before anything is deposited a neighbourhood may go, and its outline with it.
    configuration.participation.neighbourhoods.pop();
    story.act(&coordinator(), configure(configuration));
    assert_eq!(story.world.campaign.neighbourhood_at(Some(Point { latitude_e6: 0, longitude_e6: 0 })), Some(id("N1")));
}

#[test]
fn an_outline_is_written_without_its_box_and_read_with_it() {
    let mut geography = Geography::default();
    geography.areas.insert(id("D1"), Drawn::from(Arc::new(box_at(0, 0, 10))));
    let written = serde_json::to_value(&geography).unwrap();
    let bare = serde_json::json!([[[[-10, -10], [10, -10], [10, 10], [-10, 10], [-10, -10]]]]);
    assert_eq!(written, serde_json::json!({ "areas": { "D1": bare }, "neighbourhoods": {} }));
    let read: Geography = serde_json::from_value(written).unwrap();
    assert_eq!(read, geography);
    assert!(read.areas[&id("D1")].contains(at([10, 0])) && !read.areas[&id("D1")].contains(at([11, 0])));
}

#[test]
fn the_longest_outline_there_can_be_fits_its_leaf() {
    // Triangles and one long ring, with the longest numbers there are.
    let (x, y) = (-179_999_000, -89_999_000);
    let triangle = |n: i32| vec![vec![[x - n, y], [x, y - 1], [x, y], [x - n, y]]];
    let mut polygons: Vec<_> = (1..200).map(triangle).collect();
    let saw = (0..1_700).map(|n| [x - n % 900, if n < 900 { y - 10 - n % 2 } else { y - 20 - n % 2 }]);
    let mut saw: Ring = saw.collect();
    saw[900..].reverse();
    saw.push(saw[0]);
    polygons.push(vec![saw]);
    let points: usize = polygons.iter().flatten().map(Vec::len).sum();
    assert!((2_490..=2_500).contains(&points), "{points}");
    let mut story = Story::configured(configuration());
    story.act(&coordinator(), draw_outline(Place::Area(id("D1")), Outline { polygons }));
    let Event::Campaign(event @ campaign::Event::OutlineDrawn { .. }) = &story.lines[1].event else { panic!("drawn") };
    let (name, data) = Event::Campaign(event.clone()).encode().unwrap();
    let origin = Origin { actor_id: "agent-1", actor_role: "COORDINATOR", at: "2026-01-01T00:00:00Z", command_id: "c" };
    let draft = Draft::new(origin, "campaign/T2026", &name, 1, data, &mut || [0; 32]).unwrap();
    let bytes = draft.seal("log", 1, 1).unwrap().len();
    assert!((58_000..MAX_LEAF_BYTES).contains(&bytes), "{bytes}");
}
