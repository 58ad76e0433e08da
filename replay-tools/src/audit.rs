//! Owns following a log event by event: sequences, tree, law, ballots, tally.
//! Must not: read files or check single leaves (see `read.rs`).
//! Next: `domain::world` for the rules, `projections::model` for the count, `verify.rs`.

use crate::{
    read::{CheckedLeaf, ReadEvent},
    report::{Checked, Divergence, Redaction, Stage},
};
use domain::{Code, Event, Record, Rejection, StreamKind, World, campaign, count};
use projections::Model;
use projections::urn::{UrnRow, UrnStep};
use std::collections::{BTreeMap, BTreeSet};
use transparency::{Frontier, Hash};

/// The states of all streams, the read model and the tree, after the events so far.
#[derive(Debug, Default)]
pub struct Audit {
    world: World,
    model: Model,
    tree: Frontier,
    sequences: BTreeMap<StreamKind, BTreeMap<String, u64>>,
    /// Size and root of the tree right after the ballot box was closed.
    closing: Option<(u64, Hash)>,
    divergence: Option<Divergence>,
    /// Size and root of a tree that was verified before.
    known: Option<(u64, Hash)>,
    /// That the log isn't what that tree was of.
    forked: Option<Divergence>,
    checked: Checked,
}

impl Audit {
    /// An audit of what came after a tree that was verified before: its events are followed without
    /// being judged again, and the leaves must lead through its root.
    pub fn since(size: u64, root: Hash) -> Self {
        let mut audit = Self { known: Some((size, root)), ..Self::default() };
        audit.check_known();
        audit
    }

    /// Takes the next leaf. After the first divergence events are no longer followed, but the tree
    /// still grows: whether the root is right is a question of its own.
    pub fn take(&mut self, leaf: CheckedLeaf) {
        self.tree.push(leaf.hash);
        self.check_known();
        if self.divergence.is_some() {
            return;
        }
        if let Err(divergence) = leaf.event.and_then(|event| self.follow(event)) {
            self.divergence = Some(divergence);
        }
    }

    /// Whether the tree, when it is as large as the one that was verified before, has its root.
    fn check_known(&mut self) {
        let Some((size, root)) = self.known.filter(|known| known.0 == self.tree.size()) else { return };
        if root != self.tree.root() {
            let message = format!(
                "FORK: the checkpoint of {size} leaves says root {root}, and the first {size} leaves here give {}: the \
                 log was not only added to; keep both files, `parvis-replay diff OLD NEW` finds the first event that \
                 differs where an older bundle is at hand",
                self.tree.root()
            );
            self.forked = Some(Divergence::new(Stage::History, None, "HISTORY_FORKED", message));
        }
    }

    /// That the log isn't the one that was verified before.
    pub const fn forked(&self) -> Option<&Divergence> {
        self.forked.as_ref()
    }

    /// How many leaves were verified before.
    pub fn known_size(&self) -> Option<u64> {
        self.known.map(|(size, _)| size)
    }

    /// The first divergence among the events so far.
    pub const fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// The tree of all leaves so far.
    pub const fn tree(&self) -> &Frontier {
        &self.tree
    }

    /// The read model after the events that were followed.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// The read model, when nothing else is asked any more.
    pub fn into_model(self) -> Model {
        self.model
    }

    /// What was followed.
    pub fn checked(&self) -> Checked {
        let mut checked = self.checked.clone();
        checked.leaves = self.tree.size();
        for gone in &mut checked.redacted {
            let row = self.model.texts.get(&gone.position);
            if let Some(removal) = row.and_then(|row| row.redacted.get(&gone.path)) {
                (gone.ground, gone.at) = (Some(removal.ground), Some(removal.moment.at));
            }
        }
        checked.root = Some(self.tree.root());
        checked.campaign = self.model.campaign.configuration.as_ref().map(|configured| configured.code.clone());
        checked.streams = self.sequences.values().map(|of_kind| number(of_kind.len())).sum();
        checked.papers = count::papers(&self.world);
        checked.areas = number(self.model.area_results.len());
        checked.winners = self.model.area_results.rows().map(|row| number(row.winners.len())).sum();
        checked
    }

    /// Whether the values that are gone are those that events removed, at the end of the log.
    ///
    /// In a log that never granted a role nor removed a value by an event, values may be gone without
    /// one: such logs are older than the event, or tell of a past election.
    pub fn check_removals(&self) -> Option<Divergence> {
        let found = |position, code, message| Some(Divergence::new(Stage::Commitments, Some(position), code, message));
        let campaign = &self.model.campaign;
        let named = campaign.roles.are_kept() || !campaign.redacted.is_empty();
        let unnamed = self.model.texts.iter().find_map(|(position, row)| Some((*position, row.gone.iter().next()?)));
        if let Some((position, path)) = unnamed.filter(|_| named) {
            let message = format!("the value at {path} is missing, and no event says that it was removed");
            return found(position, "VALUE_MISSING", message);
        }
        let gone: BTreeSet<(u64, &str)> =
            self.checked.redacted.iter().map(|gone| (gone.position, gone.path.as_str())).collect();
        for (position, paths) in &campaign.redacted {
            if let Some(path) = paths.iter().find(|path| !gone.contains(&(*position, path.as_str()))) {
                let message = format!("the value at {path} is still there, and an event says that it was removed");
                return found(*position, "REDACTED_VALUE_DISCLOSED", message);
            }
        }
        None
    }

