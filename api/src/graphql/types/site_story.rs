//! What is told of a site: its steps, its money, its news, photos and documents, its upkeep.
//!
//! Owns the objects below `Site`. The site itself: `types/site.rs`; the sentences: `site_words.rs`.

use super::area::{given, is_removed, removed};
use super::enums::Milestone;
use super::place::Moment;
use super::scalars::{Amount, Date};
use crate::graphql::node::{Kind, global};
use crate::graphql::request::{View, language};
use crate::site_words;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::site::{Event, File, Upkeep};
use domain::{Cents, Hidden, SiteId};
use projections::site_money::{Money, Spending};
use projections::site_posts::{Document, News, Photo};
use projections::site_progress::{Delay, Slip};
use projections::sites::Told;

/// Who carries a site out.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::site::Financing")]
pub enum Financing {
    /// The city's own staff (`régie`).
    OwnStaff,
    /// Contractors (`marché`).
    Contract,
}

/// Whether money was promised to somebody or has left.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::site::SpendingKind")]
pub enum SpendingKind {
    /// Promised by an order or a contract (`engagé`).
    Committed,
    /// Paid (`mandaté`).
    Paid,
}

/// When a photo was taken.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::site::PhotoStage")]
pub enum PhotoStage {
    /// Before the works (`avant`).
    Before,
    /// During the works (`pendant`).
    During,
    /// After the works (`après`).
    After,
}

/// What happened to a site at a step of its history.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteStepKind {
    /// It was opened.
    Opened,
    /// What it is was changed.
    Changed,
    /// It was split into others.
    Split,
    /// It was merged into another.
    Merged,
    /// A stage was planned, or planned anew.
    Planned,
    /// A stage was reached.
    Reached,
    /// The date of a stage was corrected.
    Corrected,
    /// It was given up.
    Abandoned,
    /// It goes on.
    Reopened,
    /// Money was spent.
    Spent,
    /// A spending was corrected.
    SpendingCorrected,
    /// News were posted.
    News,
    /// News were taken back.
    NewsWithdrawn,
    /// A photo was added.
    Photo,
    /// A photo was removed.
    PhotoRemoved,
    /// A document was added.
    Document,
    /// A document was removed.
    DocumentRemoved,
    /// Its upkeep was agreed.
    Upkeep,
}

/// A step of a site's history.
pub struct SiteStep {
    pub(super) view: View,
    pub(super) told: Told,
}

/// A step of a site's history (`étape de l’histoire d’un chantier`): one event of its stream.
#[Object]
impl SiteStep {
    /// When it was written.
    async fn moment(&self) -> Moment {
        self.told.moment.into()
    }

    /// What happened.
    async fn kind(&self) -> SiteStepKind {
        match &*self.told.event {
            Event::SiteOpened { .. } => SiteStepKind::Opened,
            Event::SiteChanged { .. } => SiteStepKind::Changed,
            Event::SiteSplit { .. } => SiteStepKind::Split,
            Event::SiteMerged { .. } => SiteStepKind::Merged,
            Event::MilestonePlanned { .. } => SiteStepKind::Planned,
            Event::MilestoneReached { .. } => SiteStepKind::Reached,
            Event::MilestoneCorrected { .. } => SiteStepKind::Corrected,
            Event::SiteAbandoned { .. } => SiteStepKind::Abandoned,
            Event::SiteReopened { .. } => SiteStepKind::Reopened,
            Event::SpendingRecorded { .. } => SiteStepKind::Spent,
            Event::SpendingCorrected { .. } => SiteStepKind::SpendingCorrected,
            Event::NewsPosted { .. } => SiteStepKind::News,
            Event::NewsWithdrawn { .. } => SiteStepKind::NewsWithdrawn,
            Event::PhotoAdded { .. } => SiteStepKind::Photo,
            Event::PhotoRemoved { .. } => SiteStepKind::PhotoRemoved,
            Event::DocumentAdded { .. } => SiteStepKind::Document,
            Event::DocumentRemoved { .. } => SiteStepKind::DocumentRemoved,
            Event::UpkeepAgreed { .. } => SiteStepKind::Upkeep,
        }
    }

    /// In a sentence, in the client's language.
    async fn words(&self, ctx: &Context<'_>) -> String {
        site_words::step(&self.told, &self.view.model.overview.currency, language(ctx))
    }

    /// What the city said to it: its reason, the text of its news, what a photo shows.
    async fn said(&self) -> Option<&str> {
        site_words::said(&self.told.event)
    }

