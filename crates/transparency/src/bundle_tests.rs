//! Round trips, and bundles that were changed with and without the log's key.

use super::*;
use crate::{
    bundle::{FORMAT, MAX_LINES, ManifestEntry, POLICY},
    bundle_container::ContainerWriter,
    bundle_write::BundleWriter,
    disclosed::HiddenValue,
    hash::Hash,
    leaf::{Draft, Leaf, Origin},
    merkle::{Frontier, leaf_hash},
    note::{Signer, sign_note},
};
use serde_json::{Map, Value, json};
use std::io::{Cursor, Write};

const LOG: &str = "ville.example/2026";

fn signer(byte: u8) -> Signer {
    Signer::from_seed(LOG, [byte; 32]).unwrap()
}

fn policy_text(signer: &Signer) -> String {
    format!("log {}\nquorum none\n", signer.verifier())
}

fn trusted() -> Policy {
    Policy::of_log(signer(1).verifier().clone())
}

/// Leaves with what is disclosed beside them: in every third event a title, every fifth redacted.
fn events(count: u64) -> Vec<(String, Vec<HiddenValue>)> {
    (0..count)
        .map(|position| {
            let origin = Origin { actor_id: "a", actor_role: "citizen", at: "2026-03-01T09:30:00Z", command_id: "c" };
            let data = match position % 3 {
                0 => json!({"title": {"$hidden": format!("Un banc, le n° {position}\n")}, "cost": 500}),
                _ => json!({"cost": position}),
            };
            let mut nonce = || Hash::of(&[&position.to_be_bytes()]).0;
            let draft = Draft::new(origin, "proposal/p", "ProposalDeposited", 1, data, &mut nonce).unwrap();
            let disclosed = if position % 5 == 0 { Vec::new() } else { draft.hidden.clone() };
            (draft.seal(LOG, position, position + 1).unwrap(), disclosed)
        })
        .collect()
}

fn checkpoint_of(events: &[(String, Vec<HiddenValue>)]) -> Checkpoint {
    let mut frontier = Frontier::new();
    events.iter().for_each(|(leaf, _)| frontier.push(leaf_hash(leaf.as_bytes())));
    Checkpoint { origin: LOG.into(), size: frontier.size(), root: frontier.root() }
}

fn metadata() -> Map<String, Value> {
    json!({"title": "Budget participatif 2026", "license": "ODbL-1.0"}).as_object().unwrap().clone()
}

