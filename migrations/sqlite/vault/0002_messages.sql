-- Messages that somebody is to get, and who wants to hear of what. As everywhere here, what is sealed is
-- ciphertext under a key of the person, and what is named `about`, `name`, `id` or `hash` is an HMAC or a
-- SHA-256. Moments are seconds since 1970.

-- Who wants to hear of something: found by a keyed digest of what it is, gone with the record that says so.
CREATE TABLE listeners (
  about  BLOB NOT NULL,
  person TEXT NOT NULL,
  kind   TEXT NOT NULL,
  name   BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (about, person),
  FOREIGN KEY (person, kind, name) REFERENCES records (person, kind, name) ON DELETE CASCADE
) STRICT;
CREATE INDEX listeners_record ON listeners (person, kind, name);

-- One row for each message to one person. `due`: when to try next, and while it is being sent, until when
-- nobody else tries. `fault`: a code, never what a server said (that is in `said`, sealed).
CREATE TABLE outbox (
  id      BLOB PRIMARY KEY,
  person  TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  state   TEXT NOT NULL CHECK (state IN ('WAITING', 'SENDING', 'SENT', 'GIVEN_UP', 'DROPPED')),
  due     INTEGER NOT NULL,
  tries   INTEGER NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  fault   TEXT NOT NULL,
  sealed  BLOB NOT NULL,
  said    BLOB
) STRICT;
CREATE INDEX outbox_due ON outbox (due, id) WHERE state IN ('WAITING', 'SENDING');
CREATE INDEX outbox_person ON outbox (person, created);
CREATE INDEX outbox_changed ON outbox (changed);

-- Up to where the log of a campaign has been read for messages.
CREATE TABLE outbox_places (
  campaign TEXT PRIMARY KEY,
  next     INTEGER NOT NULL
) STRICT;

-- What stops a kind of messages with one click, without signing in.
CREATE TABLE stops (
  hash   BLOB PRIMARY KEY,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX stops_person ON stops (person);
