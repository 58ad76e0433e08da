//! Owns the suite `sites`: 10,000 sites with 100,000 milestones in the areas of a city, brought up to date
//! from a table, and asked for by the district that they lie in.
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
use domain::{Actor, AreaId, CalendarDate, Cents, Command, Hidden, Role, SiteId};
use projections::Model;
use std::collections::BTreeMap;
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
    let (area, [south, west, north, east]) = yard.district()?;
    let document = format!(
        r#"{{ sites(campaign: "{CODE}", first: 50, filter: {{ areas: ["{area}"],
        within: {{ south: {south}, west: {west}, north: {north}, east: {east} }} }})
        {{ totalCount nodes {{ id title state point {{ latitude longitude }} }} }} }}"#
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

/// Winners' sites in a campaign that is over.
struct Yard {
    executor: Executor,
    actor: Actor,
    /// What is opened where: at the places of proposals, for a winner of the same area.
    plots: Vec<Opening>,
}

impl Yard {
    fn new(executor: Executor, model: &Model) -> Outcome<Self> {
        let grants = model.grants.rows().find(|row| row.office.role == Role::Coordinator && row.revoked.is_none());
        let actor = Actor::new(grants.ok_or("nobody coordinates")?.grantee.to_string(), Role::Coordinator);
        let mut winners = BTreeMap::new();
        for row in model.results.rows().filter(|row| model.campaign.is_carried_out(&row.project) == Some(true)) {
            let project = model.projects.get(&row.project).ok_or("a winner is no project")?;
            winners.entry(project.formation.area.clone()).or_insert_with(|| row.project.clone());
        }
        let mut plots = Vec::new();
        for row in model.proposals.rows() {
            let (Some(project), Some(point)) = (winners.get(&row.deposit.area), row.deposit.point) else { continue };
            let title = Hidden::Disclosed("Un chantier".to_owned());
            let budget = Cents::from_units(1_000).ok_or("1,000")?;
            let place = Some(Location { point: Some(point), ..Location::default() });
            let opening = Opening::new(project.clone(), title, row.deposit.area.clone(), budget);
            plots.push(Opening { place, ..opening });
        }
        Ok(Self { executor, actor, plots })
    }

    fn plot(&self, nth: usize) -> Outcome<&Opening> {
        Ok(self.plots.iter().cycle().nth(nth % self.plots.len().max(1)).ok_or("no winner has a place")?)
    }

    /// The area of the first place, and the box around all places in it, in degrees: south, west, north, east.
    fn district(&self) -> Outcome<(&AreaId, [f64; 4])> {
        let area = &self.plot(0)?.area;
        let there = self.plots.iter().filter(|plot| plot.area == *area);
        let points: Vec<Point> = there.filter_map(|plot| plot.place.as_ref()?.point).collect();
        let (up, aside) = (points.iter().map(|one| one.latitude_e6), points.iter().map(|one| one.longitude_e6));
        let corners = [up.clone().min(), aside.clone().min(), up.max(), aside.max()];
        Ok((area, corners.map(|e6| f64::from(e6.unwrap_or_default()) / 1e6)))
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
                let opening = Box::new(self.plot(*nth)?.clone());
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
