//! Reading Pabulib files: what is kept, what is reported, what is refused, and where.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tally::{Ballot, BallotType, Cents, Channel, Choice, MinScore, PabulibError, PabulibFile, Rule, TieBreak};

const SMALL: &str = include_str!("fixtures/small.pb");

fn small() -> PabulibFile {
    PabulibFile::parse(SMALL.as_bytes()).unwrap()
}

/// The small file with one text put for another.
fn with(from: &str, to: &str) -> Result<PabulibFile, PabulibError> {
    assert!(SMALL.contains(from), "{from}");
    PabulibFile::parse(SMALL.replacen(from, to, 1).as_bytes())
}

fn odd(from: &str, to: &str) -> Vec<(u64, String)> {
    let anomalies = with(from, to).unwrap().anomalies.into_iter();
    anomalies.map(|a| (a.line, a.code)).collect()
}

fn refused(from: &str, to: &str) -> (u64, &'static str) {
    let error = with(from, to).unwrap_err();
    (error.line, error.code)
}

/// A file of another vote type: three projects a, b, c that cost 10 each.
fn file_of(meta: &str, votes: &str) -> Result<PabulibFile, PabulibError> {
    let text = format!(
        "META\nkey;value\ndescription;d\ncountry;c\nunit;u\ninstance;i\ndate_begin;1\n\
         date_end;2\nnum_projects;3\nnum_votes;{}\nbudget;20\n{meta}\nPROJECTS\n\
         project_id;cost\na;10\nb;10\nc;10\nVOTES\n{votes}\n",
        votes.lines().count() - 1
    );
    PabulibFile::parse(text.as_bytes())
}

#[test]
fn everything_that_matters_is_kept() {
    let file = small();
    assert!(file.anomalies.is_empty(), "{:?}", file.anomalies);
    assert_eq!(file.meta["description"], "A small town; invented");
    assert_eq!(file.budget.get(), 100_050);
    assert_eq!(file.ballot_type, BallotType::Approval { min: 1, max: 3 });
    let rule = file.declared_rule.clone().unwrap();
    assert_eq!(rule.rule, Rule::GreedyStop);
    assert_eq!(rule.min_score, Some(MinScore::Score(1)));
    assert_eq!(rule.tie_break, TieBreak::CHEAP);
    assert_eq!(file.rule_in_use(), rule);

    let first = &file.projects[0];
    assert_eq!((first.line, first.id.as_str()), (19, "P1"));
    assert_eq!(first.name, "Trees; and \"benches\"");
    assert_eq!((first.selected, first.votes, first.score), (Some(1), Some(4), None));
    assert_eq!(first.columns["beneficiaries"], "all");
    assert_eq!(first.columns["latitude"], "48.85");
    assert_eq!(first.columns["category"], "green");
    assert_eq!(file.projects[1].cost.get(), 40_050);
    assert_eq!(file.projects[1].columns.len(), 1);
    let withdrawn: Vec<bool> = file.projects.iter().map(|p| p.withdrawn).collect();
    assert_eq!(withdrawn, [false, false, false, true, false]);

    let named = |project| Choice { project, points: None };
    assert_eq!(file.votes[1].voter_id, "v2");
    assert_eq!(file.votes[1].ballot, Ballot { channel: Channel::Paper, choices: vec![named(0), named(2), named(3)] });
    assert_eq!(file.votes[3].ballot.channel, Channel::Digital);
}

#[test]
fn the_small_election_comes_out_as_the_file_says() {
    let file = small();
    let outcome = file.to_election().tally(&file.rule_in_use(), None).unwrap();
    for (project, decision) in file.projects.iter().zip(&outcome.projects) {
        assert_eq!(decision.elected, project.selected == Some(1), "{}", project.id);
    }
    // To the cent: 600.00 and 400.50 of 1,000.50.
    assert_eq!(outcome.spent, outcome.budget);
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let crlf = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    assert_eq!(PabulibFile::parse(crlf.as_bytes()).unwrap(), small());
    let mixed = SMALL.replacen('\n', "\r\n", 12);
    assert_eq!(PabulibFile::parse(mixed.as_bytes()).unwrap(), small());
    let error = PabulibFile::parse(crlf.replace("400,5;", "400,567;").as_bytes()).unwrap_err();
    assert_eq!((error.line, error.code), (20, "BAD_AMOUNT"));
}

