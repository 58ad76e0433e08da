//! The leaf's text against its definition, and what a reader must refuse.

use super::*;
use crate::disclosed::{MAX_DISCLOSED_BYTES, parse_disclosed};
use proptest::prelude::*;
use serde_json::json;

const ORIGIN: Origin<'_> =
    Origin { actor_id: "a-1", actor_role: "citizen", at: "2026-03-01T09:30:00Z", command_id: "c-1" };

fn nonces() -> impl FnMut() -> [u8; 32] {
    let mut next = 0;
    move || {
        next += 1;
        [next; 32]
    }
}

fn draft(data: Value) -> Draft {
    Draft::new(ORIGIN, "proposal/p-1", "ProposalDeposited", 1, data, &mut nonces()).unwrap()
}

fn example() -> Draft {
    draft(json!({"title": {"$hidden": "Un banc"}, "cost": 500_000, "body": {"$hidden": "À l'ombre \"ici\"\n"}}))
}

/// The leaf as a value, for the comparison with the generic canonical writer.
fn as_value(draft: &Draft, log: &str, position: u64, sequence: u64) -> Value {
    let hidden: BTreeMap<String, Hash> =
        draft.hidden.iter().map(|h| (h.path.clone(), commit(&h.path, position, &h.value, &h.nonce).unwrap())).collect();
    json!({
        "actor": {"id": draft.actor_id, "role": draft.actor_role}, "at": draft.at, "command_id": draft.command_id,
        "data": serde_json::from_str::<Value>(&draft.data).unwrap(), "hidden": hidden, "log": log, "position": position,
        "sequence": sequence, "stream": draft.stream, "type": draft.event_type, "version": draft.version,
    })
}

