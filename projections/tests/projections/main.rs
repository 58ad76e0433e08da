//! The read model of the sample campaign: what its tables say, and that any way of folding says the same.
//!
//! `tables.rs` and `lively.rs` read rows, `lineage.rs` walks both ways, `work.rs` asks what waits for whom, `folds.rs` holds what is true of every fold, `golden.rs` compares the
//! result and the digests with the files, `snapshot.rs` writes versions and reads them back,
//! `redaction.rs` takes texts out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../crates/domain/tests/support/mod.rs"]
mod support;

mod columns;
mod folds;
mod golden;
mod lineage;
mod lively;
mod redaction;
mod sites;
mod snapshot;
mod tables;
mod work;

use domain::Record;
use projections::{Model, TableDigest};

/// The model after these records.
fn fold(records: &[Record]) -> Model {
    let mut model = Model::default();
    for record in records {
        model.apply(record).unwrap();
    }
    model
}

fn digests(model: &Model) -> Vec<TableDigest> {
    model.digests().unwrap()
}
