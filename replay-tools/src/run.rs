//! Owns doing what the command line asks, and how it is printed.
//! Must not: check or count anything itself.
//! Next: `cli.rs` for the flags, `verify.rs`, `count.rs`, `timeline.rs`, `state.rs` for the work.

use crate::{
    answers,
    ballot::{BallotReport, ballot_paper, check_ballot},
    cli::{BallotCommand, Cli, Command, TallyArgs, Trust},
    count::{CountOptions, explanation, lacked, tally_bundle, tally_pabulib},
    diff::{diff, diff_at},
    error::Error,
    fetch::{Located, located},
    page,
    report::{Ending, Report, Verdict},
    sql::{Bounds, project, query},
    state::state,
    tiles::check_tiles,
    timeline::{Entry, timeline},
    verify::verified,
};
use clap::CommandFactory;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{collections::BTreeMap, io, io::Write, path::Path, time::Duration};
use tally::{Anomaly, Changes, Language, ReportedProject};
use transparency::Policy;

pub(crate) const HOLDS: u8 = 0;
const USAGE: u8 = 2;
pub(crate) const BROKEN: u8 = 3;

/// Does what `cli` asks; results go to `out`, everything else to `err`. Gives the exit code.
pub fn run(cli: Cli, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let done = match cli.command {
        Command::Verify { bundle, trust, since, html, json } => {
            let asked = Asked { bundle: &bundle, since: since.as_deref(), html: html.as_deref(), json };
            verify_command(asked, &trust, out)
        }
        Command::Receipt { receipt, leaf, bundle, trust, json } => policy(&trust).and_then(|trusted| {
            let bundle = bundle.map(|bundle| fetched(&bundle)).transpose()?;
            answers::receipt(&receipt, leaf.as_deref(), bundle.as_ref(), trusted.as_ref(), json, out)
        }),
        Command::Tiles { folder, trust, json } => policy(&trust).and_then(|trusted| {
            let report = check_tiles(&folder, trusted.as_ref().ok_or(Error::NoPolicy)?)?;
            if json {
                print_json(out, &report, false)?
            } else {
                answers::print_tiles(&report, out)?
            }
            Ok(if report.holds { HOLDS } else { BROKEN })
        }),
        Command::Project { bundle, to, trust } => policy(&trust).and_then(|trusted| {
            let bar = progress_bar();
            let mut progress = |done, total| advance(&bar, done, total);
            let written = project(fetched(&bundle)?.path(), trusted.as_ref(), &to.0, &mut progress)?;
            bar.finish_and_clear();
            answers::print_written(&written, out, err)?;
            Ok(HOLDS)
        }),
        Command::Query { bundle, sql, format, limit, seconds, trust } => policy(&trust).and_then(|trusted| {
            let bounds = Bounds { rows: limit, time: Duration::from_secs(seconds) };
            let answer = query(fetched(&bundle)?.path(), trusted.as_ref(), &sql, bounds)?;
            answers::print_answer(&answer, format, out, err)?;
            Ok(HOLDS)
        }),
        Command::Diff { bundle, other, at, and, trust, json } => policy(&trust).and_then(|trusted| {
            let bundle = fetched(&bundle)?;
            let other = other.map(|other| fetched(&other)).transpose()?;
            let difference = match (&other, at.zip(and)) {
                (Some(other), _) => diff([bundle.path(), other.path()], trusted.as_ref())?,
                (None, Some((from, to))) => diff_at(bundle.path(), trusted.as_ref(), from, to)?,
                (None, None) => return Ok(USAGE),
            };
            if json {
                print_json(out, &difference, false)?
            } else {
                answers::print_difference(&difference, out)?
            }
            Ok(if difference.forked { BROKEN } else { HOLDS })
        }),
        Command::Tally(arguments) => tally_command(arguments, out, err),
        Command::Timeline { bundle, stream, trust, json } => {
            timeline_command(&bundle, stream.as_deref(), &trust, json, out)
        }
        Command::State { bundle, stream, at, trust, json } => policy(&trust).and_then(|trusted| {
            let state = state(fetched(&bundle)?.path(), trusted.as_ref(), &stream, at)?;
            print_json(out, &state, !json)?;
            Ok(HOLDS)
        }),
        Command::Ballot(command) => ballot_command(command, out),
        Command::Completions { shell } => completions(shell, out),
        Command::Man { command } => man(command.as_deref(), out, err),
    };
    let done = done.and_then(|code| out.flush().map(|()| code).map_err(Error::from));
    match done {
        Ok(code) => code,
        // Whoever read the result has seen enough.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => HOLDS,
        Err(error) => {
            // When the standard error is closed too, the exit code is all that can be said.
            let _ = writeln!(err, "error {}: {error}", error.code());
            error.exit_code()
        }
    }
}

