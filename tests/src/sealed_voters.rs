//! Owns an invented electorate: what everybody means, which way they vote, and what that adds up to.
//!
//! The ground truth that a simulated election is compared with: added up here by plain loops over what was
//! meant. Must not: call anything of the count (`tally`, `domain::count`). Next: `sealed_election.rs`, which
//! lets these people vote.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support: what doesn't work fails the test"
)]

use commands::Entropy;
use domain::paper_count::{PaperMode, Void};
use std::collections::BTreeMap;
use tally::BallotType;

/// How large the election is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// People who vote.
    pub voters: usize,
    /// Polling places.
    pub places: usize,
    /// Projects on the list of the whole city.
    pub city: usize,
    /// Projects on the list of each district.
    pub district: usize,
}

/// The areas: the whole city first, then five districts.
pub const AREAS: [&str; 6] = ["ALL", "D1", "D2", "D3", "D4", "D5"];

/// The ballot of each area.
pub fn ballot_types() -> [BallotType; 6] {
    [
        BallotType::Approval { min: 0, max: 4 },
        BallotType::ChooseOne,
        BallotType::Cumulative { points: 6, max_per_project: 3 },
        BallotType::Ordinal { max: 3 },
        BallotType::Knapsack { budget_cents: domain::Cents::from_units(60_000).unwrap() },
        BallotType::Scoring { min: 0, max: 5 },
    ]
}

/// Whether totals are enough to count the papers of an area; the other ones are read one by one.
fn adds_up(area: usize) -> bool {
    !matches!(AREAS[area], "D3" | "D4")
}

/// What a project of an area costs in whole units: each another amount, so that costs decide every tie.
pub fn cost(area: usize, project: usize) -> i64 {
    let (area, project) = (i64::try_from(area).unwrap(), i64::try_from(project).unwrap());
    10_000 + 1_700 * project + 13 * area
}

/// A place that no list has: it stands for a project of another area.
pub const FOREIGN: usize = usize::MAX;

/// What stands on a ballot or paper, by places on the list of its area.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Projects with what each of them receives, in the order written.
    Named(Vec<(usize, i64)>),
    /// Nothing.
    Blank,
    /// A ballot that breaks its rules, and the code of its fault.
    Broken(Vec<(usize, i64)>, &'static str),
    /// Noise of the right length.
    Noise,
    /// A paper that is void.
    Void(Void),
}

/// A mark for an area, a place in [`AREAS`].
pub type Marked = (usize, Mark);

/// Somebody who votes.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their district, a place in [`AREAS`].
    pub district: usize,
    /// What they seal, in order: area and mark.
    pub sealed: Vec<Marked>,
    /// The area whose ballot they take back at last.
    pub takes_back: Option<usize>,
    /// Where they vote on paper, if they do: whatever they sealed doesn't count then.
    pub paper: Option<Paper>,
}

/// A vote on paper, for the whole city and the own district.
#[derive(Clone, Debug)]
pub struct Paper {
    /// The polling place, from 0.
    pub place: usize,
    /// The papers of the two areas.
    pub marks: [Marked; 2],
    /// They sign under a name that is spelt otherwise than online: two agents find out that it is the same
    /// person.
    pub misspelt: bool,
}

impl Person {
    /// The ballots that they let stand.
    fn standing(&self) -> BTreeMap<usize, &Mark> {
        if self.paper.is_some() {
            return BTreeMap::new();
        }
        let last = self.sealed.iter().map(|(area, mark)| (*area, mark)).collect::<BTreeMap<_, _>>();
        last.into_iter().filter(|(area, _)| self.takes_back != Some(*area)).collect()
    }
}

/// The electorate, the same for the same scale.
pub fn electorate(scale: Scale) -> Vec<Person> {
    let chance = Draws(Entropy::seeded(20_261_123));
    (0..scale.voters).map(|n| chance.person(n, scale)).collect()
}

/// How the papers of a place are read: those of its own district decide.
pub fn mode_of(place: usize) -> PaperMode {
    let district = 1 + place % (AREAS.len() - 1);
    if adds_up(district) && (place / 5).is_multiple_of(2) { PaperMode::CountSheet } else { PaperMode::CardByCard }
}

struct Draws(Entropy);

impl Draws {
    fn below(&self, most: usize) -> usize {
        usize::try_from(self.0.below(u64::try_from(most).unwrap())).unwrap()
    }

    fn person(&self, n: usize, scale: Scale) -> Person {
        let district = 1 + n % (AREAS.len() - 1);
        let mut person = Person { district, sealed: Vec::new(), takes_back: None, paper: None };
        let digital = n.is_multiple_of(3);
        if digital {
            person.sealed.push((0, self.sealed(0, scale)));
            if self.below(5) > 0 {
                person.sealed.push((district, self.sealed(district, scale)));
            }
            // One in twelve thinks again, one in thirty takes a ballot back.
            if self.below(12) == 0 {
                let area = person.sealed[self.below(person.sealed.len())].0;
                person.sealed.push((area, self.sealed(area, scale)));
            }
            if self.below(30) == 0 {
                person.takes_back = Some(person.sealed[0].0);
            }
        }
        // One in twenty-five of those who vote online goes to a polling place as well.
        if !digital || self.below(25) == 0 {
            let places = scale.places / (AREAS.len() - 1);
            let place = district - 1 + (AREAS.len() - 1) * self.below(places.max(1));
            let marks = [(0, self.on_paper(0, scale)), (district, self.on_paper(district, scale))];
            person.paper = Some(Paper { place, marks, misspelt: digital && self.below(6) == 0 });
        }
        person
    }

