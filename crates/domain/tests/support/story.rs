//! The story of a campaign, lived step by step, and the leaves that it leaves in a log.
//!
//! Until the vote: nine proposals; six projects admitted, one refused and two left undecided. The
//! vote ends in two ties that the lot decides. Then sites.

use super::kept::second_returning;
use super::sample::*;
use domain::configuration::Configuration;
use domain::phase::Phase;
use domain::project::Opinion;
use domain::redaction::Text;
use domain::site::Milestone;
use domain::{Actor, Command, Event, Record, Rejection, Timestamp, World};
use transparency::{Draft, HiddenValue, Leaf, Origin};

/// An event with its circumstances.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// The id of its stream.
    pub(crate) id: String,
    pub(crate) event: Event,
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
}

/// A leaf and the hidden values beside it.
pub(crate) struct Written {
    pub(crate) leaf: String,
    pub(crate) disclosed: Vec<HiddenValue>,
}

/// A campaign under way.
#[derive(Clone, Default)]
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) lines: Vec<Line>,
    /// What was asked and done.
    pub(crate) asked: Vec<(Actor, Command)>,
    /// What time it is; where it isn't set, a minute passes with each event.
    pub(crate) clock: Option<Timestamp>,
}

impl Story {
    /// A campaign that is configured and nothing else.
    pub(crate) fn configured(configuration: Configuration) -> Self {
        let mut story = Self::default();
        story.act(&coordinator(), configure(configuration));
        story
    }

    /// The sample campaign with this phase just opened and nothing done in it yet.
    pub(crate) fn at(phase: Phase) -> Self {
        let mut story = Self::configured(configuration());
        for earlier in Phase::ALL.into_iter().take_while(|earlier| *earlier < phase) {
            story.act(&system(), open(earlier));
            story.live(earlier);
            story.act(&system(), close(earlier));
        }
        story.act(&system(), open(phase));
        story
    }

    /// The sample campaign to its end: sites are carried out.
    pub(crate) fn whole() -> Self {
        let mut story = Self::at(Phase::Result);
        story.live(Phase::Result);
        story
    }

    /// Does what the sample campaign does in a phase that is open.
    pub(crate) fn live(&mut self, phase: Phase) {
        match phase {
            Phase::Ideation => self.deposits(),
            Phase::PostIdeation => self.merges(),
            Phase::CoConstruction => self.instruction(),
            Phase::PreVote => self.act(&coordinator(), publish()),
            Phase::Vote => self.votes(),
            Phase::PostVote if self.world.campaign.roles.are_kept() => {
                self.by_two(&returning(), &second_returning(), close_box());
                self.act(&returning(), draw("3 7 12 28 41"));
            }
            Phase::PreResult if self.world.campaign.roles.are_kept() => {
                self.by_two(&returning(), &second_returning(), proclaim());
            }
            Phase::PostVote => {
                self.act(&returning(), close_box());
                self.act(&returning(), draw("3 7 12 28 41"));
            }
            Phase::PreResult => self.act(&returning(), proclaim()),
            Phase::Result => self.sites(),
            Phase::PreIdeation | Phase::PreSubmit | Phase::Submit => {}
        }
    }

    fn deposits(&mut self) {
        for n in 1..=9 {
            let author = format!("c-{n}");
            self.act(&citizen(&author), deposit(&format!("p-{n}"), &author));
        }
        self.act(&citizen("c-8"), withdraw("p-8"));
    }

    fn merges(&mut self) {
        for (project, area, proposals) in [
            ("q-1", "ALL", &["p-1", "p-2"][..]),
            ("q-2", "ALL", &["p-3"]),
            ("q-3", "ALL", &["p-4"]),
            ("q-4", "D1", &["p-5"]),
            ("q-5", "D1", &["p-6"]),
            ("q-6", "D2", &["p-7"]),
            ("q-7", "D2", &["p-7"]),
            ("q-8", "D1", &["p-5"]),
        ] {
            self.act(&coordinator(), form(project, area, proposals));
            for proposal in proposals {
                self.act(&coordinator(), merge(proposal, project));
            }
        }
        self.act(&coordinator(), form("q-9", "D1", &["p-9"]));
        self.act(&referent(), verdict("q-8", "ROADS", &[7_000]));
    }

    fn instruction(&mut self) {
        for (project, units) in
            [("q-1", 50_000), ("q-2", 40_000), ("q-3", 30_000), ("q-4", 20_000), ("q-5", 20_000), ("q-6", 10_000)]
        {
            let before = verdict_of("PARKS", Opinion::Unfavourable, &[1]);
            self.act(&referent(), verdict_as(project, before));
            self.act(&referent(), verdict(project, "PARKS", &[units]));
            self.act(&referent(), verdict(project, "ROADS", &[9_000, 1_000]));
            self.act(&coordinator(), admit(project));
        }
        self.act(&coordinator(), refuse("q-7"));
    }

