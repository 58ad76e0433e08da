-- Who may do what in the database. Roles belong to the whole server: they are created where they are
-- missing, and an administrator may have created them before. People and programs log in as members:
--   CREATE ROLE parvis LOGIN PASSWORD '…' IN ROLE parvis_log, parvis_redaction;
-- The owner of the tables runs `parvis migrate`, and nothing else.

DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['parvis_log', 'parvis_redaction', 'parvis_vault', 'parvis_analyst'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- another database of this server was migrated at the same moment
      END;
    END IF;
  END LOOP;
END $$;

-- Personal data (later migrations) and the analysts' tables each have a schema of their own.
CREATE SCHEMA vault;
CREATE SCHEMA read;

REVOKE ALL ON log_heads, log_events, log_tiles, log_checkpoints, log_numbers, events FROM PUBLIC;

-- The log: insert and select. The head's three columns move with it, and nothing else of it does.
GRANT SELECT, INSERT ON log_events, log_tiles, log_checkpoints, log_heads TO parvis_log;
GRANT UPDATE (size, root, frontier) ON log_heads TO parvis_log;
GRANT SELECT, INSERT, UPDATE (last) ON log_numbers TO parvis_log;
GRANT SELECT ON events, schema_migrations TO parvis_log;

-- Taking disclosed values away; a trigger sees to it that nothing is added.
GRANT SELECT ON log_events, log_heads, schema_migrations TO parvis_redaction;
GRANT UPDATE (disclosed) ON log_events TO parvis_redaction;

GRANT USAGE ON SCHEMA vault TO parvis_vault;
ALTER DEFAULT PRIVILEGES IN SCHEMA vault GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO parvis_vault;
GRANT USAGE ON SCHEMA read TO parvis_analyst;
ALTER DEFAULT PRIVILEGES IN SCHEMA read GRANT SELECT ON TABLES TO parvis_analyst;
