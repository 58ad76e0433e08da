//! Owns finding this machine's PostgreSQL, and the user that its server runs as.
//! Must not: start a server. Next: `server.rs`.

use std::os::unix::{fs::MetadataExt, process::CommandExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the programs, when a developer chooses one.
const CHOSEN: &str = "PARVIS_PG_BIN";
const DEBIAN: &str = "/usr/lib/postgresql";

/// Where the programs are, and as whom a server runs.
#[derive(Debug)]
pub(crate) struct Installation {
    bin: PathBuf,
    /// User and group of the server where we are root, which it refuses to run as.
    runs_as: Option<(u32, u32)>,
}

/// This machine's PostgreSQL. Panics with what to install when there is none.
pub(crate) fn installation() -> &'static Installation {
    static FOUND: OnceLock<Installation> = OnceLock::new();
    FOUND.get_or_init(|| Installation { bin: bin(), runs_as: (own_user() == 0).then(server_user) })
}

/// The id of the user that runs this test.
pub(crate) fn own_user() -> u32 {
    std::fs::metadata("/proc/self").unwrap_or_else(|error| panic!("/proc is needed: {error}")).uid()
}

impl Installation {
    /// A program of the server, run as the user that owns its files.
    pub(crate) fn server_program(&self, name: &str, folder: &Path) -> Command {
        let mut command = self.client_program(name);
        // The folder of the test may be closed to that user.
        command.current_dir(folder);
        if let Some((user, group)) = self.runs_as {
            // Drops root's other groups too.
            command.uid(user).gid(group);
        }
        command
    }

    /// A program that speaks to a server, run as this test's own user.
    pub(crate) fn client_program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        // A developer's PGHOST or PGOPTIONS must not decide what a test does.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("PG") {
                command.env_remove(variable);
            }
        }
        command.env("LC_ALL", "C");
        command
    }

    /// Gives a file or folder to the user that the server runs as.
    pub(crate) fn hand_over(&self, path: &Path) {
        if let Some((user, group)) = self.runs_as {
            std::os::unix::fs::chown(path, Some(user), Some(group))
                .unwrap_or_else(|error| panic!("{} can't be given to user {user}: {error}", path.display()));
        }
    }

    /// The version as the server says it, with the distribution's own number.
    pub(crate) fn version(&self) -> String {
        output(self.client_program("postgres").arg("--version"))
    }
}

/// The standard output of a program that must succeed.
pub(crate) fn output(command: &mut Command) -> String {
    attempt(command).unwrap_or_else(|error| panic!("{error}"))
}

/// The standard output of a program, or what it said when it failed.
pub(crate) fn attempt(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|error| format!("{name} can't be run: {error}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("{name} failed ({}): {said}", done.status));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim_end().to_owned())
}

fn bin() -> PathBuf {
    if let Some(chosen) = std::env::var_os(CHOSEN).map(PathBuf::from) {
        assert!(holds_a_server(&chosen), "{CHOSEN}={} holds no postgres, initdb and psql", chosen.display());
        return chosen;
    }
    let configured = attempt(Command::new("pg_config").arg("--bindir")).ok().map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let searched = configured.into_iter().chain(debian_versions()).chain(std::env::split_paths(&path));
    searched.into_iter().find(|folder| holds_a_server(folder)).unwrap_or_else(|| {
        panic!(
            "these tests need a PostgreSQL server and there is none. Debian, Ubuntu: run bin/test, which installs it, \
             or 'apt install postgresql'. Elsewhere: install PostgreSQL 13 or later, and set {CHOSEN} to the folder \
             of its programs if that isn't in PATH."
        )
    })
}

fn holds_a_server(folder: &Path) -> bool {
    ["postgres", "initdb", "psql", "pg_basebackup", "pg_rewind"].iter().all(|name| folder.join(name).is_file())
}

/// The folders of Debian's packages, newest version first.
fn debian_versions() -> Vec<PathBuf> {
    let mut versions: Vec<u32> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin")).collect()
}

fn server_user() -> (u32, u32) {
    let id = |option: &str| -> u32 {
        let said = attempt(Command::new("id").args([option, "postgres"])).unwrap_or_else(|error| {
            panic!("PostgreSQL refuses to run as root, and there is no user 'postgres' to run it as: {error}")
        });
        said.parse().unwrap_or_else(|_| panic!("id {option} postgres says {said:?}"))
    };
    (id("-u"), id("-g"))
}
