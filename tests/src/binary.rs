//! Owns finding the two programs and running them as a user would, away from this user's settings.
//! Must not: know what a command answers. Next: `tests/tests/cli.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test support: what isn't there fails the test"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The variables that would change what a program does.
const SETTINGS: [&str; 12] = [
    "PARVIS_STORE",
    "PARVIS_CONFIG",
    "PARVIS_KEY",
    "PARVIS_ORIGIN",
    "PARVIS_LISTEN",
    "PARVIS_LOG",
    "PARVIS_POLICY",
    "PARVIS_LOG_FORMAT",
    "PARVIS_MAX_IN_FLIGHT",
    "PARVIS_DRAIN_SECONDS",
    "PARVIS_SNAPSHOTS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// `parvis` in this folder.
pub fn parvis(folder: &Path, arguments: &[&str]) -> Command {
    command("parvis", "api", folder, arguments)
}

/// `parvis-replay` in this folder.
pub fn parvis_replay(folder: &Path, arguments: &[&str]) -> Command {
    command("parvis-replay", "replay-tools", folder, arguments)
}

fn command(name: &str, package: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(built(name, package));
    command.args(arguments).current_dir(folder);
    for name in SETTINGS {
        command.env_remove(name);
    }
    command
}

/// The program beside this test's own (`target/PROFILE/deps/TEST`). Cargo builds the programs of a
/// package before its tests, but not for another package's: then it is asked to, in the same way.
fn built(name: &str, package: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap();
    // A test lies in `deps`, a benchmark's program beside it.
    let profile = if folder.ends_with("deps") { folder.parent().unwrap() } else { folder };
    let program = profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        // The folder `debug` is shared by the profiles `dev` and `test`, `release` by `bench`.
        let named = match profile.file_name().and_then(|name| name.to_str()) {
            Some("debug") => "test",
            Some(other) => other,
            None => panic!("{} is in no profile's folder", test.display()),
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let target = profile.parent().unwrap();
        let mut build = Command::new(cargo);
        build.args(["build", "--locked", "--package", package, "--bin", name, "--profile", named, "--target-dir"]);
        let done = build.arg(target).current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(done.success(), "{name} can't be built");
    }
    program
}

/// What a program wrote and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// The standard output.
    pub out: String,
    /// The standard error.
    pub err: String,
}

/// Runs a program to its end.
pub fn end(mut command: Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}
