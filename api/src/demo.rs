//! `parvis demo`: a whole campaign through the real commands, the same for the same seed.
//!
//! Plays a year of an invented city on a simulated clock: deposits, merging,
//! verdicts, the ballot list; the vote and the count are in `demo_vote.rs`, the sites in `demo_sites.rs`.

use crate::demo_city::{self, City, description, id, pick, start_of, title};
use crate::failure::Failure;
use crate::import_pabulib::phase;
use crate::steps::{Step, Steps};
use commands::Entropy;
use domain::campaign::Command as CampaignCommand;
use domain::phase::Phase;
use domain::project::{CostKind, CostLine, Formation, Opinion, Verdict};
use domain::proposal::{Consents, Deposit, DepositorKind, MergeKind, Point};
use domain::roles::Office;
use domain::{Actor, AreaId, Cents, Command, DepartmentId, Hidden, ProjectId, ProposalId, Role, Timestamp};
use domain::{project, proposal};
use std::collections::BTreeMap;

/// How large the demo is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Voters; a third of them online.
    pub voters: u64,
    /// Proposals deposited.
    pub proposals: u64,
}

/// A project as the play knows it.
pub(crate) struct Plan {
    pub(crate) id: ProjectId,
    pub(crate) place: usize,
    pub(crate) title: String,
    pub(crate) cost: Cents,
    /// How much people like it; only the proportion counts.
    pub(crate) appeal: u64,
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
        coordinator: agent("agent-coordinator-1", Role::Coordinator),
    };
    play.at(start_of(Phase::PreIdeation)?);
    steps.open(origin, play.city.configuration()?, play.coordinator.clone())?;
    play.grant_roles()?;
    play.open(Phase::PreIdeation)?;
    play.next(Phase::PreIdeation, Phase::Ideation)?;
    let proposals = play.deposits(size.proposals)?;
    play.next(Phase::Ideation, Phase::PostIdeation)?;
    play.next(Phase::PostIdeation, Phase::CoConstruction)?;
    let (plans, refused) = play.projects(&proposals)?;
    play.next(Phase::CoConstruction, Phase::PreSubmit)?;
    play.instruct(&plans, &refused)?;
    play.next(Phase::PreSubmit, Phase::Submit)?;
    steps.one("catalogue", &play.coordinator, vec![Command::Campaign(CampaignCommand::PublishCatalogue)])?;
    play.next(Phase::Submit, Phase::PreVote)?;
    play.next(Phase::PreVote, Phase::Vote)?;
    play.vote(&plans, size.voters)?;
    play.next(Phase::Vote, Phase::PostVote)?;
    play.count()?;
    play.next(Phase::PostVote, Phase::PreResult)?;
    let winners = play.proclaim()?;
    play.next(Phase::PreResult, Phase::Result)?;
    play.sites(&plans, &winners)
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
    ("coordination", "agent-coordinator-1"),
    ("coordination-2", "agent-coordinator-2"),
    ("voirie", "agent-referent-voirie"),
    ("espaces-verts", "agent-referent-espaces-verts"),
    ("bureau", "agent-polling-1"),
    ("presidence", "agent-returning-1"),
    ("presidence-2", "agent-returning-2"),
    ("donnees", "agent-data-protection-1"),
    ("moderation", "agent-moderator-1"),
    ("audit", "agent-auditor-1"),
    ("analyse", "agent-analyst-1"),
    ("informatique", "agent-it-1"),
];

/// Who instructs for a department.
pub(crate) fn referent(department: &DepartmentId) -> Actor {
    agent(&format!("agent-referent-{department}"), Role::DepartmentReferent)
}

/// The two who close the ballot box and proclaim the result: one proposes, the other confirms.
pub(crate) fn returning_officers() -> (Actor, Actor) {
    let officer = |id| agent(id, Role::ReturningOfficer);
    (officer("agent-returning-1"), officer("agent-returning-2"))
}

