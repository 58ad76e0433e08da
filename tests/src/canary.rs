//! Words that give away where they came from, and the search for them in whatever a server leaves behind.
//!
//! Owns how a canary is written and found: in plain bytes, inside zstd frames, inside zip archives. Must
//! not: know where a canary may be found and where not. Next: `tests/canaries.rs`, which does.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "test support: what it can't read fails the test")]

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// What every canary begins with.
const BEGINS: &[u8] = b"kanari";
/// What a zstd frame begins with (RFC 8878, section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The longest content of a frame that is looked into, in bytes.
const MOST: u64 = 1 << 28;

/// The word that a person types into a field; `field` in small letters. What follows it must not be one.
pub fn canary(who: usize, field: &str) -> String {
    format!("kanari{who:03}{field}")
}

/// Canaries that were found: whose, and of which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found(pub BTreeSet<(usize, String)>);

impl Found {
    /// What stands in these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut found = Self::default();
        found.search(bytes);
        found
    }

    /// What stands in the files of a folder and of those in it, except in these folders.
    ///
    /// # Panics
    /// When the folder can't be read. A file that is gone before it is read holds nothing.
    pub fn below(folder: &Path, except: &[&str]) -> Self {
        let mut found = Self::default();
        found.walk(folder, except);
        found
    }

    fn walk(&mut self, folder: &Path, except: &[&str]) {
        for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                let left_out = path.file_name().is_some_and(|name| except.iter().any(|one| name == *one));
                if !left_out {
                    self.walk(&path, except);
                }
            } else if path.is_file() {
                self.words(path.as_os_str().as_encoded_bytes());
                self.search(&std::fs::read(&path).unwrap_or_default());
            }
        }
    }

    fn search(&mut self, bytes: &[u8]) {
        self.words(bytes);
        for start in places(bytes, &ZSTD) {
            let content = zstd::Decoder::new(&bytes[start..]).map(|decoder| decoder.single_frame());
            let mut plain = Vec::new();
            // A page that happens to have these four bytes ends soon; what came out of it is looked at.
            if let Ok(decoder) = content {
                let _ = decoder.take(MOST).read_to_end(&mut plain);
            }
            self.words(&plain);
        }
        if let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) {
            for index in 0..archive.len() {
                let mut entry = Vec::new();
                archive.by_index(index).unwrap().read_to_end(&mut entry).unwrap();
                self.search(&entry);
            }
        }
    }

    fn words(&mut self, bytes: &[u8]) {
        for start in places(bytes, BEGINS) {
            let rest = &bytes[start + BEGINS.len()..];
            let digits = rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
            let letters = rest.iter().skip(3).take_while(|byte| byte.is_ascii_lowercase()).count();
            let word = String::from_utf8_lossy(&rest[..(3 + letters).min(rest.len())]).into_owned();
            if digits == 3 {
                self.0.insert((word[..3].parse().unwrap(), word[3..].to_owned()));
            }
        }
    }
}

/// Where a word begins in these bytes.
fn places<'a>(bytes: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let first = word[0];
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
            from = at + 1;
            if bytes[at..].starts_with(word) {
                return Some(at);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    #[test]
    fn a_canary_is_found_however_it_is_wrapped() {
        let plain = format!("x{}.y {}@example.org", canary(7, "title"), canary(199, "mail")).repeat(40);
        let expected = Found([(7, "title".to_owned()), (199, "mail".to_owned())].into());
        assert_eq!(Found::of(plain.as_bytes()), expected);
        let frame = [b"page".as_slice(), &zstd::encode_all(plain.as_bytes(), 3).unwrap(), b"page"].concat();
        assert!(frame.len() < plain.len() / 4, "nothing is compressed");
        assert_eq!(Found::of(&frame), expected);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("events", SimpleFileOptions::default()).unwrap();
        archive.write_all(&frame).unwrap();
        assert_eq!(Found::of(&archive.finish().unwrap().into_inner()), expected);
        assert_eq!(Found::of(b"kanari12 kanari kanariabc"), Found::default());
    }
}
