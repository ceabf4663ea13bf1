-- Numbers that people draw at the counter, in the order in which they are called.
CREATE TABLE queue (
    agency text NOT NULL,
    day date NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (agency, day)
) WITH (fillfactor = 50);
CREATE TABLE ticket (
    agency text NOT NULL,
    day date NOT NULL,
    number integer NOT NULL,
    drawn_at timestamptz NOT NULL,
    called_at timestamptz,
    called_by text,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('served', 'absent')),
    request_key text NOT NULL,
    PRIMARY KEY (agency, day, number)
);
CREATE INDEX ticket_waiting ON ticket (agency, day, number) WHERE called_at IS NULL;
CREATE INDEX ticket_in_hand ON ticket (called_by) WHERE called_at IS NOT NULL AND ended_at IS NULL;

-- Apologies for results that are late, as they were sent: the paper with the agency's signature, and the new promise.
CREATE TABLE apology (
    code text NOT NULL REFERENCES dossier,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    due_at timestamptz NOT NULL, -- what had been promised
    again_at timestamptz NOT NULL, -- what is promised now
    content bytea NOT NULL,
    digest text NOT NULL,
    request_key text NOT NULL,
    PRIMARY KEY (code, at)
);
