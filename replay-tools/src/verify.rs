//! Owns the verification of a bundle: all checks in their order, and the report.
//! Must not: print (see `run.rs`).
//! Next: `read.rs` (single leaves), `audit.rs` (events in order), docs/formats/bundle.md.

use crate::{
    audit::Audit,
    error::Error,
    limits::Limit,
    read::{open, replay_since},
    report::{Checked, Divergence, Report, Since, Stage},
};
use domain::campaign::Basis;
use projections::{Model, polling_places::papers_in_boxes};
use serde_json::Value;
use std::{fs::File, io, ops::ControlFlow, path::Path};
use transparency::{Bundle, Checkpoint, Policy, to_canonical};

/// Verifies a bundle file. `trusted` is the policy with the city's keys, got from elsewhere;
/// without it the report notes that the key wasn't checked. `progress` is told how many events of
/// how many were followed.
///
/// # Errors
/// [`Error::File`] when the file can't be read. A bundle that doesn't hold is no error: the report
/// says so.
pub fn verify(path: &Path, trusted: Option<&Policy>, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, Error> {
    verified(path, trusted, None, progress).map(|(report, _)| report)
}

/// The same, with the read model as far as the log could be followed; `since` is a checkpoint of this
/// log up to which it was verified before: that part is followed without being judged again, and its
/// leaves must give the root that the checkpoint says.
///
/// # Errors
/// As [`verify`].
pub fn verified(
    path: &Path,
    trusted: Option<&Policy>,
    since: Option<&str>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Report, Model), Error> {
    let unreadable = |source: io::Error| Error::File { path: path.display().to_string(), source };
    let refused = |found| Ok((Report::new(Some(found), Checked::default(), Vec::new(), Vec::new()), Model::default()));
    let mut bundle = match open(path, trusted) {
        Ok(bundle) => bundle,
        Err(Error::Broken(divergence)) => return refused(divergence),
        Err(other) => return Err(other),
    };
    let since = match since.map(|note| older(note, &bundle, trusted)).transpose() {
        Ok(since) => since,
        Err(divergence) => return refused(divergence),
    };
    let total = bundle.checkpoint().size;
    let known = since.as_ref().map_or(0, |known| known.size);
    let mut audit = since.as_ref().map_or_else(Audit::default, |known| Audit::since(known.size, known.root));
    let read = replay_since(&mut bundle, known, |leaf| {
        audit.take(leaf);
        progress(audit.tree().size(), total);
        ControlFlow::Continue(())
    });
    let container = read.map_err(Divergence::of_format).err().transpose().map_err(unreadable)?;
    let mut found: Vec<Divergence> = container.into_iter().collect();
    if found.is_empty() {
        found.extend(check_tree(&bundle, &audit));
    }
    found.extend(audit.forked().cloned());
    match audit.divergence() {
        Some(divergence) => found.push(divergence.clone()),
        None => found.extend(audit.check_removals().or_else(|| audit.check_urn(&bundle.checkpoint().origin))),
    }
    if found.is_empty() {
        found.extend(check_claims(bundle.claims(), &audit));
    }
    // The earlier check comes first; the others are told as notes.
    found.sort_by_key(|divergence| divergence.stage);
    let mut others = found.into_iter();
    let first = others.next();
    let mut notes: Vec<String> = others.map(|other| format!("also: {other}")).collect();
    notes.extend(notes_on(&bundle, &audit, trusted.is_some()));
    let mut checked = audit.checked();
    checked.log = Some(bundle.checkpoint().origin.clone());
    checked.key_checked = trusted.is_some();
    checked.signed_by = bundle.signatures().signed_by.iter().map(|by| by.name.clone()).collect();
    checked.since = since.map(|Checkpoint { size, root, .. }| Since { size, root });
    let model = audit.into_model();
    let unchecked = Limit::of(&checked, &model);
    Ok((Report::new(first, checked, unchecked, notes), model))
}

/// The checkpoint that an auditor kept: signed as this bundle's own is, of the same log, and no larger.
fn older(note: &str, bundle: &Bundle<File>, trusted: Option<&Policy>) -> Result<Checkpoint, Divergence> {
    let refuse = |code, message: String| Divergence::new(Stage::History, None, code, message);
    let unsigned = |error: transparency::Error| refuse(error.code(), format!("the older checkpoint: {error}"));
    let signed = match trusted {
        Some(trusted) => trusted.check(note),
        None => Policy::parse(bundle.policy()).and_then(|own| own.check(note)),
    };
    let (known, _) = signed.map_err(unsigned)?;
    let here = bundle.checkpoint();
    if known.origin != here.origin {
        let message = format!(
            "the older checkpoint is of the log {:?}, this bundle of {:?}; give a checkpoint of the same log",
            known.origin, here.origin
        );
        return Err(refuse("HISTORY_OF_OTHER_LOG", message));
    }
    if known.size > here.size {
        let message = format!(
            "the checkpoint given has {} leaves and this bundle only {}: the bundle is older than what was signed \
             before; ask for a bundle of at least that size, and why this one was given out",
            known.size, here.size
        );
        return Err(refuse("HISTORY_NEWER", message));
    }
    Ok(known)
}

fn check_tree(bundle: &Bundle<File>, audit: &Audit) -> Option<Divergence> {
    let (checkpoint, tree) = (bundle.checkpoint(), audit.tree());
    if (checkpoint.size, checkpoint.root) == (tree.size(), tree.root()) {
        return None;
    }
    let message = format!(
        "the signed checkpoint has {} leaves and root {}; the leaves here are {} and give {}",
        checkpoint.size,
        checkpoint.root,
        tree.size(),
        tree.root()
    );
    Some(Divergence::new(Stage::Tree, None, "ROOT_MISMATCH", message))
}

fn check_claims(text: &str, audit: &Audit) -> Option<Divergence> {
    let differ = |message: String| Some(Divergence::new(Stage::Claims, None, "CLAIMS_DIFFER", message));
    let claimed: Value = match serde_json::from_str(text) {
        Ok(claimed) => claimed,
        Err(error) => return differ(format!("claims.json can't be read: {error}")),
    };
    // Bundles of an older format are compared in theirs.
    let format = claimed.get("format").and_then(Value::as_u64).and_then(|format| u32::try_from(format).ok());
    let found = match projections::claims_in(audit.model(), format.unwrap_or(u32::MAX)) {
        Ok(found) => found,
        Err(error) => return Some(Divergence::new(Stage::Claims, None, error.code(), error.to_string())),
    };
    if let Some((path, claimed, found)) = difference("", &claimed, &found) {
        return differ(format!("at {path:?} it is claimed {claimed} and the log gives {found}"));
    }
    match to_canonical(&found) {
        Ok(canonical) if canonical == text => None,
        _ => differ("claims.json isn't the canonical text of what it says".to_owned()),
    }
}

/// The first place where two values differ, with a JSON pointer, in the order of the claimed one.
fn difference(path: &str, claimed: &Value, found: &Value) -> Option<(String, String, String)> {
    let missing = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), short);
    match (claimed, found) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names.map(|name| (format!("{path}/{name}"), a.get(name), b.get(name))).find_map(|(path, a, b)| {
                match (a, b) {
                    (Some(a), Some(b)) => difference(&path, a, b),
                    (a, b) => Some((path, missing(a), missing(b))),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .map(|i| (format!("{path}/{i}"), a.get(i), b.get(i)))
            .find_map(|(path, a, b)| match (a, b) {
                (Some(a), Some(b)) => difference(&path, a, b),
                (a, b) => Some((path, missing(a), missing(b))),
            }),
        (a, b) if a == b => None,
        (a, b) => Some((path.to_owned(), short(a), short(b))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 120 { text } else { text.chars().take(120).chain("…".chars()).collect() }
}

fn notes_on(bundle: &Bundle<File>, audit: &Audit, key_checked: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !key_checked {
        let key = Policy::parse(bundle.policy()).ok().and_then(|own| own.logs().first().map(ToString::to_string));
        notes.push(format!(
            "THE SIGNING KEY WAS NOT CHECKED: {} comes from the bundle itself, and anyone can sign with a key of \
             their own; compare it with the one that the city publishes, or give --policy",
            key.unwrap_or_default()
        ));
    }
    if let Some(known) = audit.known_size() {
        notes.push(format!(
            "verified since a checkpoint of {known} leaves: the events before it are the same and weren't judged again; \
             of them only the hashes, the values disclosed beside them and the claims were checked"
        ));
    }
    if audit.divergence().is_some() {
        return notes;
    }
    let model = audit.model();
    if model.campaign.is_imported() {
        notes.push(
            "this is a past election taken from published data: its ballots are kept as they were cast".to_owned(),
        );
    }
    for row in model.urn.register.iter().flatten() {
        let papers = papers_in_boxes(model, &row.area);
        if papers > row.paper {
            let (area, signed) = (&row.area, row.paper);
            notes.push(format!(
                "MORE PAPERS THAN SIGNATURES: {papers} papers of {area} were in the boxes, and {signed} voters of the \
                 register signed for one; ask the returning officers why"
            ));
        }
    }
    match model.overview.proclaimed {
        None => notes.push("no result is proclaimed up to there: there was no count to repeat".to_owned()),
        Some((_, Basis::Recorded)) => {
            notes.push("the result was recorded as published, without ballots: it can't be counted again".to_owned());
        }
        Some((_, Basis::Counted)) => {}
    }
    notes
}
