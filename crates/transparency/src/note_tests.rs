//! Published notes and keys, and what has a second spelling or a changed byte.

use super::*;
use serde_json::Value;

/// From the C2SP specification of signed notes.
const C2SP_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const C2SP_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn signer(name: &str, byte: u8) -> Signer {
    Signer::from_seed(name, [byte; 32]).unwrap()
}

#[test]
fn opens_the_published_example() {
    let key = Verifier::parse(C2SP_KEY).unwrap();
    assert_eq!(key.to_string(), C2SP_KEY);
    let opened = open_note(C2SP_NOTE, std::slice::from_ref(&key)).unwrap();
    assert_eq!(opened.text, "This is an example message.\n");
    assert!(opened.has(&key) && opened.unused == 0);
    assert_eq!(opened.signed_by[0].name, "example.com/foo");
}

#[test]
fn signs_what_it_opens() {
    let (a, b) = (signer("ville.example/2026", 1), signer("other.example", 2));
    let note = sign_note("one\n\ntwo\n", &a).unwrap();
    let opened = open_note(&note, &[b.verifier().clone(), a.verifier().clone()]).unwrap();
    assert_eq!((opened.text.as_str(), opened.unused), ("one\n\ntwo\n", 0));
    assert_eq!(open_note(&note, &[b.verifier().clone()]).unwrap_err().code(), "NOT_SIGNED");
    let again = sign_note("one\n\ntwo\n", &b).unwrap();
    let both = format!("{note}{}", &again[again.find('\u{2014}').unwrap()..]);
    assert_eq!(open_note(&both, &[a.verifier().clone()]).unwrap().unused, 1);
    assert_eq!(open_note(&both, &[a.verifier().clone(), b.verifier().clone()]).unwrap().signed_by.len(), 2);
    let twice = format!("{note}{}", &note[note.find('\u{2014}').unwrap()..]);
    let opened = open_note(&twice, &[a.verifier().clone()]).unwrap();
    assert_eq!((opened.signed_by.len(), opened.unused), (1, 1));
    assert!(!format!("{a:?}").contains("key"));
}

#[test]
fn texts_that_a_note_cannot_hold_are_not_signed() {
    for text in ["", "no newline", "tab\t\n", "nul\0\n", "cr\r\n"] {
        assert_eq!(sign_note(text, &signer("a", 1)).unwrap_err().code(), "BAD_NOTE", "{text:?}");
    }
    for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb"] {
        assert_eq!(Signer::from_seed(name, [1; 32]).unwrap_err().code(), "BAD_KEY", "{name:?}");
    }
}

#[test]
fn every_changed_bit_is_refused() {
    let key = [Verifier::parse(C2SP_KEY).unwrap()];
    for at in 0..C2SP_NOTE.len() {
        for bit in 0..8 {
            let mut changed = C2SP_NOTE.as_bytes().to_vec();
            changed[at] ^= 1 << bit;
            // What is no longer UTF-8 cannot be offered as a text at all.
            if let Ok(changed) = std::str::from_utf8(&changed) {
                assert!(open_note(changed, &key).is_err(), "byte {at}, bit {bit}: {changed}");
            }
        }
    }
    for end in 0..C2SP_NOTE.len() {
        if let Some(cut) = C2SP_NOTE.get(..end) {
            assert!(open_note(cut, &key).is_err(), "cut at {end}");
        }
    }
    for wrong in [
        format!("{C2SP_NOTE}\n"),
        format!("{C2SP_NOTE} "),
        format!("\n{C2SP_NOTE}"),
        C2SP_NOTE.replace("foo Uw", "foo  Uw"),
        C2SP_NOTE.replace("QM=", "QM"),
        C2SP_NOTE.replace("QM=", "QN="),
        C2SP_NOTE.replace('\n', "\r\n"),
        C2SP_NOTE.replace('\u{2014}', "-"),
    ] {
        assert!(open_note(&wrong, &key).is_err(), "{wrong}");
    }
    let many = format!("t\n\n{}", "\u{2014} a AAAAAAA=\n".repeat(65));
    assert_eq!(open_note(&many, &key).unwrap_err().code(), "BAD_NOTE");
}

