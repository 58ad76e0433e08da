//! The steps of the urn (`urne`) as people see them: when each was taken, and how many ballots it was about.
//!
//! Owns one table, by position. The ballots themselves are in the state of the urn
//! ([`domain::urn::Urn`]); no row says what stands on one, and none names a voter.

use crate::overview::Moment;
use crate::{Model, Table};
use domain::urn::{AreaRegister, Event};
use domain::{AreaId, Decider, Hidden, Record, Timestamp, campaign};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A step of the urn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrnRow {
    /// When it was taken.
    pub moment: Moment,
    /// Which.
    pub step: UrnStep,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UrnStep {
    /// The key was declared.
    KeyDeclared {},
    /// A batch was published.
    BallotsPublished {
        /// Its number.
        number: u32,
        /// The area.
        area: AreaId,
        /// How many ballots.
        ballots: u64,
    },
    /// Ballots that don't count were listed.
    BallotsSetAside {
        /// How many.
        ballots: u64,
    },
    /// Register and ballots were compared.
    RegisterReconciled {
        /// What the register says, by area.
        areas: Vec<AreaRegister>,
    },
    /// The link between voters and ballots was destroyed.
    LinkShredded {
        /// How many ballots there are.
        ballots: u64,
        /// The moment from which nobody can object any more.
        objections_until: Timestamp,
    },
    /// Somebody objected.
    ObjectionLodged {
        /// The objection's number.
        number: u32,
        /// What is objected.
        text: Hidden<String>,
    },
    /// An objection was answered.
    ObjectionAnswered {
        /// The objection's number.
        number: u32,
        /// The answer.
        answer: Hidden<String>,
    },
    /// The urn was opened.
    Opened {},
}

pub(crate) fn apply(model: &mut Model, record: &Record, event: &Event) {
    Arc::make_mut(&mut model.urn).evolve(event);
    let step = match event {
        Event::UrnKeyDeclared { .. } => UrnStep::KeyDeclared {},
        Event::BallotsPublished { area, number, ballots, .. } => {
            UrnStep::BallotsPublished { number: *number, area: area.clone(), ballots: count(ballots.len()) }
        }
        Event::BallotsSetAside { ballots } => UrnStep::BallotsSetAside { ballots: count(ballots.len()) },
        Event::RegisterReconciled { areas } => UrnStep::RegisterReconciled { areas: areas.clone() },
        Event::ObjectionLodged { number, text } => UrnStep::ObjectionLodged { number: *number, text: text.clone() },
        Event::ObjectionAnswered { number, answer } => {
            UrnStep::ObjectionAnswered { number: *number, answer: answer.clone() }
        }
        Event::UrnOpened { .. } => UrnStep::Opened {},
    };
    put(&mut model.urn_steps, record, step);
}

pub(crate) fn apply_campaign(steps: &mut Table<u64, UrnRow>, record: &Record, event: &campaign::Event) {
    if let campaign::Event::LinkShredded { ballots, objections_until } = event {
        put(steps, record, UrnStep::LinkShredded { ballots: *ballots, objections_until: *objections_until });
    }
}

/// Takes the text of a step out.
pub(crate) fn redact(steps: &mut Table<u64, UrnRow>, position: u64) {
    steps.change(&position, |row| match &mut row.step {
        UrnStep::ObjectionLodged { text, .. } | UrnStep::ObjectionAnswered { answer: text, .. } => {
            *text = Hidden::Redacted;
        }
        UrnStep::KeyDeclared {}
        | UrnStep::BallotsPublished { .. }
        | UrnStep::BallotsSetAside { .. }
        | UrnStep::RegisterReconciled { .. }
        | UrnStep::LinkShredded { .. }
        | UrnStep::Opened {} => {}
    });
}

fn put(steps: &mut Table<u64, UrnRow>, record: &Record, step: UrnStep) {
    steps.put(record.position, UrnRow { moment: Moment::from(record), step });
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
