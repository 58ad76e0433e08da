//! What may happen to a project between its forming and the commission's decision.
//!
//! Owns the rules of merging, instruction and appeal, on the events and the state of
//! [`crate::project`]. Where it stands in its instruction: [`crate::instruction`].

use crate::phase::Phase;
use crate::project::{Ending, Event, Opinion, Project, Verdict};
use crate::proposal::{Point, check_amount, check_text};
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, DepartmentId, Hidden, ProposalId, Rejection};
use std::collections::BTreeSet;

fn check_reason(reason: &Hidden<String>) -> Result<(), Rejection> {
    check_text("reason", reason, 1, 2_000)
}

impl Project {
    /// Refuses whatever happens to a project that went on in others or not at all.
    pub(crate) fn living(&self, context: &Context<'_>) -> Result<(), Rejection> {
        ensure(self.ending.is_none(), || Code::ProjectEnded.with(context.id))
    }

    fn assigned(&self, department: &DepartmentId) -> Result<(), Rejection> {
        let known = self.instruction.assignments.contains_key(department);
        ensure(known, || Code::NotAssigned.on("department").with(department))
    }

    fn open_instruction(&self) -> Result<(), Rejection> {
        ensure(self.instruction.consolidation.is_none(), || Code::InstructionClosed.into())
    }

