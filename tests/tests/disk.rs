//! Owns what is left when the disk fails under an import: a message with a code, everything that was
//! acknowledged, and a log that can be gone on with once the disk is well.
//! Must not: test the store's own errors: `event-store` does. Next: `tests/faults/fault.c`, `crash.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use event_store::{OpenMode, Store};
use tests::binary::{end, parvis};
use tests::election::invented;
use throwaway_postgres::{Call, Fails, Fault};

const BALLOTS: u64 = 20_000;
/// The fault comes when this many are acknowledged.
const BEFORE: u64 = 4_000;

fn import(folder: &Path) -> Command {
    parvis(folder, &["import", "pabulib", "disk.pb", "--campaign", "disk", "--store", "sqlite:parvis.db"])
}

/// `disk: 2048/20000 ballots`.
fn acknowledged(line: &str) -> Option<u64> {
    line.strip_prefix("disk: ")?.strip_suffix("/20000 ballots")?.parse().ok()
}

/// The ballots in the log, which is checked from end to end.
fn ballots(folder: &Path) -> u64 {
    let store = Store::open(&format!("sqlite:{}", folder.join("parvis.db").display()), OpenMode::Existing).unwrap();
    let reader = store.reader();
    let log = reader.logs().unwrap().pop().unwrap().log_id;
    reader.verify_integrity(log).unwrap();
    reader.streams(log, "ballot").unwrap().len().try_into().unwrap()
}

fn an_import_meets(call: Call, fails: Fails, code: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("disk.pb"), invented(BALLOTS)).unwrap();
    let fault = Fault::compile("parvis.db", &[call], fails);
    let mut failing = import(folder);
    failing.envs(fault.env()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut failing = failing.spawn().unwrap();
    let (mut told, mut said) = (0, String::new());
    for line in BufReader::new(failing.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        told = told.max(acknowledged(&line).unwrap_or(0));
        if told >= BEFORE && fault.hits() == 0 {
            fault.on();
        }
        said.push_str(&line);
        said.push('\n');
    }
    assert_eq!(failing.wait().unwrap().code(), Some(1), "{said}");
    assert!(fault.hits() > 0);
    assert!(said.contains(&format!("[{code}]")) && !said.contains("panicked"), "{said}");
    fault.off();

    let kept = ballots(folder);
    assert!(kept >= told, "{told} ballots were acknowledged, {kept} are there");
    assert!(kept < BALLOTS, "the fault came too late to show anything");
    let ended = end(import(folder));
    assert_eq!(ended.status, 0, "{}", ended.err);
    assert_eq!(ballots(folder), BALLOTS);
}

#[test]
fn a_disk_that_can_not_be_synced_loses_nothing_acknowledged() {
    an_import_meets(Call::Sync, Fails::Broken, "STORE_IO");
}

#[test]
fn a_broken_disk_loses_nothing_acknowledged() {
    an_import_meets(Call::Write, Fails::Broken, "STORE_IO");
}

#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    an_import_meets(Call::Write, Fails::Full, "STORE_DISK_FULL");
}
