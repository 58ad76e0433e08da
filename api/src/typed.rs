//! Text that people typed, in the one form the log keeps: Unicode NFC.
//!
//! Keyboards and systems write `é` in two ways; the log takes one, so that equal texts have equal
//! bytes (log format: strings are NFC). Whatever comes in passes here first.

use serde_json::Value;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The text in NFC.
pub fn nfc(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

/// The value with all its texts in NFC; names of members stay as they are.
pub fn nfc_in(value: &mut Value) {
    match value {
        Value::String(text) => *text = nfc(std::mem::take(text)),
        Value::Array(items) => items.iter_mut().for_each(nfc_in),
        Value::Object(members) => members.values_mut().for_each(nfc_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn two_ways_to_write_a_letter_become_one() {
        let mut typed = json!({"title": "E\u{301}cole", "tags": ["de\u{301}jà"]});
        nfc_in(&mut typed);
        assert_eq!(typed, json!({"title": "École", "tags": ["déjà"]}));
    }
}
