//! What departments say of a project (`instruction`): assignments, verdicts, costs, appeal.
//!
//! Owns the forms of instruction, and where a project stands in it. What may happen when: the
//! stream, [`crate::project`].

use crate::{ActorId, CalendarDate, Cents, CriterionId, DepartmentId, Hidden, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

impl Opinion {
    /// Its code, as it stands in the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Favourable => "FAVOURABLE",
            Self::FavourableWithConditions => "FAVOURABLE_WITH_CONDITIONS",
            Self::Unfavourable => "UNFAVOURABLE",
        }
    }
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

/// A line of an estimate, in cents incl. VAT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLine {
    /// What it pays for.
    pub kind: CostKind,
    /// How much.
    pub cents: Cents,
}

impl CostLine {
    /// What lines cost together; `None` when that is too much to be counted.
    pub fn sum(lines: &[Self]) -> Option<Cents> {
        Cents::sum(lines.iter().map(|line| line.cents))
    }
}

/// A department's answer to a criterion (`critère de recevabilité`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The criterion.
    pub criterion: CriterionId,
    /// Whether the project meets it.
    pub met: bool,
    /// What there is to say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<Hidden<String>>,
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
    /// Its answers to the campaign's criteria.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<Answer>,
    /// What has to hold; said when it is favourable with conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Hidden<String>>,
    /// What it costs once. All lines are investment in the city's accounts.
    pub lines: Vec<CostLine>,
    /// What it costs every year afterwards, in cents.
    pub yearly_cents: Cents,
    /// Whether an association has to commit itself to the yearly costs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub commitment_needed: bool,
}

/// That a department instructs a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The department.
    pub department: DepartmentId,
    /// Whether its no is a no to the project; otherwise it is heard.
    pub mandatory: bool,
    /// When its verdict is due.
    pub due: Timestamp,
}

/// An association's word to bear the yearly costs (`engagement`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// Which association.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub association: Hidden<String>,
    /// What it bears every year, in cents.
    pub yearly_cents: Cents,
    /// Until when; none when it said no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<CalendarDate>,
}

/// A change of scope by the commission: what will be done instead, and what that costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeChange {
    /// What will be done; none when only the cost changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Hidden<String>>,
    /// What it costs once, in place of the departments' lines.
    pub lines: Vec<CostLine>,
    /// Why.
    #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
    pub reason: Hidden<String>,
}

/// What a department said, as far as later decisions look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// What it thinks.
    pub opinion: Opinion,
    /// The sum of its lines.
    pub cents: Cents,
    /// What it costs every year.
    pub yearly_cents: Cents,
    /// Whether an association has to commit itself to that.
    pub commitment_needed: bool,
}

/// What all departments say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Consolidation {
    /// Unfavourable if any mandatory department is.
    pub opinion: Opinion,
    /// The sum of all lines.
    pub cents: Cents,
    /// The moment up to which an author may appeal against a no.
    pub appeal_until: Timestamp,
}

/// Where a project stands in its instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Instruction {
    /// Whether a department was ever assigned. Where none was, any department may give its verdict and
    /// nothing is consolidated: how a small town, or published data of the past, does it.
    pub ordered: bool,
    /// The departments that instruct it.
    pub assignments: BTreeMap<DepartmentId, Assignment>,
    /// Who instructs it in each department.
    pub instructors: BTreeMap<DepartmentId, ActorId>,
    /// The latest verdict of each department. Those given before the first assignment no longer count.
    pub verdicts: BTreeMap<DepartmentId, Said>,
    /// The departments that gave one since the instruction was opened or reopened last.
    pub heard: BTreeSet<DepartmentId>,
    /// Who gave verdicts in each department; since an appeal: in those that were against, before it.
    /// They don't decide it a second time.
    pub judged: BTreeMap<DepartmentId, BTreeSet<String>>,
    /// The departments that owe a second verdict since an appeal.
    pub appealed: BTreeSet<DepartmentId>,
    /// Whether only those that were against are heard: from an appeal to the next reopening.
    pub rehearing: bool,
    /// What associations bear every year, together.
    pub committed_cents: Cents,
    /// What all departments say together, once consolidated.
    pub consolidation: Option<Consolidation>,
    /// Whether an author has appealed: once.
    pub has_appeal: bool,
    /// The sum of the lines that the commission put in place of the departments', until these are heard
    /// again.
    pub scope_cents: Option<Cents>,
}

