//! A version of the read model as bytes, so that a start needn't fold the log from its beginning.
//!
//! Owns the form: one JSON line that says what it is, then chunks of rows (one JSON line that says
//! which table and how long, then JSON lines compressed with zstd), and a SHA-256 over all of it.
//! A snapshot is a cache and no promise: another program may refuse it and read the log. It holds
//! hidden values and ballots, so it is as private as the store. Does no I/O of its own: bytes go to
//! and come from whoever calls. Whether it belongs to a log is the caller's to check. Next:
//! [`crate::model`], of which it holds everything.

use crate::site_index::SiteIndex;
use crate::{Applied, Disclosed, Model, Table, comments, projects, proposals};
use domain::acts::Acts;
use domain::campaign::{Campaign, Entry};
use domain::configuration::Configuration;
use domain::council::Ruling;
use domain::derived::Derived;
use domain::geography::Geography;
use domain::phase::{Phase, Progress};
use domain::redaction::Redacted;
use domain::roles::Roles;
use domain::{AreaId, ProjectId, Timestamp};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::sync::Arc;
use transparency::{Frontier, Hash};

/// Raise it when a fold gives another result for the same log. Tables of another version are served
/// until they are folded anew.
pub const VERSION: u32 = 3;

/// Raise it when a row has another form. Snapshots of another shape can't be read.
pub const SHAPE: u32 = 5;

const FORMAT: &str = "parvis.snapshot/1";

/// Bytes of rows in one chunk, before they are compressed: enough chunks for all cores.
const CHUNK: usize = 1 << 20;

/// Positions in one row.
const RUN: usize = 4_096;

/// The positions of each type of event, ascending.
pub type Positions = imbl::OrdMap<String, imbl::Vector<u64>>;

/// Why a snapshot can't be written or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes couldn't be written or read.
    #[error("the snapshot can't be written or read ({0}): look at its folder, its rights and the space left")]
    Io(String),
    /// It isn't what was written.
    #[error("the snapshot is damaged ({0}): delete it, the log has everything")]
    Damaged(String),
    /// It was written by a program with other tables.
    #[error("the snapshot has shape {found} and this program reads shape {SHAPE}: the log is read instead")]
    Shape {
        /// The shape it has; 0 when it has another format altogether.
        found: u32,
    },
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "SNAPSHOT_IO",
            Self::Damaged(_) => "SNAPSHOT_DAMAGED",
            Self::Shape { .. } => "SNAPSHOT_SHAPE",
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

fn damaged(why: impl ToString) -> Error {
    Error::Damaged(why.to_string())
}

/// A campaign at one position, whole.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The version of the folds that made the tables: [`VERSION`], unless it was read from a snapshot.
    pub version: u32,
    /// The campaign's code.
    pub campaign: String,
    /// The name of its log.
    pub origin: String,
    /// All its tables.
    pub model: Model,
    /// The positions of each type of event.
    pub positions: Positions,
    /// Which events had disclosed values.
    pub disclosed: Disclosed,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    shape: u32,
    campaign: String,
    origin: String,
    size: u64,
    root: Hash,
    frontier: Vec<Hash>,
    at: Option<Timestamp>,
    disclosed: Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Campaign,
    Overview,
    Areas,
    Proposals,
    Projects,
    Ballots,
    Turnout,
    Results,
    AreaResults,
    Sites,
    Grants,
    Comments,
    Supports,
    Reports,
    Workshops,
    Neighbourhoods,
    Urn,
    UrnSteps,
    PollingPlaces,
    Texts,
    Positions,
    Disclosed,
}

/// The line before the rows.
#[derive(Serialize, Deserialize)]
struct Chunk {
    part: Part,
    rows: usize,
    bytes: usize,
}