fn policy(trust: &Trust) -> Result<Option<Policy>, Error> {
    let Some(path) = &trust.policy else { return Ok(None) };
    let path_text = || path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path_text(), source })?;
    Policy::parse(&text).map(Some).map_err(|source| Error::Given { path: path_text(), source })
}

pub(crate) fn print_json<T: Serialize>(out: &mut dyn Write, value: &T, indented: bool) -> Result<(), Error> {
    let written =
        if indented { serde_json::to_writer_pretty(&mut *out, value) } else { serde_json::to_writer(&mut *out, value) };
    written.map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Shown when the standard error is a terminal, and only then.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} events, {elapsed}");
    let bar = ProgressBar::new(0);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn advance(bar: &ProgressBar, done: u64, total: u64) {
    if done.is_multiple_of(4_096) || done == total {
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// The file of a bundle, which is fetched first when it is an address.
fn fetched(bundle: &Path) -> Result<Located, Error> {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} fetched, {elapsed}");
    let bar = ProgressBar::new(0);
    let bar = if let Ok(style) = style { bar.with_style(style) } else { bar };
    let located = located(bundle, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    located
}

/// What `verify` is asked.
struct Asked<'a> {
    bundle: &'a Path,
    since: Option<&'a Path>,
    html: Option<&'a Path>,
    json: bool,
}

fn verify_command(asked: Asked<'_>, trust: &Trust, out: &mut dyn Write) -> Result<u8, Error> {
    let Asked { bundle, since, html, json } = asked;
    let trusted = policy(trust)?;
    let file_error = |path: &Path, source| Error::File { path: path.display().to_string(), source };
    let since = since.map(|path| std::fs::read_to_string(path).map_err(|source| file_error(path, source)));
    let since = since.transpose()?;
    let located = fetched(bundle)?;
    let bar = progress_bar();
    let mut progress = |done, total| advance(&bar, done, total);
    let (report, model) = verified(located.path(), trusted.as_ref(), since.as_deref(), &mut progress)?;
    bar.finish_and_clear();
    if let Some(path) = html {
        let page = page::html(&report, &model)?;
        std::fs::write(path, page).map_err(|source| file_error(path, source))?;
    }
    let code = if report.verdict == Verdict::Holds { HOLDS } else { BROKEN };
    let printed = if json { print_json(out, &report, false) } else { print_report(out, &report).map_err(Error::from) };
    match printed.and_then(|()| Ok(out.flush()?)) {
        // The verdict stands also when nobody reads it to the end.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(code),
        other => other.map(|()| code),
    }
}

fn print_report(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let checked = &report.checked;
    match report.verdict {
        Verdict::Holds => writeln!(out, "HOLDS: every check passed")?,
        Verdict::Broken => writeln!(out, "BROKEN: this bundle doesn't hold")?,
    }
    if let (Some(stage), Some(code), Some(message)) = (report.stage, report.code, &report.message) {
        let place = report.position.map_or_else(String::new, |position| format!(" at position {position}"));
        writeln!(out, "  first divergence: {}{place}: {code}: {message}", stage.code())?;
    }
    if let (Some(log), Some(root)) = (&checked.log, &checked.root) {
        let campaign = checked.campaign.as_deref().unwrap_or("none");
        writeln!(out, "  campaign          {campaign} (log {log})")?;
        writeln!(out, "  tree              {} leaves, root {root}", checked.leaves)?;
        writeln!(out, "  signed by         {}", checked.signed_by.join(", "))?;
        let kinds: Vec<String> = checked.by_kind.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        writeln!(
            out,
            "  events            {} lawful, in {} streams ({})",
            checked.events,
            checked.streams,
            kinds.join(", ")
        )?;
        writeln!(
            out,
            "  hidden values     {} match their commitments, {} removed",
            checked.disclosed,
            checked.redacted.len()
        )?;
        for redaction in &checked.redacted {
            write!(out, "                    removed: position {} {}", redaction.position, redaction.path)?;
            match redaction.ground.zip(redaction.at) {
                Some((ground, at)) => writeln!(out, " ({}, {at})", ground.code())?,
                None => writeln!(out, " (no event says why)")?,
            }
        }
        writeln!(
            out,
            "  count             {} papers, {} areas, {} winners",
            checked.papers, checked.areas, checked.winners
        )?;
    }
    let told = |ending| {
        let of = report.checks.iter().filter(|check| check.ending == ending).map(|check| check.stage.code());
        of.collect::<Vec<_>>().join(", ")
    };
    writeln!(out, "  checks that held  {}", told(Ending::Held))?;
    for (name, ending) in [("failed", Ending::Failed), ("not reached", Ending::NotReached)] {
        let stages = told(ending);
        if !stages.is_empty() {
            writeln!(out, "  {name:<16}  {stages}")?;
        }
    }
    for limit in &report.unchecked {
        writeln!(out, "  can't be checked here: {}", limit.sentence(Language::English))?;
    }
    report.notes.iter().try_for_each(|note| writeln!(out, "  note: {note}"))
}

/// One project of a count, whichever it was.
struct Counted<'a, T> {
    ids: [&'a str; 2],
    reported: &'a ReportedProject<'a>,
    json: &'a T,
}

fn tally_command(arguments: TallyArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Error> {
    let TallyArgs { bundle, pabulib, rule, tie_break, alone, explain, trust, json } = arguments;
    let options = CountOptions { rule, tie_break: tie_break.map(|chain| chain.0), alone };
    if let Some(path) = pabulib {
        let tally = tally_pabulib(&path, options)?;
        tell_anomalies(err, &tally.anomalies);
        let report = tally.report();
        let projects = report.projects.iter().map(|p| Counted { ids: [p.id, p.id], reported: p, json: p });
        return match explain {
            Some(wanted) => explain_one(out, &wanted, projects, |[_, id]| tally.changes(id), json),
            None if json => print_json(out, &report, false),
            None => {
                let spent = format!("{} of {}", report.spent, report.budget);
                writeln!(
                    out,
                    "rule {}, ties by {}; {} ballots count; spent {spent}",
                    report.rule, report.tie_break, report.counted
                )?;
                print_projects(out, report.projects.iter())
            }
        }
        .map(|()| HOLDS);
    }
    let Some(path) = bundle else { return Ok(USAGE) };
    let trusted = policy(&trust)?;
    let located = fetched(&path)?;
    let bar = progress_bar();
    let tally = tally_bundle(located.path(), trusted.as_ref(), options, &mut |done, total| advance(&bar, done, total))?;
    bar.finish_and_clear();
    let _ = writeln!(err, "counted again; that every event was lawful is what `parvis-replay verify` checks");
    let report = tally.report();
    let projects = report.projects.iter().map(|p| Counted {
        ids: [p.reported.id, p.project.as_str()],
        reported: &p.reported,
        json: p,
    });
    match explain {
        Some(wanted) => explain_one(out, &wanted, projects, |[_, id]| tally.changes(id), json)?,
        None if json => print_json(out, &report, false)?,
        None => {
            writeln!(out, "campaign {}: rule {}, ties by {}", report.campaign, report.rule, report.tie_break)?;
            for language in [Language::French, Language::English] {
                writeln!(out, "{}", tally.rule_in_words(language))?;
            }
            for area in &report.areas {
                writeln!(
                    out,
                    "\n{}: {} ballots count; spent {} of {}",
                    area.area, area.counted, area.spent, area.budget
                )?;
                let of_area = report.projects.iter().filter(|project| project.area == area.area);
                print_projects(out, of_area.map(|project| &project.reported))?;
            }
        }
    }
    Ok(HOLDS)
}

/// A project's decision with what would have elected it.
#[derive(Serialize)]
struct Explained<'a, T> {
    #[serde(flatten)]
    project: &'a T,
    smallest_changes: Option<Changes>,
}

fn explain_one<'a, T: Serialize + 'a>(
    out: &mut dyn Write,
    wanted: &str,
    projects: impl Iterator<Item = Counted<'a, T>>,
    changes: impl Fn([&str; 2]) -> Result<Option<Changes>, Error>,
    json: bool,
) -> Result<(), Error> {
    let mut found = false;
    for project in projects.filter(|project| project.ids.contains(&wanted)) {
        found = true;
        let smallest_changes = changes(project.ids)?;
        if json {
            print_json(out, &Explained { project: project.json, smallest_changes }, false)?;
        } else {
            let lacked = smallest_changes.map(lacked).unwrap_or_default();
            write!(out, "{}{lacked}", explanation(project.reported.id, project.reported.decision))?;
        }
    }
    if found { Ok(()) } else { Err(Error::UnknownProject(wanted.to_owned())) }
}

fn print_projects<'a>(
    out: &mut dyn Write,
    projects: impl Iterator<Item = &'a ReportedProject<'a>>,
) -> Result<(), Error> {
    writeln!(
        out,
        "{:>5}  {:<16} {:>8} {:>8} {:>8} {:>16}  why",
        "rank", "project", "score", "digital", "paper", "cost"
    )?;
    for ReportedProject { id, decision } in projects {
        let (rank, score, digital, paper) = (decision.rank, decision.score, decision.digital, decision.paper);
        let (cost, why) = (decision.cost.to_string(), decision.reason.code());
        writeln!(out, "{rank:>5}  {id:<16} {score:>8} {digital:>8} {paper:>8} {cost:>16}  {why}")?;
    }
    Ok(())
}

