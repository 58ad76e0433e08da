//! Two programs that share no line check the same campaigns: `parvis-replay`, and the verifier of
//! `web/verifier`, which was written from docs/formats alone. They have to agree on what holds, on what was
//! counted, and on where a changed bundle stops being what it should be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![allow(unreachable_pub, dead_code)]

#[path = "../../crates/domain/tests/support/mod.rs"]
mod city;
#[path = "../../replay-tools/tests/support/mod.rs"]
mod support;

use city::papers::{at, bound, enter, officer, open_box, open_place, salt, seal_box, signatures, totals};
use city::sample::{
    cast, citizen, close, configuration, coordinator, id, open, paper, polling, proclaim, returning, system,
};
use city::sealed::{LOG, secret};
use city::story::{Line, Story};
use domain::configuration::Configuration;
use domain::paper_count::{PaperCount, PaperMode, Void};
use domain::phase::Phase;
use domain::polling_place::{Command as Asked, Disclosure, Sheet};
use domain::{Event, World, ballot::Paper, campaign, count};
use replay_tools::{Report, Stage, Verdict};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use support::Log;
use tally::{
    Around, Ballot, BallotType, Candidate, Channel, Choice, Election, Floor, GroupLimits, Leftovers, LotSeed, MinScore,
    Outcome, Rule, TallyRule, TieBreak, Weights,
};
use tests::tamper::Parts;
use transparency::{Checkpoint, Frontier, Policy, Signer, leaf_hash, to_canonical};

fn key() -> Signer {
    Signer::from_seed(LOG, [7; 32]).unwrap()
}

/// The built verifier; built once.
fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/verifier");
        let there = folder.join("node_modules/@noble/curves").is_dir();
        assert!(
            there,
            "the second verifier's packages are not installed: bin/test does it, or `npm ci --prefix web/verifier`"
        );
        let output = Command::new("npm").args(["test", "--silent"]).current_dir(&folder).output();
        let output = output.expect("npm must be installed to test the second verifier");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
        folder.join("dist/cli.js")
    })
}

/// What both say of a bundle, after both were asked whether they agree.
fn both(bundle: &[u8]) -> (Report, Value) {
    let folder = tempfile::tempdir().unwrap();
    let (file, trusted) = (folder.path().join("campaign.parvis"), folder.path().join("policy"));
    std::fs::write(&file, bundle).unwrap();
    std::fs::write(&trusted, support::policy(&key())).unwrap();
    let policy = Policy::parse(&support::policy(&key())).unwrap();
    let first = replay_tools::verify(&file, Some(&policy), &mut |_, _| {}).unwrap();
    let output = Command::new("node")
        .arg(program())
        .args(["verify", "--json", "--policy"])
        .args([&trusted, &file])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let second: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(
        output.status.code(),
        Some(if first.verdict == Verdict::Holds { 0 } else { 3 }),
        "{first:#?} {second:#}"
    );
    for (name, one) in
        [("verdict", json!(first.verdict)), ("stage", json!(first.stage)), ("position", json!(first.position))]
    {
        assert_eq!(one, second[name], "{name}: {first:#?} {second:#}");
    }
    (first, second)
}

/// Both hold, and name the same campaign, counts, removed values and winners.
fn both_hold(log: &Log, bundle: &[u8]) -> Value {
    let (first, second) = both(bundle);
    assert_eq!(first.verdict, Verdict::Holds, "{first:#?}");
    let checked = json!(first.checked);
    for name in [
        "log",
        "campaign",
        "key_checked",
        "signed_by",
        "root",
        "leaves",
        "streams",
        "papers",
        "areas",
        "winners",
        "disclosed",
        "redacted",
    ] {
        assert_eq!(checked[name], second["checked"][name], "{name}: {second:#}");
    }
    for row in log.model.area_results.rows() {
        let own = second["areas"].as_array().unwrap().iter().find(|area| area["area"] == json!(row.area)).unwrap();
        assert_eq!((&own["winners"], &own["counted"]), (&json!(row.winners), &json!(row.counted)), "{own:#}");
    }
    let recounted = second["checks"].as_array().unwrap().iter().find(|check| check["check"] == "TALLY").unwrap();
    assert_eq!(recounted["result"], "HOLDS", "the winners were chosen again");
    second
}