fn bundle(events: &[(String, Vec<HiddenValue>)]) -> Vec<u8> {
    let mut writer = BundleWriter::new(Vec::new());
    for (leaf, disclosed) in events {
        writer.push(leaf, disclosed).unwrap();
    }
    let note = checkpoint_of(events).sign(&signer(1)).unwrap();
    writer.finish(&note, &policy_text(&signer(1)), r#"{"winners":[]}"#, &metadata(), &signer(1)).unwrap()
}

/// Everything an auditor checks at this level.
fn audit(bytes: &[u8], trusted: Option<&Policy>) -> Result<Vec<Line>, Error> {
    let mut bundle = Bundle::open(Cursor::new(bytes), trusted)?;
    let mut frontier = Frontier::new();
    let mut all = Vec::new();
    while let Some(batch) = bundle.next_batch(1000)? {
        for line in &batch {
            frontier.push(leaf_hash(line.leaf().as_bytes()));
            Leaf::parse(line.leaf())?.check_disclosed(&line.disclosed()?)?;
        }
        all.extend(batch);
    }
    assert_eq!(frontier.root(), bundle.checkpoint().root);
    Ok(all)
}

fn refused(bytes: &[u8], what: &str) -> Error {
    match audit(bytes, Some(&trusted())) {
        Err(error) => error,
        Ok(_) => panic!("accepted: {what}"),
    }
}

#[test]
fn comes_back_as_written() {
    for count in [0, 1, 7] {
        let events = events(count);
        let bytes = bundle(&events);
        let lines = audit(&bytes, Some(&trusted())).unwrap();
        assert_eq!(lines.len(), events.len());
        for (line, (leaf, disclosed)) in lines.iter().zip(&events) {
            assert_eq!((line.leaf(), &line.disclosed().unwrap()), (leaf.as_str(), disclosed));
        }
        let mut bundle = Bundle::open(Cursor::new(&bytes), None).unwrap();
        assert_eq!(bundle.checkpoint(), &checkpoint_of(&events));
        assert_eq!(bundle.manifest().metadata, metadata());
        assert_eq!(bundle.claims(), r#"{"winners":[]}"#);
        assert_eq!(bundle.policy(), policy_text(&signer(1)));
        assert!(bundle.signatures().has(signer(1).verifier()) && bundle.checkpoint_note().starts_with(LOG));
        // Reading again, from the start and from the middle, gives the same lines.
        for _ in 0..2 {
            let first = bundle.next_batch(2).unwrap().unwrap_or_default();
            assert_eq!(first, lines[..lines.len().min(2)]);
            bundle.rewind();
        }
    }
}

#[test]
fn long_logs_have_full_entries() {
    let events = events(MAX_LINES + 3);
    let bytes = bundle(&events);
    let mut read = Bundle::open(Cursor::new(&bytes), Some(&trusted())).unwrap();
    let names: Vec<&str> = read.manifest().entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["events/000000.jsonl.zst", "events/000001.jsonl.zst", "checkpoint", "policy", "claims.json"]);
    let mut sizes = Vec::new();
    while let Some(batch) = read.next_batch(40_000).unwrap() {
        sizes.push(batch.len());
    }
    assert_eq!(sizes, [40_000, 25_536, 3]);
    read.rewind();
    assert_eq!(read.next_batch(1).unwrap().unwrap()[0].leaf(), events[0].0);
}

/// The container of a bundle without events, so without any compressed byte, is fixed for ever.
#[test]
fn the_container_has_its_published_form() {
    let bytes = bundle(&[]);
    assert_eq!(&bytes[..4], b"PK\x03\x04");
    let digest = Hash::of(&[&bytes]).to_string();
    assert_eq!((bytes.len(), digest.as_str()), (1552, EMPTY_BUNDLE));
}

const EMPTY_BUNDLE: &str = "eb759755c5c48133bd849eec479194abcca2b7501b015a5c34ea184ac61f444e";

#[test]
fn every_byte_is_checked() {
    let bytes = bundle(&events(6));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let error = refused(&changed, &format!("byte {at} of {}", bytes.len()));
        assert!(!error.to_string().is_empty());
    }
    let mut seed = 1_u64;
    for _ in 0..500 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(seed >> 33).unwrap() % bytes.len();
        let mut changed = bytes.clone();
        changed[at] ^= u8::try_from(seed & 0xff).unwrap().max(1);
        refused(&changed, &format!("byte {at} of {}", bytes.len()));
    }
}

#[test]
fn files_that_are_cut_or_padded_are_refused() {
    let bytes = bundle(&events(6));
    for end in 0..bytes.len() {
        refused(&bytes[..end], &format!("cut at {end}"));
    }
    for at in (0..=bytes.len()).step_by(7) {
        for padding in [&b"\0"[..], b"PK", &bytes] {
            let padded = [&bytes[..at], padding, &bytes[at..]].concat();
            refused(&padded, &format!("{} bytes inserted at {at}", padding.len()));
        }
    }
}

/// Names and bytes.
type Parts = Vec<(String, Vec<u8>)>;

/// The entries of a bundle, to be put together again in another way.
fn entries_of(bytes: &[u8]) -> Parts {
    prove_container(&mut Cursor::new(bytes), |_| Ok(()))
        .unwrap()
        .into_iter()
        .map(|entry| {
            let start = usize::try_from(entry.start).unwrap();
            (entry.name, bytes[start..start + usize::try_from(entry.length).unwrap()].to_vec())
        })
        .collect()
}

fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ContainerWriter::new(Vec::new());
    for (name, bytes) in entries {
        writer.start(name).unwrap();
        writer.write(bytes).unwrap();
        writer.end();
    }
    writer.finish().unwrap()
}

/// Puts a bundle together with correct digests; the manifest is signed by `key`, or keeps the
/// signature it had.
fn forge(mut entries: Parts, size: u64, key: Option<&Signer>) -> Vec<u8> {
    let manifest_at = entries.len() - 2;
    let listed = entries[..manifest_at]
        .iter()
        .map(|(name, bytes)| ManifestEntry {
            length: u64::try_from(bytes.len()).unwrap(),
            name: name.clone(),
            sha256: Hash::of(&[bytes]),
        })
        .collect();
    let manifest = Manifest { entries: listed, format: FORMAT.into(), log: LOG.into(), metadata: metadata(), size };
    let text = manifest.to_text().unwrap();
    if let Some(key) = key {
        entries[manifest_at + 1].1 = sign_note(&manifest_note(LOG, &text), key).unwrap().into_bytes();
    }
    entries[manifest_at].1 = text.into_bytes();
    zip(&entries)
}

fn compress(text: &str) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn text_of(events: &[(String, Vec<HiddenValue>)]) -> String {
    events
        .iter()
        .map(|(leaf, disclosed)| match crate::disclosed_text(disclosed).unwrap().as_str() {
            "" => format!("{leaf}\n"),
            disclosed => format!("{leaf}\t{disclosed}\n"),
        })
        .collect()
}

#[test]
fn lines_removed_inserted_or_swapped_without_the_key_are_refused() {
    let events = events(6);
    let entries = entries_of(&bundle(&events));
    let mut removed = events.clone();
    removed.remove(2);
    let mut inserted = events.clone();
    inserted.insert(2, events[1].clone());
    let mut swapped = events.clone();
    swapped.swap(2, 3);
    let mut redacted = events.clone();
    redacted[3].1.clear();
    for (what, events) in [("removed", removed), ("inserted", inserted), ("swapped", swapped), ("redacted", redacted)] {
        let mut entries = entries.clone();
        entries[0].1 = compress(&text_of(&events));
        let size = u64::try_from(events.len()).unwrap();
        let error = refused(&zip(&entries), what);
        assert!(
            matches!(&error, Error::BadEntry { entry, .. } if entry == "events/000000.jsonl.zst"),
            "{what}: {error}"
        );
        let error = refused(&forge(entries.clone(), size, None), what);
        assert_eq!(error.code(), "BAD_ENTRY", "{what}: {error}");
        // With a key of their own and everything signed again, it is another log to the auditor …
        let own = signer(66);
        let last = entries.len();
        entries[last - 5].1 = checkpoint_of(&events).sign(&own).unwrap().into_bytes();
        entries[last - 4].1 = policy_text(&own).into_bytes();
        let forged = forge(entries, size, Some(&own));
        assert_eq!(refused(&forged, what).code(), "NOT_SIGNED", "{what}");
        // … and only without a trusted policy does it fit together.
        Bundle::open(Cursor::new(&forged), None).map(drop).unwrap();
    }
}

