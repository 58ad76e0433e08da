//! What was spent on sites, against their budgets and the envelope of their project.
//!
//! Owns the sums. Budgets that add up to more than the project's cost are shown and never refused.

use crate::Model;
use crate::overview::Moment;
use crate::sites::{SiteRow, SiteState};
use domain::site::{Event, SpendingKind};
use domain::{CalendarDate, Cents, Hidden, ProjectId};
use std::collections::BTreeMap;

/// A spending as it stands after corrections.
#[derive(Clone, Copy, Debug)]
pub struct Spending<'a> {
    /// The city's reference.
    pub line: &'a str,
    /// Whether it is promised or paid.
    pub kind: SpendingKind,
    /// How much.
    pub cents: Cents,
    /// When.
    pub on: CalendarDate,
    /// For what.
    pub label: &'a Hidden<String>,
    /// When it was recorded first.
    pub recorded: Moment,
    /// When it was corrected last, and why.
    pub corrected: Option<(Moment, &'a Hidden<String>)>,
}

/// Sums of money; each stops at [`Cents::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// What may be spent.
    pub budget: Cents,
    /// What was promised by orders and contracts.
    pub committed: Cents,
    /// What was paid.
    pub paid: Cents,
}

impl Money {
    /// What it costs as far as known: the larger of what was promised and what was paid.
    pub fn spent(&self) -> Cents {
        self.committed.max(self.paid)
    }

    /// By how much the budget is exceeded, when it is.
    pub fn over(&self) -> Option<Cents> {
        self.spent().checked_sub(self.budget).filter(|over| *over > Cents::ZERO)
    }

    /// How much of the budget is left, when it isn't exceeded.
    pub fn left(&self) -> Option<Cents> {
        self.budget.checked_sub(self.spent()).filter(|left| *left >= Cents::ZERO)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.budget = sum(self.budget, other.budget);
        self.committed = sum(self.committed, other.committed);
        self.paid = sum(self.paid, other.paid);
    }
}

fn sum(one: Cents, other: Cents) -> Cents {
    one.checked_add(other).unwrap_or(Cents::MAX)
}

/// What the sites of a project come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProjectMoney {
    /// What the project was voted for with, if that is known.
    pub envelope: Option<Cents>,
    /// The sums over its sites. A site that went on in others has spent, but its budget is theirs.
    pub sites: Money,
}

impl ProjectMoney {
    /// By how much the budgets of the sites, or what they cost, exceed what the project was voted for with.
    pub fn over(&self) -> Option<Cents> {
        let most = self.sites.budget.max(self.sites.spent());
        most.checked_sub(self.envelope?).filter(|over| *over > Cents::ZERO)
    }
}

impl SiteRow {
    /// What was spent, by the city's reference.
    pub fn spending(&self) -> Vec<Spending<'_>> {
        let mut lines: BTreeMap<&str, Spending<'_>> = BTreeMap::new();
        for told in &self.told {
            if let Event::SpendingRecorded { line, kind, cents, on, label } = &*told.event {
                let (kind, cents, on) = (*kind, *cents, *on);
                let row = Spending { line, kind, cents, on, label, recorded: told.moment, corrected: None };
                lines.insert(line, row);
            } else if let Event::SpendingCorrected { line, cents, on, reason } = &*told.event
                && let Some(row) = lines.get_mut(line.as_str())
            {
                (row.cents, row.on, row.corrected) = (*cents, *on, Some((told.moment, reason)));
            }
        }
        lines.into_values().collect()
    }

    /// Its sums. A site that went on in others has no budget left.
    pub fn money(&self) -> Money {
        let ended = matches!(self.state(), SiteState::Split | SiteState::Merged);
        let budget = if ended { Cents::ZERO } else { self.opening.budget_cents };
        let mut money = Money { budget, ..Money::default() };
        for one in self.spending() {
            let into = match one.kind {
                SpendingKind::Committed => &mut money.committed,
                SpendingKind::Paid => &mut money.paid,
            };
            *into = sum(*into, one.cents);
        }
        money
    }
}

/// The sums over the sites of a project.
pub fn of_project(model: &Model, project: &ProjectId) -> ProjectMoney {
    let row = model.projects.get(project);
    let envelope = row.and_then(|row| row.cost_cents());
    let mut sites = Money::default();
    for row in model.sites_of(project) {
        sites.add(&row.money());
    }
    ProjectMoney { envelope, sites }
}
