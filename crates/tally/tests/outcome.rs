//! Small elections worked out on paper: rules, tie-breaks, channels, invalid ballots, the JSON.

#![allow(clippy::unwrap_used)]

use serde_json::json;
use tally::{
    Ballot, BallotType, Candidate, Cents, Channel, Choice, Election, Invalid, LotSeed, MinScore, Reason, Rule,
    TallyRule, TieBreak,
};

fn cents(amount: i64) -> Cents {
    Cents::new(amount).unwrap()
}

fn ballot(channel: Channel, choices: &[(usize, Option<i64>)]) -> Ballot {
    let choice = |&(project, points): &(usize, Option<i64>)| Choice { project, points };
    Ballot { channel, choices: choices.iter().map(choice).collect() }
}

/// Approval: `votes[i]` ballots name project i alone, every third of them on paper.
fn approval(budget: i64, projects: &[(&str, i64, usize)]) -> Election {
    let mut ballots = Vec::new();
    for (project, &(_, _, votes)) in projects.iter().enumerate() {
        for vote in 0..votes {
            let channel = if vote % 3 == 2 { Channel::Paper } else { Channel::Digital };
            ballots.push(ballot(channel, &[(project, None)]));
        }
    }
    let candidates = projects.iter().map(|&(id, cost, _)| Candidate::new(id, cents(cost)));
    Election {
        budget: cents(budget),
        candidates: candidates.collect(),
        ballot_type: BallotType::Approval { min: 1, max: 3 },
        ballots,
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

fn rule(name: &str, min_score: Option<MinScore>, chain: &str) -> TallyRule {
    let chain = TieBreak::parse_chain(chain).unwrap();
    let name: tally::RuleName = name.parse().unwrap();
    name.with(min_score, chain).unwrap()
}

fn winners(election: &Election, rule: &TallyRule) -> Vec<String> {
    let outcome = election.tally(rule, None).unwrap();
    let id = |&w: &usize| election.candidates[w].id.clone();
    outcome.winners.iter().map(id).collect()
}

#[test]
fn skip_and_stop_part_at_the_first_that_does_not_fit() {
    let election = approval(100, &[("a", 60, 9), ("b", 50, 8), ("c", 40, 7), ("d", 0, 1)]);
    assert_eq!(winners(&election, &rule("greedy", None, "id")), ["a", "c", "d"]);
    assert_eq!(winners(&election, &rule("greedy-stop", None, "id")), ["a"]);
    let stop = election.tally(&rule("greedy-stop", None, "id"), None).unwrap();
    let reasons: Vec<&str> = stop.projects.iter().map(|d| d.reason.code()).collect();
    assert_eq!(reasons, ["ELECTED", "COST_EXCEEDS_WHAT_IS_LEFT", "STOPPED_BEFORE", "STOPPED_BEFORE"]);
}

#[test]
fn a_project_below_the_threshold_does_not_stop_the_count() {
    let election = approval(100, &[("a", 60, 9), ("b", 90, 2), ("c", 40, 2), ("d", 10, 3)]);
    let at_three = rule("greedy-stop-threshold", Some(MinScore::Score(3)), "id");
    assert_eq!(winners(&election, &at_three), ["a", "d"]);
    // 16 ballots: 2 of 16 are 12.5 %, exactly 1,250 hundredths of a percent.
    let share = |n| rule("greedy-threshold", Some(MinScore::ShareOfBallots(n)), "id");
    assert_eq!(winners(&election, &share(1_250)), ["a", "d"]);
    assert_eq!(election.tally(&share(1_250), None).unwrap().projects[2].reason, Reason::CostExceedsWhatIsLeft);
    assert_eq!(election.tally(&share(1_251), None).unwrap().projects[2].reason, Reason::BelowMinScore);
}

#[test]
fn a_withdrawn_project_is_neither_elected_nor_in_the_way() {
    let mut election = approval(100, &[("a", 999, 9), ("b", 50, 8)]);
    election.candidates[0].withdrawn = true;
    assert_eq!(winners(&election, &rule("greedy-stop", None, "id")), ["b"]);
    let outcome = election.tally(&rule("greedy", None, "id"), None).unwrap();
    assert_eq!(outcome.projects[0].reason, Reason::Withdrawn);
    assert_eq!(outcome.projects[0].score, 9);
}

#[test]
fn ties_follow_the_chain_and_end_with_the_code_points_of_the_id() {
    let election = approval(60, &[("é", 50, 4), ("b", 60, 4), ("Z", 60, 4)]);
    assert_eq!(winners(&election, &rule("greedy", None, "lower-cost")), ["é"]);
    assert_eq!(winners(&election, &rule("greedy", None, "id")), ["Z"]);
    let none = TallyRule { rule: Rule::Greedy, min_score: None, tie_break: vec![], around: tally::Around::default() };
    let outcome = election.tally(&none, None).unwrap();
    let ranks: Vec<usize> = outcome.projects.iter().map(|d| d.rank).collect();
    assert_eq!(ranks, [3, 2, 1]);
    assert_eq!(outcome.projects[1].tied_by, Some(TieBreak::Id));
    assert_eq!(outcome.projects[2].tied_by, None);
}

#[test]
fn the_lot_needs_a_seed_and_another_seed_gives_another_order() {
    let projects: Vec<(String, i64, usize)> = (0..6).map(|i| (format!("p{i}"), 10, 1)).collect();
    let projects: Vec<(&str, i64, usize)> = projects.iter().map(|p| (p.0.as_str(), p.1, p.2)).collect();
    let election = approval(100, &projects);
    let rule = rule("greedy", None, "lot");
    assert_eq!(election.tally(&rule, None).unwrap_err().code(), "LOT_SEED_MISSING");
    let drawn = |value| {
        let seed = LotSeed::draw(&[1; 32], value);
        let mut expected: Vec<usize> = (0..6).collect();
        expected.sort_by_key(|&i| seed.place(projects[i].0));
        let winners = election.tally(&rule, Some(&seed)).unwrap().winners;
        assert_eq!(winners, expected);
        winners
    };
    assert_ne!(drawn("17"), drawn("18"));
}

#[test]
fn invalid_ballots_are_counted_by_reason() {
    let mut election = approval(100, &[("a", 60, 2), ("b", 50, 1)]);
    election.ballots.push(ballot(Channel::Digital, &[]));
    election.ballots.push(ballot(Channel::Paper, &[(0, None), (0, None)]));
    election.ballots.push(ballot(Channel::Paper, &[(1, None), (2, None)]));
    election.ballots.push(ballot(Channel::Paper, &[(1, Some(4))]));
    let outcome = election.tally(&rule("greedy", None, "id"), None).unwrap();
    assert_eq!(outcome.counted, 3);
    let expected = [
        (Invalid::TooFewChoices, 1),
        (Invalid::DuplicateChoice, 1),
        (Invalid::UnknownProject, 1),
        (Invalid::BadPoints, 1),
    ];
    assert_eq!(outcome.invalid, expected.into());
    assert!(outcome.kept_as_cast.is_empty());

    election.keep_as_cast = true;
    let outcome = election.tally(&rule("greedy", None, "id"), None).unwrap();
    assert_eq!(outcome.counted, 7);
    assert!(outcome.invalid.is_empty());
    assert_eq!(outcome.kept_as_cast, expected.into());
    let scores: Vec<i64> = outcome.projects.iter().map(|d| d.score).collect();
    assert_eq!(scores, [3, 3]);
}

#[test]
fn each_ballot_type_scores_in_its_way() {
    let scores = |ballot_type, ballots| {
        let candidates = ["a", "b", "c"].map(|id| Candidate::new(id, cents(10)));
        let election = Election {
            budget: cents(30),
            candidates: candidates.to_vec(),
            ballot_type,
            ballots,
            keep_as_cast: false,
            sheets: Vec::new(),
        };
        let count = election.count().unwrap();
        assert!(count.invalid.is_empty());
        let pairs = count.scores.iter().map(|s| (s.digital, s.paper, s.supporters));
        pairs.collect::<Vec<_>>()
    };
    let (online, paper) = (Channel::Digital, Channel::Paper);
    let ranked = vec![ballot(online, &[(2, None), (0, None), (1, None)]), ballot(paper, &[(0, None), (2, None)])];
    let ordinal = scores(BallotType::Ordinal { max: 3 }, ranked);
    assert_eq!(ordinal, [(2, 2, 2), (1, 0, 1), (3, 1, 2)]);
    let points = vec![ballot(online, &[(0, Some(4)), (1, Some(3))]), ballot(paper, &[(1, Some(7))])];
    let cumulative = BallotType::Cumulative { points: 7, max_per_project: 7 };
    assert_eq!(scores(cumulative, points), [(4, 0, 1), (3, 7, 2), (0, 0, 0)]);
    let marks = vec![ballot(online, &[(0, Some(-2)), (1, Some(0)), (2, Some(2))])];
    let scoring = BallotType::Scoring { min: -2, max: 2 };
    assert_eq!(scores(scoring, marks), [(-2, 0, 0), (0, 0, 0), (2, 0, 1)]);
    let sack = BallotType::Knapsack { budget_cents: cents(20) };
    let bags = vec![ballot(paper, &[(0, None), (2, None)])];
    assert_eq!(scores(sack, bags), [(0, 1, 1), (0, 0, 0), (0, 1, 1)]);
    let one = vec![ballot(online, &[(1, None)])];
    assert_eq!(scores(BallotType::ChooseOne, one), [(0, 0, 0), (1, 0, 1), (0, 0, 0)]);
}

#[test]
fn what_cannot_be_counted_is_refused_with_a_code() {
    let greedy = rule("greedy", None, "id");
    let refused = |election: Election| election.tally(&greedy, None).unwrap_err().code();

    let mut graded = approval(100, &[("a", 10, 1)]);
    graded.ballot_type = BallotType::MajorityJudgment { grades: vec!["NO".into(), "YES".into()], default: 0 };
    assert_eq!(refused(graded), "RULE_NEEDS_SCORES");
    assert_eq!(refused(approval(100, &[("a", 10, 1), ("a", 20, 1)])), "DUPLICATE_CANDIDATE");
    assert_eq!(refused(approval(100, &[("a", -10, 1)])), "NEGATIVE_AMOUNT");
    assert_eq!(refused(approval(-1, &[("a", 10, 1)])), "NEGATIVE_AMOUNT");
    let mut endless = approval(100, &[("a", 10, 0)]);
    endless.ballot_type = BallotType::Scoring { min: 0, max: i64::MAX };
    endless.ballots = vec![ballot(Channel::Paper, &[(0, Some(i64::MAX))]); 2];
    assert_eq!(refused(endless), "SCORE_TOO_LARGE");
}

#[test]
fn nothing_to_choose_from_is_an_outcome_too() {
    let outcome = approval(100, &[]).tally(&rule("greedy", None, "id"), None).unwrap();
    assert!(outcome.winners.is_empty() && outcome.projects.is_empty());
    assert_eq!(outcome.spent, Cents::ZERO);
}

#[test]
fn the_report_is_what_is_published() {
    let election = approval(100, &[("b", 70, 2), ("a", 60, 3)]);
    let rule = rule("greedy-threshold", Some(MinScore::Score(1)), "lower-cost,lot");
    let seed = LotSeed::from_bytes([0; 32]);
    let outcome = election.tally(&rule, Some(&seed)).unwrap();
    let report = serde_json::to_value(outcome.report(&election.candidates)).unwrap();
    assert_eq!(
        report,
        json!({
            "rule": "greedy-threshold",
            "min_score": {"SCORE": 1},
            "tie_break": "lower-cost,lot,id",
            "winners": ["a"],
            "spent": 60,
            "budget": 100,
            "counted": 5,
            "invalid": {},
            "kept_as_cast": {},
            "projects": [
                {
                    "id": "a", "rank": 1, "score": 3, "digital": 2, "paper": 1, "supporters": 3,
                    "elected": true, "reason": "ELECTED", "cost": 60, "left": 100,
                },
                {
                    "id": "b", "rank": 2, "score": 2, "digital": 2, "paper": 0, "supporters": 2,
                    "elected": false, "reason": "COST_EXCEEDS_WHAT_IS_LEFT", "cost": 70,
                    "left": 40, "extra_score_needed": 2, "highest_cost_elected": 40,
                },
            ],
        })
    );
    let whole = serde_json::to_string(&outcome).unwrap();
    assert_eq!(serde_json::from_str::<tally::Outcome>(&whole).unwrap(), outcome);
}
