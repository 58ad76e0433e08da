//! Files that can't be a store, and what the store says of them.

use event_store::{OpenMode, Store};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::place::url;
use crate::sample::Sample;

fn code(path: &std::path::Path, mode: OpenMode) -> &'static str {
    Store::open(&url(path), mode).map(|_| "OPEN").unwrap_or_else(|error| {
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        error.code()
    })
}

#[test]
fn the_address_names_a_file() {
    for address in ["", "parvis.db", "sqlite:", "sqlite::memory:", "mysql://localhost/parvis"] {
        assert_eq!(Store::open(address, OpenMode::Create).unwrap_err().code(), "STORE_URL", "{address}");
    }
}

#[test]
fn folders_and_file_are_created_only_when_asked() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b/parvis.db");
    assert_eq!(code(&path, OpenMode::Existing), "STORE_NOT_FOUND");
    assert!(!folder.path().join("a").exists());
    assert_eq!(code(&path, OpenMode::Create), "OPEN");
    assert_eq!(code(&path, OpenMode::Existing), "OPEN");
    assert_eq!(code(&path, OpenMode::Create), "OPEN");
}

#[test]
fn a_folder_or_something_below_a_file_is_no_store() {
    let folder = TempDir::new().unwrap();
    assert_eq!(code(folder.path(), OpenMode::Create), "STORE_WRONG_KIND");
    let file = folder.path().join("file");
    std::fs::write(&file, "text").unwrap();
    assert_eq!(code(&file.join("parvis.db"), OpenMode::Create), "STORE_WRONG_KIND");
    assert_eq!(code(&file.join("parvis.db"), OpenMode::Existing), "STORE_WRONG_KIND");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_no_store() {
    use std::os::unix::fs::PermissionsExt as _;
    let s = Sample::new();
    let path = s.place.path();
    let Sample { store, place, .. } = s;
    drop(store);
    let allow = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    allow(0o444);
    if std::fs::OpenOptions::new().append(true).open(&path).is_ok() {
        eprintln!("SKIPPED: this user may write whatever the permissions say");
        return;
    }
    assert_eq!(code(&path, OpenMode::Existing), "STORE_NO_PERMISSION");
    allow(0o000);
    assert_eq!(code(&path, OpenMode::Existing), "STORE_NO_PERMISSION");
    drop(place);
}

#[test]
fn other_files_are_recognised_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("notes.txt");
    let letter = "Dear neighbours, ".repeat(500);
    std::fs::write(&text, &letter).unwrap();
    assert_eq!(code(&text, OpenMode::Create), "STORE_NOT_A_DATABASE");
    assert_eq!(std::fs::read_to_string(&text).unwrap(), letter);

    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    assert_eq!(code(&foreign, OpenMode::Create), "STORE_OF_ANOTHER_PROGRAM");
}

#[test]
fn a_locked_file_is_named() {
    let s = Sample::new();
    let holder = s.place.sql();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = s.store.append_blocking(s.first("ballot/1", "c1")).unwrap_err();
    assert_eq!(error.code(), "STORE_LOCKED");
    assert!(error.to_string().contains("parvis.db"));
    // Nothing of it was kept, and the store goes on once the lock is gone.
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(s.store.reader().head(s.log).unwrap().size, 0);
    assert!(!s.store.append_blocking(s.first("ballot/1", "c1")).unwrap().replayed);
}

#[test]
fn a_file_locked_for_one_program_alone_does_not_open() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("parvis.db");
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (x)").unwrap();
    assert_eq!(code(&path, OpenMode::Create), "STORE_LOCKED");
}

#[test]
fn damage_is_named_wherever_it_is_met() {
    let s = Sample::new();
    let appends: Vec<_> = (0..3000).map(|n| s.first(&format!("ballot/{n}"), &format!("c{n}"))).collect();
    s.store.append_all_blocking(appends);
    let (path, log) = (s.place.path(), s.log);
    let Sample { store, place: _place, .. } = s;
    drop(store);
    // The header stays, the pages behind the first few are overwritten.
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[length / 8..].iter_mut().for_each(|byte| *byte = 0x5a);
    std::fs::write(&path, &bytes).unwrap();
    let broken = Store::open(&url(&path), OpenMode::Existing).and_then(|store| store.reader().read(log, 0, 10_000));
    assert_eq!(broken.unwrap_err().code(), "STORE_CORRUPT");
}

#[test]
fn a_newer_schema_is_not_touched() {
    let s = Sample::new();
    s.place
        .sql()
        .execute("INSERT INTO schema_migrations (version, name, checksum, serves) VALUES (999, 'later', '', 999)", [])
        .unwrap();
    assert_eq!(code(&s.place.path(), OpenMode::Existing), "SCHEMA_TOO_NEW");
}

#[test]
fn a_migration_that_was_another_is_noticed() {
    let s = Sample::new();
    s.place.sql().execute("UPDATE schema_migrations SET checksum = 'other' WHERE version = 1", []).unwrap();
    assert_eq!(code(&s.place.path(), OpenMode::Existing), "SCHEMA_CHANGED");
}

#[test]
fn many_openings_of_a_new_file_at_once_make_one_schema() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("parvis.db");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || code(&path, OpenMode::Create))
        })
        .collect();
    let codes: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(codes, ["OPEN"; 8]);
    let applied: i64 =
        Connection::open(&path).unwrap().query_row("SELECT count(*) FROM schema_migrations", [], |r| r.get(0)).unwrap();
    assert_eq!(applied, 3);
}
