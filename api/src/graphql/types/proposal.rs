//! Proposals and where they went: lineage forward.

use super::area::{Area, Theme, given, is_removed, removed};
use super::campaign::Campaign;
use super::enums::{DepositorKind, MergeKind, ProposalState};
use super::place::{BoundingBoxInput, Moment, Point};
use super::project::{CostRangeInput, Project};
use super::removal::Removal;
use super::scalars::Amount;
use crate::error::Fault;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List, Rank};
use crate::graphql::request::View;
use async_graphql::{Enum, ID, InputObject, Object};
use domain::ProposalId;
use domain::StreamKind;
use projections::proposals::{Merge, ProposalRow};
use projections::search;
use std::sync::Arc;

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

    /// A page of proposals.
    pub(crate) fn list(
        view: &View,
        filter: Option<ProposalFilter>,
        order: ProposalOrder,
        seed: &str,
        args: &Args,
    ) -> Result<Option<List<Self>>, Fault> {
        let filter = filter.unwrap_or_default();
        let text = filter.text.as_deref().map(search::fold);
        let rows = view.model.proposals.rows().filter(|row| filter.holds(row, text.as_deref(), view)).cloned();
        let rank = |row: &ProposalRow| match order {
            ProposalOrder::Newest => page::newest(row.deposited.at),
            ProposalOrder::Reference => Rank::Text(row.deposit.reference.clone()),
            ProposalOrder::Title => page::titled(row.deposit.title.get()),
            ProposalOrder::Random => page::drawn(seed, row.id.as_str()),
        };
        let find = |key: &str| view.model.proposals.get(&key.parse::<ProposalId>().ok()?).cloned();
        page::of_rows(view.model.size(), args, rows, rank, find, |row| Self { view: Arc::clone(view), row })
    }
}

/// What somebody wishes for the city (`dépôt`, `proposition`).
#[Object]
impl Proposal {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Proposal, &self.view.code, self.row.id.as_str())
    }

    /// Its key in the log: the stream `proposal/<key>`.
    async fn key(&self) -> &str {
        self.row.id.as_str()
    }

    /// Its public reference, such as `P-000123`.
    async fn reference(&self) -> &str {
        &self.row.deposit.reference
    }

    /// The campaign it belongs to.
    async fn campaign(&self) -> Campaign {
        Campaign::of(&self.view)
    }

    /// Its title; null when removed.
    async fn title(&self) -> Option<&str> {
        given(Some(&self.row.deposit.title))
    }

    /// What it is about; null when removed.
    async fn description(&self) -> Option<&str> {
        given(Some(&self.row.deposit.description))
    }

    /// The pseudonym of its author (`déposant·e`).
    async fn author(&self) -> &str {
        &self.row.deposit.author
    }

    /// The author's public name; null when removed.
    async fn author_name(&self) -> Option<&str> {
        given(Some(&self.row.deposit.author_name))
    }

    /// Who deposits (`type de déposant`).
    async fn depositor(&self) -> DepositorKind {
        self.row.deposit.depositor.into()
    }

    /// Its theme (`thématique`).
    async fn theme(&self) -> Theme {
        Theme::of(&self.view, &self.row.deposit.theme)
    }

    /// Its area (`secteur`).
    async fn area(&self) -> Option<Area> {
        Area::of(&self.view, &self.row.deposit.area)
    }

    /// Where, if it has a place.
    async fn point(&self) -> Option<Point> {
        self.row.deposit.point.map(Into::into)
    }

    /// Whether people with disabilities are thought of (`accessibilité`).
    async fn accessible(&self) -> bool {
        self.row.deposit.accessible
    }

    /// How; null when not said or removed.
    async fn accessibility(&self) -> Option<&str> {
        given(self.row.deposit.accessibility.as_ref())
    }

    /// What its author thinks it costs, if said.
    async fn estimate(&self) -> Option<Amount> {
        self.row.deposit.estimate_cents.map(Amount)
    }

    /// Where it stands.
    async fn state(&self) -> ProposalState {
        self.row.state().into()
    }

    /// When it was deposited.
    async fn deposited(&self) -> Moment {
        self.row.deposited.into()
    }

    /// When it was taken back, if it was.
    async fn withdrawn(&self) -> Option<Moment> {
        self.row.withdrawn.as_ref().map(|(moment, _)| (*moment).into())
    }

    /// Why it was taken back; null when not said or removed.
    async fn withdrawal_reason(&self) -> Option<&str> {
        given(self.row.withdrawn.as_ref()?.1.as_ref().map(|withdrawal| &withdrawal.reason))
    }

    /// What became of it: the projects it is part of, oldest first (`lignée`).
    async fn merges(&self) -> Vec<ProposalMerge> {
        let merge = |merge: &Merge| ProposalMerge { view: Arc::clone(&self.view), merge: merge.clone() };
        self.row.merges.iter().map(merge).collect()
    }

    /// Whether one of its projects won; null before the proclamation.
    async fn elected(&self) -> Option<bool> {
        elected(&self.row, &self.view)
    }

    /// The texts of it that were removed, each with its ground and date.
    async fn removals(&self) -> Vec<Removal> {
        Removal::of(&self.view, StreamKind::Proposal, self.row.id.as_str())
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        let deposit = &self.row.deposit;
        let reason = self.row.withdrawn.as_ref().and_then(|(_, why)| why.as_ref()).map(|why| &why.reason);
        removed([
            ("title", deposit.title.is_redacted()),
            ("description", deposit.description.is_redacted()),
            ("authorName", deposit.author_name.is_redacted()),
            ("accessibility", is_removed(deposit.accessibility.as_ref())),
            ("withdrawalReason", is_removed(reason)),
        ])
    }
}

