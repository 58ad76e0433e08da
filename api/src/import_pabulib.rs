//! `parvis import pabulib`: a real election as a campaign, ballots as they were cast.

use crate::failure::Failure;
use crate::fold;
use crate::steps::{Step, Steps};
use crate::typed::nfc;
use domain::ballot::Paper;
use domain::campaign::Command as CampaignCommand;
use domain::configuration::{
    Area, AreaKind, BallotBox, Configuration, FormLimits, InstructionRules, Participation, Provenance, Rules,
};
use domain::phase::{Period, Phase};
use domain::project::Formation;
use domain::proposal::{MergeKind, Point};
use domain::{Actor, AreaId, Command, Hidden, ProjectId, Role, Timestamp, VoterId, World, ballot, project};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use tally::pabulib::{Anomaly, PabulibFile, PabulibProject};
use transparency::Hash;

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The file.
    pub file: String,
    /// The campaign it became.
    pub campaign: String,
    /// Projects.
    pub projects: usize,
    /// Ballots.
    pub ballots: usize,
    /// The rule that was counted.
    pub rule: String,
    /// Winners in order of selection, by the file's ids.
    pub winners: Vec<String>,
    /// Cents spent.
    pub spent: i64,
    /// Cents there were.
    pub budget: i64,
    /// The comparison with the file's `selected` column, where it has one.
    pub selected: Option<Comparison>,
    /// What is odd in the file, by line.
    pub anomalies: Vec<Anomaly>,
    /// Events in the log.
    pub size: u64,
    /// Root of the log.
    pub root: String,
}

/// What the file says was selected, against what the rule gives.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// Whether they are the same.
    pub equal: bool,
    /// Selected in the file (1, 2 or 3), not by the rule.
    pub only_in_file: Vec<String>,
    /// Elected by the rule, not selected in the file.
    pub only_by_rule: Vec<String>,
}

/// The code of a campaign from a file's name: its ASCII letters, digits, `.`, `_` and `-`; a long
/// name is cut and ends in eight digits of its SHA-256.
pub fn code_of(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    id_from(&stem, 60)
}

/// A text as an id; when characters had to go, digits of its SHA-256 keep it unique.
fn id_from(text: &str, limit: usize) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    if (1..=limit).contains(&text.len()) && text.chars().all(|c| fits(&c)) {
        return text.to_owned();
    }
    let kept: String = text.chars().map(|c| if fits(&c) { c } else { '-' }).take(limit - 9).collect();
    let digits: String = Hash::of(&[text.as_bytes()]).to_string().chars().take(8).collect();
    format!("{kept}-{digits}")
}

/// Imports one file. Blocks; call it off the async threads.
///
/// # Errors
/// The file's first fault with its line, or the [`Failure`] of a command.
pub fn import(steps: &Steps, origin: &str, path: &Path) -> Result<Summary, Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Failure::from(error).at(&name))?;
    let bytes = String::from_utf8(bytes).map_or_else(|error| error.into_bytes(), |text| nfc(text).into_bytes());
    let file = PabulibFile::parse(&bytes).map_err(|error| Failure::refused(error.code, format!("{name}:{error}")))?;
    let system = Actor::new("parvis-import", Role::System);
    let source = format!("Pabulib (pabulib.org), SHA-256 {}", Hash::of(&[&bytes]));
    steps.begun_from(&source).map_err(|failure| failure.at(&name))?;
    let configuration = configuration(&steps.campaign, &file, source)?;
    let (projects, ids) = projects(&file, &system)?;
    let ballots = ballots(&steps.campaign, &file, &ids, &system)?;
    let step = |name: &str, command| Step {
        name: name.to_owned(),
        actor: system.clone(),
        commands: vec![Command::Campaign(command)],
    };
    let script = [
        ("projects", projects),
        ("catalogue", vec![step("catalogue", CampaignCommand::PublishCatalogue)]),
        ("vote", vec![phase_step(&system, Phase::Vote, true)]),
        ("ballots", ballots),
        ("vote", vec![phase_step(&system, Phase::Vote, false)]),
        ("box", vec![step("close the box", CampaignCommand::CloseBallotBox)]),
        ("result", vec![step("result", CampaignCommand::ProclaimResult)]),
        ("result", vec![phase_step(&system, Phase::Result, true)]),
    ];
    let configure = step("configure", CampaignCommand::Configure(Box::new(configuration.clone())));
    let whole = std::iter::once(&configure).chain(script.iter().flat_map(|(_, part)| part));
    rehearse(steps, whole).map_err(|failure| failure.at(&name))?;
    steps.open(origin, configuration, system.clone())?;
    for (label, part) in script {
        match &part[..] {
            [one] => drop(steps.one(&one.name, &one.actor, one.commands.clone())?),
            many => steps.many(label, many, |_| {})?,
        }
    }
    summary(steps, name, file)
}