impl Snapshot {
    /// Writes it; returns how many bytes that are.
    ///
    /// # Errors
    /// [`Error::Io`] with what `out` said.
    pub fn write(&self, out: impl Write) -> Result<u64, Error> {
        let model = &self.model;
        let bytes = model.tree.to_bytes();
        let (peaks, _) = bytes.as_chunks::<32>();
        let header = Header {
            format: FORMAT.to_owned(),
            version: self.version,
            shape: SHAPE,
            campaign: self.campaign.clone(),
            origin: self.origin.clone(),
            size: model.size(),
            root: model.tree.root(),
            frontier: peaks.iter().map(|peak| Hash(*peak)).collect(),
            at: model.applied.map(|applied| applied.at),
            disclosed: self.disclosed.digest,
        };
        let mut out = Digesting { out, digest: Sha256::new(), bytes: 0 };
        line(&mut out, &header)?;
        chunks(&mut out, Part::Campaign, [&*model.campaign])?;
        chunks(&mut out, Part::Overview, [&*model.overview])?;
        chunks(&mut out, Part::Areas, model.areas.iter())?;
        chunks(&mut out, Part::Proposals, model.proposals.iter())?;
        chunks(&mut out, Part::Projects, model.projects.iter())?;
        chunks(&mut out, Part::Ballots, model.ballots.iter())?;
        chunks(&mut out, Part::Turnout, model.turnout.iter())?;
        chunks(&mut out, Part::Results, model.results.iter())?;
        chunks(&mut out, Part::AreaResults, model.area_results.iter())?;
        chunks(&mut out, Part::Sites, model.sites.iter())?;
        chunks(&mut out, Part::Grants, model.grants.iter())?;
        chunks(&mut out, Part::Comments, model.comments.iter())?;
        chunks(&mut out, Part::Supports, model.supports.iter())?;
        chunks(&mut out, Part::Reports, model.reports.iter())?;
        chunks(&mut out, Part::Workshops, model.workshops.iter())?;
        chunks(&mut out, Part::Neighbourhoods, model.neighbourhoods.iter())?;
        chunks(&mut out, Part::Urn, [&*model.urn])?;
        chunks(&mut out, Part::UrnSteps, model.urn_steps.iter())?;
        chunks(&mut out, Part::PollingPlaces, model.polling_places.iter())?;
        chunks(&mut out, Part::Texts, model.texts.iter())?;
        let positions = self.positions.iter();
        chunks(&mut out, Part::Positions, positions.flat_map(|(name, all)| runs(all).map(move |run| (name, run))))?;
        chunks(&mut out, Part::Disclosed, runs(&self.disclosed.positions))?;
        let digest = out.digest.finalize();
        out.out.write_all(&digest)?;
        out.out.flush()?;
        Ok(out.bytes + 32)
    }

    /// Reads one back, rows on all cores. Nothing of it is looked at before its digest holds.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Shape`], and [`Error::Io`] with what `input` said.
    pub fn read(mut input: impl Read) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or_else(|| damaged("it is too short"))?;
        if Sha256::digest(body)[..] != digest[..] {
            return Err(damaged("its digest is another one"));
        }
        let mut rest = body;
        let header = header(&mut rest)?;
        let parts = Parts::split(rest)?;
        let peaks: Vec<u8> = header.frontier.iter().flat_map(|peak| peak.0).collect();
        let tree = Frontier::from_bytes(header.size, &peaks).map_err(damaged)?;
        let applied = header.size.checked_sub(1).zip(header.at).map(|(position, at)| Applied { position, at });
        let comments = parts.table(Part::Comments, |_| {})?;
        let sites = parts.table(Part::Sites, |_| {})?;
        let model = Model {
            applied,
            tree,
            campaign: Arc::new(parts.one::<CampaignState>(Part::Campaign)?.into()),
            overview: Arc::new(parts.one(Part::Overview)?),
            areas: parts.table(Part::Areas, |_| {})?,
            proposals: parts.table(Part::Proposals, proposals::ProposalRow::index)?,
            projects: parts.table(Part::Projects, |row: &mut projects::ProjectRow| {
                row.searchable = projects::searchable(&row.formation.reference, &row.sheet);
            })?,
            ballots: parts.table(Part::Ballots, |_| {})?,
            turnout: parts.table(Part::Turnout, |_| {})?,
            results: parts.table(Part::Results, |_| {})?,
            area_results: parts.table(Part::AreaResults, |_| {})?,
            site_index: SiteIndex::of(&sites),
            sites,
            grants: parts.table(Part::Grants, |_| {})?,
            threads: comments::threads(&comments),
            comments,
            supports: parts.table(Part::Supports, |_| {})?,
            reports: parts.table(Part::Reports, |_| {})?,
            workshops: parts.table(Part::Workshops, |_| {})?,
            neighbourhoods: parts.table(Part::Neighbourhoods, |_| {})?,
            urn: Arc::new(parts.one(Part::Urn)?),
            urn_steps: parts.table(Part::UrnSteps, |_| {})?,
            polling_places: parts.table(Part::PollingPlaces, |_| {})?,
            texts: parts.table(Part::Texts, |_| {})?,
        };
        let mut positions = Positions::new();
        for (name, run) in parts.rows::<(String, Vec<u64>)>(Part::Positions)?.into_iter().flatten() {
            unroll(positions.entry(name).or_default(), &run)?;
        }
        let mut disclosed = Disclosed { digest: header.disclosed, ..Disclosed::default() };
        for run in parts.rows::<Vec<u64>>(Part::Disclosed)?.into_iter().flatten() {
            unroll(&mut disclosed.positions, &run)?;
        }
        if model.tree.root() != header.root || model.applied.is_some() != (header.size > 0) {
            return Err(damaged("its first line contradicts itself"));
        }
        let Header { version, campaign, origin, .. } = header;
        Ok(Self { version, campaign, origin, model, positions, disclosed })
    }
}

