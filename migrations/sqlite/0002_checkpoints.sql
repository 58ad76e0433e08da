-- Signed checkpoints, and the numbers that public references are given from.
-- Expands: programs that know schema 1 go on working beside it.

CREATE TABLE log_checkpoints (
  log_id INTEGER NOT NULL REFERENCES log_heads (log_id),
  size   INTEGER NOT NULL CHECK (size >= 0),
  note   TEXT NOT NULL,                     -- the signed note (C2SP tlog-checkpoint), as published
  PRIMARY KEY (log_id, size)
) STRICT;

CREATE TRIGGER log_checkpoints_are_kept BEFORE DELETE ON log_checkpoints
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a checkpoint cannot be deleted'); END;

CREATE TRIGGER log_checkpoints_are_immutable BEFORE UPDATE ON log_checkpoints
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a checkpoint cannot be changed'); END;

-- Not part of the log: the last number given in each series, so that nodes never give one twice.
CREATE TABLE log_numbers (
  log_id INTEGER NOT NULL REFERENCES log_heads (log_id),
  series TEXT NOT NULL,
  last   INTEGER NOT NULL,
  PRIMARY KEY (log_id, series)
) STRICT;
