//! Owns a city's office for a test: a store in a folder of its own, and what an operator does there,
//! in this process and through the same calls as the command line.
//! Must not: assert anything of its own. Next: `api/src/steps.rs`, `api/src/export.rs`.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "test support: what doesn't work fails the test")]

use api::export::Exported;
use api::failure::Failure;
use api::steps::Steps;
use api::{export, fold, import_pabulib};
use commands::{Clock, Entropy, Executor};
use event_store::{LogHead, OpenMode, Store};
use projections::Model;
use replay_tools::Report;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use transparency::Policy;

/// The data of real elections that some machines have beside the workspace; says so when it isn't there.
pub fn real_data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("SKIPPED: ../shared/data is not there");
    None
}

/// A store, and the hands that work on it.
pub struct Office {
    folder: TempDir,
    store: Store,
    /// Set to stop the work under way.
    pub stop: Arc<AtomicBool>,
    /// Where blocking work waits for what is asynchronous.
    pub runtime: Runtime,
}

impl Default for Office {
    fn default() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("parvis.db").display());
        let store = Store::open(&url, OpenMode::Create).unwrap();
        Self { folder, store, stop: Arc::default(), runtime: Runtime::new().unwrap() }
    }
}

impl Office {
    /// A file in its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What writes a campaign, from the first step.
    pub fn steps(&self, campaign: &str, clock: Clock, entropy: Entropy) -> Steps {
        let executor = Executor::new(self.store.clone(), clock, entropy);
        Steps { executor, campaign: campaign.to_owned(), stop: Arc::clone(&self.stop), quiet: true }
    }

    /// Imports a Pabulib file.
    ///
    /// # Errors
    /// As [`import_pabulib::import`].
    pub fn import(&self, campaign: &str, path: &Path) -> Result<import_pabulib::Summary, Failure> {
        let _entered = self.runtime.enter();
        let steps = self.steps(campaign, Clock::System, Entropy::system().unwrap());
        import_pabulib::import(&steps, &format!("city.example/{campaign}"), path)
    }

    /// Writes a text to a file and imports it.
    ///
    /// # Errors
    /// As [`import_pabulib::import`].
    pub fn import_text(&self, campaign: &str, text: &str) -> Result<import_pabulib::Summary, Failure> {
        let path = self.file(&format!("{campaign}.pb"));
        std::fs::write(&path, text).unwrap();
        self.import(campaign, &path)
    }

    /// The log of a campaign.
    pub fn head(&self, campaign: &str) -> LogHead {
        fold::log(&self.store.reader(), campaign).unwrap()
    }

    /// A campaign's read model, folded from the store.
    pub fn model(&self, campaign: &str) -> Model {
        fold::model(&self.store.reader(), &self.head(campaign), |_| Ok(())).unwrap()
    }

    /// Exports a campaign's bundle and verifies it as an auditor with the city's key does.
    pub fn audit(&self, campaign: &str) -> (Exported, Report) {
        let out = self.file(&format!("{campaign}.parvis"));
        let key = self.file("parvis.key");
        let exported = export::bundle(&self.store, &key, &Entropy::system().unwrap(), campaign, &out).unwrap();
        let policy = Policy::parse(&std::fs::read_to_string(&exported.policy).unwrap()).unwrap();
        let report = replay_tools::verify(&exported.file, Some(&policy), &mut |_, _| {}).unwrap();
        (exported, report)
    }
}