fn header(rest: &mut &[u8]) -> Result<Header, Error> {
    /// What every format and shape has.
    #[derive(Deserialize)]
    struct Form {
        format: String,
        shape: u32,
    }
    let text = take_line(rest)?;
    let form: Form = serde_json::from_slice(text).map_err(damaged)?;
    match form {
        Form { format, .. } if format != FORMAT => Err(Error::Shape { found: 0 }),
        Form { shape, .. } if shape != SHAPE => Err(Error::Shape { found: shape }),
        Form { .. } => serde_json::from_slice(text).map_err(damaged),
    }
}

fn take_line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("a line has no end"))?;
    let (text, after) = rest.split_at(end);
    *rest = &after[1..];
    Ok(text)
}

/// Passes bytes on, and digests and counts them.
struct Digesting<W> {
    out: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Digesting<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.digest.update(bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(self.out.write_all(bytes)?)
    }
}

fn line<W: Write>(out: &mut Digesting<W>, value: &impl Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_vec(value).map_err(io::Error::from)?;
    text.push(b'\n');
    out.put(&text)
}

/// Writes rows of one table in chunks. One core is enough: nobody waits for it, and others need theirs.
fn chunks<W: Write, T: Serialize>(
    out: &mut Digesting<W>,
    part: Part,
    rows: impl IntoIterator<Item = T>,
) -> Result<(), Error> {
    let (mut text, mut count) = (Vec::with_capacity(CHUNK), 0);
    let mut pack = zstd::bulk::Compressor::new(1)?;
    let mut flush = |text: &mut Vec<u8>, count: &mut usize| -> Result<(), Error> {
        let packed = pack.compress(text)?;
        line(out, &Chunk { part, rows: std::mem::take(count), bytes: packed.len() })?;
        text.clear();
        out.put(&packed)
    };
    for row in rows {
        serde_json::to_writer(&mut text, &row).map_err(io::Error::from)?;
        text.push(b'\n');
        count += 1;
        if text.len() >= CHUNK {
            flush(&mut text, &mut count)?;
        }
    }
    if count > 0 { flush(&mut text, &mut count) } else { Ok(()) }
}

/// Ascending numbers in rows: the first one, then how much further each next one is.
fn runs(all: &imbl::Vector<u64>) -> impl Iterator<Item = Vec<u64>> {
    let mut rest = all.iter().copied().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        let mut before = 0;
        let run = rest.by_ref().take(RUN).map(|next| next.saturating_sub(std::mem::replace(&mut before, next)));
        Some(run.collect())
    })
}

fn unroll(into: &mut imbl::Vector<u64>, run: &[u64]) -> Result<(), Error> {
    let mut last = 0_u64;
    for step in run {
        last = last.checked_add(*step).ok_or_else(|| damaged("a position is too large"))?;
        into.push_back(last);
    }
    Ok(())
}

/// The chunks, not unpacked yet.
struct Parts<'a>(Vec<(Chunk, &'a [u8])>);

