//! `parvis demo`: a whole campaign through the real commands, the same for the same seed.
//!
//! Plays a year of an invented city on a simulated clock. The steps stand in files of their own, in this
//! order: `demo_ideas.rs`, `demo_workshops.rs`, `demo_merging.rs`, `demo_instruction.rs`, `demo_vote.rs`
//! with `demo_urn.rs`, `demo_papers.rs` and `demo_school.rs`, `demo_sites.rs`. What happens before the ballot list is noted in a diary first, then taken day by day.

use crate::demo_city::{self, City, id, start_of};
use crate::failure::Failure;
use crate::import_pabulib::phase;
use crate::steps::{Diary, Steps};
use commands::Entropy;
use domain::campaign::Command as CampaignCommand;
use domain::phase::Phase;
use domain::roles::Office;
use domain::{Actor, AreaId, Cents, Command, DepartmentId, InvalidId, Role, Timestamp};

/// How large the demo is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Voters; a third of them online.
    pub voters: u64,
    /// Proposals deposited.
    pub proposals: u64,
}

/// Plays the whole campaign. Blocks; call it off the async threads.
///
/// # Errors
/// The [`Failure`] of a command: never, unless the store has a fault or somebody stops it.
pub fn play(steps: &Steps, origin: &str, seed: u64, size: Size) -> Result<(), Failure> {
    let play = Play {
        steps,
        entropy: Entropy::seeded(seed),
        city: City::new()?,
        coordinator: agent(COORDINATOR, Role::Coordinator),
    };
    play.at(start_of(Phase::PreIdeation)?);
    steps.open(origin, play.city.configuration()?, play.coordinator.clone())?;
    play.grant_roles()?;
    play.draw_outlines()?;
    play.open(Phase::PreIdeation)?;
    play.next(Phase::PreIdeation, Phase::Ideation)?;
    let mut diary = Diary::default();
    let ideas = play.ideas(&mut diary, size.proposals)?;
    let meetings = play.workshops(&mut diary, &ideas)?;
    let mut plans = play.merging(&mut diary, &ideas, &meetings)?;
    play.instruction(&mut diary, &mut plans)?;
    play.live(&mut diary, "steps of deposits", Phase::Ideation, Phase::PostIdeation)?;
    play.live(&mut diary, "steps before workshops", Phase::PostIdeation, Phase::CoConstruction)?;
    play.live(&mut diary, "steps of workshops and merging", Phase::CoConstruction, Phase::PreSubmit)?;
    play.live(&mut diary, "steps of instruction", Phase::PreSubmit, Phase::Submit)?;
    plans.retain(|plan| plan.admitted);
    steps.one("catalogue", &play.coordinator, vec![Command::Campaign(CampaignCommand::PublishCatalogue)])?;
    play.next(Phase::Submit, Phase::PreVote)?;
    let holders = play.ceremony()?;
    play.open_places()?;
    play.next(Phase::PreVote, Phase::Vote)?;
    let cast = play.vote(&plans, holders, size.voters)?;
    play.next(Phase::Vote, Phase::PostVote)?;
    play.count(cast)?;
    play.next(Phase::PostVote, Phase::PreResult)?;
    play.proclaim()?;
    play.next(Phase::PreResult, Phase::Result)?;
    let carried = play.deliberate()?;
    play.sites(&plans, &carried)
}

pub(crate) struct Play<'a> {
    pub(crate) steps: &'a Steps,
    pub(crate) entropy: Entropy,
    pub(crate) city: City,
    coordinator: Actor,
}

pub(crate) fn agent(id: &str, role: Role) -> Actor {
    Actor::new(id, role)
}

/// The issuer for development that knows agents.
pub const ISSUER: &str = "development-agents";

/// Who of the development issuer's agents is who in the demo, by subject there.
pub const AGENTS: [(&str, &str); 12] = [
    ("coordination", COORDINATOR),
    ("coordination-2", "agent-coordinator-2"),
    ("voirie", "agent-referent-voirie"),
    ("espaces-verts", "agent-referent-espaces-verts"),
    ("bureau", "agent-polling-1"),
    ("presidence", "agent-returning-1"),
    ("presidence-2", "agent-returning-2"),
    ("donnees", "agent-data-protection-1"),
    ("moderation", MODERATOR),
    ("audit", "agent-auditor-1"),
    ("analyse", "agent-analyst-1"),
    ("informatique", "agent-it-1"),
];

/// Who runs the campaign.
pub(crate) const COORDINATOR: &str = "agent-coordinator-1";

/// Who watches over what people write.
pub(crate) const MODERATOR: &str = "agent-moderator-1";

/// The three who instruct for a department; the first one names who does it.
pub(crate) fn referents(department: &DepartmentId) -> [Actor; 3] {
    ["", "-2", "-3"].map(|nth| agent(&format!("agent-referent-{department}{nth}"), Role::DepartmentReferent))
}

/// The two who close the ballot box and proclaim the result: one proposes, the other confirms.
pub(crate) fn returning_officers() -> (Actor, Actor) {
    let officer = |id| agent(id, Role::ReturningOfficer);
    (officer("agent-returning-1"), officer("agent-returning-2"))
}

/// Who runs the station of the school.
pub(crate) fn polling_officer() -> Actor {
    agent("agent-polling-1", Role::PollingOfficer)
}

