//! A polling place (`lieu de vote`): its boxes, its signatures, and what two agents read in its papers.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Open: PollingPlaceOpened (until the box is closed)
//!   Open --> Open: PollingPlaceChanged (until the first box)
//!   Open --> Voting: BoxSealed
//!   Voting --> Voting: BoxSealed, CustodyPassed
//!   Voting --> Read: BoxOpened (each), SignaturesCounted
//!   Read --> Read: EntryMade, EntriesDisagree
//!   Read --> Counted: CountAgreed (two entries of two agents)
//!   Counted --> Counted: RecountRecorded, EntryMade, CountCorrected, MinutesAttached
//!   Open --> [*]: PollingPlaceClosed (nobody voted there)
//! ```
//!
//! What may happen to it, and when, stands in `paper_rules`; what a count says in [`crate::paper_count`].

use crate::rejection::ensure;
use crate::{ActorId, AreaId, Code, Context, Decider, Hidden, Rejection, SealId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use transparency::Hash;

pub use crate::polling_event::{Command, Disclosure, Event, Sheet, Venue};

/// A box of a polling place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotBoxState {
    /// The seals that were put on it.
    pub seals: BTreeSet<SealId>,
    /// How often it passed on.
    pub passed: u32,
    /// The seals that were found on it when it was opened.
    pub found: Option<BTreeSet<SealId>>,
}

/// An entry of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// Who.
    pub by: ActorId,
    /// What its numbers are bound by.
    pub commitment: Hash,
}

/// What was agreed of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// What both entries were bound by.
    pub commitment: Hash,
    /// How many papers it holds.
    pub papers: u32,
    /// What was read.
    pub sheet: Sheet,
}

/// Where the count of a bundle stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleState {
    /// The entries since the last agreement.
    pub entries: Vec<Entered>,
    /// What was agreed last.
    pub agreed: Option<Agreed>,
    /// How often it was corrected.
    pub corrections: u32,
    /// How often it was read once more.
    pub recounts: u32,
}

impl BundleState {
    /// Two entries say the same, and the log doesn't say so yet.
    pub fn awaits_agreement(&self) -> Option<Hash> {
        let (last, before) = self.entries.split_last()?;
        before.iter().any(|entry| entry.commitment == last.commitment).then_some(last.commitment)
    }

    /// Whether there are entries that no agreement followed.
    pub fn is_open(&self) -> bool {
        !self.entries.is_empty()
    }
}

/// Where the count of an area's papers stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaPapers {
    /// Signatures, once counted.
    pub signatures: u32,
    /// Papers in the boxes, once counted.
    pub papers: u32,
    /// Bundles by number.
    pub bundles: BTreeMap<u32, BundleState>,
}

impl AreaPapers {
    /// The papers of all agreed bundles.
    pub fn agreed_papers(&self) -> u64 {
        self.bundles.values().filter_map(|bundle| bundle.agreed.as_ref()).map(|agreed| u64::from(agreed.papers)).sum()
    }

    /// Whether each paper is in a bundle that two agents read alike, and nothing is under way.
    pub fn is_complete(&self) -> bool {
        self.agreed_papers() == u64::from(self.papers) && !self.bundles.values().any(BundleState::is_open)
    }
}

/// The state of a polling place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollingPlace {
    /// As it is opened now.
    pub venue: Option<Box<Venue>>,
    /// How often it was changed.
    pub changes: u64,
    /// Whether nobody votes there.
    pub closed: bool,
    /// Its boxes by number.
    pub boxes: BTreeMap<u32, BallotBoxState>,
    /// The papers of each area, once counted.
    pub areas: BTreeMap<AreaId, AreaPapers>,
    /// The digest of the minutes.
    pub minutes: Option<Hash>,
}

impl PollingPlace {
    /// The number of the version that stands: 1 as opened.
    pub fn version(&self) -> u64 {
        self.changes.saturating_add(1)
    }

    /// Refuses a change of another version than the one that stands. Which fields others changed isn't told:
    /// it would have to be remembered, and forgotten with a text that is removed.
    pub(crate) fn check_version(&self, seen: u64) -> Result<(), Rejection> {
        ensure(seen == self.version(), || Code::EditConflict.on("version").with(format!("version {}", self.version())))
    }

    /// The bundle's state, once it has one.
    pub fn bundle(&self, area: &AreaId, bundle: u32) -> Option<&BundleState> {
        self.areas.get(area)?.bundles.get(&bundle)
    }

    /// Whether every paper of it is counted: in each of its areas, or nobody voted there.
    pub fn is_counted(&self) -> bool {
        let Some(venue) = &self.venue else { return true };
        let complete = |area| self.areas.get(area).is_some_and(AreaPapers::is_complete);
        self.closed || venue.areas.iter().all(complete)
    }

