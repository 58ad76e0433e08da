//! Ballots that count now, and who came when: turnout by day, area and channel.

use crate::Table;
use domain::ballot::{Ballot, Event, Paper};
use domain::{AreaId, CalendarDate, Decider, Record, VoterId};
use serde::{Deserialize, Serialize};
use tally::Channel;

/// A voter's papers that count now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BallotRow {
    /// The pseudonym.
    pub voter: Option<VoterId>,
    /// The ballot.
    pub ballot: Ballot,
}

impl Serialize for BallotRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.voter, &self.ballot.papers).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BallotRow {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (voter, mut papers): (_, Vec<(AreaId, Paper)>) = Deserialize::deserialize(deserializer)?;
        // There may be millions of them, and lists of unknown length are read into room to spare.
        papers.shrink_to_fit();
        papers.iter_mut().for_each(|(_, paper)| paper.choices.shrink_to_fit());
        Ok(Self { voter, ballot: Ballot { papers } })
    }
}

/// A day, an area and a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TurnoutKey {
    /// The day in UTC.
    pub day: CalendarDate,
    /// The area.
    pub area: AreaId,
    /// The channel.
    pub channel: Channel,
}

/// What came in on a day. Never what stands on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnoutRow {
    /// The day, area and channel.
    pub key: Option<TurnoutKey>,
    /// First papers of a voter.
    pub cast: u64,
    /// Papers that took another's place.
    pub replaced: u64,
    /// Papers taken back.
    pub cancelled: u64,
}

pub(crate) fn apply(
    ballots: &mut Table<VoterId, BallotRow>,
    turnout: &mut Table<TurnoutKey, TurnoutRow>,
    record: &Record,
    event: &Event,
) {
    let Ok(voter) = record.id.parse::<VoterId>() else { return };
    let mut count = |area: &AreaId, channel: Channel, change: fn(&mut TurnoutRow)| {
        let key = TurnoutKey { day: record.at.day(), area: area.clone(), channel };
        turnout.change_or_default(key.clone(), |row| {
            row.key = Some(key);
            change(row);
        });
    };
    match event {
        Event::BallotCast { area, paper } => count(area, paper.channel, |row| row.cast += 1),
        Event::BallotReplaced { area, paper } => count(area, paper.channel, |row| row.replaced += 1),
        Event::BallotCancelled { area } => {
            let before = ballots.get(&voter).and_then(|row| row.ballot.paper(area).map(|paper| paper.channel));
            count(area, before.unwrap_or(Channel::Digital), |row| row.cancelled += 1);
        }
    }
    ballots.change_or_default(voter.clone(), |row| {
        row.voter = Some(voter.clone());
        row.ballot.evolve(event);
    });
    if ballots.get(&voter).is_some_and(|row| row.ballot.papers.is_empty()) {
        ballots.remove(&voter);
    }
}
