//! What an append relies on: expectations, malformed appends, append-only tables, redaction.

use event_store::{Appended, Error, Redaction};
use serde_json::json;

use crate::place::{TILE_OF_ZEROES, ZEROES};
use crate::sample::{Sample, command_of, draft, stream};

#[test]
fn an_append_holds_only_if_every_stream_is_where_it_was_seen() {
    let s = Sample::new();
    s.store.append_blocking(s.first("campaign/1", "c1")).unwrap();
    let cast = |id, guard| {
        let events = vec![draft("ballot/1", id, json!({}))];
        s.store.append_blocking(command_of(s.log, id, &[("ballot/1", 0), ("campaign/1", guard)], events))
    };
    let moved = Error::Conflict { stream: stream("campaign/1"), expected: 0, actual: 1 };
    assert_eq!(cast("c2", 0), Err(moved));
    let moved = Error::Conflict { stream: stream("campaign/1"), expected: 2, actual: 1 };
    assert_eq!(cast("c2", 2), Err(moved));
    assert_eq!(s.store.reader().head(s.log).unwrap().size, 1);
    // A refused command may be decided again under its id.
    assert_eq!(cast("c2", 1), Ok(Appended { first: Some(1), last: Some(1), replayed: false }));
    let moved = Error::Conflict { stream: stream("ballot/1"), expected: 0, actual: 1 };
    assert_eq!(cast("c3", 1), Err(moved));
}

#[test]
fn a_conflict_fails_one_command_of_a_shared_commit() {
    let s = Sample::new();
    let mut appends: Vec<_> = (0..50).map(|n| s.first(&format!("ballot/{n}"), &format!("c{n}"))).collect();
    // Decided on the same state as its neighbour: only the first can hold.
    appends.insert(25, s.first("ballot/24", "late"));
    let answers = s.store.append_all_blocking(appends);
    for (n, answer) in answers.iter().enumerate() {
        match n {
            25 => assert_eq!(answer.as_ref().unwrap_err().code(), "CONFLICT"),
            _ => assert!(answer.is_ok(), "{n}: {answer:?}"),
        }
    }
    assert_eq!(s.store.reader().verify_integrity(s.log).unwrap().size, 50);
}

#[test]
fn a_leaf_that_is_too_long_refuses_its_whole_append_and_no_other() {
    let s = Sample::new();
    let long = json!({"text": "x".repeat(66_000)});
    let events = vec![draft("ballot/a", "long", json!({})), draft("ballot/a", "long", long)];
    let appends = vec![
        s.first("ballot/1", "c1"),
        command_of(s.log, "long", &[("ballot/a", 0)], events),
        s.first("ballot/2", "c2"),
    ];
    let answers = s.store.append_all_blocking(appends);
    assert_eq!(answers[1].as_ref().unwrap_err().code(), transparency::Error::LeafTooLong { bytes: 0 }.code());
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let verified = s.store.reader().verify_integrity(s.log).unwrap();
    assert_eq!((verified.size, verified.streams), (2, 2));
}

#[test]
fn an_append_without_events_checks_what_it_names() {
    let s = Sample::new();
    s.store.append_blocking(s.first("campaign/1", "c1")).unwrap();
    let check = |sequence| s.store.append_blocking(command_of(s.log, "look", &[("campaign/1", sequence)], vec![]));
    assert_eq!(check(1), Ok(Appended { first: None, last: None, replayed: false }));
    assert_eq!(check(0).unwrap_err().code(), "CONFLICT");
}

#[test]
fn malformed_appends_have_codes() {
    let s = Sample::new();
    let mut spaced = s.first("a/1", "c");
    spaced.events[0].data = "{ }".into();
    let not_canonical = transparency::check_canonical(b"{ }").unwrap_err().code();
    let mut marked = s.first("a/1", "c");
    marked.events[0].data = r#"{"x":{"$hidden":1}}"#.into();
    let malformed = transparency::Error::LeafMalformed(String::new()).code();
    let bad = [
        ("COMMAND_ID_INVALID", command_of(s.log, "", &[], vec![])),
        ("COMMAND_ID_INVALID", command_of(s.log, &"x".repeat(101), &[], vec![])),
        ("COMMAND_ID_MISMATCH", command_of(s.log, "c", &[("a/1", 0)], vec![draft("a/1", "d", json!({}))])),
        ("EXPECTATION_MISSING", command_of(s.log, "c", &[("a/2", 0)], vec![draft("a/1", "c", json!({}))])),
        ("STREAM_INVALID", command_of(s.log, "c", &[], vec![draft("A 1", "c", json!({}))])),
        (not_canonical, spaced),
        (malformed, marked),
    ];
    for (code, append) in bad {
        assert_eq!(s.store.append_blocking(append).unwrap_err().code(), code);
    }
    assert_eq!(s.store.reader().head(s.log).unwrap().size, 0);
}

