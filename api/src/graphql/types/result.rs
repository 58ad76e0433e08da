//! Results with their explanation. Nothing here exists before the proclamation.

use super::area::Area;
use super::change::SmallestChanges;
use super::council::CouncilDecision;
use super::enums::{Basis, Invalid, Reason, TieBreak};
use super::place::Moment;
use super::project::Project;
use super::rule::{TallyRule, TallyRuleInput};
use super::scalars::Amount;
use super::voters::VoterGroup;
use crate::error::Fault;
use crate::graphql::page::{self, Args, List, Rank, Row};
use crate::graphql::request::{View, language, services};
use crate::words;
use async_graphql::{Context, Object, SimpleObject};
use domain::{AreaId, Cents, ProjectId, count::AreaCount, leftovers::Flow};
use projections::results::{self, AreaResultRow, ResultRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use tally::Changes;

/// The result of a campaign, or what another rule would have given.
pub struct Results {
    view: View,
    /// Set when another rule was asked for.
    analysis: Option<tally::TallyRule>,
    areas: Vec<AreaResult>,
}

impl Results {
    /// The proclaimed result; none before.
    pub(crate) fn of(view: &View) -> Option<Self> {
        if !view.model.counts_are_public() {
            return None;
        }
        let areas = Area::all(view).into_iter().filter_map(|area| AreaResult::of(view, &area.row.id)).collect();
        Some(Self { view: Arc::clone(view), analysis: None, areas })
    }

    /// What this rule would have given on the same ballots; none before the proclamation.
    /// What stands around the frozen rule stays, unless the rule says what stands around it.
    pub(crate) async fn under(ctx: &Context<'_>, view: &View, rule: TallyRuleInput) -> Result<Option<Self>, Fault> {
        let Some(frozen) = view.model.overview.rule.as_ref().filter(|_| view.model.counts_are_public()) else {
            return Ok(None);
        };
        let rule = rule.beside(frozen)?;
        let counts = services(ctx)?.analyses.under(view, Some(rule.clone())).await?;
        let areas = counts.iter().map(|count| AreaResult::analysed(view, &rule, count)).collect();
        Ok(Some(Self { view: Arc::clone(view), analysis: Some(rule), areas }))
    }
}

/// The result of a campaign (`résultats`): a function of the ballots and the frozen rule.
#[Object]
impl Results {
    /// When the result was proclaimed (`proclamation`).
    async fn proclaimed(&self) -> Option<Moment> {
        self.view.model.overview.proclaimed.map(|(moment, _)| moment.into())
    }

    /// The pseudonyms of the agents who proclaimed it: who proposed it, then who confirmed it. One for a
    /// result that one alone could proclaim, such as one taken from published data.
    async fn proclaimed_by(&self) -> &[String] {
        &self.view.model.overview.proclaimed_by
    }

    /// What the proclaimed result rests on.
    async fn basis(&self) -> Option<Basis> {
        self.view.model.overview.proclaimed.map(|(_, basis)| basis.into())
    }

    /// True when this isn't the proclaimed result but what another rule gives on the same ballots.
    async fn analysis(&self) -> bool {
        self.analysis.is_some()
    }

    /// The rule it follows from: the frozen one, or the one that was asked for.
    async fn rule(&self, ctx: &Context<'_>) -> Option<TallyRule> {
        let rule = self.analysis.clone().or_else(|| self.view.model.overview.rule.clone())?;
        Some(TallyRule { rule, view: Arc::clone(&self.view), language: language(ctx) })
    }

    /// The result of each area.
    async fn areas(&self) -> &[AreaResult] {
        &self.areas
    }
}

/// The result of an area.
#[derive(Clone)]
pub struct AreaResult {
    view: View,
    row: Arc<AreaResultRow>,
    /// The rule and the projects of an analysis; none for the proclaimed result, which the read model holds.
    analysis: Option<Arc<Analysis>>,
}

struct Analysis {
    rule: tally::TallyRule,
    rows: BTreeMap<ProjectId, Arc<ResultRow>>,
}

impl AreaResult {
    /// The proclaimed result of this area.
    pub(crate) fn of(view: &View, area: &AreaId) -> Option<Self> {
        let row = view.model.area_results.get(area)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row), analysis: None })
    }

    fn analysed(view: &View, rule: &tally::TallyRule, count: &AreaCount) -> Self {
        let winners: Vec<ProjectId> = count.winners().cloned().collect();
        let mut rows = BTreeMap::new();
        for (entry, decision) in count.entries.iter().zip(&count.outcome.projects) {
            let selected_as = winners.iter().position(|winner| *winner == entry.project).map(|order| order + 1);
            let row = ResultRow {
                project: entry.project.clone(),
                area: count.area.clone(),
                elected: decision.elected,
                selected_as,
                decision: Some(decision.clone()),
            };
            rows.insert(entry.project.clone(), Arc::new(row));
        }
        let analysis = Arc::new(Analysis { rule: rule.clone(), rows });
        Self { view: Arc::clone(view), row: Arc::new(results::area_row(count)), analysis: Some(analysis) }
    }

    fn find(&self, project: &ProjectId) -> Option<Arc<ResultRow>> {
        match &self.analysis {
            Some(analysis) => analysis.rows.get(project).cloned(),
            None => self.view.model.results.get(project).cloned(),
        }
    }
}

