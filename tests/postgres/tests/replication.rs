//! Owns what two throwaway servers promise: one follows the other, takes its place, and lets it back.
//! Must not: decide when. Next: `src/replication.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use throwaway_postgres::{Options, Server};

/// For what a server writes while no other follows it.
const ALONE: &str = "SET synchronous_commit = local;";

#[test]
fn a_standby_takes_over_and_the_old_primary_comes_back() {
    // What is acknowledged can be read on the standby at once.
    let settings = [("synchronous_standby_names", "*"), ("synchronous_commit", "remote_apply")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let mut old = Server::start(Options { settings, ..Options::default() });
    let mut new = old.standby("b");
    let database = old.database();
    database.psql("CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
    assert!(new.is_in_recovery() && !old.is_in_recovery());
    assert_eq!(new.psql(database.name(), "SELECT n FROM t"), "1");
    let refused = new.try_psql(database.name(), "INSERT INTO t VALUES (9)").unwrap_err();
    assert!(refused.contains("read-only transaction"), "{refused}");

    old.kill_9();
    new.promote();
    assert!(!new.is_in_recovery());
    new.psql(database.name(), &format!("{ALONE} INSERT INTO t VALUES (2)"));

    // The old one wakes and writes what nobody else has: it gives that up when it comes back.
    old.restart();
    database.psql(&format!("{ALONE} INSERT INTO t VALUES (3)"));
    old.rejoin(&new);
    assert!(old.is_in_recovery());
    new.psql(database.name(), "INSERT INTO t VALUES (4)");
    assert_eq!(database.psql("SELECT n FROM t ORDER BY n"), "1\n2\n4");
    assert!(old.log().contains("started streaming WAL"), "{}", old.log());
}

#[test]
fn a_server_whose_past_is_gone_comes_back_as_a_copy() {
    let mut old = Server::start(Options::default());
    let mut new = old.standby("b");
    old.kill_9();
    new.promote();
    // Damaged, so that it can't be rewound.
    std::fs::remove_file(old.folder().join("data/global/pg_control")).unwrap();
    let database = new.database();
    old.rejoin(&new);
    assert!(old.is_in_recovery());
    assert_eq!(old.psql(database.name(), "SELECT 1"), "1");
}
