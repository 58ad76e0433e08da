//! A small city: two districts and the whole, two departments, the full calendar, and its people.

use domain::ballot::{self, Paper};
use domain::campaign;
use domain::configuration::{
    Area, AreaKind, BallotBox, Configuration, FormLimits, InstructionRules, Named, Participation, Provenance, Rules,
};
use domain::phase::{Period, Phase};
use domain::project::{self, CostKind, CostLine, Formation, Opinion, Verdict};
use domain::proposal::{self, Consents, Deposit, DepositorKind, Link, MergeKind, Point};
use domain::site::{self, Milestone, Opening};
use domain::{Actor, Cents, Command, Hidden, Role, Timestamp};
use std::fmt::Debug;
use std::str::FromStr;
use tally::{BallotType, Channel, Rule, TallyRule, TieBreak};

/// The code of the sample campaign.
pub(crate) const CODE: &str = "T2026";

pub(crate) fn id<Id: FromStr<Err: Debug>>(text: &str) -> Id {
    text.parse().unwrap()
}

/// Whole units of the currency.
pub(crate) fn euros(units: i64) -> Cents {
    Cents::from_units(units).unwrap()
}

pub(crate) fn hidden(text: &str) -> Hidden<String> {
    Hidden::Disclosed(text.into())
}

/// The first moment of the n-th month of 2026.
pub(crate) fn month(n: usize) -> Timestamp {
    let text = if n < 12 { format!("2026-{:02}-01T00:00:00Z", n + 1) } else { "2027-01-01T00:00:00Z".into() };
    text.parse().unwrap()
}

pub(crate) fn actor(id: &str, role: Role) -> Actor {
    Actor::new(id, role)
}

pub(crate) fn citizen(id: &str) -> Actor {
    actor(id, Role::Citizen)
}

pub(crate) fn coordinator() -> Actor {
    actor("agent-1", Role::Coordinator)
}

pub(crate) fn referent() -> Actor {
    actor("agent-2", Role::DepartmentReferent)
}

pub(crate) fn polling() -> Actor {
    actor("agent-3", Role::PollingOfficer)
}

pub(crate) fn returning() -> Actor {
    actor("agent-4", Role::ReturningOfficer)
}

pub(crate) fn system() -> Actor {
    actor("parvis", Role::System)
}

/// The campaign as it is configured; native, every phase a month long.
pub(crate) fn configuration() -> Configuration {
    let area = |area: &str, kind, units| Area {
        id: id(area),
        kind,
        name: hidden(&format!("Area {area}")),
        envelope_cents: euros(units),
        population: Some(20_000),
        ballot: BallotType::Approval { min: 1, max: 2 },
        postcodes: Vec::new(),
    };
    let period = |(n, phase): (usize, &Phase)| Period { phase: *phase, start: month(n), end: month(n + 1) };
    Configuration {
        code: CODE.into(),
        title: hidden("Budget 2026"),
        territory: hidden("Bourg"),
        year: 2026,
        currency: "EUR".into(),
        provenance: Provenance::Native,
        source: None,
        areas: vec![
            area("ALL", AreaKind::WholeCity, 100_000),
            area("D1", AreaKind::District, 50_000),
            area("D2", AreaKind::District, 30_000),
        ],
        themes: ["GREEN", "STREETS"].map(|t| Named { id: id(t), name: hidden(t) }).into(),
        departments: ["PARKS", "ROADS"].map(|d| Named { id: id(d), name: hidden(d) }).into(),
        calendar: Phase::ALL.iter().enumerate().map(period).collect(),
        gaps_confirmed: false,
        form: FormLimits { title_min: 3, title_max: 60, description_min: 5, description_max: 200 },
        participation: Participation::default(),
        instruction: InstructionRules::default(),
        rules: Rules {
            ballot_box: BallotBox::Open,
            sealed: None,
            tally: TallyRule {
                rule: Rule::Greedy,
                min_score: None,
                tie_break: vec![TieBreak::MoreSupporters, TieBreak::Lot],
                around: tally::Around::default(),
            },
        },
    }
}

/// The same city, taken from published data.
pub(crate) fn imported() -> Configuration {
    let source = Some(hidden("published on paper"));
    Configuration { provenance: Provenance::Imported, source, ..configuration() }
}

pub(crate) fn deposit_of(author: &str) -> Deposit {
    Deposit {
        reference: format!("P-{author}"),
        author: author.into(),
        title: hidden("Une fontaine à l’école"),
        description: hidden("De l’eau fraîche pour les enfants."),
        author_name: hidden("Camille"),
        depositor: DepositorKind::Individual,
        theme: id("GREEN"),
        area: id("D1"),
        point: Some(Point { latitude_e6: 48_856_613, longitude_e6: 2_352_222 }),
        accessible: true,
        accessibility: Some(hidden("Un accès de plain-pied")),
        estimate_cents: Some(euros(5_000)),
        complement: None,
        address: None,
        neighbourhood: None,
        running_cents: None,
        earlier: None,
        attachments: Vec::new(),
        consents: Consents::default(),
    }
}

pub(crate) fn deposit(proposal: &str, author: &str) -> Command {
    Command::Proposal(id(proposal), proposal::Command::Deposit(Box::new(deposit_of(author))))
}

pub(crate) fn withdraw(proposal: &str) -> Command {
    Command::Proposal(id(proposal), proposal::Command::Withdraw { reason: Some("Une meilleure idée".into()) })
}

pub(crate) fn merge(proposal: &str, project: &str) -> Command {
    let kind = MergeKind::CoConstruction;
    Command::Proposal(id(proposal), proposal::Command::Merge(Link::plain(id(project), kind)))
}

