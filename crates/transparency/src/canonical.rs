//! Owns: the one byte form of JSON that the log holds: RFC 8785 (JCS) with the Parvis restrictions.
//! Must not: know what the JSON says.
//! Next: `leaf.rs`, and docs/formats/log.md §1.
//!
//! Restrictions: integers only, within ±(2^53 - 1); strings and member names in Unicode NFC; at
//! most 64 levels. They remove what independent implementations disagree about: the text of
//! floats, and letters that look the same and compare different.

use crate::error::Error;
use serde::Serialize;
use serde_json::Value;
use std::cmp::Ordering;
use unicode_normalization::is_nfc;

/// The largest integer, 2^53 - 1 (RFC 8785 §3.2.2.3, RFC 7493 §2.2).
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// The deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 64;

/// The canonical text of a value.
///
/// # Errors
/// [`Error::NoCanonicalForm`] for a float, an integer beyond ±(2^53 - 1), a string or name that is
/// not NFC, more than 64 levels, or a type that JSON cannot hold.
pub fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let value = serde_json::to_value(value).map_err(|error| no_form(String::new(), error.to_string()))?;
    restrict(&value, &mut Vec::new())?;
    serde_json_canonicalizer::to_string(&value).map_err(|error| no_form(String::new(), error.to_string()))
}

/// [`to_canonical`] for a text. serde_json escapes strings as RFC 8785 §3.2.2.2 does.
pub(crate) fn canonical_string(text: &str) -> Result<String, Error> {
    if !is_nfc(text) {
        return Err(no_form(String::new(), NOT_NFC.to_owned()));
    }
    serde_json::to_string(text).map_err(|error| no_form(String::new(), error.to_string()))
}

const NOT_NFC: &str = "the text is not in Unicode NFC; normalise it first";

fn restrict<'a>(value: &'a Value, path: &mut Vec<&'a str>) -> Result<(), Error> {
    let refuse = |path: &[&str], why: &str| {
        let pointer = path.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect();
        Err(no_form(pointer, why.to_owned()))
    };
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => match number.as_i64() {
            Some(integer) if (-MAX_INTEGER..=MAX_INTEGER).contains(&integer) => Ok(()),
            Some(_) => refuse(path, "the integer is beyond 2^53 - 1; write it as a string"),
            None => refuse(path, "only integers within 2^53 - 1; write fractions in a smaller unit"),
        },
        Value::String(text) if is_nfc(text) => Ok(()),
        Value::String(_) => refuse(path, NOT_NFC),
        Value::Array(_) | Value::Object(_) if path.len() >= MAX_DEPTH => refuse(path, "nested deeper than 64 levels"),
        Value::Array(items) => items.iter().try_for_each(|item| {
            path.push("-");
            restrict(item, path)?;
            path.pop();
            Ok(())
        }),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            path.push(name);
            if !is_nfc(name) {
                return refuse(path, "the member's name is not in Unicode NFC");
            }
            restrict(member, path)?;
            path.pop();
            Ok(())
        }),
    }
}

fn no_form(path: String, why: String) -> Error {
    Error::NoCanonicalForm { path, why }
}

/// Accepts exactly the bytes that [`to_canonical`] can write, in one pass.
///
/// # Errors
/// [`Error::NotCanonical`] with the offset of the first byte that cannot stand there.
pub fn check_canonical(bytes: &[u8]) -> Result<(), Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::NotCanonical { offset: error.valid_up_to(), why: "not UTF-8" })?;
    let mut scan = Scan { text, at: 0 };
    scan.value(0)?;
    if scan.at < bytes.len() { scan.fail("nothing may follow the value") } else { Ok(()) }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// A member name as written, without its quotes.
