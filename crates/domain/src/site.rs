//! A site (`chantier`): how a winning project is carried out, stage by stage.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Opened: SiteOpened (from RESULT)
//!   Opened --> Opened: MilestonePlanned, MilestoneReached
//!   Opened --> Finished: MilestoneReached FIN
//!   Opened --> Abandoned: SiteAbandoned (with a reason)
//! ```

use crate::proposal::{check_amount, check_text, is_said};
use crate::rejection::ensure;
use crate::{AreaId, CalendarDate, Cents, Code, Context, Decider, DepartmentId, Hidden, ProjectId, Rejection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A stage of a site, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Milestone {
    /// `ETUDES`.
    Studies,
    /// `PROCEDURES`.
    Procedures,
    /// `TRAVAUX`.
    Works,
    /// `LIVRAISON`.
    Delivery,
    /// `FIN`.
    Done,
}

impl Milestone {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Studies, Self::Procedures, Self::Works, Self::Delivery, Self::Done];
}

/// A site as it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The winning project.
    pub project: ProjectId,
    /// What is done there.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// The area it lies in.
    pub area: AreaId,
    /// The department that leads it (`direction pilote`), if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Its share of the project's budget, in cents.
    pub budget_cents: Cents,
}

/// What happened to a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was opened under a winning project.
    SiteOpened {
        /// As opened.
        opening: Box<Opening>,
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
    /// The city gave it up (`ABANDONNÉ`).
    SiteAbandoned {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
}

/// What can be asked of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open it.
    Open(Box<Opening>),
    /// Plan a milestone.
    Plan {
        /// Which.
        milestone: Milestone,
        /// For when.
        on: CalendarDate,
        /// Why it moves, when it was planned before.
        reason: Option<String>,
    },
    /// Reach a milestone.
    Reach {
        /// Which.
        milestone: Milestone,
        /// When, if known.
        on: Option<CalendarDate>,
    },
    /// Give it up.
    Abandon {
        /// Why.
        reason: String,
    },
}

/// The state of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Site {
    /// As opened.
    pub opening: Option<Box<Opening>>,
    /// Planned dates.
    pub planned: BTreeMap<Milestone, CalendarDate>,
    /// Milestones reached.
    pub reached: BTreeMap<Milestone, Option<CalendarDate>>,
    /// Whether it was given up.
    pub abandoned: bool,
}

impl Site {
    fn require_under_way(&self, context: &Context<'_>) -> Result<(), Rejection> {
        ensure(self.opening.is_some(), || Code::NotFound.on("site").with(context.id))?;
        ensure(!self.abandoned, || Code::SiteAbandoned.into())?;
        ensure(!self.reached.contains_key(&Milestone::Done), || Code::SiteFinished.into())
    }

    fn check_reaching(
        &self,
        milestone: Milestone,
        on: Option<CalendarDate>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let later = self.reached.range(milestone..).next();
        if let Some((later, _)) = later {
            return Err(Code::MilestoneOrder.on("milestone").with(format!("{later:?}")));
        }
        let before = self.reached.values().flatten().max();
        // Published data holds dates out of order; they are kept as published.
        let as_published = context.world.campaign.is_imported();
        let in_time = as_published || on.zip(before).is_none_or(|(on, before)| on.date() >= before.date());
        ensure(in_time, || Code::MilestoneOrder.on("on").with(before.map_or_else(String::new, ToString::to_string)))
    }
}

impl Decider for Site {
    const KIND: &'static str = "site";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, _: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(vec![match command {
            Command::Open(opening) => Event::SiteOpened { opening },
            Command::Plan { milestone, on, reason } => {
                Event::MilestonePlanned { milestone, on, reason: reason.map(Hidden::Disclosed) }
            }
            Command::Reach { milestone, on } => Event::MilestoneReached { milestone, on },
            Command::Abandon { reason } => Event::SiteAbandoned { reason: Hidden::Disclosed(reason) },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        match event {
            Event::SiteOpened { opening } => {
                let campaign = &context.world.campaign;
                let configuration = campaign.configured()?;
                ensure(self.opening.is_none(), || Code::AlreadyExists.on("id"))?;
                let stands = campaign.is_carried_out(&opening.project).ok_or_else(|| Code::TooEarly.with("RESULT"))?;
                ensure(stands, || Code::ProjectNotElected.on("project"))?;
                configuration.require_area(&opening.area)?;
                if let Some(department) = &opening.department {
                    configuration.require_department(department)?;
                }
                let min = u32::from(!campaign.is_imported());
                check_text("title", &opening.title, min, 10_000)?;
                check_amount("budget", opening.budget_cents)
            }
            Event::MilestonePlanned { milestone, on, reason } => {
                self.require_under_way(context)?;
                ensure(!self.reached.contains_key(milestone), || Code::MilestoneOrder.on("milestone").with(on))?;
                let moved = self.planned.contains_key(milestone);
                ensure(!moved || is_said(reason.as_ref()), || Code::ReasonMissing.on("reason"))
            }
            Event::MilestoneReached { milestone, on } => {
                self.require_under_way(context)?;
                self.check_reaching(*milestone, *on, context)
            }
            Event::SiteAbandoned { reason } => {
                self.require_under_way(context)?;
                check_text("reason", reason, 1, 5_000)
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::SiteOpened { opening } => self.opening = Some(opening.clone()),
            Event::MilestonePlanned { milestone, on, .. } => {
                self.planned.insert(*milestone, *on);
            }
            Event::MilestoneReached { milestone, on } => {
                self.reached.insert(*milestone, *on);
            }
            Event::SiteAbandoned { .. } => self.abandoned = true,
        }
    }
}
