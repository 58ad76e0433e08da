//! Owns: reading a bundle that anyone may have made: container, manifest and signatures are checked
//! before the first event is handed out, and memory does not grow with the log.
//! Must not: judge what the events say.
//! Next: `bundle.rs` for the parts, `bundle_container.rs` for the container, docs/formats/bundle.md.

use crate::{
    bundle::{
        CHECKPOINT, CLAIMS, CLOSING, Line, MANIFEST, MAX_LINE_BYTES, Manifest, SIGNATURE, WINDOW_LOG, chunk_is_full,
        events_name, manifest_note,
    },
    bundle_container::{Entry, prove_container},
    canonical::check_canonical,
    checkpoint::Checkpoint,
    error::Error,
    note::{Opened, open_note},
    policy::Policy,
};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};
use zstd::stream::read::Decoder;

/// An opened bundle.
///
/// When [`Bundle::open`] succeeds, every byte of the file is covered by the signature of the log's
/// key. Whether the leaves give the root of the checkpoint, and whether the disclosed values fit,
/// is for the caller to check while it reads the lines, because that work can be spread over
/// threads: see [`crate::Frontier`] and [`crate::Leaf::check_disclosed`].
pub struct Bundle<R: Read + Seek> {
    /// `None` while a decoder holds it.
    reader: Option<R>,
    current: Option<Chunk<R>>,
    events: Vec<Entry>,
    next_chunk: usize,
    next_line: u64,
    manifest: Manifest,
    checkpoint: Checkpoint,
    checkpoint_note: String,
    signatures: Opened,
    policy: String,
    claims: String,
}

struct Chunk<R: Read> {
    text: BufReader<Decoder<'static, BufReader<Take<R>>>>,
    number: usize,
    lines: u64,
    text_bytes: u64,
}

impl<R: Read + Seek> Bundle<R> {
    /// Checks container, manifest, signatures and checkpoint; reads the file once.
    ///
    /// `trusted` is whom the auditor trusts. Without it the bundle's own policy is used, which
    /// shows only that the bundle fits together: anyone can sign with a key of their own.
    ///
    /// # Errors
    /// [`Error::BadContainer`], [`Error::BadEntry`], those of [`Policy::check`], [`Error::Io`].
    pub fn open(mut reader: R, trusted: Option<&Policy>) -> Result<Self, Error> {
        let mut entries = prove_container(&mut reader, check_names)?;
        let closing = entries.split_off(entries.len() - CLOSING.len());
        let mut texts = Vec::with_capacity(CLOSING.len());
        for entry in &closing {
            texts.push(read_text(&mut reader, entry)?);
        }
        let Ok([checkpoint_note, policy, claims, manifest_text, signature]) = <[String; 5]>::try_from(texts) else {
            return Err(refuse(MANIFEST, "an entry is missing"));
        };
        let own = Policy::parse(&policy)?;
        let manifest = Manifest::parse(&manifest_text)?;
        check_signature(&manifest, &manifest_text, &signature, trusted.unwrap_or(&own))?;
        check_digests(&manifest, entries.iter().chain(&closing[..3]))?;
        check_canonical(claims.as_bytes()).map_err(|error| refuse(CLAIMS, error.to_string()))?;
        let (checkpoint, opened) = own.check(&checkpoint_note)?;
        if opened.unused > 0 {
            return Err(refuse(CHECKPOINT, "it has a signature by a key that the policy does not list, or one twice"));
        }
        let signatures = match trusted {
            Some(trusted) => trusted.check(&checkpoint_note)?.1,
            None => opened,
        };
        if (&checkpoint.origin, checkpoint.size) != (&manifest.log, manifest.size) {
            return Err(refuse(MANIFEST, "its log or size is not that of the checkpoint"));
        }
        Ok(Self {
            reader: Some(reader),
            current: None,
            events: entries,
            next_chunk: 0,
            next_line: 0,
            manifest,
            checkpoint,
            checkpoint_note,
            signatures,
            policy,
            claims,
        })
    }

    /// The manifest.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The checkpoint that the leaves must lead to.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint as published, with its signatures.
    pub fn checkpoint_note(&self) -> &str {
        &self.checkpoint_note
    }

