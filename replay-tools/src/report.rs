//! Owns what an auditor is told: the verdict, the first divergence, what was checked.
//! Must not: check anything itself.
//! Next: `verify.rs`, which fills it in.

use crate::limits::Limit;
use domain::redaction::Ground;
use domain::{Rejection, Timestamp, rejection::Language};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};
use transparency::Hash;

/// A check, in the order in which the checks stand in the format's promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// The file has the one byte form of a bundle, and its entries are those of the manifest.
    Container,
    /// The log's key and the quorum of witnesses have signed.
    Signatures,
    /// The leaves give the size and root of the signed checkpoint.
    Tree,
    /// The leaves lead through the older checkpoint that the auditor kept, where one was given.
    History,
    /// Positions and stream sequences have no gap, and every leaf is of this log.
    Sequence,
    /// Each leaf is canonical.
    Canonical,
    /// Disclosed values match their commitments.
    Commitments,
    /// Every event was lawful when it was written.
    Law,
    /// The papers in the box are those that were cast.
    Ballots,
    /// The proclaimed result follows from the ballots under the frozen rule.
    Tally,
    /// The claims follow from the log.
    Claims,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 11] = [
        Self::Container,
        Self::Signatures,
        Self::Tree,
        Self::History,
        Self::Sequence,
        Self::Canonical,
        Self::Commitments,
        Self::Law,
        Self::Ballots,
        Self::Tally,
        Self::Claims,
    ];

    /// The stable code, as in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Container => "CONTAINER",
            Self::Signatures => "SIGNATURES",
            Self::Tree => "TREE",
            Self::History => "HISTORY",
            Self::Sequence => "SEQUENCE",
            Self::Canonical => "CANONICAL",
            Self::Commitments => "COMMITMENTS",
            Self::Law => "LAW",
            Self::Ballots => "BALLOTS",
            Self::Tally => "TALLY",
            Self::Claims => "CLAIMS",
        }
    }
}

/// Where a bundle stops being what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// The check that failed.
    pub stage: Stage,
    /// The event's position in the log; none when it isn't about one event.
    pub position: Option<u64>,
    /// A stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Divergence {
    pub(crate) fn new(stage: Stage, position: Option<u64>, code: &'static str, message: impl Into<String>) -> Self {
        Self { stage, position, code, message: message.into() }
    }

    /// A format error, unless it is that the file couldn't be read.
    pub(crate) fn of_format(error: transparency::Error) -> Result<Self, std::io::Error> {
        use transparency::Error as Format;
        let stage = match &error {
            Format::BadSignature { .. }
            | Format::NotSigned
            | Format::NoQuorum { .. }
            | Format::BadKey(_)
            | Format::BadNote { .. }
            | Format::BadPolicy { .. }
            | Format::BadCheckpoint { .. } => Stage::Signatures,
            _ => Stage::Container,
        };
        let position = if let Format::BadLine { leaf, .. } = &error { Some(*leaf) } else { None };
        match error {
            Format::Io { source, .. } => Err(source),
            other => Ok(Self::new(stage, position, other.code(), other.to_string())),
        }
    }

    pub(crate) fn of_rejection(stage: Stage, position: u64, rejection: &Rejection) -> Self {
        let mut message = rejection.message(Language::English);
        if let Some(field) = &rejection.field {
            message = format!("{message} (field {field})");
        }
        Self::new(stage, Some(position), rejection.code.as_str(), message)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stage.code())?;
        if let Some(position) = self.position {
            write!(f, ", position {position}")?;
        }
        write!(f, ": {}: {}", self.code, self.message)
    }
}

/// The verdict on a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// Every check holds.
    Holds,
    /// At least one doesn't.
    Broken,
}

/// A hidden value that is no longer there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redaction {
    /// The event's position.
    pub position: u64,
    /// JSON pointer below the leaf.
    pub path: String,
    /// On which ground, as the event says that removed it; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// When that event was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// The older checkpoint since which was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Since {
    /// Its number of leaves.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ending {
    /// It holds.
    Held,
    /// It doesn't.
    Failed,
    /// An earlier check failed: nothing is said of this one.
    NotReached,
    /// Nobody asked for it.
    NotAsked,
}

/// A check and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which.
    pub stage: Stage,
    /// How it ended.
    pub ending: Ending,
}

/// What was looked at. Counts are of what was followed, up to the first divergence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Origin of the log.
    pub log: Option<String>,
    /// The campaign's code.
    pub campaign: Option<String>,
    /// The older checkpoint since which was verified, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// Whether the signing key was compared with a policy that the auditor gave.
    pub key_checked: bool,
    /// Names of the keys that have signed the checkpoint, of those the policy in force lists.
    pub signed_by: Vec<String>,
    /// The root of the tree as computed from the leaves.
    pub root: Option<Hash>,
    /// Leaves read.
    pub leaves: u64,
    /// Events followed and found lawful.
    pub events: u64,
    /// Streams among them.
    pub streams: u64,
    /// Events followed by kind of stream.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Papers that count.
    pub papers: u64,
    /// Areas whose count was repeated.
    pub areas: u64,
    /// Winners.
    pub winners: u64,
    /// Hidden values that are there and match.
    pub disclosed: u64,
    /// Hidden values that are no longer there.
    pub redacted: Vec<Redaction>,
}

/// What verification says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// The earliest check that failed.
    pub stage: Option<Stage>,
    /// The position of its first divergence.
    pub position: Option<u64>,
    /// Its stable code.
    pub code: Option<&'static str>,
    /// What is wrong.
    pub message: Option<String>,
    /// Every check, in its order, and how it ended.
    pub checks: Vec<Check>,
    /// What was looked at.
    pub checked: Checked,
    /// What no verification of a bundle can show.
    pub unchecked: Vec<Limit>,
    /// What the auditor should know besides.
    pub notes: Vec<String>,
}

impl Report {
    pub(crate) fn new(
        divergence: Option<Divergence>,
        checked: Checked,
        unchecked: Vec<Limit>,
        notes: Vec<String>,
    ) -> Self {
        let verdict = if divergence.is_none() { Verdict::Holds } else { Verdict::Broken };
        let (stage, position, code, message) = match divergence {
            Some(found) => (Some(found.stage), found.position, Some(found.code), Some(found.message)),
            None => (None, None, None, None),
        };
        let ending = |of: Stage| match stage {
            _ if of == Stage::History && checked.since.is_none() && stage != Some(of) => Ending::NotAsked,
            None => Ending::Held,
            Some(failed) if of == failed => Ending::Failed,
            Some(failed) if of < failed => Ending::Held,
            Some(_) => Ending::NotReached,
        };
        let checks = Stage::ALL.into_iter().map(|stage| Check { stage, ending: ending(stage) }).collect();
        Self { verdict, stage, position, code, message, checks, checked, unchecked, notes }
    }
}
