//! A site (`chantier`): how a winning project is carried out, stage by stage.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Opened: SiteOpened (from RESULT)
//!   Opened --> Opened: MilestonePlanned, MilestoneReached, MilestoneCorrected, SiteChanged
//!   Opened --> Opened: SpendingRecorded, NewsPosted, PhotoAdded, DocumentAdded
//!   Opened --> Finished: MilestoneReached FIN
//!   Opened --> Abandoned: SiteAbandoned (with a reason)
//!   Finished --> Opened: SiteReopened
//!   Abandoned --> Opened: SiteReopened
//!   Opened --> Ended: SiteSplit (its parts are opened), SiteMerged (into another)
//! ```
//!
//! Owns the state and what commands lead to. The forms are in `site_form.rs`, commands and events in
//! `site_event.rs`, the rules in `site_rules.rs`.

use crate::rejection::ensure;
use crate::{CalendarDate, Cents, Code, Context, Decider, Hidden, Rejection, SiteId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub use crate::site_event::{Command, Event};
pub use crate::site_form::{
    Change, Contractor, File, Financing, Location, Milestone, Opening, PhotoStage, SpendingKind, Upkeep,
};

/// How a site went on in others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ending {
    /// As these parts.
    Split(Vec<SiteId>),
    /// As part of this one.
    Merged(SiteId),
}

/// A spending as it stands after corrections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// Whether it is promised or paid.
    pub kind: SpendingKind,
    /// How much, in cents.
    pub cents: Cents,
    /// When.
    pub on: CalendarDate,
}

/// Numbered things of which some are shown no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// The number of the latest, 0 when there is none.
    pub last: u32,
    /// Those that were taken away.
    pub gone: BTreeSet<u32>,
}

impl Numbered {
    /// The number of the next one.
    pub const fn next(&self) -> u32 {
        self.last.saturating_add(1)
    }

    /// How many are shown.
    pub fn shown(&self) -> usize {
        usize::try_from(self.last).unwrap_or(usize::MAX).saturating_sub(self.gone.len())
    }

    fn take(&mut self, number: u32) {
        self.gone.insert(number);
    }
}

/// The state of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Site {
    /// As opened, with all changes made since.
    pub opening: Option<Box<Opening>>,
    /// Planned dates.
    pub planned: BTreeMap<Milestone, CalendarDate>,
    /// Milestones reached.
    pub reached: BTreeMap<Milestone, Option<CalendarDate>>,
    /// Whether it was given up.
    pub abandoned: bool,
    /// How it went on in others.
    pub ending: Option<Ending>,
    /// The sites whose budgets came to it.
    pub absorbed: BTreeSet<SiteId>,
    /// What was spent, by the city's reference.
    pub spending: BTreeMap<String, Spent>,
    /// Its news.
    pub news: Numbered,
    /// Its photos.
    pub photos: Numbered,
    /// Its documents.
    pub documents: Numbered,
}

impl Decider for Site {
    const KIND: &'static str = "site";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let said = Hidden::<String>::Disclosed;
        Ok(vec![match command {
            Command::Open(opening) => Event::SiteOpened { opening },
            Command::Change { change, reason } => {
                let opening = self.opened(context)?;
                let change = Box::new(change.news_to(opening));
                // Not asked of a log: where texts were removed, two values may look the same.
                ensure(*change != Change::default(), || Code::AlreadyDone.on("change"))?;
                Event::SiteChanged { change, reason: said(reason) }
            }
            Command::Split { parts, reason } => Event::SiteSplit { parts, reason: said(reason) },
            Command::Merge { into, reason } => Event::SiteMerged { into, reason: said(reason) },
            Command::Absorb { from, reason } => {
                let budget_cents = Some(self.budget_with(&from, context)?);
                let change = Box::new(Change { budget_cents, absorbed: Some(from), ..Change::default() });
                Event::SiteChanged { change, reason: said(reason) }
            }
            Command::Plan { milestone, on, reason } => {
                return self.planned([(milestone, on)].into(), reason, context);
            }
            Command::PlanAll { plans, reason } => return self.planned(plans, reason, context),
            Command::Reach { milestone, on } => Event::MilestoneReached { milestone, on },
            Command::Correct { milestone, on, reason } => {
                Event::MilestoneCorrected { milestone, on, reason: said(reason) }
            }
            Command::Abandon { reason } => Event::SiteAbandoned { reason: said(reason) },
            Command::Reopen { reason } => Event::SiteReopened { reason: said(reason) },
            Command::RecordSpending { line, kind, cents, on, label } => {
                Event::SpendingRecorded { line, kind, cents, on, label: said(label) }
            }
            Command::CorrectSpending { line, cents, on, reason } => {
                Event::SpendingCorrected { line, cents, on, reason: said(reason) }
            }
            Command::PostNews { title, text } => {
                Event::NewsPosted { number: self.news.next(), title: said(title), text: said(text) }
            }
            Command::WithdrawNews { number, reason } => Event::NewsWithdrawn { number, reason: said(reason) },
            Command::AddPhoto { file, stage, alternative, credit } => Event::PhotoAdded {
                number: self.photos.next(),
                file,
                stage,
                alternative: said(alternative),
                credit: credit.map(said),
            },
            Command::RemovePhoto { number, reason } => Event::PhotoRemoved { number, reason: said(reason) },
            Command::AddDocument { file, title } => {
                Event::DocumentAdded { number: self.documents.next(), file, title: said(title) }
            }
            Command::RemoveDocument { number, reason } => Event::DocumentRemoved { number, reason: said(reason) },
            Command::AgreeUpkeep(upkeep) => Event::UpkeepAgreed { upkeep },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        self.check_event(event, context)
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::SiteOpened { opening } => self.opening = Some(opening.clone()),
            Event::SiteChanged { change, .. } => {
                if let Some(opening) = &mut self.opening {
                    change.make(opening);
                }
                self.absorbed.extend(change.absorbed.clone());
            }
            Event::SiteSplit { parts, .. } => self.ending = Some(Ending::Split(parts.clone())),
            Event::SiteMerged { into, .. } => self.ending = Some(Ending::Merged(into.clone())),
            Event::MilestonePlanned { milestone, on, .. } => {
                self.planned.insert(*milestone, *on);
            }
            Event::MilestoneReached { milestone, on } | Event::MilestoneCorrected { milestone, on, .. } => {
                self.reached.insert(*milestone, *on);
            }
            Event::SiteAbandoned { .. } => self.abandoned = true,
            Event::SiteReopened { .. } => {
                self.abandoned = false;
                self.reached.remove(&Milestone::Done);
            }
            Event::SpendingRecorded { line, kind, cents, on, .. } => {
                self.spending.insert(line.clone(), Spent { kind: *kind, cents: *cents, on: *on });
            }
            Event::SpendingCorrected { line, cents, on, .. } => {
                if let Some(spent) = self.spending.get_mut(line) {
                    *spent = Spent { kind: spent.kind, cents: *cents, on: *on };
                }
            }
            Event::NewsPosted { number, .. } => self.news.last = *number,
            Event::NewsWithdrawn { number, .. } => self.news.take(*number),
            Event::PhotoAdded { number, .. } => self.photos.last = *number,
            Event::PhotoRemoved { number, .. } => self.photos.take(*number),
            Event::DocumentAdded { number, .. } => self.documents.last = *number,
            Event::DocumentRemoved { number, .. } => self.documents.take(*number),
            Event::UpkeepAgreed { .. } => {}
        }
    }
}