/// A story as a log. The lot names the tree as it was when the box was closed, so lot and result follow
/// from the log as it is told here.
fn told(story: Story) -> Log {
    let lines = story.lines;
    let is_closing = |line: &Line| matches!(line.event, Event::Campaign(campaign::Event::BallotBoxClosed { .. }));
    let closing = lines.iter().position(is_closing);
    let (mut world, mut told) = (World::default(), Vec::new());
    for Line { id, event, actor, at } in lines {
        let event = match event {
            Event::Campaign(campaign::Event::LotSeedDrawn { public_value, .. }) => {
                let closed = told.iter().take(closing.unwrap() + 1).cloned();
                let (size, root) = Log::retold_in(LOG, closed).head();
                Event::Campaign(campaign::Event::LotSeedDrawn { size, root, public_value })
            }
            Event::Campaign(campaign::Event::ResultProclaimed { basis, .. }) => {
                let (areas, outcome) = count::result(&(&world).into()).unwrap();
                Event::Campaign(campaign::Event::ResultProclaimed { basis, areas, outcome: Some(outcome) })
            }
            other => other,
        };
        world.evolve(&id, &event).unwrap();
        told.push((actor, at, id, event));
    }
    Log::retold_in(LOG, told)
}

/// The sample campaign from its configuration to its result, with these votes.
fn lived(configuration: Configuration, vote: impl Fn(&mut Story)) -> Log {
    let mut story = Story::configured(configuration);
    for phase in Phase::ALL {
        story.act(&system(), open(phase));
        match phase {
            Phase::Vote => vote(&mut story),
            Phase::Result => break,
            _ => story.live(phase),
        }
        story.act(&system(), close(phase));
    }
    told(story)
}

/// Scores with all that can stand around them, and what districts leave goes to the city.
fn surrounded() -> Log {
    let mut configuration = configuration();
    let rule = &mut configuration.rules.tally;
    rule.min_score = Some(MinScore::ShareOfBallots(500));
    rule.around = Around {
        winners: Some(2),
        winners_in: [("D1".to_owned(), 1)].into(),
        fund_next_at_basis_points: Some(9_000),
        weights: Some(Weights { digital: 2, paper: 3 }),
        earmark: Some(Floor::BasisPoints(3_333)),
        leftovers: Leftovers::City,
        ..Around::default()
    };
    lived(configuration, |story| {
        story.live(Phase::Vote);
        for n in 10..24_u32 {
            story.act(&polling(), cast(&format!("v-{n}"), &[("D1", city::sample::on_paper(&[4 + n % 2]))]));
        }
    })
}

/// Grades, and ties that end in the lot.
fn judged() -> Log {
    let mut configuration = configuration();
    let grades = ["NO", "WHY_NOT", "GOOD", "VERY_GOOD"].map(str::to_owned).to_vec();
    for area in &mut configuration.areas {
        area.ballot = BallotType::MajorityJudgment { grades: grades.clone(), default: 1 };
    }
    configuration.rules.tally.rule = Rule::MajorityJudgment;
    lived(configuration, |story| {
        for n in 0..23_u32 {
            let given = |choices: &[u32]| {
                let points =
                    choices.iter().map(|number| i64::from((n * 5 + number * number * 3 + n / 4) % 4)).collect();
                Paper { points: Some(points), ..paper(choices) }
            };
            let papers = [("ALL", given(&[1, 2, 3][..(n % 4) as usize % 4])), ("D1", given(&[5, 4]))];
            story.act(&citizen(&format!("v-{n}")), cast(&format!("v-{n}"), &papers));
        }
    })
}

