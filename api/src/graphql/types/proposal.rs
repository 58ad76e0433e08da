//! Proposals: as they stand, as they stood before, who is behind them, and where they went.
//!
//! What isn't public shows no text but to its authors and to moderators, and stands in nobody else's
//! lists: `moderation.rs`. Which ones a list holds: `proposal_filter.rs`.

use super::area::{Area, Theme, is_removed, removed};
use super::comment::Comment;
use super::deposit::{Address, Attachment, ProposalVersion};
use super::enums::{DepositorKind, MergeKind, ProposalState, Role};
use super::history;
use super::lineage::ProposalLineage;
use super::log::Event;
use super::moderation::{Reasoned, Sight, seen};
use super::participation::Neighbourhood;
use super::place::{Moment, Point};
use super::project::Project;
use super::removal::Removal;
use super::scalars::{Amount, Position};
use super::workshop::Workshop;
use super::{campaign::Campaign, proposal_filter};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List, Rank};
use crate::graphql::request::View;
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::comment::Subject;
use domain::permission::Permission;
use domain::proposal::Deposit;
use domain::{Hidden, ProposalId, StreamKind};
use projections::proposals::{Merge, ProposalRow, proposal_state};
use projections::search;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) use super::proposal_filter::one_of;
pub use super::proposal_filter::{ProposalFilter, ProposalOrder};

/// A proposal of a campaign.
pub struct Proposal {
    pub(crate) view: View,
    pub(crate) row: Arc<ProposalRow>,
}

impl Proposal {
    /// The proposal with this key.
    pub(crate) fn of(view: &View, id: &ProposalId) -> Option<Self> {
        let row = view.model.proposals.get(id)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// The proposal with this public reference.
    pub(crate) fn by_reference(view: &View, reference: &str) -> Option<Self> {
        let row = view.model.proposals.rows().find(|row| row.deposit.reference == reference)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// A page of the proposals that whoever asks may see.
    pub(crate) fn list(
        ctx: &Context<'_>,
        view: &View,
        filter: Option<ProposalFilter>,
        order: ProposalOrder,
        seed: &str,
        args: &Args,
    ) -> Result<Option<List<Self>>, Fault> {
        let filter = filter.unwrap_or_default();
        let text = filter.text.as_deref().map(search::fold);
        let (sight, viewer) = (Sight::of(ctx, view), proposal_filter::supporter(ctx, view));
        let holds = |row: &ProposalRow| sight.sees(row) && filter.holds(row, text.as_deref(), viewer.as_ref(), view);
        let rows = view.model.proposals.rows().filter(|row| holds(row)).cloned();
        let rank = |row: &ProposalRow| match order {
            ProposalOrder::Newest => page::newest(row.deposited.at),
            ProposalOrder::Reference => Rank::Text(row.deposit.reference.clone()),
            ProposalOrder::Title => page::titled(row.deposit.title.get()),
            ProposalOrder::Random => page::drawn(seed, row.id.as_str()),
        };
        let find = |key: &str| view.model.proposals.get(&key.parse::<ProposalId>().ok()?).cloned();
        page::of_rows(view.model.size(), args, rows, rank, find, |row| Self { view: Arc::clone(view), row })
    }

    fn deposit(&self) -> &Deposit {
        &self.row.deposit
    }

    fn is_seen(&self, ctx: &Context<'_>) -> bool {
        self.row.is_public() || Sight::of(ctx, &self.view).sees(&self.row)
    }

    fn text<'a>(&self, ctx: &Context<'_>, text: Option<&'a Hidden<String>>) -> Option<&'a str> {
        seen(self.is_seen(ctx), text)
    }
}

/// What somebody wishes for the city (`dépôt`, `proposition`).
#[Object]
impl Proposal {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Proposal, &self.view.code, self.row.id.as_str())
    }

