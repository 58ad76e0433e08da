//! One version of the read model of a campaign: all tables at one position.

use crate::areas::{AreaRow, NeighbourhoodRow};
use crate::ballots::{BallotRow, TurnoutKey, TurnoutRow};
use crate::comments::{CommentRow, Threads};
use crate::grants::{GrantKey, GrantRow};
use crate::overview::Overview;
use crate::participants::{ReportRow, SupportsRow};
use crate::polling_places::PollingPlaceRow;
use crate::projects::ProjectRow;
use crate::proposals::ProposalRow;
use crate::results::{AreaResultRow, ResultRow};
use crate::site_index::SiteIndex;
use crate::sites::SiteRow;
use crate::texts::TextRow;
use crate::urn::UrnRow;
use crate::workshops::WorkshopRow;
use crate::{
    Table, TableDigest, areas, ballots, claims, comments, grants, overview, participants, polling_places, projects,
    proposals, results, sites, texts, urn, workshops,
};
use domain::campaign::Campaign;
use domain::urn::Urn;
use domain::{
    ActorId, AreaId, CommentId, Decider, Event, NeighbourhoodId, PlaceId, ProjectId, ProposalId, Record, Rejection,
    SiteId, Timestamp, VoterId, WorkshopId,
};
use std::sync::Arc;
use transparency::{Error, Frontier};

/// The last event that a version holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its place in the log.
    pub position: u64,
    /// When it was written.
    pub at: Timestamp,
}

/// The read model of one campaign at one position.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The last event it holds; none before the first.
    pub applied: Option<Applied>,
    /// The Merkle tree of the log up to there.
    pub tree: Frontier,
    /// The campaign's state, as its decider sees it.
    pub campaign: Arc<Campaign>,
    /// The urn's state, with the published ballots.
    pub urn: Arc<Urn>,
    /// The campaign as people see it.
    pub overview: Arc<Overview>,
    /// Areas by id.
    pub areas: Table<AreaId, AreaRow>,
    /// Proposals by id.
    pub proposals: Table<ProposalId, ProposalRow>,
    /// Projects by id.
    pub projects: Table<ProjectId, ProjectRow>,
    /// Ballots by voter's pseudonym. Never shown while the vote is open.
    pub ballots: Table<VoterId, BallotRow>,
    /// Papers that came in by day, area and channel.
    pub turnout: Table<TurnoutKey, TurnoutRow>,
    /// The outcome by project; empty before the proclamation.
    pub results: Table<ProjectId, ResultRow>,
    /// The outcome by area; empty before the proclamation.
    pub area_results: Table<AreaId, AreaResultRow>,
    /// Sites by id.
    pub sites: Table<SiteId, SiteRow>,
    /// Roles by person and office.
    pub grants: Table<GrantKey, GrantRow>,
    /// Comments by id. Not everybody may read each of them.
    pub comments: Table<CommentId, CommentRow>,
    /// What participants support, by pseudonym.
    pub supports: Table<ActorId, SupportsRow>,
    /// What was reported to the moderators, by position.
    pub reports: Table<u64, ReportRow>,
    /// Workshops by id.
    pub workshops: Table<WorkshopId, WorkshopRow>,
    /// Priority neighbourhoods by id.
    pub neighbourhoods: Table<NeighbourhoodId, NeighbourhoodRow>,
    /// The steps of the urn, by position.
    pub urn_steps: Table<u64, UrnRow>,
    /// Polling places by id. What was read there isn't shown before the proclamation.
    pub polling_places: Table<PlaceId, PollingPlaceRow>,
    /// Sites by area and by project. An index without digest.
    pub site_index: SiteIndex,
    /// Comments by what they are on. An index without digest.
    pub(crate) threads: Threads,
    /// What people typed, by position. An index without digest.
    pub texts: Table<u64, TextRow>,
}

