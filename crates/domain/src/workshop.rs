//! A workshop (`atelier`): where proposals are brought together, in a room, online, or both.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Announced: WorkshopAnnounced
//!   Announced --> Announced: WorkshopChanged, ParticipantInvited, ParticipantRegistered, RegistrationCancelled
//!   Announced --> Announced: AlternativesProposed, AlternativeChosen (online)
//!   Announced --> Cancelled: WorkshopCancelled
//!   Announced --> Held: AttendanceRecorded (in a room)
//!   Announced --> Concluded: FinalTextPublished (online)
//!   Held --> Concluded: MinutesPublished
//! ```
//!
//! What may happen to it, and when, stands in `workshop_rules`.

use crate::decider::{check_version, differences};
use crate::rejection::ensure;
use crate::{Code, Context, Decider, Hidden, ProposalId, Rejection, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use transparency::Hash;

/// How people come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mode {
    /// In a room (`en présence`).
    InPerson,
    /// Online, in three dated steps.
    Online,
    /// In a room, with the three steps online.
    Hybrid,
}

/// From a moment to another; the first belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first moment.
    pub start: Timestamp,
    /// The moment after its last.
    pub end: Timestamp,
}

/// The dated steps of an online workshop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Commenting the initial description.
    pub comment: Span,
    /// Choosing between alternative descriptions.
    pub choice: Span,
    /// From when the final description may be published.
    pub finish: Timestamp,
}

/// A workshop as it is announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its title.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// How people come together.
    pub mode: Mode,
    /// What it is about, hour by hour if one likes.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub agenda: Hidden<String>,
    /// Where; needed unless it is online only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Hidden<String>>,
    /// Where on the Web; needed unless it is in a room only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Hidden<String>>,
    /// Its first moment.
    pub starts: Timestamp,
    /// The moment after its last.
    pub ends: Timestamp,
    /// How many people can register, 1 to 10,000.
    pub capacity: u32,
    /// The proposals that it brings together.
    pub proposals: Vec<ProposalId>,
    /// Its dated steps; needed unless it is in a room only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
}

/// Why somebody may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// An author of one of its proposals.
    Depositor,
    /// Somebody who follows one of its proposals; what somebody follows is private, so the server vouches.
    Follower,
    /// Somebody who was invited.
    Invited,
}

/// A description to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// Its title.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// Its text.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub text: Hidden<String>,
}

/// What happened to a workshop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was announced.
    WorkshopAnnounced {
        /// As announced.
        announcement: Box<Announcement>,
    },
    /// It was announced anew, with other details.
    WorkshopChanged {
        /// The number of this version: 2 after the first change.
        version: u64,
        /// All of it, as it is now.
        announcement: Box<Announcement>,
    },
    /// It won't be held.
    WorkshopCancelled {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// Somebody was invited.
    ParticipantInvited {
        /// SHA-256 of the secret that the invitation holds.
        invitation: Hash,
    },
    /// Somebody registered.
    ParticipantRegistered {
        /// Their pseudonym.
        participant: String,
        /// Why they may.
        standing: Standing,
        /// The invitation that is used up by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitation: Option<Hash>,
    },
    /// Somebody won't come.
    RegistrationCancelled {
        /// Their pseudonym.
        participant: String,
    },
    /// Who was there.
    AttendanceRecorded {
        /// Those who had registered, by pseudonym; at most 500.
        present: Vec<String>,
        /// How many others, at most 10,000.
        others: u32,
    },
    /// What was said and agreed.
    MinutesPublished {
        /// The minutes (`compte rendu`).
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        minutes: Hidden<String>,
        /// The conclusions.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        conclusions: Hidden<String>,
    },
    /// Up to three descriptions to choose from.
    AlternativesProposed {
        /// They, numbered from 1.
        alternatives: Vec<Alternative>,
    },
    /// Somebody chose one; a later choice of the same person replaces it.
    AlternativeChosen {
        /// Their pseudonym.
        participant: String,
        /// Its number.
        alternative: u8,
    },
    /// The description that the workshop leads to.
    FinalTextPublished {
        /// The text.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        text: Hidden<String>,
    },
}

