//! Which streams a command looks at, and their states.
//!
//! Every stream that is gathered is guarded: if one of them moves before the
//! append, the append is refused and the command decided anew. Ballots behind a
//! closed box are the exception: the campaign guards them, none can be added.

use crate::Error;
use domain::acts::Act;
use domain::comment::{self, Subject};
use domain::participant::{self, Content};
use domain::phase::Phase;
use domain::redaction::Target;
use domain::{
    Command, Decider, Event, ProjectId, ProposalId, Record, SiteId, StreamKind, World, ballot, campaign, project,
    proposal, site, workshop,
};
use event_store::{Expected, LogId, Reader, Redaction, StoredEvent, StreamId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use transparency::Leaf;

/// The states a decision may look at, and where their streams stood.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) world: World,
    pub(crate) expected: Vec<Expected>,
}

/// A campaign's state and the sequence it was read at.
pub(crate) type CampaignAt = (u64, Arc<campaign::Campaign>);

/// Reads what the commands look at. A campaign that is known already is taken as it is: if it is
/// stale, the guard refuses the append.
pub(crate) fn gather(
    reader: &Reader,
    log: LogId,
    code: &str,
    commands: &[Command],
    known: Option<CampaignAt>,
) -> Result<Gathered, Error> {
    let mut world = World::default();
    let mut seen = BTreeMap::new();
    let campaign = stream(StreamKind::Campaign, code)?;
    match known {
        Some((sequence, state)) => {
            world.campaign = state;
            seen.insert(campaign, sequence);
        }
        None => load(reader, log, campaign, &mut world, &mut seen)?,
    }
    for command in commands {
        for stream in streams(reader, log, code, command)? {
            if !seen.contains_key(&stream) {
                load(reader, log, stream, &mut world, &mut seen)?;
            }
        }
        // Which proposals it is about stands in the stream that was just read.
        for proposal in linked(command, &world) {
            let stream = stream(StreamKind::Proposal, proposal.as_str())?;
            if !seen.contains_key(&stream) {
                load(reader, log, stream, &mut world, &mut seen)?;
            }
        }
        // The parts of a site share its budget; which they are stands in its stream.
        for part in siblings(command, &world) {
            let stream = stream(StreamKind::Site, part.as_str())?;
            if !seen.contains_key(&stream) {
                load(reader, log, stream, &mut world, &mut seen)?;
            }
        }
        if let Command::Project(_, project::Command::End { ending: project::Ending::Absorbed(other), .. }) = command {
            absorbing(reader, log, other, &mut world, &mut seen)?;
        }
        let Command::Campaign(command) = command else { continue };
        let act = match command {
            campaign::Command::ConfirmAct { number } => world.campaign.acts.get(*number).map(|known| known.act.clone()),
            _ => None,
        };
        match (command, act) {
            (campaign::Command::CloseBallotBox | campaign::Command::ProclaimResult, _)
            | (_, Some(Act::CloseBallotBox | Act::ProclaimResult)) => {
                every_ballot(reader, log, &mut world)?;
                places(reader, log, &mut world, &mut seen)?;
            }
            (campaign::Command::OpenPhase { phase: Phase::Vote, .. }, _)
            | (_, Some(Act::OpenPhase { phase: Phase::Vote, .. })) => {
                places(reader, log, &mut world, &mut seen)?;
            }
            (campaign::Command::Redact { targets, .. }, _) => texts(reader, log, targets, &mut world)?,
            (_, Some(Act::Redact { targets, .. })) => texts(reader, log, &targets, &mut world)?,
            _ => {}
        }
        // The freeze asks for the urn's key; what follows the vote, for what is in it.
        let urn = stream(StreamKind::Urn, code)?;
        if world.campaign.is_sealed() && !seen.contains_key(&urn) && asks_urn(command, &world) {
            load(reader, log, urn, &mut world, &mut seen)?;
        }
    }
    let expected = seen.into_iter().map(|(stream, sequence)| Expected { stream, sequence }).collect();
    Ok(Gathered { world, expected })
}