#[test]
fn what_is_odd_is_reported_by_line() {
    let codes = |found: &[(u64, String)]| -> Vec<String> {
        found.iter().map(|(line, code)| format!("{line} {code}")).collect()
    };
    let odd = |from, to| codes(&odd(from, to));
    assert_eq!(odd("num_votes;6", "num_votes;7"), ["8 NUM_VOTES"]);
    assert_eq!(odd("num_projects;5", "num_projects;6"), ["7 NUM_PROJECTS"]);
    assert_eq!(odd("P1;4;1", "P1;5;1"), ["19 VOTES_DIFFER"]);
    assert_eq!(odd("v5;P/3", "v5;P/3,P/3"), ["30 DUPLICATE_CHOICE"]);
    assert_eq!(odd("v5;P/3", "v4;P/3"), ["30 VOTER_ID_REPEATED"]);
    assert_eq!(odd("v5;P/3", ";P/3"), ["30 VOTER_ID_MISSING"]);
    assert_eq!(odd("v5;P/3", "v5;P/3,,"), ["30 CHOICE_EMPTY", "30 CHOICE_EMPTY"]);
    assert_eq!(odd("v5;P/3", "v5;P/3,P9"), ["30 PROJECT_UNKNOWN"]);
    assert_eq!(odd("v5;P/3", "v5;"), ["22 VOTES_DIFFER", "30 TOO_FEW_CHOICES"]);
    assert_eq!(odd("max_length;3", "max_length;2"), ["27 TOO_MANY_CHOICES"]);
    assert_eq!(odd("max_length;3", "max_sum_cost;1010"), ["27 OVER_BUDGET", "30 OVER_BUDGET"]);
    assert_eq!(odd("P1;4;1", "P1;4;7"), ["19 BAD_SELECTED"]);
    assert_eq!(odd("64;paper", "64;kiosk"), ["27 VOTING_METHOD_UNKNOWN"]);
    assert_eq!(odd("country;Nowhere", "country;"), ["17 META_KEY_MISSING"]);
    assert_eq!(odd("unit;Smallville", "unit;a;b"), ["5 SEMICOLON_NOT_QUOTED"]);
    assert_eq!(odd("unit;Smallville", "unit;a\nunit;b"), ["6 META_KEY_REPEATED"]);
    assert_eq!(odd("greedy-no-skip", "greedy-custom"), ["11 RULE_NOT_SUPPORTED"]);
    assert!(odd("greedy-no-skip", "equalshares/add1").is_empty());
    let without = SMALL.replace("greedy-no-skip", "greedy-threshold").replace("min_project_score_threshold;1\n", "");
    let file = PabulibFile::parse(without.as_bytes()).unwrap();
    assert_eq!(file.anomalies[0].code, "THRESHOLD_MISSING");
    assert_eq!(file.rule_in_use().min_score, None);
}

#[test]
fn odd_ballots_are_kept_as_cast() {
    let file = with("v5;P/3", "v5;P/3,P9,P/3").unwrap();
    assert_eq!(file.unknown_projects, ["P9"]);
    let choices: Vec<usize> = file.votes[4].ballot.choices.iter().map(|c| c.project).collect();
    assert_eq!(choices, [3, 5, 3]);
    let count = file.to_election().count().unwrap();
    assert_eq!(count.valid, 6);
    assert_eq!(count.scores[3].supporters, 2);
    assert_eq!(count.kept_as_cast.values().sum::<u64>(), 1);
}

