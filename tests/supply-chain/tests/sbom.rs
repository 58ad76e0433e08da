//! The bill of materials, held against what `cargo tree` says.
//!
//! Owns the proof that it is complete and the same each time. Must not know a library by name, but
//! for the one crate of the house whose name another package on crates.io bears.

use serde_json::Value;
use std::{collections::BTreeSet, error::Error, fs, process::Command};
use supply_chain::{bom::PROGRAMS, root};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn written(epoch: Option<&str>) -> Fallible<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("parvis.cdx.json");
    let mut sbom = Command::new(env!("CARGO_BIN_EXE_sbom"));
    sbom.arg(&file).env_remove("SOURCE_DATE_EPOCH").envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch)));
    let output = sbom.output()?;
    if output.status.success() {
        Ok(fs::read_to_string(file)?)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}

fn array<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Name and version of everything that is built into the programs.
fn tree() -> Fallible<BTreeSet<(String, String)>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.current_dir(root()).args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    for (_, crate_name) in PROGRAMS {
        tree.args(["--package", crate_name]);
    }
    let output = tree.output()?;
    let lines = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let words = lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    Ok(words
        .filter_map(|words| match words.as_slice() {
            [name, version, ..] => Some((name.to_string(), version.trim_start_matches('v').to_owned())),
            _ => None,
        })
        .collect())
}

#[test]
fn the_bill_holds_every_library_that_is_built_in_and_no_other() -> Fallible<()> {
    let bill: Value = serde_json::from_str(&written(None)?)?;
    let listed: BTreeSet<_> = array(&bill, "components")
        .iter()
        .filter(|component| text(component, "type") == "library")
        .map(|component| (text(component, "name").to_owned(), text(component, "version").to_owned()))
        .collect();
    let tree = tree()?;
    assert!(tree.len() > 100, "cargo tree says nothing");
    let absent: Vec<_> = tree.difference(&listed).collect();
    assert!(absent.is_empty(), "not in the bill: {absent:?}");
    let idle: Vec<_> = listed.difference(&tree).collect();
    assert!(idle.is_empty(), "in the bill, and built into no program: {idle:?}");
    Ok(())
}

#[test]
fn every_part_is_described_and_reached() -> Fallible<()> {
    let bill: Value = serde_json::from_str(&written(None)?)?;
    assert_eq!((text(&bill, "bomFormat"), text(&bill, "specVersion")), ("CycloneDX", "1.5"));
    let mut references = BTreeSet::from(["parvis"]);
    for component in array(&bill, "components") {
        assert!(references.insert(text(component, "bom-ref")), "twice: {component}");
        assert!(!array(component, "licenses").is_empty(), "no licence: {component}");
        let of_the_house = text(component, "bom-ref").starts_with("crate/") || text(component, "type") == "application";
        let hashes = array(component, "hashes");
        assert_eq!(of_the_house, text(component, "purl").is_empty(), "{component}");
        assert_eq!(of_the_house, hashes.is_empty(), "{component}");
        assert!(hashes.iter().all(|hash| text(hash, "alg") == "SHA-256" && text(hash, "content").len() == 64));
    }
    let domain = array(&bill, "components").iter().find(|component| text(component, "name") == "domain");
    assert_eq!(domain.map(|domain| &domain["purl"]), Some(&Value::Null), "crates.io has another `domain`");

    let (mut reached, mut open) = (BTreeSet::from(["parvis"]), vec!["parvis"]);
    let edges = array(&bill, "dependencies");
    while let Some(part) = open.pop() {
        let edge = edges.iter().find(|edge| text(edge, "ref") == part).ok_or(format!("{part} has no edges"))?;
        for needed in array(edge, "dependsOn").iter().filter_map(Value::as_str) {
            assert!(references.contains(needed), "{part} needs {needed}, which is described nowhere");
            if reached.insert(needed) {
                open.push(needed);
            }
        }
    }
    assert_eq!(reached, references);
    Ok(())
}

#[test]
fn the_same_sources_give_the_same_bytes() -> Fallible<()> {
    let bill = written(None)?;
    assert_eq!(bill, written(None)?);
    assert!(!bill.contains("serialNumber") && !bill.contains("timestamp"));
    assert!(
        !bill.contains(env!("CARGO_MANIFEST_DIR").trim_end_matches("tests/supply-chain")),
        "a path of this machine"
    );
    Ok(())
}

#[test]
fn the_time_is_the_one_that_was_given() -> Fallible<()> {
    let bill: Value = serde_json::from_str(&written(Some("86400"))?)?;
    assert_eq!(bill["metadata"]["timestamp"], "1970-01-02T00:00:00Z");
    let refused = written(Some("yesterday")).err().ok_or("accepted")?.to_string();
    assert!(refused.contains("SOURCE_DATE") && refused.contains("yesterday"), "{refused}");
    Ok(())
}
