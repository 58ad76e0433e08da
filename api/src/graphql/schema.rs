//! The root of the schema: what a query begins with, and how the schema is built.

use super::acting;
use super::mutations::Mutation;
use super::node::{GlobalId, Kind, Node};
use super::page::{self, Args, List, Rank, Row};
use super::request::{Services, campaign, snapshot, vault};
use super::types::area::Area;
use super::types::campaign::Campaign;
use super::types::log::{Event, Log};
use super::types::place::PointInput;
use super::types::project::{Project, ProjectFilter, ProjectOrder};
use super::types::proposal::{Proposal, ProposalFilter, ProposalOrder, SimilarProposal};
use super::types::result::Results;
use super::types::rule::TallyRuleInput;
use super::types::site::{Site, SiteFilter, SiteOrder};
use super::types::turnout::Turnout;
use super::types::viewer::{Reading, Viewer};
use super::types::workshop::{Workshop, WorkshopFilter};
use crate::error::Fault;
use crate::read_model::CampaignVersion;
use async_graphql::{Context, EmptySubscription, ID, Object, SDLExportOptions, Schema};
use domain::ProposalId;
use domain::permission::Permission;
use projections::{Model, similar};
use std::sync::Arc;

/// The schema of this API.
pub type ApiSchema = Schema<Query, Mutation, EmptySubscription>;

/// The most that one request may cost: fields, those of lists times the items asked for.
const COST: usize = 1_000;

/// The schema, answering from these services. Depth, aliases and root fields are limited at the door
/// (`http.rs`), before anything is validated.
pub fn build(services: Services) -> ApiSchema {
    Schema::build(Query, Mutation::default(), EmptySubscription).data(services).limit_complexity(COST).finish()
}

/// The text of the schema, as it is committed in `schema.graphql`.
pub fn sdl() -> String {
    let schema = Schema::build(Query, Mutation::default(), EmptySubscription).finish();
    schema.sdl_with_options(SDLExportOptions::new().include_specified_by())
}

/// What can be read.
pub struct Query;

