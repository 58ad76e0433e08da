//! The `parvis` command: see `api::cli` for what it can do.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::run::main()
}
