-- Births are hidden under the campaign's own key, so that the value alone says of which campaign it is. Beside
-- the campaign, a planner without statistics took the primary key and passed over the whole register.
DROP INDEX register_born;
CREATE INDEX register_born ON register (born);
