//! Reading Pabulib files (`.pb`), the exchange format of past elections.
//!
//! Owns the three sections and what their columns mean. A file that can't be
//! understood is a [`PabulibError`] with its line; what is odd but
//! understandable is kept as it stands and reported as an [`Anomaly`].
//! Voters' other columns (age, sex, …) are read past and not kept: ballots
//! need none of them.
//! Format: <https://pabulib.org>; Faliszewski et al., "Participatory
//! Budgeting: Data, Tools, and Analysis", IJCAI 2023.
//! Look next at `pabulib_rows.rs` (rows and numbers), `pabulib_meta.rs` (what
//! the META section means) and `pabulib_check.rs` (whether the file agrees with
//! itself).

use crate::pabulib_meta::{Meta, MetaRows, VoteType};
use crate::pabulib_rows::{Columns, amount, for_each_row, whole_number};
use crate::{
    Ballot, BallotType, Candidate, Cents, Channel, Choice, Election, Rule, TallyRule, TieBreak, pabulib_check,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Pabulib file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PabulibFile {
    /// The META section as written: `description`, `country`, `unit`, `instance`, …
    pub meta: BTreeMap<String, String>,
    /// The budget.
    pub budget: Cents,
    /// The ballot type that `vote_type` and the limits amount to.
    pub ballot_type: BallotType,
    /// The declared rule with its threshold; `None` when it isn't one that can be counted here.
    pub declared_rule: Option<TallyRule>,
    /// The least score declared (`min_project_score_threshold`).
    pub threshold: Option<u64>,
    /// The projects, in the file's order.
    pub projects: Vec<PabulibProject>,
    /// The ballots, in the file's order.
    pub votes: Vec<PabulibVote>,
    /// Ids that ballots name and no project has. A choice whose index is
    /// `projects.len() + i` names the i-th of these.
    pub unknown_projects: Vec<String>,
    /// What is odd, by line.
    pub anomalies: Vec<Anomaly>,
}

/// A row of the PROJECTS section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PabulibProject {
    /// Its line in the file, from 1.
    pub line: u64,
    /// `project_id`, unique.
    pub id: String,
    /// `cost`.
    pub cost: Cents,
    /// Whether the cost is 999999999, the format's mark of a withdrawn project.
    pub withdrawn: bool,
    /// `name`, empty if there is none.
    pub name: String,
    /// `selected`: 0 not funded, 1 funded, 2 and 3 funded by other means.
    pub selected: Option<u8>,
    /// `votes`: the ballots for it, as the file counts.
    pub votes: Option<i64>,
    /// `score`: its points, as the file counts.
    pub score: Option<i64>,
    /// Every other column that isn't empty: `category`, `district`, `subunit`,
    /// `latitude`, `longitude`, `description`, `proposer`, … `target` is kept
    /// under its newer name, `beneficiaries`.
    pub columns: BTreeMap<String, String>,
}

/// A row of the VOTES section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PabulibVote {
    /// Its line in the file, from 1.
    pub line: u64,
    /// `voter_id`, as a rule unique in the file.
    pub voter_id: String,
    /// The ballot as cast; `voting_method` gives its channel (digital if there is none).
    pub ballot: Ballot,
}

/// Something odd in a file, kept as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// Its line in the file, from 1.
    pub line: u64,
    /// A stable code.
    pub code: String,
    /// What it is.
    pub message: String,
}

impl Anomaly {
    pub(crate) fn new(line: u64, code: &str, message: String) -> Self {
        Self { line, code: code.to_owned(), message }
    }
}

/// Why a file can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct PabulibError {
    /// A stable code.
    pub code: &'static str,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub message: String,
}

impl PabulibError {
    pub(crate) fn new(line: u64, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, line, message: message.into() }
    }
}

/// What the format writes, in units of the currency, for a project that was withdrawn.
const WITHDRAWN_COST_UNITS: i64 = 999_999_999;

