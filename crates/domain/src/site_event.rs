//! What can be asked of a site, and what happened to it.
//!
//! Owns the commands and events alone; what they are made of is in `site_form.rs`. When each may happen:
//! `site_rules.rs`. Who may ask: [`crate::permission`].

use crate::site_form::{Change, File, Milestone, Opening, PhotoStage, SpendingKind, Upkeep};
use crate::{CalendarDate, Cents, Hidden, SiteId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened to a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was opened under a winning project.
    SiteOpened {
        /// As opened.
        opening: Box<Opening>,
    },
    /// What it is was changed or corrected.
    SiteChanged {
        /// What changes.
        change: Box<Change>,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// It goes on as several sites, which are opened next; their budgets add up to its own.
    SiteSplit {
        /// The parts.
        parts: Vec<SiteId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// It goes on as part of another site of the same project, with its budget.
    SiteMerged {
        /// Which.
        into: SiteId,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// A milestone was planned, or planned anew.
    MilestonePlanned {
        /// Which.
        milestone: Milestone,
        /// For when.
        on: CalendarDate,
        /// Why it moved, when it was planned before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// A milestone was reached.
    MilestoneReached {
        /// Which.
        milestone: Milestone,
        /// When; unknown in some published data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<CalendarDate>,
    },
    /// The date at which a milestone was said to be reached was wrong.
    MilestoneCorrected {
        /// Which.
        milestone: Milestone,
        /// When it was reached, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<CalendarDate>,
        /// Why it was wrong.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// The city gave it up (`ABANDONNÉ`).
    SiteAbandoned {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// It goes on, after it was given up or done.
    SiteReopened {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// Money was spent on it.
    SpendingRecorded {
        /// The city's reference of this spending, unique in the site.
        line: String,
        /// Whether it is promised or paid.
        kind: SpendingKind,
        /// How much, in cents.
        cents: Cents,
        /// When.
        on: CalendarDate,
        /// For what.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        label: Hidden<String>,
    },
    /// A spending was recorded wrongly: these are the right figures.
    SpendingCorrected {
        /// Its reference.
        line: String,
        /// How much, in cents.
        cents: Cents,
        /// When.
        on: CalendarDate,
        /// Why it was wrong.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// The city tells how it goes.
    NewsPosted {
        /// Its number among the news of the site, from 1.
        number: u32,
        /// In a line.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        title: Hidden<String>,
        /// In full.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        text: Hidden<String>,
    },
    /// A piece of news was taken back.
    NewsWithdrawn {
        /// Its number.
        number: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// A photo was added.
    PhotoAdded {
        /// Its number among the photos of the site, from 1.
        number: u32,
        /// Its file.
        file: Box<File>,
        /// When it was taken.
        stage: PhotoStage,
        /// What is to be seen, for those who don't see it.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        alternative: Hidden<String>,
        /// Who took it, if that is to be said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credit: Option<Hidden<String>>,
    },
    /// A photo is shown no longer.
    PhotoRemoved {
        /// Its number.
        number: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// A document was added.
    DocumentAdded {
        /// Its number among the documents of the site, from 1.
        number: u32,
        /// Its file.
        file: Box<File>,
        /// What it is.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        title: Hidden<String>,
    },
    /// A document is shown no longer.
    DocumentRemoved {
        /// Its number.
        number: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
    /// How the place is kept up was agreed, after the delivery.
    UpkeepAgreed {
        /// What was agreed.
        upkeep: Box<Upkeep>,
    },
}

/// What can be asked of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open it.
    Open(Box<Opening>),
    /// Change or correct what it is.
    Change {
        /// What changes; what is so already is left out.
        change: Box<Change>,
        /// Why.
        reason: String,
    },
    /// Split it; its parts are opened next, in the same request.
    Split {
        /// The parts.
        parts: Vec<SiteId>,
        /// Why.
        reason: String,
    },
    /// Merge it into another; that one takes it in next, in the same request.
    Merge {
        /// Which.
        into: SiteId,
        /// Why.
        reason: String,
    },
    /// Take in the budget of a site that was merged into this one.
    Absorb {
        /// Which.
        from: SiteId,
        /// Why.
        reason: String,
    },
    /// Plan a milestone.
    Plan {
        /// Which.
        milestone: Milestone,
        /// For when.
        on: CalendarDate,
        /// Why it moves, when it was planned before.
        reason: Option<String>,
    },
    /// Plan several milestones at once: only together do they have to follow their order.
    PlanAll {
        /// Which, and for when.
        plans: BTreeMap<Milestone, CalendarDate>,
        /// Why those move that were planned before.
        reason: Option<String>,
    },
    /// Reach a milestone.
    Reach {
        /// Which.
        milestone: Milestone,
        /// When, if known.
        on: Option<CalendarDate>,
    },
    /// Correct when a milestone was reached.
    Correct {
        /// Which.
        milestone: Milestone,
        /// When, if known.
        on: Option<CalendarDate>,
        /// Why it was wrong.
        reason: String,
    },
    /// Give it up.
    Abandon {
        /// Why.
        reason: String,
    },
    /// Let it go on.
    Reopen {
        /// Why.
        reason: String,
    },
    /// Record a spending.
    RecordSpending {
        /// The city's reference, unique in the site.
        line: String,
        /// Whether it is promised or paid.
        kind: SpendingKind,
        /// How much, in cents.
        cents: Cents,
        /// When.
        on: CalendarDate,
        /// For what.
        label: String,
    },
    /// Correct a spending.
    CorrectSpending {
        /// Its reference.
        line: String,
        /// How much, in cents.
        cents: Cents,
        /// When.
        on: CalendarDate,
        /// Why it was wrong.
        reason: String,
    },
    /// Tell how it goes.
    PostNews {
        /// In a line.
        title: String,
        /// In full.
        text: String,
    },
    /// Take a piece of news back.
    WithdrawNews {
        /// Its number.
        number: u32,
        /// Why.
        reason: String,
    },
    /// Add a photo.
    AddPhoto {
        /// Its file.
        file: Box<File>,
        /// When it was taken.
        stage: PhotoStage,
        /// What is to be seen.
        alternative: String,
        /// Who took it.
        credit: Option<String>,
    },
    /// Show a photo no longer.
    RemovePhoto {
        /// Its number.
        number: u32,
        /// Why.
        reason: String,
    },
    /// Add a document.
    AddDocument {
        /// Its file.
        file: Box<File>,
        /// What it is.
        title: String,
    },
    /// Show a document no longer.
    RemoveDocument {
        /// Its number.
        number: u32,
        /// Why.
        reason: String,
    },
    /// Agree how the place is kept up.
    AgreeUpkeep(Box<Upkeep>),
}
