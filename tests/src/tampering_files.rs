//! Owns tamperings with what stands beside a bundle: checkpoints, cosignatures, policies, receipts.
//! Must not: check anything. Next: `tampering.rs`.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, clippy::indexing_slicing, reason = "test support")]

use crate::tamper::{Chance, Parts};
use crate::tampering::{Left, Tampering, Town};
use ed25519_dalek::{Signer as _, SigningKey};
use std::collections::BTreeMap;
use transparency::{Frontier, Hash, Receipt, Tile, TileKind, leaf_hash, tile::push_entry};

/// A witness of the tests: its name, its key, and a signature over checkpoints (C2SP tlog-cosignature).
#[derive(Debug)]
pub struct Cosigner {
    name: String,
    key: SigningKey,
}

impl Cosigner {
    /// A witness from its secret bytes.
    pub fn new(name: &str, seed: [u8; 32]) -> Self {
        Self { name: name.to_owned(), key: SigningKey::from_bytes(&seed) }
    }

    fn id(&self) -> [u8; 4] {
        let Hash([a, b, c, d, ..]) = Hash::of(&[self.name.as_bytes(), b"\n\x04", self.key.verifying_key().as_bytes()]);
        [a, b, c, d]
    }

    /// The verifier key.
    pub fn verifier(&self) -> String {
        let id: String = self.id().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}+{id}+{}", self.name, base64(&[&[4][..], self.key.verifying_key().as_bytes()].concat()))
    }

    /// The signed note with this witness's line at its end.
    pub fn cosign(&self, note: &str, time_s: u64) -> String {
        let text = &note[..=note.rfind("\n\n").unwrap()];
        let signature = self.key.sign(format!("cosignature/v1\ntime {time_s}\n{text}").as_bytes());
        let line = [&self.id()[..], &time_s.to_be_bytes(), &signature.to_bytes()].concat();
        format!("{note}\u{2014} {} {}\n", self.name, base64(&line))
    }
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let joined = (0..3).fold(0_usize, |sum, place| sum << 8 | usize::from(group.get(place).copied().unwrap_or(0)));
        for place in 0..4 {
            let letter = char::from(LETTERS[joined >> (18 - 6 * place) & 63]);
            text.push(if place <= group.len() { letter } else { '=' });
        }
    }
    text
}

/// One tampering with a file beside the bundle.
pub(crate) fn of_files(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    match chance.below(10) {
        8 | 9 => tiles(town, chance),
        0 | 1 => checkpoint(town, chance),
        2 => policy(town, chance),
        3..=5 => receipt(town, chance),
        6 => receipt_of_another(town, chance),
        _ => leaf_of_another(town, chance),
    }
}

/// A letter of a line changed into another one; none when the line is empty.
fn with_letter_changed(text: &str, line: usize, chance: &mut Chance) -> Option<String> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let letters: Vec<(usize, char)> = lines[line].char_indices().collect();
    if letters.is_empty() {
        return None;
    }
    let (at, letter) = letters[chance.below(letters.len())];
    let others: Vec<char> = "Az09+/=. —x7Q".chars().filter(|other| *other != letter).collect();
    let other = others[chance.below(others.len())];
    lines[line].replace_range(at..at + letter.len_utf8(), &other.to_string());
    Some(lines.join("\n"))
}

/// What names a line of a signed note: the line itself, or the key whose signature no longer fits.
fn in_note(line: usize, first: usize) -> Vec<String> {
    let mut places = vec![format!("line={};", line + first)];
    let codes: &[&str] = match line {
        // The text: no signature over it fits any more, or the name isn't the log's.
        1..=3 => &["BAD_SIGNATURE", "NOT_SIGNED"],
        4 => &["BAD_NOTE", "BAD_CHECKPOINT"],
        5 => &["BAD_SIGNATURE", "NOT_SIGNED"],
        _ => &["BAD_SIGNATURE", "NO_QUORUM"],
    };
    places.extend(codes.iter().map(|code| format!("code={code};")));
    places
}

