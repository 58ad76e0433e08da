//! `parvis import paris-winners`: the City of Paris's open data of winning projects.
//!
//! One campaign per edition, recorded (the ballots aren't published), with a site per winner and its
//! stages. Owns what a row becomes in a log that has nothing yet. The file and its traps:
//! `import_paris_rows.rs`; a newer file against a campaign that is there: `import_paris_changes.rs`.

use crate::failure::Failure;
use crate::import_pabulib::{phase_step, rehearse};
use crate::import_paris_changes;
use crate::import_paris_rows::{Winner, read};
use crate::steps::{Step, Steps};
use domain::campaign::{AreaResult, Command as CampaignCommand};
use domain::configuration::{
    Area, AreaKind, BallotBox, Configuration, FormLimits, InstructionRules, Named, Participation, Provenance, Rules,
};
use domain::phase::{Period, Phase};
use domain::project::Formation;
use domain::proposal::MergeKind;
use domain::site::{Milestone, Opening};
use domain::{Actor, AreaId, Cents, Command, DepartmentId, Hidden, InvalidId, ProjectId, Role, SiteId, ThemeId};
use domain::{project, site};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use tally::pabulib::Anomaly;
use tally::{BallotType, Rule, TallyRule};
use transparency::Hash;

/// What the source of a campaign from this file begins with; the file's SHA-256 follows.
pub(crate) const SOURCE: &str = "Ville de Paris, données ouvertes, ODbL, SHA-256 ";

/// Why a site was given up: the file has a word for it and no reason.
pub(crate) const ABANDONED: &str =
    "Abandonné selon les données ouvertes de la Ville de Paris, qui n’en publient pas la raison.";

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The file.
    pub file: String,
    /// One line per edition.
    pub campaigns: Vec<Edition>,
    /// Winning projects.
    pub projects: usize,
    /// Cents they were given together.
    pub budget: i64,
    /// Projects in priority neighbourhoods.
    pub priority_neighbourhood: usize,
    /// How many stand at each stage, as published.
    pub stages: BTreeMap<String, usize>,
    /// What is odd, by line.
    pub anomalies: Vec<Anomaly>,
}

/// One edition as a campaign.
#[derive(Debug, Serialize)]
pub struct Edition {
    /// The campaign's code.
    pub campaign: String,
    /// Winning projects.
    pub projects: usize,
    /// Cents they were given together.
    pub budget: i64,
    /// What this file changed in a campaign that was there: events by type. Empty when nothing had to be
    /// written, and for a campaign that is new.
    pub changes: BTreeMap<String, usize>,
}

/// Imports one file: `steps_of` gives what writes the campaign of an edition. Blocks.
///
/// A campaign that an earlier file began gets what this one changed, and nothing when that is nothing.
/// Everything that can be refused is refused before the first event is written.
///
/// # Errors
/// Those of [`read`], `CAMPAIGN_EXISTS`, `IMPORT_UNFINISHED`, and the [`Failure`] of a command.
pub fn import(
    path: &Path,
    origin_of: impl Fn(&str) -> String,
    steps_of: impl Fn(&str) -> Steps,
) -> Result<Summary, Failure> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Failure::from(error).at(&file))?;
    let (winners, mut anomalies) = read(&bytes).map_err(|error| error.at(&file))?;
    let mut editions: BTreeMap<u16, Vec<&Winner>> = BTreeMap::new();
    for winner in &winners {
        editions.entry(winner.year).or_default().push(winner);
    }
    let source = format!("{SOURCE}{}", Hash::of(&[&bytes]));
    let mut prepared = Vec::new();
    for (year, winners) in editions {
        let steps = steps_of(&format!("paris-{year}"));
        prepared.push(prepare(steps, year, winners, &source).map_err(|failure| failure.at(&file))?);
    }
    let mut campaigns = Vec::new();
    for prepared in prepared {
        campaigns.push(write(prepared, &origin_of, &source, &mut anomalies)?);
    }
    let mut stages = BTreeMap::new();
    for winner in &winners {
        *stages.entry(winner.stage.clone()).or_default() += 1;
    }
    Ok(Summary {
        file,
        campaigns,
        projects: winners.len(),
        budget: sum(&winners)?.get(),
        priority_neighbourhood: winners.iter().filter(|winner| winner.priority_neighbourhood).count(),
        stages,
        anomalies,
    })
}

/// An edition of which nothing is written yet by this run.
struct Prepared<'a> {
    steps: Steps,
    winners: Vec<&'a Winner>,
    /// Where this file begins the campaign, or began it: its configuration and every step.
    script: Option<(Configuration, Script)>,
}

/// The steps of a new campaign, part by part.
type Script = Vec<(&'static str, Vec<Step>)>;

fn prepare<'a>(steps: Steps, year: u16, winners: Vec<&'a Winner>, source: &str) -> Result<Prepared<'a>, Failure> {
    let present = import_paris_changes::present(&steps)?;
    if let Some(present) = present.filter(|present| present.source() != Some(source)) {
        present.require_whole(&steps.campaign)?;
        return Ok(Prepared { steps, winners, script: None });
    }
    let configuration = configuration(&steps.campaign, year, &winners, source)?;
    let script = script(&winners)?;
    let first = [Step {
        name: "configure".to_owned(),
        actor: system(),
        commands: vec![Command::Campaign(CampaignCommand::Configure(Box::new(configuration.clone())))],
    }];
    rehearse(&steps, first.iter().chain(script.iter().flat_map(|(_, part)| part)))?;
    Ok(Prepared { steps, winners, script: Some((configuration, script)) })
}