/// Who enters ballots on paper.
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
            (&["agent-moderator-1"], Role::Moderator),
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
            grants.push((referent(department), office));
        }
        let office = Office { place: Some(id("hotel-de-ville")?), ..Office::of(Role::PollingOfficer) };
        grants.push((polling_officer(), office));
        let mut commands = Vec::new();
        for (actor, office) in grants {
            let grant = CampaignCommand::GrantRole { grantee: id(&actor.id)?, office, until: None };
            commands.push(Command::Campaign(grant));
        }
        self.steps.one("roles", &self.coordinator, commands).map(|_| ())
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

    /// Spreads steps evenly over the days of a phase.
    pub(crate) fn spread(&self, label: &str, steps: &[Step], first: Phase, last: Phase) -> Result<(), Failure> {
        let (from, to) = (start_of(first)?.unix(), start_of(last)?.unix());
        let all = i64::try_from(steps.len().max(1)).unwrap_or(i64::MAX);
        self.steps.many(label, steps, |done| {
            let done = i64::try_from(done).unwrap_or(0);
            if let Some(at) = Timestamp::from_unix(from + (to - from - 1) * done / all) {
                self.at(at);
            }
        })
    }

    pub(crate) fn point(&self, place: usize) -> Option<Point> {
        let (latitude, longitude) = self.city.places.get(place)?.centre;
        let shift = |range: u64| i32::try_from(self.below(range)).unwrap_or(0);
        Some(Point { latitude_e6: latitude + shift(18_000), longitude_e6: longitude + shift(22_000) })
    }

    pub(crate) fn area(&self, place: usize) -> Result<AreaId, Failure> {
        let place = self.city.places.get(place);
        place.map(|place| place.id.clone()).ok_or_else(|| Failure::fault("DEMO", "no such place"))
    }

    /// Proposals by the place they are for; one in eight is for the whole city.
    fn deposits(&self, count: u64) -> Result<BTreeMap<usize, Vec<(ProposalId, String)>>, Failure> {
        let mut all = Vec::new();
        let mut by_place: BTreeMap<usize, Vec<(ProposalId, String)>> = BTreeMap::new();
        let mut withdrawn = Vec::new();
        for number in 1..=count {
            let place = match self.below(100) {
                0..12 => 0,
                // Small districts have ideas too: a part comes evenly from all of them.
                12..47 => usize::try_from(1 + self.below(20)).unwrap_or(1),
                _ => self.city.district(&self.entropy),
            };
            let proposal: ProposalId = id(&self.entropy.uuid().to_string())?;
            let author = format!("p-{}", self.entropy.uuid().simple());
            let title = title(&self.entropy);
            let accessible = self.chance(60);
            let deposit = Deposit {
                reference: format!("D-{number:06}"),
                author: author.clone(),
                title: Hidden::Disclosed(title.clone()),
                description: Hidden::Disclosed(description(&self.entropy, &title)),
                author_name: Hidden::Disclosed(format!("Habitant·e n° {number}")),
                depositor: self.depositor(),
                theme: pick(&self.entropy, &self.city.themes)
                    .cloned()
                    .ok_or_else(|| Failure::fault("DEMO", "no theme"))?,
                area: self.area(place)?,
                point: self.point(place),
                accessible,
                accessibility: accessible
                    .then(|| Hidden::Disclosed("Accès de plain-pied et repères au sol.".to_owned())),
                estimate_cents: self.chance(40).then(|| self.euros(10_000, 400_000)),
                complement: None,
                address: None,
                neighbourhood: None,
                running_cents: None,
                earlier: None,
                attachments: Vec::new(),
                consents: Consents::default(),
            };
            let actor = Actor::new(author, Role::Citizen);
            let command = proposal::Command::Deposit(Box::new(deposit));
            let step = |name: String, command| Step {
                name,
                actor: actor.clone(),
                commands: vec![Command::Proposal(proposal.clone(), command)],
            };
            all.push(step(format!("deposit {number}"), command));
            if self.chance(3) {
                withdrawn.push(step(
                    format!("withdraw {number}"),
                    proposal::Command::Withdraw { reason: Some("Je rejoins un autre projet.".to_owned()) },
                ));
            } else {
                by_place.entry(place).or_default().push((proposal, title));
            }
        }
        self.spread("proposals", &all, Phase::Ideation, Phase::PostIdeation)?;
        self.steps.many("withdrawals", &withdrawn, |_| {})?;
        Ok(by_place)
    }

    pub(crate) fn depositor(&self) -> DepositorKind {
        match self.below(20) {
            0..=13 => DepositorKind::Individual,
            14..=16 => DepositorKind::Association,
            17 | 18 => DepositorKind::NeighbourhoodCouncil,
            _ => DepositorKind::Collective,
        }
    }

    /// An amount between these, in steps of 5,000.
    pub(crate) fn euros(&self, from: u64, to: u64) -> Cents {
        let steps = from / 5_000 + self.below((to - from) / 5_000 + 1);
        i64::try_from(steps * 5_000).ok().and_then(Cents::from_units).unwrap_or(Cents::ZERO)
    }

    /// Merges proposals into projects: those for the ballot, and some that will be refused.
    fn projects(
        &self,
        proposals: &BTreeMap<usize, Vec<(ProposalId, String)>>,
    ) -> Result<(Vec<Plan>, Vec<Plan>), Failure> {
        let (mut steps, mut plans, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (place, of_place) in self.city.places.iter().enumerate() {
            let mut left = proposals.get(&place).map(Vec::as_slice).unwrap_or_default();
            let wanted = of_place.on_ballot + of_place.on_ballot / 3;
            for number in 0..wanted {
                // Leaves at least one proposal for each project that is still to come.
                let spare = u64::try_from(left.len()).unwrap_or(0).saturating_sub(wanted - number);
                let taken = usize::try_from(1 + self.below(spare.min(4) + 1)).unwrap_or(1).min(left.len());
                let (own, rest) = left.split_at(taken);
                left = rest;
                let Some((_, title)) = own.first() else { break };
                let range = if place == 0 { (300_000, 2_200_000) } else { (40_000, 860_000) };
                let plan = Plan {
                    id: id(&self.entropy.uuid().to_string())?,
                    place,
                    title: title.clone(),
                    cost: self.euros(range.0, range.1),
                    appeal: 10 + self.below(40) * self.below(25),
                };
                steps.push(self.form(&plan, own)?);
                if number < of_place.on_ballot { plans.push(plan) } else { refused.push(plan) }
            }
        }
        self.spread("projects", &steps, Phase::CoConstruction, Phase::PreSubmit)?;
        Ok((plans, refused))
    }

    fn form(&self, plan: &Plan, own: &[(ProposalId, String)]) -> Result<Step, Failure> {
        let kind = match own.len() {
            1 => MergeKind::Single,
            _ if self.chance(50) => MergeKind::CoConstruction,
            _ => MergeKind::Grouping,
        };
        let formation = Formation {
            reference: format!("P-{}", plan.id.as_str().get(..8).unwrap_or_default()),
            title: Hidden::Disclosed(plan.title.clone()),
            description: Some(Hidden::Disclosed(description(&self.entropy, &plan.title))),
            area: self.area(plan.place)?,
            theme: pick(&self.entropy, &self.city.themes).cloned(),
            point: self.point(plan.place),
            priority_neighbourhood: self.chance(30),
            kind,
            proposals: own.iter().map(|(proposal, _)| proposal.clone()).collect(),
            selected: None,
            workshops: Vec::new(),
            part_of: None,
        };
        let mut commands = vec![Command::Project(plan.id.clone(), project::Command::Form(Box::new(formation)))];
        for (proposal, _) in own {
            let merge = proposal::Command::Merge(proposal::Link::plain(plan.id.clone(), kind));
            commands.push(Command::Proposal(proposal.clone(), merge));
        }
        Ok(Step { name: format!("form {}", plan.id), actor: self.coordinator.clone(), commands })
    }

    /// One to three departments give their verdicts; then the commission decides.
    fn instruct(&self, plans: &[Plan], refused: &[Plan]) -> Result<(), Failure> {
        // Each department's in its turn, so that steps that share a call are of different projects.
        let mut verdicts = [Vec::new(), Vec::new(), Vec::new()];
        let mut decisions = Vec::new();
        for (plan, admitted) in plans.iter().map(|plan| (plan, true)).chain(refused.iter().map(|plan| (plan, false))) {
            let first = self.below(7);
            let count = 1 + self.below(3);
            let share = plan.cost.get() / i64::try_from(count).unwrap_or(1);
            for (nth, round) in (0..count).zip(&mut verdicts) {
                let last = nth + 1 == count;
                let before = share * i64::try_from(nth).unwrap_or(0);
                let cents = Cents::new(if last { plan.cost.get() - before } else { share }).unwrap_or(Cents::ZERO);
                let department = usize::try_from((first + nth) % 7).ok().and_then(|n| self.city.departments.get(n));
                let Some(department) = department.cloned() else { continue };
                let opinion = match (admitted, last) {
                    (false, true) => Opinion::Unfavourable,
                    _ if self.chance(15) => Opinion::FavourableWithConditions,
                    _ => Opinion::Favourable,
                };
                let reasons = match opinion {
                    Opinion::Unfavourable => {
                        "Le terrain n’appartient pas à la ville : nous ne pouvons pas y construire."
                    }
                    Opinion::FavourableWithConditions => "Faisable si une association entretient le lieu.",
                    Opinion::Favourable => "Faisable en deux ans, sur le domaine public, dans l’intérêt général.",
                };
                let actor = referent(&department);
                let name = format!("verdict {} {department}", plan.id);
                let verdict = project::Command::GiveVerdict(Box::new(Verdict {
                    department,
                    opinion,
                    reasons: Hidden::Disclosed(reasons.to_owned()),
                    lines: vec![CostLine { kind: CostKind::Investment, cents }],
                    yearly_cents: Cents::new(cents.get() / 100).unwrap_or(Cents::ZERO),
                    criteria: Vec::new(),
                    conditions: None,
                    commitment_needed: false,
                }));
                round.push(Step { name, actor, commands: vec![Command::Project(plan.id.clone(), verdict)] });
            }
            let decision = match admitted {
                true => project::Command::Admit { cost_cents: None, withdrawn: false, reason: None },
                false => project::Command::Refuse {
                    reason: "Une direction a donné un avis défavorable motivé.".to_owned(),
                },
            };
            decisions.push(Step {
                name: format!("decision {}", plan.id),
                actor: self.coordinator.clone(),
                commands: vec![Command::Project(plan.id.clone(), decision)],
            });
        }
        let verdicts: Vec<Step> = verdicts.into_iter().flatten().collect();
        self.spread("verdicts", &verdicts, Phase::PreSubmit, Phase::Submit)?;
        self.steps.many("decisions", &decisions, |_| {})
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