fn checkpoint(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let note = &town.cosigned;
    let lines: Vec<&str> = note.lines().collect();
    let at = chance.below(lines.len());
    let (changed, what, places) = match chance.below(6) {
        0..=2 => {
            (with_letter_changed(note, at, chance)?, format!("a letter of line {} changed", at + 1), in_note(at + 1, 0))
        }
        3 => {
            let left: Vec<&str> =
                (0..).zip(&lines).filter(|(line, _): &(usize, _)| *line != at).map(|(_, text)| *text).collect();
            // What follows moves up by one line.
            let mut places = in_note(at + 1, 0);
            places.extend(["code=BAD_NOTE;", "code=BAD_CHECKPOINT;", "code=NO_QUORUM;"].map(str::to_owned));
            (format!("{}\n", left.join("\n")), format!("line {} missing", at + 1), places)
        }
        4 => {
            // The signatures of the new checkpoint under the text of the old one.
            let old = &town.earlier[..=town.earlier.rfind("\n\n").unwrap()];
            let signatures = &note[note.rfind("\n\n").unwrap() + 1..];
            (
                format!("{old}{signatures}"),
                "an old text under new signatures".to_owned(),
                vec!["code=BAD_SIGNATURE;".to_owned()],
            )
        }
        _ => {
            let length = chance.below(note.len());
            let cut = note.get(..length)?.to_owned();
            let line = cut.matches('\n').count() + 1;
            let mut places = in_note(line, 0);
            places.extend(["code=BAD_NOTE;", "code=NO_QUORUM;", "code=NOT_SIGNED;"].map(str::to_owned));
            (cut, format!("cut off after {length} bytes"), places)
        }
    };
    (changed != *note).then(|| Tampering::new(Left::Checkpoint(changed), format!("checkpoint: {what}"), places))
}

fn policy(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let lines = town.policy.lines().count();
    let at = chance.below(lines);
    let (changed, what) = match chance.below(3) {
        0 | 1 => (with_letter_changed(&town.policy, at, chance)?, format!("a letter of line {} changed", at + 1)),
        _ => {
            let left: Vec<&str> =
                town.policy.lines().enumerate().filter(|(line, _)| *line != at).map(|(_, text)| text).collect();
            (format!("{}\n", left.join("\n")), format!("line {} missing", at + 1))
        }
    };
    // A line that is missing is missed at the end.
    let places = [
        format!("line={};", at + 1),
        format!("line={};", lines),
        format!("line={};", lines + 1),
        "code=NOT_SIGNED;".to_owned(),
    ];
    (changed != town.policy).then(|| Tampering::new(Left::Policy(changed), format!("policy: {what}"), places))
}

fn receipt(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let text = &town.receipts[chance.below(town.receipts.len())];
    let lines: Vec<&str> = text.lines().collect();
    let path = Receipt::parse(text).unwrap().proof.len();
    let (at, empty) = (chance.below(lines.len()), 2 + path);
    // Line numbers from 1; the note begins after the empty line.
    let mut places = match at {
        0 => vec!["line=1;".to_owned()],
        // Position and path don't belong together: which of them was changed, nobody can tell.
        1 => vec!["line=2;".to_owned(), "part=PATH;".to_owned(), "part=BUNDLE;".to_owned()],
        at if at == empty => vec!["part=RECEIPT;".to_owned(), "part=CHECKPOINT;".to_owned()],
        at if at < empty => vec![format!("line={};", at + 1)],
        at => in_note(at - empty, empty + 1),
    };
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n")).into_bytes();
    let mut changed = lines.clone();
    let (bytes, what) = match chance.below(6) {
        0 | 1 => (with_letter_changed(text, at, chance)?.into_bytes(), "a letter changed"),
        2 => {
            let mut bytes = text.clone().into_bytes();
            let start: usize = lines.iter().take(at).map(|line| line.len() + 1).sum();
            *bytes.get_mut(start + chance.below(lines[at].len().max(1)))? ^= 0x80;
            places.push(format!("line={};", at + 1));
            (bytes, "a byte flipped that no longer is a letter")
        }
        3 if at < empty => {
            changed.remove(at);
            // The next line stands in its place.
            places.extend([format!("line={};", at + 1), "line=2;".to_owned()]);
            (joined(&changed), "missing")
        }
        4 if at < empty => {
            changed.insert(at, lines[at]);
            places.extend([format!("line={};", at + 2)]);
            (joined(&changed), "doubled")
        }
        5 if (2..empty).contains(&at) => {
            let other = 2 + chance.below(path);
            changed.swap(at, other);
            places.push(format!("line={};", other.min(at) + 1));
            (joined(&changed), "swapped with another")
        }
        _ => return None,
    };
    let what = format!("receipt, line {} of {}: {what}", at + 1, lines.len());
    (bytes != text.as_bytes()).then(|| Tampering::new(Left::Receipt(bytes), what, places))
}

