//! The statements of the log on Postgres, and how rows become their parameters.
//!
//! All of them are run-time queries; the tests of the store run every one against the real schema.

use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{Decode, Row, Type};
use transparency::Hash;

use crate::LogId;
use crate::tables::signed;

pub(super) const HEADS: &str = "SELECT log_id, origin, campaign, size, root FROM log_heads ORDER BY log_id";
pub(super) const HEAD: &str = "SELECT log_id, origin, campaign, size, root FROM log_heads WHERE log_id = $1";
pub(super) const PAGE: &str = "SELECT position, aggregate_type, aggregate_id, sequence, event_type, leaf, disclosed
    FROM log_events WHERE log_id = $1 AND position >= $2 ORDER BY position LIMIT $3";
pub(super) const STREAM: &str = "SELECT position, aggregate_type, aggregate_id, sequence, event_type, leaf, disclosed
    FROM log_events WHERE log_id = $1 AND aggregate_type = $2 AND aggregate_id = $3 AND sequence > $4
    ORDER BY sequence";
pub(super) const STREAMS: &str = "SELECT aggregate_id FROM log_events
    WHERE log_id = $1 AND aggregate_type = $2 AND sequence = 1 ORDER BY aggregate_id";
pub(super) const COMMAND: &str = "SELECT position, command_parts FROM log_events
    WHERE log_id = $1 AND command_id = $2 AND command_part = 0";
pub(super) const TILE: &str = "SELECT root, hashes FROM log_tiles WHERE log_id = $1 AND level = $2 AND idx = $3";
pub(super) const LEAF_HASHES: &str = "SELECT leaf_hash FROM log_events
    WHERE log_id = $1 AND position >= $2 AND position < $3 ORDER BY position";
pub(super) const TILE_ROOTS: &str = "SELECT root FROM log_tiles
    WHERE log_id = $1 AND idx >= $2 AND idx < $3 AND level = $4 ORDER BY idx";
pub(super) const ROWS: &str = "SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version,
           command_id, command_part, command_parts, at, leaf_hash, leaf, disclosed
    FROM log_events WHERE log_id = $1 AND position >= $2 ORDER BY position LIMIT $3";
pub(super) const STORED: &str = "SELECT
    (SELECT coalesce(max(position) + 1, 0) FROM log_events WHERE log_id = $1),
    (SELECT count(*) FROM log_tiles WHERE log_id = $1)";
pub(super) const CHECKPOINT: &str =
    "SELECT size, note FROM log_checkpoints WHERE log_id = $1 ORDER BY size DESC LIMIT 1";
pub(super) const COSIGNATURES: &str =
    "SELECT witness, line FROM log_cosignatures WHERE log_id = $1 AND size = $2 ORDER BY witness";
pub(super) const COSIGNED: &str = "SELECT c.size, c.note FROM
      (SELECT size FROM log_cosignatures WHERE log_id = $1
       GROUP BY size HAVING count(*) >= $2 ORDER BY size DESC LIMIT $3) AS enough
    JOIN log_checkpoints c ON c.log_id = $1 AND c.size = enough.size ORDER BY c.size DESC";

/// The lock of the log: whoever holds it is the only one who appends, until the transaction ends.
pub(super) const LOCK_HEAD: &str = "SELECT origin, size, root, frontier FROM log_heads WHERE log_id = $1 FOR UPDATE";
pub(super) const READ_HEAD: &str = "SELECT origin, size, root, frontier FROM log_heads WHERE log_id = $1";
/// One probe of the index for each command, whatever the planner believes of the table.
pub(super) const COMMANDS: &str = "SELECT c.command_id, c.position, c.command_parts, e.leaf, e.disclosed
    FROM unnest($2::text[]) AS asked (id)
    CROSS JOIN LATERAL (SELECT command_id, position, command_parts FROM log_events
      WHERE log_id = $1 AND command_id = asked.id AND command_part = 0 LIMIT 1) c
    CROSS JOIN LATERAL (SELECT position, leaf, disclosed FROM log_events
      WHERE log_id = $1 AND position >= c.position AND position < c.position + c.command_parts
      ORDER BY position LIMIT c.command_parts) e
    ORDER BY e.position";
pub(super) const SEQUENCES: &str = "SELECT s.kind, s.id, coalesce((SELECT max(e.sequence) FROM log_events e
      WHERE e.log_id = $1 AND e.aggregate_type = s.kind AND e.aggregate_id = s.id), 0)
    FROM unnest($2::text[], $3::text[]) AS s (kind, id)";

/// Moves the head, if it still is where it was seen, and writes what stands between. The update takes
/// the lock of the log; rows are inserted only by whoever moved it.
pub(super) const APPEND: &str = "WITH head AS (
      UPDATE log_heads SET size = $2, root = $3, frontier = $4
      WHERE log_id = $1 AND size = $5 AND root = $6 RETURNING log_id
    ), events AS (
      INSERT INTO log_events (log_id, position, sequence, event_version, command_part, command_parts,
        aggregate_type, aggregate_id, event_type, command_id, at, leaf_hash, leaf, disclosed)
      SELECT head.log_id, $5 + e.n - 1, e.sequence, e.version, e.part, e.parts,
        e.kind, e.id, e.type, e.command, e.at, e.hash, e.leaf, e.disclosed
      FROM head, unnest($7::bigint[], $8::integer[], $9::integer[], $10::integer[], $11::text[], $12::text[],
        $13::text[], $14::text[], $15::text[], $16::bytea[], $17::text[], $18::text[])
        WITH ORDINALITY AS e (sequence, version, part, parts, kind, id, type, command, at, hash, leaf, disclosed, n)
    ), tiles AS (
      INSERT INTO log_tiles (log_id, level, idx, root, hashes)
      SELECT head.log_id, t.level, t.idx, t.root, t.hashes
      FROM head, unnest($19::smallint[], $20::bigint[], $21::bytea[], $22::bytea[]) AS t (level, idx, root, hashes)
    )
    SELECT count(*) FROM head";

