//! The vault in a file: one connection behind a lock, used on threads that may wait.
//!
//! Must not know what a row means. Next: `engine.rs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::Error;
use crate::engine::{Row, Value};
use crate::schema::{Applied, Migration, TABLE, last, newest};

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "vault",
        serves: 1,
        text: include_str!("../../../migrations/sqlite/vault/0001_vault.sql"),
    },
    Migration {
        version: 2,
        name: "messages",
        serves: 1,
        text: include_str!("../../../migrations/sqlite/vault/0002_messages.sql"),
    },
    Migration {
        version: 3,
        name: "urn",
        serves: 1,
        text: include_str!("../../../migrations/sqlite/vault/0003_urn.sql"),
    },
    Migration {
        version: 4,
        name: "unpublished",
        serves: 1,
        text: include_str!("../../../migrations/sqlite/vault/0004_unpublished.sql"),
    },
    Migration {
        version: 5,
        name: "births",
        serves: 1,
        text: include_str!("../../../migrations/sqlite/vault/0005_births.sql"),
    },
];

/// How long a statement waits for a lock that another program holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it looks whether the lock is free.
const STEP: Duration = Duration::from_millis(1);

/// The one connection to a file; `None` when it was closed.
#[derive(Clone)]
pub(crate) struct File(Arc<Mutex<Option<Connection>>>);

/// A transaction that holds the connection.
pub(crate) struct Tx(Option<Held>);

/// The connection while a transaction has it. However that ends, nothing stays open behind it.
struct Held(OwnedMutexGuard<Option<Connection>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(conn) = self.0.as_ref().filter(|conn| !conn.is_autocommit())
            && let Err(error) = conn.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction of the vault could not be rolled back");
        }
    }
}

impl File {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let path = url.strip_prefix("sqlite:").unwrap_or_default();
        let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
        let conn = blocking(move || connect(&path)).await??;
        Ok(Self(Arc::new(Mutex::new(Some(conn)))))
    }

    pub(crate) async fn begin(&self, write: bool) -> Result<Tx, Error> {
        let mut tx = Tx(Some(Held(Arc::clone(&self.0).lock_owned().await)));
        let begin = if write { "BEGIN IMMEDIATE" } else { "BEGIN" };
        tx.with(move |conn| conn.execute_batch(begin)).await?;
        Ok(tx)
    }

    /// Copies the write-ahead log into the file and empties it: deleted rows, which `secure_delete`
    /// overwrote in the file, would still stand in it.
    pub(crate) async fn sweep(&self) {
        let mut tx = Tx(Some(Held(Arc::clone(&self.0).lock_owned().await)));
        let truncate = |conn: &Connection| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        match tx.with(truncate).await {
            Ok(0_i64) => {}
            Ok(_) => tracing::warn!("the vault's write-ahead log is in use: it is emptied at the next erasure"),
            Err(error) => tracing::warn!(%error, "the vault's write-ahead log could not be emptied"),
        }
    }

    pub(crate) async fn close(&self) {
        let conn = Arc::clone(&self.0).lock_owned().await.take();
        let closed = blocking(move || conn.map_or(Ok(()), |conn| conn.close().map_err(|(_, error)| error))).await;
        if let Ok(Err(error)) = closed {
            tracing::warn!(%error, "the vault could not be closed");
        }
    }
}

impl Tx {
    /// Runs something on a thread that may wait.
    async fn with<T: Send + 'static>(
        &mut self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let closed = || Error::Unavailable("it was closed".into());
        let held = self.0.take().ok_or_else(closed)?;
        let (held, answer) = blocking(move || {
            let answer = held.0.as_ref().map(run);
            (held, answer)
        })
        .await?;
        self.0 = Some(held);
        answer.ok_or_else(closed)?.map_err(fault)
    }

    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        self.with(move |conn| {
            let touched = conn.prepare_cached(sql)?.execute(params_from_iter(values.iter().map(bound)))?;
            Ok(u64::try_from(touched).unwrap_or(u64::MAX))
        })
        .await
    }

    pub(crate) async fn rows(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.with(move |conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let columns = statement.column_count();
            let mut found = statement.query(params_from_iter(values.iter().map(bound)))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let values = (0..columns).map(|column| row.get_ref(column).map(taken));
                rows.push(Row(values.collect::<rusqlite::Result<_>>()?));
            }
            Ok(rows)
        })
        .await
    }

    #[cfg(test)]
    pub(crate) async fn prepare(&mut self, sql: &'static str) -> Result<(), Error> {
        self.with(move |conn| conn.prepare(sql).map(drop)).await
    }

    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        self.with(|conn| conn.execute_batch("COMMIT")).await
    }
}

