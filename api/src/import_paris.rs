//! `parvis import paris-winners`: the City of Paris's open data of winning projects.
//!
//! One campaign per edition, recorded (the ballots aren't published), with a
//! site per winner and its stages. The file's traps: `75123` is Paris Centre,
//! `75116` the 16th; the scale, not the district, says what is city-wide; dates
//! are months and often missing; some titles and departments are empty.

use crate::failure::Failure;
use crate::import_pabulib::phase;
use crate::steps::{Step, Steps};
use crate::typed::nfc;
use domain::campaign::{AreaResult, Command as CampaignCommand};
use domain::configuration::{
    Area, AreaKind, BallotBox, Configuration, FormLimits, InstructionRules, Named, Participation, Provenance, Rules,
};
use domain::phase::{Period, Phase};
use domain::project::Formation;
use domain::proposal::MergeKind;
use domain::site::{Milestone, Opening};
use domain::{
    Actor, AreaId, CalendarDate, Cents, Command, DepartmentId, Hidden, InvalidId, ProjectId, Role, SiteId, ThemeId,
};
use domain::{project, site};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tally::pabulib::Anomaly;
use tally::{BallotType, Rule, TallyRule};
use transparency::Hash;

/// The columns, by the names the city gives them.
const COLUMNS: [&str; 16] = [
    "Identifiant du projet lauréat",
    "Edition",
    "Titre du projet lauréat",
    "Thématique",
    "Direction pilote du projet lauréat",
    "Budget global du projet lauréat",
    "Echelle du Budget participatif",
    "Adresse du projet lauréat",
    "Arrondissement du projet lauréat",
    "Projet en Quartier populaire",
    "Avancement du projet",
    "Date de début des études du projet",
    "Date de lancement des procédures du projet",
    "Date de lancement des travaux du projet",
    "Date prévisonnelle de livraison du projet",
    "Date d'ouverture du projet au public",
];

/// A winning project as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The city's id.
    pub id: String,
    /// The edition.
    pub year: u16,
    /// Its title; sometimes empty.
    pub title: String,
    /// Its theme.
    pub theme: String,
    /// The department that leads it; sometimes empty.
    pub department: String,
    /// What it was given.
    pub budget: Cents,
    /// Whether it was chosen by the whole city.
    pub whole_city: bool,
    /// Its district, `75001` to `75020` or `75123`.
    pub district: String,
    /// Whether it lies in a priority neighbourhood.
    pub priority_neighbourhood: bool,
    /// Its stage as published.
    pub stage: String,
    /// Studies, procedures, works, planned delivery, opening.
    pub dates: [Option<CalendarDate>; 5],
}

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The file.
    pub file: String,
    /// One line per edition.
    pub campaigns: Vec<Edition>,
    /// Winning projects.
    pub projects: usize,
    /// Cents they were given together.
    pub budget: i64,
    /// Projects in priority neighbourhoods.
    pub priority_neighbourhood: usize,
    /// How many stand at each stage, as published.
    pub stages: BTreeMap<String, usize>,
    /// What is odd, by line.
    pub anomalies: Vec<Anomaly>,
}

/// One edition as a campaign.
#[derive(Debug, Serialize)]
pub struct Edition {
    /// The campaign's code.
    pub campaign: String,
    /// Winning projects.
    pub projects: usize,
    /// Cents they were given together.
    pub budget: i64,
}

/// Reads the file: rows, and what is odd in them.
///
/// # Errors
/// `COLUMN_MISSING`, `CSV`, `NOT_A_NUMBER`, `NOT_A_DATE`, `UNKNOWN_VALUE`, `DUPLICATE_ID`, with the
/// line and the column.
pub fn read(bytes: &[u8]) -> Result<(Vec<Winner>, Vec<Anomaly>), Failure> {
    let text = String::from_utf8(bytes.to_vec())
        .map_err(|_| Failure::refused("NOT_UTF8", "line 1: this isn't UTF-8: save the file as UTF-8"))?;
    let text = nfc(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let csv = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Failure::refused("CSV", format!("line {line}: {error}"))
    };
    let header = reader.headers().map_err(csv)?.clone();
    let mut places = [0; COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|column| column == name);
        *place = found.ok_or_else(|| {
            Failure::refused(
                "COLUMN_MISSING",
                format!("line 1: the column `{name}` is missing: the file must be separated by `;`"),
            )
        })?;
    }
    let (mut winners, mut anomalies, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
    for row in reader.records() {
        let row = row.map_err(csv)?;
        let line = row.position().map_or(0, |position| line_at(text, position));
        let fields = places.map(|place| row.get(place).unwrap_or_default().trim());
        let winner = winner(line, fields, &mut anomalies)?;
        if !ids.insert(winner.id.clone()) {
            return Err(Failure::refused(
                "DUPLICATE_ID",
                format!("line {line}: the project {} stands twice", winner.id),
            ));
        }
        winners.push(winner);
    }
    Ok((winners, anomalies))
}

