//! What seals, what opens, and what doesn't.

use super::*;
use crate::sealed::{open_sheet, seal_sheet, sealed_length};
use proptest::prelude::*;
use serde_json::json;
use tally::Cents;
use transparency::Hash;

const LOG: &str = "ville.example/2026";

fn secret() -> UrnSecret {
    UrnSecret::from_seed(&[1; 32])
}

fn key() -> UrnKey {
    secret().public().unwrap()
}

fn context(area: &str) -> Context {
    Context::new(LOG, area, &Hash([2; 32]), &key().id()).unwrap()
}

fn ballot(choices: &[u32]) -> PlainBallot {
    PlainBallot { choices: choices.to_vec(), nonce: Nonce([3; 16]), points: None }
}

fn sealed_text(text: &str) -> Sealed {
    wrap(&key(), &context("north"), BALLOT, text, 128, &[4; 32]).unwrap()
}

#[test]
fn what_is_sealed_opens_and_can_be_sealed_again() {
    let sealed = seal(&key(), &context("north"), &ballot(&[3, 7]), 96, &[4; 32]).unwrap();
    assert_eq!(sealed.as_bytes().len(), sealed_length(96));
    assert_eq!(open(&secret(), &context("north"), &sealed), Ok(ballot(&[3, 7])));
    assert_eq!(seal(&key(), &context("north"), &ballot(&[3, 7]), 96, &[4; 32]).unwrap(), sealed);
    assert_ne!(seal(&key(), &context("north"), &ballot(&[3, 7]), 96, &[5; 32]).unwrap(), sealed);
    assert_eq!(sealed.to_string().parse::<Sealed>().unwrap(), sealed);
    let json = serde_json::to_string(&sealed).unwrap();
    assert_eq!(serde_json::from_str::<Sealed>(&json).unwrap(), sealed);
}

#[test]
fn an_envelope_opens_where_it_was_meant_for_and_nowhere_else() {
    let sealed = seal(&key(), &context("north"), &ballot(&[3]), 96, &[4; 32]).unwrap();
    let id = key().id();
    let elsewhere = [
        context("south"),
        Context::new("ville.example/2027", "north", &Hash([2; 32]), &id).unwrap(),
        Context::new(LOG, "north", &Hash([9; 32]), &id).unwrap(),
    ];
    for context in elsewhere {
        assert_eq!(open(&secret(), &context, &sealed), Err(Unopened::NotForThisUrn));
        assert_ne!(sealed.digest(&context), sealed.digest(&self::context("north")));
    }
    let other = UrnSecret::from_seed(&[9; 32]);
    assert_eq!(open(&other, &context("north"), &sealed), Err(Unopened::NotForThisUrn));
    assert_eq!(open_sheet(&secret(), &context("north"), &sealed), Err(Unopened::NotForThisUrn));
}

#[test]
fn any_changed_byte_is_seen() {
    let sealed = seal(&key(), &context("north"), &ballot(&[3]), 96, &[4; 32]).unwrap();
    for place in 0..sealed.as_bytes().len() {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[place] ^= 1;
        let changed = Sealed::new(bytes).unwrap();
        assert_eq!(open(&secret(), &context("north"), &changed), Err(Unopened::NotForThisUrn), "at {place}");
    }
    // Points of small order, for which anybody knows the shared secret (RFC 9180 §7.1.4).
    let mut bytes = sealed.as_bytes().to_vec();
    bytes[..32].fill(0);
    assert_eq!(open(&secret(), &context("north"), &Sealed::new(bytes).unwrap()), Err(Unopened::NotForThisUrn));
    assert_eq!(Sealed::new(vec![0; 47]).unwrap_err().code(), "BAD_TEXT");
    assert_eq!("AAA".parse::<Sealed>().unwrap_err().code(), "BAD_TEXT");
}

