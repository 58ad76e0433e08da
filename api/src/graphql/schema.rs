//! The root of the schema: what a query begins with, and how the schema is built.

use super::acting;
use super::as_of::{self, AsOf};
use super::mutations::Mutation;
use super::node::{GlobalId, Kind, Node};
use super::page::{self, Args, List, Rank, Row};
use super::request::{Services, campaign, vault};
use super::types::area::Area;
use super::types::campaign::Campaign;
use super::types::history::Changed;
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

/// Everything that can be read. Each field is answered from one consistent cut of the logs: the latest, or
/// with `asOf` an earlier one, without what was removed or put out of view since, and without the counts
/// that weren't public then. `extensions.parvis` tells the positions.
#[Object]
impl Query {
    /// All campaigns (`campagnes`), the latest year first.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), page::cost(first, last, child_complexity))")]
    async fn campaigns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<List<Campaign>>, Fault> {
        let views = as_of::campaigns(ctx, as_of).await?;
        let rank = |view: &CampaignVersion| Rank::Number(i64::from(view.model.overview.year).saturating_neg());
        let find = |key: &str| views.iter().find(|view| view.code == key).cloned();
        let args = Args { first, after, last, before };
        page::of_rows(1, &args, views.iter().cloned(), rank, find, |view| Campaign { view })
    }

