//! Versions as bytes: nothing is lost, nothing damaged is taken, and neither the form of a row nor the
//! result of a fold changes without its number.

use crate::fold;
use crate::support::sample::*;
use crate::support::story::{Story, Written};
use domain::phase::Phase;
use domain::{Code, Record};
use projections::snapshot::Error;
use projections::{Disclosed, Model, Positions, SHAPE, Snapshot, VERSION};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;
use transparency::Hash;

/// A whole campaign, with reasons for each turn of a phase.
static LEAVES: LazyLock<Vec<Written>> = LazyLock::new(|| {
    let mut story = Story::whole();
    story.act(&coordinator(), close_because(Phase::Result, "Tout est construit"));
    story.leaves()
});

static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| read(&LEAVES));

/// The year with everything that people may do.
static LIVELY: LazyLock<Vec<Written>> = LazyLock::new(|| Story::lively().leaves());

/// Sites that live through everything.
static BUILDING: LazyLock<Vec<Written>> = LazyLock::new(|| Story::building().leaves());

fn read(leaves: &[Written]) -> Vec<Record> {
    leaves.iter().map(|written| written.record(&written.disclosed)).collect()
}

/// The campaign at a size, with what stands beside its tables.
fn snapshot(size: usize) -> Snapshot {
    snapshot_of(&LEAVES[..size])
}

fn snapshot_of(leaves: &[Written]) -> Snapshot {
    let records = read(leaves);
    let (mut positions, mut disclosed) = (Positions::new(), Disclosed::default());
    for (record, written) in records.iter().zip(leaves) {
        let name = record.event.encode().unwrap().0;
        positions.entry(name).or_default().push_back(record.position);
        disclosed.add(record.position, written.disclosed.iter().map(|value| value.path.as_str()));
    }
    Snapshot {
        version: VERSION,
        campaign: CODE.to_owned(),
        origin: format!("example/{CODE}"),
        model: fold(&records),
        positions,
        disclosed,
    }
}

fn bytes(snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = snapshot.write(&mut bytes).unwrap();
    assert_eq!(written, u64::try_from(bytes.len()).unwrap());
    bytes
}

/// Every value there is, hidden and private ones too: what `Debug` doesn't show isn't there.
fn everything(model: &Model) -> String {
    format!("{model:#?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    /// What is read is what was written, and going on from it leads where the whole log leads.
    #[test]
    fn a_version_survives_being_written(which in 0..3_usize, size in any::<prop::sample::Index>()) {
        let leaves = [&*LEAVES, &*LIVELY, &*BUILDING][which];
        let (records, size) = (read(leaves), size.index(leaves.len() + 1));
        let before = snapshot_of(&leaves[..size]);
        let text = bytes(&before);
        let mut after = Snapshot::read(&text[..]).unwrap();
        prop_assert_eq!(everything(&after.model), everything(&before.model));
        prop_assert_eq!(after.model.digests().unwrap(), before.model.digests().unwrap());
        prop_assert_eq!((&after.positions, &after.disclosed), (&before.positions, &before.disclosed));
        prop_assert_eq!((&after.campaign, &after.origin, after.version), (&before.campaign, &before.origin, VERSION));
        prop_assert_eq!(bytes(&after), text);
        for record in &records[size..] {
            after.model.apply(record).unwrap();
        }
        prop_assert_eq!(everything(&after.model), everything(&fold(&records)));
    }

    #[test]
    fn a_damaged_one_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let whole = bytes(&snapshot(RECORDS.len()));
        let at = at.index(whole.len());
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << bit;
        for damaged in [&damaged[..], &whole[..at]] {
            prop_assert_eq!(Snapshot::read(damaged).unwrap_err().code(), "SNAPSHOT_DAMAGED");
        }
    }
}

#[test]
fn hidden_values_and_searchable_texts_come_back() {
    let after = Snapshot::read(&bytes(&snapshot(RECORDS.len()))[..]).unwrap().model;
    assert_eq!(after.sites.get(&id("s-2")).unwrap().abandoned.as_ref().unwrap().reason, hidden("Le sol est pollué"));
    assert!(after.proposals.rows().all(|row| !row.deposit.title.is_redacted() && !row.searchable.is_empty()));
    assert!(after.projects.rows().all(|row| !row.formation.title.is_redacted() && !row.searchable.is_empty()));
    // Redacted ones stay redacted.
    let bare: Vec<Record> = LEAVES.iter().map(|written| written.record(&[])).collect();
    let before = Snapshot { model: fold(&bare), ..snapshot(0) };
    let after = Snapshot::read(&bytes(&before)[..]).unwrap();
    assert_eq!(everything(&after.model), everything(&before.model));
    assert!(after.model.projects.rows().all(|row| row.formation.title.is_redacted()));
}

#[test]
fn large_tables_come_back_whole_and_in_order() {
    // More positions than one row holds, and more rows than one chunk.
    let mut before = snapshot(RECORDS.len());
    let many = before.positions.entry("BallotCast".to_owned()).or_default();
    many.extend((0..300_000).map(|n| 1_000 + n * 3));
    let after = Snapshot::read(&bytes(&before)[..]).unwrap();
    assert_eq!(after.positions, before.positions);
}

