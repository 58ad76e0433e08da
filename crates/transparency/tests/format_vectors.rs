//! The vectors of docs/formats/vectors.json are what the code does.
//!
//! After a deliberate change of a format, write them again with
//! `PARVIS_WRITE_VECTORS=1 cargo test -p transparency --test format_vectors` and read the difference.

#![allow(clippy::unwrap_used, reason = "a test: helpers outside of #[test] may fail it too")]

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use std::{io::Cursor, path::Path};
use transparency::{
    Bundle, BundleWriter, Checkpoint, Draft, Error, Frontier, Hash, Leaf, Origin, Policy, Receipt, Signer, Tile,
    TileKind, check_canonical, commit, consistency_proof, disclosed_text, inclusion_proof, leaf_hash, node_hash,
};

const LOG: &str = "ville.example/2026";

fn signer() -> Signer {
    Signer::from_seed(LOG, [7; 32]).unwrap()
}

fn policy() -> String {
    format!("log {}\nquorum none\n", signer().verifier())
}

fn drafts() -> Vec<Draft> {
    let deposit = json!({
        "cost_cents": 500_000,
        "site": {"latitude_microdegrees": 48_856_614, "longitude_microdegrees": 2_352_221},
        "title": {"$hidden": "Un banc à l'ombre"},
        "description": {"$hidden": "« Ici »,\nprès de l'école."},
    });
    let data = [json!({"edition": 2026}), deposit, json!({})];
    let types = ["CampaignOpened", "ProposalDeposited", "ProposalWithdrawn"];
    let streams = ["campaign/2026", "proposal/p-1", "proposal/p-1"];
    let mut nonce = 0;
    data.into_iter()
        .zip(types)
        .zip(streams)
        .map(|((data, event_type), stream)| {
            let origin =
                Origin { actor_id: "a-17", actor_role: "citizen", at: "2026-03-01T09:30:00Z", command_id: "c-1" };
            let mut draw = || {
                nonce += 1;
                [nonce; 32]
            };
            Draft::new(origin, stream, event_type, 1, data, &mut draw).unwrap()
        })
        .collect()
}

fn leaves() -> Vec<String> {
    let sequences = [1, 1, 2];
    drafts()
        .iter()
        .zip(0..)
        .zip(sequences)
        .map(|((draft, at), sequence)| draft.seal(LOG, at, sequence).unwrap())
        .collect()
}

/// The nodes of the tree of three leaves.
fn node(level: u8, index: u64) -> Result<Hash, Error> {
    let hashes: Vec<Hash> = leaves().iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
    match (level, index) {
        (0, 0..=2) => Ok(hashes[usize::try_from(index).unwrap()]),
        (1, 0) => Ok(node_hash(&hashes[0], &hashes[1])),
        _ => Err(Error::OutsideTree { index, size: 3 }),
    }
}

fn checkpoint(size: usize) -> Checkpoint {
    let mut frontier = Frontier::new();
    leaves()[..size].iter().for_each(|leaf| frontier.push(leaf_hash(leaf.as_bytes())));
    Checkpoint { origin: LOG.into(), size: frontier.size(), root: frontier.root() }
}

fn bundle(count: usize) -> Vec<u8> {
    let mut writer = BundleWriter::new(Vec::new());
    for (leaf, draft) in leaves().iter().zip(drafts()).take(count) {
        writer.push(leaf, &draft.hidden).unwrap();
    }
    let note = checkpoint(count).sign(&signer()).unwrap();
    let metadata: Map<String, Value> = [("title".to_owned(), json!("Budget participatif 2026"))].into_iter().collect();
    writer.finish(&note, &policy(), r#"{"winners":[]}"#, &metadata, &signer()).unwrap()
}

fn base64(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_base64).collect()
}

fn canonical_vectors() -> Value {
    let accepted = [
        "null",
        "0",
        "-1",
        "9007199254740991",
        "\"\"",
        "\"é\"",
        r#""\n\"\\""#,
        r#""\u001f""#,
        "[]",
        r#"{"a":1,"b":[2,3]}"#,
        "{\"\u{1f600}\":1,\"\u{fb00}\":2}",
    ];
    let refused = [
        "",
        " 1",
        "1.0",
        "1e3",
        "-0",
        "01",
        "9007199254740992",
        "[1, 2]",
        r#"{"b":1,"a":2}"#,
        r#"{"a":1,"a":1}"#,
        r#""\/""#,
        r#""\u0041""#,
        r#""\u000a""#,
        r#""\u001F""#,
        "\"e\u{301}\"",
        "{\"\u{fb00}\":1,\"\u{1f600}\":2}",
        "1\n",
    ];
    accepted.iter().for_each(|text| check_canonical(text.as_bytes()).unwrap());
    refused.iter().for_each(|text| assert!(check_canonical(text.as_bytes()).is_err(), "{text}"));
    json!({"accepted": accepted, "refused": refused})
}