impl PabulibFile {
    /// Reads a file: UTF-8 with or without a byte order mark, lines ended by LF or CRLF.
    ///
    /// # Errors
    /// A [`PabulibError`] for anything that leaves no one meaning: not UTF-8, a
    /// missing section, key or column, a row too short or too long, a number or
    /// amount that isn't one, a project id used twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, PabulibError> {
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let good = bytes.get(..e.valid_up_to()).unwrap_or_default();
            let line = u64::try_from(good.iter().filter(|b| **b == b'\n').count());
            let message = "this isn't UTF-8: save the file as UTF-8";
            PabulibError::new(line.unwrap_or(0) + 1, "NOT_UTF8", message)
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut parser = Parser::default();
        let last_line = for_each_row(text, |line, row| parser.row(line, row))?;
        let (mut file, meta) = parser.finish(last_line)?;
        pabulib_check::check(&mut file, &meta);
        file.anomalies.sort_by_key(|a| a.line);
        Ok(file)
    }

    /// The rule to count the file under: the declared one, or `GREEDY` with the
    /// file's threshold where that isn't supported (then there is an anomaly
    /// `RULE_NOT_SUPPORTED`).
    pub fn rule_in_use(&self) -> TallyRule {
        let default = || TallyRule {
            rule: Rule::Greedy,
            min_score: self.threshold.map(crate::MinScore::Score),
            tie_break: TieBreak::CHEAP.to_vec(),
            around: crate::Around::default(),
        };
        self.declared_rule.clone().unwrap_or_else(default)
    }

    /// The election, its ballots as cast.
    pub fn to_election(&self) -> Election {
        let candidates =
            self.projects.iter().map(|p| Candidate { withdrawn: p.withdrawn, ..Candidate::new(&p.id, p.cost) });
        Election {
            budget: self.budget,
            candidates: candidates.collect(),
            ballot_type: self.ballot_type.clone(),
            ballots: self.votes.iter().map(|v| v.ballot.clone()).collect(),
            keep_as_cast: true,
            sheets: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    #[default]
    Before,
    Meta,
    Projects,
    Votes,
}

impl Section {
    fn named(row: &csv::StringRecord) -> Option<Self> {
        if row.iter().skip(1).any(|field| !field.is_empty()) {
            return None;
        }
        match row.get(0) {
            Some("META") => Some(Self::Meta),
            Some("PROJECTS") => Some(Self::Projects),
            Some("VOTES") => Some(Self::Votes),
            Some(_) | None => None,
        }
    }
}

#[derive(Default)]
struct Parser {
    section: Section,
    columns: Option<Columns>,
    meta_rows: MetaRows,
    meta: Option<Meta>,
    projects: Vec<PabulibProject>,
    /// The index of each project id, unknown ones that ballots name included.
    index_of: BTreeMap<String, usize>,
    votes: Vec<PabulibVote>,
    unknown_projects: Vec<String>,
    anomalies: Vec<Anomaly>,
}

impl Parser {
    fn row(&mut self, line: u64, row: &csv::StringRecord) -> Result<(), PabulibError> {
        if let Some(section) = Section::named(row) {
            return self.open(line, section);
        }
        let Some(columns) = self.columns.take() else {
            self.columns = Some(self.header(line, row)?);
            return Ok(());
        };
        match self.section {
            Section::Before => {}
            Section::Meta => {
                let anomaly = self.meta_rows.add(line, &columns.0, row)?;
                self.anomalies.extend(anomaly);
            }
            Section::Projects => self.project(line, &columns, row)?,
            Section::Votes => self.vote(line, &columns, row)?,
        }
        self.columns = Some(columns);
        Ok(())
    }

    fn open(&mut self, line: u64, section: Section) -> Result<(), PabulibError> {
        let before = match section {
            Section::Before | Section::Meta => Section::Before,
            Section::Projects => Section::Meta,
            Section::Votes => Section::Projects,
        };
        if self.section != before {
            let message = "the sections must be META, PROJECTS, VOTES, once each, in this order";
            return Err(PabulibError::new(line, "SECTION_OUT_OF_ORDER", message));
        }
        if before != Section::Before && self.columns.is_none() {
            let message = "the section before this one is empty: it needs its header row";
            return Err(PabulibError::new(line, "SECTION_EMPTY", message));
        }
        if section == Section::Projects {
            let (meta, anomalies) = Meta::read(&self.meta_rows, line)?;
            self.meta = Some(meta);
            self.anomalies.extend(anomalies);
        }
        self.section = section;
        self.columns = None;
        Ok(())
    }

    fn header(&self, line: u64, row: &csv::StringRecord) -> Result<Columns, PabulibError> {
        match self.section {
            Section::Before => {
                let message = "a Pabulib file begins with the line META: is this one?";
                Err(PabulibError::new(line, "SECTION_MISSING", message))
            }
            Section::Meta => Columns::read(line, "META", row, &["key", "value"]),
            Section::Projects => Columns::read(line, "PROJECTS", row, &["project_id", "cost"]),
            Section::Votes if self.has_points() => Columns::read(line, "VOTES", row, &["voter_id", "vote", "points"]),
            Section::Votes => Columns::read(line, "VOTES", row, &["voter_id", "vote"]),
        }
    }

    fn has_points(&self) -> bool {
        self.meta.as_ref().is_some_and(|m| match m.vote_type {
            VoteType::Cumulative | VoteType::Scoring => true,
            VoteType::Approval | VoteType::ChooseOne | VoteType::Ordinal => false,
        })
    }

    fn project(&mut self, line: u64, columns: &Columns, row: &csv::StringRecord) -> Result<(), PabulibError> {
        let mut project = PabulibProject {
            line,
            id: String::new(),
            cost: Cents::ZERO,
            withdrawn: false,
            name: String::new(),
            selected: None,
            votes: None,
            score: None,
            columns: BTreeMap::new(),
        };
        for (column, field) in columns.fields(line, row)? {
            match column {
                "project_id" => field.clone_into(&mut project.id),
                "cost" => project.cost = amount(line, column, field)?,
                "name" => field.clone_into(&mut project.name),
                _ if field.is_empty() => {}
                "selected" => {
                    project.selected = field.parse().ok().filter(|s| *s <= 3);
                    if project.selected.is_none() {
                        let message = format!("`selected` is `{field}`, not 0 to 3: left out");
                        let odd = Anomaly::new(line, "BAD_SELECTED", message);
                        self.anomalies.push(odd);
                    }
                }
                "votes" => project.votes = Some(whole_number(line, column, field)?),
                "score" => project.score = Some(whole_number(line, column, field)?),
                "target" => {
                    let new_name = "beneficiaries".to_owned();
                    project.columns.insert(new_name, field.to_owned());
                }
                _ => {
                    project.columns.insert(column.to_owned(), field.to_owned());
                }
            }
        }
        if project.id.is_empty() {
            let message = "a project has no id: give it one";
            return Err(PabulibError::new(line, "PROJECT_ID_MISSING", message));
        }
        project.withdrawn = Cents::from_units(WITHDRAWN_COST_UNITS) == Some(project.cost);
        let index = self.projects.len();
        if self.index_of.insert(project.id.clone(), index).is_some() {
            let message = format!("the project id `{}` is used twice: change one", project.id);
            return Err(PabulibError::new(line, "PROJECT_ID_REPEATED", message));
        }
        self.projects.push(project);
        Ok(())
    }

    fn vote(&mut self, line: u64, columns: &Columns, row: &csv::StringRecord) -> Result<(), PabulibError> {
        let (mut voter_id, mut vote, mut points, mut method) = ("", "", "", "");
        for (column, field) in columns.fields(line, row)? {
            match column {
                "voter_id" => voter_id = field,
                "vote" => vote = field,
                "points" => points = field,
                "voting_method" => method = field,
                _ => {}
            }
        }
        let channel = match method {
            "paper" => Channel::Paper,
            "" | "internet" => Channel::Digital,
            _ => {
                let message = format!("the voting method `{method}` is counted as digital");
                let odd = Anomaly::new(line, "VOTING_METHOD_UNKNOWN", message);
                self.anomalies.push(odd);
                Channel::Digital
            }
        };
        let choices = self.choices(line, vote, points)?;
        self.votes.push(PabulibVote { line, voter_id: voter_id.to_owned(), ballot: Ballot { channel, choices } });
        Ok(())
    }

    fn choices(&mut self, line: u64, vote: &str, points: &str) -> Result<Vec<Choice>, PabulibError> {
        let mut choices = Vec::with_capacity(vote.bytes().filter(|b| *b == b',').count() + 1);
        if vote.is_empty() {
            return Ok(choices);
        }
        let mut points = points.split(',').map(str::trim).filter(|p| !p.is_empty());
        for id in vote.split(',').map(str::trim) {
            let given = match (self.has_points(), points.next()) {
                (true, Some(given)) => Some(whole_number(line, "points", given)?),
                (true, None) => {
                    let message = format!("no points are given for `{id}`: it gets none");
                    let odd = Anomaly::new(line, "POINTS_MISSING", message);
                    self.anomalies.push(odd);
                    None
                }
                (false, _) => None,
            };
            if id.is_empty() {
                let message = "an id between two commas is empty: passed over".to_owned();
                let odd = Anomaly::new(line, "CHOICE_EMPTY", message);
                self.anomalies.push(odd);
                continue;
            }
            let project = self.index_or_unknown(line, id);
            choices.push(Choice { project, points: given });
        }
        if self.has_points() && points.next().is_some() {
            let message = "more points than projects: the last are passed over".to_owned();
            let odd = Anomaly::new(line, "POINTS_LEFT_OVER", message);
            self.anomalies.push(odd);
        }
        Ok(choices)
    }

    fn index_or_unknown(&mut self, line: u64, id: &str) -> usize {
        let known = self.projects.len();
        let index = self.index_of.get(id).copied().unwrap_or_else(|| {
            let next = known + self.unknown_projects.len();
            self.unknown_projects.push(id.to_owned());
            self.index_of.insert(id.to_owned(), next);
            next
        });
        if index >= known {
            let message = format!("the ballot names `{id}`, which no project has: not counted");
            let odd = Anomaly::new(line, "PROJECT_UNKNOWN", message);
            self.anomalies.push(odd);
        }
        index
    }

    fn finish(self, last_line: u64) -> Result<(PabulibFile, Meta), PabulibError> {
        let missing = match self.section {
            Section::Before => "META",
            Section::Meta => "PROJECTS",
            Section::Projects => "VOTES",
            Section::Votes => "the header row of VOTES",
        };
        let complete = self.section == Section::Votes && self.columns.is_some();
        let Some(meta) = self.meta.filter(|_| complete) else {
            let message = format!("the file ends before {missing}: is it cut off?");
            return Err(PabulibError::new(last_line, "SECTION_MISSING", message));
        };
        let file = PabulibFile {
            meta: self.meta_rows.into_values(),
            budget: meta.budget,
            ballot_type: meta.ballot_type(&self.projects, &self.votes),
            declared_rule: meta.rule.clone(),
            threshold: meta.threshold,
            projects: self.projects,
            votes: self.votes,
            unknown_projects: self.unknown_projects,
            anomalies: self.anomalies,
        };
        Ok((file, meta))
    }
}