/// Sealed ballots, one of which can't be read, and papers, read card by card in one place and as totals in the other.
fn sealed() -> Log {
    let mut story = Story::sealed_at(Phase::Vote);
    let places = [("HALL", PaperMode::CardByCard), ("MARKET", PaperMode::CountSheet)];
    for (place, mode) in places {
        story.act(&coordinator(), open_place(place, &["ALL"], mode));
        story.act(&polling(), seal_box(place, 1, &["A-1"]));
    }
    story.sealed_votes();
    let hall = PaperCount { void: [(Void::Marked, 2)].into(), ..city::papers::cards(&[&[1, 2], &[2]], 1) };
    let market = totals(6, &[(1, 2), (3, 5)]);
    for ((place, _), read) in places.into_iter().zip([hall, market]) {
        let papers = u32::try_from(read.papers()).unwrap();
        story.act(&polling(), open_box(place, 1, &["A-1"], None));
        story.act(&polling(), signatures(place, "ALL", (papers, papers), None));
        story.act(&officer(1), enter(place, "ALL", 1, &read, None));
        story.act(&officer(2), enter(place, "ALL", 2, &read, None));
        let (target, catalogue) = story.world.urn.target(&id("ALL"), &story.world.campaign).unwrap();
        assert_ne!(bound(place, "ALL", 1, &read), bound(place, "ALL", 2, &read), "a bundle's number is bound");
        let text = to_canonical(&Disclosure { count: read, salt: salt() }).unwrap();
        let sealed = seal::seal_sheet(&secret().public().unwrap(), &target, &text, text.len(), &[5; 32]).unwrap();
        let sheet = Sheet::Sealed { sealed, catalogue };
        story.act(&officer(2), at(place, Asked::Agree { area: id("ALL"), bundle: 1, papers, sheet }));
    }
    story.act(&system(), close(Phase::Vote));
    story.act(&system(), open(Phase::PostVote));
    story.sealed_close();
    story.act(&system(), close(Phase::PostVote));
    story.act(&system(), open(Phase::PreResult));
    story.act(&returning(), proclaim());
    told(story)
}

/// Every tenth event that has hidden values has lost them.
fn with_a_tenth_removed(mut log: Log) -> Log {
    let hidden: Vec<usize> = (0..log.leaves.len()).filter(|position| !log.leaves[*position].1.is_empty()).collect();
    assert!(hidden.len() >= 20, "{}", hidden.len());
    hidden.into_iter().step_by(10).for_each(|position| log.redact(position));
    log
}

#[test]
fn an_open_box_is_counted_alike() {
    let log = told(Story::at(Phase::Result));
    assert!(log.model.area_results.rows().any(|row| !row.winners.is_empty()));
    both_hold(&log, &log.bundle(&key()));
}

#[test]
fn what_stands_around_a_rule_is_counted_alike() {
    let log = surrounded();
    assert!(log.model.area_results.rows().any(|row| !row.received.is_empty()), "something is handed on");
    both_hold(&log, &log.bundle(&key()));
}

#[test]
fn grades_are_judged_alike() {
    let log = judged();
    both_hold(&log, &log.bundle(&key()));
}

#[test]
fn a_sealed_box_with_papers_is_opened_and_counted_alike() {
    let log = sealed();
    let second = both_hold(&log, &log.bundle(&key()));
    let city = &second["areas"][0];
    // Sealed: two, and one that can't be read. On paper: two cards, and a blank one where one project is the least;
    // six as totals. The void ones are no ballots.
    assert_eq!((&city["counted"], &city["invalid"]), (&json!(10), &json!(2)), "{city:#}");
}

#[test]
fn a_log_without_some_of_its_hidden_values_holds_alike() {
    for log in [told(Story::at(Phase::Result)), judged(), sealed()] {
        let log = with_a_tenth_removed(log);
        let second = both_hold(&log, &log.bundle(&key()));
        assert!(second["checked"]["redacted"].as_array().unwrap().len() > 2);
    }
}

#[test]
fn papers_of_a_log_that_is_still_open_are_followed_alike() {
    let story = Story::on_paper();
    let log = told(story);
    let (first, _) = both(&log.bundle(&key()));
    assert_eq!(first.verdict, Verdict::Holds, "{first:#?}");
}

