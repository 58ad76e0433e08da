-- Who votes (`liste d’émargement`) and, until it is shredded, which sealed ballot is whose. `voter` is an HMAC
-- of the civil identity under a key of the campaign, `born` one of the date of birth; `name` is an HMAC under
-- the key of the link, which is destroyed with every row that it sealed. No table here keeps rows in the order
-- in which they came.

-- The keys of a campaign's register and of its link, wrapped by the ring.
CREATE TABLE urn_keys (
  campaign TEXT NOT NULL,
  name     TEXT NOT NULL CHECK (name IN ('REGISTER', 'LINK')),
  key_id   TEXT NOT NULL,
  wrapped  BLOB NOT NULL,
  PRIMARY KEY (campaign, name)
) STRICT, WITHOUT ROWID;

-- A campaign whose vote is over: no ballot is taken any more. `shredded`: the link is gone.
CREATE TABLE urn_gates (
  campaign TEXT PRIMARY KEY,
  shredded INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each voter, whichever way they vote. `person` is empty for who never signed in. `until`: up to
-- when the row is needed.
CREATE TABLE register (
  campaign TEXT NOT NULL,
  voter    BLOB NOT NULL,
  person   TEXT NOT NULL,
  born     BLOB NOT NULL,
  until    INTEGER NOT NULL,
  sealed   BLOB NOT NULL,
  PRIMARY KEY (campaign, voter)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX register_person ON register (campaign, person) WHERE person <> '';
CREATE INDEX register_born ON register (campaign, born);

-- Two rows that may be one voter: two agents decide.
CREATE TABLE register_matches (
  campaign TEXT NOT NULL,
  one      BLOB NOT NULL,
  other    BLOB NOT NULL,
  state    TEXT NOT NULL CHECK (state IN ('OPEN', 'SAME', 'DIFFERENT')),
  said     TEXT NOT NULL,
  agent    TEXT NOT NULL,
  PRIMARY KEY (campaign, one, other)
) STRICT, WITHOUT ROWID;

-- The sealed ballots that were taken, without a voter and without a time. `counts`: 0 when another took its
-- place, or a paper did, or it was taken back.
CREATE TABLE urn_ballots (
  campaign  TEXT NOT NULL,
  area      TEXT NOT NULL,
  digest    BLOB NOT NULL,
  published INTEGER NOT NULL,
  counts    INTEGER NOT NULL,
  ballot    BLOB NOT NULL,
  PRIMARY KEY (campaign, area, digest)
) STRICT, WITHOUT ROWID;

-- Which ballots of an area are whose: sealed, and found by who knows the voter and the key.
CREATE TABLE urn_links (
  campaign TEXT NOT NULL,
  name     BLOB NOT NULL,
  sealed   BLOB NOT NULL,
  PRIMARY KEY (campaign, name)
) STRICT, WITHOUT ROWID;