impl Play<'_> {
    /// The first coordinator founds the roles and grants them to everybody else.
    fn grant_roles(&self) -> Result<(), Failure> {
        let mut grants = vec![(self.coordinator.clone(), Office::of(Role::Coordinator))];
        for (agents, role) in [
            (&["agent-coordinator-2"][..], Role::Coordinator),
            (&["agent-returning-1", "agent-returning-2"], Role::ReturningOfficer),
            (&[MODERATOR], Role::Moderator),
            (&["agent-key-holder-1", "agent-key-holder-2", "agent-key-holder-3"], Role::KeyHolder),
            (&["agent-auditor-1"], Role::Auditor),
            (&["agent-analyst-1"], Role::Analyst),
            (&["agent-data-protection-1"], Role::DataProtectionOfficer),
            (&["agent-it-1"], Role::ItLead),
        ] {
            grants.extend(agents.iter().map(|id| (agent(id, role), Office::of(role))));
        }
        for department in &self.city.departments {
            let office = Office { department: Some(department.clone()), ..Office::of(Role::DepartmentReferent) };
            grants.extend(referents(department).map(|referent| (referent, office.clone())));
        }
        let office = Office { place: Some(id("ecole-des-tilleuls")?), ..Office::of(Role::PollingOfficer) };
        grants.push((polling_officer(), office));
        grants.extend(self.polling_offices()?);
        let mut commands = Vec::new();
        for (actor, office) in grants {
            let grant = CampaignCommand::GrantRole { grantee: id(&actor.id)?, office, until: None };
            commands.push(Command::Campaign(grant));
        }
        self.steps.one("roles", &self.coordinator, commands).map(|_| ())
    }

    /// Where districts and priority neighbourhoods lie.
    fn draw_outlines(&self) -> Result<(), Failure> {
        let outlines = self.city.outlines.iter().cloned();
        let draw = |(place, outline)| Command::Campaign(CampaignCommand::DrawOutline { place, outline });
        self.steps.one("outlines", &self.coordinator, outlines.map(draw).collect()).map(|_| ())
    }

    /// An act that takes two: one proposes it, another confirms it by its number.
    pub(crate) fn by_two(
        &self,
        name: &str,
        number: u64,
        (one, other): &(Actor, Actor),
        command: CampaignCommand,
    ) -> Result<(), Failure> {
        self.steps.one(name, one, vec![Command::Campaign(command)])?;
        let confirm = Command::Campaign(CampaignCommand::ConfirmAct { number });
        self.steps.one(&format!("confirm {name}"), other, vec![confirm]).map(|_| ())
    }

    pub(crate) fn at(&self, at: Timestamp) {
        self.steps.executor.clock().set(at);
    }

    pub(crate) fn open(&self, which: Phase) -> Result<(), Failure> {
        phase(self.steps, &agent("horloge", Role::System), which, true)
    }

    /// Closes one phase and opens the next, both by the clock.
    pub(crate) fn next(&self, ended: Phase, begun: Phase) -> Result<(), Failure> {
        self.at(start_of(begun)?);
        phase(self.steps, &agent("horloge", Role::System), ended, false)?;
        self.open(begun)
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.entropy.below(bound)
    }

    /// Whether something that happens `percent` times in a hundred happens.
    pub(crate) fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// What the diary notes for a phase, then the next one.
    fn live(&self, diary: &mut Diary, label: &str, during: Phase, then: Phase) -> Result<(), Failure> {
        self.steps.dated(label, diary.until(start_of(then)?))?;
        self.next(during, then)
    }

    /// A moment of a phase: at nine, at one or at six o'clock of a day of it, both counted from 0.
    pub(crate) fn slot(&self, phase: Phase, day: u64, third: u64) -> Result<Timestamp, Failure> {
        let hour = match third {
            0 => 9,
            1 => 13,
            _ => 18,
        };
        let after = i64::try_from(day * 24 + hour).unwrap_or(i64::MAX).saturating_mul(3_600);
        let at = start_of(phase)?.unix().checked_add(after).and_then(Timestamp::from_unix);
        at.ok_or_else(|| Failure::fault("DEMO", "no such day"))
    }

    /// At one of these hours, so many days later.
    pub(crate) fn later(&self, at: Timestamp, days: u64) -> Timestamp {
        let hour = [9, 13, 18].get(usize::try_from(self.below(3)).unwrap_or(0)).copied().unwrap_or(9);
        let day = at.unix().div_euclid(86_400) + i64::try_from(days).unwrap_or(0);
        Timestamp::from_unix(day * 86_400 + hour * 3_600).unwrap_or(at)
    }

    /// An id that nothing else has.
    pub(crate) fn fresh<T: std::str::FromStr<Err = InvalidId>>(&self) -> Result<T, Failure> {
        id(&self.entropy.uuid().to_string())
    }

    /// The pseudonym of somebody who takes part.
    pub(crate) fn pseudonym(&self) -> String {
        format!("p-{}", self.entropy.uuid().simple())
    }

    pub(crate) fn area(&self, place: usize) -> Result<AreaId, Failure> {
        self.city.place(place).map(|place| place.id.clone())
    }

    /// An amount between these, in steps of 5,000.
    pub(crate) fn euros(&self, from: u64, to: u64) -> Cents {
        let steps = from / 5_000 + self.below((to - from) / 5_000 + 1);
        i64::try_from(steps * 5_000).ok().and_then(Cents::from_units).unwrap_or(Cents::ZERO)
    }
}

/// The code of the demo's campaign.
pub const CODE: &str = demo_city::CODE;

/// The demo's clock: it stands at the campaign's first day until the play sets it.
///
/// # Errors
/// Never, by construction of the calendar.
pub fn clock() -> Result<commands::Clock, Failure> {
    Ok(commands::Clock::simulated(start_of(Phase::PreIdeation)?))
}
