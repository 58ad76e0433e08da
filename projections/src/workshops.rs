//! Workshops (`ateliers`): announced, held, concluded, and what came of them.

use crate::Model;
use crate::overview::{Moment, Reasoned};
use crate::versions::{ChangeRow, VersionRow, versions};
use domain::workshop::{Announcement, Event, Standing};
use domain::{Hidden, ProjectId, Record, Role, WorkshopId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// That somebody registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationRow {
    /// Their pseudonym.
    pub participant: String,
    /// Why they may.
    pub standing: Standing,
    /// When.
    pub moment: Moment,
}

/// Who was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceRow {
    /// Those who had registered, by pseudonym.
    pub present: Vec<String>,
    /// How many others.
    pub others: u32,
    /// When that was said.
    pub moment: Moment,
}

/// What was said and agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinutesRow {
    /// The minutes.
    pub minutes: Hidden<String>,
    /// The conclusions.
    pub conclusions: Hidden<String>,
    /// When they were published.
    pub moment: Moment,
}

/// A description to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlternativeRow {
    /// Its number, from 1.
    pub number: u8,
    /// Its title.
    pub title: Hidden<String>,
    /// Its text.
    pub text: Hidden<String>,
    /// How many participants chose it. Not for showing before the final text is published.
    pub choices: u32,
    /// When it was proposed.
    pub proposed: Moment,
}

/// The description that the workshop led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalTextRow {
    /// The text.
    pub text: Hidden<String>,
    /// When it was published.
    pub moment: Moment,
}

/// A workshop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkshopRow {
    /// Its id.
    pub id: WorkshopId,
    /// As it is announced now.
    pub announcement: Arc<Announcement>,
    /// When it was announced first.
    pub announced: Moment,
    /// The role in which it was announced.
    pub by: Role,
    /// Its changes, oldest first.
    pub changes: Vec<ChangeRow<Announcement>>,
    /// That it was given up.
    pub cancelled: Option<Reasoned>,
    /// Who is registered, in the order in which they did.
    pub registrations: Vec<RegistrationRow>,
    /// How many invitations were made.
    pub invited: u32,
    /// Who was there.
    pub attendance: Option<AttendanceRow>,
    /// Minutes and conclusions, as published last.
    pub minutes: Option<MinutesRow>,
    /// What can be chosen from.
    pub alternatives: Vec<AlternativeRow>,
    /// What each participant chose, by number.
    pub choices: BTreeMap<String, u8>,
    /// The final description.
    pub final_text: Option<FinalTextRow>,
    /// The projects that refer to it.
    pub projects: Vec<ProjectId>,
}

impl WorkshopRow {
    /// The number of the version that stands: 1 as announced.
    pub fn version(&self) -> u64 {
        self.changes.last().map_or(1, |change| change.number)
    }

    /// All versions of the announcement, oldest first; the last one stands.
    pub fn versions(&self) -> Vec<VersionRow<Announcement>> {
        versions(self.announced, self.by, &self.changes, &self.announcement)
    }

    /// Whether somebody is registered.
    pub fn is_registered(&self, participant: &str) -> bool {
        self.registrations.iter().any(|row| row.participant == participant)
    }

    fn count(&mut self) {
        for row in &mut self.alternatives {
            let chosen = self.choices.values().filter(|number| **number == row.number).count();
            row.choices = u32::try_from(chosen).unwrap_or(u32::MAX);
        }
    }
}

/// Enters a project that came of workshops or refers to them.
pub(crate) fn refer<'a>(model: &mut Model, project: &ProjectId, workshops: impl IntoIterator<Item = &'a WorkshopId>) {
    for id in workshops {
        model.workshops.change(id, |row| {
            if !row.projects.contains(project) {
                row.projects.push(project.clone());
            }
        });
    }
}

pub(crate) fn apply(model: &mut Model, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<WorkshopId>() else { return };
    let moment = Moment::from(record);
    if let Event::WorkshopAnnounced { announcement } = event {
        let row = WorkshopRow {
            id: id.clone(),
            announcement: Arc::new(Announcement::clone(announcement)),
            announced: moment,
            by: record.actor.role,
            changes: Vec::new(),
            cancelled: None,
            registrations: Vec::new(),
            invited: 0,
            attendance: None,
            minutes: None,
            alternatives: Vec::new(),
            choices: BTreeMap::new(),
            final_text: None,
            projects: Vec::new(),
        };
        model.workshops.put(id.clone(), row);
    }
    model.workshops.change(&id, |row| change(row, record, event));
}

fn change(row: &mut WorkshopRow, record: &Record, event: &Event) {
    let moment = Moment::from(record);
    match event {
        Event::WorkshopAnnounced { .. } => {}
        Event::WorkshopChanged { version, announcement } => {
            let now = Arc::new(Announcement::clone(announcement));
            let before = std::mem::replace(&mut row.announcement, now);
            let by = record.actor.role;
            row.changes.push(ChangeRow { number: *version, moment, by, workshop: None, before });
        }
        Event::WorkshopCancelled { reason } => row.cancelled = Some(Reasoned::new(record, reason)),
        Event::ParticipantInvited { .. } => row.invited = row.invited.saturating_add(1),
        Event::ParticipantRegistered { participant, standing, .. } => {
            let (participant, standing) = (participant.clone(), *standing);
            row.registrations.push(RegistrationRow { participant, standing, moment });
        }
        Event::RegistrationCancelled { participant } => {
            row.registrations.retain(|one| one.participant != *participant);
            row.choices.remove(participant);
            row.count();
        }
        Event::AttendanceRecorded { present, others } => {
            row.attendance = Some(AttendanceRow { present: present.clone(), others: *others, moment });
        }
        Event::MinutesPublished { minutes, conclusions } => {
            let (minutes, conclusions) = (minutes.clone(), conclusions.clone());
            row.minutes = Some(MinutesRow { minutes, conclusions, moment });
        }
        Event::AlternativesProposed { alternatives } => {
            let numbered = (1..).zip(alternatives).map(|(number, one)| AlternativeRow {
                number,
                title: one.title.clone(),
                text: one.text.clone(),
                choices: 0,
                proposed: moment,
            });
            row.alternatives = numbered.collect();
            row.count();
        }
        Event::AlternativeChosen { participant, alternative } => {
            row.choices.insert(participant.clone(), *alternative);
            row.count();
        }
        Event::FinalTextPublished { text } => row.final_text = Some(FinalTextRow { text: text.clone(), moment }),
    }
}
