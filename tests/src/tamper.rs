//! Owns changing a bundle in ways that nobody without the log's key may get away with.
//!
//! [`tamper`] makes one random change from a seed; [`Parts`] takes a bundle apart so that a test
//! can change one thing and put the rest together again, down to the byte form of the container.
//! Must not: know what verification looks at. Next: `tampering.rs`, which also says where a change must be
//! found, and `replay-tools/tests/verify.rs`, which signs changed parts again with the key.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "test support: what it can't read fails the test")]

use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};
use transparency::{Hash, Signer, bundle::chunk_is_full, sign_note, to_canonical};
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// A bundle taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The lines of all entries of events, without line feeds.
    pub lines: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The policy.
    pub policy: String,
    /// The claims.
    pub claims: String,
    /// The manifest; its `entries` are computed anew when the parts are put together.
    pub manifest: Value,
    /// The signature over the manifest as it was.
    pub signature: String,
    /// Entries to put in besides, before the closing ones.
    pub more: Vec<(String, Vec<u8>)>,
}

impl Parts {
    /// Takes a whole bundle apart.
    pub fn read(bundle: &[u8]) -> Self {
        let mut archive = ZipArchive::new(Cursor::new(bundle)).unwrap();
        let mut text = String::new();
        let mut closing = Vec::new();
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            if entry.name().unwrap().starts_with("events/") {
                text.push_str(&String::from_utf8(zstd::decode_all(&bytes[..]).unwrap()).unwrap());
            } else {
                closing.push(String::from_utf8(bytes).unwrap());
            }
        }
        let [checkpoint, policy, claims, manifest, signature] = <[String; 5]>::try_from(closing).unwrap();
        let manifest = serde_json::from_str(&manifest).unwrap();
        let lines = text.lines().map(str::to_owned).collect();
        Self { lines, checkpoint, policy, claims, manifest, signature, more: Vec::new() }
    }

    /// Puts the parts together with the old signature over a manifest that fits them.
    pub fn unsigned(&self) -> Vec<u8> {
        self.write(&self.events(), |_| self.signature.clone())
    }

    /// Puts the parts together and signs the manifest.
    pub fn signed(&self, signer: &Signer) -> Vec<u8> {
        self.signed_with_events(&self.events(), signer)
    }

    /// The same with these entries of events.
    pub fn signed_with_events(&self, events: &[(String, Vec<u8>)], signer: &Signer) -> Vec<u8> {
        self.write(events, |manifest| {
            let digest = Hash::of(&[manifest.as_bytes()]).to_base64();
            let log = self.manifest["log"].as_str().unwrap();
            sign_note(&format!("parvis bundle manifest v1\n{log}\n{digest}\n"), signer).unwrap()
        })
    }

    fn write(&self, events: &[(String, Vec<u8>)], sign: impl FnOnce(&str) -> String) -> Vec<u8> {
        let mut entries = events.to_vec();
        entries.extend(self.more.clone());
        for (name, text) in [("checkpoint", &self.checkpoint), ("policy", &self.policy), ("claims.json", &self.claims)]
        {
            entries.push((name.to_owned(), text.clone().into_bytes()));
        }
        let listed = |(name, bytes): &(String, Vec<u8>)| json!({ "length": bytes.len(), "name": name, "sha256": Hash::of(&[bytes]) });
        let mut manifest = self.manifest.clone();
        manifest["entries"] = entries.iter().map(listed).collect();
        let manifest = to_canonical(&manifest).unwrap();
        let signature = sign(&manifest);
        entries.push(("manifest.json".to_owned(), manifest.into_bytes()));
        entries.push(("manifest.sig".to_owned(), signature.into_bytes()));
        container(&entries)
    }

    /// The entries of events.
    pub fn events(&self) -> Vec<(String, Vec<u8>)> {
        let mut texts = vec![(0, String::new())];
        for line in &self.lines {
            let (count, text) = texts.last_mut().unwrap();
            *count += 1;
            text.push_str(line);
            text.push('\n');
            if chunk_is_full(*count, u64::try_from(text.len()).unwrap()) {
                texts.push((0, String::new()));
            }
        }
        texts.retain(|(count, _)| *count > 0);
        let compressed = |text: &str| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.window_log(21).unwrap();
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let named =
            |(number, (_, text)): (usize, &(u64, String))| (format!("events/{number:06}.jsonl.zst"), compressed(text));
        texts.iter().enumerate().map(named).collect()
    }
}