    /// The stage, where it is about one.
    async fn milestone(&self) -> Option<Milestone> {
        match &*self.told.event {
            Event::MilestonePlanned { milestone, .. }
            | Event::MilestoneReached { milestone, .. }
            | Event::MilestoneCorrected { milestone, .. } => Some((*milestone).into()),
            _ => None,
        }
    }

    /// The date that it names: planned, reached, corrected, or of a spending.
    async fn on(&self) -> Option<Date> {
        match &*self.told.event {
            Event::MilestonePlanned { on, .. }
            | Event::SpendingRecorded { on, .. }
            | Event::SpendingCorrected { on, .. } => Some(Date(*on)),
            Event::MilestoneReached { on, .. } | Event::MilestoneCorrected { on, .. } => on.map(Date),
            _ => None,
        }
    }

    /// The global ids of the sites that it leads to: of a split or a merge.
    async fn sites(&self) -> Vec<ID> {
        let id = |site: &SiteId| global(Kind::Site, &self.view.code, site.as_str());
        match &*self.told.event {
            Event::SiteSplit { parts, .. } => parts.iter().map(id).collect(),
            Event::SiteMerged { into, .. } => vec![id(into)],
            _ => Vec::new(),
        }
    }
}

/// A stage that should have been reached by now (`retard`).
#[derive(SimpleObject)]
pub struct SiteDelay {
    /// Which.
    pub milestone: Milestone,
    /// For when it is planned.
    pub due: Date,
    /// Days since then.
    pub days: u32,
    /// Why, as the city said when it moved the stage last; null when it said nothing.
    pub reason: Option<String>,
}

impl From<Delay<'_>> for SiteDelay {
    fn from(delay: Delay<'_>) -> Self {
        let Delay { milestone, due, days, reason } = delay;
        Self { milestone: milestone.into(), due: Date(due), days, reason: reason.and_then(Hidden::get).cloned() }
    }
}

/// A stage that moved away from what was promised first (`glissement`).
#[derive(SimpleObject)]
pub struct SiteSlip {
    /// Which.
    pub milestone: Milestone,
    /// What was promised first.
    pub promised: Date,
    /// When it was reached, or for when it is planned now.
    pub now: Date,
    /// Whether it was reached.
    pub reached: bool,
    /// Days between the two; below zero when it came earlier.
    pub days: i64,
    /// Why, as the city said when it moved the stage last; null when it said nothing.
    pub reason: Option<String>,
}

impl From<Slip<'_>> for SiteSlip {
    fn from(slip: Slip<'_>) -> Self {
        let Slip { milestone, promised, now, reached, days, reason } = slip;
        let reason = reason.and_then(Hidden::get).cloned();
        Self { milestone: milestone.into(), promised: Date(promised), now: Date(now), reached, days, reason }
    }
}

/// What was spent against a budget.
#[derive(SimpleObject, Clone, Copy)]
pub struct SiteMoney {
    /// What may be spent; nothing for a site that went on in others.
    pub budget: Amount,
    /// What was promised by orders and contracts (`engagé`).
    pub committed: Amount,
    /// What was paid (`mandaté`).
    pub paid: Amount,
    /// What it costs as far as known: the larger of what was promised and what was paid.
    pub spent: Amount,
    /// By how much the budget is exceeded; null when it isn't.
    pub over: Option<Amount>,
    /// How much of the budget is left; null when it is exceeded.
    pub left: Option<Amount>,
}

impl From<Money> for SiteMoney {
    fn from(money: Money) -> Self {
        Self {
            budget: Amount(money.budget),
            committed: Amount(money.committed),
            paid: Amount(money.paid),
            spent: Amount(money.spent()),
            over: money.over().map(Amount),
            left: money.left().map(Amount),
        }
    }
}

/// What the sites of a project come to.
#[derive(SimpleObject, Clone, Copy)]
pub struct ProjectMoney {
    /// What the project was voted for with; null when not known.
    pub envelope: Option<Amount>,
    /// The sums over its sites. A site that went on in others has spent, but its budget is theirs.
    pub sites: SiteMoney,
    /// By how much the budgets of the sites, or what they cost, exceed the envelope; null when they don't.
    pub over: Option<Amount>,
}

impl From<projections::site_money::ProjectMoney> for ProjectMoney {
    fn from(money: projections::site_money::ProjectMoney) -> Self {
        Self { envelope: money.envelope.map(Amount), sites: money.sites.into(), over: money.over().map(Amount) }
    }
}

