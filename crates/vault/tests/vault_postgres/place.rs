//! Where the vaults of these tests are: databases of one throwaway server, with a log's tables.

use event_store::{OpenMode, Store};
use throwaway_postgres::{Database, Server};

/// A database for one vault.
pub(crate) struct Place(pub(crate) Database);

/// As an SQL expression: a wrapped key in hexadecimal.
pub(crate) const IN_HEX: &str = "encode(wrapped, 'hex')";

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(Server::shared().database());
        drop(Store::open(place.0.url(), OpenMode::Create).unwrap());
        place
    }

    pub(crate) fn url(&self) -> String {
        self.0.url().to_owned()
    }

    /// Changes the tables behind the vault's back.
    pub(crate) fn change(&self, statement: &str) -> Result<(), String> {
        self.0.try_psql(&format!("SET search_path = vault; {statement}")).map(drop)
    }

    /// The one value that a query gives, as text.
    pub(crate) fn value(&self, query: &str) -> String {
        self.0.psql(&format!("SET search_path = vault; {query}")).trim_end().to_owned()
    }

    /// Takes away what keeps the readings from being changed.
    pub(crate) fn drop_guards(&self) {
        self.change("ALTER TABLE readings DISABLE TRIGGER USER").unwrap();
    }

    /// Every row of every table, as a dump has them, and the same with hexadecimal made bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for table in self
            .value("SELECT relname FROM pg_class WHERE relnamespace = 'vault'::regnamespace AND relkind = 'r'")
            .lines()
        {
            let rows = self.value(&format!("SELECT t::text FROM {table} t"));
            for piece in rows.split(|c: char| !c.is_ascii_hexdigit()) {
                all.extend(hex::decode(piece).unwrap_or_default());
            }
            all.extend(rows.into_bytes());
        }
        assert!(!all.is_empty());
        all
    }

    /// A copy of the vault as it is now; nobody must have it open.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self(Server::shared().database());
        let name = copy.0.name().to_owned();
        let all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
                   AND datname IN (current_database(), ";
        self.0.psql(&format!("{all} '{name}')"));
        self.0.psql(&format!("DROP DATABASE {name}"));
        self.0.psql(&format!("CREATE DATABASE {name} TEMPLATE {}", self.0.name()));
        copy
    }
}
