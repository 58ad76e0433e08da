//! Owns random tamperings with a published campaign, each with the places one of which whoever checks it
//! must name.
//!
//! [`Town`] is what was published. [`tampering`] changes one thing in it, from a seed: the bundle with and
//! without the key, and what stands beside it (see `tampering_files.rs`). Must not: check anything. Next:
//! `tests/tests/tamper.rs`, which does.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "test support: what it can't read fails the test"
)]

use crate::tamper::{Chance, Parts, container, parts_with_old_manifest, with_digit_changed};
use crate::tampering_files::of_files;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use transparency::{Checkpoint, Frontier, Signer, leaf_hash, to_canonical};
use zip::ZipArchive;

/// A campaign as it was published, with what somebody needs to forge it.
#[derive(Debug)]
pub struct Town {
    /// The bundle.
    pub bundle: Vec<u8>,
    /// The log's key: what its holder can do is tried too.
    pub key: Signer,
    /// The policy with the log's key.
    pub policy: String,
    /// The policy with the log's key and a witness that must have signed.
    pub witnessed: String,
    /// The checkpoint with the signatures of log and witness.
    pub cosigned: String,
    /// Receipts of some events, for the whole log.
    pub receipts: Vec<String>,
    /// The same of another campaign.
    pub other: Vec<String>,
    /// A checkpoint of an earlier, smaller log.
    pub earlier: String,
    /// The log as tiles: path and bytes of each file.
    pub tiles: BTreeMap<String, Vec<u8>>,
}

/// What a tampering leaves to whoever checks.
#[derive(Clone, Debug)]
pub enum Left {
    /// A bundle, to be verified with the policy.
    Bundle(Vec<u8>),
    /// A bundle, to be verified with the policy since the checkpoint that was published.
    Since(Vec<u8>),
    /// The bundle as published, to be verified with this policy.
    Policy(String),
    /// A checkpoint, to be checked with the policy that asks for the witness.
    Checkpoint(String),
    /// A receipt, to be held against the bundle.
    Receipt(Vec<u8>),
    /// A receipt, to be held against this leaf.
    ReceiptOfLeaf(String, String),
    /// Files of the folder of tiles, each with its bytes, or none where it is missing.
    Tiles(Vec<(String, Option<Vec<u8>>)>),
}

/// A tampering.
#[derive(Clone, Debug)]
pub struct Tampering {
    /// What is left.
    pub left: Left,
    /// What was done.
    pub what: String,
    /// What names the place: one of these must be told.
    pub places: Vec<String>,
    /// The first event that isn't as it was, where only the whole log can tell.
    pub first: Option<u64>,
}

impl Tampering {
    pub(crate) fn new(
        left: Left,
        what: impl Into<String>,
        places: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { left, what: what.into(), places: places.into_iter().map(Into::into).collect(), first: None }
    }
}

/// One tampering; a seed always gives the same.
pub fn tampering(town: &Town, seed: u64) -> Tampering {
    let mut chance = Chance::new(seed);
    loop {
        let made = match chance.below(20) {
            0..=4 => raw(town, &mut chance),
            5..=8 => without_key(town, &mut chance),
            9 => with_key(town, &mut chance),
            10 => claims(town, &mut chance),
            11 | 12 => of_the_container(town, &mut chance),
            _ => of_files(town, &mut chance),
        };
        if let Some(made) = made {
            return Tampering { what: format!("seed {seed}: {}", made.what), ..made };
        }
    }
}

/// The parts of the file: each entry with its headers, and the directory.
pub fn regions(bundle: &[u8]) -> Vec<(String, usize)> {
    let mut archive = ZipArchive::new(Cursor::new(bundle)).unwrap();
    let mut regions: Vec<(String, usize)> = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).unwrap();
        regions.push((format!("{:?}", entry.name().unwrap()), usize::try_from(entry.header_start()).unwrap()));
    }
    regions.push(("directory".to_owned(), usize::try_from(archive.central_directory_start()).unwrap()));
    regions
}