#[test]
fn a_rule_that_is_not_counted_here_is_named_and_replaced() {
    let file = with("greedy-no-skip", "greedy-custom").unwrap();
    assert_eq!(file.declared_rule, None);
    assert_eq!(file.rule_in_use().rule, Rule::Greedy);
    assert_eq!(file.rule_in_use().min_score, Some(MinScore::Score(1)));
    assert!(file.anomalies[0].message.contains("greedy-custom"));
}

#[test]
fn what_has_no_one_meaning_is_refused_by_line() {
    assert_eq!(refused("META\n", ""), (1, "SECTION_MISSING"));
    assert_eq!(refused("PROJECTS\n", "VOTES\n"), (17, "SECTION_OUT_OF_ORDER"));
    assert_eq!(refused("VOTES\n", "META\n"), (24, "SECTION_OUT_OF_ORDER"));
    assert_eq!(refused("key;value\n", "key;worth\n"), (2, "COLUMN_MISSING"));
    assert_eq!(refused("project_id", "id"), (18, "COLUMN_MISSING"));
    assert_eq!(refused("latitude", "cost"), (18, "COLUMN_REPEATED"));
    assert_eq!(refused("voter_id;vote", "voter_id;ballot"), (25, "COLUMN_MISSING"));
    assert_eq!(refused("budget;1000,50\n", ""), (16, "META_KEY_MISSING"));
    assert_eq!(refused("budget;1000,50", "budget"), (9, "ROW_TOO_SHORT"));
    assert_eq!(refused("budget;1000,50", "budget;1,000"), (9, "BAD_AMOUNT"));
    assert_eq!(refused("budget;1000,50", "budget;-5"), (9, "BAD_AMOUNT"));
    assert_eq!(refused("num_votes;6", "num_votes;six"), (8, "BAD_NUMBER"));
    assert_eq!(refused("approval", "grades"), (10, "VOTE_TYPE_UNKNOWN"));
    assert_eq!(refused("400,5;", "400,555;"), (20, "BAD_AMOUNT"));
    assert_eq!(refused("P10;3", "P10;three"), (20, "BAD_NUMBER"));
    assert_eq!(refused("P10;3", "P1;3"), (20, "PROJECT_ID_REPEATED"));
    assert_eq!(refused("P10;3", ";3"), (20, "PROJECT_ID_MISSING"));
    assert_eq!(refused("A mural", "A; mural"), (21, "ROW_TOO_LONG"));
    assert_eq!(refused("64;paper;v2;", "64;paper;v2"), (27, "ROW_TOO_SHORT"));
    assert_eq!(refused("44;internet", "\"44;internet"), (31, "QUOTE_NOT_CLOSED"));
    let head = SMALL.split("VOTES\n").next().unwrap();
    let error = PabulibFile::parse(head.as_bytes()).unwrap_err();
    assert_eq!(error.code, "SECTION_MISSING");
    assert!(error.to_string().contains("VOTES"));
    let mut latin1 = SMALL.as_bytes().to_vec();
    let at = SMALL.find('É').unwrap();
    latin1.splice(at..at + 2, [0xC9]);
    let error = PabulibFile::parse(&latin1).unwrap_err();
    assert_eq!((error.line, error.code), (20, "NOT_UTF8"));
    assert_eq!(PabulibFile::parse(b"").unwrap_err().code, "SECTION_MISSING");
}

