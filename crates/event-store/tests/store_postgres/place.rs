//! Where the stores of these tests are: databases of one throwaway server.

use throwaway_postgres::{Database, Server};

/// A database for one store.
pub(crate) struct Place(pub(crate) Database);

/// As an SQL expression: a hash that no leaf has.
pub(crate) const ZEROES: &str = "decode(repeat('00', 32), 'hex')";
/// The same for a tile.
pub(crate) const TILE_OF_ZEROES: &str = "decode(repeat('00', 8192), 'hex')";
/// Where readers of cqrs-es find its columns.
pub(crate) const EVENTS: &str = "events";

impl Place {
    pub(crate) fn new() -> Self {
        Self(Server::shared().database())
    }

    pub(crate) fn url(&self) -> String {
        self.0.url().to_owned()
    }

    /// Changes the tables behind the store's back.
    pub(crate) fn change(&self, statement: &str) -> Result<(), String> {
        self.0.try_psql(statement).map(drop)
    }

    /// The one value that a query gives, as text.
    pub(crate) fn value(&self, query: &str) -> String {
        self.0.psql(query).trim_end().to_owned()
    }

    /// Takes away what keeps the tables from being changed.
    pub(crate) fn drop_guards(&self) {
        for table in ["log_events", "log_tiles", "log_heads"] {
            self.change(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).unwrap();
        }
    }

    /// Whether anything of a text is left where the store keeps its rows. The server's own write-ahead
    /// log and its archive are another matter: the runbook of backups says how long they live.
    pub(crate) fn keeps(&self, text: &str) -> bool {
        self.change("CHECKPOINT").unwrap();
        let file = self.value("SELECT pg_relation_filepath('log_events')");
        let bytes = std::fs::read(Server::shared().folder().join("data").join(file)).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}
