//! Who is told what of workshops: the authors of what they bring together, those who follow it, and whoever
//! registered.

use super::of::{Notice, Reader, Told};
use super::of_proposal::authors;
use domain::workshop::Event;
use domain::{Record, WorkshopId};
use messages::{Kind, Topic};
use projections::workshops::WorkshopRow;

pub(super) fn workshop(told: &Told<'_>, record: &Record, event: &Event) -> Vec<Notice> {
    let row = record.id.parse().ok().and_then(|id: WorkshopId| told.model.workshops.get(&id));
    let Some(row) = row else { return Vec::new() };
    let (kind, to) = match event {
        Event::WorkshopAnnounced { .. } => (Kind::WorkshopAnnounced, concerned(told, row)),
        Event::WorkshopChanged { .. } => (Kind::WorkshopChanged, concerned(told, row)),
        Event::WorkshopCancelled { .. } => (Kind::WorkshopCancelled, concerned(told, row)),
        Event::AlternativesProposed { .. } => (Kind::WorkshopChoice, registered(row)),
        Event::MinutesPublished { .. } => (Kind::WorkshopMinutes, concerned(told, row)),
        Event::FinalTextPublished { .. } => (Kind::WorkshopConcluded, concerned(told, row)),
        Event::ParticipantInvited { .. }
        | Event::ParticipantRegistered { .. }
        | Event::RegistrationCancelled { .. }
        | Event::AttendanceRecorded { .. }
        | Event::AlternativeChosen { .. } => return Vec::new(),
    };
    vec![notice(told, row, kind, to)]
}

pub(super) fn notice(told: &Told<'_>, row: &WorkshopRow, kind: Kind, to: Vec<Reader>) -> Notice {
    told.notice(Topic::Workshops, kind, format!("workshop/{}", row.id), to)
}

/// Whoever registered.
pub(super) fn registered(row: &WorkshopRow) -> Vec<Reader> {
    row.registrations.iter().map(|one| Reader::Participant(one.participant.clone())).collect()
}

fn concerned(told: &Told<'_>, row: &WorkshopRow) -> Vec<Reader> {
    let then = told.position.unwrap_or(u64::MAX);
    let mut to = registered(row);
    for id in &row.announcement.proposals {
        to.extend(told.model.proposals.get(id).map(|proposal| authors(proposal, then)).unwrap_or_default());
        to.push(Reader::Follower(format!("proposal/{id}")));
    }
    to
}