/// The result of an area (`résultat d’un secteur`).
#[Object]
impl AreaResult {
    /// The area.
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.row.area)
    }

    /// What it rests on.
    async fn basis(&self) -> Basis {
        self.row.basis.into()
    }

    /// The winning projects (`lauréats`) in order of selection.
    async fn winners(&self) -> Vec<Project> {
        self.row.winners.iter().filter_map(|id| Project::of(&self.view, id)).collect()
    }

    /// What they cost together.
    async fn spent(&self) -> Amount {
        Amount(self.row.spent_cents)
    }

    /// What they could cost together (`enveloppe`), with what it received of other areas.
    async fn envelope(&self) -> Option<Amount> {
        let own = self.view.model.areas.get(&self.row.area)?.envelope_cents;
        let received = Cents::sum(self.row.received.iter().map(|flow| flow.cents))?;
        own.checked_add(received).map(Amount)
    }

    /// What its envelope received of other areas, where the rule hands on what they leave (`reliquats`).
    async fn received(&self) -> Vec<Received> {
        let row = |flow: &Flow| Some(Received { from: Area::of(&self.view, &flow.from)?, amount: Amount(flow.cents) });
        self.row.received.iter().filter_map(row).collect()
    }

    /// Valid ballots, blank ones included.
    async fn counted(&self) -> u64 {
        self.row.counted
    }

    /// Ballots that don't count, by reason.
    async fn invalid(&self) -> Vec<InvalidBallots> {
        InvalidBallots::all(&self.row.invalid)
    }

    /// Ballots of an imported election that break a rule and were counted as they were then, by reason.
    async fn kept_as_cast(&self) -> Vec<InvalidBallots> {
        InvalidBallots::all(&self.row.kept_as_cast)
    }

    /// Papers that are no ballot to the rule (`bulletins nuls`), by the code of their reason.
    async fn void(&self) -> Vec<VoidCount> {
        self.row.void.iter().map(|(reason, papers)| VoidCount { reason: reason.clone(), papers: *papers }).collect()
    }

    /// How voters fared (`satisfaction`): how many have none of their projects among the winners, and how
    /// many winners a ballot supports. The ballots are counted again for it; empty when the result was
    /// recorded without ballots.
    #[graphql(complexity = "50 + child_complexity")]
    async fn voters(&self, ctx: &Context<'_>) -> Result<Vec<VoterGroup>, Fault> {
        if self.row.basis == domain::campaign::Basis::Recorded {
            return Ok(Vec::new());
        }
        let rule = self.analysis.as_ref().map(|analysis| analysis.rule.clone());
        let counts = services(ctx)?.analyses.under(&self.view, rule).await?;
        let own = counts.iter().find(|count| count.area == self.row.area);
        Ok(own.map(VoterGroup::all).unwrap_or_default())
    }

    /// The rule they were counted under; null when the result was recorded without ballots.
    async fn rule(&self, ctx: &Context<'_>) -> Option<TallyRule> {
        let view = Arc::clone(&self.view);
        self.row.rule.clone().map(|rule| TallyRule { rule, view, language: language(ctx) })
    }

    /// All projects of the area by rank, each with the reason why it won or not.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn projects(
        &self,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<ProjectResult>>, Fault> {
        let args = Args { first, after, last, before };
        let rows: Vec<Arc<ResultRow>> = match &self.analysis {
            Some(analysis) => analysis.rows.values().cloned().collect(),
            None => self.view.model.results.rows().filter(|row| row.area == self.row.area).cloned().collect(),
        };
        let rank = |row: &ResultRow| {
            let by_rank = row.decision.as_ref().map(|decision| decision.rank).or(row.selected_as);
            Rank::Number(by_rank.and_then(|rank| i64::try_from(rank).ok()).unwrap_or(i64::MAX))
        };
        let find = |key: &str| self.find(&key.parse().ok()?);
        let node = |row| ProjectResult { view: Arc::clone(&self.view), row, analysis: self.analysis.clone() };
        page::of_rows(self.view.model.size(), &args, rows.into_iter(), rank, find, node)
    }
}

