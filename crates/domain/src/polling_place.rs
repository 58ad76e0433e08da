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

use crate::paper_count::{PaperCount, PaperMode};
use crate::rejection::ensure;
use crate::{ActorId, AreaId, Code, Context, Decider, Hidden, Rejection, SealId};
use seal::Sealed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use transparency::Hash;

/// A polling place as it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Venue {
    /// Its name.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub name: Hidden<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub address: Hidden<String>,
    /// The areas whose papers are dropped there.
    pub areas: BTreeSet<AreaId>,
    /// How its papers are read.
    pub mode: PaperMode,
}

/// How an agreed count stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sheet {
    /// Readable, with the salt of its commitments: where the box is OPEN.
    Open {
        /// The count.
        count: Box<PaperCount>,
        /// What its commitments were made with, so that anyone can make them again.
        salt: Hash,
    },
    /// Both sealed to the key of the urn, so that nobody reads them before it is opened.
    Sealed {
        /// The canonical JSON of a [`Disclosure`], sealed.
        sealed: Sealed,
        /// The ballot lists that it is sealed for.
        catalogue: Hash,
    },
}

/// What is in a sealed count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// The count.
    pub count: PaperCount,
    /// What its commitments were made with.
    pub salt: Hash,
}

/// What happened to a polling place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was opened.
    PollingPlaceOpened {
        /// As opened.
        venue: Box<Venue>,
    },
    /// It was opened otherwise, before its first box.
    PollingPlaceChanged {
        /// The number of this version: 2 after the first change.
        version: u64,
        /// All of it, as it is now.
        venue: Box<Venue>,
    },
    /// Nobody votes there.
    PollingPlaceClosed {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// An empty box (`urne`) was sealed.
    BoxSealed {
        /// Its number in the place, from 1.
        number: u32,
        /// The numbers of its seals (`scellés`).
        seals: BTreeSet<SealId>,
    },
    /// A box passed from one person to another.
    CustodyPassed {
        /// Its number.
        number: u32,
        /// Who gave it.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        from: Hidden<String>,
        /// Who took it.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        to: Hidden<String>,
    },
    /// A box was opened.
    BoxOpened {
        /// Its number.
        number: u32,
        /// The seals that were found on it.
        seals: BTreeSet<SealId>,
        /// Why they aren't those that were put on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// Signatures in the register (`émargements`) and papers in the boxes were counted, before any paper was
    /// read; counted again, they replace what was counted before.
    SignaturesCounted {
        /// The area.
        area: AreaId,
        /// How many signatures.
        signatures: u32,
        /// How many papers.
        papers: u32,
        /// Why there are more papers than signatures, or why it was counted again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// An agent entered what stands on the papers of a bundle.
    EntryMade {
        /// The area.
        area: AreaId,
        /// The bundle, from 1.
        bundle: u32,
        /// Which entry it is since the last agreement, from 1.
        round: u32,
        /// Who: the actor of this event.
        by: ActorId,
        /// What its numbers are bound by; the numbers themselves are in no log.
        commitment: Hash,
        /// Why a third entry or a correction was needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// The entry is like none before it.
    EntriesDisagree {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// The numbers of the ballot list where it differs from the entry before; 0 for the numbers of
        /// valid, blank and void papers.
        projects: Vec<u32>,
    },
    /// Two agents read the same.
    CountAgreed {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// How many papers it holds.
        papers: u32,
        /// What they read.
        sheet: Sheet,
    },
    /// Two agents read something else than what was agreed; why stands in their entries.
    CountCorrected {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// How many papers it holds.
        papers: u32,
        /// What they read.
        sheet: Sheet,
    },
    /// A bundle was read once more, for the audit or on request.
    RecountRecorded {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// Who: the actor of this event.
        by: ActorId,
        /// What was read, as of an entry: the same where it is what stands.
        commitment: Hash,
        /// Why it isn't what stands. It then begins a correction.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// The signed minutes (`procès-verbal`) were scanned.
    MinutesAttached {
        /// SHA-256 of the file.
        digest: Hash,
    },
}

/// What can be asked of a polling place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open it.
    Open(Box<Venue>),
    /// Open it otherwise.
    Change {
        /// The version that was changed: 1 as opened. Another one by now is a conflict.
        version: u64,
        /// All of it.
        venue: Box<Venue>,
    },
    /// Close it: nobody votes there.
    Close {
        /// Why.
        reason: String,
    },
    /// Seal an empty box.
    SealBox {
        /// Its number.
        number: u32,
        /// Its seals.
        seals: BTreeSet<SealId>,
    },
    /// Pass a box on.
    PassCustody {
        /// Its number.
        number: u32,
        /// Who gives it.
        from: String,
        /// Who takes it.
        to: String,
    },
    /// Open a box.
    OpenBox {
        /// Its number.
        number: u32,
        /// The seals found.
        seals: BTreeSet<SealId>,
        /// Why they differ.
        reason: Option<String>,
    },
    /// Count signatures and papers.
    CountSignatures {
        /// The area.
        area: AreaId,
        /// How many signatures.
        signatures: u32,
        /// How many papers.
        papers: u32,
        /// Why there are more papers, or why again.
        reason: Option<String>,
    },
    /// Enter what stands on the papers of a bundle.
    Enter {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// Which entry it is; another one by now is a conflict.
        round: u32,
        /// What its numbers are bound by.
        commitment: Hash,
        /// Why, for a third entry or a correction.
        reason: Option<String>,
    },
    /// Say that the entry before is like none of the others.
    Disagree {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// Where it differs.
        projects: Vec<u32>,
    },
    /// Say what two agents read.
    Agree {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// How many papers.
        papers: u32,
        /// What they read.
        sheet: Sheet,
    },
    /// Read a bundle once more.
    Recount {
        /// The area.
        area: AreaId,
        /// The bundle.
        bundle: u32,
        /// What was read, as of an entry.
        commitment: Hash,
        /// Why it isn't what stands.
        reason: Option<String>,
    },
    /// Attach the scanned minutes.
    AttachMinutes {
        /// SHA-256 of the file.
        digest: Hash,
    },
}

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
