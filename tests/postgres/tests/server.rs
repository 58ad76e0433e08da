//! Owns what one throwaway server promises: it starts, keeps what it acknowledged when it is killed,
//! and leaves nothing behind, however its test ends.
//! Must not: test PostgreSQL itself. Next: `src/server.rs`, `src/watchdog.sh`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use throwaway_postgres::{Options, Server};

/// Tells a copy of this program that it is the one to be killed.
const VICTIM: &str = "THROWAWAY_POSTGRES_VICTIM";

/// The processes that work in this folder, as the kernel names it.
fn processes_in(folder: &Path) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap();
    let places = entries.filter_map(|entry| std::fs::read_link(entry.unwrap().path().join("cwd")).ok());
    places.filter(|place| place.starts_with(folder)).count()
}

fn waits_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("after ten seconds: not {what}");
}

#[test]
fn the_tests_of_a_process_share_one_server_with_a_database_each() {
    let (one, other) = (Server::shared().database(), Server::shared().database());
    assert_ne!(one.url(), other.url());
    one.psql("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)");
    assert_eq!(one.psql("SELECT n, n * 10 FROM t ORDER BY n"), "1|10\n2|20");
    assert_eq!(other.psql("SELECT to_regclass('t') IS NULL"), "t");
    assert_eq!(Server::shared().psql("postgres", "SHOW max_connections"), "300");
    assert!(Server::shared().try_psql(one.name(), "SELEC 1").unwrap_err().contains("syntax error"));
}

#[test]
fn a_killed_server_keeps_what_it_acknowledged() {
    let settings = vec![("log_statement".to_owned(), "all".to_owned())];
    let mut server = Server::start(Options { fsync: true, settings, ..Options::default() });
    let (port, database) = (server.port(), server.database());
    assert_eq!(database.psql("SHOW fsync; SHOW data_checksums"), "on\non");
    database.psql("CREATE TABLE t (n int)");
    for round in 1..=3 {
        database.psql(&format!("INSERT INTO t VALUES ({round})"));
        server.kill_9();
        assert_eq!(processes_in(server.folder()), 0);
        assert!(server.try_psql(database.name(), "SELECT 1").is_err());
        server.restart();
        assert_eq!(server.port(), port);
        assert_eq!(database.psql("SELECT count(*) FROM t"), round.to_string());
    }
    assert!(server.log().contains("database system was not properly shut down"), "{}", server.log());
    assert!(server.log().contains("INSERT INTO t VALUES (3)"));
}

#[test]
fn a_server_that_can_not_start_says_why() {
    let settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let failed = std::panic::catch_unwind(|| Server::start(Options { settings, ..Options::default() }));
    let said = failed.unwrap_err().downcast::<String>().unwrap();
    assert!(said.contains("no_such_setting"), "{said}");
}

#[test]
fn a_dropped_server_leaves_nothing_behind() {
    for killed in [false, true] {
        let mut server = Server::start(Options::default());
        let folder = server.folder().to_owned();
        assert!(processes_in(&folder) > 0);
        if killed {
            server.kill_9();
        }
        drop(server);
        assert_eq!(processes_in(&folder), 0);
        assert!(!folder.exists());
    }
}

/// What the process that is to be killed does.
fn waits_to_be_killed() {
    let server = Server::start(Options::default());
    let standby = server.standby("b");
    println!("\nfolder {}\nfolder {}", server.folder().display(), standby.folder().display());
    loop {
        std::thread::park();
    }
}

#[test]
fn a_killed_test_leaves_nothing_behind() {
    if std::env::var_os(VICTIM).is_some() {
        waits_to_be_killed();
    }
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "a_killed_test_leaves_nothing_behind", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped());
    let mut test = test.spawn().unwrap();
    let lines = BufReader::new(test.stdout.take().unwrap()).lines();
    let folders: Vec<PathBuf> =
        lines.filter_map(|line| Some(line.unwrap().strip_prefix("folder ")?.into())).take(2).collect();
    assert_eq!(folders.len(), 2, "the victim ended before it was killed");
    assert!(folders.iter().all(|folder| processes_in(folder) > 0));
    test.kill().unwrap();
    test.wait().unwrap();
    for folder in folders {
        waits_until("gone", || !folder.exists());
        assert_eq!(processes_in(&folder), 0);
    }
}
