//! The city of the demo: an invented one, with its areas, themes, departments and rules.
//!
//! As large as Paris in 2018. Where its districts lie is in `demo_ground.rs`, what people write in
//! `demo_words.rs`.

use crate::demo_ground;
use crate::demo_papers::AUDITED;
use crate::demo_urn::{OBJECTION_DAYS, SHARES};
use crate::failure::Failure;
use commands::Entropy;
use domain::configuration::{
    Area, AreaKind, BallotBox, Configuration, DepositorRule, FormLimits, InstructionRules, Named, Participation,
    Provenance, Rules, SealedRules,
};
use domain::geography::{Outline, Place as Ground};
use domain::phase::{Period, Phase};
use domain::proposal::{DepositorKind, Point};
use domain::{AreaId, Cents, CriterionId, DepartmentId, Hidden, InvalidId, NeighbourhoodId, ThemeId, Timestamp};
use tally::{BallotType, Rule, TallyRule, TieBreak};

/// Where the districts are among the places.
pub(crate) const DISTRICTS: std::ops::RangeInclusive<usize> = 1..=20;

/// Where the school is among the places, and in which district it lies.
pub(crate) const SCHOOL: usize = 21;
const SCHOOL_DISTRICT: usize = 11;

/// The code of the demo's campaign.
pub const CODE: &str = "demo-2025";

/// Inhabitants of the twenty districts.
const POPULATIONS: [u32; 20] = [
    16_300, 21_600, 34_100, 28_300, 58_200, 40_900, 49_500, 36_100, 60_000, 86_500, 142_700, 140_000, 181_700, 136_900,
    229_700, 164_200, 166_500, 190_200, 184_800, 191_300,
];

const THEMES: [(&str, &str); 8] = [
    ("cadre-de-vie", "Cadre de vie"),
    ("nature", "Nature en ville"),
    ("ecoles", "Écoles et jeunesse"),
    ("sport", "Sport"),
    ("culture", "Culture et patrimoine"),
    ("solidarite", "Solidarités"),
    ("mobilite", "Mobilités"),
    ("proprete", "Propreté"),
];

const DEPARTMENTS: [(&str, &str); 7] = [
    ("espaces-verts", "Direction des espaces verts"),
    ("voirie", "Direction de la voirie"),
    ("architecture", "Direction de l’architecture"),
    ("culture", "Direction de la culture"),
    ("economie", "Direction de l’économie"),
    ("ecoles", "Direction des écoles"),
    ("sports", "Direction des sports"),
];

/// What departments answer in their verdicts.
pub(crate) const CRITERIA: [(&str, &str); 5] = [
    ("competence", "Le projet relève de la ville"),
    ("domaine-public", "Le terrain appartient à la ville"),
    ("faisabilite", "Le projet est faisable en deux ans"),
    ("interet-general", "Le projet est d’intérêt général"),
    ("fonctionnement", "Le fonctionnement coûte peu"),
];

/// Priority neighbourhoods, with the district each lies in.
const NEIGHBOURHOODS: [(&str, &str, i32); 8] = [
    ("les-hauts-pres", "Les Hauts-Prés", 3),
    ("croix-neuve", "La Croix-Neuve", 6),
    ("les-tanneries", "Les Tanneries", 10),
    ("pont-rouge", "Pont-Rouge", 12),
    ("la-plaine", "La Plaine", 15),
    ("bois-joli", "Bois-Joli", 18),
    ("les-ateliers", "Les Ateliers", 19),
    ("grand-canal", "Grand-Canal", 20),
];

/// Who may deposit, and whether they say which one they are.
const DEPOSITORS: [(DepositorKind, &str, bool); 4] = [
    (DepositorKind::Individual, "Particulier", false),
    (DepositorKind::Association, "Association", true),
    (DepositorKind::NeighbourhoodCouncil, "Conseil de quartier", true),
    (DepositorKind::Collective, "Collectif", true),
];

/// When the phases begin; the last entry is the end of the last.
const CALENDAR: [(Phase, &str, &str); 11] = [
    (Phase::PreIdeation, "2025-01-02", "2025-01-09"),
    (Phase::Ideation, "2025-01-09", "2025-02-10"),
    (Phase::PostIdeation, "2025-02-10", "2025-02-24"),
    (Phase::CoConstruction, "2025-02-24", "2025-04-28"),
    (Phase::PreSubmit, "2025-04-28", "2025-06-23"),
    (Phase::Submit, "2025-06-23", "2025-08-25"),
    (Phase::PreVote, "2025-08-25", "2025-09-05"),
    (Phase::Vote, "2025-09-05", "2025-09-22"),
    (Phase::PostVote, "2025-09-22", "2025-09-26"),
    (Phase::PreResult, "2025-09-26", "2025-09-30"),
    (Phase::Result, "2025-09-30", "2026-09-30"),
];

