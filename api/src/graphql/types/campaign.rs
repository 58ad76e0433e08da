//! The campaign: its name, calendar, rules, and the lists that hang on it.

use super::area::{Area, Department, Theme, given, is_removed, removed};
use super::enums::{BallotBox, Cause, Phase, Provenance};
use super::equity::Equity;
use super::exclusion::{Exclusion, NearProjects};
use super::history;
use super::log::{Event, Log};
use super::moderation::Moderation;
use super::participation::{InstructionRules, Neighbourhood, Participation};
use super::place::Moment;
use super::polling_place::PollingPlace;
use super::project::{Project, ProjectFilter, ProjectOrder};
use super::proposal::{Proposal, ProposalFilter, ProposalOrder};
use super::result::Results;
use super::roles::{Grant, PendingAct};
use super::rule::{Frozen, TallyRule, TallyRuleInput};
use super::scalars::{DateTime, Sha256};
use super::site::{Site, SiteFilter, SiteOrder};
use super::site_statistics::SiteStatistics;
use super::statistics::Statistics;
use super::turnout::Turnout;
use super::urn::Urn;
use super::workshop::{Workshop, WorkshopFilter};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List};
use crate::graphql::request::{View, language};
use crate::words;
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::StreamKind;
use domain::permission::Permission;
use projections::overview::{Overview, PhaseRow};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A campaign at the version that a request reads.
pub struct Campaign {
    pub(crate) view: View,
}

impl Campaign {
    pub(crate) fn of(view: &View) -> Self {
        Self { view: Arc::clone(view) }
    }

    fn overview(&self) -> &Overview {
        &self.view.model.overview
    }
}

