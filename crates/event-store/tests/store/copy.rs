//! A store copied into another one: the same bytes, the same tree, and it goes on.

use event_store::{Append, Error, OpenMode, Redaction, Store, copy};
use serde_json::json;

use crate::place::Place;
use crate::sample::{Sample, command_of, draft};

fn grown(events: u64) -> Sample {
    let s = Sample::new();
    let appends: Vec<Append> = (0..events / 2)
        .map(|n| {
            let (name, id) = (format!("ballot/{n}"), format!("c{n}"));
            let data = json!({"n": n, "text": {"$hidden": format!("words {n}")}});
            command_of(s.log, &id, &[(&name, 0)], vec![draft(&name, &id, data), draft(&name, &id, json!({}))])
        })
        .collect();
    assert!(s.store.append_all_blocking(appends).iter().all(Result::is_ok));
    s
}

#[test]
fn a_copy_has_the_same_bytes_and_the_same_head() {
    let s = grown(3000);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gone = vec![Redaction { position: 0, path: "/data/text".into() }];
    runtime.block_on(s.store.redact(s.log, gone)).unwrap();
    runtime.block_on(s.store.keep_checkpoint(s.log, 10, "a signed note\n")).unwrap();
    for witness in ["w2+0102", "w1+0304"] {
        runtime.block_on(s.store.keep_cosignature(s.log, 10, witness, &format!("line of {witness}\n"))).unwrap();
    }
    let head = s.store.reader().head(s.log).unwrap();
    let place = Place::new();
    let target = Store::open(&place.url(), OpenMode::Create).unwrap();
    let mut reached = Vec::new();
    let copied = copy(&s.store, &head, &target, |size| {
        reached.push(size);
        Ok::<(), Error>(())
    })
    .unwrap();
    assert_eq!((copied.head.size, copied.head.root, copied.written), (head.size, head.root, 3000));
    assert_eq!(reached, [1024, 2048, 3000]);
    let log = copied.head.log_id;
    assert_eq!(target.reader().read(log, 0, 5000).unwrap(), s.store.reader().read(s.log, 0, 5000).unwrap());
    assert_eq!(target.reader().verify_integrity(log).unwrap().redacted, 1);
    assert_eq!(target.reader().checkpoint(log).unwrap(), Some((10, "a signed note\n".into())));
    assert_eq!(
        target.reader().cosignatures(log, 10).unwrap(),
        [("w1+0304".into(), "line of w1+0304\n".into()), ("w2+0102".into(), "line of w2+0102\n".into())]
    );
    // Commands are known there, and the log goes on.
    assert_eq!(target.reader().command(log, "c7").unwrap(), s.store.reader().command(s.log, "c7").unwrap());
    let next = |log| command_of(log, "next", &[("ballot/0", 2)], vec![draft("ballot/0", "next", json!({}))]);
    target.append_blocking(next(log)).unwrap();
    s.store.append_blocking(next(s.log)).unwrap();
    assert_eq!(target.reader().head(log).unwrap().root, s.store.reader().head(s.log).unwrap().root);
}

#[test]
fn a_copy_goes_on_where_it_stopped_and_never_over_another_log() {
    let s = grown(600);
    let place = Place::new();
    let target = Store::open(&place.url(), OpenMode::Create).unwrap();
    copy(&s.store, &s.store.reader().head(s.log).unwrap(), &target, |_| Ok::<(), Error>(())).unwrap();
    s.store.append_blocking(s.first("site/1", "s1")).unwrap();
    let head = s.store.reader().head(s.log).unwrap();
    let copied = copy(&s.store, &head, &target, |_| Ok::<(), Error>(())).unwrap();
    assert_eq!((copied.written, copied.head.root), (1, head.root));
    assert_eq!(copy(&s.store, &head, &target, |_| Ok::<(), Error>(())).unwrap().written, 0);
    // The same names, other events.
    let other = grown(10);
    let refused = copy(&other.store, &other.store.reader().head(other.log).unwrap(), &target, |_| Ok::<(), Error>(()));
    assert_eq!(refused.unwrap_err().code(), "LOG_BROKEN");
}

#[test]
fn numbers_are_given_once_by_all_nodes_together() {
    let s = Sample::new();
    let nodes = [s.store.clone(), s.again(), s.again()];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut given: Vec<u64> = runtime.block_on(async {
        let mut given = vec![nodes[0].next_number(s.log, "P", 41).await.unwrap()];
        for n in 0..10 {
            given.push(nodes[n % 3].next_number(s.log, "P", 7).await.unwrap());
        }
        given
    });
    given.dedup();
    assert_eq!(given, (42..53).collect::<Vec<_>>());
    assert_eq!(runtime.block_on(nodes[1].next_number(s.log, "Q", 0)), Ok(1));
    // The last one may come back, an earlier one not.
    runtime.block_on(nodes[2].give_number_back(s.log, "P", 52)).unwrap();
    runtime.block_on(nodes[2].give_number_back(s.log, "P", 47)).unwrap();
    assert_eq!(runtime.block_on(nodes[0].next_number(s.log, "P", 0)), Ok(52));
}
