//! What each command of `parvis` does, and how its end is told.

use crate::cli::{CampaignCommand, Cli, Command, ExportCommand, ImportCommand, KeysCommand, RuleArgs, StoreCommand};
use crate::demo::{self, Size};
use crate::failure::Failure;
use crate::people::{People, open_vault};
use crate::run_log::Logs;
use crate::run_people::Desk;
use crate::server::Options;
use crate::settings::{DEFAULT_LISTEN, DEFAULT_STORE, DEMO_STORE, NO_SNAPSHOTS, Settings};
use crate::steps::Steps;
use crate::telemetry::Telemetry;
use crate::witness::Witnesses;
use crate::{
    export, export_sites, fold, import_pabulib, import_paris, keys, run_campaign, run_sites, run_urn, say, server,
    store_copy,
};
use clap::{CommandFactory, Parser};
use commands::{Clock, Entropy, Executor};
use domain::Code;
use domain::campaign::Basis;
use event_store::{OpenMode, Reader, Store, without_password};
use projections::report::CountReport;
use projections::results;
use serde::Serialize;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tally::{MinScore, RuleName, TallyRule, TieBreak};
use vault::Vault;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(Failure::from(error))),
    };
    let done = runtime.block_on(async {
        let telemetry = Telemetry::start(cli.log_format);
        let done = run(cli).await;
        telemetry.flush().await;
        done
    });
    end(done)
}

fn end(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has read enough.
        Err(failure) if failure.code == "BROKEN_PIPE" => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("parvis: {failure}");
            ExitCode::from(failure.status)
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let flags = Settings { store: cli.store, origin: cli.origin, key: cli.key, ..Settings::default() };
    let settings = flags.or(Settings::read(cli.config.as_deref())?);
    match cli.command {
        Command::Completions { shell } => {
            // `clap_complete` panics on an output that fails, so it writes into memory.
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "parvis", &mut text);
            write(&text)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text)?;
            write(&text)
        }
        Command::Config => print(&effective(&settings)?),
        Command::Demo { voters, seed, listen, no_serve } => demo(settings, listen, no_serve, seed, voters).await,
        Command::Serve { listen, max_in_flight, drain_seconds, snapshots, development } => {
            let mut settings = Settings { snapshots, ..Settings::default() }.or(settings);
            let store = open(&settings, OpenMode::Existing)?;
            let drain = Duration::from_secs(drain_seconds);
            let options = Options { max_in_flight, drain, ..options(&settings, listen)? };
            doors_for(&mut settings, options.listen, development)?;
            serve(store, options, &settings).await
        }
        Command::Grant { campaign, agent } => desk(&settings)?.grant(&campaign, &agent).await,
        Command::Agent(command) => desk(&settings)?.agent(command).await,
        Command::Person(command) => desk(&settings)?.person(command).await,
        Command::Vault(command) => desk(&settings)?.vault_command(command).await,
        other => {
            // Everything else works on blocking threads; Ctrl-C sets a flag that long work looks at.
            let stop = stop_on_ctrl_c();
            let work = tokio::task::spawn_blocking(move || blocking(other, &settings, &stop));
            work.await.map_err(|error| Failure::fault("PANIC", error.to_string()))?
        }
    }
}