/// Everything that can be read. Each answer is one consistent cut of the logs, at the position that
/// `extensions.parvis` tells.
#[Object]
impl Query {
    /// All campaigns (`campagnes`), the latest year first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn campaigns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Campaign>>, Fault> {
        let views = snapshot(ctx)?.campaigns();
        let rank = |view: &CampaignVersion| Rank::Number(i64::from(view.model.overview.year).saturating_neg());
        let find = |key: &str| views.iter().find(|view| view.code == key).cloned();
        let args = Args { first, after, last, before };
        page::of_rows(1, &args, views.iter().cloned(), rank, find, |view| Campaign { view })
    }

    /// The campaign with this code; null when there is none.
    async fn campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code, such as `P2018`.")] code: String,
    ) -> Result<Option<Campaign>, Fault> {
        Ok(snapshot(ctx)?.campaign(&code).map(|view| Campaign::of(&view)))
    }

    /// The areas (`secteurs`) of a campaign in the city's own order.
    async fn areas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Vec<Area>>, Fault> {
        Ok(Some(Area::all(&self::campaign(ctx, &campaign)?)))
    }

    /// The proposals (`dépôts`) of a campaign.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Which ones.")] filter: Option<ProposalFilter>,
        #[graphql(desc = "In which order.", default)] order: ProposalOrder,
        #[graphql(desc = "What `RANDOM` draws from; the same seed, the same order.", default)] seed: String,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Proposal>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        Proposal::list(ctx, &view, filter, order, &seed, &Args { first, after, last, before })
    }

    /// A proposal by its public reference; null when there is none.
    async fn proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Its public reference, such as `P-000123`.")] reference: String,
    ) -> Result<Option<Proposal>, Fault> {
        Ok(Proposal::by_reference(&self::campaign(ctx, &campaign)?, &reference))
    }

    /// The projects (`projets`) of a campaign.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Which ones.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "In which order.", default)] order: ProjectOrder,
        #[graphql(desc = "What `RANDOM` draws from; the same seed, the same order.", default)] seed: String,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Project>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        Project::list(&view, filter, order, &seed, acting::now(ctx)?, &Args { first, after, last, before })
    }

    /// A project by its public reference; null when there is none.
    async fn project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Its public reference.")] reference: String,
    ) -> Result<Option<Project>, Fault> {
        Ok(Project::by_reference(&self::campaign(ctx, &campaign)?, &reference))
    }

    /// Who came to vote, when and how (`participation`). Never what stands on the ballots.
    async fn turnout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Only these areas, by code.")] areas: Option<Vec<String>>,
    ) -> Result<Option<Turnout>, Fault> {
        Ok(Some(Turnout { view: self::campaign(ctx, &campaign)?, areas }))
    }

    /// The result of a campaign (`résultats`); null before the proclamation. With a rule: what that
    /// rule would have given on the same ballots.
    #[graphql(complexity = "if rule.is_some() { 100 + child_complexity } else { 1 + child_complexity }")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(
            desc = "Another rule, for analysis, in the frozen surroundings unless it has `around`; without it, the result as proclaimed."
        )]
        rule: Option<TallyRuleInput>,
    ) -> Result<Option<Results>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        match rule {
            None => Ok(Results::of(&view)),
            Some(rule) => Results::under(ctx, &view, rule).await,
        }
    }

    /// The sites (`chantiers`) of a campaign.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Which ones.")] filter: Option<SiteFilter>,
        #[graphql(desc = "In which order.", default)] order: SiteOrder,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Site>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        Site::list(&view, filter, order, acting::now(ctx)?.day(), &Args { first, after, last, before })
    }

    /// A site by its global id; null when there is none.
    async fn site(&self, ctx: &Context<'_>, #[graphql(desc = "Its global id.")] id: ID) -> Result<Option<Site>, Fault> {
        let (campaign, key) = GlobalId::of(&id, Kind::Site)?;
        Ok(snapshot(ctx)?.campaign(&campaign).and_then(|view| Site::of(&view, &key)))
    }

    /// Proposals that say something like what one is about to deposit (`propositions similaires`), the most
    /// alike first, at most 10: by words in common, the rarer the more, and by nearness within a kilometre.
    #[graphql(complexity = "100 + 10 * child_complexity")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn similar_proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this campaign, by code; without it, of all campaigns.")] campaign: Option<
            String,
        >,
        #[graphql(desc = "The title so far.")] title: String,
        #[graphql(desc = "The description so far.", default)] description: String,
        #[graphql(desc = "Where.")] point: Option<PointInput>,
        #[graphql(desc = "A proposal that isn't looked for: the one that is being changed.")] except: Option<ID>,
        #[graphql(desc = "So many; at most 10.", default = 5)] first: i32,
    ) -> Result<Option<Vec<SimilarProposal>>, Fault> {
        let first = usize::try_from(first).ok().filter(|first| *first <= similar::MOST).ok_or_else(|| {
            Fault::Input { field: "first", message: "ask for at most 10, and not for fewer than none".to_owned() }
        })?;
        let views = match campaign {
            Some(code) => vec![self::campaign(ctx, &code)?],
            None => snapshot(ctx)?.campaigns(),
        };
        let except = except.map(|id| GlobalId::of::<ProposalId>(&id, Kind::Proposal)).transpose()?.map(|(_, id)| id);
        let point = point.map(Into::into);
        let query = similar::Query { title: &title, description: &description, point, exclude: except.as_ref() };
        let models: Vec<&Model> = views.iter().map(|view| &view.model).collect();
        let found = similar::similar(&models, &query).into_iter().take(first);
        let of = |one: similar::Similar| {
            let view = Arc::clone(views.get(one.campaign)?);
            Some(SimilarProposal {
                score: one.score,
                metres: one.metres,
                proposal: Proposal { view, row: one.proposal },
            })
        };
        Ok(Some(found.filter_map(of).collect()))
    }

    /// The workshops (`ateliers`) of a campaign, by their start.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn workshops(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Which ones.")] filter: Option<WorkshopFilter>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Workshop>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        Workshop::list(&view, filter, &Args { first, after, last, before })
    }

    /// A workshop by its global id; null when there is none.
    async fn workshop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Result<Option<Workshop>, Fault> {
        let (campaign, key) = GlobalId::of(&id, Kind::Workshop)?;
        Ok(snapshot(ctx)?.campaign(&campaign).and_then(|view| Workshop::of(&view, &key)))
    }

    /// The log of a campaign (`journal`): its events, its tree, and proofs.
    async fn log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Log>, Fault> {
        Ok(Some(Log { view: self::campaign(ctx, &campaign)? }))
    }

    /// Whoever signed in; null when nobody did.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Viewer>, Fault> {
        Ok(acting::session(ctx).is_ok().then_some(Viewer))
    }

    /// Who read personal data (`registre des consultations`), by number; for whoever holds READ_READINGS
    /// in some campaign. At most 100.
    #[graphql(complexity = "first.clamp(0, 100) as usize * child_complexity + 1")]
    async fn readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign in which the permission is held.")] campaign: String,
        #[graphql(desc = "Those with a higher number.", default)] after: i32,
        #[graphql(desc = "So many; at most 100.", default = 50)] first: i32,
    ) -> Result<Option<Vec<Reading>>, Fault> {
        let first = u32::try_from(first).ok().filter(|first| *first <= 100).ok_or(Fault::Page("first"))?;
        acting::holds(ctx, &self::campaign(ctx, &campaign)?, Permission::ReadReadings)?;
        let after = u64::try_from(after).map_err(|_| Fault::Page("after"))?;
        let recorded = vault(ctx)?.readings(after, first).await?;
        Ok(Some(recorded.into_iter().map(|recorded| Reading { recorded }).collect()))
    }

    /// The object with this global id; null when there is none.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "A global id.")] id: ID) -> Result<Option<Node>, Fault> {
        let GlobalId { kind, campaign, key } = GlobalId::read(&id)?;
        let Some(view) = snapshot(ctx)?.campaign(&campaign) else { return Ok(None) };
        match (kind, key.parse()) {
            (Kind::Event, Ok(position)) => Ok(Event::find(ctx, &view, position).await?.map(Node::Event)),
            (Kind::Event, Err(_)) => Ok(None),
            _ => Ok(Node::of(&view, kind, &key)),
        }
    }
}

impl Row for CampaignVersion {
    fn key(&self) -> &str {
        &self.code
    }
    fn born(&self) -> u64 {
        0
    }
}
