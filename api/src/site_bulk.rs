//! Many sites brought up to date at once from a table: what each line changes, and what is wrong with it.
//!
//! Owns the way from cells to commands. Only what differs from what stands becomes a command, so that the
//! same table twice changes nothing; lines are taken in any order. All of it becomes one request, or
//! nothing. The form of the table: `site_csv.rs`; how it comes in: `site_update.rs`, `run_sites.rs`.

use crate::site_csv::{self, Fault, Form, Line};
use domain::proposal::{Address, Point};
use domain::rejection::Language;
use domain::site::{Change, Command as Ask, Contractor, Financing, Location, Milestone, Site, SpendingKind};
use domain::{Actor, CalendarDate, Cents, Command, Decider, Hidden, Rejection, SiteId, Timestamp, World};
use projections::Model;
use projections::sites::{SiteRow, SiteState};
use serde::Serialize;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

/// Something that a line changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The line in the file.
    pub line: u64,
    /// The site.
    pub site: SiteId,
    /// The column.
    pub field: String,
    /// What stands; empty when nothing does.
    pub before: String,
    /// What will stand.
    pub after: String,
}

/// What a table comes to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What changes, by site and column.
    pub changes: Vec<Changed>,
    /// What is wrong, by line. With one fault nothing is written.
    pub faults: Vec<Fault>,
    /// What to ask for, all or nothing.
    pub commands: Vec<Command>,
}

/// Who asks, when, and in which language.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// When.
    pub at: Timestamp,
    /// The language of messages.
    pub language: Language,
}

/// What a table changes in this version of the campaign.
pub fn outcome(code: &str, model: &Model, bytes: &[u8], asker: &Asker<'_>) -> Outcome {
    let lines = match site_csv::read(bytes, asker.language) {
        Ok(lines) => lines,
        Err(faults) => return Outcome { faults, ..Outcome::default() },
    };
    let mut outcome = Outcome::default();
    let mut sites: BTreeMap<SiteId, Vec<&Line>> = BTreeMap::new();
    for line in &lines {
        let cell = line.cells.get("site").map_or("", String::as_str);
        match cell.parse::<SiteId>() {
            Ok(site) => sites.entry(site).or_default().push(line),
            Err(error) => outcome.faults.push(Form::Value.on(line.number, "site", &error.to_string(), asker.language)),
        }
    }
    let mut world = World { campaign: Arc::clone(&model.campaign), ..World::default() };
    for (site, lines) in sites {
        let Some(row) = model.sites.get(&site) else {
            let no = domain::Code::NotFound.on("site").with(&site);
            outcome.faults.extend(lines.iter().map(|line| refused(line.number, "site", &no, asker.language)));
            continue;
        };
        let mut state = Site::default();
        row.history().iter().for_each(|told| state.evolve(&told.event));
        world.sites.insert(site.clone(), state);
        Work { site, row, language: asker.language, outcome: &mut outcome }.take(&lines, code, &mut world, asker);
    }
    outcome.faults.sort_by(|one, other| (one.line, &one.field).cmp(&(other.line, &other.field)));
    outcome
}

fn refused(line: u64, field: &str, no: &Rejection, language: Language) -> Fault {
    Fault { line, field: field.to_owned(), code: no.code.as_str().to_owned(), message: no.message(language) }
}

/// What a command comes from: the line, and the column of each of its fields.
struct Asked {
    line: u64,
    column: &'static str,
    ask: Ask,
}

/// What is read of a cell.
type Read<T> = Result<Option<T>, Fault>;

/// The lines of one site.
struct Work<'a> {
    site: SiteId,
    row: &'a SiteRow,
    language: Language,
    outcome: &'a mut Outcome,
}

