//! Owns the command line of `parvis-replay`: names, flags, help.
//! Must not: do the work (see `run.rs`).
//! Next: `run.rs`.

use crate::state::At;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;
use tally::{RuleName, TieBreak};

const EXAMPLES: &str = "\
Examples:
  parvis-replay verify p2018.parvis --policy city.policy
  parvis-replay tally p2018.parvis --rule greedy-stop
  parvis-replay tally --pabulib Toulouse_2019.pb --rule greedy --tie-break id --json
  parvis-replay timeline p2018.parvis --stream project/17
  parvis-replay state p2018.parvis --stream campaign/P2018 --at 2018-09-07T10:00:00Z
  parvis-replay receipt deposit.tlog-proof --bundle p2018.parvis --policy city.policy
  parvis-replay query p2018.parvis \"SELECT area, spent_cents FROM area_results\"

Exit codes:
  0  done; everything holds
  1  a fault: a file can't be read, a name isn't known
  2  wrong usage
  3  the bundle doesn't hold, or a rule refuses

A bundle is a file, or an address that starts with https:// or http://: then it is fetched into a
temporary file, and nothing else ever is. Results go to the standard output, everything else to the
standard error. Nothing is kept: the work can be broken off at any time.";

/// Replays the campaign of a participatory budget from its published bundle, offline.
#[derive(Debug, Parser)]
#[command(name = "parvis-replay", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check everything in a bundle: signatures, tree, commitments, law, count, claims.
    #[command(after_help = "\
Examples:
  parvis-replay verify p2018.parvis --policy city.policy
  parvis-replay verify p2018.parvis --json | jq .verdict
  parvis-replay verify https://ville.example/p2018.parvis --policy city.policy --html report.html
  parvis-replay verify p2018.parvis --policy city.policy --since last-month.checkpoint

The policy is a text with the city's verifier key, got from elsewhere than the bundle:
  log parvis.example/p2018+4c1b2c0f+AZ…
  quorum none

With --since, a checkpoint that you kept (the entry `checkpoint` of an older bundle, or what the
server gave at /log/CAMPAIGN/checkpoint), only what is new is judged:
  checked again   all signatures; every hash of a leaf, so that the old part is the same byte for
                  byte: its root must be the one of the old checkpoint; sequences; the values
                  disclosed beside old leaves, which no tree covers; what was removed; the count,
                  where a result is proclaimed; the claims with all digests of tables
  not checked     of the old part alone: canonical form, that an event says nothing more than its
                  kind has, and that it was lawful when it was written: verify without --since
                  did that then
