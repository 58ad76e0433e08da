//! How long a snapshot of a large campaign takes to write and to read, how long it is, and what memory
//! reading needs.
//!
//! `cargo run --release -p projections --example snapshot -- write FILE [VOTERS]`, then
//! `… -- read FILE`, in two processes so that each has a peak of its own. One JSON line each; figures,
//! not verdicts. Each voter has two papers with four choices, in an event each, under a pseudonym that
//! can't be compressed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use domain::ballot::{self, Paper};
use domain::{Actor, Event, Record, Role, StreamKind, Timestamp};
use projections::{Disclosed, Model, Positions, Snapshot, VERSION};
use serde_json::json;
use std::fs::File;
use std::io::BufWriter;
use std::time::Instant;
use tally::Channel;
use transparency::Hash;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", file] => write(file, 1_000_000),
        ["write", file, voters] => write(file, voters.parse().unwrap()),
        ["read", file] => read(file),
        _ => eprintln!("write FILE [VOTERS], then read FILE"),
    }
}

fn write(file: &str, voters: u64) {
    let start = Instant::now();
    let snapshot = campaign(voters);
    let folded = start.elapsed();
    let start = Instant::now();
    let bytes = snapshot.write(BufWriter::new(File::create(file).unwrap())).unwrap();
    let written = start.elapsed();
    let figures = json!({
        "voters": voters, "events": snapshot.model.size(), "fold_ms": folded.as_millis(),
        "write_ms": written.as_millis(), "bytes": bytes, "peak_kib": peak(),
    });
    println!("{figures}");
}

fn read(file: &str) {
    let start = Instant::now();
    let snapshot = Snapshot::read(File::open(file).unwrap()).unwrap();
    let taken = start.elapsed();
    let model = &snapshot.model;
    println!("{}", json!({"read_ms": taken.as_millis(), "voters": model.ballots.len(), "peak_kib": peak()}));
}

/// What the kernel says that this process had at most, in KiB; none where it doesn't say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn campaign(voters: u64) -> Snapshot {
    let mut model = Model::default();
    let mut positions = Positions::new();
    for voter in 0..voters {
        let id = Hash::of(&[&voter.to_be_bytes()]).to_string()[..36].to_owned();
        for (place, area) in ["PARIS".to_owned(), format!("PARIS-{:02}", voter % 20)].into_iter().enumerate() {
            let position = model.size();
            let first = u32::try_from(voter % 97).unwrap() + 1;
            let paper = Paper {
                channel: if voter % 3 == 0 { Channel::Digital } else { Channel::Paper },
                choices: (0..4).map(|n| first + n * 7).collect(),
                points: None,
                unknown: Vec::new(),
            };
            let event = Event::Ballot(ballot::Event::BallotCast { area: area.parse().unwrap(), paper });
            let record = Record {
                position,
                sequence: u64::try_from(place).unwrap() + 1,
                kind: StreamKind::Ballot,
                id: id.clone(),
                at: Timestamp::from_unix(1_536_314_400 + i64::try_from(voter).unwrap()).unwrap(),
                actor: Actor::new(&id, Role::Citizen),
                command_id: String::new(),
                leaf_hash: Hash::of(&[&position.to_be_bytes()]),
                hidden: Vec::new(),
                gone: Vec::new(),
                redacted: 0,
                event,
            };
            model.apply(&record).unwrap();
            positions.entry("BallotCast".to_owned()).or_default().push_back(position);
        }
    }
    Snapshot {
        version: VERSION,
        campaign: "large".to_owned(),
        origin: "example/large".to_owned(),
        model,
        positions,
        disclosed: Disclosed::default(),
    }
}
