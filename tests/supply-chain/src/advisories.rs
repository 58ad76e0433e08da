//! The list of known faults in libraries, and its comparison with what Cargo.lock holds.
//!
//! Owns what counts as a hit. Must not know a single advisory itself: they stand in
//! `docs/security/advisories.toml`, whose head says where they come from and how to refresh them.
//! The comparison with the repository is `tests/advisories.rs`.

use crate::{Error, lock::Locked};
use semver::{Version, VersionReq};
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeSet;
use time::{Date, format_description::well_known::Iso8601};

/// What an advisory warns of, in the words of the RustSec database.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody can do harm with it.
    Vulnerability,
    /// Safe Rust code can reach undefined behaviour through it.
    Unsound,
    /// Nobody repairs it any longer.
    Unmaintained,
    /// Anything else worth telling.
    Notice,
}

impl Kind {
    /// Whether a change may not land with it. The others ask for a plan, and not for a stop of all
    /// other work.
    fn stops(self) -> bool {
        matches!(self, Kind::Vulnerability | Kind::Unsound)
    }
}

/// One advisory of the RustSec database.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// Its id, e.g. RUSTSEC-2023-0071.
    pub id: String,
    /// The package of crates.io that it is about.
    pub package: String,
    /// When it was reported.
    #[serde(deserialize_with = "day")]
    pub date: Date,
    /// What it warns of.
    pub kind: Kind,
    /// The repaired versions.
    pub patched: Vec<VersionReq>,
    /// The versions that never had the fault.
    #[serde(default)]
    pub unaffected: Vec<VersionReq>,
    /// What it is about, in a sentence of our own.
    pub about: String,
}

impl Advisory {
    /// Whether a version of the package has the fault: RustSec calls affected whatever is neither
    /// patched nor unaffected. A version before its release (`-rc.1`) counts as affected unless a
    /// requirement names its series, as `semver` has it.
    pub fn touches(&self, version: &Version) -> bool {
        !self.patched.iter().chain(&self.unaffected).any(|harmless| harmless.matches(version))
    }
}

/// A fault that is known and can't be avoided for now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The advisory.
    pub id: String,
    /// The package.
    pub package: String,
    /// Why it does no harm here.
    pub reason: String,
    /// The last day on which that is taken for granted.
    #[serde(deserialize_with = "day")]
    pub until: Date,
}

/// The list: `docs/security/advisories.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The newest advisory of the database when it was last read.
    #[serde(deserialize_with = "day")]
    pub newest: Date,
    /// When it was last read.
    #[serde(deserialize_with = "day")]
    pub looked_up: Date,
    /// The advisories of the packages that we use.
    #[serde(rename = "advisory", default)]
    pub advisories: Vec<Advisory>,
    /// What is accepted for now.
    #[serde(rename = "exception", default)]
    pub exceptions: Vec<Exception>,
}

/// What the comparison found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What has to be put right before a change may land, each with what to do.
    pub wrong: Vec<String>,
    /// What people should know: hits that stop nothing, and exceptions in force.
    pub told: Vec<String>,
}

impl List {
    /// Reads the list.
    ///
    /// # Errors
    /// [`Error::Toml`] for a field that is missing, unknown or malformed.
    pub fn read(text: &str) -> Result<List, Error> {
        toml::from_str(text).map_err(|source| Error::Toml { what: "the list of advisories", source: Box::new(source) })
    }

    /// Compares the list with Cargo.lock. `named` are all packages that the database has an advisory
    /// about: one that this list doesn't hold was added since it was made.
    pub fn compare(&self, named: &BTreeSet<&str>, locked: &[Locked], today: Date) -> Findings {
        let mut found = Findings::default();
        // A crate of the house may be called like another one on crates.io.
        let foreign: Vec<_> = locked.iter().filter(|package| package.source.is_some()).collect();
        let known: BTreeSet<_> = self.advisories.iter().map(|advisory| advisory.package.as_str()).collect();
        let mut needed = BTreeSet::new();
        for package in &foreign {
            if named.contains(package.name.as_str()) && !known.contains(package.name.as_str()) {
                found.wrong.push(format!(
                    "{name} {}: there are advisories about it that nobody has read for this list; add them from \
                     https://rustsec.org/packages/{name}.html",
                    package.version,
                    name = package.name,
                ));
            }
            for advisory in &self.advisories {
                if advisory.package != package.name || !advisory.touches(&package.version) {
                    continue;
                }
                let hit = format!("{} {}: {}: {}", package.name, package.version, advisory.id, advisory.about);
                let exception = self.exceptions.iter().find(|exception| exception.covers(advisory));
                if let Some(exception) = exception {
                    needed.insert((exception.id.as_str(), exception.package.as_str()));
                    let text = format!("{hit} Accepted until {}: {}", exception.until, exception.reason);
                    if exception.until < today {
                        found.wrong.push(format!("{text} That day is over: repair it, or decide anew"));
                    } else {
                        found.told.push(text);
                    }
                } else if advisory.kind.stops() {
                    found.wrong.push(format!("{hit} {}", way_out(advisory)));
                } else {
                    found.told.push(hit);
                }
            }
        }
        for exception in &self.exceptions {
            if !needed.contains(&(exception.id.as_str(), exception.package.as_str())) {
                let Exception { id, package, .. } = exception;
                found.wrong.push(format!("the exception for {package} ({id}) is no longer needed: remove it"));
            }
        }
        found
    }
}

impl Exception {
    fn covers(&self, advisory: &Advisory) -> bool {
        self.id == advisory.id && self.package == advisory.package
    }
}

fn way_out(advisory: &Advisory) -> String {
    let exception = "an [[exception]] with the reason why it does no harm here";
    if advisory.patched.is_empty() {
        return format!("No version repairs it: do without the package, or add {exception}");
    }
    let repaired: Vec<_> = advisory.patched.iter().map(VersionReq::to_string).collect();
    format!("Repaired in {}: run `cargo update -p {}`, or add {exception}", repaired.join(" or "), advisory.package)
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    Date::parse(&text, &Iso8601::DATE).map_err(|_| de::Error::custom(format!("{text:?} is no day like 2026-11-23")))
}

#[cfg(test)]
#[path = "advisories_tests.rs"]
mod tests;
