//! What a city configures: areas, themes, departments, calendar, form, rules.
//!
//! White label: nothing here knows a city. Checked as a whole, so that a campaign
//! that exists can be run to its end.

use crate::phase::{Period, Phase};
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, DepartmentId, Hidden, Rejection, ThemeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tally::{BallotType, Leftovers, TallyRule};

pub use crate::practice::{DepositorRule, InstructionRules, Moderation, Participation, Tongue};

/// Where a campaign's events come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Provenance {
    /// Run on Parvis: every rule applies when an event is written.
    #[default]
    Native,
    /// A past election taken from published data: ballots are kept as they were cast, also where
    /// they break the rules, and steps that the data doesn't tell are skipped.
    Imported,
}

/// The extent of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AreaKind {
    /// The whole city (`Tout Paris`).
    WholeCity,
    /// One district (`arrondissement`); a voter chooses one.
    District,
    /// A school (`budget participatif des écoles`): its pupils vote on its projects at a station that an
    /// agent runs, and nobody else does.
    School,
}

/// A part of the city with its own envelope and ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Its id, e.g. `75011`.
    pub id: AreaId,
    /// Its extent.
    pub kind: AreaKind,
    /// Its name.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub name: Hidden<String>,
    /// What its winners may cost together, in cents (`enveloppe`).
    pub envelope_cents: Cents,
    /// Inhabitants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<u32>,
    /// What a voter may write on its ballot.
    pub ballot: BallotType,
    /// The postcodes by which its addresses are recognised; none where nobody asks for addresses. One
    /// postcode may serve two areas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postcodes: Vec<String>,
}

/// A theme or a department: an id and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named<Id> {
    /// Its id.
    pub id: Id,
    /// Its name.
    #[serde(default = "redacted", skip_serializing_if = "Hidden::is_redacted")]
    pub name: Hidden<String>,
}

fn redacted() -> Hidden<String> {
    Hidden::Redacted
}

/// Lengths of text that the deposit form accepts, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormLimits {
    /// Shortest title.
    pub title_min: u32,
    /// Longest title, at most 300.
    pub title_max: u32,
    /// Shortest description.
    pub description_min: u32,
    /// Longest description, at most 20,000.
    pub description_max: u32,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self { title_min: 15, title_max: 60, description_min: 500, description_max: 2_000 }
    }
}

/// How ballots are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BallotBox {
    /// Choices are readable events (imports, polls, schools).
    Open,
    /// Ballots are sealed until the urn is opened, after the vote.
    Sealed,
}

/// How a sealed box is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SealedRules {
    /// How many shares of the key open the urn, from 2.
    pub threshold: u8,
    /// How many people hold a share, from `threshold` on.
    pub holders: u8,
    /// The fewest ballots that are published together while the vote is open, from 1.
    pub batch_least: u16,
    /// Whether a paper counts in place of a sealed ballot of the same voter; else the ballot does.
    pub paper_overrides: bool,
    /// How many days people can object before the urn is opened, at most 60.
    pub objection_days: u16,
    /// How many hours after the end of the vote every ballot stands in the log at the latest, from 1.
    pub receipt_hours: u16,
}

impl Default for SealedRules {
    fn default() -> Self {
        Self { threshold: 3, holders: 5, batch_least: 20, paper_overrides: true, objection_days: 3, receipt_hours: 48 }
    }
}

/// What is frozen when the vote opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How ballots are kept.
    pub ballot_box: BallotBox,
    /// How winners follow from ballots, in each area's own envelope.
    pub tally: TallyRule,
    /// How the sealed box is run; as by default where it isn't said. None in an open one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedRules>,
    /// How many polling places are read once more, drawn by the public lot (`audit`), 1 to 100; none where
    /// the city doesn't bind itself to any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audited_places: Option<u16>,
}

/// The most polling places of an audit.
pub const MOST_AUDITED: u16 = 100;