impl Instruction {
    /// What the departments say together: unfavourable if any mandatory one is; with conditions if any
    /// of them names one.
    pub fn opinion(&self) -> Opinion {
        self.mandatory().map(|(_, said)| said.opinion).max().unwrap_or(Opinion::Favourable)
    }

    /// A mandatory department that is against.
    pub(crate) fn against(&self) -> Option<&DepartmentId> {
        self.mandatory().find(|(_, said)| said.opinion == Opinion::Unfavourable).map(|(department, _)| department)
    }

    fn mandatory(&self) -> impl Iterator<Item = (&DepartmentId, &Said)> {
        let counts = |department: &DepartmentId| self.assignments.get(department).is_none_or(|a| a.mandatory);
        self.verdicts.iter().filter(move |(department, _)| counts(department))
    }

    /// The consolidation against which an author may still appeal then.
    pub(crate) fn appealable(&self, at: Timestamp) -> Option<Consolidation> {
        let no = self.consolidation.filter(|one| one.opinion == Opinion::Unfavourable);
        no.filter(|one| !self.has_appeal && at < one.appeal_until)
    }

    /// A department to which an appeal gave back the word, while nothing is consolidated anew.
    pub(crate) fn waits_for(&self) -> Option<&DepartmentId> {
        let open = self.rehearing && self.consolidation.is_none();
        if open { self.appealed.first().or_else(|| self.judged.keys().next()) } else { None }
    }

    pub(crate) fn assign(&mut self, assignment: &Assignment) {
        if !self.ordered {
            self.verdicts.clear();
            self.judged.clear();
            self.heard.clear();
        }
        self.ordered = true;
        self.assignments.insert(assignment.department.clone(), assignment.clone());
    }

    pub(crate) fn hand_back(&mut self, department: &DepartmentId) {
        self.assignments.remove(department);
        self.instructors.remove(department);
        self.verdicts.remove(department);
    }

    pub(crate) fn say(&mut self, verdict: &Verdict, by: Option<&str>) {
        let Verdict { department, opinion, yearly_cents, commitment_needed, .. } = verdict;
        let cents = CostLine::sum(&verdict.lines).unwrap_or(Cents::ZERO);
        let (yearly_cents, commitment_needed) = (*yearly_cents, *commitment_needed);
        self.verdicts.insert(department.clone(), Said { opinion: *opinion, cents, yearly_cents, commitment_needed });
        if !self.has_appeal {
            self.judged.entry(department.clone()).or_default().extend(by.map(str::to_owned));
        }
        self.heard.insert(department.clone());
        self.appealed.remove(department);
        self.scope_cents = None;
    }

    pub(crate) fn commit(&mut self, commitment: &Commitment) {
        let sum = Cents::sum([self.committed_cents, commitment.yearly_cents]);
        self.committed_cents = sum.unwrap_or(self.committed_cents);
    }

    pub(crate) fn reopen(&mut self) {
        self.rehearing = false;
        self.hear_again();
    }

    /// Those against owe a second verdict.
    pub(crate) fn appeal(&mut self) {
        let against = self.verdicts.iter().filter(|(_, said)| said.opinion == Opinion::Unfavourable);
        self.appealed = against.map(|(department, _)| department.clone()).collect();
        self.judged.retain(|department, _| self.appealed.contains(department));
        self.rehearing = true;
        self.has_appeal = true;
        self.hear_again();
    }

    fn hear_again(&mut self) {
        self.heard.clear();
        self.consolidation = None;
        self.scope_cents = None;
    }
}