#[test]
fn other_entries_or_another_order_are_refused() {
    let entries = entries_of(&bundle(&events(3)));
    let with = |change: &dyn Fn(&mut Parts)| {
        let mut entries = entries.clone();
        change(&mut entries);
        zip(&entries)
    };
    for (what, bytes) in [
        ("extra entry", with(&|e| e.push(("readme".into(), b"x".to_vec())))),
        ("extra first", with(&|e| e.insert(0, ("readme".into(), b"x".to_vec())))),
        ("missing claims", with(&|e| drop(e.remove(3)))),
        ("missing events", with(&|e| drop(e.remove(0)))),
        ("swapped", with(&|e| e.swap(1, 2))),
        ("renamed", with(&|e| e[0].0 = "events/000001.jsonl.zst".into())),
        ("a path upwards", with(&|e| e[0].0 = "../000000.jsonl.zst".into())),
        ("nothing", with(&|e| e.clear())),
        ("doubled events", with(&|e| e.insert(1, ("events/000001.jsonl.zst".into(), e[0].1.clone())))),
        (
            "a signature more",
            with(&|e| {
                let line = b"\xe2\x80\x94 other AAAAAAA=\n";
                e[5].1.extend_from_slice(line);
            }),
        ),
    ] {
        let error = refused(&bytes, what);
        assert_eq!(error.code(), "BAD_ENTRY", "{what}: {error}");
    }
    let deflated = {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &entries {
            writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.set_comment("hello").unwrap();
        writer.finish().unwrap().into_inner()
    };
    assert_eq!(refused(&deflated, "another writer").code(), "BAD_CONTAINER");
}

/// What even the holder of the key cannot pass off as a bundle.
#[test]
fn signed_entries_that_are_not_well_formed_are_refused() {
    let events = events(3);
    let entries = entries_of(&bundle(&events));
    let text = text_of(&events);
    let signed = |chunks: Vec<Vec<u8>>| {
        let mut entries = entries.clone();
        entries.remove(0);
        for (number, chunk) in chunks.into_iter().enumerate() {
            entries.insert(number, (events_name(number), chunk));
        }
        forge(entries, 3, Some(&signer(1)))
    };
    audit(&signed(vec![compress(&text)]), Some(&trusted())).unwrap();
    let first_line = text.split_inclusive('\n').next().unwrap();
    let rest = &text[first_line.len()..];
    let no_checksum = zstd::stream::encode_all(text.as_bytes(), 3).unwrap();
    let wide = {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let mut cut = compress(&text);
    cut.truncate(cut.len() - 3);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7][..], &compress(&text)].concat();
    for (what, chunks, code) in [
        ("two frames", vec![[compress(first_line), compress(rest)].concat()], "BAD_ENTRY"),
        ("bytes after the frame", vec![[compress(&text), vec![0]].concat()], "BAD_ENTRY"),
        ("a skippable frame", vec![skippable], "BAD_ENTRY"),
        ("no checksum", vec![no_checksum], "BAD_ENTRY"),
        ("not zstd", vec![text.clone().into_bytes()], "BAD_ENTRY"),
        ("nothing", vec![Vec::new()], "BAD_ENTRY"),
        ("a cut frame", vec![cut], "BAD_LINE"),
        ("a wide window", vec![wide], "BAD_LINE"),
        ("an entry that is not full", vec![compress(first_line), compress(rest)], "BAD_ENTRY"),
        ("an empty entry", vec![compress(&text), compress("")], "BAD_ENTRY"),
        ("a line too few", vec![compress(rest)], "BAD_ENTRY"),
        ("a line too many", vec![compress(&format!("{text}{first_line}"))], "BAD_ENTRY"),
        ("no newline at the end", vec![compress(text.trim_end())], "BAD_LINE"),
        ("an empty line", vec![compress(&format!("\n{text}"))], "BAD_LINE"),
        ("a tab and nothing", vec![compress(&text.replacen('\n', "\t\n", 1))], "BAD_LINE"),
        ("not UTF-8", vec![zstd_of(b"\xff\n")], "BAD_LINE"),
        ("a long leaf", vec![compress(&format!("{}\n", "x".repeat(65_536)))], "BAD_LINE"),
        ("a long line", vec![compress(&"x".repeat(MAX_LINE_BYTES + 2))], "BAD_LINE"),
        ("a bomb", vec![compress(&"x".repeat(50 << 20))], "BAD_LINE"),
    ] {
        let error = refused(&signed(chunks), what);
        assert_eq!(error.code(), code, "{what}: {error}");
        assert!(error.to_string().contains("entry"), "{what}: {error}");
    }
    // Asking again after an error does not turn it into a good end.
    let extra = signed(vec![compress(&format!("{text}\n"))]);
    let mut read = Bundle::open(Cursor::new(&extra), Some(&trusted())).unwrap();
    assert_eq!(read.next_batch(3).unwrap().unwrap().len(), 3);
    assert_eq!(read.next_batch(3).unwrap_err().code(), "BAD_LINE");
    assert_eq!(read.next_batch(3).unwrap_err().code(), "BAD_ENTRY");
    // The size that is signed in the manifest must be that of the checkpoint.
    let mut entries = entries;
    let error = refused(&forge(entries.clone(), 4, Some(&signer(1))), "another size");
    assert_eq!(error.code(), "BAD_ENTRY");
    entries[3].1 = b"{ }".to_vec();
    assert_eq!(refused(&forge(entries.clone(), 3, Some(&signer(1))), "claims").code(), "BAD_ENTRY");
    entries[3].1 = b"{}".to_vec();
    entries[1].1.extend_from_slice("\u{2014} other AAAAAAA=\n".as_bytes());
    assert_eq!(refused(&forge(entries, 3, Some(&signer(1))), "unknown cosigner").code(), "BAD_ENTRY");
}

fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
    let events = events(4);
    let note = checkpoint_of(&events).sign(&signer(1)).unwrap();
    let policy = policy_text(&signer(1));
    let finish = |count: usize, note: &str, policy: &str, claims: &str, key: u8| {
        let mut writer = BundleWriter::new(Vec::new());
        events[..count].iter().for_each(|(leaf, disclosed)| writer.push(leaf, disclosed).unwrap());
        writer.finish(note, policy, claims, &metadata(), &signer(key)).map(drop).map_err(|error| error.code())
    };
    assert_eq!(finish(4, &note, &policy, "{}", 1), Ok(()));
    assert_eq!(finish(3, &note, &policy, "{}", 1), Err("BAD_ENTRY"));
    assert_eq!(finish(4, &note, &policy, "{ }", 1), Err("BAD_ENTRY"));
    assert_eq!(finish(4, &note, &policy, "{}", 2), Err("BAD_ENTRY"));
    assert_eq!(finish(4, &note, &policy_text(&signer(2)), "{}", 2), Err("NOT_SIGNED"));
    assert_eq!(finish(4, &note, "", "{}", 1), Err("BAD_POLICY"));
    assert_eq!(finish(4, &note, &format!("{policy}#{}", "x".repeat(70_000)), "{}", 1), Err("BAD_ENTRY"));
    let unknown = format!("{note}\u{2014} other AAAAAAA=\n");
    assert_eq!(finish(4, &unknown, &policy, "{}", 1), Err("BAD_ENTRY"));

    let mut writer = BundleWriter::new(Vec::new());
    assert_eq!(writer.push(&events[1].0, &[]).unwrap_err().code(), "LEAF_MALFORMED");
    assert_eq!(writer.push("{}", &[]).unwrap_err().code(), "LEAF_MALFORMED");
    assert_eq!(writer.push("{ }", &[]).unwrap_err().code(), "NOT_CANONICAL");
    assert_eq!(writer.push(&events[0].0, &events[3].1).unwrap_err().code(), "COMMITMENT_MISMATCH");
    writer.push(&events[0].0, &[]).unwrap();
    let other = events[1].0.replace(LOG, "other.example");
    assert_eq!(writer.push(&other, &[]).unwrap_err().code(), "LEAF_MALFORMED");
}

#[test]
fn entries_that_are_too_long_are_not_read() {
    let mut entries = entries_of(&bundle(&[]));
    let policy = entries.iter_mut().find(|(name, _)| name == POLICY).unwrap();
    policy.1.extend_from_slice(format!("#{}\n", "x".repeat(70_000)).as_bytes());
    assert_eq!(refused(&forge(entries, 0, Some(&signer(1))), "policy").code(), "BAD_ENTRY");
}
