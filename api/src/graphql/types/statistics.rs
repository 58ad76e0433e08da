//! How many of everything there are in a campaign.
//!
//! Counts what everybody may see, and nothing of the vote before the proclamation.

use crate::graphql::request::View;
use async_graphql::SimpleObject;

/// How many of everything there are.
#[derive(SimpleObject, Clone, Copy, Debug, Default)]
pub struct Statistics {
    /// Proposals deposited (`dépôts`), without those that aren't public.
    pub proposals: usize,
    /// Of them, those that are part of a project.
    pub merged_proposals: usize,
    /// Projects formed.
    pub projects: usize,
    /// Of them, those on the ballot.
    pub projects_on_ballot: usize,
    /// Voters whose papers count now; null before the proclamation of the result.
    pub voters: Option<usize>,
    /// Winners (`lauréats`); null before the proclamation.
    pub winners: Option<usize>,
    /// Sites opened (`chantiers`).
    pub sites: usize,
    /// Of them, those that are done.
    pub sites_done: usize,
}

impl Statistics {
    pub(crate) fn of(view: &View) -> Self {
        let model = &view.model;
        let public = model.counts_are_public();
        Self {
            proposals: model.proposals.rows().filter(|row| row.is_public()).count(),
            merged_proposals: model.proposals.rows().filter(|row| row.current_merges().next().is_some()).count(),
            projects: model.projects.len(),
            projects_on_ballot: model.projects.rows().filter(|row| row.number.is_some()).count(),
            voters: public.then(|| model.ballots.len()),
            winners: public.then(|| projections::results::winners(&model.area_results).count()),
            sites: model.sites.len(),
            sites_done: model.sites.rows().filter(|row| row.state() == projections::sites::SiteState::Done).count(),
        }
    }
}