/// The bundle as the holder of the key publishes it after changing the lines.
fn signed_anew(parts: &mut Parts) -> Vec<u8> {
    let mut tree = Frontier::new();
    parts.lines.iter().for_each(|line| tree.push(leaf_hash(line.split('\t').next().unwrap().as_bytes())));
    let checkpoint = Checkpoint { origin: LOG.to_owned(), size: tree.size(), root: tree.root() };
    parts.checkpoint = checkpoint.sign(&key()).unwrap();
    parts.manifest["size"] = json!(tree.size());
    parts.signed(&key())
}

#[test]
fn whoever_changes_a_bundle_is_found_by_both_at_the_same_place() {
    let log = sealed();
    let line = |event: &str| log.position_of(event);
    let swap = |position: usize, from: &'static str, to: &'static str| {
        move |parts: &mut Parts| {
            let changed = parts.lines[position].replacen(from, to, 1);
            assert_ne!(changed, parts.lines[position], "nothing is changed");
            parts.lines[position] = changed;
        }
    };
    type Change = Box<dyn Fn(&mut Parts)>;
    let result = line("ResultProclaimed");
    let by_the_key: [(Change, Stage, Option<usize>); 9] = [
        (Box::new(swap(3, "{\"actor\"", "{ \"actor\"")), Stage::Canonical, Some(3)),
        (Box::new(swap(4, "\"position\":4", "\"position\":5")), Stage::Sequence, Some(4)),
        (Box::new(swap(5, LOG, "log.example/t2027")), Stage::Sequence, Some(5)),
        (Box::new(|parts| drop(parts.lines.remove(20))), Stage::Sequence, Some(20)),
        (
            Box::new(swap(line("ProposalDeposited"), "fontaine", "montaine")),
            Stage::Commitments,
            Some(line("ProposalDeposited")),
        ),
        (Box::new(swap(line("RulesFrozen"), "\"rules\":\"", "\"rules\":\"0")), Stage::Law, Some(line("RulesFrozen"))),
        (
            Box::new(swap(line("BallotBoxClosed"), "\"papers\":7", "\"papers\":8")),
            Stage::Ballots,
            Some(line("BallotBoxClosed")),
        ),
        (
            Box::new(swap(line("LotSeedDrawn"), "\"closed_size\":", "\"closed_size\":1")),
            Stage::Law,
            Some(line("LotSeedDrawn")),
        ),
        (Box::new(swap(result, "\"counted\":10", "\"counted\":12")), Stage::Tally, Some(result)),
    ];
    for (number, (change, stage, position)) in by_the_key.into_iter().enumerate() {
        let mut parts = Parts::read(&log.bundle(&key()));
        change(&mut parts);
        let (first, second) = both(&signed_anew(&mut parts));
        let position = position.map(|position| u64::try_from(position).unwrap());
        assert_eq!((first.stage, first.position), (Some(stage), position), "{number}: {first:#?} {second:#}");
    }
    let mut parts = Parts::read(&log.bundle(&key()));
    parts.claims = parts.claims.replacen("\"elected\":true", "\"elected\":false", 1);
    assert_eq!(both(&parts.signed(&key())).0.stage, Some(Stage::Claims));
    assert_eq!(both(&log.bundle(&Signer::from_seed(LOG, [8; 32]).unwrap())).0.stage, Some(Stage::Signatures));
    let bundle = log.bundle(&key());
    assert_eq!(both(&bundle[..bundle.len() / 2]).0.stage, Some(Stage::Container));
    for seed in 0..20_u64 {
        let (changed, how) = tests::tamper::tamper(&bundle, seed);
        assert_eq!(both(&changed).0.verdict, Verdict::Broken, "{how}");
    }
}

