//! Compares what Cargo.lock holds with `docs/security/advisories.toml`.
//!
//! Owns the gate: a library with a known fault doesn't land. Must not judge versions itself: see
//! `supply_chain::advisories`.

use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    io::{self, Write},
};
use supply_chain::{
    advisories::List,
    lock::{self, Locked},
    root,
};
use time::OffsetDateTime;

type Fallible<T> = Result<T, Box<dyn Error>>;

fn list() -> Fallible<List> {
    Ok(List::read(&fs::read_to_string(root().join("docs/security/advisories.toml"))?)?)
}

fn locked() -> Fallible<Vec<Locked>> {
    Ok(lock::read(&fs::read_to_string(root().join("Cargo.lock"))?)?)
}

#[test]
fn no_locked_library_has_a_known_fault() -> Fallible<()> {
    let (list, locked) = (list()?, locked()?);
    let named = fs::read_to_string(root().join("docs/security/packages-with-advisories.txt"))?;
    let named: BTreeSet<_> = named.lines().filter(|line| !line.starts_with('#')).collect();
    #[expect(clippy::disallowed_methods, reason = "an exception runs out on a day of the calendar")]
    let today = OffsetDateTime::now_utc().date();

    let found = list.compare(&named, &locked, today);
    // Not eprintln!: a test that passes keeps that to itself.
    let mut out = io::stderr().lock();
    writeln!(
        out,
        "{} advisories about {} packages; read {} days ago, the newest of {}",
        list.advisories.len(),
        list.advisories.iter().map(|advisory| &advisory.package).collect::<BTreeSet<_>>().len(),
        (today - list.looked_up).whole_days(),
        list.newest,
    )?;
    for line in &found.told {
        writeln!(out, "{line}")?;
    }
    assert!(found.wrong.is_empty(), "{}", found.wrong.join("\n"));
    Ok(())
}

#[test]
fn the_list_is_in_order_and_says_nothing_twice() -> Fallible<()> {
    let list = list()?;
    assert!(list.newest <= list.looked_up);
    let places: Vec<_> = list.advisories.iter().map(|advisory| (&advisory.package, &advisory.id)).collect();
    assert!(places.is_sorted_by(|before, after| before < after), "sort by package and id");
    for advisory in &list.advisories {
        assert!(advisory.date <= list.newest, "{}: newer than the newest", advisory.id);
    }
    let named = fs::read_to_string(root().join("docs/security/packages-with-advisories.txt"))?;
    let named: Vec<_> = named.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(named.is_sorted_by(|before, after| before < after), "packages-with-advisories.txt: sort by name");
    let used: BTreeSet<_> = list.advisories.iter().map(|advisory| &advisory.package).collect();
    let unnamed: Vec<_> = used.into_iter().filter(|package| !named.contains(&package.as_str())).collect();
    assert!(unnamed.is_empty(), "packages-with-advisories.txt doesn't name {unnamed:?}");
    Ok(())
}

/// The live database is asked by `cargo deny`, which has a list of exceptions of its own.
#[test]
fn cargo_deny_accepts_the_same() -> Fallible<()> {
    let deny: toml::Table = toml::from_str(&fs::read_to_string(root().join("deny.toml"))?)?;
    let ignored = deny.get("advisories").and_then(|table| table.get("ignore")).and_then(toml::Value::as_array);
    let ignored: BTreeSet<_> = ignored
        .ok_or("deny.toml has no advisories.ignore")?
        .iter()
        .filter_map(|entry| entry.get("id").and_then(toml::Value::as_str))
        .collect();
    let list = list()?;
    let accepted: BTreeSet<_> = list.exceptions.iter().map(|exception| exception.id.as_str()).collect();
    assert_eq!(ignored, accepted, "deny.toml and docs/security/advisories.toml");
    Ok(())
}