/// What can be asked of a workshop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Announce it.
    Announce(Box<Announcement>),
    /// Announce it anew.
    Change {
        /// The version that was changed: 1 as announced. Another one by now is a conflict.
        version: u64,
        /// All of it.
        announcement: Box<Announcement>,
    },
    /// Give it up.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Invite somebody.
    Invite {
        /// SHA-256 of the invitation's secret.
        invitation: Hash,
    },
    /// Register whoever asks.
    Register {
        /// Why they may.
        standing: Standing,
        /// The invitation, when that is why.
        invitation: Option<Hash>,
    },
    /// Cancel the registration of whoever asks.
    CancelRegistration,
    /// Say who was there.
    RecordAttendance {
        /// Those who had registered.
        present: Vec<String>,
        /// How many others.
        others: u32,
    },
    /// Publish minutes and conclusions; again to correct them.
    PublishMinutes {
        /// The minutes.
        minutes: String,
        /// The conclusions.
        conclusions: String,
    },
    /// Propose one to three descriptions to choose from.
    ProposeAlternatives(Vec<Alternative>),
    /// Choose one.
    Choose {
        /// Its number, from 1.
        alternative: u8,
    },
    /// Publish the final description.
    PublishFinalText {
        /// The text.
        text: String,
    },
}

/// The state of a workshop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Workshop {
    /// As it is announced now.
    pub announcement: Option<Box<Announcement>>,
    /// What each change changed, by the names of its fields; the first is version 2.
    pub changes: Vec<Vec<String>>,
    /// Whether it was given up.
    pub cancelled: bool,
    /// Open invitations.
    pub invitations: BTreeSet<Hash>,
    /// Who is registered, and why they may be.
    pub registered: BTreeMap<String, Standing>,
    /// Whether it was said who was there.
    pub held: bool,
    /// Whether minutes were published.
    pub has_minutes: bool,
    /// How many descriptions there are to choose from.
    pub alternatives: u8,
    /// What each participant chose.
    pub choices: BTreeMap<String, u8>,
    /// Whether the final description is published.
    pub concluded: bool,
}

impl Workshop {
    /// The number of the version that stands: 1 as announced.
    pub fn version(&self) -> u64 {
        u64::try_from(self.changes.len()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

impl Decider for Workshop {
    const KIND: &'static str = "workshop";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let participant = || context.actor.id.clone();
        Ok(vec![match command {
            Command::Announce(announcement) => Event::WorkshopAnnounced { announcement },
            Command::Change { version, announcement } => {
                check_version(version, &self.changes)?;
                // Not asked of a log: where texts were removed, two versions may look the same.
                ensure(self.announcement.as_ref() != Some(&announcement), || Code::AlreadyDone.on("announcement"))?;
                Event::WorkshopChanged { version: version.saturating_add(1), announcement }
            }
            Command::Cancel { reason } => Event::WorkshopCancelled { reason: Hidden::Disclosed(reason) },
            Command::Invite { invitation } => Event::ParticipantInvited { invitation },
            Command::Register { standing, invitation } => {
                Event::ParticipantRegistered { participant: participant(), standing, invitation }
            }
            Command::CancelRegistration => Event::RegistrationCancelled { participant: participant() },
            Command::RecordAttendance { present, others } => Event::AttendanceRecorded { present, others },
            Command::PublishMinutes { minutes, conclusions } => {
                let (minutes, conclusions) = (Hidden::Disclosed(minutes), Hidden::Disclosed(conclusions));
                Event::MinutesPublished { minutes, conclusions }
            }
            Command::ProposeAlternatives(alternatives) => Event::AlternativesProposed { alternatives },
            Command::Choose { alternative } => Event::AlternativeChosen { participant: participant(), alternative },
            Command::PublishFinalText { text } => Event::FinalTextPublished { text: Hidden::Disclosed(text) },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        self.check_event(event, context)
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::WorkshopAnnounced { announcement } => self.announcement = Some(announcement.clone()),
            Event::WorkshopChanged { announcement, .. } => {
                let before = self.announcement.as_ref();
                self.changes.push(before.map_or_else(Vec::new, |before| differences(before, announcement)));
                self.announcement = Some(announcement.clone());
            }
            Event::WorkshopCancelled { .. } => self.cancelled = true,
            Event::ParticipantInvited { invitation } => {
                self.invitations.insert(*invitation);
            }
            Event::ParticipantRegistered { participant, standing, invitation } => {
                if let Some(invitation) = invitation {
                    self.invitations.remove(invitation);
                }
                self.registered.insert(participant.clone(), *standing);
            }
            Event::RegistrationCancelled { participant } => {
                self.registered.remove(participant);
                self.choices.remove(participant);
            }
            Event::AttendanceRecorded { .. } => self.held = true,
            Event::MinutesPublished { .. } => self.has_minutes = true,
            Event::AlternativesProposed { alternatives } => {
                self.alternatives = u8::try_from(alternatives.len()).unwrap_or(u8::MAX);
            }
            Event::AlternativeChosen { participant, alternative } => {
                self.choices.insert(participant.clone(), *alternative);
            }
            Event::FinalTextPublished { .. } => self.concluded = true,
        }
    }
}
