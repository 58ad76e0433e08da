//! The ring of key-encryption keys: a file outside of the database, without which the vault is noise.
//!
//! Owns the file's form and its rights. Must not know what the keys wrap: `rotation.rs` does.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

use commands::Entropy;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Error;
use crate::seal::{self, SecretKey};

/// The first member of the file: what it is, and in which form.
const FORM: &str = "parvis.key-ring/1";

/// Keys by id, one of which is current: it wraps what is new. `Debug` shows ids only.
#[derive(Clone)]
pub struct KeyRing {
    current: String,
    keys: BTreeMap<String, SecretKey>,
}

/// The ring as its file has it: keys in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    form: String,
    current: String,
    keys: BTreeMap<String, Zeroizing<String>>,
}

impl KeyRing {
    /// A ring of one new key, in memory only.
    #[must_use]
    pub fn draw(entropy: &Entropy) -> Self {
        Self { current: String::new(), keys: BTreeMap::new() }.rotated(entropy)
    }

    /// Draws a ring of one key and writes its file, readable by its owner only. A file that is there
    /// is left alone.
    ///
    /// # Errors
    /// `VAULT_KEY_FILE`.
    pub fn create(path: &Path, entropy: &Entropy) -> Result<Self, Error> {
        let ring = Self::draw(entropy);
        ring.place(path, false)?;
        Ok(ring)
    }

    /// Reads a ring.
    ///
    /// # Errors
    /// `VAULT_KEY_MISSING` when there is no such file; `VAULT_KEY_FILE` when it can't be read, isn't a
    /// ring, or others than its owner may read it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let refused = |detail: String| Error::KeyFile { path: path.to_owned(), detail };
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::KeyMissing(format!("{} isn't there", path.display())));
            }
            Err(e) => return Err(refused(format!("{e}; check its owner and rights"))),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let rights = fs::metadata(path).map_err(|e| refused(e.to_string()))?.permissions().mode();
            if rights & 0o077 != 0 {
                return Err(refused("others than its owner may use it; run chmod 600 on it".into()));
            }
        }
        Self::parse(&text).ok_or_else(|| refused("it isn't a ring of keys; restore it from your backup".into()))
    }

    /// Reads the ring, or draws it when there is no such file.
    ///
    /// # Errors
    /// `VAULT_KEY_FILE`.
    pub fn read_or_create(path: &Path, entropy: &Entropy) -> Result<Self, Error> {
        match Self::read(path) {
            Err(Error::KeyMissing(_)) => {}
            answer => return answer,
        }
        // Two nodes that start at once: the second reads what the first drew.
        Self::create(path, entropy).or_else(|error| Self::read(path).map_err(|_| error))
    }

    /// Writes the ring over its file, at once: a reader sees the old one or the new one.
    ///
    /// # Errors
    /// `VAULT_KEY_FILE`.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        self.place(path, true)
    }

    /// The same keys and a new one, which is current.
    #[must_use]
    pub fn rotated(&self, entropy: &Entropy) -> Self {
        let id: String = entropy.uuid().simple().to_string().chars().take(16).collect();
        let mut keys = self.keys.clone();
        keys.insert(id.clone(), seal::draw(entropy));
        Self { current: id, keys }
    }

    /// The current key alone. What only the others opened is lost once no file holds them any more.
    #[must_use]
    pub fn without_old(&self) -> Self {
        let keys = self.keys.iter().filter(|(id, _)| **id == self.current);
        Self { current: self.current.clone(), keys: keys.map(|(id, key)| (id.clone(), key.clone())).collect() }
    }

    /// The ids of the keys, oldest order not kept; they are no secret.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The id of the key that wraps what is new.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    pub(crate) fn key(&self, id: &str) -> Option<&SecretKey> {
        self.keys.get(id)
    }

    fn parse(text: &str) -> Option<Self> {
        let file: File = serde_json::from_str(text).ok()?;
        let mut keys = BTreeMap::new();
        for (id, digits) in &file.keys {
            let mut key = Zeroizing::new([0; 32]);
            hex::decode_to_slice(digits.as_str(), key.as_mut_slice()).ok()?;
            keys.insert(id.clone(), key);
        }
        (file.form == FORM && keys.contains_key(&file.current)).then_some(Self { current: file.current, keys })
    }

    fn place(&self, path: &Path, over: bool) -> Result<(), Error> {
        let refused = |e: &dyn fmt::Display| Error::KeyFile {
            path: path.to_owned(),
            detail: format!("{e}; check the folder's owner, rights and space"),
        };
        let keys =
            self.keys.iter().map(|(id, key)| (id.clone(), Zeroizing::new(hex::encode(key.as_slice())))).collect();
        let file = File { form: FORM.into(), current: self.current.clone(), keys };
        let text = Zeroizing::new(serde_json::to_string_pretty(&file).map_err(|e| refused(&e))?);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let io = |e: std::io::Error| refused(&e);
        fs::create_dir_all(folder).map_err(io)?;
        let draft = path.with_extension(format!("{}.new", self.current));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft).map_err(io)?;
        let written =
            file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all());
        // A link fails where something is, so that no ring is ever lost to another one.
        let placed = written.and_then(|()| if over { fs::rename(&draft, path) } else { fs::hard_link(&draft, path) });
        if !over || placed.is_err() {
            let _ = fs::remove_file(&draft);
        }
        placed.map_err(io)?;
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("current", &self.current).finish_non_exhaustive()
    }
}
