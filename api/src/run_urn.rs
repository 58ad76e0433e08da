//! `parvis urn` and `parvis ballot`: the key ceremony and sealing, offline and without a store.
//!
//! Owns what these commands do and print. The secret of an urn exists in memory only, until `join`
//! prints it for the opening. Must not know a campaign: what is needed of one stands in files. Look
//! next at `urn_files.rs`, and at `docs/runbooks/key-ceremony.md` for how a ceremony goes.

use crate::failure::Failure;
use crate::run::print;
use crate::urn_files::{self, Holder, PublicFile, decrypt, encrypt, opened_share, read_json, write_new};
use clap::Subcommand;
use commands::Entropy;
use seal::{BallotPaper, Nonce, UrnSecret, VoterFile, join, split};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The key of an urn.
#[derive(Debug, Subcommand)]
pub enum UrnCommand {
    /// Make the key of an urn and give each key holder a share, encrypted to the holder's own key.
    #[command(
        after_help = "Example:\n  parvis urn new --threshold 3 --out ceremony \\\n    --holder alice=age1… --holder bob=age1… --holder chloe=age1… --holder david=age1… --holder emma=age1…\n\nWrites urn.pub.json, to be published, and one NAME.share.age per holder. The secret is never\nwritten: without enough shares nobody opens the urn, and nobody can make them again."
    )]
    New {
        /// How many holders open the urn together.
        #[arg(long, value_name = "K", default_value_t = 3)]
        threshold: u8,
        /// A key holder and the age recipient the share is encrypted to; once per holder.
        #[arg(long = "holder", value_name = "NAME=age1…", value_parser = urn_files::holder, required = true)]
        holders: Vec<Holder>,
        /// The folder for the files. It must be new or empty.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Open a share with its holder's own key, and print it.
    #[command(after_help = "Example:\n  parvis urn open-share alice.share.age --identity alice.key > alice.share")]
    OpenShare {
        /// The file from the ceremony.
        file: PathBuf,
        /// The holder's identity file, as age-keygen writes it.
        #[arg(long, value_name = "FILE")]
        identity: PathBuf,
    },
    /// Join opened shares, and print the secret that opens the urn.
    #[command(
        after_help = "Example:\n  parvis urn join alice.share chloe.share emma.share --urn urn.pub.json\n\nWhoever has the secret can read every ballot: join only once the link between voters and ballots\nis destroyed and the time for objections is over."
    )]
    Join {
        /// The opened shares, one in each file.
        #[arg(required = true)]
        shares: Vec<PathBuf>,
        /// What the ceremony has published.
        #[arg(long, value_name = "FILE")]
        urn: PathBuf,
    },
}

/// Sealed ballots.
#[derive(Debug, Subcommand)]
pub enum BallotCommand {
    /// Seal a ballot, keep what proves it, and print what is to be sent.
    #[command(
        after_help = "Examples:\n  parvis ballot seal --paper north.json --choices 3,7 --keep my-ballot.json\n  parvis ballot seal --paper north.json --choices 3,7 --points 2,0 --keep my-ballot.json\n\nPrints the digest that the receipt will name, and under \"send\" an entry of the mutation\ncastSealedBallots. The file that is kept says how you voted. With it and the bundle of the campaign, parvis-replay\nballot check finds your ballot once the urn is open."
    )]
    Seal {
        /// The ballot paper of the area.
        #[arg(long, value_name = "FILE")]
        paper: PathBuf,
        /// Numbers on the ballot list, in your order; none for a blank ballot.
        #[arg(long, value_delimiter = ',', value_name = "N,…")]
        choices: Vec<u32>,
        /// Points, one for each choice; for grades their place in the list, from 0.
        #[arg(long, value_delimiter = ',', value_name = "N,…", allow_hyphen_values = true)]
        points: Option<Vec<i64>>,
        /// Where to keep what proves this ballot.
        #[arg(long, value_name = "FILE")]
        keep: PathBuf,
    },
}