/// The line of a row, from 1. With CRLF the reader places a row before the line feed that ends the
/// line above.
fn line_at(text: &str, position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    position.line() + u64::from(text.as_bytes().get(at) == Some(&b'\n'))
}

fn winner(line: u64, fields: [&str; COLUMNS.len()], anomalies: &mut Vec<Anomaly>) -> Result<Winner, Failure> {
    let [id, edition, title, theme, department, budget, scale, _, district, priority, stage, dates @ ..] = fields;
    let refuse = |code: &str, column: usize, value: &str| {
        let column = COLUMNS.get(column).copied().unwrap_or_default();
        Failure::refused(code, format!("line {line}: `{value}` in the column `{column}`"))
    };
    let mut odd = |code: &str, message: &str| {
        anomalies.push(Anomaly { line, code: code.to_owned(), message: message.to_owned() });
    };
    if title.is_empty() {
        odd("TITLE_EMPTY", "no title is published");
    }
    if department.is_empty() {
        odd("DEPARTMENT_EMPTY", "no department is published");
    }
    let whole_city = match scale {
        "Budget participatif parisien" => true,
        "Budget participatif d’arrondissement" | "Budget participatif d'arrondissement" => false,
        other => return Err(refuse("UNKNOWN_VALUE", 6, other)),
    };
    let district = match district {
        // The land registry's code of the north of the 16th.
        "75116" => "75016",
        known if known == "75123" || ("75001"..="75020").contains(&known) => known,
        other => return Err(refuse("UNKNOWN_VALUE", 8, other)),
    };
    let priority_neighbourhood = match priority {
        "Oui" => true,
        "Non" => false,
        other => return Err(refuse("UNKNOWN_VALUE", 9, other)),
    };
    const STAGES: [&str; 7] = ["(non démarré)", "ETUDES", "PROCEDURES", "TRAVAUX", "LIVRAISON", "FIN", "ABANDONNÉ"];
    if !STAGES.contains(&stage) {
        return Err(refuse("UNKNOWN_VALUE", 10, stage));
    }
    let mut known = [None; 5];
    for (index, (slot, text)) in known.iter_mut().zip(dates).enumerate() {
        if !text.is_empty() {
            *slot = Some(text.parse().map_err(|_| refuse("NOT_A_DATE", 11 + index, text))?);
        }
    }
    let [studies, procedures, works, _, opened] = known;
    let begun = [studies, procedures, works, opened];
    let told: Vec<CalendarDate> = begun.into_iter().flatten().collect();
    if told.windows(2).any(|pair| matches!(pair, [a, b] if a > b)) {
        odd("DATES_OUT_OF_ORDER", "a stage has an earlier date than the stage before it; kept as published");
    }
    Ok(Winner {
        line,
        id: id.to_owned(),
        year: edition.parse().map_err(|_| refuse("NOT_A_NUMBER", 1, edition))?,
        title: title.to_owned(),
        theme: theme.to_owned(),
        department: department.to_owned(),
        budget: Cents::from_decimal(budget)
            .filter(|c| *c >= Cents::ZERO)
            .ok_or_else(|| refuse("NOT_A_NUMBER", 5, budget))?,
        whole_city,
        district: district.to_owned(),
        priority_neighbourhood,
        stage: stage.to_owned(),
        dates: known,
    })
}

/// Imports one file: `steps_of` gives what writes the campaign of an edition. Blocks.
///
/// # Errors
/// Those of [`read`], and the [`Failure`] of a command.
pub fn import(
    path: &Path,
    origin_of: impl Fn(&str) -> String,
    steps_of: impl Fn(&str) -> Steps,
) -> Result<Summary, Failure> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Failure::from(error).at(&file))?;
    let (winners, anomalies) = read(&bytes).map_err(|error| error.at(&file))?;
    let mut editions: BTreeMap<u16, Vec<&Winner>> = BTreeMap::new();
    for winner in &winners {
        editions.entry(winner.year).or_default().push(winner);
    }
    let source = format!("Ville de Paris, données ouvertes, ODbL, SHA-256 {}", Hash::of(&[&bytes]));
    let mut campaigns = Vec::new();
    for (year, winners) in editions {
        let code = format!("paris-{year}");
        let steps = steps_of(&code);
        edition(&steps, &origin_of(&code), year, &winners, &source)?;
        campaigns.push(Edition {
            campaign: code,
            projects: winners.len(),
            budget: sum(winners.iter().copied())?.get(),
        });
    }
    let mut stages = BTreeMap::new();
    for winner in &winners {
        *stages.entry(winner.stage.clone()).or_default() += 1;
    }
    Ok(Summary {
        file,
        campaigns,
        projects: winners.len(),
        budget: sum(&winners)?.get(),
        priority_neighbourhood: winners.iter().filter(|winner| winner.priority_neighbourhood).count(),
        stages,
        anomalies,
    })
}

