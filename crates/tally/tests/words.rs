//! Rules in plain words: the texts that voters read, as they were proof-read.
//!
//! `UPDATE_GOLDEN=1 cargo test -p tally --test words` writes them anew; read them before you commit.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::path::Path;
use tally::{
    AddOne, Around, BallotType, Cents, Floor, GroupLimits, Language, Leftovers, MinScore, Rule, TallyRule, TieBreak,
    Utility, Weights, words,
};

fn euros(units: i64) -> Cents {
    Cents::from_units(units).unwrap()
}

fn under(rule: Rule, tie_break: &[TieBreak], around: Around) -> TallyRule {
    TallyRule { rule, min_score: None, tie_break: tie_break.to_vec(), around }
}

/// Configurations as cities have them, each with one of its ballots.
fn configurations() -> Vec<(&'static str, BallotType, TallyRule)> {
    use TieBreak::{Id, Lot, LowerCost, MoreSupporters};
    let plain = Around::default;
    let approval = |min, max| BallotType::Approval { min, max };
    let grades = ["NOT_CONVINCED", "WHY_NOT", "I_LIKE_IT", "FAVOURITE"].map(str::to_owned).to_vec();
    let judgment = BallotType::MajorityJudgment { grades, default: 0 };
    let equal = |utility, add_one, greedy| Rule::EqualShares { utility, add_one, greedy };
    vec![
        ("skip", approval(1, 5), under(Rule::Greedy, &[LowerCost, Lot], plain())),
        (
            "stop, with a threshold in votes",
            BallotType::ChooseOne,
            TallyRule {
                min_score: Some(MinScore::Score(1_200)),
                ..under(Rule::GreedyStop, &[MoreSupporters, Lot], plain())
            },
        ),
        (
            "the next project funded too",
            approval(1, 1),
            under(Rule::GreedyStop, &[Lot], Around { fund_next_at_basis_points: Some(8_000), ..plain() }),
        ),
        (
            "a floor for priority neighbourhoods, leftovers to the city",
            approval(4, 4),
            under(
                Rule::Greedy,
                &[LowerCost, Lot],
                Around { earmark: Some(Floor::BasisPoints(2_500)), leftovers: Leftovers::City, ..plain() },
            ),
        ),
        (
            "a number of winners instead of the envelope, by grades",
            judgment.clone(),
            under(Rule::MajorityJudgment, &[Lot], Around { winners: Some(8), any_cost: true, ..plain() }),
        ),
        (
            "grades within the envelope, a number of winners",
            judgment,
            under(Rule::MajorityJudgment, &[LowerCost], Around { winners: Some(3), ..plain() }),
        ),
        (
            "a number of winners for each area, one of its own for some",
            approval(1, 5),
            under(
                Rule::Greedy,
                &[Lot],
                Around { winners: Some(3), winners_in: winners_in(&[("75011", 5), ("75019", 6)]), ..plain() },
            ),
        ),
        (
            "a number of winners for each area alone, whatever they cost",
            approval(1, 5),
            under(Rule::Greedy, &[Lot], Around { winners_in: winners_in(&[("75011", 5)]), any_cost: true, ..plain() }),
        ),
        (
            "limits per district",
            approval(1, 3),
            under(
                Rule::Greedy,
                &[Lot],
                Around {
                    groups: Some(GroupLimits {
                        at_most: Some(4),
                        at_most_cents: Some(euros(600_000)),
                        at_least: Some(1),
                    }),
                    ..plain()
                },
            ),
        ),
        (
            "weights, leftovers to the highest turnout",
            BallotType::Knapsack { budget_cents: euros(100_000) },
            under(
                Rule::Greedy,
                &[Lot],
                Around {
                    weights: Some(Weights { digital: 1, paper: 2 }),
                    leftovers: Leftovers::HighestTurnout,
                    ..plain()
                },
            ),
        ),
        (
            "equal shares as in Wieliczka",
            approval(1, 10),
            under(equal(Utility::Cost, Some(AddOne::Official), true), &[MoreSupporters, LowerCost, Lot], plain()),
        ),
        (
            "equal shares of votes",
            BallotType::Ordinal { max: 4 },
            under(equal(Utility::Cardinality, Some(AddOne::Exhaustive), false), &[Lot], plain()),
        ),
        (
            "everybody earns at the same pace",
            BallotType::Cumulative { points: 10, max_per_project: 5 },
            under(Rule::Phragmen { greedy: true }, &[Lot], plain()),
        ),
        (
            "votes per cost, a share of ballots",
            BallotType::Scoring { min: 0, max: 5 },
            TallyRule {
                min_score: Some(MinScore::ShareOfBallots(505)),
                ..under(Rule::GreedyPerCost, &[Lot], Around { earmark: Some(Floor::Cents(euros(1_500))), ..plain() })
            },
        ),
        ("the best set", approval(0, 9), under(Rule::MaxWelfare { utility: Utility::Cost }, &[Id], plain())),
    ]
}

fn winners_in(areas: &[(&str, u32)]) -> std::collections::BTreeMap<String, u32> {
    areas.iter().map(|(area, winners)| ((*area).to_owned(), *winners)).collect()
}

#[test]
fn every_configuration_reads_as_it_was_proof_read() {
    let mut told = String::new();
    for (name, ballot, rule) in configurations() {
        rule.check().unwrap();
        let unit = words::Unit::of([&ballot]);
        writeln!(told, "# {name}").unwrap();
        for language in [Language::French, Language::English] {
            let ballot = words::ballot(&ballot, "EUR", language);
            writeln!(told, "- {ballot}\n{}", words::rule(&rule, unit, "EUR", language)).unwrap();
        }
        told.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/words.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    assert_eq!(told, std::fs::read_to_string(&path).unwrap());
}

#[test]
fn no_two_configurations_read_alike() {
    let rules = configurations();
    for language in [Language::French, Language::English] {
        let texts: std::collections::BTreeSet<String> = rules
            .iter()
            .map(|(_, ballot, rule)| words::rule(rule, words::Unit::of([ballot]), "EUR", language))
            .collect();
        assert_eq!(texts.len(), rules.len());
    }
}