/// The names of the regions that hold bytes of this range, or that end where it begins.
fn touched(bundle: &[u8], from: usize, to: usize) -> Vec<String> {
    let regions = regions(bundle);
    let ends = regions.iter().skip(1).map(|(_, start)| *start).chain([bundle.len()]);
    let within = regions.iter().zip(ends).filter(|((_, start), end)| *start <= to && from <= *end);
    within.map(|((name, _), _)| name.clone()).collect()
}

/// Bytes changed without looking at what they are.
fn raw(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let bundle = &town.bundle;
    let (mut changed, length) = (bundle.clone(), bundle.len());
    let (mut from, mut to);
    let what = match chance.below(8) {
        0..=2 => {
            (from, to) = (length, 0);
            for _ in 0..=chance.below(3) {
                let at = chance.below(length);
                changed[at] ^= u8::try_from(1 + chance.below(255)).unwrap();
                (from, to) = (from.min(at), to.max(at));
            }
            format!("bytes from {from} to {to} flipped")
        }
        3 => {
            from = chance.below(length);
            to = length;
            changed.truncate(from);
            format!("half a download, {from} of {length} bytes")
        }
        4 => {
            from = chance.below(length + 1);
            to = from;
            let more: Vec<u8> = (0..=chance.below(40)).map(|_| u8::try_from(chance.below(256)).unwrap()).collect();
            changed.splice(from..from, more);
            format!("bytes inserted at {from}")
        }
        5 => {
            from = chance.below(length - 1);
            to = (from + 1 + chance.below(40)).min(length);
            changed.drain(from..to);
            format!("bytes {from} to {to} missing")
        }
        6 => {
            from = chance.below(length - 1);
            to = (from + 1 + chance.below(400)).min(length);
            let again = changed[from..to].to_vec();
            changed.splice(to..to, again);
            format!("bytes {from} to {to} doubled")
        }
        _ => {
            let size = 1 + chance.below(60);
            let (a, b) = (chance.below(length - size), chance.below(length - size));
            (from, to) = (a.min(b), a.max(b) + size);
            if a.abs_diff(b) < size {
                return None;
            }
            for place in 0..size {
                changed.swap(a + place, b + place);
            }
            format!("{size} bytes at {a} and {b} swapped")
        }
    };
    if changed == *bundle {
        return None;
    }
    let mut places = touched(bundle, from, to);
    if changed.len() < length {
        // What is cut off at the end takes the directory along.
        places.push("directory".to_owned());
    }
    Some(Tampering::new(Left::Bundle(changed), what, places))
}

/// What the bundle says changed by somebody without the key: the old signature stays over a new manifest
/// or over the old one.
fn without_key(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let mut parts = Parts::read(&town.bundle);
    let (line, other) = (chance.below(parts.lines.len()), chance.below(parts.lines.len()));
    let (entry, what) = match chance.below(12) {
        7 => {
            parts.claims = with_digit_changed(&parts.claims, chance);
            ("claims.json", "a digit of the claims changed".to_owned())
        }
        8 => {
            parts.checkpoint = with_digit_changed(&parts.checkpoint, chance);
            ("checkpoint", "a digit of the checkpoint changed".to_owned())
        }
        9 => {
            parts.policy = with_digit_changed(&parts.policy, chance);
            ("policy", "a digit of the policy changed".to_owned())
        }
        10 => {
            parts.manifest["metadata"]["note"] = json!(chance.below(1_000));
            return Some(Tampering::new(Left::Bundle(parts.unsigned()), "the metadata changed", ["\"manifest.sig\""]));
        }
        11 => {
            parts.checkpoint.clone_from(&town.earlier);
            ("checkpoint", "an old checkpoint put in as new".to_owned())
        }
        kind => ("events/000000.jsonl.zst", change(&mut parts, kind, line, other, chance)),
    };
    let (changed, place) = if chance.below(2) == 0 {
        (parts_with_old_manifest(&parts, &town.bundle), format!("{entry:?}"))
    } else {
        (parts.unsigned(), "\"manifest.sig\"".to_owned())
    };
    // The policy is read before the signature, which needs it where the auditor has none.
    let places = [place, if entry == "policy" { "policy, line".to_owned() } else { "\"manifest.sig\"".to_owned() }];
    (changed != town.bundle).then(|| Tampering::new(Left::Bundle(changed), what, places))
}

