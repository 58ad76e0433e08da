//! What the META section of a Pabulib file means: ballot type, limits, rule.
//!
//! Owns the translation of the format's words into the vocabulary of
//! [`crate::ballot`] and [`crate::rule`]. Reads no projects and no votes.
//! Look next at `pabulib.rs`, which reads the rows.

use crate::pabulib_rows::{amount, whole_number};
use crate::{
    AddOne, Anomaly, Around, BallotType, Cents, MinScore, PabulibError, PabulibProject, PabulibVote, Rule, TallyRule,
    TieBreak, Utility,
};
use std::collections::BTreeMap;

/// The rows of META, each key with its line and value.
#[derive(Default)]
pub(crate) struct MetaRows(BTreeMap<String, (u64, String)>);

impl MetaRows {
    /// Takes a row in, and says what is odd about it.
    pub(crate) fn add(
        &mut self,
        line: u64,
        columns: &[String],
        row: &csv::StringRecord,
    ) -> Result<Option<Anomaly>, PabulibError> {
        let at = |name: &str| columns.iter().position(|c| c == name);
        let key = at("key").and_then(|i| row.get(i)).unwrap_or_default();
        let value = at("value").and_then(|i| row.get(i));
        let (false, Some(value)) = (key.is_empty(), value) else {
            let message = "a key or its value is missing: is the row cut off?";
            return Err(PabulibError::new(line, "ROW_TOO_SHORT", message));
        };
        let mut value = value.to_owned();
        let mut odd = None;
        let mut rest: Vec<&str> = row.iter().skip(columns.len()).collect();
        while rest.last().is_some_and(|field| field.is_empty()) {
            rest.pop();
        }
        // A comment with a bare semicolon is common and has one meaning.
        if !rest.is_empty() {
            value = format!("{value};{}", rest.join(";"));
            let message = format!("the value of `{key}` holds `;` without quotes: kept whole");
            odd = Some(Anomaly::new(line, "SEMICOLON_NOT_QUOTED", message));
        }
        if let Some((_, earlier)) = self.0.insert(key.to_lowercase(), (line, value)) {
            let message = format!("`{key}` is given again: `{earlier}` is passed over");
            odd = Some(Anomaly::new(line, "META_KEY_REPEATED", message));
        }
        Ok(odd)
    }

    /// The values by key.
    pub(crate) fn into_values(self) -> BTreeMap<String, String> {
        self.0.into_iter().map(|(k, (_, v))| (k, v)).collect()
    }

    /// The line and value of a key that has one.
    fn get(&self, key: &str) -> Option<(u64, &str)> {
        let (line, value) = self.0.get(key)?;
        (!value.is_empty()).then_some((*line, value.as_str()))
    }

    fn required(&self, key: &str, end: u64) -> Result<(u64, &str), PabulibError> {
        self.get(key).ok_or_else(|| {
            let message = format!("META has no `{key}`: add it");
            PabulibError::new(end, "META_KEY_MISSING", message)
        })
    }

    fn number<N: std::str::FromStr>(&self, key: &str) -> Result<Option<N>, PabulibError> {
        let found = self.get(key);
        found.map(|(l, v)| whole_number(l, key, v)).transpose()
    }

    fn cents(&self, key: &str) -> Result<Option<Cents>, PabulibError> {
        self.get(key).map(|(l, v)| amount(l, key, v)).transpose()
    }
}

/// `vote_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VoteType {
    Approval,
    ChooseOne,
    Ordinal,
    Cumulative,
    Scoring,
}

/// The limits a file declares for its ballots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) min_length: Option<u32>,
    pub(crate) max_length: Option<u32>,
    pub(crate) min_sum_cost: Option<Cents>,
    pub(crate) max_sum_cost: Option<Cents>,
    pub(crate) min_points: Option<i64>,
    pub(crate) max_points: Option<i64>,
    pub(crate) min_sum_points: Option<i64>,
    pub(crate) max_sum_points: Option<i64>,
}

/// META, understood.
pub(crate) struct Meta {
    pub(crate) budget: Cents,
    pub(crate) vote_type: VoteType,
    pub(crate) limits: Limits,
    pub(crate) rule: Option<TallyRule>,
    pub(crate) threshold: Option<u64>,
    /// `num_projects` and its line.
    pub(crate) num_projects: (u64, u64),
    /// `num_votes` and its line.
    pub(crate) num_votes: (u64, u64),
}

/// Keys that the format demands and the count can do without.
const DESCRIPTIVE: [&str; 6] = ["description", "country", "unit", "instance", "date_begin", "date_end"];

