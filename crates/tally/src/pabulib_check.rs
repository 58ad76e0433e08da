//! Whether a Pabulib file agrees with itself: limits, totals, repeated voters.
//!
//! Owns the comparison of what a file says with what its ballots add up to.
//! Changes nothing in it but the list of anomalies. Look next at `pabulib.rs`.

use crate::pabulib_meta::{Limits, Meta, VoteType};
use crate::{Anomaly, Cents, PabulibFile, PabulibProject, PabulibVote};
use std::collections::{BTreeMap, BTreeSet};

/// Adds what is odd to the file's anomalies.
pub(crate) fn check(file: &mut PabulibFile, meta: &Meta) {
    let mut found = Vec::new();
    check_totals(file, meta, &mut found);
    check_voters(&file.votes, &mut found);
    for vote in &file.votes {
        check_ballot(vote, &file.projects, meta, &mut found);
    }
    recount(file, &mut found);
    file.anomalies.append(&mut found);
}

fn check_totals(file: &PabulibFile, meta: &Meta, found: &mut Vec<Anomaly>) {
    let totals = [
        ("num_projects", "NUM_PROJECTS", meta.num_projects, file.projects.len()),
        ("num_votes", "NUM_VOTES", meta.num_votes, file.votes.len()),
    ];
    for (key, code, (line, declared), rows) in totals {
        if u64::try_from(rows) != Ok(declared) {
            let message = format!("{key} is {declared} and the file has {rows}");
            found.push(Anomaly::new(line, code, message));
        }
    }
}

fn check_voters(votes: &[PabulibVote], found: &mut Vec<Anomaly>) {
    let mut line_of: BTreeMap<&str, u64> = BTreeMap::new();
    for vote in votes {
        let (id, line) = (vote.voter_id.as_str(), vote.line);
        if id.is_empty() {
            let message = "the ballot has no voter id: counted".to_owned();
            found.push(Anomaly::new(line, "VOTER_ID_MISSING", message));
        } else if let Some(earlier) = line_of.insert(id, line) {
            let message = format!("the voter `{id}` also voted on line {earlier}: both counted");
            found.push(Anomaly::new(line, "VOTER_ID_REPEATED", message));
        }
    }
}

fn check_ballot(vote: &PabulibVote, projects: &[PabulibProject], meta: &Meta, found: &mut Vec<Anomaly>) {
    let choices = &vote.ballot.choices;
    let mut odd = |code: &str, message: String| found.push(Anomaly::new(vote.line, code, message));
    let mut seen = BTreeSet::new();
    for choice in choices {
        if !seen.insert(choice.project) {
            let id = projects.get(choice.project).map_or("?", |p| p.id.as_str());
            let message = format!("the ballot names `{id}` again: counted once");
            odd("DUPLICATE_CHOICE", message);
        }
    }
    let Limits {
        min_length,
        max_length,
        min_sum_cost,
        max_sum_cost,
        min_points,
        max_points,
        min_sum_points,
        max_sum_points,
    } = meta.limits;
    let (least, most) = match meta.vote_type {
        VoteType::ChooseOne => (1, 1),
        VoteType::Approval | VoteType::Ordinal | VoteType::Cumulative | VoteType::Scoring => {
            (min_length.unwrap_or(1), max_length.unwrap_or(u32::MAX))
        }
    };
    let length = u32::try_from(choices.len()).unwrap_or(u32::MAX);
    if length < least {
        let message = format!("{length} projects, fewer than {least}: counted");
        odd("TOO_FEW_CHOICES", message);
    }
    if length > most {
        let message = format!("{length} projects, more than {most}: counted");
        odd("TOO_MANY_CHOICES", message);
    }
    if min_sum_cost.is_some() || max_sum_cost.is_some() {
        let known = choices.iter().filter_map(|c| projects.get(c.project));
        let cost = Cents::sum(known.map(|p| p.cost));
        if min_sum_cost.is_some_and(|least| cost.is_some_and(|cost| cost < least)) {
            odd("UNDER_MIN_COST", "costs below min_sum_cost: counted".to_owned());
        }
        if max_sum_cost.is_some_and(|most| cost.is_none_or(|cost| cost > most)) {
            odd("OVER_BUDGET", "costs above max_sum_cost: counted".to_owned());
        }
    }
    let points = || choices.iter().filter_map(|c| c.points);
    if points().next().is_none() {
        return;
    }
    let sum: i128 = points().map(i128::from).sum();
    if points().any(|p| max_points.is_some_and(|most| p > most))
        || max_sum_points.is_some_and(|most| sum > i128::from(most))
    {
        odd("TOO_MANY_POINTS", "more points than declared: counted".to_owned());
    }
    let cumulative = meta.vote_type == VoteType::Cumulative;
    if points().any(|p| min_points.is_some_and(|least| p < least) || (cumulative && p < 1))
        || min_sum_points.is_some_and(|least| sum < i128::from(least))
    {
        odd("TOO_FEW_POINTS", "fewer points than declared: counted".to_owned());
    }
}

fn recount(file: &PabulibFile, found: &mut Vec<Anomaly>) {
    let first_line = file.projects.first().map_or(1, |p| p.line);
    let count = match file.to_election().count() {
        Ok(count) => count,
        Err(error) => {
            found.push(Anomaly::new(first_line, error.code(), error.to_string()));
            return;
        }
    };
    for (project, score) in file.projects.iter().zip(&count.scores) {
        if let Some(declared) = project.votes
            && u64::try_from(declared) != Ok(score.supporters)
        {
            let message = format!("`votes` is {declared} and the ballots give `{}` {}", project.id, score.supporters);
            found.push(Anomaly::new(project.line, "VOTES_DIFFER", message));
        }
        if let Some(declared) = project.score
            && declared != score.total
        {
            let message = format!("`score` is {declared} and the ballots give `{}` {}", project.id, score.total);
            found.push(Anomaly::new(project.line, "SCORE_DIFFERS", message));
        }
    }
}
