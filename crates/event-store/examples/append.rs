//! Appends per second: raw batched inserts first, then the store with as many tasks as a batch had rows.
//!
//! `cargo run --release -p event-store --example append [FOLDER]`: one JSON line per measure, medians
//! of three. Figures, not verdicts: nothing fails when it is slow.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use event_store::{Append, Expected, OpenMode, Store};
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::json;
use transparency::{Draft, Origin};

fn main() {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (tasks, total) in [(1, 1_500), (32, 16_000), (256, 25_600)] {
        let raw = median(|| raw_inserts(&folder, tasks, total));
        let store = median(|| runtime.block_on(appends(&folder, tasks, total)));
        let hundredths = store * 100 / raw;
        println!("{}", json!({"tasks": tasks, "raw_per_s": raw, "store_per_s": store, "ratio_percent": hundredths}));
    }
    println!("{}", json!({"append_all_blocking_per_s": median(|| bulk(&folder, 25_600))}));
}

fn median(mut measure: impl FnMut() -> u64) -> u64 {
    let mut rates: Vec<u64> = (0..3).map(|_| measure()).collect();
    rates.sort_unstable();
    rates[1]
}

fn rate(count: u64, start: Instant) -> u64 {
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap().max(1);
    count * 1_000_000 / micros
}

/// The same table, the same sync, nothing else: what a batch of rows costs at least.
fn raw_inserts(folder: &Path, batch: u64, total: u64) -> u64 {
    let place = tempfile::tempdir_in(folder).unwrap();
    let url = format!("sqlite:{}", place.path().join("raw.db").display());
    let store = Store::open(&url, OpenMode::Create).unwrap();
    store.create_log_blocking("raw.example", "RAW").unwrap();
    drop(store);
    let mut conn = Connection::open(place.path().join("raw.db")).unwrap();
    conn.execute_batch("PRAGMA synchronous = FULL").unwrap();
    let start = Instant::now();
    for first in (0..total).step_by(usize::try_from(batch).unwrap()) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        for n in first..first + batch {
            let draft = draft(n);
            let leaf = draft.seal("raw.example", n, 1).unwrap();
            tx.prepare_cached(
                "INSERT INTO log_events (log_id, position, leaf_hash, aggregate_type, aggregate_id, sequence, event_type,
                 event_version, command_id, command_part, command_parts, at, leaf)
                 VALUES (1, ?, ?, 'proposal', ?, 1, 'ProposalDeposited', 1, ?, 0, 1, ?, ?)",
            )
            .unwrap()
            .execute(params![n, [7_u8; 32], id(n), draft.command_id, draft.at, leaf])
            .unwrap();
        }
        tx.commit().unwrap();
    }
    rate(total, start)
}

async fn appends(folder: &Path, tasks: u64, total: u64) -> u64 {
    let place = tempfile::tempdir_in(folder).unwrap();
    let url = format!("sqlite:{}", place.path().join("store.db").display());
    let store = Store::open(&url, OpenMode::Create).unwrap();
    let log = store.create_log("store.example", "STORE").await.unwrap();
    let start = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in (task..total).step_by(usize::try_from(tasks).unwrap()) {
                    store.append(append(log, n)).await.unwrap();
                }
            })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    let rate = rate(total, start);
    store.close().await;
    rate
}

fn bulk(folder: &Path, total: u64) -> u64 {
    let place = tempfile::tempdir_in(folder).unwrap();
    let url = format!("sqlite:{}", place.path().join("bulk.db").display());
    let store = Store::open(&url, OpenMode::Create).unwrap();
    let log = store.create_log_blocking("bulk.example", "BULK").unwrap();
    let start = Instant::now();
    let answers = store.append_all_blocking((0..total).map(|n| append(log, n)));
    assert!(answers.iter().all(Result::is_ok));
    rate(total, start)
}

fn append(log: event_store::LogId, n: u64) -> Append {
    let draft = draft(n);
    let expected = vec![Expected { stream: draft.stream.parse().unwrap(), sequence: 0 }];
    Append { log, command_id: draft.command_id.clone(), expected, events: vec![draft] }
}

/// An event whose leaf takes about 450 bytes.
fn draft(n: u64) -> Draft {
    let command_id = format!("c{}", id(n));
    let origin =
        Origin { actor_id: "p-0192", actor_role: "CITIZEN", at: "2018-09-07T10:00:00Z", command_id: &command_id };
    let data = json!({"area": "75", "cents": n, "text": "x".repeat(130)});
    Draft::new(origin, &format!("proposal/{}", id(n)), "ProposalDeposited", 1, data, &mut || [0; 32]).unwrap()
}

/// Ids in no order, as random ones are (a multiplicative hash).
fn id(n: u64) -> String {
    format!("{:032x}", u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}
