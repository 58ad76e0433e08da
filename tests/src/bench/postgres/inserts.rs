//! Owns the limits of everything that writes: the same bytes in a table of the same columns and
//! indices, one row a transaction by `pgbench`, and all rows in one COPY.
//!
//! Nothing is decided, hashed or kept in one order here. Must not go through the event store.

use super::place::Place;
use crate::bench::measure::{Outcome, now, per_second};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use std::path::PathBuf;
use std::time::Duration;
use throwaway_postgres::Database;
use tokio::runtime::Runtime;

/// The name of the limit with a transaction for each row.
pub(super) const SINGLE: &str = "pgbench: same bytes, columns and indices, one row a transaction, as many clients";

/// The name of the limit with one COPY.
pub(super) const COPIED: &str = "one COPY of the same rows into the same columns and indices";

/// A table like the log's, in the log's own database.
pub(super) struct Inserts<'a> {
    place: &'a Place,
    database: &'a Database,
    script: PathBuf,
}

impl<'a> Inserts<'a> {
    /// Makes the table, and the script that inserts a leaf like this one.
    pub(super) fn create(place: &'a Place, database: &'a Database, leaf: &str) -> Outcome<Self> {
        database.try_psql("CREATE TABLE plain_events (LIKE log_events INCLUDING ALL)")?;
        let script = place.folder().join("insert.sql");
        std::fs::write(&script, insert(leaf))?;
        Ok(Self { place, database, script })
    }

    fn empty(&self) -> Outcome<()> {
        self.database.try_psql("TRUNCATE plain_events")?;
        Ok(())
    }

    /// Rows a second of so many clients that insert so many rows together, each waiting for its own commit.
    pub(super) fn singly(&self, clients: usize, rows: usize) -> Outcome<f64> {
        self.empty()?;
        let mut pgbench = self.place.program("pgbench");
        pgbench.args(["--no-vacuum", "--protocol=prepared", "--define=n=0", "--jobs=2"]);
        pgbench.args([
            format!("--client={clients}"),
            format!("--transactions={}", rows / clients),
            "--file".to_owned(),
        ]);
        let done = pgbench.arg(&self.script).arg(self.database.url()).output()?;
        let said = String::from_utf8_lossy(&done.stdout);
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        match rate {
            Some(rate) if done.status.success() => Ok(rate.parse()?),
            _ => Err(format!("pgbench says {said} {}", String::from_utf8_lossy(&done.stderr)).into()),
        }
    }

    /// Rows a second of one COPY of the last rows of the log.
    pub(super) fn copied(&self, runtime: &Runtime, rows: usize) -> Outcome<f64> {
        self.empty()?;
        let last =
            format!("COPY (SELECT * FROM log_events ORDER BY log_id DESC, position DESC LIMIT {rows}) TO STDOUT");
        let text = self.database.try_psql(&last)? + "\n";
        let (elapsed, copied) = runtime.block_on(copy(self.database.url(), &text))?;
        if usize::try_from(copied)? != rows {
            return Err(format!("{copied} rows were copied, not {rows}").into());
        }
        per_second(rows, elapsed)
    }
}

async fn copy(url: &str, text: &str) -> Outcome<(Duration, u64)> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute("SELECT 1").await?;
    let began = now();
    let mut copy = connection.copy_in_raw("COPY plain_events FROM STDIN").await?;
    copy.send(text.as_bytes()).await?;
    let copied = copy.finish().await?;
    let elapsed = began.elapsed();
    connection.close().await?;
    Ok((elapsed, copied))
}

/// A script of pgbench: ids in no order and as long as ours, everything else as it stands.
fn insert(leaf: &str) -> String {
    // A colon begins a variable there; any other letter is as long.
    let leaf = leaf.replace('\'', "''").replace(':', ";");
    let hash = "5a".repeat(32);
    format!(
        "\\set n :n + 1\n\
         \\set position :client_id * 1000000000 + :n\n\
         \\set a random(1000000000000000, 9999999999999999)\n\
         \\set b random(1000000000000000, 9999999999999999)\n\
         \\set c random(100000000000000000, 999999999999999999)\n\
         \\set d random(100000000000000000, 999999999999999999)\n\
         INSERT INTO plain_events (log_id, position, sequence, event_version, command_part, command_parts, \
         aggregate_type, aggregate_id, event_type, command_id, at, leaf_hash, leaf) \
         VALUES (1, :position::bigint, 1, 1, 0, 1, 'ballot', :a::bigint::text || :b::bigint::text, 'BallotCast', \
         :c::bigint::text || :d::bigint::text, '2025-09-07T10-00-00Z', '\\x{hash}', '{leaf}');\n"
    )
}
