//! Owns: the one byte form of a bundle's ZIP container, and the proof that a file has it.
//! Must not: know what the entries say.
//! Next: `bundle_write.rs`, `bundle_read.rs`, docs/formats/bundle.md §2.
//!
//! ZIP has room for bytes that no reader looks at (gaps, comments, extra fields, a second name, a
//! second directory). Instead of checking each, the reader writes the same entries again with the
//! writer of this file and compares: a container that differs in one byte is refused.

use crate::{bundle_shift::shifted, error::Error, hash::Hash};
use sha2::{Digest, Sha256};
use std::{
    cell::RefCell,
    io::{self, Read, Seek, SeekFrom, Write},
};
use zip::{
    CompressionMethod, DateTime, System, ZipArchive, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

/// Bytes read or handed on at once.
pub(crate) const BLOCK: usize = 1 << 16;

/// CRC and lengths after the data of an entry, in bytes (APPNOTE 6.3.9 §4.3.9).
const DESCRIPTOR: u64 = 16;

/// An entry as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Where its bytes start in the file.
    pub(crate) start: u64,
    pub(crate) length: u64,
    pub(crate) sha256: Hash,
}

/// Writes entries one after the other, stored as they are, with every optional field fixed.
pub(crate) struct ContainerWriter<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    open: Option<(String, Sha256, u64)>,
}

impl<W: Write> ContainerWriter<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { zip: ZipWriter::new_stream(writer), open: None }
    }

    pub(crate) fn start(&mut self, name: &str) -> Result<(), Error> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(0o644)
            .large_file(false);
        self.zip.start_file(name, options).map_err(|error| zip_error(name, error))?;
        self.open = Some((name.to_owned(), Sha256::new(), 0));
        Ok(())
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some((name, sha, length)) = &mut self.open else { return Ok(()) };
        self.zip.write_all(bytes).map_err(|source| Error::Io { what: format!("bundle entry {name:?}"), source })?;
        sha.update(bytes);
        *length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Ends the entry; gives its digest and length.
    pub(crate) fn end(&mut self) -> (Hash, u64) {
        match self.open.take() {
            Some((_, sha, length)) => (Hash(sha.finalize().into()), length),
            None => (Hash::of(&[]), 0),
        }
    }

    /// Writes the directory and hands the writer back.
    pub(crate) fn finish(self) -> Result<W, Error> {
        let writer = self.zip.finish().map_err(|error| zip_error("the directory", error))?;
        Ok(writer.into_inner())
    }
}

fn zip_error(what: &str, error: zip::result::ZipError) -> Error {
    Error::Io { what: format!("bundle entry {what:?}"), source: error.into() }
}

