//! Quorums, and policies that must not be read.

use super::*;
use crate::{hash::Hash, note::Signer};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256};

const ORIGIN: &str = "ville.example/2026";

fn log() -> Signer {
    Signer::from_seed(ORIGIN, [1; 32]).unwrap()
}

/// A witness: its key text, and a signature line for a checkpoint.
fn witness(number: u8, text: &str) -> (String, String) {
    let key = SigningKey::from_bytes(&[100 + number; 32]);
    let name = format!("witness.example/{number}");
    let public = [&[4][..], key.verifying_key().as_bytes()].concat();
    let id = &Sha256::digest([name.as_bytes(), b"\n", &public].concat())[..4];
    let time = 1_795_381_222_u64;
    let signature = key.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes());
    let line = [id, &time.to_be_bytes(), &signature.to_bytes()].concat();
    (
        format!("{name}+{}+{}", hex::encode(id), STANDARD.encode(&public)),
        format!("\u{2014} {name} {}\n", STANDARD.encode(line)),
    )
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: 7, root: Hash::of(&[b"root"]) }
}

fn two_of_three() -> String {
    let [a, b, c] = [1, 2, 3].map(|number| witness(number, "").0);
    format!(
        "# who watches\nlog {} https://log.example\n\nwitness A {a}\n\twitness B\t{b} https://b.example\nwitness C {c}\ngroup G 2 A B C\nquorum G\n",
        log().verifier()
    )
}

#[test]
fn a_quorum_needs_its_witnesses() {
    let policy = Policy::parse(&two_of_three()).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 3));
    let note = checkpoint().sign(&log()).unwrap();
    let text = checkpoint().to_text();
    let [a, b, c] = [1, 2, 3].map(|number| witness(number, &text).1);
    let error = policy.check(&note).unwrap_err();
    assert_eq!(error.code(), "NO_QUORUM");
    assert_eq!(policy.check(&format!("{note}{a}")).unwrap_err().code(), "NO_QUORUM");
    assert_eq!(policy.check(&format!("{note}{a}{a}")).unwrap_err().code(), "NO_QUORUM");
    let (read, opened) = policy.check(&format!("{note}{c}{a}")).unwrap();
    assert_eq!((read, opened.signed_by.len()), (checkpoint(), 3));
    assert_eq!(opened.signed_by[1].time_s, Some(1_795_381_222));
    policy.check(&format!("{note}{a}{b}{c}")).unwrap();
    // A known witness whose signature does not fit spoils the note.
    let wrong = witness(2, "other\n1\n").1;
    assert_eq!(policy.check(&format!("{note}{a}{wrong}")).unwrap_err().code(), "BAD_SIGNATURE");
    // Witnesses alone do not make a checkpoint.
    let unsigned = format!("{text}\n{a}{b}");
    assert_eq!(policy.check(&unsigned).unwrap_err().code(), "NOT_SIGNED");
    // A log speaks for its own origin only.
    let other = Checkpoint { origin: "other.example".into(), ..checkpoint() };
    let foreign = crate::note::sign_note(&other.to_text(), &log()).unwrap();
    assert_eq!(Policy::of_log(log().verifier().clone()).check(&foreign).unwrap_err().code(), "NOT_SIGNED");
}

#[test]
fn groups_of_groups_any_and_all() {
    let keys = [1, 2, 3, 4].map(|number| witness(number, "").0);
    let text = checkpoint().to_text();
    let lines = [1, 2, 3, 4].map(|number| witness(number, &text).1);
    let note = checkpoint().sign(&log()).unwrap();
    let head: String = keys.iter().enumerate().map(|(n, key)| format!("witness w{n} {key}\n")).collect();
    let policy =
        format!("log {}\n{head}group x any w0 w1\ngroup y all w2 w3\ngroup z 2 x y\nquorum z\n", log().verifier());
    let policy = Policy::parse(&policy).unwrap();
    let met = |signed: &[usize]| {
        let lines: String = signed.iter().map(|n| lines[*n].as_str()).collect();
        policy.check(&format!("{note}{lines}")).is_ok()
    };
    assert!(met(&[0, 2, 3]) && met(&[1, 2, 3]) && met(&[0, 1, 2, 3]));
    assert!(!met(&[]) && !met(&[0, 1]) && !met(&[2, 3]) && !met(&[0, 1, 2]));
}

