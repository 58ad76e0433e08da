//! `sbom`: writes the bill of materials of the programs.
//!
//! Owns the command line and the file. Must not decide what stands in it: see `supply_chain::bom`.

use clap::Parser;
use std::{fs, path::PathBuf, process::ExitCode};
use supply_chain::{Error, bom, lock, root};

/// Writes what parvis and parvis-replay are built from, as CycloneDX 1.5 JSON.
///
/// The same sources give the same bytes. SOURCE_DATE_EPOCH, in seconds since 1970, puts a time into it.
#[derive(Debug, Parser)]
#[command(name = "sbom")]
struct Cli {
    /// The file to write.
    #[arg(default_value = "target/parvis.cdx.json")]
    file: PathBuf,
}

fn write(file: PathBuf) -> Result<(), Error> {
    let root = root();
    let path = root.join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(|source| Error::File { path, source })?;
    let made = std::env::var("SOURCE_DATE_EPOCH").ok().map(|epoch| bom::source_date(&epoch)).transpose()?;
    let bill = bom::bill(&bom::Workspace::read(&root)?, &lock::read(&text)?, made)?;
    fs::write(&file, format!("{bill:#}\n")).map_err(|source| Error::File { path: file, source })
}

fn main() -> ExitCode {
    match write(Cli::parse().file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error [{}]: {error}", error.code());
            ExitCode::FAILURE
        }
    }
}