/// A spending as it stands after corrections (`dépense`).
#[derive(SimpleObject)]
pub struct SiteSpending {
    /// The city's reference, unique in the site.
    pub line: String,
    /// Whether it is promised or paid.
    pub kind: SpendingKind,
    /// How much.
    pub amount: Amount,
    /// When.
    pub on: Date,
    /// For what; null when not said, or removed.
    pub label: Option<String>,
    /// When it was recorded first.
    pub recorded: Moment,
    /// When it was corrected last.
    pub corrected: Option<Moment>,
}

impl From<Spending<'_>> for SiteSpending {
    fn from(row: Spending<'_>) -> Self {
        Self {
            line: row.line.to_owned(),
            kind: row.kind.into(),
            amount: Amount(row.cents),
            on: Date(row.on),
            label: row.label.get().filter(|label| !label.is_empty()).cloned(),
            recorded: row.recorded.into(),
            corrected: row.corrected.map(|(moment, _)| moment.into()),
        }
    }
}

/// A piece of news (`actualité`).
#[derive(SimpleObject)]
pub struct SiteNews {
    /// Its number among the news of the site.
    pub number: u32,
    /// When it was posted.
    pub posted: Moment,
    /// In a line; null when removed.
    pub title: Option<String>,
    /// In full; null when removed.
    pub text: Option<String>,
}

impl From<News<'_>> for SiteNews {
    fn from(news: News<'_>) -> Self {
        let News { number, moment, title, text } = news;
        Self { number, posted: moment.into(), title: title.get().cloned(), text: text.get().cloned() }
    }
}

/// Where a file is to be had: below the site's own address.
fn address(file: &File) -> Option<String> {
    file.digest.get().map(|digest| format!("/attachments/{digest}"))
}

/// A photo of a site.
#[derive(SimpleObject)]
pub struct SitePhoto {
    /// Its number among the photos of the site.
    pub number: u32,
    /// When it was added.
    pub added: Moment,
    /// When it was taken.
    pub stage: PhotoStage,
    /// What is to be seen, for those who don't see it; null when removed.
    pub alternative: Option<String>,
    /// Who took it, if that was said.
    pub credit: Option<String>,
    /// Its address on this server; null when removed.
    pub url: Option<String>,
}

impl From<Photo<'_>> for SitePhoto {
    fn from(photo: Photo<'_>) -> Self {
        Self {
            number: photo.number,
            added: photo.moment.into(),
            stage: photo.stage.into(),
            alternative: photo.alternative.get().cloned(),
            credit: photo.credit.and_then(Hidden::get).cloned(),
            url: address(photo.file),
        }
    }
}

/// A document of a site.
#[derive(SimpleObject)]
pub struct SiteDocument {
    /// Its number among the documents of the site.
    pub number: u32,
    /// When it was added.
    pub added: Moment,
    /// What it is; null when removed.
    pub title: Option<String>,
    /// Its address on this server; null when removed.
    pub url: Option<String>,
}

impl From<Document<'_>> for SiteDocument {
    fn from(document: Document<'_>) -> Self {
        let Document { number, moment, file, title } = document;
        Self { number, added: moment.into(), title: title.get().cloned(), url: address(file) }
    }
}

/// What keeping the place up costs, and who promised to help (`entretien`).
pub struct SiteUpkeep {
    pub(super) agreed: projections::overview::Moment,
    pub(super) upkeep: Upkeep,
}

/// What keeping the place up costs, and who promised to help (`entretien`).
#[Object]
impl SiteUpkeep {
    /// When it was agreed.
    async fn agreed(&self) -> Moment {
        self.agreed.into()
    }

    /// What it costs every year (`coût de fonctionnement`).
    async fn running_per_year(&self) -> Option<Amount> {
        self.upkeep.running_cents_per_year.map(|cents: Cents| Amount(cents))
    }

    /// The association that committed itself; null when none did, or removed.
    async fn association(&self) -> Option<&str> {
        given(self.upkeep.association.as_ref())
    }

    /// To what; null when not said, or removed.
    async fn commitment(&self) -> Option<&str> {
        given(self.upkeep.commitment.as_ref())
    }

    /// Until when.
    async fn until(&self) -> Option<Date> {
        self.upkeep.until.map(Date)
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([
            ("association", is_removed(self.upkeep.association.as_ref())),
            ("commitment", is_removed(self.upkeep.commitment.as_ref())),
        ])
    }
}