/// An area with what the play needs of it.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its id.
    pub id: AreaId,
    /// Its extent.
    pub kind: AreaKind,
    /// Inhabitants, of a district.
    pub population: Option<u32>,
    /// Its name.
    pub name: String,
    /// Its envelope.
    pub envelope: Cents,
    /// How many projects go on its ballot.
    pub on_ballot: u64,
    /// How many workshops are held on its proposals.
    pub workshops: usize,
    /// Its postcode; the whole city has those of its districts.
    pub postcode: Option<String>,
}

/// The city: the whole first, then its districts, then a school.
#[derive(Clone, Debug)]
pub struct City {
    /// Areas.
    pub places: Vec<Place>,
    /// Themes.
    pub themes: Vec<ThemeId>,
    /// Departments.
    pub departments: Vec<DepartmentId>,
    /// Where districts and priority neighbourhoods lie.
    pub outlines: Vec<(Ground, Outline)>,
}

/// An id that is known to be one.
pub fn id<T: std::str::FromStr<Err = InvalidId>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: InvalidId| Failure::fault("ID", error.to_string()))
}

fn euros(amount: u64) -> Cents {
    i64::try_from(amount).ok().and_then(Cents::from_units).unwrap_or(Cents::ZERO)
}

impl City {
    /// The city of 457 projects on the ballot: 57 for the whole city, 20 in each district; and 4 of a school.
    ///
    /// # Errors
    /// Never, by construction of the constants.
    pub fn new() -> Result<Self, Failure> {
        let all: u64 = POPULATIONS.iter().map(|n| u64::from(*n)).sum();
        let whole = Place {
            id: id("ville")?,
            kind: AreaKind::WholeCity,
            population: None,
            name: "Toute la ville".to_owned(),
            envelope: euros(30_000_000),
            on_ballot: 57,
            workshops: 12,
            postcode: None,
        };
        let (mut places, mut outlines) = (vec![whole], Vec::new());
        for (index, population) in (0_i32..).zip(POPULATIONS) {
            let number = index + 1;
            let ordinal = if number == 1 { "1er".to_owned() } else { format!("{number}e") };
            places.push(Place {
                id: id(&format!("d{number:02}"))?,
                kind: AreaKind::District,
                population: Some(population),
                name: format!("{ordinal} arrondissement"),
                envelope: euros((70_000_000 * u64::from(population) / all / 10_000) * 10_000),
                on_ballot: 20,
                workshops: 2,
                postcode: Some(format!("990{number:02}")),
            });
            outlines.push((Ground::Area(id(&format!("d{number:02}"))?), demo_ground::district(index)));
        }
        places.push(Place {
            id: id("ecole-des-tilleuls")?,
            kind: AreaKind::School,
            population: None,
            name: "École des Tilleuls".to_owned(),
            envelope: euros(20_000),
            on_ballot: 4,
            workshops: 0,
            postcode: None,
        });
        for (neighbourhood, _, district) in NEIGHBOURHOODS {
            outlines.push((Ground::Neighbourhood(id(neighbourhood)?), demo_ground::neighbourhood(district - 1)));
        }
        Ok(Self {
            places,
            themes: THEMES.iter().map(|(theme, _)| id(theme)).collect::<Result<_, _>>()?,
            departments: DEPARTMENTS.iter().map(|(department, _)| id(department)).collect::<Result<_, _>>()?,
            outlines,
        })
    }

    /// One of its places.
    ///
    /// # Errors
    /// Never, for a place that it has.
    pub(crate) fn place(&self, place: usize) -> Result<&Place, Failure> {
        self.places.get(place).ok_or_else(|| Failure::fault("DEMO", "no such place"))
    }

    /// In which district something for a place lies; drawn where it is for the whole city.
    pub(crate) fn lies_in(&self, entropy: &Entropy, place: usize) -> usize {
        match place {
            0 => self.district(entropy),
            SCHOOL => SCHOOL_DISTRICT,
            district => district,
        }
    }

    /// A point in a district; where there is a priority neighbourhood, one in three lies in it.
    pub(crate) fn point(entropy: &Entropy, place: usize) -> Option<Point> {
        let district = i32::try_from(place).ok()?.checked_sub(1)?;
        let central = NEIGHBOURHOODS.iter().any(|(_, _, of)| *of == district + 1) && entropy.below(3) == 0;
        Some(demo_ground::point(entropy, district, central))
    }

