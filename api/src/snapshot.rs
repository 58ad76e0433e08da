//! The folder with the snapshots of the read model: written while it is served, used at start.
//!
//! Owns the files: whole or not there (written beside, synced, renamed), the newest two of each
//! campaign, readable by their owner only because they hold ballots and hidden values. A snapshot is
//! believed only if it belongs to the very log in the store; one that doesn't is put aside, and the log
//! has everything. Must not decide when to write: that is `read_model.rs`. The form of a file:
//! `projections::snapshot`.

use crate::campaign_version::{BATCH, CampaignVersion};
use event_store::{LogHead, Reader};
use projections::{Disclosed, Snapshot, snapshot};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use transparency::Hash;

/// Snapshots kept of each campaign: if the newest is damaged, the one before still shortens the start.
const KEPT: usize = 2;

/// The ending of a snapshot's file name.
const ENDING: &str = ".snapshot";

/// Digits of the size in a file name, so that names sort as sizes do.
const DIGITS: usize = 20;

/// Events with hidden values that are nearer than this are read at once.
const GAP: u64 = 64;

/// Why a snapshot couldn't be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The folder or a file in it can't be used.
    #[error("{} can't be used for snapshots ({why}): check its rights and the space left, or set snapshots to none", place.display())]
    Folder {
        /// Where.
        place: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file can't be written.
    #[error(transparent)]
    Snapshot(#[from] snapshot::Error),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "SNAPSHOT_FOLDER",
            Self::Snapshot(error) => error.code(),
        }
    }
}

/// A folder of snapshots. One server per folder.
#[derive(Debug)]
pub struct Snapshots {
    folder: PathBuf,
    writing: Mutex<()>,
}

/// What is wrong with a snapshot.
enum Refusal {
    /// Not what was written, or of another log: kept for whoever wants to know why.
    Aside(String),
    /// It holds what was removed from the log since: it has to go, as that had to.
    Outdated,
    /// Another program may read it.
    Foreign(snapshot::Error),
    /// It can't be read at the moment.
    Unreadable(String),
}

impl Snapshots {
    /// Takes a folder, and makes it where it isn't there.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(|error| unusable(&folder, &error))?;
        Ok(Self { folder, writing: Mutex::default() })
    }

    /// Writes a version as the campaign's newest snapshot, and deletes all but the newest two. Blocks,
    /// on one core; the version is never changed, so nobody waits for it. Returns the file's length.
    ///
    /// # Errors
    /// [`Error`]; the snapshots before are still there.
    pub fn save(&self, campaign: &CampaignVersion) -> Result<u64, Error> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let stem = stem(&campaign.code);
        let size = campaign.size();
        let place = self.folder.join(format!("{stem}.{size:0DIGITS$}{ENDING}"));
        let beside = self.folder.join(format!("{stem}.part"));
        let failed = |error: io::Error| unusable(&beside, &error);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = BufWriter::new(options.open(&beside).map_err(failed)?);
        let bytes = campaign.snapshot().write(&mut file)?;
        file.flush().map_err(failed)?;
        file.get_ref().sync_all().map_err(failed)?;
        fs::rename(&beside, &place).map_err(failed)?;
        // The new name is on the disk when its folder is; not every system lets one sync a folder.
        #[cfg(unix)]
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        for (_, old) in self.files(&campaign.code)?.into_iter().skip(KEPT) {
            fs::remove_file(&old).map_err(|error| unusable(&old, &error))?;
        }
        Ok(bytes)
    }

    /// Deletes a campaign's snapshots: after values were removed from its log.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn forget(&self, code: &str) -> Result<(), Error> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, file) in self.files(code)? {
            fs::remove_file(&file).map_err(|error| unusable(&file, &error))?;
        }
        Ok(())
    }

    /// The newest snapshot that belongs to this log, if any does. Blocks, on all cores.
    ///
    /// # Errors
    /// Faults of the store only: whatever is wrong with a snapshot is told and got round.
    pub fn load(&self, reader: &Reader, head: &LogHead) -> Result<Option<CampaignVersion>, event_store::Error> {
        let files = self.files(&head.campaign).unwrap_or_else(|error| {
            tracing::warn!(campaign = head.campaign, code = error.code(), "{error}; the log is read instead");
            Vec::new()
        });
        for (_, file) in files {
            match check(&file, reader, head)? {
                Ok(snapshot) => return Ok(Some(CampaignVersion::of(snapshot, head))),
                Err(refusal) => refuse(&file, &head.campaign, &refusal),
            }
        }
        Ok(None)
    }

    /// A campaign's snapshots with the sizes in their names, newest first.
    fn files(&self, code: &str) -> Result<Vec<(u64, PathBuf)>, Error> {
        let failed = |error: io::Error| unusable(&self.folder, &error);
        let prefix = format!("{}.", stem(code));
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let digits = name.and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(ENDING));
            let digits = digits.filter(|digits| digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit()));
            if let Some(size) = digits.and_then(|digits| digits.parse().ok()) {
                found.push((size, path));
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }
}