impl Work<'_> {
    fn take(&mut self, lines: &[&Line], code: &str, world: &mut World, asker: &Asker<'_>) {
        let Some(cells) = self.merged(lines) else { return };
        let asked = match self.asked(&cells, lines) {
            Ok(asked) => asked,
            Err(faults) => return self.outcome.faults.extend(faults),
        };
        for Asked { line, column, ask } in asked {
            let command = Command::Site(self.site.clone(), ask);
            match world.execute(code, command.clone(), asker.actor, asker.at) {
                Ok(_) => self.outcome.commands.push(command),
                Err(no) => {
                    let column = no.field.as_deref().and_then(column_of).unwrap_or(column);
                    self.outcome.faults.push(refused(line, column, &no, self.language));
                }
            }
        }
    }

    /// The cells of all lines of the site together, each with its line. Spending is a line's own.
    fn merged(&mut self, lines: &[&Line]) -> Option<BTreeMap<&'static str, (u64, String)>> {
        let mut cells: BTreeMap<&'static str, (u64, String)> = BTreeMap::new();
        let mut spendings: BTreeMap<&str, u64> = BTreeMap::new();
        let before = self.outcome.faults.len();
        for line in lines {
            let spending = line.cells.get("spending_line").map_or("", String::as_str);
            if let Some(other) = spendings.insert(spending, line.number) {
                let fault = Form::LineTwice.on(line.number, "site", &other.to_string(), self.language);
                self.outcome.faults.push(fault);
                continue;
            }
            for (column, cell) in line.cells.iter().filter(|(column, _)| !column.starts_with("spending_")) {
                let (other, said) = cells.entry(column).or_insert_with(|| (line.number, cell.clone()));
                if said != cell {
                    let fault = Form::Conflict.on(line.number, column, &other.to_string(), self.language);
                    self.outcome.faults.push(fault);
                }
            }
        }
        (self.outcome.faults.len() == before).then_some(cells)
    }

    fn asked(
        &mut self,
        cells: &BTreeMap<&'static str, (u64, String)>,
        lines: &[&Line],
    ) -> Result<Vec<Asked>, Vec<Fault>> {
        let (mut asked, mut faults) = (Vec::new(), Vec::new());
        let reason = cells.get("reason").map(|(_, text)| text.clone());
        let why = || reason.clone().unwrap_or_default();
        let over = matches!(self.row.state(), SiteState::Abandoned | SiteState::Done);
        if let Some((line, _)) = cells.get("reopened").filter(|_| over) {
            self.note(*line, "reopened", String::new(), "yes");
            asked.push(Asked { line: *line, column: "reopened", ask: Ask::Reopen { reason: why() } });
        }
        match self.change(cells) {
            Ok(Some((line, column, change))) => {
                asked.push(Asked { line, column, ask: Ask::Change { change: Box::new(change), reason: why() } });
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
        match self.stages(cells, reason.as_deref()) {
            Ok(stages) => asked.extend(stages),
            Err(fault) => faults.push(fault),
        }
        for line in lines {
            match self.spending(line, reason.as_deref()) {
                Ok(spending) => asked.extend(spending),
                Err(fault) => faults.push(fault),
            }
        }
        // News are told once: the same ones again are the same table again.
        if let Some((line, text)) = cells.get("news") {
            let told = self.row.news().iter().any(|news| news.text.get() == Some(text));
            if !told {
                self.note(*line, "news", String::new(), text);
                let title: String = text.lines().next().unwrap_or_default().chars().take(120).collect();
                asked.push(Asked { line: *line, column: "news", ask: Ask::PostNews { title, text: text.clone() } });
            }
        }
        if let Some((line, _)) = cells.get("abandoned").filter(|_| self.row.abandoned.is_none()) {
            self.note(*line, "abandoned", String::new(), "yes");
            asked.push(Asked { line: *line, column: "abandoned", ask: Ask::Abandon { reason: why() } });
        }
        if faults.is_empty() { Ok(asked) } else { Err(faults) }
    }

    fn note(&mut self, line: u64, field: &str, before: String, after: &str) {
        let (site, field, after) = (self.site.clone(), field.to_owned(), after.to_owned());
        self.outcome.changes.push(Changed { line, site, field, before, after });
    }

    /// What the cells change of the sheet, with the first of their lines and columns.
    fn change(&mut self, cells: &BTreeMap<&'static str, (u64, String)>) -> Read<(u64, &'static str, Change)> {
        let language = self.language;
        let opening = Arc::clone(&self.row.opening);
        let mut change = Change::default();
        let mut first = None;
        let mut noted = |work: &mut Self, column: &'static str, before: String| {
            if let Some((line, cell)) = cells.get(column) {
                first.get_or_insert((*line, column));
                work.note(*line, column, before, cell);
            }
        };
        let shown = |text: &Hidden<String>| text.get().cloned().unwrap_or_default();
        let text = |column: &'static str| cells.get(column).map(|(_, cell)| cell.clone());
        if let Some(title) = text("title").filter(|title| opening.title.get() != Some(title)) {
            noted(self, "title", shown(&opening.title));
            change.title = Some(Hidden::Disclosed(title));
        }
        let area = parsed(cells, "area", "D1", language)?.filter(|area| *area != opening.area);
        if let Some(area) = area {
            noted(self, "area", opening.area.to_string());
            change.area = Some(area);
        }
        let department = parsed(cells, "department", "PARKS", language)?;
        if let Some(department) = department.filter(|one| opening.department.as_ref() != Some(one)) {
            noted(self, "department", opening.department.as_ref().map_or_else(String::new, ToString::to_string));
            change.department = Some(department);
        }
        let budget = value(cells, "budget", "12345.67", language, money)?;
        if let Some(budget) = budget.filter(|cents| *cents != opening.budget_cents) {
            noted(self, "budget", opening.budget_cents.to_string());
            change.budget_cents = Some(budget);
        }
        let financing = value(cells, "financing", "OWN_STAFF, CONTRACT", language, financing)?;
        if let Some(financing) = financing.filter(|one| opening.financing != Some(*one)) {
            noted(self, "financing", opening.financing.map_or_else(String::new, |one| named(&one)));
            change.financing = Some(financing);
        }
        if let Some(names) = text("contractors") {
            let names = names.split('|').map(str::trim).filter(|name| !name.is_empty());
            let all: Vec<_> = names.map(|name| Contractor { name: Hidden::Disclosed(name.to_owned()) }).collect();
            if all != opening.contractors {
                let before: Vec<_> = opening.contractors.iter().map(|one| shown(&one.name)).collect();
                noted(self, "contractors", before.join(" | "));
                change.contractors = Some(all);
            }
        }
        let before = opening.place.clone().unwrap_or_default();
        let place = place(cells, &before, language)?;
        if place != before {
            let column =
                ["latitude", "longitude", "address", "postcode"].into_iter().find(|one| cells.contains_key(one));
            noted(self, column.unwrap_or("latitude"), String::new());
            change.place = Some(place);
        }
        Ok(first.map(|(line, column)| (line, column, change)))
    }

    /// What the cells plan, reach and correct.
    fn stages(
        &mut self,
        cells: &BTreeMap<&'static str, (u64, String)>,
        reason: Option<&str>,
    ) -> Result<Vec<Asked>, Fault> {
        let (mut plans, mut reached) = (BTreeMap::new(), Vec::new());
        let (mut first, mut moves) = (None, false);
        for (milestone, [planned_in, reached_in]) in Milestone::ALL.into_iter().zip(STAGES) {
            let row = self.row.milestones.iter().find(|row| row.milestone == milestone);
            let planned = row.and_then(|row| row.plans.last()).map(|plan| plan.on);
            let was = row.and_then(|row| row.reached).map(|(on, _)| on);
            if let Some(on) = value(cells, planned_in, DATE, self.language, date)?.filter(|on| planned != Some(*on)) {
                let line = cells.get(planned_in).map_or(0, |(line, _)| *line);
                self.note(line, planned_in, planned.map_or_else(String::new, |on| on.to_string()), &on.to_string());
                first.get_or_insert((line, planned_in));
                plans.insert(milestone, on);
                moves |= planned.is_some();
            }
            let on = value(cells, reached_in, DATE, self.language, date)?;
            let Some(on) = on.filter(|on| was != Some(Some(*on))) else { continue };
            let line = cells.get(reached_in).map_or(0, |(line, _)| *line);
            let before = was.flatten().map_or_else(String::new, |on| on.to_string());
            self.note(line, reached_in, before, &on.to_string());
            let ask = match was {
                None => Ask::Reach { milestone, on: Some(on) },
                Some(_) => Ask::Correct { milestone, on: Some(on), reason: reason.unwrap_or_default().to_owned() },
            };
            reached.push(Asked { line, column: reached_in, ask });
        }
        let plan = first.map(|(line, column)| {
            // The reason of a line may be for something else that it changes.
            let ask = Ask::PlanAll { plans, reason: reason.filter(|_| moves).map(str::to_owned) };
            Asked { line, column, ask }
        });
        Ok(plan.into_iter().chain(reached).collect())
    }

    fn spending(&mut self, line: &Line, reason: Option<&str>) -> Read<Asked> {
        let number = line.number;
        let cells: BTreeMap<&'static str, (u64, String)> =
            line.cells.iter().map(|(column, cell)| (*column, (number, cell.clone()))).collect();
        let amount = value(&cells, "spending_amount", "12345.67", self.language, money)?;
        let on = value(&cells, "spending_on", DATE, self.language, date)?;
        let kind = value(&cells, "spending_kind", "COMMITTED, PAID", self.language, kind)?;
        let given = |column: &str| line.cells.get(column).cloned();
        let Some(reference) = given("spending_line") else {
            let alone = ["spending_amount", "spending_on", "spending_kind", "spending_label"];
            let told = alone.into_iter().any(|column| line.cells.contains_key(column));
            let fault = || Form::Value.on(number, "spending_line", "EJ-2027-001", self.language);
            return if told { Err(fault()) } else { Ok(None) };
        };
        let missing = |column, example| Form::Value.on(number, column, example, self.language);
        let cents = amount.ok_or_else(|| missing("spending_amount", "12345.67"))?;
        let on = on.ok_or_else(|| missing("spending_on", DATE))?;
        let all = self.row.spending();
        let known = all.iter().find(|one| one.line == reference).map(|one| (one.cents, one.on, one.kind));
        let ask = match known {
            None => {
                let kind = kind.ok_or_else(|| missing("spending_kind", "COMMITTED, PAID"))?;
                let label = given("spending_label").unwrap_or_default();
                Ask::RecordSpending { line: reference, kind, cents, on, label }
            }
            Some((_, _, is)) if kind.is_some_and(|kind| kind != is) => {
                return Err(Form::Conflict.on(number, "spending_kind", &named(&is), self.language));
            }
            Some((was, day, _)) if (was, day) == (cents, on) => return Ok(None),
            Some(_) => {
                let reason = reason.unwrap_or_default().to_owned();
                Ask::CorrectSpending { line: reference, cents, on, reason }
            }
        };
        let before = known.map_or_else(String::new, |(cents, on, _)| format!("{cents}, {on}"));
        self.note(number, "spending_amount", before, &format!("{cents}, {on}"));
        Ok(Some(Asked { line: number, column: "spending_amount", ask }))
    }
}