fn tell_anomalies(err: &mut dyn Write, anomalies: &[Anomaly]) {
    let mut by_code: BTreeMap<&str, (u64, &Anomaly)> = BTreeMap::new();
    for anomaly in anomalies {
        by_code.entry(&anomaly.code).or_insert((0, anomaly)).0 += 1;
    }
    for (code, (count, first)) in by_code {
        let _ =
            writeln!(err, "odd in the file: {code}, {count} times; first on line {}: {}", first.line, first.message);
    }
}

fn timeline_command(
    bundle: &Path,
    stream: Option<&str>,
    trust: &Trust,
    json: bool,
    out: &mut dyn Write,
) -> Result<u8, Error> {
    let trusted = policy(trust)?;
    timeline(fetched(bundle)?.path(), trusted.as_ref(), stream, &mut |entry| {
        if json { print_json(out, entry, false) } else { Ok(print_entry(out, entry)?) }
    })?;
    Ok(HOLDS)
}

fn print_entry(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    let Entry { position, at, stream, sequence, event_type, actor, .. } = entry;
    write!(out, "{position:>8}  {at}  {stream} #{sequence}  {event_type}  by {} {}", actor.role, actor.id)?;
    for path in &entry.redacted {
        write!(out, "  [{path} removed]")?;
    }
    writeln!(out)
}