/// Lists the entries after proving that the file is, byte for byte, what [`ContainerWriter`] writes
/// for them. Reads the file once from start to end. The names, as the directory has them, are shown to
/// `check` before.
///
/// # Errors
/// [`Error::BadContainer`] with the first byte that differs, [`Error::Io`]; what `check` returns.
pub(crate) fn prove_container<R: Read + Seek>(
    reader: &mut R,
    check: impl FnOnce(&[&str]) -> Result<(), Error>,
) -> Result<Vec<Entry>, Error> {
    let read_error = |source| Error::Io { what: "the bundle".to_owned(), source };
    let end = reader.seek(SeekFrom::End(0)).map_err(read_error)?;
    let unreadable = |error| match error {
        zip::result::ZipError::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof => read_error(source),
        error => bad(end, format!("the directory at the end cannot be read ({error}); the file is cut off or changed")),
    };
    if let Some((offset, why)) = shifted(reader, end).map_err(read_error)? {
        return Err(bad(offset, why));
    }
    let mut archive = ZipArchive::new(&mut *reader).map_err(unreadable)?;
    let mut listed = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let named =
            archive.name_for_index(index).and_then(Result::ok).map(|name| name.into_owned()).unwrap_or_default();
        let misplaced = |error| match unreadable(error) {
            Error::BadContainer { offset, .. } => {
                bad(offset, format!("entry {named:?} isn't where the directory says; the file was changed"))
            }
            other => other,
        };
        let entry = archive.by_index_raw(index).map_err(misplaced)?;
        let start = entry.data_start().ok_or_else(|| bad(entry.header_start(), "an entry without data".to_owned()))?;
        let name = entry.name().map_err(unreadable)?.into_owned();
        listed.push((name, start, entry.compressed_size()));
    }
    drop(archive);
    let names: Vec<&str> = listed.iter().map(|(name, _, _)| name.as_str()).collect();
    check(&names)?;

    let file = RefCell::new(reader);
    let seen = RefCell::new(Seen { at: 0, differs: None, failed: None });
    let mut again = ContainerWriter::new(Comparing { file: &file, seen: &seen });
    let mut entries: Vec<Entry> = Vec::with_capacity(listed.len());
    for (name, start, length) in listed {
        let before = entries.last().map(|entry| entry.name.as_str());
        let data_ends = seen.borrow().at;
        again.start(&name)?;
        seen.borrow_mut().verdict(before, data_ends, &name)?;
        if seen.borrow().at != start {
            return Err(bad(seen.borrow().at, format!("entry {name:?} must start here but starts at byte {start}")));
        }
        let mut left = length;
        let mut block = vec![0; BLOCK];
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            let at = seen.borrow().at;
            read_at(&file, at, &mut block[..size]).map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof => {
                    bad(end, format!("the file ends inside entry {name:?}, by its length in the directory"))
                }
                _ => read_error(source),
            })?;
            again.write(&block[..size])?;
            left -= u64::try_from(size).unwrap_or(left);
        }
        seen.borrow_mut().verdict(None, 0, &name)?;
        let (sha256, _) = again.end();
        entries.push(Entry { name, start, length, sha256 });
    }
    let data_ends = seen.borrow().at;
    again.finish()?;
    let mut seen = seen.into_inner();
    seen.verdict(entries.last().map(|entry| entry.name.as_str()), data_ends, "the directory")?;
    if seen.at != end {
        return Err(bad(seen.at, format!("{} more bytes after the directory, where the bundle ends", end - seen.at)));
    }
    Ok(entries)
}

fn bad(offset: u64, why: String) -> Error {
    Error::BadContainer { offset, why }
}

/// What the comparison has seen. Differences are kept here rather than returned from `write`,
/// because a `ZipWriter` that met an error prints to the standard error when it is dropped.
struct Seen {
    at: u64,
    differs: Option<u64>,
    failed: Option<io::Error>,
}

impl Seen {
    /// What was written since the data of the entry `before` ended begins with the CRC and the lengths of
    /// that entry, and goes on with `entry`.
    fn verdict(&mut self, before: Option<&str>, data_ends: u64, entry: &str) -> Result<(), Error> {
        if let Some(source) = self.failed.take() {
            return Err(Error::Io { what: "the bundle".to_owned(), source });
        }
        match self.differs {
            Some(offset) => {
                let named = before.filter(|_| offset < data_ends + DESCRIPTOR).unwrap_or(entry);
                Err(bad(
                    offset,
                    format!(
                        "not the only form of the container, in {named:?} or its record in the directory; the file was changed"
                    ),
                ))
            }
            None => Ok(()),
        }
    }
}

/// Takes the bytes that the container should have and compares them with those it has.
struct Comparing<'a, R> {
    file: &'a RefCell<R>,
    seen: &'a RefCell<Seen>,
}

fn read_at<R: Read + Seek>(file: &RefCell<R>, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    let mut file = file.borrow_mut();
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(buffer)
}

impl<R: Read + Seek> Write for Comparing<'_, R> {
    fn write(&mut self, expected: &[u8]) -> io::Result<usize> {
        let size = expected.len().min(BLOCK);
        let mut seen = self.seen.borrow_mut();
        if seen.differs.is_none() && seen.failed.is_none() {
            let mut found = vec![0; size];
            let at = seen.at;
            match read_at(self.file, at, &mut found) {
                Ok(()) => {
                    let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
                    if same < size {
                        seen.differs = Some(at + u64::try_from(same).unwrap_or(0));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => seen.differs = Some(at),
                Err(error) => seen.failed = Some(error),
            }
        }
        seen.at += u64::try_from(size).unwrap_or(0);
        Ok(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