impl<'a> Parts<'a> {
    fn split(mut rest: &'a [u8]) -> Result<Self, Error> {
        let mut found = Vec::new();
        while !rest.is_empty() {
            let chunk: Chunk = serde_json::from_slice(take_line(&mut rest)?).map_err(damaged)?;
            let (packed, after) = rest.split_at_checked(chunk.bytes).ok_or_else(|| damaged("a chunk has no end"))?;
            rest = after;
            found.push((chunk, packed));
        }
        Ok(Self(found))
    }

    fn rows<T: DeserializeOwned + Send>(&self, part: Part) -> Result<Vec<Vec<T>>, Error> {
        let chunks = self.0.par_iter().filter(|(chunk, _)| chunk.part == part);
        chunks.map(|(chunk, packed)| unpack(chunk, packed)).collect()
    }

    fn one<T: DeserializeOwned + Send>(&self, part: Part) -> Result<T, Error> {
        let rows = self.rows(part)?;
        rows.into_iter().flatten().next().ok_or_else(|| damaged(format!("its part {part:?} is missing")))
    }

    /// A table; `mend` puts back into a row what follows from its other members.
    fn table<K, V>(&self, part: Part, mend: impl Fn(&mut V) + Sync) -> Result<Table<K, V>, Error>
    where
        K: Ord + Clone + DeserializeOwned + Send,
        V: Clone + DeserializeOwned + Send + Sync,
    {
        let chunks = self.0.par_iter().filter(|(chunk, _)| chunk.part == part);
        let mended = |(key, mut row): (K, V)| {
            mend(&mut row);
            (key, Arc::new(row))
        };
        let rows = chunks.map(|(chunk, packed)| Ok(unpack(chunk, packed)?.into_iter().map(mended).collect()));
        let rows: Vec<Vec<(K, Arc<V>)>> = rows.collect::<Result<_, Error>>()?;
        Ok(Table::of(rows.into_iter().flatten()))
    }
}

fn unpack<T: DeserializeOwned>(chunk: &Chunk, packed: &[u8]) -> Result<Vec<T>, Error> {
    let text = zstd::decode_all(packed).map_err(damaged)?;
    let text = str::from_utf8(&text).map_err(damaged)?;
    let rows = serde_json::Deserializer::from_str(text).into_iter().collect::<Result<Vec<T>, _>>();
    let rows = rows.map_err(|error| damaged(format!("{:?}: {error}", chunk.part)))?;
    let whole = rows.len() == chunk.rows;
    if whole { Ok(rows) } else { Err(damaged(format!("rows are missing in {:?}", chunk.part))) }
}

/// [`Campaign`] as it is read back: a decider's state has no other use for it.
#[derive(Deserialize)]
struct CampaignState {
    configuration: Option<Box<Configuration>>,
    progress: ProgressState,
    frozen: bool,
    catalogue: BTreeMap<AreaId, Vec<Entry>>,
    catalogue_published: bool,
    box_closed: bool,
    #[serde(default)]
    objections_until: Option<Timestamp>,
    lot: Option<(Hash, String)>,
    winners: Option<BTreeSet<ProjectId>>,
    roles: Roles,
    acts: Acts,
    redacted: Redacted,
    geography: Geography,
    exclusions: BTreeSet<BTreeSet<ProjectId>>,
    council: BTreeMap<ProjectId, Ruling>,
    readings: Option<(u64, Hash)>,
}

#[derive(Deserialize)]
struct ProgressState {
    latest: Option<Phase>,
    open: bool,
}

impl From<CampaignState> for Campaign {
    fn from(state: CampaignState) -> Self {
        Self {
            configuration: state.configuration,
            progress: Progress { latest: state.progress.latest, open: state.progress.open },
            frozen: state.frozen,
            catalogue: state.catalogue,
            catalogue_published: state.catalogue_published,
            box_closed: state.box_closed,
            objections_until: state.objections_until,
            lot: state.lot,
            winners: state.winners,
            roles: state.roles,
            acts: state.acts,
            redacted: state.redacted,
            geography: state.geography,
            exclusions: state.exclusions,
            council: state.council,
            readings: state.readings,
            lists: Derived::default(),
        }
    }
}