impl Row for ResultRow {
    fn key(&self) -> &str {
        self.project.as_str()
    }
    /// A result is there as a whole or not at all.
    fn born(&self) -> u64 {
        0
    }
}

/// Money that an area received of another.
#[derive(SimpleObject)]
pub struct Received {
    /// The area that left it.
    pub from: Area,
    /// How much.
    pub amount: Amount,
}

/// Papers that are void for the same reason.
#[derive(SimpleObject, Clone, Debug)]
pub struct VoidCount {
    /// The code of the reason.
    pub reason: String,
    /// How many.
    pub papers: u64,
}

/// Ballots that break the same rule.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct InvalidBallots {
    /// The rule they break.
    pub reason: Invalid,
    /// How many.
    pub ballots: u64,
}

impl InvalidBallots {
    fn all(counts: &BTreeMap<tally::Invalid, u64>) -> Vec<Self> {
        counts.iter().map(|(reason, ballots)| Self { reason: (*reason).into(), ballots: *ballots }).collect()
    }
}

/// What became of a project.
pub struct ProjectResult {
    view: View,
    row: Arc<ResultRow>,
    analysis: Option<Arc<Analysis>>,
}

impl ProjectResult {
    /// The proclaimed result of this project.
    pub(crate) fn of(view: &View, project: &ProjectId) -> Option<Self> {
        let row = view.model.results.get(project)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row), analysis: None })
    }

    fn decision(&self) -> Option<&tally::Decision> {
        self.row.decision.as_ref()
    }
}

/// What became of a project, and why. Figures are null when a past election was recorded without its
/// ballots.
#[Object]
impl ProjectResult {
    /// The project.
    async fn project(&self) -> Option<Project> {
        Project::of(&self.view, &self.row.project)
    }