/// Tries the whole import on a world of its own: what a rule refuses must be refused before there is
/// a log, since half a campaign can't be taken back.
pub(crate) fn rehearse<'a>(steps: &Steps, whole: impl Iterator<Item = &'a Step>) -> Result<(), Failure> {
    let now = steps.executor.clock().now().ok_or(commands::Error::Clock)?;
    let mut world = World::default();
    for step in whole {
        for command in &step.commands {
            let done = world.execute(&steps.campaign, command.clone(), &step.actor, now);
            done.map_err(|rejection| Failure::from(rejection).at(&step.name))?;
        }
    }
    Ok(())
}

/// Opens or closes a phase as its planned time would.
pub(crate) fn phase(steps: &Steps, actor: &Actor, phase: Phase, open: bool) -> Result<(), Failure> {
    let Step { name, actor, commands } = phase_step(actor, phase, open);
    steps.one(&name, &actor, commands)?;
    Ok(())
}

pub(crate) fn phase_step(actor: &Actor, phase: Phase, open: bool) -> Step {
    let (verb, command) = match open {
        true => ("open", CampaignCommand::OpenPhase { phase, reason: None }),
        false => ("close", CampaignCommand::ClosePhase { phase, reason: None }),
    };
    Step { name: format!("{verb} {}", phase.code()), actor: actor.clone(), commands: vec![Command::Campaign(command)] }
}

fn area() -> Result<AreaId, Failure> {
    "all".parse().map_err(|error: domain::InvalidId| Failure::fault("ID", error.to_string()))
}

fn configuration(code: &str, file: &PabulibFile, source: String) -> Result<Configuration, Failure> {
    let meta = |key: &str| file.meta.get(key).map(String::as_str).unwrap_or_default();
    let begin = date(meta("date_begin"), false);
    let end = date(meta("date_end"), true);
    // Some files give no dates, or only years: any order that holds will do, the log has its own.
    let start = begin.or(end.and_then(|end| Timestamp::from_unix(end.unix() - 86_400))).or(Timestamp::from_unix(0));
    let start = start.ok_or_else(|| Failure::refused("DATE", "date_begin is out of range"))?;
    let later = |from: Timestamp, days: i64| Timestamp::from_unix(from.unix() + days * 86_400).unwrap_or(from);
    let vote_end = end.filter(|end| *end > start).unwrap_or_else(|| later(start, 1));
    let year = start.to_string().get(..4).and_then(|year| year.parse().ok()).unwrap_or(1970);
    let title = [meta("description"), meta("unit"), meta("subunit"), meta("instance")];
    let title: Vec<&str> = title.into_iter().filter(|part| !part.is_empty()).collect();
    let territory = [meta("unit"), meta("country")].join(", ");
    let currency = Some(meta("currency")).filter(|c| c.len() == 3).unwrap_or("XXX").to_ascii_uppercase();
    Ok(Configuration {
        code: code.to_owned(),
        title: Hidden::Disclosed(title.join(" · ")),
        territory: Hidden::Disclosed(territory),
        year,
        currency,
        provenance: Provenance::Imported,
        source: Some(Hidden::Disclosed(source)),
        areas: vec![Area {
            id: area()?,
            kind: AreaKind::WholeCity,
            name: Hidden::Disclosed(meta("unit").to_owned()),
            envelope_cents: file.budget,
            population: None,
            ballot: file.ballot_type.clone(),
            postcodes: Vec::new(),
        }],
        themes: Vec::new(),
        departments: Vec::new(),
        calendar: vec![
            Period { phase: Phase::Vote, start, end: vote_end },
            Period { phase: Phase::Result, start: vote_end, end: later(vote_end, 365) },
        ],
        gaps_confirmed: true,
        form: FormLimits::default(),
        participation: Participation::default(),
        instruction: InstructionRules::default(),
        rules: Rules { ballot_box: BallotBox::Open, sealed: None, audited_places: None, tally: file.rule_in_use() },
    })
}

