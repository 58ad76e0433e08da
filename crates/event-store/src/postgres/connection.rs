//! The address of a database, connections to the server that may be written to, errors in our words.
//!
//! Nothing here knows what an event is. Next: `schema.rs` (tables), `writer.rs` and `read.rs` (who
//! holds connections).

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor, Row};
use tokio::time::Instant;

use crate::Error;

/// How long one server may take to let us in.
const CONNECT: Duration = Duration::from_secs(3);

/// How long no server is entered after one kept us waiting: each attempt leaves a session there.
const REST: Duration = Duration::from_secs(5);

/// Where the database is: one server, or several of which one is not a standby.
pub(super) struct Address {
    servers: Vec<PgConnectOptions>,
    /// When a server may be entered again.
    rest_until: Mutex<Option<Instant>>,
    /// The address without its password.
    pub(super) place: Arc<Path>,
}

impl Address {
    /// Reads `postgres://USER[:PASSWORD]@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?PARAMETERS]`.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let refused = || Error::StoreUrl { url: without_password(url) };
        let Parts { scheme, user, hosts, tail } = Parts::of(url).ok_or_else(refused)?;
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let servers = hosts.split(',').map(|host| {
            let one = format!("{scheme}://{user}{host}{tail}");
            Ok(PgConnectOptions::from_str(&one)
                .map_err(|_| refused())?
                .application_name("parvis")
                .disable_statement_logging())
        });
        Ok(Self {
            servers: servers.collect::<Result<_, Error>>()?,
            rest_until: Mutex::default(),
            place: PathBuf::from(without_password(url)).into(),
        })
    }

    /// A connection to the server that isn't a standby, set up for the log.
    pub(super) async fn connect(&self) -> Result<PgConnection, Error> {
        self.primary().await.map(|(conn, _)| conn)
    }

    /// The same, with how it was reached.
    pub(super) async fn primary(&self) -> Result<(PgConnection, PgConnectOptions), Error> {
        let rest = *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner);
        if rest.is_some_and(|until| Instant::now() < until) {
            return Err(self.unavailable("its server or a standby of it didn't answer, it is asked again soon".into()));
        }
        let mut why = self.unavailable("the address names no server".into());
        for server in &self.servers {
            match tokio::time::timeout(CONNECT, self.enter(server)).await {
                Ok(Ok(conn)) => return Ok((conn, server.clone())),
                Ok(Err(error)) => why = error,
                Err(_) => {
                    *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + REST);
                    why = self.unavailable(format!("no answer within {} s", CONNECT.as_secs()));
                }
            }
        }
        Err(why)
    }

    async fn enter(&self, server: &PgConnectOptions) -> Result<PgConnection, Error> {
        let sql = |e| self.fault(e);
        let mut conn = PgConnection::connect_with(server).await.map_err(sql)?;
        let state = "SELECT pg_is_in_recovery(), current_setting('synchronous_commit')";
        let row = sqlx::query(state).fetch_one(&mut conn).await.map_err(sql)?;
        if row.get(0) {
            return Err(self.unavailable(format!("{}:{} is a standby", server.get_host(), server.get_port())));
        }
        // A commit that isn't on the disk must not be acknowledged, whatever the server's default is.
        if matches!(row.get::<&str, _>(1), "off" | "local") {
            conn.execute("SET synchronous_commit = on").await.map_err(sql)?;
        }
        // After a crash a primary shows commits that were still waiting for a standby. Whoever took them
        // for acknowledged would find them gone after a fail-over.
        sqlx::query(super::sql::WAIT_FOR_STANDBYS).execute(&mut conn).await.map_err(sql)?;
        Ok(conn)
    }

    pub(super) fn unavailable(&self, detail: String) -> Error {
        Error::Unavailable { path: Arc::clone(&self.place), detail }
    }

    /// The errors of sqlx and of the server (PostgreSQL manual, appendix A) in the store's words.
    pub(super) fn fault(&self, error: sqlx::Error) -> Error {
        let path = Arc::clone(&self.place);
        let detail = error.to_string();
        let sqlx::Error::Database(server) = error else {
            return match error {
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                    Error::Sql { path, detail }
                }
                _ => Error::Unavailable { path, detail },
            };
        };
        match server.code().as_deref().unwrap_or_default() {
            "53100" => Error::DiskFull { path },
            "58030" => Error::Io { path, detail },
            "XX001" | "XX002" => Error::Corrupt { path, detail },
            "3D000" => Error::NotFound { path },
            "42501" | "28000" | "28P01" => Error::NoPermission { path, detail },
            "55P03" | "40P01" => Error::Locked { path },
            // Shutting down, starting up, turned into a standby, out of connections.
            "57P01" | "57P02" | "57P03" | "25006" | "53300" => Error::Unavailable { path, detail },
            code if code.starts_with("08") => Error::Unavailable { path, detail },
            _ => Error::Sql { path, detail },
        }
    }
}

/// An address, taken apart where several hosts may stand.
struct Parts<'a> {
    scheme: &'a str,
    /// The user, and a password behind a colon.
    user: Option<&'a str>,
    hosts: &'a str,
    /// Database and parameters.
    tail: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
        Some(Self { scheme, user, hosts, tail })
    }
}

/// The address of a store as it may be shown.
#[must_use]
pub fn without_password(url: &str) -> String {
    let Some(Parts { scheme, user, hosts, tail }) = Parts::of(url) else { return url.to_owned() };
    // A password may also stand among the parameters.
    let tail = tail.split_once('?').map_or(tail, |(path, _)| path);
    match user {
        Some(user) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}@{hosts}{tail}")
        }
        None => format!("{scheme}://{hosts}{tail}"),
    }
}

/// Whether a unique index refused a row.
pub(super) fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_name_several_servers_and_never_shows_its_password() {
        let address =
            Address::parse("postgres://city:s3cret@a.example:5432,b.example:5433/parvis?sslmode=require").unwrap();
        let hosts: Vec<_> = address.servers.iter().map(|s| (s.get_host().to_owned(), s.get_port())).collect();
        assert_eq!(hosts, [("a.example".to_owned(), 5432), ("b.example".to_owned(), 5433)]);
        assert_eq!(address.place.display().to_string(), "postgres://city@a.example:5432,b.example:5433/parvis");
        assert_eq!(without_password("postgres://h/db?user=u&password=s3cret"), "postgres://h/db");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in ["postgres:", "postgres://u@h:port/db", "postgresql://u:s3cret@h:99999/db"] {
            let error = Address::parse(url).map(|_| ()).unwrap_err();
            assert_eq!(error.code(), "STORE_URL", "{url}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