    fn sealed(&self, area: usize, scale: Scale) -> Mark {
        match self.below(100) {
            0..3 if area != 1 => Mark::Blank,
            3..5 => self.broken(area, scale),
            5 => Mark::Noise,
            _ => Mark::Named(self.named(area, scale)),
        }
    }

    fn on_paper(&self, area: usize, scale: Scale) -> Mark {
        match self.below(100) {
            0..3 if area != 1 => Mark::Blank,
            3..6 => Mark::Void(Void::ALL[self.below(Void::ALL.len())]),
            _ => Mark::Named(self.named(area, scale)),
        }
    }

    /// A fault that can stand in an envelope of the area's length.
    fn broken(&self, area: usize, scale: Scale) -> Mark {
        let points = |area: usize| i64::from(matches!(AREAS[area], "D2" | "D5"));
        if self.below(2) == 0 {
            return Mark::Broken(vec![(FOREIGN, points(area))], "UNKNOWN_PROJECT");
        }
        match AREAS[area] {
            "D1" => Mark::Broken(Vec::new(), "TOO_FEW_CHOICES"),
            "D2" => Mark::Broken(vec![(0, 3), (1, 3), (2, 3)], "TOO_MANY_POINTS"),
            "D4" => Mark::Broken((0..list(area, scale)).map(|project| (project, 0)).collect(), "OVER_BUDGET"),
            "D5" => Mark::Broken(vec![(0, 6)], "TOO_MANY_POINTS"),
            _ => Mark::Broken(vec![(1, 0), (1, 0)], "DUPLICATE_CHOICE"),
        }
    }

    /// Some projects, the first ones more popular, with what each receives.
    fn named(&self, area: usize, scale: Scale) -> Vec<(usize, i64)> {
        let all = list(area, scale);
        let most = match AREAS[area] {
            "D1" => 1,
            "D3" => 3,
            // Two of the dearest cost less than the knapsack holds.
            "D4" => 2,
            _ => 4,
        };
        let mut projects = Vec::new();
        for _ in 0..=self.below(most) {
            let project = self.below(all).min(self.below(all));
            if !projects.contains(&project) {
                projects.push(project);
            }
        }
        let count = i64::try_from(projects.len()).unwrap();
        let mut left = 6;
        let mut named = Vec::new();
        for (place, project) in (0_i64..).zip(projects) {
            let points = match AREAS[area] {
                // Points in all and for one project are limited.
                "D2" if left == 0 => break,
                "D2" => 1 + i64::try_from(self.below(usize::try_from(left.min(3)).unwrap())).unwrap(),
                "D3" => count - place,
                "D5" => i64::try_from(self.below(6)).unwrap(),
                _ => 1,
            };
            left -= points;
            named.push((project, points));
        }
        named
    }
}

/// How many projects are on the list of an area.
pub fn list(area: usize, scale: Scale) -> usize {
    if area == 0 { scale.city } else { scale.district }
}

/// What an area's ballots come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// By project: received online, received on paper, and how many name it.
    pub scores: Vec<(i64, i64, u64)>,
    /// Ballots and papers that count.
    pub counted: u64,
    /// Ballots that don't, by the code of their fault.
    pub invalid: BTreeMap<String, u64>,
    /// Papers that don't, by the code of their reason.
    pub void: BTreeMap<String, u64>,
    /// The winners in order of selection, as places on the list.
    pub winners: Vec<usize>,
    /// By the register: voters whose sealed ballot counts, who signed for a paper, and who did both.
    pub register: (u64, u64, u64),
}

/// What the vote of these people comes to in an area with this envelope, in whole units.
pub fn truth(people: &[Person], area: usize, scale: Scale, envelope: i64) -> Truth {
    let mut truth = Truth { scores: vec![(0, 0, 0); list(area, scale)], ..Truth::default() };
    for person in people {
        let papers = person.paper.iter().flat_map(|paper| &paper.marks).filter(|(of, _)| *of == area);
        for (_, mark) in papers {
            truth.add(mark, false);
            truth.register.1 += 1;
            let voted = person.sealed.iter().any(|(of, _)| *of == area) && person.takes_back != Some(area);
            truth.register.2 += u64::from(voted);
        }
        if let Some(mark) = person.standing().get(&area) {
            truth.add(mark, true);
            truth.register.0 += 1;
        }
    }
    let mut order: Vec<usize> = (0..truth.scores.len()).collect();
    order.sort_by_key(|project| {
        let (digital, paper, supporters) = truth.scores[*project];
        (-(digital + paper), std::cmp::Reverse(supporters), cost(area, *project))
    });
    let mut left = envelope;
    for project in order {
        if cost(area, project) <= left {
            left -= cost(area, project);
            truth.winners.push(project);
        }
    }
    truth
}

impl Truth {
    fn add(&mut self, mark: &Mark, digital: bool) {
        match mark {
            Mark::Blank => self.counted += 1,
            Mark::Named(named) => {
                self.counted += 1;
                for (project, points) in named {
                    let score = &mut self.scores[*project];
                    *(if digital { &mut score.0 } else { &mut score.1 }) += points;
                    score.2 += u64::from(*points > 0);
                }
            }
            Mark::Broken(_, code) => *self.invalid.entry((*code).to_owned()).or_default() += 1,
            Mark::Noise => *self.invalid.entry("UNREADABLE".to_owned()).or_default() += 1,
            Mark::Void(reason) => *self.void.entry(reason.code().to_owned()).or_default() += 1,
        }
    }
}
