//! Owns a whole campaign made in memory: from its configuration to its sites, as a log and a bundle.
//!
//! Everything goes through the domain's own decisions, save what [`Log::forge`] writes: events that
//! no rule would let through, as the holder of the key could. Must not: read a clock or draw a
//! random number, so that each run gives the same bytes. Next: `verify.rs`.

#![allow(dead_code, reason = "each test binary uses its own part")]

use domain::campaign::Command as OfCampaign;
use domain::configuration::{
    Area, AreaKind, BallotBox, Configuration, FormLimits, InstructionRules, Named, Participation, Provenance, Rules,
};
use domain::phase::{Period, Phase};
use domain::project::{Command as OfProject, CostKind, CostLine, Formation, Opinion, Verdict};
use domain::proposal::{Command as OfProposal, Consents, Deposit, DepositorKind, Link, MergeKind, Point};
use domain::site::{Command as OfSite, Milestone, Opening};
use domain::{Actor, Cents, Command, Event, Hidden, Record, Role, StreamKind, Timestamp, World, ballot, event};
use projections::Model;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use tally::{BallotType, Channel, Rule, TallyRule, TieBreak};
use transparency::{BundleWriter, Checkpoint, Draft, Frontier, Hash, HiddenValue, Leaf, Origin, Signer};

/// Origin of the log.
pub const ORIGIN: &str = "parvis.example/t2024";
/// Code of the campaign.
pub const CODE: &str = "T2024";

/// A log as it is written.
#[derive(Clone, Debug)]
pub struct Log {
    /// Leaves and what is disclosed beside them.
    pub leaves: Vec<(String, Vec<HiddenValue>)>,
    /// The states of all streams.
    pub world: World,
    /// The read model.
    pub model: Model,
    origin: String,
    tree: Frontier,
    sequences: BTreeMap<String, u64>,
    now: i64,
    drawn: u64,
}

/// The key of the log.
pub fn key() -> Signer {
    Signer::from_seed(ORIGIN, [7; 32]).unwrap()
}

/// A key of the same name that isn't the city's.
pub fn stranger() -> Signer {
    Signer::from_seed(ORIGIN, [8; 32]).unwrap()
}

/// The policy that trusts a key and asks for no witness.
pub fn policy(signer: &Signer) -> String {
    format!("log {}\nquorum none\n", signer.verifier())
}

/// The actor of the campaign's own acts.
pub fn coordinator() -> Actor {
    Actor::new("agent-1", Role::Coordinator)
}

/// An id from text.
pub fn id<T: std::str::FromStr<Err = domain::InvalidId>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A voter's pseudonym.
pub fn voter(number: usize) -> String {
    format!("v{number:07}")
}

