//! What may happen while departments instruct a project, and when.
//!
//! Owns the rules of assignments, verdicts, consolidation, appeal and scope. Where a project stands in
//! its instruction: [`crate::instruction`]; what the commission owes: [`crate::project_rules`].

use crate::permission::{Bound, Scope};
use crate::project::{Assignment, Commitment, CostLine, Event, Opinion, Project, ScopeChange, Verdict};
use crate::proposal::{check_amount, check_reason, check_text, is_said};
use crate::rejection::ensure;
use crate::{ActorId, Cents, Code, Context, DepartmentId, Hidden, Rejection, Role};
use std::collections::BTreeSet;

/// The longest text of a condition or a remark, in characters.
const MAX_REMARK: u32 = 2_000;

fn check_lines(lines: &[CostLine]) -> Result<(), Rejection> {
    ensure(lines.len() <= 200, || Code::TextTooLong.on("lines").with(200))?;
    lines.iter().try_for_each(|line| check_amount("lines", line.cents))?;
    check_sum("lines", CostLine::sum(lines))
}

fn check_sum(field: &str, sum: Option<Cents>) -> Result<(), Rejection> {
    check_amount(field, counted(field, sum)?)
}

fn counted(field: &str, sum: Option<Cents>) -> Result<Cents, Rejection> {
    sum.ok_or_else(|| Code::AmountOutOfRange.on(field).with("0 – 1 000 000 000.00"))
}

impl Project {
    fn assigned(&self, department: &DepartmentId) -> Result<(), Rejection> {
        let known = self.instruction.assignments.contains_key(department);
        ensure(known, || Code::NotAssigned.on("department").with(department))
    }

    fn open_instruction(&self) -> Result<(), Rejection> {
        ensure(self.instruction.consolidation.is_none(), || Code::InstructionClosed.into())
    }

    /// Refuses whoever decided in a department before an appeal.
    fn another_instructor(&self, department: &DepartmentId, agent: &str) -> Result<(), Rejection> {
        let before = self.instruction.judged.get(department).filter(|_| self.instruction.has_appeal);
        let same = before.is_some_and(|agents| agents.contains(agent));
        ensure(!same, || Code::SameInstructor.on("agent"))
    }

    pub(crate) fn check_assignment(&self, assignment: &Assignment, context: &Context<'_>) -> Result<(), Rejection> {
        context.world.campaign.configured()?.require_department(&assignment.department)?;
        self.open_instruction()?;
        // After an appeal only those that were against are heard: another one could never answer.
        let known = self.instruction.assignments.contains_key(&assignment.department);
        let waiting = self.instruction.waits_for().filter(|_| !known);
        waiting.map_or(Ok(()), |one| Err(Code::AppealPending.on("department").with(one)))?;
        ensure(assignment.due > context.at, || Code::OutOfRange.on("due").with(format!("> {}", context.at)))?;
        self.check_linked(context)
    }

    pub(crate) fn check_instructor(
        &self,
        department: &DepartmentId,
        agent: &ActorId,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        self.assigned(department)?;
        self.open_instruction()?;
        self.another_instructor(department, agent.as_str())?;
        let roles = &context.world.campaign.roles;
        if !roles.are_kept() {
            return Ok(());
        }
        let scope = Scope { department: Some(department), place: None };
        let held = roles.require(agent.as_str(), Role::DepartmentReferent, Bound::Department, scope, context.at);
        held.map_err(|no| no.on("agent"))
    }

    pub(crate) fn check_hand_back(&self, department: &DepartmentId, reason: &Hidden<String>) -> Result<(), Rejection> {
        self.assigned(department)?;
        self.open_instruction()?;
        // An appeal asks a department that was against: it can't get out of the answer.
        self.instruction.waits_for().map_or(Ok(()), |one| Err(Code::AppealPending.with(one)))?;
        ensure(!self.instruction.heard.contains(department), || Code::AlreadyDone.on("department"))?;
        check_reason(reason, 2_000)
    }

    pub(crate) fn check_verdict(
        &self,
        verdict: &Verdict,
        agent: Option<&str>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let configuration = context.world.campaign.configured()?;
        configuration.require_department(&verdict.department)?;
        self.check_round(verdict, agent, context)?;
        let criteria = &configuration.instruction.criteria;
        let mut answered = BTreeSet::new();
        for answer in &verdict.criteria {
            let criterion = &answer.criterion;
            let known = criteria.iter().any(|one| one.id == *criterion);
            ensure(known, || Code::UnknownCriterion.on("criteria").with(criterion))?;
            ensure(answered.insert(criterion), || Code::DuplicateEntry.on("criteria").with(criterion))?;
            answer.remark.as_ref().map_or(Ok(()), |text| check_text("remark", text, 0, MAX_REMARK))?;
        }
        if self.instruction.ordered {
            let open = criteria.iter().find(|one| !answered.contains(&one.id));
            open.map_or(Ok(()), |one| Err(Code::CriterionUnanswered.on("criteria").with(&one.id)))?;
            let conditional = verdict.opinion == Opinion::FavourableWithConditions;
            let fits = if conditional { is_said(verdict.conditions.as_ref()) } else { verdict.conditions.is_none() };
            ensure(fits, || Code::ConditionsMissing.on("conditions"))?;
        }
        verdict.conditions.as_ref().map_or(Ok(()), |text| check_text("conditions", text, 0, MAX_REMARK))?;
        check_text("reasons", &verdict.reasons, 1, 5_000)?;
        check_amount("yearly", verdict.yearly_cents)?;
        check_lines(&verdict.lines)
    }