/// Whether a campaign's command, or the act that it confirms, looks at the urn.
fn asks_urn(command: &campaign::Command, world: &World) -> bool {
    use campaign::Command as C;
    match command {
        C::OpenPhase { .. } | C::CloseBallotBox | C::ShredLink | C::ProclaimResult => true,
        C::ConfirmAct { number } => world.campaign.acts.get(*number).is_some_and(|known| {
            matches!(known.act, Act::OpenPhase { .. } | Act::CloseBallotBox | Act::ShredLink | Act::ProclaimResult)
        }),
        _ => false,
    }
}

/// What commands look at that begin their streams, without reading: nothing yet, and the campaign as it
/// is known. A stream that was begun before refuses the append. `None` when one of them may look at
/// more.
pub(crate) fn assumed(code: &str, commands: &[Command], known: &CampaignAt) -> Option<Gathered> {
    let mut world = World::default();
    let mut seen = BTreeMap::new();
    let (sequence, state) = known;
    world.campaign = Arc::clone(state);
    seen.insert(stream(StreamKind::Campaign, code).ok()?, *sequence);
    for command in commands {
        let begun = match command {
            Command::Proposal(id, proposal::Command::Deposit(_)) => stream(StreamKind::Proposal, id.as_str()),
            Command::Project(id, project::Command::Form(formation))
                if formation.proposals.is_empty() && formation.workshops.is_empty() && formation.part_of.is_none() =>
            {
                stream(StreamKind::Project, id.as_str())
            }
            Command::Ballot(id, ballot::Command::Cast(_)) => stream(StreamKind::Ballot, id.as_str()),
            Command::Site(id, site::Command::Open(opening)) if opening.split_from.is_none() => {
                stream(StreamKind::Site, id.as_str())
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
            | Command::PollingPlace(..) => return None,
        };
        seen.insert(begun.ok()?, 0);
    }
    let expected = seen.into_iter().map(|(stream, sequence)| Expected { stream, sequence }).collect();
    Some(Gathered { world, expected })
}

fn streams(reader: &Reader, log: LogId, code: &str, command: &Command) -> Result<Vec<StreamId>, Error> {
    Ok(match command {
        Command::Campaign(campaign::Command::PublishCatalogue) => reader.streams(log, StreamKind::Project.as_str())?,
        Command::Campaign(campaign::Command::RecordResult { areas }) => {
            let winners = areas.iter().flat_map(|area| &area.winners);
            winners.map(|id| stream(StreamKind::Project, id.as_str())).collect::<Result<_, _>>()?
        }
        Command::Campaign(campaign::Command::DeclareExclusion { projects, .. }) => {
            projects.iter().map(|id| stream(StreamKind::Project, id.as_str())).collect::<Result<_, _>>()?
        }
        Command::Campaign(_) => Vec::new(),
        Command::Proposal(id, command) => {
            let mut streams = vec![stream(StreamKind::Proposal, id.as_str())?];
            match command {
                proposal::Command::Merge(link) => {
                    streams.push(stream(StreamKind::Project, link.project.as_str())?);
                    if let Some(workshop) = &link.workshop {
                        streams.push(stream(StreamKind::Workshop, workshop.as_str())?);
                    }
                }
                proposal::Command::Unmerge { project, .. } => {
                    streams.push(stream(StreamKind::Project, project.as_str())?);
                }
                _ => {}
            }
            streams
        }
        Command::Project(id, command) => {
            let mut streams = vec![stream(StreamKind::Project, id.as_str())?];
            match command {
                project::Command::Form(formation) => {
                    for proposal in &formation.proposals {
                        streams.push(stream(StreamKind::Proposal, proposal.as_str())?);
                    }
                    for workshop in &formation.workshops {
                        streams.push(stream(StreamKind::Workshop, workshop.as_str())?);
                    }
                    if let Some(whole) = &formation.part_of {
                        streams.push(stream(StreamKind::Project, whole.as_str())?);
                    }
                }
                project::Command::AddProposal(proposal) => {
                    streams.push(stream(StreamKind::Proposal, proposal.as_str())?);
                }
                project::Command::Edit { workshop: Some(workshop), .. } => {
                    streams.push(stream(StreamKind::Workshop, workshop.as_str())?);
                }
                project::Command::End { ending: project::Ending::Split(parts), .. } => {
                    for part in parts {
                        streams.push(stream(StreamKind::Project, part.as_str())?);
                    }
                }
                project::Command::End { ending: project::Ending::Absorbed(other), .. } => {
                    streams.push(stream(StreamKind::Project, other.as_str())?);
                }
                _ => {}
            }
            streams
        }
        Command::Ballot(id, _) => vec![stream(StreamKind::Ballot, id.as_str())?],
        Command::Urn(_) => vec![stream(StreamKind::Urn, code)?],
        Command::Site(id, command) => {
            let mut streams = vec![stream(StreamKind::Site, id.as_str())?];
            let named = match command {
                site::Command::Split { parts, .. } => parts.iter().collect(),
                site::Command::Merge { into: other, .. } | site::Command::Absorb { from: other, .. } => vec![other],
                site::Command::Open(opening) => opening.split_from.iter().collect(),
                _ => Vec::new(),
            };
            for site in named {
                streams.push(stream(StreamKind::Site, site.as_str())?);
            }
            streams
        }
        Command::Comment(id, command) => {
            let mut streams = vec![stream(StreamKind::Comment, id.as_str())?];
            if let comment::Command::Post { on, answers, .. } = command {
                streams.push(match on {
                    Subject::Proposal(id) => stream(StreamKind::Proposal, id.as_str())?,
                    Subject::Workshop(id) => stream(StreamKind::Workshop, id.as_str())?,
                });
                if let Some(first) = answers {
                    streams.push(stream(StreamKind::Comment, first.as_str())?);
                }
            }
            streams
        }
        Command::Participant(id, command) => {
            let mut streams = vec![stream(StreamKind::Participant, id.as_str())?];
            match command {
                participant::Command::Support { proposal }
                | participant::Command::Report { content: Content::Proposal(proposal), .. } => {
                    streams.push(stream(StreamKind::Proposal, proposal.as_str())?);
                }
                participant::Command::Report { content: Content::Comment(comment), .. } => {
                    streams.push(stream(StreamKind::Comment, comment.as_str())?);
                }
                participant::Command::WithdrawSupport { .. } => {}
            }
            streams
        }
        Command::PollingPlace(id, _) => vec![stream(StreamKind::PollingPlace, id.as_str())?],
        Command::Workshop(id, command) => {
            let mut streams = vec![stream(StreamKind::Workshop, id.as_str())?];
            if let workshop::Command::Announce(announcement) | workshop::Command::Change { announcement, .. } = command
            {
                for proposal in &announcement.proposals {
                    streams.push(stream(StreamKind::Proposal, proposal.as_str())?);
                }
            }
            streams
        }
    })
}

/// The proposals that a command's rules look at and only its own stream names: their authors appeal
/// against the no to a project, and register for a workshop; before departments and the commission set to
/// work on a project, they have to name it; and when it ends, they are freed of it.
fn linked(command: &Command, world: &World) -> Vec<ProposalId> {
    match command {
        Command::Project(
            id,
            project::Command::Appeal { .. }
            | project::Command::End { .. }
            | project::Command::Assign(_)
            | project::Command::Consolidate
            | project::Command::Admit { .. },
        ) => {
            let known = world.projects.get(id);
            known.map_or_else(Vec::new, |project| project.proposals.union(&project.taken_out).cloned().collect())
        }
        Command::Workshop(id, workshop::Command::Register { standing: workshop::Standing::Depositor, .. }) => {
            let announcement = world.workshops.get(id).and_then(|workshop| workshop.announcement.as_ref());
            announcement.map_or_else(Vec::new, |announcement| announcement.proposals.clone())
        }
        _ => Vec::new(),
    }
}

/// The parts of the site that a new one is a part of.
fn siblings(command: &Command, world: &World) -> Vec<SiteId> {
    let Command::Site(_, site::Command::Open(opening)) = command else { return Vec::new() };
    let whole = opening.split_from.as_ref().and_then(|whole| world.sites.get(whole));
    match whole.and_then(|whole| whole.ending.as_ref()) {
        Some(site::Ending::Split(parts)) => parts.clone(),
        Some(site::Ending::Merged(_)) | None => Vec::new(),
    }
}

/// Reads where a project went on, and where that one did: a project can't become a part of itself.
fn absorbing(
    reader: &Reader,
    log: LogId,
    project: &ProjectId,
    world: &mut World,
    seen: &mut BTreeMap<StreamId, u64>,
) -> Result<(), Error> {
    let mut at = project.clone();
    while let Some(project::Ending::Absorbed(into)) = world.projects.get(&at).and_then(|known| known.ending.clone()) {
        let stream = stream(StreamKind::Project, into.as_str())?;
        if seen.contains_key(&stream) {
            break;
        }
        load(reader, log, stream, world, seen)?;
        at = into;
    }
    Ok(())
}

pub(crate) fn stream(kind: StreamKind, id: &str) -> Result<StreamId, Error> {
    Ok(StreamId::new(kind.as_str(), id)?)
}

fn load(
    reader: &Reader,
    log: LogId,
    stream: StreamId,
    world: &mut World,
    seen: &mut BTreeMap<StreamId, u64>,
) -> Result<(), Error> {
    let mut sequence = 0;
    for stored in reader.read_stream(log, &stream, 0)? {
        sequence = stored.sequence;
        evolve(world, &stored)?;
    }
    seen.insert(stream, sequence);
    Ok(())
}

fn evolve(world: &mut World, stored: &StoredEvent) -> Result<(), Error> {
    let record = record(stored)?;
    Ok(world.evolve(&record.id, &record.event)?)
}

fn record(stored: &StoredEvent) -> Result<Record, Error> {
    let leaf = Leaf::parse(&stored.leaf).map_err(domain::RecordError::from)?;
    Ok(Record::read(&leaf, &stored.leaf, &stored.disclosed)?)
}

fn every_ballot(reader: &Reader, log: LogId, world: &mut World) -> Result<(), Error> {
    let kind = StreamKind::Ballot.as_str();
    reader.for_each(log, 0, |stored| if stored.stream.kind() == kind { evolve(world, &stored) } else { Ok(()) })
}

/// Every polling place: what is frozen and what is proclaimed depends on all of them.
fn places(reader: &Reader, log: LogId, world: &mut World, seen: &mut BTreeMap<StreamId, u64>) -> Result<(), Error> {
    for stream in reader.streams(log, StreamKind::PollingPlace.as_str())? {
        if !seen.contains_key(&stream) {
            load(reader, log, stream, world, seen)?;
        }
    }
    Ok(())
}

/// Where the events have hidden values that somebody wants to remove. A leaf never changes, so nothing
/// has to guard it.
fn texts(reader: &Reader, log: LogId, targets: &[Target], world: &mut World) -> Result<(), Error> {
    let size = reader.head(log)?.size;
    for position in targets.iter().map(|target| target.position).collect::<BTreeSet<_>>() {
        if position < size {
            for stored in reader.read(log, position, 1)? {
                world.note(&record(&stored)?);
            }
        }
    }
    Ok(())
}

/// The removed values that still stand in the store: the removal was written, and the deletion cut off.
pub(crate) fn left_over(reader: &Reader, log: LogId, code: &str) -> Result<Vec<Redaction>, Error> {
    let mut state = campaign::Campaign::default();
    for stored in reader.read_stream(log, &stream(StreamKind::Campaign, code)?, 0)? {
        if let Event::Campaign(event) = record(&stored)?.event {
            state.evolve(&event);
        }
    }
    let mut left = Vec::new();
    for (position, paths) in &state.redacted {
        for stored in reader.read(log, *position, 1)? {
            let there = stored.disclosed.into_iter().filter(|value| paths.contains(&value.path));
            left.extend(there.map(|value| Redaction { position: *position, path: value.path }));
        }
    }
    Ok(left)
}

/// Where the ballot box was closed: the size of the log right after.
pub(crate) fn size_at_close(reader: &Reader, log: LogId, code: &str) -> Result<Option<u64>, Error> {
    let stream = stream(StreamKind::Campaign, code)?;
    for stored in reader.read_stream(log, &stream, 0)? {
        let record = record(&stored)?;
        if matches!(record.event, Event::Campaign(campaign::Event::BallotBoxClosed { .. })) {
            return Ok(Some(record.position + 1));
        }
    }
    Ok(None)
}