fn sum<'a>(winners: impl IntoIterator<Item = &'a Winner>) -> Result<Cents, Failure> {
    let total = Cents::sum(winners.into_iter().map(|winner| winner.budget));
    total.ok_or_else(|| Failure::refused("AMOUNT_OUT_OF_RANGE", "the budgets together are too large"))
}

fn id<T: std::str::FromStr<Err = InvalidId>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: InvalidId| Failure::refused("ID", error.to_string()))
}

/// A name as an id: eight digits of its SHA-256, since names change in spelling only by mistake.
fn named<T: std::str::FromStr<Err = InvalidId>>(name: &str) -> Result<T, Failure> {
    let digits: String = Hash::of(&[name.as_bytes()]).to_string().chars().take(8).collect();
    id(&digits)
}

impl Winner {
    fn area(&self) -> Result<AreaId, Failure> {
        id(if self.whole_city { "paris" } else { &self.district })
    }
}

fn edition(steps: &Steps, origin: &str, year: u16, winners: &[&Winner], source: &str) -> Result<(), Failure> {
    let system = Actor::new("parvis-import", Role::System);
    steps.begun_from(source)?;
    steps.open(origin, configuration(&steps.campaign, year, winners, source)?, system.clone())?;
    let mut projects = Vec::new();
    let mut sites = Vec::new();
    for winner in winners {
        projects.push(project_step(winner, &system)?);
        sites.push(site_step(winner, &system)?);
    }
    steps.many("projects", &projects, |_| {})?;
    let result = CampaignCommand::RecordResult { areas: result(winners)? };
    steps.one("result", &system, vec![Command::Campaign(result)])?;
    phase(steps, &system, Phase::Result, true)?;
    steps.many("sites", &sites, |_| {})
}

fn configuration(code: &str, year: u16, winners: &[&Winner], source: &str) -> Result<Configuration, Failure> {
    let mut areas: BTreeMap<AreaId, (bool, Vec<&Winner>)> = BTreeMap::new();
    let (mut themes, mut departments) = (BTreeMap::new(), BTreeMap::new());
    for winner in winners {
        areas.entry(winner.area()?).or_insert_with(|| (winner.whole_city, Vec::new())).1.push(winner);
        themes.insert(winner.theme.clone(), named::<ThemeId>(&winner.theme)?);
        if !winner.department.is_empty() {
            departments.insert(winner.department.clone(), named::<DepartmentId>(&winner.department)?);
        }
    }
    let mut configured = Vec::new();
    for (id, (whole_city, winners)) in areas {
        configured.push(Area {
            name: Hidden::Disclosed(name_of(&id)),
            id,
            kind: if whole_city { AreaKind::WholeCity } else { AreaKind::District },
            // Envelopes aren't in the data: what the winners were given is the least they were.
            envelope_cents: sum(winners)?,
            population: None,
            ballot: BallotType::Approval { min: 0, max: 5 },
            postcodes: Vec::new(),
        });
    }
    let moment = |text: String| text.parse().map_err(|_| Failure::refused("DATE", format!("{text} is out of range")));
    Ok(Configuration {
        code: code.to_owned(),
        title: Hidden::Disclosed(format!("Budget participatif de Paris {year}")),
        territory: Hidden::Disclosed("Paris".to_owned()),
        year,
        currency: "EUR".to_owned(),
        provenance: Provenance::Imported,
        source: Some(Hidden::Disclosed(source.to_owned())),
        areas: configured,
        themes: themes.into_iter().map(|(name, id)| Named { id, name: Hidden::Disclosed(name) }).collect(),
        departments: departments.into_iter().map(|(name, id)| Named { id, name: Hidden::Disclosed(name) }).collect(),
        calendar: vec![Period {
            phase: Phase::Result,
            start: moment(format!("{year}-10-01T00:00:00Z"))?,
            end: moment(format!("{}-10-01T00:00:00Z", year.saturating_add(1)))?,
        }],
        gaps_confirmed: true,
        form: FormLimits::default(),
        participation: Participation::default(),
        instruction: InstructionRules::default(),
        rules: Rules {
            ballot_box: BallotBox::Open,
            sealed: None,
            tally: TallyRule {
                rule: Rule::Greedy,
                min_score: None,
                tie_break: Vec::new(),
                around: tally::Around::default(),
            },
        },
    })
}