fn write(
    prepared: Prepared<'_>,
    origin_of: &impl Fn(&str) -> String,
    source: &str,
    anomalies: &mut Vec<Anomaly>,
) -> Result<Edition, Failure> {
    let Prepared { steps, winners, script } = prepared;
    if let Some((configuration, script)) = script {
        steps.open(&origin_of(&steps.campaign), configuration, system())?;
        for (label, part) in script {
            steps.many(label, &part, |_| {})?;
        }
    }
    // A campaign of this very file may have had a newer one since: then it goes back to this one.
    let present = import_paris_changes::present(&steps)?;
    let present = present.ok_or_else(|| Failure::fault("NO_ANSWER", "the campaign that was written isn't there"))?;
    let mut found = import_paris_changes::changes(present, &steps, &winners, source)?;
    steps.many("changes", &found.steps, |_| {})?;
    anomalies.append(&mut found.anomalies);
    Ok(Edition {
        projects: winners.len(),
        budget: sum(winners.iter().copied())?.get(),
        campaign: steps.campaign,
        changes: found.events,
    })
}

fn sum<'a>(winners: impl IntoIterator<Item = &'a Winner>) -> Result<Cents, Failure> {
    let total = Cents::sum(winners.into_iter().map(|winner| winner.budget));
    total.ok_or_else(|| Failure::refused("AMOUNT_OUT_OF_RANGE", "the budgets together are too large"))
}

pub(crate) fn id<T: std::str::FromStr<Err = InvalidId>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: InvalidId| Failure::refused("ID", error.to_string()))
}

/// A name as an id: eight digits of its SHA-256, since names change in spelling only by mistake.
fn named<T: std::str::FromStr<Err = InvalidId>>(name: &str) -> Result<T, Failure> {
    let digits: String = Hash::of(&[name.as_bytes()]).to_string().chars().take(8).collect();
    id(&digits)
}

fn area(winner: &Winner) -> Result<AreaId, Failure> {
    id(if winner.whole_city { "paris" } else { &winner.district })
}

/// Who imports.
pub(crate) fn system() -> Actor {
    Actor::new("parvis-import", Role::System)
}

fn script(winners: &[&Winner]) -> Result<Script, Failure> {
    let system = system();
    let (mut projects, mut sites) = (Vec::new(), Vec::new());
    for winner in winners {
        projects.push(project_step(winner, &system)?);
        sites.push(site_step(winner, &system)?);
    }
    let result = Command::Campaign(CampaignCommand::RecordResult { areas: result(winners)? });
    let result = Step { name: "result".to_owned(), actor: system.clone(), commands: vec![result] };
    let opening = phase_step(&system, Phase::Result, true);
    Ok(vec![("projects", projects), ("result", vec![result]), ("result", vec![opening]), ("sites", sites)])
}

fn configuration(code: &str, year: u16, winners: &[&Winner], source: &str) -> Result<Configuration, Failure> {
    let mut areas: BTreeMap<AreaId, (bool, Vec<&Winner>)> = BTreeMap::new();
    let (mut themes, mut departments) = (BTreeMap::new(), BTreeMap::new());
    for winner in winners {
        areas.entry(area(winner)?).or_insert_with(|| (winner.whole_city, Vec::new())).1.push(winner);
        themes.insert(winner.theme.clone(), named::<ThemeId>(&winner.theme)?);
        if !winner.department.is_empty() {
            departments.insert(winner.department.clone(), named::<DepartmentId>(&winner.department)?);
        }
    }
    let mut configured = Vec::new();
    for (id, (whole_city, winners)) in areas {
        configured.push(Area {
            name: Hidden::Disclosed(name_of(&id)),
            id,
            kind: if whole_city { AreaKind::WholeCity } else { AreaKind::District },
            // Envelopes aren't in the data: what the winners were given is the least they were.
            envelope_cents: sum(winners)?,
            population: None,
            ballot: BallotType::Approval { min: 0, max: 5 },
            postcodes: Vec::new(),
        });
    }
    let moment = |text: String| text.parse().map_err(|_| Failure::refused("DATE", format!("{text} is out of range")));
    Ok(Configuration {
        code: code.to_owned(),
        title: Hidden::Disclosed(format!("Budget participatif de Paris {year}")),
        territory: Hidden::Disclosed("Paris".to_owned()),
        year,
        currency: "EUR".to_owned(),
        provenance: Provenance::Imported,
        source: Some(Hidden::Disclosed(source.to_owned())),
        areas: configured,
        themes: themes.into_iter().map(|(name, id)| Named { id, name: Hidden::Disclosed(name) }).collect(),
        departments: departments.into_iter().map(|(name, id)| Named { id, name: Hidden::Disclosed(name) }).collect(),
        calendar: vec![Period {
            phase: Phase::Result,
            start: moment(format!("{year}-10-01T00:00:00Z"))?,
            end: moment(format!("{}-10-01T00:00:00Z", year.saturating_add(1)))?,
        }],
        gaps_confirmed: true,
        form: FormLimits::default(),
        participation: Participation::default(),
        instruction: InstructionRules::default(),
        rules: Rules {
            ballot_box: BallotBox::Open,
            sealed: None,
            audited_places: None,
            tally: TallyRule {
                rule: Rule::Greedy,
                min_score: None,
                tie_break: Vec::new(),
                around: tally::Around::default(),
            },
        },
    })
}