#[test]
fn a_worker_counts_an_area_again_from_an_address() {
    let log = sealed();
    let bundle = log.bundle(&key());
    let folder = tempfile::tempdir().unwrap();
    let (file, trusted) = (folder.path().join("campaign.parvis"), folder.path().join("policy"));
    std::fs::write(&file, &bundle).unwrap();
    std::fs::write(&trusted, support::policy(&key())).unwrap();
    let script = program().parent().unwrap().join("../tests/recount.mjs");
    let output = Command::new("node").arg(script).args([&file, &trusted]).arg("ALL").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let answers: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    let areas = answers["recount"]["areas"].as_array().unwrap();
    let row = log.model.area_results.rows().find(|row| row.area.as_str() == "ALL").unwrap();
    assert_eq!((areas.len(), &areas[0]["winners"]), (1, &json!(row.winners)), "{answers:#}");
    assert_eq!((&answers["recount"]["verdict"], &answers["file"]["verdict"]), (&json!("HOLDS"), &json!("HOLDS")));
    assert!(answers["largest"].as_u64().unwrap() <= 1 << 20);
    // A server that sends everything at once is not asked to.
    assert!(answers["whole"]["message"].as_str().unwrap().contains("200"), "{answers:#}");
    assert_eq!((&answers["receipt"]["verdict"], &answers["other"]["code"]), (&json!("HOLDS"), &json!("PROOF_INVALID")));
}

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014): the same elections in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let one = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let two = (one ^ (one >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (two ^ (two >> 31)) % end
    }

    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(u64::try_from(end).unwrap())).unwrap()
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn some<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(3).then(|| value(self))
    }
}

fn cents(chance: &mut Chance, most: u64) -> tally::Cents {
    tally::Cents::new(i64::try_from(chance.below(most)).unwrap()).unwrap()
}

/// Any election and any rule around it, with many ties.
fn any_election(chance: &mut Chance) -> (Election, TallyRule) {
    let graded = chance.one_in(3);
    let grades = (0..2 + chance.below(4)).map(|grade| format!("G{grade}")).collect::<Vec<_>>();
    let ballot_type = match chance.below(6) {
        _ if graded => BallotType::MajorityJudgment { default: chance.below(2) as u32, grades },
        0 => BallotType::Approval { min: 0, max: 3 },
        1 => BallotType::ChooseOne,
        2 => BallotType::Knapsack { budget_cents: cents(chance, 300) },
        3 => BallotType::Cumulative { points: 7, max_per_project: 4 },
        4 => BallotType::Ordinal { max: 3 },
        _ => BallotType::Scoring { min: -2, max: 3 },
    };
    let projects = 1 + chance.index(9);
    let candidate = |number: usize, chance: &mut Chance| Candidate {
        withdrawn: chance.one_in(12),
        excludes: chance.some(|chance| chance.index(projects)).into_iter().filter(|other| *other != number).collect(),
        priority: chance.one_in(3),
        group: chance.some(|chance| format!("D{}", chance.below(3))),
        ..Candidate::new(
            ["é", "R-", "\u{ff5e}", "😀"][chance.index(4)].to_owned() + &number.to_string(),
            cents(chance, 6),
        )
    };
    let candidates: Vec<Candidate> = (0..projects).map(|number| candidate(number, chance)).collect();
    let pointed = matches!(ballot_type, BallotType::Cumulative { .. } | BallotType::Scoring { .. }) || graded;
    let choice = |chance: &mut Chance| Choice {
        project: if chance.one_in(40) { usize::MAX } else { chance.index(projects) },
        points: pointed.then(|| i64::try_from(chance.below(6)).unwrap() - i64::from(!graded)),
    };
    let ballot = |chance: &mut Chance| Ballot {
        channel: if chance.one_in(3) { Channel::Paper } else { Channel::Digital },
        choices: (0..chance.below(5)).map(|_| choice(chance)).collect(),
    };
    let ballots = (0..chance.below(25)).map(|_| ballot(chance)).collect();
    let budget = cents(chance, 20);
    let rule = TallyRule {
        rule: match chance.below(3) {
            _ if graded => Rule::MajorityJudgment,
            0 => Rule::Greedy,
            1 => Rule::GreedyStop,
            _ => Rule::GreedyPerCost,
        },
        min_score: chance.some(|chance| match chance.one_in(2) {
            true => MinScore::Score(chance.below(4)),
            false => MinScore::ShareOfBallots(chance.below(4_000) as u32),
        }),
        tie_break: (0..chance.below(4)).map(|_| TieBreak::ALL[chance.index(4)]).collect(),
        around: Around {
            winners: chance.some(|chance| 1 + chance.below(4) as u32),
            winners_in: Default::default(),
            any_cost: chance.one_in(9),
            fund_next_at_basis_points: chance.some(|chance| 1 + chance.below(10_000) as u32),
            weights: chance.some(|chance| Weights { digital: chance.below(3) as u32, paper: 1 }),
            earmark: chance.some(|chance| match chance.one_in(2) {
                true => Floor::Cents(cents(chance, 9)),
                false => Floor::BasisPoints(1 + chance.below(9_999) as u32),
            }),
            groups: chance.some(|chance| GroupLimits {
                at_most: chance.some(|chance| 1 + chance.below(2) as u32),
                at_most_cents: chance.some(|chance| cents(chance, 9)),
                at_least: chance.some(|_| 1),
            }),
            leftovers: Leftovers::Nowhere,
        },
    };
    (Election { budget, candidates, ballot_type, ballots, keep_as_cast: chance.one_in(4), sheets: Vec::new() }, rule)
}

