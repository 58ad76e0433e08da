//! Positions, sequences, receipts, group commit, several writers.

use event_store::{Appended, Error, LogId};
use serde_json::json;
use transparency::{Frontier, Leaf, leaf_hash};

use crate::sample::{Sample, command_of, draft, stream};

#[test]
fn several_streams_are_written_in_one_append() {
    let s = Sample::new();
    let events = vec![
        draft("proposal/1", "c1", json!({"a": 1})),
        draft("proposal/2", "c1", json!({"a": 2})),
        draft("proposal/1", "c1", json!({"a": 3})),
    ];
    let receipt = s.store.append_blocking(command_of(s.log, "c1", &[("proposal/1", 0), ("proposal/2", 0)], events));
    assert_eq!(receipt, Ok(Appended { first: Some(0), last: Some(2), replayed: false }));

    let reader = s.store.reader();
    let read = reader.read(s.log, 0, 10).unwrap();
    let places: Vec<_> = read.iter().map(|e| (e.position, e.stream.to_string(), e.sequence)).collect();
    assert_eq!(places, [(0, "proposal/1".into(), 1), (1, "proposal/2".into(), 1), (2, "proposal/1".into(), 2)]);
    for event in &read {
        let leaf = Leaf::parse(&event.leaf).unwrap();
        assert_eq!((leaf.position, leaf.sequence), (event.position, event.sequence));
        assert_eq!((leaf.log.as_ref(), leaf.stream.as_ref()), ("log.example/p2018", &*event.stream.to_string()));
    }
    let second = reader.read_stream(s.log, &stream("proposal/1"), 1).unwrap();
    assert_eq!(second, [read[2].clone()]);
    assert_eq!(reader.streams(s.log, "proposal").unwrap(), [stream("proposal/1"), stream("proposal/2")]);
    assert_eq!(reader.streams(s.log, "site").unwrap(), []);
    assert_eq!(reader.read(s.log, 3, 10).unwrap(), []);
    assert_eq!(reader.read(LogId(99), 0, 10).unwrap_err().code(), "LOG_UNKNOWN");
}

#[test]
fn hidden_values_stand_beside_the_leaf_and_come_back() {
    let s = Sample::new();
    let data = json!({"area": "75", "title": {"$hidden": "Un banc à l'ombre"}});
    let events = vec![draft("proposal/1", "c1", data.clone())];
    s.store.append_blocking(command_of(s.log, "c1", &[("proposal/1", 0)], events)).unwrap();
    let event = s.store.reader().read(s.log, 0, 1).unwrap().remove(0);
    assert!(!event.leaf.contains("banc"));
    let leaf = Leaf::parse(&event.leaf).unwrap();
    assert_eq!(leaf.check_disclosed(&event.disclosed).unwrap(), 0);
    assert_eq!(leaf.data_with(&event.disclosed).unwrap(), data);
}

#[test]
fn a_command_sent_twice_gives_its_first_receipt() {
    let s = Sample::new();
    let append = s.first("ballot/1", "c1");
    let first = s.store.append_blocking(append.clone()).unwrap();
    s.store.append_blocking(s.first("ballot/2", "c2")).unwrap();
    let again = s.store.append_blocking(append).unwrap();
    assert_eq!(again, Appended { replayed: true, ..first });
    assert_eq!(s.store.reader().command(s.log, "c1").unwrap(), Some(again));
    assert_eq!(s.store.reader().command(s.log, "c9").unwrap(), None);
    assert_eq!(s.store.reader().head(s.log).unwrap().size, 2);
}

#[test]
fn a_command_sent_twice_in_one_commit_is_written_once() {
    let s = Sample::new();
    let answers = s.store.append_all_blocking(vec![s.first("ballot/1", "c1"); 40]);
    let replayed = answers.iter().filter(|a| a.as_ref().unwrap().replayed).count();
    assert_eq!(replayed, 39);
    assert_eq!(s.store.reader().head(s.log).unwrap().size, 1);
}

