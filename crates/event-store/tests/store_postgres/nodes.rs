//! Several nodes on one log: order, followers, lost connections.

use std::time::Duration;

use event_store::{Append, LogId, Store};
use serde_json::json;
use transparency::leaf_hash;

use crate::sample::{Sample, command_of, draft};

fn cast(log: LogId, name: &str) -> Append {
    let stream = format!("ballot/{name}");
    command_of(log, name, &[(&stream, 0)], vec![draft(&stream, name, json!({"n": 1}))])
}

/// Reads as a follower does: what is new after the last position, whenever something wakes it.
async fn follow(store: Store, log: LogId, until: u64) -> Vec<u64> {
    let mut commits = store.subscribe();
    let mut seen = Vec::new();
    while u64::try_from(seen.len()).unwrap() < until {
        let next = u64::try_from(seen.len()).unwrap();
        seen.extend(store.read(log, next, 500).await.unwrap().iter().map(|event| event.position));
        let _ = tokio::time::timeout(Duration::from_millis(250), commits.changed()).await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn followers_of_every_node_see_each_position_once_and_in_order() {
    let s = Sample::new();
    let (log, each, writers) = (s.log, 250_u64, 16_u64);
    let nodes = [s.store.clone(), s.again(), s.again(), s.again()];
    let followers: Vec<_> =
        nodes[..3].iter().map(|node| tokio::spawn(follow(node.clone(), log, each * writers))).collect();
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let node = nodes[usize::try_from(writer % 4).unwrap()].clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..each {
                node.append(cast(log, &format!("{writer}-{n}"))).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for follower in followers {
        assert_eq!(follower.await.unwrap(), (0..each * writers).collect::<Vec<_>>());
    }
    let verified = s.store.read_with(move |reader| reader.verify_integrity(log)).await.unwrap();
    assert_eq!((verified.size, verified.streams), (4000, 4000));
}

#[tokio::test]
async fn another_node_is_woken_sooner_than_it_polls() {
    let s = Sample::new();
    let other = s.again();
    let mut woken = other.subscribe();
    // The listener needs a moment to be there; until then its node polls.
    for attempt in 0.. {
        woken.mark_unchanged();
        s.store.append(cast(s.log, &format!("w{attempt}"))).await.unwrap();
        if tokio::time::timeout(Duration::from_millis(200), woken.changed()).await.is_ok() {
            break;
        }
        assert!(attempt < 50, "the other node never heard of an append");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_cut_loses_and_doubles_nothing() {
    let s = Sample::new();
    let (store, log) = (s.store.clone(), s.log);
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'parvis' AND pid <> pg_backend_pid()";
    let writing = tokio::spawn(async move {
        let mut positions = Vec::new();
        for n in 0..400_u32 {
            let appended = store.append(cast(log, &format!("c{n}"))).await.unwrap();
            positions.push(appended.first.unwrap());
        }
        positions
    });
    for _ in 0..5 {
        let place = s.place.0.clone();
        tokio::task::spawn_blocking(move || place.psql(cut)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert_eq!(writing.await.unwrap(), (0..400).collect::<Vec<u64>>());
    let verified = s.store.read_with(move |reader| reader.verify_integrity(log)).await.unwrap();
    assert_eq!(verified.size, 400);
}

#[test]
fn two_nodes_that_mix_conflicts_and_repeats_agree_on_every_answer() {
    let s = Sample::new();
    let other = s.again();
    let one = s.store.append_all_blocking((0..50).map(|n| cast(s.log, &format!("a{n}"))));
    assert!(one.iter().all(Result::is_ok));
    // Half repeated, half new, one of them on a stream that the first node has begun.
    let mut mixed: Vec<Append> = (25..75).map(|n| cast(s.log, &format!("a{n}"))).collect();
    let late = command_of(s.log, "late", &[("ballot/a3", 0)], vec![draft("ballot/a3", "late", json!({}))]);
    mixed.insert(10, late);
    let answers = other.append_all_blocking(mixed);
    assert_eq!(answers[10].as_ref().unwrap_err().code(), "CONFLICT");
    let replayed = answers.iter().flatten().filter(|appended| appended.replayed).count();
    assert_eq!((replayed, answers.iter().flatten().count()), (25, 50));
    let read = s.store.reader().read(s.log, 0, 100).unwrap();
    let verified = s.store.reader().verify_integrity(s.log).unwrap();
    assert_eq!((read.len(), verified.size), (75, 75));
    assert_eq!(leaf_hash(read[0].leaf.as_bytes()), s.store.reader().node(s.log, 0, 0).unwrap());
}
