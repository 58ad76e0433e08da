//! Small elections worked out on paper for the rules beyond greedy, the refusals, the count sheets,
//! and the vectors of majority judgment.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};
use std::path::Path;
use tally::{
    Ballot, BallotType, Candidate, Cents, Channel, Choice, CountSheet, Election, Outcome, Reason, RuleName, TallyRule,
    TieBreak,
};

fn cents(amount: i64) -> Cents {
    Cents::new(amount).unwrap()
}

fn rule(name: &str) -> TallyRule {
    name.parse::<RuleName>().unwrap().with(None, vec![TieBreak::Id]).unwrap()
}

/// Approval ballots; each names projects by their place.
fn approval(budget: i64, projects: &[(&str, i64)], ballots: &[&[usize]]) -> Election {
    let ballot = |choices: &&[usize]| Ballot {
        channel: Channel::Digital,
        choices: choices.iter().map(|&project| Choice { project, points: None }).collect(),
    };
    Election {
        budget: cents(budget),
        candidates: projects.iter().map(|&(id, cost)| Candidate::new(id, cents(cost))).collect(),
        ballot_type: BallotType::Approval { min: 0, max: 9 },
        ballots: ballots.iter().map(ballot).collect(),
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

fn tally(election: &Election, name: &str) -> Outcome {
    election.tally(&rule(name), None).unwrap()
}

fn winners(election: &Election, name: &str) -> Vec<String> {
    tally(election, name).winners.iter().map(|winner| election.candidates[*winner].id.clone()).collect()
}

fn reasons(outcome: &Outcome) -> Vec<Reason> {
    outcome.projects.iter().map(|decision| decision.reason).collect()
}

#[test]
fn score_per_cost_prefers_what_is_cheap_for_its_votes() {
    // Votes per cost: a 3/60, b 2/20, c 1/50, d free with a vote, e free without one.
    let projects = [("a", 60), ("b", 20), ("c", 50), ("d", 0), ("e", 0)];
    let election = approval(70, &projects, &[&[0, 1], &[0, 1], &[0, 2], &[3]]);
    assert_eq!(winners(&election, "greedy"), ["a", "d", "e"]);
    assert_eq!(winners(&election, "greedy-per-cost"), ["d", "b", "c", "e"]);
    let told = tally(&election, "greedy-per-cost");
    assert_eq!(told.projects[0].reason, Reason::CostExceedsWhatIsLeft);
    // At 50, as many votes per cost as three in fifty, it is still after b and there is just room.
    assert_eq!(told.projects[0].highest_cost_elected, Some(cents(50)));
}

#[test]
fn equal_shares_gives_a_minority_its_part() {
    // 90 for three voters: 30 each. a asks 20 of each of two, b takes all that the third has; c would
    // ask 15 of the same two, who have 10 each left.
    let projects = [("a", 40), ("b", 30), ("c", 30)];
    let election = approval(90, &projects, &[&[0, 2], &[0, 2], &[1]]);
    assert_eq!(winners(&election, "greedy"), ["a", "c"]);
    assert_eq!(winners(&election, "equal-shares-cost"), ["a", "b"]);
    // By votes alone, c (15 each) comes before a (20 each), and then 15 each are left.
    assert_eq!(winners(&election, "equal-shares-cardinality"), ["c", "b"]);
    let told = tally(&election, "equal-shares-cost");
    assert_eq!(told.projects[2].reason, Reason::SupportersCannotPay);
    assert_eq!(told.projects[2].supporters_left, Some(cents(20)));
    assert_eq!(told.projects[2].spent_on, [tally::Spending { id: "a".into(), cents: cents(40) }]);
    assert_eq!(told.spent, cents(70));
}

#[test]
fn those_who_have_less_pay_what_they_have() {
    // 60 for three: 20 each. a: 10 each from 0 and 1. b costs 40, supported by 1 and 2: 10 from the
    // first, who has no more, then 30 of the other, who has only 20. c costs 25: 10 and 15.
    let projects = [("a", 20), ("b", 40), ("c", 25)];
    let election = approval(60, &projects, &[&[0], &[0, 1, 2], &[1, 2]]);
    assert_eq!(winners(&election, "equal-shares-cardinality"), ["a", "c"]);
    let told = tally(&election, "equal-shares-cardinality");
    assert_eq!(told.projects[1].supporters_left, Some(cents(5)));
    let spent: Vec<i64> = told.projects[1].spent_on.iter().map(|spent| spent.cents.get()).collect();
    assert_eq!(spent, [10, 25]);
}

#[test]
fn shares_are_raised_by_whole_units_until_the_envelope_would_be_exceeded() {
    // Five units of the currency for three voters. Each project has one supporter: a costs 2, b 3, c 4.
    let projects = [("a", 200), ("b", 300), ("c", 400)];
    let election = approval(500, &projects, &[&[0], &[1], &[2]]);
    // 5/3 each buys nothing; nor does 1 or 1 2/3. Then 2 and 2 2/3 buy a, 3 and 3 2/3 a and b: all spent.
    assert_eq!(winners(&election, "equal-shares-cost"), [""; 0]);
    for completion in ["pabutools", "official", "exhaustive"] {
        assert_eq!(winners(&election, &format!("equal-shares-cost+add1-{completion}")), ["a", "b"], "{completion}");
    }
    // With a cent less, 2 buy a, and 3 would buy a and b, which is too much.
    let election = approval(499, &projects, &[&[0], &[1], &[2]]);
    assert_eq!(winners(&election, "equal-shares-cost+add1-official"), ["a"]);
    assert_eq!(winners(&election, "equal-shares-cost+greedy"), ["a"]);
    let told = tally(&election, "equal-shares-cost+greedy");
    assert_eq!(
        reasons(&told),
        [Reason::ElectedInCompletion, Reason::CostExceedsWhatIsLeft, Reason::CostExceedsWhatIsLeft]
    );
}

#[test]
fn a_tie_under_equal_shares_follows_the_chain() {
    // Each asks of both supporters half of its cost: alike, per unit of utility.
    let election = approval(21, &[("b", 20), ("a", 21)], &[&[0, 1], &[0, 1]]);
    assert_eq!(winners(&election, "equal-shares-cost"), ["a"]);
    let by_cost = TallyRule { tie_break: vec![TieBreak::LowerCost], ..rule("equal-shares-cost") };
    assert_eq!(election.tally(&by_cost, None).unwrap().winners, [0]);
}

#[test]
fn phragmen_takes_what_its_supporters_can_buy_first() {
    // Three want a (30) and b (30), one wants c (20). At 10 each a is bought, then c at 20 and b at
    // 20 (10 more for each of three): tied, and b comes first by its id; 80 in all.
    let projects = [("a", 30), ("b", 30), ("c", 20)];
    let ballots: [&[usize]; 4] = [&[0, 1], &[0, 1], &[0, 1], &[2]];
    assert_eq!(winners(&approval(80, &projects, &ballots), "phragmen"), ["a", "b", "c"]);
    // With 59 in all, b doesn't fit when it could be bought, so that c isn't either.
    let short = approval(59, &projects, &ballots);
    assert_eq!(winners(&short, "phragmen"), ["a"]);
    let told = tally(&short, "phragmen");
    assert_eq!(reasons(&told), [Reason::Elected, Reason::CostExceedsWhatIsLeft, Reason::StoppedBefore]);
    assert_eq!(winners(&short, "phragmen+greedy"), ["a", "c"]);
}

#[test]
fn the_best_set_is_not_always_found_by_taking_the_best_first() {
    let projects = [("a", 60), ("b", 50), ("c", 50), ("d", 100)];
    let ballots: [&[usize]; 7] = [&[0], &[0], &[0], &[1], &[1], &[2], &[2]];
    let election = approval(100, &projects, &ballots);
    assert_eq!(winners(&election, "greedy"), ["a"]);
    assert_eq!(winners(&election, "max-welfare-cardinality"), ["b", "c"]);
    // Votes times cost: a 180, b and c 100 each.
    assert_eq!(winners(&election, "max-welfare-cost"), ["b", "c"]);
    let told = tally(&election, "max-welfare-cost");
    assert_eq!(told.projects[0].reason, Reason::NotInBestSet);
    // Without support it is in no set, even where it would fit.
    assert_eq!(winners(&approval(100, &projects, &[]), "max-welfare-cost"), [""; 0]);
}

const GRADES: [&str; 3] = ["NO", "PERHAPS", "YES"];

/// Ballots with grades: for each project a grade from 0, or none.
fn graded(budget: i64, costs: &[i64], ballots: &[&[Option<i64>]]) -> Election {
    let ballot = |grades: &&[Option<i64>]| Ballot {
        channel: Channel::Paper,
        choices: grades
            .iter()
            .enumerate()
            .filter(|(_, grade)| grade.is_some())
            .map(|(project, grade)| Choice { project, points: *grade })
            .collect(),
    };
    Election {
        budget: cents(budget),
        candidates: (0..).zip(costs).map(|(n, cost)| Candidate::new(format!("p{n}"), cents(*cost))).collect(),
        ballot_type: BallotType::MajorityJudgment { grades: GRADES.map(str::to_owned).to_vec(), default: 0 },
        ballots: ballots.iter().map(ballot).collect(),
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

#[test]
fn a_project_that_most_find_good_enough_beats_one_that_some_love() {
    let (no, perhaps, yes) = (Some(0), Some(1), Some(2));
    let ballots: [&[Option<i64>]; 5] =
        [&[yes, perhaps, no], &[yes, perhaps, None], &[no, yes, None], &[None, perhaps, None], &[no, perhaps, yes]];
    let election = graded(100, &[60, 50, 40], &ballots);
    // p0: 3 no, 2 yes → no. p1: 4 perhaps, 1 yes → perhaps. p2: 4 no, 1 yes → no, fewer above than p0.
    assert_eq!(winners(&election, "majority-judgment"), ["p1", "p2"]);
    let told = tally(&election, "majority-judgment");
    let ranks: Vec<usize> = told.projects.iter().map(|decision| decision.rank).collect();
    assert_eq!(ranks, [2, 1, 3]);
    assert_eq!(told.projects[0].reason, Reason::CostExceedsWhatIsLeft);
    assert_eq!(told.projects[0].highest_cost_elected, Some(cents(50)));
    assert_eq!(told.projects[0].extra_score_needed, None);
    let judgment = serde_json::to_value(told.projects[1].judgment.as_ref().unwrap()).unwrap();
    assert_eq!(judgment, json!({"rank": 1, "median": 1, "above": 1, "below": 0, "grades": [0, 4, 1]}));
    // What is told as a score: ballots that grade it higher than the default.
    assert_eq!(told.projects[0].score, 2);
}

#[test]
fn rule_and_ballots_must_fit() {
    let refused = |election: &Election, name: &str| election.tally(&rule(name), None).unwrap_err().code();
    let approved = approval(10, &[("a", 10)], &[&[0]]);
    let with_grades = graded(10, &[10], &[&[Some(1)]]);
    assert_eq!(refused(&approved, "majority-judgment"), "RULE_NEEDS_GRADES");
    for name in ["greedy", "greedy-per-cost", "equal-shares-cost", "phragmen", "max-welfare-cost"] {
        assert_eq!(refused(&with_grades, name), "RULE_NEEDS_SCORES", "{name}");
    }
    let mut below_zero = approved.clone();
    below_zero.ballot_type = BallotType::Scoring { min: -1, max: 1 };
    below_zero.ballots.clear();
    assert_eq!(refused(&below_zero, "equal-shares-cost"), "RULE_NEEDS_SUPPORT");
    assert_eq!(refused(&below_zero, "phragmen"), "RULE_NEEDS_SUPPORT");
    assert!(below_zero.tally(&rule("greedy-per-cost"), None).is_ok());
    let mut excluding = approved;
    excluding.candidates[0].excludes = vec![0];
    assert_eq!(refused(&excluding, "max-welfare-cost"), "RULE_DOES_NOT_FIT");
}

fn sheet(votes: &[i64], valid: u64) -> CountSheet {
    CountSheet {
        channel: Channel::Paper,
        votes: votes.to_vec(),
        grades: Vec::new(),
        supporters: Vec::new(),
        valid,
        blank: 0,
        void: [("TORN".to_owned(), 2)].into(),
    }
}

#[test]
fn sheets_and_ballots_together_count_as_all_ballots_do() {
    let all = approval(100, &[("a", 60), ("b", 50)], &[&[0], &[0, 1], &[1], &[1], &[]]);
    let mut all_on_paper = all.clone();
    all_on_paper.ballots[2..].iter_mut().for_each(|ballot| ballot.channel = Channel::Paper);
    let mut some = all.clone();
    some.ballots.truncate(2);
    some.sheets.push(CountSheet { blank: 1, ..sheet(&[0, 2], 3) });
    for name in ["greedy", "greedy-per-cost", "max-welfare-cost"] {
        let expected = tally(&all_on_paper, name);
        let mut found = tally(&some, name);
        assert_eq!(found.void, [("TORN".to_owned(), 2)].into());
        found.void.clear();
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(some.tally(&rule("phragmen"), None).unwrap_err().code(), "RULE_NEEDS_BALLOTS");
    assert_eq!(some.tally(&rule("equal-shares-cost"), None).unwrap_err().code(), "RULE_NEEDS_BALLOTS");

    let (no, yes) = (Some(0), Some(2));
    let all = graded(100, &[60, 50], &[&[yes, None], &[no, yes], &[None, yes]]);
    let mut some = all.clone();
    some.ballots.truncate(1);
    let grades = vec![vec![1, 0, 0], vec![0, 0, 2]];
    some.sheets.push(CountSheet { votes: Vec::new(), grades, void: Default::default(), ..sheet(&[], 2) });
    assert_eq!(tally(&some, "majority-judgment"), tally(&all, "majority-judgment"));
}

#[test]
fn a_sheet_that_does_not_fit_is_refused() {
    let election = approval(100, &[("a", 60), ("b", 50)], &[]);
    let refused = |sheet: CountSheet| {
        let election = Election { sheets: vec![sheet], ..election.clone() };
        election.count().unwrap_err().code()
    };
    assert_eq!(refused(sheet(&[1], 3)), "SHEET_DOES_NOT_FIT");
    assert_eq!(refused(sheet(&[1, 4], 3)), "SHEET_DOES_NOT_FIT");
    assert_eq!(refused(sheet(&[1, -1], 3)), "SHEET_DOES_NOT_FIT");
    assert_eq!(refused(CountSheet { blank: 4, ..sheet(&[1, 1], 3) }), "SHEET_DOES_NOT_FIT");
    assert_eq!(refused(CountSheet { blank: 1, ..sheet(&[1, 3], 3) }), "SHEET_DOES_NOT_FIT");
    assert_eq!(refused(CountSheet { supporters: vec![1, 1], ..sheet(&[1, 1], 3) }), "SHEET_DOES_NOT_FIT");
    let ordinal = Election { ballot_type: BallotType::Ordinal { max: 2 }, ..election.clone() };
    let ordinal = Election { sheets: vec![sheet(&[1, 1], 3)], ..ordinal };
    assert_eq!(ordinal.count().unwrap_err().code(), "RULE_NEEDS_BALLOTS");
    let judged = graded(100, &[60], &[]);
    let judged = |grades: Vec<Vec<u64>>, votes: &[i64]| {
        let sheet = CountSheet { grades, ..sheet(votes, 3) };
        Election { sheets: vec![sheet], ..judged.clone() }.count().unwrap_err().code()
    };
    assert_eq!(judged(vec![vec![1, 1]], &[]), "SHEET_DOES_NOT_FIT");
    assert_eq!(judged(vec![vec![2, 1, 1]], &[]), "SHEET_DOES_NOT_FIT");
    assert_eq!(judged(vec![vec![1, 1, 1]], &[1]), "SHEET_DOES_NOT_FIT");
}

/// The vectors of MieuxVoter's libraries; tallies are from worst grade to best.
#[test]
fn majority_judgment_ranks_as_the_published_vectors() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors/majority-judgment.json");
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("SKIPPED: the vectors of majority judgment are not there");
        return;
    };
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let number = |value: &Value| value.as_u64().unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    for vector in vectors {
        let mut tallies: Vec<Vec<u64>> = vector["tallies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t.as_array().unwrap().iter().map(number).collect())
            .collect();
        match vector["mode"].as_str() {
            None => {}
            Some("StaticDefault") => {
                let default = vector["default"].as_u64().unwrap_or(0);
                for given in &mut tallies {
                    let missing = number(&vector["participants"]) - given.iter().sum::<u64>();
                    given[usize::try_from(default).unwrap()] += missing;
                }
            }
            Some("Normalized") => {
                let totals: Vec<u64> = tallies.iter().map(|given| given.iter().sum()).collect();
                let product: u64 = totals.iter().product();
                for (given, total) in tallies.iter_mut().zip(totals) {
                    given.iter_mut().for_each(|ballots| *ballots *= product / total);
                }
            }
            other => panic!("a mode we don't know: {other:?}"),
        }
        let ranks: Vec<u64> = vector["ranks"].as_array().unwrap().iter().map(number).collect();
        let found: Vec<u64> =
            tally::judgment::ranks(&tallies).into_iter().map(|rank| u64::try_from(rank).unwrap()).collect();
        assert_eq!(found, ranks, "{}", vector["title"]);
    }
    assert!(vectors.len() >= 9);
}
