//! Which proposals a list holds, and in which order.

use super::enums::{DepositorKind, ProposalState};
use super::place::BoundingBoxInput;
use super::project::CostRangeInput;
use crate::graphql::acting;
use crate::graphql::request::View;
use async_graphql::{Context, Enum, InputObject};
use domain::ActorId;
use projections::proposals::{Merge, ProposalRow, proposal_state};
use projections::search;

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
    /// With an address of one of these postcodes.
    pub postcodes: Option<Vec<String>>,
    /// With a point inside one of these priority neighbourhoods, by code.
    pub neighbourhoods: Option<Vec<String>>,
    /// With a point inside some priority neighbourhood, or inside none.
    pub priority: Option<bool>,
    /// Supported by whoever asks, or not; neither when nobody signed in.
    pub supported: Option<bool>,
}

impl ProposalFilter {
    pub(super) fn holds(&self, row: &ProposalRow, text: Option<&str>, viewer: Option<&ActorId>, view: &View) -> bool {
        let deposit = &row.deposit;
        let (neighbourhood, address) = (deposit.neighbourhood.as_ref(), deposit.address.as_ref());
        text.is_none_or(|text| search::matches(&row.searchable, text))
            && one_of(self.areas.as_deref(), deposit.area.as_str())
            && one_of(self.themes.as_deref(), deposit.theme.as_str())
            && self.states.as_ref().is_none_or(|states| states.contains(&proposal_state(&view.model, row).into()))
            && self.depositors.as_ref().is_none_or(|kinds| kinds.contains(&deposit.depositor.into()))
            && self.elected.is_none_or(|wanted| elected(row, view) == Some(wanted))
            && self.accessible.is_none_or(|wanted| deposit.accessible == wanted)
            && self.estimate.is_none_or(|range| range.holds(deposit.estimate_cents))
            && self.within.is_none_or(|within| within.holds(deposit.point))
            && some_of(self.postcodes.as_deref(), address.map(|address| address.postcode.as_str()))
            && some_of(self.neighbourhoods.as_deref(), neighbourhood.map(|id| id.as_str()))
            && self.priority.is_none_or(|wanted| neighbourhood.is_some() == wanted)
            && self
                .supported
                .is_none_or(|wanted| viewer.is_some_and(|viewer| view.model.supports(viewer, &row.id) == wanted))
    }
}

/// Whoever asks, as a participant who may support something; none when nobody signed in.
pub(super) fn supporter(ctx: &Context<'_>, view: &View) -> Option<ActorId> {
    acting::pseudonym(ctx, &view.code)?.parse().ok()
}

/// Whether one of its projects won; none before the proclamation.
pub(super) fn elected(row: &ProposalRow, view: &View) -> Option<bool> {
    let won = |merge: &Merge| view.model.results.get(&merge.project).is_some_and(|result| result.elected);
    view.model.counts_are_public().then(|| row.current_merges().any(won))
}

/// Whether a code is in a list, or there is no list.
pub(crate) fn one_of(list: Option<&[String]>, code: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|wanted| wanted == code))
}

/// As [`one_of`], for something that may have no code.
fn some_of(list: Option<&[String]>, code: Option<&str>) -> bool {
    list.is_none() || code.is_some_and(|code| one_of(list, code))
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
