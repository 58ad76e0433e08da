//! The vectors of docs/formats/ballot-vectors.json are what the code does, and what other
//! implementations have sealed opens.
//!
//! After a deliberate change of the format, write them again with
//! `UPDATE_VECTORS=1 cargo test -p seal --test ballot_vectors` and read the difference.

#![allow(clippy::unwrap_used, reason = "a test: helpers outside of #[test] may fail it too")]

use seal::{
    BallotPaper, Context, Listed, Nonce, PlainBallot, Sealed, Share, Unopened, UrnKey, UrnSecret, VoterFile, join,
    open, open_sheet, padded_length, seal, seal_sheet, split,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tally::{BallotType, Cents};
use transparency::{Hash, Signer, sign_note, to_canonical};

const LOG: &str = "ville.example/2026";
const AREA: &str = "nord";

/// Number on the ballot list and cost, in cents, of each project of the area.
const LIST: [(u32, i64); 5] = [(3, 1_000_000), (7, 250_000), (12, 400_050), (13, 0), (104, 1_999_999)];

fn secret() -> UrnSecret {
    UrnSecret::from_seed(&[1; 32])
}

fn key() -> UrnKey {
    secret().public().unwrap()
}

fn catalogue() -> Hash {
    Hash::of(&[b"the ballot list"])
}

fn context(area: &str) -> Context {
    Context::new(LOG, area, &catalogue(), &key().id()).unwrap()
}

fn numbers() -> Vec<u32> {
    LIST.iter().map(|(number, _)| *number).collect()
}

fn ballot_type(value: &Value) -> BallotType {
    serde_json::from_value(value.clone()).unwrap()
}

/// A type of ballot, choices and points.
type Case = (Value, Vec<u32>, Option<Vec<i64>>);

/// Every type of ballot, with a ballot that follows it.
fn ballots() -> Vec<Case> {
    let grades = ["NOT_CONVINCED", "WHY_NOT", "LIKE", "FAVOURITE"];
    vec![
        (json!({"type": "APPROVAL", "min": 0, "max": 4}), vec![104, 3], None),
        (json!({"type": "APPROVAL", "min": 0, "max": 4}), vec![], None),
        (json!({"type": "CHOOSE_ONE"}), vec![12], None),
        (json!({"type": "KNAPSACK", "budget_cents": 2_250_000}), vec![3, 7, 13], None),
        (json!({"type": "CUMULATIVE", "points": 10, "max_per_project": 6}), vec![7, 12], Some(vec![6, 4])),
        (json!({"type": "ORDINAL", "max": 3}), vec![12, 104, 3], None),
        (json!({"type": "SCORING", "min": -2, "max": 10}), vec![3, 104], Some(vec![-2, 10])),
        (
            json!({"type": "MAJORITY_JUDGMENT", "grades": grades, "default": 0}),
            vec![3, 7, 12, 13, 104],
            Some(vec![3, 0, 1, 2, 2]),
        ),
    ]
}

fn sealed_vectors() -> Vec<Value> {
    let seal_one = |((kind, choices, points), place): (Case, u8)| {
        let length = padded_length(&ballot_type(&kind), &numbers());
        let ballot = PlainBallot { choices, nonce: Nonce([place; 16]), points };
        let seed = [place.wrapping_add(100); 32];
        let sealed = seal(&key(), &context(AREA), &ballot, length, &seed).unwrap();
        let text = to_canonical(&ballot).unwrap();
        let digest = sealed.digest(&context(AREA));
        json!({"ballot_type": kind, "length": length, "text": text, "ballot": ballot, "seed": hex::encode(seed), "sealed": sealed, "digest": digest})
    };
    ballots().into_iter().zip(1..).map(seal_one).collect()
}

/// Ballots that don't follow their type, and why.
fn validation_vectors() -> Vec<Value> {
    let approval = json!({"type": "APPROVAL", "min": 1, "max": 2});
    let knapsack = json!({"type": "KNAPSACK", "budget_cents": 1_250_000});
    let cumulative = json!({"type": "CUMULATIVE", "points": 10, "max_per_project": 6});
    let scoring = json!({"type": "SCORING", "min": -2, "max": 10});
    let judgment = json!({"type": "MAJORITY_JUDGMENT", "grades": ["NO", "YES"], "default": 0});
    let cases: Vec<Case> = vec![
        (approval.clone(), vec![3], None),
        (approval.clone(), vec![], None),
        (approval.clone(), vec![3, 7, 12], None),
        (approval.clone(), vec![3, 3], None),
        (approval.clone(), vec![4], None),
        (approval.clone(), vec![4, 4], None),
        (approval.clone(), vec![3], Some(vec![1])),
        (knapsack.clone(), vec![3, 7], None),
        (knapsack.clone(), vec![3, 12], None),
        (knapsack.clone(), vec![], None),
        (cumulative.clone(), vec![3, 7], Some(vec![6, 4])),
        (cumulative.clone(), vec![3, 7], Some(vec![6, 5])),
        (cumulative.clone(), vec![3], Some(vec![7])),
        (cumulative.clone(), vec![3], Some(vec![0])),
        (cumulative.clone(), vec![3], None),
        (scoring.clone(), vec![3, 7], Some(vec![-2, 10])),
        (scoring.clone(), vec![3], Some(vec![-3])),
        (scoring.clone(), vec![3], Some(vec![11])),
        (judgment.clone(), vec![3], Some(vec![1])),
        (judgment.clone(), vec![3], Some(vec![2])),
        (judgment.clone(), vec![3], None),
    ];
    let one_of = json!({"type": "CHOOSE_ONE"});
    let ordinal = json!({"type": "ORDINAL", "max": 2});
    let more = [(one_of.clone(), vec![], None), (one_of, vec![3, 7], None), (ordinal, vec![3, 7, 12], None)];
    cases
        .into_iter()
        .chain(more)
        .map(|(kind, choices, points)| {
            let paper = BallotPaper { ballot_type: ballot_type(&kind), ..paper() };
            let ballot = PlainBallot { choices: choices.clone(), nonce: Nonce([0; 16]), points: points.clone() };
            let invalid = paper.validate(&ballot).err().map(|why| why.code());
            json!({"ballot_type": kind, "choices": choices, "points": points, "invalid": invalid})
        })
        .collect()
}

fn unopened_vectors() -> Vec<Value> {
    let good = PlainBallot { choices: vec![3], nonce: Nonce([3; 16]), points: None };
    let sealed = seal(&key(), &context(AREA), &good, 96, &[4; 32]).unwrap();
    let mut altered = sealed.as_bytes().to_vec();
    altered[40] ^= 1;
    let sheet = seal_sheet(&key(), &context(AREA), "{}", 2, &[4; 32]).unwrap();
    let other = UrnSecret::from_seed(&[9; 32]).public().unwrap();
    let foreign = Context::new(LOG, AREA, &catalogue(), &other.id()).unwrap();
    let foreign = seal(&other, &foreign, &good, 96, &[4; 32]).unwrap();
    let cases = [
        ("as it was sealed", AREA, sealed.clone()),
        ("in another area", "sud", sealed),
        ("with a bit changed", AREA, Sealed::new(altered).unwrap()),
        ("a polling place's counts", AREA, sheet),
        ("sealed to another urn", AREA, foreign),
    ];
    cases
        .into_iter()
        .map(|(what, area, sealed)| {
            let unopened = open(&secret(), &context(area), &sealed).err().map(Unopened::code);
            json!({"what": what, "area": area, "sealed": sealed, "unopened": unopened})
        })
        .collect()
}

fn share_vectors() -> Value {
    let mut next = 0;
    let mut coefficients = Vec::new();
    let mut draw = || {
        next += 1;
        coefficients.push(Hash::of(&[&[next]]));
        Hash::of(&[&[next]]).0
    };
    let (ceremony, shares) = split(&secret(), 3, 5, &mut draw).unwrap();
    assert_eq!(join(&shares[1..4], &ceremony).unwrap(), secret());
    let texts: Vec<String> = shares.iter().map(|share| share.to_text().to_string()).collect();
    json!({"coefficients": coefficients, "ceremony": ceremony, "shares": texts})
}

/// The order of the projects for one voter, as docs/formats/ballot.md defines it.
fn order_vector() -> Value {
    let seed = [8; 32];
    let mut order = numbers();
    order.sort_by_key(|number| Hash::of(&[b"parvis.order/v1\n", &seed, number.to_string().as_bytes()]));
    json!({"seed": hex::encode(seed), "numbers": numbers(), "order": order})
}

fn receipt_vector() -> Value {
    let signer = Signer::from_seed(LOG, [7; 32]).unwrap();
    let ballot = Hash::of(&[b"a ballot"]);
    let receipt = json!({
        "area": AREA, "at": "2026-09-10T09:30:00Z", "ballot": ballot, "deadline": "2026-09-12T09:30:00Z",
        "key": key().id(), "log": LOG, "v": 1,
    });
    let note = sign_note(&format!("{}\n", to_canonical(&receipt).unwrap()), &signer).unwrap();
    json!({"verifier": signer.verifier().to_string(), "note": note, "receipt": receipt})
}

fn paper() -> BallotPaper {
    let projects = LIST.map(|(number, cost)| Listed { cost_cents: Cents::new(cost).unwrap(), number });
    BallotPaper {
        area: AREA.to_owned(),
        ballot_type: BallotType::Approval { min: 0, max: 4 },
        catalogue: catalogue(),
        log: LOG.to_owned(),
        projects: projects.to_vec(),
        urn: key(),
    }
}

fn voter_file() -> VoterFile {
    paper().seal(vec![104, 3], None, Nonce([1; 16]), [101; 32]).unwrap()
}

fn vectors() -> Value {
    let sheet = r#"{"votes":[12,4]}"#;
    let sealed_sheet = seal_sheet(&key(), &context("nord"), sheet, sheet.len(), &[5; 32]).unwrap();
    json!({
        "urn": {"seed": hex::encode([1; 32]), "secret": secret(), "key": key(), "id": key().id()},
        "context": {"log": LOG, "area": AREA, "catalogue": catalogue(), "text": context(AREA).as_str()},
        "projects": LIST.map(|(number, cost_cents)| json!({"number": number, "cost_cents": cost_cents})),
        "sealed": sealed_vectors(),
        "unopened": unopened_vectors(),
        "validation": validation_vectors(),
        "sheet": {"text": sheet, "seed": hex::encode([5; 32]), "sealed": sealed_sheet},
        "shares": share_vectors(),
        "order": order_vector(),
        "receipt": receipt_vector(),
        "paper": paper(),
        "voter_file": voter_file(),
    })
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/ballot-vectors.json")
}

#[test]
fn the_published_vectors_are_what_the_code_does() {
    let expected = vectors();
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(path(), format!("{expected:#}\n")).unwrap();
    }
    let published: Value = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    assert_eq!(published, expected);
}