/// `14.09.2023` or `2023`; the end of the day or year when `end`.
fn date(text: &str, end: bool) -> Option<Timestamp> {
    let parts: Vec<&str> = text.split('.').collect();
    let (iso, days) = match parts[..] {
        [day, month, year] => (format!("{year:0>4}-{month:0>2}-{day:0>2}T00:00:00Z"), 1),
        [year] if year.len() == 4 => (format!("{year}-01-01T00:00:00Z"), 365),
        _ => return None,
    };
    let start: Timestamp = iso.parse().ok()?;
    if end { Timestamp::from_unix(start.unix() + days * 86_400) } else { Some(start) }
}

/// A step per project, and their ids in the order of the file.
fn projects(file: &PabulibFile, actor: &Actor) -> Result<(Vec<Step>, Vec<ProjectId>), Failure> {
    let area = area()?;
    let mut ids = Vec::with_capacity(file.projects.len());
    let mut all = Vec::with_capacity(file.projects.len());
    for row in &file.projects {
        let id: ProjectId =
            id_from(&row.id, 64).parse().map_err(|e: domain::InvalidId| Failure::fault("ID", e.to_string()))?;
        let formation = Formation {
            reference: row.id.clone(),
            title: Hidden::Disclosed(row.name.clone()),
            description: row.columns.get("description").map(|text| Hidden::Disclosed(text.clone())),
            area: area.clone(),
            theme: None,
            point: point(row),
            priority_neighbourhood: false,
            kind: MergeKind::Single,
            proposals: Vec::new(),
            selected: row.selected,
            workshops: Vec::new(),
            part_of: None,
        };
        let admit = project::Command::Admit { cost_cents: Some(row.cost), withdrawn: row.withdrawn, reason: None };
        let commands = vec![
            Command::Project(id.clone(), project::Command::Form(Box::new(formation))),
            Command::Project(id.clone(), admit),
        ];
        all.push(Step { name: format!("project {}", row.id), actor: actor.clone(), commands });
        ids.push(id);
    }
    Ok((all, ids))
}

/// Degrees with a decimal point, as whole microdegrees; none where the file has no such numbers.
fn point(row: &PabulibProject) -> Option<Point> {
    let microdegrees = |column: &str| {
        let text = row.columns.get(column)?.trim();
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
        let whole = whole.parse::<i32>().ok()?.checked_mul(1_000_000)?;
        Some(sign * whole.checked_add(fraction.parse().ok()?)?)
    };
    let (latitude_e6, longitude_e6) = (microdegrees("latitude")?, microdegrees("longitude")?);
    let on_earth = latitude_e6.unsigned_abs() <= 90_000_000 && longitude_e6.unsigned_abs() <= 180_000_000;
    on_earth.then_some(Point { latitude_e6, longitude_e6 })
}

