//! `parvis demo`: a whole campaign through the real commands, the same for the same seed.
//!
//! Plays a year of an invented city on a simulated clock: deposits, merging,
//! verdicts, the ballot list, the vote on paper and online, the count, sites.

use crate::demo_city::{self, City, description, id, moment, pick, start_of, title};
use crate::failure::Failure;
use crate::import_pabulib::phase;
use crate::steps::{Step, Steps, TOGETHER};
use commands::Entropy;
use domain::ballot::Paper;
use domain::campaign::Command as CampaignCommand;
use domain::phase::Phase;
use domain::project::{CostKind, CostLine, Formation, Opinion, Verdict};
use domain::proposal::{Deposit, DepositorKind, MergeKind, Point};
use domain::site::{Milestone, Opening};
use domain::{
    Actor, AreaId, CalendarDate, Cents, Command, Hidden, ProjectId, ProposalId, Role, SiteId, Timestamp, VoterId,
};
use domain::{ballot, project, proposal, site};
use std::collections::BTreeMap;
use tally::Channel;

/// How large the demo is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Voters; a third of them online.
    pub voters: u64,
    /// Proposals deposited.
    pub proposals: u64,
}

/// A project as the play knows it.
struct Plan {
    id: ProjectId,
    place: usize,
    title: String,
    cost: Cents,
    /// How much people like it; only the proportion counts.
    appeal: u64,
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
        coordinator: agent("coordination", Role::Coordinator),
    };
    play.at(start_of(Phase::PreIdeation)?);
    steps.open(origin, play.city.configuration()?, play.coordinator.clone())?;
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
    let officer = agent("presidence-du-bureau", Role::ReturningOfficer);
    let winners = play.proclaim(&officer)?;
    play.next(Phase::PreResult, Phase::Result)?;
    play.sites(&plans, &winners)
}

struct Play<'a> {
    steps: &'a Steps,
    entropy: Entropy,
    city: City,
    coordinator: Actor,
}

fn agent(id: &str, role: Role) -> Actor {
    Actor::new(id, role)
}

