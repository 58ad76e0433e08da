//! Owns the two engines through the real programs: the same campaign has the same log on both, and a
//! store moves from one to the other. Next: `crates/event-store/tests`, the promises one by one.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tests::binary::{Ended, end, parvis, parvis_replay};
use throwaway_postgres::Server;

const SQLITE: &str = "sqlite:parvis.db";

#[track_caller]
fn done(folder: &Path, arguments: &[&str]) -> Ended {
    let ended = end(parvis(folder, arguments));
    assert_eq!(ended.status, 0, "{arguments:?}: {ended:?}");
    ended
}

/// Campaign, size and root of every log of a store.
fn heads(folder: &Path, store: &str) -> Vec<Value> {
    let listed = done(folder, &["campaign", "show", "--json", "--store", store]).out;
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn demo(folder: &Path, store: &str) {
    done(folder, &["demo", "--voters", "200", "--seed", "7", "--no-serve", "--store", store, "--key", "parvis.key"]);
}

#[test]
fn the_same_campaign_is_the_same_log_on_both_engines_and_moves_between_them() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let (first, second) = (Server::shared().database(), Server::shared().database());
    demo(folder, SQLITE);
    demo(folder, first.url());
    let on_file = heads(folder, SQLITE);
    assert_eq!(heads(folder, first.url()), on_file);

    // There and back again.
    let copied = done(folder, &["store", "copy", SQLITE, second.url(), "--json"]);
    let told: Value = serde_json::from_str(copied.out.trim()).unwrap();
    assert_eq!((&told["root"], &told["verified"]), (&on_file[0]["root"], &Value::Bool(true)));
    done(folder, &["store", "copy", second.url(), "sqlite:back.db"]);
    assert_eq!(heads(folder, "sqlite:back.db"), on_file);
    let again = done(folder, &["store", "copy", second.url(), "sqlite:back.db", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(again.out.trim()).unwrap()["written"], 0);

    // Everything else works there as well.
    let out = done(folder, &["doctor", "--json", "--store", second.url(), "--key", "parvis.key"]).out;
    assert!(out.lines().all(|line| serde_json::from_str::<Value>(line).unwrap()["holds"] == true), "{out}");
    let bundle = ["export", "bundle", "demo-2025", "demo.parvis", "--store", second.url(), "--key", "parvis.key"];
    done(folder, &bundle);
    let verified = end(parvis_replay(folder, &["verify", "demo.parvis", "--policy", "demo.parvis.policy"]));
    assert_eq!(verified.status, 0, "{verified:?}");
    let tally = |store: &str| done(folder, &["tally", "demo-2025", "--json", "--store", store]).out;
    assert_eq!(tally(second.url()), tally(SQLITE));
}

#[test]
fn what_is_wrong_with_a_database_is_told_without_its_password() {
    let folder = TempDir::new().unwrap();
    let fails = |arguments: &[&str], status: i32, code: &str| {
        let ended = end(parvis(folder.path(), arguments));
        assert_eq!(ended.status, status, "{ended:?}");
        assert!(ended.err.contains(code) && !ended.err.contains("s3cret"), "{ended:?}");
    };
    let nowhere = "postgres://parvis:s3cret@127.0.0.1:1/parvis";
    fails(&["migrate", "--store", nowhere], 1, "[STORE_UNAVAILABLE]");
    fails(&["migrate", "--store", "postgres://parvis:s3cret@127.0.0.1:port/parvis"], 2, "[STORE_URL]");
    let empty = Server::shared().database();
    fails(&["serve", "--store", empty.url()], 1, "[STORE_NOT_FOUND]");
    fails(&["store", "copy", empty.url(), SQLITE], 1, "[STORE_NOT_FOUND]");
    let shown = done(folder.path(), &["config", "--store", nowhere]).out;
    assert!(shown.contains("postgres://parvis@127.0.0.1:1/parvis") && !shown.contains("s3cret"), "{shown}");
}