fn blocking(command: Command, settings: &Settings, stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    match command {
        Command::Migrate => {
            let store = open(settings, OpenMode::Create)?;
            let logs = store.reader().logs()?.len();
            vault_is_whole(settings)?;
            print(&format!("the store is up to date; it holds {logs} campaign(s)"))
        }
        Command::Doctor { json } => doctor(settings, json),
        Command::Campaign(command) => {
            let mode = if let CampaignCommand::New { .. } = command { OpenMode::Create } else { OpenMode::Existing };
            let executor = Executor::new(open(settings, mode)?, Clock::System, entropy()?);
            run_campaign::carry_out(&executor, settings, command)
        }
        Command::Import(ImportCommand::Pabulib { files, campaign, json }) => {
            if campaign.is_some() && files.len() > 1 {
                return Err(Failure::usage("ONE_FILE", "--campaign names one campaign: give one file with it"));
            }
            let steps_of = steps(settings, stop, json)?;
            for file in files {
                let code = campaign.clone().unwrap_or_else(|| import_pabulib::code_of(&file));
                say::pabulib(&import_pabulib::import(&steps_of(&code), &settings.origin_of(&code), &file)?, json)?;
            }
            Ok(())
        }
        Command::Import(ImportCommand::ParisWinners { file, json }) => {
            let steps_of = steps(settings, stop, json)?;
            say::paris(&import_paris::import(&file, |code| settings.origin_of(code), steps_of)?, json)
        }
        Command::Tally { campaign, rule, json } => tally(settings, &campaign, &rule, json),
        Command::Export(ExportCommand::Bundle { campaign, out, json }) => {
            let store = open(settings, OpenMode::Existing)?;
            let witnesses = settings.witnesses()?;
            let exported = export::bundle_with(&store, &key(settings)?, &entropy()?, &witnesses, &campaign, &out)?;
            say::exported(&exported, json)
        }
        Command::Export(ExportCommand::Panel { campaign, site, paper }) => {
            let store = open(settings, OpenMode::Existing)?;
            print(&export_sites::panel(&store.reader(), settings, &campaign, &site, &paper)?)
        }
        Command::Export(ExportCommand::Sheet { campaign, area, paper }) => {
            let store = open(settings, OpenMode::Existing)?;
            print(&export_sites::sheet(&store.reader(), settings, &campaign, &area, &paper)?)
        }
        Command::Export(ExportCommand::Statistics { campaigns }) => {
            write(&export_sites::statistics(&open(settings, OpenMode::Existing)?.reader(), campaigns)?)
        }
        Command::Urn(command) => run_urn::urn(command, &entropy()?),
        Command::Ballot(command) => run_urn::ballot(command, &entropy()?),
        Command::Sites(command) => run_sites::sites(command, &open(settings, OpenMode::Existing)?, &entropy()?),
        Command::Store(StoreCommand::Copy { from, to, json }) => store_copy::all(&from, &to, stop, json),
        Command::Log(command) => {
            let (store, witnesses) = (open(settings, OpenMode::Existing)?, settings.witnesses()?);
            Logs { store, key: &key(settings)?, entropy: entropy()?, witnesses }.carry_out(command)
        }
        Command::Keys(KeysCommand::Show) => {
            let store = open(settings, OpenMode::Existing)?;
            for head in store.reader().logs()? {
                print(&format!("log {}", keys::signer(&key(settings)?, &head.origin, &entropy()?)?.verifier()))?;
            }
            Ok(())
        }
        Command::Demo { .. }
        | Command::Serve { .. }
        | Command::Grant { .. }
        | Command::Agent(_)
        | Command::Person(_)
        | Command::Vault(_)
        | Command::Config
        | Command::Completions { .. }
        | Command::Man => Ok(()),
    }
}

/// Writes one line of result.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write(format!("{text}\n").as_bytes())
}

/// Writes a result; a reader that went away is no fault.
pub(crate) fn write(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::fault("BROKEN_PIPE", "")),
        other => Ok(other?),
    }
}

/// Writes a value as one line of JSON.
pub(crate) fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    print(&serde_json::to_string(value).map_err(|error| Failure::fault("JSON", error.to_string()))?)
}

fn effective(settings: &Settings) -> Result<String, Failure> {
    let shown = Settings {
        store: Some(without_password(store_url(settings))),
        listen: Some(listen_address(settings, None)?),
        origin: Some(settings.origin.clone().unwrap_or_else(|| crate::settings::DEFAULT_ORIGIN.to_owned())),
        key: Some(key(settings)?),
        snapshots: Some(settings.snapshots_beside(&key(settings)?).unwrap_or_else(|| NO_SNAPSHOTS.into())),
        vault_key: Some(settings.vault_key_beside(&key(settings)?)),
        uploads: Some(settings.uploads_beside(&key(settings)?)),
        past: Some(settings.past.unwrap_or_default()),
        ..settings.clone()
    };
    toml::to_string(&shown).map_err(|error| Failure::fault("SETTINGS", error.to_string()))
}

fn store_url(settings: &Settings) -> &str {
    settings.store.as_deref().unwrap_or(DEFAULT_STORE)
}

fn open(settings: &Settings, mode: OpenMode) -> Result<Store, Failure> {
    Ok(Store::open(store_url(settings), mode)?)
}

fn key(settings: &Settings) -> Result<PathBuf, Failure> {
    settings.key.clone().map_or_else(|| keys::path(store_url(settings)), Ok)
}

fn entropy() -> Result<Entropy, Failure> {
    Entropy::system().map_err(|error| Failure::fault("NO_ENTROPY", error.to_string()))
}

fn listen_address(settings: &Settings, flag: Option<SocketAddr>) -> Result<SocketAddr, Failure> {
    let set = flag.or(settings.listen).map_or_else(|| DEFAULT_LISTEN.parse(), Ok);
    set.map_err(|error: std::net::AddrParseError| Failure::fault("LISTEN", error.to_string()))
}

fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            eprintln!("parvis: stopping after the step under way; Ctrl-C again stops at once");
        }
    });
    stop
}