/// The first part of a campaign's file names: its code, unless that is no name for a file.
fn stem(code: &str) -> String {
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if plain && code.len() <= 100 { code.to_owned() } else { format!("campaign~{}", Hash::of(&[code.as_bytes()])) }
}

fn unusable(place: &Path, error: &io::Error) -> Error {
    Error::Folder { place: place.to_owned(), why: error.to_string() }
}

/// Reads a snapshot and holds it against the log.
fn check(file: &Path, reader: &Reader, head: &LogHead) -> Result<Result<Snapshot, Refusal>, event_store::Error> {
    let read = File::open(file).map_err(snapshot::Error::from).and_then(Snapshot::read);
    let found = match read {
        Ok(found) => found,
        Err(error @ snapshot::Error::Shape { .. }) => return Ok(Err(Refusal::Foreign(error))),
        Err(error @ snapshot::Error::Io(_)) => return Ok(Err(Refusal::Unreadable(error.to_string()))),
        Err(error @ snapshot::Error::Damaged(_)) => return Ok(Err(Refusal::Aside(error.to_string()))),
    };
    let size = found.model.size();
    let aside = |why: String| Ok(Err(Refusal::Aside(why)));
    if (&found.campaign, &found.origin) != (&head.campaign, &head.origin) {
        return aside(format!(
            "it is of {} ({}), the log is {} ({})",
            found.campaign, found.origin, head.campaign, head.origin
        ));
    }
    if size > head.size {
        return aside(format!("it has {size} events and the log only {}: was an older store restored?", head.size));
    }
    if reader.root_at(head.log_id, size)? != found.model.tree.root() {
        return aside(format!("the first {size} events of the log are others"));
    }
    if still_disclosed(reader, head, &found.disclosed)? == found.disclosed {
        Ok(Ok(found))
    } else {
        Ok(Err(Refusal::Outdated))
    }
}

/// What the log still discloses of the events that had something to disclose.
fn still_disclosed(reader: &Reader, head: &LogHead, before: &Disclosed) -> Result<Disclosed, event_store::Error> {
    let mut now = Disclosed::default();
    for (start, length) in before.ranges(GAP) {
        let mut done = 0;
        while done < length {
            let events = reader.read(head.log_id, start + done, BATCH.min(length - done))?;
            let Some(last) = events.last() else { return Ok(now) };
            done = last.position.saturating_sub(start).saturating_add(1);
            for event in &events {
                now.add(event.position, event.disclosed.iter().map(|value| value.path.as_str()));
            }
        }
    }
    Ok(now)
}

fn refuse(file: &Path, campaign: &str, refusal: &Refusal) {
    let place = file.display();
    match refusal {
        Refusal::Foreign(error) => tracing::info!(campaign, "{place}: {error}"),
        Refusal::Unreadable(why) => tracing::warn!(campaign, "{place}: {why}; the log is read instead"),
        Refusal::Aside(why) => match put_aside(file) {
            Ok(to) => tracing::warn!(campaign, "{place} isn't used: {why}. It is put aside as {}", to.display()),
            Err(error) => tracing::warn!(campaign, "{place} isn't used: {why}. Nor can it be put aside: {error}"),
        },
        Refusal::Outdated => {
            let why = "values that it holds were removed from the log since";
            match fs::remove_file(file) {
                Ok(()) => tracing::warn!(campaign, "{place} isn't used and was deleted: {why}"),
                Err(error) => tracing::error!(campaign, "delete {place}: {why}, and it can't be deleted ({error})"),
            }
        }
    }
}

/// Gives the file a name that nothing else has, and that is never read again.
fn put_aside(file: &Path) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    loop {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".aside-{number}"));
        let to = PathBuf::from(name);
        if !to.try_exists()? {
            fs::rename(file, &to)?;
            return Ok(to);
        }
        number = number.saturating_add(1);
    }
}