#[derive(Clone, Copy)]
struct Name<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Scan<'a> {
    fn fail<T>(&self, why: &'static str) -> Result<T, Error> {
        Err(Error::NotCanonical { offset: self.at, why })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8, why: &'static str) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return self.fail(why);
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), Error> {
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.fail("a value must stand here, without white space"),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if !self.text[self.at..].starts_with(word) {
            return self.fail("only true, false and null are written without quotes");
        }
        self.at += word.len();
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), Error> {
        self.enter(depth)?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut previous: Option<Name<'a>> = None;
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.fail("a member name must stand here, without white space");
            }
            let name = self.string()?;
            if previous.is_some_and(|previous| compare(previous, name) != Ordering::Less) {
                self.at = start;
                return self.fail("member names must ascend by UTF-16 code units, each once");
            }
            previous = Some(name);
            self.take(b':', "`:` must follow the member name, without white space")?;
            self.value(depth)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break self.at += 1,
                _ => return self.fail("`,` or `}` must follow the member, without white space"),
            }
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), Error> {
        self.enter(depth)?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break self.at += 1,
                _ => return self.fail("`,` or `]` must follow the element, without white space"),
            }
        }
        Ok(())
    }

    fn enter(&mut self, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return self.fail("nested deeper than 64 levels");
        }
        self.at += 1;
        Ok(())
    }

    fn integer(&mut self) -> Result<(), Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = &self.text[first..self.at];
        let why = match digits.as_bytes() {
            [b'0'] if first == start => return Ok(()),
            [b'0', ..] => "an integer has no leading zero and zero has no sign",
            [] => "digits must follow the sign",
            // More than 16 digits are beyond 2^53 - 1, so that the parse below cannot overflow.
            _ if digits.len() <= 16 && digits.parse().is_ok_and(|integer: i64| integer <= MAX_INTEGER) => return Ok(()),
            _ => "the integer is beyond 2^53 - 1",
        };
        self.at = start;
        self.fail(why)
    }

    fn string(&mut self) -> Result<Name<'a>, Error> {
        self.at += 1;
        let start = self.at;
        let (mut run, mut ascii, mut escaped) = (start, true, false);
        loop {
            match self.peek() {
                None => return self.fail("the text ends inside a string"),
                Some(b'"') => break,
                Some(b'\\') => {
                    self.normal(run, ascii)?;
                    self.escape()?;
                    (run, ascii, escaped) = (self.at, true, true);
                }
                Some(0..0x20) => return self.fail("a control character must be escaped"),
                Some(byte) => {
                    ascii &= byte.is_ascii();
                    self.at += 1;
                }
            }
        }
        self.normal(run, ascii)?;
        let raw = &self.text[start..self.at];
        self.at += 1;
        Ok(Name { raw, escaped })
    }

    /// Checks NFC between two escapes. Escapes stand for `"`, `\` and control characters, none of
    /// which combines with a following mark, so the whole is NFC when each run is (UAX #15 §1.2).
    fn normal(&mut self, run: usize, ascii: bool) -> Result<(), Error> {
        if ascii || is_nfc(&self.text[run..self.at]) {
            return Ok(());
        }
        self.at = run;
        self.fail("the text from here is not in Unicode NFC")
    }

    /// The escapes of RFC 8785 §3.2.2.2: the short ones where they exist, else `\u00` and two
    /// lower-case digits, and only for control characters.
    fn escape(&mut self) -> Result<(), Error> {
        let rest = &self.text.as_bytes()[self.at + 1..];
        self.at += match rest {
            [b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..] => 6,
            [b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => 6,
            _ => return self.fail("this escape is not the shortest one, or not needed"),
        };
        Ok(())
    }
}

/// By UTF-16 code units of the unescaped names (RFC 8785 §3.2.3).
fn compare(a: Name<'_>, b: Name<'_>) -> Ordering {
    if !a.escaped && !b.escaped {
        if a.raw.is_ascii() && b.raw.is_ascii() {
            return a.raw.as_bytes().cmp(b.raw.as_bytes());
        }
        return a.raw.encode_utf16().cmp(b.raw.encode_utf16());
    }
    a.unescaped().encode_utf16().cmp(b.unescaped().encode_utf16())
}

impl Name<'_> {
    fn unescaped(&self) -> String {
        // The scan has accepted every escape, so this is always a JSON string.
        serde_json::from_str(&format!("\"{}\"", self.raw)).unwrap_or_default()
    }
}

#[cfg(test)]
#[path = "canonical_tests.rs"]
mod tests;