pub(crate) fn formation(reference: &str, area: &str, proposals: &[&str]) -> Formation {
    Formation {
        reference: reference.into(),
        title: hidden("De l’eau pour tous"),
        description: Some(hidden("Trois fontaines.")),
        area: id(area),
        theme: Some(id("GREEN")),
        point: Some(Point { latitude_e6: -1, longitude_e6: 180_000_000 }),
        priority_neighbourhood: true,
        kind: MergeKind::CoConstruction,
        proposals: proposals.iter().map(|p| id(p)).collect(),
        selected: None,
        workshops: Vec::new(),
        part_of: None,
    }
}

pub(crate) fn form(project: &str, area: &str, proposals: &[&str]) -> Command {
    form_as(project, formation(&format!("R-{project}"), area, proposals))
}

pub(crate) fn form_as(project: &str, formation: Formation) -> Command {
    Command::Project(id(project), project::Command::Form(Box::new(formation)))
}

pub(crate) fn verdict_of(department: &str, opinion: Opinion, units: &[i64]) -> Verdict {
    let line = |units: &i64| CostLine { kind: CostKind::Investment, cents: euros(*units) };
    Verdict {
        department: id(department),
        opinion,
        reasons: hidden("C’est faisable."),
        lines: units.iter().map(line).collect(),
        yearly_cents: euros(100),
        criteria: Vec::new(),
        conditions: None,
        commitment_needed: false,
    }
}

pub(crate) fn verdict(project: &str, department: &str, units: &[i64]) -> Command {
    verdict_as(project, verdict_of(department, Opinion::Favourable, units))
}

pub(crate) fn verdict_as(project: &str, verdict: Verdict) -> Command {
    Command::Project(id(project), project::Command::GiveVerdict(Box::new(verdict)))
}

pub(crate) fn admit(project: &str) -> Command {
    let reason = Some("Avis favorable de la commission".into());
    Command::Project(id(project), project::Command::Admit { cost_cents: None, withdrawn: false, reason })
}

pub(crate) fn admit_for(project: &str, units: i64, withdrawn: bool) -> Command {
    let cost_cents = Some(euros(units));
    Command::Project(id(project), project::Command::Admit { cost_cents, withdrawn, reason: None })
}

pub(crate) fn refuse(project: &str) -> Command {
    Command::Project(id(project), project::Command::Refuse { reason: "Hors compétence".into() })
}

pub(crate) fn paper(choices: &[u32]) -> Paper {
    Paper { channel: Channel::Digital, choices: choices.into(), points: None, unknown: vec![] }
}

pub(crate) fn on_paper(choices: &[u32]) -> Paper {
    Paper { channel: Channel::Paper, ..paper(choices) }
}

pub(crate) fn cast(voter: &str, papers: &[(&str, Paper)]) -> Command {
    let papers = papers.iter().map(|(area, paper)| (id(area), paper.clone())).collect();
    Command::Ballot(id(voter), ballot::Command::Cast(papers))
}

pub(crate) fn cancel(voter: &str, area: &str) -> Command {
    Command::Ballot(id(voter), ballot::Command::Cancel { area: id(area) })
}

pub(crate) fn configure(configuration: Configuration) -> Command {
    Command::Campaign(campaign::Command::Configure(Box::new(configuration)))
}

pub(crate) fn open(phase: Phase) -> Command {
    Command::Campaign(campaign::Command::OpenPhase { phase, reason: None })
}

pub(crate) fn close(phase: Phase) -> Command {
    Command::Campaign(campaign::Command::ClosePhase { phase, reason: None })
}

pub(crate) fn close_because(phase: Phase, reason: &str) -> Command {
    Command::Campaign(campaign::Command::ClosePhase { phase, reason: Some(reason.into()) })
}

pub(crate) fn publish() -> Command {
    Command::Campaign(campaign::Command::PublishCatalogue)
}

pub(crate) fn close_box() -> Command {
    Command::Campaign(campaign::Command::CloseBallotBox)
}

pub(crate) fn draw(public_value: &str) -> Command {
    let root = transparency::Hash::of(&[b"root"]);
    Command::Campaign(campaign::Command::DrawLot { size: 60, root, public_value: public_value.into() })
}

pub(crate) fn proclaim() -> Command {
    Command::Campaign(campaign::Command::ProclaimResult)
}

pub(crate) fn opening(project: &str, area: &str) -> Opening {
    Opening {
        project: id(project),
        title: hidden("Fontaine de la place"),
        area: id(area),
        department: Some(id("PARKS")),
        budget_cents: euros(20_000),
        place: None,
        financing: None,
        contractors: Vec::new(),
        split_from: None,
    }
}

pub(crate) fn open_site(site: &str, project: &str, area: &str) -> Command {
    Command::Site(id(site), site::Command::Open(Box::new(opening(project, area))))
}

pub(crate) fn plan(site: &str, milestone: Milestone, on: &str, reason: Option<&str>) -> Command {
    let reason = reason.map(str::to_owned);
    Command::Site(id(site), site::Command::Plan { milestone, on: on.parse().unwrap(), reason })
}

pub(crate) fn reach(site: &str, milestone: Milestone, on: Option<&str>) -> Command {
    Command::Site(id(site), site::Command::Reach { milestone, on: on.map(|on| on.parse().unwrap()) })
}

pub(crate) fn abandon(site: &str) -> Command {
    Command::Site(id(site), site::Command::Abandon { reason: "Le sol est pollué".into() })
}
