//! One voter's ballot (`bulletin`) in an `OPEN` box: one paper per area kind.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Cast: BallotCast (VOTE)
//!   Cast --> Cast: BallotReplaced (the last one counts)
//!   Cast --> [*]: BallotCancelled
//! ```

use crate::configuration::{AreaKind, BallotBox};
use crate::phase::Phase;
use crate::rejection::ensure;
use crate::{AreaId, Code, Context, Decider, Rejection, Role, count};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tally::Channel;

/// What stands on a paper: numbers of the catalogue, in the order written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// How it came in.
    pub channel: Channel,
    /// The numbers of the projects, in the order written. An imported ballot may name one twice.
    pub choices: Vec<u32>,
    /// Points or grades, one per choice, where the ballot type has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<i64>>,
    /// What an imported ballot names that isn't on the list; never counted, never lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// What happened to a voter's ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The voter's first paper for an area.
    BallotCast {
        /// The area.
        area: AreaId,
        /// What stands on it.
        paper: Paper,
    },
    /// Another paper took its place.
    BallotReplaced {
        /// The area.
        area: AreaId,
        /// What stands on it.
        paper: Paper,
    },
    /// The voter took the paper back.
    BallotCancelled {
        /// The area.
        area: AreaId,
    },
}

/// What can be asked of a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Cast these papers, or replace those already cast for the same areas.
    Cast(Vec<(AreaId, Paper)>),
    /// Take the paper of this area back.
    Cancel {
        /// The area.
        area: AreaId,
    },
}

/// The state of a voter's ballot: the papers that count now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ballot {
    /// Areas and papers, in order of the areas: two at most, so a list is the smallest map.
    pub papers: Vec<(AreaId, Paper)>,
}

impl Ballot {
    /// The paper for this area.
    pub fn paper(&self, area: &AreaId) -> Option<&Paper> {
        self.papers.iter().find(|(of, _)| of == area).map(|(_, paper)| paper)
    }

    fn put(&mut self, area: &AreaId, paper: &Paper) {
        match self.papers.binary_search_by(|(of, _)| of.cmp(area)) {
            Ok(place) => self.papers.splice(place..=place, [(area.clone(), paper.clone())]).for_each(drop),
            Err(place) => {
                self.papers.reserve_exact(1);
                self.papers.insert(place, (area.clone(), paper.clone()));
            }
        }
    }

    fn check_paper(&self, area: &AreaId, paper: &Paper, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let own = campaign.configured()?.require_area(area)?;
        // A school's station is always an open box.
        let open = own.kind == AreaKind::School || campaign.ballot_box() == Some(BallotBox::Open);
        ensure(open, || Code::BallotInvalid.with("sealed box"))?;
        let station = own.kind != AreaKind::School || context.actor.role != Role::Citizen;
        ensure(station, || Code::SchoolStation.on("area").with(area))?;
        let points = paper.points.as_ref().map(Vec::len);
        let paired = points.is_none_or(|n| n == paper.choices.len());
        ensure(paired, || Code::BallotInvalid.on("points").with("one value per choice"))?;
        if own.kind != AreaKind::WholeCity {
            let other = self.papers.iter().map(|(of, _)| of).find(|key| {
                let kind = campaign.configuration.as_ref().and_then(|c| c.area(key)).map(|a| a.kind);
                *key != area && kind == Some(own.kind)
            });
            if let Some(other) = other {
                return Err(Code::SecondDistrict.on("area").with(other));
            }
        }
        let list = campaign.ballot_list(area);
        for number in &paper.choices {
            let listed = list.binary_search_by_key(number, |entry| entry.number).is_ok();
            ensure(listed, || Code::ProjectNotOnBallot.on("choices").with(number))?;
        }
        if campaign.is_imported() {
            return Ok(());
        }
        let named = paper.unknown.first();
        ensure(named.is_none(), || Code::ProjectNotOnBallot.on("unknown").with(named.map_or("", String::as_str)))?;
        let asked = paper.points.is_none() || count::takes_points(&own.ballot);
        ensure(asked, || Code::BallotInvalid.on("points").with("this ballot takes none"))?;
        count::validate(campaign, own, paper)
    }
}

impl Decider for Ballot {
    const KIND: &'static str = "ballot";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, _: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(match command {
            Command::Cast(papers) => {
                ensure(!papers.is_empty(), || Code::EmptyList.on("papers"))?;
                let mut seen = BTreeSet::new();
                for (area, _) in &papers {
                    ensure(seen.insert(area.clone()), || Code::DuplicateEntry.on("papers").with(area))?;
                }
                let event = |(area, paper)| match self.paper(&area) {
                    None => Event::BallotCast { area, paper },
                    Some(_) => Event::BallotReplaced { area, paper },
                };
                papers.into_iter().map(event).collect()
            }
            Command::Cancel { area } => vec![Event::BallotCancelled { area }],
        })
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        ensure(!campaign.box_closed, || Code::BallotBoxClosed.into())?;
        campaign.during(Phase::Vote)?;
        ensure(campaign.frozen, || Code::TooEarly.with("the freeze of the rules"))?;
        let own = context.actor.role != Role::Citizen || context.actor.id == context.id;
        ensure(own, || Code::NotTheAuthor.on("voter"))?;
        match event {
            Event::BallotCast { area, paper } => {
                ensure(self.paper(area).is_none(), || Code::AlreadyExists.on("area").with(area))?;
                self.check_channel(paper, context)?;
                self.check_paper(area, paper, context)
            }
            Event::BallotReplaced { area, paper } => {
                ensure(self.paper(area).is_some(), || Code::NoBallot.on("area").with(area))?;
                self.check_channel(paper, context)?;
                self.check_paper(area, paper, context)
            }
            Event::BallotCancelled { area } => {
                ensure(self.paper(area).is_some(), || Code::NoBallot.on("area").with(area))
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::BallotCast { area, paper } | Event::BallotReplaced { area, paper } => {
                self.put(area, paper);
            }
            Event::BallotCancelled { area } => self.papers.retain(|(of, _)| of != area),
        }
    }
}

impl Ballot {
    /// A citizen votes online; paper is entered by an officer.
    fn check_channel(&self, paper: &Paper, context: &Context<'_>) -> Result<(), Rejection> {
        let paper_by_citizen = paper.channel == Channel::Paper && context.actor.role == Role::Citizen;
        ensure(!paper_by_citizen, || Code::RoleMissing.on("channel").with(Role::PollingOfficer.code()))
    }
}