    /// Who has signed the checkpoint, of those the policy in force lists.
    pub const fn signatures(&self) -> &Opened {
        &self.signatures
    }

    /// The policy that the publisher put in; not to be trusted for that alone.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The claims: canonical JSON.
    pub fn claims(&self) -> &str {
        &self.claims
    }

    /// The next lines, at most `max_lines` (at least one), in the order of the log; `None` after the
    /// last. Each batch holds lines of one entry only.
    ///
    /// # Errors
    /// [`Error::BadLine`] or [`Error::BadEntry`] when an entry of events is not well formed or the
    /// number of lines is not the size of the checkpoint; [`Error::Io`].
    pub fn next_batch(&mut self, max_lines: usize) -> Result<Option<Vec<Line>>, Error> {
        let mut batch = Vec::new();
        while batch.len() < max_lines.max(1) {
            let mut chunk = match self.current.take() {
                Some(chunk) => chunk,
                None if batch.is_empty() && self.next_chunk < self.events.len() => self.start_chunk()?,
                None => break,
            };
            match chunk.next_line(self.next_line)? {
                Some(line) => {
                    self.next_line += 1;
                    batch.push(line);
                    self.current = Some(chunk);
                }
                None => self.end_chunk(chunk)?,
            }
        }
        if !batch.is_empty() {
            return Ok(Some(batch));
        }
        // After an error the reader is gone: asking again must not look like a good end.
        if self.reader.is_none() || self.next_line != self.manifest.size {
            return Err(refuse(
                MANIFEST,
                format!("{} events are announced but {} are there", self.manifest.size, self.next_line),
            ));
        }
        Ok(None)
    }

    /// Goes back to the first line.
    pub fn rewind(&mut self) {
        if let Some(chunk) = self.current.take() {
            self.reader = Some(chunk.into_compressed().into_inner().into_inner());
        }
        self.next_chunk = 0;
        self.next_line = 0;
    }

    fn start_chunk(&mut self) -> Result<Chunk<R>, Error> {
        let number = self.next_chunk;
        let (Some(entry), Some(mut reader)) = (self.events.get(number), self.reader.take()) else {
            return Err(refuse(&events_name(number), "it cannot be read again after an error; open the bundle again"));
        };
        self.next_chunk += 1;
        let unreadable = |source| Error::Io { what: format!("bundle entry {:?}", entry.name), source };
        reader.seek(SeekFrom::Start(entry.start)).map_err(unreadable)?;
        let mut compressed = BufReader::new(reader.take(entry.length));
        let header = compressed.fill_buf().map_err(unreadable)?;
        // Magic number, then the frame header with its checksum flag (RFC 8878 §3.1.1.1.1). Older
        // formats and skippable frames have other magic numbers.
        if !matches!(header, [0x28, 0xb5, 0x2f, 0xfd, descriptor, ..] if descriptor & 0b100 != 0) {
            return Err(refuse(&entry.name, "not a zstd frame with a checksum"));
        }
        let mut decoder = Decoder::with_buffer(compressed).map_err(unreadable)?.single_frame();
        decoder.window_log_max(WINDOW_LOG).map_err(unreadable)?;
        Ok(Chunk { text: BufReader::new(decoder), number, lines: 0, text_bytes: 0 })
    }

    fn end_chunk(&mut self, chunk: Chunk<R>) -> Result<(), Error> {
        let name = events_name(chunk.number);
        let last = chunk.number + 1 == self.events.len();
        if chunk.lines == 0 || (!last && !chunk_is_full(chunk.lines, chunk.text_bytes)) {
            return Err(refuse(&name, "it ends before it is full"));
        }
        let compressed = chunk.into_compressed();
        if !compressed.buffer().is_empty() || compressed.get_ref().limit() > 0 {
            return Err(refuse(&name, "more bytes follow the zstd frame"));
        }
        self.reader = Some(compressed.into_inner().into_inner());
        Ok(())
    }
}

impl<R: Read> Chunk<R> {
    fn into_compressed(self) -> BufReader<Take<R>> {
        self.text.into_inner().finish()
    }

