//! A proposal (`dépôt`, `proposition`): what somebody wishes for the city.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Deposited: ProposalDeposited (IDEATION)
//!   Deposited --> Withdrawn: ProposalWithdrawn (by the author)
//!   Deposited --> Merged: ProposalMerged (into one or more projects)
//! ```

use crate::phase::Phase;
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, Decider, Hidden, ProjectId, Rejection, Role, ThemeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The highest cost that a form accepts: 1 billion units.
pub const MAX_COST_CENTS: i64 = 100_000_000_000;

/// Who deposits (`type de déposant`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DepositorKind {
    /// One person (`particulier`).
    Individual,
    /// An association.
    Association,
    /// A neighbourhood council (`conseil de quartier`).
    NeighbourhoodCouncil,
    /// A collective.
    Collective,
}

/// A point on the ground in microdegrees (WGS 84): 48.856613° is 48,856,613.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Latitude, ±90,000,000.
    pub latitude_e6: i32,
    /// Longitude, ±180,000,000.
    pub longitude_e6: i32,
}

impl Point {
    pub(crate) fn check(self) -> Result<(), Rejection> {
        let on_earth = self.latitude_e6.unsigned_abs() <= 90_000_000 && self.longitude_e6.unsigned_abs() <= 180_000_000;
        ensure(on_earth, || Code::UnknownPlace.on("point"))
    }
}

/// What a depositor fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// Its public reference, `P-000123`.
    pub reference: String,
    /// The author's pseudonym. An agent may deposit for somebody (`dépôt papier`).
    pub author: String,
    /// Its title, within the campaign's form limits.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// What it is about, within the campaign's form limits.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub description: Hidden<String>,
    /// The depositor's public display name.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub author_name: Hidden<String>,
    /// Who deposits.
    pub depositor: DepositorKind,
    /// Its theme.
    pub theme: ThemeId,
    /// Its area.
    pub area: AreaId,
    /// Where, if it has a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// Whether people with disabilities are thought of (`handicap`).
    pub accessible: bool,
    /// How; needed when `accessible`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessibility: Option<Hidden<String>>,
    /// What the depositor thinks it costs, in cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_cents: Option<Cents>,
}

/// How a proposal becomes part of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MergeKind {
    /// Taken over alone.
    Single,
    /// One common project (`co-construction`).
    CoConstruction,
    /// Gathered under one title (`regroupement`).
    Grouping,
}

/// What happened to a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was deposited.
    ProposalDeposited {
        /// What the depositor filled in.
        deposit: Box<Deposit>,
    },
    /// Its author took it back.
    ProposalWithdrawn {
        /// Why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// It became part of a project.
    ProposalMerged {
        /// The project.
        project: ProjectId,
        /// How.
        kind: MergeKind,
    },
}

/// What can be asked of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Deposit it.
    Deposit(Box<Deposit>),
    /// Take it back.
    Withdraw {
        /// Why, if said.
        reason: Option<String>,
    },
    /// Make it part of a project.
    Merge {
        /// The project.
        project: ProjectId,
        /// How.
        kind: MergeKind,
    },
}

/// The state of a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Its author's pseudonym, once deposited.
    pub author: Option<String>,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// The projects it is part of.
    pub projects: BTreeSet<ProjectId>,
}

impl Proposal {
    fn require(&self, id: &str) -> Result<(), Rejection> {
        ensure(self.author.is_some(), || Code::NotFound.on("proposal").with(id))?;
        ensure(!self.withdrawn, || Code::ProposalWithdrawn.on("proposal").with(id))
    }

    fn check_deposit(&self, deposit: &Deposit, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let configuration = campaign.configured()?;
        campaign.during(Phase::Ideation)?;
        ensure(self.author.is_none(), || Code::AlreadyExists.on("id"))?;
        let own = deposit.author == context.actor.id || context.actor.role == Role::Coordinator;
        ensure(own, || Code::NotTheAuthor.on("author"))?;
        configuration.require_area(&deposit.area)?;
        configuration.require_theme(&deposit.theme)?;
        let form = configuration.form;
        check_text("title", &deposit.title, form.title_min, form.title_max)?;
        check_text("description", &deposit.description, form.description_min, form.description_max)?;
        check_text("authorName", &deposit.author_name, 1, 100)?;
        ensure(!deposit.reference.is_empty(), || Code::TextTooShort.on("reference").with(1))?;
        ensure(deposit.reference.len() <= 32, || Code::TextTooLong.on("reference").with(32))?;
        if let Some(point) = deposit.point {
            point.check()?;
        }
        match &deposit.accessibility {
            None => ensure(!deposit.accessible, || Code::AccessibilityUnanswered.on("accessibility"))?,
            Some(text) => check_text("accessibility", text, 1, 1_000)?,
        }
        match deposit.estimate_cents {
            Some(cents) => check_amount("estimate", cents),
            None => Ok(()),
        }
    }
}

/// Refuses a text outside its limits, in characters; a redacted one can't be checked any more.
pub(crate) fn check_text(field: &str, text: &Hidden<String>, min: u32, max: u32) -> Result<(), Rejection> {
    let Some(text) = text.get() else { return Ok(()) };
    let length = u32::try_from(text.trim().chars().count()).unwrap_or(u32::MAX);
    ensure(length >= min, || Code::TextTooShort.on(field).with(min))?;
    ensure(length <= max, || Code::TextTooLong.on(field).with(max))
}

/// Whether a reason is there; a redacted one was.
pub(crate) fn is_said(reason: Option<&Hidden<String>>) -> bool {
    reason.is_some_and(|reason| reason.get().is_none_or(|text| !text.trim().is_empty()))
}

/// Refuses an amount below zero or above [`MAX_COST_CENTS`].
pub(crate) fn check_amount(field: &str, cents: Cents) -> Result<(), Rejection> {
    let fits = (0..=MAX_COST_CENTS).contains(&cents.get());
    ensure(fits, || Code::AmountOutOfRange.on(field).with("1 000 000 000.00"))
}

impl Decider for Proposal {
    const KIND: &'static str = "proposal";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, _: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(vec![match command {
            Command::Deposit(deposit) => Event::ProposalDeposited { deposit },
            Command::Withdraw { reason } => Event::ProposalWithdrawn { reason: reason.map(Hidden::Disclosed) },
            Command::Merge { project, kind } => Event::ProposalMerged { project, kind },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        match event {
            Event::ProposalDeposited { deposit } => self.check_deposit(deposit, context),
            Event::ProposalWithdrawn { .. } => {
                self.require(context.id)?;
                context.world.campaign.during(Phase::Ideation)?;
                ensure(self.author.as_deref() == Some(&context.actor.id), || Code::NotTheAuthor.into())
            }
            Event::ProposalMerged { project, .. } => {
                self.require(context.id)?;
                context.world.campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                ensure(!self.projects.contains(project), || Code::ProposalMerged.on("proposal").with(project))?;
                let formation = context.world.projects.get(project).and_then(|p| p.formation.as_ref());
                let named = formation.is_some_and(|f| f.proposals.iter().any(|p| p.as_str() == context.id));
                ensure(named, || Code::NotFound.on("project").with(project))
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ProposalDeposited { deposit } => self.author = Some(deposit.author.clone()),
            Event::ProposalWithdrawn { .. } => self.withdrawn = true,
            Event::ProposalMerged { project, .. } => {
                self.projects.insert(project.clone());
            }
        }
    }
}