fn ballot_command(command: BallotCommand, out: &mut dyn Write) -> Result<u8, Error> {
    match command {
        BallotCommand::Check { bundle, receipt, trust, json } => {
            let report = check_ballot(fetched(&bundle)?.path(), policy(&trust)?.as_ref(), &receipt)?;
            if json {
                print_json(out, &report, false)?;
            } else {
                print_ballot(out, &report)?;
            }
            Ok(if report.standing.is_wrong() { BROKEN } else { HOLDS })
        }
        BallotCommand::Paper { bundle, area, trust } => {
            print_json(out, &ballot_paper(fetched(&bundle)?.path(), policy(&trust)?.as_ref(), &area)?, true)?;
            Ok(HOLDS)
        }
    }
}

fn print_ballot(out: &mut dyn Write, report: &BallotReport) -> io::Result<()> {
    report.standing.sentences().iter().try_for_each(|sentence| writeln!(out, "{sentence}"))?;
    writeln!(out, "  area       {}", report.area)?;
    writeln!(out, "  digest     {}", report.digest)?;
    if let Some(published) = &report.published {
        writeln!(out, "  published  position {}, batch {}, {}", published.position, published.batch, published.at)?;
    }
    if let Some(ballot) = &report.opened {
        writeln!(out, "  choices    {:?}", ballot.choices)?;
        if let Some(points) = &ballot.points {
            writeln!(out, "  points     {points:?}")?;
        }
    }
    if let Some(why) = report.unopened {
        writeln!(out, "  unopened   {}: {why}", why.code())?;
    }
    let proven =
        if report.proven { "sealing it again gives the same envelope" } else { "it seals to another envelope" };
    writeln!(out, "  your file  {proven}")?;
    match &report.promise {
        Some(promise) if promise.due => writeln!(out, "  receipt    signed by the log's key, due {}", promise.deadline),
        Some(promise) => writeln!(out, "  receipt    signed by the log's key, not due before {}", promise.deadline),
        None => writeln!(out, "  receipt    none that the log's key has signed for this ballot"),
    }
}

fn completions(shell: clap_complete::Shell, out: &mut dyn Write) -> Result<u8, Error> {
    // The generator panics when it can't write, so it writes into memory.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "parvis-replay", &mut text);
    out.write_all(&text)?;
    Ok(HOLDS)
}

fn man(command: Option<&str>, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Error> {
    let mut page = Cli::command();
    // Gives each command its full name, `parvis-replay-verify`.
    page.build();
    if let Some(name) = command {
        let Some(found) = page.find_subcommand(name) else {
            let _ = writeln!(err, "error USAGE: no command `{name}`; `parvis-replay --help` lists them");
            return Ok(USAGE);
        };
        page = found.clone();
    }
    clap_mangen::Man::new(page).render(out)?;
    Ok(HOLDS)
}
