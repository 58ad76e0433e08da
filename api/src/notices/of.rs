//! Which event is told to whom: a pure function of the event and the read model.
//!
//! Owns who reads what of campaigns and sites; `of_proposal.rs`, `of_project.rs` and `of_workshop.rs` have
//! the other streams, `due.rs` what the clock brings. No address, no person, no text.
//! Next: `reach.rs` (the people), `facts.rs` (what messages name).

use super::{of_project, of_proposal, of_workshop};
use domain::phase::Phase;
use domain::{ActorId, DepartmentId, Event, ProjectId, Record, Role, campaign, site};
use messages::{Content, Kind, Topic};
use projections::Model;

/// Somebody to be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reader {
    /// Whoever acts under this pseudonym in the campaign.
    Participant(String),
    /// Whoever follows this stream, such as `proposal/4fa…`.
    Follower(String),
    /// Whoever asked for a topic.
    Listener(Topic),
    /// Whoever deposited something in the campaign.
    Depositors,
    /// This agent.
    Agent(ActorId),
    /// Whoever holds this role now, of that department if one is named.
    Holders(Role, Option<DepartmentId>),
}

/// What is told to some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) content: Content,
    pub(crate) to: Vec<Reader>,
}

impl Notice {
    /// The same, with what belongs to it.
    pub(super) fn with(mut self, other: String) -> Self {
        self.content.other = Some(other);
        self
    }
}

/// What is told, and of which campaign.
pub(super) struct Told<'a> {
    pub(super) campaign: &'a str,
    pub(super) model: &'a Model,
    /// The position of the event; none for what no event tells.
    pub(super) position: Option<u64>,
}

/// Everything that an event is told as.
pub(crate) fn notices(campaign: &str, record: &Record, model: &Model) -> Vec<Notice> {
    let told = Told { campaign, model, position: Some(record.position) };
    match &record.event {
        Event::Campaign(event) => told.campaign(event),
        Event::Proposal(event) => of_proposal::proposal(&told, record, event),
        Event::Comment(event) => of_proposal::comment(&told, record, event),
        Event::Project(event) => of_project::project(&told, record, event),
        Event::Workshop(event) => of_workshop::workshop(&told, record, event),
        // Supports and reports are told to nobody.
        Event::Participant(_) => Vec::new(),
        // What happens to boxes and papers is public, and told to nobody in particular.
        Event::PollingPlace(_) => Vec::new(),
        // Who voted is told to nobody, not even to whoever voted.
        Event::Ballot(_) => Vec::new(),
        // Every step of the urn is in the public log; nobody is written to about it.
        Event::Urn(_) => Vec::new(),
        Event::Site(event) => {
            let kind = match event {
                site::Event::SiteOpened { .. } => Kind::SiteOpened,
                site::Event::MilestonePlanned { .. } => Kind::SiteMoved,
                site::Event::MilestoneReached { .. } => Kind::SiteAdvanced,
                site::Event::SiteAbandoned { .. } => Kind::SiteAbandoned,
                site::Event::SiteReopened { .. } => Kind::SiteReopened,
                site::Event::SiteSplit { .. } | site::Event::SiteMerged { .. } => Kind::SiteContinued,
                site::Event::NewsPosted { .. } => Kind::SiteNews,
                // On the site's page; nobody is written to about it.
                site::Event::SiteChanged { .. }
                | site::Event::MilestoneCorrected { .. }
                | site::Event::SpendingRecorded { .. }
                | site::Event::SpendingCorrected { .. }
                | site::Event::NewsWithdrawn { .. }
                | site::Event::PhotoAdded { .. }
                | site::Event::PhotoRemoved { .. }
                | site::Event::DocumentAdded { .. }
                | site::Event::DocumentRemoved { .. }
                | site::Event::UpkeepAgreed { .. } => return Vec::new(),
            };
            told.site(record, kind)
        }
    }
}

impl Told<'_> {
    pub(super) fn notice(&self, topic: Topic, kind: Kind, object: String, to: Vec<Reader>) -> Notice {
        let (campaign, position) = (self.campaign.to_owned(), self.position);
        let content =
            Content { topic, campaign, kind, object, other: None, position, conversation: None, letter: None };
        Notice { content, to }
    }

    fn campaign(&self, event: &campaign::Event) -> Vec<Notice> {
        let all = |topic, kind, to| vec![self.notice(topic, kind, String::new(), to)];
        match event {
            campaign::Event::PhaseOpened { phase: Phase::Ideation, .. } => {
                all(Topic::Campaign, Kind::DepositsOpen, vec![Reader::Listener(Topic::Campaign)])
            }
            campaign::Event::PhaseOpened { phase: Phase::Vote, .. } => {
                all(Topic::Campaign, Kind::VoteOpen, vec![Reader::Listener(Topic::Campaign)])
            }
            campaign::Event::ResultProclaimed { areas, .. } => {
                let won = |id: &ProjectId| areas.iter().any(|area| area.winners.contains(id));
                let listed = self.model.projects.rows().filter(|row| row.number.is_some());
                let mut told: Vec<Notice> = listed
                    .flat_map(|row| {
                        let kind = if won(&row.id) { Kind::ProjectElected } else { Kind::ProjectNotElected };
                        of_project::everybody(self, row, kind)
                    })
                    .collect();
                let to = vec![Reader::Depositors, Reader::Listener(Topic::Results)];
                told.extend(all(Topic::Results, Kind::ResultProclaimed, to));
                told
            }
            campaign::Event::PhaseOpened { .. }
            | campaign::Event::CampaignConfigured { .. }
            | campaign::Event::PhaseClosed { .. }
            | campaign::Event::RulesFrozen { .. }
            | campaign::Event::CatalogueListed { .. }
            | campaign::Event::CataloguePublished { .. }
            | campaign::Event::BallotBoxClosed { .. }
            | campaign::Event::LotSeedDrawn { .. }
            | campaign::Event::RoleGranted { .. }
            | campaign::Event::RoleRevoked { .. }
            | campaign::Event::ActProposed { .. }
            | campaign::Event::ActConfirmed { .. }
            | campaign::Event::ActDropped { .. }
            | campaign::Event::ValuesRedacted { .. }
            | campaign::Event::OutlineDrawn { .. }
            | campaign::Event::ExclusionDeclared { .. }
            | campaign::Event::ExclusionLifted { .. }
            | campaign::Event::LinkShredded { .. }
            | campaign::Event::CouncilDecided { .. }
            | campaign::Event::ReadingsAnchored { .. } => Vec::new(),
        }
    }

    fn site(&self, record: &Record, kind: Kind) -> Vec<Notice> {
        let object = format!("site/{}", record.id);
        let Some(row) = record.id.parse().ok().and_then(|id: domain::SiteId| self.model.sites.get(&id)) else {
            return Vec::new();
        };
        let to = vec![Reader::Follower(object.clone()), Reader::Follower(format!("project/{}", row.opening.project))];
        vec![self.notice(Topic::Sites, kind, object, to)]
    }
}
