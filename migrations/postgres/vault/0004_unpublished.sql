-- What waits to be published is found without passing over all that was published before.
CREATE INDEX urn_ballots_waiting ON urn_ballots (campaign, area, digest) WHERE published = 0;