fn steps<'a>(
    settings: &Settings,
    stop: &'a Arc<AtomicBool>,
    quiet: bool,
) -> Result<impl Fn(&str) -> Steps + use<'a>, Failure> {
    let store = open(settings, OpenMode::Create)?;
    let executor = Executor::new(store, Clock::System, entropy()?);
    Ok(move |code: &str| Steps { executor: executor.clone(), campaign: code.to_owned(), stop: Arc::clone(stop), quiet })
}

async fn demo(
    settings: Settings,
    listen: Option<SocketAddr>,
    no_serve: bool,
    seed: u64,
    voters: u64,
) -> Result<(), Failure> {
    let url = settings.store.clone().unwrap_or_else(|| DEMO_STORE.to_owned());
    let settings = Settings { store: Some(url.clone()), ..settings };
    let store = open(&settings, OpenMode::Create)?;
    let (stop, origin) = (stop_on_ctrl_c(), settings.origin_of(demo::CODE));
    let key = key(&settings)?;
    let build = store.clone();
    let bundle = tokio::task::spawn_blocking(move || {
        // Seeded, so that the demo is the same everywhere; what signs it is not.
        let executor = Executor::new(build.clone(), demo::clock()?, Entropy::seeded(seed));
        let steps = Steps { executor, campaign: demo::CODE.to_owned(), stop, quiet: false };
        demo::play(&steps, &origin, seed, Size { voters, proposals: 2_054 })?;
        let out = key.with_file_name(format!("{}.parvis", demo::CODE));
        export::bundle(&build, &key, &entropy()?, demo::CODE, &out)
    });
    let bundle = bundle.await.map_err(|error| Failure::fault("PANIC", error.to_string()))??;
    say::demo(&bundle, &without_password(&url))?;
    if no_serve {
        return Ok(());
    }
    let (options, mut settings) = (options(&settings, listen)?, settings);
    doors_for(&mut settings, options.listen, true)?;
    let entropy = entropy()?;
    let people = People::open(&settings, store_url(&settings), &self::key(&settings)?, Clock::System, &entropy).await?;
    for (subject, agent_id) in demo::AGENTS {
        people.vault.appoint(demo::ISSUER, subject, agent_id).await?;
    }
    server::serve(Executor::new(store, Clock::System, entropy), options, people).await
}

fn options(settings: &Settings, listen: Option<SocketAddr>) -> Result<Options, Failure> {
    let key = key(settings)?;
    let downloads = key.parent().map(Path::to_owned).unwrap_or_default();
    let origin = settings.origin.clone().unwrap_or_else(|| crate::settings::DEFAULT_ORIGIN.to_owned());
    let snapshots = settings.snapshots_beside(&key);
    let watchers = settings.watchers.clone().unwrap_or_default();
    Ok(Options {
        key: Some(key),
        snapshots,
        watchers,
        witnesses: Arc::new(settings.witnesses()?),
        past: settings.past.unwrap_or_default(),
        ..Options::new(listen_address(settings, listen)?, origin, downloads)
    })
}

async fn serve(store: Store, options: Options, settings: &Settings) -> Result<(), Failure> {
    let entropy = entropy()?;
    let people = People::open(settings, store_url(settings), &key(settings)?, Clock::System, &entropy).await?;
    server::serve(Executor::new(store, Clock::System, entropy), options, people).await
}

/// Doors for this address, where the settings say nothing; open to anybody for development.
fn doors_for(settings: &mut Settings, listen: SocketAddr, development: bool) -> Result<(), Failure> {
    let mut doors = settings.doors.take().unwrap_or_else(|| {
        let mut doors = doors::Settings::default();
        // The address of this machine that a browser can type.
        if let Ok(url) = format!("http://localhost:{}", listen.port()).parse() {
            doors.public_url = url;
        }
        doors
    });
    doors.development_issuer |= development;
    doors.check_listen(listen)?;
    settings.doors = Some(doors);
    Ok(())
}

fn desk(settings: &Settings) -> Result<Desk<'_>, Failure> {
    let store = open(settings, OpenMode::Existing)?;
    Ok(Desk { settings, url: store_url(settings), key: key(settings)?, store, entropy: entropy()? })
}

fn tally(settings: &Settings, campaign: &str, rule: &RuleArgs, json: bool) -> Result<(), Failure> {
    let reader = open(settings, OpenMode::Existing)?.reader();
    let model = fold::model(&reader, &fold::log(&reader, campaign)?, |_| Ok(()))?;
    if model.overview.proclaimed.is_some_and(|(_, basis)| basis == Basis::Recorded) {
        return Err(Code::TallyRefused.with("the result was recorded as published, without ballots").into());
    }
    if !model.counts_are_public() {
        return Err(Code::TooEarly.with("the proclamation of the result; until then nobody gets a count").into());
    }
    let frozen = &model.campaign.configured()?.rules.tally;
    let rule = chosen(rule, frozen)?;
    let counts = results::tally(&model, Some(&rule))?;
    say::counts(&CountReport::new(campaign, &rule, &counts), &counts, &model, json)
}