/// The columns of each stage: planned and reached.
const STAGES: [[&str; 2]; 5] = [
    ["studies_planned", "studies_reached"],
    ["procedures_planned", "procedures_reached"],
    ["works_planned", "works_reached"],
    ["delivery_planned", "delivery_reached"],
    ["done_planned", "done_reached"],
];

/// How a date is written.
const DATE: &str = "2027-03-12, 2027-03, 12/03/2027";

/// The column that a rule's field stands for; none where the command's own column says more.
fn column_of(field: &str) -> Option<&'static str> {
    Some(match field {
        "title" => "title",
        "area" => "area",
        "department" => "department",
        "budget" => "budget",
        "point" => "latitude",
        "address" => "address",
        "postcode" => "postcode",
        "contractors" => "contractors",
        "reason" => "reason",
        "line" => "spending_line",
        "amount" => "spending_amount",
        "label" => "spending_label",
        _ => return None,
    })
}

fn value<T>(
    cells: &BTreeMap<&'static str, (u64, String)>,
    column: &'static str,
    example: &str,
    language: Language,
    read: impl Fn(&str) -> Option<T>,
) -> Read<T> {
    let Some((line, cell)) = cells.get(column) else { return Ok(None) };
    read(cell).map(Some).ok_or_else(|| Form::Value.on(*line, column, example, language))
}