#[test]
fn seals_the_canonical_text_of_the_same_value() {
    for draft in [example(), draft(json!({})), draft(json!({"a~/b": {"$hidden": {"x": [1, null]}}, "ünï": "\u{1}"}))]
    {
        let leaf = draft.seal("ville.example/2026", 12, 1).unwrap();
        assert_eq!(leaf, to_canonical(&as_value(&draft, "ville.example/2026", 12, 1)).unwrap());
    }
    let none = draft(json!({})).seal("l", 0, 1).unwrap();
    assert!(none.contains(r#""hidden":{},"#), "{none}");
}

proptest! {
    #[test]
    fn seals_any_text_canonically(id in "\\PC{0,12}", title in "\\PC{0,12}", name in "[a-z~/\"\\\\é]{1,4}", position in 0u64..1 << 53) {
        let nfc = |t: &str| unicode_normalization::UnicodeNormalization::nfc(t).collect::<String>();
        let mut draft = draft(json!({(nfc(&name)): {"$hidden": nfc(&title)}, "kept": nfc(&title)}));
        draft.actor_id = nfc(&id);
        let leaf = draft.seal("l", position, 1).unwrap();
        prop_assert_eq!(&leaf, &to_canonical(&as_value(&draft, "l", position, 1)).unwrap());
        let parsed = Leaf::parse(&leaf).unwrap();
        prop_assert_eq!(parsed.check_disclosed(&draft.hidden).unwrap(), 0);
        prop_assert_eq!(parsed.data_with(&draft.hidden).unwrap(), json!({(nfc(&name)): {"$hidden": nfc(&title)}, "kept": nfc(&title)}));
    }
}

#[test]
fn reads_what_was_sealed() {
    let draft = example();
    let text = draft.seal("ville.example/2026", 12, 3).unwrap();
    let leaf = Leaf::parse(&text).unwrap();
    assert_eq!((leaf.actor.id.as_ref(), leaf.actor.role.as_ref()), ("a-1", "citizen"));
    assert_eq!((leaf.position, leaf.sequence, leaf.version), (12, 3, 1));
    assert_eq!((leaf.stream.as_ref(), leaf.event_type.as_ref()), ("proposal/p-1", "ProposalDeposited"));
    assert_eq!((leaf.log.as_ref(), leaf.at.as_ref()), ("ville.example/2026", "2026-03-01T09:30:00Z"));
    assert_eq!(leaf.data.get(), r#"{"cost":500000}"#);
    assert_eq!(leaf.hidden.len(), 2);
    assert!(!text.contains("banc"));
}

#[test]
fn disclosed_values_are_checked_and_redacted_ones_counted() {
    let draft = example();
    let text = draft.seal("l", 12, 1).unwrap();
    let leaf = Leaf::parse(&text).unwrap();
    assert_eq!(leaf.check_disclosed(&draft.hidden).unwrap(), 0);
    assert_eq!(leaf.check_disclosed(&draft.hidden[1..]).unwrap(), 1);
    assert_eq!(leaf.check_disclosed(&[]).unwrap(), 2);
    let redacted = json!({"body": {}, "cost": 500_000, "title": {"$hidden": "Un banc"}});
    assert_eq!(leaf.data_with(&draft.hidden[1..]).unwrap(), redacted);

    let mut changed = draft.hidden.clone();
    changed[1].value = json!("Un arbre");
    let error = leaf.check_disclosed(&changed).unwrap_err();
    assert_eq!(error.code(), "COMMITMENT_MISMATCH");
    assert!(error.to_string().contains("position 12") && error.to_string().contains("/data/title"), "{error}");
    let mut changed = draft.hidden.clone();
    changed[0].nonce[5] ^= 1;
    assert_eq!(leaf.check_disclosed(&changed).unwrap_err().code(), "COMMITMENT_MISMATCH");
    let mut unknown = draft.hidden.clone();
    unknown[0].path = "/data/other".into();
    assert_eq!(leaf.check_disclosed(&unknown).unwrap_err().code(), "NOT_COMMITTED");
    assert_eq!(leaf.data_with(&unknown).unwrap_err().code(), "NOT_COMMITTED");
    let twice = [draft.hidden.clone(), draft.hidden.clone()].concat();
    assert_eq!(leaf.check_disclosed(&twice).unwrap_err().code(), "NOT_COMMITTED");
    // The same values at another position do not fit: an event cannot be moved.
    let moved = draft.seal("l", 13, 1).unwrap();
    assert_eq!(Leaf::parse(&moved).unwrap().hidden.keys().count(), 2);
    assert_ne!(Leaf::parse(&moved).unwrap().hidden, leaf.hidden);
}

#[test]
fn refuses_what_could_not_have_been_sealed() {
    let text = example().seal("l", 12, 1).unwrap();
    for (from, to, code) in [
        ("\"position\":12", "\"position\":12.0", "NOT_CANONICAL"),
        ("\"position\":12", "\"position\": 12", "NOT_CANONICAL"),
        ("\"log\":\"l\",", "", "LEAF_MALFORMED"),
        ("\"log\":\"l\",", "\"log\":\"l\",\"more\":1,", "LEAF_MALFORMED"),
        ("\"position\":12", "\"position\":-1", "LEAF_MALFORMED"),
        ("\"version\":1", "\"version\":4294967296", "LEAF_MALFORMED"),
        ("09:30:00Z", "09:30:00+00:00", "LEAF_MALFORMED"),
        ("/data/title", "/log/title", "LEAF_MALFORMED"),
        ("{\"cost\":500000}", "{\"cost\":{\"$hidden\":1}}", "LEAF_MALFORMED"),
        ("\"citizen\"", "\"citizen\",\"since\":1", "LEAF_MALFORMED"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(Leaf::parse(&changed).unwrap_err().code(), code, "{to}");
    }
    let harmless = draft(json!({"a": "\"$hidden\":1"})).seal("l", 1, 1).unwrap();
    Leaf::parse(&harmless).unwrap();
    assert_eq!(Leaf::parse(&"x".repeat(MAX_LEAF_BYTES + 1)).unwrap_err().code(), "LEAF_TOO_LONG");
}

#[test]
fn refuses_drafts_without_a_canonical_leaf() {
    let seal = |change: &dyn Fn(&mut Draft)| {
        let mut draft = example();
        change(&mut draft);
        draft.seal("l", 1, 1).map_err(|error| error.code())
    };
    assert!(seal(&|_| {}).is_ok());
    assert_eq!(seal(&|d| d.data = "{\"b\": 1}".into()), Err("NOT_CANONICAL"));
    assert_eq!(seal(&|d| d.actor_id = "e\u{301}".into()), Err("NOT_CANONICAL"));
    assert_eq!(seal(&|d| d.hidden.push(d.hidden[0].clone())), Err("NOT_CANONICAL"));
    assert_eq!(seal(&|d| d.data = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000))), Err("LEAF_TOO_LONG"));
    assert_eq!(example().seal("l", 1 << 53, 1).unwrap_err().code(), "NO_CANONICAL_FORM");
    assert_eq!(draft(json!({})).seal("l", 1, 1 << 53).unwrap_err().code(), "NOT_CANONICAL");
    for at in [
        "",
        "2026-03-01",
        "2026-03-01T09:30:00",
        "2026-03-01 09:30:00Z",
        "2026-03-01t09:30:00z",
        "2026-13-01T09:30:00Z",
        "2026-03-01T24:30:00Z",
        "2026-03-01T09:30:60Z",
        "2026-03-01T09:30:00.Z",
        "2026-03-01T09:30:00,1Z",
        "2026-03-01T09:30:00ZZ",
        "é026-03-01T09:30:00Z",
        "2026-03-01T09:30:00.1234567890Z",
    ] {
        assert_eq!(seal(&|d| d.at = at.into()), Err("LEAF_MALFORMED"), "{at}");
    }
    for at in ["2026-03-01T09:30:00.5Z", "2026-12-31T23:59:59.123456789Z"] {
        assert!(seal(&|d| d.at = at.into()).is_ok(), "{at}");
    }
    let long = json!({"text": {"$hidden": "x".repeat(MAX_DISCLOSED_BYTES)}});
    let error = Draft::new(ORIGIN, "s/1", "T", 1, long, &mut nonces()).unwrap_err();
    assert_eq!(error.code(), "DISCLOSED_TOO_LONG");
}

#[test]
fn disclosed_text_has_one_form() {
    let mut values = example().hidden;
    let text = disclosed_text(&values).unwrap();
    assert!(text.starts_with(r#"[{"nonce":"0101"#), "{text}");
    assert_eq!(parse_disclosed(&text).unwrap(), values);
    assert_eq!(disclosed_text(&[]).unwrap(), "");
    assert_eq!(parse_disclosed("").unwrap(), []);
    values.reverse();
    assert_eq!(disclosed_text(&values).unwrap(), text);
    let reversed = to_canonical(&values).unwrap();
    let twice = to_canonical(&[&values[0], &values[0]]).unwrap();
    for wrong in [
        "[]",
        " ",
        "{}",
        "[1]",
        &reversed,
        &twice,
        &text.replace("0101", "010"),
        &text.replace(":", ": "),
        &text.replace("\"path\"", "\"patH\""),
    ] {
        assert!(parse_disclosed(wrong).is_err(), "{wrong}");
    }
}