fn vectors() -> Value {
    let (drafts, leaves) = (drafts(), leaves());
    let hidden = &drafts[1].hidden[1];
    let commitment = commit(&hidden.path, 1, &hidden.value, &hidden.nonce).unwrap();
    let note = checkpoint(3).sign(&signer()).unwrap();
    let receipt = Receipt { index: 1, proof: inclusion_proof(1, 3, node).unwrap(), checkpoint: note.clone() };
    let tiles = [(TileKind::Hashes(0), 1_234_067, 256), (TileKind::Hashes(1), 0, 17), (TileKind::Entries, 273, 112)];
    json!({
        "canonical": canonical_vectors(),
        "commitment": {
            "path": hidden.path, "position": 1, "value": hidden.value, "nonce": hex::encode(hidden.nonce), "commitment": commitment,
        },
        "leaves": leaves.iter().zip(&drafts).map(|(leaf, draft)| json!({
            "leaf": leaf,
            "disclosed": disclosed_text(&draft.hidden).unwrap(),
            "leaf_hash": leaf_hash(leaf.as_bytes()),
        })).collect::<Vec<_>>(),
        "tree": {
            "roots": (0..=3).map(|size| checkpoint(size).root).collect::<Vec<_>>(),
            "inclusion_of_1_in_3": base64(&inclusion_proof(1, 3, node).unwrap()),
            "consistency_of_1_with_3": base64(&consistency_proof(1, 3, node).unwrap()),
        },
        "key": {"name": LOG, "seed": hex::encode([7; 32]), "verifier": signer().verifier().to_string()},
        "checkpoint": note,
        "receipt_of_1": receipt.to_text(),
        "policy": policy(),
        "tiles": tiles.map(|(kind, index, width)| Tile { kind, index, width }.to_string()),
        "bundle_without_events": STANDARD.encode(bundle(0)),
    })
}

/// The same JSON with `\uXXXX` for everything beyond ASCII, so that no editor normalises it.
fn in_ascii(json: &str) -> String {
    let mut text = String::new();
    for char in json.chars() {
        if char.is_ascii() {
            text.push(char);
        } else {
            char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
    }
    text
}

#[test]
fn the_published_vectors_are_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/vectors.json");
    let expected = vectors();
    if std::env::var_os("PARVIS_WRITE_VECTORS").is_some() {
        let mut written = expected.clone();
        written["bundle_of_3"] = json!(STANDARD.encode(bundle(3)));
        std::fs::write(&path, in_ascii(&format!("{written:#}\n"))).unwrap();
    }
    let mut published: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    // Compressed bytes may change with the compressor, so this bundle is read and not compared.
    let bytes = STANDARD.decode(published["bundle_of_3"].as_str().unwrap()).unwrap();
    published.as_object_mut().unwrap().remove("bundle_of_3");
    assert_eq!(published, expected);

    let policy = Policy::parse(&policy()).unwrap();
    let mut bundle = Bundle::open(Cursor::new(&bytes), Some(&policy)).unwrap();
    assert_eq!(bundle.checkpoint(), &checkpoint(3));
    let lines = bundle.next_batch(10).unwrap().unwrap();
    assert!(bundle.next_batch(10).unwrap().is_none());
    let read: Vec<&str> = lines.iter().map(|line| line.leaf()).collect();
    assert_eq!(read, leaves());
    for line in &lines {
        assert_eq!(Leaf::parse(line.leaf()).unwrap().check_disclosed(&line.disclosed().unwrap()).unwrap(), 0);
    }
    let receipt = Receipt::parse(published["receipt_of_1"].as_str().unwrap()).unwrap();
    assert_eq!(receipt.check(&leaf_hash(leaves()[1].as_bytes()), &policy).unwrap().0, checkpoint(3));
}
