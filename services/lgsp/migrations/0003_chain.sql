-- The audit as a chain of blocks, so that a row changed, removed or slipped in later shows. A block is what one group
-- commit wrote; its digest covers the digest of the block before it and of every row in it. Each process that writes
-- has a chain of its own (`writer`), so that several can work on one database.
CREATE TABLE audit_block (
    writer uuid NOT NULL,
    number bigint NOT NULL,
    previous bytea NOT NULL,
    rows integer NOT NULL,
    digest bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (writer, number)
);

-- Up to where a chain has been cut off because its rows were past their time (retention).
CREATE TABLE audit_pruned (
    writer uuid PRIMARY KEY,
    number bigint NOT NULL,
    digest bytea NOT NULL,
    at timestamptz NOT NULL
);

-- Rows from before this migration stand under no block (number 0); checks say so.
ALTER TABLE call_begun
    ADD COLUMN synthetic boolean NOT NULL DEFAULT false,
    ADD COLUMN writer uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN block bigint NOT NULL DEFAULT 0,
    ADD COLUMN digest bytea NOT NULL DEFAULT '';
ALTER TABLE call_ended
    ADD COLUMN writer uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN block bigint NOT NULL DEFAULT 0,
    ADD COLUMN digest bytea NOT NULL DEFAULT '',
    ADD COLUMN duration_us bigint NOT NULL DEFAULT 0;
UPDATE call_ended SET duration_us = round(duration_ms * 1000);
ALTER TABLE call_ended DROP COLUMN duration_ms;

-- Rows come in the order of their blocks and moments: summaries of ranges are enough, and cost inserts next to nothing.
CREATE INDEX call_begun_block ON call_begun USING brin (block);
CREATE INDEX call_ended_block ON call_ended USING brin (block);
CREATE INDEX call_begun_started_at ON call_begun USING brin (started_at);
