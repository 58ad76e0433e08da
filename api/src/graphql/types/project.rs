//! Projects: where they come from, what the departments say, what became of them.

use super::area::{Area, Theme, given, is_removed, removed};
use super::campaign::Campaign;
use super::enums::{DepositorKind, MergeKind, Opinion, ProjectState, Role, SiteState, Tongue};
use super::exclusion::Exclusion;
use super::history;
use super::instruction::{CommissionDecision, Instruction, is_late, is_owed, opinion};
use super::lineage::ProjectLineage;
use super::log::Event;
use super::merging::{ProjectEnding, ProjectLink, ProjectVersion};
use super::place::{BoundingBoxInput, Moment, Point};
use super::proposal::{Proposal, one_of};
use super::removal::Removal;
use super::result::ProjectResult;
use super::scalars::Amount;
use super::site::Site;
use super::site_story::ProjectMoney;
use super::verdict::Verdict;
use super::workshop::Workshop;
use crate::error::Fault;
use crate::graphql::mutations::input::keys;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List, Rank};
use crate::graphql::request::{self, View};
use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::rejection::Language;
use domain::{Cents, ProjectId, StreamKind, Timestamp, WorkshopId};
use projections::projects::ProjectRow;
use projections::{search, site_money, site_progress};
use std::collections::BTreeSet;
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
        now: Timestamp,
        args: &Args,
    ) -> Result<Option<List<Self>>, Fault> {
        let filter = filter.unwrap_or_default();
        let text = filter.text.as_deref().map(search::fold);
        let workshops = filter.workshops_of(view)?;
        let holds = |row: &&Arc<ProjectRow>| {
            filter.holds(row, text.as_deref(), view)
                && filter.is_instructed_so(row, now)
                && workshops.as_ref().is_none_or(|made| made.contains(&row.id))
        };
        let rows = view.model.projects.rows().filter(holds).cloned();
        let cost = |row: &ProjectRow| row.cost_cents().map(Cents::get);
        let score = |row: &ProjectRow| {
            view.model.results.get(&row.id).and_then(|result| result.decision.as_ref()).map(|decision| decision.score)
        };
        // What has no value in the order that is asked for stands at its end.
        let rank = |row: &ProjectRow| match order {
            ProjectOrder::Number => Rank::Number(row.number.map_or(i64::MAX, i64::from)),
            ProjectOrder::Title => page::titled(row.sheet.title.get()),
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

    /// What happened to it (`historique`), oldest first, each event with a sentence in both languages.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Option<List<Event>>, Fault> {
        history::of(
            ctx,
            &self.view,
            StreamKind::Project,
            self.row.id.as_str(),
            history::beside(&self.view, &self.row),
            (first, after),
        )
        .await
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
        given(Some(&self.row.sheet.title))
    }

    /// What will be done; null when not said or removed.
    async fn description(&self) -> Option<&str> {
        given(self.row.sheet.description.as_ref())
    }

    /// Its area (`secteur`).
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.row.formation.area)
    }

    /// Its theme (`thématique`), if it has one.
    async fn theme(&self) -> Option<Theme> {
        self.row.sheet.theme.as_ref().map(|theme| Theme::of(&self.view, theme))
    }

    /// Where, if it has one place.
    async fn point(&self) -> Option<Point> {
        self.row.sheet.point.map(Into::into)
    }

    /// Whether it lies in a priority neighbourhood (`quartier populaire`).
    async fn priority_neighbourhood(&self) -> bool {
        self.row.sheet.priority_neighbourhood
    }

    /// The number of the version of its sheet that stands: 1 as formed. What `editProject` names.
    async fn version(&self) -> u64 {
        self.row.version()
    }

    /// All versions of its sheet (`fiche projet`), oldest first; the last one stands.
    async fn versions(&self) -> Vec<ProjectVersion> {
        let version = |row| ProjectVersion { view: Arc::clone(&self.view), row };
        self.row.versions().into_iter().map(version).collect()
    }

    /// How its proposals came together.
    async fn kind(&self) -> MergeKind {
        self.row.formation.kind.into()
    }

    /// The proposals it is made of, in the order in which they came; none in campaigns taken from
    /// published data.
    async fn proposals(&self) -> Vec<Proposal> {
        self.row.current_proposals().filter_map(|link| Proposal::of(&self.view, &link.proposal)).collect()
    }

    /// The proposals it is and was made of, each with when, how and why, in the order in which they came.
    async fn links(&self) -> Vec<ProjectLink> {
        ProjectLink::all(&self.view, &self.row)
    }

    /// From whose proposals it comes, in a sentence without its full stop; null in campaigns taken from
    /// published data.
    async fn origin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which language; without it, the one of `Accept-Language`.")] language: Option<Tongue>,
    ) -> Option<String> {
        let origin = projections::origin::origin(&self.view.model, &self.row)?;
        let french = language.map_or(request::language(ctx) == Language::French, |language| language == Tongue::Fr);
        Some(if french { origin.fr } else { origin.en })
    }

    /// Where it comes from (`lignée`): every proposal, project, verdict and date on the way.
    async fn lineage(&self) -> Option<ProjectLineage> {
        ProjectLineage::of(&self.view, &self.row.id)
    }

    /// The workshops in which it was agreed (`ateliers`): when it was formed or changed, or when a proposal
    /// joined it.
    async fn workshops(&self) -> Vec<Workshop> {
        let mut rows: Vec<_> =
            self.view.model.workshops.rows().filter(|row| row.projects.contains(&self.row.id)).cloned().collect();
        rows.sort_by_key(|row| row.announced.position);
        rows.into_iter().map(|row| Workshop { view: Arc::clone(&self.view), row }).collect()
    }

    /// How it ended before the ballot; null while it goes on.
    async fn ending(&self) -> Option<ProjectEnding> {
        self.row.ending.clone().map(|row| ProjectEnding { view: Arc::clone(&self.view), row })
    }

    /// The project that was split, when it is a part of one.
    async fn part_of(&self) -> Option<Self> {
        Self::of(&self.view, self.row.formation.part_of.as_ref()?)
    }

    /// The projects that became part of it, oldest first.
    async fn absorbed(&self) -> Vec<Self> {
        self.row.absorbed.iter().filter_map(|id| Self::of(&self.view, id)).collect()
    }

    /// The projects with which it can't be carried out (`projets exclusifs`).
    async fn exclusions(&self) -> Vec<Exclusion> {
        let rows = self.row.exclusions.iter().cloned();
        rows.map(|row| Exclusion { view: Arc::clone(&self.view), row }).collect()
    }

    /// What the city's departments have to say about it (`instruction`).
    async fn instruction(&self) -> Instruction {
        Instruction { view: Arc::clone(&self.view), row: Arc::clone(&self.row) }
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
        Verdict::all(&self.view, &self.row.verdicts)
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
        let of_this = self.view.model.sites_of(&self.row.id);
        of_this.map(|row| Site { view: Arc::clone(&self.view), row: Arc::clone(row) }).collect()
    }

    /// Where it stands by its sites (`avancement`); null while it has none. Sites that went on in others don't
    /// count, given up ones only when nothing else is left.
    async fn progress(&self) -> Option<SiteState> {
        site_progress::state(&self.view.model, &self.row.id).map(Into::into)
    }

    /// What its sites come to, against what it was voted for with (`suivi financier`).
    async fn money(&self) -> ProjectMoney {
        site_money::of_project(&self.view.model, &self.row.id).into()
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
        let sheet = &self.row.sheet;
        let description = is_removed(sheet.description.as_ref());
        removed([("title", sheet.title.is_redacted()), ("description", description)])
    }
}

