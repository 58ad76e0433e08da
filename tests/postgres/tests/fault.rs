//! Owns what a fault promises: the calls that are meant fail on the files that are meant, only while
//! it is on, for a shell as for a server.
//! Must not: test what Parvis does then. Next: `src/fault.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use throwaway_postgres::{Call, Fails, Fault, Options, Server};

/// A program that runs all the while: `PATH` in, `ok` or `failed` out.
const WRITER: &str = "while read -r path; do if echo text >>\"$path\"; then echo ok; else echo failed; fi; done";

#[test]
fn a_running_program_sees_the_fault_only_while_it_is_on() {
    let folder = tempfile::tempdir().unwrap();
    let (meant, other) = (folder.path().join("meant.log"), folder.path().join("other.log"));
    let fault = Fault::compile("meant", &[Call::Write], Fails::Broken);
    let mut shell = Command::new("sh");
    shell.args(["-c", WRITER]).envs(fault.env()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut shell = shell.spawn().unwrap();
    let (mut asks, mut answers) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()).lines());
    let mut write = |path: &Path| {
        writeln!(asks, "{}", path.display()).unwrap();
        answers.next().unwrap().unwrap()
    };

    assert_eq!((write(&meant), fault.hits()), ("ok".to_owned(), 0));
    fault.on();
    assert_eq!((write(&meant), fault.hits()), ("failed".to_owned(), 1));
    assert_eq!((write(&other), fault.hits()), ("ok".to_owned(), 1));
    fault.off();
    assert_eq!((write(&meant), fault.hits()), ("ok".to_owned(), 1));
    assert_eq!(std::fs::read_to_string(&meant).unwrap(), "text\ntext\n");
    drop(asks);
    assert!(shell.wait().unwrap().success());
}

/// What a program says when it fails with the fault on, and that it succeeds with another kind on.
fn said(program: &[&str], call: Call, fails: Fails) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "text").unwrap();
    let run = |call| {
        let fault = Fault::compile("file", &[call], fails);
        fault.on();
        let mut command = Command::new(program.first().unwrap());
        command.args(program.iter().skip(1)).current_dir(folder.path()).env("LC_ALL", "C").envs(fault.env());
        (command.output().unwrap(), fault.hits())
    };
    let another = if call == Call::Write { Call::Sync } else { Call::Write };
    let (done, hits) = run(another);
    assert!(done.status.success() && hits == 0, "{done:?}");
    let (done, hits) = run(call);
    assert!(!done.status.success() && hits == 1, "{done:?}");
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn each_kind_of_call_fails_by_itself() {
    let (broken, full) = ("Input/output error", "No space left on device");
    assert!(said(&["dd", "if=/dev/zero", "of=file", "count=1"], Call::Write, Fails::Full).contains(full));
    assert!(said(&["sync", "file"], Call::Sync, Fails::Broken).contains(broken));
    assert!(said(&["sync", "--data", "file"], Call::Sync, Fails::Broken).contains(broken));
    assert!(said(&["truncate", "--size=0", "file"], Call::Truncate, Fails::Broken).contains(broken));
    assert!(said(&["fallocate", "--length", "9000", "file"], Call::Allocate, Fails::Full).contains(full));
}

#[test]
fn a_server_on_a_full_disk_refuses_and_goes_on_later() {
    let fault = Fault::compile("/base/", &[Call::Write, Call::Allocate], Fails::Full);
    let server = Server::start(Options { env: fault.env(), ..Options::default() });
    let database = server.database();
    database.psql("CREATE TABLE t (n int, text text)");
    let insert = "INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 1000) n";
    fault.on();
    let refused = database.try_psql(insert).unwrap_err();
    assert!(refused.contains("No space left on device"), "{refused}");
    fault.off();
    assert!(fault.hits() > 0);
    database.psql(insert);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1000");
}

#[test]
fn a_server_whose_log_can_not_be_synced_acknowledges_nothing() {
    let fault = Fault::compile("/pg_wal/", &[Call::Sync], Fails::Broken);
    let mut server = Server::start(Options { fsync: true, env: fault.env(), ..Options::default() });
    let database = server.database();
    database.psql("CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
    fault.on();
    assert!(database.try_psql("INSERT INTO t VALUES (2)").is_err());
    fault.off();
    assert!(fault.hits() > 0);
    assert!(server.log().contains("PANIC"), "{}", server.log());
    server.kill_9();
    server.restart();
    // The second may be there or not: nobody was told that it is.
    assert_eq!(database.psql("SELECT n FROM t WHERE n = 1"), "1");
    database.psql("INSERT INTO t VALUES (3)");
}
