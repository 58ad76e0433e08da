//! Owns what is left when the database fails over under an import: everything acknowledged, nothing
//! twice, and a log that holds, on whichever server leads.
//! Must not: test PostgreSQL or the cluster: `throwaway-postgres` does.
//! Next: `docs/runbooks/high-availability.md`, `crates/event-store/src/postgres/writer.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use event_store::{OpenMode, Store};
use tests::binary::parvis;
use tests::election::invented;
use throwaway_postgres::{Cluster, Options};

const BALLOTS: u64 = 40_000;
const FAIL_OVERS: u64 = 3;
/// A fail-over comes whenever this many more are acknowledged.
const BETWEEN: u64 = 8_000;

fn import(folder: &Path, url: &str) -> Command {
    parvis(folder, &["import", "pabulib", "city.pb", "--campaign", "city", "--key", "key", "--store", url])
}

/// `city: 2048/40000 ballots`.
fn acknowledged(line: &str) -> Option<u64> {
    line.strip_prefix("city: ")?.strip_suffix("/40000 ballots")?.parse().ok()
}

/// The ballots in the log, which is checked from end to end; an import may be writing meanwhile.
fn ballots(url: &str) -> u64 {
    let store = Store::open(url, OpenMode::Existing).unwrap();
    let reader = store.reader();
    let log = reader.logs().unwrap().pop().unwrap().log_id;
    reader.verify_integrity(log).unwrap();
    let mut ballots = 0;
    reader
        .for_each::<event_store::Error>(log, 0, |event| {
            if event.stream.kind() == "ballot" {
                assert_eq!(event.sequence, 1, "{} is in the box twice", event.stream);
                ballots += 1;
            }
            Ok(())
        })
        .unwrap();
    ballots
}

#[test]
fn an_import_outlives_fail_overs_of_its_database() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("city.pb"), invented(BALLOTS)).unwrap();
    let mut cluster = Cluster::start(Options { fsync: true, ..Options::default() });
    let database = cluster.database();
    let (mut done, mut told, mut given_up) = (0, 0, 0);
    loop {
        let mut running = import(folder, database.url());
        let mut running = running.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        for line in BufReader::new(running.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            told = told.max(acknowledged(&line).unwrap_or(0));
            if done < FAIL_OVERS && told >= (done + 1) * BETWEEN {
                // The import goes on meanwhile; what it says waits in the pipe.
                cluster.fail_over();
                done += 1;
                assert!(ballots(database.url()) >= told, "fail-over {done}: an acknowledged ballot is lost");
            }
            said.push_str(&line);
            said.push('\n');
        }
        if running.wait().unwrap().success() {
            break;
        }
        // It may give up, with a code that says so; sent again, it goes on where it was.
        assert!(said.contains("[STORE_UNAVAILABLE]") && !said.contains("panicked"), "{said}");
        given_up += 1;
        assert!(given_up <= FAIL_OVERS, "{said}");
    }
    assert_eq!(done, FAIL_OVERS);
    assert_eq!(ballots(database.url()), BALLOTS);
    eprintln!("the import gave up {given_up} times in {FAIL_OVERS} fail-overs");
}
