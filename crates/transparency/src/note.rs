//! Owns: C2SP signed notes (<https://c2sp.org/signed-note>), Ed25519 and witness cosignatures.
//! Must not: know what a note says; decide whom to trust (see `policy.rs`).
//! Next: `checkpoint.rs`, docs/formats/log.md §6.

use crate::error::Error;
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The most signature lines a note may have; C2SP asks for at least 16.
const MAX_SIGNATURES: usize = 64;

/// How a key signs, by its signature type byte in C2SP signed-note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// 0x01: Ed25519 over the text.
    Note,
    /// 0x04: Ed25519 over a time and the text, by a witness (<https://c2sp.org/tlog-cosignature>).
    Cosignature,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Cosignature => 4,
        }
    }
}

/// A public key with its name, written `name+id+base64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    kind: Kind,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads a verifier key. There is one spelling for each key.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::BadKey("three parts are separated by `+`"));
        };
        check_name(name)?;
        let key = STANDARD.decode(key).map_err(|_| Error::BadKey("the key is not base64"))?;
        let (kind, key) = match key.split_first() {
            Some((1, key)) => (Kind::Note, key),
            Some((4, key)) => (Kind::Cosignature, key),
            _ => return Err(Error::BadKey("only Ed25519 keys (0x01) and cosignature keys (0x04) are known")),
        };
        let key: [u8; 32] = key.try_into().map_err(|_| Error::BadKey("an Ed25519 key has 32 bytes"))?;
        let verifier = Self::new(name, kind, &key)?;
        if hex::encode(verifier.id) != id {
            return Err(Error::BadKey("the id does not belong to the name and key"));
        }
        Ok(verifier)
    }

    fn new(name: &str, kind: Kind, key: &[u8; 32]) -> Result<Self, Error> {
        check_name(name)?;
        let digest = Sha256::new().chain_update(name).chain_update([b'\n', kind.byte()]).chain_update(key).finalize();
        let [a, b, c, d, ..]: [u8; 32] = digest.into();
        let key = VerifyingKey::from_bytes(key)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(Error::BadKey("not a point of Ed25519, or a weak one"))?;
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], kind, key })
    }

    /// The key's name; for a log its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of `SHA-256(name || "\n" || type || key)`.
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The 32 bytes of the public key.
    pub fn key_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Name and id, `name+id`: what a signature line says of its key.
    pub fn short(&self) -> String {
        format!("{}+{}", self.name, hex::encode(self.id))
    }

    /// True for the key of a witness, which cosigns checkpoints.
    pub fn is_witness(&self) -> bool {
        self.kind == Kind::Cosignature
    }

    /// The time of the signature in seconds since 1970 when it is a cosignature; `None` when the
    /// signature does not fit.
    fn check(&self, text: &str, signature: &[u8]) -> Option<Option<u64>> {
        match self.kind {
            Kind::Note => {
                let signature = Signature::from_slice(signature).ok()?;
                self.key.verify_strict(text.as_bytes(), &signature).ok()?;
                Some(None)
            }
            Kind::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<8>()?;
                let time_s = u64::from_be_bytes(*time);
                let signature = Signature::from_slice(signature).ok()?;
                let message = format!("cosignature/v1\ntime {time_s}\n{text}");
                self.key.verify_strict(message.as_bytes(), &signature).ok()?;
                Some(Some(time_s))
            }
        }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind.byte()];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), STANDARD.encode(key))
    }
}

impl FromStr for Verifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// Non-empty, without Unicode spaces and `+`; and without control characters, which a note cannot hold.
fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::BadKey("the name is empty"));
    }
    if name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(Error::BadKey("the name holds a space, a control character or `+`"));
    }
    Ok(())
}

/// A secret Ed25519 key with its name. Its `Debug` shows the name only.
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

impl Signer {
    /// A key from its 32 secret bytes, which the caller draws and keeps.
    ///
    /// # Errors
    /// [`Error::BadKey`] for a name that cannot stand in a note.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self, Error> {
        let key = SigningKey::from_bytes(&seed);
        let verifier = Verifier::new(name, Kind::Note, key.verifying_key().as_bytes())?;
        Ok(Self { key, verifier })
    }

    /// The public side.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.verifier.name).finish_non_exhaustive()
    }
}