#[test]
fn the_tables_refuse_to_change_the_past() {
    let s = Sample::new();
    let appends: Vec<_> = (0..256).map(|n| s.first(&format!("ballot/{n}"), &format!("c{n}"))).collect();
    s.store.append_all_blocking(appends);
    let hashes = format!("UPDATE log_events SET leaf_hash = {ZEROES}");
    let tiles = format!("UPDATE log_tiles SET hashes = {TILE_OF_ZEROES}");
    let refused = [
        hashes.as_str(),
        tiles.as_str(),
        "UPDATE log_events SET leaf = replace(leaf, '1', '2') WHERE position = 3",
        "UPDATE log_events SET position = position + 1000",
        "UPDATE log_events SET sequence = 2 WHERE position = 3",
        "UPDATE log_events SET aggregate_id = 'x' WHERE position = 3",
        "UPDATE log_events SET event_type = 'x' WHERE position = 3",
        "UPDATE log_events SET command_id = 'x' WHERE position = 3",
        "UPDATE log_events SET at = 'x' WHERE position = 3",
        "UPDATE log_events SET disclosed = '[{\"nonce\":\"00\",\"path\":\"/data/x\",\"value\":1}]' WHERE position = 3",
        "DELETE FROM log_events WHERE position = 255",
        "DELETE FROM log_tiles",
        "UPDATE log_heads SET size = 10",
        "UPDATE log_heads SET origin = 'other'",
        "DELETE FROM log_heads",
    ];
    for statement in refused {
        let error = s.place.change(statement).unwrap_err();
        assert!(error.contains("append-only") || error.contains("disclosed values"), "{statement}: {error}");
    }
    assert_eq!(s.store.reader().verify_integrity(s.log).unwrap().size, 256);
}

#[tokio::test]
async fn redaction_leaves_the_tree_and_nothing_of_the_value() {
    let s = Sample::new();
    let data = json!({"area": "75", "text": {"$hidden": "unforgettable-text"}, "title": {"$hidden": "A bench"}});
    let events = vec![draft("proposal/1", "c1", data)];
    s.store.append(command_of(s.log, "c1", &[("proposal/1", 0)], events)).await.unwrap();
    let before = s.store.head(s.log).await.unwrap();
    assert!(s.place.keeps("unforgettable-text"));

    let target = |path: &str| vec![Redaction { position: 0, path: path.into() }];
    assert_eq!(s.store.redact(s.log, target("/data/text")).await, Ok(1));
    assert_eq!(s.store.redact(s.log, target("/data/text")).await, Ok(0));
    assert!(!s.place.keeps("unforgettable-text"));
    let event = s.store.read(s.log, 0, 1).await.unwrap().remove(0);
    assert_eq!(event.disclosed.iter().map(|v| v.path.as_str()).collect::<Vec<_>>(), ["/data/title"]);

    assert_eq!(s.store.redact(s.log, target("/data/title")).await, Ok(1));
    assert_eq!(s.store.head(s.log).await.unwrap(), before);
    let log = s.log;
    let verified = s.store.read_with(move |reader| reader.verify_integrity(log)).await.unwrap();
    assert_eq!((verified.root, verified.redacted), (before.root, 2));
    let missing = vec![Redaction { position: 1, path: "/data/text".into() }];
    assert_eq!(s.store.redact(s.log, missing).await.unwrap_err().code(), "POSITION_OUT_OF_RANGE");
    // The command is still known, though its values can't be compared any more.
    let events =
        vec![draft("proposal/1", "c1", json!({"area": "75", "text": {"$hidden": "?"}, "title": {"$hidden": "?"}}))];
    assert!(s.store.append(command_of(s.log, "c1", &[("proposal/1", 0)], events)).await.unwrap().replayed);
}

#[test]
fn the_largest_checkpoints_that_enough_have_cosigned_are_found() {
    let s = Sample::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (size, witnesses) in [(3, &["a", "b", "c"][..]), (5, &["b", "c"]), (8, &["c"]), (9, &[])] {
        runtime.block_on(s.store.keep_checkpoint(s.log, size, &format!("note of {size}\n"))).unwrap();
        for witness in witnesses {
            runtime.block_on(s.store.keep_cosignature(s.log, size, witness, "first\n")).unwrap();
            // What a witness signed first stays.
            runtime.block_on(s.store.keep_cosignature(s.log, size, witness, "second\n")).unwrap();
        }
    }
    let reader = s.store.reader();
    let sizes = |least, limit| -> Vec<u64> {
        reader.cosigned(s.log, least, limit).unwrap().into_iter().map(|(size, _)| size).collect()
    };
    assert_eq!((sizes(1, 9), sizes(2, 9), sizes(3, 9), sizes(4, 9)), (vec![8, 5, 3], vec![5, 3], vec![3], vec![]));
    assert_eq!(sizes(1, 1), [8]);
    assert_eq!(reader.cosigned(s.log, 2, 1).unwrap(), [(5, "note of 5\n".to_owned())]);
    assert_eq!(reader.cosignatures(s.log, 8).unwrap(), [("c".to_owned(), "first\n".to_owned())]);
    assert_eq!(reader.cosignatures(s.log, 9).unwrap(), []);
    assert_eq!(reader.checkpoint(s.log).unwrap().unwrap().0, 9);
    for table in ["log_checkpoints", "log_cosignatures"] {
        for change in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET size = 1")] {
            let error = s.place.change(&change).unwrap_err();
            assert!(error.contains("append-only"), "{change}: {error}");
        }
    }
}