/// One change to the events; 0 to 6.
fn change(parts: &mut Parts, kind: usize, line: usize, other: usize, chance: &mut Chance) -> String {
    match kind {
        0 => {
            parts.lines.remove(line);
            format!("event {line} removed")
        }
        1 => {
            let copy = parts.lines[other].clone();
            parts.lines.insert(line, copy);
            format!("event {other} inserted again at {line}")
        }
        2 => {
            parts.lines.swap(line, other);
            format!("events {line} and {other} swapped")
        }
        3 => {
            parts.lines.truncate(line);
            format!("events from {line} on cut off")
        }
        4 => {
            parts.lines[line] = with_digit_changed(&parts.lines[line], chance);
            format!("a digit of line {line} changed")
        }
        5 => {
            parts.lines[line] = parts.lines[line].split('\t').next().unwrap().to_owned();
            format!("what is disclosed beside event {line} taken away")
        }
        _ => {
            let beside = parts.lines[other].split_once('\t').map(|(_, beside)| beside.to_owned());
            let leaf = parts.lines[line].split('\t').next().unwrap().to_owned();
            parts.lines[line] = beside.map_or(leaf.clone(), |beside| format!("{leaf}\t{beside}"));
            format!("what is disclosed beside event {other} put beside event {line}")
        }
    }
}

/// The holder of the key writes the past anew and signs it: whoever kept the checkpoint finds the fork.
fn with_key(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let mut parts = Parts::read(&town.bundle);
    let before: Vec<String> = leaves(&parts).map(str::to_owned).collect();
    let (line, other) = (chance.below(parts.lines.len()), chance.below(parts.lines.len()));
    let kind = chance.below(5);
    let what = change(&mut parts, kind, line, other, chance);
    let after: Vec<String> = leaves(&parts).map(str::to_owned).collect();
    let longest = before.len().max(after.len());
    let first = (0..longest).find(|place| before.get(*place) != after.get(*place))?;
    let first = u64::try_from(first).unwrap();
    let mut tree = Frontier::new();
    after.iter().for_each(|leaf| tree.push(leaf_hash(leaf.as_bytes())));
    let origin = town.key.verifier().name().to_owned();
    let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
    parts.checkpoint = checkpoint.sign(&town.key).unwrap();
    parts.manifest["size"] = json!(tree.size());
    let changed = parts.signed(&town.key);
    let places = ["code=HISTORY_FORKED;".to_owned(), "code=HISTORY_NEWER;".to_owned(), format!("position={first};")];
    let made = Tampering::new(Left::Since(changed), format!("signed with the key: {what}"), places);
    Some(Tampering { first: Some(first), ..made })
}

fn leaves(parts: &Parts) -> impl Iterator<Item = &str> {
    parts.lines.iter().map(|line| line.split('\t').next().unwrap())
}

/// The holder of the key claims something else.
fn claims(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let mut parts = Parts::read(&town.bundle);
    let mut claims: Value = serde_json::from_str(&parts.claims).unwrap();
    let mut places = Vec::new();
    numbers("", &claims, &mut places);
    let place = places.swap_remove(chance.below(places.len()));
    let number = claims.pointer(&place)?.as_i64()?;
    // Another format would be computed in its own way.
    if place == "/format" {
        return None;
    }
    *claims.pointer_mut(&place)? = json!(number + 1 + i64::try_from(chance.below(9)).unwrap());
    parts.claims = to_canonical(&claims).unwrap();
    let what = format!("the claim at {place} changed and signed with the key");
    Some(Tampering::new(Left::Bundle(parts.signed(&town.key)), what, [format!("{place:?}")]))
}

