//! The states of streams, gathered: what a decision may look at.
//!
//! For a command it holds the streams that were loaded for it; in a replay it
//! holds them all. Commands of several streams are decided here in order, each
//! on the state that the one before leaves.

use crate::ballot::{self, Ballot};
use crate::campaign::{self, Campaign};
use crate::comment::{self, Comment};
use crate::participant::{self, Participant};
use crate::permission::{Permission, Scope};
use crate::polling_place::{self, PollingPlace};
use crate::project::{self, Project};
use crate::proposal::{self, Proposal};
use crate::redaction::Text;
use crate::site::{self, Site};
use crate::urn::{self, Urn};
use crate::workshop::{self, Workshop};
use crate::{
    Actor, ActorId, CommentId, Context, Decider, Event, PlaceId, ProjectId, ProposalId, Record, Rejection, SiteId,
    Timestamp, VoterId, WorkshopId, decider,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

/// The kinds of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// `campaign/<code>`
    Campaign,
    /// `proposal/<id>`
    Proposal,
    /// `project/<id>`
    Project,
    /// `ballot/<pseudonym>`
    Ballot,
    /// `site/<id>`
    Site,
    /// `comment/<id>`
    Comment,
    /// `participant/<pseudonym>`
    Participant,
    /// `workshop/<id>`
    Workshop,
    /// `urn/<code of the campaign>`
    Urn,
    /// `polling_place/<id>`
    PollingPlace,
}

impl StreamKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Campaign,
        Self::Proposal,
        Self::Project,
        Self::Ballot,
        Self::Site,
        Self::Comment,
        Self::Participant,
        Self::Workshop,
        Self::Urn,
        Self::PollingPlace,
    ];

    /// The first part of a stream's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => Campaign::KIND,
            Self::Proposal => Proposal::KIND,
            Self::Project => Project::KIND,
            Self::Ballot => Ballot::KIND,
            Self::Site => Site::KIND,
            Self::Comment => Comment::KIND,
            Self::Participant => Participant::KIND,
            Self::Workshop => Workshop::KIND,
            Self::Urn => Urn::KIND,
            Self::PollingPlace => PollingPlace::KIND,
        }
    }
}

impl fmt::Display for StreamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StreamKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownKind(text.chars().take(40).collect()))
    }
}

/// No stream is of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no kind of stream: use campaign, proposal, project, ballot, site, comment, participant, workshop, urn or \
     polling_place"
)]
pub struct UnknownKind(pub String);

/// What can be asked, of any stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Of the campaign.
    Campaign(campaign::Command),
    /// Of a proposal.
    Proposal(ProposalId, proposal::Command),
    /// Of a project.
    Project(ProjectId, project::Command),
    /// Of a voter's ballot.
    Ballot(VoterId, ballot::Command),
    /// Of a site.
    Site(SiteId, site::Command),
    /// Of a comment.
    Comment(CommentId, comment::Command),
    /// Of a participant, by pseudonym.
    Participant(ActorId, participant::Command),
    /// Of a workshop.
    Workshop(WorkshopId, workshop::Command),
    /// Of the campaign's urn.
    Urn(urn::Command),
    /// Of a polling place.
    PollingPlace(PlaceId, polling_place::Command),
}

/// The states of streams.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The campaign: always there.
    pub campaign: Arc<Campaign>,
    /// Proposals by id.
    pub proposals: BTreeMap<ProposalId, Proposal>,
    /// Projects by id.
    pub projects: BTreeMap<ProjectId, Project>,
    /// Ballots by voter.
    pub ballots: BTreeMap<VoterId, Ballot>,
    /// Sites by id.
    pub sites: BTreeMap<SiteId, Site>,
    /// Comments by id.
    pub comments: BTreeMap<CommentId, Comment>,
    /// Participants by pseudonym.
    pub participants: BTreeMap<ActorId, Participant>,
    /// Workshops by id.
    pub workshops: BTreeMap<WorkshopId, Workshop>,
    /// The urn of the campaign; as it begins where ballots aren't sealed.
    pub urn: Arc<Urn>,
    /// Polling places by id.
    pub polling_places: BTreeMap<PlaceId, PollingPlace>,
    /// The hidden values of events, by position: of those that a command names, in a replay of all.
    pub texts: BTreeMap<u64, Text>,
}