/// A participatory budget campaign (`campagne`): one year, one territory, one log.
#[Object]
impl Campaign {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Campaign, &self.view.code, "")
    }

    /// What happened to it (`historique`), oldest first, each event with a sentence in both languages.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Option<List<Event>>, Fault> {
        history::of(ctx, &self.view, StreamKind::Campaign, &self.view.code, BTreeSet::new(), (first, after)).await
    }

    /// Its short code, such as `P2018`: what fields and inputs name it by.
    async fn code(&self) -> &str {
        &self.view.code
    }

    /// Its title; null when removed.
    async fn title(&self) -> Option<&str> {
        given(Some(&self.overview().title))
    }

    /// The city or territory; null when removed.
    async fn territory(&self) -> Option<&str> {
        given(Some(&self.overview().territory))
    }

    /// The year it is named after.
    async fn year(&self) -> u16 {
        self.overview().year
    }

    /// The ISO 4217 code of its currency.
    async fn currency(&self) -> &str {
        &self.overview().currency
    }

    /// Where its events come from.
    async fn provenance(&self) -> Provenance {
        self.overview().provenance.into()
    }

    /// The published data it was taken from; null when run here, and when removed.
    async fn source(&self) -> Option<&str> {
        given(self.overview().source.as_ref())
    }

    /// When it was configured first.
    async fn created(&self) -> Option<Moment> {
        self.overview().created.map(Into::into)
    }

    /// Its calendar (`calendrier`): each phase as planned, and as it really was.
    async fn phases(&self) -> Vec<CampaignPhase> {
        self.overview().phases.iter().map(|row| CampaignPhase { row: row.clone() }).collect()
    }

    /// The phase that is open now.
    async fn current_phase(&self) -> Option<Phase> {
        self.overview().current_phase().map(Into::into)
    }

    /// Its areas (`secteurs`) in the city's own order.
    async fn areas(&self) -> Vec<Area> {
        Area::all(&self.view)
    }

    /// Its themes (`thématiques`).
    async fn themes(&self) -> Vec<Theme> {
        self.overview().themes.iter().map(|theme| Theme::of(&self.view, &theme.id)).collect()
    }

    /// The departments that instruct and build (`directions`).
    async fn departments(&self) -> Vec<Department> {
        let departments = self.overview().departments.iter();
        departments.map(|department| Department::of(&self.view, &department.id)).collect()
    }

    /// Limits of the deposit form (`formulaire de dépôt`).
    async fn form(&self) -> FormLimits {
        let form = self.overview().form;
        FormLimits {
            title_min: form.title_min,
            title_max: form.title_max,
            description_min: form.description_min,
            description_max: form.description_max,
        }
    }

    /// How people take part; null before it is configured.
    async fn participation(&self) -> Option<Participation> {
        Participation::of(&self.view)
    }

    /// Its priority neighbourhoods (`quartiers populaires`).
    async fn neighbourhoods(&self) -> Vec<Neighbourhood> {
        Neighbourhood::all(&self.view)
    }

    /// How departments instruct; null before it is configured.
    async fn instruction_rules(&self) -> Option<InstructionRules> {
        InstructionRules::of(&self.view)
    }

    /// How ballots are kept (`urne`).
    async fn ballot_box(&self) -> Option<BallotBox> {
        self.overview().ballot_box.map(Into::into)
    }

    /// The urn, where ballots are sealed.
    async fn urn(&self) -> Option<Urn> {
        Urn::of(&self.view)
    }

    /// How winners follow from ballots (`règle de dépouillement`).
    async fn rule(&self, ctx: &Context<'_>) -> Option<TallyRule> {
        self.overview().rule.clone().map(|rule| TallyRule {
            rule,
            view: Arc::clone(&self.view),
            language: language(ctx),
        })
    }

    /// That the rules were frozen, once the vote has opened (`gel des règles`).
    async fn frozen(&self) -> Option<Frozen> {
        let frozen = self.overview().frozen.as_ref()?;
        let (rules, catalogue) = (Sha256(frozen.rules), Sha256(frozen.catalogue));
        let audited_places = self.view.model.campaign.configured().ok()?.rules.audited_places;
        Some(Frozen { moment: frozen.moment.into(), rules, catalogue, audited_places })
    }

    /// When the ballot list was published.
    async fn catalogue_published(&self) -> Option<Moment> {
        self.overview().catalogue_published.map(Into::into)
    }

    /// When the ballot box was closed (`clôture de l’urne`).
    async fn ballot_box_closed(&self) -> Option<Moment> {
        self.overview().box_closed.map(|(moment, _)| moment.into())
    }

    /// How many papers were in the box when it was closed, over all areas.
    async fn papers_in_box(&self) -> Option<u64> {
        self.overview().box_closed.map(|(_, papers)| papers)
    }

    /// The public lot that tells ties apart (`tirage au sort`).
    async fn lot(&self) -> Option<Lot> {
        let lot = self.overview().lot.as_ref()?;
        Some(Lot { moment: lot.moment.into(), root: Sha256(lot.root), public_value: lot.public_value.clone() })
    }

    /// Whether counts are public: from the proclamation on. No partial result is ever shown.
    async fn counts_are_public(&self) -> bool {
        self.view.model.counts_are_public()
    }

    /// How many of everything there are.
    async fn statistics(&self) -> Statistics {
        Statistics::of(&self.view)
    }

    /// Its proposals (`dépôts`).
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ProposalFilter>,
        #[graphql(desc = "In which order.", default)] order: ProposalOrder,
        #[graphql(desc = "What `RANDOM` draws from; the same seed, the same order.", default)] seed: String,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Proposal>>, Fault> {
        Proposal::list(ctx, &self.view, filter, order, &seed, &Args { first, after, last, before })
    }

    /// Its workshops (`ateliers`), by their start.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn workshops(
        &self,
        #[graphql(desc = "Which ones.")] filter: Option<WorkshopFilter>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Workshop>>, Fault> {
        Workshop::list(&self.view, filter, &Args { first, after, last, before })
    }

    /// Its polling places (`lieux de vote`), in the order of their codes.
    async fn polling_places(&self) -> Vec<PollingPlace> {
        PollingPlace::all(&self.view)
    }

    /// The polling places whose papers are read once more (`audit`): drawn by the public lot among those that
    /// have papers, so that nobody chooses them and anyone can draw them again; null until it is drawn.
    async fn audited_places(
        &self,
        #[graphql(desc = "How many, 1 to 100; without it, as many as the frozen rules bind the city to.")] size: Option<
            u32,
        >,
    ) -> Option<Vec<PollingPlace>> {
        PollingPlace::audited(&self.view, size)
    }

    /// What waits for a moderator (`modération`); for whoever holds MODERATE.
    async fn moderation(&self, ctx: &Context<'_>) -> Result<Option<Moderation>, Fault> {
        Moderation::of(ctx, &self.view).map(Some)
    }

    /// Its projects (`projets`).
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "In which order.", default)] order: ProjectOrder,
        #[graphql(desc = "What `RANDOM` draws from; the same seed, the same order.", default)] seed: String,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Project>>, Fault> {
        Project::list(&self.view, filter, order, &seed, acting::now(ctx)?, &Args { first, after, last, before })
    }

    /// Which projects exclude each other (`projets exclusifs`), the first declared first.
    async fn exclusions(&self) -> Vec<Exclusion> {
        Exclusion::all(&self.view)
    }

    /// Projects of one area that lie near each other and may exclude each other, the nearest first, at most
    /// 100: a person decides with `declareExclusion`. For those who may (`DECLARE_EXCLUSION`).
    #[graphql(complexity = "20 + child_complexity")]
    async fn suggested_exclusions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so far apart, 1 to 2,000 metres.", default = 100)] metres: u32,
    ) -> Result<Option<Vec<NearProjects>>, Fault> {
        acting::holds(ctx, &self.view, Permission::DeclareExclusion)?;
        NearProjects::within(&self.view, metres).map(Some)
    }

    /// How long people wait and how often they are heard (`égalité de traitement`).
    #[graphql(complexity = "20 + child_complexity")]
    async fn equity(&self) -> Equity {
        Equity { view: Arc::clone(&self.view) }
    }

    /// How the winners come to be built (`de lauréat à chantier`).
    #[graphql(complexity = "20 + child_complexity")]
    async fn site_statistics(&self) -> SiteStatistics {
        SiteStatistics { view: Arc::clone(&self.view) }
    }

    /// Its sites (`chantiers`).
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<SiteFilter>,
        #[graphql(desc = "In which order.", default)] order: SiteOrder,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Site>>, Fault> {
        Site::list(&self.view, filter, order, acting::now(ctx)?.day(), &Args { first, after, last, before })
    }

    /// Who came, when and how (`participation`). Never what stands on the ballots.
    async fn turnout(&self, #[graphql(desc = "Only these areas, by code.")] areas: Option<Vec<String>>) -> Turnout {
        Turnout { view: Arc::clone(&self.view), areas }
    }

    /// Its result (`résultats`); null before the proclamation. With a rule: what that rule would have
    /// given on the same ballots.
    #[graphql(complexity = "if rule.is_some() { 100 + child_complexity } else { 1 + child_complexity }")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Another rule, for analysis, in the frozen surroundings unless it has `around`; without it, the result as proclaimed."
        )]
        rule: Option<TallyRuleInput>,
    ) -> Result<Option<Results>, Fault> {
        match rule {
            None => Ok(Results::of(&self.view)),
            Some(rule) => Results::under(ctx, &self.view, rule).await,
        }
    }

    /// Who holds which role (`habilitations`), by agent; also those whose end has come.
    async fn grants(&self) -> Vec<Grant> {
        Grant::all(&self.view)
    }

    /// What one agent proposed and another has to confirm (`quatre yeux`), by number.
    async fn pending_acts(&self, ctx: &Context<'_>) -> Result<Option<Vec<PendingAct>>, Fault> {
        Ok(Some(PendingAct::all(&self.view, acting::now(ctx)?)))
    }

    /// Its log (`journal`).
    async fn log(&self) -> Log {
        Log { view: Arc::clone(&self.view) }
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        let overview = self.overview();
        removed([
            ("title", overview.title.is_redacted()),
            ("territory", overview.territory.is_redacted()),
            ("source", is_removed(overview.source.as_ref())),
        ])
    }
}

