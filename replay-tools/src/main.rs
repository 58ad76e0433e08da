//! The command `parvis-replay`: parses its arguments and hands over to the library.

use clap::Parser;
use std::{io, process::ExitCode};

fn main() -> ExitCode {
    let cli = replay_tools::cli::Cli::parse();
    let mut out = io::BufWriter::new(io::stdout());
    ExitCode::from(replay_tools::run::run(cli, &mut out, &mut io::stderr()))
}
