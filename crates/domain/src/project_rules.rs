//! What may happen to a project before the ballot: how it is formed, changed, ended and decided.
//!
//! Owns the rules of merging and of the commission, on the events and the state of [`crate::project`].
//! Those of instruction: `instruction_rules.rs`.

use crate::decider::check_version;
use crate::phase::Phase;
use crate::project::{Ending, Event, Formation, Opinion, Project, Sheet};
use crate::proposal::{Point, check_amount, check_reason, check_text, is_said};
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, ProjectId, ProposalId, Rejection, WorkshopId};
use std::collections::BTreeSet;

/// The most proposals of a project, so that its leaf stays within 65,535 bytes.
const MAX_PROPOSALS: usize = 500;

/// The most workshops that a project names, and the most parts that it is split into.
const MAX_NAMED: usize = 50;

impl Project {
    pub(crate) fn check_event(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        if let Event::ProjectFormed { formation } = event {
            return self.check_formation(formation, context);
        }
        let campaign = &context.world.campaign;
        self.check_undecided(context)?;
        match event {
            Event::ProjectFormed { .. } => Ok(()),
            Event::ProposalAdded { proposal } => {
                campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                let there = self.proposals.contains(proposal);
                ensure(!there, || Code::DuplicateEntry.on("proposal").with(proposal))?;
                ensure(self.proposals.len() < MAX_PROPOSALS, || Code::TooMany.on("proposal").with(MAX_PROPOSALS))?;
                check_source(proposal, context)
            }
            Event::ProposalTakenOut { proposal, reason } => {
                campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                let there = self.proposals.contains(proposal);
                ensure(there, || Code::NotFound.on("proposal").with(proposal))?;
                // Without a proposal it has to end instead.
                ensure(self.proposals.len() > 1, || Code::EmptyList.on("proposals"))?;
                check_reason(reason, 2_000)
            }
            Event::ProjectEdited { version, sheet, workshop } => {
                self.check_edit(*version, sheet, workshop.as_ref(), context)
            }
            Event::ProjectEnded { ending, reason } => {
                campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                check_reason(reason, 2_000)?;
                self.check_ending(ending, context)
            }
            Event::DepartmentAssigned { assignment } => self.check_assignment(assignment, context),
            Event::InstructorNamed { department, agent } => self.check_instructor(department, agent, context),
            Event::AssignmentHandedBack { department, reason } => self.check_hand_back(department, reason),
            Event::VerdictGiven { verdict, agent } => self.check_verdict(verdict, agent.as_deref(), context),
            Event::CommitmentRecorded { commitment } => self.check_commitment(commitment, context),
            Event::InstructionConsolidated { .. } => self.check_consolidation(event, context),
            Event::InstructionReopened { reason } => {
                ensure(self.instruction.consolidation.is_some(), || Code::InstructionOpen.into())?;
                check_reason(reason, 2_000)
            }
            Event::AppealLodged { author, grounds } => self.check_appeal(author, grounds, context),
            Event::ScopeChanged { change } => self.check_scope(change),
            Event::ProjectAdmitted { cost_cents, withdrawn, reason } => {
                let silent = !self.instruction.ordered;
                ensure(silent || is_said(reason.as_ref()), || Code::ReasonMissing.on("reason"))?;
                reason.as_ref().map_or(Ok(()), |reason| check_text("reason", reason, 0, 5_000))?;
                ensure(!withdrawn || campaign.is_imported(), || Code::ProjectDecided.on("withdrawn"))?;
                self.check_admission(*cost_cents, context)
            }
            Event::ProjectRefused { reason } => {
                // The departments' no isn't the last word while an author may appeal, or has.
                let open = self.instruction.appealable(context.at);
                open.map_or(Ok(()), |one| Err(Code::TooEarly.with(one.appeal_until)))?;
                self.instruction.waits_for().map_or(Ok(()), |one| Err(Code::AppealPending.with(one)))?;
                check_text("reason", reason, 1, 5_000)
            }
        }
    }

    /// Refuses whatever happens to a project outside its time, and once it is decided or has ended.
    pub(crate) fn check_undecided(&self, context: &Context<'_>) -> Result<(), Rejection> {
        ensure(self.formation.is_some(), || Code::NotFound.on("project").with(context.id))?;
        context.world.campaign.between_ends(Phase::Ideation, Phase::PreSubmit)?;
        ensure(self.decision.is_none(), || Code::ProjectDecided.into())?;
        ensure(self.ending.is_none(), || Code::ProjectEnded.with(context.id))
    }

