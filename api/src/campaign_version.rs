//! One campaign at one position, and how the next events of its log lead to the next version.
//!
//! Owns the fold of stored events into a [`CampaignVersion`], and where a log stops making sense. Must
//! not publish anything: that is `read_model.rs`. What a fold does to tables: the `projections` crate.

use domain::{Record, Timestamp};
use event_store::{LogHead, LogId, Reader, StoredEvent};
use projections::{Disclosed, Model, Positions, Snapshot};
use transparency::Leaf;

/// Events folded between two publications.
pub(crate) const BATCH: u64 = 2_000;

/// Where a log stops making sense, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The first position that can't be folded.
    pub position: u64,
    /// The stable code of the fault.
    pub code: &'static str,
    /// The fault in words.
    pub message: String,
}

/// One campaign at one position.
#[derive(Clone, Debug)]
pub struct CampaignVersion {
    /// Its log in this store.
    pub log: LogId,
    /// The log's name in checkpoints and leaves.
    pub origin: String,
    /// Its code.
    pub code: String,
    /// The version of the folds that made its tables; another than [`projections::VERSION`] while
    /// those of an older snapshot are served.
    pub folds: u32,
    /// All its tables.
    pub model: Model,
    /// The positions of each type of event, ascending.
    pub positions: Positions,
    /// Which events had disclosed values when they were folded.
    pub disclosed: Disclosed,
    /// Set when its log can't be folded any further.
    pub broken: Option<Broken>,
    /// The moment that it stands for, when it is one of the past: what depends on the day is told for
    /// that day.
    pub moment: Option<Timestamp>,
}

impl CampaignVersion {
    /// A log of which nothing is folded yet.
    pub(crate) fn new(log: LogId, origin: &str, code: &str) -> Self {
        Self {
            log,
            origin: origin.to_owned(),
            code: code.to_owned(),
            folds: projections::VERSION,
            model: Model::default(),
            positions: Positions::new(),
            disclosed: Disclosed::default(),
            broken: None,
            moment: None,
        }
    }

    /// The version that a snapshot of this log holds.
    pub(crate) fn of(snapshot: Snapshot, head: &LogHead) -> Self {
        let Snapshot { version: folds, campaign: code, origin, model, positions, disclosed } = snapshot;
        Self { log: head.log_id, origin, code, folds, model, positions, disclosed, broken: None, moment: None }
    }

    /// As a snapshot holds it. Cheap: the rows are shared.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            version: self.folds,
            campaign: self.code.clone(),
            origin: self.origin.clone(),
            model: self.model.clone(),
            positions: self.positions.clone(),
            disclosed: self.disclosed.clone(),
        }
    }

    /// How many events it holds.
    pub fn size(&self) -> u64 {
        self.model.size()
    }

    /// How many events have removed values so far.
    pub(crate) fn removals(&self) -> usize {
        self.positions.get("ValuesRedacted").map_or(0, |positions| positions.len())
    }

    /// The version after the next events of the log, [`BATCH`] of them at most.
    pub(crate) fn next(&self, reader: &Reader) -> Result<Self, event_store::Error> {
        let mut next = self.clone();
        next.fold(reader, BATCH)?;
        Ok(next)
    }

    /// Folds the next events of the log, so many of them at most.
    pub(crate) fn fold(&mut self, reader: &Reader, most: u64) -> Result<(), event_store::Error> {
        let events = reader.read(self.log, self.size(), most)?;
        if events.is_empty() {
            let message = "the log says it has more events than it holds".to_owned();
            self.breaks(Broken { position: self.size(), code: "POSITION_GAP", message });
        }
        for event in &events {
            if let Err(broken) = self.apply(event) {
                self.breaks(broken);
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, event: &StoredEvent) -> Result<(), Broken> {
        let broken = |code, message| Broken { position: event.position, code, message };
        let leaf = Leaf::parse(&event.leaf).map_err(|error| broken(error.code(), error.to_string()))?;
        let record = Record::read(&leaf, &event.leaf, &event.disclosed);
        let record = record.map_err(|error| broken(error.code(), error.to_string()))?;
        if record.position != self.size() {
            let message = format!("position {} was expected", self.size());
            return Err(broken("POSITION_GAP", message));
        }
        // Only the campaign's own events can be refused; the version before stays whole.
        let before = matches!(record.event, domain::Event::Campaign(_)).then(|| self.model.clone());
        if let Err(rejection) = self.model.apply(&record) {
            if let Some(before) = before {
                self.model = before;
            }
            return Err(broken(rejection.code.as_str(), rejection.to_string()));
        }
        self.positions.entry(event.event_type.clone()).or_default().push_back(event.position);
        self.disclosed.add(event.position, event.disclosed.iter().map(|value| value.path.as_str()));
        if matches!(record.event, domain::Event::Campaign(domain::campaign::Event::ValuesRedacted { .. })) {
            self.disclosed = Disclosed::of(&self.model.texts);
        }
        Ok(())
    }

    /// That nothing more of its log can be folded.
    pub(crate) fn breaks(&mut self, broken: Broken) {
        let Broken { position, code, message } = &broken;
        let campaign = &self.code;
        tracing::error!(campaign, position, code, "the log can't be read any further: {message}; run `parvis doctor`");
        self.broken = Some(broken);
    }
}