pub(super) const CREATE_LOG: &str = "INSERT INTO log_heads (origin, campaign, size, root, frontier)
    VALUES ($1, $2, 0, $3, $4) RETURNING log_id";
pub(super) const DISCLOSED: &str = "SELECT disclosed FROM log_events WHERE log_id = $1 AND position = $2 FOR UPDATE";
pub(super) const REDACT: &str = "UPDATE log_events SET disclosed = $3 WHERE log_id = $1 AND position = $2";
pub(super) const NUMBER: &str = "INSERT INTO log_numbers AS n (log_id, series, last) VALUES ($1, $2, $3 + 1)
    ON CONFLICT (log_id, series) DO UPDATE SET last = greatest(n.last, $3) + 1 RETURNING last";
pub(super) const NUMBER_BACK: &str =
    "UPDATE log_numbers SET last = last - 1 WHERE log_id = $1 AND series = $2 AND last = $3";
pub(super) const KEEP_CHECKPOINT: &str =
    "INSERT INTO log_checkpoints (log_id, size, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
pub(super) const KEEP_COSIGNATURE: &str =
    "INSERT INTO log_cosignatures (log_id, size, witness, line) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
/// Waits until the synchronous standbys have everything that this server shows: a commit of a message
/// that nobody reads waits for them to have what is before it.
pub(super) const WAIT_FOR_STANDBYS: &str = "SELECT CASE WHEN current_setting('synchronous_standby_names') <> ''
    THEN pg_logical_emit_message(true, 'parvis', '')::text END";
/// A payload is no more than a name of who speaks: what changed is read from the log.
pub(super) const NOTIFY: &str = "SELECT pg_notify('parvis_log', '')";

/// What a statement takes, in Postgres's own numbers.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// A statement about one log.
pub(super) fn about<'q>(text: &'q str, log: LogId) -> Statement<'q> {
    sqlx::query(text).bind(log.0)
}

/// A count or a position, which the tables keep from being negative.
pub(super) fn count(row: &PgRow, column: usize) -> sqlx::Result<u64> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|e| sqlx::Error::ColumnDecode { index: column.to_string(), source: e.into() })
}

/// The same, of a column that is an `integer`.
pub(super) fn small<T: TryFrom<i32, Error: std::error::Error + Send + Sync + 'static>>(
    row: &PgRow,
    column: usize,
) -> sqlx::Result<T> {
    let number: i32 = row.try_get(column)?;
    T::try_from(number).map_err(|e| sqlx::Error::ColumnDecode { index: column.to_string(), source: e.into() })
}

/// A SHA-256.
pub(super) fn hash(row: &PgRow, column: usize) -> sqlx::Result<Hash> {
    let bytes: &[u8] = row.try_get(column)?;
    let fixed = <[u8; 32]>::try_from(bytes);
    fixed.map(Hash).map_err(|e| sqlx::Error::ColumnDecode { index: column.to_string(), source: e.into() })
}

/// Any other column.
pub(super) fn get<'r, T: Decode<'r, Postgres> + Type<Postgres>>(row: &'r PgRow, column: usize) -> sqlx::Result<T> {
    row.try_get(column)
}

/// Rows of `log_events` and `log_tiles` as the arrays that [`APPEND`] takes. Positions follow from the
/// order.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) sequences: Vec<i64>,
    pub(super) versions: Vec<i32>,
    pub(super) parts: Vec<i32>,
    pub(super) parts_of: Vec<i32>,
    pub(super) kinds: Vec<&'a str>,
    pub(super) ids: Vec<&'a str>,
    pub(super) types: Vec<&'a str>,
    pub(super) commands: Vec<&'a str>,
    pub(super) ats: Vec<&'a str>,
    pub(super) hashes: Vec<[u8; 32]>,
    pub(super) leaves: Vec<std::borrow::Cow<'a, str>>,
    pub(super) disclosed: Vec<Option<&'a str>>,
    pub(super) tile_levels: Vec<i16>,
    pub(super) tile_indices: Vec<i64>,
    pub(super) tile_roots: Vec<[u8; 32]>,
    pub(super) tile_hashes: Vec<Vec<u8>>,
}

impl Columns<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.sequences.is_empty()
    }

    /// [`APPEND`] with everything bound but the head, which comes before.
    pub(super) fn bind<'q>(&'q self, head: Statement<'q>) -> Statement<'q> {
        let leaves: Vec<&str> = self.leaves.iter().map(AsRef::as_ref).collect();
        head.bind(&self.sequences)
            .bind(&self.versions)
            .bind(&self.parts)
            .bind(&self.parts_of)
            .bind(&self.kinds)
            .bind(&self.ids)
            .bind(&self.types)
            .bind(&self.commands)
            .bind(&self.ats)
            .bind(&self.hashes)
            .bind(leaves)
            .bind(&self.disclosed)
            .bind(&self.tile_levels)
            .bind(&self.tile_indices)
            .bind(&self.tile_roots)
            .bind(&self.tile_hashes)
    }
}

/// A size as a `bigint`.
pub(super) fn big(number: u64) -> i64 {
    signed(number)
}