/// A campaign as configured (`campagne`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Its short code, unique in a store: `P2018`.
    pub code: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// The city or territory.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub territory: Hidden<String>,
    /// The year it is named after.
    pub year: u16,
    /// ISO 4217 code of the currency; amounts are in its hundredths.
    pub currency: String,
    /// Where its events come from.
    #[serde(default)]
    pub provenance: Provenance,
    /// The published data it was taken from, when imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Hidden<String>>,
    /// Its areas.
    pub areas: Vec<Area>,
    /// Its themes.
    pub themes: Vec<Named<ThemeId>>,
    /// The departments that instruct and build.
    pub departments: Vec<Named<DepartmentId>>,
    /// Its phases with their planned times.
    pub calendar: Vec<Period>,
    /// The operator confirmed the times between phases in which nothing is open.
    #[serde(default)]
    pub gaps_confirmed: bool,
    /// Limits of the deposit form.
    #[serde(default)]
    pub form: FormLimits,
    /// How people take part: language, depositors, moderation, neighbourhoods.
    #[serde(default, skip_serializing_if = "Participation::is_default")]
    pub participation: Participation,
    /// How departments instruct: criteria and delays.
    #[serde(default, skip_serializing_if = "InstructionRules::is_default")]
    pub instruction: InstructionRules,
    /// The rules that are frozen when the vote opens.
    pub rules: Rules,
}

impl Configuration {
    /// The area with this id.
    pub fn area(&self, id: &AreaId) -> Option<&Area> {
        self.areas.iter().find(|area| area.id == *id)
    }

    /// Refuses an area that isn't configured.
    pub fn require_area(&self, id: &AreaId) -> Result<&Area, Rejection> {
        self.area(id).ok_or_else(|| Code::UnknownArea.on("area").with(id))
    }

    /// Refuses a theme that isn't configured.
    pub fn require_theme(&self, id: &ThemeId) -> Result<(), Rejection> {
        ensure(self.themes.iter().any(|theme| theme.id == *id), || Code::UnknownTheme.on("theme").with(id))
    }

    /// Refuses a department that isn't configured.
    pub fn require_department(&self, id: &DepartmentId) -> Result<(), Rejection> {
        let known = self.departments.iter().any(|department| department.id == *id);
        ensure(known, || Code::UnknownDepartment.on("department").with(id))
    }

    /// Checks the whole: names what is wrong and where.
    ///
    /// # Errors
    /// [`Code::ConfigurationInvalid`] with the field and the reason.
    pub fn check(&self) -> Result<(), Rejection> {
        let invalid = |field: &str, why: String| Code::ConfigurationInvalid.on(field).with(why);
        let code_fits = (1..=64).contains(&self.code.len())
            && self.code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        ensure(code_fits, || invalid("code", "1 to 64 of the characters A-Z a-z 0-9 . _ -".into()))?;
        let currency_fits = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        ensure(currency_fits, || invalid("currency", "three capital letters of ISO 4217, e.g. EUR".into()))?;
        ensure((1900..=9999).contains(&self.year), || invalid("year", "1900 to 9999".into()))?;
        ensure(!self.areas.is_empty(), || invalid("areas", "at least one area".into()))?;
        let whole = self.areas.iter().filter(|area| area.kind == AreaKind::WholeCity).count();
        ensure(whole <= 1, || invalid("areas", "at most one area for the whole city".into()))?;
        distinct("areas", self.areas.iter().map(|area| area.id.as_str()))?;
        distinct("themes", self.themes.iter().map(|theme| theme.id.as_str()))?;
        distinct("departments", self.departments.iter().map(|department| department.id.as_str()))?;
        for area in &self.areas {
            let positive = area.envelope_cents >= Cents::ZERO;
            ensure(positive, || invalid("areas", format!("envelope of {} below zero", area.id)))?;
            check_ballot(area).map_err(|why| invalid("areas", format!("ballot of {}: {why}", area.id)))?;
        }
        for area in &self.areas {
            distinct("areas", area.postcodes.iter().map(String::as_str))?;
            let fits = area.postcodes.iter().all(|code| (1..=16).contains(&code.len()) && code.trim() == code);
            ensure(fits, || invalid("areas", format!("postcodes of {}: 1 to 16 characters", area.id)))?;
        }
        self.check_around().map_err(|why| invalid("rule", why))?;
        if self.provenance == Provenance::Native {
            self.check_names()?;
        }
        self.participation.check()?;
        self.instruction.check()?;
        self.rules.check_box().map_err(|why| invalid("rules", why.into()))?;
        let form = self.form;
        let bounded = form.title_max <= MOST_TITLE && form.description_max <= MOST_DESCRIPTION;
        ensure(bounded, || invalid("form", format!("at most {MOST_TITLE} and {MOST_DESCRIPTION} characters")))?;
        let ordered = form.title_min <= form.title_max && form.description_min <= form.description_max;
        ensure(ordered, || invalid("form", "a shortest length above the longest".into()))?;
        self.check_calendar().map_err(|why| invalid("calendar", why))
    }

