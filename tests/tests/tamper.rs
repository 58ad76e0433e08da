//! Owns the proof that a bundle can't be changed unnoticed: 2,000 random changes, none of which holds.
//! Next: `tests/src/tamper.rs` for the changes, `replay-tools/tests/verify.rs` for those by the
//! holder of the key.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "../../replay-tools/tests/support/mod.rs"]
mod support;

use replay_tools::{Report, Verdict, verify};
use std::fs;
use support::{campaign, key, policy};
use tests::tamper::tamper;
use transparency::Policy;

const CHANGES: u64 = 2_000;

#[test]
fn two_thousand_random_changes_are_refused() {
    let bundle = campaign(80).bundle(&key());
    let city = Policy::parse(&policy(&key())).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let check = |bytes: &[u8]| -> Report {
        fs::write(file.path(), bytes).unwrap();
        verify(file.path(), Some(&city), &mut |_, _| {}).unwrap()
    };
    let untouched = check(&bundle);
    assert_eq!(untouched.verdict, Verdict::Holds, "{untouched:#?}");
    for seed in 0..CHANGES {
        let (changed, what) = tamper(&bundle, seed);
        let report = check(&changed);
        assert_eq!(report.verdict, Verdict::Broken, "{what}");
        assert!(report.stage.is_some() && report.code.is_some() && report.message.is_some(), "{what}");
    }
}