#[test]
fn what_is_no_ballot_is_told_from_a_foreign_one() {
    let nonce = "03030303030303030303030303030303";
    let good = format!(r#"{{"choices":[3],"nonce":"{nonce}"}}"#);
    assert_eq!(open(&secret(), &context("north"), &sealed_text(&good)), Ok(ballot(&[3])));
    let bad = [
        String::new(),
        "null".into(),
        format!(" {good}"),
        good.replace("[3]", "[3 ]"),
        good.replace("[3]", "[-1]"),
        good.replace("[3]", "[4294967296]"),
        good.replace("03\"}", "\"}"),
        format!(r#"{{"choices":[3],"nonce":"{nonce}","points":[]}}"#),
        format!(r#"{{"choices":[3],"nonce":"{nonce}","who":"me"}}"#),
        format!(r#"{{"nonce":"{nonce}"}}"#),
    ];
    for text in bad {
        assert_eq!(open(&secret(), &context("north"), &sealed_text(&text)), Err(Unopened::NotABallot), "{text}");
    }
}

#[test]
fn sealing_refuses_what_could_not_be_counted() {
    let code = |result: Result<Sealed, Error>| result.map_or_else(|error| error.code(), |_| "SEALED");
    let long = ballot(&[1_000_000; 10]);
    assert_eq!(code(seal(&key(), &context("north"), &long, 96, &[4; 32])), "BALLOT_TOO_LONG");
    let points = PlainBallot { points: Some(vec![1]), ..ballot(&[3, 7]) };
    assert_eq!(code(seal(&key(), &context("north"), &points, 96, &[4; 32])), "POINTS_DONT_FIT");
    let other = UrnSecret::from_seed(&[9; 32]).public().unwrap();
    assert_eq!(code(seal(&other, &context("north"), &ballot(&[3]), 96, &[4; 32])), "OTHER_URN");
    // A key of small order would let anybody open what is sealed to it.
    let nothing = UrnKey::new([0; 32]);
    let context = Context::new(LOG, "north", &Hash([2; 32]), &nothing.id()).unwrap();
    assert_eq!(code(seal(&nothing, &context, &ballot(&[3]), 96, &[4; 32])), "BAD_URN_KEY");
}

#[test]
fn the_length_is_that_of_the_longest_ballot() {
    let numbers: Vec<u32> = (98..=104).collect();
    let types = json!([
        {"type": "APPROVAL", "min": 1, "max": 4},
        {"type": "APPROVAL", "min": 0, "max": 400},
        {"type": "CHOOSE_ONE"},
        {"type": "KNAPSACK", "budget_cents": 100},
        {"type": "CUMULATIVE", "points": 12, "max_per_project": 10},
        {"type": "CUMULATIVE", "points": 3, "max_per_project": 10},
        {"type": "ORDINAL", "max": 3},
        {"type": "SCORING", "min": -10, "max": 1},
        {"type": "MAJORITY_JUDGMENT", "grades": ["NO", "YES"], "default": 0},
    ]);
    // How many choices the longest ballot has, and its widest points.
    let longest = [
        (4, None),
        (7, None),
        (1, None),
        (7, None),
        (7, Some(10)),
        (3, Some(3)),
        (3, None),
        (7, Some(-10)),
        (7, Some(1)),
    ];
    let types: Vec<BallotType> = serde_json::from_value(types).unwrap();
    for (ballot_type, (count, points)) in types.iter().zip(longest) {
        let choices = vec![104; count];
        let ballot = PlainBallot { points: points.map(|points| vec![points; count]), ..ballot(&choices) };
        let exact = to_canonical(&ballot).unwrap().len();
        assert_eq!(padded_length(ballot_type, &numbers), exact.next_multiple_of(32), "{ballot_type:?}");
    }
    assert_eq!(padded_length(&BallotType::ChooseOne, &[]), 64);
    let most = BallotType::Knapsack { budget_cents: Cents::ZERO };
    assert_eq!(padded_length(&most, &[u32::MAX]), 96);
}

#[test]
fn a_sheet_says_nothing_by_its_length() {
    let one = seal_sheet(&key(), &context("place/4"), r#"{"votes":[1]}"#, 2_000, &[4; 32]).unwrap();
    let many = seal_sheet(&key(), &context("place/4"), r#"{"votes":[123,456]}"#, 2_000, &[4; 32]).unwrap();
    let most = seal_sheet(&key(), &context("place/4"), &"1".repeat(2_000), 2_000, &[4; 32]).unwrap();
    assert_eq!([&one, &many, &most].map(|sheet| sheet.as_bytes().len()), [2_048 + 48; 3]);
    assert_eq!(open_sheet(&secret(), &context("place/4"), &many).unwrap(), r#"{"votes":[123,456]}"#);
    assert_eq!(open(&secret(), &context("place/4"), &many), Err(Unopened::NotForThisUrn));
}

#[test]
fn texts_have_one_spelling() {
    let key = key();
    assert_eq!(key.to_string().parse::<UrnKey>().unwrap(), key);
    assert!(key.to_string().trim_end_matches('=').parse::<UrnKey>().is_err());
    assert_eq!(key.id().to_string().parse::<crate::KeyId>().unwrap(), key.id());
    for bad in ["", "urn-", "urn-0123456789abcde", "urn-0123456789ABCDEF", "0123456789abcdef"] {
        assert!(bad.parse::<crate::KeyId>().is_err(), "{bad}");
    }
    assert_eq!(secret().to_text().parse::<UrnSecret>().unwrap(), secret());
    assert!("0A030303030303030303030303030303".parse::<Nonce>().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_ballot_comes_back(
        choices in prop::collection::vec((any::<u32>(), -9_007_199_254_740_991_i64..=9_007_199_254_740_991), 0..8),
        graded: bool,
        nonce: [u8; 16],
        seed: [u8; 32],
    ) {
        let (choices, points): (Vec<u32>, Vec<i64>) = choices.into_iter().unzip();
        let plain = PlainBallot { choices, nonce: Nonce(nonce), points: graded.then_some(points) };
        let sealed = seal(&key(), &context("north"), &plain, 512, &seed).unwrap();
        prop_assert_eq!(open(&secret(), &context("north"), &sealed), Ok(plain));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 48..200)) {
        prop_assert!(open(&secret(), &context("north"), &Sealed::new(bytes).unwrap()).is_err());
    }
}
