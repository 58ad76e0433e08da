//! The library of the browser and this crate are one format: its own tests pass on the published
//! vectors, and what it seals with new nonces and seeds opens here.

#![allow(clippy::unwrap_used, reason = "a test: helpers outside of #[test] may fail it too")]

use seal::{Context, Sealed, UrnSecret, VoterFile, open, padded_length};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tally::BallotType;
use transparency::Hash;

fn library() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/ballot");
    assert!(
        folder.join("node_modules/@hpke/core").is_dir(),
        "the browser's library is not installed: run `npm ci --prefix web/ballot` first"
    );
    folder
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn what_the_browser_seals_opens_here() {
    let folder = library();
    let tests = Command::new("npm").args(["test", "--silent"]).current_dir(&folder).output();
    let tests = tests.expect("npm must be installed to test the browser's library");
    assert!(tests.status.success(), "{}", said(&tests));
    assert!(said(&tests).contains("pass 9"), "{}", said(&tests));

    let secret = UrnSecret::from_seed(&[6; 32]);
    let urn = secret.public().unwrap();
    let (log, area, catalogue) = ("ville.example/2026", "Montreuil-l'Argillé", Hash::of(&[b"list"]));
    let context = Context::new(log, area, &catalogue, &urn.id()).unwrap();
    let projects: Vec<Value> = (1..=30).map(|number| json!({"number": number, "cost_cents": 100_000})).collect();
    let numbers: Vec<u32> = (1..=30).collect();
    let approval = json!({"type": "APPROVAL", "min": 0, "max": 4});
    let judgment = json!({"type": "MAJORITY_JUDGMENT", "grades": ["NO", "PERHAPS", "YES"], "default": 0});
    let cases = [
        (&approval, json!({"choices": []})),
        (&approval, json!({"choices": [30, 1, 17, 4]})),
        (&judgment, json!({"choices": [2, 9], "points": [0, 2]})),
    ];
    let lines: String = cases
        .iter()
        .map(|(ballot_type, choices)| {
            let paper = json!({
                "log": log, "area": area, "catalogue": catalogue, "urn": urn,
                "ballot_type": ballot_type, "projects": projects,
            });
            format!("{}\n", json!({"paper": paper, "choices": choices}))
        })
        .collect();
    let mut node = Command::new("node")
        .arg("tests/seal.mjs")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));

    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), cases.len());
    for ((ballot_type, choices), answer) in cases.iter().zip(answers) {
        let file: VoterFile = serde_json::from_value(answer["file"].clone()).unwrap();
        let ballot = open(&secret, &context, &file.sealed).unwrap();
        assert_eq!(ballot, file.ballot);
        assert_eq!(json!(ballot.choices), choices["choices"]);
        assert_eq!(json!(ballot.points), *choices.get("points").unwrap_or(&Value::Null));
        let ballot_type: BallotType = serde_json::from_value((*ballot_type).clone()).unwrap();
        assert_eq!(file.length, padded_length(&ballot_type, &numbers));
        assert_eq!(json!(file.sealed.digest(&context)), answer["digest"]);
        let again: Sealed = file.seal_again().unwrap();
        assert_eq!(again, file.sealed);
    }
}
