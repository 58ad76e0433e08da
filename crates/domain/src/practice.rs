//! What a city configures about taking part and about instruction.
//!
//! White label: nothing here knows a city. Part of [`crate::configuration`].

use crate::configuration::{Named, distinct};
use crate::proposal::DepositorKind;
use crate::rejection::ensure;
use crate::{Code, CriterionId, Hidden, NeighbourhoodId, Rejection};
use serde::{Deserialize, Serialize};

/// The language in which a campaign speaks to those whose own it doesn't know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

/// When moderators look at what people write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Moderation {
    /// After it is shown (`a posteriori`).
    #[default]
    Afterwards,
    /// Before it is shown (`a priori`).
    Beforehand,
}

/// A kind of depositor that a campaign accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositorRule {
    /// The kind.
    pub kind: DepositorKind,
    /// What the city calls it.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub name: Hidden<String>,
    /// Whether the depositor has to say which one: the association's name, the council's.
    #[serde(default)]
    pub complement_needed: bool,
}

/// How people take part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Participation {
    /// The language of those whose own isn't known.
    pub language: Tongue,
    /// When moderators look at what people write.
    pub moderation: Moderation,
    /// Who may deposit; empty for all kinds, none of which has to say more.
    pub depositors: Vec<DepositorRule>,
    /// Priority neighbourhoods (`quartiers populaires`).
    pub neighbourhoods: Vec<Named<NeighbourhoodId>>,
    /// How many files a deposit may have, 0 to 20.
    pub attachments_max: u8,
    /// The longest comment in characters, 1 to 10,000.
    pub comment_max: u32,
}

impl Default for Participation {
    fn default() -> Self {
        Self {
            language: Tongue::Fr,
            moderation: Moderation::Afterwards,
            depositors: Vec::new(),
            neighbourhoods: Vec::new(),
            attachments_max: 5,
            comment_max: 2_000,
        }
    }
}

impl Participation {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self) -> Result<(), Rejection> {
        let invalid = |field: &str, why: &str| Code::ConfigurationInvalid.on(field).with(why);
        distinct("neighbourhoods", self.neighbourhoods.iter().map(|one| one.id.as_str()))?;
        let kinds: std::collections::BTreeSet<_> = self.depositors.iter().map(|rule| rule.kind).collect();
        ensure(kinds.len() == self.depositors.len(), || invalid("depositors", "a kind stands twice"))?;
        ensure(self.attachments_max <= 20, || invalid("attachmentsMax", "0 to 20"))?;
        ensure((1..=10_000).contains(&self.comment_max), || invalid("commentMax", "1 to 10000"))
    }
}

/// How departments instruct.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstructionRules {
    /// What departments answer in their verdicts.
    pub criteria: Vec<Named<CriterionId>>,
    /// How long a department has for its verdict unless its assignment says otherwise, 1 to 365 days.
    pub verdict_days: u16,
    /// How long an author may appeal against a no, 0 to 365 days.
    pub appeal_days: u16,
}

impl Default for InstructionRules {
    fn default() -> Self {
        Self { criteria: Vec::new(), verdict_days: 60, appeal_days: 15 }
    }
}

impl InstructionRules {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self) -> Result<(), Rejection> {
        let invalid = |field: &str, why: &str| Code::ConfigurationInvalid.on(field).with(why);
        distinct("criteria", self.criteria.iter().map(|one| one.id.as_str()))?;
        // A verdict answers them all, in one leaf.
        ensure(self.criteria.len() <= 100, || invalid("criteria", "at most 100"))?;
        ensure((1..=365).contains(&self.verdict_days), || invalid("verdictDays", "1 to 365"))?;
        ensure(self.appeal_days <= 365, || invalid("appealDays", "0 to 365"))
    }
}
