//! What the database itself refuses: to the program's role, and to the owner of the tables.

use event_store::{OpenMode, Redaction, Store};
use serde_json::json;
use throwaway_postgres::Server;

use crate::sample::{Sample, command_of, draft};

/// The address of a new login that is a member of these roles.
fn login(s: &Sample, roles: &str) -> String {
    let name = format!("login_{}", s.place.0.name());
    s.place.change(&format!("CREATE ROLE {name} LOGIN IN ROLE {roles}")).unwrap();
    s.place.url().replace("postgres@", &format!("{name}@"))
}

#[test]
fn the_role_of_the_log_appends_and_can_change_nothing() {
    let s = Sample::new();
    let url = login(&s, "parvis_log");
    let store = Store::open(&url, OpenMode::Existing).unwrap();
    let appends: Vec<_> = (0..300).map(|n| s.first(&format!("ballot/{n}"), &format!("c{n}"))).collect();
    assert!(store.append_all_blocking(appends).iter().all(Result::is_ok));
    assert_eq!(store.reader().verify_integrity(s.log).unwrap().size, 300);
    store.create_log_blocking("log.example/other", "OTHER").unwrap();
    let refused = [
        "UPDATE log_events SET leaf = leaf",
        "UPDATE log_events SET disclosed = NULL",
        "DELETE FROM log_events",
        "TRUNCATE log_events",
        "UPDATE log_tiles SET root = root",
        "DELETE FROM log_tiles",
        "TRUNCATE log_tiles",
        "UPDATE log_heads SET origin = 'x'",
        "DELETE FROM log_heads",
        "TRUNCATE log_heads",
        "UPDATE log_checkpoints SET note = 'x'",
        "DELETE FROM log_checkpoints",
        "UPDATE log_cosignatures SET line = 'x'",
        "DELETE FROM log_cosignatures",
        "ALTER TABLE log_events DISABLE TRIGGER ALL",
        "DROP TABLE log_events",
        "CREATE TABLE read.mine (x int)",
        "CREATE TABLE vault.mine (x int)",
    ];
    for statement in refused {
        let name = format!("login_{}", s.place.0.name());
        let error = s.place.change(&format!("SET ROLE {name}; {statement}")).unwrap_err();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{statement}: {error}");
    }
    // To redact, a program must be a member of another role.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let data = json!({"text": {"$hidden": "words"}});
    let append = command_of(s.log, "h", &[("proposal/1", 0)], vec![draft("proposal/1", "h", data)]);
    store.append_blocking(append).unwrap();
    let target = || vec![Redaction { position: 300, path: "/data/text".into() }];
    assert_eq!(runtime.block_on(store.redact(s.log, target())).unwrap_err().code(), "STORE_NO_PERMISSION");
    s.place.change(&format!("GRANT parvis_redaction TO login_{}", s.place.0.name())).unwrap();
    assert_eq!(runtime.block_on(store.redact(s.log, target())), Ok(1));
}

#[test]
fn the_owner_is_held_by_triggers() {
    let s = Sample::new();
    s.store.append_blocking(s.first("ballot/1", "c1")).unwrap();
    for table in ["log_events", "log_tiles", "log_checkpoints", "log_cosignatures"] {
        let error = s.place.change(&format!("TRUNCATE {table}")).unwrap_err();
        assert!(error.contains("append-only"), "{error}");
    }
    let error = s.place.change("TRUNCATE log_heads CASCADE").unwrap_err();
    assert!(error.contains("append-only"), "{error}");
}

#[test]
fn a_program_that_may_not_migrate_asks_for_whoever_may() {
    let s = Sample::new();
    let url = login(&s, "parvis_log");
    s.place.change("DELETE FROM schema_migrations WHERE version > 1").unwrap();
    assert_eq!(Store::open(&url, OpenMode::Existing).unwrap_err().code(), "SCHEMA_OLD");
    let _ = Server::shared();
}