    /// Its area.
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.row.area)
    }

    /// Whether it won (`lauréat`).
    async fn elected(&self) -> bool {
        self.row.elected
    }

    /// What the council decided of it after the count, oldest first (`délibérations`). `elected` and the
    /// explanation are those of the count all the same.
    async fn council_decisions(&self) -> Vec<CouncilDecision> {
        let project = self.view.model.projects.get(&self.row.project);
        let rows = project.into_iter().flat_map(|project| project.council.iter().cloned());
        rows.map(|row| CouncilDecision { row }).collect()
    }

    /// Whether it is carried out as things stand: as the proclaimed result says, unless the council
    /// decided otherwise.
    async fn carried_out(&self) -> Option<bool> {
        self.view.model.campaign.is_carried_out(&self.row.project)
    }

    /// Its place among the winners, from 1, in order of selection.
    async fn selected_as(&self) -> Option<usize> {
        self.row.selected_as
    }

    /// Its place by score and tie-breaks, from 1.
    async fn rank(&self) -> Option<usize> {
        self.decision().map(|decision| decision.rank)
    }

    /// Votes or points, all channels (`voix`).
    async fn score(&self) -> Option<i64> {
        self.decision().map(|decision| decision.score)
    }

    /// Votes or points online (`voix numériques`).
    async fn digital(&self) -> Option<i64> {
        self.decision().map(|decision| decision.digital)
    }

    /// Votes or points on paper (`voix papier`).
    async fn paper(&self) -> Option<i64> {
        self.decision().map(|decision| decision.paper)
    }

    /// Ballots that support it.
    async fn supporters(&self) -> Option<u64> {
        self.decision().map(|decision| decision.supporters)
    }

    /// Why it won or not.
    async fn reason(&self) -> Option<Reason> {
        self.decision().map(|decision| decision.reason.into())
    }

    /// The reason in words with the figures that decided, in the client's language.
    async fn explanation(&self, ctx: &Context<'_>) -> Option<String> {
        let currency = &self.view.model.overview.currency;
        self.decision().map(|decision| words::decision(decision, currency, language(ctx)))
    }

    /// Its cost.
    async fn cost(&self) -> Option<Amount> {
        self.decision().map(|decision| Amount(decision.cost))
    }

    /// What was left of the envelope when its turn came.
    async fn left(&self) -> Option<Amount> {
        self.decision().map(|decision| Amount(decision.left))
    }

    /// The tie-break that put it below the project just above, if both have the same score.
    async fn tied_by(&self) -> Option<TieBreak> {
        self.decision().and_then(|decision| decision.tied_by).map(Into::into)
    }

    /// What its supporters have left of their shares together, for a project that isn't elected under
    /// equal shares.
    async fn supporters_left(&self) -> Option<Amount> {
        self.decision().and_then(|decision| decision.supporters_left).map(Amount)
    }

    /// What its supporters paid together for each winner, for a project that isn't elected under equal
    /// shares; in order of selection.
    async fn spent_on(&self) -> Vec<Spending> {
        let spent = self.decision().map(|decision| decision.spent_on.as_slice()).unwrap_or_default();
        spent.iter().map(|one| Spending { reference: one.id.clone(), amount: Amount(one.cents) }).collect()
    }

    /// How it was graded, where ballots give grades.
    async fn judgment(&self) -> Option<Judgment> {
        let area = self.view.model.areas.get(&self.row.area);
        let grades = match area.map(|area| &area.ballot) {
            Some(tally::BallotType::MajorityJudgment { grades, .. }) => grades.clone(),
            Some(_) | None => Vec::new(),
        };
        self.decision().and_then(|decision| decision.judgment.as_ref()).map(|told| Judgment::of(told, grades))
    }

    /// The smallest changes that would have elected it: further votes, and a lower cost. Under rules that
    /// follow each voter's money the ballots are counted again for it.
    #[graphql(complexity = "150 + child_complexity")]
    async fn smallest_changes(&self, ctx: &Context<'_>) -> Result<Option<SmallestChanges>, Fault> {
        let Some(decision) = self.decision() else { return Ok(None) };
        let model = &self.view.model;
        let rule = self.analysis.as_ref().map(|analysis| &analysis.rule).or(model.overview.rule.as_ref());
        let ballot = model.areas.get(&self.row.area).map(|area| &area.ballot);
        let told = rule.zip(ballot).and_then(|(rule, ballot)| Changes::told(rule, ballot, decision));
        let changes = match told {
            Some(told) => Some(told),
            None => {
                let asked = self.analysis.as_ref().map(|analysis| analysis.rule.clone());
                let of = (self.row.area.clone(), self.row.project.clone());
                services(ctx)?.analyses.changes(&self.view, asked, of).await?
            }
        };
        let (currency, language) = (model.overview.currency.clone(), language(ctx));
        Ok(changes.map(|changes| SmallestChanges { changes, currency, language }))
    }

    /// The fewest further votes or points that would have elected it, all else unchanged, where the rule
    /// ranks projects; `smallestChanges` says why it is null.
    async fn extra_score_needed(&self) -> Option<u64> {
        self.decision().and_then(|decision| decision.extra_score_needed)
    }

    /// The highest cost, below its own, at which it would have been elected, all else unchanged, where the
    /// rule ranks projects; `smallestChanges` says why it is null.
    async fn highest_cost_elected(&self) -> Option<Amount> {
        self.decision().and_then(|decision| decision.highest_cost_elected).map(Amount)
    }
}

/// What some voters paid together for one project.
#[derive(SimpleObject, Clone, Debug)]
pub struct Spending {
    /// The project's public reference.
    pub reference: String,
    /// How much.
    pub amount: Amount,
}

/// How a project was graded (`jugement majoritaire`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Judgment {
    /// Its place by grades alone, from 1; projects graded exactly alike share one.
    pub rank: usize,
    /// The code of its median grade (`mention majoritaire`).
    pub median: Option<String>,
    /// Ballots that grade it higher than that.
    pub above: u64,
    /// Ballots that grade it lower.
    pub below: u64,
    /// Ballots per grade, worst first.
    pub grades: Vec<GradeCount>,
}

/// How many ballots gave a grade.
#[derive(SimpleObject, Clone, Debug)]
pub struct GradeCount {
    /// The grade's code.
    pub grade: String,
    /// How many, those included that gave none where it is the default.
    pub ballots: u64,
}

impl Judgment {
    fn of(told: &tally::Judgment, codes: Vec<String>) -> Self {
        let median = codes.get(told.median).cloned();
        let grades =
            codes.into_iter().zip(&told.grades).map(|(grade, ballots)| GradeCount { grade, ballots: *ballots });
        Self { rank: told.rank, median, above: told.above, below: told.below, grades: grades.collect() }
    }
}
