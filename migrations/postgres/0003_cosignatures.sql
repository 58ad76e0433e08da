-- What witnesses signed below checkpoints (C2SP tlog-cosignature).
-- Expands: programs that know schema 1 or 2 go on working beside it.

CREATE TABLE log_cosignatures (
  log_id  bigint NOT NULL,
  size    bigint NOT NULL,
  witness text COLLATE "C" NOT NULL,           -- name and id of its key, `name+id`
  line    text NOT NULL,                       -- the signature line as it stands in a note, with its newline
  PRIMARY KEY (log_id, size, witness)
);

CREATE TRIGGER log_cosignatures_are_immutable BEFORE UPDATE OR DELETE ON log_cosignatures
  FOR EACH ROW EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_cosignatures_are_not_emptied BEFORE TRUNCATE ON log_cosignatures
  FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();

REVOKE ALL ON log_cosignatures FROM PUBLIC;
GRANT SELECT, INSERT ON log_cosignatures TO parvis_log;