impl Model {
    /// The version after the record. Records come in the order of their positions.
    ///
    /// # Errors
    /// A [`Rejection`] when a proclaimed result can't be explained from the ballots: the log then
    /// says something that its own events contradict.
    pub fn apply(&mut self, record: &Record) -> Result<(), Rejection> {
        self.tree.push(record.leaf_hash);
        self.applied = Some(Applied { position: record.position, at: record.at });
        texts::note(&mut self.texts, record);
        match &record.event {
            Event::Campaign(event) => {
                let proposer = self.campaign.acts.confirmed().map(|proposed| proposed.proposer.to_string());
                Arc::make_mut(&mut self.campaign).evolve(event);
                overview::apply(Arc::make_mut(&mut self.overview), record, event, proposer);
                areas::apply(self, event);
                grants::apply(&mut self.grants, record, event);
                projects::apply_campaign(self, record, event);
                results::apply(self, event)?;
                urn::apply_campaign(&mut self.urn_steps, record, event);
                if let domain::campaign::Event::ValuesRedacted { targets, ground } = event {
                    texts::redact(self, record, targets, *ground);
                }
            }
            Event::Proposal(event) => proposals::apply(self, record, event),
            Event::Project(event) => projects::apply(self, record, event),
            Event::Ballot(event) => ballots::apply(&mut self.ballots, &mut self.turnout, record, event),
            Event::Site(event) => sites::apply(&mut self.sites, &mut self.site_index, record, event),
            Event::Comment(event) => comments::apply(self, record, event),
            Event::Participant(event) => participants::apply(self, record, event),
            Event::Workshop(event) => workshops::apply(self, record, event),
            Event::Urn(event) => urn::apply(self, record, event),
            Event::PollingPlace(event) => polling_places::apply(self, record, event),
        }
        Ok(())
    }

    /// The sites of a project, by id.
    pub fn sites_of(&self, project: &ProjectId) -> impl Iterator<Item = &Arc<SiteRow>> {
        self.site_index.of_project(project).filter_map(|id| self.sites.get(id))
    }

    /// The sites in an area, by id.
    pub fn sites_in(&self, area: &AreaId) -> impl Iterator<Item = &Arc<SiteRow>> {
        self.site_index.in_area(area).filter_map(|id| self.sites.get(id))
    }

    /// How many events it holds: the size of the log at this version.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Whether counts may be shown: from the proclamation on, no partial result exists.
    pub fn counts_are_public(&self) -> bool {
        self.campaign.winners.is_some()
    }

    /// Name, length and digest of every table, in a fixed order; the newest table comes last.
    ///
    /// # Errors
    /// As [`Table::digest`].
    pub fn digests(&self) -> Result<Vec<TableDigest>, Error> {
        self.digests_in(claims::FORMAT)
    }

    /// The digests that claims of this format name: of the tables that there were, and of their rows as
    /// they were.
    ///
    /// # Errors
    /// As [`Table::digest`].
    pub fn digests_in(&self, format: u32) -> Result<Vec<TableDigest>, Error> {
        let mut campaign = Table::default();
        campaign.put((), Overview::clone(&self.overview));
        let without = |table| claims::later_members(table, format);
        let mut digests = vec![
            campaign.digest_without("campaign", without("campaign"))?,
            self.areas.digest_without("areas", without("areas"))?,
            self.proposals.digest_without("proposals", without("proposals"))?,
            self.projects.digest_without("projects", without("projects"))?,
            self.ballots.digest("ballots")?,
            self.turnout.digest("turnout")?,
            self.results.digest("results")?,
            self.area_results.digest("area_results")?,
            self.sites.digest("sites")?,
            self.grants.digest("grants")?,
            self.comments.digest("comments")?,
            self.supports.digest("supports")?,
            self.reports.digest("reports")?,
            self.workshops.digest("workshops")?,
            self.neighbourhoods.digest("neighbourhoods")?,
            self.urn_steps.digest("urn")?,
            self.polling_places.digest("polling_places")?,
        ];
        digests.truncate(claims::tables(format));
        Ok(digests)
    }
}
