-- Replies to requests that wrote something: the same Idempotency-Key gives the same reply again.
CREATE TABLE request (
    key text PRIMARY KEY,
    digest bytea NOT NULL,
    status smallint,
    body bytea,
    at timestamptz NOT NULL DEFAULT now()
);

-- What other systems must learn of; written in the transaction of the change, deleted once delivered.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination text NOT NULL,
    operation text NOT NULL,
    key text NOT NULL UNIQUE,
    subject text NOT NULL,
    body bytea NOT NULL,
    trace text NOT NULL
);
CREATE INDEX outbox_lane ON outbox (destination, id);

-- What a destination refused for good, kept for people to look at.
CREATE TABLE dead_letter (
    key text PRIMARY KEY,
    destination text NOT NULL,
    operation text NOT NULL,
    subject text NOT NULL,
    body bytea NOT NULL,
    detail text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- Items that have taken effect here: delivered again, they do nothing.
CREATE TABLE inbox (
    key text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