impl Play<'_> {
    fn at(&self, at: Timestamp) {
        self.steps.executor.clock().set(at);
    }

    fn open(&self, which: Phase) -> Result<(), Failure> {
        phase(self.steps, &agent("horloge", Role::System), which, true)
    }

    /// Closes one phase and opens the next, both by the clock.
    fn next(&self, ended: Phase, begun: Phase) -> Result<(), Failure> {
        self.at(start_of(begun)?);
        phase(self.steps, &agent("horloge", Role::System), ended, false)?;
        self.open(begun)
    }

    fn below(&self, bound: u64) -> u64 {
        self.entropy.below(bound)
    }

    /// Whether something that happens `percent` times in a hundred happens.
    fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Spreads steps evenly over the days of a phase.
    fn spread(&self, label: &str, steps: &[Step], first: Phase, last: Phase) -> Result<(), Failure> {
        let (from, to) = (start_of(first)?.unix(), start_of(last)?.unix());
        let all = i64::try_from(steps.len().max(1)).unwrap_or(i64::MAX);
        self.steps.many(label, steps, |done| {
            let done = i64::try_from(done).unwrap_or(0);
            if let Some(at) = Timestamp::from_unix(from + (to - from - 1) * done / all) {
                self.at(at);
            }
        })
    }

    fn point(&self, place: usize) -> Option<Point> {
        let (latitude, longitude) = self.city.places.get(place)?.centre;
        let shift = |range: u64| i32::try_from(self.below(range)).unwrap_or(0);
        Some(Point { latitude_e6: latitude + shift(18_000), longitude_e6: longitude + shift(22_000) })
    }

    fn area(&self, place: usize) -> Result<AreaId, Failure> {
        let place = self.city.places.get(place);
        place.map(|place| place.id.clone()).ok_or_else(|| Failure::fault("DEMO", "no such place"))
    }

    /// Proposals by the place they are for; one in eight is for the whole city.
    fn deposits(&self, count: u64) -> Result<BTreeMap<usize, Vec<(ProposalId, String)>>, Failure> {
        let mut all = Vec::new();
        let mut by_place: BTreeMap<usize, Vec<(ProposalId, String)>> = BTreeMap::new();
        let mut withdrawn = Vec::new();
        for number in 1..=count {
            let place = if self.chance(12) { 0 } else { self.city.district(&self.entropy) };
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

    fn depositor(&self) -> DepositorKind {
        match self.below(20) {
            0..=13 => DepositorKind::Individual,
            14..=16 => DepositorKind::Association,
            17 | 18 => DepositorKind::NeighbourhoodCouncil,
            _ => DepositorKind::Collective,
        }
    }

    /// An amount between these, in steps of 5,000.
    fn euros(&self, from: u64, to: u64) -> Cents {
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
                let range = if place == 0 { (300_000, 2_200_000) } else { (30_000, 780_000) };
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
        };
        let mut commands = vec![Command::Project(plan.id.clone(), project::Command::Form(Box::new(formation)))];
        for (proposal, _) in own {
            let merge = proposal::Command::Merge { project: plan.id.clone(), kind };
            commands.push(Command::Proposal(proposal.clone(), merge));
        }
        Ok(Step { name: format!("form {}", plan.id), actor: self.coordinator.clone(), commands })
    }

    /// One to three departments give their verdicts; then the commission decides.
    fn instruct(&self, plans: &[Plan], refused: &[Plan]) -> Result<(), Failure> {
        let (mut verdicts, mut decisions) = (Vec::new(), Vec::new());
        for (plan, admitted) in plans.iter().map(|plan| (plan, true)).chain(refused.iter().map(|plan| (plan, false))) {
            let first = self.below(7);
            let count = 1 + self.below(3);
            let share = plan.cost.get() / i64::try_from(count).unwrap_or(1);
            let mut commands = Vec::new();
            for nth in 0..count {
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
                commands.push(Command::Project(
                    plan.id.clone(),
                    project::Command::GiveVerdict(Box::new(Verdict {
                        department,
                        opinion,
                        reasons: Hidden::Disclosed(reasons.to_owned()),
                        lines: vec![CostLine { kind: CostKind::Investment, cents }],
                        yearly_cents: Cents::new(cents.get() / 100).unwrap_or(Cents::ZERO),
                    })),
                ));
            }
            verdicts.push(Step {
                name: format!("verdicts {}", plan.id),
                actor: agent("instruction", Role::DepartmentReferent),
                commands,
            });
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
        self.spread("verdicts", &verdicts, Phase::PreSubmit, Phase::Submit)?;
        self.steps.many("decisions", &decisions, |_| {})
    }

    /// Voters come evenly over the days: a third online, the others on paper.
    fn vote(&self, plans: &[Plan], voters: u64) -> Result<(), Failure> {
        let ballots = Lists::new(plans, self.city.places.len());
        let polling = agent("bureau-de-vote", Role::PollingOfficer);
        let (from, to) = (start_of(Phase::Vote)?.unix(), start_of(Phase::PostVote)?.unix());
        let all = i64::try_from(voters.max(1)).unwrap_or(i64::MAX);
        let together = u64::try_from(TOGETHER * 8).unwrap_or(u64::MAX);
        let mut again = Vec::new();
        for first in (0..voters).step_by(TOGETHER * 8) {
            let mut steps = Vec::new();
            for number in first..voters.min(first.saturating_add(together)) {
                let voter: VoterId = id(&self.entropy.uuid().simple().to_string())?;
                let digital = self.below(3) == 0;
                let actor = if digital { Actor::new(voter.as_str(), Role::Citizen) } else { polling.clone() };
                let district = self.city.district(&self.entropy);
                let papers = self.papers(&ballots, digital, district)?;
                let step = |name: String, command| Step {
                    name,
                    actor: actor.clone(),
                    commands: vec![Command::Ballot(voter.clone(), command)],
                };
                if digital && self.chance(2) {
                    let papers = self.papers(&ballots, digital, district)?;
                    again.push(step(format!("vote again {number}"), ballot::Command::Cast(papers)));
                } else if digital && self.below(300) == 0 {
                    let area = papers.first().map(|(area, _)| area.clone());
                    again.extend(area.map(|area| step(format!("cancel {number}"), ballot::Command::Cancel { area })));
                }
                steps.push(step(format!("vote {number}"), ballot::Command::Cast(papers)));
            }
            let range = usize::try_from(first).unwrap_or(0)..usize::try_from(voters).unwrap_or(usize::MAX);
            self.steps.part("voters", &steps, range, |done| {
                let done = i64::try_from(done).unwrap_or(0);
                if let Some(at) = Timestamp::from_unix(from + (to - from - 86_400) * done / all) {
                    self.at(at);
                }
            })?;
        }
        self.at(Timestamp::from_unix(to - 3_600).unwrap_or(moment("2025-09-21")?));
        self.steps.many("voters who change their ballot", &again, |_| {})
    }

    /// A paper for the whole city, one for the district; some voters fill in only one.
    fn papers(&self, lists: &Lists, digital: bool, district: usize) -> Result<Vec<(AreaId, Paper)>, Failure> {
        let channel = if digital { Channel::Digital } else { Channel::Paper };
        let only = self.below(100);
        let mut papers = Vec::new();
        for (place, left_out) in [(0, only < 8), (district, (8..18).contains(&only))] {
            let choices = lists.choose(&self.entropy, place);
            if !left_out && !choices.is_empty() {
                papers.push((self.area(place)?, Paper { channel, choices, points: None, unknown: Vec::new() }));
            }
        }
        Ok(papers)
    }

    fn count(&self) -> Result<(), Failure> {
        let officer = agent("presidence-du-bureau", Role::ReturningOfficer);
        self.steps.one("close the box", &officer, vec![Command::Campaign(CampaignCommand::CloseBallotBox)])?;
        let head =
            tokio::runtime::Handle::current().block_on(self.steps.executor.head_at_close(&self.steps.campaign))?;
        let (size, root) = head.ok_or_else(|| Failure::fault("DEMO", "the box isn't closed"))?;
        let public_value = "04 11 19 23 38 42".to_owned();
        let draw = CampaignCommand::DrawLot { size, root, public_value };
        self.steps.one("lot", &officer, vec![Command::Campaign(draw)])?;
        Ok(())
    }

    fn proclaim(&self, officer: &Actor) -> Result<Vec<ProjectId>, Failure> {
        self.steps.one("result", officer, vec![Command::Campaign(CampaignCommand::ProclaimResult)])?;
        let reader = self.steps.executor.store().reader();
        let head = crate::fold::log(&reader, &self.steps.campaign)?;
        let model = crate::fold::model(&reader, &head, |_| Ok(()))?;
        Ok(projections::results::winners(&model.area_results).cloned().collect())
    }

    /// A site or two for each winner, and how far each has come a year later.
    fn sites(&self, plans: &[Plan], winners: &[ProjectId]) -> Result<(), Failure> {
        let plans: BTreeMap<&ProjectId, &Plan> = plans.iter().map(|plan| (&plan.id, plan)).collect();
        let (mut openings, mut months) = (Vec::new(), BTreeMap::<u64, Vec<Step>>::new());
        for plan in winners.iter().filter_map(|winner| plans.get(winner)) {
            let count = 1 + u64::from(self.chance(25));
            for nth in 0..count {
                let site: SiteId = id(&self.entropy.uuid().to_string())?;
                let share = plan.cost.get() / i64::try_from(count).unwrap_or(1);
                let department = pick(&self.entropy, &self.city.departments).cloned();
                let pilot = agent("conduite-de-travaux", Role::DepartmentReferent);
                let opening = Opening {
                    project: plan.id.clone(),
                    title: Hidden::Disclosed(if count == 1 {
                        plan.title.clone()
                    } else {
                        format!("{} ({})", plan.title, nth + 1)
                    }),
                    area: self.area(plan.place)?,
                    department,
                    budget_cents: Cents::new(share).unwrap_or(Cents::ZERO),
                };
                let step = |name: &str, command| Step {
                    name: format!("{name} {site}"),
                    actor: pilot.clone(),
                    commands: vec![Command::Site(site.clone(), command)],
                };
                openings.push(step("site", site::Command::Open(Box::new(opening))));
                for (month, name, command) in self.life() {
                    months.entry(month).or_default().push(step(name, command));
                }
            }
        }
        self.steps.many("sites", &openings, |_| {})?;
        for (month, steps) in months {
            self.at(Timestamp::from_unix(
                start_of(Phase::Result)?.unix() + i64::try_from(month).unwrap_or(0) * 30 * 86_400,
            )
            .unwrap_or(start_of(Phase::Result)?));
            self.steps.many("site news", &steps, |_| {})?;
        }
        Ok(())
    }

    /// What happens to a site, by months after the result.
    fn life(&self) -> Vec<(u64, &'static str, site::Command)> {
        let month = |n: u64| -> Option<CalendarDate> {
            format!("{}-{:02}", 2025 + (9 + n) / 12, (9 + n) % 12 + 1).parse().ok()
        };
        let mut life = Vec::new();
        let delivery = 8 + self.below(20);
        life.extend(
            month(delivery)
                .map(|on| (1, "plan", site::Command::Plan { milestone: Milestone::Delivery, on, reason: None })),
        );
        let mut at = 1;
        for (milestone, name) in [Milestone::Studies, Milestone::Procedures, Milestone::Works, Milestone::Delivery]
            .into_iter()
            .zip(["studies", "procedures", "works", "delivery"])
        {
            at += 1 + self.below(5);
            if at > 11 {
                break;
            }
            life.push((at, name, site::Command::Reach { milestone, on: month(at) }));
        }
        if self.chance(20) {
            let reason = Some("Le sous-sol est encombré de réseaux : les études prennent plus de temps.".to_owned());
            life.extend(
                month(delivery + 6)
                    .filter(|_| at > 11)
                    .map(|on| (11, "slip", site::Command::Plan { milestone: Milestone::Delivery, on, reason })),
            );
        } else if at > 11 && self.chance(3) {
            let reason = "Le bâtiment doit être démoli : le projet ne peut plus s’y faire.".to_owned();
            life.push((12, "abandon", site::Command::Abandon { reason }));
        }
        life
    }
}

/// The ballot lists with cumulative appeals, to draw choices from.
struct Lists(Vec<Vec<(u64, u32)>>);

impl Lists {
    /// Numbers projects as the catalogue does: by area in the city's order, then by id.
    fn new(plans: &[Plan], places: usize) -> Self {
        let mut lists = vec![Vec::new(); places];
        let mut sorted: Vec<&Plan> = plans.iter().collect();
        sorted.sort_by(|a, b| (a.place, &a.id).cmp(&(b.place, &b.id)));
        for (number, plan) in (1_u32..).zip(sorted) {
            if let Some(list) = lists.get_mut(plan.place) {
                let before = list.last().map_or(0, |(sum, _): &(u64, u32)| *sum);
                list.push((before + plan.appeal, number));
            }
        }
        Self(lists)
    }

    /// One to four different projects of a place, the liked ones more often.
    fn choose(&self, entropy: &Entropy, place: usize) -> Vec<u32> {
        let list = self.0.get(place).map(Vec::as_slice).unwrap_or_default();
        let wanted = usize::try_from(4 - entropy.below(8).min(3)).unwrap_or(1).min(list.len());
        let all = list.last().map_or(0, |(sum, _)| *sum);
        let mut choices: Vec<u32> = Vec::with_capacity(wanted);
        while choices.len() < wanted {
            let drawn = entropy.below(all);
            let hit = list.partition_point(|(sum, _)| *sum <= drawn);
            if let Some((_, number)) = list.get(hit).filter(|(_, number)| !choices.contains(number)) {
                choices.push(*number);
            }
        }
        choices
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
