//! Projects: where they come from, what the departments say, what became of them.

use super::area::{Area, Department, Theme, given, is_removed, removed};
use super::campaign::Campaign;
use super::enums::{CostKind, DepositorKind, MergeKind, Opinion, ProjectState, Role};
use super::place::{BoundingBoxInput, Moment, Point};
use super::proposal::{Proposal, one_of};
use super::removal::Removal;
use super::result::ProjectResult;
use super::scalars::Amount;
use super::site::Site;
use crate::error::Fault;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List, Rank};
use crate::graphql::request::View;
use async_graphql::{Enum, ID, InputObject, Object, SimpleObject};
use domain::StreamKind;
use domain::{Cents, ProjectId};
use projections::instruction::{DecisionRow, VerdictRow};
use projections::projects::ProjectRow;
use projections::search;
use std::sync::Arc;

/// A project of a campaign.
pub struct Project {
    pub(crate) view: View,
    pub(crate) row: Arc<ProjectRow>,
}

impl Project {
    /// The project with this key.
    pub(crate) fn of(view: &View, id: &ProjectId) -> Option<Self> {
        let row = view.model.projects.get(id)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// The project with this public reference.
    pub(crate) fn by_reference(view: &View, reference: &str) -> Option<Self> {
        let row = view.model.projects.rows().find(|row| row.formation.reference == reference)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// A page of projects.
    pub(crate) fn list(
        view: &View,
        filter: Option<ProjectFilter>,
        order: ProjectOrder,
        seed: &str,
        args: &Args,
    ) -> Result<Option<List<Self>>, Fault> {
        let filter = filter.unwrap_or_default();
        let text = filter.text.as_deref().map(search::fold);
        let rows = view.model.projects.rows().filter(|row| filter.holds(row, text.as_deref(), view)).cloned();
        let cost = |row: &ProjectRow| row.cost_cents().map(Cents::get);
        let score = |row: &ProjectRow| {
            view.model.results.get(&row.id).and_then(|result| result.decision.as_ref()).map(|decision| decision.score)
        };
        // What has no value in the order that is asked for stands at its end.
        let rank = |row: &ProjectRow| match order {
            ProjectOrder::Number => Rank::Number(row.number.map_or(i64::MAX, i64::from)),
            ProjectOrder::Title => page::titled(row.formation.title.get()),
            ProjectOrder::Newest => page::newest(row.formed.at),
            ProjectOrder::LowestCost => Rank::Number(cost(row).unwrap_or(i64::MAX)),
            ProjectOrder::HighestCost => Rank::Number(cost(row).map_or(i64::MAX, i64::saturating_neg)),
            ProjectOrder::Votes => Rank::Number(score(row).map_or(i64::MAX, i64::saturating_neg)),
            ProjectOrder::Random => page::drawn(seed, row.id.as_str()),
        };
        let find = |key: &str| view.model.projects.get(&key.parse::<ProjectId>().ok()?).cloned();
        page::of_rows(view.model.size(), args, rows, rank, find, |row| Self { view: Arc::clone(view), row })
    }
}

/// A project (`projet`): formed from proposals, instructed by the departments, put to the vote.
#[Object]
impl Project {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Project, &self.view.code, self.row.id.as_str())
    }

    /// Its key in the log: the stream `project/<key>`.
    async fn key(&self) -> &str {
        self.row.id.as_str()
    }

    /// Its public reference.
    async fn reference(&self) -> &str {
        &self.row.formation.reference
    }

    /// The campaign it belongs to.
    async fn campaign(&self) -> Campaign {
        Campaign::of(&self.view)
    }

    /// Its title; null when removed.
    async fn title(&self) -> Option<&str> {
        given(Some(&self.row.formation.title))
    }

    /// What will be done; null when not said or removed.
    async fn description(&self) -> Option<&str> {
        given(self.row.formation.description.as_ref())
    }