    /// What happened to it (`historique`), oldest first, each event with a sentence in both languages.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Option<List<Event>>, Fault> {
        history::of(ctx, &self.view, StreamKind::Proposal, self.row.id.as_str(), BTreeSet::new(), (first, after)).await
    }

    /// Its key in the log: the stream `proposal/<key>`.
    async fn key(&self) -> &str {
        self.row.id.as_str()
    }

    /// Its public reference, such as `P-000123`.
    async fn reference(&self) -> &str {
        &self.deposit().reference
    }

    /// The campaign it belongs to.
    async fn campaign(&self) -> Campaign {
        Campaign::of(&self.view)
    }

    /// Its title; null when removed, and while the proposal isn't public.
    async fn title(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(ctx, Some(&self.deposit().title))
    }

    /// What it is about; null when removed, and while the proposal isn't public.
    async fn description(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(ctx, Some(&self.deposit().description))
    }

    /// The pseudonym of its author (`déposant·e`).
    async fn author(&self) -> &str {
        &self.deposit().author
    }

    /// The author's public name; null when removed, and while the proposal isn't public.
    async fn author_name(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(ctx, Some(&self.deposit().author_name))
    }

    /// Those who joined the author (`co-auteurs`), in the order in which they did.
    async fn co_authors(&self, ctx: &Context<'_>) -> Vec<CoAuthor> {
        let may = self.is_seen(ctx);
        let author = |row: &projections::proposals::CoAuthorRow| CoAuthor {
            pseudonym: row.pseudonym.clone(),
            name: seen(may, Some(&row.name)).map(str::to_owned),
            joined: row.joined.into(),
        };
        self.row.co_authors.iter().map(author).collect()
    }

    /// Whether whoever asks is one of its authors; null when nobody signed in.
    async fn viewer_is_author(&self, ctx: &Context<'_>) -> Option<bool> {
        acting::pseudonym(ctx, &self.view.code).map(|name| self.row.is_by(&name))
    }

    /// Who deposits (`type de déposant`).
    async fn depositor(&self) -> DepositorKind {
        self.deposit().depositor.into()
    }

    /// Which association, council or collective; null when not said, removed, or not public.
    async fn complement(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(ctx, self.deposit().complement.as_ref())
    }

    /// Its theme (`thématique`).
    async fn theme(&self) -> Theme {
        Theme::of(&self.view, &self.deposit().theme)
    }

    /// Its area (`secteur`).
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.deposit().area)
    }

    /// Where, if it has a place.
    async fn point(&self) -> Option<Point> {
        self.deposit().point.map(Into::into)
    }

    /// The address of that place, if it has one.
    async fn address(&self, ctx: &Context<'_>) -> Option<Address> {
        let address = self.deposit().address.as_ref()?;
        let text = self.text(ctx, Some(&address.text)).map(str::to_owned);
        Some(Address { text, postcode: address.postcode.clone() })
    }

    /// The priority neighbourhood (`quartier populaire`) that its point lies in.
    async fn neighbourhood(&self) -> Option<Neighbourhood> {
        Neighbourhood::of(&self.view, self.deposit().neighbourhood.as_ref()?)
    }

    /// Whether people with disabilities are thought of (`accessibilité`).
    async fn accessible(&self) -> bool {
        self.deposit().accessible
    }

    /// How; null when not said, removed, or not public.
    async fn accessibility(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(ctx, self.deposit().accessibility.as_ref())
    }

    /// What its author thinks it costs, if said.
    async fn estimate(&self) -> Option<Amount> {
        self.deposit().estimate_cents.map(Amount)
    }

    /// What its author thinks it costs every year afterwards, if said (`coût de fonctionnement`).
    async fn running(&self) -> Option<Amount> {
        self.deposit().running_cents.map(Amount)
    }

    /// In which earlier campaign it was proposed; null when not said, removed, or not public.
    async fn earlier(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(ctx, self.deposit().earlier.as_ref())
    }

    /// Its files (`pièces jointes`). Pictures that the author doesn't want to be shown are there for its
    /// authors, and for agents who read what isn't public.
    async fn attachments(&self, ctx: &Context<'_>) -> Vec<Attachment> {
        let Ok(present) = acting::at_present(ctx, &self.view) else { return Vec::new() };
        let seen = |one: &&domain::proposal::Attachment| {
            let session = acting::session(ctx).ok();
            super::deposit::is_shown(present, &self.row, one, session, acting::now(ctx).ok())
        };
        self.deposit().attachments.iter().filter(seen).filter_map(Attachment::of).collect()
    }

    /// Whether other depositors may write to its author, through the platform (`mise en relation`).
    async fn contactable(&self) -> bool {
        self.deposit().consents.contact
    }

    /// Where it stands, with the projects it is part of.
    async fn state(&self) -> ProposalState {
        proposal_state(&self.view.model, &self.row).into()
    }

    /// Whether everybody may read it: it doesn't await approval, and no moderator took it out of view.
    async fn public(&self) -> bool {
        self.row.is_public()
    }

    /// Whether a moderator has to approve it before it is shown.
    async fn awaits_approval(&self) -> bool {
        self.row.awaits_approval
    }

    /// When a moderator approved it, the last time.
    async fn approved(&self) -> Option<Moment> {
        self.row.approved.map(Into::into)
    }

    /// That a moderator took it out of public view, and why.
    async fn removed(&self) -> Option<Reasoned> {
        self.row.removed.as_ref().map(Into::into)
    }

    /// How often it was reported; for moderators, null for others.
    async fn reports(&self, ctx: &Context<'_>) -> Option<u32> {
        acting::holds(ctx, &self.view, Permission::Moderate).ok().map(|_| self.row.reports)
    }

    /// When it was deposited.
    async fn deposited(&self) -> Moment {
        self.row.deposited.into()
    }

    /// The role in which it was deposited: an agent's for a deposit on paper (`dépôt papier`).
    async fn deposited_by(&self) -> Role {
        self.row.deposited_by.into()
    }

    /// The number of the version that stands: 1 as deposited.
    async fn version(&self) -> Position {
        Position(self.row.version())
    }

    /// All its versions (`historique`), oldest first; the last one stands. None while it isn't public.
    async fn versions(&self, ctx: &Context<'_>) -> Vec<ProposalVersion> {
        let versions = if self.is_seen(ctx) { self.row.versions() } else { Vec::new() };
        versions.into_iter().map(|row| ProposalVersion::of(&self.view, row)).collect()
    }

    /// When it was taken back, if it was.
    async fn withdrawn(&self) -> Option<Moment> {
        self.row.withdrawn.as_ref().map(|(moment, _)| (*moment).into())
    }

    /// Why it was taken back; null when not said, removed, or not public.
    async fn withdrawal_reason(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(ctx, self.row.withdrawn.as_ref()?.1.as_ref().map(|withdrawal| &withdrawal.reason))
    }

    /// How many support it (`soutiens`). No vote: supports decide nothing.
    async fn supports(&self) -> u32 {
        self.row.supports
    }

    /// Whether whoever asks supports it; null when nobody signed in.
    async fn supported_by_viewer(&self, ctx: &Context<'_>) -> Option<bool> {
        let viewer = proposal_filter::supporter(ctx, &self.view)?;
        Some(self.view.model.supports(&viewer, &self.row.id))
    }

    /// How many comments everybody may read, answers included.
    async fn comment_count(&self) -> u32 {
        self.row.comments
    }

    /// Its comments (`commentaires`), in threads: pinned ones first, then oldest first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Comment>>, Fault> {
        let on = Subject::Proposal(self.row.id.clone());
        Comment::threads(ctx, &self.view, &on, &Args { first, after, last, before })
    }

    /// The workshops that bring it together with others, by their start (`ateliers`).
    async fn workshops(&self) -> Vec<Workshop> {
        Workshop::about(&self.view, &self.row.id)
    }

    /// What became of it: the projects it became part of, oldest first; also those it is no longer part
    /// of (`lignée`).
    async fn merges(&self) -> Vec<ProposalMerge> {
        let merge = |merge: &Merge| ProposalMerge { view: Arc::clone(&self.view), merge: merge.clone() };
        self.row.merges.iter().map(merge).collect()
    }

    /// Where it went (`lignée`): every project, verdict, site and date on the way.
    async fn lineage(&self) -> Option<ProposalLineage> {
        ProposalLineage::of(&self.view, &self.row.id)
    }

    /// Whether one of its projects won; null before the proclamation.
    async fn elected(&self) -> Option<bool> {
        proposal_filter::elected(&self.row, &self.view)
    }

    /// The texts of it that were removed, each with its ground and date.
    async fn removals(&self) -> Vec<Removal> {
        Removal::of(&self.view, StreamKind::Proposal, self.row.id.as_str())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        let deposit = self.deposit();
        let reason = self.row.withdrawn.as_ref().and_then(|(_, why)| why.as_ref()).map(|why| &why.reason);
        removed([
            ("title", deposit.title.is_redacted()),
            ("description", deposit.description.is_redacted()),
            ("authorName", deposit.author_name.is_redacted()),
            ("complement", is_removed(deposit.complement.as_ref())),
            ("address", is_removed(deposit.address.as_ref().map(|address| &address.text))),
            ("accessibility", is_removed(deposit.accessibility.as_ref())),
            ("earlier", is_removed(deposit.earlier.as_ref())),
            ("attachments", deposit.attachments.iter().any(|one| one.digest.is_redacted())),
            ("withdrawalReason", is_removed(reason)),
        ])
    }
}

