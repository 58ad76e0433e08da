//! Owns the two example cities, on both engines: begun by the program from their files, shown and begun
//! again from what was shown, cloned, led through their calendar by the clock, and verified by an auditor.
//! Next: `examples`, `docs/formats/campaign.md`, `api/src/campaign_file.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use api::campaign_file::Plan;
use commands::{Clock, Entropy, Executor, Request};
use domain::campaign::Command as CampaignCommand;
use domain::phase::Phase;
use domain::{Actor, Command, Role};
use event_store::{OpenMode, Store};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tests::binary::{Ended, end, parvis, parvis_replay};
use throwaway_postgres::Server;

#[track_caller]
fn done(folder: &Path, arguments: &[&str]) -> Ended {
    let ended = end(parvis(folder, arguments));
    assert_eq!(ended.status, 0, "{arguments:?}: {ended:?}");
    ended
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).join("campaign.toml")
}

/// Opens and closes every planned phase before the ballot, each at its own time and by nobody's hand.
fn clock_runs(url: &str, plan: &Plan) {
    let configuration = &plan.configuration;
    let store = Store::open(url, OpenMode::Existing).unwrap();
    let clock = Clock::simulated(configuration.calendar[0].start);
    let executor = Executor::new(store, clock.clone(), Entropy::system().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let step = |command: CampaignCommand| {
        let request = Request {
            command_id: executor.entropy().uuid(),
            actor: Actor::new("parvis", Role::System),
            commands: vec![Command::Campaign(command)],
        };
        runtime.block_on(executor.execute(&configuration.code, request)).unwrap();
    };
    for period in configuration.calendar.iter().filter(|period| period.phase < Phase::Vote) {
        clock.set(period.start);
        step(CampaignCommand::OpenPhase { phase: period.phase, reason: None });
        clock.set(period.end);
        step(CampaignCommand::ClosePhase { phase: period.phase, reason: None });
    }
}

fn runs(name: &str, database: Option<&str>) {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let file = format!("sqlite:{}", folder.join("parvis.db").display());
    let url = database.unwrap_or(&file);
    let store = ["--store", url, "--key", "parvis.key"];
    let run = |arguments: &[&str]| done(folder, &[arguments, &store].concat()).out;
    let path = example(name);
    let plan = Plan::read(&path).unwrap();
    let code = plan.configuration.code.as_str();
    run(&["campaign", "new", path.to_str().unwrap()]);

    // What is shown is a file of the same campaign.
    let shown = run(&["campaign", "show", code]);
    assert_eq!(Plan::parse(&shown, folder).unwrap(), plan);
    fs::write(folder.join("again.toml"), shown.replace(&format!("code = \"{code}\""), "code = \"AGAIN\"")).unwrap();
    run(&["campaign", "new", "again.toml"]);
    let again = Plan::parse(&run(&["campaign", "show", "AGAIN"]), folder).unwrap();
    assert_eq!(again.outlines, plan.outlines);

    clock_runs(url, &plan);
    // A campaign under way is cloned as it was planned.
    let year = (plan.configuration.year + 1).to_string();
    run(&["campaign", "clone", code, "NEXT", "--year", &year]);
    let next = Plan::parse(&run(&["campaign", "show", "NEXT"]), folder).unwrap();
    let later = plan.configuration.cloned("NEXT".to_owned(), plan.configuration.year + 1, 364).unwrap();
    assert_eq!(next, Plan { configuration: later, outlines: plan.outlines });

    for campaign in [code, "NEXT"] {
        run(&["export", "bundle", campaign, "it.parvis"]);
        let verified = end(parvis_replay(folder, &["verify", "it.parvis", "--policy", "it.parvis.policy"]));
        assert_eq!(verified.status, 0, "{campaign}: {verified:?}");
    }
}

#[test]
fn the_large_city_runs_on_a_file() {
    runs("large-city", None);
}

#[test]
fn the_large_city_runs_on_a_database() {
    runs("large-city", Some(Server::shared().database().url()));
}

#[test]
fn the_small_town_runs_on_a_file() {
    runs("small-town", None);
}

#[test]
fn the_small_town_runs_on_a_database() {
    runs("small-town", Some(Server::shared().database().url()));
}