fn parsed<T: FromStr>(
    cells: &BTreeMap<&'static str, (u64, String)>,
    column: &'static str,
    example: &str,
    language: Language,
) -> Read<T> {
    value(cells, column, example, language, |cell| cell.parse().ok())
}

/// `2027-03-12`, `2027-03`, or `12/03/2027` as it is written in France.
fn date(cell: &str) -> Option<CalendarDate> {
    let parts: Vec<&str> = cell.split('/').collect();
    let [day, month, year] = parts[..] else { return cell.parse().ok() };
    format!("{year}-{month:0>2}-{day:0>2}").parse().ok()
}

/// `1 234,50` as well as `1234.5`; below zero too, for the rule to refuse.
fn money(cell: &str) -> Option<Cents> {
    let plain: String = cell.chars().filter(|c| !c.is_whitespace() && *c != '€').collect();
    match plain.strip_prefix('-') {
        Some(below) => Cents::new(-Cents::from_decimal(below)?.get()),
        None => Cents::from_decimal(&plain),
    }
}

fn financing(cell: &str) -> Option<Financing> {
    match cell.to_lowercase().as_str() {
        "own_staff" | "régie" | "regie" => Some(Financing::OwnStaff),
        "contract" | "marché" | "marche" => Some(Financing::Contract),
        _ => None,
    }
}

