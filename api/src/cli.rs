//! The command line of `parvis`: what can be asked, and how it is answered.
//!
//! Results go to stdout, everything else to stderr. Exit status: 0 done, 1 a
//! fault, 2 wrong usage, 3 refused by a rule. The work is done elsewhere: look
//! next at `run.rs`.

use crate::run_log::LogCommand;
use crate::run_urn::{BallotCommand, UrnCommand};
use crate::server::DEFAULT_IN_FLIGHT;
use crate::telemetry::LogFormat;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Participatory budgets that anyone can replay: server and operator's tool.
#[derive(Debug, Parser)]
#[command(name = "parvis", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// Where the log is: sqlite:PATH, or postgres://USER@HOST[,HOST…]/DATABASE.
    #[arg(long, global = true, env = "PARVIS_STORE", hide_env_values = true, value_name = "URL")]
    pub store: Option<String>,
    /// The settings file; parvis.toml in this folder when not given.
    #[arg(long, global = true, env = "PARVIS_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The file with the key that signs checkpoints; beside the store when not given.
    #[arg(long, global = true, env = "PARVIS_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The city's host name, the first part of every new log's origin.
    #[arg(long, global = true, env = "PARVIS_ORIGIN", value_name = "HOST")]
    pub origin: Option<String>,
    /// How log lines are written to stderr.
    #[arg(long, global = true, env = "PARVIS_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  parvis demo                                  a whole campaign to look at, on http://127.0.0.1:8080
  parvis demo --voters 2000 --no-serve         a small one, only built
  parvis campaign new my-town/campaign.toml    a campaign as a file configures it
  parvis import pabulib elections/*.pb         real elections as campaigns
  parvis tally France_Toulouse_2019 --json     the count, explained
  parvis export bundle demo-2025 demo.parvis   one file that parvis-replay verifies offline
  parvis serve                                 the server on the store in ./parvis-data

Exit status: 0 done, 1 a fault, 2 wrong usage, 3 refused by a rule.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build a whole campaign in a store of its own, then serve it.
    #[command(
        after_help = "Examples:\n  parvis demo\n  parvis demo --voters 5000 --seed 7 --listen 127.0.0.1:9000\n\nThe same seed and size give the same log, byte for byte. A demo that was stopped goes on where it was."
    )]
    Demo {
        /// How many people vote; a third of them online.
        #[arg(long, default_value_t = 125_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
        voters: u64,
        /// What the invented city is drawn from.
        #[arg(long, default_value_t = 2018)]
        seed: u64,
        /// Where to listen.
        #[arg(long, env = "PARVIS_LISTEN", value_name = "ADDR")]
        listen: Option<SocketAddr>,
        /// Only build it.
        #[arg(long)]
        no_serve: bool,
    },
    /// Serve the API and the pages.
    #[command(after_help = "Example:\n  parvis serve --store sqlite:./parvis-data/parvis.db --listen 127.0.0.1:8080")]
    Serve {
        /// Where to listen.
        #[arg(long, env = "PARVIS_LISTEN", value_name = "ADDR")]
        listen: Option<SocketAddr>,
        /// Requests under way at once; one more is told to come again.
        #[arg(long, env = "PARVIS_MAX_IN_FLIGHT", value_name = "N", default_value_t = DEFAULT_IN_FLIGHT,
              value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        max_in_flight: u32,
        /// Seconds between saying "not ready" and refusing connections when the server is stopped, for
        /// a proxy to take this node out.
        #[arg(long, env = "PARVIS_DRAIN_SECONDS", value_name = "N", default_value_t = 0,
              value_parser = clap::value_parser!(u64).range(..=3_600))]
        drain_seconds: u64,
        /// The folder for snapshots of the read model, which shorten the next start; `none` keeps none.
        /// `snapshots` beside the key when not given.
        #[arg(long, env = "PARVIS_SNAPSHOTS", value_name = "DIR")]
        snapshots: Option<PathBuf>,
        /// Let anybody on this machine sign in as anybody. Refused where others can reach the server.
        #[arg(long)]
        development: bool,
    },
    /// Bring the store's schema up to date.
    Migrate,
    /// Check settings, store, key and every log, and say how to mend what is wrong.
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Begin campaigns from files or from earlier ones, and look at them.
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// Bring past elections in.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Make and open the key that ballots are sealed to. Works offline.
    #[command(subcommand)]
    Urn(UrnCommand),
    /// Seal ballots. Works offline.
    #[command(subcommand)]
    Ballot(BallotCommand),
    /// Count a campaign: its frozen rule, or another one for analysis.
    #[command(
        after_help = "Examples:\n  parvis tally demo-2025\n  parvis tally demo-2025 --rule greedy-stop --json\n\nCounts are hidden until the result is proclaimed."
    )]
    Tally {
        /// The campaign's code.
        campaign: String,
        /// Another rule than the frozen one.
        #[command(flatten)]
        rule: RuleArgs,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write files for others.
    #[command(subcommand)]
    Export(ExportCommand),
    /// Copy a whole store.
    #[command(subcommand)]
    Store(StoreCommand),
    /// The log of a campaign as others see it.
    #[command(subcommand)]
    Log(LogCommand),
    /// The signing key.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Make somebody a coordinator of a campaign that has none; coordinators grant every other role.
    #[command(after_help = "Example:\n  parvis grant P2027 agent-5c1f00d2a9b34e77")]
    Grant {
        /// The campaign's code.
        campaign: String,
        /// The agent's pseudonym, as they see it once signed in, or as `parvis agent invite` gives it.
        agent: String,
    },
    /// Agents who haven't signed in yet.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// What is kept about a person.
    #[command(subcommand)]
    Person(PersonCommand),
    /// The sites of winning projects.
    #[command(subcommand)]
    Sites(SitesCommand),
    /// The vault of personal data.
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Print the settings in force.
    Config,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Another rule than the frozen one.
#[derive(Debug, Args)]
pub struct RuleArgs {
    /// greedy, greedy-stop, greedy-per-cost (each also with -threshold), equal-shares-cost or
    /// equal-shares-cardinality (then, if wanted, +add1-pabutools, +add1-official or +add1-exhaustive,
    /// and +greedy), phragmen, phragmen+greedy, max-welfare-cost, max-welfare-cardinality,
    /// majority-judgment.
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// The threshold in points or votes.
    #[arg(long, value_name = "N", requires = "rule")]
    pub min_score: Option<u64>,
    /// cheap, or a list of lower-cost, more-supporters, lot, id.
    #[arg(long, value_name = "LIST", requires = "rule")]
    pub tie_break: Option<String>,
    /// The rule alone: without it, what stands around the frozen rule stands around this one too.
    #[arg(long, requires = "rule")]
    pub alone: bool,
}

/// Begin campaigns, and look at them.
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Begin a campaign as a file configures it, with the outlines of its areas and neighbourhoods.
    #[command(
        after_help = "Examples:\n  parvis campaign new examples/small-town/campaign.toml\n  parvis grant WILLOWFORD-2027 agent-5c1f00d2a9b34e77\n\nThe form of the file is described in docs/formats/campaign.md. All of it is carried out, or nothing."
    )]
    New {
        /// The file.
        #[arg(value_name = "FILE.toml")]
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Begin a campaign like an earlier one, with its calendar moved by whole days.
    #[command(
        after_help = "Example:\n  parvis campaign clone WILLOWFORD-2027 WILLOWFORD-2028 --year 2028\n\nOutlines are taken along; roles aren't: grant them anew."
    )]
    Clone {
        /// The code of the earlier one.
        #[arg(value_name = "CODE")]
        from: String,
        /// The code of the new one.
        #[arg(value_name = "NEW-CODE")]
        to: String,
        /// The year that the new one is named after.
        #[arg(long, value_name = "YEAR")]
        year: u16,
        /// How many days later its calendar is; below zero for earlier. When not given, the whole weeks
        /// nearest to the years between them: 364 days for the next year.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        days: Option<i64>,
        /// Its title; that of the earlier one when not given.
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List all, or show one: where it stands, and the file that `campaign new` would take.
    #[command(
        after_help = "Examples:\n  parvis campaign show\n  parvis campaign show WILLOWFORD-2027 > next-year.toml\n\nWhere it stands is told in comments of the file. Texts that were removed are empty in it."
    )]
    Show {
        /// The campaign's code.
        campaign: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Bring past elections in.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Elections in the Pabulib format, each as a campaign counted under the file's rule.
    #[command(
        after_help = "Example:\n  parvis import pabulib France_Toulouse_2019.pb\n\nWhat is odd in a file is reported by line, on stderr. An import that was stopped goes on when it is run again."
    )]
    Pabulib {
        /// The .pb files.
        #[arg(required = true, value_name = "FILE.pb")]
        files: Vec<PathBuf>,
        /// The campaign's code, for one file; else it follows from the file's name.
        #[arg(long, value_name = "CODE")]
        campaign: Option<String>,
        /// Print JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// The City of Paris's open data of winning projects, one campaign per edition.
    #[command(after_help = "Example:\n  parvis import paris-winners paris_bp_projets_gagnants.csv")]
    ParisWinners {
        /// The CSV file, as the city publishes it.
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What `parvis sites` does.
#[derive(Debug, Subcommand)]
pub enum SitesCommand {
    /// Bring many sites up to date from a table: all of it, or nothing.
    #[command(
        after_help = "Examples:\n  parvis sites update works.csv --campaign P2027 --dry-run\n  parvis sites update works.csv --campaign P2027\n\nThe form of the table is described in docs/formats/sites-csv.md."
    )]
    Update {
        /// The table.
        file: PathBuf,
        /// The campaign's code.
        #[arg(long)]
        campaign: String,
        /// Write nothing; tell every change and every error.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Files for others.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// The campaign's bundle, and beside it OUT.policy with the public key.
    Bundle {
        /// The campaign's code.
        campaign: String,
        /// The file to write.
        #[arg(value_name = "OUT.parvis")]
        out: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The panel of a building site, to print (PDF). Its code leads to the site's page at doors.public_url.
    #[command(after_help = "Example:\n  parvis export panel demo-2025 s-p-0042 --format a3 --out panel.pdf")]
    Panel {
        /// The campaign's code.
        campaign: String,
        /// The site's key.
        site: String,
        /// How.
        #[command(flatten)]
        paper: PaperArgs,
    },
    /// The sheet of an area's building sites, to print (PDF).
    #[command(after_help = "Example:\n  parvis export sheet demo-2025 A03 --lang en --out sheet.pdf")]
    Sheet {
        /// The campaign's code.
        campaign: String,
        /// The area's key.
        area: String,
        /// How.
        #[command(flatten)]
        paper: PaperArgs,
    },
    /// What became of the winners, as a table (CSV): by state, area, department and neighbourhood.
    #[command(
        after_help = "Examples:\n  parvis export statistics > winners.csv\n  parvis export statistics paris-2018"
    )]
    Statistics {
        /// The campaigns' codes; all when not given.
        campaigns: Vec<String>,
    },
}

/// How a site's panel or a district's sheet is printed.
#[derive(Debug, Args)]
pub struct PaperArgs {
    /// The paper.
    #[arg(long, value_name = "FORMAT", default_value = "a4")]
    pub format: PaperFormat,
    /// The language.
    #[arg(long, value_name = "LANGUAGE", default_value = "fr")]
    pub lang: PaperLanguage,
    /// The file to write.
    #[arg(long, value_name = "OUT.pdf")]
    pub out: PathBuf,
}

/// The paper of what is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PaperFormat {
    /// 297 mm by 420 mm.
    A3,
    /// 210 mm by 297 mm.
    A4,
}

/// The language of what is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PaperLanguage {
    /// French.
    Fr,
    /// English.
    En,
}

/// Whole stores.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Copy every log of a store into another one, of either engine, and check it by its tree head.
    #[command(
        after_help = "Example:\n  parvis store copy sqlite:parvis-data/parvis.db postgres://parvis@db.example/parvis\n\nA copy that was stopped goes on when it is run again. Stop the servers before the last run, so that nothing is written behind it. The signing key is a file: take it along."
    )]
    Copy {
        /// The store to read.
        #[arg(value_name = "FROM")]
        from: String,
        /// The store to write; its tables are created where they are missing.
        #[arg(value_name = "TO")]
        to: String,
        /// Print JSON, one object per log.
        #[arg(long)]
        json: bool,
    },
}

/// The signing key.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print the public key of every log, as auditors need it.
    Show,
}

/// Agents who haven't signed in yet.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Print the pseudonym that somebody will have, so that a role can be granted before they come.
    #[command(after_help = "Example:\n  parvis agent invite --issuer city --email a.martin@city.example")]
    Invite {
        /// The issuer by which they sign in: its `id` in the settings.
        #[arg(long, value_name = "ID")]
        issuer: String,
        /// Their verified e-mail address there.
        #[arg(long, value_name = "ADDRESS")]
        email: String,
    },
}

/// What is kept about a person.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Print all that the vault keeps about a person, as JSON, for whoever asked for it.
    Export {
        /// The person, 32 hexadecimal digits.
        person: String,
    },
    /// Remove what a person typed from public logs, and destroy what the vault keeps.
    Erase {
        /// The person, 32 hexadecimal digits.
        person: String,
        /// Really do it.
        #[arg(long)]
        yes: bool,
    },
}

/// The vault of personal data.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Draw a new key into the key file and keep the old ones: the first step of a rotation. Give the file
    /// to every node and start them again before the second.
    NewKey,
    /// Move everybody to the newest key: the second step. Nodes go on working meanwhile.
    RotateKey,
    /// Take the old keys out of the key file: the third step, refused while one is in use. Then destroy every
    /// copy of the file of before, and what older backups hold of people who were erased can't be opened.
    DropOldKeys,
    /// Destroy what is past its time and anchor the record of readings; a server does it every hour.
    Tidy {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}
