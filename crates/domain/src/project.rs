//! A project (`projet`): formed from proposals, instructed, settled by the commission.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Formed: ProjectFormed (merging)
//!   Formed --> Formed: VerdictGiven (one per department, in parallel)
//!   Formed --> Admitted: ProjectAdmitted (on the ballot)
//!   Formed --> Refused: ProjectRefused (with a reason)
//! ```

use crate::phase::Phase;
use crate::proposal::{MergeKind, Point, check_amount, check_text};
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, Decider, DepartmentId, Hidden, ProposalId, Rejection, ThemeId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A project as it is formed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formation {
    /// Its public reference: unique and shown to everybody. Imported elections keep their own id,
    /// which the analysts' tie-break by id looks at.
    pub reference: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub title: Hidden<String>,
    /// What will be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Hidden<String>>,
    /// Its area.
    pub area: AreaId,
    /// Its theme, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<ThemeId>,
    /// Where, if it has one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// Whether it lies in a priority neighbourhood (`quartier populaire`).
    #[serde(default)]
    pub priority_neighbourhood: bool,
    /// How its proposals came together.
    pub kind: MergeKind,
    /// The proposals it is made of; empty only in imported campaigns.
    pub proposals: Vec<ProposalId>,
    /// What the published data of a past election says: 0 not selected, 1 selected, 2 and 3
    /// selected by a special rule (Pabulib).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<u8>,
}

/// What a department thinks (`avis`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Opinion {
    /// `AVIS FAVORABLE`.
    Favourable,
    /// Favourable, if the conditions hold.
    FavourableWithConditions,
    /// `AVIS DÉFAVORABLE`.
    Unfavourable,
}

/// What a cost line pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CostKind {
    /// Works.
    Investment,
    /// Studies.
    Study,
    /// Equipment.
    Equipment,
}

/// A line of a department's estimate, in cents incl. VAT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLine {
    /// What it pays for.
    pub kind: CostKind,
    /// How much.
    pub cents: Cents,
}

/// A department's verdict (`avis de la direction`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The department.
    pub department: DepartmentId,
    /// What it thinks.
    pub opinion: Opinion,
    /// Why; published.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub reasons: Hidden<String>,
    /// What it costs once. All lines are investment in the city's accounts.
    pub lines: Vec<CostLine>,
    /// What it costs every year afterwards, in cents.
    pub yearly_cents: Cents,
}

/// What happened to a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It was formed from proposals.
    ProjectFormed {
        /// As formed.
        formation: Box<Formation>,
    },
    /// A department gave its verdict; a later one of the same department replaces it.
    VerdictGiven {
        /// The verdict.
        verdict: Box<Verdict>,
    },
    /// The commission put it on the ballot.
    ProjectAdmitted {
        /// What it takes from the envelope, in cents.
        cost_cents: Cents,
        /// Withdrawn after the papers were printed (imported elections only): it can't win.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        withdrawn: bool,
        /// Why, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// The commission refused it.
    ProjectRefused {
        /// Why.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        reason: Hidden<String>,
    },
}

/// What can be asked of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Form it.
    Form(Box<Formation>),
    /// Give a department's verdict.
    GiveVerdict(Box<Verdict>),
    /// Put it on the ballot.
    Admit {
        /// The cost; none to take the sum of the verdicts' lines.
        cost_cents: Option<Cents>,
        /// Withdrawn after the papers were printed (imported elections only).
        withdrawn: bool,
        /// Why, if said.
        reason: Option<String>,
    },
    /// Refuse it.
    Refuse {
        /// Why.
        reason: String,
    },
}

/// What the commission decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Decision {
    /// On the ballot, for this cost.
    Admitted {
        /// The cost in cents.
        cost_cents: Cents,
        /// Whether it was withdrawn after the papers were printed.
        withdrawn: bool,
    },
    /// Not on the ballot.
    Refused,
}

/// A project on its way to the ballot list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission<'a> {
    /// Its area.
    pub area: &'a AreaId,
    /// Its public reference.
    pub reference: &'a str,
    /// What it takes from the envelope, in cents.
    pub cost_cents: Cents,
    /// Whether it was withdrawn after the papers were printed.
    pub withdrawn: bool,
}

/// The state of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Project {
    /// As formed.
    pub formation: Option<Box<Formation>>,
    /// The latest opinion and cost of each department.
    pub verdicts: BTreeMap<DepartmentId, (Opinion, Cents)>,
    /// What the commission decided.
    pub decision: Option<Decision>,
}