/// The receipt of another campaign's log, alone or with the right checkpoint under its path.
fn receipt_of_another(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let other = &town.other[chance.below(town.other.len())];
    if chance.below(2) == 0 {
        let places = ["code=NOT_SIGNED;", "code=RECEIPT_OF_OTHER_LOG;"];
        return Some(Tampering::new(Left::Receipt(other.clone().into_bytes()), "another campaign's receipt", places));
    }
    let mut mixed = Receipt::parse(other).unwrap();
    mixed.checkpoint = Receipt::parse(&town.receipts[0]).unwrap().checkpoint;
    let places = ["part=PATH;", "part=BUNDLE;", "line=2;"];
    Some(Tampering::new(Left::Receipt(mixed.to_text().into_bytes()), "another campaign's path", places))
}

/// A receipt that is held against another event, or against one that was changed.
fn leaf_of_another(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let text = &town.receipts[chance.below(town.receipts.len())];
    let right = usize::try_from(Receipt::parse(text).unwrap().index).unwrap();
    let lines = Parts::read(&town.bundle).lines;
    let leaf = |place: usize| lines[place].split('\t').next().unwrap().to_owned();
    let other = chance.below(lines.len());
    if other != right {
        let made = Left::ReceiptOfLeaf(text.clone(), leaf(other));
        return Some(Tampering::new(made, "another event's receipt", ["code=RECEIPT_OF_OTHER_LEAF;"]));
    }
    let changed = crate::tamper::with_digit_changed(&leaf(right), chance);
    let same = leaf_hash(changed.as_bytes()) == leaf_hash(leaf(right).as_bytes());
    // A changed leaf is no longer canonical, of another place, or leads to another root.
    let places = ["part=LEAF;", "part=PATH;"];
    (!same).then(|| Tampering::new(Left::ReceiptOfLeaf(text.clone(), changed), "a changed event", places))
}

/// A log as tiles (C2SP tlog-tiles): those of its size, with the checkpoint.
pub fn as_tiles(leaves: &[String], checkpoint: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::from([("checkpoint".to_owned(), checkpoint.as_bytes().to_vec())]);
    let named = |kind, index: usize, width: usize| {
        let (index, width) = (u64::try_from(index).unwrap(), u16::try_from(width).unwrap());
        Tile { kind, index, width }.to_string()
    };
    for (index, part) in leaves.chunks(256).enumerate() {
        let mut entries = Vec::new();
        part.iter().for_each(|leaf| push_entry(&mut entries, leaf).unwrap());
        files.insert(named(TileKind::Entries, index, part.len()), entries);
    }
    let (mut tree, mut levels) = (Frontier::new(), BTreeMap::<u8, Vec<Hash>>::new());
    for leaf in leaves {
        tree.push_each(leaf_hash(leaf.as_bytes()), |level, _, hash| {
            if level % 8 == 0 {
                levels.entry(level / 8).or_default().push(hash);
            }
        });
    }
    for (level, hashes) in levels {
        for (index, part) in hashes.chunks(256).enumerate() {
            let bytes = part.iter().flat_map(|hash| hash.0).collect();
            files.insert(named(TileKind::Hashes(level), index, part.len()), bytes);
        }
    }
    files
}

fn tiles(town: &Town, chance: &mut Chance) -> Option<Tampering> {
    let names: Vec<&String> = town.tiles.keys().filter(|name| *name != "checkpoint").collect();
    let (name, other) = (names[chance.below(names.len())], names[chance.below(names.len())]);
    let mut bytes = town.tiles[name].clone();
    let length = bytes.len();
    let mut places = vec![format!("file={name};")];
    let (files, what) = match chance.below(7) {
        0..=2 => {
            bytes[chance.below(length)] ^= u8::try_from(1 + chance.below(255)).unwrap();
            (vec![(name.clone(), Some(bytes))], format!("a byte of {name} flipped"))
        }
        3 => {
            bytes.truncate(chance.below(length));
            (vec![(name.clone(), Some(bytes))], format!("{name} cut off"))
        }
        4 => (vec![(name.clone(), None)], format!("{name} missing")),
        5 if name != other => {
            places.push(format!("file={other};"));
            let files = [(name, other), (other, name)];
            let swapped = files.map(|(place, from)| (place.clone(), Some(town.tiles[from].clone())));
            (swapped.to_vec(), format!("{name} and {other} swapped"))
        }
        6 => {
            places = vec!["file=checkpoint;".to_owned(), "file=tile/".to_owned()];
            let old = town.earlier.clone().into_bytes();
            (vec![("checkpoint".to_owned(), Some(old))], "an old checkpoint with the tiles of now".to_owned())
        }
        _ => return None,
    };
    Some(Tampering::new(Left::Tiles(files), format!("tiles: {what}"), places))
}
