//! `parvis sites …`: sites brought up to date from a file, by the operator of the store.
//!
//! It acts as the programme itself. What a table changes: `site_bulk.rs`; the same over HTTP:
//! `site_update.rs`.

use crate::cli::SitesCommand;
use crate::failure::Failure;
use crate::fold;
use crate::run::print;
use crate::run_people::PROGRAMME;
use crate::site_bulk::{self, Asker, Outcome};
use crate::site_csv::Fault;
use commands::{Clock, Entropy, Executor, Request};
use domain::rejection::Language;
use domain::{Actor, Role};
use event_store::Store;
use serde_json::json;

/// Carries out one of the commands. Blocks.
///
/// # Errors
/// `UNKNOWN_CAMPAIGN`, `TABLE_REFUSED` when a line is wrong (nothing is written), a file that can't be
/// read, and faults of the store.
pub(crate) fn sites(command: SitesCommand, store: &Store, entropy: &Entropy) -> Result<(), Failure> {
    let SitesCommand::Update { file, campaign, dry_run, json } = command;
    let name = file.display().to_string();
    let bytes = std::fs::read(&file).map_err(|error| Failure::from(error).at(&name))?;
    let executor = Executor::new(store.clone(), Clock::System, entropy.clone());
    let at = Clock::System.now().ok_or_else(|| Failure::fault("CLOCK", "the clock of this machine gives no time"))?;
    let actor = Actor::new(PROGRAMME, Role::System);
    let reader = store.reader();
    let model = fold::model(&reader, &fold::log(&reader, &campaign)?, |_| Ok(()))?;
    let asker = Asker { actor: &actor, at, language: Language::English };
    let outcome = site_bulk::outcome(&campaign, &model, &bytes, &asker);
    if !outcome.faults.is_empty() {
        let line = |fault: &Fault| format!("\nline {}: {} {}: {}", fault.line, fault.field, fault.code, fault.message);
        let lines: String = outcome.faults.iter().map(line).collect();
        return Err(Failure::refused("TABLE_REFUSED", format!("nothing was written{lines}")).at(&name));
    }
    tell(&outcome, json)?;
    if dry_run || outcome.commands.is_empty() {
        return Ok(());
    }
    let request = Request { command_id: entropy.uuid(), actor, commands: outcome.commands };
    for receipt in executor.execute_all_blocking(&campaign, &[request])? {
        let receipt = receipt?;
        if let (Some(first), Some(last), false) = (receipt.first, receipt.last, json) {
            print(&format!("written: positions {first} to {last} of the log"))?;
        }
    }
    Ok(())
}

fn tell(outcome: &Outcome, json: bool) -> Result<(), Failure> {
    if json {
        return print(&json!({ "changes": outcome.changes }).to_string());
    }
    for change in &outcome.changes {
        let before = if change.before.is_empty() { "-" } else { &change.before };
        print(&format!("line {}: {} {}: {before} → {}", change.line, change.site, change.field, change.after))?;
    }
    print(&format!("{} changes", outcome.changes.len()))
}