impl Meta {
    /// `end` is the line after the section, where a missing key is reported.
    pub(crate) fn read(rows: &MetaRows, end: u64) -> Result<(Self, Vec<Anomaly>), PabulibError> {
        let mut anomalies = Vec::new();
        for key in DESCRIPTIVE {
            if rows.get(key).is_none() {
                let message = format!("META has no `{key}`");
                anomalies.push(Anomaly::new(end, "META_KEY_MISSING", message));
            }
        }
        let count = |key| {
            let (line, value) = rows.required(key, end)?;
            Ok((line, whole_number(line, key, value)?))
        };
        let (budget_line, budget) = rows.required("budget", end)?;
        let (type_line, vote_type) = rows.required("vote_type", end)?;
        let (rule_line, rule) = rows.required("rule", end)?;
        let threshold = rows.number("min_project_score_threshold")?;
        if let Some((line, scoring)) = rows.get("scoring_fn")
            && !scoring.eq_ignore_ascii_case("borda")
        {
            let message = format!("the scoring function `{scoring}` isn't known: Borda is used");
            anomalies.push(Anomaly::new(line, "SCORING_FN_UNKNOWN", message));
        }
        let known = rule_named(rule, threshold);
        if known.is_none() {
            let message = format!("the rule `{rule}` isn't one of those counted here: GREEDY is used instead");
            anomalies.push(Anomaly::new(rule_line, "RULE_NOT_SUPPORTED", message));
        } else if rule == "greedy-threshold" && threshold.is_none() {
            let message = "no `min_project_score_threshold` is given: none is used".to_owned();
            anomalies.push(Anomaly::new(rule_line, "THRESHOLD_MISSING", message));
        }
        let meta = Self {
            budget: amount(budget_line, "budget", budget)?,
            vote_type: vote_type_named(type_line, vote_type)?,
            limits: Limits {
                min_length: rows.number("min_length")?,
                max_length: rows.number("max_length")?,
                min_sum_cost: rows.cents("min_sum_cost")?,
                max_sum_cost: rows.cents("max_sum_cost")?,
                min_points: rows.number("min_points")?,
                max_points: rows.number("max_points")?,
                min_sum_points: rows.number("min_sum_points")?,
                max_sum_points: rows.number("max_sum_points")?,
            },
            rule: known,
            threshold,
            num_projects: count("num_projects")?,
            num_votes: count("num_votes")?,
        };
        Ok((meta, anomalies))
    }

    /// The ballot type. A limit that isn't declared is as wide as the file's own ballots.
    pub(crate) fn ballot_type(&self, projects: &[PabulibProject], votes: &[PabulibVote]) -> BallotType {
        let limits = &self.limits;
        let all = u32::try_from(projects.len()).unwrap_or(u32::MAX);
        let max_length = limits.max_length.unwrap_or(all);
        let points = || votes.iter().flat_map(|v| &v.ballot.choices).filter_map(|c| c.points);
        let up_to = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
        match self.vote_type {
            VoteType::ChooseOne => BallotType::ChooseOne,
            VoteType::Approval => match limits.max_sum_cost {
                Some(budget_cents) if limits.max_length.is_none() => BallotType::Knapsack { budget_cents },
                Some(_) | None => BallotType::Approval { min: limits.min_length.unwrap_or(1), max: max_length },
            },
            VoteType::Ordinal => BallotType::Ordinal { max: max_length },
            VoteType::Cumulative => {
                let sum = |v: &PabulibVote| {
                    let given = v.ballot.choices.iter().filter_map(|c| c.points);
                    given.fold(0, i64::saturating_add)
                };
                let most = || votes.iter().map(sum).max().unwrap_or(0);
                let sum = up_to(limits.max_sum_points.unwrap_or_else(most));
                BallotType::Cumulative { points: sum, max_per_project: limits.max_points.map_or(sum, up_to) }
            }
            VoteType::Scoring => BallotType::Scoring {
                min: limits.min_points.unwrap_or_else(|| points().min().unwrap_or(0).min(0)),
                max: limits.max_points.unwrap_or_else(|| points().max().unwrap_or(0)),
            },
        }
    }
}

fn vote_type_named(line: u64, name: &str) -> Result<VoteType, PabulibError> {
    match name {
        "approval" => Ok(VoteType::Approval),
        "choose-1" => Ok(VoteType::ChooseOne),
        "ordinal" => Ok(VoteType::Ordinal),
        "cumulative" => Ok(VoteType::Cumulative),
        "scoring" => Ok(VoteType::Scoring),
        _ => {
            let message = format!("vote_type is `{name}`: use approval, choose-1, ordinal, cumulative or scoring");
            Err(PabulibError::new(line, "VOTE_TYPE_UNKNOWN", message))
        }
    }
}

/// A file names no tie-break: an id decides only what neither cost nor supporters can.
fn rule_named(name: &str, threshold: Option<u64>) -> Option<TallyRule> {
    let rule = match name {
        "greedy" | "greedy-threshold" => Rule::Greedy,
        "greedy-no-skip" => Rule::GreedyStop,
        "equalshares" => Rule::EqualShares { utility: Utility::Cost, add_one: None, greedy: false },
        // The comparison is with what greedy gives: voters prefer one of the two outcomes. A file that
        // names it was settled by the outcome of equal shares.
        "equalshares/add1" | "equalshares/add1-comparison" => {
            Rule::EqualShares { utility: Utility::Cost, add_one: Some(AddOne::Official), greedy: false }
        }
        _ => return None,
    };
    Some(TallyRule {
        rule,
        min_score: threshold.map(MinScore::Score),
        tie_break: TieBreak::CHEAP.to_vec(),
        around: Around::default(),
    })
}
