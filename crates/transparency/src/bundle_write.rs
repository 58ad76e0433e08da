//! Owns: writing a bundle as a stream; memory does not grow with the log.
//! Must not: write a bundle that the reader would refuse.
//! Next: `bundle_read.rs`, docs/formats/bundle.md.

use crate::{
    bundle::{
        CHECKPOINT, CLAIMS, CLOSING, FORMAT, MANIFEST, Manifest, ManifestEntry, POLICY, SIGNATURE, WINDOW_LOG,
        chunk_is_full, events_name, manifest_note,
    },
    bundle_container::{BLOCK, ContainerWriter},
    canonical::check_canonical,
    disclosed::{HiddenValue, disclosed_text},
    error::Error,
    leaf::Leaf,
    merkle::{Frontier, leaf_hash},
    note::{Signer, sign_note},
    policy::Policy,
};
use serde_json::{Map, Value};
use std::io::{self, Write};
use zstd::stream::write::Encoder;

/// Levels above 3 gain little on this text and cost much time.
const LEVEL: i32 = 3;

/// Writes a bundle: all leaves in order with [`BundleWriter::push`], then [`BundleWriter::finish`].
pub struct BundleWriter<W: Write> {
    container: ContainerWriter<W>,
    chunk: Option<Chunk>,
    entries: Vec<ManifestEntry>,
    frontier: Frontier,
    log: Option<String>,
}

struct Chunk {
    encoder: Encoder<'static, Vec<u8>>,
    lines: u64,
    text_bytes: u64,
}

impl<W: Write> BundleWriter<W> {
    /// A bundle that is written to `writer` from its first byte on.
    pub fn new(writer: W) -> Self {
        Self {
            container: ContainerWriter::new(writer),
            chunk: None,
            entries: Vec::new(),
            frontier: Frontier::new(),
            log: None,
        }
    }

    /// Adds the next leaf with the hidden values that may be published.
    ///
    /// # Errors
    /// Those of [`Leaf::parse`] and [`Leaf::check_disclosed`]; [`Error::LeafMalformed`] when it is
    /// not the next leaf of this log; [`Error::Io`].
    pub fn push(&mut self, leaf: &str, disclosed: &[HiddenValue]) -> Result<(), Error> {
        let parsed = Leaf::parse(leaf)?;
        parsed.check_disclosed(disclosed)?;
        if parsed.position != self.frontier.size() {
            let expected = self.frontier.size();
            return Err(Error::LeafMalformed(format!("position {} where {expected} comes next", parsed.position)));
        }
        let log = self.log.get_or_insert_with(|| parsed.log.clone().into_owned());
        if *log != parsed.log {
            return Err(Error::LeafMalformed(format!(
                "position {} is of log {:?}, not of {log:?}",
                parsed.position, parsed.log
            )));
        }
        let disclosed = disclosed_text(disclosed)?;
        let chunk = match &mut self.chunk {
            Some(chunk) => chunk,
            None => {
                self.container.start(&events_name(self.entries.len()))?;
                self.chunk.insert(Chunk::new().map_err(compressing)?)
            }
        };
        chunk.push(leaf, &disclosed).map_err(compressing)?;
        if chunk.encoder.get_ref().len() >= BLOCK {
            self.container.write(chunk.encoder.get_ref())?;
            chunk.encoder.get_mut().clear();
        }
        self.frontier.push(leaf_hash(leaf.as_bytes()));
        if chunk_is_full(chunk.lines, chunk.text_bytes) { self.end_chunk() } else { Ok(()) }
    }