    /// Whether ballots are sealed for the log in which they stand: a key declared with another name binds
    /// them to a log that they aren't in, and whoever sealed for this one is counted as unreadable.
    pub fn check_urn(&self, origin: &str) -> Option<Divergence> {
        let (log, _) = self.model.urn.ceremony.as_ref().filter(|(log, _)| log != origin)?;
        let declared = |row: &UrnRow| matches!(row.step, UrnStep::KeyDeclared {});
        let position = self.model.urn_steps.rows().filter(|row| declared(row)).map(|row| row.moment.position).last();
        let message = format!("the urn's key is declared for the log {log:?}, and this is {origin:?}");
        Some(Divergence::new(Stage::Law, position, "URN_OF_OTHER_LOG", message))
    }

    fn follow(&mut self, event: ReadEvent) -> Result<(), Divergence> {
        let record = &event.record;
        self.check_sequence(record)?;
        self.check_lot(record)?;
        let refuse =
            |rejection| Divergence::of_rejection(stage_of(&record.event, &rejection), record.position, &rejection);
        if self.known.is_none_or(|(size, _)| record.position >= size) {
            self.world.check(&record.id, &record.event, &record.actor, record.at).map_err(refuse)?;
        }
        self.world.evolve(&record.id, &record.event).map_err(refuse)?;
        self.world.note(record);
        // A second count, from the tables that people read: both must come to the same.
        let recount = |rejection| Divergence::of_rejection(Stage::Tally, record.position, &rejection);
        self.model.apply(record).map_err(recount)?;
        if let Event::Campaign(campaign::Event::BallotBoxClosed { .. }) = record.event {
            self.closing = Some((self.tree.size(), self.tree.root()));
        }
        self.checked.events += 1;
        *self.checked.by_kind.entry(record.kind.as_str()).or_default() += 1;
        self.checked.disclosed += number(event.disclosed);
        let position = record.position;
        let gone = event.redacted.into_iter().map(|path| Redaction { position, path, ground: None, at: None });
        self.checked.redacted.extend(gone);
        Ok(())
    }

    /// Each stream counts its events from 1.
    fn check_sequence(&mut self, record: &Record) -> Result<(), Divergence> {
        let of_kind = self.sequences.entry(record.kind).or_default();
        let last = match of_kind.get_mut(&record.id) {
            Some(last) => last,
            None => of_kind.entry(record.id.clone()).or_default(),
        };
        *last += 1;
        if record.sequence == *last {
            return Ok(());
        }
        let (kind, id, expected) = (record.kind, &record.id, *last);
        let message = format!("{kind}/{id} has sequence {} where {expected} comes next", record.sequence);
        Err(Divergence::new(Stage::Sequence, Some(record.position), "SEQUENCE_GAP", message))
    }

    /// What a stream's own rules can't see: the lot rests on the tree as the closing of the box left it.
    fn check_lot(&self, record: &Record) -> Result<(), Divergence> {
        let Event::Campaign(campaign::Event::LotSeedDrawn { size, root, .. }) = &record.event else { return Ok(()) };
        let Some((at, of)) = self.closing.filter(|closing| *closing != (*size, *root)) else { return Ok(()) };
        let message =
            format!("the lot names size {size} and root {root}; the box was closed at size {at} and root {of}");
        Err(Divergence::new(Stage::Law, Some(record.position), "LOT_ROOT_MISMATCH", message))
    }
}

/// The check that a refusal belongs to.
fn stage_of(event: &Event, rejection: &Rejection) -> Stage {
    let about_counts = [Code::ResultMismatch, Code::TallyRefused].contains(&rejection.code);
    match event {
        Event::Campaign(campaign::Event::BallotBoxClosed { .. }) if about_counts => Stage::Ballots,
        Event::Campaign(campaign::Event::ResultProclaimed { .. }) if about_counts => Stage::Tally,
        Event::Campaign(_)
        | Event::Proposal(_)
        | Event::Project(_)
        | Event::Ballot(_)
        | Event::Site(_)
        | Event::Comment(_)
        | Event::Participant(_)
        | Event::Workshop(_)
        | Event::Urn(_)
        | Event::PollingPlace(_) => Stage::Law,
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
