//! Taking a file, and where files stand under their owner and their digest.
//!
//! Each owner has a folder of its own, so that all of somebody's files can be taken away at once. It lies
//! outside of what a web server shows. A file is written beside its place, flushed to
//! the disk and renamed: whoever reads sees it whole or not at all. None is executable.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{Error, Kept, Limits, MediaType, document, picture};

/// The folder of uploads.
#[derive(Clone, Debug)]
pub struct Uploads {
    folder: PathBuf,
    limits: Limits,
}

impl Uploads {
    /// Opens the folder, and makes it where it is missing, for its owner alone.
    ///
    /// # Errors
    /// `UPLOAD_STORE`.
    pub fn open(folder: impl Into<PathBuf>, limits: Limits) -> Result<Self, Error> {
        let folder = folder.into();
        make(&folder)?;
        Ok(Self { folder, limits })
    }

    /// How much is taken.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Checks a file and keeps it for an owner: a picture written anew as JPEG or PNG, a PDF as it is.
    /// It takes about a second and 420 MB for the largest picture: call it on a thread that may wait,
    /// a few at a time.
    ///
    /// # Errors
    /// `UPLOAD_TOO_LARGE`, `UPLOAD_TYPE`, `UPLOAD_DAMAGED`, `UPLOAD_PIXELS`, `UPLOAD_PDF_ACTIVE`;
    /// `UPLOAD_STORE` when the folder fails, `UPLOAD_UNKNOWN` when the owner has no name that can be one
    /// of a folder (1 to 64 letters, digits and `-`). With an error nothing is kept.
    pub fn check_and_keep(&self, owner: &str, bytes: &[u8]) -> Result<Kept, Error> {
        if bytes.len() > self.limits.bytes {
            return Err(Error::TooLarge { bytes: bytes.len(), limit: self.limits.bytes });
        }
        if let Some(format) = picture::format_of(bytes) {
            let picture = picture::renew(bytes, format, &self.limits)?;
            let size = Some((picture.width, picture.height));
            return self.keep(owner, &picture.bytes, picture.media_type, size);
        }
        if !document::is_pdf(bytes) {
            return Err(Error::Type);
        }
        document::check(bytes)?;
        self.keep(owner, bytes, MediaType::Pdf, None)
    }

    /// A file of an owner by its digest, compared with it.
    ///
    /// # Errors
    /// `UPLOAD_UNKNOWN` when the owner has no such file; `UPLOAD_STORE`, also for a file that was changed.
    pub fn read(&self, owner: &str, sha256: &str) -> Result<Vec<u8>, Error> {
        for media_type in MediaType::ALL {
            let path = self.path(owner, sha256, media_type)?;
            match fs::read(&path) {
                Ok(bytes) if hex::encode(Sha256::digest(&bytes)) == sha256 => return Ok(bytes),
                Ok(_) => return Err(Error::Store(format!("{} isn't what was kept", path.display()))),
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(fault(&path, &e)),
            }
        }
        Err(Error::Unknown)
    }

    /// Gives a copy of a file to another owner, who keeps it when the first one's files are taken away.
    ///
    /// # Errors
    /// `UPLOAD_UNKNOWN` when the first owner has no such file; `UPLOAD_STORE`.
    pub fn give(&self, owner: &str, sha256: &str, to: &str) -> Result<(), Error> {
        for media_type in MediaType::ALL {
            if self.path(owner, sha256, media_type)?.exists() {
                let bytes = self.read(owner, sha256)?;
                return self.keep(to, &bytes, media_type, None).map(|_| ());
            }
        }
        Err(Error::Unknown)
    }