    /// Its area (`secteur`).
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.row.formation.area)
    }

    /// Its theme (`thématique`), if it has one.
    async fn theme(&self) -> Option<Theme> {
        self.row.formation.theme.as_ref().map(|theme| Theme::of(&self.view, theme))
    }

    /// Where, if it has one place.
    async fn point(&self) -> Option<Point> {
        self.row.formation.point.map(Into::into)
    }

    /// Whether it lies in a priority neighbourhood (`quartier populaire`).
    async fn priority_neighbourhood(&self) -> bool {
        self.row.formation.priority_neighbourhood
    }

    /// How its proposals came together.
    async fn kind(&self) -> MergeKind {
        self.row.formation.kind.into()
    }

    /// The proposals it was made of (`lignée`); none in campaigns taken from published data.
    async fn proposals(&self) -> Vec<Proposal> {
        self.row.formation.proposals.iter().filter_map(|id| Proposal::of(&self.view, id)).collect()
    }

    /// When it was formed.
    async fn formed(&self) -> Moment {
        self.row.formed.into()
    }

    /// The role of the agent who formed it.
    async fn formed_by(&self) -> Role {
        self.row.formed_by.into()
    }

    /// The latest verdict of each department (`avis des directions`), oldest first.
    async fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |row: &VerdictRow| Verdict { view: Arc::clone(&self.view), row: row.clone() };
        self.row.verdicts.iter().map(verdict).collect()
    }

    /// What the commission decided; null while under instruction.
    async fn decision(&self) -> Option<CommissionDecision> {
        self.row.decision.clone().map(|row| CommissionDecision { row })
    }

    /// Where it stands.
    async fn state(&self) -> ProjectState {
        self.row.state().into()
    }

    /// What it takes from the envelope (`coût`); null unless it is on the ballot.
    async fn cost(&self) -> Option<Amount> {
        self.row.cost_cents().map(Amount)
    }

    /// Its number on the ballot, once the list is published.
    async fn number(&self) -> Option<u32> {
        self.row.number
    }

    /// Whether it won (`lauréat`); null before the proclamation.
    async fn elected(&self) -> Option<bool> {
        elected(&self.row, &self.view)
    }

    /// Votes, rank and the reason why it won or not; null before the proclamation, and for a project
    /// that wasn't on the ballot.
    async fn result(&self) -> Option<ProjectResult> {
        ProjectResult::of(&self.view, &self.row.id)
    }

    /// What is built of it (`chantiers`).
    async fn sites(&self) -> Vec<Site> {
        let of_this = self.view.model.sites.rows().filter(|site| site.opening.project == self.row.id);
        of_this.map(|row| Site { view: Arc::clone(&self.view), row: Arc::clone(row) }).collect()
    }

    /// What the published data of a past election says of it (Pabulib): 0 not selected, 1 selected, 2
    /// and 3 selected by a special rule; null in campaigns run here.
    async fn published_selection(&self) -> Option<u8> {
        self.row.formation.selected
    }

    /// The texts of it that were removed, each with its ground and date.
    async fn removals(&self) -> Vec<Removal> {
        Removal::of(&self.view, StreamKind::Project, self.row.id.as_str())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        let formation = &self.row.formation;
        let description = is_removed(formation.description.as_ref());
        removed([("title", formation.title.is_redacted()), ("description", description)])
    }
}

fn elected(row: &ProjectRow, view: &View) -> Option<bool> {
    let won = || view.model.results.get(&row.id).is_some_and(|result| result.elected);
    view.model.counts_are_public().then(won)
}

/// What a department said.
pub struct Verdict {
    view: View,
    row: VerdictRow,
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

    /// What it costs once, line by line.
    async fn lines(&self) -> Vec<CostLine> {
        let line = |line: &domain::project::CostLine| CostLine { kind: line.kind.into(), amount: Amount(line.cents) };
        self.row.verdict.lines.iter().map(line).collect()
    }

    /// The sum of its lines; null when it is out of range.
    async fn total(&self) -> Option<Amount> {
        Cents::sum(self.row.verdict.lines.iter().map(|line| line.cents)).map(Amount)
    }

    /// What it costs every year afterwards (`fonctionnement`).
    async fn yearly(&self) -> Amount {
        Amount(self.row.verdict.yearly_cents)
    }

    /// When it was given.
    async fn given(&self) -> Moment {
        self.row.moment.into()
    }

