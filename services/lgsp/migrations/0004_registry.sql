-- Who is linked to the LGSP, how they show who they are, and what they have agreed on. What the LGSP was placed with
-- is written here at every start (`placed`); what an administrator has changed since then goes before it.
CREATE TABLE system (
    name text PRIMARY KEY,
    title text NOT NULL,
    url text NOT NULL,             -- where it answers; empty: it only asks
    placed boolean NOT NULL
);

-- Client secrets, of which only the SHA-256 is kept. A system may hold several, so that a new one can be brought in
-- before the old one ends.
CREATE TABLE credential (
    system text NOT NULL REFERENCES system,
    id text NOT NULL,
    digest bytea NOT NULL,
    given_at timestamptz NOT NULL,
    ends_at timestamptz,           -- machine time, as token ages are; NULL: until it is replaced
    revoked_at timestamptz,
    PRIMARY KEY (system, id)
);

CREATE TABLE contract (
    consumer text NOT NULL,
    provider text NOT NULL,
    operation text NOT NULL,
    terms jsonb NOT NULL,          -- services/kit/reference.py, Contract
    placed boolean NOT NULL,
    PRIMARY KEY (consumer, provider, operation)
);

-- Every change an administrator made, never altered. Its newest number tells other processes to read the registry again.
CREATE TABLE registry_change (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    detail jsonb NOT NULL
);
