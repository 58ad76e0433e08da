//! Which event is told to whom: a pure function of the event and the read model.
//!
//! Owns that table and nothing else: no address, no person, no text. Next: `reach.rs`.

use domain::phase::Phase;
use domain::{Event, ProjectId, Record, campaign, project, proposal, site};
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
}

/// What is told to some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) content: Content,
    pub(crate) to: Vec<Reader>,
}

/// Everything that an event is told as.
pub(crate) fn notices(campaign: &str, record: &Record, model: &Model) -> Vec<Notice> {
    let told = Told { campaign, record, model };
    match &record.event {
        Event::Campaign(event) => told.campaign(event),
        Event::Proposal(event) => match event {
            proposal::Event::ProposalMerged { project, .. } => told.merged(project),
            proposal::Event::ProposalDeposited { .. }
            | proposal::Event::ProposalEdited { .. }
            | proposal::Event::CoAuthorInvited { .. }
            | proposal::Event::CoAuthorJoined { .. }
            | proposal::Event::CoAuthorLeft { .. }
            | proposal::Event::ProposalApproved {}
            | proposal::Event::ProposalRemoved { .. }
            | proposal::Event::ProposalRestored { .. }
            | proposal::Event::ProposalWithdrawn { .. }
            | proposal::Event::MergeUndone { .. } => Vec::new(),
        },
        Event::Project(event) => {
            let kind = match event {
                project::Event::ProjectFormed { .. }
                | project::Event::ProposalAdded { .. }
                | project::Event::ProposalTakenOut { .. }
                | project::Event::ProjectEdited { .. }
                | project::Event::ProjectEnded { .. }
                | project::Event::DepartmentAssigned { .. }
                | project::Event::InstructorNamed { .. }
                | project::Event::AssignmentHandedBack { .. }
                | project::Event::CommitmentRecorded { .. }
                | project::Event::InstructionConsolidated { .. }
                | project::Event::InstructionReopened { .. }
                | project::Event::AppealLodged { .. }
                | project::Event::ScopeChanged { .. } => return Vec::new(),
                project::Event::VerdictGiven { verdict, .. } => Kind::VerdictGiven(verdict.opinion),
                project::Event::ProjectAdmitted { .. } => Kind::ProjectAdmitted,
                project::Event::ProjectRefused { .. } => Kind::ProjectRefused,
            };
            record.id.parse().map(|id| told.project(&id, kind)).unwrap_or_default()
        }
        Event::Comment(_) | Event::Participant(_) | Event::Workshop(_) => Vec::new(),
        // Who voted is told to nobody, not even to whoever voted.
        Event::Ballot(_) => Vec::new(),
        Event::Site(event) => told.site(match event {
            site::Event::SiteOpened { .. } => Kind::SiteOpened,
            site::Event::MilestonePlanned { .. } => Kind::SiteMoved,
            site::Event::MilestoneReached { .. } => Kind::SiteAdvanced,
            site::Event::SiteAbandoned { .. } => Kind::SiteAbandoned,
        }),
    }
}

struct Told<'a> {
    campaign: &'a str,
    record: &'a Record,
    model: &'a Model,
}

impl Told<'_> {
    fn notice(&self, topic: Topic, kind: Kind, object: String, to: Vec<Reader>) -> Notice {
        let (campaign, position) = (self.campaign.to_owned(), Some(self.record.position));
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
                        self.project(&row.id, kind)
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
            | campaign::Event::ReadingsAnchored { .. } => Vec::new(),
        }
    }

    fn merged(&self, project: &ProjectId) -> Vec<Notice> {
        let object = format!("proposal/{}", self.record.id);
        let mut told = Vec::new();
        let row = self.record.id.parse().ok().and_then(|id: domain::ProposalId| self.model.proposals.get(&id));
        if let Some(row) = row {
            let author = Reader::Participant(row.deposit.author.clone());
            told.push(self.notice(Topic::MyProposals, Kind::ProposalMerged, object.clone(), vec![author]));
        }
        let followers = vec![Reader::Follower(object.clone())];
        told.push(self.notice(Topic::FollowedProposals, Kind::ProposalMerged, object, followers));
        for notice in &mut told {
            notice.content.other = Some(format!("project/{project}"));
        }
        told
    }

    /// To the authors of the proposals that it was formed from, and to those who follow them or it.
    fn project(&self, id: &ProjectId, kind: Kind) -> Vec<Notice> {
        let mut told = Vec::new();
        let project = format!("project/{id}");
        for proposal in self.model.projects.get(id).map(|row| row.formation.proposals.as_slice()).unwrap_or_default() {
            let Some(row) = self.model.proposals.get(proposal) else { continue };
            let object = format!("proposal/{proposal}");
            let author = vec![Reader::Participant(row.deposit.author.clone())];
            told.push(self.notice(Topic::MyProposals, kind, object.clone(), author));
            let followers = vec![Reader::Follower(object.clone())];
            told.push(self.notice(Topic::FollowedProposals, kind, object, followers));
        }
        let followers = vec![Reader::Follower(project.clone())];
        told.push(self.notice(Topic::FollowedProjects, kind, project.clone(), followers));
        for notice in &mut told {
            notice.content.other = Some(project.clone());
        }
        told
    }

    fn site(&self, kind: Kind) -> Vec<Notice> {
        let object = format!("site/{}", self.record.id);
        let Some(row) = self.record.id.parse().ok().and_then(|id: domain::SiteId| self.model.sites.get(&id)) else {
            return Vec::new();
        };
        let to = vec![Reader::Follower(object.clone()), Reader::Follower(format!("project/{}", row.opening.project))];
        vec![self.notice(Topic::Sites, kind, object, to)]
    }
}