/// Somebody who joined the author of a proposal (`co-auteur·rice`).
#[derive(SimpleObject, Clone, Debug)]
pub struct CoAuthor {
    /// Their pseudonym.
    pub pseudonym: String,
    /// Their public name; null when removed, and while the proposal isn't public.
    pub name: Option<String>,
    /// Since when.
    pub joined: Moment,
}

/// A proposal that says something alike.
#[derive(SimpleObject)]
pub struct SimilarProposal {
    /// How much alike, out of 1,000; at least 250.
    pub score: u32,
    /// How far away, in metres, when both have a place.
    pub metres: Option<u32>,
    /// The proposal.
    pub proposal: Proposal,
}

/// That a proposal became part of a project.
pub struct ProposalMerge {
    view: View,
    merge: Merge,
}

/// That a proposal became part of a project (`regroupement`).
#[Object]
impl ProposalMerge {
    /// The project.
    async fn project(&self) -> Option<Project> {
        Project::of(&self.view, &self.merge.project)
    }

    /// How they came together.
    async fn kind(&self) -> MergeKind {
        self.merge.kind.into()
    }

    /// How much of the proposal went into the project, in percent; null when nobody said.
    async fn share_percent(&self) -> Option<u8> {
        self.merge.share_percent
    }

    /// Why; null when not said, and when removed.
    async fn reason(&self) -> Option<&str> {
        super::area::given(self.merge.reason.as_ref())
    }

    /// The workshop in which it was agreed, if it was one.
    async fn workshop(&self) -> Option<Workshop> {
        Workshop::of(&self.view, self.merge.workshop.as_ref()?)
    }

    /// When.
    async fn merged(&self) -> Moment {
        self.merge.moment.into()
    }

    /// The role of whoever did it.
    async fn merged_by(&self) -> Role {
        self.merge.by.into()
    }

    /// That it is no longer part of it, and why.
    async fn undone(&self) -> Option<Reasoned> {
        self.merge.undone.as_ref().map(Into::into)
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", is_removed(self.merge.reason.as_ref()))])
    }
}