/// Carries out `parvis urn`.
pub(crate) fn urn(command: UrnCommand, entropy: &Entropy) -> Result<(), Failure> {
    match command {
        UrnCommand::New { threshold, holders, out } => new(threshold, &holders, &out, entropy),
        UrnCommand::OpenShare { file, identity } => print(&decrypt(&file, &identity)?.to_text()),
        UrnCommand::Join { shares, urn } => {
            let published: PublicFile = read_json(&urn)?;
            let shares = shares.iter().map(|path| opened_share(path)).collect::<Result<Vec<_>, _>>()?;
            print(&join(&shares, &published.ceremony)?.to_text())
        }
    }
}

fn new(threshold: u8, holders: &[Holder], out: &Path, entropy: &Entropy) -> Result<(), Failure> {
    let names: BTreeSet<&str> = holders.iter().map(|holder| holder.name.as_str()).collect();
    let keys: BTreeSet<String> = holders.iter().map(|holder| holder.recipient.to_string()).collect();
    if names.len() < holders.len() || keys.len() < holders.len() {
        return Err(Failure::usage("HOLDER_TWICE", "a name or a recipient is given twice: each holder has one share"));
    }
    let count = u8::try_from(holders.len()).unwrap_or(u8::MAX);
    let seed = Zeroizing::new(entropy.bytes());
    let (ceremony, shares) = split(&UrnSecret::from_seed(&seed), threshold, count, &mut || entropy.bytes())?;
    // A ceremony can't be repeated once ballots are sealed: what is given out opens, or nothing is.
    join(&shares, &ceremony)?;
    fs::create_dir_all(out).map_err(|error| Failure::from(error).at(out.display()))?;
    if fs::read_dir(out).map_err(|error| Failure::from(error).at(out.display()))?.next().is_some() {
        return Err(Failure::refused("FILE_EXISTS", format!("{} is not empty: name another folder", out.display())));
    }
    for (holder, share) in holders.iter().zip(&shares) {
        write_new(&out.join(format!("{}.share.age", holder.name)), &encrypt(holder, share)?, true)?;
    }
    let id = ceremony.key.id();
    let lines = [
        format!("urn        {id}"),
        format!("key        {}", ceremony.key),
        format!("opened by  {threshold} of {count} holders: {}", join_names(holders)),
        format!("publish    {}", out.join("urn.pub.json").display()),
        "give each holder the own .share.age file, and delete it here once it has arrived".to_owned(),
    ];
    let holders = holders.iter().map(|holder| holder.name.clone()).collect();
    let public = serde_json::to_string_pretty(&PublicFile { ceremony, holders, id })
        .map_err(|error| Failure::fault("JSON", error.to_string()))?;
    write_new(&out.join("urn.pub.json"), &format!("{public}\n"), false)?;
    print(&lines.join("\n"))
}

fn join_names(holders: &[Holder]) -> String {
    holders.iter().map(|holder| holder.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Carries out `parvis ballot`.
pub(crate) fn ballot(command: BallotCommand, entropy: &Entropy) -> Result<(), Failure> {
    let BallotCommand::Seal { paper, choices, points, keep } = command;
    let paper: BallotPaper = read_json(&paper)?;
    let [nonce @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = entropy.bytes();
    let file = paper.seal(choices, points, Nonce(nonce), entropy.bytes())?;
    let kept = serde_json::to_string_pretty(&file).map_err(|error| Failure::fault("JSON", error.to_string()))?;
    // Before anything can be sent: what isn't kept can't be proven.
    write_new(&keep, &format!("{kept}\n"), true)?;
    let VoterFile { area, catalogue, sealed, urn, .. } = &file;
    let digest = sealed.digest(&file.context()?);
    let send = json!({"area": area, "ballot": sealed, "catalogue": catalogue, "key": urn.id()});
    print(&json!({"digest": digest, "send": send}).to_string())
}

#[cfg(test)]
#[path = "run_urn_tests.rs"]
mod tests;