fn elected(row: &ProjectRow, view: &View) -> Option<bool> {
    let won = || view.model.results.get(&row.id).is_some_and(|result| result.elected);
    view.model.counts_are_public().then(won)
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
    /// How their proposals came together.
    pub kinds: Option<Vec<MergeKind>>,
    /// Agreed in one of these workshops: when it was formed or changed, or when a proposal joined it.
    pub workshops: Option<Vec<ID>>,
    /// Codes of departments that instruct them or gave a verdict.
    pub departments: Option<Vec<String>>,
    /// Codes of departments of which a verdict is awaited.
    pub awaiting: Option<Vec<String>>,
    /// What the departments say together.
    pub opinions: Option<Vec<Opinion>>,
    /// With a verdict overdue, or with none.
    pub late: Option<bool>,
}

impl ProjectFilter {
    /// The projects that refer to one of the workshops, when workshops are asked for.
    fn workshops_of(&self, view: &View) -> Result<Option<BTreeSet<ProjectId>>, Fault> {
        let Some(workshops) = &self.workshops else { return Ok(None) };
        let ids: Vec<WorkshopId> = keys(workshops, Kind::Workshop, &view.code)?;
        let rows = ids.iter().filter_map(|id| view.model.workshops.get(id));
        Ok(Some(rows.flat_map(|row| row.projects.iter().cloned()).collect()))
    }

    fn is_instructed_so(&self, row: &ProjectRow, now: Timestamp) -> bool {
        let by = |codes: &[String]| {
            let given = row.verdicts.iter().map(|one| &one.verdict.department);
            let mut all = row.current_assignments().map(|one| &one.department).chain(given);
            all.any(|department| one_of(Some(codes), department.as_str()))
        };
        let awaits = |codes: &[String]| {
            let mut owed = row.assignments.iter().filter(|one| is_owed(row, one));
            owed.any(|one| one_of(Some(codes), one.department.as_str()))
        };
        let late = || row.assignments.iter().any(|one| is_late(row, one, now));
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&row.formation.kind.into()))
            && self.departments.as_deref().is_none_or(by)
            && self.awaiting.as_deref().is_none_or(awaits)
            && self
                .opinions
                .as_ref()
                .is_none_or(|wanted| opinion(row).is_some_and(|said| wanted.contains(&said.into())))
            && self.late.is_none_or(|wanted| late() == wanted)
    }

    fn holds(&self, row: &ProjectRow, text: Option<&str>, view: &View) -> bool {
        let sheet = &row.sheet;
        let deposited_by = |kinds: &Vec<DepositorKind>| {
            let mut proposals = row.current_proposals().filter_map(|link| view.model.proposals.get(&link.proposal));
            proposals.any(|proposal| kinds.contains(&proposal.deposit.depositor.into()))
        };
        let theme = sheet.theme.as_ref().map_or("", |theme| theme.as_str());
        text.is_none_or(|text| search::matches(&row.searchable, text))
            && one_of(self.areas.as_deref(), row.formation.area.as_str())
            && one_of(self.themes.as_deref(), theme)
            && self.states.as_ref().is_none_or(|states| states.contains(&row.state().into()))
            && self.elected.is_none_or(|wanted| elected(row, view) == Some(wanted))
            && self.priority_neighbourhood.is_none_or(|wanted| sheet.priority_neighbourhood == wanted)
            && self.depositors.as_ref().is_none_or(deposited_by)
            && self.cost.is_none_or(|range| range.holds(row.cost_cents()))
            && self.within.is_none_or(|within| within.holds(sheet.point))
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
