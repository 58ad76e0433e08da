//! The city of the demo: an invented one, with its areas, themes, departments and words.
//!
//! As large as Paris in 2018, drawn from a seed: the same seed gives the same city.

use crate::failure::Failure;
use commands::Entropy;
use domain::configuration::{
    Area, AreaKind, BallotBox, Configuration, FormLimits, InstructionRules, Named, Participation, Provenance, Rules,
};
use domain::phase::{Period, Phase};
use domain::{AreaId, Cents, DepartmentId, Hidden, InvalidId, ThemeId, Timestamp};
use tally::{BallotType, Rule, TallyRule, TieBreak};

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
    /// Its name.
    pub name: String,
    /// Its envelope.
    pub envelope: Cents,
    /// How many projects go on its ballot.
    pub on_ballot: u64,
    /// Where its projects lie around, in microdegrees.
    pub centre: (i32, i32),
}

/// The city: the whole first, then its districts.
#[derive(Clone, Debug)]
pub struct City {
    /// Areas.
    pub places: Vec<Place>,
    /// Themes.
    pub themes: Vec<ThemeId>,
    /// Departments.
    pub departments: Vec<DepartmentId>,
}

/// An id that is known to be one.
pub fn id<T: std::str::FromStr<Err = InvalidId>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: InvalidId| Failure::fault("ID", error.to_string()))
}

fn euros(amount: u64) -> Cents {
    i64::try_from(amount).ok().and_then(Cents::from_units).unwrap_or(Cents::ZERO)
}

impl City {
    /// The city of 457 projects on the ballot: 57 for the whole city, 20 in each district.
    ///
    /// # Errors
    /// Never, by construction of the constants.
    pub fn new() -> Result<Self, Failure> {
        let all: u64 = POPULATIONS.iter().map(|n| u64::from(*n)).sum();
        let whole = Place {
            id: id("ville")?,
            name: "Toute la ville".to_owned(),
            envelope: euros(30_000_000),
            on_ballot: 57,
            centre: (47_200_000, 5_000_000),
        };
        let mut places = vec![whole];
        for (index, population) in (0_i32..).zip(POPULATIONS) {
            let number = index + 1;
            let ordinal = if number == 1 { "1er".to_owned() } else { format!("{number}e") };
            places.push(Place {
                id: id(&format!("d{number:02}"))?,
                name: format!("{ordinal} arrondissement"),
                envelope: euros((70_000_000 * u64::from(population) / all / 10_000) * 10_000),
                on_ballot: 20,
                centre: (47_160_000 + (index % 5) * 20_000, 4_950_000 + (index / 5) * 25_000),
            });
        }
        Ok(Self {
            places,
            themes: THEMES.iter().map(|(theme, _)| id(theme)).collect::<Result<_, _>>()?,
            departments: DEPARTMENTS.iter().map(|(department, _)| id(department)).collect::<Result<_, _>>()?,
        })
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
        let populations = std::iter::once(None).chain(POPULATIONS.into_iter().map(Some));
        let areas = self.places.iter().zip(populations).map(|(place, population)| Area {
            id: place.id.clone(),
            kind: if population.is_none() { AreaKind::WholeCity } else { AreaKind::District },
            name: Hidden::Disclosed(place.name.clone()),
            envelope_cents: place.envelope,
            population,
            ballot: BallotType::Approval { min: 1, max: 4 },
            postcodes: Vec::new(),
        });
        let theme = |(id, (_, name)): (&ThemeId, (&str, &str))| Named {
            id: id.clone(),
            name: Hidden::Disclosed(name.to_owned()),
        };
        let department = |(id, (_, name)): (&DepartmentId, (&str, &str))| Named {
            id: id.clone(),
            name: Hidden::Disclosed(name.to_owned()),
        };
        Ok(Configuration {
            code: CODE.to_owned(),
            title: Hidden::Disclosed("Budget participatif 2025".to_owned()),
            territory: Hidden::Disclosed("Valmont (ville inventée)".to_owned()),
            year: 2025,
            currency: "EUR".to_owned(),
            provenance: Provenance::Native,
            source: None,
            areas: areas.collect(),
            themes: self.themes.iter().zip(THEMES).map(theme).collect(),
            departments: self.departments.iter().zip(DEPARTMENTS).map(department).collect(),
            calendar,
            gaps_confirmed: false,
            form: FormLimits { description_min: 100, ..FormLimits::default() },
            participation: Participation::default(),
            instruction: InstructionRules::default(),
            rules: Rules {
                ballot_box: BallotBox::Open,
                tally: TallyRule {
                    rule: Rule::Greedy,
                    min_score: None,
                    tie_break: vec![TieBreak::LowerCost, TieBreak::Lot],
                },
            },
        })
    }
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

const WHAT: [&str; 16] = [
    "Végétaliser",
    "Rénover",
    "Aménager",
    "Ouvrir aux familles",
    "Rendre accessible",
    "Embellir",
    "Rafraîchir",
    "Mieux éclairer",
    "Apaiser",
    "Équiper",
    "Remettre en eau",
    "Créer un jardin près de",
    "Planter des arbres devant",
    "Installer des bancs à",
    "Donner vie à",
    "Protéger",
];

const WHERE: [&str; 20] = [
    "la place du Marché",
    "l’école des Tilleuls",
    "la cour du collège",
    "le square des Lavandières",
    "la halle aux Grains",
    "le gymnase Jean-Bouin",
    "la rue des Potiers",
    "le quai des Bateliers",
    "la bibliothèque du canal",
    "la fontaine ronde",
    "le parvis de la gare",
    "l’allée des Platanes",
    "le terrain des Acacias",
    "la maison des associations",
    "le passage du Théâtre",
    "la crèche des Coteaux",
    "le pont de l’Écluse",
    "la piscine municipale",
    "le kiosque à musique",
    "l’esplanade du Moulin",
];

const WHY: [&str; 6] = [
    "Le lieu est très fréquenté et souffre de la chaleur en été.",
    "Les habitants le demandent depuis plusieurs années.",
    "Les enfants du quartier manquent d’endroits où jouer.",
    "Il est difficile d’y passer avec une poussette ou un fauteuil.",
    "C’est un lieu de rencontre auquel tout le quartier tient.",
    "Quelques travaux simples changeraient la vie de tous les jours.",
];

/// Draws one of these.
pub fn pick<'a, T>(entropy: &Entropy, from: &'a [T]) -> Option<&'a T> {
    let length = u64::try_from(from.len()).ok()?;
    from.get(usize::try_from(entropy.below(length)).ok()?)
}

/// A title within the form's limits.
pub fn title(entropy: &Entropy) -> String {
    let what = pick(entropy, &WHAT).copied().unwrap_or("Rénover");
    format!("{what} {}", pick(entropy, &WHERE).copied().unwrap_or("la place du Marché"))
}

/// A description within the form's limits.
pub fn description(entropy: &Entropy, title: &str) -> String {
    let why = pick(entropy, &WHY).copied().unwrap_or_default();
    let how = pick(entropy, &WHY).copied().unwrap_or_default();
    format!(
        "{title} : voilà ce que nous proposons. {why} {how} Nous souhaitons un projet simple, sobre et durable, construit avec les riverains."
    )
}
