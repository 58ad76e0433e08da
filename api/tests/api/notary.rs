//! Signed checkpoints: what is signed goes on from what was signed, or nothing is.

use api::notary::sign;
use commands::Entropy;
use event_store::{Append, Expected, LogHead, LogId, OpenMode, Store};
use serde_json::json;
use std::path::Path;
use transparency::{Checkpoint, Draft, Origin, Policy};

/// A store with one log, at this path.
fn open(path: &Path) -> (Store, LogId) {
    let store = Store::open(&format!("sqlite:{}", path.display()), OpenMode::Create).unwrap();
    let found = store.reader().logs().unwrap().first().map(|head| head.log_id);
    let log = found.unwrap_or_else(|| store.create_log_blocking("log.example/t26", "T26").unwrap());
    (store, log)
}

fn grow(store: &Store, log: LogId, name: &str) -> LogHead {
    let origin = Origin { actor_id: "p", actor_role: "SYSTEM", at: "2026-01-01T00:00:00Z", command_id: name };
    let stream = format!("ballot/{name}");
    let draft = Draft::new(origin, &stream, "Happened", 1, json!({}), &mut || [0; 32]).unwrap();
    let expected = vec![Expected { stream: stream.parse().unwrap(), sequence: 0 }];
    store.append_blocking(Append { log, command_id: name.to_owned(), expected, events: vec![draft] }).unwrap();
    store.reader().head(log).unwrap()
}

fn entropy() -> Entropy {
    Entropy::seeded(5)
}

#[test]
fn a_head_is_signed_kept_and_the_same_from_every_node() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("parvis.key");
    let (store, log) = open(&folder.path().join("a.db"));
    let head = grow(&store, log, "one");
    let note = sign(&store, &key, &head, &entropy()).unwrap();
    assert_eq!(store.reader().checkpoint(log).unwrap(), Some((1, note.clone())));
    assert_eq!(sign(&store, &key, &head, &entropy()).unwrap(), note);
    let head = grow(&store, log, "two");
    let note = sign(&store, &key, &head, &entropy()).unwrap();
    let verifier = api::keys::signer(&key, "log.example/t26", &entropy()).unwrap().verifier().clone();
    let policy = Policy::parse(&format!("log {verifier}\nquorum none\n")).unwrap();
    let (checkpoint, _) = policy.check(&note).unwrap();
    assert_eq!(checkpoint, Checkpoint { origin: head.origin.clone(), size: 2, root: head.root });
    // Another key can't go on where this one signed.
    let refused = sign(&store, &folder.path().join("other.key"), &head, &Entropy::seeded(6)).unwrap_err();
    assert_eq!(refused.code, "KEY_DIFFERS");
}

#[test]
fn a_store_that_went_back_is_never_signed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (key, file) = (folder.path().join("parvis.key"), folder.path().join("a.db"));
    let (store, log) = open(&file);
    grow(&store, log, "one");
    drop(store);
    let backup = std::fs::read(&file).unwrap();
    let (store, log) = open(&file);
    let head = grow(&store, log, "two");
    let signed = sign(&store, &key, &head, &entropy()).unwrap();
    drop(store);

    // The backup comes back, with one event less, then with another one in its place.
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("a.db{suffix}")));
    }
    std::fs::write(&file, backup).unwrap();
    let (store, log) = open(&file);
    let head = store.reader().head(log).unwrap();
    assert_eq!(sign(&store, &key, &head, &entropy()).unwrap_err().code, "LOG_FORKED");
    for name in ["other", "more"] {
        let head = grow(&store, log, name);
        let failure = sign(&store, &key, &head, &entropy()).unwrap_err();
        assert_eq!(failure.code, "LOG_FORKED", "{failure}");
        assert!(failure.message.contains("backup-and-restore"), "{failure}");
    }
    assert_eq!(store.reader().checkpoint(log).unwrap(), None, "{signed}");
}