    fn check_formation(&self, formation: &Formation, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
        ensure(self.formation.is_none(), || Code::AlreadyExists.on("id"))?;
        campaign.configured()?.require_area(&formation.area)?;
        check_sheet(&Sheet::of(formation), &formation.area, context)?;
        ensure(!formation.reference.is_empty(), || Code::TextTooShort.on("reference").with(1))?;
        ensure(formation.reference.chars().count() <= 64, || Code::TextTooLong.on("reference").with(64))?;
        ensure(campaign.is_imported() || !formation.proposals.is_empty(), || Code::EmptyList.on("proposals"))?;
        let many = formation.proposals.len() > MAX_PROPOSALS;
        ensure(!many, || Code::TooMany.on("proposals").with(MAX_PROPOSALS))?;
        let mut seen = BTreeSet::new();
        for proposal in &formation.proposals {
            ensure(seen.insert(proposal), || Code::DuplicateEntry.on("proposals").with(proposal))?;
            check_source(proposal, context)?;
        }
        ensure(formation.workshops.len() <= MAX_NAMED, || Code::TooMany.on("workshops").with(MAX_NAMED))?;
        let mut seen = BTreeSet::new();
        for workshop in &formation.workshops {
            ensure(seen.insert(workshop), || Code::DuplicateEntry.on("workshops").with(workshop))?;
            check_workshop("workshops", workshop, context)?;
        }
        formation.part_of.as_ref().map_or(Ok(()), |whole| check_part(whole, &formation.area, context))
    }

    fn check_edit(
        &self,
        version: u64,
        sheet: &Sheet,
        workshop: Option<&WorkshopId>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        check_version(version.saturating_sub(1), &self.changes)?;
        workshop.map_or(Ok(()), |workshop| check_workshop("workshop", workshop, context))?;
        self.formation.as_ref().map_or(Ok(()), |formation| check_sheet(sheet, &formation.area, context))
    }

    fn check_ending(&self, ending: &Ending, context: &Context<'_>) -> Result<(), Rejection> {
        let projects = &context.world.projects;
        match ending {
            Ending::Split(parts) => {
                ensure(parts.len() <= MAX_NAMED, || Code::TooMany.on("projects").with(MAX_NAMED))?;
                let mut seen = BTreeSet::new();
                for part in parts {
                    ensure(part.as_str() != context.id, || Code::MergeCycle.with(part))?;
                    ensure(seen.insert(part), || Code::DuplicateEntry.on("projects").with(part))?;
                    let begun = projects.get(part).is_some_and(|known| known.formation.is_some());
                    ensure(!begun, || Code::AlreadyExists.on("projects").with(part))?;
                }
                ensure(seen.len() >= 2, || Code::TooFewProjects.on("projects").with(2))
            }
            Ending::Absorbed(other) => {
                let mut seen = BTreeSet::new();
                let mut next = Some(other);
                while let Some(id) = next.filter(|id| seen.insert(*id)) {
                    ensure(id.as_str() != context.id, || Code::MergeCycle.with(other))?;
                    next = match projects.get(id).and_then(|known| known.ending.as_ref()) {
                        Some(Ending::Absorbed(into)) => Some(into),
                        Some(Ending::Split(_) | Ending::Undone) | None => None,
                    };
                }
                let known = projects.get(other).and_then(|into| Some((into, into.formation.as_ref()?)));
                let (into, formation) = known.ok_or_else(|| Code::NotFound.on("project").with(other))?;
                ensure(into.ending.is_none(), || Code::ProjectEnded.with(other))?;
                ensure(into.decision.is_none(), || Code::ProjectDecided.on("project"))?;
                let same = self.formation.as_ref().is_some_and(|own| own.area == formation.area);
                ensure(same, || Code::OtherArea.with(other))
            }
            Ending::Undone => Ok(()),
        }
    }