fn elected(row: &ProposalRow, view: &View) -> Option<bool> {
    let won = |merge: &Merge| view.model.results.get(&merge.project).is_some_and(|result| result.elected);
    view.model.counts_are_public().then(|| row.current_merges().any(won))
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

    /// When.
    async fn merged(&self) -> Moment {
        self.merge.moment.into()
    }
}

/// Which proposals; all that is given must hold. In a list, one of its values.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ProposalFilter {
    /// Words of the reference, title or description, without case and accents; all must be there.
    pub text: Option<String>,
    /// Codes of areas.
    pub areas: Option<Vec<String>>,
    /// Codes of themes.
    pub themes: Option<Vec<String>>,
    /// Where they stand.
    pub states: Option<Vec<ProposalState>>,
    /// Who deposited.
    pub depositors: Option<Vec<DepositorKind>>,
    /// Part of a winning project, or of none; neither before the proclamation.
    pub elected: Option<bool>,
    /// Thinking of people with disabilities.
    pub accessible: Option<bool>,
    /// Estimated cost within a range.
    pub estimate: Option<CostRangeInput>,
    /// With a point inside a rectangle.
    pub within: Option<BoundingBoxInput>,
}

impl ProposalFilter {
    fn holds(&self, row: &ProposalRow, text: Option<&str>, view: &View) -> bool {
        let deposit = &row.deposit;
        text.is_none_or(|text| search::matches(&row.searchable, text))
            && one_of(self.areas.as_deref(), deposit.area.as_str())
            && one_of(self.themes.as_deref(), deposit.theme.as_str())
            && self.states.as_ref().is_none_or(|states| states.contains(&row.state().into()))
            && self.depositors.as_ref().is_none_or(|kinds| kinds.contains(&deposit.depositor.into()))
            && self.elected.is_none_or(|wanted| elected(row, view) == Some(wanted))
            && self.accessible.is_none_or(|wanted| deposit.accessible == wanted)
            && self.estimate.is_none_or(|range| range.holds(deposit.estimate_cents))
            && self.within.is_none_or(|within| within.holds(deposit.point))
    }
}

/// Whether a code is in a list, or there is no list.
pub(crate) fn one_of(list: Option<&[String]>, code: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|wanted| wanted == code))
}

/// The order of proposals; equal ones by key.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProposalOrder {
    /// Latest deposit first.
    #[default]
    Newest,
    /// By reference.
    Reference,
    /// By title, without case and accents.
    Title,
    /// By chance: the same order for the same `seed`.
    Random,
}
