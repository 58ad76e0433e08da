//! The origin sentence of a project: from how many proposals it comes, and whose they are.
//!
//! Owns the two languages' wording of it. Follows from the proposals that a project is made of now; the
//! whole history is [`crate::lineage`]'s.

use crate::Model;
use crate::projects::ProjectRow;
use crate::proposals::ProposalRow;
use crate::search::fold;
use domain::configuration::Provenance;
use domain::proposal::{DepositorKind, MergeKind};
use std::collections::{BTreeMap, BTreeSet};

/// A sentence without its full stop, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

/// The depositors of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Depositors {
    kind: DepositorKind,
    /// The names that are known, in the order in which they came.
    names: Vec<String>,
    /// How many others.
    others: usize,
}

/// From where a project comes; none when it was imported or none of its proposals is known.
pub fn origin(model: &Model, project: &ProjectRow) -> Option<Origin> {
    if model.overview.provenance == Provenance::Imported {
        return None;
    }
    let proposals: Vec<&ProposalRow> =
        project.current_proposals().filter_map(|link| model.proposals.get(&link.proposal)).map(|row| &**row).collect();
    if proposals.is_empty() {
        return None;
    }
    let depositors = depositors(&proposals);
    Some(Origin {
        fr: french(proposals.len(), project.formation.kind, &depositors),
        en: english(proposals.len(), project.formation.kind, &depositors),
    })
}

/// By kind, each depositor once: by name where it is known, else by pseudonym.
fn depositors(proposals: &[&ProposalRow]) -> Vec<Depositors> {
    let mut by_kind: BTreeMap<DepositorKind, (Vec<String>, BTreeSet<String>)> = BTreeMap::new();
    for row in proposals {
        let deposit = &row.deposit;
        let (names, others) = by_kind.entry(deposit.depositor).or_default();
        let said = deposit.complement.as_ref().and_then(|name| name.get());
        let name = said.map(|name| bare(deposit.depositor, name)).filter(|name| !name.is_empty());
        match name.filter(|_| deposit.depositor != DepositorKind::Individual) {
            Some(name) => {
                if !names.iter().any(|known| fold(known) == fold(name)) {
                    names.push(name.to_owned());
                }
            }
            None => {
                others.insert(deposit.author.clone());
            }
        }
    }
    let all = by_kind.into_iter();
    all.map(|(kind, (names, others))| Depositors { kind, names, others: others.len() }).collect()
}

/// A name without the noun that the sentence puts before it.
fn bare(kind: DepositorKind, name: &str) -> &str {
    let nouns: &[&str] = match kind {
        DepositorKind::Individual => &[],
        DepositorKind::Association => &["l’association ", "l'association ", "association "],
        DepositorKind::NeighbourhoodCouncil => &["le conseil de quartier ", "conseil de quartier "],
        DepositorKind::Collective => &["le collectif ", "collectif "],
    };
    let name = name.trim();
    let begins = |noun: &&&str| name.get(..noun.len()).is_some_and(|start| start.to_lowercase() == **noun);
    nouns.iter().find(begins).and_then(|noun| name.get(noun.len()..)).unwrap_or(name).trim_start()
}

/// `a, b and c`.
fn listed(parts: &[String], and: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {and} {last}", most.join(", ")),
    }
}

/// Counts from 2 to 10 in words, others in figures.
fn count(words: [&str; 9], number: usize) -> String {
    let word = number.checked_sub(2).and_then(|place| words.get(place));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

const FRENCH: [&str; 9] = ["deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"];
const ENGLISH: [&str; 9] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

fn french(proposals: usize, kind: MergeKind, depositors: &[Depositors]) -> String {
    let of: Vec<String> = depositors.iter().flat_map(in_french).collect();
    let of = listed(&of, "et");
    match (proposals, kind) {
        (1, _) => format!("Issu de la proposition {of}"),
        (_, MergeKind::CoConstruction) => format!("Issu de la co-construction de propositions {of}"),
        (_, MergeKind::Single | MergeKind::Grouping) => format!("Issu d’un regroupement de propositions {of}"),
    }
}

/// Each with its own preposition: `de deux particuliers`, `de l’association X`.
fn in_french(depositors: &Depositors) -> Vec<String> {
    let Depositors { kind, names, others } = depositors;
    let (named, named_many, one, other, many) = match kind {
        DepositorKind::Individual => ("", "", "d’un particulier", "d’un autre particulier", "particuliers"),
        DepositorKind::Association => {
            ("de l’association", "des associations", "d’une association", "d’une autre association", "associations")
        }
        DepositorKind::NeighbourhoodCouncil => (
            "du conseil de quartier",
            "des conseils de quartier",
            "d’un conseil de quartier",
            "d’un autre conseil de quartier",
            "conseils de quartier",
        ),
        DepositorKind::Collective => {
            ("du collectif", "des collectifs", "d’un collectif", "d’un autre collectif", "collectifs")
        }
    };
    let known = match names.as_slice() {
        [] => None,
        [name] => Some(format!("{named} {name}")),
        names => Some(format!("{named_many} {}", listed(names, "et"))),
    };
    let unknown = match (*others, known.is_some()) {
        (0, _) => None,
        (1, false) => Some(one.to_owned()),
        (1, true) => Some(other.to_owned()),
        (n, false) => Some(format!("de {} {many}", count(FRENCH, n))),
        (n, true) => Some(format!("de {} autres {many}", count(FRENCH, n))),
    };
    known.into_iter().chain(unknown).collect()
}

fn english(proposals: usize, kind: MergeKind, depositors: &[Depositors]) -> String {
    let by: Vec<String> = depositors.iter().flat_map(in_english).collect();
    let by = listed(&by, "and");
    match (proposals, kind) {
        (1, _) => format!("From a proposal by {by}"),
        (_, MergeKind::CoConstruction) => format!("From a co-construction of proposals by {by}"),
        (_, MergeKind::Single | MergeKind::Grouping) => format!("From a grouping of proposals by {by}"),
    }
}

fn in_english(depositors: &Depositors) -> Vec<String> {
    let Depositors { kind, names, others } = depositors;
    let (a, noun) = match kind {
        DepositorKind::Individual => ("an", "individual"),
        DepositorKind::Association => ("an", "association"),
        DepositorKind::NeighbourhoodCouncil => ("a", "neighbourhood council"),
        DepositorKind::Collective => ("a", "collective"),
    };
    let known = match names.as_slice() {
        [] => None,
        [name] => Some(format!("the {noun} {name}")),
        names => Some(format!("the {noun}s {}", listed(names, "and"))),
    };
    let unknown = match (*others, known.is_some()) {
        (0, _) => None,
        (1, false) => Some(format!("{a} {noun}")),
        (1, true) => Some(format!("another {noun}")),
        (n, false) => Some(format!("{} {noun}s", count(ENGLISH, n))),
        (n, true) => Some(format!("{} other {noun}s", count(ENGLISH, n))),
    };
    known.into_iter().chain(unknown).collect()
}
