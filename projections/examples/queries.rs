//! How long the reads of a large campaign take that look at many rows: similar proposals, work lists,
//! equity, lineages, projects near each other.
//!
//! `cargo run --release -p projections --example queries [PROPOSALS]` prints one JSON line: the least of
//! several runs in microseconds, since whatever else a machine does only adds, beside a bare walk over
//! all proposals. Figures, not verdicts. Made up: 60 words a proposal out of 5,000, of which a few are
//! frequent; a project for each three proposals, each assigned to two departments, half of which have
//! answered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use domain::instruction::{Assignment, Opinion, Verdict};
use domain::project::{Event as OfProject, Formation};
use domain::proposal::{Consents, Deposit, DepositorKind, Event as OfProposal, MergeKind, Point};
use domain::{Actor, Cents, Event, Hidden, Record, Role, StreamKind, Timestamp};
use projections::equity::{self, Dimension};
use projections::similar::{Query, similar};
use projections::work::{Desk, List, counts, tasks};
use projections::{Model, distance, lineage};
use serde_json::json;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;
use transparency::Hash;

fn main() {
    let proposals = std::env::args().nth(1).map_or(9_000, |number| number.parse().unwrap());
    let model = campaign(proposals);
    let text = words(3);
    let query = Query { title: &text[..60], description: &text, point: Some(point(7)), exclude: None };
    let now = Timestamp::from_unix(1_780_000_000).unwrap();
    let desk =
        Desk { agent: Some("agent-1".parse().unwrap()), departments: BTreeSet::from(["D-1".parse().unwrap()]), now };
    let walk = least(|| model.proposals.rows().filter(|row| row.is_public()).count());
    let figures = json!({
        "proposals": model.proposals.len(),
        "projects": model.projects.len(),
        "walk_us": walk,
        "similar_us": least(|| similar(&[&model], &query).len()),
        "similar_found": similar(&[&model], &query).len(),
        "work_list_us": least(|| tasks(&model, &desk, List::Department).len()),
        "work_list_found": tasks(&model, &desk, List::Department).len(),
        "work_counts_us": least(|| counts(&model, &desk).len()),
        "equity_us": least(|| equity::equity(&model, Dimension::Area).len()),
        "departments_us": least(|| equity::departments(&model).len()),
        "near_us": least(|| distance::near(&model, 20).len()),
        "all_back_us": least(|| model.projects.iter().filter_map(|(id, _)| lineage::back(&model, id)).count()),
        "all_forward_us": least(|| model.proposals.iter().filter_map(|(id, _)| lineage::forward(&model, id)).count()),
    });
    println!("{figures}");
}

/// The least of 25 runs, in microseconds.
fn least<T>(mut run: impl FnMut() -> T) -> u128 {
    let one = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_micros()
    };
    (0..25).map(one).min().unwrap()
}

/// A number that looks like chance and isn't (SplitMix64, Steele and others 2014).
fn chance(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Sixty words; the product of two draws makes small numbers frequent.
fn words(n: u64) -> String {
    let word = |k: u64| {
        let (one, other) = (chance(n * 200 + 2 * k) % 71, chance(n * 200 + 2 * k + 1) % 71);
        format!("mot{}", one * other)
    };
    (0..60).map(word).collect::<Vec<_>>().join(" ")
}

fn point(n: u64) -> Point {
    let within = |seed: u64, wide: u64| i32::try_from(chance(seed) % wide).unwrap();
    Point { latitude_e6: 48_800_000 + within(n, 100_000), longitude_e6: 2_250_000 + within(n + 1_000_000, 150_000) }
}

#[derive(Default)]
struct Log {
    model: Model,
    position: u64,
}

impl Log {
    fn add(&mut self, kind: StreamKind, id: String, event: Event) {
        let at = Timestamp::from_unix(1_767_225_600 + i64::try_from(self.position).unwrap() * 60).unwrap();
        let record = Record {
            position: self.position,
            sequence: 1,
            kind,
            id,
            at,
            actor: Actor::new("agent-1", Role::Coordinator),
            command_id: format!("command-{}", self.position),
            leaf_hash: Hash([7; 32]),
            hidden: Vec::new(),
            gone: Vec::new(),
            redacted: 0,
            event,
        };
        self.model.apply(&record).unwrap();
        self.position += 1;
    }
}

fn campaign(proposals: u64) -> Model {
    let mut log = Log::default();
    let area = |n: u64| format!("A-{}", n % 20).parse().unwrap();
    for n in 0..proposals {
        let text = words(n);
        let deposit = Deposit {
            reference: format!("P-{n:06}"),
            author: format!("c-{n}"),
            title: Hidden::Disclosed(text[..60].to_owned()),
            description: Hidden::Disclosed(text),
            author_name: Hidden::Disclosed("Camille".into()),
            depositor: DepositorKind::Individual,
            complement: None,
            theme: "GREEN".parse().unwrap(),
            area: area(n / 3),
            point: Some(point(n)),
            address: None,
            neighbourhood: None,
            accessible: false,
            accessibility: None,
            estimate_cents: None,
            running_cents: None,
            earlier: None,
            attachments: Vec::new(),
            consents: Consents::default(),
        };
        let event = OfProposal::ProposalDeposited { deposit: Box::new(deposit), awaits_approval: false };
        log.add(StreamKind::Proposal, format!("p-{n}"), Event::Proposal(event));
    }
    for n in 0..proposals / 3 {
        form(&mut log, n, area(n));
    }
    log.model
}

fn form(log: &mut Log, n: u64, area: domain::AreaId) {
    let id = format!("q-{n}");
    let proposals: Vec<_> = (0..3).map(|k| format!("p-{}", n * 3 + k).parse().unwrap()).collect();
    let formation = Formation {
        reference: format!("R-{n}"),
        title: Hidden::Disclosed("Un projet".into()),
        description: None,
        area,
        theme: None,
        point: Some(point(n * 3)),
        priority_neighbourhood: false,
        kind: MergeKind::Grouping,
        proposals: proposals.clone(),
        workshops: Vec::new(),
        part_of: None,
        selected: None,
    };
    let of_project = |log: &mut Log, event| log.add(StreamKind::Project, id.clone(), Event::Project(event));
    of_project(log, OfProject::ProjectFormed { formation: Box::new(formation) });
    for department in [n % 10, n % 7 + 10] {
        let department: domain::DepartmentId = format!("D-{department}").parse().unwrap();
        let due = Timestamp::from_unix(1_780_000_000 + i64::try_from(chance(n) % 1_000_000).unwrap()).unwrap();
        let assignment = Assignment { department: department.clone(), mandatory: true, due };
        of_project(log, OfProject::DepartmentAssigned { assignment });
        if chance(n + log.position).is_multiple_of(2) {
            let verdict = Verdict {
                department,
                opinion: Opinion::Favourable,
                reasons: Hidden::Disclosed("C’est faisable.".into()),
                criteria: Vec::new(),
                conditions: None,
                lines: Vec::new(),
                yearly_cents: Cents::ZERO,
                commitment_needed: false,
            };
            of_project(log, OfProject::VerdictGiven { verdict: Box::new(verdict), agent: None });
        }
    }
    for proposal in &proposals {
        let (share_percent, reason, workshop) = (None, None, None);
        let project = id.parse().unwrap();
        let event = OfProposal::ProposalMerged { project, kind: MergeKind::Grouping, share_percent, reason, workshop };
        log.add(StreamKind::Proposal, proposal.to_string(), Event::Proposal(event));
    }
}