fn chosen(args: &RuleArgs, frozen: &TallyRule) -> Result<TallyRule, Failure> {
    let usage = |error: tally::Error| Failure::usage(error.code(), error.to_string());
    let Some(name) = &args.rule else { return Ok(frozen.clone()) };
    let name: RuleName = name.parse().map_err(usage)?;
    let chain = args.tie_break.as_deref().map(TieBreak::parse_chain).transpose().map_err(usage)?;
    let min_score = args.min_score.map(MinScore::Score).or(frozen.min_score);
    let rule = name.with(min_score, chain.unwrap_or_else(|| frozen.tie_break.clone())).map_err(usage)?;
    let around = if args.alone { rule.around } else { frozen.around.clone() };
    Ok(TallyRule { around, ..rule })
}

/// Opens the vault, makes or migrates its tables where that is due, and checks the chain of readings.
fn vault_is_whole(settings: &Settings) -> Result<String, Failure> {
    let (url, key, entropy) = (store_url(settings), key(settings)?, entropy()?);
    tokio::runtime::Handle::current().block_on(async {
        let vault = open_vault(settings, url, &key, Clock::System, &entropy).await?;
        let readings = vault.readings_digest().await?;
        vault.close().await;
        Ok(format!("{} readings of personal data, digest {}", readings.count, readings.digest))
    })
}

/// The file of the vault, where the store is one.
fn vault_file(settings: &Settings) -> Option<PathBuf> {
    Vault::url_beside(store_url(settings)).strip_prefix("sqlite:").map(PathBuf::from)
}

/// One line of the doctor's findings.
#[derive(Serialize)]
struct Finding {
    what: String,
    holds: bool,
    detail: String,
}

/// Which checkpoints the witnesses have let be given out.
fn cosigned(witnesses: &Witnesses, reader: &Reader) -> Result<String, Failure> {
    if witnesses.is_empty() {
        return Ok("none are set: checkpoints carry the log's signature alone".to_owned());
    }
    let mut told = format!("{} must cosign", witnesses.quorum());
    for head in reader.logs()? {
        let published = witnesses.published(reader, head.log_id)?;
        let size = published.map_or_else(|| "none".to_owned(), |(size, _)| size.to_string());
        told.push_str(&format!("; {}: published {size} of {}", head.campaign, head.size));
    }
    Ok(told)
}

fn doctor(settings: &Settings, json: bool) -> Result<(), Failure> {
    let mut findings = Vec::new();
    let mut found = |what: &str, result: Result<String, Failure>| {
        let holds = result.is_ok();
        let detail = result.unwrap_or_else(|failure| failure.to_string());
        findings.push(Finding { what: what.to_owned(), holds, detail });
    };
    found("clock", Clock::System.now().map(|now| now.to_string()).ok_or_else(|| commands::Error::Clock.into()));
    let key_path = key(settings)?;
    found(
        "key",
        match key_path.exists() {
            true => keys::signer(&key_path, "doctor", &entropy()?).map(|_| key_path.display().to_string()),
            false => Ok(format!("{} is drawn when it is first needed", key_path.display())),
        },
    );
    match open(settings, OpenMode::Existing) {
        Err(failure) => found("store", Err(failure)),
        Ok(store) => {
            found("store", Ok(store.place().to_owned()));
            let reader = store.reader();
            found("witnesses", settings.witnesses().and_then(|witnesses| cosigned(&witnesses, &reader)));
            for head in reader.logs()? {
                let whole = reader.verify_integrity(head.log_id).map_err(Failure::from);
                let shown = whole
                    .map(|whole| format!("{} events in {} streams, root {}", whole.size, whole.streams, whole.root));
                found(&format!("log {}", head.campaign), shown);
            }
        }
    }
    if store_url(settings).starts_with("postgres") || vault_file(settings).is_some_and(|file| file.exists()) {
        found("vault", vault_is_whole(settings));
    }
    let broken = findings.iter().filter(|finding| !finding.holds).count();
    for finding in &findings {
        match json {
            true => print_json(finding)?,
            false => print(&format!(
                "{} {}: {}",
                if finding.holds { "ok    " } else { "BROKEN" },
                finding.what,
                finding.detail
            ))?,
        }
    }
    if broken == 0 {
        Ok(())
    } else {
        Err(Failure::refused("DOCTOR", format!("{broken} finding(s) above need mending")))
    }
}
