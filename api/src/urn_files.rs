//! The files of a key ceremony and of a voter, on paths that the person names.
//!
//! Owns reading and writing them: what is secret is readable by its owner only, nothing is ever
//! overwritten, and an age file is the only form in which a share leaves the ceremony. Must not
//! split, join or seal; crate `seal` does. Look next at `run_urn.rs`.

use crate::failure::Failure;
use age::x25519;
use seal::{Ceremony, KeyId, Share};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{BufRead, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// The longest file that is read, in bytes: ten times any honest one.
const LONGEST: u64 = 1 << 20;

/// What a ceremony publishes (`urn.pub.json`).
#[derive(Serialize, Deserialize)]
pub(crate) struct PublicFile {
    /// The key, the checks of the shares, the threshold.
    #[serde(flatten)]
    pub(crate) ceremony: Ceremony,
    /// Who holds the shares, the first of share 1.
    pub(crate) holders: Vec<String>,
    /// The key's id, for people to compare.
    pub(crate) id: KeyId,
}

/// A key holder, as the command line names one: `NAME=age1…`.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The name, which becomes a file's.
    pub(crate) name: String,
    /// What the share is encrypted to.
    pub(crate) recipient: x25519::Recipient,
}

/// Reads `NAME=age1…`.
pub(crate) fn holder(text: &str) -> Result<Holder, String> {
    let (name, recipient) = text.split_once('=').ok_or("write NAME=age1…, the name and the age recipient")?;
    // The name becomes a file's.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err("the name has 1 to 64 letters, digits, - or _".to_owned());
    }
    let recipient = recipient.parse().map_err(|why| format!("not an age recipient (age1…): {why}"))?;
    Ok(Holder { name: name.to_owned(), recipient })
}

/// Encrypts a share to its holder, as an age file in ASCII armor.
pub(crate) fn encrypt(holder: &Holder, share: &Share) -> Result<String, Failure> {
    let text = Zeroizing::new(format!("{}\n", *share.to_text()));
    age::encrypt_and_armor(&holder.recipient, text.as_bytes())
        .map_err(|error| Failure::fault("AGE", format!("the share of {} can't be encrypted: {error}", holder.name)))
}

/// Opens a share with its holder's identity file.
pub(crate) fn decrypt(path: &Path, identity: &Path) -> Result<Share, Failure> {
    let identity = read_identity(identity)?;
    let sealed = read(path)?;
    let opened = age::decrypt(&identity, sealed.as_bytes()).map(Zeroizing::new).map_err(|error| {
        let place = path.display();
        Failure::refused(
            "SHARE_NOT_YOURS",
            format!("{place} doesn't open with this identity ({error}): take the key it was encrypted to"),
        )
    })?;
    let text = std::str::from_utf8(&opened).map_err(|_| not_a_share(path))?;
    text.parse().map_err(|error: seal::Error| Failure::from(error).at(path.display()))
}

/// Reads a share that its holder has opened.
pub(crate) fn opened_share(path: &Path) -> Result<Share, Failure> {
    let text = read(path)?;
    text.parse().map_err(|error: seal::Error| Failure::from(error).at(path.display()))
}

fn not_a_share(path: &Path) -> Failure {
    Failure::refused("BAD_TEXT", format!("{} holds no share: ask for the file of the ceremony", path.display()))
}

/// The first secret key of an identity file, as `age-keygen` writes it.
fn read_identity(path: &Path) -> Result<x25519::Identity, Failure> {
    let text = read(path)?;
    let line = text.as_bytes().lines().map_while(Result::ok).find(|line| line.trim().starts_with("AGE-SECRET-KEY-"));
    let identity = line.map(Zeroizing::new).and_then(|line| line.trim().parse().ok());
    identity.ok_or_else(|| {
        let place = path.display();
        Failure::refused(
            "NO_IDENTITY",
            format!("{place} holds no age identity (AGE-SECRET-KEY-1…): make one with age-keygen"),
        )
    })
}

fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::fault("FILE", format!("{} can't be read: {error}", path.display()));
    let mut text = Zeroizing::new(String::new());
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(LONGEST.saturating_add(1)).read_to_string(&mut text).map_err(unreadable)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(Failure::refused(
            "FILE_TOO_LONG",
            format!("{} is longer than {LONGEST} bytes: it is another file", path.display()),
        ));
    }
    Ok(text)
}

/// Reads a JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    serde_json::from_str(&read(path)?).map_err(|error| {
        Failure::refused("BAD_FILE", format!("{} is not the file it should be: {error}", path.display()))
    })
}

/// Writes a file that wasn't there; `secret` ones can be read by their owner only.
pub(crate) fn write_new(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::refused("FILE_EXISTS", format!("{} is there already: name another place", path.display()))
        }
        _ => Failure::fault("FILE", format!("{} can't be written: {error}", path.display())),
    };
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    let mut file = options.open(path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)
}