#[test]
fn every_part_and_every_increment_of_a_key_is_refused() {
    for start in 0..C2SP_KEY.len() {
        for end in start..=C2SP_KEY.len() {
            if end - start < C2SP_KEY.len() {
                assert!(Verifier::parse(&C2SP_KEY[start..end]).is_err(), "{start}..{end}");
            }
        }
        let mut changed = C2SP_KEY.as_bytes().to_vec();
        changed[start] += 1;
        assert!(Verifier::parse(std::str::from_utf8(&changed).unwrap()).is_err(), "{start}");
    }
    // The neutral point: every signature of a certain form would fit it.
    let weak = Verifier::new("a", Kind::Note, &{
        let mut point = [0; 32];
        point[0] = 1;
        point
    });
    assert!(weak.is_err());
}

fn examples(path: &str) -> Option<Value> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors").join(path);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn published_keys_and_notes() {
    let Some(examples) = examples("c2sp-examples/examples.json") else { return };
    let example = &examples["signed_note_example"];
    let key = Verifier::parse(example["vkey"].as_str().unwrap()).unwrap();
    open_note(example["note"].as_str().unwrap(), &[key]).unwrap();
    let go = &examples["go_note"];
    let text = go["vkey"].as_str().unwrap();
    assert_eq!(Verifier::parse(text).unwrap().to_string(), text);
    for bad in go["bad_vkeys"].as_array().unwrap() {
        assert!(Verifier::parse(bad.as_str().unwrap()).is_err(), "{bad}");
    }
    let secret = go["skey"].as_str().unwrap().splitn(5, '+').last().unwrap();
    let secret = STANDARD.decode(secret).unwrap();
    let signer = Signer::from_seed("PeterNeumann", secret[1..].try_into().unwrap()).unwrap();
    assert_eq!(signer.verifier().to_string(), text);
}

#[test]
fn published_cosignatures() {
    let Some(vectors) = examples("cosignature-v1/aics-witness-on-tessera.json") else { return };
    for vector in vectors.as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let witness = Verifier::parse(text("witness_vkey")).unwrap();
        assert!(witness.is_witness());
        assert_eq!(witness.to_string(), text("witness_vkey"));
        let note = format!("{}{}\n", text("checkpoint"), text("cosignature_line"));
        let opened = open_note(&note, std::slice::from_ref(&witness)).unwrap();
        assert_eq!(opened.signed_by[0].time_s, vector["timestamp"].as_u64());
        assert_eq!(opened.unused, 1);
        let changed = note.replacen("testdata\n", "testdata2\n", 1);
        assert_eq!(open_note(&changed, std::slice::from_ref(&witness)).unwrap_err().code(), "BAD_SIGNATURE");
        // Among the lines of others, as a witness may answer them.
        let (text, line) = (text("checkpoint"), format!("{}\n", text("cosignature_line")));
        let other = sign_note("other\n", &signer("other.example", 3)).unwrap();
        let other = &other[other.find('\u{2014}').unwrap()..];
        assert_eq!(line_by(text, &format!("{other}{line}{other}"), &witness).unwrap(), line);
        assert_eq!(line_by(text, other, &witness).unwrap_err().code(), "NOT_SIGNED");
        assert_eq!(line_by(text, "", &witness).unwrap_err().code(), "NOT_SIGNED");
        assert_eq!(line_by(text, "frog\n", &witness).unwrap_err().code(), "BAD_NOTE");
        assert_eq!(line_by(text, line.trim_end(), &witness).unwrap_err().code(), "BAD_NOTE");
        assert_eq!(line_by(&changed, &line, &witness).unwrap_err().code(), "BAD_SIGNATURE");
    }
}
