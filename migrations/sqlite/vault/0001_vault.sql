-- The vault: personal data in a file of its own, beside the store's. What is sealed is ciphertext under
-- a key of the person; what is named `lookup`, `mail`, `name` or `hash` is an HMAC or a SHA-256. No
-- column holds a personal datum. Moments are seconds since 1970.

CREATE TABLE people (
  id       TEXT PRIMARY KEY CHECK (length(id) = 32),
  agent_id TEXT NOT NULL UNIQUE,
  created  INTEGER NOT NULL,
  active   INTEGER NOT NULL,
  key_id   TEXT NOT NULL,
  wrapped  BLOB NOT NULL
) STRICT;
CREATE INDEX people_active ON people (active);
CREATE INDEX people_key ON people (key_id, id);

-- Who is gone, so that it can be said; the id leads nowhere any more.
CREATE TABLE erased (
  person TEXT PRIMARY KEY,
  at     INTEGER NOT NULL
) STRICT;

-- The secret under which lookups are made; replaced at every rotation of keys.
CREATE TABLE roots (
  name    TEXT PRIMARY KEY CHECK (name = 'lookup'),
  key_id  TEXT NOT NULL,
  wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE identities (
  lookup BLOB PRIMARY KEY,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  mail   BLOB,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX identities_person ON identities (person);
CREATE INDEX identities_mail ON identities (mail) WHERE mail IS NOT NULL;

CREATE TABLE invites (
  mail   BLOB PRIMARY KEY,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX invites_person ON invites (person);

CREATE TABLE sessions (
  hash    BLOB PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  person  TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  bearer  INTEGER NOT NULL CHECK (bearer IN (0, 1)),
  created INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  idle    INTEGER NOT NULL,
  ends    INTEGER NOT NULL,
  sealed  BLOB NOT NULL
) STRICT;
CREATE INDEX sessions_person ON sessions (person, bearer, created);
CREATE INDEX sessions_ends ON sessions (ends);

CREATE TABLE sign_ins (
  hash    BLOB PRIMARY KEY,
  created INTEGER NOT NULL,
  sealed  BLOB NOT NULL
) STRICT;
CREATE INDEX sign_ins_created ON sign_ins (created);

CREATE TABLE records (
  person  TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  kind    TEXT NOT NULL,
  name    BLOB NOT NULL,
  changed INTEGER NOT NULL,
  until   INTEGER,
  sealed  BLOB NOT NULL,
  PRIMARY KEY (person, kind, name)
) STRICT;
CREATE INDEX records_changed ON records (changed, kind);

-- Who read whose data: a chain of digests, append-only.
CREATE TABLE readings (
  number INTEGER PRIMARY KEY,
  person TEXT NOT NULL,
  entry  TEXT NOT NULL,
  sealed BLOB NOT NULL,
  digest BLOB NOT NULL
) STRICT;
CREATE INDEX readings_person ON readings (person, number);

CREATE TRIGGER readings_are_kept BEFORE DELETE ON readings
BEGIN SELECT RAISE(ABORT, 'a reading stays recorded'); END;
CREATE TRIGGER readings_stay_as_they_are BEFORE UPDATE ON readings
BEGIN SELECT RAISE(ABORT, 'a reading stays as it was recorded'); END;
CREATE TRIGGER readings_have_no_gaps BEFORE INSERT ON readings
WHEN NEW.number <> coalesce((SELECT max(number) FROM readings), 0) + 1
BEGIN SELECT RAISE(ABORT, 'readings are numbered without gaps'); END;