impl World {
    /// Decides one command; the world moves on.
    ///
    /// # Errors
    /// The [`Rejection`]; the world is as before.
    pub fn execute(
        &mut self,
        code: &str,
        command: Command,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Vec<(StreamKind, String, Event)>, Rejection> {
        let scope = Scope::of(&command, self);
        Permission::of(&command).require(self, scope, actor, at)?;
        self.permission(&command).require(self, scope, actor, at)?;
        let (id, events): (String, Vec<Event>) = match command {
            Command::Campaign(command) => {
                let context = self.context(code, actor, at);
                let events = decider::execute(&*self.campaign, command, &context)?;
                (code.to_owned(), events.into_iter().map(Event::Campaign).collect())
            }
            Command::Proposal(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.proposals.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::Proposal).collect())
            }
            Command::Project(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.projects.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::Project).collect())
            }
            Command::Ballot(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.ballots.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::Ballot).collect())
            }
            Command::Site(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.sites.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::Site).collect())
            }
            Command::Comment(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.comments.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::Comment).collect())
            }
            Command::Participant(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.participants.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::Participant).collect())
            }
            Command::Workshop(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.workshops.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::Workshop).collect())
            }
            Command::Urn(command) => {
                let context = self.context(code, actor, at);
                let events = decider::execute(&*self.urn, command, &context)?;
                (code.to_owned(), events.into_iter().map(Event::Urn).collect())
            }
            Command::PollingPlace(id, command) => {
                let context = self.context(id.as_str(), actor, at);
                let events = on(self.polling_places.get(&id), command, &context)?;
                (id.into(), events.into_iter().map(Event::PollingPlace).collect())
            }
        };
        for event in &events {
            self.permission_of(event).require(self, Scope::of_event(&id, event, self), actor, at)?;
        }
        for event in &events {
            self.evolve(&id, event)?;
        }
        Ok(events.into_iter().map(|event| (event.kind(), id.clone(), event)).collect())
    }

    /// Refuses a project that has ended while a proposal still says that it is part of it. Asked of a
    /// request as a whole: the project ends first, then its proposals are freed one by one.
    ///
    /// # Errors
    /// PROPOSAL_STILL_LINKED with the first such proposal.
    pub fn freed(&self, id: &ProjectId) -> Result<(), Rejection> {
        let held = self.projects.get(id).into_iter().flat_map(|project| &project.proposals);
        let mut bound = held.filter(|one| self.proposals.get(one).is_some_and(|known| known.projects.contains(id)));
        bound.next().map_or(Ok(()), |one| Err(crate::Code::ProposalStillLinked.on("proposals").with(one)))
    }

    /// Refuses a site that was split into parts of which some weren't opened, or merged into one that didn't
    /// take its budget in. Asked of a request as a whole: that follows in the same one.
    ///
    /// # Errors
    /// NOT_FOUND with the first part that is missing, BUDGET_MISMATCH with the budget that is left over.
    pub fn carried_on(&self, id: &SiteId) -> Result<(), Rejection> {
        let Some(site) = self.sites.get(id) else { return Ok(()) };
        let opened = |part: &&SiteId| self.sites.get(*part).is_some_and(|known| known.opening.is_some());
        match &site.ending {
            None => Ok(()),
            Some(site::Ending::Split(parts)) => {
                let missing = parts.iter().find(|part| !opened(part));
                missing.map_or(Ok(()), |part| Err(crate::Code::NotFound.on("parts").with(part)))
            }
            Some(site::Ending::Merged(into)) => {
                let taken = self.sites.get(into).is_some_and(|other| other.absorbed.contains(id));
                let left = site.opening.as_ref().map(|opening| opening.budget_cents).filter(|_| !taken);
                left.map_or(Ok(()), |cents| Err(crate::Code::BudgetMismatch.on("into").with(cents)))
            }
        }
    }

    /// Whether an event that stands in a log was lawful when it was written.
    ///
    /// # Errors
    /// The [`Rejection`] of the first rule that it breaks.
    pub fn check(&self, id: &str, event: &Event, actor: &Actor, at: Timestamp) -> Result<(), Rejection> {
        let scope = Scope::of_event(id, event, self);
        Permission::of_event(event).require(self, scope, actor, at)?;
        self.permission_of(event).require(self, scope, actor, at)?;
        let context = self.context(id, actor, at);
        if event.kind() != StreamKind::Campaign {
            self.campaign.acts.undisturbed()?;
        }
        match event {
            Event::Campaign(event) => self.campaign.check(event, &context),
            Event::Proposal(event) => checked(self.proposals.get(&parse(id)?), event, &context),
            Event::Project(event) => checked(self.projects.get(&parse(id)?), event, &context),
            Event::Ballot(event) => checked(self.ballots.get(&parse(id)?), event, &context),
            Event::Site(event) => checked(self.sites.get(&parse(id)?), event, &context),
            Event::Comment(event) => checked(self.comments.get(&parse(id)?), event, &context),
            Event::Participant(event) => checked(self.participants.get(&parse(id)?), event, &context),
            Event::Workshop(event) => checked(self.workshops.get(&parse(id)?), event, &context),
            Event::Urn(event) => self.urn.check(event, &context),
            Event::PollingPlace(event) => checked(self.polling_places.get(&parse(id)?), event, &context),
        }
    }

    /// The world after the event.
    ///
    /// # Errors
    /// When the stream's id is no id.
    pub fn evolve(&mut self, id: &str, event: &Event) -> Result<(), Rejection> {
        match event {
            Event::Campaign(event) => Arc::make_mut(&mut self.campaign).evolve(event),
            Event::Proposal(event) => self.proposals.entry(parse(id)?).or_default().evolve(event),
            Event::Project(event) => self.projects.entry(parse(id)?).or_default().evolve(event),
            Event::Ballot(event) => self.ballots.entry(parse(id)?).or_default().evolve(event),
            Event::Site(event) => self.sites.entry(parse(id)?).or_default().evolve(event),
            Event::Comment(event) => self.comments.entry(parse(id)?).or_default().evolve(event),
            Event::Participant(event) => self.participants.entry(parse(id)?).or_default().evolve(event),
            Event::Workshop(event) => self.workshops.entry(parse(id)?).or_default().evolve(event),
            Event::Urn(event) => Arc::make_mut(&mut self.urn).evolve(event),
            Event::PollingPlace(event) => self.polling_places.entry(parse(id)?).or_default().evolve(event),
        }
        Ok(())
    }

    /// Remembers where an event has hidden values, so that a later one may remove them.
    pub fn note(&mut self, record: &Record) {
        if !record.hidden.is_empty() {
            self.texts.insert(record.position, Text::of(record));
        }
    }

    /// To confirm or drop an act one has to be allowed to do it oneself as well: the right to confirm is
    /// not enough, nor is the right to do it, which for their own texts everybody has.
    fn permission(&self, command: &Command) -> Permission {
        let number = match command {
            Command::Campaign(campaign::Command::ConfirmAct { number } | campaign::Command::DropAct { number, .. }) => {
                Some(*number)
            }
            Command::Campaign(_)
            | Command::Proposal(..)
            | Command::Project(..)
            | Command::Ballot(..)
            | Command::Site(..)
            | Command::Comment(..)
            | Command::Participant(..)
            | Command::Workshop(..)
            | Command::Urn(_)
            | Command::PollingPlace(..) => None,
        };
        self.act(number).unwrap_or_else(|| Permission::of(command))
    }

    fn permission_of(&self, event: &Event) -> Permission {
        let number = match event {
            Event::Campaign(campaign::Event::ActConfirmed { number } | campaign::Event::ActDropped { number, .. }) => {
                Some(*number)
            }
            Event::Campaign(_)
            | Event::Proposal(_)
            | Event::Project(_)
            | Event::Ballot(_)
            | Event::Site(_)
            | Event::Comment(_)
            | Event::Participant(_)
            | Event::Workshop(_)
            | Event::Urn(_)
            | Event::PollingPlace(_) => None,
        };
        self.act(number).unwrap_or_else(|| Permission::of_event(event))
    }

    fn act(&self, number: Option<u64>) -> Option<Permission> {
        Some(self.campaign.acts.get(number?)?.act.permission())
    }

    fn context<'a>(&'a self, id: &'a str, actor: &'a Actor, at: Timestamp) -> Context<'a> {
        Context { world: self, id, actor, at }
    }
}

fn on<D: Decider>(state: Option<&D>, command: D::Command, context: &Context<'_>) -> Result<Vec<D::Event>, Rejection> {
    match state {
        Some(state) => decider::execute(state, command, context),
        None => decider::execute(&D::default(), command, context),
    }
}

fn checked<D: Decider>(state: Option<&D>, event: &D::Event, context: &Context<'_>) -> Result<(), Rejection> {
    match state {
        Some(state) => state.check(event, context),
        None => D::default().check(event, context),
    }
}

fn parse<Id: FromStr<Err = crate::InvalidId>>(id: &str) -> Result<Id, Rejection> {
    id.parse().map_err(|error: crate::InvalidId| crate::Code::NotFound.on("id").with(error.0))
}
