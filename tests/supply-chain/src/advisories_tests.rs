//! Tests of the comparison with a made-up list: what hits, what doesn't, and what has to be said.

use super::*;
use crate::lock;

const LIST: &str = r#"
newest = "2026-01-02"
looked_up = "2026-01-03"

[[advisory]]
id = "RUSTSEC-2025-9001"
package = "leaky"
date = "2025-05-05"
kind = "vulnerability"
patched = [">=1.2.3, <2.0.0-0", ">=2.0.1"]
unaffected = ["<1.0.0"]
about = "It leaks."

[[advisory]]
id = "RUSTSEC-2025-9002"
package = "orphan"
date = "2025-06-06"
kind = "unmaintained"
patched = []
about = "Nobody looks after it."

[[advisory]]
id = "RUSTSEC-2025-9003"
package = "broken"
date = "2025-07-07"
kind = "unsound"
patched = []
about = "It is broken."

[[exception]]
id = "RUSTSEC-2025-9003"
package = "broken"
reason = "We never call it."
until = "2026-03-31"
"#;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn on(text: &str) -> Date {
    Date::parse(text, &Iso8601::DATE).unwrap()
}

/// The findings for these packages of crates.io, and always `broken`, on the last day of its exception.
fn findings(packages: &[(&str, &str)]) -> Findings {
    compare(&[packages, &[("broken", "0.1.0")]].concat(), "2026-03-31")
}

fn compare(packages: &[(&str, &str)], today: &str) -> Findings {
    let entries = packages.iter().map(|(name, version)| {
        format!("[[package]]\nname = {name:?}\nversion = {version:?}\nsource = {REGISTRY:?}\nchecksum = \"00\"\n")
    });
    let locked = lock::read(&entries.collect::<String>()).unwrap();
    let named = BTreeSet::from(["broken", "leaky", "orphan", "unread"]);
    List::read(LIST).unwrap().compare(&named, &locked, on(today))
}

#[test]
fn a_version_with_the_fault_is_a_hit() {
    for version in ["1.0.0", "1.2.2", "2.0.0"] {
        let wrong = findings(&[("leaky", version)]).wrong;
        let [wrong] = wrong.as_slice() else { panic!("{version}: {wrong:?}") };
        for part in [version, "leaky", "RUSTSEC-2025-9001", "It leaks.", "cargo update -p leaky"] {
            assert!(wrong.contains(part), "{wrong:?} doesn't say {part:?}");
        }
    }
}

#[test]
fn a_repaired_or_unaffected_version_is_none() {
    for version in ["0.9.9", "1.2.3", "1.99.0", "2.0.1", "3.0.0"] {
        assert_eq!(findings(&[("leaky", version)]).wrong, [""; 0], "{version}");
    }
}

#[test]
fn each_locked_version_counts() {
    assert_eq!(findings(&[("leaky", "1.0.0"), ("leaky", "1.2.3"), ("leaky", "2.0.0")]).wrong.len(), 2);
}

#[test]
fn a_crate_of_the_house_isnt_its_namesake() {
    let locked = lock::read("[[package]]\nname = \"leaky\"\nversion = \"1.0.0\"\n").unwrap();
    let list = List { exceptions: Vec::new(), ..List::read(LIST).unwrap() };
    assert_eq!(list.compare(&BTreeSet::from(["leaky"]), &locked, on("2026-01-04")), Findings::default());
}

#[test]
fn what_nobody_looks_after_is_told_and_stops_nothing() {
    let found = findings(&[("orphan", "1.0.0")]);
    assert_eq!(found.wrong, [""; 0]);
    assert!(found.told.iter().any(|line| line.contains("RUSTSEC-2025-9002")), "{found:?}");
}

#[test]
fn an_exception_holds_up_to_its_last_day() {
    let found = compare(&[("broken", "0.1.0")], "2026-03-31");
    assert_eq!(found.wrong, [""; 0]);
    assert!(found.told.iter().any(|line| line.contains("We never call it.")), "{found:?}");
    let wrong = compare(&[("broken", "0.1.0")], "2026-04-01").wrong;
    assert!(matches!(wrong.as_slice(), [wrong] if wrong.contains("That day is over")), "{wrong:?}");
}

#[test]
fn an_exception_that_nothing_needs_is_told_off() {
    let wrong = compare(&[("leaky", "1.2.3")], "2026-01-04").wrong;
    assert!(matches!(wrong.as_slice(), [wrong] if wrong.contains("no longer needed")), "{wrong:?}");
}

#[test]
fn a_package_whose_advisories_nobody_has_read_is_told_off() {
    let wrong = findings(&[("unread", "1.0.0"), ("unheard-of", "1.0.0")]).wrong;
    assert!(matches!(wrong.as_slice(), [wrong] if wrong.contains("packages/unread.html")), "{wrong:?}");
}

#[test]
fn a_misspelt_field_is_refused() {
    for (field, misspelt) in [("patched", "patchd"), ("\"unsound\"", "\"unsund\""), ("2026-01-02", "January")] {
        let error = List::read(&LIST.replacen(field, misspelt, 1)).unwrap_err();
        assert_eq!(error.code(), "TOML", "{field}");
    }
}
