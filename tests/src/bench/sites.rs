//! Owns the suite `sites`: 10,000 sites with 100,000 milestones in one district, brought up to date from a
//! table, and asked for by the piece of the map that they lie on.
//!
//! The limit of the table is the same commands handed over ready-made; that of the map is the same request
//! answered 304. Must not count an answer with an error.

use super::Scale;
use super::city;
use super::graphql::{Asked, take};
use super::measure::{Outcome, Report, Samples, per_second, timed, told};
use api::demo::CODE;
use api::read_model::ReadModel;
use api::server::{Options, router};
use api::site_bulk::{self, Asker};
use api::{demo, fold};
use commands::{Entropy, Executor, Request};
use domain::proposal::Point;
use domain::rejection::Language;
use domain::site::{Command as Ask, Location, Milestone, Opening};
use domain::{Actor, CalendarDate, Cents, Command, Hidden, Role, SiteId};
use projections::Model;
use std::fmt::Write;
use tokio::runtime::Runtime;

const SUITE: &str = "sites";

/// Sites, and lines of the table.
const SITES: usize = 10_000;
const LINES: usize = 5_000;
const QUICK: usize = 1_000;

/// Sites that are opened in one request.
const TOGETHER: usize = 100;

pub(super) fn run(runtime: &Runtime, report: &mut Report, scale: Scale) -> Outcome<()> {
    let (sites, lines) = if scale.quick { (QUICK, QUICK / 2) } else { (SITES, LINES) };
    let folder = tempfile::tempdir()?;
    let (_, store) = city::play_with(&folder.path().join("sites.db"), 7, 200, 200)?;
    let model = fold::model(&store.reader(), &city::log(&store.reader())?, |_| Ok(())).map_err(told)?;
    let clock = demo::clock().map_err(told)?;
    clock.set(model.applied.ok_or("the demo is empty")?.at);
    let executor = Executor::new(store.clone(), clock, Entropy::seeded(99));
    let yard = Yard::new(executor, &model)?;
    eprintln!("parvis-bench: opening {sites} sites with ten milestones each");
    yard.open(sites)?;

    let (mut tables, mut commands) = (Samples::default(), Samples::default());
    for run in 0..scale.runs {
        // Each run moves what the one before planned.
        let (moved, handed) = (yard.table(run * 2, lines)?, yard.moves(run * 2 + 1, lines)?);
        let model = fold::model(&store.reader(), &city::log(&store.reader())?, |_| Ok(())).map_err(told)?;
        let (elapsed, written) = timed(|| yard.update(&model, &moved))?;
        if written != lines {
            return Err(format!("{written} of {lines} lines changed something").into());
        }
        tables.push(per_second(lines, elapsed)?);
        let (elapsed, ()) = timed(|| yard.carry(handed))?;
        commands.push(per_second(lines, elapsed)?);
    }
    let metric = format!("table_of_{lines}_lines");
    report.add(SUITE, &metric, "lines/s", &tables, Some(("the same commands, ready-made", &commands)));

    let read_model = runtime.block_on(ReadModel::open(store, |_| {}))?;
    let options = Options::new(([127, 0, 0, 1], 0).into(), "bench.example/", folder.path());
    let router = router(read_model, None, &options, None)?;
    let [south, west, north, east] = yard.middle()?;
    let document = format!(
        r#"{{ sites(campaign: "{CODE}", first: 50, filter: {{ areas: ["{}"],
        within: {{ south: {south}, west: {west}, north: {north}, east: {east} }} }})
        {{ totalCount nodes {{ id title state point {{ latitude longitude }} }} }} }}"#,
        yard.opening.area
    );
    let mut asked = Asked::new(runtime, &router, "sites_of_a_district_within_a_box", &document)?;
    let count = if scale.quick { 200 } else { 1_000 };
    for _ in 0..scale.runs {
        take(&mut asked.answered, runtime, &router, &asked.uri, None, count)?;
        take(&mut asked.held, runtime, &router, &asked.uri, Some(&asked.tag), count)?;
    }
    let limit = "the same request answered 304";
    report.add(
        SUITE,
        &format!("{}_queries", asked.name),
        "queries/s",
        &asked.answered.rate,
        Some((limit, &asked.held.rate)),
    );
    report.add(SUITE, &format!("{}_p50", asked.name), "ms", &asked.answered.p50, Some((limit, &asked.held.p50)));
    report.add(SUITE, &format!("{}_p99", asked.name), "ms", &asked.answered.p99, Some((limit, &asked.held.p99)));
    Ok(())
}

/// A winner's sites in a campaign that is over.
struct Yard {
    executor: Executor,
    actor: Actor,
    opening: Opening,
    /// Places in the area, from south to north: those of its proposals.
    points: Vec<Point>,
}