Another root at that size (HISTORY_FORKED), a checkpoint newer than the bundle (HISTORY_NEWER) or of
another log (HISTORY_OF_OTHER_LOG), and one that the policy doesn't accept, are refused.")]
    Verify {
        /// The bundle.
        bundle: PathBuf,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// A signed checkpoint up to which the log was verified before: judge only what is new.
        #[arg(long, value_name = "OLD_CHECKPOINT")]
        since: Option<PathBuf>,
        /// Write the report as a page for people too, in French and English; a file of that name is
        /// overwritten.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check one receipt (.tlog-proof): that what it is of stands in the log that the city signed.
    #[command(after_help = "\
Examples:
  parvis-replay receipt deposit.tlog-proof --leaf deposit.json --policy city.policy
  parvis-replay receipt deposit.tlog-proof --bundle p2018.parvis --policy city.policy

With --leaf, the receipt is held against the event as the log has it; with --bundle, against a whole
log, which also tells which line of the path is wrong, and whether receipt and bundle come from one
log. Without either, only the signatures are checked (SIGNED): then nothing says what it is of.")]
    Receipt {
        /// The receipt.
        receipt: PathBuf,
        /// The event's leaf: the text that was hashed, with or without a line feed at its end.
        #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
        leaf: Option<PathBuf>,
        /// A bundle of the same log.
        #[arg(long, value_name = "BUNDLE")]
        bundle: Option<PathBuf>,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check a log that is published as tiles in a folder: entries, hashes of every level, checkpoint.
    #[command(after_help = "\
Example:
  parvis-replay tiles p2018-tiles --policy city.policy

The folder holds `checkpoint` and `tile/…`, as any web server gives them out (c2sp.org/tlog-tiles). The
file that doesn't fit is named. What the events say is what verify checks, on a bundle.")]
    Tiles {
        /// The folder.
        folder: PathBuf,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write events and tables of a bundle into an SQLite file.
    #[command(after_help = "\
Example:
  parvis-replay project p2018.parvis --to sqlite:p2018.db
  sqlite3 p2018.db \"SELECT title, supports FROM proposals ORDER BY supports DESC LIMIT 10\"

Tables: events, and those that the claims name (campaign, areas, proposals, projects, ballots,
turnout, results, area_results, sites, …). The column `row` has the whole row as JSON. Ballots and
polling places are empty until the result is proclaimed. That every event was lawful is what verify
checks.")]
    Project {
        /// The bundle.
        bundle: PathBuf,
        /// Where to: sqlite:FILE, a file that doesn't exist yet.
        #[arg(long, value_name = "sqlite:FILE", value_parser = sqlite)]
        to: SqliteFile,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
    },
    /// Put a question to the tables of a bundle, in SQL.
    #[command(after_help = "\
Examples:
  parvis-replay query p2018.parvis \"SELECT day, sum(papers_cast) FROM turnout GROUP BY day\"
  parvis-replay query p2018.parvis \"SELECT name, sql FROM sqlite_schema\" --format csv

One SELECT, which can change nothing. The tables are those of `project`.")]
    Query {
        /// The bundle.
        bundle: PathBuf,
        /// The question.
        sql: String,
        /// How the answer is printed.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// The most rows that are printed.
        #[arg(long, value_name = "ROWS", default_value_t = 10_000)]
        limit: usize,
        /// The longest that the question may take.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
    },
    /// Tell what differs between two bundles, or between two positions of one.
    #[command(after_help = "\
Examples:
  parvis-replay diff monday.parvis tuesday.parvis
  parvis-replay diff p2018.parvis --at 5000 --and 6000

Exit code 3 when two bundles fork: from some position on both have events, and not the same ones.")]
    Diff {
        /// The bundle.
        bundle: PathBuf,
        /// The other bundle.
        #[arg(required_unless_present = "at", conflicts_with = "at")]
        other: Option<PathBuf>,
        /// Instead of another bundle: after this position of the first …
        #[arg(long, value_name = "POSITION", requires = "and")]
        at: Option<u64>,
        /// … and after this one.
        #[arg(long, value_name = "POSITION", requires = "at")]
        and: Option<u64>,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// Print the difference as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Count the ballots of a bundle or of a Pabulib file again.
    #[command(after_help = "\
Examples:
  parvis-replay tally p2018.parvis
  parvis-replay tally p2018.parvis --explain A17
  parvis-replay tally --pabulib Toulouse_2019.pb --rule greedy-stop --tie-break cheap --json

Without --rule and --tie-break the campaign's frozen rule counts, or the one that the file declares.")]
    Tally(TallyArgs),
    /// Print the history, one event a line.
    Timeline {
        /// The bundle.
        bundle: PathBuf,
        /// Only this stream, such as project/17.
        #[arg(long)]
        stream: Option<String>,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// Print each event as one JSON line.
        #[arg(long)]
        json: bool,
    },
    /// Print the state of one stream.
    State {
        /// The bundle.
        bundle: PathBuf,
        /// The stream, such as project/17.
        #[arg(long)]
        stream: String,
        /// Up to this position, or to this moment (2018-09-07T10:00:00Z); to the end without it.
        #[arg(long, value_name = "POS|TIME")]
        at: Option<At>,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// Print it as one JSON line.
        #[arg(long)]
        json: bool,
    },
    /// Sealed ballots: the paper of an area, and what became of one's own.
    #[command(subcommand)]
    Ballot(BallotCommand),
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, in roff: `parvis-replay man | man -l -`.
    Man {
        /// The page of this command.
        command: Option<String>,
    },
}

/// Sealed ballots.
#[derive(Debug, Subcommand)]
pub enum BallotCommand {
    /// Find a voter's ballot, open it when the urn is open, and compare it with the voter's file.
    #[command(after_help = "\
Example:
  parvis-replay ballot check p2026.parvis --receipt my-ballot.json --policy city.policy

The file says how its voter voted; it is read here and sent nowhere. Exit code 3 when the ballot is
missing or says something else. That every event was lawful is what verify checks.")]
    Check {
        /// The bundle.
        bundle: PathBuf,
        /// The file that was kept when the ballot was sealed.
        #[arg(long, value_name = "FILE")]
        receipt: PathBuf,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the ballot paper of an area, as JSON: what is needed to seal a ballot.
    #[command(after_help = "\
Example:
  parvis-replay ballot paper p2026.parvis --area north > north.json
  parvis ballot seal --paper north.json --choices 3,7 --keep my-ballot.json")]
    Paper {
        /// The bundle.
        bundle: PathBuf,
        /// The area's id.
        #[arg(long)]
        area: String,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
    },
}

/// Whom to trust.
#[derive(Clone, Debug, Args)]
pub struct Trust {
    /// A policy file with the city's keys (c2sp.org/tlog-policy), got from elsewhere than the bundle.
    #[arg(long, value_name = "FILE", env = "PARVIS_POLICY")]
    pub policy: Option<PathBuf>,
}

/// What to count, and how.
#[derive(Debug, Args)]
pub struct TallyArgs {
    /// The bundle.
    #[arg(required_unless_present = "pabulib", conflicts_with = "pabulib")]
    pub bundle: Option<PathBuf>,
    /// A Pabulib file instead of a bundle.
    #[arg(long, value_name = "FILE")]
    pub pabulib: Option<PathBuf>,
    /// Another rule, for analysis: greedy, greedy-stop, greedy-per-cost (each also with -threshold), equal-shares-cost or
    /// equal-shares-cardinality (then, if wanted, +add1-pabutools, +add1-official or +add1-exhaustive,
    /// and +greedy), phragmen, phragmen+greedy, max-welfare-cost, max-welfare-cardinality,
    /// majority-judgment.
    #[arg(long)]
    pub rule: Option<RuleName>,
    /// Another chain of tie-breaks: id, lower-cost, more-supporters, lot, or cheap.
    #[arg(long, value_name = "CHAIN", value_parser = chain)]
    pub tie_break: Option<Chain>,
    /// The other rule alone: without it, what stands around the frozen rule stands around this one too.
    #[arg(long, requires = "rule")]
    pub alone: bool,
    /// Only this project (its reference or id), explained, with the smallest changes that would have
    /// elected it.
    #[arg(long, value_name = "PROJECT")]
    pub explain: Option<String>,
    /// Whom to trust.
    #[command(flatten)]
    pub trust: Trust,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// In columns, for people.
    Table,
    /// RFC 4180, with a header.
    Csv,
    /// One object: columns, rows, whether there are more.
    Json,
}

/// A file of SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteFile(pub PathBuf);

fn sqlite(text: &str) -> Result<SqliteFile, &'static str> {
    let path = text.strip_prefix("sqlite:").filter(|path| !path.is_empty());
    path.map(|path| SqliteFile(path.into())).ok_or("write sqlite: and the file's name, such as sqlite:p2018.db")
}

/// A chain of tie-breaks, first to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(pub Vec<TieBreak>);

fn chain(text: &str) -> Result<Chain, tally::Error> {
    TieBreak::parse_chain(text).map(Chain)
}
