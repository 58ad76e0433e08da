//! Texts of checkpoints and receipts: one spelling each.

use super::*;
use crate::merkle::{empty_root, leaf_hash, node_hash};

/// From the C2SP specification of checkpoints; its key was not published.
const TEXT: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

#[test]
fn reads_the_published_example() {
    let checkpoint = Checkpoint::parse(TEXT).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.to_text(), TEXT);
}

#[test]
fn other_texts_are_refused() {
    for text in [
        "".to_owned(),
        "\n".to_owned(),
        TEXT.trim_end().to_owned(),
        format!("{TEXT}more\n"),
        format!("{TEXT}\n"),
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "+20852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "18446744073709551616"),
        TEXT.replace("20852163", ""),
        TEXT.replace("q2I=", "q2J="),
        TEXT.replace("q2I=", "q2I"),
        TEXT.replace("example.com/behind-the-sofa", ""),
    ] {
        assert_eq!(Checkpoint::parse(&text).unwrap_err().code(), "BAD_CHECKPOINT", "{text}");
    }
}

#[test]
fn a_log_signs_under_its_own_origin() {
    let signer = Signer::from_seed("ville.example/2026", [3; 32]).unwrap();
    let checkpoint = Checkpoint { origin: "ville.example/2026".into(), size: 0, root: empty_root() };
    let note = checkpoint.sign(&signer).unwrap();
    let (read, opened) = Policy::of_log(signer.verifier().clone()).check(&note).unwrap();
    assert_eq!((read, opened.unused), (checkpoint.clone(), 0));
    let other = Checkpoint { origin: "elsewhere".into(), ..checkpoint };
    assert_eq!(other.sign(&signer).unwrap_err().code(), "BAD_CHECKPOINT");
}

#[test]
fn a_receipt_proves_its_leaf_only() {
    let signer = Signer::from_seed("ville.example/2026", [3; 32]).unwrap();
    let policy = Policy::of_log(signer.verifier().clone());
    let leaves = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
    let left = node_hash(&leaves[0], &leaves[1]);
    let root = node_hash(&left, &leaves[2]);
    let checkpoint = Checkpoint { origin: "ville.example/2026".into(), size: 3, root };
    let receipt = Receipt { index: 2, proof: vec![left], checkpoint: checkpoint.sign(&signer).unwrap() };
    let text = receipt.to_text();
    let read = Receipt::parse(&text).unwrap();
    assert_eq!(read, receipt);
    assert_eq!(read.check(&leaves[2], &policy).unwrap().0, checkpoint);
    assert_eq!(read.check(&leaves[1], &policy).unwrap_err().code(), "PROOF_INVALID");
    let other = Receipt { index: 3, ..receipt.clone() };
    assert_eq!(other.check(&leaves[2], &policy).unwrap_err().code(), "OUTSIDE_TREE");
    let unsigned = Policy::of_log(Signer::from_seed("ville.example/2026", [4; 32]).unwrap().verifier().clone());
    assert_eq!(read.check(&leaves[2], &unsigned).unwrap_err().code(), "NOT_SIGNED");
    for wrong in [
        text.replace("@v1", "@v2"),
        text.replace("index 2", "index 02"),
        text.replace("index 2", "index -2"),
        text.replace("index 2", "extra AAAA\nindex 2"),
        text.replace("index 2\n", "index 2\n\n"),
        text.replacen("=\n", "\n", 1),
        text.replacen("\n\n", "\n", 2),
    ] {
        let refused = Receipt::parse(&wrong)
            .map_err(|error| error.code())
            .and_then(|receipt| receipt.check(&leaves[2], &policy).map_err(|error| error.code()));
        assert!(refused.is_err(), "{wrong}");
    }
    let long = Receipt { proof: vec![left; 65], ..receipt };
    assert_eq!(Receipt::parse(&long.to_text()).unwrap_err().code(), "BAD_PROOF_TEXT");
}

#[test]
fn published_receipts() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/vectors/c2sp-examples/examples.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return;
    };
    let examples: serde_json::Value = serde_json::from_str(&text).unwrap();
    let note = examples["checkpoint_example_unverifiable_key_unpublished"]["note"].as_str().unwrap();
    assert_eq!(&note[..note.find("\n\n").unwrap() + 1], TEXT);
    let vectors = &examples["tlog_proof_marshal"];
    let mut read = 0;
    for case in vectors["cases"].as_array().unwrap().iter().filter(|case| case["extra"].is_null()) {
        let names = case["hashes_sha256_of"].as_array().unwrap();
        let receipt = Receipt {
            index: case["index"].as_u64().unwrap(),
            proof: names.iter().map(|name| Hash::of(&[name.as_str().unwrap().as_bytes()])).collect(),
            checkpoint: case["checkpoint"].as_str().unwrap().to_owned(),
        };
        assert_eq!(Receipt::parse(&receipt.to_text()).unwrap(), receipt);
        read += 1;
    }
    assert!(read >= 2);
    for bad in vectors["must_reject"].as_array().unwrap() {
        assert!(Receipt::parse(bad.as_str().unwrap()).is_err(), "{bad}");
    }
}
