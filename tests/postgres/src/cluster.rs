//! Owns two servers of which one leads, and fail-over from the one to the other without losing what
//! was acknowledged.
//! Must not: watch the servers by itself: the test says when.
//! Next: `replication.rs`, `docs/runbooks/high-availability.md`.

use crate::server::{Database, Options, Server, fresh_name};

/// How the two present themselves to each other.
const NAMES: [&str; 2] = ["a", "b"];

/// A primary and its synchronous standby.
///
/// **Neither acknowledges a write without the other.** Each knows both names, so whoever leads waits
/// for the one that follows: a new primary blocks writes until the old one has come back. With two
/// servers that is the price of losing nothing, however often they change places.
#[derive(Debug)]
pub struct Cluster {
    primary: Server,
    standby: Server,
    /// In the order of the addresses, which no fail-over changes.
    ports: [u16; 2],
}

impl Cluster {
    /// Starts both and waits until the standby follows.
    pub fn start(options: Options) -> Self {
        let [a, b] = NAMES;
        // In the settings from the beginning, so that no moment of a fail-over is without them.
        let own = [
            ("synchronous_standby_names", format!("FIRST 1 ({a}, {b})")),
            ("synchronous_commit", "on".to_owned()),
            // A connection to a killed server is given up in seconds, not in minutes.
            ("wal_receiver_timeout", "5s".to_owned()),
            ("wal_sender_timeout", "5s".to_owned()),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let settings = own.chain(options.settings.iter().cloned()).collect();
        let primary = Server::start_named(Options { settings, ..options }, a);
        let standby = primary.standby(b);
        let ports = [primary.port(), standby.port()];
        Self { primary, standby, ports }
    }

    /// The server that takes writes.
    pub fn primary(&self) -> &Server {
        &self.primary
    }

    /// The server that follows it.
    pub fn standby(&self) -> &Server {
        &self.standby
    }

    /// The server that takes writes, to be stopped, killed or started again.
    pub fn primary_mut(&mut self) -> &mut Server {
        &mut self.primary
    }

    /// The server that follows it, to be stopped, killed or started again.
    pub fn standby_mut(&mut self) -> &mut Server {
        &mut self.standby
    }

    /// The address of a database with both hosts, always in the same order: a client has to find
    /// out which of them takes writes.
    pub fn url(&self, database: &str) -> String {
        let [one, other] = self.ports;
        format!("postgres://postgres@127.0.0.1:{one},127.0.0.1:{other}/{database}")
    }

    /// A new, empty database.
    pub fn database(&self) -> Database {
        let name = fresh_name();
        self.primary.psql("postgres", &format!("CREATE DATABASE {name}"));
        Database::new(self.url(&name), name)
    }

    /// Loses the primary and goes on with the standby:
    ///
    /// 1. kills the primary. Only a dead one acknowledges nothing more;
    /// 2. promotes the standby, which has all that was ever acknowledged;
    /// 3. brings the old one back as the standby. Until then the new primary blocks writes.
    pub fn fail_over(&mut self) {
        self.primary.kill_9();
        self.standby.promote();
        std::mem::swap(&mut self.primary, &mut self.standby);
        self.standby.rejoin(&self.primary);
    }
}