    /// The campaign with this code; null when there is none.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code, such as `P2018`.")] code: String,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Campaign>, Fault> {
        Ok(as_of::found(ctx, &code, as_of).await?.map(|view| Campaign::of(&view)))
    }

    /// The areas (`secteurs`) of a campaign in the city's own order.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn areas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Vec<Area>>, Fault> {
        Ok(as_of::campaign(ctx, &campaign, as_of).await?.map(|view| Area::all(&view)))
    }

    /// The proposals (`dépôts`) of a campaign.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), page::cost(first, last, child_complexity))")]
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
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<List<Proposal>>, Fault> {
        let Some(view) = as_of::campaign(ctx, &campaign, as_of).await? else { return Ok(None) };
        Proposal::list(ctx, &view, filter, order, &seed, &Args { first, after, last, before })
    }

    /// A proposal by its public reference; null when there is none.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Its public reference, such as `P-000123`.")] reference: String,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Proposal>, Fault> {
        let view = as_of::campaign(ctx, &campaign, as_of).await?;
        Ok(view.and_then(|view| Proposal::by_reference(&view, &reference)))
    }

    /// The projects (`projets`) of a campaign.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), page::cost(first, last, child_complexity))")]
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
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<List<Project>>, Fault> {
        let Some(view) = as_of::campaign(ctx, &campaign, as_of).await? else { return Ok(None) };
        Project::list(&view, filter, order, &seed, acting::moment(ctx, &view)?, &Args { first, after, last, before })
    }

    /// A project by its public reference; null when there is none.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Its public reference.")] reference: String,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Project>, Fault> {
        let view = as_of::campaign(ctx, &campaign, as_of).await?;
        Ok(view.and_then(|view| Project::by_reference(&view, &reference)))
    }

    /// Who came to vote, when and how (`participation`). Never what stands on the ballots.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn turnout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Only these areas, by code.")] areas: Option<Vec<String>>,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Turnout>, Fault> {
        Ok(as_of::campaign(ctx, &campaign, as_of).await?.map(|view| Turnout { view, areas }))
    }

    /// The result of a campaign (`résultats`); null before the proclamation. With a rule: what that
    /// rule would have given on the same ballots.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), child_complexity + if rule.is_some() { 100 } else { 1 })")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(
            desc = "Another rule, for analysis, in the frozen surroundings unless it has `around`; without it, the result as proclaimed."
        )]
        rule: Option<TallyRuleInput>,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Results>, Fault> {
        let Some(view) = as_of::campaign(ctx, &campaign, as_of).await? else { return Ok(None) };
        match rule {
            None => Ok(Results::of(&view)),
            Some(rule) => Results::under(ctx, &view, rule).await,
        }
    }

    /// The sites (`chantiers`) of a campaign.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), page::cost(first, last, child_complexity))")]
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
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<List<Site>>, Fault> {
        let Some(view) = as_of::campaign(ctx, &campaign, as_of).await? else { return Ok(None) };
        Site::list(&view, filter, order, acting::moment(ctx, &view)?.day(), &Args { first, after, last, before })
    }

    /// A site by its global id; null when there is none.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Site>, Fault> {
        let (campaign, key) = GlobalId::of(&id, Kind::Site)?;
        Ok(as_of::found(ctx, &campaign, as_of).await?.and_then(|view| Site::of(&view, &key)))
    }

    /// Proposals that say something like what one is about to deposit (`propositions similaires`), the most
    /// alike first, at most 10: by words in common, the rarer the more, and by nearness within a kilometre.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 100 + 10 * child_complexity)")]
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
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Vec<SimilarProposal>>, Fault> {
        let first = usize::try_from(first).ok().filter(|first| *first <= similar::MOST).ok_or_else(|| {
            Fault::Input { field: "first", message: "ask for at most 10, and not for fewer than none".to_owned() }
        })?;
        let views = match campaign {
            Some(code) => as_of::campaign(ctx, &code, as_of).await?.into_iter().collect(),
            None => as_of::campaigns(ctx, as_of).await?,
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
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), page::cost(first, last, child_complexity))")]
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
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<List<Workshop>>, Fault> {
        let Some(view) = as_of::campaign(ctx, &campaign, as_of).await? else { return Ok(None) };
        Workshop::list(&view, filter, &Args { first, after, last, before })
    }

    /// A workshop by its global id; null when there is none.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn workshop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Workshop>, Fault> {
        let (campaign, key) = GlobalId::of(&id, Kind::Workshop)?;
        Ok(as_of::found(ctx, &campaign, as_of).await?.and_then(|view| Workshop::of(&view, &key)))
    }

    /// The log of a campaign (`journal`): its events, its tree, and proofs.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Log>, Fault> {
        Ok(as_of::campaign(ctx, &campaign, as_of).await?.map(|view| Log { view }))
    }

    /// What changed in a campaign (`ce qui a changé`) after one moment and up to another, object by object, by the
    /// first change. Ballots and supports are counted elsewhere.
    #[graphql(complexity = "as_of::cost(to.as_ref(), 100 + page::cost(first, None, child_complexity))")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "After this moment: the event at a position, or the end of a minute.")] from: AsOf,
        #[graphql(desc = "Up to this moment; without it, up to now.")] to: Option<AsOf>,
        #[graphql(desc = "So many; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Option<List<Changed>>, Fault> {
        let Some(view) = as_of::campaign(ctx, &campaign, to).await? else { return Ok(None) };
        Changed::between(ctx, &view, from, &Args { first, after, ..Args::default() }).await
    }

    /// Whoever signed in; null when nobody did.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn viewer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Viewer>, Fault> {
        as_of::none(as_of, "viewer")?;
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
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Vec<Reading>>, Fault> {
        as_of::none(as_of, "readings")?;
        let first = u32::try_from(first).ok().filter(|first| *first <= 100).ok_or(Fault::Page("first"))?;
        acting::holds(ctx, &self::campaign(ctx, &campaign)?, Permission::ReadReadings)?;
        let after = u64::try_from(after).map_err(|_| Fault::Page("after"))?;
        let recorded = vault(ctx)?.readings(after, first).await?;
        Ok(Some(recorded.into_iter().map(|recorded| Reading { recorded }).collect()))
    }

    /// The object with this global id; null when there is none.
    #[graphql(complexity = "as_of::cost(as_of.as_ref(), 1 + child_complexity)")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id.")] id: ID,
        #[graphql(desc = "As it stood at a position or moment of the past; without it, as it stands.")] as_of: Option<
            AsOf,
        >,
    ) -> Result<Option<Node>, Fault> {
        let GlobalId { kind, campaign, key } = GlobalId::read(&id)?;
        let Some(view) = as_of::found(ctx, &campaign, as_of).await? else { return Ok(None) };
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
