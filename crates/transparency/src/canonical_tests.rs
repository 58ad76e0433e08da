//! Properties of the canonical form, and the published RFC 8785 vectors.

use super::*;
use proptest::{collection::vec, prelude::*};
use serde_json::json;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        vec(
            prop_oneof![
                Just('"'),
                Just('\\'),
                Just('/'),
                Just('\n'),
                Just('\u{1}'),
                Just('\u{1f}'),
                Just('\u{7f}'),
                Just('a'),
                Just('n'),
                Just('é'),
                Just('e'),
                Just('\u{301}'),
                Just('\u{303}'),
                Just('\u{212b}'),
                Just('\u{fb33}'),
                Just('\u{ffff}'),
                Just('😀'),
                Just('\u{2028}'),
                Just('한'),
                Just('\u{1100}'),
                Just('\u{1161}'),
                any::<char>()
            ],
            0..8
        )
        .prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(|n| Value::from(n >> 10)),
        (-20i64..20).prop_map(Value::from),
        Just(Value::from(MAX_INTEGER)),
        text().prop_map(|text| Value::from(
            unicode_normalization::UnicodeNormalization::nfc(text.as_str()).collect::<String>()
        )),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((text(), inner), 0..6).prop_map(|members| {
                let nfc = |t: String| unicode_normalization::UnicodeNormalization::nfc(t.as_str()).collect::<String>();
                Value::Object(members.into_iter().map(|(name, value)| (nfc(name), value)).collect())
            }),
        ]
    })
}

/// The definition that the scanner must equal: parse, write again, compare.
fn by_definition(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes)
        .ok()
        .and_then(|value| to_canonical(&value).ok())
        .is_some_and(|again| again.as_bytes() == bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_is_accepted(value in json_value()) {
        let text = to_canonical(&value).unwrap();
        prop_assert!(check_canonical(text.as_bytes()).is_ok(), "{text}");
        prop_assert!(by_definition(text.as_bytes()));
    }

    #[test]
    fn a_mutation_is_accepted_only_if_it_is_canonical_again(
        value in json_value(),
        edits in vec((any::<prop::sample::Index>(), 0u8..4, prop_oneof![any::<u8>(), Just(b'"'), Just(b'\\'), Just(b'0'), Just(b'-'), Just(b' '), Just(b'u'), Just(b',')]), 16),
    ) {
        let text = to_canonical(&value).unwrap().into_bytes();
        for (at, kind, byte) in edits {
            let mut mutated = text.clone();
            let at = at.index(mutated.len());
            match kind {
                0 => mutated[at] = byte,
                1 => mutated[at] ^= 1 << (byte % 8),
                2 => { mutated.remove(at); }
                _ => mutated.insert(at, byte),
            }
            prop_assert_eq!(check_canonical(&mutated).is_ok(), by_definition(&mutated), "{}", String::from_utf8_lossy(&mutated));
        }
    }

    #[test]
    fn the_short_way_for_texts_gives_the_same(text in text()) {
        prop_assert_eq!(canonical_string(&text).ok(), to_canonical(&text).ok());
    }

    #[test]
    fn unnormalised_strings_are_judged_alike(text in text(), name in text()) {
        let json = serde_json::to_string(&json!([text, name])).unwrap();
        prop_assert_eq!(check_canonical(json.as_bytes()).is_ok(), by_definition(json.as_bytes()), "{}", json);
    }
}

#[test]
fn refusals_name_the_byte() {
    for (text, offset) in [
        ("", 0),
        (" 1", 0),
        ("1 ", 1),
        ("[1, 2]", 3),
        ("{\"a\": 1}", 5),
        ("-0", 0),
        ("01", 0),
        ("1.0", 1),
        ("1e3", 1),
        ("-", 0),
        ("9007199254740992", 0),
        ("-9007199254740992", 0),
        ("10000000000000000000000", 0),
        ("{\"b\":1,\"a\":2}", 7),
        ("{\"a\":1,\"a\":2}", 7),
        ("\"\\/\"", 1),
        ("\"\\u000a\"", 1),
        ("\"\\u001F\"", 1),
        ("\"\\u0041\"", 1),
        ("\"e\u{301}\"", 1),
        ("\"abc", 4),
        ("[1,]", 3),
        ("{\"a\":1,}", 7),
        ("[", 1),
        ("nul", 0),
        ("tru", 0),
        ("\"\t\"", 1),
        ("\u{feff}1", 0),
        // U+FB33 is after U+1F600 in UTF-8 order but its UTF-16 surrogate sorts first.
        ("{\"\u{fb00}\":1,\"\u{1f600}\":2}", 9),
    ] {
        match check_canonical(text.as_bytes()) {
            Err(Error::NotCanonical { offset: at, .. }) => assert_eq!(at, offset, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(check_canonical(b"\"\xff\"").is_err());
    for text in [
        "9007199254740991",
        "-9007199254740991",
        "0",
        "-1",
        "{}",
        "[]",
        "\"\\n\u{303}\"",
        "{\"\u{1f600}\":1,\"\u{fb00}\":2}",
        "{\"\":0}",
    ] {
        check_canonical(text.as_bytes()).unwrap();
        assert!(by_definition(text.as_bytes()), "{text}");
    }
}

#[test]
fn values_without_a_canonical_form_are_refused_with_their_place() {
    let mut deep = json!(1);
    for _ in 0..MAX_DEPTH {
        deep = json!([deep]);
    }
    let text = to_canonical(&deep).unwrap();
    check_canonical(text.as_bytes()).unwrap();
    assert!(to_canonical(&json!([deep])).is_err());
    assert!(check_canonical(format!("[{text}]").as_bytes()).is_err());
    for value in [
        json!({"a/b": 0.5}),
        json!({"a/b": 1.0}),
        json!({"a/b": u64::MAX}),
        json!({"a/b": 1u64 << 53}),
        json!({"a/b": "e\u{301}"}),
    ] {
        match to_canonical(&value) {
            Err(Error::NoCanonicalForm { path, .. }) => assert_eq!(path, "/a~1b"),
            other => panic!("{value}: {other:?}"),
        }
    }
}

#[test]
fn published_vectors_of_rfc_8785() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors/rfc8785-jcs/testdata");
    if !folder.exists() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let mut written = 0;
    for entry in std::fs::read_dir(folder.join("input")).unwrap() {
        let entry = entry.unwrap();
        let value: Value = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
        let expected = std::fs::read(folder.join("output").join(entry.file_name())).unwrap();
        match to_canonical(&value) {
            Ok(text) => {
                assert_eq!(text.as_bytes(), expected, "{:?}", entry.file_name());
                check_canonical(&expected).unwrap();
                written += 1;
            }
            // Floats and names that are not NFC are outside the restrictions; 56.0 is written 56.
            Err(Error::NoCanonicalForm { .. }) => {
                assert_eq!(check_canonical(&expected).is_ok(), by_definition(&expected), "{:?}", entry.file_name());
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(written >= 2, "only {written} of the vectors are within the restrictions");
}
