-- Accepted envelopes, exactly as they came.
CREATE TABLE envelope (
    document text PRIMARY KEY,
    sender text NOT NULL,
    sender_installation text NOT NULL,
    addressees text[] NOT NULL,
    subject text NOT NULL,
    accepted_at timestamptz NOT NULL,
    digest text NOT NULL,                   -- SHA-256 of the text, hexadecimal
    xml text NOT NULL
);

-- One row for every addressee of an envelope. `status` is the last one reported, `seq` how many were.
CREATE TABLE delivery (
    document text NOT NULL REFERENCES envelope,
    addressee text NOT NULL,
    installation text NOT NULL,             -- which polls for the addressee
    accepted_at timestamptz NOT NULL,
    received_at timestamptz,
    status text NOT NULL DEFAULT '',
    seq integer NOT NULL DEFAULT 0,
    PRIMARY KEY (document, addressee)
);
CREATE INDEX delivery_waiting ON delivery (installation, accepted_at) WHERE received_at IS NULL;

-- Every status reported. `number` rises per installation of the sender, without gaps and in order of commit, so that a
-- reader who has read up to a number has missed nothing below it.
CREATE TABLE status (
    document text NOT NULL,
    agency text NOT NULL,
    seq integer NOT NULL,
    status text NOT NULL,
    description text NOT NULL,
    at timestamptz NOT NULL,
    installation text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (document, agency, seq),
    UNIQUE (installation, number)
);

-- Last status number given to each installation; its row lock puts the statuses of an installation in order.
CREATE TABLE status_counter (
    installation text PRIMARY KEY,
    number bigint NOT NULL
);