    /// Refuses a merge of which only one side is told. Both are written in one request, but a log may
    /// come from anyone: so it is looked at when departments and the commission set to work.
    pub(crate) fn check_linked(&self, context: &Context<'_>) -> Result<(), Rejection> {
        if context.world.campaign.is_imported() {
            return Ok(());
        }
        let names = |id: &ProposalId| {
            let known = context.world.proposals.get(id);
            known.is_some_and(|known| known.projects.iter().any(|project| project.as_str() == context.id))
        };
        let open = self.proposals.iter().find(|id| !names(id));
        open.map_or(Ok(()), |id| Err(Code::ProposalNotLinked.on("proposals").with(id)))?;
        let left = self.taken_out.iter().any(names);
        ensure(!left, || Code::ProposalStillLinked.on("proposals").with(context.id))
    }

    fn check_admission(&self, cost: Cents, context: &Context<'_>) -> Result<(), Rejection> {
        check_amount("cost", cost)?;
        if context.world.campaign.is_imported() {
            return Ok(());
        }
        if self.instruction.ordered {
            return self.check_instructed(cost, context);
        }
        let against = self.instruction.verdicts.iter().find(|(_, said)| said.opinion == Opinion::Unfavourable);
        if let Some((department, _)) = against {
            return Err(Code::VerdictUnfavourable.with(department));
        }
        let estimate = self.estimate().ok_or_else(|| Code::VerdictMissing.with(context.id))?;
        let due = self.instruction.scope_cents.unwrap_or(estimate);
        ensure(cost == due, || Code::CostMismatch.on("cost").with(due))
    }
}

fn check_sheet(sheet: &Sheet, area: &AreaId, context: &Context<'_>) -> Result<(), Rejection> {
    let campaign = &context.world.campaign;
    if let Some(theme) = &sheet.theme {
        campaign.configured()?.require_theme(theme)?;
    }
    check_site(area, sheet.point, sheet.priority_neighbourhood, context)?;
    // A past election's data may lack a title, and its titles obey no form.
    let (min, max) = if campaign.is_imported() { (0, 10_000) } else { (1, 200) };
    check_text("title", &sheet.title, min, max)?;
    sheet.description.as_ref().map_or(Ok(()), |text| check_text("description", text, 0, 50_000))
}

/// Refuses a point outside its area, and a priority that doesn't follow from the point.
fn check_site(area: &AreaId, point: Option<Point>, priority: bool, context: &Context<'_>) -> Result<(), Rejection> {
    let campaign = &context.world.campaign;
    let neighbourhood = campaign.neighbourhood_at(point);
    campaign.check_place(area, point, None, neighbourhood.as_ref())?;
    let follows = campaign.geography.neighbourhoods.is_empty() || priority == neighbourhood.is_some();
    ensure(follows, || {
        Code::NeighbourhoodMismatch.on("priorityNeighbourhood").with(neighbourhood.map_or("-".into(), String::from))
    })
}

/// Refuses a proposal that isn't there for a project to take.
fn check_source(proposal: &ProposalId, context: &Context<'_>) -> Result<(), Rejection> {
    let known = context.world.proposals.get(proposal).filter(|known| known.author.is_some());
    let known = known.ok_or_else(|| Code::NotFound.on("proposals").with(proposal))?;
    ensure(!known.withdrawn, || Code::ProposalWithdrawn.on("proposals").with(proposal))?;
    ensure(!known.removed, || Code::ProposalRemoved.on("proposals").with(proposal))?;
    ensure(!known.awaits_approval, || Code::AwaitsApproval.on("proposals").with(proposal))
}

fn check_workshop(field: &str, id: &WorkshopId, context: &Context<'_>) -> Result<(), Rejection> {
    let known = context.world.workshops.get(id).filter(|known| known.announcement.is_some());
    let known = known.ok_or_else(|| Code::NotFound.on(field).with(id))?;
    ensure(!known.cancelled, || Code::WorkshopCancelled.on(field))
}

/// Refuses a part of a project that wasn't split into it.
fn check_part(whole: &ProjectId, area: &AreaId, context: &Context<'_>) -> Result<(), Rejection> {
    let names = |ending: &Ending| match ending {
        Ending::Split(parts) => parts.iter().any(|part| part.as_str() == context.id),
        Ending::Absorbed(_) | Ending::Undone => false,
    };
    let known = context.world.projects.get(whole).filter(|known| known.ending.as_ref().is_some_and(names));
    let formation = known.and_then(|known| known.formation.as_ref());
    let formation = formation.ok_or_else(|| Code::NotFound.on("partOf").with(whole))?;
    ensure(formation.area == *area, || Code::OtherArea.on("partOf").with(whole))
}