/// The signed note of a text: text, blank line, one signature line.
///
/// # Errors
/// [`Error::BadNote`] when the text does not end in a newline or holds a control character.
pub fn sign_note(text: &str, signer: &Signer) -> Result<String, Error> {
    check_text(text)?;
    let mut signature = signer.verifier.id.to_vec();
    signature.extend_from_slice(&signer.key.sign(text.as_bytes()).to_bytes());
    Ok(format!("{text}\n\u{2014} {} {}\n", signer.verifier.name, STANDARD.encode(signature)))
}

fn check_text(text: &str) -> Result<(), Error> {
    if !text.ends_with('\n') {
        return Err(Error::BadNote { line: text.lines().count().max(1), why: "the text must end in a newline" });
    }
    for (index, line) in text.split('\n').enumerate() {
        if line.bytes().any(|byte| byte < 0x20) {
            return Err(Error::BadNote { line: index + 1, why: "a control character" });
        }
    }
    Ok(())
}

/// A signature that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub key_id: [u8; 4],
    /// Seconds since 1970 that a witness has stated; `None` for other signatures.
    pub time_s: Option<u64>,
}

/// A note of which at least one signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The text, with its final newline.
    pub text: String,
    /// The signatures by keys that were given, in the order of their lines, each key once.
    pub signed_by: Vec<SignedBy>,
    /// How many signature lines were not used: by unknown keys, or by the same key again.
    pub unused: usize,
}

impl Opened {
    /// True when this key has signed.
    pub fn has(&self, verifier: &Verifier) -> bool {
        self.signed_by.iter().any(|by| by.name == verifier.name && by.key_id == verifier.id)
    }
}

/// Checks a note against the keys that are trusted. Unknown keys are counted, as C2SP asks.
///
/// # Errors
/// [`Error::BadNote`] when it is not well formed, [`Error::BadSignature`] when the signature of a
/// given key does not fit, [`Error::NotSigned`] when none of the given keys has signed.
pub fn open_note(note: &str, verifiers: &[Verifier]) -> Result<Opened, Error> {
    let end = note.rfind("\n\n").ok_or(Error::BadNote { line: 1, why: "no blank line before the signatures" })?;
    let (text, signatures) = (&note[..=end], &note[end + 2..]);
    check_text(text)?;
    let first = text.matches('\n').count() + 2;
    let bad = |line, why| Error::BadNote { line: first + line, why };
    let lines = signatures.strip_suffix('\n').ok_or_else(|| bad(0, "the note must end in a newline"))?;
    let mut opened = Opened { text: text.to_owned(), signed_by: Vec::new(), unused: 0 };
    for (index, line) in lines.split('\n').enumerate() {
        if index >= MAX_SIGNATURES {
            return Err(bad(index, "more than 64 signatures"));
        }
        let (name, signature) = line
            .strip_prefix("\u{2014} ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(|| bad(index, "a signature line is an em dash, the name and base64"))?;
        check_name(name).map_err(|_| bad(index, "the key name is not well formed"))?;
        // The engine refuses other spellings of the same bytes: unused bits, missing padding, spaces.
        let bytes = STANDARD.decode(signature).map_err(|_| bad(index, "the signature is not base64"))?;
        let Some((id, signature)) = bytes.split_first_chunk::<4>().filter(|(_, rest)| !rest.is_empty()) else {
            return Err(bad(index, "a signature has more than 4 bytes"));
        };
        let Some(verifier) = verifiers.iter().find(|known| known.name == name && known.id == *id) else {
            opened.unused += 1;
            continue;
        };
        let time_s = verifier.check(text, signature).ok_or_else(|| Error::BadSignature { name: name.to_owned() })?;
        if opened.has(verifier) {
            opened.unused += 1;
        } else {
            opened.signed_by.push(SignedBy { name: name.to_owned(), key_id: *id, time_s });
        }
    }
    if opened.signed_by.is_empty() { Err(Error::NotSigned) } else { Ok(opened) }
}

/// The signature line of a key, with its newline, among lines that somebody answered for a note: what
/// other keys have signed is skipped, as C2SP tlog-witness asks of its clients.
///
/// # Errors
/// Those of [`open_note`]; [`Error::NotSigned`] when no line is by the key.
pub fn line_by(note: &str, lines: &str, verifier: &Verifier) -> Result<String, Error> {
    let end = note.rfind("\n\n").ok_or(Error::BadNote { line: 1, why: "no blank line before the signatures" })?;
    for line in lines.split_inclusive('\n').take(MAX_SIGNATURES) {
        match open_note(&format!("{}\n{line}", &note[..=end]), std::slice::from_ref(verifier)) {
            Ok(_) => return Ok(line.to_owned()),
            Err(Error::NotSigned) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::NotSigned)
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