    /// The digests of an owner's files that have lain there for at least as long as this.
    ///
    /// # Errors
    /// `UPLOAD_STORE`; `UPLOAD_UNKNOWN` when the owner has no name that can be one of a folder.
    pub fn older_than(&self, owner: &str, age: Duration) -> Result<BTreeSet<String>, Error> {
        let shelf = self.shelf(owner)?;
        let mut found = BTreeSet::new();
        for folder in entries(&shelf)? {
            for file in entries(&folder)? {
                let written = file.metadata().and_then(|about| about.modified()).map_err(|e| fault(&file, &e))?;
                let (start, name) = (folder.file_name(), file.file_stem());
                let (Some(start), Some(name)) = (start.and_then(OsStr::to_str), name.and_then(OsStr::to_str)) else {
                    continue;
                };
                // What is still being written has no digest for a name.
                if written.elapsed().is_ok_and(|there| there >= age) && name.len() == 62 {
                    found.insert(format!("{start}{name}"));
                }
            }
        }
        Ok(found)
    }

    /// Takes a file of an owner away; whether there was one.
    ///
    /// # Errors
    /// `UPLOAD_STORE`; `UPLOAD_UNKNOWN` for what is no digest.
    pub fn remove(&self, owner: &str, sha256: &str) -> Result<bool, Error> {
        let mut removed = false;
        for media_type in MediaType::ALL {
            let path = self.path(owner, sha256, media_type)?;
            match fs::remove_file(&path) {
                Ok(()) => removed = true,
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(fault(&path, &e)),
            }
        }
        Ok(removed)
    }

    /// Takes all files of an owner away, with what a crash left half written.
    ///
    /// # Errors
    /// `UPLOAD_STORE`; `UPLOAD_UNKNOWN` when the owner has no name that can be one of a folder.
    pub fn forget(&self, owner: &str) -> Result<(), Error> {
        let shelf = self.shelf(owner)?;
        match fs::remove_dir_all(&shelf) {
            Ok(()) => flush(&self.folder),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Err(e) => Err(fault(&shelf, &e)),
        }
    }

    /// The folder of an owner, whose name leads nowhere else.
    fn shelf(&self, owner: &str) -> Result<PathBuf, Error> {
        let fits = (1..=64).contains(&owner.len()) && owner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(self.folder.join(owner)) } else { Err(Error::Unknown) }
    }

    /// `OWNER/ab/cdef….jpg`.
    fn path(&self, owner: &str, sha256: &str, media_type: MediaType) -> Result<PathBuf, Error> {
        let digest = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let (start, name) = digest.then(|| sha256.split_at_checked(2)).flatten().ok_or(Error::Unknown)?;
        Ok(self.shelf(owner)?.join(start).join(format!("{name}.{}", media_type.extension())))
    }

    fn keep(&self, owner: &str, bytes: &[u8], media_type: MediaType, size: Option<(u32, u32)>) -> Result<Kept, Error> {
        let sha256 = hex::encode(Sha256::digest(bytes));
        let path = self.path(owner, &sha256, media_type)?;
        // What is there and whole is the same file; a damaged one is replaced.
        if !fs::read(&path).is_ok_and(|there| there == bytes) {
            write(&path, bytes)?;
        }
        Ok(Kept {
            sha256,
            media_type,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
        })
    }
}

/// What lies in a folder; nothing when there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::read_dir(folder) {
        Ok(there) => there.map(|entry| Ok(entry?.path())).collect::<Result<_, _>>().map_err(|e| fault(folder, &e)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(fault(folder, &e)),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let io = |e: std::io::Error| fault(path, &e);
    let folder = path.parent().ok_or(Error::Unknown)?;
    make(folder)?;
    // Readable and writable by its owner only, and gone again if anything fails before the end.
    let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    // The folders above may be new as well.
    folder.ancestors().take(3).try_for_each(flush)
}

fn flush(folder: &Path) -> Result<(), Error> {
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| fault(folder, &e))
}

fn make(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|e| fault(folder, &e))
}

fn fault(path: &Path, error: &std::io::Error) -> Error {
    Error::Store(format!("{}: {error}", path.display()))
}
