//! What `parvis log` does: a log as others see it, its policy, and its files for other web servers.

use crate::failure::Failure;
use crate::run::{print, print_json, write};
use crate::witness::Witnesses;
use crate::{fold, keys, notary, tile_export};
use clap::Subcommand;
use commands::Entropy;
use event_store::{LogHead, Store};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The log as others see it.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Show how far logs have grown, and which checkpoint of each is given out.
    Show {
        /// The campaign's code; all when not given.
        campaign: Option<String>,
        /// Print JSON, one object per log.
        #[arg(long)]
        json: bool,
    },
    /// Print the last checkpoint that is given out, with its cosignatures (C2SP tlog-checkpoint).
    Checkpoint {
        /// The campaign's code.
        campaign: String,
    },
    /// Print whom auditors trust: the log's key, the witnesses and how many of them (C2SP tlog-policy).
    #[command(after_help = "Example:\n  parvis log policy demo-2025 > demo-2025.policy")]
    Policy {
        /// The campaign's code.
        campaign: String,
    },
    /// Write the log as files for any web server: checkpoint, tiles and entries (C2SP tlog-tiles).
    #[command(
        after_help = "Example:\n  parvis log export-tiles demo-2025 /srv/www/log/demo-2025\n\nOnly what is new is written, and the checkpoint last, so the folder can be served meanwhile, and an export that was stopped goes on when it is run again. Until the result is proclaimed, entries that would tell a partial one are left out."
    )]
    ExportTiles {
        /// The campaign's code.
        campaign: String,
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What the commands work on.
pub(crate) struct Logs<'a> {
    pub(crate) store: Store,
    pub(crate) key: &'a Path,
    pub(crate) entropy: Entropy,
    pub(crate) witnesses: Witnesses,
}

/// A log in one line.
#[derive(Serialize)]
struct Shown {
    campaign: String,
    origin: String,
    size: u64,
    root: String,
    /// The size of the checkpoint that is given out, if one is.
    published: Option<u64>,
    /// How many witnesses of the settings have cosigned it.
    cosignatures: usize,
}

impl Logs<'_> {
    pub(crate) fn carry_out(&self, command: LogCommand) -> Result<(), Failure> {
        let reader = self.store.reader();
        match command {
            LogCommand::Show { campaign, json } => {
                let heads = match campaign {
                    Some(campaign) => vec![fold::log(&reader, &campaign)?],
                    None => reader.logs()?,
                };
                heads.into_iter().try_for_each(|head| self.show(head, json))
            }
            LogCommand::Checkpoint { campaign } => {
                let head = fold::log(&reader, &campaign)?;
                let published = self.witnesses.published(&reader, head.log_id)?;
                let (_, note) = published.ok_or_else(|| {
                    let message = "no checkpoint is published yet: a running server signs one, and `parvis export \
                                   bundle` does; where witnesses must cosign it, see docs/runbooks/witnesses.md";
                    Failure::fault("NO_CHECKPOINT", message)
                })?;
                write(note.as_bytes())
            }
            LogCommand::Policy { campaign } => {
                let head = fold::log(&reader, &campaign)?;
                let signer = keys::signer(self.key, &head.origin, &self.entropy)?;
                write(self.witnesses.policy(signer.verifier())?.as_bytes())
            }
            LogCommand::ExportTiles { campaign, folder, json } => {
                let published = notary::publish(&self.store, self.key, &self.entropy, &self.witnesses, &campaign)?;
                let exported = tile_export::tiles(&reader, &published, &folder)?;
                if json {
                    return print_json(&exported);
                }
                let tile_export::Exported { campaign, folder, size, entries, written, kept } = exported;
                print(&format!(
                    "{campaign}: {written} files written, {kept} were there; {} has the checkpoint of {size} events",
                    folder.display()
                ))?;
                if entries < size {
                    print(&format!("  entries up to {entries} only: the others would tell a partial result"))?;
                }
                Ok(())
            }
        }
    }

    fn show(&self, head: LogHead, json: bool) -> Result<(), Failure> {
        let reader = self.store.reader();
        let published = self.witnesses.published(&reader, head.log_id)?;
        let cosignatures = published.as_ref().map_or(0, |(_, note)| note.lines().count().saturating_sub(5));
        let published = published.map(|(size, _)| size);
        let LogHead { campaign, origin, size, root, .. } = head;
        let shown = Shown { campaign, origin, size, root: root.to_string(), published, cosignatures };
        if json {
            return print_json(&shown);
        }
        let Shown { campaign, origin, root, .. } = shown;
        print(&format!("{campaign}: {size} events, root {root}, origin {origin}"))?;
        match published {
            Some(published) => print(&format!("  checkpoint of {published} events, {cosignatures} cosignatures")),
            None => print("  no published checkpoint"),
        }
    }
}