async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(run).await.map_err(|_| Error::Unavailable("the program is stopping".into()))
}

fn bound(value: &Value) -> rusqlite::types::Value {
    use rusqlite::types::Value as Sqlite;
    match value {
        Value::Int(Some(number)) => Sqlite::Integer(*number),
        Value::Text(text) => Sqlite::Text(text.clone()),
        Value::Bytes(Some(bytes)) => Sqlite::Blob(bytes.clone()),
        Value::Int(None) | Value::Bytes(None) => Sqlite::Null,
    }
}

fn taken(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(number) => Value::Int(Some(number)),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(Some(bytes.to_vec())),
        ValueRef::Null | ValueRef::Real(_) => Value::Bytes(None),
    }
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let place = |e: std::io::Error| Error::Unavailable(format!("{}: {e}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(place)?;
    }
    // Made before SQLite makes it, so that nobody else may ever read it; its -wal and -shm follow.
    if !path.exists() {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(place)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(fault)?;
    use_wal(&conn)?;
    conn.busy_handler(Some(wait)).map_err(fault)?;
    conn.execute_batch(
        // FULL: a commit is on the disk before it is acknowledged. secure_delete: what an erasure
        // removes is overwritten, not only unlinked. foreign_keys: off by default in SQLite.
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
    )
    .map_err(fault)?;
    conn.set_prepared_statement_cache_capacity(64);
    migrate(&mut conn, path)?;
    Ok(conn)
}

/// Waits for a lock in short steps. SQLite's own steps grow to 100 ms, so that another program that
/// writes without a pause would keep us out.
fn wait(tries: i32) -> bool {
    std::thread::sleep(STEP);
    STEP.saturating_mul(u32::try_from(tries).unwrap_or(0)) < BUSY_TIMEOUT
}

/// Switches to the write-ahead log. SQLite doesn't wait for locks in some cases of this statement
/// (two programs that open a new file at once), so the waiting is done here.
fn use_wal(conn: &Connection) -> Result<(), Error> {
    let step = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(mode) => return Err(Error::Unavailable(format!("this file system allows journal mode {mode} only"))),
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && waited < BUSY_TIMEOUT => {}
            Err(e) => return Err(fault(e)),
        }
        std::thread::sleep(step);
        waited += step;
    }
}

fn migrate(conn: &mut Connection, path: &Path) -> Result<(), Error> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
    let count = |sql: &str| tx.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fault);
    if count("SELECT count(*) FROM sqlite_schema WHERE name = 'vault_migrations'")? == 0 {
        if count("SELECT count(*) FROM sqlite_schema")? > 0 {
            return Err(Error::NotAVault(path.display().to_string()));
        }
        tx.execute_batch(TABLE).map_err(fault)?;
    }
    let done = {
        let mut steps = tx.prepare("SELECT version, serves, checksum FROM vault_migrations").map_err(fault)?;
        let read =
            steps.query_map([], |row| Ok(Applied { version: row.get(0)?, serves: row.get(1)?, checksum: row.get(2)? }));
        let applied = read.map_err(fault)?.collect::<rusqlite::Result<Vec<_>>>().map_err(fault)?;
        last(MIGRATIONS, &applied)?
    };
    for step in MIGRATIONS.iter().filter(|step| step.version > done) {
        tx.execute_batch(step.text).map_err(fault)?;
        let insert = "INSERT INTO vault_migrations (version, name, serves, checksum) VALUES (?1, ?2, ?3, ?4)";
        tx.execute(insert, (step.version, step.name, step.serves, step.checksum())).map_err(fault)?;
    }
    debug_assert!(newest(MIGRATIONS) > 0);
    tx.commit().map_err(fault)
}

/// SQLite's errors in our words; they name tables, never values.
fn fault(error: rusqlite::Error) -> Error {
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => Error::Damaged(detail),
        Some(ErrorCode::NotADatabase) => Error::NotAVault("the file".into()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::Unavailable("another program holds its lock".into())
        }
        _ => Error::Unavailable(detail),
    }
}
