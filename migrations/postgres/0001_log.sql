-- The log: one row per event, one head per campaign, the complete tiles of its Merkle tree, the signed
-- checkpoints. Owned by crates/event-store. Forward only: a released migration is never edited.
--
-- Text compares as bytes (COLLATE "C"): names are ASCII, the order is the same everywhere, and an index
-- costs less.

CREATE TABLE log_heads (
  log_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  origin   text COLLATE "C" NOT NULL UNIQUE,   -- name of the log in its checkpoints (C2SP tlog-checkpoint)
  campaign text COLLATE "C" NOT NULL UNIQUE,   -- code of the campaign
  size     bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  root     bytea NOT NULL CHECK (length(root) = 32),
  frontier bytea NOT NULL                      -- roots of the complete subtrees, to append without reading back
) WITH (fillfactor = 10);                      -- each commit writes a new version of the row: keep it on its page

-- No foreign key to log_heads: it would be checked for every event, while the append that inserts it
-- has just updated the head.
CREATE TABLE log_events (
  log_id         bigint NOT NULL,
  position       bigint NOT NULL CHECK (position >= 0),   -- in the log, from 0, no gaps
  sequence       bigint NOT NULL CHECK (sequence >= 1),   -- in the stream, from 1, no gaps
  event_version  integer NOT NULL,
  command_part   integer NOT NULL CHECK (command_part >= 0),            -- 0 for the first event of a command
  command_parts  integer NOT NULL CHECK (command_parts > command_part), -- events written by the command
  aggregate_type text COLLATE "C" NOT NULL,
  aggregate_id   text COLLATE "C" NOT NULL,
  event_type     text COLLATE "C" NOT NULL,
  command_id     text COLLATE "C" NOT NULL,
  at             text COLLATE "C" NOT NULL,
  leaf_hash      bytea NOT NULL CHECK (length(leaf_hash) = 32),
  leaf           text COLLATE "C" NOT NULL,    -- the hashed bytes, as written
  disclosed      text COLLATE "C",             -- canonical JSON array of hidden values; NULL: none, or all redacted
  PRIMARY KEY (log_id, position),
  CONSTRAINT log_events_stream UNIQUE (log_id, aggregate_type, aggregate_id, sequence)
);

CREATE UNIQUE INDEX log_events_command ON log_events (log_id, command_id) WHERE command_part = 0;

-- hashes: 256 nodes of tree level 8 * level; root: the node of level 8 * (level + 1) they fold to.
CREATE TABLE log_tiles (
  log_id bigint NOT NULL,
  level  smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
  idx    bigint NOT NULL CHECK (idx >= 0),
  root   bytea NOT NULL CHECK (length(root) = 32),
  hashes bytea NOT NULL CHECK (length(hashes) = 8192),
  PRIMARY KEY (log_id, level, idx)
);
-- Hashes don't compress.
ALTER TABLE log_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE log_checkpoints (
  log_id bigint NOT NULL REFERENCES log_heads (log_id),
  size   bigint NOT NULL CHECK (size >= 0),
  note   text NOT NULL,                        -- the signed note (C2SP tlog-checkpoint), as published
  PRIMARY KEY (log_id, size)
);

-- Not part of the log: the last number given in each series, so that nodes never give one twice.
CREATE TABLE log_numbers (
  log_id bigint NOT NULL REFERENCES log_heads (log_id),
  series text COLLATE "C" NOT NULL,
  last   bigint NOT NULL,
  PRIMARY KEY (log_id, series)
);

-- What postgres-es and other readers of cqrs-es expect: its seven columns. Of one log: the one that the
-- setting parvis.log_id names, else the oldest.
CREATE VIEW events AS
SELECT aggregate_type, aggregate_id, sequence, event_type, event_version::text AS event_version,
       json_build_object(event_type, leaf::json -> 'data') AS payload,
       json_build_object(
         'actor_id', leaf::json #> '{actor,id}',
         'actor_role', leaf::json #> '{actor,role}',
         'at', at,
         'command_id', command_id,
         'position', position::text
       ) AS metadata
FROM log_events
WHERE log_id = coalesce(
  nullif(current_setting('parvis.log_id', true), '')::bigint,
  (SELECT min(log_id) FROM log_heads)
);

CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log is append-only: % of % is refused', lower(TG_OP), TG_TABLE_NAME;
END $$;

CREATE FUNCTION log_events_disclose_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kept log_events := NEW;
BEGIN
  kept.disclosed := OLD.disclosed;
  IF kept IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'the log is append-only: an event cannot be changed';
  END IF;
  -- Redaction may take disclosed values away, never add or change one.
  IF EXISTS (
    SELECT value::text FROM json_array_elements(coalesce(NEW.disclosed, '[]')::json)
    EXCEPT
    SELECT value::text FROM json_array_elements(coalesce(OLD.disclosed, '[]')::json)
  ) THEN
    RAISE EXCEPTION 'disclosed values can be removed, not added or changed';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION log_heads_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size < OLD.size OR (NEW.log_id, NEW.origin, NEW.campaign) <> (OLD.log_id, OLD.origin, OLD.campaign) THEN
    RAISE EXCEPTION 'the log is append-only: its head only grows and keeps its names';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER log_events_are_immutable BEFORE UPDATE ON log_events
  FOR EACH ROW EXECUTE FUNCTION log_events_disclose_once();
CREATE TRIGGER log_events_are_kept BEFORE DELETE ON log_events
  FOR EACH ROW EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_events_are_not_emptied BEFORE TRUNCATE ON log_events
  FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_tiles_are_immutable BEFORE UPDATE OR DELETE ON log_tiles
  FOR EACH ROW EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_tiles_are_not_emptied BEFORE TRUNCATE ON log_tiles
  FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_checkpoints_are_immutable BEFORE UPDATE OR DELETE ON log_checkpoints
  FOR EACH ROW EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_checkpoints_are_not_emptied BEFORE TRUNCATE ON log_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_heads_only_grow BEFORE UPDATE ON log_heads
  FOR EACH ROW EXECUTE FUNCTION log_heads_only_grow();
CREATE TRIGGER log_heads_are_kept BEFORE DELETE ON log_heads
  FOR EACH ROW EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_heads_are_not_emptied BEFORE TRUNCATE ON log_heads
  FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