impl Yard {
    fn new(executor: Executor, model: &Model) -> Outcome<Self> {
        let winner = model.results.rows().find(|row| model.campaign.is_carried_out(&row.project) == Some(true));
        let project = winner.ok_or("nobody won")?.project.clone();
        let area = model.projects.get(&project).ok_or("the winner is no project")?.formation.area.clone();
        let grants = model.grants.rows().find(|row| row.office.role == Role::Coordinator && row.revoked.is_none());
        let actor = Actor::new(grants.ok_or("nobody coordinates")?.grantee.to_string(), Role::Coordinator);
        let title = Hidden::Disclosed("Un chantier".to_owned());
        let opening = Opening::new(project, title, area, Cents::from_units(1_000).ok_or("1,000")?);
        let there = model.proposals.rows().filter(|row| row.deposit.area == opening.area);
        let mut points: Vec<Point> = there.filter_map(|row| row.deposit.point).collect();
        points.sort_by_key(|point| (point.latitude_e6, point.longitude_e6));
        Ok(Self { executor, actor, opening, points })
    }

    /// The middle third of them from south to north, in degrees: south, west, north, east.
    fn middle(&self) -> Outcome<[f64; 4]> {
        let third = self.points.len() / 3;
        let at = |nth: usize| self.points.get(nth).ok_or("the area has no proposal on the map");
        let (south, north) = (at(third)?.latitude_e6, at(third * 2)?.latitude_e6);
        let aside = self.points.iter().map(|point| point.longitude_e6);
        let (west, east) = (aside.clone().min().ok_or("no point")?, aside.max().ok_or("no point")?);
        Ok([south, west, north, east].map(|e6| f64::from(e6) / 1e6))
    }

    fn site(nth: usize) -> Outcome<SiteId> {
        Ok(format!("bench-{nth:05}").parse()?)
    }

    fn day(run: u32, stage: usize) -> Outcome<CalendarDate> {
        Ok(format!("{}-{:02}-{:02}", 2030 + run, stage * 2 + 1, 1 + run % 27).parse()?)
    }

    /// Each site: five stages planned and planned anew.
    fn open(&self, sites: usize) -> Outcome<()> {
        let numbers: Vec<usize> = (0..sites).collect();
        for some in numbers.chunks(TOGETHER) {
            let mut commands = Vec::new();
            for nth in some {
                let site = Self::site(*nth)?;
                let point = self.points.get(nth % self.points.len().max(1)).copied();
                let place = Some(Location { point, ..Location::default() });
                let opening = Box::new(Opening { place, ..self.opening.clone() });
                commands.push(Command::Site(site.clone(), Ask::Open(opening)));
                for (run, reason) in [(90, None), (91, Some("La crue".to_owned()))] {
                    let day = |(stage, milestone)| Ok((milestone, Self::day(run, stage)?));
                    let plans = Milestone::ALL.into_iter().enumerate().map(day).collect::<Outcome<_>>()?;
                    commands.push(Command::Site(site.clone(), Ask::PlanAll { plans, reason }));
                }
            }
            self.carry(commands)?;
        }
        Ok(())
    }

    /// A table that moves one stage of each site.
    fn table(&self, run: u32, lines: usize) -> Outcome<String> {
        let mut table = "site;works_planned;reason\n".to_owned();
        for nth in 0..lines {
            writeln!(table, "{};{};La crue", Self::site(nth)?, Self::moved(run)?)?;
        }
        Ok(table)
    }

    /// The same as commands.
    fn moves(&self, run: u32, lines: usize) -> Outcome<Vec<Command>> {
        let moves = (0..lines).map(|nth| {
            let (plans, reason) = ([(Milestone::Works, Self::moved(run)?)].into(), Some("La crue".to_owned()));
            Ok(Command::Site(Self::site(nth)?, Ask::PlanAll { plans, reason }))
        });
        moves.collect()
    }

    fn moved(run: u32) -> Outcome<CalendarDate> {
        Ok(format!("2121-06-{:02}", run + 2).parse()?)
    }

    fn update(&self, model: &Model, table: &str) -> Outcome<usize> {
        let at = self.executor.clock().now().ok_or("no clock")?;
        let asker = Asker { actor: &self.actor, at, language: Language::English };
        let outcome = site_bulk::outcome(CODE, model, table.as_bytes(), &asker);
        if let Some(fault) = outcome.faults.first() {
            return Err(format!("line {}: {}", fault.line, fault.message).into());
        }
        self.carry(outcome.commands)?;
        Ok(outcome.changes.len())
    }

    fn carry(&self, commands: Vec<Command>) -> Outcome<()> {
        let command_id = self.executor.entropy().uuid();
        let request = Request { command_id, actor: self.actor.clone(), commands };
        for receipt in self.executor.execute_all_blocking(CODE, &[request])? {
            receipt?;
        }
        Ok(())
    }
}
