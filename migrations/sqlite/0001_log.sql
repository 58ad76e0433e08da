-- The log: one row per event, one head per campaign, the complete tiles of its Merkle tree.
-- Owned by crates/event-store. Forward only: a released migration is never edited.

CREATE TABLE log_heads (
  log_id   INTEGER PRIMARY KEY,
  origin   TEXT NOT NULL UNIQUE,            -- name of the log in its checkpoints (C2SP tlog-checkpoint)
  campaign TEXT NOT NULL UNIQUE,            -- code of the campaign
  size     INTEGER NOT NULL DEFAULT 0 CHECK (size >= 0),
  root     BLOB NOT NULL CHECK (length(root) = 32),
  frontier BLOB NOT NULL                    -- roots of the complete subtrees, to append without reading back
) STRICT;

-- A table with rowid: with WITHOUT ROWID a leaf of 2 KB makes reads of a stream three times slower.
-- leaf_hash stands before leaf so that reading hashes never touches overflow pages.
CREATE TABLE log_events (
  log_id         INTEGER NOT NULL REFERENCES log_heads (log_id),
  position       INTEGER NOT NULL CHECK (position >= 0),   -- in the log, from 0, no gaps
  leaf_hash      BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  aggregate_type TEXT NOT NULL,
  aggregate_id   TEXT NOT NULL,
  sequence       INTEGER NOT NULL CHECK (sequence >= 1),   -- in the stream, from 1, no gaps
  event_type     TEXT NOT NULL,
  event_version  INTEGER NOT NULL,
  command_id     TEXT NOT NULL,
  command_part   INTEGER NOT NULL CHECK (command_part >= 0),            -- 0 for the first event of a command
  command_parts  INTEGER NOT NULL CHECK (command_parts > command_part), -- events written by the command
  at             TEXT NOT NULL,
  leaf           TEXT NOT NULL,             -- the hashed bytes, as written
  disclosed      TEXT,                      -- canonical JSON array of hidden values; NULL: none, or all redacted
  -- What postgres-es and other readers of cqrs-es expect; computed when read. coalesce, because SQLite
  -- computes them for triggers too, on rows of which it has only loaded some columns.
  payload  TEXT GENERATED ALWAYS AS (json_object(coalesce(event_type, ''), json_extract(leaf, '$.data'))) VIRTUAL,
  metadata TEXT GENERATED ALWAYS AS (json_object(
    'actor_id', json_extract(leaf, '$.actor.id'),
    'actor_role', json_extract(leaf, '$.actor.role'),
    'at', at,
    'command_id', command_id,
    'position', CAST(position AS TEXT)
  )) VIRTUAL,
  PRIMARY KEY (log_id, position),
  UNIQUE (log_id, aggregate_type, aggregate_id, sequence)
) STRICT;

CREATE UNIQUE INDEX log_events_command ON log_events (log_id, command_id) WHERE command_part = 0;

-- hashes: 256 nodes of tree level 8 * level; root: the node of level 8 * (level + 1) they fold to.
CREATE TABLE log_tiles (
  log_id INTEGER NOT NULL REFERENCES log_heads (log_id),
  level  INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
  idx    INTEGER NOT NULL CHECK (idx >= 0),
  root   BLOB NOT NULL CHECK (length(root) = 32),
  hashes BLOB NOT NULL CHECK (length(hashes) = 8192),
  PRIMARY KEY (log_id, level, idx)
) STRICT;

CREATE TRIGGER log_events_are_kept BEFORE DELETE ON log_events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an event cannot be deleted'); END;

CREATE TRIGGER log_events_are_immutable BEFORE UPDATE OF
  log_id, position, leaf_hash, aggregate_type, aggregate_id, sequence, event_type, event_version,
  command_id, command_part, command_parts, at, leaf ON log_events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an event cannot be changed'); END;

-- Redaction may take disclosed values away, never add or change one.
CREATE TRIGGER log_events_disclose_once BEFORE UPDATE OF disclosed ON log_events
WHEN EXISTS (SELECT value FROM json_each(NEW.disclosed) EXCEPT SELECT value FROM json_each(OLD.disclosed))
BEGIN SELECT RAISE(ABORT, 'disclosed values can be removed, not added or changed'); END;

CREATE TRIGGER log_tiles_are_kept BEFORE DELETE ON log_tiles
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a tile cannot be deleted'); END;

CREATE TRIGGER log_tiles_are_immutable BEFORE UPDATE ON log_tiles
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a tile cannot be changed'); END;

CREATE TRIGGER log_heads_are_kept BEFORE DELETE ON log_heads
BEGIN SELECT RAISE(ABORT, 'the log is append-only: its head cannot be deleted'); END;

CREATE TRIGGER log_heads_only_grow BEFORE UPDATE ON log_heads
WHEN NEW.size < OLD.size OR NEW.log_id <> OLD.log_id OR NEW.origin <> OLD.origin OR NEW.campaign <> OLD.campaign
BEGIN SELECT RAISE(ABORT, 'the log is append-only: its head only grows and keeps its names'); END;