#[test]
fn a_command_id_cannot_be_used_for_something_else() {
    let s = Sample::new();
    let hidden = |title: &str| json!({"n": 1, "title": {"$hidden": title}});
    let append = |stream: &'static str, data| command_of(s.log, "c1", &[(stream, 0)], vec![draft(stream, "c1", data)]);
    s.store.append_blocking(append("proposal/1", hidden("a bench"))).unwrap();
    let mut other_type = append("proposal/1", hidden("a bench"));
    other_type.events[0].event_type = "Withdrawn".into();
    let mut longer = append("proposal/1", hidden("a bench"));
    longer.events.push(longer.events[0].clone());
    let others = [
        append("proposal/2", hidden("a bench")),
        append("proposal/1", json!({"n": 2, "title": {"$hidden": "a bench"}})),
        append("proposal/1", hidden("a tree")),
        append("proposal/1", json!({"n": 1})),
        command_of(s.log, "c1", &[("proposal/1", 0)], vec![]),
        other_type,
        longer,
    ];
    for other in others {
        let code = s.store.append_blocking(other.clone()).unwrap_err().code();
        assert_eq!(code, "COMMAND_ID_REUSED", "{other:?}");
    }
    // Other nonces, time and actor: still the same command.
    let mut later = append("proposal/1", hidden("a bench"));
    later.events[0].hidden[0].nonce = [9; 32];
    later.events[0].at = "2018-09-07T10:05:00Z".into();
    assert!(s.store.append_blocking(later).unwrap().replayed);
}

#[test]
fn a_command_id_belongs_to_its_log() {
    let s = Sample::new();
    let other = s.store.create_log_blocking("log.example/p2019", "P2019").unwrap();
    s.store.append_blocking(s.first("ballot/1", "c1")).unwrap();
    let events = vec![draft("ballot/1", "c1", json!({"n": 5}))];
    let receipt = s.store.append_blocking(command_of(other, "c1", &[("ballot/1", 0)], events)).unwrap();
    assert_eq!(receipt, Appended { first: Some(0), last: Some(0), replayed: false });
    let heads = s.store.reader().logs().unwrap();
    let sizes: Vec<_> = heads.iter().map(|h| (h.log_id, h.campaign.as_str(), h.size)).collect();
    assert_eq!(sizes, [(s.log, "P2018", 1), (other, "P2019", 1)]);
}