/// The election as the events of a campaign say it, and its outcome.
fn as_events(election: &Election, rule: &TallyRule, seed: &[u8; 32], outcome: &Outcome) -> Value {
    let entry = |(place, one): (usize, &Candidate)| {
        json!({
            "number": place + 1, "project": format!("p{place}"), "reference": one.id, "cost_cents": one.cost, "withdrawn": one.withdrawn,
            "excludes": one.excludes.iter().map(|other| format!("p{other}")).collect::<Vec<_>>(), "priority": one.priority, "district": one.group,
        })
    };
    let stripped = |mut entry: Value| {
        entry.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        entry
    };
    let number = |choice: &Choice| if choice.project == usize::MAX { json!(-1) } else { json!(choice.project + 1) };
    let ballot = |one: &Ballot| {
        let points: Vec<i64> = one.choices.iter().filter_map(|choice| choice.points).collect();
        json!({ "channel": one.channel, "choices": one.choices.iter().map(number).collect::<Vec<_>>(), "points": points })
    };
    let project = |one: &tally::Decision| json!({ "rank": one.rank, "score": one.score, "reason": one.reason, "digital": one.digital, "paper": one.paper, "supporters": one.supporters });
    json!({
        "type": election.ballot_type, "list": election.candidates.iter().enumerate().map(entry).map(stripped).collect::<Vec<_>>(),
        "ballots": election.ballots.iter().map(ballot).collect::<Vec<_>>(), "kept": election.keep_as_cast, "rule": rule,
        "budget": election.budget, "winners": rule.around.winners, "seed": transparency::Hash(*seed),
        "outcome": {
            "winners": outcome.winners, "spent": outcome.spent, "counted": outcome.counted, "invalid": outcome.invalid.values().sum::<u64>(),
            "projects": outcome.projects.iter().map(project).collect::<Vec<_>>(),
        },
    })
}

#[test]
fn any_election_is_decided_alike() {
    let mut chance = Chance(1);
    let seed = transparency::Hash::of(&[b"lot"]).0;
    let (mut lines, mut elections) = (String::new(), 0);
    while elections < 3_000 {
        let (election, rule) = any_election(&mut chance);
        // What doesn't fit together is refused before a campaign begins.
        let Ok(outcome) = election.tally(&rule, Some(&LotSeed::from_bytes(seed))) else { continue };
        lines.push_str(&format!("{}\n", as_events(&election, &rule, &seed, &outcome)));
        elections += 1;
    }
    let script = program().parent().unwrap().join("../tests/decide.mjs");
    let mut node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = node.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = node.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), elections.to_string());
}