    /// Refuses what stands around the rule where the campaign has nothing for it to bear on.
    fn check_around(&self) -> Result<(), String> {
        self.rules.tally.check().map_err(|error| error.to_string())?;
        // A campaign that exists can be run to its end: the rule can count every area's ballots.
        for area in &self.areas {
            self.rules.tally.rule.fits(&area.ballot).map_err(|error| format!("{}: {error}", area.id))?;
            self.rules.tally.within(area.id.as_str()).check().map_err(|error| format!("{}: {error}", area.id))?;
        }
        let around = &self.rules.tally.around;
        let known = |id: &String| self.areas.iter().any(|area| area.id.as_str() == id);
        if let Some(unknown) = around.winners_in.keys().find(|id| !known(id)) {
            return Err(format!("a number of winners for {unknown}, which is no area: name one of the areas"));
        }
        let of_city = self.areas.iter().any(|area| area.kind == AreaKind::WholeCity);
        let mut districts = self.areas.iter().filter(|area| area.kind == AreaKind::District).peekable();
        let some = districts.peek().is_some();
        if around.groups.is_some() && !(of_city && some) {
            return Err(
                "limits per group need a list of the whole city and districts: add them, or leave the limits out"
                    .into(),
            );
        }
        match around.leftovers {
            Leftovers::Nowhere => Ok(()),
            Leftovers::City if of_city && some => Ok(()),
            Leftovers::City => Err("leftovers can go to the city where it has a list beside the districts'".into()),
            Leftovers::HighestTurnout if some && districts.all(|area| area.population.is_some_and(|n| n > 0)) => Ok(()),
            Leftovers::HighestTurnout => {
                Err("the highest turnout needs districts, each with its number of inhabitants: add it".into())
            }
        }
    }

    /// Published data of the past may lack names; what people are asked to read has them.
    fn check_names(&self) -> Result<(), Rejection> {
        named("title", [&self.title])?;
        named("territory", [&self.territory])?;
        named("areas", self.areas.iter().map(|one| &one.name))?;
        named("themes", self.themes.iter().map(|one| &one.name))?;
        named("departments", self.departments.iter().map(|one| &one.name))?;
        named("neighbourhoods", self.participation.neighbourhoods.iter().map(|one| &one.name))?;
        named("criteria", self.instruction.criteria.iter().map(|one| &one.name))
    }

    /// Refuses to do without what people may have named since deposits were opened: proposals, projects
    /// and verdicts are streams of their own, which the campaign doesn't read. More may come at any time.
    pub(crate) fn check_kept(&self, before: &Self) -> Result<(), Rejection> {
        let kept = |field: &str, gone: Option<String>| match gone {
            Some(gone) => Err(Code::ConfigurationInvalid.on(field).with(format!("{gone} is in use and stays"))),
            None => Ok(()),
        };
        let other = |area: &&Area| self.area(&area.id).is_none_or(|now| now.kind != area.kind);
        kept("currency", (self.currency != before.currency).then(|| before.currency.clone()))?;
        kept("areas", before.areas.iter().find(other).map(|area| area.id.to_string()))?;
        kept("themes", gone(&before.themes, &self.themes))?;
        kept("departments", gone(&before.departments, &self.departments))?;
        let (was, now) = (&before.participation.neighbourhoods, &self.participation.neighbourhoods);
        kept("neighbourhoods", gone(was, now))?;
        kept("criteria", gone(&before.instruction.criteria, &self.instruction.criteria))
    }

    /// A new campaign like this one: under another code and year, every date so many whole days later,
    /// or earlier when `days` is below zero. It is run here, whatever this one was taken from.
    ///
    /// # Errors
    /// [`Code::OutOfRange`] when a date leaves the years 0 to 9999, and those of [`Self::check`].
    pub fn cloned(&self, code: String, year: u16, days: i64) -> Result<Self, Rejection> {
        let later = |moment: Timestamp| {
            let seconds = days.checked_mul(86_400).and_then(|seconds| moment.unix().checked_add(seconds));
            seconds.and_then(Timestamp::from_unix).ok_or_else(|| Code::OutOfRange.on("days").with(days))
        };
        let moved =
            |period: &Period| Ok(Period { phase: period.phase, start: later(period.start)?, end: later(period.end)? });
        let calendar = self.calendar.iter().map(moved).collect::<Result<_, Rejection>>()?;
        let clone = Self { code, year, calendar, provenance: Provenance::Native, source: None, ..self.clone() };
        clone.check()?;
        Ok(clone)
    }

