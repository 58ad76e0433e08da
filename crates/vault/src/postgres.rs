//! The vault in the schema `vault` of a Postgres database: a pool of at most eight connections.
//!
//! Must not know what a row means. Next: `engine.rs`.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{Column, ConnectOptions, Postgres, Row as _, Transaction, TypeInfo};

use crate::Error;
use crate::engine::{Hold, Row, Value};
use crate::schema::{Applied, Migration, TABLE, last, newest};

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "vault",
        serves: 1,
        text: include_str!("../../../migrations/postgres/vault/0001_vault.sql"),
    },
    Migration {
        version: 2,
        name: "messages",
        serves: 1,
        text: include_str!("../../../migrations/postgres/vault/0002_messages.sql"),
    },
    Migration {
        version: 3,
        name: "urn",
        serves: 1,
        text: include_str!("../../../migrations/postgres/vault/0003_urn.sql"),
    },
    Migration {
        version: 4,
        name: "unpublished",
        serves: 1,
        text: include_str!("../../../migrations/postgres/vault/0004_unpublished.sql"),
    },
    Migration {
        version: 5,
        name: "births",
        serves: 1,
        text: include_str!("../../../migrations/postgres/vault/0005_births.sql"),
    },
];

/// The most connections a node has to the vault.
const CONNECTIONS: u32 = 8;

/// How long a connection is waited for, on each server that the address names.
const CONNECT: Duration = Duration::from_secs(5);

/// The first half of the advisory locks' keys: "PRV" and what is held.
const ARRIVALS: i32 = 0x5052_5601;
const PERSON: i32 = 0x5052_5602;
const READINGS: i32 = 0x5052_5603;
const MIGRATION: i32 = 0x5052_5604;
const GATE: i32 = 0x5052_5605;
const VOTER: i32 = 0x5052_5606;

/// The tables of which rows are erased.
const SWEEP: &str = "VACUUM people, identities, invites, sessions, records, listeners, outbox, stops, register, urn_keys, urn_ballots, \
    urn_links";

/// One server, or several of which one isn't a standby.
#[derive(Clone)]
pub(crate) struct Server {
    pool: PgPool,
    servers: Arc<[PgConnectOptions]>,
}

/// A transaction.
pub(crate) struct Tx(Transaction<'static, Postgres>);

impl Server {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let servers = servers(url)?;
        let first = servers.first().cloned().ok_or_else(|| Error::Url("postgres:…".into()))?;
        let several = servers.len() > 1;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT)
            .test_before_acquire(true)
            .after_connect(|conn, _| Box::pin(set_up(conn)))
            // After a fail-over, connections to what is a standby now are of no use.
            .before_acquire(move |conn, _| Box::pin(async move { Ok(!several || !is_standby(conn).await?) }))
            .connect_lazy_with(first);
        let server = Self { pool, servers: servers.into() };
        server.migrate().await?;
        Ok(server)
    }

    pub(crate) async fn begin(&self, hold: Hold<'_>) -> Result<Tx, Error> {
        let mut tx = Tx(self.enter().await?);
        tx.hold(hold).await?;
        Ok(tx)
    }

    /// Asks the server that was last good, then the others.
    async fn enter(&self) -> Result<Transaction<'static, Postgres>, Error> {
        let mut why = match self.pool.begin().await {
            Ok(tx) => return Ok(tx),
            Err(error) => fault(error),
        };
        let others = if self.servers.len() > 1 { &self.servers[..] } else { &[] };
        for server in others {
            self.pool.set_connect_options(server.clone());
            match self.pool.begin().await {
                Ok(tx) => return Ok(tx),
                Err(error) => why = fault(error),
            }
        }
        Err(why)
    }

    /// Gives the space of deleted rows back. They are noise under a key that is gone, so that nothing
    /// depends on it; only the owner of the tables may (the server warns others and goes on).
    pub(crate) async fn sweep(&self) {
        if let Err(error) = sqlx::raw_sql(SWEEP).execute(&self.pool).await {
            tracing::warn!(error = %fault(error), "the vault's tables could not be vacuumed");
        }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    async fn migrate(&self) -> Result<(), Error> {
        let mut tx = self.enter().await?;
        if applied(&mut tx).await?.is_some_and(|done| done >= newest(MIGRATIONS)) {
            return Ok(());
        }
        let lock = "SELECT pg_advisory_xact_lock($1, 0)";
        sqlx::query(lock).bind(MIGRATION).execute(&mut *tx).await.map_err(fault)?;
        // Another node may have migrated while this one waited for the lock.
        let done = applied(&mut tx).await?;
        if done.is_none() {
            sqlx::raw_sql(TABLE).execute(&mut *tx).await.map_err(denied)?;
        }
        for step in MIGRATIONS.iter().filter(|step| step.version > done.unwrap_or(0)) {
            sqlx::raw_sql(step.text).execute(&mut *tx).await.map_err(denied)?;
            sqlx::query("INSERT INTO vault_migrations (version, name, serves, checksum) VALUES ($1, $2, $3, $4)")
                .bind(i64::from(step.version))
                .bind(step.name)
                .bind(i64::from(step.serves))
                .bind(step.checksum())
                .execute(&mut *tx)
                .await
                .map_err(denied)?;
        }
        tx.commit().await.map_err(fault)
    }
}