fn kind(cell: &str) -> Option<SpendingKind> {
    match cell.to_lowercase().as_str() {
        "committed" | "engagé" | "engage" => Some(SpendingKind::Committed),
        "paid" | "payé" | "paye" | "mandaté" | "mandate" => Some(SpendingKind::Paid),
        _ => None,
    }
}

/// The code of a value, as it stands in the log.
fn named(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The place with what the cells say of it.
fn place(
    cells: &BTreeMap<&'static str, (u64, String)>,
    before: &Location,
    language: Language,
) -> Result<Location, Fault> {
    let mut place = before.clone();
    let latitude = value(cells, "latitude", "48.856613", language, degrees)?;
    let longitude = value(cells, "longitude", "2.352222", language, degrees)?;
    match (latitude, longitude) {
        (Some(latitude_e6), Some(longitude_e6)) => place.point = Some(Point { latitude_e6, longitude_e6 }),
        (None, None) => {}
        (Some(_), None) | (None, Some(_)) => {
            let (there, missing) =
                if latitude.is_some() { ("latitude", "longitude") } else { ("longitude", "latitude") };
            let line = cells.get(there).map_or(0, |(line, _)| *line);
            return Err(Form::Value.on(line, missing, "48.856613", language));
        }
    }
    let text = |column: &str| cells.get(column).map(|(_, cell)| cell.clone());
    let (address, postcode) = (text("address"), text("postcode"));
    if address.is_some() || postcode.is_some() {
        let was = place.address.take();
        let (said, code) = was.map_or((Hidden::default(), String::new()), |was| (was.text, was.postcode));
        let text = address.map_or(said, Hidden::Disclosed);
        place.address = Some(Address { text, postcode: postcode.unwrap_or(code) });
    }
    Ok(place)
}

/// Millionths of a degree from a decimal with a dot or a comma, further decimals cut off.
fn degrees(cell: &str) -> Option<i32> {
    let (below, digits) = cell.strip_prefix('-').map_or((false, cell), |digits| (true, digits));
    let (whole, decimals) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(decimals) {
        return None;
    }
    let whole: i32 = whole.parse().ok().filter(|whole| *whole <= 360)?;
    let decimals = decimals.get(..6).unwrap_or(decimals);
    let decimals: i32 = format!("{decimals:0<6}").parse().ok()?;
    let e6 = whole * 1_000_000 + decimals;
    Some(if below { -e6 } else { e6 })
}