fn numbers(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(path.to_owned()),
        Value::Array(items) => {
            (0..).zip(items).for_each(|(place, item): (usize, _)| numbers(&format!("{path}/{place}"), item, found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| numbers(&format!("{path}/{name}"), member, found))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Tricks with the container itself.
fn of_the_container(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let bundle = &town.bundle;
    let parts = Parts::read(bundle);
    let mut entries = parts.events();
    let manifest = to_canonical(&parts.manifest).unwrap();
    let texts = [&parts.checkpoint, &parts.policy, &parts.claims, &manifest, &parts.signature];
    let names = ["checkpoint", "policy", "claims.json", "manifest.json", "manifest.sig"];
    entries.extend(names.into_iter().zip(texts).map(|(name, text)| (name.to_owned(), text.clone().into_bytes())));
    let at = chance.below(entries.len());
    let name = entries[at].0.clone();
    let quoted = |name: &str| format!("{name:?}");
    let made = match chance.below(8) {
        0 => {
            let folder = ["../", "/", "../../etc/", "events/../", "C:\\"][chance.below(5)];
            entries[at].0 = format!("{folder}{name}");
            (
                container(&entries),
                format!("{name} named as {}", entries[at].0),
                vec![quoted(&entries[at].0), quoted(&name)],
            )
        }
        1 => {
            let copy = entries[at].clone();
            let copied = copy.0.clone();
            entries.insert(chance.below(entries.len() + 1), (format!("{}x", copy.0), copy.1));
            (container(&entries), format!("{copied} twice"), vec![quoted(&format!("{copied}x"))])
        }
        2 => {
            let gone = entries.remove(at);
            let next = entries.get(at).map_or("manifest.json".to_owned(), |(name, _)| name.clone());
            (container(&entries), format!("{} missing", gone.0), vec![quoted(&gone.0), quoted(&next)])
        }
        3 => {
            let other = chance.below(entries.len());
            if other == at {
                return None;
            }
            let places = vec![quoted(&name), quoted(&entries[other].0)];
            let what = format!("{name} and {} in each other's place", entries[other].0);
            entries.swap(at, other);
            (container(&entries), what, places)
        }
        4 => {
            let mut changed = bundle.clone();
            let comment = vec![b'x'; 1 + chance.below(200)];
            let end = changed.len();
            changed[end - 2] = u8::try_from(comment.len()).unwrap();
            changed.extend(comment);
            (changed, "a comment at the end".to_owned(), vec!["directory".to_owned()])
        }
        5 => {
            // Four bytes of an extra field between the name and the data, and their length.
            let (_, start) = regions(bundle)[at];
            let mut changed = bundle.clone();
            changed[start + 28] = 4;
            let after = start + 30 + name.len();
            changed.splice(after..after, [0x55, 0x54, 0, 0]);
            (changed, format!("an extra field in the header of {name}"), vec![quoted(&name)])
        }
        6 => {
            let (stored, method) = (regions(bundle)[at].1 + 8, [8, 9, 12, 93][chance.below(4)]);
            let mut changed = bundle.clone();
            changed[stored] = method;
            (changed, format!("{name} said to be compressed"), vec![quoted(&name)])
        }
        _ => (bomb(&parts, town), "a bomb: 256 MiB in one line".to_owned(), vec![quoted("events/000000.jsonl.zst")]),
    };
    let (changed, what, places) = made;
    (changed != *bundle).then(|| Tampering::new(Left::Bundle(changed), what, places))
}

/// Some kilobytes that are 256 MiB when they are read, signed by the holder of the key.
fn bomb(parts: &Parts, town: &Town) -> Vec<u8> {
    static FRAME: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let frame = FRAME.get_or_init(|| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.window_log(21).unwrap();
        let block = vec![b'{'; 1 << 20];
        (0..256).for_each(|_| encoder.write_all(&block).unwrap());
        encoder.finish().unwrap()
    });
    parts.signed_with_events(&[("events/000000.jsonl.zst".to_owned(), frame.clone())], &town.key)
}
