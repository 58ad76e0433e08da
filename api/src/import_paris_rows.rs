//! The rows of the City of Paris's open data of winning projects, as published.
//!
//! Owns the columns and the file's traps: `75123` is Paris Centre, `75116` the 16th; the scale, not the
//! district, says what is city-wide; dates are months and often missing; some titles and departments are
//! empty. Writes nothing. What becomes of the rows: `import_paris.rs`.

use crate::failure::Failure;
use crate::typed::nfc;
use domain::{CalendarDate, Cents};
use std::collections::BTreeSet;
use tally::pabulib::Anomaly;

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
        let line = error.position().map_or(1, |position| line_at(text, position));
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