    fn check_calendar(&self) -> Result<(), String> {
        if self.calendar.is_empty() {
            return Err("at least one phase".into());
        }
        for period in &self.calendar {
            if period.start >= period.end {
                return Err(format!("{} ends before it starts", period.phase.code()));
            }
        }
        for (one, next) in self.calendar.iter().zip(self.calendar.iter().skip(1)) {
            let (a, b) = (one.phase.code(), next.phase.code());
            if one.phase >= next.phase {
                return Err(format!("{b} can't come after {a}"));
            }
            if next.start < one.end {
                return Err(format!("{a} and {b} overlap"));
            }
            if next.start > one.end && !self.gaps_confirmed {
                return Err(format!("nothing is open between {a} and {b}: confirm the gaps or close them"));
            }
        }
        Ok(())
    }

    /// The planned times of a phase.
    pub fn period(&self, phase: Phase) -> Option<&Period> {
        self.calendar.iter().find(|period| period.phase == phase)
    }
}

/// The longest title and description that a form may accept, in characters.
const MOST_TITLE: u32 = 300;
const MOST_DESCRIPTION: u32 = 20_000;

/// The first of those before that is no longer there.
fn gone<Id: PartialEq + ToString>(before: &[Named<Id>], now: &[Named<Id>]) -> Option<String> {
    before.iter().find(|one| !now.iter().any(|other| other.id == one.id)).map(|one| one.id.to_string())
}

fn named<'a>(field: &str, names: impl IntoIterator<Item = &'a Hidden<String>>) -> Result<(), Rejection> {
    for text in names.into_iter().filter_map(Hidden::get) {
        let fits = (1..=200).contains(&text.trim().chars().count());
        ensure(fits, || Code::ConfigurationInvalid.on(field).with("a name has 1 to 200 characters"))?;
    }
    Ok(())
}

pub(crate) fn distinct<'a>(field: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for id in ids {
        ensure(seen.insert(id), || Code::ConfigurationInvalid.on(field).with(format!("{id} stands twice")))?;
    }
    Ok(())
}

impl Rules {
    fn check_box(&self) -> Result<(), &'static str> {
        if self.audited_places.is_some_and(|places| places == 0 || places > MOST_AUDITED) {
            return Err("an audit reads 1 to 100 polling places once more; leave it out for none");
        }
        let Some(sealed) = self.sealed else { return Ok(()) };
        if self.ballot_box != BallotBox::Sealed {
            return Err("an open box has no rules of a sealed one");
        }
        if sealed.threshold < 2 || sealed.threshold > sealed.holders {
            return Err("the urn opens with 2 to all of the shares");
        }
        if sealed.batch_least == 0 || sealed.receipt_hours == 0 {
            return Err("a batch has a ballot at least, and a receipt an hour");
        }
        if sealed.objection_days > 60 {
            return Err("people can object for 60 days at most");
        }
        Ok(())
    }
}

/// Beyond this the points of a few million ballots couldn't be added up exactly in JSON's integers.
const MOST_POINTS: i64 = 1_000_000;

/// More grades than anyone can tell apart.
const MOST_GRADES: usize = 20;

fn check_ballot(area: &Area) -> Result<(), &'static str> {
    let fits = match &area.ballot {
        BallotType::Approval { min, max } => min <= max && *max > 0,
        BallotType::ChooseOne => true,
        BallotType::Knapsack { budget_cents } => *budget_cents > Cents::ZERO,
        BallotType::Cumulative { points, max_per_project } => *points > 0 && *max_per_project > 0,
        BallotType::Ordinal { max } => *max > 0,
        BallotType::Scoring { min, max } => {
            if *min < -MOST_POINTS || *max > MOST_POINTS {
                return Err("more than a million points per project");
            }
            min < max
        }
        BallotType::MajorityJudgment { grades, default } => {
            let named: BTreeSet<&str> = grades.iter().map(String::as_str).filter(|grade| !grade.is_empty()).collect();
            let known = usize::try_from(*default).is_ok_and(|default| default < grades.len());
            if !(2..=MOST_GRADES).contains(&grades.len()) || named.len() != grades.len() || !known {
                return Err("it needs 2 to 20 different grades, and one of them as the default");
            }
            true
        }
    };
    if fits { Ok(()) } else { Err("its limits leave nothing to choose") }
}
