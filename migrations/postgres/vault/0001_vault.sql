-- The vault: personal data in a schema of its own. What is sealed is ciphertext under a key of the
-- person; what is named `lookup`, `mail`, `name` or `hash` is an HMAC or a SHA-256. No column holds a
-- personal datum. Moments are seconds since 1970.

CREATE TABLE people (
  id       text PRIMARY KEY CHECK (length(id) = 32),
  agent_id text NOT NULL UNIQUE,
  created  bigint NOT NULL,
  active   bigint NOT NULL,
  key_id   text NOT NULL,
  wrapped  bytea NOT NULL
);
CREATE INDEX people_active ON people (active);
CREATE INDEX people_key ON people (key_id, id);

-- Who is gone, so that it can be said; the id leads nowhere any more.
CREATE TABLE erased (
  person text PRIMARY KEY,
  at     bigint NOT NULL
);

-- The secret under which lookups are made; replaced at every rotation of keys.
CREATE TABLE roots (
  name    text PRIMARY KEY CHECK (name = 'lookup'),
  key_id  text NOT NULL,
  wrapped bytea NOT NULL
);

CREATE TABLE identities (
  lookup bytea PRIMARY KEY,
  person text NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  mail   bytea,
  sealed bytea NOT NULL
);
CREATE INDEX identities_person ON identities (person);
CREATE INDEX identities_mail ON identities (mail) WHERE mail IS NOT NULL;

CREATE TABLE invites (
  mail   bytea PRIMARY KEY,
  person text NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  sealed bytea NOT NULL
);
CREATE INDEX invites_person ON invites (person);

CREATE TABLE sessions (
  hash    bytea PRIMARY KEY,
  id      text NOT NULL UNIQUE,
  person  text NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  bearer  bigint NOT NULL CHECK (bearer IN (0, 1)),
  created bigint NOT NULL,
  seen    bigint NOT NULL,
  idle    bigint NOT NULL,
  ends    bigint NOT NULL,
  sealed  bytea NOT NULL
);
CREATE INDEX sessions_person ON sessions (person, bearer, created);
CREATE INDEX sessions_ends ON sessions (ends);

CREATE TABLE sign_ins (
  hash    bytea PRIMARY KEY,
  created bigint NOT NULL,
  sealed  bytea NOT NULL
);
CREATE INDEX sign_ins_created ON sign_ins (created);

CREATE TABLE records (
  person  text NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  kind    text NOT NULL,
  name    bytea NOT NULL,
  changed bigint NOT NULL,
  until   bigint,
  sealed  bytea NOT NULL,
  PRIMARY KEY (person, kind, name)
);
CREATE INDEX records_changed ON records (changed, kind);

-- Who read whose data: a chain of digests, append-only.
CREATE TABLE readings (
  number bigint PRIMARY KEY,
  person text NOT NULL,
  entry  text NOT NULL,
  sealed bytea NOT NULL,
  digest bytea NOT NULL
);
CREATE INDEX readings_person ON readings (person, number);

CREATE FUNCTION readings_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a reading stays as it was recorded';
END $$;
CREATE TRIGGER readings_are_kept BEFORE UPDATE OR DELETE ON readings
FOR EACH ROW EXECUTE FUNCTION readings_are_kept();
CREATE TRIGGER readings_are_not_truncated BEFORE TRUNCATE ON readings
FOR EACH STATEMENT EXECUTE FUNCTION readings_are_kept();

-- A program logs in as a member of parvis_vault (the log's migration 2 creates it and this schema).
REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM PUBLIC, parvis_vault;
GRANT USAGE ON SCHEMA vault TO parvis_vault;
GRANT SELECT, INSERT, UPDATE, DELETE ON people, roots, identities, invites, sessions, sign_ins, records TO parvis_vault;
GRANT SELECT, INSERT ON erased, readings TO parvis_vault;
GRANT SELECT ON vault_migrations TO parvis_vault;