/// A container in the one form that a bundle may have.
pub fn container(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new_stream(Vec::new());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .system(System::Unix)
        .unix_permissions(0o644)
        .large_file(false);
    for (name, bytes) in entries {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Numbers that follow from a seed and from nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    /// Numbers from a seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A number below `limit`, which is at least 1.
    pub fn below(&mut self, limit: usize) -> usize {
        self.drawn += 1;
        let hash = Hash::of(&[&self.seed.to_be_bytes(), &self.drawn.to_be_bytes()]);
        let [a, b, c, d, ..] = hash.0;
        usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap() % limit
    }
}

/// One random change to a bundle, and what it was. The result always differs from the bundle; a
/// seed always gives the same change.
pub fn tamper(bundle: &[u8], seed: u64) -> (Vec<u8>, String) {
    let mut chance = Chance::new(seed);
    loop {
        let (changed, what) = match chance.below(10) {
            0..=3 => flip(bundle, &mut chance),
            4 => {
                let length = chance.below(bundle.len());
                (bundle[..length].to_vec(), format!("cut off after {length} bytes"))
            }
            5 => insert(bundle, &mut chance),
            _ => edit(bundle, &mut chance),
        };
        if changed != bundle {
            return (changed, format!("seed {seed}: {what}"));
        }
    }
}

fn flip(bundle: &[u8], chance: &mut Chance) -> (Vec<u8>, String) {
    let mut changed = bundle.to_vec();
    let mut what = "bytes flipped:".to_owned();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bundle.len());
        let mask = u8::try_from(1 + chance.below(255)).unwrap();
        changed[at] ^= mask;
        what.push_str(&format!(" {at}^{mask:#04x}"));
    }
    (changed, what)
}

fn insert(bundle: &[u8], chance: &mut Chance) -> (Vec<u8>, String) {
    let at = chance.below(bundle.len() + 1);
    let length = 1 + chance.below(40);
    let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(chance.below(256)).unwrap()).collect();
    let mut changed = bundle.to_vec();
    changed.splice(at..at, bytes);
    (changed, format!("{length} bytes inserted at {at}"))
}

/// Changes what the bundle says and makes the container and the manifest fit again.
fn edit(bundle: &[u8], chance: &mut Chance) -> (Vec<u8>, String) {
    let mut parts = Parts::read(bundle);
    let line = chance.below(parts.lines.len());
    let other = chance.below(parts.lines.len());
    let what = match chance.below(12) {
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
        6 => {
            let disclosed = parts.lines[other].split_once('\t').map(|(_, beside)| beside.to_owned());
            let leaf = parts.lines[line].split('\t').next().unwrap().to_owned();
            parts.lines[line] = disclosed.map_or(leaf.clone(), |beside| format!("{leaf}\t{beside}"));
            format!("what is disclosed beside event {other} put beside event {line}")
        }
        7 => {
            parts.claims = with_digit_changed(&parts.claims, chance);
            "a digit of the claims changed".to_owned()
        }
        8 => {
            parts.checkpoint = with_digit_changed(&parts.checkpoint, chance);
            "a digit of the checkpoint changed".to_owned()
        }
        9 => {
            parts.policy = with_digit_changed(&parts.policy, chance);
            "a digit of the policy changed".to_owned()
        }
        10 => {
            parts.manifest["metadata"]["note"] = json!(chance.below(1_000));
            "the metadata changed".to_owned()
        }
        _ => {
            parts.more.push(("events/notes.txt".to_owned(), b"more".to_vec()));
            "an entry added".to_owned()
        }
    };
    let whole = if chance.below(4) == 0 { parts_with_old_manifest(&parts, bundle) } else { parts.unsigned() };
    (whole, what)
}

/// The signature stays right; what it covers doesn't.
pub fn parts_with_old_manifest(parts: &Parts, bundle: &[u8]) -> Vec<u8> {
    let manifest = to_canonical(&Parts::read(bundle).manifest).unwrap();
    let mut entries = parts.events();
    entries.extend(parts.more.clone());
    let texts = [&parts.checkpoint, &parts.policy, &parts.claims, &manifest, &parts.signature];
    let names = ["checkpoint", "policy", "claims.json", "manifest.json", "manifest.sig"];
    entries.extend(names.into_iter().zip(texts).map(|(name, text)| (name.to_owned(), text.clone().into_bytes())));
    container(&entries)
}

/// The text with one digit, if it has any, drawn anew.
pub fn with_digit_changed(text: &str, chance: &mut Chance) -> String {
    let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    if digits.is_empty() {
        return text.to_owned();
    }
    let at = digits[chance.below(digits.len())];
    let digit = chance.below(10).to_string();
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}