impl Tx {
    /// Waits for whoever holds the same thing; it is let go with the transaction.
    pub(crate) async fn hold(&mut self, hold: Hold<'_>) -> Result<(), Error> {
        let (class, key) = match hold {
            Hold::Read | Hold::Write => return Ok(()),
            Hold::Arrivals => (ARRIVALS, 0),
            Hold::Readings => (READINGS, 0),
            Hold::Person(id) => (PERSON, half(id.as_str())),
            Hold::Voter(name) => (VOTER, half(name)),
            Hold::Gate(campaign) => (GATE, half(campaign)),
            Hold::Casting(campaign) => {
                let lock = "SELECT pg_advisory_xact_lock_shared($1, $2)";
                let query = sqlx::query(lock).bind(GATE).bind(half(campaign));
                return query.execute(&mut *self.0).await.map(drop).map_err(fault);
            }
        };
        let lock = "SELECT pg_advisory_xact_lock($1, $2)";
        sqlx::query(lock).bind(class).bind(key).execute(&mut *self.0).await.map(drop).map_err(fault)
    }

    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        let text = dialect(sql);
        Ok(bind(&text, values).execute(&mut *self.0).await.map_err(fault)?.rows_affected())
    }

    pub(crate) async fn rows(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        let text = dialect(sql);
        let rows = bind(&text, values).fetch_all(&mut *self.0).await.map_err(fault)?;
        rows.iter().map(|row| taken(row).map_err(fault)).collect()
    }

    #[cfg(test)]
    pub(crate) async fn prepare(&mut self, sql: &'static str) -> Result<(), Error> {
        sqlx::Executor::prepare(&mut *self.0, &dialect(sql)).await.map(drop).map_err(fault)
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        self.0.commit().await.map_err(fault)
    }
}

/// The second half of a lock's key.
fn half(name: &str) -> i32 {
    let hash = Sha256::digest(name);
    i32::from_be_bytes(hash.first_chunk().copied().unwrap_or_default())
}

/// The same statement as Postgres wants it. No text of `sql.rs` has a question mark that isn't a parameter.
pub(crate) fn dialect(sql: &str) -> String {
    sql.replace('?', "$")
}

fn bind(sql: &str, values: Vec<Value>) -> Query<'_, Postgres, PgArguments> {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Int(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

fn taken(row: &PgRow) -> Result<Row, sqlx::Error> {
    let value = |column: &sqlx::postgres::PgColumn| {
        Ok(match column.type_info().name() {
            "INT8" => Value::Int(row.try_get(column.ordinal())?),
            "BYTEA" => Value::Bytes(row.try_get(column.ordinal())?),
            _ => Value::Text(row.try_get(column.ordinal())?),
        })
    };
    row.columns().iter().map(value).collect::<Result<_, _>>().map(Row)
}

/// The servers in `postgres://USER[:PASSWORD]@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?PARAMETERS]`.
fn servers(url: &str) -> Result<Vec<PgConnectOptions>, Error> {
    // The address may hold a password, so that the message shows none of it.
    let refused = || Error::Url("postgres:…".into());
    let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
    let at = if user.is_empty() { "" } else { "@" };
    let one = |host: &str| {
        Ok(PgConnectOptions::from_str(&format!("{scheme}://{user}{at}{host}{tail}"))
            .map_err(|_| refused())?
            .application_name("parvis-vault")
            .options([("search_path", "vault")])
            .disable_statement_logging())
    };
    hosts.split(',').map(one).collect()
}

async fn set_up(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    if is_standby(conn).await? {
        return Err(sqlx::Error::Protocol("the server is a standby".into()));
    }
    // A commit that isn't on the disk must not be acknowledged, whatever the server's default is.
    let safe = "SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') IN ('off', 'local')";
    sqlx::query(safe).execute(conn).await.map(drop)
}

async fn is_standby(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query("SELECT pg_is_in_recovery()").fetch_one(conn).await?.try_get(0)
}

/// The last migration of the vault, or none when its schema is empty.
async fn applied(conn: &mut PgConnection) -> Result<Option<u32>, Error> {
    let state = "SELECT to_regnamespace('vault') IS NOT NULL, to_regclass('vault.vault_migrations') IS NOT NULL";
    let row = sqlx::query(state).fetch_one(&mut *conn).await.map_err(fault)?;
    match (row.try_get(0).map_err(fault)?, row.try_get(1).map_err(fault)?) {
        (false, _) => return Err(Error::SchemaOld("the log's tables aren't there yet".into())),
        (true, false) => return Ok(None),
        (true, true) => {}
    }
    let steps = "SELECT version, serves, checksum FROM vault_migrations ORDER BY version";
    let rows = sqlx::query(steps).fetch_all(conn).await.map_err(fault)?;
    let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let step = |row: &PgRow| {
        Ok(Applied { version: number(row.try_get(0)?), serves: number(row.try_get(1)?), checksum: row.try_get(2)? })
    };
    let steps: Vec<_> = rows.iter().map(step).collect::<Result<_, sqlx::Error>>().map_err(fault)?;
    last(MIGRATIONS, &steps).map(Some)
}

fn denied(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned));
    match code.as_deref() {
        Some("42501") => Error::SchemaOld("this user may not change them".into()),
        _ => fault(error),
    }
}

/// The errors of sqlx and of the server in our words. The server's message names tables, never values;
/// its details, which would, are left out.
fn fault(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
            Error::Damaged("a column isn't what was written".into())
        }
        sqlx::Error::Database(server) if matches!(server.code().as_deref(), Some("XX001" | "XX002")) => {
            Error::Damaged(server.message().to_owned())
        }
        sqlx::Error::Database(server) => Error::Unavailable(server.message().to_owned()),
        other => Error::Unavailable(other.to_string()),
    }
}
