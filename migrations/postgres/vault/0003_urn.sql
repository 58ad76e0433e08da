-- Who votes (`liste d’émargement`) and, until it is shredded, which sealed ballot is whose. `voter` is an HMAC
-- of the civil identity under a key of the campaign, `born` one of the date of birth; `name` is an HMAC under
-- the key of the link, which is destroyed with every row that it sealed. No table here keeps rows in the order
-- in which they came: Postgres does, in what it keeps beside each row, so that the ballots go with the link.

-- The keys of a campaign's register and of its link, wrapped by the ring.
CREATE TABLE urn_keys (
  campaign text NOT NULL,
  name     text NOT NULL CHECK (name IN ('REGISTER', 'LINK')),
  key_id   text NOT NULL,
  wrapped  bytea NOT NULL,
  PRIMARY KEY (campaign, name)
);

-- A campaign whose vote is over: no ballot is taken any more. `shredded`: the link is gone.
CREATE TABLE urn_gates (
  campaign text PRIMARY KEY,
  shredded bigint NOT NULL
);

-- One row for each voter, whichever way they vote. `person` is empty for who never signed in. `until`: up to
-- when the row is needed.
CREATE TABLE register (
  campaign text NOT NULL,
  voter    bytea NOT NULL,
  person   text NOT NULL,
  born     bytea NOT NULL,
  until    bigint NOT NULL,
  sealed   bytea NOT NULL,
  PRIMARY KEY (campaign, voter)
);
CREATE UNIQUE INDEX register_person ON register (campaign, person) WHERE person <> '';
CREATE INDEX register_born ON register (campaign, born);

-- Two rows that may be one voter: two agents decide.
CREATE TABLE register_matches (
  campaign text NOT NULL,
  one      bytea NOT NULL,
  other    bytea NOT NULL,
  state    text NOT NULL CHECK (state IN ('OPEN', 'SAME', 'DIFFERENT')),
  said     text NOT NULL,
  agent    text NOT NULL,
  PRIMARY KEY (campaign, one, other)
);

-- The sealed ballots that were taken, without a voter and without a time. `counts`: 0 when another took its
-- place, or a paper did, or it was taken back.
CREATE TABLE urn_ballots (
  campaign  text NOT NULL,
  area      text NOT NULL,
  digest    bytea NOT NULL,
  published bigint NOT NULL,
  counts    bigint NOT NULL,
  ballot    bytea NOT NULL,
  PRIMARY KEY (campaign, area, digest)
);

-- Which ballots of an area are whose: sealed, and found by who knows the voter and the key.
CREATE TABLE urn_links (
  campaign text NOT NULL,
  name     bytea NOT NULL,
  sealed   bytea NOT NULL,
  PRIMARY KEY (campaign, name)
);

REVOKE ALL ON urn_keys, urn_gates, register, register_matches, urn_ballots, urn_links FROM PUBLIC, parvis_vault;
GRANT SELECT, INSERT, UPDATE, DELETE ON urn_keys, urn_gates, register, register_matches, urn_ballots, urn_links
  TO parvis_vault;
