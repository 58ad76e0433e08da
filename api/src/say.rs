//! Results of commands as people and programs read them on stdout.

use crate::campaign_file::Plan;
use crate::export::Exported;
use crate::failure::Failure;
use crate::run::{print, print_json};
use crate::words;
use crate::{import_pabulib, import_paris};
use commands::Receipt;
use domain::count::AreaCount;
use domain::rejection::Language;
use event_store::LogHead;
use projections::Model;
use projections::report::CountReport;
use serde_json::json;
use tally::{Cents, pabulib::Anomaly};

fn anomalies(file: &str, anomalies: &[Anomaly]) {
    for Anomaly { line, code, message } in anomalies {
        eprintln!("{file}:{line}: {message} [{code}]");
    }
}

fn money(cents: i64) -> String {
    Cents::new(cents).map(|cents| cents.to_string()).unwrap_or_default()
}

/// An import of a Pabulib file.
pub(crate) fn pabulib(summary: &import_pabulib::Summary, json: bool) -> Result<(), Failure> {
    anomalies(&summary.file, &summary.anomalies);
    if json {
        return print_json(summary);
    }
    let import_pabulib::Summary { campaign, projects, ballots, rule, winners, size, root, .. } = summary;
    print(&format!("{campaign}: {projects} projects, {ballots} ballots, {} anomalies", summary.anomalies.len()))?;
    let (spent, budget) = (money(summary.spent), money(summary.budget));
    print(&format!("  {rule}: {} winners, {spent} of {budget} spent", winners.len()))?;
    match &summary.selected {
        None => print("  the file doesn't say what was selected")?,
        Some(same) if same.equal => print("  the same projects as the file's `selected`")?,
        Some(other) => {
            print(&format!("  selected in the file only: {}", list(&other.only_in_file)))?;
            print(&format!("  elected by the rule only: {}", list(&other.only_by_rule)))?;
        }
    }
    print(&format!("  log of {size} events, root {root}"))
}

fn list(ids: &[String]) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}

/// An import of Paris's winning projects.
pub(crate) fn paris(summary: &import_paris::Summary, json: bool) -> Result<(), Failure> {
    anomalies(&summary.file, &summary.anomalies);
    if json {
        return print_json(summary);
    }
    for edition in &summary.campaigns {
        print(&format!("{}: {} winning projects, {}", edition.campaign, edition.projects, money(edition.budget)))?;
    }
    let (projects, budget) = (summary.projects, money(summary.budget));
    print(&format!(
        "together {projects} projects, {budget}, {} in priority neighbourhoods",
        summary.priority_neighbourhood
    ))?;
    for (stage, count) in &summary.stages {
        print(&format!("  {stage}: {count}"))?;
    }
    print(&format!("{} anomalies, listed by line on stderr", summary.anomalies.len()))
}

/// A count.
pub(crate) fn counts(report: &CountReport<'_>, counts: &[AreaCount], model: &Model, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(report);
    }
    print(&format!("{} under {}, ties by {}", report.campaign, report.rule, report.tie_break))?;
    for count in counts {
        let outcome = &count.outcome;
        let invalid: u64 = outcome.invalid.values().sum();
        let (spent, budget) = (outcome.spent, outcome.budget);
        print(&format!("\n{}: {} ballots, {invalid} invalid, {spent} of {budget} spent", count.area, outcome.counted))?;
        print("  rank    score  digital    paper             cost  project")?;
        let mut decided: Vec<_> = count.entries.iter().zip(&outcome.projects).collect();
        decided.sort_unstable_by_key(|(_, decision)| decision.rank);
        for (entry, decision) in decided {
            let title = model.projects.get(&entry.project).and_then(|row| row.formation.title.get().cloned());
            print(&format!(
                "{:>6} {:>8} {:>8} {:>8} {:>16}  {} {} [{}]",
                decision.rank,
                decision.score,
                decision.digital,
                decision.paper,
                decision.cost.to_string(),
                entry.reference,
                title.unwrap_or_default(),
                decision.reason.code(),
            ))?;
        }
    }
    Ok(())
}

/// An exported bundle.
pub(crate) fn exported(exported: &Exported, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(exported);
    }
    let Exported { file, policy, campaign, size, root, bytes } = exported;
    print(&format!("{}: {campaign}, {size} events, {bytes} bytes, root {root}", file.display()))?;
    print(&format!("{}: the public key; give it to auditors by another way than the bundle", policy.display()))
}

/// A demo that was built.
pub(crate) fn demo(bundle: &Exported, url: &str) -> Result<(), Failure> {
    print(&format!("the demo {} is in {url}: {} events, root {}", bundle.campaign, bundle.size, bundle.root))?;
    print(&format!("audit bundle: {}", bundle.file.display()))?;
    print(&format!("check it:     parvis-replay verify {} --policy {}", bundle.file.display(), bundle.policy.display()))
}

/// All campaigns of a store.
pub(crate) fn campaigns(heads: &[LogHead], json: bool) -> Result<(), Failure> {
    for head in heads {
        match json {
            true => print_json(
                &json!({"campaign": head.campaign, "origin": head.origin, "size": head.size, "root": head.root}),
            )?,
            false => print(&format!("{}: {} events, root {}", head.campaign, head.size, head.root))?,
        }
    }
    Ok(())
}

/// A campaign that began.
pub(crate) fn begun(campaign: &str, plan: &Plan, receipt: &Receipt, json: bool) -> Result<(), Failure> {
    let (areas, outlines) = (plan.configuration.areas.len(), plan.outlines.len());
    let size = receipt.last.map_or(0, |last| last + 1);
    if json {
        return print_json(&json!({"campaign": campaign, "areas": areas, "outlines": outlines, "size": size}));
    }
    print(&format!("{campaign}: {areas} area(s), {outlines} outline(s), a log of {size} event(s)"))?;
    print(&format!("next, a coordinator: parvis grant {campaign} AGENT"))
}

/// One campaign: a file as `campaign new` takes it, with where it stands in comments.
pub(crate) fn campaign(model: &Model, head: &LogHead, json: bool) -> Result<(), Failure> {
    let overview = &model.overview;
    let tables = model.digests()?;
    let plan = Plan::of(&model.campaign);
    if json {
        let log = json!({"origin": head.origin, "size": head.size, "root": head.root});
        let configuration = model.campaign.configuration.as_ref();
        return print_json(&json!({
            "campaign": head.campaign, "log": log, "phase": overview.current_phase(), "tables": tables,
            "configuration": configuration,
        }));
    }
    print(&format!("# {}: {}", head.campaign, overview.title.get().map_or("(removed)", String::as_str)))?;
    print(&format!("# log {} of {} events, root {}", head.origin, head.size, head.root))?;
    for row in &overview.phases {
        let turn = |turn: &Option<projections::overview::Turn>| {
            turn.as_ref().map_or("-".to_owned(), |turn| turn.moment.at.to_string())
        };
        print(&format!(
            "#   {:<16} planned {}  opened {:<20}  closed {}",
            row.phase.code(),
            row.start,
            turn(&row.opened),
            turn(&row.closed)
        ))?;
    }
    if let Some(rule) = &overview.rule {
        for language in [Language::French, Language::English] {
            print(&format!("# {}", words::rule(model, rule, language)))?;
        }
    }
    for table in tables {
        print(&format!("#   {:<14} {:>8} rows  {}", table.name, table.rows, table.digest))?;
    }
    match plan {
        Some(plan) => print(&format!("\n{}", plan.text()?.trim_end())),
        None => Ok(()),
    }
}