    fn votes(&mut self) {
        for (voter, papers) in [
            ("v-1", &[("ALL", paper(&[1, 2])), ("D1", paper(&[4]))][..]),
            ("v-2", &[("ALL", paper(&[1])), ("D1", paper(&[5]))]),
            ("v-3", &[("ALL", paper(&[1, 3])), ("D2", paper(&[6]))]),
            ("v-5", &[("ALL", paper(&[2, 3])), ("D1", paper(&[4]))]),
            ("v-6", &[("ALL", paper(&[3]))]),
        ] {
            self.act(&citizen(voter), cast(voter, papers));
        }
        self.act(&polling(), cast("v-4", &[("ALL", on_paper(&[2]))]));
        self.act(&citizen("v-4"), cast("v-4", &[("ALL", paper(&[3]))]));
        self.act(&citizen("v-5"), cancel("v-5", "D1"));
        self.act(&citizen("v-5"), cast("v-5", &[("D2", paper(&[6]))]));
        self.act(&citizen("v-6"), cancel("v-6", "ALL"));
    }

    fn sites(&mut self) {
        self.act(&coordinator(), open_site("s-1", "q-1", "ALL"));
        self.act(&referent(), plan("s-1", Milestone::Studies, "2027-03", None));
        self.act(&referent(), plan("s-1", Milestone::Studies, "2027-05-15", Some("La crue")));
        self.act(&referent(), reach("s-1", Milestone::Studies, Some("2027-06-01")));
        self.act(&referent(), reach("s-1", Milestone::Works, None));
        self.act(&referent(), reach("s-1", Milestone::Done, Some("2027-09")));
        self.act(&coordinator(), open_site("s-2", "q-6", "D2"));
        self.act(&coordinator(), abandon("s-2"));
    }

    /// Does what is allowed.
    pub(crate) fn act(&mut self, actor: &Actor, command: Command) {
        let asked = format!("{command:?}");
        if let Err(rejection) = self.try_act(actor, command) {
            panic!("{rejection}: {asked}");
        }
    }

    /// Tries; answers what happened.
    pub(crate) fn try_act(&mut self, actor: &Actor, command: Command) -> Result<Vec<Event>, Rejection> {
        let at = self.now();
        let written = self.world.execute(CODE, command.clone(), actor, at)?;
        self.asked.push((actor.clone(), command));
        let line = |(_, id, event): &(_, String, Event)| Line {
            id: id.clone(),
            event: event.clone(),
            actor: actor.clone(),
            at,
        };
        for written in written.iter().map(line) {
            let position = u64::try_from(self.lines.len()).unwrap();
            self.world.texts.extend(text(&written).map(|text| (position, text)));
            self.lines.push(written);
        }
        Ok(written.into_iter().map(|(_, _, event)| event).collect())
    }

    /// A minute after each event, from the start of 2026 on.
    pub(crate) fn now(&self) -> Timestamp {
        if let Some(clock) = self.clock {
            return clock;
        }
        let minutes = i64::try_from(self.lines.len()).unwrap();
        Timestamp::from_unix(month(0).unix() + 60 * minutes).unwrap()
    }

    /// The leaves of the log with the values beside them.
    pub(crate) fn leaves(&self) -> Vec<Written> {
        let mut sequences = std::collections::BTreeMap::new();
        let mut leaves = Vec::new();
        for (position, line) in (0..).zip(&self.lines) {
            let (event_type, data) = line.event.encode().unwrap();
            let stream = format!("{}/{}", line.event.kind(), line.id);
            let at = line.at.to_string();
            let command_id = format!("command-{position}");
            let (actor_id, actor_role) = (line.actor.id.as_str(), line.actor.role.code());
            let origin = Origin { actor_id, actor_role, at: &at, command_id: &command_id };
            let mut nonce = || [7; 32];
            let draft =
                Draft::new(origin, &stream, &event_type, domain::event::version_of(&event_type), data, &mut nonce)
                    .unwrap();
            let sequence = sequences.entry(stream).or_insert(0);
            *sequence += 1;
            let leaf = draft.seal("log.example/t2026", position, *sequence).unwrap();
            leaves.push(Written { leaf, disclosed: draft.hidden });
        }
        leaves
    }

    /// The log as it is read back.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.leaves().iter().map(|written| written.record(&written.disclosed)).collect()
    }
}

/// Where an event has hidden values.
pub(crate) fn text(line: &Line) -> Option<Text> {
    let (_, hidden) = transparency::split(line.event.encode().unwrap().1).unwrap();
    let paths: std::collections::BTreeSet<String> = hidden.into_iter().map(|(path, _)| path).collect();
    let (kind, id, actor) = (line.event.kind(), line.id.clone(), line.actor.id.clone());
    (!paths.is_empty()).then_some(Text { kind, id, actor, paths })
}

impl Written {
    /// The leaf read back with these values beside it.
    pub(crate) fn record(&self, disclosed: &[HiddenValue]) -> Record {
        Record::read(&Leaf::parse(&self.leaf).unwrap(), &self.leaf, disclosed).unwrap()
    }
}