#[test]
fn each_vote_type_becomes_a_ballot_type() {
    let type_of = |meta: &str, votes: &str| file_of(meta, votes).unwrap().ballot_type;
    let votes = "voter_id;vote\n1;a,b\n2;c";
    assert_eq!(type_of("rule;greedy\nvote_type;approval", votes), BallotType::Approval { min: 1, max: 3 });
    assert_eq!(
        type_of("rule;greedy\nvote_type;approval\nmax_sum_cost;20", votes),
        BallotType::Knapsack { budget_cents: Cents::new(2_000).unwrap() }
    );
    assert_eq!(type_of("rule;greedy\nvote_type;choose-1", votes), BallotType::ChooseOne);
    assert_eq!(type_of("rule;greedy\nvote_type;ordinal\nmax_length;2", votes), BallotType::Ordinal { max: 2 });
    let points = "voter_id;points;vote\n1;4,2;a,b\n2;5;c";
    assert_eq!(
        type_of("rule;greedy\nvote_type;cumulative", points),
        BallotType::Cumulative { points: 6, max_per_project: 6 }
    );
    assert_eq!(
        type_of("rule;greedy\nvote_type;cumulative\nmax_sum_points;7\nmax_points;5", points),
        BallotType::Cumulative { points: 7, max_per_project: 5 }
    );
    assert_eq!(
        type_of("rule;greedy\nvote_type;scoring\nmin_points;-5", points),
        BallotType::Scoring { min: -5, max: 5 }
    );
}

#[test]
fn points_are_read_beside_their_projects() {
    let meta = "rule;greedy\nvote_type;cumulative\nmax_sum_points;6\nmax_points;4";
    let read = |row: &str| file_of(meta, &format!("voter_id;vote;points\n{row}"));
    let points = |row: &str| -> Vec<Option<i64>> {
        let file = read(row).unwrap();
        file.votes[0].ballot.choices.iter().map(|c| c.points).collect()
    };
    let odd = |row: &str| -> Vec<String> { read(row).unwrap().anomalies.into_iter().map(|a| a.code).collect() };
    assert_eq!(points("1;a,c;4,2"), [Some(4), Some(2)]);
    assert_eq!(odd("1;a,c;4,2"), [""; 0]);
    assert_eq!(points("1;a,c;4"), [Some(4), None]);
    assert_eq!(odd("1;a,c;4"), ["POINTS_MISSING"]);
    assert_eq!(odd("1;a;4,2"), ["POINTS_LEFT_OVER"]);
    assert_eq!(odd("1;a,c;4,3"), ["TOO_MANY_POINTS"]);
    assert_eq!(odd("1;a,c;5,1"), ["TOO_MANY_POINTS"]);
    assert_eq!(odd("1;a,c;0,1"), ["TOO_FEW_POINTS"]);
    assert_eq!(read("1;a;2.5").unwrap_err().code, "BAD_NUMBER");
    let without = file_of(meta, "voter_id;vote\n1;a").unwrap_err();
    assert_eq!(without.code, "COLUMN_MISSING");
}

#[test]
fn a_file_cut_off_anywhere_is_noticed() {
    let whole = SMALL.trim_end().len();
    for cut in 0..whole {
        match PabulibFile::parse(&SMALL.as_bytes()[..cut]) {
            Ok(file) => assert!(!file.anomalies.is_empty(), "cut at byte {cut}"),
            Err(error) => {
                assert!(error.line >= 1 && !error.code.is_empty() && !error.message.is_empty());
            }
        }
    }
    assert_eq!(PabulibFile::parse(&SMALL.as_bytes()[..whole]).unwrap(), small());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the bytes, a file is read or refused, and what is read can be counted.
    #[test]
    fn any_bytes_give_a_file_or_an_error(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), 0u8..3),
            1..12,
        ),
    ) {
        let mut bytes = SMALL.as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            // Bytes that the format cares about, as often as any other.
            let byte = *b";,\"\n\r.-0".get(usize::from(byte) % 16).unwrap_or(&byte);
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        let lines = u64::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap() + 1;
        match PabulibFile::parse(&bytes) {
            Ok(file) => {
                prop_assert!(file.anomalies.iter().all(|a| (1..=lines).contains(&a.line)));
                let outcome = file.to_election().tally(&file.rule_in_use(), None);
                prop_assert_eq!(outcome.unwrap().projects.len(), file.projects.len());
            }
            Err(error) => prop_assert!((1..=lines).contains(&error.line), "{error}"),
        }
    }
}