    /// Merging, assignment, appeal and scope: the changes of a project that is not decided.
    pub(crate) fn check_change(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let configuration = campaign.configured()?;
        match event {
            Event::ProposalAdded { proposal } => {
                campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                let there = self.proposals.contains(proposal);
                ensure(!there, || Code::DuplicateEntry.on("proposal").with(proposal))?;
                ensure(self.proposals.len() < 500, || Code::TooMany.on("proposal").with(500))?;
                check_source(proposal, context)
            }
            Event::ProposalTakenOut { proposal, reason } => {
                campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                let there = self.proposals.contains(proposal);
                ensure(there, || Code::NotFound.on("proposal").with(proposal))?;
                // Without a proposal it has to end instead.
                ensure(self.proposals.len() > 1, || Code::EmptyList.on("proposals"))?;
                check_reason(reason)
            }
            Event::ProjectEdited { version, sheet, .. } => {
                ensure(*version == self.version().saturating_add(1), || {
                    let seen = usize::try_from(version.saturating_sub(2)).unwrap_or(usize::MAX);
                    let since: BTreeSet<_> = self.changes.iter().skip(seen).flatten().cloned().collect();
                    Code::EditConflict.on("version").with(since.into_iter().collect::<Vec<_>>().join(", "))
                })?;
                if let Some(theme) = &sheet.theme {
                    configuration.require_theme(theme)?;
                }
                if let Some(formation) = &self.formation {
                    check_site(&formation.area, sheet.point, sheet.priority_neighbourhood, context)?;
                }
                check_text("title", &sheet.title, 1, 200)?;
                sheet.description.as_ref().map_or(Ok(()), |text| check_text("description", text, 0, 50_000))
            }
            Event::ProjectEnded { ending, reason } => {
                campaign.between_ends(Phase::Ideation, Phase::CoConstruction)?;
                check_reason(reason)?;
                self.check_ending(ending, context)
            }
            Event::DepartmentAssigned { assignment } => {
                configuration.require_department(&assignment.department)?;
                self.open_instruction()?;
                ensure(assignment.due > context.at, || Code::OutOfRange.on("due").with(assignment.due))
            }
            Event::InstructorNamed { department, .. } => {
                self.assigned(department)?;
                self.open_instruction()
            }
            Event::AssignmentHandedBack { department, reason } => {
                self.assigned(department)?;
                self.open_instruction()?;
                let said = self.instruction.verdicts.contains_key(department);
                ensure(!said, || Code::AlreadyDone.on("department").with(department))?;
                check_reason(reason)
            }
            Event::CommitmentRecorded { commitment } => {
                check_text("association", &commitment.association, 1, 200)?;
                check_amount("yearly", commitment.yearly_cents)?;
                ensure(commitment.yearly_cents > Cents::ZERO, || Code::OutOfRange.on("yearly").with(0))?;
                let lasts = commitment.until.is_none_or(|until| until.start().is_some_and(|start| start > context.at));
                ensure(lasts, || Code::OutOfRange.on("until"))
            }
            Event::InstructionConsolidated { opinion, cost_cents, .. } => {
                self.open_instruction()?;
                ensure(!self.instruction.assignments.is_empty(), || Code::NotAssigned.with(context.id))?;
                let verdicts = &self.instruction.verdicts;
                let missing = self.instruction.assignments.keys().find(|one| !verdicts.contains_key(*one));
                missing.map_or(Ok(()), |one| Err(Code::VerdictMissing.with(one)))?;
                let owed = self.instruction.appealed.first();
                owed.map_or(Ok(()), |one| Err(Code::AppealPending.with(one)))?;
                let opinion_follows = *opinion == self.instruction.opinion();
                ensure(opinion_follows, || Code::ConsolidationMismatch.on("opinion").with("opinion"))?;
                let cost_follows = self.estimate() == Some(*cost_cents);
                ensure(cost_follows, || Code::ConsolidationMismatch.on("cost").with("cost"))
            }
            Event::InstructionReopened { reason } => {
                ensure(self.instruction.consolidation.is_some(), || Code::InstructionOpen.into())?;
                check_reason(reason)
            }
            Event::AppealLodged { author, grounds } => {
                let refused = self.instruction.consolidation.filter(|one| one.opinion == Opinion::Unfavourable);
                let refused = refused.ok_or_else(|| Code::AppealNotPossible.with("no unfavourable consolidation"))?;
                ensure(!self.instruction.has_appeal, || Code::AppealNotPossible.with("an appeal was lodged"))?;
                ensure(context.at < refused.appeal_until, || Code::TooLate.with(refused.appeal_until))?;
                let known = self.proposals.iter().filter_map(|id| context.world.proposals.get(id));
                let mut authors = known.flat_map(|one| one.author.iter().chain(&one.co_authors));
                let own = *author == context.actor.id && authors.any(|one| one == author);
                ensure(own, || Code::NotTheAuthor.on("author"))?;
                check_text("grounds", grounds, 1, 5_000)
            }
            Event::ScopeChanged { change } => {
                let ready = self.instruction.consolidation.is_some()
                    || (self.instruction.assignments.is_empty() && !self.instruction.verdicts.is_empty());
                ensure(ready, || Code::InstructionOpen.into())?;
                ensure(!change.lines.is_empty(), || Code::EmptyList.on("lines"))?;
                ensure(change.lines.len() <= 200, || Code::TextTooLong.on("lines").with(200))?;
                change.lines.iter().try_for_each(|line| check_amount("lines", line.cents))?;
                check_reason(&change.reason)
            }
            Event::ProjectFormed { .. }
            | Event::VerdictGiven { .. }
            | Event::ProjectAdmitted { .. }
            | Event::ProjectRefused { .. } => Ok(()),
        }
    }

    fn check_ending(&self, ending: &Ending, context: &Context<'_>) -> Result<(), Rejection> {
        match ending {
            Ending::Split(parts) => {
                let distinct: BTreeSet<_> = parts.iter().map(|id| id.as_str()).collect();
                ensure(distinct.len() >= 2, || Code::TooFewProjects.on("projects").with(2))?;
                ensure(distinct.len() == parts.len(), || Code::DuplicateEntry.on("projects").with(context.id))?;
                ensure(!distinct.contains(context.id), || Code::MergeCycle.with(context.id))
            }
            Ending::Absorbed(other) => {
                ensure(other.as_str() != context.id, || Code::MergeCycle.with(other))?;
                let into = context.world.projects.get(other).ok_or_else(|| Code::NotFound.on("project").with(other))?;
                ensure(into.ending.is_none(), || Code::ProjectEnded.with(other))?;
                let area = |one: &Self| one.formation.as_ref().map(|formation| formation.area.clone());
                ensure(area(into) == area(self), || Code::OtherArea.with(other))
            }
            Ending::Undone => Ok(()),
        }
    }

