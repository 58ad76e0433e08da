//! Owns the command line of `parvis-replay`: names, flags, help.
//! Must not: do the work (see `run.rs`).
//! Next: `run.rs`.

use crate::state::At;
use clap::{Args, Parser, Subcommand};
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

Exit codes:
  0  done; everything holds
  1  a fault: a file can't be read, a name isn't known
  2  wrong usage
  3  the bundle doesn't hold, or a rule refuses

Results go to the standard output, everything else to the standard error. Nothing is fetched and
nothing is kept: the work can be broken off at any time.";

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

The policy is a text with the city's verifier key, got from elsewhere than the bundle:
  log parvis.example/p2018+4c1b2c0f+AZ…
  quorum none")]
    Verify {
        /// The bundle.
        bundle: PathBuf,
        /// Whom to trust.
        #[command(flatten)]
        trust: Trust,
        /// Print the report as JSON.
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

/// A chain of tie-breaks, first to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(pub Vec<TieBreak>);

fn chain(text: &str) -> Result<Chain, tally::Error> {
    TieBreak::parse_chain(text).map(Chain)
}