    fn next_line(&mut self, index: u64) -> Result<Option<Line>, Error> {
        let bad = |lines: u64, why: String| Error::BadLine {
            entry: events_name(self.number),
            line: lines + 1,
            leaf: index,
            why,
        };
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_LINE_BYTES + 1).unwrap_or(u64::MAX);
        (&mut self.text)
            .take(limit)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| bad(self.lines, format!("cannot be decompressed: {error}")))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if chunk_is_full(self.lines, self.text_bytes) {
            return Err(bad(self.lines, "the entry was full before this line".to_owned()));
        }
        self.text_bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if bytes.pop() != Some(b'\n') {
            return Err(bad(self.lines, "it is too long or has no newline at its end".to_owned()));
        }
        let text = String::from_utf8(bytes).map_err(|_| bad(self.lines, "it is not UTF-8".to_owned()))?;
        let line = Line::new(index, text).map_err(|why| bad(self.lines, why.to_owned()))?;
        self.lines += 1;
        Ok(Some(line))
    }
}

/// The names must be the expected ones in their order, so that no entry hides from the checks.
fn check_names(names: &[&str]) -> Result<(), Error> {
    let events = names.iter().enumerate().take_while(|(chunk, name)| **name == events_name(*chunk)).count();
    let mut rest = names.iter().skip(events);
    for (expected, _) in CLOSING {
        match rest.next() {
            Some(name) if *name == expected => {}
            Some(name) if CLOSING.iter().any(|(known, _)| known == name) => {
                return Err(refuse(expected, format!("the directory lists {name:?} where it must stand")));
            }
            Some(name) => return Err(stray(name)),
            None => return Err(refuse(expected, "the directory doesn't list it; the file is not a whole bundle")),
        }
    }
    rest.next().map_or(Ok(()), |name| Err(stray(name)))
}

fn stray(name: &str) -> Error {
    refuse(name, "the directory lists it where no entry of this name belongs")
}

fn read_text<R: Read + Seek>(reader: &mut R, entry: &Entry) -> Result<String, Error> {
    let limit = CLOSING.iter().find(|(name, _)| *name == entry.name).map_or(0, |(_, limit)| *limit);
    if entry.length > limit {
        return Err(refuse(&entry.name, format!("longer than {limit} bytes")));
    }
    let mut text = String::new();
    reader
        .seek(SeekFrom::Start(entry.start))
        .and_then(|_| reader.take(entry.length).read_to_string(&mut text))
        .map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData => refuse(&entry.name, "not UTF-8"),
            _ => Error::Io { what: format!("bundle entry {:?}", entry.name), source },
        })?;
    Ok(text)
}

/// Exactly one signature, by a key of the log, over exactly the text that the manifest gives.
fn check_signature(manifest: &Manifest, text: &str, signature: &str, trusted: &Policy) -> Result<(), Error> {
    let keys: Vec<_> = trusted.logs().iter().filter(|key| key.name() == manifest.log).cloned().collect();
    let opened = open_note(signature, &keys)?;
    if opened.unused > 0 || opened.signed_by.len() != 1 {
        return Err(refuse(SIGNATURE, "it must have one signature and no other"));
    }
    if opened.text != manifest_note(&manifest.log, text) {
        return Err(refuse(SIGNATURE, "it signs another manifest"));
    }
    Ok(())
}

fn check_digests<'a>(manifest: &Manifest, found: impl Iterator<Item = &'a Entry>) -> Result<(), Error> {
    let mut announced = manifest.entries.iter();
    for entry in found {
        let listed = announced.next();
        if let Some(missing) = listed.filter(|listed| listed.name != entry.name) {
            return Err(refuse(&missing.name, "the manifest announces it but it is not there"));
        }
        let same = listed.is_some_and(|listed| {
            (&listed.name, listed.length, listed.sha256) == (&entry.name, entry.length, entry.sha256)
        });
        if !same {
            return Err(refuse(&entry.name, "its bytes are not those of the signed manifest"));
        }
    }
    match announced.next() {
        Some(missing) => Err(refuse(&missing.name, "the manifest announces it but it is not there")),
        None => Ok(()),
    }
}

fn refuse(entry: &str, why: impl Into<String>) -> Error {
    Error::BadEntry { entry: entry.to_owned(), why: why.into() }
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
