//! Owns the suite `tally`: how long each rule takes, on real elections and on one larger than any.
//!
//! The limit adds up the choices of the same ballots in one plain pass: what nobody who counts can do
//! without. Must not compare outcomes: that is for the tests of `tally`. Files of past elections are
//! measured where they are there.

use super::Scale;
use super::measure::{Outcome, Report, Samples, timed};
use crate::office::real_data;
use std::hint::black_box;
use tally::{
    Around, Ballot, BallotType, Candidate, Cents, Channel, Choice, Election, PabulibFile, Rule, TallyRule, TieBreak,
};

const SUITE: &str = "tally";
const LIMIT: &str = "one pass over the same ballots";

/// So many of the real elections, those with the most ballots.
const LARGEST: usize = 3;

pub(super) fn run(report: &mut Report, scale: Scale) -> Outcome<()> {
    for (name, election) in largest()? {
        measure(&name, &election, report, scale.runs)?;
    }
    let (voters, projects) = if scale.quick { (20_000, 100) } else { (200_000, 500) };
    measure(&format!("drawn {voters}×{projects}"), &drawn(voters, projects)?, report, scale.runs.min(3))?;
    let graded = graded(drawn(voters, projects)?);
    measure(&format!("drawn grades {voters}×{projects}"), &graded, report, scale.runs.min(3))
}

fn largest() -> Outcome<Vec<(String, Election)>> {
    let Some(data) = real_data() else { return Ok(Vec::new()) };
    let mut elections = Vec::new();
    for entry in std::fs::read_dir(data.join("pabulib"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a file without a name")?.to_owned();
        elections.push((name, PabulibFile::parse(&std::fs::read(&path)?)?.to_election()));
    }
    elections.sort_by_key(|(_, election)| std::cmp::Reverse(election.ballots.len()));
    elections.truncate(LARGEST);
    Ok(elections)
}

fn measure(name: &str, election: &Election, report: &mut Report, runs: u32) -> Outcome<()> {
    let mut passes = Samples::default();
    for _ in 0..runs {
        passes.push(milliseconds(|| Ok(black_box(pass(election))))?);
    }
    report.add(SUITE, &format!("{name}: pass"), "ms", &passes, None);
    for rule in Rule::all().into_iter().filter(|rule| rule.fits(&election.ballot_type).is_ok()) {
        let rule = TallyRule { rule, min_score: None, tie_break: TieBreak::CHEAP.to_vec(), around: Around::default() };
        let mut samples = Samples::default();
        for _ in 0..runs {
            samples.push(milliseconds(|| Ok(black_box(election.tally(&rule, None)?)))?);
        }
        report.add(SUITE, &format!("{name}: {}", rule.name()), "ms", &samples, Some((LIMIT, &passes)));
    }
    Ok(())
}

fn milliseconds<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    Ok(timed(work)?.0.as_secs_f64() * 1e3)
}

/// Points per project, added up without any check.
fn pass(election: &Election) -> Vec<i64> {
    let mut sums = vec![0; election.candidates.len()];
    for choice in election.ballots.iter().flat_map(|ballot| &ballot.choices) {
        if let Some(sum) = sums.get_mut(choice.project) {
            *sum += choice.points.unwrap_or(1);
        }
    }
    sums
}

/// An election drawn from a fixed seed: one to ten choices each, the first projects more popular,
/// costs from 5,000 to 200,000, and an envelope for about a fifth of all.
fn drawn(voters: usize, projects: usize) -> Outcome<Election> {
    let mut state = 20_261_123_u64;
    // The generator of Knuth's MMIX; its high bits are good enough to draw an election from.
    let mut below = |most: usize| -> Outcome<usize> {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(usize::try_from(state >> 33)? % most.max(1))
    };
    let mut candidates = Vec::with_capacity(projects);
    for number in 0..projects {
        let units = 5_000 + i64::try_from(below(195_001)?)?;
        candidates.push(Candidate::new(format!("P{number:04}"), Cents::from_units(units).ok_or("too dear")?));
    }
    let mut ballots = Vec::with_capacity(voters);
    for _ in 0..voters {
        let mut chosen = Vec::new();
        for _ in 0..=below(10)? {
            let project = below(projects)?.min(below(projects)?);
            if !chosen.contains(&project) {
                chosen.push(project);
            }
        }
        let choices = chosen.into_iter().map(|project| Choice { project, points: None });
        ballots.push(Ballot { channel: Channel::Digital, choices: choices.collect() });
    }
    let budget = Cents::sum(candidates.iter().map(|candidate| candidate.cost)).ok_or("too dear")?;
    Ok(Election {
        budget: Cents::new(budget.get() / 5).ok_or("too dear")?,
        candidates,
        ballot_type: BallotType::Approval { min: 0, max: 10 },
        ballots,
        keep_as_cast: false,
        sheets: Vec::new(),
    })
}

/// The same ballots with grades, by the place of the choice on the ballot.
fn graded(mut election: Election) -> Election {
    let codes = ["REJECT", "POOR", "FAIR", "GOOD", "EXCELLENT"];
    let grades = codes.map(str::to_owned).to_vec();
    for choice in election.ballots.iter_mut().flat_map(|ballot| ballot.choices.iter_mut().zip(0i64..)) {
        choice.0.points = Some(choice.1 % 5);
    }
    election.ballot_type = BallotType::MajorityJudgment { grades, default: 0 };
    election
}