    /// Adds everything that is not an event, signs the manifest and hands the writer back.
    ///
    /// `claims` is canonical JSON. `signer` is the key of the log: its name is the origin.
    ///
    /// # Errors
    /// Those of [`Policy::check`] for the checkpoint; [`Error::BadEntry`] when an argument does not
    /// belong to this log, is not canonical or is too long; [`Error::Io`].
    pub fn finish(
        mut self,
        checkpoint: &str,
        policy: &str,
        claims: &str,
        metadata: &Map<String, Value>,
        signer: &Signer,
    ) -> Result<W, Error> {
        self.end_chunk()?;
        let refuse = |entry: &str, why: &str| Error::BadEntry { entry: entry.to_owned(), why: why.to_owned() };
        let parsed = Policy::parse(policy)?;
        let (head, opened) = parsed.check(checkpoint)?;
        if opened.unused > 0 {
            return Err(refuse(CHECKPOINT, "it has signatures by keys that the policy does not list, or one twice"));
        }
        if (head.size, head.root) != (self.frontier.size(), self.frontier.root()) {
            return Err(refuse(CHECKPOINT, "its size or root is not that of the leaves"));
        }
        if self.log.as_ref().is_some_and(|log| *log != head.origin) {
            return Err(refuse(CHECKPOINT, "its origin is not the log of the leaves"));
        }
        if signer.verifier().name() != head.origin || !parsed.logs().contains(signer.verifier()) {
            return Err(refuse(SIGNATURE, "the signing key is not a key of this log in the policy"));
        }
        check_canonical(claims.as_bytes()).map_err(|error| refuse(CLAIMS, &error.to_string()))?;
        for (name, text) in [(CHECKPOINT, checkpoint), (POLICY, policy), (CLAIMS, claims)] {
            let entry = self.entry(name, text)?;
            self.entries.push(entry);
        }
        let manifest = Manifest {
            entries: std::mem::take(&mut self.entries),
            format: FORMAT.to_owned(),
            log: head.origin,
            metadata: metadata.clone(),
            size: head.size,
        };
        let text = manifest.to_text()?;
        self.entry(MANIFEST, &text)?;
        self.entry(SIGNATURE, &sign_note(&manifest_note(&manifest.log, &text), signer)?)?;
        self.container.finish()
    }

    fn end_chunk(&mut self) -> Result<(), Error> {
        let Some(chunk) = self.chunk.take() else { return Ok(()) };
        let rest = chunk.encoder.finish().map_err(compressing)?;
        self.container.write(&rest)?;
        let (sha256, length) = self.container.end();
        let name = events_name(self.entries.len());
        self.entries.push(ManifestEntry { length, name, sha256 });
        Ok(())
    }

    fn entry(&mut self, name: &str, text: &str) -> Result<ManifestEntry, Error> {
        let limit = CLOSING.iter().find(|(known, _)| *known == name).map_or(0, |(_, limit)| *limit);
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > limit {
            return Err(Error::BadEntry { entry: name.to_owned(), why: format!("longer than {limit} bytes") });
        }
        self.container.start(name)?;
        self.container.write(text.as_bytes())?;
        let (sha256, length) = self.container.end();
        Ok(ManifestEntry { length, name: name.to_owned(), sha256 })
    }
}

impl Chunk {
    fn new() -> io::Result<Self> {
        let mut encoder = Encoder::new(Vec::with_capacity(2 * BLOCK), LEVEL)?;
        encoder.include_checksum(true)?;
        encoder.window_log(WINDOW_LOG - 2)?;
        Ok(Self { encoder, lines: 0, text_bytes: 0 })
    }

    fn push(&mut self, leaf: &str, disclosed: &str) -> io::Result<()> {
        self.encoder.write_all(leaf.as_bytes())?;
        if !disclosed.is_empty() {
            self.encoder.write_all(b"\t")?;
            self.encoder.write_all(disclosed.as_bytes())?;
        }
        self.encoder.write_all(b"\n")?;
        self.lines += 1;
        let tab = usize::from(!disclosed.is_empty());
        self.text_bytes += u64::try_from(leaf.len() + tab + disclosed.len() + 1).unwrap_or(u64::MAX);
        Ok(())
    }
}

fn compressing(source: io::Error) -> Error {
    Error::Io { what: "the compressed events".to_owned(), source }
}