    /// What a verdict owes where departments are assigned.
    pub(crate) fn check_round(
        &self,
        verdict: &Verdict,
        agent: Option<&str>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        if self.instruction.assignments.is_empty() {
            return Ok(());
        }
        let department = &verdict.department;
        self.assigned(department)?;
        self.open_instruction()?;
        ensure(agent == Some(context.actor.id.as_str()), || Code::NotTheAuthor.on("agent"))?;
        if self.instruction.has_appeal && self.instruction.appealed.contains(department) {
            let before = self.instruction.judged.get(department);
            let same = before.is_some_and(|agents| agents.contains(&context.actor.id));
            ensure(!same, || Code::SameInstructor.on("agent"))?;
        }
        let conditions = verdict.conditions.is_some();
        let conditional = verdict.opinion == Opinion::FavourableWithConditions;
        ensure(conditions == conditional, || Code::ConditionsMissing.on("conditions"))?;
        let criteria = &context.world.campaign.configured()?.instruction.criteria;
        let mut answered = BTreeSet::new();
        for answer in &verdict.criteria {
            let criterion = &answer.criterion;
            let known = criteria.iter().any(|one| one.id == *criterion);
            ensure(known, || Code::UnknownCriterion.on("criteria").with(criterion))?;
            ensure(answered.insert(criterion), || Code::DuplicateEntry.on("criteria").with(criterion))?;
        }
        let open = criteria.iter().find(|one| !answered.contains(&one.id));
        open.map_or(Ok(()), |one| Err(Code::CriterionUnanswered.on("criteria").with(&one.id)))
    }

    /// What an admission owes where departments are assigned.
    pub(crate) fn check_consolidated(&self, cost: Cents) -> Result<(), Rejection> {
        let owed = self.instruction.appealed.first();
        owed.map_or(Ok(()), |one| Err(Code::AppealPending.with(one)))?;
        let whole = self.instruction.consolidation.ok_or_else(|| Rejection::from(Code::InstructionOpen))?;
        ensure(whole.opinion != Opinion::Unfavourable, || Code::VerdictUnfavourable.with("-"))?;
        let needed = self.instruction.verdicts.values().filter(|said| said.commitment_needed);
        let needed = Cents::sum(needed.map(|said| said.yearly_cents)).unwrap_or(Cents::ZERO);
        ensure(self.instruction.committed_cents >= needed, || Code::CommitmentMissing.with(needed))?;
        let due = self.instruction.scope_cents.unwrap_or(whole.cents);
        ensure(cost == due, || Code::CostMismatch.on("cost").with(due))
    }
}

/// Refuses a point outside its area, and a priority that doesn't follow from the point.
pub(crate) fn check_site(
    area: &AreaId,
    point: Option<Point>,
    priority: bool,
    context: &Context<'_>,
) -> Result<(), Rejection> {
    let campaign = &context.world.campaign;
    let neighbourhood = campaign.neighbourhood_at(point);
    campaign.check_place(area, point, None, neighbourhood.as_ref())?;
    let follows = campaign.geography.neighbourhoods.is_empty() || priority == neighbourhood.is_some();
    ensure(follows, || Code::NeighbourhoodMismatch.on("priorityNeighbourhood").with(area))
}

/// Refuses a proposal that isn't there for a project to take.
pub(crate) fn check_source(proposal: &ProposalId, context: &Context<'_>) -> Result<(), Rejection> {
    let known = context.world.proposals.get(proposal).filter(|known| known.author.is_some());
    let known = known.ok_or_else(|| Code::NotFound.on("proposals").with(proposal))?;
    ensure(!known.withdrawn, || Code::ProposalWithdrawn.on("proposals").with(proposal))?;
    ensure(!known.removed, || Code::ProposalRemoved.on("proposals").with(proposal))?;
    ensure(!known.awaits_approval, || Code::AwaitsApproval.on("proposals").with(proposal))
}
