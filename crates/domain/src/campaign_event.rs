//! What can be asked of a campaign, and what happened to it.
//!
//! Owns the forms alone. When each may happen: [`crate::campaign`] and the files that it names.

use crate::acts::Act;
use crate::catalogue::Entry;
use crate::configuration::Configuration;
use crate::geography::{Outline, Place};
use crate::phase::Phase;
use crate::proclamation::{AreaResult, Basis};
use crate::redaction::{Ground, Target};
use crate::roles::Office;
use crate::{ActorId, AreaId, Hidden, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use transparency::Hash;

/// Why a phase was opened or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Cause {
    /// Its planned time came.
    Clock,
    /// An agent did it, and said why.
    Agent,
}

/// What happened to a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The campaign was configured, anew or for the first time.
    CampaignConfigured {
        /// All of it; replaces what was configured before.
        configuration: Box<Configuration>,
    },
    /// A phase began.
    PhaseOpened {
        /// Which.
        phase: Phase,
        /// By the clock or by an agent.
        cause: Cause,
        /// Why, when an agent did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// A phase ended.
    PhaseClosed {
        /// Which.
        phase: Phase,
        /// By the clock or by an agent.
        cause: Cause,
        /// Why, when an agent did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// Rules and ballot list no longer change.
    RulesFrozen {
        /// SHA-256 of the canonical JSON of the rules and of the areas with envelopes and ballots.
        rules: Hash,
        /// SHA-256 of the canonical JSON of the catalogue, by area.
        catalogue: Hash,
    },
    /// Projects were put on the ballot of an area.
    CatalogueListed {
        /// The area.
        area: AreaId,
        /// At most [`CATALOGUE_PART`](crate::catalogue::CATALOGUE_PART) entries; further ones follow in another event.
        entries: Vec<Entry>,
    },
    /// The ballot list is complete.
    CataloguePublished {
        /// How many projects stand on it.
        projects: u32,
    },
    /// No ballot is accepted any more.
    BallotBoxClosed {
        /// How many papers are in the box, over all areas.
        papers: u64,
    },
    /// The link between voters and sealed ballots was destroyed (`destruction du lien`): nobody can tell
    /// any more whose a ballot is.
    LinkShredded {
        /// How many ballots there are, over all areas.
        ballots: u64,
        /// The moment from which nobody can object any more, and the urn may be opened.
        objections_until: Timestamp,
    },
    /// The public lot that tells ties apart was drawn.
    LotSeedDrawn {
        /// The size of the log right after the box was closed.
        #[serde(rename = "closed_size")]
        size: u64,
        /// The root of the log at that size.
        #[serde(rename = "closed_root")]
        root: Hash,
        /// What the officers entered in public session (printable text, at most 200 bytes).
        public_value: String,
    },
    /// The result is proclaimed (`proclamation`).
    ResultProclaimed {
        /// What it rests on.
        basis: Basis,
        /// The winners by area.
        areas: Vec<AreaResult>,
        /// SHA-256 of the canonical JSON of the whole outcome; absent when recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Hash>,
    },
    /// A role was granted to somebody.
    RoleGranted {
        /// To whom.
        grantee: ActorId,
        /// The role with its scope.
        #[serde(flatten)]
        office: Office,
        /// The moment from which it is no longer in force; none while it lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A role was taken back.
    RoleRevoked {
        /// From whom.
        grantee: ActorId,
        /// The role with its scope.
        #[serde(flatten)]
        office: Office,
        /// Why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// An agent proposed an act that takes two.
    ActProposed {
        /// Its number in the campaign, from 1.
        number: u64,
        /// What.
        act: Act,
        /// Who: the actor of this event.
        proposer: ActorId,
        /// The moment from which it can't be confirmed any more: 7 days later.
        lapses: Timestamp,
    },
    /// Another agent confirmed it; its effect is the next event.
    ActConfirmed {
        /// Its number.
        number: u64,
    },
    /// An agent dropped it.
    ActDropped {
        /// Its number.
        number: u64,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// Values that people typed are removed.
    ValuesRedacted {
        /// Which.
        targets: Vec<Target>,
        /// Why.
        ground: Ground,
    },
    /// The outline of an area or of a priority neighbourhood, in place of an earlier one.
    OutlineDrawn {
        /// Of what.
        place: Place,
        /// The outline.
        outline: Outline,
    },
    /// Projects exclude each other: they can't all be carried out, on the same ground for instance.
    ExclusionDeclared {
        /// Two or more of one area.
        projects: BTreeSet<ProjectId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// They no longer do.
    ExclusionLifted {
        /// As they were declared.
        projects: BTreeSet<ProjectId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// Where the record of agents' readings of personal data stands.
    ReadingsAnchored {
        /// How many readings it holds.
        count: u64,
        /// Its digest.
        digest: Hash,
    },
}

/// What can be asked of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Configure, anew or for the first time.
    Configure(Box<Configuration>),
    /// Open a phase; opening VOTE freezes the rules.
    OpenPhase {
        /// Which.
        phase: Phase,
        /// Why; none when its time came.
        reason: Option<String>,
    },
    /// Close the open phase.
    ClosePhase {
        /// Which.
        phase: Phase,
        /// Why; none when its time came.
        reason: Option<String>,
    },
    /// Put all admitted projects on the ballot and publish the list.
    PublishCatalogue,
    /// Close the ballot box.
    CloseBallotBox,
    /// Destroy the link between voters and sealed ballots.
    ShredLink,
    /// Draw the public lot.
    DrawLot {
        /// Size of the log right after the box was closed.
        size: u64,
        /// Root at that size.
        root: Hash,
        /// What the officers entered.
        public_value: String,
    },
    /// Count and proclaim.
    ProclaimResult,
    /// Record the winners of a past election whose ballots aren't known.
    RecordResult {
        /// The winners by area.
        areas: Vec<AreaResult>,
    },
    /// Grant a role.
    GrantRole {
        /// To whom.
        grantee: ActorId,
        /// The role with its scope.
        office: Office,
        /// The moment from which it is no longer in force; none while it lasts.
        until: Option<Timestamp>,
    },
    /// Take a role back.
    RevokeRole {
        /// From whom.
        grantee: ActorId,
        /// The role with its scope.
        office: Office,
        /// Why, if said.
        reason: Option<String>,
    },
    /// Confirm an act that somebody else proposed.
    ConfirmAct {
        /// Its number.
        number: u64,
    },
    /// Drop a proposed act.
    DropAct {
        /// Its number.
        number: u64,
        /// Why.
        reason: String,
    },
    /// Remove values that people typed.
    Redact {
        /// Which.
        targets: Vec<Target>,
        /// Why.
        ground: Ground,
    },
    /// Draw the outline of an area or of a priority neighbourhood.
    DrawOutline {
        /// Of what.
        place: Place,
        /// The outline.
        outline: Outline,
    },
    /// Say that projects exclude each other.
    DeclareExclusion {
        /// Two or more of one area.
        projects: BTreeSet<ProjectId>,
        /// Why.
        reason: String,
    },
    /// Say that they no longer do.
    LiftExclusion {
        /// As they were declared.
        projects: BTreeSet<ProjectId>,
        /// Why.
        reason: String,
    },
    /// Say where the record of readings of personal data stands.
    AnchorReadings {
        /// How many readings it holds.
        count: u64,
        /// Its digest.
        digest: Hash,
    },
}