impl Log {
    fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            leaves: Vec::new(),
            world: World::default(),
            model: Model::default(),
            tree: Frontier::new(),
            sequences: BTreeMap::new(),
            now: 1_704_100_000,
            drawn: 0,
        }
    }

    /// Size and root of the log.
    pub fn head(&self) -> (u64, Hash) {
        (self.tree.size(), self.tree.root())
    }

    /// Size of the log.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Executes a command and writes its events.
    pub fn act(&mut self, actor: &Actor, command: Command) {
        let at = self.moment(actor);
        let events = self.world.execute(CODE, command, actor, at).unwrap();
        for (kind, id, event) in events {
            self.write(kind, &id, &event, actor, at);
        }
    }

    /// The log of what happened elsewhere: who did it, when, the id of the stream, and the event.
    pub fn retold(lines: impl IntoIterator<Item = (Actor, Timestamp, String, Event)>) -> Self {
        Self::retold_in(ORIGIN, lines)
    }

    /// The same, in a log of this name.
    pub fn retold_in(origin: &str, lines: impl IntoIterator<Item = (Actor, Timestamp, String, Event)>) -> Self {
        let mut log = Self::new(origin);
        for (actor, at, id, event) in lines {
            log.world.evolve(&id, &event).unwrap();
            log.write(event.kind(), &id, &event, &actor, at);
        }
        log
    }

    /// Writes an event whether it is lawful or not.
    pub fn forge(&mut self, actor: &Actor, id: &str, event: &Event) {
        let at = self.moment(actor);
        self.world.evolve(id, event).unwrap();
        self.write(event.kind(), id, event, actor, at);
    }

    fn moment(&mut self, actor: &Actor) -> Timestamp {
        self.now += 7;
        let now = Timestamp::from_unix(self.now).unwrap();
        if actor.role == Role::Citizen { now.to_minute() } else { now }
    }

    fn write(&mut self, kind: StreamKind, id: &str, event: &Event, actor: &Actor, at: Timestamp) {
        let stream = format!("{kind}/{id}");
        let sequence = self.sequences.entry(stream.clone()).or_default();
        *sequence += 1;
        let (event_type, data) = event.encode().unwrap();
        let (at, command_id) = (at.to_string(), format!("c{}", self.tree.size()));
        let origin = Origin { actor_id: &actor.id, actor_role: actor.role.code(), at: &at, command_id: &command_id };
        let drawn = &mut self.drawn;
        let mut nonce = || {
            *drawn += 1;
            Hash::of(&[b"nonce", &drawn.to_be_bytes()]).0
        };
        let draft = Draft::new(origin, &stream, &event_type, event::version_of(&event_type), data, &mut nonce).unwrap();
        let text = draft.seal(&self.origin, self.tree.size(), *sequence).unwrap();
        let leaf = Leaf::parse(&text).unwrap();
        let record = Record::read(&leaf, &text, &draft.hidden).unwrap();
        self.tree.push(record.leaf_hash);
        // A forged event may say what the read model refuses to show; the forger publishes all the same.
        let _ = self.model.apply(&record);
        self.leaves.push((text, draft.hidden));
    }

    /// The claims that follow from the log.
    pub fn claims(&self) -> String {
        transparency::to_canonical(&projections::claims(&self.model).unwrap()).unwrap()
    }

    /// The signed checkpoint.
    pub fn checkpoint(&self, signer: &Signer) -> String {
        Checkpoint { origin: self.origin.clone(), size: self.tree.size(), root: self.tree.root() }.sign(signer).unwrap()
    }

    /// The bundle, as the holder of this key publishes it.
    pub fn bundle(&self, signer: &Signer) -> Vec<u8> {
        let mut writer = BundleWriter::new(Vec::new());
        for (leaf, disclosed) in &self.leaves {
            writer.push(leaf, disclosed).unwrap();
        }
        let mut metadata = Map::new();
        metadata.insert("title".to_owned(), json!("A town's budget 2024"));
        writer.finish(&self.checkpoint(signer), &policy(signer), &self.claims(), &metadata, signer).unwrap()
    }

    /// Takes the hidden values of an event away, as an erasure does.
    pub fn redact(&mut self, position: usize) {
        self.leaves[position].1.clear();
    }

    /// Position of the first event of this type.
    pub fn position_of(&self, event_type: &str) -> usize {
        let mark = format!("\"type\":\"{event_type}\"");
        self.leaves.iter().position(|(leaf, _)| leaf.contains(&mark)).unwrap()
    }

    fn phase(&mut self, phase: Phase, open: bool) {
        let command = if open {
            OfCampaign::OpenPhase { phase, reason: None }
        } else {
            OfCampaign::ClosePhase { phase, reason: Some("By order of the council".to_owned()) }
        };
        self.act(&coordinator(), Command::Campaign(command));
    }
}

/// What happened in a log, to be told again in another.
pub fn retelling(log: &Log) -> Vec<(Actor, Timestamp, String, Event)> {
    let read = |(text, hidden): &(String, Vec<HiddenValue>)| {
        let record = Record::read(&Leaf::parse(text).unwrap(), text, hidden).unwrap();
        (record.actor, record.at, record.id, record.event)
    };
    log.leaves.iter().map(read).collect()
}

/// The whole campaign, with its result proclaimed and a site under way.
pub fn campaign(voters: usize) -> Log {
    let mut log = voted(voters);
    close(&mut log);
    proclaim(&mut log);
    log
}