fn ballots(campaign: &str, file: &PabulibFile, projects: &[ProjectId], actor: &Actor) -> Result<Vec<Step>, Failure> {
    let area = area()?;
    // The catalogue numbers projects by id.
    let mut sorted: Vec<(&ProjectId, usize)> = projects.iter().enumerate().map(|(index, id)| (id, index)).collect();
    sorted.sort_unstable();
    let mut numbers = vec![0_u32; projects.len()];
    for (number, (_, index)) in (1_u32..).zip(sorted) {
        if let Some(slot) = numbers.get_mut(index) {
            *slot = number;
        }
    }
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut all = Vec::with_capacity(file.votes.len());
    for vote in &file.votes {
        // A voter id that comes again is an anomaly of the file; both ballots are kept.
        let nth = seen.entry(&vote.voter_id).and_modify(|n| *n += 1).or_insert(1);
        let voter = voter(campaign, &vote.voter_id, *nth)?;
        let mut paper = Paper { channel: vote.ballot.channel, choices: Vec::new(), points: None, unknown: Vec::new() };
        let mut points = Vec::new();
        for choice in &vote.ballot.choices {
            match numbers.get(choice.project) {
                Some(number) => {
                    paper.choices.push(*number);
                    points.push(choice.points);
                }
                None => {
                    let name = choice.project.checked_sub(numbers.len()).and_then(|i| file.unknown_projects.get(i));
                    paper.unknown.push(name.cloned().unwrap_or_default());
                }
            }
        }
        if points.iter().any(Option::is_some) {
            paper.points = Some(points.into_iter().map(|points| points.unwrap_or(0)).collect());
        }
        let commands = vec![Command::Ballot(voter, ballot::Command::Cast(vec![(area.clone(), paper)]))];
        all.push(Step { name: format!("ballot {nth} of {}", vote.voter_id), actor: actor.clone(), commands });
    }
    Ok(all)
}

/// A pseudonym that the file's own id can be checked against, and that is another in each campaign.
fn voter(campaign: &str, id: &str, nth: u32) -> Result<VoterId, Failure> {
    let text = format!("parvis.voter/v1\n{campaign}\n{nth}\n{id}");
    let hash = Hash::of(&[text.as_bytes()]).to_string();
    let short = hash.get(..32).unwrap_or(&hash);
    short.parse().map_err(|error: domain::InvalidId| Failure::fault("ID", error.to_string()))
}

fn summary(steps: &Steps, file: String, pabulib: PabulibFile) -> Result<Summary, Failure> {
    let reader = steps.executor.store().reader();
    let head = fold::log(&reader, &steps.campaign)?;
    let model = fold::model(&reader, &head, |_| Ok(()))?;
    let reference = |id: &ProjectId| model.projects.get(id).map(|row| row.formation.reference.clone());
    let result = model.area_results.rows().next();
    let winners: Vec<String> = result.iter().flat_map(|row| &row.winners).filter_map(reference).collect();
    let selected: Vec<&PabulibProject> =
        pabulib.projects.iter().filter(|p| p.selected.is_some_and(|s| s > 0)).collect();
    let comparison = pabulib.projects.iter().any(|p| p.selected.is_some()).then(|| {
        let only_in_file: Vec<String> =
            selected.iter().filter(|p| !winners.contains(&p.id)).map(|p| p.id.clone()).collect();
        let only_by_rule: Vec<String> =
            winners.iter().filter(|w| !selected.iter().any(|p| p.id == **w)).cloned().collect();
        Comparison { equal: only_in_file.is_empty() && only_by_rule.is_empty(), only_in_file, only_by_rule }
    });
    Ok(Summary {
        file,
        campaign: steps.campaign.clone(),
        projects: pabulib.projects.len(),
        ballots: pabulib.votes.len(),
        rule: pabulib.rule_in_use().name().to_string(),
        winners,
        spent: result.map_or(0, |row| row.spent_cents.get()),
        budget: pabulib.budget.get(),
        selected: comparison,
        anomalies: pabulib.anomalies,
        size: head.size,
        root: head.root.to_string(),
    })
}