impl Project {
    /// What goes on the ballot list, when it is admitted.
    pub fn admission(&self) -> Option<Admission<'_>> {
        let Some(Decision::Admitted { cost_cents, withdrawn }) = self.decision else { return None };
        let formation = self.formation.as_ref()?;
        Some(Admission { area: &formation.area, reference: &formation.reference, cost_cents, withdrawn })
    }

    /// The sum of the verdicts' cost lines; `None` when there is no verdict.
    pub fn estimate(&self) -> Option<Cents> {
        if self.verdicts.is_empty() {
            return None;
        }
        Cents::sum(self.verdicts.values().map(|(_, cents)| *cents))
    }

    fn undecided(&self, context: &Context<'_>) -> Result<(), Rejection> {
        ensure(self.formation.is_some(), || Code::NotFound.on("project").with(context.id))?;
        context.world.campaign.between_ends(Phase::Ideation, Phase::PreSubmit)?;
        ensure(self.decision.is_none(), || Code::ProjectDecided.into())
    }

    fn check_formation(&self, formation: &Formation, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let configuration = campaign.configured()?;
        campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
        ensure(self.formation.is_none(), || Code::AlreadyExists.on("id"))?;
        configuration.require_area(&formation.area)?;
        if let Some(theme) = &formation.theme {
            configuration.require_theme(theme)?;
        }
        if let Some(point) = formation.point {
            point.check()?;
        }
        // A past election's data may lack a title, and its titles obey no form.
        let (min, max) = if campaign.is_imported() { (0, 10_000) } else { (1, 200) };
        check_text("title", &formation.title, min, max)?;
        if let Some(description) = &formation.description {
            check_text("description", description, 0, 50_000)?;
        }
        ensure(!formation.reference.is_empty(), || Code::TextTooShort.on("reference").with(1))?;
        ensure(formation.reference.chars().count() <= 64, || Code::TextTooLong.on("reference").with(64))?;
        ensure(campaign.is_imported() || !formation.proposals.is_empty(), || Code::EmptyList.on("proposals"))?;
        let mut seen = BTreeSet::new();
        for proposal in &formation.proposals {
            ensure(seen.insert(proposal), || Code::DuplicateEntry.on("proposals").with(proposal))?;
            let known = context.world.proposals.get(proposal).filter(|p| p.author.is_some());
            let known = known.ok_or_else(|| Code::NotFound.on("proposals").with(proposal))?;
            ensure(!known.withdrawn, || Code::ProposalWithdrawn.on("proposals").with(proposal))?;
        }
        Ok(())
    }

    fn check_admission(&self, cost: Cents, context: &Context<'_>) -> Result<(), Rejection> {
        self.undecided(context)?;
        check_amount("cost", cost)?;
        if context.world.campaign.is_imported() {
            return Ok(());
        }
        let against = self.verdicts.iter().find(|(_, (opinion, _))| *opinion == Opinion::Unfavourable);
        if let Some((department, _)) = against {
            return Err(Code::VerdictUnfavourable.with(department));
        }
        let estimate = self.estimate().ok_or_else(|| Code::VerdictMissing.with(context.id))?;
        ensure(cost == estimate, || Code::CostMismatch.on("cost").with(estimate))
    }
}

impl Decider for Project {
    const KIND: &'static str = "project";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(vec![match command {
            Command::Form(formation) => Event::ProjectFormed { formation },
            Command::GiveVerdict(verdict) => Event::VerdictGiven { verdict },
            Command::Admit { cost_cents, withdrawn, reason } => {
                let cost_cents = match cost_cents {
                    Some(cents) => cents,
                    None => self.estimate().ok_or_else(|| Code::VerdictMissing.with(context.id))?,
                };
                Event::ProjectAdmitted { cost_cents, withdrawn, reason: reason.map(Hidden::Disclosed) }
            }
            Command::Refuse { reason } => Event::ProjectRefused { reason: Hidden::Disclosed(reason) },
        }])
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        match event {
            Event::ProjectFormed { formation } => self.check_formation(formation, context),
            Event::VerdictGiven { verdict } => {
                self.undecided(context)?;
                context.world.campaign.configured()?.require_department(&verdict.department)?;
                check_text("reasons", &verdict.reasons, 1, 5_000)?;
                check_amount("yearly", verdict.yearly_cents)?;
                ensure(verdict.lines.len() <= 200, || Code::TextTooLong.on("lines").with(200))?;
                verdict.lines.iter().try_for_each(|line| check_amount("lines", line.cents))
            }
            Event::ProjectAdmitted { cost_cents, withdrawn, .. } => {
                ensure(!withdrawn || context.world.campaign.is_imported(), || Code::ProjectDecided.on("withdrawn"))?;
                self.check_admission(*cost_cents, context)
            }
            Event::ProjectRefused { reason } => {
                self.undecided(context)?;
                check_text("reason", reason, 1, 5_000)
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::ProjectFormed { formation } => self.formation = Some(formation.clone()),
            Event::VerdictGiven { verdict } => {
                let cost = Cents::sum(verdict.lines.iter().map(|line| line.cents)).unwrap_or(Cents::ZERO);
                self.verdicts.insert(verdict.department.clone(), (verdict.opinion, cost));
            }
            Event::ProjectAdmitted { cost_cents, withdrawn, .. } => {
                self.decision = Some(Decision::Admitted { cost_cents: *cost_cents, withdrawn: *withdrawn });
            }
            Event::ProjectRefused { .. } => self.decision = Some(Decision::Refused),
        }
    }
}
