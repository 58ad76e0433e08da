//! What a department said of a project, with its answers to the criteria and its cost lines.

use super::area::{Department, given, is_removed, removed};
use super::enums::{CostKind, Opinion, Role};
use super::place::Moment;
use super::scalars::Amount;
use crate::graphql::acting;
use crate::graphql::request::View;
use async_graphql::{Context, Object, SimpleObject};
use domain::Cents;
use domain::project::{Answer, CostLine as Line};
use projections::instruction::VerdictRow;

/// What a department said.
pub struct Verdict {
    view: View,
    row: VerdictRow,
}

impl Verdict {
    /// The verdicts of these rows.
    pub(crate) fn all(view: &View, rows: &[VerdictRow]) -> Vec<Self> {
        rows.iter().map(|row| Self { view: View::clone(view), row: row.clone() }).collect()
    }
}

/// The verdict of a department (`avis de la direction`).
#[Object]
impl Verdict {
    /// The department.
    async fn department(&self) -> Department {
        Department::of(&self.view, &self.row.verdict.department)
    }

    /// What it thinks.
    async fn opinion(&self) -> Opinion {
        self.row.verdict.opinion.into()
    }

    /// Why; null when removed.
    async fn reasons(&self) -> Option<&str> {
        given(Some(&self.row.verdict.reasons))
    }

    /// Its answers to the criteria of the campaign (`critères de recevabilité`).
    async fn criteria(&self) -> Vec<CriterionAnswer> {
        let answer = |answer: &Answer| CriterionAnswer::of(&self.view, answer);
        self.row.verdict.criteria.iter().map(answer).collect()
    }

    /// What has to hold, when it is favourable with conditions; null when not said or removed.
    async fn conditions(&self) -> Option<&str> {
        given(self.row.verdict.conditions.as_ref())
    }

    /// What it costs once, line by line.
    async fn lines(&self) -> Vec<CostLine> {
        cost_lines(&self.row.verdict.lines)
    }

    /// The sum of its lines; null when it is out of range.
    async fn total(&self) -> Option<Amount> {
        sum(&self.row.verdict.lines).map(Amount)
    }

    /// What it costs every year afterwards (`fonctionnement`).
    async fn yearly(&self) -> Amount {
        Amount(self.row.verdict.yearly_cents)
    }

    /// Whether an association has to commit itself to the yearly costs.
    async fn commitment_needed(&self) -> bool {
        self.row.verdict.commitment_needed
    }

    /// 1, or 2 after an appeal.
    async fn round(&self) -> u8 {
        self.row.round
    }

    /// When it was given.
    async fn given(&self) -> Moment {
        self.row.moment.into()
    }

    /// The role of the agent who gave it.
    async fn given_by(&self) -> Role {
        self.row.by.into()
    }

    /// The pseudonym of the agent who gave it; null for whoever isn't an agent of the campaign, and where
    /// it isn't recorded.
    async fn agent(&self, ctx: &Context<'_>) -> Option<&str> {
        self.row.agent.as_deref().filter(|_| acting::serves(ctx, &self.view))
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        let verdict = &self.row.verdict;
        let remarks = verdict.criteria.iter().any(|answer| is_removed(answer.remark.as_ref()));
        removed([
            ("reasons", verdict.reasons.is_redacted()),
            ("criteria", remarks),
            ("conditions", is_removed(verdict.conditions.as_ref())),
        ])
    }
}

/// A department's answer to a criterion (`critère de recevabilité`).
#[derive(SimpleObject, Clone, Debug)]
pub struct CriterionAnswer {
    /// The code of the criterion in the campaign.
    pub code: String,
    /// Its name; null when removed.
    pub name: Option<String>,
    /// Whether the project meets it.
    pub met: bool,
    /// What there is to say about it; null when not said or removed.
    pub remark: Option<String>,
}

impl CriterionAnswer {
    fn of(view: &View, answer: &Answer) -> Self {
        let named = view.model.overview.instruction.criteria.iter().find(|one| one.id == answer.criterion);
        let remark = answer.remark.as_ref().and_then(|remark| remark.get().cloned());
        let name = named.and_then(|one| one.name.get().cloned());
        Self { code: answer.criterion.to_string(), name, met: answer.met, remark }
    }
}

/// A line of an estimate, incl. VAT.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct CostLine {
    /// What it pays for.
    pub kind: CostKind,
    /// How much.
    pub amount: Amount,
}

/// The sum of lines; none when it is out of range.
pub(crate) fn sum(lines: &[Line]) -> Option<Cents> {
    Cents::sum(lines.iter().map(|line| line.cents))
}

/// Lines as they are shown.
pub(crate) fn cost_lines(lines: &[Line]) -> Vec<CostLine> {
    lines.iter().map(|line| CostLine { kind: line.kind.into(), amount: Amount(line.cents) }).collect()
}