    /// The role of the agent who gave it.
    async fn given_by(&self) -> Role {
        self.row.by.into()
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reasons", self.row.verdict.reasons.is_redacted())])
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

/// What the commission decided.
pub struct CommissionDecision {
    row: DecisionRow,
}

/// What the commission decided about a project (`décision de la commission`).
#[Object]
impl CommissionDecision {
    /// When.
    async fn decided(&self) -> Moment {
        self.row.moment.into()
    }

    /// Whether it goes on the ballot.
    async fn admitted(&self) -> bool {
        self.row.cost_cents.is_some()
    }

    /// What it takes from the envelope; null when refused.
    async fn cost(&self) -> Option<Amount> {
        self.row.cost_cents.map(Amount)
    }

    /// Withdrawn after the ballots were printed: on the list, but it can't win.
    async fn withdrawn(&self) -> bool {
        self.row.withdrawn
    }

    /// Why; null when not said or removed.
    async fn reason(&self) -> Option<&str> {
        given(self.row.reason.as_ref())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", is_removed(self.row.reason.as_ref()))])
    }
}

/// A range of amounts; its ends belong to it.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct CostRangeInput {
    /// The lowest.
    pub min: Option<Amount>,
    /// The highest.
    pub max: Option<Amount>,
}

impl CostRangeInput {
    pub(crate) fn holds(&self, cost: Option<Cents>) -> bool {
        cost.is_some_and(|cost| self.min.is_none_or(|min| cost >= min.0) && self.max.is_none_or(|max| cost <= max.0))
    }
}

/// Which projects; all that is given must hold. In a list, one of its values.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ProjectFilter {
    /// Words of the reference, title or description, without case and accents; all must be there.
    pub text: Option<String>,
    /// Codes of areas.
    pub areas: Option<Vec<String>>,
    /// Codes of themes.
    pub themes: Option<Vec<String>>,
    /// Where they stand.
    pub states: Option<Vec<ProjectState>>,
    /// Winners, or those that didn't win; neither before the proclamation.
    pub elected: Option<bool>,
    /// In a priority neighbourhood (`quartier populaire`), or not.
    pub priority_neighbourhood: Option<bool>,
    /// Made of a proposal by such a depositor.
    pub depositors: Option<Vec<DepositorKind>>,
    /// Cost on the ballot within a range.
    pub cost: Option<CostRangeInput>,
    /// With a point inside a rectangle.
    pub within: Option<BoundingBoxInput>,
}

impl ProjectFilter {
    fn holds(&self, row: &ProjectRow, text: Option<&str>, view: &View) -> bool {
        let formation = &row.formation;
        let deposited_by = |kinds: &Vec<DepositorKind>| {
            let proposals = formation.proposals.iter().filter_map(|id| view.model.proposals.get(id));
            proposals.into_iter().any(|proposal| kinds.contains(&proposal.deposit.depositor.into()))
        };
        let theme = formation.theme.as_ref().map_or("", |theme| theme.as_str());
        text.is_none_or(|text| search::matches(&row.searchable, text))
            && one_of(self.areas.as_deref(), formation.area.as_str())
            && one_of(self.themes.as_deref(), theme)
            && self.states.as_ref().is_none_or(|states| states.contains(&row.state().into()))
            && self.elected.is_none_or(|wanted| elected(row, view) == Some(wanted))
            && self.priority_neighbourhood.is_none_or(|wanted| formation.priority_neighbourhood == wanted)
            && self.depositors.as_ref().is_none_or(deposited_by)
            && self.cost.is_none_or(|range| range.holds(row.cost_cents()))
            && self.within.is_none_or(|within| within.holds(formation.point))
    }
}

/// The order of projects; equal ones by key, those without the value in question last.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProjectOrder {
    /// By number on the ballot.
    #[default]
    Number,
    /// By title, without case and accents.
    Title,
    /// Formed last first.
    Newest,
    /// Cheapest first.
    LowestCost,
    /// Dearest first.
    HighestCost,
    /// Most votes first; without effect before the proclamation.
    Votes,
    /// By chance: the same order for the same `seed`.
    Random,
}
