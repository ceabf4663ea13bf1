-- How urgent an item is (0 ordinary, to 4 as in edXML): urgent ones leave first.
ALTER TABLE outbox ADD COLUMN urgency smallint NOT NULL DEFAULT 0;
DROP INDEX outbox_lane;
CREATE INDEX outbox_lane ON outbox (destination, urgency DESC, id);