fn name_of(area: &AreaId) -> String {
    match area.as_str() {
        "paris" => "Tout Paris".to_owned(),
        "75123" => "Paris Centre".to_owned(),
        "75001" => "Paris 1er".to_owned(),
        district => format!("Paris {}e", district.trim_start_matches("750").trim_start_matches('0')),
    }
}

fn project_step(winner: &Winner, actor: &Actor) -> Result<Step, Failure> {
    let id: ProjectId = id(&winner.id)?;
    let formation = Formation {
        reference: winner.id.clone(),
        title: Hidden::Disclosed(winner.title.clone()),
        description: None,
        area: winner.area()?,
        theme: Some(named(&winner.theme)?),
        point: None,
        priority_neighbourhood: winner.priority_neighbourhood,
        kind: MergeKind::Single,
        proposals: Vec::new(),
        selected: Some(1),
        workshops: Vec::new(),
        part_of: None,
    };
    let admit = project::Command::Admit { cost_cents: Some(winner.budget), withdrawn: false, reason: None };
    let commands =
        vec![Command::Project(id.clone(), project::Command::Form(Box::new(formation))), Command::Project(id, admit)];
    Ok(Step { name: format!("project {}", winner.id), actor: actor.clone(), commands })
}

fn result(winners: &[&Winner]) -> Result<Vec<AreaResult>, Failure> {
    let mut areas: BTreeMap<AreaId, Vec<&Winner>> = BTreeMap::new();
    for winner in winners {
        areas.entry(winner.area()?).or_default().push(winner);
    }
    let mut results = Vec::new();
    for (area, winners) in areas {
        let spent_cents = sum(winners.iter().copied())?;
        let winners = winners.iter().map(|winner| id(&winner.id)).collect::<Result<_, _>>()?;
        results.push(AreaResult { area, winners, spent_cents, counted: 0, invalid: 0, received: Vec::new() });
    }
    Ok(results)
}

/// The stages that the published one implies. A stage without a date is only told where it is the
/// present one; a delivery date is a plan until the opening is published.
fn site_step(winner: &Winner, actor: &Actor) -> Result<Step, Failure> {
    let id: SiteId = id(&winner.id)?;
    let opening = Opening {
        project: self::id(&winner.id)?,
        title: Hidden::Disclosed(winner.title.clone()),
        area: winner.area()?,
        department: match winner.department.as_str() {
            "" => None,
            name => Some(named(name)?),
        },
        budget_cents: winner.budget,
        place: None,
        financing: None,
        contractors: Vec::new(),
        split_from: None,
    };
    let mut commands = vec![site::Command::Open(Box::new(opening))];
    let present = match winner.stage.as_str() {
        "ETUDES" => Some(Milestone::Studies),
        "PROCEDURES" => Some(Milestone::Procedures),
        "TRAVAUX" => Some(Milestone::Works),
        "LIVRAISON" => Some(Milestone::Delivery),
        "FIN" => Some(Milestone::Done),
        _ => None,
    };
    let abandoned = winner.stage == "ABANDONNÉ";
    let [studies, procedures, works, delivery, opened] = winner.dates;
    if let Some(on) = delivery {
        commands.push(site::Command::Plan { milestone: Milestone::Delivery, on, reason: None });
    }
    let dated = [studies, procedures, works, opened];
    let stages = [Milestone::Studies, Milestone::Procedures, Milestone::Works, Milestone::Delivery];
    for (milestone, on) in stages.into_iter().zip(dated) {
        let reached = present.is_some_and(|present| milestone <= present) || (abandoned && on.is_some());
        let reason =
            || (milestone == Milestone::Delivery && delivery.is_some()).then(|| "date d’ouverture publiée".to_owned());
        match (reached, on) {
            (true, Some(_)) => commands.push(site::Command::Reach { milestone, on }),
            (true, None) if present == Some(milestone) => commands.push(site::Command::Reach { milestone, on: None }),
            (true, None) | (false, None) => {}
            (false, Some(on)) => commands.push(site::Command::Plan { milestone, on, reason: reason() }),
        }
    }
    if present == Some(Milestone::Done) {
        commands.push(site::Command::Reach { milestone: Milestone::Done, on: None });
    }
    if abandoned {
        let reason = "Abandonné selon les données ouvertes de la Ville de Paris, qui n’en publient pas la raison.";
        commands.push(site::Command::Abandon { reason: reason.to_owned() });
    }
    let commands = commands.into_iter().map(|command| Command::Site(id.clone(), command)).collect();
    Ok(Step { name: format!("site {}", winner.id), actor: actor.clone(), commands })
}
