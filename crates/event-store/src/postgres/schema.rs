//! Brings a database to the schema this program knows, once, and recognises databases that are not ours.
//!
//! The texts are in `migrations/postgres`; the rules in `crate::schema`. A program whose user may not
//! change the tables is told to have them migrated by their owner.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};

use super::connection::Address;
use crate::schema::{Applied, Migration, last, newest};
use crate::{Error, OpenMode};

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "log",
        serves: 1,
        text: include_str!("../../../../migrations/postgres/0001_log.sql"),
    },
    Migration {
        version: 2,
        name: "roles",
        serves: 1,
        text: include_str!("../../../../migrations/postgres/0002_roles.sql"),
    },
    Migration {
        version: 3,
        name: "cosignatures",
        serves: 1,
        text: include_str!("../../../../migrations/postgres/0003_cosignatures.sql"),
    },
];

/// "PRVS": the advisory lock under which a database is migrated.
const LOCK: i64 = 0x5052_5653;

/// Applies what is missing, in one transaction; does nothing to a database that is up to date.
pub(super) async fn migrate(conn: &mut PgConnection, address: &Address, mode: OpenMode) -> Result<(), Error> {
    let sql = |e| address.fault(e);
    let found = applied(conn, address).await?;
    match found {
        Some(version) if version >= newest(MIGRATIONS) => return Ok(()),
        Some(found) if !is_owner(conn).await.map_err(sql)? => {
            return Err(Error::SchemaOld { path: Arc::clone(&address.place), found, known: newest(MIGRATIONS) });
        }
        None if mode == OpenMode::Existing => return Err(Error::NotFound { path: Arc::clone(&address.place) }),
        Some(_) | None => {}
    }
    let mut tx = conn.begin().await.map_err(sql)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await.map_err(sql)?;
    // Another node may have migrated while this one waited for the lock.
    let done = applied(&mut tx, address).await?;
    if done.is_none() {
        sqlx::raw_sql(
            "CREATE TABLE schema_migrations (
               version integer PRIMARY KEY, name text NOT NULL, serves integer NOT NULL, checksum text NOT NULL,
               applied timestamptz NOT NULL DEFAULT now()
             )",
        )
        .execute(&mut *tx)
        .await
        .map_err(sql)?;
    }
    for migration in MIGRATIONS.iter().filter(|m| m.version > done.unwrap_or(0)) {
        sqlx::raw_sql(migration.text).execute(&mut *tx).await.map_err(sql)?;
        sqlx::query("INSERT INTO schema_migrations (version, name, serves, checksum) VALUES ($1, $2, $3, $4)")
            .bind(i64::from(migration.version))
            .bind(migration.name)
            .bind(i64::from(migration.serves))
            .bind(migration.checksum())
            .execute(&mut *tx)
            .await
            .map_err(sql)?;
    }
    tx.commit().await.map_err(sql)
}

/// The last migration of the database, or none when it is empty.
async fn applied(conn: &mut PgConnection, address: &Address) -> Result<Option<u32>, Error> {
    let sql = |e| address.fault(e);
    let ours = sqlx::query("SELECT to_regclass('schema_migrations') IS NOT NULL, to_regclass('log_heads') IS NOT NULL,
            EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v'))")
        .fetch_one(&mut *conn)
        .await
        .map_err(sql)?;
    let (steps, heads, anything): (bool, bool, bool) = (ours.get(0), ours.get(1), ours.get(2));
    if !(steps && heads) {
        return if anything { Err(Error::NotAStore { path: Arc::clone(&address.place) }) } else { Ok(None) };
    }
    let rows = sqlx::query("SELECT version, name, serves, checksum FROM schema_migrations ORDER BY version")
        .fetch_all(conn)
        .await
        .map_err(sql)?;
    let number = |n: i32| u32::try_from(n).unwrap_or(u32::MAX);
    let steps: Vec<_> = rows
        .iter()
        .map(|row| Applied {
            version: number(row.get(0)),
            name: row.get(1),
            serves: number(row.get(2)),
            checksum: row.get(3),
        })
        .collect();
    last(&address.place, MIGRATIONS, &steps).map(Some)
}

async fn is_owner(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query("SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = 'log_heads'::regclass")
        .fetch_one(conn)
        .await
        .map(|row| row.get(0))
}