#[test]
fn malformed_policies_name_their_line() {
    let good = two_of_three();
    let log_line = format!("log {}\n", log().verifier());
    let witness_line = format!("witness A {}\n", witness(1, "").0);
    for (policy, line) in [
        (String::new(), 1),
        ("quorum none\n".to_owned(), 2),
        (log_line.clone(), 2),
        (format!("{log_line}quorum none\nquorum none\n"), 3),
        (format!("{log_line}{log_line}quorum none\n"), 2),
        (format!("{log_line}quorum A\n"), 2),
        (format!("{log_line}{witness_line}{witness_line}"), 3),
        (format!("{log_line}{}", witness_line.replace(" A ", " none ")), 2),
        (format!("{log_line}witness A {}\n", log().verifier()), 2),
        (format!("log {}\n", witness(1, "").0), 1),
        (format!("{log_line}log x\n"), 2),
        (format!("{log_line}frog x\n"), 2),
        (format!("{log_line}group G any\n"), 2),
        (good.replace("G 2 A B C", "G 0 A B C"), 7),
        (good.replace("G 2 A B C", "G 4 A B C"), 7),
        (good.replace("G 2 A B C", "G x A B C"), 7),
        (good.replace("G 2 A B C", "G 2 A A C"), 7),
        (good.replace("G 2 A B C", "G 2 A B D"), 7),
        (good.replace("G 2 A B C", "A 2 A B C"), 7),
        (good.replace("group", "gr\u{1}oup"), 7),
        (format!("{log_line}{witness_line}group G any A\ngroup H any A\nquorum H\n"), 4),
    ] {
        match Policy::parse(&policy) {
            Err(Error::BadPolicy { line: at, .. }) => assert_eq!(at, line, "{policy}"),
            other => panic!("{policy}: {other:?}"),
        }
    }
    Policy::parse(&good).unwrap();
    Policy::parse(&format!("{log_line}quorum none")).unwrap();
    assert!(Policy::parse(&format!("{}{good}", "\n".repeat(1001))).is_err());
}

#[test]
fn what_is_written_asks_for_as_many_as_it_should() {
    let log = log();
    let keys = [1, 2, 3].map(|number| Verifier::parse(&witness(number, "").0).unwrap());
    let note = checkpoint().sign(&log).unwrap();
    let lines = [1, 2, 3].map(|number| witness(number, &checkpoint().to_text()).1);
    for quorum in 0..=3 {
        let policy = Policy::parse(&Policy::write(log.verifier(), &keys, quorum).unwrap()).unwrap();
        for signed in 0..=3 {
            let cosigned = format!("{note}{}", lines[..signed].concat());
            assert_eq!(policy.check(&cosigned).is_ok(), signed >= quorum, "{signed} of {quorum}");
        }
    }
    assert_eq!(Policy::write(log.verifier(), &[], 0).unwrap(), format!("log {}\nquorum none\n", log.verifier()));
    let refused = |witnesses: &[Verifier], quorum| Policy::write(log.verifier(), witnesses, quorum).unwrap_err().code();
    assert_eq!(refused(&keys, 4), "BAD_POLICY");
    assert_eq!(refused(&[], 1), "BAD_POLICY");
    assert_eq!(refused(&[keys[0].clone(), keys[0].clone()], 1), "BAD_POLICY");
    assert_eq!(refused(&[log.verifier().clone()], 0), "BAD_POLICY");
}