/// The campaign up to the last ballot; the vote is still open.
pub fn voted(voters: usize) -> Log {
    let mut log = Log::new(ORIGIN);
    let agent = coordinator();
    log.act(&agent, Command::Campaign(OfCampaign::Configure(Box::new(configuration()))));
    log.phase(Phase::Ideation, true);
    for number in 1..=14 {
        let citizen = Actor::new(format!("u{number}"), Role::Citizen);
        let proposal = id(&format!("d{number}"));
        log.act(&citizen, Command::Proposal(proposal, OfProposal::Deposit(Box::new(deposit(number)))));
    }
    let author = Actor::new("u14", Role::Citizen);
    let reason = Some("Already done by the city".to_owned());
    log.act(&author, Command::Proposal(id("d14"), OfProposal::Withdraw { reason }));
    log.phase(Phase::Ideation, false);
    log.phase(Phase::CoConstruction, true);
    for number in 1..=12 {
        form(&mut log, number);
    }
    log.phase(Phase::CoConstruction, false);
    log.phase(Phase::PreSubmit, true);
    for number in 1..=12 {
        let decision = if number == 12 {
            OfProject::Refuse { reason: "The ground belongs to the railways".to_owned() }
        } else {
            OfProject::Admit { cost_cents: None, withdrawn: false, reason: None }
        };
        log.act(&agent, Command::Project(id(&format!("p{number}")), decision));
    }
    log.phase(Phase::PreSubmit, false);
    log.act(&agent, Command::Campaign(OfCampaign::PublishCatalogue));
    log.phase(Phase::Vote, true);
    for number in 0..voters {
        cast(&mut log, number);
    }
    log
}

/// Closes vote and box, and draws the lot.
pub fn close(log: &mut Log) {
    log.phase(Phase::Vote, false);
    let officer = Actor::new("officer-1", Role::ReturningOfficer);
    log.act(&officer, Command::Campaign(OfCampaign::CloseBallotBox));
    let draw = OfCampaign::DrawLot { size: log.size(), root: log.tree.root(), public_value: "31 7 12".to_owned() };
    log.act(&officer, Command::Campaign(draw));
}

/// Proclaims the result and opens a site.
pub fn proclaim(log: &mut Log) {
    let officer = Actor::new("officer-1", Role::ReturningOfficer);
    log.act(&officer, Command::Campaign(OfCampaign::ProclaimResult));
    log.phase(Phase::Result, true);
    let winner = log.world.campaign.winners.as_ref().unwrap().first().unwrap().clone();
    let area = log.world.projects[&winner].formation.as_ref().unwrap().area.clone();
    let agent = coordinator();
    let site = id("s1");
    let opening = Opening {
        project: winner,
        title: "First trees".to_owned().into(),
        area,
        department: Some(id("parks")),
        budget_cents: Cents::from_units(5_000).unwrap(),
        place: None,
        financing: None,
        contractors: Vec::new(),
        split_from: None,
    };
    for command in [
        OfSite::Open(Box::new(opening)),
        OfSite::Plan { milestone: Milestone::Works, on: "2024-11".parse().unwrap(), reason: None },
        OfSite::Plan { milestone: Milestone::Works, on: "2025-02".parse().unwrap(), reason: Some("Frost".to_owned()) },
        OfSite::Reach { milestone: Milestone::Studies, on: Some("2024-10-02".parse().unwrap()) },
    ] {
        log.act(&agent, Command::Site(domain::SiteId::clone(&site), command));
    }
}

fn deposit(number: usize) -> Deposit {
    Deposit {
        reference: format!("T-{number:06}"),
        author: format!("u{number}"),
        title: format!("Des arbres pour la rue numéro {number}").into(),
        description: "Planter des arbres, ouvrir le sol, et s’asseoir à l’ombre. ".repeat(3).into(),
        author_name: format!("Habitante {number}").into(),
        depositor: DepositorKind::Individual,
        theme: id("nature"),
        area: id(if number.is_multiple_of(2) { "city" } else { "north" }),
        point: Some(Point { latitude_e6: 48_856_613, longitude_e6: 2_352_222 }),
        accessible: number.is_multiple_of(3),
        accessibility: number.is_multiple_of(3).then(|| "Bancs avec accoudoirs".to_owned().into()),
        estimate_cents: Cents::from_units(30_000),
        complement: None,
        address: None,
        neighbourhood: None,
        running_cents: None,
        earlier: None,
        attachments: Vec::new(),
        consents: Consents::default(),
    }
}

