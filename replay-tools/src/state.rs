//! Owns the state of one stream at a position or a moment.
//! Must not: have states of its own: they are those that decisions are made on.
//! Next: `domain::world`.

use crate::{
    error::Error,
    read::{at_path, open, replay},
    report::{Divergence, Stage},
};
use domain::{StreamKind, Timestamp, World, moment::InvalidMoment};
use serde::Serialize;
use serde_json::Value;
use std::{ops::ControlFlow, path::Path, str::FromStr};
use transparency::Policy;

/// Up to where the log is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Up to and with this position.
    Position(u64),
    /// Up to, and without, the first event that is later than this moment: states are those of a
    /// log that once stood so, also where citizens' acts are dated to the minute.
    Moment(Timestamp),
}

impl FromStr for At {
    type Err = InvalidMoment;
    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        match text.parse::<u64>() {
            Ok(position) => Ok(Self::Position(position)),
            Err(_) => text.parse().map(Self::Moment),
        }
    }
}

/// A stream's state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateAt {
    /// The stream.
    pub stream: String,
    /// The last position that was followed.
    pub up_to: u64,
    /// The position of the stream's last event.
    pub position: u64,
    /// Its place in the stream, from 1: how many events made the state.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The state.
    pub state: Value,
}

/// The state of `stream` (`project/…`) in the bundle, at its end or earlier.
///
/// # Errors
/// [`Error::File`], [`Error::Broken`], [`Error::UnknownStream`], [`Error::OutsideLog`].
pub fn state(path: &Path, trusted: Option<&Policy>, stream: &str, at: Option<At>) -> Result<StateAt, Error> {
    let unknown = || Error::UnknownStream(stream.to_owned());
    let (kind, id) = stream.split_once('/').ok_or_else(unknown)?;
    let kind: StreamKind = kind.parse().map_err(|_| unknown())?;
    let mut bundle = open(path, trusted)?;
    let size = bundle.checkpoint().size;
    if let Some(At::Position(position)) = at
        && position >= size
    {
        return Err(Error::OutsideLog { position, size });
    }
    let mut world = World::default();
    let (mut up_to, mut last, mut divergence) = (0, None, None);
    let read = replay(&mut bundle, |leaf| {
        let followed = leaf.event.and_then(|event| {
            let record = event.record;
            if let Some(At::Moment(moment)) = at
                && record.at > moment
            {
                return Ok(ControlFlow::Break(()));
            }
            let refuse = |rejection| Divergence::of_rejection(Stage::Law, record.position, &rejection);
            world.evolve(&record.id, &record.event).map_err(refuse)?;
            up_to = record.position;
            if (record.kind, record.id.as_str()) == (kind, id) {
                last = Some((record.position, record.sequence, record.at));
            }
            let there = at == Some(At::Position(record.position));
            Ok(if there { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        followed.unwrap_or_else(|found| {
            divergence = Some(found);
            ControlFlow::Break(())
        })
    });
    at_path(path, read)?;
    if let Some(found) = divergence {
        return Err(found.into());
    }
    let (position, sequence, at) = last.ok_or_else(unknown)?;
    let state = state_of(&world, kind, id).ok_or_else(unknown)?;
    Ok(StateAt { stream: stream.to_owned(), up_to, position, sequence, at, state })
}

fn state_of(world: &World, kind: StreamKind, id: &str) -> Option<Value> {
    let state = match kind {
        StreamKind::Campaign => serde_json::to_value(&*world.campaign),
        StreamKind::Proposal => serde_json::to_value(world.proposals.get(&id.parse().ok()?)?),
        StreamKind::Project => serde_json::to_value(world.projects.get(&id.parse().ok()?)?),
        StreamKind::Ballot => serde_json::to_value(world.ballots.get(&id.parse().ok()?)?),
        StreamKind::Site => serde_json::to_value(world.sites.get(&id.parse().ok()?)?),
        StreamKind::Comment => serde_json::to_value(world.comments.get(&id.parse().ok()?)?),
        StreamKind::Participant => serde_json::to_value(world.participants.get(&id.parse().ok()?)?),
        StreamKind::Urn => serde_json::to_value(&*world.urn),
        StreamKind::Workshop => serde_json::to_value(world.workshops.get(&id.parse().ok()?)?),
    };
    state.ok()
}