    /// Whose turn it is where departments are assigned.
    fn check_round(&self, verdict: &Verdict, agent: Option<&str>, context: &Context<'_>) -> Result<(), Rejection> {
        let actor = context.actor.id.as_str();
        // Logs from before agents were named stay lawful.
        let named = agent.map_or(!self.instruction.ordered, |agent| agent == actor);
        ensure(named, || Code::NotTheAuthor.on("agent"))?;
        if !self.instruction.ordered {
            return Ok(());
        }
        let department = &verdict.department;
        self.assigned(department)?;
        self.open_instruction()?;
        if let Some(waiting) = self.instruction.waits_for() {
            let asked = self.instruction.judged.contains_key(department);
            ensure(asked, || Code::AppealPending.on("department").with(waiting))?;
        }
        self.another_instructor(department, actor)
    }

    pub(crate) fn check_commitment(&self, commitment: &Commitment, context: &Context<'_>) -> Result<(), Rejection> {
        check_text("association", &commitment.association, 1, 200)?;
        check_amount("yearly", commitment.yearly_cents)?;
        ensure(commitment.yearly_cents > Cents::ZERO, || Code::OutOfRange.on("yearly").with("> 0"))?;
        check_sum("yearly", Cents::sum([self.instruction.committed_cents, commitment.yearly_cents]))?;
        let lasts = commitment.until.is_none_or(|until| until.start().is_some_and(|start| start > context.at));
        ensure(lasts, || Code::OutOfRange.on("until").with(format!("> {}", context.at.day())))
    }

    /// Refuses to consolidate while a department owes its verdict.
    pub(crate) fn check_complete(&self, context: &Context<'_>) -> Result<(), Rejection> {
        let instruction = &self.instruction;
        self.open_instruction()?;
        ensure(!instruction.assignments.is_empty(), || Code::NotAssigned.with(context.id))?;
        let missing = instruction.assignments.keys().find(|one| !instruction.verdicts.contains_key(*one));
        missing.map_or(Ok(()), |one| Err(Code::VerdictMissing.with(one)))?;
        instruction.appealed.first().map_or(Ok(()), |one| Err(Code::AppealPending.with(one)))
    }

    /// What the departments say together, put together now.
    pub(crate) fn consolidated(&self, context: &Context<'_>) -> Result<Event, Rejection> {
        let cost_cents = self.estimate().ok_or_else(|| Code::VerdictMissing.with(context.id))?;
        let days = context.world.campaign.configured()?.instruction.appeal_days;
        let appeal_until = context.at.plus_days(days).ok_or_else(|| Code::OutOfRange.on("appealDays").with(days))?;
        Ok(Event::InstructionConsolidated { opinion: self.instruction.opinion(), cost_cents, appeal_until })
    }

    pub(crate) fn check_consolidation(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        self.check_complete(context)?;
        let owed = self.consolidated(context)?;
        check_sum("cost", self.estimate())?;
        ensure(owed == *event, || Code::ConsolidationMismatch.with(self.instruction.opinion().code()))?;
        self.check_linked(context)
    }

    pub(crate) fn check_appeal(
        &self,
        author: &str,
        grounds: &Hidden<String>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let whole = self.instruction.consolidation.ok_or_else(|| Code::AppealNotPossible.with("-"))?;
        let refused = whole.opinion == Opinion::Unfavourable;
        ensure(refused, || Code::AppealNotPossible.with(whole.opinion.code()))?;
        ensure(!self.instruction.has_appeal, || Code::AlreadyDone.on("appeal"))?;
        ensure(context.at < whole.appeal_until, || Code::TooLate.with(whole.appeal_until))?;
        let known = self.proposals.iter().filter_map(|id| context.world.proposals.get(id));
        let mut authors = known.flat_map(|one| one.author.iter().chain(&one.co_authors));
        let own = author == context.actor.id && authors.any(|one| one == author);
        ensure(own, || Code::NotTheAuthor.on("author"))?;
        check_text("grounds", grounds, 1, 5_000)
    }

    pub(crate) fn check_scope(&self, change: &ScopeChange) -> Result<(), Rejection> {
        let ready = if self.instruction.ordered {
            self.instruction.consolidation.is_some()
        } else {
            !self.instruction.verdicts.is_empty()
        };
        ensure(ready, || Code::InstructionOpen.into())?;
        ensure(!change.lines.is_empty(), || Code::EmptyList.on("lines"))?;
        check_lines(&change.lines)?;
        change.description.as_ref().map_or(Ok(()), |text| check_text("description", text, 1, 50_000))?;
        check_reason(&change.reason, 2_000)
    }

    /// What an admission owes where departments are assigned.
    pub(crate) fn check_instructed(&self, cost: Cents, context: &Context<'_>) -> Result<(), Rejection> {
        let instruction = &self.instruction;
        instruction.waits_for().map_or(Ok(()), |one| Err(Code::AppealPending.with(one)))?;
        let whole = instruction.consolidation.ok_or_else(|| Rejection::from(Code::InstructionOpen))?;
        instruction.against().map_or(Ok(()), |one| Err(Code::VerdictUnfavourable.with(one)))?;
        let needed = instruction.verdicts.values().filter(|said| said.commitment_needed);
        let needed = counted("yearly", Cents::sum(needed.map(|said| said.yearly_cents)))?;
        ensure(instruction.committed_cents >= needed, || Code::CommitmentMissing.with(needed))?;
        let due = instruction.scope_cents.unwrap_or(whole.cents);
        ensure(cost == due, || Code::CostMismatch.on("cost").with(due))?;
        self.check_linked(context)
    }
}
