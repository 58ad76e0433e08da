//! How a database file is opened: address, settings, readers' connections, SQLite's errors in our words.
//!
//! Nothing here knows what an event is. Next: `schema.rs` (tables), `store.rs` (who holds these).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema;
use crate::{Error, OpenMode};

/// How long a statement waits for a lock that another program holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages (of 4 KiB) in the write-ahead log before SQLite copies them into the file. Ten times its
/// default: a copy costs a sync of the whole file, which the commit that triggers it waits for.
const WAL_PAGES: i64 = 10_000;

/// Connections that are kept open for the next reader.
const IDLE_READERS: usize = 8;

/// The path in `sqlite:PATH`.
pub(crate) fn path_of(url: &str) -> Result<Arc<Path>, Error> {
    let path = url.strip_prefix("sqlite:").unwrap_or_default();
    // sqlite://PATH is the same thing in the habit of URLs.
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" || path.contains('\0') {
        return Err(Error::StoreUrl { url: url.to_owned() });
    }
    Ok(PathBuf::from(path).into())
}

/// Opens the one connection that writes, with the schema up to date.
pub(crate) fn open_writer(path: &Arc<Path>, mode: OpenMode) -> Result<Connection, Error> {
    let sql = |e| fault(path, e);
    prepare_place(path, mode)?;
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if mode == OpenMode::Create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let mut conn = Connection::open_with_flags(path, flags).map_err(sql)?;
    // SQLite opens a file it may not write as read-only, and would say so at the first event only.
    if conn.is_readonly(rusqlite::DatabaseName::Main).map_err(sql)? {
        return Err(Error::NoPermission { path: Arc::clone(path), detail: "read-only".into() });
    }
    use_wal(&conn, path)?;
    conn.execute_batch(
        // FULL: a commit is on the disk before it is acknowledged. secure_delete: what a redaction
        // removes is overwritten, not only unlinked. foreign_keys: off by default in SQLite.
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;",
    )
    .map_err(sql)?;
    conn.pragma_update(None, "wal_autocheckpoint", WAL_PAGES).map_err(sql)?;
    conn.set_prepared_statement_cache_capacity(64);
    schema::migrate(&mut conn, path)?;
    Ok(conn)
}

/// Checks the place before SQLite does, because its "unable to open" says nothing more.
///
/// It only looks (metadata): opening and closing the file here would release the locks that another
/// connection of this process holds on it (<https://sqlite.org/howtocorrupt.html>, section 2.2).
fn prepare_place(path: &Arc<Path>, mode: OpenMode) -> Result<(), Error> {
    if mode == OpenMode::Create
        && let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|e| place_fault(path, &e))?;
    }
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(Error::WrongKind { path: Arc::clone(path), detail: "it is a folder".into() })
        }
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && mode == OpenMode::Create => Ok(()),
        Err(e) => Err(place_fault(path, &e)),
    }
}

fn place_fault(path: &Arc<Path>, error: &std::io::Error) -> Error {
    use std::io::ErrorKind;
    let path = Arc::clone(path);
    match error.kind() {
        ErrorKind::NotFound => Error::NotFound { path },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Error::NoPermission { path, detail: error.to_string() }
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::IsADirectory => {
            Error::WrongKind { path, detail: error.to_string() }
        }
        _ => Error::Io { path, detail: error.to_string() },
    }
}

/// Switches to the write-ahead log. SQLite doesn't wait for locks in some cases of this statement
/// (two programs that open a new file at once), so the waiting is done here.
fn use_wal(conn: &Connection, path: &Arc<Path>) -> Result<(), Error> {
    let step = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    conn.busy_timeout(Duration::ZERO).map_err(|e| fault(path, e))?;
    loop {
        let answer = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match answer {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => break,
            Ok(mode) => {
                let detail = format!("this file system allows journal mode {mode} only");
                return Err(Error::Io { path: Arc::clone(path), detail });
            }
            Err(e) => match fault(path, e) {
                Error::Locked { .. } if waited < BUSY_TIMEOUT => {}
                other => return Err(other),
            },
        }
        std::thread::sleep(step);
        waited += step;
    }
    conn.busy_timeout(BUSY_TIMEOUT).map_err(|e| fault(path, e))
}

/// SQLite's errors in the store's words, wherever they arise.
pub(crate) fn fault(path: &Arc<Path>, error: rusqlite::Error) -> Error {
    let path = Arc::clone(path);
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            Error::Locked { path }
        }
        Some(ErrorCode::DatabaseCorrupt) => Error::Corrupt { path, detail },
        Some(ErrorCode::NotADatabase) => Error::NotADatabase { path },
        Some(ErrorCode::DiskFull) => Error::DiskFull { path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            Error::NoPermission { path, detail }
        }
        Some(ErrorCode::SystemIoFailure) => Error::Io { path, detail },
        _ => Error::Sql { path, detail },
    }
}

/// Read-only connections to one file, opened when needed and kept for the next reader.
#[derive(Debug)]
pub(crate) struct Readers {
    path: Arc<Path>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: Arc<Path>) -> Self {
        Self { path, idle: Mutex::new(Vec::new()) }
    }

    pub(super) fn path(&self) -> &Arc<Path> {
        &self.path
    }

    /// Lends a connection to `read` and takes it back.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match kept {
            Some(conn) => conn,
            None => self.open()?,
        };
        let answer = read(&conn);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(conn);
        }
        answer
    }

    fn open(&self) -> Result<Connection, Error> {
        let sql = |e| fault(&self.path, e);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.path, flags).map_err(sql)?;
        conn.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
        conn.pragma_update(None, "query_only", true).map_err(sql)?;
        conn.set_prepared_statement_cache_capacity(32);
        Ok(conn)
    }
}
