//! Owns the server that is measured and its programs. Must not know what is measured.

use crate::bench::measure::Outcome;
use event_store::{OpenMode, Store};
use std::path::{Path, PathBuf};
use std::process::Command;
use throwaway_postgres::{Database, Options, Server};

/// Connections of the server: 256 of a load, and those of the store.
const CONNECTIONS: &str = "400";

/// A server with fsync, and where its programs are.
pub(super) struct Place {
    server: Server,
    programs: PathBuf,
}

impl Place {
    pub(super) fn start() -> Outcome<Self> {
        let settings = vec![("max_connections".to_owned(), CONNECTIONS.to_owned())];
        let server = Server::start(Options { fsync: true, settings, ..Options::default() });
        let programs = server.try_psql("postgres", "SELECT setting FROM pg_config WHERE name = 'BINDIR'")?;
        Ok(Self { server, programs: programs.into() })
    }

    /// A program of the server's own version, such as `pgbench`, with an environment that says nothing.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("PG") {
                command.env_remove(variable);
            }
        }
        command
    }

    /// A folder that is removed with the server.
    pub(super) fn folder(&self) -> &Path {
        self.server.folder()
    }

    pub(super) fn database(&self) -> Database {
        self.server.database()
    }

    /// Writes what waits to be written, so that no measure pays for the one before.
    pub(super) fn rest(&self) -> Outcome<()> {
        self.server.try_psql("postgres", "CHECKPOINT")?;
        Ok(())
    }
}

pub(super) fn open(url: &str, mode: OpenMode) -> Outcome<Store> {
    Ok(Store::open(url, mode)?)
}