    /// Whether a point lies in a priority neighbourhood.
    pub(crate) fn is_priority(&self, point: Option<Point>) -> bool {
        let mut neighbourhoods = self.outlines.iter().filter(|(of, _)| matches!(of, Ground::Neighbourhood(_)));
        point.is_some_and(|point| neighbourhoods.any(|(_, outline)| outline.contains(point)))
    }

    /// The index of a district, drawn by its inhabitants.
    pub fn district(&self, entropy: &Entropy) -> usize {
        let all: u64 = POPULATIONS.iter().map(|n| u64::from(*n)).sum();
        let mut drawn = entropy.below(all);
        for (index, population) in (1..).zip(POPULATIONS) {
            match drawn.checked_sub(u64::from(population)) {
                Some(rest) => drawn = rest,
                None => return index,
            }
        }
        1
    }

    /// The campaign's configuration.
    ///
    /// # Errors
    /// Never, by construction of the constants.
    pub fn configuration(&self) -> Result<Configuration, Failure> {
        let mut calendar = Vec::new();
        for (phase, start, end) in CALENDAR {
            calendar.push(Period { phase, start: moment(start)?, end: moment(end)? });
        }
        let areas = self.places.iter().map(|place| Area {
            id: place.id.clone(),
            kind: place.kind,
            name: Hidden::Disclosed(place.name.clone()),
            envelope_cents: place.envelope,
            population: place.population,
            ballot: BallotType::Approval { min: 1, max: 4 },
            postcodes: place.postcode.iter().cloned().collect(),
        });
        Ok(Configuration {
            code: CODE.to_owned(),
            title: Hidden::Disclosed("Budget participatif 2025".to_owned()),
            territory: Hidden::Disclosed("Valmont (ville inventée)".to_owned()),
            year: 2025,
            currency: "EUR".to_owned(),
            provenance: Provenance::Native,
            source: None,
            areas: areas.collect(),
            themes: named(&THEMES)?,
            departments: named(&DEPARTMENTS)?,
            calendar,
            gaps_confirmed: false,
            form: FormLimits { description_min: 100, ..FormLimits::default() },
            participation: participation()?,
            instruction: InstructionRules {
                criteria: named::<CriterionId>(&CRITERIA)?,
                verdict_days: 35,
                appeal_days: 10,
            },
            rules: Rules {
                ballot_box: BallotBox::Sealed,
                sealed: Some(SealedRules {
                    threshold: SHARES.0,
                    holders: SHARES.1,
                    objection_days: OBJECTION_DAYS,
                    ..SealedRules::default()
                }),
                audited_places: Some(AUDITED),
                tally: TallyRule {
                    rule: Rule::Greedy,
                    min_score: None,
                    tie_break: vec![TieBreak::LowerCost, TieBreak::Lot],
                    around: tally::Around::default(),
                },
            },
        })
    }
}

fn named<Id: std::str::FromStr<Err = InvalidId>>(all: &[(&str, &str)]) -> Result<Vec<Named<Id>>, Failure> {
    let one = |(of, name): &(&str, &str)| Ok(Named { id: id(of)?, name: Hidden::Disclosed((*name).to_owned()) });
    all.iter().map(one).collect()
}

fn participation() -> Result<Participation, Failure> {
    let rule = |(kind, name, complement_needed): (DepositorKind, &str, bool)| DepositorRule {
        kind,
        name: Hidden::Disclosed(name.to_owned()),
        complement_needed,
    };
    let neighbourhoods = NEIGHBOURHOODS.map(|(id, name, _)| (id, name));
    Ok(Participation {
        depositors: DEPOSITORS.map(rule).to_vec(),
        neighbourhoods: named::<NeighbourhoodId>(&neighbourhoods)?,
        ..Participation::default()
    })
}

/// Midnight (UTC) of a day.
pub fn moment(day: &str) -> Result<Timestamp, Failure> {
    format!("{day}T00:00:00Z").parse().map_err(|e: domain::moment::InvalidMoment| Failure::fault("DATE", e.to_string()))
}

/// The planned start of a phase.
pub fn start_of(phase: Phase) -> Result<Timestamp, Failure> {
    let planned = CALENDAR.iter().find(|(of, _, _)| *of == phase);
    moment(planned.map_or("2025-01-02", |(_, start, _)| start))
}