#[test]
fn another_shape_or_format_is_told_from_damage() {
    let whole = bytes(&snapshot(RECORDS.len()));
    let altered = |from: String, to: &str| {
        let end = whole.iter().position(|byte| *byte == b'\n').unwrap();
        let first = str::from_utf8(&whole[..end]).unwrap();
        assert!(first.contains(&from), "{first}");
        let body = [first.replace(&from, to).as_bytes(), &whole[end..whole.len() - 32]].concat();
        [&body[..], &Hash::of(&[&body]).0].concat()
    };
    let shape = altered(format!(r#""shape":{SHAPE},"#), r#""shape":99,"#);
    assert_eq!(Snapshot::read(&shape[..]).unwrap_err(), Error::Shape { found: 99 });
    let format = altered("parvis.snapshot/1".to_owned(), "parvis.snapshot/2");
    assert_eq!(Snapshot::read(&format[..]).unwrap_err(), Error::Shape { found: 0 });
    let version = altered(format!(r#""version":{VERSION},"#), r#""version":99,"#);
    assert_eq!(Snapshot::read(&version[..]).unwrap().version, 99);
    let size = altered(format!(r#""size":{},"#, RECORDS.len()), r#""size":1,"#);
    assert_eq!(Snapshot::read(&size[..]).unwrap_err().code(), "SNAPSHOT_DAMAGED");
}

/// The rows of a snapshot by part, unpacked.
fn parts(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut rest = &bytes[..bytes.len() - 32];
    let line = |rest: &mut &[u8]| -> Value {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
        let (text, after) = rest.split_at(end);
        *rest = &after[1..];
        serde_json::from_slice(text).unwrap()
    };
    let header = line(&mut rest);
    let mut parts = vec![("header".to_owned(), header.to_string().into_bytes())];
    while !rest.is_empty() {
        let chunk = line(&mut rest);
        let (packed, after) = rest.split_at(usize::try_from(chunk["bytes"].as_u64().unwrap()).unwrap());
        rest = after;
        parts.push((chunk["part"].as_str().unwrap().to_owned(), zstd::decode_all(packed).unwrap()));
    }
    parts
}

/// Every path in a value with the kind of what stands there; places in lists don't matter.
fn form(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| form(&format!("{path}.{name}"), member, found));
            "object"
        }
        Value::Array(items) => {
            items.iter().for_each(|item| form(&format!("{path}[]"), item, found));
            "list"
        }
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "yes or no",
        Value::Null => "null",
    };
    found.insert(format!("{path}: {kind}"));
}

/// Compares with a file whose name has the number in it. It is only ever written when it isn't there:
/// a change needs another number.
fn compare(name: &str, raise: &str, found: &Value) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/projections").join(name);
    let found = serde_json::to_string_pretty(found).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() && !file.exists() {
        std::fs::write(&file, &found).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        golden, found,
        "raise {raise} and write {name} with UPDATE_GOLDEN=1; if only the sample campaign changed, delete the file first"
    );
}

#[test]
fn the_form_of_a_row_has_a_number() {
    let mut found = BTreeSet::new();
    let all = [snapshot(LEAVES.len()), snapshot_of(&LIVELY), snapshot_of(&BUILDING)];
    for (part, text) in all.iter().flat_map(|one| parts(&bytes(one))) {
        for row in serde_json::Deserializer::from_slice(&text).into_iter::<Value>() {
            form(&part, &row.unwrap(), &mut found);
        }
    }
    compare(&format!("snapshot-shape-{SHAPE}.json"), "projections::SHAPE", &json!(found));
}

#[test]
fn the_result_of_the_folds_has_a_number() {
    let digests = |one: &Snapshot| {
        let parts = parts(&bytes(one)).into_iter().skip(1);
        parts.map(|(part, text)| (part, json!(Hash::of(&[&text])))).collect::<serde_json::Map<_, _>>()
    };
    let found = json!({ "parts": digests(&snapshot(LEAVES.len())), "lively": digests(&snapshot_of(&LIVELY)) });
    let name = format!("snapshot-shape-{SHAPE}-version-{VERSION}.json");
    compare(&name, "projections::VERSION (or SHAPE, when a form changed)", &found);
}

#[test]
fn a_refused_result_is_still_refused_after_reading() {
    let proclaims = |record: &Record| record.event.encode().unwrap().0 == "ResultProclaimed";
    let at = RECORDS.iter().position(proclaims).unwrap();
    let mut after = Snapshot::read(&bytes(&snapshot(at))[..]).unwrap().model;
    let mut twisted = RECORDS[at].clone();
    let domain::Event::Campaign(domain::campaign::Event::ResultProclaimed { outcome, .. }) = &mut twisted.event else {
        panic!("it proclaims")
    };
    *outcome = None;
    assert_eq!(after.clone().apply(&twisted).unwrap_err().code, Code::ResultMismatch);
    after.apply(&RECORDS[at]).unwrap();
}
