//! The smallest change that would have elected a loser, under every rule: what is said is tried out on
//! the ballots themselves; and how voters fared.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use tally::{
    Around, Ballot, BallotType, Candidate, Cents, Change, Changes, Channel, Choice, Election, Gain, GroupLimits,
    LotSeed, MinScore, Outcome, Patience, Rule, Satisfaction, TallyRule, TieBreak, WhatIf,
};

/// No loser of these small elections needs more.
const MANY: u64 = 60;

fn cents(amount: i64) -> Cents {
    Cents::new(amount).unwrap()
}

fn lot() -> LotSeed {
    LotSeed::draw(&[7; 32], "07 11 19")
}

fn ballot(choices: &[usize]) -> Ballot {
    let choices = choices.iter().map(|&project| Choice { project, points: None }).collect();
    Ballot { channel: Channel::Digital, choices }
}

fn approval(budget: i64, projects: &[i64], ballots: &[&[usize]]) -> Election {
    let candidate = |(place, cost): (usize, &i64)| Candidate::new(format!("p{place}"), cents(*cost));
    Election {
        budget: cents(budget),
        candidates: projects.iter().enumerate().map(candidate).collect(),
        ballot_type: BallotType::Approval { min: 0, max: 20 },
        ballots: ballots.iter().map(|choices| ballot(choices)).collect(),
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

fn by(name: &str) -> TallyRule {
    name.parse::<tally::RuleName>().unwrap().with(None, vec![TieBreak::Id]).unwrap()
}

fn changes(election: &Election, outcome: &Outcome, project: usize) -> Changes {
    let lot = lot();
    let mut what_if = WhatIf::new(election, outcome, Some(&lot)).unwrap();
    what_if.changes(project, &mut Patience::endless()).unwrap().unwrap()
}

fn told(election: &Election, name: &str, project: usize) -> Changes {
    let outcome = election.tally(&by(name), None).unwrap();
    changes(election, &outcome, project)
}

#[test]
fn equal_shares_worked_by_hand() {
    // Four voters with 25 each. Both projects ask each of three supporters for a third of their cost; a,
    // first by id, is bought, and b's supporters have 5, 5 and 25 left: 35.
    let election = approval(100, &[60, 50], &[&[0], &[0, 1], &[0, 1], &[1]]);
    let outcome = election.tally(&by("equal-shares-cost"), None).unwrap();
    assert_eq!(outcome.winners, [0]);
    let told = changes(&election, &outcome, 1);
    assert_eq!(told.cost, Change::Found { value: cents(35), exact: true });
    assert_eq!(told.gain, Gain::BallotsAlone);
    // With one more voter for b alone it asks for a quarter of its cost, and comes first.
    assert_eq!(told.votes, Change::Found { value: 1, exact: false });
    assert_eq!(changes(&election, &outcome, 0).cost, Change::Elected);
}

#[test]
fn phragmen_worked_by_hand() {
    // Loads: a 60/3 = 20 a head, b 50/1. After a, c (cost 40, by two of a's voters) is at (40+40)/2 = 40,
    // and fits exactly; b at 50 is then too dear.
    let election = approval(100, &[60, 50, 40], &[&[0], &[0, 2], &[0, 2], &[1]]);
    let outcome = election.tally(&by("phragmen"), None).unwrap();
    assert_eq!(outcome.winners, [0, 2]);
    // b is next before c below a load of 40, and 40 are left then. At 40 it is tied, and first by id.
    let told = changes(&election, &outcome, 1);
    assert_eq!(told.cost, Change::Found { value: cents(40), exact: true });
    // With two voters its load is 25 when 40 are left: it stops the choice. With three it is 16 and comes first.
    assert_eq!(told.votes, Change::Found { value: 2, exact: true });
}

#[test]
fn what_no_number_says_is_told_as_such() {
    let election = approval(100, &[60, 50], &[&[0], &[0], &[0, 1]]);
    let mut rule = by("greedy");
    rule.around.weights = Some(tally::Weights { digital: 1, paper: 2 });
    let outcome = election.tally(&rule, None).unwrap();
    assert_eq!(changes(&election, &outcome, 1).votes, Change::Undefined);
    assert_eq!(told(&election, "max-welfare-cost", 1).cost, Change::Undefined);
    assert_eq!(told(&election, "greedy", 1).votes, Change::None { exact: true });

    let mut withdrawn = election.clone();
    withdrawn.candidates[1].withdrawn = true;
    let gone = told(&withdrawn, "equal-shares-cardinality", 1);
    assert_eq!((gone.votes, gone.cost), (Change::Withdrawn, Change::Withdrawn));
    // Dearer than the whole envelope: no number of votes pays it, and the search ends.
    let dear = approval(100, &[60, 500], &[&[0], &[0], &[0, 1]]);
    assert_eq!(told(&dear, "phragmen", 1).votes, Change::None { exact: true });
    assert_eq!(told(&dear, "equal-shares-cost", 1).votes, Change::None { exact: false });
    assert_eq!(told(&dear, "equal-shares-cost", 1).cost.code(), "FOUND");
}

#[test]
fn too_much_work_is_said_and_not_done() {
    let election = approval(100_000, &[60_000, 50_000], &[&[0], &[0, 1], &[0, 1], &[1]]);
    let rule = by("equal-shares-cost+add1-official");
    let outcome = election.tally(&rule, None).unwrap();
    let mut what_if = WhatIf::new(&election, &outcome, None).unwrap();
    let told = what_if.changes(1, &mut Patience::of(20)).unwrap().unwrap();
    assert_eq!((told.votes, told.cost), (Change::TooLarge, Change::TooLarge));
    let refused = election.tally_within(&rule, None, &mut Patience::of(20)).unwrap_err();
    assert_eq!(refused.code(), "TOO_MUCH_WORK");
    let patient = election.tally_within(&rule, None, &mut Patience::of(10_000_000)).unwrap();
    assert_eq!(patient, outcome);
    assert!(what_if.changes(2, &mut Patience::endless()).unwrap().is_none());
}

#[test]
fn voters_fare_by_channel() {
    let mut election = approval(100, &[60, 50, 40], &[&[0, 2], &[0], &[1], &[], &[1, 2]]);
    election.ballots[4].channel = Channel::Paper;
    // A ballot over its limits doesn't count.
    election.ballot_type = BallotType::Approval { min: 0, max: 2 };
    election.ballots.push(ballot(&[0, 1, 2]));
    let outcome = election.tally(&by("greedy"), None).unwrap();
    assert_eq!(outcome.winners, [0, 2]);
    let fared = election.satisfaction(&outcome);
    assert_eq!(fared[&Channel::Digital], Satisfaction { ballots: 3, without_winner: 1, winners: 3 });
    assert_eq!(fared[&Channel::Paper], Satisfaction { ballots: 1, without_winner: 0, winners: 1 });
    let all = fared[&Channel::Digital].and(fared[&Channel::Paper]);
    assert_eq!((all.without_per_mille(), all.winners_per_mille()), (Some(250), Some(1_000)));
    assert_eq!(Satisfaction::default().without_per_mille(), None);
}

/// Budget, per project (cost, group), per ballot the points per project.
type Drawn = (i64, Vec<(i64, bool)>, Vec<Vec<u8>>);

fn drawn() -> impl Strategy<Value = Drawn> {
    (2usize..6).prop_flat_map(|projects| {
        let points = prop_oneof![3 => Just(0u8), 2 => 1u8..4];
        (
            1i64..90,
            prop::collection::vec((0i64..50, any::<bool>()), projects),
            prop::collection::vec(prop::collection::vec(points, projects), 1..9),
        )
    })
}

/// 0 approval, 1 cumulative, 2 grades.
fn election((budget, projects, ballots): &Drawn, kind: u8, exclusive: bool) -> Election {
    let candidate = |(place, (cost, group)): (usize, &(i64, bool))| Candidate {
        group: Some(group.to_string()),
        excludes: if exclusive && place > 0 { vec![place - 1] } else { Vec::new() },
        ..Candidate::new(format!("p{place}"), cents(*cost))
    };
    let paper = |points: &Vec<u8>| Ballot {
        channel: Channel::Digital,
        choices: points
            .iter()
            .enumerate()
            .filter(|(_, points)| **points > 0 || kind == 2)
            .map(|(project, points)| Choice { project, points: (kind > 0).then(|| i64::from(*points)) })
            .collect(),
    };
    Election {
        budget: cents(*budget),
        candidates: projects.iter().enumerate().map(candidate).collect(),
        ballot_type: match kind {
            0 => BallotType::Approval { min: 0, max: 20 },
            1 => BallotType::Cumulative { points: 900, max_per_project: 3 },
            _ => BallotType::MajorityJudgment { grades: ["A", "B", "C", "D"].map(str::to_owned).to_vec(), default: 1 },
        },
        ballots: ballots.iter().map(paper).collect(),
        keep_as_cast: false,
        sheets: Vec::new(),
    }
}

fn rules() -> impl Strategy<Value = TallyRule> {
    let min_score = prop_oneof![
        3 => Just(None),
        1 => (0u64..6).prop_map(|n| Some(MinScore::Score(n))),
        1 => (0u32..8_000).prop_map(|n| Some(MinScore::ShareOfBallots(n))),
    ];
    let chain = prop::sample::subsequence(TieBreak::ALL.to_vec(), 0..=4).prop_shuffle();
    let winners = prop_oneof![2 => Just(None), 1 => (1u32..4).prop_map(Some)];
    let groups = prop_oneof![3 => Just(None), 1 => (5i64..60).prop_map(Some)];
    (prop::sample::select(Rule::all().to_vec()), min_score, chain, winners, groups).prop_map(
        |(rule, min_score, tie_break, winners, groups)| {
            let plain = matches!(rule, Rule::MaxWelfare { .. });
            let limit = groups
                .filter(|_| !plain)
                .map(|most| GroupLimits { at_most_cents: Some(cents(most)), ..GroupLimits::default() });
            let around = Around { winners: winners.filter(|_| !plain), groups: limit, ..Around::default() };
            TallyRule { rule, min_score, tie_break, around }
        },
    )
}

fn elected(election: &Election, rule: &TallyRule, project: usize) -> bool {
    election.tally(rule, Some(&lot())).unwrap().projects[project].elected
}

fn at_cost(election: &Election, rule: &TallyRule, project: usize, cost: i64) -> bool {
    let mut cheaper = election.clone();
    cheaper.candidates[project].cost = cents(cost);
    elected(&cheaper, rule, project)
}

/// The same ballots with so much more for the project, done to the ballots themselves. None where there
/// aren't as many ballots to change.
fn with_votes(election: &Election, rule: &TallyRule, project: usize, gain: Gain, votes: u64) -> Option<bool> {
    let mut more = election.clone();
    let some = usize::try_from(votes).unwrap();
    let names = |ballot: &&mut Ballot| ballot.choices.iter().any(|choice| choice.project == project);
    match gain {
        Gain::Votes => {
            let others: Vec<&mut Ballot> = more.ballots.iter_mut().filter(|ballot| !names(ballot)).collect();
            if others.len() < some {
                return None;
            }
            others.into_iter().take(some).for_each(|b| b.choices.push(Choice { project, points: None }));
        }
        Gain::Points => {
            more.ballot_type = BallotType::Cumulative { points: 1_000_000, max_per_project: 1_000_000 };
            let given = more.ballots.iter_mut().flat_map(|b| &mut b.choices).find(|c| c.project == project)?;
            given.points = given.points.map(|points| points + i64::try_from(votes).unwrap());
        }
        Gain::BallotsAlone => {
            let points = matches!(more.ballot_type, BallotType::Cumulative { .. }).then_some(3);
            let alone = Ballot { channel: Channel::Paper, choices: vec![Choice { project, points }] };
            more.ballots.extend(std::iter::repeat_n(alone, some));
        }
        Gain::BestGrades => {
            let mut lower: Vec<&mut Choice> = more
                .ballots
                .iter_mut()
                .flat_map(|ballot| &mut ballot.choices)
                .filter(|choice| choice.project == project && choice.points < Some(3))
                .collect();
            lower.sort_by_key(|choice| choice.points);
            if lower.len() < some {
                return None;
            }
            lower.into_iter().take(some).for_each(|choice| choice.points = Some(3));
        }
    }
    Some(elected(&more, rule, project))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_said_of_a_loser_is_so(drawn in drawn(), rule in rules(), points: bool, exclusive: bool) {
        let kind = match rule.rule {
            Rule::MajorityJudgment => 2,
            _ => u8::from(points),
        };
        let election = election(&drawn, kind, exclusive && !matches!(rule.rule, Rule::MaxWelfare { .. }));
        let outcome = election.tally(&rule, Some(&lot())).unwrap();
        for (project, decision) in outcome.projects.iter().enumerate() {
            let Changes { gain, votes, cost } = changes(&election, &outcome, project);
            let own = decision.cost.get();
            match cost {
                Change::Elected => prop_assert!(decision.elected),
                Change::Found { value, exact } => {
                    prop_assert!(!decision.elected && at_cost(&election, &rule, project, value.get()));
                    let dearer = value.get() + 1..if exact { own } else { value.get() + 2 };
                    for cost in dearer {
                        prop_assert!(!at_cost(&election, &rule, project, cost), "cost {cost}");
                    }
                }
                Change::None { exact } => {
                    for cost in (0..own).filter(|cost| exact || *cost == 0) {
                        prop_assert!(!at_cost(&election, &rule, project, cost), "cost {cost}");
                    }
                }
                Change::Undefined => {
                    let falls = matches!(rule.rule, Rule::MaxWelfare { .. } | Rule::GreedyPerCost);
                    prop_assert!(falls, "{:?}", rule);
                }
                Change::Withdrawn | Change::TooLarge => prop_assert!(false, "{cost:?}"),
            }
            let with = |votes: u64| with_votes(&election, &rule, project, gain, votes);
            match votes {
                Change::Elected => prop_assert!(decision.elected),
                Change::Found { value, exact } if value <= MANY => {
                    prop_assert!(!decision.elected);
                    prop_assert_eq!(with(value), Some(true));
                    for fewer in if exact { 0..value } else { value - 1..value } {
                        prop_assert_eq!(with(fewer), Some(false), "{} votes", fewer);
                    }
                }
                Change::Found { exact, .. } => {
                    for fewer in (0..MANY).filter(|_| exact) {
                        prop_assert_eq!(with(fewer), Some(false), "{} votes", fewer);
                    }
                }
                Change::None { exact } => {
                    for some in (0..MANY).filter(|_| exact) {
                        prop_assert_ne!(with(some), Some(true), "{} votes", some);
                    }
                }
                Change::Undefined | Change::Withdrawn | Change::TooLarge => prop_assert!(false, "{votes:?}"),
            }
        }
    }
}