#[test]
fn logs_have_names_of_their_own() {
    let s = Sample::new();
    for (origin, campaign) in [("log.example/p2018", "X"), ("log.example/x", "P2018")] {
        assert_eq!(s.store.create_log_blocking(origin, campaign).unwrap_err().code(), "LOG_EXISTS");
    }
    for name in ["", "two words", "a+b", "line\n"] {
        assert_eq!(s.store.create_log_blocking(name, "X").unwrap_err().code(), "LOG_NAME_INVALID", "{name:?}");
        assert_eq!(s.store.create_log_blocking("o", name).unwrap_err().code(), "LOG_NAME_INVALID", "{name:?}");
    }
    assert_eq!(
        s.store.append_blocking(command_of(LogId(7), "c", &[], vec![])),
        Err(Error::LogUnknown { log: LogId(7) })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_have_no_gap_under_64_tasks() {
    let s = Sample::new();
    let mut commits = s.store.subscribe();
    let tasks: Vec<_> = (0..64_u32)
        .map(|task| {
            let (store, log) = (s.store.clone(), s.log);
            tokio::spawn(async move {
                for n in 0..20_u64 {
                    let (name, id) = (format!("ballot/{task}"), format!("c-{task}-{n}"));
                    let events = vec![draft(&name, &id, json!({"n": n}))];
                    store.append(command_of(log, &id, &[(&name, n)], events)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let commits = *commits.borrow_and_update();
    assert!((1..1280).contains(&commits), "{commits} commits for 1280 appends: none was shared");

    // The root once more from nothing but the leaves.
    let mut naive = Frontier::new();
    let events = s.store.read(s.log, 0, 10_000).await.unwrap();
    for (position, event) in events.iter().enumerate() {
        assert_eq!(usize::try_from(event.position), Ok(position));
        naive.push(leaf_hash(event.leaf.as_bytes()));
    }
    let head = s.store.head(s.log).await.unwrap();
    assert_eq!((head.size, head.root), (1280, naive.root()));
    let verified = s.store.read_with(move |r| r.verify_integrity(head.log_id)).await.unwrap();
    assert_eq!((verified.size, verified.streams), (1280, 64));
}

#[test]
fn two_nodes_on_one_store_interleave_and_stay_consistent() {
    let s = Sample::new();
    let other = s.again();
    let (log, one) = (s.log, s.store.clone());
    let write = move |store: event_store::Store, who: &'static str| {
        std::thread::spawn(move || {
            for n in 0..150_u64 {
                let (name, id) = (format!("ballot/{who}{n}"), format!("{who}-{n}"));
                let events = vec![draft(&name, &id, json!({"n": n}))];
                store.append_blocking(command_of(log, &id, &[(&name, 0)], events)).unwrap();
            }
        })
    };
    let threads = [write(one, "a"), write(other.clone(), "b")];
    threads.into_iter().for_each(|t| t.join().unwrap());
    let verified = other.reader().verify_integrity(log).unwrap();
    assert_eq!((verified.size, verified.streams), (300, 300));
    assert_eq!(s.store.reader().head(log).unwrap().root, verified.root);
    // Idempotency and expectations see what the other process wrote.
    assert!(
        s.store
            .append_blocking(command_of(
                log,
                "b-3",
                &[("ballot/b3", 0)],
                vec![draft("ballot/b3", "b-3", json!({"n": 3}))]
            ))
            .unwrap()
            .replayed
    );
    let stale = command_of(log, "x", &[("ballot/b3", 0)], vec![draft("ballot/b3", "x", json!({}))]);
    assert_eq!(s.store.append_blocking(stale).unwrap_err().code(), "CONFLICT");
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let s = Sample::new();
    let appends: Vec<_> = (0..300).map(|n| s.first(&format!("ballot/{n}"), &format!("c{n}"))).collect();
    assert!(s.store.append_all_blocking(appends).iter().all(Result::is_ok));
    let before = s.store.reader().read(s.log, 0, 1000).unwrap();
    let Sample { store, log, place } = s;
    drop(store);
    let again = event_store::Store::open(&place.url(), event_store::OpenMode::Existing).unwrap();
    assert_eq!(again.reader().read(log, 0, 1000).unwrap(), before);
    let next = command_of(log, "next", &[("ballot/0", 1)], vec![draft("ballot/0", "next", json!({}))]);
    assert_eq!(again.append_blocking(next).unwrap().first, Some(300));
    assert_eq!(again.reader().verify_integrity(log).unwrap().size, 301);
}

#[test]
fn dropping_the_last_store_finishes_what_was_accepted() {
    let s = Sample::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (store, log) = (s.store.clone(), s.log);
    let other = s.again();
    let Sample { store: first, place: _place, .. } = s;
    drop(first);
    runtime.block_on(async move {
        for n in 0..200 {
            let (name, id) = (format!("ballot/{n}"), format!("c{n}"));
            let events = vec![draft(&name, &id, json!({}))];
            let append = store.append(command_of(log, &id, &[(&name, 0)], events));
            // Polled once: accepted by the queue, its answer not waited for.
            let _ = tokio::time::timeout(std::time::Duration::ZERO, append).await;
        }
        drop(store);
    });
    assert_eq!(other.reader().verify_integrity(log).unwrap().size, 200);
}

#[tokio::test]
async fn a_closed_store_says_so_and_still_reads() {
    let s = Sample::new();
    let append = s.first("ballot/1", "c1");
    s.store.append(append.clone()).await.unwrap();
    s.store.close().await;
    assert_eq!(s.store.append(append).await, Err(Error::Closed));
    assert_eq!(s.store.create_log("o", "c").await, Err(Error::Closed));
    assert_eq!(s.store.redact(s.log, vec![]).await, Err(Error::Closed));
    assert_eq!(s.store.read(s.log, 0, 9).await.unwrap().len(), 1);
    s.store.close().await;
}

#[test]
fn for_each_visits_everything_in_order_and_stops_at_an_error() {
    let s = Sample::new();
    let appends: Vec<_> = (0..2500).map(|n| s.first(&format!("ballot/{n}"), &format!("c{n}"))).collect();
    s.store.append_all_blocking(appends);
    let reader = s.store.reader();
    let mut seen = Vec::new();
    reader
        .for_each::<Error>(s.log, 3, |event| {
            seen.push(event.position);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, (3..2500).collect::<Vec<_>>());
    let mut visits = 0;
    let stopped = reader.for_each(s.log, 0, |_| {
        visits += 1;
        if visits < 7 { Ok(()) } else { Err(Error::Closed) }
    });
    assert_eq!((stopped, visits), (Err(Error::Closed), 7));
}
