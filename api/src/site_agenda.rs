//! Calendars of openings (iCalendar, RFC 5545): when people can use what they voted for.
//!
//! Owns how a delivery becomes an event that programs keep up to date: the same UID for a site for ever, a
//! sequence that grows with each change, tentative while it is planned, cancelled when the city gave it up.
//! A date that is known to the month takes the whole month.

use crate::site_feed::{title_of, urn};
use crate::site_files::{Reading, Scope};
use crate::words;
use domain::site::{Event as Told, Milestone};
use domain::{CalendarDate, Timestamp};
use icalendar::{Calendar, Component, Event, EventStatus, Property};
use projections::sites::{SiteRow, SiteState};
use std::sync::Arc;

/// The calendar of a scope, oldest date first.
pub(crate) fn calendar(reading: &Reading, scope: &Scope, rows: Vec<&Arc<SiteRow>>) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0")).append_property(("PRODID", "-//Parvis//Sites//FR"));
    calendar.append_property(("CALSCALE", "GREGORIAN")).append_property(("METHOD", "PUBLISH"));
    let title = reading.language.say("Ouvertures", "Openings");
    calendar.name(&format!("{title} – {}", title_of(reading, scope)));
    let mut events: Vec<_> = rows.into_iter().filter_map(|row| opening(reading, row)).collect();
    events.sort_by_key(|(on, key, _)| (*on, key.clone()));
    for (_, _, event) in events {
        calendar.push(event);
    }
    calendar.to_string()
}

/// The day on which a site opens or opened; none while nothing was said about it, and where it went on in
/// others.
fn opening(reading: &Reading, row: &SiteRow) -> Option<(CalendarDate, String, Event)> {
    let (on, opened) = row.delivery()?;
    let status = match row.state() {
        SiteState::Split | SiteState::Merged => return None,
        SiteState::Abandoned => EventStatus::Cancelled,
        SiteState::Opened
        | SiteState::Studies
        | SiteState::Procedures
        | SiteState::Works
        | SiteState::Delivery
        | SiteState::Done
            if opened =>
        {
            EventStatus::Confirmed
        }
        SiteState::Opened
        | SiteState::Studies
        | SiteState::Procedures
        | SiteState::Works
        | SiteState::Delivery
        | SiteState::Done => EventStatus::Tentative,
    };
    // All that moved the date or took it away or back, so that a newer copy is told from an older one.
    let history = row.history();
    let changes = history.iter().filter(|told| match &*told.event {
        Told::MilestonePlanned { milestone, .. }
        | Told::MilestoneReached { milestone, .. }
        | Told::MilestoneCorrected { milestone, .. } => *milestone == Milestone::Delivery,
        Told::SiteAbandoned { .. } | Told::SiteReopened { .. } | Told::SiteChanged { .. } => true,
        _ => false,
    });
    let changes: Vec<_> = changes.collect();
    let last = changes.last().map_or(row.opened, |told| told.moment);
    let title = reading.words_of(&row.opening.title);
    let say = |french: &str, english: &str| reading.language.say(french, english);
    let summary = match status {
        EventStatus::Cancelled => say(&format!("Abandonné : {title}"), &format!("Given up: {title}")),
        EventStatus::Confirmed => say(&format!("Ouverture : {title}"), &format!("Opening: {title}")),
        EventStatus::Tentative => say(&format!("Ouverture prévue : {title}"), &format!("Opening planned: {title}")),
    };
    let mut event = Event::new();
    event.uid(&urn(&[&reading.view.origin, "opening", row.id.as_str()]));
    event.sequence(u32::try_from(changes.len().saturating_sub(1)).unwrap_or(u32::MAX));
    event.add_property("DTSTAMP", compact(last.at));
    event.add_property("LAST-MODIFIED", compact(last.at));
    event.append_property(day("DTSTART", on.date()));
    // The end isn't part of it any more (RFC 5545, 3.6.1).
    event.append_property(day("DTEND", on.last_day().next_day()?));
    event.summary(&summary);
    event.description(&words::date(on, reading.language));
    event.url(&reading.site(&row.id));
    event.status(status);
    event.add_property("TRANSP", "TRANSPARENT");
    Some((on, row.id.to_string(), event))
}

fn day(name: &str, day: time::Date) -> Property {
    let digits = format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day());
    let mut property = Property::new(name, digits);
    property.add_parameter("VALUE", "DATE");
    property
}

/// A moment as RFC 5545 writes it in UTC.
fn compact(at: Timestamp) -> String {
    at.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect()
}