#[test]
fn the_published_vectors_open() {
    let published: Value = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let secret: UrnSecret = text(&published["urn"]["secret"]).parse().unwrap();
    let sealed = published["sealed"].as_array().unwrap();
    assert_eq!(sealed.len(), 8);
    for one in sealed {
        let envelope: Sealed = text(&one["sealed"]).parse().unwrap();
        let ballot = open(&secret, &context(AREA), &envelope).unwrap();
        assert_eq!(serde_json::to_value(&ballot).unwrap(), one["ballot"]);
    }
    let unopened: Vec<_> = published["unopened"].as_array().unwrap().iter().map(|one| &one["unopened"]).collect();
    let foreign = json!("NOT_FOR_THIS_URN");
    assert_eq!(unopened, [&Value::Null, &foreign, &foreign, &foreign, &foreign]);
    let sheet: Sealed = text(&published["sheet"]["sealed"]).parse().unwrap();
    assert_eq!(open_sheet(&secret, &context(AREA), &sheet).unwrap(), text(&published["sheet"]["text"]));
    let shares = published["shares"]["shares"].as_array().unwrap();
    let shares: Vec<Share> = shares.iter().map(|share| text(share).parse().unwrap()).collect();
    let ceremony = serde_json::from_value(published["shares"]["ceremony"].clone()).unwrap();
    assert_eq!(join(&shares[2..], &ceremony).unwrap(), secret);
    let file: VoterFile = serde_json::from_value(published["voter_file"].clone()).unwrap();
    assert_eq!(file.seal_again().unwrap(), file.sealed);
}

#[test]
fn what_another_implementation_has_sealed_opens() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors/hpke-rfc9180/interop-js-sealed.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty());
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    for case in cases {
        use hpke::{Deserializable, Kem, OpModeR, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256};
        let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&bytes(&case["skR"])).unwrap();
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&bytes(&case["enc"])).unwrap();
        let (info, aad) = (case["info"].as_str().unwrap(), case["aad"].as_str().unwrap());
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &secret,
            &encapsulated,
            info.as_bytes(),
            &bytes(&case["ct"]),
            aad.as_bytes(),
        );
        assert_eq!(opened.unwrap(), case["pt"].as_str().unwrap().as_bytes());
    }
}
