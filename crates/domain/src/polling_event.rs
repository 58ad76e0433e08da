//! What can be asked of a polling place, and what happened to it.
//!
//! Owns the forms alone. The state: [`crate::polling_place`]; when each may happen: `paper_rules`.

use crate::paper_count::{PaperCount, PaperMode};
use crate::{ActorId, AreaId, Hidden, SealId};
use seal::Sealed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
