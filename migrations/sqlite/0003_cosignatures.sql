-- What witnesses signed below checkpoints (C2SP tlog-cosignature).
-- Expands: programs that know schema 1 or 2 go on working beside it.

CREATE TABLE log_cosignatures (
  log_id  INTEGER NOT NULL,
  size    INTEGER NOT NULL,
  witness TEXT NOT NULL,                    -- name and id of its key, `name+id`
  line    TEXT NOT NULL,                    -- the signature line as it stands in a note, with its newline
  PRIMARY KEY (log_id, size, witness)
) STRICT;

CREATE TRIGGER log_cosignatures_are_kept BEFORE DELETE ON log_cosignatures
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a cosignature cannot be deleted'); END;

CREATE TRIGGER log_cosignatures_are_immutable BEFORE UPDATE ON log_cosignatures
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a cosignature cannot be changed'); END;