    /// What was agreed of an area, by bundle.
    pub fn agreed<'a>(&'a self, area: &AreaId) -> impl Iterator<Item = (u32, &'a Agreed)> + use<'a> {
        let bundles = self.areas.get(area).into_iter().flat_map(|papers| &papers.bundles);
        bundles.filter_map(|(number, bundle)| Some((*number, bundle.agreed.as_ref()?)))
    }

    fn bundle_mut(&mut self, area: &AreaId, bundle: u32) -> &mut BundleState {
        self.areas.entry(area.clone()).or_default().bundles.entry(bundle).or_default()
    }

    fn agree(&mut self, area: &AreaId, bundle: u32, papers: u32, sheet: &Sheet) {
        let state = self.bundle_mut(area, bundle);
        if let Some(commitment) = state.awaits_agreement() {
            state.agreed = Some(Agreed { commitment, papers, sheet: sheet.clone() });
        }
        state.entries.clear();
    }
}

impl Decider for PollingPlace {
    const KIND: &'static str = "polling_place";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let hidden = |reason: Option<String>| reason.map(Hidden::Disclosed);
        let by = || -> Result<ActorId, Rejection> {
            context.actor.id.parse().map_err(|error: crate::InvalidId| Code::NotFound.on("actor").with(error.0))
        };
        Ok(vec![match command {
            Command::Open(venue) => Event::PollingPlaceOpened { venue },
            Command::Change { version, venue } => {
                self.check_version(version)?;
                ensure(self.venue.as_ref() != Some(&venue), || Code::AlreadyDone.on("venue"))?;
                Event::PollingPlaceChanged { version: version.saturating_add(1), venue }
            }
            Command::Close { reason } => Event::PollingPlaceClosed { reason: Hidden::Disclosed(reason) },
            Command::SealBox { number, seals } => Event::BoxSealed { number, seals },
            Command::PassCustody { number, from, to } => {
                Event::CustodyPassed { number, from: Hidden::Disclosed(from), to: Hidden::Disclosed(to) }
            }
            Command::OpenBox { number, seals, reason } => Event::BoxOpened { number, seals, reason: hidden(reason) },
            Command::CountSignatures { area, signatures, papers, reason } => {
                Event::SignaturesCounted { area, signatures, papers, reason: hidden(reason) }
            }
            Command::Enter { area, bundle, round, commitment, reason } => {
                Event::EntryMade { area, bundle, round, by: by()?, commitment, reason: hidden(reason) }
            }
            Command::Disagree { area, bundle, projects } => Event::EntriesDisagree { area, bundle, projects },
            Command::Agree { area, bundle, papers, sheet } => {
                match self.bundle(&area, bundle).is_some_and(|state| state.agreed.is_some()) {
                    false => Event::CountAgreed { area, bundle, papers, sheet },
                    true => Event::CountCorrected { area, bundle, papers, sheet },
                }
            }
            Command::Recount { area, bundle, commitment, reason } => {
                Event::RecountRecorded { area, bundle, by: by()?, commitment, reason: hidden(reason) }
            }
            Command::AttachMinutes { digest } => Event::MinutesAttached { digest },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        self.check_event(event, context)
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::PollingPlaceOpened { venue } => self.venue = Some(venue.clone()),
            Event::PollingPlaceChanged { venue, .. } => {
                self.changes = self.version();
                self.venue = Some(venue.clone());
            }
            Event::PollingPlaceClosed { .. } => self.closed = true,
            Event::BoxSealed { number, seals } => {
                self.boxes.insert(*number, BallotBoxState { seals: seals.clone(), ..BallotBoxState::default() });
            }
            Event::CustodyPassed { number, .. } => {
                let known = self.boxes.entry(*number).or_default();
                known.passed = known.passed.saturating_add(1);
            }
            Event::BoxOpened { number, seals, .. } => {
                self.boxes.entry(*number).or_default().found = Some(seals.clone());
            }
            Event::SignaturesCounted { area, signatures, papers, .. } => {
                let counted = self.areas.entry(area.clone()).or_default();
                (counted.signatures, counted.papers) = (*signatures, *papers);
            }
            Event::EntryMade { area, bundle, by, commitment, .. } => {
                self.bundle_mut(area, *bundle).entries.push(Entered { by: by.clone(), commitment: *commitment });
            }
            Event::EntriesDisagree { .. } => {}
            Event::CountAgreed { area, bundle, papers, sheet } => self.agree(area, *bundle, *papers, sheet),
            Event::CountCorrected { area, bundle, papers, sheet } => {
                self.agree(area, *bundle, *papers, sheet);
                let state = self.bundle_mut(area, *bundle);
                state.corrections = state.corrections.saturating_add(1);
            }
            Event::RecountRecorded { area, bundle, by, commitment, .. } => {
                let state = self.bundle_mut(area, *bundle);
                state.recounts = state.recounts.saturating_add(1);
                if state.agreed.as_ref().is_none_or(|agreed| agreed.commitment != *commitment) {
                    state.entries.push(Entered { by: by.clone(), commitment: *commitment });
                }
            }
            Event::MinutesAttached { digest } => self.minutes = Some(*digest),
        }
    }
}