fn form(log: &mut Log, number: usize) {
    let agent = coordinator();
    let project: domain::ProjectId = id(&format!("p{number}"));
    let proposals: Vec<domain::ProposalId> =
        if number == 1 { vec![id("d1"), id("d13")] } else { vec![id(&format!("d{number}"))] };
    let kind = if proposals.len() > 1 { MergeKind::Grouping } else { MergeKind::Single };
    let formation = Formation {
        reference: format!("A{number}"),
        title: format!("Rue plantée {number}").into(),
        description: None,
        area: id(if number.is_multiple_of(2) { "city" } else { "north" }),
        theme: Some(id("nature")),
        point: None,
        priority_neighbourhood: number.is_multiple_of(4),
        kind,
        proposals: proposals.clone(),
        selected: None,
        workshops: Vec::new(),
        part_of: None,
    };
    log.act(&agent, Command::Project(project.clone(), OfProject::Form(Box::new(formation))));
    for proposal in proposals {
        log.act(&agent, Command::Proposal(proposal, OfProposal::Merge(Link::plain(project.clone(), kind))));
    }
    let units = 10_000 + 2_500 * i64::try_from(number % 4).unwrap();
    let verdict = Verdict {
        department: id("parks"),
        opinion: if number == 12 { Opinion::Unfavourable } else { Opinion::Favourable },
        reasons: "Feasible within two years".to_owned().into(),
        lines: vec![CostLine { kind: CostKind::Investment, cents: Cents::from_units(units).unwrap() }],
        yearly_cents: Cents::from_units(200).unwrap(),
        criteria: Vec::new(),
        conditions: None,
        commitment_needed: false,
    };
    let referent = Actor::new("agent-2", Role::DepartmentReferent);
    log.act(&referent, Command::Project(project, OfProject::GiveVerdict(Box::new(verdict))));
}

/// A voter's paper: up to three projects of the area, by a rule that spreads the votes.
pub fn paper(log: &Log, area: &str, number: usize, channel: Channel) -> ballot::Paper {
    let list = log.world.campaign.ballot_list(&id(area));
    let mut choices: Vec<u32> = (0..=number % 3).map(|i| list[(number * 7 + i * i + i) % list.len()].number).collect();
    choices.sort_unstable();
    choices.dedup();
    ballot::Paper { channel, choices, points: None, unknown: Vec::new() }
}

fn cast(log: &mut Log, number: usize) {
    let name = voter(number);
    // Every third voter comes to the polling place.
    let on_paper = number % 3 == 2;
    let actor = if on_paper { Actor::new("officer-2", Role::PollingOfficer) } else { Actor::new(&name, Role::Citizen) };
    let channel = if on_paper { Channel::Paper } else { Channel::Digital };
    let papers = ["city", "north"].map(|area| (id(area), paper(log, area, number, channel)));
    log.act(&actor, Command::Ballot(id(&name), ballot::Command::Cast(papers.to_vec())));
    if number % 50 == 10 {
        let again = vec![(id("city"), paper(log, "city", number + 1, channel))];
        log.act(&actor, Command::Ballot(id(&name), ballot::Command::Cast(again)));
    }
    if number % 50 == 11 {
        log.act(&actor, Command::Ballot(id(&name), ballot::Command::Cancel { area: id("north") }));
    }
}

fn configuration() -> Configuration {
    let area = |name: &str, kind, units| Area {
        id: id(name),
        kind,
        name: name.to_uppercase().into(),
        envelope_cents: Cents::from_units(units).unwrap(),
        population: Some(10_000),
        ballot: BallotType::Approval { min: 0, max: 3 },
        postcodes: Vec::new(),
    };
    let phases = [Phase::Ideation, Phase::CoConstruction, Phase::PreSubmit, Phase::Vote, Phase::Result];
    let day = |number: i64| Timestamp::from_unix(1_704_067_200 + 86_400 * number).unwrap();
    let period = |(number, phase): (i64, Phase)| Period { phase, start: day(number), end: day(number + 1) };
    Configuration {
        code: CODE.to_owned(),
        title: "Budget participatif 2024".to_owned().into(),
        territory: "Une ville".to_owned().into(),
        year: 2024,
        currency: "EUR".to_owned(),
        provenance: Provenance::Native,
        source: None,
        areas: vec![area("city", AreaKind::WholeCity, 40_000), area("north", AreaKind::District, 30_000)],
        themes: vec![Named { id: id("nature"), name: Hidden::Disclosed("Nature en ville".to_owned()) }],
        departments: vec![Named { id: id("parks"), name: Hidden::Disclosed("Espaces verts".to_owned()) }],
        calendar: (0..).zip(phases).map(period).collect(),
        gaps_confirmed: true,
        form: FormLimits { title_min: 5, title_max: 60, description_min: 20, description_max: 2_000 },
        participation: Participation::default(),
        instruction: InstructionRules::default(),
        rules: Rules {
            ballot_box: BallotBox::Open,
            sealed: None,
            audited_places: None,
            tally: TallyRule {
                rule: Rule::Greedy,
                min_score: None,
                tie_break: vec![TieBreak::LowerCost, TieBreak::Lot],
                around: tally::Around::default(),
            },
        },
    }
}
