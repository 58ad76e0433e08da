//! Real elections, recounted: winners and their order equal published outcomes
//! that two independent programs computed.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use tally::{AddOne, Anomaly, Around, Election, MinScore, Outcome, PabulibFile, Rule, TallyRule, TieBreak, Utility};

fn shared() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("SKIPPED: the reference elections are not there");
    None
}

fn files(data: &Path) -> Vec<(String, PabulibFile, Value)> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(data.join("pabulib-expected")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let expected: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let name = expected["file"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(data.join("pabulib").join(&name)).unwrap();
        let file = PabulibFile::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, file, expected)
    };
    paths.iter().map(read).collect()
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap().iter();
    list.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// The rule that a name of the reference stands for.
fn rule_named(name: &str, expected: &Value, file: &PabulibFile) -> TallyRule {
    let utility = |text: &str| if text == "cost" { Utility::Cost } else { Utility::Cardinality };
    let (family, greedy) = match name.strip_suffix("_greedy") {
        Some(family) => (family, true),
        None => (name.trim_end_matches("_tie_cheap").trim_end_matches("_threshold"), false),
    };
    let rule = match family.split('_').collect::<Vec<_>>()[..] {
        ["greedy", "score"] => Rule::Greedy,
        ["greedy", "score", "stop"] => Rule::GreedyStop,
        ["greedy", "score", "per", "cost"] => Rule::GreedyPerCost,
        ["mes", by] => Rule::EqualShares { utility: utility(by), add_one: None, greedy },
        ["mes", by, "add1", ref how @ ..] => {
            let add_one = match how {
                ["pabu"] => AddOne::Pabutools,
                ["esn"] => AddOne::Official,
                ["esn", "e"] => AddOne::Exhaustive,
                other => panic!("a completion we don't know: {other:?}"),
            };
            Rule::EqualShares { utility: utility(by), add_one: Some(add_one), greedy }
        }
        ["phragmen"] => Rule::Phragmen { greedy },
        ["maxwelfare", by] => Rule::MaxWelfare { utility: utility(by) },
        _ => panic!("a rule we don't know: {name}"),
    };
    let tie_break = match expected["tie_break"].as_str() {
        Some("lex") | None => vec![TieBreak::Id],
        Some("cheap") => TieBreak::CHEAP.to_vec(),
        other => panic!("a tie-break we don't know: {other:?}"),
    };
    let min_score = name.contains("_threshold").then(|| MinScore::Score(file.threshold.unwrap()));
    TallyRule { rule, min_score, tie_break, around: Around::default() }
}

/// In the units of the reference: votes, or votes times units of the currency.
fn welfare_of(election: &Election, outcome: &Outcome, rule: Rule) -> i64 {
    let of = |&winner: &usize| match rule {
        Rule::MaxWelfare { utility: Utility::Cost } => {
            outcome.projects[winner].score * election.candidates[winner].cost.get() / 100
        }
        _ => outcome.projects[winner].score,
    };
    outcome.winners.iter().map(of).sum()
}

#[test]
fn outcomes_equal_the_reference() {
    let Some(data) = shared() else { return };
    let (mut compared, mut official, mut wrong) = (0, 0, Vec::new());
    for (name, file, expected) in files(&data) {
        let election = file.to_election();
        for (rule_name, wanted) in expected["rules"].as_object().unwrap() {
            let rule = rule_named(rule_name, wanted, &file);
            let outcome = election.tally(&rule, None).unwrap();
            if let Some(welfare) = wanted["welfare"].as_str() {
                let found = welfare_of(&election, &outcome, rule.rule);
                assert_eq!(Some(found), welfare.parse().ok(), "{name} {rule_name}");
            }
            if wanted["winners"].is_null() {
                // Several sets are equally good: their welfare is all that can be compared.
                continue;
            }
            let id = |&w: &usize| election.candidates[w].id.clone();
            let mut winners: Vec<String> = outcome.winners.iter().map(id).collect();
            let mut expected_winners = strings(&wanted["winners"]);
            if wanted["order"] != "selection order" {
                winners.sort();
                expected_winners.sort();
            }
            let cost = wanted["cost"].as_str().and_then(tally::Cents::from_decimal);
            if winners != expected_winners || cost.is_some_and(|cost| cost != outcome.spent) {
                wrong.push(format!("{name} {rule_name}:\n  {winners:?}\n  {expected_winners:?}"));
                continue;
            }
            compared += 1;

            // Where the reference has the rule reproduce the city's own decision, so do we.
            if expected["official_selected"].is_object() {
                let mut chosen = strings(&expected["official_selected"]["selected_1"]);
                let mut reference = strings(&wanted["winners"]);
                chosen.sort();
                reference.sort();
                if chosen == reference {
                    for (project, decision) in file.projects.iter().zip(&outcome.projects) {
                        let funded = project.selected == Some(1);
                        assert_eq!(decision.elected, funded, "{name} {rule_name} {}", project.id);
                    }
                    official += 1;
                }
            }
        }
    }
    eprintln!("{compared} outcomes equal, {official} of them the city's own decision");
    assert!(wrong.is_empty(), "{} outcomes differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 335 && official >= 10, "{compared} {official}");
}

#[test]
fn files_are_read_whole_and_agree_with_themselves() {
    let Some(data) = shared() else { return };
    for (name, file, expected) in files(&data) {
        let count = |key: &str| usize::try_from(expected[key].as_u64().unwrap()).unwrap();
        assert_eq!(file.votes.len(), count("n_votes"), "{name}");
        assert_eq!(file.projects.len(), count("n_projects"), "{name}");
        assert!(file.unknown_projects.is_empty(), "{name}");
        assert_eq!(expected["counts_match_file_columns"], Value::Bool(true));
        // What these files are known to hold; a rule we can't count is said so.
        let supported = file.declared_rule.is_some();
        let declared = expected["declared_rule"].as_str().unwrap();
        assert_eq!(supported, declared != "greedy-custom" && declared != "unknown", "{name}");
        let odd: Vec<&Anomaly> = file.anomalies.iter().filter(|a| a.code != "RULE_NOT_SUPPORTED").collect();
        assert!(odd.is_empty(), "{name}: {odd:?}");
        assert_eq!(file.anomalies.len(), usize::from(!supported), "{name}");
    }
}

/// What cities decided under equal shares, in the variant that they say they used.
#[test]
fn cities_that_used_equal_shares_get_their_own_winners() {
    let Some(data) = shared() else { return };
    let mut cities = Vec::new();
    for (name, file, expected) in files(&data) {
        let rule = file.rule_in_use();
        if !matches!(rule.rule, Rule::EqualShares { .. }) {
            continue;
        }
        let election = file.to_election();
        let outcome = election.tally(&rule, None).unwrap();
        let mut winners: Vec<String> = outcome.winners.iter().map(|w| election.candidates[*w].id.clone()).collect();
        winners.sort();
        let mut official = strings(&expected["official_selected"]["selected_1"]);
        official.sort();
        assert_eq!(winners, official, "{name}");
        cities.push((name.split('_').nth(1).unwrap().to_owned(), winners.len()));
    }
    assert_eq!(cities, [("Assen".into(), 9), ("Swiecie".into(), 17), ("Wieliczka".into(), 30)]);
}

#[test]
fn a_file_without_faults_has_no_invalid_ballot_under_its_own_type() {
    let Some(data) = shared() else { return };
    for (name, file, _) in files(&data) {
        let mut election = file.to_election();
        election.keep_as_cast = false;
        let count = election.count().unwrap();
        assert!(count.invalid.is_empty(), "{name}: {:?}", count.invalid);
    }
}
