//! What the operator set: flags, then `PARVIS_…` in the environment, then `parvis.toml`.

use crate::failure::Failure;
use crate::watch::Watchers;
use crate::witness::{self, Witnesses};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use vault::{Level, Retention};

/// The store of a first start.
pub const DEFAULT_STORE: &str = "sqlite:./parvis-data/parvis.db";
/// The store of the demo, apart from real campaigns.
pub const DEMO_STORE: &str = "sqlite:./parvis-data/demo.db";
/// Where the server listens when nothing is said: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// The first part of a log's origin when nothing is said.
pub const DEFAULT_ORIGIN: &str = "parvis.local";
/// What switches snapshots of the read model off.
pub const NO_SNAPSHOTS: &str = "none";

/// What can be set; what isn't falls back to the next source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the log is: `sqlite:PATH`.
    pub store: Option<String>,
    /// Where the server listens.
    pub listen: Option<SocketAddr>,
    /// The first part of every new log's origin: the city's host name.
    pub origin: Option<String>,
    /// The file with the signing key; beside the store when not set.
    pub key: Option<PathBuf>,
    /// The folder for snapshots of the read model, or `none`; `snapshots` beside the key when not set.
    pub snapshots: Option<PathBuf>,
    /// The file with the keys of the vault; beside the signing key, with the ending `.vault-key`, when
    /// not set. Keep it away from the backups of the database.
    pub vault_key: Option<PathBuf>,
    /// The folder for files that people send; `uploads` beside the key when not set.
    pub uploads: Option<PathBuf>,
    /// The least level of identity with which a citizen takes part: `LOW` when not set.
    pub least_level: Option<Level>,
    /// How long what is kept about people.
    pub retention: Option<Retention>,
    /// Networks whose programmes may read `/health/ready` and `/metrics`, such as `10.0.0.0/8`; this
    /// machine always may.
    pub watchers: Option<Watchers>,
    /// Who cosigns checkpoints; nobody when not set.
    pub witnesses: Option<witness::Settings>,
    /// How many versions of the past stay in memory: 128 in 512 MiB when not set.
    pub past: Option<crate::past::Limits>,
    /// How messages to people leave; they wait when not set.
    pub messages: Option<messages::Settings>,
    /// Who may sign in, and what the server puts up with.
    pub doors: Option<doors::Settings>,
}

impl Settings {
    /// Reads a `parvis.toml`. One that was named must be there; the default one needn't.
    ///
    /// # Errors
    /// `SETTINGS` with the file, the line and what to do.
    pub fn read(named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.unwrap_or_else(|| Path::new("parvis.toml"));
        let place = path.display();
        match std::fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).map_err(|error| Failure::usage("SETTINGS", format!("{place}: {error}"))),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => {
                Err(Failure::usage("SETTINGS", format!("{place} can't be read ({error}): give another --config")))
            }
        }
    }

    /// These settings, and what they leave open from `others`.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            store: self.store.or(others.store),
            listen: self.listen.or(others.listen),
            origin: self.origin.or(others.origin),
            key: self.key.or(others.key),
            snapshots: self.snapshots.or(others.snapshots),
            past: self.past.or(others.past),
            vault_key: self.vault_key.or(others.vault_key),
            uploads: self.uploads.or(others.uploads),
            least_level: self.least_level.or(others.least_level),
            retention: self.retention.or(others.retention),
            watchers: self.watchers.or(others.watchers),
            witnesses: self.witnesses.or(others.witnesses),
            messages: self.messages.or(others.messages),
            doors: self.doors.or(others.doors),
        }
    }

    /// Where snapshots of the read model are kept, when the key is there; nowhere for [`NO_SNAPSHOTS`].
    pub fn snapshots_beside(&self, key: &Path) -> Option<PathBuf> {
        match &self.snapshots {
            Some(set) if set.as_os_str() == NO_SNAPSHOTS => None,
            Some(set) => Some(set.clone()),
            None => Some(key.with_file_name("snapshots")),
        }
    }

    /// The file with the keys of the vault, when the signing key is there.
    pub fn vault_key_beside(&self, key: &Path) -> PathBuf {
        self.vault_key.clone().unwrap_or_else(|| key.with_extension("vault-key"))
    }

    /// The folder for files that people send, when the signing key is there.
    pub fn uploads_beside(&self, key: &Path) -> PathBuf {
        self.uploads.clone().unwrap_or_else(|| key.with_file_name("uploads"))
    }

    /// The witnesses, reached by the way that leads to issuers too.
    ///
    /// # Errors
    /// `WITNESSES` with what can't be.
    pub fn witnesses(&self) -> Result<Witnesses, Failure> {
        let proxy = self.doors.as_ref().and_then(|doors| doors.outgoing_proxy.as_ref());
        match &self.witnesses {
            Some(settings) => Witnesses::new(settings, proxy),
            None => Ok(Witnesses::default()),
        }
    }

    /// The origin of a campaign's log.
    pub fn origin_of(&self, campaign: &str) -> String {
        format!("{}/{campaign}", self.origin.as_deref().unwrap_or(DEFAULT_ORIGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let file: Settings = toml::from_str("store = 'sqlite:a.db'\norigin = 'budget.example'").unwrap();
        let flags = Settings { store: Some("sqlite:b.db".into()), ..Settings::default() };
        let both = flags.or(file);
        assert_eq!(both.store.as_deref(), Some("sqlite:b.db"));
        assert_eq!(both.origin_of("x"), "budget.example/x");
    }

    #[test]
    fn snapshots_are_beside_the_key_unless_said() {
        let key = Path::new("data/parvis.key");
        let set = |text: &str| toml::from_str::<Settings>(text).unwrap().snapshots_beside(key);
        assert_eq!(set(""), Some("data/snapshots".into()));
        assert_eq!(set("snapshots = '/srv/parvis'"), Some("/srv/parvis".into()));
        assert_eq!(set("snapshots = 'none'"), None);
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("parvis.toml");
        std::fs::write(&path, "stroe = 'sqlite:a.db'").unwrap();
        let failure = Settings::read(Some(&path)).unwrap_err();
        assert_eq!((failure.status, failure.code.as_str()), (2, "SETTINGS"));
        assert!(failure.message.contains("stroe"), "{failure}");
        assert_eq!(Settings::read(Some(&dir.path().join("none.toml"))).unwrap_err().status, 2);
    }
}