fn name_of(area: &AreaId) -> String {
    match area.as_str() {
        "paris" => "Tout Paris".to_owned(),
        "75123" => "Paris Centre".to_owned(),
        "75001" => "Paris 1er".to_owned(),
        district => format!("Paris {}e", district.trim_start_matches("750").trim_start_matches('0')),
    }
}

fn project_step(winner: &Winner, actor: &Actor) -> Result<Step, Failure> {
    let id: ProjectId = id(&winner.id)?;
    let formation = Formation {
        reference: winner.id.clone(),
        title: Hidden::Disclosed(winner.title.clone()),
        description: None,
        area: area(winner)?,
        theme: Some(named(&winner.theme)?),
        point: None,
        priority_neighbourhood: winner.priority_neighbourhood,
        kind: MergeKind::Single,
        proposals: Vec::new(),
        selected: Some(1),
        workshops: Vec::new(),
        part_of: None,
    };
    let admit = project::Command::Admit { cost_cents: Some(winner.budget), withdrawn: false, reason: None };
    let commands =
        vec![Command::Project(id.clone(), project::Command::Form(Box::new(formation))), Command::Project(id, admit)];
    Ok(Step { name: format!("project {}", winner.id), actor: actor.clone(), commands })
}

fn result(winners: &[&Winner]) -> Result<Vec<AreaResult>, Failure> {
    let mut areas: BTreeMap<AreaId, Vec<&Winner>> = BTreeMap::new();
    for winner in winners {
        areas.entry(area(winner)?).or_default().push(winner);
    }
    let mut results = Vec::new();
    for (area, winners) in areas {
        let spent_cents = sum(winners.iter().copied())?;
        let winners = winners.iter().map(|winner| id(&winner.id)).collect::<Result<_, _>>()?;
        results.push(AreaResult { area, winners, spent_cents, counted: 0, invalid: 0, received: Vec::new() });
    }
    Ok(results)
}

/// The stages that the published one implies. A stage without a date is only told where it is the
/// present one; a delivery date is a plan until the opening is published.
pub(crate) fn site_step(winner: &Winner, actor: &Actor) -> Result<Step, Failure> {
    let id: SiteId = id(&winner.id)?;
    let title = Hidden::Disclosed(winner.title.clone());
    let opening = Opening {
        department: match winner.department.as_str() {
            "" => None,
            name => Some(named(name)?),
        },
        ..Opening::new(self::id(&winner.id)?, title, area(winner)?, winner.budget)
    };
    let mut commands = vec![site::Command::Open(Box::new(opening))];
    let present = match winner.stage.as_str() {
        "ETUDES" => Some(Milestone::Studies),
        "PROCEDURES" => Some(Milestone::Procedures),
        "TRAVAUX" => Some(Milestone::Works),
        "LIVRAISON" => Some(Milestone::Delivery),
        "FIN" => Some(Milestone::Done),
        _ => None,
    };
    let abandoned = winner.stage == "ABANDONNÉ";
    let [studies, procedures, works, delivery, opened] = winner.dates;
    if let Some(on) = delivery {
        commands.push(site::Command::Plan { milestone: Milestone::Delivery, on, reason: None });
    }
    let dated = [studies, procedures, works, opened];
    let stages = [Milestone::Studies, Milestone::Procedures, Milestone::Works, Milestone::Delivery];
    for (milestone, on) in stages.into_iter().zip(dated) {
        let reached = present.is_some_and(|present| milestone <= present) || (abandoned && on.is_some());
        let reason =
            || (milestone == Milestone::Delivery && delivery.is_some()).then(|| "date d’ouverture publiée".to_owned());
        match (reached, on) {
            (true, Some(_)) => commands.push(site::Command::Reach { milestone, on }),
            (true, None) if present == Some(milestone) => commands.push(site::Command::Reach { milestone, on: None }),
            (true, None) | (false, None) => {}
            (false, Some(on)) => commands.push(site::Command::Plan { milestone, on, reason: reason() }),
        }
    }
    if present == Some(Milestone::Done) {
        commands.push(site::Command::Reach { milestone: Milestone::Done, on: None });
    }
    if abandoned {
        commands.push(site::Command::Abandon { reason: ABANDONED.to_owned() });
    }
    let commands = commands.into_iter().map(|command| Command::Site(id.clone(), command)).collect();
    Ok(Step { name: format!("site {}", winner.id), actor: actor.clone(), commands })
}