/// A phase of a campaign.
pub struct CampaignPhase {
    row: PhaseRow,
}

/// A phase of a campaign (`phase`): as planned, and as it really was.
#[Object]
impl CampaignPhase {
    /// Which.
    async fn phase(&self) -> Phase {
        self.row.phase.into()
    }

    /// Its name in the client's language.
    async fn name(&self, ctx: &Context<'_>) -> String {
        words::phase(self.row.phase, language(ctx))
    }

    /// Its planned first moment.
    async fn start(&self) -> DateTime {
        DateTime(self.row.start)
    }

    /// Its planned end.
    async fn end(&self) -> DateTime {
        DateTime(self.row.end)
    }

    /// That it was opened.
    async fn opened(&self) -> Option<PhaseTurn> {
        self.row.opened.clone().map(|turn| PhaseTurn { turn })
    }

    /// That it was closed.
    async fn closed(&self) -> Option<PhaseTurn> {
        self.row.closed.clone().map(|turn| PhaseTurn { turn })
    }
}

/// That a phase was opened or closed.
pub struct PhaseTurn {
    turn: projections::overview::Turn,
}

/// That a phase was opened or closed.
#[Object]
impl PhaseTurn {
    /// When.
    async fn moment(&self) -> Moment {
        self.turn.moment.into()
    }

    /// By the clock or by an agent.
    async fn cause(&self) -> Cause {
        self.turn.cause.into()
    }

    /// Why, when an agent did it; null when removed.
    async fn reason(&self) -> Option<&str> {
        given(self.turn.reason.as_ref())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", is_removed(self.turn.reason.as_ref()))])
    }
}

/// Lengths of text that the deposit form accepts, in characters.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct FormLimits {
    /// Shortest title.
    pub title_min: u32,
    /// Longest title.
    pub title_max: u32,
    /// Shortest description.
    pub description_min: u32,
    /// Longest description.
    pub description_max: u32,
}

/// The public lot (`tirage au sort public`): its seed is SHA-256 of the root followed by the value.
#[derive(SimpleObject, Clone, Debug)]
pub struct Lot {
    /// When it was drawn.
    pub moment: Moment,
    /// The root of the log right after the ballot box was closed.
    pub root: Sha256,
    /// What the officers entered in public session.
    pub public_value: String,
}
